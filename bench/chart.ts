/** Charts as SVG texts, drawn without a browser. */
import * as echarts from "echarts";

type Series = { readonly name: string; readonly values: readonly number[] };
type Bars = {
  readonly title: string;
  readonly categories: readonly string[];
  readonly series: readonly Series[];
  readonly unit: string;
  /** Figures that lie far apart. */
  readonly isLogarithmic?: boolean;
  /** Where the target is. */
  readonly line?: number;
};

const WIDTH = 760;
const ROW_PX = 26;
const FRAME_PX = 120;
const COLORS = ["#3b6fb6", "#c7622b", "#5a8f4e", "#8a6fb0"];

/** Lying bars, a group a category; the first category is at the top. */
export function barsOf({ title, categories, series, unit, isLogarithmic = false, line }: Bars): string {
  const height = FRAME_PX + categories.length * (8 + ROW_PX * series.length);
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: COLORS,
    title: { text: title, left: 8, top: 8, textStyle: { fontSize: 14 } },
    ...(series.length > 1 ? { legend: { top: 32, left: 8 } } : {}),
    grid: { left: labelPx(categories), right: 90, top: 64, bottom: 46 },
    xAxis: { ...(isLogarithmic ? logarithmic(series) : { type: "value" }), name: unit, nameLocation: "middle", nameGap: 26 },
    yAxis: { type: "category", data: [...categories], inverse: true },
    series: series.map(({ name, values }, i) => ({
      type: "bar",
      name,
      data: values.map((value) => Number(value.toPrecision(3))),
      label: { show: true, position: "right", fontSize: 11 },
      ...(i === 0 && line !== undefined
        ? {
            markLine: {
              symbol: "none",
              silent: true,
              lineStyle: { color: "#a02020" },
              label: { formatter: `${line}` },
              data: [{ xAxis: line }],
            },
          }
        : {}),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

/** Bars begin where the axis does, which is a power of ten. */
function logarithmic(series: readonly Series[]) {
  const least = Math.min(...series.flatMap(({ values }) => values));
  const min = 10 ** Math.floor(Math.log10(least) - LOG_ROOM);
  return { type: "log", min, startValue: min } as const;
}

/** A bar of the least value is still seen. */
const LOG_ROOM = 0.2;
const CHARACTER_PX = 6.8;

function labelPx(categories: readonly string[]): number {
  return 24 + CHARACTER_PX * Math.max(...categories.map(({ length }) => length));
}

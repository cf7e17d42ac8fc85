/** Figures over time as bars, in the colours of the page; each is also read in words, and all of them in a table. */
import { useValue } from "../state.ts";
import { countText } from "./money.ts";

/** `total`: of the whole period, in words. Those without a tone come last: they are told, and not drawn. */
export type Series = { readonly name: string; readonly tone: string; readonly total: string };

/** What a slot came to: a value a series, and the same in words. Null: nobody knows, which is not zero. */
export type Bar = { readonly values: readonly number[]; readonly texts: readonly string[] } | null;

type Props = {
  readonly title: string;
  readonly series: readonly Series[];
  /** When each slot was, in words. */
  readonly slots: readonly string[];
  readonly bars: readonly Bar[];
};

/** In the chart's own units: it is stretched to the page's width. What is not nothing is seen, however little it is. */
const [WIDTH, HEIGHT, GAP, LEAST] = [10, 100, 2, 2];

export function Chart({ title, series, slots, bars }: Props) {
  const pointed = useValue<number | null>(null);
  const drawn = series.filter(({ tone }) => tone !== "").length;
  const sums = bars.map((bar) => bar?.values.slice(0, drawn).reduce((sum, value) => sum + value, 0) ?? 0);
  const most = Math.max(...sums);
  const at = pointed.value;
  const words = at === null ? series.map(({ total }) => total) : bars[at]?.texts;
  return (
    <figure class="chart" onPointerLeave={() => (pointed.value = null)}>
      <figcaption>
        <h3>{title}</h3>
        <p class="small">
          {series.map(({ name, tone }, i) => (
            <span key={name} class={`key ${tone}`}>
              {words?.[i] ?? "–"} {name}
            </span>
          ))}
        </p>
      </figcaption>
      <p class="small soft ends">
        <span>{at !== null && slots[at]}</span>
        <span>{most > 0 && (drawn === 1 ? bars[sums.indexOf(most)]?.texts[0] : countText(most))}</span>
      </p>
      <svg
        viewBox={`0 0 ${bars.length * WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${series.map(({ name, total }) => `${total} ${name}`).join(", ")}`}
      >
        {bars.map((bar, i) => (
          <g key={slots[i]} onPointerEnter={() => (pointed.value = i)}>
            <rect class={bar === null ? "shade" : "slot"} x={i * WIDTH} width={WIDTH} height={HEIGHT} />
            {bar !== null && <Stack bar={bar} x={i * WIDTH} scale={most === 0 ? 0 : HEIGHT / most} series={series} />}
          </g>
        ))}
      </svg>
      <p class="small soft ends">
        <span>{slots[0]}</span>
        <span>{slots.at(-1)}</span>
      </p>
      <Figures title={title} series={series} slots={slots} bars={bars} />
    </figure>
  );
}

/** All of it, the newest first. */
function Figures({ title, series, slots, bars }: Props) {
  return (
    <details class="small">
      <summary aria-label={`Figures of ${title}`}>Figures</summary>
      <div class="figures" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              {series.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bars
              .map((bar, i) => (
                <tr key={slots[i]}>
                  <th scope="row">{slots[i]}</th>
                  {series.map(({ name }, s) => (
                    <td key={name}>{bar?.texts[s] ?? "not known"}</td>
                  ))}
                </tr>
              ))
              .toReversed()}
          </tbody>
        </table>
      </div>
    </details>
  );
}

type StackProps = { readonly bar: NonNullable<Bar>; readonly x: number; readonly scale: number; readonly series: readonly Series[] };

/** One value above the other, the first at the bottom. */
function Stack({ bar, x, scale, series }: StackProps) {
  let y = HEIGHT;
  return (
    <>
      {series.map(({ name, tone }, i) => {
        const value = bar.values[i] ?? 0;
        if (tone === "" || value === 0) return null;
        const height = Math.max(value * scale, LEAST);
        y -= height;
        return <rect key={name} class={tone} x={x + GAP / 2} y={y} width={WIDTH - GAP} height={height} />;
      })}
    </>
  );
}

/** What a minute's tick and sweep cost with 1,000 to 1,000,000 orders in the table, of which the same number is due. */
import { barsOf } from "./chart.ts";
import { type Spread, spreadOf } from "./figures.ts";
import { type Inside, startInside } from "./inside.ts";
import { figureText, spreadText, tableOf } from "./markdown.ts";
import { atMost, type Row } from "./row.ts";
import type { Minute } from "./worker-polls.ts";

const DUE = 500;
const SIZES = [1000, 10_000, 100_000, 1_000_000] as const;
/** So many minutes at each size; the first does not count. */
const MINUTES = 9;

type At = {
  readonly orders: number;
  readonly tick_rows: number;
  readonly sweep_rows: number;
  readonly rows_written: number;
  readonly tick_ms: Spread;
  readonly sweep_ms: Spread;
};
type Figures = {
  readonly due: number;
  readonly sizes: readonly At[];
  /** The most rows of any size to the fewest; and the median time at the largest to that at the smallest. */
  readonly rows_ratio: number;
  readonly tick_ratio: number;
  readonly sweep_ratio: number;
};

export const tableSizeRow: Row<Figures> = {
  name: "table size",
  title: "Tick and sweep beside a million orders",
  seconds: 60,
  steps: () => SIZES.length * 2,
  async run({ root, step, opened }) {
    const inside = await opened(startInside(root));
    await inside.ask({ due: [1, DUE] });
    const sizes: At[] = [];
    let [there, minute] = [DUE, 0];
    for (const orders of SIZES) {
      step(`filling the table up to ${figureText(orders)} orders`);
      await inside.ask({ filler: [there, orders] });
      there = orders;
      step(`minutes beside ${figureText(orders)} orders`);
      sizes.push(await measureAt(inside, orders, minute));
      minute += MINUTES;
    }
    return figuresOf(sizes);
  },
  targets: ({ rows_ratio, tick_ratio, sweep_ratio }) => [
    atMost("rows of tick and sweep, 1,000 to 1,000,000 orders, most to fewest", rows_ratio, 1.1),
    atMost("time of a tick at 1,000,000 orders, to 1,000", tick_ratio, 1.1),
    atMost("time of a sweep at 1,000,000 orders, to 1,000", sweep_ratio, 1.1),
  ],
  chapter: ({ due, sizes }) => ({
    text: `${due} orders are due in each minute, and nothing is new. The rest of the table has ended, or comes hours later. Rows are exact;
times are medians of ${MINUTES - 1} minutes.

${tableOf(
  ["orders in the table", "rows read, tick", "rows read, sweep", "rows written", "tick, ms", "sweep, ms"],
  sizes.map((at) => [
    figureText(at.orders),
    figureText(at.tick_rows),
    figureText(at.sweep_rows),
    figureText(at.rows_written),
    spreadText(at.tick_ms),
    spreadText(at.sweep_ms),
  ]),
)}`,
    charts: [
      {
        file: "table-size.svg",
        alt: "Rows read by tick and sweep at four sizes of the table",
        svg: barsOf({
          title: "Rows read in a minute, 500 orders due",
          categories: sizes.map(({ orders }) => `${figureText(orders)} orders`),
          series: [
            { name: "tick", values: sizes.map(({ tick_rows }) => tick_rows) },
            { name: "sweep", values: sizes.map(({ sweep_rows }) => sweep_rows) },
          ],
          unit: "rows read",
        }),
      },
    ],
  }),
};

async function measureAt(inside: Inside, orders: number, from: number): Promise<At> {
  const minutes: Minute[] = [];
  for (let i = 0; i < MINUTES; i++) {
    const minute = await inside.ask<Minute>({ minute: { nth: from + i, saying: "unchanged", plan: "paid" } });
    if (i > 0) minutes.push(minute);
  }
  const median = (figureIn: (minute: Minute) => number): number => spreadOf(minutes.map(figureIn)).median;
  return {
    orders,
    tick_rows: median(({ tick }) => tick.rows_read),
    sweep_rows: median(({ sweeps }) => sweeps.rows_read),
    rows_written: median(({ tick, sweeps }) => tick.rows_written + sweeps.rows_written),
    tick_ms: spreadOf(minutes.map(({ tick }) => tick.ms)),
    sweep_ms: spreadOf(minutes.map(({ sweeps }) => sweeps.ms)),
  };
}

function figuresOf(sizes: readonly At[]): Figures {
  const rows = sizes.map(({ tick_rows, sweep_rows }) => tick_rows + sweep_rows);
  const [first, last] = [sizes[0] as At, sizes.at(-1) as At];
  return {
    due: DUE,
    sizes,
    rows_ratio: Math.max(...rows) / Math.min(...rows),
    tick_ratio: last.tick_ms.median / first.tick_ms.median,
    sweep_ratio: last.sweep_ms.median / first.sweep_ms.median,
  };
}

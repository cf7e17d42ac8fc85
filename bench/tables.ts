/** The figures of a run as tables: medians, with the least and the most in brackets. */
import Table from "cli-table3";
import { countText } from "../scripts/demo/wording.ts";
import type { Usage } from "../src/store/operations/metered.ts";
import { type Applied, BATCHES, NEWS, type Rate, type Ratio, type Writer } from "./apply.ts";
import type { Round } from "./catch-up.ts";
import type { Spread } from "./figures.ts";
import type { StatusCost, StatusRate } from "./status.ts";

const WRITERS: Readonly<Record<Writer, string>> = {
  "d1 product": "panelsync on D1",
  "d1 plain": "plain SQL on D1, one batch()",
  "d1 each": "plain SQL on D1, a batch() an order",
  "sqlite product": "panelsync on node:sqlite",
  "sqlite plain": "raw node:sqlite, one transaction",
  "sqlite each": "raw node:sqlite, a transaction an order",
};

/** The columns of what is measured of applying. */
const COLUMNS = NEWS.flatMap((news) => BATCHES.map((batch) => ({ news, batch, head: `${news}, by ${countText(batch)}` })));

/** What a run has measured. */
export type Figures = {
  /** What it was taken on, in words. */
  readonly machine: string;
  readonly apply: Applied;
  readonly rounds: readonly Round[];
  readonly status_cost: StatusCost;
  readonly status_rate: StatusRate;
};

export function tablesOf({ machine, apply, rounds, status_cost, status_rate }: Figures): string {
  return [
    machine,
    rateTable(apply.rates),
    ratioTable(apply.ratios),
    costTable(rounds),
    catchUpTable(rounds),
    statusTable(status_cost, status_rate),
  ].join("\n\n");
}

function rateTable(rates: readonly Rate[]): string {
  const rateIn = (writer: string, news: string, batch: number): string => {
    const found = rates.find((rate) => rate.writer === writer && rate.news === news && (rate.batch ?? batch) === batch);
    return found === undefined ? "" : spreadText(found.orders_per_second);
  };
  const rows = Object.entries(WRITERS).map(([writer, name]) => [name, ...COLUMNS.map(({ news, batch }) => rateIn(writer, news, batch))]);
  return table(["orders applied a second", ...COLUMNS.map(({ head }) => head)], rows);
}

function ratioTable(ratios: readonly Ratio[]): string {
  const pairs = Map.groupBy(ratios, ({ of, to }) => `${WRITERS[of]} ÷ ${WRITERS[to]}`);
  const rows = [...pairs].map(([name, those]) => [
    name,
    ...COLUMNS.map(({ news, batch }) => spreadText(those.find((each) => each.news === news && each.batch === batch)?.ratio)),
  ]);
  return table(["ratio", ...COLUMNS.map(({ head }) => head)], rows);
}

function costTable(rounds: readonly Round[]): string {
  const rows = rounds.map((round) => [round.news, ...costTexts(round)]);
  return table(["1,000 orders polled", ...COST_HEAD], rows);
}

const COST_HEAD = ["rows read", "rows written", "D1 calls", "D1 statements"] as const;

function costTexts({ rows_read, rows_written, d1_calls, d1_statements }: Usage): string[] {
  return [rows_read, rows_written, d1_calls, d1_statements].map(figureText);
}

function catchUpTable(rounds: readonly Round[]): string {
  const rows = rounds.map(({ news, orders, latency_ms, ms, least_possible_ms, to_least_possible, polls, calls, messages }) => [
    `${countText(orders)} ${news}, ${latency_ms} ms a call`,
    spreadText(secondsOf(ms)),
    figureText(least_possible_ms / 1000),
    spreadText(to_least_possible),
    ...[polls, calls, messages].map(figureText),
  ]);
  return table(["orders polled", "tick to last order, s", "least possible, s", "ratio", "polls", "calls", "messages"], rows);
}

function statusTable({ first, again }: StatusCost, { requests_per_second, to_no_database }: StatusRate): string {
  const rows = [
    ["told for the first time", ...costTexts(first), "", ""],
    ["told again", ...costTexts(again), spreadText(requests_per_second), spreadText(to_no_database)],
  ];
  return table(["status of 100 ids", ...COST_HEAD, "requests a second", "÷ without D1"], rows);
}

/** The first column is text, the others are figures. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const built = new Table({
    head: [...head],
    colAligns: head.map((_name, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  built.push(...rows.map((row) => [...row]));
  return built.toString();
}

/** Two digits say all that such a figure knows: "3.2K (2.6K–3.7K)". */
const ROUND = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 2 });

function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return "";
  const { median, least, most } = spread;
  return `${ROUND.format(median)} (${ROUND.format(least)}–${ROUND.format(most)})`;
}

function secondsOf({ median, least, most }: Spread): Spread {
  return { median: median / 1000, least: least / 1000, most: most / 1000 };
}

function figureText(figure: number): string {
  return figure.toLocaleString("en-US", { maximumFractionDigits: 1 });
}

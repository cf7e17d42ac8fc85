/** What the import says to the person who runs it. */
import { plainText, quoted } from "./cells.ts";
import type { Counts } from "./counts.ts";
import { type Field, FIELD_NAMES } from "./fields.ts";
import type { Mapping } from "./mapping.ts";
import type { Options } from "./options.ts";
import { type OrderItem, type RowOutcome, type Skip, SKIPS } from "./rows.ts";
import type { OpenSource } from "./source.ts";

/** Which field comes from which column, with the first row as an example. */
export function mappingText(source: OpenSource, mapping: Mapping, outcome: RowOutcome<OrderItem | string>, options: Options): string {
  const sent = outcome.kind === "send" ? outcome.item : null;
  const rows = FIELD_NAMES.flatMap((field): string[][] => {
    const at = mapping.get(field);
    const said = field === "provider" && options.provider !== null ? "(--provider)" : null;
    if (at === undefined && said === null) return [];
    const cell = at === undefined ? "" : (source.first.cells[at] ?? "");
    return [
      [field, said ?? plainText(source.columns[at ?? 0] ?? "", 40), said === null ? quoted(cell) : "", sentText(field, sent, options)],
    ];
  });
  const used = new Set(mapping.values());
  const unused = source.columns.filter((_, at) => !used.has(at)).map((name) => plainText(name, 40));
  return [
    ...alignColumns([["field", "column", "first row", "is sent as"], ...rows]),
    ...(unused.length > 0 ? [`not used: ${unused.join(", ")}`] : []),
    ...(outcome.kind === "skip" ? [`The first row is left out: ${SKIPS[outcome.why]}.`] : []),
    ...(outcome.kind === "reject" ? [`The first row is rejected: ${outcome.error}`] : []),
  ].join("\n");
}

function sentText(field: Field, sent: OrderItem | string | null, { timezone }: Options): string {
  if (sent === null) return "";
  const value = typeof sent === "string" ? sent : sent[field];
  if (value === undefined) return "nothing";
  return plainText(String(value), 60) + (field === "placed_at" ? `  (read in ${timezone})` : "");
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** What a person should say of a field whose column is not sure. */
export function questionText(field: Field, columns: readonly string[]): string {
  const [only, ...others] = columns.map(quoted);
  if (others.length > 0 && others.every((each) => each === only))
    return `${field} may be any of ${columns.length} columns ${only}: give them names of their own, or take the first by --yes.`;
  return others.length > 0
    ? `${field} may be ${[only, ...others].join(" or ")}: say which by --map ${field}=COLUMN.`
    : `Is ${only} the amount that the panel has returned? Say --map refunded=${columns[0]} if it is, and --map refunded= if it is not.`;
}

export type Ending = { readonly counts: Counts; readonly rejects: string | null; readonly panel: string; readonly isComplete: boolean };

/** What became of the rows. */
export function summaryText({ name, adopt, isDry }: Options, { counts, rejects, panel, isComplete }: Ending): string {
  const done = adopt === null ? "registered" : "adopted";
  const known = adopt === null ? "were registered already, as the file has them" : "were followed already";
  const lines: [number, string][] = [
    [counts.created, isDry ? `would be ${done}` : done],
    [counts.exists, known],
    ...(Object.keys(SKIPS) as Skip[]).map((why): [number, string] => [
      counts.skipped[why] ?? 0,
      `left out: ${SKIPS[why]}${why === "final" ? endedText(counts, adopt) : ""}`,
    ]),
    [counts.rejected, `rejected${rejects === null ? "" : `: ${rejects} says why, row by row`}`],
  ];
  const said = lines.filter(([count], at) => count > 0 || at === 0).map(([count, text]) => [shown(count).padStart(11), text]);
  return [
    `${isDry ? "Dry run: nothing was written. " : ""}${shown(counts.rows)} rows of ${plainText(name, 80)} for panel ${panel}${isComplete ? "" : " so far"}:`,
    ...said.map(([count, text]) => `${count}  ${text}`),
    ...(isDry && adopt === null ? [refundsText(counts)] : []),
  ].join("\n");
}

function endedText({ ended }: Counts, adopt: string | null): string {
  const words = Object.entries(ended).map(([word, count]) => `${word} ${shown(count)}`);
  const hint = adopt === null ? "; with a column `refunded` they are registered too" : "";
  return ` (${words.join(", ")}${hint})`;
}

/** What the first polls would refund if they told the statuses that the file has. */
function refundsText({ refunds }: Counts): string {
  const parts = Object.entries(refunds).map(([key, { orders, sum }]) => {
    const [would, currency = ""] = key.split(" ");
    const kind = would === "hold" ? "hold for a person" : "refund";
    return `${kind} ${sum} ${currency === "" ? "(in the panel's currency)" : currency} for ${shown(orders)} order${orders === 1 ? "" : "s"}`;
  });
  return parts.length === 0
    ? "By the statuses of the file, the first polls would refund nothing."
    : `By the statuses of the file, the first polls would ${parts.join(", and ")}.`;
}

export function shown(count: number): string {
  return count.toLocaleString("en-US");
}

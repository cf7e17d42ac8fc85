/** Figures as Markdown tables: medians, with the least and the most in brackets. */
import type { Spread } from "./figures.ts";

/** Two digits say all that such a figure knows: "3.2K (2.6K–3.7K)". */
const ROUND = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 2 });

/** The first column is text, the others are figures. Columns are as wide as `npm run format` has them. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(3, name.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

export function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return "";
  const { median, least, most } = spread;
  return `${ROUND.format(median)} (${ROUND.format(least)}–${ROUND.format(most)})`;
}

export function figureText(figure: number, digits = 1): string {
  return figure.toLocaleString("en-US", { maximumFractionDigits: digits });
}

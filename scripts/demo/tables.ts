/** The tables of the live view and of the summary. */
import { styleText } from "node:util";
import Table from "cli-table3";
import type { ProviderLine, StatusLine } from "./snapshot.ts";
import { countText, moneyText } from "./wording.ts";

/** All that cli-table3 would draw between cells. */
const LINES = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"] as const;
const MORE_LINES = ["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"] as const;
const NO_LINES = Object.fromEntries([...LINES, ...MORE_LINES].map((name) => [name, ""]));

/** A table without lines; the first column is text, the others are figures. */
function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: head.map((name) => styleText("dim", name)),
    colAligns: head.map((_name, column) => (column === 0 ? "left" : "right")),
    chars: NO_LINES,
    // Its own colours do not ask whether anybody can see them; `styleText` does.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 3 },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** Orders and money by status, and in all. */
export function statusTable(statuses: readonly StatusLine[]): string {
  const all: StatusLine = {
    status: "all",
    orders: statuses.reduce((sum, { orders }) => sum + orders, 0),
    refundedMicros: statuses.reduce((sum, { refundedMicros }) => sum + refundedMicros, 0n),
    heldMicros: statuses.reduce((sum, { heldMicros }) => sum + heldMicros, 0n),
  };
  const rows = [...statuses.map(statusRow), statusRow(all).map((cell) => styleText("bold", cell))];
  return plainTable(["status", "orders", "refunded USD", "held USD"], rows);
}

function statusRow({ status, orders, refundedMicros, heldMicros }: StatusLine): string[] {
  return [status, countText(orders), moneyText(refundedMicros), moneyText(heldMicros)];
}

/** What was asked of each provider. */
export function providerTable(providers: readonly ProviderLine[]): string {
  const rows = providers.map(({ provider, orders, calls, answers }) => [provider, countText(orders), countText(calls), countText(answers)]);
  return plainTable(["provider", "orders", "calls", "answers"], rows);
}

/** Rows that D1 bills for a changed order with a refund: exact, and the same everywhere. */
import { startInside } from "./inside.ts";
import { figureText, tableOf } from "./markdown.ts";
import { atMost, type Row } from "./row.ts";
import type { Minute } from "./worker-polls.ts";

const ORDERS = 1000;

type Figures = { readonly changed: PerOrder; readonly unchanged: PerOrder };
type PerOrder = { readonly read: number; readonly written: number };

export const rowsReadRow: Row<Figures> = {
  name: "rows of an order",
  title: "Rows read and written for an order",
  isExact: true,
  seconds: 8,
  steps: () => 2,
  async run({ root, step, opened }) {
    const inside = await opened(startInside(root));
    await inside.ask({ due: [1, ORDERS] });
    step("rows of unchanged orders");
    const unchanged = perOrder(await inside.ask<Minute>({ minute: { nth: 0, saying: "unchanged", plan: "paid" } }));
    step("rows of changed orders");
    const changed = perOrder(await inside.ask<Minute>({ minute: { nth: 1, saying: "changed", plan: "paid" } }));
    return { changed, unchanged };
  },
  targets: ({ changed, unchanged }) => [
    // To read that it is due is a row, whatever comes of it.
    atMost("rows read to apply a changed order with a refund", changed.read - unchanged.read, 12),
    atMost("rows written for an unchanged order", unchanged.written, 0.01),
  ],
  chapter: ({ changed, unchanged }) => ({
    text: `${figureText(ORDERS)} due orders in one minute: the tick's message, reading what is due, and writing what is new. D1's own counts.

${tableOf(
  ["an order", "rows read", "rows written"],
  [
    ["unchanged", figureText(unchanged.read, 2), figureText(unchanged.written, 3)],
    ["ended, with a refund", figureText(changed.read, 2), figureText(changed.written, 3)],
  ],
)}`,
  }),
};

function perOrder({ sweeps }: Minute): PerOrder {
  return { read: sweeps.rows_read / ORDERS, written: sweeps.rows_written / ORDERS };
}

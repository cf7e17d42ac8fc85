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
)}

**Where the rows of a change come from**, by statement, counted once on the schema of migration 0017, an order with a refund and two
changes in the feed:

${tableOf(
  ["rows read an order", "as it is", "without CHECK (… IN …)", "without triggers", "without both"],
  PARTS.map(([statement, ...read]) => [statement, ...read.map((figure) => figureText(figure, 1))]),
)}

So 12 leaves two rows for everything that guards the money. The triggers read eight: that a refund stays within the charge and replaces
none, that the feed only grows, that an order's total is the sum of its refunds. A trigger before an INSERT also has SQLite put what is
inserted aside first, and reads it again. They stay. The lists of words in CHECK constraints read four, since each lookup in such a list
counts. To take them out means to make the tables of orders and refunds anew, which writes each of their rows and indexes once: 100,000
orders are more than a day of the free plan writes. _Tried, and kept_: rows as arrays by panel in one parameter, each panel's row read
once a statement, and only columns that change (39 rows before). _Tried, no gain_: GROUP BY for DISTINCT (a row more a change), a
materialised table of the orders (it is read again, too). _Not taken_: a view whose INSTEAD OF trigger writes an order with VALUES, which
puts nothing aside and looks once. It can reach 12. But its UPDATE has to name every column that may change, and D1 bills an index for
each named column that it holds, changed or not: a row written, which costs as much as a thousand read.`,
  }),
};

/** Counted by hand: D1's figures of the batch of 100 orders, divided. */
const PARTS: readonly (readonly [statement: string, asItIs: number, noChecks: number, noTriggers: number, neither: number])[] = [
  ["INSERT INTO refunds", 6, 4, 4, 2],
  ["INSERT INTO changes, two", 8, 8, 4, 4],
  ["UPDATE orders", 8, 6, 6, 4],
  ["panels, providers, transfers", 0.1, 0.1, 0.1, 0.1],
  ["all", 22.1, 18.1, 14.1, 10.1],
];

function perOrder({ sweeps }: Minute): PerOrder {
  return { read: sweeps.rows_read / ORDERS, written: sweeps.rows_written / ORDERS };
}

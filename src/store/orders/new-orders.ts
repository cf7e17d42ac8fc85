/**
 * What every transaction that adds orders shares: the numbers it gives out, and the first change of an order.
 */
import type { EventType } from "../../domain/feed.ts";
import { GOLDEN_STEP, PHASES } from "../../domain/poll-pacing.ts";

/** `phaseOf` of src/domain/poll-pacing.ts, in SQL, for an order's number. */
export function phaseSql(n: string): string {
  return `(${n} * ${GOLDEN_STEP}) % ${PHASES}`;
}

/**
 * SQL for the number of an order among several that are added to a panel `p` at once. The panel's counters were advanced by
 * the first statement of the batch; the place of `j`, the order's row of the JSON parameter, is counted back from them.
 */
export const NUMBER = "p.order_n - (j.value->>'$.back')";

/** The columns that the transaction gives such an order, and SQL for them. */
export const GIVEN_COLUMNS = "panel, n, phase, last_change";
export const GIVEN = `p.id, ${NUMBER}, ${phaseSql(`(${NUMBER})`)}, p.feed_seq - (j.value->>'$.back')`;

const CREATED: EventType = "order.created";

/** SQL for the columns of an order's first change, besides its panel and its type. */
type FirstChange = { readonly seq: string; readonly id: string; readonly at: string; readonly data: string };

/** Tells of orders `o` for the first time; `from` selects them, with what the columns are made of. */
export function insertCreatedSql({ seq, id, at, data }: FirstChange, from: string): string {
  return `INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data)
  SELECT o.panel, ${seq}, '${CREATED}', ${id}, ${at}, '{}', ${data} ${from}`;
}

/** The same for orders that this batch has added: nothing else stands under the numbers that it has given out. */
export function insertAddedSql(data: string, { rows, panel }: { readonly rows: string; readonly panel: string }): string {
  return insertCreatedSql(
    { seq: "o.last_change", id: "o.id", at: "o.created_at", data },
    `FROM json_each(${rows}) j CROSS JOIN panels p CROSS JOIN orders o
  WHERE p.id = ${panel} AND o.panel = p.id AND o.n = ${NUMBER}`,
  );
}

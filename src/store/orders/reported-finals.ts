/**
 * Putting on record what a panel's script was first told of an order's end. Rule [P11].
 */
import type { Order, ReportedFinal } from "../../domain/order.ts";
import { reportedFinalOf, statusForPanel } from "../../domain/panel-status.ts";
import { ENDED } from "../rows/order.ts";

/** More than a call can ask for. */
const MAX_ASKED = 1000;

/** Whether a person has decided about the status that an order has now. */
const IS_ANSWERED_BY_PERSON = (o: string): string => `${o}.decided_status IS ${o}.status`;

/** `isCancelLetGo` of src/domain/panel-status.ts, in SQL. */
const IS_CANCEL_LET_GO = (o: string): string =>
  `(coalesce(${o}.charge, 0) = 0 AND ${o}.left_to_panel AND ${o}.decided_status IS 'canceled')`;

/** What `reportedFinalOf` of src/domain/panel-status.ts keeps, in SQL. */
const REPORTED_FINAL = `json_patch(json_object('status', iif(orders.status = 'error' AND ${IS_CANCEL_LET_GO("orders")}, 'canceled', orders.status), 'refunded', orders.refunded,
          'remains', iif(orders.status = 'refunded' AND orders.provider_charge NOT GLOB '*[1-9]*', NULL, orders.remains),
          'left', json(iif(orders.left_to_panel, 'true', 'false'))),
        iif(coalesce(orders.charge, 0) = 0 AND NOT orders.left_to_panel AND ${IS_ANSWERED_BY_PERSON("orders")}, '{"refused":true}', '{}'))`;

/** `isSubscription` of src/domain/panel-status-subscription.ts, in SQL. */
const IS_SUBSCRIPTION = (o: string): string => `(${o}.multi = 1 AND iif(${o}.parts IS NULL, ${o}.posts IS NOT NULL,
    coalesce(${o}.parts->>'$.form.subscription', ${o}.parts->>'$.posts' IS NOT NULL OR ${o}.parts->>'$.expiry' IS NOT NULL)))`;

/** Condition on an order `o`: it is told a final word, as `isDecided` there has it, and was told none before. */
const IS_FIRST_REPORT = `o.told IS NULL AND o.hold_n IS NULL AND o.word_hold_n IS NULL AND o.rejected_at IS NULL
  AND (o.status IN (${ENDED})
      AND (o.polled_at IS NOT NULL OR o.status = 'completed' OR o.refunded > 0 OR o.reason = 'not_placed')
      AND NOT (o.remains IS NULL AND (o.status = 'partial' OR o.status = 'refunded' AND o.reason IS 'remains_unknown') AND (coalesce(o.charge, 0) = 0 OR o.left_to_panel)
        AND NOT ${IS_SUBSCRIPTION("o")} AND NOT (${IS_ANSWERED_BY_PERSON("o")} AND (o.decided_due IS NULL OR NOT o.left_to_panel)))
    OR o.status = 'error' AND o.decided_in_error AND (o.decided_granted > 0 OR ${IS_CANCEL_LET_GO("o")}))`;

/**
 * Records what a final word followed from, for orders whose refund is decided and that were told none before: the
 * same orders that `statusForPanel` tells a final status of. `named` selects panel and n of those that are asked for. One row
 * written an order, once in its life. The LIMIT keeps SQLite from merging the inner SELECT into the outer one, which
 * would read the panel's orders for each id: 20,305 rows for 100 ids of 100 orders, and 200 so.
 *
 * `at` is the parameter with the time. A poll that is under way passes over an order that was told meanwhile; by its time
 * the order is not shown as checked by that poll. Rule [S21].
 */
export function recordReportedFinalSql(named: string, at: string): string {
  return `UPDATE orders SET version = orders.version + 1, updated_at = max(orders.updated_at, ${at}), told = ${REPORTED_FINAL}
    FROM (SELECT o.panel, o.n FROM ${named} AND ${IS_FIRST_REPORT} LIMIT ${MAX_ASKED}) k
    WHERE orders.panel = k.panel AND orders.n = k.n`;
}

/** Puts other facts in the place of what was told first, while the order is as it was seen; for the batch that says so. */
export function correctReportedFinalStatement(
  db: D1Database,
  { panel, number: n, version }: Order,
  told: ReportedFinal | null,
): D1PreparedStatement {
  return db
    .prepare("UPDATE orders SET told = ?4 WHERE panel = ?1 AND n = ?2 AND version = ?3")
    .bind(panel, n, version, told === null ? null : JSON.stringify(told));
}

/** Records what orders are told that were read before: the facts as they were read, where nothing was told before. */
export async function recordReportedFinals(db: D1Database, orders: readonly Order[], now: number): Promise<void> {
  const facts = orders.flatMap((order) =>
    order.state.reportedFinal === null && statusForPanel(order.state).final
      ? [[order.panel, order.number, JSON.stringify(reportedFinalOf(order.state))]]
      : [],
  );
  if (facts.length === 0) return;
  await db
    .prepare(
      `UPDATE orders SET version = orders.version + 1, updated_at = max(orders.updated_at, ?2), told = k.told
       FROM (SELECT value->>0 AS panel, value->>1 AS n, value->>2 AS told FROM json_each(?1) LIMIT ${MAX_ASKED}) k
       WHERE orders.panel = k.panel AND orders.n = k.n AND orders.told IS NULL`,
    )
    .bind(JSON.stringify(facts), now)
    .run();
}

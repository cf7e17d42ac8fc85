/**
 * What is put on record as told is written by SQL, and told by `statusForPanel`: both go by the same rules, for every state.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { isDecided, reportedFinalOf } from "../../../src/domain/panel-status.ts";
import { recordReportedFinalSql } from "../../../src/store/orders/reported-finals.ts";
import { type OrderRow, toOrder } from "../../../src/store/rows/order.ts";
import { clear, migrate, NOW, rows } from "../world/database.ts";
import { addOrders } from "../world/records.ts";
import { World } from "../world/world.ts";

const WORDS = ["completed", "partial", "canceled", "refunded", "error", "unknown"] as const;
/** A number, none, and one that nobody could read. */
const NUMBERS = [
  { remains: 250, reason: null },
  { remains: null, reason: null },
  { remains: null, reason: "remains_unknown" },
] as const;
const DECISIONS = [
  null,
  ...["partial", "canceled", "refunded", "error"].flatMap((about) =>
    [225_000, null].flatMap((due) => [0, 1].flatMap((inError) => [0, 225_000].map((granted) => ({ about, due, inError, granted })))),
  ),
];

const STATES = WORDS.flatMap((status) =>
  NUMBERS.flatMap((number) => DECISIONS.flatMap((decision) => [0, 1].map((left) => ({ status, ...number, decision, left })))),
);

const SET_STATES = `UPDATE orders SET status = k.value->>'$.status', remains = k.value->>'$.remains', reason = k.value->>'$.reason',
    left_to_panel = k.value->>'$.left', decided_status = k.value->>'$.decision.about', decided_due = k.value->>'$.decision.due',
    decided_granted = k.value->>'$.decision.granted', decided_in_error = coalesce(k.value->>'$.decision.inError', 0)
  FROM json_each(?1) k WHERE orders.n = k.key + 1`;

beforeAll(migrate);
beforeEach(clear);

it.each([900_000, null])(`agrees on all ${STATES.length} states of an order that has the charge %s`, async (charge) => {
  await new World().panel("alpha");
  await addOrders("alpha", "acme", 1, STATES.length, { charge, door: "connect" });
  await rows(SET_STATES, JSON.stringify(STATES));
  const before = await rows<OrderRow>("SELECT * FROM orders ORDER BY n");
  for (let from = 0; from < STATES.length; from += 1000) {
    const named = `orders o WHERE o.n > ${from} AND o.n <= ${from + 1000}`;
    await env.DB.prepare(recordReportedFinalSql(named, "?1")).bind(NOW).run();
  }
  const told = await rows<{ n: number; told: string | null }>("SELECT n, told FROM orders ORDER BY n");
  const expected = before.map(toOrder).map(({ state }) => (isDecided(state) ? reportedFinalOf(state) : null));
  const differing = told.flatMap(({ n, told: text }, i) => {
    const written: unknown = text === null ? null : JSON.parse(text);
    return JSON.stringify(written) === JSON.stringify(expected[i]) ? [] : [{ state: STATES[n - 1], written, told: expected[i] }];
  });
  expect(differing).toEqual([]);
  expect(expected.filter((facts) => facts !== null).length).toBeGreaterThan(STATES.length / 10);
});

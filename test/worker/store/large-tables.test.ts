/**
 * What a request reads where the tables are large: 100,000 orders and 30,000 refunds of another kind stand beside what is
 * asked for. The figures are D1's own.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { FLAG_NAMES, FLAGS } from "../../../src/domain/order.ts";
import type { Ask } from "../world/asking.ts";
import { bypassTriggers, migrate, NOW } from "../world/database.ts";
import { addOrders, addPanel, addProvider, type OrderColumns } from "../world/records.ts";
import { World } from "../world/world.ts";

const ORDERS = 100_000;
const REFUNDS = 30_000;
/** What a list reads beside the rows that it shows. */
const BESIDE = 10;

const world = new World();
const key = "ps_large";

/** Orders 1 to `ORDERS` of the panel: half of them open, all of one customer, flagged as `flags` says in SQL. */
async function fillOrders(): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO orders (panel, n, id, provider, provider_order_id, service, link, customer, quantity, charge, currency, status, middle,
       cadence, phase, progress_at, created_at, placed_at, updated_at, last_change)
     WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${ORDERS})
     SELECT 'p', n, 'o' || n, 'acme', CAST(n AS TEXT), '1', 'https://x.example/' || n, 'many', 1000, 900000, 'USD',
       iif(n % 2 = 0, 'completed', 'in_progress'), 'in_progress', iif(n % 2 = 0, NULL, 5), n * 40503 % 65536, ?1, ?1, ?1, ?1, 1 FROM c`,
  )
    .bind(NOW - 3_600_000)
    .run();
}

/** The newest `REFUNDS` orders of the fill each have a refund of this status. */
async function fillRefunds(status: string): Promise<void> {
  await bypassTriggers("DELETE FROM refunds");
  const decided = status === "posted" || status === "rejected" ? String(NOW) : "NULL";
  await env.DB.prepare(
    `INSERT INTO refunds (panel, order_n, n, order_id, amount, currency, status, reason, created_at, decided_at)
     WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${REFUNDS})
     SELECT 'p', ${ORDERS - REFUNDS} + n, 1, 'o' || (${ORDERS - REFUNDS} + n), 1000, 'USD', '${status}', 'partial', ${NOW}, ${decided} FROM c`,
  ).run();
}

/** Orders older than all of the fill, so that a scan from the newest on reaches them last. */
const addOld = (first: number, count: number, columns: OrderColumns) => addOrders("p", "acme", first, count, columns);

async function costOf(path: string, ask: Ask = { key }) {
  return world.costOf((metering) => metering.get(path, ask));
}

beforeAll(async () => {
  await migrate();
  await addPanel("p", key);
  for (const id of ["acme", "beta", "gamma"]) await addProvider(id);
  await fillOrders();
  await env.DB.prepare("UPDATE panels SET order_n = ?1").bind(ORDERS).run();
}, 60_000);

describe("a list of orders", () => {
  const spread = [3, 25_000, 50_001];

  it.each(FLAG_NAMES)("finds those flagged %s at once, also where all others have another flag", async (flag) => {
    const other = flag === "stalled" ? FLAGS.overdue : FLAGS.stalled;
    await env.DB.prepare("UPDATE orders SET flags = iif(n IN (SELECT value FROM json_each(?1)), ?2, iif(n > 99000, ?3, 0)) WHERE n > 99000 OR flags <> 0 OR n IN (SELECT value FROM json_each(?1))")
      .bind(JSON.stringify(spread), FLAGS[flag] | FLAGS.overdue, other)
      .run();
    const { answer, rows_read } = await costOf(`/v1/orders?flag=${flag}&cursor=${btoa("[99001]")}`);
    console.log(flag, answer.json.orders.length, rows_read);
    expect(answer.json.orders.map(({ id }: { id: string }) => id)).toEqual(spread.toReversed().map((n) => `o${n}`));
    expect(rows_read).toBeLessThanOrEqual(spread.length + BESIDE);
  });
});

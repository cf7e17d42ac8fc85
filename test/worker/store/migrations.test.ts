/**
 * Each migration on a database that is in use: what stood there goes on.
 */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { NOW, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addPanel, addProvider } from "../world/records.ts";
import { World } from "../world/world.ts";

it("orders of the first schema are followed, refunded and counted by the code of the last", async () => {
  const [first, ...others] = env.TEST_MIGRATIONS;
  if (first === undefined) throw new Error("there are no migrations");
  await applyD1Migrations(env.DB, [first]);
  await addPanel("p");
  await addProvider("acme", { many: "yes" });
  await env.DB.prepare(
    `WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20)
     INSERT INTO orders (panel, n, id, provider, provider_order_id, quantity, charge, currency, placed_at, created_at, status, middle,
       provider_status, remains, cadence, phase, polled_at, progress_at, updated_at, last_change)
     SELECT 'p', n, 'o' || n, 'acme', n, 1000, 900000, 'USD', ?1, ?1, 'in_progress', 'in_progress', 'In progress', 600, 1, n * 3000, ?1, ?1, ?1, 1
     FROM s`,
  )
    .bind(NOW - 300_000)
    .run();
  await env.DB.prepare(
    `INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at, decided_by)
     SELECT panel, n, 1, 225000, currency, 'posted', 'partial', created_at, created_at, 'rules' FROM orders WHERE n = 1`,
  ).run();
  await env.DB.prepare(
    "UPDATE orders SET status = 'partial', remains = 250, refunded = 225000, refund_count = 1, final_at = ?1 WHERE n = 1",
  )
    .bind(NOW)
    .run();
  expect(others.length).toBeGreaterThan(0);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const run = new World();
  run.providers.set(
    "acme",
    answeringEach(() => ({ ...inProgress(1000), status: "Canceled" })),
  );
  await run.run(1);
  expect(await rows("SELECT DISTINCT status, refunded FROM orders")).toEqual([{ status: "canceled", refunded: 900_000 }]);
  expect(await rows("SELECT n, amount, kind FROM refunds WHERE order_n = 1 ORDER BY n")).toEqual([
    { n: 1, amount: 225_000, kind: "auto" },
    { n: 2, amount: 675_000, kind: "auto" },
  ]);
});

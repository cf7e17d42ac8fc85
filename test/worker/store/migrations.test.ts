/**
 * Each migration on a database that is in use: what stood there goes on.
 */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { NOW, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, keyNamed, type OrderColumns, young } from "../world/records.ts";
import { World } from "../world/world.ts";

beforeEach(async () => {
  const tables = await rows<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite_%'",
  );
  const triggers = await rows<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'");
  for (const { name } of triggers) await rows(`DROP TRIGGER ${name}`);
  for (const { name } of tables) await rows(`DROP TABLE ${name}`);
});

/** A panel from when each had one key, kept with it. */
async function addEarlyPanel(id: string): Promise<void> {
  await rows("INSERT INTO panels (id, currency, money, key_hash, created_at) VALUES (?1, 'USD', 'advice', 'hash of ' || ?1, 0)", id);
}

it("orders of the first schema are followed, refunded and counted by the code of the last", async () => {
  const [first, ...others] = env.TEST_MIGRATIONS;
  if (first === undefined) throw new Error("there are no migrations");
  await applyD1Migrations(env.DB, [first]);
  await addEarlyPanel("p");
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

it("of orders that several panels have, the one that was placed keeps the provider's, else the first; others give way", async () => {
  const before = env.TEST_MIGRATIONS.slice(
    0,
    env.TEST_MIGRATIONS.findIndex(({ name }) => name.startsWith("0006_")),
  );
  await applyD1Migrations(env.DB, before);
  for (const panel of ["a", "b", "c"]) await addEarlyPanel(panel);
  await addProvider("acme", { many: "yes" });
  await addProvider("zeta", { many: "yes" });
  let n = 0;
  const had = async (panel: string, id: string, createdAt: number, columns: OrderColumns = {}, provider = "acme") => {
    n += 1;
    await addOrders(panel, provider, n, 1, { ...young, provider_order_id: id, id: `${panel}-${id}`, created_at: createdAt, ...columns });
  };
  const placed = { door: "connect", add_digest: "d" };
  await had("a", "501", 1000);
  await had("b", "501", 2000, placed);
  await had("c", "501", 500, { door: "connect" });
  await had("a", "502", 2000);
  await had("b", "502", 1000, { refill_id: "r1", refill_status: "pending", cancel_status: "queued" });
  await had("a", "503", 1000);
  await had("b", "503", 1000, {}, "zeta");
  await had("b", "0503", 1000);
  await had("c", "+503", 1000);
  await had("c", "504abc", 1000);
  await had("a", "9b1deb4d3b7d4bad9bdd", 1000);
  await had("b", "503deb4d3b7d4bad9bdd", 1000);
  await had("c", "a-1", 1000);
  await had("c", "ORD.7", 1000);
  for (const panel of ["a", "b"]) {
    n += 1;
    await addOrders(panel, "acme", n, 1, {
      cadence: null,
      status: "pending",
      middle: "pending",
      ...placed,
      provider_order_id: `placing ${n}`,
      id: `${n}`,
    });
  }
  // A refund of one that gives way would be posted by itself in a minute.
  await rows(
    `INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at)
     SELECT panel, n, 1, 900000, currency, 'delayed', 'canceled', 1 FROM orders WHERE id = 'a-501'`,
  );
  await rows(
    "UPDATE orders SET hold_n = 1, hold_amount = 900000, hold_reason = 'canceled', hold_at = 1, hold_posts_at = 2, refund_count = 1 WHERE id = 'a-501'",
  );
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

  const gaveWay =
    "SELECT id FROM orders WHERE flags & 4096 AND cadence IS NULL AND provider_order_id = 'taken ' || panel || ' ' || n ORDER BY n";
  const lost = ["a-501", "c-501", "a-502", "b-0503", "c-+503", "c-504abc", "b-503deb4d3b7d4bad9bdd"];
  expect((await rows<{ id: string }>(gaveWay)).map(({ id }) => id)).toEqual(lost);
  const audited = await rows<{ subject: string; before: string }>(
    "SELECT subject, before FROM audit WHERE action = 'order.gave_way' AND actor = 'rules'",
  );
  expect(audited.map(({ subject }) => subject).toSorted()).toEqual(lost.map((id) => `order:${id}`).toSorted());
  expect(audited).toContainEqual({ subject: "order:c-504abc", before: '{"provider":"acme","provider_order_id":"504abc"}' });
  expect(await rows("SELECT id, provider_order_id FROM orders WHERE provider_order_id NOT LIKE 'taken %' ORDER BY n")).toEqual([
    ...["b-501", "b-502", "a-503", "b-503", "a-9b1deb4d3b7d4bad9bdd", "c-a-1", "c-ORD.7"].map((id) => ({
      id,
      provider_order_id: id.slice(2),
    })),
    { id: "15", provider_order_id: "placing a 15" },
    { id: "16", provider_order_id: "placing b 16" },
  ]);
  expect(await rows("SELECT status, amount FROM refunds")).toEqual([{ status: "held", amount: 900_000 }]);
  expect(await rows("SELECT flags, hold_amount, hold_posts_at FROM orders WHERE id = 'a-501'")).toEqual([
    { flags: 4096 | 32, hold_amount: 900_000, hold_posts_at: null },
  ]);
  expect(await rows("PRAGMA foreign_key_check")).toEqual([]);

  // They are never asked about again, the others are.
  const run = new World();
  run.providers.set(
    "acme",
    answeringEach(() => inProgress(100)),
  );
  await run.run(10);
  expect(new Set(run.calls.flatMap(({ ids }) => ids))).toEqual(new Set(["501", "502", "503", "9b1deb4d3b7d4bad9bdd", "a-1", "ORD.7"]));
});

it("of orders of several panels that have one refill's id, none keeps it; others keep theirs", async () => {
  const before = env.TEST_MIGRATIONS.filter(({ name }) => name < "0025");
  await applyD1Migrations(env.DB, before);
  await addPanel("p", keyNamed("p"));
  await addPanel("q", keyNamed("q"));
  await addProvider("acme", { many: "yes" });
  await addProvider("basil", { many: "yes" });
  await addOrders("p", "acme", 1, 2, { ...young, status: "completed", refill_status: "pending", refill_at: NOW });
  await addOrders("q", "acme", 11, 1, { ...young, status: "completed", refill_status: "pending", refill_at: NOW });
  await addOrders("q", "basil", 21, 1, { ...young, status: "completed", refill_status: "pending", refill_at: NOW });
  for (const [n, id] of [
    [1, "777"],
    [2, "778"],
    [11, "777"],
    [21, "777"],
  ])
    await rows("UPDATE orders SET refill_id = ?2 WHERE n = ?1", n, id);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  expect(await rows("SELECT n, refill_id, refill_status FROM orders ORDER BY n")).toEqual([
    { n: 1, refill_id: null, refill_status: "pending" },
    { n: 2, refill_id: "778", refill_status: "pending" },
    { n: 11, refill_id: null, refill_status: "pending" },
    { n: 21, refill_id: "777", refill_status: "pending" },
  ]);
  await expect(rows("UPDATE OR REPLACE orders SET refill_id = '778' WHERE n = 11")).rejects.toThrow(/another order has this refill/);
});

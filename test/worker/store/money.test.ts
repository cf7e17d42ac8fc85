/**
 * The worked example of docs/money.md as it stands there, what a life of an order costs, and what the database
 * refuses with the application bypassed.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import doc from "../../../docs/money.md?raw";
import { metered } from "../../../src/store/operations/metered.ts";
import { clear, migrate, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young, keyNamed } from "../world/records.ts";
import { World } from "../world/world.ts";

const key = keyNamed("shop");

beforeAll(async () => {
  await migrate();
  await addPanel("shop", key);
  await env.DB.prepare("UPDATE panels SET money = 'ledger'").run();
});

beforeEach(async () => {
  await clear();
  await addProvider("acme", { many: "yes" });
});

it("the example of docs/money.md comes out as it says", async () => {
  const world = new World();
  const run = new World();
  const example = /```text\n(?<lines>[^`]+)```/.exec(doc)?.groups?.["lines"] ?? "";
  const steps = [
    ...example.matchAll(
      /^(?:POST (?<path>\S+)(?:\s+Idempotency-Key: (?<once>\S+))?|provider says)\s+(?<body>\{.*\})\s+balance (?<balance>\S+)$/gm,
    ),
  ];
  expect(steps).toHaveLength(7);
  for (const { groups = {} } of steps) {
    const body = JSON.parse(groups["body"] ?? "") as Record<string, unknown>;
    if (groups["path"] === undefined) {
      run.providers.set(
        "acme",
        answeringEach(() => ({ ...inProgress(), ...body })),
      );
      // The next time that the order is due.
      await run.run(61);
    } else {
      const headers = groups["once"] === undefined ? {} : { "Idempotency-Key": groups["once"] };
      expect((await world.ask("POST", groups["path"], { key, body, headers })).status).toBe(201);
    }
    const { json } = await world.ask("GET", "/v1/customers/ann/balance", { key });
    expect(json).toEqual({ customer: "ann", balance: groups["balance"], currency: "USD" });
  }
});

it("an order's life costs 24 rows at most: registered, three moves, four progress writes, a partial refund, with ledger", async () => {
  const world = new World();
  await world.ask("POST", "/v1/customers/ann/credits", { key, body: { amount: "100" }, headers: { "Idempotency-Key": "k" } });
  const body = Array.from({ length: 100 }, (_, i) => ({
    id: `l${i}`,
    provider: "acme",
    provider_order_id: String(i),
    quantity: 1000,
    charge: "0.9",
    customer: "ann",
  }));
  const { db, usage } = metered(env.DB);
  expect((await new World({ DB: db }).ask("POST", "/v1/orders", { key, body })).status).toBe(200);
  const registered = usage().rows_written;
  const run = new World();
  const said = [
    ["Processing", 1000],
    ["In progress", 900],
    ["In progress", 700],
    ["In progress", 500],
    ["In progress", 300],
    ["In progress", 100],
    ["Partial", 50],
  ] as const;
  for (const [status, remains] of said) {
    run.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(remains), status })),
    );
    await run.run(1);
  }
  expect(await rows("SELECT DISTINCT status, refunded FROM orders")).toEqual([{ status: "partial", refunded: 45_000 }]);
  const bookkeeping = run.eventsOf("sweep").length * 2 + 1;
  expect((registered + run.sum("sweep", "rows_written") - bookkeeping) / 100).toBeLessThanOrEqual(24);
});

it("a refund with ledger adds 5 rows at most to the update it belongs to", async () => {
  const cost = async (provider: string, first: number, status: string, remains: number): Promise<number> => {
    await addProvider(provider, { many: "yes" });
    await addOrders("shop", provider, first, 100, young);
    const run = new World();
    run.providers.set(
      provider,
      answeringEach(() => ({ ...inProgress(remains), status })),
    );
    run.now += first * 60_000;
    await run.run(1);
    return run.sum("sweep", "rows_written");
  };
  const plain = await cost("plain", 1, "Completed", 0);
  await env.DB.prepare("UPDATE providers SET enabled = 0").run();
  const refunded = await cost("partly", 101, "Partial", 250);
  expect(await rows("SELECT count(*) AS refunds FROM transfers WHERE type = 'refund'")).toEqual([{ refunds: 100 }]);
  expect((refunded - plain) / 100).toBeLessThanOrEqual(5);
});

describe("with the application bypassed, the database refuses", () => {
  it.each([
    [
      "a refund above what is left of the charge",
      "INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at) VALUES ('shop', 1, 2, 675001, 'USD', 'posted', 'x', 1, 1)",
    ],
    [
      "one held above it",
      "INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at) VALUES ('shop', 1, 2, 675001, 'USD', 'held', 'x', 1)",
    ],
    [
      "one in another currency",
      "INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at) VALUES ('shop', 1, 2, 1, 'EUR', 'posted', 'x', 1, 1)",
    ],
    [
      "one for no order",
      "INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at) VALUES ('shop', 99, 1, 1, 'USD', 'posted', 'x', 1, 1)",
    ],
    [
      "a negative one",
      "INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at) VALUES ('shop', 1, 2, -1, 'USD', 'posted', 'x', 1, 1)",
    ],
    [
      "a claw-back of more than was refunded",
      "INSERT INTO refunds (panel, order_n, n, kind, amount, currency, status, reason, created_at, decided_at) VALUES ('shop', 1, 2, 'clawback', 225001, 'USD', 'posted', 'x', 1, 1)",
    ],
    ["an edit of a refund", "UPDATE refunds SET amount = 1"],
    ["a note added to one", "UPDATE refunds SET note = 'x'"],
    ["a refund undone", "UPDATE refunds SET status = 'rejected'"],
    ["a refund deleted", "DELETE FROM refunds"],
    [
      "a refund replaced",
      "INSERT OR REPLACE INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at) VALUES ('shop', 1, 1, 1, 'USD', 'posted', 'x', 1, 1)",
    ],
    ["a change edited", "UPDATE changes SET data = '{}'"],
    ["a change deleted", "DELETE FROM changes"],
    [
      "a change replaced",
      "INSERT OR REPLACE INTO changes SELECT panel, seq, type, order_id, prev, created_at, previous, '{}' FROM changes",
    ],
    [
      "a change before others",
      "INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data) VALUES ('shop', 1, 'x', 'o1', 1, '{}', '{}')",
    ],
    ["another charge", "UPDATE orders SET charge = 2000000"],
    ["another quantity", "UPDATE orders SET quantity = 1"],
    ["an impossible status", "UPDATE orders SET status = 'teleported'"],
    ["a total that no refunds add up to", "UPDATE orders SET refunded = 0"],
    ["an order deleted", "DELETE FROM orders"],
    ["an order replaced", "INSERT OR REPLACE INTO orders SELECT * FROM orders"],
    ["more returned before than was charged", "UPDATE orders SET registered_refunded = 900001"],
    ["a panel replaced", "REPLACE INTO panels SELECT * FROM panels"],
    ["a panel deleted", "DELETE FROM panels"],
    ["the trail edited", "UPDATE audit SET actor = 'nobody'"],
    ["the trail deleted", "DELETE FROM audit"],
  ])("%s", async (_name, sql) => {
    await addOrders("shop", "acme", 1, 1, young);
    await env.DB.prepare(
      "INSERT INTO audit (at, actor, action, subject, before, after) VALUES (1, 'operator', 'x', 'order:o1', 'null', 'null')",
    ).run();
    const run = new World();
    run.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(250), status: "Partial" })),
    );
    await run.run(1);
    const everything = () =>
      Promise.all(["orders", "refunds", "changes", "audit", "transfers"].map((table) => rows(`SELECT * FROM ${table}`)));
    const before = await everything();
    await expect(env.DB.prepare(sql).run()).rejects.toThrow(/CONSTRAINT/);
    expect(await everything()).toEqual(before);
  });
});

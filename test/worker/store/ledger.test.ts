/**
 * The ledger in the database: refunds that sweeps post, and what the triggers refuse with the application bypassed.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { auditStatement } from "../../../src/store/operations/audit.ts";
import { isKeyTaken, keepAnswerStatement, readAnswer } from "../../../src/store/panels/idempotency.ts";
import { order } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { expectLedgerToAddUp, LedgerWorld } from "../world/ledger.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { World } from "../world/world.ts";

const world = new LedgerWorld();

beforeAll(async () => {
  await migrate();
  await world.provider("acme");
});

describe("refunds that a sweep posts", () => {
  it("go to the accounts that were charged, several of one customer in one batch", async () => {
    await world.ask("PUT", "/v1/providers/sweeper", { body: { url: "https://sweeper.example/sweeper", key: "provider-key-1234" } });
    const { id, key } = await world.ledger({ currency: "EUR" });
    await world.credit(key, "c", "10");
    await world.creditPanel(id, "10");
    const orders = [
      ["1", { customer: "c", charge: "1" }],
      ["2", { customer: "c", charge: "2", refunded: "0.5" }],
      ["3", { customer: "c", charge: "3" }],
      ["4", { charge: "4" }],
      ["5", { customer: "c", charge: "0.9" }],
    ] as const;
    await world.register(
      key,
      orders.map(([n, changes]) => order(`s${n}`, { provider: "sweeper", provider_order_id: n, ...changes })),
    );
    expect((await world.balance(key, "c")).json.balance).toBe("3.6");
    const said: Record<string, unknown> = {
      "1": { ...inProgress(1000), status: "Canceled" },
      "2": { ...inProgress(1000), status: "Canceled" },
      "3": { ...inProgress(250), status: "Partial" },
      "4": { ...inProgress(500), status: "Partial" },
    };
    const run = new World();
    run.now = NOW;
    run.providers.set(
      "sweeper",
      answeringEach((providerOrder) => said[providerOrder] ?? inProgress()),
    );
    await run.run(3);
    expect((await world.balance(key, "c")).json.balance).toBe("6.85");
    expect((await world.balance(key, "@panel")).json.balance).toBe("8");
    const refunds = (await world.entriesOf(key, "c")).filter(({ type }) => type === "refund");
    expect(refunds.map(({ amount, order: of }) => [of, amount])).toEqual(
      expect.arrayContaining([
        ["s1", "1"],
        ["s2", "1.5"],
        ["s3", "0.75"],
      ]),
    );
    expect(refunds).toHaveLength(3);
    expect(await rows("SELECT count(*) AS n FROM transfers WHERE panel = ?1 AND type = 'refund'", id)).toEqual([{ n: 4 }]);
    await expectLedgerToAddUp();
    const again = `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, refund_n, created_at)
      SELECT panel, currency, customer, n + 1, 'refund', 750000, balance + 750000, 3, 1, 0 FROM transfers WHERE panel = ?1 AND customer = 'c' ORDER BY n DESC LIMIT 1`;
    await expect(env.DB.prepare(again).bind(id).run()).rejects.toThrow(/UNIQUE/);
  });
});

/** What the database says to a statement that it refuses; an empty text when it runs. */
async function refusalOf(sql: string): Promise<string> {
  return env.DB.prepare(sql)
    .run()
    .then(() => "", String);
}

describe("the database, with the application bypassed", () => {
  it("refuses to change, remove or replace a transfer, and one that does not follow", async () => {
    const { id, key } = await world.ledger();
    await world.credit(key, "c", "5");
    await world.register(key, [order("a", { customer: "c" }), order("b", { customer: "d", charge: "0" })]);
    const insert = (values: string, verb = "INSERT") =>
      `${verb} INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, refund_n, created_at) VALUES ('${id}', 'USD', ${values}, 0)`;
    const attempts: [string, RegExp][] = [
      [`UPDATE transfers SET amount = 1 WHERE panel = '${id}'`, /append-only/],
      [`UPDATE transfers SET reference = 'x' WHERE panel = '${id}'`, /append-only/],
      [`DELETE FROM transfers WHERE panel = '${id}'`, /append-only/],
      [insert("'c', 1, 'credit', 99, 99, NULL, NULL", "REPLACE"), /follow/],
      [insert("'c', 2, 'credit', 99, 99, NULL, NULL", "INSERT OR REPLACE"), /follow/],
      [`${insert("'c', 1, 'credit', 5000000, 5000000, NULL, NULL")} ON CONFLICT DO UPDATE SET amount = 1`, /follow/],
      [insert("'c', 3, 'credit', 1, 4100002, NULL, NULL"), /follow/],
      [insert("'c', 4, 'credit', 1, 4100001, NULL, NULL"), /follow/],
      [insert("'e', 2, 'credit', 1, 1, NULL, NULL"), /follow/],
      [insert("'c', 3, 'credit', 0, 4100000, NULL, NULL"), /CHECK/],
      [insert("'c', 3, 'credit', -1, 4099999, NULL, NULL"), /CHECK/],
      [insert("'c', 3, 'gift', 1, 4100001, NULL, NULL"), /CHECK|order/],
      [insert("'c', 3, 'charge', -4100001, -1, 1, NULL"), /does not cover|order/],
      [insert("'c', 3, 'charge', -1, 4099999, 1, NULL"), /order/],
      [insert("'c', 3, 'charge', -900000, 3200000, 99, NULL"), /order/],
      [insert("'e', 1, 'credit', 5, 5, 1, NULL"), /CHECK/],
      [insert("'c', 3, 'refund', 900000, 5000000, 1, 1"), /refund/],
      [insert("'c', 3, 'refund', 900000, 5000000, 1, NULL"), /CHECK/],
      [insert("'d', 1, 'refund', 900000, 900000, 1, 1"), /must be as its/],
      [
        "INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, created_at) VALUES ('advice', 'USD', 'c', 1, 'credit', 1, 1, 0)",
        /no accounts/,
      ],
      [`UPDATE orders SET customer = 'd' WHERE panel = '${id}' AND id = 'a'`, /cannot change/],
      [`UPDATE panels SET money = 'advice' WHERE id = '${id}'`, /fixed/],
    ];
    const before = await rows("SELECT * FROM transfers WHERE panel = ?1", id);
    for (const [sql, words] of attempts) expect([sql, await refusalOf(sql)]).toEqual([sql, expect.stringMatching(words)]);
    expect(await rows("SELECT * FROM transfers WHERE panel = ?1", id)).toEqual(before);
  });

  it("refuses to edit the audit trail", async () => {
    await world.ledger();
    for (const sql of ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "REPLACE INTO audit SELECT * FROM audit LIMIT 1"])
      expect([sql, await refusalOf(sql)]).toEqual([sql, expect.stringMatching(/append-only/)]);
  });
});

describe("what a person decides about an order", () => {
  it("keeps its answer and its audit entry only while the order is as it was seen", async () => {
    const { id, key } = await world.ledger({ credit_limit: null });
    await world.register(key, order("a", { provider_order_id: `${id}-a` }));
    const write = (version: number) => {
      const seen = { panel: id, number: 1, version };
      const entry = {
        at: NOW,
        actor: { name: "operator", key: null, requestId: "r" },
        panel: id,
        action: "order.decided",
        subject: "order:a",
        before: null,
        after: { version },
      } as const;
      return env.DB.batch([
        keepAnswerStatement(env.DB, { panel: id, key: `v${version}`, at: NOW }, { request: "r", status: 201, body: "{}" }, seen),
        auditStatement(env.DB, entry, seen),
      ]);
    };
    await write(2);
    await write(1);
    expect([await readAnswer(env.DB, id, "v2"), await readAnswer(env.DB, id, "v1")]).toEqual([
      null,
      { request: "r", status: 201, body: "{}" },
    ]);
    expect(await rows("SELECT after FROM audit WHERE panel = ?1 AND action = 'order.decided'", id)).toEqual([{ after: '{"version":1}' }]);
    await expect(write(1)).rejects.toSatisfy(isKeyTaken);
  });
});

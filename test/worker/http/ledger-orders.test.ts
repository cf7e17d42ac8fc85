/**
 * Orders of a panel whose ledger is kept here: charged as they are registered, and refused where the account does not
 * hold it. And the settings of such a panel.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { codeOf, order, paths } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { expectLedgerToAddUp, LedgerWorld } from "../world/ledger.ts";
import { World } from "../world/world.ts";

const world = new LedgerWorld();

beforeAll(async () => {
  await migrate();
  await world.provider("acme");
});

type ShownResult = { id: string; result: string; error?: { code: string } };

describe("registering an order of a panel whose ledger is kept here", () => {
  it("charges its customer in the same transaction, and shows it as an entry", async () => {
    const { key } = await world.ledger();
    await world.credit(key, "c7", "5");
    expect((await world.register(key, order("a", { customer: "c7" }))).status).toBe(201);
    expect((await world.balance(key, "c7")).json).toEqual({ customer: "c7", balance: "4.1", currency: "USD" });
    expect(await world.entriesOf(key, "c7")).toEqual([
      { id: "USD-2", type: "charge", amount: "-0.9", balance: "4.1", order: "a", reference: null, created_at: "2026-11-21T12:00:00.000Z" },
      { id: "USD-1", type: "credit", amount: "5", balance: "5", order: null, reference: null, created_at: "2026-11-21T12:00:00.000Z" },
    ]);
  });

  it("charges nothing twice, however often the order is sent", async () => {
    const { key } = await world.ledger();
    await world.credit(key, "c", "1");
    const answers = [
      await world.register(key, order("a", { customer: "c" })),
      await world.register(key, order("a", { customer: "c" })),
      await world.register(key, [order("a", { customer: "c" })]),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200]);
    expect((await world.balance(key, "c")).json.balance).toBe("0.1");
  });

  it.each([
    ["what the panel had returned before", { charge: "0.9", refunded: "0.3" }, "-0.6"],
    ["a charge of nothing", { charge: "0" }, null],
    ["all of it returned before", { charge: "0.9", refunded: "0.9" }, null],
  ])("counts %s", async (_, changes, amount) => {
    const { key } = await world.ledger();
    await world.credit(key, "c", "10");
    await world.register(key, order("a", { customer: "c", ...changes }));
    expect((await world.entriesOf(key, "c")).filter(({ type }) => type !== "credit").map((entry) => entry["amount"])).toEqual(
      amount === null ? [] : [amount],
    );
    await expectLedgerToAddUp();
  });

  it("an order without a customer, or with an empty name, is on the panel's own account, which no customer can be called", async () => {
    const { id, key } = await world.ledger();
    expect(codeOf(await world.credit(key, "@panel", "3"))).toEqual([403, "operators_money"]);
    await world.creditPanel(id, "3");
    await world.register(key, [order("a"), order("b", { customer: "" })]);
    expect((await world.balance(key, "@panel")).json).toEqual({ customer: "@panel", balance: "1.2", currency: "USD" });
    expect((await world.get("/v1/orders/b", { key })).json.customer).toBeNull();
    const named = await world.register(key, order("c", { customer: "@panel" }));
    expect([named.status, paths(named)]).toEqual([422, ["customer"]]);
  });

  it("keeps an account for each currency", async () => {
    const { key } = await world.ledger();
    await world.credit(key, "c", "1");
    expect(codeOf(await world.register(key, order("a", { customer: "c", currency: "EUR" })))).toEqual([402, "insufficient_balance"]);
    expect((await world.credit(key, "c", "2", { query: "?currency=EUR", body: { currency: "EUR" } })).status).toBe(201);
    expect((await world.register(key, order("a", { customer: "c", currency: "EUR" }))).status).toBe(201);
    expect((await world.balance(key, "c", "?currency=EUR")).json).toEqual({ customer: "c", balance: "1.1", currency: "EUR" });
    expect((await world.balance(key, "c")).json.balance).toBe("1");
  });

  it("what the balance does not cover is refused by itself, and says what is missing; the others register in order", async () => {
    const { id, key } = await world.ledger();
    await world.credit(key, "c", "2");
    const { results } = (
      await world.register(key, [
        order("a", { customer: "c", charge: "1.5" }),
        order("b", { customer: "c", charge: "0.6" }),
        order("free", { customer: "c", charge: "0" }),
        order("other", { customer: "d" }),
        order("d", { customer: "c", charge: "0.5" }),
        order("b", { customer: "c", charge: "0.6" }),
      ])
    ).json;
    expect(results.map(({ id: of, result, error }: ShownResult) => [of, result, error?.code])).toEqual([
      ["a", "created", undefined],
      ["b", "invalid", "insufficient_balance"],
      ["free", "created", undefined],
      ["other", "invalid", "insufficient_balance"],
      ["d", "created", undefined],
      ["b", "invalid", "insufficient_balance"],
    ]);
    const single = await world.register(key, order("b", { customer: "c", charge: "0.6" }));
    expect(codeOf(single)).toEqual([402, "insufficient_balance"]);
    expect(single.json.error.message).toContain('The account of "c" holds 0 USD, and 0.6 is needed');
    expect(await rows("SELECT id FROM orders WHERE panel = ?1 ORDER BY n", id)).toEqual([{ id: "a" }, { id: "free" }, { id: "d" }]);
    await world.credit(key, "c", "0.6");
    expect((await world.register(key, order("b", { customer: "c", charge: "0.6" }))).status).toBe(201);
    await expectLedgerToAddUp();
  });

  it("a panel that allows credit goes below nothing, and no deeper once it does not", async () => {
    const { id, key } = await world.ledger({ credit_limit: null });
    expect((await world.register(key, order("a", { customer: "c" }))).status).toBe(201);
    expect((await world.balance(key, "c")).json.balance).toBe("-0.9");
    await world.ask("PATCH", `/v1/panels/${id}`, { body: { credit_limit: "0" } });
    expect(codeOf(await world.register(key, order("b", { customer: "c" })))).toEqual([402, "insufficient_balance"]);
    expect((await world.register(key, order("free", { customer: "c", charge: "0" }))).status).toBe(201);
    expect((await world.credit(key, "c", "0.5")).json.balance).toBe("-0.4");
  });

  it("racing registrations never overdraw an account, and use it up", async () => {
    const { id, key } = await world.ledger();
    await world.credit(key, "c", "9");
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => world.register(key, [order(`r${i}-a`, { customer: "c" }), order(`r${i}-b`, { customer: "d" })])),
    );
    const results = answers.flatMap(({ json }) =>
      json.results.map(({ result, error }: ShownResult) => `${result} ${error?.code ?? ""}`.trim()),
    );
    expect(results.filter((result) => result === "created")).toHaveLength(10);
    expect(new Set(results)).toEqual(new Set(["created", "invalid insufficient_balance"]));
    expect((await world.balance(key, "c")).json.balance).toBe("0");
    expect(await rows("SELECT count(*) AS orders FROM orders WHERE panel = ?1", id)).toEqual([{ orders: 10 }]);
    await expectLedgerToAddUp();
  });

  it("costs one row an order more, one for its customer, and as many calls", async () => {
    const { key } = await world.ledger();
    await world.credit(key, "c", "1000");
    const { db, usage } = metered(env.DB);
    const orders = Array.from({ length: 100 }, (_, i) => order(`cost-${i}`, { customer: "c" }));
    const answer = await new World({ DB: db }).post("/v1/orders", key, orders);
    expect(answer.json.results.every(({ result }: { result: string }) => result === "created")).toBe(true);
    expect(usage()).toMatchObject({ rows_written: 701, d1_calls: 3 });
    expect(usage().rows_read).toBeLessThanOrEqual(4100);
  });

  it("posts nothing for a panel that credits its customers itself", async () => {
    const key = await world.panel("advice");
    await world.register(key, order("a", { customer: "c" }));
    expect(await rows("SELECT 1 FROM transfers WHERE panel = 'advice'")).toEqual([]);
    for (const answer of [
      await world.balance(key, "c"),
      await world.get("/v1/customers/c/entries", { key }),
      await world.credit(key, "c", "1"),
    ])
      expect(codeOf(answer)).toEqual([409, "no_ledger"]);
  });
});

describe("a panel's settings", () => {
  const patch = (id: string, body: unknown) => world.ask("PATCH", `/v1/panels/${id}`, { body });

  it("credit_limit is shown, set and kept", async () => {
    const { id } = await world.ledger();
    expect((await world.get(`/v1/panels/${id}`)).json.credit_limit).toBe("0");
    expect((await patch(id, { credit_limit: null })).json).toMatchObject({ credit_limit: null, money: "ledger" });
    expect((await patch(id, { name: "N" })).json).toMatchObject({ credit_limit: null, name: "N" });
    expect((await patch(id, { credit_limit: "yes" })).status).toBe(422);
  });

  it("who credits the customers stays once there are orders or accounts", async () => {
    const [withOrder, withAccount, fresh] = [await world.ledger({ credit_limit: null }), await world.ledger(), await world.ledger()];
    await world.register(withOrder.key, order("a"));
    await world.credit(withAccount.key, "c", "1");
    for (const { id } of [withOrder, withAccount]) {
      expect(codeOf(await patch(id, { money: "advice", name: "x" }))).toEqual([409, "money_fixed"]);
      expect((await patch(id, { money: "ledger", name: "y" })).json).toMatchObject({ money: "ledger", name: "y" });
    }
    expect((await patch(fresh.id, { money: "advice" })).json.money).toBe("advice");
    expect((await patch(fresh.id, { money: "ledger" })).json.money).toBe("ledger");
  });
});

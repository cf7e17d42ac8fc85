/**
 * `add` at a provider's endpoint: never sent twice, never lost, whatever the provider, the database and the script do.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { linkKey } from "../../../src/domain/order-link.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { AddingWorld, placed, refused, WANTED } from "../world/adding.ts";
import { clear, migrate, rows } from "../world/database.ts";
import { changedDb, faultyDb } from "../world/faulty-database.ts";
import { brokenAnswer, resetConnection } from "../world/providers.ts";
import { said } from "../world/sweeping.ts";
import type { World } from "../world/world.ts";

let world: AddingWorld;

beforeAll(migrate);

beforeEach(async () => {
  world = await AddingWorld.open();
});

describe("an add in connect mode", () => {
  it("gets the provider's id, is known by it, and costs what the provider's list says", async () => {
    world.answers = [placed(23501)];
    const { status, text } = await world.add();
    expect([status, text]).toEqual([200, '{"order":23501}']);
    expect(await world.shown()).toMatchObject([
      {
        id: "23501",
        provider_order_id: "23501",
        service: "12",
        quantity: 1000,
        charge: "0.9",
        currency: "USD",
        status: "pending",
        flags: [],
      },
    ]);
    expect(await world.statusOf(23501)).toEqual({ charge: "0.9", start_count: "0", status: "Pending", remains: "1000", currency: "USD" });
    expect(await world.feed()).toEqual([["order.created", "23501"]]);
    expect(world.asked).toHaveLength(1);
  });

  it("forwards every field, known or not, under the provider's own key", async () => {
    world.answers = [placed(1)];
    const more = { runs: "2", interval: "30", comments: "a\nb", nobody_knows: "this" };
    await world.add(more);
    expect(Object.fromEntries(world.asked[0] ?? [])).toEqual({
      ...WANTED,
      ...more,
      key: "provider-key-1234",
    });
  });

  it("passes the provider's refusal on, and leaves nothing behind", async () => {
    for (const refusal of [
      refused("neworder.error.not_enough_funds"),
      refused("Yetersiz bakiye", 400),
      refused("Incorrect quantity", 500),
    ]) {
      world.answers = [refusal];
      expect((await world.add()).json).toHaveProperty("error");
    }
    expect(await world.orders()).toEqual([]);
    expect(await world.feed()).toEqual([]);
    expect(world.asked).toHaveLength(3);
  });

  it("passes refusals on in words that nobody knows, one after the other, while the balance is told", async () => {
    world.balance = () => Response.json({ balance: "5", currency: "USD" });
    const texts = ["Profil gizli", "Пользователь не найден", "账号是私密的", "User is banned"];
    for (const text of texts) {
      world.answers = [refused(text)];
      expect((await world.add()).json).toEqual({ error: text });
    }
    expect(await world.orders()).toEqual([]);
  });

  it.each(["User not found", "Account disabled", "Your account is not active", "Invalid IP", "API not active"])(
    "is not told of an account that is locked: %s",
    async (text) => {
      world.balance = refused(text);
      world.answers = [refused(text)];
      expect(await world.add()).toMatchObject({ status: 503, text: "" });
      expect(await world.orders()).toEqual([]);
      const { json } = await world.ask("GET", "/v1/providers/acme");
      expect(json.health.last_error).toMatchObject({ message: expect.stringContaining(text) });
    },
  );

  it.each([
    ["a gateway's page", brokenAnswer],
    ["a connection that is lost", resetConnection],
    ["an empty body", () => new Response("")],
    ["JSON cut off", () => new Response('{"order":23')],
    ["null", () => new Response("null")],
    ["success without an id", () => Response.json({ status: "success" })],
    ["words by which it may be there", refused("Your order is being processed")],
    ["words of a relay that failed", refused("Invalid response from provider")],
    ["words that nobody knows, while the balance cannot be read", refused("Hesap sorunu")],
    ["a word in place of an id", placed("error")],
    ["another spelling of an id", placed("#123")],
    ["an error and an order in one body", () => new Response('{"error":"Not enough funds"}{"order":5}')],
  ])("answers an id of ours after %s, once and for all", async (_name, unclear) => {
    world.answers = [unclear];
    const { json } = await world.add();
    expect(json.order).toBeGreaterThan(2_000_000_000);
    expect(json.order).toBeLessThan(2 ** 31);
    expect(await world.statusOf(json.order)).toMatchObject({ status: "Pending", remains: "1000" });
    world.now += 3_600_000;
    expect((await world.add()).json).toEqual(json);
    expect(await world.shown("?flag=placing_unknown")).toMatchObject([
      { id: String(json.order), provider_order_id: null, flags: ["placing_unknown"] },
    ]);
    expect(world.asked).toHaveLength(1);
    expect(await world.feed()).toEqual([["order.created", String(json.order)]]);
  });

  it("is another sale once the first was answered, with the same content or another", async () => {
    world.answers = [placed(1), placed(2), placed(3)];
    expect((await world.add()).json).toEqual({ order: 1 });
    expect((await world.add()).json).toEqual({ order: 2 });
    expect((await world.add({ quantity: "500" })).json).toEqual({ order: 3 });
    expect(await world.shown()).toMatchObject([
      { id: "3", flags: ["duplicate_link"], duplicate_of: "2" },
      { id: "2", flags: ["duplicate_link"], duplicate_of: "1" },
      { id: "1", flags: [], duplicate_of: null },
    ]);
  });

  /** The provider takes its time: the clock goes on while it answers. */
  const after = (ms: number, reply: () => Response) => () => {
    world.now += ms;
    return reply();
  };

  it.each([
    ["8 s: its script has the id, and the next is another sale", 8000, 0, 2],
    ["over 8 s: its script may have given up, and gets the same id", 8001, 0, 1],
    ["over 8 s, 120 s ago: it may still come again", 20_000, 119_999, 1],
    ["over 8 s, more than 120 s ago: the next is another sale", 20_000, 120_000, 2],
  ])("that was answered after %s", async (_name, took, later, order) => {
    world.answers = [after(took, placed(1)), placed(2)];
    expect((await world.add()).json).toEqual({ order: 1 });
    world.now += later;
    expect((await world.add()).json).toEqual({ order });
    expect(world.asked).toHaveLength(order);
  });

  it("is the same order where the provider was quick and the database took so long that its script may have given up", async () => {
    world.answers = [placed(1), placed(2)];
    const slow: World = world.with({
      DB: changedDb({
        batch: async (statements) => {
          const results = await env.DB.batch(statements);
          if (world.asked.length === 1) slow.now += 9_000;
          return results;
        },
      }),
    });
    const context = createExecutionContext();
    expect((await slow.apiV2(world.key, WANTED, "acme", context)).json).toEqual({ order: 1 });
    await waitOnExecutionContext(context);
    world.now = slow.now;
    expect((await world.add()).json).toEqual({ order: 1 });
    expect(world.asked).toHaveLength(1);
  });

  it("is another sale after a slow one whose end the script was told: it has the id", async () => {
    world.answers = [after(10_000, placed(1)), placed(2)];
    await world.add();
    await world.sweep(1, () => said({ status: "Completed", remains: "0" }));
    expect(await world.statusOf(1)).toMatchObject({ status: "Completed" });
    expect((await world.add()).json).toEqual({ order: 2 });
  });

  it("is the same order after a slow doubt that a person has resolved", async () => {
    world.answers = [after(30_000, brokenAnswer)];
    const { json } = await world.add();
    await world.ask("POST", `/v1/orders/${json.order}/settle`, { panel: world.panelId, body: { provider_order_id: "77" } });
    expect(Number((await world.add()).json.order)).toBeGreaterThan(0);
    expect(world.asked).toHaveLength(1);
  });

  it.each([
    ["form", "application/x-www-form-urlencoded", (key: string) => `key=${key}&action=add&service=12&link=x&comments=%EF%F0%E8`],
    ["JSON", "application/json", (key: string) => `{"key":"${key}","action":"add","service":12,"link":"x","comments":"\\ud83d"}`],
  ])("with text that is not UTF-8 is refused before anything is sent (%s)", async (_name, type, bodyOf) => {
    const { status, json } = await world.ask("POST", "/api/v2/acme", {
      key: null,
      body: bodyOf(world.key),
      headers: { "Content-Type": type },
    });
    expect([status, json]).toEqual([200, { error: "Incorrect request: the text is not UTF-8" }]);
    expect(world.asked).toEqual([]);
    expect(await world.orders()).toEqual([]);
  });

  it.each([
    [{ runs: "undefined", interval: "undefined", expiry: "", comments: "null" }, {}],
    [{ runs: "0", posts: "none", old_posts: "NaN" }, {}],
    [{ runs: "1" }, { runs: "1" }],
  ])("with fields that say nothing is a plain order: %j", async (fields, sent) => {
    world.answers = [placed(1)];
    await world.add(fields as Record<string, string>);
    const { key, action, service, link, quantity, ...others } = Object.fromEntries(world.asked[0] ?? []);
    expect([others, action, service, link, quantity, key]).toEqual([sent, "add", "12", WANTED.link, "1000", "provider-key-1234"]);
    await world.sweep(1, () => said({ status: "Partial", remains: "250" }));
    expect(await world.shown()).toMatchObject([{ status: "partial", refunded: "0.225" }]);
  });

  it("is sent each time where the panel's policy says so", async () => {
    await world.ask("PATCH", `/v1/panels/${world.panelId}`, { body: { reuse_identical_adds: false } });
    world.answers = [placed(1), placed(2)];
    expect((await world.add()).json).toEqual({ order: 1 });
    expect((await world.add()).json).toEqual({ order: 2 });
  });

  it("with runs at a service that takes none is the provider's to refuse, and a plain order where it is taken", async () => {
    world.answers = [refused("Drip-feed is not available"), placed(7)];
    expect((await world.add({ service: "14", runs: "2", interval: "5" })).json).toEqual({ error: "Drip-feed is not available" });
    await world.add({ service: "14", runs: "2", interval: "5" });
    expect(world.asked.map((fields) => fields.get("runs"))).toEqual(["2", "2"]);
    await world.sweep(1, () => said({ status: "Partial", remains: "250" }));
    expect(await world.shown()).toMatchObject([{ id: "7", quantity: 1000, charge: "0.9", status: "partial", refunded: "0.225" }]);
  });

  it("is refused on a link that is under way where the panel's policy says so, in any spelling", async () => {
    await world.ask("PATCH", `/v1/panels/${world.panelId}`, { body: { refuse_duplicate_links: true } });
    world.answers = [placed(1)];
    await world.add();
    expect((await world.add({ link: "http://www.instagram.com/p/AbC/?igsh=1", quantity: "20" })).json).toEqual({
      error: "neworder.error.link_duplicate",
    });
    expect(world.asked).toHaveLength(1);
    world.answers = [placed(2)];
    expect((await world.add({ service: "13" })).json).toEqual({ order: 2 });
    expect((await world.shown())[0]).toMatchObject({ id: "2", flags: ["duplicate_link"], duplicate_of: "1" });
  });

  it("goes out once when ten requests come at once", async () => {
    world.answers = [async () => (await new Promise((resolve) => setTimeout(resolve, 50)), Response.json({ order: 23501 }))];
    const told = await Promise.all(Array.from({ length: 10 }, () => world.add()));
    expect(world.asked).toHaveLength(1);
    const ids = [...new Set(told.map(({ json }) => json.order as number))];
    expect(ids).toContain(23501);
    for (const id of ids) expect(await world.statusOf(id)).toMatchObject({ status: "Pending", remains: "1000" });
  });

  it("is followed without refunds where the rate is not known", async () => {
    world.answers = [placed(5)];
    await world.add({ service: "99" });
    expect(await world.shown()).toMatchObject([{ id: "5", charge: null, quantity: 1000 }]);
  });

  it("keeps an id of ours where the panel has another order by the provider's", async () => {
    await world.provider("other", { currency: "USD" });
    world.answers = [placed(7), placed(7)];
    await world.add();
    await world.add({}, "other");
    const [second] = await world.shown("?provider=other");
    expect(second).toMatchObject({ provider_order_id: "7" });
    expect(second?.["id"]).not.toBe("7");
    expect(await world.statusOf(7, "other")).toMatchObject({ status: "Pending" });
  });

  it("does not take one delivery for two orders", async () => {
    world.answers = [placed(7), placed(7)];
    await world.add();
    const { json } = await world.add({ quantity: "20" });
    expect(json.order).toBeGreaterThan(2_000_000_000);
    expect(await world.shown("?flag=placing_unknown")).toHaveLength(1);
  });

  it("is not sent, nor written, while the provider is known to be out of reach", async () => {
    world.answers = [refused("Too many requests", 429)];
    world.balance = refused("Too many requests", 429);
    const first = await world.add();
    expect([first.status, first.text]).toEqual([429, ""]);
    expect(first.headers.get("Retry-After")).not.toBeNull();
    const second = await world.add();
    expect([second.status, second.text]).toEqual([429, ""]);
    expect(world.asked).toHaveLength(1);
    expect(await world.orders()).toEqual([]);
  });

  it("stays within the provider's budget of calls", async () => {
    await world.provider("acme", { max_calls_per_minute: 3 });
    world.answers = [placed(1)];
    // One call for the list of services, and one for the order: two fifths of three are one.
    expect((await world.add()).json).toEqual({ order: 1 });
    const { status, text } = await world.add({ quantity: "20" });
    expect([status, text]).toEqual([429, ""]);
    expect(await world.shown()).toHaveLength(1);
  });
});

describe("what an add reads", () => {
  it("does not grow with the panel, nor with what was ordered for its link before", async () => {
    await rows(
      `INSERT INTO orders (panel, n, id, provider, provider_order_id, service, link, link_key, quantity, charge, currency, created_at, status, middle,
         cadence, phase, progress_at, updated_at, last_change)
       SELECT ?1, 10 + value, 'old-' || value, 'acme', 'old-' || value, '12', 'x', iif(value % 2, 'other', ?2), 1, 1, 'USD', 1, 'completed', 'pending', NULL, 0, 1, 1, 1
       FROM generate_series(1, 2000)`.replace(
        "generate_series(1, 2000)",
        "(WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < 2000) SELECT value FROM s)",
      ),
      world.panelId,
      linkKey(WANTED.link),
    );
    await rows("UPDATE panels SET order_n = 3000");
    world.answers = [placed(1), placed(2)];
    await world.add({ link: "https://instagram.com/p/first" });
    const { db, usage } = metered(env.DB);
    expect((await world.add({}, "acme", world.with({ DB: db }))).json).toEqual({ order: 2 });
    expect(usage().rows_read).toBeLessThanOrEqual(700);
  });
});

describe("a database that fails at any call of an add", () => {
  it.each(["before", "after"] as const)(
    "%s it was done: the order is sent once at most, and a script that asks again has it",
    async (when) => {
      for (let n = 0; n < 12; n++) {
        await clear();
        await rows("DELETE FROM provider_services");
        await world.provider("acme", { currency: "USD" });
        world.asked = [];
        world.answers = [placed(23501)];
        const faulty = faultyDb(env.DB, n, when);
        const first = await world.add({}, "acme", world.with({ DB: faulty.db }));
        if (!faulty.failed()) {
          expect(n).toBeGreaterThanOrEqual(4);
          return;
        }
        expect(first.status === 503 ? first.text : first.json).toSatisfy(
          (told: unknown) => told === "" || Number((told as { order: unknown }).order) > 0,
        );
        // A script that has its id does not ask again.
        const again = first.status === 503 ? await world.add() : first;
        expect({ n, order: Number.isInteger(again.json?.order) }).toEqual({ n, order: true });
        expect({ n, calls: world.asked.length <= 1 }).toEqual({ n, calls: true });
        expect({ n, rows: (await world.orders()).length }).toEqual({ n, rows: 1 });
        expect(await world.statusOf(again.json.order)).toMatchObject({ status: "Pending", remains: "1000" });
      }
      throw new Error("the fault was never past the last call");
    },
  );
});

describe("what an add costs", () => {
  it("in rows and round trips", async () => {
    world.answers = [placed(1), placed(2)];
    await world.add();
    const { db, usage } = metered(env.DB);
    await world.add({ link: "https://instagram.com/p/other" }, "acme", world.with({ DB: db }));
    expect(usage()).toMatchObject({ d1_calls: 4 });
    expect(usage().rows_written).toBeLessThanOrEqual(10);
  });
});

/**
 * Taking back: registrations, credits, panels and providers that were mistakes; and trying a registration first.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { BEFORE_ALL_PANELS, checkPage, type CheckPlace } from "../../../src/store/ledger/check-pages.ts";
import { codeOf, order, paths } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { LedgerWorld } from "../world/ledger.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { setOrder } from "../world/records.ts";

const world = new LedgerWorld();
let key = "";

beforeAll(async () => {
  await migrate();
  await world.provider("acme");
  key = await world.panel("shop");
});

const remove = (id: string, by = key) => world.ask("DELETE", `/v1/orders/${encodeURIComponent(id)}`, { key: by });

/** The first row of the books that does not agree with the others. */
async function firstMismatch(): Promise<unknown> {
  const read = async (queries: readonly { sql: string; params: readonly (string | number)[] }[]) =>
    (await env.DB.batch(queries.map(({ sql, params }) => env.DB.prepare(sql).bind(...params)))).map(({ results }) => results as object[]);
  for (let place: CheckPlace | null = BEFORE_ALL_PANELS; place !== null;) {
    const page = await checkPage(read, place, { rows: 1000, sums: 1000 });
    if (page.mismatch !== null) return page.mismatch;
    place = page.next;
  }
  return null;
}

describe("a registration that was a mistake", () => {
  it("is removed: gone from reads, its ids free, its feed ended, the trail written", async () => {
    await world.register(key, order("wrong", { provider_order_id: "23501" }));
    expect(await remove("wrong")).toMatchObject({ status: 204, text: "" });
    expect(codeOf(await world.get("/v1/orders/wrong", { key }))).toEqual([404, "order_not_found"]);
    expect((await world.get("/v1/orders?ids=wrong", { key })).json).toEqual({ orders: [], missing: ["wrong"] });
    expect(codeOf(await world.get("/v1/orders/wrong/changes", { key }))).toEqual([404, "order_not_found"]);
    expect(codeOf(await remove("wrong"))).toEqual([404, "order_not_found"]);
    const feed = (await world.get("/v1/changes?limit=1000", { key })).json.changes as { order: string; type: string; data: object }[];
    expect(feed.filter(({ order: id }) => id === "wrong").map(({ type }) => type)).toEqual(["order.created", "order.removed"]);
    expect(feed.at(-1)?.data).toMatchObject({ id: "wrong", provider_order_id: "23501", refunded: "0" });
    expect((await world.get("/v1/audit?limit=1")).json.entries).toMatchObject([
      {
        action: "order.removed",
        subject: "order:wrong",
        panel: "shop",
        before: { provider: "acme", provider_order_id: "23501" },
        after: null,
      },
    ]);
    expect((await world.register(key, order("right", { provider_order_id: "23501" }))).status).toBe(201);
    expect((await world.register(key, order("wrong", { provider_order_id: "23502" }))).status).toBe(201);
    expect((await world.get("/v1/orders/wrong/changes", { key })).json.changes).toMatchObject([{ type: "order.created" }]);
    await remove("right");
    await remove("wrong");
  });

  it("was polled, and is polled no more; an answer that comes after the removal writes nothing", async () => {
    await world.register(key, order("polled", { provider_order_id: "501" }));
    world.providers.set(
      "acme",
      answeringEach(() => inProgress(400)),
    );
    await world.run(2);
    let removed: Promise<unknown> | null = null;
    world.providers.set("acme", async (ids, fields) => {
      removed ??= remove("polled");
      await removed;
      return answeringEach(() => ({ ...inProgress(), status: "Canceled" }))(ids, fields);
    });
    await world.run(10);
    expect(removed).not.toBeNull();
    expect(await rows("SELECT 1 FROM orders WHERE id = 'polled'")).toEqual([]);
    expect(await rows("SELECT type FROM changes WHERE order_id = 'polled' ORDER BY seq DESC LIMIT 1")).toEqual([{ type: "order.removed" }]);
    const calls = world.calls.length;
    await world.run(10);
    expect(world.calls.slice(calls).filter(({ ids }) => ids.includes("501"))).toEqual([]);
    expect(world.events.filter(({ event }) => event === "http.failed" || event === "message.failed")).toEqual([]);
    world.providers.delete("acme");
  });

  it("of a panel whose ledger is kept here gives the charge back, and the books still add up", async () => {
    const books = await world.ledger();
    await world.credit(books.key, "ann", "10");
    for (const id of ["a", "b"]) await world.register(books.key, order(id, { customer: "ann", charge: "0.9", refunded: "0.2" }));
    expect((await remove("a", books.key)).status).toBe(204);
    expect((await world.balance(books.key, "ann")).json.balance).toBe("9.3");
    expect((await world.entriesOf(books.key, "ann"))[0]).toMatchObject({ type: "void", amount: "0.7", order: "a", reference: "a" });
    expect((await world.register(books.key, order("a", { customer: "ann", charge: "1" }))).status).toBe(201);
    expect((await remove("a", books.key)).status).toBe(204);
    expect((await world.balance(books.key, "ann")).json.balance).toBe("9.3");
    expect(await firstMismatch()).toBeNull();
  });

  it.each([
    ["a refund of it was posted", { status: "canceled", refunded: 900_000, refund_count: 1 }, /posted/],
    ["its script was told its end", { status: "completed", told: '{"status":"completed","refunded":0,"remains":0,"left":false}' }, /told/],
    ["a cancel was requested", { cancel_status: "queued", cancel_at: 1 }, /requested/],
    ["a refill was requested", { status: "completed", refill_status: "queued", refill_at: 1 }, /requested/],
    ["it was bought here", { add_digest: "d" }, /bought here/],
    ["it is a part of another", { part_of: 1 }, /part of another/],
  ])("stays where %s", async (name, columns, message) => {
    const id = `stays ${name}`;
    await world.register(key, order(id, { provider_order_id: `p-${name.replaceAll(" ", "-")}` }));
    await setOrder("shop", id, columns);
    const refused = await remove(id);
    expect(codeOf(refused)).toEqual([409, "order_in_use"]);
    expect(refused.json.error.message).toMatch(message);
    await expect(env.DB.prepare("DELETE FROM orders WHERE panel = 'shop' AND id = ?1").bind(id).run()).rejects.toThrow("never deleted");
    expect((await world.get(`/v1/orders/${encodeURIComponent(id)}`, { key })).status).toBe(200);
  });

  it("stays while a refund of it waits; once that is rejected, it can go", async () => {
    await world.register(key, order("held", { provider_order_id: "601" }));
    world.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(), status: "Partial", remains: null })),
    );
    await world.run(3);
    expect((await remove("held")).json.error).toMatchObject({
      code: "order_in_use",
      message: expect.stringContaining("Reject that first"),
    });
    const [refund] = (await world.get("/v1/refunds?order=held", { key })).json.refunds as { id: string }[];
    await world.post(`/v1/refunds/${refund?.id}/reject`, key, {});
    expect((await remove("held")).status).toBe(204);
    expect((await world.get("/v1/refunds?order=held", { key })).json.refunds).toEqual([]);
    expect(await firstMismatch()).toBeNull();
    world.providers.delete("acme");
  });

  it("is another panel's own affair", async () => {
    const other = await world.panel("other-shop");
    await world.register(key, order("mine"));
    expect(codeOf(await remove("mine", other))).toEqual([404, "order_not_found"]);
    expect((await remove("mine")).status).toBe(204);
  });

  it("is removed once, however many try at once", async () => {
    await world.register(key, order("raced"));
    const answers = await Promise.all(Array.from({ length: 5 }, () => remove("raced")));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 404, 404, 404, 404]);
    expect(await rows("SELECT count(*) AS n FROM changes WHERE order_id = 'raced' AND type = 'order.removed'")).toEqual([{ n: 1 }]);
    expect(await rows("SELECT count(*) AS n FROM audit WHERE subject = 'order:raced'")).toEqual([{ n: 1 }]);
  });
});

it("an order or a customer that no path could name is refused", async () => {
  for (const id of [".", "..", "a\u200bb", "\u202eabc", " a"])
    expect(paths(await world.register(key, order(id, { provider_order_id: "dots" })))).toEqual(["id"]);
  for (const customer of [".", ".."]) expect(paths(await world.register(key, order("dots", { customer })))).toEqual(["customer"]);
});

describe("a provider", () => {
  const drop = (id: string) => world.ask("DELETE", `/v1/providers/${id}`);

  it("that nothing used goes with its settings; one with orders or services stays, and is to be switched off", async () => {
    await world.provider("typo");
    await world.ask("PUT", "/v1/providers/typo/refund-policy", { body: { mode: "hold" } });
    await world.ask("PUT", "/v1/providers/typo/services/1", { body: { start_minutes: 5 } });
    expect((await drop("typo")).status).toBe(204);
    expect(codeOf(await world.get("/v1/providers/typo"))).toEqual([404, "provider_not_found"]);
    expect(codeOf(await drop("typo"))).toEqual([404, "provider_not_found"]);
    await world.provider("typo");
    expect((await world.get("/v1/providers/typo/refund-policy")).json.mode).toBe("auto");
    expect((await world.get("/v1/audit?limit=2")).json.entries[1]).toMatchObject({ action: "provider.removed", subject: "provider:typo" });

    await world.register(key, order("used", { provider: "typo" }));
    expect((await drop("typo")).json.error).toMatchObject({ code: "in_use", message: expect.stringContaining('{"enabled": false}') });
    await remove("used");
    const service = { provider: "typo", service: "1", name: "x", rate: "1", min: 1, max: 2 };
    await world.ask("PUT", "/v1/services/901", { body: service });
    expect((await drop("typo")).json.error.message).toContain("service 901");
    await expect(env.DB.prepare("DELETE FROM providers WHERE id = 'typo'").run()).rejects.toThrow("never deleted");
  });

  it("that goes while orders are registered there: every order has its provider, whoever came first", async () => {
    for (let round = 0; round < 5; round++) {
      await world.provider("gone");
      const [dropped, registered] = await Promise.all([drop("gone"), world.register(key, order(`race-${round}`, { provider: "gone" }))]);
      expect([204, 409]).toContain(dropped.status);
      expect(dropped.status === 409).toBe(registered.status === 201);
      if (registered.status === 201) expect((await remove(`race-${round}`)).status).toBe(204);
      await drop("gone");
    }
    expect(await rows("SELECT 1 FROM orders WHERE provider NOT IN (SELECT id FROM providers)")).toEqual([]);
  });
});

describe("a panel", () => {
  const drop = (id: string) => world.ask("DELETE", `/v1/panels/${id}`);

  it("that nothing used goes, and its key with it", async () => {
    const lost = await world.panel("mistyped");
    expect((await drop("mistyped")).status).toBe(204);
    expect(codeOf(await world.get("/v1/orders", { key: lost }))).toEqual([401, "unauthorized"]);
    expect(codeOf(await drop("mistyped"))).toEqual([404, "panel_not_found"]);
    expect((await world.get("/v1/audit?limit=1")).json.entries).toMatchObject([{ action: "panel.removed", panel: "mistyped" }]);
    const again = await world.panel("mistyped");
    expect((await world.get("/v1/orders", { key: lost })).status).toBe(401);
    expect((await world.get("/v1/orders", { key: again })).status).toBe(200);
  });

  it("with orders, with accounts, or named by a provider stays", async () => {
    const used = await world.panel("used-panel");
    await world.register(used, order("one"));
    await remove("one", used);
    const { id: books, key: booksKey } = await world.ledger();
    await world.credit(booksKey, "ann", "1");
    await world.panel("named");
    await world.provider("picky", { panels: ["named"] });
    for (const [id, why] of [
      ["used-panel", "has had orders"],
      [books, "has accounts"],
      ["named", "picky"],
    ] as const) {
      const refused = await drop(id);
      expect(codeOf(refused)).toEqual([409, "in_use"]);
      expect(refused.json.error.message).toContain(why);
      expect((await world.get(`/v1/panels/${id}`)).status).toBe(200);
    }
    for (const id of ["used-panel", books])
      await expect(env.DB.prepare("DELETE FROM panels WHERE id = ?1").bind(id).run()).rejects.toThrow("never deleted");
  });
});

describe("a debit", () => {
  const debit = (by: string, customer: string, body: object, idempotencyKey: string) =>
    world.ask("POST", `/v1/customers/${customer}/debits`, { key: by, body, headers: { "Idempotency-Key": idempotencyKey } });

  it("takes a mistaken credit back, once for each key, with its entry and its trail", async () => {
    const books = await world.ledger();
    await world.credit(books.key, "ann", "100");
    const first = await debit(books.key, "ann", { amount: "90", reference: "typed 100 for 10" }, "d1");
    expect(first).toMatchObject({
      status: 201,
      json: { id: "USD-2", type: "debit", amount: "-90", balance: "10", reference: "typed 100 for 10" },
    });
    expect((await debit(books.key, "ann", { amount: "90", reference: "typed 100 for 10" }, "d1")).text).toBe(first.text);
    expect(codeOf(await debit(books.key, "ann", { amount: "1" }, "d1"))).toEqual([409, "idempotency_key_reused"]);
    expect((await world.balance(books.key, "ann")).json.balance).toBe("10");
    expect((await world.get("/v1/audit?limit=1")).json.entries).toMatchObject([
      { action: "customer.debited", before: { balance: "100" }, after: { balance: "10", amount: "-90" } },
    ]);
    expect(await rows("SELECT debit, credit FROM transfers WHERE panel = ?1 AND type = 'debit'", books.id)).toEqual([
      { debit: "customer:ann", credit: "deposits" },
    ]);
    expect(await firstMismatch()).toBeNull();
  });

  it("never takes more than the account holds, of a customer that has one, and in a panel that keeps accounts", async () => {
    const books = await world.ledger();
    await world.credit(books.key, "ann", "1");
    expect(codeOf(await debit(books.key, "ann", { amount: "1.000001" }, "d1"))).toEqual([409, "overdrawn"]);
    expect((await world.balance(books.key, "ann")).json.balance).toBe("1");
    expect((await debit(books.key, "ann", { amount: "1" }, "d1")).status).toBe(201);
    expect(codeOf(await debit(books.key, "bob", { amount: "1" }, "d2"))).toEqual([404, "customer_not_found"]);
    expect(codeOf(await debit(key, "ann", { amount: "1" }, "d3"))).toEqual([409, "no_ledger"]);
    expect(codeOf(await debit(books.key, "@panel", { amount: "1" }, "d4"))).toEqual([403, "operators_money"]);
    expect(paths(await debit(books.key, "ann", { amount: "-1" }, "d5"))).toEqual(["amount"]);
    const unkeyed = await world.ask("POST", "/v1/customers/ann/debits", { key: books.key, body: { amount: "1" } });
    expect(paths(unkeyed)).toEqual(["Idempotency-Key"]);
  });

  it("racing others never overdraws", async () => {
    const books = await world.ledger();
    await world.credit(books.key, "ann", "1");
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => debit(books.key, "ann", { amount: "0.3" }, `r${i}`)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect((await world.balance(books.key, "ann")).json.balance).toBe("0.1");
  });
});

describe("a dry run", () => {
  const tried = (body: unknown, by = key) => world.ask("POST", "/v1/orders?dry_run=true", { key: by, body });

  it.each([
    ["canceled", { status: "Canceled" }, { would: "post", refund: "0.9", reason: "canceled" }],
    ["canceled, some returned before", { status: "Canceled", refunded: "0.2" }, { would: "post", refund: "0.7", reason: "canceled" }],
    [
      "partial, with a rest that only the provider knows",
      { status: "Partial" },
      { would: "hold", refund: "0.9", reason: "remains_unknown" },
    ],
    ["completed", { status: "Completed" }, null],
    ["no status", {}, null],
  ])("of an order that is %s answers as the registration would, with what would be refunded", async (name, changes, preview) => {
    const wanted = order(`dry ${name.replaceAll(",", "")}`, { provider_order_id: `d-${name.replaceAll(/[ ,:]+/g, "-")}`, ...changes });
    const dry = await tried(wanted);
    const { preview: shown, ...view } = dry.json;
    expect([dry.status, shown]).toEqual([201, preview]);
    const real = await world.register(key, wanted);
    expect({ ...view, next_check_at: null }).toEqual({ ...real.json, next_check_at: null });
    const known = await tried(wanted);
    expect([known.status, known.json.preview]).toEqual([200, null]);
  });

  it("says that a refund would wait where the panel's own brake is on", async () => {
    const wanted = order("braked", { provider_order_id: "braked", status: "Canceled" });
    const preview = async () => (await tried(wanted)).json.preview;
    const braked = (panels: object) => rows("UPDATE providers SET braked_panels = ?1", JSON.stringify(panels));
    await braked({ shop: NOW });
    expect(await preview()).toMatchObject({ would: "hold", reason: "brake" });
    await braked({ "somebody-else": NOW });
    expect(await preview()).toMatchObject({ would: "post" });
    await braked({});
  });

  it("writes nothing, and is answered as each order of a list would be: also those that stand in each other's way", async () => {
    const books = await world.ledger();
    await world.credit(books.key, "ann", "2");
    const at = (id: string, changes = {}) => order(id, { customer: "ann", charge: "0.9", ...changes });
    const list = [
      at("1", { link: "https://x.example/1", service: "1" }),
      at("1"),
      at("1", { provider_order_id: "else" }),
      at("2", { provider_order_id: "p-1" }),
      at("3", { link: "https://x.example/1", service: "1" }),
      at("4"),
      at("5", { provider: "nobody" }),
    ];
    const tables = ["orders", "changes", "transfers", "audit", "panels"];
    const counts = () => Promise.all(tables.map((table) => rows(`SELECT * FROM ${table}`)));
    const before = await counts();
    const dry = await tried(list, books.key);
    expect(await counts()).toEqual(before);
    const real = await world.post("/v1/orders", books.key, list);
    const withoutPreview = (results: object[]) => results.map((result) => ({ ...result, preview: undefined }));
    expect(withoutPreview(dry.json.results)).toEqual(withoutPreview(real.json.results));
    expect(real.json.results.map(({ result }: { result: string }) => result)).toEqual([
      "created",
      "conflict",
      "conflict",
      "conflict",
      "created",
      "invalid",
      "invalid",
    ]);
  });

  it("goes by the provider's policy and brake", async () => {
    await world.provider("strict");
    await world.ask("PUT", "/v1/providers/strict/refund-policy", { body: { canceled: "full", cap: "0.5" } });
    const one = order("capped", { provider: "strict", status: "canceled" });
    expect((await tried(one)).json.preview).toEqual({ would: "hold", refund: "0.9", reason: "over_cap" });
    await world.ask("PUT", "/v1/providers/strict/refund-policy", { body: { mode: "off" } });
    expect((await tried(one)).json.preview).toBeNull();
    await world.ask("DELETE", "/v1/providers/strict/refund-policy");
    await env.DB.prepare("UPDATE providers SET brake_engaged_at = 1 WHERE id = 'strict'").run();
    expect((await tried(one)).json.preview).toEqual({ would: "hold", refund: "0.9", reason: "brake" });
  });
});

describe("support", () => {
  it("has all of an order in one object, with what the provider said last and when", async () => {
    await world.register(key, order("asked", { provider_order_id: "701", service: "12", link: "https://x.example/7", customer: "ann" }));
    world.providers.set(
      "acme",
      answeringEach(() => inProgress(400)),
    );
    await world.run(2);
    world.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(250), status: "Partial" })),
    );
    await world.run(5);
    const cost = await world.costOf((metered) => metered.get("/v1/orders/asked/support", { key }));
    expect(cost.d1_calls).toBe(1);
    const { json } = cost.answer;
    const shown = (await world.get("/v1/orders/asked", { key })).json;
    expect(json).toMatchObject({
      id: "asked",
      panel: "shop",
      service: "12",
      link: "https://x.example/7",
      status: { status: "partial", label: "Partial", final: true, reason: { code: "partial" } },
      counts: { quantity: 1000, start_count: 10, remains: 250, delivered: 750, progress: 0.75 },
      money: { charge: "0.9", currency: "USD", refunded: "0.225", refund_held: "0", refunds: [{ amount: "0.225", status: "posted" }] },
      flags: [],
      provider: { id: "acme", order: "701", status: "Partial", charge: "0.5", currency: "USD", said_at: shown.checked_at, trouble: null },
    });
    // The end was told once, and the sweeps after it had nothing new.
    expect(json.provider.final_answer).toEqual({
      text: JSON.stringify({ ...inProgress(250), status: "Partial" }),
      said_at: shown.updated_at,
    });
    expect(json.history.map(({ type }: { type: string }) => type)).toEqual([
      "order.created",
      "order.updated",
      "order.updated",
      "refund.posted",
    ]);
    expect(json.history_complete).toBe(true);
    expect(json.history[1]).toMatchObject({
      before: { status: "pending" },
      after: { status: "in_progress", provider_status: "In progress" },
    });
    world.providers.delete("acme");
    expect(codeOf(await world.get("/v1/orders/nobody/support", { key }))).toEqual([404, "order_not_found"]);
  });

  it("says what each flag means, and keeps to the newest of a long history", async () => {
    await world.register(key, order("long", { status: "completed" }));
    const [{ n, last_change }] = (await rows("SELECT n, last_change FROM orders WHERE id = 'long'")) as [
      { n: number; last_change: number },
    ];
    await env.DB.prepare(
      `WITH RECURSIVE i (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM i WHERE k < 300)
       INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data)
       SELECT 'shop', feed_seq + k, 'order.updated', 'long', iif(k = 1, ?1, feed_seq + k - 1), k, '{}', '{"status":"pending"}' FROM panels, i WHERE id = 'shop'`,
    )
      .bind(last_change)
      .run();
    await env.DB.prepare("UPDATE panels SET feed_seq = feed_seq + 300 WHERE id = 'shop'").run();
    await env.DB.prepare(
      "UPDATE orders SET last_change = (SELECT feed_seq FROM panels WHERE id = 'shop'), flags = 3 WHERE panel = 'shop' AND n = ?1",
    )
      .bind(n)
      .run();
    const cost = await world.costOf((metered) => metered.get("/v1/orders/long/support", { key }));
    expect(cost.answer.json.history).toHaveLength(20);
    expect(cost.answer.json.history_complete).toBe(false);
    expect(cost.answer.json.flags).toEqual([
      { flag: "overdue", text: expect.any(String) },
      { flag: "stalled", text: expect.any(String) },
    ]);
    expect(cost.rows_read).toBeLessThanOrEqual(100);
  });
});

describe("an order whose provider is switched off", () => {
  it("is paused, without a next check, until the provider is on again", async () => {
    await world.provider("resting");
    await world.register(key, order("paused", { provider: "resting" }));
    await world.ask("PUT", "/v1/providers/resting", { body: { enabled: false } });
    for (const path of ["/v1/orders/paused", "/v1/orders/paused/support"])
      expect((await world.get(path, { key })).json).toMatchObject({ sync: "paused", next_check_at: null });
    expect((await world.get("/v1/orders?provider=resting", { key })).json.orders).toMatchObject([{ sync: "paused", next_check_at: null }]);
    await world.ask("PUT", "/v1/providers/resting", { body: { enabled: true } });
    expect((await world.get("/v1/orders/paused", { key })).json).toMatchObject({ sync: "ok", next_check_at: expect.any(String) });
  });
});

describe("the audit trail", () => {
  const newest = async () => (await world.get("/v1/audit?limit=1")).json.entries[0] as Record<string, unknown>;

  it("has refills and cancels, the operator's checks, replays, and registrations of money that was returned before", async () => {
    await world.register(key, order("trail", { provider_order_id: "801", refunded: "0.2" }));
    expect(await newest()).toMatchObject({
      action: "order.registered",
      actor: "panel:shop",
      subject: "order:trail",
      after: { refunded: "0.2", charge: "0.9" },
    });
    await world.post("/v1/orders/trail/cancel", key);
    expect(await newest()).toMatchObject({
      action: "cancel.requested",
      actor: "panel:shop",
      panel: "shop",
      subject: "order:trail",
      after: { cancel: "queued" },
    });
    await setOrder("shop", "trail", { status: "completed", cancel_status: null, cancel_at: null });
    await world.ask("POST", "/v1/orders/trail/refill", { panel: "shop" });
    expect(await newest()).toMatchObject({ action: "refill.requested", actor: "operator", panel: "shop", subject: "order:trail" });
    await world.post("/v1/orders/trail/check", key);
    expect(await newest()).toMatchObject({ action: "refill.requested" });
    await world.ask("POST", "/v1/orders/trail/check", { panel: "shop" });
    expect(await newest()).toMatchObject({ action: "order.checked", actor: "operator", panel: "shop" });
    await env.DB.prepare("INSERT INTO dead_letters (id, queue_message_id, body, failed_at) VALUES (7, 'm', '{}', 1)").run();
    await world.ask("POST", "/v1/dead-letters/7/replay");
    expect(await newest()).toMatchObject({
      action: "dead_letter.replayed",
      actor: "operator",
      subject: "dead_letter:7",
      before: { replayed_at: null },
    });
  });

  it("has one entry for each registration with money, none for those that were there already", async () => {
    const list = [order("r1", { refunded: "0.1" }), order("r2"), order("r3", { refunded: "0.3" })];
    const before = (await rows("SELECT count(*) AS n FROM audit"))[0] as { n: number };
    await world.register(key, list);
    await world.register(key, list);
    expect(await rows("SELECT subject FROM audit ORDER BY id DESC LIMIT 2")).toEqual([{ subject: "order:r3" }, { subject: "order:r1" }]);
    expect(await rows("SELECT count(*) AS n FROM audit")).toEqual([{ n: before.n + 2 }]);
  });
});

describe("removals on a ledger", () => {
  it("costs the daily check one pass over the panel's ledger a page, however many there are", async () => {
    const books = await world.ledger();
    await world.credit(books.key, "ann", "1000");
    const list = Array.from({ length: 300 }, (_, i) => order(`many-${i}`, { customer: "ann", charge: "1" }));
    await world.register(books.key, list);
    const readByCheck = async () => {
      let read = 0;
      const place = { panel: books.id, totals: null, sums: null, ledger: { currency: "", customer: "", n: 0, balance: "0" } };
      const page = await checkPage(
        async (queries) => {
          const results = await env.DB.batch(queries.map(({ sql, params }) => env.DB.prepare(sql).bind(...params)));
          read = results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
          return results.map(({ results: found }) => found as object[]);
        },
        place,
        { rows: 1000, sums: 1000 },
      );
      expect(page.mismatch).toBeNull();
      return read / page.checked.transfers;
    };
    expect(await readByCheck()).toBeLessThan(4);
    for (const { id } of list.slice(0, 100)) await remove(String(id), books.key);
    expect(await readByCheck()).toBeLessThan(8);
  });
});

/**
 * Webhooks on their way: what a delivery holds, that nothing is lost or sent with other content, and what it costs.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { readWaitingWebhooks } from "../../../src/store/webhooks/sending.ts";
import { order } from "../world/asking.ts";
import { bypassTriggers, clear, migrate, MINUTE_MS, NOW, rows } from "../world/database.ts";
import { changedDb } from "../world/faulty-database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { Receiver } from "../world/receiving.ts";
import { addOrders, addPanel, addProvider, keyNamed, young } from "../world/records.ts";
import { World } from "../world/world.ts";

let world: World;
let receiver: Receiver;
const key = keyNamed("shop");
const OTHER = keyNamed("other");
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

beforeAll(async () => {
  await migrate();
  await addPanel("shop");
  await addPanel("other");
});

beforeEach(async () => {
  world = new World();
  receiver = Receiver.at(world, "hook");
  await addProvider("acme", { many: "yes" });
});

afterEach(async () => {
  await clear();
  await bypassTriggers("UPDATE panels SET enabled = 1, role = 'shop', money = 'advice', feed_seq = 0, order_n = 0");
});

type Made = { readonly id: string; readonly secret: string };

async function hook(body: object = {}, as = key): Promise<Made> {
  const { status, json, text } = await world.post("/v1/webhooks", as, { url: "https://hook.example/in?token=abc", ...body });
  if (status !== 201) throw new Error(text);
  return json as Made;
}

const register = (...ids: string[]) =>
  world.post(
    "/v1/orders",
    key,
    ids.map((id) => order(id)),
  );
const shown = async (id: string) => (await world.get(`/v1/webhooks/${id}`, { key })).json;
const deliveries = async (id: string) => (await world.get(`/v1/webhooks/${id}/deliveries`, { key })).json.deliveries;

/** A tick of the next minute, and nothing that it has sent to the queue. */
async function tick(): Promise<void> {
  world.now += MINUTE_MS;
  await world.tick();
  world.sent.length = 0;
}

/** The time goes to the next attempt of a webhook. */
async function tickAtNextAttempt(id: string): Promise<void> {
  const { next_attempt_at } = await shown(id);
  world.now = Math.max(world.now, Date.parse(next_attempt_at as string));
  await tick();
}

describe("a delivery", () => {
  it("is signed by Standard Webhooks, and holds the changes as the feed has them", async () => {
    const { id, secret } = await hook({ headers: { Authorization: "Bearer of-the-receiver" } });
    await register("1", "2");
    await tick();
    expect(receiver.received).toHaveLength(1);
    const { last } = receiver;
    const feed = (await world.get("/v1/changes", { key })).json;
    expect(last.json).toEqual({
      type: "changes",
      timestamp: new Date(world.now).toISOString(),
      data: { changes: feed.changes, next_after: String(feed.next_after), behind: 0 },
    });
    expect(receiver.isSigned(last, secret)).toBe(true);
    expect(receiver.isSigned(last, `whsec_${btoa("x".repeat(32))}`)).toBe(false);
    expect(last.id).toMatch(/^msg_[\w-]{24}$/);
    const { headers } = last;
    expect([headers.get("Authorization"), headers.get("Content-Type")]).toEqual(["Bearer of-the-receiver", "application/json"]);
    expect(await shown(id)).toMatchObject({
      after: feed.next_after,
      behind: 0,
      oldest_at: null,
      next_attempt_at: null,
      failing_since: null,
    });
    expect(await deliveries(id)).toEqual([
      {
        id: last.id,
        at: new Date(world.now).toISOString(),
        attempt: 1,
        trigger: "schedule",
        first_seq: feed.changes[0].seq,
        last_seq: feed.changes[1].seq,
        status: 200,
        duration_ms: 0,
        error: null,
        response: "ok",
      },
    ]);
    await tick();
    expect(receiver.received).toHaveLength(1);
  });

  it("begins where the feed stood when the webhook was made, and goes back or ahead by hand", async () => {
    await register("1");
    const { id } = await hook();
    await tick();
    expect(receiver.received).toEqual([]);
    expect((await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { after: "0" } })).json).toMatchObject({ after: 0, behind: 1 });
    await tick();
    expect(receiver.orders).toEqual(["1"]);
    await register("2", "3");
    const { next_after } = (await world.get("/v1/changes", { key })).json;
    await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { after: next_after } });
    await tick();
    expect(receiver.orders).toEqual(["1"]);
  });

  it("holds at most 100 changes and 20 KB, in order, and says how many are behind it", async () => {
    const { id } = await hook();
    await world.post(
      "/v1/orders",
      key,
      Array.from({ length: 60 }, (_, i) => order(`n${i}`, { link: `https://x.example/${"é".repeat(300)}` })),
    );
    for (let i = 0; i < 9; i++) await tick();
    expect(receiver.orders).toEqual(Array.from({ length: 60 }, (_, i) => `n${i}`));
    const sizes = receiver.received.map(({ body }) => new TextEncoder().encode(body).byteLength);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20_000);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(15_000);
    const behind = receiver.received.map(({ json }) => json.data.behind as number);
    expect(behind[0]).toBe(60 - receiver.received[0]?.json.data.changes.length);
    expect(behind.at(-1)).toBe(0);
    expect((await shown(id)).behind).toBe(0);
  });

  it("of one change that is longer goes alone", async () => {
    await hook();
    await register("1", "2", "3");
    const [, second] = await rows<{ seq: number }>("SELECT seq FROM changes WHERE panel = 'shop' ORDER BY seq");
    const [trigger] = await rows<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'changes_no_update'");
    await env.DB.prepare("DROP TRIGGER changes_no_update").run();
    await env.DB.prepare("UPDATE changes SET data = json_set(data, '$.link', ?2) WHERE panel = 'shop' AND seq = ?1")
      .bind(second?.seq, "x".repeat(40_000))
      .run();
    await env.DB.prepare(trigger?.sql ?? "").run();
    await tick();
    await tick();
    await tick();
    expect(receiver.received.map(({ json }) => json.data.changes.map(({ order: id }: { order: string }) => id))).toEqual([
      ["1"],
      ["2"],
      ["3"],
    ]);
  });

  it("holds the types that are wanted, and passes over the others without a write each", async () => {
    const { id } = await hook({ types: ["refund.posted"] });
    await register(...Array.from({ length: 49 }, (_, i) => `${i}`));
    await tick();
    const written = world.sum("webhooks", "rows_written");
    expect([receiver.received.length, written]).toEqual([0, 0]);
    await register("50", "51");
    await tick();
    expect([receiver.received.length, world.sum("webhooks", "rows_written"), world.sum("webhooks", "passed_over")]).toEqual([0, 1, 1]);
    expect(await shown(id)).toMatchObject({ behind: 0, after: (await world.get("/v1/changes", { key })).json.next_after });
    world.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(250), status: "Partial" })),
    );
    await world.run(2);
    expect(new Set(receiver.received.flatMap(({ json }) => json.data.changes.map(({ type }: { type: string }) => type)))).toEqual(
      new Set(["refund.posted"]),
    );
    expect(receiver.orders).toHaveLength(51);
  });
});

describe("a delivery that is not taken", () => {
  it.each([
    ["500", () => new Response("down", { status: 500 }), 500, /HTTP 500/],
    ["a redirect", () => new Response(null, { status: 302, headers: { Location: "https://elsewhere.example/" } }), 302, /redirect/],
    ["304", () => new Response(null, { status: 304 }), 304, /redirect/],
    ["404", () => new Response("", { status: 404 }), 404, /HTTP 404/],
    [
      "no connection",
      () => {
        throw new TypeError("Network connection lost.");
      },
      null,
      /No connection: Network connection lost/,
    ],
  ] as const)(
    "is sent again under the same id with the same body, whatever has changed since: %s",
    async (_what, answer, status, error) => {
      const { id } = await hook();
      await register("1");
      receiver.answer = answer;
      await tick();
      const first = receiver.last;
      expect(await shown(id)).toMatchObject({ behind: 1, failing_since: new Date(first.at).toISOString() });
      expect((await deliveries(id))[0]).toMatchObject({ attempt: 1, status, error: expect.stringMatching(error) as string });
      await register("2");
      receiver.answer = () => new Response("ok");
      await tick();
      expect(receiver.received.map((received) => [received.id, received.body])).toEqual([
        [first.id, first.body],
        [first.id, first.body],
        [expect.not.stringMatching(first.id), expect.stringContaining('"order":"2"')],
      ]);
      expect(await shown(id)).toMatchObject({ behind: 0, failing_since: null });
      expect((await deliveries(id)).map(({ attempt }: { attempt: number }) => attempt)).toEqual([1, 2, 1]);
    },
  );

  it("is sent again by the schedule, and after five days without a success the webhook is off, visibly", async () => {
    const { id } = await hook();
    await register("1");
    receiver.answer = () => new Response("no", { status: 503 });
    await tick();
    const startedAt = world.now;
    for (let i = 0; i < 60 && (await shown(id)).enabled; i++) await tickAtNextAttempt(id);
    expect(new Set(receiver.received.map(({ id: message }) => message)).size).toBe(1);
    const gaps = receiver.received.slice(1).map(({ at }, i) => (at - (receiver.received[i]?.at ?? 0)) / MINUTE_MS);
    // A tick a minute: an attempt is made by the first one after its time.
    const planned = [1, 1, 2, 10, 30, 60, 120];
    gaps.forEach((gap, i) => expect(Math.abs(gap - (planned[i] ?? 240))).toBeLessThanOrEqual((planned[i] ?? 240) * 0.2 + 1));
    expect(gaps.length).toBeGreaterThan(30);
    expect((world.now - startedAt) / DAY_MS).toBeGreaterThanOrEqual(5);
    expect((world.now - startedAt) / DAY_MS).toBeLessThan(5.3);
    expect(await shown(id)).toMatchObject({ enabled: false, disabled_reason: "no_success", next_attempt_at: null, behind: 1 });
    expect(world.eventsOf("webhook.disabled")).toEqual([{ event: "webhook.disabled", panel: "shop", webhook: id, reason: "no_success" }]);
    expect((await world.get("/v1/audit")).json.entries[0]).toMatchObject({
      actor: "rules",
      action: "webhook.disabled",
      subject: `webhook:${id}`,
      after: { enabled: false, disabled_reason: "no_success" },
    });
    await tick();
    const tries = receiver.received.length;
    receiver.answer = () => new Response("ok");
    expect((await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { enabled: true } })).json).toMatchObject({
      enabled: true,
      disabled_reason: null,
      failing_since: null,
    });
    await tick();
    expect([receiver.received.length, receiver.orders.at(-1), (await shown(id)).behind]).toEqual([tries + 1, "1", 0]);
  });

  it("waits for as long as Retry-After says", async () => {
    const { id } = await hook();
    await register("1");
    receiver.answer = () => new Response("later", { status: 429, headers: { "Retry-After": "1200" } });
    await tick();
    const { next_attempt_at } = await shown(id);
    expect(Date.parse(next_attempt_at as string) - world.now).toBe(1_200_000);
    for (let i = 0; i < 19; i++) await tick();
    expect(receiver.received).toHaveLength(1);
    await tick();
    expect(receiver.received).toHaveLength(2);
  });

  it("with 410 ends the webhook", async () => {
    const { id } = await hook();
    await register("1");
    receiver.answer = () => new Response("", { status: 410 });
    await tick();
    expect(await shown(id)).toMatchObject({ enabled: false, disabled_reason: "gone" });
    await tick();
    expect(receiver.received).toHaveLength(1);
  });

  it("since our own policy refuses its URL ends it without a call", async () => {
    const { id } = await hook();
    await env.DB.prepare("UPDATE webhooks SET url = 'http://10.0.0.7/in'").run();
    await register("1");
    const strict = world.with({ ALLOW_PRIVATE_URLS: "" as "1" });
    strict.now += MINUTE_MS;
    await strict.tick();
    world.now = strict.now;
    expect(receiver.received).toEqual([]);
    expect(await shown(id)).toMatchObject({ enabled: false, disabled_reason: "url_refused" });
    expect((await deliveries(id))[0]).toMatchObject({ status: null, error: expect.stringMatching(/refused.*http:/) as string });
  });

  it("is a failure after ten seconds, and a long answer is none", async () => {
    const { id } = await hook();
    await register("1");
    receiver.answer = () => new Response("y".repeat(100_000));
    await tick();
    expect((await deliveries(id))[0]).toMatchObject({ status: 200, error: null, response: "y".repeat(500) });
    // Nobody waits here: the time limit has passed when the receiver is asked.
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const limits: number[] = [];
    AbortSignal.timeout = (ms) => {
      limits.push(ms);
      return AbortSignal.abort(new DOMException("late", "TimeoutError"));
    };
    try {
      await register("2");
      await tick();
    } finally {
      AbortSignal.timeout = timeout;
    }
    expect(limits).toEqual([10_000]);
    expect((await deliveries(id))[0]).toMatchObject({ status: null, error: expect.stringMatching(/within 10 seconds/) as string });
  });

  it("keeps no value of a header that the receiver sends back", async () => {
    const { id } = await hook({ headers: { "X-Token": "of-the-receiver-1234" } });
    await register("1");
    receiver.answer = ({ headers }) => new Response(`you sent ${headers.get("X-Token")}\0`, { status: 400 });
    await tick();
    expect((await deliveries(id))[0].response).toBe("you sent [header]\u{FFFD}");
  });
});

describe("nothing is lost, and no id has two contents", () => {
  it("where the outcome cannot be written: the same is sent once more when the lease is over", async () => {
    const { id } = await hook();
    await register("1");
    const failing = world.with({
      DB: changedDb({
        prepare: (sql) => env.DB.prepare(sql.startsWith("INSERT INTO webhook_deliveries") ? "SELECT no_such_function()" : sql),
      }),
    });
    failing.now += MINUTE_MS;
    await expect(failing.tick()).rejects.toThrow(/no_such_function/);
    expect(receiver.received).toHaveLength(1);
    world.now = failing.now + 30_000;
    await world.tick();
    expect(receiver.received).toHaveLength(1);
    await tick();
    expect(receiver.received.map((received) => [received.id, received.body])).toEqual([
      [receiver.last.id, receiver.last.body],
      [receiver.last.id, receiver.last.body],
    ]);
    expect(await shown(id)).toMatchObject({ behind: 0 });
    await tick();
    expect(receiver.received).toHaveLength(2);
  });

  it("where ticks run side by side: one of them sends", async () => {
    await hook();
    await register("1");
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return new Response("ok");
    };
    world.now += MINUTE_MS;
    await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        // Each has not heard of the others.
        await env.DB.prepare("UPDATE ticks SET minute = ?1")
          .bind(world.now / MINUTE_MS - 1)
          .run();
        const one = world.with({});
        one.now += i;
        await one.tick();
      }),
    );
    expect(receiver.received).toHaveLength(1);
  });

  it("where types or the address change under way: what is sent then has another id", async () => {
    const { id } = await hook({ types: ["order.created", "order.flagged"] });
    await register("1");
    receiver.answer = () => new Response("", { status: 500 });
    await tick();
    await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { types: ["order.created"] } });
    await tick();
    await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { url: "https://hook.example/elsewhere" } });
    await tick();
    await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { description: "of the shop" } });
    await tick();
    const ids = receiver.received.map((received) => received.id);
    expect(new Set(ids.slice(0, 3)).size).toBe(3);
    expect(ids[3]).toBe(ids[2]);
    expect(receiver.orders).toEqual(["1", "1", "1", "1"]);
  });

  it("where the panel turns reseller under way: what it may not see any more is not sent, under no id", async () => {
    await hook();
    await register("1");
    receiver.answer = () => new Response("", { status: 500 });
    await tick();
    await bypassTriggers("UPDATE panels SET role = 'reseller', money = 'ledger' WHERE id = 'shop'");
    await tick();
    const [first, second] = receiver.received;
    expect(first?.body).toContain("acme");
    expect(second?.body).not.toContain("acme");
    expect(second?.id).not.toBe(first?.id);
    await tick();
    expect([receiver.last.id, receiver.last.body]).toEqual([second?.id, second?.body]);
  });

  it("where the database goes back: no id that was sent comes with other content", async () => {
    const { id } = await hook();
    await register("1");
    const before = await Promise.all(
      ["webhooks", "webhook_deliveries", "changes", "orders", "panels"].map(
        async (table) => [table, await rows(`SELECT * FROM ${table}`)] as const,
      ),
    );
    await tick();
    await register("2");
    await tick();
    const put = async (table: string, row: Record<string, unknown>) => {
      const names = Object.keys(row).filter((name) => !["hold_status", "is_open"].includes(name));
      await env.DB.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map((_, i) => `?${i + 1}`).join(", ")})`)
        .bind(...names.map((name) => row[name]))
        .run();
    };
    const { clear: empty } = await import("../world/database.ts");
    const minute = (await rows("SELECT minute FROM ticks"))[0]?.["minute"];
    await empty();
    await addProvider("acme", { many: "yes" });
    await env.DB.prepare("UPDATE ticks SET minute = ?1").bind(minute).run();
    for (const [table, kept] of before) if (table !== "panels") for (const row of kept) await put(table, row);
    await register("3");
    for (let i = 0; i < 3; i++) await tick();
    const contents = Map.groupBy(receiver.received, (received) => received.id);
    for (const [, same] of contents) expect(new Set(same.map(({ body }) => body)).size).toBe(1);
    expect(receiver.orders).toEqual(["1", "2", "1", "3"]);
    expect((await shown(id)).behind).toBe(0);
  });
});

describe("a webhook", () => {
  it("of a reseller tells nothing of a supplier", async () => {
    await env.DB.prepare("UPDATE panels SET role = 'reseller', money = 'ledger' WHERE id = 'other'").run();
    await hook({}, OTHER);
    await addOrders("other", "acme", 1, 3, { ...young, cost: "0.4567" });
    world.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(250), status: "Zurückgezogen" })),
    );
    await env.DB.prepare("UPDATE providers SET status_words = '{\"zurückgezogen\":\"partial\"}' WHERE id = 'acme'").run();
    await world.run(2);
    expect(receiver.received.length).toBeGreaterThan(0);
    const told = receiver.received.map(({ body }) => body).join("\n");
    for (const secret of ["acme", "Zurück", "0.4567", "provider"]) expect(told).not.toContain(secret);
    expect(told).toContain('"refunded":"0.225"');
  });

  it("hears of its own panel alone", async () => {
    await hook({}, OTHER);
    await register("1");
    await tick();
    expect(receiver.received).toEqual([]);
  });

  it("of a panel that is off pauses, and goes on where it was", async () => {
    const { id } = await hook();
    await env.DB.prepare("UPDATE panels SET enabled = 0 WHERE id = 'shop'").run();
    await env.DB.prepare(
      `INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data) VALUES ('shop', ?1, 'order.updated', 'o1', ?2, '{}', '{}')`,
    )
      .bind(NOW * 1000 + 5, NOW)
      .run();
    await tick();
    expect(receiver.received).toEqual([]);
    await env.DB.prepare("UPDATE panels SET enabled = 1 WHERE id = 'shop'").run();
    await tick();
    expect(receiver.orders).toEqual(["o1"]);
    await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { enabled: false } });
    await register("2");
    await tick();
    expect(receiver.orders).toEqual(["o1"]);
    await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { enabled: true } });
    await tick();
    expect(receiver.orders).toEqual(["o1", "2"]);
  });

  it("is signed with both secrets for a day after a rotation", async () => {
    const { id, secret } = await hook();
    const next = (await world.post(`/v1/webhooks/${id}/rotate`, key, {})).json.secret as string;
    const signs = async (told: string): Promise<boolean[]> => {
      await register(told);
      await tick();
      return [secret, next].map((each) => receiver.isSigned(receiver.last, each));
    };
    expect(await signs("1")).toEqual([true, true]);
    world.now += DAY_MS - 3 * MINUTE_MS;
    expect(await signs("2")).toEqual([true, true]);
    world.now += 3 * MINUTE_MS;
    expect(await signs("3")).toEqual([false, true]);
  });

  it("is told of a sweep's news by the sweep itself, while it is quick", async () => {
    const { id } = await hook();
    await addOrders("shop", "acme", 1, 2, { ...young });
    world.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(0), status: "Completed" })),
    );
    await world.tick();
    expect(receiver.received).toEqual([]);
    await world.drain();
    expect(receiver.orders.toSorted()).toEqual(["o1", "o2"]);
    // What failed is left to ticks.
    world.now += MINUTE_MS;
    receiver.answer = () => new Response("", { status: 500 });
    await addOrders("shop", "acme", 3, 2, { ...young });
    await world.run(1);
    world.now += MINUTE_MS;
    expect((await shown(id)).behind).toBe(2);
    const tries = receiver.received.length;
    await addOrders("shop", "acme", 5, 1, { ...young });
    await world.tick();
    expect(receiver.received).toHaveLength(tries + 1);
    await world.drain();
    expect(receiver.received).toHaveLength(tries + 1);
  });

  it("waits for no other: at most five are asked at once, of ten a tick, each panel's in turn", async () => {
    await Promise.all(Array.from({ length: 10 }, (_, i) => hook({ url: `https://hook.example/${i}`, description: `${i}` })));
    Receiver.at(world, "second");
    await hook({ url: "https://second.example/" }, OTHER);
    await register("1");
    await world.post("/v1/orders", OTHER, order("x"));
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return new Response("ok");
    };
    await tick();
    expect(world.mostOpenCalls).toBe(5);
    const calls = world.calls.map(({ provider }) => provider);
    expect(calls).toHaveLength(10);
    expect(calls.slice(0, 5)).toContain("second");
    await tick();
    expect(world.calls).toHaveLength(11);
  });
});

describe("on the free plan", () => {
  it("three of one panel's webhooks are sent to in a tick, the others in the next ones", async () => {
    world = new World({ PLAN: "free" });
    receiver = Receiver.at(world, "hook");
    await Promise.all(Array.from({ length: 7 }, (_, i) => hook({ url: `https://hook.example/${i}` })));
    await register("1");
    const sent: number[] = [];
    for (let i = 0; i < 4; i++) {
      const before = receiver.received.length;
      await tick();
      sent.push(receiver.received.length - before);
    }
    expect(sent).toEqual([3, 3, 1, 0]);
    expect(new Set(receiver.received.map((received) => received.id)).size).toBe(7);
  });
});

it("a webhook of types that do not come takes no turn from others", async () => {
  world = new World({ PLAN: "free" });
  receiver = Receiver.at(world, "hook");
  for (let i = 0; i < 9; i++) await hook({ types: ["cancel.updated"] });
  await hook();
  for (const id of ["1", "2"]) {
    await register(id);
    await tick();
  }
  expect(receiver.orders).toEqual(["1", "2"]);
  await register(...Array.from({ length: 50 }, (_, i) => `n${i}`));
  for (let i = 0; i < 4; i++) await tick();
  expect(new Set(receiver.orders).size).toBe(52);
  expect(world.sum("webhooks", "passed_over")).toBe(9);
});

describe("what webhooks cost", () => {
  it("a delivery writes two rows: its claim and its outcome, the first as the hundredth", async () => {
    const { id } = await hook();
    for (let i = 0; i < 3; i++) {
      await register(`a${i}`);
      await tick();
    }
    expect(world.eventsOf("webhooks").map(({ rows_written }) => rows_written)).toEqual([2, 2, 2]);
    expect(Math.max(...world.eventsOf("webhooks").map(({ rows_read }) => Number(rows_read)))).toBeLessThanOrEqual(25);
    // As if a hundred had gone out meanwhile: their places are taken.
    await env.DB.batch(["webhooks", "webhook_deliveries"].map((table) => env.DB.prepare(`UPDATE ${table} SET n = n + 97`)));
    await env.DB.prepare("UPDATE webhook_deliveries SET slot = n % 100").run();
    await env.DB.prepare(
      "INSERT INTO webhook_deliveries SELECT panel, webhook, 1, 1, message_id, cause, attempt, 1, 1, 1, 1, 200, 1, NULL, '', NULL FROM webhook_deliveries LIMIT 1",
    ).run();
    await register("b");
    await tick();
    expect(world.eventsOf("webhooks").at(-1)).toMatchObject({ sent: 1, taken: 1, rows_written: 2 });
    receiver.answer = () => new Response("", { status: 500 });
    await register("c");
    await tick();
    expect(world.eventsOf("webhooks").at(-1)).toMatchObject({ sent: 1, taken: 0, rows_written: 2 });
    expect((await deliveries(id)).length).toBe(5);
    expect((await rows("SELECT count(*) AS n FROM webhook_deliveries WHERE slot = 1 AND n = 101"))[0]?.["n"]).toBe(1);
  });

  it("a tick without webhooks reads no row for them, and one with ten idle ones four each", async () => {
    await tick();
    await tick();
    const without = Number(world.eventsOf("tick").at(-1)?.["rows_read"]);
    const made = await Promise.all(Array.from({ length: 10 }, () => hook()));
    await tick();
    expect(Number(world.eventsOf("tick").at(-1)?.["rows_read"]) - without).toBeLessThanOrEqual(4);
    expect(world.eventsOf("webhooks")).toEqual([]);
    const { db, usage } = metered(env.DB);
    expect(await readWaitingWebhooks(db)).toEqual([]);
    expect([usage().d1_statements, usage().rows_read <= 4 * 10]).toEqual([1, true]);
    for (const { id } of made) await world.ask("DELETE", `/v1/webhooks/${id}`, { key });
    await tick();
    expect(Number(world.eventsOf("tick").at(-1)?.["rows_read"])).toBe(without);
  });

  it("ten deliveries, or a long backlog, stay within 45 subrequests and 50 statements, the tick's own included", async () => {
    const spent = () => {
      const ticks = world.eventsOf("tick").at(-1);
      const webhooks = world.eventsOf("webhooks").at(-1);
      return {
        statements: Number(ticks?.["d1_statements"]) + Number(webhooks?.["d1_statements"]),
        subrequests: Number(ticks?.["d1_calls"]) + Number(webhooks?.["d1_calls"]) + Number(webhooks?.["sent"]) + 1,
      };
    };
    const only = await hook();
    await world.post(
      "/v1/orders",
      key,
      Array.from({ length: 300 }, (_, i) => order(`n${i}`)),
    );
    await tick();
    expect(receiver.received.length).toBeGreaterThanOrEqual(5);
    expect(spent().subrequests).toBeLessThanOrEqual(45);
    expect(spent().statements).toBeLessThanOrEqual(50);
    await world.ask("DELETE", `/v1/webhooks/${only.id}`, { key });
    receiver.received.length = 0;
    await Promise.all(Array.from({ length: 10 }, () => hook()));
    await world.post(
      "/v1/orders",
      key,
      Array.from({ length: 300 }, (_, i) => order(`m${i}`)),
    );
    await tick();
    expect(receiver.received).toHaveLength(10);
    expect(spent().subrequests).toBeLessThanOrEqual(45);
    expect(spent().statements).toBeLessThanOrEqual(50);
  });
});

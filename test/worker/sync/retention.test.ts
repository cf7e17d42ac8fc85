/**
 * Retention on a real D1 and a real bucket: what leaves, what stays, what everybody is told, and a crash at each step.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { moveOld } from "../../../src/sync/watch/retention.ts";
import { codeOf, order, paths } from "../world/asking.ts";
import { clear, count, migrate, MINUTE_MS, NOW, rows } from "../world/database.ts";
import { faultyDb } from "../world/faulty-database.ts";
import { answeringEach } from "../world/providers.ts";
import { Receiver } from "../world/receiving.ts";
import { setOrder } from "../world/records.ts";
import { World } from "../world/world.ts";

const DAY_MS = 24 * 60 * MINUTE_MS;
const bucket = env.TEST_BUCKET;
let world: World;
let key = "";

beforeAll(async () => {
  await migrate();
  key = await new World().panel("shop");
});

beforeEach(async () => {
  world = new World();
  // Numbers go on from the last one, and the test before went far ahead in time.
  await env.DB.prepare("UPDATE panels SET feed_seq = 0").run();
  await world.provider("acme", { brake: null });
  world.providers.set("acme", answeringEach(ended));
});

afterEach(async () => {
  await clear();
  const { objects } = await bucket.list();
  await Promise.all(objects.map(({ key: name }) => bucket.delete(name)));
});

/** Every fifth order ends with a quarter undelivered. */
function ended(id: string): Record<string, unknown> {
  const isPartial = Number(id.replace(/\D/g, "")) % 5 === 0;
  return {
    charge: "0.5",
    start_count: "10",
    status: isPartial ? "Partial" : "Completed",
    remains: isPartial ? "250" : "0",
    currency: "USD",
  };
}

/** Orders that came, ended and were closed. */
async function lived(first: number, orders: number, panelKey = key): Promise<void> {
  const body = Array.from({ length: orders }, (_, i) => order(`o${first + i}`));
  expect((await world.post("/v1/orders", panelKey, body)).status).toBe(200);
  await world.run(3);
  await env.DB.prepare("UPDATE orders SET cadence = NULL").run();
}

type Bindings = { readonly DB?: D1Database; readonly ARCHIVE?: unknown; readonly PLAN?: "free" | "paid" };

/** One turn of the feed, as the tick of its minute makes it. */
async function turn(bindings: Bindings = {}): Promise<void> {
  const minute = () => Math.floor(world.now / MINUTE_MS);
  do world.now += MINUTE_MS;
  while (minute() % 4 !== 0 || minute() % 16 === 12);
  await moveOld({ ...world.env, ARCHIVE: bucket, ...bindings } as Env, world.ports, minute());
}

async function turns(most: number, bindings: Bindings = {}): Promise<void> {
  for (let i = 0; i < most; i++) await turn(bindings);
}

/** The turn that is for what has an age. */
async function turnForAges(bindings: Bindings = {}): Promise<void> {
  do world.now += MINUTE_MS;
  while (Math.floor(world.now / MINUTE_MS) % 16 !== 12);
  await moveOld({ ...world.env, ARCHIVE: bucket, ...bindings } as Env, world.ports, Math.floor(world.now / MINUTE_MS));
}

async function archived(): Promise<{ readonly name: string; readonly text: string }[]> {
  const { objects } = await bucket.list();
  return Promise.all(objects.map(async ({ key: name }) => ({ name, text: (await (await bucket.get(name))?.text()) ?? "" })));
}

type Line = { readonly seq: number; readonly order: string; readonly prev: number | null };

async function archivedLines(): Promise<Line[]> {
  return (await archived())
    .flatMap(({ text }) => text.trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as Line)
    .toSorted((a, b) => a.seq - b.seq);
}

const kept = async (panel = "shop"): Promise<number[]> =>
  (await rows<{ seq: number }>("SELECT seq FROM changes WHERE panel = ?1 ORDER BY seq", panel)).map(({ seq }) => seq);

/** The panel's newest change stays, and with it the history of its order. */
async function expectNewestAlone(all: readonly Line[]): Promise<void> {
  const newest = all.at(-1)?.order;
  expect(await kept()).toEqual(all.filter(({ order: id }) => id === newest).map(({ seq }) => seq));
}

const feed = async (): Promise<Line[]> => (await world.get("/v1/changes?limit=1000", { key })).json.changes as Line[];

const ordersOf = (seqs: readonly number[]) =>
  rows<{ order_id: string }>(`SELECT DISTINCT order_id FROM changes WHERE seq IN (${seqs.join(", ") || "0"}) ORDER BY order_id`);

/** In the evening of a day by which all is old. */
const later = (days = 120): void => void (world.now = NOW + days * DAY_MS + 7 * 60 * MINUTE_MS);

describe("the feed", () => {
  it("moves to the bucket, a line a change, and only what is old and not the newest", async () => {
    await lived(1, 40);
    world.now += 10 * DAY_MS;
    await lived(41, 2);
    const before = await feed();
    expect(before.length).toBe(42 * 2 + 8);
    later(109);
    await turns(4);
    // What is younger than a hundred days stays.
    const lines = await archivedLines();
    const young = before.filter(({ order: id }) => id === "o41" || id === "o42");
    const prevOf = ({ seq, order: id }: Line) => before.findLast((each) => each.order === id && each.seq < seq)?.seq ?? null;
    const old = before.filter((change) => !young.includes(change));
    expect(lines).toEqual(old.map((change) => ({ panel: "shop", ...change, prev: prevOf(change) })));
    expect(await kept()).toEqual(young.map(({ seq }) => seq));
    later(140);
    await turns(4);
    expect((await archivedLines()).length).toBe(before.length - 1);
    await expectNewestAlone(before);
    expect(await rows("SELECT sum(entries) AS entries, count(archived_at) AS done, count(*) AS pages FROM archived_pages")).toEqual([
      { entries: before.length - 1, done: 2, pages: 2 },
    ]);
  });

  it("leaves orders, money and what scripts are told as they were", async () => {
    await lived(1, 25);
    const scriptKey = await world.panel("the-door");
    await world.apiV2(scriptKey, { action: "status", orders: "90,91" }, "acme");
    await world.run(2);
    await env.DB.prepare("UPDATE orders SET cadence = NULL").run();
    later();
    const told = async () => [
      (await world.get("/v1/orders/o5", { key })).text,
      (await world.get("/v1/orders?ids=o1,o5,o25,nothing", { key })).text,
      (await world.get("/v1/refunds?limit=100", { key })).text,
      (await world.apiV2(scriptKey, { action: "status", orders: "90,91" }, "acme")).text,
      (await world.post("/v1/orders", key, order("o5"))).text,
    ];
    const [before, all] = [await told(), await feed()];
    world.calls.length = 0;
    await turns(6);
    await expectNewestAlone(all);
    expect(await told()).toEqual(before);
    expect(world.calls).toEqual([]);
    // A provider's order still belongs to one order alone.
    expect(codeOf(await world.post("/v1/orders", key, order("again", { provider_order_id: "p-o5" })))).toEqual([
      409,
      "provider_order_conflict",
    ]);
    await env.DB.prepare("UPDATE ticks SET books_day = 0").run();
    await world.run(3);
    expect(world.sum("books", "mismatches")).toBe(0);
    expect(world.eventsOf("books").at(-1)).toMatchObject({ finished: true });
  });

  it("tells a reader that stands before its beginning, and one order's history that it is cut", async () => {
    await lived(1, 10);
    const whole = await world.get("/v1/orders/o5/changes", { key });
    expect(whole.json).toMatchObject({ archived: false, has_more: false });
    expect(whole.json.changes).toHaveLength(3);
    const all = await feed();
    // Of the newest change's order nothing is missing, and of another one everything.
    const gone = all.at(-1)?.order === "o5" ? "o10" : "o5";
    const from = all[3]?.seq as number;
    const last = all.at(-1)?.seq;
    later();
    await turns(4);
    await expectNewestAlone(all);
    const horizon = (await archivedLines()).at(-1)?.seq as number;
    const refused = await world.get(`/v1/changes?after=${from}`, { key });
    expect(codeOf(refused)).toEqual([410, "changes_archived"]);
    expect(paths(refused)).toEqual(["after"]);
    expect(refused.json.error.message).toContain(`after=${horizon}`);
    expect(codeOf(await world.get("/v1/changes", { key }))).toEqual([410, "changes_archived"]);
    expect(codeOf(await world.get(`/v1/changes?after=${horizon - 1}`, { key }))).toEqual([410, "changes_archived"]);
    const goesOn = (await world.get(`/v1/changes?after=${horizon}`, { key })).json;
    expect(goesOn).toMatchObject({ changes: [{ seq: last }], next_after: last, has_more: false });
    expect((await world.get(`/v1/orders/${gone}/changes`, { key })).json).toMatchObject({ changes: [], archived: true });
    expect((await world.get(`/v1/orders/${all.at(-1)?.order}/changes`, { key })).json).toMatchObject({ archived: false });
    const overAll = await world.get("/v1/changes", { panel: "*" });
    expect(codeOf(overAll)).toEqual([410, "changes_archived"]);
    const after = (overAll.json.error.message as string).match(/after=(\S+)\.$/)?.[1] ?? "";
    expect((await world.get(`/v1/changes?after=${after}`, { panel: "*" })).json.changes).toMatchObject([{ panel: "shop", seq: last }]);
    // What comes later follows as ever, and points back to what is in the archive.
    const goodwill = { body: { amount: "0.1", note: "late" }, key, headers: { "Idempotency-Key": "late" } };
    expect((await world.ask("POST", `/v1/orders/${gone}/refunds`, goodwill)).status).toBeLessThan(300);
    const cut = (await world.get(`/v1/orders/${gone}/changes`, { key })).json;
    expect(cut).toMatchObject({ changes: [{ type: "refund.posted" }], archived: true });
  });

  it("is no ground for a report that begins in what was archived", async () => {
    await lived(1, 10);
    later();
    await turns(4);
    const day = (at: number) => new Date(at).toISOString().slice(0, 10);
    const report = (from: number) => world.get(`/v1/reports/reconciliation?from=${day(from)}&to=${day(from + 60 * DAY_MS)}`, { key });
    expect(paths(await report(NOW - DAY_MS))).toEqual(["from"]);
    expect((await report(NOW + 2 * DAY_MS)).status).toBe(200);
  });

  it("is moved by ticks, and a bucket that fails keeps no order waiting", async () => {
    await lived(1, 10);
    later();
    const all = await feed();
    const broken = { put: () => Promise.reject(new Error("put: Unspecified error (0)")) };
    const failing = world.with({ ARCHIVE: broken } as unknown as Partial<Env>);
    await failing.run(8);
    expect(failing.eventsOf("watch.failed")).not.toEqual([]);
    expect(failing.eventsOf("watch.failed").every(({ part }) => part === "retention")).toBe(true);
    expect(failing.eventsOf("tick")).toHaveLength(8);
    expect(await kept()).toEqual(all.map(({ seq }) => seq));
    const ticking = failing.with({ ARCHIVE: bucket } as unknown as Partial<Env>);
    await ticking.run(20);
    expect(ticking.eventsOf("watch.failed")).toEqual([]);
    expect(await archivedLines()).toHaveLength(all.length - 1);
    await expectNewestAlone(all);
  });

  it("stays where no bucket is bound, and where nobody said sense of how long", async () => {
    await lived(1, 10);
    later();
    const all = await kept();
    await turns(4, { ARCHIVE: undefined });
    expect(await kept()).toEqual(all);
    (world.env as { ARCHIVE_AFTER_DAYS: string }).ARCHIVE_AFTER_DAYS = "7";
    await turns(4);
    expect(await kept()).toEqual(all);
    expect(world.eventsOf("retention.refused")).toHaveLength(4);
  });
});

describe("what stays at hand", () => {
  it.each([
    ["a followed order", { cadence: 360 }],
    ["a refund that waits", { hold_n: 1, hold_amount: 1, hold_reason: "partial", hold_at: NOW }],
    ["a word that waits", { word_hold_n: 1, hold_reason: "partial", hold_at: NOW }],
    ["a flag for a person", { flags: 512 }],
    ["an unknown word", { flags: 4 }],
    ["a refill under way", { refill_status: "pending", refill_id: "r1" }],
    ["a cancel under way", { cancel_status: "requested", cancel_at: NOW }],
    ["an order in error", { status: "error" }],
  ])("is the history of %s, and goes once that has ended, without being archived again", async (_what, columns) => {
    await lived(1, 10);
    const [before] = await rows("SELECT * FROM orders WHERE id = 'o3'");
    const all = await feed();
    const newest = all.at(-1)?.order;
    await setOrder("shop", "o3", columns);
    later();
    await turns(4);
    const mine = (await ordersOf(await kept())).map(({ order_id }) => order_id);
    expect(mine).toEqual([...new Set(["o3", newest ?? ""])].toSorted((a, b) => (a < b ? -1 : 1)));
    expect((await world.get("/v1/orders/o3/changes", { key })).json).toMatchObject({ archived: false });
    const objects = await archived();
    expect((await archivedLines()).length).toBe(all.length - 1);
    await setOrder("shop", "o3", Object.fromEntries(Object.keys(columns).map((name) => [name, before?.[name] ?? null])));
    world.now += DAY_MS;
    await turns(4);
    expect((await ordersOf(await kept())).map(({ order_id }) => order_id)).toEqual([newest]);
    expect(await archived()).toEqual(objects);
  });

  it("is what a webhook has still to send; and none goes back into the archive", async () => {
    const receiver = Receiver.at(world, "hook");
    const { id } = (await world.post("/v1/webhooks", key, { url: "https://hook.example/in" })).json;
    receiver.answer = () => new Response(null, { status: 500 });
    await lived(1, 10);
    const lines = await feed();
    const all = lines.map(({ seq }) => seq);
    later();
    await turns(4);
    expect(await kept()).toEqual(all);
    expect(await archived()).toEqual([]);
    const end = all.at(-2) as number;
    expect((await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { after: end } })).status).toBe(200);
    world.now += DAY_MS;
    await turns(4);
    await expectNewestAlone(lines);
    for (const after of [0, all[0] as number, end - 1]) {
      expect(codeOf(await world.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { after } }))).toEqual([410, "changes_archived"]);
      expect(codeOf(await world.post(`/v1/webhooks/${id}/replay`, key, { after }))).toEqual([410, "changes_archived"]);
    }
    expect((await world.post(`/v1/webhooks/${id}/replay`, key, { after: end })).status).toBe(202);
  });
});

describe("a crash", () => {
  /** The bucket, which fails at its n-th call (from 0), before or after it was done. */
  function faultyBucket(n: number, when: "before" | "after"): R2Bucket {
    let calls = 0;
    const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
      const isMine = calls++ === n;
      if (isMine && when === "before") throw new Error("put: Unspecified error (0)");
      const result = await run();
      if (isMine) throw new Error("put: Network connection lost.");
      return result;
    };
    return {
      put: (...args: Parameters<R2Bucket["put"]>) => guarded(() => bucket.put(...args)),
      head: (name: string) => guarded(() => bucket.head(name)),
    } as unknown as R2Bucket;
  }

  it("at any step loses nothing, and writes nothing twice", async () => {
    let runs = 0;
    const faults = [
      ...Array.from({ length: 8 }, (_, n) => ["db", n] as const),
      ...Array.from({ length: 2 }, (_, n) => ["bucket", n] as const),
      ["none", 0] as const,
    ];
    for (const [where, n] of faults)
      for (const when of ["before", "after"] as const) {
        world.now = NOW;
        await lived(1, 10);
        const all = await feed();
        later();
        const { db } = faultyDb(env.DB, n, when);
        const bindings = where === "db" ? { DB: db } : where === "bucket" ? { ARCHIVE: faultyBucket(n, when) } : {};
        await turn(bindings).catch(() => null);
        // Nothing is gone that does not stand in the bucket.
        const safe = new Set([...(await kept()), ...(await archivedLines()).map(({ seq }) => seq)]);
        expect(all.filter(({ seq }) => !safe.has(seq))).toEqual([]);
        // Meanwhile more has become old: the page stays as it was planned.
        await lived(11, 2);
        await turns(6);
        world.now += DAY_MS;
        await turns(4);
        const lines = await archivedLines();
        expect(new Set(lines.map(({ seq }) => seq)).size).toBe(lines.length);
        expect(lines.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq));
        expect((await archived()).length).toBeLessThanOrEqual(2);
        expect((await ordersOf(await kept())).map(({ order_id }) => order_id)).toEqual(["o11", "o12"]);
        runs += 1;
        const { objects } = await bucket.list();
        await Promise.all(objects.map(({ key: name }) => bucket.delete(name)));
        await clear();
        await env.DB.prepare("UPDATE panels SET feed_seq = 0").run();
        await world.provider("acme", { brake: null });
      }
    expect(runs).toBe(22);
  });

  it("of a page that was planned: it is written under the same name with the same content", async () => {
    await lived(1, 10);
    const all = await feed();
    later();
    await turn({ ARCHIVE: faultyBucket(0, "after") }).catch(() => null);
    const [first] = await archived();
    expect(await rows("SELECT archived_at FROM archived_pages")).toEqual([{ archived_at: null }]);
    expect((await kept()).length).toBe(22);
    // While it is planned, nobody reads past it in silence, and nothing of it may be deleted.
    expect((await world.get("/v1/changes?limit=1000", { key })).json.changes).toHaveLength(22);
    await expect(env.DB.prepare("DELETE FROM changes").run()).rejects.toThrow("append-only");
    await turns(4);
    expect(await archived()).toEqual([first]);
    await expectNewestAlone(all);
  });

  it("of one of two turns that meet: a page is planned once", async () => {
    await lived(1, 10);
    later();
    const minute = Math.ceil(world.now / MINUTE_MS / 16) * 16;
    world.now = minute * MINUTE_MS;
    const bindings = { ...world.env, ARCHIVE: bucket } as Env;
    const all = await feed();
    await Promise.allSettled(Array.from({ length: 4 }, () => moveOld(bindings, world.ports, minute)));
    // One that has lost may have taken the lap for done.
    for (let day = 0; day < 2; day++) {
      world.now += DAY_MS;
      await turns(4);
    }
    expect(await rows("SELECT count(*) AS pages, sum(entries) AS entries FROM archived_pages")).toEqual([
      { pages: 1, entries: all.length - 1 },
    ]);
    expect((await archivedLines()).map(({ seq }) => seq)).toEqual(all.slice(0, -1).map(({ seq }) => seq));
    await expectNewestAlone(all);
  });
});

describe("the database itself", () => {
  it("lets go only of what is in the archive, and takes no page that leaves something out", async () => {
    await lived(1, 4);
    const all = await kept();
    const plan = (first: number, last: number, entries: number) =>
      env.DB.prepare(
        "INSERT INTO archived_pages (kind, panel, first_seq, last_seq, entries, planned_at) VALUES ('changes', 'shop', ?1, ?2, ?3, 1)",
      )
        .bind(first, last, entries)
        .run();
    const [a, b, c] = all as [number, number, number];
    for (const [first, last, entries] of [
      [b, c, 2],
      [a, c, 2],
      [a, c + 1, 3],
      [a, all.at(-1) as number, all.length],
    ] as const)
      await expect(plan(first, last, entries), `${first}-${last}, ${entries}`).rejects.toThrow("must follow");
    await plan(a, b, 2);
    await expect(plan(c, c, 1)).rejects.toThrow("must follow");
    await expect(env.DB.prepare("DELETE FROM changes WHERE seq = ?1").bind(a).run()).rejects.toThrow("append-only");
    await expect(env.DB.prepare("UPDATE archived_pages SET last_seq = ?1").bind(c).run()).rejects.toThrow("as it was planned");
    await env.DB.prepare("UPDATE archived_pages SET archived_at = 2, bytes = 1, sha256 = 'x'").run();
    await expect(env.DB.prepare("UPDATE archived_pages SET archived_at = 3").run()).rejects.toThrow("as it was planned");
    await expect(env.DB.prepare("DELETE FROM archived_pages").run()).rejects.toThrow("stays on record");
    await expect(env.DB.prepare("DELETE FROM changes WHERE seq = ?1").bind(c).run()).rejects.toThrow("append-only");
    await env.DB.prepare("DELETE FROM changes WHERE seq = ?1").bind(a).run();
    expect(await kept()).toEqual(all.slice(1));
    // Nothing comes back below.
    await expect(
      env.DB.prepare(
        "INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data) VALUES ('shop', ?1, 'order.updated', 'o1', 1, '{}', '{}')",
      )
        .bind(a)
        .run(),
    ).rejects.toThrow("append-only");
  });
});

describe("what has an age", () => {
  it("goes: answers to keys, dead letters, closed alerts; without a bucket, too", async () => {
    const at = (days: number) => NOW - days * DAY_MS;
    const answer = (name: string, days: number) =>
      env.DB.prepare(
        "INSERT INTO idempotency (panel, key, request, status, answer, created_at) VALUES ('shop', ?1, 'x', 200, '{}', ?2)",
      ).bind(name, at(days));
    const letter = (name: string, days: number) =>
      env.DB.prepare("INSERT INTO dead_letters (queue_message_id, body, failed_at) VALUES (?1, '{}', ?2)").bind(name, at(days));
    const alert = (subject: string, opened: number, closed: number | null) =>
      env.DB.prepare(
        `INSERT INTO alerts (kind, subject, text, count, bad, good, opened_at, closed_at, reminders, looked_at)
         VALUES ('dead_letters', ?1, 'x', 1, 1, 1, ?2, ?3, 0, 1)`,
      ).bind(subject, at(opened), closed === null ? null : at(closed));
    await env.DB.batch([
      answer("a", 91),
      answer("b", 89),
      answer("c", 300),
      letter("old", 91),
      letter("young", 89),
      alert("closed", 200, 190),
      alert("open", 200, null),
      alert("lately", 200, 100),
      alert("newest", 200, 190),
    ]);
    await turnForAges({ ARCHIVE: undefined });
    expect(await rows("SELECT key FROM idempotency")).toEqual([{ key: "b" }]);
    expect(await rows("SELECT queue_message_id AS id FROM dead_letters")).toEqual([{ id: "young" }]);
    expect(await rows("SELECT subject FROM alerts ORDER BY id")).toEqual([
      { subject: "open" },
      { subject: "lately" },
      { subject: "newest" },
    ]);
  });

  it("goes to the archive where it is the audit trail, and stays without one", async () => {
    const add = (days: number) =>
      env.DB.prepare(
        "INSERT INTO audit (at, actor, action, subject, before, after) VALUES (?1, 'operator', 'panel.changed', 'panel:x', 'null', '{\"a\":1}')",
      )
        .bind(NOW - days * DAY_MS)
        .run();
    await env.DB.prepare("SELECT 1").run();
    const before = (await count("audit")) as number;
    for (const days of [500, 450, 410, 399]) await add(days);
    // Those of this test's own requests are younger, and stand before.
    world.now = NOW + 410 * DAY_MS;
    await turnForAges({ ARCHIVE: undefined });
    expect(await count("audit")).toBe(before + 4);
    await turnForAges();
    await turnForAges();
    const [object] = await archived();
    expect(object?.name).toMatch(/^audit\/\d+-\d+\.ndjson$/);
    expect(object?.text.trimEnd().split("\n")).toHaveLength(before + 3);
    expect(object?.text).toContain('"action":"panel.changed","subject":"panel:x"');
    expect(await count("audit")).toBe(1);
    await expect(env.DB.prepare("DELETE FROM audit").run()).rejects.toThrow("append-only");
  });
});

describe("what it costs", () => {
  it("on the free plan: pages of 250 in the evening, a row written for each change that goes", async () => {
    await lived(1, 300);
    const lines = await feed();
    const all = lines.length;
    expect(all).toBe(660);
    world.now = NOW + 120 * DAY_MS;
    await turns(4, { PLAN: "free" });
    expect(await archived()).toEqual([]);
    later();
    const costs = [];
    for (let i = 0; i < 4; i++) {
      const { db, usage } = metered(env.DB);
      await turn({ PLAN: "free", DB: db });
      costs.push(usage());
    }
    const [page, , , deletion] = costs;
    expect(page).toMatchObject({ d1_calls: 5, d1_statements: 6, rows_written: 3 });
    expect(page?.rows_read).toBeLessThanOrEqual(250 * 3 + 40);
    const goes = all - (await kept()).length;
    expect(deletion).toMatchObject({ d1_calls: 4, d1_statements: 6, rows_written: goes + 1 });
    expect(deletion?.rows_read).toBeLessThanOrEqual(all * 9);
    expect((await archivedLines()).length).toBe(all - 1);
    await expectNewestAlone(lines);
    expect(await rows("SELECT moved_today AS moved FROM ticks")).toEqual([{ moved: goes + 3 * 2 + 4 }]);
    expect((await world.get("/v1/overview")).json.day.rows_written.used).toBeGreaterThanOrEqual(all);
  });

  it("in bytes: what an order takes with all that belongs to it, and without its history", async () => {
    const size = async () => (await env.DB.prepare("SELECT 1").run()).meta.size_after;
    await lived(1, 10);
    const before = await size();
    await lived(1001, 900);
    const perOrder = ((await size()) - before) / 900;
    later();
    await turns(10);
    expect((await kept()).length).toBeLessThanOrEqual(3);
    const keptPerOrder = ((await size()) - before) / 900;
    expect(perOrder).toBeLessThan(2400);
    expect(keptPerOrder).toBeLessThan(650);
    expect((await world.get("/v1/overview")).json.database).toMatchObject({ used: await size(), limit: 10_000_000_000 });
  });
});

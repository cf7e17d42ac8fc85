/**
 * What services teach: from orders that providers end, through the feed, to the windows of new orders, the report and an alert.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { historyStatements, readNewSteps } from "../../../src/store/providers/service-history.ts";
import { learnHistory } from "../../../src/sync/watch/history.ts";
import { order } from "../world/asking.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { clear, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { answeringEach } from "../world/providers.ts";
import { World } from "../world/world.ts";

const HISTORY_MINUTE = 2;

let world: World;
let runs = 0;
let [shop, other] = ["", ""];
let words: { readonly status: string; readonly remains: string } = { status: "Pending", remains: "1000" };

beforeAll(migrate);

beforeEach(async () => {
  await clear();
  runs += 1;
  world = new World();
  await world.provider("acme", { brake: null });
  world.providers.set(
    "acme",
    answeringEach((id) => ({ charge: "0.5", start_count: "10", currency: "USD", ...words, ...(endsOther(id) ? PARTIAL : {}) })),
  );
  shop = await world.panel(`shop${runs}`);
  other = await world.panel(`other${runs}`);
});

/** What `other` has ordered ends partial where all ends well. */
const PARTIAL = { status: "Partial", remains: "500" };
const endsOther = (id: string): boolean => id.startsWith("2000") && words.status === "Completed";

const registered = (key: string, from: number, count: number, changes: Record<string, unknown> = {}) =>
  world.post(
    "/v1/orders",
    key,
    Array.from({ length: count }, (_, i) =>
      order(`o${from + i}`, {
        provider_order_id: `${key === shop ? 1 : 2}000${from + i}`,
        service: "7",
        placed_at: new Date(world.now).toISOString(),
        ...changes,
      }),
    ),
  );

/** Orders are placed, start ten minutes later, and end after forty more. */
async function lives(key: string, count: number, end: string, from = 1): Promise<void> {
  words = { status: "Pending", remains: "1000" };
  await registered(key, from, count);
  await world.run(10);
  words = { status: "In progress", remains: "900" };
  await world.run(40);
  words = { status: end, remains: end === "Completed" ? "0" : "500" };
  await world.run(10);
}

/** Lets time pass until history was made. */
async function learn(): Promise<void> {
  do await world.run(1);
  while (Math.floor(world.now / MINUTE_MS) % 20 !== HISTORY_MINUTE + 1);
}

const windowsOf = async (key: string, id: string) => (await world.get(`/v1/orders/${id}`, { key })).json.expected as unknown;
const report = async () => (await world.get("/v1/reports/services")).json;

describe("what a panel's orders teach", () => {
  it("is what the panel's next orders may be expected to take, and nobody else's", async () => {
    await lives(shop, 20, "Completed");
    await learn();
    await registered(shop, 100, 1);
    await registered(other, 100, 1);
    const placed = world.now;
    const expected = await windowsOf(shop, "o100");
    expect(expected).toEqual({
      start_by: new Date(placed + 15 * MINUTE_MS).toISOString(),
      end_by: new Date(placed + 60 * MINUTE_MS).toISOString(),
    });
    expect(await windowsOf(other, "o100")).toBeNull();
    // What is given goes before it.
    const give = (minutes: number | null) => world.ask("PUT", "/v1/providers/acme/services/7", { body: { start_minutes: minutes } });
    await give(5);
    await registered(shop, 101, 1);
    expect(await windowsOf(shop, "o101")).toMatchObject({ start_by: new Date(placed + 5 * MINUTE_MS).toISOString() });
    await give(null);
  });

  it("flags the next order that starts too late", async () => {
    await lives(shop, 20, "Completed");
    await learn();
    words = { status: "Pending", remains: "1000" };
    await registered(shop, 100, 1);
    await world.run(30);
    expect((await world.get("/v1/orders/o100", { key: shop })).json.flags).toEqual(["overdue"]);
  });

  it("is too little of fewer than twenty orders", async () => {
    await lives(shop, 19, "Completed");
    await learn();
    await registered(shop, 100, 1);
    expect(await windowsOf(shop, "o100")).toBeNull();
  });
});

describe("the report on services", () => {
  it("has how orders of all panels ended and how long they took, and counts nothing twice", async () => {
    await registered(other, 1, 1);
    await lives(shop, 3, "Completed");
    await learn();
    const before = await report();
    expect(before).toMatchObject({
      truncated: false,
      services: [
        {
          provider: "acme",
          service: "7",
          orders: 4,
          partial_rate: 0.25,
          cancel_rate: 0,
          start: { median_minutes: 12, p90_minutes: 12 },
          before: { orders: 0, partial_rate: null, start: null },
          trend: null,
        },
      ],
    });
    for (let i = 0; i < 3; i++) await learnHistory(env.DB, world.ports, HISTORY_MINUTE);
    expect(await report()).toEqual(before);
    await expect(rows("SELECT count(*) AS n FROM service_history")).resolves.toEqual([{ n: 2 }]);
  });

  it("takes the feeds from their beginning, panel by panel, however little it takes at once, and reads no more than it takes", async () => {
    await lives(shop, 6, "Completed");
    await lives(other, 6, "Completed", 50);
    await rows("UPDATE panels SET history_seq = iif(id = ?1, 1, 0)", `shop${runs}`);
    const wanted = await rows<{ panel: string; seq: number }>(
      "SELECT c.panel, c.seq FROM changes c WHERE c.panel IN (?1, ?2) ORDER BY c.panel = ?1, c.seq",
      `shop${runs}`,
      `other${runs}`,
    );
    const taken: { panel: string; from: number; to: number }[] = [];
    for (let turn = 0; turn < wanted.length; turn++) {
      const { db, usage } = metered(env.DB);
      const { places } = await readNewSteps(db, 7);
      const panels = await rows("SELECT id FROM panels");
      expect(usage().rows_read).toBeLessThan(3 * panels.length + 7 * 5);
      if (places.length === 0) break;
      taken.push(...places);
      const counted = { places, histories: [], figures: { orders: [], refunds: [] } };
      await env.DB.batch(historyStatements(env.DB, counted, { today: 1, now: 1 }));
    }
    // Each turn goes on where the last one ended, and has the next changes and no others.
    for (const panel of [`other${runs}`, `shop${runs}`]) {
      const own = taken.filter((place) => place.panel === panel);
      const seqs = wanted.filter((change) => change.panel === panel).map(({ seq }) => seq);
      expect(own.map(({ from }) => from).slice(1)).toEqual(own.map(({ to }) => to).slice(0, -1));
      expect(own.at(-1)?.to).toBe(seqs.at(-1));
      const counts = own.map(({ from, to }) => seqs.filter((seq) => seq > from && seq <= to).length);
      expect(Math.max(...counts)).toBeLessThanOrEqual(7);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(seqs.length);
    }
  });

  it("costs a few rows read a change, and a row written a service and a panel", async () => {
    await lives(shop, 3, "Completed");
    await learn();
    await rows("UPDATE panels SET history_seq = 0 WHERE id = ?1", `shop${runs}`);
    const { db, usage } = metered(env.DB);
    await learnHistory(db, world.ports, HISTORY_MINUTE);
    // Nine changes, six of them with their order; the rest are the panels. The history, its place, the hour of the changes and this one.
    expect(usage()).toMatchObject({ rows_written: 4 });
    const [panels] = await rows<{ n: number }>("SELECT count(*) AS n FROM panels");
    expect(usage().rows_read).toBeLessThan(2 * (panels?.n ?? 0) + 50);
  });

  it.each([
    ["from=2026-11-22&to=2026-11-21", "must be later than from"],
    ["from=2026-01-01&to=2026-11-21", "is more than 92 days after from"],
  ])("refuses %s", async (query, message) => {
    const { status, json } = await world.get(`/v1/reports/services?${query}`);
    expect([status, json.error.details.fields]).toEqual([422, [{ path: "to", message: expect.stringContaining(message) }]]);
  });
});

type Slot = {
  at: string;
  hours_counted: number;
  orders: Record<string, number> | null;
  refunds: { count: number; amounts: unknown[] } | null;
  providers: { provider: string; calls: number; failed_calls: number; lag_seconds: number | null }[] | null;
};
const days = async (query = "") => (await world.get(`/v1/reports/days${query}`)).json.slots as Slot[];
const DAY_MS = 24 * 60 * MINUTE_MS;

describe("the report on days", () => {
  it("has how orders of all panels ended, what was refunded and how polls went, and counts nothing twice", async () => {
    await world.panel(`euro${runs}`, "EUR");
    await registered(other, 1, 2);
    await registered(shop, 90, 1, { currency: "EUR" });
    await lives(shop, 3, "Completed");
    await learn();
    const before = await days();
    expect(before.at(-1)).toMatchObject({
      at: "2026-11-21T00:00:00.000Z",
      orders: { completed: 4, partial: 2, canceled: 0, refunded: 0 },
      refunds: { count: 2, amounts: [{ currency: "USD", count: 2, amount: "0.9", taken_back: "0" }] },
    });
    expect(before).toHaveLength(30);
    // Nobody looked before: that is not zero.
    expect(before.at(-2)).toEqual({ at: "2026-11-20T00:00:00.000Z", hours_counted: 0, orders: null, refunds: null, providers: null });
    const [polled] = before.at(-1)?.providers ?? [];
    expect(polled).toMatchObject({ provider: "acme", failed_calls: 0, lag_seconds: 0 });
    expect(polled?.calls).toBe(world.calls.filter(({ action }) => action === "status").length);
    for (let i = 0; i < 3; i++) await learnHistory(env.DB, world.ports, HISTORY_MINUTE);
    expect(await days()).toEqual(before);
    // By hour the same, in the hours in which it happened.
    const hours = await days("?by=hour");
    expect(hours).toHaveLength(24);
    expect(hours.reduce((sum, { orders }) => sum + (orders?.completed ?? 0), 0)).toBe(4);
    expect(hours.reduce((sum, { providers }) => sum + (providers?.[0]?.calls ?? 0), 0)).toBe(polled?.calls);
  });

  it("says by how much an outage made looks late, and which calls failed", async () => {
    words = { status: "In progress", remains: "900" };
    await registered(shop, 1, 5);
    await world.run(10);
    const answers = world.providers.get("acme");
    world.providers.set("acme", () => new Response("down", { status: 502 }));
    await world.run(20);
    if (answers !== undefined) world.providers.set("acme", answers);
    await world.run(10);
    const [polled] = (await days()).at(-1)?.providers ?? [];
    expect(polled?.failed_calls).toBeGreaterThan(10);
    expect(polled?.lag_seconds).toBeGreaterThanOrEqual(18 * 60);
    expect(polled?.lag_seconds).toBeLessThanOrEqual(22 * 60);
  });

  it("keeps a day's calls once it is over, without counting them again", async () => {
    await registered(shop, 1, 2);
    await world.run(5);
    const [today] = (await days()).at(-1)?.providers ?? [];
    world.now += DAY_MS - (world.now % DAY_MS) + HISTORY_MINUTE * MINUTE_MS;
    await learnHistory(env.DB, world.ports, HISTORY_MINUTE);
    await expect(rows("SELECT provider, calls FROM provider_days")).resolves.toEqual([{ provider: "acme", calls: today?.calls }]);
    expect((await days()).at(-2)?.providers).toEqual([today]);
    const { db, usage } = metered(env.DB);
    await learnHistory(db, world.ports, HISTORY_MINUTE);
    // The hour alone: that it was looked at.
    expect(usage().rows_written).toBe(1);
    // The hours of the provider's row are gone after three days, and the day stays.
    await rows("UPDATE providers SET hours = '[]'");
    world.now += 10 * DAY_MS;
    expect((await days()).find(({ at }) => at.startsWith("2026-11-21"))?.providers).toEqual([today]);
    world.now += 190 * DAY_MS + 3 * 60 * MINUTE_MS;
    await learnHistory(env.DB, world.ports, HISTORY_MINUTE);
    await expect(rows("SELECT * FROM provider_days")).resolves.toEqual([]);
    await expect(rows("SELECT count(*) AS n FROM order_hours")).resolves.toEqual([{ n: 1 }]);
  });

  it("costs 96 rows written a day, as many a currency, and one a provider, however much ends", async () => {
    world.now += DAY_MS - (world.now % DAY_MS) + HISTORY_MINUTE * MINUTE_MS;
    await learnHistory(env.DB, world.ports, HISTORY_MINUTE);
    await rows(`UPDATE providers SET hours = json_array(json_array(${Math.floor(world.now / 3_600_000) - 3}, 7, 0, NULL))`);
    let [written, read] = [0, 0];
    for (let turn = 0; turn < 72; turn++) {
      // Each minute an order of one panel ends, and has a refund.
      await rows(
        `INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data)
         WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 20)
         SELECT ?1, (?2 + n * 60000) * 1000 + k.key, iif(k.key = 0, 'order.updated', 'refund.posted'), 'none', ?2 + n * 60000,
           '{"status":"in_progress"}', iif(k.key = 0, '{"status":"partial"}', '{"amount":"0.5","currency":"USD"}')
         FROM c CROSS JOIN json_each('[1,2]') k`,
        `shop${runs}`,
        world.now,
      );
      world.now += 20 * MINUTE_MS;
      await rows("UPDATE panels SET feed_seq = ?2 WHERE id = ?1", `shop${runs}`, world.now * 1000);
      const { db, usage } = metered(env.DB);
      await learnHistory(db, world.ports, HISTORY_MINUTE);
      // The place in the panel's feed is the services' history's.
      written += usage().rows_written - 1;
      read += usage().rows_read;
    }
    expect(written).toBeLessThanOrEqual(96 + 96 + 1);
    expect(written).toBeGreaterThan(150);
    const told = (await days()).slice(-2);
    expect(told.reduce((sum, { orders }) => sum + (orders?.partial ?? 0), 0)).toBe(72 * 20);
    const { rows_read } = await world.costOf((metering) => metering.get("/v1/reports/days?to=2027-01-01"));
    const [{ providers } = { providers: 0 }] = await rows<{ providers: number }>("SELECT count(*) AS providers FROM providers");
    // An hour and its currency, and the providers.
    expect(rows_read).toBeLessThanOrEqual(2 * 2 * 26 + 4 * providers + 10);
    const [{ panels } = { panels: 0 }] = await rows<{ panels: number }>("SELECT count(*) AS panels FROM panels");
    // The changes are read for the services' history, a row each and some more; the hours take some dozen rows a turn.
    expect(read).toBeLessThanOrEqual(72 * 20 * 2 * 2 + 72 * (panels + 25));
    let [quietWritten, quietRead] = [0, 0];
    for (let turn = 0; turn < 72; turn++) {
      world.now += 20 * MINUTE_MS;
      const { db, usage } = metered(env.DB);
      await learnHistory(db, world.ports, HISTORY_MINUTE);
      quietWritten += usage().rows_written;
      quietRead += usage().rows_read;
    }
    // That an hour was looked at; the panels, each with its newest change, and the providers after midnight.
    expect(quietWritten).toBe(72);
    expect(quietRead).toBeLessThanOrEqual(72 * (2 * panels + 10) + 9 * 4 * providers);
  });

  it("keeps sums of the panels' own currencies, however many others a panel names in an hour", async () => {
    const posted = (panel: string, amounts: readonly (readonly [amount: string, currency: string])[]) =>
      rows(
        `INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data)
         SELECT ?1, ?2 * 1000 + key, 'refund.posted', 'none', ?2, '{}', json_object('amount', value->>0, 'currency', value->>1) FROM json_each(?3)`,
        panel,
        world.now,
        JSON.stringify(amounts),
      );
    const turn = async (): Promise<void> => {
      world.now += MINUTE_MS;
      await rows("UPDATE panels SET feed_seq = ?1 WHERE id IN (?2, ?3)", world.now * 1000, `shop${runs}`, `other${runs}`);
      await learnHistory(env.DB, world.ports, HISTORY_MINUTE);
    };
    const names = Array.from({ length: 12 }, (_, i) => `H${String.fromCodePoint(65 + i)}H`);
    for (let i = 0; i < 40; i++)
      await posted(
        `shop${runs}`,
        names.map((name) => ["9007199254.740991", name] as const),
      ).then(turn);
    await posted(`other${runs}`, [
      ["1.5", "USD"],
      ["1", "GBP"],
    ]);
    await turn();
    const { refunds } = (await days("?by=hour")).findLast(({ refunds: of }) => of !== null && of.count > 0) ?? {};
    const amounts = (refunds?.amounts ?? []) as { currency: string; amount: string }[];
    expect(amounts.find(({ currency }) => currency === "USD")?.amount).toBe("1.5");
    expect(amounts.map(({ currency }) => currency)).not.toContain("GBP");
    expect(amounts.length).toBeLessThanOrEqual(9);
    // A sum that the database could not add stops.
    expect(amounts[0]?.amount).toBe("300000000000");
  });

  it.each([
    ["from=2026-11-22&to=2026-11-21", "must be later than from"],
    ["from=2026-01-01&to=2026-11-21", "is more than 92 days after from"],
    ["by=hour&from=2026-11-01&to=2026-11-21", "is more than 72 hours after from"],
  ])("refuses %s", async (query, message) => {
    const { status, json } = await world.get(`/v1/reports/days?${query}`);
    expect([status, json.error.details.fields]).toEqual([422, [{ path: "to", message: expect.stringContaining(message) }]]);
  });
});

describe("a service whose orders end badly", () => {
  it("is told of once, and not any more when they end well", async () => {
    await lives(shop, 12, "Partial");
    await learn();
    await world.run(9);
    const open = async () =>
      ((await world.get("/v1/alerts?open=true")).json.alerts as { kind: string; subject: string }[]).filter(
        ({ kind }) => kind === "service_quality",
      );
    expect(await open()).toMatchObject([{ subject: "acme/7" }]);
    await lives(shop, 40, "Completed", 200);
    await learn();
    await world.run(15);
    expect(await open()).toEqual([]);
  });
});

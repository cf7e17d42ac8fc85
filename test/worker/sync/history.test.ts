/**
 * What services teach: from orders that providers end, through the feed, to the windows of new orders, the report and an alert.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readNewSteps, writeHistory } from "../../../src/store/providers/service-history.ts";
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
      await writeHistory(env.DB, places, [], { today: 1, now: 1 });
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
    // Nine changes, six of them with their order; the rest are the panels, and the history and its place.
    expect(usage()).toMatchObject({ rows_written: 2 });
    const [panels] = await rows<{ n: number }>("SELECT count(*) AS n FROM panels");
    expect(usage().rows_read).toBeLessThan(2 * (panels?.n ?? 0) + 40);
  });

  it.each([
    ["from=2026-11-22&to=2026-11-21", "must be later than from"],
    ["from=2026-01-01&to=2026-11-21", "is more than 92 days after from"],
  ])("refuses %s", async (query, message) => {
    const { status, json } = await world.get(`/v1/reports/services?${query}`);
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

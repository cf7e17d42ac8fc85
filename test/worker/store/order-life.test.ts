/**
 * What a whole life of an order costs in billed rows, step by step, and what a day of such lives comes to on the free plan.
 */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { planLimitsOf } from "../../../src/domain/plan-limits.ts";
import { progressStretchOf } from "../../../src/domain/progress-pace.ts";
import { order } from "../world/asking.ts";
import { migrate, MINUTE_MS, rows } from "../world/database.ts";
import { answeringEach } from "../world/providers.ts";
import { Receiver } from "../world/receiving.ts";
import { World } from "../world/world.ts";

const HOUR_MS = 60 * MINUTE_MS;
/** Rows written with an end: the order's, its turn, its change; and with a refund: itself, its status's, its change. */
const [END, REFUND] = [3, 3];
/** Rows read at most: in a life without its polls; for an order of a poll (held in budgets.test.ts); for an order that a script asks after; by a tick and its watch. */
const [READ_A_LIFE, READ_A_LOOK, READ_AN_ASK, READ_A_TICK] = [400, 1.1, 2.2, 250];
type Rows = { readonly written: number; readonly read: number };

/** Written for a minute or a day and not for an order: ticks, providers' states and lists, what services teach, the ledger check, a key's use. */
const OF_THE_TIME =
  /^\s*(UPDATE (ticks|keys|audits_of_books|providers SET|panels SET history_seq)|INSERT INTO (service_history|provider_services|alerts))/;
/** What ticks and sweeps look for, they look for whatever happens to an order: its polls are counted by themselves. */
const LOOKS = /^\s*(SELECT|WITH)/;

/** D1 that counts the rows of orders. */
class Counted {
  readonly #orders = { written: 0, read: 0 };
  #isRequest = false;
  readonly db: D1Database;

  constructor(inner: D1Database) {
    const counted = (sql: string, { meta }: D1Result): void => {
      if (OF_THE_TIME.test(sql)) return;
      this.#orders.written += meta.rows_written;
      if (this.#isRequest || !LOOKS.test(sql)) this.#orders.read += meta.rows_read;
    };
    type Statement = { readonly sql: string; readonly inner: D1PreparedStatement };
    const wrap = (sql: string, statement: D1PreparedStatement): Statement => {
      const all = async () => {
        const result = await statement.all();
        counted(sql, result);
        return result;
      };
      const first = async () => (await all()).results[0] ?? null;
      return { sql, inner: statement, bind: (...values: unknown[]) => wrap(sql, statement.bind(...values)), all, run: all, first } as never;
    };
    const batch = async (statements: readonly Statement[]) => {
      const results = await inner.batch(statements.map((each) => each.inner));
      for (const [i, result] of results.entries()) counted(statements[i]?.sql ?? "", result);
      return results;
    };
    this.db = { prepare: (sql: string) => wrap(sql, inner.prepare(sql)), batch } as never;
  }

  /** What some work costs. Of a request all that is read, of minutes what is read to write. */
  async costOf(work: () => Promise<unknown>, isRequest = false): Promise<Rows> {
    const { written, read } = this.#orders;
    this.#isRequest = isRequest;
    await work();
    return { written: this.#orders.written - written, read: this.#orders.read - read };
  }
}

const counted = new Counted(env.DB);
const world = new World({ PLAN: "free", DB: counted.db });
let key = "";

const SERVICES = [{ service: "1", name: "Followers", category: "x", rate: "0.9", min: "10", max: "100000", type: "Default" }];

function says(status: string, remains: number): void {
  const each = answeringEach(() => ({ charge: "0.9", start_count: "10", status, remains: String(remains), currency: "USD" }));
  world.providers.set("acme", (ids, fields) => {
    const action = fields.get("action");
    return action === "add" ? { order: 900 } : action === "services" ? SERVICES : each(ids, fields);
  });
}

async function minuteAfter(ms: number): Promise<void> {
  world.now += ms;
  await world.run(1);
}

/** All turns of an hour: a tick makes up a quarter of it. */
async function hourAfter(ms: number): Promise<void> {
  world.now += ms;
  for (let i = 0; i < 5; i++) await minuteAfter(14 * MINUTE_MS);
}

type Life = {
  readonly taken: () => Promise<unknown>;
  readonly end: readonly [status: string, remains: number];
  readonly told: () => Promise<unknown>;
};

/** An order's life; it is told to a script, or shown, before it is closed. */
async function costsOf({ taken, end, told }: Life): Promise<Record<string, Rows>> {
  says("Pending", 1000);
  const steps: readonly (readonly [step: string, work: () => Promise<unknown>, isRequest?: true])[] = [
    ["taken", taken, true],
    ["first poll", () => minuteAfter(0)],
    ["start", () => (says("In progress", 1000), minuteAfter(3 * MINUTE_MS))],
    ["progress", () => (says("In progress", 700), minuteAfter(45 * MINUTE_MS))],
    ["a look that learns nothing", () => minuteAfter(15 * MINUTE_MS)],
    ["end", () => (says(...end), minuteAfter(15 * MINUTE_MS))],
    ["told", told, true],
    ["a day after its end", () => hourAfter(25 * HOUR_MS)],
    ["closed", () => hourAfter(48 * HOUR_MS)],
  ];
  const costs: Record<string, Rows> = {};
  for (const [step, work, isRequest] of steps) costs[step] = await counted.costOf(work, isRequest);
  return costs;
}

const writtenOf = (costs: Record<string, Rows>) => Object.fromEntries(Object.entries(costs).map(([step, { written }]) => [step, written]));
const sumOf = (costs: Record<string, Rows>, of: keyof Rows) => Object.values(costs).reduce((sum, cost) => sum + cost[of], 0);

let added: Record<string, Rows> = {};
let registered: Record<string, Rows> = {};

beforeAll(async () => {
  await migrate();
  key = await world.panel("shop");
  await world.provider("acme", { brake: null });
  await rows("UPDATE providers SET many = 'yes'");
  // The first order of a service has its list fetched.
  says("Pending", 1000);
  await world.apiV2(key, { action: "services" }, "acme");
});

it("an order that a script places and that is refunded is written with 23 rows, from its `add` to its closing", async () => {
  added = await costsOf({
    taken: () => world.apiV2(key, { action: "add", service: "1", link: "https://x.example/1", quantity: "1000" }, "acme"),
    end: ["Partial", 250],
    told: () => world.apiV2(key, { action: "status", order: "900" }, "acme"),
  });
  expect(await rows("SELECT status, cadence, refunded, told IS NOT NULL AS told FROM orders")).toEqual([
    { status: "partial", cadence: null, refunded: 225_000, told: 1 },
  ]);
  // Taken: its row and three indexes, its number; its ids with their indexes and its turn, its first change.
  expect(writtenOf(added)).toEqual({
    taken: 10,
    "first poll": 1,
    start: 2,
    progress: 2,
    "a look that learns nothing": 0,
    end: END + REFUND,
    told: 1,
    "a day after its end": 0,
    closed: 1,
  });
  expect(sumOf(added, "read")).toBeLessThanOrEqual(READ_A_LIFE);
}, 60_000);

it("one that is registered and completes is written with 16", async () => {
  registered = await costsOf({
    taken: () => world.post("/v1/orders", key, [order("r1", { provider_order_id: "901", service: "1", link: "https://x.example/2" })]),
    end: ["Completed", 0],
    told: () => world.get("/v1/orders/r1", { key }),
  });
  expect(writtenOf(registered)).toEqual({
    taken: 7,
    "first poll": 1,
    start: 2,
    progress: 2,
    "a look that learns nothing": 0,
    end: END,
    told: 0,
    "a day after its end": 0,
    closed: 1,
  });
  expect(sumOf(registered, "read")).toBeLessThanOrEqual(READ_A_LIFE);
}, 60_000);

it("a webhook delivery is written with two, however many orders it tells of", async () => {
  const receiver = Receiver.at(world, "hook");
  await world.post("/v1/webhooks", key, { url: "https://hook.example/in" });
  says("Pending", 1000);
  const some = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => order(`w${first + i}`, { provider_order_id: String(first + i) }));
  await world.post("/v1/orders", key, some(1000, 20));
  const { written } = await counted.costOf(() => minuteAfter(MINUTE_MS));
  expect(receiver.received).toHaveLength(1);
  // Each order's first poll is a row.
  expect(written).toBe(20 + 2);
});

it("a day of 4,000 new orders among 20,000 at work is within the free plan's rows, with what each of them costs", () => {
  const [orders, slow, ended, minutes, providers] = [4000, 17_600, 12_000, 24 * 60, 3];
  const followed = orders + slow + ended;
  const [adds, refunds, processings] = [0.6, 0.12, 0.5];
  // Six in ten are placed by a script, one in eight is refunded, every other one is `processing` before it starts.
  const ofLife = adds * (sumOf(added, "written") - REFUND) + (1 - adds) * sumOf(registered, "written");
  const written =
    orders * (ofLife + refunds * REFUND + processings * (added["start"]?.written ?? 0)) +
    // Ticks, providers' states, a webhook's deliveries; progress of what is delivered for weeks; lists, hints, checks, what services teach.
    minutes * (1 + providers + 2) +
    slow / progressStretchOf("free", { followed, rowsToday: 0 }) +
    1500;
  expect(written).toBeGreaterThan(80_000);
  expect(written).toBeLessThanOrEqual(planLimitsOf("free").rowsWritten ?? 0);

  // Looks an hour at what is delivered for weeks and at what has ended; and at a new order, on average, until its end.
  const looks = 24 * (slow + ended) + orders * 100;
  const asked = minutes * 2 * 100 * READ_AN_ASK;
  const read = looks * READ_A_LOOK + orders * Math.max(sumOf(added, "read"), sumOf(registered, "read")) + asked + minutes * READ_A_TICK;
  expect(read).toBeLessThanOrEqual(5_000_000);
});

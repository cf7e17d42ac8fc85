/** A whole day of a small operator's business in simulated time, under the free plan's limits as hard errors. */
import { progressStretchOf } from "../../src/domain/progress-pace.ts";
import { stateAt } from "../../simulator/life.ts";
import { replaceProvider } from "../../simulator/world.ts";
import { NO_FAULTS } from "../../simulation/background-faults.ts";
import { Draws } from "../../simulation/draws.ts";
import { ruleGlobals } from "../../simulation/globals.ts";
import { MINUTE_MS, System } from "../../simulation/system.ts";
import { openMeteredD1 } from "./database.ts";
import { FreePlan, type Used } from "./limits.ts";
import { DAY_MS, lifeFrom, LONGEST_DAYS, momentOf } from "./lives.ts";
import { type Asking, type Owned, People, SHOP, SITE } from "./people.ts";

export type DayOptions = {
  readonly asking: Asking;
  readonly newOrders: number;
  /** Customers who look at an order. */
  readonly visits: number;
  /** Minutes that are played; a day has 1,440. */
  readonly minutes: number;
};

export type DayFigures = {
  readonly asking: Asking;
  readonly active_orders: number;
  readonly new_orders: number;
  readonly put_off: number;
  readonly used: Used;
  readonly most_in_an_invocation: { readonly subrequests: number; readonly statements: number };
  readonly refused: Readonly<Record<string, number>>;
  /** From an order's end at its provider until it is on record here, in minutes. */
  readonly detection: { readonly ends: number; readonly mean: number; readonly p95: number; readonly most: number };
  /** Orders that were taken and are not shown as they are, an hour and a quarter after the day. */
  readonly wrong: readonly string[];
  /** Orders that were not taken by then, by the last answer to their panel, which tries them again. */
  readonly not_taken: Readonly<Record<string, number>>;
  /** Orders that their panel takes for refused, and that are on record. */
  readonly unawares: number;
  readonly webhooks: number;
  /** What the overview said at the end of the day. */
  readonly told: { readonly rows_written: number; readonly queue_operations: number };
  readonly alerts: readonly string[];
  readonly answers: Readonly<Record<string, number>>;
  /** Statements that wrote or read the most. */
  readonly statements: readonly { readonly sql: string; readonly runs: number; readonly read: number; readonly written: number }[];
};

const MIDNIGHT = Date.UTC(2026, 10, 2);
const SET_UP_MINUTES = 40;
const REGISTERED_AT_ONCE = 1000;
const SETTLING_MS = 3 * DAY_MS;
/** The slowest cadence of what is at work, and a bit. */
const REST_MINUTES = 75;
const DAY_MINUTES = 1440;
const PROVIDERS = ["acme", "basil", "cedar"] as const;

/** Plays it. `step` hears of each minute that has passed. */
export async function playDay(options: DayOptions, step: (minute: number) => void): Promise<DayFigures> {
  let plan: FreePlan | null = null;
  const backend = await openMeteredD1((sql, rows) => plan?.billed(sql, rows));
  try {
    const of = new FreePlan(() => system.queue.sent + system.queue.deliveries + system.queue.acknowledged);
    plan = of;
    const system: System = new System({
      seed: 1,
      backend,
      rates: NO_FAULTS,
      plan: "paid",
      startsAt: MIDNIGHT - SET_UP_MINUTES * MINUTE_MS,
      limits: of,
    });
    const letGo = ruleGlobals(system.scheduler);
    try {
      return await play(system, of, options, step);
    } finally {
      letGo();
    }
  } finally {
    await backend.close();
  }
}

async function play(system: System, plan: FreePlan, options: DayOptions, step: (minute: number) => void): Promise<DayFigures> {
  const providers = PROVIDERS.map((name) => replaceProvider(system.world, name, { balance: "1000000" }));
  const people = new People(system, plan, providers);
  await prepare(system, people, options.newOrders);
  const active = people.owned.filter(({ order }) => endOf(order) > MIDNIGHT).length;
  system.plan = "free";
  plan.startDay();
  await live({ system, plan, people }, options, step);
  const { used } = plan;
  // Midnight: what the platform has refused is made up.
  plan.isOn = false;
  const end = system.now;
  for (let minute = 0; minute < REST_MINUTES; minute++) await system.pass(1);
  await system.scheduler.runUntil(system.now + MINUTE_MS);
  return {
    asking: options.asking,
    active_orders: active,
    new_orders: people.placed,
    put_off: people.putOff,
    used,
    most_in_an_invocation: plan.most,
    refused: Object.fromEntries(plan.refused),
    ...(await outcomeOf(system, people, end)),
    webhooks: people.webhooks,
    told: people.toldOfDay,
    alerts: people.alerts,
    answers: Object.fromEntries([...people.answers].toSorted(([, a], [, b]) => b - a)),
    statements: topOf(plan),
  };
}

/** What is there when the day begins, with nothing counted of what that took. */
async function prepare(system: System, people: People, newOrders: number): Promise<void> {
  await during(system, setUp(people, newOrders));
  while (system.now < MIDNIGHT - MINUTE_MS) await system.pass(1);
  await during(system, people.follow());
  await system.scheduler.runUntil(MIDNIGHT - 1);
  await backdate(system, people.owned);
}

type Stage = { readonly system: System; readonly plan: FreePlan; readonly people: People };

/** The minutes of the day, with all that happens in them. */
async function live({ system, plan, people }: Stage, options: DayOptions, step: (minute: number) => void): Promise<void> {
  const draws = new Draws(1, "day");
  const end = MIDNIGHT + options.minutes * MINUTE_MS;
  for (let i = 0; i < options.newOrders; i++) {
    const at = momentOf(MIDNIGHT, draws);
    const quantity = draws.between(10, 3000);
    if (at < end) system.scheduler.in(at - system.now, () => people.buy(quantity));
  }
  for (let minute = 0; minute < options.minutes; minute++) {
    step(minute);
    if (plan.takesRequests) await system.pass(1);
    else await system.scheduler.runUntil(MIDNIGHT + minute * MINUTE_MS);
    const visitsUntil = (minutes: number): number => Math.floor((minutes * options.visits) / DAY_MINUTES);
    people.act(options.asking, visitsUntil(minute + 1) - visitsUntil(minute), minute);
    for (const owned of people.owned) {
      const at = endOf(owned.order);
      if (owned.provider === people.providerWithHook && at > system.now - MINUTE_MS && at <= system.now) people.hint(owned);
    }
  }
  await system.scheduler.runUntil(end - 1);
}

const SHOWN_STATEMENTS = 25;

function topOf({ bySql }: FreePlan): DayFigures["statements"] {
  const all = [...bySql].map(([sql, rows]) => ({ sql: sql.replaceAll(/\s+/g, " ").slice(0, 200), ...rows }));
  const most = (by: "read" | "written") => all.toSorted((a, b) => b[by] - a[by]).slice(0, SHOWN_STATEMENTS);
  return [...new Set([...most("written"), ...most("read")])];
}

/** What is there when the day begins: orders of the last weeks that are at work, and those that have ended in the last days. */
async function setUp(people: People, newOrders: number): Promise<void> {
  await people.setUp();
  const draws = new Draws(1, "before");
  for (let i = 0; i < newOrders * LONGEST_DAYS; i++) {
    const placedAt = MIDNIGHT - Math.floor((i / newOrders) * DAY_MS) - SET_UP_MINUTES * MINUTE_MS;
    const life = lifeFrom(placedAt, draws.between(10, 3000), draws);
    if ((life.steps.at(-1)?.at ?? 0) > MIDNIGHT - SETTLING_MS) people.place(placedAt, life);
  }
  for (const panel of [SHOP, SITE]) {
    const own = people.owned.filter((owned) => owned.panel === panel);
    for (let i = 0; i < own.length; i += REGISTERED_AT_ONCE) await people.register(own.slice(i, i + REGISTERED_AT_ONCE), panel);
  }
}

/** What is on record looks as if it had been followed all along: ends stand when they came, and writes lie apart. */
async function backdate(system: System, owned: readonly Owned[]): Promise<void> {
  const ended = owned.flatMap(({ provider, order }) => {
    const at = endOf(order);
    return at > MIDNIGHT ? [] : [[provider, order.id, at, at - order.placedAt < DAY_MS ? 60 : 360]];
  });
  await updateOrders(system, "final_at = j.value->>2, cadence = j.value->>3", "final_at IS NOT NULL", ended);
  // What is delivered for days was last written at any time of the days that progress is apart, with what was delivered then.
  const apartMs = DAY_MS * progressStretchOf("free", { followed: owned.length, rowsToday: 0 });
  const slow = owned.flatMap(({ provider, order }, i) => {
    const at = MIDNIGHT - Math.floor(apartMs * ((i * GOLDEN) % 1));
    const { status, remains } = stateAt(order.life, at);
    return endOf(order) > MIDNIGHT && order.placedAt < MIDNIGHT - apartMs && status === "in_progress"
      ? [[provider, order.id, at, remains]]
      : [];
  });
  await updateOrders(system, "progress_at = j.value->>2, remains = j.value->>3", "status = 'in_progress'", slow);
}

/** Spreads evenly, in whatever order. */
const GOLDEN = 0.618_033_988_749;

async function updateOrders(system: System, set: string, where: string, rows: readonly unknown[]): Promise<void> {
  const sql = `UPDATE orders SET ${set} FROM json_each(?1) j
    WHERE provider = j.value->>0 AND provider_order_id = j.value->>1 AND ${where}`;
  for (let i = 0; i < rows.length; i += REGISTERED_AT_ONCE)
    await system.backend.run([{ sql, params: [JSON.stringify(rows.slice(i, i + REGISTERED_AT_ONCE))] }]);
}

function endOf({ life }: Owned["order"]): number {
  return (life.steps.at(-1) ?? life.steps[0]).at;
}

type Outcome = Pick<DayFigures, "detection" | "wrong" | "not_taken" | "unawares">;

async function outcomeOf(system: System, { owned: all, taken, refusals }: People, end: number): Promise<Outcome> {
  const [found] = await system.backend.run([{ sql: "SELECT provider, provider_order_id AS id, status, final_at FROM orders", params: [] }]);
  const rows = new Map((found?.results ?? []).map((row) => [`${String(row["provider"])}/${String(row["id"])}`, row]));
  const delays: number[] = [];
  const wrong: string[] = [];
  const notTaken: Record<string, number> = {};
  let unawares = 0;
  for (const owned of all) {
    const { provider, order } = owned;
    const row = rows.get(`${provider}/${order.id}`);
    if (!taken.has(owned)) {
      const answer = refusals.get(owned) ?? "none yet";
      if (row === undefined) notTaken[answer] = (notTaken[answer] ?? 0) + 1;
      else unawares += 1;
      continue;
    }
    const at = endOf(order);
    if (at > MIDNIGHT && at <= end && row?.["final_at"] != null) delays.push((Number(row["final_at"]) - at) / MINUTE_MS);
    // What has moved since may not have been looked at yet.
    const { status } = stateAt(order.life, system.now);
    const isSteady = stateAt(order.life, system.now - REST_MINUTES * MINUTE_MS).status === status;
    if (isSteady && row?.["status"] !== status)
      wrong.push(`${provider}/${order.id} is ${status}, and shown as ${row === undefined ? "nothing" : String(row["status"])}`);
  }
  const sorted = delays.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, delay) => sum + delay, 0) / sorted.length;
  return {
    detection: { ends: sorted.length, mean, p95: sorted[Math.floor(sorted.length * 0.95)] ?? NaN, most: sorted.at(-1) ?? NaN },
    wrong,
    not_taken: notTaken,
    unawares,
  };
}

/** Lets time go by until some work is done. */
async function during<T>(system: System, work: Promise<T>): Promise<T> {
  const progress = { isDone: false };
  const settled = work.finally(() => {
    progress.isDone = true;
  });
  settled.catch(() => undefined);
  while (!progress.isDone) await system.scheduler.runUntil(system.now + 1000);
  return settled;
}

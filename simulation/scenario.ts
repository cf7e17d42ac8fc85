/**
 * One run: a cast plays in bad weather, the weather clears, and in the end everything must be right.
 */
import { createHash } from "node:crypto";
import { buyDue, purchasesOf } from "../test/panels/lives.ts";
import { wrongsOf } from "../test/panels/truth.ts";
import { actOf, type Cast, changeWeather, enter, type Script } from "./cast.ts";
import { wrongsOfBooks, wrongsOfReaders, wrongsOfTruth } from "./checks.ts";
import { RestClient } from "./client.ts";
import { Draws } from "./draws.ts";
import { ruleGlobals } from "./globals.ts";
import { Process } from "./scheduler.ts";
import type { Backend } from "./sqlite.ts";
import { System } from "./system.ts";
import { Watch } from "./watch.ts";
import { CALM, climateOf } from "./weather.ts";

export type RunOptions = {
  readonly seed: number;
  /** Minutes of bad weather. */
  readonly ticks: number;
  /** Orders registered over REST; the scripts place a tenth as many besides. */
  readonly orders: number;
  readonly backend: Backend;
  readonly trace?: (line: string) => void;
};

export type RunResult = {
  readonly seed: number;
  /** What is not as it must be, in words; empty for a run that passed. */
  readonly wrongs: readonly string[];
  /** The final state and the whole feed, as a digest: one seed, one digest. */
  readonly digest: string;
  readonly minutes: number;
  readonly stats: Readonly<Record<string, number>>;
};

/** After the faults have stopped, so many minutes are enough for everything to be right: the longest cadence and a bit. */
const CONVERGENCE_MINUTES = 420;
/** What is left to happen after so many takes hours: then panels look in less often, and so does cron, which has to be made up for. */
const BUSY_MINUTES = 30;
const LAZY_MINUTES = 5;
const STARTS_AT = Date.UTC(2026, 0, 5, 0, 0, 30);

export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, ticks, orders, backend, trace } = options;
  const draws = new Draws(seed, "scenario");
  // Temporary triggers, which D1 has not: there the final state is compared with the other backend's.
  const watch = backend.isLocal ? new Watch(backend) : null;
  await watch?.begin();
  const system = new System({
    seed,
    backend,
    ...(watch === null ? {} : { onCommit: () => watch.look() }),
    climate: CALM,
    plan: draws.chance(0.5) ? "free" : "paid",
    startsAt: STARTS_AT,
    ...(trace === undefined ? {} : { trace }),
  });
  const letGo = ruleGlobals(system.scheduler);
  try {
    const cast = await during(system, enter(system, seed, orders));
    system.weather.climate = climateOf(new Draws(seed, "climate"));
    await play(system, cast, draws, ticks, orders);
    const minutes = await clearUp(system, cast);
    const wrongs = [...(watch?.wrongs ?? []), ...(await verdict(system, cast))];
    return {
      seed,
      wrongs,
      digest: await digestOf(backend),
      minutes: ticks + minutes,
      stats: { ...statsOf(system, cast), compared: watch?.compared ?? 0 },
    };
  } finally {
    letGo();
  }
}

/** Nothing that is waited for by itself takes longer. */
const MAX_SECONDS = 10_000;

/** Lets time go by until some work is done. */
async function during<T>(system: System, work: Promise<T>): Promise<T> {
  const progress = { done: false };
  const settled = work.finally(() => {
    progress.done = true;
  });
  settled.catch(() => undefined);
  for (let seconds = 0; !progress.done && seconds < MAX_SECONDS; seconds++) await system.scheduler.runUntil(system.now + 1000);
  if (!progress.done) throw new Error("something never came to an end");
  return settled;
}

async function play(system: System, cast: Cast, draws: Draws, ticks: number, orders: number): Promise<void> {
  const start = system.now;
  const each = Math.ceil(orders / 20);
  const bought = purchasesOf(
    draws.next(),
    cast.scripts.map(({ panel }) => panel),
    [{ route: "here", service: "1" }],
    each,
  );
  const shapes = new Map(cast.providers.map((provider) => [provider.name, provider.modes.map(inputOf)]));
  for (let minute = 0; minute < ticks; minute++) {
    await system.pass(1);
    buyDue(bought, system.now - start, system.now);
    if (minute % 20 === 5) {
      for (const provider of cast.providers) {
        const storm = changeWeather(provider, shapes.get(provider.name) ?? [], draws);
        system.trace(`${provider.name}: ${storm}`);
      }
    }
    act(system, cast, orders / Math.max(1, Math.min(ticks, 60)), minute % 10 === 9 ? "operator" : "panels", false);
  }
  for (const provider of cast.providers) changeWeather(provider, shapes.get(provider.name) ?? [], new Never());
  buyDue(bought, Number.MAX_SAFE_INTEGER, system.now);
}

/** A provider's mode as it is written. */
function inputOf({ mode, value, every }: { mode: string; value: string | number | null; every: number }): string {
  return `${mode}${value === null ? "" : `=${value}`}${every === 1 ? "" : `/${every}`}`;
}

/** Nothing happens by chance. */
class Never extends Draws {
  constructor() {
    super(0);
  }
  override chance(): boolean {
    return false;
  }
}

/** What everybody does in a minute, each in a moment of their own. */
function act(system: System, cast: Cast, share: number, who: "panels" | "operator", final: boolean): void {
  const spawn = (work: () => Promise<unknown>): void =>
    system.scheduler.in(
      system.weather.draws.between(0, 50_000),
      () => void work().catch((error: unknown) => system.trace(`somebody fails: ${String(error)}`)),
    );
  spawn(() => cast.books.act(share));
  for (const script of cast.scripts) spawn(() => actOf(script, () => system.now));
  if (who === "operator") spawn(() => cast.operator.act(final));
  for (const reader of cast.readers) {
    const client = new RestClient(system, new Process(system.scheduler, `reader of ${reader.panel}`), new Draws(1, reader.panel));
    if (system.weather.draws.chance(0.3)) spawn(() => reader.read(client));
  }
}

/** The weather clears: so many minutes later everybody must be at rest. Answers how many it took. */
async function clearUp(system: System, cast: Cast): Promise<number> {
  system.weather.clear();
  system.quota = "none";
  let minutes = 0;
  const rests = (): boolean => cast.books.rests && cast.scripts.every(({ panel }) => panel.rests) && system.queue.underWay === 0;
  while (minutes < CONVERGENCE_MINUTES || (!rests() && minutes < 3 * CONVERGENCE_MINUTES)) {
    const step = minutes < BUSY_MINUTES ? 1 : LAZY_MINUTES;
    await system.pass(step);
    minutes += step;
    act(system, cast, 1000, minutes % 15 === 0 ? "operator" : "panels", true);
  }
  return minutes;
}

async function verdict(system: System, cast: Cast): Promise<string[]> {
  for (const reader of cast.readers) {
    const client = new RestClient(system, new Process(system.scheduler, `reader of ${reader.panel}`), new Draws(2, reader.panel));
    await during(system, reader.read(client));
  }
  const { backend, world } = system;
  return [
    ...(await wrongsOfBooks(backend)),
    ...(await wrongsOfTruth(backend, world, system.now)),
    ...(await wrongsOfReaders(backend, cast.readers)),
    ...cast.scripts.flatMap((script) => wrongsOfScript(script, world)),
    ...(system.queue.deliveries > 4 * 2 * system.queue.sent
      ? [`${system.queue.deliveries} deliveries of ${system.queue.sent} messages`]
      : []),
    ...(cast.books.rests ? [] : ["some registrations were never acknowledged"]),
  ];
}

/** What is wrong in a panel's own books, but for orders that its script has ordered anew by the protocol's rule. */
function wrongsOfScript({ panel, excused }: Script, world: System["world"]): string[] {
  const customers = panel.shop.orders.filter(({ link }) => excused.has(link)).map(({ customer }) => `${customer} has `);
  return wrongsOf(panel, world).filter((wrong) => ![...excused, ...customers].some((text) => wrong.includes(text)));
}

const TABLES = ["panels", "orders", "refunds", "changes", "transfers", "audit"] as const;

async function digestOf(backend: Backend): Promise<string> {
  const hash = createHash("sha256");
  for (const table of TABLES) {
    const [rows] = await backend.run([{ sql: `SELECT * FROM ${table} ORDER BY 1, 2, 3, 4`, params: [] }]);
    hash.update(JSON.stringify(rows?.results));
  }
  return hash.digest("hex").slice(0, 16);
}

function statsOf(system: System, cast: Cast): Record<string, number> {
  return {
    calls: system.calls,
    requests: system.requests,
    messages: system.queue.sent,
    deliveries: system.queue.deliveries,
    crashes: system.crashes,
    changes: cast.readers.reduce((sum, reader) => sum + reader.changes, 0),
    decisions: cast.operator.decisions,
  };
}

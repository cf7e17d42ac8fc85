/**
 * What a sweep of a full message takes of a core: the product's own code from the message to the last statement, warm. It
 * runs in Node, whose engine is workerd's. The database and the provider are records of one sweep, so that their time does
 * not count; what the Worker's side of them does is counted: D1's client makes objects of the rows, and bodies are read.
 */
import type { SweepMessage } from "../src/domain/message.ts";
import { PHASES } from "../src/domain/poll-pacing.ts";
import { minuteOf } from "../src/domain/time.ts";
import { type Ports, portsOf } from "../src/ports.ts";
import { limitsOf } from "../src/sync/limits.ts";
import { sweep } from "../src/sync/sweep/sweep.ts";
import { type Spread, spreadOf } from "./figures.ts";
import type { News } from "./poll-run.ts";
import type { Step } from "./progress.ts";
import { addOrders, addScene, CADENCE, NOW, PROVIDER } from "./scene.ts";
import { productEngine } from "./sqlite.ts";

export type SweepCase = { readonly plan: "free" | "paid"; readonly news: News; readonly calls: number };
/** ms of a core. */
export type SweepCpu = SweepCase & { readonly ms: Spread };

const ORDERS_A_CALL = 100;
/** So often it is done before it counts: the code is compiled by then. */
const WARM_UPS = 40;
/** Sweeps between two looks at the clock of the thread, which goes by steps of some ms on some machines. */
const A_READING = 10;

export function sweepCpuSteps(cases: readonly SweepCase[]): number {
  return cases.length;
}

export async function measureSweepCpu(root: string, cases: readonly SweepCase[], repetitions: number, step: Step): Promise<SweepCpu[]> {
  const measured: SweepCpu[] = [];
  for (const each of cases) {
    step(`CPU of a sweep: ${each.calls} calls, ${each.news}, ${each.plan} plan`);
    measured.push({ ...each, ms: spreadOf(await cpuOf(root, each, repetitions)) });
  }
  return measured;
}

async function cpuOf(root: string, { plan, news, calls }: SweepCase, repetitions: number): Promise<number[]> {
  const orders = calls * ORDERS_A_CALL;
  const { db } = productEngine(root);
  await addScene(db);
  await addOrders(db, 1, orders);
  const tape: string[] = [];
  const answers = new Map<string, string>();
  const sweepOver = (database: D1Database) => sweepOnce(database, (ids) => remembered(answers, ids, news), { plan, limit: orders });
  await sweepOver(recording(db, tape));
  const times: number[] = [];
  const replay = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const moved = await sweepOver(replaying(tape));
      if (moved !== (news === "changed" ? Math.min(orders, limitsOf(plan).writesPerMessage) : 0))
        throw new Error(`a sweep has moved ${moved} of ${orders} orders`);
    }
  };
  await replay(WARM_UPS);
  for (let i = 0; i < repetitions; i++) {
    const startedAt = cpuMs();
    await replay(A_READING);
    times.push((cpuMs() - startedAt) / A_READING);
  }
  return times;
}

/** Answers how many orders moved. */
async function sweepOnce(
  db: D1Database,
  answerTo: (ids: string) => string,
  { plan, limit }: { readonly plan: SweepCase["plan"]; readonly limit: number },
): Promise<number> {
  let moved = 0;
  const ports: Ports = {
    ...portsOf({}),
    now: () => NOW,
    fetch: async (request) => new Response(answerTo(new URLSearchParams(await request.text()).get("orders") ?? "")),
    log: (event) => {
      JSON.stringify(event);
      if (event.event === "sweep") moved = Number(event["moved"]);
    },
  };
  const lane = { cadence: CADENCE, after: [0, "", 0], to: PHASES } as const;
  const message: SweepMessage = {
    v: 1,
    kind: "sweep",
    minute: minuteOf(NOW),
    minutes: 1,
    round: 0,
    providers: [{ id: PROVIDER, lanes: [lane], limit }],
  };
  const queue = { sendBatch: (bodies: readonly unknown[]) => Promise.resolve(JSON.stringify(bodies)) };
  await sweep(message, true, { DB: db, SWEEPS: queue, PLAN: plan } as unknown as Env, ports);
  return moved;
}

/** What a provider says, made beforehand. */
function remembered(answers: Map<string, string>, ids: string, news: News): string {
  const entry = { charge: "0.5", start_count: "10", status: "In progress", remains: "600", currency: "USD" };
  const said = news === "changed" ? { ...entry, status: "Partial", remains: "250" } : entry;
  const text = answers.get(ids) ?? JSON.stringify(Object.fromEntries(ids.split(",").map((id) => [id, said])));
  answers.set(ids, text);
  return text;
}

/** A result as D1 sends it. */
type Sent = { readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[]; readonly meta: unknown };

/** The database, with what it answers to each call written down. */
function recording(db: D1Database, tape: string[]): D1Database {
  return databaseOf(async (statements) => {
    const results = await db.batch<Record<string, unknown>>(statements.map(({ sql, params }) => db.prepare(sql).bind(...params)));
    const sent = results.map(({ results: rows, meta }): Sent => {
      return { columns: Object.keys(rows[0] ?? {}), rows: rows.map((row) => Object.values(row)), meta };
    });
    tape.push(JSON.stringify(sent));
    return sent;
  });
}

/** What was written down, call by call, as D1's client works it out. */
function replaying(tape: readonly string[]): D1Database {
  let call = 0;
  return databaseOf((statements) => {
    JSON.stringify(statements);
    return Promise.resolve(JSON.parse(tape[call++] ?? "[]") as Sent[]);
  });
}

type Asked = { readonly sql: string; readonly params: readonly unknown[] };

function databaseOf(call: (statements: readonly Asked[]) => Promise<Sent[]>): D1Database {
  const send = async (statements: readonly Asked[]) =>
    (await call(statements.map(({ sql, params }) => ({ sql, params })))).map(({ columns, rows, meta }) => ({
      meta,
      results: rows.map((row) => Object.fromEntries(row.map((cell, i) => [columns[i], cell]))),
    }));
  const statementOf = (sql: string, params: readonly unknown[]): object => ({
    sql,
    params,
    bind: (...values: unknown[]) => statementOf(sql, values),
    all: async () => (await send([{ sql, params }]))[0],
  });
  return { prepare: (sql: string) => statementOf(sql, []), batch: send } as unknown as D1Database;
}

/** The time that a core has spent on this thread, whatever else the machine does. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

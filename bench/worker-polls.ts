/** A minute's tick and sweeps inside workerd, and what they cost with so many orders in the table. */
import { PHASES } from "../src/domain/poll-pacing.ts";
import { MINUTE_MS } from "../src/domain/time.ts";
import { metered, type Usage } from "../src/store/operations/metered.ts";
import { tick } from "../src/sync/tick.ts";
import { addOrders, NOW, PANEL, PROVIDER } from "./scene.ts";
import { A_LITTLE, CHANGED, deliver, envOver, type Plan, portsAt, sayingOfEach, UNCHANGED } from "./worker-door.ts";

export type Minute = {
  readonly tick: Usage & { readonly ms: number };
  readonly sweeps: Usage & { readonly ms: number };
  readonly messages: number;
  readonly calls: number;
};

const SAYING = { unchanged: UNCHANGED, changed: CHANGED, a_little: A_LITTLE } as const;
export type Saying = keyof typeof SAYING;

/** Lets the `nth` minute after the scene's pass, with every provider's order as `saying` has it. */
export async function playMinute(db: D1Database, nth: number, saying: Saying, plan: Plan): Promise<Minute> {
  const now = NOW + nth * MINUTE_MS;
  let calls = 0;
  const answer = sayingOfEach(SAYING[saying]);
  const run = async (
    work: (env: Env, ports: ReturnType<typeof portsAt>) => Promise<unknown>,
  ): Promise<Minute["tick"] & { sent: unknown[] }> => {
    const meter = metered(db);
    const { env, messages } = envOver(meter.db, plan);
    const ports = portsAt(env, now, (body) => {
      calls += 1;
      return answer(body);
    });
    const startedAt = performance.now();
    await work(env, ports);
    return { ...meter.usage(), ms: performance.now() - startedAt, sent: messages };
  };
  const ticked = await run((env, ports) => tick(env, ports, now));
  const waiting = ticked.sent;
  let [sweeps, handled] = [{ d1_calls: 0, d1_statements: 0, rows_read: 0, rows_written: 0, ms: 0 }, 0];
  for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
    const done = await run((env, ports) => deliver(body, env, ports));
    waiting.push(...done.sent);
    // The first tick of a day also has the ledger checked.
    if ((body as { readonly kind?: string }).kind !== "sweep") continue;
    handled += 1;
    sweeps = {
      d1_calls: sweeps.d1_calls + done.d1_calls,
      d1_statements: sweeps.d1_statements + done.d1_statements,
      rows_read: sweeps.rows_read + done.rows_read,
      rows_written: sweeps.rows_written + done.rows_written,
      ms: sweeps.ms + done.ms,
    };
  }
  const { sent: _sent, ...usage } = ticked;
  return { tick: usage, sweeps, messages: handled, calls };
}

/** An order is looked at every minute for half an hour. */
const YOUNG_UNTIL_MS = 35 * MINUTE_MS;
const ROWS_A_STATEMENT = 50_000;
/** Numbers of orders that only fill the table. */
export const FILLER_FROM = 10_000_000;

/** `count` orders that are due in every minute of the hour after the scene's: so young that each is looked at every minute. */
export async function addDue(db: D1Database, first: number, count: number): Promise<void> {
  await addOrders(db, first, count);
  await db
    .prepare("UPDATE orders SET cadence = 1, placed_at = ?4 WHERE panel = ?1 AND n >= ?2 AND n < ?3")
    .bind(PANEL, first, first + count, NOW + YOUNG_UNTIL_MS)
    .run();
}

/** Orders that are not due in the minutes after the scene's: nine in ten have ended, the others come hours later. */
export async function addFiller(db: D1Database, from: number, to: number): Promise<void> {
  const sixHours = 360;
  // The other side of the circle.
  const phase = Math.floor((((NOW / MINUTE_MS) % sixHours) / sixHours) * PHASES + PHASES / 2) % PHASES;
  for (let first = from; first < to; first += ROWS_A_STATEMENT) {
    const count = Math.min(ROWS_A_STATEMENT, to - first);
    await db
      .prepare(
        `INSERT INTO orders (panel, n, id, provider, provider_order_id, service, link, quantity, charge, currency, placed_at, created_at, status,
           middle, provider_status, start_count, remains, cadence, phase, polled_at, progress_at, updated_at, last_change)
         WITH RECURSIVE c(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM c WHERE n < ?1 + ?2 - 1)
         SELECT ?3, n, 'f' || n, ?4, 'f' || n, '12', 'https://social.example/p/' || n, 1000, 900000, 'USD', ?5, ?5,
           iif(n % 10 = 0, 'in_progress', 'completed'), 'in_progress', iif(n % 10 = 0, 'In progress', 'Completed'), 10, iif(n % 10 = 0, 600, 0),
           iif(n % 10 = 0, 360, NULL), (?6 + n % 2000) % ${PHASES}, ?5, ?5, ?5, 1 FROM c`,
      )
      .bind(FILLER_FROM + first, count, PANEL, PROVIDER, NOW - 60 * MINUTE_MS, phase)
      .run();
  }
}

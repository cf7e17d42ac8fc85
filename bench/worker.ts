/**
 * The bench's own Worker: measurements inside the runtime, where a call to D1 takes as long as it does for the product.
 * Through miniflare's bindings for Node each would take some ten times that.
 */
import { handleRequest } from "../src/http/router.ts";
import { portsOf } from "../src/ports.ts";
import { metered } from "../src/store/operations/metered.ts";
import { type Engine, type Job, timeJob } from "./job.ts";
import { type Baseline, timeBaseline } from "./worker-baseline.ts";
import { type Invocation, playInvocation, recordInvocation } from "./worker-cpu.ts";
import type { Plan } from "./worker-door.ts";
import { addDue, addFiller, playMinute, type Saying } from "./worker-polls.ts";
import { type Asked, sendRoute, timeRoute } from "./worker-routes.ts";
import { addOrders, addScene } from "./scene.ts";

type Range = readonly [first: number, count: number];

/** What the Worker is asked, one of these a request. */
export type Ask =
  | { readonly scene: true }
  | { readonly orders: Range }
  | { readonly job: Job }
  | { readonly due: Range }
  | { readonly filler: readonly [from: number, to: number] }
  | { readonly minute: { readonly nth: number; readonly saying: Saying; readonly plan: Plan } }
  | { readonly route: Asked; readonly times: number }
  | { readonly send: Asked }
  | { readonly record: Invocation }
  | { readonly play: Invocation; readonly times: number }
  | { readonly baseline: Baseline };

export default {
  async fetch(request, env, ctx): Promise<Response> {
    if (new URL(request.url).pathname.startsWith("/api/")) return costOf(request, env, ctx);
    return Response.json((await answer(env.DB, await request.json<Ask>())) ?? null);
  },
} satisfies ExportedHandler<Env>;

/** Figures of what was asked for; nothing where there are none. */
async function answer(db: D1Database, ask: Ask): Promise<unknown> {
  if ("job" in ask) return timeJob(engineOf(db), ask.job);
  if ("scene" in ask) return addScene(db);
  if ("orders" in ask) return addOrders(db, ...ask.orders);
  if ("due" in ask) return addDue(db, ...ask.due);
  if ("filler" in ask) return addFiller(db, ...ask.filler);
  if ("minute" in ask) return playMinute(db, ask.minute.nth, ask.minute.saying, ask.minute.plan);
  if ("route" in ask) return timeRoute(db, ask.route, ask.times);
  if ("send" in ask) return sendRoute(db, ask.send);
  if ("record" in ask) return recordInvocation(db, ask.record);
  if ("play" in ask) return playInvocation(ask.play, ask.times);
  return timeBaseline(engineOf(db), ask.baseline);
}

function engineOf(db: D1Database): Engine {
  return {
    db,
    transact: async (statements) => {
      await db.batch(statements.map(({ sql, params }) => db.prepare(sql).bind(...params)));
    },
  };
}

/** Lets the product answer a request, and answers what that cost. */
async function costOf(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const { db, usage } = metered(env.DB);
  const { status } = await handleRequest(request, { ...env, DB: db }, ctx, portsOf(env));
  return Response.json(usage(), { status });
}

/**
 * The bench's own Worker: measurements inside the runtime, where a call to D1 takes as long as it does for the product.
 * Through miniflare's bindings for Node each would take some ten times that.
 */
import { handleRequest } from "../src/http/router.ts";
import { portsOf } from "../src/ports.ts";
import { metered } from "../src/store/operations/metered.ts";
import { type Engine, type Job, timeJob } from "./job.ts";
import { addOrders, addScene } from "./scene.ts";

/** What the Worker is asked, one of these a request. */
export type Ask = { readonly scene: true } | { readonly orders: readonly [first: number, count: number] } | { readonly job: Job };

export default {
  async fetch(request, env, ctx): Promise<Response> {
    if (new URL(request.url).pathname.startsWith("/api/")) return costOf(request, env, ctx);
    return Response.json(await answer(env.DB, await request.json<Ask>()));
  },
} satisfies ExportedHandler<Env>;

/** The ms that a job took; null for what is no job. */
async function answer(db: D1Database, ask: Ask): Promise<number | null> {
  if ("job" in ask) return timeJob(engineOf(db), ask.job);
  await ("scene" in ask ? addScene(db) : addOrders(db, ...ask.orders));
  return null;
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

/**
 * `GET /healthz`: whether orders are being followed. For anyone, so it holds a time and codes only; and whoever asks often
 * gets an answer that is kept.
 */
import * as z from "zod/mini";
import { isoTime, MINUTE_MS } from "../../../domain/time.ts";
import { ok } from "../../../domain/result.ts";
import type { Secrets } from "../../../secrets/secrets.ts";
import { type Health, readHealth } from "../../../store/operations/health.ts";
import { timeAnswer } from "../../kit/answers.ts";
import type { Answer, Context } from "../../kit/context.ts";

/** Cron fires each minute and may be late or skip one; five in a row are an outage. */
const STALLED_AFTER_MS = 5 * MINUTE_MS;

/** Nobody's questions cost more than one read in this time, in each isolate. */
const KEPT_SECONDS = 15;

/**
 * - `ok`: 200, also while nothing has ticked and there is nothing to follow.
 * - `degraded`: 503; orders are followed, and a person should look.
 * - `stalled`: 503; orders are not followed.
 */
const HEALTH_STATUSES = ["ok", "degraded", "stalled"] as const;

/** What may be wrong; with the first two, orders are not followed. */
const PROBLEMS = [
  ...(["database_unavailable", "sync_behind", "provider_down", "dead_letters", "ledger_mismatch", "clock_was_ahead"] as const),
  ...(["secrets_unreadable", "secrets_plain"] as const),
] as const;
type Problem = (typeof PROBLEMS)[number];
const STALLING: readonly Problem[] = ["database_unavailable", "sync_behind"];

type Kept = { readonly at: number; readonly answer: Answer };

/** The last answer of each isolate: in one, all requests have the same bindings. */
const kept = new WeakMap<Env, Kept>();

/** `GET /healthz` */
export async function getHealth(context: Context): Promise<Answer> {
  const { env, now } = context;
  const last = kept.get(env);
  if (last !== undefined && now >= last.at && now < last.at + KEPT_SECONDS * 1000) return last.answer;
  const answer = await readAnswer(context);
  kept.set(env, { at: now, answer });
  return answer;
}

async function readAnswer({ db, ports, now, requestId }: Context): Promise<Answer> {
  const health = await readHealth(db).catch((error: unknown) => {
    ports.log({ event: "health.no_database", request_id: requestId, error: String(error) });
    return null;
  });
  const problems = health === null ? (["database_unavailable"] as const) : problemsOf(health, ports.secrets, now);
  const lastTickAt = health?.lastTickAt ?? null;
  const status = problems.length === 0 ? "ok" : problems.some((problem) => STALLING.includes(problem)) ? "stalled" : "degraded";
  const body = JSON.stringify({ status, last_tick_at: lastTickAt === null ? null : isoTime(lastTickAt), problems });
  return ok({ status: status === "ok" ? 200 : 503, body, headers: {} });
}

function problemsOf(health: Health, { newest, has: opens }: Secrets, now: number): Problem[] {
  // Without any tick, the wait counts from when there was an order to follow.
  const lastSign = health.lastTickAt ?? health.followingSince ?? now;
  const has: Readonly<Record<Problem, boolean>> = {
    database_unavailable: false,
    sync_behind: health.followingSince !== null && now - lastSign > STALLED_AFTER_MS,
    provider_down: health.providerDown,
    dead_letters: health.deadLetters,
    ledger_mismatch: health.ledgerMismatch,
    clock_was_ahead: health.clockWasAhead,
    secrets_unreadable: health.staleUnder.some((key) => key > 0 && !opens(key)),
    // With a key to seal them under, ticks do.
    secrets_plain: newest === null && health.staleUnder.includes(0),
  };
  return PROBLEMS.filter((problem) => has[problem]);
}

export const healthAnswer = z.strictObject({
  status: z.enum(HEALTH_STATUSES),
  last_tick_at: z.nullable(timeAnswer),
  problems: z.array(z.enum(PROBLEMS)),
});

/**
 * `GET /healthz`: whether orders are being followed. For anyone, so it holds counts and times only.
 */
import * as z from "zod/mini";
import { isoTime, MINUTE_MS } from "../../../domain/time.ts";
import { ok } from "../../../domain/result.ts";
import { type Health, readHealth } from "../../../store/operations/health.ts";
import { timeAnswer } from "../../kit/answers.ts";
import type { Answer, Context } from "../../kit/context.ts";

/** Cron fires each minute and may be late or skip one; five in a row are an outage. */
const STALLED_AFTER_MS = 5 * MINUTE_MS;

/**
 * - `ok`, `starting` (nothing has ticked so far, and there is nothing to follow), `degraded` (it works, and somebody should look): 200.
 * - `stalled` (orders wait, and no tick comes), `down` (the database does not answer): 503.
 */
type HealthStatus = "ok" | "starting" | "degraded" | "stalled" | "down";

/** `GET /healthz` */
export async function getHealth({ db, ports, now, requestId }: Context): Promise<Answer> {
  const health = await readHealth(db).catch((error: unknown) => {
    ports.log({ event: "health.no_database", request_id: requestId, error: String(error) });
    return null;
  });
  if (health === null) return answer("down", { last_tick_at: null, database: "unavailable" });
  return answer(judge(health, now), {
    last_tick_at: health.lastTickAt === null ? null : isoTime(health.lastTickAt),
    database: "ok",
    providers: health.providers,
    providers_down: health.providersDown,
    dead_letters: health.deadLetters,
    books: health.ledgerMismatch ? "mismatch" : "ok",
    clock_was_ahead: health.ignoredMinute !== null,
  });
}

function judge(
  { lastTickAt, followingSince, providersDown, deadLetters, ignoredMinute, ledgerMismatch }: Health,
  now: number,
): HealthStatus {
  // Without any tick, the wait counts from when there was a provider to follow orders at.
  const lastSign = lastTickAt ?? followingSince ?? now;
  if (followingSince !== null && now - lastSign > STALLED_AFTER_MS) return "stalled";
  if (lastTickAt === null) return "starting";
  return providersDown > 0 || deadLetters > 0 || ignoredMinute !== null || ledgerMismatch ? "degraded" : "ok";
}

function answer(status: HealthStatus, facts: Readonly<Record<string, unknown>>): Answer {
  const isWell = status !== "stalled" && status !== "down";
  return ok({ status: isWell ? 200 : 503, body: JSON.stringify({ status, ...facts }), headers: {} });
}

export const healthAnswer = z.strictObject({
  status: z.enum(["ok", "starting", "degraded", "stalled", "down"]),
  last_tick_at: z.nullable(timeAnswer),
  database: z.enum(["ok", "unavailable"]),
  providers: z.optional(z.int()),
  providers_down: z.optional(z.int()),
  dead_letters: z.optional(z.int()),
  books: z.optional(z.enum(["ok", "mismatch"])),
  clock_was_ahead: z.optional(z.boolean()),
});

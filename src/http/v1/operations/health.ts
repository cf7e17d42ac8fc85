/**
 * `GET /healthz`: whether orders are being followed. For anyone, so it holds counts and times only.
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
  const secrets = secretsState(health, ports.secrets);
  return answer(judge(health, secrets, now), {
    last_tick_at: health.lastTickAt === null ? null : isoTime(health.lastTickAt),
    database: "ok",
    providers: health.providers,
    providers_down: health.providersDown,
    dead_letters: health.deadLetters,
    books: health.ledgerMismatch ? "mismatch" : "ok",
    clock_was_ahead: health.ignoredMinute !== null,
    secrets,
  });
}

function judge(
  { lastTickAt, followingSince, providersDown, deadLetters, ignoredMinute, ledgerMismatch }: Health,
  secrets: SecretsState,
  now: number,
): HealthStatus {
  // Without any tick, the wait counts from when there was a provider to follow orders at.
  const lastSign = lastTickAt ?? followingSince ?? now;
  if (followingSince !== null && now - lastSign > STALLED_AFTER_MS) return "stalled";
  if (lastTickAt === null) return "starting";
  return providersDown > 0 || deadLetters > 0 || ignoredMinute !== null || ledgerMismatch || NEEDS_A_KEY.has(secrets) ? "degraded" : "ok";
}

/**
 * How providers' keys are kept:
 * - `sealed`, `sealing` (ticks are at it).
 * - `no_key`: there is none so far, and no `ENCRYPTION_KEYS` to seal one.
 * - `plain` (no `ENCRYPTION_KEYS` seals them), `unreadable` (its key is not there any more): somebody must set the secret.
 */
const SECRETS_STATES = ["sealed", "sealing", "no_key", "plain", "unreadable"] as const;
type SecretsState = (typeof SECRETS_STATES)[number];
const NEEDS_A_KEY: ReadonlySet<SecretsState> = new Set(["plain", "unreadable"]);

function secretsState({ sealedUnder }: Health, { newest, has }: Secrets): SecretsState {
  if (sealedUnder.some((key) => key > 0 && !has(key))) return "unreadable";
  if (newest === null) return sealedUnder.length > 0 ? "plain" : "no_key";
  return sealedUnder.every((key) => key === newest) ? "sealed" : "sealing";
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
  secrets: z.optional(z.enum(SECRETS_STATES)),
});

/**
 * When a webhook's message that was not taken is sent again, and when it is given up. Pure. Rules [H10] to [H14].
 */
import { MINUTE_MS } from "./time.ts";

const SECOND_MS = 1000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long after the first, second, … failed attempt the next one is made. */
const DELAYS_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS] as const;
/** After all others: an outage of a night costs a few attempts, and its end is noticed within the morning. */
const LAST_DELAY_MS = 4 * HOUR_MS;

/** A delay is longer or shorter by a fifth at most: receivers that failed together are not called together again. */
const JITTER = 0.2;
/** Right in the middle of the jitter. */
export const NO_JITTER = 0.5;

/** A receiver that has taken nothing for so long is nobody's any more. */
export const GIVEN_UP_AFTER_MS = 5 * 24 * HOUR_MS;

/** The wait after so many failed attempts of a message, in ms. `jitter`: a draw from 0 to 1. */
export function retryDelayMs(failedAttempts: number, jitter: number): number {
  const delay = DELAYS_MS[Math.max(failedAttempts, 1) - 1] ?? LAST_DELAY_MS;
  return Math.round(delay * (1 + JITTER * (2 * jitter - 1)));
}

export type FailedAttempt = {
  /** Which attempt of its message it was, from 1 on. */
  readonly attempt: number;
  /** When it had failed, epoch ms. */
  readonly at: number;
  /** The `Retry-After` of the answer, in seconds; null for none. */
  readonly retryAfterSeconds: number | null;
};

/** When the next attempt is made: by the schedule, and not before the receiver wants it. Epoch ms. */
export function nextAttemptAt({ attempt, at, retryAfterSeconds }: FailedAttempt, jitter: number): number {
  return at + Math.max(retryDelayMs(attempt, jitter), (retryAfterSeconds ?? 0) * SECOND_MS);
}

/** Whether a webhook whose attempts have failed since then is switched off. Times in epoch ms. */
export function isGivenUp(failingSince: number, now: number): boolean {
  return now - failingSince >= GIVEN_UP_AFTER_MS;
}

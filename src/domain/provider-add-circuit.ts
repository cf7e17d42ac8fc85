/**
 * The circuit of a provider's adds, which may fail while all else works: then neither a sweep nor a balance shows it. An
 * `add` must not be repeated, so that one that leaves a doubt costs a person's time; after three in a row no more are sent
 * but trials.
 */
import { MINUTE_MS } from "./time.ts";

/**
 * How a provider's adds fare: one that leaves a doubt counts four, an `add` that is let through after it takes one off. So
 * three in a row shut the way, and one in five never does. Times in epoch ms; null for never.
 */
export type AddTrouble = { readonly level: number; readonly failedAt: number | null; readonly trialAt: number | null };

const DOUBT_COUNTS = 4;
const SHUT_FROM = 10;
/** After a trial that brought no doubt: the next one that does shuts the way at once. */
const AFTER_TRIAL = SHUT_FROM - 2;
/** A trial after a minute, then after 2, 4, 8 and 16. */
const MOST_TROUBLE = SHUT_FROM + 4 * DOUBT_COUNTS;
/** So long after the last doubt, and after a change of the settings, all is forgotten. */
const FORGOTTEN_AFTER_MS = 30 * MINUTE_MS;

function isRemembered({ failedAt }: AddTrouble, settingsChangedAt: number, now: number): boolean {
  return failedAt !== null && failedAt >= settingsChangedAt && Math.abs(now - failedAt) <= FORGOTTEN_AFTER_MS;
}

/** Whether no `add` may be sent now but a trial. */
export function isShutForAdds(trouble: AddTrouble, settingsChangedAt: number, now: number): boolean {
  return trouble.level >= SHUT_FROM && isRemembered(trouble, settingsChangedAt, now);
}

/**
 * The trouble after an `add` that left a doubt. Of those that were on their way when the way was shut nothing new is
 * learned; only a trial that fails makes the next one wait longer.
 */
export function afterDoubtfulAdd(trouble: AddTrouble, settingsChangedAt: number, now: number): AddTrouble {
  return { ...trouble, level: levelAfterDoubt(trouble, settingsChangedAt, now), failedAt: now };
}

function levelAfterDoubt(trouble: AddTrouble, settingsChangedAt: number, now: number): number {
  const { level, failedAt, trialAt } = trouble;
  if (!isRemembered(trouble, settingsChangedAt, now)) return DOUBT_COUNTS;
  if (level >= SHUT_FROM && (trialAt ?? 0) <= (failedAt ?? 0)) return level;
  return Math.min(MOST_TROUBLE, level + DOUBT_COUNTS);
}

/**
 * Whether an `add` may be sent: `clear` where there is no trouble; `shut`; or the trouble as it is once this one was let
 * through, as a trial where the way is shut. A trial after which no doubt was heard for a minute went well.
 */
export function letAddThrough(trouble: AddTrouble, settingsChangedAt: number, now: number): AddTrouble | "clear" | "shut" {
  const { level, failedAt, trialAt } = trouble;
  if (level <= 0 || failedAt === null || !isRemembered(trouble, settingsChangedAt, now)) return "clear";
  if (level < SHUT_FROM) return { ...trouble, level: level - 1 };
  const waitMs = MINUTE_MS * 2 ** Math.floor((level - SHUT_FROM) / DOUBT_COUNTS);
  if (now < Math.max(failedAt + waitMs, (trialAt ?? 0) + MINUTE_MS)) return "shut";
  return { level: (trialAt ?? 0) > failedAt ? AFTER_TRIAL : level, failedAt, trialAt: now };
}

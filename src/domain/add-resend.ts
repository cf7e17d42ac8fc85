/**
 * When an `add` is sent again whose answer was lost. Only a provider that tells repetitions by a value of ours gets one
 * twice. Pure.
 */
import { MINUTE_MS } from "./time.ts";

const HOUR_MS = 60 * MINUTE_MS;

/**
 * So long after the order was first sent. A provider keeps the values for a time of its own, a day as a rule; to one that
 * has forgotten a value it would be another order.
 */
export const RESEND_FOR_MS = 12 * HOUR_MS;

const LONGEST_WAIT_MS = HOUR_MS;

/** How long to wait after so many resends: 1 minute, then twice as long each time, an hour at most. */
export function resendWaitMs(resends: number): number {
  return Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** Math.min(resends, 10));
}

/** Whether an order that was first sent at `createdAt` may still be sent again. */
export function mayResend(createdAt: number, now: number): boolean {
  return now - createdAt < RESEND_FOR_MS;
}

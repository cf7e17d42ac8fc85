/** The cron of a deployed Worker, played locally: `wrangler dev` fires no scheduled events by itself. */
import { setTimeout as sleep } from "node:timers/promises";

const MINUTE_MS = 60_000;
/** A tick only decides and sends; the sweeps run on their own. */
const TICK_TIMEOUT_MS = 30_000;

/** The local route that fires the tick of a minute, given in epoch ms. */
export function tickPath(time: number | string): string {
  return `/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&time=${time}`;
}

/** Fires a tick at the start of every minute until aborted. Never throws: a tick that fails is reported, and made up by the next. */
export async function tickEveryMinute(base: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const next = (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS;
    // A timer may go off a moment early, which would be the minute before.
    while (Date.now() < next && !signal.aborted) await sleep(next - Date.now(), undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await fire(base, next);
  }
}

async function fire(base: string, time: number): Promise<void> {
  try {
    const response = await fetch(new URL(tickPath(time), base), { signal: AbortSignal.timeout(TICK_TIMEOUT_MS) });
    const body = await response.text();
    if (!response.ok) console.error(`The tick of ${new Date(time).toISOString()} was answered ${response.status}: ${body.slice(0, 500)}`);
  } catch (error) {
    console.error(`The tick of ${new Date(time).toISOString()} failed: ${String(error)}`);
  }
}

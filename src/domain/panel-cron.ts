/**
 * The crons of a panel's own script: URLs that ticks call, so that nobody has to set up a cron for them. Pure.
 */

/** At most so many of one panel: scripts have five to ten. */
export const MAX_CRONS = 10;
export const MAX_EVERY_MINUTES = 24 * 60;
/** A day's worth of nothing but the last few: what a person looks at to see what is wrong. */
export const MAX_CALLS_KEPT = 20;
/** So many calls in a row have to fail until it is told: a script that is deployed anew is back by then. */
export const FAILING_AFTER = 3;
/** No call is over as long after its claim: then the next may be made, although nobody has said how the last one ended. */
export const CRON_LEASE_MS = 60_000;
/** Called no later than this ahead of the present minute: so far clocks differ. One further ahead was set by a wrong clock. */
export const MAX_AHEAD_MINUTES = 5;

/** A call as it is kept: when (epoch ms), how long it took, the HTTP status or null, and why it failed or null. */
export type CronCall = readonly [at: number, durationMs: number, status: number | null, error: string | null];

/** A cron that is due. `calls`: newest first. */
export type DueCron = {
  readonly panel: string;
  readonly id: string;
  /** Sealed. */
  readonly url: string;
  readonly everyMinutes: number;
  readonly calledMinute: number;
  readonly failures: number;
  readonly calls: readonly CronCall[];
};

/** A last call that took longer than this is slow: it waits until the others have been called. */
const SLOW_MS = 3000;

/**
 * Whose turn it is: one of each panel after the other, so that a panel with ten keeps nobody waiting; of those, the quick ones
 * before the slow; of those, the one that is overdue for longest.
 */
export function cronTurn(due: readonly DueCron[], most: number): DueCron[] {
  const byNeed = due.toSorted((a, b) => Number(isSlow(a)) - Number(isSlow(b)) || dueMinute(a) - dueMinute(b));
  const before = new Map<string, number>();
  const ranked = byNeed.map((cron) => {
    const rank = before.get(cron.panel) ?? 0;
    before.set(cron.panel, rank + 1);
    return { cron, rank };
  });
  const turn = ranked.toSorted((a, b) => a.rank - b.rank).slice(0, most);
  return turn.map(({ cron }) => cron).toSorted((a, b) => Number(isSlow(a)) - Number(isSlow(b)));
}

function isSlow({ calls }: DueCron): boolean {
  return (calls[0]?.[1] ?? 0) >= SLOW_MS;
}

function dueMinute({ calledMinute, everyMinutes }: DueCron): number {
  return calledMinute + everyMinutes;
}

/** What is kept once a call has ended. */
export function afterCall({ calls, failures }: Pick<DueCron, "calls" | "failures">, call: CronCall) {
  return { calls: [call, ...calls].slice(0, MAX_CALLS_KEPT), failures: call[3] === null ? 0 : failures + 1 };
}

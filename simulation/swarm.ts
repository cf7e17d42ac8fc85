/**
 * Many seeds side by side, a thread for each core.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import logUpdate from "log-update";
import type { Move } from "./operator.ts";
import { BEHIND, CATCH_UP, type RunResult } from "./scenario.ts";
import type { Crash } from "./scheduler.ts";

export type Job = {
  readonly seed: number;
  readonly ticks: number;
  readonly orders: number;
  /** What the operator does; everything, where left out. */
  readonly moves?: readonly Move[];
  /** The process that takes this step crashes; there are no other faults then. */
  readonly crash?: { readonly step: number; readonly when: Crash };
};
export type JobResult = { readonly job: Job; readonly result: RunResult };
export type Failed = { readonly job: Job; readonly wrongs: readonly string[] };

export type Summary = {
  readonly failed: readonly Failed[];
  readonly minutes: number;
  readonly seconds: number;
  /** The largest figures of any run: minutes until everything was caught up, and that an order was behind. */
  readonly catchUp: number;
  readonly behind: number;
  /** In how many runs each thing went wrong. */
  readonly met: ReadonlyMap<string, number>;
};

const BAR_CHARACTERS = 40;

/** `judge` finds what else is wrong with a result; `say` is told of each run that went wrong, as soon as it did. */
export async function swarm(
  jobs: readonly Job[],
  judge: (result: RunResult) => readonly string[] = () => [],
  say?: (line: string) => void,
): Promise<Summary> {
  const startedAt = performance.now();
  const waiting = [...jobs];
  const failed: Failed[] = [];
  let done = 0;
  const met = new Map<string, number>();
  let [minutes, catchUp, behind] = [0, 0, 0];
  const took = (outcome: JobResult): void => {
    done += 1;
    minutes += outcome.result.minutes;
    catchUp = Math.max(catchUp, outcome.result.stats[CATCH_UP] ?? 0);
    behind = Math.max(behind, outcome.result.stats[BEHIND] ?? 0);
    for (const fault of outcome.result.met) met.set(fault, (met.get(fault) ?? 0) + 1);
    const wrongs = [...outcome.result.wrongs, ...judge(outcome.result)];
    if (wrongs.length > 0) {
      failed.push({ job: outcome.job, wrongs });
      say?.(`seed ${outcome.job.seed}: ${wrongs[0]}`);
    }
    if (process.stdout.isTTY) logUpdate(barOf(done, jobs.length, failed.length));
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, () => work(waiting, took)));
  if (process.stdout.isTTY) logUpdate.done();
  return { failed, minutes, seconds: (performance.now() - startedAt) / 1000, catchUp, behind, met };
}

function barOf(done: number, all: number, failed: number): string {
  const filled = Math.round((BAR_CHARACTERS * done) / all);
  return `${"█".repeat(filled)}${"░".repeat(BAR_CHARACTERS - filled)} ${done} of ${all} seeds${failed === 0 ? "" : `, ${failed} failed`}`;
}

function work(waiting: Job[], took: (outcome: JobResult) => void): Promise<void> {
  const worker = new Worker(join(import.meta.dirname, "seed-worker.ts"));
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const job = waiting.shift();
      if (job === undefined) void worker.terminate().then(() => resolve());
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      else worker.postMessage(job);
    };
    worker.on("message", (outcome: JobResult) => {
      took(outcome);
      next();
    });
    worker.on("error", reject);
    next();
  });
}

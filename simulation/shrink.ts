/**
 * The shortest run of a seed that still goes wrong, as far as halving finds it.
 */
import { openBackend } from "./backends.ts";
import { run } from "./scenario.ts";
import type { Job } from "./swarm.ts";

const LEAST_TICKS = 5;
const LEAST_ORDERS = 1;

export async function shrink(job: Job): Promise<Job> {
  // A step is one of just this run.
  if (job.crash !== undefined) return job;
  let small = job;
  for (;;) {
    const smaller = [
      { ...small, orders: Math.max(LEAST_ORDERS, Math.floor(small.orders / 2)) },
      { ...small, ticks: Math.max(LEAST_TICKS, Math.floor(small.ticks / 2)) },
    ].filter(({ ticks, orders }) => ticks < small.ticks || orders < small.orders);
    let found: Job | null = null;
    for (const candidate of smaller) {
      if (await goesWrong(candidate)) {
        found = candidate;
        break;
      }
    }
    if (found === null) return small;
    small = found;
  }
}

async function goesWrong(job: Job): Promise<boolean> {
  const backend = await openBackend("sqlite");
  try {
    return (await run({ ...job, backend })).wrongs.length > 0;
  } catch {
    return true; // broke down: that is wrong enough
  } finally {
    await backend.close();
  }
}

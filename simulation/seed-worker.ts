import { parentPort } from "node:worker_threads";
import { openBackend } from "./backends.ts";
import { crashAt } from "./crashes.ts";
import { run } from "./scenario.ts";
import type { Job, JobResult } from "./swarm.ts";

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.on("message", (job: Job) => void perform(job).then((outcome) => parentPort?.postMessage(outcome)));

/** A run that breaks down is one that has failed: what broke it is told like anything else that is wrong. */
async function perform(job: Job): Promise<JobResult> {
  const backend = await openBackend("sqlite");
  try {
    return { job, result: await run({ ...job, ...crashAt(job.crash), backend }) };
  } catch (error) {
    const wrongs = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    return { job, result: { seed: job.seed, wrongs, digest: "", minutes: 0, steps: 0, outcomes: new Map(), stats: {}, met: new Set() } };
  } finally {
    await backend.close();
  }
}

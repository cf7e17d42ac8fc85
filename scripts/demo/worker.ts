/** The Worker on embedded D1 and Queue, driven minute by minute. */
import type { TestHarness } from "wrangler";
import { quietWrangler } from "../quiet-wrangler.ts";
import { letRedirectsReachTheWorker } from "./outbound.ts";

export type WorkerLog = { readonly level: string; readonly message: string };

export type DemoWorker = {
  /** Where it listens; without a slash at the end. */
  readonly url: string;
  /** Fires the scheduled event of a minute (counted since the epoch). Returns before its sweeps have run. */
  fire(minute: number): Promise<void>;
  /** Runs SQL on its database, past the product. Answers the rows of the last statement. */
  query(...statements: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Leaves a message among those that failed for good, as the queue does. */
  bury(message: object): Promise<void>;
  /** What was logged since the last call. */
  takeLogs(): WorkerLog[];
  close(): Promise<void>;
};

const MINUTE_MS = 60_000;

/** As much of a database as is asked for here; the platform's types are for Workers. */
type Database = {
  prepare(sql: string): object;
  batch(statements: readonly object[]): Promise<{ readonly results: Readonly<Record<string, unknown>>[] }[]>;
};

/** How it is served, where that differs from what the demonstration wants. */
type Serving = { readonly configPath?: string; readonly vars?: Record<string, string> };

/** Starts the Worker of `root` with its migrations applied and nothing in its database. State lives in a folder of its own. */
export async function startWorker(
  root: string,
  secrets: Record<string, string>,
  { configPath = "wrangler.toml", vars = { PLAN: "paid" } }: Serving = {},
): Promise<DemoWorker> {
  quietWrangler();
  letRedirectsReachTheWorker();
  const { createTestHarness } = await import("wrangler");
  const harness = createTestHarness({ root, workers: [{ configPath, vars, secrets }] });
  try {
    const { url } = await harness.listen();
    await harness.getWorker().applyD1Migrations("DB");
    return workerOf(harness, url.origin);
  } catch (error) {
    await harness.close();
    throw error;
  }
}

function workerOf(harness: TestHarness, url: string): DemoWorker {
  const worker = harness.getWorker();
  return {
    url,
    async fire(minute) {
      const { outcome } = await worker.scheduled({ scheduledTime: new Date(minute * MINUTE_MS), cron: "* * * * *" });
      if (outcome !== "ok") throw new Error(`the tick of minute ${minute} ended with ${outcome}`);
    },
    async bury(message) {
      const env = (await worker.getEnv()) as { readonly DEAD: { send(body: object): Promise<unknown> } };
      await env.DEAD.send(message);
    },
    async query(...statements) {
      const { DB: db } = (await worker.getEnv()) as { readonly DB: Database };
      const answers = await db.batch(statements.map((sql) => db.prepare(sql)));
      return answers.at(-1)?.results ?? [];
    },
    takeLogs() {
      const logs = harness.getLogs();
      if (logs.length > 0) harness.clearLogs();
      return logs;
    },
    close: () => harness.close(),
  };
}

/** The bench's Worker at work: what it is asked from here, it does inside workerd. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quietWrangler } from "../scripts/quiet-wrangler.ts";
import type { Usage } from "../src/store/operations/metered.ts";
import type { Job } from "./job.ts";
import { PANEL_KEY } from "./scene.ts";
import type { Ask } from "./worker.ts";

export type Inside = {
  addOrders(first: number, count: number): Promise<void>;
  /** The ms that the job took in there. */
  time(job: Job): Promise<number>;
  /** Whatever else it is asked. */
  ask<T>(what: Ask): Promise<T>;
  /** What the product's answer to `status` of some orders costs. */
  statusCost(ids: readonly string[]): Promise<Usage>;
  close(): Promise<void>;
};

/** Starts it on an empty D1 of its own, migrated, with the scene set. */
export async function startInside(root: string): Promise<Inside> {
  quietWrangler();
  const { createTestHarness } = await import("wrangler");
  const harness = createTestHarness({ root, workers: [{ config: configOf(root) }] });
  const ask = async <T>(what: Ask): Promise<T> => {
    const response = await harness.getWorker().fetch("/", { method: "POST", body: JSON.stringify(what) });
    const text = await response.text();
    if (!response.ok) throw new Error(`the bench's Worker fails: ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  };
  try {
    await harness.listen();
    await harness.getWorker().applyD1Migrations("DB");
    await ask({ scene: true });
  } catch (error) {
    await harness.close();
    throw error;
  }
  return {
    ask,
    addOrders: async (first, count) => void (await ask({ orders: [first, count] })),
    time: (job) => ask({ job }),
    async statusCost(ids) {
      const fields = new URLSearchParams({ key: PANEL_KEY, action: "status", orders: ids.join(",") });
      return (await (await harness.getWorker().fetch(`/api/v2?${fields.toString()}`)).json()) as Usage;
    },
    close: () => harness.close(),
  };
}

/** The runtime as the product has it. */
function configOf(root: string) {
  const date = /^compatibility_date = "(.+)"$/m.exec(readFileSync(join(root, "wrangler.toml"), "utf8"))?.[1];
  if (date === undefined) throw new Error("wrangler.toml names no compatibility date");
  const database = { binding: "DB", database_name: "bench", database_id: "bench", migrations_dir: "migrations" };
  return { name: "bench", main: "bench/worker.ts", compatibility_date: date, d1_databases: [database] };
}

/** The product as it is deployed, on embedded D1 and Queue: its operator, panels, and minutes that pass when told. */
import { randomBytes } from "node:crypto";
import { type Api, apiOf } from "../scripts/demo/api.ts";
import { Totals } from "../scripts/demo/events.ts";
import { MINUTE_MS, playMinute } from "../scripts/demo/minute.ts";
import { type DemoWorker, startWorker } from "../scripts/demo/worker.ts";
import type { Clock } from "../simulator/clock.ts";

export type Minute = { readonly ms: number; readonly totals: Totals };

export type Product = {
  readonly admin: Api;
  /** The API as a panel of this name uses it: a panel may register 20,000 orders a minute. */
  panelOf(name: string): Promise<Api>;
  /** Fires the next minute's tick and waits for the last sweep of it. Throws when anything out of the ordinary was logged. */
  playMinute(): Promise<Minute>;
  close(): Promise<void>;
};

/** The providers' clock is somebody else's here. */
const NO_CLOCK: Clock = { manual: false, now: Date.now, set: () => false, reset: () => undefined };

/**
 * Starts it with nothing in its database. The minutes it is to play lie behind us, the last of them now: a sweep in a
 * minute to come would take the time from its message, and its clock would stand still while it works.
 */
export async function startProduct(root: string, minutes: number): Promise<Product> {
  const adminToken = randomBytes(24).toString("base64url");
  const encryptionKeys = `1:${randomBytes(32).toString("base64")}`;
  const worker = await startWorker(root, { ADMIN_TOKEN: adminToken, ENCRYPTION_KEYS: encryptionKeys, ALLOW_PRIVATE_URLS: "1" });
  try {
    const admin = apiOf(worker.url, adminToken);
    const panels = new Map<string, Promise<Api>>();
    const addPanel = async (id: string): Promise<Api> => {
      const { key } = await admin.call<{ key: string }>("POST", "/v1/panels", { id, role: "shop", currency: "USD" });
      return apiOf(worker.url, key);
    };
    let next = Math.floor(Date.now() / MINUTE_MS) - minutes + 1;
    return {
      admin,
      panelOf(name) {
        const panel = panels.get(name) ?? addPanel(name);
        panels.set(name, panel);
        return panel;
      },
      playMinute: () => playNext(worker, next++),
      close: () => worker.close(),
    };
  } catch (error) {
    await worker.close();
    throw error;
  }
}

async function playNext(worker: DemoWorker, minute: number): Promise<Minute> {
  const totals = new Totals();
  const notes: string[] = [];
  const startedAt = performance.now();
  await playMinute({ worker, clock: NO_CLOCK, totals, note: (line) => notes.push(line) }, minute);
  const ms = performance.now() - startedAt;
  if (notes.length > 0) throw new Error(`the Worker logged: ${notes.join("\n")}`);
  return { ms, totals };
}

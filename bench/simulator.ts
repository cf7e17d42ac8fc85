/** The simulator's process, and what is asked of it here: orders that all end with a part missing, at a word. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Api, apiOf } from "../scripts/demo/api.ts";
import type { Listening } from "./provider.ts";

/** An order as the simulator knows it to be in the end. */
export type Truth = {
  readonly id: string;
  readonly quantity: number;
  readonly placed_at: number;
  readonly status: string;
  readonly remains: number | null;
};

export type Providers = {
  /** A new provider whose every answer takes so long; where it is called, and with what. */
  add(name: string, latencyMs: number): Promise<{ readonly url: string; readonly key: string }>;
  /** Places orders there, of so many units each where that is said. None of them has ended before `endAll`. */
  place(name: string, count: number, quantity?: number): Promise<readonly Truth[]>;
  endAll(): Promise<void>;
  /** Calls that it has had so far. */
  calls(name: string): Promise<number>;
  close(): Promise<void>;
};

/** Every life is over by then. */
const LONGEST_LIFE_MS = 6 * 3_600_000;

export async function startProviders(): Promise<Providers> {
  const child = fork(join(import.meta.dirname, "provider.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const gone = once(child, "exit");
  const [{ url }] = (await Promise.race([
    once(child, "message"),
    gone.then(([code]) => Promise.reject(new Error(`the simulator ended with code ${String(code)}`))),
  ])) as [Listening];
  return {
    ...providersAt(apiOf(url, "")),
    async close() {
      child.kill();
      await gone;
    },
  };
}

function pathOf(name: string): string {
  return `/admin/providers/${name}`;
}

function providersAt(admin: Api): Omit<Providers, "close"> {
  return {
    add: (name, latencyMs) => admin.call("PUT", pathOf(name), { modes: [`slow=${latencyMs}`], mix: { partial: 1 } }),
    async place(name, count, quantity) {
      const now = Date.now();
      await admin.call("POST", "/admin/clock", { now });
      const what = quantity === undefined ? { count } : { orders: Array.from({ length: count }, () => ({ quantity })) };
      await admin.call("POST", `${pathOf(name)}/orders`, { ...what, placed_at: now });
      return (await admin.call<{ orders: readonly Truth[] }>("GET", `${pathOf(name)}/truth`)).orders;
    },
    endAll: async () => void (await admin.call("POST", "/admin/clock", { advance_ms: LONGEST_LIFE_MS })),
    calls: async (name) => (await admin.call<{ calls: number }>("GET", `${pathOf(name)}/stats`)).calls,
  };
}

import type { Quota } from "./one-time-faults.ts";

/** The limits of a plan, where a run holds itself to them. What `use` throws is what the platform would answer. */
export type PlanLimits = {
  /** An invocation begins: a tick, a delivery or a request. */
  begin(name: string): void;
  /** It asks the database for so many statements, or sends so many messages, or calls another server. */
  use(name: string, what: "database" | "queue" | "fetch", count: number): void;
  /** Whether the day's share of it is used up. */
  isUsedUp(what: Quota): boolean;
};

/** What a life is made of: the statuses an order has at its provider, one after the other. */
import type { Json, JsonObject } from "./json.ts";

export const STATUSES = ["pending", "processing", "in_progress", "completed", "partial", "canceled", "refunded", "error"] as const;
export type Status = (typeof STATUSES)[number];

/** One stretch of a life, from `at` until the next step begins. */
export interface Step {
  readonly at: number;
  /** `unknown` occurs in scripts only, for a word that means nothing to anyone. */
  readonly status: Status | "unknown";
  readonly remains: number | null;
  /** Where `remains` has fallen to, evenly, when the next step begins. */
  readonly remainsAtEnd?: number;
  readonly startCount?: number | null;
  readonly literal?: Literal;
}

/** What a script wants on the wire to the letter, past every mode of the provider. */
export interface Literal {
  readonly fields: JsonObject;
  /** Stands for the whole entry of the order. */
  readonly raw?: Json;
}

/** One answer that lies: the nth one given after the life has settled. */
export interface Flap {
  readonly answer: number;
  readonly status: Status;
  readonly remains: number;
}

export interface Course {
  readonly steps: readonly [Step, ...Step[]];
  readonly flaps?: readonly Flap[];
}

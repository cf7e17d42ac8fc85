/**
 * Orders of the model, and what providers say of them.
 */
import { ModelOrder, type Policy, type Registration } from "../../../simulation/model/order.ts";

export const AUTO: Policy = { mode: "auto", canceled: "full", cap: null };
export const HOLD: Policy = { ...AUTO, mode: "hold" };
export const OFF: Policy = { ...AUTO, mode: "off" };

export const HOUR_MS = 3_600_000;

/** 1,000 at 0.90: a unit is 900 micro-units. */
export function placed(change: Partial<Registration> = {}): ModelOrder {
  return new ModelOrder({ charge: 900_000, quantity: 1000, multi: false, refundedBefore: 0, ...change });
}

/** One answer: a word, what remains where it comes with a number, and when it counts. */
export type Saying = string | [word: string, remains: number | null, hours?: number];

export function say(order: ModelOrder, policy: Policy, ...sayings: Saying[]): ModelOrder {
  for (const saying of sayings) {
    const [word, remains, hours = 0] = typeof saying === "string" ? [saying, null] : saying;
    order.hear({ word, remains, at: hours * HOUR_MS }, policy, false);
  }
  return order;
}

export const moneyOf = ({ status, refunded, held, overRefunded }: ModelOrder) => ({ status, refunded, held, overRefunded });

/** What the panel is told, each as `Word remains`. */
export const toldOf = (order: ModelOrder): string[] => order.panelStatuses().map(({ word, remains }) => `${word} ${String(remains)}`);

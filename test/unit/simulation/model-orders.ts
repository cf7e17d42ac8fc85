/**
 * Orders of the model, and what providers say of them.
 */
import { ModelOrder, type Policy, type Registration } from "../../../simulation/model/order.ts";

export const AUTO: Policy = { mode: "auto", canceled: "full", cap: null };
export const HOLD: Policy = { ...AUTO, mode: "hold" };
export const OFF: Policy = { ...AUTO, mode: "off" };

/** 1,000 at 1.00: a unit is 1,000 micro-units. */
export function placed(change: Partial<Registration> = {}): ModelOrder {
  return new ModelOrder({ charge: 1_000_000, quantity: 1000, multi: false, refundedBefore: 0, ...change });
}

/** One answer: a word, and what remains where it comes with a number. */
export type Saying = string | [word: string, remains: number];

export function say(order: ModelOrder, policy: Policy, ...sayings: Saying[]): ModelOrder {
  for (const saying of sayings) {
    const [word, remains] = typeof saying === "string" ? [saying, null] : saying;
    order.hear({ word, remains }, policy, false);
  }
  return order;
}

export const moneyOf = ({ status, refunded, held, overRefunded }: ModelOrder) => ({ status, refunded, held, overRefunded });

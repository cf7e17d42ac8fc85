import type { OrderState } from "../../src/domain/order.ts";

/** An order that was placed just now, and of which nobody has said or decided anything. */
export function freshState(placedAt: number): OrderState {
  return { ...NOTHING_HAPPENED, placedAt, progressAt: placedAt };
}

const NOTHING_HAPPENED: Omit<OrderState, "placedAt" | "progressAt"> = {
  charge: null,
  quantity: null,
  multi: false,
  posts: null,
  status: "pending",
  activeStatus: "pending",
  backTo: null,
  flips: null,
  providerStatus: null,
  providerPrice: null,
  providerPriceCurrency: null,
  providerCharge: null,
  providerCurrency: null,
  startCount: null,
  remains: null,
  reason: null,
  flags: 0,
  dismissed: {},
  reversals: 0,
  refunded: 0,
  goodwill: 0,
  registeredRefunded: 0,
  decided: null,
  rejectedAt: null,
  leftToPanel: false,
  refundCount: 0,
  hold: null,
  counted: null,
  isScripts: false,
  runs: null,
  parts: null,
  reportedFinal: null,
  refill: null,
  cancel: null,
  cadence: 1,
  polledAt: null,
  finalAt: null,
  errorAt: null,
  finalAnswer: null,
  remainsUnreadable: false,
};

import { DEFAULT_POLICY } from "../../../src/domain/refund-policy.ts";
import type { OrderState } from "../../../src/domain/order.ts";
import type { ReconcilePolicy } from "../../../src/domain/reconcile.ts";
import type { StatusReport } from "../../../src/domain/order-report.ts";

export const NOW = Date.UTC(2026, 10, 1, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const POLICY: ReconcilePolicy = {
  statusWords: {},
  progressPercent: 5,
  progressStretch: 1,
  asksMany: false,
  startWindowMs: null,
  durationMs: null,
  isLinkShared: true,
  correctionWindowMs: 72 * HOUR,
  refunds: DEFAULT_POLICY,
  holdAll: null,
  parts: [],
};

/** 1,000 units at 0.90, in progress, placed ten minutes ago, and polled a minute ago. */
export function anOrder(over: Partial<OrderState> = {}): OrderState {
  return {
    charge: 900_000,
    quantity: 1000,
    multi: false,
    posts: null,
    placedAt: NOW - 10 * MINUTE,
    status: "in_progress",
    activeStatus: "in_progress",
    backTo: null,
    flips: null,
    providerStatus: "In progress",
    providerPrice: "0.5",
    providerPriceCurrency: "USD",
    providerCharge: "0.5",
    providerCurrency: "USD",
    startCount: 10,
    remains: 600,
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
    counted: null,
    isScripts: false,
    runs: null,
    refundCount: 0,
    hold: null,
    parts: null,
    reportedFinal: null,
    refill: null,
    cancel: null,
    cadence: 1,
    polledAt: NOW - MINUTE,
    progressAt: NOW - MINUTE,
    finalAt: null,
    errorAt: null,
    finalAnswer: null,
    remainsUnreadable: false,
    ...over,
  };
}

/** An order of which nothing was heard yet. */
export function aFreshOrder(over: Partial<OrderState> = {}): OrderState {
  return anOrder({
    status: "pending",
    activeStatus: "pending",
    providerStatus: null,
    providerPrice: null,
    providerPriceCurrency: null,
    providerCharge: null,
    providerCurrency: null,
    startCount: null,
    remains: null,
    polledAt: null,
    ...over,
  });
}

/** The provider says the same as `anOrder` shows, but for what is given. */
export function aReport(over: Partial<StatusReport> = {}): StatusReport {
  return {
    kind: "status",
    providerStatus: "In progress",
    remains: 600,
    startCount: 10,
    charge: "0.5",
    currency: "USD",
    multi: false,
    parts: null,
    ...over,
  };
}

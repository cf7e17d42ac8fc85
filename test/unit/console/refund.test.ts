/** What the console says of a refund, against what the rules decide and panels are told. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { heardOf, rejectedText } from "../../../console/kit/heard.ts";
import { amountOf, microsOf, sumsOf, typedAmount } from "../../../console/kit/money.ts";
import { refundSumOf } from "../../../console/kit/refund-sum.ts";
import { formatAmount } from "../../../src/domain/money.ts";
import type { OrderState } from "../../../src/domain/order.ts";
import { statusForPanel } from "../../../src/domain/panel-status.ts";
import { reconcile } from "../../../src/domain/reconcile.ts";
import { approve, reject } from "../../../src/domain/refund-decision.ts";
import { DEFAULT_POLICY } from "../../../src/domain/refund-policy.ts";
import { refundDue } from "../../../src/domain/refund-rules.ts";
import { anOrder, aReport, HOUR, NOW, POLICY } from "../domain/orders.ts";

const WORDS = { partial: "Partial", canceled: "Canceled", refunded: "Refunded" } as const;

const ended = fc.record({
  charge: fc.integer({ min: 1, max: 5_000_000 }),
  quantity: fc.integer({ min: 1, max: 5000 }),
  remains: fc.option(fc.integer({ min: 0, max: 6000 }), { nil: null }),
  status: fc.constantFrom("partial", "canceled", "refunded"),
});

/** An order as the API shows it, as far as a refund goes. */
function shown({ charge, quantity, remains, status, refunded }: OrderState) {
  const amounts = { charge: charge === null ? null : formatAmount(charge), refunded: formatAmount(refunded), refund_held: "0" };
  return { ...amounts, currency: "USD", quantity, remains, delivered: null, status };
}

/** An order that ended, and whose refund waits for a person. */
function held({
  charge,
  quantity,
  remains,
  status,
}: {
  charge: number;
  quantity: number;
  remains: number | null;
  status: keyof typeof WORDS;
}): OrderState {
  const policy = { ...POLICY, refunds: { ...DEFAULT_POLICY, mode: "hold" as const } };
  // Not 0, which would say that the provider has returned all.
  const report = aReport({ providerStatus: WORDS[status], remains, charge: "0.5" });
  return reconcile(anOrder({ charge, quantity, remains: null }), report, policy, NOW).next;
}

describe("the sum that is written out", () => {
  it("comes to what the rules say is due", () => {
    fc.assert(
      fc.property(ended, (order) => {
        const facts = { ...order, providerCharge: "0.5", multi: false, remainsUnreadable: false, runs: null, posts: null };
        const due = refundDue(facts);
        const { due: written } = refundSumOf(shown(anOrder(order)));
        expect(written).toBe(due.kind === "due" ? BigInt(due.amount) : null);
      }),
    );
  });
});

it("is not written out of a refunded order whose number cannot be read", () => {
  const order = shown(anOrder({ status: "refunded", remains: null }));
  expect(refundSumOf(order).due).not.toBeNull();
  expect(refundSumOf({ ...order, reason: { code: "remains_unknown", text: "" } }).due).toBeNull();
});

describe("what the script is said to hear", () => {
  it("is what it is told once the refund was approved, whatever the amount", () => {
    fc.assert(
      fc.property(ended, fc.double({ min: 0, max: 1, noNaN: true }), (order, share) => {
        const before = held(order);
        fc.pre(before.hold?.amount != null);
        const amount = Math.max(1, Math.floor(order.charge * share));
        const after = approve(before, amount);
        if (!after.ok) throw new Error(after.failure.code);
        const { label, remains } = statusForPanel(after.value);
        expect(heardOf(shown(before), BigInt(amount))).toEqual({ label, remains });
      }),
    );
  });

  it("is what it is told once a rejection was confirmed", () => {
    fc.assert(
      fc.property(ended, (order) => {
        const before = held(order);
        fc.pre(before.hold !== null);
        const confirmed = { ...reject(before, NOW), rejectedAt: null, polledAt: NOW + HOUR };
        const { label, remains } = statusForPanel(confirmed);
        expect(heardOf(shown(before), 0n)).toEqual({ label, remains });
      }),
    );
  });

  it("is Completed where the word of an order without a charge is rejected", () => {
    expect(rejectedText(shown(anOrder({ charge: null, status: "canceled" })))).toContain("hears Completed.");
  });
});

describe("amounts", () => {
  it("come back as they were", () => {
    const micros = fc.integer({ min: -9e12, max: 9e12 });
    fc.assert(
      fc.property(micros, (size) => {
        const amount = formatAmount(size);
        expect(microsOf(amount)).toBe(BigInt(size));
        expect(amountOf(BigInt(size))).toBe(amount);
      }),
    );
  });

  it.each([
    ["0.10", "0.1"],
    ["0,5", "0.5"],
    [" 12 ", "12"],
    ["0", null],
    ["-1", null],
    ["1.2345678", null],
    ["1,000.5", null],
    ["1e3", null],
    ["", null],
  ])("%j is typed for %j", (typed, amount) => {
    expect(typedAmount(typed)).toBe(amount);
  });

  it("are summed by currency, and what is not known counts as nothing", () => {
    const sums = sumsOf([
      { amount: "0.1", currency: "USD" },
      { amount: "5", currency: "EUR" },
      { amount: "0.2", currency: "USD" },
      { amount: null, currency: "USD" },
    ]);
    expect(sums.map(({ currency, micros, count }) => [currency, amountOf(micros), count])).toEqual([
      ["USD", "0.3", 3],
      ["EUR", "5", 1],
    ]);
  });
});

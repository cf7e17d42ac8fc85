/**
 * What holds in the model of any history, and of its ledger.
 */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Entry, ModelLedger } from "../../../simulation/model/ledger.ts";
import { ModelOrder, type Policy } from "../../../simulation/model/order.ts";
import { shareOf } from "../../../simulation/model/rules.ts";
import { isActive, isFinal, STATUSES, statusOf } from "../../../simulation/model/words.ts";
import { AUTO, HOLD, moneyOf } from "./model-orders.ts";

describe("any history", () => {
  // Small, so that amounts and numbers meet by chance.
  const CHARGE = 97;
  const QUANTITY = 8;
  const registration = fc.record({
    charge: fc.constant(CHARGE),
    quantity: fc.constantFrom(QUANTITY, QUANTITY, QUANTITY, null),
    multi: fc.boolean(),
    refundedBefore: fc.constantFrom(0, 0, 0, 40, CHARGE),
  });
  const policy: fc.Arbitrary<Policy> = fc.record({
    mode: fc.constantFrom("auto", "auto", "hold", "off"),
    canceled: fc.constantFrom("full", "by_remains"),
    cap: fc.constantFrom(null, null, 0, 30),
    delayMinutes: fc.constantFrom(0, 0, 1),
    errorAfterHours: fc.constantFrom(null, 0),
  });
  const heard = fc.record({
    word: fc.constantFrom(...STATUSES, "Frozen", "Paused", "Expired"),
    remains: fc.option(fc.integer({ min: -1, max: QUANTITY + 1 })),
    multi: fc.constantFrom(false, false, false, false, false, true),
  });
  const answer = fc.record({ kind: fc.constant("answer" as const), heard, policy, holdAll: fc.boolean() });
  const byHand = fc.record({ kind: fc.constantFrom("approve", "reject", "goodwill", "clawBack"), draw: fc.nat({ max: CHARGE }) });

  type Step =
    | { kind: "approve" | "reject" | "goodwill" | "clawBack"; draw: number }
    | (typeof answer extends fc.Arbitrary<infer T> ? T : never);

  /** Does what can be done; a decision without anything to decide is left out. */
  function take(order: ModelOrder, step: Step): void {
    if (step.kind === "answer") return order.hear(step.heard, step.policy, step.holdAll);
    const held = order.held ?? 0;
    const left = {
      approve: CHARGE - order.refunded,
      reject: held,
      goodwill: CHARGE - order.refunded - held,
      clawBack: order.refunded,
    }[step.kind];
    if (left === 0 || (order.held === null && (step.kind === "approve" || step.kind === "reject"))) return;
    const amount = 1 + (step.draw % left);
    if (step.kind === "reject") order.reject(0);
    else order[step.kind](amount);
  }

  it("never returns, and never holds, more than the charge or less than nothing", () => {
    fc.assert(
      fc.property(registration, fc.array(fc.oneof({ weight: 3, arbitrary: answer }, byHand), { maxLength: 15 }), (start, steps) => {
        const order = new ModelOrder(start);
        for (const step of steps) {
          const before = order.refunded;
          take(order, step);
          expect(Math.min(order.refunded, order.held ?? 0)).toBeGreaterThanOrEqual(0);
          expect(order.refunded + (order.held ?? 0)).toBeLessThanOrEqual(CHARGE);
          if (step.kind !== "clawBack") expect(order.refunded).toBeGreaterThanOrEqual(before);
          for (const { word, remains } of order.panelStatuses()) {
            if (remains === null || start.quantity === null) continue;
            expect(remains).toBeLessThanOrEqual(QUANTITY);
            // Under policy off it is the provider's own number.
            const isLeft = steps.some(({ kind, ...rest }) => kind === "answer" && "policy" in rest && rest.policy.mode === "off");
            if (word === "Partial" && order.panelStatuses().length === 1 && !isLeft) {
              expect(shareOf(CHARGE, QUANTITY, remains)).toBeLessThanOrEqual(order.refunded);
            }
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("changes nothing when the last answer is said again", () => {
    fc.assert(
      fc.property(registration, fc.array(fc.oneof(answer, byHand), { maxLength: 10 }), answer, (start, steps, last) => {
        // The first of two answers that a final word gives way to is not the second.
        fc.pre(isFinal(statusOf(last.heard.word, {}, true) ?? "unknown"));
        const order = new ModelOrder(start);
        for (const step of [...steps, last]) take(order, step);
        const once = moneyOf(order);
        for (let times = 0; times < 9; times += 1) take(order, last);
        expect(moneyOf(order)).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });

  /** The final words with a known amount due, and what is due. */
  const finals = fc.array(
    fc
      .record({ word: fc.constantFrom("completed", "partial", "canceled", "refunded"), remains: fc.integer({ min: 1, max: QUANTITY + 1 }) })
      .map(({ word, remains }) => {
        const inPart = (word === "partial" || word === "refunded") && remains < QUANTITY;
        const amount = inPart ? CHARGE - Math.floor((CHARGE * (QUANTITY - remains)) / QUANTITY) : CHARGE;
        return { word, remains, due: word === "completed" ? 0 : amount };
      }),
    { minLength: 1, maxLength: 8 },
  );

  it("lets the last report decide the total when nothing was decided by hand", () => {
    fc.assert(
      fc.property(finals, fc.constantFrom(AUTO, HOLD), (reports, rule) => {
        const order = new ModelOrder({ charge: CHARGE, quantity: QUANTITY, multi: false, refundedBefore: 0 });
        for (const report of reports) order.hear(report, rule, false);
        const last = reports.at(-1)?.due ?? 0;
        const highest = Math.max(...reports.map(({ due }) => due));
        // What was posted is never taken back, so an automatic total can only be flagged as too high.
        const [refunded, held] = rule === AUTO ? [highest, null] : [0, last || null];
        expect(moneyOf(order)).toMatchObject({ refunded, held, overRefunded: refunded > last });
      }),
    );
  });

  it("moves no money on words that are neither final nor known", () => {
    fc.assert(
      fc.property(registration, fc.array(fc.oneof(answer, byHand), { maxLength: 10 }), answer, (start, steps, last) => {
        const order = new ModelOrder(start);
        for (const step of steps) take(order, step);
        const status = statusOf(last.heard.word, {}, order.multi || last.heard.multi);
        const { refunded, held } = order;
        take(order, last);
        if (status !== null && isFinal(status)) return;
        expect(order.refunded).toBe(refunded);
        // An active word may leave nothing to decide, and an error can last too long.
        if (status === null || (!isActive(status) && status !== "error")) expect(order.held).toBe(held);
      }),
    );
  });
});

describe("the ledger", () => {
  const home = { account: "ann", currency: "USD" };
  const ledgerOf = (...entries: Entry[]): ModelLedger => {
    const ledger = new ModelLedger();
    for (const entry of entries) ledger.record(entry);
    return ledger;
  };
  const charged: Entry = { kind: "charge", ...home, order: "1", amount: 900 };
  const returned: Entry = { kind: "refund", ...home, order: "1", amount: 400 };

  it("adds up credits, charges, refunds and what was taken back", () => {
    const ledger = ledgerOf({ kind: "credit", ...home, amount: 5000 }, charged, returned, { ...returned, kind: "claw_back", amount: 100 });
    expect(ledger.balance("ann", "USD")).toBe(4400n);
    expect(ledger.balance("ann", "EUR")).toBe(0n);
    expect(ledger.wrongs()).toEqual([]);
  });

  it("sums beyond exact doubles", () => {
    const huge: Entry = { kind: "credit", ...home, amount: Number.MAX_SAFE_INTEGER };
    expect(ledgerOf(huge, huge, huge).balance("ann", "USD")).toBe(3n * (2n ** 53n - 1n));
  });

  it("compares balances from elsewhere, by currency", () => {
    const ledger = ledgerOf(
      { kind: "credit", ...home, amount: 5000 },
      { kind: "credit", account: "bob", currency: "USD", amount: 1 },
      charged,
    );
    expect(ledger.conserves("USD", [4100n, 1n])).toBe(true);
    expect(ledger.conserves("USD", [4101n, 1n])).toBe(false);
    expect(ledger.conserves("EUR", [])).toBe(true);
  });

  test.each<[string, Entry[]]>([
    ["more is returned than was charged", [charged, { ...returned, amount: 901 }]],
    ["more is returned for a while", [charged, { ...returned, amount: 901 }, { ...returned, kind: "claw_back", amount: 900 }]],
    ["more is taken back than was returned", [charged, returned, { ...returned, kind: "claw_back", amount: 401 }]],
    ["a refund is negative", [charged, returned, { ...returned, amount: -1 }]],
    ["a refund is in another currency", [charged, { ...returned, currency: "EUR" }]],
    ["a refund is another customer's", [charged, { ...returned, account: "bob" }]],
    ["an order is charged twice", [charged, charged]],
    ["a refund has no charge", [returned]],
  ])("finds it wrong when %s", (_, entries) => {
    expect(ledgerOf(...entries).wrongs()).not.toEqual([]);
  });

  it("takes whole micro-units only", () => {
    expect(() => ledgerOf({ ...returned, amount: 0.5 })).toThrow(RangeError);
  });
});

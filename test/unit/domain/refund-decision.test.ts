import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { approve, clawBack, giveGoodwill, reject } from "../../../src/domain/refund-decision.ts";
import { flagNames, type OrderState } from "../../../src/domain/order.ts";
import { DEFAULT_POLICY, type RefundPolicy } from "../../../src/domain/refund-policy.ts";
import { reconcile } from "../../../src/domain/reconcile.ts";
import type { RefundStep } from "../../../src/domain/refund-plan.ts";
import { anOrder, aReport, HOUR, MINUTE, NOW, POLICY } from "./orders.ts";

const RULES = { canceled: "full" } as const;

/** What a report leads to, under a policy. */
function hear(
  order: OrderState,
  word: string,
  remains: number | null,
  policy: Partial<RefundPolicy> = {},
  at = NOW,
): { next: OrderState; refunds: readonly RefundStep[] } {
  return reconcile(order, aReport({ providerStatus: word, remains }), { ...POLICY, refunds: { ...DEFAULT_POLICY, ...policy } }, at);
}

function granted(after: ReturnType<typeof approve>): OrderState {
  if (!after.ok) throw new Error(after.failure.code);
  return after.value;
}

describe("a policy", () => {
  it.each([
    [
      "mode hold holds what would be posted",
      { mode: "hold" },
      "Canceled",
      1000,
      [{ kind: "hold", amount: 900_000, reason: "policy_hold" }],
    ],
    ["mode off leaves refunds to somebody else", { mode: "off" }, "Canceled", 1000, []],
    ["a cap holds what is above it", { cap: 100_000 }, "Partial", 250, [{ kind: "hold", amount: 225_000, reason: "over_cap" }]],
    ["a cap lets pass what is not", { cap: 225_000 }, "Partial", 250, [{ kind: "post", amount: 225_000 }]],
    [
      "canceled by remains returns the share",
      { canceled: "by_remains" },
      "Canceled",
      250,
      [{ kind: "post", amount: 225_000, reason: "canceled" }],
    ],
    [
      "canceled by remains returns all when nothing was delivered",
      { canceled: "by_remains" },
      "Canceled",
      1000,
      [{ kind: "post", amount: 900_000 }],
    ],
    [
      "canceled by remains holds what it cannot tell",
      { canceled: "by_remains" },
      "Canceled",
      null,
      [{ kind: "hold", amount: 900_000, reason: "remains_unknown" }],
    ],
    ["a delay promises", { delayMinutes: 30 }, "Canceled", 1000, [{ kind: "delay", amount: 900_000, postsAt: NOW + 30 * MINUTE }]],
  ] as const)("%s", (_name, policy, word, remains, steps) => {
    expect(hear(anOrder(), word, remains, policy).refunds).toMatchObject(steps);
  });

  it("posts a delayed refund by the first answer after its time, and costs nothing when the order went on", () => {
    const delay = { delayMinutes: 30 };
    const promised = hear(anOrder(), "Canceled", 1000, delay).next;
    expect(promised).toMatchObject({ refunded: 0, cadence: 5, hold: { postsAt: NOW + 30 * MINUTE } });
    expect(hear(promised, "Canceled", 1000, delay, NOW + 29 * MINUTE).refunds).toEqual([]);
    expect(hear(promised, "Canceled", 1000, delay, NOW + 30 * MINUTE)).toMatchObject({
      refunds: [{ kind: "release", n: 1, amount: 900_000 }],
      next: { refunded: 900_000, hold: null },
    });
    const once = hear(promised, "In progress", 900, delay, NOW + 5 * MINUTE).next;
    expect(hear(once, "In progress", 800, delay, NOW + 10 * MINUTE)).toMatchObject({
      refunds: [{ kind: "withdraw", n: 1 }],
      next: { refunded: 0, status: "in_progress" },
    });
  });

  it("holds an order that has been in error for too long, and settles what comes after", () => {
    const policy = { errorAfterHours: 24 };
    const inError = hear(anOrder(), "Error", null, policy).next;
    expect(inError).toMatchObject({ errorAt: NOW, hold: null });
    const held = hear(inError, "Error", null, policy, NOW + 24 * HOUR);
    expect(held.refunds).toMatchObject([{ kind: "hold", amount: 900_000, reason: "error_too_long" }]);
    expect(hear(held.next, "Error", null, policy, NOW + 30 * HOUR).refunds).toEqual([]);
    expect(hear(held.next, "Completed", 0, policy, NOW + 31 * HOUR)).toMatchObject({
      refunds: [{ kind: "withdraw" }],
      next: { errorAt: null, refunded: 0 },
    });
  });

  it("leaves with a person what it left there, also after it was changed", () => {
    const held = hear(anOrder(), "Canceled", 1000, { mode: "hold" }).next;
    expect(hear(held, "Canceled", 1000).refunds).toEqual([]);
  });
});

describe("a decision", () => {
  const held = hear(anOrder(), "Partial", 250, { mode: "hold" }).next;

  it("approved posts once, and the same amount due again does nothing", () => {
    const approved = granted(approve(held, 225_000));
    expect(approved).toMatchObject({ refunded: 225_000, hold: null, flags: 0 });
    expect(hear(approved, "Partial", 250).refunds).toEqual([]);
    expect(hear(approved, "Partial", 250, { mode: "hold" }).refunds).toEqual([]);
  });

  it("rejected stays rejected; a higher amount due opens the increase alone", () => {
    const rejected = reject(held, NOW);
    expect(hear(rejected, "Partial", 250).refunds).toEqual([]);
    const more = hear(rejected, "Partial", 350);
    expect(more.refunds).toMatchObject([{ kind: "post", amount: 90_000 }]);
    expect(hear(more.next, "Partial", 350).refunds).toEqual([]);
    expect(hear(more.next, "Partial", 400).refunds).toMatchObject([{ kind: "post", amount: 45_000 }]);
  });

  it("altered stays altered, above or below what was due", () => {
    for (const amount of [100_000, 500_000]) {
      const altered = granted(approve(held, amount));
      const again = hear(altered, "Partial", 250);
      expect(again.refunds).toEqual([]);
      expect(flagNames(again.next.flags)).toEqual([]);
    }
  });

  it("never grants more than the charge", () => {
    expect(approve(held, 900_001)).toEqual({ ok: false, failure: { code: "above_charge", most: 900_000 } });
    expect(granted(approve(held, 900_000)).refunded).toBe(900_000);
  });
});

describe("goodwill", () => {
  it("counts against the charge, lowers what a later report posts, and is never too much", () => {
    const kind = granted(giveGoodwill(anOrder(), 100_000));
    expect(hear(kind, "Partial", 250).refunds).toMatchObject([{ kind: "post", amount: 125_000 }]);
    const generous = granted(giveGoodwill(anOrder(), 500_000));
    expect(hear(generous, "Partial", 250)).toMatchObject({ refunds: [], next: { flags: 0 } });
    expect(hear(generous, "Completed", 0).next.flags).toBe(0);
    expect(hear(generous, "Canceled", 1000).refunds).toMatchObject([{ amount: 400_000 }]);
  });

  it("leaves room for a refund that waits", () => {
    const held = hear(anOrder(), "Partial", null).next;
    expect(giveGoodwill(held, 1)).toEqual({ ok: false, failure: { code: "above_charge", most: 0 } });
  });
});

describe("a claw-back", () => {
  const refunded = hear(anOrder(), "Canceled", 1000).next;

  it("is bounded by what was returned, and what is due is not posted again", () => {
    const taken = granted(clawBack(refunded, 900_000, RULES));
    expect(taken.refunded).toBe(0);
    expect(hear(taken, "Canceled", 1000).refunds).toEqual([]);
    expect(clawBack(taken, 1, RULES)).toEqual({ ok: false, failure: { code: "above_refunded", most: 0 } });
  });

  it("clears the flag of an order that had too much", () => {
    const over = hear(refunded, "Completed", 0).next;
    expect(flagNames(over.flags)).toEqual(["over_refunded"]);
    expect(granted(clawBack(over, 900_000, RULES)).flags).toBe(0);
    const less = granted(clawBack(over, 1, RULES));
    expect(flagNames(less.flags)).toEqual(["over_refunded"]);
    expect(flagNames(hear(less, "Completed", 0).next.flags)).toEqual(["over_refunded"]);
  });

  it("leaves the flag of an order that still has too much by what its provider says now", () => {
    const held = hear(anOrder(), "Canceled", 1000, { mode: "hold" }).next;
    const over = hear(granted(approve(held, 900_000)), "Completed", 0).next;
    expect(flagNames(over.flags)).toEqual(["over_refunded"]);
    expect(flagNames(granted(clawBack(over, 1, RULES)).flags)).toEqual(["over_refunded"]);
    const settled = granted(clawBack(over, 900_000, RULES));
    expect(settled.flags).toBe(0);
    // It was decided about another status: a person decides again.
    expect(hear(settled, "Canceled", 1000).refunds).toMatchObject([{ kind: "hold", amount: 900_000, reason: "decided_before" }]);
  });

  it("leaves granted what a person had granted above what is due", () => {
    const held = hear(anOrder(), "Partial", 250, { mode: "hold" }).next;
    const less = granted(clawBack(granted(approve(held, 500_000)), 100_000, RULES));
    expect(hear(less, "Partial", 250)).toMatchObject({ refunds: [], next: { refunded: 400_000, flags: 0 } });
  });
});

it("whatever is said and decided, net refunds stay between nothing and the charge, and every step adds up", () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant("hear" as const),
      word: fc.constantFrom("In progress", "Completed", "Partial", "Canceled", "Refunded", "Error", "Teleporting"),
      remains: fc.option(fc.integer({ min: 0, max: 1200 })),
      mode: fc.constantFrom("auto" as const, "hold" as const, "off" as const),
      cap: fc.option(fc.constant(300_000)),
      delayMinutes: fc.constantFrom(0, 90),
    }),
    fc.record({
      do: fc.constantFrom("approve" as const, "reject" as const, "goodwill" as const, "clawback" as const),
      amount: fc.integer({ min: 1, max: 1_000_000 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 15 }), (steps) => {
      let state = anOrder();
      let total = 0;
      let at = NOW;
      for (const taken of steps) {
        at += HOUR;
        if (taken.do === "hear") {
          const { next, refunds } = hear(
            state,
            taken.word,
            taken.remains,
            { mode: taken.mode, cap: taken.cap, delayMinutes: taken.delayMinutes },
            at,
          );
          for (const refund of refunds) if (refund.kind === "post" || refund.kind === "release") total += refund.amount ?? 0;
          state = next;
        } else if (taken.do === "reject") {
          if (state.hold !== null) state = reject(state, at);
        } else if (taken.do !== "approve" || state.hold !== null) {
          const after =
            taken.do === "approve"
              ? approve(state, taken.amount)
              : taken.do === "goodwill"
                ? giveGoodwill(state, taken.amount)
                : clawBack(state, taken.amount, RULES);
          if (after.ok) {
            total += taken.do === "clawback" ? -taken.amount : taken.amount;
            state = after.value;
          }
        }
        expect(state.refunded).toBe(total);
        expect(total).toBeGreaterThanOrEqual(0);
        expect(total + (state.hold?.amount ?? 0)).toBeLessThanOrEqual(900_000);
        expect(state.goodwill).toBeLessThanOrEqual(Math.max(0, total));
      }
    }),
    { numRuns: 2000 },
  );
});

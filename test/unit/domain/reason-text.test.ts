import { describe, expect, it } from "vitest";
import { withdrawnNote } from "../../../src/domain/feed.ts";
import type { OrderState } from "../../../src/domain/order.ts";
import { reasonText } from "../../../src/domain/reason-text.ts";
import { reconcile } from "../../../src/domain/reconcile.ts";
import { approve, reject } from "../../../src/domain/refund-decision.ts";
import { DEFAULT_POLICY, type RefundPolicy } from "../../../src/domain/refund-policy.ts";
import { anOrder, aReport, NOW, POLICY } from "./orders.ts";

const WORDS = ["Canceled", "Partial", "Refunded", "Completed", "Error", "In progress"];
const REMAINS = [null, 0, 250, 1000];
const RULES: Readonly<Record<string, Partial<RefundPolicy>>> = {
  auto: {},
  hold: { mode: "hold" },
  off: { mode: "off" },
  delay: { delayMinutes: 30 },
  cap: { cap: 100_000 },
  by_remains: { canceled: "by_remains" },
};
const DECISIONS: Readonly<Record<string, (state: OrderState) => OrderState>> = {
  none: (state) => state,
  reject: (state) => (state.hold === null ? state : reject(state, NOW)),
  "approve a little": (state) => approved(state, 1000),
  "approve all": (state) => approved(state, state.hold?.amount ?? 0),
};

function approved(state: OrderState, amount: number): OrderState {
  if (state.hold === null) return state;
  const decided = approve(state, amount);
  if (!decided.ok) throw new Error("the refund cannot be approved");
  return decided.value;
}

function heard(word: string, remains: number | null, rules: Partial<RefundPolicy>): OrderState {
  const policy = { ...POLICY, refunds: { ...DEFAULT_POLICY, ...rules } };
  return reconcile(anOrder({ remains }), aReport({ providerStatus: word, remains }), policy, NOW).next;
}

const CASES = WORDS.flatMap((word) =>
  REMAINS.flatMap((remains) =>
    Object.keys(RULES).flatMap((rules) => Object.keys(DECISIONS).map((decision) => [word, remains, rules, decision] as const)),
  ),
);

/** What a text says that the amounts beside it do not. */
function contradictions(text: string, { charge, refunded, hold }: OrderState): string[] {
  const claims = [
    ["all was returned", text.includes("full charge is returned"), refunded === charge],
    ["some was returned", /(share|part) of .* is returned/.test(text), refunded > 0],
    ["nothing was returned", text.includes("nothing is returned"), refunded === 0],
    ["a refund waits", /has to decide|waits/.test(text), hold !== null],
  ] as const;
  return claims.filter(([, isSaid, isSo]) => isSaid && !isSo).map(([claim]) => claim);
}

describe("the text of a reason", () => {
  it.each(CASES)("is true of the amounts beside it: %s, %s left, policy %s, decision %s", (word, remains, rules, decision) => {
    const state = DECISIONS[decision]?.(heard(word, remains, RULES[rules] ?? {})) ?? anOrder();
    const text = state.reason === null ? "" : reasonText(state.reason, state);
    expect(contradictions(text, state)).toEqual([]);
  });

  it("says what was returned, and that nothing was", () => {
    const state = heard("Canceled", 1000, {});
    expect(reasonText("canceled", state)).toBe("The provider canceled the order; the full charge is returned.");
    expect(reasonText("canceled", { ...state, refunded: 0 })).toBe("The provider canceled the order; nothing is returned here.");
    expect(reasonText("partial", heard("Partial", 250, {}))).toContain("the share of what was not delivered is returned");
  });
});

describe("the note of a withdrawn refund", () => {
  it.each([
    ["leaves refunds to the panel", [{ kind: "withdraw", n: 1, leftToPanel: true }]],
    [
      "took its place",
      [
        { kind: "withdraw", n: 1 },
        { kind: "hold", n: 2, amount: 1, reason: "partial", remains: 1 },
      ],
    ],
    ["is not due", [{ kind: "withdraw", n: 1 }]],
  ] as const)("says what ended it: %s", (part, steps) => {
    expect(withdrawnNote(steps)).toContain(part);
  });
});

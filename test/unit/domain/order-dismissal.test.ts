import { describe, expect, it } from "vitest";
import { dismiss, withDismissals } from "../../../src/domain/order-dismissal.ts";
import { type DismissibleFlag, FLAGS, flagNames, type OrderState } from "../../../src/domain/order.ts";
import { reconcile } from "../../../src/domain/reconcile.ts";
import { anOrder, aReport, HOUR, MINUTE, NOW, POLICY } from "./orders.ts";

const flagged = (flag: DismissibleFlag, over: Partial<OrderState>): OrderState => anOrder({ flags: FLAGS[flag], ...over });
const ended = { status: "canceled", finalAt: NOW } as const;

describe("a flag that was dismissed", () => {
  it.each([
    ["over_refunded", { ...ended, refunded: 900_000, remains: 1000 }, {}, false],
    ["over_refunded", { ...ended, refunded: 500_000 }, { refunded: 600_000 }, true],
    ["over_refunded", { ...ended, refunded: 500_000 }, { refunded: 400_000 }, false],
    ["over_refunded", { ...ended, status: "partial", refunded: 500_000, remains: 250 }, { remains: 100 }, true],
    ["over_refunded", { ...ended, refunded: 500_000 }, { status: "completed" }, true],
    ["over_refunded", { refunded: 500_000, remains: 600 }, { remains: 300 }, false],
    ["over_refunded", { refunded: 500_000 }, { refunded: 700_000, goodwill: 200_000 }, false],
    ["completed_with_remains", { status: "completed", remains: 5 }, {}, false],
    ["completed_with_remains", { status: "completed", remains: 5 }, { remains: 6 }, true],
    ["canceled_after_delivery", { ...ended, remains: 250 }, {}, false],
    ["canceled_after_delivery", { ...ended, remains: 250 }, { remains: 300 }, true],
    ["stalled", { remains: 600 }, { progressAt: NOW }, false],
    ["stalled", { remains: 600 }, { remains: 500 }, true],
    ["overdue", { status: "pending" }, {}, false],
    ["overdue", { status: "pending" }, { status: "processing" }, true],
    ["duplicate_link", {}, { remains: 100 }, false],
  ] as const)("%s of %j comes back with %j: %j", (flag, over, then, isBack) => {
    const dismissed = dismiss(flagged(flag, over), flag);
    expect(flagNames(dismissed.flags)).toEqual([]);
    const later = withDismissals({ ...dismissed, ...then, flags: dismissed.flags | FLAGS[flag] });
    expect(flagNames(later.flags)).toEqual(isBack ? [flag] : []);
  });

  it("leaves the others alone", () => {
    const both = anOrder({ flags: FLAGS.stalled | FLAGS.overdue });
    expect(flagNames(dismiss(both, "stalled").flags)).toEqual(["overdue"]);
  });

  it("stays away while the provider says the same, and comes back when the order stands still anew", () => {
    const says = (order: OrderState, remains: number, at: number) => reconcile(order, aReport({ remains }), POLICY, at).next;
    const stalled = says(anOrder({ progressAt: NOW - 7 * HOUR }), 600, NOW);
    expect(flagNames(stalled.flags)).toEqual(["stalled"]);
    const dismissed = dismiss(stalled, "stalled");
    expect(flagNames(says(dismissed, 600, NOW + HOUR).flags)).toEqual([]);
    const moved = says(dismissed, 500, NOW + HOUR);
    expect(flagNames(says(moved, 500, NOW + 8 * HOUR).flags)).toEqual(["stalled"]);
    expect(flagNames(says(moved, 500, NOW + HOUR + MINUTE).flags)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { FLAGS } from "../../../src/domain/order.ts";
import { foundPlaced, leftUnknown, neverPlaced, reusedUntil } from "../../../src/domain/order-placement.ts";
import { statusForPanel } from "../../../src/domain/panel-status.ts";
import { aFreshOrder, NOW } from "./orders.ts";

const placing = aFreshOrder({ placedAt: NOW });

describe("an order of which nobody knows whether it was placed", () => {
  const unknown = leftUnknown(placing);

  it("is flagged, and told as pending", () => {
    expect(unknown.flags).toBe(FLAGS.placing_unknown);
    expect(unknown.reason).toBe("placing_unknown");
    expect(statusForPanel(unknown)).toMatchObject({ label: "Pending", final: false, remains: 1000 });
  });

  it("is polled from the next minute on once it was found at the provider", () => {
    expect(foundPlaced(unknown)).toMatchObject({ flags: 0, reason: null, cadence: 1, status: "pending" });
  });

  it("is canceled and returned in full when it never reached the provider, whatever the policy", () => {
    const { next, refunds } = neverPlaced(unknown, NOW);
    expect(refunds).toEqual([{ kind: "post", n: 1, amount: 900_000, reason: "not_placed", remains: 1000 }]);
    expect(next).toMatchObject({ status: "canceled", refunded: 900_000, refundCount: 1, flags: 0, cadence: null, reason: "not_placed" });
    expect(statusForPanel(next)).toMatchObject({ label: "Canceled", final: true, remains: 1000 });
  });

  it("returns nothing where nothing was charged", () => {
    expect(neverPlaced(leftUnknown(aFreshOrder({ charge: null })), NOW).refunds).toEqual([]);
  });

  it("returns no more than what is left of the charge", () => {
    expect(neverPlaced({ ...unknown, refunded: 100_000, refundCount: 1 }, NOW).refunds).toMatchObject([{ n: 2, amount: 800_000 }]);
  });
});

describe("how long an identical add is the one before", () => {
  it.each([
    ["not at all after a quick answer", 200, null],
    ["not at all after 8 s: its script still waits", 8_000, null],
    ["for 120 s after a slower one", 8_001, 120_000],
    ["for 120 s after one that took very long", 30_000, 120_000],
    ["not at all where the clock was set back", -5_000, null],
  ])("%s", (_name, took, reused) => {
    expect(reusedUntil(NOW - took, NOW)).toBe(reused === null ? null : NOW + reused);
  });
});

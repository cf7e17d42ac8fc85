import { describe, expect, it } from "vitest";
import { refundDue } from "../../../src/domain/refund-rules.ts";
import { STATUS_NAMES } from "../../../src/domain/status.ts";

const order = {
  charge: 900_000,
  quantity: 1000,
  multi: false,
  remainsUnreadable: false,
  providerCharge: "0.5",
  runs: null,
  posts: null,
} as const;

describe("refundDue", () => {
  it.each([
    ["canceled", null, 900_000, "canceled"],
    ["canceled", 0, 900_000, "canceled"],
    ["canceled", 250, 900_000, "canceled"],
    ["partial", 250, 225_000, "partial"],
    ["partial", 1, 900, "partial"],
    ["partial", 999, 899_100, "partial"],
    ["partial", 1000, 900_000, "nothing_delivered"],
    ["partial", 1200, 900_000, "nothing_delivered"],
    ["refunded", 250, 225_000, "partial"],
    ["refunded", 0, 900_000, "refunded"],
    ["refunded", null, 900_000, "refunded"],
    ["refunded", 1000, 900_000, "refunded"],
    ["completed", 0, 0, null],
    ["completed", 250, 0, null],
    ["pending", null, 0, null],
    ["processing", 1000, 0, null],
    ["in_progress", 250, 0, null],
  ] as const)("%s with remains %s: %d due", (status, remains, amount, reason) => {
    expect(refundDue({ ...order, status, remains })).toEqual({ kind: "due", amount, reason });
  });

  it.each([0, null])("holds a partial with remains %s", (remains) => {
    expect(refundDue({ ...order, status: "partial", remains })).toEqual({ kind: "hold", atMost: 900_000, reason: "remains_unknown" });
  });

  it.each([1000, null])("holds a refunded one whose remains cannot be read, unless its price reads 0; quantity %s", (quantity) => {
    const refunded = { ...order, quantity, status: "refunded", remains: null, remainsUnreadable: true } as const;
    const held = { kind: "hold", atMost: 900_000, reason: "remains_unknown" };
    expect([null, "0.3", "0"].map((providerCharge) => refundDue({ ...refunded, providerCharge }))).toEqual([
      held,
      held,
      { kind: "due", amount: 900_000, reason: "refunded" },
    ]);
    expect(refundDue({ ...refunded, status: "canceled" })).toEqual({ kind: "due", amount: 900_000, reason: "canceled" });
    expect(refundDue({ ...refunded, status: "completed" })).toEqual({ kind: "due", amount: 0, reason: null });
  });

  it.each(["error", "unknown"] as const)("decides nothing on %s, whatever remains", (status) => {
    for (const remains of [null, 0, 250, 1000]) expect(refundDue({ ...order, status, remains })).toEqual({ kind: "undecided" });
  });

  it("holds every final word but completed for an order of several parts", () => {
    const kinds = STATUS_NAMES.map((status) => [status, refundDue({ ...order, multi: true, status, remains: 250 }).kind]);
    expect(Object.fromEntries(kinds)).toEqual({
      pending: "due",
      processing: "due",
      in_progress: "due",
      completed: "due",
      partial: "hold",
      canceled: "hold",
      refunded: "hold",
      error: "undecided",
      unknown: "undecided",
    });
  });

  it("works nothing out where the charge is not known", () => {
    expect(refundDue({ ...order, charge: null, status: "canceled", remains: null })).toEqual({ kind: "undecided" });
  });

  it.each([
    ["canceled", null, { kind: "due", amount: 900_000, reason: "canceled" }],
    ["refunded", null, { kind: "due", amount: 900_000, reason: "refunded" }],
    ["refunded", 250, { kind: "hold", atMost: 900_000, reason: "remains_unknown" }],
    ["partial", 250, { kind: "hold", atMost: 900_000, reason: "remains_unknown" }],
    ["partial", null, { kind: "hold", atMost: 900_000, reason: "remains_unknown" }],
    ["completed", null, { kind: "due", amount: 0, reason: null }],
  ] as const)("returns a package, whose units nobody counts, whole or leaves it to a person: %s with %s left", (status, remains, due) => {
    expect(refundDue({ ...order, quantity: null, status, remains })).toEqual(due);
  });
});

import { describe, expect, it } from "vitest";
import { type Act, gaveWay, mayAct, type Known, type Standing, standingOf } from "../../../src/domain/order-owner.ts";
import { flagNames } from "../../../src/domain/order.ts";
import { anOrder } from "./orders.ts";

const NOTHING: Known = { holder: null, placingSince: null, textIds: false };
const holder = (panel: string, isPlaced = false, since = 1000) => ({ panel, isPlaced, since });

describe("how panel b stands to a provider's order", () => {
  it.each<[string, string, Partial<Known>, Standing]>([
    ["that nobody has", "23501", {}, "nobodys"],
    ["that it has", "23501", { holder: holder("b") }, "own"],
    ["that a has registered", "23501", { holder: holder("a") }, "anothers"],
    ["that a has placed", "23501", { holder: holder("a", true) }, "anothers"],
    ["that a asked about, and that it may have lost", "23501", { holder: holder("a"), hasLostOrders: true }, "contested"],
    ["that a has placed, after it lost some", "23501", { holder: holder("a", true), hasLostOrders: true }, "anothers"],
    ["that nobody has while a places one", "23501", { placingSince: 2000 }, "unclear"],
    ["that it registered after a began to place one", "23501", { holder: holder("b", false, 3000), placingSince: 2000 }, "unclear"],
    ["that it registered before that", "23501", { holder: holder("b", false, 1000), placingSince: 2000 }, "own"],
    ["that it placed after that", "23501", { holder: holder("b", true, 3000), placingSince: 2000 }, "own"],
    ["by another spelling", "023501", {}, "stranger"],
    ["by another spelling that it has on record from before", "023501", { holder: holder("b") }, "own"],
    ["by another spelling that a has on record", "023501", { holder: holder("a") }, "anothers"],
    ["by a hash", "9b1deb4d3b7d4bad9bdd", {}, "stranger"],
    ["by a hash at a provider that gives such", "9b1deb4d3b7d4bad9bdd", { textIds: true }, "nobodys"],
    ["by a number with letters at a provider that gives hashes", "23501abc", { textIds: true }, "stranger"],
  ])("%s", (_name, id, known, expected) => {
    expect(standingOf("b", id, { ...NOTHING, ...known })).toBe(expected);
  });
});

it.each<[Standing, Act[]]>([
  ["own", ["read", "follow", "change"]],
  ["nobodys", ["read", "follow", "change"]],
  ["unclear", ["read", "follow"]],
  ["anothers", []],
  ["contested", []],
  ["stranger", []],
])("of an order that is %s it may %j", (standing, acts) => {
  expect((["read", "follow", "change"] as const).filter((act) => mayAct(standing, act))).toEqual(acts);
});

describe("an order that gives way", () => {
  const NOW = 5_000_000;
  const HOLD = { n: 1, amount: 300, due: 300, status: "canceled", reason: "policy_hold", at: 1, postsAt: null } as const;

  it("is flagged, closed and asked about no more; what was refunded stays", () => {
    const before = anOrder({
      refunded: 200,
      cadence: 5,
      refill: { id: "r1", status: "pending", at: 1 },
      cancel: { status: "queued", at: 1, tries: 0, waitUntil: null },
    });
    const { next, refunds } = gaveWay(before, NOW);
    expect(next).toEqual({
      ...before,
      reason: "provider_order_taken",
      flags: next.flags,
      cadence: null,
      refill: { id: null, status: "error", at: 1 },
      cancel: { status: "refused", at: 1, tries: 0, waitUntil: null },
    });
    expect(flagNames(next.flags)).toEqual(["provider_order_taken"]);
    expect(refunds).toEqual([]);
  });

  it.each([null, NOW + 1])("keeps what waits for a person, whenever it would have been posted (%s)", (postsAt) => {
    const { next, refunds } = gaveWay(anOrder({ refundCount: 1, hold: { ...HOLD, postsAt } }), NOW);
    expect(refunds).toEqual([
      { kind: "withdraw", n: 1 },
      { kind: "hold", n: 2, amount: 300, reason: "provider_order_taken", remains: next.remains },
    ]);
    expect(next.hold).toEqual({ ...HOLD, n: 2, reason: "provider_order_taken", at: NOW, postsAt: null });
    expect(flagNames(next.flags)).toEqual(["refund_held", "provider_order_taken"]);
  });
});

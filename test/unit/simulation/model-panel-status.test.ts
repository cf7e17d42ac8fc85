/**
 * What the model has a panel's script hear.
 */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Policy } from "../../../simulation/model/order.ts";
import { largestRemains } from "../../../simulation/model/panel-status.ts";
import { shareOf } from "../../../simulation/model/rules.ts";
import { AUTO, HOLD, OFF, placed, say, type Saying, toldOf } from "./model-orders.ts";

describe("panel status", () => {
  test.each<[string, Policy, Saying[], string[]]>([
    ["nothing was heard", AUTO, [], ["Pending null"]],
    ["an active word", AUTO, ["In progress"], ["In progress null"]],
    ["an unknown word", AUTO, ["Frozen"], ["Pending null"]],
    ["an error", AUTO, ["Processing", "Error"], ["Processing null"]],
    ["completed", AUTO, [["Completed", 3]], ["Completed 0"]],
    ["canceled", AUTO, [["Canceled", 250]], ["Canceled 1000"]],
    ["partial", AUTO, [["Partial", 250]], ["Partial 250"]],
    ["nothing delivered", AUTO, [["Partial", 1200]], ["Canceled 1000"]],
    ["refunded", AUTO, ["Refunded"], ["Canceled 1000"]],
    ["refunded in part", AUTO, [["Refunded", 250]], ["Partial 250"]],
    ["held", HOLD, ["In progress", ["Partial", 250]], ["In progress null"]],
    ["left to the panel", OFF, ["Processing", ["Partial", 250]], ["Partial 250"]],
    ["left to the panel, without a number", OFF, ["Processing", "Partial"], ["Processing null"]],
  ])("%s", (_, policy, sayings, told) => {
    expect(toldOf(say(placed(), policy, ...sayings))).toEqual(told);
  });

  it("is the provider's own word once the policy is off, and may be what a person gives then", () => {
    const order = say(say(placed(), HOLD, "Canceled"), OFF, ["Canceled", 1000]);
    expect(toldOf(order)).toEqual(["Canceled 1000"]);
    order.goodwill(450_000);
    expect(toldOf(order)).toEqual(["Partial 500", "Completed 0", "Canceled 1000"]);
  });

  it("is the decision, not the provider's number", () => {
    const order = say(placed(), HOLD, "Canceled");
    order.approve(450_000);
    expect(toldOf(order)).toEqual(["Partial 500"]);
  });

  it("is the provider's own number where the decision is its share", () => {
    const tiny = placed({ charge: 1, quantity: 10 });
    expect(toldOf(say(tiny, AUTO, ["Partial", 3]))).toEqual(["Partial 3"]);
  });

  it("tells a rejection once a poll an hour later still gives an end", () => {
    const order = say(placed(), HOLD, "Processing", ["Canceled", 1000]);
    order.reject(0);
    expect(toldOf(order)).toEqual(["Processing null"]);
    expect(toldOf(say(order, HOLD, ["Canceled", 1000, 0.9]))).toEqual(["Processing null"]);
    expect(toldOf(say(order, HOLD, ["Canceled", 1000, 1]))).toEqual(["Completed 0"]);
  });

  it("tells what was granted of an order in error, and not that it was refused", () => {
    const policy = { ...AUTO, errorAfterHours: 1 };
    const order = say(placed(), policy, "Processing", "Error", ["Error", null, 1]);
    const refused = order.copy();
    order.approve(900_000);
    expect(toldOf(order)).toEqual(["Canceled 1000"]);
    refused.reject(0);
    expect(toldOf(refused)).toEqual(["Processing null"]);
  });

  it("names the nearest lower number, and points out where that is none", () => {
    const single = say(placed({ charge: 900_000, quantity: 1 }), HOLD, "Canceled");
    single.approve(450_000);
    expect([toldOf(single), single.isUnsayable]).toEqual([["Completed 0"], true]);
    expect(say(placed(), AUTO, ["Partial", 250]).isUnsayable).toBe(false);
    const amounts = fc.record({ charge: fc.integer({ min: 1, max: 5000 }), quantity: fc.integer({ min: 1, max: 300 }) });
    fc.assert(
      fc.property(amounts, fc.nat({ max: 10_000 }), ({ charge, quantity }, draw) => {
        const decision = draw % charge;
        const shares = Array.from({ length: quantity + 1 }, (_, remains) => shareOf(charge, quantity, remains));
        expect(largestRemains(decision, charge, quantity)).toBe(shares.findLastIndex((share) => share <= decision));
      }),
    );
  });

  it("is the word itself of an order without a charge, or with one of nothing", () => {
    const followed = (...sayings: Saying[]) => toldOf(say(placed({ charge: null }), AUTO, ...sayings));
    expect(followed(["Partial", 250])).toEqual(["Partial 250"]);
    expect(followed(["Partial", 1250])).toEqual(["Partial 1000"]);
    expect(followed(["Refunded", 250])).toEqual(["Partial 250"]);
    expect(followed(["Refunded", 1000])).toEqual(["Canceled 1000"]);
    expect(followed("Processing", "Error")).toEqual(["Processing null"]);
    expect(toldOf(say(placed({ charge: 0 }), AUTO, ["Partial", 250]))).toEqual(["Partial 250"]);
  });

  it("is that word once a person has let it go, and completed once it was refused", () => {
    const held = say(placed({ charge: null }), HOLD, "Processing", ["Canceled", 1000]);
    expect(toldOf(held)).toEqual(["Processing null"]);
    const refused = held.copy();
    held.approve(null);
    expect(toldOf(held)).toEqual(["Canceled 1000"]);
    refused.reject(0);
    expect(toldOf(refused)).toEqual(["Processing null"]);
    expect(toldOf(say(refused, HOLD, ["Canceled", 1000, 1]))).toEqual(["Completed 0"]);
  });

  it("may show what an order was registered with, or an active status", () => {
    expect(toldOf(placed({ status: "canceled" }))).toEqual(["Pending null", "Canceled 1000", "Canceled null"]);
  });

  it("may count goodwill as a part of the decision or not", () => {
    const partial = say(placed(), AUTO, ["Partial", 250]);
    partial.goodwill(90_000);
    expect(toldOf(partial)).toEqual(["Partial 350", "Partial 250"]);
    const completed = say(placed(), AUTO, "Completed");
    completed.goodwill(90_000);
    expect(toldOf(completed)).toEqual(["Completed 0", "Partial 100"]);
  });

  it("has no number for a package", () => {
    const bundle = say(placed({ quantity: null }), AUTO, "Partial");
    bundle.approve(999);
    expect(toldOf(bundle)).toEqual(["Partial null"]);
  });

  it("may show a completed order or what was returned where more was returned than is due", () => {
    expect(toldOf(say(placed(), AUTO, "Canceled", "Completed"))).toEqual(["Completed 0", "Canceled 1000"]);
  });
});

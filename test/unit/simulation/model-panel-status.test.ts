/**
 * What the model has a panel's script hear, and the readings of scripts.
 */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Policy } from "../../../simulation/model/order.ts";
import { largestRemains } from "../../../simulation/model/panel-status.ts";
import type { Reading } from "../../../simulation/model/readings.ts";
import { shareOf } from "../../../simulation/model/rules.ts";
import { AUTO, HOLD, moneyOf, OFF, placed, say, type Saying } from "./model-orders.ts";

describe("panel status", () => {
  const statusesOf = (policy: Policy, ...sayings: Saying[]) => say(placed(), policy, ...sayings).panelStatuses();

  test.each<[string, Policy, Saying[], object[]]>([
    ["nothing was heard", AUTO, [], [{ word: "Pending", remains: null }]],
    ["an active word", AUTO, ["In progress"], [{ word: "In progress", remains: null }]],
    ["an unknown word", AUTO, ["Frozen"], [{ word: "Pending", remains: null }]],
    ["an error", AUTO, ["Processing", "Error"], [{ word: "Processing", remains: null }]],
    ["completed", AUTO, [["Completed", 3]], [{ word: "Completed", remains: 0 }]],
    ["canceled", AUTO, [["Canceled", 250]], [{ word: "Canceled", remains: 1000 }]],
    ["partial", AUTO, [["Partial", 250]], [{ word: "Partial", remains: 250 }]],
    ["nothing delivered", AUTO, [["Partial", 1200]], [{ word: "Canceled", remains: 1000 }]],
    ["refunded", AUTO, ["Refunded"], [{ word: "Canceled", remains: 1000 }]],
    ["refunded in part", AUTO, [["Refunded", 250]], [{ word: "Partial", remains: 250 }]],
    ["held", HOLD, ["In progress", ["Partial", 250]], [{ word: "In progress", remains: null }]],
  ])("%s", (_, policy, sayings, statuses) => {
    expect(statusesOf(policy, ...sayings)).toEqual(statuses);
  });

  it("shows the decision, not the provider's number", () => {
    const order = say(placed(), HOLD, "Canceled");
    order.approve(123_456);
    expect(order.panelStatuses()).toEqual([{ word: "Partial", remains: 123 }]);
    const rejected = say(placed(), HOLD, "Canceled");
    rejected.reject();
    expect(rejected.panelStatuses()).toEqual([{ word: "Completed", remains: 0 }]);
  });

  it("names the largest whole number whose share is not above the decision", () => {
    const amounts = fc.record({ charge: fc.integer({ min: 1, max: 5000 }), quantity: fc.integer({ min: 1, max: 300 }) });
    fc.assert(
      fc.property(amounts, fc.nat({ max: 10_000 }), ({ charge, quantity }, draw) => {
        const decision = draw % charge;
        const shares = Array.from({ length: quantity + 1 }, (_, remains) => shareOf(charge, quantity, remains));
        expect(largestRemains(decision, charge, quantity)).toBe(shares.findLastIndex((share) => share <= decision));
      }),
    );
  });

  it("shows followed orders as they are", () => {
    const followed = (...sayings: Saying[]) => say(placed({ charge: null }), AUTO, ...sayings).panelStatuses()[0];
    expect(followed(["Partial", 250])).toEqual({ word: "Partial", remains: 250 });
    expect(followed(["Partial", 1250])).toEqual({ word: "Partial", remains: 1000 });
    expect(followed(["Refunded", 250])).toEqual({ word: "Partial", remains: 250 });
    expect(followed("Refunded")).toEqual({ word: "Canceled", remains: null });
    expect(followed("Processing", "Error")).toEqual({ word: "Processing", remains: null });
  });

  it("may show a final word or an active one where refunds are off", () => {
    expect(statusesOf(OFF, "Processing", ["Partial", 250])).toEqual([
      { word: "Processing", remains: null },
      { word: "Partial", remains: 250 },
    ]);
  });

  it("may show what an order was registered with, or an active status", () => {
    expect(placed({ status: "canceled" }).panelStatuses()).toEqual([
      { word: "Pending", remains: null },
      { word: "Canceled", remains: null },
    ]);
  });

  it("may count goodwill as a part of the decision or not", () => {
    const partial = say(placed(), AUTO, ["Partial", 250]);
    partial.goodwill(100_000);
    expect(partial.panelStatuses()).toEqual([
      { word: "Partial", remains: 350 },
      { word: "Partial", remains: 250 },
    ]);
    const altered = say(placed(), HOLD, "Canceled");
    altered.approve(200_000);
    altered.goodwill(100_000);
    expect(altered.panelStatuses()).toEqual([
      { word: "Partial", remains: 300 },
      { word: "Partial", remains: 200 },
    ]);
    const completed = say(placed(), AUTO, "Completed");
    completed.goodwill(100_000);
    expect(completed.panelStatuses()).toEqual([
      { word: "Completed", remains: 0 },
      { word: "Partial", remains: 100 },
    ]);
  });

  it("may show what was returned or what is due where remains shrank", () => {
    expect(statusesOf(AUTO, ["Partial", 250], ["Partial", 100])).toEqual([
      { word: "Partial", remains: 250 },
      { word: "Partial", remains: 100 },
    ]);
  });

  it("has no number for a decision below the share of one unit, nor for a package", () => {
    const order = say(placed(), HOLD, "Canceled");
    order.approve(999);
    expect(order.panelStatuses()).toEqual([
      { word: "Partial", remains: 0 },
      { word: "Completed", remains: 0 },
    ]);
    const bundle = say(placed({ quantity: null }), AUTO, "Partial");
    bundle.approve(999);
    expect(bundle.panelStatuses()).toEqual([{ word: "Partial", remains: null }]);
  });

  it("shows an order that cost nothing as it is", () => {
    expect(say(placed({ charge: 0 }), AUTO, ["Partial", 250]).panelStatuses()).toEqual([{ word: "Partial", remains: 250 }]);
  });

  it("may show a completed order or what was returned where more was returned than is due", () => {
    expect(statusesOf(AUTO, "Canceled", "Completed")).toEqual([
      { word: "Completed", remains: 0 },
      { word: "Canceled", remains: 1000 },
    ]);
  });
});

describe("the other readings", () => {
  const order = (reading: Partial<Reading>) => placed({ reading });
  const after = (reading: Partial<Reading>, policy: Policy, ...sayings: Saying[]) => moneyOf(say(order(reading), policy, ...sayings));

  test.each<[Partial<Reading>, Saying[], string]>([
    [{ error: "final" }, ["Completed", "Error"], "error"],
    [{ error: "final" }, ["Error", "In progress"], "error"],
    [{ error: "final" }, ["Error", "In progress", "In progress"], "in_progress"],
    [{ error: "at_once" }, ["Completed", "Error"], "error"],
    [{ error: "at_once" }, ["Error", "In progress"], "in_progress"],
    [{ twice: "same" }, ["Completed", "In progress", "Processing"], "completed"],
    [{ twice: "same" }, ["Completed", "In progress", "Processing", "Processing"], "processing"],
    [{ unknownBetween: "breaks" }, ["Completed", "In progress", "Frozen", "In progress"], "completed"],
  ])("%j: %j is %s", (reading, sayings, status) => {
    expect(say(order(reading), AUTO, ...sayings).status).toBe(status);
  });

  it("may show an order as unknown that was registered with a status", () => {
    expect(say(placed({ status: "processing", reading: { registered: "unheard" } }), AUTO, "Frozen").status).toBe("unknown");
  });

  it("may take the words of orders of several parts in other ways", () => {
    expect(say(placed({ multi: true, reading: { paused: "in_progress" } }), AUTO, "Paused").status).toBe("in_progress");
    expect(say(placed({ multi: true, reading: { expired: "completed" } }), AUTO, "Expired").status).toBe("completed");
  });

  it("may leave a held refund to be decided while the order goes on", () => {
    expect(after({ reopenedHold: "stays" }, HOLD, "Canceled", "In progress", "In progress").held).toBe(1_000_000);
  });

  it("may flag at any active word, or at none", () => {
    expect(say(placed({ refundedBefore: 1 }), AUTO, "In progress").overRefunded).toBe(false);
    expect(say(placed({ refundedBefore: 1, reading: { activeFlag: "always" } }), AUTO, "In progress").overRefunded).toBe(true);
    expect(after({ activeFlag: "never" }, AUTO, "Canceled", "In progress", "In progress").overRefunded).toBe(false);
    expect(after({ activeFlag: "never" }, AUTO, "Canceled", "Completed").overRefunded).toBe(true);
  });

  it("may let go of what is held once the policy does, or never by itself", () => {
    const policy = say(order({ openHold: "policy" }), HOLD, ["Partial", 250]);
    expect(moneyOf(say(policy, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 250_000, held: 0 });
    const stays = say(order({ openHold: "stays" }), HOLD, ["Partial", 250]);
    expect(moneyOf(say(stays, AUTO, ["Partial", 300]))).toMatchObject({ refunded: 0, held: 300_000 });
  });

  it("may take a rejected review for a decision on the charge or on nothing", () => {
    const charge = say(order({}), AUTO, "Partial");
    charge.reject();
    expect(say(charge, AUTO, "Partial", ["Partial", 250]).refunded).toBe(0);
    const nothing = say(order({ reviewDue: "nothing" }), AUTO, "Partial");
    nothing.reject();
    expect(say(nothing, AUTO, "Partial").held).toBe(0);
    expect(say(nothing, AUTO, ["Partial", 250]).refunded).toBe(250_000);
  });

  it("never returns more than is due on top of a review that was granted", () => {
    const granted = say(order({ reviewDue: "nothing" }), AUTO, "Partial");
    granted.approve(600_000);
    expect(moneyOf(say(granted, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 600_000, overRefunded: true });
    expect(moneyOf(say(granted, AUTO, "Canceled"))).toMatchObject({ refunded: 1_000_000, overRefunded: false });
  });

  it("may leave what is held as it is beside goodwill, up to the charge", () => {
    const held = say(order({ goodwillAndHold: "leaves" }), HOLD, ["Partial", 250]);
    held.goodwill(700_000);
    expect(held.held).toBe(250_000);
    held.goodwill(100_000);
    expect(held.held).toBe(200_000);
  });
});

/**
 * The model's orders: their status, their money, decisions by hand.
 */
import { describe, expect, it, test } from "vitest";
import { AUTO, HOLD, moneyOf, OFF, placed, say, type Saying } from "./model-orders.ts";

describe("the status of an order", () => {
  test.each<[string, Saying[], string]>([
    ["active words move freely", ["In progress", "Pending", "Processing"], "processing"],
    ["one final word gives way to another at once", ["Completed", "Partial", "Canceled"], "canceled"],
    ["a final word stands against one active word", ["Completed", "In progress"], "completed"],
    ["a final word gives way to two in a row", ["Completed", "In progress", "Processing"], "processing"],
    ["two that are not in a row change nothing", ["Completed", "In progress", "Completed", "In progress"], "completed"],
    ["an unknown word is no answer between two", ["Completed", "In progress", "Frozen", "In progress"], "in_progress"],
    ["an error ends as it began", ["In progress", "Error", "In progress"], "in_progress"],
    ["a final word stands against one error", ["Completed", "Error"], "completed"],
    ["a final word gives way to two errors", ["Completed", "Error", "Error"], "error"],
    ["an unknown word changes nothing", ["In progress", "Frozen"], "in_progress"],
    ["an unknown word is shown of an order of which nothing else is known", ["Frozen"], "unknown"],
    ["anything is better than unknown", ["Frozen", "Completed"], "completed"],
  ])("%s", (_, sayings, status) => {
    expect(say(placed(), AUTO, ...sayings).status).toBe(status);
  });

  it("keeps the last active word", () => {
    expect(say(placed(), AUTO, "In progress", "Error", "Completed").activeStatus).toBe("in_progress");
    expect(placed({ status: "processing" }).activeStatus).toBe("processing");
    expect(say(placed({ status: "processing" }), AUTO, "Frozen").status).toBe("processing");
  });

  it("never combines a final word with an older number", () => {
    const order = say(placed(), AUTO, ["In progress", 400], "Partial");
    expect(order.remains).toBeNull();
    expect(moneyOf(order)).toEqual({ status: "partial", refunded: 0, held: 1_000_000, overRefunded: false });
  });

  it("takes a number only with a word that counts", () => {
    const order = say(placed(), AUTO, ["Partial", 400], ["In progress", 100], ["Frozen", 50]);
    expect([order.status, order.remains]).toEqual(["partial", 400]);
    expect(say(placed(), AUTO, ["In progress", 400], "Processing").remains).toBe(400);
  });
});

describe("the money of an order", () => {
  const after = (...sayings: Saying[]) => moneyOf(say(placed(), AUTO, ...sayings));

  it("tops up from partial to canceled", () => {
    expect(after(["Partial", 250], "Canceled")).toEqual({ status: "canceled", refunded: 1_000_000, held: 0, overRefunded: false });
  });

  it("posts once what is said ten times", () => {
    const ten = Array.from({ length: 10 }, (): Saying => ["Partial", 250]);
    expect(after(...ten)).toEqual({ status: "partial", refunded: 250_000, held: 0, overRefunded: false });
  });

  it("flags, and takes nothing back, when remains shrinks after a partial", () => {
    expect(after(["Partial", 250], ["Partial", 100])).toEqual({ status: "partial", refunded: 250_000, held: 0, overRefunded: true });
    expect(after(["Partial", 250], ["Partial", 100], ["Partial", 250]).overRefunded).toBe(false);
  });

  it("flags when the provider takes a cancel back, once two answers say so", () => {
    expect(after("Canceled", "In progress").overRefunded).toBe(false);
    expect(after("Canceled", "In progress", "In progress")).toEqual({
      status: "in_progress",
      refunded: 1_000_000,
      held: 0,
      overRefunded: true,
    });
  });

  it("moves nothing on errors and unknown words", () => {
    expect(after(["Partial", 250], ["Error", 900], ["Error", 900], ["Frozen", 900])).toEqual({
      status: "error",
      refunded: 250_000,
      held: 0,
      overRefunded: false,
    });
  });

  it("never posts again what the panel had returned", () => {
    const order = say(placed({ refundedBefore: 100_000 }), AUTO, ["Partial", 250]);
    expect(order.refunded).toBe(250_000);
    expect(say(placed({ refundedBefore: 300_000 }), AUTO, ["Partial", 250]).overRefunded).toBe(true);
  });

  it("holds any final word but completed of an order of several parts", () => {
    expect(moneyOf(say(placed({ multi: true }), AUTO, ["Partial", 250]))).toMatchObject({ refunded: 0, held: 1_000_000 });
    expect(moneyOf(say(placed({ multi: true }), AUTO, "Canceled", "Completed"))).toMatchObject({ refunded: 0, held: 0 });
    const recognised = placed();
    recognised.hear({ word: "Canceled", remains: null, multi: true }, AUTO, false);
    expect(recognised.held).toBe(1_000_000);
  });

  it("holds by policy, above the cap, and under the brake", () => {
    const cap = { ...AUTO, cap: 200_000 };
    const braked = placed();
    braked.hear({ word: "Partial", remains: 250 }, AUTO, true);
    expect(braked.held).toBe(250_000);
    expect(say(placed(), HOLD, ["Partial", 250]).held).toBe(250_000);
    expect(moneyOf(say(placed(), cap, ["Partial", 200], ["Partial", 401]))).toMatchObject({ refunded: 200_000, held: 201_000 });
    expect(moneyOf(say(placed(), OFF, "Canceled"))).toMatchObject({ refunded: 0, held: 0 });
  });

  it("replaces what is held by what is due now", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    expect(say(order, HOLD, "Canceled").held).toBe(1_000_000);
    expect(say(order, HOLD, ["Partial", 100]).held).toBe(100_000);
    expect(say(order, HOLD, "Completed").held).toBe(0);
  });

  it("leaves a held refund to its decision when the policy changes, until another amount is due", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    expect(moneyOf(say(order, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 0, held: 250_000 });
    expect(moneyOf(say(order, AUTO, ["Partial", 300]))).toMatchObject({ refunded: 300_000, held: 0 });
  });

  it("has nothing left to decide when the order goes on", () => {
    expect(moneyOf(say(placed(), HOLD, "Canceled", "In progress"))).toMatchObject({ held: 1_000_000 });
    expect(moneyOf(say(placed(), HOLD, "Canceled", "In progress", "In progress"))).toMatchObject({ held: 0, overRefunded: false });
  });

  it("settles a review by a word that can be read", () => {
    expect(after("Partial", "Canceled")).toMatchObject({ refunded: 1_000_000, held: 0 });
    expect(after("Partial", ["Partial", 250])).toMatchObject({ refunded: 250_000, held: 0 });
  });
});

describe("decisions by hand", () => {
  it("keeps a rejected hold rejected for the same amount due", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    order.reject();
    expect(moneyOf(say(order, AUTO, ["Partial", 250], ["Partial", 250]))).toMatchObject({ refunded: 0, held: 0 });
  });

  it("opens the increase alone for a higher amount due", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    order.reject();
    expect(moneyOf(say(order, HOLD, "Canceled"))).toMatchObject({ refunded: 0, held: 750_000 });
    expect(moneyOf(say(order, AUTO, ["Partial", 600], ["Partial", 600]))).toMatchObject({ refunded: 350_000, held: 0 });
  });

  it("keeps an altered hold altered, and counts on from it", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    order.approve(100_000);
    expect(moneyOf(say(order, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 100_000, held: 0, overRefunded: false });
    expect(moneyOf(say(order, AUTO, "Canceled"))).toMatchObject({ refunded: 850_000, held: 0 });
  });

  it("flags a lower amount due than was granted", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    order.approve();
    expect(moneyOf(say(order, AUTO, ["Partial", 100]))).toMatchObject({ refunded: 250_000, overRefunded: true });
  });

  it("lowers later postings by goodwill, and never flags for it", () => {
    const order = placed();
    order.goodwill(100_000);
    expect(moneyOf(say(order, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 250_000, overRefunded: false });
    order.goodwill(200_000);
    expect(moneyOf(say(order, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 450_000, overRefunded: false });
    expect(moneyOf(say(order, AUTO, ["Partial", 100]))).toMatchObject({ refunded: 450_000, overRefunded: true });
    expect(moneyOf(say(order, AUTO, "Canceled"))).toMatchObject({ refunded: 1_000_000, overRefunded: false });
  });

  it("lowers what is held by goodwill", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    order.goodwill(100_000);
    expect(moneyOf(order)).toMatchObject({ refunded: 100_000, held: 150_000 });
    order.goodwill(900_000);
    expect(moneyOf(order)).toMatchObject({ refunded: 1_000_000, held: 0 });
  });

  it("takes goodwill back first, and does not return again what was taken back", () => {
    const order = say(placed(), AUTO, ["Partial", 250]);
    order.goodwill(100_000);
    order.clawBack(150_000);
    expect(moneyOf(say(order, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 200_000, held: 0 });
    expect(moneyOf(say(order, AUTO, ["Partial", 300]))).toMatchObject({ refunded: 250_000 });
  });

  it("lifts the flag when the surplus was taken back, and pays when the cancel comes again", () => {
    const order = say(placed(), AUTO, "Canceled", "Completed");
    order.clawBack(1_000_000);
    expect(moneyOf(order)).toMatchObject({ refunded: 0, overRefunded: false });
    expect(moneyOf(say(order, AUTO, "Canceled"))).toMatchObject({ refunded: 1_000_000 });
  });

  it("pays when a canceled order went on, had its refund taken back, and is canceled again", () => {
    const order = say(placed(), AUTO, "Canceled", "In progress", "In progress");
    order.clawBack(1_000_000);
    expect(moneyOf(say(order, AUTO, "Canceled"))).toMatchObject({ refunded: 1_000_000 });
  });

  it("flags by what is left of the reports' own refunds", () => {
    const order = placed();
    order.goodwill(100_000);
    say(order, AUTO, ["Partial", 250]).clawBack(50_000);
    expect(say(order, AUTO, ["Partial", 150]).overRefunded).toBe(false);
    expect(say(order, AUTO, ["Partial", 149]).overRefunded).toBe(true);
  });

  it("leaves what is held undecided when something else is taken back", () => {
    const order = say(say(placed(), AUTO, ["Partial", 250]), HOLD, "Canceled");
    order.clawBack(250_000);
    expect(moneyOf(order)).toMatchObject({ refunded: 0, held: 750_000 });
    expect(moneyOf(say(order, HOLD, ["Partial", 600]))).toMatchObject({ refunded: 0, held: 350_000 });
  });

  it("does not flag what a person granted where the amount due is not known", () => {
    const order = say(placed(), AUTO, "Completed", "Partial");
    order.approve(600_000);
    expect(moneyOf(order)).toMatchObject({ refunded: 600_000, overRefunded: false });
  });

  it("refuses what cannot be", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    expect(() => order.approve(250_001)).toThrow(RangeError);
    expect(() => order.approve(0.5)).toThrow(RangeError);
    expect(() => order.goodwill(1_000_001)).toThrow(RangeError);
    expect(() => order.clawBack(1)).toThrow(RangeError);
    order.reject();
    expect(() => order.reject()).toThrow("nothing is held");
    expect(() => placed({ charge: null }).goodwill(1)).toThrow(RangeError);
    expect(() => placed({ refundedBefore: 1_000_001 })).toThrow(RangeError);
  });
});

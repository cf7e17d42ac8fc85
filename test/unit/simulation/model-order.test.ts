/**
 * The model's orders: their status, their money, decisions by hand and how long they are remembered.
 */
import { describe, expect, it, test } from "vitest";
import { AUTO, HOLD, HOUR_MS, moneyOf, OFF, placed, say, type Saying } from "./model-orders.ts";

describe("the status of an order", () => {
  test.each<[string, Saying[], string]>([
    ["active words move forward at once", ["Pending", "In progress"], "in_progress"],
    ["and back by two in a row", ["In progress", "Pending", "Processing"], "processing"],
    ["not by one", ["In progress", "Pending", "In progress", "Pending"], "in_progress"],
    ["one final word gives way to another at once", ["Completed", "Partial", "Canceled"], "canceled"],
    ["a final word stands against one active word", ["Completed", "In progress"], "completed"],
    ["a final word gives way to two in a row", ["Completed", "In progress", "Processing"], "processing"],
    ["two that are not in a row change nothing", ["Completed", "In progress", "Completed", "In progress"], "completed"],
    ["nor are two with an unknown word between", ["Completed", "In progress", "Frozen", "In progress"], "completed"],
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
  });

  it("never combines a final word with an older number, nor takes one with a word that does not count", () => {
    expect(moneyOf(say(placed(), AUTO, ["In progress", 400], "Partial"))).toMatchObject({ refunded: 0, held: 900_000 });
    const order = say(placed(), AUTO, ["Partial", 400], ["In progress", 100], ["Frozen", 50]);
    expect([order.status, order.remains]).toEqual(["partial", 400]);
    expect(say(placed(), AUTO, ["Processing", 400], "In progress").remains).toBe(400);
  });
});

describe("the money of an order", () => {
  const after = (...sayings: Saying[]) => moneyOf(say(placed(), AUTO, ...sayings));

  test.each<[string, Saying[], object]>([
    ["is topped up from partial to canceled", [["Partial", 250], "Canceled"], { refunded: 900_000, overRefunded: false }],
    [
      "is posted once for what is said thrice",
      [
        ["Partial", 250],
        ["Partial", 250],
        ["Partial", 250],
      ],
      { refunded: 225_000 },
    ],
    [
      "is flagged where remains shrinks",
      [
        ["Partial", 250],
        ["Partial", 100],
      ],
      { refunded: 225_000, overRefunded: true },
    ],
    ["is not flagged by one word that takes the end back", ["Canceled", "In progress"], { overRefunded: false }],
    ["is flagged by two", ["Canceled", "In progress", "In progress"], { refunded: 900_000, overRefunded: true }],
    ["is flagged past an error", ["Canceled", "Error", "Error", "In progress"], { overRefunded: true }],
    [
      "is left alone by errors and unknown words",
      [["Partial", 250], "Error", "Error", "Frozen"],
      { refunded: 225_000, overRefunded: false },
    ],
    ["is settled by a word that can be read", ["Partial", "Canceled"], { refunded: 900_000, held: null }],
  ])("%s", (_, sayings, expected) => {
    expect(after(...sayings)).toMatchObject(expected);
  });

  it("counts what the panel had returned, and is not flagged for it before the end", () => {
    expect(say(placed({ refundedBefore: 100_000 }), AUTO, ["Partial", 250]).refunded).toBe(225_000);
    expect(say(placed({ refundedBefore: 300_000 }), AUTO, "In progress").overRefunded).toBe(false);
    expect(say(placed({ refundedBefore: 300_000 }), AUTO, ["Partial", 250]).overRefunded).toBe(true);
  });

  it("is held by policy, above the cap, and under the brake, and stays held when that ends", () => {
    const braked = placed();
    braked.hear({ word: "Partial", remains: 250 }, AUTO, true);
    expect(braked.held).toBe(225_000);
    expect(moneyOf(say(placed(), { ...AUTO, cap: 200_000 }, ["Partial", 222], "Canceled"))).toMatchObject({
      refunded: 199_800,
      held: 700_200,
    });
    const order = say(placed(), HOLD, ["Partial", 250]);
    expect(moneyOf(say(order, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 0, held: 225_000 });
    expect(moneyOf(say(order, AUTO, ["Partial", 300]))).toMatchObject({ refunded: 270_000, held: null });
  });

  it("has nothing left to decide when the order goes on", () => {
    expect(moneyOf(say(placed(), HOLD, "Canceled", "In progress"))).toMatchObject({ held: 900_000 });
    expect(moneyOf(say(placed(), HOLD, "Canceled", "In progress", "In progress"))).toMatchObject({ held: null, overRefunded: false });
  });

  it("waits for its time, and is posted by the answer after it that says the same", () => {
    const late = { ...AUTO, delayMinutes: 60 };
    const order = say(placed(), late, ["Canceled", 1000]);
    expect([order.held, order.isHeldForAPerson]).toEqual([900_000, false]);
    expect(moneyOf(say(order, late, ["Canceled", 1000, 0.5]))).toMatchObject({ refunded: 0, held: 900_000 });
    expect(moneyOf(say(order, late, ["Canceled", 1000, 1]))).toMatchObject({ refunded: 900_000, held: null });
  });

  it("is held once an error lasts too long", () => {
    const impatient = { ...AUTO, errorAfterHours: 1 };
    const order = say(placed(), impatient, ["Error", 500, 0], ["Error", 500, 0.9]);
    expect(order.held).toBeNull();
    expect(say(order, impatient, ["Error", 500, 1]).held).toBe(900_000);
  });

  it("of several parts is held, and completed with a short part as well", () => {
    expect(moneyOf(say(placed({ multi: true }), AUTO, ["Partial", 250]))).toMatchObject({ refunded: 0, held: 900_000 });
    expect(moneyOf(say(placed({ multi: true }), AUTO, "Canceled", "Completed"))).toMatchObject({ refunded: 0, held: null });
    const short = placed({ multi: true });
    short.hear({ word: "Completed", remains: null }, AUTO, false, {
      isShort: true,
      isUnheard: true,
      undelivered: { units: 1400, of: 3000 },
    });
    expect(short.held).toBe(420_000);
  });

  it("of several parts is not completed before each part was heard of", () => {
    const parts = { isShort: false, isUnheard: true, undelivered: null };
    const early = placed({ multi: true });
    early.hear({ word: "In progress", remains: null }, AUTO, false, parts);
    early.hear({ word: "Completed", remains: null }, AUTO, false, parts);
    expect([early.status, early.panelStatuses()[0].word]).toEqual(["in_progress", "In progress"]);
    early.hear({ word: "Completed", remains: null }, AUTO, false, { ...parts, isUnheard: false });
    expect(early.status).toBe("completed");
    const panels = placed({ multi: true });
    panels.hear({ word: "Completed", remains: null }, OFF, false, parts);
    expect(panels.status).toBe("completed");
  });
});

describe("policy off", () => {
  it("withdraws what waits, and judges what was returned", () => {
    expect(moneyOf(say(say(placed(), HOLD, "Canceled"), OFF, "Canceled"))).toMatchObject({ refunded: 0, held: null });
    expect(say(say(placed(), AUTO, "Canceled"), OFF, "Completed").overRefunded).toBe(true);
  });

  it("leaves what was told to the panel for good, and what was not to the next policy", () => {
    const told = say(placed(), OFF, "Canceled");
    const untold = told.copy();
    told.tell(true);
    expect(say(told, AUTO, "Canceled").refunded).toBe(0);
    expect(say(untold, AUTO, "Canceled").refunded).toBe(900_000);
  });
});

describe("a decision", () => {
  const rejected = (...sayings: Saying[]) => {
    const order = say(placed(), HOLD, ...sayings);
    order.reject(0);
    return order;
  };

  it("stands for the same status with the same amount due, or less", () => {
    expect(moneyOf(say(rejected(["Partial", 250]), AUTO, ["Partial", 250], ["Partial", 100]))).toMatchObject({ refunded: 0, held: null });
  });

  it("opens the increase alone, never above the larger of granted and due", () => {
    expect(say(rejected(["Partial", 250]), AUTO, ["Partial", 350]).refunded).toBe(90_000);
    const generous = say(placed(), HOLD, ["Partial", 250]);
    generous.approve(500_000);
    expect(moneyOf(say(generous, AUTO, ["Partial", 300]))).toMatchObject({ refunded: 500_000, overRefunded: false });
    expect(say(generous, AUTO, ["Partial", 600]).refunded).toBe(540_000);
  });

  it("does not cover another final status: what is due above what was granted is held", () => {
    expect(moneyOf(say(rejected("Canceled"), AUTO, ["Partial", 250]))).toMatchObject({ refunded: 0, held: 225_000 });
    const granted = say(placed(), HOLD, ["Partial", 250]);
    granted.approve(225_000);
    expect(moneyOf(say(granted, AUTO, "Canceled"))).toMatchObject({ refunded: 225_000, held: 675_000 });
  });

  it("about nothing known does not cover a number", () => {
    expect(moneyOf(say(rejected("Partial"), AUTO, "Partial"))).toMatchObject({ held: null });
    expect(moneyOf(say(rejected("Partial"), AUTO, ["Partial", 250]))).toMatchObject({ refunded: 0, held: 225_000 });
  });

  it("ends when the status is really taken back, past an error too", () => {
    expect(say(rejected("Canceled"), AUTO, "In progress", "In progress", "Canceled").refunded).toBe(900_000);
    expect(say(rejected("Canceled"), AUTO, "Error", "Error", "In progress", "Canceled").refunded).toBe(900_000);
    expect(say(rejected("Canceled"), AUTO, "In progress", "Canceled").refunded).toBe(0);
  });

  it("flags a lower amount due than was granted", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    order.approve(225_000);
    expect(say(order, AUTO, ["Partial", 100]).overRefunded).toBe(true);
  });

  it("is refused where it cannot be", () => {
    const order = say(placed(), HOLD, ["Partial", 250]);
    expect(() => order.approve(900_001)).toThrow(RangeError);
    expect(() => order.approve(null)).toThrow(RangeError);
    expect(() => order.goodwill(675_001)).toThrow(RangeError);
    expect(() => order.clawBack(1)).toThrow(RangeError);
    order.reject(0);
    expect(() => order.reject(0)).toThrow("nothing is held");
    expect(() => placed({ charge: null }).goodwill(1)).toThrow(RangeError);
    expect(() => placed({ refundedBefore: 900_001 })).toThrow(RangeError);
  });
});

describe("goodwill and claw-backs", () => {
  it("lower later postings, and never flag", () => {
    const order = placed();
    order.goodwill(100_000);
    expect(moneyOf(say(order, AUTO, ["Partial", 250]))).toMatchObject({ refunded: 225_000, overRefunded: false });
    order.goodwill(200_000);
    expect(moneyOf(say(order, AUTO, ["Partial", 100]))).toMatchObject({ refunded: 425_000, overRefunded: true });
    const running = placed();
    running.goodwill(100_000);
    expect(say(running, AUTO, "In progress").overRefunded).toBe(false);
  });

  it("leave what is held beside them", () => {
    const order = say(say(placed(), AUTO, ["Partial", 250]), HOLD, "Canceled");
    order.clawBack(100_000);
    expect(moneyOf(say(order, HOLD, "Canceled"))).toMatchObject({ refunded: 125_000, held: 675_000 });
    const review = say(say(placed(), AUTO, ["Partial", 250]), AUTO, "Partial");
    review.clawBack(100_000);
    expect(moneyOf(say(review, AUTO, "Partial"))).toMatchObject({ refunded: 125_000, held: 675_000 });
  });

  it("stay taken back when the parts behind what is held are counted anew", () => {
    const order = placed({ multi: true, refundedBefore: 300_000 });
    order.hear({ word: "In progress", remains: null }, AUTO, false);
    const short = { isShort: true, isUnheard: false, undelivered: null };
    order.hear({ word: "Completed", remains: null }, AUTO, false, short);
    expect(moneyOf(order)).toMatchObject({ refunded: 300_000, held: 600_000 });
    const counted = { ...short, undelivered: { units: 800, of: 1000 } };
    order.clawBack(50_000, AUTO, counted);
    order.hear({ word: "Completed", remains: null }, AUTO, false, counted);
    expect(moneyOf(order)).toMatchObject({ refunded: 250_000, held: 420_000 });
  });

  it("are not posted again, and open the increase alone", () => {
    const order = say(placed(), AUTO, ["Partial", 250]);
    order.goodwill(100_000);
    order.clawBack(150_000);
    expect(say(order, AUTO, ["Partial", 250]).refunded).toBe(175_000);
    expect(say(order, AUTO, ["Partial", 300]).refunded).toBe(220_000);
  });

  it("lift the flag, and pay when the cancel comes again", () => {
    const order = say(placed(), AUTO, "Canceled", "In progress", "In progress");
    order.clawBack(900_000);
    expect(order.overRefunded).toBe(false);
    expect(say(order, AUTO, "Canceled").refunded).toBe(900_000);
  });
});

describe("an order without a charge", () => {
  const followed = () => placed({ charge: null });

  it("has its word held like money, but for completed", () => {
    expect([say(followed(), HOLD, "Canceled").isHeld, say(followed(), HOLD, "Canceled").held]).toEqual([true, null]);
    expect(say(followed(), HOLD, "Completed").isHeld).toBe(false);
    expect(say(followed(), AUTO, "Partial").isHeld).toBe(true);
    expect(say(followed(), AUTO, ["Partial", 250]).isHeld).toBe(false);
    expect(say(followed(), OFF, "Canceled").isHeld).toBe(false);
  });

  it("does not have it called back once it went out", () => {
    expect(say(say(followed(), AUTO, "Canceled"), HOLD, "Canceled").isHeld).toBe(false);
    expect(say(say(followed(), AUTO, "Canceled"), HOLD, ["Partial", 250]).isHeld).toBe(true);
  });

  it("has it decided once, and again where another comes", () => {
    const order = say(followed(), HOLD, "Canceled");
    expect(() => order.approve(1)).toThrow(RangeError);
    order.approve(null);
    expect(say(order, HOLD, "Canceled").isHeld).toBe(false);
    expect(say(order, AUTO, ["Partial", 250]).isHeld).toBe(true);
  });

  it("has it delayed", () => {
    const late = { ...AUTO, delayMinutes: 60 };
    const order = say(followed(), late, "Canceled");
    expect([order.isHeld, order.isHeldForAPerson]).toEqual([true, false]);
    order.hear({ word: "Canceled", remains: null, at: HOUR_MS }, late, false);
    expect(order.isHeld).toBe(false);
  });
});

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Entry, ModelLedger } from "../../../simulation/model/ledger.ts";
import { ModelOrder, type Policy, type Registration } from "../../../simulation/model/order.ts";
import { type Reading, READINGS } from "../../../simulation/model/readings.ts";
import { dueOf, type Reported, shareOf } from "../../../simulation/model/rules.ts";
import { largestRemains } from "../../../simulation/model/panel-status.ts";
import { isFinal, isActive, type Status, STATUSES, statusOf } from "../../../simulation/model/words.ts";

const AUTO: Policy = { mode: "auto", canceled: "full", cap: null };
const HOLD: Policy = { ...AUTO, mode: "hold" };
const OFF: Policy = { ...AUTO, mode: "off" };

describe("status words", () => {
  test.each<[Status, string]>([
    ["pending", "Pending, Awaiting, Waiting, Queue, In queue, Creating, Created, 0"],
    ["processing", "Processing, Process, Active, Started, Running, 1"],
    ["in_progress", "In progress, In Progress, Inprogress, in-progress, in_progress"],
    ["completed", "Completed, Complete, Success, Done, 2"],
    ["partial", "Partial, Partially completed, 3"],
    ["canceled", "Canceled, Cancelled, Cancel, 4"],
    ["refunded", "Refunded, Refund, Refunds, Reversed, 5"],
    ["error", "Error, Fail, Failed, Rejected"],
  ])("%s is what %s mean", (status, words) => {
    const spellings = words
      .split(", ")
      .flatMap((word) => [word, word.toUpperCase(), word.replaceAll(" ", "_"), ` ${word.replaceAll(" ", "-")} `]);
    expect(spellings.filter((spelling) => statusOf(spelling, {}, false) !== status)).toEqual([]);
  });

  test.each(["", "-", "Paused", "Expired", "6", "10", "Frozen", "Unknown", "constructor"])("%j means nothing", (word) => {
    expect(statusOf(word, {}, false)).toBeNull();
  });

  it("takes the provider's own table first, folded in the same way", () => {
    const own = { "In Review": "processing", "2": "canceled", done: "no_status" };
    expect(["in_review", "2", "Done", "Complete"].map((word) => statusOf(word, own, false))).toEqual([
      "processing",
      "canceled",
      null,
      "completed",
    ]);
  });

  it("knows paused and expired of orders of several parts only", () => {
    expect(["Active", "Paused", "Expired"].map((word) => statusOf(word, {}, true))).toEqual(["processing", "processing", "partial"]);
  });
});

describe("the refund table", () => {
  const order: Reported = { charge: 900_000, quantity: 1000, status: "partial", remains: 250, multi: false };
  const due = (amount: number) => ({ kind: "due", amount });
  const hold = { kind: "hold", atMost: 900_000 };
  const undecided = { kind: "undecided" };

  test.each<[string, Partial<Reported>, object]>([
    ["canceled", { status: "canceled", remains: null }, due(900_000)],
    ["canceled after a part", { status: "canceled", remains: 250 }, due(900_000)],
    ["partial", {}, due(225_000)],
    ["partial, nothing delivered", { remains: 1000 }, due(900_000)],
    ["partial, more left than ordered", { remains: 1001 }, due(900_000)],
    ["partial, nothing left", { remains: 0 }, hold],
    ["partial, delivered too much", { remains: -3 }, hold],
    ["partial, remains missing", { remains: null }, hold],
    ["partial, remains unreadable", { remains: 1.5 }, hold],
    ["refunded in part", { status: "refunded" }, due(225_000)],
    ["refunded, nothing left", { status: "refunded", remains: 0 }, due(900_000)],
    ["refunded, all left", { status: "refunded", remains: 1000 }, due(900_000)],
    ["refunded, remains missing", { status: "refunded", remains: null }, due(900_000)],
    ["completed", { status: "completed" }, due(0)],
    ["error", { status: "error" }, undecided],
    ["unknown", { status: "unknown" }, undecided],
    ["pending", { status: "pending" }, undecided],
    ["processing", { status: "processing" }, undecided],
    ["in progress", { status: "in_progress" }, undecided],
    ["several parts, canceled", { status: "canceled", multi: true }, hold],
    ["several parts, partial", { multi: true }, hold],
    ["several parts, refunded", { status: "refunded", multi: true }, hold],
    ["several parts, completed", { status: "completed", multi: true }, due(0)],
    ["followed, canceled", { status: "canceled", charge: null }, undecided],
    ["followed, of several parts", { multi: true, charge: null }, undecided],
    ["package, canceled", { status: "canceled", quantity: null }, due(900_000)],
    ["package, refunded", { status: "refunded", quantity: null, remains: 0 }, due(900_000)],
    ["package, refunded in part", { status: "refunded", quantity: null, remains: 250 }, hold],
    ["package, partial", { quantity: null }, hold],
    ["package, completed", { status: "completed", quantity: null }, due(0)],
  ])("%s", (_, change, expected) => {
    expect(dueOf({ ...order, ...change }, { canceled: "full" })).toEqual(expected);
  });

  test.each<[number | null, number | null, object]>([
    [250, 1000, due(225_000)],
    [0, 1000, hold],
    [1000, 1000, due(900_000)],
    [null, 1000, hold],
    [null, null, due(900_000)],
    [250, null, hold],
  ])("canceled by remains, %j of %j left", (remains, quantity, expected) => {
    expect(dueOf({ ...order, status: "canceled", remains, quantity }, { canceled: "by_remains" })).toEqual(expected);
  });

  test.each([
    [1000, 900_000, 250, 225_000],
    [500, 100_000, 300, 60_000],
    [1000, 278_190, 157, 43_676],
    [10, 20, 3, 6],
  ])("%i ordered at %i micro-units, %i left: %i are due", (quantity, charge, remains, amount) => {
    expect(dueOf({ ...order, quantity, charge, remains }, AUTO)).toEqual(due(amount));
  });

  it("keeps what was delivered, rounded down, of charges beyond exact doubles too", () => {
    expect(278_190 - shareOf(278_190, 1000, 157)).toBe(234_514);
    expect(shareOf(9_000_000_000_000_001, 1_000_003, 1_000_002)).toBe(9_000_000_000_000_001 - 8_999_973_000);
  });
});

/** 1,000 at 1.00: a unit is 1,000 micro-units. */
function placed(change: Partial<Registration> = {}): ModelOrder {
  return new ModelOrder({ charge: 1_000_000, quantity: 1000, multi: false, refundedBefore: 0, ...change });
}

/** One answer: a word, and what remains where it comes with a number. */
type Saying = string | [word: string, remains: number];

function say(order: ModelOrder, policy: Policy, ...sayings: Saying[]): ModelOrder {
  for (const saying of sayings) {
    const [word, remains] = typeof saying === "string" ? [saying, null] : saying;
    order.hear({ word, remains }, policy, false);
  }
  return order;
}

const moneyOf = ({ status, refunded, held, overRefunded }: ModelOrder) => ({ status, refunded, held, overRefunded });

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

describe("any history", () => {
  const reading: fc.Arbitrary<Reading> = fc.record({
    error: fc.constantFrom(...READINGS.error),
    twice: fc.constantFrom(...READINGS.twice),
    unknownBetween: fc.constantFrom(...READINGS.unknownBetween),
    reopenedHold: fc.constantFrom(...READINGS.reopenedHold),
    activeFlag: fc.constantFrom(...READINGS.activeFlag),
    openHold: fc.constantFrom(...READINGS.openHold),
    reviewDue: fc.constantFrom(...READINGS.reviewDue),
    goodwillAndHold: fc.constantFrom(...READINGS.goodwillAndHold),
    registered: fc.constantFrom(...READINGS.registered),
    paused: fc.constantFrom(...READINGS.paused),
    expired: fc.constantFrom(...READINGS.expired),
  });
  // Small, so that amounts and numbers meet by chance.
  const CHARGE = 97;
  const QUANTITY = 8;
  const registration = fc.record({
    charge: fc.constant(CHARGE),
    quantity: fc.constantFrom(QUANTITY, QUANTITY, QUANTITY, null),
    multi: fc.boolean(),
    refundedBefore: fc.constantFrom(0, 0, 0, 40, CHARGE),
    reading,
  });
  const policy: fc.Arbitrary<Policy> = fc.record({
    mode: fc.constantFrom("auto", "auto", "hold", "off"),
    canceled: fc.constantFrom("full", "by_remains"),
    cap: fc.constantFrom(null, null, 0, 30),
  });
  const heard = fc.record({
    word: fc.constantFrom(...STATUSES, "Frozen", "Paused", "Expired"),
    remains: fc.option(fc.integer({ min: -1, max: QUANTITY + 1 })),
    multi: fc.constantFrom(false, false, false, false, false, true),
  });
  const answer = fc.record({ kind: fc.constant("answer" as const), heard, policy, holdAll: fc.boolean() });
  const byHand = fc.record({ kind: fc.constantFrom("approve", "reject", "goodwill", "clawBack"), draw: fc.nat({ max: CHARGE }) });

  type Step =
    | { kind: "approve" | "reject" | "goodwill" | "clawBack"; draw: number }
    | (typeof answer extends fc.Arbitrary<infer T> ? T : never);

  /** Does what can be done; a decision without anything to decide is left out. */
  function take(order: ModelOrder, step: Step): void {
    if (step.kind === "answer") return order.hear(step.heard, step.policy, step.holdAll);
    const left = { approve: order.held, reject: order.held, goodwill: CHARGE - order.refunded, clawBack: order.refunded }[step.kind];
    if (left === 0) return;
    const amount = 1 + (step.draw % left);
    if (step.kind === "reject") order.reject();
    else order[step.kind](amount);
  }

  it("never returns, and never holds, more than the charge or less than nothing", () => {
    fc.assert(
      fc.property(registration, fc.array(fc.oneof({ weight: 3, arbitrary: answer }, byHand), { maxLength: 15 }), (start, steps) => {
        const order = new ModelOrder(start);
        for (const step of steps) {
          const before = order.refunded;
          take(order, step);
          expect(Math.min(order.refunded, order.held)).toBeGreaterThanOrEqual(0);
          expect(order.refunded + order.held).toBeLessThanOrEqual(CHARGE);
          if (step.kind !== "clawBack") expect(order.refunded).toBeGreaterThanOrEqual(before);
          for (const { word, remains } of order.panelStatuses()) {
            if (remains === null || start.quantity === null) continue;
            expect(remains).toBeLessThanOrEqual(QUANTITY);
            if (word === "Partial" && order.panelStatuses().length === 1) {
              expect(shareOf(CHARGE, QUANTITY, remains)).toBeLessThanOrEqual(order.refunded);
            }
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("changes nothing when the last answer is said again", () => {
    fc.assert(
      fc.property(registration, fc.array(fc.oneof(answer, byHand), { maxLength: 10 }), answer, (start, steps, last) => {
        // The first of two answers that a final word gives way to is not the second.
        fc.pre(isFinal(statusOf(last.heard.word, {}, true, start.reading) ?? "unknown"));
        const order = new ModelOrder(start);
        for (const step of [...steps, last]) take(order, step);
        const once = moneyOf(order);
        for (let times = 0; times < 9; times += 1) take(order, last);
        expect(moneyOf(order)).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });

  /** The final words with a known amount due, and what is due. */
  const finals = fc.array(
    fc
      .record({ word: fc.constantFrom("completed", "partial", "canceled", "refunded"), remains: fc.integer({ min: 1, max: QUANTITY + 1 }) })
      .map(({ word, remains }) => {
        const inPart = (word === "partial" || word === "refunded") && remains < QUANTITY;
        const amount = inPart ? CHARGE - Math.floor((CHARGE * (QUANTITY - remains)) / QUANTITY) : CHARGE;
        return { word, remains, due: word === "completed" ? 0 : amount };
      }),
    { minLength: 1, maxLength: 8 },
  );

  it("lets the last report decide the total when nothing was decided by hand", () => {
    fc.assert(
      fc.property(finals, fc.constantFrom(AUTO, HOLD), reading, (reports, rule, asRead) => {
        const order = new ModelOrder({ charge: CHARGE, quantity: QUANTITY, multi: false, refundedBefore: 0, reading: asRead });
        for (const report of reports) order.hear(report, rule, false);
        const last = reports.at(-1)?.due ?? 0;
        const highest = Math.max(...reports.map(({ due }) => due));
        // What was posted is never taken back, so an automatic total can only be flagged as too high.
        const [refunded, held] = rule === AUTO ? [highest, 0] : [0, last];
        expect(moneyOf(order)).toMatchObject({ refunded, held, overRefunded: refunded > last });
      }),
    );
  });

  it("moves no money on words that are neither final nor known", () => {
    fc.assert(
      fc.property(registration, fc.array(fc.oneof(answer, byHand), { maxLength: 10 }), answer, (start, steps, last) => {
        const order = new ModelOrder(start);
        for (const step of steps) take(order, step);
        const status = statusOf(last.heard.word, {}, order.multi || last.heard.multi, start.reading);
        const { refunded, held } = order;
        take(order, last);
        if (status !== null && isFinal(status)) return;
        expect(order.refunded).toBe(refunded);
        // An active word may leave nothing to decide.
        if (status === null || !isActive(status)) expect(order.held).toBe(held);
      }),
    );
  });
});

describe("the ledger", () => {
  const home = { account: "ann", currency: "USD" };
  const ledgerOf = (...entries: Entry[]): ModelLedger => {
    const ledger = new ModelLedger();
    for (const entry of entries) ledger.record(entry);
    return ledger;
  };
  const charged: Entry = { kind: "charge", ...home, order: "1", amount: 900 };
  const returned: Entry = { kind: "refund", ...home, order: "1", amount: 400 };

  it("adds up credits, charges, refunds and what was taken back", () => {
    const ledger = ledgerOf({ kind: "credit", ...home, amount: 5000 }, charged, returned, { ...returned, kind: "claw_back", amount: 100 });
    expect(ledger.balance("ann", "USD")).toBe(4400n);
    expect(ledger.balance("ann", "EUR")).toBe(0n);
    expect(ledger.wrongs()).toEqual([]);
  });

  it("sums beyond exact doubles", () => {
    const huge: Entry = { kind: "credit", ...home, amount: Number.MAX_SAFE_INTEGER };
    expect(ledgerOf(huge, huge, huge).balance("ann", "USD")).toBe(3n * (2n ** 53n - 1n));
  });

  it("compares balances from elsewhere, by currency", () => {
    const ledger = ledgerOf(
      { kind: "credit", ...home, amount: 5000 },
      { kind: "credit", account: "bob", currency: "USD", amount: 1 },
      charged,
    );
    expect(ledger.conserves("USD", [4100n, 1n])).toBe(true);
    expect(ledger.conserves("USD", [4101n, 1n])).toBe(false);
    expect(ledger.conserves("EUR", [])).toBe(true);
  });

  test.each<[string, Entry[]]>([
    ["more is returned than was charged", [charged, { ...returned, amount: 901 }]],
    ["more is returned for a while", [charged, { ...returned, amount: 901 }, { ...returned, kind: "claw_back", amount: 900 }]],
    ["more is taken back than was returned", [charged, returned, { ...returned, kind: "claw_back", amount: 401 }]],
    ["a refund is negative", [charged, returned, { ...returned, amount: -1 }]],
    ["a refund is in another currency", [charged, { ...returned, currency: "EUR" }]],
    ["a refund is another customer's", [charged, { ...returned, account: "bob" }]],
    ["an order is charged twice", [charged, charged]],
    ["a refund has no charge", [returned]],
  ])("finds it wrong when %s", (_, entries) => {
    expect(ledgerOf(...entries).wrongs()).not.toEqual([]);
  });

  it("takes whole micro-units only", () => {
    expect(() => ledgerOf({ ...returned, amount: 0.5 })).toThrow(RangeError);
  });
});

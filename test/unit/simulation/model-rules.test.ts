/**
 * The model's rules: status words and the refund table.
 */
import { describe, expect, it, test } from "vitest";
import { dueOf, type Reported, shareOf } from "../../../simulation/model/rules.ts";
import { type Status, statusOf } from "../../../simulation/model/words.ts";
import { AUTO } from "./model-orders.ts";

describe("status words", () => {
  test.each<[Status, string]>([
    ["pending", "Pending, Awaiting, Waiting, Queue, In queue, Creating, Created"],
    ["processing", "Processing, Process, Active, Started, Running"],
    ["in_progress", "In progress, In Progress, Inprogress, in-progress, in_progress"],
    ["completed", "Completed, Complete, Success, Done"],
    ["partial", "Partial, Partially completed"],
    ["canceled", "Canceled, Cancelled, Cancel"],
    ["refunded", "Refunded, Refund, Refunds, Reversed"],
    ["error", "Error, Fail, Failed, Rejected"],
  ])("%s is what %s mean", (status, words) => {
    const spellings = words
      .split(", ")
      .flatMap((word) => [word, word.toUpperCase(), word.replaceAll(" ", "_"), ` ${word.replaceAll(" ", "-")} `]);
    expect(spellings.filter((spelling) => statusOf(spelling, {}, false) !== status)).toEqual([]);
  });

  test.each(["", "-", "Paused", "Expired", "0", "4", "6", "10", "Frozen", "Unknown", "constructor"])("%j means nothing", (word) => {
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
  const order: Reported = { charge: 900_000, quantity: 1000, status: "partial", remains: 250, isFree: false, parts: null };
  const due = (total: number) => ({ kind: "due", total, why: expect.any(String) as string });
  const hold = { kind: "review", of: "remains", total: null, atMost: 900_000 };
  const undecided = { kind: "nothing_said" };
  const ofParts = (total: number) => ({ kind: "review", of: "parts", total, atMost: total });
  const parts = { isShort: false, isUnheard: false, undelivered: null };

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
    ["refunded, remains unreadable", { status: "refunded", remains: null, isUnreadable: true }, hold],
    ["refunded, remains unreadable, and free now", { status: "refunded", remains: null, isUnreadable: true, isFree: true }, due(900_000)],
    ["canceled, remains unreadable", { status: "canceled", remains: null, isUnreadable: true }, due(900_000)],
    ["package, refunded, remains unreadable", { status: "refunded", quantity: null, remains: null, isUnreadable: true }, hold],
    ["refunded in part, and free now", { status: "refunded", isFree: true }, due(900_000)],
    ["several parts, canceled", { status: "canceled", parts }, ofParts(900_000)],
    ["several parts, partial", { parts }, ofParts(900_000)],
    ["several parts, refunded", { status: "refunded", parts }, ofParts(900_000)],
    ["several parts, completed", { status: "completed", parts }, due(0)],
    ["several parts, one short", { status: "completed", parts: { ...parts, isShort: true } }, ofParts(900_000)],
    [
      "several parts, all known",
      { status: "completed", parts: { isShort: true, isUnheard: false, undelivered: { units: 1400, of: 3000 } } },
      ofParts(420_000),
    ],
    ["no charge, canceled", { status: "canceled", charge: null }, undecided],
    ["no charge, several parts", { parts, charge: null }, undecided],
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
    [250, null, due(900_000)],
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

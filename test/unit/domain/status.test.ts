import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { statusOf } from "../../../simulation/model/words.ts";
import { foldWord, isFinal, isActive, STATUS_NAMES, statusFor } from "../../../src/domain/status.ts";

describe("statusFor", () => {
  it.each([
    ["pending", ["Pending", "Awaiting", "Waiting", "Queue", "In queue", "Creating", "Created"]],
    ["processing", ["Processing", "Process", "Active", "Started", "Running"]],
    ["in_progress", ["In progress", "In Progress", "Inprogress", "in-progress", "in_progress", "IN  PROGRESS"]],
    ["completed", ["Completed", "Complete", "Success", "Done"]],
    ["partial", ["Partial", "Partially completed"]],
    ["canceled", ["Canceled", "Cancelled", "Cancel"]],
    ["refunded", ["Refunded", "Refund", "Refunds", "Reversed"]],
    ["error", ["Error", "Fail", "Failed", "Rejected"]],
  ] as const)("knows the words for %s", (status, words) => {
    expect(words.map((word) => statusFor(word, {}, false))).toEqual(words.map(() => status));
  });

  it.each(["Teleporting", "", "0", "1", "2", "3", "4", "5", "6", "constructor", "__proto__", "toString"])("does not know %j", (word) => {
    expect(statusFor(word, {}, false)).toBeNull();
  });

  it.each(["-4", " -4 ", "4.0", "04", "4 0", "4-0", "_4", "4_", "Code -4", "−4"])("takes %j for no other number", (word) => {
    expect(statusFor(word, { "4": "canceled", "40": "completed", code4: "canceled" }, false)).toBeNull();
  });

  it("knows a number by its own spelling", () => {
    expect(["-4", " -4"].map((word) => statusFor(word, { "-4": "canceled", "4": "completed" }, false))).toEqual(["canceled", "canceled"]);
    expect(["Level 2", "level_2", "LEVEL-2", "level2"].map((word) => statusFor(word, { level2: "partial" }, false))).toEqual(
      Array.from({ length: 4 }, () => "partial"),
    );
  });

  it("folds no two different numbers alike, bare or behind a word", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.constantFrom("", "Code "), (one, other, before) => {
        expect(foldWord(`${before}${one}`) === foldWord(`${before}${other}`)).toBe(one === other);
      }),
    );
  });

  it("folds words as the model does", () => {
    const words = fc.stringMatching(/^(?:[ab12] ?|[ _-]){0,8}$/);
    fc.assert(
      fc.property(words, words, (word, own) => {
        expect(statusFor(word, { [foldWord(own)]: "canceled" }, false)).toBe(statusOf(word, { [own]: "canceled" }, false));
      }),
      { numRuns: 3000 },
    );
  });

  it("asks the provider's own table first", () => {
    const own = { "2": "in_progress", teleporting: "processing", done: "partial" } as const;
    expect(statusFor("2", own, false)).toBe("in_progress");
    expect(statusFor("Teleporting", own, false)).toBe("processing");
    expect(statusFor("Done", own, false)).toBe("partial");
    expect(statusFor("Completed", own, false)).toBe("completed");
  });

  it.each([
    ["Paused", "processing", null],
    ["Expired", "partial", null],
    ["Active", "processing", "processing"],
  ] as const)("reads %s of an order of several parts as %s", (word, multi, plain) => {
    expect(statusFor(word, {}, true)).toBe(multi);
    expect(statusFor(word, {}, false)).toBe(plain);
  });
});

it("every status is active, final or open, and error is neither active nor final", () => {
  expect(STATUS_NAMES.filter(isActive)).toEqual(["pending", "processing", "in_progress"]);
  expect(STATUS_NAMES.filter(isFinal)).toEqual(["completed", "partial", "canceled", "refunded"]);
});

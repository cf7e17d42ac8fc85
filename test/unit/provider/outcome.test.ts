import { describe, expect, it } from "vitest";
import { fail, ok } from "../../../src/domain/result.ts";
import type { ProviderFailure } from "../../../src/provider/failure.ts";
import { askOutcomeOf, requestAnswerOf } from "../../../src/provider/outcome.ts";

describe("what came of asking", () => {
  it("is what was said of the id, and lost where nothing was", () => {
    const answer = ok(
      new Map([
        ["1", { kind: "accepted", refill: "77" }],
        ["2", { kind: "refused", message: "No refill" }],
        ["4", { kind: "unclear", message: "Ticket 5 of 6" }],
        ["5", { kind: "unasked" }],
      ] as const),
    );
    expect(["1", "2", "3", "4", "5"].map((id) => requestAnswerOf(answer, id))).toEqual([
      { kind: "accepted", refill: "77" },
      { kind: "refused", message: "No refill" },
      { kind: "lost", message: null },
      { kind: "lost", message: "Ticket 5 of 6" },
      { kind: "put_back" },
    ]);
  });

  it.each([
    // What may have been heard is never asked again by itself.
    [{ code: "timeout", timeoutMs: 1 }, "lost"],
    [{ code: "network", message: "reset" }, "lost"],
    [{ code: "http", status: 502, message: null }, "lost"],
    [{ code: "http", status: 408, message: null }, "lost"],
    [{ code: "not_json", status: 200, start: "" }, "lost"],
    [{ code: "too_large", limitBytes: 1 }, "lost"],
    [{ code: "bad_shape", message: "" }, "lost"],
    [{ code: "refused", message: "Server error", status: 500 }, "lost"],
    [{ code: "refused", message: "System error", status: 200, broken: true }, "lost"],
    // What certainly was not.
    [{ code: "unavailable", message: "Maintenance", status: 200 }, "put_back"],
    [{ code: "http", status: 404, message: null }, "put_back"],
    [{ code: "redirected", status: 301 }, "put_back"],
    [{ code: "rejected_key", message: "" }, "put_back"],
    [{ code: "rate_limited", retryAfterSeconds: 5 }, "put_back"],
    [{ code: "blocked", status: 403 }, "put_back"],
    [{ code: "refused", message: "Incorrect request", status: 200 }, "refused"],
    [{ code: "unsupported_many", message: "one only" }, "refused"],
  ] as const satisfies readonly (readonly [ProviderFailure, string])[])("%j: %s", (failure, kind) => {
    expect(requestAnswerOf(fail(failure), "1").kind).toBe(kind);
    const isAnswered = ["not_json", "too_large", "bad_shape"].includes(failure.code);
    expect(askOutcomeOf(fail(failure), "1").kind).toBe(isAnswered ? "unread" : kind);
  });

  it("is on record as unread where an answer says nothing clear of the id", () => {
    const answer = ok(
      new Map([
        ["1", { kind: "accepted", refill: "77" }],
        ["2", { kind: "unclear", message: "Ticket 5 of 6" }],
      ] as const),
    );
    expect(["1", "2", "3"].map((id) => askOutcomeOf(answer, id).kind)).toEqual(["accepted", "unread", "unread"]);
  });
});

/** A call's number below zero: a failure, whatever it folds to. */
import { describe, expect, it } from "vitest";
import { errorIn, saysSuccess } from "../../../src/provider/api-v2/reading/api-error.ts";
import { fieldsIn } from "../../../src/provider/api-v2/reading/fields.ts";

describe("a number below zero", () => {
  it.each<[unknown, string]>([
    [{ status: -1 }, "-1"],
    [{ status: "-1", msg: "Not enough funds" }, "Not enough funds"],
    [{ status: -100, data: { id: 77, msg: "余额不足" } }, "余额不足"],
    [{ status: "-200", message: "Refill is not available" }, "Refill is not available"],
    [{ success: -1, message: "Nope" }, "Nope"],
    [{ ok: "-5", detail: "Nope" }, "Nope"],
    [{ result: -2, reason: "Nope" }, "Nope"],
    [{ error: -1, message: "Nope" }, "Nope"],
    [{ errors: "-1", msg: "Nope" }, "Nope"],
  ])("says that the call failed: %j", (json, text) => {
    expect(saysSuccess(fieldsIn(json))).toBe(false);
    expect(errorIn(fieldsIn(json), false)?.texts[0]).toBe(text);
  });

  it.each([{ error: "0" }, { status: 1 }, { status: "200", message: "x" }])("is none of %j", (json) => {
    expect(errorIn(fieldsIn(json), false)).toBeNull();
  });

  it("is an order's in the order's own object", () => {
    expect(errorIn(fieldsIn({ status: -1, remains: 5 }), true)).toBeNull();
  });
});

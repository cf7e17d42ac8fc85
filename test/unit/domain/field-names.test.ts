import { describe, expect, it } from "vitest";
import { type OwnNames, unsendableName } from "../../../src/domain/field-names.ts";

const CANONICAL: OwnNames = { key: "key", action: "action", idempotencyField: null };
const DIALECT: OwnNames = { key: "api_token", action: "do", idempotencyField: "request_id" };
const GOOD = ["key", "action", "service", "link", "quantity", "runs", "comments", "answer_number", "x-custom_1"];

describe("the first name that no provider gets", () => {
  it("is none where all are plain", () => {
    expect(unsendableName({ names: GOOD, lists: new Set() }, CANONICAL)).toBeNull();
    expect(unsendableName({ names: ["", ...GOOD], lists: new Set() }, null)).toBeNull();
  });

  it.each(
    [
      [" key", "key ", "\tkey", "KEY", "Key", "Action", " action", "+action", "key[]", "key[a]", "k.ey", "ke y", "key.", "\u200bkey"],
      ["\uff4bey", "quantity[x", "quantity[0][1]", "runs]", "ключ", "a".repeat(65), "a=b", "key\0"],
    ].flat(),
  )("%j", (name) => {
    expect(unsendableName({ names: [...GOOD, name, "zzz."], lists: new Set() }, CANONICAL)).toBe(name);
  });

  it.each(["api_token", "API_TOKEN", "do", "Do", "Request_Id"])("is the provider's own: %s", (name) => {
    expect(unsendableName({ names: [...GOOD, name], lists: new Set() }, DIALECT)).toBe(name);
    expect(unsendableName({ names: [...GOOD, name], lists: new Set() }, CANONICAL)).toBeNull();
  });

  it("is that of a list of several values, but for what has a value a line", () => {
    expect(unsendableName({ names: GOOD, lists: new Set(["quantity"]) }, CANONICAL)).toBe("quantity[]");
    expect(unsendableName({ names: GOOD, lists: new Set(["comments"]) }, CANONICAL)).toBeNull();
  });
});

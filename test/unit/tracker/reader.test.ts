import { expect, test } from "vitest";
import { claimsOf, readerOf } from "../../../tracker/reader.ts";

const tokenOf = (claims: unknown, signature = "s"): string => `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
const ONE = { iss: "shop", exp: 1795951455, iat: 1795947855, orders: ["1001"] };

test.each([
  ["signed a moment later", { ...ONE, exp: 1795951465, iat: 1795947865 }],
  ["with times that are no whole seconds", { ...ONE, exp: 1795951465.25, iat: 1795947865.25 }],
])("a token reads the same as one %s", (_how, claims) => {
  expect(readerOf(tokenOf(claims, "another"))).toBe(readerOf(tokenOf(ONE)));
});

test.each([
  ["another panel's", { ...ONE, iss: "other" }],
  ["one with other orders", { ...ONE, orders: ["1001", "1002"] }],
  ["a customer's", { iss: "shop", exp: ONE.exp, iat: ONE.iat, customer: "1001" }],
])("a token does not read the same as %s", (_whose, claims) => {
  expect(readerOf(tokenOf(claims))).not.toBe(readerOf(tokenOf(ONE)));
});

test("an id that looks like a claim is an id", () => {
  const [one, two] = ['a"exp":1', 'a"exp":2'].map((id) => readerOf(tokenOf({ ...ONE, orders: [id] })));
  expect(one).not.toBe(two);
});

test("of two tokens that read the same, the earlier one comes first", () => {
  const tokens = [20, 3, 100].map((seconds) => tokenOf({ ...ONE, exp: ONE.exp + seconds }));
  const inOrder = tokens.toSorted((left, right) => (claimsOf(left) < claimsOf(right) ? -1 : 1));
  expect(inOrder).toEqual([tokens[1], tokens[0], tokens[2]]);
});

test.each(["", "no-token", "a..c", "a.ÿ.c"])("what is no token stands for itself: %s", (text) => {
  expect(readerOf(text)).toBe(text);
});

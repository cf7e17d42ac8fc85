import { describe, expect, it } from "vitest";
import { isPerhapsLost, isProviderOrderId, numberOfOurs, panelOrderId } from "../../../src/domain/order-ids.ts";

describe("toldId", () => {
  it.each([
    ["the provider's id in connect mode", { id: "23501", number: 7, channel: "connect", providerOrderId: "23501" }, "23501"],
    [
      "the provider's id, also where the panel has another order by it",
      { id: "2000000007", number: 7, channel: "connect", providerOrderId: "23501" },
      "23501",
    ],
    [
      "one of ours while nobody knows the provider's",
      { id: "2000000007", number: 7, channel: "connect", providerOrderId: null },
      "2000000007",
    ],
    ["its own at the catalogue", { id: "7", number: 7, channel: "catalogue", providerOrderId: "23501" }, "7"],
    ["its own where it was registered", { id: "A-1", number: 7, channel: null, providerOrderId: "23501" }, "A-1"],
  ] as const)("%s", (_name, order, id) => {
    expect(panelOrderId(order)).toBe(id);
  });
});

describe("numberOfOurs", () => {
  it.each([
    ["2000000007", 7],
    ["2147483647", 147_483_647],
    ["2000000000", null],
    ["2147483648", null],
    ["23501", null],
    ["02000000007", null],
    ["abc", null],
  ])("%s", (id, n) => {
    expect(numberOfOurs(id)).toBe(n);
  });
});

describe("isPerhapsLost", () => {
  it.each([
    ["the first number after what was put back", "41", true],
    ["the last that was passed over", "100040", true],
    ["one that is given out since", "100041", false],
    ["one from before", "40", false],
    ["one of ours in connect mode", "2000000041", true],
    ["one that stood in for a taken number", "1000000041", true],
    ["no number", "A-41", false],
  ])("%s", (_name, id, lost) => {
    expect(isPerhapsLost(id, 41)).toBe(lost);
  });

  it("is no id where nothing was ever put back", () => {
    expect(isPerhapsLost("41", null)).toBe(false);
  });
});

describe("isProviderOrderId", () => {
  it.each([
    ...[
      "1",
      "23501",
      "9".repeat(19),
      "A-17",
      "abc_DEF-9",
      "x".repeat(64),
      "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
      "65f0c0ffee0123456789abcd",
    ].map((id) => [id, true] as const),
    ...[
      "",
      "0",
      "0123",
      "+123",
      "-123",
      "123abc",
      "1-2",
      "123.0",
      "1e5",
      "9".repeat(20),
      "x".repeat(65),
      " 1",
      "1 ",
      "1,2",
      "a.b",
      "é",
      "\u200b123",
      "12\u200d3",
      "_a",
      "-a",
      "a b",
    ].map((id) => [id, false] as const),
  ])("%j: %s", (id, is) => {
    expect(isProviderOrderId(id)).toBe(is);
  });
});

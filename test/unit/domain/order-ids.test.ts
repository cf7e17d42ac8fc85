import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPerhapsLost, isProviderOrderId, numberOfOurs, panelOrderId, showsTextIds } from "../../../src/domain/order-ids.ts";

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
  const SPELLED = ["1", "23501", "9".repeat(19), "A-17", "abc_DEF-9", "x".repeat(64), "ckv9x2p0v0000qz6k5c3b1a2d"];
  const HASHES = ["9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", "65f0c0ffee0123456789abcd", "0123456789abcdef0123456789abcdef"];
  const STRANGERS = [
    ["", "0", "00", "0123", "+123", "-123", "123abc", "123-1", "1-2", "123_", "123.0", "1e5", "0x7b", "1,000", "123 ", " 123", "1\t"],
    ["9".repeat(20), "x".repeat(65), "1,2", "a.b", "é", "_a", "-a", "a b", "a/b", "#123", "123;", "123'", "12\0", "123\n"],
    ["\u200b123", "12\u200d3", "123\u200b", "\ufeff123", "\u2060123", "\u00a0123", "\uff11\uff12\uff13", "\u0661\u0662", "\u00b9", "１a"],
    ["123\u0301", "\u202e321", "a\u200b", "23502aaaaaaaaaaaaaaaa.", "1".repeat(16) + " "],
  ].flat();

  it.each(SPELLED)("%j is one", (id) => {
    expect(isProviderOrderId(id)).toBe(true);
  });

  it.each(HASHES)("%j is one at a provider that goes by texts, and could be read as a number at any other", (id) => {
    expect(isProviderOrderId(id)).toBe(false);
    expect(isProviderOrderId(id, { textIds: true })).toBe(true);
  });

  it.each(STRANGERS)("%j is none at any provider", (id) => {
    expect(isProviderOrderId(id)).toBe(false);
    expect(isProviderOrderId(id, { textIds: true })).toBe(false);
  });

  it("no two of its texts are read as one number by a server that goes by the digits in front", () => {
    const read = (id: string): string => String(Number.parseInt(id, 10));
    const signs = fc.constantFrom(
      "0",
      "1",
      "a",
      "e",
      "x",
      "-",
      "_",
      "+",
      ".",
      ",",
      " ",
      "\t",
      "\n",
      "\u200b",
      "\ufeff",
      "\u00a0",
      "\uff11",
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 19n - 1n }), fc.string({ unit: signs, maxLength: 20 }), (number, more) => {
        const spellings = [`${number}${more}`, `${more}${number}`, `0${number}`, ` ${number}`].filter((id) => isProviderOrderId(id));
        const numeric = spellings.filter((id) => read(id) !== "NaN");
        expect(numeric.every((id) => /^[1-9]\d*$/.test(id))).toBe(true);
      }),
    );
  });

  it("a text that a provider gives shows that it goes by texts, and so does a name that it answers about", () => {
    for (const id of [...SPELLED.slice(3), ...HASHES]) expect([id, showsTextIds(id, "given")]).toEqual([id, true]);
    for (const id of SPELLED.slice(3)) expect([id, showsTextIds(id, "answered")]).toEqual([id, true]);
    for (const id of HASHES) expect([id, showsTextIds(id, "answered")]).toEqual([id, false]);
    for (const id of ["1", "23501", "123abc", "0123"]) expect([id, showsTextIds(id, "given")]).toEqual([id, false]);
  });
});

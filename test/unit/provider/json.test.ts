import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJson, holdsSeveral, MAX_JSON_DEPTH } from "../../../src/provider/api-v2/reading/json.ts";

const MIB = 1024 * 1024;

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

describe("JSON in a body", () => {
  it.each<[string, string, unknown]>([
    ["plain", `{"a":1}`, { a: 1 }],
    ["with space around", `\r\n {"a":1} \n`, { a: 1 }],
    ["after byte-order marks", `\ufeff\ufeff{"a":1}`, { a: 1 }],
    ["a list", `[{"order":1}]`, [{ order: 1 }]],
    ["an empty list", `[]`, []],
    ["null", `null`, null],
    ["a bare text", `"Incorrect request"`, "Incorrect request"],
    ["brackets in strings", `{"a":"]}[{\\"","b":"\\\\"}`, { a: `]}[{"`, b: "\\" }],
    [
      "after a PHP warning",
      `<br />\n<b>Warning</b>:  Undefined array key "x" in <b>/www/api.php</b> on line <b>3</b><br />\n{"a":1}`,
      { a: 1 },
    ],
    ["after a notice with brackets", `PHP Notice: Array to string [12] in {main}\n{"a":1}`, { a: 1 }],
    ["after a log line", `[2026] PHP Deprecated: foo\n{"a":1}`, { a: 1 }],
    ["an id that a number cannot hold", `{"order":1234567890123456789}`, { order: "1234567890123456789" }],
    [
      "such ids in a list",
      `[{"order":9007199254740993},{"order": 9007199254740992}]`,
      [{ order: "9007199254740993" }, { order: "9007199254740992" }],
    ],
    ["the largest number that is exact", `[9007199254740991,-9007199254740991]`, [2 ** 53 - 1, 1 - 2 ** 53]],
    [
      "long fractions beside such an id",
      `{"a":0.1234567890123456,"b":12345678901234567}`,
      { a: 0.123_456_789_012_345_6, b: "12345678901234567" },
    ],
    ["a long number with a fraction", `{"a":-12345678901234567.50}`, { a: "-12345678901234567.50" }],
    [
      "long digits in a name and in a text",
      `{"1234567890123456789":"1234567890123456789"}`,
      { "1234567890123456789": "1234567890123456789" },
    ],
    ["such an id after a warning", `Warning: x\n{"order":1234567890123456789}`, { order: "1234567890123456789" }],
    ["a list after a warning", `Warning: x\n[{"order":1}]`, [{ order: 1 }]],
    ["after a colon", `Debug: {"a":1}`, { a: 1 }],
    ["before a comment", `{"a":1}\n<!-- 0.0012 s -->`, { a: 1 }],
    ["twice: the first counts", `{"a":1}{"a":2}`, { a: 1 }],
    ["after braces that are no JSON", `{"not" json} {"a":1}`, { a: 1 }],
  ])("%s", (_, body, value) => {
    expect(findJson(body)).toMatchObject({ kind: "found", value });
  });

  it.each([
    ["nothing", ""],
    ["only space and marks", "\ufeff \n"],
    ["plain text", "upstream connect error"],
    ["a page, though its scripts hold JSON", `<!DOCTYPE html><html><script>{"@context":"x"}</script></html>`],
    ["a page without a doctype", `<html><body>{"a":1}</body></html>`],
    ["JSON cut off", `{"1":{"status":"Completed","remains":"0"},"2":{"sta`],
    ["JSON cut off behind a warning", `Warning: x\n{"1":{"status":"Completed","remains":"0"},"2":{"sta`],
    ["a list cut off", `[{"order":1,"status":"Completed"},{"ord`],
    ["JSON cut off in a string", `{"status":"Compl`],
    ["JSON without its beginning", `":{"status":"Completed","remains":"0"},"2":{"status":"Canceled","remains":"9"}}`],
    ["the end of JSON", `atus":"Completed"},"2" : {"status":"Canceled","remains":"9"}}`],
    ["JSON with a name broken", `{"1:{"status":"Completed","remains":"0"},"2":{"status":"Canceled","remains":"9"}}`],
    ["a list without its beginning", `"order":1,"status":"Completed"},{"order":2,"status":"Canceled"},{"order":3}]`],
    ["a list that never began", `{"status":"Canceled"},{"status":"Completed"}]`],
    ["single quotes", `{'a':1}`],
    ["NaN", `{"a":NaN}`],
  ])("is not found in %s", (_, body) => {
    expect(findJson(body)).toEqual({ kind: "none" });
  });

  it("is read down to a depth far beyond any real answer, and no deeper", () => {
    expect(findJson(nested(MAX_JSON_DEPTH)).kind).toBe("found");
    expect(findJson(nested(MAX_JSON_DEPTH + 1)).kind).toBe("too_deep");
    expect(findJson(`Warning {"a":${nested(MAX_JSON_DEPTH)}}`).kind).toBe("too_deep");
  });

  it("has every whole number to the digit, wherever it stands", () => {
    const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    const before = fc.constantFrom("", " ", `"x",`, `{"a":1},`, "1,", "12345678901234,");
    fc.assert(
      fc.property(digits, before, before, (number, head, tail) => {
        const found = findJson(`{"${"k".repeat(Math.abs(Number(number % 20n)))}":[${head}${number}${tail === "" ? "" : `,${tail}0`}]}`);
        const values = found.kind === "found" ? Object.values(found.value as Record<string, unknown[]>)[0] : [];
        expect(values?.map(String)).toContain(String(number));
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves own keys named __proto__ without effect", () => {
    const found = findJson(`{"__proto__":{"polluted":true}}`);
    expect(found.kind).toBe("found");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ["opening braces", "{".repeat(MIB)],
    ["opening brackets", "[".repeat(MIB)],
    ["objects that open", `{"a":`.repeat(MIB / 5)],
    ["noise and braces", `x{`.repeat(MIB / 2)],
    ["noise and answers that are none", `x{"}"x}`.repeat(MIB / 7)],
    ["closed answers that are none", `{"a"}`.repeat(MIB / 5)],
    ["unclosed strings", `x{"`.repeat(MIB / 3)],
    ["braces with space", `{${" ".repeat(63)}`.repeat(MIB / 64)],
    ["brackets with space", `x[${" ".repeat(64)}[`.repeat(MIB / 67)],
    ["closing braces", "}".repeat(MIB)],
    ["quotes", `"`.repeat(MIB)],
    ["backslashes", `{"${"\\".repeat(MIB)}`],
    ["one long string", `"${"a".repeat(MIB)}"`],
    ["a wide list", `[${"{},".repeat(MIB / 3)}{}]`],
    ["digits", `[${"1".repeat(MIB)}]`],
    ["digits, fifteen at a time", `[${"123456789012345,".repeat(MIB / 16)}1]`],
  ])("is looked for in a megabyte of %s within a fraction of a second", (_, body) => {
    const start = performance.now();
    findJson(body);
    // Measured at 1 to 30 ms; a quadratic search takes minutes.
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("more than one value in a body", () => {
  it.each([
    `{"a":1}{"b":2}`,
    `{"a":1}\n{"b":2}`,
    `{"a":1},{"b":2}`,
    `[{"a":1}]{"b":2}`,
    `Warning: {"a":1} in /x.php\n{"b":2}`,
    `<br />Notice<br />{"a":1}<br />[{"b":2}]`,
    `{"a":1}{"b":`,
    `{"a":1} done: {"b":{"c":2}`,
  ])("is seen: %s", (body) => {
    expect(holdsSeveral(body)).toBe(true);
  });

  it.each([
    "",
    "null",
    "text",
    `{"a":1}`,
    `\ufeff {"a":{"b":2},"c":[{"d":3}]}\n`,
    `[{"a":1},{"b":2}]`,
    `{"a":"}{\\"b"}`,
    `Warning: foo() in {main}\n{"a":1}`,
    `{"a":1}\n<!-- 0.0012 s -->`,
    `{"a":1}<b>Warning</b>: [12] in {closure}`,
    `{"not" json} {"a":1}`,
    `{"a":`,
  ])("is not taken for it: %s", (body) => {
    expect(holdsSeveral(body)).toBe(false);
  });
});

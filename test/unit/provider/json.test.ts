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
    ["a list after a warning", `Warning: x\n[{"order":1}]`, [{ order: 1 }]],
    ["after a colon", `Debug: {"a":1}`, { a: 1 }],
    ["before a comment", `{"a":1}\n<!-- 0.0012 s -->`, { a: 1 }],
    ["twice: the first counts", `{"a":1}{"a":2}`, { a: 1 }],
    ["after braces that are no JSON", `{"not" json} {"a":1}`, { a: 1 }],
  ])("%s", (_, body, value) => {
    expect(findJson(body)).toEqual({ kind: "found", value });
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

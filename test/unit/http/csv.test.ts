import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvText } from "../../../src/http/kit/csv.ts";

const cell = (text: string | number | null): string => csvText([[text]]).slice(0, -2);

describe("a CSV cell", () => {
  it.each<[string | number | null, string]>([
    [null, ""],
    [12, "12"],
    ["1001", "1001"],
    ["-0.225", "-0.225"],
    ["a,b", '"a,b"'],
    ['say "so"', '"say ""so"""'],
    ["=1+1", "'=1+1"],
    ["+1+1", "'+1+1"],
    ["-1+1", "'-1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["＝1+1", "'＝1+1"],
    ["\t=1+1", "\"'\t'=1+1\""],
    ["\r=1+1", "\"'\r'=1+1\""],
    [" =1+1", " '=1+1"],
    ["1;=1+1", '"1;\'=1+1"'],
    ["1,=1+1", '"1,\'=1+1"'],
    ["1\t=1+1", '"1\t\'=1+1"'],
    ["1|@SUM(A1)", "1|'@SUM(A1)"],
    ["1\n-2", '"1\n\'-2"'],
    ["1; =1+1", '"1; \'=1+1"'],
    ['1;"=1+1"', '"1;""\'=1+1"""'],
    ["a;b", '"a;b"'],
    ["a-b=c", "a-b=c"],
    ["https://t.me/x?a=1;b=2", '"https://t.me/x?a=1;b=2"'],
    ["1;;=1", '"1;;\'=1"'],
  ])("%j is written as %s", (value, written) => {
    expect(cell(value)).toBe(written);
  });
});

describe("a line of CSV", () => {
  const hostile = fc.array(
    fc.constantFrom("=", "+", "-", "@", "＝", ";", ",", "\t", "|", "\r", "\n", '"', "'", " ", "1", "a", "1;=1+1", "\u00A0"),
    {
      maxLength: 8,
    },
  );
  const line = fc.array(
    hostile.map((parts) => parts.join("")),
    { minLength: 1, maxLength: 5 },
  );

  it("has no cell that begins a formula, whichever sign a spreadsheet splits at", () => {
    fc.assert(
      fc.property(line, (cells) => {
        // The reports' lines begin with a provider's id, which has no sign.
        const text = csvText([["acme", ...cells]]);
        for (const separator of [";", ",", "\t", "|"]) {
          for (const part of text.split(/\r\n|\r|\n/).flatMap((each) => each.split(separator))) {
            const shown = part.replace(/^["\s]+/, "");
            // A number that is a whole cell of ours is none.
            if (separator === "," && /^-\d+(\.\d+)?$/.test(shown)) continue;
            expect(`${separator} ${shown.slice(0, 1)}`).not.toMatch(/[=+\-@＝]$/);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("is read back as what it was, but for what was defused", () => {
    fc.assert(
      fc.property(line, (cells) => {
        const read = readLine(csvText([cells]));
        expect(read.map((text) => text.replaceAll("'", ""))).toEqual(cells.map((text) => text.replaceAll("'", "")));
      }),
    );
  });
});

/** One line as RFC 4180 has it. */
function readLine(text: string): string[] {
  const cells: string[] = [];
  let at = 0;
  do {
    const [whole = "", quoted, plain = ""] = /^(?:"((?:[^"]|"")*)"|([^,"\r\n]*))/.exec(text.slice(at)) ?? [];
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += whole.length;
    at += 1;
  } while (text[at - 1] === ",");
  return cells;
}

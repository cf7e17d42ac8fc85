/**
 * The planted mistakes fit the code as it is. Whether the simulation finds them is `npm run simulate:planted`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { type Anchors, isNode, type Node, parse, readAnchors } from "../../../simulation/anchors.ts";
import {
  applyEdits,
  codeOf,
  copyToFront,
  drop,
  type Edit,
  insertBefore,
  replace,
  swapWithNext,
  withPlaceholdersAs,
} from "../../../simulation/edits.ts";
import { PLANTED, wrongsOfAnchors } from "../../../simulation/planted.ts";

const product = readAnchors(join(import.meta.dirname, "../../.."));

describe("the planted mistakes", () => {
  it("have their anchors, and no anchor is without a mistake", () => {
    expect(wrongsOfAnchors(product)).toEqual([]);
  });

  test.each(PLANTED.map((planted) => [planted.name, planted] as const))("%s: changes the code to other code", (_name, { edits }) => {
    const changed = [...applyEdits(product, edits)];
    expect(changed.length).toBeGreaterThan(0);
    for (const [file, text] of changed) {
      expect(text).not.toBe(product.texts.get(file));
      if (file.endsWith(".ts")) expect(parse(file, text).errors).toEqual([]);
    }
  });

  it("name nothing of the product but by its anchors", () => {
    const codes = PLANTED.flatMap(({ edits }) => edits.map(codeOf)).filter((code) => code !== "");
    expect(codes.filter((code) => namesIn(code).some((name) => !KNOWN_NAMES.has(name)))).toEqual([]);
  });
});

/** What code may name: placeholders, what every runtime has, and a parameter of its own. */
const KNOWN_NAMES: ReadonlySet<string> = new Set(["PLACEHOLDER", "Math", "Number", "first"]);

function namesIn(code: string): string[] {
  const names: string[] = [];
  const look = (node: Node): void => {
    if (node.type === "Identifier") names.push(String(node["name"]));
    for (const [key, part] of Object.entries(node)) {
      const isName = (key === "property" || key === "key") && node["computed"] === false;
      for (const each of Array.isArray(part) ? part : [part]) if (isNode(each) && !isName) look(each);
    }
  };
  const { program, errors } = parse("code.ts", `async () => (${withPlaceholdersAs("PLACEHOLDER", code)})`);
  expect(errors).toEqual([]);
  look(program);
  return names;
}

describe("edits", () => {
  const CODE = `
/** Says a number. */
// planted: function
export function say(a: number, b: number): number {
  // planted: first
  const sum = (a + 1) * b;
  const list = [/* planted: one */ 1, /* planted: two */ two({ /* planted: property */ x: /* planted: property-value */ 1, y: 2 })];
  // planted: check
  // Why it is so.
  if (sum > 1 && list.length > 0) return sum;
  return 0;
}
`;

  function anchorsOf(texts: Readonly<Record<string, string>>): Anchors {
    const root = mkdtempSync(join(tmpdir(), "anchors-"));
    for (const folder of ["src", "scripts"]) mkdirSync(join(root, folder));
    for (const [file, text] of Object.entries(texts)) writeFileSync(join(root, file), text);
    try {
      return readAnchors(root);
    } finally {
      rmSync(root, { recursive: true });
    }
  }

  /** The lines that an edit has changed, without their comments. */
  function edited(...edits: Edit[]): string[] {
    const after = applyEdits(anchorsOf({ "src/a.ts": CODE }), edits).get("src/a.ts") ?? "";
    const before = new Set(CODE.split("\n"));
    return after.split("\n").flatMap((line) => (before.has(line) ? [] : [line.replaceAll(/\/\* planted: [\w-]+ \*\/ /g, "").trim()]));
  }

  test.each<[string, Edit[], string[]]>([
    ["a condition", [replace("check: test", "false")], ["if ((false)) return sum;"]],
    ["a part for the whole", [replace("check: test", "$(test.right)")], ["if (((list.length > 0))) return sum;"]],
    ["a name for a part", [replace("first: init.right", "$(function: params.0.name)")], ["const sum = (a + 1) * (a);"]],
    ["an element", [drop("one")], ["const list = [ two({ x: 1, y: 2 })];"]],
    ["a property", [drop("property")], ["const list = [1, two({  y: 2 })];"]],
    ["a statement", [drop("first")], [";"]],
    ["the front of a list", [copyToFront("two")], ["const list = [two({ x: 1, y: 2 }),", "1, two({ x: 1, y: 2 })];"]],
  ])("change %s", (_what, edits, lines) => {
    expect(edited(...edits)).toEqual(lines);
  });

  it("put code before a statement", () => {
    const after = applyEdits(anchorsOf({ "src/a.ts": CODE }), [insertBefore("check", "log($(test.right));")]).get("src/a.ts");
    expect(after).toContain("log((list.length > 0));\nif (sum > 1");
  });

  it("exchange a statement and the next one", () => {
    const after = applyEdits(anchorsOf({ "src/a.ts": CODE }), [swapWithNext("check")]).get("src/a.ts") ?? "";
    expect(after.indexOf("return 0;")).toBeLessThan(after.indexOf("if (sum > 1 && list.length > 0) return sum;"));
  });

  it("say what does not fit", () => {
    expect(() => edited(drop("nowhere"))).toThrow("there is no anchor nowhere");
    expect(() => edited(drop("property-value"))).toThrow("a Literal cannot be left out");
    expect(() => edited(replace("check: test.nothing", "1"))).toThrow("names, a IfStatement, has no test.nothing");
    expect(() => edited(replace("check: test", "1"), drop("check"))).toThrow("two edits of src/a.ts meet");
    expect(() => edited(copyToFront("one"))).toThrow("is no later element");
  });

  it("take an anchor once, and only where it names code", () => {
    expect(() => anchorsOf({ "src/a.ts": CODE, "src/b.ts": "// planted: first\ncall();\n" })).toThrow(
      "the anchor first is in src/a.ts and again in src/b.ts",
    );
    expect(() => anchorsOf({ "src/a.ts": "call();\n// planted: end\n" })).toThrow("end in src/a.ts names no code");
  });

  it("leave out a line of SQL", () => {
    const anchors = anchorsOf({ "scripts/a.sql": "UPDATE a SET x = 1,\n  -- planted: more\n  y = 2,\n  z = 3;\n" });
    expect(applyEdits(anchors, [drop("more")]).get("scripts/a.sql")).toBe("UPDATE a SET x = 1,\n  -- planted: more\n\n  z = 3;\n");
  });
});

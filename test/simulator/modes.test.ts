import { describe, expect, it } from "vitest";
import { chooseModes } from "../../simulator/mode-choice.ts";
import { type ModeName, MODES } from "../../simulator/modes.ts";
import type { Json } from "../../simulator/json.ts";
import { answerModes } from "./answer-modes.ts";
import { callModes } from "./call-modes.ts";
import { object, type Row } from "./mode-checks.ts";
import { onScene } from "./scene.ts";

/** Every mode has its rows: the compiler sees one that is left out. */
const ROWS: Readonly<Record<ModeName, readonly Row[]>> = { ...answerModes(), ...callModes() };

const CASES = (Object.keys(ROWS) as ModeName[]).flatMap((mode) => ROWS[mode].map((row) => ({ mode, ...row })));

describe("a mode", () => {
  it.each(CASES)("$mode $does", async ({ mode, with: modes = [mode], check }) => {
    expect.hasAssertions();
    await onScene(modes, check);
  });

  it("is described by a sentence, and tested here", () => {
    const poor = Object.entries(MODES).filter(([, { about }]) => !/^.{10,}\.$/.test(about));
    expect(poor).toEqual([]);
    const untested = Object.entries(ROWS).filter(([, rows]) => rows.length === 0);
    expect(untested).toEqual([]);
  });
});

describe("modes", () => {
  it("come every so many calls", () =>
    onScene([{ mode: "html_502", every: 3 }, "bom/2"], async ({ call }) => {
      const seen: string[] = [];
      for (let i = 0; i < 6; i += 1) {
        const { status, bytes: body } = await call({ action: "balance" });
        seen.push(`${status}${body[0] === 0xef ? " bom" : ""}`);
      }
      expect(seen).toEqual(["200", "200 bom", "502", "200 bom", "200", "502"]);
    }));

  it("compose", () =>
    onScene(
      [
        "bom",
        "php_warnings",
        "content_type_html",
        "success_wrapper",
        "array_of_objects=id",
        "thousands_separators",
        "plus_sign",
        "status_words=upper",
      ],
      async ({ ids, statusOfMany }) => {
        const { text } = await statusOfMany([ids[0]]);
        expect(text.startsWith("\uFEFF<br />")).toBe(true);
        expect(JSON.parse(text.slice(text.indexOf("{")))).toEqual({
          status: true,
          data: [expect.objectContaining({ id: Number(ids[0]), remains: "1,234", status: "IN_PROGRESS" })],
        });
      },
    ));

  it("are written as a name, with a value, with a rhythm, or as the name of a set", () => {
    expect(
      chooseModes(["bom", "cap_many_silent=7", "html_502/5", "bot_check=503/2", "plain", { mode: "slow", value: 9, every: 4 }]),
    ).toEqual([
      { mode: "bom", value: null, every: 1 },
      { mode: "cap_many_silent", value: 7, every: 1 },
      { mode: "html_502", value: null, every: 5 },
      { mode: "bot_check", value: 503, every: 2 },
      { mode: "slow", value: 9, every: 4 },
    ]);
    expect(chooseModes(["quirks"]).length).toBeGreaterThan(5);
  });

  it.each<[string, Json]>([
    ["an unknown name", "teleport"],
    ["a value where none is taken", "bom=3"],
    ["a value that is not allowed", "bot_check=418"],
    ["a number that is none", "cap_many_silent=many"],
    ["a rhythm of nothing", { mode: "bom", every: 0 }],
    ["a field it does not have", { mode: "bom", often: 3 }],
    ["a number", 5],
  ])("are refused for %s", (_, mode) =>
    onScene([], async ({ admin }) => {
      const got = await admin("PUT", "providers/acme", { modes: [mode] });
      expect(got.status).toBe(422);
      expect(object(got).error).toEqual(expect.any(String));
    }),
  );
});

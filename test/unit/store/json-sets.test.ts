/**
 * Sets as JSON parameters: nothing is lost between them, and none is longer than the database takes.
 */
import { describe, expect, it } from "vitest";
import { chunksBySize, JsonChunks } from "../../../src/store/rows/json-sets.ts";

const ALMOST_2_MB = 1_900_000;

describe("chunks of a set", () => {
  it.each([
    ["none", []],
    ["one", [{ a: "ä\u2028" }]],
    ["as many as are written at once, and one more", Array.from({ length: 51 }, (_, n) => ({ n, none: undefined }))],
    ["some with long texts", Array.from({ length: 230 }, (_, n) => ({ n, text: (n % 3 === 0 ? "x" : '"').repeat(n * 100) }))],
    ["one that is too long for the others", [{ n: 1 }, { text: "x".repeat(1_000_000) }, { n: 2 }]],
  ])("hold the rows in their order: %s", (_, rows) => {
    const chunks = chunksBySize(rows);
    expect(chunks.flatMap((json) => JSON.parse(json) as unknown[])).toEqual(rows.map((row) => JSON.parse(JSON.stringify(row)) as unknown));
    expect(Math.max(0, ...chunks.map((json) => json.length))).toBeLessThan(ALMOST_2_MB);
  });

  it("are as they are after each row", () => {
    const chunks = new JsonChunks();
    chunks.add({ n: 1 });
    expect(chunks.all).toEqual(['[{"n":1}]']);
    chunks.add({ n: 2 });
    expect(chunks.all).toEqual(['[{"n":1},{"n":2}]']);
  });
});

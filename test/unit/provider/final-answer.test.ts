import { describe, expect, it } from "vitest";
import type { StatusReport } from "../../../src/domain/order-report.ts";
import { readMany, readOne } from "../../../src/provider/api-v2/reading/answer.ts";
import { answerTexts, MAX_ANSWER_CHARS } from "../../../src/provider/api-v2/reading/final-answer.ts";
import { findJson } from "../../../src/provider/api-v2/reading/json.ts";
import { KEY } from "./fixtures.ts";

/** The texts kept of a body that answers for some orders. */
function kept(body: string, ids: readonly string[], words = {}): (string | undefined)[] {
  const found = findJson(body);
  const json = found.kind === "found" ? found.value : null;
  const texts = answerTexts(body, KEY, words);
  const [only] = ids;
  const reports =
    ids.length === 1 && only !== undefined
      ? [readOne(json, only, KEY, texts)].map((reading) => (reading.kind === "read" ? reading.value : null))
      : ids.map((id) => {
          const reading = readMany(json, ids, KEY, texts);
          return reading.kind === "read" ? reading.value.reports.get(id) : null;
        });
  return reports.map((report) => (report as StatusReport | null)?.answer);
}

describe("what is kept of a final answer", () => {
  it("is the order's part of the body, word for word", () => {
    const first = '{ "status":"Partial",  "remains": 0250.0, "charge":0.90, "note":"} {\\"x\\": 1}" }'.replace("0250.0", "250.0");
    const second = '{"charge":{"value":"1.10","currency_code":"USD"},"status":"Completed","remains":"0"}';
    expect(kept(`Notice: 7\n{"23501": ${first},\n"23502":${second}}`, ["23501", "23502"])).toEqual([first, second]);
    // In whatever order they come.
    expect(kept(`{"23502":${second}, "23501":${first}}`, ["23501", "23502"])).toEqual([first, second]);
  });

  it("is the whole body where it is about one order and names none", () => {
    const body = '{"status":"Canceled","remains":1000.00,"charge":"0"}';
    expect(kept(` ${body}\n`, ["23501"])).toEqual([body]);
  });

  it("is not the part of another order that has the id in its texts", () => {
    const body = '{"1":{"status":"Partial","remains":"5","note":"\\"2\\":{}"},"2":{"status":"Partial","remains":"7"}}';
    expect(kept(body, ["1", "2"])).toEqual([
      '{"status":"Partial","remains":"5","note":"\\"2\\":{}"}',
      '{"status":"Partial","remains":"7"}',
    ]);
  });

  it("is written anew for the entry of a list", () => {
    expect(kept('[{"order": 1, "status":"Partial","remains":"5"}, {"order":2,"status":"Completed","remains":0}]', ["1", "2"])).toEqual([
      '{"order":1,"status":"Partial","remains":"5"}',
      '{"order":2,"status":"Completed","remains":0}',
    ]);
  });

  it("is nothing while the order is under way, by the provider's own words", () => {
    const body = '{"1":{"status":"In progress","remains":"5"},"2":{"status":"Hazır","remains":"0"}}';
    expect(kept(body, ["1", "2"])).toEqual([undefined, '{"status":"Hazır","remains":"0"}']);
    expect(kept(body, ["1", "2"], { "in progress": "pending", inprogress: "completed" })[0]).toBe('{"status":"In progress","remains":"5"}');
  });

  it("has at most 500 characters, no half of one, and never the key", () => {
    const long = (note: string) => `{"1":{"status":"Partial","remains":"5","note":"${note}"}}`;
    const before = '{"status":"Partial","remains":"5","note":"'.length;
    const [text = ""] = kept(long(`${"x".repeat(MAX_ANSWER_CHARS - before - 1)}😀 and more`), ["1"]);
    expect([text.length, text.endsWith("x"), text.isWellFormed()]).toEqual([MAX_ANSWER_CHARS - 1, true, true]);
    expect(kept(long(`your key ${KEY}`), ["1"])[0]).toBe('{"status":"Partial","remains":"5","note":"your key [key]"}');
  });
});

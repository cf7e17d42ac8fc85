/** The short way of reading an answer gives what the long way gives, or nothing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMany } from "../../../src/provider/api-v2/reading/answer.ts";
import { plainReports } from "../../../src/provider/api-v2/reading/plain-answer.ts";
import { KEY } from "./fixtures.ts";

const STATUSES = [
  "In progress",
  "In Progress",
  "in_progress",
  "PARTIAL",
  "Completed",
  "Cancelled",
  "Pending ",
  "Error",
  "success",
  "4",
  1,
  null,
];
const COUNTS = [
  "600",
  "0600",
  "0",
  "1,000",
  "1.000",
  "+20",
  "-5",
  "",
  "9".repeat(15),
  "9".repeat(16),
  600,
  0,
  -0,
  -1,
  1.5,
  2 ** 60,
  null,
  true,
];
const AMOUNTS = [
  "0.5",
  "0.50",
  "0.123",
  "1.23",
  "1.234",
  "1234.567",
  "00.5",
  "1,5",
  "10",
  "1e3",
  "-1",
  "$5",
  0.5,
  1.234,
  1e-9,
  1e21,
  0,
  null,
  {},
];
const CURRENCIES = ["USD", "usd", "US", "USDT", "VND", "", 5, null];

/** Plain more often than not, so that whole answers are. */
function mostly(plain: readonly unknown[], any: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...plain) }, { weight: 1, arbitrary: fc.constantFrom(...any) });
}

const entry = fc
  .record(
    {
      status: mostly(["In progress", "Partial"], STATUSES),
      remains: mostly(["600", 250], COUNTS),
      start_count: mostly(["10", 0], COUNTS),
      charge: mostly(["0.5", 0.25, "12.3456"], AMOUNTS),
      currency: mostly(["USD", "EUR"], CURRENCIES),
    },
    { requiredKeys: ["status"] },
  )
  .map((fields) => fields as Record<string, unknown>);

const INSIDE = { key: KEY, answerText: () => null };

/** A field that says nothing of an order, and that no plain entry has. */
function theLongWay(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).map(([id, fields]) => [id, { ...(fields as object), link: null }]));
}

describe("the short way", () => {
  it("reads what it reads to the same reports", () => {
    let short = 0;
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 3 }), (list) => {
        const answer = Object.fromEntries(list.map((fields, i) => [String(i + 1), fields]));
        const ids = [...Object.keys(answer), "99"];
        const reports = plainReports(answer, ids, INSIDE);
        if (reports !== null) short += 1;
        expect(readMany(answer, ids, KEY)).toEqual(readMany(theLongWay(answer), ids, KEY));
        if (reports !== null) expect(plainReports(theLongWay(answer), ids, INSIDE)).toBeNull();
      }),
      { numRuns: 3000 },
    );
    expect(short).toBeGreaterThan(500);
  });

  it.each([
    ["In progress", { charge: "0.27819", start_count: "3572", status: "In progress", remains: "157", currency: "USD" }],
    ["numbers", { charge: 0.5, start_count: 10, status: "Partial", remains: 250, currency: "USD" }],
  ])("takes the protocol's own example: %s", (_name, fields) => {
    expect(plainReports({ 1: fields }, ["1", "2"], INSIDE)?.size).toBe(1);
  });

  it("does not take a word that may have the key in it", () => {
    expect(plainReports({ 1: { status: "Partial", remains: 1 } }, ["1"], { ...INSIDE, key: "art" })).toBeNull();
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Parts, Report } from "../../../src/domain/order-report.ts";
import {
  MAX_MESSAGE_CHARS,
  MAX_WORD_CHARS,
  type Reading,
  readBalance,
  readMany,
  readOne,
} from "../../../src/provider/api-v2/reading/answer.ts";
import { findJson } from "../../../src/provider/api-v2/reading/json.ts";
import { anyJson } from "./any-json.ts";
import { KEY } from "./fixtures.ts";

/** Names and values out of which providers' answers are made, so that arbitrary JSON hits the reader's branches. */
const NAMES = [
  "status",
  "remains",
  "charge",
  "start_count",
  "currency",
  "error",
  "errors",
  "message",
  "msg",
  "code",
  "data",
  "result",
  "response",
];
const MORE_NAMES = [
  "order",
  "order_id",
  "id",
  "orders",
  "runs",
  "posts",
  "success",
  "1",
  "10",
  "100",
  "__proto__",
  "constructor",
  "Status",
  "toString",
];
const VALUES = [
  "Completed",
  "Partial",
  "success",
  "error",
  "0",
  "1",
  "4",
  "104",
  "157",
  "-5",
  "1,234",
  "",
  "Incorrect order ID",
  KEY,
  "USD",
  "\ud800",
  "\u0000",
];

const json = anyJson([...NAMES, ...MORE_NAMES], VALUES);

const IDS = ["1", "10", "100"];

function areSound({ runs, posts, expiry, orders }: Parts): boolean {
  const texts = [runs, posts, expiry].filter((figure) => typeof figure === "string");
  return texts.every((text) => text.length <= MAX_WORD_CHARS) && orders.every((id) => /^[^\s,\p{Cc}]{1,64}$/u.test(id));
}

/** What is wrong with a report; empty for a sound one. */
function flawsOf(report: Report): string[] {
  if (report.kind === "missing") return [];
  if (report.kind === "refused") return report.message.length <= MAX_MESSAGE_CHARS ? [] : ["long message"];
  const { providerStatus: word, remains, startCount, charge, currency, multi, parts } = report;
  const checks: [string, boolean][] = [
    ["word", word.length > 0 && word.length <= MAX_WORD_CHARS],
    ["remains", remains === null || (Number.isSafeInteger(remains) && remains >= 0)],
    ["start count", startCount === null || (Number.isSafeInteger(startCount) && startCount >= 0)],
    ["charge", charge === null || /^\d+(\.\d+)?$/.test(charge)],
    ["currency", currency === null || /^[A-Z0-9]{3,10}$/.test(currency)],
    ["parts", multi === (parts !== null) && (parts === null || areSound(parts))],
  ];
  return checks.filter(([, sound]) => !sound).map(([name]) => name);
}

/** What is wrong with a reading; `flaws` looks at the value, if there is one. */
function flawsOfReading<T>(reading: Reading<T>, flaws: (value: T) => string[]): string[] {
  if (reading.kind === "read") return flaws(reading.value);
  const texts: readonly unknown[] = reading.kind === "error" ? reading.error.texts : [reading.message];
  return texts.length > 0 && texts.every((text) => typeof text === "string") ? [] : ["texts"];
}

describe("the reader, for any JSON", () => {
  it("gives a sound report for each order asked and for no other, or says why not", () => {
    fc.assert(
      fc.property(json, (value) => {
        const flaws = flawsOfReading(readMany(value, IDS, KEY), ({ reports }) => [
          ...[...reports.values()].flatMap(flawsOf),
          ...([...reports.keys()].join() === IDS.join() ? [] : ["ids"]),
          ...(JSON.stringify([...reports]).includes(KEY) ? ["key"] : []),
        ]);
        expect(flaws).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives a sound report of one order, or says why not", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(flawsOfReading(readOne(value, "10", KEY), flawsOf)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives a decimal for the balance, or says why not", () => {
    fc.assert(
      fc.property(json, (value) => {
        const flaws = flawsOfReading(readBalance(value), ({ balance }) => (/^-?\d+(\.\d+)?$/.test(balance) ? [] : [balance]));
        expect(flaws).toEqual([]);
      }),
    );
  });
});

const ORDER = fc.record({
  status: fc.constantFrom("Pending", "In progress", "Completed", "Partial", "Canceled"),
  remains: fc.nat(5000).map(String),
  charge: fc.constant("0.27819"),
  start_count: fc.nat(5000).map(String),
  currency: fc.constant("USD"),
});

describe("a real answer, damaged in transit", () => {
  const answer = fc
    .array(ORDER, { minLength: 3, maxLength: 3 })
    .map((orders) => Object.fromEntries(orders.map((order, n) => [IDS[n], order])));

  it("cut off anywhere is no answer at all", () => {
    fc.assert(
      fc.property(
        answer,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.constantFrom("", "Warning: x\n"),
        (value, share, noise) => {
          const body = JSON.stringify(value);
          expect(findJson(noise + body.slice(0, Math.floor(body.length * share))).kind).toBe("none");
        },
      ),
    );
  });

  it("with any character changed never throws, and never gives an order another one's report", () => {
    fc.assert(
      fc.property(answer, fc.nat(), fc.string({ minLength: 1, maxLength: 2 }), (value, where, what) => {
        const body = JSON.stringify(value);
        const at = where % body.length;
        const found = findJson(body.slice(0, at) + what + body.slice(at + 1));
        const reading = readMany(found.kind === "found" ? found.value : null, IDS, KEY);
        const reports = reading.kind === "read" ? IDS.map((id) => reading.value.reports.get(id)) : [];
        const counts = reports.map((report) => (report?.kind === "status" ? report.startCount : null));
        const truth = IDS.map((id) => Number(value[id]?.start_count));
        // One character touches one order at most; the other two are as they were, or not told.
        expect(counts.filter((count, n) => count !== null && count !== truth[n]).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });
});

/**
 * The short way for the answers that nearly all are: an object with each order's own object under its id, which has the
 * protocol's fields and no other, plainly written. It takes a tenth of the time. All else goes the long way (answer.ts),
 * which reads these to the very same reports: a test compares the two.
 */
import type { StatusReport } from "../../../domain/order-report.ts";
import { isKeyedByPlace } from "./entries.ts";
import { isObject } from "./fields.ts";
import type { AnswerText } from "./final-answer.ts";

const WORDS = ["Pending", "Processing", "In progress", "Completed", "Partial", "Canceled", "Cancelled", "Refunded"];
/** The words that say how an order stands and nothing else, in the spellings in use. */
const PLAIN_WORDS: ReadonlySet<string> = new Set(
  WORDS.flatMap((word) => [word, word.toLowerCase(), word.toUpperCase(), word.replace(" p", " P"), word.replace(" ", "_")]),
);
/** A count without a sign or a mark in it. */
const PLAIN_COUNT = /^\d{1,15}$/;
/** An amount whose mark can only be a point: three digits behind it could be a group, but for those behind a zero. */
const PLAIN_AMOUNT = /^(?:0(?:\.\d{1,12})?|[1-9]\d{0,14}(?:\.(?:\d{1,2}|\d{4,12}))?)$/;
const PLAIN_CURRENCY = /^[A-Z]{3}$/;

/** The key that is kept out of texts, and what of an order's text is kept. */
type Inside = { readonly key: string; readonly answerText: AnswerText };

/** The reports on the orders asked for that the answer names; null for an answer that is to be read the long way. */
export function plainReports(answer: unknown, ids: readonly string[], { key, answerText }: Inside): Map<string, StatusReport> | null {
  if (!isObject(answer) || isKeyedByPlace(answer)) return null;
  const reports = new Map<string, StatusReport>();
  for (const id of ids) {
    if (!Object.hasOwn(answer, id)) continue;
    const report = plainReport(answer[id], key);
    if (report === null) return null;
    const text = answerText(id, answer[id], report);
    reports.set(id, text === null ? report : { ...report, answer: text });
  }
  return reports.size === 0 ? null : reports;
}

type Entry = Readonly<Partial<Record<"status" | "remains" | "start_count" | "charge" | "currency", unknown>>>;
const NAMES: ReadonlySet<string> = new Set<keyof Entry>(["status", "remains", "start_count", "charge", "currency"]);

function plainReport(entry: unknown, key: string): StatusReport | null {
  if (!isObject(entry)) return null;
  for (const name in entry) if (!NAMES.has(name)) return null;
  const { status, remains: left, start_count: start, charge: price, currency = null }: Entry = entry;
  // A word that is shorter than the key cannot have it inside.
  if (typeof status !== "string" || !PLAIN_WORDS.has(status) || (status.length >= key.length && key !== "")) return null;
  const [remains, startCount, charge] = [plainCount(left), plainCount(start), plainAmount(price)];
  if (remains === undefined || startCount === undefined || charge === undefined) return null;
  if (currency !== null && !(typeof currency === "string" && PLAIN_CURRENCY.test(currency))) return null;
  return { kind: "status", providerStatus: status, remains, startCount, charge, currency, multi: false, parts: null };
}

/** Undefined for what is not plain. */
export function plainCount(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return PLAIN_COUNT.test(value) ? Number(value) : undefined;
  // The sum of a negative zero and zero is zero.
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value + 0 : undefined;
}

/** The same of an amount of money. */
export function plainAmount(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null;
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && PLAIN_AMOUNT.test(text) ? text : undefined;
}

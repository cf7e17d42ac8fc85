/**
 * Answers as real servers give them, canonical and bent: what a fuzzer begins with.
 */
import * as fc from "fast-check";

/** An order as it is at its provider. */
export type Order = {
  readonly id: string;
  readonly word: string;
  readonly remains: number;
  /** How many parts it has; 0 for one that has none. */
  readonly parts: number;
};

const WORDS = ["Pending", "In progress", "Processing", "Completed", "Partial", "Canceled", "Refunded", "Error"] as const;
/** The same in other words, where some server has any. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  Pending: ["In queue", "PENDING"],
  Completed: ["complete", "Done"],
  Partial: ["Partially completed", "partial"],
  Canceled: ["Cancelled", "CANCELED", "Cancel"],
  Refunded: ["Refund", "reversed"],
  "In progress": ["In_Progress", "inprogress"],
};

export const QUANTITY = 1000;

export function ordersOf(ids: readonly string[]): fc.Arbitrary<readonly Order[]> {
  const order = (id: string): fc.Arbitrary<Order> =>
    fc.record({
      id: fc.constant(id),
      word: fc
        .tuple(fc.constantFrom(...WORDS, "Partial", "Canceled", "Canceled"), fc.nat(8))
        .map(([word, n]) => OTHER_WORDS[word]?.[n] ?? word),
      remains: fc.constantFrom(0, 1, 157, 250, 999, QUANTITY, 1234),
      parts: fc.constantFrom(0, 0, 0, 0, 2),
    });
  return fc.tuple(...ids.map(order));
}

/** A part of an answer: an order's own object. */
type Entry = Readonly<Record<string, unknown>>;
type Figures = (remains: number) => unknown;

const FIGURES: Readonly<Record<string, Figures>> = {
  "as texts": String,
  "as numbers": (remains) => remains,
  "with separators": (remains) => remains.toLocaleString("en-US"),
  "below nothing": (remains) => (remains === 0 ? "-12" : String(remains)),
  "as nothing": () => null,
  "as a word": () => "Unknown",
};

const CHARGES: readonly unknown[] = ["0.27819", 0.27819, "$0.03", "0.278190000", { value: "0.03", currency_code: "USD" }, null];

function entryOf({ word, remains, parts }: Order, figures: Figures, { charge, beside }: Bend): Entry {
  if (parts > 0) return { ...beside, status: word, runs: parts, orders: Array.from({ length: parts }, (_, n) => 7000 + n) };
  return { ...beside, charge, start_count: "3572", status: word, remains: figures(remains), currency: "USD" };
}

const INCORRECT = "Incorrect order ID";

type Layout = (entries: readonly (readonly [id: string, entry: Entry | null])[]) => unknown;

/** How an answer about several orders is laid out. Null stands for an order that is not known there. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  "by id": (entries) => Object.fromEntries(entries.map(([id, entry]) => [id, entry ?? { error: INCORRECT }])),
  "with errors as texts": (entries) => Object.fromEntries(entries.map(([id, entry]) => [id, entry ?? INCORRECT])),
  "without the unknown": (entries) => Object.fromEntries(entries.filter(([, entry]) => entry !== null)),
  "as a list by order": (entries) => entries.map(([id, entry]) => ({ order: Number(id), ...(entry ?? { error: INCORRECT }) })),
  "as a list by order_id": (entries) => entries.map(([id, entry]) => ({ order_id: id, ...(entry ?? { error: INCORRECT }) })),
  "as a list by id": (entries) => entries.map(([id, entry]) => ({ id, ...(entry ?? { error: INCORRECT }) })),
  "as a list": (entries) => entries.map(([, entry]) => entry ?? { error: INCORRECT }),
  "by position": (entries) =>
    Object.fromEntries(entries.map(([id, entry], n) => [9000 + n, { order: id, ...(entry ?? { error: INCORRECT }) }])),
  "with others": (entries) => ({
    "31": { charge: "1", start_count: "1", status: "Canceled", remains: "1000", currency: "USD" },
    ...Object.fromEntries(entries.map(([id, entry]) => [id, entry ?? { error: INCORRECT }])),
  }),
};

const WRAPPERS: readonly ((json: unknown) => unknown)[] = [
  (json) => json,
  (json) => json,
  (json) => ({ status: true, data: json }),
  (json) => ({ status: "success", result: json }),
  (json) => ({ response: { data: json } }),
];

const AROUND: readonly (readonly [before: string, after: string])[] = [
  ["", ""],
  ["", ""],
  ["\ufeff", ""],
  ["  \n", "\n"],
  [`<br />\n<b>Warning</b>:  Undefined array key "x" in <b>/www/api.php</b> on line <b>3</b><br />\n`, ""],
  ["PHP Notice: Array to string [12] in {main}\n", "\n<!-- 0.0012 s -->"],
];

/** How a server bends its answers. */
export type Bend = {
  readonly layout: string;
  readonly figures: string;
  readonly charge: unknown;
  /** What else stands beside an order's status: some scripts send an empty error along, or a real one. */
  readonly beside: Entry;
  readonly wrapper: number;
  readonly around: number;
  /** Whether a single order's answer is that order's own object, as the protocol has it, or laid out like a list's. */
  readonly bare: boolean;
};

export const bend: fc.Arbitrary<Bend> = fc.record({
  layout: fc.constantFrom("by id", "by id", ...Object.keys(LAYOUTS)),
  figures: fc.constantFrom("as texts", "as texts", ...Object.keys(FIGURES)),
  charge: fc.constantFrom(...CHARGES),
  beside: fc.constantFrom({}, {}, {}, {}, { error: "" }, { errors: [], message: "ok" }, { error: "Не найдено" }, { errors: "Nope" }),
  wrapper: fc.nat(WRAPPERS.length - 1),
  around: fc.nat(AROUND.length - 1),
  bare: fc.boolean(),
});

/** The JSON of an answer about the ids asked, of which `orders` has those that are known. */
export function statusJson(orders: readonly Order[], ids: readonly string[], isList: boolean, by: Bend): unknown {
  const figures = FIGURES[by.figures] ?? String;
  const entries = ids.map((id) => {
    const order = orders.find((each) => each.id === id);
    return [id, order === undefined ? null : entryOf(order, figures, by)] as const;
  });
  const [only] = entries;
  const isBare = !isList && (by.bare || only?.[1] === null);
  const layout = LAYOUTS[by.layout] ?? Object.fromEntries;
  return (WRAPPERS[by.wrapper] ?? String)(isBare ? (only?.[1] ?? { error: INCORRECT }) : layout(entries));
}

/** The body that a JSON text comes in. */
export function bodyOf(json: string, { around }: Bend): string {
  const [before, after] = AROUND[around] ?? ["", ""];
  return before + json + after;
}

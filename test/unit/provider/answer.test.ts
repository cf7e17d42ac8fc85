import { describe, expect, it } from "vitest";
import type { Parts, PartsForm, RefusedReport, Report, StatusReport } from "../../../src/domain/order-report.ts";
import { MAX_PART_ORDERS, type Reading, readBalance, readMany, readOne } from "../../../src/provider/api-v2/reading/answer.ts";
import { KEY } from "./fixtures.ts";

const ORDER = { charge: "0.27819", start_count: "3572", status: "Partial", remains: "157", currency: "USD" };
const PARTIAL: StatusReport = {
  kind: "status",
  providerStatus: "Partial",
  remains: 157,
  startCount: 3572,
  charge: "0.27819",
  currency: "USD",
  multi: false,
  parts: null,
};
const NO_PARTS: Parts = { runs: null, posts: null, expiry: null, orders: [] };
/** How the answer wrote its parts is looked at by itself. */
const ANY_FORM = { form: expect.anything() as PartsForm };
const MISSING: Report = { kind: "missing" };
const refused = (message: string): RefusedReport => ({ kind: "refused", message });
const statusOf = (word: string, changes: Partial<StatusReport> = {}): StatusReport => ({
  kind: "status",
  providerStatus: word,
  remains: null,
  startCount: null,
  charge: null,
  currency: null,
  multi: false,
  parts: null,
  ...changes,
});

/** One order's report, `error: <text>` or `unreadable`. */
function one(json: unknown, id = "23501"): Report | string {
  return told(readOne(json, id, KEY));
}

/** Reports by id, `error: <text>` or `unreadable`. */
function many(json: unknown, ids: readonly string[]): Record<string, Report> | string {
  const reading = told(readMany(json, ids, KEY));
  return typeof reading === "string" ? reading : Object.fromEntries(reading.reports);
}

function told<T>(reading: Reading<T>): T | string {
  if (reading.kind === "read") return reading.value;
  return reading.kind === "error" ? `error: ${reading.error.texts[0]}` : "unreadable";
}

describe("the answer to `order`", () => {
  it("has its start count by the second dialect's name", () => {
    const { start_count, ...others } = ORDER as Record<string, unknown>;
    expect(one({ ...others, start_counter: start_count })).toEqual(PARTIAL);
    expect(one({ status: "Success", start_counter: "0" })).toEqual(statusOf("Success", { startCount: 0 }));
  });

  it.each<[string, unknown, Report]>([
    ["in canonical form", ORDER, PARTIAL],
    ["wrapped in data", { status: true, data: ORDER }, PARTIAL],
    ["wrapped in result", { status: "success", result: ORDER }, PARTIAL],
    ["wrapped in response", { status: 100, response: ORDER }, PARTIAL],
    ["wrapped three times", { response: { data: { result: ORDER } } }, PARTIAL],
    ["wrapped with capitals", { Data: ORDER }, PARTIAL],
    ["wrapped in a list of one", { data: [ORDER] }, PARTIAL],
    ["as a list of one", [ORDER], PARTIAL],
    ["keyed by the id", { "23501": ORDER }, PARTIAL],
    [
      "in a list with its id",
      [
        { order: 7, ...ORDER, status: "Canceled" },
        { order: 23501, ...ORDER },
      ],
      PARTIAL,
    ],
    ["with its id inside", { order: "23501", ...ORDER }, PARTIAL],
    ["with its id as a plain id", { id: 23501, ...ORDER }, PARTIAL],
    ["with its id in another spelling", { id: "#023501", ...ORDER }, PARTIAL],
    ["with its id beside a row's number", { id: 4, order: 23501, ...ORDER }, PARTIAL],
    ["with an id that is none", { id: 0, ...ORDER }, PARTIAL],
    ["with a database's key beside its id", { _id: "64f0c2", id: 23501, ...ORDER }, PARTIAL],
    ["with other cases of keys", { Charge: "0.27819", startCount: "3572", STATUS: "Partial", Remains: "157", Currency: "usd" }, PARTIAL],
    ["with an empty error beside", { ...ORDER, error: "", errors: [], message: "ok" }, PARTIAL],
    ["with error false beside", { error: false, ...ORDER }, PARTIAL],
    ["with error 0 beside", { error: 0, ...ORDER }, PARTIAL],
    ["with error null beside", { error: null, ...ORDER }, PARTIAL],
    ["with unknown fields", { ...ORDER, link: "https://x", created: "1404/08/30", extra: { status: "Canceled" } }, PARTIAL],
    ["with a word only", { status: "In progress" }, statusOf("In progress")],
    ["with an unknown word", { status: "Moderation", remains: 5 }, statusOf("Moderation", { remains: 5 })],
    ["with a number for a word", { status: 3, remains: 5 }, statusOf("3", { remains: 5 })],
    ["with a number for a word, as text", { status: "4", start_count: null }, statusOf("4")],
    ["with a call's word beside its own", { ...ORDER, status: "success", order_status: "Partial" }, PARTIAL],
    ["with a call's number beside its own", { ...ORDER, status: 1, orderStatus: "Partial" }, PARTIAL],
    ["with a call's true beside its own", { ...ORDER, status: true, state: "Partial" }, PARTIAL],
    ["with a call's word around its own", { status: "success", charge: "0.5", data: ORDER }, PARTIAL],
    ["with a call's word around a list of its own", { status: "success", remains: 0, result: [ORDER] }, PARTIAL],
    ["with a call's number around its own", { status: "4", start_count: "1", response: ORDER }, PARTIAL],
    [
      "with a word for completed beside another thing's status",
      { status: "Success", remains: 0, refill_status: "Pending" },
      statusOf("Success", { remains: 0 }),
    ],
    [
      "with a word for completed, said twice",
      { status: "Success", remains: 0, order_status: "success" },
      statusOf("Success", { remains: 0 }),
    ],
    ["with a number for a word beside an empty one", { status: "3", remains: 5, order_status: "" }, statusOf("3", { remains: 5 })],
    ["with its fields in two spellings that agree", { ...ORDER, Status: "partial", Remains: 157, START_COUNT: "3572" }, PARTIAL],
    ["with a field in two spellings, one of them empty", { ...ORDER, Remains: null, Charge: "" }, PARTIAL],
    [
      "with a number in two spellings",
      { status: "Partial", remains: "157", Remains: "900" },
      statusOf("Partial", { remainsUnreadable: true }),
    ],
    ["with a call's word next to figures", { status: "Success", remains: 0 }, statusOf("Success", { remains: 0 })],
    [
      "with an error's word next to figures",
      { status: "Error", charge: "0", remains: "5" },
      statusOf("Error", { charge: "0", remains: 5 }),
    ],
    [
      "of a subscription",
      { status: "Active", expiry: "2026-12-01", posts: 0, orders: [] },
      statusOf("Active", { multi: true, parts: { ...NO_PARTS, ...ANY_FORM, posts: 0, expiry: "2026-12-01" } }),
    ],
    [
      "of a drip-feed",
      { status: "In progress", runs: 2, orders: [1, "2"] },
      statusOf("In progress", { multi: true, parts: { ...NO_PARTS, ...ANY_FORM, runs: 2, orders: ["1", "2"] } }),
    ],
    ["of a plain order with a date", { ...ORDER, expiry: "1405/12/29" }, PARTIAL],
    ...["null", "N/A", "-", "none", "false", "undefined", "0/0", " ", "—"].flatMap((nothing): [string, unknown, Report][] =>
      ["runs", "posts", "orders"].map((name) => [
        `of a plain order with ${name} ${JSON.stringify(nothing)}`,
        { ...ORDER, [name]: nothing },
        PARTIAL,
      ]),
    ),
    ...[[null], [""], ["null"], ["N/A"], [0], [false], [{}], [{ order: null }], [[]], { "0": "" }].map(
      (nothing): [string, unknown, Report] => [
        `of a plain order with orders ${JSON.stringify(nothing)}`,
        { ...ORDER, orders: nothing, runs: [null], posts: { a: "none" } },
        PARTIAL,
      ],
    ),
    ["of a plain order with one run as text", { ...ORDER, runs: "1.0" }, PARTIAL],
    ["of a plain order with empty fields for parts", { ...ORDER, runs: 0, posts: null, orders: "" }, PARTIAL],
    ["with figures nobody can read", { status: "Partial", remains: "Unknown", start_count: null, charge: "free" }, statusOf("Partial")],
    ["with more remaining than none", { status: "Completed", remains: "-12" }, statusOf("Completed", { remains: 0 })],
    [
      "with money as an object",
      { status: "Partial", remains: 1, charge: { value: "0.03", currency_code: "eur" }, currency: "USD" },
      statusOf("Partial", { remains: 1, charge: "0.03", currency: "EUR" }),
    ],
    ["with money with a sign", { status: "Partial", charge: "₹31.50" }, statusOf("Partial", { charge: "31.50", currency: "INR" })],
    [
      "with money with a code",
      { status: "Partial", charge: "31.50 INR", currency: "USD" },
      statusOf("Partial", { charge: "31.50", currency: "INR" }),
    ],
    [
      "with a sign for a currency",
      { status: "Partial", charge: "3", currency: "€" },
      statusOf("Partial", { charge: "3", currency: "EUR" }),
    ],
    ["with letters and a sign", { status: "Partial", charge: "3", currency: "US$" }, statusOf("Partial", { charge: "3", currency: "USD" })],
    ["with a sign of several currencies", { status: "Partial", charge: "$3" }, statusOf("Partial", { charge: "3", currencyUnknown: true })],
    [
      "with such a sign beside a code",
      { status: "Partial", charge: "$3", currency: "CAD" },
      statusOf("Partial", { charge: "3", currency: "CAD" }),
    ],
    [
      "with words for a currency",
      { status: "Partial", charge: "3", currency: "US Dollar" },
      statusOf("Partial", { charge: "3", currencyUnknown: true }),
    ],
    [
      "with two currencies",
      { status: "Partial", charge: "3", currency: "USD", Currency: "INR" },
      statusOf("Partial", { charge: "3", currencyUnknown: true }),
    ],
    ["with an empty currency", { status: "Partial", charge: "3", currency: "" }, statusOf("Partial", { charge: "3" })],
    ["with a price below zero", { status: "Partial", remains: 1, charge: "-0.5" }, statusOf("Partial", { remains: 1 })],
    ["with a tiny price", { status: "Partial", charge: 1e-7 }, statusOf("Partial", { charge: "0.0000001" })],
    ["with a long word", { status: ` ${"x".repeat(100)}` }, statusOf("x".repeat(64))],
    ["with a word over two lines", { status: "In\n\u0000 progress" }, statusOf("In progress")],
    ["with half a character", { status: "Done\ud800" }, statusOf("Done\ufffd")],
    ["refusing by a known text", { error: "Incorrect order ID" }, refused("Incorrect order ID")],
    ["refusing by a known code", { error: "error.incorrect_order_id" }, refused("error.incorrect_order_id")],
    [
      "refusing by a known code beside a text",
      { error: "Неверный заказ", code: "incorrect_order_id" },
      { ...refused("Неверный заказ"), byCode: true },
    ],
    ["refusing in words for it", { errors: "No such order" }, refused("No such order")],
    ["refusing by its id", { error: "Заказ 23501: нет" }, refused("Заказ 23501: нет")],
    ["refusing under its id", { "23501": { error: "Неверный заказ" } }, refused("Неверный заказ")],
    ["refusing under its id, as text", { "23501": "Неверный заказ" }, refused("Неверный заказ")],
  ])("%s", (_, json, report) => {
    expect(one(json)).toEqual(report);
  });

  it.each<[string, unknown, string]>([
    ["an error", { error: "Неверный заказ" }, "error: Неверный заказ"],
    ["an error in the second dialect", { errors: "Nothing here" }, "error: Nothing here"],
    ["a script that broke, under its id", { "23501": { error: "System error" } }, "error: System error"],
    ["too many calls, under its id", { "23501": "Rate limit exceeded (200/min)" }, "error: Rate limit exceeded (200/min)"],
    [
      "a validator's errors",
      { message: "Invalid data.", errors: { key: ["The key field is required."] } },
      "error: The key field is required.",
    ],
    ["an error object", { error: { code: 7, message: "Nope" } }, "error: Nope"],
    ["a list of errors", { errors: ["First", "Second"] }, "error: First"],
    ["an error that is only true", { error: true, message: "Nope" }, "error: Nope"],
    ["an error that is only 1", { error: 1, msg: "Nope" }, "error: Nope"],
    ["an error number", { error: 104 }, "error: 104"],
    ["an error with a code for a status", { error: "Nope", status: "104" }, "error: Nope"],
    ["a failing status with a message", { status: "error", msg: "Nope" }, "error: Nope"],
    ["a failing status alone", { status: "error" }, "error: error"],
    ["a failing code with a message", { status: "104", msg: "Nope" }, "error: Nope"],
    ["status false", { status: false, message: "Nope" }, "error: Nope"],
    ["success false", { success: false, message: "Nope" }, "error: Nope"],
    ["a wrapped error", { status: true, data: { error: "Nope" } }, "error: Nope"],
    ["an error with an empty wrapper", { status: "error", message: "Nope", data: [] }, "error: Nope"],
    ["an error with an empty object in a wrapper", { error: "Nope", data: {} }, "error: Nope"],
    ["an error beside a status", { ...ORDER, status: "Canceled", error: "Nope" }, "error: Nope"],
    ["errors beside a status and an empty error", { ...ORDER, status: "Canceled", error: "", errors: ["Nope"] }, "error: Nope"],
    ["an error around a status", { error: "Nope", data: { ...ORDER, status: "Canceled" } }, "error: Nope"],
    ["an error beside a status, in a list of one", [{ ...ORDER, status: "Canceled", error: "Nope" }], "unreadable"],
    ["an error beside a status, in a wrapped list of one", { data: [{ ...ORDER, status: "Canceled", errors: "Nope" }] }, "unreadable"],
    ["a call's success", { status: "success" }, "unreadable"],
    ["a call's success with an order", { status: "success", order: 151 }, "unreadable"],
    ["a call's code with an order", { status: 100, order: 1 }, "unreadable"],
    ["a bare number for a word", { status: "4" }, "unreadable"],
    ["a bare code", { status: 104 }, "unreadable"],
    ["no word", { charge: "1", remains: "5" }, "unreadable"],
    ["null for a word", { ...ORDER, status: null }, "unreadable"],
    ["an empty word", { ...ORDER, status: "  " }, "unreadable"],
    ["true for a word", { status: true }, "unreadable"],
    ["a list for a word", { ...ORDER, status: ["Canceled"] }, "unreadable"],
    ["another order's answer", { order: "999", ...ORDER }, "unreadable"],
    ["another order's answer by a plain id", { id: 999, ...ORDER }, "unreadable"],
    ["another order's answer by a plain id, wrapped", { status: true, data: { id: "999", ...ORDER } }, "unreadable"],
    ["another order's answer by a plain id, in a list of one", [{ id: 999, ...ORDER }], "unreadable"],
    ["another order's entry by a plain id", { "23501": { id: 999, ...ORDER } }, "unreadable"],
    ["another order's answer by an id that was rounded", { order: 2.350_1e22, ...ORDER }, "unreadable"],
    ["an answer with two ids under one name", { order: 23501, Order: 999, ...ORDER }, "unreadable"],
    ["two words in two spellings", { ...ORDER, Status: "In progress" }, "unreadable"],
    [
      "told in two ways",
      [
        { order: 23501, ...ORDER },
        { order: 23501, ...ORDER, status: "In progress" },
      ],
      "unreadable",
    ],
    ["a call's success beside two words", { ...ORDER, status: "success", order_status: "Canceled", state: "In progress" }, "unreadable"],
    [
      "a call's success around an order that is told elsewhere",
      { status: "success", charge: "1", order: { status: "Canceled" } },
      "unreadable",
    ],
    ["a call's number around an order that is told elsewhere", { status: 1, charge: "1", info: [{ status: "Canceled" }] }, "unreadable"],
    ["another order under its id", { "999": ORDER }, "unreadable"],
    ["another order's entry under this id", { "23501": { order: 999, ...ORDER } }, "unreadable"],
    ["two orders without ids", [ORDER, ORDER], "unreadable"],
    ["nothing", {}, "unreadable"],
    ["an empty list", [], "unreadable"],
    ["null", null, "unreadable"],
    ["a text", "Completed", "unreadable"],
    ["a number", 2, "unreadable"],
    ["true", true, "unreadable"],
    ["null under the id", { "23501": null }, "unreadable"],
    ["wrapped too often", { data: { data: { data: { data: ORDER } } } }, "unreadable"],
    ["a word beside a rejected key", { status: "rejected", message: "Invalid API key" }, "unreadable"],
    ["a word beside a limit of calls", { status: "Canceled", reason: "Too many requests" }, "unreadable"],
  ])("that is %s gives no status", (_, json, expected) => {
    expect(one(json)).toBe(expected);
  });

  it("has the order's word beside its figures, and beside any other text", () => {
    expect(one({ status: "Rejected", message: "Invalid API key", remains: 5 })).toEqual(statusOf("Rejected", { remains: 5 }));
    expect(one({ status: "Canceled", message: "The account is private" })).toEqual(statusOf("Canceled"));
  });

  it("holds no key, wherever the server puts it", () => {
    expect(one({ "23501": { error: `Bad order for ${KEY}` } })).toEqual(refused("Bad order for [key]"));
    expect(one({ "23501": { error: "x".repeat(190) + KEY } })).toEqual(refused("x".repeat(190) + "[key]"));
    expect(one({ status: KEY, remains: 1 })).toMatchObject({ providerStatus: "[key]" });
  });
});

describe("a `remains` that nobody can read", () => {
  it.each(["1.250", "1,250", "157.5", "250/1000", "250 units", "1.2K", "−250", "٢٥٠", { value: 250 }, [250], 1e20])(
    "says a number: %j",
    (remains) => {
      expect(one({ status: "Refunded", remains })).toEqual(statusOf("Refunded", { remainsUnreadable: true }));
    },
  );

  it.each([undefined, null, "", " ", "-", "Unknown", "N/A", true, {}, []])("says none: %j", (remains) => {
    expect(one({ status: "Refunded", remains, charge: null })).toEqual(statusOf("Refunded"));
  });
});

describe("the parts of an order", () => {
  it.each<[string, Record<string, unknown>, Partial<Parts>]>([
    [
      "texts as they came",
      { runs: " 2/10 ", posts: "1,234", expiry: "1405/12/29" },
      { runs: "2/10", posts: "1,234", expiry: "1405/12/29" },
    ],
    ["numbers as numbers", { runs: 3, posts: 0 }, { runs: 3, posts: 0 }],
    ["empty texts, beside others", { runs: 3, expiry: "" }, { runs: 3, expiry: "" }],
    ["long texts, cut", { runs: "9".repeat(70) }, { runs: "9".repeat(64) }],
    ["texts without the key", { runs: `2 ${KEY}` }, { runs: "2 [key]" }],
    ["no texts of other things", { runs: [1], posts: true, expiry: { date: "x" } }, {}],
    ["ids as texts", { orders: [23501, " 23502 ", "a-1"] }, { orders: ["23501", "23502", "a-1"] }],
    [
      "no ids that are none",
      { runs: 1, orders: [0, "0", null, "", "1,2", "a b", "x".repeat(65), 2 ** 53, -1, [7], { order: 8 }, 9] },
      { runs: 1, orders: ["8", "9"] },
    ],
    ["a count of orders for no id", { orders: 5 }, {}],
    ["a count of orders as text for no id", { orders: "1,234" }, {}],
    ["an object of orders for no ids", { orders: { "101": 1 } }, {}],
    ["quantities by order for no ids", { orders: { "101": 500, "102": "600" } }, {}],
    ["quantities by order in objects for no ids", { orders: { "101": { quantity: 500 }, "102": { quantity: 600 } } }, {}],
    ["objects of which one names no id for no ids", { orders: { a: { order: 101 }, b: { quantity: 600 } } }, {}],
    ["counts by word for no ids", { orders: { completed: 3, total: 5 } }, {}],
    ["numbers by index without a first for no ids", { orders: { "1": 101, "2": 102 } }, {}],
    ["numbers by index beside a long key for no ids", { orders: { "0": 101, "1000": 102 } }, {}],
    ["numbers by index beside a word for no ids", { orders: { "0": 101, total: 102 } }, {}],
    ["a list with a gap", { orders: { "0": 101, "2": "102" } }, { orders: ["101", "102"] }],
    ["a list with a gap, of objects", { orders: { "0": { order_id: 101 }, "2": { id: "102" } } }, { orders: ["101", "102"] }],
    ["objects by run", { orders: { first: { order: 101 }, second: { orderId: 102 } } }, { orders: ["101", "102"] }],
    ["objects by id", { orders: { "101": { id: 101, status: "Completed" } } }, { orders: ["101"] }],
    ["a list of objects with order_id", { orders: [{ order_id: 101 }, { order_id: "102" }] }, { orders: ["101", "102"] }],
    ["a list of objects with id", { orders: [{ id: 101, status: "Completed" }] }, { orders: ["101"] }],
    [
      "a list of objects with ids of two kinds",
      {
        orders: [
          { id: 7, order: 101 },
          { id: 8, order_id: 102 },
        ],
      },
      { orders: ["101", "102"] },
    ],
    ["a list of objects whose order is none", { orders: [{ id: 7, order: null }, { order: 102 }] }, { orders: ["102"] }],
    ["parts under their ids for no ids", { orders: { "70002": "Completed", "70003": "Canceled" } }, {}],
    ["parts told under their ids for no ids", { orders: { "70002": { status: "Completed" } } }, {}],
    ["a short id of a part for no id", { orders: { "8": "Partial" } }, {}],
  ])("are %s", (_, fields, parts) => {
    expect(one({ status: "In progress", ...fields })).toEqual(
      statusOf("In progress", { multi: true, parts: { ...NO_PARTS, ...ANY_FORM, ...parts } }),
    );
  });

  it.each<[string, Record<string, unknown>, PartsForm]>([
    [
      "a subscription as documented",
      { status: "Active", expiry: null, posts: 3, orders: [1, 2] },
      { had: ["expiry", "posts", "orders"], numericOrders: true, subscription: true },
    ],
    [
      "a subscription before its first post",
      { status: "Active", expiry: null, posts: 0, orders: [] },
      { had: ["expiry", "posts", "orders"], numericOrders: false, subscription: true },
    ],
    ["a subscription by its word", { status: "Paused", orders: ["1"] }, { had: ["orders"], numericOrders: false, subscription: true }],
    [
      "a subscription by its expiry",
      { status: "Completed", orders: [1], expiry: "2026-12-01" },
      { had: ["orders", "expiry"], numericOrders: true, subscription: true },
    ],
    ["a drip-feed", { status: "In progress", runs: 2, orders: [1] }, { had: ["runs", "orders"], numericOrders: true, subscription: false }],
    [
      "a drip-feed with the fields of a subscription",
      { status: "Active", runs: "2", posts: "", expiry: null, orders: [1, "2"] },
      { had: ["runs", "posts", "expiry", "orders"], numericOrders: false, subscription: false },
    ],
    [
      "a subscription whose parts are null",
      { status: "Active", posts: 3, orders: null },
      { had: ["posts", "orders"], numericOrders: false, subscription: true, nullOrders: true },
    ],
    [
      "a list with a gap",
      { status: "In progress", runs: 2, orders: { 0: 1, 2: 2 } },
      { had: ["runs", "orders"], numericOrders: true, subscription: false },
    ],
    ["parts without a count", { status: "In progress", orders: [1] }, { had: ["orders"], numericOrders: true, subscription: false }],
  ])("are %s's", (_, answer, form) => {
    expect((one(answer) as StatusReport).parts?.form).toEqual(form);
  });

  it.each([
    ["Active", { remains: "10", posts: "", expiry: "" }],
    ["Active", { charge: "1", start_count: "1" }],
    ["Pending", { posts: "", expiry: null }],
  ])("are none's with the word %s and %j", (status, fields) => {
    expect(one({ status, ...fields })).toMatchObject({ multi: false, parts: null });
  });

  it("are a thousand at most", () => {
    const orders = Array.from({ length: MAX_PART_ORDERS + 5 }, (__, n) => n + 1);
    const report = one({ status: "Active", posts: 1, orders }) as StatusReport;
    expect(report.parts?.orders).toEqual(orders.slice(0, MAX_PART_ORDERS).map(String));
  });
});

describe("the answer to `orders`", () => {
  const IDS = ["1", "10", "100"];
  const DONE = { ...ORDER, status: "Completed", remains: "0" };
  const COMPLETED = { ...PARTIAL, providerStatus: "Completed", remains: 0 };
  const ALL = { "1": PARTIAL, "10": refused("Incorrect order ID"), "100": COMPLETED };

  it.each<[string, unknown]>([
    ["keyed by id", { "1": ORDER, "10": { error: "Incorrect order ID" }, "100": DONE }],
    ["with orders nobody asked for", { "1": ORDER, "2": DONE, "10": { error: "Incorrect order ID" }, "100": DONE, "3": null }],
    ["with an error as plain text", { "1": ORDER, "10": "Incorrect order ID", "100": DONE }],
    ["with an error in the second dialect", { "1": ORDER, "10": { errors: ["Incorrect order ID"] }, "100": DONE }],
    ["with a failing status for an error", { "1": ORDER, "10": { status: "fail", message: "Incorrect order ID" }, "100": DONE }],
    ["with an error inside the status", { "1": ORDER, "10": { status: { error: "Incorrect order ID" } }, "100": DONE }],
    ["wrapped", { status: "success", data: { "1": ORDER, "10": { error: "Incorrect order ID" }, "100": DONE } }],
    ["wrapped twice", { response: { result: { "1": ORDER, "10": { error: "Incorrect order ID" }, "100": DONE } } }],
    [
      "as a list with order",
      [
        { order: 1, ...ORDER },
        { order: 10, error: "Incorrect order ID" },
        { order: 100, ...DONE },
      ],
    ],
    [
      "as a list with order_id",
      [
        { order_id: "1", ...ORDER },
        { order_id: "10", error: "Incorrect order ID" },
        { order_id: 100, ...DONE },
      ],
    ],
    [
      "as a list with id, wrapped",
      {
        data: [
          { id: 1, ...ORDER },
          { id: 10, error: "Incorrect order ID" },
          { id: 100, ...DONE },
        ],
      },
    ],
    [
      "as a list with other things in it",
      [null, 5, "x", { order: 1, ...ORDER }, { order: 10, error: "Incorrect order ID" }, { order: 100, ...DONE }, []],
    ],
    [
      "keyed by place, with plain ids",
      { "1": { id: 10, error: "Incorrect order ID" }, "0": { id: 1, ...ORDER }, "2": { id: 100, ...DONE } },
    ],
    [
      "keyed by place with gaps, with plain ids",
      { "1": { id: 10, error: "Incorrect order ID" }, "0": { id: 1, ...ORDER }, "7": { id: 100, ...DONE } },
    ],
    ["keyed by position", { "0": { order: 1, ...ORDER }, "1": { order: 10, error: "Incorrect order ID" }, "4": { order: 100, ...DONE } }],
    [
      "with a failing call's word around it",
      { status: "error", message: "1 not found", data: { "1": ORDER, "10": "Incorrect order ID", "100": DONE } },
    ],
    [
      "told twice in the same words",
      [
        { order: 1, ...ORDER },
        { order: 10, error: "Incorrect order ID" },
        { order: 100, ...DONE },
        { order: 1, ...ORDER },
      ],
    ],
  ])("%s", (_, json) => {
    expect(many(json, IDS)).toEqual(ALL);
  });

  it.each<[string, unknown]>([
    [
      "told in two ways",
      [
        { order: 1, ...ORDER },
        { order: 10, ...DONE },
        { order: 100, ...DONE },
        { order: 10, ...ORDER },
      ],
    ],
    ["another's by a plain id", { "1": ORDER, "10": { id: 11, ...DONE }, "100": DONE }],
    ["another's by key and by a plain id", { "1": ORDER, "10": { id: 7, ...DONE }, "100": { id: 100, ...DONE } }],
    ["left out", { "1": ORDER, "100": DONE }],
    ["null", { "1": ORDER, "10": null, "100": DONE }],
    ["empty", { "1": ORDER, "10": {}, "100": DONE }],
    ["an empty text", { "1": ORDER, "10": " ", "100": DONE }],
    ["a number", { "1": ORDER, "10": 4, "100": DONE }],
    ["a list", { "1": ORDER, "10": [DONE], "100": DONE }],
    ["without a word", { "1": ORDER, "10": { ...DONE, status: null }, "100": DONE }],
    ["a bare number", { "1": ORDER, "10": { status: "4" }, "100": DONE }],
    ["a call's success", { "1": ORDER, "10": { status: "success" }, "100": DONE }],
    ["about another order", { "1": ORDER, "10": { order: 11, ...DONE }, "100": DONE }],
  ])("in which an order is %s leaves it missing", (name, json) => {
    const saysNothing = /^(?:left out|null|empty|an empty text|about another order|another's .*)$/.test(name);
    const missing = saysNothing ? MISSING : { ...MISSING, unread: true };
    expect(many(json, IDS)).toEqual({ "1": PARTIAL, "10": missing, "100": COMPLETED });
  });

  it.each<[string, unknown]>([
    ["an empty object", {}],
    ["an empty list", []],
    ["an empty wrapper", { status: "success", data: [] }],
    ["other orders only", { "7": ORDER, "8": { error: "x" } }],
    ["a list of other orders", [{ order: 7, ...ORDER }]],
  ])("that is %s leaves all missing", (_, json) => {
    expect(many(json, IDS)).toEqual({ "1": MISSING, "10": MISSING, "100": MISSING });
  });

  it.each<[string, unknown, string]>([
    ["a single order's object", ORDER, "unreadable"],
    ["a wrapped single order's object", { data: ORDER }, "unreadable"],
    ["a list without ids", [ORDER, ORDER, DONE], "unreadable"],
    ["keyed by place without ids", { "0": ORDER, "1": DONE, "2": ORDER }, "unreadable"],
    ["an error", { error: "Incorrect request" }, "error: Incorrect request"],
    ["an error around nothing", { error: "Invalid API key", data: [] }, "error: Invalid API key"],
    ["a call's success", { status: "success" }, "unreadable"],
    ["something else", { balance: "5" }, "unreadable"],
    ["null", null, "unreadable"],
    ["a text", "x", "unreadable"],
  ])("that is %s is none", (_, json, expected) => {
    expect(many(json, IDS)).toBe(expected);
  });

  it("for one order may be the order's object, which names no order", () => {
    const reports = new Map([["1", PARTIAL]]);
    expect(told(readMany(ORDER, ["1"], KEY))).toEqual({ reports, byId: false });
    expect(told(readMany({ "1": ORDER }, ["1"], KEY))).toEqual({ reports, byId: true });
  });

  it("keeps ids as text: big, zero-padded and odd ones are not mixed up", () => {
    const ids = ["9007199254740993", "0012", "12", "a-1", "toString", "__proto__"];
    const json = JSON.parse(
      `{"9007199254740993":{"status":"Completed"},"12":{"status":"Partial"},"a-1":{"status":"Pending"},"__proto__":{"status":"Canceled"}}`,
    ) as unknown;
    expect(
      new Map(Object.entries(many(json, ids)).map(([id, report]) => [id, (report as Partial<StatusReport>).providerStatus ?? "missing"])),
    ).toEqual(
      new Map([
        ["9007199254740993", "Completed"],
        ["0012", "missing"],
        ["12", "Partial"],
        ["a-1", "Pending"],
        ["toString", "missing"],
        ["__proto__", "Canceled"],
      ]),
    );
  });

  it("reads a hundred orders in a fraction of a millisecond", () => {
    const ids = Array.from({ length: 100 }, (_, n) => String(23_501 + n));
    const json = Object.fromEntries(ids.map((id) => [id, ORDER]));
    const rounds = 200;
    const start = performance.now();
    for (let round = 0; round < rounds; round += 1) readMany(json, ids, KEY);
    // Measured at 0.2 ms; the bound only tells a mistake in the order of magnitude.
    expect((performance.now() - start) / rounds).toBeLessThan(5);
  });
});

describe("the answer to `balance`", () => {
  it.each<[string, unknown, string, string | null]>([
    ["canonical", { balance: "100.84292", currency: "USD" }, "100.84292", "USD"],
    ["as a number", { balance: 100.5, currency: "usd" }, "100.5", "USD"],
    ["wrapped", { status: true, data: { balance: "1,234.5", currency: "INR" } }, "1234.5", "INR"],
    ["with a currency sign", { status: "success", balance: "$3" }, "3", null],
    ["of a currency without cents", { balance: "50.000", currency: "VND" }, "50000", "VND"],
    ["of a currency without cents, with a comma", { balance: "50,000", currency: "jpy" }, "50000", "JPY"],
    ["with the sign of a currency without cents", { balance: "50.000 ₫" }, "50000", "VND"],
    ["of a currency whose cents nobody writes", { balance: "Rp 50.000" }, "50000", "IDR"],
    ["as programs write it", { balance: "12.345", currency: "USD" }, "12.345", "USD"],
    ["with a comma, as programs write it", { balance: "12,345" }, "12345", null],
    ["of more digits than a number holds", { balance: "12345678901234567890.5", currency: "IDR" }, "12345678901234567890.5", "IDR"],
    ["as an object", { balance: { value: "0.03", currency_code: "EUR" } }, "0.03", "EUR"],
    ["below zero", { Balance: "-4.5", currency: "USD" }, "-4.5", "USD"],
    ["with data of its own", { balance: "1", data: { user: "x" } }, "1", null],
  ])("%s", (_, json, balance, currency) => {
    expect(told(readBalance(json))).toEqual({ balance, currency });
  });

  it("is written as in the provider's currency, where it names none", () => {
    expect(told(readBalance({ balance: "50.000" }, "VND"))).toEqual({ balance: "50000", currency: null });
    expect(told(readBalance({ balance: "50.000", currency: "USD" }, "VND"))).toEqual({ balance: "50.000", currency: "USD" });
    expect(told(readBalance({ balance: "50.000" }, "USD"))).toEqual({ balance: "50.000", currency: null });
  });

  it.each<[unknown, string]>([
    [{ error: "Invalid API key" }, "error: Invalid API key"],
    [{ balance: "1", error: "Nope" }, "error: Nope"],
    [{ balance: null }, "unreadable"],
    [{ balance: "a lot" }, "unreadable"],
    [{}, "unreadable"],
    [[], "unreadable"],
    [null, "unreadable"],
    [5, "unreadable"],
  ])("that is %j is none", (json, expected) => {
    expect(told(readBalance(json))).toBe(expected);
  });
});

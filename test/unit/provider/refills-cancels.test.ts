import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askCancels, askRefills, askRefillStatuses } from "../../../src/provider/api-v2/refills-cancels.ts";
import { CANONICAL_REQUEST, type Learned, type ProviderSettings } from "../../../src/provider/settings.ts";
import type { CancelPort, ProviderPort, RequestReply, RefillSaid } from "../../../src/provider/client.ts";
import { anyJson } from "./any-json.ts";
import { fieldsOfRequest, KEY, portOf, SETTINGS } from "./fixtures.ts";
import { json } from "./model-server.ts";

type Ask = typeof askRefills | typeof askCancels | typeof askRefillStatuses;
type Said = RequestReply | RefillSaid;

const NO_REASON = "The provider refused, and gave no reason.";
const accepted = (refill: string | null = null): RequestReply => ({ kind: "accepted", refill });
const refused = (message: string): RequestReply & RefillSaid => ({ kind: "refused", message });
const unclear = (message: string | null): RequestReply => ({ kind: "unclear", message });
const word = (said: string): RefillSaid => ({ kind: "status", word: said });

/** A port for one call and no other. */
function cancelPort(port: ProviderPort): ProviderPort & CancelPort {
  return { ...port, takeCall: async () => false, learn: () => {} };
}

/** What is said of each id, or the failure's code. */
async function outcome(ask: Ask, ids: readonly string[], response: Response): Promise<Record<string, Said> | string> {
  const result = await ask(cancelPort(portOf(() => response)), SETTINGS, ids);
  return result.ok ? Object.fromEntries<Said>(result.value) : result.failure.code;
}

async function sentBy(ask: Ask, ids: readonly string[]): Promise<Record<string, string>[]> {
  const sent: Record<string, string>[] = [];
  const port = portOf(async (request) => {
    sent.push(await fieldsOfRequest(request));
    return json({});
  });
  await ask(cancelPort(port), SETTINGS, ids);
  return sent;
}

describe("a call", () => {
  it.each<[string, Ask, string[], Record<string, string>]>([
    ["for one refill", askRefills, ["7"], { action: "refill", order: "7" }],
    ["for refills", askRefills, ["7", "8"], { action: "refill", orders: "7,8" }],
    ["for one cancel, which has the plural form only", askCancels, ["7"], { action: "cancel", orders: "7" }],
    ["for cancels", askCancels, ["7", "8"], { action: "cancel", orders: "7,8" }],
    ["for one refill's status", askRefillStatuses, ["7"], { action: "refill_status", refill: "7" }],
    ["for refills' statuses", askRefillStatuses, ["7", "8"], { action: "refill_status", refills: "7,8" }],
  ])("%s is sent once", async (_, ask, ids, fields) => {
    expect(await sentBy(ask, ids)).toEqual([{ key: KEY, ...fields }]);
  });

  it.each([[askRefills], [askCancels], [askRefillStatuses]])("for nothing is not sent", async (ask) => {
    expect(await sentBy(ask, [])).toEqual([]);
    expect(await outcome(ask, [], json({ error: "x" }))).toEqual({});
  });
});

describe("the answer to `refill` for one order", () => {
  it.each<[string, unknown, Said]>([
    ["canonical", { refill: "1" }, accepted("1")],
    ["with a number", { refill: 2 }, accepted("2")],
    ["with the number of every yes", { refill: 1 }, accepted()],
    ["with a cuid", { refill: "cmb2x9q4k0001l508zt1x" }, accepted("cmb2x9q4k0001l508zt1x")],
    ["with a prefixed id", { refill: "rf_1234" }, accepted("rf_1234")],
    ["with a ULID", { refill: "01J9ZK3V5Q8RWX0T2N4M6P7A9B" }, accepted("01J9ZK3V5Q8RWX0T2N4M6P7A9B")],
    ["with a number sign", { refill: "#5512" }, accepted("#5512")],
    ["with a date in it", { refill: "RF-2026.11.28/7" }, accepted("RF-2026.11.28/7")],
    ["an order's word", { refill: "Pending" }, accepted()],
    ["an order's word inside", { refill: { status: "Pending" } }, accepted()],
    ["a text for a yes", { ok: "true" }, accepted()],
    ["the word of a refusal", { refill: "Rejected" }, refused("Rejected")],
    ["a numbered code", { refill: "ERR_1002" }, refused("ERR_1002")],
    ["a no in a text", { success: "false", message: "Too early" }, refused("Too early")],
    ["naming its order in another spelling", [{ order: "007", refill: 5 }], accepted("5")],
    ["with a hexadecimal id", { refill: "e3b0c44298fc" }, accepted("e3b0c44298fc")],
    ["as refill_id", { refill_id: 5 }, accepted("5")],
    ["wrapped", { status: "success", data: { refill: 5 } }, accepted("5")],
    ["naming its order", { order: 7, refill: 5 }, accepted("5")],
    ["as a list of one", [{ order: 7, refill: 5 }], accepted("5")],
    ["as a list of one that names none", [{ refill: 5 }], accepted("5")],
    ["keyed by the order", { "7": { refill: 5 } }, accepted("5")],
    ["with the id inside", { refill: { id: 5, status: "Pending" } }, accepted("5")],
    ["with the id inside, as refill_id", { refill: { refill_id: 55 } }, accepted("55")],
    ["with the id in a list of one", { refill: ["55"] }, accepted("55")],
    ["with the id inside of a list of one", { refill: [{ id: 55, status: "Pending" }] }, accepted("55")],
    ["with an error in a list of one", { refill: [{ error: "Too early" }] }, refused("Too early")],
    ["with its order's own id", { refill: "7" }, accepted()],
    ["with its order's own id, naming the order", { order: 7, refill: 7 }, accepted()],
    ["with its order's own id inside", { "7": { refill: { id: "#7" } } }, accepted()],
    ["with its order's own id as refill_id", { refill: "Ticket opened", refill_id: 7 }, accepted()],
    ["a message that says yes", { message: "Refill requested" }, accepted()],
    ["a longer message that says yes", { order: 7, message: "Your refill request has been submitted" }, accepted()],
    ["a sentence in success", { success: "Refill request has been sent" }, accepted()],
    ["a doubt in success", { success: "Refill is not available" }, unclear("Refill is not available")],
    ["a doubt in ok, inside", { refill: { ok: "Refill is not available" } }, unclear("Refill is not available")],
    ["a known text in success", { success: "Incorrect order ID" }, refused("Incorrect order ID")],
    ["true", { refill: true }, accepted()],
    ["a word", { refill: "success" }, accepted()],
    ["an id that the parser would round", { refill: 2 ** 53 }, accepted("9007199254740992")],
    ["an id that came rounded", { refill: 1e30 }, accepted()],
    ["success alone", { status: "success" }, accepted()],
    ["an error", { error: "Неверный заказ" }, refused("Неверный заказ")],
    ["an order's error", { error: "Incorrect order ID" }, refused("Incorrect order ID")],
    ["an error in the second dialect", { errors: ["Nope"] }, refused("Nope")],
    ["an error in its place", { refill: { error: "Nope" } }, refused("Nope")],
    ["an error for its id", { refill: "Nope, too early" }, refused("Nope, too early")],
    ["a reason for its id", { refill: "Refill is not available" }, refused("Refill is not available")],
    ["a known text for its id", { refill: "Incorrect order ID" }, refused("Incorrect order ID")],
    ["a sentence for its id, which is neither yes nor no", { refill: "Refill request accepted" }, unclear("Refill request accepted")],
    ["a sentence in another language for its id", { refill: "Yenileme talebi alındı" }, unclear("Yenileme talebi alındı")],
    ["a sentence beside its id", { refill: "Refill created", refill_id: 55 }, accepted("55")],
    ["a sentence beside its id, under its order", { "7": { refill: "Ticket opened", refillId: "rf-55" } }, accepted("rf-55")],
    ["a yes beside its id", { refill: 1, refill_id: "55" }, accepted("55")],
    ["nothing beside its id", { refill: null, refill_id: 55 }, accepted("55")],
    ["a no beside an id", { refill: 0, refill_id: 55 }, refused(NO_REASON)],
    ["a reason beside an id", { refill: "Refill is not available", refill_id: 55 }, refused("Refill is not available")],
    ["a failing number", { status: -1, message: "Refill is not available" }, refused("Refill is not available")],
    ["an id of nineteen digits", { refill: "1234567890123456789" }, accepted("1234567890123456789")],
    ["an error's code for its id", { refill: "error.refill_404" }, refused("error.refill_404")],
    ["a failing status", { status: "error", msg: "Nope" }, refused("Nope")],
    ["a wrapped error", { status: true, data: { error: "Nope" } }, refused("Nope")],
    ["an error beside an id", { refill: 5, error: "Nope" }, refused("Nope")],
    ["0", { refill: 0 }, refused(NO_REASON)],
    ["false", { refill: false }, refused(NO_REASON)],
    ["null", { refill: null }, refused(NO_REASON)],
    ["0 with a reason", { refill: "0", message: "Too early" }, refused("Too early")],
    ["an error with the key", { error: `Not for ${KEY}` }, refused("Not for [key]")],
    ["an error of nothing", { error: "\u0000" }, refused(NO_REASON)],
  ])("that is %s", async (_, body, said) => {
    expect(await outcome(askRefills, ["7"], json(body))).toEqual({ "7": said });
  });

  it.each([400, 404, 422])("may be a mere message under HTTP %i", async (status) => {
    expect(await outcome(askRefills, ["7"], json({ message: "Too early" }, status))).toEqual({ "7": refused("Too early") });
  });

  it("may be an error under any code", async () => {
    expect(await outcome(askRefills, ["7"], json({ error: "Nope" }, 500))).toEqual({ "7": refused("Nope") });
    expect(await outcome(askRefills, ["7"], json({ error: "Order not found" }, 403))).toEqual({ "7": refused("Order not found") });
  });

  it.each<[string, Response, string]>([
    ["about the key", json({ error: "Invalid API key" }), "rejected_key"],
    ["about the key, by its code", json({ error: "Ключ" }, 401), "rejected_key"],
    ["about calls", json({ error: "Too many requests" }), "rate_limited"],
    ["about calls, by its code", json({ error: "Langsam" }, 429), "rate_limited"],
    ["a message under 500", json({ message: "Server Error" }, 500), "refused"],
    ["a message", json({ message: "Queued" }), "bad_shape"],
    ["nothing", json({}), "bad_shape"],
    ["null", json(null), "bad_shape"],
    ["about another order", json({ order: 9, refill: 5 }), "bad_shape"],
    ["about other orders", json([{ id: 9, refill: 5 }]), "bad_shape"],
    ["a list of several", json({ refill: [5, 6] }), "bad_shape"],
    ["an empty list", json({ refill: [] }), "bad_shape"],
    ["a message that says no", json({ message: "Refill is not available" }), "bad_shape"],
    ["a message with a doubt", json({ message: "Refill request could not be sent, already requested" }), "bad_shape"],
    ["a page", new Response("<html></html>"), "not_json"],
  ])("that is %s is a failure", async (_, response, code) => {
    expect(await outcome(askRefills, ["7"], response)).toBe(code);
  });
});

describe("the answer to `refill` for several orders", () => {
  const IDS = ["1", "2", "3"];
  const ALL = { "1": accepted("11"), "2": accepted("12"), "3": refused("Incorrect order ID") };

  it.each<[string, unknown]>([
    [
      "canonical",
      [
        { order: 1, refill: 11 },
        { order: 2, refill: 12 },
        { order: 3, refill: { error: "Incorrect order ID" } },
      ],
    ],
    [
      "of texts",
      [
        { order: "1", refill: "11" },
        { order: "2", refill: "12" },
        { order: "3", refill: "Incorrect order ID" },
      ],
    ],
    [
      "with errors beside",
      [
        { order_id: 1, refill: 11 },
        { id: 2, refill: 12 },
        { order: 3, error: "Incorrect order ID" },
      ],
    ],
    [
      "wrapped, with others",
      {
        data: [
          { order: 1, refill: 11 },
          { order: 9, refill: 19 },
          { order: 2, refill: 12 },
          { order: 3, status: "error", msg: "Incorrect order ID" },
        ],
      },
    ],
    ["keyed", { "1": { refill: 11 }, "2": { refill: "12" }, "3": { error: "Incorrect order ID" } }],
    ["keyed, wrapped", { status: "success", result: { "1": { refill: 11 }, "2": 12, "3": "Incorrect order ID" } }],
    [
      "keyed by position",
      { "0": { order: 1, refill: 11 }, "1": { order: 2, refill: 12 }, "2": { order: 3, refill: { errors: "Incorrect order ID" } } },
    ],
    [
      "with a failing call's word around",
      {
        status: "error",
        message: "1 failed",
        data: [
          { order: 1, refill: 11 },
          { order: 2, refill: 12 },
          { order: 3, error: "Incorrect order ID" },
        ],
      },
    ],
  ])("that is %s", async (_, body) => {
    expect(await outcome(askRefills, IDS, json(body))).toEqual(ALL);
  });

  it.each<[string, unknown]>([
    ["left out", [{ order: 1, refill: 11 }]],
    ["told nothing of", [{ order: 1, refill: 11 }, { order: 2 }, { order: 3, refill: [] }, null]],
    ["named by others' keys", { "1": { refill: 11 }, "2": { order: 9, refill: 19 } }],
  ])("misses an order that is %s", async (_, body) => {
    expect(await outcome(askRefills, IDS, json(body))).toEqual({ "1": accepted("11") });
  });

  it.each<[string, unknown, string]>([
    ["an error", { error: "Nope" }, "refused"],
    ["an error about the key", { error: "Invalid API key" }, "rejected_key"],
    ["success for nobody", { status: "success" }, "bad_shape"],
    ["one refill for nobody", { refill: 5 }, "bad_shape"],
    ["about others", [{ order: 9, refill: 19 }], "bad_shape"],
    ["an empty list", [], "bad_shape"],
    ["null", null, "bad_shape"],
  ])("that is %s is a failure", async (_, body, code) => {
    expect(await outcome(askRefills, IDS, json(body))).toBe(code);
  });
});

describe("the answer to `cancel`", () => {
  it.each<[string, unknown]>([
    [
      "canonical",
      [
        { order: 9, cancel: { error: "Incorrect order ID" } },
        { order: 2, cancel: 1 },
      ],
    ],
    [
      "with true",
      [
        { order: "9", cancel: "Incorrect order ID" },
        { order: "2", cancel: true },
      ],
    ],
    [
      "with words",
      [
        { order: 9, error: "Incorrect order ID" },
        { order: 2, status: "success" },
      ],
    ],
    ["with an id of its own", { data: { "9": { cancel: { error: "Incorrect order ID" } }, "2": { cancel: 4711 } } }],
    ["keyed", { "9": "Incorrect order ID", "2": 1 }],
  ])("of two orders, %s", async (_, body) => {
    expect(await outcome(askCancels, ["9", "2"], json(body))).toEqual({ "9": refused("Incorrect order ID"), "2": accepted() });
  });

  it.each<[string, unknown, Said]>([
    ["canonical", [{ order: 7, cancel: 1 }], accepted()],
    ["naming none", { cancel: 1 }, accepted()],
    ["naming none, as text", { cancel: "1" }, accepted()],
    ["success", { status: "success" }, accepted()],
    ["success with a message", { status: "success", message: "Cancel requested" }, accepted()],
    ["ok as a text", { ok: "true" }, accepted()],
    ["success as a number", { success: 1 }, accepted()],
    ["a sentence in success", { success: "Cancellation request has been sent" }, accepted()],
    ["a no in success, in words", { success: "Order cannot be canceled" }, unclear("Order cannot be canceled")],
    ["a no in ok, in words", { ok: "Order is already completed" }, unclear("Order is already completed")],
    ["a no in success, under its order", [{ order: 7, success: "Too late" }], unclear("Too late")],
    ["a no in success, inside", { cancel: { success: "Cancel is not available" } }, unclear("Cancel is not available")],
    ["a no in success, beside a bare yes", { status: "success", success: "Cancel failed" }, unclear("Cancel failed")],
    ["a no in success, in Turkish", { success: "Sipariş iptal edilemez" }, unclear("Sipariş iptal edilemez")],
    ["a no in success, in Russian", { success: "Заказ не может быть отменён" }, unclear("Заказ не может быть отменён")],
    ["a no in success, in Spanish", { success: "El pedido no se puede cancelar" }, unclear("El pedido no se puede cancelar")],
    ["a no in success, in Chinese", { success: "订单无法取消" }, unclear("订单无法取消")],
    ["a wish for patience in success", { success: "Please try again later" }, unclear("Please try again later")],
    ["a known no in success", { success: "Incorrect order ID" }, refused("Incorrect order ID")],
    ["an error's code in success", { success: "error.cancel_not_available" }, refused("error.cancel_not_available")],
    ["a yes in success, in Russian", { success: "Запрос на отмену отправлен" }, accepted()],
    ["a yes in success, in Turkish", { success: "İptal talebiniz alındı" }, accepted()],
    ["a yes in a list of one", { cancel: [1] }, accepted()],
    ["success with a sentence", { success: true, message: "Запрос отправлен" }, accepted()],
    ["a result", { result: "success" }, accepted()],
    ["the order's new word", { cancel: "Canceled" }, accepted()],
    ["the order's new word as its status", { order: 7, status: "Canceled" }, accepted()],
    ["success inside", { cancel: { status: "success" } }, accepted()],
    ["the new word inside", { cancel: { status: "Cancelled" } }, accepted()],
    ["an id", { cancel: "cmb2x9q4k0001l508zt1x" }, accepted()],
    ["an entry under another spelling", [{ order: "#0007", cancel: 1 }], accepted()],
    ["a text in its place", { cancel: "Cancel requested" }, unclear("Cancel requested")],
    ["a text in its place, in a list", [{ order: 7, cancel: "İptal" }], unclear("İptal")],
    ["the word of an order that was done", { cancel: "Completed" }, unclear("Completed")],
    ["a code in its place", { cancel: "error.too_late" }, refused("error.too_late")],
    ["a known text in its place", { cancel: "Incorrect order ID" }, refused("Incorrect order ID")],
    ["a no in success", { success: "false", message: "Too late" }, refused("Too late")],
    ["0", [{ order: 7, cancel: 0 }], refused(NO_REASON)],
    ["false", [{ order: 7, cancel: false }], refused(NO_REASON)],
    ["null", [{ order: 7, cancel: null }], refused(NO_REASON)],
    ["false naming none", { cancel: false, message: "Too late" }, refused("Too late")],
    ["an error", { error: "Cancel is not available" }, refused("Cancel is not available")],
    ["an error in its place", { cancel: { error: "Too late" } }, refused("Too late")],
    ["a failing status", { status: "fail", message: "Too late" }, refused("Too late")],
  ])("of one order, %s", async (_, body, said) => {
    expect(await outcome(askCancels, ["7"], json(body))).toEqual({ "7": said });
  });

  it("that refuses the whole list is a failure", async () => {
    expect(await outcome(askCancels, ["7", "8"], json({ error: "Incorrect request" }))).toBe("refused");
    expect(await outcome(askCancels, ["7", "8"], json({ cancel: 1 }))).toBe("bad_shape");
  });

  it("that says yes to the whole list says it to each", async () => {
    expect(await outcome(askCancels, ["7", "8"], json({ success: "Sent" }))).toEqual({ "7": accepted(), "8": accepted() });
  });

  it.each<[string, Said]>([
    ["Order cannot be canceled", unclear("Order cannot be canceled")],
    ["Incorrect order ID", refused("Incorrect order ID")],
  ])("that says %j in success to the whole list says it to each", async (text, said) => {
    expect(await outcome(askCancels, ["7", "8"], json({ success: text }))).toEqual({ "7": said, "8": said });
  });

  it("that is about another order is a failure", async () => {
    expect(await outcome(askCancels, ["7"], json([{ order: 70, cancel: 1 }]))).toBe("bad_shape");
  });
});

describe("a cancel at a provider", () => {
  type Sent = Record<string, string>;

  /** Asks for cancels with so many more calls; answers what was sent, said and learned. */
  async function cancelAt(respond: (fields: Sent) => unknown, ids: readonly string[], settings: ProviderSettings = SETTINGS, calls = 99) {
    const sent: string[] = [];
    const learned: Learned[] = [];
    let left = calls;
    const port = portOf(async (request) => {
      const { orders, order, ...fields } = await fieldsOfRequest(request);
      sent.push(orders === undefined ? `order ${order}` : `orders ${orders}`);
      return json(respond({ ...fields, ...(orders === undefined ? { order: order ?? "" } : { orders }) }));
    });
    const takeCall = async () => (left -= 1) >= 0;
    const result = await askCancels({ ...port, takeCall, learn: (news) => learned.push(news) }, settings, ids);
    return { sent, learned, said: result.ok ? Object.fromEntries(result.value) : result.failure.code };
  }

  /** Takes `order` only, and cancels all but order 9. */
  const byOne = ({ order }: Sent) =>
    order === undefined ? { error: "Order ID required" } : order === "9" ? { error: "Too late" } : { success: "Sent" };
  const list = ({ orders }: Sent) => (orders ?? "").split(",").map((order) => ({ order, cancel: 1 }));

  it("that takes a list is asked by one from then on", async () => {
    const { sent, learned, said } = await cancelAt(list, ["7", "8"]);
    expect([sent, learned]).toEqual([["orders 7,8"], [{ cancelBy: "orders" }]]);
    expect(said).toEqual({ "7": accepted(), "8": accepted() });
  });

  it("that takes one order a call is found out by the first, and asked so from then on", async () => {
    const { sent, learned, said } = await cancelAt(byOne, ["7", "8", "9"]);
    expect([sent, learned]).toEqual([["orders 7,8,9", "order 7", "order 8", "order 9"], [{ cancelBy: "order" }]]);
    expect(said).toEqual({ "7": accepted(), "8": accepted(), "9": refused("Too late") });
    const again = await cancelAt(byOne, ["7", "8"], { ...SETTINGS, learned: { cancelBy: "order" } });
    expect(again).toMatchObject({ sent: ["order 7", "order 8"], learned: [] });
    const set = await cancelAt(byOne, ["7"], { ...SETTINGS, request: { ...CANONICAL_REQUEST, cancelOne: true } });
    expect(set).toMatchObject({ sent: ["order 7"], said: { "7": accepted() } });
  });

  it.each<[string, unknown]>([
    ["an error", { error: "Order ID required" }],
    ["the protocol's own error", { error: "Incorrect order ID" }],
    ["nothing", {}],
    ["a message", { message: "order is required" }],
  ])("that answers a list with %s is asked in the other form", async (_, body) => {
    const { sent, said } = await cancelAt((fields) => (fields["order"] === undefined ? body : { ok: "true" }), ["7"]);
    expect([sent, said]).toEqual([["orders 7", "order 7"], { "7": accepted() }]);
  });

  it("that says no in success teaches nothing, in either form", async () => {
    const { sent, learned, said } = await cancelAt(() => ({ success: "Order cannot be canceled" }), ["7"]);
    expect([sent, learned, said]).toEqual([["orders 7", "order 7"], [], { "7": unclear("Order cannot be canceled") }]);
  });

  it("that refuses both has refused; what it said to either is told", async () => {
    expect(await cancelAt(byOne, ["9"])).toMatchObject({ learned: [], said: { "9": refused("Order ID required; Too late") } });
    expect((await cancelAt(() => ({ error: "Too late" }), ["9"])).said).toEqual({ "9": refused("Too late") });
  });

  it("that has refused one form only may have taken the other", async () => {
    const { said } = await cancelAt((fields) => (fields["order"] === undefined ? { note: "?" } : { error: "Asked already" }), ["9"]);
    expect(said).toEqual({ "9": unclear("Asked already") });
  });

  it.each<[string, (fields: Sent) => unknown, ProviderSettings]>([
    ["has taken a list before", () => ({ error: "Too late" }), { ...SETTINGS, learned: { cancelBy: "orders" } }],
    ["names the order in its answer", () => [{ order: 7, cancel: { error: "Too late" } }], SETTINGS],
    ["complains of the key", () => ({ error: "Invalid API key" }), SETTINGS],
  ])("that %s is asked once", async (_, respond, settings) => {
    expect(await cancelAt(respond, ["7"], settings)).toMatchObject({ sent: ["orders 7"], learned: [] });
  });

  it("is asked no more than its budget has calls for; the others are as they were", async () => {
    const { sent, said } = await cancelAt(byOne, ["6", "7", "8"], { ...SETTINGS, learned: { cancelBy: "order" } }, 1);
    expect(sent).toEqual(["order 6", "order 7"]);
    expect(said).toEqual({ "6": accepted(), "7": accepted(), "8": { kind: "unasked" } });
    expect((await cancelAt(byOne, ["7"], SETTINGS, 0)).sent).toEqual(["orders 7"]);
  });
});

describe("a refill's id that was another's, too", () => {
  it("is none", async () => {
    const answer = await askRefills(
      portOf(() => json({ refill: "55" })),
      { ...SETTINGS, learned: { sameRefill: "55" } },
      ["7"],
    );
    expect(answer).toEqual({ ok: true, value: new Map([["7", accepted()]]) });
  });
});

describe("the answer to `refill_status`", () => {
  it.each<[string, unknown, Said]>([
    ["canonical", { status: "Completed" }, word("Completed")],
    ["wrapped", { status: "success", data: { status: "In progress" } }, word("In progress")],
    ["beside success", { success: true, status: "Rejected" }, word("Rejected")],
    ["an unknown word", { status: "Teleporting" }, word("Teleporting")],
    ["a failed refill", { status: "Error" }, word("Error")],
    ["a long word", { status: ` ${"x".repeat(70)}` }, word("x".repeat(64))],
    ["naming the refill", { refill: 7, status: "Success" }, word("Success")],
    ["a number, naming the refill", [{ refill: 7, status: 2 }], word("2")],
    ["an error", { error: "Refill not found" }, refused("Refill not found")],
    ["an error in its place", { status: { error: "Refill not found" } }, refused("Refill not found")],
    ["a failing status with a message", { status: "error", msg: "Refill not found" }, refused("Refill not found")],
    ["an error with a code for a status", { error: "Refill not found", status: "104" }, refused("Refill not found")],
  ])("of one refill, %s", async (_, body, said) => {
    expect(await outcome(askRefillStatuses, ["7"], json(body))).toEqual({ "7": said });
  });

  it.each<[string, unknown]>([
    ["the call's word", { status: "success" }],
    ["the call's number", { status: 100 }],
    ["a bare code", { status: "104" }],
    ["no word", { status: null }],
    ["another refill", { refill: 8, status: "Completed" }],
  ])("of one refill, that is %s is a failure", async (_, body) => {
    expect(await outcome(askRefillStatuses, ["7"], json(body))).toBe("bad_shape");
  });

  it.each<[string, unknown]>([
    [
      "canonical",
      [
        { refill: 1, status: "Completed" },
        { refill: 2, status: "Rejected" },
        { refill: 3, status: { error: "Refill not found" } },
      ],
    ],
    [
      "with other names",
      [
        { refill_id: "1", status: "Completed" },
        { id: 2, status: "Rejected", message: "Too early" },
        { refill: 3, error: "Refill not found" },
      ],
    ],
    ["keyed", { "1": { status: "Completed" }, "2": "Rejected", "3": { status: { status: "error", msg: "Refill not found" } } }],
  ])("of several, %s", async (_, body) => {
    expect(await outcome(askRefillStatuses, ["1", "2", "3", "4"], json(body))).toEqual({
      "1": word("Completed"),
      "2": word("Rejected"),
      "3": refused("Refill not found"),
    });
  });

  it("of several, that is an error is a failure", async () => {
    expect(await outcome(askRefillStatuses, ["1", "2"], json({ error: "Nope" }))).toBe("refused");
  });
});

describe("the readers, for any JSON", () => {
  const NAMES = ["refill", "cancel", "order", "order_id", "refill_id", "id", "status", "error", "message", "data", "1", "2", "__proto__"];
  const TEXTS = ["success", "error", "Completed", "0", "1", "55", "", "Nope", "\ud800", "\u0000", `Bad ${KEY}`];

  it.each([[askRefills], [askCancels], [askRefillStatuses]])("say sound things of what was asked, and of nothing else", async (ask) => {
    await fc.assert(
      fc.asyncProperty(anyJson(NAMES, TEXTS), fc.constantFrom(["1"], ["1", "2"]), async (value, ids) => {
        const said = await outcome(ask, ids, json(value));
        if (typeof said === "string") return;
        for (const [id, { kind, ...rest }] of Object.entries(said)) {
          expect(ids).toContain(id);
          expect(["accepted", "refused", "status", "unclear"]).toContain(kind);
          const [text] = Object.values<string | null>(rest);
          expect(text === null || (text !== undefined && text.length > 0 && text.length <= 200 && !text.includes(KEY))).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

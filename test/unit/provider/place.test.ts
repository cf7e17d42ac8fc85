import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KnownRefusal, Sending } from "../../../src/provider/client.ts";
import { placeOrder, readPlaced } from "../../../src/provider/api-v2/place.ts";
import type { Placed } from "../../../src/provider/client.ts";
import { DIALECT_FIELDS } from "../../../src/provider/api-v2/probe.ts";
import { CANONICAL_REQUEST, type ProviderSettings } from "../../../src/provider/settings.ts";
import { anyJson } from "./any-json.ts";
import { fieldsOfRequest, KEY, OPENS_PLAIN, portOf, SETTINGS } from "./fixtures.ts";
import { json } from "./model-server.ts";

const FIELDS = { service: "1", link: "https://social.example/x", quantity: "100" };
const HTML = `<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>`;
const CHALLENGE = `<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>`;

/** Sent for the first time, and no call is left to ask the balance with. */
const NONE_LEFT: Sending = { takeCall: async () => false, value: null, isResend: false };

const placed = (id: string): Placed => ({ kind: "placed", id });
const refused = (message: string, known: KnownRefusal | null = null): Placed => ({ kind: "refused", message, known });

/** What comes of an `add` at a provider that tells its balance. */
async function place(response: Response): Promise<Placed> {
  const [outcome] = await second(response, json({ balance: "5" }));
  return outcome;
}

/** What comes of it where no call is left to ask for the balance. */
function placeAlone(response: Response): Promise<Placed> {
  return placeOrder(
    portOf(() => response),
    SETTINGS,
    FIELDS,
    NONE_LEFT,
  );
}

/** What comes of an `add` and, asked after it, the balance; and how often that was asked. */
async function second(add: Response, balance: Response): Promise<[Placed, number]> {
  let asked = 0;
  const port = portOf(async (request) => {
    const { action } = await fieldsOfRequest(request);
    if (action === "add") return add;
    asked += 1;
    return balance;
  });
  return [await placeOrder(port, SETTINGS, FIELDS, { ...NONE_LEFT, takeCall: async () => true }), asked];
}

describe("an order is placed", () => {
  it.each<[string, unknown, string]>([
    ["in canonical form", { order: 23501 }, "23501"],
    ["with the id as text", { order: " 23501 " }, "23501"],
    ["with an id of letters and digits", { order: "x6f1c-ab_9" }, "x6f1c-ab_9"],
    ["with a hash", { order: "6f1c2ab09d3e4f5a" }, "6f1c2ab09d3e4f5a"],
    ["with a UUID", { order: "0b7ff2a0-5b11-4c5c-9df0-6a3f3f8b8a11" }, "0b7ff2a0-5b11-4c5c-9df0-6a3f3f8b8a11"],
    ["with an id of hexadecimal letters", { order: "deadbeefcafe" }, "deadbeefcafe"],
    ["beside a code of the server's own", { code: 10000, data: { order: 7 } }, "7"],
    ["with an id of 64 characters", { order: "a".repeat(64) }, "a".repeat(64)],
    ["as order_id", { order_id: 7 }, "7"],
    ["as orderId", { orderId: "7" }, "7"],
    ["as orderid", { orderid: "7" }, "7"],
    ["with the call's word", { status: "success", order: 151 }, "151"],
    ["with the call's number", { status: 100, order: 1 }, "1"],
    ["with the call's number and a message", { status: 201, message: "Order created", order: 1 }, "1"],
    ["with its own first status", { order: 7, status: "Pending", message: "Queued" }, "7"],
    ["with a price", { order: 7, charge: "0.5", currency: "USD" }, "7"],
    ["with empty errors", { order: 7, error: "", errors: [], message: "ok" }, "7"],
    ["with error false", { order: 7, error: false }, "7"],
    ["with error null", { order: 7, error: null }, "7"],
    ["wrapped in data", { status: true, data: { order: 7 } }, "7"],
    ["wrapped in result", { result: { order_id: 7 } }, "7"],
    ["wrapped in response", { response: { order: "7" } }, "7"],
    ["wrapped three times", { response: { data: { result: { order: 7 } } } }, "7"],
    ["as a list of one", [{ order: 7 }], "7"],
    ["as a wrapped list of one", { data: [{ order: 7 }] }, "7"],
    ["by a plain id next to success", { status: "success", id: 7 }, "7"],
    ["by a plain id next to success: true", { success: true, id: 7 }, "7"],
    ["by a plain id within success", { status: 200, data: { id: 7 } }, "7"],
    ["by its own name before a plain id", { status: "success", id: 3, data: { order: 7 } }, "7"],
    ["by its own name beside an empty other", { order: null, order_id: 7 }, "7"],
    ["as an object with an id", { status: "success", order: { id: 1 } }, "1"],
    ["as an object with an order", { order: { order_id: "8", status: "Pending" } }, "8"],
    ["as a wrapped object with an id", { success: true, data: { order: { id: 9 } } }, "9"],
    ["by a plain id next to success as a text", { success: "true", id: 7 }, "7"],
    ["by a plain id next to a result", { result: "ok", id: 7 }, "7"],
    ["by a plain id next to success: 1", { success: 1, id: 7 }, "7"],
    ["by a plain id next to success: 1 as a text", { success: "1", id: 7 }, "7"],
    ["by a plain id next to ok: 1", { ok: 1, id: "7" }, "7"],
    ["by a plain id next to result: 1", { result: 1, id: 7 }, "7"],
    ["by a plain id next to success: 200", { success: 200, id: 7 }, "7"],
    ["by a plain id within ok: 1", { ok: "1", data: { id: 7 } }, "7"],
    ["by the same plain id twice", { success: 1, id: 7, data: { id: "7" } }, "7"],
    ["by its own name beside plain ids that differ", { success: 1, id: 3, data: { id: 4, order: 7 } }, "7"],
    ["beside a status that may be a no", { status: "0", order: 7, pesan: "Saldo tidak cukup" }, "7"],
    ["beside success and a word on the balance", { status: "success", order: 7, pesan: "Saldo tidak cukup" }, "7"],
    ["by a plain id in the wrapped part", { data: { id: 7 } }, "7"],
    ["by a plain id in the wrapped list of one", { response: [{ id: 7 }] }, "7"],
  ])("%s", async (_, body, id) => {
    expect(await place(json(body))).toEqual(placed(id));
  });

  it.each([201, 400, 404, 429, 500, 503])("under HTTP %i, since the body counts first", async (status) => {
    expect(await place(json({ order: 7 }, status))).toEqual(placed("7"));
  });

  it("behind PHP warnings", async () => {
    expect(await place(new Response(`<br />\n<b>Warning</b>: foo() in /a.php<br />\n{"order":7}`))).toEqual(placed("7"));
  });
});

describe("an order is refused", () => {
  it.each<[string, unknown, string]>([
    ["by an error", { error: "Что-то не так" }, "Что-то не так"],
    ["by an error beside order 0", { error: "Nope", order: 0 }, "Nope"],
    ["by an error beside order null", { error: "Nope", order: null }, "Nope"],
    ["by an error beside order false", { error: "Nope", order: false }, "Nope"],
    ["by an error beside an empty order", { error: "Nope", order: "" }, "Nope"],
    ["by an error beside order -1", { error: "Nope", order: "-1" }, "Nope"],
    ["by an error beside its own request", { error: "Nope", order: { service: 1 } }, "Nope"],
    ["by an error beside a plain id", { error: "Nope", id: 7 }, "Nope"],
    ["by an error in the second dialect", { errors: { link: ["Bad", "Worse"] } }, "Bad"],
    ["by an error object", { error: { code: 7, message: "Nope" } }, "Nope"],
    ["by an error that is only true", { error: true, message: "Nope" }, "Nope"],
    ["by an error with a code for a status", { error: "Nope", status: "104" }, "Nope"],
    ["by a failing status with msg", { status: "error", msg: "Nope" }, "Nope"],
    ["by a failing status with message", { status: "fail", message: "Nope" }, "Nope"],
    ["by a failing code with a message", { status: "104", msg: "Nope" }, "Nope"],
    ["by success false", { success: false, message: "Nope" }, "Nope"],
    ["by a wrapped error", { status: true, data: { error: "Nope" } }, "Nope"],
    ["by a list of one error", [{ error: "Nope" }], "Nope"],
    ["by an order's error", { error: "Incorrect order ID" }, "Incorrect order ID"],
    ["by a result with a reason", { result: "error", reason: "Layanan tidak aktif" }, "Layanan tidak aktif"],
    ["by success false as a text", { success: "false", message: "Nope" }, "Nope"],
    ["by ok 0", { ok: 0, detail: "Nope" }, "Nope"],
    ["by a reason in the wrapped part", { status: false, data: { pesan: "Saldo tidak cukup" } }, "Saldo tidak cukup"],
    ["by a reason in a field that nobody knows", { status: "error", pesan: "Layanan tidak aktif" }, "Layanan tidak aktif"],
    ["by a reason as the wrapped text", { success: false, data: "Layanan tidak aktif" }, "Layanan tidak aktif"],
  ])("%s", async (_, body, message) => {
    expect(await place(json(body))).toEqual(refused(message));
  });

  it.each<[string, unknown]>([
    ["a zero", { status: "0", pesan: "Saldo tidak cukup" }],
    ["a zero, in another order", { msg: "Saldo tidak cukup", status: "0" }],
    ["a zero that is a number", { status: 0, keterangan: "Saldo tidak cukup" }],
    ["a zero around it", { status: "0", data: { pesan: "Saldo tidak cukup" } }],
    ["a zero around a list", { status: "0", data: ["Saldo tidak cukup"] }],
    ["a zero around a text", { status: "0", data: "Saldo tidak cukup" }],
    ["a zero for a result", { result: 0, info: "Saldo tidak cukup" }],
    ["a word for failing", { status: "gagal", pesan: "Saldo tidak cukup" }],
    ["a word for failing in a field of its own", { hasil: "gagal", data: { alasan: "Saldo tidak cukup" } }],
    ["a word that turns it down", { state: "rejected", pesan: "Saldo tidak cukup" }],
    ["false", { response: false, data: { msg: "Saldo tidak cukup" } }],
    ["false in a field of its own", { berhasil: false, pesan: "Saldo tidak cukup" }],
    ["an error that only says so", { error: "failed", message: "Saldo tidak cukup" }],
    ["an error that only says so, around it", { status: "error", msg: "Gagal", data: { pesan: "Saldo tidak cukup" } }],
  ])("for a reason beside %s, whatever its field is called", async (_, body) => {
    expect(await second(json(body), json({ error: "x" }))).toEqual([refused("Saldo tidak cukup"), 0]);
  });

  it.each<[string, unknown]>([
    ["in msg beside a code", { code: 1001, msg: "Not enough funds" }],
    ["in msg beside a code below zero", { status: -1, msg: "Not enough funds" }],
    ["in a message alone", { message: "Not enough funds" }],
    ["in a reason alone", { reason: "not_enough_funds" }],
    ["in a field for errors of the server's own", { errorMessage: "Not enough funds" }],
    ["in a code alone", { error_code: "not_enough_funds" }],
    ["in the order", { order: { error: "Not enough funds" } }],
    ["in a wrapped order", { data: { order: { status: "fail", message: "Not enough funds" } } }],
    ["in place of the order's id", { order: "Not enough funds" }],
    ["as a code in place of the order's id", { order: "neworder.error.not_enough_funds" }],
    ["beside a word that turns it down", { status: "rejected", message: "Not enough funds" }],
    ["beside a state", { state: "declined", detail: "Not enough funds" }],
    ["in success", { success: "Not enough funds" }],
    ["in status", { status: "not_enough_funds" }],
    ["in result", { result: "Not enough funds" }],
    ["in the wrapped part", { data: { message: "Not enough funds" } }],
    ["as a bare text", "Not enough funds"],
  ])("for a reason known to the letter %s, and the balance is not asked", async (_, body) => {
    const [outcome, asked] = await second(json(body), json({ error: "x" }));
    expect([outcome, asked]).toMatchObject([{ kind: "refused", known: "funds" }, 0]);
  });

  it("for a reason known to the letter that is the whole body", async () => {
    expect(await place(new Response("Not enough funds\n"))).toEqual(refused("Not enough funds", "funds"));
  });

  it.each<[string, unknown, string]>([
    ["a code", { code: 1001, msg: "余额不足" }, "余额不足"],
    ["a code below zero", { status: "-1", message: "Saldo insuficiente" }, "Saldo insuficiente"],
    ["a code below zero around the reason", { status: -1, data: { msg: "链接无效" } }, "链接无效"],
    ["a word", { status: "rejected", message: "Link is not valid" }, "Link is not valid"],
  ])("for a reason in other words beside %s that turns it down", async (_, body, message) => {
    expect(await second(json(body), json({ error: "x" }))).toEqual([refused(message), 0]);
  });

  it.each([
    "Пользователь не найден",
    "Профиль закрыт",
    "Zorunlu alanlar eksik",
    "Profil gizli",
    "Layanan tidak tersedia",
    "Perfil privado",
    "El servicio no está disponible",
    "Service désactivé",
    "Menge zu klein",
    "Đường dẫn sai",
    "账号是私密的",
    "سرویس غیرفعال است",
    "الخدمة غير متوفرة",
    "서비스를 찾을 수 없습니다",
    "Hata: kullanıcı yok",
    "User is banned",
    "Out of stock",
    "You have reached your daily order limit",
    "Service not available",
    "Incorrect order ID",
    "Order rejected",
    "Заказ не создан: профиль закрыт",
    "Link is not defined",
  ])("in whatever words where the balance is told: %s", async (error) => {
    for (const status of [200, 400, 422])
      expect(await second(json({ error }, status), json({ balance: "5" }))).toEqual([refused(error), 1]);
  });

  it.each([400, 402, 404, 422])("by an error under HTTP %i", async (status) => {
    expect(await place(json({ error: "Nope" }, status))).toEqual(refused("Nope"));
    expect(await place(json({ detail: "Insufficient balance" }, status))).toEqual(refused("Insufficient balance", "funds"));
    expect(await place(json({ error: "Please try again later" }, status))).toEqual(refused("Please try again later"));
    expect(await place(new Response("Bad link", { status }))).toEqual(refused("Bad link", "link"));
  });

  it.each([408, 499, 500, 502, 503, 520, 524])(
    "by an error that is a known refusal only, under HTTP %i: a script may have died over the order",
    async (status) => {
      expect((await place(json({ error: "Внутренняя ошибка сервера" }, status))).kind).toBe("unclear");
      expect((await place(json({ status: "error", msg: "Erro interno" }, status))).kind).toBe("unclear");
      expect(await place(json({ error: "neworder.error.not_enough_funds" }, status))).toMatchObject({ kind: "refused", known: "funds" });
    },
  );

  it.each([400, 404, 409, 422])("by a mere message under HTTP %i", async (status) => {
    expect(await place(json({ message: "The link field is required." }, status))).toEqual(refused("The link field is required."));
    expect(await place(json("Bad", status))).toEqual(refused("Bad"));
  });

  it.each<[string, KnownRefusal]>([
    ["neworder.error.not_enough_funds", "funds"],
    ["Not enough funds on balance", "funds"],
    ["NOT ENOUGH FUNDS!", "funds"],
    ["not_enough_funds", "funds"],
    ["neworder.error.insufficient_balance", "funds"],
    ["error.incorrect_service_id", "service"],
    ["neworder.error.incorrect_service_id", "service"],
    ["Incorrect service ID", "service"],
    ["neworder.error.link_duplicate", "link_duplicate"],
    ["You have active order with this link. Please wait until order being completed.", "link_duplicate"],
    ["neworder.error.link", "link"],
    ["Bad link", "link"],
    ["neworder.error.min", "quantity"],
    ["neworder.error.max_quantity", "quantity"],
    ["neworder.error.quantity", "quantity"],
    ["Quantity less than minimal 200", "quantity"],
    ["Quantity more than maximum ~10,000", "quantity"],
  ])("for a known reason: %s", async (message, known) => {
    expect(await place(json({ error: message }))).toEqual(refused(message, known));
  });

  it("for a reason known by its code, in the provider's own words", async () => {
    const body = { status: "error", error: "Số dư không đủ", code: "neworder.error.not_enough_funds" };
    expect(await place(json(body))).toEqual(refused("Số dư không đủ", "funds"));
  });

  it.each([401, 403, 429])("for a known reason under HTTP %i, since the text counts before the code", async (status) => {
    expect(await place(json({ error: "Not enough funds" }, status))).toEqual(refused("Not enough funds", "funds"));
  });

  it.each([401, 403, 429])("for a reason in other words under HTTP %i, too", async (status) => {
    for (const error of [
      "Minimum quantity is 100",
      "Saldo tidak cukup",
      "Insufficient balance, please top up",
      "Link is invalid",
      "This service is disabled",
      "链接无效",
    ]) {
      for (const body of [{ error }, { status: "error", msg: error }, { message: error }])
        expect(await second(json(body, status), json({ balance: "5" }))).toEqual([refused(error), 0]);
      expect(await second(new Response(error, { status }), json({ balance: "5" }))).toEqual([refused(error), 0]);
    }
  });

  it.each([
    "Serviço em manutenção",
    "Servis bakımda",
    "Сервис на техническом обслуживании",
    "服务维护中",
    "该服务正在维护",
    "Dienst in Wartung",
    "Package under maintenance",
  ])("for what one service is in, and not the provider: %s", async (error) => {
    expect(await second(json({ error }), json({ balance: "5" }))).toEqual([refused(error), 1]);
    expect((await place(json({ error }, 503))).kind).toBe("unclear");
  });

  it.each([
    "Failed to process order: not enough funds",
    "Order processing failed: insufficient balance",
    "Error processing order: Not enough funds",
    "Transaction failed: insufficient balance",
    "System error: insufficient balance",
    "Ошибка обработки заказа: недостаточно средств",
  ])("for money that is not there behind a catch-all's opening: %s", async (error) => {
    for (const status of [200, 400]) expect(await second(json({ error }, status), json({ balance: "5" }))).toEqual([refused(error), 0]);
    expect((await place(json({ error: error.replace(": ", " at the supplier: ") }))).kind).toBe("unclear");
    expect((await place(json({ error }, 500))).kind).toBe("unclear");
  });

  it.each([
    "You already have an order in progress for this post",
    "You already have an order in progress for this user",
    "The previous order is still in progress, please wait",
  ])("for another order on the same: %s", async (error) => {
    expect(await second(json({ error }), json({ balance: "5" }))).toEqual([refused(error), 1]);
  });

  it("without the key", async () => {
    expect(await place(json({ error: `No funds for ${KEY}` }))).toEqual(refused("No funds for [key]"));
  });
});

describe("an order is not taken", () => {
  it.each<[string, Response, string]>([
    ["for its key", json({ error: "Invalid API key" }), "rejected_key"],
    ["for its key, by a mere message", json({ message: "Unauthenticated." }, 401), "rejected_key"],
    ["for its key, in other words", json({ error: "API key is incorrect", status: "102" }), "rejected_key"],
    ["for its key, by nothing under 401", new Response("", { status: 401 }), "rejected_key"],
    ["for its key, by a page under 401", new Response(HTML, { status: 401 }), "rejected_key"],
    ["for its key, by an empty object under 403", json({}, 403), "rejected_key"],
    ["for too many calls, in other words", json({ error: "Rate limit exceeded (200/min)" }), "rate_limited"],
    ["for its address", json({ error: "Your IP is not whitelisted" }), "blocked"],
    ["for maintenance", json({ error: "Maintenance" }), "unavailable"],
    ["for maintenance, under 503", json({ message: "We are under maintenance" }, 503), "unavailable"],
    ["by an error under 401", json({ error: "Ключ" }, 401), "rejected_key"],
    ["by an error under 403", json({ error: "Ключ" }, 403), "rejected_key"],
    ["for too many calls", json({ error: "Too many requests" }), "rate_limited"],
    ["for too many calls, under 429", json({ error: "Langsam" }, 429), "rate_limited"],
    ["for too many calls, by a page", new Response(HTML, { status: 429 }), "rate_limited"],
    ["for too many calls, by nothing", new Response("", { status: 429 }), "rate_limited"],
    ["by a bot check", new Response(CHALLENGE, { status: 403 }), "blocked"],
    ["by a bot check that says so", new Response("", { status: 503, headers: { "cf-mitigated": "challenge" } }), "blocked"],
  ])("%s", async (_, response, code) => {
    expect(await place(response)).toMatchObject({ kind: "not_taken", failure: { code } });
  });

  it("before the time the provider says", async () => {
    const response = new Response(`{"error":"x"}`, { status: 429, headers: { "retry-after": "30" } });
    expect(await place(response)).toEqual({ kind: "not_taken", failure: { code: "rate_limited", retryAfterSeconds: 30 } });
  });
});

describe("nobody knows of an order", () => {
  it.each<[string, Response, string]>([
    ["nothing", new Response(""), "not_json"],
    ["null", json(null), "bad_shape"],
    ["a page", new Response(HTML), "not_json"],
    ["a gateway's page", new Response(HTML, { status: 502 }), "http"],
    ["a page under 404", new Response(HTML, { status: 404 }), "http"],
    ["nothing under 400", new Response("", { status: 400 }), "http"],
    ["an error without a reason", json({ status: "error" }), "http"],
    ["an error that only says so", json({ error: true }), "http"],
    ["an error of nothing but control characters", json({ error: "\u0000" }), "http"],
    ["a failure with a figure for a reason", json({ success: false, data: { took: 12 } }), "http"],
    ["nothing under 500", new Response("", { status: 500 }), "http"],
    ["JSON cut off", new Response(`{"order":2350`), "not_json"],
    ["a PHP error", new Response("<br />\n<b>Fatal error</b>:  Uncaught TypeError in /api.php:7"), "not_json"],
    ["megabytes", new Response(" ".repeat(2_000_000)), "too_large"],
    ["a redirect", new Response("", { status: 302, headers: { location: "/" } }), "redirected"],
    ["an empty object", json({}), "bad_shape"],
    ["an empty object under 500", json({}, 500), "http"],
    ["a message", json({ message: "Your order was received" }), "bad_shape"],
    ["a message under 500", json({ message: "Server Error" }, 500), "http"],
    ["a message under 408", json({ message: "Timeout" }, 408), "http"],
    ["a page under 499", new Response(HTML, { status: 499 }), "http"],
    ["the error of a script that died", json({ error: "Internal Server Error" }, 500), "http"],
    ["the error of a gateway", json({ status: 504, error: "Gateway Time-out" }, 504), "http"],
    ["success without an order", json({ status: "success" }), "bad_shape"],
    ["success without an order, under 404", json({ status: "success", message: "Scheduled" }, 404), "bad_shape"],
    ["success with order true", json({ status: "success", order: true }), "bad_shape"],
    ["order 0 and no error", json({ order: 0 }), "bad_shape"],
    ["order null and no error", json({ order: null }), "bad_shape"],
    ["a plain id alone", json({ id: 7 }), "bad_shape"],
    ["a plain id next to an order's status", json({ id: 7, status: "Pending" }), "bad_shape"],
    ["an id with a space", json({ order: "Order 7" }), "bad_shape"],
    ["an id with a comma", json({ order: "7,8" }), "bad_shape"],
    ["an id with a control character", json({ order: "7\u00008" }), "bad_shape"],
    ["an id of 65 characters", json({ order: "a".repeat(65) }), "bad_shape"],
    ["an id that came rounded", new Response(`{"order":1.2345678901234e+18}`), "bad_shape"],
    ["an id beside an error", json({ order: 7, error: "Nope" }), "bad_shape"],
    ["an id beside a failing status", json({ order: 7, status: "error" }), "bad_shape"],
    ["an id beside a reason known to the letter", json({ order: 7, message: "Not enough funds" }, 400), "bad_shape"],
    ["an order with an error in it", json({ order: { id: 7, error: "Not enough funds" } }), "bad_shape"],
    ["an order with a failing status in it", json({ order: { id: 7, status: "fail" } }), "bad_shape"],
    ["an id beside a code below zero", json({ status: -1, data: { id: 77, msg: "余额不足" } }), "bad_shape"],
    ["an id with a code below zero", json({ order: 77, code: "-5" }), "bad_shape"],
    ["a code that may mean yes, and no id", json({ code: 10000, msg: "Success" }), "bad_shape"],
    ["a message by which it may be there", json({ message: "Order placed, slow down" }), "bad_shape"],
    ["a reason in words of its own, and nothing that turns it down", json({ message: "Link must be public" }), "bad_shape"],
    ["an error and an order", new Response(`{"error":"Not enough funds"}{"order":5}`), "bad_shape"],
    ["an error and an order, line by line", new Response(`{"error":"Not enough funds"}\n{"order":5}`), "bad_shape"],
    ["an order and an error", new Response(`{"order":5}{"error":"Not enough funds"}`), "bad_shape"],
    ["an error in a warning, and an order", new Response(`Warning: {"error":"Bad link"} in /x.php\n{"order":5}`), "bad_shape"],
    ["an error and an order cut off", new Response(`{"error":"Not enough funds"}{"order":`), "bad_shape"],
    ["an error about calls and an order", new Response(`{"message":"Too many requests"}{"order":5}`, { status: 429 }), "bad_shape"],
    ["an error in a page's script", new Response(`<!-- x --><!doctype html><script>x={"error":"Bad link"}</script>`), "bad_shape"],
    ["an id within an error", json({ success: false, data: { order: 7 } }), "bad_shape"],
    ["an id around an error", json({ order: 7, data: { error: "Nope" } }), "bad_shape"],
    ["an id beside an error about calls", json({ order: 7, error: "Too many requests" }, 429), "bad_shape"],
    ["half an id beside an error", json({ order: "Order 7", error: "Nope" }, 401), "bad_shape"],
    ["plain ids that differ", json({ success: true, id: 3, data: { id: 7 } }), "bad_shape"],
    ["a plain id next to success: 0", json({ success: 0, id: 7 }), "http"],
    ["a plain id next to success: 0 as a text", json({ success: "0", id: 7 }), "http"],
    ["a plain id next to success: false", json({ success: false, id: 7 }), "http"],
    ["a plain id next to success: no", json({ success: "no", id: 7 }), "http"],
    ["a plain id next to a yes and a no", json({ success: 1, ok: 0, id: 7 }), "bad_shape"],
    ["a plain id next to a yes and an error", json({ success: 1, error: "Nope", id: 7 }), "bad_shape"],
    ["a plain id next to a number that nobody knows", json({ success: 2, id: 7 }), "bad_shape"],
    ["an id within success: 0", json({ success: 0, data: { id: 7 } }), "bad_shape"],
    ["an id within success: no", json({ success: "no", data: { id: 7 } }), "bad_shape"],
    ["an id beside success: 0", json({ success: "0", order: 7 }), "bad_shape"],
    ["a reason, and nothing that turns it down", json({ pesan: "Saldo tidak cukup" }), "bad_shape"],
    ["a reason, and success", json({ status: "success", pesan: "Saldo tidak cukup" }), "bad_shape"],
    ["a text that nobody knows beside a zero", json({ status: "0", pesan: "Kunci salah" }), "bad_shape"],
    ["a status that is zero, and a service's name", json({ status: "0", service: 1, name: "Followers | Min 100" }), "bad_shape"],
    ["a reason and a catch-all's text", json({ status: "0", data: { pesan: "Saldo tidak cukup", detail: "System error" } }), "bad_shape"],
    [
      "a reason, and words by which it may be there",
      json({ status: "gagal", pesan: "Saldo tidak cukup", info: "Order placed" }),
      "bad_shape",
    ],
    ["two orders", json([{ order: 7 }, { order: 8 }]), "bad_shape"],
  ])("after %s", async (_, response, code) => {
    expect(await place(response)).toMatchObject({ kind: "unclear", failure: { code } });
  });

  it("after a broken connection", async () => {
    const port = { fetch: () => Promise.reject(new TypeError("fetch failed")), now: () => 0, secrets: OPENS_PLAIN };
    expect(await placeOrder(port, SETTINGS, FIELDS, NONE_LEFT)).toEqual({
      kind: "unclear",
      failure: { code: "network", message: "fetch failed" },
    });
  });

  it("after no answer in time", async () => {
    const port = { fetch: () => new Promise<Response>(() => undefined), now: () => 0, secrets: OPENS_PLAIN };
    const result = await placeOrder(port, { ...SETTINGS, timeoutMs: 20 }, FIELDS, NONE_LEFT);
    expect(result).toEqual({ kind: "unclear", failure: { code: "timeout", timeoutMs: 20 } });
  });
});

describe("what stands in place of an order's id", () => {
  it.each([
    "error",
    "failed",
    "OK",
    "success",
    "true",
    "Pending",
    "created",
    "N/A",
    "-",
    "Layanan tidak aktif",
    "Error: 55",
    "error_104",
    "not-found-404",
    "neworder.error.unknown",
    // What lenient servers read as another number.
    "#123",
    "+55",
    "0123",
    "123.0",
    "123abc",
    "1,234",
    "1e5",
    "１２３",
    "12.5",
    // 20 digits: no server's.
    "12345678901234567890",
  ])("and is none leaves a doubt: %s", async (order) => {
    for (const body of [
      { order },
      { order_id: order },
      { data: { id: order } },
      { order: { id: order } },
      { status: "success", id: order },
    ])
      expect(await second(json(body), json({ balance: "5" }))).toMatchObject([{ kind: "unclear", failure: { code: "bad_shape" } }, 0]);
  });

  it("is taken in no second place: the first is the likeliest", async () => {
    expect((await place(json({ order: "created", order_id: 7 }))).kind).toBe("unclear");
  });

  it("is the key's or a limit's where it says so to the letter", async () => {
    expect(await place(json({ order: "Unauthorized" }))).toMatchObject({ kind: "not_taken", failure: { code: "rejected_key" } });
    expect(await place(json({ order: "Too many requests" }))).toMatchObject({ kind: "not_taken", failure: { code: "rate_limited" } });
  });
});

describe("a catch-all's text", () => {
  it.each([200, 400, 422, 500])("under HTTP %i leaves a doubt: the order may have been sent on", async (status) => {
    for (const error of ["System error", "There was an error processing your request. Please try again later", "Erro interno"])
      expect(await place(json({ error }, status))).toMatchObject({ kind: "unclear", failure: { code: "http", status } });
  });

  it.each([
    "Invalid response from provider",
    "Order status unknown, please check later",
    "Order was sent, but the provider's answer is invalid",
    "order id not found in response",
    "Order placed but its id was not found",
    "Your balance was charged but the supplier gave no answer",
    "User p already has more than 'max_user_connections' active connections",
    "Saldo berhasil dipotong, menunggu respon provider",
    "Service Temporarily Unavailable",
    "No response from server",
    "Too many connections",
    "context deadline exceeded",
    "Server has gone away",
    "Your order is being processed",
    "Order not found",
    "请求超时",
    "系统繁忙",
    "Превышено время ожидания",
    "Zaman aşımı",
    "خطای سرور",
  ])("or of an order that may be there leaves a doubt whatever the balance says: %s", async (error) => {
    for (const body of [{ error }, { status: "error", msg: error }, { errors: { base: [error] } }, { success: false, data: error }])
      for (const balance of [json({ balance: "5" }), json(body)])
        for (const status of [200, 400]) expect((await second(json(body, status), balance.clone()))[0]).toMatchObject({ kind: "unclear" });
  });

  it.each([
    "Column 'link' cannot be null",
    "Data too long for column 'link' at row 1",
    "Incorrect integer value: '' for column 'quantity' at row 1",
    "Maximum call stack size exceeded",
    'Attempt to read property "id" on null',
    'relation "orders" does not exist',
    "Not processed",
    "Please wait",
    "Order creation failed, contact support",
    "Não conseguimos processar seu pedido",
    "Er is een fout opgetreden",
    "发生错误",
    "Заказ не создан",
    "500",
    "#502",
    "7",
    "ReadTimeout",
    'Post "https://provider.com/api/v2": EOF',
    "14 UNAVAILABLE",
    "Return value must be of type int, null returned",
    "Interner Serverfehler",
    "資料庫錯誤",
  ])("of broken code, or with nothing in it but that it failed, leaves a doubt where the balance is told: %s", async (error) => {
    for (const body of [{ error }, { status: "error", msg: error }, { errors: { base: [error] } }, { success: false, data: error }])
      expect((await second(json(body), json({ balance: "5" })))[0]).toMatchObject({ kind: "unclear" });
  });

  it("that is a mere number leaves a doubt in every form", async () => {
    const bodies = [
      { error: 500 },
      { error: { code: 504 } },
      { success: false, message: "500" },
      { status: "error", msg: 7 },
      { status: "fail", error: "#500" },
    ];
    for (const body of bodies) expect((await place(json(body))).kind).toBe("unclear");
  });

  it.each(["Pending", "In progress", "Accepted", "Completed", "Order already exists", "Sipariş zaten mevcut", "订单已存在"])(
    "or a word by which it is there leaves a doubt under any code: %s",
    async (error) => {
      for (const status of [200, 400, 409, 429, 500])
        for (const body of [{ error }, { status: "error", msg: error }, { error: true, message: error }])
          expect((await place(json(body, status))).kind).toBe("unclear");
    },
  );

  it("in a second field leaves a doubt, too", async () => {
    const body = { error: "Link is invalid", message: "Your balance was charged" };
    expect((await place(json(body))).kind).toBe("unclear");
    expect((await place(json({ error: "Quantity is wrong", message: "Something went wrong" }))).kind).toBe("unclear");
  });

  it("under 401 is the key's all the same", async () => {
    expect(await place(json({ error: "Server error" }, 401))).toMatchObject({ kind: "not_taken", failure: { code: "rejected_key" } });
  });

  it("leaves a doubt though the balance says the same: the database may have gone in between", async () => {
    expect(await second(json({ error: "Database error" }), json({ error: "Database error" }))).toMatchObject([{ kind: "unclear" }, 0]);
  });
});

describe("what an error says of a call", () => {
  const TROUBLES = [
    "API is down",
    "is under maintenance",
    "rate limit exceeded",
    "API key is invalid",
    "blocked our IP",
    "429 Too Many Requests",
  ];
  const SUPPLIERS = [
    "Provider",
    "The supplier",
    "Upstream",
    "Third-party",
    "Fornecedor",
    "Поставщик",
    "Sağlayıcı",
    "Nhà cung cấp",
    "供应商",
  ];
  const OTHERS = [
    "Fornecedor em manutenção",
    "Sağlayıcı bakımda",
    "供应商维护中",
    "Database maintenance in progress",
    "Rate limit exceeded while sending order to provider",
    "Provider response: Invalid API key",
    "API returned: Invalid API key",
  ];
  const OF_SUPPLIERS = [...SUPPLIERS.flatMap((name) => TROUBLES.map((trouble) => `${name} ${trouble}`)), ...OTHERS];
  const STATUSES = [200, 400, 401, 403, 429, 500, 503];

  it.each(STATUSES)("of the provider's own to another leaves a doubt under HTTP %i: the order was being sent on", async (status) => {
    for (const text of OF_SUPPLIERS) {
      for (const body of [{ error: text }, { status: "error", msg: text }, { message: text }])
        expect([text, (await place(json(body, status))).kind]).toEqual([text, "unclear"]);
      expect([text, (await place(new Response(text, { status }))).kind]).toEqual([text, "unclear"]);
    }
  });

  it("counts under a code from 500 on where it is known to the letter, and maintenance under 503", async () => {
    for (const error of ["Invalid API key", "Too many requests"])
      for (const status of STATUSES) expect((await place(json({ error }, status))).kind).toBe("not_taken");
    for (const error of ["Rate limit exceeded (200/min)", "API key is incorrect", "Your IP is not whitelisted", "Site em manutenção"]) {
      for (const status of [200, 400, 403]) expect((await place(json({ error }, status))).kind).toBe("not_taken");
      for (const status of [500, 502, 520]) expect((await place(json({ error }, status))).kind).toBe("unclear");
      expect((await place(json({ error }, 503))).kind).toBe(error.startsWith("Site") ? "not_taken" : "unclear");
    }
  });

  it("asks to turn to the provider, and is of this one", async () => {
    const error = "Your IP is not whitelisted, contact the provider";
    expect(await place(json({ error }))).toMatchObject({ kind: "not_taken", failure: { code: "blocked" } });
  });
});

describe("a text that nobody knows", () => {
  const WORDS = json.bind(null, { error: "Kunci salah, 12" });
  const LATER = json.bind(null, { error: "Thử lại sau" });

  it("is about the call where the balance, asked right after, says the same", async () => {
    const [outcome, asked] = await second(WORDS(), json({ error: "Kunci salah, 9" }));
    expect(outcome).toEqual({ kind: "not_taken", failure: { code: "unavailable", message: "Kunci salah, 12", status: 200 } });
    expect(asked).toBe(1);
    expect(await second(LATER(), LATER())).toMatchObject([{ kind: "not_taken", failure: { code: "unavailable" } }, 1]);
  });

  it.each([
    "User not found",
    "Account disabled",
    "Account must be verified",
    "Your account is not active",
    "Invalid IP",
    "API not active",
    "Missing required field: key",
    "Invalid request",
    "Wrong username or password",
    "Subscription expired",
    "Not found",
    "Hesap kapalı",
    "Аккаунт заблокирован",
  ])("and that a locked account gets to everything is never a customer's: %s", async (error) => {
    for (const body of [{ error }, { status: "error", message: error }])
      expect((await second(json(body), json(body)))[0]).toMatchObject({ kind: "not_taken" });
  });

  it("is about the order where the balance is told", async () => {
    expect(await second(WORDS(), json({ balance: "5" }))).toEqual([refused("Kunci salah, 12"), 1]);
  });

  it.each(["Incorrect request", "Invalid action", "Unknown method", "Action not found", "error.incorrect_request"])(
    "is about the order where the provider says that it has no balance: %s",
    async (error) => {
      for (const status of [200, 400, 404]) expect(await second(WORDS(), json({ error }, status))).toEqual([refused("Kunci salah, 12"), 1]);
      expect(await second(WORDS(), json({ error }, 500))).toMatchObject([{ kind: "unclear" }, 1]);
      expect(await second(json({ error }), json({ error }))).toMatchObject([{ kind: "not_taken" }, 1]);
    },
  );

  it.each<[string, () => Response]>([
    ["fails in other words", () => json({ error: "Tidak didukung" })],
    ["is a gateway's page", () => new Response(HTML, { status: 502 })],
    ["fails with 500", () => new Response("", { status: 500 })],
    ["is cut off", () => new Response(`{"balance":`)],
    ["is over the limit of calls", () => new Response("", { status: 429 })],
    ["is a bot check", () => new Response(CHALLENGE, { status: 403 })],
    ["has another form", () => json({ funds: "5" })],
  ])("leaves a doubt where the balance %s", async (_, balance) => {
    for (const add of [WORDS(), json({ error: "Nope" }, 400), json({ error: "Incorrect order ID" }), LATER()])
      expect(await second(add, balance())).toMatchObject([{ kind: "unclear", failure: { code: "http" } }, 1]);
  });

  it.each<[string, string]>([
    ["Invalid API key", "rejected_key"],
    ["Your IP is not whitelisted", "blocked"],
    ["Maintenance", "unavailable"],
  ])("is about the call where the balance says so in words that are known: %s", async (error, code) => {
    expect(await second(WORDS(), json({ error }))).toMatchObject([{ kind: "not_taken", failure: { code } }, 1]);
  });

  it("that only asks for another try leaves a doubt, whatever else the balance says", async () => {
    for (const balance of [json({ balance: "5" }), new Response("", { status: 429 }), json({ error: "Maintenance" })])
      expect(await second(LATER(), balance)).toMatchObject([{ kind: "unclear" }, 1]);
  });

  it("leaves a doubt where no call is left to ask", async () => {
    expect(await placeAlone(WORDS())).toMatchObject({ kind: "unclear" });
    expect(await placeAlone(LATER())).toMatchObject({ kind: "unclear" });
  });

  it("under 403 as a page is the key's where the balance gets the same, else a firewall's that minds the order", async () => {
    const page = (): Response => new Response("<h1>Forbidden</h1>", { status: 403 });
    expect(await second(page(), page())).toMatchObject([{ kind: "not_taken", failure: { code: "rejected_key" } }, 1]);
    expect(await second(page(), json({ balance: "5" }))).toEqual([refused("HTTP 403"), 1]);
  });

  it("is not asked about where it is known", async () => {
    for (const error of ["Link is invalid", "Not enough funds", "Saldo tidak cukup", "API key is incorrect"])
      expect((await second(json({ error }), json({ balance: "5" })))[1]).toBe(0);
  });

  it("says nothing by what it repeats of the order: a link cannot reject the key", async () => {
    for (const link of ["Invalid API key", "Rate limit exceeded", "System error"]) {
      const port = portOf(async (request) => {
        const { action } = await fieldsOfRequest(request);
        return json(action === "add" ? { error: `${link} cannot be used` } : { balance: "5" });
      });
      const outcome = await placeOrder(port, SETTINGS, { ...FIELDS, link }, { ...NONE_LEFT, takeCall: async () => true });
      expect(outcome).toEqual(refused(`${link} cannot be used`));
    }
  });
});

describe("an `add` sent again with its value", () => {
  const settings = { ...SETTINGS, request: { ...CANONICAL_REQUEST, idempotencyField: "request_id" } };
  const again = (response: Response): Promise<Placed> =>
    placeOrder(
      portOf(() => response),
      settings,
      FIELDS,
      { ...NONE_LEFT, value: "v1", isResend: true },
    );

  it("is placed or refused as the first one was", async () => {
    expect(await again(json({ order: 7 }))).toEqual(placed("7"));
    expect(await again(json({ error: "Not enough funds" }))).toEqual(refused("Not enough funds", "funds"));
  });

  it.each<[string, Response]>([
    ["turned away for its key", json({ error: "Invalid API key" })],
    ["turned away for too many calls", new Response("", { status: 429 })],
    ["turned away by a bot check", new Response(CHALLENGE, { status: 403 })],
    ["told that it is there", json({ error: "Duplicate request id" }, 409)],
    ["told that it is being processed", json({ error: "Request is being processed" })],
    ["told of a link under way", json({ error: "neworder.error.link_duplicate" })],
    ["not answered", new Response("")],
  ])("leaves the doubt when it is %s", async (_, response) => {
    expect((await again(response)).kind).toBe("unclear");
  });

  it("carries the value in the provider's field, in place of any other", async () => {
    const calls: Record<string, string>[] = [];
    const port = portOf(async (request) => {
      calls.push(await fieldsOfRequest(request));
      return json({ order: 7 });
    });
    await placeOrder(port, settings, { ...FIELDS, request_id: "the panel's" }, { ...NONE_LEFT, value: "v1" });
    await placeOrder(port, SETTINGS, { ...FIELDS, request_id: "the panel's" }, { ...NONE_LEFT, value: "v1" });
    expect(calls.map(({ request_id }) => request_id)).toEqual(["v1", "the panel's"]);
  });
});

describe("`add`", () => {
  /** All that a provider is sent for the fields. */
  async function sent(fields: Readonly<Record<string, string>>, settings: ProviderSettings = SETTINGS): Promise<[string, string][]> {
    const calls: [string, string][] = [];
    const port = portOf(async (request) => {
      calls.push(...new URLSearchParams(await request.text()));
      return new Response("", { status: 500 });
    });
    await placeOrder(port, settings, fields, NONE_LEFT);
    return calls;
  }

  it("is sent once, with every field, known or not", async () => {
    const fields = { service: "1", link: "https://x.example/?a=1&b=2", quantity: "100", runs: "2", comments: "one\ntwo", posted_by: "é" };
    expect(await sent(fields)).toEqual([["key", KEY], ...Object.entries(fields), ["action", "add"]]);
  });

  it("takes neither key nor action from the fields", async () => {
    expect(await sent({ key: "panel-key", action: "balance", service: "1" })).toEqual([
      ["key", KEY],
      ["action", "add"],
      ["service", "1"],
    ]);
  });

  it("speaks the provider's dialect, in which no field is sent twice", async () => {
    const settings = { ...SETTINGS, request: { ...CANONICAL_REQUEST, fields: DIALECT_FIELDS } };
    expect(await sent({ package: "9", api_token: "x", key: "y", service: "1" }, settings)).toEqual([
      ["api_token", KEY],
      ["package", "1"],
      ["action", "add"],
    ]);
    expect(await sent({ package: "9" }, settings)).toEqual([
      ["api_token", KEY],
      ["package", "9"],
      ["action", "add"],
    ]);
  });

  it("carries its fields in JSON and in a query, too", async () => {
    for (const shape of [{ encoding: "json" }, { method: "GET" }] as const) {
      const seen: Record<string, string>[] = [];
      const port = portOf(async (request) => {
        seen.push(await fieldsOfRequest(request));
        return json({ order: 7 });
      });
      await placeOrder(port, { ...SETTINGS, request: { ...CANONICAL_REQUEST, ...shape } }, FIELDS, NONE_LEFT);
      expect(seen).toEqual([{ key: KEY, action: "add", ...FIELDS }]);
    }
  });
});

describe("the reader of `add`, for any JSON under any code", () => {
  const NAMES = [
    "order",
    "order_id",
    "id",
    "error",
    "errors",
    "status",
    "success",
    "message",
    "msg",
    "code",
    "data",
    "result",
    "__proto__",
  ];
  const TEXTS = ["success", "error", "100", "104", "0", "", "Nope", "Invalid API key", "Not enough funds", "\ud800", "\u0000", "a,b"];

  it("never throws, and says for certain only what is", () => {
    fc.assert(
      fc.property(anyJson(NAMES, TEXTS), fc.constantFrom(200, 400, 401, 408, 429, 500), (value, status) => {
        const reading = readPlaced(value, { status, key: KEY });
        if (reading.kind !== "read") return;
        const told = reading.value;
        if (told.kind === "placed") expect(told.id).toMatch(/^[^\s,\p{Cc}]{1,64}$/u);
        if (told.kind === "refused") expect(told.message.length).toBeGreaterThan(0);
        expect(["placed", "refused", "unclear"]).toContain(told.kind);
      }),
      { numRuns: 3000 },
    );
  });

  it("without a balance refuses only what is known or names what was sent, in any field and under any code below 500", async () => {
    const fields = fc.constantFrom("error", "message", "msg", "reason", "order", "success", "errors", "detail");
    const texts = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom("Nope", "Kunci salah", "Invalid", "Must be verified", "Not found"),
    );
    await fc.assert(
      fc.asyncProperty(fields, texts, fc.constantFrom(200, 201, 400, 404, 422), async (field, text, status) => {
        const { kind } = await placeAlone(json({ [field]: text, status: "error" }, status));
        expect(kind).not.toBe("refused");
      }),
      { numRuns: 500 },
    );
  });

  it("never takes an order for refused beside an id, nor for placed beside an error", () => {
    const others = fc.dictionary(fc.constantFrom("message", "charge", "currency", "code"), fc.constantFrom<unknown>("x", 1, null));
    fc.assert(
      fc.property(others, fc.constantFrom(200, 400, 401, 429, 500), (more, status) => {
        const both = readPlaced({ ...more, order: 7, error: "Nope" }, { status, key: KEY });
        expect(both).toMatchObject({ kind: "read", value: { kind: "unclear" } });
      }),
    );
  });
});

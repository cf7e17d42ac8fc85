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

function place(response: Response, settings: ProviderSettings = SETTINGS): Promise<Placed> {
  const port = portOf(() => response);
  return placeOrder(port, settings, FIELDS, NONE_LEFT);
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
    ["with an id of letters and digits", { order: "6f1c-ab_9" }, "6f1c-ab_9"],
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

  it.each([400, 402, 404, 422])("by an error under HTTP %i", async (status) => {
    expect(await place(json({ error: "Nope" }, status))).toEqual(refused("Nope"));
    expect(await place(json({ detail: "Insufficient balance" }, status))).toEqual(refused("Insufficient balance", "funds"));
    expect(await place(json({ error: "Please try again later" }, status))).toEqual(refused("Please try again later"));
    expect(await place(new Response("Bad link", { status }))).toEqual(refused("Bad link", "link"));
  });

  it.each([408, 500, 502, 503, 520, 524])(
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
    ["an id within an error", json({ success: false, data: { order: 7 } }), "bad_shape"],
    ["an id around an error", json({ order: 7, data: { error: "Nope" } }), "bad_shape"],
    ["an id beside an error about calls", json({ order: 7, error: "Too many requests" }, 429), "bad_shape"],
    ["half an id beside an error", json({ order: "Order 7", error: "Nope" }, 401), "bad_shape"],
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

describe("a catch-all's text", () => {
  it.each([200, 400, 422, 500])("under HTTP %i leaves a doubt: the order may have been sent on", async (status) => {
    for (const error of ["System error", "There was an error processing your request. Please try again later", "Erro interno"])
      expect(await place(json({ error }, status))).toMatchObject({ kind: "unclear", failure: { code: "http", status } });
  });

  it("leaves a doubt though the balance says the same: the database may have gone in between", async () => {
    expect(await second(json({ error: "Database error" }), json({ error: "Database error" }))).toMatchObject([{ kind: "unclear" }, 0]);
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

  it("is about the order where the balance is told, or fails in other words", async () => {
    const answers = [json({ balance: "5" }), json({ error: "Tidak didukung" }), new Response("", { status: 502 })];
    for (const balance of answers) expect(await second(WORDS(), balance)).toEqual([refused("Kunci salah, 12"), 1]);
  });

  it("is about the call where the balance says so in words that are known", async () => {
    expect(await second(WORDS(), json({ error: "Invalid API key" }))).toMatchObject([
      { kind: "not_taken", failure: { code: "rejected_key" } },
      1,
    ]);
  });

  it("that only asks for another try leaves a doubt, whatever else the balance says", async () => {
    for (const balance of [json({ balance: "5" }), new Response("", { status: 429 })])
      expect(await second(LATER(), balance)).toMatchObject([{ kind: "unclear" }, 1]);
  });

  it("is about the order where no call is left to ask", async () => {
    expect(await place(WORDS())).toEqual(refused("Kunci salah, 12"));
    expect(await place(LATER())).toMatchObject({ kind: "unclear" });
  });

  it("under 403 as a page is the key's where the balance gets the same, else a firewall's that minds the order", async () => {
    const page = (): Response => new Response("<h1>Forbidden</h1>", { status: 403 });
    expect(await second(page(), page())).toMatchObject([{ kind: "not_taken", failure: { code: "rejected_key" } }, 1]);
    expect(await second(page(), json({ balance: "5" }))).toEqual([refused("HTTP 403"), 1]);
  });

  it("is not asked about where it is known", async () => {
    for (const error of ["Link is invalid", "Not enough funds", "Incorrect order ID", "API key is incorrect"])
      expect((await second(json({ error }), json({ balance: "5" })))[1]).toBe(0);
  });

  it("says nothing by what it repeats of the order: a link cannot reject the key", async () => {
    for (const link of ["Invalid API key", "Rate limit exceeded", "System error"]) {
      const port = portOf(() => json({ error: `${link} cannot be used` }));
      const outcome = await placeOrder(port, SETTINGS, { ...FIELDS, link }, NONE_LEFT);
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

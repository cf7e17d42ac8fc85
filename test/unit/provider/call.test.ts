import { describe, expect, it } from "vitest";
import { MAX_RETRY_AFTER_SECONDS } from "../../../src/outbound/retry-after.ts";
import { askBalance, askMany, askOne } from "../../../src/provider/api-v2/status.ts";
import type { ProviderFailure } from "../../../src/provider/failure.ts";
import { CANONICAL_REQUEST, type ProviderSettings } from "../../../src/provider/settings.ts";
import { fieldsOfRequest, KEY, NOW, OPENS_PLAIN, portOf, SETTINGS } from "./fixtures.ts";

const BALANCE = `{"balance":"5","currency":"USD"}`;
const HTML = `<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>`;
const CHALLENGE = `<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script src="/cdn-cgi/challenge-platform/h/b"></script></body></html>`;

type Answer = readonly [status: number, body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>];

/** What asking for the balance comes to: the balance, or the failure. */
async function outcome([status, body, headers]: Answer, settings: ProviderSettings = SETTINGS): Promise<string | ProviderFailure> {
  const response = new Response(body, { status, headers: { "content-type": "text/html", ...headers } });
  const result = await askBalance(
    portOf(() => response),
    settings,
  );
  return result.ok ? result.value.balance : result.failure;
}

function bytes(...parts: (string | number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));
}

describe("a call is answered", () => {
  it.each<[string, Answer]>([
    ["by JSON under any content type", [200, BALANCE]],
    ["by JSON under a failing code, since the body counts first", [500, BALANCE]],
    ["by JSON under 404", [404, BALANCE]],
    ["by JSON with a byte-order mark", [200, bytes([0xef, 0xbb, 0xbf], BALANCE)]],
    ["by JSON with several byte-order marks", [200, bytes([0xef, 0xbb, 0xbf], [0xef, 0xbb, 0xbf], BALANCE)]],
    ["by JSON with bytes that are no UTF-8", [200, bytes(`{"name":"`, [0xff, 0xc3, 0x28], `","balance":"5"}`)]],
    ["by JSON behind PHP warnings", [200, `<br />\n<b>Warning</b>:  foo(): bar in <b>/a.php</b> on line <b>3</b><br />\n${BALANCE}`]],
  ])("%s", async (_, answer) => {
    expect(await outcome(answer)).toBe("5");
  });

  it("to one POST with the key and the action", async () => {
    const sent: Record<string, string>[] = [];
    const port = portOf(async (request) => {
      sent.push(await fieldsOfRequest(request));
      return new Response("{}");
    });
    await askBalance(port, SETTINGS);
    await askOne(port, SETTINGS, "7");
    await askMany(port, SETTINGS, ["7", "8"]);
    expect(sent).toEqual([
      { key: KEY, action: "balance" },
      { key: KEY, action: "status", order: "7" },
      { key: KEY, action: "status", orders: "7,8" },
    ]);
  });
});

describe("a body with further JSON behind an order's answer", () => {
  const ENDED = { status: "Canceled", charge: "0", remains: "1000" };
  const ask = async (body: string, ids: readonly string[]) => {
    const port = portOf(() => Promise.resolve(new Response(body)));
    const one = ids.length === 1 ? await askOne(port, SETTINGS, ids[0] ?? "") : null;
    return one ?? (await askMany(port, SETTINGS, ids));
  };
  const list = (one: unknown) => JSON.stringify({ 7: one, 8: ENDED });

  it.each<[string, unknown]>([
    ["another word for it", { ...ENDED, status: "In progress" }],
    ["another number for it", { ...ENDED, remains: "400" }],
    ["an error", { error: "Incorrect order ID" }],
  ])("says nothing where that is %s", async (_, other) => {
    expect(await ask(JSON.stringify(ENDED) + JSON.stringify(other), ["7"])).toMatchObject({ failure: { code: "bad_shape" } });
    expect(await ask(`${list(ENDED)}\n${list(other)}`, ["7", "8"])).toMatchObject({ failure: { code: "bad_shape" } });
  });

  it.each<[string, string]>([
    ["the same once more", JSON.stringify(ENDED)],
    ["a script's", `<script>var page = {"user":{"id":7},"items":[{"a":1}]};</script>`],
    ["a timing", `\n{"took":0.1,"queries":12}`],
    ["the beginning of something", `{"status":"In pro`],
  ])("counts where that is %s", async (_, behind) => {
    expect(await ask(JSON.stringify(ENDED) + behind, ["7"])).toMatchObject({ ok: true, value: { providerStatus: "Canceled" } });
  });
});

describe("a call fails", () => {
  it.each<[string, Answer, ProviderFailure]>([
    ["empty", [200, ""], { code: "not_json", status: 200, start: "" }],
    ["a page", [200, HTML], { code: "not_json", status: 200, start: HTML.slice(0, 120) }],
    ["JSON cut off", [200, BALANCE.slice(0, -1)], { code: "not_json", status: 200, start: BALANCE.slice(0, -1) }],
    ["null", [200, "null"], { code: "bad_shape", message: "no balance in null" }],
    ["other JSON", [200, `{"ok":true}`], { code: "bad_shape", message: "no balance in an object of 1 fields" }],
    ["deep JSON", [200, "[".repeat(100_000)], { code: "bad_shape", message: "JSON nested deeper than 32" }],
    ["a gateway's page", [502, HTML], { code: "http", status: 502, message: null }],
    ["a missing page", [404, HTML], { code: "http", status: 404, message: null }],
    ["a failing code with plain text", [503, "no healthy\nupstream"], { code: "http", status: 503, message: "no healthy upstream" }],
    ["a failing code with nothing", [500, ""], { code: "http", status: 500, message: null }],
    ["a failing code with JSON that tells nothing", [500, "{}"], { code: "http", status: 500, message: null }],
    ["a failing code with null", [500, "null"], { code: "http", status: 500, message: null }],
    ["an error", [200, `{"error":"Что-то не так"}`], { code: "refused", message: "Что-то не так", status: 200 }],
    ["an error under a failing code", [422, `{"errors":{"x":["Bad"]}}`], { code: "refused", message: "Bad", status: 422 }],
    ["a message under a failing code", [400, `{"message":"Bad"}`], { code: "refused", message: "Bad", status: 400 }],
    ["a text under a failing code", [400, `"Bad"`], { code: "refused", message: "Bad", status: 400 }],
    ["a rejected key", [200, `{"error":"Invalid API key"}`], { code: "rejected_key", message: "Invalid API key" }],
    ["a rejected key, shouted", [200, `{"error":"INVALID API KEY!"}`], { code: "rejected_key", message: "INVALID API KEY!" }],
    ["a rejected key as a code", [200, `{"error":"error.invalid_api_key"}`], { code: "rejected_key", message: "error.invalid_api_key" }],
    ["a rejected key in another field", [200, `{"error":"Ключ","code":"invalid_key"}`], { code: "rejected_key", message: "Ключ" }],
    ["a rejected key as a message", [200, `{"message":"Unauthenticated."}`], { code: "rejected_key", message: "Unauthenticated." }],
    ["401 with an error", [401, `{"error":"Ключ"}`], { code: "rejected_key", message: "Ключ" }],
    ["403 with a message", [403, `{"message":"Ключ"}`], { code: "rejected_key", message: "Ключ" }],
    ["403 with an order's error", [403, `{"error":"Order not found"}`], { code: "refused", message: "Order not found", status: 403 }],
    ["403 with a known reason", [403, `{"error":"Not enough funds"}`], { code: "refused", message: "Not enough funds", status: 403 }],
    ["a failing code with an empty text in JSON", [400, `""`], { code: "http", status: 400, message: null }],
    ["401 with nothing", [401, ""], { code: "rejected_key", message: "HTTP 401" }],
    ["401 with a page", [401, HTML], { code: "rejected_key", message: "HTTP 401" }],
    ["a bare text about the key", [200, "Invalid API key"], { code: "rejected_key", message: "Invalid API key" }],
    ["a bare text about calls", [200, "Too many requests\n"], { code: "rate_limited", retryAfterSeconds: null }],
    ["a bare text about maintenance", [503, "Maintenance"], { code: "unavailable", message: "Maintenance", status: 503 }],
    ["a firewall's text", [403, "Forbidden"], { code: "http", status: 403, message: "Forbidden" }],
    ["an address that is not let in", [200, `{"error":"IP not allowed"}`], { code: "blocked", status: 200, message: "IP not allowed" }],
    ["maintenance", [200, `{"error":"Maintenance"}`], { code: "unavailable", message: "Maintenance", status: 200 }],
    ["a catch-all", [200, `{"error":"System error"}`], { code: "refused", message: "System error", status: 200, broken: true }],
    [
      "a failing word with a reason elsewhere",
      [200, `{"status":false,"data":{"pesan":"X"}}`],
      { code: "refused", message: "X", status: 200 },
    ],
    ["403 with a page", [403, "<h1>Forbidden</h1>"], { code: "http", status: 403, message: null }],
    ["a key rejected too often", [429, `{"error":"Invalid API key"}`], { code: "rejected_key", message: "Invalid API key" }],
    ["a bot check by header", [200, BALANCE, { "cf-mitigated": "challenge" }], { code: "blocked", status: 200 }],
    ["a bot check by page, 403", [403, CHALLENGE], { code: "blocked", status: 403 }],
    ["a bot check by page, 503", [503, CHALLENGE], { code: "blocked", status: 503 }],
    ["a bot check by page, 429", [429, CHALLENGE, { "retry-after": "5" }], { code: "blocked", status: 429 }],
    ["another bot check", [403, `<html><title>DDoS-Guard</title></html>`], { code: "blocked", status: 403 }],
    ["an address barred", [403, "error code: 1010"], { code: "blocked", status: 403 }],
    ["a page under 503", [503, HTML], { code: "http", status: 503, message: null }],
    ["a page that looks like a check under 200", [200, CHALLENGE], { code: "not_json", status: 200, start: CHALLENGE.slice(0, 120) }],
    ["too many calls", [429, ""], { code: "rate_limited", retryAfterSeconds: null }],
    ["too many calls, as a page", [429, HTML], { code: "rate_limited", retryAfterSeconds: null }],
    ["too many calls, as an error", [429, `{"error":"Langsam"}`, { "retry-after": "30" }], { code: "rate_limited", retryAfterSeconds: 30 }],
    ["too many calls, as JSON", [429, "{}", { "retry-after": "30" }], { code: "rate_limited", retryAfterSeconds: 30 }],
    ["too many calls, under 200", [200, `{"error":"Too many requests."}`], { code: "rate_limited", retryAfterSeconds: null }],
    ["a redirect", [302, BALANCE, { location: "/api/v2/" }], { code: "redirected", status: 302 }],
    ["a permanent redirect", [308, "", { location: "/api/v2/" }], { code: "redirected", status: 308 }],
  ])("by %s", async (_, answer, failure) => {
    expect(await outcome(answer)).toEqual(failure);
  });
});

describe("Retry-After", () => {
  it.each<[string, number | null]>([
    ["120", 120],
    ["0", 0],
    ["1.2", 2],
    [" 15 ", 15],
    ["Sat, 21 Nov 2026 12:02:00 GMT", 120],
    ["Saturday, 21-Nov-26 12:02:00 GMT", 120],
    ["Sat, 21 Nov 2026 11:00:00 GMT", 0],
    ["999999999999", MAX_RETRY_AFTER_SECONDS],
    ["Fri, 31 Dec 2099 23:59:59 GMT", MAX_RETRY_AFTER_SECONDS],
    ["-5", null],
    ["soon", null],
    ["", null],
    ["2026-11-21", null],
    ["Sat, 99 Nov 2026 99:02:00 GMT", null],
  ])("of %j is %j seconds", async (header, retryAfterSeconds) => {
    expect(new Date(NOW).toISOString()).toBe("2026-11-21T12:00:00.000Z");
    expect(await outcome([429, "", { "retry-after": header }])).toEqual({ code: "rate_limited", retryAfterSeconds });
  });
});

describe("the key", () => {
  const ODD_KEY = `p&d+1 "x"/<é>`;
  const inForm = new URLSearchParams([["k", ODD_KEY]]).toString().slice(2);

  it.each<[string, Answer]>([
    ["in an error", [200, JSON.stringify({ error: `Bad key ${ODD_KEY}.` })]],
    ["in an error, repeated", [200, JSON.stringify({ error: ODD_KEY.repeat(30) })]],
    ["in an error at the cut", [200, JSON.stringify({ error: "x".repeat(195) + ODD_KEY })]],
    ["in a message", [400, JSON.stringify({ message: `Bad key ${ODD_KEY}.` })]],
    ["in a page", [200, `<html>${ODD_KEY}</html>`]],
    ["in plain text", [500, `key=${ODD_KEY}`]],
    ["in a form", [500, `key=${inForm}`]],
    ["in a URL", [500, `?key=${encodeURIComponent(ODD_KEY)}`]],
    ["in JSON cut off", [200, JSON.stringify({ key: ODD_KEY }).slice(0, -1)]],
    ["in a page, escaped", [200, "p&amp;d+1 &quot;x&quot;/&lt;é&gt;"]],
  ])("that a server echoes %s is redacted", async (_, answer) => {
    const told = JSON.stringify(await outcome(answer, { ...SETTINGS, key: ODD_KEY }));
    expect(told).toContain("[key]");
    expect(told).not.toContain("p&d");
    expect(told).not.toContain("p%26d");
    expect(told).not.toContain("p&amp;d");
  });

  it("in a runtime's message about a URL is redacted", async () => {
    const settings = { ...SETTINGS, key: ODD_KEY, request: { ...CANONICAL_REQUEST, method: "GET" as const } };
    const port = {
      secrets: OPENS_PLAIN,
      now: () => NOW,
      fetch: async (request: Request) => {
        throw new TypeError("fetch failed", { cause: new Error(`cannot reach ${request.url}`) });
      },
    };
    const result = await askBalance(port, settings);
    expect(result).toEqual({
      ok: false,
      failure: { code: "network", message: "fetch failed: cannot reach https://provider.example/api/v2?key=[key]&action=balance" },
    });
  });

  it("that is empty hides nothing", async () => {
    expect(await outcome([200, `{"error":"Nope"}`], { ...SETTINGS, key: "" })).toEqual({ code: "refused", message: "Nope", status: 200 });
  });
});

describe("settings no request can be made of", () => {
  it.each<[string, Partial<ProviderSettings>]>([
    ["a URL that is none", { url: "provider.example" }],
    ["a URL with a password", { url: "https://a:b@provider.example/" }],
    ["a User-Agent over two lines", { request: { ...CANONICAL_REQUEST, userAgent: "a\nb" } }],
  ])("such as %s are a failure, and nothing is sent", async (_, changes) => {
    let calls = 0;
    const port = portOf(() => {
      calls += 1;
      return new Response(BALANCE);
    });
    const result = await askBalance(port, { ...SETTINGS, ...changes });
    expect(result).toMatchObject({ ok: false, failure: { code: "network" } });
    expect(calls).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import type { FailureCode } from "../../../src/provider/failure.ts";
import { BROWSER_USER_AGENT, DIALECT_FIELDS, MAX_CALLS_AFTER_REJECTED_KEY, probeProvider } from "../../../src/provider/api-v2/probe.ts";
import { MAX_PROBE_CALLS, type ProbeReport } from "../../../src/provider/client.ts";
import { CANONICAL_REQUEST, type ProviderSettings, type RequestShape } from "../../../src/provider/settings.ts";
import { fieldsOfRequest, KEY, NOW, SETTINGS } from "./fixtures.ts";
import { json } from "./model-server.ts";

const BALANCE = { balance: "100.84292", currency: "USD" };
const page = (status: number): Response => new Response("<html>Nothing here</html>", { status });

type Seen = { readonly request: Request; readonly fields: Record<string, string>; readonly path: string };

async function probe(respond: (seen: Seen) => Response, settings: ProviderSettings = SETTINGS): Promise<ProbeReport> {
  const fetch = async (request: Request): Promise<Response> => {
    // A server reads the fields where it looks for them, and no others.
    const fields = await fieldsOfRequest(request);
    return respond({ request, fields, path: new URL(request.url).pathname });
  };
  return probeProvider({ fetch, now: () => NOW }, settings);
}

function codesOf(report: ProbeReport): (FailureCode | null)[] {
  return report.tried.map((attempt) => attempt.failure?.code ?? null);
}

function canonical({ request, fields }: Seen): Response {
  return json(request.method === "POST" && fields["key"] === KEY ? BALANCE : { error: "Нет" });
}

async function unreachable(): Promise<Response> {
  throw new TypeError("fetch failed");
}

/** A server of some kind, and how it answers a request. */
const KINDS: readonly [string, Partial<RequestShape>, number, (seen: Seen) => Response][] = [
  ["the canonical form", {}, 1, canonical],
  [
    "a trailing slash",
    { trailingSlash: true },
    2,
    ({ path }) => (path.endsWith("/") ? json(BALANCE) : new Response("", { status: 301, headers: { location: "/api/v2/" } })),
  ],
  ["a trailing slash, else a page", { trailingSlash: true }, 2, ({ path }) => (path.endsWith("/") ? json(BALANCE) : page(404))],
  [
    "the second dialect",
    { fields: DIALECT_FIELDS },
    2,
    ({ fields }) => json(fields["api_token"] === KEY ? BALANCE : { errors: "Invalid API token" }),
  ],
  [
    "the second dialect, complaining of fields",
    { fields: DIALECT_FIELDS },
    2,
    ({ fields }) => (fields["api_token"] === KEY ? json(BALANCE) : json({ errors: { api_token: ["Требуется"] } }, 422)),
  ],
  [
    "a JSON body",
    { encoding: "json" },
    3,
    ({ request, fields }) =>
      json(request.headers.get("content-type") === "application/json" && fields["key"] === KEY ? BALANCE : { error: "Invalid API key" }),
  ],
  ["GET", { method: "GET" }, 6, ({ request }) => (request.method === "GET" ? json(BALANCE) : page(405))],
  [
    "GET, which says so in JSON",
    { method: "GET" },
    4,
    ({ request }) => (request.method === "GET" ? json(BALANCE) : json({ error: "Method not allowed" }, 405)),
  ],
  [
    "a browser's User-Agent",
    { userAgent: BROWSER_USER_AGENT },
    2,
    ({ request }) =>
      request.headers.get("user-agent")?.startsWith("Mozilla/") === true
        ? json(BALANCE)
        : new Response("", { status: 403, headers: { "cf-mitigated": "challenge" } }),
  ],
  [
    "a browser's User-Agent and the second dialect",
    { userAgent: BROWSER_USER_AGENT, fields: DIALECT_FIELDS },
    3,
    ({ request, fields }) => {
      if (request.headers.get("user-agent")?.startsWith("Mozilla/") !== true)
        return new Response("<title>Just a moment...</title>", { status: 503 });
      return json(fields["api_token"] === KEY ? BALANCE : { errors: "Нет" });
    },
  ],
  [
    "a trailing slash and JSON",
    { trailingSlash: true, encoding: "json" },
    4,
    ({ request, path }) => {
      if (!path.endsWith("/")) return new Response("", { status: 308 });
      return request.headers.get("content-type") === "application/json" ? json(BALANCE) : json({ message: "Bad" }, 400);
    },
  ],
];

describe("a probe", () => {
  it.each(KINDS)("finds %s", async (_, shape, calls, respond) => {
    const report = await probe(respond);
    expect(report).toMatchObject({ ok: true, balance: "100.84292", currency: "USD", failure: null });
    expect(report.request).toEqual({ ...CANONICAL_REQUEST, ...shape });
    expect(report.tried).toHaveLength(calls);
    expect(codesOf(report).at(-1)).toBeNull();
  });

  it("finds back to the canonical form from any other, and keeps the field of our value", async () => {
    const request: RequestShape = {
      method: "GET",
      encoding: "json",
      trailingSlash: true,
      userAgent: "x",
      idempotencyField: "request_id",
      fields: DIALECT_FIELDS,
    };
    const report = await probe(canonical, { ...SETTINGS, request });
    expect(report).toMatchObject({ ok: true, request: { ...CANONICAL_REQUEST, idempotencyField: "request_id" } });
    expect(report.tried.map((attempt) => attempt.shape)).toEqual(["GET, trailing slash, own User-Agent, key as api_token", "POST form"]);
  });

  it("tries little after a rejected key, and puts the key into no URL for it", async () => {
    const urls: string[] = [];
    const report = await probe(({ request }) => {
      urls.push(request.url);
      return json({ error: "Invalid API key" });
    });
    expect(report).toMatchObject({ ok: false, balance: null, request: CANONICAL_REQUEST, failure: { code: "rejected_key" } });
    expect(report.tried).toHaveLength(1 + MAX_CALLS_AFTER_REJECTED_KEY);
    expect(urls.join()).not.toContain(KEY);
  });

  it("tries little once a key is rejected, also after other failures", async () => {
    let calls = 0;
    const report = await probe(() => {
      calls += 1;
      return calls <= 2 ? page(404) : json({ error: "Invalid API key" });
    });
    expect(codesOf(report)).toEqual(["http", "http", "rejected_key", "rejected_key", "rejected_key"]);
    expect(report.failure).toMatchObject({ code: "rejected_key" });
  });

  it.each<[string, () => Response, FailureCode, number]>([
    ["says no to everything", () => json({ error: "Нет" }), "refused", 4],
    ["shows a page for everything", () => page(200), "not_json", 6],
    ["redirects everything", () => new Response("", { status: 302 }), "redirected", 2],
    ["checks every caller", () => new Response("", { status: 403, headers: { "cf-mitigated": "challenge" } }), "blocked", 2],
    ["asks for patience", () => new Response("", { status: 429 }), "rate_limited", 1],
    ["is down", () => page(502), "http", 1],
    ["answers 500 to everything", () => new Response("", { status: 500 }), "http", 6],
  ])("of a provider that %s ends soon", async (_, respond, code, calls) => {
    const report = await probe(respond);
    expect(report).toMatchObject({ ok: false, request: CANONICAL_REQUEST, failure: { code } });
    expect(report.tried).toHaveLength(calls);
    expect(calls).toBeLessThanOrEqual(MAX_PROBE_CALLS);
  });

  it("of a provider that cannot be reached makes one call", async () => {
    const report = await probeProvider({ fetch: unreachable, now: () => NOW }, SETTINGS);
    expect(codesOf(report)).toEqual(["network"]);
  });

  it("never sends the same request twice", async () => {
    const requests = new Set<string>();
    const settings = { ...SETTINGS, url: "https://provider.example/api/v2/" };
    const report = await probe(({ request, fields }) => {
      requests.add(
        JSON.stringify([request.method, request.url, request.headers.get("content-type"), request.headers.get("user-agent"), fields]),
      );
      return page(404);
    }, settings);
    expect(requests.size).toBe(report.tried.length);
  });

  it("names what it tried", async () => {
    const report = await probe(() => page(200));
    expect(report.tried.map((attempt) => attempt.shape)).toEqual([
      "POST form",
      "POST form, trailing slash",
      "POST form, key as api_token",
      "POST json",
      "POST form, browser User-Agent",
      "GET",
    ]);
  });

  it("tells no key", async () => {
    const report = await probe(() => json({ error: `Unknown key ${KEY}` }));
    expect(JSON.stringify(report)).not.toContain(KEY);
  });
});

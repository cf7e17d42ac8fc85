import { describe, expect, it } from "vitest";
import { clientFor } from "../../../src/provider/client-for.ts";
import type { FailureCode } from "../../../src/provider/failure.ts";
import {
  BROWSER_USER_AGENT,
  DIALECT_ACTIONS,
  DIALECT_FIELDS,
  MAX_CALLS_AFTER_REJECTED_KEY,
  probeProvider,
} from "../../../src/provider/api-v2/probe.ts";
import type { ModeInput } from "../../../simulator/modes.ts";
import { MODE_SETS } from "../../../simulator/modes.ts";
import { startSimulator } from "../../../simulator/server.ts";
import { MAX_PROBE_CALLS, type ProbeReport } from "../../../src/provider/client.ts";
import { CANONICAL_REQUEST, type ProviderSettings, type RequestShape } from "../../../src/provider/settings.ts";
import { fieldsOfRequest, KEY, NOW, OPENS_PLAIN, SETTINGS } from "./fixtures.ts";
import { json } from "./model-server.ts";

const BALANCE = { balance: "100.84292", currency: "USD" };
const PACKAGES = [{ package: 7, name: "Likes", rate: "0.90" }];
const page = (status: number): Response => new Response("<html>Nothing here</html>", { status });

type Seen = { readonly request: Request; readonly fields: Record<string, string>; readonly path: string };

async function probe(respond: (seen: Seen) => Response, settings: ProviderSettings = SETTINGS): Promise<ProbeReport> {
  const fetch = async (request: Request): Promise<Response> => {
    // A server reads the fields where it looks for them, and no others.
    const fields = await fieldsOfRequest(request);
    return respond({ request, fields, path: new URL(request.url).pathname });
  };
  return probeProvider({ fetch, now: () => NOW, secrets: OPENS_PLAIN }, settings);
}

function codesOf(report: ProbeReport): (FailureCode | null)[] {
  return report.tried.map((attempt) => attempt.failure?.code ?? null);
}

/** What a server of the second dialect says to a call that has its key. */
function dialect({ fields }: Seen): Response {
  return json(fields["action"] === "balance" ? BALANCE : fields["action"] === "packages" ? PACKAGES : { errors: "Нет" });
}

const DIALECT = { fields: DIALECT_FIELDS, actions: DIALECT_ACTIONS };

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
  ["the second dialect", DIALECT, 4, (seen) => (seen.fields["api_token"] === KEY ? dialect(seen) : json({ errors: "Invalid API token" }))],
  [
    "the second dialect, complaining of fields",
    DIALECT,
    4,
    (seen) => (seen.fields["api_token"] === KEY ? dialect(seen) : json({ errors: { api_token: ["Требуется"] } }, 422)),
  ],
  [
    "the second dialect, where no field may be one too many",
    DIALECT,
    6,
    (seen) => (seen.fields["api_token"] === KEY && !("key" in seen.fields) ? dialect(seen) : json({ errors: "Нет" })),
  ],
  [
    "the second dialect's name for the key alone",
    { fields: { ...CANONICAL_REQUEST.fields, key: "api_token" } },
    5,
    ({ fields }) => {
      if (fields["api_token"] !== KEY) return json({ error: "Нет" });
      if (fields["action"] === "balance") return json(BALANCE);
      return json(fields["action"] === "services" ? [{ service: 7, name: "Likes" }] : { error: "Нет" });
    },
  ],
  [
    "a JSON body",
    { encoding: "json" },
    4,
    ({ request, fields }) =>
      json(request.headers.get("content-type") === "application/json" && fields["key"] === KEY ? BALANCE : { error: "Invalid API key" }),
  ],
  ["GET", { method: "GET" }, 3, ({ request }) => (request.method === "GET" ? json(BALANCE) : page(405))],
  [
    "GET, which says so in JSON",
    { method: "GET" },
    5,
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
    { userAgent: BROWSER_USER_AGENT, ...DIALECT },
    5,
    (seen) => {
      if (seen.request.headers.get("user-agent")?.startsWith("Mozilla/") !== true)
        return new Response("<title>Just a moment...</title>", { status: 503 });
      return seen.fields["api_token"] === KEY ? dialect(seen) : json({ errors: "Нет" });
    },
  ],
  [
    "a trailing slash and JSON",
    { trailingSlash: true, encoding: "json" },
    5,
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

  it("keeps what the operator has set of cancels", async () => {
    const request = { ...CANONICAL_REQUEST, cancelOne: true };
    const report = await probe((seen) => (seen.fields["api_token"] === KEY ? dialect(seen) : json({ errors: "Нет" })), {
      ...SETTINGS,
      request,
    });
    expect(report).toMatchObject({ ok: true, request: { ...CANONICAL_REQUEST, ...DIALECT, cancelOne: true } });
  });

  it("finds back to the canonical form from any other, and keeps the field of our value", async () => {
    const other = { method: "GET", trailingSlash: true, userAgent: "x", idempotencyField: "request_id" } as const;
    const request: RequestShape = { ...CANONICAL_REQUEST, ...other, ...DIALECT };
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
    ["says no to everything", () => json({ error: "Нет" }), "refused", 5],
    ["shows a page for everything", () => page(200), "not_json", 7],
    ["redirects everything", () => new Response("", { status: 302 }), "redirected", 2],
    ["checks every caller", () => new Response("", { status: 403, headers: { "cf-mitigated": "challenge" } }), "blocked", 2],
    ["asks for patience", () => new Response("", { status: 429 }), "rate_limited", 1],
    ["is down", () => page(502), "http", 1],
    ["answers 500 to everything", () => new Response("", { status: 500 }), "http", 7],
  ])("of a provider that %s ends soon", async (_, respond, code, calls) => {
    const report = await probe(respond);
    expect(report).toMatchObject({ ok: false, request: CANONICAL_REQUEST, failure: { code } });
    expect(report.tried).toHaveLength(calls);
    expect(calls).toBeLessThanOrEqual(MAX_PROBE_CALLS);
  });

  it("of a provider that cannot be reached makes one call", async () => {
    const report = await probeProvider({ fetch: unreachable, now: () => NOW, secrets: OPENS_PLAIN }, SETTINGS);
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
      "POST form, key as key and api_token",
      "POST json, key as key and api_token",
      "POST form, browser User-Agent",
      "GET, key as key and api_token",
      "POST form, key as api_token",
    ]);
  });

  it("tells no key", async () => {
    const report = await probe(() => json({ error: `Unknown key ${KEY}` }));
    expect(JSON.stringify(report)).not.toContain(KEY);
  });
});

/** What a server may want of a call, and the part of the form by which it gets that. */
const WANTS = {
  slash: [[], ["trailing_slash"]],
  agent: [[], ["browser_ua_only"]],
  body: [[], ["json_only"], ["get_only"]],
  names: [[], ["second_dialect"]],
  refusals: [[], ["error_http=422"], ["error_http=400"], ["error_localised"]],
} as const satisfies Readonly<Record<string, readonly (readonly ModeInput[])[]>>;

const COMBINATIONS: readonly (readonly string[])[] = Object.values(WANTS).reduce<readonly (readonly string[])[]>(
  (all, choices) => all.flatMap((modes) => choices.map((more) => [...modes, ...more])),
  [[]],
);

describe("a probe of a real server", () => {
  it.each([
    ...Object.keys(MODE_SETS).map((set) => [set, [set]] as const),
    ...COMBINATIONS.map((modes) => [modes.join(" ") || "nothing", modes] as const),
  ])("that wants %s finds a form in which every action goes", async (_, modes) => {
    const simulator = await startSimulator({ seed: 7, now: { manual: true, startAt: NOW }, providers: { acme: { key: KEY, modes } } });
    try {
      const port = { fetch, now: () => NOW, secrets: OPENS_PLAIN };
      const settings = { ...SETTINGS, url: `${simulator.url}/acme/api/v2` };
      const report = await probeProvider(port, settings);
      expect(report).toMatchObject({ ok: true, failure: null });
      expect(report.tried.length).toBeLessThanOrEqual(MAX_PROBE_CALLS);
      const client = clientFor(port, { ...settings, request: report.request });
      const services = await client.services();
      expect(services.ok && services.value.services.length).toBeGreaterThan(0);
      const fields = { action: "add", service: "1", link: "https://x.example/a", quantity: "100" };
      const placed = await client.place(fields, { value: null, isResend: false, takeCall: () => Promise.resolve(false) });
      expect(placed.kind).toBe("placed");
    } finally {
      await simulator.close();
    }
  });
});

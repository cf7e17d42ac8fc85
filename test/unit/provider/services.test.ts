import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_ANSWER_BYTES } from "../../../src/outbound/exchange.ts";
import type { ProviderFailure } from "../../../src/provider/failure.ts";
import { askServices, MAX_SERVICES_BYTES, readServices } from "../../../src/provider/api-v2/services.ts";
import type { ProviderService, ServiceList } from "../../../src/provider/client.ts";
import { anyJson } from "./any-json.ts";
import { fieldsOfRequest, KEY, portOf, SETTINGS } from "./fixtures.ts";
import { json } from "./model-server.ts";

const RAW = {
  service: 1,
  name: "Followers",
  type: "Default",
  category: "First",
  rate: "0.90",
  min: "50",
  max: "10000",
  refill: true,
  cancel: true,
};
const FOLLOWERS: ProviderService = {
  id: "1",
  name: "Followers",
  type: "Default",
  category: "First",
  rate: "0.90",
  min: 50,
  max: 10_000,
  dripfeed: false,
  refill: true,
  cancel: true,
  description: null,
};
const LIKES = { ...RAW, service: 2, name: "Likes" };

function told(value: unknown): ServiceList | string {
  const reading = readServices(value, KEY);
  if (reading.kind === "read") return reading.value;
  return reading.kind === "error" ? `error: ${reading.error.texts[0]}` : "unreadable";
}

function idsOf(value: unknown): string[] | string {
  const list = told(value);
  return typeof list === "string" ? list : list.services.map(({ id }) => id);
}

/** The one service of a list, with the given fields in place of the canonical ones. */
function service(changes: Record<string, unknown>): ProviderService | undefined {
  const list = told([{ ...RAW, ...changes }]);
  return typeof list === "string" ? undefined : list.services[0];
}

describe("a list of services", () => {
  it.each<[string, unknown]>([
    ["in canonical form", [RAW, LIKES]],
    ["wrapped", { status: true, data: [RAW, LIKES] }],
    ["wrapped twice", { response: { result: [RAW, LIKES] } }],
    ["keyed by service id", { "1": RAW, "2": LIKES }],
    ["keyed by service id, wrapped", { status: "success", data: { "1": RAW, "2": LIKES } }],
    ["keyed by position", { "0": RAW, "7": LIKES }],
    ["with something else in it", [RAW, LIKES, null]],
    ["with a service told twice", [RAW, LIKES, { ...LIKES, name: "Other" }]],
    ["with as much rubbish as services", [RAW, { error: "x" }, LIKES, { service: null, name: "x" }]],
  ])("%s is read, and kept as it was sent", (_, value) => {
    expect(told(value)).toEqual({ list: [RAW, LIKES], services: [FOLLOWERS, { ...FOLLOWERS, id: "2", name: "Likes" }] });
  });

  it("has no rate for a service that it tells twice at two", () => {
    const rates = (...listed: unknown[]) => {
      const reading = readServices(
        listed.map((rate) => ({ ...RAW, rate })),
        KEY,
      );
      return reading.kind === "read" ? reading.value.services.map(({ rate }) => rate) : [];
    };
    expect(rates("0.90", "1.50")).toEqual([null]);
    expect(rates("0.90", "1.50", "0.90")).toEqual([null]);
    expect(rates("0.90", null)).toEqual([null]);
    expect(rates("0.90", 0.9)).toEqual(["0.90"]);
  });

  it.each<[string, unknown[], string | null, (string | null)[]]>([
    ["a currency without cents among others", ["0.90", "12.000 ₫"], null, ["0.90", null]],
    ["currencies without cents", ["12.000 ₫", "5.500 ₫"], null, ["12000", "5500"]],
    ["a currency without cents, and a comma for decimals", ["2,5", "12.000 ₫"], null, ["2.5", "12000"]],
    ["the provider's currency", ["12.000", "5.500"], "VND", ["12000", "5500"]],
    ["the provider's currency against the list", ["0.90", "12.000"], "VND", ["0.90", null]],
    ["the provider's currency, which has cents", ["12.000"], "USD", [null]],
  ])("reads rates by %s", (_, listed, usual, rates) => {
    const reading = readServices(
      listed.map((rate, n) => ({ ...RAW, service: n + 1, rate })),
      KEY,
      usual,
    );
    expect(reading.kind === "read" ? reading.value.services.map(({ rate }) => rate) : reading).toEqual(rates);
  });

  it("keyed by service id gets its ids from the keys where it has no others", () => {
    const { service: _, ...nameless } = RAW;
    expect(told({ "7": nameless })).toEqual({ list: [{ service: "7", ...nameless }], services: [{ ...FOLLOWERS, id: "7" }] });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["service", { service: "9" }, "9"],
    ["service, before id", { service: 9, id: 4 }, "9"],
    ["id", { service: undefined, id: 9 }, "9"],
    ["id, where service is a name", { service: "Instagram Followers", id: 9 }, "9"],
    ["service_id", { service: undefined, service_id: "9" }, "9"],
    ["package", { service: undefined, package: 9 }, "9"],
    ["id, where package is a mark", { service: undefined, id: 9, package: 1 }, "9"],
  ])("has its ids in %s", (_, changes, id) => {
    expect(service(changes)).toEqual({ ...FOLLOWERS, id });
  });

  it.each<[string, Record<string, unknown>, Partial<ProviderService>]>([
    ["no type", { type: undefined }, { type: "Default" }],
    ["an empty type", { type: " " }, { type: "Default" }],
    ["another type", { type: "Custom Comments" }, { type: "Custom Comments" }],
    ["numbers for figures", { rate: 0.9, min: 50, max: 10_000 }, { rate: "0.9" }],
    ["separators in figures", { rate: "$1,234.50", max: "1,000,000" }, { rate: "1234.50", max: 1_000_000 }],
    ["nothing for figures", { rate: null, min: null, max: "Unlimited" }, { rate: null, min: null, max: null }],
    ["a rate below zero", { rate: "-1" }, { rate: null }],
    ["flags as 1", { refill: 1, cancel: "1", dripfeed: 1 }, { dripfeed: true }],
    ["flags as words", { refill: "true", cancel: "Yes", drip_feed: "YES" }, { dripfeed: true }],
    ["flags that are off", { refill: 0, cancel: "false", dripfeed: "0" }, { refill: false, cancel: false, refusesRuns: true }],
    ["flags that are missing", { refill: undefined, cancel: null }, { refill: false, cancel: false }],
    ["a desc", { desc: "Start:\n 0-1h" }, { description: "Start: 0-1h" }],
    ["a description", { description: "Fast", desc: "" }, { description: "Fast" }],
    ["an empty desc", { desc: "" }, {}],
    ["no category", { category: undefined }, { category: "" }],
    ["long texts", { name: "n".repeat(600), category: "c".repeat(300) }, { name: "n".repeat(500), category: "c".repeat(200) }],
    ["a long description", { desc: "d".repeat(3000) }, { description: "d".repeat(2000) }],
    ["the key", { name: `For ${KEY}`, desc: `${KEY}!` }, { name: "For [key]", description: "[key]!" }],
    ["a price and no name", { name: "" }, { name: "" }],
  ])("may have %s", (_, changes, expected) => {
    expect(service(changes)).toEqual({ ...FOLLOWERS, ...expected });
  });

  it.each<[string, unknown, string]>([
    ["empty", [], "unreadable"],
    ["an empty object", {}, "unreadable"],
    ["null", null, "unreadable"],
    ["a text", "services", "unreadable"],
    ["rubbish", [1, "x", null, {}], "unreadable"],
    ["mostly rubbish", [RAW, null, {}], "unreadable"],
    ["without ids", [{ name: "Followers", rate: "1" }], "unreadable"],
    ["of ids that are none", [{ ...RAW, service: 0 }], "unreadable"],
    ["of something else with ids", [{ id: 1, status: "Completed" }], "unreadable"],
    ["a single service", RAW, "unreadable"],
    ["a balance", { balance: "5", currency: "USD" }, "unreadable"],
    ["an error", { error: "Invalid API key" }, "error: Invalid API key"],
    ["an error around a list", { status: "error", message: "Nope", data: [RAW] }, "error: Nope"],
  ])("that is %s is none", (_, value, expected) => {
    expect(idsOf(value)).toBe(expected);
  });

  it("is read again from what was kept", () => {
    const first = told({ status: true, data: { "7": { name: "Likes" }, "8": RAW } }) as ServiceList;
    expect(told(first.list)).toEqual(first);
  });
});

describe("asking for services", () => {
  async function outcome(response: Response): Promise<number | ProviderFailure> {
    const result = await askServices(
      portOf(() => response),
      SETTINGS,
    );
    return result.ok ? result.value.services.length : result.failure;
  }

  it("is passed on without the key, wherever a provider has written it", () => {
    const desc = `<a href="https://provider.example/help?key=${KEY}">How it works</a>`;
    const list = told([{ ...RAW, desc, links: [{ api: KEY }] }, LIKES]);
    if (typeof list === "string") expect.unreachable();
    expect(list.list).toEqual([
      { ...RAW, desc: '<a href="https://provider.example/help?key=[key]">How it works</a>', links: [{ api: "[key]" }] },
      LIKES,
    ]);
  });

  it("is passed on to the letter under a key that is too short to be one", () => {
    const reading = readServices([{ ...RAW, service: "1" }], "1");
    expect(reading).toMatchObject({ kind: "read", value: { list: [{ ...RAW, service: "1" }] } });
  });

  it("takes one call", async () => {
    const sent: Record<string, string>[] = [];
    const port = portOf(async (request) => {
      sent.push(await fieldsOfRequest(request));
      return json([RAW]);
    });
    expect(await askServices(port, SETTINGS)).toEqual({ ok: true, value: { list: [RAW], services: [FOLLOWERS] } });
    expect(sent).toEqual([{ key: KEY, action: "services" }]);
  });

  it("reads longer answers than other calls do, and none that is longer still", async () => {
    const body = JSON.stringify([RAW]);
    expect(await outcome(new Response(body.padEnd(MAX_ANSWER_BYTES + 1)))).toBe(1);
    expect(await outcome(new Response(body.padEnd(MAX_SERVICES_BYTES)))).toBe(1);
    const failure = { code: "too_large", limitBytes: MAX_SERVICES_BYTES };
    expect(await outcome(new Response(body.padEnd(MAX_SERVICES_BYTES + 1)))).toEqual(failure);
  });

  it("fails as any call does", async () => {
    expect(await outcome(json({ error: "Invalid API key" }))).toMatchObject({ code: "rejected_key" });
    expect(await outcome(json([]))).toEqual({ code: "bad_shape", message: "0 services in a list of 0" });
  });

  it("reads thousands of services at once", () => {
    const list = Array.from({ length: 6000 }, (_, n) => ({ ...RAW, service: n + 1, desc: "Start: 0-1h. Speed: 10k a day. ".repeat(3) }));
    const start = performance.now();
    expect(idsOf(list)).toHaveLength(6000);
    // Measured at 60 ms; the bound only tells a mistake in the order of magnitude.
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe("a service that is plainly written", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("Followers", "", " ", "a  b", " a", "Package", `x ${KEY} y`, "é", "0", "no", "x".repeat(501), null, 5),
  );
  const counts = fc.oneof(fc.integer(), fc.double(), fc.constantFrom("10", "0100", "1,000", "1.000", "-5", "", null, true, 2 ** 53));
  const amounts = fc.oneof(fc.double(), fc.constantFrom("0.90", "1.234", "0.123", "1,5", "$1", "-1", "1e3", "", null, 0.9, 12, "007"));
  const answers = fc.constantFrom(true, false, undefined, null, "1", "false", 0);
  const FIELDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    service: fc.oneof(counts, texts, fc.constantFrom("7", 7)),
    name: texts,
    type: texts,
    category: texts,
    rate: amounts,
    min: counts,
    max: counts,
    dripfeed: answers,
    refill: answers,
    cancel: answers,
    desc: texts,
    description: texts,
  };
  const change = fc.constantFrom(...Object.keys(FIELDS)).chain((name) => (FIELDS[name] ?? texts).map((value) => [name, value] as const));

  it("is read by the short way to the very same", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
        const raw = { ...RAW, dripfeed: false, ...Object.fromEntries(changes) };
        const [short, long] = [told([raw]), told([{ ...raw, a_field_of_its_own: 1 }])];
        expect(typeof short === "string" ? short : short.services).toEqual(typeof long === "string" ? long : long.services);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("the reader of services, for any JSON", () => {
  const NAMES = ["service", "id", "service_id", "package", "name", "rate", "min", "refill", "desc", "error", "data", "1", "__proto__"];
  const TEXTS = ["Followers", "0.90", "1,234", "", "yes", KEY, "\ud800", "\u0000", "1", "a b"];

  it("gives sound services, each with its entry, or says why not", () => {
    fc.assert(
      fc.property(anyJson(NAMES, TEXTS), (value) => {
        const list = told(value);
        if (typeof list === "string") return;
        expect(list.services.length).toBeGreaterThan(0);
        expect(list.list).toHaveLength(list.services.length);
        expect(new Set(list.services.map(({ id }) => id)).size).toBe(list.services.length);
        for (const { id, name, rate, min } of list.services) {
          expect(id).toMatch(/^[^\s,\p{Cc}]{1,64}$/u);
          expect(name).not.toContain(KEY);
          expect(JSON.stringify(list.list)).not.toContain(KEY);
          expect(rate ?? "1").toMatch(/^\d+(\.\d+)?$/);
          expect(min ?? 0).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/**
 * Real answers to everything but `status`, damaged on their way: what is made of them is of a known kind, and nothing is
 * taken for certain that the body does not say.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askBalance } from "../../../src/provider/api-v2/status.ts";
import type { FailureCode } from "../../../src/provider/failure.ts";
import { placeOrder } from "../../../src/provider/api-v2/place.ts";
import { askCancels, askRefills, askRefillStatuses } from "../../../src/provider/api-v2/refills-cancels.ts";
import { askServices } from "../../../src/provider/api-v2/services.ts";
import {
  byteDamage,
  type ByteDamage,
  type Damage,
  damagedBytes,
  damagedJson,
  damagedText,
  damageOf,
  type TextDamage,
  textDamage,
} from "../damage.ts";
import { KEY, portOf, SETTINGS } from "./fixtures.ts";

/** A run takes a fraction of a millisecond. For a search through the night: PROPERTY_RUNS=1000000. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 400);
/** Nothing here is timed; a shared machine may be slow. */
const SLOW = { timeout: Math.max(60_000, RUNS * 60) };

const NAMES =
  "order orders order_id id refill refills cancel status error errors message msg success data balance currency service name rate min";
const JSONS = [`"${KEY}"`, `{"error":"${KEY} is wrong"}`, `"success"`, `"error"`, "1", `"Completed"`, "true", "false"];

const damage = damageOf(NAMES.split(" "), JSONS, { extremes: true });
const inJson = fc.array(damage, { maxLength: 2 });
const inText = fc.array(textDamage, { maxLength: 2 });
const inBytes = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(byteDamage, { minLength: 1, maxLength: 3 }) },
);

const CODES: readonly FailureCode[] = [
  "http",
  "not_json",
  "too_large",
  "bad_shape",
  "rejected_key",
  "rate_limited",
  "blocked",
  "refused",
  "unsupported_many",
];
const STATUSES = [200, 200, 200, 400, 401, 404, 408, 422, 429, 500, 503] as const;

/** An answer, and what has happened to it. */
type Damaged = {
  readonly answer: unknown;
  readonly json: readonly Damage[];
  readonly text: readonly TextDamage[];
  readonly bytes: readonly ByteDamage[];
  readonly status: number;
};

function damaged(answers: readonly unknown[]): fc.Arbitrary<Damaged> {
  return fc.record({
    answer: fc.constantFrom(...answers),
    json: inJson,
    text: inText,
    bytes: inBytes,
    status: fc.constantFrom(...STATUSES),
  });
}

/** The same with nothing but what happens to bytes: no new words come into it. */
function worn(answers: readonly unknown[]): fc.Arbitrary<Damaged> {
  return fc.record({ answer: fc.constantFrom(...answers), json: fc.constant([]), text: inText, bytes: inBytes, status: fc.constant(200) });
}

/** An answer as it comes over the wire. */
type Sent = { readonly body: string; readonly response: Response };

function sentOf({ answer, json, text, bytes, status }: Damaged): Sent {
  const onTheWire = damagedBytes(damagedText(damagedJson(answer, json), text), bytes);
  return { body: new TextDecoder().decode(onTheWire), response: new Response(onTheWire, { status }) };
}

/** Whether an id is in a body, as a text or as a number in any spelling. */
function standsIn(body: string, id: string): boolean {
  const numbers = [...body.matchAll(/\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi)].map(([text]) => String(Number(text)));
  return numbers.includes(id) || body.replaceAll(/\\(["\\/])/g, "$1").includes(id);
}

async function check(answers: fc.Arbitrary<Damaged>, judge: (sent: Sent) => Promise<void>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(answers, (answer) => judge(sentOf(answer))),
    { numRuns: RUNS },
  );
}

const PLACED = [
  { order: 23501 },
  { order: "23501" },
  { status: "success", order: 23501 },
  { status: 100, order: 23501 },
  { status: true, data: { order: 23501 } },
  [{ order: 23501 }],
  { order: 23501, charge: "0.27819", currency: "USD" },
] as const;

const REFUSED = [
  { error: "neworder.error.not_enough_funds" },
  { error: "Недостаточно средств", status: "104" },
  { errors: { link: ["The link field is required."] } },
  { status: "error", msg: "Bad link" },
  { success: false, message: "Service inactive" },
] as const;

describe("the answer to `add`", SLOW, () => {
  it("says what became of the order in one of four ways, whatever has happened to it", async () => {
    const kinds = new Set<string>();
    await check(damaged([...PLACED, ...REFUSED, { error: "Invalid API key" }, "", null]), async ({ body, response }) => {
      const placed = await placeOrder(
        portOf(() => response),
        SETTINGS,
        { service: "1" },
        { takeCall: async () => false, value: null, isResend: false },
      );
      kinds.add(placed.kind);
      if (placed.kind === "placed") expect(standsIn(body, placed.id)).toBe(true);
      else expect(JSON.stringify(placed)).not.toContain(KEY);
      if (placed.kind === "refused") expect(placed.message.length).toBeGreaterThan(0);
      if ("failure" in placed) expect(CODES).toContain(placed.failure.code);
    });
    expect([...kinds].toSorted()).toEqual(["not_taken", "placed", "refused", "unclear"]);
  });

  it("that says it was placed is never worn into a refusal: the script would order anew", async () => {
    await check(worn(PLACED), async ({ response }) => {
      const { kind } = await placeOrder(
        portOf(() => response),
        SETTINGS,
        { service: "1" },
        { takeCall: async () => false, value: null, isResend: false },
      );
      expect(["placed", "unclear"]).toContain(kind);
    });
  });

  it("that says it was refused is never worn into an order", async () => {
    await check(worn(REFUSED), async ({ response }) => {
      const { kind } = await placeOrder(
        portOf(() => response),
        SETTINGS,
        { service: "1" },
        { takeCall: async () => false, value: null, isResend: false },
      );
      expect(["refused", "not_taken", "unclear"]).toContain(kind);
    });
  });
});

const GRANTED = {
  refill: [
    { refill: "1" },
    { refill: 1 },
    [
      { order: 1, refill: 1 },
      { order: 2, refill: { error: "Incorrect order ID" } },
    ],
    { "1": { refill: 5 }, "2": { refill: 6 } },
  ],
  cancel: [
    [
      { order: 1, cancel: 1 },
      { order: 2, cancel: { error: "Incorrect order ID" } },
    ],
    { status: "success", data: [{ order: 1, cancel: 1 }] },
  ],
  refill_status: [
    { status: "Completed" },
    [
      { refill: 1, status: "Completed" },
      { refill: 2, status: { error: "Refill not found" } },
    ],
  ],
} as const;

const TURNED_DOWN = [
  { error: "Incorrect order ID" },
  [{ order: 1, refill: { error: "No" }, cancel: { error: "No" } }],
  { status: "error", message: "Not supported" },
  { order: 1, refill: "Not available", cancel: "Not available" },
] as const;

describe.each([
  ["refill", askRefills, GRANTED.refill],
  ["cancel", askCancels, GRANTED.cancel],
  ["refill_status", askRefillStatuses, GRANTED.refill_status],
] as const)("the answer to `%s`", SLOW, (_, ask, answers) => {
  it.each([[["1"]], [["1", "2"]]])("is about no other than %j, and of a known kind", async (ids) => {
    let read = 0;
    await check(damaged([...answers, ...TURNED_DOWN, "", null]), async ({ response }) => {
      const said = await ask({ ...portOf(() => response), takeCall: async () => false, learn: () => {} }, SETTINGS, ids);
      if (!said.ok) {
        expect(CODES).toContain(said.failure.code);
        expect(JSON.stringify(said.failure)).not.toContain(KEY);
        return;
      }
      read += 1;
      for (const [id, one] of said.value) {
        expect(ids).toContain(id);
        expect(["accepted", "refused", "status", "unclear"]).toContain(one.kind);
        // The id of a refill is passed on as it is.
        if (one.kind !== "accepted") expect(JSON.stringify(one)).not.toContain(KEY);
      }
    });
    expect(read).toBeGreaterThan(RUNS / 50);
  });

  it("that is a no is never worn into a yes", async () => {
    await check(worn(TURNED_DOWN), async ({ response }) => {
      const said = await ask({ ...portOf(() => response), takeCall: async () => false, learn: () => {} }, SETTINGS, ["1"]);
      expect(said.ok ? [...said.value.values()].filter(({ kind }) => kind === "accepted") : []).toEqual([]);
    });
  });
});

describe("the answer to `balance`", SLOW, () => {
  it("is a decimal that stands in it, or of no use", async () => {
    let read = 0;
    const answers = [
      { balance: "100.84292", currency: "USD" },
      { balance: 100.84292 },
      { status: "success", data: { balance: "1,100.84", currency: "TRY" } },
      { error: "x" },
    ];
    await check(damaged(answers), async ({ response }) => {
      const said = await askBalance(
        portOf(() => response),
        SETTINGS,
      );
      expect(JSON.stringify(said)).not.toContain(KEY);
      if (!said.ok) {
        expect(CODES).toContain(said.failure.code);
        return;
      }
      read += 1;
      expect(said.value.balance).toMatch(/^-?\d{1,104}(\.\d{1,104})?$/);
      expect(said.value.currency ?? "USD").toMatch(/^[A-Z0-9]{3,10}$/);
    });
    expect(read).toBeGreaterThan(RUNS / 50);
  });
});

describe("the answer to `services`", SLOW, () => {
  const SERVICE = {
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
  const SERVICES = [SERVICE, { ...SERVICE, service: 2, rate: "1234.5", desc: "<b>Fast</b>" }, { ...SERVICE, service: "3", name: "لایک" }];

  it("lists services once each, with prices that are prices, or is of no use", async () => {
    let read = 0;
    const answers = [
      SERVICES,
      { data: SERVICES },
      [...SERVICES, SERVICE],
      { "1": SERVICE, "2": { ...SERVICE, service: 2 } },
      { error: "x" },
    ];
    await check(damaged(answers), async ({ body, response }) => {
      const said = await askServices(
        portOf(() => response),
        SETTINGS,
      );
      if (!said.ok) {
        expect(CODES).toContain(said.failure.code);
        expect(JSON.stringify(said.failure)).not.toContain(KEY);
        return;
      }
      read += 1;
      const { list, services } = said.value;
      expect(list).toHaveLength(services.length);
      expect(new Set(services.map(({ id }) => id)).size).toBe(services.length);
      for (const { id, rate, min, max } of services) {
        expect(standsIn(body, id)).toBe(true);
        expect(rate ?? "1").toMatch(/^\d+(\.\d+)?$/);
        expect([min, max].every((count) => count === null || (Number.isSafeInteger(count) && count >= 0))).toBe(true);
      }
      const texts = services.map(({ name, type, category, description }) => [name, type, category, description]);
      expect(JSON.stringify([texts, list.map((entry) => Object.values(entry))])).not.toContain(KEY);
    });
    expect(read).toBeGreaterThan(RUNS / 50);
  });
});

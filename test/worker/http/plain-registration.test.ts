/**
 * Orders that are read by plain comparisons are those that the schema takes, and come out as it makes them.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { validate } from "../../../src/http/kit/validate.ts";
import { readPlainRegistration } from "../../../src/http/v1/orders/plain-registration.ts";
import { registrationSchema } from "../../../src/http/v1/orders/registration-schema.ts";

const NOW = Date.UTC(2026, 0, 31, 12);
const schema = registrationSchema(NOW);

const ORDER = { id: "1001", provider: "acme", provider_order_id: "23501", quantity: 1000, charge: "0.9" };
const WHOLE = {
  ...ORDER,
  currency: "USD",
  service: "12",
  link: "https://social.example/p/1?a=b#c",
  customer: "ann",
  placed_at: "2026-01-31T11:59:59.123Z",
  runs: 2,
  posts: null,
  start_minutes: 60,
  duration_minutes: 1440,
  cost: "0.123456789",
  cost_currency: "EUR",
  status: "In progress",
  refunded: "0.1",
};

describe("an order with nothing wrong", () => {
  it.each([
    ["the least of one", ORDER],
    ["all of one", WHOLE],
    ["an id as a number", { ...ORDER, provider_order_id: 23501 }],
    ["nulls", { ...ORDER, currency: null, service: null, link: null, customer: null, placed_at: null, refunded: null, status: null }],
    ["a time without thousandths", { ...ORDER, placed_at: "2026-01-31T12:00:00Z" }],
    ["a name with spaces", { ...ORDER, customer: "Ann B. Cole", link: "a b" }],
  ])("is read at once: %s", (_, order) => {
    expect(readPlainRegistration(order, NOW)).not.toBeNull();
    expect({ ok: true, value: readPlainRegistration(order, NOW) }).toEqual(validate(schema, order));
  });
});

describe("any other", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.string({ minLength: 60, maxLength: 140 }),
    fc.constantFrom("", " ", ".", "..", "@panel", "@", " a", "a ", "a,b", "a b", "\0", "a\u200bb", "\ud800", "é", "x".repeat(2049)),
  );
  const amounts = fc.oneof(
    fc.constantFrom("0", "0.9", "00.90", "-1", "1.", ".5", "1e3", "1,5", "0.1234567", "9007199254.740991", "9007199254.740992", 0.9),
    fc.stringMatching(/^\d{1,20}(\.\d{1,8})?$/),
  );
  const counts = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, -0, 2 ** 31 - 1, 2 ** 31, 527_040, 527_041, 1.5, "1"));
  const times = fc.oneof(
    fc.date({ min: new Date(0), max: new Date(NOW + 3 * 86_400_000), noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constantFrom(
      ...[
        "2026-02-30T12:00:00Z 2026-01-30T24:00:00Z 2026-01-30T12:00:60Z 2026-01-30T12:00Z 2026-01-30T12:00:00 2026-01-30",
        "2026-01-30T12:00:00+02:00 2010-01-01T00:00:00Z 2009-12-31T23:59:59.999Z 2026-02-01T12:00:00.000Z 2023-02-29T00:00:00Z",
        "2026-02-01T12:00:00.001Z 2024-02-29T00:00:00Z 2026-01-30T12:00:00.1Z 2026-01-30t12:00:00z -00001-01-01T00:00:00Z",
      ].flatMap((line) => line.split(" ")),
    ),
  );
  const FIELDS = {
    id: texts,
    provider: texts,
    provider_order_id: fc.oneof(texts, counts),
    quantity: counts,
    charge: amounts,
    currency: fc.oneof(texts, fc.constantFrom("USD", "usd", "USDT", "ABCDEFGHIJK", "U$")),
    service: texts,
    link: texts,
    customer: texts,
    placed_at: times,
    runs: counts,
    posts: counts,
    start_minutes: counts,
    duration_minutes: counts,
    cost: fc.oneof(amounts, fc.stringMatching(/^\d{1,16}(\.\d{1,10})?$/)),
    cost_currency: texts,
    status: fc.oneof(texts, fc.constantFrom("Pending", "in_progress", "COMPLETED ", "no word", " partial", "Cancelled")),
    refunded: amounts,
  };
  const anything = fc.oneof({ weight: 1, arbitrary: fc.jsonValue() }, { weight: 1, arbitrary: fc.constantFrom(null, undefined) });
  const changed = fc
    .constantFrom(...(Object.keys(FIELDS) as (keyof typeof FIELDS)[]))
    .chain((name) =>
      fc
        .oneof({ weight: 5, arbitrary: FIELDS[name] as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: anything })
        .map((value) => [name, value] as const),
    );

  it("is as the schema has it, or left to the schema", () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom(ORDER, WHOLE), fc.array(changed, { minLength: 1, maxLength: 3 }), (order, changes) => {
        const given = { ...order, ...Object.fromEntries(changes) };
        const plain = readPlainRegistration(given, NOW);
        if (plain === null) return;
        taken += 1;
        expect({ ok: true, value: plain }).toEqual(validate(schema, given));
      }),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it("is left to the schema: what is no order, and what has fields that are not known", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(readPlainRegistration(value, NOW)).toBeNull();
      }),
    );
    expect(readPlainRegistration({ ...ORDER, charges: "1" }, NOW)).toBeNull();
    expect(readPlainRegistration([ORDER], NOW)).toBeNull();
    expect(readPlainRegistration(JSON.parse('{"__proto__":{},"id":"1"}'), NOW)).toBeNull();
  });
});

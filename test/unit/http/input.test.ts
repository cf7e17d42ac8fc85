/**
 * Reading what clients send: total over any input, and exact over what is allowed.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { validate, type Schema } from "../../../src/http/kit/validate.ts";
import { cursorParam, encodeCursor } from "../../../src/http/kit/page.ts";
import { toHex } from "../../../src/domain/hex.ts";
import { isSameHash, sha256Hex } from "../../../src/http/kit/hash.ts";
import { errorObject } from "../../../src/http/kit/errors.ts";
import { amount, foreignId, moment, optional, price, slug, text } from "../../../src/http/kit/fields.ts";
import { booleanParam, limitParam, readQuery, wholeNumberParam } from "../../../src/http/kit/query.ts";

const place = z.tuple([z.int(), z.string()]);

function problems(schema: Schema<unknown>, value: unknown): string[] {
  const result = validate(schema, value);
  return result.ok || result.failure.code !== "invalid_request"
    ? []
    : result.failure.fields.map(({ path, message }) => `${path}: ${message}`);
}

describe("a cursor", () => {
  it("comes back as the place it was made of, in letters that need no encoding", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.stringMatching(/^[A-Za-z0-9._-]{0,64}$/), (n, id) => {
        const cursor = encodeCursor([n, id]);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(validate(cursorParam(place), cursor)).toEqual({ ok: true, value: [n, id] });
      }),
    );
  });

  it("of any other text is refused, and never an error", () => {
    const isTaken = (given: string) => validate(cursorParam(place), given).ok;
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (given) => {
        expect(isTaken(given)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isTaken(btoa(encodeURI(JSON.stringify(value))))).toBe(false);
      }),
    );
  });
});

describe("query parameters", () => {
  const schema = z.strictObject({
    limit: limitParam,
    after: z.prefault(wholeNumberParam(0, 10), "3"),
    closed: z.exactOptional(booleanParam),
  });
  const read = (query: string) => readQuery(new URL(`http://x/?${query}`), schema);

  it.each([
    ["", { limit: 50, after: 3 }],
    ["limit=500&after=0&closed=true", { limit: 500, after: 0, closed: true }],
    ["closed=false", { limit: 50, after: 3, closed: false }],
  ])("%s reads as %j", (query, expected) => {
    expect(read(query)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ["limit=501", ["limit"]],
    ["limit=-1", ["limit"]],
    ["limit=1e1", ["limit"]],
    ["after=99999999999999999999", ["after"]],
    ["limit=", ["limit"]],
    ["limit=1&limit=2", ["limit"]],
    ["a=1&b=&limit=x", ["b", "limit", "a"]],
    ["__proto__=x&constructor=y", ["__proto__", "constructor"]],
  ])("%s is refused, naming %j", (query, expected) => {
    const result = read(query);
    expect(result.ok ? [] : result.failure.code === "invalid_request" && result.failure.fields.map(({ path }) => path)).toEqual(expected);
  });

  it("that are wrong in thousands of places are told of some, by the beginnings of their names", () => {
    const result = read(`${"a&".repeat(5000)}${"b".repeat(5000)}=`);
    if (result.ok) expect.unreachable();
    expect(JSON.stringify(errorObject(result.failure)).length).toBeLessThan(10_000);
    expect(errorObject(result.failure).details?.fields).toHaveLength(50);
    const long = read(`${"b".repeat(5000)}=`);
    if (long.ok) expect.unreachable();
    expect(JSON.stringify(errorObject(long.failure)).length).toBeLessThan(1000);
  });

  it("of any sort never make an error of ours", () => {
    fc.assert(
      fc.property(fc.webQueryParameters(), (query) => {
        expect(read(query).ok).toBeTypeOf("boolean");
      }),
    );
  });
});

describe("fields", () => {
  it("of any sort never make an error of ours", () => {
    const schemas: Schema<unknown>[] = [amount, foreignId, moment, price, slug, text(5), optional(amount)];
    for (const schema of schemas) {
      const isJudged = (value: unknown): void => {
        expect(validate(schema, value).ok).toBeTypeOf("boolean");
      };
      fc.assert(fc.property(fc.anything(), isJudged));
      fc.assert(fc.property(fc.string({ unit: "binary" }), isJudged));
    }
  });

  it.each<[Schema<unknown>, unknown, string]>([
    [amount, 0.9, ": must be a string"],
    [amount, "0.1234567", ": must have at most 6 decimals"],
    [amount, "9007199254.740992", ": is more than"],
    [amount, "", ": must be a decimal string"],
    [amount, undefined, ": is required"],
    [foreignId, "", ": must have at least 1 character"],
    [foreignId, "x".repeat(65), ": must have at most 64 characters"],
    [text(5), null, ": must be a string, not null"],
    [text(5), [], ": must be a string, not a list"],
    [z.int(), 1.5, ": must be a whole number, not a fraction"],
    [z.array(slug), ["ok", "not ok"], "[1]: must be 1 to 64"],
    [z.strictObject({ a: z.strictObject({ b: slug }) }), { a: { b: 1 } }, "a.b: must be a string"],
    [z.strictObject({ a: z.exactOptional(slug) }), { b: 1, "c d": 2 }, "b: is not known here; known are a"],
    [z.enum(["x", "y"]), "z", ": must be one of x, y"],
  ])("%# are refused in words", (schema, value, expected) => {
    expect(problems(schema, value)[0]).toMatch(new RegExp(`^${expected.replace(/[[\]]/g, "\\$&")}`));
  });

  const forms = z.discriminatedUnion("form", [z.strictObject({ form: z.literal("a") }), z.strictObject({ form: z.literal("b") })]);
  const named = z.string().check(z.refine((name: string) => name !== "x", { error: "is kept for something else" }));
  const kinds: Record<z.core.$ZodIssueCode, readonly (readonly [Schema<unknown>, unknown, string])[]> = {
    invalid_type: [
      [slug, undefined, ": is required"],
      [slug, 5, ": must be a string, not a number"],
      [z.strictObject({ s: forms }), {}, "s: is required"],
      [forms, "a", ": must be an object, not a string"],
    ],
    invalid_value: [
      [z.strictObject({ a: z.enum(["x", "y"]) }), {}, "a: is required: one of x, y"],
      [z.strictObject({ a: z.literal("x") }), { a: "y" }, "a: must be x"],
    ],
    too_small: [
      [z.int().check(z.gte(5)), 4, ": must be at least 5"],
      [z.number().check(z.gt(5)), 5, ": must be more than 5"],
      [z.array(slug).check(z.minLength(1)), [], ": must have at least 1 entry"],
    ],
    too_big: [
      [z.int().check(z.lte(5)), 6, ": must be at most 5"],
      [z.number().check(z.lt(5)), 5, ": must be less than 5"],
    ],
    not_multiple_of: [[z.int().check(z.multipleOf(5)), 6, ": must be a multiple of 5"]],
    invalid_format: [
      [z.string().check(z.regex(/^a$/)), "b", ": must have the form /^a$/"],
      [z.iso.date(), "b", ": must have the form date"],
    ],
    unrecognized_keys: [
      [z.strictObject({ a: slug }), { a: "x", b: 1 }, "b: is not known here; known are a"],
      [z.strictObject({}), { "": 1 }, '"": is not known here; known are none'],
      [z.partialRecord(z.enum(["a", "b"]), slug), { c: "x" }, "c: is not known here; known are a, b"],
    ],
    invalid_union: [
      [forms, {}, "form: is required: one of a, b"],
      [forms, { form: "c" }, "form: must be one of a, b"],
      [z.strictObject({ s: z.nullable(forms) }), { s: { form: 5 } }, "s.form: must be one of a, b"],
      [z.union([z.int(), z.array(z.int())]), ["x"], ": must be a number, not a list; or has [0], which must be a number, not a string"],
    ],
    invalid_key: [
      [z.record(named, slug), { x: "y" }, "x: is kept for something else"],
      [z.strictObject({ a: z.record(z.string().check(z.minLength(1)), slug) }), { a: { "": "y" } }, 'a."": must have at least 1 character'],
    ],
    invalid_element: [[z.map(z.strictObject({}), slug), new Map([[{}, 5]]), ": must be a string, not a number"]],
    custom: [[named, "x", ": is kept for something else"]],
  };

  it.each(Object.entries(kinds).flatMap(([kind, cases]) => cases.map((each) => [kind, ...each] as const)))(
    "that are wrong by %s are told what is wrong (%#)",
    (_kind, schema, value, expected) => {
      expect(problems(schema, value)).toEqual([expected]);
    },
  );

  it("an offset counts, and null stands for a field left out", () => {
    expect(validate(moment, "2026-01-01T02:00:00.5+02:00")).toEqual({ ok: true, value: Date.UTC(2026, 0, 1, 0, 0, 0, 500) });
    expect(validate(z.strictObject({ a: optional(slug) }), { a: null })).toEqual(validate(z.strictObject({ a: optional(slug) }), {}));
  });
});

describe("digests", () => {
  it("are SHA-256 in hex, compared whole", async () => {
    expect(await sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(toHex(new Uint8Array([0, 15, 255]))).toBe("000fff");
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect([isSameHash(a, b), isSameHash(a, a)]).toEqual([a === b, true]);
      }),
    );
  });
});

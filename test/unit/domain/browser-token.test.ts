import { describe, expect, it } from "vitest";
import { reaches, readClaims } from "../../../src/domain/browser-token.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const SECONDS = NOW / 1000;
const good = { iss: "main", exp: SECONDS + 3600, orders: ["1001"] };

describe("the claims of a token", () => {
  it.each([
    ["orders", { orders: ["1001", "1002"] }, { by: "orders", orders: ["1001", "1002"] }],
    ["orders as numbers", { orders: [1001] }, { by: "orders", orders: ["1001"] }],
    ["a customer", { orders: undefined, customer: "ann" }, { by: "customer", customer: "ann" }],
    ["orders, good from a minute ahead on", { nbf: SECONDS + 60, iat: SECONDS + 60, orders: ["7"] }, { by: "orders", orders: ["7"] }],
    ["a customer as a number", { orders: undefined, customer: 7 }, { by: "customer", customer: "7" }],
  ])("name %s", (_what, over, reach) => {
    expect(readClaims({ ...good, ...over }, NOW)).toEqual({ ok: true, value: { panel: "main", expiresAt: NOW + 3_600_000, reach } });
  });

  it.each([
    ["24 hours and the tolerance ahead", 86_400 + 60, true],
    ["more than that", 86_400 + 61, false],
    ["milliseconds in place of seconds", SECONDS * 999, false],
    ["the tolerance ago, less a second", -59, true],
    ["the tolerance ago", -60, false],
  ])("end %s", (_when, ahead, isTaken) => {
    expect(readClaims({ ...good, exp: SECONDS + ahead }, NOW).ok).toBe(isTaken);
  });

  it("that ended are told apart from those that make no sense", () => {
    const ended = readClaims({ ...good, exp: SECONDS - 100 }, NOW);
    expect(ended).toEqual({ ok: false, failure: { why: "expired", at: "2026-11-21T11:58:20.000Z" } });
  });

  it.each([
    null,
    "text",
    {},
    { ...good, iss: undefined },
    { ...good, iss: "" },
    { ...good, iss: 5 },
    { ...good, exp: "3600" },
    { ...good, exp: undefined },
    { ...good, exp: Number.POSITIVE_INFINITY },
    { ...good, nbf: SECONDS + 61 },
    { ...good, nbf: SECONDS * 1000 },
    { ...good, nbf: "soon" },
    { ...good, iat: String(SECONDS) },
    { ...good, iat: null },
    { ...good, orders: undefined },
    { ...good, customer: "ann" },
    { ...good, orders: [] },
    { ...good, orders: "1001" },
    { ...good, orders: [""] },
    { ...good, orders: [null] },
    { ...good, orders: [1.5] },
    { ...good, orders: Array.from({ length: 101 }, String) },
    { ...good, orders: undefined, customer: null },
    { ...good, orders: undefined, customer: "" },
    { ...good, orders: undefined, customer: ["ann"] },
  ])("%j is none", (claims) => {
    expect(readClaims(claims, NOW)).toMatchObject({ ok: false, failure: { why: "malformed" } });
  });

  it("reach what they name, and no order without a customer", () => {
    const order = { id: "1001", customer: null };
    expect(reaches({ by: "orders", orders: ["1001"] }, order)).toBe(true);
    expect(reaches({ by: "orders", orders: ["1002"] }, order)).toBe(false);
    expect(reaches({ by: "customer", customer: "ann" }, order)).toBe(false);
    expect(reaches({ by: "customer", customer: "ann" }, { id: "1", customer: "ann" })).toBe(true);
  });
});

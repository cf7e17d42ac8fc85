import { describe, expect, test } from "vitest";
import { readAnswer } from "../../../tracker/answer.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  readAnswer(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }), NOW);
const error = (code: string) => ({ error: { code, message: "Why." } });

describe("an answer", () => {
  test("brings orders, and says how long they are new", async () => {
    const body = { orders: [{ id: "1001" }], missing: ["1002"] };
    expect(await answer(200, body, { "Cache-Control": "private, max-age=7" })).toEqual({
      kind: "orders",
      orders: body.orders,
      maxAgeMs: 7000,
    });
    expect(await answer(200, body)).toMatchObject({ maxAgeMs: 60_000 });
  });

  test.each([
    ["seconds", "30", 30_000],
    ["a date", new Date(NOW + 90_000).toUTCString(), 90_000],
    ["a date that is over", new Date(NOW - 90_000).toUTCString(), 0],
    ["something else", "soon", 0],
    ["a year", "31536000", 86_400_000],
  ])("that asks for patience is taken at its word: %s", async (_what, retryAfter, retryAfterMs) => {
    for (const status of [429, 503])
      expect(await answer(status, error("slow_down"), { "Retry-After": retryAfter })).toEqual({ kind: "failed", retryAfterMs });
  });

  test.each([
    ["a page of somebody else's with 200", 200, "<html>"],
    ["a server that broke", 500, "oops"],
    ["a gateway's page", 502, "<html>"],
  ])("is none when it is %s", async (_what, status, body) => {
    expect(await answer(status, body)).toEqual({ kind: "failed", retryAfterMs: 0 });
  });

  test.each([
    [401, "token_expired", "expired"],
    [401, "token_foreign", "foreign"],
    [401, "token_invalid", "refused"],
    [403, "token_forbidden", "refused"],
    [403, "panel_disabled", "refused"],
    [422, "invalid_request", "refused"],
    [400, "constructor", "refused"],
  ])("with %i says why no other will come: %s", async (status, code, kind) => {
    expect(await answer(status, error(code))).toEqual({ kind, message: `${status} ${code}: Why.` });
  });

  test("of a page that is no API's is refused, too", async () => {
    expect(await answer(404, "<html>")).toEqual({ kind: "refused", message: "404 : " });
  });
});

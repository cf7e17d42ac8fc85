import { describe, expect, test } from "vitest";
import { readAnswer } from "../../../tracker/answer.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  readAnswer(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }), NOW);
const error = (code: string) => ({ error: { code, message: "Why." } });

describe("an answer", () => {
  test("brings orders, and says how long they are new", async () => {
    const body = { orders: [{ id: "1001" }], missing: ["1002"] };
    expect(await answer(200, body, { "Cache-Control": "private, max-age=7" })).toEqual({ kind: "orders", ...body, maxAgeMs: 7000 });
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

  test("tells a token that has expired from one that is refused", async () => {
    expect(await answer(401, error("token_expired"))).toEqual({ kind: "expired" });
    expect(await answer(401, error("token_foreign"))).toEqual({ kind: "expired" });
    expect(await answer(401, error("token_invalid"))).toEqual({ kind: "refused", message: "401 token_invalid: Why." });
    expect(await answer(403, error("token_forbidden"))).toMatchObject({ kind: "refused" });
    expect(await answer(404, "<html>")).toMatchObject({ kind: "refused" });
  });
});

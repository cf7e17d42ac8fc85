import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AdminTokenProblem, checkAdminToken, describeAdminTokenProblem } from "../../../src/domain/admin-token.ts";

function problemOf(token: string | undefined): AdminTokenProblem["code"] | "good" {
  const checked = checkAdminToken(token);
  return checked.ok ? "good" : checked.failure.code;
}

const GOOD = "Zq8vLw3xRt6bNp0kYc5dSf2gHj9mKe1u";

describe("the operator's token", () => {
  it.each<[AdminTokenProblem["code"] | "good", string | undefined]>([
    ["missing", undefined],
    ["missing", ""],
    ["too_short", "a".repeat(16)],
    ["too_short", "change-me"],
    ["too_short", GOOD.slice(1)],
    ["good", GOOD],
    ["too_long", GOOD + "x".repeat(225)],
    ["unsendable", `${GOOD} ${GOOD}`],
    ["unsendable", `${GOOD}\n`],
    ["unsendable", `${GOOD}é`],
    ["few_characters", "a".repeat(32)],
    ["few_characters", "ab".repeat(16)],
    ["few_characters", "password".repeat(4)],
    ["few_characters", "112233445566778899".repeat(2)],
    ["pattern", "abcdefghij".repeat(4)],
    ["pattern", "correct-horse-battery-staple.".repeat(2)],
    ["pattern", `${GOOD.slice(0, 20)}${GOOD.slice(0, 20)}`],
    ["pattern", GOOD.repeat(2).slice(0, 50).replace("8", "!")],
    ["pattern", "Admin-Token-1-admin-token-2-ADMIN-TOKEN-3"],
    ["pattern", "panelsync!2024panelsync!2025panelsync"],
    ["pattern", "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"],
    ["pattern", "aabbccddeeffgghhiijjkkllmmnnoopp"],
    ["pattern", "abcdefghijklmnopqrstuvwxyz0123456789"],
    ["pattern", "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210"],
    ["pattern", "acegikmoqsuwyACEGIKMOQSUWY1357913579"],
    ["good", "correct-horse-battery-staple-and-more"],
  ])("is %s: %j", (expected, token) => {
    expect(problemOf(token)).toBe(expected);
  });

  it.each<[string, () => fc.Arbitrary<string>]>([
    ["24 bytes in base64url", () => bytes(24).map((each) => Buffer.from(each).toString("base64url"))],
    ["32 bytes in base64", () => bytes(32).map((each) => Buffer.from(each).toString("base64"))],
    ["32 bytes in hex", () => bytes(32).map((each) => Buffer.from(each).toString("hex"))],
    ["16 bytes in hex", () => bytes(16).map((each) => Buffer.from(each).toString("hex"))],
  ])("is good as %s, whatever is drawn", (_how, drawn) => {
    // Seeded: of a million draws, a few would be turned down.
    const tokens = fc.sample(drawn(), { numRuns: 2000, seed: 1 });
    expect(tokens.filter((token) => problemOf(token) !== "good")).toEqual([]);
  });

  it("that is refused is told without any of it", () => {
    for (const token of ["a".repeat(40), "abcdefghij".repeat(4), "short-secret", `${GOOD} x`]) {
      const checked = checkAdminToken(token);
      const told = checked.ok ? "" : describeAdminTokenProblem(checked.failure);
      expect(told).toContain("ADMIN_TOKEN");
      expect(told).not.toContain(token.slice(0, 8));
    }
  });
});

/** Without fast-check's love of small numbers: a token is drawn evenly. */
function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.noBias(fc.uint8Array({ minLength: length, maxLength: length }));
}

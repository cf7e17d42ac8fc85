import { describe, expect, it } from "vitest";
import { maxAgeSeconds } from "../../../src/domain/browser-view.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const at = (seconds: number | null) => ({ next_check_at: seconds === null ? null : new Date(NOW + seconds * 1000).toISOString() });

describe("how long a page keeps an answer", () => {
  it.each([
    ["until the next check has been written", [20], 25],
    ["a minute at most", [3600], 60],
    ["a second at least", [-30], 1],
    ["a minute where nobody looks any more", [null], 60],
    ["a minute where there is no order", [], 60],
    ["until the first of several", [null, 300, 10], 15],
  ])("%s", (_what, seconds, age) => {
    expect(maxAgeSeconds(seconds.map(at), NOW)).toBe(age);
  });
});

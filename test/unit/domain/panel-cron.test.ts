import { describe, expect, it } from "vitest";
import { afterCall, type CronCall, cronTurn, type DueCron, MAX_CALLS_KEPT } from "../../../src/domain/panel-cron.ts";

function cron(panel: string, id: string, over: Partial<DueCron> = {}): DueCron {
  return { panel, id, url: "", everyMinutes: 5, calledMinute: 100, failures: 0, calls: [], ...over };
}
const took = (durationMs: number): readonly CronCall[] => [[0, durationMs, 200, null]];
const names = (turn: readonly DueCron[]) => turn.map(({ panel, id }) => `${panel}${id}`);

describe("whose turn it is", () => {
  it("is one of each panel first, the most overdue", () => {
    const ten = Array.from({ length: 10 }, (_, i) => cron("a", `${i}`, { calledMinute: i }));
    const turn = names(cronTurn([...ten, cron("b", "0"), cron("c", "0")], 4));
    expect(new Set(turn)).toEqual(new Set(["a0", "b0", "c0", "a1"]));
  });

  it("is the slow one's last, so that it keeps none waiting", () => {
    const slow = cron("a", "slow", { calls: took(20_000), calledMinute: 1 });
    expect(names(cronTurn([slow, cron("a", "quick"), cron("b", "quick")], 3))).toEqual(["aquick", "bquick", "aslow"]);
    expect(names(cronTurn([slow, cron("a", "quick")], 1))).toEqual(["aquick"]);
  });
});

describe("what is kept of a call", () => {
  it("is the last ones, newest first, and how many failed in a row", () => {
    let kept: Pick<DueCron, "calls" | "failures"> = { calls: [], failures: 0 };
    for (let i = 1; i <= MAX_CALLS_KEPT + 5; i++) kept = afterCall(kept, [i, 1, 500, "It answered HTTP 500."]);
    expect([kept.calls.length, kept.calls[0]?.[0], kept.failures]).toEqual([MAX_CALLS_KEPT, MAX_CALLS_KEPT + 5, MAX_CALLS_KEPT + 5]);
    expect(afterCall(kept, [99, 1, 200, null]).failures).toBe(0);
  });
});

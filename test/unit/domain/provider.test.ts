import { describe, expect, it } from "vitest";
import { afterPoll, circuitOf, isDown, isTroubled, type PollOutcome, type ProviderState } from "../../../src/domain/provider.ts";
import { MINUTE, NOW } from "./orders.ts";

const fresh: ProviderState = {
  enabled: true,
  many: "unknown",
  learnedBatchSize: 100,
  batchHalvings: 0,
  lastPollMs: 0,
  failures: 0,
  retryAt: null,
  lastSuccessAt: null,
  lastFailureAt: null,
  lastFailure: null,
  callsDay: 0,
  callsToday: 0,
  unknownWords: {},
  unreadOrders: {},
  clock: null,
  coverage: [],
  endings: [],
  brakeEngagedAt: null,
  brakedPanels: {},
  brakeEvidence: null,
  rowsToday: 0,
  messagesToday: 0,
  hours: [],
};
const good: PollOutcome = {
  calls: 1,
  failedCalls: 0,
  answered: true,
  failure: null,
  unknownWords: [],
  rows: 0,
  messages: 0,
  unanswered: 0,
  tookMs: 20,
  lateMs: null,
};
const failing = (code: string, retryAfterSeconds: number | null = null): PollOutcome => ({
  ...good,
  failedCalls: 1,
  answered: false,
  unanswered: 5,
  failure: { code, message: code, retryAfterSeconds },
});

function polls(...outcomes: readonly PollOutcome[]): ProviderState {
  return outcomes.reduce((state, outcome, i) => afterPoll(state, outcome, NOW + i * MINUTE), fresh);
}

describe("the rows of a day", () => {
  it("count the poll's own and those of its orders; a new day begins at none", () => {
    const written = polls({ ...good, rows: 32 }, { ...good, rows: 5 });
    expect(written.rowsToday).toBe(1 + 32 + 1 + 5);
    expect(afterPoll(written, good, NOW + 24 * 60 * MINUTE).rowsToday).toBe(1);
  });

  it("count the messages that no tick has sent, each once", () => {
    const checked = polls({ ...good, messages: 1 }, good, { ...good, messages: 1 });
    expect(checked.messagesToday).toBe(2);
    expect(afterPoll(checked, { ...good, messages: 1 }, NOW + 24 * 60 * MINUTE).messagesToday).toBe(1);
  });
});

describe("the circuit", () => {
  it("opens after three failures in a row, probes at the next tick, and closes on an answer", () => {
    expect(isDown(polls(failing("timeout"), failing("timeout")))).toBe(false);
    const down = polls(failing("timeout"), failing("timeout"), failing("network"));
    expect([isDown(down), circuitOf(down, NOW + 3 * MINUTE)]).toEqual([true, "probing"]);
    expect(circuitOf(afterPoll(down, good, NOW + 3 * MINUTE), NOW + 3 * MINUTE)).toBe("closed");
  });

  it("stays closed while some calls bring answers", () => {
    expect(polls(...Array.from({ length: 9 }, () => ({ ...failing("http"), answered: true }))).retryAt).toBeNull();
  });

  it("waits longer each time a provider blocks or rejects, up to half an hour", () => {
    for (const code of ["blocked", "rejected_key"]) {
      const waits = [1, 2, 3, 9].map(
        (times) => (polls(...Array.from({ length: times }, () => failing(code))).retryAt ?? 0) - NOW - (times - 1) * MINUTE,
      );
      expect(waits.map((ms) => ms / MINUTE)).toEqual([2, 4, 8, 30]);
    }
  });

  it("leaves a provider that limits its rate alone for as long as it says, and does not call it down", () => {
    const limited = polls({ ...failing("rate_limited", 90), answered: true });
    expect(limited.retryAt).toBe(NOW + 90_000);
    expect([isDown(limited), circuitOf(limited, NOW + 60_000), circuitOf(limited, NOW + 90_000)]).toEqual([false, "waiting", "probing"]);
    expect(polls(failing("rate_limited")).retryAt).toBe(NOW + MINUTE);
  });
});

describe("caution", () => {
  const ranOut: PollOutcome = { ...good, failedCalls: 1, unanswered: 40 };

  it("halves batches while calls run out before it is known what is wrong with them, and goes back by itself", () => {
    const cautions = [ranOut, ranOut, good, ranOut, good, good, good].map((_, i, all) => polls(...all.slice(0, i + 1)).batchHalvings);
    expect(cautions).toEqual([1, 2, 1, 2, 1, 0, 0]);
    expect(polls(...Array.from({ length: 12 }, () => ranOut)).batchHalvings).toBe(7);
  });

  it("has nothing to do with a provider that is down, or with calls that took too long", () => {
    expect(polls(failing("timeout"), failing("http")).batchHalvings).toBe(0);
    expect(polls({ ...good, unanswered: 40 }).batchHalvings).toBe(0);
  });

  it("a provider that fails or is slow is polled apart", () => {
    expect([good, { ...good, tookMs: 6000 }, failing("timeout")].map((outcome) => isTroubled(polls(outcome)))).toEqual([false, true, true]);
  });
});

describe("counts", () => {
  it("add up calls by UTC day", () => {
    const evening = afterPoll(fresh, { ...good, calls: 5 }, Date.UTC(2026, 10, 1, 23, 59));
    expect(afterPoll(evening, { ...good, calls: 2 }, Date.UTC(2026, 10, 1, 23, 59, 30)).callsToday).toBe(7);
    expect(afterPoll(evening, { ...good, calls: 2 }, Date.UTC(2026, 10, 2)).callsToday).toBe(2);
  });

  it("count unknown words, of which there may be no more than fifty", () => {
    const words = [...Array.from({ length: 80 }, (_, i) => `word ${i}`), "word 1", "__proto__"];
    const state = polls({ ...good, unknownWords: words.map((word, i) => ({ word, order: { panel: "p", id: `o${i}` } })) });
    expect(Object.keys(state.unknownWords)).toHaveLength(50);
    expect(state.unknownWords["word 1"]).toEqual({ count: 2, example: { panel: "p", id: "o1" } });
  });
});

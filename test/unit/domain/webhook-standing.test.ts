import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_JITTER, retryDelayMs } from "../../../src/domain/webhook-schedule.ts";
import { type Claimed, LEASE_MS, type Message, type Outcome, standingOf, takeTurns } from "../../../src/domain/webhook-standing.ts";

const NOW = 1_795_000_000_000;
const message: Message = { id: "msg_1", lastSeq: 200, digest: "d", frozenAt: NOW - 5000, behind: 3 };
const claimed: Claimed = { n: 7, place: 100, message, attempt: 2, leaseUntil: NOW - 1, failingSince: null };
const outcome: Outcome = { n: 7, messageId: "msg_1", succeeded: true, sentAt: NOW - 1000, nextAttemptAt: null };
const failed: Outcome = { ...outcome, succeeded: false, nextAttemptAt: NOW + 30_000 };

describe("where a webhook stands", () => {
  it("with nothing under way: at its place, from when the last lease is over", () => {
    const standing = standingOf({ ...claimed, message: null }, outcome, NOW);
    expect(standing).toEqual({ place: 100, message: null, attempts: 0, nextAttemptAt: NOW - 1, failingSince: null });
  });

  it("after a success: at the end of what was taken, whatever the lease says", () => {
    const standing = standingOf({ ...claimed, leaseUntil: NOW + 20_000, failingSince: NOW - 9000 }, outcome, NOW);
    expect(standing).toEqual({ place: 200, message: null, attempts: 0, nextAttemptAt: NOW - 1000, failingSince: null });
  });

  it("after a failure: where it was, with the same message, failing since the first one", () => {
    const kept = { place: 100, message, attempts: 2, nextAttemptAt: NOW + 30_000 };
    expect(standingOf(claimed, failed, NOW)).toEqual({ ...kept, failingSince: NOW - 1000 });
    expect(standingOf({ ...claimed, failingSince: NOW - 9000 }, failed, NOW)).toEqual({ ...kept, failingSince: NOW - 9000 });
  });

  it.each([
    ["none", null],
    ["of another attempt", { ...outcome, n: 6 }],
    ["of another message under the same number, as after a restore", { ...outcome, messageId: "msg_0" }],
  ])("with an outcome that is %s: as after a failure, once the lease is over", (_of, known) => {
    const standing = standingOf(claimed, known, NOW);
    expect(standing).toMatchObject({ place: 100, message, attempts: 2, failingSince: NOW - 1 });
    expect(standing.nextAttemptAt).toBe(NOW - 1 + retryDelayMs(2, NO_JITTER));
    const running = standingOf({ ...claimed, leaseUntil: NOW + 1000 }, known, NOW);
    expect(running).toMatchObject({ place: 100, message, failingSince: null });
    expect(running.nextAttemptAt).toBeGreaterThan(NOW + 1000);
  });

  it("waits for no time that a clock that was ahead has written", () => {
    const ahead = NOW + 90 * 60_000;
    expect(standingOf({ ...claimed, leaseUntil: ahead, message: null }, null, NOW).nextAttemptAt).toBe(NOW);
    expect(standingOf({ ...claimed, leaseUntil: ahead }, null, NOW).nextAttemptAt).toBe(NOW + retryDelayMs(2, NO_JITTER));
    expect(standingOf(claimed, { ...failed, sentAt: ahead, nextAttemptAt: ahead + 5000 }, NOW).nextAttemptAt).toBe(NOW);
  });

  it("is never past what a success has confirmed, and never before its place", () => {
    const anyOutcome = fc.option(
      fc.record({
        n: fc.constantFrom(6, 7),
        messageId: fc.constantFrom("msg_1", "msg_2"),
        succeeded: fc.boolean(),
        sentAt: fc.integer({ min: NOW - 100_000, max: NOW + 100_000 }),
        nextAttemptAt: fc.option(fc.integer({ min: NOW, max: NOW + 100_000 })),
      }),
    );
    fc.assert(
      fc.property(anyOutcome, fc.integer({ min: NOW - 2 * LEASE_MS, max: NOW + 2 * LEASE_MS }), (known, leaseUntil) => {
        const { place, message: kept } = standingOf({ ...claimed, leaseUntil }, known, NOW);
        const isTaken = known !== null && known.n === 7 && known.messageId === "msg_1" && known.succeeded;
        expect([place, kept]).toEqual(isTaken ? [200, null] : [100, message]);
      }),
    );
  });
});

describe("turns", () => {
  const of = (panel: string, ...times: readonly number[]) => times.map((leaseUntil) => ({ panel, id: `${leaseUntil}`, leaseUntil }));
  const names = (turn: readonly { panel: string; id: string }[]): string => turn.map(({ panel, id }) => `${panel} ${id}`).join(", ");
  const nobody = new Map<string, Set<string>>();

  it("go to each panel's least recent one first, then to the second of each", () => {
    const waiting = [...of("flood", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), ...of("shop", 50, 40), ...of("other", 60)];
    expect(names(takeTurns(waiting, { most: 5, ofOnePanel: 10, served: nobody }))).toBe("flood 1, shop 40, other 60, flood 2, shop 50");
    expect(takeTurns(waiting, { most: 100, ofOnePanel: 10, served: nobody })).toHaveLength(13);
  });

  it("are so many of one panel at most, with those that it has had already", () => {
    const waiting = [...of("flood", 1, 2, 3, 4), ...of("shop", 50)];
    const turns = { most: 10, ofOnePanel: 3 };
    expect(names(takeTurns(waiting, { ...turns, served: nobody }))).toBe("flood 1, shop 50, flood 2, flood 3");
    expect(names(takeTurns(waiting, { ...turns, served: new Map([["flood", new Set(["4", "9"])]]) }))).toBe("flood 4, shop 50, flood 1");
    expect(names(takeTurns(waiting, { ...turns, served: new Map([["flood", new Set(["7", "8", "9"])]]) }))).toBe("shop 50");
  });
});

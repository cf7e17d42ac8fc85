import { describe, expect, it } from "vitest";
import {
  type AskOutcome,
  cancelAfterAsking,
  cancelAfterEnd,
  cancelAsked,
  CANCEL_STATUSES,
  type CancelStatus,
  cancelSwept,
  isFollowedRefill,
  isInDoubt,
  isCancelDue,
  isCancelLeft,
  isRefillLeft,
  isOpenCancel,
  isOpenRefill,
  MAX_CANCEL_TRIES,
  newCancel,
  REFILL_STATUSES,
  refillAfterAsking,
  type RefillStatus,
  refillStatusFor,
  refillSwept,
} from "../../../src/domain/refill-cancel.ts";
import { STATUS_NAMES } from "../../../src/domain/status.ts";
import { HOUR, MINUTE, NOW } from "./orders.ts";

const DAY = 24 * HOUR;

const ACCEPTED: AskOutcome = { kind: "accepted", refill: "77" };
const OUTCOMES: readonly AskOutcome[] = [ACCEPTED, { kind: "refused" }, { kind: "lost" }, { kind: "unread" }, { kind: "put_back" }];

function refill(status: RefillStatus, id: string | null = null, at = NOW) {
  return { id, status, at };
}

function cancel(status: CancelStatus, at = NOW) {
  return { status, at, tries: 0, waitUntil: null };
}

describe("a refill that was asked of its provider", () => {
  it.each([
    [ACCEPTED, { id: "77", status: "pending" }],
    [
      { kind: "accepted", refill: null },
      { id: null, status: "pending" },
    ],
    [{ kind: "refused" }, { id: null, status: "rejected" }],
    [{ kind: "lost" }, { id: null, status: "error" }],
    [{ kind: "unread" }, { id: null, status: "error", unread: true }],
    [{ kind: "put_back" }, { id: null, status: "queued" }],
  ] as const)("%j", (outcome, after) => {
    expect(refillAfterAsking(refill("asking"), outcome)).toEqual({ ...after, at: NOW });
  });

  it("counts also when a sweep has given it up in between", () => {
    expect(refillAfterAsking(refill("error"), ACCEPTED)).toMatchObject({ id: "77", status: "pending" });
  });

  it.each(["queued", "pending", "in_progress", "completed", "rejected"] as const)("is as it is when it is %s", (status) => {
    for (const outcome of OUTCOMES) expect(refillAfterAsking(refill(status, "5"), outcome)).toEqual(refill(status, "5"));
  });
});

describe("a cancel that was asked of its provider", () => {
  it.each([
    [ACCEPTED, "requested"],
    [{ kind: "refused" }, "refused"],
    // A second cancel harms nobody; one that was never heard might.
    [{ kind: "put_back" }, "queued"],
  ] as const)("%j: %s", (outcome, status) => {
    expect(cancelAfterAsking(cancel("asking"), outcome, NOW)).toEqual(cancel(status));
    expect(cancelAfterAsking(cancel("requested"), outcome, NOW)).toEqual(cancel(status));
  });

  it.each(["queued", "unclear", "granted", "refused", "too_late"] as const)("is as it is when it is %s", (status) => {
    for (const outcome of OUTCOMES) expect(cancelAfterAsking(cancel(status), outcome, NOW)).toEqual(cancel(status));
  });

  it("is asked five times where no answer is clear, at growing distances, and is unclear then", () => {
    const times: number[] = [];
    let asked = newCancel("queued", NOW);
    let now = NOW;
    while (asked.status === "queued" && times.length < 100) {
      now = asked.waitUntil ?? now;
      expect(isCancelDue(asked, now - 1)).toBe(asked.waitUntil === null);
      expect(isCancelDue(asked, now)).toBe(true);
      times.push((now - NOW) / MINUTE);
      asked = cancelAfterAsking(cancelAsked(asked, now), { kind: "lost" }, now);
    }
    expect(times).toEqual([0, 2, 12, 72, 432]);
    expect(asked).toEqual({ status: "unclear", at: NOW, tries: MAX_CANCEL_TRIES, waitUntil: null });
    expect([isOpenCancel(asked), isCancelDue(asked, now + DAY), isCancelLeft(asked, now + DAY)]).toEqual([false, false, false]);
    expect(cancelAfterEnd(asked, "canceled")?.status).toBe("granted");
    expect(cancelAfterEnd(asked, "completed")?.status).toBe("too_late");
  });

  it("goes back at growing distances where its provider has not heard, for as long as that takes", () => {
    const waits: number[] = [];
    let asked = newCancel("queued", NOW);
    for (let now = NOW; now < NOW + 10 * DAY; now = asked.waitUntil ?? now + 2 * MINUTE) {
      const after = cancelAfterAsking(cancelAsked(asked, now), { kind: "put_back" }, now);
      expect(after).toMatchObject({ status: "queued", tries: 0 });
      waits.push(after.waitUntil === null ? 0 : after.waitUntil - now);
      asked = after;
    }
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBe(6 * HOUR);
    expect(waits.length).toBeLessThan(80);
  });

  it("that was not heard after tries in vain waits for its time: it is not unclear", () => {
    const tried = { ...cancel("asking"), tries: 2 };
    expect(cancelAfterAsking(tried, { kind: "put_back" }, NOW)).toMatchObject({ status: "queued", waitUntil: NOW + 2 * MINUTE });
  });
});

describe("a refill in a sweep", () => {
  it.each([
    ["pending", "In Progress", "in_progress"],
    ["pending", "Processing", "in_progress"],
    ["pending", "Completed", "completed"],
    ["pending", "REJECTED", "rejected"],
    ["pending", "Fail", "error"],
    ["in_progress", "Pending", "pending"],
    ["in_progress", "Done", "completed"],
    ["in_progress", "Teleporting", "in_progress"],
    ["in_progress", null, "in_progress"],
  ] as const)("%s, and %j is said: %s", (status, word, after) => {
    expect(refillSwept(refill(status, "77"), word, NOW + HOUR)).toEqual(refill(after, "77"));
  });

  it.each(["completed", "rejected", "error"] as const)("has ended as %s, whatever is said", (status) => {
    expect(refillSwept(refill(status, "77"), "Pending", NOW)).toEqual(refill(status, "77"));
  });

  it("that nobody has given an id hears nothing", () => {
    expect(refillSwept(refill("pending"), "Completed", NOW)).toEqual(refill("pending"));
    expect(refillSwept(null, "Completed", NOW)).toBeNull();
  });

  it("is given up as an error ten minutes after its asking began, and is never asked again by itself", () => {
    expect(refillSwept(refill("asking"), null, NOW + 10 * MINUTE)).toEqual(refill("asking"));
    expect(refillSwept(refill("asking"), null, NOW + 10 * MINUTE + 1)).toEqual(refill("error"));
    expect(refillSwept(refill("queued"), null, NOW + DAY)).toEqual(refill("queued"));
  });

  it("that has no id is given up after three days", () => {
    for (const status of ["pending", "in_progress"] as const) {
      expect(refillSwept(refill(status), null, NOW + 3 * DAY)).toEqual(refill(status));
      expect(refillSwept(refill(status), "Completed", NOW + 3 * DAY + 1)).toEqual(refill("error"));
    }
  });

  it("is not followed for ever", () => {
    expect(refillSwept(refill("pending", "77"), "Pending", NOW + 30 * DAY)).toEqual(refill("pending", "77"));
    expect(refillSwept(refill("pending", "77"), "Pending", NOW + 30 * DAY + 1)).toEqual(refill("error", "77"));
    expect(refillSwept(refill("pending", "77"), "Completed", NOW + 31 * DAY)).toEqual(refill("completed", "77"));
  });

  it("is the same object when nothing is new, so that nothing is written", () => {
    const same = refill("pending", "77");
    expect(refillSwept(same, "Pending", NOW)).toBe(same);
    expect(refillSwept(same, null, NOW)).toBe(same);
  });
});

describe("a cancel in a sweep", () => {
  it("is to be asked again ten minutes after it was asked, and left behind", () => {
    expect(cancelSwept(cancel("asking"), NOW + 10 * MINUTE)).toEqual(cancel("asking"));
    const left = { ...cancel("queued"), tries: 1, waitUntil: NOW + 12 * MINUTE + 1 };
    expect(cancelSwept(cancel("asking"), NOW + 10 * MINUTE + 1)).toEqual(left);
    // One that was asked for long ago is being asked since a moment.
    const late = cancelAsked(cancel("queued", NOW - DAY), NOW);
    expect(cancelSwept(late, NOW + 10 * MINUTE)).toEqual(late);
    expect(cancelSwept(late, NOW + 10 * MINUTE + 1)).toMatchObject({ status: "queued", tries: 1 });
    expect(cancelSwept(cancel("queued"), NOW + DAY)).toEqual(cancel("queued"));
    expect(cancelSwept(null, NOW)).toBeNull();
  });
});

describe("a cancel once its order has ended", () => {
  it.each([
    ["canceled", "granted"],
    ["partial", "granted"],
    ["refunded", "granted"],
    ["completed", "too_late"],
  ] as const)("as %s: %s, whether or not it was asked", (status, after) => {
    for (const open of ["queued", "asking", "requested"] as const) expect(cancelAfterEnd(cancel(open), status)).toEqual(cancel(after));
    for (const done of ["granted", "refused", "too_late"] as const) expect(cancelAfterEnd(cancel(done), status)).toEqual(cancel(done));
  });

  it.each(["pending", "processing", "in_progress", "error", "unknown"] as const)("waits while it is %s", (status) => {
    for (const is of CANCEL_STATUSES) expect(cancelAfterEnd(cancel(is), status)).toEqual(cancel(is));
  });

  it("is none where none was asked", () => {
    for (const status of STATUS_NAMES) expect(cancelAfterEnd(null, status)).toBeNull();
  });
});

describe("what is open", () => {
  it("of refills: what waits, and what a provider can be asked about", () => {
    const open = (id: string | null) => REFILL_STATUSES.filter((status) => isOpenRefill(refill(status, id)));
    expect(open("77")).toEqual(["queued", "asking", "pending", "in_progress"]);
    // Granted by a mere yes it is open as well: a second one would be another refill.
    expect(open(null)).toEqual(["queued", "asking", "pending", "in_progress"]);
    expect(REFILL_STATUSES.filter((status) => isFollowedRefill(refill(status)))).toEqual([]);
    expect(REFILL_STATUSES.filter((status) => isFollowedRefill(refill(status, "77")))).toEqual(["pending", "in_progress"]);
    expect(isOpenRefill(null)).toBe(false);
  });

  it("of refills in doubt: those that were asked in the last ten minutes, and nothing readable came back", () => {
    expect(REFILL_STATUSES.filter((status) => isInDoubt(refill(status), NOW + 10 * MINUTE))).toEqual(["error"]);
    expect(isInDoubt(refill("error"), NOW + 10 * MINUTE + 1)).toBe(false);
    expect(isInDoubt(refill("error", "77"), NOW)).toBe(false);
    expect(isInDoubt(null, NOW)).toBe(false);
  });

  it("of refills in doubt: for three days those whose answer nobody could read", () => {
    const unread = refillAfterAsking(refill("asking"), { kind: "unread" });
    expect(unread).toEqual({ ...refill("error"), unread: true });
    expect([isOpenRefill(unread), isFollowedRefill(unread)]).toEqual([false, false]);
    expect(isInDoubt(unread, NOW + 72 * HOUR)).toBe(true);
    expect(isInDoubt(unread, NOW + 72 * HOUR + 1)).toBe(false);
  });

  it("of cancels: what has not come to anything", () => {
    expect(CANCEL_STATUSES.filter((status) => isOpenCancel(cancel(status)))).toEqual(["queued", "asking", "requested"]);
    expect(isOpenCancel(null)).toBe(false);
  });

  it("is sent again where its message was lost", () => {
    expect(isRefillLeft(refill("queued"), NOW + 2 * MINUTE)).toBe(false);
    expect(isRefillLeft(refill("queued"), NOW + 2 * MINUTE + 1)).toBe(true);
    expect(isRefillLeft(refill("asking"), NOW + HOUR)).toBe(false);
    expect(isRefillLeft(null, NOW)).toBe(false);
    expect(isCancelLeft(cancel("queued"), NOW + 2 * MINUTE)).toBe(false);
    expect(isCancelLeft(cancel("queued"), NOW + 2 * MINUTE + 1)).toBe(true);
    expect(isCancelLeft({ ...cancel("queued"), tries: 1, waitUntil: NOW + HOUR }, NOW + HOUR - 1)).toBe(false);
    expect(isCancelLeft({ ...cancel("queued"), tries: 1, waitUntil: NOW + HOUR }, NOW + HOUR)).toBe(true);
    expect(isCancelLeft(null, NOW)).toBe(false);
  });
});

describe("a provider's word for a refill", () => {
  it.each([
    ["Pending", "pending"],
    ["In progress", "in_progress"],
    ["in-progress", "in_progress"],
    ["Completed", "completed"],
    ["Cancelled", "rejected"],
    ["Error", "error"],
    ["whatever", null],
  ] as const)("%s: %s", (word, status) => {
    expect(refillStatusFor(word)).toBe(status);
  });
});

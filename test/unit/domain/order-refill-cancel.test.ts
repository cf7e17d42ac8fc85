import { describe, expect, it } from "vitest";
import { eventsOf } from "../../../src/domain/feed.ts";
import type { Order, OrderState } from "../../../src/domain/order.ts";
import { reconcile } from "../../../src/domain/reconcile.ts";
import {
  isRefillCancelOpen,
  isRefillDue,
  refillCancelProblem,
  takenUp,
  withOutcome,
  withRefillCancel,
  withSweptRefillCancel,
} from "../../../src/domain/order-refill-cancel.ts";
import { orderView } from "../../../src/domain/order-view.ts";
import { anOrder, aReport, HOUR, MINUTE, NOW, POLICY } from "./orders.ts";

const DAY = 24 * HOUR;

function order(state: Partial<OrderState> = {}, over: Partial<Order> = {}): Order {
  return {
    panel: "p",
    number: 1,
    id: "o1",
    provider: "acme",
    providerOrderId: "23501",
    channel: null,
    service: "12",
    providerService: null,
    link: null,
    customer: null,
    currency: "USD",
    cost: null,
    costCurrency: null,
    duplicateOf: null,
    isLinkShared: true,
    startWindowMs: null,
    durationMs: null,
    partOf: null,
    refillDays: null,
    phase: 1,
    createdAt: NOW - HOUR,
    updatedAt: NOW - MINUTE,
    version: 1,
    lastChange: 1,
    state: anOrder(state),
    ...over,
  };
}

const completed = { status: "completed", remains: 0, finalAt: NOW - 5 * DAY, placedAt: NOW - 6 * DAY, cadence: null } as const;

describe("whether a refill may be asked", () => {
  it.each([
    ["a completed order", completed, {}, true, null],
    ["a partial one", { ...completed, status: "partial" }, {}, true, null],
    ["within its days", completed, { refillDays: 5 }, true, null],
    ["after them", completed, { refillDays: 4 }, true, { code: "refill_too_late", until: NOW - DAY }],
    ["one under way", {}, {}, true, { code: "not_refillable", status: "in_progress" }],
    ["one that was canceled", { ...completed, status: "canceled" }, {}, true, { code: "not_refillable", status: "canceled" }],
    ["one in error", { status: "error" }, {}, true, { code: "not_refillable", status: "error" }],
    ["one that is being placed", { status: "pending" }, { providerOrderId: null }, true, { code: "not_placed" }],
    ["one whose service has none", completed, {}, false, { code: "not_offered" }],
  ] as const)("%s", (_name, state, over, offered, problem) => {
    expect(refillCancelProblem("refill", order(state, over), offered, NOW)).toEqual(problem);
  });
});

describe("whether a cancel may be asked", () => {
  it.each([
    ["a pending order", { status: "pending" }, {}, true, null],
    ["one in progress: the provider decides", {}, {}, true, null],
    ["one in error", { status: "error" }, {}, true, null],
    ["one that has ended", completed, {}, true, { code: "not_cancelable", status: "completed" }],
    ["one that is being placed", { status: "pending" }, { providerOrderId: null }, true, { code: "not_placed" }],
    ["one whose service has none", { status: "pending" }, {}, false, { code: "not_offered" }],
  ] as const)("%s", (_name, state, over, offered, problem) => {
    expect(refillCancelProblem("cancel", order(state, over), offered, NOW)).toEqual(problem);
  });
});

describe("a request's steps", () => {
  it("a refill opens a closed order, and lets it go when it has ended", () => {
    const asked = withRefillCancel("refill", order(completed), "queued", NOW);
    expect(asked).toMatchObject({ refill: { id: null, status: "queued", at: NOW }, cadence: 60 });
    expect(isRefillCancelOpen("refill", asked, NOW)).toBe(true);
    const taken = takenUp("refill", order(asked), NOW + MINUTE);
    expect(taken).toMatchObject({ refill: { status: "asking", at: NOW + MINUTE }, cadence: 60 });
    const refused = withOutcome("refill", order(taken ?? {}), { at: NOW + MINUTE, outcome: { kind: "refused" } }, NOW + MINUTE);
    expect(refused).toMatchObject({ refill: { id: null, status: "rejected" }, cadence: null });
    const accepted = withOutcome(
      "refill",
      order(taken ?? {}),
      { at: NOW + MINUTE, outcome: { kind: "accepted", refill: "77" } },
      NOW + MINUTE,
    );
    expect(accepted).toMatchObject({ refill: { id: "77", status: "pending" }, cadence: 60 });
    const { next, write } = withSweptRefillCancel(
      order(accepted ?? {}),
      { write: "none", next: order(accepted ?? {}).state, refunds: [] },
      "Completed",
      NOW + HOUR,
    );
    expect(write).toBe("move");
    expect(next).toMatchObject({ refill: { id: "77", status: "completed" }, cadence: null, status: "completed", refunded: 0 });
  });

  it("only what is queued is taken up, and a cancel only while its order has not ended", () => {
    for (const status of ["asking", "pending", "error"] as const)
      expect(takenUp("refill", order({ ...completed, refill: { id: null, status, at: NOW } }), NOW)).toBeNull();
    const cancel = { status: "queued", at: NOW - HOUR, tries: 0, waitUntil: null } as const;
    expect(takenUp("cancel", order({ cancel }), NOW)?.cancel).toEqual({
      ...cancel,
      status: "asking",
      waitUntil: NOW + 10 * MINUTE,
    });
    expect(takenUp("cancel", order({ cancel: { ...cancel, tries: 1, waitUntil: NOW + 1 } }), NOW)).toBeNull();
    expect(takenUp("cancel", order({ cancel: { ...cancel, tries: 1, waitUntil: NOW } }), NOW)?.cancel?.status).toBe("asking");
    expect(takenUp("cancel", order({ cancel: { ...cancel, status: "unclear", tries: 5 } }), NOW)).toBeNull();
    expect(takenUp("cancel", order({ ...completed, cancel }), NOW)).toBeNull();
    expect(takenUp("cancel", order({ cancel }, { providerOrderId: null }), NOW)).toBeNull();
    expect(takenUp("cancel", order(), NOW)).toBeNull();
  });

  it("what came of a request says nothing of the one after it", () => {
    const later = order({ ...completed, refill: { id: null, status: "asking", at: NOW } });
    expect(withOutcome("refill", later, { at: NOW - HOUR, outcome: { kind: "accepted", refill: "77" } }, NOW)).toBeNull();
    expect(withOutcome("cancel", later, { at: NOW, outcome: { kind: "refused" } }, NOW)).toBeNull();
    expect(
      withOutcome(
        "refill",
        order({ cancel: { status: "asking", at: NOW, tries: 0, waitUntil: null } }),
        { at: NOW, outcome: { kind: "refused" } },
        NOW,
      ),
    ).toBeNull();
  });

  it("a cancel that is accepted moves nothing but itself", () => {
    const state = anOrder({ cancel: { status: "asking", at: NOW, tries: 0, waitUntil: null } });
    expect(withOutcome("cancel", order(state), { at: NOW, outcome: { kind: "accepted", refill: null } }, NOW)).toEqual({
      ...state,
      cancel: { status: "requested", at: NOW, tries: 0, waitUntil: null },
    });
  });

  it("refills are asked about at a slow pace only", () => {
    const refill = { id: "77", status: "pending", at: NOW } as const;
    expect([1, 5, 15, 60, 360, null].filter((cadence) => isRefillDue(anOrder({ refill, cadence: cadence as 60 })))).toEqual([
      60,
      360,
      null,
    ]);
    expect(isRefillDue(anOrder({ refill: { ...refill, status: "completed" }, cadence: 60 }))).toBe(false);
    expect(isRefillDue(anOrder({ refill: { ...refill, id: null }, cadence: 60 }))).toBe(false);
  });
});

describe("a cancel and the order's status", () => {
  it.each([
    ["Canceled", "granted", 900_000],
    ["Partial", "granted", 540_000],
    ["Completed", "too_late", 0],
    ["In progress", "requested", 0],
  ] as const)("%s: %s; the refund follows from the status alone", (word, cancel, refunded) => {
    const asked = anOrder({ cancel: { status: "requested", at: NOW - MINUTE, tries: 0, waitUntil: null } });
    const decided = reconcile(asked, aReport({ providerStatus: word, remains: 600 }), POLICY, NOW);
    expect(decided.next.cancel?.status).toBe(cancel);
    const same = reconcile(anOrder(), aReport({ providerStatus: word, remains: 600 }), POLICY, NOW);
    expect(decided.next.refunded).toBe(refunded);
    expect(decided.refunds).toEqual(same.refunds);
  });

  it("one that an old end answers is written by itself", () => {
    const ended = anOrder({
      ...completed,
      providerStatus: "Completed",
      finalAt: NOW - HOUR,
      placedAt: NOW - 2 * HOUR,
      cadence: 60,
      cancel: { status: "asking", at: NOW - MINUTE, tries: 0, waitUntil: null },
    });
    expect(reconcile(ended, aReport({ providerStatus: "Completed", remains: 0 }), POLICY, NOW)).toMatchObject({
      write: "move",
      next: { cancel: { status: "too_late" } },
      refunds: [],
    });
  });
});

describe("the change feed", () => {
  function events(before: Order, state: OrderState) {
    const after: Order = { ...before, state };
    return eventsOf(before, after, [], orderView(after, null, NOW));
  }

  it("tells each step of a refill, with what changed", () => {
    const before = order(completed, { refillDays: 30 });
    const until = new Date(NOW + 25 * DAY).toISOString();
    const queued = withRefillCancel("refill", before, "queued", NOW);
    expect(events(before, queued)).toEqual([
      { type: "refill.updated", previous: {}, data: { order: "o1", id: null, status: "queued", until } },
    ]);
    const asking = { ...queued, refill: { id: null, status: "asking", at: NOW } } as const;
    expect(events(order(asking, { refillDays: 30 }), { ...asking, refill: { id: "77", status: "pending", at: NOW } })).toEqual([
      { type: "refill.updated", previous: { id: null, status: "asking" }, data: { order: "o1", id: "77", status: "pending", until } },
    ]);
  });

  it("tells each step of a cancel, beside the order's own", () => {
    const before = order({ cancel: { status: "requested", at: NOW - HOUR, tries: 0, waitUntil: null } });
    const { next } = reconcile(before.state, aReport({ providerStatus: "Canceled", remains: 1000 }), POLICY, NOW);
    expect(events(before, next).map(({ type }) => type)).toEqual(["order.updated", "cancel.updated"]);
    expect(events(before, next)[1]).toEqual({
      type: "cancel.updated",
      previous: { status: "requested" },
      data: { order: "o1", status: "granted", requested_at: new Date(NOW - HOUR).toISOString() },
    });
  });

  it("tells nothing where nothing changed", () => {
    const state = anOrder({
      ...completed,
      refill: { id: "77", status: "pending", at: NOW },
      cancel: { status: "refused", at: NOW, tries: 0, waitUntil: null },
    });
    expect(events(order(state), { ...state, remains: 3 })).toEqual([]);
  });
});

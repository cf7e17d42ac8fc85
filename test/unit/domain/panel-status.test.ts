import { describe, expect, it } from "vitest";
import { FLAGS, type OrderState } from "../../../src/domain/order.ts";
import { statusForPanel, withOutdated } from "../../../src/domain/panel-status.ts";
import { anOrder, NOW } from "./orders.ts";

const ended = { finalAt: NOW } as const;
const hold = { n: 1, amount: 900_000, due: null, status: "partial", reason: "remains_unknown", at: NOW, postsAt: null } as const;

describe("statusForPanel", () => {
  it.each([
    ["an active status as it is", { status: "processing", activeStatus: "processing", remains: 1000 }, "Processing", 1000],
    ["the last middle label on an error", { status: "error" }, "In progress", 600],
    ["Pending while nothing is known", { status: "unknown", activeStatus: "pending", remains: null }, "Pending", 1000],
    ["completed", { ...ended, status: "completed", remains: 0 }, "Completed", 0],
    ["completed, even with something left", { ...ended, status: "completed", remains: 3 }, "Completed", 0],
    ["a full refund", { ...ended, status: "canceled", refunded: 900_000, remains: 250 }, "Canceled", 1000],
    ["a refund in part", { ...ended, status: "partial", refunded: 225_000, remains: 250 }, "Partial", 250],
    ["a refund in part of a refunded order", { ...ended, status: "refunded", refunded: 225_000, remains: 250 }, "Partial", 250],
    ["what was refunded, not what the provider says", { ...ended, status: "partial", refunded: 450_000, remains: 250 }, "Partial", 500],
    ["the middle label while a refund is held", { ...ended, status: "partial", hold, remains: null }, "In progress", 1000],
    [
      "a final label that was taken back only once",
      { ...ended, status: "canceled", refunded: 900_000, backTo: "in_progress" },
      "Canceled",
      1000,
    ],
    ["never more left than was ordered", { remains: 1500 }, "In progress", 1000],
    ["a free order that was canceled", { ...ended, status: "canceled", charge: 0, refunded: 0 }, "Canceled", 1000],
  ] as const)("%s", (_name, over, label, remains) => {
    expect(statusForPanel(anOrder(over))).toMatchObject({ label, remains });
  });

  it.each([
    ["partial", "Partial"],
    ["refunded", "Partial"],
    ["canceled", "Canceled"],
    ["completed", "Completed"],
  ] as const)("says a followed order that is %s as %s", (status, word) => {
    expect(statusForPanel(anOrder({ ...ended, status, charge: null, quantity: null, remains: 5 })).label).toBe(word);
  });
});

describe("tellPanel, of orders whose units nobody counts", () => {
  const aPackage = { ...ended, quantity: null, charge: 900_000 } as const;

  it.each([
    ["completed", { status: "completed", remains: null }, "Completed", 0],
    ["canceled and returned", { status: "canceled", refunded: 900_000, remains: null }, "Canceled", null],
    ["ended in part, and a part returned", { status: "partial", refunded: 100_000, remains: 250 }, "Partial", null],
    [
      "canceled, and a part granted",
      {
        status: "canceled",
        refunded: 100_000,
        remains: 0,
        decided: { status: "canceled", due: 900_000, granted: 100_000, inError: false },
      },
      "Partial",
      null,
    ],
    [
      "canceled, and nothing granted",
      { status: "canceled", remains: 60, decided: { status: "canceled", due: 900_000, granted: 0, inError: false } },
      "Completed",
      0,
    ],
  ] as const)("%s", (_name, over, label, remains) => {
    expect(statusForPanel(anOrder({ ...aPackage, ...over }))).toMatchObject({ label, remains });
  });

  it("waits for a number where the panel's script goes by the provider's", () => {
    const partial = { ...ended, status: "partial", remains: null } as const;
    expect(statusForPanel(anOrder({ ...partial, charge: null }))).toMatchObject({ label: "In progress", final: false });
    expect(statusForPanel(anOrder({ ...partial, leftToPanel: true }))).toMatchObject({ label: "In progress", final: false });
    expect(statusForPanel(anOrder({ ...partial, decided: { status: "partial", due: null, granted: 0, inError: false } }))).toMatchObject({
      label: "Completed",
      remains: 0,
    });
  });

  it("goes by the provider's label where the policy leaves the refund to the panel, and has nothing decided", () => {
    const left = { ...ended, leftToPanel: true } as const;
    expect(statusForPanel(anOrder({ ...left, status: "canceled", remains: 250 }))).toMatchObject({ label: "Canceled", remains: 1000 });
    expect(statusForPanel(anOrder({ ...left, status: "partial", remains: 250 }))).toMatchObject({ label: "Partial", remains: 250 });
    // Also where something was returned before: its own word says all.
    expect(statusForPanel(anOrder({ ...left, status: "canceled", remains: 250, refunded: 225_000 }))).toMatchObject({ label: "Canceled" });
  });

  it("is told as returned in full where the provider's own charge is 0, whatever is left", () => {
    const refunded = { ...ended, status: "refunded", remains: 300, providerCharge: "0.0000" } as const;
    for (const over of [{ charge: null }, { charge: 0 }, { leftToPanel: true }]) {
      expect(statusForPanel(anOrder({ ...refunded, ...over }))).toMatchObject({ label: "Canceled", final: true, remains: 1000 });
      expect(statusForPanel(anOrder({ ...refunded, ...over, providerCharge: "0.1" }))).toMatchObject({ label: "Partial", remains: 300 });
      const unread = { ...over, remains: null, remainsUnreadable: true };
      expect(statusForPanel(anOrder({ ...refunded, ...unread }))).toMatchObject({ label: "Canceled", final: true });
      expect(statusForPanel(anOrder({ ...refunded, ...unread, providerCharge: "0.1" }))).toMatchObject({ final: false });
    }
  });

  it("says nothing final that neither the provider has said, nor the panel has acted on", () => {
    expect(statusForPanel(anOrder({ ...ended, status: "canceled", polledAt: null }))).toMatchObject({ label: "In progress", final: false });
    expect(statusForPanel(anOrder({ ...ended, status: "canceled", polledAt: null, refunded: 900_000 }))).toMatchObject({
      label: "Canceled",
    });
    expect(statusForPanel(anOrder({ ...ended, status: "completed", polledAt: null }))).toMatchObject({ label: "Completed" });
  });

  it("says numbers of followed orders that go together", () => {
    const followed = { ...ended, charge: null, quantity: 1000 };
    expect(statusForPanel(anOrder({ ...followed, status: "completed", remains: 3 }))).toMatchObject({ label: "Completed", remains: 0 });
    expect(statusForPanel(anOrder({ ...followed, status: "partial", remains: 1100 }))).toMatchObject({ label: "Partial", remains: 1000 });
    expect(statusForPanel(anOrder({ ...followed, status: "canceled", remains: 3 }))).toMatchObject({ label: "Canceled", remains: 1000 });
  });
});

describe("statusForPanel, where several numbers of units have one share", () => {
  const cheap = { ...ended, charge: 10, refunded: 3, remains: 201 } as const;

  it.each([
    ["partial", { status: "partial" }, "Partial", 201],
    ["canceled, by what remains", { status: "canceled" }, "Partial", 201],
    ["canceled, and all of it returned", { status: "canceled", refunded: 10 }, "Canceled", 1000],
    ["canceled, and another part granted", { status: "canceled", refunded: 4 }, "Partial", 400],
    ["canceled, and all that it cost is one unit's share", { status: "canceled", charge: 1, refunded: 1 }, "Canceled", 1000],
  ] as const)("goes by the provider's own number: %s", (_name, over, label, remains) => {
    expect(statusForPanel(anOrder({ ...cheap, ...over }))).toMatchObject({ label, final: true, remains });
  });
});

describe("withOutdated", () => {
  const partial = { ...ended, status: "partial", refunded: 225_000, remains: 250 } as const;
  const told = { status: "partial", refunded: 225_000, remains: 250, left: false } as const;
  const canceled = { ...ended, status: "canceled", refunded: 900_000, remains: 250 } as const;

  it.each([
    ["nothing was told", { ...canceled, reportedFinal: null }, false],
    ["what was told still holds", { ...partial, reportedFinal: told }, false],
    ["the refund was topped up", { ...canceled, reportedFinal: told }, true],
    ["the order is under way again", { status: "in_progress", reportedFinal: told }, true],
    ["the increase waits for a person", { ...canceled, refunded: 225_000, hold: { ...hold, amount: 675_000 }, reportedFinal: told }, false],
    ["another number of units left means the same refund", { ...partial, remains: 300, reportedFinal: told }, false],
  ] as const)("%s", (_name, over, outdated) => {
    expect((withOutdated(anOrder(over)).flags & FLAGS.panel_outdated) !== 0).toBe(outdated);
  });

  it("goes off when what was told holds again", () => {
    expect(withOutdated(anOrder({ ...partial, reportedFinal: told, flags: FLAGS.panel_outdated | FLAGS.stalled })).flags).toBe(
      FLAGS.stalled,
    );
  });
});

describe("a subscription", () => {
  const form = { had: ["posts", "orders"], numericOrders: true, subscription: true } as const;
  const subscription = { multi: true, parts: { runs: null, posts: 3, expiry: null, orders: ["1"], form } } as const;
  const active = { ...subscription, status: "processing", activeStatus: "processing", providerStatus: "Active" } as const;
  const over = { ...active, ...ended, charge: null, quantity: null, remains: null } as const;

  it.each<[string, Partial<OrderState>, string, boolean]>([
    ["is active", active, "Active", false],
    ["is paused", { ...active, providerStatus: "PAUSED" }, "Paused", false],
    ["is active while it is pending, or in error", { ...active, status: "error", activeStatus: "pending" }, "Active", false],
    ["is active before the first answer", { ...active, status: "pending", providerStatus: null, parts: null, posts: 5 }, "Active", false],
    ["has expired, and nothing is known of its money", { ...over, status: "partial", providerStatus: "Expired" }, "Expired", true],
    ["has expired, and cost nothing", { ...over, charge: 0, status: "partial", providerStatus: "Expired" }, "Expired", true],
    ["is completed", { ...over, status: "completed", providerStatus: "Completed" }, "Completed", true],
    ["is canceled", { ...over, status: "canceled", providerStatus: "Cancelled" }, "Canceled", true],
    ["was refunded", { ...over, status: "refunded", providerStatus: "Refunded" }, "Canceled", true],
    ["was refunded, with something left", { ...over, status: "refunded", providerStatus: "Refunded", remains: 5 }, "Canceled", true],
    [
      "waits for a person: the last active word stands",
      { ...over, charge: 900_000, status: "partial", hold, reason: "multi_order" },
      "Active",
      false,
    ],
    [
      "was returned in full by a person",
      { ...over, charge: 900_000, quantity: 500, status: "partial", refunded: 900_000 },
      "Canceled",
      true,
    ],
    [
      "has nothing returned, by a person's word",
      { ...over, charge: 900_000, status: "canceled", reason: "multi_order" },
      "Completed",
      true,
    ],
    [
      "stands on a row of an earlier release",
      { ...over, status: "partial", parts: { runs: null, posts: "3", expiry: null, orders: [] } },
      "Expired",
      true,
    ],
  ])("that %s", (_name, state, label, final) => {
    expect(statusForPanel(anOrder(state))).toMatchObject({ label, final });
  });

  it("is no drip-feed: that one has the words of a plain order", () => {
    const runs = { ...subscription.parts, runs: 2, posts: null, form: { ...form, subscription: false } };
    expect(statusForPanel(anOrder({ ...active, parts: runs }))).toMatchObject({ label: "Processing" });
    expect(statusForPanel(anOrder({ multi: true, parts: null, posts: null }))).toMatchObject({ label: "In progress" });
  });
});

import { describe, expect, it } from "vitest";
import { tellPanel } from "../../../src/domain/told.ts";
import { anOrder, NOW } from "./orders.ts";

const ended = { finalAt: NOW } as const;
const hold = { n: 1, amount: 900_000, reason: "remains_unknown", at: NOW, postsAt: null } as const;

describe("tellPanel", () => {
  it.each([
    ["a middle status as it is", { status: "processing", middle: "processing", remains: 1000 }, "Processing", 1000],
    ["the last middle word on an error", { status: "error" }, "In progress", 600],
    ["Pending while nothing is known", { status: "unknown", middle: "pending", remains: null }, "Pending", 1000],
    ["completed", { ...ended, status: "completed", remains: 0 }, "Completed", 0],
    ["completed, even with something left", { ...ended, status: "completed", remains: 3 }, "Completed", 0],
    ["a full refund", { ...ended, status: "canceled", refunded: 900_000, remains: 250 }, "Canceled", 1000],
    ["a refund in part", { ...ended, status: "partial", refunded: 225_000, remains: 250 }, "Partial", 250],
    ["a refund in part of a refunded order", { ...ended, status: "refunded", refunded: 225_000, remains: 250 }, "Partial", 250],
    ["what was refunded, not what the provider says", { ...ended, status: "partial", refunded: 450_000, remains: 250 }, "Partial", 500],
    ["the middle word while a refund is held", { ...ended, status: "partial", hold, remains: null }, "In progress", 1000],
    [
      "a final word that was taken back only once",
      { ...ended, status: "canceled", refunded: 900_000, backTo: "in_progress" },
      "Canceled",
      1000,
    ],
    ["never more left than was ordered", { remains: 1500 }, "In progress", 1000],
    ["a free order that was canceled", { ...ended, status: "canceled", charge: 0, refunded: 0 }, "Canceled", 600],
  ] as const)("%s", (_name, over, word, remains) => {
    expect(tellPanel(anOrder(over))).toMatchObject({ word, remains });
  });

  it.each([
    ["partial", "Partial"],
    ["refunded", "Partial"],
    ["canceled", "Canceled"],
    ["completed", "Completed"],
  ] as const)("says a followed order that is %s as %s", (status, word) => {
    expect(tellPanel(anOrder({ ...ended, status, charge: null, quantity: null, remains: 5 })).word).toBe(word);
  });
});

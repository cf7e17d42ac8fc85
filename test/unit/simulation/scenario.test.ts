/**
 * The simulation itself: one seed is one run, its one-time faults fit into it, and what is put back is as it was.
 */
import { describe, expect, it, test } from "vitest";
import type { Life } from "../../../simulator/life.ts";
import { openBackend } from "../../../simulation/backends.ts";
import { crashesIn, differencesFrom, parseCrash } from "../../../simulation/crashes.ts";
import { Draws } from "../../../simulation/draws.ts";
import { wrongsOfChanges } from "../../../simulation/feed-check.ts";
import { drawOneTimeFaults } from "../../../simulation/one-time-faults.ts";
import { trueSince } from "../../../simulation/monotonic-reads.ts";
import { restoreDatabase, saveDatabase } from "../../../simulation/restore.ts";
import { run } from "../../../simulation/scenario.ts";
import type { Backend } from "../../../simulation/sqlite.ts";

async function played(seed: number) {
  const backend = await openBackend("sqlite");
  const result = await run({ seed, ticks: 20, orders: 8, backend });
  return { backend, result };
}

function rows(backend: Backend, sql: string) {
  return backend.run([{ sql, params: [] }]);
}

describe("a run", () => {
  it("of one seed comes to the same state and the same figures each time, and of another one to others", async () => {
    const [first, again, other] = [await played(7), await played(7), await played(8)];
    expect(first.result.wrongs).toEqual([]);
    expect(again.result).toEqual(first.result);
    expect(other.result.digest).not.toBe(first.result.digest);
  });

  it("leaves a database that can be put back as it was, with what the database refuses", async () => {
    const { backend } = await played(3);
    const saved = await saveDatabase(backend);
    expect(saved.tables.find(({ name }) => name === "orders")?.rows.length).toBeGreaterThan(5);
    await rows(backend, "UPDATE panels SET order_n = order_n + 1, feed_seq = feed_seq + 1");
    await rows(backend, "UPDATE providers SET failures = failures + 1");
    expect(await saveDatabase(backend)).not.toEqual(saved);
    await restoreDatabase(backend, saved);
    expect(await saveDatabase(backend)).toEqual(saved);
    expect(() => rows(backend, "DELETE FROM changes")).toThrow("SQLITE_CONSTRAINT");
  });
});

test("one-time faults happen within the run, and midnight comes before its end", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const ticks = 20 + (seed % 50);
    const { startsAt, faults } = drawOneTimeFaults(new Draws(seed, "fate"), ticks);
    for (const fault of faults) {
      expect(fault.minute).toBeGreaterThanOrEqual(5);
      expect(fault.minute).toBeLessThan(ticks);
      if (fault.kind === "restore") expect(fault.minute - fault.back).toBeGreaterThanOrEqual(0);
      if (fault.kind !== "quota") continue;
      const midnight = (Math.floor(startsAt / 86_400_000) + 1) * 86_400_000;
      expect((midnight - startsAt) / 60_000).toBeGreaterThan(fault.minute);
      expect((midnight - startsAt) / 60_000).toBeLessThan(ticks);
    }
  }
});

describe("monotonic reads", () => {
  const life: Life = {
    kind: "reopened",
    quantity: 100,
    startCount: 0,
    flaps: [],
    steps: [
      { at: 0, status: "pending", remains: 100 },
      { at: 1000, status: "in_progress", remains: 100, remainsAtEnd: 0 },
      { at: 2000, status: "completed", remains: 0 },
      { at: 3000, status: "in_progress", remains: 30, remainsAtEnd: 0 },
      { at: 4000, status: "completed", remains: 0 },
    ],
  };

  test.each([
    ["what is true now", { status: "in_progress", remains: 50 }, 0, 1510, 1499],
    ["what was true before", { status: "pending", remains: 100 }, 1200, 1510, null],
    ["more left than before", { status: "in_progress", remains: 80 }, 1500, 1600, null],
    ["more left in a later stretch", { status: "in_progress", remains: 30 }, 1900, 3000, 2999],
    ["what is true only later", { status: "completed", remains: 0 }, 1200, 1900, null],
    ["a number that did not come with the last word", { status: "completed", remains: 7 }, 3500, 4100, null],
    ["a second end", { status: "completed", remains: 0 }, 3500, 4100, 4000],
  ])("%s", (_what, shown, seen, now, since) => {
    expect(trueSince(life, shown, { seen, now }, false)).toBe(since);
  });
});

describe("the feed of an order", () => {
  const row = { last_change: 1, status: "pending", flags: 0, refunded: 0 };
  const refund = { n: 1, status: "posted", kind: "auto", amount: 500_000 };
  const before = { row, refunds: new Map() };
  const after = { row: { ...row, status: "partial", refunded: 500_000 }, refunds: new Map([[1, refund]]) };
  const change = (type: string, data: object, previous: object = {}) => ({
    type,
    data: JSON.stringify(data),
    previous: JSON.stringify(previous),
  });
  const updated = change("order.updated", { status: "partial" }, { status: "pending" });
  const posted = change("refund.posted", { amount: "0.5", refunded: "0.5" });

  test.each([
    ["all that happened", [updated, posted], 0],
    ["nothing", [], 2],
    ["a refund twice", [updated, posted, posted], 1],
    ["another amount", [updated, change("refund.posted", { amount: "0.4", refunded: "0.5" })], 1],
    ["another total", [updated, change("refund.posted", { amount: "0.5", refunded: "0.9" })], 1],
    ["another status", [change("order.updated", { status: "canceled" }, { status: "pending" }), posted], 1],
    ["another past", [change("order.updated", { status: "partial" }, { status: "processing" }), posted], 1],
    ["a flag that there is not", [updated, posted, change("order.flagged", {})], 2],
  ])("that tells of %s", (_what, changes, wrongs) => {
    expect(wrongsOfChanges(before, after, changes)).toHaveLength(wrongs);
  });
});

describe("crashes", () => {
  it("are two for each step", () => {
    expect(crashesIn({ seed: 1, ticks: 5, orders: 5 }, 3)).toHaveLength(6);
    expect(parseCrash("57:after")).toEqual({ step: 57, when: "after" });
    expect(() => parseCrash("57")).toThrow("--crash must be like");
  });

  it("make no difference to orders that both runs have, and lose none that a panel registers", () => {
    const as = (stands: string, cancel: string | null = null) => ({ stands, cancel });
    const expected = new Map([
      ["books a", as("completed")],
      ["hasty b", as("canceled", "granted")],
    ]);
    expect(differencesFrom(expected, new Map([["books a", as("completed")]]))).toEqual([]);
    expect(differencesFrom(expected, new Map([...expected, ["hasty b", as("completed", "too_late")]]))).toEqual([]);
    expect(differencesFrom(expected, new Map([["books a", as("partial")]]))).toEqual([
      "books a is partial, and undisturbed it is completed",
    ]);
    expect(differencesFrom(expected, new Map())).toEqual(["books a is not there"]);
  });
});

import { describe, expect, it } from "vitest";
import { slowedCadence } from "../../../src/domain/poll-cadence.ts";
import type { OrderState } from "../../../src/domain/order.ts";
import {
  lastingOf,
  type Reading,
  refusedIn,
  summaryOf,
  unreadAfter,
  type UnreadOrders,
  unreadSince,
  unreadText,
} from "../../../src/domain/unread-orders.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SAID = { code: "not_json", message: "HTTP 200, and the answer is no JSON. It begins: {" };
const CUT = { code: "refused", message: "Busy" };

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n + 1));
const unread = (panel: string, names: readonly string[], said = SAID, words: string | null = null): Reading["unread"] =>
  names.map((id) => ({ panel, id, said, words }));
const read = (some: Partial<Reading>): Reading => ({ unread: [], settled: [], ...some });

describe("orders that go unread", () => {
  const first = unreadAfter({}, read({ unread: unread("shop", ["7", "8"]) }), NOW);

  it("are remembered with since when, and what came last", () => {
    const second = unreadAfter(first, read({ unread: unread("shop", ["7"], CUT) }), NOW + MINUTE);
    expect(second).toEqual({ shop: { orders: { "7": [NOW, NOW + MINUTE], "8": [NOW, NOW] }, said: CUT } });
    expect(unreadSince(second, { panel: "shop", id: "7" })).toBe(NOW);
    expect(unreadSince(second, { panel: "other", id: "7" })).toBeNull();
    expect(unreadSince(second, { panel: "constructor", id: "name" })).toBeNull();
  });

  it("are forgotten once they are answered, their panel with the last of them", () => {
    const one = unreadAfter(first, read({ settled: [{ panel: "shop", id: "7" }] }), NOW + MINUTE);
    expect(one).toEqual({ shop: { orders: { "8": [NOW, NOW] }, said: SAID } });
    // Another panel's order of that name says nothing of this one's.
    expect(unreadAfter(one, read({ settled: [{ panel: "other", id: "8" }] }), NOW)).toEqual(one);
    expect(unreadAfter(one, read({ settled: [{ panel: "shop", id: "8" }] }), NOW)).toEqual({});
  });

  it("stay while they are not asked about, for some hours", () => {
    expect(unreadAfter(first, read({}), NOW + 6 * HOUR)).toEqual(first);
    expect(unreadAfter(first, read({}), NOW + 7 * HOUR)).toEqual({});
    // A stop of the ticks takes nothing from how long it has been.
    const late = unreadAfter(first, read({ unread: unread("shop", ["7"]) }), NOW + 9 * HOUR);
    expect(late["shop"]?.orders).toEqual({ "7": [NOW, NOW + 9 * HOUR] });
  });

  it("do not outlast a clock that was ahead", () => {
    const ahead = unreadAfter({}, read({ unread: unread("shop", ["7"]) }), NOW + HOUR);
    expect(unreadAfter(ahead, read({}), NOW)).toEqual({});
    expect(unreadAfter(ahead, read({ unread: unread("shop", ["7"]) }), NOW)["shop"]?.orders).toEqual({ "7": [NOW, NOW] });
  });

  it("fill no row, of one panel or of many, and keep no other panel's out", () => {
    const flood = unreadAfter(first, read({ unread: unread("flood", ids(5000)) }), NOW);
    expect(summaryOf(flood)).toMatchObject([
      { panel: "shop", orders: 2, atLeast: false },
      { panel: "flood", orders: 20, atLeast: true },
    ]);
    const fresh = ids(100).flatMap((n) => unread(`p${n}`, ids(30), SAID, "x".repeat(60)));
    const many = unreadAfter(flood, read({ unread: fresh }), NOW);
    expect(Object.keys(many)).toHaveLength(10);
    expect(JSON.stringify(many).length).toBeLessThan(30_000);
    expect(unreadSince(many, { panel: "shop", id: "7" })).toBe(NOW);
  });

  it.each<[string, UnreadOrders, number]>([
    ["at once", first, 0],
    ["once again after nine minutes", unreadAfter(first, read({ unread: unread("shop", ["7"]) }), NOW + 9 * MINUTE), 0],
    ["once again after ten", unreadAfter(first, read({ unread: unread("shop", ["7"]) }), NOW + 10 * MINUTE), 1],
  ])("are told of only once it lasts: %s", (_, known, told) => {
    expect(lastingOf(known).reduce((sum, { orders }) => sum + orders, 0)).toBe(told);
  });

  it.each<[number, boolean, string]>([
    [1, false, "1 order of panel shop"],
    [2, false, "2 orders of panel shop"],
    [20, true, "20 orders or more of panel shop"],
  ])("%i of them are named", (orders, atLeast, text) => {
    expect(unreadText({ panel: "shop", orders, atLeast })).toBe(text);
  });
});

describe("an order that goes unread in words", () => {
  const words = (id: string, said: string | null, panel = "shop") => unread(panel, [id], SAID, said);
  const [NONE, OFFLINE] = ["tidak ada", "provider offline"];
  /** What `shop`'s order 7 came to: refused or not, after it got these words an hour ago and gets them again. */
  const after = (...others: readonly Reading["unread"][]): string[] => {
    const known = unreadAfter({}, read({ unread: [...words("7", NONE), ...others.flat()] }), NOW);
    return refusedIn(known, { unread: words("7", NONE) }, NOW + HOUR).map(({ panel, id }) => `${panel}/${id}`);
  };

  it.each<[string, readonly Reading["unread"][], string[]]>([
    ["of its own", [], ["shop/7"]],
    ["of its own beside other words", [words("8", OFFLINE), words("9", null)], ["shop/7"]],
    ["that another of its panel got", [words("8", NONE)], []],
    ["that another panel's order got, whose ids are its own affair", [words("8", NONE, "flood")], ["shop/7"]],
    ["where more go unread than are counted", [unread("shop", ids(30))], []],
  ])("%s, for an hour, is refused or not", (_, others, refused) => {
    expect(after(...others)).toEqual(refused);
  });

  it("is not refused sooner, nor in other words, nor in those of another that come now", () => {
    const known = unreadAfter({}, read({ unread: words("7", NONE) }), NOW);
    expect(refusedIn(known, { unread: words("7", NONE) }, NOW + HOUR - 1)).toEqual([]);
    expect(refusedIn(known, { unread: words("7", OFFLINE) }, NOW + HOUR)).toEqual([]);
    expect(refusedIn(known, { unread: words("7", null) }, NOW + HOUR)).toEqual([]);
    expect(refusedIn(known, { unread: [...words("7", NONE), ...words("8", NONE)] }, NOW + HOUR)).toEqual([]);
    expect(refusedIn({}, { unread: words("7", NONE) }, NOW + HOUR)).toEqual([]);
  });
});

describe("an order that goes unread", () => {
  const open = { status: "in_progress", hold: null } as const;
  it.each<[Partial<OrderState>, number | null, number | null]>([
    [{ ...open, cadence: 1 }, 0, 5],
    [{ ...open, cadence: 5 }, 5 * MINUTE, 15],
    [{ ...open, cadence: 15 }, 2 * HOUR, null],
    [{ ...open, cadence: 15 }, 3 * HOUR, 60],
    [{ ...open, cadence: 15 }, null, 60],
    [{ ...open, cadence: 60 }, 9 * HOUR, null],
    [{ ...open, cadence: null }, 9 * HOUR, null],
    [{ ...open, status: "canceled", cadence: 5 }, HOUR, null],
    [{ ...open, hold: {} as OrderState["hold"], cadence: 5 }, HOUR, null],
  ])("%o, for %s ms, is looked at less often", (state, forMs, cadence) => {
    expect(slowedCadence(state as OrderState, forMs)).toBe(cadence);
  });
});

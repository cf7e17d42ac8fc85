import { describe, expect, it } from "vitest";
import { runsOutAt, withReading } from "../../../src/domain/balance-forecast.ts";
import { type Overview, standingOf, verdictOf } from "../../../src/domain/overview.ts";
import { changesText, type WatchedService, watchServices } from "../../../src/domain/service-watch.ts";

const HOUR = 60 * 60_000;

describe("the overview's sentence", () => {
  const fine: Overview = { alerts: [], waiting: [], isBehind: false, activeOrders: 12, pausedOrders: 0, providers: 2 };
  const down = { kind: "provider_down", text: "Provider acme does not answer." } as const;
  const word = { kind: "unknown_word", text: "Provider acme uses a word." } as const;
  const unread = { kind: "orders_unread", text: "Provider acme gives no readable answer about 2 orders of panel shop." } as const;
  const refunds = [2, "refund to decide on", "refunds to decide on"] as const;

  it.each<[Partial<Overview>, string, string]>([
    [{}, "ok", "All is right. 12 orders are followed at 2 providers."],
    [{ activeOrders: 1, providers: 1 }, "ok", "All is right. One order is followed at one provider."],
    [{ activeOrders: 3, pausedOrders: 9 }, "attention", "9 orders wait at a provider that is switched off."],
    [
      { alerts: [{ ...down, text: "Provider acme rejects our key. Invalid API key" }, word] },
      "trouble",
      "Provider acme rejects our key. Invalid API key. One more alert is open.",
    ],
    [{ activeOrders: 0 }, "ok", "All is right, and there is no order to follow."],
    [{ activeOrders: 0, providers: 0 }, "ok", "Nothing is set up yet: add a provider and a panel."],
    [{ alerts: [word, down] }, "trouble", "Provider acme does not answer. One more alert is open."],
    [{ alerts: [word] }, "attention", "Orders are followed. Provider acme uses a word."],
    [{ waiting: [refunds, [0, "a", "b"]] }, "attention", "Orders are followed, and something waits for you: 2 refunds to decide on."],
    [{ alerts: [unread] }, "attention", unread.text],
    [{ alerts: [word, unread] }, "attention", "Some orders get no readable answer. Provider acme uses a word."],
    [
      { alerts: [unread], waiting: [refunds] },
      "attention",
      "Some orders get no readable answer, and something waits for you: 2 refunds to decide on.",
    ],
    [{ isBehind: true, alerts: [down] }, "trouble", "Orders are not followed: no tick has come through for minutes."],
  ])("%o", (changes, status, sentence) => {
    expect(verdictOf({ ...fine, ...changes })).toEqual({ status, sentence });
  });
});

it.each([
  [{ enabled: false, retryAt: 1 }, "off"],
  [{ retryAt: 1, lastFailure: { code: "http", message: "" } }, "down"],
  [{ retryAt: 1, lastFailure: { code: "blocked", message: "" } }, "blocked"],
  [{ retryAt: 1, lastFailure: { code: "rejected_key", message: "" } }, "key_rejected"],
  [{ retryAt: 1, lastFailure: { code: "rate_limited", message: "" } }, "waiting"],
  [{ brakeEngagedAt: 1 }, "braked"],
  [{ lastSuccessAt: null }, "unknown"],
  [{}, "ok"],
])("a provider with %o is %s", (changes, standing) => {
  const well = { enabled: true, retryAt: null, lastSuccessAt: 1, lastFailure: null, brakeEngagedAt: null, brakedPanels: {} };
  expect(standingOf({ ...well, ...changes })).toBe(standing);
});

describe("when a balance runs out", () => {
  it.each([
    ["as it goes down", ["10", "8", "6"], 2 * 6 * HOUR + 18 * HOUR],
    ["what was paid in does not count", ["10", "8", "20", "18"], 18 * HOUR + (18 / 4) * 18 * HOUR],
    ["nothing was spent", ["10", "10", "12"], null],
    ["it is gone already", ["10", "0"], null],
    ["one reading", ["10"], null],
  ])("%s", (_why, balances, at) => {
    expect(runsOutAt(balances.map((balance, i) => [i * 6 * HOUR, balance] as const))).toBe(at);
  });

  it("is not told from less than six hours", () => {
    expect(
      runsOutAt([
        [0, "10"],
        [5 * HOUR, "1"],
      ]),
    ).toBeNull();
  });

  it("goes by the last three days, and a clock that was ahead is forgotten", () => {
    const trail = withReading(
      [
        [0, "9"],
        [50 * HOUR, "8"],
        [999 * HOUR, "1"],
      ],
      80 * HOUR,
      "7",
    );
    expect(trail).toEqual([
      [50 * HOUR, "8"],
      [80 * HOUR, "7"],
    ]);
  });
});

describe("the list of a provider", () => {
  const first = { name: "Likes", rate: "0.9", min: 10, max: 100 };
  const watch = (kept: Record<string, WatchedService>, listed: Record<string, NonNullable<WatchedService>>) =>
    watchServices({
      sold: new Map([
        ["1", "1.3"],
        ["2", null],
      ]),
      kept: new Map(Object.entries(kept)),
      listed: new Map(Object.entries(listed)),
    });

  it.each<[string, Record<string, WatchedService>, Record<string, NonNullable<WatchedService>>, string[]]>([
    ["the first look", {}, { "1": first }, []],
    ["no change", { "1": first, "2": null }, { "1": first }, []],
    ["what is not sold here", { "1": first, "2": null }, { "1": first, "3": first }, []],
    ["gone", { "1": first, "2": first }, { "1": first }, ['service 2 ("Likes") is not listed any more']],
    ["back", { "1": null, "2": first }, { "1": first, "2": first }, ['service 1 ("Likes") is listed again']],
    ["a rate", { "1": first, "2": null }, { "1": { ...first, rate: "1" } }, ['service 1 ("Likes") costs 1 instead of 0.9']],
    [
      "a rate that leaves little",
      { "1": first, "2": first },
      { "1": { ...first, rate: "1.2" }, "2": { ...first, rate: "9" } },
      ['service 1 ("Likes") costs 1.2 instead of 0.9 (it leaves 7 % of your price, 1.3)', 'service 2 ("Likes") costs 9 instead of 0.9'],
    ],
    [
      "a rate that leaves nothing",
      { "1": first, "2": null },
      { "1": { ...first, rate: "1.3" } },
      ['service 1 ("Likes") costs 1.3 instead of 0.9 (all of your price, 1.3)'],
    ],
    ["renamed", { "1": first, "2": null }, { "1": { ...first, name: "Hearts" } }, ['service 1 ("Hearts") was called "Likes" before']],
    [
      "limits",
      { "1": first, "2": null },
      { "1": { ...first, min: 5, max: null } },
      ['service 1 ("Likes") has a least quantity of 5 instead of 10, has a greatest quantity of ? instead of 100'],
    ],
    ["an empty list", { "1": first, "2": first }, {}, []],
  ])("%s", (_what, kept, listed, texts) => {
    expect(watch(kept, listed).texts).toEqual(texts);
  });

  it("is kept only where it is news", () => {
    expect([...watch({ "1": first, "2": null }, { "1": first }).kept]).toEqual([]);
    expect([...watch({ "1": first }, { "1": first }).kept]).toEqual([["2", null]]);
  });

  it("is told in one sentence, however much has changed", () => {
    expect(changesText("acme", ["a", "b", "c", "d", "e", "f", "g"])).toBe("Provider acme has changed its list: a; b; c; d; e; and 2 more.");
  });
});

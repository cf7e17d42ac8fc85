import { describe, expect, it } from "vitest";
import type { LiveAlert } from "../../../src/domain/alert.ts";
import { failureMessage } from "../../../src/provider/failure-message.ts";
import { type AlertFacts, endedStop, lookAt, type ProviderFacts, shortText } from "../../../src/domain/alert-facts.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const MINUTE = NOW / 60_000;
const HOUR_MS = 60 * 60_000;

const provider: ProviderFacts = {
  id: "acme",
  enabled: true,
  retryAt: null,
  lastFailure: null,
  brakeEngagedAt: null,
  brakedPanels: {},
  brakeEvidence: null,
  unknownWords: [],
  unreadOrders: {},
  activeOrders: 10,
  balance: null,
  balanceCurrency: "USD",
  lowBalance: null,
};
const quiet: AlertFacts = {
  providers: [provider],
  held: [],
  inDoubt: new Map(),
  overdue: new Map(),
  deadLetters: 0,
  frozen: [],
  expiringKeys: [],
  webhooks: [],
  crons: [],
  lastMinute: MINUTE,
  rowsWritten: 0,
  usedShares: [],
  quality: [],
  messages: 0,
  databaseBytes: 0,
};
const heldSince = (...times: number[]) => times.map((since) => ({ panel: "shop", since }));
const webhook = { panel: "shop", id: "wh_1", disabledBecause: null, failingSince: null };
const failed = (code: string): Partial<ProviderFacts> => ({ retryAt: NOW, lastFailure: { code, message: "It said no." } });

/** What is bad, as `kind subject`. */
function bad(facts: Partial<AlertFacts>, plan = "free"): string[] {
  const look = lookAt({ ...quiet, ...facts }, { now: NOW, minute: MINUTE, plan });
  return look.bad.filter(({ kind, subject }) => !look.isUnclear(kind, subject)).map(({ kind, subject }) => `${kind} ${subject}`.trim());
}
const HTTP_500 = { code: "http", message: "HTTP 500" };
const unreadFor = (ms: number) => ({ orders: { "7": [NOW - HOUR_MS, NOW - HOUR_MS + ms] as const }, said: HTTP_500 });
const of = (changes: Partial<ProviderFacts>): Partial<AlertFacts> => ({ providers: [{ ...provider, ...changes }] });

describe("what is bad", () => {
  it.each<[string, Partial<AlertFacts>, string[]]>([
    ["nothing", {}, []],
    ["no answer", of(failed("timeout")), ["provider_down acme"]],
    ["a firewall", of(failed("blocked")), ["provider_blocked acme"]],
    ["a wrong key", of(failed("rejected_key")), ["provider_key_rejected acme"]],
    ["patience asked for", of(failed("rate_limited")), []],
    ["a failure whose circuit is closed", of({ ...failed("timeout"), retryAt: null }), []],
    ["a provider that is switched off", of({ ...failed("timeout"), enabled: false, balance: "0" }), []],
    ["the brake", of({ brakeEngagedAt: 1 }), ["brake_engaged acme"]],
    ["the brake of a panel", of({ brakedPanels: { shop: 1 } }), ["brake_engaged acme"]],
    ["no funds", of({ balance: "0.00" }), ["provider_funds_out acme"]],
    ["debts", of({ balance: "-3.1", lowBalance: 5e6 }), ["provider_funds_out acme"]],
    ["few funds", of({ balance: "4.999999", lowBalance: 5e6 }), ["provider_balance_low acme"]],
    ["enough funds", of({ balance: "5", lowBalance: 5e6 }), []],
    ["few funds that nobody watches", of({ balance: "0.01" }), []],
    ["an unknown word", of({ unknownWords: ["On hold"] }), ["unknown_word acme"]],
    [
      "orders of two panels that go unread for ten minutes",
      of({ unreadOrders: { shop: unreadFor(600_000), flood: unreadFor(HOUR_MS) } }),
      ["orders_unread acme/shop", "orders_unread acme/flood"],
    ],
    ["an order that goes unread for less", of({ unreadOrders: { shop: unreadFor(599_999) } }), []],
    ["unread orders of a provider that is off", of({ enabled: false, unreadOrders: { shop: unreadFor(HOUR_MS) } }), []],
    ["unread orders where nobody answers", of({ ...failed("http"), unreadOrders: { shop: unreadFor(HOUR_MS) } }), ["provider_down acme"]],
    ["refunds held for an hour", { held: heldSince(NOW - HOUR_MS, NOW - HOUR_MS + 1) }, ["refunds_held"]],
    ["refunds held for less", { held: heldSince(NOW - HOUR_MS + 1) }, []],
    ["an order in doubt", { inDoubt: new Map([["acme", 1]]) }, ["placing_unknown"]],
    ["five of ten overdue", { overdue: new Map([["acme", 5]]) }, ["orders_overdue acme"]],
    ["four of ten overdue", { overdue: new Map([["acme", 4]]) }, []],
    ["five of thirty overdue", { ...of({ activeOrders: 30 }), overdue: new Map([["acme", 5]]) }, []],
    ["overdue where nobody answers", { ...of(failed("http")), overdue: new Map([["acme", 9]]) }, ["provider_down acme"]],
    ["dead letters", { deadLetters: 2 }, ["dead_letters"]],
    ["a ledger", { frozen: [{ panel: "shop", because: null }] }, ["ledger_mismatch shop"]],
    ["a key", { expiringKeys: [{ id: "key_1", name: "bot", panel: "shop", expiresAt: NOW + 1 }] }, ["key_expiring key_1"]],
    ["a cron that fails", { crons: [{ panel: "shop", failing: 1, name: null, error: "HTTP 500" }] }, ["cron_failing shop"]],
    ["a webhook that is off", { webhooks: [{ ...webhook, disabledBecause: "gone" }] }, ["webhook_disabled shop/wh_1"]],
    ["a webhook that has failed for long", { webhooks: [{ ...webhook, failingSince: NOW - HOUR_MS / 2 }] }, ["webhook_behind shop/wh_1"]],
    ["a webhook that has failed for less", { webhooks: [{ ...webhook, failingSince: NOW - HOUR_MS / 2 + 1 }] }, []],
    ["ticks that are missing", { lastMinute: MINUTE - 5 }, ["sync_behind"]],
    ["ticks that are a little late", { lastMinute: MINUTE - 4 }, []],
    ["missing ticks with nothing to follow", { ...of({ activeOrders: 0 }), lastMinute: MINUTE - 99 }, []],
    ["seven tenths of the rows", { rowsWritten: 70_000 }, ["plan_limit rows_written"]],
    ["nearly that", { rowsWritten: 69_999 }, []],
    ["seven tenths of the queue", { messages: 2334 }, ["plan_limit queue_operations"]],
    ["a database that fills up", { databaseBytes: 350_000_000 }, ["plan_limit database_size"]],
    ["one that has room", { databaseBytes: 349_999_999 }, []],
    ["orders that end badly", { quality: [{ provider: "acme", service: "7", bad: 9, of: 12 }] }, ["service_quality acme/7"]],
    ["a panel's share", { usedShares: [{ panel: "shop", kind: "add", most: 3000 }] }, ["plan_limit shop/add"]],
  ])("%s", (_what, facts, expected) => {
    expect(bad(facts)).toEqual(expected);
  });

  it("is no limit on the paid plan", () => {
    expect(bad({ rowsWritten: 1e9, messages: 1e9 }, "paid")).toEqual([]);
    // A database is never larger than 10 GB.
    expect(bad({ databaseBytes: 6.9e9 }, "paid")).toEqual([]);
    expect(bad({ databaseBytes: 7e9 }, "paid")).toEqual(["plan_limit database_size"]);
  });

  it("is said in whole sentences, with the provider's words cut short and on one line", () => {
    const words = ["x\n\u202ey".padEnd(90, "z"), "b", "c", "d"];
    const { bad: facts } = lookAt(
      { ...quiet, ...of({ unknownWords: words }), held: heldSince(1, 1) },
      { now: NOW, minute: MINUTE, plan: "free" },
    );
    expect(facts.map(({ text, count }) => [text, count])).toEqual([
      [`Provider acme uses 4 status words that nobody has mapped: "x y${"z".repeat(36)}…", "b", "c", ….`, 4],
      ["2 refunds of panel shop have waited for your decision for over an hour.", 2],
    ]);
  });

  it.each<[string, Partial<AlertFacts>, string]>([
    ["one refund", { held: heldSince(1) }, "1 refund of panel shop has waited for your decision for over an hour."],
    [
      "refunds of many panels",
      { held: ["a", "b", "c", "d", "a"].map((panel) => ({ panel, since: 1 })) },
      "5 refunds of panels a, b, c and 1 more have waited for your decision for over an hour.",
    ],
    ["an order in doubt", { inDoubt: new Map([["acme", 1]]) }, "1 order is in doubt: provider acme may have taken it, or not."],
    [
      "orders in doubt at two providers",
      {
        inDoubt: new Map([
          ["acme", 2],
          ["bolt", 1],
        ]),
      },
      "3 orders are in doubt: providers acme, bolt may have taken them, or not.",
    ],
    [
      "a brake",
      of({ brakedPanels: { shop: 1 } }),
      "An unusual share of orders ended badly at provider acme, so the refunds of panel shop wait for you.",
    ],
    [
      "a brake that knows why",
      of({ brakeEngagedAt: 1, brakeEvidence: { ended: 30, badly: 26 } }),
      "26 of 30 orders that ended within an hour ended badly at provider acme, so all its refunds wait for you.",
    ],
    [
      "a cron",
      { crons: [{ panel: "shop", failing: 1, name: "sync", error: "HTTP 500." }] },
      'The cron "sync" of panel shop fails. HTTP 500.',
    ],
    ["a cron without a name", { crons: [{ panel: "shop", failing: 1, name: null, error: null }] }, "A cron of panel shop fails."],
    [
      "crons",
      { crons: [{ panel: "shop", failing: 3, name: "sync", error: "HTTP 500." }] },
      '3 crons of panel shop fail, one of them "sync". HTTP 500.',
    ],
    [
      "a wrong key",
      of({
        retryAt: NOW,
        lastFailure: { code: "rejected_key", message: failureMessage({ code: "rejected_key", message: "Invalid API key" }) },
      }),
      "Provider acme rejects our key. Invalid API key",
    ],
    [
      "a firewall",
      of({ retryAt: NOW, lastFailure: { code: "blocked", message: failureMessage({ code: "blocked", status: 403 }) } }),
      "Provider acme turns our calls away. HTTP 403: a bot check stands before the provider.",
    ],
    [
      "a firewall in words of its own",
      of({
        retryAt: NOW,
        lastFailure: { code: "blocked", message: failureMessage({ code: "blocked", status: 403, message: "No bots." }) },
      }),
      "Provider acme turns our calls away. The provider does not let this Worker in: No bots.",
    ],
    [
      "a ledger",
      { frozen: [{ panel: "shop", because: 'order "7": refunded should be 1 and is 2' }] },
      'The ledger of panel shop does not add up, so its refunds wait: order "7": refunded should be 1 and is 2.',
    ],
    ["a dead letter", { deadLetters: 1 }, "1 queue message failed for good, so its work was not done."],
  ])("says where it is: %s", (_what, facts, text) => {
    const look = lookAt({ ...quiet, ...facts }, { now: NOW, minute: MINUTE, plan: "free" });
    expect(look.bad.map((fact) => fact.text)).toEqual([text]);
  });
});

describe("a stop that is over", () => {
  const open: LiveAlert = {
    id: 1,
    kind: "sync_behind",
    subject: "",
    text: "Orders are not followed.",
    count: 1,
    bad: 2,
    good: 0,
    openedAt: 1,
    silencedUntil: null,
    reminders: 0,
    toldAt: 1,
    lookedAt: 1,
  };

  it.each<[string, Partial<AlertFacts>, LiveAlert[], number, string | null]>([
    ["ten minutes", {}, [], 10, "10 minutes"],
    ["hours", {}, [], 300, "5 hours"],
    ["less", {}, [], 9, null],
    ["with nothing to follow", of({ activeOrders: 0 }), [], 60, null],
    ["of which is told that it is over", {}, [open], 60, null],
    ["of which nothing was told", {}, [{ ...open, openedAt: null }], 60, "60 minutes"],
  ])("%s", (_what, facts, live, minutes, told) => {
    const fact = endedStop({ ...quiet, ...facts }, live, minutes);
    expect(fact?.text ?? null).toBe(told && `Orders were not followed for ${told}: no tick got through. They are followed again.`);
  });
});

it("a text is cut between characters", () => {
  expect(shortText("👍👍👍", 2)).toBe("👍…");
});

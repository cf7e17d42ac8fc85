import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flagNames, FLAGS, NO_CURRENCY, type OrderState, UNKNOWN_CURRENCY } from "../../../src/domain/order.ts";
import { DEFAULT_POLICY, type RefundPolicy } from "../../../src/domain/refund-policy.ts";
import { type Decision, reconcile, reconcileAtLength, surelyMoves } from "../../../src/domain/reconcile.ts";
import { finalAnswerIn } from "../../../src/domain/final-answer.ts";
import type { Report, StatusReport } from "../../../src/domain/order-report.ts";
import { isFinal, statusFor } from "../../../src/domain/status.ts";
import { aFreshOrder, anOrder, aReport, HOUR, MINUTE, NOW, POLICY } from "./orders.ts";

/** Feeds reports to an order one after the other, an hour apart, and returns every decision. */
function follow(order: OrderState, ...reports: readonly Report[]): Decision[] {
  let at = NOW;
  let state = order;
  return reports.map((report) => {
    const decision = reconcile(state, report, POLICY, at);
    if (decision.write !== "none") state = decision.next;
    at += HOUR;
    return decision;
  });
}

function last(decisions: readonly Decision[]): Decision {
  return decisions.at(-1) as Decision;
}

const says = (word: string, remains: number | null = null): StatusReport => aReport({ providerStatus: word, remains });

describe("what a report moves", () => {
  it("learns nothing from the same again", () => {
    expect(reconcile(anOrder(), aReport(), POLICY, NOW).write).toBe("none");
  });

  it.each([
    ["pending", "processing", "Processing"],
    ["pending", "in_progress", "In progress"],
    ["processing", "in_progress", "In progress"],
    ["pending", "completed", "Completed"],
    ["in_progress", "completed", "Completed"],
  ] as const)("moves on from %s to %s at once", (from, to, word) => {
    const { write, next } = reconcile(anOrder({ status: from, activeStatus: from }), says(word, 600), POLICY, NOW);
    expect([write, next.status]).toEqual(["move", to]);
  });

  it.each([
    ["pending", "Pending"],
    ["processing", "Processing"],
  ])("goes back to %s when two answers in a row say so", (status, word) => {
    const once = reconcile(anOrder(), says(word, 600), POLICY, NOW).next;
    expect([once.status, once.backTo, once.cadence]).toEqual(["in_progress", status, 1]);
    expect(reconcile(once, says(word, 600), POLICY, NOW + MINUTE).next).toMatchObject({ status, backTo: null });
    expect(reconcile(once, says("In progress", 600), POLICY, NOW + MINUTE).next).toMatchObject({ status: "in_progress", backTo: null });
  });

  it("writes little of a provider that goes back and forth all day, and believes it in the end", () => {
    let state = anOrder();
    let writes = 0;
    const day = 24 * 60;
    for (let minute = 1; minute <= day; minute++) {
      const { next, write } = reconcile(state, says(minute % 2 === 0 ? "In progress" : "Processing", 600), POLICY, NOW + minute * MINUTE);
      if (write !== "none") [state, writes] = [next, writes + 1];
    }
    expect(writes).toBeLessThanOrEqual(30);
    const at = NOW + (day + 6 * 60) * MINUTE;
    const back = [1, 2].reduce((order, n) => reconcile(order, says("Pending", 600), POLICY, at + n * MINUTE).next, state);
    expect(back.status).toBe("pending");
  });

  it.each<[words: string[], policy: Partial<RefundPolicy>, moves: number, refunds: number]>([
    [["In progress", "Error"], {}, 40, 0],
    [["In progress", "Teleporting"], {}, 40, 0],
    [["Error", "Teleporting"], {}, 40, 0],
    [["Canceled", "Partial"], {}, 40, 20],
    [["Canceled", "In progress", "In progress"], { mode: "hold" }, 80, 40],
    [["Canceled", "In progress", "In progress"], {}, 80, 40],
    [["Canceled", "In progress", "Processing"], { delayMinutes: 60 }, 80, 40],
    [["Partial", "Error", "Error", "Canceled", "In progress", "In progress"], { mode: "hold" }, 80, 40],
  ])("writes little of one that says %j in turn, each minute of a day", (words, refunds, mostMoves, mostRefunds) => {
    let state = anOrder();
    let [moves, steps] = [0, 0];
    const policy = { ...POLICY, refunds: { ...DEFAULT_POLICY, ...refunds } };
    for (let minute = 0; minute < 24 * 60; minute++) {
      const said = says(words[minute % words.length] ?? "", 600);
      const { next, write, refunds: of } = reconcile(state, said, policy, NOW + minute * MINUTE);
      if (write !== "none") state = next;
      moves += write === "move" ? 1 : 0;
      steps += of.length;
    }
    expect(moves).toBeLessThanOrEqual(mostMoves);
    expect(steps).toBeLessThanOrEqual(mostRefunds);
    // What it then stays with is believed within six hours.
    for (let minute = 24 * 60; minute <= 30 * 60; minute++)
      state = reconcile(state, says(words[0] ?? "", 600), policy, NOW + minute * MINUTE).next;
    expect(state).toMatchObject({ providerStatus: words[0], backTo: null });
    expect(state.status).toBe(statusFor(words[0] ?? "", {}, false));
  });

  it("writes little of a provider whose spelling, numbers and parts change with every answer", () => {
    let state = anOrder();
    let writes = 0;
    for (let minute = 1; minute <= 24 * 60; minute++) {
      const parts = { runs: "2", posts: null, expiry: String(minute), orders: ["7"] };
      const report = { ...says(minute % 2 === 0 ? "In progress" : "in_progress", minute % 3 === 0 ? 900 : 100), multi: true, parts };
      const { next, write } = reconcile(state, report, POLICY, NOW + minute * MINUTE);
      if (write !== "none") [state, writes] = [next, writes + 1];
    }
    expect(writes).toBeLessThanOrEqual(500);
  });

  it("remembers the last active status", () => {
    expect(reconcile(anOrder({ status: "processing" }), says("Error"), POLICY, NOW).next).toMatchObject({
      status: "error",
      activeStatus: "in_progress",
      reason: "provider_error",
    });
  });

  it("writes the first answer even when it says what was assumed", () => {
    expect(reconcile(aFreshOrder(), says("Pending", 1000), POLICY, NOW)).toMatchObject({
      write: "progress",
      next: { providerStatus: "Pending", remains: 1000 },
    });
  });

  it("writes progress once it is a share of the quantity, or old", () => {
    expect(reconcile(anOrder(), aReport({ remains: 551 }), POLICY, NOW).write).toBe("none");
    expect(reconcile(anOrder(), aReport({ remains: 550 }), POLICY, NOW).write).toBe("progress");
    expect(reconcile(anOrder({ progressAt: NOW - 2 * HOUR }), aReport({ remains: 599 }), POLICY, NOW).write).toBe("progress");
  });

  it("writes small progress of an order that is older than a day once a day", () => {
    const old = { placedAt: NOW - 30 * 24 * HOUR, cadence: 60 as const };
    const writeAfter = (hours: number) =>
      reconcile(anOrder({ ...old, progressAt: NOW - hours * HOUR }), aReport({ remains: 599 }), POLICY, NOW).write;
    expect(writeAfter(23)).toBe("none");
    expect(writeAfter(24)).toBe("progress");
    expect(reconcile(anOrder({ ...old, progressAt: NOW - HOUR }), aReport({ remains: 550 }), POLICY, NOW).write).toBe("progress");
  });

  it("does not read a final word together with an older number", () => {
    expect(reconcile(anOrder({ remains: 600 }), says("Completed"), POLICY, NOW).next).toMatchObject({ status: "completed", remains: null });
  });
});

describe("final statuses", () => {
  it("give way to another final one at once", () => {
    const [, second] = follow(anOrder(), says("Completed", 0), says("Partial", 250));
    expect(second?.next).toMatchObject({ status: "partial", refunded: 225_000, reversals: 1 });
  });

  it("go back to an active one only when two answers in a row say so", () => {
    const [, once, twice] = follow(anOrder(), says("Canceled", 1000), says("In progress", 900), says("In progress", 800));
    expect(once?.next).toMatchObject({ status: "canceled", backTo: "in_progress", cadence: 5 });
    expect(twice?.next).toMatchObject({ status: "in_progress", backTo: null, reversals: 1, reason: "reversed", finalAt: null });
  });

  it.each([says("Teleporting", 5), { kind: "missing" } as const])("need the two answers to be in a row: %j breaks it", (between) => {
    const decisions = follow(anOrder(), says("Completed", 0), says("In progress", 10), between, says("In progress", 10));
    expect(last(decisions).next).toMatchObject({ status: "completed", backTo: "in_progress" });
  });

  it("show, flag and tell the same while they are taken back only once", () => {
    const [done, once] = follow(anOrder(), says("Completed", 0), says("In progress", 60));
    expect(once?.next).toMatchObject({ status: "completed", remains: 0, flags: done?.next.flags });
  });

  it("stay when the answer after says the same final word again", () => {
    const [, , third, fourth] = follow(
      anOrder(),
      says("Completed", 0),
      says("In progress", 10),
      says("Completed", 0),
      says("In progress", 10),
    );
    expect(third?.next).toMatchObject({ status: "completed", backTo: null, reversals: 0 });
    expect(fourth?.next).toMatchObject({ status: "completed", backTo: "in_progress" });
  });

  it("are not shaken by a word nobody knows", () => {
    const [, second] = follow(anOrder(), says("Completed", 0), says("Teleporting", 0));
    expect(second?.next).toMatchObject({ status: "completed", providerStatus: "Teleporting" });
    expect(flagNames(second?.next.flags ?? 0)).toEqual(["unknown_status"]);
  });
});

describe("the provider's last final answer", () => {
  const words = (word: string, answer: string, remains: number | null = 250) => ({ ...says(word, remains), answer });
  const later = (minutes: number) => NOW + minutes * MINUTE;

  it("is kept with the move, and the next one takes its place", () => {
    const ended = reconcile(anOrder(), words("Partial", '{"a":1}'), POLICY, NOW).next;
    expect(finalAnswerIn(ended.finalAnswer)).toEqual({ at: NOW, text: '{"a":1}' });
    const corrected = reconcile(ended, words("Partial", '{"a":2} {"b":3}', 200), POLICY, later(5));
    expect([corrected.write === "none", finalAnswerIn(corrected.next.finalAnswer)]).toEqual([
      false,
      { at: later(5), text: '{"a":2} {"b":3}' },
    ]);
  });

  it("writes nothing by itself", () => {
    const ended = reconcile(anOrder(), words("Partial", '{"a":1}'), POLICY, NOW).next;
    expect(reconcile(ended, words("Partial", '{"a": 1}'), POLICY, later(1)).write).toBe("none");
  });

  it("stays on record when the end is taken back, and is none while the order is under way", () => {
    expect(reconcile(anOrder(), words("In progress", "{}", 300), POLICY, NOW).next.finalAnswer).toBeNull();
    const ended = reconcile(anOrder(), words("Partial", '{"a":1}'), POLICY, NOW).next;
    const doubted = reconcile(ended, says("In progress", 250), POLICY, later(1)).next;
    const back = reconcile(doubted, says("In progress", 250), POLICY, later(2)).next;
    expect([back.status, finalAnswerIn(back.finalAnswer)?.text]).toEqual(["in_progress", '{"a":1}']);
  });
});

describe("the currency of a charge", () => {
  const none = { charge: "0.5", currency: null };
  const unknown = { ...none, currencyUnknown: true } as const;
  const usd = { charge: "0.5", currency: "USD" };

  it.each<[string, readonly Partial<StatusReport>[], string, string | null]>([
    ["none", [none], NO_CURRENCY, null],
    ["an unknown one", [unknown], UNKNOWN_CURRENCY, UNKNOWN_CURRENCY],
    ["a known one", [usd], "USD", "USD"],
    ["none, then an unknown one", [none, unknown], NO_CURRENCY, UNKNOWN_CURRENCY],
    ["an unknown one, then none", [unknown, none], UNKNOWN_CURRENCY, UNKNOWN_CURRENCY],
    ["a known one, then an unknown one, then none", [usd, unknown, none], "USD", UNKNOWN_CURRENCY],
    ["an unknown one, then a known one", [unknown, usd], UNKNOWN_CURRENCY, "USD"],
    ["none, then a known one", [none, usd], NO_CURRENCY, "USD"],
    ["a known one, then another one without a charge", [usd, { charge: null, currency: "INR" }], "USD", "USD"],
    ["a known one, then an unknown one without a charge", [usd, { ...unknown, charge: null }], "USD", "USD"],
  ])("tells none from one that is not known: %s", (_, reports, price, charge) => {
    const said = reports.map((over, i) => aReport({ ...over, remains: 600 - 100 * i }));
    const after = said.reduce((state, report) => reconcile(state, report, POLICY, NOW).next, aFreshOrder());
    expect([after.providerPriceCurrency, after.providerCurrency]).toEqual([price, charge]);
  });
});

describe("a word nobody knows", () => {
  it("changes no status, and no money", () => {
    const { next, refunds } = reconcile(anOrder(), says("Teleporting", 0), POLICY, NOW);
    expect(next).toMatchObject({ status: "in_progress", providerStatus: "Teleporting", refunded: 0 });
    expect([flagNames(next.flags), refunds]).toEqual([["unknown_status"], []]);
  });

  it("leaves an order of which nothing was ever heard unknown", () => {
    expect(reconcile(aFreshOrder(), says("Teleporting"), POLICY, NOW).next).toMatchObject({
      status: "unknown",
      activeStatus: "pending",
      reason: "unknown_word",
    });
  });
});

describe("an order the provider does not know, or left out", () => {
  it.each([{ kind: "missing" }, { kind: "refused", message: "Incorrect order ID" }] as const)(
    "is flagged once and moves no money: %j",
    (report) => {
      for (const order of [anOrder(), aFreshOrder(), anOrder({ status: "canceled", refunded: 900_000, finalAt: NOW })]) {
        const [first, second] = follow(order, report, report);
        expect(first).toMatchObject({ write: "move", refunds: [], next: { status: order.status, refunded: order.refunded } });
        expect(flagNames(first?.next.flags ?? 0)).toContain("not_found");
        expect(second?.write).toBe("none");
      }
    },
  );

  it("is followed as before once it is found", () => {
    const [, found] = follow(anOrder(), { kind: "missing" }, says("In progress", 500));
    expect(found?.next).toMatchObject({ flags: 0, reason: null, status: "in_progress" });
  });
});

describe("refunds", () => {
  it.each([
    ["canceled", says("Canceled", 1000), 900_000],
    ["partial", says("Partial", 250), 225_000],
    ["nothing delivered", says("Partial", 1000), 900_000],
    ["refunded in part", says("Refunded", 250), 225_000],
    ["refunded", says("Refunded"), 900_000],
    ["completed", says("Completed", 0), 0],
    ["error", says("Error", 1000), 0],
    ["unknown", says("Teleporting", 1000), 0],
  ])("%s", (_name, report, refunded) => {
    const { next, refunds } = reconcile(anOrder(), report, POLICY, NOW);
    expect(next.refunded).toBe(refunded);
    expect(refunds.map((step) => (step.kind === "post" ? step.amount : step.kind))).toEqual(refunded === 0 ? [] : [refunded]);
  });

  it("are totals: the same report ten times posts once", () => {
    const decisions = follow(anOrder(), ...Array.from({ length: 10 }, () => says("Partial", 250)));
    expect(decisions.flatMap(({ refunds }) => refunds)).toHaveLength(1);
  });

  it("top up when a partial becomes canceled", () => {
    const decisions = follow(anOrder(), says("Partial", 250), says("Canceled", 250));
    expect(decisions.flatMap(({ refunds }) => refunds)).toMatchObject([
      { kind: "post", n: 1, amount: 225_000 },
      { kind: "post", n: 2, amount: 675_000 },
    ]);
  });

  it("count what the panel had returned before", () => {
    expect(reconcile(anOrder({ refunded: 200_000 }), says("Partial", 250), POLICY, NOW).refunds).toMatchObject([{ amount: 25_000 }]);
    expect(reconcile(anOrder({ refunded: 225_000 }), says("Partial", 250), POLICY, NOW).refunds).toEqual([]);
  });

  it.each([0, null])("are held for a partial with remains %s, and settled by a later number", (remains) => {
    const [held, again, told] = follow(anOrder(), says("Partial", remains), says("Partial", remains), says("Partial", 250));
    expect(held?.refunds).toMatchObject([{ kind: "hold", n: 1, amount: 900_000, reason: "remains_unknown" }]);
    expect(flagNames(held?.next.flags ?? 0)).toEqual(["refund_held"]);
    expect(again?.refunds).toEqual([]);
    expect(told?.refunds).toMatchObject([
      { kind: "withdraw", n: 1 },
      { kind: "post", n: 2, amount: 225_000 },
    ]);
    expect(told?.next).toMatchObject({ hold: null, refunded: 225_000, flags: 0, reason: "partial" });
  });

  it("withdraw a hold when the order goes on", () => {
    const decisions = follow(anOrder(), says("Partial", null), says("In progress", 100), says("In progress", 90));
    expect(last(decisions)).toMatchObject({
      refunds: [{ kind: "withdraw", n: 1 }],
      next: { hold: null, status: "in_progress", refunded: 0 },
    });
  });

  it("hold a final word of an order of several parts, registered so or recognised", () => {
    expect(reconcile(anOrder({ multi: true }), says("Canceled"), POLICY, NOW)).toMatchObject({
      refunds: [{ kind: "hold", reason: "multi_order", amount: 900_000 }],
    });
    expect(reconcile(anOrder(), aReport({ providerStatus: "Canceled", multi: true }), POLICY, NOW)).toMatchObject({
      refunds: [{ kind: "hold" }],
      next: { multi: true },
    });
    expect(reconcile(anOrder({ multi: true }), says("Completed"), POLICY, NOW).refunds).toEqual([]);
  });

  it.each([0, null])("keep what was posted when an answer repeats a partial with remains %s, and hold the rest for review", (remains) => {
    const [, unreadable, told] = follow(anOrder(), says("Partial", 250), says("Partial", remains), says("Partial", 250));
    expect(unreadable).toMatchObject({
      refunds: [{ kind: "hold", amount: 675_000, reason: "remains_unknown" }],
      next: { refunded: 225_000 },
    });
    expect(told).toMatchObject({ refunds: [{ kind: "withdraw" }], next: { refunded: 225_000, flags: 0 } });
  });

  it.each(["In progress", "Teleporting"])("never follow from a number that came with another word (%s)", (word) => {
    const decisions = follow(anOrder(), says("Partial", 250), says(word, 900), says("Partial"));
    expect(decisions[1]?.next.remains).toBe(250);
    expect(last(decisions)).toMatchObject({ refunds: [{ kind: "hold" }], next: { refunded: 225_000 } });
  });

  it("of a refunded order are full where the last answer says nothing of what was left", () => {
    expect(last(follow(anOrder(), says("Refunded", 250), says("Refunded"))).next.refunded).toBe(900_000);
  });

  it.each([
    ["a cancel taken back by completed", [says("Canceled", 1000), says("Completed", 0)]],
    ["a cancel taken back by two middle answers", [says("Canceled", 1000), says("In progress", 500), says("In progress", 400)]],
    ["a partial whose remains shrank", [says("Partial", 500), says("Partial", 250)]],
  ])("are never clawed back, but flagged: %s", (_name, reports) => {
    const decision = last(follow(anOrder(), ...reports));
    expect(decision.refunds).toEqual([]);
    expect(flagNames(decision.next.flags)).toContain("over_refunded");
  });

  it("do not flag an order under way for what its panel returned before", () => {
    expect(reconcile(anOrder({ refunded: 100, registeredRefunded: 100 }), aReport({ remains: 100 }), POLICY, NOW).next.flags).toBe(0);
  });

  it("are conserved, once, and right at the end, whatever the provider says", () => {
    const report: fc.Arbitrary<Report> = fc.oneof(
      {
        weight: 8,
        arbitrary: fc
          .record<Pick<StatusReport, "providerStatus" | "remains" | "multi">>({
            providerStatus: fc.constantFrom(
              "Pending",
              "Processing",
              "In progress",
              "Completed",
              "Partial",
              "Canceled",
              "Refunded",
              "Error",
              "Teleporting",
            ),
            remains: fc.option(fc.integer({ min: 0, max: 1500 })),
            multi: fc.constant(false),
          })
          .map((r) => aReport(r)),
      },
      { weight: 1, arbitrary: fc.constant({ kind: "missing" } as const) },
    );
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 900_000 }), (reports, prior) => {
        const decisions = follow(anOrder({ refunded: prior }), ...reports);
        let total = prior;
        for (const { refunds, next } of decisions) {
          for (const step of refunds) {
            if (step.kind === "post") total += step.amount;
            if (step.kind !== "withdraw") expect(step.amount).toBeGreaterThan(0);
          }
          expect(total).toBeLessThanOrEqual(900_000);
          if (decisions.some((d) => d.refunds.length > 0)) expect(next.refunded + (next.hold?.amount ?? 0)).toBeLessThanOrEqual(900_000);
        }
        // Hearing the last words again, twice, changes nothing any more.
        const end = last(decisions).next;
        const repeated = follow(end, ...reports.slice(-1), ...reports.slice(-1), ...reports.slice(-1));
        expect(repeated.slice(2).flatMap(({ refunds }) => refunds)).toEqual([]);
        const settled = last(repeated).next;
        if (settled.status === "canceled" && settled.backTo === null) expect(settled.refunded).toBe(900_000);
      }),
      { numRuns: 500 },
    );
  });
});

describe("flags", () => {
  it.each([
    ["processing for over three hours", { status: "processing", remains: null, placedAt: NOW - 4 * HOUR }, says("Processing"), ["overdue"]],
    ["processing, but delivering", { status: "processing", remains: 600, placedAt: NOW - 4 * HOUR }, says("Processing", 600), []],
    ["pending for 23 hours, with no window known", { status: "pending", remains: null, placedAt: NOW - 23 * HOUR }, says("Pending"), []],
    [
      "pending for 25 hours, and nothing moves",
      { status: "pending", remains: null, placedAt: NOW - 25 * HOUR },
      says("Pending"),
      ["overdue"],
    ],
    ["pending for 25 hours, while it delivers", { status: "pending", placedAt: NOW - 25 * HOUR }, says("Pending", 500), []],
    ["processing for two hours", { status: "processing", remains: null, placedAt: NOW - 2 * HOUR }, says("Processing"), []],
    ["standing still for six hours", { progressAt: NOW - 6 * HOUR }, aReport(), ["stalled"]],
    ["standing still for five hours", { progressAt: NOW - 5 * HOUR }, aReport(), []],
    // 400 units in 40 days: 2.4 hours each; 4 units in 40 days: ten days each.
    ["slow, for six hours", { placedAt: NOW - 960 * HOUR, progressAt: NOW - 6 * HOUR }, aReport(), []],
    ["slow, for eight hours", { placedAt: NOW - 960 * HOUR, progressAt: NOW - 8 * HOUR }, aReport(), ["stalled"]],
    ["very slow, for two days", { placedAt: NOW - 960 * HOUR, progressAt: NOW - 48 * HOUR, remains: 996 }, aReport({ remains: 996 }), []],
    [
      "very slow, for three",
      { placedAt: NOW - 960 * HOUR, progressAt: NOW - 72 * HOUR, remains: 996 },
      aReport({ remains: 996 }),
      ["stalled"],
    ],
    ["moving again", { progressAt: NOW - 7 * HOUR, flags: FLAGS.stalled }, aReport({ remains: 599 }), []],
    ["not started, so not stalled", { remains: 1000, progressAt: NOW - 9 * HOUR }, aReport({ remains: 1000 }), []],
    [
      "in progress with nothing delivered for over three hours",
      { remains: 1000, placedAt: NOW - 4 * HOUR },
      aReport({ remains: 1000 }),
      ["overdue"],
    ],
    ["in error, which says it all", { status: "error", progressAt: NOW - 9 * HOUR }, says("Error", 600), []],
    ["completed with something left", {}, says("Completed", 3), ["completed_with_remains"]],
    ["canceled after a part was delivered", {}, says("Canceled", 250), ["canceled_after_delivery"]],
    ["canceled with nothing delivered", {}, says("Canceled", 1000), []],
  ] as const)("%s", (_name, over, report, flags) => {
    expect(flagNames(reconcile(anOrder(over), report, POLICY, NOW).next.flags)).toEqual(flags);
  });

  it("count overdue from when the order was placed, not from its last change of status", () => {
    const order = anOrder({ status: "pending", activeStatus: "pending", remains: null, placedAt: NOW - 4 * HOUR, polledAt: NOW - MINUTE });
    expect(flagNames(reconcile(order, says("Processing"), POLICY, NOW).next.flags)).toEqual(["overdue"]);
  });

  it("use the service's window where it is known", () => {
    const order = anOrder({ status: "pending", remains: null, placedAt: NOW - 2 * HOUR });
    expect(flagNames(reconcile(order, says("Pending"), { ...POLICY, startWindowMs: HOUR }, NOW).next.flags)).toEqual(["overdue"]);
  });
});

describe("an order that has stood still", () => {
  it.each([
    ["nothing is known of its service", null, 6],
    ["its service takes an hour", 1, 3],
    ["its service takes sixteen hours", 16, 4],
    ["its service takes thirty days", 30 * 24, 24],
  ])("is stalled in time where %s", (_name, hours, after) => {
    const policy = { ...POLICY, durationMs: hours === null ? null : hours * HOUR };
    const flagsAt = (stood: number) =>
      flagNames(reconcile(anOrder({ placedAt: NOW - 40 * HOUR, progressAt: NOW - stood }), aReport(), policy, NOW).next.flags);
    expect(flagsAt(after * HOUR - MINUTE)).toEqual([]);
    expect(flagsAt(after * HOUR)).toEqual(["stalled"]);
  });
});

describe("cadence", () => {
  it.each([
    ["never looked at", aFreshOrder({ placedAt: NOW - 90 * HOUR }), says("Teleporting"), 60],
    ["ten minutes old", anOrder(), aReport(), 1],
    ["an hour old", anOrder({ placedAt: NOW - HOUR }), aReport(), 5],
    ["seven hours old", anOrder({ placedAt: NOW - 7 * HOUR }), aReport(), 15],
    ["two days old", anOrder({ placedAt: NOW - 48 * HOUR }), aReport(), 60],
    ["just completed", anOrder(), says("Completed", 0), 60],
    ["completed for two days", anOrder({ status: "completed", finalAt: NOW - 48 * HOUR }), says("Completed", 0), 360],
    ["completed for three days", anOrder({ status: "completed", finalAt: NOW - 72 * HOUR }), says("Completed", 0), null],
    ["in error", anOrder(), says("Error"), 60],
  ])("%s", (_name, order, report, cadence) => {
    expect(reconcile(order, report, POLICY, NOW).next.cadence).toBe(cadence);
  });

  it.each([
    ["an hour old, as it was", { placedAt: NOW - 59 * MINUTE, cadence: 1 }, 600, "none"],
    ["an hour old, with progress", { placedAt: NOW - 59 * MINUTE, cadence: 1 }, 500, "move"],
    ["over an hour old", { placedAt: NOW - 61 * MINUTE, cadence: 1 }, 600, "move"],
    ["twelve hours old", { placedAt: NOW - 11 * HOUR, cadence: 5 }, 600, "none"],
    ["looked at more seldom than it may be", { placedAt: NOW - 20 * MINUTE, cadence: 5 }, 600, "move"],
    ["looked at too often for long", { placedAt: NOW - 7 * HOUR, cadence: 1 }, 600, "move"],
    ["two days old", { placedAt: NOW - 47 * HOUR, cadence: 15 }, 600, "none"],
  ] as const)("waits for another write where looks are cheap: %s", (_name, over, remains, write) => {
    const order = anOrder({ ...over, progressAt: NOW - MINUTE });
    expect(reconcile(order, aReport({ remains }), { ...POLICY, asksMany: true }, NOW).write).toBe(write);
    const { cadence } = reconcile(order, aReport({ remains }), POLICY, NOW).next;
    if (write === "move") expect(reconcile(order, aReport({ remains }), { ...POLICY, asksMany: true }, NOW).next.cadence).toBe(cadence);
  });

  it("of an ended order is an hour until it is closed where looks are cheap", () => {
    const ended = (hours: number) =>
      anOrder({ status: "completed", remains: 0, finalAt: NOW - hours * HOUR, placedAt: NOW - hours * HOUR - HOUR, cadence: 60 });
    const at = (hours: number) => reconcile(ended(hours), says("Completed", 0), { ...POLICY, asksMany: true }, NOW).next.cadence;
    expect([at(1), at(30), at(71), at(72)]).toEqual([60, 60, 60, null]);
  });

  it("of what the brake holds is six hours for as long as it waits", () => {
    const hold = { n: 1, amount: 900_000, due: 900_000, status: "canceled", reason: "brake", at: NOW, postsAt: null } as const;
    const ended = anOrder({ status: "canceled", remains: 1000, finalAt: NOW - 80 * HOUR, flags: FLAGS.refund_held, hold });
    const after = (order: OrderState) => reconcile(order, says("Canceled", 1000), { ...POLICY, holdAll: "brake" }, NOW).next;
    expect(after(ended)).toMatchObject({ hold: { reason: "brake" }, cadence: 360 });
    const forAnother = { ...ended, hold: { ...hold, reason: "policy_hold" } } as const;
    expect(after(forAnother).cadence).toBeNull();
  });

  it("changes at most four times in a write of its own, however long an order lives", () => {
    for (const finalAfter of [1, 5, 20, 90, 900].map((hours) => hours * HOUR)) {
      let state: OrderState = anOrder({ placedAt: NOW, remains: 1000, cadence: 1 });
      let own = 0;
      for (let at = NOW; state.cadence !== null; at += 5 * MINUTE) {
        const word = at - NOW >= finalAfter ? "Completed" : "In progress";
        const { write, next } = reconcile(state, says(word, word === "Completed" ? 0 : 1000), POLICY, at);
        if (write === "move" && next.status === state.status && next.flags === state.flags) own += 1;
        if (write !== "none") state = next;
      }
      expect(isFinal(state.status)).toBe(true);
      expect(own).toBeLessThanOrEqual(4);
    }
  });
});

describe("an order that stands as it stood", () => {
  const seldom = <T>(usual: T, ...others: readonly T[]) =>
    fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, fc.constantFrom(usual, ...others));
  const hold = { n: 1, amount: 5, due: 5, status: "partial", reason: "policy_hold", at: NOW, postsAt: null } as const;
  const order = fc
    .record({
      placedAt: fc.constantFrom(...[1, 20, 40, 400, 2000].map((minutes) => NOW - minutes * MINUTE)),
      progressAt: fc.constantFrom(NOW - MINUTE, NOW - 7 * HOUR),
      status: seldom<OrderState["status"]>("in_progress", "pending", "processing", "completed", "partial", "error", "unknown"),
      cadence: fc.constantFrom(1 as const, 5 as const, 15 as const, 60 as const),
      providerStatus: seldom("In progress", "Pending", "Completed", "Partial", "gone"),
      remains: seldom<number | null>(600, 0, null, 1000),
      startCount: seldom<number | null>(10, null),
      providerCharge: seldom<string | null>("0.5", null),
      providerPrice: seldom<string | null>("0.5", null),
      providerCurrency: seldom<string | null>("USD", null, UNKNOWN_CURRENCY),
      charge: seldom<number | null>(900_000, null, 0),
      flags: seldom(0, ...Object.values(FLAGS)),
      backTo: seldom<OrderState["backTo"]>(null, "pending"),
      reason: seldom<OrderState["reason"]>(null, "reversed", "unknown_word"),
      hold: seldom<OrderState["hold"]>(null, hold),
      decided: seldom<OrderState["decided"]>(null, { status: "partial", due: 5, granted: 5, inError: false }),
      rejectedAt: seldom<number | null>(null, NOW - 2 * HOUR),
      leftToPanel: seldom(false, true),
      reportedFinal: seldom<OrderState["reportedFinal"]>(null, { status: "completed", refunded: 0, remains: 0, left: true }),
      cancel: seldom<OrderState["cancel"]>(null, { status: "queued", at: NOW, tries: 0, waitUntil: null }),
      refunded: seldom(0, 1000),
      goodwill: seldom(0, 1000),
      reversals: seldom(0, 1),
      isScripts: seldom(false, true),
      polledAt: seldom<number | null>(NOW - MINUTE, null, NOW - 7 * HOUR),
      finalAt: seldom<number | null>(null, NOW - HOUR),
      errorAt: seldom<number | null>(null, NOW - HOUR),
      multi: seldom(false, true),
    })
    .map((over) => anOrder(over));
  const report = fc
    .record({
      providerStatus: seldom("In progress", "Pending", "Completed", "gone"),
      remains: seldom<number | null>(600, null, 599, 0),
      startCount: seldom<number | null>(10, null, 11),
      charge: seldom<string | null>("0.5", null, "0.4"),
      currency: seldom<string | null>("USD", null, "EUR"),
      multi: seldom(false, true),
    })
    .map((over) => aReport(over))
    .chain((said) => seldom<StatusReport>(said, { ...said, currency: null, currencyUnknown: true }));
  const policy = fc
    .record({
      startWindowMs: fc.constantFrom(null, HOUR),
      durationMs: fc.constantFrom(null, HOUR, 400 * HOUR),
      statusWords: seldom<Readonly<Record<string, OrderState["status"]>>>({}, { inprogress: "completed" }),
      refunds: fc.constantFrom(POLICY.refunds, { ...POLICY.refunds, mode: "off" as const }, { ...POLICY.refunds, mode: "hold" as const }),
      holdAll: fc.constantFrom(null, "brake" as const),
      asksMany: fc.boolean(),
      progressStretch: fc.constantFrom(1, 4),
    })
    .map((over) => ({ ...POLICY, ...over }));

  it("is told from others by what would follow, whatever the order, the report and the policy", () => {
    let nothing = 0;
    fc.assert(
      fc.property(order, report, policy, (before, said, rules) => {
        const [short, long] = [reconcile(before, said, rules, NOW), reconcileAtLength(before, said, rules, NOW)];
        if (short.next === before) nothing += 1;
        expect(short.write).toBe(long.write);
        expect(short.refunds).toEqual(long.refunds);
        if (short.write !== "none") expect(short.next).toEqual(long.next);
      }),
      { numRuns: 20_000 },
    );
    expect(nothing).toBeGreaterThan(100);
  });

  it("is none where a report surely moves the order", () => {
    const ends = fc.constantFrom("Completed", "Partial", "Canceled", "Refunded", "Error", "In progress", "gone");
    let moves = 0;
    fc.assert(
      fc.property(order, report, ends, policy, (before, said, word, rules) => {
        const told = said.kind === "status" ? { ...said, providerStatus: word } : said;
        if (!surelyMoves(before, told, rules)) return;
        moves += 1;
        expect(reconcileAtLength(before, told, rules, NOW).write).toBe("move");
      }),
      { numRuns: 5000 },
    );
    expect(moves).toBeGreaterThan(1000);
  });
});

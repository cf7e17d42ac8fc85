import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Brake,
  brakeAfter,
  type BrakeState,
  countedAfter,
  endingOf,
  type Endings,
  isAnyBraked,
  isBraked,
  withEndings,
} from "../../../src/domain/provider-brake.ts";
import type { OrderState } from "../../../src/domain/order.ts";
import type { Status } from "../../../src/domain/status.ts";

const BRAKE: Brake = { share: 0.66, min_orders: 20 };
const OFF: BrakeState = { brakeEngagedAt: null, brakedPanels: {}, brakeEvidence: null };
const NOW = Date.UTC(2026, 10, 21);

/** Endings of panels: how many ended, and how many of them badly. */
function endingsOf(panels: Readonly<Record<string, readonly [ended: number, badly: number]>>): Endings {
  return Object.entries(panels).reduce<Endings>(
    (known, [panel, [ended, badly]]) =>
      withEndings(
        known,
        panel,
        Array.from({ length: ended }, (_, i) => ({ ended: 1, badly: i < badly ? 1 : 0, before: null })),
        NOW,
      ),
    [],
  );
}

describe("the brake is on", () => {
  it.each<[string, Parameters<typeof endingsOf>[0], all: boolean, panels: string[]]>([
    ["for nobody while little ended badly", { a: [40, 10] }, false, []],
    ["for the one panel whose orders ended badly", { a: [40, 40] }, false, ["a"]],
    ["for that panel alone, whatever the others' few orders did", { b: [40, 40], a: [1, 1] }, false, ["b"]],
    ["for nobody where it took both panels' orders to be unusual", { a: [19, 19], b: [19, 19] }, false, []],
    ["for all where the other panels show it, too", { a: [40, 40], b: [30, 30] }, true, ["a", "b"]],
    ["for all where many panels have a few each", { a: [10, 10], b: [10, 10], c: [10, 10] }, true, []],
    ["for a panel in trouble beside one that does well", { a: [200, 20], b: [30, 25] }, false, ["b"]],
  ])("%s", (_name, endings, all, panels) => {
    const braked = brakeAfter(endingsOf(endings), BRAKE, OFF, NOW);
    expect([braked.brakeEngagedAt !== null, Object.keys(braked.brakedPanels)]).toEqual([all, panels]);
  });

  it("until the operator lets go, for those for whom it was on", () => {
    const on = brakeAfter(endingsOf({ b: [40, 40] }), BRAKE, OFF, NOW);
    const later = brakeAfter([], BRAKE, on, NOW + 3_600_000);
    expect([isBraked(later, "b"), isBraked(later, "a"), isAnyBraked(later)]).toEqual([true, false, true]);
  });

  it("never for a panel because of what one other panel did", () => {
    const figures = fc
      .tuple(fc.nat({ max: 200 }), fc.nat({ max: 200 }))
      .map(([ended, badly]): [number, number] => [Math.max(ended, badly), badly]);
    fc.assert(
      fc.property(figures, figures, (own, others) => {
        const alone = brakeAfter(endingsOf({ a: own }), BRAKE, OFF, NOW);
        const beside = brakeAfter(endingsOf({ a: own, b: others }), BRAKE, OFF, NOW);
        expect(isBraked(beside, "a")).toBe(isBraked(alone, "a"));
      }),
    );
  });

  it("by the count of an older release, which knew of no panels, for each panel of which an order ends", () => {
    const old: Endings = [[NOW / 300_000, 40, 40]];
    expect(brakeAfter(old, BRAKE, OFF, NOW)).toEqual(OFF);
    const later = withEndings(old, "a", [{ ended: 1, badly: 1, before: null }], NOW);
    expect(brakeAfter(later, BRAKE, OFF, NOW)).toEqual({
      brakeEngagedAt: null,
      brakedPanels: { a: NOW },
      brakeEvidence: { ended: 41, badly: 41 },
    });
  });

  it.each<[string, Parameters<typeof endingsOf>[0], BrakeState["brakeEvidence"]]>([
    ["of nobody's orders while it is off", { a: [40, 10] }, null],
    ["of the one panel's orders", { a: [200, 20], b: [30, 25] }, { ended: 30, badly: 25 }],
    ["of all orders where it is on for all", { a: [40, 40], b: [30, 28] }, { ended: 70, badly: 68 }],
  ])("with the count %s", (_name, endings, evidence) => {
    expect(brakeAfter(endingsOf(endings), BRAKE, OFF, NOW).brakeEvidence).toEqual(evidence);
  });

  it("with the count that engaged it, whatever ends later", () => {
    const on = brakeAfter(endingsOf({ a: [30, 25] }), BRAKE, OFF, NOW);
    expect(brakeAfter(endingsOf({ a: [300, 250] }), BRAKE, on, NOW).brakeEvidence).toEqual({ ended: 30, badly: 25 });
    expect(brakeAfter([], BRAKE, on, NOW + 3_600_000).brakeEvidence).toEqual({ ended: 30, badly: 25 });
  });
});

describe("the count of endings", () => {
  const HOUR = 3_600_000;

  /** An order of the panel `a` whose status changes, and what is counted of it and its like. */
  class Counted {
    endings: Endings = [];
    #state: Pick<OrderState, "status" | "charge" | "counted"> = { status: "in_progress", charge: 1, counted: null };

    becomes(status: Status, at: number): void {
      const next = { ...this.#state, status };
      const ending = endingOf(this.#state, next, at);
      this.endings = withEndings(this.endings, "a", [ending], at);
      this.#state = { ...next, counted: countedAfter(this.#state, ending, at) };
    }
  }

  const sums = (endings: Endings) => [
    endings.reduce((sum, [, ended]) => sum + ended, 0),
    endings.reduce((sum, [, , badly]) => sum + badly, 0),
  ];

  it("has an order that ended well and then badly once, as one that ended badly, for an hour from then", () => {
    const order = new Counted();
    order.becomes("completed", NOW);
    expect(sums(order.endings)).toEqual([1, 0]);
    order.becomes("canceled", NOW + HOUR / 2);
    expect(sums(order.endings)).toEqual([1, 1]);
    expect(sums(withEndings(order.endings, "b", [], NOW + HOUR + HOUR / 4))).toEqual([1, 1]);
    expect(sums(withEndings(order.endings, "b", [], NOW + 2 * HOUR))).toEqual([0, 0]);
  });

  it("keeps what a clock some seconds ahead has counted, and nothing of a clock that is far ahead", () => {
    const bad = [{ ended: 1, badly: 1, before: null }] as const;
    const ahead = withEndings([], "a", bad, NOW + HOUR / 12);
    expect(sums(withEndings(ahead, "a", bad, NOW + HOUR / 12 - 1))).toEqual([2, 2]);
    expect(sums(withEndings(withEndings([], "a", bad, NOW + HOUR), "a", bad, NOW))).toEqual([1, 1]);
  });

  it("never has more orders than ended, nor more bad ones than all, however their ends flap", () => {
    const moves = fc.array(
      fc.tuple(fc.nat({ max: 5 }), fc.constantFrom<Status>("completed", "canceled", "in_progress", "partial"), fc.nat({ max: 20 })),
    );
    fc.assert(
      fc.property(moves, (all) => {
        let [endings, at]: [Endings, number] = [[], NOW];
        const states = Array.from({ length: 6 }, () => ({
          status: "pending" as Status,
          charge: 1,
          counted: null as OrderState["counted"],
        }));
        for (const [i, status, minutes] of all) {
          at += minutes * 60_000;
          const state = states[i] as (typeof states)[number];
          const ending = endingOf(state, { ...state, status }, at);
          endings = withEndings(endings, "a", [ending], at);
          states[i] = { ...state, status, counted: countedAfter(state, ending, at) };
          const [ended = 0, badly = 0] = sums(endings);
          expect(badly).toBeLessThanOrEqual(ended);
          expect(ended).toBeLessThanOrEqual(states.length);
        }
      }),
    );
  });
});

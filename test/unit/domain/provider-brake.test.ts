import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Brake,
  brakeAfter,
  type Braked,
  type Endings,
  isAnyBraked,
  isBraked,
  withEndings,
} from "../../../src/domain/provider-brake.ts";

const BRAKE: Brake = { share: 0.66, min_orders: 20 };
const OFF: Braked = { brakeEngagedAt: null, brakedPanels: {} };
const NOW = Date.UTC(2026, 10, 21);

/** Endings of panels: how many ended, and how many of them badly. */
function endingsOf(panels: Readonly<Record<string, readonly [ended: number, badly: number]>>): Endings {
  return Object.entries(panels).reduce<Endings>(
    (known, [panel, [ended, badly]]) =>
      withEndings(
        known,
        panel,
        Array.from({ length: ended }, (_, i) => ({ ended: 1, badly: i < badly ? 1 : 0 })),
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
    const later = withEndings(old, "a", [{ ended: 1, badly: 1 }], NOW);
    expect(brakeAfter(later, BRAKE, OFF, NOW)).toEqual({ brakeEngagedAt: null, brakedPanels: { a: NOW } });
  });
});

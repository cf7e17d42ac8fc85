/**
 * Whether the brake is on when it has to be, and comes on only then: when at least `min_orders` of a provider's orders
 * ended badly within the hour, and they are at least `share` of all that ended (docs/rules.md, [B1], [O43]): the orders of
 * one panel. An order counts once an hour; one that cost nothing does not.
 */
import { MINUTE_MS } from "./system.ts";

type Brake = { readonly share: number; readonly min_orders: number };
type Ending = {
  readonly order: string;
  readonly at: number;
  readonly isBad: boolean;
  /** It is not known for how long it had ended: the order was adopted, and this is the first that was heard of it. */
  readonly isOld: boolean;
  /** The brake was let go since. The order has been counted all the same, and is not counted again within the hour. */
  readonly isForgotten: boolean;
};
/** What a report says of an order. */
type Report = { readonly order: string; readonly status: unknown; readonly charge: unknown; readonly isOld: boolean };
type OfPanel = { readonly provider: string; readonly panel: string };
/** `panel` is null where the brake is the whole provider's. */
export type Braked = {
  readonly provider: string;
  readonly panel: string | null;
  readonly brake: Brake | null;
  readonly engaged: boolean;
};

function nameOf({ provider, panel }: Pick<Braked, "provider" | "panel">): string {
  return panel === null ? provider : `${panel} at ${provider}`;
}
export type BrakeMemory = { readonly endings: ReadonlyMap<string, readonly Ending[]>; readonly engaged: ReadonlySet<string> };

const BAD: ReadonlySet<unknown> = new Set(["canceled", "refunded", "partial", "error"]);

/** The product counts by slots of five minutes, by clocks that may be off by seconds: what it must see however they fall. */
const SURELY_MS = 54 * MINUTE_MS;
const PERHAPS_MS = 61 * MINUTE_MS;

export class BrakeCheck {
  #endings = new Map<string, readonly Ending[]>();
  #engaged = new Set<string>();
  /** Panels, each at a provider, of which some order has just ended: it is then that the brake comes on, and not by time going by. */
  readonly #justEnded = new Set<string>();
  /** How often it came on, and had to. */
  engaged = 0;
  readonly wrongs: string[] = [];

  remember(): BrakeMemory {
    return { endings: new Map(this.#endings), engaged: new Set(this.#engaged) };
  }

  recall({ endings, engaged }: BrakeMemory): void {
    this.#endings = new Map(endings);
    this.#engaged = new Set(engaged);
  }

  /**
   * Before what a commit brought is heard: where somebody has let a brake go since, its orders are counted anew; those of
   * all panels where nothing of the provider's is braked any more.
   */
  begin(brakes: readonly Braked[]): void {
    for (const some of Map.groupBy(brakes, ({ provider }) => provider).values()) {
      const released = some.filter((one) => !one.engaged && this.#engaged.delete(nameOf(one)));
      const isOver = released.length > 0 && some.every(({ engaged }) => !engaged);
      for (const name of (isOver ? some : released).map(nameOf)) {
        this.#endings.set(
          name,
          (this.#endings.get(name) ?? []).map((ending) => ({ ...ending, isForgotten: true })),
        );
      }
    }
  }

  /** A report has moved an order to this status. */
  heard(of: OfPanel, { order, status, charge, isOld }: Report, at: number): void {
    if (charge === 0 || (!BAD.has(status) && status !== "completed")) return;
    const name = nameOf(of);
    this.#justEnded.add(name);
    this.#endings.set(name, [...(this.#endings.get(name) ?? []), { order, at, isBad: BAD.has(status), isOld, isForgotten: false }]);
  }

  /** After a commit and all that was heard with it. */
  look(brakes: readonly Braked[], now: number): void {
    for (const one of brakes) {
      const { brake, engaged, panel } = one;
      const id = nameOf(one);
      if (engaged && !this.#engaged.has(id)) {
        this.engaged += 1;
        // That of a whole provider goes by all panels but one: it is tested by itself.
        if (panel !== null && (brake === null || !this.#isPerhapsUnusual(id, brake, now)))
          this.wrongs.push(`the brake of ${id} came on, and ${JSON.stringify(this.#endings.get(id))} ended`);
      }
      if (engaged) this.#engaged.add(id);
      if (!engaged && brake !== null && this.#justEnded.has(id) && this.#isUnusual(id, brake, now))
        this.wrongs.push(`the brake of ${id} is off, and ${JSON.stringify(this.#endings.get(id))} ended`);
    }
    this.#justEnded.clear();
  }

  /** Unusual from wherever the hour is counted, even if good endings counted twice: their orders were written by somebody else in that moment. */
  #isUnusual(provider: string, { share, min_orders }: Brake, now: number): boolean {
    return this.#hours(provider, now).every(
      ({ surelyBad, good }) => surelyBad >= min_orders && surelyBad >= share * (surelyBad + 2 * good),
    );
  }

  /** Unusual from some point, or where bad endings were counted twice. */
  #isPerhapsUnusual(provider: string, { share, min_orders }: Brake, now: number): boolean {
    return this.#hours(provider, now).some(({ bad, surelyGood }) => 2 * bad >= min_orders && 2 * bad >= share * (2 * bad + surelyGood));
  }

  /** How many orders ended within the hour, by each of the points from which it can be counted. */
  #hours(provider: string, now: number): Hour[] {
    const known = (this.#endings.get(provider) ?? []).filter(({ at }) => now - at <= 2 * PERHAPS_MS);
    this.#endings.set(provider, known);
    const recent = known.filter(({ at, isForgotten }) => now - at <= PERHAPS_MS && !isForgotten);
    const starts = [now - SURELY_MS, ...recent.map(({ at }) => at).filter((at) => now - at > SURELY_MS)];
    return starts.map((start) => {
      const counted = recent.filter(({ at }) => at >= start);
      const [bad, good] = [ordersOf(counted.filter(({ isBad }) => isBad)), ordersOf(counted.filter(({ isBad }) => !isBad))];
      return {
        bad: bad.length,
        good: good.length,
        surelyBad: bad.filter((order) => endsOnce(known, order)).length,
        surelyGood: good.filter((order) => endsOnce(known, order)).length,
      };
    });
  }
}

type Hour = { readonly bad: number; readonly good: number; readonly surelyBad: number; readonly surelyGood: number };

/** One that had ended a while before was counted then, and not again; or perhaps never. */
function endsOnce(known: readonly Ending[], order: string): boolean {
  const its = known.filter((ending) => ending.order === order);
  return its.length === 1 && its.every(({ isOld }) => !isOld);
}

function ordersOf(endings: readonly Ending[]): string[] {
  return [...new Set(endings.map(({ order }) => order))];
}

/**
 * Whether the brake is on when it has to be: when at least `min_orders` of a provider's orders ended badly within the
 * hour, and they are at least `share` of all that ended (domain.md, "Refund rules").
 */
import { MINUTE_MS } from "./system.ts";

type Brake = { readonly share: number; readonly min_orders: number };
type Ending = { readonly at: number; readonly isBad: boolean };
export type Braked = { readonly id: string; readonly brake: Brake | null; readonly engaged: boolean };
export type BrakeMemory = ReadonlyMap<string, readonly Ending[]>;

const BAD: ReadonlySet<unknown> = new Set(["canceled", "refunded", "partial", "error"]);

/** The product counts by slots of five minutes, by clocks that may be off by seconds: what it must see however they fall. */
const SURELY_MS = 54 * MINUTE_MS;
const PERHAPS_MS = 61 * MINUTE_MS;

export class BrakeCheck {
  #endings = new Map<string, readonly Ending[]>();
  readonly #engaged = new Set<string>();
  /** Providers of which some order has just ended: it is then that the brake comes on, and not by time going by. */
  readonly #news = new Set<string>();
  /** How often it came on, and had to. */
  engaged = 0;
  readonly wrongs: string[] = [];

  remember(): BrakeMemory {
    return new Map(this.#endings);
  }

  recall(memory: BrakeMemory): void {
    this.#endings = new Map(memory);
  }

  /** A report has moved an order to this status. */
  heard(provider: string, status: unknown, at: number): void {
    if (!BAD.has(status) && status !== "completed") return;
    this.#news.add(provider);
    this.#endings.set(provider, [...(this.#endings.get(provider) ?? []), { at, isBad: BAD.has(status) }]);
  }

  /** After a commit and all that was heard with it. */
  look(providers: readonly Braked[], now: number): void {
    for (const { id, brake, engaged } of providers) {
      if (this.#engaged.has(id) && !engaged) this.#endings.delete(id);
      if (engaged && !this.#engaged.has(id)) this.engaged += 1;
      if (engaged) this.#engaged.add(id);
      else this.#engaged.delete(id);
      if (!engaged && brake !== null && this.#news.has(id) && this.#isUnusual(id, brake, now))
        this.wrongs.push(`the brake of ${id} is off, and ${JSON.stringify(this.#endings.get(id))} ended`);
    }
    this.#news.clear();
  }

  /** Unusual from wherever the hour is counted. */
  #isUnusual(provider: string, { share, min_orders }: Brake, now: number): boolean {
    const recent = (this.#endings.get(provider) ?? []).filter(({ at }) => now - at <= PERHAPS_MS);
    this.#endings.set(provider, recent);
    const starts = [now - SURELY_MS, ...recent.map(({ at }) => at).filter((at) => now - at > SURELY_MS)];
    return starts.every((start) => {
      const counted = recent.filter(({ at }) => at >= start);
      const bad = counted.filter(({ isBad }) => isBad).length;
      // One that two sweeps side by side have seen is counted by both.
      const atMost = bad + 2 * (counted.length - bad);
      return bad >= min_orders && bad >= share * atMost;
    });
  }
}

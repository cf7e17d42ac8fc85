/**
 * For how long an order has been shown as it is not any more at its provider: docs/guarantees.md, R10 and R11.
 */
import type { State } from "../simulator/life.ts";
import type { Row } from "./steps.ts";
import { shownOf } from "./subscriptions.ts";
import { MINUTE_MS, type System } from "./system.ts";

/** Progress is written once it has moved by a share of the quantity, a quarter at most; and it goes on meanwhile. */
const PROGRESS_PERCENT = 40;

/**
 * What may come on top of twice the cadence: a word that takes a final one back counts when it comes twice, and a provider
 * whose calls are few takes turns.
 */
const SLACK_MINUTES = 60;
const RISING_MINUTES = 120;

/** `missed`: what was true and was not shown then, and since when. */
type Behind = { readonly since: number; readonly cadence: number; readonly missed: ReadonlyMap<unknown, number> };

export class Staleness {
  readonly #system: System;
  /** Since when an order is behind, and the longest cadence that it has had since. */
  readonly #behind = new Map<string, Behind>();
  #markedAt: number;
  #looks = 0;
  readonly wrongs: string[] = [];
  /** The longest that any order was behind, minutes. */
  longest = 0;
  /** Those whose `remains` are not what they are. */
  readonly #bent: ReadonlySet<string>;

  constructor(system: System, bent: ReadonlySet<string>) {
    this.#system = system;
    this.#bent = bent;
    this.#markedAt = system.now;
  }

  /** The faults have stopped: what was behind before counts from now on. */
  mark(): void {
    this.#markedAt = this.#system.now;
    this.#behind.clear();
    this.#looks = 0;
  }

  /** Looks at every order at these providers. `ofOld`: how many are behind since the faults stopped. */
  async look(providers: ReadonlySet<string>): Promise<{ readonly ofOld: number }> {
    const { now, world } = this.#system;
    const [result] = await this.#system.backend.run([
      { sql: "SELECT panel, n, id, provider, provider_order_id, status, remains, quantity, cadence FROM orders", params: [] },
    ]);
    let ofOld = 0;
    for (const row of result?.results ?? []) {
      const order = world.providers.get(String(row["provider"]))?.orders.get(String(row["provider_order_id"]));
      if (order === undefined || !providers.has(String(row["provider"]))) continue;
      const truth = shownOf(order, now);
      if (this.#isOld("status", truth.status !== row["status"], row, truth.status)) ofOld += 1;
      // A number that rises again is written once in a while.
      const rises = Number(row["remains"] ?? 0) < (truth.remains ?? 0);
      this.#isOld(rises ? "rising remains" : "remains", this.#isProgressLost(row, truth), row);
      this.#isOld(rises ? "remains" : "rising remains", false, row);
    }
    this.#looks += 1;
    return { ofOld };
  }

  #isProgressLost({ provider, status, remains, quantity }: Row, truth: State): boolean {
    if (this.#bent.has(String(provider)) || status !== truth.status || truth.remains === null || typeof quantity !== "number") return false;
    return typeof remains !== "number" || Math.abs(remains - truth.remains) * 100 > quantity * PROGRESS_PERCENT;
  }

  /** Notes whether something of an order is behind; and answers whether it is since the faults stopped. */
  #isOld(what: string, isBehind: boolean, { panel, n, id, provider, cadence, status }: Row, truth?: string): boolean {
    const key = `${String(panel)}/${String(n)} ${what}`;
    if (!isBehind) {
      this.#behind.delete(key);
      return false;
    }
    const { now } = this.#system;
    const known = this.#behind.get(key);
    const first = this.#looks === 0 ? this.#markedAt : now;
    const missed = new Map([...(truth === undefined ? [] : [[truth, first] as const]), ...(known?.missed ?? [])]);
    // What it had missed is shown now: it has caught up, and is behind with what the provider has gone on to.
    const before = missed.delete(status) ? { since: missed.get(truth) ?? first, cadence: 0 } : known;
    const behind: Behind = {
      since: before?.since ?? first,
      cadence: Math.max(before?.cadence ?? 0, Number(cadence ?? 0)),
      missed,
    };
    this.#behind.set(key, behind);
    const minutes = (now - behind.since) / MINUTE_MS;
    if (what === "status") this.longest = Math.max(this.longest, minutes);
    if (minutes > 2 * behind.cadence + SLACK_MINUTES + (what === "rising remains" ? RISING_MINUTES : 0))
      this.#note(`${String(panel)}/${String(id)} had its ${what} behind for ${minutes} minutes at ${String(provider)}`);
    return behind.since === this.#markedAt;
  }

  #note(wrong: string): void {
    if (!this.wrongs.includes(wrong)) this.wrongs.push(wrong);
  }
}

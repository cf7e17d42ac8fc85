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

/**
 * Of a provider with few calls the orders take turns, by a clock of its own, which goes the slower the more there are. Where a
 * tick comes once in ten minutes, one minute's calls are all that it has for them.
 */
const SLOWEST = 10;

/** A time, epoch ms, and what the provider's clock showed then, in minutes. */
type Moment = { readonly at: number; readonly turn: number };

/** `missed`: what was true and was not shown then, and since when. */
type Behind = { readonly since: Moment; readonly cadence: number; readonly missed: ReadonlyMap<unknown, Moment> };

/** What the clocks of slow providers show in the minute ?1, in minutes. */
const TURNS = `SELECT id, (clock ->> '$.position') / 1000.0 + (?1 - (clock ->> '$.minute')) * 100.0 / (clock ->> '$.stretchPercent') AS turn
  FROM providers WHERE clock IS NOT NULL`;

export class Staleness {
  readonly #system: System;
  /** Since when an order is behind, and the longest cadence that it has had since. */
  readonly #behind = new Map<string, Behind>();
  #markedAt: number;
  /** What each provider's clock showed then, minutes; none of one that goes by ours. */
  #markedTurns: ReadonlyMap<string, number> = new Map();
  #looks = 0;
  readonly wrongs: string[] = [];
  /** The longest that any order was behind, minutes. */
  longest = 0;
  #turns: ReadonlyMap<string, number> = new Map();
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
    const [result, clocks] = await this.#system.backend.run([
      { sql: "SELECT panel, n, id, provider, provider_order_id, status, remains, quantity, cadence FROM orders", params: [] },
      { sql: TURNS, params: [Math.floor(now / MINUTE_MS)] },
    ]);
    this.#turns = new Map((clocks?.results ?? []).map(({ id, turn }) => [String(id), Number(turn)]));
    if (this.#looks === 0) this.#markedTurns = this.#turns;
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
    const now = { at: this.#system.now, turn: this.#turnOf(provider, this.#turns, this.#system.now) };
    const known = this.#behind.get(key);
    const marked = { at: this.#markedAt, turn: this.#turnOf(provider, this.#markedTurns, this.#markedAt) };
    const first = this.#looks === 0 ? marked : now;
    const missed = new Map([...(truth === undefined ? [] : [[truth, first] as const]), ...(known?.missed ?? [])]);
    // What it had missed is shown now: it has caught up, and is behind with what the provider has gone on to.
    const before = missed.delete(status) ? { since: missed.get(truth) ?? first, cadence: 0 } : known;
    const behind: Behind = {
      since: before?.since ?? first,
      cadence: Math.max(before?.cadence ?? 0, Number(cadence ?? 0)),
      missed,
    };
    this.#behind.set(key, behind);
    const minutes = (now.at - behind.since.at) / MINUTE_MS;
    if (what === "status") this.longest = Math.max(this.longest, minutes);
    const most = 2 * behind.cadence + SLACK_MINUTES + (what === "rising remains" ? RISING_MINUTES : 0);
    if (now.turn - behind.since.turn > most || minutes > SLOWEST * most)
      this.#note(`${String(panel)}/${String(id)} had its ${what} behind for ${minutes} minutes at ${String(provider)}`);
    return behind.since.at === this.#markedAt;
  }

  #turnOf(provider: unknown, turns: ReadonlyMap<string, number>, at: number): number {
    return turns.get(String(provider)) ?? at / MINUTE_MS;
  }

  #note(wrong: string): void {
    if (!this.wrongs.includes(wrong)) this.wrongs.push(wrong);
  }
}

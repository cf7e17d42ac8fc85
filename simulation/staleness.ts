/**
 * For how long an order has been shown as it is not any more at its provider: checks.md, R10 and R11.
 */
import { truthOf } from "../simulator/orders.ts";
import { MINUTE_MS, type System } from "./system.ts";

/**
 * What may come on top of twice the cadence: a word that takes a final one back counts when it comes twice, and a provider
 * whose calls are few takes turns.
 */
const SLACK_MINUTES = 60;

export class Staleness {
  readonly #system: System;
  /** Since when an order is behind, and the longest cadence that it has had since. */
  readonly #behind = new Map<string, { readonly since: number; readonly cadence: number }>();
  #markedAt: number;
  #looks = 0;
  readonly wrongs: string[] = [];
  /** The longest that any order was behind, minutes. */
  longest = 0;

  constructor(system: System) {
    this.#system = system;
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
      { sql: "SELECT panel, n, id, provider, provider_order_id, status, cadence FROM orders", params: [] },
    ]);
    let ofOld = 0;
    for (const { panel, n, id, provider, provider_order_id, status, cadence } of result?.results ?? []) {
      const order = world.providers.get(String(provider))?.orders.get(String(provider_order_id));
      if (order === undefined || !providers.has(String(provider))) continue;
      const key = `${String(panel)}/${String(n)}`;
      if (truthOf(order, now).now.status === status) {
        this.#behind.delete(key);
        continue;
      }
      const before = this.#behind.get(key) ?? { since: this.#looks === 0 ? this.#markedAt : now, cadence: 0 };
      const behind = { since: before.since, cadence: Math.max(before.cadence, Number(cadence ?? 0)) };
      this.#behind.set(key, behind);
      if (behind.since === this.#markedAt) ofOld += 1;
      const minutes = (now - behind.since) / MINUTE_MS;
      this.longest = Math.max(this.longest, minutes);
      if (minutes > 2 * behind.cadence + SLACK_MINUTES)
        this.#tell(`${String(panel)}/${String(id)} was behind for ${minutes} minutes at ${String(provider)}`);
    }
    this.#looks += 1;
    return { ofOld };
  }

  #tell(wrong: string): void {
    if (!this.wrongs.includes(wrong)) this.wrongs.push(wrong);
  }
}

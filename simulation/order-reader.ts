/**
 * A reader of a panel's orders over REST: none may be shown as checked at a time when it was not any more as it is shown
 * (docs/rules.md, [S21]).
 */
import type { Life } from "../simulator/life.ts";
import type { Json, RestClient } from "./client.ts";

/** Two processes' clocks can be off by as much as this, together with the time that slow calls take. */
const TOLERANCE_MS = 60_000;

/** In these an active word takes a final one back, and is not believed at once. */
const DOUBTED_LIVES: ReadonlySet<string> = new Set(["reopened", "taken_back", "scripted"]);

/** What is not shown as it was last said: doubted, unknown or left out of an answer. */
const DOUBTED: ReadonlySet<string> = new Set(["not_found", "unknown_status"]);

const ACTIVE: readonly string[] = ["pending", "processing", "in_progress"];

export class OrderReader {
  readonly #lifeOf: (provider: string, providerOrderId: string) => Life | null;
  readonly wrongs: string[] = [];
  compared = 0;

  constructor(lifeOf: (provider: string, providerOrderId: string) => Life | null) {
    this.#lifeOf = lifeOf;
  }

  async read(client: RestClient, panel: string, now: number): Promise<void> {
    const answered = await client.once("GET", "/v1/orders?limit=100", undefined, client.of(panel));
    for (const order of (answered?.json.orders ?? []) as Json[]) this.#judge(panel, order, now);
  }

  #judge(panel: string, { id, provider, provider_order_id, status, checked_at, flags }: Json, now: number): void {
    const life = this.#lifeOf(provider, provider_order_id);
    if (life === null || checked_at === null || DOUBTED_LIVES.has(life.kind) || life.flaps.length > 0) return;
    if ((flags as string[]).some((flag) => DOUBTED.has(flag))) return;
    this.compared += 1;
    const last = life.steps.findLastIndex((step) => step.status === status && step.at <= now);
    const next = life.steps[last + 1];
    // Back to an earlier active status it is believed when it is said twice.
    if (next !== undefined && ACTIVE.indexOf(next.status) < ACTIVE.indexOf(status) && ACTIVE.includes(next.status)) return;
    const until = next?.at ?? Infinity;
    if (last !== -1 && Date.parse(checked_at) > until + TOLERANCE_MS)
      this.wrongs.push(
        `${panel}/${id} is shown as ${status}, checked at ${checked_at}, and since ${new Date(until).toISOString()} it was not so any more`,
      );
  }
}

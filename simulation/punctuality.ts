/**
 * Where nothing is wrong but that processes die now and then and the queue takes nothing for a minute, every order is
 * asked about within its cadence, and at once when somebody wants it checked: what failed is done again, not dropped.
 */
import type { Books } from "./books.ts";
import { MINUTE_MS, type System } from "./system.ts";

/** A minute without a tick, and a message that comes again, on top of the cadence. */
const SLACK_MS = 3 * MINUTE_MS;
/** A check of an order that was polled a moment ago is none. */
const JUST_POLLED_MS = 15_000;

export class Punctuality {
  readonly #system: System;
  readonly #books: Books;
  /** Those whose orders are taken in turns, or by several messages. */
  readonly #slow: ReadonlySet<string>;
  readonly wrongs: string[] = [];

  constructor(system: System, books: Books, slow: ReadonlySet<string>) {
    this.#system = system;
    this.#books = books;
    this.#slow = slow;
  }

  async look(): Promise<void> {
    const { now, asked, backend } = this.#system;
    const [result] = await backend.run([
      {
        sql: "SELECT panel, id, provider, provider_order_id, cadence, updated_at FROM orders WHERE cadence IS NOT NULL",
        params: [],
      },
    ]);
    for (const { panel, id, provider, provider_order_id, cadence, updated_at } of result?.results ?? []) {
      if (this.#slow.has(String(provider))) continue;
      const askedAt = asked.get(`${String(provider)}/${String(provider_order_id)}`) ?? 0;
      const lastAt = Math.max(askedAt, Number(updated_at));
      if (now - lastAt > Number(cadence) * MINUTE_MS + SLACK_MS)
        this.#tell(
          `${String(panel)}/${String(id)}, whose cadence is ${String(cadence)}, was not asked about since ${new Date(lastAt).toISOString()}`,
        );
      const wantedAt = panel === "books" ? this.#books.checkWanted.get(String(id)) : undefined;
      if (wantedAt === undefined || now - wantedAt < SLACK_MS) continue;
      this.#books.checkWanted.delete(String(id));
      if (askedAt < wantedAt - JUST_POLLED_MS) this.#tell(`${String(panel)}/${String(id)} was to be checked, and was not`);
    }
  }

  #tell(wrong: string): void {
    if (this.wrongs.length < 10) this.wrongs.push(wrong);
  }
}

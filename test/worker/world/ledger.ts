/**
 * Panels whose ledger is kept here, and their customers' accounts over HTTP.
 */
import { expect } from "vitest";
import type { Answered } from "./asking.ts";
import { rows } from "./database.ts";
import { World } from "./world.ts";

type Credit = { readonly idempotencyKey?: string; readonly body?: object; readonly query?: string };

export class LedgerWorld extends World {
  #panels = 0;
  readonly #numbers = new Map<string, number>();
  #keys = 0;

  /** A panel of its own with accounts here; answers its id and key. */
  async ledger(settings: Record<string, unknown> = {}): Promise<{ id: string; key: string }> {
    this.#panels += 1;
    const id = `books-${this.#panels}`;
    const { json } = await this.ask("POST", "/v1/panels", { body: { id, role: "shop", currency: "USD", money: "ledger", ...settings } });
    this.#numbers.set(json.key as string, this.#panels);
    return { id, key: json.key as string };
  }

  /** What the operator alone can do: the panel's own account buys from the operator. */
  creditPanel(panel: string, amount: string): Promise<Answered> {
    this.#keys += 1;
    const headers = { "Idempotency-Key": `panel-${this.#keys}` };
    return this.ask("POST", "/v1/customers/@panel/credits", { panel, body: { amount }, headers });
  }

  /** A customer pays in. */
  credit(key: string, customer: string, amount: string, { idempotencyKey, body = {}, query = "" }: Credit = {}): Promise<Answered> {
    this.#keys += 1;
    return this.ask("POST", `/v1/customers/${encodeURIComponent(customer)}/credits${query}`, {
      key,
      body: { amount, ...body },
      headers: { "Idempotency-Key": idempotencyKey ?? `key-${this.#keys}` },
    });
  }

  balance(key: string, customer: string, query = ""): Promise<Answered> {
    return this.get(`/v1/customers/${encodeURIComponent(customer)}/balance${query}`, { key });
  }

  async entriesOf(key: string, customer: string, query = ""): Promise<Record<string, unknown>[]> {
    return (await this.get(`/v1/customers/${encodeURIComponent(customer)}/entries${query}`, { key })).json.entries;
  }

  /** A provider's order belongs to one panel: where a test leaves the ids there to `order`, each panel's are its own. */
  register(key: string, body: unknown): Promise<Answered> {
    const n = this.#numbers.get(key);
    if (n === undefined) return this.post("/v1/orders", key, body);
    const own = (order: unknown): unknown => {
      const { provider_order_id: id, ...rest } = order as Record<string, unknown>;
      return { ...rest, provider_order_id: String(id).startsWith("p-") ? `${String(id)}-of-${n}` : id };
    };
    return this.post("/v1/orders", key, Array.isArray(body) ? body.map(own) : own(body));
  }
}

/** Each account's last balance is the sum of its transfers, and each row's balance the sum up to it. */
export async function expectLedgerToAddUp(): Promise<void> {
  const wrong = await rows(
    `SELECT * FROM (SELECT *, sum(amount) OVER (PARTITION BY panel, currency, customer ORDER BY n) AS so_far,
       row_number() OVER (PARTITION BY panel, currency, customer ORDER BY n) AS nth FROM transfers) WHERE so_far <> balance OR nth <> n`,
  );
  expect(wrong).toEqual([]);
  const orders = await rows(
    `SELECT o.panel, o.id FROM orders o JOIN panels p ON p.id = o.panel AND p.money = 'ledger'
     WHERE coalesce((SELECT sum(t.amount) FROM transfers t WHERE t.panel = o.panel AND t.order_n = o.n), 0) <> o.refunded - o.charge`,
  );
  expect(orders).toEqual([]);
}

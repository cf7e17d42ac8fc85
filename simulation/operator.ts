import { amountOf, micros } from "./amounts.ts";
import type { RestClient } from "./client.ts";
import type { Draws } from "./draws.ts";
import { PROVIDERS } from "./providers.ts";
import type { System } from "./system.ts";

/** The refund policies that the operator turns to. */
export const POLICIES = [
  {},
  { mode: "hold" },
  { mode: "auto", cap: "0.5" },
  { mode: "auto", canceled: "by_remains" },
  { mode: "auto", delay_minutes: 20 },
] as const;

/** The provider's order is on record already, for another order. */
const CONFLICT = 409;

const CREATED = 201;

/** In micro-units. */
export type Gift = { readonly kind: "goodwill" | "clawback"; readonly amount: number; readonly isAcknowledged: boolean };

type Shown = {
  readonly id: string;
  readonly status: string;
  readonly charge: string;
  readonly refunded: string;
  readonly refund_held: string;
};

const ENDED: ReadonlySet<string> = new Set(["completed", "partial", "canceled", "refunded"]);

/** While an order is under way, or its refund waits, nobody takes anything back. */
function mayBeTakenBack({ status, refund_held }: Shown): boolean {
  return ENDED.has(status) && micros(refund_held) === 0;
}

/** Looks after what only a person can decide. */
export class Operator {
  readonly #system: System;
  readonly #client: RestClient;
  readonly #draws: Draws;
  busy = false;
  decisions = 0;
  /** What it gave that no rule asks for, and took back, by the key under which it was sent. */
  readonly gifts = new Map<string, Gift>();

  constructor(system: System, client: RestClient, draws: Draws) {
    this.#system = system;
    this.#client = client;
    this.#draws = draws;
  }

  /** A round: refunds that wait are decided, or left; now and then a policy changes, or a customer gets something. */
  async act(final: boolean): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (const panel of ["books", "hasty", "stubborn"]) {
      await this.#decide(panel, final);
      await this.#settle(panel);
    }
    if (final) await this.#releaseBrakes();
    else if (this.#draws.chance(0.3)) await this.#changePolicy();
    if (!final && this.#draws.chance(0.5)) await this.#give();
    this.busy = false;
  }

  async #decide(panel: string, final: boolean): Promise<void> {
    const held = await this.#client.once("GET", "/v1/refunds?status=held&limit=100", undefined, this.#client.of(panel));
    for (const { id, amount } of (held?.json.refunds ?? []) as { id: string; amount: string }[]) {
      const verdict = this.#draws.chance(final ? 1 : 0.4) ? "approve" : this.#draws.chance(0.5) ? "reject" : null;
      if (verdict === null) continue;
      // A script of a panel that pays by its panel status needs the whole refund; only the panel `books` gets rejections.
      const action = panel === "books" ? verdict : "approve";
      this.decisions += 1;
      // A part of it, or all that was asked.
      const half = Math.floor(micros(amount) / 2);
      const body = panel === "books" && verdict === "approve" && half > 0 && this.#draws.chance(0.3) ? { amount: amountOf(half) } : {};
      await this.#client.once("POST", `/v1/refunds/${encodeURIComponent(id)}/${action}`, body, this.#client.of(panel));
    }
  }

  /** Gives a customer something that no rule asks for, or takes back what was returned. Twice is as once, by its key. */
  async #give(): Promise<void> {
    const listed = await this.#client.once("GET", "/v1/orders?limit=100", undefined, this.#client.of("books"));
    const orders = (listed?.json.orders ?? []) as Shown[];
    if (orders.length === 0) return;
    const order = this.#draws.pick(orders);
    const takesBack = this.#draws.chance(0.4) && mayBeTakenBack(order);
    const most = takesBack ? micros(order.refunded) : micros(order.charge) - micros(order.refunded);
    if (most <= 0) return;
    const [amount, key] = [this.#draws.between(1, most), `given-${this.#draws.next()}`];
    const gift: Gift = { kind: takesBack ? "clawback" : "goodwill", amount, isAcknowledged: false };
    this.gifts.set(key, gift);
    const body = { amount: amountOf(amount), note: "as agreed" };
    const headers = { ...this.#client.of("books"), "Idempotency-Key": key };
    const path = `/v1/orders/${order.id}/${takesBack ? "clawbacks" : "refunds"}`;
    for (let times = 0; times < 2; times++) {
      const answered = await this.#client.once("POST", path, body, headers);
      if (answered?.status === CREATED) this.gifts.set(key, { ...gift, isAcknowledged: true });
    }
  }

  /** Looks orders up at their provider, which only a person can. One that is there twice is another order's, or nobody's. */
  async #settle(panel: string): Promise<void> {
    const found = await this.#client.once("GET", "/v1/orders?flag=placing_unknown&limit=100", undefined, this.#client.of(panel));
    for (const { id, provider, link } of (found?.json.orders ?? []) as { id: string; provider: string; link: string }[]) {
      const orders = [...(this.#system.world.providers.get(provider)?.orders.values() ?? [])];
      const there = orders.filter((order) => order.link === link).map((order) => ({ provider_order_id: order.id }));
      for (const body of [...there, { drop: true }]) {
        const settled = await this.#client.once("POST", `/v1/orders/${encodeURIComponent(id)}/settle`, body, this.#client.of(panel));
        if (settled?.status !== CONFLICT) break;
      }
    }
  }

  async #releaseBrakes(): Promise<void> {
    for (const name of PROVIDERS) await this.#client.once("POST", `/v1/providers/${name}/brake`, { action: "release" });
  }

  async #changePolicy(): Promise<void> {
    const provider = this.#draws.pick(PROVIDERS);
    // Where scripts buy, customers are to get in the end what is due of the provider's word, by whatever way.
    const policies = provider === "acme" ? POLICIES.filter((policy) => !("canceled" in policy)) : POLICIES;
    await this.#client.once("PUT", `/v1/providers/${provider}/refund-policy`, this.#draws.pick(policies));
  }
}

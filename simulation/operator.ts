import { amountOf, micros } from "./amounts.ts";
import type { RestClient } from "./client.ts";
import type { Draws } from "./draws.ts";
import { PROVIDERS } from "./providers.ts";
import type { System } from "./system.ts";

/** What an operator does, by name: a run can be restricted to some of it, to see which one leads to what goes wrong. */
export const MOVES = [
  "reject",
  "alter",
  "hold",
  "cap",
  "by_remains",
  "delay",
  "off",
  "error",
  "brake",
  "goodwill",
  "clawback",
  "dismiss",
] as const;
export type Move = (typeof MOVES)[number];

/** The refund policies that the operator turns to, and the move that each is. */
const POLICIES: readonly { readonly move: Move | null; readonly policy: object }[] = [
  { move: null, policy: {} },
  { move: null, policy: { mode: "auto" } },
  { move: "hold", policy: { mode: "hold" } },
  { move: "hold", policy: { mode: "hold" } },
  { move: "cap", policy: { mode: "auto", cap: "0.5" } },
  { move: "by_remains", policy: { mode: "auto", canceled: "by_remains" } },
  { move: "delay", policy: { mode: "auto", delay_minutes: 20 } },
  { move: "off", policy: { mode: "off" } },
  { move: "off", policy: { mode: "off" } },
  { move: "error", policy: { mode: "auto", error_after_hours: 1 } },
  { move: "error", policy: { mode: "hold", error_after_hours: 1 } },
];

/** The provider's order is on record already, for another order. */
const CONFLICT = 409;

const CREATED = 201;

/** Flags that ask for nothing but a look. */
const DISMISSIBLE = [
  ...(["over_refunded", "panel_outdated", "completed_with_remains", "canceled_after_delivery"] as const),
  ...(["overdue", "stalled", "duplicate_link"] as const),
];

/** In micro-units. */
export type Gift = { readonly kind: "goodwill" | "clawback"; readonly amount: number; readonly isAcknowledged: boolean };

type Shown = {
  readonly id: string;
  readonly provider: string;
  readonly checked_at: string | null;
  readonly status: string;
  readonly charge: string | null;
  readonly refunded: string;
  readonly refund_held: string | null;
};

type HeldRefund = { readonly id: string; readonly order: string; readonly amount: string | null; readonly reason: string };

/** What is granted then is what may be due at most. */
const NOBODY_KNOWS: ReadonlySet<string> = new Set(["error_too_long", "remains_unknown", "multi_order"]);

const ENDED: ReadonlySet<string> = new Set(["completed", "partial", "canceled", "refunded"]);

/** While an order is under way, or in error, nobody takes anything back. */
function mayBeTakenBack({ status }: Shown): boolean {
  return ENDED.has(status);
}

/** Looks after what only a person can decide. */
export class Operator {
  readonly #system: System;
  readonly #client: RestClient;
  readonly #draws: Draws;
  readonly #dismissals: Draws;
  busy = false;
  decisions = 0;
  /** What it gave that no rule asks for, and took back, by the key under which it was sent. */
  readonly gifts = new Map<string, Gift>();

  /** Orders, as `panel/id`, of which a person has decided otherwise than was due; acknowledged or not. */
  readonly altered = new Set<string>();
  readonly #moves: ReadonlySet<Move>;
  /** What is due by a new policy shows with the next answer: before that nothing is taken back, since nobody knows of what. */
  readonly #policySetAt = new Map<string, number>();
  readonly #panels: readonly string[];
  dismissed = 0;

  constructor(
    system: System,
    client: RestClient,
    { panels, moves }: { readonly panels: readonly string[]; readonly moves: ReadonlySet<Move> },
    { decisions, dismissals }: { readonly decisions: Draws; readonly dismissals: Draws },
  ) {
    this.#system = system;
    this.#client = client;
    this.#draws = decisions;
    this.#dismissals = dismissals;
    this.#moves = moves;
    this.#panels = panels;
  }

  /** A round: refunds that wait are decided, or left; now and then a policy changes, or a customer gets something. */
  async act(final: boolean): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (const panel of this.#panels) {
      await this.#decide(panel, final);
      await this.#settle(panel);
    }
    if (final) await this.#endBrakes("release");
    else {
      if (this.#draws.chance(0.2)) await this.#endBrakes(this.#may("brake") && this.#draws.chance(0.5) ? "reject" : "release");
      if (this.#draws.chance(0.5)) await this.#changePolicy();
      if (this.#draws.chance(0.5)) await this.#give();
      if (this.#dismissals.chance(0.5) && this.#may("dismiss")) await this.#dismiss();
    }
    this.busy = false;
  }

  /** The draw is made all the same, so that a restricted run goes on as the whole one. */
  #may(move: Move): boolean {
    return this.#moves.has(move);
  }

  async #decide(panel: string, final: boolean): Promise<void> {
    const held = await this.#client.once("GET", "/v1/refunds?status=held&limit=100", undefined, this.#client.of(panel));
    for (const refund of (held?.json.refunds ?? []) as HeldRefund[]) {
      const [decides, rejects, alters] = [this.#draws.chance(final ? 1 : 0.5), this.#draws.chance(0.5), this.#draws.chance(0.3)];
      const [isMore, part] = [this.#draws.chance(0.5), this.#draws.between(1, 99)];
      if (!decides) continue;
      this.decisions += 1;
      const path = `/v1/refunds/${encodeURIComponent(refund.id)}`;
      if (rejects && !final && this.#may("reject")) {
        this.altered.add(`${panel}/${refund.order}`);
        await this.#client.once("POST", `${path}/reject`, {}, this.#client.of(panel));
        continue;
      }
      const amount = alters && this.#may("alter") && refund.amount !== null ? await this.#otherAmount(panel, refund, isMore, part) : null;
      if (amount !== null || NOBODY_KNOWS.has(refund.reason)) this.altered.add(`${panel}/${refund.order}`);
      await this.#client.once("POST", `${path}/approve`, amount === null ? {} : { amount: amountOf(amount) }, this.#client.of(panel));
    }
  }

  /** Less than what waits, or more, within the charge; null where there is no room. */
  async #otherAmount(panel: string, { order, amount }: HeldRefund, isMore: boolean, part: number): Promise<number | null> {
    const held = micros(amount ?? "0");
    if (!isMore) return Math.floor((held * part) / 100) || null;
    const found = await this.#client.once("GET", `/v1/orders/${encodeURIComponent(order)}`, undefined, this.#client.of(panel));
    if (found?.json.charge == null) return null;
    const room = micros(found.json.charge) - micros(found.json.refunded) - held;
    return room > 0 ? held + Math.max(1, Math.floor((room * part) / 100)) : null;
  }

  /** Gives a customer something that no rule asks for, or takes back what was returned. Twice is as once, by its key. */
  async #give(): Promise<void> {
    const listed = await this.#client.once("GET", "/v1/orders?limit=100", undefined, this.#client.of("books"));
    const orders = (listed?.json.orders ?? []) as Shown[];
    if (orders.length === 0) return;
    // Where something was returned already, more can go wrong.
    const returned = orders.filter(({ refunded, refund_held }) => micros(refunded) > 0 || micros(refund_held ?? "0") > 0);
    const order = this.#draws.pick(returned.length > 0 && this.#draws.chance(0.7) ? returned : orders);
    const isJudged = Date.parse(order.checked_at ?? "") > (this.#policySetAt.get(order.provider) ?? 0);
    const takesBack = this.#draws.chance(0.5) && mayBeTakenBack(order) && isJudged && micros(order.refunded) > 0;
    const room = micros(order.charge ?? "0") - micros(order.refunded) - micros(order.refund_held ?? "0");
    const most = takesBack ? micros(order.refunded) : room;
    const [share, key] = [this.#draws.next(), `given-${this.#draws.next()}`];
    if (most <= 0 || !this.#may(takesBack ? "clawback" : "goodwill")) return;
    const amount = 1 + (share % most);
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

  /** Has looked at what some flag says, at every panel, and done what there was to do. */
  async #dismiss(): Promise<void> {
    const flag = this.#dismissals.pick(DISMISSIBLE);
    for (const panel of this.#panels) {
      const found = await this.#client.once("GET", `/v1/orders?flag=${flag}&limit=100`, undefined, this.#client.of(panel));
      for (const { id } of (found?.json.orders ?? []) as Shown[]) {
        if (!this.#dismissals.chance(0.5)) continue;
        this.dismissed += 1;
        await this.#client.once("POST", `/v1/orders/${encodeURIComponent(id)}/dismiss`, { flag }, this.#client.of(panel));
      }
    }
  }

  /** Looks orders up at their provider, which only a person can. One that is there twice is another order's, or nobody's. */
  async #settle(panel: string): Promise<void> {
    const found = await this.#client.once("GET", "/v1/orders?flag=placing_unknown&limit=100", undefined, this.#client.of(panel));
    for (const { id, provider, link } of (found?.json.orders ?? []) as { id: string; provider: string; link: string }[]) {
      const orders = [...(this.#system.world.providers.get(provider)?.orders.values() ?? [])];
      const there = orders
        .filter((order) => order.link === link && order.partOf === undefined)
        .map((order) => ({ provider_order_id: order.id }));
      for (const body of [...there, { drop: true }]) {
        const settled = await this.#client.once("POST", `/v1/orders/${encodeURIComponent(id)}/settle`, body, this.#client.of(panel));
        if (settled?.status !== CONFLICT) break;
      }
    }
  }

  async #endBrakes(action: "release" | "reject"): Promise<void> {
    for (const name of PROVIDERS) await this.#client.once("POST", `/v1/providers/${name}/brake`, { action });
  }

  async #changePolicy(): Promise<void> {
    const provider = this.#draws.pick(PROVIDERS);
    const { move, policy } = this.#draws.pick(POLICIES);
    // Where scripts buy, customers are to get in the end what is due of the provider's word, by whatever way.
    if ((move !== null && !this.#may(move)) || (provider === "acme" && move === "by_remains")) return;
    await this.#client.once("PUT", `/v1/providers/${provider}/refund-policy`, policy);
    this.#policySetAt.set(provider, this.#system.now);
  }
}

/**
 * A panel's script in a run: when it acts, and what cannot be asked of it.
 */
import type { Panel } from "../test/panels/actors.ts";
import type { ShopOrder } from "../test/panels/shop.ts";
import type { System } from "./system.ts";

/** In connect mode the ids above are the product's own (docs/rules.md, [I3]). */
const CONNECT_IDS_FROM = 2_000_000_000;

/** An identical `add` is the same order for 120 s; the round trip takes its part of that. */
const SAME_FOR_MS = 110_000;

/** A panel's script, and the process that it runs in. */
export class Script {
  readonly id: string;
  readonly panel: Panel;
  readonly #channel: "connect" | "catalogue";
  readonly #system: System;
  /** Since when it has been sending an order, by link. */
  readonly #unheard = new Map<string, number>();
  /**
   * Links of orders of which nothing can be asked: for so long it has heard nothing of them that by the protocol's own
   * rule it has ordered anew, or they are lost.
   */
  readonly excused = new Set<string>();
  #busy = false;

  constructor(id: string, panel: Panel, channel: "connect" | "catalogue", system: System) {
    this.id = id;
    this.panel = panel;
    this.#channel = channel;
    this.#system = system;
  }

  /** One run of its cron. */
  async act(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const unsent = this.panel.shop.inState("unsent");
    await this.panel.act(this.#system.now);
    for (const order of unsent) {
      if (order.attempts === 0) continue;
      // What was answered at once, and not heard, is another sale when it comes again.
      if (this.#system.lostSales.has(order.link)) this.excused.add(order.link);
      const since = this.#unheard.get(order.link) ?? order.attemptedAt;
      this.#unheard.set(order.link, since);
      if (this.#system.now - since > SAME_FOR_MS) this.excused.add(order.link);
    }
    this.#busy = false;
  }

  /** What was sent and not answered since then is forgotten; epoch ms. */
  excuseUnsent(since: number): void {
    for (const { link, attempts, attemptedAt } of this.panel.shop.inState("unsent")) {
      if (attempts > 0 && attemptedAt >= since) this.excused.add(link);
    }
  }

  /** Whether the order's id is one that only the product knows. */
  isOurs({ id }: ShopOrder): boolean {
    return this.#channel === "catalogue" || (id ?? 0) > CONNECT_IDS_FROM;
  }

  /** Whatever was known of the order is gone: somebody has ended it by hand. */
  lose(order: ShopOrder): void {
    this.excused.add(order.link);
    if (order.state === "open") order.state = "ended";
  }
}

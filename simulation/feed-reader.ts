/**
 * A panel's backend that knows nothing but the change feed. It keeps each order as it was last shown, and credits each
 * order's customer what its refunds come to: the difference to what it has credited, so that it credits nothing twice.
 * What it has credited it takes back only when it is told of a claw-back.
 */
import { micros } from "./amounts.ts";
import type { Json, RestClient } from "./client.ts";

/** Changes that are read at once. */
const PAGE = 100;

export class FeedReader {
  readonly panel: string;
  readonly orders = new Map<string, Json>();
  /** Micro-units credited by order. */
  readonly credited = new Map<string, number>();
  readonly refillsAndCancels = new Map<string, Json>();
  after = 0;
  changes = 0;
  /** Orders of which something was taken back. */
  readonly tookBack = new Set<string>();
  /** What must not be, in words. */
  readonly wrongs: string[] = [];
  readonly #seen = new Map<number, string>();

  constructor(panel: string) {
    this.panel = panel;
  }

  /** Reads what is new; false where no answer came. */
  async read(client: RestClient): Promise<boolean> {
    for (;;) {
      const answered = await client.once("GET", `/v1/changes?after=${this.after}&limit=${PAGE}`, undefined, client.of(this.panel));
      if (answered === null) return false;
      const changes = answered.json.changes as Json[];
      for (const change of changes) this.take(change);
      if (changes.length > 0) this.after = Number(answered.json.next_after);
      if (changes.length < PAGE) return true;
    }
  }

  /** Takes a change, however it has heard of it. */
  take(change: Json): void {
    const { seq, type, order, data } = change;
    const content = JSON.stringify(change);
    const before = this.#seen.get(seq);
    if (before !== undefined && before !== content) this.wrongs.push(`${this.panel}: the change ${seq} came twice with other content`);
    this.#seen.set(seq, content);
    this.changes += 1;
    // What the panel had returned before it registered the order, it has returned.
    if (type === "order.created") this.credited.set(order, Math.max(this.credited.get(order) ?? 0, micros(data.refunded)));
    if (type.startsWith("order.")) this.orders.set(order, { ...this.orders.get(order), ...data });
    else if (type.startsWith("refund.")) this.#credit(order, data);
    else this.refillsAndCancels.set(`${order} ${type}`, data);
  }

  /** Where only the provider's word waited, nothing was returned. */
  #credit(order: string, data: Json): void {
    if (data.amount === null) return;
    if (data.amount.startsWith("-")) this.tookBack.add(order);
    const total = micros(data.refunded);
    const credited = this.credited.get(order) ?? 0;
    if (total > credited || data.amount.startsWith("-")) this.credited.set(order, total);
    const shown = this.orders.get(order);
    if (shown !== undefined) this.orders.set(order, { ...shown, refunded: data.refunded });
  }
}

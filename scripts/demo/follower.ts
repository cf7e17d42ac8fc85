/**
 * What a panel knows of its orders when it does nothing but read the change feed, from the first change on.
 */
import type { Api } from "./api.ts";
import { microsOf } from "./money.ts";

/** An order as the feed has told it last. */
export type Shown = { readonly status: string; readonly refundedMicros: bigint; readonly heldMicros: bigint };

type Change = { readonly type: string; readonly order: string; readonly data: Readonly<Record<string, unknown>> };
type ChangePage = { readonly changes: readonly Change[]; readonly next_after: number };

const PAGE = 1000;
const NOTHING_HEARD: Shown = { status: "pending", refundedMicros: 0n, heldMicros: 0n };

export class Follower {
  readonly orders = new Map<string, Shown>();
  readonly #api: Api;
  #after = 0;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Reads the feed up to its end. */
  async catchUp(): Promise<void> {
    for (;;) {
      const page = await this.#api.call<ChangePage>("GET", `/v1/changes?after=${this.#after}&limit=${PAGE}`);
      for (const change of page.changes) this.orders.set(change.order, after(this.orders.get(change.order) ?? NOTHING_HEARD, change));
      this.#after = page.next_after;
      if (page.changes.length < PAGE) return;
    }
  }
}

function after(shown: Shown, { type, data }: Change): Shown {
  switch (type) {
    case "refund.posted":
      return { ...shown, refundedMicros: amount(data, "refunded") };
    case "refund.held":
      // Null where only the provider's word waits, and no money.
      return { ...shown, heldMicros: data["amount"] === null ? 0n : amount(data, "amount") };
    case "refund.rejected":
      return { ...shown, heldMicros: 0n };
    default:
      return { status: String(data["status"]), refundedMicros: amount(data, "refunded"), heldMicros: amount(data, "refund_held") };
  }
}

function amount(data: Readonly<Record<string, unknown>>, field: string): bigint {
  return microsOf(String(data[field]));
}

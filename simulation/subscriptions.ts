/** Subscriptions, which have words of their own: `Active` at the provider is `processing` here. */
import type { State } from "../simulator/life.ts";
import { truthOf } from "../simulator/orders.ts";
import type { Order } from "../simulator/world.ts";
import type { ModelOrder } from "./model/order.ts";
import type { Row } from "./steps.ts";

/** What is true of an order at its provider, as it is to be shown. */
export function shownOf(order: Order, now: number): State {
  const state = truthOf(order, now).now;
  return order.parts?.counted === "posts" && state.status === "in_progress" ? { ...state, status: "processing" } : state;
}

/** Bought as one, or recognised by what its provider says. */
export function isSubscription({ posts, parts }: Row): boolean {
  const named =
    typeof parts === "string"
      ? (JSON.parse(parts) as { readonly posts?: unknown; readonly form?: { readonly subscription: boolean } })
      : {};
  return (posts ?? null) !== null || (named.posts ?? null) !== null || named.form?.subscription === true;
}

const OWN_WORDS: Readonly<Record<string, string>> = {
  completed: "Completed",
  partial: "Expired",
  canceled: "Canceled",
  refunded: "Canceled",
};
/** What was decided of it, in its words. */
const DECIDED_WORDS: Readonly<Record<string, string>> = { Completed: "Completed", Partial: "Expired", Canceled: "Canceled" };

/** The words by which its panel may be told of one: a final one when nothing waits, its provider's or the decision's. */
export function wordsOf(model: ModelOrder): readonly string[] {
  return model.panelStatuses().flatMap(({ word }) => {
    const decided = DECIDED_WORDS[word];
    return decided === undefined ? ["Active", "Paused"] : [decided, OWN_WORDS[model.status] ?? decided];
  });
}

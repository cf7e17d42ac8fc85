/** Subscriptions, which have words of their own: `Active` at the provider is `processing` here. */
import type { State } from "../simulator/life.ts";
import { truthOf } from "../simulator/orders.ts";
import type { Order } from "../simulator/world.ts";
import type { ModelOrder } from "./model/order.ts";
import { isFinal } from "./model/words.ts";
import type { Row } from "./steps.ts";

/** What is true of an order at its provider, as it is to be shown. */
export function shownOf(order: Order, now: number): State {
  const state = truthOf(order, now).now;
  return order.parts?.counted === "posts" && state.status === "in_progress" ? { ...state, status: "processing" } : state;
}

/** Bought as one, or recognised by what its provider says. */
export function isSubscription({ posts, parts }: Row): boolean {
  const named = typeof parts === "string" ? (JSON.parse(parts) as { readonly posts?: unknown }) : {};
  return (posts ?? null) !== null || (named.posts ?? null) !== null;
}

const OWN_WORDS: Readonly<Record<string, readonly string[]>> = { completed: ["Completed"], partial: ["Expired"], canceled: ["Canceled"], refunded: ["Canceled"] };

/** The words by which its panel may be told of one: its own, and a final one when nothing waits. */
export function wordsOf(model: ModelOrder): readonly string[] {
  const [told] = model.panelStatuses();
  const isEnded = isFinal(model.status) && !model.isHeld && !["Pending", "Processing", "In progress"].includes(told.word);
  return (isEnded ? OWN_WORDS[model.status] : undefined) ?? ["Active", "Paused"];
}

/**
 * What a panel is told of a subscription. Scripts keep its word in a column of five values, and stop asking at any other.
 */
import type { OrderState } from "./order.ts";
import type { Parts } from "./order-report.ts";
import { foldWord, isActive, STATUSES } from "./status.ts";

/** Of a subscription before its first answer: what it has of parts, where nobody counted its posts. */
export const UNANSWERED_SUBSCRIPTION: Parts = {
  runs: null,
  posts: null,
  expiry: null,
  orders: [],
  form: { had: [], numericOrders: false, subscription: true },
};

/** The words that scripts know of subscriptions. */
type SubscriptionWord = "Active" | "Paused" | "Completed" | "Expired" | "Canceled";

/** Whether an order is a subscription: its answers say so, or, before the first one, what was ordered. */
export function isSubscription({ multi, posts, parts }: Pick<OrderState, "multi" | "posts" | "parts">): boolean {
  if (!multi) return false;
  if (parts === null) return posts !== null;
  // Rows of earlier releases say only what the answer had.
  return parts.form?.subscription ?? (parts.posts !== null || parts.expiry !== null);
}

/** What a plain order would be told: the word, and whether it is final. */
type Told = { readonly label: string; readonly final: boolean };

/**
 * The word for a subscription in the place of what a plain order would be told: what was decided, where there was money
 * to decide about. Rule [P17].
 */
export function subscriptionWord({ status, providerStatus, charge }: OrderState, { label, final }: Told): SubscriptionWord {
  if (!final) return isActive(status) && foldWord(providerStatus ?? "") === "paused" ? "Paused" : "Active";
  if (label === STATUSES.canceled.label) return "Canceled";
  if (label !== STATUSES.partial.label) return "Completed";
  // It ended before all was delivered; or the provider has returned what it took, whatever was left.
  return status === "refunded" && (charge ?? 0) === 0 ? "Canceled" : "Expired";
}

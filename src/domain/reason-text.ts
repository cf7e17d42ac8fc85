/**
 * The text beside an order's reason code. It is made from what was decided, so that it never promises money that the
 * amounts beside it do not show.
 */
import { undeliveredShare } from "./money.ts";
import { type OrderState, type Reason, REASONS } from "./order.ts";
import { REFUND_REASONS, type RefundReason } from "./refund-rules.ts";

type ReasonFacts = Pick<OrderState, "charge" | "quantity" | "remains" | "refunded" | "hold">;

/** What happened, without what follows for the money. The reasons left out say nothing of an outcome. */
const CAUSES: Partial<Readonly<Record<RefundReason, string>>> = {
  canceled: "The provider canceled the order",
  partial: "The provider delivered a part",
  nothing_delivered: "The provider closed the order as partial with nothing delivered",
  refunded: "The provider returned the order's amount",
  not_placed: "The order never reached the provider",
  remains_unknown: "The provider ended the order, and what it says was left does not tell how much is due",
  multi_order: "The order has several parts; its refund is never automatic",
  policy_hold: "The refund policy left this refund to a person",
  over_cap: "The refund is above the policy's cap",
  error_too_long: "The order has been in error for longer than the policy allows",
  decided_before: "The provider said something else after a person had decided about this order",
  brake: "Unusually many of the provider's orders ended badly at once",
  provider_order_taken: "The provider's order belongs to an order that was placed here, and this one gave way",
  frozen: "The panel's books did not add up when this was to be refunded",
};

/** Says why an order stands as it does, true of what was returned and of what waits. Rule [F25]. */
export function reasonText(reason: Reason, facts: ReasonFacts): string {
  if (reason in REASONS) return REASONS[reason as keyof typeof REASONS];
  const code = reason as RefundReason;
  const cause = causeOf(code, facts);
  const waits = facts.hold?.reason === code && facts.hold.postsAt === null;
  if (cause === undefined || (waits && facts.hold?.amount !== null)) return REFUND_REASONS[code];
  return `${cause}; ${outcomeOf(code, facts)}.`;
}

/** An answer that leaves doubt keeps the reason of what was returned before; its number may say something else. */
function causeOf(code: RefundReason, { quantity, remains }: ReasonFacts): string | undefined {
  const isAllLeft = remains !== null && quantity !== null && remains >= quantity;
  const isInPart = remains !== null && remains > 0 && !isAllLeft;
  const isOfAnotherNumber = (code === "nothing_delivered" && !isAllLeft) || (code === "partial" && !isInPart);
  return isOfAnotherNumber ? "The provider ended the order before it was completed" : CAUSES[code];
}

function outcomeOf(code: RefundReason, { charge, quantity, remains, refunded, hold }: ReasonFacts): string {
  if (hold !== null) {
    const what = hold.amount === null ? "the provider's word" : "a refund";
    return hold.postsAt === null ? `${what} waits for a person` : `${what} waits until the policy's delay is over`;
  }
  if (refunded <= 0) return "nothing is returned here";
  if (refunded === charge) return "the full charge is returned";
  const isShare = charge !== null && quantity !== null && remains !== null && remains > 0 && remains < quantity;
  if (code === "partial" && isShare && undeliveredShare(charge, quantity, remains) === refunded)
    return "the share of what was not delivered is returned";
  return "a part of the charge is returned";
}

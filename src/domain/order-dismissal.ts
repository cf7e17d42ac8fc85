/**
 * Flags that a person has looked at and dismissed: each comes back only with a new reason. Pure.
 */
import { DISMISSIBLE, type DismissibleFlag, FLAGS, type OrderState } from "./order.ts";
import { isActive } from "./status.ts";

type Causes = Pick<OrderState, "status" | "remains" | "refunded" | "goodwill">;

/** What a flag is about now: while it is the same, a dismissed flag stays away. Rule [S40]. */
function causeOf(flag: DismissibleFlag, { status, remains, refunded, goodwill }: Causes): string {
  switch (flag) {
    case "over_refunded":
      // While an order runs nothing is due, whatever is left of it.
      return isActive(status) ? `active ${refunded - goodwill}` : `${status} ${refunded - goodwill} ${remains}`;
    case "completed_with_remains":
    case "canceled_after_delivery":
    case "stalled":
      return String(remains);
    case "overdue":
      return status;
    case "panel_outdated":
    case "duplicate_link":
      return "";
  }
}

/** The order with a flag dismissed as it stands now. `panel_outdated` goes by what was told (panel-status.ts). */
export function dismiss(state: OrderState, flag: DismissibleFlag): OrderState {
  return withDismissals({ ...state, dismissed: { ...state.dismissed, [flag]: causeOf(flag, state) } });
}

/** The order without the flags that were dismissed for what they are about now. */
export function withDismissals(state: OrderState): OrderState {
  const flags = DISMISSIBLE.reduce((left, flag) => (isDismissed(state, flag) ? left & ~FLAGS[flag] : left), state.flags);
  return flags === state.flags ? state : { ...state, flags };
}

function isDismissed(state: OrderState, flag: DismissibleFlag): boolean {
  return flag !== "panel_outdated" && state.dismissed[flag] !== undefined && state.dismissed[flag] === causeOf(flag, state);
}

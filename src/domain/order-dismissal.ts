/**
 * Flags that a person has looked at and dismissed: each comes back only with a new reason. Pure.
 */
import { DISMISSIBLE, type DismissibleFlag, FLAGS, type OrderState } from "./order.ts";
import { isActive } from "./status.ts";

type Causes = Pick<OrderState, "status" | "remains" | "refunded" | "goodwill">;

/** What a flag is about now: while it is the same, a dismissed flag stays away. Rule [S40]. */
function causeOf(flag: DismissibleFlag, state: Causes): string {
  switch (flag) {
    case "over_refunded":
      return `${returned(state)} ${circumstances(state)}`;
    case "completed_with_remains":
    case "canceled_after_delivery":
    case "stalled":
      return String(state.remains);
    case "overdue":
      return state.status;
    case "panel_outdated":
    case "duplicate_link":
      return "";
  }
}

/**
 * Whether a flag tells of money that was returned or is owed: too much to the panel, or something that the supplier was paid
 * for. Whoever decides about the order's money decides about such a flag.
 */
export function isAboutMoney(flag: DismissibleFlag): boolean {
  switch (flag) {
    case "over_refunded":
    case "completed_with_remains":
    case "canceled_after_delivery":
      return true;
    case "panel_outdated":
    case "duplicate_link":
    case "overdue":
    case "stalled":
      return false;
  }
}

/** What was returned by the rules, in micro-units. */
function returned({ refunded, goodwill }: Causes): number {
  return refunded - goodwill;
}

/** What makes something due. While an order runs nothing is, whatever is left of it. */
function circumstances({ status, remains }: Causes): string {
  return isActive(status) ? "active" : `${status} ${remains}`;
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
  const dismissed = flag === "panel_outdated" ? undefined : state.dismissed[flag];
  if (dismissed === undefined) return false;
  return flag === "over_refunded" ? isNoLargerExcess(state, dismissed) : dismissed === causeOf(flag, state);
}

/** Less than was dismissed, after a claw-back of a part, is no new reason. */
function isNoLargerExcess(state: OrderState, dismissed: string): boolean {
  const [amount, ...about] = dismissed.split(" ");
  return about.join(" ") === circumstances(state) && returned(state) <= Number(amount);
}

/** The refund of an order that waits for a person, on the order's own page. */
import type { ListedRefund, Order } from "../api/answers.ts";
import { useListed } from "../api/polled.ts";
import { sumText } from "./refund-actions.tsx";
import { RefundButtons, whyText } from "./refund-case.tsx";
import { approvedText } from "../kit/heard.ts";

export function HeldOfOrder({ panel, order }: { readonly panel: string; readonly order: Order }) {
  const isWaiting = order.flags.includes("refund_held");
  const query = { order: order.id, status: "held" };
  const held = useListed<ListedRefund>("refunds", isWaiting ? "/v1/refunds" : null, { panel, query });
  const [refund] = held.data ?? [];
  if (!isWaiting || refund === undefined) return null;
  return (
    <div class="note warn">
      <div>
        <p class="strong">
          {refund.amount === null ? "The provider's word waits for a person." : `${sumText(refund)} waits for a person.`}
        </p>
        <p>{whyText(refund, order)}</p>
        <p class="soft small">If approved: {approvedText(order, refund.amount)}</p>
      </div>
      <RefundButtons panel={panel} refund={refund} order={order} />
    </div>
  );
}

/** A refund that waits, with what is needed to decide it. */
import type { Order, Refund } from "../api/answers.ts";
import { may } from "../api/client.ts";
import { Do, Facts, Outside, StatusBadge, wordsOf } from "../kit/parts.tsx";
import { RefundSum } from "../kit/refund-table.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { approveOther, approveRefund, rejectRefund, sumText } from "./refund-actions.tsx";
import { approvedText, rejectedText } from "../kit/heard.ts";

type CaseProps = { readonly panel: string; readonly refund: Refund; readonly order: Order };

export function RefundButtons({ panel, refund, order, withKeys = false }: CaseProps & { readonly withKeys?: boolean }) {
  if (!may("money") || (refund.status !== "held" && refund.status !== "delayed")) return null;
  const held = { panel, refund, order };
  const keys = (key: string): { readonly keys?: string } => (withKeys ? { keys: key } : {});
  return (
    <div class="buttons">
      <Do tone="primary" onDo={() => approveRefund(held)} {...keys("a")}>
        {refund.amount === null ? "Let through" : `Return ${sumText(refund)}`}
      </Do>
      {refund.amount !== null && (
        <Do onDo={() => approveOther(held)} {...keys("e")}>
          Another amount
        </Do>
      )}
      <Do tone="danger" onDo={() => rejectRefund(held)} {...keys("r")}>
        Reject
      </Do>
    </div>
  );
}

/** Why a refund waits, in words. */
export function whyText(refund: Refund, order: Order): string {
  return order.reason?.code === refund.reason ? order.reason.text : wordsOf(refund.reason);
}

export function RefundCase({ panel, refund, order }: CaseProps) {
  const isOpen = refund.status === "held" || refund.status === "delayed";
  return (
    <>
      <p class="big">
        {sumText(refund)} <StatusBadge status={order.status} label={order.label} />
      </p>
      <p>{whyText(refund, order)}</p>
      <RefundSum order={order} />
      <Facts
        facts={[
          ["Order", <a href={hrefTo(["orders", panel, order.id])}>{order.id}</a>],
          ["Panel", panel],
          ["The provider says", `“${order.provider_status ?? ""}”, ${order.provider ?? ""} ${order.provider_order_id ?? ""}`],
          ["Link", <Outside href={order.link} />],
          ["Since", <When at={refund.created_at} />],
          refund.decided_by === null ? null : ["Decided by", `${refund.decided_by}${refund.note === null ? "" : `: “${refund.note}”`}`],
        ]}
      />
      {isOpen && (
        <ul class="soft small plain-list">
          <li>Approved: {approvedText(order, refund.amount)}</li>
          <li>Rejected: {rejectedText(order)}</li>
        </ul>
      )}
    </>
  );
}

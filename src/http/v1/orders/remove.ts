/**
 * `DELETE /v1/orders/{id}`: takes back a registration that was a mistake. Its ids are free again, its charge is given
 * back, and the feed tells of it.
 */
import { formatAmount } from "../../../domain/money.ts";
import { removalProblem } from "../../../domain/order-removal.ts";
import { orderView } from "../../../domain/order-view.ts";
import { fail } from "../../../domain/result.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { readRemovalCase, removeOrder } from "../../../store/orders/removal.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import { noContent } from "../../kit/reply.ts";

/** A sweep may write the order in between; so many times in a row it hardly does. */
const MAX_TRIES = 5;

/** `DELETE /v1/orders/{id}` */
export function deleteOrder(
  { db, panel, now: at }: PanelContext,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<Answer> {
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const found = await readRemovalCase(db, panel.id, id);
    if (found === null) return fail({ code: "order_not_found", order: id });
    const problem = removalProblem(found);
    if (problem !== null) return fail({ code: "order_in_use", order: id, why: problem });
    const { order, polling } = found;
    const now = Math.max(at, order.updatedAt);
    const { provider, providerOrderId, currency, state } = order;
    const audit = auditStatement(
      db,
      {
        at: now,
        actor: panel.actor,
        panel: panel.id,
        action: "order.removed",
        subject: `order:${id}`,
        before: {
          provider,
          provider_order_id: providerOrderId,
          status: state.status,
          charge: state.charge === null ? null : formatAmount(state.charge),
          refunded: formatAmount(state.refunded),
          currency,
        },
        after: null,
      },
      order,
    );
    return (await removeOrder(db, found, { shown: orderView(order, polling, now), audit, now })) ? noContent() : CONFLICT;
  };
  return retryOnConflict(MAX_TRIES, attempt, () => fail({ code: "order_contended", order: id }));
}

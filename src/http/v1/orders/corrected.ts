/**
 * `POST /v1/orders/{id}/corrected`: the panel was told a final word that no longer holds, and somebody has corrected its
 * books by hand. What it would be told now counts as told.
 */
import type { Order } from "../../../domain/order.ts";
import { isFinal } from "../../../domain/status.ts";
import { orderView } from "../../../domain/order-view.ts";
import { reportedFinalOf, withOutdated } from "../../../domain/panel-status.ts";
import { fail } from "../../../domain/result.ts";
import { applyDecision } from "../../../store/orders/apply.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { readRefundCase } from "../../../store/refunds/refund-cases.ts";
import { correctReportedFinalStatement } from "../../../store/orders/reported-finals.ts";
import { moveWrite } from "../../../store/orders/moves.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";

const MAX_TRIES = 5;

/** `POST /v1/orders/{id}/corrected`. Nothing for an order that is not outdated. */
export function postCorrected(
  { db, panel, now: at }: PanelContext,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<Answer> {
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const found = await readRefundCase(db, panel.id, id);
    if (found === null) return fail({ code: "order_not_found", order: id });
    const { order, provider } = found;
    const next = withOutdated({ ...order.state, reportedFinal: factsNow(order) });
    if (next.flags === order.state.flags) return json(200, orderView(order, provider.state, at));
    const now = Math.max(at, order.updatedAt);
    const entry = { at: now, actor: panel.actor, panel: order.panel, action: "order.corrected", subject: `order:${id}` } as const;
    const [before, after] = [{ told: order.state.reportedFinal }, { told: next.reportedFinal }];
    const others = [auditStatement(db, { ...entry, before, after }, order), correctReportedFinalStatement(db, order, next.reportedFinal)];
    if (!(await applyDecision(db, moveWrite(order, { next, refunds: [] }, provider.state, now), others))) return CONFLICT;
    return json(200, orderView({ ...order, updatedAt: now, state: next }, provider.state, now));
  };
  return retryOnConflict(MAX_TRIES, attempt, () => fail({ code: "order_contended", order: id }));
}

/** An order that is under way again, or whose refund waits, has no final word yet: the next one counts as the first. */
function factsNow({ state }: Order): ReturnType<typeof reportedFinalOf> | null {
  return isFinal(state.status) && state.hold === null ? reportedFinalOf(state) : null;
}

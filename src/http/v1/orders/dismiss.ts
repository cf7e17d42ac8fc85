/**
 * `POST /v1/orders/{id}/dismiss`: somebody has looked at what a flag says, and done what there was to do. It comes back
 * only with a new reason.
 */
import * as z from "zod/mini";
import { dismiss, isAboutMoney } from "../../../domain/order-dismissal.ts";
import { DISMISSIBLE, type DismissibleFlag, FLAGS, type Order, type ReportedFinal } from "../../../domain/order.ts";
import { isDecided, reportedFinalOf, withOutdated } from "../../../domain/panel-status.ts";
import { orderView } from "../../../domain/order-view.ts";
import { fail } from "../../../domain/result.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";
import { moveWrite } from "../../../store/orders/moves.ts";
import { applyDecision } from "../../../store/orders/apply.ts";
import { correctReportedFinalStatement } from "../../../store/orders/reported-finals.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { readRefundCase } from "../../../store/refunds/refund-cases.ts";
import { mayDecide } from "../../kit/auth.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import { line, optional } from "../../kit/fields.ts";
import { json } from "../../kit/reply.ts";

const MAX_TRIES = 5;
const MAX_NOTE_CHARACTERS = 500;

export const dismissalBody = z.strictObject({
  flag: z.enum(DISMISSIBLE, { error: `must be a flag that can be dismissed: ${DISMISSIBLE.join(", ")}` }),
  note: optional(line(MAX_NOTE_CHARACTERS)),
});

type Dismisses = { readonly params: { readonly id: string }; readonly body: z.output<typeof dismissalBody> };

/**
 * `POST /v1/orders/{id}/dismiss`. Nothing for an order without the flag. What the operator's money depends on is for the
 * operator to dismiss.
 */
export function postDismissal({ db, panel, now: at }: PanelContext, { params: { id }, body: { flag, note } }: Dismisses): Promise<Answer> {
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const found = await readRefundCase(db, panel.id, id);
    if (found === null) return fail({ code: "order_not_found", order: id });
    const { order, provider } = found;
    if (isAboutMoney(flag) && !mayDecide(panel, order)) return fail({ code: "operators_money", subject: `order ${id}` });
    if ((order.state.flags & FLAGS[flag]) === 0) return json(200, orderView(order, provider.state, at));
    const next = withoutFlag(order, flag);
    const now = Math.max(at, order.updatedAt);
    const entry = { at: now, actor: panel.actor, panel: order.panel, action: "order.dismissed", subject: `order:${id}` } as const;
    const told = flag === "panel_outdated" ? { told: order.state.reportedFinal } : {};
    const toldNow = flag === "panel_outdated" ? { told: next.reportedFinal } : {};
    const audit = auditStatement(db, { ...entry, before: { flag, ...told }, after: { flag: null, note, ...toldNow } }, order);
    const others = flag === "panel_outdated" ? [audit, correctReportedFinalStatement(db, order, next.reportedFinal)] : [audit];
    if (!(await applyDecision(db, moveWrite(order, { next, refunds: [] }, provider.state, now), others))) return CONFLICT;
    return json(200, orderView({ ...order, updatedAt: now, state: next }, provider.state, now));
  };
  return retryOnConflict(MAX_TRIES, attempt, () => fail({ code: "order_contended", order: id }));
}

/** What the panel would be told now counts as told, and its books as put right for that. */
function withoutFlag(order: Order, flag: DismissibleFlag): Order["state"] {
  if (flag !== "panel_outdated") return dismiss(order.state, flag);
  return withOutdated({ ...order.state, reportedFinal: factsNow(order) });
}

/** An order that is under way again, or whose refund waits, has no final word yet: the next one counts as the first. */
function factsNow({ state }: Order): ReportedFinal | null {
  return isDecided(state) ? { ...reportedFinalOf(state), corrected: true } : null;
}

/**
 * `POST /v1/orders/{id}/corrected`: the panel was told a final word that no longer holds, and somebody has put its books
 * right by hand. What it would be told now counts as told.
 */
import * as z from "zod/mini";
import type { Order } from "../../../domain/order.ts";
import { isFinal } from "../../../domain/status.ts";
import { orderView } from "../../../domain/order-view.ts";
import { reportedFinalOf, withOutdated } from "../../../domain/panel-status.ts";
import { fail } from "../../../domain/result.ts";
import { applyDecision } from "../../../store/orders/apply.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { readRefundCase } from "../../../store/refunds/refund-cases.ts";
import { correctReportedFinalStatement } from "../../../store/orders/status-reads.ts";
import { moveWrite } from "../../../store/orders/moves.ts";
import { requirePanel } from "../../kit/auth.ts";
import { readOptionalBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { json } from "../../kit/reply.ts";

const MAX_TRIES = 5;

/** Nothing for an order that is not outdated. */
export async function postCorrected(call: Context, id: string): Promise<Answer> {
  const panel = await requirePanel(call);
  if (!panel.ok) return panel;
  const body = await readOptionalBody(call.request, z.strictObject({}));
  if (!body.ok) return body;
  const { DB } = call.env;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await readRefundCase(DB, panel.value.id, id);
    if (found === null) return fail({ code: "order_not_found", order: id });
    const { order, provider } = found;
    const next = withOutdated({ ...order.state, reportedFinal: factsNow(order) });
    if (next.flags === order.state.flags) return json(200, orderView(order, provider.state, call.now));
    const now = Math.max(call.now, order.updatedAt);
    const entry = { at: now, actor: panel.value.actor, panel: order.panel, action: "order.corrected", subject: `order:${id}` } as const;
    const audit = auditStatement(DB, { ...entry, before: { told: order.state.reportedFinal }, after: { told: next.reportedFinal } }, order);
    const write = moveWrite(order, next, [], provider.state, now);
    if (await applyDecision(DB, write, [audit, correctReportedFinalStatement(DB, order, next.reportedFinal)]))
      return json(200, orderView({ ...order, updatedAt: now, state: next }, provider.state, now));
  }
  return fail({ code: "order_contended", order: id });
}

/** An order that is under way again, or whose refund waits, has no final word yet: the next one counts as the first. */
function factsNow({ state }: Order): ReturnType<typeof reportedFinalOf> | null {
  return isFinal(state.status) && state.hold === null ? reportedFinalOf(state) : null;
}

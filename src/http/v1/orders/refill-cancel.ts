/**
 * `POST /v1/orders/{id}/refill` and `/cancel`: on record at once, and asked of the provider by a message.
 */
import { refillForReseller } from "../../../domain/reseller-view.ts";
import { MESSAGE_VERSION, type RefillCancelMessage } from "../../../domain/message.ts";
import type { Order } from "../../../domain/order.ts";
import {
  isRefillCancelOpen,
  type RefillCancelKind,
  type RefillCancelProblem,
  refillCancelProblem,
  withRefillCancel,
} from "../../../domain/order-refill-cancel.ts";
import { cancelView, refillView } from "../../../domain/order-view.ts";
import { isoTime } from "../../../domain/time.ts";
import { fail } from "../../../domain/result.ts";
import { moveOf } from "../../../store/refills-cancels/steps.ts";
import { applyDecision } from "../../../store/orders/apply.ts";
import { readRefillCancelCase } from "../../../store/refills-cancels/request-reads.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { isForReseller, noSuchPanel } from "../../kit/auth.ts";
import type { Answer, PanelRefContext } from "../../kit/context.ts";
import type { RefillCancelFailure } from "../../kit/errors.ts";
import { claimChanges, spenderOf } from "../../kit/change-share.ts";
import { enqueue } from "../../kit/queue.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";

/** A sweep may write the order in between; so many times in a row it hardly does. */
const MAX_TRIES = 5;

type WithId = { readonly params: { readonly id: string } };

/** `POST /v1/orders/{id}/refill` */
export function postRefill(context: PanelRefContext, { params: { id } }: WithId): Promise<Answer> {
  return askFor("refill", context, id);
}

/** `POST /v1/orders/{id}/cancel` */
export function postCancel(context: PanelRefContext, { params: { id } }: WithId): Promise<Answer> {
  return askFor("cancel", context, id);
}

/**
 * Twice is as once: a request that has not come to an end is answered as it stands. The queue may refuse the message:
 * what is on record is not lost by it, since the sweeps send it again.
 */
function askFor(kind: RefillCancelKind, context: PanelRefContext, id: string): Promise<Answer> {
  const { db, panelRef, now } = context;
  let isClaimed = false;
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const read = await readRefillCancelCase(db, panelRef, id);
    if (read === null) return noSuchPanel(context);
    if (read.found === null) return fail({ code: "order_not_found", order: id });
    const { order, offered } = read.found;
    if (isRefillCancelOpen(kind, order.state, now)) return answer(context, kind, order, "already_asked");
    const problem = refillCancelProblem(kind, order, offered[kind], now);
    if (problem !== null) return fail(failureOf(problem, kind, id));
    const refused = isClaimed ? null : await claimChanges(context, spenderOf(context.admitted()), "request");
    if (refused !== null) return fail(refused);
    isClaimed = true;
    const next = withRefillCancel(kind, order, "queued", now);
    const entry = auditStatement(
      db,
      {
        at: now,
        actor: context.admitted().actor,
        panel: order.panel,
        action: `${kind}.requested`,
        subject: `order:${id}`,
        before: { [kind]: order.state[kind]?.status ?? null },
        after: { [kind]: "queued", status: order.state.status },
      },
      order,
    );
    if (!(await applyDecision(db, moveOf(read.found, next, now), [entry]))) return CONFLICT;
    const message: RefillCancelMessage = { v: MESSAGE_VERSION, kind: "request", orders: [[order.panel, order.number]] };
    await enqueue(context, message);
    return answer(context, kind, { ...order, state: next }, "queued");
  };
  return retryOnConflict(MAX_TRIES, attempt, () => fail({ code: "order_contended", order: id }));
}

function answer({ admitted }: PanelRefContext, kind: RefillCancelKind, order: Order, result: "queued" | "already_asked"): Answer {
  const refill = refillView(order);
  const shown = refill !== null && isForReseller(admitted()) ? refillForReseller(refill) : refill;
  return json(202, { id: order.id, result, ...(kind === "refill" ? { refill: shown } : { cancel: cancelView(order) }) });
}

function failureOf(problem: RefillCancelProblem, kind: RefillCancelKind, order: string): RefillCancelFailure {
  switch (problem.code) {
    case "not_placed":
      return { code: "order_not_placed", order };
    case "provider_order_taken":
      return { code: "order_gave_way", order };
    case "not_offered":
      return { code: problem.code, order, request: kind };
    case "refill_too_late":
      return { code: problem.code, order, until: isoTime(problem.until) };
    case "not_refillable":
    case "not_cancelable":
      return { ...problem, order };
  }
}

/**
 * `POST /v1/orders/{id}/refill` and `/cancel`: on record at once, and asked of the provider by a message.
 */
import * as z from "zod/mini";
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
import { noSuchPanel, panelOf } from "../../kit/auth.ts";
import { readOptionalBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import type { RefillCancelFailure } from "../../kit/errors.ts";
import { enqueue } from "../../kit/queue.ts";
import { json } from "../../kit/reply.ts";

/** A sweep may write the order in between; so many times in a row it hardly does. */
const MAX_TRIES = 5;

export function postRefill(call: Context, id: string): Promise<Answer> {
  return request(call, id, "refill");
}

export function postCancel(call: Context, id: string): Promise<Answer> {
  return request(call, id, "cancel");
}

/**
 * Twice is as once: a request that has not come to an end is answered as it stands. The queue may refuse the message:
 * what is on record is not lost by it, since the sweeps send it again.
 */
async function request(call: Context, id: string, kind: RefillCancelKind): Promise<Answer> {
  const { env, now } = call;
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const body = await readOptionalBody(call.request, z.strictObject({}));
  if (!body.ok) return body;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const read = await readRefillCancelCase(env.DB, ref.value, id);
    if (read === null) return noSuchPanel(ref.value);
    if (read.found === null) return fail({ code: "order_not_found", order: id });
    const { order, offered } = read.found;
    if (isRefillCancelOpen(kind, order.state, now)) return answer(kind, order, "already_asked");
    const problem = refillCancelProblem(kind, order, offered[kind], now);
    if (problem !== null) return fail(failureOf(problem, kind, id));
    const next = withRefillCancel(kind, order, "queued", now);
    if (!(await applyDecision(env.DB, moveOf(read.found, next, now), []))) continue;
    const message: RefillCancelMessage = { v: MESSAGE_VERSION, kind: "request", orders: [[order.panel, order.number]] };
    await enqueue(call, message);
    return answer(kind, { ...order, state: next }, "queued");
  }
  return fail({ code: "order_contended", order: id });
}

function answer(kind: RefillCancelKind, order: Order, result: "queued" | "already_asked"): Answer {
  return json(202, { id: order.id, result, ...(kind === "refill" ? { refill: refillView(order) } : { cancel: cancelView(order) }) });
}

function failureOf(problem: RefillCancelProblem, kind: RefillCancelKind, order: string): RefillCancelFailure {
  switch (problem.code) {
    case "not_placed":
      return { code: "order_not_placed", order };
    case "not_offered":
      return { code: problem.code, order, request: kind };
    case "refill_too_late":
      return { code: problem.code, order, until: isoTime(problem.until) };
    case "not_refillable":
    case "not_cancelable":
      return { ...problem, order };
  }
}

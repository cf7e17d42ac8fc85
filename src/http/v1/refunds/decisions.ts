/**
 * What a person decides about money: approving and rejecting refunds that wait, goodwill, claw-backs.
 */
import * as z from "zod/mini";
import { approve, clawBack, type Decided, giveGoodwill, reject } from "../../../domain/refund-decision.ts";
import { eventsOf, type RefundFacts, refundEvent, refundId, refundView } from "../../../domain/feed.ts";
import { formatAmount } from "../../../domain/money.ts";
import type { Order, OrderState } from "../../../domain/order.ts";
import { policyFor } from "../../../domain/refund-policy.ts";
import { orderView } from "../../../domain/order-view.ts";
import { withOutdated } from "../../../domain/panel-status.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { applyDecision, type OrderWrite, type RefundWrite } from "../../../store/orders/apply.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { readAccount } from "../../../store/ledger/credits.ts";
import { type RefundCase, readRefundCase } from "../../../store/refunds/refund-cases.ts";
import { isOverdrawn } from "../../../store/ledger/transfers.ts";
import { accountName } from "../customers/account-id.ts";
import { type ActingPanel, mayDecide, requirePanel } from "../../kit/auth.ts";
import { readOptionalBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import type { Failure } from "../../kit/errors.ts";
import { line, optional, positiveAmount } from "../../kit/fields.ts";
import { idempotently, type Keep } from "../../kit/idempotency.ts";
import { json } from "../../kit/reply.ts";

/** A sweep may write the order in between; so many times in a row it hardly does. */
const MAX_TRIES = 5;
const MAX_NOTE_CHARACTERS = 500;

const note = optional(line(MAX_NOTE_CHARACTERS));
const approval = z.strictObject({ amount: optional(positiveAmount), note });
const rejection = z.strictObject({ note });
const ownDecision = z.strictObject({ amount: positiveAmount, note: line(MAX_NOTE_CHARACTERS) });

/** `POST /v1/refunds/{id}/approve`: posts a refund that waits, or another amount in its place. Twice is as once. */
export async function approveRefund(call: Context, id: string): Promise<Answer> {
  const panel = await requirePanel(call);
  if (!panel.ok) return panel;
  const body = await readOptionalBody(call.request, approval);
  if (!body.ok) return body;
  return decideWaiting(call, panel.value, id, { status: "posted", ...body.value });
}

/** `POST /v1/refunds/{id}/reject`: refuses a refund that waits; the same amount due again opens nothing. */
export async function rejectRefund(call: Context, id: string): Promise<Answer> {
  const panel = await requirePanel(call);
  if (!panel.ok) return panel;
  const body = await readOptionalBody(call.request, rejection);
  if (!body.ok) return body;
  return decideWaiting(call, panel.value, id, { status: "rejected", amount: null, ...body.value });
}

type Verdict = { readonly status: "posted" | "rejected"; readonly amount: number | null; readonly note: string | null };

async function decideWaiting(call: Context, panel: ActingPanel, id: string, verdict: Verdict): Promise<Answer> {
  const [, orderId, number] = /^(.+)-r(\d{1,9})$/s.exec(id) ?? [];
  if (orderId === undefined) return fail({ code: "refund_not_found", refund: id });
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await readRefundCase(call.env.DB, panel.id, orderId);
    const refund = found?.refunds.get(Number(number));
    if (found === null || refund === undefined) return fail({ code: "refund_not_found", refund: id });
    if (!mayDecide(panel, found.order)) return fail({ code: "operators_money", subject: `order ${orderId}` });
    if (refund.status === "posted" || refund.status === "rejected") return asDecided(found.order, refund, verdict);
    const amount = verdict.amount ?? refund.amount;
    const after =
      verdict.status === "posted" ? approve(found.order.state, amount) : ({ ok: true, value: reject(found.order.state) } as const);
    if (!after.ok) return fail(problem(after.failure, found.order));
    const facts = { ...refund, amount, status: verdict.status, decidedAt: call.now, decidedBy: panel.actor, note: verdict.note };
    const write: RefundWrite = { op: "decide", n: refund.n, amount, status: verdict.status, by: panel.actor, note: verdict.note };
    const done = await apply(call, panel, found, { next: after.value, facts, was: refund.status, write }, []);
    if (!done.ok) return done;
    if (done.value) return json(200, refundView(found.order, facts));
  }
  return fail({ code: "order_contended", order: orderId });
}

/** A refund decided before: the same decision again is answered by it, another one is refused. */
function asDecided(order: Order, refund: RefundFacts, verdict: Verdict): Answer {
  const same = refund.status === verdict.status && (verdict.amount === null || verdict.amount === refund.amount);
  if (same) return json(200, refundView(order, refund));
  const status = refund.status === "posted" ? "posted" : "rejected";
  return fail({
    code: "refund_decided",
    refund: refundId(order.id, refund.n),
    status,
    amount: formatAmount(refund.amount),
    by: refund.decidedBy ?? "the rules",
  });
}

/** `POST /v1/orders/{id}/refunds`: goodwill, within the charge. */
export function postGoodwill(call: Context, id: string): Promise<Answer> {
  return decideOwn(call, id, "goodwill", ({ order }, amount) => giveGoodwill(order.state, amount));
}

/** `POST /v1/orders/{id}/clawbacks`: takes back what was refunded; it is shown as a refund of a negative amount. */
export function postClawback(call: Context, id: string): Promise<Answer> {
  return decideOwn(call, id, "clawback", ({ order, provider }, amount) => {
    return clawBack(order.state, amount, policyFor(order, provider.policies));
  });
}

type Decide = (found: RefundCase, amount: number) => Decided<OrderState>;

async function decideOwn(call: Context, id: string, kind: "goodwill" | "clawback", decide: Decide): Promise<Answer> {
  const panel = await requirePanel(call);
  if (!panel.ok) return panel;
  return idempotently(call, panel.value.id, ownDecision, async (body, keep) => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await readRefundCase(call.env.DB, panel.value.id, id);
      if (found === null) return fail({ code: "order_not_found", order: id });
      if (!mayDecide(panel.value, found.order)) return fail({ code: "operators_money", subject: `order ${id}` });
      const done = await postOwn(call, panel.value, found, kind, body, decide, keep);
      if (done !== null) return done;
    }
    return fail({ code: "order_contended", order: id });
  });
}

/** Null when somebody else has written the order meanwhile. */
async function postOwn(
  call: Context,
  panel: ActingPanel,
  found: RefundCase,
  kind: "goodwill" | "clawback",
  body: { readonly amount: number; readonly note: string },
  decide: Decide,
  keep: Keep,
): Promise<Answer | null> {
  const { order } = found;
  const after = decide(found, body.amount);
  if (!after.ok) return fail(problem(after.failure, order));
  const n = after.value.refundCount;
  const decided = { amount: body.amount, status: "posted", note: body.note } as const;
  const facts: RefundFacts = {
    n,
    kind,
    reason: kind,
    remains: null,
    createdAt: call.now,
    decidedAt: call.now,
    decidedBy: panel.actor,
    ...decided,
  };
  const write: RefundWrite = { op: "insert", n, kind, reason: kind, remains: null, by: panel.actor, ...decided };
  const kept = keep(201, refundView(order, facts), order);
  const done = await apply(call, panel, found, { next: after.value, facts, was: null, write }, [kept.statement]);
  if (!done.ok) return done;
  return done.value ? kept.answer : null;
}

type Step = {
  readonly next: OrderState;
  readonly facts: RefundFacts;
  readonly was: RefundFacts["status"] | null;
  readonly write: RefundWrite;
};

/** Writes one decision with its audit entry; false when the order is not as it was read any more. */
async function apply(
  call: Context,
  panel: ActingPanel,
  found: RefundCase,
  step: Step,
  others: readonly D1PreparedStatement[],
): Promise<Result<boolean, Failure>> {
  const { order, provider } = found;
  const { DB } = call.env;
  const write = decisionWrite(order, provider.state, step, call.now);
  const audit = auditStatement(
    DB,
    {
      at: call.now,
      actor: panel.actor,
      panel: panel.id,
      action: step.was === null ? `refund.${step.facts.kind}` : `refund.${step.facts.status}`,
      subject: `refund:${refundId(order.id, step.facts.n)}`,
      before: { status: step.was, refunded: formatAmount(order.state.refunded), refund_held: formatAmount(order.state.hold?.amount ?? 0) },
      after: { ...refundView(order, step.facts), refunded: formatAmount(step.next.refunded) },
    },
    order,
  );
  try {
    return ok(await applyDecision(DB, write, [...others, audit]));
  } catch (error) {
    if (!isOverdrawn(error)) throw error;
    const customer = order.customer ?? "";
    const { balance } = await readAccount(DB, { panel: panel.id, currency: order.currency, customer });
    const needed = formatAmount(step.facts.amount);
    return fail({
      code: "insufficient_balance",
      customer: accountName(customer),
      balance: formatAmount(balance),
      needed,
      currency: order.currency,
    });
  }
}

/** What is written of an order that a person decided about, with its events. */
export function decisionWrite(
  order: Order,
  polling: Parameters<typeof orderView>[1],
  { next: decided, facts, was, write }: Step,
  now: number,
): OrderWrite {
  const next = withOutdated(decided);
  const at = Math.max(now, order.updatedAt);
  const after: Order = { ...order, updatedAt: at, state: next };
  const refunded = { before: order.state.refunded, after: next.refunded };
  const events = [...eventsOf(order, after, [], orderView(after, polling, at), at), refundEvent(order, facts, was, refunded)];
  return { order, next, write: "move", refunds: [write], events, now: at };
}

function problem(
  failure: { readonly code: "no_charge" } | { readonly code: "above_charge" | "above_refunded"; readonly most: number },
  order: Order,
): Failure {
  if (failure.code === "no_charge") return { code: "no_charge", order: order.id };
  const most = formatAmount(failure.most);
  if (failure.code === "above_refunded") return { code: "above_refunded", most };
  return { code: "above_charge", most, held: formatAmount(order.state.hold?.amount ?? 0) };
}

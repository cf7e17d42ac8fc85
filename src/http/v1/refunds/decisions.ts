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
import { withDismissals } from "../../../domain/order-dismissal.ts";
import { withOutdated } from "../../../domain/panel-status.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { applyDecision, type OrderWrite, type RefundWrite } from "../../../store/orders/apply.ts";
import { readPartsOf } from "../../../store/orders/parts.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { readAccount } from "../../../store/ledger/credits.ts";
import { type RefundCase, readRefundCase } from "../../../store/refunds/refund-cases.ts";
import { isOverdrawn } from "../../../store/ledger/transfers.ts";
import { accountName } from "../customers/account-id.ts";
import { mayDecide } from "../../kit/auth.ts";
import type { Answer, MoneyContext, PanelContext } from "../../kit/context.ts";
import type { Failure } from "../../kit/errors.ts";
import { line, optional, positiveAmount } from "../../kit/fields.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";
import type { Schema } from "../../kit/validate.ts";

/** A sweep may write the order in between; so many times in a row it hardly does. */
const MAX_TRIES = 5;
const MAX_NOTE_CHARACTERS = 500;

const note = optional(line(MAX_NOTE_CHARACTERS));
export const approvalBody = z.strictObject({ amount: optional(positiveAmount), note });
export const rejectionBody = z.strictObject({ note });
export const ownDecisionBody = z.strictObject({ amount: positiveAmount, note: line(MAX_NOTE_CHARACTERS) });

type Decides<B extends Schema<unknown>> = { readonly params: { readonly id: string }; readonly body: z.output<B> };

/** `POST /v1/refunds/{id}/approve`: posts a refund that waits, or another amount in its place. Twice is as once. */
export function approveRefund(context: PanelContext, { params: { id }, body }: Decides<typeof approvalBody>): Promise<Answer> {
  return decideWaiting(context, id, { status: "posted", ...body });
}

/** `POST /v1/refunds/{id}/reject`: refuses a refund that waits; the same amount due again opens nothing. */
export function rejectRefund(context: PanelContext, { params: { id }, body }: Decides<typeof rejectionBody>): Promise<Answer> {
  return decideWaiting(context, id, { status: "rejected", amount: null, ...body });
}

type Verdict = { readonly status: "posted" | "rejected"; readonly amount: number | null; readonly note: string | null };

function decideWaiting(context: PanelContext, id: string, verdict: Verdict): Promise<Answer> {
  const { db, panel, now } = context;
  const [, orderId, number] = /^(.+)-r(\d{1,9})$/s.exec(id) ?? [];
  if (orderId === undefined) return Promise.resolve(fail({ code: "refund_not_found", refund: id }));
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const found = await readRefundCase(db, panel.id, orderId);
    const refund = found?.refunds.get(Number(number));
    if (found === null || refund === undefined) return fail({ code: "refund_not_found", refund: id });
    if (!mayDecide(panel, found.order)) return fail({ code: "operators_money", subject: `order ${orderId}` });
    if (refund.status === "posted" || refund.status === "rejected") return asDecided(found.order, refund, verdict);
    const amount = verdict.amount ?? refund.amount;
    const { state } = found.order;
    const at = decisionTime(found.order, now);
    const after = verdict.status === "posted" ? approve(state, verdict.amount) : ok(reject(state, at));
    if (!after.ok) return fail(problem(after.failure, found.order));
    const facts = { ...refund, amount, status: verdict.status, decidedAt: at, decidedBy: panel.actor.name, note: verdict.note };
    const write: RefundWrite = { op: "decide", n: refund.n, amount, status: verdict.status, by: panel.actor.name, note: verdict.note };
    const done = await apply(context, found, { next: after.value, facts, was: refund.status, write }, []);
    if (!done.ok) return done;
    return done.value ? json(200, refundView(found.order, facts)) : CONFLICT;
  };
  return retryOnConflict(MAX_TRIES, attempt, () => fail({ code: "order_contended", order: orderId }));
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
    amount: refund.amount === null ? null : formatAmount(refund.amount),
    by: refund.decidedBy ?? "the rules",
  });
}

/** `POST /v1/orders/{id}/refunds`: goodwill, within the charge. */
export function postGoodwill(context: MoneyContext, { params: { id }, body }: Decides<typeof ownDecisionBody>): Promise<Answer> {
  return decideOwn(context, id, { kind: "goodwill", ...body }, ({ order }) => giveGoodwill(order.state, body.amount));
}

/** `POST /v1/orders/{id}/clawbacks`: takes back what was refunded; it is shown as a refund of a negative amount. */
export function postClawback(context: MoneyContext, { params: { id }, body }: Decides<typeof ownDecisionBody>): Promise<Answer> {
  return decideOwn(context, id, { kind: "clawback", ...body }, async ({ order, provider }) => {
    const parts = await readPartsOf(context.db, order);
    return clawBack(order.state, body.amount, policyFor(order, provider.policies), parts);
  });
}

type OwnDecision = { readonly kind: "goodwill" | "clawback"; readonly amount: number; readonly note: string };
type Decide = (found: RefundCase) => Decided<OrderState> | Promise<Decided<OrderState>>;

function decideOwn(context: MoneyContext, id: string, decision: OwnDecision, decide: Decide): Promise<Answer> {
  const { db, panel } = context;
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const found = await readRefundCase(db, panel.id, id);
    if (found === null) return fail({ code: "order_not_found", order: id });
    if (!mayDecide(panel, found.order)) return fail({ code: "operators_money", subject: `order ${id}` });
    const after = await decide(found);
    if (!after.ok) return fail(problem(after.failure, found.order));
    return postOwn(context, found, decision, after.value);
  };
  return retryOnConflict(MAX_TRIES, attempt, () => fail({ code: "order_contended", order: id }));
}

async function postOwn(
  context: MoneyContext,
  found: RefundCase,
  { kind, amount, note: text }: OwnDecision,
  next: OrderState,
): Promise<Answer | typeof CONFLICT> {
  const { panel, now, keep } = context;
  const { order } = found;
  const decided = { n: next.refundCount, kind, reason: kind, remains: null, amount, status: "posted", note: text } as const;
  const at = decisionTime(order, now);
  const facts: RefundFacts = { ...decided, createdAt: at, decidedAt: at, decidedBy: panel.actor.name };
  const write: RefundWrite = { op: "insert", ...decided, by: panel.actor.name };
  const kept = keep(201, refundView(order, facts), order);
  const done = await apply(context, found, { next, facts, was: null, write }, [kept.statement]);
  if (!done.ok) return done;
  return done.value ? kept.answer : CONFLICT;
}

type Step = {
  readonly next: OrderState;
  readonly facts: RefundFacts;
  readonly was: RefundFacts["status"] | null;
  readonly write: RefundWrite;
};

/** Writes one decision with its audit entry; false when the order is not as it was read any more. */
async function apply(
  { db, panel, now }: PanelContext,
  { order, provider }: RefundCase,
  step: Step,
  others: readonly D1PreparedStatement[],
): Promise<Result<boolean, Failure>> {
  const write = decisionWrite(order, provider.state, step, now);
  const audit = auditStatement(
    db,
    {
      at: now,
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
    return ok(await applyDecision(db, write, [...others, audit]));
  } catch (error) {
    if (!isOverdrawn(error)) throw error;
    const customer = order.customer ?? "";
    const { balance } = await readAccount(db, { panel: panel.id, currency: order.currency, customer });
    const needed = formatAmount(step.facts.amount ?? 0);
    const account = { customer: accountName(customer), balance: formatAmount(balance), currency: order.currency };
    return fail({ code: "insufficient_balance", needed, ...account });
  }
}

/** When a decision counts, which is what is stored, answered and told: an order's times never go back, though clocks differ. */
export function decisionTime({ updatedAt }: Order, now: number): number {
  return Math.max(now, updatedAt);
}

/** What is written of an order that a person decided about, with its events. */
export function decisionWrite(
  order: Order,
  polling: Parameters<typeof orderView>[1],
  { next: decided, facts, was, write }: Step,
  now: number,
): OrderWrite {
  const next = withDismissals(withOutdated(decided));
  const at = decisionTime(order, now);
  const after: Order = { ...order, updatedAt: at, state: next };
  const refunded = { before: order.state.refunded, after: next.refunded };
  const events = [...eventsOf(order, after, [], orderView(after, polling, at)), refundEvent(order, facts, was, refunded)];
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

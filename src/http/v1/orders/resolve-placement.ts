/**
 * `POST /v1/orders/{id}/settle`: what a person found out about an order whose placement could not be
 * confirmed. It gets the provider's id, or it never was, and its charge is returned.
 */
import * as z from "zod/mini";
import type { Order } from "../../../domain/order.ts";
import { ID_SPELLING, isProviderOrderId } from "../../../domain/order-ids.ts";
import { hasGivenWay } from "../../../domain/order-owner.ts";
import { foundPlaced, isPlacementInDoubt, neverPlaced, reusedUnanswered } from "../../../domain/order-placement.ts";
import { orderView } from "../../../domain/order-view.ts";
import { fail } from "../../../domain/result.ts";
import { applyDecision } from "../../../store/orders/apply.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { type RefundCase, readRefundCase } from "../../../store/refunds/refund-cases.ts";
import { moveWrite } from "../../../store/orders/moves.ts";
import { makeWay, readHolderId, readStandings } from "../../../store/orders/owners.ts";
import { attachProviderOrder, reuseUnheardStatement } from "../../../store/placement/placement.ts";
import { isOperator, mayDecide } from "../../kit/auth.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import { optional } from "../../kit/fields.ts";
import { providerOrderId } from "./registration-schema.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";

/** A sweep may write the order in between; so many times in a row it hardly does. */
const MAX_TRIES = 5;

export const resolutionBody = z.strictObject({ provider_order_id: optional(providerOrderId), drop: optional(z.literal(true)) }).check(
  z.refine(({ provider_order_id, drop }) => provider_order_id !== null || drop !== null, {
    path: ["provider_order_id"],
    error: "is required, unless drop is true: the order was either found at the provider, or never reached it",
  }),
  z.refine(({ provider_order_id, drop }) => provider_order_id === null || drop === null, {
    path: ["drop"],
    error: "contradicts provider_order_id: send one of them. The order was either found at the provider, or never reached it",
  }),
);

/** Attaches the provider's id to an order, or drops it. Twice is as once. */
export function resolvePlacement(
  context: PanelContext,
  { params: { id }, body: { provider_order_id } }: { readonly params: { readonly id: string }; readonly body: Resolution },
): Promise<Answer> {
  const { db, panel, ports } = context;
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const found = await readRefundCase(db, panel.id, id);
    if (found === null) return fail({ code: "order_not_found", order: id });
    if (!mayDecide(panel, found.order)) return fail({ code: "operators_money", subject: `order ${id}` });
    if (!isPlacementInDoubt(found.order, ports.now())) return asResolved(context, found, provider_order_id);
    return provider_order_id === null ? dropOrder(context, found) : attachOrder(context, found, provider_order_id);
  };
  return retryOnConflict(MAX_TRIES, attempt, () => fail({ code: "order_contended", order: id }));
}

type Resolution = z.output<typeof resolutionBody>;

/** An order that needs no settling: the same decision again is answered by it, another one is refused. */
function asResolved({ now }: PanelContext, { order, provider }: RefundCase, wanted: string | null): Answer {
  const dropped = order.providerOrderId === null && order.state.reason === "not_placed";
  const same = wanted === null ? dropped : order.providerOrderId === wanted;
  if (same) return json(200, orderView(order, provider.state, now));
  if (hasGivenWay(order)) return fail({ code: "order_gave_way", order: order.id });
  if (dropped) return fail({ code: "order_settled", order: order.id, as: "dropped" });
  return fail(
    order.providerOrderId === null
      ? { code: "order_placing", order: order.id }
      : { code: "order_settled", order: order.id, as: order.providerOrderId },
  );
}

async function attachOrder(context: PanelContext, found: RefundCase, wanted: string): Promise<Answer | typeof CONFLICT> {
  const { db, panel } = context;
  const { provider } = found;
  const standing = (await readStandings(db, [{ panel: panel.id, account: provider, ids: [wanted] }]))(panel.id, provider.id, wanted);
  const mayOutrank = isOperator(panel.actor);
  // A hash that begins with a digit is the operator's to know, also where the provider has shown none yet.
  if (standing === "stranger" && !(mayOutrank && isProviderOrderId(wanted, { textIds: true })))
    return fail({ code: "invalid_request", fields: [{ path: "provider_order_id", message: ID_SPELLING }] });
  // Only the operator can know that what another panel has registered is this order.
  if (standing === "anothers" && !mayOutrank) return fail({ code: "provider_order_taken", provider: provider.id, providerOrder: wanted });
  const now = Math.max(context.now, found.order.updatedAt);
  const order: Order = { ...found.order, providerOrderId: wanted };
  const write = moveWrite(order, { next: foundPlaced(order.state), refunds: [] }, provider.state, now);
  const result = await attachProviderOrder(db, { id: wanted, namedAt: mayOutrank ? null : now }, write, [
    trail(context, found.order, { provider_order_id: wanted }),
    // A script that got no answer is about to send its order again.
    reuseUnheardStatement(db, found.order, reusedUnanswered(now)),
  ]);
  if (result === "written") return json(200, orderView({ ...order, updatedAt: now, state: write.next }, provider.state, now));
  if (result === "changed") return CONFLICT;
  const outranking = { placed: found.order, providerOrderId: wanted, polling: provider.state, now };
  const way = mayOutrank ? await makeWay(db, outranking) : { kind: "placed" };
  if (way.kind !== "placed") return CONFLICT;
  const holder = await readHolderId(db, panel.id, provider.id, wanted);
  return fail({ code: "provider_order_conflict", provider: provider.id, providerOrder: wanted, order: holder });
}

async function dropOrder(context: PanelContext, { order, provider }: RefundCase): Promise<Answer | typeof CONFLICT> {
  const now = Math.max(context.now, order.updatedAt);
  const write = moveWrite(order, neverPlaced(order.state, now), provider.state, now);
  const { next } = write;
  const written = await applyDecision(context.db, write, [trail(context, order, { status: next.status, drop: true })]);
  return written ? json(200, orderView({ ...order, updatedAt: now, state: next }, provider.state, now)) : CONFLICT;
}

function trail({ db, now, panel }: PanelContext, order: Order, after: Readonly<Record<string, unknown>>): D1PreparedStatement {
  const before = { status: order.state.status, provider_order_id: null };
  const entry = {
    at: now,
    actor: panel.actor,
    panel: panel.id,
    action: "order.settled",
    subject: `order:${order.id}`,
    before,
    after,
  } as const;
  return auditStatement(db, entry, order);
}

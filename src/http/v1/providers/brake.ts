/**
 * `POST /v1/providers/{id}/brake`: lets go of what a provider's brake holds, some at a time.
 */
import * as z from "zod/mini";
import { approve, reject } from "../../../domain/refund-decision.ts";
import { type RefundFacts, refundId } from "../../../domain/feed.ts";
import { formatAmount } from "../../../domain/money.ts";
import type { Order } from "../../../domain/order.ts";
import { fail, ok } from "../../../domain/result.ts";
import { applyDecisions, type OrderWrite, type RefundWrite } from "../../../store/orders/apply.ts";
import { type AuditEntry, auditOrdersStatement } from "../../../store/operations/audit.ts";
import { disengagePanelStatement, disengageStatement, readBraked, readBrakeHeld } from "../../../store/refunds/refund-cases.ts";
import { readProviders } from "../../../store/orders/due.ts";
import { OPERATOR_NAME } from "../../kit/auth.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { decisionTime, decisionWrite } from "../refunds/decisions.ts";
import { json } from "../../kit/reply.ts";

/** Refunds decided in one request: they go into one transaction, well within an invocation's time. */
const PER_REQUEST = 100;

/** `panel`: only what the brake holds of that panel. */
export const brakeBody = z.strictObject({ action: z.enum(["release", "reject"]), panel: z.exactOptional(z.string()) });
export const brakeAnswer = z.strictObject({ remaining: z.int() });

type Body = z.output<typeof brakeBody>;
type Action = Body["action"];

/** Posts or rejects what the brake holds; to be repeated until nothing remains, when the brake is off again. */
export async function postBrake(
  { db, actor, now }: OperatorContext,
  { params: { id }, body }: { readonly params: { readonly id: string }; readonly body: Body },
): Promise<Answer> {
  const { action, panel: named } = body;
  const panel = named ?? null;
  const provider = (await readProviders(db, [id])).get(id);
  if (provider === undefined) return fail({ code: "provider_not_found", provider: id });
  const orders = await readBraked(db, id, panel, PER_REQUEST);
  const writes = orders.flatMap((order) => writeOf(order, provider.state, action, now));
  const entries = writes.map((write) => ({ entry: entryOf(write, id, action, { actor, now }), seen: write.order }));
  if (writes.length > 0) await applyDecisions(db, writes, [auditOrdersStatement(db, entries)]);
  const { count } = await readBrakeHeld(db, id, panel);
  // What is held may lie beyond what is counted at once.
  const remaining = count === 0 ? (await readBraked(db, id, panel, PER_REQUEST)).length : count;
  if (remaining === 0) await (panel === null ? disengageStatement(db, id) : disengagePanelStatement(db, id, panel)).run();
  return json(200, { remaining });
}

/** One entry a refund, so that of a release and a rejection that race each tells only what it did. */
function entryOf(
  { order, next, refunds }: OrderWrite,
  provider: string,
  action: Action,
  { actor, now }: Pick<OperatorContext, "actor" | "now">,
): AuditEntry {
  const status = refunds[0]?.status ?? "held";
  return {
    at: now,
    actor,
    panel: order.panel,
    action: `brake.${action}`,
    subject: `refund:${refundId(order.id, order.state.hold?.n ?? 0)}`,
    before: { status: "held", refunded: formatAmount(order.state.refunded) },
    after: { provider, status, amount: heldAmount(order), refunded: formatAmount(next.refunded) },
  };
}

/** Null where only the provider's word waits. */
function heldAmount({ state: { hold } }: Order): string | null {
  return hold === null || hold.amount === null ? null : formatAmount(hold.amount);
}

function writeOf(order: Order, polling: Parameters<typeof decisionWrite>[1], action: Action, now: number): OrderWrite[] {
  const { hold } = order.state;
  if (hold === null) return [];
  const at = decisionTime(order, now);
  const after = action === "release" ? approve(order.state, null) : ok(reject(order.state, at));
  if (!after.ok) return [];
  const status = action === "release" ? "posted" : "rejected";
  const facts: RefundFacts = {
    n: hold.n,
    kind: "auto",
    amount: hold.amount,
    status,
    reason: hold.reason,
    remains: order.state.remains,
    createdAt: hold.at,
    decidedAt: at,
    decidedBy: OPERATOR_NAME,
    note: null,
  };
  const write: RefundWrite = { op: "decide", n: hold.n, amount: hold.amount, status, by: OPERATOR_NAME, note: null };
  return [decisionWrite(order, polling, { next: after.value, facts, was: "held", write }, now)];
}

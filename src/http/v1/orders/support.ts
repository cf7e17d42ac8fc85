/**
 * `GET /v1/orders/{id}/support`: one object to paste into a ticket, at the panel's own support or at the provider's.
 */
import * as z from "zod/mini";
import { EVENT_TYPES, refundView } from "../../../domain/feed.ts";
import { finalAnswerIn } from "../../../domain/final-answer.ts";
import { codeOfCurrency, FLAG_NAMES, FLAG_TEXTS, type OrderState } from "../../../domain/order.ts";
import { orderView, type OrderView, type Polling } from "../../../domain/order-view.ts";
import { supportForReseller } from "../../../domain/reseller-view.ts";
import { fail } from "../../../domain/result.ts";
import { isFinal, STATUS_NAMES } from "../../../domain/status.ts";
import { isoTime } from "../../../domain/time.ts";
import type { ChangeRow } from "../../../store/feed/change-reads.ts";
import { readSupportCase, type SupportCase } from "../../../store/orders/support-reads.ts";
import { timeAnswer } from "../../kit/answers.ts";
import { isForReseller, noSuchPanel } from "../../kit/auth.ts";
import type { Answer, PanelRefContext } from "../../kit/context.ts";
import { json } from "../../kit/reply.ts";
import { refundAnswer } from "../refunds/refunds.ts";
import { FALLBACK_LANGUAGE, textsIn } from "../statuses/texts.ts";
import { orderAnswer } from "./answers.ts";

/** A ticket is read by people: the newest of each. */
const LIMITS = { changes: 20, refunds: 20 } as const;

/** `GET /v1/orders/{id}/support` */
export async function getSupport(
  context: PanelRefContext,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<Answer> {
  const { db, panelRef, now, admitted } = context;
  const read = await readSupportCase(db, panelRef, id, LIMITS);
  if (read === null) return noSuchPanel(context);
  if (read.found === null) return fail({ code: "order_not_found", order: id });
  const support = supportView(read.found, now);
  return json(200, isForReseller(admitted()) ? supportForReseller(support) : support);
}

function supportView({ order, polling, refunds, changes, isWhole }: SupportCase, now: number) {
  const shown = orderView(order, polling, now);
  const { service, link, customer, quantity, charge, currency, placed_at, updated_at, checked_at, next_check_at } = shown;
  return {
    id: order.id,
    panel: order.panel,
    service,
    link,
    customer,
    status: statusView(shown),
    counts: { quantity, start_count: shown.start_count, remains: shown.remains, delivered: shown.delivered, progress: shown.progress },
    expected: shown.expected,
    money: {
      charge,
      currency,
      refunded: shown.refunded,
      refund_held: shown.refund_held,
      refunds: refunds.map((refund) => refundView(order, refund)),
    },
    flags: shown.flags.map((flag) => ({ flag, text: FLAG_TEXTS[flag] })),
    duplicate_of: shown.duplicate_of,
    refill: shown.refill,
    cancel: shown.cancel,
    closed: shown.closed,
    sync: shown.sync,
    placed_at,
    updated_at,
    checked_at,
    next_check_at,
    history: changes.map(entryView),
    history_complete: isWhole,
    provider: providerView(shown, order.state, polling),
  };
}

function statusView({ status, label, reason }: OrderView) {
  const { meaning, what_to_do } = textsIn(FALLBACK_LANGUAGE).texts.statuses[status];
  return { status, label, final: isFinal(status), meaning, what_to_do, reason };
}

/**
 * What the provider said last, and when; its last final answer word for word; and what is the matter with it, where it does not
 * answer.
 */
function providerView(shown: OrderView, { providerCharge: charge, providerCurrency: currency, finalAnswer }: OrderState, polling: Polling) {
  const said = finalAnswerIn(finalAnswer);
  return {
    id: shown.provider,
    order: shown.provider_order_id,
    status: shown.provider_status,
    charge,
    currency: codeOfCurrency(currency),
    said_at: shown.provider_status === null ? null : shown.checked_at,
    final_answer: said === null ? null : { text: said.text, said_at: isoTime(said.at) },
    trouble: polling?.lastFailure ?? null,
  };
}

/** What a change's line tells besides what was before it. */
const TOLD = ["status", "provider_status", "refunded", "amount", "reason"] as const;

function entryView({ type, created_at, previous, data }: ChangeRow) {
  const before = JSON.parse(previous) as Record<string, unknown>;
  const after = JSON.parse(data) as Record<string, unknown>;
  const names = new Set([...TOLD, ...Object.keys(before)]);
  return {
    at: isoTime(created_at),
    type,
    before,
    after: Object.fromEntries([...names].filter((name) => name in after).map((name) => [name, after[name]])),
  };
}

const { service, link, customer, quantity, start_count, remains, delivered, progress, expected, charge, currency } = orderAnswer.shape;
const { refunded, refund_held, duplicate_of, refill, cancel, closed, sync, placed_at, updated_at, checked_at, next_check_at } =
  orderAnswer.shape;

export const supportAnswer = z.strictObject({
  id: z.string(),
  panel: z.string(),
  service,
  link,
  customer,
  status: z.strictObject({
    status: z.enum(STATUS_NAMES),
    label: z.string(),
    final: z.boolean(),
    meaning: z.string(),
    what_to_do: z.string(),
    reason: orderAnswer.shape.reason,
  }),
  counts: z.strictObject({ quantity, start_count, remains, delivered, progress }),
  expected,
  money: z.strictObject({ charge, currency, refunded, refund_held, refunds: z.array(refundAnswer) }),
  flags: z.array(z.strictObject({ flag: z.enum(FLAG_NAMES), text: z.string() })),
  duplicate_of,
  refill,
  cancel,
  closed,
  sync,
  placed_at,
  updated_at,
  checked_at,
  next_check_at,
  history: z.array(
    z.strictObject({
      at: timeAnswer,
      type: z.enum(EVENT_TYPES),
      before: z.record(z.string(), z.unknown()),
      after: z.record(z.string(), z.unknown()),
    }),
  ),
  history_complete: z.boolean(),
  // Left out for resellers, like `next_check_at`.
  provider: z.exactOptional(
    z.strictObject({
      id: z.string(),
      order: z.nullable(z.string()),
      status: z.nullable(z.string()),
      charge: z.nullable(z.string()),
      currency: z.nullable(z.string()),
      said_at: z.nullable(timeAnswer),
      final_answer: z.nullable(z.strictObject({ text: z.string(), said_at: timeAnswer })),
      trouble: z.nullable(z.strictObject({ code: z.string(), message: z.string() })),
    }),
  ),
});

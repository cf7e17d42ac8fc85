/**
 * Refunds of a panel: what was returned, and what waits.
 */
import * as z from "zod/mini";
import { refundForReseller } from "../../../domain/reseller-view.ts";
import { REFUND_STATUSES, refundView } from "../../../domain/feed.ts";
import { readAllRefunds, readRefunds } from "../../../store/refunds/refund-reads.ts";
import { amountAnswer, ofPanel, pageAnswer, timeAnswer } from "../../kit/answers.ts";
import { isForReseller, noSuchPanel, notOverAll } from "../../kit/auth.ts";
import type { AllPanelsContext, Answer, PanelRefContext } from "../../kit/context.ts";
import { listReply } from "../../kit/list-reply.ts";
import { mergedCursor, mergedPaging, mergedPlace } from "../../kit/merged-page.ts";
import { optionalCursor, pagingOf } from "../../kit/page.ts";
import { limitParam } from "../../kit/query.ts";

const placeNumber = z.int().check(z.gte(0));

export const refundsQuery = z.strictObject({
  order: z.exactOptional(z.string()),
  status: z.exactOptional(z.enum(REFUND_STATUSES)),
  limit: limitParam,
  cursor: optionalCursor(z.tuple([placeNumber, placeNumber])),
});

/** As CSV. */
const COLUMNS = ["id order amount currency status reason remains", "created_at decided_at decided_by note"].flatMap((line) =>
  line.split(" "),
);

/** `GET /v1/refunds`, those of the newest order first. */
export async function getRefunds(
  context: PanelRefContext,
  { query: { order, status, limit, cursor } }: { readonly query: z.output<typeof refundsQuery> },
): Promise<Answer> {
  const filter = { order: order ?? null, status: status ?? null };
  const page = await readRefunds(context.db, context.panelRef, filter, { cursor: cursor ?? null, limit });
  if (page === null) return noSuchPanel(context);
  const views = page.refunds.map(({ orderId, currency, facts }) => refundView({ id: orderId, currency }, facts));
  const refunds = isForReseller(context.admitted()) ? views.map(refundForReseller) : views;
  return listReply(context, { name: "refunds", columns: COLUMNS, entries: refunds, paging: pagingOf(page.next) });
}

export const allRefundsQuery = z.extend(refundsQuery, { cursor: mergedCursor([placeNumber, placeNumber]) });

/** `GET /v1/refunds` over all panels, those of the newest order first. */
export async function getAllRefunds(
  context: AllPanelsContext,
  { query: { order, status, limit, cursor } }: { readonly query: z.output<typeof allRefundsQuery> },
): Promise<Answer> {
  const filter = { order: order ?? null, status: status ?? null };
  const page = await readAllRefunds(context.db, context.allPanels, filter, { cursor: mergedPlace(cursor), limit });
  if (page.kind !== "read") return notOverAll(context, page);
  const refunds = page.refunds.map(({ panel, orderId, currency, facts }) => ({ panel, ...refundView({ id: orderId, currency }, facts) }));
  return listReply(context, { name: "refunds", columns: ["panel", ...COLUMNS], entries: refunds, paging: mergedPaging(page.next) });
}

export const refundAnswer = z.strictObject({
  id: z.string(),
  order: z.string(),
  amount: z.nullable(amountAnswer),
  currency: z.string(),
  status: z.enum(REFUND_STATUSES),
  reason: z.string(),
  remains: z.nullable(z.int()),
  created_at: timeAnswer,
  decided_at: z.nullable(timeAnswer),
  decided_by: z.nullable(z.string()),
  note: z.nullable(z.string()),
});

/** One of a list tells its panel where the operator asked about all. */
export const listedRefundAnswer = z.extend(refundAnswer, ofPanel);
export const refundsAnswer = pageAnswer("refunds", listedRefundAnswer);

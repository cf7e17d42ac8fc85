/**
 * `GET /v1/refunds`
 */
import * as z from "zod/mini";
import { REFUND_STATUSES, refundView } from "../../../domain/feed.ts";
import { readRefunds } from "../../../store/refunds/refund-reads.ts";
import { noSuchPanel, panelOf } from "../../kit/auth.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import { limitParam, readQuery } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";

const placeNumber = z.int().check(z.gte(0));

const refundsQuery = z.strictObject({
  order: z.exactOptional(z.string()),
  status: z.exactOptional(z.enum(REFUND_STATUSES)),
  limit: limitParam,
  cursor: z.exactOptional(cursorParam(z.tuple([placeNumber, placeNumber]))),
});

export async function getRefunds(call: Context): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const query = readQuery(call.url, refundsQuery);
  if (!query.ok) return query;
  const { order = null, status = null, limit, cursor = null } = query.value;
  const page = await readRefunds(call.env.DB, ref.value, { order, status }, cursor, limit);
  if (page === null) return noSuchPanel(ref.value);
  return json(200, {
    refunds: page.refunds.map(({ orderId, currency, facts }) => refundView({ id: orderId, currency }, facts)),
    next_cursor: page.next === null ? null : encodeCursor(page.next),
    has_more: page.next !== null,
  });
}

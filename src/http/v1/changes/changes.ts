/**
 * The change feed of a panel, and one order's part of it.
 */
import * as z from "zod/mini";
import { isoTime } from "../../../domain/time.ts";
import { fail, ok } from "../../../domain/result.ts";
import { type ChangeRow, readChanges, readHistory } from "../../../store/feed/change-reads.ts";
import { noSuchPanel, panelOf } from "../../kit/auth.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import { limitParam, readQuery, wholeNumberParam } from "../../kit/query.ts";

/** A thousand changes are about a megabyte. */
const MAX_CHANGES = 1000;

const feedQuery = z.strictObject({
  after: z.prefault(wholeNumberParam(0, Number.MAX_SAFE_INTEGER), "0"),
  limit: z.prefault(wholeNumberParam(1, MAX_CHANGES), "100"),
});

/** `GET /v1/changes` */
export async function getChanges(call: Context): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const query = readQuery(call.url, feedQuery);
  if (!query.ok) return query;
  const { after, limit } = query.value;
  const rows = await readChanges(call.env.DB, ref.value, after, limit + 1);
  if (rows === null) return noSuchPanel(ref.value);
  const page = rows.slice(0, limit);
  return changesReply(page, { next_after: page.at(-1)?.seq ?? after, has_more: rows.length > limit });
}

const historyQuery = z.strictObject({
  limit: limitParam,
  cursor: z.exactOptional(cursorParam(z.tuple([z.int().check(z.gte(0))]))),
});

/** `GET /v1/orders/{id}/changes` */
export async function getHistory(call: Context, id: string): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const query = readQuery(call.url, historyQuery);
  if (!query.ok) return query;
  const { limit, cursor } = query.value;
  const history = await readHistory(call.env.DB, ref.value, id, cursor?.[0] ?? 0, limit + 1);
  if (history.kind === "no_panel") return noSuchPanel(ref.value);
  if (history.kind === "no_order") return fail({ code: "order_not_found", order: id });
  const page = history.changes.slice(0, limit);
  const last = page.at(-1);
  const hasMore = history.changes.length > limit && last !== undefined;
  return changesReply(page, { next_cursor: hasMore ? encodeCursor([last.seq]) : null, has_more: hasMore });
}

/**
 * `previous` and `data` go from the row to the answer as the JSON texts they are: reading and writing a page of a
 * thousand anew would take most of the free plan's 10 ms.
 */
function changesReply(rows: readonly ChangeRow[], rest: Readonly<Record<string, unknown>>): Answer {
  const changes = rows.map(({ seq, type, order_id: order, created_at, previous, data }) => {
    const head = JSON.stringify({ seq, type, order, created_at: isoTime(created_at) });
    return `${head.slice(0, -1)},"previous":${previous},"data":${data}}`;
  });
  return ok({ status: 200, body: `{"changes":[${changes.join(",")}],${JSON.stringify(rest).slice(1)}`, headers: {} });
}

/**
 * The change feed of a panel, and one order's part of it.
 */
import * as z from "zod/mini";
import { changeText } from "../../../domain/feed-text.ts";
import { fail, ok } from "../../../domain/result.ts";
import { type ChangeRow, readChanges, readHistory } from "../../../store/feed/change-reads.ts";
import { isForReseller, noSuchPanel } from "../../kit/auth.ts";
import type { Answer, PanelRefContext } from "../../kit/context.ts";
import { optionalCursor, pageOf } from "../../kit/page.ts";
import { limitParam, wholeNumberParam } from "../../kit/query.ts";

/** A thousand changes are about a megabyte. */
const MAX_CHANGES = 1000;

export const feedQuery = z.strictObject({
  after: z.prefault(wholeNumberParam(0, Number.MAX_SAFE_INTEGER), "0"),
  limit: z.prefault(wholeNumberParam(1, MAX_CHANGES), "100"),
});

/** `GET /v1/changes` */
export async function getChanges(
  context: PanelRefContext,
  { query: { after, limit } }: { readonly query: z.output<typeof feedQuery> },
): Promise<Answer> {
  const rows = await readChanges(context.db, context.panelRef, after, limit + 1);
  if (rows === null) return noSuchPanel(context);
  const page = rows.slice(0, limit);
  return changesReply(context, page, { next_after: page.at(-1)?.seq ?? after, has_more: rows.length > limit });
}

export const historyQuery = z.strictObject({ limit: limitParam, cursor: optionalCursor(z.tuple([z.int().check(z.gte(0))])) });

/** `GET /v1/orders/{id}/changes`, oldest first. */
export async function getHistory(
  context: PanelRefContext,
  { params: { id }, query: { limit, cursor } }: { readonly params: { readonly id: string }; readonly query: z.output<typeof historyQuery> },
): Promise<Answer> {
  const history = await readHistory(context.db, context.panelRef, id, { cursor: cursor?.[0] ?? null, limit: limit + 1 });
  if (history.kind === "no_panel") return noSuchPanel(context);
  if (history.kind === "no_order") return fail({ code: "order_not_found", order: id });
  const { page, paging } = pageOf(history.changes, limit, ({ seq }) => [seq]);
  return changesReply(context, page, paging);
}

function changesReply({ admitted }: PanelRefContext, rows: readonly ChangeRow[], rest: Readonly<Record<string, unknown>>): Answer {
  const audience = isForReseller(admitted()) ? "reseller" : "anybody_else";
  const changes = rows.map((row) => changeText(row, audience));
  return ok({ status: 200, body: `{"changes":[${changes.join(",")}],${JSON.stringify(rest).slice(1)}`, headers: {} });
}

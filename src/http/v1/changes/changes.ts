/**
 * The change feed of a panel, and one order's part of it.
 */
import * as z from "zod/mini";
import { type Audience, changeText, type RecordedChange } from "../../../domain/feed-text.ts";
import { fail, ok } from "../../../domain/result.ts";
import { type AllFeedsPlace, type ChangeRow, readAllChanges, readChanges, readHistory } from "../../../store/feed/change-reads.ts";
import { isForReseller, noSuchPanel, notOverAll } from "../../kit/auth.ts";
import type { AllPanelsContext, Answer, PanelRefContext } from "../../kit/context.ts";
import { cursorParam, encodeCursor, optionalCursor, pageOf } from "../../kit/page.ts";
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
  const read = await readChanges(context.db, context.panelRef, after, limit + 1);
  if (read.kind === "no_panel") return noSuchPanel(context);
  if (read.kind === "archived") return fail({ code: "changes_archived", after: read.after });
  const page = read.changes.slice(0, limit);
  return changesReply(context, page, { next_after: page.at(-1)?.seq ?? after, has_more: read.changes.length > limit });
}

/** How many panels' places a `next_after` over all panels has: it goes into a URL. */
const MAX_FEEDS = 100;
/** A panel's id has 64 characters, a number 16; base64 makes four characters of three. */
const MAX_AFTER_CHARACTERS = MAX_FEEDS * 128;

const seqPlace = z.int().check(z.gte(0));
const feedsPlace = z.pipe(
  z.tuple([seqPlace, z.record(z.string(), seqPlace)]),
  z.transform(([others, panels]): AllFeedsPlace => ({ others, panels })),
);
/** One number for all panels, to begin with; else a `next_after`. */
const afterOfAll = z.pipe(
  z.transform((text: unknown) => (typeof text === "string" && /^\d{1,16}$/.test(text) ? encodeCursor([Number(text), {}]) : text)),
  cursorParam(feedsPlace, MAX_AFTER_CHARACTERS),
);

export const allFeedsQuery = z.extend(feedQuery, { after: z.prefault(afterOfAll, "0") });

/** `GET /v1/changes` over all panels: each panel's in its order. */
export async function getAllChanges(
  context: AllPanelsContext,
  { query: { after, limit } }: { readonly query: z.output<typeof allFeedsQuery> },
): Promise<Answer> {
  const read = await readAllChanges(context.db, context.allPanels, after, limit + 1);
  if (read.kind !== "read") return notOverAll(context, read);
  if (Object.keys(read.archived).length > 0) {
    const whole = { ...after.panels, ...read.archived };
    if (Object.keys(whole).length > MAX_FEEDS) return fail({ code: "too_many_feeds", most: MAX_FEEDS });
    return fail({ code: "changes_archived", after: encodeCursor([after.others, whole]) });
  }
  const page = read.changes.slice(0, limit);
  const panels = { ...after.panels, ...Object.fromEntries(page.map(({ panel, seq }) => [panel, seq])) };
  if (Object.keys(panels).length > MAX_FEEDS) return fail({ code: "too_many_feeds", most: MAX_FEEDS });
  return feedReply(page, { next_after: encodeCursor([after.others, panels]), has_more: read.changes.length > limit });
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
  return changesReply(context, page, { ...paging, archived: history.isCut });
}

function changesReply({ admitted }: PanelRefContext, rows: readonly ChangeRow[], rest: Readonly<Record<string, unknown>>): Answer {
  return feedReply(rows, rest, isForReseller(admitted()) ? "reseller" : "anybody_else");
}

function feedReply(rows: readonly RecordedChange[], rest: Readonly<Record<string, unknown>>, audience: Audience = "anybody_else"): Answer {
  const changes = rows.map((row) => changeText(row, audience));
  return ok({ status: 200, body: `{"changes":[${changes.join(",")}],${JSON.stringify(rest).slice(1)}`, headers: {} });
}

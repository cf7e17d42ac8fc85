/**
 * Orders of a panel: one, some by their ids, or a list.
 */
import * as z from "zod/mini";
import { reaches } from "../../../domain/browser-token.ts";
import { browserView, maxAgeSeconds } from "../../../domain/browser-view.ts";
import { columnsForReseller, orderForReseller, type Shown } from "../../../domain/reseller-view.ts";
import { MINUTE_MS, minuteOf } from "../../../domain/time.ts";
import { unclaimChecks, wantCheck } from "../../../store/orders/wanted-checks.ts";
import { claimShare } from "../../../store/panels/shares.ts";
import { shareFailure } from "../../kit/share-failure.ts";
import { type CheckMessage, MESSAGE_VERSION } from "../../../domain/message.ts";
import { CUSTOMER_FLAGS, type Flag, FLAG_NAMES, type Order } from "../../../domain/order.ts";
import { type OrderView, orderView, type Polling } from "../../../domain/order-view.ts";
import { fail } from "../../../domain/result.ts";
import { type Status, STATUS_NAMES } from "../../../domain/status.ts";
import { countAllOrders, COUNTED_ORDERS, countOrders, type OrderCounts } from "../../../store/orders/order-counts.ts";
import { listAllOrders, readAllNamed } from "../../../store/orders/all-orders.ts";
import { listOrders, type OrderFilter, readBareOrders, readOrders } from "../../../store/orders/order-reads.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { isForReseller, noSuchPanel, notOverAll } from "../../kit/auth.ts";
import type { AllPanelsContext, Answer, Browser, PanelRefContext, ReaderContext } from "../../kit/context.ts";
import { moment } from "../../kit/fields.ts";
import { listReply } from "../../kit/list-reply.ts";
import { mergedCursor, mergedPaging, mergedPlace } from "../../kit/merged-page.ts";
import { NUMBER_PLACE, optionalCursor, pagingOf } from "../../kit/page.ts";
import { booleanParam, limitParam } from "../../kit/query.ts";
import { enqueue } from "../../kit/queue.ts";
import { json, PRIVATE_HEADERS, revalidated } from "../../kit/reply.ts";
import type { Schema } from "../../kit/validate.ts";
import { FALLBACK_LANGUAGE, textsIn } from "../statuses/texts.ts";

type WithId = { readonly params: { readonly id: string } };

/** `GET /v1/orders/{id}` */
export async function getOrder(context: ReaderContext, { params: { id } }: WithId): Promise<Answer> {
  const found = await readOrders(context.db, context.panelRef, [id]);
  if (found === null) return noSuchPanel(context);
  const order = found.orders.get(id);
  if (order === undefined || !mayRead(context, order))
    return fail({ code: "order_not_found", order: id, byToken: context.browser !== null });
  const view = orderView(order, found.pollings.get(order.provider) ?? null, context.now);
  return revalidated(context, shownTo(context, view), cacheHeadersFor(context, [view]));
}

const MAX_IDS = 100;

/** A list with commas between its entries, each of them once. */
const commaList: Schema<string[]> = z.pipe(
  z.string(),
  z.transform((entries: string) => [...new Set(entries.split(","))]),
);

function idsParam(most: number): Schema<string[]> {
  return z.pipe(
    commaList,
    z.array(z.string()).check(
      z.maxLength(most, `must name at most ${most} orders`),
      z.refine((ids) => !ids.includes(""), { error: "must have an id before and after each comma" }),
    ),
  );
}

export const namedOrdersQuery = z.strictObject({ ids: idsParam(MAX_IDS) });

/** `GET /v1/orders?ids=…` */
export async function getNamedOrders(
  context: ReaderContext,
  { query: { ids } }: { readonly query: z.output<typeof namedOrdersQuery> },
): Promise<Answer> {
  const found = await readOrders(context.db, context.panelRef, ids);
  if (found === null) return noSuchPanel(context);
  const orders = ids.flatMap((id) => found.orders.get(id) ?? []).filter((order) => mayRead(context, order));
  const shown = new Set(orders.map(({ id }) => id));
  const views = orders.map((order) => orderView(order, found.pollings.get(order.provider) ?? null, context.now));
  const answer = { orders: views.map((view) => shownTo(context, view)), missing: ids.filter((id) => !shown.has(id)) };
  return revalidated(context, answer, cacheHeadersFor(context, views));
}

/** Each id is looked for in every panel. */
const MAX_IDS_OVER_ALL = 10;
const MAX_NAMED_OVER_ALL = 500;

export const allNamedOrdersQuery = z.strictObject({ ids: idsParam(MAX_IDS_OVER_ALL) });

/**
 * `GET /v1/orders?ids=…` over all panels: every order that has one of the ids, since an id is unique in its panel only, and
 * who asks may not know the panel.
 */
export async function getAllNamedOrders(
  context: AllPanelsContext,
  { query: { ids } }: { readonly query: z.output<typeof allNamedOrdersQuery> },
): Promise<Answer> {
  const found = await readAllNamed(context.db, context.allPanels, ids, MAX_NAMED_OVER_ALL);
  if (found.kind !== "read") return notOverAll(context, found);
  const { orders, pollings } = found;
  if (orders.length > MAX_NAMED_OVER_ALL) {
    const message = `are ids of more than ${MAX_NAMED_OVER_ALL} orders in all panels; name fewer`;
    return fail({ code: "invalid_request", fields: [{ path: "ids", message }] });
  }
  return revalidated(context, {
    orders: ids.flatMap((id) => orders.filter((order) => order.id === id)).map((order) => viewWithPanel(order, pollings, context)),
    missing: ids.filter((id) => !orders.some((order) => order.id === id)),
  });
}

const statusesParam: Schema<Status[]> = z.pipe(
  commaList,
  z.transform((names, context): Status[] => {
    const statuses = STATUS_NAMES.filter((status) => names.includes(status));
    if (statuses.length === names.length) return statuses;
    context.issues.push({ code: "custom", message: `must be one or more of ${STATUS_NAMES.join(",")}`, input: names });
    return z.NEVER;
  }),
);

const FILTERS = {
  status: z.exactOptional(statusesParam),
  provider: z.exactOptional(z.string()),
  provider_order_id: z.exactOptional(z.string()),
  flag: z.exactOptional(z.enum(FLAG_NAMES)),
  customer: z.exactOptional(z.string()),
  service: z.exactOptional(z.string()),
  link: z.exactOptional(z.string()),
  placed_after: z.exactOptional(moment),
  placed_before: z.exactOptional(moment),
  closed: z.exactOptional(booleanParam),
};

export const orderListQuery = z.strictObject({ ...FILTERS, limit: limitParam, cursor: optionalCursor(NUMBER_PLACE) });

/** As CSV. */
const ORDER_COLUMNS = [
  "id provider provider_order_id service link customer quantity charge currency",
  "status label provider_status reason.code reason.text start_count remains delivered progress",
  "expected.start_by expected.end_by refunded refund_held flags duplicate_of",
  "refill.id refill.status refill.until cancel.status cancel.requested_at",
  "closed sync placed_at updated_at checked_at next_check_at",
].flatMap((line) => line.split(" "));

/** `GET /v1/orders`, newest first. */
export async function getOrders(
  context: ReaderContext,
  { query: { limit, cursor, ...asked } }: { readonly query: z.output<typeof orderListQuery> },
): Promise<Answer> {
  const filter = filterFor(context, asked);
  if (filter === null) return fail({ code: "token_forbidden" });
  const page = await listOrders(context.db, context.panelRef, filter, { cursor: cursor?.[0] ?? null, limit });
  if (page === null) return noSuchPanel(context);
  const panel = context.admitted();
  if (isForReseller(panel) && tellsOfSuppliers(filter)) return fail({ code: "reseller", panel: panel.id });
  const views = page.orders.map((order) => orderView(order, page.pollings.get(order.provider) ?? null, context.now));
  const orders = views.map((view) => shownTo(context, view));
  const paging = pagingOf(page.next === null ? null : [page.next]);
  // A page shows orders one by one; files are for those with a key.
  if (context.browser !== null) return revalidated(context, { orders, ...paging }, cacheHeadersFor(context, views));
  const columns = isForReseller(panel) ? columnsForReseller(ORDER_COLUMNS) : ORDER_COLUMNS;
  return listReply(context, { name: "orders", columns, entries: orders, paging });
}

/** What such a filter finds, or how much, would tell whose the orders are. */
function tellsOfSuppliers({ provider, provider_order_id: providerOrder }: OrderFilter): boolean {
  return provider !== undefined || providerOrder !== undefined;
}

export const orderCountsQuery = z.strictObject({ count: z.literal("status"), ...FILTERS });

/** `GET /v1/orders?count=status`: how many the list has. The path has no name of its own, which would be an order's id. */
export async function getOrderCounts(
  context: PanelRefContext,
  { query: filter }: { readonly query: z.output<typeof orderCountsQuery> },
): Promise<Answer> {
  const counts = await countOrders(context.db, context.panelRef, filter);
  if (counts === null) return noSuchPanel(context);
  const panel = context.admitted();
  if (isForReseller(panel) && tellsOfSuppliers(filter)) return fail({ code: "reseller", panel: panel.id });
  return json(200, shownCounts(counts));
}

/** `GET /v1/orders?count=status` over all panels. */
export async function getAllOrderCounts(
  context: AllPanelsContext,
  { query: filter }: { readonly query: z.output<typeof orderCountsQuery> },
): Promise<Answer> {
  const counts = await countAllOrders(context.db, context.allPanels, filter);
  return counts.kind === "read" ? json(200, shownCounts(counts)) : notOverAll(context, counts);
}

function shownCounts({ looked, statuses }: OrderCounts) {
  const total = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return { total, at_least: looked > COUNTED_ORDERS, statuses };
}

/** What a list may be narrowed by: a customer's token has that customer's orders alone, and no filter that would tell of a supplier. */
function filterFor({ browser }: ReaderContext, asked: OrderFilter): OrderFilter | null {
  if (browser === null) return asked;
  const { provider, provider_order_id: providerOrder, flag, customer } = asked;
  if (browser.reach.by !== "customer" || provider !== undefined || providerOrder !== undefined) return null;
  if (flag !== undefined && !(CUSTOMER_FLAGS as readonly Flag[]).includes(flag)) return null;
  return customer === undefined || customer === browser.reach.customer ? { ...asked, customer: browser.reach.customer } : null;
}

function mayRead({ browser }: ReaderContext, order: Order): boolean {
  return browser === null || reaches(browser.reach, order);
}

export const allOrdersQuery = z.extend(orderListQuery, { cursor: mergedCursor([z.int().check(z.gte(1))]) });

/** `GET /v1/orders` over all panels, the newest of all first. */
export async function getAllOrders(
  context: AllPanelsContext,
  { query: { limit, cursor, ...filter } }: { readonly query: z.output<typeof allOrdersQuery> },
): Promise<Answer> {
  const page = await listAllOrders(context.db, context.allPanels, filter, { cursor: mergedPlace(cursor), limit });
  if (page.kind !== "read") return notOverAll(context, page);
  const orders = page.orders.map((order) => viewWithPanel(order, page.pollings, context));
  return listReply(context, { name: "orders", columns: ["panel", ...ORDER_COLUMNS], entries: orders, paging: mergedPaging(page.next) });
}

/** An order as an operator sees it among those of all panels. */
function viewWithPanel(order: Order, pollings: ReadonlyMap<string, Polling>, { now }: AllPanelsContext): Shown {
  return { panel: order.panel, ...orderView(order, pollings.get(order.provider) ?? null, now) };
}

/** An order as whoever asks may see it. */
function shownTo({ admitted, browser }: ReaderContext, view: OrderView): Shown {
  if (browser !== null) return browserView(view, textsFor(browser).texts.statuses[view.status]);
  return isForReseller(admitted()) ? orderForReseller(view) : view;
}

function textsFor({ lang }: Browser): ReturnType<typeof textsIn> {
  return textsIn(lang ?? FALLBACK_LANGUAGE);
}

/** A page may keep an answer until the next look can bring news; a backend asks each time whether it still holds. */
function cacheHeadersFor({ browser, now }: ReaderContext, views: readonly OrderView[]): Readonly<Record<string, string>> {
  if (browser === null) return PRIVATE_HEADERS;
  return {
    "Cache-Control": `private, max-age=${maxAgeSeconds(views, now)}`,
    "Content-Language": textsFor(browser).lang,
    // The language is in the URL, as the token is: a bearer is all that else makes a difference.
    Vary: "Authorization",
  };
}

/** Others who want a check at the same provider come within so many seconds, and share its message. */
const COLLECTED_SECONDS = 3;

/**
 * `POST /v1/orders/{id}/check`: the order is polled soon, whatever its cadence. What is asked for in a minute at one
 * provider goes to the queue as one message: a hundred of them once left the minute's sweeps no call.
 */
export async function checkOrder(context: PanelRefContext, { params: { id } }: WithId): Promise<Answer> {
  const found = await readBareOrders(context.db, context.panelRef, [id]);
  if (found === null) return noSuchPanel(context);
  const order = found.orders.get(id);
  if (order === undefined) return fail({ code: "order_not_found", order: id });
  const { db, env, ports } = context;
  const now = ports.now();
  const share = { panel: order.panel, kind: "check", wanted: 1, grant: "whole" } as const;
  // planted: share-of-checks
  if ((await claimShare(db, share, env.PLAN, now)) === 0) return fail(shareFailure("check", now));
  const { provider } = order;
  const minute = await wantCheck(db, { provider, panel: order.panel, n: order.number }, minuteOf(now), now);
  if (minute !== null) {
    const message: CheckMessage = { v: MESSAGE_VERSION, kind: "check", orders: [], wanted: provider };
    const untilThen = Math.ceil((minute * MINUTE_MS - now) / 1000);
    if (!(await enqueue(context, message, Math.max(COLLECTED_SECONDS, untilThen)))) {
      await unclaimChecks(db, provider);
      return fail({ code: "queue_unavailable" });
    }
  }
  if (context.panelRef.by === "id") await recordCheck(context, order);
  return json(202, { id, result: "queued" });
}

/** A panel's own checks change nothing. The operator's are on record: they are done to somebody else's order. */
async function recordCheck({ db, now, admitted }: PanelRefContext, { panel, id }: Order): Promise<void> {
  const { actor } = admitted();
  const entry = { at: now, actor, panel, action: "order.checked", subject: `order:${id}`, before: null, after: null } as const;
  await auditStatement(db, entry).run();
}

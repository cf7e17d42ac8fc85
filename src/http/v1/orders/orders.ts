/**
 * Orders of a panel: one, some by their ids, or a list.
 */
import * as z from "zod/mini";
import { FLAG_NAMES, type Order } from "../../../domain/order.ts";
import { type CheckMessage, MESSAGE_VERSION } from "../../../domain/message.ts";
import { type Polling, orderView } from "../../../domain/order-view.ts";
import { type Status, STATUS_NAMES } from "../../../domain/status.ts";
import { fail } from "../../../domain/result.ts";
import { listOrders, readBareOrders, readOrders } from "../../../store/orders/order-reads.ts";
import { noSuchPanel, panelOf } from "../../kit/auth.ts";
import { readOptionalBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import type { Schema } from "../../kit/validate.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import { moment } from "../../kit/fields.ts";
import { enqueue } from "../../kit/queue.ts";
import { booleanParam, limitParam, readQuery } from "../../kit/query.ts";
import { json, revalidated } from "../../kit/reply.ts";

/** `GET /v1/orders/{id}` */
export async function getOrder(call: Context, id: string): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const found = await readOrders(call.env.DB, ref.value, [id]);
  if (found === null) return noSuchPanel(ref.value);
  const order = found.orders.get(id);
  return order === undefined ? fail({ code: "order_not_found", order: id }) : revalidated(call, viewOf(order, found.pollings, call.now));
}

/** `GET /v1/orders?ids=…`, or a list. */
export function getOrders(call: Context): Promise<Answer> {
  return call.url.searchParams.has("ids") ? getNamedOrders(call) : getOrderList(call);
}

const MAX_IDS = 100;

/** A list with commas between its entries, each of them once. */
const commaList: Schema<string[]> = z.pipe(
  z.string(),
  z.transform((entries: string) => [...new Set(entries.split(","))]),
);

const namedQuery = z.strictObject({
  ids: z.pipe(
    commaList,
    z.array(z.string()).check(
      z.maxLength(MAX_IDS, `must name at most ${MAX_IDS} orders`),
      z.refine((ids) => !ids.includes(""), { error: "must have an id before and after each comma" }),
    ),
  ),
});

async function getNamedOrders(call: Context): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const query = readQuery(call.url, namedQuery);
  if (!query.ok) return query;
  const { ids } = query.value;
  const found = await readOrders(call.env.DB, ref.value, ids);
  if (found === null) return noSuchPanel(ref.value);
  const { orders, pollings } = found;
  return revalidated(call, {
    orders: ids.flatMap((id) => orders.get(id) ?? []).map((order) => viewOf(order, pollings, call.now)),
    missing: ids.filter((id) => !orders.has(id)),
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

const listQuery = z.strictObject({
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
  limit: limitParam,
  cursor: z.exactOptional(cursorParam(z.tuple([z.int().check(z.gte(1))]))),
});

async function getOrderList(call: Context): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const query = readQuery(call.url, listQuery);
  if (!query.ok) return query;
  const { limit, cursor, ...filter } = query.value;
  const page = await listOrders(call.env.DB, ref.value, filter, cursor?.[0] ?? null, limit);
  if (page === null) return noSuchPanel(ref.value);
  return json(200, {
    orders: page.orders.map((order) => viewOf(order, page.pollings, call.now)),
    next_cursor: page.next === null ? null : encodeCursor([page.next]),
    has_more: page.next !== null,
  });
}

function viewOf(order: Order, pollings: ReadonlyMap<string, Polling>, now: number) {
  return orderView(order, pollings.get(order.provider) ?? null, now);
}

/** `POST /v1/orders/{id}/check`: a message to the queue, so that the order is polled whatever its cadence. */
export async function checkOrder(call: Context, id: string): Promise<Answer> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const body = await readOptionalBody(call.request, z.strictObject({}));
  if (!body.ok) return body;
  const found = await readBareOrders(call.env.DB, ref.value, [id]);
  if (found === null) return noSuchPanel(ref.value);
  const order = found.orders.get(id);
  if (order === undefined) return fail({ code: "order_not_found", order: id });
  const message: CheckMessage = { v: MESSAGE_VERSION, kind: "check", orders: [[order.panel, order.number]] };
  return (await enqueue(call, message)) ? json(202, { id, result: "queued" }) : fail({ code: "queue_unavailable" });
}

/**
 * `/api/v2`: the protocol that panel scripts speak, for orders under the panel's own ids. So far `status` alone.
 *
 * Scripts take an error for the end of an order, so one is answered only for what is certainly wrong with the call.
 * When there is no answer to give, it is a failing HTTP code with an empty body.
 */
import type { Order } from "../domain/order.ts";
import { formatAmount } from "../domain/money.ts";
import { tellPanel } from "../domain/told.ts";
import { ok } from "../provider/failure.ts";
import { readBareOrders } from "../store/order-reads.ts";
import { readPanel } from "../store/panels.ts";
import { isPanelKey, panelKeyHash } from "./auth.ts";
import { readBytes } from "./body.ts";
import type { Answer, Call, Reply } from "./call.ts";
import { RETRY_LATER } from "./errors.ts";

const MAX_IDS = 100;

const INVALID_KEY = { error: "Invalid API key" };
const INCORRECT_REQUEST = { error: "Incorrect request" };
const TOO_MANY_IDS = { error: `Incorrect request: at most ${MAX_IDS} orders in a call` };
const INCORRECT_ORDER_ID = { error: "Incorrect order ID" };

/** What is answered when there is no answer. */
export const NO_ANSWER: Reply = { status: 503, body: null, headers: RETRY_LATER };
const TOO_LARGE: Reply = { status: 413, body: null, headers: {} };
const NOT_HERE: Reply = { status: 404, body: null, headers: {} };

export function isApiV2Path(path: string): boolean {
  return path === "/api/v2" || path.startsWith("/api/v2/");
}

/** Other paths below `/api/v2`: an error in JSON would end orders there, too. */
export function answerNotHere(): Promise<Answer> {
  return Promise.resolve(ok(NOT_HERE));
}

export async function answerApiV2(call: Call): Promise<Answer> {
  const fields = await readFields(call);
  if (fields === null) return ok(TOO_LARGE);
  const key = fields.get("key") ?? "";
  if (!isPanelKey(key)) return say(INVALID_KEY);
  const ref = { by: "key_hash", value: await panelKeyHash(key) } as const;
  const ids = fields.get("action") === "status" ? askedIds(fields) : null;
  if (ids === null || ids.length === 0 || ids.length > MAX_IDS) {
    const panel = await readPanel(call.env.DB, ref);
    return say(panel === null ? INVALID_KEY : ids !== null && ids.length > MAX_IDS ? TOO_MANY_IDS : INCORRECT_REQUEST);
  }
  const found = await readBareOrders(call.env.DB, ref, ids);
  if (found === null) return say(INVALID_KEY);
  const told = ids.map((id) => [id, toldOrder(found.orders.get(id))] as const);
  return say(fields.has("orders") ? Object.fromEntries(told) : told[0]?.[1]);
}

/** Business errors, too, are HTTP 200 in this protocol. */
function say(value: unknown): Answer {
  return ok({ status: 200, body: JSON.stringify(value), headers: {} });
}

/** The ids of `orders`, or the one of `order`, as they were given but for the space around them. */
function askedIds(fields: ReadonlyMap<string, string>): string[] {
  const list = fields.get("orders")?.split(",") ?? [fields.get("order") ?? ""];
  return [...new Set(list.map((id) => id.trim()))].filter((id) => id !== "");
}

function toldOrder(order: Order | undefined): Readonly<Record<string, string | null>> {
  if (order === undefined) return INCORRECT_ORDER_ID;
  const { word, remains } = tellPanel(order.state);
  return {
    charge: formatAmount(order.state.charge ?? 0),
    start_count: String(order.state.startCount ?? 0),
    status: word,
    remains: remains === null ? null : String(remains),
    currency: order.currency,
  };
}

/** The call's fields, from the query and from a body in any of the usual encodings; null when the body is too long. */
async function readFields({ request, url }: Call): Promise<ReadonlyMap<string, string> | null> {
  const fields = new Map(url.searchParams);
  if (request.method !== "POST") return fields;
  const bytes = await readBytes(request);
  if (!bytes.ok) return null;
  const type = request.headers.get("Content-Type") ?? "";
  const body = type.includes("multipart/form-data")
    ? await multipartFields(bytes.value, type)
    : textFields(new TextDecoder().decode(bytes.value));
  for (const [name, value] of body) fields.set(name, value);
  return fields;
}

type Fields = Iterable<readonly [name: string, value: string]>;

async function multipartFields(bytes: Uint8Array, type: string): Promise<Fields> {
  try {
    const form = await new Response(bytes, { headers: { "Content-Type": type } }).formData();
    return [...form].flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : []));
  } catch {
    // Not what its type says: a call without fields, which is answered as one.
    return [];
  }
}

/** JSON when it looks like an object, else a form: the type that is sent along is often wrong. */
function textFields(body: string): Fields {
  if (!body.trimStart().startsWith("{")) return new URLSearchParams(body);
  try {
    return Object.entries(JSON.parse(body) as Record<string, unknown>).flatMap(([name, value]) => {
      const text = fieldText(value);
      return text === null ? [] : [[name, text] as const];
    });
  } catch {
    // Cut off or malformed: a call without fields.
    return [];
  }
}

/** Ids come as strings, numbers or a list of either. */
function fieldText(value: unknown): string | null {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (!Array.isArray(value)) return null;
  return value.map((entry) => (typeof entry === "string" || typeof entry === "number" ? String(entry) : "")).join(",");
}

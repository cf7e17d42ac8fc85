/**
 * `status`: what a panel's script is told of its orders. From the database alone, in one round trip; only ids that
 * nobody has heard of here are asked of the provider, once.
 */
import { isPerhapsLost } from "../../domain/order-ids.ts";
import { formatAmount } from "../../domain/money.ts";
import type { Order } from "../../domain/order.ts";
import { statusForPanel } from "../../domain/panel-status.ts";
import { recordReportedFinals } from "../../store/orders/reported-finals.ts";
import { partKey, readOwnOrders, readProvidersOrders } from "../../store/orders/status-reads.ts";
import { readPanel } from "../../store/panels/panels.ts";
import { adopt } from "./adoption.ts";
import type { Answer } from "../kit/context.ts";
import { type ApiV2Call, idsIn, MAX_IDS, noAnswer, notHere, say, WRONG } from "./answers.ts";

export async function answerStatus(asked: ApiV2Call): Promise<Answer> {
  const ids = idsIn(asked.fields, "orders", "order");
  if (ids.length === 0 || ids.length > MAX_IDS) {
    const panel = await readPanel(asked.call.env.DB, asked.ref);
    return say(panel === null ? WRONG.key : ids.length === 0 ? WRONG.request : WRONG.too_many_ids);
  }
  return asked.provider === null ? statusOfOwn(asked, ids) : statusOfProviders(asked, asked.provider, ids);
}

async function statusOfOwn({ call, ref, fields }: ApiV2Call, ids: readonly string[]): Promise<Answer> {
  const found = await readOwnOrders(call.env.DB, ref, ids);
  if (found === null) return say(WRONG.key);
  const isLost = (id: string): boolean => !found.orders.has(id) && isPerhapsLost(id, found.panel.lostOrdersFrom);
  if (!fields.has("orders") && ids.some(isLost)) return noAnswer();
  return sayEach(fields, ids, (id) => {
    const order = found.orders.get(id);
    if (order === undefined) return isLost(id) ? null : WRONG.order;
    const parts = (order.state.parts?.orders ?? []).flatMap((part) => found.parts.get(partKey(order.provider, part)) ?? []);
    return { ...toldOrder(order, formatAmount(order.state.charge ?? 0), order.currency), ...toldParts(order, parts) };
  });
}

async function statusOfProviders({ call, ref, fields }: ApiV2Call, provider: string, ids: readonly string[]): Promise<Answer> {
  const found = await readProvidersOrders(call.env.DB, ref, provider, ids);
  if (found === null) return say(WRONG.key);
  if (!found.usable) return notHere();
  const unknown = ids.filter((id) => !found.orders.has(id));
  if (unknown.length === 0) return sayProviders(fields, ids, found.orders, NOBODY);
  const adoption = await adopt(call, found.panel, provider, unknown);
  if (typeof adoption === "string") return noAnswer(adoption);
  // What a single call asks for has to be in its answer; from a list, unknown ids are left out, as providers do.
  if (!fields.has("orders") && adoption.silent.size > 0) return noAnswer();
  // Told is what is on record: somebody else may have put it there in another way meanwhile.
  const onRecord = await readProvidersOrders(call.env.DB, ref, provider, ids);
  const orders = onRecord?.orders ?? new Map<string, Order>();
  if (unknown.some((id) => !orders.has(id) && !adoption.strangers.has(id) && !adoption.silent.has(id))) return noAnswer();
  await recordReportedFinals(call.env.DB, [...orders.values()]);
  return sayProviders(fields, ids, orders, adoption.strangers);
}

const NOBODY: ReadonlySet<string> = new Set();

function sayProviders(
  fields: ApiV2Call["fields"],
  ids: readonly string[],
  orders: ReadonlyMap<string, Order>,
  strangers: ReadonlySet<string>,
): Answer {
  return sayEach(fields, ids, (id) => {
    const order = orders.get(id);
    if (order === undefined) return strangers.has(id) ? WRONG.order : null;
    const { state } = order;
    const charge = state.providerCharge ?? order.cost ?? formatAmount(state.charge ?? 0);
    return { ...toldOrder(order, charge, state.providerCurrency ?? order.currency), ...toldParts(order, state.parts?.orders ?? []) };
  });
}

type StatusAnswer = Readonly<Record<string, unknown>>;

/** A list is answered by id, without those of which there is nothing to say; a single order by itself. */
function sayEach(fields: ApiV2Call["fields"], ids: readonly string[], tell: (id: string) => StatusAnswer | null): Answer {
  const told = ids.map((id) => [id, tell(id)] as const);
  if (!fields.has("orders")) return say(told[0]?.[1]);
  return say(Object.fromEntries(told.filter(([, answer]) => answer !== null)));
}

function toldOrder({ state }: Order, charge: string, currency: string): StatusAnswer {
  const { label: word, remains } = statusForPanel(state);
  return {
    charge,
    start_count: String(state.startCount ?? 0),
    status: word,
    remains: remains === null ? null : String(remains),
    currency,
  };
}

/** What orders of several parts have besides. */
function toldParts({ state }: Order, orders: readonly string[]): StatusAnswer {
  if (state.parts === null) return {};
  const { runs, posts, expiry } = state.parts;
  const counts = Object.entries({ runs, posts, expiry }).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(counts), orders };
}

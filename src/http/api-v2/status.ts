/**
 * `status`: what a panel's script is told of its orders. From the database alone, in one round trip, and one more for an end
 * that it is told for the first time; only ids that nobody has heard of here are asked of the provider, once.
 */
import { isPerhapsLost } from "../../domain/order-ids.ts";
import { formatAmount } from "../../domain/money.ts";
import { codeOfCurrency, type Order } from "../../domain/order.ts";
import { recordReportedFinals } from "../../store/orders/reported-finals.ts";
import { partKey, readOwnOrders, readProvidersOrders } from "../../store/orders/status-reads.ts";
import { adopt } from "./adoption.ts";
import type { Answer } from "../kit/context.ts";
import { type ApiV2Call, noAnswer, notHere, say, WRONG } from "./answers.ts";
import { refused, wrongRequest } from "./refused.ts";
import { askedIds, type AskedIds } from "./asked-ids.ts";
import { statusAnswer, type StatusAnswer } from "./status-answer.ts";

export async function answerStatus(asked: ApiV2Call): Promise<Answer> {
  const wanted = askedIds(asked.fields, "orders", "order");
  if (wanted.ids.length === 0) return wrongRequest(asked);
  return asked.provider === null ? statusOfOwn(asked, wanted) : statusOfProviders(asked, asked.provider, wanted);
}

async function statusOfOwn(asked: ApiV2Call, { ids, isList }: AskedIds): Promise<Answer> {
  const { call, ref } = asked;
  const found = await readOwnOrders(call.env.DB, ref, ids, call.ports.now());
  if (found === null) return refused(asked);
  const isLost = (id: string): boolean => !found.orders.has(id) && isPerhapsLost(id, found.panel.lostOrdersFrom);
  if (!isList && ids.some(isLost)) return noAnswer();
  return sayEach({ ids, isList }, (id) => {
    const order = found.orders.get(id);
    if (order === undefined) return isLost(id) ? null : WRONG.order;
    const ownId = (part: string): string | null => found.parts.get(partKey(order.provider, part)) ?? null;
    return statusAnswer(order, { charge: formatAmount(costNow(order)), currency: order.currency, partId: ownId });
  });
}

/** What an order has cost its panel by now, in micro-units: what was returned is no cost. */
function costNow({ state: { charge, refunded } }: Order): number {
  return Math.max((charge ?? 0) - refunded, 0);
}

async function statusOfProviders(asked: ApiV2Call, provider: string, wanted: AskedIds): Promise<Answer> {
  const { call, ref } = asked;
  const { ids, isList } = wanted;
  const found = await readProvidersOrders(call.env.DB, ref, { provider, ids, now: call.ports.now() });
  if (found === null) return refused(asked);
  if (!found.usable) return notHere();
  const unknown = ids.filter((id) => !found.orders.has(id));
  if (unknown.length === 0) return sayProviders(wanted, found.orders, NOBODY);
  const adoption = await adopt(call, found.panel, provider, { ids: unknown, unheard: found.unheard });
  const why = typeof adoption === "string" ? adoption : null;
  const { strangers, silent } = typeof adoption === "string" ? { strangers: NOBODY, silent: new Set(unknown) } : adoption;
  // What a single call asks for has to be in its answer; from a list, unknown ids are left out, as providers do.
  if (!isList && silent.size > 0) return noAnswer(why ?? "down");
  // Told is what is on record: somebody else may have put it there in another way meanwhile.
  const onRecord = await readProvidersOrders(call.env.DB, ref, { provider, ids, now: call.ports.now() });
  const orders = onRecord?.orders ?? new Map<string, Order>();
  if (why !== null && orders.size === 0) return noAnswer(why);
  if (unknown.some((id) => !orders.has(id) && !strangers.has(id) && !silent.has(id))) return noAnswer();
  await recordReportedFinals(call.env.DB, [...orders.values()], call.ports.now());
  return sayProviders(wanted, orders, strangers);
}

const NOBODY: ReadonlySet<string> = new Set();

function sayProviders(wanted: AskedIds, orders: ReadonlyMap<string, Order>, strangers: ReadonlySet<string>): Answer {
  return sayEach(wanted, (id) => {
    const order = orders.get(id);
    if (order === undefined) return strangers.has(id) ? WRONG.order : null;
    const { state } = order;
    const charge = state.providerCharge ?? order.cost ?? formatAmount(state.charge ?? 0);
    return statusAnswer(order, { charge, currency: codeOfCurrency(state.providerCurrency) ?? order.currency, partId: (part) => part });
  });
}

/** A list is answered by id, without those of which there is nothing to say; a single order by itself. */
function sayEach({ ids, isList }: AskedIds, tell: (id: string) => StatusAnswer | null): Answer {
  const told = ids.map((id) => [id, tell(id)] as const);
  if (!isList) return say(told[0]?.[1]);
  return say(Object.fromEntries(told.filter(([, answer]) => answer !== null)));
}

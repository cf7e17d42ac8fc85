/** The actions of API v2: from the fields of a call to what is to be answered, not yet to how it looks. */
import type { Answer, Asked, Told } from "./asked.ts";
import { settledAt, toldState } from "./life.ts";
import { countOf, wordOf } from "./mode-choice.ts";
import { askCancel, canCancel, canRefill, findOrder } from "./orders.ts";
import { add } from "./placing.ts";
import { refillStatusAt } from "./refills.ts";
import { leadingNumber } from "./requests.ts";
import { noteStatusAsked } from "./stats.ts";
import type { RefusalName } from "./words.ts";
import type { Order, Provider } from "./world.ts";

/** The protocol's own limit on a list of ids. */
const MAX_IDS = 100;

export type Action = (asked: Asked) => Answer;

export const ACTIONS: Readonly<Record<string, Action>> = {
  services: ({ provider }) => ({ kind: "services", services: provider.catalogue }),
  add,
  status,
  refill,
  refill_status: refillStatus,
  cancel,
  balance: ({ provider }) => ({
    kind: "balance",
    nanos: provider.balanceNanos,
    currency: provider.currency,
  }),
};

function refused(why: RefusalName): Answer {
  return { kind: "refused", why };
}

function status(asked: Asked): Answer {
  const { fields, provider, now } = asked;
  if (fields.orders !== undefined) return statusOfMany(asked, idsIn(fields.orders));
  if (fields.order === undefined) return refused("incorrect_order_id");

  noteStatusAsked(provider.stats, [fields.order], now, false);
  if (isPoison(asked, "poison_alone", fields.order)) return refused("broken");
  const order = named(asked, fields.order);
  return order ? { kind: "order", told: tell(asked, order) } : refused("incorrect_order_id");
}

function statusOfMany(asked: Asked, ids: readonly string[]): Answer {
  const { provider, active, now } = asked;
  noteStatusAsked(provider.stats, ids, now, true);
  // A server that has never heard of `orders` misses `order`, and says so.
  if (active.has("no_many") || ids.length === 0) return refused("incorrect_order_id");
  if (ids.length > Math.min(MAX_IDS, countOf(active, "cap_many_error") ?? MAX_IDS)) {
    return refused("too_many_ids");
  }
  if (ids.some((id) => isPoison(asked, "poison", id) || isPoison(asked, "poison_alone", id))) {
    return refused("broken");
  }
  const answered = ids.slice(0, countOf(active, "cap_many_silent") ?? MAX_IDS).filter((_, index) => !isDropped(asked, index));
  return {
    kind: "orders",
    told: answered.map((id) => {
      const order = named(asked, id);
      return [id, order ? tell(asked, order) : "incorrect_order_id"];
    }),
    bystanders: active.has("extra_ids") ? bystandersOf(provider, ids) : [],
  };
}

function tell({ provider, now }: Asked, order: Order): Told {
  provider.stats.idsAnswered += 1;
  if (now >= settledAt(order.life)) order.answersSinceSettled += 1;
  const parts = order.parts?.children.filter((id) => findOrder(provider, id, now)) ?? null;
  const state = toldState(order.life, now, order.answersSinceSettled);
  return { order, state, currency: provider.currency, parts };
}

function isPoison({ active }: Asked, mode: "poison" | "poison_alone", id: string): boolean {
  const which = wordOf(active, mode);
  if (which === null) return false;
  if (!which.startsWith("%")) return which.split(/\D+/).includes(id);
  const divisor = Number(which.slice(1));
  return /^\d+$/.test(id) && Number(id) % divisor === 0;
}

/** Which ids are left out moves on with each call, so that nobody is left out for ever. */
function isDropped({ active, callNumber }: Asked, index: number): boolean {
  const oneIn = countOf(active, "many_entry_dropped");
  return oneIn !== null && (index + callNumber) % oneIn === 0;
}

/** Two real neighbours, because a client that takes their untrue words for news must be found out, and one id of nobody's. */
function bystandersOf(provider: Provider, asked: readonly string[]): string[] {
  const bystanders = ["2147483646"];
  for (const id of provider.orders.keys()) {
    if (!asked.includes(id)) bystanders.unshift(id);
    if (bystanders.length === 3) break;
  }
  return bystanders;
}

function refill(asked: Asked): Answer {
  const { provider, now, active, fields } = asked;
  const ask = (id: string): { readonly refill: string } | RefusalName => {
    const order = named(asked, id);
    if (!order) return "incorrect_order_id";
    if (!canRefill(provider, order, now)) return "refill_refused";
    const refillId = wordOf(active, "refill_ids") === "cuid" ? `cmb2x9q4k000${provider.nextRefillId}l508` : String(provider.nextRefillId);
    provider.nextRefillId += 1;
    provider.refills.set(refillId, { id: refillId, order: id, askedAt: now });
    return { refill: refillId };
  };
  if (fields.orders !== undefined) {
    const ids = idsIn(fields.orders);
    if (ids.length > MAX_IDS) return refused("too_many_ids");
    return { kind: "refills", refills: ids.map((id) => [id, ask(id)]) };
  }
  const said = ask(fields.order ?? "");
  return typeof said === "string" ? refused(said) : { kind: "refill", refill: said.refill };
}

function refillStatus({ world, provider, active, now, fields }: Asked): Answer {
  const look = (id: string): { readonly status: string } | RefusalName => {
    const found = provider.refills.get(active.has("lenient_ids") ? leadingNumber(id) : id);
    if (!found) return "refill_not_found";
    return { status: refillStatusAt(world.seed, provider.name, found, now) };
  };
  if (fields.refills !== undefined) {
    const ids = idsIn(fields.refills);
    if (ids.length > MAX_IDS) return refused("too_many_ids");
    return { kind: "refill_statuses", statuses: ids.map((id) => [id, look(id)]) };
  }
  const found = look(fields.refill ?? "");
  return typeof found === "string" ? refused(found) : { kind: "refill_status", status: found.status };
}

function cancel(asked: Asked): Answer {
  const { world, provider, now, active, fields } = asked;
  const ask = (id: string): true | RefusalName => {
    const order = named(asked, id);
    if (!order) return "incorrect_order_id";
    if (!canCancel(provider, order, now)) return "cancel_refused";
    askCancel(world, provider, order, now);
    return true;
  };
  if (active.has("cancel_one")) {
    const said = ask(fields.order ?? "");
    return said === true ? { kind: "cancel" } : refused(said);
  }
  // The protocol has no singular here.
  if (fields.orders === undefined) return refused("incorrect_request");
  const ids = idsIn(fields.orders);
  if (ids.length > MAX_IDS) return refused("too_many_ids");
  return { kind: "cancels", cancels: ids.map((id) => [id, ask(id)]) };
}

/** The order that an id stands for, by the provider's way to read one. */
function named({ provider, active, now }: Asked, id: string): Order | undefined {
  return findOrder(provider, active.has("lenient_ids") ? leadingNumber(id) : id, now);
}

function idsIn(list: string): string[] {
  const ids = list.split(",").map((id) => id.trim());
  return [...new Set(ids.filter((id) => id !== ""))];
}

/** The action `add`: what a request must have for each type of service, and the order it leads to. */
import type { Answer, Asked, Fields } from "./asked.ts";
import { PACKAGE_UNITS, priceNanos, REQUIRED_FIELDS, type Service } from "./catalogue.ts";
import { drawsOf } from "./draws.ts";
import { hasOpenOrder, type OrderRequest, placeOrder, placeRepeated, type Repeats } from "./orders.ts";
import type { RefusalName } from "./words.ts";

const MINUTE_MS = 60_000;

/** Far above what anyone orders, low enough that one call cannot fill the memory. */
const MAX_REPEATS = 200;

export function add(asked: Asked): Answer {
  const { provider, active, fields } = asked;
  const value = active.has("request_id") ? fields["request_id"] : undefined;
  const first = value === undefined ? undefined : provider.placedByValue.get(value);
  if (first !== undefined) return { kind: "placed", order: first };
  const answer = place(asked);
  if (value !== undefined && answer.kind === "placed") provider.placedByValue.set(value, answer.order);
  return answer;
}

function place(asked: Asked): Answer {
  const { world, provider, now, active, fields } = asked;

  const service = provider.catalogue.find((known) => String(known.service) === fields.service);
  if (!service) return refused("incorrect_service_id");
  if (REQUIRED_FIELDS[service.type].some((field) => !fields[field])) {
    return refused("missing_field");
  }
  const quantity = quantityOf(service, fields);
  if (quantity === null) return refused("bad_quantity");

  const link = fields.link ?? fields.username ?? "";
  if (active.has("link_duplicate") && hasOpenOrder(provider, service.service, link, now)) {
    return refused("link_duplicate");
  }
  const repeats = repeatsOf(asked, service);
  if (repeats === null) return refused("bad_quantity");
  const chargeNanos = priceNanos(service, quantity) * BigInt(repeats?.times ?? 1);
  if (chargeNanos > provider.balanceNanos) return refused("not_enough_funds");
  provider.balanceNanos -= chargeNanos;

  const request: OrderRequest = { service, link, quantity, placedAt: now };
  const order = repeats ? placeRepeated(world, provider, request, repeats) : placeOrder(world, provider, request);
  return { kind: "placed", order: order.id };
}

function refused(why: RefusalName): Answer {
  return { kind: "refused", why };
}

/** How many units the order is for, or null if that is none or not what the service sells. */
function quantityOf(service: Service, fields: Fields): number | null {
  const quantity = unitsOf(service, fields);
  if (service.type === "Package") return quantity;
  return quantity !== null && quantity >= service.min && quantity <= service.max ? quantity : null;
}

function unitsOf(service: Service, fields: Fields): number | null {
  switch (service.type) {
    case "Package":
      return PACKAGE_UNITS;
    case "Custom Comments":
    case "Custom Comments Package":
      return linesOf(fields.comments);
    case "Mentions Custom List":
      return linesOf(fields.usernames);
    case "Subscriptions":
      return wholeNumber(fields.max);
    default:
      return wholeNumber(fields.quantity);
  }
}

/** Undefined for an order that comes at once, null where the repeats asked for make no sense. */
function repeatsOf({ world, provider, fields }: Asked, service: Service): Repeats | null | undefined {
  if (service.type === "Subscriptions") {
    const times = wholeNumber(fields.posts);
    if (times === null || times < 1 || times > MAX_REPEATS) return null;
    const draws = drawsOf(world.seed, provider.name, provider.nextOrderId, "posts");
    const intervalMs = draws.between(5, 40) * MINUTE_MS;
    return { counted: "posts", times, intervalMs, expiry: fields.expiry ?? null };
  }
  if (!fields.runs) return undefined;
  const times = wholeNumber(fields.runs);
  const minutes = wholeNumber(fields.interval);
  const sensible = times !== null && times >= 1 && times <= MAX_REPEATS && minutes !== null;
  if (!sensible || !service.dripfeed) return null;
  return { counted: "runs", times, intervalMs: minutes * MINUTE_MS, expiry: null };
}

function linesOf(text: string | undefined): number {
  return (text ?? "").split(/\r?\n/).filter((line) => line.trim() !== "").length;
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

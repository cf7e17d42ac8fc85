/**
 * What a browser's token says: whose orders it reads, and until when. Pure; the signature is checked elsewhere, with the
 * secret of the panel that the token names.
 */
import { fail, ok, type Result } from "./result.ts";
import { isoTime } from "./time.ts";

/** Orders by their ids, or all of a customer's. */
export type TokenReach =
  | { readonly by: "orders"; readonly orders: readonly string[] }
  | { readonly by: "customer"; readonly customer: string };

/** `expiresAt`: epoch ms. */
export type TokenClaims = { readonly panel: string; readonly expiresAt: number; readonly reach: TokenReach };

/** Why a token opens nothing, before its signature was looked at. `problem` reads on after "the token". */
export type TokenProblem = { readonly why: "malformed"; readonly problem: string } | { readonly why: "expired"; readonly at: string };

/** A token that leaks is good for a day at most. */
export const MAX_TOKEN_HOURS = 24;
const MAX_TOKEN_MS = MAX_TOKEN_HOURS * 60 * 60 * 1000;
/** Clocks of servers differ by so much. */
export const TOKEN_TOLERANCE_SECONDS = 60;
const TOLERANCE_MS = TOKEN_TOLERANCE_SECONDS * 1000;
/** As many as one request can name. */
export const MAX_TOKEN_ORDERS = 100;
const MAX_ID_CHARACTERS = 128;

/** Reads the claims of a token; `now` in epoch ms. */
export function readClaims(claims: unknown, now: number): Result<TokenClaims, TokenProblem> {
  if (typeof claims !== "object" || claims === null) return malformed("has no claims");
  const { iss, exp, nbf, iat, orders, customer } = claims as Readonly<Record<string, unknown>>;
  if (!isId(iss)) return malformed("must name its panel in `iss`");
  if (typeof exp !== "number" || !Number.isFinite(exp)) return malformed("must say in `exp` when it ends, in seconds since 1970");
  if (exp * 1000 > now + MAX_TOKEN_MS + TOLERANCE_MS)
    return malformed(`must end within ${MAX_TOKEN_HOURS} hours; its \`exp\` is further ahead, or not in seconds`);
  if (exp * 1000 + TOLERANCE_MS <= now) return fail({ why: "expired", at: isoTime(Math.max(0, exp) * 1000) });
  if (![nbf, iat].every((time) => time === undefined || Number.isFinite(time)))
    return malformed("must have `nbf` and `iat` in seconds since 1970, where it has them");
  if (typeof nbf === "number" && nbf > Math.floor(now / 1000) + TOKEN_TOLERANCE_SECONDS)
    return malformed("is not good yet: its `nbf` is ahead, or not in seconds");
  if ((orders === undefined) === (customer === undefined)) return malformed("must have either `orders` or `customer`");
  const reach = orders === undefined ? reachOfCustomer(customer) : reachOfOrders(orders);
  return reach === null
    ? malformed(`must have 1 to ${MAX_TOKEN_ORDERS} ids in \`orders\`, or one in \`customer\``)
    : ok({ panel: iss, expiresAt: exp * 1000, reach });
}

function malformed(problem: string): { readonly ok: false; readonly failure: TokenProblem } {
  return fail({ why: "malformed", problem });
}

function reachOfOrders(orders: unknown): TokenReach | null {
  if (!Array.isArray(orders) || orders.length === 0 || orders.length > MAX_TOKEN_ORDERS) return null;
  const ids = orders.map(idOf);
  return ids.every(isId) ? { by: "orders", orders: ids } : null;
}

function reachOfCustomer(customer: unknown): TokenReach | null {
  const id = idOf(customer);
  return isId(id) ? { by: "customer", customer: id } : null;
}

/** Panels keep their ids as numbers, and JSON encoders write them as such. */
function idOf(value: unknown): unknown {
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_ID_CHARACTERS;
}

/** Whether a token reads an order; `customer` is the order's. */
export function reaches(reach: TokenReach, order: { readonly id: string; readonly customer: string | null }): boolean {
  return reach.by === "orders" ? reach.orders.includes(order.id) : reach.customer === order.customer;
}

/**
 * An order as registered, where nothing is wrong with it: read by plain comparisons, since a thousand of them come in one
 * request. Whatever is not certainly right is left to the schema, which says what is wrong; a test holds both to the same.
 */
import { parseAmount } from "../../../domain/money.ts";
import { type Status, statusFor } from "../../../domain/status.ts";
import { isoTime, MINUTE_MS } from "../../../domain/time.ts";
import { isPlacedAt, MAX_LINK_CHARACTERS, MAX_MINUTES, MAX_NAME_CHARACTERS, type RegistrationInput } from "./registration-schema.ts";

/** Letters, digits and signs of ASCII, and spaces between them: nothing that a schema of a text here would refuse. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
/** The same without spaces and commas. */
const PLAIN_ID = /^[!-+\--~]+$/;
/** As the API writes times. */
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;
const SECONDS_CHARACTERS = "2026-01-31T12:00:00".length;
const CURRENCY = /^[A-Z0-9]{3,10}$/;
const PRICE = /^\d{1,15}(\.\d{1,9})?$/;
const MAX_ID_CHARACTERS = 64;
const MAX_QUANTITY = 2 ** 31 - 1;

const FIELDS: ReadonlySet<string> = new Set([
  ...(["id", "provider", "provider_order_id", "quantity", "charge", "currency", "service", "link", "customer"] as const),
  ...(["placed_at", "runs", "posts", "start_minutes", "duration_minutes", "cost", "cost_currency", "status", "refunded"] as const),
]);

/** The order; null for what the schema is to look at. `now` in epoch ms. */
export function readPlainRegistration(input: unknown, now: number): RegistrationInput | null {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return null;
  for (const name in input) if (!FIELDS.has(name)) return null;
  const given = input as Readonly<Record<string, unknown>>;
  const { id, provider, quantity } = given;
  const providerOrder = idTextOf(given["provider_order_id"]);
  const charge = microsOf(given["charge"]);
  const refunded = given["refunded"] === undefined || given["refunded"] === null ? 0 : microsOf(given["refunded"]);
  if (!isOrderId(id) || !isPlain(provider, MAX_NAME_CHARACTERS)) return null;
  if (providerOrder === null || !isCount(quantity, MAX_QUANTITY) || charge === null || refunded === null || refunded > charge) return null;
  return withOptional(given, now, {
    id,
    provider,
    provider_order_id: providerOrder,
    quantity,
    charge,
    registered_refunded: refunded,
  });
}

type Required = Pick<RegistrationInput, "id" | "provider" | "provider_order_id" | "quantity" | "charge" | "registered_refunded">;

const WRONG = Symbol("wrong");

function withOptional(given: Readonly<Record<string, unknown>>, now: number, required: Required): RegistrationInput | null {
  const currency = optional(given["currency"], isCurrency);
  const service = optional(given["service"], isName);
  const link = optional(given["link"], isLink);
  const customer = optional(given["customer"], isCustomer);
  const runs = optional(given["runs"], isQuantity);
  const posts = optional(given["posts"], isQuantity);
  const startMinutes = optional(given["start_minutes"], areMinutes);
  const durationMinutes = optional(given["duration_minutes"], areMinutes);
  const cost = optional(given["cost"], isPrice);
  const costCurrency = optional(given["cost_currency"], isCurrency);
  const status = statusOf(given["status"]);
  const placedAt = placedAtOf(given["placed_at"], now);
  if (currency === WRONG || service === WRONG || link === WRONG || customer === WRONG || runs === WRONG || posts === WRONG) return null;
  if (startMinutes === WRONG || durationMinutes === WRONG || cost === WRONG || costCurrency === WRONG) return null;
  if (status === WRONG || placedAt === WRONG) return null;
  return {
    ...required,
    currency,
    service,
    link,
    customer,
    placed_at: placedAt,
    runs,
    posts,
    start_window_ms: startMinutes === null ? null : startMinutes * MINUTE_MS,
    duration_ms: durationMinutes === null ? null : durationMinutes * MINUTE_MS,
    cost,
    cost_currency: costCurrency,
    registered_status: status,
  };
}

function optional<T>(value: unknown, isRight: (value: unknown) => value is T): T | null | typeof WRONG {
  if (value === undefined || value === null) return null;
  return isRight(value) ? value : WRONG;
}

function isPlain(value: unknown, maxCharacters: number): value is string {
  return typeof value === "string" && value.length <= maxCharacters && PLAIN.test(value);
}

/** No comma, which stands between ids, and no names that stand for something else in paths. */
function isOrderId(value: unknown): value is string {
  return isPlain(value, MAX_ID_CHARACTERS) && value !== "." && value !== ".." && !value.includes(",");
}

function isName(value: unknown): value is string {
  return isPlain(value, MAX_NAME_CHARACTERS);
}

function isLink(value: unknown): value is string {
  return isPlain(value, MAX_LINK_CHARACTERS);
}

/** No names that stand for something else in paths and accounts. */
function isCustomer(value: unknown): value is string {
  return isPlain(value, MAX_NAME_CHARACTERS) && value !== "." && value !== ".." && !value.startsWith("@");
}

function isCurrency(value: unknown): value is string {
  return typeof value === "string" && CURRENCY.test(value);
}

function isPrice(value: unknown): value is string {
  return typeof value === "string" && PRICE.test(value);
}

function isCount(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

function isQuantity(value: unknown): value is number {
  return isCount(value, MAX_QUANTITY);
}

function areMinutes(value: unknown): value is number {
  return isCount(value, MAX_MINUTES);
}

/** An id that was written as a number, or as a text; null for any other. */
function idTextOf(value: unknown): string | null {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
  return typeof value === "string" && value.length <= MAX_ID_CHARACTERS && PLAIN_ID.test(value) ? value : null;
}

function microsOf(value: unknown): number | null {
  const parsed = typeof value === "string" ? parseAmount(value) : null;
  return parsed?.ok === true ? parsed.micros : null;
}

function statusOf(value: unknown): Status | null | typeof WRONG {
  if (value === undefined || value === null) return null;
  return isPlain(value, MAX_ID_CHARACTERS) ? (statusFor(value, {}, false) ?? WRONG) : WRONG;
}

/** A day that no month has is the parser's to move, and then it is written otherwise. */
function placedAtOf(value: unknown, now: number): number | null | typeof WRONG {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string" || !UTC_TIME.test(value)) return WRONG;
  const at = Date.parse(value);
  if (!isPlacedAt(at, now)) return WRONG;
  return isoTime(at).slice(0, SECONDS_CHARACTERS) === value.slice(0, SECONDS_CHARACTERS) ? at : WRONG;
}

/**
 * The operator's own catalogue: what a service is, and what an `add` of it asks for and costs.
 *
 * What a service's type needs is as the hosted panels document it; an unknown type is ordered by `quantity`.
 */
import { PLAIN_NAME } from "./field-names.ts";
import { MAX_AMOUNT_MICROS } from "./money.ts";
import { formatPrice, parsePrice } from "./price.ts";
import { fail, ok, type Result } from "./result.ts";
import { foldWord } from "./status.ts";

/** A service that panels buy, and whose it is. */
export type Service = {
  readonly id: number;
  readonly provider: string;
  /** The provider's own id of it. */
  readonly providerService: string;
  readonly name: string;
  readonly category: string;
  readonly type: string;
  readonly description: string | null;
  /** What 1,000 units cost, or one package: a decimal string. */
  readonly rate: string;
  /** Null: in each panel's own. */
  readonly currency: string | null;
  /** Units of one order, or of one run of it. */
  readonly min: number;
  readonly max: number;
  readonly dripfeed: boolean;
  readonly refill: boolean;
  readonly cancel: boolean;
  readonly refillDays: number | null;
  readonly startMinutes: number | null;
  readonly durationMinutes: number | null;
  readonly enabled: boolean;
};

/** Ids of services: panels keep them in signed 32-bit columns. */
export const MAX_SERVICE_ID = 2 ** 31 - 1;

/** Units of an order fit the same columns. */
export const MAX_QUANTITY = 2 ** 31 - 1;

/** Most decimals of a rate. */
export const RATE_DECIMALS = 9;

/** What is wrong with an `add`: the field, and the bound it is outside of. `service`: its price is beyond what can be kept. */
export type AddProblem = {
  readonly code: "service" | "missing_field" | "quantity" | "min" | "max" | "dripfeed";
  readonly field?: string;
  readonly limit?: number;
};

/** What an add asks for, in total: units ordered (null for packages, whose units nobody counts), what they cost, and of how many parts. */
export type Ordered = {
  readonly quantity: number | null;
  /** Micro-units. */
  readonly charge: number;
  readonly runs: number | null;
  readonly posts: number | null;
};

type Checked<T> = Result<T, AddProblem>;

function no(code: AddProblem["code"], field?: string, limit?: number): Checked<never> {
  return fail({ code, ...(field === undefined ? {} : { field }), ...(limit === undefined ? {} : { limit }) });
}

type Fields = ReadonlyMap<string, string>;

/** How the units of a type are told: by `quantity`, by the lines of a field, by posts; or not at all. */
type Counting =
  | { readonly by: "quantity" }
  | { readonly by: "lines"; readonly of: string }
  | { readonly by: "posts" }
  | { readonly by: "package" };

/** `needs`: fields that must be there besides those that are counted; of a list of names, any one. */
type TypeRules = { readonly counting: Counting; readonly needs: readonly (readonly string[])[] };

const BY_QUANTITY: Counting = { by: "quantity" };
const LINK = ["link"] as const;
const DEFAULT_RULES: TypeRules = { counting: BY_QUANTITY, needs: [LINK] };

const TYPES = {
  Default: DEFAULT_RULES,
  Package: { counting: { by: "package" }, needs: [LINK] },
  "Custom Comments Package": { counting: { by: "package" }, needs: [LINK, ["comments"]] },
  "Custom Comments": { counting: { by: "lines", of: "comments" }, needs: [LINK] },
  "Mentions Custom List": { counting: { by: "lines", of: "usernames" }, needs: [LINK] },
  "Mentions with Hashtags": { counting: BY_QUANTITY, needs: [LINK, ["hashtags", "hashtag"]] },
  "Mentions Hashtag": { counting: BY_QUANTITY, needs: [LINK, ["hashtag", "hashtags"]] },
  "Mentions User Followers": { counting: BY_QUANTITY, needs: [LINK, ["username"]] },
  "Mentions Media Likers": { counting: BY_QUANTITY, needs: [LINK, ["media"]] },
  "Comment Likes": { counting: BY_QUANTITY, needs: [LINK, ["username"]] },
  Poll: { counting: BY_QUANTITY, needs: [LINK, ["answer_number"]] },
  SEO: { counting: BY_QUANTITY, needs: [LINK, ["keywords"]] },
  Subscriptions: { counting: { by: "posts" }, needs: [["username"]] },
} satisfies Record<string, TypeRules>;

const RULES: ReadonlyMap<string, TypeRules> = new Map(Object.entries(TYPES).map(([type, rules]) => [foldWord(type), rules]));

/** Some servers take the replies by the line, like comments, others a quantity of them: what is sent says which. */
const COMMENT_REPLIES = foldWord("Comment Replies");
/** Types with rules of their own, as hosted panels name them. */
const KNOWN_TYPES: readonly string[] = [...Object.keys(TYPES), "Comment Replies"];
const KNOWN_FOLDED: ReadonlySet<string> = new Set(KNOWN_TYPES.map((type) => foldWord(type)));

/** What a provider's list says of a service, and its prices' currency; `rate` null where it names none that can be read. */
export type Listing = { readonly isListed: boolean; readonly rate: string | null; readonly currency: string | null };

/** What an operator should look at again before a service is sold; nothing of it is certain to be wrong. `listing` is null where no list is kept. */
export function serviceWarnings(
  service: Pick<Service, "type" | "rate" | "currency" | "provider" | "providerService">,
  listing: Listing | null,
): string[] {
  const { type, rate, currency, provider, providerService } = service;
  const warnings: string[] = [];
  if (!isKnownType(type))
    warnings.push(`The type "${type}" is not known here, so it is ordered by quantity. Known are ${KNOWN_TYPES.join(", ")}.`);
  if (listing === null) return warnings;
  if (!listing.isListed) warnings.push(`Provider "${provider}" does not list a service "${providerService}".`);
  const [own, theirs] = [parsePrice(rate), listing.rate === null ? null : parsePrice(listing.rate)];
  const isComparable = currency === null || listing.currency === null || currency === listing.currency;
  if (isComparable && own !== null && theirs !== null && own < theirs)
    warnings.push(
      `The rate ${rate} is below the ${listing.rate} that provider "${provider}" asks${listing.currency === null ? "" : ` in ${listing.currency}`}.`,
    );
  return warnings;
}

const REPLIES_BY_LINE: TypeRules = { counting: { by: "lines", of: "comments" }, needs: [LINK] };

function rulesOf(type: string, fields: Fields): TypeRules {
  const folded = foldWord(type);
  if (folded === COMMENT_REPLIES && given(fields, "comments") !== null) return REPLIES_BY_LINE;
  return RULES.get(folded) ?? DEFAULT_RULES;
}

/** A field's text without the space around it; null where there is none. */
function given(fields: Fields, name: string): string | null {
  const text = fields.get(name)?.trim() ?? "";
  return text === "" ? null : text;
}

/** What an `add` of a service asks for; or what is wrong with it. */
export function orderedBy(service: Service, fields: Fields): Checked<Ordered> {
  const { counting, needs } = rulesOf(service.type, fields);
  const missing = needs.find((names) => names.every((name) => given(fields, name) === null));
  if (missing !== undefined) return no("missing_field", missing[0]);
  const runs = runsIn(fields);
  if (runs === "unreadable" || (runs !== null && (!service.dripfeed || counting.by === "posts"))) return no("dripfeed", "runs");
  const units = unitsOf(counting, fields, service);
  if (!units.ok) return units;
  const times = runs ?? 1;
  const quantity = units.value === null ? null : units.value * times;
  if (quantity !== null && quantity > MAX_QUANTITY) return no("max", "quantity", MAX_QUANTITY);
  const charge = chargeOf(service.rate, quantity ?? PER_RATE * times);
  if (charge === null) return no("service");
  return ok({ quantity, charge, runs, posts: counting.by === "posts" ? countIn(given(fields, "posts") ?? "") : null });
}

/** What is ours to say at any provider. Some servers do not mind case. */
const OURS: ReadonlySet<string> = new Set(["key", "action"]);
/** What is the provider's and ours to say; its dialects among them. */
const NOT_THE_PANELS: ReadonlySet<string> = new Set([...OURS, "api_token", "service", "package"]);

/** The fields of an `add` that go to a provider as they are, known here or not: those that no server reads as another. */
export function sendable(fields: Fields): Record<string, string> {
  return Object.fromEntries([...fields].filter(([name]) => PLAIN_NAME.test(name) && !OURS.has(name.toLowerCase())));
}
/** What the price follows from: it is sent as it was read. */
const PRICED: ReadonlySet<string> = new Set(["quantity", "runs", "interval", "min", "max", "posts", "old_posts"]);

/**
 * The fields that go to the provider for an `add` that `orderedBy` has taken: all of the panel's, but none that could
 * say something else than what was paid for. A server that reads `quantity[]`, `Quantity`, a quantity beside a list of
 * comments, or other lines in that list than were counted would deliver that.
 */
export function sentBy(service: Service, fields: Fields): Record<string, string> {
  const { counting } = rulesOf(service.type, fields);
  const counted = countedFields(counting, runsIn(fields) !== null);
  const isCounted = (name: string) => counting.by === "lines" && name !== counting.of && name.toLowerCase() === counting.of;
  const others = [...fields]
    .filter(([name]) => PLAIN_NAME.test(name) && !NOT_THE_PANELS.has(name.toLowerCase()) && !PRICED.has(name.toLowerCase()))
    .filter(([name]) => !isCounted(name))
    .map(([name, text]) => [name, sentText(name, text)] as const);
  const priced = counted.flatMap((name) => {
    const text = given(fields, name);
    return text === null ? [] : [[name, text] as const];
  });
  return { ...Object.fromEntries(others), ...Object.fromEntries(priced), service: service.providerService };
}

function countedFields({ by }: Counting, isDripFeed: boolean): readonly string[] {
  const units = by === "quantity" ? ["quantity"] : by === "posts" ? ["min", "max", "posts", "old_posts"] : [];
  return isDripFeed ? [...units, "runs", "interval"] : units;
}

type Bounds = { readonly min: number; readonly max: number };

/** Units of one run, within bounds; null where nobody counts them. */
function unitsOf(counting: Counting, fields: Fields, bounds: Bounds): Checked<number | null> {
  switch (counting.by) {
    case "package":
      return ok(null);
    case "posts":
      return unitsOfPosts(fields, bounds);
    case "lines": {
      const lines = linesIn(fields.get(counting.of) ?? "");
      return lines === 0 ? no("missing_field", counting.of) : within(lines, counting.of, bounds);
    }
    case "quantity":
      return countWithin(fields, "quantity", bounds);
  }
}

/**
 * A subscription takes as many for each post as `max` says: that much is paid for, since the provider may deliver it.
 * Posts that stand there already count like those to come. Without a number of posts there would be no end to it.
 */
function unitsOfPosts(fields: Fields, bounds: Bounds): Checked<number> {
  const least = countWithin(fields, "min", bounds);
  if (!least.ok) return least;
  const most = countWithin(fields, "max", { ...bounds, min: least.value });
  if (!most.ok) return most;
  const posts = countWithin(fields, "posts", { min: 1, max: MAX_QUANTITY });
  if (!posts.ok) return posts;
  const before = given(fields, "old_posts");
  const old = before === null || isZero(before) ? 0 : countIn(before);
  if (old === null) return no("quantity", "old_posts");
  const units = most.value * (posts.value + old);
  return units > MAX_QUANTITY ? no("max", "posts", MAX_QUANTITY) : ok(units);
}

function countWithin(fields: Fields, name: string, bounds: Bounds): Checked<number> {
  const text = given(fields, name);
  if (text === null) return no("missing_field", name);
  const count = countIn(text);
  return count === null ? no("quantity", name) : within(count, name, bounds);
}

function within(count: number, field: string, { min, max }: Bounds): Checked<number> {
  if (count < min) return no("min", field, min);
  return count > max ? no("max", field, max) : ok(count);
}

/** A whole number from 1 on, in nine digits at most; null for anything else. */
function countIn(text: string): number | null {
  return /^\d{1,9}$/.test(text) && !isZero(text) ? Number(text) : null;
}

function isZero(text: string): boolean {
  return /^0+$/.test(text);
}

/**
 * Every end of a line that some server knows: PHP's, Python's and JavaScript's. A list that is cut at one of them there and
 * not here would be delivered in full and paid for as one line.
 */
const LINE_ENDS = new RegExp(["\r\n", "\n", "\r", "\v", "\f", "\u001C", "\u001D", "\u001E", "\u0085", "\u2028", "\u2029"].join("|"));
/** Those that every server knows. */
const COMMON_LINE_ENDS = /\r?\n/;

/** The lines of a list with something on them. */
function linesOf(text: string, ends = LINE_ENDS): string[] {
  return text.split(ends).filter((line) => line.trim() !== "");
}

function linesIn(text: string): number {
  return linesOf(text).length;
}

/** Fields that are lists, an entry a line. */
const LISTS: ReadonlySet<string> = new Set(["comments", "usernames", "hashtags", "keywords"]);

/** A list as it is sent: the lines that were counted, each ended in the one way that every server knows. */
function sentText(name: string, text: string): string {
  return LISTS.has(name) ? linesOf(text).join("\n") : text;
}

/** Whether every server finds as many lines in a list. */
function isCountCertain(counting: Counting, fields: Fields): boolean {
  if (counting.by !== "lines") return true;
  const text = fields.get(counting.of) ?? "";
  return linesIn(text) === linesOf(text, COMMON_LINE_ENDS).length;
}

/** Scripts send `runs` empty, 0 or 1 with orders that are no drip-feed. */
function runsIn(fields: Fields): number | "unreadable" | null {
  const text = given(fields, "runs");
  if (text === null || isZero(text)) return null;
  const runs = countIn(text) ?? "unreadable";
  return runs === 1 ? null : runs;
}

/** Of how many parts an `add` asks for; null where none are counted. */
type PartsOrdered = Pick<Ordered, "runs" | "posts"> & { readonly isSubscription: boolean };

/**
 * Runs of a drip-feed, posts of a subscription, which may go on without a number of them. One run is a plain order. `type`:
 * its service's, as its provider lists it; where that is none that is known here, the fields tell. Rule [P17].
 */
export function partsOrdered(type: string | null, fields: Fields): PartsOrdered {
  const posts = countIn(given(fields, "posts") ?? "");
  const isSubscription =
    type !== null && isKnownType(type) ? rulesOf(type, fields).counting.by === "posts" : posts !== null || isRangeForPosts(fields);
  if (isSubscription) return { runs: null, posts, isSubscription };
  const runs = runsIn(fields);
  return { runs: runs === "unreadable" ? null : runs, posts: null, isSubscription };
}

function isKnownType(type: string): boolean {
  return KNOWN_FOLDED.has(foldWord(type));
}

/** A subscription takes between `min` and `max` for each post of a user; no other type is ordered so. */
function isRangeForPosts(fields: Fields): boolean {
  return given(fields, "quantity") === null && ["username", "min", "max"].every((name) => given(fields, name) !== null);
}

/** Rates are for so many units. */
const PER_RATE = 1000;
/** Prices are in 1e-12, amounts in 1e-6. */
const PRICE_PER_MICRO = 10n ** 6n;

/**
 * What units cost at a rate, in micro-units, rounded up: `rate` buys 1,000. Null where the rate cannot be read, and for
 * more than an amount may be.
 */
export function chargeOf(rate: string, units: number): number | null {
  const price = parsePrice(rate);
  if (price === null || !Number.isSafeInteger(units) || units < 0) return null;
  const charge = dividedUp(price * BigInt(units), BigInt(PER_RATE) * PRICE_PER_MICRO);
  return charge > BigInt(MAX_AMOUNT_MICROS) ? null : Number(charge);
}

function dividedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/**
 * What an `add` asks of a provider, and what it will cost there, as far as its list of services lets us know for certain:
 * bounds are the provider's to check. Nulls where it does not; then the order is followed without refund arithmetic.
 */
export function costOf(
  rate: string | null,
  type: string,
  fields: Fields,
): { readonly quantity: number | null; readonly charge: number | null } {
  const { counting } = rulesOf(type, fields);
  const runs = runsIn(fields);
  if (counting.by === "posts" || runs === "unreadable" || !isCountCertain(counting, fields)) return { quantity: null, charge: null };
  const units = unitsOf(counting, fields, { min: 1, max: MAX_QUANTITY });
  if (!units.ok) return { quantity: null, charge: null };
  const times = runs ?? 1;
  const quantity = units.value === null ? null : units.value * times;
  if (quantity !== null && quantity > MAX_QUANTITY) return { quantity: null, charge: null };
  return { quantity, charge: rate === null ? null : chargeOf(rate, quantity ?? PER_RATE * times) };
}

/** Most digits before the point of a rate. */
const MAX_RATE_DIGITS = 15;

/**
 * A provider's rate with so many percent on it, rounded up at the last decimal that a rate has here. Null where the rate
 * cannot be read or becomes too large. `percent` must be a decimal string.
 */
export function withMarkup(rate: string, percent: string): string | null {
  const price = decimalOf(rate);
  const markup = decimalOf(percent);
  if (price === null || markup === null) return null;
  const hundred = 100n * 10n ** BigInt(markup.scale);
  const product = price.digits * (hundred + markup.digits) * 10n ** BigInt(RATE_DECIMALS);
  const marked = dividedUp(product, 10n ** BigInt(price.scale) * hundred);
  if (marked >= 10n ** BigInt(MAX_RATE_DIGITS + RATE_DECIMALS)) return null;
  return formatPrice(marked * PRICE_PER_RATE_STEP);
}

/** The last decimal of a rate, in 1e-12. */
const PRICE_PER_RATE_STEP = 10n ** 3n;

/** `digits / 10^scale`, with all of its decimals. */
function decimalOf(text: string): { readonly digits: bigint; readonly scale: number } | null {
  const match = /^(\d{1,64})(?:\.(\d{1,64}))?$/.exec(text);
  if (match === null) return null;
  const decimals = match[2] ?? "";
  return { digits: BigInt((match[1] ?? "") + decimals), scale: decimals.length };
}

/** The shortest text of a rate: "0.90" → "0.9". Null for what is none. */
export function shortestRate(rate: string): string | null {
  const price = parsePrice(rate);
  return price === null ? null : formatPrice(price);
}

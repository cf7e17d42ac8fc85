/** What a simulated provider sells. Names and sizes are the same everywhere, prices differ by provider. */
import { drawsOf } from "./draws.ts";
import { InputError } from "./json.ts";

/** The fields `add` must have for each type of service, besides `service`. */
export const REQUIRED_FIELDS = {
  Default: ["link", "quantity"],
  Package: ["link"],
  "Custom Comments": ["link", "comments"],
  "Custom Comments Package": ["link", "comments"],
  "Mentions Custom List": ["link", "usernames"],
  "Mentions Hashtag": ["link", "quantity", "hashtag"],
  "Mentions User Followers": ["link", "quantity", "username"],
  "Mentions Media Likers": ["link", "quantity", "media"],
  "Comment Likes": ["link", "quantity", "username"],
  Poll: ["link", "quantity", "answer_number"],
  SEO: ["link", "quantity", "keywords"],
  Subscriptions: ["username", "min", "max", "posts"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type ServiceType = keyof typeof REQUIRED_FIELDS;

export interface Service {
  readonly service: number;
  readonly name: string;
  readonly type: ServiceType;
  readonly category: string;
  /** Price of 1,000 in millionths of the provider's currency. */
  readonly rateMicros: number;
  readonly min: number;
  readonly max: number;
  readonly refill: boolean;
  readonly cancel: boolean;
  readonly dripfeed: boolean;
}

/** A package is one thing to its buyer and this many units to the server that counts what is delivered. */
export const PACKAGE_UNITS = 1000;

const DEFAULT_SERVICES = [
  { name: "Followers", category: "Instagram", rate: 900_000, refill: true },
  { name: "Likes", category: "Instagram", rate: 278_190, refill: false },
  { name: "Views", category: "TikTok", rate: 12_000, refill: false },
  { name: "Subscribers", category: "YouTube", rate: 14_500_000, refill: true },
  { name: "Members", category: "Telegram", rate: 1_350_500, refill: true },
] as const;

const OTHER_TYPES = [
  { type: "Package", name: "Starter package", rate: 4_000_000 },
  { type: "Custom Comments", name: "Comments, own text", rate: 21_000_000 },
  { type: "Custom Comments Package", name: "Comments package, own text", rate: 30_000_000 },
  { type: "Mentions Custom List", name: "Mentions, own list", rate: 8_000_000 },
  { type: "Mentions Hashtag", name: "Mentions by hashtag", rate: 7_500_000 },
  { type: "Mentions User Followers", name: "Mentions of followers", rate: 7_000_000 },
  { type: "Mentions Media Likers", name: "Mentions of likers", rate: 6_800_000 },
  { type: "Comment Likes", name: "Likes on a comment", rate: 1_100_000 },
  { type: "Poll", name: "Votes", rate: 2_200_000 },
  { type: "SEO", name: "Visits from search", rate: 3_300_000 },
  { type: "Subscriptions", name: "Likes on new posts", rate: 310_000 },
] as const;

export function catalogueOf(seed: number, provider: string): readonly Service[] {
  const draws = drawsOf(seed, provider, "catalogue");
  // A tenth up or down, in steps that keep a rate within its six decimals.
  const priced = (rate: number): number => Math.floor((rate * draws.between(90, 110)) / 100);
  const plain = DEFAULT_SERVICES.map((entry, index) => ({
    service: index + 1,
    name: entry.name,
    type: "Default" as const,
    category: entry.category,
    rateMicros: priced(entry.rate),
    min: 10,
    max: 100_000,
    refill: entry.refill,
    cancel: true,
    dripfeed: true,
  }));
  const others = OTHER_TYPES.map((entry, index) => ({
    service: plain.length + index + 1,
    name: entry.name,
    type: entry.type,
    category: "Other",
    rateMicros: priced(entry.rate),
    min: 1,
    max: 20_000,
    refill: false,
    cancel: entry.type !== "SEO",
    dripfeed: false,
  }));
  return [...plain, ...others];
}

/** By the number of a service: what is new of it, or null for one that is sold no more. `rate`: a decimal string, for 1,000. */
export type CatalogueChanges = Readonly<Record<string, { readonly rate?: string; readonly min?: number; readonly max?: number } | null>>;

/** The catalogue with changes. Throws InputError for a service that is not in it. */
export function changedCatalogue(catalogue: readonly Service[], changes: CatalogueChanges): readonly Service[] {
  const strange = Object.keys(changes).find((id) => !catalogue.some(({ service }) => String(service) === id));
  if (strange !== undefined) throw new InputError(`there is no service ${strange} to change`);
  return catalogue.flatMap((service) => {
    const change = changes[String(service.service)];
    if (change === undefined) return [service];
    if (change === null) return [];
    const { rate, ...limits } = change;
    return [{ ...service, ...limits, ...(rate !== undefined && { rateMicros: Number(nanosOf(rate) / 1000n) }) }];
  });
}

/** The provider's price in billionths of its currency, exact. */
export function priceNanos(service: Service, quantity: number): bigint {
  return BigInt(service.rateMicros) * BigInt(quantity);
}

/** A decimal string of so many decimals, rounded half up. */
export function decimalOf(nanos: bigint, decimals: number): string {
  const unit = 10n ** BigInt(9 - decimals);
  const negative = nanos < 0n;
  const rounded = ((negative ? -nanos : nanos) + unit / 2n) / unit;
  const digits = rounded.toString().padStart(decimals + 1, "0");
  return `${negative ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Throws RangeError unless `amount` is a plain decimal of at most nine places. */
export function nanosOf(amount: string): bigint {
  const [, whole, fraction = ""] = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(amount) ?? [];
  if (whole === undefined) throw new RangeError(`not a decimal amount: ${amount}`);
  return BigInt(whole + fraction.padEnd(9, "0"));
}

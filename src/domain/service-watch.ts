/**
 * What has changed of services that are sold here, in their provider's own list. Pure.
 */
import { shortText } from "./alert-facts.ts";
import { parsePrice } from "./price.ts";

/** A service as its provider lists it; null where it is not listed. What cannot be read is null. */
export type WatchedService = {
  readonly name: string;
  readonly rate: string | null;
  readonly min: number | null;
  readonly max: number | null;
} | null;

/** What was kept of each service that is sold here, and what is listed now. */
export type WatchedList = {
  /** With the least that 1,000 units are sold for, where that can be compared with what the provider asks. */
  readonly sold: ReadonlyMap<string, string | null>;
  readonly kept: ReadonlyMap<string, WatchedService>;
  readonly listed: ReadonlyMap<string, NonNullable<WatchedService>>;
};

/** `kept`: what to keep of services from now on, where that is news. `texts`: what has changed, one a service. */
export type WatchResult = { readonly kept: ReadonlyMap<string, WatchedService>; readonly texts: readonly string[] };

/** What of the list is news. A list without any service is a provider's mishap: nothing follows from it. */
export function watchServices({ sold, kept, listed }: WatchedList): WatchResult {
  const next = new Map<string, WatchedService>();
  const texts: string[] = [];
  if (listed.size === 0) return { kept: next, texts };
  for (const [service, price] of sold) {
    const after = listed.get(service) ?? null;
    const before = kept.get(service);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(after)) continue;
    next.set(service, after);
    // What is looked at for the first time is no change.
    if (before === undefined) continue;
    const changes = changesOf(before, after, price);
    if (changes.length > 0) texts.push(`service ${shortText(service, 40)}${titleOf(after ?? before)} ${changes.join(", ")}`);
  }
  return { kept: next, texts };
}

function titleOf(service: WatchedService): string {
  return service === null || service.name === "" ? "" : ` ("${shortText(service.name, 60)}")`;
}

const FIGURES = { rate: "costs", min: "has a least quantity of", max: "has a greatest quantity of" } as const;

function changesOf(before: WatchedService, after: WatchedService, price: string | null): string[] {
  if (after === null) return before === null ? [] : ["is not listed any more"];
  if (before === null) return ["is listed again"];
  const figures = (Object.keys(FIGURES) as (keyof typeof FIGURES)[]).flatMap((field) =>
    before[field] === after[field]
      ? []
      : [
          `${FIGURES[field]} ${after[field] ?? "?"} instead of ${before[field] ?? "?"}${field === "rate" ? marginText(after.rate, price) : ""}`,
        ],
  );
  return [...(before.name === after.name ? [] : [`was called "${shortText(before.name, 60)}" before`]), ...figures];
}

/** A service that leaves less of its price is told of. */
const LEAST_MARGIN_PERCENT = 10n;

/** What a new rate leaves of the own price, where that is little. */
function marginText(rate: string | null, price: string | null): string {
  const [own, theirs] = [parsePrice(price ?? ""), parsePrice(rate ?? "")];
  if (own === null || theirs === null || own === 0n) return "";
  if (theirs >= own) return ` (${theirs === own ? "all" : "more than all"} of your price, ${price})`;
  const percent = ((own - theirs) * 100n) / own;
  return percent < LEAST_MARGIN_PERCENT ? ` (it leaves ${percent} % of your price, ${price})` : "";
}

/** So many are told one by one. */
const MAX_TOLD = 5;

/** What is told of a provider's list. */
export function changesText(provider: string, texts: readonly string[]): string {
  const more = texts.length > MAX_TOLD ? `; and ${texts.length - MAX_TOLD} more` : "";
  return `Provider ${provider} has changed its list: ${texts.slice(0, MAX_TOLD).join("; ")}${more}.`;
}

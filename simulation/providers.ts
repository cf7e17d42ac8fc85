/**
 * The providers of a run, each with bends of the wire of its own, and the faults that come and go.
 */
import type { ModeInput } from "../simulator/modes.ts";
import { changeProvider, type Provider } from "../simulator/world.ts";
import { LASTING_LIVES } from "../test/panels/lives.ts";
import type { Draws } from "./draws.ts";

export const PROVIDERS = ["acme", "basil", "cedar"] as const;

/** Bends of the wire that a provider has for good; what they mean stays the same. */
const SHAPES: readonly string[] = [
  "error_http",
  "error_localised",
  "error_codes",
  "error_as_msg",
  "many_entry_error_string",
  "extra_ids",
  "no_many",
  "cap_many_error=20",
  "cap_many_silent=30",
  "success_status_field",
  "array_of_objects",
  "ids_as_strings",
  "numbers_as_numbers",
  "start_count_zero",
  "thousands_separators",
  "plus_sign",
  "negative_remains",
  "remains_exceeds_quantity",
  "charge_object",
  "charge_nine_decimals",
  "status_words",
  "bom",
  "php_warnings=plain",
  "content_type_html",
  "foreign_dates",
];

/** More of them, of which a provider has one in some runs. They are drawn by themselves, so that the other draws stay as they are. */
const FORMS: readonly string[] = [
  "error_form=reason",
  "error_form=success_text",
  "error_form=wrapped",
  "error_form=detail",
  "add_form=object",
  "add_form=data_id",
  "add_form=success_id",
  "cancel_one",
  "refill_ids=cuid",
  "success_wrapper",
  "charge_dollar_sign",
];

/** Bends of providers whose orders take several messages, of which a later one can fall out with an earlier one. */
const ONE_BY_ONE = ["no_many", "cap_many_error", "cap_many_silent"] as const;

/** Bends of `remains` itself, and what makes some of them unreadable. */
const BENDS_REMAINS = ["negative_remains", "remains_exceeds_quantity", "thousands_separators"] as const;

/** Whether one of these modes is on at the provider. */
export function hasMode({ modes }: Provider, ...names: readonly string[]): boolean {
  return modes.some(({ mode }) => names.includes(mode));
}

/** Whether its word for a drip-feed that is delivered says so by itself: there is no figure beside it, and "Success" may be the call's. */
export function namesDripFeeds({ modes }: Provider): boolean {
  return modes.every(({ mode, value }) => mode !== "status_words" || value === "rare" || value === "upper");
}

export function isAskedOneByOne(provider: Provider): boolean {
  return hasMode(provider, ...ONE_BY_ONE);
}

export function bendsRemains(provider: Provider): boolean {
  return hasMode(provider, ...BENDS_REMAINS);
}

/** Faults of a provider that come and go. */
const PROVIDER_FAULTS: readonly string[] = [
  "fails_with_error",
  "many_entry_dropped=7",
  "html_502/3",
  "html_login/2",
  "bot_check/3",
  "empty_body/2",
  "literal_null/4",
  "truncated_json/3",
  "rate_limit=5",
  "slow=4000",
  "hang/5",
  "lost_answer/3",
  "down",
  "down/2",
  "add_unreadable=page",
  "add_unreadable=reset/2",
  "add_unreadable=error",
  "says_always",
  "says_always=Something went wrong/2",
  "services_unreadable=page",
];

/** Faults that leave no order with a number to go by: not where scripts buy, which pay by the first final status. */
const DOUBTS: readonly string[] = ["null_fields=remains", "unknown_strings=remains", "status_unknown/3", "many_entry_missing"];

/** A mode's name, of how it is written. */
export function modeOf(written: string): string {
  return written.replace(/[=/].*$/, "");
}

/** Every mode that a provider can have, whether anything is wrong with it or not. */
export const MODES: readonly string[] = [...new Set([...SHAPES, ...FORMS, ...PROVIDER_FAULTS, ...DOUBTS].map(modeOf))];

/** One of each mode, the last of those named. */
function distinct(modes: readonly string[]): ModeInput[] {
  return [...new Map(modes.map((mode) => [modeOf(mode), mode])).values()] as ModeInput[];
}

export function mixOf(draws: Draws) {
  return draws.chance(0.5) ? LASTING_LIVES : { ...LASTING_LIVES, reversal: 6, reopened: 4, taken_back: draws.chance(0.3) ? 4 : 0 };
}

/** Draws which faults a provider has from now on, if any. */
export function changeFaults(provider: Provider, shapes: readonly string[], draws: Draws): readonly string[] {
  const kinds = provider.name === "acme" ? PROVIDER_FAULTS : [...PROVIDER_FAULTS, ...DOUBTS];
  const faults = draws.chance(0.55) ? [draws.pick(kinds), ...(draws.chance(0.3) ? [draws.pick(kinds)] : [])] : [];
  changeProvider(provider, { modes: distinct([...shapes, ...faults]) });
  return faults;
}

/**
 * The bends that a provider has for good. A comma before three digits can be read in two ways where no other number of the
 * answer is written as text: such a provider leaves its orders without a number to go by.
 */
export function shapesOf(draws: Draws, forms: Draws): ModeInput[] {
  const drawn = Array.from({ length: draws.between(0, 4) }, () => draws.pick(SHAPES));
  const shapes = drawn.includes("numbers_as_numbers") ? drawn.filter((shape) => shape !== "thousands_separators") : drawn;
  return distinct([...shapes, ...(forms.chance(0.3) ? [forms.pick(FORMS)] : [])]);
}

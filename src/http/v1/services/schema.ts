import * as z from "zod/mini";
import { MAX_SERVICE_ID, shortestRate } from "../../../domain/catalogue.ts";
import type { ServiceSettings } from "../../../store/catalogue/services.ts";
import type { Schema } from "../../kit/validate.ts";
import { currency, line, price, quantity, slug, text, wholeNumber } from "../../kit/fields.ts";

const MAX_NAME_CHARACTERS = 500;
const MAX_CATEGORY_CHARACTERS = 200;
const MAX_TYPE_CHARACTERS = 64;
const MAX_DESCRIPTION_CHARACTERS = 4000;
/** Ids of providers' services, as refund policies have them. */
const MAX_SERVICE_CHARACTERS = 128;
/** Ten years; a service that takes longer has no time at all. */
const MAX_DAYS = 3650;
const MAX_MINUTES = MAX_DAYS * 24 * 60;

/** The provider's own id: a text, or a number as most lists have it. */
const providersId: Schema<string> = z.pipe(
  z.union([line(MAX_SERVICE_CHARACTERS), wholeNumber(0, Number.MAX_SAFE_INTEGER)], {
    error: `must be the provider's id of the service: a text of 1 to ${MAX_SERVICE_CHARACTERS} characters, or a whole number`,
  }),
  z.transform(String),
);

/** A price of 1,000, in its shortest form, so that equal rates are equal texts. */
const rate: Schema<string> = z.pipe(
  price,
  z.transform((value: string) => shortestRate(value) ?? value),
);

/** What can be set of a service; nothing is required here, since a change may leave everything out. */
export const serviceBody = z.strictObject({
  provider: z.exactOptional(slug),
  service: z.exactOptional(providersId),
  provider_service: z.exactOptional(providersId),
  name: z.exactOptional(line(MAX_NAME_CHARACTERS)),
  category: z.exactOptional(line(MAX_CATEGORY_CHARACTERS)),
  type: z.exactOptional(line(MAX_TYPE_CHARACTERS)),
  description: z.exactOptional(z.nullable(text(MAX_DESCRIPTION_CHARACTERS))),
  rate: z.exactOptional(rate),
  min: z.exactOptional(quantity),
  max: z.exactOptional(quantity),
  dripfeed: z.exactOptional(z.boolean()),
  refill: z.exactOptional(z.boolean()),
  cancel: z.exactOptional(z.boolean()),
  refill_days: z.exactOptional(z.nullable(wholeNumber(1, MAX_DAYS))),
  start_minutes: z.exactOptional(z.nullable(wholeNumber(1, MAX_MINUTES))),
  duration_minutes: z.exactOptional(z.nullable(wholeNumber(1, MAX_MINUTES))),
  currency: z.exactOptional(z.nullable(currency)),
  enabled: z.exactOptional(z.boolean()),
});

export type ServiceBody = z.output<typeof serviceBody>;

/** What a body sets; `provider_service` is another name of `service`. */
export function settingsIn({ provider_service, ...body }: ServiceBody): Partial<ServiceSettings> {
  return provider_service === undefined ? body : { ...body, service: provider_service };
}

/** What has no value that would do for any service. */
export const REQUIRED = ["provider", "service", "name", "rate", "min", "max"] as const satisfies readonly (keyof ServiceSettings)[];

/** What a new service has where nothing is said. */
export const DEFAULTS = {
  category: "Other",
  type: "Default",
  description: null,
  currency: null,
  dripfeed: false,
  refill: false,
  cancel: false,
  refill_days: null,
  start_minutes: null,
  duration_minutes: null,
  enabled: true,
} as const satisfies Omit<ServiceSettings, (typeof REQUIRED)[number]>;

export const servicePath = z.strictObject({
  id: z.pipe(
    z.string().check(
      z.refine((id) => /^[1-9]\d{0,9}$/.test(id) && Number(id) <= MAX_SERVICE_ID, {
        error: `must be a whole number from 1 to ${MAX_SERVICE_ID}`,
      }),
    ),
    z.transform(Number),
  ),
});

const MAX_MARKUP_PERCENT = 10_000;

/** Percent on top of a rate, as a decimal string; numbers are taken where they are as short. */
export const markup: Schema<string> = z.pipe(
  z.union([z.string(), z.number()], { error: "must be a percentage: a number, or a decimal string" }),
  z.transform((value, context): string => {
    const percent = String(value);
    if (/^\d{1,5}(\.\d{1,4})?$/.test(percent) && Number(percent) <= MAX_MARKUP_PERCENT) return percent;
    context.issues.push({
      code: "custom",
      message: `must be from 0 to ${MAX_MARKUP_PERCENT} percent, with at most 4 decimals`,
      input: value,
    });
    return z.NEVER;
  }),
);

const MAX_CATEGORIES = 1000;

export const importBody = z.strictObject({
  provider: slug,
  markup,
  categories: z.exactOptional(z.array(text(MAX_CATEGORY_CHARACTERS)).check(z.minLength(1), z.maxLength(MAX_CATEGORIES))),
});

import * as z from "zod/mini";
import { foldWord, type Status, STATUS_NAMES } from "../../../domain/status.ts";
import { CANONICAL_REQUEST, requestText, type RequestShape } from "../../../provider/settings.ts";
import type { SettingsChange } from "../../../store/providers/provider-settings.ts";
import type { Schema } from "../../kit/validate.ts";
import { amount, currency, line, slug, text, wholeNumber } from "../../kit/fields.ts";

const MAX_NAME_CHARACTERS = 128;
const MAX_KEY_CHARACTERS = 512;
const MAX_WORD_CHARACTERS = 64;
const MAX_WORDS = 200;
const MAX_PANELS = 1000;
/** A call a millisecond: nobody's limit is higher, and a larger number is a mistake. */
const MAX_CALLS_PER_MINUTE = 60_000;

const word = text(MAX_WORD_CHARACTERS).check(z.refine((value) => foldWord(value) !== "", { error: "must have a letter or a digit" }));

/** `unknown` is what a word becomes that nobody has mapped, so nothing is mapped to it. */
const MAPPED = STATUS_NAMES.filter((status) => status !== "unknown");

/** A provider's own words; kept folded, so that spellings of one word are one entry. */
const statusWords: Schema<Record<string, Status>> = z.pipe(
  z
    .record(word, z.enum(MAPPED))
    .check(z.refine((words) => Object.keys(words).length <= MAX_WORDS, { error: `must have at most ${MAX_WORDS} words` })),
  z.transform((words, context): Record<string, Status> => {
    const folded = new Map<string, Status>();
    for (const [spelling, status] of Object.entries(words)) {
      const key = foldWord(spelling);
      if (folded.has(key))
        context.issues.push({ code: "custom", path: [spelling], message: "is another spelling of a word given before", input: words });
      folded.set(key, status);
    }
    return Object.fromEntries(folded);
  }),
);

const fieldName = z.string().check(z.regex(/^[A-Za-z0-9_.[\]-]{1,64}$/, "must be 1 to 64 characters of A-Z, a-z, 0-9 and _ . - [ ]"));
const headerText = z
  .string()
  .check(z.regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/, "must be 1 to 256 printable ASCII characters"));

/** What an `add` is made of; a value of ours in its place would be another order. */
const ADD_FIELDS: ReadonlySet<string> = new Set([
  "action",
  "key",
  "service",
  "link",
  "quantity",
  "runs",
  "interval",
  "comments",
  "username",
]);
const ownField = fieldName.check(z.refine((name) => !ADD_FIELDS.has(name.toLowerCase()), { error: "must not be a field of API v2" }));
/** One name for two of them would make a call mean another thing. */
function differentNames<T extends Readonly<Record<string, string>>>(of: "field" | "action") {
  return z.refine<T>((names) => new Set(Object.values(names)).size === Object.keys(names).length, {
    error: `must have a name of its own for each ${of}`,
  });
}

/** How the provider wants to be spoken to; what is left out is as API v2 has it, not as it was set before. */
const requestShape: Schema<RequestShape> = z.pipe(
  z.strictObject({
    method: z.prefault(z.enum(["POST", "GET"]), CANONICAL_REQUEST.method),
    encoding: z.prefault(z.enum(["form", "json"]), CANONICAL_REQUEST.encoding),
    trailing_slash: z.prefault(z.boolean(), CANONICAL_REQUEST.trailingSlash),
    user_agent: z.prefault(z.nullable(headerText), CANONICAL_REQUEST.userAgent),
    idempotency_field: z.prefault(z.nullable(ownField), CANONICAL_REQUEST.idempotencyField),
    fields: z.prefault(
      z
        .strictObject({
          key: z.prefault(fieldName, CANONICAL_REQUEST.fields.key),
          action: z.prefault(fieldName, CANONICAL_REQUEST.fields.action),
          order: z.prefault(fieldName, CANONICAL_REQUEST.fields.order),
          orders: z.prefault(fieldName, CANONICAL_REQUEST.fields.orders),
          service: z.prefault(fieldName, CANONICAL_REQUEST.fields.service),
        })
        .check(differentNames("field")),
      {},
    ),
    actions: z.prefault(
      z
        .strictObject({
          services: z.prefault(fieldName, CANONICAL_REQUEST.actions.services),
          add: z.prefault(fieldName, CANONICAL_REQUEST.actions.add),
          status: z.prefault(fieldName, CANONICAL_REQUEST.actions.status),
          refill: z.prefault(fieldName, CANONICAL_REQUEST.actions.refill),
          refill_status: z.prefault(fieldName, CANONICAL_REQUEST.actions.refill_status),
          cancel: z.prefault(fieldName, CANONICAL_REQUEST.actions.cancel),
          balance: z.prefault(fieldName, CANONICAL_REQUEST.actions.balance),
        })
        .check(differentNames("action")),
      {},
    ),
    cancel_one: z.prefault(z.boolean(), CANONICAL_REQUEST.cancelOne),
  }),
  z.transform(({ trailing_slash, user_agent, idempotency_field, cancel_one, ...same }, context): RequestShape => {
    if (idempotency_field !== null && Object.values(same.fields).includes(idempotency_field))
      context.issues.push({
        code: "custom",
        path: ["idempotency_field"],
        message: "is the name of another field",
        input: idempotency_field,
      });
    const renamed = { trailingSlash: trailing_slash, userAgent: user_agent, idempotencyField: idempotency_field, cancelOne: cancel_one };
    return { ...same, ...renamed };
  }),
);

const brake = z.strictObject({
  share: z.number().check(z.gt(0, "must be above 0"), z.lte(1)),
  min_orders: wholeNumber(1, 1_000_000),
});

/** What can be set of a provider; nothing is required here, since a change may leave everything out. */
export const providerBody = z.strictObject({
  /** What may be in it, the URL policy says. */
  url: z.exactOptional(z.string()),
  key: z.exactOptional(line(MAX_KEY_CHARACTERS)),
  name: z.exactOptional(z.nullable(line(MAX_NAME_CHARACTERS))),
  currency: z.exactOptional(z.nullable(currency)),
  panels: z.exactOptional(z.nullable(z.array(slug).check(z.maxLength(MAX_PANELS)))),
  batch_size: z.exactOptional(wholeNumber(1, 100)),
  max_calls_per_minute: z.exactOptional(z.nullable(wholeNumber(1, MAX_CALLS_PER_MINUTE))),
  timeout_ms: z.exactOptional(wholeNumber(100, 30_000)),
  enabled: z.exactOptional(z.boolean()),
  status_words: z.exactOptional(statusWords),
  request: z.exactOptional(requestShape),
  brake: z.exactOptional(z.nullable(brake)),
  settle_hours: z.exactOptional(wholeNumber(1, 720)),
  low_balance: z.exactOptional(z.nullable(amount)),
});

export type ProviderBody = z.output<typeof providerBody>;

/** A body's settings as the provider's row keeps them; what the body leaves out stays out. */
export function settingsChange({ key, panels, enabled, status_words, request, brake: brakeOn, ...same }: ProviderBody): SettingsChange {
  return {
    ...same,
    ...(key === undefined ? {} : { api_key: key }),
    ...(panels === undefined ? {} : { panels: panels && JSON.stringify([...new Set(panels)]) }),
    ...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
    ...(status_words === undefined ? {} : { status_words: JSON.stringify(status_words) }),
    ...(request === undefined ? {} : { request: requestText(request) }),
    ...(brakeOn === undefined ? {} : { brake: brakeOn && JSON.stringify(brakeOn) }),
  };
}

/**
 * What requests for webhooks take.
 */
import * as z from "zod/mini";
import { EVENT_TYPES, type EventType } from "../../../domain/feed.ts";
import { line, optional } from "../../kit/fields.ts";
import { optionalCursor } from "../../kit/page.ts";
import { limitParam } from "../../kit/query.ts";
import type { Schema } from "../../kit/validate.ts";

const MAX_DESCRIPTION_CHARACTERS = 200;
const MAX_HEADERS = 5;

/** Names that HTTP, the platform or the signature give a meaning of their own. */
const RESERVED = new Set(
  (
    "host content-type content-length content-encoding connection keep-alive transfer-encoding te trailer upgrade expect " +
    "date via forwarded user-agent cdn-loop cookie origin referer accept-encoding"
  ).split(" "),
);
const RESERVED_BEGINNINGS = ["webhook-", "x-forwarded-", "cf-", "proxy-", "sec-", "access-control-"];

function isFree(name: string): boolean {
  const folded = name.toLowerCase();
  return !RESERVED.has(folded) && !RESERVED_BEGINNINGS.some((beginning) => folded.startsWith(beginning));
}

const headerName = z
  .string()
  .check(
    z.regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, "must be the name of a header: 1 to 64 letters, digits and marks, no spaces"),
    z.refine(isFree, { error: "is a header that is set here, or that means something on the way" }),
  );
const headerValue = z
  .string()
  .check(
    z.regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?$/, "must be 1 to 1,024 printable ASCII characters, without spaces around"),
  );

/** Fixed headers that go with each delivery. */
const headers: Schema<Record<string, string>> = z.record(headerName, headerValue).check(
  z.refine((given) => Object.keys(given).length <= MAX_HEADERS, { error: `must have at most ${MAX_HEADERS} headers` }),
  z.refine((given) => new Set(Object.keys(given).map((name) => name.toLowerCase())).size === Object.keys(given).length, {
    error: "must name each header once: capitals make no difference",
  }),
);

/** Each once, in the feed's order. */
const types: Schema<readonly EventType[]> = z.pipe(
  z.array(z.enum(EVENT_TYPES)).check(z.minLength(1)),
  z.transform((given): readonly EventType[] => EVENT_TYPES.filter((type) => given.includes(type))),
);

/** What may be in it, the URL policy says. */
const url = z.string();
const description = line(MAX_DESCRIPTION_CHARACTERS);

/** A number of the feed, as it stands there or as a text. */
const feedNumber: Schema<number> = z.pipe(
  z.union([z.int(), z.string().check(z.regex(/^\d{1,16}$/))], { error: "must be a number of the change feed, such as a `next_after`" }),
  z.pipe(z.transform(Number), z.int().check(z.gte(0))),
);

export const newWebhookBody = z.strictObject({
  url,
  types: optional(types),
  description: optional(description),
  headers: z.prefault(headers, {}),
});

export const webhookChangeBody = z.strictObject({
  url: z.exactOptional(url),
  types: z.exactOptional(z.nullable(types)),
  description: z.exactOptional(z.nullable(description)),
  headers: z.exactOptional(headers),
  enabled: z.exactOptional(z.boolean()),
  after: z.exactOptional(feedNumber),
});

export const webhookReplayBody = z.strictObject({ after: feedNumber });

export const webhooksQuery = z.strictObject({ limit: limitParam, cursor: optionalCursor(z.tuple([z.string()])) });

/** All that are kept, unless fewer are asked for. A place among them is when one was sent, and its number. */
export const deliveriesQuery = z.strictObject({
  limit: z.prefault(limitParam, "100"),
  cursor: optionalCursor(z.tuple([z.int(), z.int()])),
});

export type NewWebhookBody = z.output<typeof newWebhookBody>;
export type WebhookChangeBody = z.output<typeof webhookChangeBody>;

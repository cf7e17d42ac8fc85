/**
 * `GET /v1/statuses`: what each status and flag means, for a panel's pages.
 */
import * as z from "zod/mini";
import { CUSTOMER_FLAGS } from "../../../domain/order.ts";
import { isFinal, STATUS_NAMES, STATUSES } from "../../../domain/status.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { line } from "../../kit/fields.ts";
import { revalidated } from "../../kit/reply.ts";
import { FALLBACK_LANGUAGE, textsIn } from "./texts.ts";

const MAX_LANG_CHARACTERS = 35;

export const statusesQuery = z.strictObject({ lang: z.prefault(line(MAX_LANG_CHARACTERS), FALLBACK_LANGUAGE) });

/** The language is in the URL, so an answer varies with no header. */
const CACHE_HEADERS = { "Cache-Control": "public, max-age=3600" } as const;

/**
 * `GET /v1/statuses?lang=`. A language that there are no texts in is answered in English: `lang` says so beside `requested`.
 * A label is the word of API v2 in every language.
 */
export function getStatuses(
  call: Context,
  { query: { lang: requested } }: { readonly query: z.output<typeof statusesQuery> },
): Promise<Answer> {
  const { lang, texts } = textsIn(requested);
  const statuses = STATUS_NAMES.map((status) => ({
    status,
    label: STATUSES[status].label,
    final: isFinal(status),
    ...texts.statuses[status],
  }));
  const flags = CUSTOMER_FLAGS.map((flag) => ({ flag, ...texts.flags[flag] }));
  return revalidated(call, { lang, requested, statuses, flags }, CACHE_HEADERS);
}

const text = { meaning: z.string(), what_to_do: z.string() };

export const statusesAnswer = z.strictObject({
  lang: z.string(),
  requested: z.string(),
  statuses: z.array(z.strictObject({ status: z.enum(STATUS_NAMES), label: z.string(), final: z.boolean(), ...text })),
  flags: z.array(z.strictObject({ flag: z.enum(CUSTOMER_FLAGS), ...text })),
});

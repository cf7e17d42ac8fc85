/**
 * `GET /v1/statuses`: what each status means, for a panel's pages and for its support.
 */
import * as z from "zod/mini";
import { isFinal, type Status, STATUS_NAMES, STATUSES } from "../../../domain/status.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { revalidated } from "../../kit/reply.ts";

type StatusText = { readonly meaning: string; readonly what_to_do: string };

const TEXTS: Readonly<Record<"en", Readonly<Record<Status, StatusText>>>> = {
  en: {
    pending: {
      meaning: "The order has arrived and stands in line; nothing has been delivered so far.",
      what_to_do: "Give it the start time that the service names, and make sure that the link opens for everybody.",
    },
    processing: {
      meaning: "The order is being looked at and prepared. Delivery may be about to begin.",
      what_to_do: "Wait, and place no second order for the same link. Write to support if it stays so far beyond the usual start time.",
    },
    in_progress: {
      meaning: "Delivery is running, and the number that remains is going down.",
      what_to_do: "Leave the link as it is, and public, until the order has ended.",
    },
    completed: {
      meaning: "The provider reports that everything was delivered.",
      what_to_do: "Compare the count with the start count. Ask for a refill if the number falls later and the service offers one.",
    },
    partial: {
      meaning: "A part was delivered, and the rest will not come. The order is closed.",
      what_to_do:
        "Nothing: what is returned for the missing part shows in the balance once it is decided. Order the rest again if it is still wanted.",
    },
    canceled: {
      meaning: "The order was called off and did not run.",
      what_to_do:
        "Nothing: what is returned shows in the balance once it is decided. Check the link and the service's conditions before ordering again.",
    },
    refunded: {
      meaning: "The provider gave back what the order cost, or the part of it that was not delivered.",
      what_to_do: "Look at the balance history: it shows how much was returned.",
    },
    error: {
      meaning: "The provider reports a fault: in the link, in the order's data or on its own side.",
      what_to_do:
        "Check link and quantity against the service's rules, and ask support how the order goes on. No money moves until somebody has looked.",
    },
    unknown: {
      meaning: "The provider uses a word for this order's state that is not known here.",
      what_to_do: "Wait: the order is still followed. The operator can add the word to the provider's status_words.",
    },
  },
};

const CACHE_HEADERS = { "Cache-Control": "public, max-age=3600" } as const;

/** `GET /v1/statuses?lang=`. A language that there are no texts in is answered in English, and the answer says so. */
export function getStatuses(call: Context): Promise<Answer> {
  const asked = call.url.searchParams.get("lang") ?? "en";
  const lang = isTranslated(asked) ? asked : "en";
  const statuses = STATUS_NAMES.map((status) => ({
    status,
    label: STATUSES[status].label,
    final: isFinal(status),
    ...TEXTS[lang][status],
  }));
  return revalidated(call, { lang, statuses }, CACHE_HEADERS);
}

function isTranslated(lang: string): lang is keyof typeof TEXTS {
  return Object.hasOwn(TEXTS, lang);
}

export const statusesAnswer = z.strictObject({
  lang: z.string(),
  statuses: z.array(
    z.strictObject({
      status: z.enum(STATUS_NAMES),
      label: z.string(),
      final: z.boolean(),
      meaning: z.string(),
      what_to_do: z.string(),
    }),
  ),
});

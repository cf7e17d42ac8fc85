/**
 * What the two API v2 endpoints have in common: `/api/v2`, the operator's own catalogue, and `/api/v2/{provider}`, where
 * a panel speaks to a provider through this Worker. Here is how answers look; what they say is the actions'.
 *
 * Scripts take an error for the end of an order, so one is answered only for what is certainly wrong with the call.
 * When there is no answer to give, it is a failing HTTP code with an empty body.
 */
import { panelOrderId } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import { ok } from "../../domain/result.ts";
import type { PanelRef } from "../../store/panels/panels.ts";
import type { ActingPanel, Answer, Context, Reply } from "../kit/context.ts";
import { RETRY_LATER } from "../kit/errors.ts";
import { shortened } from "../kit/validate.ts";

/** One call of a panel's script. Whether its key is any panel's, the database says. */
export type ApiV2Call = {
  readonly call: Context;
  /** The call's fields as they came, `key` and `action` among them; those that say nothing are left out. */
  readonly fields: ReadonlyMap<string, string>;
  /** Whether all of the call's text is UTF-8. */
  readonly isText: boolean;
  /** Names of fields that came as lists of several values. */
  readonly lists: ReadonlySet<string>;
  readonly ref: PanelRef;
  /** The panel, and its key, once something was read for it. */
  readonly admitted: () => ActingPanel;
  /** The provider in the path; null at the own catalogue. */
  readonly provider: string | null;
};

export type ApiV2Action = (asked: ApiV2Call) => Promise<Answer>;

/** What scripts know these mistakes by. */
export const WRONG = {
  key: { error: "Invalid API key" },
  request: { error: "Incorrect request" },
  text: { error: "Incorrect request: the text is not UTF-8" },
  order: { error: "Incorrect order ID" },
  refill: { error: "Refill not found" },
  service: { error: "error.incorrect_service_id" },
} as const;

/** A field of an `add` that no provider gets; its name as the script wrote it. */
export function wrongField(name: string): { readonly error: string } {
  return { error: `Incorrect request: the field ${JSON.stringify(shortened(name))} cannot be sent on` };
}

/** What scripts know these refusals of an `add` by. `other` says nothing of whose service it is. */
export const REFUSED = {
  funds: { error: "neworder.error.not_enough_funds" },
  link_duplicate: { error: "neworder.error.link_duplicate" },
  link: { error: "neworder.error.link" },
  quantity: { error: "neworder.error.quantity" },
  other: { error: "Order was not accepted" },
} as const;

/** Business errors, too, are HTTP 200 in this protocol. */
// planted: business-answer
export function say(value: unknown): Answer {
  return ok({ status: 200, body: JSON.stringify(value), headers: {} });
}

/** An answer at once, in place of what was wanted. */
export type Said = { readonly answer: Answer };

/** What is answered when there is no answer: the script asks again later. */
export const NO_ANSWER: Reply = { status: 503, body: null, headers: RETRY_LATER };
const TOO_MANY: Reply = { status: 429, body: null, headers: RETRY_LATER };
const NOT_HERE: Reply = { status: 404, body: null, headers: {} };

export function noAnswer(why: "down" | "busy" = "down"): Answer {
  // planted: no-answer
  return ok(why === "busy" ? TOO_MANY : NO_ANSWER);
}

/** There is nothing at this path: an error in JSON would end orders there, too. */
export function notHere(): Answer {
  return ok(NOT_HERE);
}

/** The path takes other methods, and no answer in JSON would be read as an order's end. */
export function wrongMethod(): Answer {
  return ok({ status: 405, body: null, headers: { Allow: "GET, HEAD, POST" } });
}

/** An id as the protocol shows it: a number where it is one, as it came where it is not. */
export function idView(id: string): number | string {
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}

/** An order was taken: its id, as the panel's script is to know it. */
export function sayPlaced(order: Pick<Order, "id" | "number" | "channel" | "providerOrderId">): Answer {
  return say({ order: idView(panelOrderId(order)) });
}

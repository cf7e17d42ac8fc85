import type { StatusWords } from "../domain/status.ts";

/** How a provider wants to be spoken to. The defaults are the canonical API v2 form. */
export type RequestShape = {
  readonly method: "POST" | "GET";
  /** Body of a POST; a GET always carries its fields in the query. */
  readonly encoding: "form" | "json";
  /** Adds a trailing slash to the URL's path when it has none. */
  readonly trailingSlash: boolean;
  readonly userAgent: string | null;
  /**
   * The field in which an `add` carries a value of ours: the same value gets the same answer, so that an `add` may be sent
   * again. Null where the provider knows none, as most do.
   */
  readonly idempotencyField: string | null;
  /** Names of the fields sent, for script families with a dialect of their own. */
  readonly fields: Readonly<Record<"key" | "action" | "order" | "orders" | "service", string>>;
  /** Names of the actions asked for: the second dialect asks for its `services` as `packages`. */
  readonly actions: Readonly<Record<ActionName, string>>;
  /** Cancels go out one by one, as `order`: some servers know no list there. What is found out about it is in `Learned`. */
  readonly cancelOne: boolean;
};

export const ACTION_NAMES = ["services", "add", "status", "refill", "refill_status", "cancel", "balance"] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

export const CANONICAL_REQUEST: RequestShape = {
  method: "POST",
  encoding: "form",
  trailingSlash: false,
  userAgent: null,
  idempotencyField: null,
  fields: { key: "key", action: "action", order: "order", orders: "orders", service: "service" },
  actions: {
    services: "services",
    add: "add",
    status: "status",
    refill: "refill",
    refill_status: "refill_status",
    cancel: "cancel",
    balance: "balance",
  },
  cancelOne: false,
};

/**
 * A form as text, its keys always in one order, so that equal forms are equal texts. What was added to the form later is
 * left out where it is canonical: a text that was stored before still stands for the same form.
 */
export function requestText({ method, encoding, trailingSlash, userAgent, fields, ...added }: RequestShape): string {
  const { actions, cancelOne, idempotencyField } = added;
  const { key, action, order, orders, service } = fields;
  const hasOwnActions = ACTION_NAMES.some((name) => actions[name] !== CANONICAL_REQUEST.actions[name]);
  return JSON.stringify({
    method,
    encoding,
    trailingSlash,
    userAgent,
    fields: { key, action, order, orders, service },
    ...(hasOwnActions ? { actions: Object.fromEntries(ACTION_NAMES.map((name) => [name, actions[name]])) } : {}),
    ...(cancelOne ? { cancelOne } : {}),
    ...(idempotencyField === null ? {} : { idempotencyField }),
  });
}

/** The form that a text of `requestText` stands for, older ones among them. */
export function requestOfText(text: string): RequestShape {
  const kept = JSON.parse(text) as Partial<RequestShape>;
  return { ...CANONICAL_REQUEST, ...kept, actions: { ...CANONICAL_REQUEST.actions, ...kept.actions } };
}

/** What a provider's answers have shown of how it is to be asked. A change of its URL, key or form starts it anew. */
export type Learned = {
  /** By which field it took a cancel; absent while none was taken. */
  readonly cancelBy?: "orders" | "order";
  /** What it gave as the refill's id for two orders: a yes, and no id. */
  readonly sameRefill?: string;
  /** It has given an order's id that is a text, or answered about an order by one: it makes no numbers of ids. */
  readonly textIds?: true;
};

/** What the client needs to know of a provider to call it. */
export type ProviderSettings = {
  readonly id: string;
  readonly url: string;
  /** As the database keeps it: sealed. `ProviderPort` opens it, for the time of a call. */
  readonly key: string;
  readonly request: RequestShape;
  readonly timeoutMs: number;
  readonly statusWords: StatusWords;
  readonly learned: Learned;
  /** The currency that is set for it, or that it last named; absent where neither is known. It tells how its prices are written. */
  readonly currency?: string | null;
};

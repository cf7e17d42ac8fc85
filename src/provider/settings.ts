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
};

export const CANONICAL_REQUEST: RequestShape = {
  method: "POST",
  encoding: "form",
  trailingSlash: false,
  userAgent: null,
  idempotencyField: null,
  fields: { key: "key", action: "action", order: "order", orders: "orders", service: "service" },
};

/** What the client needs to know of a provider to call it. */
export type ProviderSettings = {
  readonly id: string;
  readonly url: string;
  readonly key: string;
  readonly request: RequestShape;
  readonly timeoutMs: number;
  readonly statusWords: StatusWords;
};

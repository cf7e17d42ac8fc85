/**
 * What an `add` comes to before it is sent, and what its fields say, at either endpoint.
 */
import type { Intent } from "../../store/placement/placement.ts";
import type { AddLookup, InTheWay } from "../../store/placement/placement-reads.ts";
import type { Panel } from "../../store/panels/panels.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Context } from "../kit/context.ts";
import { sha256Hex } from "../kit/hash.ts";
import type { ApiV2Call, Said } from "./answers.ts";

/** What was read for an `add`; `price` says what it costs and what is sent, or what is wrong with it. */
export type ReadAdd = { readonly panel: Panel; readonly inTheWay: InTheWay; readonly price: () => Promise<PricedAdd | Said> };

/** An order that may be sent: what is kept of it, and what its provider is sent. */
export type PricedAdd = {
  readonly provider: Provider;
  readonly intent: Intent;
  readonly fields: Readonly<Record<string, string>>;
  /** The price that was reckoned with is old: new ones are fetched behind the answer. */
  readonly refresh: boolean;
};

type Fields = ApiV2Call["fields"];

/** What orders are for: most a link, some a user's name. */
export function linkIn(fields: Fields): string {
  return fields.get("link") ?? fields.get("username") ?? "";
}

const OWN_FIELDS: ReadonlySet<string> = new Set(["key", "action"]);

/** All that the script has sent but its key: fields of every kind of service go to the provider, known here or not. */
export function sentFields(fields: Fields): Record<string, string> {
  return Object.fromEntries([...fields].filter(([name]) => !OWN_FIELDS.has(name)));
}

/** Two requests with one hash ask for the same, in whatever order their fields stand. `endpoint`: the provider's id, or "". */
export function hashOfAdd(endpoint: string, fields: Fields): Promise<string> {
  const trimmed = Object.entries(sentFields(fields)).map(([name, value]) => [name, value.trim()] as const);
  const sent = trimmed.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256Hex(JSON.stringify([endpoint, sent]));
}

const MAX_LINK_CHARACTERS = 2048;

/** What is kept of an `add` whatever its endpoint. */
export function commonIntent({ requestId }: Context, fields: Fields, { linkKey, digest }: AddLookup) {
  return {
    provider_service: null,
    link: linkIn(fields).slice(0, MAX_LINK_CHARACTERS) || null,
    cost: null,
    cost_currency: null,
    runs: partsIn(fields, "runs"),
    posts: partsIn(fields, "posts"),
    link_key: linkKey,
    add_digest: digest,
    add_request: requestId,
    start_window_ms: null,
    refill_days: null,
  } satisfies Partial<Intent>;
}

/** How many parts are asked for; scripts send empty or zero for plain orders. */
function partsIn(fields: Fields, name: string): number | null {
  const text = fields.get(name)?.trim() ?? "";
  return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

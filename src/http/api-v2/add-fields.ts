/**
 * What an `add` says, before anything is read for it: what it is looked up by, and what is kept of it.
 */
import { sendable } from "../../domain/catalogue.ts";
import { formerLinkKey, linkKey } from "../../domain/order-link.ts";
import type { AddLookup, Intent } from "../../store/placement/placement.ts";
import { sha256Hex } from "../kit/hash.ts";
import type { ApiV2Call } from "./answers.ts";

type Fields = ApiV2Call["fields"];

/** An `add` as its script sent it. */
export type AddRequest = {
  readonly fields: Fields;
  readonly lookup: AddLookup;
  /** What is kept of it whatever its endpoint; what only one of them knows is null. */
  readonly intent: CommonIntent;
};

/** An order of one service is one endpoint's: in connect mode its provider's, else the own catalogue's. */
export async function requestIn({ call, fields, provider }: ApiV2Call): Promise<AddRequest> {
  const scope = provider ?? "";
  const link = fields.get("link") ?? fields.get("username") ?? "";
  const named = fields.get("service") ?? "";
  // A provider's ids are its own to read; those of the catalogue are numbers.
  const service = provider === null ? named.trim() : named;
  const keys = { linkKey: linkKey(link), formerLinkKey: formerLinkKey(scope, service, link) };
  const lookup = { service, ...keys, digest: await digestOf(scope, fields), now: call.now };
  return { fields, lookup, intent: commonIntent(call.requestId, lookup, link) };
}

/** Two requests with one digest ask for the same, in whatever order their fields stand. */
function digestOf(scope: string, fields: Fields): Promise<string> {
  const trimmed = Object.entries(sendable(fields)).map(([name, value]) => [name, value.trim()] as const);
  const sent = trimmed.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256Hex(JSON.stringify([scope, sent]));
}

const MAX_LINK_CHARACTERS = 2048;

type CommonIntent = ReturnType<typeof commonIntent>;

function commonIntent(requestId: string, lookup: AddLookup, link: string) {
  return {
    provider_service: null,
    /** What orders are for: most a link, some a user's name. */
    link: link.slice(0, MAX_LINK_CHARACTERS) || null,
    cost: null,
    cost_currency: null,
    link_key: lookup.linkKey,
    add_digest: lookup.digest,
    add_request: requestId,
    start_window_ms: null,
    duration_ms: null,
    refill_days: null,
  } satisfies Partial<Intent>;
}

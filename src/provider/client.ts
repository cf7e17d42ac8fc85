/**
 * What a provider can be asked, whatever protocol it speaks. Callers know this, and nothing of what is behind it:
 * `clientFor` in `client-for.ts` gives the client for a provider's settings.
 *
 * No call throws for what a provider does, and none is repeated but by `poll`, which also learns.
 */
import type { Report } from "../domain/order-report.ts";
import type { Result } from "../domain/result.ts";
import type { FetchPort } from "../outbound/exchange.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { ProviderFailure } from "./failure.ts";
import type { Learned, RequestShape } from "./settings.ts";

/** What a client takes from the world; `secrets` opens the provider's key. */
export type ProviderPort = FetchPort & { readonly secrets: Pick<Secrets, "open"> };

export type ProviderClient = {
  /** Asks for the status of orders in as few calls as the provider allows; each of them comes out of the port's budget. */
  readonly poll: (port: PollPort, capability: Capability, orders: readonly PolledOrder[]) => Promise<PollResult>;
  /** Sends an `add` once, with all fields as they are given. */
  readonly place: (fields: Readonly<Record<string, string>>, sending: Sending) => Promise<Placed>;
  /** Asks for refills of orders, 100 at most, here as below. */
  readonly refill: (orderIds: readonly string[]) => Answers<RequestReply>;
  /**
   * Asks to cancel orders, by a list or one by one, as the provider takes it; where that is not known yet, both are tried.
   * How a cancel ends comes as a status.
   */
  readonly cancel: (orderIds: readonly string[], port: CancelPort) => Answers<RequestReply>;
  /** Asks what became of refills, by the ids that the provider gave them. */
  readonly refillStatuses: (refillIds: readonly string[]) => Answers<RefillSaid>;
  /** Asks for all services. */
  readonly services: () => Promise<Result<ServiceList, ProviderFailure>>;
  /** Asks for the operator's balance at the provider, in the provider's currency. */
  readonly balance: () => Promise<Result<Balance, ProviderFailure>>;
  /** Finds out how the provider wants to be spoken to, in `MAX_PROBE_CALLS` calls at most. */
  readonly probe: () => Promise<ProbeReport>;
  /** What a refusal's text is known to say that the provider does not have; null for any other text. */
  readonly saysUnknown: (message: string) => "order" | "refill" | null;
};

/** By id as asked. An id is missing when the answer says nothing readable of it. */
export type Answers<T> = Promise<Result<ReadonlyMap<string, T>, ProviderFailure>>;

/** What a provider was found able to do. It only ever gets less; a change of the provider's settings starts it anew. */
export type Capability = {
  /** Whether it answers lists of orders. */
  readonly many: "unknown" | "yes" | "no";
  /** Ids a call, 1 to 100. */
  readonly batchSize: number;
};

/** What a poll takes from its caller. */
export type PollPort = {
  /** Takes one call out of the provider's budget; false when none is left. */
  readonly takeCall: () => Promise<boolean>;
  /** Runs the task when one of the few open connections is free. Tasks never wait for another slot. */
  readonly slot: <T>(task: () => Promise<T>) => Promise<T>;
  /** The polls before this one brought nothing: what one order alone is told now is believed less. */
  readonly inTrouble: boolean;
};

/** What asking for cancels takes from its caller, who has taken the first call out of the budget. */
export type CancelPort = Pick<PollPort, "takeCall"> & {
  /** Told when an answer has shown how this provider takes cancels. */
  readonly learn: (learned: Learned) => void;
};

export type PolledOrder = {
  readonly id: string;
  /** Was refused or missing last time: asked after the others and apart from them. */
  readonly suspect: boolean;
  /** Nothing readable was said of it of late: asked apart likewise, and no more is made of it than of any other. */
  readonly unread?: boolean;
};

/** `askedAt`: epoch ms just before the call went out, so that the answer is at least as new. */
export type DatedReport = { readonly report: Report; readonly askedAt: number };

/**
 * What came in place of an answer about an order. `words`: a refusal that says why, while another order was answered, without its
 * figures and cut; it may be about the order, if no other order ever gets it. Null for anything else.
 */
export type UnreadAnswer = { readonly failure: ProviderFailure; readonly words: string | null; readonly askedAt: number };

export type PollResult = {
  /** Only orders that were settled are in here; the others are to be asked again. */
  readonly answers: ReadonlyMap<string, DatedReport>;
  /**
   * Orders that were asked about and of which nothing was said that is surely about them: while the provider works, or where a few of
   * them are all that its trouble shows in. None is settled.
   */
  readonly unread: ReadonlyMap<string, UnreadAnswer>;
  readonly capability: Capability;
  /** Calls made, each taken from the budget. */
  readonly calls: number;
  /** Calls that brought no answer, those spent on finding out among them. */
  readonly failedCalls: number;
  /** The trouble that ended the poll, or that left it without any answer; null when the provider is not to blame. */
  readonly failure: ProviderFailure | null;
};

/** How an `add` is sent. */
export type Sending = {
  /**
   * Takes one more call out of the provider's budget, for the balance, where the answer's text may be about the call or
   * about the order.
   */
  readonly takeCall: () => Promise<boolean>;
  /** The value by which the provider tells repetitions; null where it knows none. */
  readonly value: string | null;
  /** It was sent before with the same value, and that answer left a doubt. */
  readonly isResend: boolean;
};

/** What became of an `add`. */
export type Placed =
  /** The provider's order id as text. */
  | { readonly kind: "placed"; readonly id: string }
  /** Certainly not placed: a readable error about the order, in the provider's words. `known` when they are known by heart. */
  | { readonly kind: "refused"; readonly message: string; readonly known: KnownRefusal | null }
  /** Certainly not placed, and may be tried again later: `rate_limited`, `rejected_key`, `blocked`, `unavailable`, `sealed_key`. */
  | { readonly kind: "not_taken"; readonly failure: ProviderFailure }
  /** It cannot be told whether it was placed. */
  | { readonly kind: "unclear"; readonly failure: ProviderFailure };

/** Why an order is not taken, where a provider's text is known by heart. */
export type KnownRefusal = "funds" | "service" | "link_duplicate" | "link" | "quantity";

export type Refused = { readonly kind: "refused"; readonly message: string };

/**
 * What a provider said to a refill or a cancel: accepted is not done. `refill` is the refill's id, where there is one.
 * `unclear`: neither a yes nor a no, in its words if there are any. `unasked`: no call was left for it.
 */
export type RequestReply =
  | { readonly kind: "accepted"; readonly refill: string | null }
  | Refused
  | { readonly kind: "unclear"; readonly message: string | null }
  | { readonly kind: "unasked" };

/** What a provider said of a refill, in its own word. */
export type RefillSaid = { readonly kind: "status"; readonly word: string } | Refused;

export type Balance = { readonly balance: string; readonly currency: string | null };

export type JsonObject = { readonly [key: string]: unknown };

export type ProviderService = {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly category: string;
  /** Price of 1,000 in the provider's currency, a plain decimal string. */
  readonly rate: string | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly dripfeed: boolean;
  /** The list says in as many words that the service takes no `runs`; left out where it does not. */
  readonly refusesRuns?: true;
  readonly refill: boolean;
  readonly cancel: boolean;
  readonly description: string | null;
};

/**
 * `list`: the entries as the provider sent them, to be passed on; `services`: the same, read. Both without what is no
 * service, and without the key: a provider may write it into links and instructions meant for its customer alone.
 */
export type ServiceList = { readonly list: readonly JsonObject[]; readonly services: readonly ProviderService[] };

/** A probe is a person waiting, and a provider that counts bad calls. Every form that is known is found in fewer. */
export const MAX_PROBE_CALLS = 10;

export type ProbeAttempt = {
  /** The form in a few words, e.g. `POST form, trailing slash`. */
  readonly shape: string;
  readonly failure: ProviderFailure | null;
};

export type ProbeReport = {
  readonly ok: boolean;
  /** The operator's balance at the provider, a plain decimal string; null unless `ok`. */
  readonly balance: string | null;
  readonly currency: string | null;
  /** The form that works; if none does, the one configured. */
  readonly request: RequestShape;
  readonly tried: readonly ProbeAttempt[];
  /** Why nothing works: what the provider said to the form that came furthest. */
  readonly failure: ProviderFailure | null;
};

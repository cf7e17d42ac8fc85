/**
 * An order as the rules see it: plain data, no rows and no clock.
 */
import type { CancelRequest, RefillRequest } from "./refill-cancel.ts";
import type { RefundReason } from "./refund-rules.ts";
import type { Parts } from "./order-report.ts";
import type { Cadence } from "./poll-pacing.ts";
import type { ActiveStatus, Status } from "./status.ts";

/** Facts a person should know of; turned on and off by `reconcile`. Each is a bit of an order's `flags`. */
export const FLAGS = {
  /** Not started within the service's start window. */
  overdue: 1 << 0,
  /** It had begun to deliver, and stands still. */
  stalled: 1 << 1,
  /** The provider's last word is an unknown one. */
  unknown_status: 1 << 2,
  /** The provider refused the order's id, or left it out of an answer. */
  not_found: 1 << 3,
  /** More was returned than is due by what the provider says now; never clawed back by itself. */
  over_refunded: 1 << 4,
  /** A refund waits for a person. */
  refund_held: 1 << 5,
  /** A second order for a link and service while one was active. */
  duplicate_link: 1 << 6,
  /** The provider says completed, and that something is left. */
  completed_with_remains: 1 << 7,
  /** Canceled after a part had been delivered; refunded in full by default. */
  canceled_after_delivery: 1 << 8,
  /** The panel was told a final word that no longer holds. */
  panel_outdated: 1 << 9,
  /** The database refuses what follows from the provider's answer: nothing is written for the order until that is mended. */
  parked: 1 << 10,
  /** The placement could not be confirmed: the order is never sent again, and a person resolves it. */
  placing_unknown: 1 << 11,
} as const;

export type Flag = keyof typeof FLAGS;
export const FLAG_NAMES = Object.keys(FLAGS) as Flag[];

export function flagNames(flags: number): Flag[] {
  return FLAG_NAMES.filter((name) => (flags & FLAGS[name]) !== 0);
}

/** Why an order stands as it does, where that needs saying: refund reasons, and what is wrong. */
export const REASONS = {
  provider_error: "The provider reports a fault with this order; check link, quantity and service, or ask the provider.",
  unknown_word: "The provider used a word that is not known here; map it in the provider's status_words.",
  not_found: "The provider refused this order's id, or left the order out of its answer; nothing is known of it there.",
  placing_unknown: "Nobody knows whether the provider took this order; look it up there, then settle it: attach its id, or drop it.",
  reversed: "The provider took a final status back; the order is followed again.",
} as const;

export type Reason = keyof typeof REASONS | RefundReason;

/** By which channel an order came: the provider's own API v2, or the operator's catalogue; null when it was registered. */
export type Channel = "connect" | "catalogue";

/** What the first final word that a panel was told followed from. */
export type ReportedFinal = {
  readonly status: Status;
  readonly refunded: number;
  readonly remains: number | null;
  /** Whether neither the rules nor a person had anything to say of its refund: a policy leaves it to the panel. */
  readonly left: boolean;
};

/** A refund that waits: the n-th of its order, what is at stake, and since when. */
export type Hold = {
  readonly n: number;
  readonly amount: number;
  readonly reason: RefundReason;
  readonly at: number;
  /** When it is posted by itself, if it is due then still; null when it waits for a person. */
  readonly postsAt: number | null;
};

/** What was decided last: so much was due in total then, and so much was granted in total. */
export type Decided = { readonly due: number; readonly granted: number };

export type OrderState = {
  /** What the customer paid, in micro-units; null when unknown: the order is followed without refunds. */
  readonly charge: number | null;
  readonly quantity: number | null;
  readonly multi: boolean;
  /** Posts of a subscription, as it was ordered; null for any other order, and where that is not known. */
  readonly posts: number | null;
  readonly placedAt: number;

  readonly status: Status;
  /** The last active status: what a panel is told while nothing final is decided. */
  readonly activeStatus: ActiveStatus;
  /** A status that is not final, said once after a final one; a second answer in a row makes it count. */
  readonly backTo: Status | null;
  readonly providerStatus: string | null;
  /** The provider's price: the first charge above nothing that it named while the order was under way. */
  readonly providerPrice: string | null;
  /** The charge that it named last; after a final word, what it took in the end, and null until it has said. */
  readonly providerCharge: string | null;
  readonly providerCurrency: string | null;
  readonly startCount: number | null;
  readonly remains: number | null;
  readonly reason: Reason | null;
  readonly flags: number;
  readonly reversals: number;

  /** All that was returned so far, in micro-units, net of claw-backs; what the panel had returned before included. */
  readonly refunded: number;
  /** How much of it was the panel's goodwill: it counts against the charge, and is never too much. */
  readonly goodwill: number;
  /** A person's decision, remembered: the same amount due again opens nothing. Null when no person has decided. */
  readonly decided: Decided | null;
  /** How many refunds of this order are on record, held and rejected ones included. */
  readonly refundCount: number;
  readonly hold: Hold | null;

  /** Of an order of several parts: what the provider said of them last. */
  readonly parts: Parts | null;
  /** Set once the panel's script was told a final word. */
  readonly reportedFinal: ReportedFinal | null;
  readonly refill: RefillRequest | null;
  readonly cancel: CancelRequest | null;

  /** Minutes between two looks; null when the order is closed. */
  readonly cadence: Cadence | null;
  /** When the provider's answer was last written down; null before the first. Epoch ms, as all times here. */
  readonly polledAt: number | null;
  /** When `remains` was last written with another value. */
  readonly progressAt: number;
  /** When the present final status came; null while there is none. */
  readonly finalAt: number | null;
  /** Since when the order is in `error`; null while it is not. */
  readonly errorAt: number | null;
};

/** An order as it was registered, with where it stands. */
export type Order = {
  readonly panel: string;
  /** The order's number within its panel. */
  readonly number: number;
  /** The panel's own order id. */
  readonly id: string;
  readonly provider: string;
  /** Null while the order is being placed, and as long as its placement is in doubt. */
  readonly providerOrderId: string | null;
  readonly channel: Channel | null;
  readonly service: string | null;
  /** The provider's service, where `service` is one of the own catalogue. */
  readonly providerService: string | null;
  readonly link: string | null;
  readonly customer: string | null;
  readonly currency: string;
  /** What the order costs the panel at the provider, as registered: a decimal string. */
  readonly cost: string | null;
  readonly costCurrency: string | null;
  /** The order that was active on the same link and service when this one came. */
  readonly duplicateOf: string | null;
  /** How long the service may take to start, and how many days after its end a refill may be asked; null where unknown. */
  readonly startWindowMs: number | null;
  readonly refillDays: number | null;
  /** Of a part of an order of several parts: the number of the whole; 0 where both were adopted at once. */
  readonly partOf: number | null;
  readonly phase: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
  /** The order's newest row in the change feed; 0 while nobody was told of it. */
  readonly lastChange: number;
  readonly state: OrderState;
};

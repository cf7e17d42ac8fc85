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
  /** A second order for a link while one is active. */
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
  /** Its provider's order turned out to be one that was placed here: it gave way, and is never asked about again. */
  provider_order_taken: 1 << 12,
} as const;

export type Flag = keyof typeof FLAGS;
export const FLAG_NAMES = Object.keys(FLAGS) as Flag[];

/** The flags that a person can dismiss: those that ask for nothing but a look. */
export const DISMISSIBLE = [
  ...(["panel_outdated", "over_refunded", "duplicate_link", "completed_with_remains"] as const),
  ...(["canceled_after_delivery", "overdue", "stalled"] as const),
] as const satisfies readonly Flag[];
export type DismissibleFlag = (typeof DISMISSIBLE)[number];

/** The flags that mean something to the customer. */
export const CUSTOMER_FLAGS = ["overdue", "stalled", "duplicate_link"] as const satisfies readonly Flag[];
export type CustomerFlag = (typeof CUSTOMER_FLAGS)[number];

/** What each flag says, to the panel's support. */
export const FLAG_TEXTS: Readonly<Record<Flag, string>> = {
  overdue: "It has not started within the service's start time.",
  stalled: "It had started, and does not move.",
  unknown_status: "The provider's last status word is not known; map it in the provider's status_words.",
  not_found: "The provider refused the order's id, or left it out of an answer.",
  over_refunded: "More was refunded than is due by the provider's present report: take it back, or dismiss the flag.",
  refund_held: "A refund, or the provider's final word, waits for a person: approve or reject it.",
  duplicate_link: "It came while another order was under way on its link, and both still are.",
  completed_with_remains: "The provider says completed, and that something is left.",
  canceled_after_delivery: "It was canceled after a part had been delivered.",
  panel_outdated: "The panel was told a final status that has changed since: put the panel right by hand, then dismiss the flag.",
  parked: "The database refuses what follows from the provider's answer; the log says why.",
  provider_order_taken: "Its provider's order is one that was placed here by another order: look for its own id at the provider.",
  placing_unknown: "It could not be confirmed that the provider took the order: look it up there, then settle it.",
};

/** What each dismissed flag was about, in a text of our own. */
export type Dismissals = Readonly<Partial<Record<DismissibleFlag, string>>>;

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
  /** Whether it was the provider's own word: the refund is the panel's (`leftToPanel`). */
  readonly left: boolean;
  /** Whether a person had refused the provider's word of an order without a charge. Left out where not. */
  readonly refused?: boolean;
  /** Whether a person has put the panel's books right for this. Left out where not. */
  readonly corrected?: boolean;
};

/** A refund, or a word, that waits: the n-th refund of its order, what is at stake, and since when. */
export type Hold = {
  readonly n: number;
  /** In micro-units; null where only the provider's word waits, of an order from which no refund follows here. */
  readonly amount: number | null;
  /** The total that was due when it came to wait; null where that is not known: a person decides about the whole. */
  readonly due: number | null;
  /** The status that it is about. */
  readonly status: Status;
  readonly reason: RefundReason;
  readonly at: number;
  /** When it is posted by itself, if it is due then still; null when it waits for a person. */
  readonly postsAt: number | null;
};

/**
 * What a person decided last: about which status, how much was due in total then (null where nobody knew), and how
 * much had been returned in total after it.
 */
export type Decided = {
  readonly status: Status;
  readonly due: number | null;
  readonly granted: number;
  /** Whether the order stood in error when it was decided. */
  readonly inError: boolean;
};

/** In the place of a price's currency: none was named. Not written like a code, so that no provider can name it. */
export const NO_CURRENCY = "none";

/** In the place of a currency: one was named that is not known here. */
export const UNKNOWN_CURRENCY = "unknown";

/** In the place of a price's currency in rows of earlier releases, ISO 4217's code for no currency: none was named, or an unknown one. */
export const NO_KNOWN_CURRENCY = "XXX";

/** The code of a currency that a provider named; null where it named none, or an unknown one. */
export function codeOfCurrency(said: string | null): string | null {
  return said === NO_CURRENCY || said === UNKNOWN_CURRENCY ? null : said;
}

export type OrderState = {
  /** What the customer paid, in micro-units; null when unknown: the order is followed without refunds. */
  readonly charge: number | null;
  readonly quantity: number | null;
  readonly multi: boolean;
  /** Posts of a subscription, as it was ordered; null for any other order, and where there is no number of them, or none known. */
  readonly posts: number | null;
  readonly placedAt: number;

  readonly status: Status;
  /** The last active status: what a panel is told while nothing final is decided. */
  readonly activeStatus: ActiveStatus;
  /** A status that lies before the present one, said once; a second answer in a row makes it count. */
  readonly backTo: Status | null;
  /** How often the provider went back and forth of late, and when it last did or took an end back; ends are counted in `reversals`. */
  readonly flips: { readonly count: number; readonly at: number } | null;
  readonly providerStatus: string | null;
  /**
   * The provider's price: the first charge above nothing that it named while the order was under way, and its currency:
   * a code, `NO_CURRENCY` or `UNKNOWN_CURRENCY`, or null where that was not written down.
   */
  readonly providerPrice: string | null;
  readonly providerPriceCurrency: string | null;
  /** The charge that it named last; after a final word, what it took in the end, and null until it has said. */
  readonly providerCharge: string | null;
  /** A code, or `UNKNOWN_CURRENCY`; null where none was named, and in rows of earlier releases also for an unknown one. */
  readonly providerCurrency: string | null;
  readonly startCount: number | null;
  readonly remains: number | null;
  /** The last answer had a number for `remains` that cannot be read: of a refunded order, that is no full return. */
  readonly remainsUnreadable: boolean;
  readonly reason: Reason | null;
  readonly flags: number;
  /** Flags that a person has dismissed, and what each was about. */
  readonly dismissed: Dismissals;
  readonly reversals: number;

  /** All that was returned so far, in micro-units, net of claw-backs; what the panel had returned before included. */
  readonly refunded: number;
  /** How much of it was the panel's goodwill: it counts against the charge, and is never too much. */
  readonly goodwill: number;
  /** How much of it the panel had returned before the order was registered here. */
  readonly registeredRefunded: number;
  /** A person's decision, remembered until the status it was about is taken back. Null when none is remembered. */
  readonly decided: Decided | null;
  /** When a refund or word was rejected, until a later poll confirms the end of the order: only then the panel is told. */
  readonly rejectedAt: number | null;
  /** The panel is told the provider's own final word, and returns by itself what follows from it. */
  readonly leftToPanel: boolean;
  /** How many refunds of this order are on record, held and rejected ones included. */
  readonly refundCount: number;
  readonly hold: Hold | null;

  /** When the brake last counted the order's end, and whether as a bad one. */
  readonly counted: { readonly at: number; readonly badly: boolean } | null;

  /** Whether its panel hears of it by API v2. */
  readonly isScripts: boolean;
  /** Of an order of several parts: how many were ordered; null where unknown. */
  readonly runs: number | null;
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
  /** What the provider said last of the order's end, and when (`final-answer.ts`); null where it has said nothing of it. */
  readonly finalAnswer: string | null;
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
  /** The order that was under way on the same link when this one came. */
  readonly duplicateOf: string | null;
  /** Whether an order on the same link, that came before, is under way. True where nobody looked. */
  readonly isLinkShared: boolean;
  /** How long the service may take to start and to deliver, and how many days after its end a refill may be asked; null where unknown. */
  readonly startWindowMs: number | null;
  readonly durationMs: number | null;
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

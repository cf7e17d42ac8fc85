/**
 * What goes through the queue. Messages carry work that may be lost and redone, and ids only: no keys, no money.
 */
import type { BucketKey } from "./poll-coverage.ts";
import type { Cadence } from "./poll-pacing.ts";

/** A message of an older version is still understood; one of a newer version goes back to the queue for the newer code. */
export const MESSAGE_VERSION = 1;

/** A part of a cadence bucket that is due: keys above `after`, phases below `to`. */
export type DueBucket = { readonly cadence: Cadence; readonly after: BucketKey; readonly to: number };

/** `limit`: orders to take up in one message; the rest is handed on. */
export type DueProvider = { readonly id: string; readonly lanes: readonly DueBucket[]; readonly limit: number };

/** Poll what is due of these providers. `round` counts the hand-ons of a page too full for one message. */
export type SweepMessage = {
  readonly v: typeof MESSAGE_VERSION;
  readonly kind: "sweep";
  /** The minute, counted from the epoch, that the tick was for. */
  readonly minute: number;
  /** Minutes covered, ending with `minute`: more than one when some were missed. */
  readonly minutes: number;
  readonly round: number;
  readonly providers: readonly DueProvider[];
  /** How many times further apart than usual progress is written; missing: as usual. */
  readonly progressStretch?: number;
  /** Set on a message for one provider of a message that came to nothing: what is left over was handed on by that one, if at all. */
  readonly again?: true;
};

/** An order by its panel and its number there. */
export type OrderKey = readonly [panel: string, n: number];

/** Poll these orders, whatever their cadence: somebody asked, or a provider hinted at news. */
export type CheckMessage = {
  readonly v: typeof MESSAGE_VERSION;
  readonly kind: "check";
  readonly orders: readonly (readonly [panel: string, n: number])[];
  /** A provider whose wanted checks are taken up with them. */
  readonly wanted?: string;
};

/** Go on with the ledger check. `day` is the UTC day, counted from the epoch; `page` counts its messages. */
export type LedgerCheckMessage = {
  readonly v: typeof MESSAGE_VERSION;
  readonly kind: "books";
  readonly day: number;
  readonly page: number;
};

/** Ask for the refills and cancels that wait for it with these orders. */
export type RefillCancelMessage = {
  readonly v: typeof MESSAGE_VERSION;
  readonly kind: "request";
  readonly orders: readonly (readonly [panel: string, n: number])[];
};

/** Send these orders again, whose answer was lost. */
export type AddResendMessage = {
  readonly v: typeof MESSAGE_VERSION;
  readonly kind: "add";
  readonly orders: readonly OrderKey[];
};

export type Message = SweepMessage | CheckMessage | RefillCancelMessage | AddResendMessage | LedgerCheckMessage;

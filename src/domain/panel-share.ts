/**
 * How much of what all panels use one of them may take: nobody's flood leaves the others without rows or calls.
 * Rules [O45] and [O46].
 */

/**
 * What is counted: one order each, but for `unknown_id`, an id that a provider is asked about because a panel names it, and
 * `webhook_test`. `change`: rows that a panel's key has written by a request that none of the others counts.
 */
export type ShareKind = "add" | "registration" | "check" | "adoption" | "unknown_id" | "change" | "webhook_test";

/** Of these, each gives an order its number. */
export type OrderShare = Extract<ShareKind, "add" | "registration">;

/** What a panel has used of a share, in a minute and a UTC day, both counted from the epoch. */
export type UsedShare = { readonly minute: number; readonly minuteUsed: number; readonly day: number; readonly dayUsed: number };

/** Whether one more may be claimed, as far as is known before it is: the claim itself is the database's. */
export function hasLeft(used: UsedShare, { minute, day }: Share, at: { readonly minute: number; readonly day: number }): boolean {
  const isBegun = used.minute === at.minute + 1;
  const minuteUsed = used.minute === at.minute || isBegun ? used.minuteUsed : 0;
  const dayUsed = used.day === at.day || isBegun ? used.dayUsed : 0;
  return minuteUsed < minute && dayUsed < day;
}

export type Share = { readonly minute: number; readonly day: number };

type Shares = {
  readonly of: Readonly<Record<ShareKind, Share>>;
  /** Rows written in a UTC day, about, from which on nothing is registered: polling needs the rest. Null: no such bound. */
  readonly rowsForRegistration: number | null;
};

/**
 * The free plan writes 100,000 rows a day: a tenth to a quarter of them each kind, and registering ends at nineteen twentieths.
 * The paid plan's bounds only stop what runs away.
 */
const SHARES: Readonly<Record<"free" | "paid", Shares>> = {
  free: {
    of: {
      add: { minute: 300, day: 3000 },
      registration: { minute: 2000, day: 4000 },
      check: { minute: 60, day: 2000 },
      adoption: { minute: 2000, day: 4000 },
      unknown_id: { minute: 1500, day: 5000 },
      change: { minute: 2000, day: 10_000 },
      webhook_test: { minute: 10, day: 500 },
    },
    rowsForRegistration: 95_000,
  },
  paid: {
    of: {
      add: { minute: 3000, day: 200_000 },
      registration: { minute: 20_000, day: 200_000 },
      check: { minute: 300, day: 50_000 },
      adoption: { minute: 10_000, day: 100_000 },
      unknown_id: { minute: 5000, day: 200_000 },
      change: { minute: 20_000, day: 500_000 },
      webhook_test: { minute: 10, day: 2000 },
    },
    rowsForRegistration: null,
  },
};

/** Rows that one of each costs, about: what it is written with, and an unknown id where it turns out to be an order. */
export const ROWS_EACH: Readonly<Record<ShareKind, number>> = {
  add: 10,
  registration: 7,
  check: 4,
  adoption: 5,
  unknown_id: 5,
  change: 1,
  webhook_test: 4,
};

/**
 * Rows that a request of a panel's key writes at most, about, its claim of the share `change` included. Of the free plan's day
 * that is 300 lists of crons, 80 webhooks that end, 1,000 refunds by hand or 2,000 credits.
 */
export const CHANGE_ROWS = {
  key: 5,
  token_secret: 5,
  crons: 33,
  webhook: 6,
  webhook_end: 120,
  settlement: 10,
  dismissal: 8,
  removal: 10,
  request: 12,
  own_refund: 10,
  decision: 9,
  credit: 5,
} as const;
export type ChangeKind = keyof typeof CHANGE_ROWS;

/** A panel has no more keys than this: each is a row for good. */
export const MAX_PANEL_KEYS = 100;

/** The shares under the plan named in the configuration; the narrow ones unless it says "paid". */
export function sharesOf(plan: string | undefined): Shares {
  return plan === "paid" ? SHARES.paid : SHARES.free;
}

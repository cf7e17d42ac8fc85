/**
 * Where a webhook stands in its panel's feed, and what it sends next, by two rows: the attempt that was claimed last, and
 * what became of it. Pure. Rules [H1] to [H9].
 */
import { NO_JITTER, retryDelayMs } from "./webhook-schedule.ts";

/**
 * How long an attempt is somebody's alone. Two rounds of attempts of ten seconds each, over the connections that an
 * invocation has, and time to write; over before the next minute's tick.
 */
export const LEASE_MS = 45_000;

/** What is sent under one id. It is fixed before its first attempt, so that one id has one content. */
export type Message = {
  readonly id: string;
  /** The number of the feed that it goes up to. */
  readonly lastSeq: number;
  /** SHA-256 of its body. */
  readonly digest: string;
  /** Epoch ms. */
  readonly frozenAt: number;
  /** How many changes were left behind it. */
  readonly behind: number;
};

/** The attempt that was claimed last; times in epoch ms. */
export type Claimed = {
  /** Counts a webhook's attempts. */
  readonly n: number;
  /** The number of the feed that its message begins after. */
  readonly place: number;
  /** Null: nothing was under way, or somebody has changed what or where is sent since. */
  readonly message: Message | null;
  /** Which attempt of the message it is, from 1 on. */
  readonly attempt: number;
  readonly leaseUntil: number;
  readonly failingSince: number | null;
};

/** What became of an attempt. */
export type Outcome = {
  readonly n: number;
  readonly messageId: string;
  readonly succeeded: boolean;
  /** Epoch ms. */
  readonly sentAt: number;
  readonly nextAttemptAt: number | null;
};

export type Standing = {
  /** Everything up to this number of the feed was taken. */
  readonly place: number;
  /** The message that is to be sent again, or is being sent; null where the next one is made of what comes after the place. */
  readonly message: Message | null;
  /** How many attempts it has had. */
  readonly attempts: number;
  /** From when on the next attempt may be made, epoch ms. */
  readonly nextAttemptAt: number;
  readonly failingSince: number | null;
};

/**
 * The place moves by a success alone. After a failure the same message is sent again; an attempt of which nothing is known
 * when its lease is over has failed: whoever made it may have died before the answer, or after it.
 */
export function standingOf(claimed: Claimed, outcome: Outcome | null, now: number): Standing {
  const { n, place, message, attempt, failingSince } = claimed;
  const leaseUntil = isOfAClockAhead(claimed.leaseUntil, now) ? now : claimed.leaseUntil;
  if (message === null) return { place, message: null, attempts: 0, nextAttemptAt: leaseUntil, failingSince };
  // By the message, too: after a restore a number may be another attempt's, whereas no message's id comes again.
  const known = outcome !== null && outcome.n === n && outcome.messageId === message.id ? outcome : null;
  // planted: place-after-success
  if (known !== null && known.succeeded)
    return { place: message.lastSeq, message: null, attempts: 0, nextAttemptAt: known.sentAt, failingSince: null };
  const kept = { place, message, attempts: attempt };
  if (known !== null) {
    const isAhead = isOfAClockAhead(known.sentAt, now);
    return { ...kept, nextAttemptAt: isAhead ? now : (known.nextAttemptAt ?? now), failingSince: failingSince ?? known.sentAt };
  }
  const nextAttempt = leaseUntil + retryDelayMs(attempt, NO_JITTER);
  return { ...kept, nextAttemptAt: nextAttempt, failingSince: failingSince ?? (leaseUntil <= now ? leaseUntil : null) };
}

/** A time that no clock can have written that was right: nothing waits for it. */
function isOfAClockAhead(at: number, now: number): boolean {
  return at - now > LEASE_MS;
}

/** One of those that wait, and whose it is. */
type Waiting = { readonly panel: string; readonly id: string; readonly leaseUntil: number };

/** How many may have a turn, in all and of one panel; and which have had one in this invocation, by panel. */
export type Turns = {
  readonly most: number;
  readonly ofOnePanel: number;
  readonly served: ReadonlyMap<string, ReadonlySet<string>>;
};

/**
 * Whose turn it is: of each panel the one that was sent to least recently, then the second of each. So a panel with many slow
 * receivers is before nobody else's. Of one panel no more than `ofOnePanel` are sent to in an invocation: each costs rows of
 * the day that all panels share. One that has had a turn may have another, where it has more.
 */
export function takeTurns<T extends Waiting>(waiting: readonly T[], { most, ofOnePanel, served }: Turns): T[] {
  const byPanel = Map.groupBy(
    waiting.toSorted((a, b) => a.leaseUntil - b.leaseUntil),
    ({ panel }) => panel,
  );
  const ranked = [...byPanel].flatMap(([panel, ofPanel]) => {
    const had = served.get(panel) ?? new Set();
    const [again, anew] = [ofPanel.filter(({ id }) => had.has(id)), ofPanel.filter(({ id }) => !had.has(id))];
    return [...again, ...anew.slice(0, Math.max(0, ofOnePanel - had.size))].map((one, rank) => ({ one, rank }));
  });
  return ranked
    .toSorted((a, b) => a.rank - b.rank || a.one.leaseUntil - b.one.leaseUntil)
    .slice(0, most)
    .map(({ one }) => one);
}

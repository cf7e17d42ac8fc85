/**
 * Alerts: what an operator is told of, when one opens and closes, and when it is told again. Pure.
 *
 * The ticks look at the facts every few minutes, and more often while something is undecided. An alert opens after some bad
 * looks in a row and closes after some good ones, so that what comes and goes within a minute tells nobody anything.
 */

export const SEVERITIES = ["info", "warning", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

type KindOfAlert = {
  readonly severity: Severity;
  /** A state opens and closes; an event only happens. */
  readonly as: "state" | "event";
  /** Bad looks in a row until it opens, and good ones until it closes. */
  readonly opensAfter: number;
  readonly closesAfter: number;
  /** Money and outage: quiet hours do not keep it back. */
  readonly isUrgent: boolean;
  readonly whatToDo: string;
};

const STATE = { as: "state", opensAfter: 2, closesAfter: 3, isUrgent: false } as const;
/** What the product has weighed already before it became a fact: no second look makes it more certain. */
const CERTAIN = { ...STATE, opensAfter: 1 } as const;

/** All kinds there are. Where looks find them out: `alert-facts.ts`. */
const KINDS = {
  provider_down: {
    ...STATE,
    severity: "critical",
    // One that comes and goes is one outage.
    closesAfter: 5,
    isUrgent: true,
    whatToDo:
      "Open the provider's own site: if it is down, wait. If it is up, ask its support whether its API works. Orders wait and go on by themselves.",
  },
  provider_blocked: {
    ...STATE,
    severity: "critical",
    closesAfter: 5,
    isUrgent: true,
    whatToDo:
      'Send the provider\'s support: "Your firewall turns away our calls to your API. They come from Cloudflare Workers, without a fixed address. Please let requests with our API key through, for this path only."',
  },
  provider_key_rejected: {
    ...STATE,
    severity: "critical",
    closesAfter: 2,
    isUrgent: true,
    whatToDo:
      "Copy the API key anew from the provider's account page and set it as the provider's key. Check that the account is not suspended.",
  },
  provider_balance_low: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    isUrgent: true,
    whatToDo: "Add funds at the provider before its balance runs out.",
  },
  provider_funds_out: {
    ...CERTAIN,
    severity: "critical",
    closesAfter: 1,
    isUrgent: true,
    whatToDo: "Add funds at the provider now: it takes no orders until then.",
  },
  brake_engaged: {
    ...CERTAIN,
    severity: "critical",
    closesAfter: 1,
    isUrgent: true,
    whatToDo:
      "Look at some of the orders at the provider itself. If they really ended so, release the brake. If the key was swapped, or a word means something else now, put the key or the words right first: what it holds goes by itself, and then let it go.",
  },
  refunds_held: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    isUrgent: true,
    whatToDo: "Approve or reject each of the refunds that wait.",
  },
  placing_unknown: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    isUrgent: true,
    whatToDo: "Look each order up at its provider by link and time, then settle it: attach the provider's id, or drop it.",
  },
  unknown_word: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    whatToDo: "Map the word to a status, on the provider's page or in its status_words. Its orders wait until then.",
  },
  orders_overdue: {
    ...STATE,
    severity: "warning",
    whatToDo: "Ask the provider about its oldest orders that have not started. Offer a cancel where it takes too long.",
  },
  orders_unread: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    whatToDo:
      "Look some of these orders up at the provider. If it has them, send its support what it answers, as the provider's page shows it. If it does not, their ids are wrong: put them right in the panel.",
  },
  service_quality: {
    ...STATE,
    severity: "warning",
    whatToDo: "Look at the service's last orders. Replace it in the catalogue if it goes on.",
  },
  service_changed: {
    severity: "info",
    as: "event",
    opensAfter: 1,
    closesAfter: 1,
    isUrgent: false,
    whatToDo: "Check the service's price and limits in the catalogue against what the provider has now.",
  },
  webhook_disabled: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    whatToDo: "Put the receiving address right, then switch the webhook on again. Its place in the feed is kept.",
  },
  webhook_behind: {
    ...STATE,
    severity: "warning",
    whatToDo: "Look at the webhook's last deliveries: they say what the receiving server answers.",
  },
  dead_letters: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    whatToDo: "Send the messages again from the console's list. If they fail again, the Worker's log says why.",
  },
  sync_behind: {
    ...STATE,
    severity: "critical",
    closesAfter: 2,
    isUrgent: true,
    whatToDo:
      "Look at the Worker's log, and at Cloudflare's status page. On the free plan the day's share of the queue or the database may be used up until 00:00 UTC.",
  },
  ledger_mismatch: {
    ...CERTAIN,
    severity: "critical",
    closesAfter: 1,
    isUrgent: true,
    whatToDo: "Open the panel's page: it names the row that does not add up. Clear that up, then unfreeze the panel.",
  },
  plan_limit: {
    ...STATE,
    severity: "warning",
    whatToDo:
      "What is beyond the limit waits until 00:00 UTC. Have a script that asks too much put right, have fewer orders followed, or move to the paid plan. For a database that fills up, bind a bucket for the archive.",
  },
  key_expiring: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    whatToDo: "Make a new key, set it where this one is used, then end this one.",
  },
  cron_failing: {
    ...CERTAIN,
    severity: "warning",
    closesAfter: 1,
    whatToDo: "Open the URL yourself: the panel's script answers with an error, or not in time. The panel's page has the last calls.",
  },
} as const satisfies Readonly<Record<string, KindOfAlert>>;

export type AlertKind = keyof typeof KINDS;
export const ALERT_KINDS = Object.keys(KINDS) as [AlertKind, ...AlertKind[]];

export function kindOf(kind: AlertKind): KindOfAlert {
  return KINDS[kind];
}

/** What is so now. `subject`: what it is about, empty for the whole. `count`: of how many it speaks. */
export type BadFact = { readonly kind: AlertKind; readonly subject: string; readonly text: string; readonly count: number };

/**
 * An alert that is not closed. `openedAt` is null while bad looks are counted. Times in epoch ms; `lookedAt` is when it was
 * last written, the fence of the next write.
 */
export type LiveAlert = BadFact & {
  readonly id: number;
  readonly bad: number;
  readonly good: number;
  readonly openedAt: number | null;
  readonly silencedUntil: number | null;
  readonly reminders: number;
  readonly toldAt: number | null;
  readonly lookedAt: number;
};

/** What a channel is told of an alert. */
export type Notice = "opened" | "reminder" | "closed";

/** `id` and `lookedAt` are null for one that is new. `next` is null for one that never opened and is over. */
export type AlertChange = {
  readonly id: number | null;
  readonly lookedAt: number | null;
  readonly next: (Omit<LiveAlert, "id" | "lookedAt"> & { readonly closedAt: number | null }) | null;
  readonly notice: Notice | null;
};

/** What a look has found. `isUnclear`: nothing can be told of it now, neither good nor bad. */
export type Look = { readonly bad: readonly BadFact[]; readonly isUnclear: (kind: AlertKind, subject: string) => boolean };

const DAY_MS = 24 * 60 * 60_000;
const MAX_REMINDERS = 3;

/** Silences by `silenceName`, until when: they outlive the alert that they were set on. */
export type Silences = ReadonlyMap<string, number>;

export function silenceName({ kind, subject }: Pick<BadFact, "kind" | "subject">): string {
  return `${kind} ${subject}`;
}

/** What becomes of the alerts after a look. Those that nothing changes for are not in it. */
export function alertsAfter(look: Look, live: readonly LiveAlert[], silences: Silences, now: number): AlertChange[] {
  const known = new Map(live.map((alert) => [silenceName(alert), alert]));
  const isBad = new Set(look.bad.map(silenceName));
  const bad = look.bad.flatMap((fact) => {
    if (look.isUnclear(fact.kind, fact.subject)) return [];
    const alert = known.get(silenceName(fact));
    return afterBadLook(alert ?? null, fact, silences.get(silenceName(fact)) ?? null, now);
  });
  const good = live.flatMap((alert) =>
    isBad.has(silenceName(alert)) || look.isUnclear(alert.kind, alert.subject) ? [] : afterGoodLook(alert, now),
  );
  return [...bad, ...good];
}

function afterBadLook(alert: LiveAlert | null, fact: BadFact, silencedUntil: number | null, now: number): AlertChange[] {
  const { opensAfter } = kindOf(fact.kind);
  if (alert === null) {
    const opens = opensAfter <= 1;
    const next = {
      ...fact,
      bad: 1,
      good: 0,
      openedAt: opens ? now : null,
      closedAt: null,
      silencedUntil,
      reminders: 0,
      toldAt: opens ? now : null,
    };
    return [{ id: null, lookedAt: null, next, notice: opens && !isSilenced(silencedUntil, now) ? "opened" : null }];
  }
  const { id, lookedAt, ...before } = alert;
  const opens = alert.openedAt === null && alert.bad + 1 >= opensAfter;
  const reminds = !opens && isReminderDue(alert, now);
  const next = {
    ...before,
    text: fact.text,
    count: fact.count,
    // Once it is open, further looks are not counted: that would be a row each.
    bad: alert.openedAt === null ? alert.bad + 1 : alert.bad,
    good: 0,
    openedAt: opens ? now : alert.openedAt,
    closedAt: null,
    reminders: alert.reminders + (reminds ? 1 : 0),
    toldAt: opens || reminds ? now : alert.toldAt,
  };
  const isSame = next.text === alert.text && next.count === alert.count && next.bad === alert.bad && alert.good === 0 && !reminds;
  if (isSame) return [];
  const notice = opens ? "opened" : reminds ? "reminder" : null;
  return [{ id, lookedAt, next, notice: isSilenced(alert.silencedUntil, now) ? null : notice }];
}

/** Once a day, three times. What a silence covers is made up for when it ends. */
function isReminderDue({ openedAt, reminders, toldAt, silencedUntil }: LiveAlert, now: number): boolean {
  if (openedAt === null || reminders >= MAX_REMINDERS || isSilenced(silencedUntil, now)) return false;
  return now - (toldAt ?? openedAt) >= DAY_MS;
}

function isSilenced(until: number | null, now: number): boolean {
  return until !== null && now < until;
}

function afterGoodLook(alert: LiveAlert, now: number): AlertChange[] {
  const { id, lookedAt, ...before } = alert;
  if (alert.openedAt === null) return [{ id, lookedAt, next: null, notice: null }];
  const good = alert.good + 1;
  const closes = good >= kindOf(alert.kind).closesAfter;
  return [{ id, lookedAt, next: { ...before, good, closedAt: closes ? now : null }, notice: closes ? "closed" : null }];
}

/** Something that has happened, as an alert that is over in the moment it opens. */
export function eventAlert(fact: BadFact, silencedUntil: number | null, now: number): AlertChange {
  const next = { ...fact, bad: 1, good: 0, openedAt: now, closedAt: now, silencedUntil, reminders: 0, toldAt: now };
  return { id: null, lookedAt: null, next, notice: isSilenced(silencedUntil, now) ? null : "opened" };
}

/** Looks come every few minutes, and in each minute while one is undecided. */
const LOOK_EVERY_MINUTES = 3;

export function isLookDue(minute: number, isUndecided: boolean): boolean {
  return isUndecided || minute % LOOK_EVERY_MINUTES === 0;
}

const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };
const OVER = 3;

/** The worst first, and what is over last; of the same severity, the order that they come in. */
export function worstFirst<T extends { readonly kind: AlertKind; readonly notice?: Notice }>(alerts: readonly T[]): T[] {
  const rankOf = ({ kind, notice }: T): number => (notice === "closed" ? OVER : RANK[kindOf(kind).severity]);
  return alerts.toSorted((a, b) => rankOf(a) - rankOf(b));
}

/**
 * From the facts that a look has read to what is bad of them. Pure.
 */
import type { AlertKind, BadFact, LiveAlert, Look } from "./alert.ts";
import { OPERATIONS_A_MESSAGE, planLimitsOf, WARNED_SHARE } from "./plan-limits.ts";
import { HOUR_MS } from "./poll-cadence.ts";
import type { ShareKind } from "./panel-share.ts";
import type { BrakedPanels, BrakeEvidence } from "./provider-brake.ts";
import type { LastFailure } from "./provider.ts";
import { durationText, isoTime, MINUTE_MS } from "./time.ts";
import { lastingOf, type UnreadOrders, unreadText } from "./unread-orders.ts";

/** A provider as alerts see it. Balances in the provider's currency: as it said it, and in micro-units what is low. */
export type ProviderFacts = {
  readonly id: string;
  readonly enabled: boolean;
  readonly retryAt: number | null;
  readonly lastFailure: LastFailure | null;
  readonly brakeEngagedAt: number | null;
  readonly brakedPanels: BrakedPanels;
  readonly brakeEvidence: BrakeEvidence | null;
  readonly unknownWords: readonly string[];
  readonly unreadOrders: UnreadOrders;
  readonly activeOrders: number;
  readonly balance: string | null;
  readonly balanceCurrency: string | null;
  readonly lowBalance: number | null;
};

/** Counts stop at `MAX_COUNTED`. Times in epoch ms. */
export type AlertFacts = {
  readonly providers: readonly ProviderFacts[];
  /** Each refund or word that waits for a person: whose it is, and when it came to wait. */
  readonly held: readonly { readonly panel: string; readonly since: number }[];
  /** Orders that may have been placed or not, by provider. */
  readonly inDoubt: ReadonlyMap<string, number>;
  /** Orders that have not started in time, by provider. */
  readonly overdue: ReadonlyMap<string, number>;
  readonly deadLetters: number;
  readonly frozen: readonly { readonly panel: string; readonly because: string | null }[];
  readonly expiringKeys: readonly {
    readonly id: string;
    readonly name: string;
    readonly panel: string | null;
    readonly expiresAt: number;
  }[];
  /** Webhooks that were switched off by themselves, and why; and since when others fail. */
  readonly webhooks: readonly {
    readonly panel: string;
    readonly id: string;
    readonly disabledBecause: string | null;
    readonly failingSince: number | null;
  }[];
  /** Panels with crons that failed some times in a row: how many of them, and of one the name, if it has one, and the last error. */
  readonly crons: readonly {
    readonly panel: string;
    readonly failing: number;
    readonly name: string | null;
    readonly error: string | null;
  }[];
  /** The last minute that a tick has covered; 0 for none. */
  readonly lastMinute: number;
  readonly rowsWritten: number;
  readonly messages: number;
  readonly databaseBytes: number;
  /** Services of which too many of the last orders ended partial or canceled, as far as history has told today or yesterday. */
  readonly quality: readonly { readonly provider: string; readonly service: string; readonly bad: number; readonly of: number }[];
  /** Shares of today that panels have nothing left of: what more they ask for is refused. */
  readonly usedShares: readonly { readonly panel: string; readonly kind: ShareKind; readonly most: number }[];
};

/** A look counts no further: nobody needs to know whether it is 100 or 1,000, and each costs a row. */
export const MAX_COUNTED = 100;
/** A key is told of so long before it expires. */
export const EXPIRES_WITHIN_MS = 7 * 24 * HOUR_MS;

/** Refunds that wait for less are somebody's work of today. */
const HELD_TOO_LONG_MS = HOUR_MS;
/** So many of a provider's orders that have not started in time, and such a share of those followed, is no accident. */
const OVERDUE_ORDERS = 5;
const OVERDUE_SHARE = 0.2;
/** A receiver that is deployed anew, or restarts, is back by then. */
export const WEBHOOK_FAILS_MS = HOUR_MS / 2;
/** Ticks may be late, or skip a minute. */
const BEHIND_MINUTES = 5;
/** A stop that is over is told from here on: the platform passes over some minutes now and then, and nobody sees that. */
const STOPPED_MINUTES = 10;

export type LookedAt = { readonly now: number; readonly minute: number; readonly plan: string | undefined };

/** What is bad of the facts, and what cannot be told while a provider is down: its orders do not move then. */
export function lookAt(facts: AlertFacts, at: LookedAt): Look {
  const down = new Set(facts.providers.filter(isOut).map(({ id }) => id));
  const bad = [
    ...facts.providers.flatMap((provider) => ofProvider(provider, facts)),
    ...ofPeople(facts, at.now),
    ...ofWebhooks(facts, at.now),
    ...facts.crons.map(ofCrons),
    ...ofRunning(facts, at),
    ...facts.quality.map(qualityFact),
    ...facts.usedShares.map(shareFact),
  ];
  return { bad, isUnclear: (kind, subject) => FOLLOWS_FROM_DOWN.has(kind) && down.has(subject.split("/", 1)[0] ?? "") };
}

const FOLLOWS_FROM_DOWN: ReadonlySet<AlertKind> = new Set(["orders_overdue", "service_quality", "orders_unread"]);

/** No answers are to be had of it; one that only asks for patience is not out. */
function isOut({ enabled, retryAt, lastFailure }: ProviderFacts): boolean {
  return enabled && retryAt !== null && lastFailure?.code !== "rate_limited";
}

function ofProvider(provider: ProviderFacts, { overdue }: AlertFacts): BadFact[] {
  const { id, unknownWords, activeOrders } = provider;
  const words = unknownWords.slice(0, 3).map((word) => `"${shortText(word, 40)}"`);
  const late = overdue.get(id) ?? 0;
  return [
    ...(isOut(provider) ? [outage(provider)] : []),
    ...brakes(provider),
    ...(provider.enabled ? [...balances(provider), ...unread(provider)] : []),
    ...(words.length === 0
      ? []
      : [
          {
            kind: "unknown_word" as const,
            subject: id,
            count: unknownWords.length,
            text: `Provider ${id} uses ${unknownWords.length === 1 ? "a status word" : `${unknownWords.length} status words`} that nobody has mapped: ${words.join(", ")}${unknownWords.length > words.length ? ", …" : ""}.`,
          },
        ]),
    ...(late >= OVERDUE_ORDERS && late >= OVERDUE_SHARE * activeOrders
      ? [
          {
            kind: "orders_overdue" as const,
            subject: id,
            count: late,
            text: `${counted(late, "order")} at provider ${id} ${late === 1 ? "has" : "have"} not started in time, of ${activeOrders} that are followed.`,
          },
        ]
      : []),
  ];
}

/** What the text before it has said, and what is to be done, which stands after it: nobody needs to read it twice. */
const SAID_ALREADY = /^The provider rejects the key: | Ask it to let (?:the|this) Worker's calls to its API through\.$/g;

function outage({ id, lastFailure }: ProviderFacts): BadFact {
  const why = lastFailure === null ? "" : ` ${shortText(lastFailure.message.replace(SAID_ALREADY, ""), 200)}`;
  const fact = { subject: id, count: 1 };
  if (lastFailure?.code === "blocked") return { ...fact, kind: "provider_blocked", text: `Provider ${id} turns our calls away.${why}` };
  if (lastFailure?.code === "rejected_key")
    return { ...fact, kind: "provider_key_rejected", text: `Provider ${id} rejects our key.${why}` };
  return { ...fact, kind: "provider_down", text: `Provider ${id} does not answer.${why}` };
}

function brakes({ id, brakeEngagedAt, brakedPanels, brakeEvidence }: ProviderFacts): BadFact[] {
  const panels = Object.keys(brakedPanels);
  if (brakeEngagedAt === null && panels.length === 0) return [];
  const whose = brakeEngagedAt === null ? `the refunds of ${named("panel", panels)}` : "all its refunds";
  const orders =
    brakeEvidence === null
      ? "An unusual share of orders"
      : `${brakeEvidence.badly} of ${brakeEvidence.ended} orders that ended within an hour`;
  const text = `${orders} ended badly at provider ${id}, so ${whose} wait for you.`;
  return [{ kind: "brake_engaged", subject: id, count: Math.max(1, panels.length), text }];
}

/** An alert a panel, since it may be the panel's doing: it names ids that the provider does not have. */
function unread({ id, unreadOrders }: ProviderFacts): BadFact[] {
  return lastingOf(unreadOrders).map((lasting) => {
    const since = `${isoTime(lasting.since).slice(0, "2026-01-31T10:00".length).replace("T", " ")} UTC`;
    const text = `Provider ${id} gives no readable answer about ${unreadText(lasting)}, since ${since}. ${shortText(lasting.said.message, 200)}`;
    return { kind: "orders_unread" as const, subject: `${id}/${lasting.panel}`, count: lasting.orders, text };
  });
}

function balances({ id, balance, balanceCurrency, lowBalance }: ProviderFacts): BadFact[] {
  const amount = balance === null ? Number.NaN : Number(balance);
  if (Number.isNaN(amount)) return [];
  const shown = `${balance}${balanceCurrency === null ? "" : ` ${balanceCurrency}`}`;
  const fact = { subject: id, count: 1 };
  if (amount <= 0) return [{ ...fact, kind: "provider_funds_out", text: `Provider ${id} has no funds left: its balance is ${shown}.` }];
  if (lowBalance === null || amount * 1e6 >= lowBalance) return [];
  return [{ ...fact, kind: "provider_balance_low", text: `The balance at provider ${id} is low: ${shown}.` }];
}

/** What waits for a person, whoever's it is. */
function ofPeople({ held, inDoubt, frozen, expiringKeys }: AlertFacts, now: number): BadFact[] {
  const late = held.filter(({ since }) => now - since >= HELD_TOO_LONG_MS);
  const doubtful = [...inDoubt.values()].reduce((sum, orders) => sum + orders, 0);
  return [
    ...(late.length === 0
      ? []
      : [
          {
            kind: "refunds_held" as const,
            subject: "",
            count: late.length,
            text: `${counted(late.length, "refund")} of ${named("panel", [...new Set(late.map(({ panel }) => panel))])} ${late.length === 1 ? "has" : "have"} waited for your decision for over an hour.`,
          },
        ]),
    ...(doubtful === 0
      ? []
      : [
          {
            kind: "placing_unknown" as const,
            subject: "",
            count: doubtful,
            text: `${counted(doubtful, "order")} ${doubtful === 1 ? "is" : "are"} in doubt: ${named("provider", [...inDoubt.keys()])} may have taken ${doubtful === 1 ? "it" : "them"}, or not.`,
          },
        ]),
    ...frozen.map(({ panel, because }) => ({
      kind: "ledger_mismatch" as const,
      subject: panel,
      count: 1,
      text: `The ledger of panel ${panel} does not add up, so its refunds wait${because === null ? "" : `: ${shortText(because, 200)}`}.`,
    })),
    ...expiringKeys.map(({ id, name, panel, expiresAt }) => ({
      kind: "key_expiring" as const,
      subject: id,
      count: 1,
      text: `The key "${shortText(name, 60)}" of ${panel === null ? "the operator" : `panel ${panel}`} ${expiresAt <= now ? "has expired" : `expires in ${daysUntil(expiresAt, now)}`}.`,
    })),
  ];
}

/** Why a webhook was switched off, in words. */
const DISABLED: Readonly<Record<string, string>> = {
  gone: "its receiver answered 410",
  no_success: "it took nothing for days",
  url_refused: "its address may not be called",
};

function ofWebhooks({ webhooks }: AlertFacts, now: number): BadFact[] {
  return webhooks.flatMap(({ panel, id, disabledBecause, failingSince }): BadFact[] => {
    const fact = { subject: `${panel}/${id}`, count: 1 };
    const name = `Webhook ${id} of panel ${panel}`;
    if (disabledBecause !== null)
      return [
        { ...fact, kind: "webhook_disabled", text: `${name} was switched off, since ${DISABLED[disabledBecause] ?? disabledBecause}.` },
      ];
    if (failingSince === null || now - failingSince < WEBHOOK_FAILS_MS) return [];
    return [
      { ...fact, kind: "webhook_behind", text: `${name} has taken nothing for over half an hour: its receiver fails or does not answer.` },
    ];
  });
}

function ofCrons({ panel, failing, name, error }: AlertFacts["crons"][number]): BadFact {
  const one = name === null ? null : `"${shortText(name, 60)}"`;
  const why = error === null ? "" : ` ${shortText(error, 200)}`;
  const text =
    failing === 1
      ? `${one === null ? "A cron" : `The cron ${one}`} of panel ${panel} fails.${why}`
      : `${failing} crons of panel ${panel} fail${one === null ? "" : `, one of them ${one}`}.${why}`;
  return { kind: "cron_failing", subject: panel, count: failing, text };
}

/** Whether it runs, and for how long the day's limits carry it. */
function ofRunning(facts: AlertFacts, { minute, plan }: LookedAt): BadFact[] {
  const { deadLetters, lastMinute, rowsWritten, messages, databaseBytes } = facts;
  const isBehind = isFollowing(facts) && lastMinute > 0 && minute - lastMinute >= BEHIND_MINUTES;
  const limits = planLimitsOf(plan);
  const operations = messages * OPERATIONS_A_MESSAGE;
  return [
    ...(deadLetters === 0
      ? []
      : [
          {
            kind: "dead_letters" as const,
            subject: "",
            count: deadLetters,
            text: `${counted(deadLetters, "queue message")} failed for good, so ${deadLetters === 1 ? "its" : "their"} work was not done.`,
          },
        ]),
    ...(isBehind
      ? [{ kind: "sync_behind" as const, subject: "", count: 1, text: "Orders are not followed: ticks do not get through." }]
      : []),
    ...planFact("rows_written", "the database's rows written", rowsWritten, limits.rowsWritten).map((fact) => ({
      ...fact,
      text: `${fact.text} Until then progress is written seldom; new orders, ends and refunds go on.`,
    })),
    ...planFact("queue_operations", "the queue's operations", operations, limits.queueOperations),
    ...sizeFact(databaseBytes, limits.databaseBytes),
  ];
}

/** Whether there is an order that waits for ticks. */
function isFollowing({ providers }: Pick<AlertFacts, "providers">): boolean {
  return providers.some(({ enabled, activeOrders }) => enabled && activeOrders > 0);
}

/** Whether a tick that comes so many minutes after the one before has ended a stop. */
export function endsStop(minutesSince: number): boolean {
  return minutesSince >= STOPPED_MINUTES;
}

/**
 * A stop that has ended with this tick, which comes so many minutes after the one before; null for none. A cron that does not fire
 * cannot tell it sooner. `live`: while the alert is open, its end is what is told.
 */
export function endedStop(facts: AlertFacts, live: readonly LiveAlert[], minutesSince: number): BadFact | null {
  if (!endsStop(minutesSince) || !isFollowing(facts)) return null;
  if (live.some(({ kind, openedAt }) => kind === "sync_behind" && openedAt !== null)) return null;
  const text = `Orders were not followed for ${durationText(minutesSince * MINUTE_MS)}: no tick got through. They are followed again.`;
  return { kind: "sync_behind", subject: "", count: 1, text };
}

/** A database that is full takes no order: the operator has weeks to act from here. */
function sizeFact(bytes: number, limit: number): BadFact[] {
  if (bytes < WARNED_SHARE * limit) return [];
  const text = `The database is filled to over ${Math.min(100, Math.floor((bytes / limit) * 20) * 5)} % of ${limit / 1_000_000} MB.`;
  return [{ kind: "plan_limit", subject: "database_size", count: 1, text }];
}

/** Told in steps of 5 %, so that its text does not change with each look. */
function planFact(subject: string, what: string, used: number, limit: number | null): BadFact[] {
  if (limit === null || used < WARNED_SHARE * limit) return [];
  const percent = Math.min(100, Math.floor((used / limit) * 20) * 5);
  const text = `The free plan's day is ${percent >= 100 ? "used up" : `used to over ${percent} %`}: ${what}, ${limit} until 00:00 UTC.`;
  return [{ kind: "plan_limit", subject, count: 1, text }];
}

function qualityFact({ provider, service, bad, of }: AlertFacts["quality"][number]): BadFact {
  const text = `${bad} of the last ${of} orders of service ${shortText(service, 60)} at provider ${provider} ended partial or canceled.`;
  return { kind: "service_quality", subject: `${provider}/${service}`, count: bad, text };
}

/** What a share is of, in words. */
const SHARED: Readonly<Record<ShareKind, string>> = {
  add: "orders bought",
  registration: "registrations",
  check: "checks",
  adoption: "adoptions of orders",
  unknown_id: "ids that no provider knew",
  change: "rows that its key changes",
  webhook_test: "tests of webhooks",
};

function shareFact({ panel, kind, most }: AlertFacts["usedShares"][number]): BadFact {
  const text = `Panel ${panel} has used up its day's share of ${SHARED[kind]}, ${most}: more are refused until 00:00 UTC.`;
  return { kind: "plan_limit", subject: `${panel}/${kind}`, count: 1, text };
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count >= MAX_COUNTED ? `At least ${MAX_COUNTED}` : count} ${count === 1 ? one : many}`;
}

function daysUntil(at: number, now: number): string {
  const days = Math.max(1, Math.ceil((at - now) / (24 * HOUR_MS)));
  return days === 1 ? "a day" : `${days} days`;
}

/** Panels or providers by name, three at most: `panel a`, `panels a, b`. */
function named(what: "panel" | "provider", names: readonly string[]): string {
  const shown = names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
  return `${what}${names.length === 1 ? "" : "s"} ${shown}`;
}

/** Others' words on one line, and no longer than this. */
export function shortText(text: string, maxCharacters: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  const characters = Array.from(line);
  return characters.length <= maxCharacters ? line : `${characters.slice(0, maxCharacters - 1).join("")}…`;
}

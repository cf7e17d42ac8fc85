import { type BalanceTrail, runsOutAt } from "../../domain/balance-forecast.ts";
import type { Brake, BrakedPanels, BrakeEvidence, Endings } from "../../domain/provider-brake.ts";
import type { BucketKey, PolledRange } from "../../domain/poll-coverage.ts";
import type { PolicyLayer } from "../../domain/refund-policy.ts";
import type { AddTrouble } from "../../domain/provider-add-circuit.ts";
import type { ProviderState, UnknownWords } from "../../domain/provider.ts";
import type { ProviderHours } from "../../domain/provider-hours.ts";
import type { UnreadOrders } from "../../domain/unread-orders.ts";
import type { Cadence, ProviderClock } from "../../domain/poll-pacing.ts";
import { type ProviderSettings, requestOfText } from "../../provider/settings.ts";

/** A row of `providers`. JSON columns are text. */
export type ProviderRow = {
  id: string;
  name: string | null;
  url: string;
  api_key: string;
  currency: string | null;
  panels: string | null;
  enabled: number;
  batch_size: number;
  max_calls_per_minute: number | null;
  timeout_ms: number;
  status_words: string;
  request: string;
  learned: string;
  brake: string | null;
  created_at: number;
  updated_at: number;
  settings_version: number;
  state_version: number;
  many: ProviderState["many"];
  learned_batch_size: number;
  caution: number;
  last_poll_ms: number;
  failures: number;
  retry_at: number | null;
  last_success_at: number | null;
  last_failure_at: number | null;
  last_failure: string | null;
  calls_day: number;
  calls_today: number;
  rows_today: number;
  messages_today: number;
  hours: string;
  /** Orders followed, but for those that wait for their first poll. */
  active_orders: number;
  unknown_words: string;
  unread_orders: string;
  settle_hours: number;
  clock: string | null;
  marks: string;
  endings: string;
  brake_engaged_at: number | null;
  braked_panels: string;
  brake_evidence: string | null;
  balance: string | null;
  balance_currency: string | null;
  balance_at: number | null;
  balance_trail: string;
  low_balance: number | null;
  add_trouble: number;
  add_failed_at: number | null;
  add_trial_at: number | null;
  /** Layers by service, "" for the provider's own; only where a statement selects them. */
  policies?: string | null;
};

/** A provider `p` with its layers of refund policy: one row more for each of them. */
export const WITH_POLICIES = `p.*, (SELECT json_group_object(r.service, json(r.policy)) FROM refund_policies r WHERE r.provider = p.id) AS policies`;

/** A provider: what the operator set, and what was found out. */
export type Provider = {
  readonly id: string;
  readonly name: string | null;
  readonly currency: string | null;
  /** Panels that may use it; null for all. */
  readonly panels: readonly string[] | null;
  readonly enabled: boolean;
  /** The operator's cap on ids a call. */
  readonly batchSize: number;
  readonly maxCallsPerMinute: number | null;
  /** Null: no brake. */
  readonly brake: Brake | null;
  /** How long it corrects itself after a final status. */
  readonly settleHours: number;
  /** Refund policies by service, "" for the provider's own; empty where they were not read. */
  readonly policies: Readonly<Record<string, PolicyLayer>>;
  /** The currency of its balance, as it last said; null when it never did. */
  readonly balanceCurrency: string | null;
  /** Below this, in micro-units of its currency, the operator is told; null: never. */
  readonly lowBalance: number | null;
  /** What its balance was when it was last asked for, and of late; null where that was never told under its present settings. */
  readonly balance: KnownBalance | null;
  /** How its adds fare, as far as was known when it was read. */
  readonly addTrouble: AddTrouble;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly settingsVersion: number;
  readonly stateVersion: number;
  /** Orders followed, but for those that wait for their first poll. */
  readonly activeOrders: number;
  readonly settings: ProviderSettings;
  readonly state: ProviderState;
};

/** `balance`: a decimal string in the provider's currency. `at` and `runsOutAt` in epoch ms. */
export type KnownBalance = { readonly balance: string; readonly at: number; readonly runsOutAt: number | null };

export type BalanceRow = Pick<ProviderRow, "balance" | "balance_at" | "balance_trail">;

export function toBalance({ balance, balance_at: at, balance_trail: trail }: BalanceRow): KnownBalance | null {
  if (balance === null || at === null) return null;
  return { balance, at, runsOutAt: runsOutAt(JSON.parse(trail) as BalanceTrail) };
}

export function toProvider(row: ProviderRow): Provider {
  return {
    id: row.id,
    name: row.name,
    currency: row.currency,
    panels: row.panels === null ? null : (JSON.parse(row.panels) as string[]),
    enabled: row.enabled === 1,
    batchSize: row.batch_size,
    maxCallsPerMinute: row.max_calls_per_minute,
    brake: row.brake === null ? null : (JSON.parse(row.brake) as Brake),
    settleHours: row.settle_hours,
    policies: JSON.parse(row.policies ?? "{}") as Record<string, PolicyLayer>,
    balanceCurrency: row.balance_currency,
    lowBalance: row.low_balance,
    balance: toBalance(row),
    addTrouble: toAddTrouble(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    settingsVersion: row.settings_version,
    stateVersion: row.state_version,
    activeOrders: row.active_orders,
    settings: {
      id: row.id,
      url: row.url,
      key: row.api_key,
      request: requestOfText(row.request),
      timeoutMs: row.timeout_ms,
      statusWords: JSON.parse(row.status_words) as ProviderSettings["statusWords"],
      learned: JSON.parse(row.learned) as ProviderSettings["learned"],
      currency: row.currency ?? row.balance_currency,
    },
    state: toState(row),
  };
}

export type AddTroubleRow = Pick<ProviderRow, "add_trouble" | "add_failed_at" | "add_trial_at">;

export function toAddTrouble({ add_trouble: level, add_failed_at: failedAt, add_trial_at: trialAt }: AddTroubleRow): AddTrouble {
  return { level, failedAt, trialAt };
}

function toState(row: ProviderRow): ProviderState {
  return {
    many: row.many,
    learnedBatchSize: row.learned_batch_size,
    batchHalvings: row.caution,
    lastPollMs: row.last_poll_ms,
    failures: row.failures,
    lastSuccessAt: row.last_success_at,
    lastFailureAt: row.last_failure_at,
    callsDay: row.calls_day,
    callsToday: row.calls_today,
    rowsToday: row.rows_today,
    messagesToday: row.messages_today,
    hours: JSON.parse(row.hours) as ProviderHours,
    unknownWords: unpackWords(row.unknown_words),
    unreadOrders: JSON.parse(row.unread_orders) as UnreadOrders,
    endings: JSON.parse(row.endings) as Endings,
    brakeEngagedAt: row.brake_engaged_at,
    brakedPanels: JSON.parse(row.braked_panels) as BrakedPanels,
    brakeEvidence: row.brake_evidence === null ? null : (JSON.parse(row.brake_evidence) as BrakeEvidence),
    ...toPolling(row),
  };
}

/** The columns that tell how a provider's polling stands: no settings, and no key. */
export type PollingRow = Pick<ProviderRow, "id" | "enabled" | "clock" | "marks" | "retry_at" | "last_failure">;
export const POLLING_COLUMNS = "p.id, p.enabled, p.clock, p.marks, p.retry_at, p.last_failure";

export function toPolling(row: PollingRow): Pick<ProviderState, "enabled" | "clock" | "coverage" | "retryAt" | "lastFailure"> {
  return {
    enabled: row.enabled === 1,
    clock: unpackClock(row.clock),
    coverage: unpackCoverage(row.marks),
    retryAt: row.retry_at,
    lastFailure: row.last_failure === null ? null : (JSON.parse(row.last_failure) as ProviderState["lastFailure"]),
  };
}

/** A clock as it stands in the row. */
type PackedClock = { readonly minute: number; readonly position: number; readonly stretchPercent: number };

export function packClock(clock: ProviderClock): string | null {
  if (clock === null) return null;
  const { minute, position, slowdownPercent } = clock;
  return JSON.stringify({ minute, position, stretchPercent: slowdownPercent } satisfies PackedClock);
}

function unpackClock(text: string | null): ProviderClock {
  if (text === null) return null;
  const { minute, position, stretchPercent } = JSON.parse(text) as PackedClock;
  return { minute, position, slowdownPercent: stretchPercent };
}

type PackedKey = readonly [phase: number] | readonly [phase: number, panel: string, n: number];
type PackedRange = readonly [cadence: Cadence, after: PackedKey, upTo: PackedKey, readAt: number, askedLater: number];

/** Coverage as it stands in the row: some 40 bytes each, since a phase's start needs no panel and no number. */
export function packCoverage(coverage: readonly PolledRange[]): string {
  return JSON.stringify(coverage.map((m): PackedRange => [m.cadence, packKey(m.after), packKey(m.upTo), m.readAt, m.askedAt - m.readAt]));
}

function unpackCoverage(text: string): PolledRange[] {
  return (JSON.parse(text) as PackedRange[]).map(([cadence, after, upTo, readAt, askedLater]) => ({
    cadence,
    after: unpackKey(after),
    upTo: unpackKey(upTo),
    readAt,
    askedAt: readAt + askedLater,
  }));
}

function packKey([phase, panel, n]: BucketKey): PackedKey {
  return panel === "" && n === 0 ? [phase] : [phase, panel, n];
}

function unpackKey(packed: PackedKey): BucketKey {
  return packed.length === 1 ? [packed[0], "", 0] : packed;
}

/** A count alone is of a release that kept no example. */
type PackedWords = Readonly<Record<string, number | readonly [count: number, panel: string, id: string]>>;

function unpackWords(json: string): UnknownWords {
  const packed = Object.entries(JSON.parse(json) as PackedWords);
  return Object.fromEntries(
    packed.map(([word, value]) => {
      if (typeof value === "number") return [word, { count: value, example: null }];
      const [count, panel, id] = value;
      return [word, { count, example: { panel, id } }];
    }),
  );
}

export function packWords(words: UnknownWords): string {
  const packed = Object.entries(words).map(([word, { count, example }]) => [
    word,
    example === null ? count : [count, example.panel, example.id],
  ]);
  return JSON.stringify(Object.fromEntries(packed));
}

/**
 * A provider as the operator sees it. Never its key.
 */
import { type Circuit, circuitOf } from "../../../domain/provider.ts";
import { slowdownOf } from "../../../domain/poll-pacing.ts";
import { isoTime } from "../../../domain/time.ts";
import { summaryOf } from "../../../domain/unread-orders.ts";
import { DAY_MS } from "../../../domain/poll-cadence.ts";
import { failureMessage } from "../../../provider/failure-message.ts";
import type { ProviderFailure } from "../../../provider/failure.ts";
import type { ProbeReport } from "../../../provider/client.ts";
import type { RequestShape } from "../../../provider/settings.ts";
import { formatAmount } from "../../../domain/money.ts";
import type { BrakeHeld } from "../../../store/refunds/refund-cases.ts";
import type { FollowedProvider } from "../../../store/providers/provider-settings.ts";

/** `key`: the provider's key in plain, of which a hint is shown. `held`: what its brake holds; null where that was not looked at. */
export function providerView({ provider, activeOrders }: FollowedProvider, key: string, held: BrakeHeld | null, now: number) {
  const { settings } = provider;
  return {
    id: provider.id,
    name: provider.name,
    url: settings.url,
    key_hint: keyHint(key),
    currency: provider.currency,
    panels: provider.panels,
    batch_size: provider.batchSize,
    max_calls_per_minute: provider.maxCallsPerMinute,
    timeout_ms: settings.timeoutMs,
    enabled: provider.enabled,
    status_words: settings.statusWords,
    request: requestView(settings.request),
    brake: brakeView(provider, held),
    settle_hours: provider.settleHours,
    low_balance: provider.lowBalance === null ? null : formatAmount(provider.lowBalance),
    created_at: isoTime(provider.createdAt),
    updated_at: isoTime(provider.updatedAt),
    health: healthView(provider, activeOrders, now),
  };
}

/** Null: no brake, and nothing that one held. */
function brakeView({ brake, state }: FollowedProvider["provider"], held: BrakeHeld | null) {
  const panels = Object.entries(state.brakedPanels);
  const engagedAt = [state.brakeEngagedAt ?? [], panels.map(([, at]) => at)].flat();
  if (brake === null && engagedAt.length === 0 && (held?.count ?? 0) === 0) return null;
  return {
    share: brake?.share ?? null,
    min_orders: brake?.min_orders ?? null,
    engaged_at: engagedAt.length === 0 ? null : time(Math.min(...engagedAt)),
    // Null: those of all panels.
    panels: state.brakeEngagedAt === null ? panels.map(([panel]) => panel) : null,
    evidence: evidenceView(state, engagedAt.length > 0),
    held: held === null ? null : heldView(held),
  };
}

/** What engaged the brake last; of one that is off, nothing. */
function evidenceView({ brakeEvidence }: FollowedProvider["provider"]["state"], isOn: boolean) {
  return isOn && brakeEvidence !== null ? { ended: brakeEvidence.ended, ended_badly: brakeEvidence.badly } : null;
}

/** `amount` is null where several currencies are held; `amounts` has each. `at_least`: so much was looked at, and there is more. */
function heldView({ count, amounts, isComplete }: BrakeHeld) {
  const shown = Object.fromEntries(Object.entries(amounts).map(([currency, micros]) => [currency, formatAmount(BigInt(micros))]));
  const [only, ...more] = Object.values(shown);
  return { count, amount: more.length > 0 ? null : (only ?? "0"), amounts: shown, ...(isComplete ? {} : { at_least: true }) };
}

const HINT_CHARACTERS = 4;
/** The hint must leave at least as much of the key unsaid. */
const MIN_HINTED_CHARACTERS = 2 * HINT_CHARACTERS;

/** The end of a key, to tell keys apart by. */
export function keyHint(key: string): string {
  return key.length < MIN_HINTED_CHARACTERS ? "****" : key.slice(-HINT_CHARACTERS);
}

/** The words that circuit breakers are usually described by. */
const CIRCUITS: Readonly<Record<Circuit, string>> = { closed: "closed", waiting: "open", probing: "half_open" };

function healthView({ state, balance, balanceCurrency, currency }: FollowedProvider["provider"], activeOrders: number, now: number) {
  const { lastFailure, lastFailureAt } = state;
  return {
    circuit: CIRCUITS[circuitOf(state, now)],
    last_success_at: time(state.lastSuccessAt),
    last_error: lastFailure === null ? null : { code: lastFailure.code, message: lastFailure.message, at: time(lastFailureAt) },
    consecutive_failures: state.failures,
    retry_at: time(state.retryAt),
    many: state.many,
    learned_batch_size: state.learnedBatchSize,
    active_orders: activeOrders,
    calls_today: state.callsDay === Math.floor(now / DAY_MS) ? state.callsToday : 0,
    stretch: slowdownOf(state.clock),
    balance: balance?.balance ?? null,
    balance_currency: balance === null ? null : (balanceCurrency ?? currency),
    balance_at: time(balance?.at ?? null),
    runs_out_at: time(balance?.runsOutAt ?? null),
    unread_orders: summaryOf(state.unreadOrders).map(({ panel, orders, atLeast, since, at, said }) => ({
      panel,
      orders,
      ...(atLeast ? { at_least: true } : {}),
      since: isoTime(since),
      asked_at: isoTime(at),
      answer: said.message,
    })),
    unknown_words: Object.fromEntries(Object.entries(state.unknownWords).map(([word, { count }]) => [word, count])),
    unknown_word_examples: Object.fromEntries(
      Object.entries(state.unknownWords).flatMap(([word, { example }]) =>
        example === null ? [] : [[word, { panel: example.panel, order: example.id }]],
      ),
    ),
  };
}

function time(epochMs: number | null): string | null {
  return epochMs === null ? null : isoTime(epochMs);
}

function requestView({ trailingSlash, userAgent, idempotencyField, cancelOne, ...same }: RequestShape) {
  const { method, encoding, fields, actions } = same;
  return {
    method,
    encoding,
    trailing_slash: trailingSlash,
    user_agent: userAgent,
    idempotency_field: idempotencyField,
    fields,
    actions,
    cancel_one: cancelOne,
  };
}

/** What a probe found out. */
export function probeView({ ok, balance, currency, request, tried, failure }: ProbeReport) {
  return {
    ok,
    balance,
    currency,
    request: requestView(request),
    tried: tried.map((attempt) => ({ shape: attempt.shape, error: failureView(attempt.failure) })),
    error: failureView(failure),
  };
}

function failureView(failure: ProviderFailure | null): { readonly code: string; readonly message: string } | null {
  return failure === null ? null : { code: failure.code, message: failureMessage(failure) };
}

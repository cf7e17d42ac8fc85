/**
 * `GET /v1/overview`: whether all is right, and what needs a person, in one bounded read.
 */
import { worstFirst } from "../../../domain/alert.ts";
import { standingOf, verdictOf } from "../../../domain/overview.ts";
import { OPERATIONS_A_MESSAGE, planLimitsOf, planOf } from "../../../domain/plan-limits.ts";
import { slowdownOf } from "../../../domain/poll-pacing.ts";
import { lagOf, later } from "../../../domain/provider-hours.ts";
import { formatAmount } from "../../../domain/money.ts";
import { dayOf, isoTime, minuteOf } from "../../../domain/time.ts";
import { MOST_COUNTED, readOverview } from "../../../store/operations/overview.ts";
import type { FollowedProvider } from "../../../store/providers/provider-settings.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { json } from "../../kit/reply.ts";
import { shownAlert } from "../alerts/alerts.ts";

/** Ticks may be late, or skip a minute; five in a row are an outage. */
const BEHIND_MINUTES = 5;

/** `GET /v1/overview` */
export async function getOverview({ db, env, now }: OperatorContext): Promise<Answer> {
  const read = await readOverview(db, now);
  const { providers, counts, lastMinute } = read;
  const day = dayOf(minuteOf(now));
  const activeOrders = ordersAt(providers.filter(({ provider }) => provider.enabled));
  // Before the first tick, the wait counts from when there was an order to follow.
  const lastSign = lastMinute > 0 ? lastMinute : minuteOf(read.followingSince ?? now);
  const isBehind = activeOrders > 0 && minuteOf(now) - lastSign > BEHIND_MINUTES;
  const brakes = providers.filter(({ provider }) => standingOf(standingFacts(provider)) === "braked").length;
  const words = providers.reduce((sum, { provider }) => sum + Object.keys(provider.state.unknownWords).length, 0);
  const needs = { ...counts, brakes_engaged: brakes, unknown_words: words };
  const waiting = (Object.keys(NEEDS) as (keyof typeof NEEDS)[]).map((name) => [needs[name], ...NEEDS[name]] as const);
  const alerts = worstFirst(read.alerts);
  const verdict = verdictOf({
    alerts,
    waiting,
    isBehind,
    activeOrders,
    pausedOrders: ordersAt(providers) - activeOrders,
    providers: providers.length,
  });
  const today = providers.filter(({ provider }) => provider.state.callsDay === day).map(({ provider }) => provider.state);
  const limits = planLimitsOf(env.PLAN);
  const rowsWritten = read.rowsOfShares + today.reduce((sum, { rowsToday }) => sum + rowsToday, 0);
  const messages = read.messages + today.reduce((sum, { messagesToday }) => sum + messagesToday, 0);
  return json(200, {
    at: isoTime(now),
    ...verdict,
    sync: { last_tick_at: lastMinute > 0 ? isoTime(read.lastTickAt) : null, behind: isBehind, active_orders: activeOrders },
    alerts: alerts.map(shownAlert),
    needs_person: Object.fromEntries(Object.entries(needs).map(([name, count]) => [name, counted(count)])),
    providers: providers.map((each) => providerRow(each, day, now)),
    more_providers: read.hasMoreProviders,
    day: {
      plan: planOf(env.PLAN),
      date: isoTime(now).slice(0, "2026-01-31".length),
      rows_written: figure(rowsWritten, limits.rowsWritten),
      queue_operations: figure(messages * OPERATIONS_A_MESSAGE, limits.queueOperations),
      provider_calls: today.reduce((sum, { callsToday }) => sum + callsToday, 0),
    },
    database: figure(read.databaseBytes, limits.databaseBytes),
  });
}

/** What waits for a person, one and several, the most pressing first. */
const NEEDS = {
  refunds_held: ["refund to decide on", "refunds to decide on"],
  placing_unknown: ["order in doubt", "orders in doubt"],
  ledger_mismatch: ["panel whose ledger does not add up", "panels whose ledgers do not add up"],
  brakes_engaged: ["brake to release", "brakes to release"],
  unknown_words: ["unknown word to map", "unknown words to map"],
  dead_letters: ["dead letter", "dead letters"],
  panel_outdated: ["order to put right in its panel", "orders to put right in their panels"],
  over_refunded: ["order that was refunded too much", "orders that were refunded too much"],
  parked: ["order that the database refuses", "orders that the database refuses"],
  provider_order_taken: ["order that gave way to another", "orders that gave way to others"],
} as const;

function ordersAt(providers: readonly FollowedProvider[]): number {
  return providers.reduce((sum, { activeOrders }) => sum + activeOrders, 0);
}

function counted(count: number) {
  return count > MOST_COUNTED ? { count: MOST_COUNTED, at_least: true } : { count };
}

function figure(used: number, limit: number | null) {
  return { used, limit, share: limit === null ? null : Math.round((used / limit) * 1000) / 1000 };
}

function standingFacts({ enabled, state }: FollowedProvider["provider"]) {
  return { ...state, enabled };
}

function providerRow({ provider, activeOrders }: FollowedProvider, day: number, now: number) {
  const { id, name, enabled, state, balance, balanceCurrency, currency, lowBalance, maxCallsPerMinute } = provider;
  const { lastFailure, lastFailureAt } = state;
  const engagedAt = [state.brakeEngagedAt ?? [], Object.values(state.brakedPanels)].flat();
  return {
    id,
    name,
    state: standingOf(standingFacts(provider)),
    enabled,
    last_success_at: time(state.lastSuccessAt),
    last_error: lastFailure === null ? null : { code: lastFailure.code, message: lastFailure.message, at: time(lastFailureAt) },
    retry_at: time(state.retryAt),
    active_orders: activeOrders,
    calls_today: state.callsDay === day ? state.callsToday : 0,
    max_calls_per_minute: maxCallsPerMinute,
    stretch: slowdownOf(state.clock),
    lag_seconds: later(lagOf(state.hours, now), unansweredSeconds(provider.state, activeOrders, now)),
    unknown_words: Object.keys(state.unknownWords).length,
    brake_engaged_at: engagedAt.length === 0 ? null : time(Math.min(...engagedAt)),
    balance: balance?.balance ?? null,
    balance_currency: balance === null ? null : (balanceCurrency ?? currency),
    balance_at: time(balance?.at ?? null),
    low_balance: lowBalance === null ? null : formatAmount(lowBalance),
    runs_out_at: time(balance?.runsOutAt ?? null),
  };
}

/** For how long orders have not been looked at, since the provider does not answer, in seconds; null where it does. */
function unansweredSeconds(
  { retryAt, lastSuccessAt }: FollowedProvider["provider"]["state"],
  activeOrders: number,
  now: number,
): number | null {
  return retryAt === null || lastSuccessAt === null || activeOrders === 0 ? null : Math.max(0, Math.round((now - lastSuccessAt) / 1000));
}

function time(epochMs: number | null): string | null {
  return epochMs === null ? null : isoTime(epochMs);
}

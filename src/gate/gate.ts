/**
 * Whether a provider may be called within a request, beside the sweeps: its switch, its circuit and its budget are
 * the same for all.
 */
import { afterFailedCall, circuitOf } from "../domain/provider.ts";
import { MINUTE_MS, minuteOf } from "../domain/time.ts";
import { askBalance } from "../provider/api-v2/status.ts";
import type { ProviderFailure } from "../provider/failure.ts";
import { failureMessage } from "../provider/failure-message.ts";
import { isOfConnection } from "../provider/outcome.ts";
import { claimCalls } from "../store/providers/budget.ts";
import {
  claimProbe,
  claimUnrepeatable,
  closeCircuit,
  type Failing,
  isClosedBy,
  mayHaveDoubts,
  readFailing,
  recordFailure,
  recordUnclearAdd,
} from "../store/providers/circuit.ts";
import type { Provider } from "../store/rows/provider.ts";
import type { Context } from "../http/kit/context.ts";

/** `busy`: no call is left of this minute's, or the provider asked for patience. `down`: switched off, or out of reach. */
export type Passage = "yes" | "busy" | "down";

/** What is asked and may be asked again, unlike an `add`, which must not leave a doubt. */
export const REPEATABLE = { isRepeatable: true } as const;
type Kind = { readonly isRepeatable?: boolean };

/**
 * Takes calls out of the provider's budget. Whoever gets a "yes" makes as many, and no more. One row written where
 * there is a budget. A provider that was out of reach is asked for its balance first, once a minute by whoever comes
 * first: that can be repeated, while what the panel wants may not.
 */
export async function passGate(call: Context, provider: Provider, calls = 1, { isRepeatable = false }: Kind = {}): Promise<Passage> {
  const { env, ports } = call;
  if (!provider.enabled) return "down";
  const reach = await reachOf(call, provider);
  if (reach !== "yes") return reach;
  const mayDoubt = !isRepeatable && mayHaveDoubts(provider, ports.now());
  if (mayDoubt && !(await claimUnrepeatable(env.DB, provider, ports.now()))) return "down";
  return (await claimMoreCalls(call, provider, calls)) === calls ? "yes" : "busy";
}

/** More calls for a request that has got its first "yes"; answers how many it may make. */
export async function claimMoreCalls({ env, ports }: Context, { id, maxCallsPerMinute }: Provider, calls: number): Promise<number> {
  if (maxCallsPerMinute === null) return calls;
  // A probe before it may have taken a minute.
  const grants = await claimCalls(env.DB, minuteOf(ports.now()), [{ provider: id, calls, perMinute: maxCallsPerMinute }]);
  return grants.get(id)?.granted ?? 0;
}

async function reachOf(call: Context, provider: Provider): Promise<Passage> {
  const { env, ports } = call;
  const now = ports.now();
  const circuit = circuitOf(provider.state, now);
  if (circuit === "closed") return "yes";
  const shut = provider.state.lastFailure?.code === "rate_limited" ? "busy" : "down";
  if (circuit === "waiting" || isSweepsTurn(provider, now)) return shut;
  if (!(await claimProbe(env.DB, provider, now))) return (await isClosedBy(env.DB, provider)) ? "yes" : "down";
  if ((await claimMoreCalls(call, provider, 1)) === 0) return "busy";
  return (await isBack(call, provider)) ? "yes" : "down";
}

/** A tick comes within a minute, and its poll some time after. */
const SWEEPS_FIRST_MS = MINUTE_MS + 30_000;

/**
 * When a wait that was set is over, the sweeps look first. Requests may come any second, and some providers that answer
 * a `status` have no balance to tell: each probe that fails would set another wait, and no sweep would ever get to it.
 */
function isSweepsTurn({ state: { retryAt, lastFailureAt } }: Provider, now: number): boolean {
  return retryAt !== null && retryAt > (lastFailureAt ?? retryAt) && retryAt <= now && now < retryAt + SWEEPS_FIRST_MS;
}

async function isBack(call: Context, provider: Provider): Promise<boolean> {
  const { env, ports } = call;
  const asked = await askBalance(ports, provider.settings);
  if (!asked.ok && !isOwnAnswer(asked.failure)) {
    await countFailure(call, provider, asked.failure);
    return false;
  }
  await closeCircuit(env.DB, provider, asked.ok ? ports.now() : null);
  return true;
}

/** The provider's API is there, though it tells no balance. */
function isOwnAnswer({ code }: ProviderFailure): boolean {
  return code === "refused" || code === "bad_shape";
}

/**
 * What a failed call says of the provider, for those who come after: its circuit opens as it does for the sweeps. Where
 * the call may not be repeated, and it is not known to have been turned away, it has left a doubt.
 */
export async function noteFailure(
  call: Context,
  provider: Provider,
  failure: ProviderFailure,
  { isRepeatable = false }: Kind = {},
): Promise<void> {
  if (isRepeatable || isOfConnection(failure)) return countFailure(call, provider, failure);
  const isShut = await recordUnclearAdd(call.env.DB, provider, call.ports.now());
  await countFailure(call, provider, failure, isShut ? undefined : MOST_FAILURES_OF_DOUBTS);
}

/** Doubts among adds that go well make up no failures in a row: one more than this would open the circuit. */
const MOST_FAILURES_OF_DOUBTS = 2;

/** Sweeps, and other requests, seldom write in the same moment. */
const MAX_TRIES = 5;

/**
 * Counts on top of what is known by now: this request's own probe may have changed it. No higher than to `most`, unless
 * the circuit is open; and not at all where the provider is left alone already.
 */
async function countFailure({ env, ports }: Context, provider: Provider, failure: ProviderFailure, most = Infinity): Promise<void> {
  const now = ports.now();
  const retryAfterSeconds = failure.code === "rate_limited" ? failure.retryAfterSeconds : null;
  const failed = { code: failure.code, message: failureMessage(failure), retryAfterSeconds };
  let known: Failing | null = provider;
  for (let tries = 1; known !== null && tries <= MAX_TRIES; tries++) {
    const { failures, retryAt } = known.state;
    if (circuitOf(known.state, now) === "waiting") return;
    const before = { failures: retryAt === null ? Math.min(failures, most - 1) : failures };
    if (await recordFailure(env.DB, known, afterFailedCall(before, failed, now))) return;
    known = await readFailing(env.DB, provider);
  }
}

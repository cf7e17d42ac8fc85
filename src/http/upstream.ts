/**
 * Whether a provider may be called within a request, beside the sweeps: its switch, its circuit and its budget are
 * the same for all.
 */
import { afterFailedCall, circuitOf } from "../domain/provider.ts";
import { minuteOf } from "../domain/time.ts";
import { askBalance } from "../provider/client.ts";
import type { ProviderFailure } from "../provider/failure.ts";
import { failureMessage } from "../provider/failure-message.ts";
import { claimCalls } from "../store/budget.ts";
import { claimProbe, closeCircuit, recordFailure } from "../store/circuit.ts";
import type { Provider } from "../store/provider-rows.ts";
import type { Call } from "./call.ts";

/** `busy`: no call is left of this minute's, or the provider asked for patience. `down`: switched off, or out of reach. */
export type MayCall = "yes" | "busy" | "down";

/**
 * Takes calls out of the provider's budget. Whoever gets a "yes" makes as many, and no more. One row written where
 * there is a budget. A provider that was out of reach is asked for its balance first, once a minute by whoever comes
 * first: that can be repeated, while what the panel wants may not.
 */
export async function claimUpstream(call: Call, provider: Provider, calls = 1): Promise<MayCall> {
  const { now } = call;
  if (!provider.enabled) return "down";
  const circuit = circuitOf(provider.state, now);
  if (circuit === "waiting") return provider.state.lastFailure?.code === "rate_limited" ? "busy" : "down";
  if (circuit === "probing") {
    if (!(await claimBudget(call, provider, 1))) return "busy";
    if (!(await isBack(call, provider))) return "down";
  }
  return (await claimBudget(call, provider, calls)) ? "yes" : "busy";
}

async function claimBudget({ env, now }: Call, { id, maxCallsPerMinute }: Provider, calls: number): Promise<boolean> {
  if (maxCallsPerMinute === null) return true;
  const grants = await claimCalls(env.DB, minuteOf(now), [{ provider: id, calls, perMinute: maxCallsPerMinute }]);
  return (grants.get(id)?.granted ?? 0) >= calls;
}

async function isBack({ env, ports, now }: Call, provider: Provider): Promise<boolean> {
  if (!(await claimProbe(env.DB, provider, now))) return false;
  const answered = await askBalance(ports, provider.settings);
  if (answered.ok) await closeCircuit(env.DB, provider, now);
  return answered.ok;
}

/** What a failed call says of the provider, for those who come after: its circuit opens as it does for the sweeps. */
export async function noteFailure({ env, now }: Call, provider: Provider, failure: ProviderFailure): Promise<void> {
  const retryAfterSeconds = failure.code === "rate_limited" ? failure.retryAfterSeconds : null;
  const failed = { code: failure.code, message: failureMessage(failure), retryAfterSeconds };
  await recordFailure(env.DB, provider, afterFailedCall(provider.state, failed, now));
}

/**
 * Whether several providers may be called within one request: as `claimUpstream` says of each for what may be asked
 * again, in as few statements as for one. The free plan has 50 of them an invocation.
 */
import { circuitOf } from "../domain/provider.ts";
import { minuteOf } from "../domain/time.ts";
import { claimCalls } from "../store/providers/budget.ts";
import type { Provider } from "../store/rows/provider.ts";
import type { Context } from "../http/kit/context.ts";
import { passGate, type Passage, REPEATABLE } from "./gate.ts";

/** A look whether a provider is back takes five statements; whoever is left over is looked at by another request. */
const MAX_PROBES = 2;

/** Takes a call out of each provider's budget. One row written for each that has one. */
export async function passGates(call: Context, providers: readonly Provider[]): Promise<ReadonlyMap<Provider, Passage>> {
  const { env, ports } = call;
  const now = ports.now();
  const inCircuit = Map.groupBy(providers, ({ enabled, state }) => (enabled ? circuitOf(state, now) : "waiting"));
  const closed = inCircuit.get("closed") ?? [];
  const probing = inCircuit.get("probing") ?? [];
  const claims = closed.flatMap(({ id, maxCallsPerMinute }) =>
    maxCallsPerMinute === null ? [] : [{ provider: id, calls: 1, perMinute: maxCallsPerMinute }],
  );
  const grants = await claimCalls(env.DB, minuteOf(now), claims);
  const mayCallClosed = ({ id, maxCallsPerMinute }: Provider): Passage =>
    maxCallsPerMinute === null || grants.get(id)?.granted === 1 ? "yes" : "busy";
  const others = [...(inCircuit.get("waiting") ?? []), ...probing.slice(0, MAX_PROBES)];
  return new Map([
    ...closed.map((provider) => [provider, mayCallClosed(provider)] as const),
    ...(await Promise.all(others.map(async (provider) => [provider, await passGate(call, provider, 1, REPEATABLE)] as const))),
    ...probing.slice(MAX_PROBES).map((provider) => [provider, "busy"] as const),
  ]);
}

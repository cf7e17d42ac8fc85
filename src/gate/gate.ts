/**
 * May this provider be called: its switch, its circuit and its budget are the same for sweeps and for requests.
 */
import { afterFailedCall, circuitOf } from "../domain/provider.ts";
import { afterDoubtfulAdd, isShutForAdds, letAddThrough } from "../domain/provider-add-circuit.ts";
import { CONFLICT, retryOnConflict } from "../domain/retry.ts";
import { MINUTE_MS, minuteOf } from "../domain/time.ts";
import type { Ports } from "../ports.ts";
import { clientFor } from "../provider/client-for.ts";
import type { ProviderFailure } from "../provider/failure.ts";
import { failureMessage } from "../provider/failure-message.ts";
import { isOfConnection } from "../provider/outcome.ts";
import { claimCalls } from "../store/providers/budget.ts";
import {
  claimProbe,
  closeCircuit,
  type Failing,
  isClosedBy,
  readAddTrouble,
  readFailing,
  recordFailure,
  writeAddTrouble,
} from "../store/providers/circuit.ts";
import type { Provider } from "../store/rows/provider.ts";

/** What it takes to ask whether a provider may be called. */
export type GateContext = { readonly db: D1Database; readonly ports: Pick<Ports, "fetch" | "now" | "secrets"> };
/** The same, where something may have to be logged. */
export type LoggingContext = GateContext & { readonly ports: Pick<Ports, "log"> };

/** `open`: it may be called. `one_look`: one call, to see whether it is back. `shut`: switched off, or to be left alone. */
export type Gate = "open" | "one_look" | "shut";

/** How a provider's switch and circuit stand. */
export function gateOf({ enabled, state }: Pick<Provider, "enabled" | "state">, now: number): Gate {
  if (!enabled) return "shut";
  const circuit = circuitOf(state, now);
  return circuit === "closed" ? "open" : circuit === "probing" ? "one_look" : "shut";
}

/** `busy`: no call is left of this minute's, or the provider asked for patience. `down`: switched off, or out of reach. */
export type Passage = "yes" | "busy" | "down";

/** Something that may be asked again, unlike an `add`, which must not leave a doubt. */
export const REPEATABLE = { isRepeatable: true } as const;
type Kind = { readonly isRepeatable?: boolean };

/**
 * Takes calls out of the provider's budget. A "yes" is for so many calls, and no more. One row written where there is a
 * budget. A provider that was out of reach is asked for its balance first, once a minute by the first request that comes:
 * that can be repeated, while what the panel wants may not.
 */
export async function passGate(context: GateContext, provider: Provider, calls = 1, { isRepeatable = false }: Kind = {}): Promise<Passage> {
  if (!provider.enabled) return "down";
  const reach = await reachOf(context, provider);
  if (reach !== "yes") return reach;
  if (!isRepeatable && !(await mayAdd(context, provider))) return "down";
  return (await claimMoreCalls(context, provider, calls)) === calls ? "yes" : "busy";
}

/** More calls for a request that has got its first "yes"; answers how many it may make. */
export async function claimMoreCalls({ db, ports }: GateContext, { id, maxCallsPerMinute }: Provider, calls: number): Promise<number> {
  if (maxCallsPerMinute === null) return calls;
  // A look whether the provider is back may have taken a minute.
  const grants = await claimCalls(db, minuteOf(ports.now()), [{ provider: id, calls, perMinute: maxCallsPerMinute }]);
  return grants.get(id)?.granted ?? 0;
}

async function reachOf(context: GateContext, provider: Provider): Promise<Passage> {
  const { db, ports } = context;
  const now = ports.now();
  const gate = gateOf(provider, now);
  if (gate === "open") return "yes";
  const shut = provider.state.lastFailure?.code === "rate_limited" ? "busy" : "down";
  if (gate === "shut" || isSweepsTurn(provider, now)) return shut;
  if (!(await claimProbe(db, provider, now))) return (await isClosedBy(db, provider)) ? "yes" : "down";
  if ((await claimMoreCalls(context, provider, 1)) === 0) return "busy";
  return (await isBack(context, provider)) ? "yes" : "down";
}

/** A tick comes within a minute, and its poll some time after. */
const SWEEPS_FIRST_MS = MINUTE_MS + 30_000;

/**
 * When a wait that was set is over, the sweeps look first. Requests may come any second, and some providers that answer
 * a `status` have no balance to tell: each look that fails would set another wait, and no sweep would ever get to it.
 */
function isSweepsTurn({ state: { retryAt, lastFailureAt } }: Provider, now: number): boolean {
  return retryAt !== null && retryAt > (lastFailureAt ?? retryAt) && retryAt <= now && now < retryAt + SWEEPS_FIRST_MS;
}

async function isBack(context: GateContext, provider: Provider): Promise<boolean> {
  const { db, ports } = context;
  const asked = await clientFor(ports, provider.settings).balance();
  if (!asked.ok && !isOwnAnswer(asked.failure, provider)) {
    await countFailure(context, provider, asked.failure);
    return false;
  }
  await closeCircuit(db, provider, asked.ok ? ports.now() : null);
  return true;
}

/** The provider's API is there, though it tells no balance; not where it says what it said when it failed. */
function isOwnAnswer(failure: ProviderFailure, { state: { lastFailure } }: Provider): boolean {
  if (failure.code === "refused") return failure.broken !== true && failureMessage(failure) !== lastFailure?.message;
  return failure.code === "bad_shape";
}

/** Sweeps, and other requests, seldom write in the same moment. */
const MAX_TRIES = 5;

/** Whether the way is open for an `add`; when it is shut, one may go as a trial now and then. A row written where there was a doubt. */
function mayAdd({ db, ports }: GateContext, provider: Provider): Promise<boolean> {
  const { updatedAt } = provider;
  let trouble = provider.addTrouble;
  const attempt = async (): Promise<boolean | typeof CONFLICT> => {
    const next = letAddThrough(trouble, updatedAt, ports.now());
    if (typeof next === "string") return next === "clear";
    if (await writeAddTrouble(db, provider, trouble, next)) return true;
    trouble = (await readAddTrouble(db, provider)) ?? trouble;
    return CONFLICT;
  };
  // Others let adds through at the same moments: that this one was not counted matters little.
  return retryOnConflict(MAX_TRIES, attempt, () => !isShutForAdds(trouble, updatedAt, ports.now()));
}

/** Counts an `add` that left a doubt; answers whether the way is shut for adds by now. */
function countDoubtfulAdd({ db, ports }: GateContext, provider: Provider): Promise<boolean> {
  const { updatedAt } = provider;
  const attempt = async (): Promise<boolean | typeof CONFLICT> => {
    const trouble = await readAddTrouble(db, provider);
    if (trouble === null) return false;
    const next = afterDoubtfulAdd(trouble, updatedAt, ports.now());
    return (await writeAddTrouble(db, provider, trouble, next)) ? isShutForAdds(next, updatedAt, ports.now()) : CONFLICT;
  };
  return retryOnConflict(MAX_TRIES, attempt, () => false);
}

/**
 * What a failed call says of the provider, for those who come after: its circuit opens as it does for the sweeps. Where
 * the call may not be repeated, and it is not known to have been turned away, it has left a doubt.
 */
export async function noteFailure(
  context: GateContext,
  provider: Provider,
  failure: ProviderFailure,
  { isRepeatable = false }: Kind = {},
): Promise<void> {
  if (isRepeatable || isOfConnection(failure)) return countFailure(context, provider, failure);
  const isShut = await countDoubtfulAdd(context, provider);
  await countFailure(context, provider, failure, isShut ? undefined : MOST_FAILURES_OF_DOUBTS);
}

/** Doubts among adds that go well make up no failures in a row: one more than this would open the circuit. */
const MOST_FAILURES_OF_DOUBTS = 2;

/**
 * Counts on top of what is known by now: this request's own look may have changed it. No higher than to `most`, unless
 * the circuit is open; and not at all where the provider is left alone already.
 */
async function countFailure({ db, ports }: GateContext, provider: Provider, failure: ProviderFailure, most = Infinity): Promise<void> {
  const now = ports.now();
  const retryAfterSeconds = failure.code === "rate_limited" ? failure.retryAfterSeconds : null;
  const failed = { code: failure.code, message: failureMessage(failure), retryAfterSeconds };
  let known: Failing | null = provider;
  const attempt = async (): Promise<typeof CONFLICT | undefined> => {
    if (known === null || circuitOf(known.state, now) === "waiting") return undefined;
    const { failures, retryAt } = known.state;
    const before = { failures: retryAt === null ? Math.min(failures, most - 1) : failures };
    if (await recordFailure(db, known, afterFailedCall(before, failed, now))) return undefined;
    known = await readFailing(db, provider);
    return CONFLICT;
  };
  await retryOnConflict(MAX_TRIES, attempt, () => undefined);
}

/**
 * May this provider be called: its switch, its circuit and its budget are the same for sweeps and for requests.
 */
import { afterFailedCall, circuitOf } from "../domain/provider.ts";
import { type AddTrouble, afterDoubtfulAdd, isShutForAdds, letAddThrough } from "../domain/provider-add-circuit.ts";
import { CONFLICT, retryOnConflict } from "../domain/retry.ts";
import { MINUTE_MS, minuteOf } from "../domain/time.ts";
import type { Ports } from "../ports.ts";
import { clientFor } from "../provider/client-for.ts";
import type { ProviderFailure } from "../provider/failure.ts";
import { failureMessage } from "../provider/failure-message.ts";
import { isOfConnection } from "../provider/outcome.ts";
import { countingOf, type Witness } from "../domain/shared-fate.ts";
import { type Lane, readPanelTrouble, readTroubledProviders, writePanelTrouble } from "../store/panels/troubles.ts";
import { claimCalls, releaseCall } from "../store/providers/budget.ts";
import {
  claimProbe,
  claimWitness,
  closeCircuit,
  type Failing,
  isClosedBy,
  keepWitness,
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

/** Whose fields, links or ids a call carries, and which of its calls it is one of. */
export type Sender = { readonly panel: string; readonly lane: Lane };

/** Something that may be asked again, unlike an `add`, which must not leave a doubt. */
export const REPEATABLE = { isRepeatable: true } as const;
/** `payer`: the panel out of whose share the calls come, where it is not `by`'s: what was begun goes on, however its calls fare. */
type Kind = { readonly isRepeatable?: boolean; readonly by?: Sender; readonly payer?: Pick<Sender, "panel"> };
/** How something is asked that may be asked again. */
export type Asking = Kind & { readonly isRepeatable: true };

/** A panel asks about ids that it names. */
export function askedBy(panel: string) {
  return { isRepeatable: true, by: { panel, lane: "ask" } } as const;
}

/** A panel's `add`. */
export function addedBy(panel: string) {
  return { isRepeatable: false, by: { panel, lane: "add" } } as const;
}

/**
 * Takes calls out of the provider's budget. A "yes" is for so many calls, and no more. One row written where there is a
 * budget. A provider that was out of reach is asked for its balance first, once a minute by the first request that comes:
 * that can be repeated, while what the panel wants may not.
 */
export async function passGate(
  context: GateContext,
  provider: Provider,
  calls = 1,
  { isRepeatable = false, by, payer = by }: Kind = {},
): Promise<Passage> {
  if (!provider.enabled) return "down";
  const reach = await reachOf(context, provider);
  if (reach !== "yes") return reach;
  if (by !== undefined && !(await mayPanel(context, provider, by))) return "down";
  if (!isRepeatable && !(await letThrough(context, provider, addTroubles(context.db, provider), provider.addTrouble))) return "down";
  return (await claimMoreCalls(context, provider, calls, payer)) === calls ? "yes" : "busy";
}

/** More calls for a request that has got its first "yes", out of its panel's share; answers how many it may make. */
export async function claimMoreCalls(
  { db, ports }: GateContext,
  { id, maxCallsPerMinute }: Provider,
  calls: number,
  by?: Pick<Sender, "panel">,
): Promise<number> {
  if (maxCallsPerMinute === null) return calls;
  // planted: share-of-calls
  const party = by === undefined ? {} : { party: by.panel };
  // A look whether the provider is back may have taken a minute.
  const grants = await claimCalls(db, minuteOf(ports.now()), [{ provider: id, calls, perMinute: maxCallsPerMinute, ...party }]);
  return grants.get(id)?.granted ?? 0;
}

/** Gives back a call that a panel has claimed at `claimedAt` (epoch ms) and that is not made. One row written where there is a budget. */
export async function returnCall(
  { db }: GateContext,
  { id, maxCallsPerMinute }: Provider,
  panel: string,
  claimedAt: number,
): Promise<void> {
  if (maxCallsPerMinute !== null) await releaseCall(db, minuteOf(claimedAt), id, panel);
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
  if (!asked.ok && !isOwnAnswer(asked.failure, failureMessage(asked.failure) === provider.state.lastFailure?.message)) {
    await countFailure(context, provider, asked.failure);
    return false;
  }
  await closeCircuit(db, provider, asked.ok ? ports.now() : null);
  return true;
}

/** The provider's API is there, though it tells no balance; not where it says what it said when it failed. */
function isOwnAnswer(failure: ProviderFailure, isSaidAgain: boolean): boolean {
  if (failure.code === "refused") return failure.broken !== true && !isSaidAgain;
  return failure.code === "bad_shape";
}

/** Sweeps, and other requests, seldom write in the same moment. */
const MAX_TRIES = 5;

/** Where it stands how some calls fare: those of one panel, or the adds of all. `read` answers null where that does not matter any more. */
type Troubles = {
  readonly read: () => Promise<AddTrouble | null>;
  readonly write: (seen: AddTrouble, next: AddTrouble) => Promise<boolean>;
};

function addTroubles(db: D1Database, provider: Provider): Troubles {
  return { read: () => readAddTrouble(db, provider), write: (seen, next) => writeAddTrouble(db, provider, seen, next) };
}

function panelTroubles(db: D1Database, { id }: Provider, { panel, lane }: Sender): Troubles {
  const of = { panel, provider: id, lane };
  return { read: () => readPanelTrouble(db, of), write: (seen, next) => writePanelTrouble(db, of, seen, next) };
}

/** Whether the way is open for a call that may leave trouble; when it is shut, one may go as a trial now and then. A row written where there was trouble. */
function letThrough({ ports }: GateContext, { updatedAt }: Provider, troubles: Troubles, known: AddTrouble): Promise<boolean> {
  let trouble = known;
  const attempt = async (): Promise<boolean | typeof CONFLICT> => {
    const next = letAddThrough(trouble, updatedAt, ports.now());
    if (typeof next === "string") return next === "clear";
    if (await troubles.write(trouble, next)) return true;
    trouble = (await troubles.read()) ?? trouble;
    return CONFLICT;
  };
  // Others are let through at the same moments: that this one was not counted matters little.
  return retryOnConflict(MAX_TRIES, attempt, () => !isShutForAdds(trouble, updatedAt, ports.now()));
}

/** Whether a panel's own failures leave it this call. At most a row read. */
async function mayPanel(context: GateContext, provider: Provider, by: Sender): Promise<boolean> {
  const troubles = panelTroubles(context.db, provider, by);
  const known = await troubles.read();
  return known === null || letThrough(context, provider, troubles, known);
}

/** Of some providers, those at which a panel's own failures leave it another call about ids. Two rows read a provider in trouble. */
export async function openToPanel(context: GateContext, providers: readonly Provider[], panel: string): Promise<ReadonlySet<Provider>> {
  const troubled = await readTroubledProviders(context.db, panel, "ask");
  const by = { panel, lane: "ask" } as const;
  const may = await Promise.all(providers.map(async (provider) => !troubled.has(provider.id) || (await mayPanel(context, provider, by))));
  return new Set(providers.filter((_, i) => may[i]));
}

async function countTrouble({ ports }: GateContext, { updatedAt }: Provider, troubles: Troubles): Promise<void> {
  const attempt = async (): Promise<undefined | typeof CONFLICT> => {
    const trouble = await troubles.read();
    if (trouble === null) return undefined;
    return (await troubles.write(trouble, afterDoubtfulAdd(trouble, updatedAt, ports.now()))) ? undefined : CONFLICT;
  };
  return retryOnConflict(MAX_TRIES, attempt, () => undefined);
}

/**
 * What a failed call says, for those who come after. Without `by` it carried nothing of a panel's, and the provider's
 * circuit counts it as it does for the sweeps. What a panel may have caused is that panel's until the balance fails, too.
 * Where the call may not be repeated, and it is not known to have been turned away, it has left a doubt.
 */
export async function noteFailure(
  context: GateContext,
  provider: Provider,
  failure: ProviderFailure,
  { isRepeatable = false, by }: Kind = {},
): Promise<void> {
  // planted: own-input-apart
  if (by === undefined) return countFailure(context, provider, failure);
  const { db } = context;
  const heard = await hearWitness(context, provider, failure);
  const leftDoubt = !isRepeatable && !isOfConnection(failure);
  const counting = countingOf({ carried: "panels", leftDoubt, witness: heard.witness });
  if (counting.panel) await countTrouble(context, provider, panelTroubles(db, provider, by));
  if (counting.adds) await countTrouble(context, provider, addTroubles(db, provider));
  if (counting.circuit === "balance" && heard.failure !== null) await countFailure(context, provider, heard.failure);
}

/** The provider's own words, where a failure has any. */
function textIn(failure: ProviderFailure): string | null {
  return "message" in failure ? (failure.message ?? null) : null;
}

/** A script may be waiting meanwhile. */
const WITNESS_MS = 5000;

/** Asks for the balance, at most once a minute: the one call that carries nothing of any panel's. */
async function hearWitness(
  context: GateContext,
  provider: Provider,
  failed: ProviderFailure,
): Promise<{ readonly witness: Witness; readonly failure: ProviderFailure | null }> {
  const { db, ports } = context;
  const claim = await claimWitness(db, provider, ports.now());
  if (!claim.taken) {
    return { witness: claim.failed === null ? "unknown" : claim.failed ? "failed_before" : "answers", failure: null };
  }
  if ((await claimMoreCalls(context, provider, 1)) === 0) return { witness: "unknown", failure: null };
  const { settings } = provider;
  const asked = await clientFor(ports, { ...settings, timeoutMs: Math.min(settings.timeoutMs, WITNESS_MS) }).balance();
  const isSaidAgain = !asked.ok && textIn(asked.failure) !== null && textIn(asked.failure) === textIn(failed);
  const failure = asked.ok || isOwnAnswer(asked.failure, isSaidAgain) ? null : isSaidAgain ? failed : asked.failure;
  await keepWitness(db, provider, failure !== null);
  return { witness: failure === null ? "answers" : "fails", failure };
}

/**
 * Whether the provider asks for patience because of what a call carried: it tells the balance, which carries nothing of any
 * panel's. Asked for at most once a minute.
 */
export async function answersOthers(context: GateContext, provider: Provider, failure: ProviderFailure): Promise<boolean> {
  return (await hearWitness(context, provider, failure)).witness === "answers";
}

/**
 * Counts on top of what is known by now: this request's own look may have changed it. Not at all where the provider is
 * left alone already.
 */
async function countFailure({ db, ports }: GateContext, provider: Provider, failure: ProviderFailure): Promise<void> {
  const now = ports.now();
  const retryAfterSeconds = failure.code === "rate_limited" ? failure.retryAfterSeconds : null;
  const failed = { code: failure.code, message: failureMessage(failure), retryAfterSeconds };
  let known: Failing | null = provider;
  const attempt = async (): Promise<typeof CONFLICT | undefined> => {
    if (known === null || circuitOf(known.state, now) === "waiting") return undefined;
    if (await recordFailure(db, known, afterFailedCall(known.state, failed, now))) return undefined;
    known = await readFailing(db, provider);
    return CONFLICT;
  };
  await retryOnConflict(MAX_TRIES, attempt, () => undefined);
}

/**
 * Reading a provider's services: asked through the gate, and kept.
 */
import { fail, ok, type Result } from "../domain/result.ts";
import type { ServiceList } from "../provider/client.ts";
import { clientFor } from "../provider/client-for.ts";
import type { ProviderFailure } from "../provider/failure.ts";
import {
  claimServices,
  keepList,
  type ListedRate,
  listedRate,
  readListedRate,
  releaseServices,
} from "../store/providers/provider-services.ts";
import type { Provider } from "../store/rows/provider.ts";
import { type Asking, type LoggingContext, passGate, REPEATABLE } from "./gate.ts";

/** Why there is no list: `busy` and `down` as in `Passage`, else the code of the provider's failure, which is here as well. */
export type NoList = { readonly why: "busy" | "down" | ProviderFailure["code"]; readonly failure: ProviderFailure | null };

/** Asks the provider for its services, by one call out of its budget, and keeps what it says. */
export async function askForList(
  context: LoggingContext,
  provider: Provider,
  asking: Asking = REPEATABLE,
): Promise<Result<ServiceList, NoList>> {
  const asked = await fetchList(context, provider, provider.settings.timeoutMs, asking);
  return asked.ok ? ok(asked.value.list) : asked;
}

/** The same, by a call that takes `timeoutMs` at most. `isKept` is false for a list that is too long for it. */
async function fetchList(
  context: LoggingContext,
  provider: Provider,
  timeoutMs: number,
  asking: Asking = REPEATABLE,
): Promise<Result<{ readonly list: ServiceList; readonly isKept: boolean }, NoList>> {
  const { db, ports } = context;
  const may = await passGate(context, provider, 1, asking);
  if (may !== "yes") return fail({ why: may, failure: null });
  const askedAt = ports.now();
  const asked = await clientFor(ports, { ...provider.settings, timeoutMs }).services();
  if (!asked.ok) return fail({ why: asked.failure.code, failure: asked.failure });
  const isKept = await keepList(db, provider, asked.value, askedAt);
  if (!isKept) ports.log({ event: "services.too_long", provider: provider.id, services: asked.value.services.length });
  return ok({ list: asked.value, isKept });
}

/** So long an `add` waits for the price of its service: its script waits for both. */
const ADD_WAITS_MS = 5000;

/**
 * What the provider says of one of its services, asked for anew on account of an `add`; else what is kept of it, however
 * old. Null where nothing is to be had: some providers have no list at all, and no `add` is to wait for it each time.
 */
export async function refreshServices(context: LoggingContext, provider: Provider, service: string): Promise<ListedRate | null> {
  const { db, ports } = context;
  const claim = await claimServices(db, provider, ports.now());
  if (claim === null) return readListedRate(db, provider.id, service);
  // Where a list is kept, nobody waits for the new one.
  const { timeoutMs } = provider.settings;
  const asked = await fetchList(context, provider, claim.kept ? timeoutMs : Math.min(timeoutMs, ADD_WAITS_MS));
  const isUnasked = !asked.ok && asked.failure.failure === null;
  if (isUnasked || (asked.ok && !asked.value.isKept)) await releaseServices(db, provider);
  return asked.ok ? listedRate(asked.value.list, service) : readListedRate(db, provider.id, service);
}

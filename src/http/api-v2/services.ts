/**
 * `services`: what a panel may buy. At the door of the own catalogue that is the operator's; at a provider's door, the
 * provider's own list as it sent it, asked for once in a quarter of an hour.
 */
import { shortestRate } from "../../domain/catalogue.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { fail, ok, type Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../../provider/failure.ts";
import { askServices } from "../../provider/api-v2/services.ts";
import type { ServiceList } from "../../provider/client.ts";
import type { Provider } from "../../store/rows/provider.ts";
import {
  claimServices,
  isFresh,
  keepList,
  type KeptList,
  type ListedRate,
  listedRate,
  readKeptList,
  readListedRate,
  releaseServices,
} from "../../store/providers/provider-services.ts";
import { readOffered, type StoredService } from "../../store/catalogue/services.ts";
import type { Answer, Context } from "../kit/context.ts";
import { type ApiV2Call, noAnswer, notHere, say, WRONG } from "./answers.ts";
import { passGate, REPEATABLE } from "../../gate/gate.ts";

export function answerServices(asked: ApiV2Call): Promise<Answer> {
  return asked.provider === null ? ownServices(asked) : providersServices(asked, asked.provider);
}

async function ownServices({ call, ref }: ApiV2Call): Promise<Answer> {
  const services = await readOffered(call.env.DB, ref);
  return say(services === null ? WRONG.key : services.map(serviceView));
}

/** Figures are texts here, as in all of this protocol but for ids. */
function serviceView({ id, name, type, category, rate, min, max, dripfeed, refill, cancel, description, durationMinutes }: StoredService) {
  return {
    service: id,
    name,
    type,
    category,
    rate: shortestRate(rate) ?? rate,
    min: String(min),
    max: String(max),
    dripfeed,
    refill,
    cancel,
    ...(description === null ? {} : { desc: description }),
    ...(durationMinutes === null ? {} : { average_time: durationText(durationMinutes) }),
  };
}

/** "1 hour 30 minutes": panels show it as it comes. */
function durationText(minutes: number): string {
  const parts = [counted(Math.floor(minutes / 60), "hour"), counted(minutes % 60, "minute")];
  return parts.filter((part) => part !== "").join(" ");
}

function counted(count: number, unit: string): string {
  return count === 0 ? "" : `${count} ${unit}${count === 1 ? "" : "s"}`;
}

async function providersServices({ call, ref }: ApiV2Call, providerId: string): Promise<Answer> {
  const found = await readKeptList(call.env.DB, ref, providerId);
  if (found === null) return say(WRONG.key);
  const { provider, kept } = found;
  if (provider === null) return notHere();
  if (kept !== null && isFresh(kept.fetchedAt, call.ports.now())) return sayList(kept.list);
  const asked = await askForList(call, provider);
  if (asked.ok) return sayList(JSON.stringify(asked.value.list));
  if (kept === null) return noAnswer(asked.failure.why === "busy" ? "busy" : "down");
  logStale(call, provider, kept, asked.failure.why);
  return sayList(kept.list);
}

/** A list that is JSON already: reading and writing a megabyte of it again would take most of a request's CPU time. */
function sayList(list: string): Answer {
  return ok({ status: 200, body: list, headers: {} });
}

function logStale({ ports }: Context, { id }: Provider, { fetchedAt }: KeptList, why: string): void {
  ports.log({ event: "services.stale", provider: id, age_minutes: Math.floor((ports.now() - fetchedAt) / MINUTE_MS), why });
}

/** Why there is no list: `busy` and `down` as in `MayCall`, else the code of the provider's failure, which is here as well. */
export type NoList = { readonly why: "busy" | "down" | ProviderFailure["code"]; readonly failure: ProviderFailure | null };

/** Asks the provider for its services, by one call out of its budget, and keeps what it says. */
export async function askForList(call: Context, provider: Provider): Promise<Result<ServiceList, NoList>> {
  const asked = await fetchList(call, provider, provider.settings.timeoutMs);
  return asked.ok ? ok(asked.value.list) : asked;
}

/** The same, by a call that takes `timeoutMs` at most. `isKept` is false for a list that is too long for it. */
async function fetchList(
  call: Context,
  provider: Provider,
  timeoutMs: number,
): Promise<Result<{ readonly list: ServiceList; readonly isKept: boolean }, NoList>> {
  const { env, ports } = call;
  const may = await passGate(call, provider, 1, REPEATABLE);
  if (may !== "yes") return fail({ why: may, failure: null });
  const askedAt = ports.now();
  const asked = await askServices(ports, { ...provider.settings, timeoutMs });
  if (!asked.ok) return fail({ why: asked.failure.code, failure: asked.failure });
  const isKept = await keepList(env.DB, provider, asked.value, askedAt);
  if (!isKept) ports.log({ event: "services.too_long", provider: provider.id, services: asked.value.services.length });
  return ok({ list: asked.value, isKept });
}

/** So long an `add` waits for the price of its service: its script waits for both. */
const ADD_WAITS_MS = 5000;

/**
 * What the provider says of one of its services, asked for anew on account of an `add`; else what is kept of it, however
 * old. Null where nothing is to be had: some providers have no list at all, and no `add` is to wait for it each time.
 */
export async function refreshServices(call: Context, provider: Provider, service: string): Promise<ListedRate | null> {
  const { env, ports } = call;
  const claim = await claimServices(env.DB, provider, ports.now());
  if (claim === null) return readListedRate(env.DB, provider.id, service);
  // Where a list is kept, nobody waits for the new one.
  const { timeoutMs } = provider.settings;
  const asked = await fetchList(call, provider, claim.kept ? timeoutMs : Math.min(timeoutMs, ADD_WAITS_MS));
  const isUnasked = !asked.ok && asked.failure.failure === null;
  if (isUnasked || (asked.ok && !asked.value.isKept)) await releaseServices(env.DB, provider);
  return asked.ok ? listedRate(asked.value.list, service) : readListedRate(env.DB, provider.id, service);
}

/**
 * `services`: what a panel may buy. At the door of the own catalogue that is the operator's; at a provider's door, the
 * provider's own list as it sent it, asked for once in a quarter of an hour.
 */
import { shortestRate } from "../domain/catalogue.ts";
import { MINUTE_MS } from "../domain/time.ts";
import { fail, ok, type ProviderFailure, type Result } from "../provider/failure.ts";
import { askServices, type ServiceList } from "../provider/services.ts";
import type { Provider } from "../store/provider-rows.ts";
import { isFresh, keepList, type KeptList, type ListedRate, listedRate, readKeptList, readListedRate } from "../store/provider-services.ts";
import { readOffered, type StoredService } from "../store/services.ts";
import type { Answer, Call } from "./call.ts";
import { type DoorCall, noAnswer, notHere, say, WRONG } from "./door.ts";
import { claimUpstream } from "./upstream.ts";

export function answerServices(asked: DoorCall): Promise<Answer> {
  return asked.provider === null ? ownServices(asked) : providersServices(asked, asked.provider);
}

async function ownServices({ call, ref }: DoorCall): Promise<Answer> {
  const services = await readOffered(call.env.DB, ref);
  return say(services === null ? WRONG.key : services.map(toldService));
}

/** Figures are texts here, as in all of this protocol but for ids. */
function toldService({ id, name, type, category, rate, min, max, dripfeed, refill, cancel, description, durationMinutes }: StoredService) {
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

async function providersServices({ call, ref }: DoorCall, providerId: string): Promise<Answer> {
  const found = await readKeptList(call.env.DB, ref, providerId);
  if (found === null) return say(WRONG.key);
  const { provider, kept } = found;
  if (provider === null) return notHere();
  if (kept !== null && isFresh(kept.fetchedAt, call.now)) return sayList(kept.list);
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

function logStale({ ports, now }: Call, { id }: Provider, { fetchedAt }: KeptList, why: string): void {
  ports.log({ event: "services.stale", provider: id, age_minutes: Math.floor((now - fetchedAt) / MINUTE_MS), why });
}

/** Why there is no list: `busy` and `down` as in `MayCall`, else the code of the provider's failure, which is here as well. */
export type NoList = { readonly why: "busy" | "down" | ProviderFailure["code"]; readonly failure: ProviderFailure | null };

/** Asks the provider for its services, by one call out of its budget, and keeps what it says. */
export async function askForList(call: Call, provider: Provider): Promise<Result<ServiceList, NoList>> {
  const may = await claimUpstream(call, provider);
  if (may !== "yes") return fail({ why: may, failure: null });
  const asked = await askServices(call.ports, provider.settings);
  if (!asked.ok) return fail({ why: asked.failure.code, failure: asked.failure });
  const isKept = await keepList(call.env.DB, provider, asked.value, call.now);
  if (!isKept) call.ports.log({ event: "services.too_long", provider: provider.id, services: asked.value.services.length });
  return asked;
}

/**
 * What the provider says of one of its services, asked for anew; if it does not answer, what is kept of it, however old.
 * Null where nothing was ever to be had.
 */
export async function refreshServices(call: Call, provider: Provider, service: string): Promise<ListedRate | null> {
  const asked = await askForList(call, provider);
  return asked.ok ? listedRate(asked.value, service) : readListedRate(call.env.DB, provider.id, service);
}

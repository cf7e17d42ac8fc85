/**
 * `services`: what a panel may buy. At the own catalogue that is the operator's; in connect mode, the
 * provider's own list as it sent it, asked for once in a quarter of an hour.
 */
import { shortestRate } from "../../domain/catalogue.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { ok } from "../../domain/result.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { isFresh, type KeptList, readKeptList } from "../../store/providers/provider-services.ts";
import { readOffered, type StoredService } from "../../store/catalogue/services.ts";
import type { Answer, Context } from "../kit/context.ts";
import { type ApiV2Call, noAnswer, notHere, say } from "./answers.ts";
import { refused } from "./refused.ts";
import { askForList } from "../../gate/services.ts";

export function answerServices(asked: ApiV2Call): Promise<Answer> {
  return asked.provider === null ? ownServices(asked) : providersServices(asked, asked.provider);
}

async function ownServices(asked: ApiV2Call): Promise<Answer> {
  const services = await readOffered(asked.call.env.DB, asked.ref);
  return services === null ? refused(asked) : say(services.map(serviceView));
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

async function providersServices(asked: ApiV2Call, providerId: string): Promise<Answer> {
  const { call, ref } = asked;
  const found = await readKeptList(call.env.DB, ref, providerId);
  if (found === null) return refused(asked);
  const { provider, kept } = found;
  if (provider === null) return notHere();
  if (kept !== null && isFresh(kept.fetchedAt, call.ports.now())) return sayList(kept.list);
  const fetched = await askForList(call, provider);
  if (fetched.ok) return sayList(JSON.stringify(fetched.value.list));
  if (kept === null) return noAnswer(fetched.failure.why === "busy" ? "busy" : "down");
  logStale(call, provider, kept, fetched.failure.why);
  return sayList(kept.list);
}

/** A list that is JSON already: reading and writing a megabyte of it again would take most of a request's CPU time. */
function sayList(list: string): Answer {
  return ok({ status: 200, body: list, headers: {} });
}

function logStale({ ports }: Context, { id }: Provider, { fetchedAt }: KeptList, why: string): void {
  ports.log({ event: "services.stale", provider: id, age_minutes: Math.floor((ports.now() - fetchedAt) / MINUTE_MS), why });
}

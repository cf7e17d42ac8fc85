/**
 * `refill_status` in API v2: from what is on record, which the sweeps keep up to date; only refills that nobody
 * follows here are asked of the provider.
 */
import type { RefillStatus } from "../../domain/refill-cancel.ts";
import type { Order } from "../../domain/order.ts";
import type { ProviderClient, RefillSaid } from "../../provider/client.ts";
import { clientFor } from "../../provider/client-for.ts";
import { isOfConnection } from "../../provider/outcome.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { readOwnCases, readRefills } from "../../store/refills-cancels/request-reads.ts";
import { mayAct } from "../../domain/order-owner.ts";
import { readRefillStandings } from "../../store/orders/owners.ts";
import type { Answer } from "../kit/context.ts";
import { type ApiV2Call, noAnswer, notHere, say, idView, WRONG } from "./answers.ts";
import { refused } from "./refused.ts";
import { askedIds, type AskedIds, MAX_ASKED } from "./asked-ids.ts";
import { noIds } from "./refills-cancels.ts";
import { askedBy, noteFailure, passGate } from "../../gate/gate.ts";

/** The words that scripts know. */
const WORDS: Readonly<Record<RefillStatus, string>> = {
  queued: "Pending",
  asking: "Pending",
  pending: "Pending",
  in_progress: "In progress",
  completed: "Completed",
  rejected: "Rejected",
  error: "Error",
};

export async function answerRefillStatus(asked: ApiV2Call): Promise<Answer> {
  const wanted = askedIds(asked.fields, "refills", "refill");
  if (wanted.ids.length === 0) return noIds(asked);
  return asked.provider === null ? ofOwn(asked, wanted) : ofProviders(asked, asked.provider, wanted);
}

/** What is said of a refill: its word, or that there is none. */
type RefillStatusView = string | { readonly error: string };

/** In the own catalogue a refill goes by its order's id. */
async function ofOwn(asked: ApiV2Call, wanted: AskedIds): Promise<Answer> {
  const found = await readOwnCases(asked.call.env.DB, asked.ref, wanted.ids);
  if (found === null) return refused(asked);
  return sayEach(wanted, (id) => wordOf(found.cases.get(id)?.order) ?? WRONG.refill);
}

async function ofProviders(asked: ApiV2Call, providerId: string, wanted: AskedIds): Promise<Answer> {
  const { call, ref } = asked;
  const { ids } = wanted;
  const found = await readRefills(call.env.DB, ref, providerId, ids);
  if (found === null) return refused(asked);
  if (found.provider === null) return notHere();
  // What a provider takes in one call; those beyond it are left out.
  const unknown = ids.filter((id) => !found.orders.has(id)).slice(0, MAX_ASKED);
  const standings = await readRefillStandings(call.env.DB, { panel: found.panel.id, account: found.provider, ids: unknown });
  const foreign = new Set(unknown.filter((id) => !mayAct(standings.get(id) ?? "stranger", "read")));
  const told = await ask(
    { call, panel: found.panel.id },
    found.provider,
    unknown.filter((id) => !foreign.has(id)),
  );
  // In a list, those that are followed are answered all the same.
  if (typeof told === "string" && !(wanted.isList && found.orders.size > 0)) return noAnswer(told);
  const heard = typeof told === "string" ? new Map<string, RefillStatusView>() : told;
  return sayEach(wanted, (id) => wordOf(found.orders.get(id)) ?? (foreign.has(id) ? WRONG.refill : (heard.get(id) ?? null)));
}

function wordOf(order: Order | undefined): string | null {
  return order?.state.refill == null ? null : WORDS[order.state.refill.status];
}

/**
 * One call for all. What it says nothing certain of is left out: any error but one that is known to mean that there is no
 * such refill may pass, and a script would take it for the end.
 */
async function ask(
  { call, panel }: Pick<ApiV2Call, "call"> & { readonly panel: string },
  provider: Provider,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RefillStatusView> | "down" | "busy"> {
  if (ids.length === 0) return new Map();
  const may = await passGate(call, provider, 1, askedBy(panel));
  if (may !== "yes") return may;
  const client = clientFor(call.ports, provider.settings);
  const answer = await client.refillStatuses(ids);
  if (!answer.ok) {
    const { failure } = answer;
    if (isOfConnection(failure)) await noteFailure(call, provider, failure, askedBy(panel));
    return failure.code === "rate_limited" ? "busy" : "down";
  }
  return new Map([...answer.value].flatMap(([id, said]) => (isCertain(client, said) ? [[id, refillStatusView(said)] as const] : [])));
}

function isCertain(client: ProviderClient, said: RefillSaid): boolean {
  return said.kind === "status" || client.saysUnknown(said.message) !== null;
}

function refillStatusView(said: RefillSaid): RefillStatusView {
  return said.kind === "status" ? said.word : { error: said.message };
}

/** A list is answered by refill, without those of which there is nothing to say; a single one by itself, or not at all. */
function sayEach({ ids, isList }: AskedIds, tell: (id: string) => RefillStatusView | null): Answer {
  const told = ids.map((id) => [id, tell(id)] as const);
  if (isList) return say(told.flatMap(([id, status]) => (status === null ? [] : [{ refill: idView(id), status }])));
  const said = told[0]?.[1] ?? null;
  if (said === null) return noAnswer();
  return say(typeof said === "string" ? { status: said } : said);
}

/**
 * Asking a provider for the status of many orders, and learning on the way what it can do.
 */
import type { Capability, PollPort, PollResult, PolledOrder, ProviderPort } from "../../client.ts";
import { UNLISTABLE } from "../reading/fields.ts";
import { lookForMissing, lookInto, settle } from "./learning.ts";
import { MAX_SET_ASIDE, PollSession } from "./session.ts";
import type { ProviderSettings } from "../../settings.ts";

/**
 * Asks for the orders in as few calls as the provider allows, and settles each: a status, a refusal, or missing. Those of which
 * nothing readable was said are named beside them. Never throws for what the provider does. Calls beyond one a batch are bounded by `MAX_EXTRA_CALLS`.
 */
export async function pollStatuses(
  port: ProviderPort & PollPort,
  settings: ProviderSettings,
  capability: Capability,
  orders: readonly PolledOrder[],
): Promise<PollResult> {
  const suspects = new Set(orders.filter((order) => order.suspect).map((order) => order.id));
  const unread = new Set(orders.filter((order) => order.unread === true && !suspects.has(order.id)).map((order) => order.id));
  const others = new Set(orders.filter(({ id }) => !suspects.has(id) && !unread.has(id)).map((order) => order.id));
  const session = new PollSession(port, settings, capability, suspects);
  await askAll(session, [...others]);
  await askAll(session, [...unread]);
  await askAll(session, [...suspects]);
  await settle(session);
  return session.result();
}

/**
 * Asks in rounds: all batches side by side, then a look into each that failed or came short, one after the other.
 * What a look taught holds for the next round, so that a provider's limit is paid for once and not by every batch.
 */
async function askAll(session: PollSession, ids: readonly string[]): Promise<void> {
  let waiting = [...ids];
  let failedScouts = 0;
  while (waiting.length > 0 && session.open) {
    const batches = batchesOf(waiting, session.capability);
    const { many } = session.capability;
    // Until lists are known to work, one goes ahead: were they refused, it is one call wasted instead of many. So does
    // one order where orders are asked one by one, until any was answered.
    const isUnseen = session.aside.length > 0 ? !session.anyStatus : !session.anyAnswer;
    const scouting = many === "unknown" ? (batches[0]?.length ?? 0) > 1 : many === "no" && isUnseen;
    // Bad orders stand together, the old ones first: after one of them the next is from the other end.
    const now = !scouting ? batches : session.aside.length > 0 ? batches.slice(-1) : batches.slice(0, 1);
    // After the first fault nothing more is started: what it means is found out first.
    const gate = { closed: false };
    const outcomes = await Promise.all(now.map((batch) => session.ask(batch, gate)));
    waiting = batches.filter((batch) => !now.includes(batch)).flat();
    for (const outcome of outcomes) {
      if (outcome.kind === "unasked") waiting.push(...outcome.ids);
      else if (outcome.kind === "fault") waiting.push(...(await lookInto(session, outcome)));
      else waiting.push(...(await lookForMissing(session, outcome)));
    }
    // Orders that are not known show less than a status: words about ids come of the call as well.
    const aside = session.aside.find((fault) => !session.isKnownGone(fault));
    if (aside === undefined || !scouting || session.anyStatus) continue;
    failedScouts += 1;
    if (failedScouts >= MAX_SET_ASIDE) session.end(aside.failure);
  }
}

/**
 * Batches in the order of the ids' numbers, since servers that answer only some pick the first asked or the lowest.
 * What cannot stand in a list is asked alone.
 */
function batchesOf(ids: readonly string[], { many, batchSize }: Capability): string[][] {
  const size = many === "no" ? 1 : batchSize;
  const ordered = ids.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const listable = ordered.filter((id) => !UNLISTABLE.test(id));
  const alone = ordered.filter((id) => UNLISTABLE.test(id));
  const count = Math.ceil(listable.length / size);
  const batches = Array.from({ length: count }, (_, n) => listable.slice(n * size, (n + 1) * size));
  return [...batches, ...alone.map((id) => [id])];
}

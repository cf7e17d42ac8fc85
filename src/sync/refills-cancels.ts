/**
 * Refills and cancels beside the polling: asked for once by a message, refills followed by the sweeps, and what a lost
 * message left behind taken up again.
 */
import { chunksOf } from "../domain/chunks.ts";
import { isCancelLeft, isRefillLeft } from "../domain/refill-cancel.ts";
import { MESSAGE_VERSION, type RefillCancelMessage } from "../domain/message.ts";
import type { Order } from "../domain/order.ts";
import { mayAct } from "../domain/order-owner.ts";
import { isRefillDue, REFILL_CANCEL_KINDS, type RefillCancelKind, takenUp, TURNED_AWAY } from "../domain/order-refill-cancel.ts";
import type { Ports } from "../ports.ts";
import { askOutcomeOf, isOfConnection, isUnheard, requestAnswerOf } from "../provider/outcome.ts";
import type { ProviderPort } from "../provider/client.ts";
import { clientFor } from "../provider/client-for.ts";
import type { Learned } from "../provider/settings.ts";
import { MESSAGES } from "../store/providers/budget.ts";
import { keepLearned } from "../store/providers/provider-settings.ts";
import { changeOrders, type KnownOrder, recordOutcomes } from "../store/refills-cancels/steps.ts";
import { namerOf } from "../domain/shared-fate.ts";
import { askedBy, gateOf, noteFailure, REPEATABLE } from "../gate/gate.ts";
import { readNamed } from "../store/orders/due.ts";
import { readStandings } from "../store/orders/owners.ts";
import { metered } from "../store/operations/metered.ts";
import type { Provider } from "../store/rows/provider.ts";
import { type Quota, claimQuotas } from "../gate/quota.ts";
import { LAST_CALL_AFTER_MS, limitsOf } from "./limits.ts";

/** The protocol's lists hold so many ids. */
const IDS_PER_CALL = 100;

/** What a provider said of its refills, by their ids. */
export type RefillWords = { readonly words: ReadonlyMap<string, string>; readonly calls: number };

/** Calls that asking how these orders' refills go takes. */
export function refillCallsFor(orders: readonly Order[]): number {
  return Math.ceil(new Set(refillIdsOf(orders)).size / IDS_PER_CALL);
}

/**
 * Asks how the refills of some of a provider's orders go. A call that fails says nothing of how the provider is doing:
 * many know no refills. They are asked about again when their orders are next looked at.
 */
export async function askRefillWords(
  port: ProviderPort,
  { settings }: Provider,
  orders: readonly Order[],
  takeCall: Quota,
): Promise<RefillWords> {
  const words = new Map<string, string>();
  let calls = 0;
  for (const ids of chunksOf([...new Set(refillIdsOf(orders))], IDS_PER_CALL)) {
    if (!(await takeCall())) break;
    calls += 1;
    const answer = await clientFor(port, settings).refillStatuses(ids);
    if (!answer.ok) break;
    for (const [id, said] of answer.value) if (said.kind === "status") words.set(id, said.word);
  }
  return { words, calls };
}

function refillIdsOf(orders: readonly Order[]): string[] {
  return orders.flatMap(({ state }) => (isRefillDue(state) && state.refill?.id != null ? [state.refill.id] : []));
}

/** Messages for what waits among a provider's orders although its message was sent long ago. */
export function leftQueuedMessages(orders: readonly Order[], now: number): RefillCancelMessage[] {
  const left = orders.filter(({ state }) => isRefillLeft(state.refill, now) || isCancelLeft(state.cancel, now));
  return chunksOf(left, IDS_PER_CALL).map((some) => ({
    v: MESSAGE_VERSION,
    kind: "request",
    orders: some.map(({ panel, number: n }) => [panel, n] as const),
  }));
}

/**
 * Asks for the refills and cancels that wait for it with some orders. Each is taken up by a fenced write before its
 * call, so that a message that comes twice asks once; a crash in between leaves it to a sweep, which gives it up.
 * `later`: a provider was not to be called just now, or has not heard, and what waits for it still does. On the last
 * attempt, what it has not heard does not wait any more: it would be tried for ever.
 */
export async function askRefillsCancels(message: RefillCancelMessage, isLast: boolean, env: Env, ports: Ports): Promise<"done" | "later"> {
  const { db, usage } = metered(env.DB);
  const readAt = ports.now();
  const { providers, due } = await readNamed(db, message.orders);
  const its = await theirPanels(db, due[0] ?? [], providers);
  const waiting = [...providers.values()].flatMap((provider) => {
    const orders = its.filter((order) => order.provider === provider.id);
    return REFILL_CANCEL_KINDS.flatMap((kind) =>
      chunksOf(
        orders.filter((order) => takenUp(kind, order, readAt) !== null),
        IDS_PER_CALL,
      ).map((some) => ({ provider, kind, orders: some })),
    );
  });
  // Only a provider that answers is asked: a call that may not be repeated is no way to find out whether it is back.
  const askable = waiting.filter(({ provider }) => gateOf(provider, readAt) === "open");
  const requests = [...Map.groupBy(askable, ({ provider }) => provider)].map(([provider, calls]) => ({
    provider,
    calls: calls.length,
    refillCalls: 0,
    party: MESSAGES,
  }));
  const quotas = await claimQuotas(db, requests, { ...limitsOf(env.PLAN), lastCallAfterMs: LAST_CALL_AFTER_MS }, ports.now);
  const takeCall = new Map(requests.map(({ provider }) => [provider, quotas.of(provider)]));
  const deaf = new Set<Provider>();
  let asked = 0;
  let isLater = askable.length < waiting.length;
  for (const request of askable) {
    const { provider } = request;
    const quota = takeCall.get(provider) ?? NO_CALLS;
    const outcome = !deaf.has(provider) && (await quota()) ? await askOnce(db, request, { isLast, takeCall: quota }, ports) : null;
    if (outcome?.isDeaf === true) deaf.add(provider);
    asked += outcome?.asked ?? 0;
    isLater ||= outcome === null || outcome.isDeaf || outcome.isCut;
  }
  ports.log({ event: "request", orders: message.orders.length, asked, ...usage() });
  return isLater ? "later" : "done";
}

/**
 * Those of some orders that are certainly their panels'. Another may be the one that another panel is just placing: what was
 * asked for it stays queued, and a sweep sends it again.
 */
async function theirPanels(db: D1Database, orders: readonly Order[], providers: ReadonlyMap<string, Provider>): Promise<readonly Order[]> {
  const claims = orders.flatMap(({ panel, provider, providerOrderId }) => {
    const account = providers.get(provider);
    return account === undefined || providerOrderId === null ? [] : [{ panel, account, ids: [providerOrderId] }];
  });
  const standing = await readStandings(db, claims);
  return orders.filter(({ panel, provider, providerOrderId }) => mayAct(standing(panel, provider, providerOrderId ?? ""), "change"));
}

type Waiting = { readonly provider: Provider; readonly kind: RefillCancelKind; readonly orders: readonly Order[] };

/** `isDeaf`: the provider has not heard the call, and would not hear another. `isCut`: no call was left for some orders. */
type Call = { readonly asked: number; readonly isDeaf: boolean; readonly isCut: boolean };

const NO_CALLS: Quota = () => Promise.resolve(false);

/** One call, or one for each order where the provider wants that, and what is written before and after it. */
async function askOnce(
  db: D1Database,
  { provider, kind, orders }: Waiting,
  { isLast, takeCall }: { readonly isLast: boolean; readonly takeCall: Quota },
  ports: Ports,
): Promise<Call> {
  const found = orders.map((order): KnownOrder => ({ order, polling: provider.state }));
  const { written } = await changeOrders(db, found, (order) => takenUp(kind, order, ports.now()), ports.now());
  const ids = [...new Set(written.flatMap(({ order }) => order.providerOrderId ?? []))];
  if (ids.length === 0) return { asked: 0, isDeaf: false, isCut: false };
  let learned: Learned | null = null;
  const learn = (news: Learned) => {
    learned = news;
  };
  const answer = await clientFor(ports, provider.settings)[kind](ids, { takeCall, learn });
  const isDeaf = isUnheard(answer);
  const outcomeOf = ({ providerOrderId }: Order) => {
    const told = askOutcomeOf(answer, providerOrderId ?? "");
    return isLast && isDeaf && told.kind === "put_back" ? TURNED_AWAY : told;
  };
  await recordOutcomes(db, { kind, found, written }, outcomeOf, ports.now());
  if (learned !== null) await keepLearned(db, provider, learned);
  const namer = namerOf(orders);
  const by = namer === null ? REPEATABLE : askedBy(namer);
  if (!answer.ok && isOfConnection(answer.failure)) await noteFailure({ db, ports }, provider, answer.failure, by);
  const isCut = !isDeaf && ids.some((id) => requestAnswerOf(answer, id).kind === "put_back");
  return { asked: ids.length, isDeaf, isCut };
}

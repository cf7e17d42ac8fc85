/**
 * `refill` and `cancel` at the doors: asked upstream within the request, since the panel needs the yes or no, and each
 * once. What is asked of an order that is followed here is on record before it is sent, and what came of it after.
 *
 * Unlike with `status`, an error ends no order here: its text goes beside the answers to the others. Only where there is
 * no answer at all is it a failing HTTP code.
 */
import type { AskOutcome } from "../domain/after-care.ts";
import type { Order, OrderState } from "../domain/order.ts";
import { isOpenRequest, type RequestKind, type RequestProblem, requestProblem, turnedAway, withRequest } from "../domain/requests.ts";
import { isFinal } from "../domain/status.ts";
import { knownError } from "../provider/api-error.ts";
import { isOfConnection, type Told, toldOf } from "../provider/outcome.ts";
import { askCancels, askRefills } from "../provider/requests.ts";
import { changeOrders, type Found, keyText, recordOutcomes } from "../store/after-care.ts";
import { readForAdoption } from "../store/door-reads.ts";
import { readPanel } from "../store/panels.ts";
import type { Provider } from "../store/provider-rows.ts";
import { readOwnCases, readProvidersCases, type RequestCase } from "../store/request-reads.ts";
import type { Answer } from "./call.ts";
import { type DoorCall, idsIn, MAX_IDS, noAnswer, notHere, say, shownId, WRONG } from "./door.ts";
import { claimUpstream, noteFailure } from "./upstream.ts";

const PLACING = "Order is being placed, try again later";
const SILENT = "No answer, try again later";
/** At the own catalogue the provider's words stay untold: they would tell whose service it is. */
const NOT_AVAILABLE: Readonly<Record<RequestKind, string>> = { refill: "Refill is not available", cancel: "Cancel is not available" };

/** What is said of one id. `refill`: its id as the panel is to know it. `none`: there is no answer just now. */
type Said =
  | { readonly kind: "accepted"; readonly refill: string }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "none"; readonly why: "down" | "busy" };

/** To be asked of the provider; `order` is null where nothing of it is put on record. */
type ToAsk = { readonly kind: "ask"; readonly provider: Provider; readonly upstreamId: string; readonly order: Order | null };

export async function answerRefill(asked: DoorCall): Promise<Answer> {
  return answerRequests(asked, "refill", (said) => {
    if (!asked.fields.has("orders")) return say(said[0]?.[1].kind === "accepted" ? { refill: said[0][1].refill } : errorOf(said[0]?.[1]));
    return say(said.map(([id, one]) => ({ order: shownId(id), refill: one.kind === "accepted" ? shownId(one.refill) : errorOf(one) })));
  });
}

/** A list always, also for one. */
export async function answerCancel(asked: DoorCall): Promise<Answer> {
  return answerRequests(asked, "cancel", (said) =>
    say(said.map(([id, one]) => ({ order: shownId(id), cancel: one.kind === "accepted" ? 1 : errorOf(one) }))),
  );
}

function errorOf(said: Said | undefined): { readonly error: string } {
  return { error: said?.kind === "refused" ? said.message : SILENT };
}

/** What is wrong with a call for some ids, if anything is. */
export async function wrongIds({ call, ref }: DoorCall, ids: readonly string[]): Promise<Answer | null> {
  if (ids.length > 0 && ids.length <= MAX_IDS) return null;
  const panel = await readPanel(call.env.DB, ref);
  return say(panel === null ? WRONG.key : ids.length === 0 ? WRONG.request : WRONG.too_many_ids);
}

async function answerRequests(
  asked: DoorCall,
  kind: RequestKind,
  tell: (said: readonly (readonly [id: string, said: Said])[]) => Answer,
): Promise<Answer> {
  const ids = idsIn(asked.fields, "orders", "order");
  const wrong = await wrongIds(asked, ids);
  if (wrong !== null) return wrong;
  const plan = asked.provider === null ? await planOwn(asked, kind, ids) : await planProviders(asked, asked.provider, kind, ids);
  if (!(plan instanceof Map)) return plan;
  const toAsk = [...plan.values()].filter((one) => one.kind === "ask");
  const perProvider = [...Map.groupBy(toAsk, ({ provider }) => provider)];
  const answers = await Promise.all(perProvider.map(([provider, some]) => askProvider(asked, kind, provider, some)));
  const heard = new Map(answers.flatMap((some) => [...some]));
  const said = [...plan].map(([id, one]) => [id, one.kind === "ask" ? (heard.get(one) ?? DOWN) : one] as const);
  const silent = said.flatMap(([, one]) => (one.kind === "none" ? [one] : []));
  return silent.length === said.length ? noAnswer(silent[0]?.why) : tell(said);
}

const DOWN = { kind: "none", why: "down" } as const satisfies Said;
const BUSY = { kind: "none", why: "busy" } as const satisfies Said;
/** A cancel has no id that anybody is told. */
const CANCELED = { kind: "accepted", refill: "" } as const satisfies Said;

type Plan = Map<string, Said | ToAsk>;

/** The own catalogue's door: the operator's own promises are kept to, whoever the providers are. */
async function planOwn({ call, ref }: DoorCall, kind: RequestKind, ids: readonly string[]): Promise<Plan | Answer> {
  const found = await readOwnCases(call.env.DB, ref, ids);
  if (found === null) return say(WRONG.key);
  const planFor = ({ order, offered }: RequestCase): Said | ToAsk => {
    const known = onRecord(kind, order, () => order.id);
    if (known !== null) return known;
    const provider = found.providers.get(order.provider);
    const problem = requestProblem(kind, order, offered[kind], call.now);
    if (isCertain(problem) || provider === undefined || order.providerOrderId === null)
      return { kind: "refused", message: NOT_AVAILABLE[kind] };
    return { kind: "ask", provider, upstreamId: order.providerOrderId, order };
  };
  const cases = ids.map((id) => [id, found.cases.get(id)] as const);
  return new Map(cases.map(([id, one]) => [id, one === undefined ? stranger() : planFor(one)]));
}

/** An order that has ended by the provider's account may look under way here for as long as until its next poll. */
function isCertain(problem: RequestProblem | null): boolean {
  return problem !== null && (problem.code !== "not_refillable" || isFinal(problem.status));
}

/** A provider's door: the provider decides, also on ids that nobody follows, and on orders that have ended. */
async function planProviders(
  { call, ref }: DoorCall,
  providerId: string,
  kind: RequestKind,
  ids: readonly string[],
): Promise<Plan | Answer> {
  const found = await readProvidersCases(call.env.DB, ref, providerId, ids);
  if (found === null) return say(WRONG.key);
  const provider = found.providers.get(providerId);
  if (provider === undefined) return notHere();
  const unknown = ids.filter((id) => !found.cases.has(id));
  const foreign = unknown.length === 0 ? null : (await readForAdoption(call.env.DB, found.panel.id, providerId, unknown)).foreign;
  const planFor = (id: string, order: Order | undefined): Said | ToAsk => {
    if (order === undefined) return foreign?.has(id) === true ? stranger() : { kind: "ask", provider, upstreamId: id, order: null };
    const known = onRecord(kind, order, (refill) => refill);
    if (known !== null) return known;
    const hasEnded = kind === "cancel" && isFinal(order.state.status);
    return { kind: "ask", provider, upstreamId: order.providerOrderId ?? id, order: hasEnded ? null : order };
  };
  return new Map(ids.map((id) => [id, planFor(id, found.cases.get(id)?.order)]));
}

function stranger(): Said {
  return { kind: "refused", message: WRONG.order.error };
}

/** What is answered without asking anybody: what was asked is not asked again while it is open. */
function onRecord(kind: RequestKind, { providerOrderId, state }: Order, toldAs: (refillId: string) => string): Said | null {
  if (providerOrderId === null) return { kind: "refused", message: PLACING };
  if (!isOpenRequest(kind, state)) return null;
  if (kind === "cancel") return CANCELED;
  // It is being asked, and has no id yet.
  if (state.refill?.id == null) return BUSY;
  return { kind: "accepted", refill: toldAs(state.refill.id) };
}

const ASK: Readonly<Record<RequestKind, typeof askRefills>> = { refill: askRefills, cancel: askCancels };

/** Asks a provider about some ids in one call. What is on record is taken up before it, so that no other request asks too. */
async function askProvider(
  { call, provider: door }: DoorCall,
  kind: RequestKind,
  provider: Provider,
  items: readonly ToAsk[],
): Promise<ReadonlyMap<ToAsk, Said>> {
  const { env, now, ports } = call;
  const may = await claimUpstream(call, provider);
  if (may !== "yes") return new Map(items.map((item) => [item, { kind: "none", why: may }]));
  const take = (order: Order): OrderState | null => (isOpenRequest(kind, order.state) ? null : withRequest(kind, order, "asking", now));
  const { written } = await changeOrders(env.DB, foundIn(provider, items), take, now);
  const taken = new Set(written.map(({ order }) => keyText(order)));
  const askable = items.filter(({ order }) => order === null || taken.has(keyText(order)));
  const ids = [...new Set(askable.map(({ upstreamId }) => upstreamId))];
  const answer = await ASK[kind](ports, provider.settings, ids);
  if (!answer.ok && isOfConnection(answer.failure)) await noteFailure(call, provider, answer.failure);
  const outcomeOf = ({ providerOrderId }: Order): AskOutcome => {
    const told = toldOf(answer, providerOrderId ?? "");
    return told.kind === "put_back" ? turnedAway(kind) : told;
  };
  try {
    await recordOutcomes(env.DB, kind, written, outcomeOf, ports.now());
  } catch (error) {
    // The panel gets its yes or no all the same; what is on record is given up by a sweep.
    ports.log({ event: "request.unrecorded", kind, provider: provider.id, orders: written.length, error: String(error) });
  }
  const silence = !answer.ok && answer.failure.code === "rate_limited" ? BUSY : DOWN;
  return new Map(
    items.map((item) => [
      item,
      askable.includes(item) ? saidOf(kind, item, toldOf(answer, item.upstreamId), silence, door === null) : BUSY,
    ]),
  );
}

/** The orders among what is to be asked, each once: a script may name one by two ids. */
function foundIn(provider: Provider, items: readonly ToAsk[]): Found[] {
  const orders = items.flatMap(({ order }) => order ?? []);
  return [...new Map(orders.map((order) => [keyText(order), { order, polling: provider.state }])).values()];
}

function saidOf(kind: RequestKind, { order, upstreamId }: ToAsk, told: Told, silence: Said, isOwn: boolean): Said {
  switch (told.kind) {
    case "accepted":
      return { kind: "accepted", refill: isOwn ? (order?.id ?? upstreamId) : (told.refill ?? upstreamId) };
    case "refused":
      return { kind: "refused", message: isOwn && knownError([told.message]) !== "order" ? NOT_AVAILABLE[kind] : told.message };
    case "lost":
    case "put_back":
      return silence;
  }
}

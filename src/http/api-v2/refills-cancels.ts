/**
 * `refill` and `cancel` in API v2: asked of the provider within the request, since the panel needs the yes or no, and each
 * once. What is asked of an order that is followed here is on record before it is sent, and what came of it after.
 *
 * Unlike with `status`, an error ends no order here: its text goes beside the answers to the others. Only where there is
 * no answer at all is it a failing HTTP code.
 */
import { claimChanges } from "../kit/change-share.ts";
import { type AskOutcome, isGrantedRefill } from "../../domain/refill-cancel.ts";
import pLimit from "p-limit";
import type { Order, OrderState } from "../../domain/order.ts";
import { hasGivenWay, mayAct } from "../../domain/order-owner.ts";
import {
  isRefillCancelOpen,
  type RefillCancelKind,
  type RefillCancelProblem,
  refillCancelProblem,
  TURNED_AWAY,
  withRefillCancel,
} from "../../domain/order-refill-cancel.ts";
import { isFinal } from "../../domain/status.ts";
import { clientFor } from "../../provider/client-for.ts";
import { askOutcomeOf, isOfConnection, requestAnswerOf } from "../../provider/outcome.ts";
import type { RequestReply } from "../../provider/client.ts";
import type { Result } from "../../domain/result.ts";
import type { ProviderFailure } from "../../provider/failure.ts";
import type { Learned } from "../../provider/settings.ts";
import { keepLearned } from "../../store/providers/provider-settings.ts";
import { changeOrders, type KnownOrder, keyText, recordOutcomes, type TakenUp } from "../../store/refills-cancels/steps.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { readOwnCases, readProvidersCases, type RefillCancelCase } from "../../store/refills-cancels/request-reads.ts";
import { readStandings } from "../../store/orders/owners.ts";
import type { Answer, Context } from "../kit/context.ts";
import { type ApiV2Call, noAnswer, notHere, say, idView, WRONG } from "./answers.ts";
import { refused, wrongRequest } from "./refused.ts";
import { askedIds, MAX_ASKED } from "./asked-ids.ts";
import { askedBy, claimMoreCalls, noteFailure } from "../../gate/gate.ts";
import { passGates } from "../../gate/gates.ts";

const PLACING = "Order is being placed, try again later";
const SILENT = "No answer, try again later";
/** At the own catalogue the provider's words stay untold: they would tell whose service it is. */
const NOT_AVAILABLE: Readonly<Record<RefillCancelKind, string>> = { refill: "Refill is not available", cancel: "Cancel is not available" };

/** What is said of one id. `refill`: its id as the panel is to know it. `none`: there is no answer just now. */
type RequestAnswer =
  | { readonly kind: "accepted"; readonly refill: string }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "none"; readonly why: "down" | "busy" };

/** To be asked of the provider; `order` is null where nothing of it is put on record. */
type ToAsk = {
  readonly kind: "ask";
  readonly panel: string;
  readonly provider: Provider;
  readonly upstreamId: string;
  readonly order: Order | null;
};

export async function answerRefill(asked: ApiV2Call): Promise<Answer> {
  return answerRefillsCancels(asked, "refill", (said, isList) => {
    if (!isList) return say(said[0]?.[1].kind === "accepted" ? { refill: said[0][1].refill } : errorOf(said[0]?.[1]));
    return say(said.map(([id, one]) => ({ order: idView(id), refill: one.kind === "accepted" ? idView(one.refill) : errorOf(one) })));
  });
}

/** A list always, also for one. */
export async function answerCancel(asked: ApiV2Call): Promise<Answer> {
  return answerRefillsCancels(asked, "cancel", (said) =>
    say(said.map(([id, one]) => ({ order: idView(id), cancel: one.kind === "accepted" ? 1 : errorOf(one) }))),
  );
}

function errorOf(said: RequestAnswer | undefined): { readonly error: string } {
  return { error: said?.kind === "refused" ? said.message : SILENT };
}

/** What is said to a call that names no ids. */
export function noIds(asked: ApiV2Call): Promise<Answer> {
  return wrongRequest(asked);
}

async function answerRefillsCancels(
  asked: ApiV2Call,
  kind: RefillCancelKind,
  tell: (said: readonly (readonly [id: string, said: RequestAnswer])[], isList: boolean) => Answer,
): Promise<Answer> {
  const { ids, isList } = askedIds(asked.fields, "orders", "order");
  if (ids.length === 0) return noIds(asked);
  // What a provider takes in one call; the others hear that there is no answer yet.
  const now = ids.slice(0, MAX_ASKED);
  const plan = asked.provider === null ? await planOwn(asked, kind, now) : await planProviders(asked, asked.provider, kind, now);
  if (!(plan instanceof Map)) return plan;
  const planned = [...plan.values()].filter((one) => one.kind === "ask");
  const toAsk = await withinShare(asked, planned);
  const asking = askProviders(asked, kind, toAsk);
  // A script that hangs up takes the request with it: what it asked for would be given up, and asked again.
  asked.call.waitUntil(asking);
  const heard = await asking;
  const said = [...plan].map(
    ([id, one]) => [id, one.kind === "ask" ? (heard.get(one) ?? (toAsk.includes(one) ? DOWN : BUSY)) : one] as const,
  );
  const silent = said.flatMap(([, one]) => (one.kind === "none" ? [one] : []));
  if (silent.length === said.length) return noAnswer(silent[0]?.why);
  return tell([...said, ...ids.slice(MAX_ASKED).map((id) => [id, BUSY] as const)], isList);
}

/** Those that may be asked now: what is written of orders is out of the panel's share, and of ids that nobody has nothing is. */
async function withinShare({ call }: ApiV2Call, planned: readonly ToAsk[]): Promise<readonly ToAsk[]> {
  const recorded = planned.filter(({ order }) => order !== null);
  const usedUp = await claimChanges(call, recorded[0]?.panel ?? null, "request", recorded.length);
  return usedUp === null ? planned : planned.filter(({ order }) => order === null);
}

const DOWN = { kind: "none", why: "down" } as const satisfies RequestAnswer;
const BUSY = { kind: "none", why: "busy" } as const satisfies RequestAnswer;
/** A cancel has no id that anybody is told. */
const CANCELED = { kind: "accepted", refill: "" } as const satisfies RequestAnswer;

type RequestPlan = Map<string, RequestAnswer | ToAsk>;

/** At the own catalogue the operator's own promises hold, whatever provider is behind a service. */
async function planOwn(asked: ApiV2Call, kind: RefillCancelKind, ids: readonly string[]): Promise<RequestPlan | Answer> {
  const { call, ref } = asked;
  const found = await readOwnCases(call.env.DB, ref, ids);
  if (found === null) return refused(asked);
  const panel = found.panel.id;
  const named = [...found.cases.values()].flatMap(({ order, isPlaced }) => {
    const account = found.providers.get(order.provider);
    return isPlaced || account === undefined || order.providerOrderId === null ? [] : [{ panel, account, ids: [order.providerOrderId] }];
  });
  const standing = await readStandings(call.env.DB, named);
  const planFor = ({ order, offered, isPlaced }: RefillCancelCase): RequestAnswer | ToAsk => {
    const known = onRecord(kind, order, call.now, () => order.id);
    if (known !== null) return known;
    const provider = found.providers.get(order.provider);
    const problem = refillCancelProblem(kind, order, offered[kind], call.now);
    if (isCertain(problem) || provider === undefined || order.providerOrderId === null)
      return { kind: "refused", message: NOT_AVAILABLE[kind] };
    const its = isPlaced ? "own" : standing(panel, order.provider, order.providerOrderId);
    if (!mayAct(its, "change")) return { kind: "refused", message: SILENT };
    return { kind: "ask", panel, provider, upstreamId: order.providerOrderId, order };
  };
  const cases = ids.map((id) => [id, found.cases.get(id)] as const);
  return new Map(cases.map(([id, one]) => [id, one === undefined ? stranger() : planFor(one)]));
}

/** An order that has ended by the provider's account may look under way here for as long as until its next poll. */
function isCertain(problem: RefillCancelProblem | null): boolean {
  return problem !== null && (problem.code !== "not_refillable" || isFinal(problem.status));
}

/**
 * In connect mode the provider decides, also on ids that nobody follows, and on orders that have ended. But an id that
 * the panel has not placed itself may be another's, and a panel that guesses it would cancel what is not its own.
 */
async function planProviders(
  asked: ApiV2Call,
  providerId: string,
  kind: RefillCancelKind,
  ids: readonly string[],
): Promise<RequestPlan | Answer> {
  const { call, ref } = asked;
  const found = await readProvidersCases(call.env.DB, ref, providerId, ids);
  if (found === null) return refused(asked);
  const provider = found.providers.get(providerId);
  if (provider === undefined) return notHere();
  const panel = found.panel.id;
  const upstreamIdOf = (id: string): string => found.cases.get(id)?.order.providerOrderId ?? id;
  const onRecordOf = (id: string): RequestAnswer | null => {
    const order = found.cases.get(id)?.order;
    return order === undefined ? null : onRecord(kind, order, call.now, (refill) => refill);
  };
  const doubtful = ids.filter((id) => found.cases.get(id)?.isPlaced !== true && onRecordOf(id) === null);
  const hasLostOrders = found.panel.lostOrdersFrom !== null;
  const standing = await readStandings(call.env.DB, [{ panel, account: provider, ids: doubtful.map(upstreamIdOf), hasLostOrders }]);
  const planFor = (id: string): RequestAnswer | ToAsk => {
    const one = found.cases.get(id);
    const order = one?.order;
    const known = onRecordOf(id);
    if (known !== null) return known;
    const upstreamId = upstreamIdOf(id);
    const its = one?.isPlaced === true ? "own" : standing(panel, providerId, upstreamId);
    if (!mayAct(its, "change")) return its === "unclear" || its === "contested" ? { kind: "refused", message: SILENT } : stranger();
    const hasEnded = kind === "cancel" && order !== undefined && isFinal(order.state.status);
    return { kind: "ask", panel, provider, upstreamId, order: hasEnded ? null : (order ?? null) };
  };
  return new Map(ids.map((id) => [id, planFor(id)]));
}

function stranger(): RequestAnswer {
  return { kind: "refused", message: WRONG.order.error };
}

/** What is answered without asking anybody: what was asked is not asked again while it is open. */
function onRecord(kind: RefillCancelKind, order: Order, now: number, toldAs: (refillId: string) => string): RequestAnswer | null {
  const { providerOrderId, state } = order;
  if (hasGivenWay(order)) return { kind: "refused", message: NOT_AVAILABLE[kind] };
  if (providerOrderId === null) return { kind: "refused", message: PLACING };
  if (!isRefillCancelOpen(kind, state, now)) return null;
  if (kind === "cancel") return CANCELED;
  // It is being asked, or its answer was lost just now.
  if (!isGrantedRefill(state.refill)) return BUSY;
  return { kind: "accepted", refill: toldAs(state.refill.id ?? providerOrderId) };
}

/** Of six connections one is left for the database. */
const OPEN_CALLS = 5;

/** Providers whose failure is noted in one request, at a statement each; the others' are with the next call. */
const MAX_NOTED = 3;

type ProviderAnswer = Result<ReadonlyMap<string, RequestReply>, ProviderFailure>;

/**
 * Asks each provider about its ids in one call. What is on record is taken up before that, so that no other request asks
 * too, and what came of it is written when all have answered. Both are one write for all providers: an answer that comes
 * when the invocation has no statement left would be told, and not be on record.
 */
async function askProviders(asked: ApiV2Call, kind: RefillCancelKind, items: readonly ToAsk[]): Promise<ReadonlyMap<ToAsk, RequestAnswer>> {
  const { call } = asked;
  const { db, ports } = call;
  const [first] = items;
  if (first === undefined) return new Map();
  const { panel } = first;
  const may = await passGates(call, [...new Set(items.map(({ provider }) => provider))], panel);
  // A look whether one is back may have taken its time.
  const now = ports.now();
  const allowed = items.filter(({ provider }) => may.get(provider) === "yes");
  const found = foundIn(allowed);
  const take = (order: Order): OrderState | null =>
    isRefillCancelOpen(kind, order.state, now) ? null : withRefillCancel(kind, order, "asking", now);
  const { written } = await changeOrders(db, found, take, now);
  const taken = new Set(written.map(({ order }) => keyText(order)));
  const askable = new Set(allowed.filter(({ order }) => order === null || taken.has(keyText(order))));
  const answers = await askEach(call, panel, kind, [...askable]);
  const without = await record(call, { kind, found, written }, answers);
  await noteFailures(call, panel, answers);
  await keepWhatWasLearned(call, answers);
  const saidBy = (item: ToAsk): RequestAnswer => {
    const mayCall = may.get(item.provider) ?? "down";
    if (mayCall !== "yes") return { kind: "none", why: mayCall };
    const answer = askable.has(item) ? answers.get(item.provider.id)?.answer : undefined;
    if (answer === undefined) return BUSY;
    const told = requestAnswerOf(answer, item.upstreamId);
    // What it said is more than silence; whoever asked may make something of it.
    if (told.kind === "lost" && told.message !== null) return { kind: "refused", message: unclearText(asked, told.message) };
    // No call was left for it in this request.
    if (told.kind === "put_back" && answer.ok) return { kind: "none", why: "busy" };
    const isWithoutId = item.order !== null && without.has(keyText(item.order));
    const heard = told.kind === "accepted" && isWithoutId ? { ...told, refill: null } : told;
    const silence = !answer.ok && answer.failure.code === "rate_limited" ? BUSY : DOWN;
    if (heard.kind === "refused") return { kind: "refused", message: refusalText(asked, kind, heard.message) };
    return heard.kind === "accepted" ? { kind: "accepted", refill: refillIdFor(asked, item, heard.refill) } : silence;
  };
  return new Map(items.map((item) => [item, saidBy(item)]));
}

/** What each provider answered, by its id. */
type ProviderAnswers = ReadonlyMap<
  string,
  { readonly provider: Provider; readonly answer: ProviderAnswer; readonly learned: Learned | null }
>;

/** Calls beyond a provider's first that one request makes in all: some providers are asked to cancel one by one. */
const MORE_CALLS = 10;

async function askEach(call: Context, panel: string, kind: RefillCancelKind, items: readonly ToAsk[]): Promise<ProviderAnswers> {
  const { ports } = call;
  const slot = pLimit(OPEN_CALLS);
  let left = MORE_CALLS;
  const ask = async (provider: Provider, some: readonly ToAsk[]) => {
    const ids = [...new Set(some.map(({ upstreamId }) => upstreamId))];
    const { id } = provider;
    const takeCall = async (): Promise<boolean> => {
      if (left === 0) return false;
      left -= 1;
      return (await claimMoreCalls(call, provider, 1, { panel })) === 1;
    };
    let learned: Learned | null = null;
    const learn = (news: Learned) => {
      learned = news;
    };
    const answer = await slot(() => clientFor(ports, provider.settings)[kind](ids, { takeCall, learn }));
    return [id, { provider, answer, learned }] as const;
  };
  return new Map(await Promise.all([...Map.groupBy(items, ({ provider }) => provider)].map(([provider, some]) => ask(provider, some))));
}

/** Writes what came of it; answers the orders whose refill goes without an id. */
async function record({ env, ports }: Context, taken: TakenUp, answers: ProviderAnswers): Promise<ReadonlySet<string>> {
  const outcomeOf = ({ provider, providerOrderId }: Order): AskOutcome => {
    const answer = answers.get(provider)?.answer;
    const told: AskOutcome = answer === undefined ? TURNED_AWAY : askOutcomeOf(answer, providerOrderId ?? "");
    return told.kind === "put_back" ? TURNED_AWAY : told;
  };
  try {
    return await recordOutcomes(env.DB, taken, outcomeOf, ports.now());
  } catch (error) {
    // The panel gets its yes or no all the same; what is on record is given up by a sweep.
    const providers = [...answers.keys()].join(" ");
    const { kind, written } = taken;
    ports.log({ event: "request.unrecorded", kind, provider: providers, orders: written.length, error: String(error) });
    return new Set();
  }
}

/** What is not kept, the next call finds out again. */
async function keepWhatWasLearned(call: Context, answers: ProviderAnswers): Promise<void> {
  const news = [...answers.values()].flatMap(({ provider, learned }) => (learned === null ? [] : [{ provider, learned }]));
  try {
    for (const { provider, learned } of news.slice(0, MAX_NOTED)) await keepLearned(call.db, provider, learned);
  } catch (error) {
    call.ports.log({ event: "request.failure_unnoted", error: String(error) });
  }
}

/** After what matters more is written; what is not noted, the next call finds out. */
async function noteFailures(call: Context, panel: string, answers: ProviderAnswers): Promise<void> {
  const failed = [...answers.values()].flatMap(({ provider, answer }) =>
    !answer.ok && isOfConnection(answer.failure) ? [{ provider, failure: answer.failure }] : [],
  );
  try {
    for (const { provider, failure } of failed.slice(0, MAX_NOTED)) await noteFailure(call, provider, failure, askedBy(panel));
  } catch (error) {
    call.ports.log({ event: "request.failure_unnoted", error: String(error) });
  }
}

/** The orders among what is to be asked, each once: a script may name one by two ids. */
function foundIn(items: readonly ToAsk[]): KnownOrder[] {
  const found = items.flatMap(({ order, provider }) => (order === null ? [] : [{ order, polling: provider.state }]));
  return [...new Map(found.map((one) => [keyText(one.order), one])).values()];
}

/** A refill's id as the panel is to know it: at the own catalogue that of its order. */
function refillIdFor({ provider }: ApiV2Call, { order, upstreamId }: ToAsk, refill: string | null): string {
  return provider === null ? (order?.id ?? upstreamId) : (refill ?? upstreamId);
}

/** At the own catalogue the provider's words stay untold. */
function unclearText({ provider }: ApiV2Call, message: string): string {
  return provider === null ? SILENT : message;
}

function refusalText({ provider }: ApiV2Call, kind: RefillCancelKind, message: string): string {
  return provider === null ? NOT_AVAILABLE[kind] : message;
}

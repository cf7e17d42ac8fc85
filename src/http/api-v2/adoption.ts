/**
 * Orders that a panel's script asks for and nobody has heard of here: asked of their provider at once, and followed
 * from then on.
 */
import pLimit from "p-limit";
import { adopted } from "../../domain/order-adoption.ts";
import { brakeAfter, endingOf, isBraked, withCounted, withEndings } from "../../domain/provider-brake.ts";
import type { ProviderState } from "../../domain/provider.ts";
import { correctionWindowOf } from "../../domain/poll-cadence.ts";
import { isPerhapsLost, isProviderOrderId, numberOfOurs, showsTextIds } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import { mayAct, type Standing } from "../../domain/order-owner.ts";
import { policyFor } from "../../domain/refund-policy.ts";
import { isWordOnly } from "../../domain/refund-plan.ts";
import { reconcile, type ReconcilePolicy } from "../../domain/reconcile.ts";
import type { Report, StatusReport } from "../../domain/order-report.ts";
import { orderView } from "../../domain/order-view.ts";
import { clientFor } from "../../provider/client-for.ts";
import type { Capability, PollResult, ProviderClient } from "../../provider/client.ts";
import { type Adopted, adoptedRow, adoptOrders, readAdopted } from "../../store/orders/adoption.ts";
import { applyEach, applySweep, type OrderWrite } from "../../store/orders/apply.ts";
import { moveWrite } from "../../store/orders/moves.ts";
import { readStandings } from "../../store/orders/owners.ts";
import { readForAdoption } from "../../store/orders/status-reads.ts";
import { rowHeard, toOrder } from "../../store/rows/order.ts";
import type { Panel } from "../../store/panels/panels.ts";
import { claimShare } from "../../store/panels/shares.ts";
import { readStrangers, rememberStrangers } from "../../store/panels/strangers.ts";
import { adoptParts, partsPutOff, type Whole, withoutParts } from "../../store/orders/parts.ts";
import { keepTextIds } from "../../store/providers/provider-settings.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Context } from "../kit/context.ts";
import { askedBy, claimMoreCalls, passGate, noteFailure } from "../../gate/gate.ts";

/** What a script waits for an answer is half a minute or more; half of that leaves room for the way. */
const ADOPTION_MS = 12_000;
/** A provider that knows no lists is asked for so many orders in a request; the script's next one goes on from there. */
const MAX_CALLS = 20;
const OPEN_CALLS = 5;
/** Calls are claimed by the handful: a claim is a round trip and a row, too. */
const CALLS_AT_ONCE = 5;
/** Ids that are asked for in a request, at five rows written each; those beyond are left out, and come with the next one. */
const MAX_ADOPTED = 500;

/** What a script asks for of which nothing is known: ids, and those orders among them that were adopted by a list. */
export type Unknown = { readonly ids: readonly string[]; readonly unheard: ReadonlyMap<string, Order> };

/**
 * What became of some unknown ids. `strangers` are certainly no orders of this panel; of `silent` ones the provider
 * said nothing that can be passed on, or it was not asked about them. The others are on record now.
 */
export type Adoption = { readonly strangers: ReadonlySet<string>; readonly silent: ReadonlySet<string> };

/**
 * Asks the provider about ids, and follows from then on what it knows of them. Where that failed, why: what was heard
 * before is on record. Ids that are no spelling of one, or another panel's, are never sent.
 */
export async function adopt(call: Context, panel: Panel, providerId: string, unknown: Unknown): Promise<Adoption | "down" | "busy"> {
  const { env } = call;
  const provider = await readForAdoption(env.DB, providerId);
  if (provider === null) return "down";
  const sorted = await sortIds(call, { panel, provider }, unknown);
  if (sorted === "busy") return "busy";
  const { asked, nobodys, beyond } = sorted;
  if (asked.length === 0) return { strangers: new Set(nobodys), silent: new Set(beyond) };
  const may = await passGate(call, provider, 1, askedBy(panel.id));
  if (may !== "yes") return may;
  const { answers, failure } = await ask(call, { panel, provider }, asked);
  await putOnRecord(call, { panel, provider, unheard: unknown.unheard }, answers);
  // Where this fails, another answer tells.
  const isByText = [...answers].some(([id, { report }]) => report.kind === "status" && showsTextIds(id, "answered"));
  if (isByText) await Promise.allSettled([keepTextIds(env.DB, provider)]);
  const isCutShort = answers.size < asked.length;
  if (isCutShort && failure !== null) {
    // Ids are the panel's own to make up: what they can have caused counts against nobody else.
    await noteFailure(call, provider, failure, askedBy(panel.id));
    return failure.code === "rate_limited" ? "busy" : "down";
  }
  if (isCutShort && answers.size === 0) return "busy";
  const client = clientFor(call.ports, provider.settings);
  const strangers = asked.filter((id) => isStranger(client, answers.get(id)?.report) && !isOursAndPerhapsLost(id, panel));
  const silent = asked.filter((id) => answers.get(id)?.report.kind !== "status" && !strangers.includes(id));
  const of = { panel: panel.id, provider: provider.id, settingsVersion: provider.settingsVersion };
  await rememberStrangers(env.DB, of, strangers, call.ports.now());
  return { strangers: new Set([...nobodys, ...strangers]), silent: new Set([...silent, ...beyond]) };
}

/**
 * Which ids the provider is asked about: those that may be open to the panel, as far as its share of unknown ids goes. Those
 * beyond it are asked about the next time, and nothing is said of them, nor of contested ones. `nobodys` need no question:
 * another spelling, one that was unknown a moment ago, another panel's.
 */
async function sortIds(
  { env, ports }: Context,
  { panel, provider }: Of,
  { ids, unheard }: Unknown,
): Promise<{ readonly asked: readonly string[]; readonly nobodys: readonly string[]; readonly beyond: readonly string[] } | "busy"> {
  const told = await readStrangers(env.DB, { panel: panel.id, provider: provider.id }, ports.now());
  const isAsked = (id: string): boolean => isProviderOrderId(id, { textIds: true }) && (!told.has(id) || unheard.has(id));
  const nobodys = ids.filter((id) => !isAsked(id));
  const named = ids.filter(isAsked);
  if (named.length === 0) return { asked: [], nobodys, beyond: [] };
  const share = { panel: panel.id, kind: "unknown_id", wanted: Math.min(named.length, MAX_ADOPTED), grant: "left" } as const;
  const granted = await claimShare(env.DB, share, env.PLAN, ports.now());
  if (granted === 0) return "busy";
  const [wanted, beyond] = [named.slice(0, granted), named.slice(granted)];
  const hasLostOrders = panel.lostOrdersFrom !== null;
  const standing = await readStandings(env.DB, [{ panel: panel.id, account: provider, ids: wanted, hasLostOrders }]);
  const its = (id: string): Standing => standing(panel.id, provider.id, id);
  const asked = wanted.filter((id) => mayAct(its(id), "read"));
  const contested = wanted.filter((id) => its(id) === "contested");
  const others = wanted.filter((id) => !asked.includes(id) && !contested.includes(id));
  return { asked, nobodys: [...nobodys, ...others], beyond: [...beyond, ...contested] };
}

/** Whose orders are asked for, and of whom. */
type Of = { readonly panel: Panel; readonly provider: Provider };
/** `unheard`: those of them that are on record without having been heard of. */
type Asking = Of & { readonly unheard: ReadonlyMap<string, Order> };

async function putOnRecord(call: Context, { panel, provider, unheard }: Asking, answers: PollResult["answers"]): Promise<void> {
  const { env, ports } = call;
  const now = ports.now();
  const said = [...answers].flatMap(([id, { report }]) => (report.kind === "status" ? [{ id, report }] : []));
  const wholeOf = ({ id, report }: ReportedOrder): Whole => ({
    order: unheard.get(id) ?? toOrder(adoptedRow({ panel, provider, id, currency: report.currency }, now)),
    report,
  });
  const putOff = await partsPutOff(env.DB, provider.id, said.map(wholeOf), now);
  const heard = said.map(({ id, report }) => ({ id, report: withoutParts(report, putOff) }));
  const wholes = heard.map(wholeOf);
  const fresh = heard.flatMap((each) => (unheard.has(each.id) ? [] : [newOrder(now, panel, provider, each)]));
  await adoptOrders(env.DB, fresh, now);
  await adoptParts(env.DB, wholes, provider.state, now);
  // Of some nothing but themselves was put on record: what waits, or counts, is written of an order that is there.
  const waiting = new Set(fresh.flatMap(({ row }) => (row.polled_at === null ? [row.provider_order_id] : [])));
  const later = heard.filter(({ id }) => unheard.has(id) || waiting.has(id));
  await writeFirst(env.DB, { panel, provider }, later, now);
}

/** How often first answers are written that others' writes at the provider come before. Then the next poll brings them. */
const MAX_TURNS = 3;

/**
 * Writes the first answers about a panel's orders. Where some have ended, the brake counts them in the same transaction, and what
 * makes it engage is the first that it holds: a swapped key may show here before any sweep has seen it. One that a sweep has
 * written meanwhile has been heard of, and counted. One that its panel has registered meanwhile with a charge is left to the
 * sweeps: they read its parts. Rules [B1], [B3], [M11], [O43].
 */
async function writeFirst(db: D1Database, { panel, provider }: Of, heard: readonly ReportedOrder[], now: number): Promise<void> {
  if (heard.length === 0) return;
  const reports = new Map(heard.map(({ id, report }) => [id, report]));
  let known = provider;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    // Read after the provider's row: what is written of them from then on makes that outdated.
    const orders = await readAdopted(db, panel.id, known.id, [...reports.keys()]);
    const writesUnder = (state: ProviderState): OrderWrite[] =>
      [...orders].flatMap(([id, order]) => {
        const report = reports.get(id);
        const of = { panel, provider: { ...known, state } };
        const isFirst = order.state.providerStatus === null && isWordOnly(order.state);
        return report === undefined || !isFirst ? [] : [firstWrite(order, of, report, now)];
      });
    const { brake, state, stateVersion } = known;
    const writes = writesUnder(state);
    const ended = writes.map(({ order, next }) => endingOf(order.state, next, now)).filter((ending) => ending.ended === 1);
    if (ended.length === 0) return void (await applyEach(db, writes));
    const endings = withEndings(state.endings, panel.id, ended, now);
    const after = { ...state, endings, ...(brake === null ? {} : brakeAfter(endings, brake, state, now)) };
    const written = await applySweep(db, writesUnder(after), { provider: known.id, seen: stateVersion, state: after });
    const current = written === "outdated" ? await readForAdoption(db, known.id) : null;
    if (current === null) return;
    known = current;
  }
}

/** What the provider's first answer makes of an order that was adopted without one. */
function firstWrite(order: Order, of: Of, report: StatusReport, time: number): OrderWrite {
  const now = Math.max(time, order.updatedAt);
  const decision = withCounted(reconcile(order.state, report, policyAt(of, order), now), order.state, time);
  return moveWrite(order, decision, of.provider.state, now);
}

/** Asks for the orders' status, as few calls as the provider allows, until the time is up. */
async function ask(call: Context, { panel, provider }: Of, ids: readonly string[]): Promise<Pick<PollResult, "answers" | "failure">> {
  const { ports } = call;
  const { many, learnedBatchSize } = provider.state;
  const capability: Capability = { many, batchSize: Math.min(provider.batchSize, learnedBatchSize) };
  const lastCallAt = ports.now() + ADOPTION_MS;
  const slot = pLimit(OPEN_CALLS);
  // One after the other, so that those that come at once share a handful.
  const turn = pLimit(1);
  let calls = 0;
  // The first was claimed already.
  let claimed = 1;
  const takeCall = (): Promise<boolean> =>
    turn(async () => {
      if (calls === MAX_CALLS || ports.now() > lastCallAt) return false;
      if (claimed === 0)
        claimed = await claimMoreCalls(call, provider, Math.min(CALLS_AT_ONCE, MAX_CALLS - calls, ids.length), { panel: panel.id });
      if (claimed === 0) return false;
      calls += 1;
      claimed -= 1;
      return true;
    });
  const settings = { ...provider.settings, timeoutMs: Math.min(provider.settings.timeoutMs, ADOPTION_MS) };
  const port = { takeCall, slot: <T>(task: () => Promise<T>) => slot(task), inTrouble: provider.state.failures > 0 };
  return clientFor(ports, settings).poll(
    port,
    capability,
    ids.map((id) => ({ id, suspect: false })),
  );
}

/** Only a text that is known to say so makes an order nobody's: whatever else it says may pass, and a script would act on it. */
function isStranger(client: ProviderClient, report: Report | undefined): boolean {
  return report?.kind === "refused" && client.saysUnknown(report.message) === "order";
}

/** An id that no provider gives, so what it says of it proves nothing. */
function isOursAndPerhapsLost(id: string, { lostOrdersFrom }: Panel): boolean {
  return numberOfOurs(id) !== null && isPerhapsLost(id, lostOrdersFrom);
}

type ReportedOrder = { readonly id: string; readonly report: StatusReport };

function newOrder(now: number, panel: Panel, provider: Provider, { id, report }: ReportedOrder): Adopted {
  const fresh = adoptedRow({ panel, provider, id, currency: report.currency }, now);
  const order = adopted(toOrder(fresh), report, policyAt({ panel, provider }, toOrder(fresh)), now);
  return { row: { ...rowHeard(fresh, order.state), door: "connect" }, partOf: null, shown: orderView(order, provider.state, now) };
}

function policyAt({ panel, provider }: Of, order: Order): ReconcilePolicy {
  return {
    statusWords: provider.settings.statusWords,
    progressPercent: 0,
    progressStretch: 1,
    asksMany: false,
    startWindowMs: null,
    durationMs: null,
    isLinkShared: true,
    correctionWindowMs: correctionWindowOf(provider.settleHours),
    refunds: policyFor(order, provider.policies),
    holdAll: isBraked(provider.state, order.panel) ? "brake" : panel.frozen === null ? null : "frozen",
    // An order without a charge: nothing follows from its parts.
    parts: [],
  };
}

/**
 * Orders that a panel's script asks for and nobody has heard of here: asked of their provider at once, and followed
 * from then on.
 */
import pLimit from "p-limit";
import { adopted } from "../../domain/order-adoption.ts";
import { correctionWindowMs } from "../../domain/poll-cadence.ts";
import { isPerhapsLost, numberOfOurs } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import { policyFor } from "../../domain/refund-policy.ts";
import type { ReconcilePolicy } from "../../domain/reconcile.ts";
import type { Report, StatusReport } from "../../domain/order-report.ts";
import { orderView } from "../../domain/order-view.ts";
import { clientFor } from "../../provider/client-for.ts";
import { mayBeOfTheAsked } from "../../provider/failure.ts";
import type { Capability, PollResult, ProviderClient } from "../../provider/client.ts";
import { type Adopted, adoptOrders } from "../../store/orders/adoption.ts";
import { readForAdoption } from "../../store/orders/status-reads.ts";
import { rowHeard, toOrder } from "../../store/rows/order.ts";
import type { Panel } from "../../store/panels/panels.ts";
import { adoptParts, partsPutOff, type Whole, withoutParts } from "../../store/orders/parts.ts";
import type { Provider } from "../../store/rows/provider.ts";
import { bareRegistration, newOrderRow } from "../../store/orders/registration.ts";
import type { Context } from "../kit/context.ts";
import { claimMoreCalls, passGate, noteFailure, REPEATABLE } from "../../gate/gate.ts";

/** What a script waits for an answer is half a minute or more; half of that leaves room for the way. */
const ADOPTION_MS = 12_000;
/** A provider that knows no lists is asked for so many orders in a request; the script's next one goes on from there. */
const MAX_CALLS = 20;
const OPEN_CALLS = 5;
/** Calls are claimed by the handful: a claim is a round trip and a row, too. */
const CALLS_AT_ONCE = 5;

/**
 * What became of some unknown ids. `strangers` are certainly no orders of this panel; of `silent` ones the provider
 * said nothing that can be passed on. The others are on record now.
 */
export type Adoption = { readonly strangers: ReadonlySet<string>; readonly silent: ReadonlySet<string> };

/** Why there is no answer where not all of the ids could be asked in time: what was heard is kept, and told the next time. */
export async function adopt(call: Context, panel: Panel, providerId: string, ids: readonly string[]): Promise<Adoption | "down" | "busy"> {
  const { env } = call;
  const { provider, foreign } = await readForAdoption(env.DB, panel.id, providerId, ids);
  if (provider === null) return "down";
  const asked = ids.filter((id) => !foreign.has(id));
  if (asked.length === 0) return { strangers: foreign, silent: new Set() };
  const may = await passGate(call, provider, 1, REPEATABLE);
  if (may !== "yes") return may;
  const { answers, failure } = await ask(call, provider, asked);
  const now = call.ports.now();
  const said = [...answers].flatMap(([id, { report }]) => (report.kind === "status" ? [{ id, report }] : []));
  const putOff = await partsPutOff(env.DB, provider.id, wholesOf(now, panel, provider, said), now);
  const heard = said.map(({ id, report }) => ({ id, report: withoutParts(report, putOff) }));
  const wholes = wholesOf(now, panel, provider, heard);
  await adoptOrders(
    env.DB,
    heard.map((each) => newOrder(now, panel, provider, each)),
    now,
  );
  await adoptParts(env.DB, wholes, provider.state, now);
  if (answers.size < asked.length) {
    // Ids are the panel's own to make up: what they can have caused counts against nobody else. The sweeps find it out.
    if (failure !== null && !mayBeOfTheAsked(failure)) await noteFailure(call, provider, failure, REPEATABLE);
    return failure?.code === "rate_limited" ? "busy" : "down";
  }
  const client = clientFor(call.ports, provider.settings);
  const strangers = asked.filter((id) => isStranger(client, answers.get(id)?.report) && !isOursAndPerhapsLost(id, panel));
  const silent = asked.filter((id) => answers.get(id)?.report.kind !== "status" && !strangers.includes(id));
  return { strangers: new Set([...foreign, ...strangers]), silent: new Set(silent) };
}

/** Asks for the orders' status, as few calls as the provider allows, until the time is up. */
async function ask(call: Context, provider: Provider, ids: readonly string[]): Promise<Pick<PollResult, "answers" | "failure">> {
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
      if (claimed === 0) claimed = await claimMoreCalls(call, provider, Math.min(CALLS_AT_ONCE, MAX_CALLS - calls, ids.length));
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

function wholesOf(now: number, panel: Panel, provider: Provider, heard: readonly ReportedOrder[]): Whole[] {
  return heard.map((each) => ({ order: toOrder(freshRow(now, panel, provider, each)), report: each.report }));
}

type ReportedOrder = { readonly id: string; readonly report: StatusReport };

/** The order as if it had just been placed. Its number is the transaction's to give. */
function freshRow(now: number, panel: Panel, provider: Provider, { id, report }: ReportedOrder) {
  return {
    ...newOrderRow(
      { panel: panel.id, n: 0 },
      bareRegistration(provider.id, id, report.currency ?? provider.currency ?? panel.currency),
      now,
    ),
    door: "connect" as const,
  };
}

function newOrder(now: number, panel: Panel, provider: Provider, heard: ReportedOrder): Adopted {
  const fresh = freshRow(now, panel, provider, heard);
  const order = adopted(toOrder(fresh), heard.report, policyAt(provider, toOrder(fresh)), now);
  return { row: { ...rowHeard(fresh, order.state), door: "connect" }, partOf: null, shown: orderView(order, provider.state, now) };
}

function policyAt(provider: Provider, order: Order): ReconcilePolicy {
  return {
    statusWords: provider.settings.statusWords,
    progressPercent: 0,
    startWindowMs: null,
    correctionWindowMs: correctionWindowMs(provider.settleHours),
    refunds: policyFor(order, provider.policies),
    holdAll: provider.state.brakeEngagedAt === null ? null : "brake",
    parts: [],
  };
}

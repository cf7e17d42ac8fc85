/**
 * Orders that a panel's script asks for and nobody has heard of here: asked of their provider at once, and followed
 * from then on.
 */
import pLimit from "p-limit";
import { adopted } from "../domain/adoption.ts";
import { DEFAULT_SETTLE_MS } from "../domain/cadence.ts";
import type { Order } from "../domain/order.ts";
import { policyFor } from "../domain/policy.ts";
import type { ReconcilePolicy } from "../domain/reconcile.ts";
import type { Report, StatusReport } from "../domain/report.ts";
import { showOrder } from "../domain/shown.ts";
import { knownError } from "../provider/api-error.ts";
import { type Capability, pollStatuses } from "../provider/poll.ts";
import { type Adopted, adoptOrders } from "../store/adoption.ts";
import { readForAdoption } from "../store/door-reads.ts";
import { rowHeard, toOrder } from "../store/order-rows.ts";
import type { Panel } from "../store/panels.ts";
import type { Provider } from "../store/provider-rows.ts";
import { newOrderRow, type Registration } from "../store/registration.ts";
import type { Call } from "./call.ts";
import { claimUpstream } from "./upstream.ts";

/** What a script waits for an answer is half a minute or more; half of that leaves room for the way. */
const ADOPTION_MS = 12_000;
/** A provider that knows no lists is asked for so many orders in a request; the script's next one goes on from there. */
const MAX_CALLS = 20;
const OPEN_CALLS = 5;

/**
 * What became of some unknown ids. `strangers` are certainly no orders of this panel; of `silent` ones the provider
 * said nothing that can be passed on.
 */
export type Adoption = {
  readonly orders: ReadonlyMap<string, Order>;
  readonly strangers: ReadonlySet<string>;
  readonly silent: ReadonlySet<string>;
};

/** Null when not all of the ids could be asked in time: then there is no answer to any. */
export async function adopt(call: Call, panel: Panel, providerId: string, ids: readonly string[]): Promise<Adoption | "down" | "busy"> {
  const { env, now } = call;
  const { provider, foreign } = await readForAdoption(env.DB, panel.id, providerId, ids);
  if (provider === null) return "down";
  const asked = ids.filter((id) => !foreign.has(id));
  if (asked.length === 0) return { orders: new Map(), strangers: foreign, silent: new Set() };
  const may = await claimUpstream(call, provider);
  if (may !== "yes") return may;
  const reports = await ask(call, provider, asked);
  const orders = new Map(
    [...reports].flatMap(([id, report]) => (report.kind === "status" ? [[id, newOrder(call, panel, provider, id, report)]] : [])),
  );
  await adoptOrders(env.DB, panel.id, [...orders.values()], now);
  if (reports.size < asked.length) return "down";
  const refused = asked.filter((id) => isStranger(reports.get(id)));
  return {
    orders: new Map([...orders].map(([id, { row }]) => [id, toOrder(row)])),
    strangers: new Set([...foreign, ...refused]),
    silent: new Set(asked.filter((id) => !orders.has(id) && !refused.includes(id))),
  };
}

/** Asks for the orders' status, as few calls as the provider allows, until the time is up. */
async function ask(call: Call, provider: Provider, ids: readonly string[]): Promise<ReadonlyMap<string, Report>> {
  const { ports } = call;
  const { many, learnedBatchSize } = provider.state;
  const capability: Capability = { many, batchSize: Math.min(provider.batchSize, learnedBatchSize) };
  const lastCallAt = ports.now() + ADOPTION_MS;
  const slot = pLimit(OPEN_CALLS);
  let calls = 0;
  const takeCall = async (): Promise<boolean> => {
    calls += 1;
    if (calls > MAX_CALLS || ports.now() > lastCallAt) return false;
    // The first was claimed already.
    return calls === 1 || (await claimUpstream(call, provider)) === "yes";
  };
  const settings = { ...provider.settings, timeoutMs: Math.min(provider.settings.timeoutMs, ADOPTION_MS) };
  const port = { fetch: ports.fetch, now: ports.now, takeCall, slot: <T>(task: () => Promise<T>) => slot(task) };
  const { answers } = await pollStatuses(
    port,
    settings,
    capability,
    ids.map((id) => ({ id, suspect: false })),
  );
  return new Map([...answers].map(([id, { report }]) => [id, report]));
}

/** Only a text that is known to say so makes an order nobody's: whatever else it says may pass, and a script would act on it. */
function isStranger(report: Report | undefined): boolean {
  return report?.kind === "refused" && knownError([report.message]) === "order";
}

function newOrder({ now }: Call, panel: Panel, provider: Provider, id: string, report: StatusReport): Adopted {
  const row = { ...newOrderRow(panel.id, panel.lastOrder + 1, registrationOf(panel, provider, id, report), now), door: "connect" as const };
  const order = adopted(toOrder(row), report, policyAt(provider, toOrder(row)), now);
  return { row: { ...rowHeard(row, order.state), door: "connect" }, shown: showOrder(order, provider.state, now) };
}

function policyAt(provider: Provider, order: Order): ReconcilePolicy {
  return {
    statusWords: provider.settings.statusWords,
    progressPercent: 0,
    startWindowMs: null,
    settleMs: DEFAULT_SETTLE_MS,
    refunds: policyFor(order, provider.policies),
    holdAll: null,
  };
}

function registrationOf(panel: Panel, provider: Provider, id: string, report: StatusReport): Registration {
  return {
    id,
    provider: provider.id,
    provider_order_id: id,
    quantity: null,
    charge: null,
    currency: report.currency ?? provider.currency ?? panel.currency,
    service: null,
    link: null,
    customer: null,
    placed_at: null,
    runs: null,
    posts: null,
    cost: null,
    cost_currency: null,
    registered_status: null,
    registered_refunded: 0,
  };
}

/**
 * The work of one message: read what is due, hand on what does not fit, ask the providers, apply what they say.
 */
import { type CheckMessage, type DueProvider, MESSAGE_VERSION, type SweepMessage } from "../../domain/message.ts";
import { circuitOf } from "../../domain/provider.ts";
import type { Order } from "../../domain/order.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import type { Ports } from "../../ports.ts";
import { type Page, readNamed, readPage } from "../../store/orders/due.ts";
import { metered } from "../../store/operations/metered.ts";
import { type AppliedCounts, applyPollRun, type Applied, totalOf } from "./apply.ts";
import { leftQueuedMessages, refillCallsFor } from "../refills-cancels.ts";
import { runPolls, type PollRequest } from "./poll.ts";
import { claimQuotas, type QuotaRequest } from "../../gate/quota.ts";
import { limitsOf } from "../limits.ts";
import { callsFor, type Selection, selectionOf } from "./select.ts";
import { ordersIn } from "./plan.ts";

/**
 * Sweeps one page. Only a first delivery hands on the rest of what is due: if redeliveries did, a chain of failing
 * messages would multiply. Throws when the database or the queue fails; the message is then delivered again, and
 * everything in it can be done twice.
 */
export async function sweep(message: SweepMessage, firstDelivery: boolean, env: Env, ports: Ports): Promise<void> {
  const { db, usage } = metered(env.DB);
  const limits = limitsOf(env.PLAN);
  // Accelerated runs tick ahead of the clock; there the minute of the tick is the time.
  const now = () => Math.max(ports.now(), message.minute * MINUTE_MS);
  const readAt = now();
  const page = await readPage(db, message.providers);
  const wanting = message.providers.flatMap((due, i) => wantedOf(page, due, i, readAt));
  const allowances = await claimQuotas(
    db,
    wanting.map(({ provider, orders, due }) => wishFor(provider, orders.slice(0, due.limit))),
    limits,
    now,
  );
  const mayHandOn = message.round + 1 < limits.rounds;
  const servings = wanting.map((wanted) =>
    selectionOf({
      ...wanted,
      message,
      limits,
      mayHandOn,
      probing: circuitOf(wanted.provider.state, readAt) === "probing",
      grant: allowances.grantOf(wanted.provider),
    }),
  );
  const rest = servings.flatMap(({ rest: left }) => left ?? []);
  // planted: hand-on
  if (rest.length > 0 && firstDelivery) await handOn(env.SWEEPS, message, rest);
  const requests = firstDelivery ? servings.flatMap(({ orders }) => leftQueuedMessages(orders, readAt)) : [];
  if (requests.length > 0) await env.SWEEPS.sendBatch(requests.map((body) => ({ body, contentType: "json" })));
  const questions = servings.map(({ provider, orders }): PollRequest => ({ provider, orders, allowance: allowances.of(provider) }));
  const outcomes = await runPolls(questions, { ...ports, now }, (asked, i) =>
    applyPollRun(db, { ...asked, readAt, selection: servings[i] ?? null, frozen: page.frozen }, limits, now),
  );
  const applied = await taken(outcomes, env, ports);
  ports.log({
    event: "sweep",
    minute: message.minute,
    round: message.round,
    handed_on: firstDelivery ? rest.length : 0,
    requests: requests.length,
    ...totalOf(applied),
    ...usage(),
  });
}

/** The calls that asking about these orders takes, with those for their refills. */
function wishFor(provider: Selection["provider"], orders: readonly Order[]): QuotaRequest {
  return { provider, calls: callsFor(provider, orders), refillCalls: refillCallsFor(orders) };
}

/** Sends what the database refused as checks of its halves, and answers what the rest came to. */
async function taken(outcomes: readonly Applied[], env: Env, ports: Ports): Promise<readonly AppliedCounts[]> {
  const again = outcomes.flatMap((outcome) => outcome.again);
  if (again.length > 0) {
    ports.log({ event: "apply.refused", orders: again.flat().length });
    const bodies = again.map((orders): CheckMessage => ({
      v: MESSAGE_VERSION,
      kind: "check",
      orders: orders.map(({ panel, number: n }) => [panel, n]),
    }));
    await env.SWEEPS.sendBatch(bodies.map((body) => ({ body, contentType: "json" })));
  }
  return outcomes.map(({ applied }) => applied);
}

type Wanted = { readonly provider: Selection["provider"]; readonly orders: readonly Order[]; readonly due: DueProvider };

/** What is due of one provider, unless it was switched off, or has to be left alone, since the message was sent. */
function wantedOf(page: Page, due: DueProvider, i: number, now: number): Wanted[] {
  const provider = page.providers.get(due.id);
  if (provider === undefined || !provider.enabled || circuitOf(provider.state, now) === "waiting") return [];
  return [{ provider, orders: page.due[i] ?? [], due }];
}

/** Sends the rest of what is due, each provider alone, before this page's own calls: pages run side by side. */
async function handOn(queue: Queue, message: SweepMessage, rest: readonly DueProvider[]): Promise<void> {
  const bodies = rest.map((due): SweepMessage => ({ ...message, round: message.round + 1, providers: [due] }));
  await queue.sendBatch(bodies.map((body) => ({ body, contentType: "json" })));
}

/** Checks of one order in quick succession are one: a panel must not be able to hammer a provider with them. */
const JUST_POLLED_MS = 10_000;

/** What has no id at its provider cannot be asked after there. */
function canBeAsked({ providerOrderId }: Order): boolean {
  return providerOrderId !== null;
}

function isJustPolled({ state }: Order, now: number): boolean {
  return state.polledAt !== null && now >= state.polledAt && now - state.polledAt < JUST_POLLED_MS;
}

/** Whether everything in a check could be asked, or some of it has to wait for its provider's next minute. */
export type CheckOutcome = "done" | "later";

/**
 * Polls named orders now, whatever their cadence. Each order that is answered is written, also when nothing is new:
 * somebody asked, and older answers still under way must not count any more.
 */
export async function check(message: CheckMessage, env: Env, ports: Ports): Promise<CheckOutcome> {
  const { db, usage } = metered(env.DB);
  const limits = limitsOf(env.PLAN);
  const readAt = ports.now();
  const { providers, due, frozen } = await readNamed(db, message.orders);
  const wanting = [...providers.values()].flatMap((provider) => {
    const asked = (due[0] ?? []).filter((order) => order.provider === provider.id && canBeAsked(order) && !isJustPolled(order, readAt));
    const orders = asked.slice(0, ordersIn(provider, limits.callsPerMessage));
    return provider.enabled && circuitOf(provider.state, readAt) !== "waiting" ? [{ provider, orders }] : [];
  });
  const allowances = await claimQuotas(
    db,
    wanting.map(({ provider, orders }) => wishFor(provider, orders)),
    limits,
    ports.now,
  );
  const questions = wanting.map((wanted): PollRequest => ({ ...wanted, allowance: allowances.of(wanted.provider) }));
  const outcomes = await runPolls(questions, ports, (asked) =>
    applyPollRun(db, { ...asked, readAt, selection: null, frozen }, limits, ports.now),
  );
  const applied = await taken(outcomes, env, ports);
  ports.log({ event: "check", orders: message.orders.length, ...totalOf(applied), ...usage() });
  return wanting.some(({ provider, orders }) => allowances.grantOf(provider).granted < callsFor(provider, orders)) ? "later" : "done";
}

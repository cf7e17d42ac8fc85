/**
 * What became of an order that was sent to its provider: written down, and told to its script.
 */
import { numberOfOurs } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import { foundPlaced, leftUnknown, neverPlaced } from "../../domain/order-placement.ts";
import { orderView } from "../../domain/order-view.ts";
import { isFinal } from "../../domain/status.ts";
import { failureMessage } from "../../provider/failure-message.ts";
import type { KnownRefusal, Placed } from "../../provider/client.ts";
import { applyDecision } from "../../store/orders/apply.ts";
import { moveWrite } from "../../store/orders/moves.ts";
import { attachProviderOrder, forgetOrder, readByNumber, recordPlaced } from "../../store/placement/placement.ts";
import type { Panel } from "../../store/panels/panels.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Answer, Context } from "../kit/context.ts";
import { noAnswer, REFUSED, say, sayPlaced, WRONG } from "./answers.ts";
import { noteFailure } from "../../gate/gate.ts";

/** An order that was recorded and sent, and what it takes to write down what became of it. */
export type SentOrder = { readonly call: Context; readonly panel: Panel; readonly provider: Provider; readonly order: Order };

/**
 * Writes down what became of an order that was sent, and answers its script. Never throws: from here on there is an order,
 * and whatever fails, the script gets an id by which it is found, an error only where it is certain that there is none,
 * or no answer.
 */
export async function settlePlacement(sent: SentOrder, placed: Placed): Promise<Answer> {
  const { call, panel, provider, order } = sent;
  // planted: placing-outcomes
  switch (placed.kind) {
    case "placed": {
      // A script that would order anew by asking again gets an id that somebody will resolve.
      const failing = panel.reuseIdenticalAdds ? noAnswer() : sayPlaced(order);
      return onRecord(sent, placed.id, recordTaken(sent, placed.id), failing);
    }
    // planted: placing-unclear
    case "unclear":
      logOf(sent, "placing.unknown", { failure: placed.failure.code, message: failureMessage(placed.failure) });
      await Promise.allSettled([noteFailure(call, provider, placed.failure)]);
      // The row says that it is being placed: should this fail, the next tick finds it left behind.
      // planted: unclear-answer
      return onRecord(sent, null, recordUnknown(sent, order), sayPlaced(order));
    case "refused":
      logOf(sent, "placing.refused", { message: placed.message });
      // planted: refusal-answer
      return undone(sent, say(refusalView(order, placed)));
    case "not_taken":
      logOf(sent, "placing.not_taken", { failure: placed.failure.code });
      await Promise.allSettled([noteFailure(call, provider, placed.failure)]);
      return undone(sent, noAnswer(placed.failure.code === "rate_limited" ? "busy" : "down"));
  }
}

function logOf({ call, order: { panel, id, provider } }: SentOrder, event: string, facts: Readonly<Record<string, unknown>>): void {
  call.ports.log({ event, panel, order: id, provider, ...facts });
}

/**
 * What recording comes to. Where it failed the row still says that the order is being placed, and the log what to
 * resolve it with.
 */
function onRecord(sent: SentOrder, providerOrderId: string | null, recording: Promise<Answer>, failing: Answer): Promise<Answer> {
  return recording.catch((error: unknown) => {
    logOf(sent, "placing.unrecorded", { provider_order_id: providerOrderId, error: String(error) });
    return failing;
  });
}

/** The provider has not taken the order, which is certain whether or not that can be recorded now. */
async function undone(sent: SentOrder, answer: Answer): Promise<Answer> {
  const { call, order } = sent;
  try {
    return (await takeBack(sent)) ? answer : sayPlaced((await readByNumber(call.db, order)) ?? order);
  } catch (error) {
    logOf(sent, "placing.unrecorded", { provider_order_id: null, error: String(error) });
    return answer;
  }
}

/** The database may fail for a moment, or a tick may have found the order left behind and flagged it. */
const MAX_TRIES = 4;

async function recordTaken(sent: SentOrder, providerOrderId: string): Promise<Answer> {
  const { call, order: placing } = sent;
  let order = placing;
  // In connect mode the provider's id becomes the order's own, if it is free, and could not be taken for one of ours.
  let id = placing.channel === "connect" && numberOfOurs(providerOrderId) === null ? providerOrderId : placing.id;
  for (let tries = 1; ; tries++) {
    const named: Order = { ...order, id: order.lastChange === 0 ? id : order.id, providerOrderId };
    const result = await nameOrder(sent, order, named).catch((error: unknown) => {
      if (tries === MAX_TRIES) throw error;
      return "changed" as const;
    });
    if (result === "written") return sayPlaced(named);
    if (result === "taken" && id === placing.id) return recordClash(sent, order, providerOrderId);
    if (tries === MAX_TRIES) throw new Error("the order kept changing while it was being placed");
    if (result === "taken") id = placing.id;
    order = (await readByNumber(call.db, placing)) ?? order;
    if (order.providerOrderId !== null || isFinal(order.state.status)) return resolvedBefore(sent, order, providerOrderId);
  }
}

/** An error came after the commit; or a person has resolved the order before the provider answered, and that stands. */
function resolvedBefore(sent: SentOrder, order: Order, providerOrderId: string): Answer {
  if (order.providerOrderId !== providerOrderId)
    logOf({ ...sent, order }, "placing.late", { provider_order_id: providerOrderId, settled_as: order.providerOrderId });
  return sayPlaced(order);
}

/** Writes the provider's id down; what nobody was told of yet begins its feed with it. */
function nameOrder({ call: { db, ports }, provider }: SentOrder, order: Order, named: Order): Promise<"written" | "changed" | "taken"> {
  const now = Math.max(ports.now(), order.updatedAt);
  if (order.lastChange !== 0) {
    const write = moveWrite(named, foundPlaced(order.state), [], provider.state, now);
    return attachProviderOrder(db, named.providerOrderId ?? "", write, []);
  }
  const after = { ...named, updatedAt: now };
  return recordPlaced(db, order, after, orderView(after, provider.state, now));
}

/** The provider gave the id of an order that the panel has: one delivery, and perhaps one order. A person has to look. */
function recordClash(sent: SentOrder, order: Order, providerOrderId: string): Promise<Answer> {
  logOf({ ...sent, order }, "placing.clash", { provider_order_id: providerOrderId });
  return recordUnknown(sent, order);
}

/** Where somebody has written the order meanwhile, that stands: a tick has flagged it, or a person has resolved it. */
async function recordUnknown({ call: { db, ports }, provider }: SentOrder, order: Order): Promise<Answer> {
  const now = Math.max(ports.now(), order.updatedAt);
  await applyDecision(db, moveWrite(order, leftUnknown(order.state), [], provider.state, now), []);
  return sayPlaced(order);
}

/**
 * There is no such order at the provider: it is forgotten, or, where it was charged, canceled and returned. False where
 * a person has given it a provider's id meanwhile: that stands.
 */
async function takeBack(sent: SentOrder): Promise<boolean> {
  const { call, order: placing } = sent;
  for (let tries = 1; ; tries++) {
    try {
      const order = tries === 1 ? placing : await readByNumber(call.db, placing);
      if (order === null || order.state.reason === "not_placed") return true;
      if (order.providerOrderId !== null) return false;
      if (await forgetOrReturn(sent, order)) return true;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
    if (tries === MAX_TRIES) throw new Error("the order kept changing while it was taken back");
  }
}

async function forgetOrReturn({ call: { db, ports }, provider }: SentOrder, order: Order): Promise<boolean> {
  if (await forgetOrder(db, order)) return true;
  const now = Math.max(ports.now(), order.updatedAt);
  const { next, refunds } = neverPlaced(order.state, now);
  return applyDecision(db, moveWrite(order, next, refunds, provider.state, now), []);
}

/** Known refusals as they concern the panel; the provider's own balance, for one, does not. */
const KNOWN: Readonly<Record<KnownRefusal, { readonly error: string }>> = {
  funds: REFUSED.other,
  service: WRONG.service,
  link_duplicate: REFUSED.link_duplicate,
  link: REFUSED.link,
  quantity: REFUSED.quantity,
};

/** In connect mode the panel hears the provider's own words; at the own catalogue, whose service it was stays untold. */
function refusalView({ channel }: Order, { message, known }: Extract<Placed, { readonly kind: "refused" }>): { readonly error: string } {
  if (channel === "connect") return { error: message };
  return known === null ? REFUSED.other : KNOWN[known];
}

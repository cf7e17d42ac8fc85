/**
 * Sending an order that was written down to its provider, once, and writing down what became of it.
 */
import { numberOfOurs } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import { foundPlaced, leftUnknown, neverPlaced } from "../../domain/order-placement.ts";
import { orderView } from "../../domain/order-view.ts";
import { isFinal } from "../../domain/status.ts";
import { failureMessage } from "../../provider/failure-message.ts";
import { placeOrder } from "../../provider/api-v2/place.ts";
import type { KnownRefusal, Placed } from "../../provider/client.ts";
import { applyDecision } from "../../store/orders/apply.ts";
import { moveWrite } from "../../store/orders/moves.ts";
import { attachProviderOrder, forgetOrder, readByNumber, recordPlaced } from "../../store/placement/placement.ts";
import type { Panel } from "../../store/panels/panels.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Answer, Context } from "../kit/context.ts";
import { noAnswer, REFUSED, say, sayPlaced, WRONG } from "./answers.ts";
import { noteFailure } from "../../gate/gate.ts";

/**
 * Sends the order and answers its script. Never throws: from here on there is an order, and whatever fails, the script
 * gets an id by which it is found, an error only where it is certain that there is none, or no answer.
 */
export async function place(
  call: Context,
  panel: Panel,
  provider: Provider,
  order: Order,
  fields: Readonly<Record<string, string>>,
): Promise<Answer> {
  // planted: order-sent-once
  const placed = await placeOrder(call.ports, provider.settings, fields);
  // planted: placing-outcomes
  switch (placed.kind) {
    case "placed":
      // A script that would order anew by asking again gets an id that somebody will settle.
      return onRecord(
        call,
        order,
        placed.id,
        recordTaken(call, provider, order, placed.id),
        panel.reuseIdenticalAdds ? noAnswer() : sayPlaced(order),
      );
    // planted: placing-unclear
    case "unclear":
      logOf(call, order, "placing.unknown", { failure: placed.failure.code, message: failureMessage(placed.failure) });
      await Promise.allSettled([noteFailure(call, provider, placed.failure)]);
      // The row says that it is being placed: should this fail, the next tick finds it left behind.
      // planted: unclear-answer
      return onRecord(call, order, null, recordUnknown(call, provider, order), sayPlaced(order));
    case "refused":
      logOf(call, order, "placing.refused", { message: placed.message });
      // planted: refusal-answer
      return undone(call, provider, order, say(refusalView(order, placed)));
    case "not_taken":
      logOf(call, order, "placing.not_taken", { failure: placed.failure.code });
      await Promise.allSettled([noteFailure(call, provider, placed.failure)]);
      return undone(call, provider, order, noAnswer(placed.failure.code === "rate_limited" ? "busy" : "down"));
  }
}

function logOf({ ports }: Context, { panel, id, provider }: Order, event: string, facts: Readonly<Record<string, unknown>>): void {
  ports.log({ event, panel, order: id, provider, ...facts });
}

/**
 * What recording comes to. Where it failed the row still says that the order is being placed, and the log what to
 * settle it with.
 */
function onRecord(
  call: Context,
  order: Order,
  providerOrderId: string | null,
  recording: Promise<Answer>,
  failing: Answer,
): Promise<Answer> {
  return recording.catch((error: unknown) => {
    logOf(call, order, "placing.unrecorded", { provider_order_id: providerOrderId, error: String(error) });
    return failing;
  });
}

/** The provider has not taken the order, which is certain whether or not that can be recorded now. */
async function undone(call: Context, provider: Provider, order: Order, answer: Answer): Promise<Answer> {
  try {
    return (await takeBack(call, provider, order)) ? answer : sayPlaced((await readByNumber(call.env.DB, order)) ?? order);
  } catch (error) {
    logOf(call, order, "placing.unrecorded", { provider_order_id: null, error: String(error) });
    return answer;
  }
}

/** The database may fail for a moment, or a tick may have found the order left behind and flagged it. */
const MAX_TRIES = 4;

async function recordTaken(call: Context, provider: Provider, placing: Order, providerOrderId: string): Promise<Answer> {
  let order = placing;
  // In connect mode the provider's id becomes the order's own, if it is free, and could not be taken for one of ours.
  let id = placing.channel === "connect" && numberOfOurs(providerOrderId) === null ? providerOrderId : placing.id;
  for (let tries = 1; ; tries++) {
    const named: Order = { ...order, id: order.lastChange === 0 ? id : order.id, providerOrderId };
    const result = await nameOrder(call, provider, order, named).catch((error: unknown) => {
      if (tries === MAX_TRIES) throw error;
      return "changed" as const;
    });
    if (result === "written") return sayPlaced(named);
    if (result === "taken" && id === placing.id) return recordClash(call, provider, order, providerOrderId);
    if (tries === MAX_TRIES) throw new Error("the order kept changing while it was being placed");
    if (result === "taken") id = placing.id;
    order = (await readByNumber(call.env.DB, placing)) ?? order;
    if (order.providerOrderId !== null || isFinal(order.state.status)) return resolvedBefore(call, order, providerOrderId);
  }
}

/** An error came after the commit; or a person has settled the order before the provider answered, and that stands. */
function resolvedBefore(call: Context, order: Order, providerOrderId: string): Answer {
  if (order.providerOrderId !== providerOrderId) {
    logOf(call, order, "placing.late", { provider_order_id: providerOrderId, settled_as: order.providerOrderId });
  }
  return sayPlaced(order);
}

/** Writes the provider's id down; what nobody was told of yet begins its feed with it. */
function nameOrder({ env, ports }: Context, provider: Provider, order: Order, named: Order): Promise<"written" | "changed" | "taken"> {
  const now = Math.max(ports.now(), order.updatedAt);
  if (order.lastChange !== 0) {
    const write = moveWrite(named, foundPlaced(order.state), [], provider.state, now);
    return attachProviderOrder(env.DB, named.providerOrderId ?? "", write, []);
  }
  const after = { ...named, updatedAt: now };
  return recordPlaced(env.DB, order, after, orderView(after, provider.state, now));
}

/** The provider gave the id of an order that the panel has: one delivery, and perhaps one order. A person has to look. */
async function recordClash(call: Context, provider: Provider, order: Order, providerOrderId: string): Promise<Answer> {
  logOf(call, order, "placing.clash", { provider_order_id: providerOrderId });
  return recordUnknown(call, provider, order);
}

/** Where somebody has written the order meanwhile, that stands: a tick has flagged it, or a person has settled it. */
async function recordUnknown(call: Context, provider: Provider, order: Order): Promise<Answer> {
  const now = Math.max(call.ports.now(), order.updatedAt);
  await applyDecision(call.env.DB, moveWrite(order, leftUnknown(order.state), [], provider.state, now), []);
  return sayPlaced(order);
}

/**
 * There is no such order at the provider: it is forgotten, or, where it was charged, canceled and returned. False where
 * a person has given it a provider's id meanwhile: that stands.
 */
async function takeBack(call: Context, provider: Provider, placing: Order): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      const order = tries === 1 ? placing : await readByNumber(call.env.DB, placing);
      if (order === null || order.state.reason === "not_placed") return true;
      if (order.providerOrderId !== null) return false;
      if (await forgetOrReturn(call, provider, order)) return true;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
    if (tries === MAX_TRIES) throw new Error("the order kept changing while it was taken back");
  }
}

async function forgetOrReturn({ env, ports }: Context, provider: Provider, order: Order): Promise<boolean> {
  if (await forgetOrder(env.DB, order)) return true;
  const now = Math.max(ports.now(), order.updatedAt);
  const { next, refunds } = neverPlaced(order.state, now);
  return applyDecision(env.DB, moveWrite(order, next, refunds, provider.state, now), []);
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
function refusalView(
  { channel: door }: Order,
  { message, known }: Extract<Placed, { readonly kind: "refused" }>,
): { readonly error: string } {
  if (door === "connect") return { error: message };
  return known === null ? REFUSED.other : KNOWN[known];
}

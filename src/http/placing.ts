/**
 * Sending an order that was written down to its provider, once, and writing down what became of it.
 */
import type { Order } from "../domain/order.ts";
import { foundPlaced, leftUnknown, neverPlaced } from "../domain/placing.ts";
import { showOrder } from "../domain/shown.ts";
import { failureMessage } from "../provider/failure-message.ts";
import { type KnownRefusal, placeOrder, type Placed } from "../provider/placing.ts";
import { applyDecision } from "../store/apply.ts";
import { moveWrite } from "../store/order-writes.ts";
import { attachProviderOrder, forgetOrder, readByNumber, recordPlaced } from "../store/placing.ts";
import type { Provider } from "../store/provider-rows.ts";
import type { Answer, Call } from "./call.ts";
import { noAnswer, REFUSED, say, sayPlaced, WRONG } from "./door.ts";
import { noteFailure } from "./upstream.ts";

/**
 * Sends the order and answers its script. Never throws: from here on there is an order, and whatever fails, the script
 * gets an id by which it is found, or an error only where it is certain that there is none.
 */
export async function place(call: Call, provider: Provider, order: Order, fields: Readonly<Record<string, string>>): Promise<Answer> {
  const placed = await placeOrder(call.ports, provider.settings, fields);
  try {
    return await record(call, provider, order, placed);
  } catch (error) {
    // What is left behind is found by the next sweep, which flags it for the operator; the log says what to settle it with.
    const providerOrderId = placed.kind === "placed" ? placed.id : null;
    const { panel, id } = order;
    call.ports.log({
      event: "placing.unrecorded",
      panel,
      order: id,
      provider: provider.id,
      provider_order_id: providerOrderId,
      error: String(error),
    });
    return sayPlaced(order);
  }
}

async function record(call: Call, provider: Provider, order: Order, placed: Placed): Promise<Answer> {
  const { panel, id } = order;
  switch (placed.kind) {
    case "placed":
      return recordTaken(call, provider, order, placed.id);
    case "unclear":
      call.ports.log({
        event: "placing.unknown",
        panel,
        order: id,
        provider: provider.id,
        failure: placed.failure.code,
        message: failureMessage(placed.failure),
      });
      await noteFailure(call, provider, placed.failure);
      return recordUnknown(call, provider, order);
    case "refused":
      call.ports.log({ event: "placing.refused", panel, order: id, provider: provider.id, message: placed.message });
      await takeBack(call, provider, order);
      return say(refusalShown(order, placed));
    case "not_taken":
      call.ports.log({ event: "placing.not_taken", panel, order: id, provider: provider.id, failure: placed.failure.code });
      await noteFailure(call, provider, placed.failure);
      await takeBack(call, provider, order);
      return noAnswer(placed.failure.code === "rate_limited" ? "busy" : "down");
  }
}

/** The database may fail for a moment, or a sweep may have found the order left behind and flagged it. */
const MAX_TRIES = 4;

async function recordTaken(call: Call, provider: Provider, placing: Order, providerOrderId: string): Promise<Answer> {
  let order = placing;
  // The provider's id becomes the order's own in connect mode, if it is free.
  let id = placing.door === "connect" ? providerOrderId : placing.id;
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
    // An error came after the commit.
    if (order.providerOrderId === providerOrderId) return sayPlaced(order);
  }
}

/** Writes the provider's id down; what nobody was told of yet begins its feed with it. */
function nameOrder({ env, ports }: Call, provider: Provider, order: Order, named: Order): Promise<"written" | "changed" | "taken"> {
  const now = Math.max(ports.now(), order.updatedAt);
  if (order.lastChange !== 0) {
    const write = moveWrite(named, foundPlaced(order.state), [], provider.state, now);
    return attachProviderOrder(env.DB, named.providerOrderId ?? "", write, []);
  }
  const after = { ...named, updatedAt: now };
  return recordPlaced(env.DB, order, after, showOrder(after, provider.state, now));
}

/** The provider gave the id of an order that the panel has: one delivery, and perhaps one order. A person has to look. */
async function recordClash(call: Call, provider: Provider, order: Order, providerOrderId: string): Promise<Answer> {
  call.ports.log({
    event: "placing.clash",
    panel: order.panel,
    order: order.id,
    provider: provider.id,
    provider_order_id: providerOrderId,
  });
  return recordUnknown(call, provider, order);
}

async function recordUnknown(call: Call, provider: Provider, order: Order): Promise<Answer> {
  const now = Math.max(call.ports.now(), order.updatedAt);
  // Where somebody else has written it meanwhile, it was the sweep, and it has written the same.
  await applyDecision(call.env.DB, moveWrite(order, leftUnknown(order.state), [], provider.state, now), []);
  return sayPlaced(order);
}

/** There is no such order at the provider: it is forgotten, or, where it was charged, canceled and returned. */
async function takeBack(call: Call, provider: Provider, placing: Order): Promise<void> {
  for (let tries = 1; ; tries++) {
    const order = await readByNumber(call.env.DB, placing);
    if (order === null || order.state.reason === "not_placed") return;
    const gone = await forgetOrReturn(call, provider, order).catch((error: unknown) => {
      if (tries === MAX_TRIES) throw error;
      return false;
    });
    if (gone) return;
    if (tries === MAX_TRIES) throw new Error("the order kept changing while it was taken back");
  }
}

async function forgetOrReturn({ env, ports }: Call, provider: Provider, order: Order): Promise<boolean> {
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
function refusalShown({ door }: Order, { message, known }: Extract<Placed, { readonly kind: "refused" }>): { readonly error: string } {
  if (door === "connect") return { error: message };
  return known === null ? REFUSED.other : KNOWN[known];
}

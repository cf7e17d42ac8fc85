/**
 * What became of an order that was sent to its provider, written down. Others may write the order in the same moment: a
 * tick flags it as left behind, or a person resolves it. What they wrote stands. The database may fail for a moment;
 * where it goes on failing these throw, and the row still says that the order is being placed.
 */
import { numberOfOurs } from "../../domain/order-ids.ts";
import type { Order } from "../../domain/order.ts";
import { foundPlaced, leftUnknown, neverPlaced, reusedUntil } from "../../domain/order-placement.ts";
import { orderView, type Polling } from "../../domain/order-view.ts";
import { isFinal } from "../../domain/status.ts";
import { applyDecision } from "../orders/apply.ts";
import { moveWrite } from "../orders/moves.ts";
import { makeWay } from "../orders/owners.ts";
import { attachProviderOrder, forgetOrder, readByNumber, recordPlaced, reuseStatement } from "./placement.ts";

/** An order that was recorded and sent. `askedAt`: when its `add` came. `polling` is its provider's. Times in epoch ms. */
export type Sent = {
  readonly db: D1Database;
  readonly order: Order;
  readonly askedAt: number;
  readonly polling: Polling;
  readonly now: () => number;
};

/**
 * `named`: the order has the provider's id. `resolved`: somebody was faster. `clash`: another order that was placed here has
 * that id. `outranked`: the order that was only registered or adopted under it, and has given way; null where none was.
 */
export type Taken = { readonly kind: "named" | "resolved" | "clash"; readonly order: Order; readonly outranked: Order | null };

/** One more where an order gives way, and one more where the panel's own id is taken. */
const MAX_TRIES = 6;

/** Whether the order's own id may become the provider's: only while its script waits for an id, and has been told none. */
type Renaming = { readonly mayRename: boolean };

/** The provider has taken the order: its answer outranks whoever has registered the id before. On a `clash` nothing is written. */
export async function recordTaken(sent: Sent, providerOrderId: string, { mayRename }: Renaming): Promise<Taken> {
  const { db, order: placing } = sent;
  let order = placing;
  // In connect mode the provider's id becomes the order's own, if it is free, and could not be taken for one of ours.
  let id = mayRename && placing.channel === "connect" && numberOfOurs(providerOrderId) === null ? providerOrderId : placing.id;
  let outranked: Order | null = null;
  for (let tries = 1; ; tries++) {
    const named: Order = { ...order, id: order.lastChange === 0 ? id : order.id, providerOrderId };
    const result = await nameOrder(sent, order, named).catch((error: unknown) => {
      if (tries === MAX_TRIES) throw error;
      return "changed" as const;
    });
    if (result === "written") return { kind: "named", order: named, outranked };
    if (result === "taken") {
      const way = await makeWay(db, { placed: placing, providerOrderId, polling: sent.polling, now: sent.now() });
      if (way.kind === "placed") return { kind: "clash", order, outranked };
      if (way.kind === "gave_way") outranked = way.order;
      // Nobody has the provider's order, so it is the panel's own id that is another order's.
      if (way.kind === "free") id = placing.id;
    }
    if (tries === MAX_TRIES) throw new Error("the order kept changing while it was being placed");
    order = (await readByNumber(db, placing)) ?? order;
    // An error came after the commit; or a person has resolved the order before the provider answered.
    if (order.providerOrderId !== null || isFinal(order.state.status)) return { kind: "resolved", order, outranked };
  }
}

/** Writes the provider's id down; what nobody was told of yet begins its feed with it. */
function nameOrder({ db, polling, askedAt, now: time }: Sent, order: Order, named: Order): Promise<"written" | "changed" | "taken"> {
  const now = Math.max(time(), order.updatedAt);
  const until = reusedUntil(askedAt, now);
  if (order.lastChange !== 0) {
    const write = moveWrite(named, { next: foundPlaced(order.state), refunds: [] }, polling, now);
    const others = until === null ? [] : [reuseStatement(db, [order], until)];
    return attachProviderOrder(db, { id: named.providerOrderId ?? "", namedAt: null }, write, others);
  }
  const after = { ...named, updatedAt: now };
  return recordPlaced(db, order, after, { shown: orderView(after, polling, now), reusedUntil: until });
}

/** Whether the provider has the order cannot be known: a person has to look. */
export async function recordUnknown({ db, order, polling, askedAt, now: time }: Sent): Promise<void> {
  const now = Math.max(time(), order.updatedAt);
  const until = reusedUntil(askedAt, now);
  const write = moveWrite(order, { next: leftUnknown(order.state), refunds: [] }, polling, now);
  // A person may resolve it before its script has asked again.
  await applyDecision(db, write, until === null ? [] : [reuseStatement(db, [order], until)]);
}

/**
 * There is no such order at the provider: it is forgotten, or, where it was charged, canceled and returned. Null then; the
 * order where a person has given it a provider's id meanwhile.
 */
export async function takeBack(sent: Sent): Promise<Order | null> {
  const { db, order: placing } = sent;
  for (let tries = 1; ; tries++) {
    try {
      const order = tries === 1 ? placing : await readByNumber(db, placing);
      if (order === null || order.state.reason === "not_placed") return null;
      if (order.providerOrderId !== null) return order;
      if (await forgetOrReturn(sent, order)) return null;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
    if (tries === MAX_TRIES) throw new Error("the order kept changing while it was taken back");
  }
}

async function forgetOrReturn({ db, polling, now: time }: Sent, order: Order): Promise<boolean> {
  if (await forgetOrder(db, order)) return true;
  const now = Math.max(time(), order.updatedAt);
  return applyDecision(db, moveWrite(order, neverPlaced(order.state, now), polling, now), []);
}

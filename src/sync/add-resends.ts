/**
 * Sending orders again whose answer was lost, at providers that tell repetitions by a value of ours: what was placed is
 * found, what was not is placed now, and nobody has to look.
 */
import { mayResend } from "../domain/add-resend.ts";
import type { AddResendMessage, OrderKey } from "../domain/message.ts";
import type { Order } from "../domain/order.ts";
import { addedBy, claimMoreCalls, noteFailure, passGate, REPEATABLE } from "../gate/gate.ts";
import type { Ports } from "../ports.ts";
import type { Placed } from "../provider/client.ts";
import { clientFor } from "../provider/client-for.ts";
import { failureMessage } from "../provider/failure-message.ts";
import { accountOf } from "../provider/idempotency.ts";
import { isOfConnection } from "../provider/outcome.ts";
import { metered } from "../store/operations/metered.ts";
import { readProviders } from "../store/orders/due.ts";
import { readByNumber } from "../store/placement/placement.ts";
import { claimResend, type ClaimedResend, endResends } from "../store/placement/resends.ts";
import { recordTaken, type Sent, takeBack } from "../store/placement/settle.ts";
import type { Provider } from "../store/rows/provider.ts";

type Work = { readonly db: D1Database; readonly ports: Ports };

/** Sends each order of the message that is due. It may come twice: an order is taken up once in its time. */
export async function resendAdds({ orders }: AddResendMessage, env: Env, ports: Ports): Promise<void> {
  const { db, usage } = metered(env.DB);
  let sent = 0;
  for (const key of orders) if (await resend({ db, ports }, key)) sent += 1;
  ports.log({ event: "add", orders: orders.length, sent, ...usage() });
}

/** Sends one order again; false where it is not due, or must not be sent any more. */
async function resend(work: Work, key: OrderKey): Promise<boolean> {
  const { db, ports } = work;
  const claimed = await claimResend(db, key, ports.now());
  const [panel, number] = key;
  const order = claimed === null ? null : await readByNumber(db, { panel, number });
  if (claimed === null || order === null || order.providerOrderId !== null) return false;
  const provider = (await readProviders(db, [order.provider])).get(order.provider);
  const isSameAccount = provider !== undefined && (await accountOf(provider.settings)) === claimed.account;
  if (!isSameAccount || !mayResend(claimed.createdAt, ports.now())) {
    await endResends(db, key);
    ports.log({ event: "placing.resends_ended", panel, order: order.id, provider: order.provider, same_account: isSameAccount });
    return false;
  }
  // A panel whose links leave doubts has its orders sent again out of its own share: sweeps keep theirs.
  if ((await passGate(work, provider, 1, { ...REPEATABLE, payer: order })) !== "yes") return false;
  const placed = await clientFor(ports, provider.settings).place(claimed.fields, sendingOf(work, provider, claimed, order));
  await settle(work, provider, order, placed);
  return true;
}

function sendingOf(work: Work, provider: Provider, { value }: ClaimedResend, payer: Order) {
  return { value, isResend: true, takeCall: async () => (await claimMoreCalls(work, provider, 1, payer)) === 1 };
}

/** Writes down what the answer says of the order, as a person would who resolves it. */
async function settle(work: Work, provider: Provider, order: Order, placed: Placed): Promise<void> {
  const { db, ports } = work;
  const sent: Sent = { db, order, askedAt: order.createdAt, polling: provider.state, now: ports.now };
  const log = (event: string, facts: Readonly<Record<string, unknown>>): void =>
    ports.log({ event, panel: order.panel, order: order.id, provider: provider.id, ...facts });
  switch (placed.kind) {
    case "placed": {
      const facts = { provider_order_id: placed.id };
      // The script may have our id by now, or be about to get it.
      const { kind, outranked } = await recordTaken(sent, placed.id, { mayRename: false });
      if (outranked !== null) log("placing.outranked", { ...facts, gave_way: outranked.id, gave_way_panel: outranked.panel });
      if (kind !== "clash") return log("placing.found", facts);
      // One delivery would be two orders' here: a person has to look, and asking again brings the same.
      await endResends(db, [order.panel, order.number]);
      return log("placing.clash", facts);
    }
    case "refused":
      await takeBack(sent);
      return log("placing.refused", { message: placed.message });
    case "not_taken":
    case "unclear":
      if (isOfConnection(placed.failure)) await noteFailure(work, provider, placed.failure, { ...addedBy(order.panel), ...REPEATABLE });
      return log("placing.unknown", { failure: placed.failure.code, message: failureMessage(placed.failure) });
  }
}

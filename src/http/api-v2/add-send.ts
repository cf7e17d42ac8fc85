/**
 * Sending an order that was written down to its provider: once; or, where the provider tells repetitions by a value of
 * ours, again while the answer leaves a doubt and the script's patience lasts.
 */
import type { Order } from "../../domain/order.ts";
import { claimMoreCalls } from "../../gate/gate.ts";
import { clientFor } from "../../provider/client-for.ts";
import type { Placed } from "../../provider/client.ts";
import { accountOf, requestValueOf } from "../../provider/idempotency.ts";
import { hurryResend, isKeepable, type Resend } from "../../store/placement/resends.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Context } from "../kit/context.ts";
import type { PricedAdd } from "./add-price.ts";

/** What it takes to send an order again; null at a provider that would place it twice. */
export async function resendOf(panel: string, { provider, intent, fields }: PricedAdd): Promise<Resend | null> {
  const account = await accountOf(provider.settings);
  if (account === null) return null;
  const resend: Resend = { value: await requestValueOf(panel, intent.add_request), account, fields };
  return isKeepable(resend) ? resend : null;
}

/** Times that an order is sent again within its request. A tick goes on a minute later. */
const MOST_RESENDS = 2;
const RESEND_AFTER_MS = 500;
/** No resend begins later than this after the first sending: scripts wait for half a minute, and a call may take as long. */
const LAST_RESEND_AFTER_MS = 10_000;

/** Sends the order. Never throws for what the provider does. */
export async function sendOrder(call: Context, { provider, fields }: PricedAdd, order: Order, resend: Resend | null): Promise<Placed> {
  const { ports } = call;
  const client = clientFor(ports, provider.settings);
  const sending = { takeCall: () => takeCall(call, provider, order.panel), value: resend?.value ?? null };
  const startedAt = ports.now();
  // planted: order-sent-once
  let placed = await client.place(fields, { ...sending, isResend: false });
  if (resend === null) return placed;
  for (let resends = 0; resends < MOST_RESENDS && placed.kind === "unclear"; resends++) {
    await ports.wait(RESEND_AFTER_MS);
    if (ports.now() - startedAt > LAST_RESEND_AFTER_MS || !(await takeCall(call, provider, order.panel))) break;
    placed = await client.place(resend.fields, { ...sending, isResend: true });
  }
  // Should this fail, a tick sends it in a minute all the same.
  if (placed.kind === "unclear") await Promise.allSettled([hurryResend(call.db, order, ports.now())]);
  return placed;
}

/** A call of this minute's, if one is left. Never throws: the order was sent, and what became of it has to be written. */
async function takeCall(call: Context, provider: Provider, panel: string): Promise<boolean> {
  try {
    return (await claimMoreCalls(call, provider, 1, { panel })) === 1;
  } catch {
    return false; // the database fails for a moment; so does the question that the call was for
  }
}

/**
 * What became of an order that was sent to its provider: written down, and what its script is to hear of it.
 */
import type { Order } from "../../domain/order.ts";
import { showsTextIds } from "../../domain/order-ids.ts";
import { reusedUnanswered, reusedUntil } from "../../domain/order-placement.ts";
import { failureMessage } from "../../provider/failure-message.ts";
import type { KnownRefusal, Placed } from "../../provider/client.ts";
import { keepTextIds } from "../../store/providers/provider-settings.ts";
import { hastenBalance } from "../../store/providers/watch.ts";
import { reuseUnanswered } from "../../store/placement/placement.ts";
import { recordTaken, recordUnknown, type Sent, takeBack } from "../../store/placement/settle.ts";
import type { Panel } from "../../store/panels/panels.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Answer, Context } from "../kit/context.ts";
import { noAnswer, REFUSED, type Said, say, WRONG } from "./answers.ts";
import { addedBy, noteFailure } from "../../gate/gate.ts";

/** An order that was recorded and sent, and what it takes to write down what became of it. */
export type SentOrder = { readonly call: Context; readonly panel: Panel; readonly provider: Provider; readonly order: Order };

/** The order that the script has, by the id that it is to be told; or another answer. */
export type Settled = { readonly order: Order } | Said;

/**
 * Writes down what became of an order that was sent. Never throws: from here on there is an order, and whatever fails,
 * the script gets an id by which it is found, an error only where it is certain that there is none, or no answer.
 */
export async function settlePlacement(sent: SentOrder, placed: Placed): Promise<Settled> {
  const { call, panel, provider, order } = sent;
  // planted: placing-outcomes
  switch (placed.kind) {
    case "placed": {
      // A script that would order anew by asking again gets an id that somebody will resolve.
      const failing = panel.reuseIdenticalAdds ? { answer: noAnswer() } : { order };
      const wasQuick = isQuick(sent);
      const settled = await orElse(sent, placed.id, settleTaken(sent, placed.id), failing);
      // The database has failed, or was so slow that the script may have given up since the provider answered.
      const isLost = settled === failing || (wasQuick && !isQuick(sent));
      if (isLost && panel.reuseIdenticalAdds) call.waitUntil(expectAgain(sent));
      return settled;
    }
    // planted: placing-unclear
    case "unclear":
      logOf(sent, "placing.unknown", { failure: placed.failure.code, message: failureMessage(placed.failure) });
      await Promise.allSettled([noteFailure(call, provider, placed.failure, addedBy(panel.id))]);
      // The row says that it is being placed: should this fail, the next tick finds it left behind.
      // planted: unclear-answer
      return orElse(sent, null, settleUnknown(sent, order), { order });
    case "refused":
      logOf(sent, "placing.refused", { message: placed.message });
      // The operator is to know before customers say so.
      if (placed.known === "funds") await Promise.allSettled([hastenBalance(call.db, provider.id)]);
      // planted: refusal-answer
      return settleUndone(sent, say(refusalView(order, placed)));
    case "not_taken":
      logOf(sent, "placing.not_taken", { failure: placed.failure.code });
      await Promise.allSettled([noteFailure(call, provider, placed.failure, addedBy(panel.id))]);
      return settleUndone(sent, noAnswer(placed.failure.code === "rate_limited" ? "busy" : "down"));
  }
}

function logOf({ call, order: { panel, id, provider } }: SentOrder, event: string, facts: Readonly<Record<string, unknown>>): void {
  call.ports.log({ event, panel, order: id, provider, ...facts });
}

/** Whether an answer that goes out now reaches a script that has waited for it since it asked. */
function isQuick({ call: { now: askedAt, ports } }: SentOrder): boolean {
  return reusedUntil(askedAt, ports.now()) === null;
}

/** Waits before each try, in ms: the database may be out of reach for a moment. */
const EXPECT_AFTER_MS = [0, 500, 2_000, 8_000];

/** The script got no answer, or came to know too late that its order was placed: what it sends next is the same order. */
async function expectAgain({ call: { db, ports }, order }: SentOrder): Promise<void> {
  for (const ms of EXPECT_AFTER_MS) {
    await ports.wait(ms);
    const done = await reuseUnanswered(db, order, reusedUnanswered(ports.now())).then(
      () => true,
      () => false,
    );
    if (done) return;
  }
}

/**
 * What recording comes to. Where it failed the row still says that the order is being placed, and the log what to
 * resolve it with.
 */
function orElse(sent: SentOrder, providerOrderId: string | null, recording: Promise<Settled>, failing: Settled): Promise<Settled> {
  return recording.catch((error: unknown) => {
    logOf(sent, "placing.unrecorded", { provider_order_id: providerOrderId, error: String(error) });
    return failing;
  });
}

async function settleTaken(sent: SentOrder, providerOrderId: string): Promise<Settled> {
  const { kind, order, outranked } = await recordTaken(sentIn(sent), providerOrderId, { mayRename: true });
  if (outranked !== null) logOutranked({ ...sent, order }, outranked, providerOrderId);
  // The provider gave the id of an order that was placed here before: one delivery, and perhaps one order. A person has to look.
  if (kind === "clash") {
    logOf({ ...sent, order }, "placing.clash", { provider_order_id: providerOrderId });
    return settleUnknown(sent, order);
  }
  if (kind === "resolved" && order.providerOrderId !== providerOrderId)
    logOf({ ...sent, order }, "placing.late", { provider_order_id: providerOrderId, settled_as: order.providerOrderId });
  // What is not kept, the next order tells.
  if (showsTextIds(providerOrderId, "given")) await Promise.allSettled([keepTextIds(sent.call.db, sent.provider)]);
  return { order };
}

/** Another order gave way to the one that was placed. */
function logOutranked(sent: SentOrder, { panel, id }: Order, providerOrderId: string): void {
  logOf(sent, "placing.outranked", { provider_order_id: providerOrderId, gave_way: id, gave_way_panel: panel });
}

async function settleUnknown(sent: SentOrder, order: Order): Promise<Settled> {
  await recordUnknown({ ...sentIn(sent), order });
  return { order };
}

/** The provider has not taken the order, which is certain whether or not that can be recorded now. */
async function settleUndone(sent: SentOrder, answer: Answer): Promise<Settled> {
  try {
    const order = await takeBack(sentIn(sent));
    return order === null ? { answer } : { order };
  } catch (error) {
    logOf(sent, "placing.unrecorded", { provider_order_id: null, error: String(error) });
    return { answer };
  }
}

function sentIn({ call: { db, ports, now: askedAt }, provider, order }: SentOrder): Sent {
  return { db, order, askedAt, polling: provider.state, now: () => ports.now() };
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

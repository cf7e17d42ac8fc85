/**
 * `add`: an order goes to its provider once, whatever happens. Its row is written first; what cannot be written is not
 * sent. Where the provider's answer leaves a doubt, the script gets an id of ours all the same, and a person resolves it.
 *
 * The steps, in `answerAdd` and `sendOrder`: read, reuse, price; pass the gate, record, send, settle what came, answer.
 */
import { FLAGS, type Order } from "../../domain/order.ts";
import { PLACING_MS } from "../../domain/order-placement.ts";
import { passGate } from "../../gate/gate.ts";
import { refreshServices } from "../../gate/services.ts";
import { clientFor } from "../../provider/client-for.ts";
import type { Panel } from "../../store/panels/panels.ts";
import { beginPlacing, readByNumber } from "../../store/placement/placement.ts";
import type { Answer, Context } from "../kit/context.ts";
import type { PricedAdd, ReadAdd } from "./add-fields.ts";
import { readCatalogueAdd } from "./add-catalogue.ts";
import { readConnectAdd } from "./add-connect.ts";
import { type ApiV2Call, noAnswer, REFUSED, type Said, say, sayPlaced } from "./answers.ts";
import { settlePlacement } from "./place.ts";

/** An identical request may come first in the moment between reading and writing, and be gone in the next. */
const MAX_TRIES = 3;

export async function answerAdd(asked: ApiV2Call): Promise<Answer> {
  const { call, provider } = asked;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const read = await (provider === null ? readCatalogueAdd(asked) : readConnectAdd(asked, provider));
    if ("answer" in read) return read.answer;
    const earlier = reuse(read, call.now);
    if (earlier !== null) {
      const answer = "answer" in earlier ? earlier.answer : await answerOfFirst(call, earlier.placing);
      if (answer !== "forgotten") return answer;
      continue;
    }
    const priced = await read.price();
    if ("answer" in priced) return priced.answer;
    const sending = sendOrder(call, read.panel, priced);
    // A script that hangs up must not leave its order half placed.
    call.waitUntil(sending.catch(() => undefined));
    const answer = await sending;
    if (answer !== "in_the_way") return answer;
  }
  return noAnswer("busy");
}

/** What stands in the way of an `add`: it was sent before, or the panel's policy minds another order on its link. */
function reuse({ panel, inTheWay: { identical, active } }: ReadAdd, now: number): Said | { readonly placing: Order } | null {
  // planted: identical-add-answered
  if (identical !== null && panel.reuseIdenticalAdds) {
    return isBeingPlaced(identical, now) ? { placing: identical } : { answer: sayPlaced(identical) };
  }
  return active && panel.refuseDuplicateLinks ? { answer: say(REFUSED.link_duplicate) } : null;
}

async function sendOrder(call: Context, panel: Panel, { provider, intent, fields, refresh }: PricedAdd): Promise<Answer | "in_the_way"> {
  const passage = await passGate(call, provider);
  if (passage !== "yes") return noAnswer(passage);
  // The calls before may have taken their time: the order is as old as its row, not as the request.
  const recorded = await beginPlacing(call.db, panel.id, intent, call.ports.now());
  if (recorded === "in_the_way") return recorded;
  if (recorded === "overdrawn") return say(REFUSED.funds);
  // planted: order-sent-once
  const placed = await clientFor(call.ports, provider.settings).place(fields);
  const answer = await settlePlacement({ call, panel, provider, order: recorded.order }, placed);
  if (refresh) call.waitUntil(refreshServices(call, provider, intent.service));
  return answer;
}

/** How long an identical request waits for the answer of the first, in ms from one look to the next: ten seconds in all. */
const LOOKS_MS = [100, 200, 400, 800, ...Array.from({ length: 8 }, () => 1000)];

/**
 * The answer to an `add` whose like is being placed, which must be that one's: in connect mode its id is the provider's
 * and comes with the provider's answer, and at either endpoint it may be a refusal. A script that was told another id in
 * the meantime would have one order twice.
 */
async function answerOfFirst({ db, ports }: Context, placing: Order): Promise<Answer | "forgotten"> {
  for (const ms of LOOKS_MS) {
    await ports.wait(ms);
    const order = await readByNumber(db, placing);
    if (order === null || isEndedUnplaced(order)) return "forgotten";
    if (!isBeingPlaced(order, ports.now())) return sayPlaced(order);
  }
  return noAnswer("busy");
}

function isEndedUnplaced({ providerOrderId, state }: Order): boolean {
  return providerOrderId === null && state.reason === "not_placed";
}

/** Whether somebody is at it: one that was left behind gets an id of ours. */
function isBeingPlaced({ providerOrderId, state, createdAt }: Order, now: number): boolean {
  return providerOrderId === null && (state.flags & FLAGS.placing_unknown) === 0 && now - createdAt < PLACING_MS;
}

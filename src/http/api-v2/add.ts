/**
 * `add`: an order goes to its provider once, whatever happens. Its row is written first; what cannot be written is not
 * sent. Where the provider's answer leaves a doubt, the script gets an id of ours all the same, and a person resolves it.
 *
 * `add` has the steps in order: read, reuse, price, pass the gate, record, send, settle what came, answer.
 */
import { type Earlier, isBeingPlaced, isEndedUnplaced, reuse } from "../../domain/order-placement.ts";
import { type OwnNames, unsendableName } from "../../domain/field-names.ts";
import { addedBy, passGate, returnCall } from "../../gate/gate.ts";
import { refreshServices } from "../../gate/services.ts";
import { hasLeft, sharesOf } from "../../domain/panel-share.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";
import { orderClaim } from "../../store/panels/shares.ts";
import { beginPlacing, readByNumber, type Unrecorded } from "../../store/placement/placement.ts";
import { type CatalogueAdd, readForCatalogueAdd, readForConnectAdd } from "../../store/placement/placement-reads.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Answer, Context } from "../kit/context.ts";
import { type AddRequest, requestIn } from "./add-fields.ts";
import { priceAtProvider, priceInCatalogue } from "./add-price.ts";
import { type ApiV2Call, noAnswer, notHere, REFUSED, say, sayPlaced, WRONG, wrongField } from "./answers.ts";
import { refused } from "./refused.ts";
import { resendOf, sendOrder } from "./add-send.ts";
import { settlePlacement } from "./add-settle.ts";

/** An identical request may come first in the moment between reading and writing, and be gone in the next. */
const MAX_TRIES = 3;

export async function answerAdd(asked: ApiV2Call): Promise<Answer> {
  const wanted = await requestIn(asked);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const adding = add(asked, wanted);
    // A script that hangs up must not leave its order half placed.
    asked.call.waitUntil(adding.catch(() => undefined));
    const answer = await adding;
    if (answer !== "again") return answer;
  }
  return noAnswer("busy");
}

async function add(asked: ApiV2Call, wanted: AddRequest): Promise<Answer | "again"> {
  const { call, ref } = asked;
  const found = await (asked.provider === null
    ? readForCatalogueAdd(call.db, ref, wanted.lookup)
    : readForConnectAdd(call.db, ref, asked.provider, wanted.lookup));
  if (found === null) return refused(asked);
  if (found === "no_provider") return notHere();

  // Nothing was sent, so the script may end its order. Passed on, the text would be another one.
  if (!asked.isText) return say(WRONG.text);
  const wrong = unsendableName({ names: asked.fields.keys(), lists: asked.lists }, ownNames(found.provider));
  if (wrong !== null) return say(wrongField(wrong));

  const earlier = reuse(found, found.panel, call.now);
  if (earlier === "link_duplicate") return say(REFUSED.link_duplicate);
  if (earlier !== null) return answerOfFirst(call, earlier);

  const priced = found.channel === "catalogue" ? priceInCatalogue(found, wanted) : await priceAtProvider(call, found, wanted);
  if (!priced.ok) return say(priced.failure);
  const { provider, intent } = priced.value;

  // An account that does not hold the charge costs the provider's other panels no call.
  if (found.channel === "catalogue" && !isCovered(found, intent.charge)) return say(REFUSED.funds);
  const minute = minuteOf(call.ports.now());
  if (!hasLeft(found.panel.adds, sharesOf(call.env.PLAN).of.add, { minute, day: dayOf(minute) })) return noAnswer("busy");
  const passage = await passGate(call, provider, 1, addedBy(found.panel.id));
  if (passage !== "yes") return noAnswer(passage);
  const passedAt = call.ports.now();

  // The calls before may have taken their time: the order is as old as its row, not as the request.
  const resend = await resendOf(found.panel.id, priced.value);
  const now = call.ports.now();
  const place = { panel: found.panel.id, claim: orderClaim("add", 1, call.env.PLAN, now) };
  const recorded = await beginPlacing(call.db, place, { intent, resend }, now);
  if (typeof recorded === "string") {
    await returnCall(call, provider, found.panel.id, passedAt);
    return answerUnrecorded(recorded);
  }

  const placed = await sendOrder(call, priced.value, recorded.order, resend);
  const settled = await settlePlacement({ call, panel: found.panel, provider, order: recorded.order }, placed);
  if (priced.value.isPriceOld) call.waitUntil(refreshServices(call, provider, intent.service));

  return "order" in settled ? sayPlaced(settled.order) : settled.answer;
}

/** Whether the panel's account holds a charge, as far as is known before it is charged: another order may come first. */
function isCovered({ panel, account }: CatalogueAdd, charge: number | null): boolean {
  if (panel.money !== "ledger" || charge === null || charge === 0 || panel.creditLimit === null) return true;
  const left = account - BigInt(charge);
  return left >= 0n || left >= -BigInt(panel.creditLimit);
}

/** Nothing was written, and nothing is sent. */
function answerUnrecorded(why: Unrecorded): Answer | "again" {
  switch (why) {
    case "in_the_way":
      return "again";
    case "overdrawn":
      return say(REFUSED.funds);
    case "share_used_up":
      return noAnswer("busy");
  }
}

function ownNames(provider: Provider | null): OwnNames | null {
  if (provider === null) return null;
  const { fields, idempotencyField } = provider.settings.request;
  return { key: fields.key, action: fields.action, idempotencyField };
}

/** How long an identical request waits for the answer of the first, in ms from one look to the next: ten seconds in all. */
const LOOKS_MS = [100, 200, 400, 800, ...Array.from({ length: 8 }, () => 1000)];

/**
 * The answer to an `add` that came before. While that one is being placed, it must be that one's: in connect mode its id
 * is the provider's and comes with the provider's answer, and at either endpoint it may be a refusal. A script that was
 * told another id in the meantime would have one order twice. `again` where the first came to nothing.
 */
async function answerOfFirst({ db, ports }: Context, { kind, order: first }: Earlier): Promise<Answer | "again"> {
  if (kind === "answer") return sayPlaced(first);
  for (const ms of LOOKS_MS) {
    await ports.wait(ms);
    const order = await readByNumber(db, first);
    if (order === null || isEndedUnplaced(order)) return "again";
    if (!isBeingPlaced(order, ports.now())) return sayPlaced(order);
  }
  return noAnswer("busy");
}

/**
 * `add`: an order goes to its provider once, whatever happens. Its row is written first; what cannot be written is not
 * sent. Where the provider's answer leaves a doubt, the script gets an id of ours all the same, and a person settles it.
 */
import { type AddProblem, costOf, orderedBy, sentBy } from "../../domain/catalogue.ts";
import { linkKey } from "../../domain/order-link.ts";
import { formatAmount } from "../../domain/money.ts";
import { FLAGS, type Order } from "../../domain/order.ts";
import { PLACING_MS } from "../../domain/order-placement.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import type { Panel } from "../../store/panels/panels.ts";
import { beginPlacing, type Intent, readByNumber } from "../../store/placement/placement.ts";
import { type InTheWay, readForCatalogueAdd, readForConnectAdd } from "../../store/placement/placement-reads.ts";
import type { Provider } from "../../store/rows/provider.ts";
import type { Answer, Context } from "../kit/context.ts";
import { sha256Hex } from "../kit/hash.ts";
import { type ApiV2Call, noAnswer, notHere, REFUSED, say, sayPlaced, WRONG } from "./answers.ts";
import { refreshServices } from "./services.ts";
import { place } from "./place.ts";
import { passGate } from "../../gate/gate.ts";

/** How long an identical request waits for the answer of the first, in ms from one look to the next: ten seconds in all. */
const LOOKS_MS = [100, 200, 400, 800, ...Array.from({ length: 8 }, () => 1000)];

/** An identical request may come first in the moment between reading and writing, and be gone in the next. */
const MAX_TRIES = 3;

export async function answerAdd(asked: ApiV2Call): Promise<Answer> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const wanted = await (asked.provider === null ? wantedOfCatalogue(asked) : wantedOfProvider(asked, asked.provider));
    if ("answer" in wanted) return wanted.answer;
    if ("placing" in wanted) {
      const answer = await answerOfFirst(asked.call, wanted.placing);
      if (answer !== "forgotten") return answer;
      continue;
    }
    const sending = send(asked, wanted);
    // A script that hangs up must not leave its order half placed.
    asked.call.waitUntil(sending.catch(() => undefined));
    const answer = await sending;
    if (answer !== "in_the_way") return answer;
  }
  return noAnswer("busy");
}

/**
 * The answer to an `add` whose like is being placed, which must be that one's: in connect mode its id is the provider's
 * and comes with the provider's answer, and at either door it may be a refusal. A script that was told another id in the
 * meantime would have one order twice.
 */
async function answerOfFirst({ env, ports }: Context, placing: Order): Promise<Answer | "forgotten"> {
  for (const ms of LOOKS_MS) {
    await ports.wait(ms);
    const order = await readByNumber(env.DB, placing);
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

/** An order that may be sent: what is kept of it, and what its provider is sent. */
type Wanted = {
  readonly panel: Panel;
  readonly provider: Provider;
  readonly intent: Intent;
  readonly fields: Readonly<Record<string, string>>;
  /** The prices that were reckoned with are old: new ones are fetched behind the answer. */
  readonly refresh?: boolean;
};

async function send({ call }: ApiV2Call, { panel, provider, intent, fields, refresh }: Wanted): Promise<Answer | "in_the_way"> {
  const may = await passGate(call, provider);
  if (may !== "yes") return noAnswer(may);
  // The calls before may have taken their time: the order is as old as its row, not as the request.
  const begun = await beginPlacing(call.env.DB, panel.id, intent, FLAGS.duplicate_link, call.ports.now());
  if (begun === "in_the_way") return begun;
  if (begun === "overdrawn") return say(REFUSED.funds);
  const answer = await place(call, panel, provider, begun.order, fields);
  if (refresh === true) call.waitUntil(refreshServices(call, provider, intent.service));
  return answer;
}

/** Instead of an order: what is to be answered at once, or the order that is being placed for an identical request. */
type Settled = { readonly answer: Answer } | { readonly placing: Order };

async function wantedOfCatalogue({ call, fields, ref }: ApiV2Call): Promise<Wanted | Settled> {
  const id = fields.get("service")?.trim() ?? "";
  const way = { linkKey: linkKey("", id, linkIn(fields)), digest: await digestOf("", fields), now: call.now };
  const found = await readForCatalogueAdd(call.env.DB, ref, id, way);
  if (found === null) return { answer: say(WRONG.key) };
  const { panel, service, provider } = found;
  const before = inTheWay(panel, found, call.now);
  if (before !== null) return before;
  if (service === null || provider === null) return { answer: say(WRONG.service) };
  const ordered = orderedBy(service, fields);
  if (!ordered.ok) return { answer: say({ error: problemText(ordered.failure) }) };
  const { quantity, charge, runs, posts } = ordered.value;
  const intent: Intent = {
    ...intentOf(call, fields, way),
    door: "catalogue",
    provider: provider.id,
    service: String(service.id),
    provider_service: service.providerService,
    quantity,
    charge,
    runs,
    posts,
    currency: service.currency ?? panel.currency,
    start_window_ms: service.startMinutes === null ? null : service.startMinutes * MINUTE_MS,
    refill_days: service.refillDays,
  };
  return { panel, provider, intent, fields: sentBy(service, fields) };
}

async function wantedOfProvider({ call, fields, ref }: ApiV2Call, providerId: string): Promise<Wanted | Settled> {
  const service = fields.get("service") ?? "";
  const way = { linkKey: linkKey(providerId, service, linkIn(fields)), digest: await digestOf(providerId, fields), now: call.now };
  const found = await readForConnectAdd(call.env.DB, ref, providerId, service, way);
  if (found === null) return { answer: say(WRONG.key) };
  const { panel, provider } = found;
  if (provider === null) return { answer: notHere() };
  const before = inTheWay(panel, found, call.now);
  if (before !== null) return before;
  if (service === "") return { answer: say(WRONG.service) };
  const listed = found.listed ?? (await refreshServices(call, provider, service));
  const cost = costOf(listed?.rate ?? null, listed?.type ?? "", fields);
  const currency = provider.currency ?? provider.balanceCurrency ?? panel.currency;
  const intent: Intent = {
    ...intentOf(call, fields, way),
    door: "connect",
    provider: provider.id,
    service,
    quantity: cost.quantity,
    // Accounts kept here are in the panel's own prices, which a provider does not know: such an order is only followed.
    charge: panel.money === "ledger" ? null : cost.charge,
    currency,
    cost: cost.charge === null ? null : formatAmount(cost.charge),
    cost_currency: cost.charge === null ? null : currency,
  };
  return { panel, provider, intent, fields: sentFields(fields), refresh: found.listed !== null && !found.isListFresh };
}

/** What stands in the way of an `add`: it was sent before, or the panel's policy minds another order on its link. */
function inTheWay(panel: Panel, { identical, active }: InTheWay, now: number): Settled | null {
  // planted: identical-add-answered
  if (identical !== null && panel.reuseIdenticalAdds) {
    return isBeingPlaced(identical, now) ? { placing: identical } : { answer: sayPlaced(identical) };
  }
  return active && panel.refuseDuplicateLinks ? { answer: say(REFUSED.link_duplicate) } : null;
}

/** What is wrong with an `add`, in the words that scripts show. */
function problemText({ code, field, limit }: AddProblem): string {
  switch (code) {
    case "service":
      return WRONG.service.error;
    case "min":
      return `Quantity less than minimal ${limit}`;
    case "max":
      return `Quantity more than maximum ${limit}`;
    case "quantity":
    case "missing_field":
    case "dripfeed":
      return `neworder.error.${field ?? code}`;
  }
}

/** What orders are for: most a link, some a user's name. */
function linkIn(fields: ApiV2Call["fields"]): string {
  return fields.get("link") ?? fields.get("username") ?? "";
}

const OWN_FIELDS: ReadonlySet<string> = new Set(["key", "action"]);

/** All that the script has sent but its key: fields of every kind of service go to the provider, known here or not. */
function sentFields(fields: ApiV2Call["fields"]): Record<string, string> {
  return Object.fromEntries([...fields].filter(([name]) => !OWN_FIELDS.has(name)));
}

/** Two requests with one digest ask for the same, in whatever order their fields stand. */
function digestOf(door: string, fields: ApiV2Call["fields"]): Promise<string> {
  const trimmed = Object.entries(sentFields(fields)).map(([name, value]) => [name, value.trim()] as const);
  const sent = trimmed.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256Hex(JSON.stringify([door, sent]));
}

const MAX_LINK_CHARACTERS = 2048;

type Looked = { readonly linkKey: string; readonly digest: string };

function intentOf({ requestId }: Context, fields: ApiV2Call["fields"], { linkKey: key, digest }: Looked) {
  return {
    provider_service: null,
    link: linkIn(fields).slice(0, MAX_LINK_CHARACTERS) || null,
    cost: null,
    cost_currency: null,
    runs: partsIn(fields, "runs"),
    posts: partsIn(fields, "posts"),
    link_key: key,
    add_digest: digest,
    add_request: requestId,
    start_window_ms: null,
    refill_days: null,
  };
}

/** How many parts are asked for; scripts send empty or zero for plain orders. */
function partsIn(fields: ApiV2Call["fields"], name: string): number | null {
  const text = fields.get(name)?.trim() ?? "";
  return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

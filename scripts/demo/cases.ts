/**
 * The orders of the demonstration that need a person: a refund that is held, a status that nobody knows, and an order of
 * which nobody knows whether the provider took it. Their lives are written by hand, so that each comes early.
 */
import type { Simulator } from "../../simulator/server.ts";
import { type Api, apiOf } from "./api.ts";
import { MINUTE_MS } from "./minute.ts";
import { demoOrderOf, type Placed, register, registrationOf } from "./register.ts";
import { type DemoOrder, refundDue } from "./truth.ts";

/** In the order in which places are given to them where there are few orders. */
export const CASE_KINDS = ["held_refund", "unknown_word", "lost_answer"] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

export type Case = { readonly kind: CaseKind; readonly order: DemoOrder };

export type CaseSettings = {
  readonly simulator: Simulator;
  /** Where panelsync listens. */
  readonly base: string;
  readonly panel: Api;
  readonly panelKey: string;
  /** The panel's id for the first order that is registered here. */
  readonly firstId: number;
};

/** The provider that behaves: what happens here is to come from the order, and at its minute. */
const PROVIDER = "acme";
const SERVICE = 1;
const QUANTITY = 1000;
/** The link of the order whose answer is lost; by it the operator finds it again. */
export const LOST_LINK = "https://acme.example/post/lost-answer";
/** A word that no table has, and what the provider means by it. */
export const STRANGE_WORD = { word: "Wrapped up", meaning: "completed" } as const;
/** What the operator counts as undelivered when the provider does not say. */
export const COUNTED_REMAINS = 400;

const PLACED_BEFORE_MS = 10 * MINUTE_MS;

/** Places an order of each kind, and tells panelsync of it in the way of its kind. */
export async function placeCases(settings: CaseSettings, kinds: readonly CaseKind[]): Promise<Case[]> {
  const cases: Case[] = [];
  for (const kind of kinds) cases.push({ kind, order: await PLACE[kind](settings, String(settings.firstId + cases.length)) });
  return cases;
}

const PLACE: Readonly<Record<CaseKind, (settings: CaseSettings, id: string) => Promise<DemoOrder>>> = {
  held_refund: placeHeld,
  unknown_word: placeStrange,
  lost_answer: orderWithLostAnswer,
};

/** It ends as partial, and its provider has no number of what is missing. */
async function placeHeld(settings: CaseSettings, id: string): Promise<DemoOrder> {
  const order = await registerScripted(settings, id, [
    { after_ms: -PLACED_BEFORE_MS, status: "in_progress", remains: QUANTITY },
    { after_ms: 6 * MINUTE_MS, status: "partial", remains: "n/a" },
  ]);
  return { ...order, grantedMicros: refundDue(order, "partial", COUNTED_REMAINS) };
}

/** It is completed, and its provider has a word of its own for that. */
function placeStrange(settings: CaseSettings, id: string): Promise<DemoOrder> {
  const told = { charge: "0.90000", start_count: "3572", status: STRANGE_WORD.word, remains: "0", currency: "USD" };
  return registerScripted(settings, id, [
    { after_ms: -PLACED_BEFORE_MS, status: "in_progress", remains: QUANTITY },
    { after_ms: 2 * MINUTE_MS, status: STRANGE_WORD.meaning, remains: 0, raw: told },
  ]);
}

async function registerScripted({ simulator, panel }: CaseSettings, id: string, steps: readonly object[]): Promise<DemoOrder> {
  const admin = apiOf(simulator.url, "");
  const placing = { orders: [{ service: SERVICE, quantity: QUANTITY }], placed_at: simulator.world.clock.now() - PLACED_BEFORE_MS };
  const { ids } = await admin.call<{ ids: readonly string[] }>("POST", `/admin/providers/${PROVIDER}/orders`, placing);
  const placed = await admin.call<Placed>("PUT", `/admin/providers/${PROVIDER}/orders/${ids[0]}/script`, { steps });
  const registration = registrationOf(placed, PROVIDER, id);
  await register(panel, [registration]);
  return demoOrderOf(registration);
}

/** A script orders through panelsync. The provider takes the order, and its answer never arrives. */
async function orderWithLostAnswer({ simulator, ...script }: CaseSettings): Promise<DemoOrder> {
  const admin = apiOf(simulator.url, "");
  const door = `/admin/providers/${PROVIDER}`;
  await admin.call("PUT", door, { modes: ["add_unreadable"] });
  const id = await addOrder(script);
  await admin.call("PUT", door, { modes: [] });
  const placed = await findByLink(simulator, LOST_LINK);
  const steps = [
    { after_ms: 0, status: "pending", remains: QUANTITY },
    { after_ms: 2 * MINUTE_MS, status: "in_progress", remains: QUANTITY / 2 },
    { after_ms: 25 * MINUTE_MS, status: "completed", remains: 0 },
  ];
  await admin.call("PUT", `${door}/orders/${placed.id}/script`, { steps });
  // A provider's price of 1,000 is just that for so many units, and the panel has no other price for it.
  const rate = simulator.world.providers.get(PROVIDER)?.catalogue.find(({ service }) => service === SERVICE)?.rateMicros ?? 0;
  const chargeMicros = (BigInt(rate) * BigInt(QUANTITY)) / 1000n;
  return { id, provider: PROVIDER, providerOrderId: placed.id, quantity: QUANTITY, chargeMicros, grantedMicros: null };
}

/** Sends an `add` as panel scripts do, and returns the id they are told. */
async function addOrder(settings: Script): Promise<string> {
  const fields = { action: "add", service: String(SERVICE), link: LOST_LINK, quantity: String(QUANTITY) };
  return String((await askAsScript<{ order: number | string }>(settings, "order", fields)).order);
}

/** The status that a script is told of an order at the provider's endpoint. */
export async function toldStatus(settings: Script, { id }: DemoOrder): Promise<string> {
  return (await askAsScript<{ status: string }>(settings, "status", { action: "status", order: id })).status;
}

type Script = Pick<CaseSettings, "base" | "panelKey">;

/** A call of API v2. Throws unless the answer has the field it was asked for. */
async function askAsScript<T>({ base, panelKey }: Script, wanted: keyof T & string, fields: Readonly<Record<string, string>>): Promise<T> {
  const body = new URLSearchParams({ key: panelKey, ...fields });
  const response = await fetch(`${base}/api/v2/${PROVIDER}`, { method: "POST", body });
  const answer = (await response.json()) as T;
  if (answer[wanted] === undefined) throw new Error(`${fields["action"]} was answered ${JSON.stringify(answer)}`);
  return answer;
}

/** The order with a link in the provider's own list of orders, where a person would look it up. */
export async function findByLink(simulator: Simulator, link: string): Promise<Placed> {
  const list = `/admin/providers/${PROVIDER}/truth`;
  const { orders } = await apiOf(simulator.url, "").call<{ orders: readonly Placed[] }>("GET", list);
  const found = orders.find((order) => order.link === link);
  if (found === undefined) throw new Error(`${PROVIDER} has no order for ${link}`);
  return found;
}

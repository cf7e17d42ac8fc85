/**
 * What happens while a history is recorded: orders of every kind of life at three providers that answer in ever other
 * ways, and what panels and an operator do beside that, as far as the release knows it. One hour, and one of watching.
 */
import { LIFE_KINDS, type LifeKind } from "../../simulator/kinds.ts";
import { settledAt } from "../../simulator/life.ts";
import type { ModeInput } from "../../simulator/modes.ts";
import { placeOrder } from "../../simulator/orders.ts";
import { changeProvider, type Provider, replaceProvider } from "../../simulator/world.ts";
import type { Recording } from "./recording.ts";
import { MINUTE_MS } from "./stage.ts";

/** Minutes that have a tick: each at first, when orders are looked at in each, then as often as they are. */
const TICKS = [...range(1, 6, 1), ...range(10, 58, 4), ...range(73, 133, 15)];
/** By then some orders have ended, some are on their way, and one waits for a person. */
const HALF_WAY = 18;
/** Every order has come to its end by then, and a first look has been taken after it. */
const LONGEST_LIFE_MINUTES = 45;

/** What basil's answers look like, by turns: nothing that it could do before does it forget. */
const FORMS: readonly (readonly ModeInput[])[] = [
  ["array_of_objects", "numbers_as_numbers"],
  ["status_words=other", "charge_object", "ids_as_strings"],
  ["php_warnings=plain", "thousands_separators"],
  ["success_wrapper=result", "plus_sign", "start_count_zero"],
  ["bom", "content_type_html", "status_words=upper", "foreign_dates"],
  ["success_status_field=100", "negative_remains", "charge_nine_decimals"],
  ["html_502"],
  ["extra_ids", "remains_exceeds_quantity", "charge_dollar_sign"],
  ["many_entry_dropped=4", "status_words=numeric"],
  ["status_words=rare", "array_of_objects=id"],
];

/** What basil's numbers mean, by turns. */
const NUMBERED = { 0: "pending", 1: "processing", 2: "completed", 3: "partial", 4: "canceled", 5: "refunded" };

export async function play(recording: Recording): Promise<void> {
  const cast = await enter(recording);
  for (const [i, minute] of TICKS.entries()) {
    changeProvider(cast.basil, { modes: FORMS[i % FORMS.length] ?? [] });
    changeProvider(cast.acme, { modes: minute === 22 ? ["truncated_json"] : [] });
    await recording.tick(minute);
    if (minute === HALF_WAY) recording.dump();
    await recording.deliver();
    for (const act of ACTS[minute] ?? []) await act(recording, cast);
    await recording.deliver();
  }
  recording.end();
}

type Cast = { readonly acme: Provider; readonly basil: Provider; readonly cedar: Provider };
type Act = (recording: Recording, cast: Cast) => Promise<unknown>;

/** Panels and providers, and the first orders. */
async function enter(recording: Recording): Promise<Cast> {
  const { world, schema } = recording;
  await recording.tick(0);
  await recording.ask({ method: "POST", path: "/v1/panels", body: { id: "books", role: "shop", currency: "USD" } });
  const providerOf = async (name: string, modes: readonly ModeInput[], settings: object): Promise<Provider> => {
    const provider = replaceProvider(world, name, { key: `key-of-${name}`, modes, balance: "1000000" });
    // A body without the key would be refused; none is written down.
    const body = { url: `https://${name}.example/${name}/api/v2`, currency: "USD", ...settings };
    await recording.askWithKey({ method: "PUT", path: `/v1/providers/${name}`, body }, provider.key);
    return provider;
  };
  const cast = {
    acme: await providerOf("acme", [], { batch_size: 2 }),
    basil: await providerOf("basil", FORMS[0] ?? [], { max_calls_per_minute: 30, status_words: NUMBERED }),
    cedar: await providerOf("cedar", ["no_many", "error_localised"], {}),
  };
  if (schema >= 2) await enterMoney(recording);
  if (schema >= 3) await enterDoors(recording, cast);
  await register(recording, cast, "books", 0, 1);
  return cast;
}

async function enterMoney(recording: Recording): Promise<void> {
  await recording.ask({
    method: "POST",
    path: "/v1/panels",
    body: { id: "shop", role: "shop", currency: "USD", money: "ledger", credit_limit: null },
  });
  await recording.ask({
    method: "POST",
    path: "/v1/customers/ann/credits",
    panel: "shop",
    body: { amount: "25.5", reference: "card 1" },
    idempotencyKey: "credit-1",
  });
  await recording.ask({ method: "PUT", path: "/v1/providers/basil/refund-policy", body: { mode: "auto", cap: "0.05" } });
  await recording.ask({ method: "PUT", path: "/v1/providers/acme/services/2/refund-policy", body: { mode: "hold" } });
  await recording.ask({ method: "PUT", path: "/v1/providers/cedar/refund-policy", body: { mode: "auto", delay_minutes: 12 } });
}

async function enterDoors(recording: Recording, { acme }: Cast): Promise<void> {
  changeProvider(acme, { mix: { completed: 1 } });
  await recording.ask({ method: "POST", path: "/v1/panels", body: { id: "script", role: "shop", currency: "USD" } });
  const service = { provider: "acme", service: "1", name: "Followers", rate: "1.234567", min: 1, max: 100_000, refill: true, cancel: true };
  await recording.ask({ method: "PUT", path: "/v1/services/1", body: { ...service, refill_days: 30, start_minutes: 60 } });
}

/** Orders of every kind of life, registered over REST: `part` of 2 parts of the kinds. */
async function register(recording: Recording, cast: Cast, panel: string, part: number, from: number): Promise<void> {
  const single = (Object.keys(LIFE_KINDS) as LifeKind[]).filter((_, i) => i % 2 === part);
  // The last is registered as an order of several parts, of which nothing is refunded by itself.
  const kinds: readonly LifeKind[] = part === 1 ? [...single, "partial"] : single;
  const providers = [cast.acme, cast.basil, ...(part === 0 ? [cast.cedar] : [])];
  const orders = kinds.map((kind, i) => {
    const provider = providers[i % providers.length] as Provider;
    const quantity = 100 + 137 * i + part;
    const placed = placeShort(recording, provider, kind, quantity, `https://social.example/${panel}/${from + i}`);
    return {
      id: `${panel}-${from + i}`,
      provider: provider.name,
      provider_order_id: placed.id,
      quantity,
      charge: chargeOf(quantity, i),
      service: String((i % 2) + 1),
      link: placed.link,
      customer: i % 2 === 0 ? "ann" : "bob",
      ...(i === 3 ? { status: "In progress", refunded: "0.000002" } : {}),
      ...(i === single.length ? { runs: 3 } : {}),
    };
  });
  await recording.ask({ method: "POST", path: "/v1/orders", panel, body: orders });
}

/** Odd micro-units, so that shares have something to round; one that needs no rounding; and one of which none may get lost. */
function chargeOf(quantity: number, i: number): string {
  if (i === 1) return "0.00002";
  return ((quantity * 731 + (i === 0 ? 0 : 19 * i + 7)) / 1e6).toFixed(6);
}

/** An order that comes to its end soon. */
function placeShort({ world, stage }: Recording, provider: Provider, kind: LifeKind, quantity: number, link: string) {
  const service = provider.catalogue[0];
  if (service === undefined) throw new Error(`${provider.name} sells nothing`);
  for (;;) {
    const order = placeOrder(world, provider, { service, link, quantity, placedAt: stage.now, mix: { [kind]: 1 } });
    if (settledAt(order.life) - stage.now <= LONGEST_LIFE_MINUTES * MINUTE_MS) return order;
    provider.orders.delete(order.id);
  }
}

const check =
  (panel: string, id: string): Act =>
  (recording) =>
    recording.ask({ method: "POST", path: `/v1/orders/${id}/check`, panel });

/** The second half of the orders is of the panel whose accounts are kept here, once there is one. */
function laterPanel({ schema }: Recording): string {
  return schema >= 2 ? "shop" : "books";
}

const checkLater =
  (n: number): Act =>
  async (recording, cast) =>
    check(laterPanel(recording), `${laterPanel(recording)}-${n}`)(recording, cast);

const since =
  (schema: number, act: Act): Act =>
  async (recording, cast) =>
    recording.schema >= schema ? act(recording, cast) : undefined;

const script =
  (path: string, form: Readonly<Record<string, string>>): Act =>
  (recording) =>
    recording.ask({ method: "POST", path, panel: "script", form });

const operator =
  (path: string, body: unknown, panel?: string): Act =>
  (recording) =>
    recording.ask({ method: "POST", path, ...(panel === undefined ? {} : { panel }), body });

/** Money given or taken by hand. */
const byHand =
  (path: string, panel: string, amount: string): Act =>
  (recording) =>
    recording.ask({ method: "POST", path, panel, body: { amount, note: "by hand" }, idempotencyKey: path });

/** The operator decides what waits: approves some, rejects some, leaves the others. */
const decide =
  (panel: string): Act =>
  async (recording) => {
    const { text } = await recording.stage.request({ method: "GET", path: "/v1/refunds?status=held&limit=100", panel });
    const { refunds } = JSON.parse(text) as { refunds: { id: string }[] };
    for (const [i, { id }] of refunds.entries()) {
      if (i % 3 === 2) continue;
      await recording.ask({ method: "POST", path: `/v1/refunds/${id}/${i % 3 === 0 ? "approve" : "reject"}`, panel, body: {} });
    }
  };

const LINK = "https://social.example/script";

/** A provider takes the order, and its answer gets lost; the operator finds it there later. */
const addUnheard: Act = async (recording, cast) => {
  changeProvider(cast.acme, { modes: ["lost_answer"] });
  await script("/api/v2", { action: "add", service: "1", link: `${LINK}/unheard`, quantity: "300" })(recording, cast);
  changeProvider(cast.acme, { modes: [] });
};

const settleUnheard: Act = async (recording, cast) => {
  const there = [...cast.acme.orders.values()].find(({ link }) => link === `${LINK}/unheard`);
  const asked = { method: "GET", path: "/v1/orders?flag=placing_unknown", panel: "script" };
  const { orders } = JSON.parse((await recording.stage.request(asked)).text) as { orders: { id: string }[] };
  await operator(`/v1/orders/${orders[0]?.id ?? ""}/settle`, { provider_order_id: there?.id ?? "" }, "script")(recording, cast);
};

/** The script asks about orders that were placed before there was a door. */
const adopt: Act = async (recording, cast) => {
  const ids = ["partial", "completed"].map((kind, i) => placeShort(recording, cast.acme, kind as LifeKind, 200, `${LINK}/before/${i}`).id);
  return script("/api/v2/acme", { action: "status", orders: ids.join(",") })(recording, cast);
};

/** The id under which the script knows the order for a link. */
async function idOf(recording: Recording, link: string): Promise<string> {
  const asked = { method: "GET", path: `/v1/orders?link=${encodeURIComponent(link)}`, panel: "script" };
  const { orders } = JSON.parse((await recording.stage.request(asked)).text) as { orders: { id: string }[] };
  return orders[0]?.id ?? "";
}

/** Something asked at a door about the order for a link. */
const ofLink =
  (path: string, action: string, field: string, link: string): Act =>
  async (recording, cast) =>
    script(path, { action, [field]: await idOf(recording, link) })(recording, cast);

/** Something asked over REST about the order for a link. */
const restOfLink =
  (link: string, action: string): Act =>
  async (recording, cast) =>
    operator(`/v1/orders/${await idOf(recording, link)}/${action}`, {}, "script")(recording, cast);

const brakeOn: Act = (recording) =>
  recording.ask({ method: "PUT", path: "/v1/providers/acme", body: { brake: { share: 0.4, min_orders: 3 } } });

/** A message that failed for good. */
const bury: Act = async (recording) => {
  await recording.deliverOne({ v: 1, kind: "check", orders: [["books", 1]] }, 1, "panelsync-dead");
};

/** By minute, after what the tick led to. */
const ACTS: Readonly<Record<number, readonly Act[]>> = {
  1: [
    since(3, script("/api/v2/acme", { action: "add", service: "1", link: `${LINK}/1`, quantity: "150" })),
    since(3, script("/api/v2/acme", { action: "add", service: "2", link: `${LINK}/2`, quantity: "90", runs: "2", interval: "10" })),
    since(3, script("/api/v2", { action: "add", service: "1", link: `${LINK}/3`, quantity: "250" })),
    since(3, script("/api/v2/acme", { action: "add", service: "1", link: `${LINK}/4`, quantity: "5" })),
  ],
  2: [
    since(3, script("/api/v2", { action: "add", service: "1", link: `${LINK}/5`, quantity: "70" })),
    since(3, ofLink("/api/v2", "cancel", "orders", `${LINK}/5`)),
  ],
  3: [
    (recording, cast) => register(recording, cast, laterPanel(recording), 1, 7),
    check("books", "books-1"),
    check("books", "books-2"),
    since(3, addUnheard),
  ],
  5: [check("books", "books-5"), bury, since(3, adopt)],
  6: [since(3, ofLink("/api/v2/acme", "status", "order", `${LINK}/1`))],
  10: [since(2, brakeOn)],
  18: [since(2, decide("books")), since(3, ofLink("/api/v2", "status", "orders", `${LINK}/3`))],
  22: [
    operator("/v1/dead-letters/1/replay", {}),
    checkLater(9),
    since(2, byHand("/v1/orders/books-1/refunds", "books", "0.000003")),
    since(3, settleUnheard),
    since(3, ofLink("/api/v2", "status", "orders", `${LINK}/3`)),
  ],
  34: [
    since(2, decide("books")),
    since(2, decide("shop")),
    since(3, script("/api/v2", { action: "add", service: "1", link: `${LINK}/6`, quantity: "60" })),
    since(3, restOfLink(`${LINK}/6`, "cancel")),
  ],
  38: [checkLater(7), since(2, operator("/v1/providers/acme/brake", { action: "release" }))],
  46: [
    since(3, ofLink("/api/v2/acme", "refill", "order", `${LINK}/1`)),
    since(3, restOfLink(`${LINK}/3`, "refill")),
    since(2, byHand("/v1/orders/shop-7/clawbacks", "shop", "0.000002")),
  ],
  58: [since(2, decide("shop")), since(3, ofLink("/api/v2/acme", "status", "order", `${LINK}/1`))],
  133: [since(3, ofLink("/api/v2", "status", "orders", `${LINK}/3`)), since(3, ofLink("/api/v2", "status", "orders", `${LINK}/5`))],
};

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

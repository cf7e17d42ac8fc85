/**
 * Two panels at one provider account, one of them hostile. It tries every route with every body, and both endpoints with
 * every action, about what is the shop's. The provider reads ids and names as leniently as PHP does.
 */
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/http/routes.ts";
import { queryFor } from "../world/asking.ts";
import { clear, rows } from "../world/database.ts";
import { SimulatedWorld } from "../world/simulated.ts";

let world: SimulatedWorld;
let opened = 0;
let [shop, evil, resale] = ["", "", ""];
let [evilKey, resaleKey] = ["", ""];
/** The shop's orders, as it knows them and as the provider does. */
let targets: string[] = [];
let atProvider: Set<string> = new Set();

/** What only the shop has sent, so that nobody else can have said it first. */
const OF_THE_SHOP = ["mine.example", "0.771301", "note-of-the-shop"];

beforeAll(async () => {
  world = await SimulatedWorld.open(32);
});

beforeEach(async () => {
  await clear();
  opened += 1;
  [shop, evil, resale] = [`shop${opened}`, `evil${opened}`, `resale${opened}`];
  await world.addPanel(shop, "ledger", "100");
  await world.addPanel(evil);
  evilKey = world.panelKey(evil);
  resaleKey = (await world.must("POST", "/v1/panels", { id: resale, role: "reseller", currency: "USD" })).json.key as string;
  await world.addProvider("acme", { modes: ["lenient_ids"] });
  const service = { provider: "acme", service: "1", name: "F", type: "Default", rate: "1", min: 1, max: 5000 };
  await world.must("PUT", "/v1/services/1", { ...service, refill: true, cancel: true });
  await world.must("POST", "/v1/customers/ann/credits", { amount: "9", reference: "note-of-the-shop" }, shop);
  for (const link of ["1", "2"]) await add(link);
  await world.post("/v1/orders", world.panelKey(shop), {
    id: "r1",
    provider: "acme",
    provider_order_id: "777001",
    quantity: 1000,
    charge: "0.771301",
    customer: "ann",
    link: "https://mine.example/r1",
  });
  await world.must("POST", "/v1/orders/1/refunds", { amount: "0.1", note: "note-of-the-shop" }, shop);
  const own = await rows("SELECT id, provider_order_id FROM orders WHERE panel = ?1 ORDER BY n", shop);
  atProvider = new Set(own.map((row) => String(row["provider_order_id"])));
  targets = [...new Set([...own.map((row) => String(row["id"])), ...atProvider, "1-r1", "ann", "@panel", shop])];
});

const add = (link: string) =>
  world.apiV2(world.panelKey(shop), { action: "add", service: "1", link: `https://mine.example/${link}`, quantity: "1000" });

const HELD = ["orders", "refunds", "transfers", "changes", "keys"];

/** All that is the shop's, to the byte, and what all share of the provider. */
async function stateOf(): Promise<unknown> {
  const held = await Promise.all(HELD.map((table) => rows(`SELECT * FROM ${table} WHERE panel = ?1 ORDER BY 1, 2, 3`, shop)));
  const { id, ...settings } = (await rows("SELECT * FROM panels WHERE id = ?1", shop))[0] ?? {};
  const money = await world.must("GET", "/v1/customers/ann/entries", undefined, shop);
  const own = await world.must("GET", "/v1/customers/@panel/entries", undefined, shop);
  const shared = await rows("SELECT failures, retry_at, add_trouble, url, api_key, enabled FROM providers WHERE id = 'acme'");
  return [id, settings, held, money.json, own.json, shared, (await world.must("GET", "/v1/providers/acme")).json.brake];
}

const SPELLINGS: readonly ((id: string) => string)[] = [
  (id: string) => id,
  (id: string) => `0${id}`,
  (id: string) => `+${id}`,
  (id: string) => `${id}abc`,
  (id: string) => `${id}.0`,
  (id: string) => `\u200b${id}`,
  (id: string) => ` ${id}`,
  (id: string) => `${id}' union select 2`,
  (id: string) => `${id},${id}`,
];
const NAMES: readonly ((name: string) => string)[] = [(name) => name, (name) => ` ${name}`, (name) => `${name}[]`, (name) => `${name} `];
const ACTIONS = ["status", "add", "cancel", "refill", "refill_status", "services", "balance", "nonsense"];

/** What it knows how to say, about one id. */
const BODIES: readonly ((id: string) => unknown)[] = [
  (id) => ({ id: "x", provider: "acme", provider_order_id: id, quantity: 1000, charge: "0.000001", status: "canceled" }),
  (id) => [{ id, provider: "acme", provider_order_id: id, quantity: 1, charge: "1", refunded: "1" }],
  (id) => ({ orders: [id] }),
  (id) => ({ provider_order_id: id }),
  () => ({ drop: true }),
  () => ({ flag: "overdue" }),
  () => ({ amount: "1", note: "mine", reference: "mine" }),
  (id) => ({ name: "k", panel: id }),
  () => ({ enabled: false, money: "ledger", credit_limit: null }),
  () => ({ url: "https://evil.example/api/v2", key: "evil" }),
  () => ({ action: "engage" }),
  () => ({ mode: "hold" }),
  () => ({}),
];

type Move = {
  who: number;
  target: number;
  spelling: number;
  route: number;
  body: number;
  action: number;
  name: number;
  way: number;
  header: number;
};
const below = (count: number) => fc.nat(count - 1);
const moves = fc.array(
  fc.record<Move>({
    who: below(2),
    target: below(50),
    spelling: below(SPELLINGS.length),
    route: below(ROUTES.length),
    body: below(BODIES.length),
    action: below(ACTIONS.length),
    name: below(NAMES.length),
    way: below(3),
    header: below(4),
  }),
  { minLength: 20, maxLength: 40 },
);

const at = <T>(choices: readonly T[], n: number): T => choices[n % choices.length] as T;

async function play(move: Move): Promise<string> {
  const key = at([evilKey, resaleKey], move.who);
  const id = at(SPELLINGS, move.spelling)(at(targets, move.target));
  if (move.way > 0) {
    const named = at(NAMES, move.name);
    const fields = { action: at(ACTIONS, move.action), service: "1", link: "https://evil.example/x", quantity: "10" };
    const asked = { ...fields, [named("order")]: id, [named("orders")]: id, [named("refill")]: id, [named("quantity")]: "1" };
    return (await world.apiV2(key, asked, move.way === 1 ? "acme" : null)).text;
  }
  const route = at(ROUTES, move.route);
  const { method, path } = route;
  const query = queryFor(route, encodeURIComponent(id));
  const url = path.replaceAll(/:\w+/g, (name) => (path.startsWith("/v1/providers") && name === ":id" ? "acme" : encodeURIComponent(id)));
  const answered = await world.ask(method, url + query, {
    key,
    headers: { "Idempotency-Key": `evil-${move.body}`, ...(move.header === 0 ? { Panel: shop } : {}) },
    ...(method === "GET" || method === "DELETE" ? {} : { body: at(BODIES, move.body)(id) }),
  });
  return JSON.stringify([...answered.headers]) + answered.text;
}

/** The ids that a provider as lenient as this one would read in a call. */
const idsIn = (fields: Readonly<Record<string, string>>): string[] =>
  [fields["order"], fields["orders"]].flatMap((ids) =>
    (ids ?? "").split(",").map((id) => String(Number.parseInt(id.replaceAll(/[^\d,]/g, ""), 10))),
  );

describe("a hostile panel", () => {
  it("moves nothing of the shop's, hears nothing of it, and has nothing asked about it", { timeout: 60_000 }, async () => {
    expect(atProvider.size).toBe(3);
    const before = await stateOf();
    await fc.assert(
      fc.asyncProperty(moves, async (played) => {
        const heard: string[] = [];
        // Its shares are whole again.
        world.now += 60_000;
        const sent = await world.during(async () => {
          for (const move of played) heard.push(await play(move));
          await world.drain();
        });
        for (const secret of OF_THE_SHOP) expect(heard.filter((text) => text.includes(secret))).toEqual([]);
        // An add goes out with whatever fields its script has given, and is about no order.
        const about = sent.filter(({ fields }) => fields["action"] !== "add");
        expect(about.filter(({ fields }) => idsIn(fields).some((id) => atProvider.has(id)))).toEqual([]);
        expect(await stateOf()).toEqual(before);
      }),
      { numRuns: 40, seed: 32, endOnFailure: true },
    );
    // It is not for want of access that nothing happened.
    expect((await rows("SELECT 1 FROM orders WHERE panel = ?1", evil)).length).toBeGreaterThan(0);
    expect((await add("after")).json).toHaveProperty("order");
    expect((await world.apiV2(world.panelKey(shop), { action: "status", order: "1" })).json).toHaveProperty("status");
  });
});

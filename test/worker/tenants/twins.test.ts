/**
 * The same shop twice at the same provider, through the same hours: alone, and beside a hostile panel. What it sees, gets,
 * is charged and refunded is the same, and so is what the provider hears about its orders.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { scriptedLife } from "../../../simulator/scripts.ts";
import type { Order } from "../../../simulator/world.ts";
import type { Json } from "../../panels/client.ts";
import type { Answered } from "../world/asking.ts";
import { bypassTriggers, clear, MINUTE_MS, migrate, rows } from "../world/database.ts";
import { SimulatedWorld } from "../world/simulated.ts";

const SHOP = "shop";
const EVIL = "evil";
/** Each step is some of the shop's own business, with the hostile panel's moves before it, and then some minutes. */
const STEPS = 8;
const MINUTES_OF_STEP = [1, 4, 9] as const;
const QUIET_STEPS = 5;
const RUNS = 3;
/** Few enough for a flood to use them up; the shop's own business fits into what is left for others. */
const CALLS_PER_MINUTE = 50;
/** What a firewall before the provider turns away: it may be an id, too. */
const TRIPS_THE_FIREWALL = "6661313666";

/** How the shop's orders are told from those that another buys for the same link. */
const LINKS = "https://mine.example/";
const QUANTITY = "1000";

/** How the shop's orders go, one after the other; the last word of each is a refund or none. */
const LIVES: readonly (readonly Record<string, Json>[])[] = [
  [
    { after_ms: 3 * MINUTE_MS, status: "in_progress", remains: 600 },
    { after_ms: 20 * MINUTE_MS, status: "partial", remains: 250 },
  ],
  [{ after_ms: 2 * MINUTE_MS, status: "canceled" }],
  [{ after_ms: 9 * MINUTE_MS, status: "completed", remains: 0 }],
  [
    { after_ms: 5 * MINUTE_MS, status: "in_progress", remains: 10 },
    { after_ms: 15 * MINUTE_MS, status: "partial" },
    { after_ms: 40 * MINUTE_MS, status: "canceled" },
  ],
  [{ after_ms: 200 * MINUTE_MS, status: "in_progress", remains: 900 }],
];

/**
 * What the shop has been answered, what it can read in the end, and what the provider has heard about its orders, all of it
 * with its times. What may differ is left out of it:
 * - `Request-Id`;
 * - which orders are asked about in one call, and how often in a minute: a list that is turned away for the other's id is
 *   asked again without it. What is compared is which of the shop's orders were asked about in which minute;
 * - what the other panel's script names before there is such an order, and its own orders for the shop's links;
 * - the ids that the provider gives, since it counts all orders: here the other panel's are elsewhere.
 *
 * An order that both register belongs to the first. So the hostile panel registers what the shop will buy, and not what it
 * will register.
 */
type Seen = {
  readonly answers: readonly unknown[];
  readonly books: { readonly refunds: readonly unknown[] } & Readonly<Record<string, unknown>>;
  readonly heard: readonly string[];
  /** The other panel's orders, and what must not be in the log. */
  readonly ofEvil: number;
  readonly troubles: readonly unknown[];
};

class Twin {
  readonly world: SimulatedWorld;
  readonly #answers: unknown[] = [];
  /** Every call to the provider: by minute, with its fields. */
  readonly #calls: { readonly minute: number; readonly fields: Readonly<Record<string, string>> }[] = [];
  /** From which of the calls on an order of the provider's was the shop's. */
  readonly #oursSince = new Map<string, number>();
  #placed = 0;
  #evilIds = 900_000_000;

  private constructor(world: SimulatedWorld) {
    this.world = world;
    const { fetch } = world.ports;
    world.ports = {
      ...world.ports,
      fetch: async (request) => {
        const text = new TextDecoder().decode(await request.clone().arrayBuffer());
        this.#calls.push({ minute: Math.floor(world.now / MINUTE_MS), fields: Object.fromEntries(new URLSearchParams(text)) });
        if (text.includes(TRIPS_THE_FIREWALL)) return new Response("<html><title>Just a moment...</title></html>", { status: 403 });
        return fetch(request);
      },
    };
  }

  static async open(): Promise<Twin> {
    await clear();
    await bypassTriggers("DELETE FROM panels", "DELETE FROM keys", "DELETE FROM services", "DELETE FROM provider_services");
    const twin = new Twin(new SimulatedWorld(7));
    const { world } = twin;
    await world.addPanel(SHOP, "ledger", "100");
    // It keeps its customers' accounts itself, so that nothing that it registers needs money here.
    await world.addPanel(EVIL);
    await world.addProvider("acme", { modes: ["lenient_ids"] }, { max_calls_per_minute: CALLS_PER_MINUTE });
    const service = { provider: "acme", service: "1", name: "F", type: "Default", rate: "1", min: 1, max: 5000 };
    await world.must("PUT", "/v1/services/1", { ...service, refill: true, cancel: true });
    await world.must("POST", "/v1/customers/ann/credits", { amount: "20" }, SHOP);
    // Both scripts have asked here before: the calls that are left for others are the same in both runs.
    for (const panel of [SHOP, EVIL]) await world.apiV2(world.panelKey(panel), { action: "status", order: "1" }, "acme");
    return twin;
  }

  get provider() {
    return this.world.simulated("acme");
  }

  /** The provider gives ids one after the other: those of the shop's orders are to be the same in both runs. */
  async asEvil(act: () => Promise<unknown>): Promise<void> {
    const { nextOrderId, nextRefillId } = this.provider;
    [this.provider.nextOrderId, this.provider.nextRefillId] = [this.#evilIds, this.#evilIds];
    await act();
    this.#evilIds = this.provider.nextOrderId;
    [this.provider.nextOrderId, this.provider.nextRefillId] = [nextOrderId, nextRefillId];
  }

  /** Such as the shop knows them: its own ids and the provider's. */
  async targets(): Promise<string[]> {
    const own = await rows("SELECT id, provider_order_id FROM orders WHERE panel = ?1 ORDER BY n", SHOP);
    return [...new Set(own.flatMap((row) => [String(row["id"]), String(row["provider_order_id"])]))];
  }

  async #asked(name: string, asked: Promise<Answered>): Promise<Answered> {
    const answered = await asked;
    this.#answers.push([name, answered.status, answered.text]);
    return answered;
  }

  /** The shop's own order for a link, at the provider. */
  #placedFor(link: string): Order | undefined {
    return [...this.provider.orders.values()].find((one) => one.link === link && String(one.quantity) === QUANTITY);
  }

  async #add(endpoint: string | null): Promise<void> {
    const link = `${LINKS}${++this.#placed}`;
    const fields = { action: "add", service: "1", link, quantity: QUANTITY };
    await this.#asked("add", this.world.apiV2(this.world.panelKey(SHOP), fields, endpoint));
    const order = this.#placedFor(link);
    const life = LIVES[this.#placed % LIVES.length];
    if (order !== undefined && life !== undefined) order.life = scriptedLife(order, life as Json as never, this.world.now);
  }

  /** What the shop does in a step of its own. */
  async business(step: number): Promise<void> {
    const { world } = this;
    const key = world.panelKey(SHOP);
    const since = this.#calls.length;
    await this.#add(step % 3 === 2 ? null : "acme");
    if (step % 2 === 0) await this.#add("acme");
    if (step % 3 === 1) {
      const order = { provider: "acme", provider_order_id: String(777_000 + step), quantity: 1000, charge: "0.771301", customer: "ann" };
      // Somebody has bought it by hand.
      const there = this.#placedFor(`${LINKS}1`);
      if (there !== undefined)
        this.provider.orders.set(order.provider_order_id, { ...there, id: order.provider_order_id, life: { ...there.life } });
      await this.#asked("register", world.post("/v1/orders", key, { id: `r${step}`, link: `https://mine.example/r${step}`, ...order }));
    }
    const own = await rows("SELECT id, provider_order_id AS there FROM orders WHERE panel = ?1 ORDER BY n", SHOP);
    for (const row of own) if (!this.#oursSince.has(String(row["there"]))) this.#oursSince.set(String(row["there"]), since);
    const ids = own.map(({ id }) => String(id));
    const there = own.map((row) => String(row["there"]));
    for (const [endpoint, asked] of [
      [null, ids],
      ["acme", there],
    ] as const)
      await this.#asked("status", world.apiV2(key, { action: "status", orders: asked.join(",") }, endpoint));
    const id = ids[(step * 3) % ids.length] ?? "";
    if (step % 4 === 1) await this.#asked("check", world.post(`/v1/orders/${id}/check`, key));
    if (step % 4 === 2) await this.#asked("cancel", world.apiV2(key, { action: "cancel", orders: there.slice(-2).join(",") }, "acme"));
    if (step % 4 === 3) await this.#asked("refill", world.apiV2(key, { action: "refill", orders: there.slice(0, 3).join(",") }, "acme"));
    await this.#asked("balance", world.apiV2(key, { action: "balance" }));
    await this.#asked("orders", world.get("/v1/orders?limit=500", { key }));
  }

  async pass(step: number): Promise<void> {
    const minutes = MINUTES_OF_STEP[step % MINUTES_OF_STEP.length] ?? 1;
    await this.world.goTo((Math.floor(this.world.now / MINUTE_MS) + minutes) * MINUTE_MS);
  }

  async seen(): Promise<Seen> {
    const read = async (path: string): Promise<Record<string, unknown>> =>
      (await this.world.get(path, { key: this.world.panelKey(SHOP) })).json;
    const books = {
      orders: await read("/v1/orders?limit=500"),
      refunds: (await read("/v1/refunds?limit=500")).refunds as unknown[],
      changes: await read("/v1/changes?limit=1000"),
      ann: await read("/v1/customers/ann/entries?limit=500"),
      own: await read("/v1/customers/@panel/entries?limit=500"),
      customers: await read("/v1/customers"),
    };
    const heard = this.#calls.flatMap(({ minute, fields }, i): string[] => {
      const { action = "", link = "", quantity = "", order, orders } = fields;
      // The other panel's script may name whatever link it likes in an order of its own.
      if (action === "add") return quantity === QUANTITY && link.startsWith(LINKS) ? [`${minute} add ${JSON.stringify(fields)}`] : [];
      return idsIn(order ?? orders ?? "").flatMap((id) =>
        (this.#oursSince.get(id) ?? Number.POSITIVE_INFINITY) <= i ? [`${minute} ${action} ${id}`] : [],
      );
    });
    const ofEvil = (await rows("SELECT 1 FROM orders WHERE panel = ?1", EVIL)).length;
    return { answers: this.#answers, books, heard: [...new Set(heard)].toSorted(), ofEvil, troubles: this.world.troubles() };
  }
}

/** As a provider that is this lenient reads them. */
function idsIn(ids: string): string[] {
  return ids.split(",").map((id) => String(Number.parseInt(id.replaceAll(/[^\d,]/g, ""), 10)));
}

const SPELLINGS: readonly ((id: string) => string)[] = [
  (id) => id,
  (id) => `0${id}`,
  (id) => `+${id}`,
  (id) => `${id}abc`,
  (id) => `${id}.0`,
  (id) => `\u200b${id}`,
  (id) => ` ${id}`,
];

type Move = { readonly kind: string; readonly play: (twin: Twin, targets: readonly string[]) => Promise<unknown> };

const some = <T>(choices: readonly T[]) => fc.constantFrom(...choices);
/** Every other id in the one spelling that it has. */
const spelt = fc.oneof(
  fc.constant((id: string) => id),
  some(SPELLINGS),
);
const named = fc.record({ n: fc.nat(200), spelling: spelt });
type Named = { readonly n: number; readonly spelling: (id: string) => string };
const nameIn = ({ n, spelling }: Named, targets: readonly string[]): string => spelling(targets[n % targets.length] ?? "1");
const ask = ({ world }: Twin, fields: Record<string, string>, endpoint: string | null) =>
  world.apiV2(world.panelKey(EVIL), fields, endpoint);
const request = ({ world }: Twin, method: string, path: string, body?: unknown) =>
  world.ask(method, path, { key: world.panelKey(EVIL), headers: { "Idempotency-Key": "evil" }, ...(body === undefined ? {} : { body }) });
const many = (count: number, each: (i: number) => string) => Array.from({ length: count }, (_, i) => each(i)).join(",");

/** So many failures in a row close a circuit that counts them. */
const IN_A_ROW = 4;

/** What has been seen to go wrong somewhere, each as often as it is dangerous. */
const MOVES: readonly (readonly [weight: number, fc.Arbitrary<Move>])[] = [
  [
    10,
    fc
      .tuple(fc.array(named, { minLength: 1, maxLength: 4 }), some(["status", "cancel", "refill"]), some(["acme", "acme", null]))
      .map(([names, action, endpoint]): Move => ({
        kind: `${action} of another's`,
        play: (twin, targets) => ask(twin, { action, orders: names.map((name) => nameIn(name, targets)).join(",") }, endpoint),
      })),
  ],
  [
    3,
    fc
      .tuple(
        named,
        some(["status", "cancel", "refill", "refill_status"]),
        some([null, "acme"]),
        some([" order", "orders[]", "refill", "id"]),
      )
      .map(([name, action, endpoint, field]): Move => ({
        kind: `${action} by ${field}`,
        play: (twin, targets) => ask(twin, { action, [field]: nameIn(name, targets) }, endpoint),
      })),
  ],
  [
    4,
    fc.tuple(named, some(["canceled", "Partial", "Completed"])).map(([name, status]): Move => ({
      kind: "registers another's",
      play: (twin, targets) =>
        request(twin, "POST", "/v1/orders", [
          {
            id: `x${name.n}`,
            provider: "acme",
            provider_order_id: nameIn(name, targets),
            quantity: 1000,
            charge: "0.1",
            customer: "eve",
            status,
          },
        ]),
    })),
  ],
  [
    5,
    fc.tuple(fc.nat(3), spelt, fc.boolean()).map(([ahead, spelling, adopts]): Move => ({
      kind: "takes an id that the shop's next order will have",
      play: async (twin) => {
        // It has seen the last one of its own, and counts on.
        const id = spelling(String((nextIds.get(twin) ?? 0) + ahead));
        if (adopts) return request(twin, "POST", "/v1/providers/acme/adopt", { orders: [id] });
        const order = { id: `next${ahead}`, provider: "acme", provider_order_id: id, quantity: 1000, charge: "0.1", customer: "eve" };
        await request(twin, "POST", "/v1/orders", order);
        return ask(twin, { action: "status", order: id }, "acme");
      },
    })),
  ],
  [
    3,
    named.map((name): Move => ({
      kind: "adopts another's",
      play: (twin, targets) => request(twin, "POST", "/v1/providers/acme/adopt", { orders: [nameIn(name, targets)] }),
    })),
  ],
  [
    4,
    fc
      .tuple(
        named,
        some(["order", "orders[]", " order", "refill", "id"]),
        some(["https://mine.example/1", "https://evil.example/1", `https://evil.example/${TRIPS_THE_FIREWALL}`]),
      )
      .map(([name, field, link]): Move => ({
        kind: "adds with what is another's",
        play: (twin, targets) => ask(twin, { action: "add", service: "1", link, quantity: "10", [field]: nameIn(name, targets) }, "acme"),
      })),
  ],
  [
    4,
    some(["status", "cancel", "refill", "add"]).map((action): Move => ({
      kind: `trips the firewall by ${action}s`,
      play: async (twin) => {
        const link = `https://evil.example/${TRIPS_THE_FIREWALL}/`;
        const about = (i: number): Record<string, string> =>
          action === "add" ? { service: "1", link: `${link}${i}`, quantity: "10" } : { order: TRIPS_THE_FIREWALL };
        for (let i = 0; i < IN_A_ROW; i++) await ask(twin, { action, ...about(i) }, "acme");
      },
    })),
  ],
  [
    3,
    fc.nat(9).map((n): Move => ({
      kind: "registers an id that trips the firewall",
      play: (twin) =>
        request(twin, "POST", "/v1/orders", {
          id: `waf${n}`,
          provider: "acme",
          provider_order_id: `${TRIPS_THE_FIREWALL}${n}`,
          quantity: 1000,
          charge: "0.1",
          customer: "eve",
        }),
    })),
  ],
  [
    3,
    fc.tuple(fc.nat(20), some([null, "acme"])).map(([n, endpoint]): Move => ({
      kind: "floods with unknown ids",
      play: (twin) => ask(twin, { action: "status", orders: many(100, (i) => String(5_000_000 + n * 100 + i)) }, endpoint),
    })),
  ],
  [
    2,
    some([12, 12, 55]).map((count): Move => ({
      kind: "floods with calls",
      play: async (twin) => {
        for (let i = 0; i < count; i++)
          await ask(twin, { action: "status", order: String(6_000_000 + twin.world.upstream.length + i) }, "acme");
      },
    })),
  ],
  [
    2,
    fc.integer({ min: 1, max: 200 }).map((count): Move => ({
      kind: "floods with orders",
      play: (twin) =>
        request(
          twin,
          "POST",
          "/v1/orders",
          Array.from({ length: count }, (_, i) => ({
            id: `f${i}`,
            provider: "acme",
            provider_order_id: String(8_000_000 + i),
            quantity: 1,
            charge: "0",
            customer: "eve",
          })),
        ),
    })),
  ],
  [
    4,
    fc
      .tuple(named, some(["check", "refill", "cancel", "settle", "dismiss", "refunds", "clawbacks", "changes", "support"]))
      .map(([name, what]): Move => ({
        kind: `asks for ${what} of another's`,
        play: (twin, targets) => {
          const path = `/v1/orders/${encodeURIComponent(nameIn(name, targets))}/${what}`;
          const bodies: Readonly<Record<string, unknown>> = {
            settle: { drop: true },
            dismiss: { flag: "overdue" },
            refunds: { amount: "0.1", note: "x" },
            clawbacks: { amount: "0.1", note: "x" },
          };
          return what === "changes" || what === "support" ? request(twin, "GET", path) : request(twin, "POST", path, bodies[what] ?? {});
        },
      })),
  ],
  [
    3,
    fc.tuple(named, some(["approve", "reject"])).map(([name, what]): Move => ({
      kind: `${what}s another's refund`,
      play: (twin, targets) => request(twin, "POST", `/v1/refunds/${encodeURIComponent(nameIn(name, targets))}-r1/${what}`, {}),
    })),
  ],
  [
    2,
    some(["cancel", "refill"]).map((what): Move => ({
      kind: `floods with ${what}s of its own`,
      play: async (twin) => {
        const own = await rows("SELECT id FROM orders WHERE panel = ?1 ORDER BY n DESC LIMIT 20", EVIL);
        for (const { id } of own) await request(twin, "POST", `/v1/orders/${encodeURIComponent(String(id))}/${what}`, {});
      },
    })),
  ],
  [
    2,
    fc.constant<Move>({
      kind: "buys from the catalogue",
      play: (twin) =>
        ask(twin, { action: "add", service: "1", link: `https://evil.example/${twin.world.upstream.length}`, quantity: "10" }, null),
    }),
  ],
];

const hostileSteps = fc.array(
  fc.array(fc.oneof(...MOVES.map(([weight, arbitrary]) => ({ weight, arbitrary }))), { minLength: 5, maxLength: 8 }),
  {
    minLength: STEPS,
    maxLength: STEPS,
  },
);

/** The id that the provider gives next, while the hostile panel's own are elsewhere. */
const nextIds = new WeakMap<Twin, number>();

async function live(steps: readonly (readonly Move[])[]): Promise<Seen> {
  const twin = await Twin.open();
  for (let step = 0; step < STEPS; step++) {
    const targets = await twin.targets();
    nextIds.set(twin, twin.provider.nextOrderId);
    for (const { play } of steps[step] ?? []) await twin.asEvil(() => play(twin, targets));
    await twin.business(step);
    await twin.pass(step);
  }
  for (let step = 0; step < QUIET_STEPS; step++) await twin.pass(step + 2);
  return twin.seen();
}

describe("a shop beside a hostile panel", () => {
  beforeAll(migrate);

  it("lives as its twin that is alone", { timeout: 120_000 }, async () => {
    const alone = await live([]);
    // It has a life: refunds, a cancel and a refill that its provider was asked for, and checks.
    expect(alone.books.refunds.length).toBeGreaterThan(2);
    expect(new Set(alone.heard.map((call) => call.split(" ")[1]))).toEqual(new Set(["add", "status", "cancel", "refill"]));
    for (const steps of fc.sample(hostileSteps, { numRuns: RUNS, seed: 32 })) {
      const beside = await live(steps);
      const moves = steps.map((step) => step.map(({ kind }) => kind).join("; ")).join("\n");
      // The moves stand in what is compared, so that a failure shows them.
      expect({ moves, ...beside, ofEvil: 0 }).toEqual({ moves, ...alone, ofEvil: 0, troubles: [] });
      // It is not for want of access that nothing happened.
      expect(beside.ofEvil).toBeGreaterThan(0);
    }
  });
});

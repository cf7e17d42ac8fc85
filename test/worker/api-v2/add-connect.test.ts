/**
 * `add` through both doors: never sent twice, never lost, whatever the provider, the database and the script do.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { linkKey } from "../../../src/domain/order-link.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { faultyDb } from "../world/faulty-database.ts";
import { type Answered, migrate, Scene } from "../world/scene.ts";
import { answeringEach, Pipeline } from "../world/world.ts";
import { all, clear } from "../world/database.ts";

/** What the provider answers to the next calls; and all calls that it got. */
let answers: ((fields: URLSearchParams) => Response | Promise<Response>)[] = [];
let calls: URLSearchParams[] = [];

const placed = (id: number | string) => () => Response.json({ order: id });
const refused =
  (error: string, status = 200) =>
  () =>
    Response.json({ error }, { status });
const broken = () => new Response("<html>502 Bad Gateway</html>", { status: 502 });
const reset = (): never => {
  throw new TypeError("Network connection lost.");
};

const SERVICES = [
  {
    service: 12,
    name: "Followers",
    type: "Default",
    category: "Instagram",
    rate: "0.90",
    min: "10",
    max: "10000",
    refill: true,
    cancel: true,
  },
  { service: 13, name: "Pack", type: "Package", category: "Instagram", rate: "4.50", min: "1", max: "1" },
];

let scene: Scene;
let key = "";
let run = 0;

beforeAll(migrate);

beforeEach(async () => {
  await clear();
  await all("DELETE FROM services");
  await all("DELETE FROM provider_services");
  answers = [];
  calls = [];
  scene = sceneOn(env.DB);
  run += 1;
  key = await scene.panel(`p${run}`);
  await scene.provider("acme", { currency: "USD" });
});

function sceneOn(db: D1Database, now?: number): Scene {
  const made = new Scene({ DB: db });
  if (now !== undefined) made.now = now;
  made.ports = { ...made.ports, fetch: answer };
  return made;
}

async function answer(request: Request): Promise<Response> {
  const fields = new URLSearchParams(await request.text());
  if (fields.get("action") === "services") return Response.json(SERVICES);
  if (fields.get("action") === "balance") return reset();
  calls.push(fields);
  const next = answers.shift();
  if (next === undefined) throw new Error("the provider was called once too often");
  return next(fields);
}

const WANTED = { action: "add", service: "12", link: "https://instagram.com/p/AbC", quantity: "1000" };

function ask(fields: Record<string, string>, door = "/api/v2/acme", on = scene): Promise<Answered> {
  return on.ask("POST", door, { key: null, body: new URLSearchParams({ key, ...fields }) });
}

function add(over: Record<string, string> = {}, door?: string, on?: Scene): Promise<Answered> {
  return ask({ ...WANTED, ...over }, door, on);
}

async function statusOf(id: string | number, door?: string): Promise<Record<string, string>> {
  return (await ask({ action: "status", order: String(id) }, door)).json;
}

function orders(): Promise<Record<string, unknown>[]> {
  return all("SELECT n, id, provider_order_id, status, flags, charge, quantity, refunded, last_change, cadence FROM orders ORDER BY n");
}

async function shown(query = ""): Promise<Record<string, unknown>[]> {
  return (await scene.get(`/v1/orders${query}`, { key })).json.orders;
}

async function feed(): Promise<[string, string][]> {
  const { json } = await scene.get("/v1/changes", { key });
  return json.changes.map(({ type, order }: { type: string; order: string }) => [type, order]);
}

/** Sweeps for so many minutes, the provider answering nothing of use. */
async function sweep(minutes: number, each: (id: string) => unknown = () => ({ error: "Incorrect order ID" })): Promise<Pipeline> {
  const pipeline = new Pipeline();
  pipeline.now = scene.now;
  for (const name of ["acme", "api/v2"]) pipeline.providers.set(name, answeringEach(each));
  await pipeline.run(minutes);
  scene.now = pipeline.now;
  return pipeline;
}

const FLAG = 1 << 11;

describe("an add in connect mode", () => {
  it("gets the provider's id, is known by it, and costs what the provider's list says", async () => {
    answers = [placed(23501)];
    const { status, text } = await add();
    expect([status, text]).toEqual([200, '{"order":23501}']);
    expect(await shown()).toMatchObject([
      {
        id: "23501",
        provider_order_id: "23501",
        service: "12",
        quantity: 1000,
        charge: "0.9",
        currency: "USD",
        status: "pending",
        flags: [],
      },
    ]);
    expect(await statusOf(23501)).toEqual({ charge: "0.9", start_count: "0", status: "Pending", remains: "1000", currency: "USD" });
    expect(await feed()).toEqual([["order.created", "23501"]]);
    expect(calls).toHaveLength(1);
  });

  it("forwards every field, known or not, under the provider's own key", async () => {
    answers = [placed(1)];
    const more = { runs: "2", interval: "30", comments: "a\nb", nobody_knows: "this" };
    await add(more);
    expect(Object.fromEntries(calls[0] ?? [])).toEqual({
      ...WANTED,
      ...more,
      key: "provider-key-1234",
    });
  });

  it("passes the provider's refusal on, and leaves nothing behind", async () => {
    for (const refusal of [
      refused("neworder.error.not_enough_funds"),
      refused("Yetersiz bakiye", 400),
      refused("Incorrect quantity", 500),
    ]) {
      answers = [refusal];
      expect((await add()).json).toHaveProperty("error");
    }
    expect(await orders()).toEqual([]);
    expect(await feed()).toEqual([]);
    expect(calls).toHaveLength(3);
  });

  it.each([
    ["a gateway's page", broken],
    ["a connection that is lost", reset],
    ["an empty body", () => new Response("")],
    ["JSON cut off", () => new Response('{"order":23')],
    ["null", () => new Response("null")],
    ["success without an id", () => Response.json({ status: "success" })],
  ])("answers an id of ours after %s, once and for all", async (_name, unclear) => {
    answers = [unclear];
    const { json } = await add();
    expect(json.order).toBeGreaterThan(2_000_000_000);
    expect(json.order).toBeLessThan(2 ** 31);
    expect(await statusOf(json.order)).toMatchObject({ status: "Pending", remains: "1000" });
    scene.now += 3_600_000;
    expect((await add()).json).toEqual(json);
    expect(await shown("?flag=placing_unknown")).toMatchObject([
      { id: String(json.order), provider_order_id: null, flags: ["placing_unknown"] },
    ]);
    expect(calls).toHaveLength(1);
    expect(await feed()).toEqual([["order.created", String(json.order)]]);
  });

  it("is sent anew after two minutes, and with any other content", async () => {
    answers = [placed(1), placed(2), placed(3)];
    expect((await add()).json).toEqual({ order: 1 });
    expect((await add()).json).toEqual({ order: 1 });
    expect((await add({ quantity: "500" })).json).toEqual({ order: 2 });
    scene.now += 120_001;
    expect((await add()).json).toEqual({ order: 3 });
    expect(await shown()).toMatchObject([
      { id: "3", flags: ["duplicate_link"], duplicate_of: "2" },
      { id: "2", flags: ["duplicate_link"], duplicate_of: "1" },
      { id: "1", flags: [], duplicate_of: null },
    ]);
  });

  it("is sent each time where the panel's policy says so", async () => {
    await scene.ask("PATCH", `/v1/panels/p${run}`, { body: { reuse_identical_adds: false } });
    answers = [placed(1), placed(2)];
    expect((await add()).json).toEqual({ order: 1 });
    expect((await add()).json).toEqual({ order: 2 });
  });

  it("is refused on a link that is under way where the panel's policy says so, in any spelling", async () => {
    await scene.ask("PATCH", `/v1/panels/p${run}`, { body: { refuse_duplicate_links: true } });
    answers = [placed(1)];
    await add();
    expect((await add({ link: "http://www.instagram.com/p/AbC/?igsh=1", quantity: "20" })).json).toEqual({
      error: "neworder.error.link_duplicate",
    });
    expect(calls).toHaveLength(1);
  });

  it("goes out once when ten requests come at once", async () => {
    answers = [async () => (await new Promise((resolve) => setTimeout(resolve, 50)), Response.json({ order: 23501 }))];
    const told = await Promise.all(Array.from({ length: 10 }, () => add()));
    expect(calls).toHaveLength(1);
    const ids = [...new Set(told.map(({ json }) => json.order as number))];
    expect(ids).toContain(23501);
    for (const id of ids) expect(await statusOf(id)).toMatchObject({ status: "Pending", remains: "1000" });
  });

  it("is followed without refunds where the rate is not known", async () => {
    answers = [placed(5)];
    await add({ service: "99" });
    expect(await shown()).toMatchObject([{ id: "5", charge: null, quantity: 1000 }]);
  });

  it("keeps an id of ours where the panel has another order by the provider's", async () => {
    await scene.provider("other", { currency: "USD" });
    answers = [placed(7), placed(7)];
    await add();
    await add({}, "/api/v2/other");
    const [second] = await shown("?provider=other");
    expect(second).toMatchObject({ provider_order_id: "7" });
    expect(second?.["id"]).not.toBe("7");
    expect(await statusOf(7, "/api/v2/other")).toMatchObject({ status: "Pending" });
  });

  it("does not take one delivery for two orders", async () => {
    answers = [placed(7), placed(7)];
    await add();
    const { json } = await add({ quantity: "20" });
    expect(json.order).toBeGreaterThan(2_000_000_000);
    expect(await shown("?flag=placing_unknown")).toHaveLength(1);
  });

  it("is not sent, nor written, while the provider is known to be out of reach", async () => {
    answers = [refused("Too many requests", 429)];
    const first = await add();
    expect([first.status, first.text]).toEqual([429, ""]);
    expect(first.headers.get("Retry-After")).not.toBeNull();
    const second = await add();
    expect([second.status, second.text]).toEqual([429, ""]);
    expect(calls).toHaveLength(1);
    expect(await orders()).toEqual([]);
  });

  it("stays within the provider's budget of calls", async () => {
    await scene.provider("acme", { max_calls_per_minute: 2 });
    answers = [placed(1)];
    // One call for the list of services, one for the order.
    expect((await add()).json).toEqual({ order: 1 });
    const { status, text } = await add({ quantity: "20" });
    expect([status, text]).toEqual([429, ""]);
    expect(await shown()).toHaveLength(1);
  });
});

describe("an order that is settled while its provider still thinks", () => {
  let arrive: (response: Response) => void = () => undefined;
  let told: Promise<Answered>;
  let id = "";

  beforeEach(async () => {
    answers = [() => new Promise<Response>((resolve) => (arrive = resolve))];
    told = add();
    await vi.waitUntil(async () => (await orders()).length === 1);
    scene.now += 61_000;
    [{ id }] = (await orders()) as [{ id: string }];
  });

  it.each([
    ["another id", () => Response.json({ order: 23501 })],
    ["a refusal", () => Response.json({ error: "Incorrect quantity" })],
  ])("stays what a person has made of it: attached, then %s", async (_name, late) => {
    expect((await scene.post(`/v1/orders/${id}/settle`, key, { provider_order_id: "777" })).status).toBe(200);
    arrive(late());
    expect((await told).json).toEqual({ order: 777 });
    expect(await orders()).toMatchObject([{ provider_order_id: "777", status: "pending", refunded: 0, cadence: 1 }]);
  });

  it("stays dropped and returned", async () => {
    await scene.post(`/v1/orders/${id}/settle`, key, { drop: true });
    const before = [await orders(), await feed()];
    arrive(Response.json({ order: 23501 }));
    expect((await told).json).toEqual({ order: Number(id) });
    expect([await orders(), await feed()]).toEqual(before);
  });
});

describe("what an add reads", () => {
  it("does not grow with the panel, nor with what was ordered for its link before", async () => {
    await all(
      `INSERT INTO orders (panel, n, id, provider, provider_order_id, service, link, link_key, quantity, charge, currency, created_at, status, middle,
         cadence, phase, progress_at, updated_at, last_change)
       SELECT ?1, 10 + value, 'old-' || value, 'acme', 'old-' || value, '12', 'x', iif(value % 2, 'other', ?2), 1, 1, 'USD', 1, 'completed', 'pending', NULL, 0, 1, 1, 1
       FROM generate_series(1, 2000)`.replace(
        "generate_series(1, 2000)",
        "(WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < 2000) SELECT value FROM s)",
      ),
      `p${run}`,
      linkKey("acme", "12", WANTED.link),
    );
    await all("UPDATE panels SET order_n = 3000");
    answers = [placed(1), placed(2)];
    await add({ link: "https://instagram.com/p/first" });
    const { db, usage } = metered(env.DB);
    expect((await add({}, undefined, sceneOn(db))).json).toEqual({ order: 2 });
    expect(usage().rows_read).toBeLessThanOrEqual(700);
  });
});

describe("an order that was left behind while it was being placed", () => {
  it("is flagged for the operator by a sweep, and told as pending meanwhile", async () => {
    answers = [() => new Promise<Response>(() => undefined)];
    void add();
    await expect.poll(orders).toHaveLength(1);
    const [{ id } = { id: "" }] = await orders();
    expect(await shown()).toMatchObject([{ flags: [] }]);
    await sweep(3);
    expect(await orders()).toMatchObject([{ flags: FLAG, cadence: null }]);
    expect(await shown()).toMatchObject([{ id, closed: false, flags: ["placing_unknown"] }]);
    expect(await feed()).toEqual([["order.created", id]]);
    expect(await statusOf(String(id))).toMatchObject({ status: "Pending" });
    expect((await sweep(2)).calls).toEqual([]);
  });
});

describe("POST /v1/orders/{id}/settle", () => {
  let id = "";

  beforeEach(async () => {
    answers = [broken];
    id = String((await add()).json.order);
  });

  it("attaches the provider's id; the script hears of it under both", async () => {
    const { status, json } = await scene.post(`/v1/orders/${id}/settle`, key, { provider_order_id: "23501" });
    expect(status).toBe(200);
    expect(json).toMatchObject({ id, provider_order_id: "23501", flags: [], status: "pending" });
    expect(await shown("?flag=placing_unknown")).toEqual([]);
    await sweep(2, () => ({ charge: "0.9", start_count: "5", status: "Partial", remains: "250", currency: "USD" }));
    for (const told of [id, "23501"]) expect(await statusOf(told)).toMatchObject({ status: "Partial", remains: "250" });
    expect((await feed()).map(([type]) => type)).toEqual(["order.created", "order.flagged", "order.updated", "refund.posted"]);
    expect((await scene.post(`/v1/orders/${id}/settle`, key, { provider_order_id: "23501" })).status).toBe(200);
    expect((await scene.post(`/v1/orders/${id}/settle`, key, { drop: true })).json.error.code).toBe("order_settled");
  });

  it("drops what never reached the provider, and returns its charge once", async () => {
    const { status, json } = await scene.post(`/v1/orders/${id}/settle`, key, { drop: true });
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: "canceled", refunded: "0.9", closed: true, reason: { code: "not_placed" }, flags: [] });
    expect(await statusOf(id)).toMatchObject({ status: "Canceled", remains: "1000" });
    expect((await scene.post(`/v1/orders/${id}/settle`, key, { drop: true })).status).toBe(200);
    expect((await scene.get("/v1/refunds", { key })).json.refunds).toMatchObject([
      { order: id, amount: "0.9", status: "posted", reason: "not_placed" },
    ]);
    expect((await scene.post(`/v1/orders/${id}/settle`, key, { provider_order_id: "1" })).json.error.code).toBe("order_settled");
    answers = [placed(8)];
    expect((await add()).json).toEqual({ order: 8 });
  });

  it("names what is wrong with a settlement", async () => {
    const path = `/v1/orders/${id}/settle`;
    for (const body of [{}, { drop: true, provider_order_id: "1" }, { drop: false }, { provider_order_id: "a b" }, { other: 1 }]) {
      expect((await scene.post(path, key, body)).status).toBe(422);
    }
    answers = [placed(9)];
    await add({ quantity: "20" });
    expect((await scene.post(path, key, { provider_order_id: "9" })).json.error).toMatchObject({ code: "provider_order_conflict" });
    expect((await scene.post("/v1/orders/nope/settle", key, { drop: true })).json.error.code).toBe("order_not_found");
    expect((await scene.post("/v1/orders/9/settle", key, { drop: true })).json.error.code).toBe("order_settled");
    expect(await shown("?flag=placing_unknown")).toHaveLength(1);
  });

  it("is on the audit trail", async () => {
    await scene.ask("POST", `/v1/orders/${id}/settle`, { panel: `p${run}`, body: { provider_order_id: "23501" } });
    expect((await scene.get("/v1/audit")).json.entries[0]).toMatchObject({
      action: "order.settled",
      actor: "operator",
      subject: `order:${id}`,
    });
  });
});

describe("an add at the own catalogue", () => {
  const service = {
    provider: "acme",
    service: "12",
    name: "Followers",
    rate: "2",
    min: 10,
    max: 5000,
    dripfeed: true,
    start_minutes: 60,
    refill_days: 30,
  };
  const bought = (over: Record<string, string> = {}, on?: Scene) => add({ service: "1", ...over }, "/api/v2", on);

  beforeEach(async () => {
    await scene.ask("PUT", "/v1/services/1", { body: service });
  });

  it("gets an id of ours, and is sent under the provider's service", async () => {
    answers = [placed(23501)];
    expect((await bought()).json).toEqual({ order: 1 });
    expect(calls[0]?.get("service")).toBe("12");
    expect(await shown()).toMatchObject([
      { id: "1", provider: "acme", provider_order_id: "23501", service: "1", charge: "2", currency: "USD" },
    ]);
    expect(await statusOf(1, "/api/v2")).toEqual({ charge: "2", start_count: "0", status: "Pending", remains: "1000", currency: "USD" });
  });

  it("sends nothing that says something else than what was paid for", async () => {
    answers = [placed(1)];
    await bought({
      "quantity[]": "5000",
      " quantity": "100000",
      Quantity: "7",
      "service[]": "888",
      " key": "x",
      package: "9",
      comments: "kept",
    });
    expect(Object.fromEntries(calls[0] ?? [])).toEqual({
      key: "provider-key-1234",
      action: "add",
      service: "12",
      link: WANTED.link,
      quantity: "1000",
      comments: "kept",
    });
  });

  it("passes over ids that the panel has registered by itself", async () => {
    await scene.post("/v1/orders", key, { id: "2", provider: "acme", provider_order_id: "x", quantity: 1, charge: "1" });
    answers = [placed(23501)];
    expect((await bought()).json).toEqual({ order: 1_000_000_002 });
  });

  it.each([
    ["an unmapped service", { service: "7" }, "error.incorrect_service_id"],
    ["no service", { service: "" }, "error.incorrect_service_id"],
    ["too few", { quantity: "9" }, "Quantity less than minimal 10"],
    ["too many", { quantity: "5001" }, "Quantity more than maximum 5000"],
    ["no number", { quantity: "many" }, "neworder.error.quantity"],
    ["no link", { link: "" }, "neworder.error.link"],
  ])("refuses %s, and sends nothing", async (_name, over, error) => {
    const { status, json } = await bought(over);
    expect([status, json]).toEqual([200, { error }]);
    expect(calls).toEqual([]);
    expect(await orders()).toEqual([]);
  });

  it("says nothing of the provider's own troubles", async () => {
    answers = [
      refused("neworder.error.not_enough_funds"),
      refused("acme.example: account locked"),
      refused("neworder.error.link_duplicate"),
    ];
    expect((await bought()).json).toEqual({ error: "Order was not accepted" });
    expect((await bought()).json).toEqual({ error: "Order was not accepted" });
    expect((await bought()).json).toEqual({ error: "neworder.error.link_duplicate" });
    expect(await orders()).toEqual([]);
  });

  describe("of a panel whose account is kept here", () => {
    const credit = (amount: string) =>
      scene.ask("POST", "/v1/customers/@panel/credits", {
        panel: `p${run}`,
        body: { amount },
        headers: { "Idempotency-Key": `k${amount}` },
      });
    const balance = async () => (await ask({ action: "balance" }, "/api/v2")).json;

    beforeEach(async () => {
      await scene.ask("PATCH", `/v1/panels/p${run}`, { body: { money: "ledger" } });
    });

    it("is debited, and refused when the account does not hold it", async () => {
      await credit("3");
      answers = [placed(23501)];
      await bought();
      expect(await balance()).toEqual({ balance: "1", currency: "USD" });
      expect((await bought({ quantity: "501" })).json).toEqual({ error: "neworder.error.not_enough_funds" });
      expect(calls).toHaveLength(1);
      expect(await orders()).toHaveLength(1);
    });

    it("gets its charge back when the provider refuses, on the books", async () => {
      await credit("3");
      answers = [refused("Incorrect link")];
      expect((await bought()).json).toHaveProperty("error");
      expect(await balance()).toEqual({ balance: "3", currency: "USD" });
      expect(await all("SELECT type, amount FROM transfers ORDER BY n")).toMatchObject([
        { type: "credit", amount: 3_000_000 },
        { type: "charge", amount: -2_000_000 },
        { type: "refund", amount: 2_000_000 },
      ]);
      expect(await feed()).toEqual([
        ["order.created", "1"],
        ["refund.posted", "1"],
      ]);
    });

    it("gets its charge back when an order that nobody knew of is dropped", async () => {
      await credit("3");
      answers = [broken];
      const { json } = await bought();
      expect(await balance()).toEqual({ balance: "1", currency: "USD" });
      const drop = () => scene.ask("POST", `/v1/orders/${json.order}/settle`, { panel: `p${run}`, body: { drop: true } });
      expect((await drop()).status).toBe(200);
      expect((await drop()).status).toBe(200);
      expect(await balance()).toEqual({ balance: "3", currency: "USD" });
    });

    it("is the operator's to credit and to decide about: the panel's own key makes no money", async () => {
      await credit("3");
      answers = [broken];
      const { json } = await bought();
      const headers = { "Idempotency-Key": "own" };
      for (const [path, body] of [
        ["/v1/customers/@panel/credits", { amount: "1000" }],
        [`/v1/orders/${json.order}/settle`, { drop: true }],
        [`/v1/orders/${json.order}/refunds`, { amount: "1", note: "for me" }],
      ] as const) {
        expect((await scene.ask("POST", path, { key, body, headers })).json.error.code).toBe("operators_money");
      }
      expect(await balance()).toEqual({ balance: "1", currency: "USD" });
    });

    it("is debited once by ten requests at once", async () => {
      await credit("3");
      answers = [placed(1)];
      await Promise.all(Array.from({ length: 10 }, () => bought()));
      expect(await balance()).toEqual({ balance: "1", currency: "USD" });
      expect(calls).toHaveLength(1);
    });
  });
});

describe("a database that fails at any call of an add", () => {
  it.each(["before", "after"] as const)(
    "%s it was done: the order is sent once at most, and a script that asks again has it",
    async (when) => {
      for (let n = 0; n < 12; n++) {
        await clear();
        await all("DELETE FROM provider_services");
        await scene.provider("acme", { currency: "USD" });
        calls = [];
        answers = [placed(23501)];
        const faulty = faultyDb(env.DB, n, when);
        const first = await add({}, undefined, sceneOn(faulty.db, scene.now));
        if (!faulty.failed()) {
          expect(n).toBeGreaterThanOrEqual(4);
          return;
        }
        expect(first.status === 503 ? first.text : first.json).toSatisfy(
          (told: unknown) => told === "" || Number((told as { order: unknown }).order) > 0,
        );
        const again = await add();
        expect({ n, order: Number.isInteger(again.json?.order) }).toEqual({ n, order: true });
        expect({ n, calls: calls.length <= 1 }).toEqual({ n, calls: true });
        expect({ n, rows: (await orders()).length }).toEqual({ n, rows: 1 });
        expect(await statusOf(again.json.order)).toMatchObject({ status: "Pending", remains: "1000" });
      }
      throw new Error("the fault was never past the last call");
    },
  );
});

describe("what an add costs", () => {
  it("in rows and round trips", async () => {
    answers = [placed(1), placed(2)];
    await add();
    const { db, usage } = metered(env.DB);
    await add({ link: "https://instagram.com/p/other" }, undefined, sceneOn(db));
    expect(usage()).toMatchObject({ d1_calls: 3 });
    expect(usage().rows_written).toBeLessThanOrEqual(12);
  });
});

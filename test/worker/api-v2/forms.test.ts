/**
 * Every action in every form through both endpoints of `/api/v2`, and what is no proper call: an error in words, with
 * nothing sent to a provider.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { ApiClient, Encoding, Fields, Json } from "../../panels/client.ts";
import { isNamed } from "../../panels/readings.ts";
import { isRefusal, texts } from "../../panels/shapes.ts";
import { SimulatedWorld } from "../world/simulated.ts";

/** `service` is the endpoint's own number of the provider's service 1, `off` of one that is not sold. */
const ENDPOINTS = [
  { endpoint: "connect", path: "acme", service: "1", off: "999" },
  { endpoint: "own catalogue", path: undefined, service: "101", off: "102" },
] as const;
type Endpoint = (typeof ENDPOINTS)[number];

const POSTED: readonly Encoding[] = ["form", "json", "multipart", "post_query"];
const FORMS = ENDPOINTS.flatMap((endpoint) =>
  POSTED.flatMap((encoding) => [false, true].map((slash) => ({ ...endpoint, encoding, slash }))),
);
const STATUS_FIELDS = ["charge", "currency", "remains", "start_count", "status"];
const NOBODYS = "1987654321";
const UNKNOWN_ORDER = { error: "Incorrect order ID" };

let world: SimulatedWorld;
let links = 0;

beforeAll(async () => {
  world = await SimulatedWorld.open(21);
  await world.addPanel("till", "ledger", "1000");
  await world.addPanel("other", "ledger", "1000");
  await world.addProvider("acme", { mix: { completed: 1 } });
  const service = {
    provider: "acme",
    service: "1",
    name: "Followers",
    category: "Instagram",
    rate: "1.5",
    min: 50,
    max: 10_000,
    refill: true,
  };
  await world.must("PUT", "/v1/services/101", { ...service, cancel: true });
  await world.must("PUT", "/v1/services/102", { ...service, enabled: false });
});

function clientAt({ path }: Endpoint, form: { encoding?: Encoding; slash?: boolean } = {}, panel = "till"): ApiClient {
  return world.client(panel, path, form);
}

/** Fields of an order that nobody has placed yet. */
function newOrder({ service }: Endpoint, changes: Fields = {}): Fields {
  links += 1;
  return { service, link: `https://social.example/p/${links}`, quantity: 100, ...changes };
}

/** Places an order; answers its id at the endpoint and at the provider. */
async function placed(endpoint: Endpoint, client = clientAt(endpoint)): Promise<{ id: number; upstream: string }> {
  const answer = await client.add(newOrder(endpoint));
  expect(texts(answer.json)).toEqual({ order: expect.stringMatching(/^\d+$/) });
  const upstream = [...world.simulated("acme").orders.keys()].at(-1) ?? "";
  return { id: isNamed(answer.json) ? Number(answer.json["order"]) : 0, upstream };
}

describe("every action, in every form", () => {
  it.each(FORMS)("$endpoint, $encoding, slash $slash: add", async ({ encoding, slash, ...endpoint }) => {
    const fields = newOrder(endpoint);
    let answer: Json = null;
    const sent = await world.during(async () => (answer = (await clientAt(endpoint, { encoding, slash }).add(fields)).json), "add");
    expect(texts(answer)).toEqual({ order: expect.stringMatching(/^[1-9]\d*$/) });
    expect(
      sent.map(({ provider, fields: { action, service, link, quantity, key } }) => ({ provider, action, service, link, quantity, key })),
    ).toEqual([{ provider: "acme", action: "add", service: "1", link: fields["link"], quantity: "100", key: world.simulated("acme").key }]);
    const atProvider = [...world.simulated("acme").orders.values()].at(-1);
    expect(atProvider).toMatchObject({ link: fields["link"], quantity: 100 });
    if (endpoint.endpoint === "connect") expect(texts(answer)).toEqual({ order: atProvider?.id });
    else expect(Number((texts(answer) as { order: string }).order)).toBeLessThan(2_147_483_648);
  });

  it.each(FORMS)("$endpoint, $encoding, slash $slash: status of one and of many", async ({ encoding, slash, ...endpoint }) => {
    const client = clientAt(endpoint, { encoding, slash });
    const [first, second] = [await placed(endpoint), await placed(endpoint)];
    const one = await client.status(first.id);
    expect(one.http).toBe(200);
    expect(one.headers.get("content-type")).toMatch(/^application\/json/);
    expect(Object.keys(one.json as object).toSorted()).toEqual(STATUS_FIELDS);
    expect(texts(one.json)).toMatchObject({
      status: expect.stringMatching(/^(Pending|Processing|In progress)$/),
      remains: "100",
      currency: "USD",
    });
    const many = await client.statuses([second.id, NOBODYS, first.id]);
    expect(many.json).toEqual({ [second.id]: expect.any(Object), [NOBODYS]: UNKNOWN_ORDER, [first.id]: one.json });
    expect(Object.keys((many.json as Record<string, object>)[second.id] ?? {}).toSorted()).toEqual(STATUS_FIELDS);
    expect((await client.status(NOBODYS)).json).toEqual(UNKNOWN_ORDER);
    expect((await client.statuses([first.id])).json).toEqual({ [first.id]: one.json });
  });

  it.each(FORMS)("$endpoint, $encoding, slash $slash: cancel", async ({ encoding, slash, ...endpoint }) => {
    const client = clientAt(endpoint, { encoding, slash });
    const [waits, runs] = [await placed(endpoint), await placed(endpoint)];
    world.script("acme", waits.upstream, { status: "pending" });
    world.script("acme", runs.upstream, { status: "in_progress" });
    const answer = await client.cancel([NOBODYS, waits.id, runs.id]);
    expect(answer.http).toBe(200);
    expect(texts(answer.json)).toEqual([
      { order: NOBODYS, cancel: UNKNOWN_ORDER },
      { order: String(waits.id), cancel: "1" },
      { order: String(runs.id), cancel: { error: expect.any(String) } },
    ]);
    // Asked is not granted: the word is the provider's status, later.
    expect(texts((await client.status(waits.id)).json)).toMatchObject({ status: expect.not.stringMatching("Canceled") });
  });

  it.each(FORMS)("$endpoint, $encoding, slash $slash: refill and its status", async ({ encoding, slash, ...endpoint }) => {
    const client = clientAt(endpoint, { encoding, slash });
    const [done, runs] = [await placed(endpoint), await placed(endpoint)];
    world.script("acme", done.upstream, { status: "completed" });
    world.script("acme", runs.upstream, { status: "in_progress" });
    await world.pass(2);
    const one = await client.refill(done.id);
    expect(texts(one.json)).toEqual({ refill: expect.stringMatching(/^\d+$/) });
    const { refill } = texts(one.json) as { refill: string };
    expect(isRefusal(await client.refill(runs.id))).toBe(true);
    expect((await client.refill(NOBODYS)).json).toEqual(UNKNOWN_ORDER);
    expect(texts((await client.refills([done.id, NOBODYS, runs.id])).json)).toEqual([
      { order: String(done.id), refill: expect.stringMatching(/^\d+$/) },
      { order: NOBODYS, refill: UNKNOWN_ORDER },
      { order: String(runs.id), refill: { error: expect.any(String) } },
    ]);
    expect(texts((await client.refillStatus(refill)).json)).toEqual({ status: expect.stringMatching(/^\D+$/) });
    expect(isRefusal(await client.refillStatus("987654"))).toBe(true);
    expect(texts((await client.refillStatuses([refill, "987654"])).json)).toEqual([
      { refill, status: expect.stringMatching(/^\D+$/) },
      { refill: "987654", status: { error: expect.any(String) } },
    ]);
  });

  it.each(FORMS)("$endpoint, $encoding, slash $slash: services and balance", async ({ encoding, slash, ...endpoint }) => {
    const client = clientAt(endpoint, { encoding, slash });
    const services = texts((await client.services()).json) as { service: string }[];
    expect(services.map(({ service }) => service)).toContain(endpoint.service);
    expect(services.map(({ service }) => service)).not.toContain(endpoint.off);
    expect(texts((await client.balance()).json)).toEqual({ balance: expect.stringMatching(/^\d+(\.\d+)?$/), currency: "USD" });
  });

  it.each(ENDPOINTS)("$endpoint: ids in JSON may be a list, and spaces around them do not count", async (endpoint) => {
    const [first, second] = [await placed(endpoint), await placed(endpoint)];
    const ids = [first.id, second.id];
    const asText = (await clientAt(endpoint).statuses(ids)).json;
    expect((await clientAt(endpoint, { encoding: "json" }).call({ action: "status", orders: ids })).json).toEqual(asText);
    expect((await clientAt(endpoint).call({ action: "status", orders: ` ${ids.join(" , ")} ` })).json).toEqual(asText);
  });
});

describe("lists and actions as scripts write them", () => {
  it.each(ENDPOINTS)("$endpoint: a list in any form, by GET and POST, under any of the action's names", async (endpoint) => {
    const [first, second] = [await placed(endpoint), await placed(endpoint)];
    const [a, b] = [first.id, second.id];
    const expected = (await clientAt(endpoint).statuses([a, b])).json;
    const url = `https://panelsync.example/api/v2${endpoint.path === undefined ? "" : `/${endpoint.path}`}`;
    const lists = [
      `orders[]=${a}&orders[]=${b}`,
      `orders[0]=${a}&orders[1]=${b}`,
      `orders=[${a},${b}]`,
      `order=${a},${b}`,
      `orders=&order=${a},${b}`,
    ];
    for (const list of lists) {
      for (const action of ["status", "orders", "multi_status", "multiple_status"]) {
        const sent = `key=${world.panelKey("till")}&action=${action}&${list}`;
        const form = { "content-type": "application/x-www-form-urlencoded" };
        const posted = await world.handle(new Request(url, { method: "POST", body: sent, headers: form }));
        const asked = await world.handle(new Request(`${url}?${sent}`));
        expect({ list, action, json: await posted.json() }).toEqual({ list, action, json: expected });
        expect({ list, action, json: await asked.json() }).toEqual({ list, action, json: expected });
        expect(posted.headers.get("content-type")).toBe("application/json");
      }
    }
  });

  it.each(ENDPOINTS)("$endpoint: one order beside a list of others is the one that is meant", async (endpoint) => {
    const [first, second] = [await placed(endpoint), await placed(endpoint)];
    const one = (await clientAt(endpoint).status(first.id)).json;
    for (const orders of ["", "undefined", String(second.id), `${second.id},${first.id}`])
      expect((await clientAt(endpoint).call({ action: "status", order: first.id, orders })).json).toEqual(one);
  });

  it.each(ENDPOINTS)(
    "$endpoint: status, refills and cancels of more ids than a provider takes in a call are no error",
    async (endpoint) => {
      const { id } = await placed(endpoint);
      const ids = [id, ...Array.from({ length: 620 }, (_, n) => 1_700_000_000 + n)];
      const client = clientAt(endpoint);
      const { json } = await client.statuses(ids);
      expect((json as Record<string, object>)[id]).toMatchObject({ status: "Pending" });
      expect(Object.keys(json as object).length).toBeGreaterThanOrEqual(500);
      expect((await client.cancel(ids)).json).toHaveLength(621);
      const refills = (await client.refills(ids)).json;
      expect(refills).toHaveLength(621);
      expect((refills as Json[])[620]).toEqual({ order: 1_700_000_619, refill: { error: "No answer, try again later" } });
      expect((await client.refillStatuses(ids)).http).toBe(200);
    },
  );
});

describe("paths", () => {
  const ask = async (path: string, method = "POST") => {
    const fields = new URLSearchParams({ key: world.panelKey("till"), action: "balance" });
    const url = `https://panelsync.example${path}`;
    return world.handle(new Request(url, method === "POST" ? { method: "POST", body: fields } : { method }));
  };

  it.each(["//api/v2/acme", "/api//v2//acme", "///api/v2/acme//", "/api/v2/acme/", "//api/v2", "/api//v2/"])(
    "%s is the endpoint",
    async (path) => {
      const answer = await ask(path);
      expect([answer.status, await answer.json()]).toEqual([200, { balance: expect.any(String), currency: "USD" }]);
    },
  );

  it.each(["/api", "/api/", "//api", "/api/v1", "/api/v1/acme", "/api/v2/acme/more", "/api/v2.php", "/apiv2", "/API/v2", "/api/%zz"])(
    "%s is none: there is no answer, which ends no order",
    async (path) => {
      for (const method of ["GET", "POST", "DELETE"]) {
        const answer = await ask(path, method);
        expect([answer.status, await answer.text(), answer.headers.get("retry-after")]).toEqual([503, "", "60"]);
      }
    },
  );
});

describe("GET", () => {
  it.each(ENDPOINTS.flatMap((endpoint) => [false, true].map((slash) => ({ ...endpoint, slash }))))(
    "$endpoint, slash $slash: services, status and balance are answered as to POST, and kept by nobody",
    async ({ slash, ...endpoint }) => {
      const { id } = await placed(endpoint);
      const [get, post] = [clientAt(endpoint, { encoding: "get", slash }), clientAt(endpoint)];
      for (const ask of [
        (client: ApiClient) => client.services(),
        (client: ApiClient) => client.balance(),
        (client: ApiClient) => client.status(id),
        (client: ApiClient) => client.statuses([id, NOBODYS]),
      ]) {
        const answer = await ask(get);
        expect(answer.http).toBe(200);
        expect(answer.headers.get("cache-control")).toMatch(/no-store/);
        expect(answer.json).toEqual((await ask(post)).json);
      }
    },
  );

  it.each(ENDPOINTS)("$endpoint: places, cancels and refills nothing", async (endpoint) => {
    const { id } = await placed(endpoint);
    const client = clientAt(endpoint, { encoding: "get" });
    for (const ask of [
      () => client.add(newOrder(endpoint)),
      () => client.cancel([id]),
      () => client.refill(id),
      () => client.refills([id]),
    ]) {
      const sent = await world.during(async () => {
        const answer = await ask();
        // By words or by code; never in a form that a script takes for a yes.
        expect(isRefusal(answer) || (answer.http >= 400 && answer.text === "")).toBe(true);
      });
      expect(sent).toEqual([]);
    }
  });
});

/** Calls that are wrong by themselves, whatever the endpoint. */
const MALFORMED: readonly [string, Fields][] = [
  ["no action", {}],
  ["an empty action", { action: "" }],
  ["an unknown action", { action: "teleport", order: 1 }],
  ["an action that is a method of objects", { action: "constructor" }],
  ["status without an order", { action: "status" }],
  ["status of no orders", { action: "status", orders: " , " }],
  ["refill without an order", { action: "refill" }],
  ["refill_status without a refill", { action: "refill_status" }],
  ["cancel without orders", { action: "cancel" }],
];

/** Orders that cannot be: the own catalogue knows so by itself, behind the other endpoint the provider does. */
const IMPOSSIBLE: readonly [string, Fields][] = [
  ["no service", { service: "" }],
  ["no link", { link: "" }],
  ["no quantity", { quantity: "" }],
  ["a quantity below the least", { quantity: 9 }],
  ["a quantity above the most", { quantity: 100_001 }],
  ["a quantity of nothing", { quantity: 0 }],
  ["a quantity below nothing", { quantity: -100 }],
  ["a broken quantity", { quantity: "1.5" }],
  ["a quantity in words", { quantity: "many" }],
  ["a service nobody has", { service: "424242" }],
];

const KEYS = ["", "nonsense", "ps_0123456789", "ps_ÄÖÜ", "x".repeat(5000)];

describe("what is no proper call is refused in words, and nothing goes to a provider", () => {
  it.each(ENDPOINTS.flatMap((endpoint) => MALFORMED.map(([what, fields]) => ({ ...endpoint, what, fields }))))(
    "$endpoint: $what",
    async ({ fields, ...endpoint }) => {
      for (const encoding of POSTED) {
        const sent = await world.during(async () => expect(isRefusal(await clientAt(endpoint, { encoding }).call(fields))).toBe(true));
        expect(sent).toEqual([]);
      }
    },
  );

  it.each(ENDPOINTS.flatMap((endpoint) => IMPOSSIBLE.map(([what, fields]) => ({ ...endpoint, what, fields }))))(
    "$endpoint: $what",
    async ({ fields, ...endpoint }) => {
      const had = world.simulated("acme").orders.size;
      const sent = await world.during(async () => expect(isRefusal(await clientAt(endpoint).add(newOrder(endpoint, fields)))).toBe(true));
      expect(world.simulated("acme").orders.size).toBe(had);
      if (endpoint.endpoint === "own catalogue") expect(sent).toEqual([]);
    },
  );

  it("own catalogue: a service that is not sold any more, and quantities just outside its own limits", async () => {
    const [, own] = ENDPOINTS;
    for (const fields of [{ service: own.off }, { quantity: 49 }, { quantity: 10_001 }]) {
      const sent = await world.during(async () => expect(isRefusal(await clientAt(own).add(newOrder(own, fields)))).toBe(true));
      expect(sent).toEqual([]);
    }
    for (const quantity of [50, 10_000]) expect(isRefusal(await clientAt(own).add(newOrder(own, { quantity })))).toBe(false);
  });

  it.each(ENDPOINTS)("$endpoint: a wrong key", async (endpoint) => {
    const actions: Fields[] = [
      { action: "services" },
      { action: "balance" },
      { action: "status", order: 1 },
      { action: "add", ...newOrder(endpoint) },
    ];
    for (const key of KEYS) {
      for (const fields of actions) {
        const sent = await world.during(async () =>
          expect((await clientAt(endpoint).call({ ...fields, key })).json).toEqual({ error: "Invalid API key" }),
        );
        expect(sent).toEqual([]);
      }
    }
  });

  it.each(ENDPOINTS)("$endpoint: bodies that are cut, empty, of another kind or too long", async (endpoint) => {
    const path = `https://panelsync.example/api/v2${endpoint.path === undefined ? "" : `/${endpoint.path}`}`;
    const json = { "content-type": "application/json" };
    const bodies: [string, Record<string, string>][] = [
      ['{"action":"add","key":', json],
      ["[]", json],
      ["null", json],
      ["", json],
      ["%%%=%&action", { "content-type": "application/x-www-form-urlencoded" }],
      ["--x\r\nnothing", { "content-type": "multipart/form-data; boundary=x" }],
      ["<add/>", { "content-type": "text/xml" }],
      [`{"action":"add","link":"${"x".repeat(1_100_000)}"}`, json],
    ];
    const sent = await world.during(async () => {
      for (const [body, headers] of bodies) {
        const response = await world.handle(new Request(path, { method: "POST", headers, body }));
        const text = await response.text();
        if (body.length > 1_000_000) expect([response.status, text]).toEqual([413, ""]);
        else expect([response.status, JSON.parse(text)]).toEqual([200, { error: expect.any(String) }]);
      }
    });
    expect(sent).toEqual([]);
  });
});

it("in the end nothing went wrong that nobody foresaw", () => {
  expect(world.troubles()).toEqual([]);
});

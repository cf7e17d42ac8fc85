/**
 * The services of the operator's own catalogue, as the operator keeps them and as panels may buy them.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { offeredServiceStatement, type ServiceRow } from "../../../src/store/catalogue/services.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { paths } from "../world/asking.ts";
import { CatalogueWorld, FOLLOWERS } from "../world/catalogue.ts";
import { count, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { World } from "../world/world.ts";

let world: CatalogueWorld;
let shop: string;
let till: string;

beforeAll(async () => {
  await migrate();
  world = new CatalogueWorld();
  shop = await world.panel("shop");
  till = (await world.ask("POST", "/v1/panels", { body: { id: "till", role: "shop", currency: "USD", money: "ledger" } })).json
    .key as string;
  await world.provider("acme", { currency: "USD" });
});

describe("a service of the own catalogue", () => {
  it("is added, shown, changed by what is named, and audited", async () => {
    const added = await world.put(101, FOLLOWERS);
    expect([added.status, added.json]).toEqual([
      201,
      {
        id: "101",
        provider: "acme",
        service: "12",
        name: "Followers",
        category: "Other",
        type: "Default",
        description: null,
        rate: "0.9",
        currency: null,
        min: 50,
        max: 10_000,
        dripfeed: false,
        refill: false,
        cancel: false,
        refill_days: null,
        start_minutes: null,
        duration_minutes: null,
        enabled: true,
        created_at: "2026-11-21T12:00:00.000Z",
        updated_at: "2026-11-21T12:00:00.000Z",
        warnings: [],
      },
    ]);
    world.now += MINUTE_MS;
    const changed = await world.put(101, {
      provider_service: 13,
      rate: "1.000000001",
      refill: true,
      refill_days: 30,
      description: "Good ones",
    });
    expect(changed.status).toBe(200);
    const after = { service: "13", rate: "1.000000001", refill: true, refill_days: 30, description: "Good ones" };
    expect(changed.json).toEqual({ ...added.json, ...after, updated_at: "2026-11-21T12:01:00.000Z" });
    const { warnings, ...shown } = changed.json;
    expect(warnings).toEqual([]);
    expect((await world.get("/v1/services/101")).json).toEqual(shown);
    const trail = await rows<{ before: string; after: string }>(
      "SELECT actor, action, before, after FROM audit WHERE subject = 'service:101' ORDER BY id",
    );
    expect(trail.map((entry) => ({ ...entry, before: JSON.parse(entry.before), after: JSON.parse(entry.after) }))).toEqual([
      {
        actor: "operator",
        action: "service.created",
        before: null,
        after: expect.objectContaining({ provider: "acme", service: "12", rate: "0.9" }),
      },
      {
        actor: "operator",
        action: "service.changed",
        after,
        before: { service: "12", rate: "0.9", refill: false, refill_days: null, description: null },
      },
    ]);
  });

  it("that is sent again as it is writes nothing", async () => {
    await world.put(102, FOLLOWERS);
    const entries = await count("audit");
    const { db, usage } = metered(env.DB);
    const again = await new World({ DB: db }).ask("PUT", "/v1/services/102", { body: { ...FOLLOWERS, rate: "0.9000" } });
    expect([again.status, usage().rows_written, await count("audit")]).toEqual([200, 0, entries]);
  });

  it.each([
    ["nothing", {}, ["provider", "service", "name", "rate", "min", "max"]],
    ["all but its provider", { service: 1, name: "x", rate: "1", min: 1, max: 2 }, ["provider"]],
    ["an unknown provider", { ...FOLLOWERS, provider: "nowhere" }, ["provider"]],
    ["both names of the provider's id", { ...FOLLOWERS, provider_service: "13" }, ["provider_service"]],
    ["no id of the provider's", { ...FOLLOWERS, service: "" }, ["service"]],
    ["a fraction for an id", { ...FOLLOWERS, service: 1.5 }, ["service"]],
    ["a rate as a number", { ...FOLLOWERS, rate: 0.9 }, ["rate"]],
    ["a rate below zero", { ...FOLLOWERS, rate: "-0.9" }, ["rate"]],
    ["a rate with too many decimals", { ...FOLLOWERS, rate: "0.0000000001" }, ["rate"]],
    ["bounds the wrong way round", { ...FOLLOWERS, min: 10, max: 9 }, ["max"]],
    ["a min of none", { ...FOLLOWERS, min: 0 }, ["min"]],
    ["a max beyond 32 bits", { ...FOLLOWERS, max: 2 ** 31 }, ["max"]],
    ["a currency of none", { ...FOLLOWERS, currency: "usd" }, ["currency"]],
    [
      "no time",
      { ...FOLLOWERS, refill_days: 0, start_minutes: -1, duration_minutes: 1.5 },
      ["refill_days", "start_minutes", "duration_minutes"],
    ],
    ["an empty name", { ...FOLLOWERS, name: "" }, ["name"]],
    ["a field of no service", { ...FOLLOWERS, price: "1" }, ["price"]],
    ["flags as numbers", { ...FOLLOWERS, dripfeed: 1, enabled: "yes" }, ["dripfeed", "enabled"]],
  ])("is not made of %s", async (_name, body, wrong) => {
    const answer = await world.put(199, body);
    expect([answer.status, answer.json.error.code, paths(answer)]).toEqual([422, "invalid_request", wrong]);
    expect(await rows("SELECT id FROM services WHERE id = 199")).toEqual([]);
  });

  it.each(["0", "-1", "01", "1.5", "x", "2147483648", "99999999999"])("has no id like %s", async (id) => {
    const answer = await world.put(id, FOLLOWERS);
    expect([answer.status, paths(answer)]).toEqual([422, ["id"]]);
    const read = await world.get(`/v1/services/${id}`);
    expect([read.status, read.json.error.code]).toEqual([404, "service_not_found"]);
  });

  it("has the ends of the range for ids", async () => {
    expect((await world.put(2_147_483_647, FOLLOWERS)).status).toBe(201);
    expect((await world.put(1, { ...FOLLOWERS, enabled: false })).status).toBe(201);
    await world.put(2_147_483_647, { enabled: false });
  });

  it("keeps its bounds in order with what it has", async () => {
    await world.put(103, { ...FOLLOWERS, min: 50, max: 100 });
    expect(paths(await world.put(103, { min: 101 }))).toEqual(["min"]);
    expect(paths(await world.put(103, { max: 49 }))).toEqual(["max"]);
    expect((await world.put(103, { min: 101, max: 101 })).json).toMatchObject({ min: 101, max: 101 });
  });

  it("changed by several at once has the changes of all, each audited on what it changed", async () => {
    await world.put(104, FOLLOWERS);
    const answers = await Promise.all([{ name: "A" }, { rate: "2" }, { refill: true }].map((body) => world.put(104, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await world.get("/v1/services/104")).json).toMatchObject({ name: "A", rate: "2", refill: true });
    expect(await rows("SELECT count(*) AS n FROM audit WHERE subject = 'service:104' AND action = 'service.changed'")).toEqual([{ n: 3 }]);
  });

  it("added by several at once is added once", async () => {
    const answers = await Promise.all(["A", "B", "C"].map((name) => world.put(105, { ...FOLLOWERS, name })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(await rows("SELECT count(*) AS n FROM audit WHERE subject = 'service:105' AND action = 'service.created'")).toEqual([{ n: 1 }]);
  });

  it("is listed by id, page by page", async () => {
    const seen: string[] = [];
    for (let cursor: string | null = null; ;) {
      const { json } = await world.get(`/v1/services?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`);
      seen.push(...(json.services as { id: string }[]).map(({ id }) => id));
      expect(json.has_more).toBe(json.next_cursor !== null);
      if (!json.has_more) break;
      cursor = json.next_cursor as string;
    }
    expect(seen).toEqual((await rows<{ id: number }>("SELECT id FROM services ORDER BY id")).map(({ id }) => String(id)));
    expect(paths(await world.get("/v1/services?cursor=nonsense&limit=0&provider=acme"))).toEqual(
      expect.arrayContaining(["cursor", "limit", "provider"]),
    );
  });

  it.each([
    ["PUT", "/v1/services/101"],
    ["GET", "/v1/services/101"],
    ["GET", "/v1/services"],
    ["POST", "/v1/services/import"],
  ])("is the operator's alone: %s %s", async (method, path) => {
    const body = method === "GET" ? {} : { body: FOLLOWERS };
    expect((await world.ask(method, path, { key: shop, ...body })).status).toBe(403);
    expect((await world.ask(method, path, { key: null, ...body })).status).toBe(401);
  });
});

describe("the services that a panel may buy", () => {
  const SOLD = { service: 1, name: "Sold", rate: "1.50", min: 10, max: 100 };

  beforeAll(async () => {
    for (const id of ["mine", "theirs", "off"]) await world.provider(id, id === "theirs" ? { panels: ["till"] } : {});
    await env.DB.prepare("UPDATE services SET enabled = 0").run();
    await world.put(201, { ...SOLD, provider: "mine", description: "Text", duration_minutes: 90, currency: "USD", dripfeed: true });
    await world.put(202, { ...SOLD, provider: "theirs", rate: "0.000000001", cancel: true, category: "Social", type: "Package" });
    await world.put(203, { ...SOLD, provider: "off" });
    await world.put(204, { ...SOLD, provider: "mine", currency: "EUR" });
    await world.put(205, { ...SOLD, provider: "mine", enabled: false });
    await world.provider("off", { enabled: false });
  });

  const first = {
    service: 201,
    name: "Sold",
    type: "Default",
    category: "Other",
    rate: "1.5",
    min: "10",
    max: "100",
    dripfeed: true,
    refill: false,
    cancel: false,
    desc: "Text",
    average_time: "1 hour 30 minutes",
  };
  const second = {
    service: 202,
    name: "Sold",
    type: "Package",
    category: "Social",
    rate: "0.000000001",
    min: "10",
    max: "100",
    dripfeed: false,
    refill: false,
    cancel: true,
  };

  it("are those that are on, in its currency, and of a provider that is on and that it may use", async () => {
    expect((await world.apiV2(shop, { action: "services" })).json).toEqual([first]);
    expect((await world.apiV2(till, { action: "services" })).json).toEqual([first, second]);
    const euro = await world.panel("euro", "EUR");
    expect((await world.apiV2(euro, { action: "services" })).json).toMatchObject([{ service: 204 }]);
  });

  it("take one round trip, the key's check included, and nobody else's key", async () => {
    const { json: said, usage } = await world.costOfScript(till, "services", null);
    expect(said).toHaveLength(2);
    expect(usage).toMatchObject({ d1_calls: 1, d1_statements: 2, rows_written: 0 });
    expect((await world.costOfScript("ps_wrong", "services", null)).json).toEqual({ error: "Invalid API key" });
  });

  it.each([
    ["shop", "201", true],
    ["shop", "202", false],
    ["till", "202", true],
    ["till", "203", false],
    ["till", "204", false],
    ["till", "205", false],
    ["till", "0201", false],
    ["till", "201.0", false],
    ["till", " 201", false],
    ["till", "201; DROP TABLE services", false],
    ["till", "2147483648", false],
    ["till", "4294967497", false],
    ["till", "-201", false],
    ["till", "", false],
  ])("%s asked for %j by itself: %s", async (panel, id, isFound) => {
    const statement = offeredServiceStatement(env.DB, { by: "id", value: panel }, id);
    expect((await statement.all<ServiceRow>()).results.map((row) => row.id)).toEqual(isFound ? [Number(id)] : []);
  });
});

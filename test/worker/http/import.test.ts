/**
 * The own catalogue as the operator keeps it, and what both doors say of services and balances: real D1, and providers
 * that say what a test wants them to.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { refreshServices } from "../../../src/http/api-v2/services.ts";
import { offeredServiceStatement, type ServiceRow } from "../../../src/store/catalogue/services.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { readProviders } from "../../../src/store/orders/due.ts";
import { type ListedRateRow, rateStatement, toListedRate } from "../../../src/store/providers/provider-services.ts";
import { paths } from "../world/asking.ts";
import { CatalogueWorld, FOLLOWERS, type Says, THEIRS } from "../world/catalogue.ts";
import { count, migrate, rows } from "../world/database.ts";
import { World } from "../world/world.ts";

const MINUTE = 60_000;

let world: CatalogueWorld;
let shop: string;
let till: string;

beforeAll(async () => {
  await migrate();
  world = new CatalogueWorld();
  shop = await world.panel("shop");
  till = (await world.ask("POST", "/v1/panels", { body: { id: "till", currency: "USD", money: "ledger" } })).json.key as string;
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
      },
    ]);
    world.now += MINUTE;
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
    expect((await world.get("/v1/services/101")).json).toEqual(changed.json);
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
    const { json: said, usage } = await world.costOf(till, "services", null);
    expect(said).toHaveLength(2);
    expect(usage).toMatchObject({ d1_calls: 1, d1_statements: 2, rows_written: 0 });
    expect((await world.costOf("ps_wrong", "services", null)).json).toEqual({ error: "Invalid API key" });
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

describe("an import", () => {
  const fresh = {
    dripfeed: false,
    refill_days: null,
    start_minutes: null,
    duration_minutes: null,
    enabled: true,
    currency: "EUR",
    provider: "wholesale",
  };

  beforeAll(async () => {
    await world.provider("wholesale", { currency: "EUR" });
    await env.DB.prepare("UPDATE services SET id = 999 WHERE id = 2147483647").run();
    await world.put(12, { ...FOLLOWERS, enabled: false });
    world.upstream.set("wholesale", { services: THEIRS });
  });

  it("adds what the provider lists with a markup, in the provider's currency, and says what it did", async () => {
    const answer = await world.import({ provider: "wholesale", markup: "12.5" });
    expect([answer.status, answer.json]).toEqual([
      200,
      {
        provider: "wholesale",
        created: ["1000", "13"],
        updated: [],
        unchanged: 0,
        disabled: [],
        skipped: [{ service: "14", why: "its rate cannot be read" }],
      },
    ]);
    expect((await world.get("/v1/services/1000")).json).toMatchObject({
      ...fresh,
      service: "12",
      name: "Followers",
      category: "Social",
      type: "Default",
      description: null,
      rate: "1.0125",
      min: 50,
      max: 10_000,
      refill: true,
      cancel: true,
    });
    expect((await world.get("/v1/services/13")).json).toMatchObject({
      ...fresh,
      service: "13",
      name: "Comments",
      category: "Talk",
      type: "Custom Comments",
      description: "Written by people",
      rate: "2.8125",
      min: 1,
      max: 100,
      refill: false,
      cancel: false,
      dripfeed: true,
    });
  });

  it("again changes nothing, and writes nothing of the catalogue", async () => {
    const before = await rows("SELECT * FROM services ORDER BY id");
    const entries = await count("audit");
    const { json } = await world.import({ provider: "wholesale", markup: 12.5 });
    expect(json).toMatchObject({ created: [], updated: [], unchanged: 2, disabled: [] });
    expect([await rows("SELECT * FROM services ORDER BY id"), await count("audit")]).toEqual([before, entries]);
  });

  it("brings figures up to date, leaves the operator's texts, turns off what is gone, and is audited", async () => {
    await world.put(1000, { name: "Best followers", category: "Ours", description: "Real", refill_days: 30 });
    const [followers] = THEIRS;
    world.upstream.set("wholesale", {
      services: [
        { ...followers, name: "Renamed", rate: "1", max: "500" },
        { service: "x", name: "New", rate: "3", min: 1, max: 2 },
      ],
    });
    world.now += MINUTE;
    const { json } = await world.import({ provider: "wholesale", markup: "10" });
    expect(json).toEqual({ provider: "wholesale", created: ["1001"], updated: ["1000"], unchanged: 0, disabled: ["13"], skipped: [] });
    const own = { name: "Best followers", category: "Ours", description: "Real", refill_days: 30 };
    expect((await world.get("/v1/services/1000")).json).toMatchObject({ ...own, rate: "1.1", max: 500, enabled: true });
    expect((await world.get("/v1/services/13")).json).toMatchObject({ enabled: false, rate: "2.8125" });
    expect((await world.get("/v1/services/1001")).json).toMatchObject({ name: "New", category: "Other", type: "Default" });
    const [entry] = await rows<{ before: string; after: string }>("SELECT * FROM audit ORDER BY id DESC LIMIT 1");
    expect(entry).toMatchObject({ actor: "operator", action: "services.imported", subject: "provider:wholesale", at: world.now });
    expect(JSON.parse(entry?.before ?? "")).toEqual({ services: { 1000: { rate: "1.0125", max: 10_000 }, 13: { enabled: true } } });
    expect(JSON.parse(entry?.after ?? "")).toEqual({
      markup: "10",
      categories: null,
      services: { 1000: { rate: "1.1", max: 500 }, 13: { enabled: false }, 1001: expect.objectContaining({ service: "x", rate: "3.3" }) },
    });
  });

  it("takes the categories that are named, and names those that the provider has not", async () => {
    await world.provider("mixed");
    world.upstream.set("mixed", { services: [...THEIRS, { service: 15, name: "C", category: " Talk ", rate: "1", min: 1, max: 2 }] });
    const wrong = await world.import({ provider: "mixed", markup: 0, categories: ["Talk", "talk", "Nothing"] });
    expect([wrong.status, paths(wrong)]).toEqual([422, ["categories[1]", "categories[2]"]]);
    expect(wrong.json.error.message).toContain("Nothing");
    const { json } = await world.import({ provider: "mixed", markup: 0, categories: ["Talk"] });
    expect(json).toMatchObject({ created: ["1002", "15"], skipped: [{ service: "14" }] });
    expect((await world.get("/v1/services/1002")).json).toMatchObject({ service: "13", rate: "2.5", currency: null });
  });

  it.each([
    ["nothing", {}, ["provider", "markup"]],
    ["an unknown provider", { provider: "nowhere", markup: 1 }, ["provider"]],
    ["a markup below zero", { provider: "wholesale", markup: -1 }, ["markup"]],
    ["a markup of too many decimals", { provider: "wholesale", markup: "1.00001" }, ["markup"]],
    ["a sum for a markup", { provider: "wholesale", markup: 0.1 + 0.2 }, ["markup"]],
    ["a markup beyond all measure", { provider: "wholesale", markup: "10000.0001" }, ["markup"]],
    ["a markup in words", { provider: "wholesale", markup: "10%" }, ["markup"]],
    ["a yes for a markup", { provider: "wholesale", markup: true }, ["markup"]],
    ["no categories at all", { provider: "wholesale", markup: 1, categories: [] }, ["categories"]],
    ["a category of none", { provider: "wholesale", markup: 1, categories: [5] }, ["categories[0]"]],
    ["a field of no import", { provider: "wholesale", markup: 1, percent: 5 }, ["percent"]],
  ])("is refused with %s, before anybody is asked", async (_name, body, wrong) => {
    world.asked.length = 0;
    const answer = await world.import(body);
    expect([answer.status, paths(answer), world.asked]).toEqual([422, wrong, []]);
  });

  it.each([
    ["that is down", undefined, 502],
    ["that answers a page", "<html><body>502 Bad Gateway</body></html>", 502],
    ["that rejects the key", { error: "Invalid API key" }, 502],
    ["that lists nothing", [], 502],
    ["that is cut off", JSON.stringify(THEIRS).slice(0, 300), 502],
    ["that answers something else", { balance: "100", currency: "USD" }, 502],
  ])("from a provider %s changes nothing", async (_name, services, status) => {
    const before = await rows("SELECT * FROM services ORDER BY id");
    world.upstream.set("wholesale", { services });
    const { json, status: answered } = await world.import({ provider: "wholesale", markup: 50 });
    expect([answered, json.error.code]).toEqual([status, "provider_unavailable"]);
    expect(json.error.message).toContain("wholesale");
    expect(json.error.message).not.toContain("provider-key-1234");
    expect(await rows("SELECT * FROM services ORDER BY id")).toEqual(before);
  });

  it("from a provider that may not be called is told to wait, and calls nobody", async () => {
    await world.provider("slow", { max_calls_per_minute: 1 });
    world.upstream.set("slow", { services: [THEIRS[0]] });
    expect((await world.import({ provider: "slow", markup: 0 })).status).toBe(200);
    world.asked.length = 0;
    const answer = await world.import({ provider: "slow", markup: 0 });
    expect([answer.status, answer.json.error.code, answer.headers.get("Retry-After"), world.asked]).toEqual([
      503,
      "provider_unavailable",
      "60",
      [],
    ]);
  });

  it("of several thousand services is one transaction, with a row written each, and one an entry in the trail", async () => {
    await world.provider("vast");
    const list = Array.from({ length: 10_000 }, (_, i) => ({
      service: 10_000 + i,
      name: `Service ${i}`,
      category: "Many",
      rate: "0.5",
      min: 1,
      max: 9,
      desc: "x".repeat(80),
    }));
    world.upstream.set("vast", { services: list });
    const { db, usage } = metered(env.DB);
    const metering = new CatalogueWorld({ DB: db });
    metering.upstream.set("vast", { services: list });
    const first = await metering.import({ provider: "vast", markup: 1 });
    expect(first.json.created).toHaveLength(10_000);
    expect(usage().rows_written).toBe(10_000 + 50 + 1);
    expect(usage().d1_calls).toBe(4);
    // The free plan has 50 an invocation: one for each 900,000 characters of services, or of the trail.
    expect(usage().d1_statements).toBeLessThanOrEqual(20);
    const again = metered(env.DB);
    const changing = new CatalogueWorld({ DB: again.db });
    changing.upstream.set("vast", { services: list.map((service) => ({ ...service, rate: "0.6" })) });
    expect((await changing.import({ provider: "vast", markup: 1 })).json.updated).toHaveLength(10_000);
    expect(again.usage().rows_written).toBe(10_000 + 50 + 1);
    expect(again.usage().d1_statements).toBeLessThanOrEqual(20);
    // Each is found by its key: a join the other way round would read 100 million.
    expect(again.usage().rows_read).toBeLessThan(80_000);
    const entries = await rows<{ before: string; after: string }>(
      "SELECT before, after FROM audit WHERE action = 'services.imported' AND subject = 'provider:vast' ORDER BY id",
    );
    expect(entries).toHaveLength(100);
    const told = entries.flatMap(({ after }) => Object.keys((JSON.parse(after) as { services: object }).services));
    expect(new Set(told).size).toBe(10_000);
    expect(JSON.parse(entries.at(-1)?.before ?? "")).toMatchObject({ services: { 19999: { rate: expect.any(String) } } });
    await env.DB.prepare("UPDATE services SET enabled = 0 WHERE provider = 'vast'").run();
  });

  it("of more than can be taken at once says so", async () => {
    await world.provider("endless");
    world.upstream.set("endless", {
      services: Array.from({ length: 10_001 }, (_, i) => ({
        service: i + 1,
        name: "S",
        category: i < 5 ? "Few" : "Many",
        rate: "1",
        min: 1,
        max: 9,
      })),
    });
    const answer = await world.import({ provider: "endless", markup: 0 });
    expect([answer.status, paths(answer)]).toEqual([422, ["categories"]]);
    expect((await world.import({ provider: "endless", markup: 0, categories: ["Few"] })).json.created).toHaveLength(5);
  });

  it("beside another import and a change leaves each service as one of them has it, with nothing twice", async () => {
    await world.provider("raced");
    world.upstream.set("raced", {
      services: [
        { service: 70_001, name: "A", rate: "1", min: 1, max: 9 },
        { service: "b", name: "B", rate: "1", min: 1, max: 9 },
      ],
    });
    const answers = await Promise.all([1, 2, 3].map((markup) => world.import({ provider: "raced", markup })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const mapped = await rows<{ id: number; rate: string }>("SELECT id, rate FROM services WHERE provider = 'raced' ORDER BY id");
    expect(mapped).toHaveLength(2);
    expect(answers.flatMap(({ json }) => json.created as string[])).toHaveLength(2);
    await Promise.all([
      world.put(70_001, { name: "Ours" }),
      world.import({ provider: "raced", markup: 100 }),
      world.put(70_001, { refill_days: 9 }),
    ]);
    expect((await world.get("/v1/services/70001")).json).toMatchObject({ name: "Ours", refill_days: 9, rate: "2" });
  });

  it("that loses its fence writes nothing at all", async () => {
    const before = await rows("SELECT * FROM services WHERE provider = 'raced' ORDER BY id");
    world.upstream.set("raced", {
      services: [
        { service: 70_001, name: "A", rate: "5", min: 1, max: 9 },
        { service: "new", name: "N", rate: "1", min: 1, max: 9 },
      ],
    });
    const changed: D1Database = Object.create(env.DB, {
      prepare: { value: (sql: string) => env.DB.prepare(sql) },
      batch: {
        value: async (statements: D1PreparedStatement[]) => {
          const results = await env.DB.batch(statements);
          // Whoever reads the catalogue finds it changed by the time of writing.
          if (results.length === 2 && (results[0]?.results.length ?? 0) > 1)
            await env.DB.prepare("UPDATE services SET version = version + 1 WHERE id = 70001").run();
          return results;
        },
      },
    });
    const losing = new CatalogueWorld({ DB: changed });
    losing.upstream.set("raced", world.upstream.get("raced") ?? {});
    const entries = await count("audit");
    const { status, json } = await losing.import({ provider: "raced", markup: 0 });
    expect([status, json.error.code, await count("audit")]).toEqual([503, "settings_contended", entries]);
    const after = await rows<{ version: number }>("SELECT * FROM services WHERE provider = 'raced' ORDER BY id");
    expect(after.map((row) => ({ ...row, version: 0 }))).toEqual(before.map((row) => ({ ...(row as object), version: 0 })));
  });
});

describe("services at a provider's door", () => {
  const kept = (provider: string) =>
    rows<{ fetched_at: number; list: string; rates: string }>("SELECT * FROM provider_services WHERE provider = ?1", provider);

  async function addProvider(id: string, settings: Record<string, unknown> = {}): Promise<void> {
    await world.provider(id, settings);
    world.upstream.set(id, { services: THEIRS, balance: { balance: "5", currency: "USD" } });
    world.asked.length = 0;
  }

  it("are the provider's as it sent them, asked for once in 15 minutes, and one round trip while they are kept", async () => {
    await addProvider("sheet");
    const answer = await world.apiV2(shop, { action: "services" }, "sheet");
    expect([answer.status, answer.json, answer.headers.get("Content-Type")]).toEqual([200, THEIRS, "application/json; charset=utf-8"]);
    world.now += 15 * MINUTE - 1;
    const cached = await world.costOf(shop, "services", "sheet");
    expect(cached.json).toEqual(THEIRS);
    expect(cached.usage).toMatchObject({ d1_calls: 1, d1_statements: 3, rows_written: 0 });
    expect(world.asked).toEqual(["sheet services"]);
    world.now += 1;
    const again = await world.costOf(till, "services", "sheet");
    expect([again.json, again.usage.rows_written, world.asked.length]).toEqual([THEIRS, 1, 2]);
  });

  it("are asked for anew when the provider's settings have changed, and never told from older ones", async () => {
    await addProvider("moved");
    await world.apiV2(shop, { action: "services" }, "moved");
    await world.provider("moved", { name: "Renamed" });
    await world.apiV2(shop, { action: "services" }, "moved");
    expect(world.asked).toHaveLength(1);
    await world.provider("moved", { url: "https://moved.example/elsewhere" });
    world.upstream.set("moved", {});
    const gone = await world.apiV2(shop, { action: "services" }, "moved");
    expect([gone.status, gone.text, gone.headers.get("Retry-After")]).toEqual([503, "", "60"]);
    world.upstream.set("moved", { services: THEIRS.slice(1) });
    expect((await world.apiV2(shop, { action: "services" }, "moved")).json).toEqual(THEIRS.slice(1));
  });

  it.each([
    ["is down", undefined, "network"],
    ["answers a page", "<html><body>Just a moment</body></html>", "not_json"],
    ["answers an error", { error: "Maintenance" }, "refused"],
    ["lists nothing", [], "bad_shape"],
    ["is cut off", JSON.stringify(THEIRS).slice(0, 200), "not_json"],
    ["answers no services", [{ order: 1 }, { order: 2 }], "bad_shape"],
  ])("are the last good ones while the provider %s", async (name, services, why) => {
    const provider = `stale-${name.length}-${why.length}`;
    await addProvider(provider);
    await world.apiV2(shop, { action: "services" }, provider);
    const before = await kept(provider);
    world.now += 61 * MINUTE;
    world.upstream.set(provider, { services });
    world.events.length = 0;
    const answer = await world.apiV2(shop, { action: "services" }, provider);
    expect([answer.status, answer.json]).toEqual([200, THEIRS]);
    expect(world.eventsOf("services.stale")).toEqual([{ event: "services.stale", provider, age_minutes: 61, why }]);
    expect(await kept(provider)).toEqual(before);
    world.upstream.set(provider, { services: THEIRS });
    expect((await world.apiV2(shop, { action: "services" }, provider)).json).toEqual(THEIRS);
    expect(await kept(provider)).toMatchObject([{ fetched_at: world.now }]);
  });

  it("are not asked for beyond the provider's budget: the last good ones, or none for now", async () => {
    await addProvider("tight", { max_calls_per_minute: 1 });
    await addProvider("tighter", { max_calls_per_minute: 1 });
    await world.apiV2(shop, { action: "services" }, "tight");
    await env.DB.prepare("UPDATE provider_services SET fetched_at = 0 WHERE provider = 'tight'").run();
    await world.apiV2(shop, { action: "balance" }, "tighter");
    world.asked.length = 0;
    expect((await world.apiV2(shop, { action: "services" }, "tight")).json).toEqual(THEIRS);
    const busy = await world.apiV2(shop, { action: "services" }, "tighter");
    expect([busy.status, busy.text, busy.headers.get("Retry-After"), world.asked]).toEqual([429, "", "60", []]);
  });

  it("of a provider that is switched off are what is kept, or none", async () => {
    await addProvider("closing");
    await world.apiV2(shop, { action: "services" }, "closing");
    await world.provider("closing", { enabled: false });
    world.now += 16 * MINUTE;
    world.asked.length = 0;
    expect((await world.apiV2(shop, { action: "services" }, "closing")).json).toEqual(THEIRS);
    await env.DB.prepare("DELETE FROM provider_services WHERE provider = 'closing'").run();
    expect([(await world.apiV2(shop, { action: "services" }, "closing")).status, world.asked]).toEqual([503, []]);
  });

  it("belong to the panels that may use the provider, and to no other key", async () => {
    await addProvider("private", { panels: ["till"] });
    const [closed, nowhere] = [
      await world.apiV2(shop, { action: "services" }, "private"),
      await world.apiV2(shop, { action: "services" }, "nowhere"),
    ];
    expect([closed.status, closed.text, nowhere.status, nowhere.text]).toEqual([404, "", 404, ""]);
    expect((await world.apiV2("ps_wrong", { action: "services" }, "private")).json).toEqual({ error: "Invalid API key" });
    expect((await world.apiV2("ps_wrong", { action: "services" }, "nowhere")).json).toEqual({ error: "Invalid API key" });
    expect(world.asked).toEqual([]);
    expect((await world.apiV2(till, { action: "services" }, "private")).json).toEqual(THEIRS);
  });

  it("that were asked for under settings that changed meanwhile are told, and not kept", async () => {
    await addProvider("changing");
    const { fetch } = world.ports;
    world.ports = {
      ...world.ports,
      fetch: async (request) => {
        await env.DB.prepare("UPDATE providers SET settings_version = settings_version + 1 WHERE id = 'changing'").run();
        return fetch(request);
      },
    };
    expect((await world.apiV2(shop, { action: "services" }, "changing")).json).toEqual(THEIRS);
    world.ports = { ...world.ports, fetch };
    expect(await kept("changing")).toEqual([]);
  });

  it.each([
    ["that are long are kept whole", "wordy", 20, 89_000],
    ["that are too long to be kept are kept without their descriptions", "wordier", 1600, 1020],
  ])("%s", async (_name, provider, services, descriptionChars) => {
    await addProvider(provider);
    const type = "t".repeat(64);
    const plain = Array.from({ length: services }, (_, i) => ({ service: i + 1, name: `S${i}`, type, rate: "1", min: 1, max: 2 }));
    const list = plain.map((service) => ({ ...service, desc: "x".repeat(descriptionChars) }));
    world.upstream.set(provider, { services: list });
    const whole = JSON.stringify(list);
    expect(whole.length).toBeGreaterThan(1_780_000);
    expect((await world.apiV2(shop, { action: "services" }, provider)).text === whole).toBe(true);
    const { json: said, usage } = await world.costOf(shop, "services", provider);
    expect([usage.d1_calls, world.asked]).toEqual([1, [`${provider} services`]]);
    expect(JSON.stringify(said) === (provider === "wordy" ? whole : JSON.stringify(plain))).toBe(true);
  });

  it("tell an add the rate of one of them, whatever its id", async () => {
    await addProvider("rated");
    const odd = ["a.b", "$x", "[0]", "9007199254740993", "İ"].map((id) => ({
      service: id,
      name: id,
      type: "Package",
      rate: "0.10",
      min: 1,
      max: 2,
    }));
    world.upstream.set("rated", { services: [...THEIRS, ...odd, { service: '"', name: "Quote", rate: "1", min: 1, max: 2 }] });
    const read = async (id: string) => rateStatement(env.DB, "rated", id).first<ListedRateRow>();
    expect(toListedRate(await read("12"))).toBeNull();
    await world.apiV2(shop, { action: "services" }, "rated");
    expect(toListedRate(await read("12"))).toEqual({ rate: "0.90", type: "Default" });
    expect(toListedRate(await read("13"))).toEqual({ rate: "2.5", type: "Custom Comments" });
    expect(toListedRate(await read("14"))).toEqual({ rate: null, type: "Default" });
    for (const { service } of odd)
      expect([service, toListedRate(await read(service))]).toEqual([service, { rate: "0.10", type: "Package" }]);
    for (const id of ["", "nope", '"', "\\", '"."', "'", "12'", "$"])
      expect([id, toListedRate(await read(id))]).toEqual([id, { rate: null, type: "" }]);
    const row = await read("12");
    expect(toListedRate(row, world.now + 15 * MINUTE - 1)).not.toBeNull();
    expect(toListedRate(row, world.now + 15 * MINUTE)).toBeNull();
    expect(toListedRate(row, world.now - 1)).toBeNull();
  });

  it("are asked for by an add that knows none, which takes an old rate over no rate", async () => {
    await addProvider("asked");
    const provider = (await readProviders(env.DB, ["asked"])).get("asked");
    if (provider === undefined) throw new Error("there is no provider");
    const request = new Request("https://panelsync.example/api/v2/asked");
    const refresh = (id: string) =>
      refreshServices(
        { request, url: new URL(request.url), env, db: env.DB, ports: world.ports, now: world.now, requestId: "r", waitUntil: () => {} },
        provider,
        id,
      );
    world.upstream.set("asked", {});
    expect(await refresh("12")).toBeNull();
    world.upstream.set("asked", { services: THEIRS });
    expect(await refresh("12")).toBeNull();
    world.now += 15 * MINUTE;
    expect([await refresh("12"), await refresh("nope")]).toEqual([
      { rate: "0.90", type: "Default" },
      { rate: null, type: "" },
    ]);
    world.upstream.set("asked", {});
    expect(await refresh("13")).toEqual({ rate: "2.5", type: "Custom Comments" });
  });
});

describe("the balance at a provider's door", () => {
  const balance = (text: unknown, currency?: string) => ({ balance: { balance: text, ...(currency === undefined ? {} : { currency }) } });

  async function addProvider(id: string, says: Says, settings: Record<string, unknown> = {}): Promise<void> {
    await world.provider(id, settings);
    world.upstream.set(id, says);
    world.asked.length = 0;
  }

  it("is the provider's to the digit, asked for once in 60 seconds, and one round trip while it is kept", async () => {
    await addProvider("purse", balance("100.84292", "USD"));
    expect((await world.apiV2(shop, { action: "balance" }, "purse")).json).toEqual({ balance: "100.84292", currency: "USD" });
    world.upstream.set("purse", balance(7, "EUR"));
    world.now += 59_999;
    const cached = await world.costOf(shop, "balance", "purse");
    expect(cached.json).toEqual({ balance: "100.84292", currency: "USD" });
    expect(cached.usage).toMatchObject({ d1_calls: 1, d1_statements: 2, rows_written: 0 });
    world.now += 1;
    const asked = await world.costOf(shop, "balance", "purse");
    expect([asked.json, asked.usage.rows_written, world.asked.length]).toEqual([{ balance: "7", currency: "EUR" }, 1, 2]);
  });

  it.each([
    ["the provider's word", "EUR", "USD", { currency: "EUR" }],
    ["else the operator's", undefined, "USD", { currency: "USD" }],
    ["else none", undefined, null, {}],
  ])("has the currency by %s", async (_name, said, set, expected) => {
    const id = `coin-${said}-${set}`.toLowerCase();
    await addProvider(id, balance("-5.50", said), { currency: set });
    for (let times = 0; times < 2; times++)
      expect((await world.apiV2(shop, { action: "balance" }, id)).json).toEqual({ balance: "-5.50", ...expected });
  });

  it.each([
    ["is down", undefined, "network"],
    ["answers rubbish", "<b>oops</b>", "not_json"],
    ["answers no balance", { balance: "Unknown" }, "bad_shape"],
  ])("is the last known for 15 minutes while the provider %s, and none after", async (name, said, why) => {
    const id = `purse-${name.length}`;
    await addProvider(id, balance("3", "USD"));
    await world.apiV2(shop, { action: "balance" }, id);
    world.upstream.set(id, { balance: said });
    world.events.length = 0;
    world.now += 15 * MINUTE - 1;
    expect((await world.apiV2(shop, { action: "balance" }, id)).json).toEqual({ balance: "3", currency: "USD" });
    expect(world.eventsOf("balance.stale")).toEqual([{ event: "balance.stale", provider: id, age_minutes: 14, why }]);
    world.now += 1;
    const none = await world.apiV2(shop, { action: "balance" }, id);
    expect([none.status, none.text, none.headers.get("Retry-After")]).toEqual([503, "", "60"]);
    world.upstream.set(id, balance("4", "USD"));
    expect((await world.apiV2(shop, { action: "balance" }, id)).json).toEqual({ balance: "4", currency: "USD" });
  });

  it("is not told from before the provider's url or key was changed", async () => {
    await addProvider("rekeyed", balance("3", "USD"));
    await world.apiV2(shop, { action: "balance" }, "rekeyed");
    world.upstream.set("rekeyed", {});
    await world.provider("rekeyed", { name: "Renamed" });
    expect((await world.apiV2(shop, { action: "balance" }, "rekeyed")).status).toBe(200);
    await world.provider("rekeyed", { key: "another-key-5678" });
    expect((await world.apiV2(shop, { action: "balance" }, "rekeyed")).status).toBe(503);
  });

  it("is not asked for beyond the provider's budget", async () => {
    await addProvider("frugal", { ...balance("3", "USD"), services: THEIRS }, { max_calls_per_minute: 1 });
    await world.apiV2(shop, { action: "services" }, "frugal");
    const busy = await world.apiV2(shop, { action: "balance" }, "frugal");
    expect([busy.status, busy.text, world.asked]).toEqual([429, "", ["frugal services"]]);
  });

  it("belongs to the panels that may use the provider, and to no other key", async () => {
    await addProvider("locked", balance("3", "USD"), { panels: ["till"] });
    expect((await world.apiV2(shop, { action: "balance" }, "locked")).status).toBe(404);
    expect((await world.apiV2(shop, { action: "balance" }, "nowhere")).status).toBe(404);
    expect((await world.apiV2("ps_wrong", { action: "balance" }, "locked")).json).toEqual({ error: "Invalid API key" });
    expect(world.asked).toEqual([]);
  });
});

describe("the balance at the own catalogue's door", () => {
  it("is what stands on the panel's own account, where accounts are kept here", async () => {
    expect((await world.apiV2(till, { action: "balance" })).json).toEqual({ balance: "0", currency: "USD" });
    const credit = (customer: string, amount: string) =>
      world.ask("POST", `/v1/customers/${customer}/credits`, {
        panel: "till",
        body: { amount, reference: "paid in" },
        headers: { "Idempotency-Key": `${customer} ${amount}` },
      });
    expect((await credit("@panel", "12.345678")).status).toBe(201);
    await credit("ann", "99");
    const { json: said, usage } = await world.costOf(till, "balance", null);
    expect(said).toEqual({ balance: "12.345678", currency: "USD" });
    expect(usage).toMatchObject({ d1_calls: 1, d1_statements: 3, rows_written: 0 });
    expect((await world.apiV2("ps_wrong", { action: "balance" })).json).toEqual({ error: "Invalid API key" });
  });

  describe("of a panel that keeps its books itself", () => {
    const sold = (id: number, provider: string, changes: Record<string, unknown> = {}) =>
      world.put(id, { provider, service: 1, name: "S", rate: "1", min: 1, max: 9, enabled: true, ...changes });
    let desk: string;

    beforeAll(async () => {
      desk = await world.panel("desk");
      await env.DB.prepare("UPDATE services SET enabled = 0").run();
    });

    it("is nothing while nothing is sold to it", async () => {
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "0", currency: "USD" });
    });

    it("is the lowest, as numbers, of those of its services' providers, and nobody else's", async () => {
      const balances = { rich: "100.5", poor: "99.75", unsold: "1", others: "2", off: "3", euro: "4" };
      for (const [id, balance] of Object.entries(balances)) {
        await world.provider(id, { enabled: true, ...(id === "others" ? { panels: ["shop"] } : {}) });
        world.upstream.set(id, { balance: { balance, currency: "USD" } });
      }
      await sold(301, "rich");
      await sold(302, "poor");
      await sold(303, "unsold", { enabled: false });
      await sold(304, "others");
      await sold(305, "off");
      await sold(306, "euro", { currency: "EUR" });
      await world.provider("off", { enabled: false });
      world.asked.length = 0;
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "99.75", currency: "USD" });
      expect(world.asked.toSorted()).toEqual(["poor balance", "rich balance"]);
      const { json: said, usage } = await world.costOf(desk, "balance", null);
      expect(said).toEqual({ balance: "99.75", currency: "USD" });
      expect(usage).toMatchObject({ d1_calls: 1, rows_written: 0 });
    });

    it("is the last known of a provider that is down, and does without one that was never heard of", async () => {
      world.now += 2 * MINUTE;
      world.upstream.set("poor", {});
      world.upstream.set("rich", { balance: { balance: "200", currency: "USD" } });
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "99.75", currency: "USD" });
      expect(world.eventsOf("balance.stale")).toContainEqual({ event: "balance.stale", provider: "poor", age_minutes: 2, why: "network" });
      world.now += 14 * MINUTE;
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "200", currency: "USD" });
      world.upstream.set("rich", {});
      world.now += 16 * MINUTE;
      const none = await world.apiV2(desk, { action: "balance" });
      expect([none.status, none.text]).toEqual([503, ""]);
    });

    it("is in the panel's currency if any is, and below zero where it is", async () => {
      world.upstream.set("rich", { balance: { balance: "-200.5", currency: "USD" } });
      world.upstream.set("poor", { balance: { balance: "-900", currency: "EUR" } });
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "-200.5", currency: "USD" });
      world.now += 2 * MINUTE;
      world.upstream.set("rich", { balance: { balance: "-1000.01", currency: "INR" } });
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "-1000.01", currency: "INR" });
    });

    it("asks eight providers at a time, those first that were asked longest ago", async () => {
      for (let n = 1; n <= 10; n++) {
        await world.provider(`many-${n}`);
        world.upstream.set(`many-${n}`, { balance: { balance: String(5000 - n), currency: "USD" } });
        await sold(310 + n, `many-${n}`);
      }
      await env.DB.prepare("UPDATE services SET enabled = 0 WHERE id < 310").run();
      world.asked.length = 0;
      await world.apiV2(desk, { action: "balance" });
      expect(world.asked).toHaveLength(8);
      expect((await world.apiV2(desk, { action: "balance" })).json).toEqual({ balance: "4990", currency: "USD" });
      expect(new Set(world.asked).size).toBe(10);
    });
  });
});

/**
 * The import of a provider's list into the operator's own catalogue.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { paths } from "../world/asking.ts";
import { CatalogueWorld, FOLLOWERS, THEIRS } from "../world/catalogue.ts";
import { count, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { changedDb } from "../world/faulty-database.ts";

let world: CatalogueWorld;

beforeAll(async () => {
  await migrate();
  world = new CatalogueWorld();
  await world.panel("shop");
  await world.ask("POST", "/v1/panels", { body: { id: "till", role: "shop", currency: "USD", money: "ledger" } });
  await world.provider("acme", { currency: "USD" });
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
    await world.put(999, { ...FOLLOWERS, enabled: false });
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
    world.now += MINUTE_MS;
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
    const changed = changedDb({
      batch: async (statements) => {
        const results = await env.DB.batch(statements);
        // Whoever reads the catalogue finds it changed by the time of writing.
        if (results.length === 2 && (results[0]?.results.length ?? 0) > 1)
          await env.DB.prepare("UPDATE services SET version = version + 1 WHERE id = 70001").run();
        return results;
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

/**
 * `services` at a provider's endpoint: the provider's own list, kept for a while.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { refreshServices } from "../../../src/gate/services.ts";
import { readProviders } from "../../../src/store/orders/due.ts";
import { type ListedRateRow, rateStatement, toListedRate } from "../../../src/store/providers/provider-services.ts";
import { CatalogueWorld, THEIRS } from "../world/catalogue.ts";
import { migrate, MINUTE_MS, rows } from "../world/database.ts";

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

describe("services at a provider's endpoint", () => {
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
    expect([answer.status, answer.json, answer.headers.get("Content-Type")]).toEqual([200, THEIRS, "application/json"]);
    world.now += 15 * MINUTE_MS - 1;
    const cached = await world.costOfScript(shop, "services", "sheet");
    expect(cached.json).toEqual(THEIRS);
    expect(cached.usage).toMatchObject({ d1_calls: 1, d1_statements: 3, rows_written: 0 });
    expect(world.asked).toEqual(["sheet services"]);
    world.now += 1;
    const again = await world.costOfScript(till, "services", "sheet");
    // The list, and the day of the key's first use.
    expect([again.json, again.usage.rows_written, world.asked.length]).toEqual([THEIRS, 2, 2]);
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
    ["answers an error", { error: "Maintenance" }, "unavailable"],
    ["lists nothing", [], "bad_shape"],
    ["is cut off", JSON.stringify(THEIRS).slice(0, 200), "not_json"],
    ["answers no services", [{ order: 1 }, { order: 2 }], "bad_shape"],
  ])("are the last good ones while the provider %s", async (name, services, why) => {
    const provider = `stale-${name.length}-${why.length}`;
    await addProvider(provider);
    await world.apiV2(shop, { action: "services" }, provider);
    const before = await kept(provider);
    world.now += 61 * MINUTE_MS;
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
    world.now += 16 * MINUTE_MS;
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
    const { json: said, usage } = await world.costOfScript(shop, "services", provider);
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
    expect(toListedRate(row, world.now + 15 * MINUTE_MS - 1)).not.toBeNull();
    expect(toListedRate(row, world.now + 15 * MINUTE_MS)).toBeNull();
    expect(toListedRate(row, world.now - 1)).toBeNull();
  });

  it("are asked for by an add that knows none, which takes an old rate over no rate", async () => {
    await addProvider("asked");
    const provider = (await readProviders(env.DB, ["asked"])).get("asked");
    if (provider === undefined) throw new Error("there is no provider");
    const refresh = (id: string) => refreshServices({ db: env.DB, ports: world.ports }, provider, id);
    world.upstream.set("asked", {});
    expect(await refresh("12")).toBeNull();
    world.upstream.set("asked", { services: THEIRS });
    expect(await refresh("12")).toBeNull();
    world.now += 15 * MINUTE_MS;
    expect([await refresh("12"), await refresh("nope")]).toEqual([
      { rate: "0.90", type: "Default" },
      { rate: null, type: "" },
    ]);
    world.upstream.set("asked", {});
    expect(await refresh("13")).toEqual({ rate: "2.5", type: "Custom Comments" });
  });
});

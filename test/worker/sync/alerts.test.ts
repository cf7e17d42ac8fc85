/**
 * Alerts from what the product itself does, to what a receiver reads: real D1, and a captured receiver behind the ports' fetch.
 */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { clear, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { sendAlerts } from "../../../src/sync/watch/alerts.ts";
import { watch } from "../../../src/sync/watch/watch.ts";
import { changedDb } from "../world/faulty-database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, young } from "../world/records.ts";
import { World } from "../world/world.ts";

type Received = { readonly url: string; readonly headers: Headers; readonly body: string; readonly at: number };
type Told = { kind: string; subject: string | null; severity: string; notice: string; text: string; what_to_do: string };

/** A world whose alerts come in at `hooks.example`, where they are written down. */
class AlertWorld extends World {
  readonly received: Received[] = [];
  answer: (received: Received) => Response | Promise<Response> = () => new Response(null, { status: 204 });
  secret = "";

  static async begin(): Promise<AlertWorld> {
    await clear();
    const world = new AlertWorld();
    const provide = world.ports.fetch;
    world.ports = {
      ...world.ports,
      fetch: async (request) => {
        if (new URL(request.url).hostname !== "hooks.example") return provide(request);
        const received = { url: request.url, headers: request.headers, body: await request.text(), at: world.now };
        world.received.push(received);
        return world.answer(received);
      },
    };
    await world.provider("acme");
    return world;
  }

  async channel(settings: Record<string, unknown> = {}): Promise<void> {
    const { status, json } = await this.ask("PUT", "/v1/alert-channels/phone", {
      body: { type: "webhook", url: "https://hooks.example/in", ...settings },
    });
    if (status !== 201) throw new Error(`PUT /v1/alert-channels/phone: ${status}`);
    this.secret = json.secret as string;
  }

  /** What the messages told, in the order that they came. */
  told(): Told[] {
    return this.received.flatMap(({ body }) => (JSON.parse(body) as { data: { alerts: Told[] } }).data.alerts);
  }

  kinds(): string[] {
    return this.told().map(({ kind, notice }) => `${kind} ${notice}`);
  }

  async open(): Promise<{ id: string; kind: string; subject: string | null; count: number }[]> {
    return (await this.get("/v1/alerts?open=true")).json.alerts;
  }
}

let world: AlertWorld;

beforeAll(async () => {
  await migrate();
  await new World().panel("p");
});

afterEach(clear);

async function brokenProvider(): Promise<void> {
  await addOrders("p", "acme", 1, 3, { ...young });
  world.providers.set("acme", () => new Response("bad gateway", { status: 502 }));
  world.knowsBalances = false;
}

describe("an outage", () => {
  it("is told once with what to do, and told to be over", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    await world.run(12);
    expect(world.kinds()).toEqual(["provider_down opened"]);
    expect(world.told()[0]).toMatchObject({ subject: "acme", severity: "critical" });
    expect(await world.open()).toMatchObject([{ kind: "provider_down", subject: "acme" }]);
    world.providers.set(
      "acme",
      answeringEach(() => inProgress()),
    );
    await world.run(12);
    expect(world.kinds()).toEqual(["provider_down opened", "provider_down closed"]);
    expect(await world.open()).toEqual([]);
    expect(world.eventsOf("watch.failed")).toEqual([]);
  });

  it("is signed as Standard Webhooks has it, and holds no key", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    await world.run(12);
    const [{ headers, body, at } = { headers: new Headers(), body: "", at: 0 }] = world.received;
    const sent = { id: headers.get("webhook-id") ?? "", at: headers.get("webhook-timestamp"), signature: headers.get("webhook-signature") };
    expect(sent.at).toBe(String(Math.floor(at / 1000)));
    expect(sent.signature).toBe(new Webhook(world.secret).sign(sent.id, new Date(at), body));
    expect(body).not.toContain("provider-key-1234");
  });

  it("of a minute tells nobody", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    await world.run(3);
    world.providers.set(
      "acme",
      answeringEach(() => inProgress()),
    );
    await world.run(1);
    expect(await rows("SELECT bad FROM alerts")).toEqual([{ bad: 1 }]);
    await world.run(9);
    expect(world.received).toEqual([]);
    expect(await rows("SELECT * FROM alerts")).toEqual([]);
  });

  it("keeps what follows from it untold", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await addOrders("p", "acme", 1, 10, { ...young, flags: 1 });
    await env.DB.prepare("UPDATE providers SET active_orders = 10").run();
    world.providers.set("acme", () => new Response("bad gateway", { status: 502 }));
    world.knowsBalances = false;
    await env.DB.prepare(`UPDATE providers SET retry_at = ?1, failures = 3, last_failure = '{"code":"http","message":"HTTP 502"}'`)
      .bind(world.now)
      .run();
    await world.run(10);
    expect(world.kinds()).toEqual(["provider_down opened"]);
  });
});

describe("a message", () => {
  it("is sent again by the next tick when the sender died after it had claimed it", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    // The Worker ends in the middle of the call: nothing that comes after it is done.
    let isDead = false;
    world.answer = () => {
      isDead = true;
      return new Response(null, { status: 204 });
    };
    const healthy = world.env.DB;
    const alive = (): void => {
      if (isDead) throw new Error("D1_ERROR: gone");
    };
    const prepare = (sql: string): D1PreparedStatement => {
      alive();
      return env.DB.prepare(sql);
    };
    (world.env as { DB: D1Database }).DB = changedDb({ prepare });
    while (world.received.length === 0) await world.run(1);
    (world.env as { DB: D1Database }).DB = healthy;
    world.answer = () => new Response(null, { status: 204 });
    await world.run(4);
    expect(world.kinds()).toEqual(["provider_down opened", "provider_down opened"]);
    expect(world.received[0]?.headers.get("webhook-id")).toBe(world.received[1]?.headers.get("webhook-id"));
    await world.run(5);
    expect(world.received).toHaveLength(2);
  });

  it("that is not taken waits as long as the receiver asks for", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    world.answer = () => new Response(null, { status: 429, headers: { "Retry-After": "600" } });
    while (world.received.length === 0) await world.run(1);
    const [first] = world.received;
    world.answer = () => new Response(null, { status: 204 });
    await world.run(15);
    expect(world.received).toHaveLength(2);
    expect((world.received[1]?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    expect((world.received[1]?.at ?? 0) - (first?.at ?? 0)).toBeLessThanOrEqual(12 * MINUTE_MS);
  });

  it("goes to each of many channels, also while more comes than a tick tells", async () => {
    world = await AlertWorld.begin();
    const channels = Array.from({ length: 8 }, (_, i) => `c${i}`);
    for (const id of channels)
      await world.ask("PUT", `/v1/alert-channels/${id}`, { body: { type: "slack", url: `https://hooks.example/${id}` } });
    const expires_at = new Date(world.now + 24 * 60 * MINUTE_MS).toISOString();
    const keys: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const { json } = await world.ask("POST", "/v1/keys", { body: { name: `key ${round}`, scopes: ["view"], expires_at } });
      keys.push(json.id as string);
      await world.run(3);
    }
    expect(new Set(world.received.map(({ url }) => url.split("/").at(-1)))).toEqual(new Set(channels));
    for (const id of keys) await world.ask("DELETE", `/v1/keys/${id}`);
  });

  it("tells the worst first of what came within two minutes", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await env.DB.prepare("INSERT INTO dead_letters (queue_message_id, body, failed_at) VALUES ('m', '{}', 1)").run();
    await env.DB.prepare("UPDATE providers SET brake_engaged_at = 1").run();
    await world.run(6);
    expect(world.received).toHaveLength(1);
    expect(world.kinds()).toEqual(["brake_engaged opened", "dead_letters opened"]);
  });
});

describe("what waits for a person", () => {
  it("a balance that is low is told, and that it is not any more", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await world.provider("acme", { low_balance: "50", currency: "USD" });
    world.knowsBalances = false;
    let balance = "49.9";
    world.providers.set("acme", (ids, fields) =>
      fields.get("action") === "balance" ? { balance, currency: "USD" } : answeringEach(() => inProgress())(ids, fields),
    );
    await world.run(10);
    expect(world.told()).toMatchObject([{ kind: "provider_balance_low", subject: "acme", notice: "opened" }]);
    expect(world.told()[0]?.text).toBe("The balance at provider acme is low: 49.9 USD.");
    const shown = (await world.get("/v1/providers/acme")).json;
    expect(shown).toMatchObject({ low_balance: "50", health: { balance: "49.9", balance_currency: "USD" } });
    balance = "0";
    await world.run(70);
    balance = "80";
    await world.run(70);
    expect(world.kinds()).toEqual([
      "provider_balance_low opened",
      "provider_funds_out opened",
      "provider_balance_low closed",
      "provider_funds_out closed",
    ]);
    // Once an hour, not once a tick.
    expect(world.calls.filter(({ action }) => action === "balance").length).toBeLessThanOrEqual(3);
  });

  it("a balance that is gone is told without a threshold, soon after an order was refused for it", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await world.provider("acme", { currency: "USD" });
    world.knowsBalances = false;
    world.providers.set("acme", (ids, fields) => {
      if (fields.get("action") === "balance") return { balance: "0.00", currency: "USD" };
      return fields.get("action") === "add" ? { error: "neworder.error.not_enough_funds" } : answeringEach(() => inProgress())(ids, fields);
    });
    await world.run(10);
    expect(world.told()).toEqual([]);
    const key = await world.panel("door");
    expect((await world.apiV2(key, { action: "add", service: "1", link: "x", quantity: "10" }, "acme")).json).toEqual({
      error: "neworder.error.not_enough_funds",
    });
    await world.run(10);
    expect(world.kinds()).toEqual(["provider_funds_out opened"]);
  });

  it("a word that nobody has mapped is told, with the provider's text as text", async () => {
    world = await AlertWorld.begin();
    await world.channel({ type: "webhook" });
    await addOrders("p", "acme", 1, 2, { ...young });
    world.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(), status: "<b>@everyone\u202e" })),
    );
    await world.run(8);
    expect(world.kinds()).toEqual(["unknown_word opened"]);
    expect(world.told()[0]?.text).toContain('"<b>@everyone"');
  });

  it("a key that the provider rejects is told as that, and not as an outage", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await addOrders("p", "acme", 1, 2, { ...young });
    world.providers.set("acme", () => ({ error: "Invalid API key" }));
    world.knowsBalances = false;
    await world.run(10);
    expect(world.kinds()).toEqual(["provider_key_rejected opened"]);
  });

  it("a message that failed for good is told until it is replayed", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await world.deliver({ v: 1, kind: "check", orders: [] }, 1, "panelsync-dead");
    await world.run(6);
    const [{ id } = { id: "" }] = (await world.get("/v1/dead-letters")).json.dead_letters as { id: string }[];
    await world.ask("POST", `/v1/dead-letters/${id}/replay`, { body: {} });
    await world.run(6);
    expect(world.kinds()).toEqual(["dead_letters opened", "dead_letters closed"]);
  });

  it("ticks that do not get through are told, once they do not for minutes", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await addOrders("p", "acme", 1, 2, { ...young });
    await env.DB.prepare("UPDATE providers SET active_orders = 2").run();
    await world.run(1);
    world.queueWorks = false;
    await world.run(12);
    expect(world.kinds()).toEqual(["sync_behind opened"]);
    world.queueWorks = true;
    await world.run(8);
    expect(world.kinds()).toEqual(["sync_behind opened", "sync_behind closed"]);
  });

  it("a cron that did not fire is told of once it does again, and nothing short of ten minutes", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await addOrders("p", "acme", 1, 2, { ...young });
    await env.DB.prepare("UPDATE providers SET active_orders = 2").run();
    await world.run(1);
    world.now += 8 * MINUTE_MS;
    await world.run(4);
    expect(world.told()).toEqual([]);
    world.now += 39 * MINUTE_MS;
    await world.run(4);
    const text = "Orders were not followed for 40 minutes: no tick got through. They are followed again.";
    expect(world.told()).toMatchObject([{ kind: "sync_behind", notice: "opened", severity: "critical", text }]);
    expect(await world.open()).toEqual([]);
    await world.run(10);
    expect(world.received).toHaveLength(1);
  });

  it("a key is told of a week before it expires", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    const expires_at = new Date(world.now + 6 * 24 * 60 * MINUTE_MS).toISOString();
    const { json } = await world.ask("POST", "/v1/keys", { body: { name: "bookkeeping", scopes: ["view"], expires_at } });
    await world.run(6);
    expect(world.told()).toMatchObject([
      { kind: "key_expiring", subject: json.id, text: 'The key "bookkeeping" of the operator expires in 6 days.' },
    ]);
    await world.ask("DELETE", `/v1/keys/${json.id as string}`);
    await world.run(6);
    expect(world.kinds()).toEqual(["key_expiring opened", "key_expiring closed"]);
  });
});

describe("the list of a provider", () => {
  const service = { service: 7, name: "Followers", type: "Default", rate: "0.90", min: "10", max: "1000", category: "C" };

  it("is looked at twice a day, and what has changed of services that are sold here is told once", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    let listed: Record<string, unknown>[] = [service, { ...service, service: 8, name: "Likes" }];
    world.providers.set("acme", (ids, fields) =>
      fields.get("action") === "services" ? listed : answeringEach(() => inProgress())(ids, fields),
    );
    await world.provider("acme", { currency: "USD" });
    const imported = await world.ask("POST", "/v1/services/import", { body: { provider: "acme", markup: "10" } });
    expect(imported.status).toBe(200);
    await halfADay();
    expect(world.received).toEqual([]);
    listed = [{ ...service, rate: "1.20", max: "500" }];
    await halfADay();
    expect(world.told()).toMatchObject([{ kind: "service_changed", subject: "acme", severity: "info", notice: "opened" }]);
    expect(world.told()[0]?.text).toBe(
      'Provider acme has changed its list: service 7 ("Followers") costs 1.20 instead of 0.90 (more than all of your price, 0.99), has a greatest quantity of 500 instead of 1000; service 8 ("Likes") is not listed any more.',
    );
    listed = [];
    await halfADay();
    expect(world.kinds()).toEqual(["service_changed opened"]);
    expect((await world.get("/v1/alerts?open=false&kind=service_changed")).json.alerts).toMatchObject([{ count: 2 }]);
    await env.DB.prepare("DELETE FROM services").run();
  });

  /** Twelve hours without a tick, then those of twenty minutes. */
  async function halfADay(): Promise<void> {
    world.now += 12 * 60 * MINUTE_MS;
    await world.run(21);
  }
});

describe("the day of the free plan", () => {
  it("is told of once seven tenths of it are used", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    (world.env as { PLAN: string }).PLAN = "free";
    const day = Math.floor(world.now / (24 * 60 * MINUTE_MS));
    await env.DB.prepare("UPDATE providers SET calls_day = ?1, rows_today = 72000").bind(day).run();
    await world.run(6);
    expect(world.told()).toMatchObject([{ kind: "plan_limit", subject: "rows_written", severity: "warning" }]);
    const { json } = await world.get("/v1/overview");
    expect(json.day).toMatchObject({ plan: "free", rows_written: { used: 72000, limit: 100000, share: 0.72 } });
    (world.env as { PLAN: string }).PLAN = "paid";
    await world.run(6);
    expect(world.kinds()).toEqual(["plan_limit opened", "plan_limit closed"]);
  });
});

describe("a look", () => {
  it("at a quiet installation of five providers reads fifteen rows a tick on average, and writes one each twenty minutes, that the hour was looked at", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    for (const id of ["b", "c", "d", "e"]) await world.provider(id);
    await world.run(1);
    const { db, usage } = metered(env.DB);
    const ports = world.ports;
    for (let minute = 0; minute < 30; minute++)
      await watch({ ...world.env, DB: db }, { ...ports, now: () => world.now }, { minute, isGood: true, minutesSince: 1 });
    const { rows_read, rows_written, d1_calls } = usage();
    expect(rows_written).toBe(HOURS_MARKED);
    expect(rows_read / 30).toBeLessThanOrEqual(15);
    // Two a tick, and two in twenty minutes for what services teach.
    expect(d1_calls).toBeLessThanOrEqual(64);
  });
});

/** In half an hour, and in forty minutes: what services teach marks each twenty minutes that the hour was looked at, a row each. */
const HOURS_MARKED = 2;

it.each([0, 1, 2])("an alert that opens, is told to %i channels and closes writes four rows and ten a channel", async (channels) => {
  world = await AlertWorld.begin();
  for (let i = 0; i < channels; i++)
    await world.ask("PUT", `/v1/alert-channels/c${i}`, { body: { type: "slack", url: "https://hooks.example/in" } });
  await world.run(1);
  const { db, usage } = metered(env.DB);
  const watchFor = async (minutes: number): Promise<void> => {
    for (let i = 0; i < minutes; i++, world.now += MINUTE_MS)
      await watch({ ...world.env, DB: db }, world.ports, { minute: Math.floor(world.now / MINUTE_MS), isGood: true, minutesSince: 1 });
  };
  await env.DB.prepare("UPDATE providers SET brake_engaged_at = 1").run();
  await watchFor(20);
  await env.DB.prepare("UPDATE providers SET brake_engaged_at = NULL").run();
  await watchFor(20);
  expect(world.received).toHaveLength(2 * channels);
  expect(usage().rows_written).toBe(HOURS_MARKED + 4 + 10 * channels);
});

describe("a webhook of a panel", () => {
  it("is told of once it has taken nothing for half an hour, and that it does again", async () => {
    world = await AlertWorld.begin();
    await world.channel({ kinds: ["webhook_behind", "webhook_disabled"] });
    const made = await world.ask("POST", "/v1/webhooks", { panel: "p", body: { url: "https://shop.example/changes" } });
    expect(made.status).toBe(201);
    let status = 500;
    world.providers.set("shop", () => new Response(null, { status }));
    await world.ask("POST", "/v1/orders", { panel: "p", body: order(1) });
    await world.run(30);
    expect(world.received).toEqual([]);
    await world.run(15);
    expect(world.told()).toMatchObject([{ kind: "webhook_behind", subject: `p/${made.json.id as string}` }]);
    status = 200;
    // By then an attempt is made an hour after the one before.
    await world.run(80);
    expect(world.kinds()).toEqual(["webhook_behind opened", "webhook_behind closed"]);
    status = 410;
    await world.ask("POST", "/v1/orders", { panel: "p", body: order(2) });
    await world.run(8);
    expect(world.kinds().slice(2)).toEqual(["webhook_disabled opened"]);
    await world.ask("DELETE", `/v1/webhooks/${made.json.id as string}`, { panel: "p" });
  });

  const order = (n: number) => ({ id: `w${n}`, provider: "acme", provider_order_id: `9${n}`, quantity: 100, charge: "1" });
});

describe("the heartbeat", () => {
  const beats = () => world.received.filter(({ url }) => url === "https://hooks.example/beat");
  const begin = async (url = "https://hooks.example/beat"): Promise<void> => {
    world = await AlertWorld.begin();
    (world.env as { HEARTBEAT_URL: string }).HEARTBEAT_URL = url;
  };

  it("is called after each good tick, and after no other", async () => {
    await begin();
    await addOrders("p", "acme", 1, 1, { ...young });
    await world.run(2);
    expect(beats()).toHaveLength(2);
    world.queueWorks = false;
    await world.run(2);
    expect(beats()).toHaveLength(2);
    world.queueWorks = true;
    await world.run(1);
    expect(beats()).toHaveLength(3);
  });

  it("that fails is in no tick's way, and its address is not logged", async () => {
    await begin();
    await addOrders("p", "acme", 1, 1, { ...young });
    world.answer = () => Promise.reject(new Error("refused by https://hooks.example/beat"));
    await world.run(2);
    world.answer = () => new Response(null, { status: 500 });
    await world.run(1);
    expect(world.sum("sweep", "answered")).toBeGreaterThan(0);
    expect(world.eventsOf("heartbeat.failed").map(({ code }) => code)).toEqual(["network", "network", "http"]);
    expect(JSON.stringify(world.events)).not.toContain("/beat");
  });

  it("goes to no address that the policy refuses", async () => {
    await begin("ftp://hooks.example/beat");
    await world.run(1);
    expect(beats()).toEqual([]);
    expect(world.eventsOf("heartbeat.refused")).toMatchObject([{ reason: "scheme" }]);
  });
});

it("two ticks at once send one message", async () => {
  world = await AlertWorld.begin();
  await world.channel();
  await env.DB.prepare("UPDATE providers SET brake_engaged_at = 1").run();
  await world.run(2);
  world.now += MINUTE_MS;
  await Promise.all([sendAlerts(env.DB, world.ports), sendAlerts(env.DB, world.ports), sendAlerts(env.DB, world.ports)]);
  expect(world.kinds()).toEqual(["brake_engaged opened"]);
});

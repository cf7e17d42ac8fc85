/**
 * Alert channels, alerts and the overview over HTTP.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { codeOf } from "../world/asking.ts";
import { clear, migrate, NOW, rows } from "../world/database.ts";
import { addOrders, young } from "../world/records.ts";
import { World } from "../world/world.ts";

let world: World;

beforeAll(async () => {
  await migrate();
  await new World().panel("p");
});

beforeEach(() => {
  world = new World();
});

afterEach(clear);

const BOT_TOKEN = "123456:AAbbCCddEEffGGhhIIjjKK";
const put = (id: string, body: Record<string, unknown>) => world.ask("PUT", `/v1/alert-channels/${id}`, { body });

describe("a channel", () => {
  it.each([
    [
      { type: "telegram", bot_token: BOT_TOKEN, chat_id: "-100123" },
      { chat_id: "-100123", bot_token_hint: "jjKK" },
    ],
    [{ type: "discord", url: "https://discord.com/api/webhooks/1/abcdef" }, { url_hint: "https://discord.com/…cdef" }],
    [{ type: "slack", url: "https://hooks.slack.com/services/T/B/abcdef" }, { url_hint: "https://hooks.slack.com/…cdef" }],
    [
      { type: "ntfy", url: "https://ntfy.sh/my-topic", token: "tk_abcdefghijklmnop" },
      { url_hint: "https://ntfy.sh/…opic", token_hint: "mnop" },
    ],
    [{ type: "webhook", url: "https://hooks.example.com/in/abcdef" }, { url_hint: "https://hooks.example.com/…cdef" }],
  ])("shows nothing that is secret, and keeps it sealed: %o", async (body, shown) => {
    const made = await put("phone", body);
    expect(made.status).toBe(201);
    const { status, json, text } = await world.get("/v1/alert-channels/phone");
    expect([status, json]).toMatchObject([200, { id: "phone", type: body.type, enabled: true, kinds: null, ...shown }]);
    const [row = { secrets: "" }] = await rows<{ secrets: string }>("SELECT secrets FROM alert_channels");
    expect(row.secrets).toMatch(/^sealed:1:/);
    const trail = (await world.get("/v1/audit?limit=1")).text;
    const secrets = [...Object.values(body).filter((value) => value.startsWith("https:") || value.length > 15), made.json.secret as string];
    for (const secret of secrets.filter(Boolean)) expect(text + trail).not.toContain(secret);
    expect(trail).toContain("alert_channel.created");
  });

  it("keeps its secrets where a change leaves them out, and only of the same type and server", async () => {
    await put("phone", { type: "ntfy", url: "https://ntfy.sh/my-topic", token: "tk_abcdefghijklmnop" });
    const kept = await put("phone", { type: "ntfy", kinds: ["provider_down"] });
    expect([kept.status, kept.json]).toMatchObject([
      200,
      { url_hint: "https://ntfy.sh/…opic", token_hint: "mnop", kinds: ["provider_down"] },
    ]);
    const moved = await put("phone", { type: "ntfy", url: "https://ntfy.example.com/my-topic" });
    expect(moved.json).not.toHaveProperty("token_hint");
    expect(codeOf(await put("phone", { type: "slack" }))).toEqual([422, "invalid_request"]);
    expect(codeOf(await put("new", { type: "telegram", chat_id: "1" }))).toEqual([422, "invalid_request"]);
  });

  it("shows a webhook's secret once", async () => {
    const made = await put("hook", { type: "webhook", url: "https://hooks.example.com/in" });
    expect(made.json.secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    expect((await put("hook", { type: "webhook", url: "https://hooks.example.com/other" })).json).not.toHaveProperty("secret");
    expect((await world.get("/v1/alert-channels")).text).not.toContain("whsec_");
  });

  it.each<[object, string, string?]>([
    [{ url: "https://hooks.slack.com/x" }, "type", "is required: one of telegram, discord, slack, ntfy, webhook"],
    [{ type: "sms", url: "https://hooks.slack.com/x" }, "type", "must be one of telegram, discord, slack, ntfy, webhook"],
    [{ type: "slack", url: "https://127.0.0.1/x" }, "url"],
    [{ type: "slack", url: "http://hooks.slack.com/x" }, "url"],
    [{ type: "telegram", bot_token: "1:x/../../y", chat_id: "1" }, "bot_token"],
    [{ type: "ntfy", url: "https://ntfy.sh/a", token: "a\nb" }, "token"],
    [{ type: "slack", url: "https://hooks.slack.com/x", kinds: ["all"] }, "kinds[0]"],
    [{ type: "slack", url: "https://hooks.slack.com/x", quiet_hours: { from: "24:00", to: "07:00", timezone: "UTC" } }, "quiet_hours.from"],
    [
      { type: "slack", url: "https://hooks.slack.com/x", quiet_hours: { from: "23:00", to: "07:00", timezone: "Mars" } },
      "quiet_hours.timezone",
    ],
  ])("is refused: %o", async (body, path, message = expect.any(String)) => {
    const strict = new World({ ALLOW_PRIVATE_URLS: "" });
    const { status, json } = await strict.ask("PUT", "/v1/alert-channels/phone", { body });
    expect([status, json.error.details.fields[0]]).toEqual([422, { path, message }]);
  });

  it("is one of ten at most, and can be ended", async () => {
    for (let i = 0; i < 10; i++) expect((await put(`c${i}`, { type: "slack", url: "https://hooks.slack.com/x" })).status).toBe(201);
    expect(codeOf(await put("c10", { type: "slack", url: "https://hooks.slack.com/x" }))).toEqual([409, "alert_channels_full"]);
    expect((await world.ask("DELETE", "/v1/alert-channels/c3")).status).toBe(204);
    expect((await put("c10", { type: "slack", url: "https://hooks.slack.com/x" })).status).toBe(201);
    expect((await world.get("/v1/alert-channels/c3")).status).toBe(404);
  });

  it("has a test, which says what came of it and nothing secret", async () => {
    const seen: string[] = [];
    world = new World({
      fetch: async (request) => {
        seen.push(`${request.url} ${await request.text()}`);
        return seen.length === 1 ? Response.json({ ok: true }) : Response.json({ ok: false, description: BOT_TOKEN }, { status: 401 });
      },
    });
    await put("phone", { type: "telegram", bot_token: BOT_TOKEN, chat_id: "-100123" });
    const test = () => world.ask("POST", "/v1/alert-channels/phone/test");
    expect((await test()).json).toEqual({ status: 200, duration_ms: 0, error: null });
    expect(seen[0]).toMatch(/^https:\/\/api\.telegram\.org\/bot123456:AAbbCCddEEffGGhhIIjjKK\/sendMessage .*this is a test/);
    const refused = await test();
    expect(refused.json).toEqual({ status: 401, duration_ms: 0, error: "The service answered HTTP 401." });
  });
});

describe("alerts", () => {
  beforeEach(async () => {
    await world.provider("acme");
    await env.DB.prepare("UPDATE providers SET brake_engaged_at = ?1").bind(NOW).run();
    await world.run(1);
  });

  const list = async (query = "") => (await world.get(`/v1/alerts${query}`)).json.alerts as Record<string, unknown>[];

  it("are listed by whether they are open, and by kind", async () => {
    const brake = { kind: "brake_engaged", subject: "acme", severity: "critical", closed_at: null, silenced_until: null, count: 1 };
    expect(await list()).toMatchObject([brake]);
    expect(await list("?open=true&kind=brake_engaged")).toMatchObject([brake]);
    expect(await list("?open=false")).toEqual([]);
    expect(await list("?kind=provider_down")).toEqual([]);
    await env.DB.prepare("UPDATE providers SET brake_engaged_at = NULL").run();
    await world.run(3);
    expect(await list("?open=true")).toEqual([]);
    expect(await list("?open=false")).toMatchObject([{ ...brake, closed_at: expect.any(String) }]);
  });

  it("can be silenced, by who may set things", async () => {
    const [{ id } = {}] = await list();
    const until = new Date(NOW + 60_000).toISOString();
    const silenced = await world.ask("POST", `/v1/alerts/${id as string}/silence`, { body: { until } });
    expect([silenced.status, silenced.json.silenced_until]).toEqual([200, until]);
    expect((await world.get("/v1/audit?limit=1")).json.entries[0]).toMatchObject({
      action: "alert.silenced",
      subject: `alert:${id as string}`,
    });
    expect(codeOf(await world.ask("POST", "/v1/alerts/999/silence", { body: { until } }))).toEqual([404, "alert_not_found"]);
  });
});

describe("the overview", () => {
  it("of an empty installation says what comes next", async () => {
    expect((await world.get("/v1/overview")).json).toMatchObject({
      status: "ok",
      sentence: "Nothing is set up yet: add a provider and a panel.",
      providers: [],
    });
  });

  it("does not say that all is right before the first tick, nor of orders at a provider that is off", async () => {
    await world.provider("acme");
    await addOrders("p", "acme", 1, 3, { ...young, created_at: world.now });
    await rows("UPDATE providers SET active_orders = 3");
    await rows("UPDATE ticks SET minute = 0");
    expect((await world.get("/v1/overview")).json.status).toBe("ok");
    world.now += 6 * 60_000;
    const { json } = await world.get("/v1/overview");
    expect([json.sentence, json.sync]).toEqual([
      "Orders are not followed: no tick has come through for minutes.",
      { last_tick_at: null, behind: true, active_orders: 3 },
    ]);
    await rows("UPDATE providers SET enabled = 0");
    expect((await world.get("/v1/overview")).json).toMatchObject({
      status: "attention",
      sentence: "3 orders wait at a provider that is switched off.",
      sync: { behind: false, active_orders: 0 },
    });
  });

  it("says whether all is right, and what needs a person", async () => {
    await world.provider("acme", { low_balance: "25" });
    await addOrders("p", "acme", 1, 3, { ...young });
    await addOrders("p", "acme", 4, 2, { ...young, flags: 2048 });
    await env.DB.prepare("UPDATE providers SET active_orders = 5").run();
    await world.run(2);
    const { json } = await world.get("/v1/overview");
    expect(json).toMatchObject({
      status: "attention",
      sentence: "Orders are followed, and something waits for you: 2 orders in doubt.",
      sync: { behind: false, active_orders: 5 },
      needs_person: { placing_unknown: { count: 2 }, refunds_held: { count: 0 } },
      providers: [{ id: "acme", state: "ok", low_balance: "25", balance: "100.84292", balance_currency: "USD" }],
      day: { plan: "paid", date: "2026-11-21", rows_written: { limit: null, share: null } },
    });
    expect(json.day.provider_calls).toBeGreaterThan(0);
    expect(JSON.stringify(json)).not.toContain("provider-key-1234");
  });

  it("counts the queue's operations of a check, too, and of what a sweep hands on", async () => {
    await world.provider("acme");
    await addOrders("p", "acme", 1, 2100, { ...young });
    await rows("UPDATE providers SET many = 'yes'");
    const used = async () => (await world.get("/v1/overview")).json.day.queue_operations.used as number;
    const first = await used();
    await world.tick();
    const ticks = world.sent.length;
    expect(await used()).toBe(first + 3 * ticks);
    await world.drain();
    expect(world.deliveries).toBeGreaterThan(ticks);
    expect(await used()).toBe(first + 3 * world.deliveries);
    world.now += 60_000;
    const before = await used();
    await world.deliver({ v: 1, kind: "check", orders: [["p", 1]] });
    expect(await used()).toBe(before + 3);
  });
});

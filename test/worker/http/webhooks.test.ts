/**
 * Webhooks over HTTP: made, shown, changed, tested, replayed, and nobody else's.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { webhookSecretsPlace } from "../../../src/secrets/sealed-text.ts";
import { codeOf, order, paths } from "../world/asking.ts";
import { clear, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { Receiver } from "../world/receiving.ts";
import { World } from "../world/world.ts";

let world: World;
let receiver: Receiver;
let key = "";
let other = "";
let reader = "";
const URL_IN = "https://hook.example/in?token=of-the-receiver";

beforeAll(async () => {
  await migrate();
  world = new World();
  key = await world.panel("shop");
  other = await world.panel("other");
  reader = (await world.post("/v1/keys", key, { name: "reader", scopes: ["read"] })).json.key as string;
});

beforeEach(async () => {
  world = new World();
  receiver = Receiver.at(world, "hook");
  await world.provider("acme");
});

afterEach(clear);

const make = (body: object = {}, as = key) => world.post("/v1/webhooks", as, { url: URL_IN, ...body });
const patch = (id: string, body: object, as = key) => world.ask("PATCH", `/v1/webhooks/${id}`, { key: as, body });
const shown = (id: string) => world.get(`/v1/webhooks/${id}`, { key });

describe("a new webhook", () => {
  it("is shown with its secret once, and never again", async () => {
    const { status, json } = await make({ description: "of the shop", types: ["refund.posted", "order.updated", "refund.posted"] });
    expect(status).toBe(201);
    const { secret, ...view } = json;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(view).toEqual({
      id: expect.stringMatching(/^wh_[0-9a-f]{16}$/),
      url: URL_IN,
      types: ["order.updated", "refund.posted"],
      description: "of the shop",
      headers: {},
      enabled: true,
      after: 0,
      behind: 0,
      oldest_at: null,
      next_attempt_at: null,
      failing_since: null,
      disabled_reason: null,
      created_at: new Date(world.now).toISOString(),
    });
    expect((await shown(json.id as string)).json).toEqual(view);
    expect((await world.get("/v1/webhooks", { key: reader })).json).toEqual({ webhooks: [view], next_cursor: null, has_more: false });
    for (const table of ["webhooks", "webhook_deliveries", "audit"])
      expect(JSON.stringify(await rows(`SELECT * FROM ${table}`))).not.toContain(secret.slice(6));
  });

  it("shows its headers' values by their ends alone, and takes no such end for a value", async () => {
    const { json } = await make({ headers: { Authorization: "Bearer 5b04d42a121900588ef1", "X-Pin": "1234" } });
    expect(json.headers).toEqual({ Authorization: "…8ef1", "X-Pin": "…" });
    expect(JSON.stringify(await rows("SELECT * FROM webhooks"))).not.toContain("5b04d42a");
    expect(paths(await patch(json.id as string, { headers: json.headers }))).toEqual(["headers.Authorization", "headers.X-Pin"]);
  });

  it.each([
    [{ url: "https://10.0.0.1.nip.example/" }, 201, []],
    [{ url: "http://169.254.169.254/latest" }, 422, ["url"]],
    [{ url: "https://user:pass@hook.example/" }, 422, ["url"]],
    [{ url: "ftp://hook.example/" }, 422, ["url"]],
    [{ url: "http://localhost:8787/v1/orders" }, 422, ["url"]],
    [{ url: "nonsense" }, 422, ["url"]],
    [{ types: [] }, 422, ["types"]],
    [{ types: ["order.exploded"] }, 422, ["types[0]"]],
    [{ types: null, description: null, headers: {} }, 201, []],
    [{ headers: { "Webhook-Id": "x" } }, 422, ["headers.Webhook-Id"]],
    [{ headers: { "content-type": "text/plain" } }, 422, ["headers.content-type"]],
    [{ headers: { Host: "elsewhere.example" } }, 422, ["headers.Host"]],
    [{ headers: { "X-Forwarded-For": "127.0.0.1" } }, 422, ["headers.X-Forwarded-For"]],
    [{ headers: { "Bad Name": "x" } }, 422, ["headers.Bad Name"]],
    [{ headers: { "X-A": "line\r\nX-B: injected" } }, 422, ["headers.X-A"]],
    [{ headers: { "X-A": "1", "x-a": "2" } }, 422, ["headers"]],
    [{ headers: Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`X-${n}`, "1"])) }, 422, ["headers"]],
    [{ secret: "whsec_mine" }, 422, ["secret"]],
    [{ after: 0 }, 422, ["after"]],
  ])("%j is answered %i", async (body, status, fields) => {
    const answer = await make(body);
    expect([answer.status, answer.status === 422 ? paths(answer) : []]).toEqual([status, fields]);
    expect(answer.text).not.toContain("not understood");
  });

  it("on a public host may have no private address, whatever ALLOW_PRIVATE_URLS says", async () => {
    for (const [url, status] of [
      ["http://127.0.0.1:8000/hook", 422],
      ["https://hook.example/in", 422],
      ["https://panels.host/in", 422],
      ["https://hook.shop/in", 201],
    ] as const) {
      const request = new Request("https://panels.host/v1/webhooks", {
        method: "POST",
        headers: { Authorization: `Bearer ${key}` },
        body: JSON.stringify({ url }),
      });
      expect([url, (await world.fetch(request)).status]).toEqual([url, status]);
    }
  });

  it("is the tenth at most of its panel", async () => {
    const made = await Promise.all(Array.from({ length: 14 }, () => make()));
    expect(made.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...Array<number>(10).fill(201),
      ...Array<number>(4).fill(409),
    ]);
    expect(codeOf(await make())).toEqual([409, "webhooks_full"]);
    expect((await make({}, other)).status).toBe(201);
    const listed = (await world.get("/v1/webhooks?limit=7", { key })).json;
    const rest = (await world.get(`/v1/webhooks?limit=7&cursor=${listed.next_cursor}`, { key })).json;
    expect([listed.webhooks.length, listed.has_more, rest.webhooks.length, rest.has_more]).toEqual([7, true, 3, false]);
  });

  it("is not made while there is no key to seal its secret with", async () => {
    const answer = await world.with({ ENCRYPTION_KEYS: "" }).post("/v1/webhooks", key, { url: URL_IN });
    expect(codeOf(answer)).toEqual([503, "sealing_off"]);
    expect(await rows("SELECT * FROM webhooks")).toEqual([]);
  });
});

describe("a webhook of one panel", () => {
  it("does not exist for another, whatever it asks", async () => {
    const { id } = (await make()).json;
    const asked = [
      ["GET", "", undefined],
      ["PATCH", "", { enabled: false }],
      ["DELETE", "", undefined],
      ["POST", "/rotate", {}],
      ["POST", "/test", {}],
      ["POST", "/replay", { after: 0 }],
      ["GET", "/deliveries", undefined],
    ] as const;
    for (const [method, path, body] of asked) {
      const ask = { key: other, ...(body === undefined ? {} : { body }) };
      expect([path, codeOf(await world.ask(method, `/v1/webhooks/${id}${path}`, ask))]).toEqual([path, [404, "webhook_not_found"]]);
    }
    expect((await world.get("/v1/webhooks", { key: other })).json.webhooks).toEqual([]);
    expect((await shown(id as string)).json.enabled).toBe(true);
    expect(receiver.received).toEqual([]);
  });

  it("is read by a key that may read, and changed by none that may not write", async () => {
    const { id } = (await make()).json;
    expect((await world.get(`/v1/webhooks/${id}/deliveries`, { key: reader })).json).toEqual({
      deliveries: [],
      next_cursor: null,
      has_more: false,
    });
    for (const path of ["", "/rotate", "/test", "/replay"])
      expect(codeOf(await world.ask(path === "" ? "DELETE" : "POST", `/v1/webhooks/${id}${path}`, { key: reader, body: {} }))).toEqual([
        403,
        "forbidden",
      ]);
  });

  it("goes with its deliveries, and with its panel", async () => {
    const { id } = (await make()).json;
    await world.post(`/v1/webhooks/${id}/test`, key, {});
    expect((await world.ask("DELETE", `/v1/webhooks/${id}`, { key })).status).toBe(204);
    expect(await rows("SELECT 1 FROM webhook_deliveries")).toEqual([]);
    expect(codeOf(await shown(id as string))).toEqual([404, "webhook_not_found"]);
    const mistaken = await world.panel("mistaken");
    await make({}, mistaken);
    expect((await world.ask("DELETE", "/v1/panels/mistaken")).status).toBe(204);
    expect(await rows("SELECT 1 FROM webhooks")).toEqual([]);
  });
});

describe("a change", () => {
  it("stands in the audit trail with what was before, without secrets", async () => {
    const { id } = (await make({ headers: { Authorization: "Bearer 5b04d42a121900588ef1" } })).json;
    await patch(id as string, { types: ["refund.posted"], headers: { Authorization: "Bearer 5b04d42a12190058ffff" }, enabled: false });
    await world.post(`/v1/webhooks/${id}/rotate`, key, {});
    await world.ask("DELETE", `/v1/webhooks/${id}`, { key });
    const { entries } = (await world.get("/v1/audit?limit=4")).json;
    expect(entries.map(({ action, subject, actor }: Record<string, string>) => [action, subject, actor])).toEqual(
      ["removed", "rotated", "changed", "created"].map((what) => [`webhook.${what}`, `webhook:${id}`, "panel:shop"]),
    );
    expect(entries[2]).toMatchObject({
      before: { types: null, enabled: true, headers: { Authorization: "…8ef1" } },
      after: { types: ["refund.posted"], enabled: false, headers: { Authorization: "…ffff" } },
    });
    expect(entries[3].after.url).toBe("https://hook.example/in?…iver");
    expect(JSON.stringify(entries)).not.toMatch(/5b04d42a|of-the-receiver|whsec_/);
  });

  it("of nothing writes nothing but what is claimed of the panel's share", async () => {
    const { id } = (await make()).json;
    const { rows_written } = await world.costOf((metering) =>
      metering.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { enabled: true, url: URL_IN } }),
    );
    expect(rows_written).toBe(1);
  });

  it("of the place goes no further than the feed's end", async () => {
    const { id } = (await make()).json;
    await world.post("/v1/orders", key, order("1"));
    const { next_after } = (await world.get("/v1/changes?limit=1000", { key })).json;
    expect((await patch(id as string, { after: Number.MAX_SAFE_INTEGER })).json).toMatchObject({ after: next_after, behind: 0 });
    for (const after of ["x", -1, 1.5, "1e3", null]) expect(paths(await patch(id as string, { after }))).toEqual(["after"]);
    await world.post("/v1/orders", key, order("2"));
    await tick();
    expect(receiver.orders).toEqual(["2"]);
  });

  it("of the address to another server needs the headers again: those kept were not given for it", async () => {
    const { id } = (await make({ headers: { Authorization: "Bearer 5b04d42a121900588ef1" } })).json;
    Receiver.at(world, "thief");
    expect(paths(await patch(id as string, { url: "https://thief.example/" }))).toEqual(["headers"]);
    expect((await patch(id as string, { url: "https://hook.example/elsewhere" })).json.headers).toEqual({ Authorization: "…8ef1" });
    expect((await patch(id as string, { url: "https://thief.example/", headers: {} })).json).toMatchObject({
      url: "https://thief.example/",
      headers: {},
    });
  });

  it("goes on where its key is lost, but for headers; a rotation makes it whole", async () => {
    const { id } = (await make({ headers: { "X-A": "of-the-receiver-1" } })).json;
    await env.DB.prepare("UPDATE webhooks SET secrets = 'sealed:9:' || substr(secrets, 10)").run();
    expect((await shown(id as string)).json.headers).toEqual({});
    expect((await patch(id as string, { description: "still here" })).json.description).toBe("still here");
    expect(codeOf(await patch(id as string, { headers: { "X-B": "1" } }))).toEqual([409, "webhook_unreadable"]);
    expect((await world.post(`/v1/webhooks/${id}/test`, key, {})).json).toMatchObject({
      status: null,
      error: expect.stringContaining("ENCRYPTION_KEYS"),
    });
    const { secret } = (await world.post(`/v1/webhooks/${id}/rotate`, key, {})).json;
    expect((await patch(id as string, { headers: { "X-B": "1" } })).status).toBe(200);
    await world.post(`/v1/webhooks/${id}/test`, key, {});
    expect(receiver.isSigned(receiver.last, secret as string)).toBe(true);
  });

  it("of ENCRYPTION_KEYS seals its secrets anew by ticks, for their own row", async () => {
    const { id, secret } = (await make()).json;
    const second = `2:${btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i + 1)))}`;
    const rotated = world.with({ ENCRYPTION_KEYS: `${second},${env.ENCRYPTION_KEYS}` });
    await rotated.run(1);
    const [row] = await rows<{ secrets: string }>("SELECT secrets FROM webhooks");
    expect(row?.secrets).toMatch(/^sealed:2:/);
    expect(await rotated.ports.secrets.open(webhookSecretsPlace("shop", id as string), row?.secrets ?? "")).toMatchObject({ ok: true });
    expect(await rotated.ports.secrets.open(webhookSecretsPlace("other", id as string), row?.secrets ?? "")).toMatchObject({ ok: false });
    expect((await rotated.post(`/v1/webhooks/${id}/test`, key, {})).json.status).toBe(200);
    expect(receiver.isSigned(receiver.last, secret as string)).toBe(true);
  });
});

describe("a test", () => {
  it("is a delivery without changes, at once, on record, and moves nothing", async () => {
    const { id, secret } = (await make()).json;
    await world.post("/v1/orders", key, order("1"));
    receiver.answer = () => new Response("thanks", { status: 202 });
    expect((await world.post(`/v1/webhooks/${id}/test`, key)).json).toEqual({ status: 202, duration_ms: 0, error: null });
    expect(receiver.last.json).toEqual({
      type: "changes",
      timestamp: new Date(world.now).toISOString(),
      data: { changes: [], next_after: String((await shown(id as string)).json.after), behind: 0 },
    });
    expect(receiver.isSigned(receiver.last, secret as string)).toBe(true);
    expect((await world.get(`/v1/webhooks/${id}/deliveries`, { key })).json.deliveries).toEqual([
      {
        id: receiver.last.id,
        at: new Date(world.now).toISOString(),
        attempt: 1,
        trigger: "test",
        first_seq: null,
        last_seq: null,
        status: 202,
        duration_ms: 0,
        error: null,
        response: "thanks",
      },
    ]);
    expect((await shown(id as string)).json).toMatchObject({ behind: 1, failing_since: null });
  });

  it("says what went wrong, does no more, and reaches a webhook that is off", async () => {
    const { id } = (await make()).json;
    await patch(id as string, { enabled: false });
    receiver.answer = () => new Response("gone", { status: 410 });
    expect((await world.post(`/v1/webhooks/${id}/test`, key)).json).toMatchObject({
      status: 410,
      error: expect.stringContaining("HTTP 410"),
    });
    expect((await shown(id as string)).json).toMatchObject({ enabled: false, disabled_reason: null, failing_since: null });
  });

  it("is sent ten times a minute at most", async () => {
    const { id } = (await make()).json;
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await world.post(`/v1/webhooks/${id}/test`, key)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429]);
    expect(receiver.received).toHaveLength(10);
    world.now += MINUTE_MS + 1;
    expect((await world.post(`/v1/webhooks/${id}/test`, key)).status).toBe(200);
    expect((await world.get(`/v1/webhooks/${id}/deliveries`, { key })).json.deliveries).toHaveLength(10);
    const first = (await world.get(`/v1/webhooks/${id}/deliveries?limit=6`, { key })).json;
    const rest = (await world.get(`/v1/webhooks/${id}/deliveries?limit=6&cursor=${first.next_cursor}`, { key })).json;
    const ids = [...first.deliveries, ...rest.deliveries].map((each: { id: string }) => each.id);
    expect([ids.length, new Set(ids).size, first.has_more, rest.has_more]).toEqual([10, 10, true, false]);
  });
});

/** A tick of the next minute, and nothing that it has sent to the queue: no provider says anything new. */
async function tick(): Promise<void> {
  world.now += MINUTE_MS;
  await world.tick();
  world.sent.length = 0;
}

describe("a replay", () => {
  it("sends once more what comes after a number, says so, and goes on as before", async () => {
    const { id } = (await make()).json;
    const start = (await shown(id as string)).json.after as number;
    await world.post("/v1/orders", key, [order("1"), order("2")]);
    await tick();
    expect(receiver.orders).toEqual(["1", "2"]);
    const { after } = (await shown(id as string)).json;
    const answer = await world.post(`/v1/webhooks/${id}/replay`, key, { after: String(start) });
    expect([answer.status, answer.json]).toEqual([202, expect.objectContaining({ after: start, behind: 2 })]);
    await tick();
    await world.post("/v1/orders", key, order("3"));
    await tick();
    expect(receiver.orders).toEqual(["1", "2", "1", "2", "3"]);
    const { deliveries } = (await world.get(`/v1/webhooks/${id}/deliveries`, { key })).json;
    expect(deliveries.map(({ trigger }: { trigger: string }) => trigger)).toEqual(["schedule", "replay", "schedule"]);
    expect(new Set(deliveries.map((delivery: { id: string }) => delivery.id)).size).toBe(3);
    expect(paths(await world.post(`/v1/webhooks/${id}/replay`, key, { after: Number(after) + 1e9 }))).toEqual(["after"]);
  });

  it("from where it stands is the next attempt at once", async () => {
    const { id } = (await make()).json;
    await world.post("/v1/orders", key, order("1"));
    receiver.answer = () => new Response("", { status: 500, headers: { "Retry-After": "3000" } });
    await tick();
    receiver.answer = () => new Response("ok");
    await tick();
    await tick();
    expect(receiver.received).toHaveLength(1);
    await world.post(`/v1/webhooks/${id}/replay`, key, { after: (await shown(id as string)).json.after });
    await tick();
    expect(receiver.orders).toEqual(["1", "1"]);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ["paused", (id) => patch(id, { enabled: false })],
    [
      "gone",
      async () => {
        receiver.answer = () => new Response("", { status: 410 });
        await world.post("/v1/orders", key, order("2"));
        await tick();
        receiver.answer = () => new Response("ok");
      },
    ],
  ])("of a webhook that is %s is refused; switched on with a number, it goes back", async (_why, off) => {
    const { id } = (await make()).json;
    const start = (await shown(id as string)).json.after as number;
    await world.post("/v1/orders", key, order("1"));
    await tick();
    await off(id as string);
    const seen = (await shown(id as string)).json;
    expect(seen.enabled).toBe(false);
    for (const after of [start, seen.after]) {
      const refused = await world.post(`/v1/webhooks/${id}/replay`, key, { after });
      expect([codeOf(refused), refused.json.error.message]).toEqual([[409, "webhook_off"], expect.stringContaining('{"enabled": true}')]);
    }
    expect((await shown(id as string)).json).toEqual(seen);
    receiver.received.length = 0;
    await patch(id as string, { enabled: true, after: start });
    await tick();
    expect(receiver.orders[0]).toBe("1");
  });

  it("of a webhook whose panel is off is refused, for the operator too", async () => {
    const { id } = (await make()).json;
    const { after } = (await shown(id as string)).json;
    const replay = () => world.ask("POST", `/v1/webhooks/${id}/replay`, { panel: "shop", body: { after } });
    await world.ask("PATCH", "/v1/panels/shop", { body: { enabled: false } });
    expect(codeOf(await replay())).toEqual([409, "webhook_off"]);
    await world.ask("PATCH", "/v1/panels/shop", { body: { enabled: true } });
    expect((await replay()).status).toBe(202);
  });
});

/**
 * Webhooks from providers: who may send one, what it leads to, and what it costs.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answered, codeOf, HOST, order } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { inProgress, resetConnection } from "../world/providers.ts";
import { World } from "../world/world.ts";

let world: World;
let shop = "";
let providers = 0;
let acme = "acme";
let url = "";

beforeAll(async () => {
  await migrate();
  shop = await new World().panel("shop");
});

beforeEach(async () => {
  // Each test has a provider of its own.
  providers += 1;
  acme = `acme${providers}`;
  world = new World({ now: Date.UTC(2026, 10, 21, 12) + providers * 86_400_000 });
  await world.provider(acme, { currency: "USD" });
  await world.post(
    "/v1/orders",
    shop,
    [1, 2, 3].map((n) => order(`${acme}-${n}`, { provider: acme, provider_order_id: `${providers}0${n}` })),
  );
  await world.run(1);
  world.now += 120_000;
  world.calls.length = 0;
  url = await makeHook();
});

const id = (n: number): string => `${providers}0${n}`;

async function makeHook(body: object = {}): Promise<string> {
  const made = await world.ask("POST", `/v1/providers/${acme}/hook`, { body });
  expect([made.status, made.json]).toEqual([201, { url: expect.stringContaining(`${HOST}/hooks/${acme}/`) }]);
  return made.json.url as string;
}

/** Sends a webhook, and waits for all that it leads to. */
async function send(init: RequestInit & { to?: string } = {}): Promise<Answered> {
  const context = createExecutionContext();
  const { to = url, ...rest } = init;
  const answered = await world.fetch(new Request(to, { method: "POST", ...rest }), context);
  await waitOnExecutionContext(context);
  return answered;
}

function multipart(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

const polled = (): string[] => world.calls.filter(({ action }) => action === "status").flatMap(({ ids }) => [...ids]);
const hintAt = (n: number): Promise<Answered> => send({ body: JSON.stringify({ order: id(n), status: "Completed" }) });

describe("a webhook", () => {
  it("has the orders that it names polled at once, without a tick or a message", async () => {
    world.providers.set(acme, (ids) => Object.fromEntries(ids.map((each) => [each, { ...inProgress(0), status: "Completed" }])));
    const { status, text } = await hintAt(1);
    expect([status, text]).toEqual([200, ""]);
    expect(polled()).toEqual([id(1)]);
    expect(world.sent).toEqual([]);
    expect((await world.get(`/v1/orders/${acme}-1`, { key: shop })).json.status).toBe("completed");
  });

  it("is never the truth: what counts is what the provider answers", async () => {
    await hintAt(1);
    expect((await world.get(`/v1/orders/${acme}-1`, { key: shop })).json.status).toBe("in_progress");
  });

  it.each<[string, () => RequestInit & { to?: string }]>([
    ["JSON", () => ({ body: JSON.stringify({ order_id: Number(id(1)) }), headers: { "Content-Type": "application/json" } })],
    ["a list", () => ({ body: JSON.stringify([{ order: id(1) }, { order: id(2) }]) })],
    ["below data", () => ({ body: JSON.stringify({ event: "order.updated", data: { id: id(1) } }) })],
    ["a form", () => ({ body: new URLSearchParams({ order: id(1), status: "Partial" }) })],
    [
      "a form with PHP's names",
      () => ({
        body: new URLSearchParams([
          ["orders[]", id(1)],
          ["orders[]", id(2)],
        ]),
      }),
    ],
    ["a form below data", () => ({ body: new URLSearchParams({ "data[order_id]": id(1) }) })],
    ["the query of a GET", () => ({ method: "GET", to: `${url}?order=${id(1)}&status=Completed` })],
    ["the query of a GET that names a field twice", () => ({ method: "GET", to: `${url}?order=${id(1)}&order=${id(2)}` })],
    ["the query of a GET with PHP's names", () => ({ method: "GET", to: `${url}?orders[]=${id(1)}&orders[]=${id(2)}` })],
    ["the query of a GET with a list of orders", () => ({ method: "GET", to: `${url}?orders[0][id]=${id(1)}&data[order]=${id(2)}` })],
    ["the query of a POST", () => ({ to: `${url}?orders=${id(1)},${id(2)}` })],
    ["the query of a POST whose body names none", () => ({ to: `${url}?order=${id(1)}`, body: JSON.stringify({ status: "Completed" }) })],
    ["the body of a POST whose query names another", () => ({ to: `${url}?order=${id(2)}`, body: JSON.stringify({ order: id(1) }) })],
    ["multipart, as PHP's cURL sends an array", () => ({ body: multipart({ "orders[0]": id(1), status: "Completed" }) })],
    ["a form with a list of orders", () => ({ body: new URLSearchParams({ "orders[0][id]": id(1) }) })],
    [
      "JSON that calls itself a form",
      () => ({ body: JSON.stringify({ id: id(1) }), headers: { "Content-Type": "application/x-www-form-urlencoded" } }),
    ],
  ])("is read as %s", async (_form, init) => {
    expect((await send(init())).status).toBe(200);
    expect(polled()).toContain(id(1));
  });

  it("is 200 and empty for unknown orders, for a ping, and for what cannot be read", async () => {
    const broken = await send({ body: "--x\r\nnothing", headers: { "Content-Type": "multipart/form-data; boundary=x" } });
    expect([broken.status, broken.text]).toEqual([200, ""]);
    for (const body of [JSON.stringify({ order: "999999999" }), "", "{", JSON.stringify({ event: "ping" }), "\u0000", "<xml/>"]) {
      const { status, text, headers } = await send({ body });
      expect([body, status, text, headers.get("Access-Control-Allow-Origin")]).toEqual([body, 200, "", null]);
    }
    expect(world.calls).toEqual([]);
    expect((await send({ body: "x".repeat(140_000) })).status).toBe(413);
  });

  it("reaches no order of another provider, whatever it names", async () => {
    const other = `other${providers}`;
    await world.provider(other, { currency: "USD" });
    await world.post("/v1/orders", shop, order(`${other}-1`, { provider: other, provider_order_id: "777" }));
    await send({ body: JSON.stringify({ orders: ["777", id(1)] }) });
    expect(world.calls.map(({ provider, ids }) => [provider, ids])).toEqual([[acme, [id(1)]]]);
  });

  it("is one poll an order in 30 s, and the next tick looks again", async () => {
    for (let i = 0; i < 20; i++) await hintAt(1);
    expect(polled()).toEqual([id(1)]);
    world.now += 29_000;
    await hintAt(1);
    expect(polled()).toEqual([id(1)]);
    world.now += 31_000;
    await world.run(1);
    expect(polled().filter((each) => each === id(1)).length).toBeGreaterThanOrEqual(2);
    const [hook] = await rows<{ waits: number }>("SELECT waits FROM provider_hooks WHERE provider = ?1", acme);
    expect(hook?.waits).toBe(0);
  });

  it("takes at most a fifth of the provider's calls, however many come; the rest waits", async () => {
    await world.ask("PUT", `/v1/providers/${acme}`, { body: { max_calls_per_minute: 5, batch_size: 1 } });
    const more = Array.from({ length: 30 }, (_, i) =>
      order(`${acme}-m${i}`, { provider: acme, provider_order_id: `${providers}5${100 + i}` }),
    );
    await world.post("/v1/orders", shop, more);
    for (let i = 0; i < 30; i++) await send({ body: JSON.stringify({ order: `${providers}5${100 + i}` }) });
    expect(polled().length).toBeGreaterThan(0);
    expect(polled().length).toBeLessThanOrEqual(5);
    const [hook] = await rows<{ waits: number; memory: string }>("SELECT waits, memory FROM provider_hooks WHERE provider = ?1", acme);
    expect([hook?.waits, (JSON.parse(hook?.memory ?? "{}").waiting as unknown[]).length]).toEqual([1, 30 - polled().length]);
  });

  it("waits for the next tick where nothing could be polled within the request", async () => {
    await world.ask("PUT", `/v1/providers/${acme}`, { body: { max_calls_per_minute: 1 } });
    // The minute's only call that panels and hints may make is taken.
    await env.DB.prepare("UPDATE providers SET budget_minute = ?2, budget_used = 1, budget_asked = 1 WHERE id = ?1")
      .bind(acme, Math.floor(world.now / 60_000))
      .run();
    await hintAt(2);
    expect(polled()).toEqual([]);
    const [hook] = await rows<{ waits: number }>("SELECT waits FROM provider_hooks WHERE provider = ?1", acme);
    expect(hook?.waits).toBe(1);
    world.now += 6 * 60_000;
    await world.run(6);
    expect(polled()).toContain(id(2));
  });

  it("costs a row beyond the poll's own, none where it says nothing new, and nothing for a token that was made up", async () => {
    const plain = await world.costOf(async (metering) =>
      metering.fetch(new Request(url, { method: "POST", body: JSON.stringify({ order: id(1) }) })),
    );
    // Without a poll: its own write is the check's.
    expect(plain.rows_written).toBeLessThanOrEqual(1 + 4);
    const again = async () =>
      world.costOf((metering) => metering.fetch(new Request(url, { method: "POST", body: JSON.stringify({ order: id(1) }) })));
    expect((await again()).rows_written).toBeLessThanOrEqual(1);
    expect((await again()).rows_written).toBe(0);
    const ping = await world.costOf((metering) => metering.fetch(new Request(url, { method: "POST", body: "{}" })));
    expect([ping.rows_written, ping.rows_read]).toEqual([0, 3]);
    const made = `${HOST}/hooks/${acme}/${"a".repeat(56)}`;
    const wrong = await world.costOf((metering) => metering.fetch(new Request(made, { method: "POST", body: "{}" })));
    expect([wrong.answer.status, wrong.rows_read]).toEqual([404, 0]);
  });

  it("that meets a provider that is down moves nothing, and says nothing of it", async () => {
    world.providers.set(acme, () => resetConnection());
    const { status, text } = await hintAt(1);
    expect([status, text]).toEqual([200, ""]);
    expect((await world.get(`/v1/orders/${acme}-1`, { key: shop })).json.status).toBe("in_progress");
  });
});

describe("a webhook's URL", () => {
  it("ends with the next one, with DELETE and with its provider, and is kept as a hash", async () => {
    const next = await makeHook();
    expect(codeOf(await send({ body: JSON.stringify({ order: id(1) }) }))).toEqual([404, "hook_not_found"]);
    expect((await send({ to: next, body: JSON.stringify({ order: id(1) }) })).status).toBe(200);
    const token = next.split("/").at(-1) ?? "";
    expect(JSON.stringify(await rows("SELECT * FROM provider_hooks"))).not.toContain(token);
    expect((await world.get("/v1/audit?limit=500")).text).not.toContain(token);
    expect(JSON.stringify(world.events)).not.toContain(token);
    expect((await world.ask("DELETE", `/v1/providers/${acme}/hook`)).status).toBe(204);
    expect(codeOf(await send({ to: next }))).toEqual([404, "hook_not_found"]);
    expect(codeOf(await world.ask("DELETE", `/v1/providers/${acme}/hook`))).toEqual([404, "hook_not_found"]);
    expect(codeOf(await world.ask("POST", "/v1/providers/nobody/hook"))).toEqual([404, "provider_not_found"]);
  });

  it("is no other provider's", async () => {
    const other = `other${providers}`;
    await world.provider(other, { currency: "USD" });
    await world.ask("POST", `/v1/providers/${other}/hook`);
    expect(codeOf(await send({ to: url.replace(`/${acme}/`, `/${other}/`) }))).toEqual([404, "hook_not_found"]);
  });

  it("is made by the operator alone", async () => {
    expect(codeOf(await world.ask("POST", `/v1/providers/${acme}/hook`, { key: shop }))).toEqual([403, "forbidden"]);
    expect((await world.get("/v1/audit?limit=1")).json.entries[0]).toMatchObject({
      action: "provider.hook_made",
      subject: `provider:${acme}`,
    });
  });
});

type Hmac = { readonly algorithm: "sha256" | "sha1" | "sha512"; readonly encoding: "hex" | "base64"; readonly secret: string };

async function hmac({ algorithm, encoding, secret }: Hmac, text: string): Promise<string> {
  const bytes = new TextEncoder();
  const how = { name: "HMAC", hash: algorithm.replace("sha", "SHA-") };
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), how, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(text)));
  if (encoding === "base64") return btoa(String.fromCharCode(...signature));
  return [...signature].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("a signed webhook", () => {
  const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const body = (n = 1) => JSON.stringify({ order: id(n), note: "é ü €" });

  const standardHeaders = (payload: string, { at = world.now, messageId = "msg_1", secret = SECRET } = {}): Record<string, string> => ({
    "webhook-id": messageId,
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": new Webhook(secret).sign(messageId, new Date(Math.floor(at / 1000) * 1000), payload),
  });

  it("of Standard Webhooks is taken once, within five minutes, as it was signed", async () => {
    url = await makeHook({ signature: { scheme: "standard", secret: SECRET } });
    const good = standardHeaders(body());
    expect((await send({ body: body(), headers: good })).status).toBe(200);
    expect(polled()).toEqual([id(1)]);
    const refused = async (headers: Record<string, string>, sent = body()): Promise<void> => {
      expect(codeOf(await send({ body: sent, headers }))).toEqual([401, "hook_signature"]);
    };
    await refused(good);
    await refused({});
    await refused(standardHeaders(body(2)), body(3));
    await refused(standardHeaders(body(2), { secret: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }));
    await refused({ ...standardHeaders(body(2)), "webhook-id": "msg_2" }, body(2));
    await refused(standardHeaders(body(2), { at: world.now - 301_000 }), body(2));
    await refused(standardHeaders(body(2), { at: world.now + 301_000 }), body(2));
    expect(polled()).toEqual([id(1)]);
    const old = standardHeaders(body(2), { at: world.now - 299_000, messageId: "msg_3" });
    const rotated = { ...old, "webhook-signature": `v1,${btoa("x".repeat(32))} v1a,abc ${old["webhook-signature"]}` };
    expect((await send({ body: body(2), headers: rotated })).status).toBe(200);
    expect(polled()).toEqual([id(1), id(2)]);
    await refused(rotated, body(2));
  });

  it.each([
    ["sha256", "hex", "", null],
    ["sha1", "hex", "sha1=", null],
    ["sha512", "base64", "", null],
    ["sha256", "base64", "v0=", "X-Time"],
    ["sha256", "hex", "sha256=", "X-Time"],
  ] as const)(
    "by %s as %s with prefix %j and time in %s is taken, and a changed one is not",
    async (algorithm, encoding, prefix, timed) => {
      const secret = "a secret of the provider's";
      url = await makeHook({
        signature: { scheme: "hmac", secret, header: "X-Signature", algorithm, encoding, prefix, timestamp_header: timed },
      });
      const signed = async (payload: string, time = Math.floor(world.now / 1000)): Promise<Record<string, string>> => ({
        "X-Signature": prefix + (await hmac({ algorithm, encoding, secret }, timed === null ? payload : `${time}.${payload}`)),
        ...(timed === null ? {} : { [timed]: String(time) }),
      });
      expect((await send({ body: body(), headers: await signed(body()) })).status).toBe(200);
      expect(polled()).toEqual([id(1)]);
      expect((await send({ body: body(2), headers: await signed(body()) })).status).toBe(401);
      expect((await send({ body: body(2) })).status).toBe(401);
      expect((await send({ body: body(2), headers: { ...(await signed(body(2))), "X-Signature": "none" } })).status).toBe(401);
      // The same again: a replay where it carries its time, else perhaps a retry, which is told well and polls nothing.
      world.now += 40_000;
      expect((await send({ body: body(), headers: await signed(body(), Math.floor(world.now / 1000) - 40) })).status).toBe(
        timed === null ? 200 : 401,
      );
      expect(polled()).toEqual([id(1)]);
      if (timed !== null)
        expect((await send({ body: body(2), headers: await signed(body(2), Math.floor(world.now / 1000) - 301) })).status).toBe(401);
    },
  );

  it.each<[string, object]>([
    ["Standard Webhooks", { scheme: "standard", secret: SECRET }],
    ["an hmac with a time", { scheme: "hmac", secret: "s", header: "X-S", algorithm: "sha256", encoding: "hex", timestamp_header: "X-T" }],
    ["an hmac of the body alone", { scheme: "hmac", secret: "s", header: "X-S", algorithm: "sha256", encoding: "hex" }],
  ])("names orders in its body alone: %s", async (_scheme, signature) => {
    url = await makeHook({ signature });
    const time = String(Math.floor(world.now / 1000));
    const isTimed = "timestamp_header" in signature;
    const signed = async (payload: string): Promise<Record<string, string>> => ({
      ...standardHeaders(payload),
      "X-T": time,
      "X-S": await hmac({ algorithm: "sha256", encoding: "hex", secret: "s" }, isTimed ? `${time}.${payload}` : payload),
    });
    for (const init of [{ method: "GET" }, { method: "POST" }, { method: "POST", body: "" }]) {
      const refused = await send({ ...init, to: `${url}?order=${id(1)}`, headers: await signed("") });
      expect(codeOf(refused)).toEqual([401, "hook_signature"]);
      expect(refused.json.error.message).toContain("no body for a signature to cover");
    }
    // A ping names none.
    expect((await send({ body: "", headers: await signed("") })).status).toBe(200);
    expect(polled()).toEqual([]);
    // What the query says beside a signed body was signed by nobody.
    const mixed = await send({ to: `${url}?order=${id(1)}`, body: body(2), headers: await signed(body(2)) });
    expect([mixed.status, polled()]).toEqual([200, [id(2)]]);
  });

  it("may be signed later, under the same URL, and by nothing again", async () => {
    const put = (signature: unknown) => world.ask("PUT", `/v1/providers/${acme}/hook`, { body: { signature } });
    expect((await put({ scheme: "standard", secret: SECRET })).status).toBe(204);
    expect(codeOf(await send({ body: body() }))).toEqual([401, "hook_signature"]);
    expect((await send({ body: body(), headers: standardHeaders(body()) })).status).toBe(200);
    expect((await put(null)).status).toBe(204);
    expect((await send({ body: body(2) })).status).toBe(200);
    expect(polled()).toEqual([id(1), id(2)]);
    await world.ask("DELETE", `/v1/providers/${acme}/hook`);
    expect(codeOf(await put(null))).toEqual([404, "hook_not_found"]);
  });

  it("keeps its secret sealed, and none where nothing can be sealed", async () => {
    await makeHook({ signature: { scheme: "hmac", secret: "plain-secret-1", header: "X-S", algorithm: "sha256", encoding: "hex" } });
    const stored = JSON.stringify(await rows("SELECT * FROM provider_hooks WHERE provider = ?1", acme));
    expect(stored).toContain("sealed:1:");
    expect(stored + (await world.get("/v1/audit?limit=500")).text).not.toContain("plain-secret-1");
    const unsealed = world.with({ ENCRYPTION_KEYS: undefined as unknown as string });
    const signature = { scheme: "standard", secret: SECRET };
    expect(codeOf(await unsealed.ask("POST", `/v1/providers/${acme}/hook`, { body: { signature } }))).toEqual([503, "sealing_off"]);
  });

  it.each<[object, string, string?]>([
    [{ scheme: "standard" }, "signature.secret", "is required"],
    [{ scheme: "standard", secret: "whsec_!" }, "signature.secret"],
    [{ scheme: "hmac", secret: "x" }, "signature.header"],
    [{ scheme: "hmac", secret: "x", header: "X Y", algorithm: "sha256", encoding: "hex" }, "signature.header"],
    [{ scheme: "hmac", secret: "x", header: "X", algorithm: "md5", encoding: "hex" }, "signature.algorithm"],
    [{ scheme: "basic", secret: "x" }, "signature.scheme", "must be one of standard, hmac"],
    [{ secret: "x" }, "signature.scheme", "is required: one of standard, hmac"],
    [{ scheme: "standard", secret: SECRET, header: "X" }, "signature.header"],
  ])("refuses %j", async (signature, path, message = expect.any(String)) => {
    const { status, json } = await world.ask("POST", `/v1/providers/${acme}/hook`, { body: { signature } });
    expect([status, json.error.details.fields[0]]).toEqual([422, { path, message }]);
  });
});

/**
 * Browsers' tokens: what they read, what they are refused, and what a page of another origin is told.
 */
import { env } from "cloudflare:workers";
import { SignJWT } from "jose/jwt/sign";
import { beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/http/routes.ts";
import { textsIn } from "../../../src/http/v1/statuses/texts.ts";
import { type Answered, codeOf, order, queryFor } from "../world/asking.ts";
import { migrate, rows } from "../world/database.ts";
import { addOrders } from "../world/records.ts";
import { World } from "../world/world.ts";

const world = new World();
let shop = "";
let other = "";
let secret = "";
let otherSecret = "";

type Claims = Record<string, unknown>;

/** As a panel's backend signs it. */
function sign(claims: Claims, by = secret, header: Record<string, string> = {}): Promise<string> {
  const body = { iss: "shop", exp: Math.floor(world.now / 1000) + 3600, ...claims };
  return new SignJWT(body).setProtectedHeader({ alg: "HS256", ...header }).sign(new TextEncoder().encode(by));
}

/** Whatever header and claims somebody writes, signed well for HS256. */
async function signBare(header: unknown, claims: unknown, by = secret): Promise<string> {
  const encode = (bytes: Uint8Array) =>
    btoa(String.fromCharCode(...bytes))
      .replaceAll("=", "")
      .replaceAll("+", "-")
      .replaceAll("/", "_");
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const write = (part: unknown) => encode(utf8(typeof part === "string" ? part : JSON.stringify(part)));
  const signed = `${write(header)}.${write(claims)}`;
  const key = await crypto.subtle.importKey("raw", utf8(by), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `${signed}.${encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(signed))))}`;
}

/** As a page asks: without a key. */
const read = (path: string, token: string, ask: { headers?: Record<string, string> } = {}): Promise<Answered> =>
  world.get(`${path}${path.includes("?") ? "&" : "?"}token=${token}`, { key: null, ...ask });
const bearer = (path: string, token: string): Promise<Answered> => world.get(path, { key: token });

beforeAll(async () => {
  await migrate();
  shop = await world.panel("shop");
  other = await world.panel("other");
  await world.provider("acme", { currency: "USD" });
  await world.post("/v1/orders", shop, [
    order("1001", { customer: "ann", service: "12", link: "https://x.example/a", cost: "0.1" }),
    order("1002", { customer: "bob" }),
    order("1003", { customer: "ann", provider_order_id: "secret-upstream-3" }),
    order("1004"),
  ]);
  await world.post("/v1/orders", other, [order("2001", { customer: "ann" })]);
  secret = (await world.ask("POST", "/v1/panels/shop/token-secret")).json.secret as string;
  otherSecret = (await world.post("/v1/panels/other/token-secret", other)).json.secret as string;
  await world.run(1);
});

describe("a token", () => {
  it("reads the orders that it names, by either way of sending it", async () => {
    const token = await sign({ orders: ["1001", "1003"] });
    for (const ask of [read, bearer]) {
      const answer = await ask("/v1/orders/1001", token);
      expect([answer.status, answer.json.id, answer.json.status]).toEqual([200, "1001", "in_progress"]);
      expect(answer.json.meaning).toContain("Delivery is running");
      const both = (await ask("/v1/orders?ids=1001,1003,1002,2001,9", token)).json;
      expect(both.orders.map(({ id }: { id: string }) => id)).toEqual(["1001", "1003"]);
      expect(both.missing).toEqual(["1002", "2001", "9"]);
      // Of an order that is there, and of one that is not, the same is said.
      for (const id of ["1002", "nope"]) {
        const unseen = await ask(`/v1/orders/${id}`, token);
        expect(codeOf(unseen)).toEqual([404, "order_not_found"]);
        expect(unseen.json.error.message).toContain(`The token reaches no order "${id}": it names others, or`);
      }
      expect(codeOf(await ask("/v1/orders/2001", token))).toEqual([404, "order_not_found"]);
    }
  });

  it("signed by its panel reads an order whose id got a comma earlier", async () => {
    await addOrders("shop", "acme", 9001, 1, { id: "10,02" });
    expect((await read("/v1/orders/10%2C02", await sign({ orders: ["10,02"] }))).json.id).toBe("10,02");
  });

  it("of a customer reads that customer's orders, and lists them", async () => {
    const token = await sign({ customer: "ann" });
    const list = (await read("/v1/orders", token)).json;
    expect(list.orders.map(({ id }: { id: string }) => id)).toEqual(["1003", "1001"]);
    expect((await read("/v1/orders?status=in_progress&limit=1", token)).json.orders).toHaveLength(1);
    expect((await read("/v1/orders/1003", token)).status).toBe(200);
    expect((await read("/v1/orders/1002", token)).status).toBe(404);
    expect((await read("/v1/orders/1004", token)).status).toBe(404);
    for (const filter of ["customer=bob", "provider=acme", "provider_order_id=p-1001", "flag=not_found", "flag=parked", "count=status"])
      expect([filter, ...codeOf(await read(`/v1/orders?${filter}`, token))]).toEqual([filter, 403, "token_forbidden"]);
    expect((await read("/v1/orders?customer=ann&flag=overdue", token)).status).toBe(200);
  });

  it("shows nothing of the supplier, nor of the panel's books", async () => {
    const token = await sign({ customer: "ann" });
    for (const path of ["/v1/orders", "/v1/orders/1003", "/v1/orders?ids=1001,1003"]) {
      const { text, headers } = await read(path, token);
      expect(text).not.toMatch(/acme|upstream|p-1001|"provider|"customer|"reason|"cost|duplicate_of|provider-key/);
      expect(JSON.stringify([...headers])).not.toMatch(/acme|upstream/);
    }
  });

  it("opens no other route", async () => {
    const token = await sign({ customer: "ann" });
    const listed = await sign({ orders: ["1001"] });
    expect(codeOf(await read("/v1/orders", listed))).toEqual([403, "token_forbidden"]);
    for (const route of ROUTES.filter(({ who: anyone }) => anyone !== "anyone" && anyone !== "reader")) {
      const { method, path, who } = route;
      const query = queryFor(route);
      const url = path.replace(/:\w+/g, "1001") + query;
      const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
      expect([
        method,
        path,
        who,
        ...codeOf(await world.ask(method, `${url}${query === "" ? "?" : "&"}token=${token}`, { key: null, ...body })),
      ]).toEqual([method, path, who, 403, "token_forbidden"]);
      expect(codeOf(await world.ask(method, url, { key: token, ...body }))).toEqual([403, "token_forbidden"]);
    }
    for (const provider of [null, "acme"])
      expect((await world.apiV2(token, { action: "balance" }, provider)).json).toEqual({ error: "Invalid API key" });
  });

  it("that is bad, expired or foreign is refused with a code that says which", async () => {
    const now = Math.floor(world.now / 1000);
    const token = await sign({ orders: ["1001"] });
    const [head = "", body = "", signature = ""] = token.split(".");
    const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.${body}.`;
    const cases: readonly (readonly [string, string, string])[] = [
      ["no token at all", "x.y.z", "token_invalid"],
      ["one that is empty", "", "token_invalid"],
      ["both reaches", await sign({ orders: ["1001"], customer: "ann" }), "token_invalid"],
      ["no reach", await sign({}), "token_invalid"],
      ["good for two days", await sign({ orders: ["1001"], exp: now + 2 * 86_400 }), "token_invalid"],
      ["ended", await sign({ orders: ["1001"], exp: now - 61 }), "token_expired"],
      ["another panel's secret", await sign({ orders: ["1001"] }, otherSecret), "token_foreign"],
      ["a panel that is not there", await sign({ iss: "nobody", orders: ["1001"] }), "token_foreign"],
      ["a panel of another secret", await sign({ iss: "other", orders: ["2001"] }), "token_foreign"],
      ["a changed body", [head, btoa(atob(body).replace("1001", "1002")).replaceAll("=", ""), signature].join("."), "token_foreign"],
      ["a signature that is none", `${head}.${body}.${signature.slice(0, 5)}`, "token_foreign"],
      ["padding", `${head}=.${body}.${signature}`, "token_invalid"],
      ["spaces", `${head}%20.${body}.${signature}`, "token_invalid"],
      ["four parts", `${token}.x`, "token_invalid"],
      ["no signature", `${head}.${body}.`, "token_foreign"],
      ["alg none", none, "token_invalid"],
      [
        "another algorithm",
        await new SignJWT({ iss: "shop", exp: now + 60, orders: ["1001"] })
          .setProtectedHeader({ alg: "HS512" })
          .sign(new TextEncoder().encode(secret.padEnd(64, "x"))),
        "token_invalid",
      ],
      ["not good yet", await sign({ orders: ["1001"], nbf: now + 600 }), "token_invalid"],
      ["too long", await sign({ orders: ["1001"], note: "x".repeat(20_000) }), "token_invalid"],
    ];
    for (const [what, bad, code] of cases) expect([what, ...codeOf(await read("/v1/orders/1001", bad))]).toEqual([what, 401, code]);
    expect((await read("/v1/orders/1001", await sign({ orders: ["1001"], exp: now - 59 }))).status).toBe(200);
  });

  it("that its panel's secret has signed is never called foreign: what is wrong with it is said", async () => {
    const now = Math.floor(world.now / 1000);
    const claims = { iss: "shop", exp: now + 600, orders: ["1001"] };
    const HS256 = { alg: "HS256" };
    const said = 'must say "alg": "HS256" in its header';
    const cases: readonly (readonly [unknown, unknown, string | null])[] = [
      [HS256, claims, null],
      [{ ...HS256, typ: "at+jwt", kid: "7" }, claims, null],
      [HS256, { ...claims, nbf: now, iat: now, sub: "ann" }, null],
      ...["HS512", "hs256", "none", "RS256", "", null, undefined, 256, ["HS256"]].map((alg) => [{ alg }, claims, said] as const),
      [{ ...HS256, crit: ["b64"], b64: true }, claims, "must have no `crit` in its header"],
      [{ ...HS256, crit: [] }, claims, "must have no `crit` in its header"],
      ["HS256", claims, "has no header that can be read"],
      ["null", claims, "has no header that can be read"],
      [[], claims, "has no header that can be read"],
      [HS256, "claims", "has no claims"],
      [HS256, "7", "has no claims"],
      [HS256, JSON.stringify(claims).slice(1), "has no claims"],
      [HS256, { ...claims, nbf: now + 61 }, "is not good yet"],
      [HS256, { ...claims, nbf: String(now) }, "must have `nbf` and `iat` in seconds"],
      [HS256, { ...claims, iat: String(now) }, "must have `nbf` and `iat` in seconds"],
    ];
    for (const [header, body, problem] of cases) {
      const { status, json } = await read("/v1/orders/1001", await signBare(header, body));
      const told = problem === null ? [200, undefined] : [401, "token_invalid"];
      expect([header, body, status, json.error?.code]).toEqual([header, body, ...told]);
      expect(json.error?.message ?? "").toContain(problem ?? "");
    }
  });

  it("ends with a new secret, and with the panel that is switched off", async () => {
    const token = await sign({ iss: "other", orders: ["2001"] }, otherSecret);
    expect((await read("/v1/orders/2001", token)).status).toBe(200);
    await world.ask("PATCH", "/v1/panels/other", { body: { enabled: false } });
    expect(codeOf(await read("/v1/orders/2001", token))).toEqual([403, "panel_disabled"]);
    await world.ask("PATCH", "/v1/panels/other", { body: { enabled: true } });
    const next = (await world.post("/v1/panels/other/token-secret", other)).json.secret as string;
    expect(codeOf(await read("/v1/orders/2001", token))).toEqual([401, "token_foreign"]);
    expect((await read("/v1/orders/2001", await sign({ iss: "other", orders: ["2001"] }, next))).status).toBe(200);
  });

  it("that somebody makes up waits like a wrong key, and a good one from there goes on", async () => {
    let left = 2;
    const limited = world.with({ FAILED_KEYS: { limit: () => Promise.resolve({ success: left-- > 0 }) } });
    const ask = (token: string) =>
      limited.get(`/v1/orders/1001?token=${token}`, { key: null, headers: { "CF-Connecting-IP": "192.0.2.9" } });
    const good = await sign({ orders: ["1001"] });
    expect((await ask(good)).status).toBe(200);
    const tried: number[] = [];
    for (let i = 0; i < 5; i++) tried.push((await ask(await sign({ orders: [`${i}`] }, otherSecret))).status);
    expect(tried).toEqual([401, 401, 401, 429, 429]);
    expect((await ask(good)).status).toBe(200);
  });

  it("costs one round trip and no row written; one that says nothing of a panel costs none", async () => {
    const token = await sign({ orders: ["1001"] });
    const cost = await world.costOf((metering) => metering.get(`/v1/orders/1001?token=${token}`, { key: null }));
    expect([cost.answer.status, cost.d1_calls, cost.rows_written]).toEqual([200, 1, 0]);
    expect(cost.rows_read).toBeLessThanOrEqual(8);
    const made = await world.costOf((metering) => metering.get("/v1/orders/1001?token=a.b.c", { key: null }));
    expect([made.answer.status, made.d1_calls]).toEqual([401, 0]);
  });

  it("is never logged, and its secret never shown again", async () => {
    const broken = world.with({ DB: { batch: () => Promise.reject(new Error("D1 is gone")) } as unknown as D1Database });
    const token = await sign({ orders: ["1001"] });
    expect((await broken.get(`/v1/orders/1001?token=${token}`, { key: null })).status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(broken.events)).not.toContain(token);
    const [row] = await rows<{ token_secret: string }>("SELECT token_secret FROM panels WHERE id = 'shop'");
    expect(row?.token_secret).toMatch(/^sealed:1:/);
    const shown = [await world.get("/v1/panels/shop"), await world.get("/v1/audit?limit=500"), await world.get("/v1/panels")];
    for (const { text } of shown) expect(text).not.toContain(secret);
    expect(shown[1]?.text).toContain("panel.token_secret_made");
  });
});

describe("POST /v1/tokens", () => {
  it("makes tokens that read, for orders or a customer, as long as was asked for", async () => {
    const made = await world.post("/v1/tokens", shop, { orders: ["1001"], ttl_seconds: 60 });
    expect([made.status, made.json.expires_at]).toEqual([201, new Date(Math.floor(world.now / 1000) * 1000 + 60_000).toISOString()]);
    expect((await read("/v1/orders/1001", made.json.token)).status).toBe(200);
    const customers = await world.post("/v1/tokens", shop, { customer: "ann" });
    expect((await read("/v1/orders", customers.json.token)).json.orders).toHaveLength(2);
    const operators = await world.ask("POST", "/v1/tokens", { panel: "shop", body: { customer: "ann" } });
    expect((await read("/v1/orders", operators.json.token)).json.orders).toHaveLength(2);
  });

  it.each([
    [{}, "orders"],
    [{ orders: ["1"], customer: "ann" }, "orders"],
    [{ orders: [] }, "orders"],
    [{ orders: ["."] }, "orders[0]"],
    [{ orders: ["1001", "A,1"] }, "orders[1]"],
    [{ customer: "" }, "customer"],
    [{ customer: "ann", ttl_seconds: 86_401 }, "ttl_seconds"],
    [{ customer: "ann", ttl_seconds: 0 }, "ttl_seconds"],
    [{ customer: "ann", iss: "other" }, "iss"],
  ])("refuses %j", async (body, path) => {
    const { status, json } = await world.post("/v1/tokens", shop, body);
    expect([status, json.error.details.fields[0].path]).toEqual([422, path]);
  });

  it("makes a panel's secret with the first token, once, however many ask at once", async () => {
    const key = await world.panel("fresh");
    const made = await Promise.all(Array.from({ length: 4 }, () => world.post("/v1/tokens", key, { customer: "ann" })));
    const answers = await Promise.all(made.map(({ json }) => read("/v1/orders", json.token)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it("and a new secret say what is missing where secrets cannot be sealed", async () => {
    const plain = world.with({ ENCRYPTION_KEYS: undefined as unknown as string });
    const key = await world.panel("plain");
    expect(codeOf(await plain.post("/v1/tokens", key, { customer: "ann" }))).toEqual([503, "sealing_off"]);
    expect(codeOf(await plain.post("/v1/panels/plain/token-secret", key))).toEqual([503, "sealing_off"]);
    expect(codeOf(await plain.post("/v1/tokens", shop, { customer: "ann" }))).toEqual([503, "token_secret_unreadable"]);
  });

  it("a secret is made for one's own panel only, by a key that may write", async () => {
    expect(codeOf(await world.post("/v1/panels/other/token-secret", shop))).toEqual([403, "another_panel"]);
    expect(codeOf(await world.post("/v1/panels/nobody/token-secret", shop))).toEqual([403, "another_panel"]);
    expect(codeOf(await world.ask("POST", "/v1/panels/nobody/token-secret"))).toEqual([404, "panel_not_found"]);
    const reads = (await world.ask("POST", "/v1/keys", { body: { name: "reads", panel: "shop", scopes: ["read"] } })).json.key as string;
    expect(codeOf(await world.post("/v1/panels/shop/token-secret", reads))).toEqual([403, "forbidden"]);
    expect(codeOf(await world.post("/v1/tokens", reads, { customer: "ann" }))).toEqual([403, "forbidden"]);
  });
});

describe("a page of another origin", () => {
  const CORS = "Access-Control-Allow-Origin";

  it("reads what a token opens, and the errors, and the statuses", async () => {
    const token = (await world.post("/v1/tokens", shop, { customer: "ann" })).json.token as string;
    const answers = [
      await read("/v1/orders/1001", token),
      await read("/v1/orders", token),
      await read("/v1/orders?ids=1001", token),
      await read("/v1/orders/nope", token),
      await read("/v1/orders?nonsense=1", token),
      await read("/v1/orders/1001", "a.b.c"),
      await bearer("/v1/orders/1001", token),
      await world.get("/v1/orders/1001", { key: null }),
      await world.get("/v1/statuses", { key: null }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 422, 401, 200, 401, 200]);
    for (const { headers } of answers) {
      expect(headers.get(CORS)).toBe("*");
      expect(headers.get("Access-Control-Expose-Headers")).toBe("ETag, Retry-After, Request-Id");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    }
  });

  it("reads nothing that a key opens", async () => {
    const asked = [
      await world.get("/v1/orders/1001", { key: shop }),
      await world.get("/v1/orders", { key: shop }),
      await world.get("/v1/orders/1001", { panel: "shop" }),
      await world.get("/v1/changes", { key: shop }),
      await world.get("/v1/changes", { key: null }),
      await world.get("/healthz", { key: null }),
    ];
    for (const { headers } of asked) expect(headers.get(CORS)).toBeNull();
  });

  it("gets no copy that a shared cache keeps of what a key was answered", async () => {
    await world.ask("PATCH", "/v1/panels/shop", { body: { public_status: true } });
    for (const path of ["/v1/statuses", "/v1/status/shop"]) {
      const [page, backend] = [await world.get(path, { key: null }), await world.get(path, { key: shop })];
      expect([page.status, page.headers.get(CORS), backend.headers.get(CORS)]).toEqual([200, "*", null]);
      for (const { headers } of [page, backend])
        expect([headers.get("Cache-Control"), headers.get("Vary")]).toEqual([expect.stringContaining("public"), "Authorization"]);
    }
  });

  it("is told in a preflight what it may send, for a day", async () => {
    for (const path of ["/v1/orders/1001", "/v1/orders", "/v1/statuses"]) {
      const { status, headers, text } = await world.ask("OPTIONS", path, { key: null });
      expect([status, text, headers.get(CORS)]).toEqual([204, "", "*"]);
      expect(headers.get("Access-Control-Max-Age")).toBe("86400");
      expect(headers.get("Access-Control-Allow-Headers")).toBe("Authorization, If-None-Match");
    }
    expect((await world.ask("OPTIONS", "/v1/changes", { key: null })).status).toBe(405);
    expect((await world.ask("PUT", "/v1/orders/1001", { key: null })).headers.get("Allow")).not.toContain("OPTIONS");
  });

  it("keeps an answer until the next look can bring news, and asks whether it still holds", async () => {
    const token = (await world.post("/v1/tokens", shop, { orders: ["1001"] })).json.token as string;
    const { headers, json } = await read("/v1/orders/1001", token);
    const age = Number(/^private, max-age=(\d+)$/.exec(headers.get("Cache-Control") ?? "")?.[1]);
    const next = Math.ceil((Date.parse(json.next_check_at) - world.now) / 1000);
    expect(age).toBe(Math.min(60, next + 5));
    const again = await read("/v1/orders/1001", token, { headers: { "If-None-Match": headers.get("ETag") ?? "" } });
    expect([again.status, again.text, again.headers.get(CORS)]).toEqual([304, "", "*"]);
    expect(again.headers.get("Cache-Control")).toBe(headers.get("Cache-Control"));
  });

  it.each([
    ["es", "es", "La entrega está en marcha"],
    ["pt-BR", "pt", "A entrega está em andamento"],
    ["pt_PT", "pt", "A entrega está em andamento"],
    ["RU", "ru", "Заказ выполняется"],
    ["tr", "tr", "Teslimat sürüyor"],
    ["ar-EG", "ar", "التسليم جارٍ"],
    ["id", "id", "Pengiriman sedang berjalan"],
    ["hi-Latn-IN", "hi", "डिलीवरी चल रही है"],
    ["en-GB", "en", "Delivery is running"],
    ["xx", "en", "Delivery is running"],
    ["__proto__", "en", "Delivery is running"],
    ["constructor", "en", "Delivery is running"],
    ["", "en", "Delivery is running"],
    [null, "en", "Delivery is running"],
  ])("asks for texts in %j, and reads them in %s, whichever way it asks", async (asked, lang, meaning) => {
    const token = (await world.post("/v1/tokens", shop, { customer: "ann" })).json.token as string;
    const language = asked === null ? "" : `lang=${asked}`;
    const tags = new Set<string | null>();
    for (const ask of [read, bearer])
      for (const path of ["/v1/orders/1001", "/v1/orders?ids=1001", "/v1/orders?customer=ann"]) {
        const { status, json, headers } = await ask(`${path}${path.includes("?") ? "&" : "?"}${language}`, token);
        const seen = json.orders?.find(({ id }: { id: string }) => id === "1001") ?? json;
        expect([status, headers.get("Content-Language"), headers.get("Vary")]).toEqual([200, lang, "Authorization"]);
        expect([seen.status, seen.label]).toEqual(["in_progress", "In progress"]);
        expect(seen.meaning).toContain(meaning);
        expect(seen.what_to_do).toBe(textsIn(lang).texts.statuses.in_progress.what_to_do);
        tags.add(headers.get("ETag"));
      }
    // The three answers differ, and the way of asking makes no difference.
    expect(tags.size).toBe(3);
  });

  it("has a tag that holds in its language alone", async () => {
    const token = (await world.post("/v1/tokens", shop, { orders: ["1001"] })).json.token as string;
    const { headers } = await read("/v1/orders/1001?lang=es", token);
    const known = { headers: { "If-None-Match": headers.get("ETag") ?? "" } };
    const again = await read("/v1/orders/1001?lang=es-MX", token, known);
    expect([again.status, again.headers.get("Content-Language")]).toEqual([304, "es"]);
    for (const query of ["?lang=pt", "?lang=en", ""]) expect((await read(`/v1/orders/1001${query}`, token, known)).status).toBe(200);
  });

  it("has one token and one language; a backend has none", async () => {
    const token = (await world.post("/v1/tokens", shop, { orders: ["1001"] })).json.token as string;
    expect(codeOf(await world.get("/v1/orders/1001?lang=en", { key: shop }))).toEqual([422, "invalid_request"]);
    expect(codeOf(await read("/v1/orders/1001?token=a", token))).toEqual([401, "token_invalid"]);
    expect((await world.get("/v1/orders/1001", { key: shop })).headers.get("Content-Language")).toBeNull();
  });
});

// The last one: afterwards the first key opens none of them.
describe("a rotation of ENCRYPTION_KEYS", () => {
  it("the secrets of tokens are sealed anew after a rotation", async () => {
    const token = await sign({ orders: ["1001"] });
    const rotated = world.with({
      ENCRYPTION_KEYS: `2:${btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, at) => at)))},${env.ENCRYPTION_KEYS}`,
    });
    rotated.now = world.now;
    await rotated.run(2);
    const sealed = await rows<{ token_secret: string }>("SELECT token_secret FROM panels WHERE token_secret IS NOT NULL");
    expect(sealed.length).toBeGreaterThan(1);
    for (const { token_secret } of sealed) expect(token_secret).toMatch(/^sealed:2:/);
    expect((await rotated.get(`/v1/orders/1001?token=${token}`, { key: null })).status).toBe(200);
  });
});

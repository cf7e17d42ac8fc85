/**
 * Crons of panels' scripts: set over HTTP, called by ticks, never twice at once, and none at another's cost.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { callCrons } from "../../../src/sync/crons.ts";
import { tick } from "../../../src/sync/tick.ts";
import { codeOf } from "../world/asking.ts";
import { clear, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, keyNamed, young } from "../world/records.ts";
import { World } from "../world/world.ts";

const URL_OF = (name: string) => `https://script.example.com/cron/${name}?key=secret-of-the-script`;
const key = keyNamed("shop");
const OTHER = keyNamed("other");
const RESELLER = keyNamed("resale");

let world: World;
/** When each path was called. */
let called: { readonly path: string; readonly at: number }[];
let answers: Map<string, () => Response | Promise<Response>>;

beforeAll(async () => {
  await migrate();
  await addPanel("shop");
  await addPanel("other");
  await addPanel("resale");
  await rows("UPDATE panels SET role = 'reseller', money = 'ledger' WHERE id = 'resale'");
});

beforeEach(async () => {
  await clear();
  world = new World();
  begin(world);
});

function begin(of: World): void {
  called = [];
  answers = new Map();
  const serve = (_ids: unknown, _fields: unknown, request: Request): Response | Promise<Response> => {
    const path = new URL(request.url).pathname.split("/").at(-1) ?? "";
    called.push({ path, at: of.now });
    return answers.get(path)?.() ?? new Response("done");
  };
  for (const host of ["script", "other"]) of.providers.set(host, serve);
}

const put = (crons: unknown, as: { key?: string } = { key }, panel = "shop") =>
  world.ask("PUT", `/v1/panels/${panel}/crons`, { ...as, body: crons });
const get = async (as: { key?: string } = { key }) => (await world.get("/v1/panels/shop/crons", as)).json.crons;
const every = (name: string, every_minutes = 1) => ({ url: URL_OF(name), name, every_minutes });
const paths = () => called.map(({ path }) => path);

describe("the list of a panel's crons", () => {
  it("shows what was set, the URLs as hints alone, to the panel and the operator", async () => {
    const { status, json } = await put([every("orders"), every("services", 60)]);
    expect(status).toBe(200);
    expect(json.crons).toMatchObject([
      { name: "orders", url_hint: "https://script.example.com/…ript", every_minutes: 1, failures: 0, calls: [] },
      { name: "services", every_minutes: 60 },
    ]);
    expect(await get({})).toEqual(json.crons);
    const kept = JSON.stringify([await rows("SELECT * FROM panel_crons"), await rows("SELECT * FROM audit"), world.events]);
    expect([kept.includes("secret-of"), kept.includes("/cron/")]).toEqual([false, false]);
    expect(await rows("SELECT action, subject FROM audit WHERE action = 'panel.crons_set'")).toEqual([
      { action: "panel.crons_set", subject: "panel:shop" },
    ]);
  });

  it("keeps the calls of one that stays, by its URL or its id, and removes what is not named", async () => {
    const [orders, services] = (await put([every("orders"), every("services")])).json.crons;
    await world.run(1);
    const { json } = await put([
      { id: services.id, every_minutes: 10 },
      { url: URL_OF("orders"), every_minutes: 2 },
    ]);
    expect(json.crons.map(({ id, calls }: { id: string; calls: unknown[] }) => [id, calls.length])).toEqual([
      [services.id, 1],
      [orders.id, 1],
    ]);
    expect((await put([{ id: orders.id, every_minutes: 2 }])).json.crons).toHaveLength(1);
    expect((await put([])).json.crons).toEqual([]);
  });

  it.each([
    [[{ url: "https://x.example/", every_minutes: 0 }], "[0].every_minutes"],
    [[{ url: "https://x.example/", every_minutes: 1441 }], "[0].every_minutes"],
    [[{ every_minutes: 1 }], "[0].url"],
    [[{ id: "cron_1", every_minutes: 1 }], "[0].id"],
    [[{ url: "https://127.0.0.1/", every_minutes: 1 }], "[0].url"],
    [[{ url: "http://169.254.169.254/latest", every_minutes: 1 }], "[0].url"],
    [[{ url: "https://a:b@x.example/", every_minutes: 1 }], "[0].url"],
    [[every("a"), { url: "ftp://x.example/", every_minutes: 1 }], "[1].url"],
    [[every("a"), every("a", 5)], "[1].url"],
  ])("refuses %j by name", async (body, path) => {
    const bare = new World({ ALLOW_PRIVATE_URLS: "" });
    const answer = await bare.ask("PUT", "/v1/panels/shop/crons", { key, body });
    expect([answer.status, answer.json.error?.details.fields[0].path]).toEqual([422, path]);
    expect(await rows("SELECT 1 FROM panel_crons")).toEqual([]);
  });

  it("has ten at most, and is a shop's own or the operator's", async () => {
    const ten = Array.from({ length: 10 }, (_, i) => every(`c${i}`));
    expect((await put([...ten, every("c10")])).status).toBe(422);
    expect((await put(ten)).status).toBe(200);
    expect(codeOf(await put([], { key: OTHER }))).toEqual([404, "panel_not_found"]);
    expect(codeOf(await world.get("/v1/panels/shop/crons", { key: OTHER }))).toEqual([404, "panel_not_found"]);
    expect(codeOf(await put([every("x")], { key: RESELLER }, "resale"))).toEqual([403, "reseller"]);
    expect(codeOf(await put([], {}, "nobody"))).toEqual([404, "panel_not_found"]);
    expect(await get()).toHaveLength(10);
  });
});

describe("a tick", () => {
  it("calls each in its own time", async () => {
    await put([every("a"), every("b", 3)]);
    await world.run(6);
    expect(paths().toSorted().join("")).toBe("aaaaaabb");
    expect(await get()).toMatchObject([{ calls: Array.from({ length: 6 }, () => ({ status: 200, error: null })) }, { calls: [{}, {}] }]);
    expect(world.eventsOf("crons")).toHaveLength(6);
  });

  it("makes up for missed minutes once, and calls once where ticks come twice or late together", async () => {
    await put([every("a")]);
    await world.run(1);
    world.now += 30 * MINUTE_MS;
    await Promise.all([world.tick(), world.tick()]);
    expect(paths()).toHaveLength(2);
    await world.tick();
    expect(paths()).toHaveLength(2);
    await world.run(1);
    world.now += MINUTE_MS;
    await world.run(1);
    expect(paths()).toHaveLength(3);
  });

  it("calls for the minutes of ticks that run ahead of the clock", async () => {
    await put([every("a")]);
    for (let minute = 1; minute <= 3; minute++) await tick(world.env, world.ports, world.now + minute * MINUTE_MS);
    expect(paths()).toHaveLength(3);
  });

  it("does not wait for a clock that was ahead", async () => {
    await put([every("a")]);
    await world.run(1);
    await rows("UPDATE panel_crons SET called_minute = called_minute + 100000");
    await world.run(1);
    expect(paths()).toHaveLength(2);
  });

  it("never calls one that is under way, and calls it again when its tick has died", async () => {
    await put([every("a")]);
    let finish = (): void => undefined;
    answers.set("a", () => new Promise((resolve) => (finish = () => resolve(new Response("late")))));
    const first = world.tick();
    await expect.poll(() => called.length).toBe(1);
    world.now += MINUTE_MS / 2;
    await rows("UPDATE panel_crons SET called_minute = called_minute - 1");
    await new Promise((resolve) => setTimeout(resolve, 10));
    await world.with({}).tick();
    expect(called).toHaveLength(1);
    // The one that has died notes nothing.
    world.now += MINUTE_MS;
    const second = world.tick();
    await expect.poll(() => called.length).toBe(2);
    finish();
    await second;
    expect(await get()).toMatchObject([{ calls: [{ status: 200 }] }]);
    void first;
  });

  it("notes failures without a word of the answer or the URL, and goes on", async () => {
    await put([every("a"), every("b"), every("c")]);
    answers.set("a", () => new Response("top secret", { status: 500 }));
    answers.set("b", () => new Response(null, { status: 302, headers: { Location: "http://127.0.0.1/" } }));
    answers.set("c", () => Promise.reject(new Error(`connect to ${URL_OF("c")} failed`)));
    await world.run(2);
    const crons = await get();
    expect(crons).toMatchObject([
      { failures: 2, calls: [{ status: 500, error: "It answered HTTP 500. Only 2xx counts as done." }, {}] },
      { failures: 2, calls: [{ status: 302, error: expect.stringContaining("not followed") }, {}] },
      { failures: 2, calls: [{ status: null, error: "The connection failed." }, {}] },
    ]);
    const told = JSON.stringify([crons, world.events]);
    expect([told.includes("secret"), told.includes("/cron/")]).toEqual([false, false]);
  });

  it("calls none of a panel that is switched off, nor what its policy has come to refuse", async () => {
    await put([every("a")]);
    await rows("UPDATE panels SET enabled = 0 WHERE id = 'shop'");
    await world.run(2);
    await rows("UPDATE panels SET enabled = 1 WHERE id = 'shop'");
    expect(paths()).toEqual([]);
    await put([{ url: "http://127.0.0.1:9/cron", every_minutes: 1 }]);
    const strict = world.with({ ALLOW_PRIVATE_URLS: "" });
    await strict.tick();
    expect(called).toEqual([]);
    expect(await get()).toMatchObject([{ calls: [{ status: null, error: expect.stringContaining("Its URL is refused") }] }]);
  });

  it("calls on the free plan six, of each panel in turn, within what an invocation may spend", async () => {
    const ten = Array.from({ length: 10 }, (_, i) => every(`c${i}`));
    await put(ten);
    await world.ask("PUT", "/v1/panels/other/crons", { key: OTHER, body: [{ url: "https://other.example/cron/o", every_minutes: 1 }] });
    await addProvider("acme");
    await addOrders("shop", "acme", 1, 3, young);
    world.providers.set(
      "acme",
      answeringEach(() => inProgress()),
    );
    const { db, usage } = metered(env.DB);
    const free = world.with({ PLAN: "free", DB: db });
    await free.tick();
    expect([called.length, paths().includes("o")]).toEqual([6, true]);
    expect(usage().d1_calls + called.length + 2).toBeLessThanOrEqual(45);
    for (let i = 0; i < 3; i++) {
      world.now = free.now += MINUTE_MS;
      await free.tick();
    }
    // Each had its turn, and the other panel's each time.
    expect(new Set(paths()).size).toBe(11);
    expect(paths().filter((path) => path === "o")).toHaveLength(4);
  });

  it("costs two rows a call, and nothing where there are none", async () => {
    await put([every("a"), every("b")]);
    await world.run(1);
    const { db, usage } = metered(env.DB);
    await callCrons({ ...world.env, DB: db }, world.ports, Math.floor(world.now / MINUTE_MS));
    expect(usage()).toMatchObject({ d1_calls: 3, d1_statements: 3, rows_written: 4 });
    await put([]);
    const none = metered(env.DB);
    await callCrons({ ...world.env, DB: none.db }, world.ports, Math.floor(world.now / MINUTE_MS) + 1);
    expect(none.usage()).toMatchObject({ d1_calls: 1, rows_read: 1, rows_written: 0 });
  });

  it("seals URLs anew after a rotation, and calls them still", async () => {
    await put([every("a")]);
    const old = env.ENCRYPTION_KEYS ?? "";
    const next = `${old},9:${btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, at) => 100 + at)))}`;
    const stored = async () => (await rows<{ url: string }>("SELECT url FROM panel_crons")).map(({ url }) => url.startsWith("sealed:9:"));
    expect(await stored()).toEqual([false]);
    const rotated = new World({ ENCRYPTION_KEYS: next, now: world.now });
    begin(rotated);
    await rotated.run(2);
    expect([await stored(), paths()]).toEqual([[true], ["a", "a"]]);
  });
});

describe("the alert", () => {
  it("opens after three failures in a row, once a panel, and closes with a success", async () => {
    await put([every("a"), every("b")]);
    for (const path of ["a", "b"]) answers.set(path, () => new Response(null, { status: 503 }));
    const open = async () => (await world.get("/v1/alerts?open=true&kind=cron_failing")).json.alerts;
    await world.run(2);
    expect(await open()).toEqual([]);
    await world.run(5);
    expect(await open()).toMatchObject([
      { subject: "shop", severity: "warning", count: 2, text: expect.stringContaining("2 crons of panel shop fail") },
    ]);
    expect((await open())[0].text).not.toContain("script.example");
    answers.clear();
    await world.run(5);
    expect(await open()).toEqual([]);
  });
});

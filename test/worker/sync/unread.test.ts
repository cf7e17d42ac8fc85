/**
 * Orders of which a provider says nothing readable: a person is told whose they are, and they cost nobody else anything.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { flagNames } from "../../../src/domain/order.ts";
import { AddingWorld, placed } from "../world/adding.ts";
import { clear, migrate, NOW, rows } from "../world/database.ts";
import { type Answering, answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young } from "../world/records.ts";
import { World } from "../world/world.ts";

const unheard = { ...young, provider_status: null } as const;
const heard = { ...young, status: "in_progress", provider_status: "In progress" } as const;
const CUT = '{"charge":"0.9","status":"Completed","remains":"0"';

let world: World;

beforeAll(async () => {
  await migrate();
  for (const panel of ["shop", "other", "flood"]) await addPanel(panel);
});

beforeEach(async () => {
  await clear();
  world = new World();
  await addProvider("acme", { many: "yes" });
});

afterEach(clear);

const health = async () => (await world.get("/v1/providers/acme")).json.health;
const overview = async (on: World = world) => (await on.get("/v1/overview")).json;
const alerts = async (): Promise<{ kind: string; subject: string; text: string }[]> =>
  (await world.get("/v1/alerts?open=true")).json.alerts;
const named = async () => (await alerts()).map(({ kind, subject }) => `${kind} ${subject}`);
const flagsOf = async (panel: string) =>
  new Set(
    (await rows<{ flags: number }>("SELECT DISTINCT flags FROM orders WHERE panel = ?1", panel)).flatMap(({ flags }) => flagNames(flags)),
  );

describe("a new shop whose provider cannot be read", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["JSON that is cut", () => new Response(CUT), /no JSON\. It begins: \{"charge"/],
    ["other JSON", () => ({ foo: 1 }), /not the form of API v2/],
    ["a list of something else", () => [1, 2], /not the form of API v2/],
    ["nothing", () => new Response(""), /no JSON/],
    ["a page", () => new Response("<html>Hello</html>"), /no JSON/],
    ["patience for each", () => ({ error: "Please try again later" }), /Please try again later/],
    ["words that nobody knows for each", () => ({ error: "Tidak ada" }), /Tidak ada/],
    ["a script that broke", () => ({ error: "System error" }), /System error/],
    ["an error of the script", () => new Response("", { status: 500 }), /HTTP 500/],
  ])("hears so, though the balance is told: %s", async (_name, answer, said) => {
    await addOrders("shop", "acme", 1, 40, unheard);
    world.providers.set("acme", answer as Answering);
    await world.run(30);
    expect(await health()).toMatchObject({
      circuit: "closed",
      last_error: { message: expect.stringMatching(/^No readable answer about \d+ orders of panel shop\. /) },
      unread_orders: [
        { panel: "shop", orders: 20, at_least: true, since: new Date(NOW).toISOString(), answer: expect.stringMatching(said) },
      ],
    });
    expect(await named()).toEqual(["orders_unread acme/shop"]);
    const { status, sentence } = await overview();
    expect([status, sentence]).toEqual([
      "attention",
      expect.stringMatching(/^Provider acme gives no readable answer about 20 orders or more of panel shop, since /),
    ]);
    expect(sentence).toMatch(said);
    expect([...(await flagsOf("shop"))]).toEqual([]);
    expect((await world.get("/v1/orders?limit=1", { headers: { panel: "shop" } })).json.orders[0]).toMatchObject({
      sync: "delayed",
      flags: [],
    });

    // Once it can be read, all of that is over.
    world.providers.set(
      "acme",
      answeringEach(() => inProgress()),
    );
    await world.run(25);
    expect(await health()).toMatchObject({ circuit: "closed", unread_orders: [] });
    expect(await named()).toEqual([]);
    expect((await overview()).sentence).toMatch(/^All is right/);
  });

  it("that buys at its endpoint is told of an outage: those ids are the provider's own", async () => {
    const shop = await AddingWorld.open();
    shop.answers = [placed(701), placed(702)];
    await shop.add();
    await shop.add({ link: "https://instagram.com/p/other" });
    const sweeps = new World({ now: shop.now });
    sweeps.providers.set("acme", () => new Response(CUT));
    await sweeps.run(10);
    expect((await sweeps.get("/v1/providers/acme")).json.health).toMatchObject({ circuit: "half_open", last_error: { code: "not_json" } });
    expect((await overview(sweeps)).sentence).toMatch(/^Provider acme does not answer\./);
  });
});

describe("a panel that names ids of its own making", () => {
  const answers: Answering = (ids, fields) => {
    if (ids.some((id) => Number(id) >= 900)) return new Response(CUT);
    return answeringEach(() => inProgress())(ids, fields);
  };

  it.each([
    ["orders that the provider has told of", heard],
    ["orders of another panel that only that has named", unheard],
  ])("has an alert of its own, and none is raised for %s", async (_name, columns) => {
    await addOrders("shop", "acme", 1, 30, columns);
    await addOrders("flood", "acme", 900, 30, unheard);
    world.providers.set("acme", answers);
    await world.run(40);
    expect(await named()).toEqual(["orders_unread acme/flood"]);
    expect(await health()).toMatchObject({ circuit: "closed", consecutive_failures: 0, unread_orders: [{ panel: "flood" }] });
    expect(await rows("SELECT DISTINCT provider_status, cadence FROM orders WHERE panel = 'shop'")).toMatchObject([
      { provider_status: "In progress" },
    ]);
    const asked = (id: string) => world.calls.filter((call) => call.ids.includes(id)).length;
    expect(asked("1")).toBeGreaterThanOrEqual(25);
    expect(asked("900")).toBeLessThan(asked("1"));
  });

  it("fills no row with them, and leaves room for others", async () => {
    await addOrders("flood", "acme", 900, 200, unheard);
    await addOrders("other", "acme", 5000, 2, unheard);
    world.providers.set("acme", () => new Response(CUT));
    await world.run(30);
    expect((await health()).unread_orders).toMatchObject([
      { panel: "flood", orders: 20 },
      { panel: "other", orders: 2 },
    ]);
    const [row] = await rows<{ size: number }>("SELECT length(unread_orders) AS size FROM providers");
    expect(row?.size).toBeLessThan(2000);
  });
});

describe("orders that go unread while others are answered", () => {
  const failing = (bad: readonly string[], how: (id: string) => unknown): Answering => {
    const each = answeringEach((id) => (bad.includes(id) ? how(id) : inProgress()));
    return (ids, fields) => each(ids, fields);
  };

  it.each<[string, (id: string) => unknown]>([
    ["words that nobody knows", () => ({ error: "Tidak ada" })],
    ["a server's trouble in words that nobody knows", () => ({ error: "خطای سرور" })],
    ["patience", () => ({ error: "Please try again later" })],
    ["a script that broke", () => ({ error: "System error" })],
    ["something else", () => ({ foo: 1 })],
  ])("are no `not_found`, are asked about less and less, and are told of: %s", async (_name, how) => {
    await addOrders("shop", "acme", 1, 10, heard);
    world.providers.set("acme", failing(["3", "4"], how));
    await world.run(45);
    expect([...(await flagsOf("shop"))]).toEqual([]);
    expect(await health()).toMatchObject({ circuit: "closed", unread_orders: [{ panel: "shop", orders: 2 }] });
    expect(await named()).toEqual(["orders_unread acme/shop"]);
    expect((await overview()).sentence).toMatch(/^Provider acme gives no readable answer about 2 orders of panel shop, since /);
    expect(await rows("SELECT n, cadence FROM orders WHERE n IN (3, 4) ORDER BY n")).toEqual([
      { n: 3, cadence: 15 },
      { n: 4, cadence: 15 },
    ]);

    world.providers.set(
      "acme",
      answeringEach(() => inProgress(500)),
    );
    await world.run(16);
    expect((await health()).unread_orders).toEqual([]);
    expect(await named()).toEqual([]);
    expect(await rows("SELECT remains, count(*) AS count FROM orders GROUP BY remains")).toEqual([{ remains: 500, count: 10 }]);
  });

  it("for hours are asked about once an hour", async () => {
    await addOrders("shop", "acme", 1, 2, heard);
    world.providers.set(
      "acme",
      failing(["1"], () => ({ error: "Please try again later" })),
    );
    await world.run(195);
    expect(await rows("SELECT cadence FROM orders WHERE n = 1")).toEqual([{ cadence: 60 }]);
    world.calls.length = 0;
    await world.run(60);
    expect(world.calls.filter(({ ids }) => ids.includes("1")).length).toBeLessThanOrEqual(3);
  });

  it("are isolated where a script breaks over them, and no list gets shorter for it", async () => {
    await addOrders("shop", "acme", 1, 50, heard);
    const sound = answeringEach(() => inProgress());
    world.providers.set("acme", (ids, fields) => (ids.includes("7") ? new Response("", { status: 500 }) : sound(ids, fields)));
    await world.run(20);
    expect([...(await flagsOf("shop"))]).toEqual([]);
    expect(await rows("SELECT many, learned_batch_size, caution FROM providers")).toEqual([
      { many: "yes", learned_batch_size: 100, caution: 0 },
    ]);
    expect((await health()).unread_orders).toMatchObject([{ panel: "shop", orders: 1, answer: "HTTP 500" }]);
    world.forget();
    world.calls.length = 0;
    await world.run(4);
    // It is asked about apart, so that the list with the others is whole.
    expect(world.calls.filter(({ ids }) => ids.length === 49).length).toBeGreaterThanOrEqual(3);
  });

  it("with words of their own for an hour are refused: ids that are not known, in a language that nobody knows", async () => {
    await addOrders("shop", "acme", 1, 10, heard);
    world.providers.set(
      "acme",
      failing(["3"], () => ({ error: "Tidak ada" })),
    );
    await world.run(40);
    expect([...(await flagsOf("shop"))]).toEqual([]);
    expect(await named()).toEqual(["orders_unread acme/shop"]);
    await world.run(50);
    expect(await named()).toEqual([]);
    expect([...(await flagsOf("shop"))]).toEqual(["not_found"]);
    expect(await rows("SELECT n FROM orders WHERE flags <> 0")).toEqual([{ n: 3 }]);
    expect((await health()).unread_orders).toEqual([]);
  });

  it("are told of, too, where they are asked about in minutes of their own", async () => {
    await addOrders("shop", "acme", 1, 2, { ...heard, cadence: 15, placed_at: NOW - 12 * 3_600_000 });
    const sound = answeringEach(() => inProgress());
    world.providers.set("acme", (ids, fields) =>
      ids.includes("1") ? { error: "Something went wrong, try again later" } : sound(ids, fields),
    );
    await world.run(60);
    expect(await named()).toEqual(["orders_unread acme/shop"]);
    expect((await health()).unread_orders).toMatchObject([{ panel: "shop", orders: 1 }]);
    expect([...(await flagsOf("shop"))]).toEqual([]);
  });

  it("alone at their provider are told of, and close nothing", async () => {
    await addOrders("shop", "acme", 1, 1, heard);
    world.providers.set("acme", () => ({ error: "Tidak ada" }));
    await world.run(40);
    expect([...(await flagsOf("shop"))]).toEqual([]);
    expect((await health()).circuit).toBe("closed");
    expect(await named()).toEqual(["orders_unread acme/shop"]);
    expect(world.calls.filter(({ ids }) => ids.includes("1")).length).toBeLessThan(12);
  });
});

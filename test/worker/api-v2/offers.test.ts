/**
 * What each endpoint answers of its own: behind `/api/v2/{provider}` everything is the provider's, at `/api/v2`
 * everything is the operator's.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { ApiClient, Json } from "../../panels/client.ts";
import { texts } from "../../panels/shapes.ts";
import { MINUTE_MS } from "../world/database.ts";
import { SimulatedWorld } from "../world/simulated.ts";

let world: SimulatedWorld;
let links = 0;

beforeAll(async () => {
  world = await SimulatedWorld.open(22);
  await world.addPanel("shop");
  await world.addPanel("rival");
  await world.addPanel("till", "ledger", "10");
  await world.addProvider("acme", { mix: { completed: 1 } });
});

function newLink(): string {
  links += 1;
  return `https://social.example/c/${links}`;
}

/** Places an order at the provider, past panelsync; answers its id. */
async function placedBefore(provider = "acme", quantity = 100): Promise<number> {
  const { json } = await world.direct(provider).add({ service: 1, link: newLink(), quantity });
  return (json as { order: number }).order;
}

async function added(client = world.client("shop", "acme"), service = "1", quantity = 100): Promise<{ id: number; upstream: string }> {
  const { json } = await client.add({ service, link: newLink(), quantity });
  return { id: Number((texts(json) as { order: string }).order), upstream: [...world.simulated("acme").orders.keys()].at(-1) ?? "" };
}

async function balance(client: ApiClient): Promise<number> {
  return Number((texts((await client.balance()).json) as { balance: string }).balance);
}

/** What of an entry must be the provider's own, comparable whatever the number of its decimals. */
function own(entry: Json | undefined): object {
  const { charge, currency, status, remains, start_count } = entry as Record<string, string>;
  return { charge: Number(charge), currency, status, remains: Number(remains), start_count: Number(start_count) };
}

describe("connect mode: the provider's own", () => {
  it("services are the provider's to the letter, asked for once in 15 minutes", async () => {
    const theirs = (await world.direct("acme").services()).json;
    const client = world.client("shop", "acme");
    const sent = await world.during(async () => {
      expect((await client.services()).json).toEqual(theirs);
      await world.goTo(world.now + 14 * MINUTE_MS);
      expect((await client.services()).json).toEqual(theirs);
    }, "services");
    expect(sent).toHaveLength(1);
    await world.goTo(world.now + 2 * MINUTE_MS);
    expect(await world.during(() => client.services(), "services")).toHaveLength(1);
  });

  it("the balance is the provider's, asked for once in 60 seconds", async () => {
    await world.goTo(world.now + 5 * MINUTE_MS);
    const client = world.client("shop", "acme");
    const before = texts((await world.direct("acme").balance()).json);
    const sent = await world.during(async () => {
      expect(texts((await client.balance()).json)).toEqual(before);
      await placedBefore("acme", 5000);
      world.now += 55_000;
      expect(texts((await client.balance()).json)).toEqual(before);
    }, "balance");
    expect(sent).toHaveLength(1);
    world.now += 10_000;
    expect(texts((await client.balance()).json)).toEqual(texts((await world.direct("acme").balance()).json));
  });

  it("ids it has never seen are adopted by one status call, and followed from then on", async () => {
    const ids: number[] = [];
    for (let n = 0; n < 5; n++) ids.push(await placedBefore());
    world.script("acme", ids[1] as number, { status: "completed", start_count: 3572 });
    world.script("acme", ids[2] as number, { status: "partial", remains: 25, start_count: 12 });
    world.script("acme", ids[3] as number, { status: "canceled", start_count: 0 });
    const theirs = (await world.direct("acme").statuses(ids)).json as Record<string, Json>;
    const client = world.client("shop", "acme");
    let ours: Record<string, Json> = {};
    const sent = await world.during(async () => (ours = (await client.statuses(ids)).json as Record<string, Json>));
    expect(sent.map(({ fields: { action, orders } }) => ({ action, orders: orders?.split(",").toSorted() }))).toEqual([
      { action: "status", orders: ids.map(String).toSorted() },
    ]);
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    for (const id of ids) expect(own(ours[id])).toEqual(own(theirs[id]));

    // Known now: asked for by the sweep, and answered from what it brought.
    expect(await world.during(() => client.statuses(ids))).toEqual([]);
    world.script("acme", ids[0] as number, { status: "in_progress", remains: 40 });
    await world.pass(3);
    world.script("acme", ids[0] as number, { status: "completed", remains: 0 });
    await world.pass(3);
    expect(own((await client.status(ids[0] as number)).json)).toMatchObject({ status: "Completed", remains: 0 });
  });

  it("an adopted order that nobody knows the quantity of is told by the provider's word", async () => {
    const id = await placedBefore("acme", 400);
    const client = world.client("shop", "acme");
    await client.status(id);
    world.script("acme", id, { status: "partial", remains: 157 });
    await world.pass(3);
    expect(own((await client.status(id)).json)).toMatchObject({ status: "Partial", remains: 157 });
  });

  it("charge and currency of an order are the provider's own", async () => {
    const { id, upstream } = await added();
    await world.pass(2);
    const [ours, theirs] = [await world.client("shop", "acme").status(id), await world.direct("acme").status(upstream)];
    expect(own(ours.json)).toMatchObject({ charge: own(theirs.json)["charge" as never], currency: "USD" });
  });

  it("two providers may have the same id, each is its own order", async () => {
    const bolt = await world.addProvider("bolt", { mix: { completed: 1 } });
    bolt.nextOrderId = world.simulated("acme").nextOrderId;
    const [here, there] = [await placedBefore("acme"), await placedBefore("bolt")];
    expect(here).toBe(there);
    world.script("acme", here, { status: "canceled" });
    world.script("bolt", there, { status: "completed" });
    expect(own((await world.client("shop", "acme").status(here)).json)).toMatchObject({ status: "Canceled" });
    expect(own((await world.client("shop", "bolt").status(there)).json)).toMatchObject({ status: "Completed" });
    bolt.nextOrderId = world.simulated("acme").nextOrderId;
    const placed = [await added(world.client("shop", "acme")), await added(world.client("shop", "bolt"))];
    expect(placed[0]?.id).toBe(placed[1]?.id);
  });

  it("add forwards every field, known or not, but not the panel's key", async () => {
    const fields = { service: "7", link: newLink(), comments: "good\nfine", country: "TR", quantity: 2 };
    const sent = await world.during(() => world.client("shop", "acme").add(fields), "add");
    expect(sent.map((call) => call.fields)).toEqual([{ ...fields, quantity: "2", action: "add", key: world.simulated("acme").key }]);
  });

  it("add refuses a field that a server could read as another one, by its name", async () => {
    for (const name of ["odd[field]", " key", "key[", "act.ion", "KEY", "Action", "n".repeat(65)]) {
      const fields = { service: "7", link: newLink(), quantity: 2, [name]: "x" };
      const sent = await world.during(async () => {
        const { json } = await world.client("shop", "acme").add(fields);
        expect((json as { error: string }).error).toContain(name.slice(0, 60));
      }, "add");
      expect([name, sent]).toEqual([name, []]);
    }
  });

  it("an order of several runs is passed through, and its parts are adopted", async () => {
    const { json } = await world.client("shop", "acme").add({ service: 1, link: newLink(), quantity: 100, runs: 3, interval: 10 });
    const { order } = texts(json) as { order: string };
    await world.pass(2);
    const whole = texts((await world.client("shop", "acme").status(order)).json) as { runs: string; orders: string[]; status: string };
    expect(whole).toMatchObject({ status: "In progress", runs: "1", orders: [expect.stringMatching(/^\d+$/)] });
    const [part = ""] = whole.orders;
    expect(own((await world.client("shop", "acme").status(part)).json)).toMatchObject({ remains: 100, currency: "USD" });
  });

  it("a provider that panel may not use, and one that is not there, cannot be told apart, and end no order", async () => {
    await world.addProvider("closed", {}, { panels: ["rival"] });
    for (const ask of ["services", "balance", "status", "add"]) {
      const fields = { action: ask, order: 1, service: 1, link: newLink(), quantity: 100 };
      const sent = await world.during(async () => {
        const [closed, none] = [await world.client("shop", "closed").call(fields), await world.client("shop", "nowhere").call(fields)];
        expect([closed.http, closed.text]).toEqual([none.http, none.text]);
        expect([closed.text, closed.http >= 400]).toEqual(["", true]);
      });
      expect(sent).toEqual([]);
    }
  });
});

describe("own catalogue: the operator's own", () => {
  const FOLLOWERS = { provider: "acme", service: "1", name: "Best followers", category: "Social", rate: "0.123457", min: 20, max: 5000 };

  it("services have the operator's ids, names, prices and limits", async () => {
    await world.must("PUT", "/v1/services/7", { ...FOLLOWERS, refill: true, cancel: false, type: "Default" });
    const { json } = await world.client("till").services();
    const listed = (texts(json) as Record<string, Json>[]).find(({ service }) => service === "7");
    expect(listed).toMatchObject({
      name: "Best followers",
      category: "Social",
      type: "Default",
      min: "20",
      max: "5000",
      refill: true,
      cancel: false,
    });
    expect(Number(listed?.["rate"])).toBe(0.123457);
    expect(JSON.stringify(json)).not.toMatch(/acme/i);
  });

  it("a service can be changed and switched off", async () => {
    await world.must("PUT", "/v1/services/8", FOLLOWERS);
    await world.must("PUT", "/v1/services/8", { ...FOLLOWERS, rate: "2", enabled: true });
    const rates = (json: Json) =>
      (texts(json) as Record<string, Json>[]).flatMap((each) => (each["service"] === "8" ? [Number(each["rate"])] : []));
    expect(rates((await world.client("till").services()).json)).toEqual([2]);
    await world.must("PUT", "/v1/services/8", { ...FOLLOWERS, enabled: false });
    expect(rates((await world.client("till").services()).json)).toEqual([]);
  });

  it("an order costs ceil(rate × quantity / 1000) in micro-units, taken from the panel's account and told as its charge, less what was returned", async () => {
    await world.must("PUT", "/v1/services/9", { ...FOLLOWERS, min: 10 });
    const client = world.client("till");
    expect(await balance(client)).toBe(10);
    const { id, upstream } = await added(client, "9", 15);
    // 0.123457 × 15 / 1000 = 0.001851855
    expect(await balance(client)).toBe(9.998148);
    expect(own((await client.status(id)).json)).toMatchObject({ charge: 0.001852, currency: "USD", remains: 15 });
    expect(id).not.toBe(Number(upstream));
    world.script("acme", upstream, { status: "partial", remains: 4 });
    await world.pass(3);
    // 4 of 15 are returned: 0.001852 − floor(1852 × 11 / 15) micro-units.
    expect(own((await client.status(id)).json)).toMatchObject({ status: "Partial", remains: 4, charge: 0.001358 });
    expect(await balance(client)).toBe(9.998642);
  });

  it("an order that the account does not cover is refused, charged nothing, and sent nowhere", async () => {
    await world.must("PUT", "/v1/services/10", { ...FOLLOWERS, rate: "1000", max: 100_000 });
    const client = world.client("till");
    const before = (await client.balance()).json;
    const sent = await world.during(async () => {
      expect((await client.add({ service: "10", link: newLink(), quantity: 1000 })).json).toEqual({ error: expect.any(String) });
    });
    expect(sent).toEqual([]);
    expect((await client.balance()).json).toEqual(before);
  });

  it("a provider's catalogue is imported with a markup, some categories of it", async () => {
    await world.must("POST", "/v1/services/import", { provider: "acme", markup: 20, categories: ["YouTube", "Telegram"] });
    const theirs = world.simulated("acme").catalogue.filter(({ category }) => category === "YouTube" || category === "Telegram");
    const listed = texts((await world.client("till").services()).json) as Record<string, string>[];
    for (const { name, rateMicros, min, max } of theirs) {
      const imported = listed.filter((each) => each["name"] === name);
      expect(imported).toHaveLength(1);
      expect(imported[0]).toMatchObject({ min: String(min), max: String(max) });
      expect(Number(imported[0]?.["rate"]) * 1e6).toBeCloseTo(rateMicros * 1.2, -1);
      const { upstream } = await added(world.client("till"), imported[0]?.["service"], min);
      expect(world.simulated("acme").orders.get(upstream)).toMatchObject({ quantity: min });
    }
    expect(listed.map(({ category }) => category)).not.toContain("TikTok");
  });

  it("a fixed order field of the provider is not told: neither its id, nor its words", async () => {
    const { id, upstream } = await added(world.client("till"), "7", 100);
    world.script("acme", upstream, { status: "Teleporting to acme", remains: 30 });
    await world.pass(2);
    const { text } = await world.client("till").status(id);
    expect(text).not.toMatch(new RegExp(`acme|Teleporting|${upstream}`));
  });
});

describe("another panel's orders do not exist", () => {
  const ENDPOINTS = [
    { endpoint: "connect", path: "acme", service: "1", panel: "shop" },
    { endpoint: "own catalogue", path: undefined, service: "7", panel: "till" },
  ] as const;

  it.each(ENDPOINTS)("$endpoint: neither told, nor canceled, nor refilled", async ({ path, service, panel }) => {
    const { id, upstream } = await added(world.client(panel, path), service);
    world.script("acme", upstream, { status: "pending" });
    await world.pass(1);
    const other = world.client("rival", path);
    const error = { error: "Incorrect order ID" };
    const sent = await world.during(async () => {
      expect((await other.status(id)).json).toEqual(error);
      expect((await other.statuses([id])).json).toEqual({ [id]: error });
      expect((await other.refill(id)).json).toEqual(error);
      expect(texts((await other.refills([id])).json)).toEqual([{ order: String(id), refill: error }]);
      expect(texts((await other.cancel([id])).json)).toEqual([{ order: String(id), cancel: error }]);
    });
    expect(sent.filter(({ fields: { action } }) => action === "cancel" || action === "refill")).toEqual([]);
    expect(world.simulated("acme").orders.get(upstream)?.cancelAsked).toBe(false);
  });
});

it("in the end nothing went wrong that nobody foresaw", () => {
  expect(world.troubles()).toEqual([]);
});

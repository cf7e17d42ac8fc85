/**
 * What each door answers of its own: behind `/api/v2/{provider}` everything is the provider's, at `/api/v2` everything
 * is the operator's.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { ApiClient, Json } from "../../panels/client.ts";
import { texts } from "../../panels/shapes.ts";
import { DoorScene } from "../world/simulated.ts";

const MINUTE = 60_000;

let scene: DoorScene;
let links = 0;

beforeAll(async () => {
  scene = await DoorScene.open(22);
  await scene.addPanel("shop");
  await scene.addPanel("rival");
  await scene.addPanel("till", "ledger", "10");
  await scene.addProvider("acme", { mix: { completed: 1 } });
});

function newLink(): string {
  links += 1;
  return `https://social.example/c/${links}`;
}

/** Places an order at the provider, past panelsync; answers its id. */
async function placedBefore(provider = "acme", quantity = 100): Promise<number> {
  const { json } = await scene.direct(provider).add({ service: 1, link: newLink(), quantity });
  return (json as { order: number }).order;
}

async function added(client = scene.client("shop", "acme"), service = "1", quantity = 100): Promise<{ id: number; upstream: string }> {
  const { json } = await client.add({ service, link: newLink(), quantity });
  return { id: Number((texts(json) as { order: string }).order), upstream: [...scene.provider("acme").orders.keys()].at(-1) ?? "" };
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
    const theirs = (await scene.direct("acme").services()).json;
    const client = scene.client("shop", "acme");
    const sent = await scene.during(async () => {
      expect((await client.services()).json).toEqual(theirs);
      await scene.goTo(scene.now + 14 * MINUTE);
      expect((await client.services()).json).toEqual(theirs);
    }, "services");
    expect(sent).toHaveLength(1);
    await scene.goTo(scene.now + 2 * MINUTE);
    expect(await scene.during(() => client.services(), "services")).toHaveLength(1);
  });

  it("the balance is the provider's, asked for once in 60 seconds", async () => {
    await scene.goTo(scene.now + 5 * MINUTE);
    const client = scene.client("shop", "acme");
    const before = texts((await scene.direct("acme").balance()).json);
    const sent = await scene.during(async () => {
      expect(texts((await client.balance()).json)).toEqual(before);
      await placedBefore("acme", 5000);
      scene.now += 55_000;
      expect(texts((await client.balance()).json)).toEqual(before);
    }, "balance");
    expect(sent).toHaveLength(1);
    scene.now += 10_000;
    expect(texts((await client.balance()).json)).toEqual(texts((await scene.direct("acme").balance()).json));
  });

  it("ids it has never seen are adopted by one status call, and followed from then on", async () => {
    const ids: number[] = [];
    for (let n = 0; n < 5; n++) ids.push(await placedBefore());
    scene.script("acme", ids[1] as number, { status: "completed", start_count: 3572 });
    scene.script("acme", ids[2] as number, { status: "partial", remains: 25, start_count: 12 });
    scene.script("acme", ids[3] as number, { status: "canceled", start_count: 0 });
    const theirs = (await scene.direct("acme").statuses(ids)).json as Record<string, Json>;
    const client = scene.client("shop", "acme");
    let ours: Record<string, Json> = {};
    const sent = await scene.during(async () => (ours = (await client.statuses(ids)).json as Record<string, Json>));
    expect(sent.map(({ fields: { action, orders } }) => ({ action, orders: orders?.split(",").toSorted() }))).toEqual([
      { action: "status", orders: ids.map(String).toSorted() },
    ]);
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    for (const id of ids) expect(own(ours[id])).toEqual(own(theirs[id]));

    // Known now: asked for by the sweep, and answered from what it brought.
    expect(await scene.during(() => client.statuses(ids))).toEqual([]);
    scene.script("acme", ids[0] as number, { status: "in_progress", remains: 40 });
    await scene.pass(3);
    scene.script("acme", ids[0] as number, { status: "completed", remains: 0 });
    await scene.pass(3);
    expect(own((await client.status(ids[0] as number)).json)).toMatchObject({ status: "Completed", remains: 0 });
  });

  it("an adopted order that nobody knows the quantity of is told by the provider's word", async () => {
    const id = await placedBefore("acme", 400);
    const client = scene.client("shop", "acme");
    await client.status(id);
    scene.script("acme", id, { status: "partial", remains: 157 });
    await scene.pass(3);
    expect(own((await client.status(id)).json)).toMatchObject({ status: "Partial", remains: 157 });
  });

  it("charge and currency of an order are the provider's own", async () => {
    const { id, upstream } = await added();
    await scene.pass(2);
    const [ours, theirs] = [await scene.client("shop", "acme").status(id), await scene.direct("acme").status(upstream)];
    expect(own(ours.json)).toMatchObject({ charge: own(theirs.json)["charge" as never], currency: "USD" });
  });

  it("two providers may have the same id, each is its own order", async () => {
    const bolt = await scene.addProvider("bolt", { mix: { completed: 1 } });
    bolt.nextOrderId = scene.provider("acme").nextOrderId;
    const [here, there] = [await placedBefore("acme"), await placedBefore("bolt")];
    expect(here).toBe(there);
    scene.script("acme", here, { status: "canceled" });
    scene.script("bolt", there, { status: "completed" });
    expect(own((await scene.client("shop", "acme").status(here)).json)).toMatchObject({ status: "Canceled" });
    expect(own((await scene.client("shop", "bolt").status(there)).json)).toMatchObject({ status: "Completed" });
    bolt.nextOrderId = scene.provider("acme").nextOrderId;
    const placed = [await added(scene.client("shop", "acme")), await added(scene.client("shop", "bolt"))];
    expect(placed[0]?.id).toBe(placed[1]?.id);
  });

  it("add forwards every field, known or not, but not the panel's key", async () => {
    const fields = { service: "7", link: newLink(), comments: "good\nfine", country: "TR", "odd[field]": "1", quantity: 2 };
    const sent = await scene.during(() => scene.client("shop", "acme").add(fields), "add");
    expect(sent.map((call) => call.fields)).toEqual([{ ...fields, quantity: "2", action: "add", key: scene.provider("acme").key }]);
  });

  it("an order of several runs is passed through, and its parts are adopted", async () => {
    const { json } = await scene.client("shop", "acme").add({ service: 1, link: newLink(), quantity: 100, runs: 3, interval: 10 });
    const { order } = texts(json) as { order: string };
    await scene.pass(2);
    const whole = texts((await scene.client("shop", "acme").status(order)).json) as { runs: string; orders: string[]; status: string };
    expect(whole).toMatchObject({ status: "In progress", runs: "1", orders: [expect.stringMatching(/^\d+$/)] });
    const [part = ""] = whole.orders;
    expect(own((await scene.client("shop", "acme").status(part)).json)).toMatchObject({ remains: 100, currency: "USD" });
  });

  it("a provider that panel may not use, and one that is not there, cannot be told apart, and end no order", async () => {
    await scene.addProvider("closed", {}, { panels: ["rival"] });
    for (const ask of ["services", "balance", "status", "add"]) {
      const fields = { action: ask, order: 1, service: 1, link: newLink(), quantity: 100 };
      const sent = await scene.during(async () => {
        const [closed, none] = [await scene.client("shop", "closed").call(fields), await scene.client("shop", "nowhere").call(fields)];
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
    await scene.must("PUT", "/v1/services/7", { ...FOLLOWERS, refill: true, cancel: false, type: "Default" });
    const { json } = await scene.client("till").services();
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
    await scene.must("PUT", "/v1/services/8", FOLLOWERS);
    await scene.must("PUT", "/v1/services/8", { ...FOLLOWERS, rate: "2", enabled: true });
    const rates = (json: Json) =>
      (texts(json) as Record<string, Json>[]).flatMap((each) => (each["service"] === "8" ? [Number(each["rate"])] : []));
    expect(rates((await scene.client("till").services()).json)).toEqual([2]);
    await scene.must("PUT", "/v1/services/8", { ...FOLLOWERS, enabled: false });
    expect(rates((await scene.client("till").services()).json)).toEqual([]);
  });

  it("an order costs ceil(rate × quantity / 1000) in micro-units, taken from the panel's account and told as its charge", async () => {
    await scene.must("PUT", "/v1/services/9", { ...FOLLOWERS, min: 10 });
    const client = scene.client("till");
    expect(await balance(client)).toBe(10);
    const { id, upstream } = await added(client, "9", 15);
    // 0.123457 × 15 / 1000 = 0.001851855
    expect(await balance(client)).toBe(9.998148);
    expect(own((await client.status(id)).json)).toMatchObject({ charge: 0.001852, currency: "USD", remains: 15 });
    expect(id).not.toBe(Number(upstream));
    scene.script("acme", upstream, { status: "partial", remains: 4 });
    await scene.pass(3);
    // 4 of 15 are returned: 0.001852 − floor(1852 × 11 / 15) micro-units.
    expect(own((await client.status(id)).json)).toMatchObject({ status: "Partial", remains: 4, charge: 0.001852 });
    expect(await balance(client)).toBe(9.998642);
  });

  it("an order that the account does not cover is refused, charged nothing, and sent nowhere", async () => {
    await scene.must("PUT", "/v1/services/10", { ...FOLLOWERS, rate: "1000", max: 100_000 });
    const client = scene.client("till");
    const before = (await client.balance()).json;
    const sent = await scene.during(async () => {
      expect((await client.add({ service: "10", link: newLink(), quantity: 1000 })).json).toEqual({ error: expect.any(String) });
    });
    expect(sent).toEqual([]);
    expect((await client.balance()).json).toEqual(before);
  });

  it("a provider's catalogue is imported with a markup, some categories of it", async () => {
    await scene.must("POST", "/v1/services/import", { provider: "acme", markup: 20, categories: ["YouTube", "Telegram"] });
    const theirs = scene.provider("acme").catalogue.filter(({ category }) => category === "YouTube" || category === "Telegram");
    const listed = texts((await scene.client("till").services()).json) as Record<string, string>[];
    for (const { name, rateMicros, min, max } of theirs) {
      const imported = listed.filter((each) => each["name"] === name);
      expect(imported).toHaveLength(1);
      expect(imported[0]).toMatchObject({ min: String(min), max: String(max) });
      expect(Number(imported[0]?.["rate"]) * 1e6).toBeCloseTo(rateMicros * 1.2, -1);
      const { upstream } = await added(scene.client("till"), imported[0]?.["service"], min);
      expect(scene.provider("acme").orders.get(upstream)).toMatchObject({ quantity: min });
    }
    expect(listed.map(({ category }) => category)).not.toContain("TikTok");
  });

  it("a fixed order field of the provider is not told: neither its id, nor its words", async () => {
    const { id, upstream } = await added(scene.client("till"), "7", 100);
    scene.script("acme", upstream, { status: "Teleporting to acme", remains: 30 });
    await scene.pass(2);
    const { text } = await scene.client("till").status(id);
    expect(text).not.toMatch(new RegExp(`acme|Teleporting|${upstream}`));
  });
});

describe("another panel's orders do not exist", () => {
  const DOORS = [
    { door: "connect", path: "acme", service: "1", panel: "shop" },
    { door: "own catalogue", path: undefined, service: "7", panel: "till" },
  ] as const;

  it.each(DOORS)("$door: neither told, nor canceled, nor refilled", async ({ path, service, panel }) => {
    const { id, upstream } = await added(scene.client(panel, path), service);
    scene.script("acme", upstream, { status: "pending" });
    await scene.pass(1);
    const other = scene.client("rival", path);
    const error = { error: "Incorrect order ID" };
    const sent = await scene.during(async () => {
      expect((await other.status(id)).json).toEqual(error);
      expect((await other.statuses([id])).json).toEqual({ [id]: error });
      expect((await other.refill(id)).json).toEqual(error);
      expect(texts((await other.refills([id])).json)).toEqual([{ order: String(id), refill: error }]);
      expect(texts((await other.cancel([id])).json)).toEqual([{ order: String(id), cancel: error }]);
    });
    expect(sent.filter(({ fields: { action } }) => action === "cancel" || action === "refill")).toEqual([]);
    expect(scene.provider("acme").orders.get(upstream)?.cancelAsked).toBe(false);
  });
});

it("in the end nothing went wrong that nobody foresaw", () => {
  expect(scene.troubles()).toEqual([]);
});

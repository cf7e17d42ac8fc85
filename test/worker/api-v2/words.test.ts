/**
 * What a panel is told of an order, as a script takes it: one of six words, and from the first final one how much it
 * pays back. A final word is told only when the refund is decided.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { ApiClient, Json } from "../../panels/client.ts";
import { statusIn } from "../../panels/readings.ts";
import { texts } from "../../panels/shapes.ts";
import { MINUTE_MS } from "../world/database.ts";
import { SimulatedWorld } from "../world/simulated.ts";

const QUANTITY = 100;
const ENDPOINTS = ["connect", "own"] as const;
type Endpoint = (typeof ENDPOINTS)[number];

let world: SimulatedWorld;
let links = 0;

beforeAll(async () => {
  world = await SimulatedWorld.open(25);
  await world.addPanel("shop");
  await world.addPanel("till", "ledger", "100");
  await world.addProvider("acme", { mix: { completed: 1 } });
  await world.addProvider("held", { mix: { completed: 1 } });
  await world.addProvider("late", { mix: { completed: 1 } });
  await world.must("PUT", "/v1/providers/held/refund-policy", { mode: "hold" });
  await world.must("PUT", "/v1/providers/late/refund-policy", { delay_minutes: 60 });
  for (const [id, provider] of Object.entries({ 1: "acme", 2: "held", 3: "late" })) {
    await world.must("PUT", `/v1/services/${id}`, { provider, service: "1", name: `S${id}`, rate: "1", min: 10, max: 1000, cancel: true });
  }
});

type Placed = { readonly client: ApiClient; readonly provider: string; readonly id: number; readonly upstream: string };

/** An order that runs, and of which the sweep knows so. */
async function running(endpoint: Endpoint, provider = "acme", service = "1"): Promise<Placed> {
  links += 1;
  const client = endpoint === "connect" ? world.client("shop", provider) : world.client("till");
  const fields = { service, link: `https://social.example/w/${links}`, quantity: QUANTITY };
  const { order } = texts((await client.add(fields)).json) as { order: string };
  const upstream = [...world.simulated(provider).orders.keys()].at(-1) ?? "";
  world.script(provider, upstream, { status: "in_progress", remains: 60, start_count: 10 });
  await world.pass(2);
  return { client, provider, id: Number(order), upstream };
}

/** The units that a script pays back by what it is told; an active status as it is; null for what no script can read. */
async function heard({ client, id }: Placed): Promise<number | string | null> {
  const told = statusIn(await client.status(id));
  if (told.kind !== "told") return null;
  const { word, remains } = told;
  if (["Pending", "Processing", "In progress"].includes(word)) return word;
  if (word === "Completed") return 0;
  if (word === "Canceled") return QUANTITY;
  return word === "Partial" ? remains : null;
}

async function becomes(order: Placed, state: Record<string, Json>, minutes = 2): Promise<void> {
  world.script(order.provider, order.upstream, state);
  await world.pass(minutes);
}

async function balance(): Promise<number> {
  return Number((texts((await world.client("till").balance()).json) as { balance: string }).balance);
}

/** What the provider says, and what a script pays back by what it is told, or the active status that it hears. */
const WORDS: readonly [Record<string, Json>, number | string][] = [
  [{ status: "completed" }, 0],
  [{ status: "Done", remains: "-3" }, 0],
  [{ status: "partial", remains: 30 }, 30],
  [{ status: "Partially completed", remains: "30" }, 30],
  [{ status: "partial", remains: 100 }, 100],
  [{ status: "partial", remains: 130 }, 100],
  [{ status: "canceled", remains: 100 }, 100],
  [{ status: "Cancelled", remains: "100" }, 100],
  [{ status: "canceled", remains: 40 }, 100],
  [{ status: "canceled", remains: null }, 100],
  [{ status: "refunded", remains: 100 }, 100],
  [{ status: "refunded", remains: 0 }, 100],
  [{ status: "refunded", remains: 30 }, 30],
  [{ status: "processing", remains: 55 }, "Processing"],
  [{ status: "in_progress", remains: 130 }, "In progress"],
  [{ status: "error", remains: 60 }, "In progress"],
  [{ status: "Teleporting", remains: 20 }, "In progress"],
  [{ status: "partial", remains: null }, "In progress"],
  [{ status: "partial", remains: "soon" }, "In progress"],
  [{ raw: { error: "Incorrect order ID" } }, "In progress"],
  [{ raw: "gone" }, "In progress"],
];

describe("what the provider says, in one of six words", () => {
  it.each(ENDPOINTS.flatMap((endpoint) => WORDS.map(([state, hears]) => ({ endpoint, state, hears }))))(
    "$endpoint: $state is heard as $hears",
    async ({ endpoint, state, hears }) => {
      const order = await running(endpoint);
      expect(await heard(order)).toBe("In progress");
      await becomes(order, state);
      expect(await heard(order)).toBe(hears);
      const { remains } = texts((await order.client.status(order.id)).json) as { remains: string };
      expect(remains).toMatch(/^\d+$/);
      expect(Number(remains)).toBeLessThanOrEqual(QUANTITY);
    },
  );

  it.each(ENDPOINTS)("%s: one answer that takes a final word back does not reach the panel", async (endpoint) => {
    const order = await running(endpoint);
    await becomes(order, { status: "partial", remains: 30 });
    const atProvider = world.simulated("acme").orders.get(order.upstream);
    if (atProvider) atProvider.life = { ...atProvider.life, flaps: [{ answer: 3, status: "in_progress", remains: 80 }] };
    for (let n = 0; n < 30; n++) {
      expect(await heard(order)).toBe(30);
      await world.goTo(world.now + 5 * MINUTE_MS);
    }
    expect(atProvider?.answersSinceSettled).toBeGreaterThan(3);
  });
});

describe("a refund that is not decided yet", () => {
  async function waiting(order: Placed): Promise<string> {
    const { refunds } = (await world.must("GET", "/v1/refunds?status=held", undefined, "till")).json as {
      refunds: { id: string; order: string }[];
    };
    return encodeURIComponent(refunds.find((refund) => refund.order === String(order.id))?.id ?? "none");
  }

  it("held, since nobody can say how much was left: the last active status stands", async () => {
    const order = await running("own");
    await becomes(order, { status: "partial", remains: 0 });
    expect(await heard(order)).toBe("In progress");
    await world.must("POST", `/v1/refunds/${await waiting(order)}/approve`, { amount: "0.04" }, "till");
    expect(await heard(order)).toBe(40);
  });

  it("held: the last active status stands, until it is approved", async () => {
    const before = await balance();
    const order = await running("own", "held", "2");
    await becomes(order, { status: "canceled", remains: 100 });
    expect(await heard(order)).toBe("In progress");
    expect(before - (await balance())).toBeCloseTo(0.1, 6);
    await world.must("POST", `/v1/refunds/${await waiting(order)}/approve`, {}, "till");
    expect(await heard(order)).toBe(100);
    expect(await balance()).toBe(before);
  });

  it("connect: held, the last active status stands, too", async () => {
    const order = await running("connect", "held");
    await becomes(order, { status: "canceled", remains: 100 });
    expect(await heard(order)).toBe("In progress");
  });

  it("held and approved in another amount: the share that comes to it", async () => {
    const order = await running("own", "held", "2");
    await becomes(order, { status: "canceled", remains: 100 });
    await world.must("POST", `/v1/refunds/${await waiting(order)}/approve`, { amount: "0.0309" }, "till");
    // 31 of 100 would be 0.031, more than was decided.
    expect(await heard(order)).toBe(30);
  });

  it("held and rejected: a final word by which a script pays nothing back", async () => {
    const order = await running("own", "held", "2");
    await becomes(order, { status: "canceled", remains: 100 });
    await world.must("POST", `/v1/refunds/${await waiting(order)}/reject`, {}, "till");
    expect(await heard(order)).toBe(0);
  });

  it("delayed: the last active status stands until it is posted", async () => {
    const order = await running("own", "late", "3");
    await becomes(order, { status: "partial", remains: 30 });
    expect(await heard(order)).toBe("In progress");
    await world.pass(70);
    expect(await heard(order)).toBe(30);
  });
});

describe("a decision that changes after the panel was told", () => {
  async function outdated(panel: string, order: Placed): Promise<boolean> {
    const { orders } = (await world.must("GET", "/v1/orders?flag=panel_outdated", undefined, panel)).json;
    return (orders as { provider_order_id: string }[]).some((each) => each.provider_order_id === order.upstream);
  }

  it("is flagged for a person", async () => {
    const order = await running("own");
    await becomes(order, { status: "completed" });
    expect(await heard(order)).toBe(0);
    expect(await outdated("till", order)).toBe(false);
    for (let n = 0; n < 7; n++) {
      world.script("acme", order.upstream, { status: "partial", remains: 30 });
      await world.goTo(world.now + 15 * MINUTE_MS);
    }
    expect(await outdated("till", order)).toBe(true);
  });

  it("is not where nobody had asked before: the panel hears the last decision alone", async () => {
    const order = await running("own");
    await becomes(order, { status: "completed" });
    world.script("acme", order.upstream, { status: "partial", remains: 30 });
    for (let n = 0; n < 7; n++) await world.goTo(world.now + 15 * MINUTE_MS);
    expect(await heard(order)).toBe(30);
    expect(await outdated("till", order)).toBe(false);
  });
});

it("in the end nothing went wrong that nobody foresaw", () => {
  expect(world.troubles()).toEqual([]);
});

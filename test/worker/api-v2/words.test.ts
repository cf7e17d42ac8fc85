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
    // It may be running: the word goes out once the provider says the end an hour later still.
    expect(await heard(order)).toBe("In progress");
    await world.pass(59);
    expect(await heard(order)).toBe("In progress");
    for (let n = 0; n < 9; n++) await world.goTo(world.now + 15 * MINUTE_MS);
    expect(await heard(order)).toBe(0);
  });

  it("rejected of an order that runs: nothing final is heard until it ends", async () => {
    const order = await running("own", "held", "2");
    await becomes(order, { status: "canceled", remains: 100 });
    await world.must("POST", `/v1/refunds/${await waiting(order)}/reject`, {}, "till");
    world.script("held", order.upstream, { status: "in_progress", remains: 20 });
    for (let n = 0; n < 12; n++) await world.goTo(world.now + 15 * MINUTE_MS);
    expect(await heard(order)).toBe("In progress");
    world.script("held", order.upstream, { status: "canceled", remains: 100 });
    for (let n = 0; n < 12; n++) await world.goTo(world.now + 15 * MINUTE_MS);
    // Another cancel is another question.
    await world.must("POST", `/v1/refunds/${await waiting(order)}/approve`, {}, "till");
    expect(await heard(order)).toBe(100);
  });

  it("granted while the order stands in error: told like any other decision", async () => {
    await world.must("PUT", "/v1/providers/held/refund-policy", { mode: "auto", error_after_hours: 1 });
    const order = await running("own", "held", "2");
    world.script("held", order.upstream, { status: "error", remains: 60 });
    for (let n = 0; n < 12; n++) await world.goTo(world.now + 15 * MINUTE_MS);
    expect(await heard(order)).toBe("In progress");
    await world.must("POST", `/v1/refunds/${await waiting(order)}/approve`, {}, "till");
    expect(await heard(order)).toBe(100);
    await world.must("PUT", "/v1/providers/held/refund-policy", { mode: "hold", error_after_hours: null });
  });

  it("held, and then left to the panel by the policy: the provider's own word", async () => {
    const order = await running("connect", "held");
    await becomes(order, { status: "canceled", remains: 100 });
    expect(await heard(order)).toBe("In progress");
    await world.must("PUT", "/v1/providers/held/refund-policy", { mode: "off" });
    for (let n = 0; n < 9; n++) await world.goTo(world.now + 15 * MINUTE_MS);
    expect(await heard(order)).toBe(100);
    // What was told under it stays the panel's.
    await world.must("PUT", "/v1/providers/held/refund-policy", { mode: "auto" });
    for (let n = 0; n < 9; n++) await world.goTo(world.now + 15 * MINUTE_MS);
    const { orders } = (await world.must("GET", `/v1/orders?provider_order_id=${order.upstream}`, undefined, "shop")).json;
    expect(orders).toMatchObject([{ refunded: "0", refund_held: "0", flags: [] }]);
    await world.must("PUT", "/v1/providers/held/refund-policy", { mode: "hold" });
  });

  it("delayed: the last active status stands until it is posted", async () => {
    const order = await running("own", "late", "3");
    await becomes(order, { status: "partial", remains: 30 });
    expect(await heard(order)).toBe("In progress");
    await world.pass(70);
    expect(await heard(order)).toBe(30);
  });
});

describe("the word of an order without a charge", () => {
  type Listed = { id: string; order: string; amount: string | null; reason: string };

  async function words(panel: string, status = "held"): Promise<Listed[]> {
    const { refunds } = (await world.must("GET", `/v1/refunds?status=${status}&limit=100`, undefined, panel)).json as { refunds: Listed[] };
    return refunds.filter(({ amount }) => amount === null);
  }

  /** An order that the panel placed before panelsync stood between, and whose script asks about it now. */
  async function adopted(provider: string, state: Record<string, Json>): Promise<Placed> {
    links += 1;
    const placed = await world.direct(provider).add({ service: 1, link: `https://social.example/w/${links}`, quantity: QUANTITY });
    const { order: upstream } = texts(placed.json) as { order: string };
    world.script(provider, upstream, state);
    return { client: world.client("shop", provider), provider, id: Number(upstream), upstream };
  }

  it("is held like money, listed without an amount, and told when it is approved", async () => {
    const order = await adopted("held", { status: "canceled", remains: 40 });
    expect(await heard(order)).toBe("Pending");
    await world.pass(2);
    expect(await heard(order)).toBe("Pending");
    const listed = (await words("shop")).find((each) => each.order === String(order.id));
    expect(listed).toMatchObject({ amount: null, status: "held", reason: "policy_hold" });
    const changes = (await world.must("GET", `/v1/orders/${order.id}/changes`, undefined, "shop")).json.changes;
    expect(changes.at(-1)).toMatchObject({ type: "refund.held", data: { amount: null } });
    const path = `/v1/refunds/${listed?.id}/approve`;
    expect((await world.operate("POST", path, { amount: "0.1" }, "shop")).json.error).toMatchObject({ code: "no_charge" });
    expect((await world.must("POST", path, {}, "shop")).json).toMatchObject({ amount: null, status: "posted" });
    const told = texts((await order.client.status(order.id)).json);
    expect(told).toMatchObject({ status: "Canceled" });
    expect((await words("shop")).some((each) => each.order === String(order.id))).toBe(false);
  });

  it("is held for review where a partial has no number, for as long as none comes", async () => {
    const order = await adopted("acme", { status: "partial", remains: null });
    expect(await heard(order)).toBe("Pending");
    await world.pass(2);
    expect(await heard(order)).toBe("Pending");
    expect((await words("shop")).find((each) => each.order === String(order.id))).toMatchObject({ reason: "remains_unknown" });
    const { orders } = (await world.must("GET", "/v1/orders?flag=refund_held", undefined, "shop")).json;
    expect((orders as { id: string }[]).map(({ id }) => id)).toContain(String(order.id));
  });

  it("rejected, becomes a word by which a script pays nothing back, once the end is confirmed", async () => {
    const order = await adopted("held", { status: "canceled", remains: 40 });
    await heard(order);
    await world.pass(2);
    const listed = (await words("shop")).find((each) => each.order === String(order.id));
    await world.must("POST", `/v1/refunds/${listed?.id}/reject`, {}, "shop");
    expect(await heard(order)).toBe("Pending");
    for (let n = 0; n < 9; n++) await world.goTo(world.now + 15 * MINUTE_MS);
    expect(await heard(order)).toBe(0);
  });

  it("waits with the brake, is counted by it, and goes out when it lets go", async () => {
    await world.addProvider("swap", { mix: { completed: 1 } }, { brake: { share: 0.5, min_orders: 4 } });
    const orders = await Promise.all([1, 2, 3, 4, 5].map(() => adopted("swap", { status: "in_progress", remains: 60 })));
    for (const order of orders) expect(await heard(order)).toBe("In progress");
    for (const order of orders) world.script("swap", order.upstream, { status: "canceled", remains: 100 });
    await world.pass(2);
    for (const order of orders) expect(await heard(order)).toBe("In progress");
    const { brake } = (await world.must("GET", "/v1/providers/swap")).json;
    expect(brake).toMatchObject({ engaged_at: expect.any(String), held: { count: 5 } });
    expect((await world.must("POST", "/v1/providers/swap/brake", { action: "release" })).json).toEqual({ remaining: 0 });
    for (const order of orders) expect(texts((await order.client.status(order.id)).json)).toMatchObject({ status: "Canceled" });
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

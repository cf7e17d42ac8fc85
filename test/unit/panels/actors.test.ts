/**
 * The panels of the door tests, speaking to providers directly. What they do well there they do by themselves; what
 * goes wrong there is found, so that a door which lets it through cannot pass.
 */
import { describe, expect, it } from "vitest";
import { simulatorFetch } from "../../../simulator/fetch.ts";
import { HastyPanel, type Panel, SinglePanel, StubbornPanel, SubscriptionPanel } from "../../panels/actors.ts";
import { type ClientSettings, losing } from "../../panels/client.ts";
import { PLAIN_LIVES, play, purchasesOf, STORMS, subscriptionsFor, twiceEach, type Weather } from "../../panels/lives.ts";
import { column32, shareOf } from "../../panels/shop.ts";
import { wrongsOf } from "../../panels/truth.ts";
import { DirectScene, START } from "./scene.ts";

const MINUTE = 60_000;
const KINDS = { hasty: HastyPanel, stubborn: StubbornPanel, single: SinglePanel } as const;
type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];

type Lives = { readonly panel: Panel; readonly wrongs: readonly string[]; readonly placed: number };

/** One panel's whole lives at one provider, which goes through this storm. */
async function livesOf(kind: Kind, storm: Weather, changes: (direct: DirectScene) => Partial<ClientSettings> = () => ({})): Promise<Lives> {
  const direct = new DirectScene(5, { acme: { mix: PLAIN_LIVES, modes: ["accept_get", "accept_json"] } });
  const client = direct.client("acme", { ...(kind === "single" && { encoding: "json" as const }), ...changes(direct) });
  const panel = new KINDS[kind](kind, new Map([["acme", client]]));
  const bought = purchasesOf(9, [panel], [{ route: "acme", service: "1" }], 40);
  await play(direct, START, bought, { acme: storm });
  return { panel, wrongs: wrongsOf(panel, direct.simulator), placed: direct.provider("acme").orders.size };
}

function wrongs(part: RegExp, lives: Lives): number {
  return lives.wrongs.filter((wrong) => part.test(wrong)).length;
}

describe("at a provider without fault", () => {
  it.each(NAMES)("the %s panel comes through, and has met each end of an order", async (kind) => {
    const lives = await livesOf(kind, STORMS["calm"] as Weather);
    expect(lives.wrongs).toEqual([]);
    expect(lives.placed).toBe(40);
    const { orders } = lives.panel.shop;
    expect(new Set(orders.map(({ word }) => word))).toEqual(new Set(["Completed", "Partial", "Canceled"]));
    expect(new Set(orders.map(({ cancel }) => cancel))).toEqual(new Set([null, "granted", "refused"]));
    expect(orders.some(({ refill }) => typeof refill === "object" && refill !== null)).toBe(true);
  });

  it("lives are the same for the same seed", async () => {
    const [one, other] = [await livesOf("hasty", { modes: [] }), await livesOf("hasty", { modes: [] })];
    expect(one.panel.shop).toEqual(other.panel.shop);
  });
});

describe("other sales at a provider without fault", () => {
  it("are paid back post by post where they are subscriptions", async () => {
    const direct = new DirectScene(5, { acme: { mix: PLAIN_LIVES } });
    const service = String(direct.provider("acme").catalogue.find(({ type }) => type === "Subscriptions")?.service);
    const panel = new SubscriptionPanel("posts", new Map([["acme", direct.client("acme")]]));
    const bought = subscriptionsFor(purchasesOf(9, [panel], [{ route: "acme", service }], 12));
    await play(direct, START, bought, { acme: { modes: [] } });
    expect(wrongsOf(panel, direct.simulator)).toEqual([]);
    const { orders, parts } = panel.shop;
    expect(parts).toHaveLength(orders.reduce((sum, { posts = 0 }) => sum + posts, 0));
    expect(new Set(parts.map(({ word }) => word))).toEqual(new Set(["Completed", "Partial", "Canceled"]));
  });

  it("are two deliveries where two customers want the same", async () => {
    const direct = new DirectScene(5, { acme: { mix: PLAIN_LIVES } });
    const panel = new HastyPanel("twin", new Map([["acme", direct.client("acme")]]));
    await play(direct, START, twiceEach(purchasesOf(9, [panel], [{ route: "acme", service: "1" }], 12)), { acme: { modes: [] } });
    expect(wrongsOf(panel, direct.simulator)).toEqual([]);
    expect(direct.provider("acme").orders.size).toBe(24);
  });
});

describe("without panelsync between", () => {
  it("the stubborn panel places orders twice where answers are lost", async () => {
    const lives = await livesOf("stubborn", { modes: ["add_unreadable"] });
    expect(wrongs(/was placed \d+ times/, lives)).toBeGreaterThan(0);
  });

  it("and where its own line loses them", async () => {
    const lives = await livesOf("stubborn", { modes: [] }, ({ simulator: world }) => ({ send: losing(simulatorFetch(world), 4) }));
    expect(wrongs(/was placed 2 times/, lives)).toBeGreaterThan(0);
  });

  it("the single panel is told errors of orders that run well", async () => {
    const lives = await livesOf("single", { modes: ["fails_with_error"] });
    expect(wrongs(/was told the error "Something went wrong/, lives)).toBeGreaterThan(0);
  });

  it("words that no script knows end no order", async () => {
    const lives = await livesOf("hasty", { modes: [] }, ({ simulator: world }) => {
      const provider = world.providers.get("acme");
      if (provider) provider.mix = { refunded: 1 };
      return {};
    });
    expect(wrongs(/never ended/, lives)).toBe(lives.panel.shop.inState("open").length);
    expect(wrongs(/was told Refunded/, lives)).toBeGreaterThan(0);
  });
});

describe("a panel", () => {
  function one(kind: Kind, direct = new DirectScene(1, { acme: { modes: ["accept_get", "accept_json"] } })) {
    const panel = new KINDS[kind](kind, new Map([["acme", direct.client("acme")]]));
    panel.shop.deposit("ann", 1000);
    const order = panel.buy({ customer: "ann", route: "acme", service: "1", link: "l", quantity: 100, paid: 900 }, START);
    return { panel, order, direct, balance: () => panel.shop.balances.get("ann") };
  }

  it.each(NAMES)("%s: an error in answer to add is the end, and the customer has all back", async (kind) => {
    const { panel, order, direct, balance } = one(kind);
    direct.modes("acme", ["accept_get", "accept_json", "fails_with_error"]);
    expect(balance()).toBe(100);
    await panel.act(START);
    expect(order).toMatchObject({ state: "failed", id: null, refunds: [900] });
    expect(balance()).toBe(1000);
  });

  it.each(NAMES)("%s: no answer to add means trying again, each in its own time", async (kind) => {
    const { panel, order, direct } = one(kind);
    direct.modes("acme", ["empty_body", "html_502/2"]);
    for (let at = 0; at < 3 * MINUTE; at += MINUTE / 2) await panel.act(START + at);
    expect(order).toMatchObject({ state: "unsent", attempts: kind === "stubborn" ? 6 : 3 });
  });

  it.each(NAMES)("%s: an order's error ends it for the hasty one alone", async (kind) => {
    const { panel, order, direct } = one(kind);
    await panel.act(START);
    direct.provider("acme").orders.clear();
    for (const at of [10, 20, 30]) await panel.act(START + at * MINUTE);
    const errors = panel.shop.surprises.length;
    expect({ state: order.state, errors }).toEqual(kind === "hasty" ? { state: "failed", errors: 0 } : { state: "open", errors: 1 });
  });

  it("believes the first final word alone", () => {
    const { panel, order, balance } = one("hasty");
    panel.shop.number(order, 17);
    panel.shop.hear(order, { kind: "told", word: "In progress", remains: 100, fields: {} });
    expect([order.state, order.word]).toEqual(["open", "In progress"]);
    panel.shop.hear(order, { kind: "told", word: "Partial", remains: 33, fields: {} });
    panel.shop.hear(order, { kind: "told", word: "Canceled", remains: 100, fields: {} });
    expect(order).toMatchObject({ state: "ended", word: "Partial", refunds: [297] });
    expect(balance()).toBe(100 + 297);
  });

  it.each([
    ["Refunded", 100],
    ["Partial", null],
    ["Partial", 101],
  ])("is surprised by %s with %s left, and does nothing", (word, remains) => {
    const { panel, order } = one("hasty");
    panel.shop.number(order, 17);
    panel.shop.hear(order, { kind: "told", word, remains, fields: {} });
    expect(order).toMatchObject({ state: "open", refunds: [] });
    expect(panel.shop.surprises).toHaveLength(1);
  });

  it.each([0, -1, 1.5, 2_147_483_648, "4000000000", "acme:1", "12345678901", null, [1], {}])("has no column for the id %j", (given) => {
    const { panel, order } = one("hasty");
    panel.shop.number(order, given);
    expect([order.state, order.id, panel.shop.surprises.length]).toEqual(["unsent", null, 1]);
  });

  it.each([1, "23501", 2_147_483_647, "2147483647"])("has one for %j", (given) => {
    expect(column32(given)).toBe(Number(given));
  });

  it("rounds shares down, exactly", () => {
    expect(shareOf(278_190, 157, 1000)).toBe(43_675);
    expect(shareOf(9_007_199_254_740_991, 2, 3)).toBe(6_004_799_503_160_660);
  });

  it("cannot sell what is not paid for", () => {
    const { panel } = one("hasty");
    expect(() => panel.buy({ customer: "ann", route: "acme", service: "1", link: "m", quantity: 1, paid: 101 }, START)).toThrow(RangeError);
  });
});

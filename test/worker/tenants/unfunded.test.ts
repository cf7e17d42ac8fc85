/**
 * An `add` that is not sent takes no call of its provider's minute: what a panel cannot pay costs the others nothing.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { claimCalls, releaseCall } from "../../../src/store/providers/budget.ts";
import { AddingWorld, placed, refused } from "../world/adding.ts";
import { MINUTE, migrate, rows } from "../world/database.ts";
import { addProvider } from "../world/records.ts";

const PER_MINUTE = 30;

let world: AddingWorld;
let reseller = "";

beforeAll(migrate);

beforeEach(async () => {
  world = await AddingWorld.open();
  await world.ask("PUT", "/v1/providers/acme", { body: { max_calls_per_minute: PER_MINUTE } });
  await world.ask("PUT", "/v1/services/1", { body: { provider: "acme", service: "12", name: "F", rate: "1", min: 1, max: 5000 } });
  const body = { id: `res-${world.panelId}`, role: "reseller", currency: "USD" };
  reseller = (await world.ask("POST", "/v1/panels", { body })).json.key;
});

let links = 0;
const link = () => `https://x.example/${++links}`;
const buy = (on = world as Pick<AddingWorld, "apiV2">) =>
  on.apiV2(reseller, { action: "add", service: "1", link: link(), quantity: "1000" }, null);
const NO_FUNDS = { error: "neworder.error.not_enough_funds" };

async function credit(amount: string): Promise<void> {
  const headers = { "Idempotency-Key": `c${++links}` };
  await world.ask("POST", "/v1/customers/@panel/credits", { panel: `res-${world.panelId}`, body: { amount }, headers });
}

const used = async () =>
  (await rows<{ used: number; asked: number }>("SELECT budget_used AS used, budget_asked AS asked FROM providers"))[0];

describe("a reseller whose account does not hold the charge", () => {
  it("is refused before a call is claimed, in one round trip, without a row written", async () => {
    const { answer, ...usage } = await world.costOf((on) => buy(on));
    expect(answer.json).toEqual(NO_FUNDS);
    expect(usage).toMatchObject({ d1_calls: 1, rows_written: 0 });
    expect(await used()).toMatchObject({ used: 0, asked: 0 });
  });

  it("leaves others their adds of each minute", async () => {
    for (let minute = 0; minute < 3; minute++) {
      world.now = (Math.floor(world.now / 60_000) + 1) * 60_000;
      for (let i = 0; i < 14; i++) await buy();
      let passed = 0;
      for (let i = 0; i < 12; i++) {
        world.answers = [placed(8000 + minute * 20 + i)];
        if ((await world.add({ link: link() })).status === 200) passed += 1;
      }
      expect(passed).toBe(12);
    }
  });

  it.each([
    ["the last of its balance", "0", "1"],
    ["the last of its credit", "1", null],
    ["a credit without a limit", null, null],
  ])("buys with %s", async (_what, limit, amount) => {
    await world.ask("PATCH", `/v1/panels/res-${world.panelId}`, { body: { credit_limit: limit } });
    if (amount !== null) await credit(amount);
    world.answers = [placed(9001)];
    expect(Object.keys((await buy()).json)).toEqual(["order"]);
    if (limit !== null) expect((await buy()).json).toEqual(NO_FUNDS);
  });

  it("gives the call back that it has claimed beside another order that took the last of its balance", async () => {
    await credit("1");
    world.answers = [refused("bad link"), refused("bad link"), refused("bad link")];
    const answers = await Promise.all(Array.from({ length: 5 }, () => buy()));
    const sent = world.asked.length;
    expect(answers.filter(({ json }) => json.error === NO_FUNDS.error)).toHaveLength(5 - sent);
    expect(await used()).toMatchObject({ used: sent, asked: sent });
  });
});

describe("a call that is given back", () => {
  const claim = async (minute: number, party = "b") =>
    (await claimCalls(env.DB, minute, [{ provider: "acme", calls: 100, perMinute: PER_MINUTE, party }])).get("acme")?.granted;

  beforeEach(() => addProvider("acme", { max_calls_per_minute: PER_MINUTE }));

  it("may be claimed again, by its panel or another, and once only", async () => {
    expect(await claim(MINUTE)).toBe(12);
    await releaseCall(env.DB, MINUTE, "acme", "b");
    expect([await claim(MINUTE), await claim(MINUTE)]).toEqual([1, 0]);
    for (let i = 0; i < 20; i++) await releaseCall(env.DB, MINUTE, "acme", "b");
    expect(await used()).toEqual({ used: 0, asked: 0 });
  });

  it.each([
    ["of another minute", MINUTE + 1, "b"],
    ["of a panel that has claimed none", MINUTE, "c"],
  ])("is none %s", async (_what, minute, party) => {
    await claim(MINUTE);
    await releaseCall(env.DB, minute, "acme", party);
    expect(await used()).toEqual({ used: 12, asked: 12 });
  });
});

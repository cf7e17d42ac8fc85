/**
 * The circuit and the budget of a provider, as requests and sweeps share them: neither keeps the other from finding out
 * that it is back, none makes a ban worse, and adds that leave a doubt come to an end.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { metered } from "../../../src/store/operations/metered.ts";
import { readProviders } from "../../../src/store/orders/due.ts";
import { claimProbe } from "../../../src/store/providers/circuit.ts";
import { type Answered, order } from "../world/asking.ts";
import { clear, migrate, MINUTE_MS, NOW, rows } from "../world/database.ts";
import { brokenAnswer, inProgress, resetConnection } from "../world/providers.ts";
import { World } from "../world/world.ts";

type Saying = (fields: URLSearchParams, request: Request) => unknown;

/** What the provider answers, by action; to any other it answers as if it knew none. And the calls that it got. */
let says: Record<string, Saying> = {};
let calls: string[] = [];

const BALANCE = { balance: "5", currency: "USD" };
const SERVICES = [{ service: 12, name: "Followers", type: "Default", category: "Instagram", rate: "0.90", min: "10", max: "10000" }];
const banned = (): Response => new Response("<html><title>Just a moment...</title></html>", { status: 403 });

let world: World;
let key = "";
let run = 0;
let links = 0;
let orderIds = 0;
/** Time goes on from test to test. */
let now = NOW;

beforeAll(migrate);

beforeEach(async () => {
  await clear();
  await rows("DELETE FROM provider_services");
  calls = [];
  orderIds = 23_500;
  says = { services: () => SERVICES, balance: () => BALANCE, add: () => ({ order: ++orderIds }) };
  world = new World({ now, fetch: provide });
  run += 1;
  key = await world.panel(`p${run}`);
  await world.provider("acme", { currency: "USD" });
  // A change of the settings lies back: failures of before it do not count.
  world.now += MINUTE_MS;
});

async function provide(request: Request): Promise<Response> {
  const fields = new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer()));
  const action = fields.get("action") ?? "";
  calls.push(action);
  const answer = await (says[action] ?? (() => ({ error: "Incorrect request" })))(fields, request);
  return answer instanceof Response ? answer : Response.json(answer);
}

function ask(fields: Record<string, string>, on = world): Promise<Answered> {
  return on.apiV2(key, fields, "acme");
}

/** An add like no other. */
function add(on = world): Promise<Answered> {
  links += 1;
  return ask({ action: "add", service: "12", link: `https://instagram.com/p/${links}`, quantity: "100" }, on);
}

/** What became of adds: placed at the provider, in doubt, or not sent. */
function outcomeOf({ json }: Answered): "placed" | "doubt" | "later" {
  if (json === null) return "later";
  return json.order > 2_000_000_000 ? "doubt" : "placed";
}

async function addsEvery(ms: number, times: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let n = 0; n < times; n++) {
    outcomes.push(outcomeOf(await add()));
    world.now += ms;
  }
  return outcomes;
}

const counted = (list: readonly string[], one: string): number => list.filter((each) => each === one).length;

async function tick(): Promise<void> {
  await world.tick();
  await world.drain();
}

type State = {
  failures: number;
  retry_at: number | null;
  last_failure_at: number | null;
  state_version: number;
  budget_minute: number;
  budget_used: number;
};
async function state(): Promise<State> {
  const [row] = await rows<State>(
    "SELECT failures, retry_at, last_failure_at, state_version, budget_minute, budget_used FROM providers WHERE id = 'acme'",
  );
  if (row === undefined) throw new Error("there is no provider");
  return row;
}

/** The circuit is open, as sweeps leave it. */
function open(code: string, retryAt = world.now, failures = 3): Promise<unknown> {
  return rows(
    "UPDATE providers SET failures = ?1, retry_at = ?2, last_failure_at = ?3, last_failure = json_object('code', ?4, 'message', '')",
    failures,
    retryAt,
    world.now,
    code,
  );
}

afterEach(() => {
  now = world.now;
});

describe("a provider that was out of reach, and has no order due", () => {
  it.each([
    ["its balance", () => BALANCE],
    ["an error in place of its balance", () => ({ error: "Balance is not available" })],
    ["an error under HTTP 500", () => Response.json({ error: "Bakiye yok" }, { status: 500 })],
    ["a balance in no known form", () => ({ funds: "many" })],
  ])("is back when it answers %s", async (_name, answer) => {
    await open("timeout");
    says["balance"] = answer;
    expect(outcomeOf(await add())).toBe("placed");
    expect(await state()).toMatchObject({ failures: 0, retry_at: null });
    expect(counted(calls, "balance")).toBe(1);
  });

  it.each([
    ["nothing", resetConnection],
    ["a page", brokenAnswer],
    ["a bot check", banned],
    ["that the key is wrong", () => ({ error: "Invalid API key" })],
    ["that there are too many calls", () => new Response("", { status: 429 })],
    ["that it is in maintenance", () => ({ error: "Maintenance" })],
    ["in the words of a script that broke", () => ({ error: "System error" })],
  ])("is not when it answers %s, and is asked once a minute at most", async (_name, answer) => {
    await open("timeout");
    says["balance"] = answer;
    for (let n = 0; n < 10; n++) {
      expect(outcomeOf(await add())).toBe("later");
      world.now += 5000;
    }
    expect(calls).toEqual(["balance"]);
    expect((await state()).failures).toBe(4);
    says["balance"] = () => BALANCE;
    world.now += 30 * MINUTE_MS;
    expect(outcomeOf(await add())).toBe("placed");
  });

  it("is not when its balance says what it said when it failed, in words that nobody knows", async () => {
    await open("refused");
    await rows(
      "UPDATE providers SET last_failure = ?1",
      JSON.stringify({ code: "refused", message: "The provider refused the call (HTTP 200): Tutup" }),
    );
    says["balance"] = () => ({ error: "Tutup" });
    expect(outcomeOf(await add())).toBe("later");
    says["balance"] = () => ({ error: "Balance is not available" });
    world.now += MINUTE_MS;
    expect(outcomeOf(await add())).toBe("placed");
  });

  it("is found back although the clock was put back", async () => {
    await open("blocked", world.now + 86_400_000);
    await rows("UPDATE providers SET probe_at = ?1", world.now + 86_400_000);
    expect(outcomeOf(await add())).toBe("placed");
  });
});

describe("requests beside the sweeps", () => {
  const follow = () => world.post("/v1/orders", key, order("1", { provider_order_id: "1" }));

  it.each(["timeout", "rejected_key", "rate_limited"])(
    "never keep them from a provider whose balance alone is broken (%s)",
    async (code) => {
      await follow();
      world.now = Math.ceil(world.now / MINUTE_MS) * MINUTE_MS;
      // A request comes before the next tick does.
      await open(code, code === "timeout" ? world.now : world.now + 2.25 * MINUTE_MS);
      says["balance"] =
        { timeout: resetConnection, rejected_key: () => ({ error: "Invalid API key" }) }[code] ?? (() => new Response("", { status: 429 }));
      says["status"] = () => inProgress();
      for (let minutes = 0; minutes < 6; minutes++) {
        world.now += MINUTE_MS / 2;
        await add();
        world.now += MINUTE_MS / 2;
        await tick();
      }
      expect(counted(calls, "status")).toBeGreaterThanOrEqual(2);
      expect(await state()).toMatchObject({ failures: 0, retry_at: null });
    },
  );

  it.each([
    ["with an order due", follow],
    ["with none", () => Promise.resolve()],
  ])("wait longer each time while it bans, %s", async (_name, prepare) => {
    await prepare();
    for (const action of ["balance", "status", "add", "services"]) says[action] = banned;
    for (let minutes = 0; minutes < 120; minutes++) {
      await tick();
      for (let n = 0; n < 4; n++) {
        expect(outcomeOf(await add())).toBe("later");
        world.now += MINUTE_MS / 4;
      }
    }
    // The first add asks for the services, too; and a look of a sweep at an id that only the panel has named, for the balance.
    expect(calls.length).toBeLessThanOrEqual(15);
  });

  it("do not break what a sweep writes by looking whether the provider is back", async () => {
    await open("timeout");
    const before = await state();
    const provider = (await readProviders(env.DB, ["acme"])).get("acme");
    if (provider === undefined) throw new Error("there is no provider");
    const claims = await Promise.all(Array.from({ length: 5 }, () => claimProbe(env.DB, provider, world.now)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await state()).toEqual(before);
    expect(await claimProbe(env.DB, provider, world.now + MINUTE_MS - 1)).toBe(false);
    expect(await claimProbe(env.DB, provider, world.now + MINUTE_MS)).toBe(true);
  });
});

describe("adds that leave a doubt", () => {
  beforeEach(async () => {
    await add();
    says["add"] = brokenAnswer;
  });

  it("come to an end after three in a row, though all else works", async () => {
    expect(await addsEvery(1000, 20)).toEqual([...Array(3).fill("doubt"), ...Array(17).fill("later")]);
    expect((await ask({ action: "services" })).status).toBe(200);
  });

  it("come to an end when they are on their way at once, too", async () => {
    const outcomes = (await Promise.all(Array.from({ length: 5 }, () => add()))).map(outcomeOf);
    expect(counted(outcomes, "doubt")).toBe(5);
    expect(await addsEvery(1000, 20)).toEqual(Array(20).fill("later"));
    // The next trial comes after a minute, as if there had been three.
    says["add"] = () => ({ order: 7 });
    world.now += MINUTE_MS;
    expect(outcomeOf(await add())).toBe("placed");
  });

  it("are tried ever more seldom, and in half an hour again as before", async () => {
    const outcomes = await addsEvery(MINUTE_MS, 60);
    expect(counted(outcomes, "doubt")).toBeLessThanOrEqual(9);
    world.now += 31 * MINUTE_MS;
    says["add"] = () => ({ order: ++orderIds });
    expect(await addsEvery(1000, 5)).toEqual(Array(5).fill("placed"));
  });

  it("come to an end also while sweeps find all well", async () => {
    await world.post("/v1/orders", key, order("1", { provider_order_id: "1" }));
    says["status"] = () => inProgress();
    const outcomes: string[] = [];
    for (let minutes = 0; minutes < 20; minutes++) {
      world.now += MINUTE_MS;
      await tick();
      outcomes.push(outcomeOf(await add()));
    }
    expect(counted(outcomes, "doubt")).toBeLessThanOrEqual(7);
  });

  it("are over when a trial goes well", async () => {
    await addsEvery(1000, 5);
    says["add"] = () => ({ order: ++orderIds });
    world.now += MINUTE_MS;
    expect(await addsEvery(1000, 3)).toEqual(["placed", "later", "later"]);
    world.now += MINUTE_MS;
    expect(await addsEvery(1000, 10)).toEqual(Array(10).fill("placed"));
  });

  it("shut nobody out while most others go well", async () => {
    let n = 0;
    says["add"] = () => (n++ % 5 === 0 ? brokenAnswer() : { order: ++orderIds });
    const outcomes = await addsEvery(1000, 50);
    expect([counted(outcomes, "doubt"), counted(outcomes, "later")]).toEqual([10, 0]);
  });

  it("do not count against other settings", async () => {
    await addsEvery(1000, 5);
    says["add"] = () => ({ order: ++orderIds });
    await world.provider("acme", { key: "another-key-5678" });
    expect(outcomeOf(await add())).toBe("placed");
  });
});

describe("time that a call takes", () => {
  it("is counted in what is written of its failure, and in the budget's minute", async () => {
    await world.provider("acme", { max_calls_per_minute: 60 });
    await open("timeout");
    world.now = Math.ceil(world.now / MINUTE_MS) * MINUTE_MS + 40_000;
    const begun = world.now;
    says["balance"] = () => {
      world.now += 25_000;
      return BALANCE;
    };
    says["services"] = () => {
      world.now += 4000;
      return SERVICES;
    };
    says["add"] = () => {
      world.now += 10_000;
      says["balance"] = banned;
      return banned();
    };
    await add();
    expect(await state()).toMatchObject({
      last_failure_at: begun + 39_000,
      retry_at: begun + 39_000 + 2 * MINUTE_MS,
      budget_minute: begun / MINUTE_MS + 1 / 3,
      // What was claimed in the minute before is that one's.
      budget_used: 3,
    });
  });
});

describe("a hundred unknown ids at a provider that knows no lists", () => {
  it("are asked for with a look whether it is back, once, and calls claimed by the handful", async () => {
    await world.provider("acme", { max_calls_per_minute: 60 });
    await open("timeout");
    await rows("UPDATE providers SET many = 'no'");
    says["status"] = () => inProgress();
    const { db, usage } = metered(env.DB);
    const ids = Array.from({ length: 100 }, (_, i) => String(i + 1)).join(",");
    const { status, json } = await ask({ action: "status", orders: ids }, world.with({ DB: db }));
    // Those that could not be asked are left out: nothing is known of them.
    expect([status, Object.keys(json).length]).toEqual([200, 20]);
    expect([counted(calls, "balance"), counted(calls, "status")]).toEqual([1, 20]);
    expect(usage().d1_statements).toBeLessThanOrEqual(45);
    expect((await state()).budget_used).toBe(calls.length);
    expect(await rows("SELECT n FROM orders")).toHaveLength(20);
  });

  it.each([
    [3, 1],
    [7, 2],
    [13, 5],
    [50, 20],
  ])("are asked for within two fifths of the budget of %i: %i calls", async (perMinute, asked) => {
    await world.provider("acme", { max_calls_per_minute: perMinute });
    await rows("UPDATE providers SET many = 'no'");
    says["status"] = () => inProgress();
    await ask({ action: "status", orders: Array.from({ length: 30 }, (_, i) => String(i + 1)).join(",") });
    expect(calls).toHaveLength(asked);
  });

  it("claim no more than four calls that are not made", async () => {
    await world.provider("acme", { max_calls_per_minute: 60 });
    await rows("UPDATE providers SET many = 'no'");
    let answered = 0;
    says["status"] = () => (++answered > 6 ? brokenAnswer() : inProgress());
    await ask({ action: "status", orders: Array.from({ length: 30 }, (_, i) => String(i + 1)).join(",") });
    expect((await state()).budget_used).toBeLessThanOrEqual(calls.length + 4);
  });
});

describe("a provider that lists no services", () => {
  it.each([
    ["answers an error", () => ({ error: "Incorrect request" })],
    ["answers a page", brokenAnswer],
    ["is cut off", resetConnection],
  ])("and %s: is asked for them once in 15 minutes, however many adds come", async (_name, answer) => {
    says["services"] = answer;
    expect(await addsEvery(60_000, 6)).toEqual(Array(6).fill("placed"));
    expect(counted(calls, "services")).toBe(1);
    world.now += 9 * MINUTE_MS;
    says["services"] = () => SERVICES;
    await add();
    expect(counted(calls, "services")).toBe(2);
    expect(await rows("SELECT charge FROM orders ORDER BY n DESC LIMIT 2")).toEqual([{ charge: 90_000 }, { charge: null }]);
  });

  it("is asked again at once when its settings have changed", async () => {
    says["services"] = resetConnection;
    await add();
    world.now += 1000;
    await world.provider("acme", { key: "another-key-5678" });
    await add();
    expect(counted(calls, "services")).toBe(2);
  });

  it("is asked for them once by ten adds at once", async () => {
    says["services"] = async () => (await new Promise((resolve) => setTimeout(resolve, 100)), SERVICES);
    const outcomes = (await Promise.all(Array.from({ length: 10 }, () => add()))).map(outcomeOf);
    expect([counted(outcomes, "placed"), counted(calls, "services")]).toEqual([10, 1]);
  });

  it("is not taken for one while it may not be called", async () => {
    await open("rate_limited", world.now + MINUTE_MS);
    expect(outcomeOf(await add())).toBe("later");
    world.now += 5 * MINUTE_MS;
    await add();
    expect(await rows("SELECT charge FROM orders")).toEqual([{ charge: 90_000 }]);
  });

  it("keeps an add waiting for five seconds at most", async () => {
    await world.provider("acme", { timeout_ms: 30_000 });
    says["services"] = (_fields, request) =>
      new Promise((_resolve, reject) => request.signal.addEventListener("abort", () => reject(new Error("aborted"))));
    const begun = Date.now();
    expect(outcomeOf(await add())).toBe("placed");
    expect(Date.now() - begun).toBeLessThan(12_000);
  });
});

/**
 * What one panel asks for leaves the others their polls, their rows and their calls.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ROWS_EACH, sharesOf } from "../../../src/domain/panel-share.ts";
import { claimCalls, MESSAGES } from "../../../src/store/providers/budget.ts";
import { claimShare } from "../../../src/store/panels/shares.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { clear, MINUTE, migrate, NOW, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addProvider, young } from "../world/records.ts";
import { World } from "../world/world.ts";

let world: World;
let runs = 0;
let [shop, flood] = ["", ""];

beforeAll(migrate);

beforeEach(async () => {
  runs += 1;
  world = new World({ PLAN: "free" });
  shop = await world.panel(`shop${runs}`);
  flood = await world.panel(`flood${runs}`);
});

afterEach(clear);

const [SHOP, FLOOD] = [() => `shop${runs}`, () => `flood${runs}`];

describe("a provider's calls of a minute", () => {
  const claim = async (calls: number, party?: string, minute = MINUTE) =>
    (await claimCalls(env.DB, minute, [{ provider: "acme", calls, perMinute: 60, ...(party === undefined ? {} : { party }) }])).get("acme")
      ?.granted;

  beforeEach(() => addProvider("acme", { many: "yes", max_calls_per_minute: 60 }));

  it("are the sweeps' to three fifths, whatever panels ask for", async () => {
    expect([await claim(100, "b"), await claim(100, "a"), await claim(100, MESSAGES)]).toEqual([24, 0, 0]);
    expect(await claim(100)).toBe(36);
    expect(await claim(1)).toBe(0);
  });

  it("are all the sweeps' where no panel asks", async () => {
    expect(await claim(100)).toBe(60);
    expect(await claim(1, "a")).toBe(0);
  });

  it("are left to others by a panel beside which others have asked of late", async () => {
    await claim(1, "a", MINUTE - 60);
    expect([await claim(100, "b"), await claim(100, "a"), await claim(1, "b")]).toEqual([18, 6, 0]);
    // A day later nobody else is about.
    expect(await claim(100, "b", MINUTE + 25 * 60)).toBe(24);
  });

  it.each([5, 10, 15, 20, 25, 60])("of one a minute reach a panel that asks every %i minutes", async (period) => {
    for (let first = MINUTE; first < MINUTE + 5; first++) {
      let granted = 0;
      for (let n = 0; n < 15; n++) {
        const one = { provider: "acme", calls: 1, perMinute: 1, party: "b" };
        granted += (await claimCalls(env.DB, first + n * period, [one])).get("acme")?.granted ?? 0;
      }
      expect([first, granted > 0]).toEqual([first, true]);
      await env.DB.prepare("UPDATE providers SET budget_minute = 0").run();
    }
  });

  it.each([
    [1, 2],
    [2, 4],
    [3, 5],
    [10, 20],
  ])("of %i a minute are two fifths over five minutes for panels, or less: %i", async (perMinute, asked) => {
    let granted = 0;
    for (let minute = MINUTE; minute < MINUTE + 5; minute++)
      granted += (await claimCalls(env.DB, minute, [{ provider: "acme", calls: 9, perMinute, party: "b" }])).get("acme")?.granted ?? 0;
    expect(granted).toBe(asked);
  });
});

const ordersFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `o${first + i}`,
    provider: "acme",
    provider_order_id: String(first + i),
    quantity: 1000,
    charge: "0.9",
  }));

describe("a share", () => {
  const claim = (wanted: number, grant: "left" | "whole", at = NOW) =>
    claimShare(env.DB, { panel: "p", kind: "check", wanted, grant }, "free", at);
  const { minute, day } = sharesOf("free").of.check;

  it("is granted as far as it goes, or wholly where part of it is of no use", async () => {
    expect(await claim(minute - 1, "whole")).toBe(minute - 1);
    expect([await claim(2, "whole"), await claim(2, "left"), await claim(2, "left")]).toEqual([0, 1, 0]);
    expect(await claim(2, "whole", NOW + 60_000)).toBe(2);
  });

  it("is one a minute where clocks differ by some seconds, at midnight, too", async () => {
    const midnight = Math.ceil(NOW / 86_400_000) * 86_400_000;
    for (let i = 0; i < day - minute; i += minute) await claim(minute, "whole", midnight - 3_600_000 + i * 1000);
    let granted = 0;
    for (let i = 0; i < 4 * minute; i++) granted += await claim(1, "whole", midnight + (i % 2 === 0 ? 5000 : -5000));
    expect(granted).toBe(minute);
    expect(await claim(minute, "whole", midnight + 60_000)).toBe(minute);
    // A clock that was far ahead is none to go by.
    expect(await claim(minute, "whole", midnight - 60_000)).toBe(minute);
  });

  it("ends with the day's", async () => {
    let granted = 0;
    for (let i = 0; i < 2 * (day / minute); i++) granted += await claim(minute, "left", NOW + i * 60_000);
    expect(granted).toBe(day);
    expect(await claim(1, "whole", NOW + 24 * 3_600_000)).toBe(1);
  });

  it("of registrations gives way to polling near the day's rows, and for nobody else's sake", async () => {
    await addProvider("acme");
    const most = sharesOf("free").rowsForRegistration ?? 0;
    const today = Math.floor(world.now / 86_400_000);
    await rows("UPDATE providers SET calls_day = ?1, rows_today = ?2", today, most - 10 * ROWS_EACH.registration);
    const register = async (first: number, count: number) => (await world.post("/v1/orders", flood, ordersFrom(first, count))).status;
    expect([await register(1, 11), await register(1, 10)]).toEqual([429, 200]);
    expect(await register(11, 1)).toBe(429);
    expect(await claim(1, "whole")).toBe(1);
    await rows("UPDATE providers SET calls_day = ?1", today - 1);
    expect(await register(11, 1)).toBe(200);
    expect(await rows("SELECT order_n, registration_day_used AS used FROM panels WHERE id = ?1", FLOOD())).toEqual([
      { order_n: 11, used: 11 },
    ]);
  });

  it("costs one row", async () => {
    const { db, usage } = metered(env.DB);
    await claimShare(db, { panel: "p", kind: "check", wanted: 1, grant: "whole" }, "free", NOW);
    await claimShare(db, { panel: "p", kind: "check", wanted: 1, grant: "whole" }, "free", NOW);
    expect(usage()).toMatchObject({ rows_written: 2 });
  });

  it("costs no row where it is refused", async () => {
    await claim(minute, "whole");
    const { db, usage } = metered(env.DB);
    for (const grant of ["whole", "left"] as const) {
      expect(await claimShare(db, { panel: "p", kind: "check", wanted: 1, grant }, "free", NOW)).toBe(0);
      expect(await claimShare(db, { panel: "new", kind: "check", wanted: minute + 1, grant: "whole" }, "free", NOW)).toBe(0);
    }
    expect(usage()).toMatchObject({ rows_written: 0 });
  });
});

describe("a panel that floods", () => {
  it("registers until its share ends, hears 429 with Retry-After, and leaves the other panel its own", async () => {
    await addProvider("acme", { many: "yes" });
    const { day } = sharesOf("free").of.registration;
    let first = 1;
    for (; first < day; first += 1000) {
      world.now += 60_000;
      expect((await world.post("/v1/orders", flood, ordersFrom(first, 1000))).status).toBe(200);
    }
    world.now += 60_000;
    const answer = await world.post("/v1/orders", flood, ordersFrom(first, 2));
    expect([answer.status, answer.json.error.code, Number(answer.headers.get("Retry-After")) > 0]).toEqual([429, "share_used_up", true]);
    expect((await world.post("/v1/orders", flood, ordersFrom(first, 1)[0])).status).toBe(429);
    // What is on record is answered as ever.
    expect((await world.post("/v1/orders", flood, ordersFrom(1, 3))).status).toBe(200);
    expect((await world.post("/v1/orders", shop, ordersFrom(first + 10, 1))).json.results[0].result).toBe("created");
  });

  it("has its checks collected into one message a minute, and the sweep keeps its calls", async () => {
    await addProvider("acme", { many: "no", max_calls_per_minute: 20 });
    await addOrders(FLOOD(), "acme", 1, 100, { ...young, cadence: 60 });
    await addOrders(SHOP(), "acme", 501, 30, { ...young, cadence: 60 });
    for (let n = 1; n <= 100; n++) await world.post(`/v1/orders/o${n}/check`, flood);
    expect((await world.post("/v1/orders/o501/check", shop)).status).toBe(202);
    expect((await rows("SELECT count(*) AS n FROM wanted_checks WHERE panel = ?1", FLOOD()))[0]).toEqual({
      n: sharesOf("free").of.check.minute,
    });
    // One for this minute, one for what came after it was sent.
    const message = { v: 1, kind: "check", orders: [], wanted: "acme" };
    expect(world.sent).toEqual([message, message]);
    world.providers.set(
      "acme",
      answeringEach(() => inProgress()),
    );
    await world.drain();
    expect(world.calls.length).toBeLessThanOrEqual(8);
    expect(world.calls.flatMap(({ ids }) => ids)).toContain("501");
    const left = (await claimCalls(env.DB, MINUTE, [{ provider: "acme", calls: 20, perMinute: 20 }])).get("acme");
    expect(left?.granted).toBeGreaterThanOrEqual(12);
  });

  it("has what could not be checked for lack of calls checked in the minutes after", async () => {
    await addProvider("acme", { many: "no", max_calls_per_minute: 10 });
    await addOrders(SHOP(), "acme", 1, 7, { ...young, cadence: 60 });
    for (let n = 1; n <= 7; n++) await world.post(`/v1/orders/o${n}/check`, shop);
    const [message] = world.sent.splice(0);
    expect(await world.deliver(message)).toBe("retry");
    expect(await rows("SELECT n FROM wanted_checks ORDER BY n")).toEqual([{ n: 5 }, { n: 6 }, { n: 7 }]);
    world.now += 60_000;
    expect(await world.deliver(message, 2)).toBe("ack");
    expect(world.calls.flatMap(({ ids }) => ids)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    expect(await rows("SELECT n FROM wanted_checks")).toEqual([]);
  });

  it("has a check whose message was lost taken up by a tick", async () => {
    await addProvider("acme");
    await addOrders(SHOP(), "acme", 1, 1, { ...young, cadence: 360 });
    expect((await world.post("/v1/orders/o1/check", shop)).status).toBe(202);
    world.sent.length = 0;
    world.now += 4 * 60_000;
    world.calls.length = 0;
    await world.tick();
    expect(world.sent).toContainEqual({ v: 1, kind: "check", orders: [], wanted: "acme" });
    await world.drain();
    expect(world.calls.flatMap(({ ids }) => ids)).toContain("1");
    expect(await rows("SELECT n FROM wanted_checks")).toEqual([]);
  });

  it("keeps a check while its provider is left alone, and has it once it is asked again", async () => {
    await addProvider("acme");
    await env.DB.prepare("UPDATE providers SET retry_at = ?1, failures = 5")
      .bind(world.now + 5 * 60_000)
      .run();
    await addOrders(SHOP(), "acme", 1, 1, { ...young, cadence: 360 });
    await world.post("/v1/orders/o1/check", shop);
    const [message] = world.sent.splice(0);
    for (const attempt of [1, 2, 3]) {
      await world.deliver(message, attempt);
      world.now += 60_000;
    }
    expect(world.calls).toEqual([]);
    expect(await rows("SELECT n FROM wanted_checks")).toEqual([{ n: 1 }]);
    await env.DB.prepare("UPDATE providers SET retry_at = NULL, failures = 0").run();
    await world.tick();
    await world.drain();
    expect(world.calls.flatMap(({ ids }) => ids)).toContain("1");
  });

  it("is told what it asks about in vain without another call, for a while, and under the same settings", async () => {
    await world.provider("acme");
    world.providers.set("acme", (ids) =>
      ids.length === 1 ? { error: "Incorrect order ID" } : Object.fromEntries(ids.map((id) => [id, { error: "Incorrect order ID" }])),
    );
    const strangers = Array.from({ length: 100 }, (_, i) => String(900_000 + i)).join(",");
    const ask = () => world.apiV2(flood, { action: "status", orders: strangers }, "acme");
    const first = await ask();
    const asked = world.calls.length;
    const second = await world.costOf((on) => on.apiV2(flood, { action: "status", orders: strangers }, "acme"));
    expect([second.answer.json, world.calls.length]).toEqual([first.json, asked]);
    expect(second.rows_written).toBe(0);
    expect(second.rows_read).toBeLessThanOrEqual(1000);
    // Another panel asks for itself.
    await world.apiV2(shop, { action: "status", order: "900000" }, "acme");
    expect(world.calls.length).toBe(asked + 1);
    world.now += 11 * 60_000;
    await ask();
    expect(world.calls.length).toBeGreaterThan(asked + 1);
    const before = world.calls.length;
    await world.provider("acme", { key: "another-key-5678" });
    await ask();
    expect(world.calls.length).toBeGreaterThan(before);
  });

  it("may ask about no more unknown ids than its share: known orders are answered all the same", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders(FLOOD(), "acme", 1, 1, { ...young });
    const { minute } = sharesOf("free").of.unknown_id;
    await claimShare(env.DB, { panel: FLOOD(), kind: "unknown_id", wanted: minute, grant: "whole" }, "free", world.now);
    const { status, json } = await world.apiV2(flood, { action: "status", orders: "1,777" }, "acme");
    expect([status, Object.keys(json)]).toEqual([200, ["1"]]);
    const single = await world.apiV2(flood, { action: "status", order: "777" }, "acme");
    expect([single.status, single.text]).toEqual([429, ""]);
    expect(world.calls).toEqual([]);
  });
});

/**
 * The public status of a panel: for anyone, of panels that show it, without a word of who delivers.
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { order } from "../world/asking.ts";
import { clear, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addPanel, keyNamed } from "../world/records.ts";
import { World } from "../world/world.ts";

const key = keyNamed("shop");
let world: World;

beforeAll(async () => {
  await migrate();
  await addPanel("shop");
  await addPanel("hidden");
});

beforeEach(async () => {
  await clear();
  world = new World();
  await rows("UPDATE panels SET public_status = (id = 'shop'), enabled = 1, order_n = 0, feed_seq = 0");
  await world.provider("acme-supplies", { name: "Acme Supplies" });
});

const ask = (panel: string, headers: Record<string, string> = {}) => world.get(`/v1/status/${panel}`, { key: null, headers });
const place = (id: string, service: string) =>
  world.post("/v1/orders", key, order(id, { provider: "acme-supplies", provider_order_id: `7${id}`, service }));

describe("the public status", () => {
  it("says that orders are followed, and since when not", async () => {
    await place("1", "12");
    await world.run(2);
    const { json, headers } = await ask("shop");
    expect(json).toEqual({
      panel: "shop",
      name: null,
      status: "ok",
      following: true,
      last_followed_at: new Date(world.now - MINUTE_MS).toISOString(),
      late_seconds: 0,
      services: [],
    });
    expect([headers.get("Cache-Control"), headers.get("Access-Control-Allow-Origin")]).toEqual(["public, max-age=30", "*"]);
    world.now += 10 * MINUTE_MS;
    expect((await ask("shop")).json).toMatchObject({ status: "stopped", following: false, late_seconds: 600 });
  });

  it("names services in trouble, and nothing of their provider", async () => {
    for (const [id, service] of [
      ["1", "12"],
      ["2", "13"],
    ] as const)
      await place(id, service);
    await world.run(1);
    world.providers.set("acme-supplies", () => new Response("Acme is down", { status: 502 }));
    await world.run(8);
    const { json, text } = await ask("shop");
    expect(json).toMatchObject({
      status: "delayed",
      following: true,
      services: [
        { service: "12", state: "waiting", since: expect.any(String) },
        { service: "13", state: "waiting" },
      ],
    });
    expect(text.toLowerCase()).not.toMatch(/acme|712|provider|0\.9|x\.example/);
    world.providers.set(
      "acme-supplies",
      answeringEach(() => inProgress(400)),
    );
    await world.run(30);
    expect((await ask("shop")).json).toMatchObject({ status: "ok", services: [] });
  });

  it("tells slow services by their late orders, and forgets those that have ended", async () => {
    for (const id of ["1", "2", "3"]) await place(id, "12");
    await world.run(1);
    await rows("UPDATE orders SET flags = 1 WHERE panel = 'shop' AND id IN ('1', '2')");
    expect((await ask("shop")).json).toMatchObject({ status: "delayed", services: [{ service: "12", state: "slow", since: null }] });
    world.now += MINUTE_MS;
    await rows("UPDATE orders SET status = 'completed' WHERE panel = 'shop'");
    expect((await ask("shop")).json).toMatchObject({ services: [] });
  });

  it("is the same answer for a panel that shows none, is switched off, or is none", async () => {
    await rows("UPDATE panels SET enabled = 0, public_status = 1 WHERE id = 'hidden'");
    const told = async (panel: string) => {
      const cost = await world.costOf((metering) => metering.get(`/v1/status/${panel}`, { key: null }));
      const { status, text, headers } = cost.answer;
      return [status, text.replaceAll(panel, "…"), headers.get("Cache-Control"), cost.d1_calls, cost.rows_written];
    };
    const none = await told("nobody");
    expect(none.slice(0, 2)).toEqual([404, expect.stringContaining("status_not_found")]);
    expect(await told("hidden")).toEqual(none);
    await rows("UPDATE panels SET enabled = 1, public_status = 0 WHERE id = 'hidden'");
    world = new World();
    expect(await told("hidden")).toEqual(none);
  });

  it("is off until the operator switches it on", async () => {
    const set = (public_status: boolean) => world.ask("PATCH", "/v1/panels/hidden", { body: { public_status } });
    expect((await world.get("/v1/panels/hidden")).json.public_status).toBe(false);
    expect((await ask("hidden")).status).toBe(404);
    expect((await set(true)).json.public_status).toBe(true);
    world.now += MINUTE_MS;
    expect((await ask("hidden")).status).toBe(200);
    await set(false);
    world.now += MINUTE_MS;
    expect((await ask("hidden")).status).toBe(404);
  });

  it("costs a read in half a minute, however many look, and nothing to those who have it", async () => {
    for (let i = 0; i < 5; i++) await place(String(i), "12");
    const looks = await world.costOf(async (metering) => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => metering.get("/v1/status/shop", { key: null })));
      return answers.at(-1) as Awaited<ReturnType<World["get"]>>;
    });
    expect(looks.d1_calls).toBe(1);
    expect(looks.rows_read).toBeLessThanOrEqual(4 * 5 + 5);
    const again = await ask("shop", { "If-None-Match": looks.answer.headers.get("ETag") ?? "" });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  it("keeps no more names than it has room for", async () => {
    const cost = await world.costOf(async (metering) => {
      for (let i = 0; i < 250; i++) await metering.get(`/v1/status/guess-${i}`, { key: null });
      return metering.get("/v1/status/shop", { key: null });
    });
    expect([cost.answer.status, cost.d1_calls, cost.rows_written]).toEqual([200, 251, 0]);
  });
});

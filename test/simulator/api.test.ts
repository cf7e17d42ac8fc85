import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../simulator/json.ts";
import { onScene, QUANTITY, START } from "./scene.ts";

const MINUTE = 60_000;
const error = (text: string) => ({ error: text });

describe("the canonical protocol", () => {
  it("lists services with prices and limits as strings", () =>
    onScene([], async ({ call }) => {
      const { json, headers } = await call({ action: "services" });
      const services = json as readonly JsonObject[];
      expect(headers.get("content-type")).toBe("application/json");
      expect(services[0]).toEqual({
        service: 1,
        name: "Followers",
        type: "Default",
        category: "Instagram",
        rate: expect.stringMatching(/^\d+\.\d{2,6}$/),
        min: "10",
        max: "100000",
        dripfeed: true,
        refill: true,
        cancel: true,
      });
      expect(new Set(services.map(({ type }) => type)).size).toBeGreaterThan(10);
    }));

  it("tells one order", () =>
    onScene([], async ({ ids, statusOf }) => {
      const { json } = await statusOf(ids[2]);
      expect(json).toEqual({
        charge: expect.stringMatching(/^\d+\.\d{5}$/),
        start_count: "3572",
        status: "Partial",
        remains: "157",
        currency: "USD",
      });
    }));

  it("tells many orders by id, with an error for each it does not know", () =>
    onScene([], async ({ ids, statusOfMany }) => {
      const { json } = await statusOfMany([ids[0], "10", ids[3], ids[0]]);
      expect(json).toEqual({
        "10": error("Incorrect order ID"),
        [ids[0]]: expect.objectContaining({ status: "In progress", remains: "1234" }),
        [ids[3]]: expect.objectContaining({ status: "Canceled", remains: String(QUANTITY) }),
      });
    }));

  it("takes a hundred ids and no more", () =>
    onScene([], async ({ statusOfMany }) => {
      const ids = Array.from({ length: 101 }, (_, index) => String(index + 1));
      expect(Object.keys((await statusOfMany(ids.slice(1))).json as JsonObject)).toHaveLength(100);
      expect((await statusOfMany(ids)).json).toEqual(error("Too many orders in one request"));
    }));

  it("says the balance, less what was ordered", () =>
    onScene([], async ({ call }) => {
      expect((await call({ action: "balance" })).json).toEqual({ balance: "100000.00000", currency: "USD" });
      await call({ action: "add", service: "1", link: "https://x.example/1", quantity: "1000" });
      const { json } = await call({ action: "balance" });
      expect(Number((json as { balance: string }).balance)).toBeLessThan(100_000);
    }));

  it.each<[string, Record<string, string>, string]>([
    ["a wrong key", { key: "wrong", action: "balance" }, "Invalid API key"],
    ["no key", { key: "", action: "balance" }, "Invalid API key"],
    ["an unknown action", { action: "dance" }, "Incorrect request"],
    ["the name of something inherited", { action: "constructor" }, "Incorrect request"],
    ["no action", {}, "Incorrect request"],
    ["an unknown order", { action: "status", order: "1" }, "Incorrect order ID"],
    ["a status without an order", { action: "status" }, "Incorrect order ID"],
    ["a list without an order", { action: "status", orders: " , " }, "Incorrect order ID"],
    ["an unknown service", { action: "add", service: "999", link: "x", quantity: "100" }, "Incorrect service ID"],
    ["an order without a link", { action: "add", service: "1", quantity: "100" }, "Not all required fields are filled in"],
    ["too small a quantity", { action: "add", service: "1", link: "x", quantity: "1" }, "Quantity is outside the limits of the service"],
    [
      "a quantity that is none",
      { action: "add", service: "1", link: "x", quantity: "1e3" },
      "Quantity is outside the limits of the service",
    ],
    ["a refill of an unknown order", { action: "refill", order: "1" }, "Incorrect order ID"],
    ["an unknown refill", { action: "refill_status", refill: "99" }, "Refill not found"],
    ["a cancel in the singular", { action: "cancel", order: "1" }, "Incorrect request"],
  ])("refuses %s with HTTP 200 and an error", (_, fields, text) =>
    onScene([], async ({ call }) => {
      const { status, json } = await call(fields);
      expect(status).toBe(200);
      expect(json).toEqual(error(text));
    }),
  );

  it("refuses an order that costs more than the balance", () =>
    onScene([], async ({ admin, call }) => {
      await admin("PUT", "providers/acme", { balance: "0.00001" });
      const { json } = await call({ action: "add", service: "1", link: "x", quantity: "1000" });
      expect(json).toEqual(error("neworder.error.not_enough_funds"));
    }));

  it.each<[string, RequestInit]>([
    ["GET with a query", { method: "GET", body: null }],
    ["a JSON body", { body: '{"action":"balance"}', headers: { "content-type": "application/json" } }],
    ["a form sent as text", { body: "action=balance", headers: { "content-type": "text/plain" } }],
  ])("does not understand %s", (_, init) =>
    onScene([], async ({ call, stats }) => {
      const { json } = await call({}, init);
      expect(json ?? {}).not.toHaveProperty("balance");
      const turned = (await stats()).turned_away as JsonObject;
      expect(Number(turned.method ?? 0) + Number(turned.encoding ?? 0)).toBe(1);
    }),
  );

  it("gives 404 for what is no provider", () =>
    onScene([], async ({ simulator }) => {
      for (const path of ["/nobody/api/v2", "/acme/api/v1", "/", "/acme"]) {
        expect((await fetch(simulator.url + path, { method: "POST" })).status).toBe(404);
      }
    }));
});

describe("add", () => {
  it("gives ids in sequence from a start that differs by provider", () =>
    onScene([], async ({ admin, call, ids }) => {
      const place = async () =>
        ((await call({ action: "add", service: "2", link: "https://x.example", quantity: "500" })).json as { order: number }).order;
      const first = await place();
      expect(first).toBe(Number(ids[3]) + 1);
      expect(await place()).toBe(first + 1);
      const other = await admin("POST", "providers", { name: "bolt" });
      expect(other.status).toBe(201);
      const placed = await admin("POST", "providers/bolt/orders", { count: 1 });
      expect((placed.json as { ids: string[] }).ids[0]).not.toBe(ids[0]);
    }));

  it.each<[string, Record<string, string>, number | null]>([
    ["Default", { link: "l", quantity: "500" }, 500],
    ["Package", { link: "l" }, 1000],
    ["Custom Comments", { link: "l", comments: "fine\nvery fine\n\nlovely" }, 3],
    ["Custom Comments Package", { link: "l", comments: "fine\r\nlovely" }, 2],
    ["Mentions Custom List", { link: "l", usernames: "ann\nbob" }, 2],
    ["Mentions Hashtag", { link: "l", quantity: "50", hashtag: "sun" }, 50],
    ["Mentions User Followers", { link: "l", quantity: "50", username: "ann" }, 50],
    ["Mentions Media Likers", { link: "l", quantity: "50", media: "m" }, 50],
    ["Comment Likes", { link: "l", quantity: "50", username: "ann" }, 50],
    ["Poll", { link: "l", quantity: "50", answer_number: "2" }, 50],
    ["SEO", { link: "l", quantity: "50", keywords: "a, b" }, 50],
    ["Subscriptions", { username: "ann", min: "10", max: "20", posts: "3", delay: "5" }, 60],
  ])("takes the type %s, and misses a field of it", (type, fields, quantity) =>
    onScene([], async ({ admin, call }) => {
      const services = (await call({ action: "services" })).json as readonly { service: number; type: string }[];
      const service = String(services.find((each) => each.type === type)?.service);
      const { json } = await call({ action: "add", service, ...fields });
      const { orders } = (await admin("GET", "providers/acme/truth")).json as unknown as { orders: { id: string; quantity: number }[] };
      const order = orders.find(({ id }) => id === String((json as { order: number }).order));
      expect(order?.quantity).toBe(quantity);

      const [, ...others] = Object.entries(fields);
      const lacking = await call({ action: "add", service, ...Object.fromEntries(others) });
      expect(lacking.json).toEqual(error("Not all required fields are filled in"));
    }),
  );

  it("lives on as its clock does", () =>
    onScene([], async ({ admin, call, statusOf }) => {
      await admin("PUT", "providers/acme", { mix: { completed: 1 } });
      const { json } = await call({ action: "add", service: "1", link: "l", quantity: "1000" });
      const id = String((json as { order: number }).order);
      const words = new Set<Json | undefined>();
      for (let minute = 0; minute <= 190; minute += 1) {
        await admin("POST", "clock", { now: START + minute * MINUTE });
        words.add(((await statusOf(id)).json as JsonObject).status);
      }
      expect([...words].at(-1)).toBe("Completed");
      expect(words.size).toBeGreaterThan(1);
    }));
});

describe("orders of several parts", () => {
  it("come run by run, the parts being orders of their own", () =>
    onScene([], async ({ admin, call, statusOf }) => {
      const placed = await call({ action: "add", service: "1", link: "l", quantity: "100", runs: "3", interval: "30" });
      const id = (placed.json as { order: number }).order;
      expect((await statusOf(String(id))).json).toEqual({ status: "In progress", runs: "1", orders: [id + 1] });
      expect((await statusOf(String(id + 2))).json).toEqual(error("Incorrect order ID"));

      await admin("POST", "clock", { advance_ms: 60 * MINUTE });
      expect((await statusOf(String(id))).json).toEqual({ status: "In progress", runs: "3", orders: [id + 1, id + 2, id + 3] });
      expect((await statusOf(String(id + 2))).json).toHaveProperty("charge");

      await admin("POST", "clock", { advance_ms: 600 * MINUTE });
      expect((await statusOf(String(id))).json).toMatchObject({ status: "Completed" });
    }));

  it("are active subscriptions until their posts are done", () =>
    onScene([], async ({ admin, call, statusOf }) => {
      const fields = { username: "ann", min: "10", max: "20", posts: "2", expiry: "31/12/2026" };
      const placed = await call({ action: "add", service: "16", ...fields });
      const id = (placed.json as { order: number }).order;
      expect((await statusOf(String(id))).json).toEqual({ status: "Active", expiry: "31/12/2026", posts: "1", orders: [id + 1] });
      await admin("POST", "clock", { advance_ms: 600 * MINUTE });
      expect((await statusOf(String(id))).json).toMatchObject({ status: "Completed", posts: "2" });
    }));

  it.each([
    ["runs that are none", { service: "1", link: "l", quantity: "100", runs: "0", interval: "5" }],
    ["no interval", { service: "1", link: "l", quantity: "100", runs: "3" }],
    ["a service that is not for it", { service: "6", link: "l", runs: "3", interval: "5" }],
  ])("are refused with %s", (_, fields) =>
    onScene([], async ({ call }) => {
      expect((await call({ action: "add", ...fields })).json).toEqual(error("Quantity is outside the limits of the service"));
    }),
  );
});

describe("refill and cancel", () => {
  it("refills a completed order of a service that allows it, in its own time", () =>
    onScene([], async ({ admin, call, ids }) => {
      expect((await call({ action: "refill", order: ids[1] })).json).toEqual({ refill: "1" });
      expect((await call({ action: "refill", order: ids[0] })).json).toEqual(error("This order cannot be refilled"));
      expect((await call({ action: "refill_status", refill: "1" })).json).toEqual({ status: "Pending" });
      await admin("POST", "clock", { advance_ms: 70 * MINUTE });
      const { json } = await call({ action: "refill_status", refill: "1" });
      expect(["Completed", "Rejected"]).toContain((json as JsonObject).status);
    }));

  it("answers lists with one entry for each id", () =>
    onScene([], async ({ call, ids }) => {
      expect((await call({ action: "refill", orders: `${ids[1]},3` })).json).toEqual([
        { order: Number(ids[1]), refill: 1 },
        { order: 3, refill: error("Incorrect order ID") },
      ]);
      expect((await call({ action: "refill_status", refills: "1,3" })).json).toEqual([
        { refill: 1, status: "Pending" },
        { refill: 3, status: error("Refill not found") },
      ]);
    }));

  it("takes a cancel of a waiting order for asked, and shows the outcome as status only", () =>
    onScene([], async ({ admin, call, ids }) => {
      const { json } = await admin("POST", "providers/acme/orders", { count: 40, mix: { completed: 1 } });
      const placed = (json as { ids: string[] }).ids;
      const asked = await call({ action: "cancel", orders: [...placed, ids[1], "9"].join(",") });
      const answers = asked.json as readonly JsonObject[];
      expect(answers.at(-1)).toEqual({ order: 9, cancel: error("Incorrect order ID") });
      expect(answers.at(-2)).toEqual({ order: Number(ids[1]), cancel: error("This order cannot be canceled") });

      const granted = new Set(answers.filter(({ cancel }) => cancel === 1).map(({ order }) => JSON.stringify(order)));
      const before = (await call({ action: "status", orders: placed.join(",") })).json as Record<string, JsonObject>;
      expect(Object.values(before).map(({ status }) => status)).not.toContain("Canceled");
      await admin("POST", "clock", { advance_ms: 400 * MINUTE });
      const after = (await call({ action: "status", orders: placed.join(",") })).json as Record<string, JsonObject>;
      const canceled = Object.keys(after).filter((id) => after[id]?.status === "Canceled");
      expect(granted.size).toBeGreaterThan(canceled.length);
      expect(canceled.length).toBeGreaterThan(granted.size / 2);
      for (const id of canceled) expect(granted.has(id)).toBe(true);
    }));

  it("decides a cancel once", () =>
    onScene([], async ({ admin, call }) => {
      const { json } = await admin("POST", "providers/acme/orders", { count: 30, mix: { canceled: 1 } });
      const orders = (json as { ids: string[] }).ids.join(",");
      await call({ action: "cancel", orders });
      await admin("POST", "clock", { advance_ms: MINUTE / 2 });
      const first = (await admin("GET", "providers/acme/truth")).json;
      await call({ action: "cancel", orders });
      expect((await admin("GET", "providers/acme/truth")).json).toEqual(first);
    }));
});

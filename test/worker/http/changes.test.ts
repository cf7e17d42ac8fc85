/**
 * What a panel follows over HTTP: the change feed, and the list of refunds.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Answered, order, thousandOrders } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { setOrder } from "../world/records.ts";
import { World } from "../world/world.ts";

const world = new World();
let key = "";

beforeAll(async () => {
  await migrate();
  key = await world.panel("alpha");
  await world.panel("beta", "IDR");
  await world.provider("acme");
  await world.provider("private", { panels: ["beta"] });
  await world.post("/v1/orders", key, thousandOrders());
});

function register(body: unknown, as = key): Promise<Answered> {
  return world.post("/v1/orders", as, body);
}

describe("the change feed", () => {
  it("gives changes from a number on, in order, in one round trip", async () => {
    const feedKey = await world.panel("feed");
    await register([order("f1"), order("f2"), order("f3")], feedKey);
    const { answer, d1_calls, rows_read } = await world.costOf((metering) => metering.get("/v1/changes?limit=2", { key: feedKey }));
    expect(d1_calls).toBe(1);
    expect(rows_read).toBeLessThanOrEqual(7);
    const { changes, next_after, has_more } = answer.json;
    expect(Object.keys(answer.json)).toEqual(["changes", "next_after", "has_more"]);
    expect(changes).toEqual([
      {
        seq: NOW * 1000 + 1,
        type: "order.created",
        order: "f1",
        created_at: "2026-11-21T12:00:00.000Z",
        previous: {},
        data: expect.objectContaining({ id: "f1", status: "pending" }),
      },
      expect.objectContaining({ order: "f2" }),
    ]);
    expect(changes[0].data).toEqual((await world.get("/v1/orders/f1", { key: feedKey })).json);
    expect([next_after, has_more]).toEqual([NOW * 1000 + 2, true]);
    const rest = (await world.get(`/v1/changes?after=${next_after}`, { key: feedKey })).json;
    expect([rest.changes.length, rest.next_after, rest.has_more]).toEqual([1, NOW * 1000 + 3, false]);
    const none = (await world.get(`/v1/changes?after=${rest.next_after}`, { key: feedKey })).json;
    expect(none).toEqual({ changes: [], next_after: rest.next_after, has_more: false });
  });

  it.each(["after=-1", "after=x", "after=9007199254740993", "limit=1001", "limit=0", "since=5"])("refuses %s", async (query) => {
    expect((await world.get(`/v1/changes?${query}`, { key })).status).toBe(422);
  });

  it("an order's history is walked back along its pointers, and told oldest first, in pages", async () => {
    const historyKey = await world.panel("history");
    await register([order("h1"), order("h2")], historyKey);
    const [first] = await rows("SELECT last_change FROM orders WHERE panel = 'history' AND id = 'h1'");
    let prev = first?.["last_change"] as number;
    for (let i = 1; i <= 4; i++) {
      const seq = prev + 10;
      await env.DB.prepare(
        "INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data) VALUES ('history', ?1, 'order.updated', 'h1', ?2, ?3, '{\"remains\":0}', ?4)",
      )
        .bind(seq, prev, NOW + i, JSON.stringify({ remains: i }))
        .run();
      prev = seq;
    }
    await setOrder("history", "h1", { last_change: prev });
    const one = await world.get("/v1/orders/h1/changes?limit=3", { key: historyKey });
    expect(one.json.changes.map(({ type, data }: { type: string; data: { remains: number | null } }) => [type, data.remains])).toEqual([
      ["order.created", null],
      ["order.updated", 1],
      ["order.updated", 2],
    ]);
    expect(one.json.has_more).toBe(true);
    const two = await world.get(`/v1/orders/h1/changes?limit=3&cursor=${one.json.next_cursor}`, { key: historyKey });
    expect(two.json.changes.map(({ data }: { data: { remains: number } }) => data.remains)).toEqual([3, 4]);
    expect(two.json).toMatchObject({ next_cursor: null, has_more: false });
    expect((await world.get("/v1/orders/h2/changes", { key: historyKey })).json.changes).toHaveLength(1);
    const { rows_read, d1_calls } = await world.costOf((metering) => metering.get("/v1/orders/h1/changes", { key: historyKey }));
    expect(d1_calls).toBe(1);
    expect(rows_read).toBeLessThanOrEqual(35);
  });
});

describe("refunds", () => {
  let refundKey = "";
  beforeAll(async () => {
    refundKey = await world.panel("refunds");
    await register(
      Array.from({ length: 4 }, (_, i) => order(`r${i + 1}`)),
      refundKey,
    );
    const refund = (n: number, k: number, status: string, decided: number | null) =>
      env.DB.prepare(
        `INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, remains, created_at, decided_at, decided_by)
         VALUES ('refunds', ?1, ?2, 225000, 'USD', ?3, 'partial', 250, ?4, ?5, ?6)`,
      ).bind(n, k, status, NOW, decided, decided === null ? null : "rules");
    await env.DB.batch([
      refund(1, 1, "posted", NOW),
      refund(2, 1, "rejected", NOW),
      refund(2, 2, "held", null),
      refund(3, 1, "posted", NOW),
      refund(3, 2, "posted", NOW),
    ]);
  });

  it("are listed newest order first, in the shape of the contract, in one round trip", async () => {
    const { answer, d1_calls } = await world.costOf((metering) => metering.get("/v1/refunds", { key: refundKey }));
    expect(d1_calls).toBe(1);
    expect(answer.json.refunds.map(({ id }: { id: string }) => id)).toEqual(["r3-r2", "r3-r1", "r2-r2", "r2-r1", "r1-r1"]);
    expect(answer.json.refunds[2]).toEqual({
      id: "r2-r2",
      order: "r2",
      amount: "0.225",
      currency: "USD",
      status: "held",
      reason: "partial",
      remains: 250,
      created_at: "2026-11-21T12:00:00.000Z",
      decided_at: null,
      decided_by: null,
      note: null,
    });
    expect(answer.json).toMatchObject({ next_cursor: null, has_more: false });
  });

  it.each([
    ["status=held", ["r2-r2"]],
    ["status=delayed", []],
    ["status=posted", ["r3-r2", "r3-r1", "r1-r1"]],
    ["order=r2", ["r2-r2", "r2-r1"]],
    ["order=r2&status=rejected", ["r2-r1"]],
    ["order=nobody", []],
  ])("are narrowed by %s", async (query, expected) => {
    const { json } = await world.get(`/v1/refunds?${query}`, { key: refundKey });
    expect(json.refunds.map(({ id }: { id: string }) => id)).toEqual(expected);
  });

  it("come in pages, also with a filter", async () => {
    for (const [query, expected] of [
      ["", 5],
      ["&status=posted", 3],
    ] as const) {
      const seen: string[] = [];
      let cursor = "";
      do {
        const { json } = await world.get(`/v1/refunds?limit=2${query}${cursor && `&cursor=${cursor}`}`, { key: refundKey });
        seen.push(...json.refunds.map(({ id }: { id: string }) => id));
        cursor = json.next_cursor ?? "";
      } while (cursor !== "");
      expect(new Set(seen).size).toBe(expected);
      expect(seen).toHaveLength(expected);
    }
  });

  it.each(["status=paid", "order=", "cursor=zz", "limit=1.5", "from=1"])("refuse %s", async (query) => {
    expect((await world.get(`/v1/refunds?${query}`, { key: refundKey })).status).toBe(422);
  });
});

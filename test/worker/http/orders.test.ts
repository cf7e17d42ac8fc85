/**
 * Reading and listing orders over HTTP, and asking for a check.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { type Answered, order, paths, thousandOrders } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { setOrder } from "../world/records.ts";
import { World } from "../world/world.ts";

const world = new World();
let key = "";
let otherKey = "";

beforeAll(async () => {
  await migrate();
  key = await world.panel("alpha");
  otherKey = await world.panel("beta", "IDR");
  await world.provider("acme");
  await world.provider("private", { panels: ["beta"] });
  await world.post("/v1/orders", key, thousandOrders());
  // Registrations that were refused leave gaps in the numbers.
  await rows("UPDATE panels SET order_n = order_n + 20 WHERE id = 'alpha'");
  await world.post("/v1/orders", key, thousandOrders("more").slice(0, 300));
});

function register(body: unknown, as = key): Promise<Answered> {
  return world.post("/v1/orders", as, body);
}

describe("what is expected of an order", () => {
  const WINDOWS = "/v1/providers/acme/services/slow";

  it("follows from what the panel says, else from what is set for the service", async () => {
    expect((await world.get(WINDOWS)).json).toEqual({ provider: "acme", service: "slow", start_minutes: null, duration_minutes: null });
    await world.ask("PUT", WINDOWS, { body: { start_minutes: 60, duration_minutes: 1440 } });
    expect((await world.ask("PUT", WINDOWS, { body: { start_minutes: 90 } })).json).toMatchObject({
      start_minutes: 90,
      duration_minutes: 1440,
    });
    const placed_at = new Date(NOW).toISOString();
    const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();
    const given = await register(order("window-1", { placed_at, service: "slow", start_minutes: 10 }));
    expect(given.json.expected).toEqual({ start_by: at(10), end_by: at(10 + 1440) });
    const set = await register(order("window-2", { placed_at, service: "slow" }));
    expect(set.json.expected).toEqual({ start_by: at(90), end_by: at(90 + 1440) });
    expect((await world.get("/v1/orders/window-2", { key })).json).toEqual(set.json);
    const half = await register(order("window-3", { placed_at, service: "other", duration_minutes: 30 }));
    expect(half.json.expected).toEqual({ start_by: null, end_by: at(30) });
    expect((await register(order("window-4", { placed_at, service: "other" }))).json.expected).toBeNull();
  });

  it.each([
    [{ start_minutes: 0 }, "start_minutes"],
    [{ duration_minutes: 1.5 }, "duration_minutes"],
    [{ minutes: 5 }, "minutes"],
  ])("refuses %j by name", async (body, path) => {
    const answer = await world.ask("PUT", WINDOWS, { body });
    expect([answer.status, answer.json.error?.details.fields[0].path]).toEqual([422, path]);
    expect((await world.ask("PUT", "/v1/providers/nobody/services/1", { body: {} })).status).toBe(404);
  });
});

describe("dismissing a flag", () => {
  it("takes it away once, with an audit entry, and leaves the order as it is where there is none", async () => {
    await register(order("flagged"));
    await setOrder("alpha", "flagged", { flags: 2 | 4 });
    const dismissal = { flag: "stalled", note: "asked acme" };
    const answers = [
      await world.post("/v1/orders/flagged/dismiss", key, dismissal),
      await world.post("/v1/orders/flagged/dismiss", key, dismissal),
    ];
    expect(answers.map(({ status, json }) => [status, json.flags])).toEqual([
      [200, ["unknown_status"]],
      [200, ["unknown_status"]],
    ]);
    expect(await rows("SELECT action, after->>'$.note' AS note FROM audit WHERE subject = 'order:flagged'")).toEqual([
      { action: "order.dismissed", note: "asked acme" },
    ]);
  });

  it.each([
    [{ flag: "refund_held" }, "flag"],
    [{ flag: "nonsense" }, "flag"],
    [{}, "flag"],
    [{ flag: "stalled", why: "x" }, "why"],
  ])("refuses %j by name", async (body, path) => {
    await register(order("unflagged"));
    const answer = await world.post("/v1/orders/unflagged/dismiss", key, body);
    expect([answer.status, answer.json.error?.details.fields[0].path]).toEqual([422, path]);
    if (path === "flag" && "flag" in body) expect(answer.text).toContain("panel_outdated");
    expect((await world.post("/v1/orders/unflagged/dismiss", otherKey, { flag: "stalled" })).status).toBe(404);
  });
});

describe("reading orders", () => {
  it("shows an order in one round trip, with an ETag", async () => {
    await register(order("read"));
    const { answer, d1_calls, rows_read } = await world.costOf((metering) => metering.get("/v1/orders/read", { key }));
    expect(answer.status).toBe(200);
    expect(answer.json.id).toBe("read");
    expect(answer.headers.get("ETag")).toMatch(/^"[0-9a-f]{32}"$/);
    expect(d1_calls).toBe(1);
    expect(rows_read).toBeLessThanOrEqual(12);
  });

  it("answers 304 with an empty body to whoever has it, in every spelling of If-None-Match", async () => {
    await register(order("etag"));
    const etag = (await world.get("/v1/orders/etag", { key })).headers.get("ETag") ?? "";
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await world.get("/v1/orders/etag", { key, headers: { "If-None-Match": tag } });
      expect([answer.status, answer.text, answer.headers.get("ETag")]).toEqual([304, "", etag]);
    }
    expect((await world.get("/v1/orders/etag", { key, headers: { "If-None-Match": '"other"' } })).status).toBe(200);
    await setOrder("alpha", "etag", { remains: 500 });
    const changed = await world.get("/v1/orders/etag", { key, headers: { "If-None-Match": etag } });
    expect([changed.status, changed.json.remains, changed.json.delivered]).toEqual([200, 500, 500]);
  });

  it("answers several ids in their order, each once, and says which are missing; in one round trip", async () => {
    await register([order("ids-1"), order("ids-2")]);
    const { answer, d1_calls } = await world.costOf((metering) => metering.get("/v1/orders?ids=ids-2,nope,ids-1,ids-2,__proto__", { key }));
    expect(answer.json.orders.map(({ id }: { id: string }) => id)).toEqual(["ids-2", "ids-1"]);
    expect(answer.json.missing).toEqual(["nope", "__proto__"]);
    expect(d1_calls).toBe(1);
    const again = await world.get("/v1/orders?ids=ids-2,nope,ids-1,ids-2,__proto__", {
      key,
      headers: { "If-None-Match": answer.headers.get("ETag") ?? "" },
    });
    expect(again.status).toBe(304);
  });

  it("reads a hundred ids in some four rows each, whatever else is in the table", async () => {
    const ids = Array.from({ length: 100 }, (_, i) => `long-${i}`).join(",");
    const { answer, rows_read } = await world.costOf((metering) => metering.get(`/v1/orders?ids=${ids}`, { key }));
    expect(answer.json.orders).toHaveLength(100);
    expect(rows_read).toBeLessThanOrEqual(420);
  });

  it.each([
    ["101 ids", Array.from({ length: 101 }, (_, i) => i).join(",")],
    ["no id", ""],
    ["an empty id", "1,,2"],
    ["thousands of ids", Array.from({ length: 3000 }, (_, i) => i).join(",")],
  ])("refuses %s", async (_, ids) => {
    const answer = await world.get(`/v1/orders?ids=${ids}`, { key });
    expect(answer.status).toBe(422);
    expect(answer.json.error.message).toContain("ids");
  });

  it("what belongs to another panel does not exist", async () => {
    await register(order("secret", { link: "https://hidden.example" }), otherKey);
    await register(order("mine"));
    for (const path of ["/v1/orders/secret", "/v1/orders/secret/changes"]) {
      const answer = await world.get(path, { key });
      expect([answer.status, answer.json.error.code]).toEqual([404, "order_not_found"]);
    }
    expect((await world.post("/v1/orders/secret/check", key)).status).toBe(404);
    expect((await world.get("/v1/orders?ids=secret,mine", { key })).json).toMatchObject({ orders: [{ id: "mine" }], missing: ["secret"] });
    for (const path of [
      "/v1/orders?customer=nobody",
      "/v1/orders?limit=100",
      "/v1/changes?limit=1000",
      "/v1/refunds",
      "/v1/refunds?order=secret",
    ]) {
      expect((await world.get(path, { key })).text).not.toContain("hidden.example");
    }
    expect((await register(order("secret", { provider_order_id: "p-x" }))).status).toBe(201);
  });

  it("finds ids that need encoding, and refuses paths that are encoded wrongly", async () => {
    const id = "a/b c%d?é";
    await register(order(id, { provider_order_id: "p-encoded" }));
    expect((await world.get(`/v1/orders/${encodeURIComponent(id)}`, { key })).json.id).toBe(id);
    expect((await world.get("/v1/orders/%E0%A4%A", { key })).status).toBe(400);
    expect((await world.get("/v1/orders/%ff%00", { key })).status).toBe(400);
    expect((await world.get("/v1/orders/%00", { key })).status).toBe(404);
  });
});

describe("listing orders", () => {
  let listKey = "";
  const ids = (answer: Answered): string[] => answer.json.orders.map(({ id }: { id: string }) => id);

  beforeAll(async () => {
    listKey = await world.panel("lister");
    await register(
      Array.from({ length: 12 }, (_, i) =>
        order(`l${i + 1}`, {
          service: String(i % 2),
          customer: `c${i % 3}`,
          link: `https://x.example/${i}`,
          placed_at: new Date(NOW - i * 3_600_000).toISOString(),
        }),
      ),
      listKey,
    );
    await setOrder("lister", "l3", { status: "completed", cadence: null, flags: 2 });
    await setOrder("lister", "l4", { status: "canceled" });
  });

  it("goes newest first, page by page, to the end", async () => {
    const seen: string[] = [];
    let cursor = "";
    do {
      const answer = await world.get(`/v1/orders?limit=5${cursor && `&cursor=${cursor}`}`, { key: listKey });
      expect(answer.json.has_more).toBe(answer.json.next_cursor !== null);
      seen.push(...ids(answer));
      cursor = answer.json.next_cursor ?? "";
    } while (cursor !== "");
    expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => `l${12 - i}`));
  });

  it.each([
    ["status=completed", ["l3"]],
    ["status=completed,canceled", ["l4", "l3"]],
    ["closed=true", ["l3"]],
    ["closed=false&status=completed", []],
    ["flag=stalled", ["l3"]],
    ["customer=c0&service=0", ["l7", "l1"]],
    ["link=https%3A%2F%2Fx.example%2F4", ["l5"]],
    ["link=www.X.example%2F4%2F%3Futm_source%3Da", ["l5"]],
    ["provider=acme&provider_order_id=p-l9", ["l9"]],
    ["provider_order_id=p-l9", ["l9"]],
    ["provider=nobody", []],
    ["placed_after=2026-11-21T10:30:00Z", ["l2", "l1"]],
    ["placed_before=2026-11-21T02:00:00Z&placed_after=2026-11-21T00:00:00Z", ["l12"]],
    ["customer=' OR 1=1 --", []],
  ])("narrows by %s, and counts as many", async (query, expected) => {
    expect(ids(await world.get(`/v1/orders?${query}`, { key: listKey }))).toEqual(expected);
    const { json } = await world.get(`/v1/orders?count=status&${query}`, { key: listKey });
    expect([json.total, json.at_least]).toEqual([expected.length, false]);
  });

  it.each([
    ["status=lost", "status"],
    ["status=completed,,lost", "status"],
    ["flag=red", "flag"],
    ["closed=yes", "closed"],
    ["limit=0", "limit"],
    ["limit=501", "limit"],
    ["limit=ten", "limit"],
    ["cursor=abc", "cursor"],
    ["cursor=WyIxIl0", "cursor"],
    ["cursor=W251bGxd", "cursor"],
    ["placed_after=yesterday", "placed_after"],
    ["customer=", "customer"],
    ["service=1&service=2", "service"],
    ["colour=red", "colour"],
    ["__proto__=1", "__proto__"],
    ["ids=1&status=completed", "status"],
    ["ids=1&count=status", "count"],
    ["count=flag", "count"],
    ["count=status&limit=1", "limit"],
  ])("refuses %s, naming it", async (query, path) => {
    const answer = await world.get(`/v1/orders?${query}`, { key: listKey });
    expect([answer.status, paths(answer)]).toEqual([422, [path]]);
  });

  it("a page reads what it shows and a row a provider, and a provider's own id is found directly", async () => {
    expect((await world.costOf((metering) => metering.get("/v1/orders?limit=10", { key }))).rows_read).toBeLessThanOrEqual(20);
    expect(
      (await world.costOf((metering) => metering.get("/v1/orders?provider=acme&provider_order_id=p-long-3", { key }))).rows_read,
    ).toBeLessThanOrEqual(12);
  });
});

describe("asking for a check", () => {
  it("has the order checked by a message to the queue and answers 202", async () => {
    await register(order("check-me"));
    const [row] = await rows("SELECT n FROM orders WHERE panel = 'alpha' AND id = 'check-me'");
    const answer = await world.post("/v1/orders/check-me/check", key);
    expect([answer.status, answer.json]).toEqual([202, { id: "check-me", result: "queued" }]);
    expect(world.sent.at(-1)).toEqual({ v: 1, kind: "check", orders: [], wanted: "acme" });
    expect(await rows("SELECT provider, panel, n FROM wanted_checks")).toEqual([{ provider: "acme", panel: "alpha", n: row?.["n"] }]);
    expect((await world.post("/v1/orders/check-me/check", key, { now: true })).status).toBe(422);
  });

  it("answers 503 with Retry-After when the queue is full", async () => {
    await register(order("check-full"));
    world.queueWorks = false;
    const answer = await world.post("/v1/orders/check-full/check", key);
    world.queueWorks = true;
    expect([answer.status, answer.json.error.code, answer.headers.get("Retry-After")]).toEqual([503, "queue_unavailable", "60"]);
    expect(answer.text).not.toContain("10253");
  });
});

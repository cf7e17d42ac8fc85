/**
 * Orders over HTTP: registering them, reading them back, and what a panel's script is told.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { phaseOf } from "../../../src/domain/poll-pacing.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { type Answered, order, paths } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
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
});

function register(body: unknown, as = key): Promise<Answered> {
  return world.post("/v1/orders", as, body);
}

/** Sets columns of one order, as a sweep would: what it refunded has a refund behind it. */
async function set(panel: string, id: string, columns: Record<string, unknown>): Promise<void> {
  const names = Object.keys(columns);
  if (columns["refunded"] !== undefined) {
    await env.DB.prepare(
      `INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at, decided_at, decided_by)
       SELECT panel, n, 1, ?3 - registered_refunded, currency, 'posted', 'partial', created_at, created_at, 'rules' FROM orders WHERE panel = ?1 AND id = ?2`,
    )
      .bind(panel, id, columns["refunded"])
      .run();
  }
  await env.DB.prepare(`UPDATE orders SET ${names.map((name, i) => `${name} = ?${i + 3}`).join(", ")} WHERE panel = ?1 AND id = ?2`)
    .bind(panel, id, ...Object.values(columns))
    .run();
}

/** What a request costs D1. */
async function costOf(ask: (metering: World) => Promise<Answered>) {
  const { db, usage } = metered(env.DB);
  const answer = await ask(new World({ DB: db }));
  return { answer, ...usage() };
}

/** How often each value comes. */
function countOf(values: readonly (string | number)[]): Record<string, number> {
  return Object.fromEntries([...new Set(values)].map((value) => [value, values.filter((other) => other === value).length]));
}

describe("registering one order", () => {
  it("answers 201 with the order as shown, to the letter", async () => {
    const answer = await register(
      order("one", { service: "12", link: "https://x.example/p/1", customer: "c7", placed_at: "2026-11-21T10:30:00+02:00" }),
    );
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: "one",
      provider: "acme",
      provider_order_id: "p-one",
      service: "12",
      link: "https://x.example/p/1",
      customer: "c7",
      quantity: 1000,
      charge: "0.9",
      currency: "USD",
      status: "pending",
      label: "Pending",
      provider_status: null,
      reason: null,
      start_count: null,
      remains: null,
      delivered: null,
      refunded: "0",
      refund_held: "0",
      flags: [],
      duplicate_of: null,
      refill: null,
      cancel: null,
      closed: false,
      sync: "ok",
      placed_at: "2026-11-21T08:30:00.000Z",
      updated_at: "2026-11-21T12:00:00.000Z",
      checked_at: null,
      next_check_at: "2026-11-21T12:01:00.000Z",
    });
  });

  it("puts the order into the pipeline, due in the next minute", async () => {
    await register(
      order("row", {
        provider_order_id: 23501,
        runs: 3,
        status: "In-Progress",
        refunded: "0.1",
        cost: "0.123456789",
        cost_currency: "EUR",
      }),
    );
    const [row] = await rows("SELECT * FROM orders WHERE panel = 'alpha' AND id = 'row'");
    expect(row).toMatchObject({
      provider_order_id: "23501",
      charge: 900_000,
      registered_refunded: 100_000,
      refunded: 100_000,
      registered_status: "in_progress",
      status: "in_progress",
      middle: "in_progress",
      multi: 1,
      cadence: 1,
      phase: phaseOf(row?.["n"] as number),
      version: 1,
      flags: 0,
      refund_count: 0,
      placed_at: null,
      polled_at: null,
      final_at: null,
      created_at: NOW,
      progress_at: NOW,
      updated_at: NOW,
      cost: "0.123456789",
      cost_currency: "EUR",
    });
    const [change] = await rows("SELECT * FROM changes WHERE panel = 'alpha' AND seq = ?1", row?.["last_change"]);
    expect(change).toMatchObject({ type: "order.created", order_id: "row", prev: null, previous: "{}", created_at: NOW });
  });

  it("takes a final status as the panel's own word, and still looks at the order", async () => {
    await register(order("was-final", { status: "Cancelled", refunded: "0.9" }));
    const [row] = await rows("SELECT status, middle, final_at, cadence, refunded FROM orders WHERE panel = 'alpha' AND id = 'was-final'");
    expect(row).toEqual({ status: "canceled", middle: "pending", final_at: NOW, cadence: 1, refunded: 900_000 });
  });

  it("the same content again is 200 with the same order, and writes nothing", async () => {
    const body = order("again", { placed_at: "2026-11-20T00:00:00Z", status: "pending", cost: "0.5" });
    const first = await register(body);
    const { answer, rows_written } = await costOf((metering) => metering.post("/v1/orders", key, body));
    expect([first.status, answer.status]).toEqual([201, 200]);
    expect(answer.json).toEqual(first.json);
    expect(rows_written).toBe(0);
  });

  it.each([
    ["quantity", 999],
    ["charge", "0.91"],
    ["currency", "EUR"],
    ["service", "13"],
    ["link", "https://y.example"],
    ["customer", "someone"],
    ["provider_order_id", "other"],
    ["placed_at", "2026-11-21T12:00:00Z"],
    ["runs", 2],
    ["posts", 2],
    ["cost", "0.1"],
    ["cost_currency", "EUR"],
    ["status", "processing"],
    ["refunded", "0.1"],
  ])("the same id with another %s is a conflict that names it and changes nothing", async (field, value) => {
    await register(order("base"));
    const answer = await register(order("base", { [field]: value }));
    expect(answer.status).toBe(409);
    expect(answer.json.error.code).toBe("order_conflict");
    expect(paths(answer)).toEqual([field]);
    expect(await rows("SELECT quantity, charge, provider_order_id, refunded FROM orders WHERE id = 'base'")).toEqual([
      { quantity: 1000, charge: 900_000, provider_order_id: "p-base", refunded: 0 },
    ]);
  });

  it("a provider's order under a second id is a conflict that names the first", async () => {
    await register(order("first-of-two", { provider_order_id: "shared" }));
    const answer = await register(order("second-of-two", { provider_order_id: "shared" }));
    expect(answer.status).toBe(409);
    expect(answer.json.error).toMatchObject({ code: "provider_order_conflict", details: { fields: [{ path: "provider_order_id" }] } });
    expect(answer.json.error.message).toContain("first-of-two");
    expect(await rows("SELECT 1 FROM orders WHERE id = 'second-of-two'")).toEqual([]);
  });

  it("an unknown provider and one of another panel are refused alike", async () => {
    const unknown = await register(order("x1", { provider: "nobody" }));
    const foreign = await register(order("x1", { provider: "private" }));
    expect([unknown.status, paths(unknown)]).toEqual([422, ["provider"]]);
    expect(foreign.json).toEqual(unknown.json);
    expect((await register(order("x1", { provider: "private" }), otherKey)).status).toBe(201);
  });

  it("the currency is the panel's unless the order names one", async () => {
    expect((await register(order("in-idr"), otherKey)).json.currency).toBe("IDR");
    expect((await register(order("in-eur", { currency: "EUR" }), otherKey)).json.currency).toBe("EUR");
  });

  it.each<[string, unknown, string[]]>([
    ["no fields at all", {}, ["id", "provider", "provider_order_id", "quantity", "charge"]],
    ["no object", '"text"', [""]],
    ["null", null, [""]],
    ["a number as id", order("1", { id: 5 }), ["id"]],
    ["an empty id", order(""), ["id"]],
    ["an id of 65 characters", order("x".repeat(65), { provider_order_id: "q" }), ["id"]],
    ["a line feed in an id", order("a\nb", { provider_order_id: "q" }), ["id"]],
    ["a charge as a number", order("1", { charge: 0.9 }), ["charge"]],
    ["a negative charge", order("1", { charge: "-1" }), ["charge"]],
    ["a charge with an exponent", order("1", { charge: "1e3" }), ["charge"]],
    ["a charge with a thousands separator", order("1", { charge: "1,000" }), ["charge"]],
    ["a charge with 7 decimals", order("1", { charge: "0.1234567" }), ["charge"]],
    ["a charge beyond 2^53 micro-units", order("1", { charge: "9007199254.740992" }), ["charge"]],
    ["more refunded than charged", order("1", { refunded: "0.900001" }), ["refunded"]],
    ["a provider's order with a space before it", order("1", { provider_order_id: " 11" }), ["provider_order_id"]],
    ["a provider's order that reads as two", order("1", { provider_order_id: "1,2" }), ["provider_order_id"]],
    ["quantity 0", order("1", { quantity: 0 }), ["quantity"]],
    ["a fraction of a unit", order("1", { quantity: 1.5 }), ["quantity"]],
    ["a quantity as a string", order("1", { quantity: "1000" }), ["quantity"]],
    ["a quantity beyond 31 bits", order("1", { quantity: 2 ** 31 }), ["quantity"]],
    ["a currency in small letters", order("1", { currency: "usd" }), ["currency"]],
    ["a cost with 10 decimals", order("1", { cost: "0.1234567891" }), ["cost"]],
    ["a link of 2,049 characters", order("1", { link: "x".repeat(2049) }), ["link"]],
    ["half a character in a link", order("1", { link: "\ud800" }), ["link"]],
    ["a NUL in a service", order("1", { service: "a\0b" }), ["service"]],
    ["an unknown status", order("1", { status: "delivered" }), ["status"]],
    ["a date without a time", order("1", { placed_at: "2026-11-21" }), ["placed_at"]],
    ["a day that does not exist", order("1", { placed_at: "2026-02-30T00:00:00Z" }), ["placed_at"]],
    ["a time as a number", order("1", { placed_at: NOW }), ["placed_at"]],
    ["a time before 2010", order("1", { placed_at: "2009-12-31T23:59:59Z" }), ["placed_at"]],
    ["a time over a day ahead", order("1", { placed_at: "2026-11-22T12:00:01Z" }), ["placed_at"]],
    ["unknown fields", order("1", { chrage: "1", price: 2 }), ["chrage", "price"]],
    ["many things at once", order("1", { quantity: -1, charge: 1, link: 5, zz: 1 }), ["quantity", "charge", "link", "zz"]],
  ])("refuses %s with 422, naming what is wrong", async (_, body, expected) => {
    const answer = await register(body);
    expect(answer.status).toBe(422);
    expect(answer.json.error.code).toBe("invalid_request");
    expect(paths(answer)).toEqual(expected);
    expect(answer.json.error.details.fields.every(({ message }: { message: string }) => message.length > 5)).toBe(true);
  });

  it("refuses fields that would reach an object's prototype", async () => {
    const answer = await register(`{"__proto__":{"id":"1"},"constructor":1,${JSON.stringify(order("proto")).slice(1)}`);
    expect([answer.status, paths(answer)]).toEqual([422, ["__proto__", "constructor"]]);
  });

  it("keeps SQL, HTML and every script's letters as the text they are", async () => {
    const link = `'); DROP TABLE orders; -- <script>alert(1)</script> \u{1F600} \u202E ${"é".repeat(10)}`;
    expect((await register(order("texts", { link, customer: '"$.id"' }))).status).toBe(201);
    const { json } = await world.get("/v1/orders/texts", { key });
    expect([json.link, json.customer]).toEqual([link, '"$.id"']);
    expect((await register(order("texts", { link, customer: '"$.id"' }))).status).toBe(200);
  });

  it("takes amounts at the edges exactly", async () => {
    for (const [id, charge] of [
      ["edge-0", "0"],
      ["edge-1", "0.000001"],
      ["edge-max", "9007199254.740991"],
    ] as const) {
      expect((await register(order(id, { charge }))).json.charge).toBe(charge);
    }
  });
});

describe("registering many orders", () => {
  it("answers each on its own, in their order", async () => {
    await register(order("m-known"));
    const answer = await register([
      order("m-1"),
      order("m-known"),
      order("m-known", { quantity: 5 }),
      order("m-2", { quantity: 0 }),
      order("m-1"),
      order("m-1", { charge: "5" }),
      order("m-3", { provider_order_id: "p-m-1" }),
      null,
      order("m-4", { provider: "private" }),
      order("m-5"),
    ]);
    expect(answer.status).toBe(200);
    expect(
      answer.json.results.map(({ id, result, error }: Record<string, { code: string } | string>) => [
        id,
        result,
        (error as { code: string } | undefined)?.code,
      ]),
    ).toEqual([
      ["m-1", "created", undefined],
      ["m-known", "exists", undefined],
      ["m-known", "conflict", "order_conflict"],
      ["m-2", "invalid", "invalid_request"],
      ["m-1", "exists", undefined],
      ["m-1", "conflict", "order_conflict"],
      ["m-3", "conflict", "provider_order_conflict"],
      [null, "invalid", "invalid_request"],
      ["m-4", "invalid", "invalid_request"],
      ["m-5", "created", undefined],
    ]);
  });

  it("costs five rows an order, and one for the panel's counters, in batches of a hundred", async () => {
    const { answer, rows_written, rows_read, d1_calls } = await costOf((metering) =>
      metering.post(
        "/v1/orders",
        key,
        Array.from({ length: 100 }, (_, i) => order(`cost-${i}`)),
      ),
    );
    expect(answer.json.results.every(({ result }: { result: string }) => result === "created")).toBe(true);
    expect(rows_written).toBe(501);
    expect(rows_read).toBeLessThanOrEqual(2200);
    expect(d1_calls).toBe(3);
  });

  it("costs a sixth row where an order has a link and a service: others on that link are found by it", async () => {
    const { rows_written, d1_calls } = await costOf((metering) =>
      metering.post(
        "/v1/orders",
        key,
        Array.from({ length: 100 }, (_, i) => order(`linked-${i}`, { service: "12", link: `https://x.example/linked/${i}` })),
      ),
    );
    expect({ rows_written, d1_calls }).toEqual({ rows_written: 601, d1_calls: 3 });
  });

  it("takes a thousand with long links, and numbers them evenly and without gaps in what is written", async () => {
    const orders = Array.from({ length: 1000 }, (_, i) => order(`long-${i}`, { link: `https://x.example/${"y".repeat(700)}/${i}` }));
    const answer = await register(orders);
    expect(answer.json.results.filter(({ result }: { result: string }) => result === "created")).toHaveLength(1000);
    const [counted] = await rows(
      "SELECT count(DISTINCT n) AS n, count(DISTINCT phase) AS phases, count(DISTINCT last_change) AS changes FROM orders WHERE id LIKE 'long-%'",
    );
    expect(counted).toEqual({ n: 1000, phases: 1000, changes: 1000 });
    const mismatched = await rows(
      "SELECT 1 FROM orders o JOIN changes c ON c.panel = o.panel AND c.seq = o.last_change WHERE o.id LIKE 'long-%' AND c.order_id <> o.id",
    );
    expect(mismatched).toEqual([]);
    for (const { n, phase } of await rows("SELECT n, phase FROM orders WHERE id LIKE 'long-%'")) expect(phase).toBe(phaseOf(n as number));
  });

  it.each([
    ["none", []],
    ["1,001", Array.from({ length: 1001 }, () => 1)],
  ])("refuses %s at once", async (_, orders) => {
    expect((await register(orders)).status).toBe(422);
  });

  it("of requests racing with the same orders, one creates each", async () => {
    const racing = Array.from({ length: 8 }, (_, r) => register([order("race-1"), order("race-2"), order(`race-own-${r}`)]));
    const answers = await Promise.all(racing);
    const results = answers.map(({ json }) => json.results.map(({ result }: { result: string }) => result));
    for (const i of [0, 1]) expect(countOf(results.map((result) => result[i]))).toEqual({ created: 1, exists: 7 });
    expect(results.every((result) => result[2] === "created")).toBe(true);
    expect(await rows("SELECT count(*) AS n, count(DISTINCT n) AS numbers FROM orders WHERE id LIKE 'race-%'")).toEqual([
      { n: 10, numbers: 10 },
    ]);
    expect(await rows("SELECT count(*) AS n FROM changes WHERE order_id LIKE 'race-%'")).toEqual([{ n: 10 }]);
  });

  it("of two ids racing for one provider's order, one gets it", async () => {
    const answers = await Promise.all(["pair-a", "pair-b", "pair-c"].map((id) => register(order(id, { provider_order_id: "contended" }))));
    expect(countOf(answers.map(({ status }) => status))).toEqual({ 201: 1, 409: 2 });
  });

  it("an order registered between the read and the write is found, not written twice", async () => {
    let interfered = false;
    const batch = async (statements: D1PreparedStatement[]) => {
      const result = await env.DB.batch(statements);
      if (!interfered) {
        interfered = true;
        await register(order("between-1"));
        await register(order("between-2", { quantity: 7, provider_order_id: "elsewhere" }));
        await register(order("between-0", { provider_order_id: "p-between-4" }));
      }
      return result;
    };
    const interfering = new World({ DB: { prepare: (sql: string) => env.DB.prepare(sql), batch } as unknown as D1Database });
    const answer = await interfering.post("/v1/orders", key, [
      order("between-1"),
      order("between-2"),
      order("between-3"),
      order("between-4"),
    ]);
    expect(answer.json.results.map(({ result }: { result: string }) => result)).toEqual(["exists", "conflict", "created", "conflict"]);
    expect(
      await rows(
        "SELECT o.id FROM orders o JOIN changes c ON c.panel = o.panel AND c.seq = o.last_change AND c.order_id = o.id WHERE o.id LIKE 'between-%' ORDER BY o.n",
      ),
    ).toHaveLength(4);
  });
});

describe("reading orders", () => {
  it("shows an order in one round trip, with an ETag", async () => {
    await register(order("read"));
    const { answer, d1_calls, rows_read } = await costOf((metering) => metering.get("/v1/orders/read", { key }));
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
    await set("alpha", "etag", { remains: 500 });
    const changed = await world.get("/v1/orders/etag", { key, headers: { "If-None-Match": etag } });
    expect([changed.status, changed.json.remains, changed.json.delivered]).toEqual([200, 500, 500]);
  });

  it("answers several ids in their order, each once, and says which are missing; in one round trip", async () => {
    await register([order("ids-1"), order("ids-2")]);
    const { answer, d1_calls } = await costOf((metering) => metering.get("/v1/orders?ids=ids-2,nope,ids-1,ids-2,__proto__", { key }));
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
    const { answer, rows_read } = await costOf((metering) => metering.get(`/v1/orders?ids=${ids}`, { key }));
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
    await set("lister", "l3", { status: "completed", cadence: null, flags: 2 });
    await set("lister", "l4", { status: "canceled" });
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
    ["provider=acme&provider_order_id=p-l9", ["l9"]],
    ["provider_order_id=p-l9", ["l9"]],
    ["provider=nobody", []],
    ["placed_after=2026-11-21T10:30:00Z", ["l2", "l1"]],
    ["placed_before=2026-11-21T02:00:00Z&placed_after=2026-11-21T00:00:00Z", ["l12"]],
    ["customer=' OR 1=1 --", []],
  ])("narrows by %s", async (query, expected) => {
    expect(ids(await world.get(`/v1/orders?${query}`, { key: listKey }))).toEqual(expected);
  });

  it.each([
    ["status=lost", "status"],
    ["status=completed,,lost", "status"],
    ["flag=red", "flag"],
    ["closed=yes", "closed"],
    ["limit=0", "limit"],
    ["limit=101", "limit"],
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
  ])("refuses %s, naming it", async (query, path) => {
    const answer = await world.get(`/v1/orders?${query}`, { key: listKey });
    expect([answer.status, paths(answer)]).toEqual([422, [path]]);
  });

  it("a filter looks at a thousand orders a request, twice, and says where to go on", async () => {
    const first = await costOf((metering) => metering.get("/v1/orders?customer=nobody", { key }));
    expect(first.answer.json).toMatchObject({ orders: [], has_more: true });
    expect(first.rows_read).toBeLessThanOrEqual(2010);
    let cursor = first.answer.json.next_cursor;
    let requests = 1;
    while (cursor !== null) {
      cursor = (await world.get(`/v1/orders?customer=nobody&cursor=${cursor}`, { key })).json.next_cursor;
      requests += 1;
    }
    expect(requests).toBe(2);
  });

  it("a page without a filter reads what it shows twice, and a provider's own id is found directly", async () => {
    expect((await costOf((metering) => metering.get("/v1/orders?limit=10", { key }))).rows_read).toBeLessThanOrEqual(32);
    expect(
      (await costOf((metering) => metering.get("/v1/orders?provider=acme&provider_order_id=p-long-3", { key }))).rows_read,
    ).toBeLessThanOrEqual(12);
  });
});

describe("asking for a check", () => {
  it("sends the order's key to the queue and answers 202", async () => {
    await register(order("check-me"));
    const [row] = await rows("SELECT n FROM orders WHERE panel = 'alpha' AND id = 'check-me'");
    const answer = await world.post("/v1/orders/check-me/check", key);
    expect([answer.status, answer.json]).toEqual([202, { id: "check-me", result: "queued" }]);
    expect(world.sent.at(-1)).toEqual({ v: 1, kind: "check", orders: [["alpha", row?.["n"]]] });
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

describe("the change feed", () => {
  it("gives changes from a number on, in order, in one round trip", async () => {
    const feedKey = await world.panel("feed");
    await register([order("f1"), order("f2"), order("f3")], feedKey);
    const { answer, d1_calls, rows_read } = await costOf((metering) => metering.get("/v1/changes?limit=2", { key: feedKey }));
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
        "INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data) VALUES ('history', ?1, 'order.updated', 'h1', ?2, ?3, '{\"n\":0}', ?4)",
      )
        .bind(seq, prev, NOW + i, JSON.stringify({ n: i }))
        .run();
      prev = seq;
    }
    await set("history", "h1", { last_change: prev });
    const one = await world.get("/v1/orders/h1/changes?limit=3", { key: historyKey });
    expect(one.json.changes.map(({ type, data }: { type: string; data: { n?: number } }) => [type, data.n])).toEqual([
      ["order.created", undefined],
      ["order.updated", 1],
      ["order.updated", 2],
    ]);
    expect(one.json.has_more).toBe(true);
    const two = await world.get(`/v1/orders/h1/changes?limit=3&cursor=${one.json.next_cursor}`, { key: historyKey });
    expect(two.json.changes.map(({ data }: { data: { n: number } }) => data.n)).toEqual([3, 4]);
    expect(two.json).toMatchObject({ next_cursor: null, has_more: false });
    expect((await world.get("/v1/orders/h2/changes", { key: historyKey })).json.changes).toHaveLength(1);
    const { rows_read, d1_calls } = await costOf((metering) => metering.get("/v1/orders/h1/changes", { key: historyKey }));
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
    const { answer, d1_calls } = await costOf((metering) => metering.get("/v1/refunds", { key: refundKey }));
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

describe("API v2 for the panel's own ids", () => {
  let scriptKey = "";
  const form = (fields: Record<string, string>) =>
    world.ask("POST", "/api/v2", { key: null, body: new URLSearchParams({ key: scriptKey, ...fields }) });

  beforeAll(async () => {
    scriptKey = await world.panel("script");
    await register(
      ["1", "2", "3", "4", "__proto__"].map((id) => order(id)),
      scriptKey,
    );
    await set("script", "1", { status: "partial", middle: "in_progress", remains: 157, start_count: 3572, refunded: 141_300 });
    await set("script", "2", {
      status: "partial",
      middle: "in_progress",
      remains: 0,
      hold_n: 1,
      hold_amount: 900_000,
      hold_reason: "remains_unknown",
      hold_at: NOW,
    });
    await set("script", "3", { status: "completed", remains: 0 });
  });

  it("answers one order in the canonical form, in one round trip", async () => {
    const { answer, d1_calls } = await costOf((metering) =>
      metering.ask("POST", "/api/v2", { key: null, body: new URLSearchParams({ key: scriptKey, action: "status", order: "1" }) }),
    );
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ charge: "0.9", start_count: "3572", status: "Partial", remains: "157", currency: "USD" });
    expect(answer.headers.get("Content-Type")).toBe("application/json; charset=utf-8");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(d1_calls).toBe(1);
  });

  it("answers many by the ids that were asked for, and a final word only when its refund is decided", async () => {
    const { json } = await form({ action: "status", orders: "1, 2,3,4,007,__proto__" });
    expect(Object.keys(json).toSorted()).toEqual(["007", "1", "2", "3", "4", "__proto__"]);
    expect(json["2"]).toEqual({ charge: "0.9", start_count: "0", status: "In progress", remains: "0", currency: "USD" });
    expect(json["3"]).toMatchObject({ status: "Completed", remains: "0" });
    expect(json["4"]).toMatchObject({ status: "Pending", remains: "1000" });
    expect(json["007"]).toEqual({ error: "Incorrect order ID" });
  });

  it("takes the call as form, JSON, multipart or query, with and without a trailing slash", async () => {
    const expected = { charge: "0.9", start_count: "0", status: "Completed", remains: "0", currency: "USD" };
    const multipart = new FormData();
    for (const [name, value] of Object.entries({ key: scriptKey, action: "status", order: "3" })) multipart.set(name, value);
    const query = `key=${scriptKey}&action=status&order=3`;
    const asks: [string, string, unknown?][] = [
      ["POST", "/api/v2", new URLSearchParams(query)],
      ["POST", "/api/v2/", new URLSearchParams(query)],
      ["POST", "/api/v2", { key: scriptKey, action: "status", order: 3 }],
      ["POST", "/api/v2", multipart],
      ["POST", `/api/v2?${query}`],
      ["GET", `/api/v2/?${query}`],
      ["POST", "/api/v2", query],
    ];
    for (const [method, path, body] of asks)
      expect({ path, json: (await world.ask(method, path, { key: null, body })).json }).toEqual({ path, json: expected });
    const many = await world.ask("POST", "/api/v2", { key: null, body: { key: scriptKey, action: "status", orders: [3, "x"] } });
    expect(many.json).toEqual({ "3": expected, x: { error: "Incorrect order ID" } });
  });

  it.each<[string, Record<string, string>, string]>([
    ["a wrong key", { key: "ps_wrong", action: "status", order: "1" }, "Invalid API key"],
    ["no key", { key: "", action: "status", order: "1" }, "Invalid API key"],
    ["the operator's token", { key: "test-admin-token-0123456789", action: "status", order: "1" }, "Invalid API key"],
    ["a wrong key and a wrong action", { key: "ps_wrong", action: "add" }, "Invalid API key"],
    ["no action", {}, "Incorrect request"],
    ["an unknown action", { action: "explode" }, "Incorrect request"],
    ["a service that is not offered", { action: "add", service: "1" }, "error.incorrect_service_id"],
    ["no order", { action: "status" }, "Incorrect request"],
    ["empty orders", { action: "status", orders: " , " }, "Incorrect request"],
    [
      "101 orders",
      { action: "status", orders: Array.from({ length: 101 }, (_, i) => i).join(",") },
      "Incorrect request: at most 100 ids in a call",
    ],
    ["another panel's order", { action: "status", order: "read" }, "Incorrect order ID"],
  ])("answers %s with an error under HTTP 200", async (_, fields, error) => {
    const answer = await form(fields);
    expect([answer.status, answer.json]).toEqual([200, { error }]);
  });

  it.each(['{"key":', "[1]", "null", "\0", '{"key":{"a":1},"action":["status"]}'])("survives the body %s", async (body) => {
    const answer = await world.ask("POST", "/api/v2", { key: null, body });
    expect([answer.status, answer.json]).toEqual([200, { error: "Invalid API key" }]);
  });

  it("answers a failing code and nothing else when it cannot answer", async () => {
    const broken = new World({
      DB: {
        prepare: () => {
          throw new Error("D1_ERROR: overloaded");
        },
      } as unknown as D1Database,
    });
    const answer = await broken.ask("POST", "/api/v2", {
      key: null,
      body: new URLSearchParams({ key: scriptKey, action: "status", order: "1" }),
    });
    expect([answer.status, answer.text, answer.headers.get("Retry-After")]).toEqual([503, "", "60"]);
    const large = await world.ask("POST", "/api/v2", { key: null, body: "x".repeat(1024 * 1024 + 1) });
    expect([large.status, large.text]).toEqual([413, ""]);
    const status = new URLSearchParams({ key: scriptKey, action: "status", order: "1" });
    const elsewhere = await world.ask("POST", "/api/v2/nobody", { key: null, body: status });
    expect([elsewhere.status, elsewhere.text]).toEqual([404, ""]);
  });
});

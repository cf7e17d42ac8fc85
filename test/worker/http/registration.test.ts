/**
 * Registering orders over HTTP, one or many in a request.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { phaseOf } from "../../../src/domain/poll-pacing.ts";
import { type Answered, order, paths, thousandOrders } from "../world/asking.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { changedDb } from "../world/faulty-database.ts";
import { addOrders } from "../world/records.ts";
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
      progress: null,
      expected: null,
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

  it("tells the feed of the order to the letter, whatever stands in its texts", async () => {
    const texts = { link: 'https://x.example/"q"\\n/\u2028é\u{1F600}/</script>?\u007f\t', customer: 'a "b" \\u0041 \\', service: '1"2\\' };
    const answer = await register(order("letters", { ...texts, runs: 2, duration_minutes: 30 }));
    expect(answer.json).toMatchObject(texts);
    const [change] = await rows("SELECT data FROM changes WHERE panel = 'alpha' AND order_id = 'letters'");
    expect(change?.["data"]).toBe(JSON.stringify(answer.json));
  });

  it("takes a final status as the panel's own word, and still looks at the order", async () => {
    await register(order("was-final", { status: "Cancelled", refunded: "0.9" }));
    const [row] = await rows("SELECT status, middle, final_at, cadence, refunded FROM orders WHERE panel = 'alpha' AND id = 'was-final'");
    expect(row).toEqual({ status: "canceled", middle: "pending", final_at: NOW, cadence: 1, refunded: 900_000 });
  });

  it("the same content again is 200 with the same order, and writes nothing", async () => {
    const body = order("again", { placed_at: "2026-11-20T00:00:00Z", status: "pending", cost: "0.5" });
    const first = await register(body);
    const { answer, rows_written } = await world.costOf((metering) => metering.post("/v1/orders", key, body));
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
    ["a comma in an id", order("A,1", { provider_order_id: "q" }), ["id"]],
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

  it("refuses an id with a comma, in a list and in a trial too, and says what would be right", async () => {
    const wrong = order("A,1", { provider_order_id: "with-comma" });
    const one = await register(wrong);
    const [problem] = one.json.error.details.fields;
    expect(problem).toEqual({ path: "id", message: expect.stringContaining("must have no comma, which stands between ids") });
    expect(problem.message).toContain("take another sign, such as - or _");
    const list = await register([wrong, order("A-1", { provider_order_id: "with-hyphen" })]);
    expect(list.json.results).toEqual([
      { id: "A,1", result: "invalid", error: expect.objectContaining({ message: expect.stringContaining(problem.message) }) },
      { id: "A-1", result: "created" },
    ]);
    const trial = await world.post("/v1/orders?dry_run=true", key, [wrong]);
    expect(trial.json.results[0]).toMatchObject({ id: "A,1", result: "invalid" });
    expect(await rows("SELECT id FROM orders WHERE id = 'A,1'")).toEqual([]);
  });

  it("goes on reading an order whose id got a comma earlier", async () => {
    await addOrders("alpha", "acme", 900_001, 1, { id: "B,1", provider_order_id: "earlier" });
    expect((await world.get("/v1/orders/B,1", { key })).json).toMatchObject({ id: "B,1", provider_order_id: "earlier" });
    expect((await world.get("/v1/orders/B%2C1", { key })).status).toBe(200);
    expect((await world.get("/v1/orders/B,1/changes", { key })).status).toBe(200);
    expect((await world.post("/v1/orders/B,1/check", key)).status).toBe(202);
    expect((await world.get("/v1/orders?provider_order_id=earlier", { key })).json.orders).toHaveLength(1);
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

  it("costs five rows an order, and one for the panel, in batches of a hundred", async () => {
    const { answer, rows_written, rows_read, d1_calls } = await world.costOf((metering) =>
      metering.post(
        "/v1/orders",
        key,
        Array.from({ length: 100 }, (_, i) => order(`cost-${i}`)),
      ),
    );
    expect(answer.json.results.every(({ result }: { result: string }) => result === "created")).toBe(true);
    expect(rows_written).toBe(501);
    expect(rows_read).toBeLessThanOrEqual(2500);
    expect(d1_calls).toBe(3);
  });

  it("costs a sixth row where an order has a link and a service: others on that link are found by it", async () => {
    const { rows_written, d1_calls } = await world.costOf((metering) =>
      metering.post(
        "/v1/orders",
        key,
        Array.from({ length: 100 }, (_, i) => order(`linked-${i}`, { service: "12", link: `https://x.example/linked/${i}` })),
      ),
    );
    expect({ rows_written, d1_calls }).toEqual({ rows_written: 601, d1_calls: 3 });
  });

  it("takes a thousand with long links, and numbers them evenly and without gaps in what is written", async () => {
    const orders = thousandOrders();
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
    const interfering = new World({ DB: changedDb({ batch }) });
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

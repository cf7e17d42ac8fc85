/**
 * The reconciliation report over real D1, from orders that went through the whole pipeline.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ADMIN, type Answered, paths } from "../world/asking.ts";
import { clear, migrate, NOW, rows } from "../world/database.ts";
import { answeringEach } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, keyNamed } from "../world/records.ts";
import { World } from "../world/world.ts";

const HOUR = 3_600_000;
const iso = (at: number): string => new Date(at).toISOString();
const hour = (from = NOW - HOUR, to = NOW + HOUR): string => `/v1/reports/reconciliation?from=${iso(from)}&to=${iso(to)}`;

let world: World;

beforeAll(async () => {
  await migrate();
  await addPanel("p", keyNamed("p"));
  await addPanel("other", keyNamed("other"));
});

beforeEach(() => {
  world = new World();
  world.now = NOW;
});

afterEach(clear);

function report(query = "", ask = {}): Promise<Answered> {
  return world.get(hour() + query, { key: keyNamed("p"), ...ask });
}

/** Orders o1… in the pipeline; each provider says of each of its orders what is given, at the next sweep. */
async function ended(said: Record<string, Record<string, unknown>>, columns: Parameters<typeof addOrders>[4] = {}): Promise<World> {
  await addProvider("acme", { many: "yes" });
  const count = Object.keys(said).length;
  await addOrders("p", "acme", 1, count, { cadence: 1, placed_at: NOW - 300_000, ...columns });
  const run = new World();
  run.providers.set(
    "acme",
    answeringEach((id) => ({ start_count: "10", currency: "USD", ...said[id] })),
  );
  await run.run(1);
  return run;
}

/** The account of a provider and currency in a report. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test says of each answer what it must be
function account({ json }: Answered, currency: string, provider = "acme"): any {
  return json.providers.find((row: { provider: string; currency: string }) => row.provider === provider && row.currency === currency);
}

type Said = { charge: string; currency?: string };
/** The provider's part in the one order of a report: in which currency's account, and what it comes to, or why it does not. */
type Part = { in: string | null; returned: string; kept: string } | { unclear: string };

const WORKED_OUT = (currency: string | null): Part => ({ in: currency, returned: "0.1", kept: "0.025" });
const IS_UNCLEAR: Part = { unclear: "currencies_differ" };

function partIn({ json }: Answered): Part[] | Part {
  const parts = (json.providers as Account[]).flatMap(
    ({ currency, returned_by_provider: returned, kept_by_provider: kept, orders: of }) => {
      const unclear = of.unclear.orders.map(({ reason }): Part => ({ unclear: reason.code }));
      const isNothing = returned === "0" && kept === "0";
      return isNothing ? unclear : [...unclear, { in: currency, returned, kept }];
    },
  );
  return parts.length === 1 ? (parts[0] as Part) : parts;
}

type Account = {
  currency: string | null;
  returned_by_provider: string;
  kept_by_provider: string;
  orders: { unclear: { orders: { reason: { code: string } }[] } };
};

const orders = (entries: { order: string }[]): string[] => entries.map(({ order }) => order);

describe("the report of a time whose feed has other numbers", () => {
  it("has every order by when its refund was posted, though the feed's numbers are days ahead", async () => {
    await rows("UPDATE panels SET feed_seq = ?1 WHERE id = 'p'", (NOW + 49 * HOUR) * 1000);
    await ended({ 1: { status: "Partial", remains: "250", charge: "0.375" }, 2: { status: "Canceled", remains: "1000", charge: "0.5" } });
    expect(account(await report(), "USD")).toMatchObject({ refunded_to_customers: "1.125" });
    const after = await world.get(hour(NOW + HOUR, NOW + 72 * HOUR), { key: keyNamed("p") });
    expect(after.json.providers).toEqual([]);
    await rows("UPDATE panels SET feed_seq = 0 WHERE id = 'p'");
  });
});

describe("the report", () => {
  it("lists, per provider and currency, what was refunded, returned and kept, with the orders behind each", async () => {
    await ended({
      1: { status: "Partial", remains: "250", charge: "0.375" },
      2: { status: "Canceled", remains: "1000", charge: "0.5" },
      3: { status: "Completed", remains: "100", charge: "0.5" },
      4: { status: "Canceled", remains: "400", charge: "0.3" },
      5: { status: "In progress", remains: "500", charge: "0.5" },
    });
    const answer = await report();
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ panel: "p", from: iso(NOW - HOUR), to: iso(NOW + HOUR), rates: [] });
    expect(answer.json.providers).toHaveLength(1);
    expect(account(answer, "USD")).toEqual({
      provider: "acme",
      currency: "USD",
      refunded_to_customers: "2.025",
      returned_by_provider: "0.325",
      kept_by_provider: "0.5",
      converted: null,
      orders: {
        refunded_to_customers: {
          count: 3,
          orders: [
            { order: "o1", amount: "0.225" },
            { order: "o2", amount: "0.9" },
            { order: "o4", amount: "0.9" },
          ],
        },
        returned_by_provider: {
          count: 2,
          orders: [
            { order: "o1", amount: "0.125" },
            { order: "o4", amount: "0.2" },
          ],
        },
        kept_by_provider: { count: 1, orders: [{ order: "o2", amount: "0.5" }] },
        unclear: { count: 0, orders: [] },
        completed_with_remains: { count: 1, orders: [{ order: "o3" }] },
        canceled_after_delivery: { count: 1, orders: [{ order: "o4" }] },
        refill_refused: { count: 0, orders: [] },
      },
      ticket_ids: { kept_by_provider: "2", completed_with_remains: "3", refill_refused: "" },
    });
  });

  it("joins the provider's ids of all that it owes by commas, a refused refill in the period in which it was refused", async () => {
    await ended(Object.fromEntries(Array.from({ length: 6 }, (_, i) => [i + 1, { status: "Canceled", remains: "1000", charge: "0.5" }])));
    await rows(
      "UPDATE orders SET status = 'completed', remains = 0, refill_id = 'r' || n, refill_status = 'rejected', refill_at = 1 WHERE n > 2",
    );
    await rows("UPDATE orders SET refill_status = 'completed' WHERE n = 6");
    const told = (n: number, at: number) =>
      rows(
        `INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data)
         SELECT 'p', (SELECT max(seq) FROM changes WHERE panel = 'p') + 1, 'refill.updated', 'o' || CAST(?1 AS INTEGER), 0, ?2, '{}', '{}' FROM panels WHERE id = 'p'`,
        n,
        at,
      );
    // The fourth's was refused in another period; of the fifth nothing was told but its end.
    await told(3, NOW);
    await told(4, NOW + 2 * HOUR);
    await told(6, NOW);
    const { ticket_ids, orders: lists } = account(await report(), "USD");
    expect(ticket_ids).toEqual({ kept_by_provider: "1,2", completed_with_remains: "", refill_refused: "3" });
    expect(lists.refill_refused).toEqual({ count: 1, orders: [{ order: "o3" }] });
    const csv = await report("&format=csv");
    expect(csv.text).toContain("acme,USD,refill_refused,o3,3,");
  });

  it("keeps the first charge of a running order apart from the last, and says when the last is missing", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 2, {
      cadence: 1,
      placed_at: NOW - 300_000,
      provider_price: null,
      provider_charge: null,
      provider_currency: null,
    });
    const run = new World();
    run.providers.set(
      "acme",
      answeringEach(() => ({ status: "Pending", remains: "1000", charge: "0" })),
    );
    await run.run(1);
    run.providers.set(
      "acme",
      answeringEach(() => ({ status: "In progress", remains: "1000", charge: "12.345678901", currency: "TRY" })),
    );
    await run.run(1);
    run.providers.set(
      "acme",
      answeringEach((id) => ({ status: "Canceled", remains: "1000", currency: "TRY", ...(id === "1" ? { charge: "2.000000001" } : {}) })),
    );
    await run.run(1);
    expect(await rows("SELECT provider_price, provider_charge FROM orders ORDER BY n")).toEqual([
      { provider_price: "12.345678901", provider_charge: "2.000000001" },
      { provider_price: "12.345678901", provider_charge: null },
    ]);
    const tried = account(await report(), "TRY");
    expect(tried).toMatchObject({ returned_by_provider: "10.3456789", kept_by_provider: "2.000000001" });
    expect(tried.orders.unclear.orders).toEqual([{ order: "o2", reason: { code: "charge_unknown", text: expect.any(String) } }]);
  });

  it("never adds currencies; a rate of the operator's converts a row, and is echoed", async () => {
    await ended(
      { 1: { status: "Partial", remains: "250", charge: "15", currency: "TRY" } },
      { provider_price: "20", provider_charge: "20", provider_currency: "TRY" },
    );
    const answer = await report("&rate=TRY:USD:0.029&rate=EUR:USD:1.1");
    expect(answer.json.rates).toEqual([
      { from: "TRY", to: "USD", rate: "0.029" },
      { from: "EUR", to: "USD", rate: "1.1" },
    ]);
    expect(account(answer, "USD")).toMatchObject({ refunded_to_customers: "0.225", returned_by_provider: "0", converted: null });
    expect(account(answer, "TRY")).toMatchObject({
      refunded_to_customers: "0",
      returned_by_provider: "5",
      converted: { currency: "USD", rate: "0.029", refunded_to_customers: "0", returned_by_provider: "0.145", kept_by_provider: "0" },
    });
    expect(account(await report(), "TRY").converted).toBeNull();
  });

  it("takes the cost as registered where the provider named no price, and the provider's currency where none is told", async () => {
    await addProvider("acme", { many: "yes" });
    await env.DB.prepare("UPDATE providers SET currency = 'EUR'").run();
    const cost = { cost: "0.4", provider_price: null, provider_charge: "0.1", provider_currency: null } as const;
    await addOrders("p", "acme", 1, 1, { ...cost, status: "canceled", cadence: null, final_at: NOW, remains: 1000 });
    await change("o1");
    expect(account(await report(), "EUR")).toMatchObject({ returned_by_provider: "0.3", kept_by_provider: "0.1" });
  });

  it.each<[string, string | null, Said, Said, Part]>([
    ["none, at a provider that has none", null, { charge: "0.50" }, { charge: "0.40" }, WORKED_OUT(null)],
    ["none, at a provider of USD", "USD", { charge: "0.50" }, { charge: "0.40" }, WORKED_OUT("USD")],
    ["none, then USD, at a provider of USD", "USD", { charge: "0.50" }, { charge: "0.40", currency: "USD" }, WORKED_OUT("USD")],
    ["USD, then none, at a provider of EUR", "EUR", { charge: "0.50", currency: "USD" }, { charge: "0.40" }, WORKED_OUT("USD")],
    ["a sign of several, at a provider of USD", "USD", { charge: "$0.50" }, { charge: "$0.40" }, WORKED_OUT(null)],
    ["a sign of several, then none, at a provider of USD", "USD", { charge: "$0.50" }, { charge: "0.40" }, WORKED_OUT(null)],
    ["none, then INR, at a provider of USD", "USD", { charge: "0.50" }, { charge: "0.45", currency: "INR" }, IS_UNCLEAR],
    ["none, then USD, at a provider that has none", null, { charge: "0.50" }, { charge: "0.40", currency: "USD" }, IS_UNCLEAR],
    ["none, then an unknown one", "USD", { charge: "0.50" }, { charge: "0.45", currency: "Rs" }, IS_UNCLEAR],
    ["USD, then an unknown one", "USD", { charge: "0.50", currency: "USD" }, { charge: "0.45", currency: "Rs" }, IS_UNCLEAR],
    ["an unknown one, then USD", "USD", { charge: "0.50", currency: "Rs" }, { charge: "0.45", currency: "USD" }, IS_UNCLEAR],
    ["USD, then INR", "USD", { charge: "0.50", currency: "USD" }, { charge: "31.50", currency: "INR" }, IS_UNCLEAR],
  ])("reads the currency of price and charge alike: %s", async (_, currency, whileRunning, atTheEnd, part) => {
    await addProvider("acme", { many: "yes" });
    await rows("UPDATE providers SET currency = ?1 WHERE id = 'acme'", currency);
    const nothingSaid = { provider_price: null, provider_charge: null, provider_currency: null } as const;
    await addOrders("p", "acme", 1, 1, { ...nothingSaid, cadence: 1, placed_at: NOW - 300_000 });
    const run = new World();
    for (const said of [
      { status: "In progress", remains: "500", ...whileRunning },
      { status: "Partial", remains: "250", ...atTheEnd },
    ]) {
      run.providers.set(
        "acme",
        answeringEach(() => said),
      );
      await run.run(1);
    }
    expect(partIn(await report())).toEqual(part);
    // Nobody is told a word of panelsync's own for a currency.
    const support = await world.get("/v1/orders/o1/support", { key: keyNamed("p") });
    expect([null, "USD", "INR"]).toContain((support.json as { provider: { currency: string | null } }).provider.currency);
    const script = await world.apiV2(keyNamed("p"), { action: "status", order: "1" }, "acme");
    expect(["USD", "INR"]).toContain(script.json.currency);
  });

  it("counts a refund when it is posted, less what was clawed back, and the provider's part when the order ended", async () => {
    await ended({ 1: { status: "Partial", remains: "250", charge: "0.375" } });
    await env.DB.prepare(
      "INSERT INTO refunds (panel, order_n, n, kind, amount, currency, status, reason, created_at, decided_at) VALUES ('p', 1, 2, 'clawback', 25000, 'USD', 'posted', 'clawback', ?1, ?1)",
    )
      .bind(NOW + 2 * HOUR)
      .run();
    await change("o1", NOW + 2 * HOUR);
    const key = keyNamed("p");
    const first = account(await world.get(hour(), { key }), "USD");
    expect([first.refunded_to_customers, first.returned_by_provider]).toEqual(["0.225", "0.125"]);
    const second = account(await world.get(hour(NOW + HOUR, NOW + 3 * HOUR), { key }), "USD");
    expect([second.refunded_to_customers, second.returned_by_provider]).toEqual(["-0.025", "0"]);
    const both = account(await world.get(hour(NOW - HOUR, NOW + 3 * HOUR), { key }), "USD");
    expect([both.refunded_to_customers, both.returned_by_provider]).toEqual(["0.2", "0.125"]);
  });

  it("takes the period as half-open", async () => {
    await ended({ 1: { status: "Canceled", remains: "1000", charge: "0" } });
    const key = keyNamed("p");
    const providersIn = async (from: number, to: number): Promise<number> =>
      (await world.get(hour(from, to), { key })).json.providers.length;
    expect(await providersIn(NOW, NOW + 1)).toBe(1);
    expect(await providersIn(NOW - HOUR, NOW)).toBe(0);
    expect(await providersIn(NOW + 1, NOW + HOUR)).toBe(0);
  });

  it("is the panel's own, and the operator's for a panel that is named", async () => {
    await ended({ 1: { status: "Canceled", remains: "1000", charge: "0" } });
    expect((await report("", { key: keyNamed("other") })).json.providers).toEqual([]);
    expect((await report("", { key: ADMIN, panel: "p" })).json.providers).toHaveLength(1);
    expect((await report("", { key: ADMIN })).status).toBe(422);
    expect((await report("", { key: null })).status).toBe(401);
    expect((await report("", { key: ADMIN, panel: "none" })).status).toBe(404);
  });

  it.each([
    ["?to=2026-11-01T00:00:00Z", ["from"]],
    ["?from=2026-11-01T00:00:00Z", ["to"]],
    ["?from=yesterday&to=2026-11-01", ["from"]],
    ["?from=2026-13-01&to=2026-11-01", ["from"]],
    ["?from=2026-11-01T00:00:00%2B03:00&to=2026-11-02", ["from"]],
    ["?from=2026-11-02&to=2026-11-02", ["to"]],
    ["?from=2026-11-02&to=2026-11-01", ["to"]],
    ["?from=2026-01-01&to=2026-11-01", ["to"]],
    ["?from=2026-11-01&to=2026-11-02&rate=TRY-USD", ["rate"]],
    ["?from=2026-11-01&to=2026-11-02&rate=TRY:USD:1&rate=TRY:EUR:1", ["rate"]],
    ["?from=2026-11-01&from=2026-11-01&to=2026-11-02", ["from"]],
    ["?from=2026-11-01&to=2026-11-02&format=pdf", ["format"]],
    ["?from=2026-11-01&to=2026-11-02&currency=USD", ["currency"]],
  ])("refuses %s by name", async (query, fields) => {
    const answer = await world.get(`/v1/reports/reconciliation${query}`, { key: keyNamed("p") });
    expect(answer.status).toBe(422);
    expect(paths(answer)).toEqual(fields);
  });

  it("refuses a period with more than 10,000 changes, and says how far one request reaches", async () => {
    await env.DB.prepare(
      `INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data)
       WITH RECURSIVE i (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM i WHERE i < 10000)
       SELECT 'p', (?1 + i) * 1000 + 1, 'order.flagged', 'o' || i, ?1 + i, '{}', '{}' FROM i`,
    )
      .bind(NOW)
      .run();
    const answer = await report();
    expect(paths(answer)).toEqual(["to"]);
    expect(answer.json.error.message).toContain(`the first up to ${iso(NOW + 10_000)}`);
    expect((await world.get(hour(NOW, NOW + 10_000), { key: keyNamed("p") })).status).toBe(200);
  });

  it("cuts the lists of the JSON at 500 with the count, not those of the CSV", async () => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 501, {
      status: "canceled",
      cadence: null,
      final_at: NOW,
      provider_price: "0.5",
      provider_charge: "0.5",
      remains: 1000,
    });
    await env.DB.prepare(
      "INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data) SELECT panel, ?1 * 1000 + n, 'order.updated', id, ?1, '{}', '{}' FROM orders ORDER BY n",
    )
      .bind(NOW)
      .run();
    const row = account(await report(), "USD");
    expect(row.kept_by_provider).toBe("250.5");
    expect([row.orders.kept_by_provider.count, row.orders.kept_by_provider.orders.length]).toEqual([501, 500]);
    expect(orders(row.orders.kept_by_provider.orders).at(0)).toBe("o1");
    expect((await report("&format=csv")).text.trimEnd().split("\r\n")).toHaveLength(502);
  });

  it("reads the period's changes and its orders, however many others there are", async () => {
    await addOrders("p", "acme", 2, 3000, { status: "canceled", cadence: null, final_at: NOW - 10 * HOUR });
    await env.DB.prepare(
      "INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data) SELECT panel, (?1 + n) * 1000, 'order.updated', id, ?1 + n, '{}', '{}' FROM orders ORDER BY n",
    )
      .bind(NOW - 5 * HOUR)
      .run();
    await ended({ 1: { status: "Canceled", remains: "1000", charge: "0" } });
    const { answer, rows_read } = await world.costOf((metering) => metering.get(hour(), { key: keyNamed("p") }));
    expect(answer.json.providers).toHaveLength(1);
    expect(rows_read).toBeLessThanOrEqual(25);
  });
});

describe("as CSV", () => {
  it("has a line for each order of each list, with the rate, by Accept or by format", async () => {
    await ended(
      { 1: { status: "Partial", remains: "250", charge: "14.900000001", currency: "TRY" } },
      { provider_price: "20", provider_charge: "20", provider_currency: "TRY" },
    );
    const answer = await report("&rate=TRY:USD:0.029", { headers: { Accept: "text/csv" } });
    expect(answer.headers.get("Content-Type")).toBe("text/csv; charset=utf-8");
    expect(answer.text).toBe(
      [
        "provider,currency,list,order,provider_order_id,status,quantity,remains,provider_price,cost,provider_charge,amount,reason,converted_currency,rate,converted_amount",
        "acme,TRY,returned_by_provider,o1,1,partial,1000,250,20,,14.900000001,5.099999999,,USD,0.029,0.147899999971",
        "acme,USD,refunded_to_customers,o1,1,partial,1000,250,20,,14.900000001,0.225,,,,",
        "",
      ].join("\r\n"),
    );
    expect((await report("&rate=TRY:USD:0.029&format=csv")).text).toBe(answer.text);
    expect((await report("", { headers: { Accept: "application/json, text/csv" } })).json).not.toBeNull();
    expect((await report("&format=json", { headers: { Accept: "text/csv" } })).json).not.toBeNull();
  });

  it("does not let an order's id run in a spreadsheet, nor break out of its cell", async () => {
    await addProvider("acme", { many: "yes" });
    const ids = ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "\r=1", 'a"b', "a,b", "line\nfeed", "-5", "＝1"];
    for (const [i, id] of ids.entries()) {
      await addOrders("p", "acme", i + 1, 1, {
        status: "canceled",
        cadence: null,
        final_at: NOW,
        provider_price: "0.5",
        provider_charge: "0.5",
        remains: 1000,
        id,
        provider_order_id: `=p${i}`,
      });
      await change(id, NOW + i);
    }
    const { text } = await report("&format=csv");
    const cells = [
      "'=1+1",
      "'+cmd|' /C calc'!A0",
      "'-1+1",
      "'@SUM(A1)",
      "\"'\t'=1\"",
      "\"'\r'=1\"",
      '"a""b"',
      '"a,b"',
      '"line\nfeed"',
      "-5",
      "'＝1",
    ];
    for (const [i, cell] of cells.entries())
      expect(text).toContain(`acme,USD,kept_by_provider,${cell},'=p${i},canceled,1000,1000,0.5,,0.5,0.5,,,,\r\n`);
  });
});

/** A change of an order's in the feed, so that it is found. */
async function change(order: string, at = NOW): Promise<void> {
  await env.DB.prepare(
    "INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data) VALUES ('p', ?2 * 1000 + 7, 'order.updated', ?1, ?2, '{}', '{}')",
  )
    .bind(order, at)
    .run();
}

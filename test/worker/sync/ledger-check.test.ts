/**
 * The daily ledger check over real D1: it finds each kind of row that does not follow from the others, holds
 * that panel's refunds until the operator lets them go, and costs what a page costs.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dayOf } from "../../../src/domain/time.ts";
import { BEFORE_ALL_PANELS, type CheckPage, checkPage, type CheckPlace } from "../../../src/store/ledger/check-pages.ts";
import { pagesOf } from "../../../src/store/ledger/check-progress.ts";
import { ADMIN } from "../world/asking.ts";
import { bypassTriggers, clear, migrate, MINUTE, NOW, rows } from "../world/database.ts";
import { changedDb } from "../world/faulty-database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, keyNamed } from "../world/records.ts";
import { World } from "../world/world.ts";

const DAY = 86_400_000;
const today = dayOf(MINUTE);

beforeAll(async () => {
  await migrate();
  await addPanel("advice", keyNamed("advice"));
  await addPanel("ledger", keyNamed("ledger"));
});

beforeEach(async () => {
  await bypassTriggers(
    "UPDATE panels SET money = id, order_n = 0, credit_limit = NULL, frozen_at = NULL, frozen_because = NULL",
    "DELETE FROM transfers",
    "UPDATE audits_of_books SET day = 0, page = 0, rows_read = 0, place = NULL, finished_at = NULL",
    `UPDATE ticks SET books_day = ${today}`,
  );
});

afterEach(clear);

/** Books with something of everything, made by the pipeline: five orders a panel, three of which got money back. */
async function kept(): Promise<World> {
  await addProvider("acme", { many: "yes" });
  for (const [panel, first] of [
    ["advice", 100],
    ["ledger", 200],
  ] as const) {
    await addOrders(panel, "acme", 1, 5, { cadence: 1, placed_at: NOW - 300_000 });
    await bypassTriggers(
      `UPDATE orders SET provider_order_id = ${first} + n, customer = iif(n < 4, 'c1', NULL) WHERE panel = '${panel}'`,
      `UPDATE panels SET order_n = 5 WHERE id = '${panel}'`,
    );
  }
  for (let n = 1; n <= 5; n++) {
    await env.DB.prepare(
      `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, created_at)
       VALUES ('ledger', 'USD', ?1, ?2, 'charge', -900000, ?3, ?4, ?5)`,
    )
      .bind(n < 4 ? "c1" : "", n < 4 ? n : n - 3, (n < 4 ? n : n - 3) * -900_000, n, NOW)
      .run();
  }
  const run = new World();
  const words = [
    { status: "Partial", remains: "250" },
    { status: "Partial" },
    { status: "In progress", remains: "900" },
    { status: "Canceled", remains: "1000" },
    { status: "Partial", remains: "1" },
  ];
  run.providers.set(
    "acme",
    answeringEach((id) => ({ charge: "0.5", currency: "USD", ...words[(Number(id) % 100) - 1] })),
  );
  await run.run(1);
  return run;
}

async function pages(sizes = { rows: 1000, sums: 1000 }): Promise<CheckPage[]> {
  const read: CheckPage[] = [];
  for (let place: CheckPlace | null = BEFORE_ALL_PANELS; place !== null;) {
    const page: CheckPage = await checkPage(pagesOf(env.DB), place, sizes);
    read.push(page);
    place = page.next;
  }
  return read;
}

const mismatches = (read: readonly CheckPage[]): unknown[] =>
  read.flatMap(({ panel, mismatch }) => (mismatch === null ? [] : [{ panel, ...mismatch }]));
const sum = (read: readonly CheckPage[], what: keyof CheckPage["checked"]): number =>
  read.reduce((total, { checked }) => total + checked[what], 0);

describe("a ledger that adds up", () => {
  it.each([
    [1000, 1000],
    [1, 1],
    [2, 3],
    [3, 2],
  ])("are found so, whole, in pages of %d rows and sums over %d orders", async (rowsAPage, sums) => {
    await kept();
    const read = await pages({ rows: rowsAPage, sums });
    expect(mismatches(read)).toEqual([]);
    expect([sum(read, "orders"), sum(read, "refunds"), sum(read, "accounts"), sum(read, "transfers")]).toEqual([10, 8, 2, 8]);
  });

  it("hold goodwill, claw-backs and what was refunded before registration", async () => {
    await kept();
    await bypassTriggers(
      "UPDATE orders SET registered_refunded = 100000, refunded = 100000 WHERE panel = 'advice' AND n = 3",
      "INSERT INTO refunds (panel, order_n, n, kind, amount, currency, status, reason, created_at, decided_at) VALUES ('advice', 3, 1, 'goodwill', 50000, 'USD', 'posted', 'goodwill', 1, 1), ('advice', 3, 2, 'clawback', 70000, 'USD', 'posted', 'clawback', 1, 1), ('advice', 3, 3, 'goodwill', 5000, 'USD', 'posted', 'goodwill', 1, 1)",
      "UPDATE orders SET refunded = 85000, goodwill = 5000, refund_count = 3 WHERE panel = 'advice' AND n = 3",
    );
    expect(mismatches(await pages())).toEqual([]);
  });

  it("hold balances above 2^53", async () => {
    await kept();
    const half = 9_000_000_000_000_000;
    await bypassTriggers(
      `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, created_at) VALUES ('ledger', 'IDR', 'c1', 1, 'credit', ${half}, ${half}, 1), ('ledger', 'IDR', 'c1', 2, 'credit', ${half - 1}, ${half} + ${half - 1}, 1)`,
    );
    expect(mismatches(await pages())).toEqual([]);
    await bypassTriggers("UPDATE transfers SET balance = balance + 1 WHERE currency = 'IDR' AND n = 2");
    expect(mismatches(await pages())).toMatchObject([{ what: "the balance", expected: "17999999999.999999", found: "18000000000" }]);
  });
});

describe("what does not add up", () => {
  const order = (n: number): string => `order "o${n}"`;
  const c1 = (n: number): string => `transfer ${n} of customer "c1" in USD`;
  it.each<[what: string, sql: string, found: Record<string, string>]>([
    [
      "a total that was edited",
      "UPDATE orders SET refunded = 300000 WHERE panel = 'advice' AND n = 1",
      { panel: "advice", row: order(1), what: "refunded", expected: "0.225", found: "0.3" },
    ],
    [
      "a refund that was edited",
      "UPDATE refunds SET amount = 225001 WHERE panel = 'advice' AND order_n = 1",
      { panel: "advice", row: order(1), what: "refunded", expected: "0.225001", found: "0.225" },
    ],
    [
      "a refund that is gone",
      "DELETE FROM refunds WHERE panel = 'advice' AND order_n = 4",
      { panel: "advice", row: order(4), what: "refunded", expected: "0", found: "0.9" },
    ],
    [
      "a refund taken for another kind",
      "UPDATE refunds SET kind = 'goodwill' WHERE panel = 'advice' AND order_n = 1",
      { panel: "advice", row: order(1), what: "goodwill", expected: "0.225", found: "0" },
    ],
    [
      "a refund in another currency",
      "UPDATE refunds SET currency = 'EUR' WHERE panel = 'advice' AND order_n = 1",
      { panel: "advice", row: order(1), what: "its refunds' currency", expected: "USD", found: "EUR" },
    ],
    [
      "a refund without an order",
      "INSERT INTO refunds (panel, order_n, n, amount, currency, status, reason, created_at) VALUES ('advice', 9, 1, 5, 'USD', 'held', 'x', 1)",
      { panel: "advice", row: "refund 1 of order number 9", what: "its order", expected: "on record", found: "missing" },
    ],
    [
      "refunds above the charge",
      "UPDATE orders SET charge = 800000, refunded = 800000 WHERE panel = 'advice' AND n = 4",
      { panel: "advice", row: order(4), what: "the sum of its refunds", expected: "from 0 to 0.8", found: "0.9" },
    ],
    [
      "a count of refunds",
      "UPDATE orders SET refund_count = 2 WHERE panel = 'advice' AND n = 1",
      { panel: "advice", row: order(1), what: "refund_count", expected: "1", found: "2" },
    ],
    [
      "a gap in the refunds' numbers",
      "UPDATE refunds SET n = 2 WHERE panel = 'advice' AND order_n = 1",
      { panel: "advice", row: order(1), what: "the number of its last refund", expected: "1", found: "2" },
    ],
    [
      "a held amount",
      "UPDATE orders SET hold_amount = 1 WHERE panel = 'advice' AND n = 2",
      { panel: "advice", row: order(2), what: "what is held", expected: "0.9 as refund 1", found: "0.000001 as refund 1" },
    ],
    [
      "a hold that nobody sees",
      "UPDATE orders SET hold_n = NULL, hold_amount = NULL WHERE panel = 'advice' AND n = 2",
      { panel: "advice", row: order(2), what: "what is held", expected: "0.9 as refund 1", found: "nothing" },
    ],
    [
      "a balance",
      "UPDATE transfers SET balance = balance + 1 WHERE customer = 'c1' AND n = 2",
      { panel: "ledger", row: c1(2), what: "the balance", expected: "-1.8", found: "-1.799999" },
    ],
    [
      "a first balance",
      "UPDATE transfers SET balance = 0 WHERE customer = 'c1' AND n = 1",
      { panel: "ledger", row: c1(1), what: "the balance", expected: "-0.9", found: "0" },
    ],
    [
      "a gap in an account",
      "UPDATE transfers SET n = 5 WHERE customer = 'c1' AND n = 4",
      { panel: "ledger", row: c1(5), what: "its number", expected: "4", found: "5" },
    ],
    [
      "a charge that is gone, its account mended",
      "DELETE FROM transfers WHERE customer = '' AND n >= 2",
      { panel: "ledger", row: order(4), what: "the sum of its transfers", expected: "0", found: "-0.9" },
    ],
    [
      "an order charged twice, its account mended",
      "INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, created_at) SELECT panel, currency, customer, n + 1, 'charge', -900000, balance - 900000, 3, 1 FROM transfers WHERE customer = 'c1' ORDER BY n DESC LIMIT 1",
      { panel: "ledger", row: order(3), what: "the sum of its transfers", expected: "-0.9", found: "-1.8" },
    ],
    [
      "transfers exchanged between two orders",
      "UPDATE transfers SET order_n = iif(order_n = 1, 4, 1) WHERE type = 'charge' AND order_n IN (1, 4)",
      {
        panel: "ledger",
        row: "transfer 1 of the panel's own account in USD",
        what: "its account",
        expected: 'that of order "o1"',
        found: "another one",
      },
    ],
    [
      "a transfer of an order that does not exist",
      "INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, created_at) VALUES ('ledger', 'USD', 'new', 1, 'charge', -5, -5, 99, 1)",
      { panel: "ledger", row: 'transfer 1 of customer "new" in USD', what: "its order", expected: "on record", found: "missing" },
    ],
    [
      "a transfer without its refund",
      "UPDATE transfers SET refund_n = 7 WHERE type = 'refund' AND order_n = 1",
      { panel: "ledger", row: c1(4), what: "its refund", expected: "posted", found: "missing" },
    ],
    [
      "a transfer of a refund that is held",
      "UPDATE transfers SET refund_n = 1, order_n = 2 WHERE type = 'refund' AND order_n = 1",
      { panel: "ledger", row: order(1), what: "the sum of its transfers", expected: "-0.675", found: "-0.9" },
    ],
  ])("%s is found, and named with what it should be", async (_, sql, found) => {
    await kept();
    await bypassTriggers(sql);
    for (const sizes of [
      { rows: 1000, sums: 1000 },
      { rows: 2, sums: 10 },
    ])
      expect(mismatches(await pages(sizes))[0]).toEqual(found);
  });

  it("in one panel leaves the others' check alone", async () => {
    await kept();
    await bypassTriggers("UPDATE orders SET refunded = 300000 WHERE n = 1");
    expect(mismatches(await pages())).toMatchObject([{ panel: "advice" }, { panel: "ledger" }]);
  });
});

describe("the daily check", () => {
  const check = (page = 0, day = today): object => ({ v: 1, kind: "books", day, page });

  it("is sent with a UTC day's first tick, and not again that day", async () => {
    const run = new World();
    run.now += DAY;
    for (const minutes of [1, 1, 5]) {
      await run.tick();
      run.now += minutes * 60_000;
    }
    expect(run.sent).toEqual([check(0, today + 1)]);
    run.now = NOW + 2 * DAY;
    await run.tick();
    expect(run.sent).toEqual([check(0, today + 1), check(0, today + 2)]);
  });

  it("goes through all panels, says what it checked, and remembers that it is through", async () => {
    await kept();
    const run = new World();
    expect(await run.deliver(check())).toBe("ack");
    expect(run.eventsOf("books")).toMatchObject([{ orders: 10, refunds: 8, accounts: 2, transfers: 8, mismatches: 0, finished: true }]);
    expect(run.sent).toEqual([]);
    expect(await rows("SELECT day, place, finished_at FROM audits_of_books")).toEqual([{ day: today, place: null, finished_at: NOW }]);
  });

  it("does nothing when a message comes again, late, or after its turn", async () => {
    await kept();
    const run = new World();
    await run.deliver(check());
    await run.deliver(check());
    await run.deliver(check(1));
    await run.deliver(check(3, today - 1));
    expect(run.eventsOf("books")).toHaveLength(1);
    expect(run.eventsOf("books.repeated")).toHaveLength(3);
  });

  it("hands on from page to page, each message bounded, and no message multiplies the chain", async () => {
    await many(5000);
    const run = new World({ PLAN: "free" });
    await run.deliver(check());
    expect(run.sent).toEqual([check(1)]);
    await run.deliver(check());
    await run.deliver(check(), 2);
    expect(run.sent).toEqual([check(1)]);
    await run.drain();
    expect(run.sum("books", "orders")).toBe(5000);
    // Five of 1,000 orders each, and one for the panel after it.
    expect(run.eventsOf("books")).toHaveLength(6);
    for (const event of run.eventsOf("books")) {
      expect(Number(event["d1_statements"])).toBeLessThanOrEqual(45);
      expect(Number(event["rows_written"])).toBe(1);
    }
    // An order a row, and for each page the panels and the progress.
    expect(run.sum("books", "rows_read")).toBeLessThanOrEqual(5000 * 1.05);
  });

  it("stops at a day's share of rows, and goes on there the next day", async () => {
    await many(3000);
    await bypassTriggers(
      `UPDATE audits_of_books SET day = ${today}, page = 7, rows_read = 499500, place = '{"panel":"advice","totals":1000,"sums":null,"ledger":null}'`,
    );
    const run = new World({ PLAN: "free" });
    await run.deliver(check(7));
    expect(run.sent).toEqual([]);
    run.now += DAY;
    await run.deliver(check(0, today + 1));
    await run.drain();
    expect(run.eventsOf("books").map(({ orders, finished }) => [orders, finished])).toEqual([
      [1000, false],
      [1000, false],
      [0, true],
    ]);
  });

  it("is repeated when the database fails, from where it stood", async () => {
    await kept();
    const run = new World({ DB: changedDb({ batch: () => Promise.reject(new Error("D1_ERROR: overloaded")) }) });
    expect(await run.deliver(check())).toBe("retry");
    expect(await new World().deliver(check(), 2)).toBe("ack");
    expect(await rows("SELECT finished_at FROM audits_of_books")).toEqual([{ finished_at: NOW }]);
  });
});

describe("a mismatch", () => {
  async function planted(): Promise<World> {
    const run = await kept();
    await bypassTriggers("UPDATE orders SET refunded = 300000 WHERE panel = 'advice' AND n = 1");
    await run.deliver({ v: 1, kind: "books", day: today, page: 0 });
    return run;
  }

  it("freezes its panel alone, is logged, and shows on the health page as a fact without amounts", async () => {
    const world = new World();
    world.now = NOW + 60_000;
    expect((await world.get("/healthz", { key: null })).json.problems).not.toContain("ledger_mismatch");
    const run = await planted();
    expect(run.eventsOf("books.mismatch")).toMatchObject([{ panel: "advice", row: 'order "o1"', expected: "0.225", found: "0.3" }]);
    expect(await rows("SELECT id, frozen_at, frozen_because FROM panels ORDER BY id")).toEqual([
      { id: "advice", frozen_at: NOW + 60_000, frozen_because: 'order "o1": refunded should be 0.225 and is 0.3' },
      { id: "ledger", frozen_at: null, frozen_because: null },
    ]);
    world.now += 15_000;
    const health = await world.get("/healthz", { key: null });
    expect([health.status, health.json.status, health.json.problems]).toEqual([503, "degraded", ["ledger_mismatch"]]);
    expect(health.text).not.toMatch(/0\.225|0\.3|advice|o1/);
  });

  it("holds the panel's refunds from then on, until the operator lets them go", async () => {
    const run = await planted();
    const canceled = answeringEach((id) => (id === "103" || id === "203" ? { ...inProgress(1000), status: "Canceled" } : inProgress()));
    run.providers.set("acme", canceled);
    await run.run(1);
    const third = "SELECT panel, status, reason FROM refunds WHERE order_n = 3 ORDER BY panel, n";
    expect(await rows(third)).toEqual([
      { panel: "advice", status: "held", reason: "frozen" },
      { panel: "ledger", status: "posted", reason: "canceled" },
    ]);

    const world = new World();
    world.now = run.now;
    const path = "/v1/panels/advice/unfreeze";
    expect((await world.get("/v1/panels/advice")).json.frozen).toEqual({
      since: "2026-11-21T12:01:00.000Z",
      because: 'order "o1": refunded should be 0.225 and is 0.3',
    });
    expect((await world.ask("POST", path, { key: keyNamed("advice") })).status).toBe(403);
    for (let i = 0; i < 2; i++) {
      const answer = await world.ask("POST", path, { key: ADMIN });
      expect([answer.status, answer.json.frozen]).toEqual([200, null]);
    }
    expect(
      await rows(
        "SELECT actor, panel, action, subject, before->>'$.frozen.since' AS since, after->>'$.frozen' AS after FROM audit WHERE action = 'panel.unfrozen'",
      ),
    ).toEqual([
      {
        actor: "operator",
        panel: "advice",
        action: "panel.unfrozen",
        subject: "panel:advice",
        since: "2026-11-21T12:01:00.000Z",
        after: null,
      },
    ]);
    await run.deliver({ v: 1, kind: "check", orders: [["advice", 3]] });
    expect(await rows("SELECT status, reason FROM refunds WHERE panel = 'advice' AND order_n = 3 ORDER BY n")).toEqual([
      { status: "rejected", reason: "frozen" },
      { status: "posted", reason: "canceled" },
    ]);
    expect((await world.get("/healthz", { key: null })).json.problems).toEqual([]);
    expect((await world.ask("POST", "/v1/panels/none/unfreeze")).status).toBe(404);
  });

  it("that was not mended freezes the panel again the next day; one that was, does not", async () => {
    const run = await planted();
    const world = new World();
    const tomorrow = async (days: number): Promise<boolean> => {
      await world.ask("POST", "/v1/panels/advice/unfreeze");
      await run.deliver({ v: 1, kind: "books", day: today + days, page: 0 });
      return (await world.get("/v1/panels/advice")).json.frozen !== null;
    };
    expect(await tomorrow(1)).toBe(true);
    await bypassTriggers("UPDATE orders SET refunded = 225000 WHERE panel = 'advice' AND n = 1");
    expect(await tomorrow(2)).toBe(false);
  });
});

/** A panel with so many orders and nothing else. */
async function many(count: number): Promise<void> {
  await addProvider("acme", { many: "yes" });
  await addOrders("advice", "acme", 1, count, { cadence: null });
  await bypassTriggers(`UPDATE panels SET order_n = ${count} WHERE id = 'advice'`);
}

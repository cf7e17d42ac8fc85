/**
 * What a request reads where the tables are large: 100,000 orders and 30,000 refunds of another kind stand beside what is
 * asked for. The figures are D1's own.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Flag, FLAG_NAMES, FLAGS } from "../../../src/domain/order.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { readAlertFacts } from "../../../src/store/alerts/alert-facts.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { encodeCursor } from "../../../src/http/kit/page.ts";
import type { Answered } from "../world/asking.ts";
import { bypassTriggers, migrate, NOW, rows } from "../world/database.ts";
import { addPanel, addProvider, keyNamed } from "../world/records.ts";
import { World } from "../world/world.ts";

const ORDERS = 100_000;
const REFUNDS = 30_000;
/** What a list reads beside the rows that it shows. */
const BESIDE = 10;

const COUNTED: readonly string[] = [
  "/healthz",
  "/v1/orders",
  "/v1/orders/:id",
  "/v1/orders/:id/changes",
  "/v1/refunds",
  "/v1/changes",
  "/v1/reports/reconciliation",
  "/v1/panels",
  "/v1/providers",
  "/v1/providers/:id",
  "/v1/services",
  "/v1/audit",
  "/v1/dead-letters",
  "/v1/customers",
  "/v1/customers/:id/balance",
  "/v1/customers/:id/entries",
  "/v1/webhooks",
  "/v1/webhooks/:id",
  "/v1/overview",
  "/v1/status/:panel",
];
const OF_SINGLE_RECORDS: readonly string[] = [
  "/v1/statuses",
  "/v1/orders/:id/support",
  "/v1/me",
  "/v1/reports/services",
  "/v1/reports/days",
  "/v1/alerts",
  "/v1/alert-channels",
  "/v1/alert-channels/:id",
  "/v1/keys",
  "/v1/webhooks/:id/deliveries",
  "/v1/panels/:id",
  "/v1/panels/:id/crons",
  "/v1/services/:id",
  "/v1/providers/:id/refund-policy",
  "/v1/providers/:id/services/:service",
  "/hooks/:provider/:token",
  "/v1/providers/:id/services/:service/refund-policy",
];

const world = new World();
const key = keyNamed("p");

/** The oldest orders, each of a rare kind: a scan from the newest on reaches them last. */
const RARE = { customer: 21, provider: 22, service: 23, error: 24, unknown: 25, canceled: 26 } as const;
const RARE_FLAGS = FLAG_NAMES.filter((flag) => flag !== "overdue" && flag !== "duplicate_link");

/** The others are flagged too, each with one of two flags. */
const FLAGS_SQL = `CASE ${RARE_FLAGS.map((flag, i) => `WHEN n = ${i + 1} THEN ${FLAGS[flag]}`).join(" ")}
  WHEN n <= 100 THEN 0 WHEN n % 2 = 0 THEN ${FLAGS.overdue} ELSE ${FLAGS.duplicate_link} END`;
const STATUS_SQL = `CASE n WHEN ${RARE.error} THEN 'error' WHEN ${RARE.unknown} THEN 'unknown' WHEN ${RARE.canceled} THEN 'canceled' ELSE iif(n % 2 = 0, 'completed', 'in_progress') END`;

async function fillOrders(): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO orders (panel, n, id, provider, provider_order_id, service, link, customer, quantity, charge, currency, status, middle,
       flags, cadence, phase, progress_at, created_at, placed_at, updated_at, last_change)
     WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${ORDERS})
     SELECT 'p', n, 'o' || n, iif(n = ${RARE.provider}, 'beta', 'acme'), CAST(n AS TEXT), iif(n = ${RARE.service}, '2', '1'),
       'https://x.example/' || n, iif(n = ${RARE.customer}, 'ann', 'many'), 1000, 900000, 'USD', ${STATUS_SQL}, 'in_progress',
       ${FLAGS_SQL}, iif(n % 2 = 0, NULL, 5), n * 40503 % 65536, ?1 + n, ?1 + n, ?1 + n, ?1 + n, 1 FROM c`,
  )
    .bind(NOW - ORDERS)
    .run();
  await env.DB.prepare("UPDATE panels SET order_n = ?1 WHERE id = 'p'").bind(ORDERS).run();
}

/** A refund of each of the newest orders, with the kind in the middle of the list; and one of `rare` of each of the oldest five. */
async function fillRefunds(common: string, rare: string): Promise<void> {
  const decidedAt = (status: string) => (status === "posted" || status === "rejected" ? NOW : "NULL");
  await bypassTriggers("DELETE FROM refunds");
  const fill = (first: number, count: number, status: string) =>
    env.DB.prepare(
      `INSERT INTO refunds (panel, order_n, n, order_id, amount, currency, status, reason, created_at, decided_at)
       WITH RECURSIVE c (n) AS (VALUES (${first}) UNION ALL SELECT n + 1 FROM c WHERE n < ${first + count - 1})
       SELECT 'p', n, 1, 'o' || n, 1000, 'USD', '${status}', 'partial', ${NOW}, ${decidedAt(status)} FROM c`,
    ).run();
  await fill(ORDERS - REFUNDS + 1, REFUNDS, common);
  await fill(1, 5, rare);
}

function costOf(path: string, ask: Parameters<World["get"]>[1] = { key }) {
  return world.costOf((metering) => metering.get(path, ask));
}

const shownIds = ({ json }: Answered, list: string): string[] => json[list].map(({ id }: { id: string }) => id);

beforeAll(async () => {
  await migrate();
  await addPanel("p");
  for (const id of ["acme", "beta", "gamma"]) await addProvider(id);
  await fillOrders();
}, 60_000);

describe("a list of orders", () => {
  it.each(RARE_FLAGS.map((flag, i) => [flag, i + 1] as const))("finds the one that is %s at once", async (flag, n) => {
    const { answer, rows_read } = await costOf(`/v1/orders?flag=${flag}`);
    expect([shownIds(answer, "orders"), answer.json.has_more]).toEqual([[`o${n}`], false]);
    expect(rows_read).toBeLessThanOrEqual(1 + BESIDE);
  });

  it.each([
    ["", 1],
    ["flag=overdue", 2],
    ["flag=duplicate_link", 2],
    ["customer=many", 1],
  ])("reads a row an order and ten, page by page: %s", async (query, step) => {
    for (const limit of [50, 500]) {
      const first = await costOf(`/v1/orders?${query}&limit=${limit}`);
      const next = await costOf(`/v1/orders?${query}&limit=${limit}&cursor=${first.answer.json.next_cursor}`);
      const numbers = [first, next].flatMap(({ answer }) => shownIds(answer, "orders")).map((id) => Number(id.slice(1)));
      expect(numbers).toHaveLength(2 * limit);
      expect(numbers.every((n, i) => i === 0 || n === (numbers[i - 1] ?? 0) - step)).toBe(true);
      expect(Math.max(first.rows_read, next.rows_read)).toBeLessThanOrEqual(limit + BESIDE);
    }
  });

  it.each([
    ["customer=ann", RARE.customer],
    ["status=error", RARE.error],
    ["status=unknown", RARE.unknown],
    ["provider_order_id=27", 27],
    ["provider=acme&provider_order_id=27", 27],
    ["provider_order_id=27&status=in_progress&closed=false", 27],
    ["flag=stalled&status=completed,in_progress&service=1", 1],
    ["closed=true&status=error", RARE.error],
    ["customer=ann&placed_before=2026-11-21T12:00:00Z", RARE.customer],
  ])("finds by %s at once", async (query, n) => {
    const { answer, rows_read } = await costOf(`/v1/orders?${query}`);
    expect([shownIds(answer, "orders"), answer.json.has_more]).toEqual([[`o${n}`], false]);
    // A provider's order id alone is looked for at each of the three providers: two rows each.
    expect(rows_read).toBeLessThanOrEqual(1 + BESIDE + (query.startsWith("provider_order_id") ? 2 * 3 : 0));
  });

  it.each([
    `provider=beta`,
    "status=canceled",
    "service=2",
    "link=https%3A%2F%2Fx.example%2F1",
    "placed_before=2026-11-21T11:58:20.002Z",
    "flag=overdue&provider=beta",
    "customer=many&provider=beta",
  ])("looks for %s among ten thousand orders a request, says where it stopped, and gets to the end", async (query) => {
    const first = await costOf(`/v1/orders?${query}`);
    expect([shownIds(first.answer, "orders"), first.answer.json.has_more]).toEqual([[], true]);
    expect(first.rows_read).toBeLessThanOrEqual(20_000 + BESIDE);
    let cursor = first.answer.json.next_cursor as string | null;
    let requests = 1;
    for (; cursor !== null && requests < 100; requests++)
      cursor = (await world.get(`/v1/orders?${query}&cursor=${cursor}`, { key })).json.next_cursor;
    expect(requests).toBeLessThanOrEqual(ORDERS / 10_000 + 1);
  });

  it("shows the one hit behind nine thousand others on the first page", async () => {
    const cursor = encodeCursor([9000]);
    for (const [query, n] of [
      ["provider=beta", RARE.provider],
      ["status=canceled", RARE.canceled],
      ["service=2", RARE.service],
    ] as const)
      expect(shownIds((await costOf(`/v1/orders?${query}&cursor=${cursor}`)).answer, "orders")).toEqual([`o${n}`]);
  });

  it("reads two rows an id, and none that it does not find", async () => {
    const ids = Array.from({ length: 100 }, (_, i) => `o${i * 900 + 1}`);
    const { answer, rows_read } = await costOf(`/v1/orders?ids=${ids.join(",")}`);
    expect(answer.json.orders).toHaveLength(100);
    expect(rows_read).toBeLessThanOrEqual(4 * 100 + BESIDE);
  });
});

describe("a count of orders", () => {
  /** What is looked at for a count, at most. */
  const LOOKED = 10_001;
  const NONE = { pending: 0, processing: 0, in_progress: 0, completed: 0, partial: 0, canceled: 0, refunded: 0, error: 0, unknown: 0 };
  const countOf = (query: string) => costOf(`/v1/orders?count=status${query === "" ? "" : `&${query}`}`);

  it.each([
    ["customer=ann", { completed: 0, in_progress: 1 }, 1],
    ["flag=stalled", { in_progress: 1 }, 1],
    ["status=error", { error: 1 }, 1],
    ["flag=stalled&service=2", {}, 0],
    ["provider_order_id=27", { in_progress: 1 }, 1],
    ["provider_order_id=27&status=completed", {}, 0],
  ] as const)("of %s reads what its list reads", async (query, statuses, total) => {
    const { answer, rows_read, d1_calls } = await countOf(query);
    expect(answer.json).toEqual({ total, at_least: false, statuses: { ...NONE, ...statuses } });
    expect(d1_calls).toBe(1);
    expect(rows_read).toBeLessThanOrEqual(1 + BESIDE + (query.startsWith("provider_order_id") ? 2 * 3 : 0));
  });

  it.each([
    ["", 10_001],
    ["flag=overdue", 10_001],
    ["customer=many&service=1", 10_001],
    ["status=in_progress", 5_000],
    ["provider=beta", 0],
    ["placed_before=2026-11-21T11:58:20.002Z", 0],
  ])("looks at ten thousand and says that there are more: %s", async (query, total) => {
    const { answer, rows_read } = await countOf(query);
    expect(answer.json).toMatchObject({ total, at_least: true });
    expect(rows_read).toBeLessThanOrEqual(LOOKED + BESIDE);
  });
});

describe("the status of orders at a door", () => {
  const some = (of: (n: number) => string) => Array.from({ length: 100 }, (_, i) => of(i * 900 + 1)).join(",");

  it.each([
    ["a hundred by the panel's ids", null, { orders: some((n) => `o${n}`) }, 700],
    ["a hundred by the provider's", "acme", { orders: some(String) }, 700],
    ["one by the panel's id", null, { order: "o27" }, 20],
    ["one by the provider's", "acme", { order: "27" }, 21],
  ] as const)("is a few rows each: %s", async (_name, provider, fields, most) => {
    const { answer, rows_read } = await world.costOf((metering) => metering.apiV2(key, { action: "status", ...fields }, provider));
    expect(answer.text).toContain('"status":"In progress"');
    expect(rows_read).toBeLessThanOrEqual(most);
  });
});

describe("a list of refunds", () => {
  it.each(["held", "delayed", "rejected", "posted"])("finds those %s at once beside 30,000 of another status", async (status) => {
    await fillRefunds(status === "held" ? "delayed" : "held", status);
    const { answer, rows_read } = await costOf(`/v1/refunds?status=${status}`);
    expect([shownIds(answer, "refunds"), answer.json.has_more]).toEqual([[5, 4, 3, 2, 1].map((n) => `o${n}-r1`), false]);
    expect(rows_read).toBeLessThanOrEqual(5 + BESIDE);
  });

  it.each(["", "status=posted", "order=o99000", "order=o99000&status=posted"])("reads a row a refund and ten: %s", async (query) => {
    await fillRefunds("posted", "held");
    const { answer, rows_read } = await costOf(`/v1/refunds?${query}`);
    expect(answer.json.refunds.length).toBe(query.includes("order") ? 1 : 50);
    expect(rows_read).toBeLessThanOrEqual(answer.json.refunds.length + BESIDE);
  });

  it("names the order of a refund that an older release wrote", async () => {
    await bypassTriggers("UPDATE refunds SET order_id = NULL WHERE order_n = 5");
    expect(shownIds(await world.get("/v1/refunds?order=o5", { key }), "refunds")).toEqual(["o5-r1"]);
  });
});

describe("a list over all panels", () => {
  /** Beside the panel with 100,000 orders. */
  const PANELS = 60;
  const ORDERS_EACH = 300;
  const ask = { panel: "*" };
  const panelsRead = PANELS + 1;

  beforeAll(async () => {
    const numbers = (last: number, name = "c") => `${name} (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM ${name} WHERE n < ${last})`;
    const each = `WITH RECURSIVE ${numbers(PANELS, "a")}, ${numbers(ORDERS_EACH)} `;
    const panel = "printf('m%02d', a.n)";
    await fillRefunds("posted", "held");
    await bypassTriggers(
      `INSERT INTO panels (id, currency, money, created_at, order_n, feed_seq)
         WITH RECURSIVE ${numbers(PANELS, "a")} SELECT ${panel}, 'USD', 'ledger', 1, ${ORDERS_EACH}, ${NOW} + ${ORDERS_EACH} FROM a`,
      // One a second, panel after panel: the newest hundred are of all of them.
      `INSERT INTO orders (panel, n, id, provider, provider_order_id, service, customer, quantity, charge, currency, status, middle,
         flags, cadence, phase, progress_at, created_at, placed_at, updated_at, last_change)
         ${each} SELECT ${panel}, c.n, 'o' || c.n, 'acme', ${panel} || '-' || c.n, '1', 'ann', 1000, 900000, 'USD', 'completed', 'in_progress',
           iif(c.n = 7, ${FLAGS.stalled}, 0), NULL, 1, 1, ${NOW} + c.n * 60 + a.n, 1, 1, 1 FROM a CROSS JOIN c`,
      `INSERT INTO refunds (panel, order_n, n, order_id, amount, currency, status, reason, created_at, decided_at)
         ${each} SELECT ${panel}, c.n, 1, 'o' || c.n, 1000, 'USD', iif(c.n = 7, 'held', 'posted'), 'partial', ${NOW}, iif(c.n = 7, NULL, ${NOW}) FROM a CROSS JOIN c`,
      `INSERT INTO changes (panel, seq, type, order_id, created_at, prev, previous, data)
         ${each} SELECT ${panel}, ${NOW} + c.n, 'order.updated', 'o' || c.n, ${NOW}, 0, '{}', '{}' FROM a CROSS JOIN c`,
      `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, order_id, created_at)
         ${each} SELECT ${panel}, 'USD', 'ann', c.n, 'charge', -1, -c.n, c.n, 'o' || c.n, 1 FROM a CROSS JOIN c`,
    );
  });

  it.each([
    ["/v1/orders", "orders", 50, 3, 6],
    ["/v1/orders?limit=500", "orders", 500, 3, 6],
    ["/v1/orders?flag=stalled", "orders", 50, 3, 6],
    ["/v1/orders?customer=ann&limit=500", "orders", 500, 3, 6],
    ["/v1/refunds", "refunds", 50, 5, 6],
    ["/v1/refunds?limit=500", "refunds", 500, 5, 6],
    ["/v1/refunds?status=held", "refunds", 50, 5, 6],
    ["/v1/changes", "changes", 100, 3, 3],
    ["/v1/changes?limit=1000", "changes", 1000, 3, 3],
    // Three where a panel has several.
    ["/v1/customers", "customers", 50, 5, 0],
    ["/v1/orders?ids=o7", "orders", 61, 2, 1],
    ["/v1/orders?ids=o1,o2,o3,o4,o5,o6,o7,o8", "orders", 488, 2, 2],
    ["/v1/orders?provider=acme&provider_order_id=27", "orders", 1, 2, 0],
  ])("%s reads a few rows for each that it shows, and for each panel", async (path, list, count, aRow, aPanel) => {
    const { answer, rows_read, d1_calls } = await costOf(path, ask);
    expect(answer.json[list]).toHaveLength(count);
    expect(d1_calls).toBe(1);
    const most = aRow * count + aPanel * panelsRead + BESIDE;
    expect(rows_read).toBeLessThanOrEqual(most);
    if (answer.json.has_more !== true) return;
    const place = list === "changes" ? `after=${answer.json.next_after}` : `cursor=${answer.json.next_cursor}`;
    const next = await costOf(`${path}${path.includes("?") ? "&" : "?"}${place}`, ask);
    expect(next.answer.json[list].length).toBeGreaterThan(0);
    expect(next.rows_read).toBeLessThanOrEqual(most);
  });

  it("a count reads a row for each order that it looks at, and each panel", async () => {
    const few = await costOf("/v1/orders?count=status&flag=stalled", ask);
    expect(few.answer.json).toMatchObject({ total: 61, at_least: false, statuses: { completed: 60, in_progress: 1 } });
    expect([few.d1_calls, few.rows_read <= 2 * panelsRead + 61 + BESIDE]).toEqual([1, true]);
    const many = await costOf("/v1/orders?count=status&customer=ann", ask);
    expect(many.answer.json).toMatchObject({ total: 10_001, at_least: true });
    expect(many.rows_read).toBeLessThanOrEqual(10_001 + 2 * panelsRead + BESIDE);
    const one = await costOf("/v1/orders?count=status&provider=acme&provider_order_id=27", ask);
    expect(one.answer.json.total).toBe(1);
    expect(one.rows_read).toBeLessThanOrEqual(2 + BESIDE);
  });

  it("looks for what has no index among three thousand orders a request, and gets to the end", async () => {
    await bypassTriggers("UPDATE orders SET provider = 'gamma' WHERE panel = 'm09' AND n IN (1, 299)");
    const found: string[] = [];
    let cursor: string | null = null;
    let requests = 0;
    do {
      const { answer, rows_read } = await costOf(`/v1/orders?provider=gamma${cursor === null ? "" : `&cursor=${cursor}`}`, ask);
      expect(rows_read).toBeLessThanOrEqual(2 * 3 * 3000 + 12 * panelsRead);
      found.push(...answer.json.orders.map(({ panel, id }: Record<string, string>) => `${panel}:${id}`));
      cursor = answer.json.next_cursor;
      requests += 1;
    } while (cursor !== null && requests < 100);
    expect(found).toEqual(["m09:o299", "m09:o1"]);
    expect(requests).toBeLessThanOrEqual((ORDERS + PANELS * ORDERS_EACH) / 3000 + 2);
  });
});

describe("what the operator looks at", () => {
  it("providers are two rows each, with a brake that holds 30,000 refunds", async () => {
    await fillRefunds("held", "held");
    await bypassTriggers("UPDATE refunds SET reason = 'brake'", "UPDATE orders SET word_hold_n = 1 WHERE n > 70000");
    await env.DB.prepare("UPDATE providers SET brake_engaged_at = 1, active_orders = 50000 WHERE id = 'acme'").run();
    const list = await costOf("/v1/providers", {});
    expect(list.answer.json.providers[0]).toMatchObject({ id: "acme", brake: { held: null }, health: { active_orders: 50_000 } });
    expect(list.rows_read).toBeLessThanOrEqual(2 * 3);
    const one = await costOf("/v1/providers/acme", {});
    expect(one.answer.json.brake.held).toMatchObject({ count: 4995, at_least: true });
    expect(one.rows_read).toBeLessThanOrEqual(20_000 + BESIDE);
    await env.DB.prepare("UPDATE providers SET brake_engaged_at = NULL").run();
    expect((await costOf("/v1/providers/acme", {})).rows_read).toBeLessThanOrEqual(2);
  });

  it("the health page is ten rows, with 200 providers and 5,000 dead letters", async () => {
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO providers (id, url, api_key, created_at, updated_at, retry_at, last_failure)
         SELECT 'z' || value, 'x', 'x', 1, 1, 1, '{"code":"rate_limited"}' FROM json_each(?1)`,
      ).bind(JSON.stringify(Array.from({ length: 200 }, (_, i) => i))),
      env.DB.prepare(
        `WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 5000)
         INSERT INTO dead_letters (queue_message_id, body, failed_at, replayed_at) SELECT 'm' || n, '{}', 1, 1 FROM c`,
      ),
      env.DB.prepare("UPDATE ticks SET minute = 1, at = ?1").bind(NOW),
    ]);
    const well = await costOf("/healthz", { key: null });
    expect([well.answer.status, well.answer.json.problems]).toEqual([200, []]);
    expect(well.rows_read).toBeLessThanOrEqual(10);
    await env.DB.batch([
      env.DB.prepare("UPDATE providers SET retry_at = 1, last_failure = '{\"code\":\"timeout\"}' WHERE id = 'beta'"),
      env.DB.prepare("UPDATE dead_letters SET replayed_at = NULL WHERE id > 2000"),
    ]);
    const ill = await costOf("/healthz", { key: null });
    expect([ill.answer.status, ill.answer.json.problems]).toEqual([503, ["provider_down", "dead_letters"]]);
    expect(ill.rows_read).toBeLessThanOrEqual(10);
    await bypassTriggers("DELETE FROM providers WHERE id LIKE 'z%'", "DELETE FROM dead_letters");
  });
});

describe("every other list", () => {
  /** So many rows of each table, of which those at the end of the list are asked for. */
  const OTHERS = 30_000;
  /** How many changes and entries one order and one customer have. */
  const OWN = 40;
  const ledgerKey = keyNamed("l");

  beforeAll(async () => {
    await addPanel("l");
    await env.DB.prepare("UPDATE panels SET money = 'ledger' WHERE id = 'l'").run();
    const numbers = (last: number) => `WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${last})`;
    await bypassTriggers(
      `INSERT INTO panels (id, currency, money, created_at) ${numbers(1000)} SELECT 'q' || n, 'USD', 'advice', 1 FROM c`,
      `INSERT INTO services (id, provider, provider_service, name, category, type, rate, min, max, dripfeed, refill, cancel, enabled, created_at, updated_at)
         ${numbers(10_000)} SELECT n, 'acme', '1', 'x', 'x', 'Default', '1', 1, 10, 0, 0, 0, 1, 1, 1 FROM c`,
      `INSERT INTO audit (at, actor, action, subject, before, after) ${numbers(OTHERS)} SELECT n, 'x', 'x', 'x', '{}', '{}' FROM c`,
      `INSERT INTO dead_letters (queue_message_id, body, failed_at, replayed_at) ${numbers(OTHERS)} SELECT 'm' || n, '{}', 1, 1 FROM c`,
      `INSERT INTO changes (panel, seq, type, order_id, created_at, prev, previous, data)
         ${numbers(OTHERS)} SELECT 'p', n, 'order.updated', 'o' || n, n, iif(n <= ${OWN}, n - 1, 0), '{}', '{}' FROM c`,
      `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, order_id, created_at)
         ${numbers(OTHERS)} SELECT 'l', 'USD', iif(n <= ${OWN}, 'ann', 'many'), n, 'charge', -1, -n, n, 'o' || n, 1 FROM c`,
      `UPDATE orders SET last_change = ${OWN} WHERE n = 1`,
    );
  });

  it.each([
    ["/v1/panels", "panels", 50, null],
    ["/v1/panels?limit=500", "panels", 500, null],
    ["/v1/services", "services", 50, null],
    ["/v1/services?limit=500", "services", 500, null],
    ["/v1/audit", "entries", 50, null],
    ["/v1/dead-letters", "dead_letters", 50, null],
    ["/v1/changes", "changes", 100, key],
    ["/v1/changes?limit=1000", "changes", 1000, key],
    ["/v1/customers/ann/entries", "entries", OWN, ledgerKey],
    ["/v1/customers/many/entries?limit=500", "entries", 500, ledgerKey],
  ])("%s reads a row for each that it shows, and ten", async (path, list, count, as) => {
    const { answer, rows_read } = await costOf(path, as === null ? {} : { key: as });
    expect(answer.json[list]).toHaveLength(count);
    expect(rows_read).toBeLessThanOrEqual(count + BESIDE);
  });

  it("a list of accounts is three rows an account, however many entries each has", async () => {
    await bypassTriggers(
      `INSERT INTO transfers (panel, currency, customer, n, type, amount, balance, order_n, order_id, created_at)
         WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 400), e (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM e WHERE n < 20)
         SELECT 'l', 'EUR', printf('c%03d', c.n), e.n, 'charge', -1, -e.n, e.n, 'o' || e.n, 1 FROM c CROSS JOIN e`,
    );
    const first = await costOf("/v1/customers?limit=300", { key: ledgerKey });
    const rest = await costOf(`/v1/customers?limit=300&cursor=${first.answer.json.next_cursor}`, { key: ledgerKey });
    expect([first, rest].map(({ answer }) => [answer.json.customers.length, answer.json.has_more])).toEqual([
      [300, true],
      [102, false],
    ]);
    expect(rest.answer.json.customers.slice(-3)).toEqual([
      { customer: "c400", balance: "-0.00002", currency: "EUR" },
      { customer: "ann", balance: "-0.00004", currency: "USD" },
      { customer: "many", balance: "-0.03", currency: "USD" },
    ]);
    for (const { answer, rows_read } of [first, rest]) expect(rows_read).toBeLessThanOrEqual(3 * answer.json.customers.length + 2 * BESIDE);
  });

  it.each([
    ["/v1/statuses", null],
    ["/v1/panels/p", null],
    ["/v1/services/1", null],
    ["/v1/providers/acme/refund-policy", null],
    ["/v1/providers/acme/services/1/refund-policy", null],
    ["/v1/customers/ann/balance", ledgerKey],
  ])("%s is ten rows at most", async (path, as) => {
    const { answer, rows_read } = await costOf(path, as === null ? {} : { key: as });
    expect(answer.status).toBe(200);
    expect(rows_read).toBeLessThanOrEqual(BESIDE);
  });
});

describe("webhooks", () => {
  it("look at a thousand changes each at most, whatever waits for them", async () => {
    const made = await Promise.all(
      [null, ["refund.held"]].map(async (types) => {
        const { json } = await world.ask("POST", "/v1/webhooks", { key, body: { url: "https://hook.example/", types } });
        await world.ask("PATCH", `/v1/webhooks/${json.id}`, { key, body: { after: 0 } });
        return json.id as string;
      }),
    );
    const list = await costOf("/v1/webhooks");
    expect(new Set(list.answer.json.webhooks.map(({ behind }: { behind: number }) => behind))).toEqual(new Set([1000, 0]));
    expect(list.rows_read).toBeLessThanOrEqual(2 * 1000 + 2 * 3 + BESIDE);
    expect((await costOf(`/v1/webhooks/${made[0]}`)).rows_read).toBeLessThanOrEqual(1000 + BESIDE);
    await bypassTriggers("DELETE FROM webhooks");
  });
});

describe("one order", () => {
  it("is a few rows, and its history three a change", async () => {
    expect((await costOf("/v1/orders/o1")).rows_read).toBeLessThanOrEqual(2 + BESIDE);
    const { answer, rows_read } = await costOf("/v1/orders/o1/changes");
    expect(answer.json.changes).toHaveLength(40);
    expect(rows_read).toBeLessThanOrEqual(3 * 40 + BESIDE);
  });
});

describe("a reconciliation report", () => {
  const hour = (from: number, to: number) =>
    `/v1/reports/reconciliation?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;

  beforeAll(async () => {
    // A change each 10 ms, of an order each, before and in the period asked for.
    await env.DB.prepare(
      `INSERT INTO changes (panel, seq, type, order_id, created_at, previous, data)
       WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < 50000)
       SELECT 'p', (?1 + n * 10) * 1000, 'order.updated', 'o' || n, ?1 + n * 10, '{}', '{}' FROM c`,
    )
      .bind(NOW)
      .run();
  });

  it("reads nothing of what is refused for its parameters", async () => {
    for (const query of ["", "?from=x&to=y", `?from=${new Date(NOW).toISOString()}&to=${new Date(NOW - 1).toISOString()}`])
      expect((await costOf(`/v1/reports/reconciliation${query}`)).rows_read).toBe(0);
  });

  it("reads a row a change where a period is too long, and a few more where it is not", async () => {
    const long = await costOf(hour(NOW, NOW + 500_000));
    expect(long.answer.status).toBe(422);
    expect(long.rows_read).toBeLessThanOrEqual(20_000 + BESIDE);
    const short = await costOf(hour(NOW, NOW + 100_000));
    expect(short.answer.status).toBe(200);
    expect(short.rows_read).toBeLessThanOrEqual(80_000);
  });
});

describe("a key that nobody has", () => {
  /** SQLite counts what it reads of tables of its own, such as those that an UPDATE FROM or a recursion goes through. */
  const OF_SQLITES_OWN = 3;
  const ids = Array.from({ length: 100 }, (_, i) => `o${i + 1}`).join(",");
  const unknown = "ps_00000000000000000000000000000000000000000000000000";

  it.each([
    "/v1/orders",
    `/v1/orders?ids=${ids}`,
    "/v1/orders?flag=overdue",
    "/v1/orders?customer=many",
    "/v1/orders?provider=acme",
    "/v1/orders?provider_order_id=1",
    "/v1/orders?count=status",
    "/v1/orders?count=status&provider_order_id=1",
    "/v1/orders/o1",
    "/v1/orders/o1/changes",
    "/v1/changes",
    "/v1/refunds",
    "/v1/refunds?status=held",
    "/v1/refunds?status=posted",
    "/v1/customers",
    "/v1/customers/many/balance",
    "/v1/customers/many/entries",
    "/v1/reports/reconciliation?from=2026-11-21T12:00:00Z&to=2026-11-21T13:00:00Z",
    "/v1/panels",
    "/v1/providers",
  ])("reads no row of a table: %s", async (path) => {
    const { answer, rows_read } = await costOf(path, { key: unknown });
    expect([answer.status, answer.json.error.code]).toEqual([401, "unauthorized"]);
    expect(rows_read).toBeLessThanOrEqual(OF_SQLITES_OWN);
  });

  it.each([
    "/v1/orders",
    "/v1/orders?flag=overdue",
    "/v1/orders?provider=acme",
    "/v1/orders?provider=acme&provider_order_id=1",
    "/v1/orders?count=status",
    "/v1/orders?count=status&provider_order_id=1",
    "/v1/orders?ids=o1",
    "/v1/changes",
    "/v1/refunds",
    "/v1/refunds?status=held",
    "/v1/customers",
  ])("reads no row of a table over all panels: %s", async (path) => {
    const { id, key: ended } = (await world.ask("POST", "/v1/keys", { body: { name: "ended", scopes: ["view"] } })).json;
    await world.ask("DELETE", `/v1/keys/${id}`);
    for (const made of [unknown, ended]) {
      const { answer, rows_read } = await costOf(path, { key: made, panel: "*" });
      expect([answer.status, answer.json.error.code]).toEqual([401, "unauthorized"]);
      expect(rows_read).toBeLessThanOrEqual(OF_SQLITES_OWN);
    }
  });

  it.each(
    [null, "acme"].flatMap((provider) =>
      [
        { action: "status", orders: ids },
        { action: "refill", orders: ids },
        { action: "refill_status", refills: ids },
        { action: "cancel", orders: ids },
        { action: "services" },
        { action: "balance" },
        { action: "add", service: "1", link: "https://x.example/1", quantity: "10" },
        { action: "nothing" },
      ].map((fields) => [fields.action, provider, fields] as const),
    ),
  )("reads no row of a table at the door: %s, %s", async (_action, provider, fields) => {
    const { answer, rows_read } = await world.costOf((metering) => metering.apiV2(unknown, fields, provider));
    expect(answer.json.error).toMatch(/key/i);
    expect(rows_read).toBeLessThanOrEqual(OF_SQLITES_OWN);
  });
});

describe("what looks over all panels", () => {
  it("the overview reads a hundred rows of each kind of trouble at most", async () => {
    await env.DB.prepare("UPDATE providers SET retry_at = NULL, last_failure = NULL").run();
    const { answer, rows_read } = await world.costOf((metering) => metering.get("/v1/overview"));
    expect(answer.json.needs_person.overdue).toEqual({ count: 100, at_least: true });
    expect(rows_read).toBeLessThanOrEqual(800);
  });

  it("a panel's public status reads four rows for each of its 200 newest orders at most", async () => {
    await env.DB.prepare("UPDATE panels SET public_status = 1 WHERE id = 'p'").run();
    const { answer, rows_read } = await costOf("/v1/status/p", { key: null });
    expect([answer.status, answer.json.panel]).toEqual([200, "p"]);
    expect(rows_read).toBeLessThanOrEqual(4 * 200 + BESIDE);
    const hidden = await costOf("/v1/status/nobody", { key: null });
    expect([hidden.answer.status, hidden.rows_read <= BESIDE]).toEqual([404, true]);
  });

  it("a look at the alerts reads a hundred rows of each kind of trouble at most", async () => {
    const { db, usage } = metered(env.DB);
    await readAlertFacts(db, "free", NOW);
    expect(usage()).toMatchObject({ d1_calls: 1, d1_statements: 2 });
    expect(usage().rows_read).toBeLessThanOrEqual(600);
  });
});

it("every route that reads is counted here, or reads single records", () => {
  const reading = ROUTES.filter(({ method }) => method === "GET").map(({ path }): string => path);
  expect(reading.filter((path) => !COUNTED.includes(path) && !OF_SINGLE_RECORDS.includes(path))).toEqual([]);
});

it("every flag has an index", async () => {
  const indexes = (await rows<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'index'")).map(({ name }) => name);
  expect(indexes).toEqual(expect.arrayContaining(FLAG_NAMES.map((flag: Flag) => `orders_${flag}`)));
});

import { BLOCK } from "../../../src/store/feed/feed-numbers.ts";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { StatusReport } from "../../../src/domain/order-report.ts";
import type { Order } from "../../../src/domain/order.ts";
import { correctionWindowOf, DEFAULT_SETTLE_HOURS } from "../../../src/domain/poll-cadence.ts";
import { reconcile } from "../../../src/domain/reconcile.ts";
import { DEFAULT_POLICY } from "../../../src/domain/refund-policy.ts";
import { metered } from "../../../src/store/operations/metered.ts";
import { applyEach, applySweep, type OrderWrite } from "../../../src/store/orders/apply.ts";
import { readNamed } from "../../../src/store/orders/due.ts";
import type { Provider } from "../../../src/store/rows/provider.ts";
import { writeOf } from "../../../src/sync/sweep/write.ts";
import { migrate, NOW, rows } from "../world/database.ts";
import { addOrders, addPanel, addProvider, type OrderColumns } from "../world/records.ts";

const POLICY = {
  statusWords: {},
  progressPercent: 5,
  progressStretch: 1,
  asksMany: false,
  startWindowMs: null,
  durationMs: null,
  isLinkShared: true,
  correctionWindowMs: correctionWindowOf(DEFAULT_SETTLE_HOURS),
  refunds: DEFAULT_POLICY,
  holdAll: null,
  parts: [],
};

function says(word: string, remains: number | null): StatusReport {
  return { kind: "status", providerStatus: word, remains, startCount: 10, charge: "0.5", currency: "USD", multi: false, parts: null };
}

async function read(panel: string, first: number, count: number): Promise<{ orders: readonly Order[]; provider: Provider }> {
  const { providers, due } = await readNamed(
    env.DB,
    Array.from({ length: count }, (_, i) => [panel, first + i] as const),
  );
  return { orders: due[0] ?? [], provider: [...providers.values()][0] as Provider };
}

function write(order: Order, report: StatusReport, provider: Provider): OrderWrite {
  const written = writeOf(order, reconcile(order.state, report, POLICY, NOW), provider, NOW);
  if (written === null) throw new Error("the report teaches nothing");
  return written;
}

function apply(writes: readonly OrderWrite[], provider: Provider, db = env.DB): Promise<"written" | "outdated" | "refused"> {
  return applySweep(db, writes, { provider: provider.id, seen: provider.stateVersion, state: provider.state });
}

beforeAll(async () => {
  await migrate();
  await addPanel("p");
  for (const id of ["acme", "raced", "twice", "cost"]) await addProvider(id);
});

describe("one apply", () => {
  it("writes status, refund and feed together, numbers the feed, and links an order's changes", async () => {
    await addOrders("p", "acme", 1, 3);
    const { orders, provider } = await read("p", 1, 3);
    expect(
      await apply(
        orders.map((order) => write(order, says("Partial", 250), provider)),
        provider,
      ),
    ).toBe("written");
    expect(await rows("SELECT status, remains, refunded, refund_count, version, cadence FROM orders WHERE provider = 'acme'")).toEqual(
      Array.from({ length: 3 }, () => ({ status: "partial", remains: 250, refunded: 225_000, refund_count: 1, version: 2, cadence: 60 })),
    );
    expect(await rows("SELECT order_n, n, amount, status, decided_by FROM refunds WHERE panel = 'p' AND order_n <= 3")).toEqual(
      [1, 2, 3].map((order_n) => ({ order_n, n: 1, amount: 225_000, status: "posted", decided_by: "rules" })),
    );
    const changes = await rows<{ seq: number; type: string; order_id: string; prev: number }>(
      "SELECT seq, type, order_id, prev FROM changes ORDER BY seq",
    );
    expect(changes.map(({ type, order_id }) => `${order_id} ${type}`)).toEqual(
      ["o1", "o2", "o3"].flatMap((id) => [`${id} order.updated`, `${id} refund.posted`]),
    );
    const [first = 0] = changes.map(({ seq }) => seq);
    expect(changes.map(({ seq }) => seq - first)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(first - NOW * 1000).toBeGreaterThan(0);
    expect(first - NOW * 1000).toBeLessThan(2 * BLOCK);
    expect(changes.map(({ prev }) => prev)).toEqual(changes.map(({ seq }, i) => (i % 2 === 0 ? 1 : seq - 1)));
    expect(await rows("SELECT last_change FROM orders WHERE provider = 'acme' ORDER BY n")).toEqual(
      [1, 3, 5].map((i) => ({ last_change: changes[i]?.seq })),
    );
  });

  it("tells the feed to the letter, whatever stands in an order's texts", async () => {
    await addOrders("p", "acme", 5, 1, { link: 'https://x.example/"q"\\n/\u2028é\u{1F600}/</script>?\u007f\t\\u0041' });
    const { orders, provider } = await read("p", 5, 1);
    const moved = orders.map((order) => write(order, says("Partial", 250), provider));
    await apply(moved, provider);
    expect(moved.flatMap(({ events }) => events).length).toBe(2);
    expect(await rows("SELECT previous, data FROM changes WHERE order_id = 'o5' ORDER BY seq")).toEqual(
      moved.flatMap(({ events }) =>
        events.map(({ previous, data }) => ({ previous: JSON.stringify(previous), data: JSON.stringify(data) })),
      ),
    );
  });

  it("counts an order as followed once, when two write it in the same millisecond", async () => {
    await addProvider("counted");
    await addOrders("p", "counted", 800, 2, {
      status: "pending",
      middle: "pending",
      provider_status: null,
      cadence: 1,
      polled_at: null,
      updated_at: NOW,
    });
    const { orders, provider } = await read("p", 800, 2);
    const writes = orders.map((order) => write(order, says("In progress", 900), provider));
    expect(await applyEach(env.DB, writes.slice(0, 1))).toHaveLength(1);
    // The provider's state is still the one that was seen: only the order was written by somebody else.
    expect(await apply(writes, provider)).toBe("written");
    expect(await rows("SELECT active_orders FROM providers WHERE id = 'counted'")).toEqual([{ active_orders: 2 }]);
    expect(await apply(writes, provider)).toBe("outdated");
    expect(await rows("SELECT active_orders FROM providers WHERE id = 'counted'")).toEqual([{ active_orders: 2 }]);
  });

  it("withdraws a hold and posts in its place", async () => {
    await addOrders("p", "acme", 11, 1);
    const held = await read("p", 11, 1);
    await apply(
      held.orders.map((order) => write(order, says("Partial", null), held.provider)),
      held.provider,
    );
    expect(await rows("SELECT hold_n, hold_amount, refunded FROM orders WHERE n = 11")).toEqual([
      { hold_n: 1, hold_amount: 900_000, refunded: 0 },
    ]);
    const told = await read("p", 11, 1);
    await apply(
      told.orders.map((order) => write(order, says("Partial", 100), told.provider)),
      told.provider,
    );
    expect(await rows("SELECT n, amount, status FROM refunds WHERE order_n = 11 ORDER BY n")).toEqual([
      { n: 1, amount: 900_000, status: "rejected" },
      { n: 2, amount: 90_000, status: "posted" },
    ]);
    expect(await rows("SELECT type FROM changes WHERE order_id = 'o11' ORDER BY seq")).toEqual(
      ["order.updated", "order.flagged", "refund.held", "order.flagged", "refund.rejected", "refund.posted"].map((type) => ({ type })),
    );
  });
});

describe("fencing", () => {
  it("lets one of two appliers that saw the same versions write, and the other change nothing: 300 orders, raced", async () => {
    await addOrders("p", "raced", 1001, 300);
    for (let first = 1001; first <= 1300; first += 30) {
      const [a, b] = await Promise.all([read("p", first, 30), read("p", first, 30)]);
      const done = await Promise.all([
        apply(
          a.orders.map((order) => write(order, says("Canceled", 1000), a.provider)),
          a.provider,
        ),
        apply(
          b.orders.map((order) => write(order, says("Partial", 250), b.provider)),
          b.provider,
        ),
      ]);
      expect(done.toSorted((x, y) => x.localeCompare(y))).toEqual(["outdated", "written"]);
    }
    expect(await rows("SELECT count(*) AS count FROM refunds WHERE order_n BETWEEN 1001 AND 1300")).toEqual([{ count: 300 }]);
    expect(await rows("SELECT DISTINCT version, refund_count FROM orders WHERE provider = 'raced'")).toEqual([
      { version: 2, refund_count: 1 },
    ]);
  });

  it("passes over an order that somebody else changed, and writes the others", async () => {
    await addOrders("p", "acme", 21, 2);
    const { orders, provider } = await read("p", 21, 2);
    await env.DB.prepare("UPDATE orders SET remains = 599, version = version + 1 WHERE n = 21").run();
    await apply(
      orders.map((order) => write(order, says("Canceled", 1000), provider)),
      provider,
    );
    expect(await rows("SELECT n, status, refunded FROM orders WHERE n IN (21, 22) ORDER BY n")).toEqual([
      { n: 21, status: "in_progress", refunded: 0 },
      { n: 22, status: "canceled", refunded: 900_000 },
    ]);
    expect(await rows("SELECT order_n FROM refunds WHERE order_n IN (21, 22)")).toEqual([{ order_n: 22 }]);
    expect(await rows("SELECT order_id FROM changes WHERE order_id IN ('o21', 'o22')")).toEqual([{ order_id: "o22" }, { order_id: "o22" }]);
  });

  it("changes nothing under a provider that is not there: the database was put back to before it", async () => {
    await addOrders("p", "acme", 41, 1);
    const { orders, provider } = await read("p", 41, 1);
    const writes = orders.map((order) => write(order, says("Canceled", 1000), provider));
    const state = { provider: "gone", seen: provider.stateVersion, state: provider.state };
    expect(await applySweep(env.DB, writes, state)).toBe("outdated");
    expect(await rows("SELECT status, refunded, version FROM orders WHERE n = 41")).toEqual([
      { status: "in_progress", refunded: 0, version: 1 },
    ]);
    expect(await rows("SELECT count(*) AS count FROM refunds WHERE order_n = 41")).toEqual([{ count: 0 }]);
    expect(await rows("SELECT count(*) AS count FROM changes WHERE order_id = 'o41'")).toEqual([{ count: 0 }]);
  });

  it("tells a refused write from an outdated one", async () => {
    await addOrders("p", "acme", 42, 1);
    const { orders, provider } = await read("p", 42, 1);
    const [moved] = orders.map((order) => write(order, says("Canceled", 1000), provider));
    if (moved === undefined) throw new Error("there is no order");
    const forbidden = { ...moved, next: { ...moved.next, refunded: 2_000_000 } };
    expect(await apply([forbidden], provider)).toBe("refused");
    const later = { ...provider, stateVersion: provider.stateVersion + 1 };
    expect(await apply([forbidden], later)).toBe("outdated");
    expect(await rows("SELECT status, version FROM orders WHERE n = 42")).toEqual([{ status: "in_progress", version: 1 }]);
  });

  it("posts once for an order that is twice in one batch", async () => {
    await addOrders("p", "twice", 31, 1);
    const { orders, provider } = await read("p", 31, 1);
    const double = orders.map((order) => write(order, says("Canceled", 1000), provider));
    await apply([...double, ...double], provider);
    expect(await rows("SELECT status, refunded, version FROM orders WHERE n = 31")).toEqual([
      { status: "canceled", refunded: 900_000, version: 2 },
    ]);
    expect(await rows("SELECT n, amount FROM refunds WHERE order_n = 31")).toEqual([{ n: 1, amount: 900_000 }]);
    expect(await rows("SELECT type FROM changes WHERE order_id = 'o31' ORDER BY seq")).toEqual([
      { type: "order.updated" },
      { type: "refund.posted" },
    ]);
  });
});

describe("what an apply costs, in batches of 100, the provider's one row apart", () => {
  it.each([
    ["a status change", 2001, says("Completed", 0), 3, 11, {}],
    // Neither flags nor cadence change, so their indexes are not written.
    ["the first active status after pending", 2301, says("In progress", 600), 2, 11, { status: "pending", middle: "pending" }],
    ["a flag, with the status that brings it", 2401, says("Completed", 250), 5, 15, {}],
    ["a partial with its refund", 2101, says("Partial", 250), 6, 22, {}],
    [
      "the first poll of orders, which are followed from then on",
      2501,
      says("In progress", 600),
      3,
      13,
      { status: "pending", middle: "pending", provider_status: null, cadence: 1, polled_at: null },
    ],
    ["persisted progress", 2201, says("In progress", 300), 1, 4, {}],
  ] satisfies [string, number, StatusReport, number, number, OrderColumns][])(
    "%s",
    async (...[_name, first, report, rowsEach, readEach, columns]) => {
      await addOrders("p", "cost", first, 100, columns);
      const { orders, provider } = await read("p", first, 100);
      const { db, usage } = metered(env.DB);
      await apply(
        orders.map((order) => write(order, report, provider)),
        provider,
        db,
      );
      expect(usage().rows_written).toBe(rowsEach * 100 + 1);
      // Beside the orders a statement reads the provider's row and the panel's, once each.
      expect(usage().rows_read).toBeLessThanOrEqual(readEach * 100 + 30);
      expect(usage().rows_read).toBeGreaterThan((readEach - 1) * 100);
      expect(usage().d1_calls).toBe(1);
      expect(usage().d1_statements).toBeLessThanOrEqual(6);
    },
  );
});

/**
 * `Panel: *`: an operator reads lists over all panels, and nobody else does.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/http/routes.ts";
import { type Answered, codeOf, order, paths, queryFor } from "../world/asking.ts";
import { bypassTriggers, migrate } from "../world/database.ts";
import { World } from "../world/world.ts";

const world = new World();
const keys = new Map<string, string>();
const PANELS = ["alpha", "beta", "gamma"] as const;
const ALL = { panel: "*" };
const OVER_ALL = ROUTES.filter(({ isOverAll }) => isOverAll);

type Row = Readonly<Record<string, unknown>> & {
  readonly panel?: string;
  readonly id: string;
  readonly seq: number;
  readonly created_at: string;
};

/** Each panel's orders come a while after the others', in turns: the ids are the same in all of them. */
beforeAll(async () => {
  await migrate();
  await world.provider("acme", { currency: "USD" });
  await world.provider("zeta", { currency: "USD" });
  for (const panel of PANELS)
    keys.set(
      panel,
      (await world.ask("POST", "/v1/panels", { body: { id: panel, role: "shop", currency: "USD", money: "ledger", credit_limit: null } }))
        .json.key as string,
    );
  for (let i = 1; i <= 12; i++) {
    const [panel] = [PANELS[i % 3 === 2 ? 0 : i % 2 === 0 ? 1 : 2] ?? "alpha"];
    world.now += 1000;
    const registered = order(String(i % 4), {
      provider: i % 5 === 0 ? "zeta" : "acme",
      provider_order_id: `p${i}`,
      customer: i % 2 === 0 ? "ann" : "bob ☂",
      service: String(i % 3),
      link: `https://x.example/${i % 2}`,
    });
    await world.post("/v1/orders", keys.get(panel) ?? "", { ...registered, id: `${i}` });
    await world.post("/v1/orders", keys.get(panel) ?? "", { ...registered, id: `same-${Math.floor(i / 3)}`, provider_order_id: `s${i}` });
  }
  world.providers.set("acme", (ids) =>
    Object.fromEntries(
      ids.map((id) => [
        id,
        { status: id.endsWith("1") ? "Canceled" : "Partial", remains: "250", charge: "1", start_count: "0", currency: "USD" },
      ]),
    ),
  );
  await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { mode: "hold" } });
  await world.run(10);
});

async function pagesOf(path: string, list: string, ask: Parameters<World["get"]>[1]): Promise<Row[]> {
  const found: Row[] = [];
  const sign = path.includes("?") ? "&" : "?";
  const named = list === "changes" ? "after" : "cursor";
  for (let place: string | number | null = null, isMore = true, pages = 0; isMore && pages < 100; pages++) {
    const { json } = await world.get(place === null ? path : `${path}${sign}${named}=${place}`, ask);
    found.push(...json[list]);
    place = list === "changes" ? json.next_after : json.next_cursor;
    isMore = json.has_more;
  }
  return found;
}

/** Each panel's own list, every row with its panel. */
async function ofEach(path: string, list: string): Promise<Row[]> {
  const lists = await Promise.all(PANELS.map(async (panel) => (await pagesOf(path, list, { panel })).map((row) => ({ panel, ...row }))));
  return lists.flat();
}

const inOrder = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).toSorted();

describe("a list over all panels", () => {
  it.each([
    ["/v1/orders?limit=2", "orders"],
    ["/v1/orders?limit=500", "orders"],
    ["/v1/orders?limit=3&flag=refund_held", "orders"],
    ["/v1/orders?limit=3&customer=ann", "orders"],
    ["/v1/orders?limit=3&status=partial", "orders"],
    ["/v1/orders?limit=3&status=canceled,pending", "orders"],
    ["/v1/orders?limit=1&provider=zeta", "orders"],
    ["/v1/orders?limit=3&service=2&closed=false", "orders"],
    ["/v1/orders?limit=3&link=https%3A%2F%2Fx.example%2F0&customer=ann", "orders"],
    ["/v1/orders?limit=3&provider_order_id=p7", "orders"],
    ["/v1/orders?limit=3&provider=acme&provider_order_id=p7&status=partial", "orders"],
    ["/v1/orders?limit=3&provider_order_id=nowhere", "orders"],
    ["/v1/refunds?limit=2", "refunds"],
    ["/v1/refunds?limit=2&status=held", "refunds"],
    ["/v1/refunds?limit=2&status=posted", "refunds"],
    ["/v1/refunds?limit=2&order=same-1", "refunds"],
    ["/v1/changes?limit=3", "changes"],
    ["/v1/changes?limit=1000", "changes"],
    ["/v1/customers?limit=1", "customers"],
  ])("has every row of each panel's own, once, with its panel: %s", async (path, list) => {
    const all = await pagesOf(path, list, ALL);
    expect(inOrder(all)).toEqual(inOrder(await ofEach(path, list)));
    if (!/nowhere|posted/.test(path)) expect(all.length).toBeGreaterThan(0);
  });

  it.each([
    "",
    "&flag=refund_held",
    "&customer=ann",
    "&status=canceled,pending",
    "&provider=zeta",
    "&service=2&closed=false",
    "&provider_order_id=p7",
    "&provider=acme&provider_order_id=p7&status=partial",
  ])("has as many of each status as it counts: %s", async (query) => {
    const listed = await pagesOf(`/v1/orders?limit=500${query}`, "orders", ALL);
    const { json } = await world.get(`/v1/orders?count=status${query}`, ALL);
    const found = Object.entries(json.statuses as Record<string, number>).filter(([, count]) => count > 0);
    const wanted = [...Map.groupBy(listed, ({ status }) => String(status))].map(([status, of]) => [status, of.length] as const);
    expect(new Map(found)).toEqual(new Map(wanted));
    expect([json.total, json.at_least, listed.length > 0]).toEqual([listed.length, false, true]);
  });

  it("of orders has the newest of all first, over pages", async () => {
    const all = await pagesOf("/v1/orders?limit=5", "orders", ALL);
    const times = all.map(({ placed_at }) => String(placed_at));
    expect(times).toEqual(times.toSorted().toReversed());
    expect(new Set(all.slice(0, 8).map(({ panel }) => panel)).size).toBe(3);
  });

  it("of changes has each panel's in order, and shows what comes later", async () => {
    const read = await pagesOf("/v1/changes?limit=4", "changes", ALL);
    for (const panel of PANELS) {
      const seqs = read.filter((change) => change.panel === panel).map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
    const end = (await world.get("/v1/changes?limit=1000", ALL)).json.next_after as string;
    expect((await world.get(`/v1/changes?after=${end}`, ALL)).json).toEqual({ changes: [], next_after: end, has_more: false });
    world.now += 1000;
    const late = await world.panel("late");
    for (const [panel, key] of [
      ["beta", keys.get("beta") ?? ""],
      ["late", late],
    ] as const)
      await world.post("/v1/orders", key, order("new", { provider_order_id: `new-${panel}`, customer: "ann" }));
    const { changes, next_after } = (await world.get(`/v1/changes?after=${end}`, ALL)).json;
    expect(changes.map(({ panel, type, order: id }: Record<string, string>) => [panel, type, id])).toEqual([
      ["beta", "order.created", "new"],
      ["late", "order.created", "new"],
    ]);
    expect((await world.get(`/v1/changes?after=${next_after}`, ALL)).json.changes).toEqual([]);
    // A number begins in every panel.
    expect((await world.get(`/v1/changes?after=${changes[0].seq - 1}`, ALL)).json.changes).toEqual(changes);
    expect((await world.get(`/v1/changes?after=${changes[1].seq}`, ALL)).json.changes).toEqual([]);
  });

  it("of changes loses none that gets a lower number than others have", async () => {
    const end = (await world.get("/v1/changes?limit=1000", ALL)).json.next_after as string;
    world.now += 60_000;
    await world.post("/v1/orders", keys.get("alpha") ?? "", order("ahead", { provider_order_id: "ahead", customer: "ann" }));
    const seen = (await world.get(`/v1/changes?after=${end}`, ALL)).json;
    expect(seen.changes).toHaveLength(1);
    // Another machine's clock is behind.
    world.now -= 30_000;
    await world.post("/v1/orders", keys.get("gamma") ?? "", order("behind", { provider_order_id: "behind", customer: "ann" }));
    const later = (await world.get(`/v1/changes?after=${seen.next_after}`, ALL)).json;
    expect(later.changes.map(({ order: id, seq }: Record<string, unknown>) => [id, Number(seq) < seen.changes[0].seq])).toEqual([
      ["behind", true],
    ]);
    world.now += 30_000;
  });

  it("of orders by ids has every panel's that has one", async () => {
    const { json, headers } = await world.get("/v1/orders?ids=same-1,2,nowhere", ALL);
    expect(json.orders.every(({ id }: Row) => id === "same-1" || id === "2")).toBe(true);
    expect(json.missing).toEqual(["nowhere"]);
    const own = await Promise.all(
      PANELS.map(async (panel) => (await world.get("/v1/orders?ids=same-1,2", { panel })).json.orders.length as number),
    );
    expect(json.orders).toHaveLength(own.reduce((sum, count) => sum + count, 0));
    expect(json.orders.length).toBeGreaterThan(2);
    const again = await world.get("/v1/orders?ids=same-1,2,nowhere", { ...ALL, headers: { "If-None-Match": headers.get("ETag") ?? "" } });
    expect(again.status).toBe(304);
    const many = await world.get(`/v1/orders?ids=${Array.from({ length: 11 }, (_, i) => i).join(",")}`, ALL);
    expect([codeOf(many), paths(many)]).toEqual([[422, "invalid_request"], ["ids"]]);
  });

  it("takes its own cursors alone", async () => {
    const own = (await world.get("/v1/orders?limit=1", { panel: "beta" })).json.next_cursor as string;
    const all = (await world.get("/v1/orders?limit=1", ALL)).json.next_cursor as string;
    for (const [cursor, ask] of [
      [own, ALL],
      [all, { panel: "beta" }],
    ] as const) {
      const refused = await world.get(`/v1/orders?cursor=${cursor}`, ask);
      expect([codeOf(refused), paths(refused)]).toEqual([[422, "invalid_request"], ["cursor"]]);
    }
    const feed = (await world.get("/v1/changes?limit=1", ALL)).json.next_after as string;
    expect(paths(await world.get(`/v1/changes?after=${feed}`, { panel: "beta" }))).toEqual(["after"]);
    expect(paths(await world.get("/v1/changes?after=x", ALL))).toEqual(["after"]);
  });
});

describe("a header `Panel: *`", () => {
  const askAll = (method: string, path: string, key?: string): Promise<Answered> =>
    world.ask(method, path.replace(/:\w+/g, "none"), {
      ...ALL,
      ...(key === undefined ? {} : { key }),
      ...(method === "GET" || method === "DELETE" ? {} : { body: {} }),
    });

  it("is refused by every other route, which says where it is taken", async () => {
    for (const route of ROUTES) {
      const { method, path, who, isOverAll } = route;
      if (isOverAll || who === "anyone") continue;
      const refused = await askAll(method, path + queryFor(route));
      expect([method, path, ...codeOf(refused)]).toEqual([method, path, 422, "not_over_all_panels"]);
      for (const taken of OVER_ALL) expect(refused.json.error.message).toContain(`GET ${taken.path}`);
    }
  });

  it.each(["admin", "support", "view"])("is taken of an operator's key with the scope %s", async (scope) => {
    const { key, id } = (await world.ask("POST", "/v1/keys", { body: { name: scope, scopes: [scope] } })).json;
    for (const route of OVER_ALL) {
      const { path } = route;
      const { answer, d1_calls } = await world.costOf((metering) => metering.get(path + queryFor(route), { key, ...ALL }));
      // The key is checked by the read; its first use of the day is noted beside it.
      expect([path, answer.status, d1_calls <= 2]).toEqual([path, 200, true]);
    }
    await world.ask("DELETE", `/v1/keys/${id}`);
    for (const { path } of OVER_ALL) expect(codeOf(await world.get(path, { key, ...ALL }))).toEqual([401, "unauthorized"]);
  });

  it("is refused of an operator's key whose time is over, and of every panel's", async () => {
    const soon = new Date(world.now + 1000).toISOString();
    const { key: expired } = (await world.ask("POST", "/v1/keys", { body: { name: "old", scopes: ["view"], expires_at: soon } })).json;
    world.now += 2000;
    const script = (await world.ask("POST", "/v1/keys", { body: { name: "script", panel: "alpha", scopes: ["api_v2"] } })).json.key;
    for (const route of OVER_ALL) {
      const asked = route.path + queryFor(route);
      expect(codeOf(await world.get(asked, { key: expired, ...ALL }))).toEqual([401, "key_expired"]);
      expect(codeOf(await world.get(asked, { key: keys.get("alpha") ?? "", ...ALL }))).toEqual([403, "another_panel"]);
      expect(codeOf(await world.get(asked, { key: script, ...ALL }))).toEqual([403, "forbidden"]);
      expect(codeOf(await world.get(asked, { key: `ps_${"0".repeat(48)}`, ...ALL }))).toEqual([401, "unauthorized"]);
      expect(codeOf(await world.get(asked, { key: null, ...ALL }))).toEqual([401, "unauthorized"]);
    }
  });
});

describe("with more panels than are merged", () => {
  const MANY = 230;

  beforeAll(async () => {
    const numbers = `WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${MANY})`;
    const panel = "printf('many-%03d', n)";
    const at = world.now;
    await bypassTriggers(
      `INSERT INTO panels (id, currency, money, created_at, order_n, feed_seq) ${numbers} SELECT ${panel}, 'USD', 'ledger', 1, 1, ${at} FROM c`,
      `INSERT INTO orders (panel, n, id, provider, provider_order_id, quantity, charge, currency, status, middle, cadence, phase, progress_at, created_at, updated_at, last_change)
         ${numbers} SELECT ${panel}, 1, 'only', 'acme', 'many-' || n, 1000, 900000, 'USD', 'completed', 'in_progress', NULL, 1, 1, ${at} - n, 1, 1 FROM c`,
      `INSERT INTO refunds (panel, order_n, n, order_id, amount, currency, status, reason, created_at)
         ${numbers} SELECT ${panel}, 1, 1, 'only', 1000, 'USD', 'held', 'partial', 1 FROM c`,
    );
  });

  it.each([
    ["/v1/orders?limit=30", "orders"],
    ["/v1/orders?limit=30&provider=acme", "orders"],
    ["/v1/refunds?limit=30", "refunds"],
    ["/v1/refunds?limit=30&status=held", "refunds"],
  ])("%s goes through a hundred of them after another, and has every row once", async (path, list) => {
    const all = await pagesOf(path, list, ALL);
    const many = all.flatMap(({ panel = "" }) => (panel.startsWith("many-") ? [panel] : []));
    expect(many.toSorted()).toEqual(Array.from({ length: MANY }, (_, i) => `many-${String(i + 1).padStart(3, "0")}`));
    expect(new Set(all.map(({ panel, id }) => `${panel} ${id}`)).size).toBe(all.length);
    for (const panel of PANELS) expect(all.some((row) => row.panel === panel)).toBe(true);
  });

  it("the feed says that there are too many, once so many have changes", async () => {
    const fits = await world.get("/v1/changes?limit=1000", ALL);
    expect(fits.status).toBe(200);
    await env.DB.prepare(
      `INSERT INTO changes (panel, seq, type, order_id, created_at, prev, previous, data)
       SELECT id, feed_seq, 'order.created', 'only', 1, 0, '{}', '{}' FROM panels WHERE id LIKE 'many-%'`,
    ).run();
    expect(codeOf(await world.get("/v1/changes?limit=1000", ALL))).toEqual([422, "too_many_feeds"]);
    // From now on only those count that get new ones.
    expect((await world.get(`/v1/changes?after=${world.now * 1000}`, ALL)).status).toBe(200);
  });
});

/**
 * What a panel's key changes is out of the panel's share, by the rows that it writes: no flood of settings, decisions or
 * requests leaves the others without rows. Operators have no such bound.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CHANGE_ROWS, type ChangeKind, MAX_PANEL_KEYS, sharesOf } from "../../../src/domain/panel-share.ts";
import { ROUTES } from "../../../src/http/routes.ts";
import { readAlertFacts } from "../../../src/store/alerts/alert-facts.ts";
import { readOverview } from "../../../src/store/operations/overview.ts";
import { claimShare } from "../../../src/store/panels/shares.ts";
import type { Answered } from "../world/asking.ts";
import { clear, migrate, rows } from "../world/database.ts";
import { answeringEach } from "../world/providers.ts";
import { addOrders, young } from "../world/records.ts";
import { World } from "../world/world.ts";

let world: World;
let opened = 0;
let panel = "";
let key = "";
let sent = 0;

beforeAll(migrate);

beforeEach(async () => {
  await clear();
  opened += 1;
  panel = `changer-${opened}`;
  sent = 0;
  world = new World({ PLAN: "free", fetch: () => Promise.resolve(new Response(String(++sent))) });
  key = (await world.ask("POST", "/v1/panels", { body: { id: panel, role: "shop", currency: "USD", money: "ledger" } })).json.key;
});

const usedBy = async (of = panel) =>
  (await rows<{ day_used: number }>("SELECT day_used FROM panel_shares WHERE panel = ?1 AND kind = 'change'", of))[0]?.day_used ?? 0;

/** Under either plan. */
const useUp = async (of = panel) => {
  const claim = { panel: of, kind: "change", wanted: sharesOf("paid").of.change.minute, grant: "left" } as const;
  await claimShare(env.DB, claim, "paid", world.now);
};

const crons = (n: number) =>
  Array.from({ length: 10 }, (_, i) => ({ url: `https://r.example/${n}/${i}`, every_minutes: 5, name: "n".repeat(64) }));

describe("a route by which a panel's key changes something", () => {
  const open = ROUTES.filter(
    ({ method, requirement, who }) => method !== "GET" && ["panel", "panel_in_read", "key"].includes(who) && requirement.need !== "self",
  );

  it.each(open.map((route) => [route.name, route.writes] as const))("says what it writes: %s", (_name, writes) => {
    expect(writes).not.toBeNull();
  });

  it("takes it out of a share, but for what is written once", () => {
    expect(open.filter(({ writes }) => writes === "nothing").map(({ name }) => name)).toEqual(["POST /v1/tokens"]);
  });
});

type Ask = (on: World) => Promise<Answered>;
type Prepared = () => Promise<Ask>;

const money =
  (path: string, body: unknown): Ask =>
  (on) =>
    on.ask("POST", path, { key, body, headers: { "Idempotency-Key": `k${path}` } });

async function webhook(): Promise<string> {
  return (await world.post("/v1/webhooks", key, { url: "https://r.example/x" })).json.id;
}

async function order(columns: Parameters<typeof addOrders>[4] = {}): Promise<void> {
  await addOrders(panel, "acme", 1, 1, { ...young, ...columns });
  await rows("UPDATE panels SET order_n = 1 WHERE id = ?1", panel);
}

async function ordered(): Promise<void> {
  await world.provider("acme");
  await world.post("/v1/orders", key, {
    id: "1",
    provider: "acme",
    provider_order_id: "7",
    quantity: 1000,
    charge: "0.9",
    customer: "ann",
  });
}

async function heldRefund(): Promise<string> {
  await ordered();
  return "1-r1";
}

const credited = async (): Promise<void> => {
  await money("/v1/customers/ann/credits", { amount: "10" })(world);
};

async function refunded(): Promise<void> {
  await credited();
  await ordered();
  await money("/v1/orders/1/refunds", { amount: "0.5", note: "n".repeat(500) })(world);
}

/** By the route's name; the note and the names are as long as they may be. */
const REQUESTS: Readonly<Record<string, Prepared>> = {
  "POST /v1/keys": () => Promise.resolve((on) => on.post("/v1/keys", key, { name: "k" })),
  "DELETE /v1/keys/:id": async () => {
    const { id } = (await world.post("/v1/keys", key, { name: "k" })).json;
    return (on) => on.ask("DELETE", `/v1/keys/${id}`, { key });
  },
  "PUT /v1/panels/:id/crons": async () => {
    await world.ask("PUT", `/v1/panels/${panel}/crons`, { key, body: crons(1) });
    return (on) => on.ask("PUT", `/v1/panels/${panel}/crons`, { key, body: crons(2) });
  },
  "POST /v1/panels/:id/token-secret": () => Promise.resolve((on) => on.post(`/v1/panels/${panel}/token-secret`, key)),
  "POST /v1/webhooks": () => Promise.resolve((on) => on.post("/v1/webhooks", key, { url: "https://r.example/x" })),
  "PATCH /v1/webhooks/:id": async () => {
    const id = await webhook();
    return (on) => on.ask("PATCH", `/v1/webhooks/${id}`, { key, body: { url: "https://r.example/y", description: "d" } });
  },
  "DELETE /v1/webhooks/:id": async () => {
    const id = await webhook();
    await rows(
      `WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 109)
       INSERT INTO webhook_deliveries (panel, webhook, slot, n, sent_at, message_id, cause, attempt, succeeded, duration_ms)
       SELECT ?1, ?2, n, n, 1, 'm', 'test', 1, 1, 1 FROM s`,
      panel,
      id,
    );
    return (on) => on.ask("DELETE", `/v1/webhooks/${id}`, { key });
  },
  "POST /v1/webhooks/:id/rotate": async () => {
    const id = await webhook();
    return (on) => on.post(`/v1/webhooks/${id}/rotate`, key);
  },
  "POST /v1/webhooks/:id/replay": async () => {
    const id = await webhook();
    return (on) => on.post(`/v1/webhooks/${id}/replay`, key, { after: 0 });
  },
  "DELETE /v1/orders/:id": async () => {
    await credited();
    await heldRefund();
    return (on) => on.ask("DELETE", "/v1/orders/1", { key });
  },
  "POST /v1/orders/:id/refill": async () => {
    await order({ status: "completed", middle: "in_progress", remains: 0, final_at: world.now - 3_600_000, cadence: 60 });
    return (on) => on.post("/v1/orders/o1/refill", key);
  },
  "POST /v1/orders/:id/cancel": async () => {
    await order();
    return (on) => on.post("/v1/orders/o1/cancel", key);
  },
  "POST /v1/orders/:id/settle": async () => {
    await order({
      provider_order_id: `placing ${panel} 1`,
      flags: 1 << 11,
      cadence: null,
      status: "pending",
      door: "connect",
      add_digest: "d",
    });
    return (on) => on.post("/v1/orders/o1/settle", key, { provider_order_id: "99" });
  },
  "POST /v1/orders/:id/dismiss": async () => {
    await order({ flags: 1 });
    return (on) => on.post("/v1/orders/o1/dismiss", key, { flag: "overdue", note: "n".repeat(500) });
  },
  "POST /v1/orders/:id/refunds": async () => {
    await credited();
    await heldRefund();
    return money("/v1/orders/1/refunds", { amount: "0.1", note: "n".repeat(500) });
  },
  "POST /v1/orders/:id/clawbacks": async () => {
    await refunded();
    return money("/v1/orders/1/clawbacks", { amount: "0.1", note: "n".repeat(500) });
  },
  "POST /v1/refunds/:id/approve": () => decision("approve"),
  "POST /v1/refunds/:id/reject": () => decision("reject"),
  "POST /v1/customers/:id/credits": () => Promise.resolve(money("/v1/customers/bob/credits", { amount: "1" })),
  "POST /v1/customers/:id/debits": async () => {
    await credited();
    return money("/v1/customers/ann/debits", { amount: "1" });
  },
};

/** A refund that waits, as the policy has it held. */
async function decision(what: "approve" | "reject"): Promise<Ask> {
  await credited();
  await heldRefund();
  await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { mode: "hold" } });
  const sweeps = new World({ now: world.now });
  sweeps.providers.set(
    "acme",
    answeringEach(() => ({ charge: "0.9", start_count: "5", status: "Canceled", remains: "1000", currency: "USD" })),
  );
  await sweeps.run(3);
  world.now = sweeps.now;
  const [refund] = (await world.get("/v1/refunds", { key })).json.refunds;
  expect(refund?.status).toBe("held");
  return (on) => on.post(`/v1/refunds/${refund.id}/${what}`, key, {});
}

const CHANGES = ROUTES.flatMap(({ name, writes }) =>
  writes !== null && writes in CHANGE_ROWS ? [[name, writes as ChangeKind] as const] : [],
);

describe.each(CHANGES)("%s", (name, kind) => {
  let ask: Ask;
  beforeEach(async () => {
    ask = await (REQUESTS[name] as Prepared)();
    // The day's first use of a key is a row, too.
    await world.get("/v1/me", { key });
    world.now += 60_000;
  });

  it("writes no more rows than it claims", async () => {
    const before = await usedBy();
    const { answer, rows_written } = await world.costOf(ask);
    expect(answer.status).toBeLessThan(300);
    expect((await usedBy()) - before).toBe(CHANGE_ROWS[kind]);
    expect(rows_written).toBeLessThanOrEqual(CHANGE_ROWS[kind]);
  });

  it("is 429 with Retry-After beyond the share, and writes nothing", async () => {
    await useUp();
    const { answer, rows_written } = await world.costOf(ask);
    expect([answer.status, answer.json.error.code, Number(answer.headers.get("Retry-After")) > 0]).toEqual([429, "share_used_up", true]);
    expect(rows_written).toBe(0);
    await rows("DELETE FROM panel_shares");
    expect((await ask(world)).status).toBeLessThan(300);
  });
});

describe("a panel that floods with changes", () => {
  const put = (n: number, as: { key?: string; panel?: string }) => world.ask("PUT", `/v1/panels/${panel}/crons`, { ...as, body: crons(n) });

  it("writes no more than its share of the day, which counts among the day's rows, and is told to the operator", async () => {
    const { day } = sharesOf("free").of.change;
    const start = Math.ceil(world.now / 86_400_000) * 86_400_000;
    const left = 5 * CHANGE_ROWS.crons;
    let minute = 0;
    for (let used = 0; used < day - left; minute++) {
      world.now = start + minute * 60_000;
      const claim = { panel, kind: "change", wanted: Math.min(2000, day - left - used), grant: "whole" } as const;
      used += await claimShare(env.DB, claim, "free", world.now);
    }
    let taken = 0;
    for (let n = 0; n < 12; n++) {
      world.now = start + (minute + n) * 60_000;
      if ((await put(n, { key })).status === 200) taken += 1;
    }
    expect([taken, await usedBy()]).toEqual([5, day]);
    const { rowsOfShares } = await readOverview(env.DB, world.now);
    expect(rowsOfShares).toBe(await usedBy());
    const { usedShares } = (await readAlertFacts(env.DB, "free", world.now)).facts;
    expect(usedShares).toEqual([{ panel, kind: "change", most: day }]);
  });

  it("leaves others theirs, and operators have no bound", async () => {
    const other = await world.panel(`other-${opened}`);
    await useUp();
    expect((await put(1, { key })).status).toBe(429);
    expect((await world.ask("PUT", `/v1/panels/other-${opened}/crons`, { key: other, body: crons(1) })).status).toBe(200);
    for (let n = 0; n < 80; n++) expect((await put(n, {})).status).toBe(200);
    const headers = { "Idempotency-Key": "op" };
    expect((await world.ask("POST", "/v1/customers/ann/credits", { panel, body: { amount: "1" }, headers })).status).toBe(201);
    expect(await usedBy()).toBe(sharesOf("paid").of.change.minute);
  });

  it("hears the first answer to what has moved money already", async () => {
    const pay = money("/v1/customers/bob/credits", { amount: "1" });
    const first = await pay(world);
    await useUp();
    const again = await pay(world);
    expect([again.status, again.text]).toEqual([201, first.text]);
  });

  it("has no more refills and cancels of its script's sent, and those of nobody's ids go on", async () => {
    await order({ door: "connect", add_digest: "d" });
    await useUp();
    const { status, text } = await world.apiV2(key, { action: "cancel", orders: "1" }, "acme");
    expect([status, text]).toEqual([429, ""]);
    expect(sent).toBe(0);
  });
});

describe("keys of a panel", () => {
  it("are a hundred at most by its own key; the operator makes more", async () => {
    const reseller = (await world.ask("POST", "/v1/panels", { body: { id: `res-${opened}`, role: "reseller", currency: "USD" } })).json.key;
    for (let n = 1; n < MAX_PANEL_KEYS; n++) {
      world.now += 60_000;
      expect((await world.post("/v1/keys", reseller, { name: `k${n}` })).status).toBe(201);
    }
    const full = await world.post("/v1/keys", reseller, { name: "one more" });
    expect([full.status, full.json.error.code]).toEqual([409, "keys_full"]);
    const { id } = (await world.ask("POST", "/v1/keys", { body: { name: "o", panel: `res-${opened}` } })).json;
    expect(id).toBeTypeOf("string");
    await world.ask("DELETE", `/v1/keys/${id}`);
    await world.ask("DELETE", `/v1/keys/${(await world.get("/v1/keys", { key: reseller })).json.keys[0].id}`);
  });
});

describe("tests of webhooks", () => {
  it("are ten a minute of a panel, whatever it makes of its webhooks", async () => {
    const statuses: number[] = [];
    for (let round = 0; round < 3; round++) {
      const id = await webhook();
      for (let i = 0; i < 6; i++) statuses.push((await world.post(`/v1/webhooks/${id}/test`, key)).status);
      await world.ask("DELETE", `/v1/webhooks/${id}`, { key });
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.slice(10)).toEqual(Array.from({ length: 8 }, () => 429));
    expect(sent).toBe(10);
    world.now += 60_000;
    const id = await webhook();
    const { answer, rows_written } = await world.costOf((on) => on.post(`/v1/webhooks/${id}/test`, key));
    expect([answer.status, rows_written <= 4]).toEqual([200, true]);
  });
});

/**
 * What people decide about money, over HTTP and the real database: approving, rejecting, goodwill,
 * claw-backs, policies and the brake.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ADMIN, type Answered } from "../world/asking.ts";
import { clear, migrate, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young, keyNamed } from "../world/records.ts";
import { World } from "../world/world.ts";

const world = new World();
const key = keyNamed("p");
beforeAll(async () => {
  await migrate();
  await addPanel("p", key);
  await addPanel("q", keyNamed("q"));
});

beforeEach(async () => {
  await clear();
  await addProvider("acme", { many: "yes" });
});

function post(path: string, body: unknown, as = key, headers: Record<string, string> = {}): Promise<Answered> {
  return world.ask("POST", path, { key: as, body, headers });
}

/** A sweep in which the provider says the same of all orders. */
async function hear(status: string, remains: number | null, run = new World()): Promise<World> {
  run.providers.set(
    "acme",
    answeringEach(() => ({ ...inProgress(), status, remains })),
  );
  await run.run(1);
  return run;
}

async function order(id = "o1"): Promise<Record<string, unknown>> {
  return (await world.get(`/v1/orders/${id}`, { key })).json as Record<string, unknown>;
}

describe("a refund that waits", () => {
  it("is listed, approved once however often it is asked, and shown, fed and audited", async () => {
    await addOrders("p", "acme", 1, 1, young);
    await hear("Partial", null);
    expect(await order()).toMatchObject({ refunded: "0", refund_held: "0.9", flags: ["refund_held"] });
    const held = (await world.get("/v1/refunds?status=held", { key })).json as { refunds: { id: string }[] };
    expect(held.refunds).toMatchObject([{ id: "o1-r1", amount: "0.9", status: "held", reason: "remains_unknown" }]);
    const approvals = await Promise.all([1, 2, 3].map(() => post("/v1/refunds/o1-r1/approve", { amount: "0.25", note: "looked" })));
    expect(approvals.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { json } of approvals)
      expect(json).toMatchObject({ id: "o1-r1", amount: "0.25", status: "posted", decided_by: "panel:p", note: "looked" });
    expect(await order()).toMatchObject({ refunded: "0.25", refund_held: "0", flags: [], reason: null });
    expect(await rows("SELECT count(*) AS count, sum(amount) AS sum FROM refunds WHERE status = 'posted'")).toEqual([
      { count: 1, sum: 250_000 },
    ]);
    const { changes } = (await world.get("/v1/orders/o1/changes", { key })).json as {
      changes: { type: string; data: Record<string, unknown> }[];
    };
    expect(changes.map(({ type }) => type)).toEqual(["order.updated", "order.flagged", "refund.held", "order.flagged", "refund.posted"]);
    expect(changes.at(-1)?.data).toMatchObject({ id: "o1-r1", amount: "0.25", refunded: "0.25" });
    expect(await rows("SELECT actor, action, subject FROM audit")).toEqual([
      { actor: "panel:p", action: "refund.posted", subject: "refund:o1-r1" },
    ]);
  });

  it.each(["approve", "reject"])(
    "is answered, stored and told with one time, though its order was written by a clock ahead: %s",
    async (verb) => {
      await addOrders("p", "acme", 1, 1, young);
      const ahead = new World();
      ahead.now += 7 * 3_600_000;
      await hear("Partial", null, ahead);
      const first = (await post(`/v1/refunds/o1-r1/${verb}`, {})).json;
      expect((await post(`/v1/refunds/o1-r1/${verb}`, {})).json).toEqual(first);
      expect((await world.get("/v1/refunds", { key })).json.refunds).toMatchObject([{ decided_at: first.decided_at }]);
      const { changes } = (await world.get("/v1/orders/o1/changes", { key })).json;
      expect(changes.at(-1)).toMatchObject({ created_at: first.decided_at, data: { decided_at: first.decided_at } });
    },
  );

  it("of goodwill has one time, too", async () => {
    await addOrders("p", "acme", 1, 1, young);
    const ahead = new World();
    ahead.now += 7 * 3_600_000;
    await hear("Partial", 500, ahead);
    const given = (await post("/v1/orders/o1/refunds", { amount: "0.1", note: "sorry" }, key, { "Idempotency-Key": "g1" })).json;
    const [newest] = (await world.get("/v1/refunds", { key })).json.refunds as Record<string, unknown>[];
    expect([newest?.["created_at"], newest?.["decided_at"]]).toEqual([given.created_at, given.decided_at]);
  });

  it("stays decided when the provider says the same again", async () => {
    await addOrders("p", "acme", 1, 2, young);
    const run = await hear("Partial", null);
    expect((await post("/v1/refunds/o1-r1/reject", {})).status).toBe(200);
    expect((await post("/v1/refunds/o2-r1/approve", {})).status).toBe(200);
    run.now += 3_600_000;
    await hear("Partial", null, run);
    expect(await rows("SELECT order_n, status, amount FROM refunds ORDER BY order_n")).toEqual([
      { order_n: 1, status: "rejected", amount: 900_000 },
      { order_n: 2, status: "posted", amount: 900_000 },
    ]);
  });

  it.each([
    ["approving what was rejected", "reject", {}, "approve", {}, 409, "refund_decided"],
    ["rejecting what was approved", "approve", {}, "reject", {}, 409, "refund_decided"],
    ["approving again with another amount", "approve", {}, "approve", { amount: "0.1" }, 409, "refund_decided"],
    ["more than the charge", null, {}, "approve", { amount: "0.900001" }, 422, "above_charge"],
    ["a negative amount", null, {}, "approve", { amount: "-1" }, 422, "invalid_request"],
    ["nothing", null, {}, "approve", { amount: "0" }, 422, "invalid_request"],
    ["too many decimals", null, {}, "approve", { amount: "0.0000001" }, 422, "invalid_request"],
    ["a number", null, {}, "approve", { amount: 0.1 }, 422, "invalid_request"],
    ["an unknown field", null, {}, "approve", { sum: "0.1" }, 422, "invalid_request"],
  ] as const)("refuses %s, and posts nothing", async (_name, first, firstBody, then, body, status, code) => {
    await addOrders("p", "acme", 1, 1, young);
    await hear("Partial", null);
    if (first !== null) await post(`/v1/refunds/o1-r1/${first}`, firstBody);
    const before = await rows("SELECT * FROM refunds");
    const answer = await post(`/v1/refunds/o1-r1/${then}`, body);
    expect([answer.status, answer.json.error?.code]).toEqual([status, code]);
    expect(await rows("SELECT * FROM refunds")).toEqual(before);
  });

  it("of another panel does not exist", async () => {
    await addOrders("p", "acme", 1, 1, young);
    await hear("Partial", null);
    for (const path of ["/v1/refunds/o1-r1/approve", "/v1/refunds/o1-r9/approve", "/v1/refunds/nonsense/reject"]) {
      expect((await post(path, {}, keyNamed("q"))).status).toBe(404);
    }
  });
});

describe("goodwill and claw-backs", () => {
  it("stay within the charge, count in what is posted later, and are carried out once for a key", async () => {
    await addOrders("p", "acme", 1, 1, young);
    const give = (amount: string, k: string) => post("/v1/orders/o1/refunds", { amount, note: "sorry" }, key, { "Idempotency-Key": k });
    const given = await Promise.all([give("0.1", "a"), give("0.1", "a")]);
    expect(given.map(({ status }) => status)).toEqual([201, 201]);
    expect((await give("0.2", "a")).status).toBe(409);
    expect((await give("0.800001", "b")).json.error).toMatchObject({ code: "above_charge" });
    expect(await order()).toMatchObject({ refunded: "0.1" });
    await hear("Partial", 250);
    expect(await order()).toMatchObject({ refunded: "0.225", flags: [] });
    const take = (amount: string, k: string) => post("/v1/orders/o1/clawbacks", { amount, note: "mistake" }, key, { "Idempotency-Key": k });
    expect((await take("0.225001", "c")).json.error).toMatchObject({ code: "above_refunded" });
    expect((await take("0.125", "d")).json).toMatchObject({ amount: "-0.125", status: "posted", reason: "clawback" });
    expect(await order()).toMatchObject({ refunded: "0.1" });
    const { refunds } = (await world.get("/v1/refunds?order=o1", { key })).json as { refunds: { amount: string }[] };
    expect(refunds.map(({ amount }) => amount)).toEqual(["-0.125", "0.125", "0.1"]);
    expect(await rows("SELECT kind, amount FROM refunds ORDER BY n")).toEqual([
      { kind: "goodwill", amount: 100_000 },
      { kind: "auto", amount: 125_000 },
      { kind: "clawback", amount: 125_000 },
    ]);
  });

  it("need a key", async () => {
    await addOrders("p", "acme", 1, 1, young);
    expect((await post("/v1/orders/o1/refunds", { amount: "0.1", note: "x" })).status).toBe(422);
  });
});

describe("policies", () => {
  it("hold for a service what the provider's other services post; left-out fields come from the provider's", async () => {
    await addOrders("p", "acme", 1, 2, young);
    await env.DB.prepare("UPDATE orders SET service = CAST(n AS TEXT)").run();
    expect((await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: { cap: "5.00", delay_minutes: 0 } })).status).toBe(200);
    const set = await world.ask("PUT", "/v1/providers/acme/services/2/refund-policy", { body: { mode: "hold" } });
    expect(set.json).toEqual({ mode: "hold", canceled: "full", cap: "5", delay_minutes: 0, error_after_hours: null });
    await hear("Canceled", 1000);
    expect(await rows("SELECT order_n, status, reason FROM refunds ORDER BY order_n")).toEqual([
      { order_n: 1, status: "posted", reason: "canceled" },
      { order_n: 2, status: "held", reason: "policy_hold" },
    ]);
    expect((await world.ask("DELETE", "/v1/providers/acme/services/2/refund-policy")).json).toMatchObject({ mode: "auto", cap: "5" });
    expect(await rows("SELECT action FROM audit ORDER BY id")).toEqual(
      ["refund_policy.set", "refund_policy.set", "refund_policy.removed"].map((action) => ({ action })),
    );
  });

  it.each([
    [{ mode: "maybe" }, "mode"],
    [{ cap: "-1" }, "cap"],
    [{ delay_minutes: -1 }, "delay_minutes"],
    [{ error_after_hours: 0 }, "error_after_hours"],
    [{ modes: "auto" }, "modes"],
  ])("refuse %j by name", async (body, path) => {
    const answer = await world.ask("PUT", "/v1/providers/acme/refund-policy", { body: body });
    expect(answer.status).toBe(422);
    expect(answer.json.error?.details?.fields.map((field: { path: string }) => field.path)).toEqual([path]);
  });

  it("can be tried on existing orders, which changes nothing", async () => {
    await addOrders("p", "acme", 1, 3, young);
    await hear("Canceled", 250);
    const before = await rows("SELECT * FROM orders");
    const preview = (policy: object) => post("/v1/refund-policies/preview", { provider: "acme", policy }, ADMIN);
    expect((await preview({ canceled: "by_remains" })).json).toMatchObject({
      orders: 3,
      would_post: { count: 3, amount: "0.675" },
      would_hold: { count: 0, amount: "0" },
    });
    expect((await preview({ cap: "0.5" })).json).toMatchObject({ would_post: { count: 0 }, would_hold: { count: 3, amount: "2.7" } });
    expect(await rows("SELECT * FROM orders")).toEqual(before);
  });
});

it("a preview counts what the panel had returned before it registered the order", async () => {
  await addOrders("p", "acme", 1, 2, { ...young, registered_refunded: 100_000, refunded: 100_000 });
  await hear("Canceled", 250);
  const preview = await post("/v1/refund-policies/preview", { provider: "acme", policy: {} }, ADMIN);
  expect(preview.json).toMatchObject({ orders: 2, would_post: { count: 2, amount: "1.6" } });
});

describe("the brake", () => {
  it("holds a provider's refunds when its orders end badly all at once, and lets them go in parts", async () => {
    await env.DB.prepare('UPDATE providers SET brake = \'{"share":0.5,"min_orders":20}\'').run();
    await addOrders("p", "acme", 1, 150, young);
    const run = await hear("Canceled", 1000);
    expect(await rows("SELECT DISTINCT status, reason FROM refunds")).toEqual([{ status: "held", reason: "brake" }]);
    const shown = (await world.get("/v1/providers/acme")).json as unknown as { brake: unknown };
    expect(shown.brake).toMatchObject({ share: 0.5, min_orders: 20, engaged_at: expect.any(String), held: { count: 150, amount: "135" } });
    expect(shown.brake).toMatchObject({ evidence: { ended: 150, ended_badly: 150 } });
    run.now += 60_000;
    await hear("Canceled", 1000, run);
    const release = () => post("/v1/providers/acme/brake", { action: "release" }, ADMIN);
    expect((await release()).json).toEqual({ remaining: 50 });
    expect((await release()).json).toEqual({ remaining: 0 });
    expect((await release()).json).toEqual({ remaining: 0 });
    expect(await rows("SELECT count(*) AS count, sum(amount) AS sum FROM refunds WHERE status = 'posted'")).toEqual([
      { count: 150, sum: 135_000_000 },
    ]);
    expect(await rows("SELECT brake_engaged_at AS at, brake_evidence AS why, endings FROM providers")).toEqual([
      { at: null, why: null, endings: "[]" },
    ]);
    expect(await order()).toMatchObject({ reason: { code: "canceled" } });
  });

  it("counts an order once an hour, however its end flaps, and none that cost nothing", async () => {
    await env.DB.prepare('UPDATE providers SET brake = \'{"share":0.5,"min_orders":20}\'').run();
    await addOrders("p", "acme", 1, 15, young);
    await addOrders("p", "acme", 16, 60, { ...young, charge: 0 });
    const run = new World();
    for (let n = 0; n < 6; n++) {
      await hear(n % 3 === 0 ? "Canceled" : "In progress", 1000, run);
    }
    expect(await rows("SELECT brake_engaged_at AS at FROM providers")).toEqual([{ at: null }]);
    const [{ badly } = { badly: null }] = await rows<{ badly: number | null }>(
      "SELECT sum(e.value->>2) AS badly FROM providers p CROSS JOIN json_each(p.endings) e",
    );
    expect(badly).toBe(15);
  });

  it("rejects what it held for good when told so", async () => {
    await env.DB.prepare('UPDATE providers SET brake = \'{"share":0.5,"min_orders":20}\'').run();
    await addOrders("p", "acme", 1, 30, young);
    const run = await hear("Canceled", 1000);
    expect((await post("/v1/providers/acme/brake", { action: "reject" }, ADMIN)).json).toEqual({ remaining: 0 });
    run.now += 3_600_000;
    await hear("Canceled", 1000, run);
    expect(await rows("SELECT DISTINCT status FROM refunds")).toEqual([{ status: "rejected" }]);
  });

  it("records of a release and a rejection that race only what each did", async () => {
    await env.DB.prepare('UPDATE providers SET brake = \'{"share":0.5,"min_orders":20}\'').run();
    await addOrders("p", "acme", 1, 40, young);
    await hear("Canceled", 1000);
    await Promise.all(["release", "reject", "release"].map((action) => post("/v1/providers/acme/brake", { action }, ADMIN)));
    const did = await rows<{ status: string; subject: string }>("SELECT after->>'$.status' AS status, subject FROM audit ORDER BY subject");
    const is = await rows(
      "SELECT r.status, 'refund:' || o.id || '-r' || r.n AS subject FROM refunds r JOIN orders o ON o.panel = r.panel AND o.n = r.order_n ORDER BY subject",
    );
    expect(did).toHaveLength(40);
    expect(did).toEqual(is);
  });

  it("is not passed by sweeps side by side", async () => {
    await env.DB.prepare('UPDATE providers SET brake = \'{"share":0.5,"min_orders":20}\'').run();
    await addOrders("p", "acme", 1, 200, young);
    const run = new World();
    run.providers.set(
      "acme",
      answeringEach(() => ({ ...inProgress(1000), status: "Canceled" })),
    );
    await run.tick();
    const [message] = run.sent.splice(0);
    const part = (from: number, to: number) => {
      if (message?.kind !== "sweep") throw new Error("no sweep");
      const providers = message.providers.map((due) => ({
        ...due,
        lanes: due.lanes.filter(({ cadence }) => cadence === 1).map((lane) => ({ ...lane, after: [from, "", 0] as const, to })),
      }));
      return run.deliver({ ...message, providers });
    };
    await Promise.all([part(0, 16_384), part(16_384, 32_768), part(32_768, 49_152), part(49_152, 65_536)]);
    expect(await rows("SELECT status, count(*) AS count FROM refunds GROUP BY status")).toEqual([{ status: "held", count: 200 }]);
  });

  it("lets ordinary endings pass", async () => {
    await env.DB.prepare('UPDATE providers SET brake = \'{"share":0.5,"min_orders":20}\'').run();
    await addOrders("p", "acme", 1, 100, young);
    const run = new World();
    run.providers.set(
      "acme",
      answeringEach((id) => ({ ...inProgress(Number(id) % 4 === 0 ? 1000 : 0), status: Number(id) % 4 === 0 ? "Canceled" : "Completed" })),
    );
    await run.run(1);
    expect(await rows("SELECT status, count(*) AS count FROM refunds GROUP BY status")).toEqual([{ status: "posted", count: 25 }]);
  });
});

/**
 * An ambiguous commit: the database throws before, or after, at each call of each path. After the retry that the
 * platform or the client makes, everything is as if nothing had happened.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Answered } from "../world/asking.ts";
import { clear, migrate, NOW, rows } from "../world/database.ts";
import { faultyDb } from "../world/faulty-database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, keyNamed } from "../world/records.ts";
import { World } from "../world/world.ts";

const key = keyNamed("p");

/** All that matters for money and for readers; not the feed's numbers, which may leave gaps. */
async function everything(): Promise<unknown> {
  return {
    orders: await rows("SELECT id, status, refunded, refund_count, hold_amount, flags, provider_status, remains FROM orders ORDER BY id"),
    refunds: await rows(
      "SELECT r.n, r.amount, r.status, r.reason, o.id FROM refunds r JOIN orders o ON o.panel = r.panel AND o.n = r.order_n ORDER BY o.id, r.n",
    ),
    changes: await rows("SELECT type, order_id, previous->>'$.refunded' AS before FROM changes ORDER BY order_id, seq"),
    transfers: await rows("SELECT customer, n, type, amount, balance FROM transfers ORDER BY customer, n"),
    audit: await rows("SELECT action, subject FROM audit ORDER BY subject, action"),
  };
}

beforeAll(async () => {
  await migrate();
  await addPanel("p", key);
  await env.DB.prepare("UPDATE panels SET money = 'ledger', credit_limit = NULL").run();
});

beforeEach(async () => {
  await clear();
  await addProvider("acme", { many: "yes" });
});

/** Runs a path once undisturbed and then with each fault, and compares what is left. */
async function everywhere(path: (db: D1Database, again: boolean) => Promise<void>, prepare: () => Promise<void>): Promise<number> {
  await prepare();
  await path(env.DB, false);
  const undisturbed = await everything();
  let faults = 0;
  for (const when of ["before", "after"] as const) {
    for (let n = 0; n < 30; n++) {
      await clear();
      await addProvider("acme", { many: "yes" });
      await prepare();
      const { db, failed } = faultyDb(env.DB, n, when);
      await path(db, true);
      if (!failed()) break;
      faults += 1;
      expect({ n, when, left: await everything() }).toEqual({ n, when, left: undisturbed });
    }
  }
  return faults;
}

describe("an ambiguous commit", () => {
  it("of a minute's polling refunds nobody twice and loses nothing", async () => {
    const answers = ["Canceled", "Partial", "Partial", "Completed", "In progress"];
    const faults = await everywhere(
      async (db, again) => {
        const run = new World({ DB: db });
        run.providers.set(
          "acme",
          answeringEach((id) => ({ ...inProgress(id === "3" ? 0 : 250), status: answers[Number(id) % 5] })),
        );
        const tick = await run.tick().then(
          () => true,
          () => false,
        );
        // A tick that failed is made up by the next minute's.
        if (!tick) run.now += 60_000;
        if (!tick) await run.tick();
        await run.drain();
        if (again) await run.drain();
      },
      () => addOrders("p", "acme", 1, 10, { cadence: 1, placed_at: NOW - 300_000 }),
    );
    expect(faults).toBeGreaterThanOrEqual(6);
  });

  it("of a registration registers and charges once when it is sent again", async () => {
    const body = [1, 2, 3].map((n) => ({
      id: `r${n}`,
      provider: "acme",
      provider_order_id: `r${n}`,
      quantity: 100,
      charge: "1.5",
      customer: "c",
    }));
    const faults = await everywhere(
      async (db) => {
        const ask = (): Promise<Answered> => new World({ DB: db }).ask("POST", "/v1/orders", { key, body });
        for (let tries = 0; (await ask()).status >= 500 && tries < 5; tries++);
      },
      async () => undefined,
    );
    expect(faults).toBeGreaterThanOrEqual(4);
  });

  it("of a decision, and of goodwill, is carried out once when it is sent again", async () => {
    const faults = await everywhere(
      async (db) => {
        const world = new World({ DB: db });
        const insist = async (path: string, sent: unknown, headers = {}): Promise<void> => {
          for (let tries = 0; tries < 5; tries++) if ((await world.ask("POST", path, { key, body: sent, headers })).status < 500) return;
        };
        await insist("/v1/refunds/o1-r1/approve", { amount: "0.3" });
        await insist("/v1/refunds/o2-r1/reject", {});
        await insist("/v1/orders/o2/refunds", { amount: "0.1", note: "sorry" }, { "Idempotency-Key": "k" });
      },
      async () => {
        await addOrders("p", "acme", 1, 2, { cadence: 1, placed_at: NOW - 300_000 });
        const run = new World();
        run.providers.set(
          "acme",
          answeringEach(() => ({ ...inProgress(), status: "Partial", remains: null })),
        );
        await run.run(1);
      },
    );
    expect(faults).toBeGreaterThanOrEqual(10);
  });
});

/**
 * Whose failure a poll's is: an id that only a panel has named may be why its call is turned away.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { env } from "cloudflare:workers";
import { wantCheck } from "../../../src/store/orders/wanted-checks.ts";
import { clear, MINUTE, MINUTE_MS, migrate, NOW, rows } from "../world/database.ts";
import { inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young } from "../world/records.ts";
import { World } from "../world/world.ts";

const EVIL = "xp_cmdshell";
const FORMS: Readonly<Record<string, () => Response>> = {
  "a page under 403": () => new Response("<html><title>Just a moment...</title></html>", { status: 403 }),
  "a page under 406": () => new Response("<html>Not Acceptable!</html>", { status: 406 }),
  "a page under 429": () => new Response("<html>Too Many Requests</html>", { status: 429 }),
  "a page under 503": () => new Response("<html>Request blocked</html>", { status: 503 }),
  "a connection cut off": () => {
    throw new TypeError("Network connection lost.");
  },
};

let world: World;
let evil: () => Response;
let isDown = false;
let calls: { action: string; ids: readonly string[] }[] = [];

beforeAll(async () => {
  await migrate();
  await addPanel("shop");
  await addPanel("other");
  await addPanel("flood");
});

beforeEach(async () => {
  await clear();
  calls = [];
  isDown = false;
  evil = FORMS["a page under 403"] as () => Response;
  world = new World({ now: NOW, fetch: provide });
  await addProvider("acme", { many: "yes" });
});

afterEach(clear);

async function provide(request: Request): Promise<Response> {
  const fields = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()));
  const action = fields.get("action") ?? "";
  const ids = (fields.get("orders") ?? fields.get("order") ?? "").split(",").filter(Boolean);
  calls.push({ action, ids });
  if (isDown || ids.includes(EVIL)) return evil();
  if (action === "balance") return Response.json({ balance: "5", currency: "USD" });
  const [id] = ids;
  if (fields.has("order") && id !== undefined) return Response.json(inProgress());
  return Response.json(Object.fromEntries(ids.map((one) => [one, inProgress()])));
}

const heard = { ...young, status: "in_progress", provider_status: "In progress" };
const unheard = { ...young, provider_status: null };
const WANTED = { v: 1, kind: "check", orders: [], wanted: "acme" };
const wanted = () => rows("SELECT panel, n FROM wanted_checks");
const circuit = async () => (await rows("SELECT failures, retry_at FROM providers"))[0];
const troubled = async () => (await rows("SELECT panel FROM panel_troubles WHERE level > 0")).map(({ panel }) => panel);
const polled = async (panel: string) => (await rows("SELECT provider_status FROM orders WHERE panel = ?1", panel))[0]?.["provider_status"];

async function addEvil(): Promise<void> {
  await addOrders("flood", "acme", 900, 1, { ...unheard, provider_order_id: EVIL });
}

describe("an id that trips a firewall", () => {
  it.each(Object.entries(FORMS))("closes nothing for others: %s", async (_name, form) => {
    evil = form;
    await addOrders("shop", "acme", 1, 3, heard);
    await addOrders("other", "acme", 11, 1, unheard);
    await addEvil();
    await world.run(5);
    expect(await circuit()).toEqual({ failures: 0, retry_at: null });
    expect(await polled("other")).toBe("In progress");
    expect(await troubled()).toEqual(["flood"]);
  });

  it("is asked about apart, and ever less often", async () => {
    await addOrders("shop", "acme", 1, 3, heard);
    await addEvil();
    await world.run(12);
    const asked = calls.filter(({ ids }) => ids.includes(EVIL));
    expect(asked.slice(1).every(({ ids }) => ids.length === 1)).toBe(true);
    expect(asked.length).toBeLessThan(9);
    expect(calls.filter(({ ids }) => ids.includes("1") && !ids.includes(EVIL))).toHaveLength(12);
    expect(await circuit()).toEqual({ failures: 0, retry_at: null });
  });

  it("does not lose a check that was asked for while its panel's calls are held back", async () => {
    await addOrders("flood", "acme", 900, 1, { ...unheard, cadence: 360 });
    const level = 12;
    await env.DB.prepare("INSERT INTO panel_troubles VALUES ('flood', 'acme', 'ask', ?1, ?2, ?2)").bind(level, NOW).run();
    await wantCheck(env.DB, { provider: "acme", panel: "flood", n: 900 }, MINUTE, NOW);
    expect(await world.deliver(WANTED)).toBe("retry");
    expect(calls).toEqual([]);
    expect(await wanted()).toEqual([{ panel: "flood", n: 900 }]);
    // The way is shut for two minutes after the last failure.
    world.now += 2 * MINUTE_MS;
    expect(await world.deliver(WANTED, 2)).toBe("ack");
    expect(await polled("flood")).toBe("In progress");
    expect(await wanted()).toEqual([]);
  });

  it("leaves the checks of a fifth such panel to the next message", async () => {
    const panels = ["shop", "other", "flood", "fourth", "fifth"];
    await addPanel("fourth");
    await addPanel("fifth");
    for (const [i, panel] of panels.entries()) {
      await addOrders(panel, "acme", 900 + i, 1, { ...unheard, cadence: 360 });
      await env.DB.prepare("INSERT INTO panel_troubles VALUES (?1, 'acme', 'ask', 4, ?2, NULL)").bind(panel, NOW).run();
      await wantCheck(env.DB, { provider: "acme", panel, n: 900 + i }, MINUTE, NOW);
    }
    expect(await world.deliver(WANTED)).toBe("retry");
    expect(await wanted()).toHaveLength(1);
    world.now += MINUTE_MS;
    expect(await world.deliver(WANTED, 2)).toBe("ack");
    expect(calls.flatMap(({ ids }) => ids).toSorted()).toEqual(["900", "901", "902", "903", "904"]);
  });

  it("closes nothing where it stands alone", async () => {
    await addEvil();
    await world.run(4);
    expect(calls.some(({ action }) => action === "balance")).toBe(true);
    expect(await circuit()).toEqual({ failures: 0, retry_at: null });
  });
});

describe("a provider that turns all away", () => {
  it.each([
    ["with orders that it has told of, under 403", heard, "a page under 403"],
    ["without such, under 403", unheard, "a page under 403"],
    ["with orders that it has told of, under 429", heard, "a page under 429"],
    ["without such, under 429", unheard, "a page under 429"],
  ] as const)("is left alone, %s", async (_name, columns, form) => {
    isDown = true;
    evil = FORMS[form] as () => Response;
    await addOrders("shop", "acme", 1, 3, columns);
    await addOrders("other", "acme", 11, 1, unheard);
    await world.run(1);
    expect((await circuit())?.["failures"]).toBe(1);
    // One that asks for patience is asked for its balance, and nothing more.
    if (form === "a page under 429") expect(calls.map(({ action }) => action)).toEqual(["status", "balance"]);
    expect((await circuit())?.["retry_at"]).toBeGreaterThanOrEqual(NOW + MINUTE_MS);
    expect(await troubled()).toEqual([]);
  });
});

it("makes no call more where all goes well", async () => {
  await addOrders("shop", "acme", 1, 3, heard);
  await addOrders("other", "acme", 11, 3, unheard);
  await world.run(1);
  expect(calls).toHaveLength(1);
});

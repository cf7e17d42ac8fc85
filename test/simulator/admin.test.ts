import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { simulatorFetch } from "../../simulator/fetch.ts";
import type { Json, JsonObject } from "../../simulator/json.ts";
import type { ModeSetName } from "../../simulator/modes.ts";
import { startSimulator } from "../../simulator/server.ts";
import { statusMeant } from "../../simulator/words.ts";
import { createWorld } from "../../simulator/world.ts";
import { type Got, jsonOf, onScene, QUANTITY, type Scene, START } from "./scene.ts";

const MINUTE = 60_000;

interface TruthEntry {
  readonly id: string;
  readonly kind: string;
  readonly quantity: number;
  readonly placed_at: number;
  readonly charge: string;
  readonly status: string;
  readonly remains: number | null;
  readonly settled: boolean;
  readonly settles_at: number;
  readonly now: { readonly status: string; readonly remains: number | null };
}

async function truth({ admin }: Scene): Promise<TruthEntry[]> {
  const { json } = await admin("GET", "providers/acme/truth");
  return (json as unknown as { orders: TruthEntry[] }).orders;
}

async function idsOf(got: Promise<Got>): Promise<string[]> {
  return ((await got).json as { ids: string[] }).ids;
}

describe("orders in bulk", () => {
  it("are placed by number, spread over time, with lives of the mix", () =>
    onScene([], async (scene) => {
      const ids = await idsOf(
        scene.admin("POST", "providers/acme/orders", { count: 100, placed_at: START - 1000, spread_ms: 1000, mix: { partial: 1 } }),
      );
      const orders = (await truth(scene)).filter(({ id }) => ids.includes(id));
      expect(orders).toHaveLength(100);
      expect(orders[0]?.placed_at).toBe(START - 1000);
      expect(orders[50]?.placed_at).toBe(START - 500);
      for (const { kind, status, remains, quantity } of orders) {
        expect([kind, status]).toEqual(["partial", "partial"]);
        expect(remains).toBeLessThan(quantity);
      }
    }));

  it("are placed as listed", () =>
    onScene([], async (scene) => {
      const list = [{ service: 2, link: "https://x.example/1", quantity: 2500, placed_at: 5000, mix: { canceled: 1 } }];
      await scene.admin("POST", "providers/acme/orders", { orders: list, mix: { refunded: 1 } });
      expect((await truth(scene)).at(-1)).toMatchObject({
        service: 2,
        link: "https://x.example/1",
        quantity: 2500,
        placed_at: 5000,
        kind: "canceled",
      });
    }));

  it("come in thousands", () =>
    onScene([], async (scene) => {
      const ids = await idsOf(scene.admin("POST", "providers/acme/orders", { count: 5000 }));
      expect(new Set(ids).size).toBe(5000);
    }));

  it.each<[string, Json]>([
    ["no number", {}],
    ["a negative number", { count: -1 }],
    ["too many", { count: 1_000_000 }],
    ["a quantity of nothing", { orders: [{ quantity: 0 }] }],
    ["an unknown service", { orders: [{ service: 999 }] }],
    ["an unknown kind of life", { count: 1, mix: { splendid: 1 } }],
    ["weights of nothing", { count: 1, mix: { partial: 0 } }],
    ["an unknown field", { count: 1, colour: "red" }],
    ["a list for an object", [1]],
  ])("are refused for %s", (_, body) =>
    onScene([], async ({ admin }) => {
      expect((await admin("POST", "providers/acme/orders", body)).status).toBe(422);
    }),
  );
});

describe("the truth", () => {
  it("is told in canonical words whatever the modes, now and for the end", () =>
    onScene(["status_words=shifted", "negative_remains", "null_fields", "down/2"], async (scene) => {
      const orders = await truth(scene);
      expect(orders.map(({ status, remains }) => [status, remains])).toEqual([
        ["in_progress", 1234],
        ["completed", 0],
        ["partial", 157],
        ["canceled", QUANTITY],
      ]);
      expect(orders[0]).toMatchObject({
        quantity: QUANTITY,
        settled: true,
        settles_at: START,
        charge: expect.stringMatching(/^\d+\.\d{9}$/),
      });
    }));

  it("says what will be before it is so, and is right about it", () =>
    onScene([], async (scene) => {
      await scene.admin("POST", "providers/acme/orders", { count: 60 });
      const foretold = await truth(scene);
      expect(foretold.some(({ settled }) => !settled)).toBe(true);
      await scene.admin("POST", "clock", { now: START + 400 * MINUTE });
      for (const [index, order] of (await truth(scene)).entries()) {
        expect(order).toMatchObject({ settled: true, now: { status: foretold[index]?.status, remains: foretold[index]?.remains } });
      }
    }));
});

describe("a script", () => {
  it("replaces an order's life step by step", () =>
    onScene([], async (scene) => {
      const { admin, ids, statusOf } = scene;
      const steps = [
        { after_ms: 0, status: "processing" },
        { after_ms: MINUTE, status: "completed" },
        { after_ms: 2 * MINUTE, status: "partial", remains: 400, start_count: 9 },
      ];
      const got = await admin("PUT", `providers/acme/orders/${ids[0]}/script`, { steps });
      expect(got.json).toMatchObject({ kind: "scripted", status: "partial", remains: 400, settles_at: START + 2 * MINUTE });
      const seen: Json[] = [];
      for (const now of [START, START + MINUTE, START + 2 * MINUTE]) {
        await admin("POST", "clock", { now });
        const { status, remains } = (await statusOf(ids[0])).json as JsonObject;
        seen.push([status ?? null, remains ?? null]);
      }
      expect(seen).toEqual([
        ["Processing", String(QUANTITY)],
        ["Completed", "0"],
        ["Partial", "400"],
      ]);
    }));

  it("waits before its first step, and takes a bare list", () =>
    onScene([], async ({ admin, ids, statusOf }) => {
      await admin("PUT", `providers/acme/orders/${ids[0]}/script`, [{ after_ms: MINUTE, status: "canceled" }]);
      expect((await statusOf(ids[0])).json).toMatchObject({ status: "Pending" });
    }));

  it.each<[string, JsonObject, JsonObject, string]>([
    ["a word of its own", { status: "Cancelled", remains: 5 }, { status: "Cancelled", remains: "5" }, "canceled"],
    ["a word nobody knows", { status: "Teleporting" }, { status: "Teleporting" }, "unknown"],
    [
      "odd figures",
      { status: "partial", remains: "1e2", start_count: [1] },
      { status: "Partial", remains: "1e2", start_count: [1] },
      "partial",
    ],
    ["further fields", { status: "completed", note: "ok", charge: null }, { status: "Completed", note: "ok", charge: null }, "completed"],
  ])("tells %s to the letter", (_, step, shown, meaning) =>
    onScene([], async (scene) => {
      const { admin, ids, statusOf } = scene;
      await admin("PUT", `providers/acme/orders/${ids[0]}/script`, { steps: [{ after_ms: 0, ...step }] });
      expect((await statusOf(ids[0])).json).toMatchObject(shown);
      expect((await truth(scene))[0]?.status).toBe(meaning);
    }),
  );

  it.each<Json>([null, 5, "gone", [1, 2], { deep: { er: [] } }, false])("answers %j where told to", (raw) =>
    onScene([], async ({ admin, ids, statusOf, statusOfMany }) => {
      await admin("PUT", `providers/acme/orders/${ids[0]}/script`, { raw });
      expect((await statusOf(ids[0])).json).toEqual(raw);
      expect((await statusOfMany(ids)).json).toMatchObject({ [ids[0]]: raw, [ids[1]]: { status: "Completed" } });
    }),
  );

  it.each<[string, Json]>([
    ["no steps", {}],
    ["a step without a time", { steps: [{ status: "completed" }] }],
    ["a step that is none", { steps: [5] }],
  ])("is refused with %s", (_, body) =>
    onScene([], async ({ admin, ids }) => {
      expect((await admin("PUT", `providers/acme/orders/${ids[0]}/script`, body)).status).toBe(422);
    }),
  );
});

describe("the admin endpoints", () => {
  it("keep what a change of a provider leaves out", () =>
    onScene(["bom"], async ({ admin, key }) => {
      const changed = await admin("PUT", "providers/acme", { key: "new", currency: "INR" });
      expect(changed.json).toMatchObject({ key: "new", currency: "INR", modes: [{ mode: "bom", value: null, every: 1 }], orders: 4 });
      expect(changed.json).not.toMatchObject({ key });
    }));

  it("change what a provider sells, from its list to what an order costs", () =>
    onScene([], async ({ admin, simulator }) => {
      const listed = async () => {
        const body = new URLSearchParams({ key: simulator.keyOf("acme"), action: "services" });
        const services = (await (await fetch(simulator.urlOf("acme"), { method: "POST", body })).json()) as JsonObject[];
        return services
          .filter(({ service }) => Number(service) < 3)
          .map(({ service, rate, max }) => [Number(service), Number(rate), Number(max)]);
      };
      expect((await listed()).map(([service]) => service)).toEqual([1, 2]);
      const changed = await admin("PUT", "providers/acme", { services: { "1": { rate: "1.25", max: 500 }, "2": null } });
      expect([changed.status, await listed()]).toEqual([200, [[1, 1.25, 500]]]);
      const [id] = await idsOf(admin("POST", "providers/acme/orders", { orders: [{ service: 1, quantity: 100 }] }));
      const { json } = await admin("GET", "providers/acme/truth");
      const placed = (json as unknown as { orders: TruthEntry[] }).orders.find((order) => order.id === id);
      expect(placed?.charge).toBe("0.125000000");
    }));

  it.each([{ "99": null }, { "1": 5 }, { "1": { name: "x" } }, { "1": { rate: 1 } }, { "1": { rate: "-1" } }, [1]])(
    "refuse %j as a change of services",
    (services) =>
      onScene([], async ({ admin }) => {
        expect((await admin("PUT", "providers/acme", { services })).status).toBe(422);
      }),
  );

  it("replace a provider, or put a new one there", () =>
    onScene([], async ({ admin, simulator }) => {
      expect((await admin("POST", "providers", { name: "acme" })).json).toMatchObject({ orders: 0 });
      const put = await admin("PUT", "providers/bolt", { modes: ["quirks"] });
      expect([put.status, (put.json as JsonObject).url]).toEqual([201, `${simulator.url}/bolt/api/v2`]);
      expect(((await admin("GET", "providers")).json as { providers: Json[] }).providers).toHaveLength(2);
    }));

  it("list the modes, the sets and the kinds of lives", () =>
    onScene([], async ({ admin }) => {
      expect((await admin("GET", "modes")).json).toMatchObject({ modes: { bom: {} }, sets: { plain: [] }, life_kinds: {}, demo_mix: {} });
    }));

  it.each(["admin", "a/b", "", "A b", "__proto__"])("refuse to call a provider %j", (name) =>
    onScene([], async ({ admin }) => {
      expect((await admin("POST", "providers", { name })).status).toBe(422);
    }),
  );

  it.each([
    ["GET", "nowhere"],
    ["DELETE", "providers/acme"],
    ["GET", "providers/nobody/truth"],
    ["PUT", "providers/acme/orders/1/script"],
  ])("answer 404 to %s %s", (method, path) =>
    onScene([], async ({ admin }) => {
      expect((await admin(method, path, method === "PUT" ? { steps: [] } : undefined)).status).toBe(404);
    }),
  );

  it("set the clock, forward and back, and not one that runs by itself", async () => {
    await onScene([], async ({ admin }) => {
      expect((await admin("POST", "clock", { now: 5 })).json).toEqual({ now: 5, manual: true });
      expect((await admin("POST", "clock", { advance_ms: 10 })).json).toEqual({ now: 15, manual: true });
      expect((await admin("POST", "clock", { now: "noon" })).status).toBe(422);
    });
    const simulator = await startSimulator({ seed: 1, now: { speed: 3600, startAt: START } });
    const refused = await fetch(`${simulator.url}/admin/clock`, { method: "POST", body: '{"now":5}' });
    expect(refused.status).toBe(409);
    expect(simulator.world.clock.now()).toBeGreaterThanOrEqual(START);
    await simulator.close();
  });

  it("count what clients do", () =>
    onScene([], async ({ admin, call, ids, stats, statusOf, statusOfMany }) => {
      await statusOfMany(ids);
      await statusOf(ids[0]);
      await call({ action: "balance" });
      await admin("POST", "clock", { now: START + MINUTE });
      await statusOf(ids[0]);
      await call({ action: "balance", key: "wrong" });
      expect(await stats()).toMatchObject({
        calls: 5,
        calls_by_action: { status: 3, balance: 1 },
        calls_by_minute: { [START]: 3, [START + MINUTE]: 2 },
        busiest_minute: 3,
        many_calls: 1,
        largest_many: 4,
        ids_asked: 6,
        ids_answered: 6,
        bad_keys: 1,
        ids: { [ids[0]]: { asked: 3, last_asked_at: START + MINUTE }, [ids[1]]: { asked: 1, last_asked_at: START } },
      });
    }));

  it("reset everything to the first day, with the same seed or another", () =>
    onScene([], async ({ admin, key }) => {
      await admin("POST", "clock", { advance_ms: 5 });
      await admin("POST", "providers", { name: "bolt" });
      const same = (await admin("POST", "reset")).json;
      expect(same).toMatchObject({ seed: 7, now: START, providers: [{ name: "acme", key, orders: 0 }] });
      const other = (await admin("POST", "reset", { seed: 8 })).json as { providers: { key: string }[] };
      expect(other.providers[0]?.key).not.toBe(key);
    }));
});

async function run(seed: number): Promise<string> {
  const seen: string[] = [];
  await onScene(
    ["quirks", "many_entry_dropped", "extra_ids"],
    async ({ admin, call, ids }) => {
      const placed = await idsOf(admin("POST", "providers/acme/orders", { count: 40 }));
      for (let hour = 0; hour < 5; hour += 1) {
        await admin("POST", "clock", { now: START + hour * 60 * MINUTE });
        const got = await call({ action: "status", orders: [...ids, ...placed].join(",") });
        seen.push(JSON.stringify([...got.headers]), got.bytes.toString("base64"));
      }
      seen.push((await admin("GET", "providers/acme/truth")).text);
    },
    seed,
  );
  return seen.join("\n");
}

describe("one seed", () => {
  it("answers the same requests with the same bytes, and another seed with others", async () => {
    const first = await run(3);
    expect(await run(3)).toBe(first);
    expect(await run(4)).not.toBe(first);
  });

  it("answers a flap by the count of answers, not by time", () =>
    onScene([], async ({ admin, statusOf }) => {
      const [id = ""] = await idsOf(admin("POST", "providers/acme/orders", { count: 1, mix: { flapping: 1 } }));
      await admin("POST", "clock", { advance_ms: 400 * MINUTE });
      const words: Json[] = [];
      for (let i = 0; i < 6; i += 1) words.push(((await statusOf(id)).json as JsonObject).status ?? null);
      expect(words.filter((word) => word !== words[0])).toHaveLength(1);
    }));
});

/** The least a client must do to get through a set of modes: clean, unwrap, read words and figures, ask again. */
async function followed({ call, simulator, key }: Scene, ids: readonly string[], single: boolean): Promise<Map<string, string>> {
  const ends = new Map<string, string>();
  for (let round = 0; ends.size < ids.length && round < 300; round += 1) {
    const left = ids.filter((id) => !ends.has(id));
    const asked = single ? left.slice(0, 1) : left.slice(0, 100);
    const fields: Record<string, string> = single ? { order: asked[0] ?? "" } : { orders: asked.join(",") };
    const secondDialect = simulator.world.providers.get("acme")?.modes.some(({ mode }) => mode === "second_dialect");
    const body = JSON.stringify({ api_token: key, action: "status", ...fields });
    const init = secondDialect ? { body, headers: { "content-type": "application/json" } } : undefined;
    const text = await call({ action: "status", ...fields }, init).then(
      (got) => got.text,
      () => "",
    );
    const parsed = jsonOf(text.slice(Math.max(0, text.search(/\{"/)))) as Record<string, JsonObject> | undefined;
    const answer = (parsed?.data ?? parsed ?? {}) as Record<string, JsonObject>;
    for (const [id, entry] of Object.entries(single ? { [asked[0] ?? ""]: answer } : answer)) {
      if (ids.includes(id) && entry.remains !== undefined) ends.set(id, endOf(entry));
    }
    if (/Too many requests/.test(text)) simulator.world.clock.set(simulator.world.clock.now() + MINUTE);
  }
  return ends;
}

function endOf({ status, remains }: JsonObject): string {
  // Numbers come out of JSON as they are, texts in quotes.
  return `${statusMeant(JSON.stringify(status).replaceAll('"', ""))} ${JSON.stringify(remains).replaceAll(/[",]/g, "")}`;
}

describe("a set of modes", () => {
  it.each<[ModeSetName, boolean]>([
    ["plain", false],
    ["quirks", false],
    ["flaky", false],
    ["legacy", true],
    ["dialect", false],
  ])("%s lets a good client reach the truth of every order", (set, single) =>
    onScene([set], async (scene) => {
      const ids = await idsOf(
        scene.admin("POST", "providers/acme/orders", {
          count: single ? 60 : 230,
          mix: { completed: 5, partial: 3, canceled: 1, refunded_rest: 1 },
        }),
      );
      await scene.admin("POST", "clock", { advance_ms: 400 * MINUTE });
      const ends = await followed(scene, ids, single);
      const placed = (await truth(scene)).filter(({ id }) => ids.includes(id));
      expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(placed.map(({ id, status, remains }) => [id, `${status} ${remains}`])));
    }),
  );
});

describe("the command line", () => {
  const program = fileURLToPath(new URL("../../simulator/main.ts", import.meta.url));
  const node = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));

  it.each(["SIGINT", "SIGTERM"] as const)("says where it is, serves, and leaves no port behind on %s", async (signal) => {
    const child = spawn(node, [program, "--port", "0", "--providers", "acme:plain,quirky:quirks+slow=60000", "--orders", "3"]);
    // A test that fails must not leave it running.
    onTestFinished(() => void child.kill("SIGKILL"));
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      if (lines.push(line) === 2) break;
    }
    const [, url = "", key = ""] = /^acme (http:\S+\/acme\/api\/v2) key=(\w+)$/.exec(lines[0] ?? "") ?? [];
    expect(lines[1]).toMatch(/^quirky http:\S+\/quirky\/api\/v2 key=\w+$/);
    const response = await fetch(url, { method: "POST", body: new URLSearchParams({ key, action: "balance" }) });
    expect(await response.json()).toHaveProperty("balance");

    // Neither may a call that is being held keep the program alive.
    const [, quirky = "", quirkyKey = ""] = /^quirky (\S+) key=(\w+)$/.exec(lines[1] ?? "") ?? [];
    const body = new URLSearchParams({ key: quirkyKey, action: "balance" });
    const held = fetch(quirky, { method: "POST", body }).catch((error: unknown) => String(error));
    const stats = new URL("/admin/providers/quirky/stats", quirky);
    while (((await (await fetch(stats)).json()) as { calls: number }).calls === 0);

    const ended = once(child, "close");
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(await held).toContain("fetch failed");
    await expect(fetch(url, { method: "POST" })).rejects.toThrow("fetch failed");
  });

  it.each([
    ["--providers", "acme:teleport"],
    ["--port", "many"],
    ["--colour", "red"],
  ])("refuses %s %s with a message and its usage", async (...args) => {
    const child = spawn(node, [program, ...args]);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    expect(await once(child, "close")).toEqual([1, null]);
    expect(said).toContain("node simulator/main.ts [options]");
  });

  it("says that a port is taken, without a stack of calls", async () => {
    const other = createServer();
    onTestFinished(() => void other.close());
    await once(other.listen(0, "127.0.0.1"), "listening");
    const { port } = other.address() as AddressInfo;
    const child = spawn(node, [program, "--port", String(port)]);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    expect(await once(child, "close")).toEqual([1, null]);
    expect(said).toContain(`address already in use 127.0.0.1:${port}`);
    expect(said).not.toContain("    at ");
  });
});

describe("the simulator without a port", () => {
  const world = createWorld({ seed: 1, now: { manual: true, startAt: START }, providers: { acme: { key: "k" } } });
  const waited: number[] = [];
  const fetchIn = simulatorFetch(world, async (ms) => void waited.push(ms));
  const ask = (modes: string[], init: RequestInit = {}): Promise<Response> => {
    return fetchIn(new Request("https://acme.example/admin/providers/acme", { method: "PUT", body: JSON.stringify({ modes }) })).then(() =>
      fetchIn(
        new Request("https://acme.example/acme/api/v2", {
          method: "POST",
          body: new URLSearchParams({ key: "k", action: "balance" }),
          ...init,
        }),
      ),
    );
  };

  it("answers as behind one", async () => {
    expect(await (await ask([])).json()).toEqual({ balance: "100000.00000", currency: "USD" });
    expect((await ask(["html_502"])).status).toBe(502);
  });

  it("fails, hangs and waits as fetch would", async () => {
    await expect(ask(["down"])).rejects.toThrow("fetch failed");
    // Held here: one that nobody holds may be collected before it fires. So may a request, unless the simulator holds it.
    const signal = AbortSignal.timeout(20);
    await expect(ask(["hang"], { signal })).rejects.toThrow(/timeout/);
    expect(signal.aborted).toBe(true);
    await ask(["slow=1500"]);
    expect(waited).toEqual([1500]);
  });
});

describe("a server", () => {
  it("gives its port back although calls are being held", async () => {
    const simulator = await startSimulator({ seed: 1, providers: { acme: { modes: ["hang"] }, late: { modes: ["slow=60000"] } } });
    const held = ["acme", "late"].map((name) => {
      const body = new URLSearchParams({ key: simulator.keyOf(name), action: "balance" });
      return expect(fetch(simulator.urlOf(name), { method: "POST", body })).rejects.toThrow("fetch failed");
    });
    const providers = [...simulator.world.providers.values()];
    while (providers.some(({ stats }) => stats.calls === 0)) await new Promise((resolve) => setImmediate(resolve));
    await simulator.close();
    await Promise.all(held);
    const again = await startSimulator({ seed: 1, port: simulator.port });
    await again.close();
  });

  it("fails to start on a port that is taken", async () => {
    const first = await startSimulator({ seed: 1 });
    await expect(startSimulator({ seed: 1, port: first.port })).rejects.toThrow("EADDRINUSE");
    await first.close();
  });
});

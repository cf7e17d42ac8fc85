/**
 * Alerts from what the product itself does, to what a receiver reads: real D1, and a captured receiver behind the ports' fetch.
 */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { clear, migrate, MINUTE_MS, rows } from "../world/database.ts";
import { changedDb } from "../world/faulty-database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, young } from "../world/records.ts";
import { World } from "../world/world.ts";

type Received = { readonly url: string; readonly headers: Headers; readonly body: string; readonly at: number };
type Told = { kind: string; subject: string | null; severity: string; notice: string; text: string; what_to_do: string };

/** A world whose alerts come in at `hooks.example`, where they are written down. */
class AlertWorld extends World {
  readonly received: Received[] = [];
  answer: (received: Received) => Response | Promise<Response> = () => new Response(null, { status: 204 });
  secret = "";

  static async begin(): Promise<AlertWorld> {
    await clear();
    const world = new AlertWorld();
    const provide = world.ports.fetch;
    world.ports = {
      ...world.ports,
      fetch: async (request) => {
        if (new URL(request.url).hostname !== "hooks.example") return provide(request);
        const received = { url: request.url, headers: request.headers, body: await request.text(), at: world.now };
        world.received.push(received);
        return world.answer(received);
      },
    };
    await world.provider("acme");
    return world;
  }

  async channel(settings: Record<string, unknown> = {}): Promise<void> {
    const { status, json } = await this.ask("PUT", "/v1/alert-channels/phone", {
      body: { type: "webhook", url: "https://hooks.example/in", ...settings },
    });
    expect(status).toBe(201);
    this.secret = json.secret as string;
  }

  /** What the messages told, in the order that they came. */
  told(): Told[] {
    return this.received.flatMap(({ body }) => (JSON.parse(body) as { data: { alerts: Told[] } }).data.alerts);
  }

  kinds(): string[] {
    return this.told().map(({ kind, notice }) => `${kind} ${notice}`);
  }

  async open(): Promise<{ id: string; kind: string; subject: string | null; count: number }[]> {
    return (await this.get("/v1/alerts?open=true")).json.alerts;
  }
}

let world: AlertWorld;

beforeAll(async () => {
  await migrate();
  await new World().panel("p");
});

afterEach(clear);

async function brokenProvider(): Promise<void> {
  await addOrders("p", "acme", 1, 3, { ...young });
  world.providers.set("acme", () => new Response("bad gateway", { status: 502 }));
  world.knowsBalances = false;
}

describe("an outage", () => {
  it("is told once with what to do, and told to be over", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    await world.run(12);
    expect(world.kinds()).toEqual(["provider_down opened"]);
    expect(world.told()[0]).toMatchObject({ subject: "acme", severity: "critical" });
    expect(await world.open()).toMatchObject([{ kind: "provider_down", subject: "acme" }]);
    world.providers.set(
      "acme",
      answeringEach(() => inProgress()),
    );
    await world.run(12);
    expect(world.kinds()).toEqual(["provider_down opened", "provider_down closed"]);
    expect(await world.open()).toEqual([]);
    expect(world.eventsOf("watch.failed")).toEqual([]);
  });

  it("is signed as Standard Webhooks has it, and holds no key", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    await world.run(12);
    const [{ headers, body, at } = { headers: new Headers(), body: "", at: 0 }] = world.received;
    const sent = { id: headers.get("webhook-id") ?? "", at: headers.get("webhook-timestamp"), signature: headers.get("webhook-signature") };
    expect(sent.at).toBe(String(Math.floor(at / 1000)));
    expect(sent.signature).toBe(new Webhook(world.secret).sign(sent.id, new Date(at), body));
    expect(body).not.toContain("provider-key-1234");
  });

  it("of a minute tells nobody", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    await world.run(3);
    world.providers.set(
      "acme",
      answeringEach(() => inProgress()),
    );
    await world.run(1);
    expect(await rows("SELECT bad FROM alerts")).toEqual([{ bad: 1 }]);
    await world.run(9);
    expect(world.received).toEqual([]);
    expect(await rows("SELECT * FROM alerts")).toEqual([]);
  });

  it("keeps what follows from it untold", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await addOrders("p", "acme", 1, 10, { ...young, flags: 1 });
    await env.DB.prepare("UPDATE providers SET active_orders = 10").run();
    world.providers.set("acme", () => new Response("bad gateway", { status: 502 }));
    world.knowsBalances = false;
    await env.DB.prepare(`UPDATE providers SET retry_at = ?1, failures = 3, last_failure = '{"code":"http","message":"HTTP 502"}'`)
      .bind(world.now)
      .run();
    await world.run(10);
    expect(world.kinds()).toEqual(["provider_down opened"]);
  });
});

describe("a message", () => {
  it("is sent again by the next tick when the sender died after it had claimed it", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    // The Worker ends in the middle of the call: nothing that comes after it is done.
    let isDead = false;
    world.answer = () => {
      isDead = true;
      return new Response(null, { status: 204 });
    };
    const healthy = world.env.DB;
    const alive = (): void => {
      if (isDead) throw new Error("D1_ERROR: gone");
    };
    const prepare = (sql: string): D1PreparedStatement => {
      alive();
      return env.DB.prepare(sql);
    };
    (world.env as { DB: D1Database }).DB = changedDb({ prepare });
    while (!isDead) await world.run(1);
    (world.env as { DB: D1Database }).DB = healthy;
    world.answer = () => new Response(null, { status: 204 });
    await world.run(4);
    expect(world.kinds()).toEqual(["provider_down opened", "provider_down opened"]);
    expect(world.received[0]?.headers.get("webhook-id")).toBe(world.received[1]?.headers.get("webhook-id"));
    await world.run(5);
    expect(world.received).toHaveLength(2);
  });

  it("that is not taken waits as long as the receiver asks for", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await brokenProvider();
    world.answer = () => new Response(null, { status: 429, headers: { "Retry-After": "600" } });
    while (world.received.length === 0) await world.run(1);
    const [first] = world.received;
    world.answer = () => new Response(null, { status: 204 });
    await world.run(15);
    expect(world.received).toHaveLength(2);
    expect((world.received[1]?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    expect((world.received[1]?.at ?? 0) - (first?.at ?? 0)).toBeLessThanOrEqual(12 * MINUTE_MS);
  });

  it("tells the worst first of what came within two minutes", async () => {
    world = await AlertWorld.begin();
    await world.channel();
    await env.DB.prepare("INSERT INTO dead_letters (queue_message_id, body, failed_at) VALUES ('m', '{}', 1)").run();
    await env.DB.prepare("UPDATE providers SET brake_engaged_at = 1").run();
    await world.run(6);
    expect(world.received).toHaveLength(1);
    expect(world.kinds()).toEqual(["brake_engaged opened", "dead_letters opened"]);
  });
});

/**
 * Bounds before work: what nobody has a key for is not taken apart, and a provider that takes its message down takes
 * nobody with it.
 */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SweepMessage } from "../../../src/domain/message.ts";
import { HOST } from "../world/asking.ts";
import { clear, migrate, rows } from "../world/database.ts";
import { answeringEach, inProgress } from "../world/providers.ts";
import { addOrders, addPanel, addProvider, young } from "../world/records.ts";
import { World } from "../world/world.ts";

beforeAll(async () => {
  await migrate();
  await addPanel("p");
});

afterEach(clear);

describe("a call at a door, before its key is known", () => {
  const post = (body: BodyInit, query = "") => new World().fetch(new Request(`${HOST}/api/v2/acme${query}`, { method: "POST", body }));
  const many = (count: number, name: (n: number) => string) => new URLSearchParams(Array.from({ length: count }, (_, n) => [name(n), "1"]));

  it.each<[string, BodyInit, number]>([
    ["of 128 KiB", `action=status&x=${"a".repeat(128 * 1024 - 16)}`, 200],
    ["of a byte more", `action=status&x=${"a".repeat(128 * 1024 - 15)}`, 413],
    ["of 200 fields", many(200, (n) => `f${n}`), 200],
    ["of 201 fields", many(201, (n) => `f${n}`), 413],
    ["of 201 fields in JSON", JSON.stringify(Object.fromEntries(many(201, (n) => `f${n}`))), 413],
    ["of a thousand ids in a list", many(1000, () => "orders[]"), 200],
    ["of the same field sixty thousand times", "a&".repeat(60_000), 413],
  ])("%s is answered %s by a fitting code", async (_name, body, status) => {
    const answered = await post(body);
    expect(answered.status).toBe(status);
    if (status === 413) expect(answered.text).toBe("");
  });

  it("may not have its fields in the query either", async () => {
    expect((await post("", `?${many(201, (n) => `f${n}`).toString()}`)).status).toBe(413);
  });
});

describe("an answer to status", () => {
  it.each([
    ["of 256 KiB is read", 256 * 1024, 1],
    ["of a byte more is let go", 256 * 1024 + 1, 0],
  ])("%s", async (_name, length, answered) => {
    await addProvider("acme", { many: "yes" });
    await addOrders("p", "acme", 1, 1, { ...young });
    const world = new World();
    world.providers.set("acme", () => new Response(JSON.stringify(inProgress()).padEnd(length)));
    await world.run(1);
    expect(world.sum("sweep", "answered")).toBe(answered);
  });
});

describe("a message that was killed before anything was noted", () => {
  const providersOf = (message: unknown) => (message as SweepMessage).providers.map(({ id }) => id);

  async function killed(): Promise<World> {
    for (const [i, id] of ["acme", "bulk", "cheap"].entries()) {
      await addProvider(id, { many: "yes" });
      await addOrders("p", id, 1 + 1000 * i, 10, { ...young });
    }
    const world = new World({ PLAN: "free" });
    await world.tick();
    expect(world.sent.map(providersOf)).toEqual([["acme", "bulk", "cheap"]]);
    return world;
  }

  it("is done again provider by provider, each in a message of its own", async () => {
    const world = await killed();
    const [message] = world.sent.splice(0);
    expect(await world.deliver(message, 2)).toBe("ack");
    expect(world.calls).toEqual([]);
    expect(world.sent.map(providersOf)).toEqual([["acme"], ["bulk"], ["cheap"]]);
    await world.drain();
    expect(world.sum("sweep", "answered")).toBe(30);
  });

  it("leaves the one that killed it alone in the minutes after, and no other", async () => {
    const world = await killed();
    await world.deliver(world.sent.shift(), 2);
    // That of acme is killed each time, so nothing is written of it.
    const others = world.sent.splice(0).filter((message) => !providersOf(message).includes("acme"));
    for (const message of others) await world.deliver(message);
    world.now += 60_000;
    await world.tick();
    expect(world.sent.map(providersOf)).toEqual([["acme"], ["bulk", "cheap"]]);
    await world.drain();
    world.now += 60_000;
    await world.tick();
    expect(world.sent.map(providersOf)).toEqual([["acme", "bulk", "cheap"]]);
  });

  it("hands nothing on a second time", async () => {
    await addProvider("acme", { many: "yes", batch_size: 1 });
    await addOrders("p", "acme", 1, 50, { ...young });
    await addProvider("bulk", { many: "yes" });
    const world = new World({ PLAN: "free" });
    world.providers.set(
      "acme",
      answeringEach(() => inProgress()),
    );
    await addOrders("p", "bulk", 2001, 1, { ...young });
    await world.tick();
    await world.deliver(world.sent.shift(), 2);
    for (const message of world.sent.splice(0)) await world.deliver(message);
    expect(world.sent).toEqual([]);
    expect(await rows("SELECT id FROM providers WHERE last_poll_ms > 5000")).toEqual([]);
  });
});

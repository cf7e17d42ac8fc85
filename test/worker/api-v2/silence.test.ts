/**
 * When there is no answer to give, a script hears nothing that it could take for one: a failing code, when to come
 * again, and an empty body. What is known is answered all the same.
 */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ModeInput } from "../../../simulator/modes.ts";
import type { Answer, ApiClient } from "../../panels/client.ts";
import { statusOf } from "../../panels/readings.ts";
import { lateness, LATER, texts } from "../../panels/shapes.ts";
import { failingDb } from "../world/faulty-database.ts";
import { patienceWith, SimulatedWorld } from "../world/simulated.ts";

/** All ways in which a provider gives no answer, or none that can be read. */
const SILENCES: readonly ModeInput[] = [
  "down",
  "hang",
  "slow=500",
  "html_502",
  "html_login",
  "bot_check",
  "bot_check=429",
  "empty_body",
  "literal_null",
  "truncated_json",
  "huge_body=8",
  "lost_answer",
  "redirect",
];

let world: SimulatedWorld;
let links = 0;
let providers = 0;

beforeAll(async () => {
  world = await SimulatedWorld.open(23);
  await world.addPanel("shop");
  await world.addPanel("till", "ledger", "1000");
});

afterEach(() => world.retireAll());

type Held = { readonly name: string; readonly connect: ApiClient; readonly own: ApiClient; readonly known: number; readonly ours: number };

/** A provider of its own with an order placed through each endpoint, polled while all was well; its service is sold under its name's number. */
async function wellProvider(mode?: ModeInput): Promise<Held> {
  providers += 1;
  const name = `p${providers}`;
  await world.addProvider(name, { mix: { completed: 1 } }, patienceWith(mode));
  const sold = String(200 + providers);
  await world.must("PUT", `/v1/services/${sold}`, {
    provider: name,
    service: "1",
    name: "Followers",
    rate: "1",
    min: 10,
    max: 1000,
    refill: true,
    cancel: true,
  });
  const connect = world.client("shop", name);
  const own = world.client("till");
  const known = await add(connect, "1");
  const ours = await add(own, sold);
  for (const id of world.simulated(name).orders.keys()) world.script(name, id, { status: "in_progress", remains: 60 });
  await world.pass(2);
  return { name, connect, own, known, ours };
}

async function add(client: ApiClient, service: string): Promise<number> {
  links += 1;
  const { json } = await client.add({ service, link: `https://social.example/s/${links}`, quantity: 100 });
  return Number((texts(json) as { order: string }).order);
}

async function expectLater(answer: Promise<Answer>): Promise<void> {
  expect(lateness(await answer)).toEqual(LATER);
}

describe("a provider that cannot be asked", () => {
  it.each(SILENCES)("%j: what nobody has heard of it yet is not answered", async (mode) => {
    providers += 1;
    const name = `p${providers}`;
    await world.addProvider(name, { modes: [mode] }, patienceWith(mode));
    const connect = world.client("shop", name);
    await expectLater(connect.services());
    await expectLater(connect.balance());
    await expectLater(connect.status(77));
    await expectLater(connect.statuses([77, 78]));
    await expectLater(connect.with({ encoding: "get" }).status(79));
    expect(lateness(await connect.cancel([77]))).toEqual(LATER);
  });

  it.each(SILENCES)("%j: what has to be asked of it is not answered, what is known is", async (mode) => {
    const { name, connect, own, known, ours } = await wellProvider(mode);
    world.modes(name, mode);
    for (const [client, id] of [
      [connect, known],
      [own, ours],
    ] as const) {
      await expectLater(client.refill(id));
      await expectLater(client.refills([id]));
      await expectLater(client.cancel([id]));
      expect(texts((await client.status(id)).json)).toMatchObject({ status: "In progress", remains: "60" });
      expect(texts((await client.statuses([id])).json)).toMatchObject({ [id]: { status: "In progress" } });
    }
    expect((await own.services()).json).toContainEqual(expect.objectContaining({ name: "Followers" }));
  });

  it.each(SILENCES)("%j: of a list with ids it has never seen nobody is told to be an error", async (mode) => {
    const { name, connect, known } = await wellProvider(mode);
    const unseen = Number([...world.simulated(name).orders.keys()].at(-1)) + 7;
    world.modes(name, mode);
    const answer = await connect.statuses([known, unseen]);
    expect(statusOf(answer, unseen)).toEqual({ kind: "unclear" });
    if (answer.text !== "") expect(texts(answer.json)).toMatchObject({ [known]: { status: "In progress" } });
  });

  it("one that refuses every call says nothing of an order", async () => {
    const { name, connect, known } = await wellProvider();
    const unseen = Number([...world.simulated(name).orders.keys()].at(-1)) + 7;
    world.modes(name, "fails_with_error");
    expect(statusOf(await connect.statuses([known, unseen]), unseen)).toEqual({ kind: "unclear" });
    for (const dressed of ["error_localised", "error_http=404", "error_with_status_field", "error_as_msg"]) {
      world.modes(name, "fails_with_error", dressed);
      await expectLater(connect.status(unseen));
    }
  });

  it("one that refuses every call says nothing of a refill that nobody follows here", async () => {
    const { name, connect } = await wellProvider();
    for (const dressed of ["error_localised", "error_http=404", "error_as_msg"]) {
      world.modes(name, "fails_with_error", dressed);
      await expectLater(connect.refillStatus(4711));
      await expectLater(connect.refillStatuses([4711, 4712]));
    }
    world.modes(name);
    expect((await connect.refillStatus(4711)).json).toEqual({ error: "Refill not found" });
  });

  it("a key that the provider has changed is no wrong key of the panel's", async () => {
    const { name, connect, own, known, ours } = await wellProvider();
    world.simulated(name).key = "another";
    for (const answer of [await connect.services(), await connect.balance(), await connect.refill(known), await own.refill(ours)]) {
      expect(answer.json).not.toEqual({ error: "Invalid API key" });
    }
    await expectLater(connect.status("4444"));
    await world.pass(5);
    expect(texts((await connect.status(known)).json)).toMatchObject({ status: "In progress" });
  });

  it.each(["page", "cut", "other", "reset"])("services that come as %s are none, and later they are there", async (form) => {
    providers += 1;
    const name = `p${providers}`;
    await world.addProvider(name, { modes: [`services_unreadable=${form}`] });
    const connect = world.client("shop", name);
    await expectLater(connect.services());
    world.modes(name);
    await world.pass(2);
    expect((await connect.services()).json).toEqual((await world.direct(name).services()).json);
  });
});

describe("an order that the provider no longer knows", () => {
  it.each(["plain", "error_localised", "many_entry_error_string", "many_entry_missing", "error_http=404", "no_many"])(
    "%s: is told its last active status, through either endpoint",
    async (mode) => {
      const { name, connect, own, known, ours } = await wellProvider();
      world.modes(name, mode);
      world.simulated(name).orders.clear();
      await world.pass(10);
      for (const [client, id] of [
        [connect, known],
        [own, ours],
      ] as const) {
        expect(texts((await client.status(id)).json)).toMatchObject({ status: "In progress", remains: "60" });
        expect(statusOf(await client.statuses([id]), id)).toMatchObject({ kind: "told", word: "In progress" });
      }
    },
  );
});

describe("panelsync without its database", () => {
  it.each(["connect", "own"] as const)("%s: answers nothing to any call, and sends nothing", async (endpoint) => {
    const held = await wellProvider();
    const id = endpoint === "connect" ? held.known : held.ours;
    const service = endpoint === "connect" ? "1" : String(200 + providers);
    const client = held[endpoint].with({ send: (request) => world.handle(request, { DB: failingDb() }) });
    const sent = await world.during(async () => {
      await expectLater(client.services());
      await expectLater(client.balance());
      await expectLater(client.status(id));
      await expectLater(client.statuses([id, 9]));
      await expectLater(client.refill(id));
      await expectLater(client.refills([id]));
      await expectLater(client.refillStatus(1));
      await expectLater(client.cancel([id]));
      await expectLater(client.add({ service, link: "https://social.example/none", quantity: 100 }));
      await expectLater(client.with({ encoding: "get" }).status(id));
    });
    expect(sent).toEqual([]);
  });
});

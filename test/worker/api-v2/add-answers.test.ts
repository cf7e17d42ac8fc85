/**
 * `add` is never sent upstream twice and never lost: what comes back when the provider's answer cannot be read, when it
 * refuses, when it is known to be out of reach, and when the script sends the same order again.
 */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ModeInput } from "../../../simulator/modes.ts";
import type { Answer, ApiClient, Fields, Json } from "../../panels/client.ts";
import { isRefusal, lateness, LATER, texts } from "../../panels/shapes.ts";
import { MINUTE_MS } from "../world/database.ts";
import { patienceWith, SimulatedWorld } from "../world/simulated.ts";

const FIRST_OF_OURS = 2_000_000_000;
const LAST_ID = 2_147_483_647;
/** Ways in which the order is placed, or may have been, and nobody is told its id. */
const UNREADABLE: readonly ModeInput[] = [
  "lost_answer",
  "add_unreadable=reset",
  "add_unreadable=page",
  "add_unreadable=cut",
  "add_unreadable=other",
  "add_unreadable=error",
  "truncated_json",
  "empty_body",
  "literal_null",
  "huge_body=2",
  "slow=500",
  "hang",
  "html_login",
];
/** Whether the order is there all the same. */
const isPlaced = (mode: ModeInput): boolean => mode !== "hang" && mode !== "html_login";

let world: SimulatedWorld;
let links = 0;
let providers = 0;

beforeAll(async () => {
  world = await SimulatedWorld.open(24);
  await world.addPanel("shop");
  await world.addPanel("till", "ledger", "1000");
});

afterEach(() => world.retireAll());

type At = { readonly name: string; readonly panel: string; readonly client: ApiClient; readonly service: string };
const ENDPOINTS = ["connect", "own"] as const;
const CASES = ENDPOINTS.flatMap((endpoint) => UNREADABLE.map((mode) => ({ endpoint, mode })));

/** A provider that nobody has asked anything yet, and its service 1 through a endpoint, 1,000 for 1.00. */
async function newProvider(endpoint: (typeof ENDPOINTS)[number], mode?: ModeInput): Promise<At> {
  providers += 1;
  const name = `p${providers}`;
  await world.addProvider(name, { mix: { completed: 1 } }, patienceWith(mode));
  if (endpoint === "connect") return { name, panel: "shop", client: world.client("shop", name), service: "1" };
  const service = String(300 + providers);
  await world.must("PUT", `/v1/services/${service}`, {
    provider: name,
    service: "1",
    name: "Likes",
    rate: "1",
    min: 10,
    max: 1000,
    dripfeed: true,
  });
  return { name, panel: "till", client: world.client("till"), service };
}

function newOrder({ service }: At): Fields {
  links += 1;
  return { service, link: `https://social.example/a/${links}`, quantity: 100 };
}

function idOf({ json }: Answer): number {
  return Number((texts(json) as { order?: string })?.order);
}

/** As a script does it: every 30 s until there is an id, though not for ever. */
async function resent({ client }: At, fields: Fields): Promise<number> {
  for (let n = 0; n < 5; n++) {
    const answer = await client.add(fields);
    if (answer.text !== "") return idOf(answer);
    await world.goTo(world.now + MINUTE_MS / 2);
  }
  return 0;
}

async function toldOf({ client }: At, id: number): Promise<Json> {
  return texts((await client.status(id)).json);
}

async function funds(): Promise<number> {
  return Number((texts((await world.client("till").balance()).json) as { balance: string }).balance);
}

describe("an answer to add that cannot be read", () => {
  it.each(CASES)("$endpoint, $mode: gets an id all the same, told as Pending, and is sent once", async ({ endpoint, mode }) => {
    const at = await newProvider(endpoint, mode);
    const fields = newOrder(at);
    world.modes(at.name, mode);
    let id = 0;
    const sent = await world.during(async () => {
      id = idOf(await at.client.add(fields));
      expect(idOf(await at.client.add(fields))).toBe(id);
      world.now += 30_000;
      expect(idOf(await at.client.add(fields))).toBe(id);
    }, "add");
    expect(sent).toHaveLength(1);
    expect(id).toBeGreaterThanOrEqual(endpoint === "connect" ? FIRST_OF_OURS : 1);
    expect(id).toBeLessThanOrEqual(LAST_ID);
    expect(await toldOf(at, id)).toMatchObject({ status: "Pending", remains: "100" });
    expect(await world.unknown(at.panel)).toContainEqual(expect.objectContaining({ provider: at.name, link: fields["link"] }));
    // However much later: as long as nobody knows, it is this order.
    world.modes(at.name);
    await world.goTo(world.now + 10 * MINUTE_MS);
    expect(await world.during(async () => expect(idOf(await at.client.add(fields))).toBe(id), "add")).toEqual([]);
    expect(await toldOf(at, id)).toMatchObject({ status: "Pending" });
    expect(world.simulated(at.name).orders.size).toBe(isPlaced(mode) ? 1 : 0);
    await world.settle();
  });

  it.each(ENDPOINTS)("%s: settled as placed, it is followed under the id that the script has", async (endpoint) => {
    const at = await newProvider(endpoint);
    world.modes(at.name, "add_unreadable");
    const id = idOf(await at.client.add(newOrder(at)));
    const [upstream = ""] = world.simulated(at.name).orders.keys();
    world.modes(at.name);
    await world.settle();
    expect(await world.unknown(at.panel)).toEqual([]);
    world.script(at.name, upstream, { status: "in_progress", remains: 50 });
    await world.pass(2);
    expect(await toldOf(at, id)).toMatchObject({ status: "In progress", remains: "50" });
    expect(texts((await at.client.cancel([id])).json)).toEqual([{ order: String(id), cancel: { error: expect.any(String) } }]);
    world.script(at.name, upstream, { status: "partial", remains: 30 });
    await world.pass(2);
    expect(await toldOf(at, id)).toMatchObject({ status: "Partial", remains: "30" });
  });

  it.each(ENDPOINTS)("%s: settled as dropped, it is told as canceled with all of it left", async (endpoint) => {
    const at = await newProvider(endpoint, "hang");
    world.modes(at.name, "hang");
    const before = await funds();
    const id = idOf(await at.client.add(newOrder(at)));
    if (endpoint === "own") expect(await funds()).toBeCloseTo(before - 0.1, 6);
    world.modes(at.name);
    await world.settle();
    await world.pass(1);
    expect(await toldOf(at, id)).toMatchObject({ status: "Canceled", remains: "100" });
    expect(await funds()).toBe(before);
    expect(world.simulated(at.name).orders.size).toBe(0);
  });

  it("cannot be settled as an order that is another one's, nor twice in different ways", async () => {
    const at = await newProvider("own");
    await at.client.add(newOrder(at));
    const [taken = ""] = world.simulated(at.name).orders.keys();
    world.modes(at.name, "add_unreadable");
    await at.client.add(newOrder(at));
    const mine = [...world.simulated(at.name).orders.keys()].at(-1) ?? "";
    const [order] = (await world.unknown(at.panel)).filter(({ provider }) => provider === at.name);
    const settle = (body: Json) => world.operate("POST", `/v1/orders/${encodeURIComponent(order?.id ?? "")}/settle`, body, at.panel);
    expect((await settle({ provider_order_id: taken })).status).toBeGreaterThanOrEqual(400);
    expect((await settle({ provider_order_id: mine })).status).toBeLessThan(300);
    expect((await settle({ drop: true })).status).toBeGreaterThanOrEqual(400);
    expect((await settle({ provider_order_id: taken })).status).toBeGreaterThanOrEqual(400);
  });
});

describe("the same add again", () => {
  it.each(ENDPOINTS)("%s: in flight ten times at once, it is one order", async (endpoint) => {
    const at = await newProvider(endpoint);
    const fields = newOrder(at);
    world.modes(at.name, "slow=100");
    const answers = await Promise.all(Array.from({ length: 10 }, () => at.client.add(fields)));
    const ids = new Set(answers.filter(({ text }) => text !== "").map(idOf));
    expect(ids.size).toBe(1);
    for (const answer of answers) if (answer.text === "") expect(lateness(answer)).toEqual(LATER);
    expect(world.simulated(at.name).orders.size).toBe(1);
  });

  it.each(ENDPOINTS)("%s: once it was answered, the next is another sale", async (endpoint) => {
    const at = await newProvider(endpoint);
    const fields = newOrder(at);
    const ids = [await at.client.add(fields), await at.client.with({ encoding: "json" }).add(fields)].map(idOf);
    expect(new Set(ids).size).toBe(2);
    expect(world.simulated(at.name).orders.size).toBe(2);
  });

  it.each(ENDPOINTS)("%s: another quantity, link, service, field or panel is another order", async (endpoint) => {
    const at = await newProvider(endpoint);
    const fields = newOrder(at);
    const others: Fields[] = [{ quantity: 101 }, { link: "https://social.example/other" }, { runs: 2, interval: 5 }];
    const ids = [idOf(await at.client.add(fields))];
    for (const change of others) ids.push(idOf(await at.client.add({ ...fields, ...change })));
    expect(new Set(ids).size).toBe(4);
    expect(await world.during(() => world.client("shop", at.name).add({ ...fields, service: "1", quantity: 103 }), "add")).toHaveLength(1);
  });
});

describe("an add that the provider refuses", () => {
  const REFUSALS: readonly [ModeInput[], string][] = [
    [[], "neworder.error.not_enough_funds"],
    [["error_localised=ru"], "Недостаточно средств"],
    [["error_http=500"], "neworder.error.not_enough_funds"],
    [["error_http=404", "error_with_status_field"], "neworder.error.not_enough_funds"],
    [["error_as_msg", "php_warnings=braces"], "neworder.error.not_enough_funds"],
    [["error_form=reason"], "neworder.error.not_enough_funds"],
    [["error_form=success_text", "error_localised=tr"], "Yetersiz bakiye"],
    [["error_form=wrapped", "error_localised=ru"], "Недостаточно средств"],
    [["error_form=detail", "error_http=400"], "neworder.error.not_enough_funds"],
  ];

  it.each(REFUSALS)("connect, %j: the panel hears the provider's own words", async (modes, text) => {
    const at = await newProvider("connect");
    world.simulated(at.name).balanceNanos = 0n;
    world.modes(at.name, ...modes);
    const answer = await at.client.add(newOrder(at));
    expect([answer.http, answer.json]).toEqual([200, { error: text }]);
    expect((await world.unknown("shop")).filter(({ provider }) => provider === at.name)).toEqual([]);
  });

  it.each(REFUSALS)("own catalogue, %j: the panel hears nothing of the supplier, and has its money back", async (modes) => {
    const at = await newProvider("own");
    const before = await funds();
    world.simulated(at.name).balanceNanos = 0n;
    world.modes(at.name, ...modes);
    const answer = await at.client.add(newOrder(at));
    expect(isRefusal(answer)).toBe(true);
    expect(answer.text).not.toMatch(new RegExp(`${at.name}|Недостаточно|Yetersiz|simulator|providers\\.example`));
    expect(await funds()).toBe(before);
    expect((await world.unknown("till")).filter(({ provider }) => provider === at.name)).toEqual([]);
  });

  it.each(ENDPOINTS)("%s: may be sent again at once, and is a new try", async (endpoint) => {
    const at = await newProvider(endpoint);
    const fields = newOrder(at);
    world.simulated(at.name).balanceNanos = 0n;
    expect(isRefusal(await at.client.add(fields))).toBe(true);
    world.simulated(at.name).balanceNanos = 10n ** 15n;
    expect(idOf(await at.client.add(fields))).toBeGreaterThan(0);
    expect(world.simulated(at.name).orders.size).toBe(1);
  });
});

describe("an add whose answer is in another form", () => {
  it.each(ENDPOINTS.flatMap((endpoint) => ["object", "data_id", "success_id"].map((form) => ({ endpoint, form }))))(
    "$endpoint, $form: is placed, and no doubt is left",
    async ({ endpoint, form }) => {
      const at = await newProvider(endpoint);
      world.modes(at.name, `add_form=${form}`);
      const id = idOf(await at.client.add(newOrder(at)));
      const [upstream] = world.simulated(at.name).orders.keys();
      if (endpoint === "connect") expect(String(id)).toBe(upstream);
      else expect(id).toBeGreaterThan(0);
      expect((await world.unknown(at.panel)).filter(({ provider }) => provider === at.name)).toEqual([]);
    },
  );
});

describe("an add that is answered for the call, and not for the order", () => {
  const SAYINGS: readonly [string, string][] = [
    ["API key is incorrect", "rejected_key"],
    ["Rate limit exceeded (200/min)", "rate_limited"],
    ["Your IP is not whitelisted", "blocked"],
    ["Maintenance", "unavailable"],
    ["Kunci salah", "unavailable"],
  ];

  it.each(ENDPOINTS.flatMap((endpoint) => SAYINGS.map(([text, code]) => ({ endpoint, text, code }))))(
    "$endpoint, $text: nothing is kept or charged, the script tries again, and the operator sees $code",
    async ({ endpoint, text, code }) => {
      const at = await newProvider(endpoint);
      const before = await funds();
      world.modes(at.name, { mode: "says_always", value: text });
      const fields = newOrder(at);
      expect(lateness(await at.client.add(fields))).toEqual(LATER);
      expect(await funds()).toBe(before);
      expect((await world.unknown(at.panel)).filter(({ provider }) => provider === at.name)).toEqual([]);
      const { json } = await world.operate("GET", `/v1/providers/${at.name}`);
      expect(json.health.last_error).toMatchObject({ code });
      world.modes(at.name);
      for (let n = 0; n < 5; n++) await world.goTo(world.now + 15 * MINUTE_MS);
      expect(await resent(at, fields)).toBeGreaterThan(0);
      expect(world.simulated(at.name).orders.size).toBe(1);
    },
  );
});

describe("an add at a provider that knows repetitions by a value", () => {
  it.each(
    ENDPOINTS.flatMap((endpoint) =>
      ["lost_answer/2", "add_unreadable=cut", "add_unreadable=error", "hang"].map((mode) => ({ endpoint, mode })),
    ),
  )("$endpoint, $mode: is placed once, and nobody has to look", async ({ endpoint, mode }) => {
    const at = await newProvider(endpoint, mode);
    await world.must("PUT", `/v1/providers/${at.name}`, { request: { idempotency_field: "request_id" } });
    world.modes(at.name, "request_id", mode);
    const ids = [];
    for (let n = 0; n < 2; n++) ids.push(idOf(await at.client.add(newOrder(at))));
    world.modes(at.name, "request_id");
    await world.pass(3);
    expect(world.simulated(at.name).orders.size).toBe(2);
    expect((await world.unknown(at.panel)).filter(({ provider }) => provider === at.name)).toEqual([]);
    for (const id of ids)
      expect(await toldOf(at, id)).toMatchObject({ status: expect.stringMatching(/^(?:Pending|Processing|In progress)$/) });
  });
});

describe("an add to a provider that cannot take it now", () => {
  it.each(ENDPOINTS.flatMap((endpoint) => (["down", "html_502", "hang"] as const).map((mode) => ({ endpoint, mode }))))(
    "$endpoint: known to be out of reach ($mode), it is not sent; later it is, once",
    async ({ endpoint, mode }) => {
      const at = await newProvider(endpoint, mode);
      const before = await funds();
      await at.client.add(newOrder(at));
      const paid = await funds();
      world.modes(at.name, mode);
      await world.pass(6);
      const fields = newOrder(at);
      const sent = await world.during(async () => {
        for (let n = 0; n < 3; n++) expect(lateness(await at.client.add(fields))).toEqual(LATER);
      }, "add");
      expect(sent).toEqual([]);
      expect(await funds()).toBe(paid);
      world.modes(at.name);
      await world.pass(5);
      expect(await resent(at, fields)).toBeGreaterThan(0);
      expect(world.simulated(at.name).orders.size).toBe(2);
      expect(before - (await funds())).toBeCloseTo(endpoint === "own" ? 0.2 : 0, 6);
    },
  );

  it.each(ENDPOINTS.flatMap((endpoint) => ["bot_check", "bot_check=503", "rate_limit=1"].map((mode) => ({ endpoint, mode }))))(
    "$endpoint: one that says so ($mode) has not taken it: nothing is charged, and it comes again later",
    async ({ endpoint, mode }) => {
      const at = await newProvider(endpoint, mode);
      const paid = await funds();
      world.modes(at.name, mode);
      await world.direct(at.name).balance();
      const fields = newOrder(at);
      expect(lateness(await at.client.add(fields))).toEqual(LATER);
      expect(await world.during(async () => expect(lateness(await at.client.add(fields))).toEqual(LATER), "add")).toEqual([]);
      expect(await funds()).toBe(paid);
      expect((await world.unknown(at.panel)).filter(({ provider }) => provider === at.name)).toEqual([]);
      world.modes(at.name);
      for (let n = 0; n < 5; n++) await world.goTo(world.now + 15 * MINUTE_MS);
      expect(await resent(at, fields)).toBeGreaterThan(0);
      expect(world.simulated(at.name).orders.size).toBe(1);
    },
  );
});

describe("in the end", () => {
  it("nothing went wrong that nobody foresaw, and the ledger adds up", async () => {
    await world.goTo(Math.ceil(world.now / 86_400_000) * 86_400_000 + MINUTE_MS);
    await world.pass(3);
    expect(world.events.some(({ event }) => event === "books")).toBe(true);
    expect(world.troubles()).toEqual([]);
  });
});

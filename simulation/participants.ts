/**
 * Who takes part in a run: providers with their bends, panels with their habits, and an operator.
 */
import { placeOrder } from "../simulator/orders.ts";
import { type Provider, replaceProvider } from "../simulator/world.ts";
import { HastyPanel, type Panel, StubbornPanel, SubscriptionPanel } from "../test/panels/actors.ts";
import { ApiClient } from "../test/panels/client.ts";
import { LASTING_LIVES, type Offer } from "../test/panels/lives.ts";
import { RegisteringPanel } from "./registering-panel.ts";
import { type Json, RestClient } from "./client.ts";
import { Draws } from "./draws.ts";
import { HOSTILE_PANEL, HostilePanel } from "./hostile-panel.ts";
import { FeedReader } from "./feed-reader.ts";
import { Newcomer } from "./newcomer.ts";
import { type Move, MOVES, Operator } from "./operator.ts";
import { hasMode, isAskedOneByOne, mixOf, PROVIDERS, shapesOf } from "./providers.ts";
import { Process } from "./scheduler.ts";
import { Script } from "./script.ts";
import { HOST, MINUTE_MS, type System } from "./system.ts";
import { receiverUrl, WebhookFollower } from "./webhook-follower.ts";

export type Participants = {
  readonly providers: readonly Provider[];
  readonly registeringPanel: RegisteringPanel;
  /** Panels that want orders that others may have; in some runs there are none. */
  readonly newcomers: readonly Newcomer[];
  /** Null in most runs. */
  readonly hostilePanel: HostilePanel | null;
  readonly scripts: readonly Script[];
  /** Where each script buys. */
  readonly offers: ReadonlyMap<Script, Offer>;
  readonly readers: readonly FeedReader[];
  /** Backends that follow by webhooks alone. */
  readonly followers: readonly WebhookFollower[];
  readonly operator: Operator;
  /** Panels by their keys. */
  readonly panels: ReadonlyMap<string, string>;
  /** The most calls a minute of those providers that mind. */
  readonly limits: ReadonlyMap<string, number>;
};

/** Some read an order's number out of whatever begins with it: where a panel tries that. */
function isLenient(seed: number, provider: string): boolean {
  return new Draws(seed, "lenient", provider).chance(0.4);
}

/** The panels' keys, by panel. */
async function addPanels(client: RestClient, draws: Draws, newcomers: readonly string[]): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  for (const [id, money] of [
    ["books", "ledger"],
    ["hasty", draws.chance(0.5) ? "ledger" : "advice"],
    ["stubborn", draws.chance(0.5) ? "ledger" : "advice"],
    ["twin", draws.chance(0.5) ? "ledger" : "advice"],
    ["posts", draws.chance(0.5) ? "ledger" : "advice"],
    ...newcomers.map((newcomer) => [newcomer, "advice"] as const),
  ] as const) {
    const credit_limit = money === "ledger" ? null : "0";
    const { json } = await client.until("POST", "/v1/panels", { id, role: "shop", currency: "USD", money, credit_limit });
    keys.set(id, json.key as string);
  }
  return keys;
}

/** Sets up the participants, before any fault. */
export async function setUpParticipants(
  system: System,
  { seed, orders, moves = MOVES, newcomers: count = newcomersOf(seed), receivers: moodiness = "moody", isHostile }: SetUp,
): Promise<Participants> {
  const draws = new Draws(seed, "cast");
  const client = new RestClient(system, new Process(system.scheduler, "operator"), new Draws(seed, "operator"));
  const keys = await addPanels(client, draws, [...NEWCOMERS.slice(0, count), ...(isHostile ? [HOSTILE_PANEL] : [])]);
  const providers = [];
  const limits = new Map<string, number>();
  for (const [i, name] of PROVIDERS.entries()) {
    const provider = replaceProvider(system.world, name, {
      modes: [
        ...shapesOf(draws, new Draws(seed, "forms", name)),
        ...(count > 0 && isLenient(seed, name) ? (["lenient_ids"] as const) : []),
      ],
      balance: "1000000",
      mix: i === 0 ? LASTING_LIVES : mixOf(draws),
    });
    const settings = {
      url: `http://127.0.0.1:9/${name}/api/v2`,
      key: provider.key,
      currency: "USD",
      brake: draws.chance(0.3) ? { share: 0.6, min_orders: 4 } : null,
      max_calls_per_minute: draws.chance(0.3) ? limitOf(provider, draws) : null,
      timeout_ms: 3000,
    };
    if (settings.max_calls_per_minute !== null) limits.set(name, settings.max_calls_per_minute);
    await client.until("PUT", `/v1/providers/${name}`, settings);
    providers.push(provider);
  }
  const rate = rateOf(seed);
  await sell(client, "1", { service: "1", name: "Followers", rate });
  await sell(client, SUBSCRIPTIONS, { service: subscriptionsOf(providers), name: "Likes on new posts", type: "Subscriptions", rate });
  const followers = await setUpFollowers(system, client, seed, moodiness);
  const offers = setUpScripts(system, keys, { subscriptions: subscriptionsOf(providers), connects: draws.chance(0.5) });
  const scripts = [...offers.keys()];
  bringOrders(system, scripts, providers, new Draws(seed, "brought"));
  const registeringPanel = new RegisteringPanel(
    system,
    {
      rest: new RestClient(system, new Process(system.scheduler, "books"), new Draws(seed, "books-retries")),
      endpoints: endpointsOf(system, "books", keys.get("books")),
    },
    { draws: new Draws(seed, "books"), wishes: new Draws(seed, "books-wishes"), repeats: new Draws(seed, "books-repeats") },
    orders,
  );
  const newcomers = NEWCOMERS.slice(0, count).map((id) => newcomerOf(system, { id, key: keys.get(id) }, registeringPanel, seed));
  return {
    providers,
    registeringPanel,
    newcomers,
    hostilePanel: isHostile ? hostilePanelOf(system, keys.get(HOSTILE_PANEL), [...limits.keys()], seed) : null,
    scripts,
    offers,
    readers: [...keys.keys()].map((panel) => new FeedReader(panel)),
    followers,
    operator: new Operator(
      system,
      client,
      { panels: [...keys.keys()], moves: new Set(moves) },
      { decisions: new Draws(seed, "decisions"), dismissals: new Draws(seed, "dismissals") },
    ),
    limits,
    panels: new Map([...keys].map(([panel, key]) => [key, panel])),
  };
}

/** `moves`: all, where left out; `newcomers`: how many, drawn where left out. */
type SetUp = {
  readonly seed: number;
  readonly orders: number;
  readonly moves?: readonly Move[];
  readonly newcomers?: number;
  readonly receivers?: Moodiness;
  readonly isHostile: boolean;
};

/** Whether the servers of those who follow by webhooks have troubles of their own. */
type Moodiness = "moody" | "calm";

/** Who follows by webhooks, and which types of changes. */
const FOLLOWED: readonly (readonly [panel: string, types: readonly string[] | null])[] = [
  ["books", null],
  ["hasty", null],
  ["stubborn", ["order.updated", "refund.posted", "refund.held", "refund.rejected"]],
];

const A_DAY_MINUTES = 24 * 60;

/** In one run of eight the server of one of them is away for a day, from some minute on. */
async function setUpFollowers(system: System, client: RestClient, seed: number, moodiness: Moodiness): Promise<WebhookFollower[]> {
  const draws = new Draws(seed, "receivers");
  const away = draws.chance(1 / 8) && moodiness === "moody" ? draws.pick(FOLLOWED)[0] : null;
  const followers: WebhookFollower[] = [];
  for (const [panel, types] of moodiness === "moody" ? FOLLOWED : FOLLOWED.slice(0, 1)) {
    const { json } = await client.until("POST", "/v1/webhooks", { url: receiverUrl(panel), types }, client.of(panel));
    const awayUntil = panel === away ? system.now + A_DAY_MINUTES * MINUTE_MS : 0;
    const follower = new WebhookFollower(
      system,
      { panel, types, awayUntil, secret: json.secret as string },
      new Draws(seed, "receiver", panel),
    );
    if (moodiness === "calm") follower.calm();
    followers.push(follower);
  }
  return followers;
}

const NEWCOMERS = ["late", "later"] as const;

/** In half of the runs nobody else wants an order. */
function newcomersOf(seed: number): number {
  return new Draws(seed, "newcomers").chance(0.5) ? NEWCOMERS.length : 0;
}

function newcomerOf(
  system: System,
  { id, key }: { readonly id: string; readonly key: string | undefined },
  { orders }: RegisteringPanel,
  seed: number,
): Newcomer {
  const rest = new RestClient(system, new Process(system.scheduler, id), new Draws(seed, `${id}-retries`));
  const registrations = (): Json[] => [...orders.values()].map(({ registration }) => registration);
  const endpoints = endpointsOf(system, id, key);
  const spellings = new Draws(seed, `${id}-spellings`);
  return new Newcomer(system, id, { rest, endpoints }, { draws: new Draws(seed, id), spellings, registrations });
}

function hostilePanelOf(system: System, key: string | undefined, limited: readonly string[], seed: number): HostilePanel {
  const rest = new RestClient(system, new Process(system.scheduler, HOSTILE_PANEL), new Draws(seed, `${HOSTILE_PANEL}-retries`));
  return new HostilePanel(system, { rest, endpoints: endpointsOf(system, HOSTILE_PANEL, key) }, new Draws(seed, HOSTILE_PANEL), limited);
}

/** A panel's clients of the providers' endpoints. */
function endpointsOf(system: System, panel: string, key: string | undefined): ReadonlyMap<string, ApiClient> {
  const process = (): Process => new Process(system.scheduler, panel);
  return new Map(PROVIDERS.map((provider) => [provider, clientOf(system, process(), { key, provider })]));
}

/** The scripts, and where each buys. `subscriptions`: the provider's service; `connects`: whether it is bought there, or at the catalogue. */
function setUpScripts(
  system: System,
  keys: ReadonlyMap<string, string>,
  { subscriptions, connects }: { readonly subscriptions: string; readonly connects: boolean },
): Map<Script, Offer> {
  const scripts = [
    scriptOf(system, "hasty", HastyPanel, { key: keys.get("hasty"), provider: "acme" }),
    scriptOf(system, "stubborn", StubbornPanel, { key: keys.get("stubborn"), patienceMs: 10_000 }),
    scriptOf(system, "twin", HastyPanel, { key: keys.get("twin") }),
    scriptOf(system, "posts", SubscriptionPanel, { key: keys.get("posts"), ...(connects ? { provider: "acme" } : {}) }),
  ];
  const services = new Map([["posts", connects ? subscriptions : SUBSCRIPTIONS]]);
  return new Map(scripts.map((script) => [script, { route: "here", service: services.get(script.id) ?? "1" }]));
}

/** The operator's number of the service of subscriptions. */
const SUBSCRIPTIONS = "2";

function subscriptionsOf([provider]: readonly Provider[]): string {
  return String(provider?.catalogue.find(({ type }) => type === "Subscriptions")?.service);
}

/** What the operator sells costs a fifth of a micro-unit a piece in some runs: there the share of few pieces may be all. */
function rateOf(seed: number): string {
  return new Draws(seed, "tiny").chance(0.15) ? "0.0002" : "1.234567";
}

/** The operator sells a service of the first provider's. */
async function sell(
  client: RestClient,
  id: string,
  service: { readonly service: string; readonly name: string; readonly type?: string; readonly rate: string },
): Promise<void> {
  await client.until("PUT", `/v1/services/${id}`, { provider: "acme", ...service, min: 1, max: 1_000_000 });
}

/** So few calls a minute that they matter. */
function limitOf(provider: Provider, draws: Draws): number {
  return isAskedOneByOne(provider) ? draws.between(10, 60) : draws.between(2, 6);
}

/** Of a script that waits for so long, and the endpoint of a provider's where it is pointed at one. */
type ScriptSettings = { readonly key: string | undefined; readonly provider?: string; readonly patienceMs?: number };

/** A panel's script, pointed at the own catalogue or, with a provider, at that provider's endpoint. */
function scriptOf(
  system: System,
  id: string,
  Kind: new (...args: ConstructorParameters<typeof Panel>) => Panel,
  settings: ScriptSettings,
): Script {
  const client = clientOf(system, new Process(system.scheduler, id), settings);
  return new Script(id, new Kind(id, new Map([["here", client]])), settings.provider === undefined ? "catalogue" : "connect", system);
}

/** The most orders that a script brings along. */
const MOST_BROUGHT = 4;

/** What the script in connect mode has placed at its provider by itself before: orders that are adopted when it asks after them. */
function bringOrders(system: System, [script]: readonly Script[], [provider]: readonly Provider[], draws: Draws): void {
  const [service] = provider?.catalogue ?? [];
  // Of an order that nobody has placed here, nobody can tell that more remains than was ordered.
  if (script === undefined || provider === undefined || service === undefined || hasMode(provider, "remains_exceeds_quantity")) return;
  for (let n = 0, count = draws.between(0, MOST_BROUGHT); n < count; n++) {
    const quantity = draws.between(10, 3000);
    const [link, paid] = [`https://social.example/${script.id}/brought/${n}`, quantity * draws.between(1500, 9000) + draws.between(0, 999)];
    const { id } = placeOrder(system.world, provider, { service, link, quantity, placedAt: system.now });
    const { shop } = script.panel;
    const customer = `customer-${draws.between(1, 5)}`;
    shop.deposit(customer, paid);
    shop.number(script.panel.buy({ customer, route: "here", service: "1", link, quantity, paid }, system.now), Number(id));
  }
}

/** A panel's client of the own catalogue's endpoint or, with a provider, of that provider's. */
function clientOf(system: System, process: Process, { key = "", provider, patienceMs }: ScriptSettings): ApiClient {
  return new ApiClient({
    url: `${HOST}/api/v2${provider === undefined ? "" : `/${provider}`}`,
    key,
    send: (request) => within(patienceMs, process, system.request(request, process)),
    timeoutMs: 60_000,
  });
}

/** The answer, where it comes in so much simulated time. */
function within(patienceMs: number | undefined, process: Process, answer: Promise<Response>): Promise<Response> {
  if (patienceMs === undefined) return answer;
  const given = process.after(patienceMs, () => {
    throw new TypeError("timed out");
  });
  // One of them comes when nobody waits for it any more.
  for (const promise of [answer, given]) promise.catch(() => undefined);
  return Promise.race([answer, given]);
}

/** The doors under /admin: set the scene, then read what really happened. JSON in and out. */
import { readClockChange, readMix, readOrderRequests, readProviderSettings, readScript, readSeed } from "./admin-input.ts";
import { decimalOf } from "./catalogue.ts";
import { InputError, isObject, type JsonObject } from "./json.ts";
import { DEMO_MIX, LIFE_KINDS } from "./kinds.ts";
import type { State } from "./life.ts";
import { MODE_SETS, MODES } from "./modes.ts";
import { placeOrder, truthOf } from "./orders.ts";
import { jsonReply, type Reply } from "./replies.ts";
import { type Call, parsedJson } from "./requests.ts";
import { scriptedLife } from "./scripts.ts";
import { statsJson } from "./stats.ts";
import { changeProvider, type Order, type Provider, replaceProvider, type World } from "./world.ts";

interface Visit {
  readonly world: World;
  readonly input: JsonObject;
  readonly origin: string;
  /** The name of a provider and the id of an order, where the path has them. */
  readonly name: string;
  readonly id: string;
}

type Door = (visit: Visit) => Reply;

const DOORS: readonly (readonly [method: string, path: RegExp, door: Door])[] = [
  ["GET", /^$/, overview],
  ["GET", /^modes$/, modeList],
  ["GET", /^clock$/, clock],
  ["POST", /^clock$/, setClock],
  ["POST", /^reset$/, reset],
  ["GET", /^providers$/, overview],
  ["POST", /^providers$/, createProvider],
  ["GET", /^providers\/(?<name>[^/]+)$/, ofProvider(showProvider)],
  ["PUT", /^providers\/(?<name>[^/]+)$/, putProvider],
  ["POST", /^providers\/(?<name>[^/]+)\/orders$/, ofProvider(createOrders)],
  ["PUT", /^providers\/(?<name>[^/]+)\/orders\/(?<id>[^/]+)\/script$/, ofProvider(scriptOrder)],
  ["GET", /^providers\/(?<name>[^/]+)\/truth$/, ofProvider(showTruth)],
  ["GET", /^providers\/(?<name>[^/]+)\/stats$/, ofProvider(showStats)],
];

export function answerAdmin(world: World, call: Call): Reply {
  const path = call.path.replace(/^\/admin\/?/, "").replace(/\/$/, "");
  for (const [method, pattern, door] of DOORS) {
    const match = pattern.exec(path);
    if (!match || method !== call.method) continue;
    const { name = "", id = "" } = match.groups ?? {};
    try {
      return door({ world, input: inputOf(call), origin: call.origin, name, id });
    } catch (error) {
      if (error instanceof InputError) return failure(422, error.message);
      throw error;
    }
  }
  return failure(404, `no admin door at ${call.method} /admin/${path}`);
}

function inputOf(call: Call): JsonObject {
  if (call.body === "") return {};
  const parsed = parsedJson(call.body);
  // A bare list is taken for the list of steps, the only list any door wants.
  if (Array.isArray(parsed)) return { steps: parsed };
  if (!isObject(parsed)) throw new InputError("the body is no JSON object");
  return parsed;
}

function failure(status: number, error: string): Reply {
  return jsonReply({ error }, status);
}

function ofProvider(door: (visit: Visit, provider: Provider) => Reply): Door {
  return (visit) => {
    const provider = visit.world.providers.get(visit.name);
    return provider ? door(visit, provider) : failure(404, `no provider is called ${visit.name}`);
  };
}

function overview({ world, origin }: Visit): Reply {
  const providers = [...world.providers.values()].map((each) => providerJson(each, origin));
  return jsonReply({ seed: world.seed, now: world.clock.now(), providers });
}

function modeList(): Reply {
  return jsonReply({
    modes: MODES,
    sets: MODE_SETS,
    life_kinds: LIFE_KINDS,
    demo_mix: DEMO_MIX,
  });
}

function clock({ world }: Visit): Reply {
  return jsonReply({ now: world.clock.now(), manual: world.clock.manual });
}

function setClock(visit: Visit): Reply {
  const now = readClockChange(visit.input, visit.world.clock.now());
  if (!visit.world.clock.set(now)) return failure(409, "this clock runs by itself");
  return clock(visit);
}

function reset(visit: Visit): Reply {
  visit.world.reset(readSeed(visit.input));
  return overview(visit);
}

function createProvider({ world, input, origin }: Visit): Reply {
  const { name, ...settings } = input;
  if (typeof name !== "string") throw new InputError("a provider needs a name");
  const provider = replaceProvider(world, name, readProviderSettings(settings));
  return jsonReply(providerJson(provider, origin), 201);
}

function putProvider({ world, name, input, origin }: Visit): Reply {
  const settings = readProviderSettings(input);
  const known = world.providers.get(name);
  if (known) changeProvider(known, settings);
  const provider = known ?? replaceProvider(world, name, settings);
  return jsonReply(providerJson(provider, origin), known ? 200 : 201);
}

function showProvider({ origin }: Visit, provider: Provider): Reply {
  return jsonReply(providerJson(provider, origin));
}

function createOrders({ world, input }: Visit, provider: Provider): Reply {
  const mix = readMix(input.mix);
  const requests = readOrderRequests(world, provider, input);
  const ids = requests.map((request) => {
    const placing = mix ? { mix, ...request } : request;
    return placeOrder(world, provider, placing).id;
  });
  return jsonReply({ ids }, 201);
}

function scriptOrder({ world, id, input }: Visit, provider: Provider): Reply {
  const order = provider.orders.get(id);
  if (!order) return failure(404, `${provider.name} has no order ${id}`);
  const now = world.clock.now();
  order.life = scriptedLife(order, readScript(input), now);
  order.answersSinceSettled = 0;
  delete order.parts;
  return jsonReply(truthJson(provider, order, now));
}

function showTruth({ world }: Visit, provider: Provider): Reply {
  const now = world.clock.now();
  const orders = [...provider.orders.values()]
    .toSorted((a, b) => Number(a.id) - Number(b.id))
    .map((order) => truthJson(provider, order, now));
  return jsonReply({ provider: provider.name, now, orders });
}

function showStats({ world }: Visit, provider: Provider): Reply {
  return jsonReply({ provider: provider.name, now: world.clock.now(), ...statsJson(provider.stats) });
}

function providerJson(provider: Provider, origin: string): JsonObject {
  return {
    name: provider.name,
    url: `${origin}/${provider.name}/api/v2`,
    key: provider.key,
    currency: provider.currency,
    balance: decimalOf(provider.balanceNanos, 5),
    modes: provider.modes.map(({ mode, value, every }) => ({ mode, value, every })),
    mix: provider.mix,
    orders: provider.orders.size,
  };
}

/** In canonical words whatever the provider's modes are; `status` and `remains` are how the order ends. */
function truthJson(provider: Provider, order: Order, now: number): JsonObject {
  const truth = truthOf(order, now);
  return {
    id: order.id,
    kind: order.life.kind,
    service: order.service,
    link: order.link,
    quantity: order.quantity,
    placed_at: order.placedAt,
    part_of: order.partOf ?? null,
    charge: decimalOf(order.chargeNanos, 9),
    currency: provider.currency,
    status: truth.final.status,
    remains: truth.final.remains,
    settled: truth.settled,
    settles_at: truth.settlesAt,
    now: stateJson(truth.now),
  };
}

function stateJson({ status, remains, start_count }: State): JsonObject {
  return { status, remains, start_count };
}

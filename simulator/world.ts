/** All that the simulator knows: one clock and the providers, each with its orders. Nothing of HTTP. */
import { catalogueOf, type CatalogueChanges, changedCatalogue, nanosOf, type Service } from "./catalogue.ts";
import { type Clock, clockOf, type TimeSource } from "./clock.ts";
import { drawsOf } from "./draws.ts";
import { InputError } from "./json.ts";
import { DEMO_MIX, type Mix } from "./kinds.ts";
import type { Life } from "./life.ts";
import { chooseModes, type ChosenMode } from "./mode-choice.ts";
import type { ModeInput } from "./modes.ts";
import type { Refill } from "./refills.ts";
import { newStats, type Stats } from "./stats.ts";

export interface ProviderSettings {
  /** What clients must send; if left out, one that the seed and the name decide. */
  readonly key?: string;
  readonly modes?: readonly ModeInput[];
  readonly currency?: string;
  /** Funds that `add` draws on, a decimal string. */
  readonly balance?: string;
  /** Weights of the lives of orders placed from now on. */
  readonly mix?: Mix;
  /** What changes of the services that are sold. */
  readonly services?: CatalogueChanges;
}

/** An order of several parts, which are orders themselves and come one after the other. */
export interface Parts {
  readonly counted: "runs" | "posts";
  readonly children: readonly string[];
  readonly expiry: string | null;
}

export interface Order {
  readonly id: string;
  readonly service: number;
  readonly link: string;
  readonly quantity: number;
  readonly chargeNanos: bigint;
  readonly placedAt: number;
  life: Life;
  parts?: Parts;
  /** Set on a part: it is not known to anyone before its time. */
  readonly partOf?: string;
  answersSinceSettled: number;
  /** A cancel is decided once; asking again changes nothing. */
  cancelAsked: boolean;
}

export interface Provider {
  readonly name: string;
  catalogue: readonly Service[];
  key: string;
  modes: readonly ChosenMode[];
  currency: string;
  balanceNanos: bigint;
  mix: Mix;
  nextOrderId: number;
  nextRefillId: number;
  readonly orders: Map<string, Order>;
  readonly refills: Map<string, Refill>;
  /** Orders by the value that they were sent with, for request_id. */
  readonly placedByValue: Map<string, string>;
  readonly stats: Stats;
  /** Calls taken in the current minute, for rate_limit. */
  readonly minute: { startsAt: number; calls: number };
  readonly ban: { badKeysInRow: number; until: number };
}

export interface World {
  seed: number;
  readonly clock: Clock;
  readonly providers: Map<string, Provider>;
  /** As on the first day, with another seed if one is given. */
  reset(seed?: number): void;
}

export interface WorldOptions {
  readonly seed: number;
  readonly now?: TimeSource;
  readonly providers?: Readonly<Record<string, ProviderSettings>>;
}

const DEFAULT_BALANCE = "100000";

export function createWorld({ seed, now, providers = {} }: WorldOptions): World {
  const world: World = {
    seed,
    clock: clockOf(now ?? { speed: 1 }),
    providers: new Map(),
    reset(newSeed = seed) {
      world.seed = newSeed;
      world.clock.reset();
      fill(world, providers);
    },
  };
  fill(world, providers);
  return world;
}

/** Puts a new provider in place, with no orders, instead of any of that name. */
export function replaceProvider(world: World, name: string, settings: ProviderSettings): Provider {
  // `admin` is a door of the simulator; anything but these letters would need escaping in a path.
  if (!/^[a-z0-9][a-z0-9_-]{0,40}$/.test(name) || name === "admin") {
    throw new InputError(`${JSON.stringify(name)} cannot name a provider`);
  }
  const draws = drawsOf(world.seed, name, "provider");
  const provider: Provider = {
    name,
    catalogue: catalogueOf(world.seed, name),
    key: keyOf(world.seed, name),
    modes: [],
    currency: "USD",
    balanceNanos: nanosOf(DEFAULT_BALANCE),
    mix: DEMO_MIX,
    nextOrderId: draws.between(10_000, 4_000_000),
    nextRefillId: 1,
    orders: new Map(),
    refills: new Map(),
    placedByValue: new Map(),
    stats: newStats(),
    minute: { startsAt: 0, calls: 0 },
    ban: { badKeysInRow: 0, until: 0 },
  };
  changeProvider(provider, settings);
  world.providers.set(name, provider);
  return provider;
}

/** Settings left out stay as they are. */
export function changeProvider(provider: Provider, settings: ProviderSettings): void {
  // Read before anything is set, so that a bad list changes nothing.
  const modes = settings.modes && chooseModes(settings.modes);
  const catalogue = settings.services && changedCatalogue(provider.catalogue, settings.services);
  if (modes) provider.modes = modes;
  if (catalogue) provider.catalogue = catalogue;
  if (settings.key !== undefined) provider.key = settings.key;
  if (settings.currency !== undefined) provider.currency = settings.currency;
  if (settings.balance !== undefined) provider.balanceNanos = nanosOf(settings.balance);
  if (settings.mix !== undefined) provider.mix = settings.mix;
}

function keyOf(seed: number, name: string): string {
  const draws = drawsOf(seed, name, "key");
  return Array.from({ length: 32 }, () => draws.between(0, 15).toString(16)).join("");
}

function fill(world: World, providers: Readonly<Record<string, ProviderSettings>>): void {
  world.providers.clear();
  for (const [name, settings] of Object.entries(providers)) {
    replaceProvider(world, name, settings);
  }
}

/** What the admin doors are sent, checked field by field. All of these throw InputError. */
import { type CatalogueChanges, nanosOf, type Service } from "./catalogue.ts";
import { type Draws, drawsOf } from "./draws.ts";
import { InputError, isObject, type Json, type JsonObject } from "./json.ts";
import { DEMO_MIX, LIFE_KINDS, type Mix } from "./kinds.ts";
import { chooseModes } from "./mode-choice.ts";
import type { ModeInput } from "./modes.ts";
import type { OrderRequest } from "./orders.ts";
import type { Provider, ProviderSettings, World } from "./world.ts";

/** A hundred thousand orders were measured at 190 MB and 0.9 s; far more than that at once is a slip of the hand. */
const MAX_ORDERS_AT_ONCE = 200_000;

export function readProviderSettings(input: JsonObject): ProviderSettings {
  refuseOthers(input, ["key", "modes", "currency", "balance", "mix", "services"]);
  const key = optionalText(input, "key");
  const currency = optionalText(input, "currency");
  const mix = readMix(input.mix);
  return {
    ...(key !== undefined && { key }),
    ...(currency !== undefined && { currency }),
    ...(input.modes !== undefined && { modes: readModes(input.modes) }),
    ...(input.balance !== undefined && { balance: readAmount(input.balance) }),
    ...(mix && { mix }),
    ...(input.services !== undefined && { services: readCatalogueChanges(input.services) }),
  };
}

function readCatalogueChanges(value: Json): CatalogueChanges {
  if (!isObject(value)) throw new InputError("services is an object of changes by the number of a service");
  return Object.fromEntries(Object.entries(value).map(([id, change]) => [id, change === null ? null : readServiceChange(change)]));
}

function readServiceChange(change: Json | undefined) {
  if (!isObject(change)) throw new InputError("the change of a service is an object, or null for one that is sold no more");
  refuseOthers(change, ["rate", "min", "max"]);
  const { rate, min, max } = change;
  return {
    ...(rate !== undefined && { rate: readAmount(rate) }),
    ...(min !== undefined && { min: wholeNumber(min, "min") }),
    ...(max !== undefined && { max: wholeNumber(max, "max") }),
  };
}

/** Undefined where no mix is given; the default can be asked for by the name `demo`. */
export function readMix(value: Json | undefined): Mix | undefined {
  if (value === undefined) return undefined;
  if (value === "demo") return DEMO_MIX;
  if (!isObject(value)) throw new InputError("mix is an object of weights by kind of life");
  refuseOthers(value, Object.keys(LIFE_KINDS));
  const weights = Object.values(value);
  const sound = weights.every((weight) => typeof weight === "number" && weight >= 0);
  if (!sound || !weights.some((weight) => Number(weight) > 0)) {
    throw new InputError("the weights of a mix are numbers from 0, one of them above it");
  }
  return value;
}

export function readClockChange(input: JsonObject, now: number): number {
  refuseOthers(input, ["now", "advance_ms"]);
  const target = input.advance_ms === undefined ? input.now : now + Number(input.advance_ms);
  return wholeNumber(target, "now");
}

export function readSeed(input: JsonObject): number | undefined {
  refuseOthers(input, ["seed"]);
  return input.seed === undefined ? undefined : wholeNumber(input.seed, "seed");
}

/** The steps of a script; `raw` alone is a script of one step that begins now. */
export function readScript(input: JsonObject): Json | undefined {
  refuseOthers(input, ["steps", "raw"]);
  return input.raw === undefined ? input.steps : [{ after_ms: 0, raw: input.raw }];
}

/** `{count}` orders of drawn services and quantities, or the `orders` listed; from `placed_at` on, spread over `spread_ms`. */
export function readOrderRequests(world: World, provider: Provider, input: JsonObject): OrderRequest[] {
  refuseOthers(input, ["count", "orders", "placed_at", "spread_ms", "mix"]);
  const placedAt = input.placed_at === undefined ? world.clock.now() : wholeNumber(input.placed_at, "placed_at");
  const spreadMs = input.spread_ms === undefined ? 0 : wholeNumber(input.spread_ms, "spread_ms");
  const listed = readList(input);
  const draws = drawsOf(world.seed, provider.name, provider.nextOrderId, "orders");
  return listed.map((order: Json, index) => {
    if (!isObject(order)) throw new InputError("an order is an object");
    const at = placedAt + Math.floor((index * spreadMs) / listed.length);
    return readOrderRequest(provider, order, at, draws);
  });
}

function readList(input: JsonObject): readonly Json[] {
  if (input.orders !== undefined && !Array.isArray(input.orders)) throw new InputError("orders is a list");
  const count = input.orders ? input.orders.length : wholeNumber(input.count, "count");
  if (count > MAX_ORDERS_AT_ONCE) throw new InputError(`no more than ${MAX_ORDERS_AT_ONCE} orders at once`);
  return input.orders ?? Array.from({ length: count }, () => ({}));
}

function readOrderRequest(provider: Provider, order: JsonObject, placedAt: number, draws: Draws): OrderRequest {
  refuseOthers(order, ["service", "link", "quantity", "placed_at", "mix"]);
  const mix = readMix(order.mix);
  return {
    service: readService(provider, order.service, draws),
    link: optionalText(order, "link") ?? "",
    // Most orders are small; a thousandfold range shows both ends of rounding.
    quantity:
      order.quantity === undefined
        ? draws.between(1, 99) * draws.pick([10, 10, 100, 100, 500])
        : wholeNumber(order.quantity, "quantity", 1),
    placedAt: order.placed_at === undefined ? placedAt : wholeNumber(order.placed_at, "placed_at"),
    ...(mix && { mix }),
  };
}

function readService(provider: Provider, value: Json | undefined, draws: Draws): Service {
  const plain = provider.catalogue.filter(({ type }) => type === "Default");
  const [first, ...rest] = plain;
  if (value === undefined && first) return draws.pick([first, ...rest]);
  const service = provider.catalogue.find((known) => known.service === Number(value));
  if (!service) throw new InputError(`${provider.name} has no service ${JSON.stringify(value)}`);
  return service;
}

function readModes(value: Json): ModeInput[] {
  if (!Array.isArray(value)) throw new InputError("modes is a list");
  return chooseModes(value).map(({ mode, value: chosen, every }) => ({
    mode,
    every,
    ...(chosen !== null && { value: chosen }),
  }));
}

function readAmount(value: Json): string {
  if (typeof value !== "string") throw new InputError("an amount is a decimal string");
  try {
    nanosOf(value);
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(error.message);
    throw error;
  }
  return value;
}

function optionalText(input: JsonObject, field: string): string | undefined {
  const value = input[field];
  if (value === undefined || typeof value === "string") return value;
  throw new InputError(`${field} is text`);
}

function wholeNumber(value: Json | undefined, field: string, least = 0): number {
  if (Number.isSafeInteger(value) && Number(value) >= least) return Number(value);
  throw new InputError(`${field} is a whole number from ${least}`);
}

function refuseOthers(input: JsonObject, known: readonly string[]): void {
  const strange = Object.keys(input).find((field) => !known.includes(field));
  if (strange !== undefined) {
    throw new InputError(`${strange} is not known here, only ${known.join(", ")}`);
  }
}

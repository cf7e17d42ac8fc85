/** Placing orders, finding them, and changing what becomes of them. */
import { priceNanos, type Service } from "./catalogue.ts";
import { drawsOf } from "./draws.ts";
import type { Mix } from "./kinds.ts";
import { canceledLife, finalState, type Life, lifeOf, settledAt, stateAt, type State } from "./life.ts";
import type { Order, Parts, Provider, World } from "./world.ts";

export interface OrderRequest {
  readonly service: Service;
  readonly link: string;
  readonly quantity: number;
  readonly placedAt: number;
  readonly mix?: Mix;
}

/** How often, and how far apart, an order of several parts comes. */
export interface Repeats {
  readonly counted: Parts["counted"];
  readonly times: number;
  readonly intervalMs: number;
  readonly expiry: string | null;
}

const MINUTE_MS = 60_000;

export function placeOrder(world: World, provider: Provider, request: OrderRequest): Order {
  const id = takeOrderId(provider);
  return keep(provider, {
    ...orderOf(provider, id, request),
    life: singleLife(world, provider, id, request),
  });
}

/**
 * The whole is placed first, then its parts with the ids after its own, although each part comes in its time:
 * so ids do not depend on when anybody asked.
 */
export function placeRepeated(world: World, provider: Provider, request: OrderRequest, repeats: Repeats): Order {
  const { times, intervalMs, counted, expiry } = repeats;
  const id = takeOrderId(provider);
  const children = Array.from({ length: times }, (_, index) => {
    const childId = takeOrderId(provider);
    const part = { ...request, placedAt: request.placedAt + index * intervalMs };
    return keep(provider, {
      ...orderOf(provider, childId, part),
      life: singleLife(world, provider, childId, part),
      partOf: id,
    });
  });
  const whole = { ...request, quantity: request.quantity * times };
  return keep(provider, {
    ...orderOf(provider, id, whole),
    life: wholeLife(whole, children),
    parts: { counted, children: children.map((child) => child.id), expiry },
  });
}

/** The order as a client may know it: a part does not exist before its time. */
export function findOrder(provider: Provider, id: string, now: number): Order | undefined {
  const order = provider.orders.get(id);
  return order?.partOf !== undefined && order.placedAt > now ? undefined : order;
}

/** Pending and processing orders of services that allow it may be asked to cancel. */
export function canCancel(provider: Provider, order: Order, now: number): boolean {
  const { status } = stateAt(order.life, now);
  const allowed = serviceOf(provider, order)?.cancel ?? false;
  return allowed && !order.parts && (status === "pending" || status === "processing");
}

/** Takes note of the wish. Three in four are granted, minutes later, told by nothing but the status. */
export function askCancel(world: World, provider: Provider, order: Order, now: number): void {
  if (order.cancelAsked) return;
  order.cancelAsked = true;
  const draws = drawsOf(world.seed, provider.name, order.id, "cancel");
  if (!draws.chance(0.75)) return;
  order.life = canceledLife(order.life, now, now + draws.between(1, 10) * MINUTE_MS);
}

export function canRefill(provider: Provider, order: Order, now: number): boolean {
  const offered = serviceOf(provider, order)?.refill ?? false;
  return offered && stateAt(order.life, now).status === "completed";
}

export function hasOpenOrder(provider: Provider, service: number, link: string, now: number): boolean {
  for (const order of provider.orders.values()) {
    const same = order.service === service && order.link === link;
    if (same && order.partOf === undefined && settledAt(order.life) > now) return true;
  }
  return false;
}

/** What is true of an order, whatever the provider's modes make of it on the wire. */
export interface Truth {
  readonly final: State;
  readonly now: State;
  readonly settled: boolean;
  readonly settlesAt: number;
}

export function truthOf(order: Order, now: number): Truth {
  const settlesAt = settledAt(order.life);
  return {
    final: finalState(order.life),
    now: stateAt(order.life, now),
    settled: settlesAt <= now,
    settlesAt,
  };
}

function serviceOf(provider: Provider, order: Order): Service | undefined {
  return provider.catalogue.find(({ service }) => service === order.service);
}

function takeOrderId(provider: Provider): string {
  const id = String(provider.nextOrderId);
  provider.nextOrderId += 1;
  return id;
}

function keep(provider: Provider, order: Order): Order {
  provider.orders.set(order.id, order);
  return order;
}

function orderOf(provider: Provider, id: string, request: OrderRequest): Omit<Order, "life"> {
  return {
    id,
    service: request.service.service,
    link: request.link === "" ? `https://${provider.name}.example/post/${id}` : request.link,
    quantity: request.quantity,
    chargeNanos: priceNanos(request.service, request.quantity),
    placedAt: request.placedAt,
    answersSinceSettled: 0,
    cancelAsked: false,
  };
}

function singleLife(world: World, provider: Provider, id: string, request: OrderRequest): Life {
  const { quantity, placedAt, mix = provider.mix } = request;
  return lifeOf(world.seed, { provider: provider.name, id, quantity, placedAt }, mix);
}

function wholeLife(request: OrderRequest, children: readonly Order[]): Life {
  const endsAt = Math.max(request.placedAt, ...children.map((child) => settledAt(child.life)));
  return {
    kind: "multi",
    quantity: request.quantity,
    startCount: 0,
    steps: [
      { at: request.placedAt, status: "in_progress", remains: null },
      { at: endsAt, status: "completed", remains: null },
    ],
    flaps: [],
  };
}

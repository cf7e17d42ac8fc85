/**
 * The figures of a period, slot by slot: hours, or whole days. What nobody looked at is null, which is not zero. Pure.
 */
import { KEPT_HOURS, later, type ProviderHours } from "./provider-hours.ts";
import type { FinalStatus } from "./status.ts";

export const DAY_HOURS = 24;

/** Orders that ended in a slot, refunds that were posted, and how many of its hours were looked at. Slots are counted from the epoch. */
export type OrderSlot = Readonly<Record<FinalStatus, number>> & { readonly slot: number; readonly hours: number; readonly refunds: number };

/** What was refunded in a slot, and taken back, in micro-units. */
export type RefundSlot = {
  readonly slot: number;
  readonly currency: string;
  readonly refunds: number;
  readonly amount: bigint;
  readonly takenBack: bigint;
};

/** How polling a provider went on a UTC day that is over. */
export type ProviderDay = ProviderCalls & { readonly day: number };

/** Calls that polls made, those that failed, and by how many seconds the latest look at an order came after its cadence. */
export type ProviderCalls = {
  readonly provider: string;
  readonly calls: number;
  readonly failed: number;
  readonly lateSeconds: number | null;
};

export type Figures = {
  readonly orders: readonly OrderSlot[];
  readonly refunds: readonly RefundSlot[];
  readonly days: readonly ProviderDay[];
  readonly providers: readonly { readonly id: string; readonly hours: ProviderHours }[];
};

/** Hours from `from` until before `to`, by slots of so many; `now` is the present hour. */
export type Slots = { readonly from: number; readonly to: number; readonly slotHours: number; readonly now: number };

/** A slot; `calls` has the providers that were called. Null: nobody looked. */
export type FiguresSlot = {
  readonly slot: number;
  readonly orders: OrderSlot | null;
  readonly refunds: readonly RefundSlot[] | null;
  readonly calls: readonly ProviderCalls[] | null;
};

/** Every slot of the period that has begun. */
export function slotsOf({ orders, refunds, days, providers }: Figures, { from, to, slotHours, now }: Slots): FiguresSlot[] {
  const ordersOf = new Map(orders.map((each) => [each.slot, each]));
  const refundsOf = Map.groupBy(refunds, ({ slot }) => slot);
  const callsOf = slotHours === 1 ? hourlyCalls(providers, now) : dailyCalls(days, providers, now);
  // Where ticks run ahead of the clock, there are figures ahead of it.
  const newest = Math.max(Math.floor(now / slotHours), ...orders.map(({ slot }) => slot));
  const first = Math.floor(from / slotHours);
  const last = Math.min(Math.floor((to - 1) / slotHours), newest);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i): FiguresSlot => {
    const slot = first + i;
    const known = ordersOf.get(slot) ?? null;
    const isForgotten = slotHours === 1 && slot <= now - KEPT_HOURS;
    const calls = callsOf.get(slot) ?? (known === null || isForgotten ? null : []);
    return { slot, orders: known, refunds: known === null ? null : (refundsOf.get(slot) ?? []), calls };
  });
}

type CallsBySlot = ReadonlyMap<number, readonly ProviderCalls[]>;

function hourlyCalls(providers: Figures["providers"], now: number): CallsBySlot {
  const hours = providers.flatMap(({ id, hours: polled }) =>
    polled.flatMap(([slot, calls, failed, lateSeconds]) =>
      slot > now - KEPT_HOURS ? [{ slot, provider: id, calls, failed, lateSeconds }] : [],
    ),
  );
  return bySlot(hours);
}

/** Days that were copied; of today and yesterday what the hours say, where that is more: the copy is made some hours into the next day. */
function dailyCalls(days: readonly ProviderDay[], providers: Figures["providers"], now: number): CallsBySlot {
  const yesterday = Math.floor(now / DAY_HOURS) - 1;
  const found = new Map(days.map(({ day, ...calls }) => [`${day} ${calls.provider}`, { slot: day, ...calls }]));
  for (const { id, hours } of providers) {
    for (const [slot, polled] of Map.groupBy(hours, ([hour]) => Math.floor(hour / DAY_HOURS))) {
      const calls = polled.reduce((sum, [, count]) => sum + count, 0);
      const failed = polled.reduce((sum, [, , count]) => sum + count, 0);
      const lateSeconds = polled.reduce<number | null>((latest, [, , , late]) => later(latest, late), null);
      const name = `${slot} ${id}`;
      if (slot >= yesterday && calls >= (found.get(name)?.calls ?? 0)) found.set(name, { slot, provider: id, calls, failed, lateSeconds });
    }
  }
  return bySlot([...found.values()]);
}

function bySlot(all: readonly (ProviderCalls & { readonly slot: number })[]): CallsBySlot {
  const slots = Map.groupBy(
    all.toSorted((a, b) => (a.provider < b.provider ? -1 : 1)),
    ({ slot }) => slot,
  );
  const told = ({ provider, calls, failed, lateSeconds }: ProviderCalls): ProviderCalls => ({ provider, calls, failed, lateSeconds });
  return new Map([...slots].map(([slot, of]) => [slot, of.map(told)]));
}

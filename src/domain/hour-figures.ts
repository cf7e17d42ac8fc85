/**
 * What happened in each hour, counted of the change feed: how orders ended, and what was refunded. Pure.
 */
import { HOUR_MS } from "./poll-cadence.ts";
import { parseAmount } from "./money.ts";
import { endOf } from "./service-history.ts";
import type { FinalStatus, Status } from "./status.ts";

/** A status change or a posted refund, as a panel's feed tells it. A refund's amount is a decimal string, a claw-back's negative. */
export type ToldChange = { readonly panel: string; readonly at: number } & (
  | { readonly kind: "status"; readonly was: Status; readonly status: Status }
  | { readonly kind: "refund"; readonly amount: string; readonly currency: string }
);

/** Orders by their first end, and refunds, of one panel in one UTC hour since the epoch. */
export type OrderHour = { readonly panel: string; readonly hour: number; readonly refunds: number } & Readonly<Record<FinalStatus, number>>;

/** What one panel refunded in an hour and a currency, in micro-units. */
export type RefundHour = {
  readonly panel: string;
  readonly hour: number;
  readonly currency: string;
  readonly refunds: number;
  readonly amount: bigint;
  readonly takenBack: bigint;
};

export type HourFigures = { readonly orders: readonly OrderHour[]; readonly refunds: readonly RefundHour[] };

/**
 * An hour's sum of a currency stops here (3e11 units): a panel that makes up charges must not bring a sum over what the
 * database can add. A day of such hours still fits 64 bits.
 */
export const MOST_REFUNDED = 300_000_000_000_000_000n;

/** A panel names currencies as it likes: sums of so many are kept of its hour, those with the most refunds; refunds in others only count. */
export const CURRENCIES_OF_AN_HOUR = 8;

/** What the changes add to each hour. */
export function hourFiguresOf(changes: readonly ToldChange[]): HourFigures {
  const orders = new Map<string, OrderHour>();
  const refunds = new Map<string, RefundHour>();
  for (const change of changes) {
    const { panel } = change;
    const hour = Math.floor(change.at / HOUR_MS);
    const figures = orders.get(`${panel} ${hour}`) ?? { panel, hour, refunds: 0, completed: 0, partial: 0, canceled: 0, refunded: 0 };
    if (change.kind === "status") {
      const end = endOf(change);
      if (end !== null) orders.set(`${panel} ${hour}`, { ...figures, [end]: figures[end] + 1 });
      continue;
    }
    const { currency } = change;
    const isTakenBack = change.amount.startsWith("-");
    const parsed = parseAmount(change.amount.replace("-", ""));
    if (!parsed.ok) continue;
    const name = `${panel} ${hour} ${currency}`;
    const sums = refunds.get(name) ?? { panel, hour, currency, refunds: 0, amount: 0n, takenBack: 0n };
    const micros = BigInt(parsed.micros);
    if (!isTakenBack) orders.set(`${panel} ${hour}`, { ...figures, refunds: figures.refunds + 1 });
    refunds.set(
      name,
      isTakenBack
        ? { ...sums, takenBack: capped(sums.takenBack + micros) }
        : { ...sums, refunds: sums.refunds + 1, amount: capped(sums.amount + micros) },
    );
  }
  const byHour = Map.groupBy(refunds.values(), ({ panel, hour }) => `${panel} ${hour}`);
  return {
    orders: [...orders.values()],
    refunds: [...byHour.values()].flatMap((sums) => sums.toSorted((a, b) => b.refunds - a.refunds).slice(0, CURRENCIES_OF_AN_HOUR)),
  };
}

function capped(micros: bigint): bigint {
  return micros > MOST_REFUNDED ? MOST_REFUNDED : micros;
}

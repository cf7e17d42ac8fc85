/** Customers' accounts as sums over what happened: docs/guarantees.md, R1. Amounts are whole micro-units, sums are bigint. */

export interface Credit {
  readonly kind: "credit";
  readonly account: string;
  readonly currency: string;
  readonly amount: number;
}

/** What is charged for an order, returned for it, or taken back of what was returned. */
export interface OrderEntry {
  readonly kind: "charge" | "refund" | "claw_back";
  readonly account: string;
  readonly currency: string;
  readonly order: string;
  readonly amount: number;
}

export type Entry = Credit | OrderEntry;

/** What each entry does to the customer's balance; the panel's till is the other side. */
const SIGNS = { credit: 1n, charge: -1n, refund: 1n, claw_back: -1n } as const;

export class ModelLedger {
  readonly #entries: Entry[] = [];

  /** Takes any whole amount: what is wrong with it, `wrongs` tells. */
  record(entry: Entry): void {
    if (!Number.isSafeInteger(entry.amount)) throw new RangeError(`${entry.amount} is no whole number of micro-units`);
    this.#entries.push(entry);
  }

  balance(account: string, currency: string): bigint {
    return sum(this.#entries.filter((entry) => entry.account === account && entry.currency === currency));
  }

  /** What a currency's accounts hold together: credits less charges plus refunds. */
  total(currency: string): bigint {
    return sum(this.#entries.filter((entry) => entry.currency === currency));
  }

  /**
   * What must never be, in words; empty where there is nothing wrong. "The refunds of an order never exceed its charge, are never
   * negative, never in another currency."
   */
  wrongs(): string[] {
    const amounts = this.#entries.filter(({ amount }) => amount < 0).map(({ kind, amount }) => `a ${kind} of ${amount} micro-units`);
    const ofOrders = this.#entries.filter((entry) => entry.kind !== "credit");
    const orders = Map.groupBy(ofOrders, ({ order }) => order);
    return [...amounts, ...[...orders].flatMap(([order, entries]) => wrongsOfOrder(order, entries))];
  }

  /** Whether balances from elsewhere add up to this ledger's total: nothing was made, nothing was lost. */
  conserves(currency: string, balances: Iterable<bigint>): boolean {
    let shown = 0n;
    for (const balance of balances) shown += balance;
    return shown === this.total(currency);
  }
}

function wrongsOfOrder(order: string, entries: readonly OrderEntry[]): string[] {
  const wrongs: string[] = [];
  const homes = new Set(entries.map(({ account, currency }) => JSON.stringify([account, currency])));
  if (homes.size > 1) wrongs.push(`${order} has entries in ${[...homes].join(" and ")}`);
  if (entries.filter(({ kind }) => kind === "charge").length !== 1) wrongs.push(`${order} was not charged once`);
  // Entry by entry, since what is right in the end can have been wrong on the way.
  let charged = 0n;
  let returned = 0n;
  for (const entry of entries) {
    if (entry.kind === "charge") charged += BigInt(entry.amount);
    else returned += SIGNS[entry.kind] * BigInt(entry.amount);
    if (returned < 0n || returned > charged) wrongs.push(`${order} had ${returned} of ${charged} micro-units returned`);
  }
  return wrongs;
}

function sum(entries: readonly Entry[]): bigint {
  let total = 0n;
  for (const { kind, amount } of entries) total += SIGNS[kind] * BigInt(amount);
  return total;
}

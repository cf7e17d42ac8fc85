/** What became of the rows, as counts. */
import { formatAmount } from "../../src/domain/money.ts";
import type { OrderItem, Skip } from "./rows.ts";
import type { ItemResult } from "./target.ts";

export type Counts = {
  rows: number;
  created: number;
  exists: number;
  /** Rejected: by this command for their content, and by panelsync. */
  rejected: number;
  readonly skipped: Partial<Record<Skip, number>>;
  /** Of those that had ended, how many under which label. */
  readonly ended: Record<string, number>;
  /** What the first polls would refund: by currency (empty for the panel's own) and kind, orders and a decimal sum. */
  readonly refunds: Record<string, { orders: number; sum: string }>;
};

export function noCounts(): Counts {
  return { rows: 0, created: 0, exists: 0, rejected: 0, skipped: {}, ended: {}, refunds: {} };
}

export function countSkip(counts: Counts, why: Skip, word: string | undefined): void {
  counts.skipped[why] = (counts.skipped[why] ?? 0) + 1;
  if (word !== undefined) counts.ended[word] = (counts.ended[word] ?? 0) + 1;
}

/** Counts what was answered; one that was refused is counted with the rejects. */
export function countResult(counts: Counts, item: OrderItem | string, { result, refund }: ItemResult): void {
  if (result === "created") counts.created += 1;
  if (result === "exists") counts.exists += 1;
  if (refund === null) return;
  const currency = typeof item === "string" ? "" : String(item.currency ?? "");
  const total = (counts.refunds[`${refund.would} ${currency}`] ??= { orders: 0, sum: "0" });
  total.orders += 1;
  total.sum = addAmounts(total.sum, refund.amount);
}

/** Sums may be above what one amount can be, so they stay whole numbers of any size. */
function addAmounts(sum: string, amount: string): string {
  return formatAmount(microsOf(sum) + microsOf(amount));
}

function microsOf(amount: string): bigint {
  const [whole = "0", decimals = ""] = amount.split(".");
  return BigInt(whole + decimals.padEnd(6, "0"));
}

/**
 * Whether the ledger adds up: every total that stands somewhere, worked out anew from the rows it is a total of.
 * Pure. Sums go through BigInt, since many amounts below 2^53 can lie above it.
 */
import type { RefundKind, RefundStatus } from "./feed.ts";
import { formatAmount } from "./money.ts";

/** An order as far as its money goes; amounts in micro-units. */
export type CheckedOrder = {
  readonly n: number;
  readonly id: string;
  readonly currency: string;
  readonly charge: number | null;
  readonly registered_refunded: number;
  readonly refunded: number;
  readonly goodwill: number;
  readonly refund_count: number;
  readonly hold_n: number | null;
  readonly hold_amount: number | null;
  readonly word_hold_n: number | null;
};

export type CheckedRefund = {
  readonly order_n: number;
  readonly n: number;
  readonly kind: RefundKind;
  /** Null where only a word waits, or waited. */
  readonly amount: number | null;
  readonly currency: string;
  readonly status: RefundStatus;
};

export const TRANSFER_TYPES = ["charge", "refund", "credit", "clawback", "debit", "void"] as const;
/** A `debit` takes a credit back; a `void` gives the charge of a removed order back. */
export type TransferType = (typeof TRANSFER_TYPES)[number];

/**
 * A row of the ledger with what it must agree with: its order (`order_…`) and its refund (`refund_…`), null where
 * there is none. Balances are texts, since they can lie above 2^53.
 */
export type CheckedTransfer = {
  readonly currency: string;
  readonly customer: string;
  readonly n: number;
  readonly type: TransferType;
  readonly amount: number;
  readonly balance: string;
  readonly order_n: number | null;
  readonly refund_n: number | null;
  readonly order_id: string | null;
  readonly order_currency: string | null;
  readonly order_customer: string | null;
  readonly order_charge: number | null;
  readonly order_registered_refunded: number | null;
  readonly refund_kind: RefundKind | null;
  readonly refund_status: RefundStatus | null;
  readonly refund_amount: number | null;
  /** Of the charge of a removed order what gives it back, and of that the charge; null for any other transfer. */
  readonly counter_amount: number | null;
};

/** Where an account stands: its last row so far. */
export type AccountPlace = Pick<CheckedTransfer, "currency" | "customer" | "n" | "balance">;

/** A row that does not agree with the rows it follows from. `expected` is what these come to. */
export type Mismatch = { readonly row: string; readonly what: string; readonly expected: string; readonly found: string };

/** One sentence, for the log and for the operator. */
export function mismatchText({ row, what, expected, found }: Mismatch): string {
  return `${row}: ${what} should be ${expected} and is ${found}`;
}

/**
 * The first order of a stretch whose totals do not follow from its refunds; also a refund without an order. One that was
 * rejected may have outlived its order, which was removed.
 */
export function findWrongOrder(orders: readonly CheckedOrder[], refunds: readonly CheckedRefund[]): Mismatch | null {
  const byOrder = Map.groupBy(refunds, ({ order_n }) => order_n);
  for (const order of orders) {
    const wrong = checkOrder(order, byOrder.get(order.n) ?? []);
    if (wrong !== null) return wrong;
    byOrder.delete(order.n);
  }
  const orphan = [...byOrder.values()].flat().find(({ status }) => status !== "rejected");
  return orphan === undefined
    ? null
    : { row: `refund ${orphan.n} of order number ${orphan.order_n}`, what: "its order", expected: "on record", found: "missing" };
}

function checkOrder(order: CheckedOrder, refunds: readonly CheckedRefund[]): Mismatch | null {
  const inOrder = refunds.toSorted((a, b) => a.n - b.n);
  const { refunded, goodwill } = totalsOf(order, inOrder);
  const open = inOrder.filter(({ status }) => status === "held" || status === "delayed");
  const stranger = inOrder.find(({ currency }) => currency !== order.currency);
  const isWithin = refunded >= 0n && refunded <= BigInt(order.charge ?? 0);
  const bounds = `from 0 to ${formatAmount(order.charge ?? 0)}`;
  const checks: readonly (readonly [what: string, expected: string, found: string])[] = [
    ["the sum of its refunds", bounds, isWithin ? bounds : formatAmount(refunded)],
    ["refunded", formatAmount(refunded), formatAmount(order.refunded)],
    ["goodwill", formatAmount(goodwill), formatAmount(order.goodwill)],
    ["refund_count", String(inOrder.length), String(order.refund_count)],
    ["the number of its last refund", String(inOrder.length), String(inOrder.at(-1)?.n ?? 0)],
    ["what is held", openText(open), heldText(order)],
    ["its refunds' currency", order.currency, stranger?.currency ?? order.currency],
  ];
  const wrong = checks.find(([, expected, found]) => expected !== found);
  return wrong === undefined ? null : { row: `order ${JSON.stringify(order.id)}`, what: wrong[0], expected: wrong[1], found: wrong[2] };
}

/** A claw-back takes goodwill first; hence in the order in which they came. */
function totalsOf(order: CheckedOrder, refunds: readonly CheckedRefund[]): { refunded: bigint; goodwill: bigint } {
  let [refunded, goodwill] = [BigInt(order.registered_refunded), 0n];
  for (const { kind, amount, status } of refunds) {
    if (status !== "posted") continue;
    const value = BigInt(amount ?? 0);
    refunded += kind === "clawback" ? -value : value;
    if (kind === "goodwill") goodwill += value;
    if (kind === "clawback") goodwill = goodwill > value ? goodwill - value : 0n;
  }
  return { refunded, goodwill };
}

function openText(open: readonly CheckedRefund[]): string {
  return open.length === 0 ? "nothing" : open.map(({ n, amount }) => waitingText(amount, n)).join(" and ");
}

function heldText({ hold_n, hold_amount, word_hold_n }: CheckedOrder): string {
  if (word_hold_n !== null) return waitingText(null, word_hold_n);
  return hold_n === null ? "nothing" : waitingText(hold_amount ?? 0, hold_n);
}

function waitingText(amount: number | null, n: number): string {
  return `${amount === null ? "a word" : formatAmount(amount)} as refund ${n}`;
}

/**
 * The first row of a stretch of the ledger that does not follow from the row before it, or does not agree with its
 * order and refund. `before` is the row before the stretch.
 */
export function findWrongTransfer(before: AccountPlace | null, transfers: readonly CheckedTransfer[]): Mismatch | null {
  let last = before;
  for (const transfer of transfers) {
    const wrong = checkChain(last, transfer) ?? checkOrigin(transfer);
    if (wrong !== null) return wrong;
    last = transfer;
  }
  return null;
}

export function isSameAccount(
  a: Pick<AccountPlace, "currency" | "customer"> | null,
  b: Pick<AccountPlace, "currency" | "customer">,
): boolean {
  return a !== null && a.currency === b.currency && a.customer === b.customer;
}

function rowOf({ currency, customer, n }: AccountPlace): string {
  return `transfer ${n} of ${customer === "" ? "the panel's own account" : `customer ${JSON.stringify(customer)}`} in ${currency}`;
}

function checkChain(last: AccountPlace | null, transfer: CheckedTransfer): Mismatch | null {
  const [n, balance] = last !== null && isSameAccount(last, transfer) ? [last.n + 1, BigInt(last.balance)] : [1, 0n];
  if (transfer.n !== n) return { row: rowOf(transfer), what: "its number", expected: String(n), found: String(transfer.n) };
  const expected = balance + BigInt(transfer.amount);
  if (BigInt(transfer.balance) === expected) return null;
  return { row: rowOf(transfer), what: "the balance", expected: formatAmount(expected), found: formatAmount(BigInt(transfer.balance)) };
}

/** A charge is its order's, in its customer's account; what is returned or taken back is a refund that was posted. */
function checkOrigin(transfer: CheckedTransfer): Mismatch | null {
  if (transfer.type === "credit" || transfer.type === "debit") return null;
  const row = rowOf(transfer);
  if (transfer.order_id === null) return checkRemoved(transfer);
  if (!isSameAccount({ currency: transfer.order_currency ?? "", customer: transfer.order_customer ?? "" }, transfer)) {
    return { row, what: "its account", expected: `that of order ${JSON.stringify(transfer.order_id)}`, found: "another one" };
  }
  const expected = expectedAmount(transfer);
  if (expected === null) return { row, what: "its refund", expected: "posted", found: transfer.refund_status ?? "missing" };
  return expected === transfer.amount
    ? null
    : { row, what: "the amount", expected: formatAmount(expected), found: formatAmount(transfer.amount) };
}

/** The charge of an order that was removed is given back, and nothing else of such an order is on the account. */
function checkRemoved(transfer: CheckedTransfer): Mismatch | null {
  const { type, amount, counter_amount: counter } = transfer;
  if (counter === null || (type !== "charge" && type !== "void"))
    return { row: rowOf(transfer), what: "its order", expected: "on record", found: "missing" };
  return counter === -amount
    ? null
    : { row: rowOf(transfer), what: "the amount", expected: formatAmount(-counter), found: formatAmount(amount) };
}

/** From the customer's side; null where no refund was posted that the transfer could stand for. */
function expectedAmount(transfer: CheckedTransfer): number | null {
  if (transfer.type === "charge") return (transfer.order_registered_refunded ?? 0) - (transfer.order_charge ?? 0);
  const { refund_amount: amount, refund_status: status, refund_kind: kind } = transfer;
  if (amount === null || status !== "posted" || (kind === "clawback") !== (transfer.type === "clawback")) return null;
  return kind === "clawback" ? -amount : amount;
}

/** The first order of a panel that keeps accounts here whose transfers do not come to what its customer has paid. */
export type UnpaidOrder = { readonly id: string; readonly charge: number | null; readonly refunded: number; readonly transferred: string };

export function unpaidMismatch({ id, charge, refunded, transferred }: UnpaidOrder): Mismatch {
  return {
    row: `order ${JSON.stringify(id)}`,
    what: "the sum of its transfers",
    expected: formatAmount(BigInt(refunded) - BigInt(charge ?? 0)),
    found: formatAmount(BigInt(transferred)),
  };
}

/**
 * Reading the ledger in pages and checking each. The database comes in as a function, so that the Worker and
 * `npm run verify` do the very same; all that one page reads must be one snapshot of it.
 */
import {
  type AccountPlace,
  type CheckedOrder,
  type CheckedRefund,
  type CheckedTransfer,
  findWrongOrder,
  findWrongTransfer,
  isSameAccount,
  type Mismatch,
  type UnpaidOrder,
  unpaidMismatch,
} from "../../domain/ledger-check.ts";

/** A statement with its parameters ?1, ?2, … */
export type Query = { readonly sql: string; readonly params: readonly (string | number)[] };
/** Runs statements in one transaction; answers the rows of each. */
export type ReadRows = (queries: readonly Query[]) => Promise<readonly (readonly object[])[]>;

/** How much one page holds. */
export type PageSizes = {
  /** Order numbers whose totals, with their refunds, are checked; and rows of the ledger. All of them are fetched. */
  readonly rows: number;
  /** Order numbers whose transfers are summed up, in the database: it reads all of the panel's ledger for it. */
  readonly sums: number;
};

/** How far a panel was checked. Null for what is through; the panel "" stands before the first. */
export type CheckPlace = {
  readonly panel: string;
  /** Orders above this number come next: their totals; and the sums of their transfers. */
  readonly totals: number | null;
  readonly sums: number | null;
  /** The ledger's row checked last; n is 0 before the first. */
  readonly ledger: AccountPlace | null;
};

export const BEFORE_ALL_PANELS: CheckPlace = { panel: "", totals: null, sums: null, ledger: null };
const BEFORE_THE_LEDGER: AccountPlace = { currency: "", customer: "", n: 0, balance: "0" };

export type CheckedCounts = { readonly orders: number; readonly refunds: number; readonly accounts: number; readonly transfers: number };

export type CheckPage = {
  readonly panel: string;
  readonly checked: CheckedCounts;
  /** The first row that does not agree; the rest of its panel is then left alone. */
  readonly mismatch: Mismatch | null;
  /** Where to go on; null when all panels are through. */
  readonly next: CheckPlace | null;
};

type PanelRow = { readonly id: string; readonly order_n: number; readonly money: string };

/** Checks one page. */
export async function checkPage(read: ReadRows, place: CheckPlace, sizes: PageSizes): Promise<CheckPage> {
  const { panel } = place;
  const [panels, orders = [], refunds = [], unpaid = [], transfers = [], voided = []] = await read([
    { sql: PANELS, params: [panel] },
    ...orElse(place.totals, 2, (after) => [ORDERS, REFUNDS].map((sql) => ({ sql, params: [panel, after, after + sizes.rows] }))),
    ...orElse(place.sums, 1, (after) => [{ sql: UNPAID, params: [panel, after, after + sizes.sums] }]),
    ...orElse(place.ledger, 2, ({ currency, customer, n }) =>
      [TRANSFERS, VOIDED].map((sql) => ({ sql, params: [panel, currency, customer, n, sizes.rows] })),
    ),
  ]);
  const totals = { orders: orders as CheckedOrder[], refunds: refunds as CheckedRefund[] };
  const ledger = withCharges(transfers as CheckedTransfer[], voided as VoidedRow[]);
  const mismatch =
    findWrongOrder(totals.orders, totals.refunds) ?? unpaidIn(unpaid as UnpaidOrder[]) ?? findWrongTransfer(place.ledger, ledger);
  const checked = {
    orders: orders.length,
    refunds: refunds.length,
    transfers: ledger.length,
    accounts: accountsBegun(place.ledger, ledger),
  };
  const own = (panels as PanelRow[]).find(({ id }) => id === panel);
  const following = (panels as PanelRow[]).find(({ id }) => id !== panel);
  const rest = mismatch === null ? restOf(place, own, ledger, sizes) : null;
  return { panel, checked, mismatch, next: rest ?? beginningOf(following) };
}

/** The queries of a part, or as many that read nothing when the part is through. */
function orElse<T>(part: T | null, count: number, queries: (part: T) => Query[]): Query[] {
  return part === null ? Array.from({ length: count }, () => NOTHING) : queries(part);
}

type VoidedRow = Pick<CheckedTransfer, "currency" | "customer" | "order_n" | "amount">;

/** Transfers with, of each that gives a removed order's charge back, that charge. */
function withCharges(transfers: readonly CheckedTransfer[], voided: readonly VoidedRow[]): CheckedTransfer[] {
  const charges = new Map(voided.map((charge) => [charge.order_n, charge]));
  return transfers.map((transfer) => {
    if (transfer.type !== "void" || transfer.order_id !== null) return transfer;
    const charge = charges.get(transfer.order_n);
    return { ...transfer, counter_amount: charge !== undefined && isSameAccount(charge, transfer) ? charge.amount : null };
  });
}

function unpaidIn([first]: readonly UnpaidOrder[]): Mismatch | null {
  return first === undefined ? null : unpaidMismatch(first);
}

function accountsBegun(before: AccountPlace | null, transfers: readonly CheckedTransfer[]): number {
  return transfers.filter((transfer, i) => !isSameAccount(transfers[i - 1] ?? before, transfer)).length;
}

/** Where to go on within the place's own panel; null when it is through. */
function restOf(place: CheckPlace, own: PanelRow | undefined, ledger: readonly CheckedTransfer[], sizes: PageSizes): CheckPlace | null {
  const last = ledger.at(-1);
  const next: CheckPlace = {
    panel: place.panel,
    totals: stretchAfter(place.totals, sizes.rows, own),
    sums: stretchAfter(place.sums, sizes.sums, own),
    ledger:
      last === undefined || ledger.length < sizes.rows
        ? null
        : { currency: last.currency, customer: last.customer, n: last.n, balance: last.balance },
  };
  return next.totals === null && next.sums === null && next.ledger === null ? null : next;
}

function beginningOf(panel: PanelRow | undefined): CheckPlace | null {
  if (panel === undefined) return null;
  const isLedger = panel.money === "ledger";
  return { panel: panel.id, totals: 0, sums: isLedger ? 0 : null, ledger: isLedger ? BEFORE_THE_LEDGER : null };
}

function stretchAfter(after: number | null, size: number, panel: PanelRow | undefined): number | null {
  return after === null || panel === undefined || after + size >= panel.order_n ? null : after + size;
}

const NOTHING: Query = { sql: "SELECT NULL WHERE false", params: [] };

const PANELS = "SELECT id, order_n, money FROM panels WHERE id >= ?1 ORDER BY id LIMIT 2";

/** The end of a stretch of orders; a panel's last one is open, so that what lies beyond its orders is found. */
const END = "iif((SELECT order_n FROM panels WHERE id = ?1) <= ?3, 9007199254740991, ?3)";

const ORDERS = `SELECT n, id, currency, charge, registered_refunded, refunded, goodwill, refund_count, hold_n, hold_amount, word_hold_n
  FROM orders WHERE panel = ?1 AND n > ?2 AND n <= ${END} ORDER BY n`;

const REFUNDS = `SELECT order_n, n, kind, amount, currency, status
  FROM refunds WHERE panel = ?1 AND order_n > ?2 AND order_n <= ${END} ORDER BY order_n, n`;

/** One pass over the panel's ledger and the stretch of orders; a look-up an order would need an index to pay for. */
const UNPAID = `SELECT o.id, o.charge, o.refunded, CAST(coalesce(t.total, 0) AS TEXT) AS transferred
  FROM orders o LEFT JOIN (
    SELECT order_n, sum(amount) AS total FROM transfers WHERE panel = ?1 AND order_n > ?2 AND order_n <= ${END} GROUP BY order_n
  ) t ON t.order_n = o.n
  WHERE o.panel = ?1 AND o.n > ?2 AND o.n <= ${END} AND coalesce(t.total, 0) <> o.refunded - coalesce(o.charge, 0)
  ORDER BY o.n LIMIT 1`;

const PAGE =
  "(SELECT * FROM transfers WHERE panel = ?1 AND (currency, customer, n) > (?2, ?3, ?4) ORDER BY currency, customer, n LIMIT ?5)";

/**
 * The charges that a page's rows give back, in one pass over the panel's ledger. A page without such rows makes none, and
 * a panel that never removed an order is told by one row.
 */
const VOIDED = `SELECT c.currency, c.customer, c.order_n, c.amount FROM transfers c
  WHERE EXISTS (SELECT 1 FROM transfers v WHERE v.panel = ?1 AND v.type = 'void')
    AND EXISTS (SELECT 1 FROM ${PAGE} p WHERE p.type = 'void')
    AND c.panel = ?1 AND c.type = 'charge' AND c.order_n IN (SELECT p.order_n FROM ${PAGE} p WHERE p.type = 'void')`;

const TRANSFERS = `SELECT t.currency, t.customer, t.n, t.type, t.amount, CAST(t.balance AS TEXT) AS balance, t.order_n, t.refund_n,
    o.id AS order_id, o.currency AS order_currency, o.customer AS order_customer, o.charge AS order_charge,
    o.registered_refunded AS order_registered_refunded, r.kind AS refund_kind, r.status AS refund_status, r.amount AS refund_amount,
    CASE WHEN t.type = 'charge' AND o.n IS NULL
      THEN (SELECT v.amount FROM transfers v WHERE v.panel = ?1 AND v.order_n = t.order_n AND v.type = 'void') END AS counter_amount
  FROM ${PAGE} t
  LEFT JOIN orders o ON o.panel = ?1 AND o.n = t.order_n
  LEFT JOIN refunds r ON r.panel = ?1 AND r.order_n = t.order_n AND r.n = t.refund_n
  ORDER BY t.currency, t.customer, t.n`;

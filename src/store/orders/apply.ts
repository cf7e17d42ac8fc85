/**
 * The one transaction in which a sweep's findings become rows: refunds, change feed, orders, provider state.
 *
 * The provider's state comes first: if it has another version than the sweep saw, that statement fails, and with it the
 * transaction. What follows is guarded on the version of each order, the inserts before the UPDATE of orders: turned
 * round, two writers that saw the same version would both pass the inserts' guards.
 */
import type { FeedEvent, RefundKind, RefundStatus } from "../../domain/feed.ts";
import type { Order, OrderState } from "../../domain/order.ts";
import { ROWS_EACH } from "../../domain/panel-share.ts";
import type { ProviderState } from "../../domain/provider.ts";
import type { RefundReason } from "../../domain/refund-rules.ts";
import { BLOCK, type FeedCount, lastOfBlockSql, lastOfNextBlockSql, numberStatement } from "../feed/feed-numbers.ts";
import { chunksByPanel } from "../rows/json-sets.ts";
import { packClock, packCoverage, packWords } from "../rows/provider.ts";
import { insertTransfers } from "../ledger/transfers.ts";
import { isCounted } from "../providers/active-orders.ts";
import { columnsOf, ORDER_COLUMNS, type OrderColumn, type OrderColumns } from "./order-columns.ts";

/** One of an order's refunds that comes to be, or is decided. Amounts in micro-units, null where only a word is at stake. */
export type RefundWrite =
  | {
      readonly op: "insert";
      readonly n: number;
      readonly kind: RefundKind;
      readonly amount: number | null;
      readonly status: RefundStatus;
      readonly reason: RefundReason;
      readonly remains: number | null;
      readonly by: string | null;
      readonly note: string | null;
    }
  | {
      readonly op: "decide";
      readonly n: number;
      readonly amount: number | null;
      readonly status: "posted" | "rejected";
      readonly by: string;
      readonly note: string | null;
    };

/** What is written of one order, with the events that go to the feed. `now` is when it counts, epoch ms. */
export type OrderWrite = {
  readonly order: Order;
  readonly next: OrderState;
  /** `progress` names no indexed column. */
  readonly write: "progress" | "move";
  readonly refunds: readonly RefundWrite[];
  readonly events: readonly FeedEvent[];
  readonly now: number;
};

/** The bits of two numbers that only the first has, counted. */
function bitsAdded(after: number, before: number): number {
  let [bits, count] = [after & ~before, 0];
  for (; bits !== 0; bits &= bits - 1) count += 1;
  return count;
}

/**
 * The rows that such a write is billed for: the order's, those of its indexes that change, its changes, and two a refund. An
 * index of a flag or a place among what is due costs nothing when it is left. With an order's first poll, what it was taken with,
 * unless it is a part, which its panel's share of adoptions counts.
 */
export function rowsWritten({ order: { state, channel, partOf }, next, refunds, events }: OrderWrite): number {
  const taken =
    partOf === null && state.polledAt === null && next.polledAt !== null ? ROWS_EACH[channel === null ? "registration" : "add"] : 0;
  const indexes =
    (next.cadence !== state.cadence && next.cadence !== null ? 1 : 0) +
    (next.refill?.id != null && next.refill.id !== state.refill?.id ? 1 : 0) +
    bitsAdded(next.flags, state.flags);
  return 1 + taken + indexes + events.length + 2 * refunds.length;
}

/** A provider's new state, and the version it was worked out from. */
export type StateWrite = { readonly provider: string; readonly seen: number; readonly state: ProviderState };

/**
 * Writes all of it, or nothing: when the provider's state is not the one that was seen any more (`outdated`), or when a
 * constraint or trigger forbids some of it (`refused`). Orders changed by somebody else meanwhile are passed over. All
 * orders are the provider's.
 */
export async function applySweep(
  db: D1Database,
  writes: readonly OrderWrite[],
  state: StateWrite,
): Promise<"written" | "outdated" | "refused"> {
  const once = onceEach(writes);
  const updateState = db.prepare(UPDATE_STATE).bind(JSON.stringify(stateColumns(state)), JSON.stringify(openedOrClosed(once)));
  try {
    const [claimed] = await db.batch([updateState, ...orderStatements(db, once, state.provider)]);
    return claimed?.meta.changes === 1 ? "written" : "outdated";
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes("SQLITE_CONSTRAINT")) throw error;
    return error.message.includes(IS_OUTDATED) ? "outdated" : "refused";
  }
}

/**
 * Writes what a person decided about one order, with statements of the caller's own before it, which must be guarded
 * by the order's version themselves. False, with nothing written, when somebody else has changed the order meanwhile.
 */
export async function applyDecision(db: D1Database, write: OrderWrite, others: readonly D1PreparedStatement[]): Promise<boolean> {
  return (await applyDecisions(db, [write], others)) === 1;
}

/** The same for some orders at once; those changed meanwhile are passed over. Answers how many were written. */
export async function applyDecisions(
  db: D1Database,
  writes: readonly OrderWrite[],
  others: readonly D1PreparedStatement[],
): Promise<number> {
  const results = await db.batch([...others, ...decisionStatements(db, writes)]);
  // The UPDATEs of orders come last, one for each set of indexed columns; a hundred orders fit into each.
  const updates = byIndexedChanges(writes.map(changeOf)).size;
  return results.slice(-updates).reduce((sum, { meta }) => sum + meta.changes, 0);
}

/** The same, answering which of the writes came to pass: those whose orders were as seen when the transaction began. */
export async function applyEach(db: D1Database, writes: readonly OrderWrite[]): Promise<readonly OrderWrite[]> {
  if (writes.length === 0) return [];
  const asSeen = db
    .prepare(SELECT_AS_SEEN)
    .bind(JSON.stringify(writes.map(({ order: { panel, number, version } }) => [panel, number, version])));
  const [seen] = await db.batch<{ i: number }>([asSeen, ...decisionStatements(db, writes)]);
  const written = new Set(seen?.results.map(({ i }) => i));
  return writes.filter((_, i) => written.has(i));
}

/** A row of a statement's parameter: the order, which must be as it was seen, and what is written of it. */
type Row = { readonly order: Order; readonly values: readonly unknown[] };

/** The same without a sweep, whose statement of the provider's state counts the orders that are followed. */
function decisionStatements(db: D1Database, writes: readonly OrderWrite[]): D1PreparedStatement[] {
  const counted = openedOrClosed(writes);
  const count = counted.length === 0 ? [] : [db.prepare(COUNT_ACTIVE).bind(JSON.stringify(counted))];
  return [...count, ...orderStatements(db, writes, null)];
}

/** Rows as parameters. */
function chunksOf(rows: readonly Row[]): string[] {
  return chunksByPanel(rows.map(({ order: { panel, number, version }, values }) => ({ panel, row: [number, version, ...values] })));
}

/** The statements of some orders' writes, in the order that the guards need: the UPDATE of orders last. Null: of any provider. */
function orderStatements(db: D1Database, writes: readonly OrderWrite[], provider: string | null): D1PreparedStatement[] {
  const feed = feedOf(writes);
  const each = (sql: string, rows: readonly Row[]): D1PreparedStatement[] =>
    chunksOf(rows).map((json) => db.prepare(sql).bind(json, provider));
  const told = chunksOf(feed.rows);
  // What does not fit into a block, or one statement, has its numbers from a counter.
  const inBlock = told.length <= 1 && feed.counts.every(({ count }) => count <= BLOCK);
  const [insertChanges, numbered] = inBlock ? [INSERT_CHANGES_IN_BLOCK, IN_BLOCK] : [INSERT_CHANGES, BY_COUNTER];
  return [
    ...(feed.counts.length > 0 && !inBlock ? [numberStatement(db, feed.counts, feed.now)] : []),
    ...each(INSERT_REFUNDS, insertedRefunds(writes)),
    ...each(DECIDE_REFUNDS, decidedRefunds(writes)),
    ...each(INSERT_TRANSFERS, transfersOf(writes)),
    ...told.map((json) => db.prepare(insertChanges).bind(json, provider, ...(inBlock ? [feed.now * 1000] : []))),
    // planted: orders-updated-last
    ...[...byIndexedChanges(writes.map(changeOf)).values()].flatMap((changes) => {
      const columns = columnsIn(changes);
      const rows = changes.map(({ write, after }): Row => {
        return { order: write.order, values: [feed.lastBack.get(write) ?? null, ...columns.map((column) => after[column])] };
      });
      return each(updateSql(columns, feed.rows.length > 0 ? numbered : BY_COUNTER), rows);
    }),
  ];
}

/** What is written of an order's row: all columns as they are to be, and those of them that change. */
type Change = { readonly write: OrderWrite; readonly after: OrderColumns; readonly changed: readonly OrderColumn[] };

function changeOf(write: OrderWrite): Change {
  const before = { ...columnsOf(write.order.state, write.order.updatedAt), ...STANDING_IN };
  const after = columnsOf(write.next, write.now);
  return { write, after, changed: ORDER_COLUMNS.filter((column) => after[column] !== before[column]) };
}

/** While one of these is NULL another column is read in its place: what they are set to is written, changed or not. */
const STANDING_IN = { hold_status: null, refill_at: null, cancel_at: null } as const;

/** D1 bills an index whose column is named, even when its value stays: orders that change the same of these go together. */
const INDEXED: readonly OrderColumn[] = ["flags", "cadence", "refill_id"];

function byIndexedChanges(changes: readonly Change[]): Map<string, Change[]> {
  return Map.groupBy(changes, ({ changed }) => INDEXED.filter((column) => changed.includes(column)).join());
}

/** The columns that any of these orders changes. The others stay as they are: no row is written that has changed since. */
function columnsIn(changes: readonly Change[]): OrderColumn[] {
  const changed = new Set(changes.flatMap((change) => change.changed));
  return ORDER_COLUMNS.filter((column) => changed.has(column));
}

/** Each order once, the first time it is named: both copies would pass guards on one version. */
function onceEach(writes: readonly OrderWrite[]): OrderWrite[] {
  return [...new Map(writes.toReversed().map((write) => [`${write.order.panel} ${write.order.number}`, write])).values()].toReversed();
}

/**
 * The rows of the parameter `[[panel, [[n, version seen, ...values], ...]], ...]` with what their panel's row says, which is
 * read once a panel. LIMIT has SQLite work each row's JSON out once, where it would else do so for each of its values; and
 * it costs no row read, as a materialised table does.
 */
function rowsOf(columns: readonly string[], { ofPanels = "true", last = BY_COUNTER }: RowsOf = {}): string {
  const values = ["n", "seen", ...columns].map((column, i) => `row->>${i} AS ${column}`).join(", ");
  const panels =
    last === BY_COUNTER
      ? "json_each(?1) g CROSS JOIN panels p CROSS JOIN json_each(g.value, '$[1]') r"
      : `(SELECT g.value, p.id, ${last} AS last FROM json_each(?1) g CROSS JOIN panels p
      WHERE p.id = g.value->>0 LIMIT -1) p CROSS JOIN json_each(p.value, '$[1]') r`;
  const where = last === BY_COUNTER ? `p.id = g.value->>0 AND ${ofPanels}` : "true";
  return `(SELECT panel, last, ${values} FROM (
    SELECT p.id AS panel, ${last === BY_COUNTER ? last : "p.last"} AS last, r.value AS row FROM ${panels}
    WHERE ${where} LIMIT -1)) j`;
}

/** `ofPanels`: a condition on the panel `p`. `last`: SQL for the last number of the batch's changes in the panel's feed. */
type RowsOf = { readonly ofPanels?: string; readonly last?: string };
const BY_COUNTER = "p.feed_seq";
const IN_BLOCK = lastOfBlockSql("p");

// planted: guard-of-inserts
const IS_VERSION_SEEN = "o.version = j.seen";

/** What every insert is guarded by; `j` is the row of the parameter. Another provider's: the database was put back, it is another order. */
const AS_SEEN = `o.panel = j.panel AND o.n = j.n AND ${IS_VERSION_SEEN} AND (?2 IS NULL OR o.provider = ?2)`;

/** Of the orders `[panel, n, version]` those that have that version, by their places in the list. */
export const SELECT_AS_SEEN = `SELECT j.key AS i FROM json_each(?1) j CROSS JOIN orders o
  WHERE o.panel = j.value->>0 AND o.n = j.value->>1 AND o.version = j.value->>2`;

const REFUND_COLUMNS = [
  ...(["refund", "kind", "amount", "status", "reason"] as const),
  ...(["remains", "now", "decided_at", "decided_by", "note"] as const),
];

const INSERT_REFUNDS = `INSERT INTO refunds (panel, order_n, n, order_id, kind, amount, currency, status, reason, remains, created_at, decided_at, decided_by, note)
  SELECT o.panel, o.n, j.refund, o.id, j.kind, j.amount, o.currency, j.status, j.reason, j.remains, j.now, j.decided_at, j.decided_by, j.note
  FROM ${rowsOf(REFUND_COLUMNS)} CROSS JOIN orders o
  WHERE ${AS_SEEN}`;

const DECIDE_REFUNDS = `UPDATE refunds SET status = g.status, amount = g.amount, decided_at = g.now, decided_by = g.decided_by, note = g.note
  FROM (SELECT j.* FROM ${rowsOf(["refund", "status", "amount", "now", "decided_by", "note"])} CROSS JOIN orders o WHERE ${AS_SEEN}) g
  WHERE refunds.panel = g.panel AND refunds.order_n = g.n AND refunds.n = g.refund AND refunds.status IN ('held', 'delayed')`;

/** What is posted goes to the customer's account, where the panel keeps accounts here. */
const INSERT_TRANSFERS = insertTransfers(`
    SELECT o.panel, o.currency, coalesce(o.customer, '') AS customer, j.type, j.amount,
      o.n AS order_n, o.id AS order_id, j.refund AS refund_n, NULL AS reference, j.now, j.i
    FROM ${rowsOf(["refund", "type", "amount", "now", "i"], { ofPanels: "p.money = 'ledger'" })} CROSS JOIN orders o
    WHERE ${AS_SEEN}`);

/** A change's number is counted back from the last one of the batch. */
const insertChangesSql = (last: string): string => `INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data)
  SELECT o.panel, j.last - j.back, j.type, o.id, coalesce(j.last - j.prev_back, o.last_change), j.now, j.previous, j.data
  FROM ${rowsOf(["back", "prev_back", "type", "now", "previous", "data"], { last })} CROSS JOIN orders o
  WHERE ${AS_SEEN}`;
const INSERT_CHANGES = insertChangesSql(BY_COUNTER);
const INSERT_CHANGES_IN_BLOCK = insertChangesSql(lastOfNextBlockSql("p", "?3"));

/**
 * By how many orders more are followed now, of the parameter `[[panel, n, version seen, difference], ...]`. Comes before the
 * UPDATE of orders: after it, a write by somebody else would look like this one.
 */
const followedMore = (json: string): string => `SELECT o.provider, sum(c.value->>3) AS difference
    FROM json_each(${json}) c CROSS JOIN orders o
    WHERE o.panel = c.value->>0 AND o.n = c.value->>1 AND o.version = c.value->>2`;

const COUNT_ACTIVE = `UPDATE providers SET active_orders = max(active_orders + d.difference, 0)
  FROM (${followedMore("?1")} GROUP BY o.provider) d
  WHERE providers.id = d.provider`;

// planted: guard-of-updates
const IS_OWN_VERSION_SEEN = "orders.version = j.seen";

/** Names the columns that change and no others; the version goes up with them. */
function updateSql(columns: readonly OrderColumn[], last: string): string {
  return `UPDATE orders SET ${columns.map((column) => `${column} = j.${column}, `).join("")}version = orders.version + 1,
    last_change = coalesce(j.last - j.back, orders.last_change)
  FROM ${rowsOf(["back", ...columns], { last })}
  WHERE orders.panel = j.panel AND orders.n = j.n AND ${IS_OWN_VERSION_SEEN} AND (?2 IS NULL OR orders.provider = ?2)`;
}

const STATE_COLUMNS = [
  ...(["many", "learned_batch_size", "caution", "last_poll_ms", "failures", "retry_at"] as const),
  ...(["last_success_at", "last_failure_at", "last_failure"] as const),
  ...([
    "calls_day",
    "calls_today",
    "rows_today",
    "messages_today",
    "hours",
    "unknown_words",
    "unread_orders",
    "clock",
    "marks",
    "endings",
    "brake_engaged_at",
    "braked_panels",
    "brake_evidence",
  ] as const),
] as const;

// planted: state-guard
const NEXT_IF_SEEN = "CASE providers.state_version WHEN j.seen THEN j.seen + 1 END";

/** A state other than the one that was seen would get no version, which the column must have: the whole transaction fails. */
const UPDATE_STATE = `UPDATE providers SET ${assignments(STATE_COLUMNS)}, state_version = ${NEXT_IF_SEEN},
    active_orders = max(providers.active_orders + coalesce((SELECT difference FROM (${followedMore("?2")})), 0), 0)
  FROM (SELECT ${["provider", "seen", ...STATE_COLUMNS].map((column) => `?1->>'$.${column}' AS ${column}`).join(", ")}) j
  WHERE providers.id = j.provider`;

/** What the database then says, and of nothing else. */
const IS_OUTDATED = "NOT NULL constraint failed: providers.state_version";

function assignments(columns: readonly string[]): string {
  return columns.map((column) => `${column} = j.${column}`).join(", ");
}

function stateColumns({ provider, seen, state }: StateWrite): Record<"provider" | "seen" | (typeof STATE_COLUMNS)[number], unknown> {
  return {
    provider,
    seen,
    many: state.many,
    learned_batch_size: state.learnedBatchSize,
    caution: state.batchHalvings,
    last_poll_ms: state.lastPollMs,
    failures: state.failures,
    retry_at: state.retryAt,
    last_success_at: state.lastSuccessAt,
    last_failure_at: state.lastFailureAt,
    last_failure: state.lastFailure === null ? null : JSON.stringify(state.lastFailure),
    calls_day: state.callsDay,
    calls_today: state.callsToday,
    rows_today: state.rowsToday,
    messages_today: state.messagesToday,
    hours: JSON.stringify(state.hours),
    unknown_words: packWords(state.unknownWords),
    unread_orders: JSON.stringify(state.unreadOrders),
    clock: packClock(state.clock),
    marks: packCoverage(state.coverage),
    endings: JSON.stringify(state.endings),
    brake_engaged_at: state.brakeEngagedAt,
    braked_panels: JSON.stringify(state.brakedPanels),
    brake_evidence: state.brakeEvidence === null ? null : JSON.stringify(state.brakeEvidence),
  };
}

function insertedRefunds(writes: readonly OrderWrite[]): Row[] {
  return writes.flatMap(({ order, refunds, now }) =>
    refunds.flatMap((refund): Row[] => {
      if (refund.op !== "insert") return [];
      const { n, kind, amount, status, reason, remains, by, note } = refund;
      const decidedAt = status === "posted" || status === "rejected" ? now : null;
      return [{ order, values: [n, kind, amount, status, reason, remains, now, decidedAt, by, note] }];
    }),
  );
}

function decidedRefunds(writes: readonly OrderWrite[]): Row[] {
  return writes.flatMap(({ order, refunds, now }) =>
    refunds.flatMap(({ op, n, status, amount, by, note }): Row[] =>
      op === "decide" ? [{ order, values: [n, status, amount, now, by, note] }] : [],
    ),
  );
}

/** Orders that count as followed from now on, or do not any more. */
function openedOrClosed(writes: readonly OrderWrite[]): (readonly unknown[])[] {
  return writes
    .filter(({ order, next }) => isCounted(next) !== isCounted(order.state))
    .map(({ order: { panel, number, version }, next }) => [panel, number, version, isCounted(next) ? 1 : -1]);
}

/** Posted refunds as transfers from the customer's side; what a panel takes back is negative. */
function transfersOf(writes: readonly OrderWrite[]): Row[] {
  const posted = writes.flatMap(({ order, refunds, now }) =>
    refunds.flatMap((refund): Row[] => {
      const { status, amount, n } = refund;
      if (status !== "posted" || amount === null) return [];
      const takenBack = refund.op === "insert" && refund.kind === "clawback";
      return [{ order, values: takenBack ? [n, "clawback", -amount, now] : [n, "refund", amount, now] }];
    }),
  );
  return posted.map(({ order, values }, i) => ({ order, values: [...values, i] }));
}

type Feed = {
  readonly counts: readonly FeedCount[];
  readonly rows: readonly Row[];
  /** For each write with events: how far its newest row lies behind the panel's newest. */
  readonly lastBack: ReadonlyMap<OrderWrite, number>;
  readonly now: number;
};

/** Numbers the events of a batch backwards from each panel's newest, the last event being 0. */
function feedOf(writes: readonly OrderWrite[]): Feed {
  const left = new Map<string, number>();
  for (const { order, events } of writes) if (events.length > 0) left.set(order.panel, (left.get(order.panel) ?? 0) + events.length);
  const counts = [...left].map(([panel, count]) => ({ panel, count }));
  const lastBack = new Map<OrderWrite, number>();
  const rows = writes.flatMap((write) => {
    let prevBack: number | null = null;
    return write.events.map(({ type, previous, data }): Row => {
      const back: number = (left.get(write.order.panel) ?? 0) - 1;
      left.set(write.order.panel, back);
      const values = [back, prevBack, type, write.now, previous, data];
      prevBack = back;
      lastBack.set(write, back);
      return { order: write.order, values };
    });
  });
  return { counts, rows, lastBack, now: writes.reduce((latest, { now }) => Math.max(latest, now), 0) };
}

/**
 * The one transaction in which a sweep's findings become rows: refunds, change feed, orders, provider state.
 *
 * Every statement is guarded on the version of the order and of the provider's state that the sweep saw. The inserts
 * come first and the UPDATE of orders after them, the provider's state last: turned round, two sweeps that saw the
 * same version would both pass the inserts' guards.
 */
import type { FeedEvent, RefundKind, RefundStatus } from "../../domain/feed.ts";
import type { Hold, Order, OrderState } from "../../domain/order.ts";
import type { ProviderState } from "../../domain/provider.ts";
import type { RefundReason } from "../../domain/refund-rules.ts";
import { type FeedCount, numberStatement } from "../feed/feed-numbers.ts";
import { chunksBySize, ifAny } from "../rows/json-sets.ts";
import type { OrderRow } from "../rows/order.ts";
import { packClock, packCoverage, packWords } from "../rows/provider.ts";
import { insertTransfers } from "../ledger/transfers.ts";

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

/** A provider's new state, and the version it was worked out from. */
export type StateWrite = { readonly provider: string; readonly seen: number; readonly state: ProviderState };

/**
 * Writes all of it, or nothing: when the provider's state is not the one that was seen any more (`outdated`), or when a
 * constraint or trigger forbids some of it (`refused`). Orders changed by somebody else meanwhile are passed over.
 */
export async function applySweep(
  db: D1Database,
  writes: readonly OrderWrite[],
  state: StateWrite,
): Promise<"written" | "outdated" | "refused"> {
  const guardOf = ({ panel, number: n, version, provider }: Order) => ({ panel, n, seen: version, provider, seen_state: state.seen });
  const single = onceEach(writes);
  const statements = [...orderStatements(db, single, guardOf), db.prepare(UPDATE_STATE).bind(JSON.stringify([stateColumns(state)]))];
  try {
    const results = await db.batch(statements);
    return results.at(-1)?.meta.changes === 1 ? "written" : "outdated";
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes("SQLITE_CONSTRAINT")) throw error;
    return "refused";
  }
}

/**
 * Writes what a person decided about one order, with statements of the caller's own before it, which must be guarded
 * by the order's version themselves. False, with nothing written, when somebody else has changed the order meanwhile.
 */
export async function applyDecision(db: D1Database, write: OrderWrite, others: readonly D1PreparedStatement[]): Promise<boolean> {
  return (await applyDecisions(db, [write], others)) === 1;
}

function guardOnOrder({ panel, number: n, version, provider }: Order): Guard {
  return { panel, n, seen: version, provider, seen_state: null };
}

/** The same for some orders at once; those changed meanwhile are passed over. Answers how many were written. */
export async function applyDecisions(
  db: D1Database,
  writes: readonly OrderWrite[],
  others: readonly D1PreparedStatement[],
): Promise<number> {
  const statements = orderStatements(db, writes, guardOnOrder);
  const results = await db.batch([...others, ...statements]);
  // The UPDATEs of orders come last, one for each set of indexed columns; a hundred orders fit into each.
  const updates = byIndexedChanges(writes).size;
  return results.slice(-updates).reduce((sum, { meta }) => sum + meta.changes, 0);
}

/** The same, answering which of the writes came to pass: those whose orders were as seen when the transaction began. */
export async function applyEach(db: D1Database, writes: readonly OrderWrite[]): Promise<readonly OrderWrite[]> {
  if (writes.length === 0) return [];
  const asSeen = db.prepare(SELECT_AS_SEEN).bind(JSON.stringify(writes.map(({ order }) => guardOnOrder(order))));
  const [seen] = await db.batch<{ i: number }>([asSeen, ...orderStatements(db, writes, guardOnOrder)]);
  const written = new Set(seen?.results.map(({ i }) => i));
  return writes.filter((_, i) => written.has(i));
}

/** The statements of some orders' writes, in the order that the guards need: the UPDATE of orders last. */
function orderStatements(db: D1Database, writes: readonly OrderWrite[], guardOf: GuardOf): D1PreparedStatement[] {
  const moves = writes.filter(({ write }) => write === "move");
  const progress = writes.filter(({ write }) => write === "progress");
  const feed = feedRows(moves);
  return [
    ...(feed.counts.length > 0 ? [numberStatement(db, feed.counts, feed.now)] : []),
    ...ifAny(refundRows(moves, guardOf, "insert"), (json) => db.prepare(INSERT_REFUNDS).bind(json)),
    ...ifAny(refundRows(moves, guardOf, "decide"), (json) => db.prepare(DECIDE_REFUNDS).bind(json)),
    ...ifAny(postedRows(moves, guardOf), (json) => db.prepare(INSERT_TRANSFERS).bind(json)),
    ...chunksBySize(feed.rows.map((row, i) => ({ ...guardOf((feed.owners[i] as OrderWrite).order), ...row }))).map((json) =>
      db.prepare(INSERT_CHANGES).bind(json),
    ),
    ...ifAny(refillIdRows(moves, guardOf), (json) => db.prepare(UPDATE_REFILL_IDS).bind(json)),
    ...ifAny(openedOrClosedRows(moves, guardOf), (json) => db.prepare(COUNT_ACTIVE).bind(json)),
    ...ifAny(
      progress.map((write) => ({ ...guardOf(write.order), ...progressColumns(write) })),
      (json) => db.prepare(UPDATE_PROGRESS).bind(json),
    ),
    // planted: orders-updated-last
    ...[...byIndexedChanges(moves)].flatMap(([changes, some]) =>
      chunksBySize(
        some.map((write) => withoutNulls({ ...guardOf(write.order), ...moveColumns(write), last_back: feed.lastBack.get(write) ?? null })),
      ).map((json) => db.prepare(UPDATE_MOVES[changes]).bind(json)),
    ),
  ];
}

/**
 * D1 bills an index whose column is named, even when its value stays. So a move names `flags` and `cadence` only where it
 * changes them: a row less for each.
 */
type IndexedChanges = "none" | "flags" | "cadence" | "both";

function indexedChanges({ order: { state }, next }: OrderWrite): IndexedChanges {
  const flags = next.flags !== state.flags;
  if (next.cadence === state.cadence) return flags ? "flags" : "none";
  return flags ? "both" : "cadence";
}

function byIndexedChanges(moves: readonly OrderWrite[]): Map<IndexedChanges, OrderWrite[]> {
  return Map.groupBy(moves, indexedChanges);
}

/** What a row leaves out is NULL to the statement that reads it, and most columns of most orders are. */
function withoutNulls(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

/** Each order once, the first time it is named: both copies would pass guards on one version. */
function onceEach(writes: readonly OrderWrite[]): OrderWrite[] {
  return [...new Map(writes.toReversed().map((write) => [`${write.order.panel} ${write.order.number}`, write])).values()].toReversed();
}

/** `seen_state` is null where the provider's state does not matter: a person has decided, not a poll. */
type Guard = { panel: string; n: number; seen: number; provider: string; seen_state: number | null };
type GuardOf = (order: Order) => Guard;

// planted: guard-of-inserts
const IS_VERSION_SEEN = "o.version = j.value->>'$.seen'";
// planted: state-guard-of-inserts
const IS_STATE_SEEN = "p.state_version = coalesce(j.value->>'$.seen_state', p.state_version)";

/** What every statement is guarded by; `j` is the row of the JSON parameter. */
const UNCHANGED = `o.panel = j.value->>'$.panel' AND o.n = j.value->>'$.n' AND ${IS_VERSION_SEEN}
  AND p.id = o.provider AND ${IS_STATE_SEEN}`;

const SELECT_AS_SEEN = `SELECT j.key AS i FROM json_each(?1) j CROSS JOIN orders o CROSS JOIN providers p WHERE ${UNCHANGED}`;

const INSERT_REFUNDS = `INSERT INTO refunds (panel, order_n, n, order_id, kind, amount, currency, status, reason, remains, created_at, decided_at, decided_by, note)
  SELECT o.panel, o.n, j.value->>'$.refund', o.id, j.value->>'$.kind', j.value->>'$.amount', o.currency, j.value->>'$.status', j.value->>'$.reason',
    j.value->>'$.remains', j.value->>'$.now', j.value->>'$.decided_at', j.value->>'$.by', j.value->>'$.note'
  FROM json_each(?1) j CROSS JOIN orders o CROSS JOIN providers p
  WHERE ${UNCHANGED}`;

const DECIDE_REFUNDS = `UPDATE refunds SET status = g.status, amount = g.amount, decided_at = g.now, decided_by = g.by, note = g.note
  FROM (
    SELECT o.panel, o.n, j.value->>'$.refund' AS refund, j.value->>'$.status' AS status, j.value->>'$.amount' AS amount,
      j.value->>'$.now' AS now, j.value->>'$.by' AS by, j.value->>'$.note' AS note
    FROM json_each(?1) j CROSS JOIN orders o CROSS JOIN providers p
    WHERE ${UNCHANGED}
  ) g
  WHERE refunds.panel = g.panel AND refunds.order_n = g.n AND refunds.n = g.refund AND refunds.status IN ('held', 'delayed')`;

/** What is posted goes to the customer's account, where the panel keeps accounts here. */
const INSERT_TRANSFERS = insertTransfers(`
    SELECT o.panel, o.currency, coalesce(o.customer, '') AS customer, j.value->>'$.type' AS type, j.value->>'$.amount' AS amount,
      o.n AS order_n, o.id AS order_id, j.value->>'$.refund' AS refund_n, NULL AS reference, j.value->>'$.now' AS now, j.key AS i
    FROM json_each(?1) j CROSS JOIN orders o CROSS JOIN providers p CROSS JOIN panels n
    WHERE ${UNCHANGED} AND n.id = o.panel AND n.money = 'ledger'`);

/** A change's number is counted back from the panel's newest, which the first statement of the batch has set. */
const INSERT_CHANGES = `INSERT INTO changes (panel, seq, type, order_id, prev, created_at, previous, data)
  SELECT o.panel, n.feed_seq - (j.value->>'$.back'), j.value->>'$.type', o.id,
    coalesce(n.feed_seq - (j.value->>'$.prev_back'), o.last_change), j.value->>'$.now', j.value->>'$.previous', j.value->>'$.data'
  FROM json_each(?1) j CROSS JOIN orders o CROSS JOIN providers p CROSS JOIN panels n
  WHERE ${UNCHANGED} AND n.id = o.panel`;

// planted: guard-of-updates
const IS_OWN_VERSION_SEEN = "orders.version = j.seen";
// planted: state-guard-of-updates
const IS_OWN_STATE_SEEN = "p.state_version = coalesce(j.seen_state, p.state_version)";

const GUARDED = `orders.panel = j.panel AND orders.n = j.n AND ${IS_OWN_VERSION_SEEN}
    AND EXISTS (SELECT 1 FROM providers p WHERE p.id = j.provider AND ${IS_OWN_STATE_SEEN})`;

const GUARD_COLUMNS = ["panel", "n", "seen", "provider", "seen_state"] as const;
const PROGRESS_COLUMNS = [
  "provider_status",
  "provider_price",
  "provider_price_currency",
  "provider_charge",
  "provider_currency",
  "start_count",
  "remains",
  "parts",
  "polled_at",
  "progress_at",
  "updated_at",
  "final_answer",
] as const;
/** Those of a move that name no indexed column but `status`, whose indexes hold the few orders that need a person. */
const PLAIN_MOVE_COLUMNS = [
  ...PROGRESS_COLUMNS,
  ...(["multi", "status", "middle", "back_to", "reason", "dismissed", "reversals", "refunded", "refund_count"] as const),
  ...(["goodwill", "decided_status", "decided_due", "decided_granted", "decided_in_error", "rejected_at", "left_to_panel"] as const),
  ...(["hold_n", "word_hold_n", "hold_amount", "hold_due", "hold_status", "hold_reason", "hold_at", "hold_posts_at"] as const),
  ...(["counted_at", "counted_badly", "flips", "flip_at"] as const),
  ...(["refill_status", "refill_at", "cancel_status", "cancel_at", "cancel_tries", "cancel_wait_until"] as const),
  ...(["final_at", "error_at"] as const),
] as const;
const MOVE_COLUMNS = [...PLAIN_MOVE_COLUMNS, "flags", "cadence"] as const;

/** Names no indexed column: D1 bills an index whose column is named, even when its value stays. */
const UPDATE_PROGRESS = `UPDATE orders SET ${assignments(PROGRESS_COLUMNS)}, version = orders.version + 1
  FROM (${jsonRows([...GUARD_COLUMNS, ...PROGRESS_COLUMNS])}) j
  WHERE ${GUARDED}`;

const UPDATE_MOVES: Readonly<Record<IndexedChanges, string>> = {
  none: updateMovesSql(PLAIN_MOVE_COLUMNS),
  flags: updateMovesSql([...PLAIN_MOVE_COLUMNS, "flags"]),
  cadence: updateMovesSql([...PLAIN_MOVE_COLUMNS, "cadence"]),
  both: updateMovesSql(MOVE_COLUMNS),
};

function updateMovesSql(columns: readonly (typeof MOVE_COLUMNS)[number][]): string {
  return `UPDATE orders SET ${assignments(columns)}, version = orders.version + 1,
    last_change = coalesce((SELECT feed_seq FROM panels WHERE id = j.panel) - j.last_back, orders.last_change)
  FROM (${jsonRows([...GUARD_COLUMNS, ...columns, "last_back"])}) j
  WHERE ${GUARDED}`;
}

/** How many orders are followed at each provider: what begins to be followed here, less what ends to be. */
const COUNT_ACTIVE = `UPDATE providers SET active_orders = max(active_orders + d.difference, 0)
  FROM (SELECT o.provider, sum(j.value->>'$.followed' - (o.cadence IS NOT NULL)) AS difference
    FROM json_each(?1) j CROSS JOIN orders o CROSS JOIN providers p WHERE ${UNCHANGED} GROUP BY o.provider) d
  WHERE providers.id = d.provider`;

/** By itself, since it names an indexed column; the version goes up with the move that follows. */
const UPDATE_REFILL_IDS = `UPDATE orders SET refill_id = j.refill_id
  FROM (${jsonRows([...GUARD_COLUMNS, "refill_id"])}) j
  WHERE ${GUARDED}`;

const STATE_COLUMNS = [
  ...(["many", "learned_batch_size", "caution", "last_poll_ms", "failures", "retry_at"] as const),
  ...(["last_success_at", "last_failure_at", "last_failure"] as const),
  ...([
    "calls_day",
    "calls_today",
    "rows_today",
    "unknown_words",
    "clock",
    "marks",
    "endings",
    "brake_engaged_at",
    "braked_panels",
  ] as const),
] as const;

const UPDATE_STATE = `UPDATE providers SET ${assignments(STATE_COLUMNS)}, state_version = providers.state_version + 1
  FROM (${jsonRows(["provider", "seen", ...STATE_COLUMNS])}) j
  WHERE providers.id = j.provider AND providers.state_version = j.seen`;

function assignments(columns: readonly string[]): string {
  return columns.map((column) => `${column} = j.${column}`).join(", ");
}

function jsonRows(columns: readonly string[]): string {
  return `SELECT ${columns.map((column) => `value->>'$.${column}' AS ${column}`).join(", ")} FROM json_each(?1)`;
}

function progressColumns({ next, now }: OrderWrite): Record<(typeof PROGRESS_COLUMNS)[number], unknown> {
  return {
    provider_status: next.providerStatus,
    provider_price: next.providerPrice,
    provider_price_currency: next.providerPriceCurrency,
    provider_charge: next.providerCharge,
    provider_currency: next.providerCurrency,
    start_count: next.startCount,
    remains: next.remains,
    parts: next.parts === null ? null : JSON.stringify(next.parts),
    polled_at: next.polledAt,
    progress_at: next.progressAt,
    updated_at: now,
    final_answer: next.finalAnswer,
  };
}

/** An unclear cancel is one that is queued, was asked, and has no time for its next try: `toCancel` reads it. */
function cancelColumns({ cancel }: OrderState): Pick<OrderRow, "cancel_status" | "cancel_at" | "cancel_tries" | "cancel_wait_until"> {
  return {
    cancel_status: cancel === null ? null : cancel.status === "unclear" ? "queued" : cancel.status,
    cancel_at: cancel?.at ?? null,
    cancel_tries: cancel?.tries ?? 0,
    cancel_wait_until: cancel?.waitUntil ?? null,
  };
}

function moveColumns(write: OrderWrite): Record<(typeof MOVE_COLUMNS)[number], unknown> {
  const { next } = write;
  return {
    ...progressColumns(write),
    multi: next.multi ? 1 : 0,
    status: next.status,
    middle: next.activeStatus,
    back_to: next.backTo,
    reason: next.reason,
    flags: next.flags,
    dismissed: Object.keys(next.dismissed).length === 0 ? null : JSON.stringify(next.dismissed),
    reversals: next.reversals,
    refunded: next.refunded,
    refund_count: next.refundCount,
    goodwill: next.goodwill,
    ...decidedColumns(next),
    left_to_panel: next.leftToPanel ? 1 : 0,
    ...holdColumns(next.hold),
    flips: next.flips?.count ?? 0,
    flip_at: next.flips?.at ?? null,
    counted_at: next.counted?.at ?? null,
    counted_badly: next.counted?.badly === true ? 1 : 0,
    refill_status: next.refill?.status ?? null,
    refill_at: next.refill?.at ?? null,
    ...cancelColumns(next),
    cadence: next.cadence,
    final_at: next.finalAt,
    error_at: next.errorAt,
  };
}

type DecidedColumn = "decided_status" | "decided_due" | "decided_granted" | "decided_in_error" | "rejected_at";

function decidedColumns({ decided, rejectedAt }: OrderState): Record<DecidedColumn, unknown> {
  return {
    decided_status: decided?.status ?? null,
    decided_due: decided?.due ?? null,
    decided_granted: decided?.granted ?? null,
    decided_in_error: decided?.inError === true ? 1 : 0,
    rejected_at: rejectedAt,
  };
}

type HoldColumn = Extract<(typeof MOVE_COLUMNS)[number], `${string}hold_${string}`>;

/** A word that waits has its number in a column of its own: the table's rule is that what `hold_n` names has an amount. */
function holdColumns(hold: Hold | null): Record<HoldColumn, unknown> {
  const isWord = hold?.amount === null;
  return {
    hold_n: isWord ? null : (hold?.n ?? null),
    word_hold_n: isWord ? hold.n : null,
    hold_amount: hold?.amount ?? null,
    hold_due: hold?.due ?? null,
    hold_status: hold?.status ?? null,
    hold_reason: hold?.reason ?? null,
    hold_at: hold?.at ?? null,
    hold_posts_at: hold?.postsAt ?? null,
  };
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
    unknown_words: packWords(state.unknownWords),
    clock: packClock(state.clock),
    marks: packCoverage(state.coverage),
    endings: JSON.stringify(state.endings),
    brake_engaged_at: state.brakeEngagedAt,
    braked_panels: JSON.stringify(state.brakedPanels),
  };
}

function refundRows(moves: readonly OrderWrite[], guardOf: GuardOf, op: RefundWrite["op"]): Record<string, unknown>[] {
  return moves.flatMap(({ order, refunds, now }) =>
    refunds
      .filter((refund) => refund.op === op)
      .map(({ n, ...refund }) => ({
        ...guardOf(order),
        ...refund,
        refund: n,
        now,
        decided_at: refund.status === "posted" || refund.status === "rejected" ? now : null,
      })),
  );
}

/** Refills that have got their id, or came after one that had. */
function refillIdRows(moves: readonly OrderWrite[], guardOf: GuardOf): Record<string, unknown>[] {
  return moves
    .filter(({ order, next }) => (next.refill?.id ?? null) !== (order.state.refill?.id ?? null))
    .map(({ order, next }) => ({ ...guardOf(order), refill_id: next.refill?.id ?? null }));
}

/** Orders that are followed from now on, or are not any more. */
function openedOrClosedRows(moves: readonly OrderWrite[], guardOf: GuardOf): Record<string, unknown>[] {
  return moves
    .filter(({ order, next }) => (next.cadence === null) !== (order.state.cadence === null))
    .map(({ order, next }) => ({ ...guardOf(order), followed: next.cadence === null ? 0 : 1 }));
}

/** Posted refunds as transfers from the customer's side; what a panel takes back is negative. */
function postedRows(moves: readonly OrderWrite[], guardOf: GuardOf): Record<string, unknown>[] {
  return moves.flatMap(({ order, refunds, now }) =>
    refunds
      .filter(({ status, amount }) => status === "posted" && amount !== null)
      .map((refund) => {
        const takenBack = refund.op === "insert" && refund.kind === "clawback";
        const amount = refund.amount ?? 0;
        return { ...guardOf(order), refund: refund.n, type: takenBack ? "clawback" : "refund", amount: takenBack ? -amount : amount, now };
      }),
  );
}

type Feed = {
  readonly counts: readonly FeedCount[];
  readonly rows: readonly { back: number; prev_back: number | null; type: string; now: number; previous: string; data: string }[];
  /** The write that each row belongs to. */
  readonly owners: readonly OrderWrite[];
  /** For each write with events: how far its newest row lies behind the panel's newest. */
  readonly lastBack: ReadonlyMap<OrderWrite, number>;
  readonly now: number;
};

/** Numbers the events of a batch backwards from each panel's newest, the last event being 0. */
function feedRows(moves: readonly OrderWrite[]): Feed {
  const left = new Map<string, number>();
  for (const { order, events } of moves) if (events.length > 0) left.set(order.panel, (left.get(order.panel) ?? 0) + events.length);
  const counts = [...left].map(([panel, count]) => ({ panel, count }));
  const owners: OrderWrite[] = [];
  const lastBack = new Map<OrderWrite, number>();
  const rows = moves.flatMap((write) => {
    let prevBack: number | null = null;
    return write.events.map(({ type, previous, data }) => {
      const back: number = (left.get(write.order.panel) ?? 0) - 1;
      left.set(write.order.panel, back);
      const row = { back, prev_back: prevBack, type, now: write.now, previous: JSON.stringify(previous), data: JSON.stringify(data) };
      prevBack = back;
      lastBack.set(write, back);
      owners.push(write);
      return row;
    });
  });
  return { counts, rows, owners, lastBack, now: moves.reduce((latest, { now }) => Math.max(latest, now), 0) };
}

import type { Order } from "../../domain/order.ts";
import { type OrderRow, toOrder } from "../rows/order.ts";
import type { OrderKey } from "../../domain/message.ts";
import { dayOf, minuteOf } from "../../domain/time.ts";
import { overdueChecksStatement } from "../orders/wanted-checks.ts";
import { leftBehindStatement } from "../placement/placement.ts";
import { dueResendsStatement } from "../placement/resends.ts";
import { STALE_SECRETS, staleBounds, type StoredSecret, toStoredSecrets } from "../secrets/stored-secrets.ts";
import { toWaitingHints, type WaitingHints, waitingHintsStatement } from "../providers/hooks.ts";
import { type Provider, type ProviderRow, toProvider } from "../rows/provider.ts";
import { dueCronsSql } from "../panels/crons.ts";
import { ROWS_OF_SHARES } from "../panels/shares.ts";
import { ANY_WEBHOOK } from "../webhooks/sending.ts";

/** `ledgerCheckDay`: the UTC day, counted from the epoch, for which the ledger check was sent on its way. */
export type TickState = {
  readonly minute: number;
  readonly at: number;
  readonly ignoredMinute: number | null;
  readonly ledgerCheckDay: number;
  readonly seals: Seals;
};

/** What the last look at the secrets has found: the key under which all are sealed, null where they are not; and the other keys. */
export type Seals = { readonly sealedUnder: number | null; readonly staleUnder: readonly number[] };

/** What a tick needs to decide: the last minute covered, the providers that have something to follow, what was left behind. */
export type TickView = {
  readonly tick: TickState;
  readonly providers: readonly Provider[];
  /** Orders that somebody has left behind while placing them. */
  readonly leftBehind: readonly Order[];
  /** Orders that are to be sent again. */
  readonly resends: readonly OrderKey[];
  /** Providers with wanted checks that no message has taken up. */
  readonly overdueChecks: readonly string[];
  /** Orders that hints have named, and that wait. */
  readonly hints: readonly WaitingHints[];
  /** Secrets to be sealed under the newest key; null where this tick did not look. */
  readonly staleSecrets: readonly StoredSecret[] | null;
  /** Whether any webhook is on. */
  readonly anyWebhook: boolean;
  /** Rows that the panels' requests have had written today, about. */
  readonly rowsOfShares: number;
  /** How many crons of panels' scripts are due, those that are under way included. */
  readonly dueCrons: number;
};

type TickRow = {
  minute: number;
  at: number;
  ignored_minute: number | null;
  books_day: number;
  sealed_under: number | null;
  stale_under: string;
  stale: string | null;
  any_webhook: number;
  due_crons: number;
  rows_of_shares: number;
};

/** Where all were found sealed under the newest key, the next look is an hour later: a Worker that starts with an older key may have sealed one. */
const LOOK_EVERY_MINUTES = 60;

const TICK = `SELECT minute, at, ignored_minute, books_day, sealed_under, stale_under,
    CASE WHEN sealed_under = ?4 AND ?5 % ${LOOK_EVERY_MINUTES} <> 0 THEN NULL ELSE ${STALE_SECRETS} END AS stale,
    ${ANY_WEBHOOK} AS any_webhook, ${dueCronsSql("?6")} AS due_crons, ${ROWS_OF_SHARES("?7")} AS rows_of_shares
  FROM ticks WHERE id = 1`;

/**
 * Reads what a tick needs. One row for the tick, two for each provider: its own, and one of the index that tells
 * whether any order of it is open, however many orders there are. `placedBefore` (epoch ms): what is being placed for
 * longer was left behind. Resends are read as of `now`, and crons as of the tick's `minute`. `newestKey` seals secrets; null where none does.
 */
export async function readTickView(
  db: D1Database,
  placedBefore: number,
  { now, minute }: { readonly now: number; readonly minute: number },
  newestKey: number | null,
): Promise<TickView> {
  const [tick, providers, leftBehind, resends, hints, overdue] = await db.batch<Record<string, unknown>>([
    db.prepare(TICK).bind(...staleBounds(newestKey), newestKey, minuteOf(now), Math.max(minuteOf(now), minute), dayOf(minuteOf(now))),
    db.prepare(
      `SELECT p.* FROM providers p
       WHERE p.enabled = 1 AND EXISTS (SELECT 1 FROM orders o WHERE o.provider = p.id AND o.cadence IS NOT NULL)`,
    ),
    leftBehindStatement(db, placedBefore),
    dueResendsStatement(db, now),
    waitingHintsStatement(db),
    overdueChecksStatement(db, now),
  ]);
  const row = tick?.results[0] as TickRow | undefined;
  return {
    tick: toTickState(row),
    providers: ((providers?.results ?? []) as ProviderRow[]).map(toProvider),
    leftBehind: ((leftBehind?.results ?? []) as OrderRow[]).map(toOrder),
    resends: ((resends?.results ?? []) as { panel: string; n: number }[]).map(({ panel, n }) => [panel, n]),
    overdueChecks: ((overdue?.results ?? []) as { provider: string }[]).map(({ provider }) => provider),
    hints: toWaitingHints(hints?.results ?? []),
    staleSecrets: row?.stale === undefined || row.stale === null ? null : toStoredSecrets(row.stale),
    anyWebhook: row?.any_webhook === 1,
    rowsOfShares: row?.rows_of_shares ?? 0,
    dueCrons: row?.due_crons ?? 0,
  };
}

/** Remembers the last minute covered, after its `messages` were sent. One row written. */
export async function rememberTick(
  db: D1Database,
  { minute, at, ignoredMinute, ledgerCheckDay: booksDay, seals }: TickState,
  messages: number,
): Promise<void> {
  await db
    .prepare(
      `UPDATE ticks SET minute = ?1, at = ?2, ignored_minute = ?3, books_day = ?4, sealed_under = ?5, stale_under = ?6,
         messages_today = CASE WHEN messages_day = ?7 THEN messages_today ELSE 0 END + ?8, messages_day = ?7
       WHERE id = 1`,
    )
    .bind(minute, at, ignoredMinute, booksDay, seals.sealedUnder, JSON.stringify(seals.staleUnder), dayOf(minute), messages)
    .run();
}

/** Writes nothing new: throws where nothing can be written. One row written. */
export async function touchTick(db: D1Database): Promise<void> {
  await db.prepare("UPDATE ticks SET at = at WHERE id = 1").run();
}

function toTickState(row: TickRow | null | undefined): TickState {
  const seals = { sealedUnder: row?.sealed_under ?? null, staleUnder: JSON.parse(row?.stale_under ?? "[]") as number[] };
  return {
    minute: row?.minute ?? 0,
    at: row?.at ?? 0,
    ignoredMinute: row?.ignored_minute ?? null,
    ledgerCheckDay: row?.books_day ?? 0,
    seals,
  };
}

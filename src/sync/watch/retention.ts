/**
 * Retention: what is old leaves the database in small parts. The feed and the audit trail go to a bucket first, where one is
 * bound, and are deleted once they stand there; without a bucket they stay. What merely has an age is deleted.
 *
 * A page goes in four steps, each of which can be the last of its Worker: it is planned (a row), written (an object), confirmed
 * (the row), and what is in it is deleted (a part at a time). The next turn goes on with the step that is missing. A page that was planned is
 * written again under the same name with the same content, so that the bucket has each change once.
 */
import {
  type ArchivedAuditEntry,
  type ArchivedChange,
  archivedAuditLine,
  archivedChangeLine,
  pageKey,
  pageText,
} from "../../domain/archive.ts";
import { DAY_MS } from "../../domain/poll-cadence.ts";
import { AGES_MS, archiveDaysOf, entriesOfPage, hasRoomToMove, lastOldSeq, PAGE_WAITS_MS } from "../../domain/retention.ts";
import { toHex } from "../../domain/hex.ts";
import { dayOf } from "../../domain/time.ts";
import type { Ports } from "../../ports.ts";
import {
  confirmPage,
  type NextPage,
  type Page,
  planPage,
  readNextAudit,
  readNextChanges,
  type Written,
} from "../../store/retention/pages.ts";
import { deleteArchivedAudit, deleteArchivedChanges, deleteOld, readTurn, rememberWalk, type Turn } from "../../store/retention/walk.ts";
import { limitsOf } from "../limits.ts";

/** Never in a minute of a balance or a list. */
export function isRetentionMinute(minute: number): boolean {
  return minute % 4 === 0;
}

/** Every fourth turn is for what is not the feed. */
function isTurnForAges(minute: number): boolean {
  return minute % 16 === 12;
}

/** What a turn of the archive costs at most, in requests and statements of an invocation. */
export const RETENTION_COST = { subrequests: 9, statements: 11 } as const;

/** Two rows for a page, one for the walk. */
const ROWS_BESIDE = 3;

/** Moves a part of what is old, where the day has room for it. */
export async function moveOld(env: Env, ports: Ports, minute: number): Promise<void> {
  if (!isRetentionMinute(minute)) return;
  const { DB: db, PLAN: plan } = env;
  const bucket = bucketOf(env);
  if (bucket === null && !isTurnForAges(minute)) return;
  const rows = limitsOf(plan).retention.walked + ROWS_BESIDE;
  if (!hasRoomToMove(plan, { minute, rowsToday: 0, rows })) return;
  const now = ports.now();
  const turn = await readTurn(db, now);
  if (!hasRoomToMove(plan, { minute, rowsToday: turn.rowsToday, rows })) return;
  const moving = { env, ports, now, turn };
  if (isTurnForAges(minute)) await moveAged(moving, bucket);
  else if (bucket !== null && turn.walk.lapDay !== dayOf(minute)) await moveFeed(moving, bucket, dayOf(minute));
}

/** The bucket is optional: an account has to enable R2 first. */
function bucketOf(env: Env): R2Bucket | null {
  return (env as { readonly ARCHIVE?: R2Bucket }).ARCHIVE ?? null;
}

type Moving = { readonly env: Env; readonly ports: Ports; readonly now: number; readonly turn: Turn };

/**
 * An order's changes go once all of them are archived, so some pages are archived before what is in them is looked through; with a
 * long backlog the database is to shrink meanwhile.
 */
const PAGES_BEFORE_DELETION = 16;

/** A page of one panel's feed, or else a part of what was archived of it. A lap over all panels is done once a day. */
async function moveFeed({ env, ports, now, turn }: Moving, bucket: R2Bucket, day: number): Promise<void> {
  const { DB: db } = env;
  const { walk, panel } = turn;
  const days = archiveDaysOf(env.ARCHIVE_AFTER_DAYS);
  if (!days.ok) return ports.log({ event: "retention.refused", reason: "ARCHIVE_AFTER_DAYS is not a number of days from 31 to 3650" });
  if (panel === null) return rememberWalk(db, turn.seen, { ...walk, afterPanel: "", seq: 0, lapDay: day }, { rows: 0, now });
  if (walk.seq === 0 && walk.pages < PAGES_BEFORE_DELETION) {
    const archived = await archiveChanges({ db, bucket, now }, panel, days.value, env.PLAN);
    if (archived > 0) {
      ports.log({ event: "retention", kind: "changes", panel, archived });
      return rememberWalk(db, turn.seen, { ...walk, pages: walk.pages + 1 }, { rows: 2, now });
    }
  }
  const { deleted, last, isThrough } = await deleteArchivedChanges(db, panel, walk.seq, limitsOf(env.PLAN).retention.walked);
  const isDone = isThrough && walk.pages < PAGES_BEFORE_DELETION;
  const next = isThrough ? { seq: 0, pages: 0, ...(isDone ? { afterPanel: panel } : {}) } : { seq: last ?? walk.seq };
  await rememberWalk(db, turn.seen, { ...walk, ...next }, { rows: deleted, now });
  if (deleted > 0) ports.log({ event: "retention", kind: "changes", panel, deleted });
}

/** The next page of a panel's feed, where one is full, or has waited for long enough; answers how many changes it has. */
async function archiveChanges(to: Archiving, panel: string, days: number, plan: string): Promise<number> {
  const { entries: most, characters } = limitsOf(plan).retention;
  const below = lastOldSeq(to.now, days * DAY_MS);
  const next = await readNextChanges(to.db, panel, { below, most });
  const sizes = next.entries.map(({ previous, data }) => previous.length + data.length);
  const size = entriesOfPage(sizes, characters);
  const isFull = next.entries.length >= most || size < next.entries.length;
  const isDue = isFull || (next.entries[0]?.seq ?? below) < below - PAGE_WAITS_MS * 1000;
  return archive(to, next, isDue ? size : 0, CHANGES_IN(panel));
}

/** A page of the audit trail, and what is too old of the rest. */
async function moveAged({ env, ports, now, turn }: Moving, bucket: R2Bucket | null): Promise<void> {
  const { DB: db } = env;
  const { entries: most, characters } = limitsOf(env.PLAN).retention;
  const old = await deleteOld(
    db,
    turn.walk.key,
    { idempotency: now - AGES_MS.idempotency, deadLetters: now - AGES_MS.deadLetters, alerts: now - AGES_MS.alerts },
    most,
  );
  const { archived, deleted } = bucket === null ? { archived: 0, deleted: 0 } : await moveAudit({ db, bucket, now }, { most, characters });
  const rows = old.deleted + deleted + (archived > 0 ? 2 : 0);
  if (rows > 0 || old.last !== null || turn.walk.key !== null)
    await rememberWalk(db, turn.seen, { ...turn.walk, key: old.last }, { rows, now });
  if (rows > 0) ports.log({ event: "retention", kind: "ages", archived, deleted: old.deleted + deleted });
}

async function moveAudit(
  to: Archiving,
  { most, characters }: { readonly most: number; readonly characters: number },
): Promise<{ readonly archived: number; readonly deleted: number }> {
  const below = to.now - AGES_MS.audit;
  const next = await readNextAudit(to.db, { below, most });
  const size = entriesOfPage(
    next.entries.map(({ before, after }) => before.length + after.length),
    characters,
  );
  const isFull = next.entries.length >= most || size < next.entries.length;
  const isDue = isFull || (next.entries[0]?.at ?? below) < below - PAGE_WAITS_MS;
  const archived = await archive(to, next, isDue ? size : 0, AUDIT);
  return { archived, deleted: await deleteArchivedAudit(to.db, most) };
}

type Archiving = { readonly db: D1Database; readonly bucket: R2Bucket; readonly now: number };

/** How entries of a kind are numbered and written. */
type Form<Entry> = {
  readonly of: Pick<Page, "kind" | "panel">;
  readonly numberOf: (entry: Entry) => number;
  readonly lineOf: (entry: Entry) => string;
};

const CHANGES_IN = (panel: string): Form<ArchivedChange> => ({
  of: { kind: "changes", panel },
  numberOf: ({ seq }) => seq,
  lineOf: archivedChangeLine,
});
const AUDIT: Form<ArchivedAuditEntry> = { of: { kind: "audit", panel: "" }, numberOf: ({ id }) => id, lineOf: archivedAuditLine };

/** Archives the page that is under way, or one of the first `size` entries; answers how many it has. */
async function archive<Entry>(
  { db, bucket, now }: Archiving,
  next: NextPage<Entry>,
  size: number,
  { of, numberOf, lineOf }: Form<Entry>,
): Promise<number> {
  const entries = next.planned === null ? next.entries.slice(0, size) : next.entries;
  const { planned } = next;
  const [first, last] = [entries[0], entries.at(-1)];
  const page: Page | null =
    first === undefined || last === undefined ? null : { ...of, first: numberOf(first), last: numberOf(last), entries: entries.length };
  if (planned !== null && (planned.first !== page?.first || planned.last !== page.last || planned.entries !== page.entries))
    throw new Error(`the page ${pageKey(planned)} is not what was planned`);
  if (page === null) return 0;
  if (planned === null && !(await planPage(db, page, now))) return 0;
  const written = await writePage(bucket, pageKey(page), pageText(entries.map(lineOf)));
  await confirmPage(db, page, written, now);
  return page.entries;
}

/** Writes an object and looks whether it stands there: the bucket refuses content that is not what the digest says. */
async function writePage(bucket: R2Bucket, key: string, text: string): Promise<Written> {
  const body = new TextEncoder().encode(text);
  const sha256 = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
  await bucket.put(key, body, { sha256, httpMetadata: { contentType: "application/x-ndjson" } });
  const stands = await bucket.head(key);
  const digest = stands?.checksums.sha256;
  if (stands?.size !== body.byteLength || digest === undefined || toHex(new Uint8Array(digest)) !== sha256)
    throw new Error(`the object ${key} does not stand in the bucket as it was written`);
  return { bytes: body.byteLength, sha256 };
}

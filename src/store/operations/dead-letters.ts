/**
 * Messages that failed for good, kept so that a person can look at them and send them again.
 */
import type { Audited } from "./audit.ts";
import { chunksBySize } from "../rows/json-sets.ts";

/** `body` is the message's JSON as text; `replayedAt` is null until it was sent again. */
export type DeadLetter = {
  readonly id: number;
  readonly queueMessageId: string;
  readonly body: string;
  readonly failedAt: number;
  readonly replayedAt: number | null;
};

type DeadLetterRow = { id: number; queue_message_id: string; body: string; failed_at: number; replayed_at: number | null };

function toDeadLetter(row: DeadLetterRow): DeadLetter {
  return { id: row.id, queueMessageId: row.queue_message_id, body: row.body, failedAt: row.failed_at, replayedAt: row.replayed_at };
}

/** Records messages by their queue ids. One that is on record already stays as it is: the queue delivers at least once. */
export async function recordDeadLetters(
  db: D1Database,
  messages: readonly { readonly id: string; readonly body: string }[],
  now: number,
): Promise<void> {
  const chunks = chunksBySize(messages.map(({ id, body }) => ({ id, body })));
  if (chunks.length === 0) return;
  await db.batch(
    chunks.map((json) =>
      db
        .prepare(
          `INSERT INTO dead_letters (queue_message_id, body, failed_at)
           SELECT value->>'$.id', value->>'$.body', ?2 FROM json_each(?1) WHERE true
           ON CONFLICT (queue_message_id) DO NOTHING`,
        )
        .bind(json, now),
    ),
  );
}

/** Newest first, from below `before` on. */
export async function listDeadLetters(db: D1Database, before: number, limit: number): Promise<DeadLetter[]> {
  const { results } = await db
    .prepare("SELECT * FROM dead_letters WHERE id < ?1 ORDER BY id DESC LIMIT ?2")
    .bind(before, limit)
    .all<DeadLetterRow>();
  return results.map(toDeadLetter);
}

export async function readDeadLetter(db: D1Database, id: number): Promise<DeadLetter | null> {
  const row = await db.prepare("SELECT * FROM dead_letters WHERE id = ?1").bind(id).first<DeadLetterRow>();
  return row === null ? null : toDeadLetter(row);
}

/** Marks a letter as sent again, with the audit entry of it. */
export async function markReplayed(db: D1Database, id: number, { now, audit }: Audited): Promise<void> {
  await db.batch([db.prepare("UPDATE dead_letters SET replayed_at = ?2 WHERE id = ?1").bind(id, now), audit]);
}

/**
 * Answers to requests with an Idempotency-Key. The key is written in the transaction of what the request does: there
 * is no effect without its key, and no key without its effect. Keys are a panel's own, and are kept for 90 days
 * (src/domain/retention.ts): long after whoever sent one has given up sending it again.
 */
import { isAsSeenSql, type SeenOrder, seenParam } from "../rows/seen.ts";

/** What was answered first. `request` is a digest of the method, path and body; `body` the answer's, to the letter. */
export type StoredAnswer = { readonly request: string; readonly status: number; readonly body: string };

/** The answer that a panel's key stands for; null when the key is new. */
export async function readAnswer(db: D1Database, panel: string, key: string): Promise<StoredAnswer | null> {
  return db
    .prepare("SELECT request, status, answer AS body FROM idempotency WHERE panel = ?1 AND key = ?2")
    .bind(panel, key)
    .first<StoredAnswer>();
}

const INSERT_ANSWER = `INSERT INTO idempotency (panel, key, request, status, answer, created_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ${isAsSeenSql("?7")}`;

/**
 * Keeps an answer under its key. Put it first in the batch of what it answers: a key that is taken aborts the batch,
 * see `isKeyTaken`. With `seen`, only while that order is as it was seen.
 */
export function keepAnswerStatement(
  db: D1Database,
  { panel, key, at }: { readonly panel: string; readonly key: string; readonly at: number },
  { request, status, body }: StoredAnswer,
  seen: SeenOrder | null,
): D1PreparedStatement {
  return db.prepare(INSERT_ANSWER).bind(panel, key, request, status, body, at, seenParam(seen));
}

/** Whether the database refused a batch because another request with the same key was first. */
export function isKeyTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes("UNIQUE constraint failed: idempotency.");
}

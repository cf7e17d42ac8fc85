/**
 * Messages that failed for good: the operator looks at them, and sends them again.
 */
import * as z from "zod/mini";
import { isoTime } from "../../../domain/time.ts";
import { fail } from "../../../domain/result.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { type DeadLetter, listDeadLetters, markReplayed, readDeadLetter } from "../../../store/operations/dead-letters.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { NUMBER_PLACE, optionalCursor, pageOf } from "../../kit/page.ts";
import { enqueue } from "../../kit/queue.ts";
import { limitParam } from "../../kit/query.ts";
import { pageAnswer, timeAnswer } from "../../kit/answers.ts";
import { json } from "../../kit/reply.ts";

export const deadLettersQuery = z.strictObject({ limit: limitParam, cursor: optionalCursor(NUMBER_PLACE) });

/** `GET /v1/dead-letters`, newest first. */
export async function getDeadLetters(
  { db }: OperatorContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof deadLettersQuery> },
): Promise<Answer> {
  const letters = await listDeadLetters(db, cursor?.[0] ?? Number.MAX_SAFE_INTEGER, limit + 1);
  const { page, paging } = pageOf(letters, limit, ({ id }) => [id]);
  return json(200, { dead_letters: page.map(deadLetterView), ...paging });
}

export const replayBody = z.strictObject({ again: z.prefault(z.boolean(), false) });

/**
 * `POST /v1/dead-letters/{id}/replay`. Marked after it was sent: a replay that dies in between may be repeated, and
 * every message can be handled twice.
 */
export async function replayDeadLetter(
  context: OperatorContext,
  { params: { id }, body: { again } }: { readonly params: { readonly id: string }; readonly body: z.output<typeof replayBody> },
): Promise<Answer> {
  const { db, actor, now } = context;
  const letter = /^\d{1,15}$/.test(id) ? await readDeadLetter(db, Number(id)) : null;
  if (letter === null) return fail({ code: "dead_letter_not_found", id });
  if (letter.replayedAt !== null && !again) return fail({ code: "already_replayed", id, at: isoTime(letter.replayedAt) });
  if (!(await enqueue(context, JSON.parse(letter.body)))) return fail({ code: "queue_unavailable" });
  const before = { replayed_at: letter.replayedAt === null ? null : isoTime(letter.replayedAt) };
  const entry = { at: now, actor, panel: null, action: "dead_letter.replayed", subject: `dead_letter:${letter.id}`, before } as const;
  await markReplayed(db, letter.id, { now, audit: auditStatement(db, { ...entry, after: { replayed_at: isoTime(now) } }) });
  return json(202, deadLetterView({ ...letter, replayedAt: now }));
}

export const deadLetterAnswer = z.strictObject({
  id: z.string(),
  queue_message_id: z.string(),
  body: z.unknown(),
  failed_at: timeAnswer,
  replayed_at: z.nullable(timeAnswer),
});

function deadLetterView({ id, queueMessageId, body, failedAt, replayedAt }: DeadLetter) {
  return {
    id: String(id),
    queue_message_id: queueMessageId,
    body: JSON.parse(body) as unknown,
    failed_at: isoTime(failedAt),
    replayed_at: replayedAt === null ? null : isoTime(replayedAt),
  };
}

export const deadLettersAnswer = pageAnswer("dead_letters", deadLetterAnswer);

/**
 * Messages that failed for good: the operator looks at them, and sends them again.
 */
import * as z from "zod/mini";
import { isoTime } from "../../../domain/time.ts";
import { fail } from "../../../domain/result.ts";
import { type DeadLetter, listDeadLetters, markReplayed, readDeadLetter } from "../../../store/operations/dead-letters.ts";
import { requireOperator } from "../../kit/auth.ts";
import { readOptionalBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import { enqueue } from "../../kit/queue.ts";
import { limitParam, readQuery } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";

const listQuery = z.strictObject({ limit: limitParam, cursor: z.exactOptional(cursorParam(z.tuple([z.int().check(z.gte(1))]))) });

/** `GET /v1/dead-letters`, newest first. */
export async function getDeadLetters(call: Context): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const query = readQuery(call.url, listQuery);
  if (!query.ok) return query;
  const { limit, cursor } = query.value;
  const letters = await listDeadLetters(call.env.DB, cursor?.[0] ?? Number.MAX_SAFE_INTEGER, limit + 1);
  const page = letters.slice(0, limit);
  const last = page.at(-1);
  const hasMore = letters.length > limit && last !== undefined;
  return json(200, { dead_letters: page.map(deadLetterView), next_cursor: hasMore ? encodeCursor([last.id]) : null, has_more: hasMore });
}

const replayBody = z.strictObject({ again: z.prefault(z.boolean(), false) });

/**
 * `POST /v1/dead-letters/{id}/replay`. Marked after it was sent: a replay that dies in between may be repeated, and
 * every message can be handled twice.
 */
export async function replayDeadLetter(call: Context, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const body = await readOptionalBody(call.request, replayBody);
  if (!body.ok) return body;
  const letter = /^\d{1,15}$/.test(id) ? await readDeadLetter(call.env.DB, Number(id)) : null;
  if (letter === null) return fail({ code: "dead_letter_not_found", id });
  if (letter.replayedAt !== null && !body.value.again) return fail({ code: "already_replayed", id, at: isoTime(letter.replayedAt) });
  if (!(await enqueue(call, JSON.parse(letter.body)))) return fail({ code: "queue_unavailable" });
  await markReplayed(call.env.DB, letter.id, call.now);
  return json(202, deadLetterView({ ...letter, replayedAt: call.now }));
}

function deadLetterView({ id, queueMessageId, body, failedAt, replayedAt }: DeadLetter) {
  return {
    id: String(id),
    queue_message_id: queueMessageId,
    body: JSON.parse(body) as unknown,
    failed_at: isoTime(failedAt),
    replayed_at: replayedAt === null ? null : isoTime(replayedAt),
  };
}

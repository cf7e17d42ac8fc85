/**
 * `GET /v1/audit`: who changed what about money or settings, for the operator.
 */
import * as z from "zod/mini";
import { isoTime } from "../../../domain/time.ts";
import { listAudit, type StoredEntry } from "../../../store/operations/audit.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { listReply } from "../../kit/list-reply.ts";
import { NUMBER_PLACE, optionalCursor, pageOf } from "../../kit/page.ts";
import { limitParam } from "../../kit/query.ts";
import { pageAnswer, timeAnswer } from "../../kit/answers.ts";

/** As CSV; what was before and after is JSON in its cell. */
const COLUMNS = ["id", "at", "actor", "key.id", "key.name", "request_id", "panel", "action", "subject", "before", "after"];

export const auditQuery = z.strictObject({ limit: limitParam, cursor: optionalCursor(NUMBER_PLACE) });

/** `GET /v1/audit`, newest first. */
export async function getAudit(
  context: OperatorContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof auditQuery> },
): Promise<Answer> {
  const entries = await listAudit(context.db, cursor?.[0] ?? Number.MAX_SAFE_INTEGER, limit + 1);
  const { page, paging } = pageOf(entries, limit, ({ id }) => [id]);
  return listReply(context, { name: "entries", columns: COLUMNS, entries: page.map(entryView), paging });
}

export const auditAnswer = pageAnswer(
  "entries",
  z.strictObject({
    id: z.string(),
    at: timeAnswer,
    actor: z.string(),
    key: z.nullable(z.strictObject({ id: z.string(), name: z.string() })),
    request_id: z.nullable(z.string()),
    panel: z.nullable(z.string()),
    action: z.string(),
    subject: z.string(),
    before: z.unknown(),
    after: z.unknown(),
  }),
);

function entryView({ id, at, actor, panel, action, subject, before, after }: StoredEntry) {
  const { name, key, requestId } = actor;
  return { id: String(id), at: isoTime(at), actor: name, key, request_id: requestId, panel, action, subject, before, after };
}

/**
 * `GET /v1/audit`: who changed what about money or settings, for the operator.
 */
import * as z from "zod/mini";
import { isoTime } from "../../../domain/time.ts";
import { listAudit, type StoredEntry } from "../../../store/operations/audit.ts";
import { requireOperator } from "../../kit/auth.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import { limitParam, readQuery } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";

const auditQuery = z.strictObject({ limit: limitParam, cursor: z.exactOptional(cursorParam(z.tuple([z.int().check(z.gte(1))]))) });

/** Newest first. */
export async function getAudit(call: Context): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const query = readQuery(call.url, auditQuery);
  if (!query.ok) return query;
  const { limit, cursor } = query.value;
  const entries = await listAudit(call.env.DB, cursor?.[0] ?? Number.MAX_SAFE_INTEGER, limit + 1);
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  const hasMore = entries.length > limit && last !== undefined;
  return json(200, { entries: page.map(entryView), next_cursor: hasMore ? encodeCursor([last.id]) : null, has_more: hasMore });
}

function entryView({ id, at, actor, panel, action, subject, before, after }: StoredEntry) {
  return { id: String(id), at: isoTime(at), actor, panel, action, subject, before, after };
}

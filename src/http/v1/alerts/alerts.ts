/**
 * Alerts: what is open, what was, and silencing one.
 */
import * as z from "zod/mini";
import { ALERT_KINDS, kindOf } from "../../../domain/alert.ts";
import { alertPage } from "../../../domain/alert-page.ts";
import { fail } from "../../../domain/result.ts";
import { isoTime } from "../../../domain/time.ts";
import { listAlerts, type ShownAlert, silenceAlert } from "../../../store/alerts/alerts.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { moment } from "../../kit/fields.ts";
import { NUMBER_PLACE, optionalCursor, pageOf } from "../../kit/page.ts";
import { booleanParam, limitParam } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";

export const alertsQuery = z.strictObject({
  open: z.exactOptional(booleanParam),
  kind: z.exactOptional(z.enum(ALERT_KINDS)),
  limit: limitParam,
  cursor: optionalCursor(NUMBER_PLACE),
});

/** `GET /v1/alerts`, newest first. */
export async function getAlerts(
  { db }: OperatorContext,
  { query: { limit, cursor, ...filter } }: { readonly query: z.output<typeof alertsQuery> },
): Promise<Answer> {
  const alerts = await listAlerts(db, filter, { cursor: cursor?.[0] ?? null, limit: limit + 1 });
  const { page, paging } = pageOf(alerts, limit, ({ id }) => [id]);
  return json(200, { alerts: page.map(shownAlert), ...paging });
}

export const silenceBody = z.strictObject({ until: moment });

/** Nobody silences for longer by intent. */
const MAX_SILENCE_MS = 366 * 24 * 60 * 60_000;

/** `POST /v1/alerts/{id}/silence`: nothing more is told of it until then, but for that it is over. A time that has passed ends a silence. */
export async function postSilence(
  { db, now, actor }: OperatorContext,
  { params: { id }, body: { until } }: { readonly params: { readonly id: string }; readonly body: z.output<typeof silenceBody> },
): Promise<Answer> {
  if (until - now > MAX_SILENCE_MS) return fail({ code: "invalid_request", fields: [{ path: "until", message: "must be within a year" }] });
  if (!/^\d{1,15}$/.test(id)) return fail({ code: "alert_not_found", id });
  const entry = {
    at: now,
    actor,
    panel: null,
    action: "alert.silenced",
    subject: `alert:${Number(id)}`,
    before: null,
    after: { until: isoTime(until) },
  } as const;
  const silenced = await silenceAlert(db, Number(id), until, auditStatement(db, entry, "if_changed"));
  return silenced === null ? fail({ code: "alert_not_found", id }) : json(200, shownAlert(silenced));
}

/** An alert as it is shown. */
export function shownAlert({ id, kind, subject, text, openedAt, closedAt, silencedUntil, count }: ShownAlert) {
  const { severity, whatToDo } = kindOf(kind);
  return {
    id: String(id),
    kind,
    subject: subject === "" ? null : subject,
    severity,
    text,
    what_to_do: whatToDo,
    page: alertPage({ kind, subject }),
    opened_at: isoTime(openedAt),
    closed_at: closedAt === null ? null : isoTime(closedAt),
    silenced_until: silencedUntil === null ? null : isoTime(silencedUntil),
    count,
  };
}

/**
 * `GET /v1/reports/services`: how services did in a period of whole UTC days, beside the period of the same length before it.
 */
import * as z from "zod/mini";
import { DAY_MS } from "../../../domain/poll-cadence.ts";
import { figuresOf, type ServiceDays, type ServiceFigures, type Spread } from "../../../domain/service-history.ts";
import { dayOf, isoTime, minuteOf } from "../../../domain/time.ts";
import { fail } from "../../../domain/result.ts";
import { readHistories } from "../../../store/providers/service-history.ts";
import { timeAnswer } from "../../kit/answers.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import type { Failure } from "../../kit/errors.ts";
import { utcMoment } from "../../kit/fields.ts";
import { json } from "../../kit/reply.ts";

/** The longest period that another one before it fits beside. */
const MAX_DAYS = 92;
/** Without a period: the last thirty days. */
const USUAL_DAYS = 30;
/** Histories that are read: one of each panel and service. */
const MAX_HISTORIES = 2000;
/** Fewer orders in either period say nothing of a trend; a difference within this share of all orders is none. */
const TREND_ORDERS = 10;
const TREND_SHARE = 0.05;

export const servicesReportQuery = z.strictObject({ from: z.exactOptional(utcMoment), to: z.exactOptional(utcMoment) });

const spread = z.nullable(z.strictObject({ median_minutes: z.int(), p90_minutes: z.int() }));
const figures = {
  orders: z.int(),
  partial_rate: z.nullable(z.number()),
  cancel_rate: z.nullable(z.number()),
  start: spread,
  duration: spread,
};

export const servicesReportAnswer = z.strictObject({
  from: timeAnswer,
  to: timeAnswer,
  services: z.array(
    z.strictObject({
      provider: z.string(),
      service: z.string(),
      ...figures,
      before: z.strictObject(figures),
      trend: z.nullable(z.enum(["better", "worse", "same"])),
    }),
  ),
  truncated: z.boolean(),
});

/** `GET /v1/reports/services` */
export async function getServicesReport(
  { db, now }: OperatorContext,
  { query }: { readonly query: z.output<typeof servicesReportQuery> },
): Promise<Answer> {
  const to = query.to === undefined ? dayOf(minuteOf(now)) + 1 : Math.ceil(query.to / DAY_MS);
  const from = query.from === undefined ? to - USUAL_DAYS : Math.floor(query.from / DAY_MS);
  if (to <= from) return invalid("must be later than from; the period ends before it");
  if (to - from > MAX_DAYS) return invalid(`is more than ${MAX_DAYS} days after from; ask for the period in parts`);
  const read = await readHistories(db, MAX_HISTORIES + 1);
  const services = Map.groupBy(read.slice(0, MAX_HISTORIES), ({ provider, service }) => JSON.stringify([provider, service]));
  const rows = [...services.values()].flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    const row = rowOf(
      of.map(({ days }) => days),
      from,
      to,
    );
    return row.orders + row.before.orders === 0 ? [] : [{ provider: first.provider, service: first.service, ...row }];
  });
  return json(200, {
    from: isoTime(from * DAY_MS),
    to: isoTime(to * DAY_MS),
    services: rows.toSorted((a, b) => b.orders - a.orders),
    truncated: read.length > MAX_HISTORIES,
  });
}

function invalid(message: string): { readonly ok: false; readonly failure: Failure } {
  return fail({ code: "invalid_request", fields: [{ path: "to", message }] });
}

function rowOf(histories: readonly ServiceDays[], from: number, to: number) {
  const [now, before] = [figuresOf(histories, from, to), figuresOf(histories, from - (to - from), from)];
  return { ...shown(now), before: shown(before), trend: trendOf(before, now) };
}

function shown({ orders, partial, canceled, start, end }: ServiceFigures) {
  const rate = (count: number) => (orders === 0 ? null : Math.round((count / orders) * 1000) / 1000);
  return { orders, partial_rate: rate(partial), cancel_rate: rate(canceled), start: shownSpread(start), duration: shownSpread(end) };
}

function shownSpread(of: Spread | null) {
  return of === null ? null : { median_minutes: of.medianMinutes, p90_minutes: of.p90Minutes };
}

function badShare({ orders, partial, canceled }: ServiceFigures): number {
  return (partial + canceled) / orders;
}

/** By what ended partial or canceled; null where there were too few orders to say. */
function trendOf(before: ServiceFigures, now: ServiceFigures): "better" | "worse" | "same" | null {
  if (before.orders < TREND_ORDERS || now.orders < TREND_ORDERS) return null;
  const difference = badShare(now) - badShare(before);
  if (Math.abs(difference) <= TREND_SHARE) return "same";
  return difference > 0 ? "worse" : "better";
}

/**
 * `GET /v1/reports/days`: what each day or hour came to: how orders ended, what was refunded, how polling providers went.
 */
import * as z from "zod/mini";
import { DAY_HOURS, type FiguresSlot, type ProviderCalls, type RefundSlot, slotsOf } from "../../../domain/figures-report.ts";
import { formatAmount } from "../../../domain/money.ts";
import { HOUR_MS } from "../../../domain/poll-cadence.ts";
import { fail } from "../../../domain/result.ts";
import { isoTime } from "../../../domain/time.ts";
import { readFigures } from "../../../store/operations/hour-figures.ts";
import { amountAnswer, timeAnswer } from "../../kit/answers.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { utcMoment } from "../../kit/fields.ts";
import { json } from "../../kit/reply.ts";

/** A slot's hours; the longest period that is answered at once, and the period where none is given, in slots. */
const SLOTS = {
  day: { slotHours: DAY_HOURS, most: 92, usual: 30 },
  hour: { slotHours: 1, most: 72, usual: 24 },
} as const;

export const daysReportQuery = z.strictObject({
  from: z.exactOptional(utcMoment),
  to: z.exactOptional(utcMoment),
  by: z.exactOptional(z.enum(["day", "hour"])),
});

const slot = z.strictObject({
  /** When the day or hour began. */
  at: timeAnswer,
  /** How many of its hours were looked at; what is not known of it is null. */
  hours_counted: z.int(),
  orders: z.nullable(z.strictObject({ completed: z.int(), partial: z.int(), canceled: z.int(), refunded: z.int() })),
  refunds: z.nullable(
    z.strictObject({
      count: z.int(),
      /** By currency; of very many currencies in one hour some are in `count` alone. */
      amounts: z.array(z.strictObject({ currency: z.string(), count: z.int(), amount: amountAnswer, taken_back: amountAnswer })),
    }),
  ),
  /** Providers that were polled. `lag_seconds`: by how much the latest look at an order came after its cadence. */
  providers: z.nullable(
    z.array(z.strictObject({ provider: z.string(), calls: z.int(), failed_calls: z.int(), lag_seconds: z.nullable(z.int()) })),
  ),
});

export const daysReportAnswer = z.strictObject({
  from: timeAnswer,
  to: timeAnswer,
  by: z.enum(["day", "hour"]),
  /** When orders and refunds of the period were last counted; null where they never were. */
  counted_at: z.nullable(timeAnswer),
  slots: z.array(slot),
});

/** `GET /v1/reports/days` */
export async function getDaysReport(
  { db, now }: OperatorContext,
  { query }: { readonly query: z.output<typeof daysReportQuery> },
): Promise<Answer> {
  const { by = "day" } = query;
  const { slotHours, most, usual } = SLOTS[by];
  const slotMs = slotHours * HOUR_MS;
  const to = query.to === undefined ? Math.floor(now / slotMs) + 1 : Math.ceil(query.to / slotMs);
  const from = query.from === undefined ? to - usual : Math.floor(query.from / slotMs);
  if (to <= from) return invalid("must be later than from; the period ends before it");
  if (to - from > most) return invalid(`is more than ${most} ${by}s after from; ask for the period in parts`);
  const hours = { from: from * slotHours, to: to * slotHours, slotHours };
  const read = await readFigures(db, hours);
  return json(200, {
    from: isoTime(from * slotMs),
    to: isoTime(to * slotMs),
    by,
    counted_at: read.countedAt === null ? null : isoTime(read.countedAt),
    slots: slotsOf(read, { ...hours, now: Math.floor(now / HOUR_MS) }).map((each) => shownSlot(each, slotMs)),
  });
}

function invalid(message: string) {
  return fail({ code: "invalid_request", fields: [{ path: "to", message }] } as const);
}

function shownSlot({ slot: n, orders, refunds, calls }: FiguresSlot, slotMs: number) {
  return {
    at: isoTime(n * slotMs),
    hours_counted: orders?.hours ?? 0,
    orders: orders === null ? null : endsOf(orders),
    refunds: orders === null || refunds === null ? null : { count: orders.refunds, amounts: refunds.map(shownAmount) },
    providers: calls?.map(shownCalls) ?? null,
  };
}

function endsOf({ completed, partial, canceled, refunded }: NonNullable<FiguresSlot["orders"]>) {
  return { completed, partial, canceled, refunded };
}

function shownAmount({ currency, refunds, amount, takenBack }: RefundSlot) {
  return { currency, count: refunds, amount: formatAmount(amount), taken_back: formatAmount(takenBack) };
}

function shownCalls({ provider, calls, failed, lateSeconds }: ProviderCalls) {
  return { provider, calls, failed_calls: failed, lag_seconds: lateSeconds };
}

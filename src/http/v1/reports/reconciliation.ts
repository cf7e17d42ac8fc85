/**
 * `GET /v1/reports/reconciliation`: what customers got back in a period, what the providers returned and kept, and
 * the orders behind each figure.
 */
import * as z from "zod/mini";
import { DAY_MS } from "../../../domain/poll-cadence.ts";
import {
  type Account,
  accountsOf,
  converted,
  type ListedOrder,
  FIGURES,
  type List,
  LISTS,
  OWED,
  parseRate,
  type Rate,
  ticketIds,
  totalOf,
  UNCLEAR,
} from "../../../domain/reconciliation.ts";
import { formatPrice } from "../../../domain/price.ts";
import { isoTime } from "../../../domain/time.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { MAX_CHANGES, type Period, readPeriod } from "../../../store/refunds/reconciliation.ts";
import { priceAnswer, timeAnswer } from "../../kit/answers.ts";
import { noSuchPanel } from "../../kit/auth.ts";
import type { Answer, PanelRefContext } from "../../kit/context.ts";
import type { Schema } from "../../kit/validate.ts";
import { csvText, wantsCsv } from "../../kit/csv.ts";
import type { Failure, FieldProblem } from "../../kit/errors.ts";
import { json } from "../../kit/reply.ts";

/** A quarter, whichever; longer periods are asked for in parts. */
const MAX_DAYS = 92;
const MAX_RATES = 20;
/** Orders that the JSON lists behind a figure; the CSV lists all. */
const MAX_LISTED = 500;

const utcMoment: Schema<number> = z.pipe(
  z.union([z.iso.datetime(), z.iso.date()], { error: "must be a time in UTC in ISO 8601, such as 2026-01-31T12:00:00Z or 2026-01-31" }),
  z.transform((value: string) => Date.parse(value)),
);

export const reportQuery = z.strictObject({
  from: utcMoment,
  to: utcMoment,
  format: z.exactOptional(z.enum(["json", "csv"])),
  rate: z.exactOptional(z.array(z.string())),
});

type Report = { readonly period: Period; readonly rates: readonly Rate[]; readonly format: "json" | "csv" };

/** `GET /v1/reports/reconciliation` */
export async function getReconciliation(
  context: PanelRefContext,
  { query }: { readonly query: z.output<typeof reportQuery> },
): Promise<Answer> {
  const wanted = reportOf(query, context.request);
  if (!wanted.ok) return wanted;
  const { period, rates, format } = wanted.value;
  const read = await readPeriod(context.db, context.panelRef, period);
  if (read === null) return noSuchPanel(context);
  if (read.kind === "archived") {
    const message = `must be after ${isoTime(read.archivedUpTo)}; the changes until then are in the archive`;
    return invalid([{ path: "from", message }]);
  }
  if (read.kind === "too_long") return invalid([tooMuch(period, read.tooLongAfter)]);
  const accounts = accountsOf(read.orders);
  if (format === "csv") return csvReply(accounts, rates, period);
  return json(200, {
    panel: read.panel.id,
    from: isoTime(period.from),
    to: isoTime(period.to),
    rates: rates.map(({ from, to, text }) => ({ from, to, rate: text })),
    providers: accounts.map((account) => accountView(account, rateFor(account, rates))),
  });
}

function reportOf({ from, to, format, rate }: z.output<typeof reportQuery>, request: Request): Result<Report, Failure> {
  const rates = readRates(rate ?? []);
  if (!rates.ok) return rates;
  if (to <= from) return invalid([{ path: "to", message: "must be later than from; the period ends before it" }]);
  if (to - from > MAX_DAYS * DAY_MS)
    return invalid([{ path: "to", message: `is more than ${MAX_DAYS} days after from; ask for the period in parts` }]);
  return ok({ period: { from, to }, rates: rates.value, format: format ?? (wantsCsv(request) ? "csv" : "json") });
}

function readRates(texts: readonly string[]): Result<Rate[], Failure> {
  const rates = texts.slice(0, MAX_RATES).flatMap((text) => parseRate(text) ?? []);
  if (rates.length < texts.length) {
    return invalid([
      { path: "rate", message: `must be FROM:TO:RATE, such as TRY:USD:0.029, with at most 12 decimals, and at most ${MAX_RATES} times` },
    ]);
  }
  if (new Set(rates.map(({ from }) => from)).size < rates.length)
    return invalid([{ path: "rate", message: "names a currency to convert from more than once" }]);
  return ok(rates);
}

function invalid(fields: readonly FieldProblem[]): { readonly ok: false; readonly failure: Failure } {
  return fail({ code: "invalid_request", fields });
}

function tooMuch({ from, to }: Period, after: number): FieldProblem {
  // Since a restore of the database, a change can have a number that lies before or behind its time.
  const first = after > from && after < to ? `, the first up to ${isoTime(after)}` : "";
  return { path: "to", message: `is too late: the period has more than ${MAX_CHANGES} changes; ask for it in parts${first}` };
}

function rateFor({ currency }: Account, rates: readonly Rate[]): Rate | null {
  return rates.find(({ from }) => from === currency) ?? null;
}

function accountView({ provider, currency, lists }: Account, rate: Rate | null) {
  const figures = (show: (amount: bigint) => string) => Object.fromEntries(FIGURES.map((figure) => [figure, show(totalOf(lists[figure]))]));
  const shownList = (list: List) => ({ count: lists[list].length, orders: lists[list].slice(0, MAX_LISTED).map(listedOrderView) });
  return {
    provider,
    currency,
    ...figures(formatPrice),
    converted: rate === null ? null : { currency: rate.to, rate: rate.text, ...figures((amount) => converted(amount, rate)) },
    orders: Object.fromEntries(LISTS.map((list) => [list, shownList(list)])),
    ticket_ids: Object.fromEntries(OWED.map((list) => [list, ticketIds(lists[list])])),
  };
}

function listedOrderView({ facts, amount, unclear }: ListedOrder) {
  return {
    order: facts.order,
    ...(amount === null ? {} : { amount: formatPrice(amount) }),
    ...(unclear === null ? {} : { reason: { code: unclear, text: UNCLEAR[unclear] } }),
  };
}

const CSV_HEADER =
  "provider,currency,list,order,provider_order_id,status,quantity,remains,provider_price,cost,provider_charge,amount,reason,converted_currency,rate,converted_amount".split(
    ",",
  );

/** A line for each order of each list, so that a spreadsheet can sum and filter as it likes; totals are not among them. */
function csvReply(accounts: readonly Account[], rates: readonly Rate[], { from, to }: Period): Answer {
  const lines = accounts.flatMap((account) =>
    LISTS.flatMap((list) => account.lists[list].map((entry) => csvLine(account, list, entry, rateFor(account, rates)))),
  );
  const name = `reconciliation-${isoTime(from).slice(0, 10)}-${isoTime(to).slice(0, 10)}.csv`;
  const headers = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="${name}"`,
    Vary: "Accept, Authorization, Panel",
  };
  return ok({ status: 200, body: csvText([CSV_HEADER, ...lines]), headers });
}

function csvLine(
  { provider, currency }: Account,
  list: List,
  { facts, amount, unclear }: ListedOrder,
  rate: Rate | null,
): (string | number | null)[] {
  const order = [facts.order, facts.providerOrder, facts.status, facts.quantity, facts.remains];
  const prices = [facts.providerPrice, facts.cost, facts.providerCharge];
  const conversion = amount === null || rate === null ? [null, null, null] : [rate.to, rate.text, converted(amount, rate)];
  return [provider, currency, list, ...order, ...prices, amount === null ? null : formatPrice(amount), unclear, ...conversion];
}

const listedOrder = z.strictObject({
  order: z.string(),
  amount: z.optional(priceAnswer),
  reason: z.optional(z.strictObject({ code: z.string(), text: z.string() })),
});
const listed = z.strictObject({ count: z.int(), orders: z.array(listedOrder) });
const figures = Object.fromEntries(FIGURES.map((figure) => [figure, priceAnswer]));

/** As JSON; CSV has a line for each order of each list. */
export const reconciliationAnswer = z.strictObject({
  panel: z.string(),
  from: timeAnswer,
  to: timeAnswer,
  rates: z.array(z.strictObject({ from: z.string(), to: z.string(), rate: z.string() })),
  providers: z.array(
    z.strictObject({
      provider: z.string(),
      currency: z.nullable(z.string()),
      ...figures,
      converted: z.nullable(z.strictObject({ currency: z.string(), rate: z.string(), ...figures })),
      orders: z.strictObject(Object.fromEntries(LISTS.map((list) => [list, listed]))),
      ticket_ids: z.strictObject(Object.fromEntries(OWED.map((list) => [list, z.string()]))),
    }),
  ),
});

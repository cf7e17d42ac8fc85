/**
 * The one brain: what follows from a provider's report on an order. Pure: no clock, no chance, no I/O.
 */
import { cancelAfterEnd } from "./refill-cancel.ts";
import { cadenceOf, type CadencePolicy, DAY_MS, HOUR_MS, mayKeepCadence } from "./poll-cadence.ts";
import { stretchedPercent } from "./progress-pace.ts";
import { type FlagFacts, flagsAfter } from "./order-flags.ts";
import { finalAnswerText } from "./final-answer.ts";
import { FLAGS, NO_CURRENCY, type OrderState, type Reason, UNKNOWN_CURRENCY } from "./order.ts";
import type { Report, StatusReport } from "./order-report.ts";
import type { RefundPolicy } from "./refund-policy.ts";
import { planRefund, type RefundPlan } from "./refund-plan.ts";
import { type PartFacts, waitsForParts } from "./refund-rules.ts";
import { withDismissals } from "./order-dismissal.ts";
import { withOutdated } from "./panel-status.ts";
import { type ActiveStatus, isActive, isFinal, type Status, statusFor, type StatusWords } from "./status.ts";
import { MINUTE_MS } from "./time.ts";

export type ReconcilePolicy = CadencePolicy &
  FlagFacts & {
    readonly statusWords: StatusWords;
    /** Progress is written once it has moved by this share of the quantity, in percent. */
    readonly progressPercent: number;
    /** How many times further apart than usual progress is written. */
    readonly progressStretch: number;
    readonly refunds: RefundPolicy;
    /** Set while all refunds of the provider or the panel wait for a person. */
    readonly holdAll: "brake" | "frozen" | null;
    /** The parts of an order of several parts, as far as they are known here. */
    readonly parts: readonly PartFacts[];
  };

/**
 * What to write. `none`: the report taught nothing worth a row. `progress`: only columns that no index names.
 * `move`: anything else; refunds and the change feed go with it.
 */
export type Decision = RefundPlan & { readonly write: "none" | "progress" | "move" };

/**
 * Small progress is written all the same once the last on record is so old, so that a standstill can be told from it. Of an
 * order that is older than a day, as drip-feed is, a day: 20,000 of them would write 240,000 rows a day otherwise.
 */
function progressMaxAgeMs({ placedAt }: OrderState, { progressStretch }: ReconcilePolicy, now: number): number {
  return progressStretch * (now - placedAt < DAY_MS ? 2 * HOUR_MS : DAY_MS);
}

/** Works out an order's next state from one report. `now` is when the answer counts, in epoch ms. */
export function reconcile(order: OrderState, report: Report, policy: ReconcilePolicy, now: number): Decision {
  return standsAsItStood(order, report, policy, now)
    ? { write: "none", next: order, refunds: [] }
    : reconcileAtLength(order, report, policy, now);
}

/**
 * Whether the report says of an order under way just what is on record, and the order has nothing else to be judged by
 * than the time. So it is with nearly all answers, and of those no state is made. A test holds it to `reconcileAtLength`.
 */
function standsAsItStood(order: OrderState, report: Report, policy: ReconcilePolicy, now: number): boolean {
  if (report.kind !== "status" || !saysTheSame(order, report) || !isUneventful(order)) return false;
  if (statusFor(report.providerStatus, policy.statusWords, false) !== order.status) return false;
  return flagsAfter(order, policy, now) === 0 && mayKeepCadence(order, policy, now);
}

/**
 * Whether the report ends an order under way, so that it is certainly a move: what is more than a message writes need not be
 * worked out to be put off. A test holds it to `reconcile`.
 */
export function surelyMoves(order: OrderState, report: Report, { statusWords }: Pick<ReconcilePolicy, "statusWords">): boolean {
  // One of several parts may have to wait for them, and an end after many that were taken back for its time.
  if (report.kind !== "status" || !isActive(order.status) || order.multi || report.multi || mayEndTooSoon(order)) return false;
  const said = statusFor(report.providerStatus, statusWords, false);
  return said !== null && isFinal(said);
}

function saysTheSame(
  order: OrderState,
  { providerStatus, remains, startCount, charge, currency, currencyUnknown, multi }: StatusReport,
): boolean {
  return (
    !multi &&
    providerStatus === order.providerStatus &&
    (remains === null || remains === order.remains) &&
    (startCount === null || startCount === order.startCount) &&
    (charge === null || (charge === order.providerCharge && order.providerPrice !== null)) &&
    (currencyUnknown === true ? order.providerCurrency === UNKNOWN_CURRENCY : currency === null || currency === order.providerCurrency)
  );
}

/** An order under way that was polled before, and of which nothing was ever doubted, decided, returned or asked. */
function isUneventful(order: OrderState): boolean {
  const { hold, decided, rejectedAt, reportedFinal, refill, cancel, backTo, reason, finalAt, errorAt } = order;
  const isNothingOpen = hold === null && decided === null && rejectedAt === null && refill === null && cancel === null;
  const isNothingTold = reportedFinal === null && !order.leftToPanel && reason === null;
  const isNothingReturned = order.refunded === 0 && order.goodwill === 0 && order.reversals === 0;
  const isSettled = backTo === null && finalAt === null && errorAt === null && order.polledAt !== null && !order.multi;
  return isActive(order.status) && order.flags === 0 && isNothingOpen && isNothingTold && isNothingReturned && isSettled;
}

/** `reconcile` for any order and report, whether something follows from it or not. */
export function reconcileAtLength(order: OrderState, report: Report, policy: ReconcilePolicy, now: number): Decision {
  const { next: told, refunds } = report.kind === "status" ? answered(order, report, policy, now) : unanswered(order, now);
  const judged = withDismissals(withOutdated(told));
  const next = { ...judged, cancel: cancelAfterEnd(judged.cancel, judged.status), cadence: cadenceOf(judged, policy, now) };
  if (refunds.length > 0 || isMove(order, next)) return { write: "move", next, refunds };
  const progresses = isProgress(order, next, policy, now);
  // A cadence that may wait is written with what is written anyway.
  if (next.cadence !== order.cadence && (progresses || !mayKeepCadence(judged, policy, now))) return { write: "move", next, refunds };
  return { write: progresses ? "progress" : "none", next, refunds };
}

/** The provider does not know the order, or left it out: said once, and nothing else follows from it. */
function unanswered(order: OrderState, now: number): RefundPlan {
  const flags = order.flags | FLAGS.not_found;
  if (flags === order.flags && order.backTo === null) return { next: order, refunds: [] };
  const reason = isFinal(order.status) ? order.reason : "not_found";
  return { next: { ...order, flags, reason, backTo: null, polledAt: polledWithoutWord(order, now) }, refunds: [] };
}

/**
 * When an order was polled by an answer whose word does not count. One that its panel registered as ended stays as if it was
 * never polled: nothing has confirmed the end yet, and it is not told. Rule [P5].
 */
function polledWithoutWord({ status, polledAt }: OrderState, now: number): number | null {
  return polledAt === null && isFinal(status) ? null : now;
}

function answered(order: OrderState, report: StatusReport, policy: ReconcilePolicy, now: number): RefundPlan {
  const said = statusFor(report.providerStatus, policy.statusWords, order.multi || report.multi);
  if (comesTooSoon(order, said, now)) return passedOver(order, now);
  if (said !== null && awaitsParts(order, report, said, policy))
    return doubted(order, report, { status: order.status, backTo: null, known: true }, now);
  const { status, backTo } = said === null ? onUnknownStatus(order) : onKnownStatus(order, said);
  if (said === null || backTo !== null) return doubted(order, report, { status, backTo, known: said !== null }, now);
  const { next, refunds } = planRefund(order, hear(order, report, said, now), policy, now);
  return { next: { ...next, flags: flagsAfter(next, policy, now) }, refunds };
}

/**
 * A whole whose completion nobody can pay by yet stays as it is, until its provider has answered about each part that it has named.
 * What is told as completed now would be taken back by a part that was cut short. Rule [M11].
 */
function awaitsParts(order: OrderState, report: StatusReport, said: Status, { parts, refunds }: ReconcilePolicy): boolean {
  const heard = { charge: order.charge, multi: order.multi || report.multi, status: said };
  return order.status !== "completed" && refunds.mode !== "off" && waitsForParts(heard, parts);
}

/** An answer that goes back and forth too soon after others did: as if nothing new had been said. */
function passedOver(order: OrderState, now: number): RefundPlan {
  const flips = order.backTo === null ? order.flips : oneMore(order, now);
  return { next: { ...order, backTo: null, flips, flags: order.flags & ~(FLAGS.not_found | FLAGS.unknown_status) }, refunds: [] };
}

type Doubted = { readonly status: Status; readonly backTo: Status | null; readonly known: boolean };

/**
 * An unknown word, a final status taken back only once, or a completion that waits: the word is kept, and nothing else of the answer. Its
 * numbers must not stand beside another status's word, since money would follow from them later.
 */
function doubted(order: OrderState, report: StatusReport, { status, backTo, known }: Doubted, now: number): RefundPlan {
  const found = order.flags & ~FLAGS.not_found;
  const flags = known ? found & ~FLAGS.unknown_status : found | FLAGS.unknown_status;
  const reason = known || isFinal(status) ? order.reason : "unknown_word";
  return {
    next: {
      ...order,
      status,
      backTo,
      flags,
      reason,
      multi: order.multi || report.multi,
      parts: partsAfter(order, report),
      providerStatus: report.providerStatus,
      polledAt: polledWithoutWord(order, now),
    },
    refunds: [],
  };
}

/** The state after a word that counts, and the numbers with it. */
function hear(order: OrderState, report: StatusReport, status: Status, now: number): OrderState {
  const moved = status !== order.status;
  // A final word without a readable number is never read together with an older number.
  // planted: final-without-number
  const remains = report.remains ?? (isFinal(status) ? null : order.remains);
  // Nor a final word without a charge together with the full price.
  const charge = report.charge ?? (moved && isFinal(status) ? null : order.providerCharge);
  const isOldCharge = report.charge === null && charge !== null;
  return {
    ...order,
    multi: order.multi || report.multi,
    status,
    backTo: null,
    flips: flipsAfter(order, status, now),
    activeStatus: isActive(status) ? status : order.activeStatus,
    reversals: order.reversals + (moved && isFinal(order.status) ? 1 : 0),
    parts: partsAfter(order, report),
    providerStatus: report.providerStatus,
    ...(order.providerPrice === null && isActive(status) && isAboveNothing(report.charge)
      ? { providerPrice: report.charge, providerPriceCurrency: currencyAfter(order, report) ?? NO_CURRENCY }
      : {}),
    providerCharge: charge,
    providerCurrency: isOldCharge ? order.providerCurrency : currencyAfter(order, report),
    startCount: report.startCount ?? order.startCount,
    remains,
    remainsUnreadable: report.remainsUnreadable === true,
    reason: reasonAfter(order, status),
    polledAt: now,
    progressAt: remains === order.remains ? order.progressAt : now,
    finalAt: isFinal(status) ? (moved ? now : order.finalAt) : null,
    errorAt: status === "error" ? (order.errorAt ?? now) : null,
    // An end that is taken back later stays on record.
    finalAnswer: isFinal(status) && report.answer !== undefined ? finalAnswerText({ at: now, text: report.answer }) : order.finalAnswer,
  };
}

/** A currency that is not known here is another one than that before, as far as anybody knows. */
function currencyAfter({ providerCurrency }: OrderState, { currency, currencyUnknown }: StatusReport): string | null {
  return currencyUnknown === true ? UNKNOWN_CURRENCY : (currency ?? providerCurrency);
}

/** So many parts an order has at most: what is named beyond them is not followed. */
export const MAX_PARTS = 1000;

/** What is said of the parts now, with all of them that were ever named: each is adopted once. */
function partsAfter({ parts }: OrderState, report: StatusReport): OrderState["parts"] {
  if (report.parts === null) return parts;
  const orders = [...new Set([...(parts?.orders ?? []), ...report.parts.orders])].slice(0, MAX_PARTS);
  const { form } = report.parts;
  if (form === undefined) return { ...report.parts, orders };
  // An answer that names no part says nothing of how their ids are written; and a subscription stays one.
  const numericOrders = report.parts.orders.length > 0 ? form.numericOrders : (parts?.form?.numericOrders ?? form.numericOrders);
  const subscription = form.subscription || parts?.form?.subscription === true;
  return { ...report.parts, orders, form: { ...form, numericOrders, subscription } };
}

/** Some providers say 0 until an order has begun. */
function isAboveNothing(charge: string | null): boolean {
  return charge !== null && !charge.startsWith("-") && /[1-9]/.test(charge);
}

/**
 * An order moves forward at once, from any status to any final one too. It goes back, from a final status to another
 * kind or from an active one to an earlier, only when two answers in a row say so, since flapping is common.
 */
function onKnownStatus(order: OrderState, said: Status): { status: Status; backTo: Status | null } {
  // planted: taken-back-twice
  if (!goesBack(order, said) || order.backTo !== null) return { status: said, backTo: null };
  return { status: order.status, backTo: said };
}

function goesBack(order: OrderState, said: Status): boolean {
  return isFinal(order.status) ? !isFinal(said) : isFlip(order, said);
}

const RANKS: Readonly<Record<ActiveStatus, number>> = { pending: 0, processing: 1, in_progress: 2 };

/** From one active status back to an earlier one. */
function isFlip({ status }: OrderState, said: Status): boolean {
  return isActive(status) && isActive(said) && RANKS[said] < RANKS[status];
}

/** What goes back and forth is looked at again no later than this. */
const LONGEST_FLIP_MINUTES = 360;

/** So often an end may be taken back, or an order be in error or unknown, before the next time has to wait: most do so once. */
const FREE_REVERSALS = 5;
const FREE_TROUBLES = 3;

function waitsUntil({ at }: NonNullable<OrderState["flips"]>, times: number): number {
  return at + Math.min(LONGEST_FLIP_MINUTES, 2 ** times) * MINUTE_MS;
}

function mayEndTooSoon({ reversals, flips }: OrderState): boolean {
  return flips !== null && reversals >= FREE_REVERSALS;
}

/**
 * Each time that a provider goes back and forth doubles how long the next time is passed over: it must not write for ever.
 * That is another end after ends that were taken back, so that no money follows from it meanwhile; an earlier active status; an
 * error; an unknown word. `said`: null for the last of these. Rule [S23].
 */
function comesTooSoon(order: OrderState, said: Status | null, now: number): boolean {
  const { flips, reversals, backTo, status, flags } = order;
  if (flips === null) return false;
  if (said !== null && isFinal(said))
    return said !== status && mayEndTooSoon(order) && now < waitsUntil(flips, reversals - FREE_REVERSALS + 1);
  if (backTo !== null || flips.count === 0) return false;
  const isTrouble = said === null ? (flags & FLAGS.unknown_status) === 0 : said === "error" && isActive(status);
  const counts = isTrouble ? flips.count >= FREE_TROUBLES : said !== null && isFlip(order, said);
  return counts && now < waitsUntil(flips, flips.count);
}

/** A day without any forgets what has gone back and forth. */
function countOfLate({ flips }: OrderState, now: number): number {
  return flips !== null && now - flips.at < DAY_MS ? flips.count : 0;
}

function oneMore(order: OrderState, now: number): OrderState["flips"] {
  return { count: countOfLate(order, now) + 1, at: now };
}

/** With a word that counts. That an end was taken back only says when: how often is counted apart. */
function flipsAfter(order: OrderState, status: Status, now: number): OrderState["flips"] {
  const wasUnknown = (order.flags & FLAGS.unknown_status) !== 0;
  const isEndOver = isFinal(order.status) && status !== order.status;
  if (isEndOver) return { count: countOfLate(order, now), at: now };
  const isBack = isActive(status) && (order.backTo !== null || order.status === "error");
  return wasUnknown || isBack ? oneMore(order, now) : order.flips;
}

/** An unknown word changes no status; only an order of which nothing was ever heard becomes `unknown`. */
function onUnknownStatus(order: OrderState): { status: Status; backTo: Status | null } {
  const nothingHeard = order.status === "pending" && order.providerStatus === null;
  return { status: nothingHeard ? "unknown" : order.status, backTo: null };
}

/** The reason as far as the status gives one; `planRefund` puts a refund's reason in its place. */
function reasonAfter(order: OrderState, status: Status): Reason | null {
  if (isFinal(status)) return status === order.status ? order.reason : null;
  if (status === "error") return "provider_error";
  return isFinal(order.status) || order.reason === "reversed" ? "reversed" : null;
}

function isMove(order: OrderState, next: OrderState): boolean {
  return (
    next.status !== order.status ||
    next.flags !== order.flags ||
    next.backTo !== order.backTo ||
    next.reason !== order.reason ||
    next.cancel !== order.cancel ||
    next.rejectedAt !== order.rejectedAt ||
    next.leftToPanel !== order.leftToPanel ||
    next.decided !== order.decided ||
    next.multi !== order.multi
  );
}

function isProgress(order: OrderState, next: OrderState, policy: ReconcilePolicy, now: number): boolean {
  if (next.providerStatus !== order.providerStatus && isWorthWriting(order, next, policy, now)) return true;
  if (next.startCount !== order.startCount && order.startCount === null) return true;
  if (next.providerPrice !== order.providerPrice) return true;
  if (arePartsNews(order, next, now)) return true;
  if (isFinal(next.status) && (isOtherCharge(order, next) || next.remains !== order.remains)) return true;
  // planted: progress-counts
  if (next.remains === null || next.remains === order.remains) return false;
  if (order.remains === null || next.quantity === null) return true;
  // A number that jumps up and down must not be written each time.
  const percent = stretchedPercent(policy.progressPercent, policy.progressStretch);
  if ((order.remains - next.remains) * 100 >= next.quantity * percent) return true;
  return now - order.progressAt >= progressMaxAgeMs(order, policy, now);
}

function isOtherCharge(order: OrderState, next: OrderState): boolean {
  return next.providerCharge !== order.providerCharge || next.providerCurrency !== order.providerCurrency;
}

/** Another spelling of the same status is written with other news, or once in a while; of a subscription it can be news. */
function isWorthWriting(order: OrderState, next: OrderState, policy: ReconcilePolicy, now: number): boolean {
  if (next.multi && now - (order.polledAt ?? 0) >= PARTS_EVERY_MS) return true;
  if (order.providerStatus === null || (next.flags & FLAGS.unknown_status) !== 0 || order.backTo !== next.backTo) return true;
  return now - (order.polledAt ?? 0) >= progressMaxAgeMs(order, policy, now);
}

/** What is said of parts changes with each of them; new ones are written at once, the rest not every minute. */
const PARTS_EVERY_MS = 5 * MINUTE_MS;

function arePartsNews(order: OrderState, next: OrderState, now: number): boolean {
  if (next.parts === order.parts || JSON.stringify(next.parts) === JSON.stringify(order.parts)) return false;
  const hasNew = (next.parts?.orders.length ?? 0) > (order.parts?.orders.length ?? 0);
  return order.parts === null || hasNew || isFinal(next.status) || now - (order.polledAt ?? 0) >= PARTS_EVERY_MS;
}

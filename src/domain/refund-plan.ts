/**
 * From what is due to what is posted. Refunds are totals: only the difference to what was decided is new, so the
 * same report any number of times posts once, and a person's decision stands as long as what it was about.
 */
import { HOUR_MS } from "./poll-cadence.ts";
import { FLAGS, type Hold, type OrderState } from "./order.ts";
import type { RefundPolicy } from "./refund-policy.ts";
import { hasReturnedAll, type PartFacts, refundDue, type RefundDue, type RefundReason } from "./refund-rules.ts";
import { isSubscription } from "./panel-status-subscription.ts";
import { isActive, isFinal, type Status } from "./status.ts";
import { MINUTE_MS } from "./time.ts";

/**
 * What is newly to be returned: `amount` of it, in micro-units, null where only the provider's word is at stake. `due` is
 * the total that it comes from, null where that is not known.
 */
type Claim = { readonly amount: number | null; readonly due: number | null; readonly reason: RefundReason };

type Opened = { readonly n: number; readonly amount: number; readonly reason: RefundReason; readonly remains: number | null };
type Waiting = { readonly n: number; readonly amount: number | null; readonly reason: RefundReason; readonly remains: number | null };

/** A step on an order's refunds; `n` is the refund's number within the order, amounts in micro-units, null for a word. */
export type RefundStep =
  | ({ readonly kind: "post" } & Opened)
  | ({ readonly kind: "hold" } & Waiting)
  | ({ readonly kind: "delay"; readonly postsAt: number } & Waiting)
  /** A delayed refund whose time has come. */
  | { readonly kind: "release"; readonly n: number; readonly amount: number | null }
  /** `leftToPanel`: the panel returns money by itself. */
  | { readonly kind: "withdraw"; readonly n: number; readonly leftToPanel?: true };

/** An order's next state, and the steps on its refunds that go with it. */
export type RefundPlan = { readonly next: OrderState; readonly refunds: readonly RefundStep[] };

export type RefundPlanPolicy = {
  readonly refunds: RefundPolicy;
  readonly holdAll: "brake" | "frozen" | null;
  /** The parts of an order of several parts, as far as they are known here. */
  readonly parts: readonly PartFacts[];
};

/**
 * Plans the refund of an order whose status was just reported: `heard` is the order with it, `order` as it stood before.
 * `now` in epoch ms. Rules [F11] to [F15], [D3] to [D15], [A2] to [A9], [B4], [B8], [N5].
 */
export function planRefund(order: OrderState, heard: OrderState, policy: RefundPlanPolicy, now: number): RefundPlan {
  const state = withMemory(heard, now);
  const due = dueAfter(state, policy, now);
  const judged = withOver(order, state, due);
  if (policy.refunds.mode === "off" || isPanelsOwn(order, judged)) return leaveToPanel(order, judged, due);
  if (isWordOnly(judged)) return planWord(order, judged, policy, now);
  const ours = { ...judged, leftToPanel: false };
  switch (due.kind) {
    case "undecided":
      return { next: ours, refunds: [] };
    case "hold":
      return review(order, ours, due, now);
    case "due":
      return planDue({ ...ours, reason: due.reason ?? (isFinal(ours.status) ? null : ours.reason) }, due, policy, now);
  }
}

/**
 * A decision is remembered until the final status that it was about is taken back: an active one that counts. And a
 * rejection is believed once the order has still ended an hour later. Rules [D6], [P9].
 */
function withMemory(heard: OrderState, now: number): OrderState {
  // planted: memory-ends
  if (isActive(heard.status)) return { ...heard, decided: null, rejectedAt: null };
  const isConfirmed = heard.rejectedAt !== null && isFinal(heard.status) && now - heard.rejectedAt >= REJECTION_CONFIRMED_AFTER_MS;
  return isConfirmed ? { ...heard, rejectedAt: null } : heard;
}

/** What was rejected may be running: the panel is told its end once a poll so much later still says it. */
const REJECTION_CONFIRMED_AFTER_MS = HOUR_MS;

/** What is due by the rules; and an error can last too long. */
function dueAfter(heard: OrderState, { refunds: rules, parts }: RefundPlanPolicy, now: number): RefundDue {
  if (isErrorTooLong(heard, rules, now) && heard.charge !== null) return { kind: "hold", atMost: heard.charge, reason: "error_too_long" };
  return refundDue(heard, rules, parts);
}

function isErrorTooLong({ errorAt }: OrderState, { errorAfterHours }: RefundPolicy, now: number): boolean {
  return errorAt !== null && errorAfterHours !== null && now - errorAt >= errorAfterHours * HOUR_MS;
}

/** No refund can follow here: what the customer paid is not known, or nothing. The panel's script pays by the word alone. */
export function isWordOnly({ charge }: Pick<OrderState, "charge">): boolean {
  return charge === null || charge === 0;
}

/**
 * A part was delivered, and nobody knows which: of a refunded order only where the provider says a number that cannot be read.
 * That a subscription expired is all there is to say of it: it has no `remains`.
 */
export function lacksNumber(order: OrderState): boolean {
  return isWithoutNumber(order) && !isSubscription(order);
}

function isWithoutNumber(order: OrderState): boolean {
  const { status, remains, remainsUnreadable } = order;
  return remains === null && (status === "partial" || (status === "refunded" && remainsUnreadable && !hasReturnedAll(order)));
}

/**
 * Whether the last answer's `remains` could not be read, as what was written of the order shows it: a refunded one without a
 * number waits for a person, or was decided about with nothing known, for no other reason.
 */
export function wasUnreadable({
  status,
  remains,
  reason,
  decided,
}: Pick<OrderState, "status" | "remains" | "reason" | "decided">): boolean {
  if (status !== "refunded" || remains !== null) return false;
  return reason === "remains_unknown" || (decided !== null && isDecidedUnknown({ decided, status }));
}

/**
 * What ended and was told while refunds were left to the panel stays the panel's: it has paid. A script is told when it asks,
 * any other panel by the feed. Rule [A9].
 */
function isPanelsOwn(order: OrderState, judged: OrderState): boolean {
  if (isWordOnly(judged)) return false;
  // planted: told-under-off
  return judged.reportedFinal?.left === true || isPaidByFeed(order);
}

/**
 * Whether a panel that reads the feed was told of an end that it returns money for by itself. An error since then takes nothing
 * back. Of a completed order it has nothing to return, unless that took the place of another end.
 */
function isPaidByFeed({ isScripts, leftToPanel, status, reversals, charge }: OrderState): boolean {
  if (isScripts || !leftToPanel || isWordOnly({ charge }) || isActive(status)) return false;
  return status !== "completed" || reversals > 0;
}

/**
 * The policy leaves refunds to the panel: what waits is withdrawn, and what is new is told as the provider says it.
 * What was decided before stays decided. Rules [A7], [A8].
 */
function leaveToPanel(order: OrderState, judged: OrderState, due: RefundDue): RefundPlan {
  const { next, refunds: withdrawn } = withdraw(judged);
  const refunds = withdrawn.map((step) => (step.kind === "withdraw" ? ({ ...step, leftToPanel: true } as const) : step));
  if (!isFinal(next.status)) {
    const isToldAlready = isWordOnly(order) ? order.leftToPanel : isPaidByFeed(order);
    return { next: { ...next, leftToPanel: !isActive(next.status) && isToldAlready }, refunds };
  }
  // A refund without a number says something else than one with a number that nobody could read.
  const isAsBefore = order.status === next.status && order.remains === next.remains && lacksNumber(order) === lacksNumber(next);
  const isSame = isAsBefore || (order.status === "error" && isDecidedFor(next, due));
  const isNew = !isSame || order.hold !== null || order.polledAt === null;
  if (!isNew && !order.leftToPanel) return { next, refunds };
  const reason = lacksNumber(next) ? ("remains_unknown" as const) : null;
  return { next: { ...next, leftToPanel: /* planted: own-word-under-off */ true, reason }, refunds };
}

/** A person has decided about this very status, and about as much as is due now. */
function isDecidedFor({ decided, status }: OrderState, due: RefundDue): boolean {
  if (decided === null || decided.status !== status || decided.due === null) return false;
  return due.kind === "due" && due.amount <= decided.due;
}

/** An amount is due by the rules: nothing more than was granted, or more, which is held, delayed or posted. */
function planDue(judged: OrderState, due: RefundDue & { kind: "due" }, policy: RefundPlanPolicy, now: number): RefundPlan {
  const opened = openedBy(judged, due.amount);
  if (due.reason === null || opened <= 0) return withdraw(judged);
  const claim = { amount: opened, due: due.amount };
  const waiting = judged.hold;
  if (isForAPerson(waiting)) {
    if (waiting.amount === opened) return keep(judged, waiting, due.amount);
    // The same is due, and some of it was returned beside it meanwhile: the rest stays with that person.
    if (waiting.due === due.amount) return hold(judged, { ...claim, reason: waiting.reason }, now);
  }
  const heldBecause = holdReason(judged, policy, opened);
  if (heldBecause !== null) return hold(judged, { ...claim, reason: heldBecause }, now);
  const refund = { ...claim, reason: due.reason };
  return policy.refunds.delayMinutes === 0 ? post(judged, refund) : delay(judged, refund, policy.refunds, now);
}

/**
 * How much a total due opens beyond what was returned. Where a person has decided about this very status, what is due
 * beyond the amount that was decided about opens as much more than was granted. Rules [D3], [D4].
 */
function openedBy(order: OrderState, due: number): number {
  const { refunded, decided, status } = order;
  // planted: nothing-decided
  if (decided === null || decided.status !== status || decided.due === null) return due - refunded;
  if (due <= decided.due) return 0;
  // A person may have granted more than was due: the increase then opens nothing until it passes that.
  // planted: increase-above-grant
  return Math.min(decided.granted + due - decided.due, Math.max(decided.granted, due)) - refunded;
}

/** A person has decided about another final status, or about one of which nothing was known. Rules [D7], [D14]. */
function isDecidedBefore({ decided, status }: OrderState): boolean {
  return decided !== null && (decided.status !== status || isDecidedUnknown({ decided, status }));
}

/** A person has decided about this status when nothing was known of what was due. Rule [D14]. */
function isDecidedUnknown({ decided, status }: Pick<OrderState, "decided" | "status">): boolean {
  return decided !== null && decided.status === status && decided.due === null;
}

function holdReason(order: OrderState, { refunds, holdAll }: RefundPlanPolicy, amount: number | null): RefundReason | null {
  // planted: decided-before
  if (isDecidedBefore(order)) return "decided_before";
  if (holdAll !== null) return holdAll;
  if (refunds.mode === "hold") return "policy_hold";
  return refunds.cap !== null && amount !== null && amount > refunds.cap ? "over_cap" : null;
}

/** Money may be due, and only a person can say how much: the rest of what is at stake waits. */
function review(order: OrderState, heard: OrderState, due: RefundDue & { kind: "hold" }, now: number): RefundPlan {
  const { atMost, reason } = due;
  const known = IS_COUNTED.has(reason);
  const waiting = heard.hold;
  // What waits stays as it is while the question is the same, whatever was returned or taken back beside it.
  const isSame = waiting !== null && waiting.postsAt === null && waiting.reason === reason && order.status === heard.status;
  if (isSame && (!known || waiting.due === atMost)) return { next: { ...heard, reason }, refunds: [] };
  if (!known && isDecidedUnknown(heard) && isAboutError(heard)) return withdraw(heard);
  const opened = openedBy(heard, atMost);
  if (opened > 0) return hold(heard, { amount: opened, due: known ? atMost : null, reason }, now);
  const isWordToDecide = known && atMost === 0 && heard.status !== "completed" && heard.decided?.status !== heard.status;
  if (isWordToDecide) return hold(heard, { amount: null, due: 0, reason }, now);
  // That nobody knows what is due stays on record, also where nothing is left to decide.
  return withdraw(heard.status === "refunded" && heard.remainsUnreadable ? { ...heard, reason } : heard);
}

/** Of an order in error: what was taken back meanwhile decides nothing about the error, what was held for it does. */
function isAboutError({ status, decided }: OrderState): boolean {
  return status !== "error" || decided?.inError === true;
}

/** Reviews whose amount is worked out: the same amount once decided opens nothing, a higher one the increase. */
const IS_COUNTED: ReadonlySet<RefundReason> = new Set(["multi_order"]);

/**
 * Plans what becomes of the word of an order from which no refund follows here: the panel's script returns money by it, so
 * the policy, the brake and doubt keep it back like money. Rule [N5].
 */
function planWord(order: OrderState, heard: OrderState, policy: RefundPlanPolicy, now: number): RefundPlan {
  const { status } = heard;
  if (isActive(status)) return withdraw({ ...heard, leftToPanel: false });
  if (!isFinal(status)) return { next: heard, refunds: [] };
  if (status === "completed" || isWordDecided(heard)) return withdraw(heard);
  const isSameStatus = order.status === status;
  // What was once let go is not called back, but a number that is gone, or comes where a person has decided about none, is a new question.
  const isAnew = lacksNumber(heard) || isDecidedUnknown(heard);
  if (isSameStatus && heard.hold === null && heard.leftToPanel && !isAnew) {
    // Under policy `off` it may have lacked a number that can be read: it lacks none now.
    return { next: heard.reason === "remains_unknown" ? { ...heard, reason: null } : heard, refunds: [] };
  }
  // What a person has let go goes out again by itself should its status come back.
  const ours = { ...heard, leftToPanel: heard.leftToPanel && heard.decided !== null };
  const isSameWord = heard.hold?.status === status;
  if (isSameWord && isForAPerson(heard.hold) && heard.hold.amount === null && !lacksNumber(heard))
    return keep(ours, heard.hold, heard.hold.due);
  // What waited for another word is not what waits now, though neither has an amount; an error in between is no word.
  const { next, refunds } = isSameWord ? { next: ours, refunds: [] } : withdraw(ours);
  const plan = planWordAnew(next, policy, now);
  return { next: plan.next, refunds: [...refunds, ...plan.refunds] };
}

function planWordAnew(heard: OrderState, policy: RefundPlanPolicy, now: number): RefundPlan {
  const { status } = heard;
  if (lacksNumber(heard)) return hold(heard, { amount: null, due: null, reason: "remains_unknown" }, now);
  const reason = /* planted: words-held */ holdReason(heard, policy, null);
  if (reason !== null) return hold(heard, { amount: null, due: 0, reason }, now);
  if (policy.refunds.delayMinutes === 0) return letGo(heard);
  return delay({ ...heard, reason: null }, { amount: null, due: 0, reason: WORD_REASONS[status] ?? "canceled" }, policy.refunds, now);
}

const WORD_REASONS: Readonly<Partial<Record<Status, RefundReason>>> = { canceled: "canceled", partial: "partial", refunded: "refunded" };

/**
 * Whether a person has decided about this word. A number that was missing then makes it another question; so does one that is
 * missing now, where the word was let go: it would go out with another number.
 */
function isWordDecided(order: OrderState): boolean {
  const { decided, status, leftToPanel } = order;
  if (decided === null || decided.status !== status) return false;
  return decided.due === null ? isWithoutNumber(order) : !(leftToPanel && lacksNumber(order));
}

/** The provider's word goes out to the panel as it is. */
function letGo(heard: OrderState): RefundPlan {
  const { next, refunds } = withdraw(heard);
  return { next: { ...next, leftToPanel: true, reason: null }, refunds };
}

function post(judged: OrderState, claim: Claim & { readonly amount: number }): RefundPlan {
  if (isSamePromise(judged.hold, claim)) return release(judged, judged.hold);
  const { amount, reason } = claim;
  const { next, refunds } = withdraw(judged);
  const n = next.refundCount + 1;
  return {
    next: { ...next, refunded: next.refunded + amount, refundCount: n },
    refunds: [...refunds, { kind: "post", n, amount, reason, remains: judged.remains }],
  };
}

function release(judged: OrderState, { n, amount }: Hold): RefundPlan {
  const leftToPanel = amount === null || judged.leftToPanel;
  return {
    next: { ...judged, refunded: judged.refunded + (amount ?? 0), leftToPanel, hold: null },
    refunds: [{ kind: "release", n, amount }],
  };
}

/** A delayed refund is posted by the first answer after its time that still says the same. */
function delay(judged: OrderState, claim: Claim, { delayMinutes }: RefundPolicy, now: number): RefundPlan {
  const promised = judged.hold;
  if (isSamePromise(promised, claim))
    return /* planted: delay-is-over */ now >= (promised.postsAt ?? 0) ? release(judged, promised) : keep(judged, promised, claim.due);
  const { amount, due, reason } = claim;
  const { next, refunds } = withdraw(judged);
  const n = next.refundCount + 1;
  const postsAt = now + delayMinutes * MINUTE_MS;
  return {
    next: { ...next, refundCount: n, hold: { n, amount, due, status: judged.status, reason, at: now, postsAt } },
    refunds: [...refunds, { kind: "delay", n, amount, reason, remains: judged.remains, postsAt }],
  };
}

/** What was left to a person stays with that person, also when the policy has changed since. */
const FOR_A_PERSON: ReadonlySet<RefundReason> = new Set(["policy_hold", "over_cap", "brake", "decided_before"]);

function isForAPerson(waiting: Hold | null): waiting is Hold {
  return waiting !== null && waiting.postsAt === null && FOR_A_PERSON.has(waiting.reason);
}

function isSamePromise(waiting: Hold | null, { amount, reason }: Claim): waiting is Hold {
  return waiting !== null && waiting.postsAt !== null && waiting.amount === amount && waiting.reason === reason;
}

/**
 * What waits goes on waiting, and is now about the final status and the total that were just reported: a decision is
 * remembered for these.
 */
function keep(heard: OrderState, waiting: Hold, due: number | null): RefundPlan {
  const reason = waiting.postsAt === null ? waiting.reason : heard.reason;
  return { next: { ...heard, reason, hold: { ...waiting, status: heard.status, due } }, refunds: [] };
}

function hold(heard: OrderState, { amount, due, reason }: Claim, now: number): RefundPlan {
  const waiting = heard.hold;
  const isSame = waiting !== null && waiting.postsAt === null && waiting.amount === amount && waiting.reason === reason;
  if (isSame) return keep(heard, waiting, due);
  const { next, refunds } = withdraw(heard);
  const n = next.refundCount + 1;
  const held = { n, amount, due, status: heard.status, reason, at: now, postsAt: null };
  return {
    next: { ...next, reason, refundCount: n, hold: held, flags: next.flags | FLAGS.refund_held },
    refunds: [...refunds, { kind: "hold", n, amount, reason, remains: heard.remains }],
  };
}

/** A refund that waits is withdrawn when a later report has answered it; what that report says is settled instead. */
function withdraw(order: OrderState): RefundPlan {
  if (order.hold === null) return { next: order, refunds: [] };
  return { next: { ...order, hold: null, flags: order.flags & ~FLAGS.refund_held }, refunds: [{ kind: "withdraw", n: order.hold.n }] };
}

/**
 * More returned than is due is flagged and left to a person, whatever statuses lie between and under every policy. An
 * order that never ended, and of which nothing was returned here, is not judged: what its panel had returned before says
 * nothing until it ends. Rule [F14].
 */
function withOver(order: OrderState, heard: OrderState, due: RefundDue): OrderState {
  if (due.kind !== "due") return heard;
  const wasReturnedHere = heard.refunded - heard.goodwill > heard.registeredRefunded || (order.flags & FLAGS.over_refunded) !== 0;
  // planted: over-refunded-judged
  const isJudged = isFinal(order.status) || isFinal(heard.status) || heard.reversals > 0 || wasReturnedHere;
  return withOverFlag(heard, isJudged && isOver(heard, due.amount));
}

/**
 * Whether more was returned than is due. Goodwill is never too much, nor is what a person granted for the very amount
 * that is due, or for less.
 */
export function isOver({ refunded, goodwill, decided }: Pick<OrderState, "refunded" | "goodwill" | "decided">, due: number): boolean {
  const returned = refunded - goodwill;
  const isGranted = decided !== null && decided.due !== null && due >= decided.due && returned <= decided.granted;
  return returned > due && !isGranted;
}

export function withOverFlag(order: OrderState, over: boolean): OrderState {
  return { ...order, flags: over ? order.flags | FLAGS.over_refunded : order.flags & ~FLAGS.over_refunded };
}

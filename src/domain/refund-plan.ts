/**
 * From what is due to what is posted. Refunds are totals: only the difference to what was decided is new, so the
 * same report any number of times posts once, and a person's decision stands until more becomes due.
 */
import { HOUR_MS } from "./poll-cadence.ts";
import { FLAGS, type Hold, type OrderState } from "./order.ts";
import type { RefundPolicy } from "./refund-policy.ts";
import { refundDue, type RefundDue, type RefundReason } from "./refund-rules.ts";
import { isFinal } from "./status.ts";
import { MINUTE_MS } from "./time.ts";

/** A refund that is due: `total` in all by now, of which `opened` is new. Amounts in micro-units. */
type Due = { readonly total: number; readonly opened: number; readonly reason: RefundReason };

type Opened = { readonly n: number; readonly amount: number; readonly reason: RefundReason; readonly remains: number | null };

/** A step on an order's refunds; `n` is the refund's number within the order, amounts in micro-units. */
export type RefundStep =
  | ({ readonly kind: "post" | "hold" } & Opened)
  | ({ readonly kind: "delay"; readonly postsAt: number } & Opened)
  /** A delayed refund whose time has come. */
  | { readonly kind: "release"; readonly n: number; readonly amount: number }
  /** `leftToPanel`: the policy is off, so the panel refunds by itself. */
  | { readonly kind: "withdraw"; readonly n: number; readonly leftToPanel?: true };

/** An order's next state, and the steps on its refunds that go with it. */
export type RefundPlan = { readonly next: OrderState; readonly refunds: readonly RefundStep[] };

export type RefundPlanPolicy = {
  readonly refunds: RefundPolicy;
  readonly holdAll: "brake" | "frozen" | null;
};

/**
 * Plans the refund of an order whose status was just reported: `heard` is the order with it, `order` as it stood before.
 * `now` in epoch ms. Rules [F11] to [F15], [A2] to [A9], [B4], [B8].
 */
export function planRefund(order: OrderState, heard: OrderState, policy: RefundPlanPolicy, now: number): RefundPlan {
  if (policy.refunds.mode === "off") return leaveToPanel(heard);
  const due = dueAfter(heard, policy.refunds, now);
  if (due.kind === "undecided") return { next: heard, refunds: [] };
  if (due.kind === "hold") return hold(heard, openedBy(heard, due.atMost), due.reason, now);
  const judged = { ...withOver(order, heard, due.amount), reason: due.reason ?? heard.reason };
  const opened = openedBy(judged, due.amount);
  if (due.reason === null || opened <= 0) return withdraw(judged);
  if (isForAPerson(judged.hold, opened)) return { next: { ...judged, reason: judged.hold.reason }, refunds: [] };
  const heldBecause = holdReason(policy, opened);
  if (heldBecause !== null) return hold(judged, opened, heldBecause, now);
  const refund = { total: due.amount, opened, reason: due.reason };
  return policy.refunds.delayMinutes === 0 ? post(judged, refund) : delay(judged, refund, policy.refunds, now);
}

/** What is due by the rules; and an error can last too long. */
function dueAfter(heard: OrderState, rules: RefundPolicy, now: number): RefundDue {
  if (isErrorTooLong(heard, rules, now) && heard.charge !== null) return { kind: "hold", atMost: heard.charge, reason: "error_too_long" };
  return refundDue(heard, rules);
}

function isErrorTooLong({ errorAt }: OrderState, { errorAfterHours }: RefundPolicy, now: number): boolean {
  return errorAt !== null && errorAfterHours !== null && now - errorAt >= errorAfterHours * HOUR_MS;
}

/**
 * How much a total due opens beyond what was granted. Where a person has decided, only what is due beyond the amount
 * that was decided about; what was returned otherwise since then counts. Rules [D3] to [D7].
 */
function openedBy({ charge, refunded, decided }: OrderState, due: number): number {
  // planted: nothing-decided
  if (decided === null) return due - refunded;
  if (due <= decided.due) return 0;
  // A person may have granted more than was due; the increase then meets the charge.
  // planted: increase-meets-charge
  return Math.min(decided.granted + due - decided.due, charge ?? 0) - refunded;
}

/** The total due that a refund of this amount stands for: the inverse of `openedBy`. */
export function dueBehind({ refunded, decided }: OrderState, amount: number): number {
  return decided === null ? refunded + amount : decided.due + refunded + amount - decided.granted;
}

function holdReason({ refunds, holdAll }: RefundPlanPolicy, amount: number): RefundReason | null {
  if (holdAll !== null) return holdAll;
  if (refunds.mode === "hold") return "policy_hold";
  return refunds.cap !== null && amount > refunds.cap ? "over_cap" : null;
}

/** Once a person has decided, what was granted since then is remembered with what was due for it. */
function granted(order: OrderState, due: number, amount: number): OrderState {
  const refunded = order.refunded + amount;
  return { ...order, refunded, decided: order.decided === null ? null : { due, granted: refunded } };
}

function post(judged: OrderState, due: Due): RefundPlan {
  if (isSamePromise(judged.hold, due)) return release(judged, judged.hold, due);
  const { total, opened: amount, reason } = due;
  const { next, refunds } = withdraw(judged);
  const n = next.refundCount + 1;
  return {
    next: { ...granted(next, total, amount), refundCount: n },
    refunds: [...refunds, { kind: "post", n, amount, reason, remains: judged.remains }],
  };
}

function release(judged: OrderState, promised: Hold, { total }: Due): RefundPlan {
  return {
    next: { ...granted(judged, total, promised.amount), hold: null },
    refunds: [{ kind: "release", n: promised.n, amount: promised.amount }],
  };
}

/** A delayed refund is posted by the first answer after its time that still says the same. */
function delay(judged: OrderState, due: Due, { delayMinutes }: RefundPolicy, now: number): RefundPlan {
  const promised = judged.hold;
  if (isSamePromise(promised, due))
    return /* planted: delay-is-over */ now >= (promised.postsAt ?? 0) ? release(judged, promised, due) : { next: judged, refunds: [] };
  const { opened: amount, reason } = due;
  const { next, refunds } = withdraw(judged);
  const n = next.refundCount + 1;
  const postsAt = now + delayMinutes * MINUTE_MS;
  return {
    next: { ...next, refundCount: n, hold: { n, amount, reason, at: now, postsAt } },
    refunds: [...refunds, { kind: "delay", n, amount, reason, remains: judged.remains, postsAt }],
  };
}

/** What a policy or the brake left to a person stays with that person, also when the policy has changed since. */
const FOR_A_PERSON: ReadonlySet<RefundReason> = new Set(["policy_hold", "over_cap", "brake"]);

function isForAPerson(waiting: Hold | null, amount: number): waiting is Hold {
  return waiting !== null && waiting.postsAt === null && waiting.amount === amount && FOR_A_PERSON.has(waiting.reason);
}

function isSamePromise(waiting: Hold | null, { opened, reason }: Due): waiting is Hold {
  return waiting !== null && waiting.postsAt !== null && waiting.amount === opened && waiting.reason === reason;
}

function hold(heard: OrderState, amount: number, reason: RefundReason, now: number): RefundPlan {
  if (amount <= 0) return withdraw(heard);
  const same = heard.hold !== null && heard.hold.postsAt === null && heard.hold.amount === amount && heard.hold.reason === reason;
  if (same) return { next: { ...heard, reason }, refunds: [] };
  const { next, refunds } = withdraw(heard);
  const n = next.refundCount + 1;
  return {
    next: { ...next, reason, refundCount: n, hold: { n, amount, reason, at: now, postsAt: null }, flags: next.flags | FLAGS.refund_held },
    refunds: [...refunds, { kind: "hold", n, amount, reason, remains: heard.remains }],
  };
}

/** A refund that waits is withdrawn when a later report has answered it; what that report says is settled instead. */
function withdraw(order: OrderState): RefundPlan {
  if (order.hold === null) return { next: order, refunds: [] };
  return { next: { ...order, hold: null, flags: order.flags & ~FLAGS.refund_held }, refunds: [{ kind: "withdraw", n: order.hold.n }] };
}

function leaveToPanel(heard: OrderState): RefundPlan {
  const { next, refunds } = withdraw(heard);
  return { next, refunds: refunds.map((step) => (step.kind === "withdraw" ? { ...step, leftToPanel: true } : step)) };
}

/**
 * More returned than is due is flagged and left to a person. An order that never was final is not judged: what its panel
 * had returned before says nothing until the order ends.
 */
function withOver(order: OrderState, heard: OrderState, due: number): OrderState {
  const wasJudged = isFinal(order.status) || isFinal(heard.status) || (order.flags & FLAGS.over_refunded) !== 0;
  return withOverFlag(heard, wasJudged && isOver(heard, due));
}

/**
 * Whether more was returned than is due. Goodwill is never too much, nor is what a person granted for the very amount
 * that is due, or for less.
 */
export function isOver({ refunded, goodwill, decided }: Pick<OrderState, "refunded" | "goodwill" | "decided">, due: number): boolean {
  const returned = refunded - goodwill;
  return returned > due && !(decided !== null && due >= decided.due && returned <= decided.granted);
}

export function withOverFlag(order: OrderState, over: boolean): OrderState {
  return { ...order, flags: over ? order.flags | FLAGS.over_refunded : order.flags & ~FLAGS.over_refunded };
}

/**
 * What happened to an order between two rows of it: a person's decisions, an answer that was written down, or a final
 * word that went out. Read off the rows, since that is where it counts.
 */
import { DISMISSED_FLAGS, type Heard, type ModelOrder, type Policy } from "./model/order.ts";
import type { PartsKnown } from "./model/rules.ts";
import { statusOf } from "./model/words.ts";

export type Row = Readonly<Record<string, unknown>>;
export type Circumstances = { readonly policy: Policy; readonly holdAll: boolean; readonly parts?: PartsKnown | null };
export type Step = (order: ModelOrder, circumstances: Circumstances) => void;

/** An order's row with its refunds by their number. */
export type Kept = { readonly row: Row; readonly refunds: ReadonlyMap<number, Row> };

const UNKNOWN_STATUS = 1 << 2;
const NOT_FOUND = 1 << 3;
const OVER_REFUNDED = 1 << 4;

/** `left`: it is none of those any more that the rules decide about. */
export function stepsBetween(before: Kept, after: Kept): readonly Step[] | "left" {
  const decisions: Step[] = [];
  if (after.row["reason"] === "not_placed" || hasGivenWay(after.row)) return "left";
  for (const [n, refund] of after.refunds) {
    const old = before.refunds.get(n);
    const amount = refund["amount"] === null ? null : Number(refund["amount"]);
    const at = Number(after.row["rejected_at"] ?? refund["decided_at"]);
    if (old === undefined && refund["kind"] === "goodwill") decisions.push((order) => order.goodwill(amount ?? 0));
    else if (old === undefined && refund["kind"] === "clawback")
      decisions.push((order, { policy, parts = null }) => order.clawBack(amount ?? 0, policy, parts));
    else if (old !== undefined && old["status"] !== refund["status"] && refund["decided_by"] !== "rules")
      decisions.push(refund["status"] === "posted" ? (order) => order.approve(amount) : (order) => order.reject(at));
  }
  decisions.push(...stepsOfDismissal(before.row, after.row));
  if (decisions.length > 0) return [...decisions, ...stepsOfTelling(before.row, after.row)];
  const told = stepsOfTelling(before.row, after.row);
  if (!isHeard(before.row, after.row)) return told;
  if (isLeftOut(after.row)) return [(order) => order.leaveOut(), ...told];
  return [stepOf(after, before.row), ...told];
}

/** Whether an order has lost its provider's order to one that was placed here: nothing is heard of it any more. */
export function hasGivenWay({ provider_order_id }: Row): boolean {
  return typeof provider_order_id === "string" && provider_order_id.startsWith("taken ");
}

/** What a new row has heard of the order already; null for one of which nothing was heard. */
export function firstStep(kept: Kept): Step | null {
  return kept.row["provider_status"] === null ? null : stepOf(kept);
}

function stepOf(kept: Kept, before: Row = {}): Step {
  const heard = { ...heardIn(kept), wasLeft: before["left_to_panel"] === 1 };
  return (order, { policy, holdAll, parts = null }) => order.hear(heard, policy, holdAll, parts);
}

function stepsOfTelling(before: Row, after: Row): Step[] {
  if (before["told"] === after["told"]) return [];
  if (after["told"] === null) return [(order) => order.forgetTold()];
  const { left } = toldIn(after);
  // The first that was told stays, unless a person has put the panel's books right.
  return [...(before["told"] === null ? [] : [(order: ModelOrder) => order.forgetTold()]), (order) => order.tell(left === true)];
}

/** A person's dismissals, by the flags: what each was about, the model knows by itself. */
function stepsOfDismissal(before: Row, after: Row): Step[] {
  const [was, is] = [dismissedIn(before), dismissedIn(after)];
  return DISMISSED_FLAGS.filter((flag) => is[flag] !== undefined && is[flag] !== was[flag]).map((flag) => (order) => order.dismiss(flag));
}

function dismissedIn({ dismissed }: Row): Readonly<Record<string, unknown>> {
  return typeof dismissed === "string" ? (JSON.parse(dismissed) as Record<string, unknown>) : {};
}

/** Whether a person has put right what the panel was told: what it would be told now counts as told, or nothing does. */
export function isCorrected(before: Row, after: Row): boolean {
  if (before["told"] === after["told"]) return false;
  return after["told"] === null || toldIn(after).corrected === true;
}

function toldIn({ told }: Row): { readonly left?: boolean; readonly corrected?: boolean } {
  return JSON.parse(told as string) as { readonly left?: boolean; readonly corrected?: boolean };
}

const SET_BY_ANSWERS = [
  ...(["provider_status", "remains", "status", "back_to", "multi", "refunded"] as const),
  ...(["hold_n", "hold_amount", "word_hold_n", "rejected_at", "left_to_panel"] as const),
];
/** These change otherwise too: answers write another time with them. */
const ALSO_SET_BY_ANSWERS = ["reason", "flags", "provider_charge"] as const;

/**
 * Whether an answer was written down. Too much returned is found by answers only, and they write no other time for it while the
 * clock stands behind the one before.
 */
function isHeard(before: Row, after: Row): boolean {
  const differs = (name: string): boolean => before[name] !== after[name];
  const isOver = ({ flags }: Row): boolean => (Number(flags) & OVER_REFUNDED) !== 0;
  if (SET_BY_ANSWERS.some(differs) || isOver(before) !== isOver(after)) return true;
  return differs("polled_at") && ALSO_SET_BY_ANSWERS.some(differs);
}

/**
 * Whether what the row shows is what its last answer said: not of an order that was left out of it, nor while its word is doubted
 * or waits for its parts.
 */
export function isAsAnswered(row: Row): boolean {
  const isWaiting =
    row["multi"] === 1 && row["status"] !== "completed" && statusOf(String(row["provider_status"]), {}, true) === "completed";
  return (
    row["provider_status"] !== null && row["back_to"] === null && !isWaiting && (Number(row["flags"]) & (NOT_FOUND | UNKNOWN_STATUS)) === 0
  );
}

/** Every answer about the order takes the flag away. */
function isLeftOut(after: Row): boolean {
  return (Number(after["flags"]) & NOT_FOUND) !== 0;
}

/** The answer as the row has it. Of a word that is not believed yet, or an unknown one, no number is kept. */
function heardIn({ row }: Kept): Heard {
  const isDoubted = row["back_to"] !== null || (Number(row["flags"]) & UNKNOWN_STATUS) !== 0;
  const charge = row["provider_charge"] as string | null;
  return {
    word: String(row["provider_status"]),
    remains: isDoubted ? null : (row["remains"] as number | null),
    // No column of the database: what simulated providers write can be read.
    isUnreadable: row["remains_unreadable"] === 1,
    isFree: charge !== null && !/[1-9]/.test(charge),
    multi: row["multi"] === 1,
    at: Number(row["polled_at"] ?? row["updated_at"]),
  };
}

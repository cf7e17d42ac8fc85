/**
 * What happened to an order between two rows of it: a person's decisions, or an answer that was written down. Read off
 * the rows, since that is where it counts.
 */
import type { Heard, ModelOrder, Policy } from "./model/order.ts";

export type Row = Readonly<Record<string, unknown>>;
export type Circumstances = { readonly policy: Policy; readonly holdAll: boolean };
export type Step = (order: ModelOrder, circumstances: Circumstances) => void;

/** An order's row with its refunds by their number. */
export type Kept = { readonly row: Row; readonly refunds: ReadonlyMap<number, Row> };

const UNKNOWN_STATUS = 1 << 2;
const NOT_FOUND = 1 << 3;

/** `left`: it is none of those any more that the rules decide about. */
export function stepsBetween(before: Kept, after: Kept): readonly Step[] | "left" {
  const decisions: Step[] = [];
  for (const [n, refund] of after.refunds) {
    const old = before.refunds.get(n);
    const amount = Number(refund["amount"]);
    if (refund["reason"] === "not_placed") return "left";
    if (old === undefined && refund["kind"] === "goodwill") decisions.push((order) => order.goodwill(amount));
    else if (old === undefined && refund["kind"] === "clawback") decisions.push((order) => order.clawBack(amount));
    else if (old !== undefined && old["status"] !== refund["status"] && refund["decided_by"] !== "rules")
      decisions.push(refund["status"] === "posted" ? (order) => order.approve(amount) : (order) => order.reject());
  }
  if (decisions.length > 0) return decisions;
  if (!isHeard(before.row, after.row)) return [];
  if (isLeftOut(after.row)) return [(order) => order.leaveOut()];
  const heard = heardIn(after.row);
  return [(order, { policy, holdAll }) => order.hear(heard, policy, holdAll)];
}

const SET_BY_ANSWERS = ["provider_status", "remains", "status", "back_to", "refunded", "hold_amount", "multi"] as const;
/** These change otherwise too. */
const ALSO_SET_BY_ANSWERS = ["reason", "flags"] as const;

function isHeard(before: Row, after: Row): boolean {
  const differs = (name: string): boolean => before[name] !== after[name];
  return SET_BY_ANSWERS.some(differs) || (differs("polled_at") && ALSO_SET_BY_ANSWERS.some(differs));
}

/** Whether what the row shows is what its last answer said: not of an order that was left out of it, nor while its word is doubted. */
export function isAsAnswered(row: Row): boolean {
  return row["provider_status"] !== null && row["back_to"] === null && (Number(row["flags"]) & (NOT_FOUND | UNKNOWN_STATUS)) === 0;
}

/** Every answer about the order takes the flag away. */
function isLeftOut(after: Row): boolean {
  return (Number(after["flags"]) & NOT_FOUND) !== 0;
}

/** The answer as the row has it. Of a word that is not believed yet, or an unknown one, no number is kept. */
function heardIn(after: Row): Heard {
  const isDoubted = after["back_to"] !== null || (Number(after["flags"]) & UNKNOWN_STATUS) !== 0;
  return {
    word: String(after["provider_status"]),
    remains: isDoubted ? null : (after["remains"] as number | null),
    multi: after["multi"] === 1,
    at: Number(after["updated_at"]),
  };
}

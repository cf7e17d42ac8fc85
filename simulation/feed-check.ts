/**
 * The change feed against the rows it tells of: each thing that happened to an order is told once, as it was, and
 * nothing else is.
 */
import { micros } from "./amounts.ts";
import { cancelStatusOf } from "./refill-cancel-check.ts";
import type { Kept, Row } from "./steps.ts";

/** Of a change, what is compared; amounts as decimal strings. */
type FeedChange = {
  readonly type: string;
  readonly previous: { readonly status?: string };
  readonly data: { readonly status?: string; readonly amount?: string | null; readonly refunded?: string };
};

/** What is wrong with the changes of one order that came with one commit; `before` is null for a new order. */
export function wrongsOfChanges(before: Kept | null, after: Kept, changes: readonly Row[]): string[] {
  const parsed = changes.map(parsedChange);
  const wrongs: string[] = [];
  const expect = (type: string, wanted: number): readonly FeedChange[] => {
    const found = parsed.filter((each) => each.type === type);
    if (found.length !== wanted) wrongs.push(`${found.length} changes say ${type} instead of ${wanted}`);
    return found;
  };
  const isNew = (before === null || before.row["last_change"] === 0) && after.row["last_change"] !== 0;
  const was = isNew ? null : before;
  const [created] = expect("order.created", isNew ? 1 : 0);
  const [updated] = expect("order.updated", was !== null && was.row["status"] !== after.row["status"] ? 1 : 0);
  const flagged = was !== null && was.row["flags"] !== after.row["flags"];
  if (flagged !== (expect("order.flagged", flagged ? 1 : 0).length === 1))
    wrongs.push(`its flags were ${String(was?.row["flags"])} and are ${String(after.row["flags"])}`);
  const changed = (...names: readonly string[]): boolean => was !== null && names.some((name) => was.row[name] !== after.row[name]);
  expect("refill.updated", after.row["refill_status"] !== null && changed("refill_status", "refill_id") ? 1 : 0);
  const cancel = cancelStatusOf(after.row);
  expect("cancel.updated", cancel !== null && was !== null && cancelStatusOf(was.row) !== cancel ? 1 : 0);
  for (const { data } of [created, updated].filter((each) => each !== undefined)) {
    if (data.status !== after.row["status"]) wrongs.push(`the feed says ${String(data.status)} and the row ${String(after.row["status"])}`);
  }
  if (updated !== undefined && updated.previous.status !== was?.row["status"])
    wrongs.push(`the feed says that it was ${String(updated.previous.status)} before, and it was ${String(was?.row["status"])}`);
  wrongs.push(...wrongsOfRefunds(before, after, expect));
  return wrongs;
}

const EVENTS: Readonly<Record<string, string>> = {
  posted: "refund.posted",
  held: "refund.held",
  delayed: "refund.held",
  rejected: "refund.rejected",
};

function wrongsOfRefunds(before: Kept | null, after: Kept, expect: (type: string, wanted: number) => readonly FeedChange[]): string[] {
  const steps = [...after.refunds]
    .filter(([n, refund]) => before?.refunds.get(n)?.["status"] !== refund["status"])
    .map(([, refund]) => refund);
  const wrongs: string[] = [];
  for (const type of ["refund.posted", "refund.held", "refund.rejected"]) {
    const wanted = steps.filter((refund) => EVENTS[String(refund["status"])] === type);
    const found = expect(type, wanted.length);
    const [due, inFeed] = [amounts(wanted.map(signed)), amounts(found.map(({ data }) => micros(data.amount ?? "0")))];
    if (due !== inFeed && found.length === wanted.length) wrongs.push(`${type} of ${inFeed} micro-units instead of ${due}`);
    const total = found.at(-1)?.data.refunded;
    if (total !== undefined && type !== "refund.held" && found.length === steps.length && micros(total) !== after.row["refunded"])
      wrongs.push(`${type} tells of ${total} refunded in all instead of ${String(after.row["refunded"])} micro-units`);
  }
  return wrongs;
}

function amounts(all: readonly number[]): string {
  return all.toSorted((a, b) => a - b).join(" and ");
}

function signed(refund: Row): number {
  return refund["kind"] === "clawback" ? -Number(refund["amount"]) : Number(refund["amount"]);
}

function parsedChange(change: Row): FeedChange {
  return {
    type: String(change["type"]),
    previous: JSON.parse(String(change["previous"])) as FeedChange["previous"],
    data: JSON.parse(String(change["data"])) as FeedChange["data"],
  };
}

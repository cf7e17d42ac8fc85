/**
 * Refills and cancels: a provider is asked for a refill as often as somebody wanted one (a second one is another one),
 * and asked is not granted: how the order ended answers a cancel (docs/rules.md, [C6] and [C11]).
 */
import type { World } from "../simulator/world.ts";
import type { Row } from "./steps.ts";

/** A refill that somebody has asked for, and that its provider has not heard of. */
const TO_BE_ASKED: ReadonlySet<unknown> = new Set(["queued", "asking"]);

/** Whether somebody has asked for a refill between two rows of an order. */
export function isRefillWanted(before: Row | null, after: Row): boolean {
  return TO_BE_ASKED.has(after["refill_status"]) && !TO_BE_ASKED.has(before?.["refill_status"]);
}

const ANSWERED_BY: Readonly<Record<string, readonly unknown[]>> = {
  granted: ["canceled", "partial", "refunded"],
  too_late: ["completed"],
};

/**
 * How an order's cancel stands, by its row: one that is queued, was asked, and has no time for another try is unclear.
 * Null for none.
 */
export function cancelStatusOf(row: Row | null | undefined): unknown {
  const status = row?.["cancel_status"] ?? null;
  return status === "queued" && Number(row?.["cancel_tries"] ?? 0) > 0 && (row?.["cancel_wait_until"] ?? null) === null
    ? "unclear"
    : status;
}

const OPEN: ReadonlySet<unknown> = new Set(["queued", "asking", "requested", "unclear"]);
const ENDED: ReadonlySet<unknown> = new Set(Object.values(ANSWERED_BY).flat());

/** What is wrong with what became of a cancel between two rows of its order. */
export function wrongsOfCancel(before: Row | null, after: Row): string[] {
  const [was, is] = [cancelStatusOf(before), String(cancelStatusOf(after))];
  const hasEnded = ENDED.has(after["status"]) && before?.["status"] !== after["status"];
  if (hasEnded && OPEN.has(is)) return [`it has ended as ${String(after["status"])}, and its cancel is still ${is}`];
  const answeredBy = ANSWERED_BY[is];
  if (is === was || answeredBy === undefined || answeredBy.includes(after["status"])) return [];
  return [`its cancel is ${is}, and it is ${String(after["status"])}`];
}

/** Orders of which a provider was asked for more refills than anybody wanted; `wanted` by `provider/id`. */
export function wrongsOfRefills(world: World, wanted: (order: string) => number): string[] {
  return [...world.providers.values()].flatMap((provider) =>
    [...Map.groupBy(provider.refills.values(), ({ order }) => `${provider.name}/${order}`)].flatMap(([order, { length }]) => {
      const most = wanted(order);
      return length > most ? [`${order} was refilled ${length} times, and ${most} were wanted`] : [];
    }),
  );
}

/**
 * Whose failure is it? A call that carries what a panel made up (a link, a field, an id) may fail because of that, and a
 * hostile panel can have it fail as often as it likes. So such a failure closes nothing that others use, until a call
 * that carries nothing of any panel's fails, too: the provider is asked for the operator's balance. Rules [O40] to [O42], and in polls
 * [O50] to [O52].
 */
import type { Order } from "./order.ts";
import { numberOfOurs } from "./order-ids.ts";

type Named = Pick<Order, "state" | "channel" | "id" | "service" | "providerOrderId">;

/** Whether the provider itself has told of the order: its id there is not only what a panel has named. */
export function isHeardOf(order: Named): boolean {
  return order.state.providerStatus !== null || order.channel === "catalogue" || isNamedByProvider(order);
}

/**
 * Whether an order at the provider's endpoint has its id from the provider: it was placed there, or is a part. One that was adopted
 * has no service; one whose id a person has found out keeps the id that its panel was told (src/domain/order-ids.ts).
 */
function isNamedByProvider({ channel, id, service, providerOrderId }: Named): boolean {
  return channel === "connect" && service !== null && providerOrderId === id && numberOfOurs(id) === null;
}

/** The panel whose word a call about these orders carried; null where the provider has told of all of them. */
export function namerOf(orders: readonly Order[]): string | null {
  return orders.find((order) => !isHeardOf(order))?.panel ?? null;
}

/** Orders as they are polled: most of them together, and those that only a panel has named in polls of that panel's own. */
export type FateGroups = { readonly together: readonly Order[]; readonly apart: ReadonlyMap<string, readonly Order[]> };

/** Sets apart what the provider has not told of, of the panels that are `apart`. */
export function groupByFate(orders: readonly Order[], apart: (panel: string) => boolean): FateGroups {
  const isApart = (order: Order): boolean => !isHeardOf(order) && apart(order.panel);
  const alone = orders.filter(isApart);
  return { together: orders.filter((order) => !isApart(order)), apart: Map.groupBy(alone, ({ panel }) => panel) };
}

/** What a call carried: something that a panel made up, or nothing but what the provider itself has told us. */
export type Carried = "panels" | "nothing";

/**
 * What the balance says of the provider. `failed_before`: it failed less than a minute ago, and that was counted then.
 * `unknown`: it was asked less than a minute ago and has yet to answer, or no call was left for it.
 */
export type Witness = "answers" | "fails" | "failed_before" | "unknown";

/** `leftDoubt`: an `add` that may have been taken, so that every further one may cost a person's time. */
export type FailedCall = { readonly carried: Carried; readonly leftDoubt: boolean; readonly witness: Witness };

/** What a failed call counts against. */
export type Counting = {
  /** The panel's own calls of that kind at that provider: it alone is slowed. */
  readonly panel: boolean;
  /** The adds of all panels at that provider. */
  readonly adds: boolean;
  /** The provider's circuit, which is everybody's: by the call's own failure, by that of the balance, or not at all. */
  readonly circuit: "call" | "balance" | null;
};

/** What counts against whom. */
export function countingOf({ carried, leftDoubt, witness }: FailedCall): Counting {
  if (carried === "nothing") return { panel: false, adds: false, circuit: "call" };
  switch (witness) {
    case "fails":
      return { panel: leftDoubt, adds: leftDoubt, circuit: "balance" };
    case "failed_before":
      return { panel: leftDoubt, adds: leftDoubt, circuit: null };
    case "answers":
    case "unknown":
      return { panel: true, adds: false, circuit: null };
  }
}

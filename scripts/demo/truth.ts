/** What every order must end as: the simulator's own truth, and the refund table applied to it. */
import { truthOf } from "../../simulator/orders.ts";
import type { World } from "../../simulator/world.ts";

/** An order of the demonstration, as it was placed at its provider and registered at panelsync. */
export type DemoOrder = {
  readonly id: string;
  readonly provider: string;
  readonly providerOrderId: string;
  readonly quantity: number;
  readonly chargeMicros: bigint;
  /** What the operator returns where the rules leave it to a person; null where no person is asked. */
  readonly grantedMicros: bigint | null;
};

export type Truth = {
  /** How the provider would describe the order now; what panelsync should be showing. */
  readonly statusNow: string;
  readonly settled: boolean;
  /** Epoch ms of simulated time. */
  readonly settlesAt: number;
  readonly finalStatus: string;
  /** What must have been returned to the customer by the end. */
  readonly refundMicros: bigint;
};

/** The truth about one order at the simulator's present time. */
export function truthAbout(world: World, order: DemoOrder): Truth {
  const placed = world.providers.get(order.provider)?.orders.get(order.providerOrderId);
  if (placed === undefined) throw new Error(`the simulator has no order ${order.providerOrderId} of ${order.provider}`);
  const { now, final, settled, settlesAt } = truthOf(placed, world.clock.now());
  return {
    statusNow: now.status,
    settled,
    settlesAt,
    finalStatus: final.status,
    refundMicros: refundDue(order, final.status, final.remains),
  };
}

type RefundFacts = Pick<DemoOrder, "chargeMicros" | "quantity" | "grantedMicros">;

/**
 * The refund table, worked out a second time: what a final status returns in total. A partial order without a
 * believable `remains` is a person's decision: what was granted is returned, and nothing where nobody was asked.
 * The simulator never says that a refunded order now costs nothing, so that row of the table is not here.
 */
export function refundDue({ chargeMicros, quantity, grantedMicros }: RefundFacts, status: string, remains: number | null): bigint {
  const someCame = remains !== null && remains > 0 && remains < quantity;
  switch (status) {
    case "canceled":
      return chargeMicros;
    case "partial":
      if (someCame) return chargeMicros - paidFor(chargeMicros, quantity, remains);
      return remains !== null && remains >= quantity ? chargeMicros : (grantedMicros ?? 0n);
    case "refunded":
      return someCame ? chargeMicros - paidFor(chargeMicros, quantity, remains) : chargeMicros;
    default:
      return 0n;
  }
}

/** BigInt division cuts off, which is the floor for amounts that are not negative. */
function paidFor(chargeMicros: bigint, quantity: number, remains: number): bigint {
  return (chargeMicros * BigInt(quantity - remains)) / BigInt(quantity);
}

/**
 * An order of the product's beside its model: both get the same reports, and they must agree.
 */
import { ModelOrder, type Registration } from "./model/order.ts";
import type { Circumstances, Row, Step } from "./steps.ts";

type Taken = { readonly step: Step; readonly circumstances: Circumstances };

/** A model of an order, and how it came to be where it is. */
export type Modeled = { readonly registration: Registration; readonly history: readonly Taken[]; readonly model: ModelOrder };

const OVER_REFUNDED = 1 << 4;
const REFUND_HELD = 1 << 5;
const COMPLETED_WITH_REMAINS = 1 << 7;
const CANCELED_AFTER_DELIVERY = 1 << 8;

/** Where the text is silent, the product has chosen: goodwill leaves what waits for a decision as it is. */
const READING: NonNullable<Registration["reading"]> = { goodwillAndHold: "leaves" };

/** The model of a new order; null where there is nothing to compare, since its cost or quantity is unknown. */
export function modelFrom(row: Row): Modeled | null {
  const { charge, quantity, multi, registered_refunded, registered_status } = row;
  if (charge === null || quantity === null) return null;
  const registration: Registration = {
    charge: Number(charge),
    quantity: Number(quantity),
    multi: multi === 1,
    refundedBefore: Number(registered_refunded),
    reading: READING,
    ...(registered_status === null ? {} : { status: registered_status as NonNullable<Registration["status"]> }),
  };
  return { registration, history: [], model: new ModelOrder(registration) };
}

/** What became of the model; null, and what is wrong, where it does not come to the order's row. */
export type Followed = { readonly modeled: Modeled; readonly wrong: null } | { readonly modeled: null; readonly wrong: string };

/** The model after some steps, the last of which led to the row: each under some of the circumstances that may have been in force. */
export function followed(before: Modeled, steps: readonly Step[], circumstances: readonly Circumstances[], row: Row): Followed {
  let modeled = before;
  for (const [i, step] of steps.entries()) {
    const isLast = i === steps.length - 1;
    const next = after(modeled, step, circumstances, (model) => (isLast ? differencesOf(model, row) : []));
    if (next === null) return { modeled: null, wrong: wrongOf(modeled, step, circumstances, row) };
    modeled = next;
  }
  return { modeled, wrong: null };
}

/** Under the first of the circumstances that the model agrees under; null where it agrees under none. */
function after(
  modeled: Modeled,
  step: Step,
  inForce: readonly Circumstances[],
  differences: (model: ModelOrder) => readonly string[],
): Modeled | null {
  for (const circumstances of inForce) {
    const model = replayed(modeled, { step, circumstances });
    if (model !== null && differences(model).length === 0)
      return { ...modeled, history: [...modeled.history, { step, circumstances }], model };
  }
  return null;
}

function wrongOf(before: Modeled, step: Step, [now]: readonly Circumstances[], row: Row): string {
  const model = now === undefined ? null : replayed(before, { step, circumstances: now });
  return `by the rules ${model === null ? "this cannot be" : differencesOf(model, row).join(", ")}`;
}

/** Null where the rules know no such step. */
function replayed({ registration, history }: Modeled, last: Taken): ModelOrder | null {
  const model = new ModelOrder(registration);
  try {
    for (const { step, circumstances } of [...history, last]) step(model, circumstances);
    return model;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function differencesOf(model: ModelOrder, row: Row): string[] {
  const { status, refunded, remains } = model;
  const isPart = remains !== null && remains > 0 && remains < Number(row["quantity"]);
  const expected = {
    status,
    refunded,
    remains,
    hold_amount: model.held,
    refund_held: model.isHeldForAPerson,
    over_refunded: model.overRefunded,
    completed_with_remains: status === "completed" && remains !== null && remains > 0,
    canceled_after_delivery: status === "canceled" && isPart,
  };
  const hasFlag = (flag: number): boolean => (Number(row["flags"]) & flag) !== 0;
  const found = {
    status: row["status"],
    refunded: row["refunded"],
    remains: row["remains"] === null ? null : Math.max(0, Number(row["remains"])),
    hold_amount: row["hold_amount"] ?? 0,
    refund_held: hasFlag(REFUND_HELD),
    over_refunded: hasFlag(OVER_REFUNDED),
    completed_with_remains: hasFlag(COMPLETED_WITH_REMAINS),
    canceled_after_delivery: hasFlag(CANCELED_AFTER_DELIVERY),
  };
  return Object.keys(expected).flatMap((name) => {
    const [should, is] = [expected[name as keyof typeof expected], found[name as keyof typeof found]];
    return should === is ? [] : [`${name} should be ${String(should)} and is ${String(is)}`];
  });
}

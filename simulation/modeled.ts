/**
 * An order of the product's beside its model: both get the same reports, and they must agree.
 */
import { ModelOrder, type Registration } from "./model/order.ts";
import { type Circumstances, firstStep, type Kept, type Row, type Step } from "./steps.ts";

const OVER_REFUNDED = 1 << 4;
const REFUND_HELD = 1 << 5;
const COMPLETED_WITH_REMAINS = 1 << 7;
const CANCELED_AFTER_DELIVERY = 1 << 8;

/** What became of the model; null, and what is wrong, where it does not come to the order's row. */
export type Followed = { readonly model: ModelOrder; readonly wrong: null } | { readonly model: null; readonly wrong: string };

/** The model of a new order, which may have been heard of already. */
export function modelFrom(kept: Kept, circumstances: readonly Circumstances[]): Followed {
  const { charge, quantity, multi, registered_refunded, registered_status } = kept.row;
  const model = new ModelOrder({
    charge: charge as number | null,
    quantity: quantity as number | null,
    multi: multi === 1,
    refundedBefore: Number(registered_refunded),
    isHeardAtOnce: kept.row["door"] === null,
    ...(registered_status === null ? {} : { status: registered_status as NonNullable<Registration["status"]> }),
  });
  const step = firstStep(kept);
  return step === null ? { model, wrong: null } : followed(model, [step], circumstances, kept.row);
}

/** The model after some steps, which led to the row: under some of the circumstances that may have been in force. */
export function followed(before: ModelOrder, steps: readonly Step[], circumstances: readonly Circumstances[], row: Row): Followed {
  if (steps.length === 0) return { model: before, wrong: null };
  const models = circumstances
    .map((inForce) => after(before, steps, inForce))
    .filter((model) => model !== null && differencesOf(model, row).length === 0);
  // Under several of them the same may follow so far, and not later.
  const model = models.find((each) => each?.isLeft === (row["left_to_panel"] === 1)) ?? models[0];
  if (model != null) return { model, wrong: null };
  const [now] = circumstances;
  const expected = now === undefined ? null : after(before, steps, now);
  return { model: null, wrong: `by the rules ${expected === null ? "this cannot be" : differencesOf(expected, row).join(", ")}` };
}

/** Null where the rules know no such step. */
function after(before: ModelOrder, steps: readonly Step[], circumstances: Circumstances): ModelOrder | null {
  const model = before.copy();
  try {
    for (const step of steps) step(model, circumstances);
    return model;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function differencesOf(model: ModelOrder, row: Row): string[] {
  const { status, refunded, remains } = model;
  const expected = {
    status,
    refunded,
    remains,
    waits: !model.isHeld ? "nothing" : model.held === null ? "the word" : `${model.held}`,
    refund_held: model.isHeldForAPerson,
    over_refunded: model.overRefunded,
    completed_with_remains: model.completedWithRemains,
    canceled_after_delivery: model.canceledAfterDelivery,
  };
  const hasFlag = (flag: number): boolean => (Number(row["flags"]) & flag) !== 0;
  const found = {
    status: row["status"],
    refunded: row["refunded"],
    remains: row["remains"] === null ? null : Math.max(0, Number(row["remains"])),
    waits: (row["word_hold_n"] ?? null) !== null ? "the word" : row["hold_n"] === null ? "nothing" : `${Number(row["hold_amount"])}`,
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

/** A life written by hand: the steps of a test replace what the seed had decided. */
import { InputError, isObject, type Json, type JsonObject } from "./json.ts";
import { type Literal, STATUSES, type Status, type Step } from "./course.ts";
import type { Life } from "./life.ts";
import { statusMeant } from "./words.ts";
import type { Order } from "./world.ts";

/**
 * `steps` are objects with `at_ms` (epoch) or `after_ms` (from now), `status`, `remains`, `start_count`,
 * `raw` and any field to be told to the letter. A status in canonical lower case is bent like any other;
 * another spelling is told as it stands. Throws InputError.
 */
export function scriptedLife(order: Order, steps: Json | undefined, now: number): Life {
  if (!Array.isArray(steps) || steps.length === 0) {
    throw new InputError("a script is a list of one or more steps");
  }
  const read = steps.map((step: Json) => readStep(step, now));
  read.sort((a, b) => a.at - b.at);
  const written: Step[] = [];
  let left: number | null = order.quantity;
  for (const { remains, ...step } of read) {
    left = remains === undefined ? (remainsBy(step.status, order.quantity) ?? left) : remains;
    written.push({ ...step, remains: left });
  }
  return {
    kind: "scripted",
    quantity: order.quantity,
    startCount: order.life.startCount,
    steps: fromPlacing(order, written),
    flaps: [],
  };
}

type ReadStep = Omit<Step, "remains"> & { readonly remains?: number | null };

function readStep(step: Json, now: number): ReadStep {
  if (!isObject(step)) throw new InputError("a step of a script is an object");
  const { at_ms, after_ms, status, remains, start_count, raw, ...others } = step;
  const at = typeof after_ms === "number" ? now + after_ms : at_ms;
  if (typeof at !== "number") throw new InputError("a step needs at_ms or after_ms");

  const canonical = STATUSES.find((known) => known === status);
  const fields: Record<string, Json> = { ...others };
  if (status !== undefined && canonical === undefined) fields.status = status;
  if (remains !== undefined && !Number.isSafeInteger(remains)) fields.remains = remains;
  if (start_count !== undefined && !Number.isSafeInteger(start_count)) {
    fields.start_count = start_count;
  }
  return {
    at,
    status: canonical ?? meaningOf(status),
    ...(remains !== undefined && { remains: Number.isSafeInteger(remains) ? Number(remains) : null }),
    ...(Number.isSafeInteger(start_count) && { startCount: Number(start_count) }),
    ...literalOf(fields, raw),
  };
}

function meaningOf(status: Json | undefined): Status | "unknown" {
  return (typeof status === "string" && statusMeant(status)) || "unknown";
}

function literalOf(fields: JsonObject, raw: Json | undefined): { literal?: Literal } {
  if (raw === undefined && Object.keys(fields).length === 0) return {};
  return { literal: { fields, ...(raw !== undefined && { raw }) } };
}

/** What a script that is silent on remains most likely means; undefined where it goes on as before. */
function remainsBy(status: Step["status"], quantity: number): number | undefined {
  if (status === "completed") return 0;
  return status === "pending" || status === "canceled" ? quantity : undefined;
}

/** Before its first written step a scripted order waits. */
function fromPlacing(order: Order, steps: readonly Step[]): [Step, ...Step[]] {
  const first = steps[0];
  const waiting: Step = {
    at: Math.min(order.placedAt, first?.at ?? order.placedAt),
    status: "pending",
    remains: order.quantity,
  };
  if (first && first.at <= order.placedAt) return [first, ...steps.slice(1)];
  return [waiting, ...steps];
}

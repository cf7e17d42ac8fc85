/** The kinds of lives an order can have, how often each is met, and the steps each is made of. */
import type { Draws } from "./draws.ts";
import type { Course, Flap, Status, Step } from "./course.ts";

export const LIFE_KINDS = {
  completed: "delivered in full, within 3 minutes to 3 hours",
  partial: "closed with some of it missing, 0 < remains < quantity",
  partial_nothing: "closed as partial although nothing came, remains = quantity",
  canceled: "called off before anything came",
  canceled_after_delivery: "called off with part of it delivered",
  refunded: "money returned in full, remains is either the quantity or 0",
  refunded_rest: "money returned for what is missing, 0 < remains < quantity",
  reversal: "a final status that 10 to 30 minutes later gives way to one that owes more",
  reopened: "completed, then in progress again, then ended for good",
  taken_back: "a partial or canceled order that ends as completed after all, so less is owed than before",
  flapping: "settled, but one single later answer tells a middle status",
  error: "in error for a while, then delivered in full",
} as const;
export type LifeKind = keyof typeof LIFE_KINDS;

/** Relative weights; a kind left out does not occur. */
export type Mix = Readonly<Partial<Record<LifeKind, number>>>;

/**
 * Weights of 100. More trouble than a healthy provider shows, so that a demonstration of a few hundred orders
 * has some of each. `taken_back` is left at 0: what it leads to is a person's decision, which no comparison
 * with the truth can expect to be made.
 */
export const DEMO_MIX: Mix = {
  completed: 60,
  partial: 12,
  partial_nothing: 3,
  canceled: 8,
  canceled_after_delivery: 2,
  refunded: 2,
  refunded_rest: 2,
  reversal: 4,
  reopened: 2,
  taken_back: 0,
  flapping: 3,
  error: 2,
};

export interface Placing {
  readonly draws: Draws;
  readonly quantity: number;
  readonly placedAt: number;
}

type Middle = Extract<Status, "pending" | "processing" | "in_progress">;
type Path = readonly [Middle, ...Middle[]];

const MINUTE_MS = 60_000;

/** Minutes from placing to the first end. The slowest reach three hours, which is when support gets asked. */
const PACES = [
  { weight: 35, least: 3, most: 15 },
  { weight: 45, least: 15, most: 60 },
  { weight: 20, least: 60, most: 175 },
] as const;

/** Panels skip steps at will; the full path is the common one and therefore there thrice. */
const DELIVERING_PATHS: readonly [Path, ...Path[]] = [
  ["pending", "processing", "in_progress"],
  ["pending", "processing", "in_progress"],
  ["pending", "processing", "in_progress"],
  ["pending", "in_progress"],
  ["pending", "in_progress"],
  ["processing", "in_progress"],
  ["in_progress"],
  ["pending"],
];
const WAITING_PATHS: readonly [Path, ...Path[]] = [["pending"], ["pending", "processing"], ["processing"]];

/** A quantity of 1 cannot be delivered in part: such kinds become their neighbours that can. */
export function kindFor(drawn: LifeKind, quantity: number): LifeKind {
  if (quantity > 1) return drawn;
  switch (drawn) {
    case "partial":
      return "partial_nothing";
    case "canceled_after_delivery":
      return "canceled";
    case "refunded_rest":
      return "refunded";
    default:
      return drawn;
  }
}

export function courseOf(kind: LifeKind, placing: Placing): Course {
  return COURSES[kind](placing);
}

const COURSES: Readonly<Record<LifeKind, (placing: Placing) => Course>> = {
  completed: (placing) => ending(placing, "completed", 0),
  partial: (placing) => ending(placing, "partial", someOf(placing)),
  partial_nothing: (placing) => ending(placing, "partial", placing.quantity),
  canceled: (placing) => ending(placing, "canceled", placing.quantity, WAITING_PATHS),
  canceled_after_delivery: (placing) => ending(placing, "canceled", someOf(placing)),
  refunded: (placing) => ending(placing, "refunded", placing.draws.chance(2 / 3) ? placing.quantity : 0),
  refunded_rest: (placing) => ending(placing, "refunded", someOf(placing)),
  reversal,
  reopened,
  taken_back: takenBack,
  flapping,
  error: erring,
};

function ending(placing: Placing, status: Status, remains: number, paths = DELIVERING_PATHS): Course {
  const at = placing.placedAt + firstEndMs(placing.draws);
  const [first, ...rest] = middleSteps(placing, at, remains, placing.draws.pick(paths));
  return { steps: [first, ...rest, { at, status, remains }] };
}

function reversal(placing: Placing): Course {
  const { draws, quantity } = placing;
  const some = someOf(placing);
  const before = draws.pick(["completed", "completed", "partial"]);
  const after = before === "partial" ? "canceled" : draws.pick(["partial", "canceled"]);
  const course = ending(placing, before, before === "completed" ? 0 : some);
  const remains = after === "canceled" ? quantity : some;
  return followed(course, { at: laterThan(course, draws, 10, 30), status: after, remains });
}

function reopened(placing: Placing): Course {
  const { draws, quantity } = placing;
  const course = ending(placing, "completed", 0);
  const dropped = someOf(placing);
  const endsPartial = quantity > 1 && draws.chance(0.5);
  const resumed = followed(course, {
    at: laterThan(course, draws, 10, 30),
    status: "in_progress",
    remains: dropped,
    remainsAtEnd: endsPartial ? dropped : 0,
  });
  const at = laterThan(resumed, draws, 15, 40);
  return followed(resumed, endsPartial ? { at, status: "partial", remains: dropped } : { at, status: "completed", remains: 0 });
}

function takenBack(placing: Placing): Course {
  const { draws, quantity } = placing;
  if (quantity > 1 && draws.chance(0.5)) {
    const course = ending(placing, "partial", someOf(placing));
    return followed(course, {
      at: laterThan(course, draws, 10, 30),
      status: "completed",
      remains: 0,
    });
  }
  const course = ending(placing, "canceled", quantity, WAITING_PATHS);
  const resumed = followed(course, {
    at: laterThan(course, draws, 10, 30),
    status: "in_progress",
    remains: quantity,
    remainsAtEnd: 0,
  });
  return followed(resumed, {
    at: laterThan(resumed, draws, 10, 40),
    status: "completed",
    remains: 0,
  });
}

function flapping(placing: Placing): Course {
  const { draws, quantity } = placing;
  const partial = quantity > 1 && draws.chance(0.4);
  const course = ending(placing, partial ? "partial" : "completed", partial ? someOf(placing) : 0);
  const flap: Flap = {
    answer: draws.between(2, 4),
    status: draws.pick(["in_progress", "processing", "pending"]),
    remains: draws.between(1, quantity),
  };
  return { ...course, flaps: [flap] };
}

function erring(placing: Placing): Course {
  const { draws } = placing;
  const remains = someOf(placing);
  const halted = ending(placing, "error", remains);
  const resumed = followed(halted, {
    at: laterThan(halted, draws, 10, 30),
    status: "in_progress",
    remains,
    remainsAtEnd: 0,
  });
  return followed(resumed, {
    at: laterThan(resumed, draws, 5, 30),
    status: "completed",
    remains: 0,
  });
}

/** The middle steps between placing and `endsAt`; while one is in progress, `remains` falls to what is left at the end. */
function middleSteps(placing: Placing, endsAt: number, remainsAtEnd: number, path: Path): [Step, ...Step[]] {
  const { draws, quantity, placedAt } = placing;
  const wholeMs = endsAt - placedAt;
  let at = placedAt;
  const stepOf = (status: Middle): Step => {
    const step: Step = { at, status, remains: quantity };
    at += Math.floor((wholeMs * draws.between(5, 25)) / 100);
    return status === "in_progress" ? { ...step, remainsAtEnd } : step;
  };
  const [first, ...rest] = path;
  const steps: [Step, ...Step[]] = [stepOf(first), ...rest.map(stepOf)];

  const last = steps.at(-1);
  const wavers = last?.status === "in_progress" && steps.length > 1 && draws.chance(0.15);
  if (wavers) steps.splice(-1, 1, ...wavering(last, endsAt, remainsAtEnd));
  return steps;
}

/** Back to processing for a while in mid-delivery, as providers do when they hand an order to another source. */
function wavering(delivering: Step, endsAt: number, remainsAtEnd: number): Step[] {
  const { at } = delivering;
  const thirdMs = Math.floor((endsAt - at) / 3);
  const half = Math.floor(((delivering.remains ?? 0) + remainsAtEnd) / 2);
  return [
    { ...delivering, remainsAtEnd: half },
    { at: at + thirdMs, status: "processing", remains: half },
    { at: at + 2 * thirdMs, status: "in_progress", remains: half, remainsAtEnd },
  ];
}

/** A share that is neither nothing nor all, where the quantity allows it. */
function someOf({ draws, quantity }: Placing): number {
  return quantity < 2 ? quantity : draws.between(1, quantity - 1);
}

function firstEndMs(draws: Draws): number {
  const weights = Object.fromEntries(PACES.map(({ weight }, index) => [String(index), weight]));
  const pace = PACES[Number(draws.weighted(weights))] ?? PACES[0];
  return draws.between(pace.least * MINUTE_MS, pace.most * MINUTE_MS);
}

function laterThan(course: Course, draws: Draws, least: number, most: number): number {
  const end = course.steps.at(-1) ?? course.steps[0];
  return end.at + draws.between(least * MINUTE_MS, most * MINUTE_MS);
}

function followed(course: Course, step: Step): Course {
  return { ...course, steps: [...course.steps, step] };
}

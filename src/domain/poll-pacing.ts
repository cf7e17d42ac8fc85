/**
 * Which orders are due at which minute, computed and never stored.
 *
 * An order has a cadence (minutes between two looks) and a fixed phase, a point on a circle of 65,536. Within a
 * cadence of c minutes the circle is walked once in c minutes, so that the orders due in one minute are one
 * contiguous range of an index. A provider that may not be called often enough gets a slower clock: all of its
 * circles are walked more slowly, by the same factor, and nobody is left out.
 */

export const CADENCES = [1, 5, 15, 60, 360] as const;
/** Minutes between two looks at an order. */
export type Cadence = (typeof CADENCES)[number];

export const PHASES = 65_536;
/** 65,536 divided by the golden ratio, made odd: the n-th multiples of it fill the circle evenly for every n. */
export const GOLDEN_STEP = 40_503;

/** The phase of a panel's n-th order. Even over any run of numbers: 65,536 in a row never share one. */
export function phaseOf(n: number): number {
  return Number((BigInt(n) * BigInt(GOLDEN_STEP)) % BigInt(PHASES));
}

/** Resolution of a provider's clock: thousandths of a minute. */
const MILLIMINUTES = 1000;
/** A minute missed is made up, but no more than this many at once: after a longer gap an order waits for its cadence. */
export const MAX_MADE_UP_MINUTES = 15;
/** Slowest pace: a cadence of one minute becomes about 16 hours. Anything beyond is a provider that cannot be used. */
const MAX_SLOWDOWN_PERCENT = 100_000;
const NORMAL_PERCENT = 100;

/**
 * A provider's clock. It stood at `position` (thousandths of a minute) when `minute` began, and has since walked
 * at 100/`stretchPercent` of real speed.
 */
export type VirtualClock = { readonly minute: number; readonly position: number; readonly stretchPercent: number };

export function clockAt(minute: number): VirtualClock {
  return { minute, position: minute * MILLIMINUTES, stretchPercent: NORMAL_PERCENT };
}

/** Where a clock stands when `minute` begins. */
export function positionAt(clock: VirtualClock, minute: number): number {
  return clock.position + Math.floor(((minute - clock.minute) * MILLIMINUTES * NORMAL_PERCENT) / clock.stretchPercent);
}

/** The same clock, walking at another pace from `minute` on; nothing is skipped and nothing is walked twice. */
export function atPace(clock: VirtualClock, minute: number, stretchPercent: number): VirtualClock {
  if (stretchPercent === clock.stretchPercent) return clock;
  return { minute, position: positionAt(clock, minute), stretchPercent };
}

/** A half-open arc [from, to) of the circle of one cadence; never wraps. */
export type PhaseRange = { readonly cadence: Cadence; readonly from: number; readonly to: number };

/** The arcs a clock walks in the minutes first..last, both included: one a cadence, two where it passes zero. */
export function phaseRangesDue(clock: VirtualClock, first: number, last: number): PhaseRange[] {
  const start = positionAt(clock, first);
  const end = positionAt(clock, last + 1);
  return CADENCES.flatMap((cadence) => phaseRangesOf(cadence, start, end));
}

function phaseRangesOf(cadence: Cadence, start: number, end: number): PhaseRange[] {
  const lap = cadence * MILLIMINUTES;
  if (end - start >= lap) return [{ cadence, from: 0, to: PHASES }];
  const from = phaseAt(start % lap, lap);
  const to = phaseAt(end % lap, lap);
  const arcs =
    end % lap < start % lap
      ? [
          { cadence, from, to: PHASES },
          { cadence, from: 0, to },
        ]
      : [{ cadence, from, to }];
  return arcs.filter((arc) => arc.from < arc.to);
}

function phaseAt(positionInLap: number, lap: number): number {
  return Math.ceil((positionInLap * PHASES) / lap);
}

/** The first minute from `after` on in which an order's phase is passed; what `next_check_at` shows. */
export function nextMinuteDue(clock: VirtualClock, cadence: Cadence, phase: number, after: number): number {
  const ahead = stepsAhead(positionAt(clock, after), cadence, phase);
  return after + Math.ceil(((ahead + 1) * clock.stretchPercent) / (MILLIMINUTES * NORMAL_PERCENT)) - 1;
}

/** Thousandths of a minute of walking from `position` until the phase is reached, less than a lap. */
export function stepsAhead(position: number, cadence: Cadence, phase: number): number {
  const lap = cadence * MILLIMINUTES;
  const point = Math.floor((phase * lap) / PHASES);
  return (point - (position % lap) + lap) % lap;
}

/** Share of a provider's call budget that polling aims to use; the rest is for checks asked for and for retries. */
const TARGET_LOAD_PERCENT = 90;
/** A pace that turned out too slow is mended by at most this share a minute, since one minute's load is noisy. */
const QUICKEN_PERCENT = 10;

/** What polling a provider met in a minute. */
export type Load = {
  /** How many minutes were made up in it, itself included: what they needed together was to fit into one budget. */
  readonly minutes: number;
  /** Calls spent in this minute, and those that would still have been needed for what was read as due. */
  readonly wanted: number;
  /** Calls a minute the provider may get. */
  readonly budget: number;
  /** True when not all that was due could be asked. */
  readonly exceeded: boolean;
  /** True when more was due than was even read, so that `wanted` is a lower bound. */
  readonly more: boolean;
};

/**
 * The pace, in percent of a cadence's normal duration, at which a provider's load fits its budget. A budget too
 * small stretches all cadences evenly: at once by what was seen to be needed, doubling while the need is unknown.
 */
export function fittingSlowdown(stretchPercent: number, { minutes, wanted, budget, exceeded, more }: Load): number {
  const target = Math.max(1, (budget * TARGET_LOAD_PERCENT) / 100);
  const fitting = Math.ceil((stretchPercent * wanted) / target);
  // A gap that one minute makes up for is no reason to halve the pace; where gaps come again and again, it falls by and by.
  if (exceeded) return clampSlowdown(Math.max(fitting, stretchPercent * (more && minutes === 1 ? 2 : 1)));
  return clampSlowdown(Math.max(fitting, quickened(stretchPercent, minutes)), stretchPercent);
}

function quickened(stretchPercent: number, minutes: number): number {
  let percent = stretchPercent;
  for (let i = 0; i < minutes; i++) percent = Math.floor((percent * (100 - QUICKEN_PERCENT)) / 100);
  return percent;
}

function clampSlowdown(percent: number, most = MAX_SLOWDOWN_PERCENT): number {
  return Math.min(most, Math.max(NORMAL_PERCENT, percent));
}

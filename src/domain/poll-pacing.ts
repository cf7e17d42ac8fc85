/**
 * Pacing: which orders are due at which minute, computed and never stored.
 *
 * Each order has a cadence (minutes between two looks) and a fixed phase from 0 to 65,535. At a cadence of c minutes each
 * minute polls one c-th of the phases, so that the orders due in one minute are one contiguous range of an index.
 *
 * A provider may not be called often enough for that. It then gets a virtual clock that advances more slowly: all cadences
 * stretch by the same factor, and no order is left out. Others ask what is due, what comes first, and what the clock has
 * to be after a minute; position and slowdown are this module's alone.
 */

export const CADENCES = [1, 5, 15, 60, 360] as const;
/** Minutes between two looks at an order. */
export type Cadence = (typeof CADENCES)[number];

export const PHASES = 65_536;
/** 65,536 divided by the golden ratio, made odd: the n-th multiples of it fill the circle evenly for every n. */
export const GOLDEN_STEP = 40_503;

/** The phase of a panel's n-th order. Even over any run of numbers: 65,536 in a row never share one. */
export function phaseOf(n: number): number {
  // The product of two numbers under 2^16 is exact.
  return ((n % PHASES) * GOLDEN_STEP) % PHASES;
}

/** Resolution of a virtual clock: thousandths of a minute. */
const MILLIMINUTES = 1000;
/** A minute missed is made up, but no more than this many at once: after a longer gap an order waits for its cadence. */
export const MAX_MADE_UP_MINUTES = 15;
/** The slowest pace: a cadence of one minute becomes about 16 hours. Anything beyond is a provider that cannot be used. */
const MAX_SLOWDOWN_PERCENT = 100_000;
const NORMAL_PERCENT = 100;

/**
 * A provider's virtual clock. It stood at `position` (thousandths of a minute) when `minute` began, and has since advanced
 * at 100/`slowdownPercent` of real speed.
 */
export type VirtualClock = { readonly minute: number; readonly position: number; readonly slowdownPercent: number };

/** A provider whose pace was never changed has no clock of its own (null): it goes by the wall's. */
export type ProviderClock = VirtualClock | null;

const WALL_CLOCK: VirtualClock = { minute: 0, position: 0, slowdownPercent: NORMAL_PERCENT };

/** How many times slower than normal a provider's orders are looked at; 1 is normal. */
export function slowdownOf(clock: ProviderClock): number {
  return (clock ?? WALL_CLOCK).slowdownPercent / NORMAL_PERCENT;
}

/** Where a clock stands when `minute` begins. */
function positionAt(clock: VirtualClock, minute: number): number {
  return clock.position + Math.floor(((minute - clock.minute) * MILLIMINUTES * NORMAL_PERCENT) / clock.slowdownPercent);
}

/** The same clock at another pace from `minute` on; nothing is skipped and nothing comes twice. */
export function atPace(clock: VirtualClock, minute: number, slowdownPercent: number): VirtualClock {
  if (slowdownPercent === clock.slowdownPercent) return clock;
  return { minute, position: positionAt(clock, minute), slowdownPercent };
}

/** Phases from `from` on and below `to`, of the orders of one cadence; never wraps. */
export type PhaseRange = { readonly cadence: Cadence; readonly from: number; readonly to: number };

/** What is due in the minutes first..last, both included: one range a cadence, two where a clock passes zero. */
export function phaseRangesDue(clock: ProviderClock, first: number, last: number): PhaseRange[] {
  const start = positionAt(clock ?? WALL_CLOCK, first);
  const end = positionAt(clock ?? WALL_CLOCK, last + 1);
  return CADENCES.flatMap((cadence) => phaseRangesOf(cadence, start, end));
}

function phaseRangesOf(cadence: Cadence, start: number, end: number): PhaseRange[] {
  const lap = cadence * MILLIMINUTES;
  if (end - start >= lap) return [{ cadence, from: 0, to: PHASES }];
  const from = phaseAt(start % lap, lap);
  const to = phaseAt(end % lap, lap);
  const ranges =
    end % lap < start % lap
      ? [
          { cadence, from, to: PHASES },
          { cadence, from: 0, to },
        ]
      : [{ cadence, from, to }];
  return ranges.filter((range) => range.from < range.to);
}

function phaseAt(positionInLap: number, lap: number): number {
  return Math.ceil((positionInLap * PHASES) / lap);
}

/** The first minute from `after` on in which an order's phase is passed; what `next_check_at` shows. */
export function nextMinuteDue(clock: ProviderClock, cadence: Cadence, phase: number, after: number): number {
  const { slowdownPercent } = clock ?? WALL_CLOCK;
  const ahead = stepsAhead(positionAt(clock ?? WALL_CLOCK, after), { cadence, phase });
  return after + Math.ceil(((ahead + 1) * slowdownPercent) / (MILLIMINUTES * NORMAL_PERCENT)) - 1;
}

/** An order as far as its turn goes; one without a cadence has its turn at once. */
export type Turn = { readonly cadence: Cadence | null; readonly phase: number };

/** Thousandths of a minute from `position` until an order's phase is reached, less than a lap. */
function stepsAhead(position: number, { cadence, phase }: Turn): number {
  if (cadence === null) return 0;
  const lap = cadence * MILLIMINUTES;
  const point = Math.floor((phase * lap) / PHASES);
  return (point - (position % lap) + lap) % lap;
}

/** How far an order's turn lies behind the beginning of `minute`, for putting orders in the order of their turns. */
export function turnAfter(clock: ProviderClock, minute: number, turn: Turn): number {
  return stepsAhead(positionAt(clock ?? WALL_CLOCK, minute), turn);
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
 * The clock after a minute's load; null when it stays as it is. If some due orders were not polled, the clock is rewound
 * to the first of them (`unpolled`; null where more was due than was read), and goes on at a pace that fits: no order
 * loses its turn.
 */
export function clockAfter(clock: ProviderClock, minute: number, load: Load, unpolled: Turn | null): ProviderClock {
  const present = clock ?? WALL_CLOCK;
  const slowdownPercent = fittingSlowdown(present.slowdownPercent, load);
  if (load.exceeded) {
    const first = minute - load.minutes + 1;
    const start = positionAt(present, first);
    return { minute: minute + 1, position: start + (unpolled === null ? 0 : stepsAhead(start, unpolled)), slowdownPercent };
  }
  return slowdownPercent === present.slowdownPercent ? null : atPace(present, minute + 1, slowdownPercent);
}

/** Whether two clocks stand alike, so that neither was set since the other was read. */
export function isSameClock(a: ProviderClock, b: ProviderClock): boolean {
  return a?.minute === b?.minute && a?.position === b?.position;
}

/**
 * The pace, in percent of a cadence's normal duration, at which a provider's load fits its budget. A budget too
 * small slows all cadences evenly: at once by what was seen to be needed, doubling while the need is unknown.
 */
export function fittingSlowdown(slowdownPercent: number, { minutes, wanted, budget, exceeded, more }: Load): number {
  const target = Math.max(1, (budget * TARGET_LOAD_PERCENT) / 100);
  const fitting = Math.ceil((slowdownPercent * wanted) / target);
  // A gap that one minute makes up for is no reason to halve the pace; where gaps come again and again, it falls by and by.
  if (exceeded) return clampSlowdown(Math.max(fitting, slowdownPercent * (more && minutes === 1 ? 2 : 1)));
  return clampSlowdown(Math.max(fitting, quickened(slowdownPercent, minutes)), slowdownPercent);
}

function quickened(slowdownPercent: number, minutes: number): number {
  let percent = slowdownPercent;
  for (let i = 0; i < minutes; i++) percent = Math.floor((percent * (100 - QUICKEN_PERCENT)) / 100);
  return percent;
}

function clampSlowdown(percent: number, most = MAX_SLOWDOWN_PERCENT): number {
  return Math.min(most, Math.max(NORMAL_PERCENT, percent));
}

/** How time passes: a function, a clock that only moves when told, or the machine's time at a multiple. */
export type TimeSource =
  | (() => number)
  | { readonly manual: true; readonly startAt: number }
  | { readonly speed: number; readonly startAt?: number };

export interface Clock {
  readonly manual: boolean;
  /** Epoch milliseconds of simulated time. */
  now(): number;
  /** False when this clock runs by itself and cannot be set. */
  set(now: number): boolean;
  /** Back to where it began; a running clock begins anew. */
  reset(): void;
}

export function clockOf(source: TimeSource): Clock {
  if (typeof source === "function") {
    return { manual: false, now: source, set: () => false, reset: () => undefined };
  }
  return "manual" in source ? manualClock(source.startAt) : runningClock(source);
}

function manualClock(startAt: number): Clock {
  let current = startAt;
  return {
    manual: true,
    now: () => current,
    // Setting it back is allowed on purpose: clocks of real providers do go backwards.
    set: (now) => {
      current = now;
      return true;
    },
    reset: () => {
      current = startAt;
    },
  };
}

function runningClock({ speed, startAt }: { speed: number; startAt?: number }): Clock {
  let realStart = Date.now();
  const begin = startAt ?? realStart;
  return {
    manual: false,
    now: () => Math.floor(begin + (Date.now() - realStart) * speed),
    set: () => false,
    reset: () => {
      realStart = Date.now();
    },
  };
}

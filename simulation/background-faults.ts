/**
 * Background faults: what can go wrong at any time, how often, and until when. Each seed has a mix of its own: many faults
 * seldom, or one kind often.
 */
import type { CallFault } from "./database.ts";
import type { Draws } from "./draws.ts";

/** How often each thing goes wrong, from 0 to 1. */
export type FaultRates = {
  readonly dbBefore: number;
  readonly dbAfter: number;
  readonly dbHang: number;
  readonly dbOverloaded: number;
  /** A call takes up to twelve seconds, and others overtake it. */
  readonly dbSlow: number;
  /** A process crashes at one of its steps. */
  readonly crash: number;
  /** The same, of a tick or of the first delivery of a message: the retry does not crash. */
  readonly crashAtFirst: number;
  readonly queueLost: number;
  readonly queueTwice: number;
  readonly queueLate: number;
  readonly queueBreaks: number;
  readonly tickMissed: number;
  readonly tickTwice: number;
  readonly tickLate: number;
  /** The clock of a process goes wrong by some seconds. */
  readonly clockOff: number;
  /** An answer of ours gets lost on its way to the panel's script. */
  readonly answerLost: number;
};

export const NO_FAULTS: FaultRates = {
  dbBefore: 0,
  dbAfter: 0,
  dbHang: 0,
  dbOverloaded: 0,
  dbSlow: 0,
  crash: 0,
  crashAtFirst: 0,
  queueLost: 0,
  queueTwice: 0,
  queueLate: 0,
  queueBreaks: 0,
  tickMissed: 0,
  tickTwice: 0,
  tickLate: 0,
  clockOff: 0,
  answerLost: 0,
};

/** About a third of the faults at a time, each at a strength of its own: faults hide each other where all are strong. */
export function drawFaultRates(draws: Draws): FaultRates {
  const strengths = [0.01, 0.03, 0.1, 0.3];
  const entries = Object.keys(NO_FAULTS).map((name) => [name, draws.chance(0.4) ? draws.pick(strengths) : 0] as const);
  const rates = Object.fromEntries(entries) as FaultRates;
  // A script that hears nothing for two minutes, however often it asks, orders anew by the protocol's own rule.
  return { ...rates, answerLost: Math.min(rates.answerLost, 0.01) };
}

/** The faults that can happen at any time; they stop when the rates are `NO_FAULTS`. */
export class BackgroundFaults {
  rates: FaultRates;
  readonly draws: Draws;
  /** What did go wrong. */
  readonly met = new Set<keyof FaultRates>();

  constructor(rates: FaultRates, draws: Draws) {
    this.rates = rates;
    this.draws = draws;
  }

  callFault(): CallFault {
    if (this.happens("dbBefore")) return "before";
    if (this.happens("dbAfter")) return "after";
    // A call that never ends is a rare thing even where it happens: each costs its process.
    if (this.happens("dbHang", 1 / 4)) return "hang";
    return this.happens("dbOverloaded") ? "overloaded" : "none";
  }

  /** Whether the fault happens this time; `share`, from 0 to 1, makes it so much less likely. */
  happens(fault: keyof FaultRates, share = 1): boolean {
    const doesHappen = this.draws.chance(this.rates[fault] * share);
    if (doesHappen) this.met.add(fault);
    return doesHappen;
  }
}

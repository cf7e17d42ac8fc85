/**
 * A crash at every step: a scenario without background faults is run once undisturbed, and then as often as it has steps, each
 * time with the process crashing at that step, before it is done and after (docs/guarantees.md, R7). Each run must come out
 * right by itself, and as the undisturbed one did.
 */
import { openBackend } from "./backends.ts";
import { type OrderEnd, run, type RunResult } from "./scenario.ts";
import type { Crash } from "./scheduler.ts";
import type { Job } from "./swarm.ts";

/** A crash as it is written: `57:after`. */
export function parseCrash(text: string): NonNullable<Job["crash"]> {
  const [, step, when] = /^(\d+):(before|after)$/.exec(text) ?? [];
  if (step === undefined) throw new RangeError(`--crash must be like 57:before or 57:after, not ${JSON.stringify(text)}`);
  return { step: Number(step), when: when as Crash };
}

export function crashAt(crash: Job["crash"]): { readonly crashAtStep?: (step: number) => Crash | null } {
  return crash === undefined ? {} : { crashAtStep: (step) => (step === crash.step ? crash.when : null) };
}

/** What the operator does follows from what waits when it looks, and a crash changes when that is: here it does nothing. */
const NO_MOVES: NonNullable<Job["moves"]> = [];

/** The same scenario without any crash. */
export async function undisturbed(size: Job): Promise<RunResult> {
  const backend = await openBackend("sqlite");
  try {
    return await run({ ...size, moves: NO_MOVES, backend, crashAtStep: () => null });
  } finally {
    await backend.close();
  }
}

export function crashesIn({ seed, ticks, orders }: Job, steps: number): Job[] {
  return Array.from({ length: steps }, (_, step) => step).flatMap((step) =>
    (["before", "after"] as const).map((when) => ({ seed, ticks, orders, moves: NO_MOVES, crash: { step, when } })),
  );
}

/**
 * What came out otherwise than it did undisturbed. A script's order can be another one at the provider, or have its cancel
 * asked for at another time; one that a panel registers is there in both runs.
 */
export function differencesFrom(expected: ReadonlyMap<string, OrderEnd>, found: ReadonlyMap<string, OrderEnd>): string[] {
  const missing = [...expected.keys()].filter((order) => order.startsWith("books ") && !found.has(order));
  const others = [...found].flatMap(([order, { stands, cancel }]) => {
    const should = expected.get(order);
    const isSame = should === undefined || should.cancel !== cancel || should.stands === stands;
    return isSame ? [] : [`${order} is ${stands}, and undisturbed it is ${should.stands}`];
  });
  return [...missing.map((order) => `${order} is not there`), ...others];
}

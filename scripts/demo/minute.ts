/** One simulated minute: the provider's clock is set, the tick fired, and its sweeps waited for. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../simulator/clock.ts";
import { isOutOfTheOrdinary, minuteEventOf, type Totals } from "./events.ts";
import type { DemoWorker } from "./worker.ts";

export const MINUTE_MS = 60_000;
/** Between 1 and 16 ms no difference could be measured: the time of a minute is the Worker's. */
const LOOK_EVERY_MS = 4;
/** A message that fails is delivered anew after 10 s, three times; a minute that takes longer than that is lost. */
const MINUTE_TIMEOUT_MS = 60_000;

export type Stage = {
  readonly worker: DemoWorker;
  readonly clock: Pick<Clock, "set">;
  readonly totals: Totals;
  /** Is told of every line of the log that is not of the ordinary course of a minute. */
  readonly note: (line: string) => void;
};

/** Plays one minute to its end. Throws when the tick fails, or when its messages have not all been swept in time. */
export async function playMinute({ worker, clock, totals, note }: Stage, minute: number): Promise<void> {
  clock.set(minute * MINUTE_MS);
  await worker.fire(minute);
  const deadline = Date.now() + MINUTE_TIMEOUT_MS;
  let ticked = false;
  // Messages on their way: what the tick and the sweeps have sent, less what was swept.
  let open = 0;
  while (!ticked || open > 0) {
    for (const line of worker.takeLogs()) {
      const event = minuteEventOf(line);
      if (event === null) {
        if (isOutOfTheOrdinary(line)) note(line.message);
        continue;
      }
      totals.add(event);
      ticked ||= event.event === "tick";
      if (event.event === "tick") open += event.messages;
      if (event.event === "sweep") open += event.handed_on - 1;
    }
    if (Date.now() > deadline)
      throw new Error(`minute ${minute} did not end: ${ticked ? `${open} of its messages were never swept` : "its tick logged nothing"}`);
    if (!ticked || open > 0) await sleep(LOOK_EVERY_MS);
  }
}

/**
 * Records the examples anew.
 */
import { type Example, Recorder } from "./recorder.ts";
import { play } from "./scenario.ts";

export async function recordExamples(): Promise<readonly Example[]> {
  const recorder = new Recorder();
  await play(recorder);
  return recorder.examples;
}

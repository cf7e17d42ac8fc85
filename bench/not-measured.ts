/** A row whose measurement is still to come: its targets stand in the results, without figures. */
import type { Row, Target } from "./row.ts";

export function notMeasured(name: string, title: string, targets: readonly Pick<Target, "name" | "target">[]): Row<null> {
  return {
    name,
    title,
    seconds: 0,
    steps: () => 0,
    run: () => Promise.resolve(null),
    targets: () => targets.map((target) => ({ ...target, value: null, met: null })),
    chapter: () => ({ text: "Not measured." }),
  };
}

import { describe, expect, it } from "vitest";
import { type Carried, countingOf, type Witness } from "../../../src/domain/shared-fate.ts";

const PANELS = { panel: true, adds: false, circuit: null };

describe("a failed call counts against", () => {
  it.each<[carried: Carried, leftDoubt: boolean, witness: Witness, ReturnType<typeof countingOf>]>([
    ["nothing", false, "unknown", { panel: false, adds: false, circuit: "call" }],
    ["nothing", false, "answers", { panel: false, adds: false, circuit: "call" }],
    ["panels", false, "answers", PANELS],
    ["panels", true, "answers", PANELS],
    ["panels", false, "unknown", PANELS],
    ["panels", true, "unknown", PANELS],
    ["panels", false, "fails", { panel: false, adds: false, circuit: "balance" }],
    ["panels", true, "fails", { panel: true, adds: true, circuit: "balance" }],
    ["panels", false, "failed_before", { panel: false, adds: false, circuit: null }],
    ["panels", true, "failed_before", { panel: true, adds: true, circuit: null }],
  ])("what it carried (%s), its doubt (%s) and the balance (%s) say", (carried, leftDoubt, witness, counting) => {
    expect(countingOf({ carried, leftDoubt, witness })).toEqual(counting);
  });

  it("nothing that others use while the balance has not failed, whatever a panel sent", () => {
    for (const leftDoubt of [true, false])
      for (const witness of ["answers", "unknown"] as const) expect(countingOf({ carried: "panels", leftDoubt, witness })).toEqual(PANELS);
  });
});

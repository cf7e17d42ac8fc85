import { describe, expect, it } from "vitest";
import type { Order } from "../../../src/domain/order.ts";
import { type Carried, countingOf, groupByFate, isHeardOf, type Witness } from "../../../src/domain/shared-fate.ts";

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

describe("orders are polled together", () => {
  const orderOf = (panel: string, providerStatus: string | null, channel: Order["channel"] = null): Order =>
    ({ panel, channel, id: "7", service: null, providerOrderId: "7", state: { providerStatus } }) as Order;
  const told = orderOf("a", "Pending");
  const bought = orderOf("a", null, "catalogue");
  const named = orderOf("a", null);
  const other = orderOf("b", null);
  const orders = [named, told, other, bought];

  it.each<[string, (panel: string) => boolean, Order[], [string, Order[]][]]>([
    ["where no panel is apart", () => false, orders, []],
    ["but for what one panel has named", (panel) => panel === "a", [told, other, bought], [["a", [named]]]],
    [
      "but for what only panels have named",
      () => true,
      [told, bought],
      [
        ["a", [named]],
        ["b", [other]],
      ],
    ],
  ])("%s", (_name, isApart, together, apart) => {
    const groups = groupByFate(orders, isApart);
    expect(groups.together).toEqual(together);
    expect([...groups.apart]).toEqual(apart);
  });
});

describe("whose id the provider has named itself", () => {
  const asked = { channel: "connect", id: "23501", service: "12", providerOrderId: "23501", state: { providerStatus: null } };
  it.each<[string, Partial<Record<keyof Order, unknown>>, boolean]>([
    ["an order placed at its endpoint", {}, true],
    ["one bought from the catalogue", { channel: "catalogue", id: "7" }, true],
    ["one that it has told of", { channel: null, service: null, state: { providerStatus: "Pending" } }, true],
    ["one that was registered", { channel: null }, false],
    ["one that was adopted", { service: null }, false],
    ["one whose id a person has found out", { id: "2000000007" }, false],
    ["one whose id a person has taken from ours", { id: "2000000007", providerOrderId: "2000000007" }, false],
  ])("%s: %o", (_name, changes, heard) => {
    expect(isHeardOf({ ...asked, ...changes } as unknown as Order)).toBe(heard);
  });
});

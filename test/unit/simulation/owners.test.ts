import { describe, expect, it } from "vitest";
import { Owners } from "../../../simulation/owners.ts";
import { createWorld } from "../../../simulator/world.ts";

const row = (panel: string, n: number, id: string, placed = false) => ({
  panel,
  n,
  id: `${panel}-${n}`,
  provider: "acme",
  provider_order_id: id,
  add_digest: placed ? "d" : null,
});

function owners(): Owners {
  return new Owners(() => createWorld({ seed: 1, now: () => 0 }));
}

describe("the check of whose order it is", () => {
  it("finds two panels that have one order at a time, and none where one has given way", () => {
    const both = owners();
    both.take(row("a", 1, "7"), null, 10);
    both.take(row("b", 1, "7"), null, 20);
    expect(both.wrongs).toEqual(["b/b-1 has acme/7, which is a's"]);

    const oneAfterTheOther = owners();
    oneAfterTheOther.take(row("a", 1, "7"), null, 10);
    oneAfterTheOther.take(row("a", 1, "taken a 1"), null, 20);
    oneAfterTheOther.take(row("b", 1, "7", true), null, 20);
    expect([oneAfterTheOther.wrongs, oneAfterTheOther.outranked]).toEqual([[], 1]);
  });

  it("finds an order that was placed here and gave way", () => {
    const one = owners();
    one.take(row("a", 1, "placing a 1", true), null, 10);
    one.take(row("a", 1, "7", true), null, 10);
    one.take(row("a", 1, "taken a 1", true), null, 20);
    expect(one.wrongs).toEqual(["a/1 was placed here, and gave acme/7 away"]);
  });

  it("lets an order give way whose id its panel's own key has named, and its parts", () => {
    const one = owners();
    const whole = { ...row("a", 1, "7", true), named_at: 10 };
    one.take(whole, null, 10);
    one.take(row("a", 2, "8"), whole, 10);
    one.take({ ...whole, provider_order_id: "taken a 1" }, null, 20);
    one.take(row("a", 2, "taken a 2"), whole, 20);
    expect([one.wrongs, one.outranked]).toEqual([[], 2]);
  });

  it.each([
    ["its status is told to another", '{"status":"Pending"}', 1],
    ["it does not exist for another", '{"error":"Incorrect order ID"}', 0],
    ["there is no answer", "", 0],
  ])("%s", (_what, text, wrongs) => {
    const one = owners();
    one.take(row("a", 1, "7"), null, 10);
    one.answered({ panel: "b", provider: "acme", action: "status", ids: ["7"], text, since: 20 });
    expect(one.wrongs).toHaveLength(wrongs);
  });

  it("finds a registration of another's order, and one that was refused though the order is nobody's", () => {
    const one = owners();
    one.take(row("a", 1, "7"), null, 10);
    one.registered({ panel: "b", provider: "acme", id: "7", result: "conflict", since: 20 });
    one.registered({ panel: "b", provider: "acme", id: "8", result: "created", since: 20 });
    expect(one.wrongs).toEqual([]);
    one.registered({ panel: "b", provider: "acme", id: "7", result: "created", since: 20 });
    one.registered({ panel: "b", provider: "acme", id: "8", result: "conflict", since: 20 });
    expect(one.wrongs).toHaveLength(2);
  });
});

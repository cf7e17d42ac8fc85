import { describe, expect, it } from "vitest";
import { approve, clawBack, giveGoodwill, reject } from "../../../src/domain/refund-decision.ts";
import { FLAGS, flagNames, type OrderState } from "../../../src/domain/order.ts";
import { statusForPanel } from "../../../src/domain/panel-status.ts";
import { DEFAULT_POLICY, type RefundPolicy } from "../../../src/domain/refund-policy.ts";
import { reconcile, type ReconcilePolicy } from "../../../src/domain/reconcile.ts";
import { type RefundStep, wasUnreadable } from "../../../src/domain/refund-plan.ts";
import type { PartFacts } from "../../../src/domain/refund-rules.ts";
import { anOrder, aReport, HOUR, NOW, POLICY } from "./orders.ts";

const RULES = { canceled: "full" } as const;

/** An order to which things happen one after the other, a minute apart unless said otherwise. */
class Life {
  state: OrderState;
  steps: readonly RefundStep[] = [];
  policy: RefundPolicy = DEFAULT_POLICY;
  braked = false;
  parts: readonly PartFacts[] = [];
  now = NOW;

  constructor(over: Partial<OrderState> = {}) {
    this.state = anOrder(over);
  }

  under(policy: Partial<RefundPolicy>): this {
    this.policy = { ...DEFAULT_POLICY, ...policy };
    return this;
  }

  says(providerStatus: string, remains: number | null = null): this {
    this.now += 60_000;
    const policy = { ...POLICY, refunds: this.policy, holdAll: this.braked ? ("brake" as const) : null, parts: this.parts };
    const { next, refunds } = reconcile(this.state, aReport({ providerStatus, remains }), policy, this.now);
    [this.state, this.steps] = [next, refunds];
    return this;
  }

  later(hours: number): this {
    this.now += hours * HOUR;
    return this;
  }

  approves(amount: number | null = null): this {
    return this.decided(approve(this.state, amount));
  }

  rejects(): this {
    this.state = reject(this.state, this.now);
    return this;
  }

  clawsBack(amount: number): this {
    return this.decided(clawBack(this.state, amount, RULES, this.parts));
  }

  givesGoodwill(amount: number): this {
    return this.decided(giveGoodwill(this.state, amount));
  }

  private decided(after: ReturnType<typeof approve>): this {
    if (!after.ok) throw new Error(after.failure.code);
    this.state = after.value;
    return this;
  }

  get told(): string {
    const { label, remains } = statusForPanel(this.state);
    return `${label} ${remains}`;
  }

  get flags(): readonly string[] {
    return flagNames(this.state.flags);
  }
}

const noCharge = (over: Partial<OrderState> = {}) => new Life({ charge: null, isScripts: true, ...over });
const held = (life: Life) => life.state.hold?.amount ?? 0;

describe("a decision is about one final status, and remembered as long as that stands", () => {
  it("ends when the status is really taken back: a true cancel afterwards is paid like any other", () => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000).rejects();
    life.says("In progress", 900).says("In progress", 900).under({}).says("Canceled", 900);
    expect(life.steps).toMatchObject([{ kind: "post", amount: 900_000 }]);
  });

  it("does not end by an active status that is said only once", () => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000).rejects().under({});
    expect(life.says("In progress", 900).says("Canceled", 900).steps).toEqual([]);
    expect(life.state.refunded).toBe(0);
  });

  it("ends by an active status after an error too, and what is returned then is the base", () => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000).approves(300_000).under({});
    life.says("Error").says("Error").says("In progress", 900);
    expect(life.flags).toEqual(["over_refunded"]);
    expect(life.says("Partial", 500).steps).toMatchObject([{ kind: "post", amount: 150_000 }]);
  });

  it.each([
    ["Partial", 250, 225_000],
    ["Refunded", 400, 360_000],
    ["Partial", 1000, 900_000],
  ] as const)("leaves another final status to a person: %s %d", (word, remains, amount) => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000).rejects().under({}).says(word, remains);
    expect(life.steps).toMatchObject([{ kind: "hold", amount, reason: "decided_before" }]);
    expect(life.says(word, remains).steps).toEqual([]);
    // Deciding that is the new memory.
    expect(life.approves().says(word, remains).steps).toEqual([]);
    expect(life.state.refunded).toBe(amount);
  });

  it("opens nothing by another final status that makes no more due", () => {
    const life = new Life().under({ mode: "hold" }).says("Partial", 250).approves().under({}).says("Completed", 0);
    expect(life.steps).toEqual([]);
    expect(life.flags).toEqual(["over_refunded"]);
  });

  it("gives an increase alone, and nothing until it passes what was granted above what was due", () => {
    const life = new Life().under({ mode: "hold" }).says("Partial", 250).approves(500_000).under({});
    expect(life.says("Partial", 300).steps).toEqual([]);
    expect(life.says("Partial", 600).steps).toMatchObject([{ kind: "post", amount: 40_000 }]);
    expect(life.says("Partial", 600).steps).toEqual([]);
    expect(life.says("Partial", 700).steps).toMatchObject([{ kind: "post", amount: 90_000 }]);
  });

  it("about a review is about nothing known: a number, or a cancel, is held", () => {
    for (const [word, remains, amount] of [["Partial", 250, 225_000] as const, ["Canceled", 1000, 900_000] as const]) {
      const life = new Life().says("Partial").rejects();
      expect(life.says("Partial").steps).toEqual([]);
      expect(life.says(word, remains).steps).toMatchObject([{ kind: "hold", amount, reason: "decided_before" }]);
    }
    const granted = new Life().says("Partial").approves(100_000).says("Partial", 250);
    expect(granted.steps).toMatchObject([{ kind: "hold", amount: 125_000, reason: "decided_before" }]);
  });
});

describe("a claw-back touches what was posted and nothing else", () => {
  it("leaves what waits beside it", () => {
    const life = new Life().says("Partial", 250).under({ cap: 500_000 }).says("Canceled", 1000);
    expect(held(life)).toBe(675_000);
    life.clawsBack(100_000).says("Canceled", 1000);
    expect(life.steps).toEqual([]);
    expect(held(life)).toBe(675_000);
    expect(life.approves().says("Canceled", 1000).steps).toEqual([]);
    expect(life.state.refunded).toBe(800_000);
  });

  it("leaves a review beside it, and the number that answers it does not post what was taken back", () => {
    const life = new Life().says("Partial", 250).says("Partial");
    expect(held(life)).toBe(675_000);
    life.clawsBack(100_000).says("Partial");
    expect(life.steps).toEqual([]);
    expect(held(life)).toBe(675_000);
    expect(life.says("Partial", 250).steps).toMatchObject([{ kind: "withdraw" }]);
    expect(life.state.refunded).toBe(125_000);
    expect(life.says("Partial", 350).steps).toMatchObject([{ kind: "post", amount: 90_000 }]);
  });

  it("of a little of what is too much leaves it too much", () => {
    const life = new Life().says("Canceled", 1000).says("Completed", 0).clawsBack(1);
    expect(life.flags).toEqual(["over_refunded"]);
  });
});

describe("more returned than is due", () => {
  it.each([
    ["error between", ["Error", "Error", "In progress"]],
    ["an unknown word between", ["Teleporting", "In progress", "In progress"]],
    ["nothing between", ["In progress", "Processing"]],
  ] as const)("is flagged whatever lies between: %s", (_name, words) => {
    for (const mode of ["auto", "off", "hold"] as const) {
      const life = new Life().says("Canceled", 1000).under({ mode });
      for (const word of words) life.says(word, 800);
      expect(life.flags).toEqual(["over_refunded"]);
    }
  });

  it("is not what the panel had returned before, as long as the order goes on", () => {
    const life = new Life({ refunded: 100_000, registeredRefunded: 100_000 }).says("In progress", 500);
    expect(life.flags).toEqual([]);
    expect(life.says("Completed", 0).flags).toEqual(["over_refunded"]);
  });

  it("is never goodwill, which lowers what a later report posts", () => {
    const life = new Life().givesGoodwill(100_000).says("In progress", 300);
    expect(life.flags).toEqual([]);
    expect(life.says("Partial", 250).steps).toMatchObject([{ kind: "post", amount: 125_000 }]);
  });
});

describe("the policy off", () => {
  it("withdraws what waits, and the script hears the provider's own word", () => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000);
    expect(life.told).toBe("In progress 1000");
    life.under({ mode: "off" }).says("Canceled", 1000);
    expect(life.steps).toMatchObject([{ kind: "withdraw" }]);
    expect(life.told).toBe("Canceled 1000");
    expect(life.state.reason).toBeNull();
  });

  it("leaves what was decided before it as it was decided", () => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000).approves(450_000);
    expect(life.under({ mode: "off" }).says("Canceled", 1000).told).toBe("Partial 500");
  });

  it("says a later word as it is, whatever was returned before", () => {
    const life = new Life().says("Partial", 250).under({ mode: "off" }).says("Canceled", 1000);
    expect(life.steps).toEqual([]);
    expect(life.told).toBe("Canceled 1000");
  });

  it("keeps with the panel what ended and was told under it", () => {
    const life = new Life().under({ mode: "off" }).says("Canceled", 1000);
    const { status, refunded, remains, leftToPanel: left } = life.state;
    life.state = { ...life.state, reportedFinal: { status, refunded, remains, left } };
    expect(life.under({}).says("Canceled", 1000).steps).toEqual([]);
    expect(life.told).toBe("Canceled 1000");
    expect(life.flags).toEqual([]);
  });

  it("leaves to the rules again what no script was told", () => {
    const life = new Life({ isScripts: true }).under({ mode: "off" }).says("Canceled", 1000).under({}).says("Canceled", 1000);
    expect(life.steps).toMatchObject([{ kind: "post", amount: 900_000 }]);
  });

  it("keeps with a panel that reads the feed what ended under it, until it is active again", () => {
    const life = new Life().under({ mode: "off" }).says("Canceled", 1000).under({}).says("Canceled", 1000);
    expect([life.steps, life.flags, life.state.leftToPanel]).toEqual([[], [], true]);
    expect(life.says("Partial", 300).steps).toEqual([]);
    life.later(0.1).says("In progress", 300);
    life.later(0.1).says("In progress", 290);
    expect([life.state.status, life.state.leftToPanel]).toEqual(["in_progress", false]);
    expect(life.says("Canceled", 290).steps).toMatchObject([{ kind: "post", amount: 900_000 }]);
  });

  it("keeps nothing of what was completed, since nothing was returned of that", () => {
    const life = new Life().under({ mode: "off" }).says("Completed", 0).under({}).says("Partial", 300);
    expect(life.steps).toMatchObject([{ kind: "post", amount: 270_000 }]);
  });

  it("keeps nothing of what had ended before it with its refund", () => {
    const life = new Life().says("Partial", 300).under({ mode: "off" }).says("Partial", 300).under({}).says("Partial", 400);
    expect(life.steps).toMatchObject([{ kind: "post", amount: 90_000 }]);
  });
});

describe("a rejection", () => {
  it("is told once a poll at least an hour later still says the end", () => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000).rejects();
    expect(life.told).toBe("In progress 1000");
    expect(life.later(0.5).says("Canceled", 1000).told).toBe("In progress 1000");
    expect(life.later(0.5).says("Canceled", 1000).told).toBe("Completed 0");
  });

  it("is never told of an order that was running", () => {
    const life = new Life();
    life.braked = true;
    life.says("Canceled", 1000).rejects();
    life.braked = false;
    expect(life.later(2).says("In progress", 800).told).toBe("In progress 1000");
    expect(life.says("In progress", 700).told).toBe("In progress 700");
    expect(life.later(30).says("Completed", 0).told).toBe("Completed 0");
  });

  it("opens an order that was closed, for the poll that confirms it", () => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000).later(80).says("Canceled", 1000);
    expect(life.state.cadence).toBeNull();
    expect(life.rejects().state.cadence).toBe(60);
    expect(life.later(1).says("Canceled", 1000).state.cadence).toBeNull();
    expect(life.told).toBe("Completed 0");
  });
});

describe("an order in error", () => {
  const inError = () => new Life().under({ errorAfterHours: 1 }).says("Error").later(3).says("Error");

  it("is told as it was decided", () => {
    expect(inError().told).toBe("In progress 600");
    expect(inError().approves().told).toBe("Canceled 1000");
    expect(inError().approves(450_000).says("Error").told).toBe("Partial 500");
  });

  it("is not held again once it was decided, and is not told a rejection", () => {
    const life = inError().rejects().later(2).says("Error");
    expect(life.steps).toEqual([]);
    expect(life.told).toBe("In progress 600");
    expect(life.says("Canceled", 1000).steps).toMatchObject([{ kind: "hold", reason: "decided_before" }]);
  });
});

describe("what a panel is told of a refund", () => {
  it("is the provider's own number where the refund is its share, however small the charge", () => {
    const life = new Life({ charge: 1, quantity: 10, remains: 5 }).says("Partial", 3);
    expect(life.state.refunded).toBe(1);
    expect(life.told).toBe("Partial 3");
  });

  it("is the same of a canceled package, whatever number stands beside it", () => {
    const life = new Life({ charge: null, quantity: null, isScripts: true }).says("Canceled", 7);
    life.state = { ...life.state, reportedFinal: { status: "canceled", refunded: 0, remains: 7, left: true } };
    expect(life.says("Canceled", 3).flags).toEqual([]);
  });

  it("is flagged where no whole number of units says it", () => {
    const one = (over: Partial<OrderState>) => new Life({ quantity: 1, remains: 1, ...over }).under({ mode: "hold" }).says("Canceled", 1);
    const asked = one({ isScripts: true }).approves(450_000).says("Canceled", 1);
    expect([asked.told, asked.flags]).toEqual(["Completed 0", ["panel_outdated"]]);
    // A panel that only reads the amount has nothing to correct.
    expect(one({}).approves(450_000).says("Canceled", 1).flags).toEqual([]);
    // Nor has one whose books were put right.
    const corrected = one({ isScripts: true }).approves(450_000);
    corrected.state = {
      ...corrected.state,
      reportedFinal: { status: "canceled", refunded: 450_000, remains: 1, left: false, corrected: true },
    };
    expect(corrected.says("Canceled", 1).flags).toEqual([]);
  });
});

describe("several parts", () => {
  it("hold what their parts left undelivered, where all are known", () => {
    const parts = [
      { status: "completed", remains: 0, heard: true },
      { status: "canceled", remains: 1000, heard: true },
      { status: "partial", remains: 400, heard: true },
    ] as const;
    const whole = anOrder({ multi: true, runs: 3, quantity: 3000, charge: 2_916_000 });
    const policy = { ...POLICY, parts };
    const say = (providerStatus: string, over: Partial<ReconcilePolicy>) =>
      reconcile(whole, aReport({ providerStatus, remains: null }), { ...policy, ...over }, NOW).refunds;
    expect(say("Completed", {})).toMatchObject([{ kind: "hold", amount: 1_360_800, reason: "multi_order" }]);
    expect(say("Canceled", {})).toMatchObject([{ kind: "hold", amount: 1_360_800, reason: "multi_order" }]);
    // Not all are known: all is at stake.
    expect(say("Completed", { parts: parts.slice(0, 2) })).toMatchObject([{ kind: "hold", amount: 2_916_000 }]);
    expect(say("Completed", { parts: parts.slice(0, 1) })).toEqual([]);
    const all = [parts[0], parts[0], parts[0]];
    expect(say("Completed", { parts: all })).toEqual([]);
    // The provider's word and its parts contradict each other: a person looks.
    expect(say("Canceled", { parts: all })).toMatchObject([{ kind: "hold", amount: null, reason: "multi_order" }]);
  });

  const canceled = { status: "canceled", remains: 1000, heard: true } as const;
  const completed = { status: "completed", remains: 0, heard: true } as const;
  const unheard = { status: "pending", remains: null, heard: false } as const;
  const severalOf = (...parts: Life["parts"]) => {
    const life = new Life({ multi: true, runs: parts.length, quantity: 1000 * parts.length, isScripts: true });
    life.parts = parts;
    return life;
  };

  it("tell that nothing is returned once a word with nothing at stake is approved", () => {
    const whole = severalOf(completed).says("Canceled").approves();
    expect(whole.told).toBe("Completed 0");
    // What turns out to be at stake later is still decided here.
    whole.parts = [canceled];
    expect(whole.says("Canceled").steps).toMatchObject([{ kind: "hold", amount: 900_000, reason: "multi_order" }]);
  });

  it("are not asked about again after a claw-back of what was granted", () => {
    const whole = severalOf(canceled).says("Completed").approves().clawsBack(400_000);
    expect(whole.says("Completed").steps).toEqual([]);
    expect(whole.state.refunded).toBe(500_000);
  });

  it("are not said to be refunded too much, for what a person granted and left after they came right", () => {
    const whole = severalOf(canceled).says("Completed").approves();
    whole.parts = [completed];
    expect(whole.says("Completed").flags).toContain("over_refunded");
    expect(whole.clawsBack(400_000).flags).not.toContain("over_refunded");
    expect(whole.says("Completed").flags).not.toContain("over_refunded");
    // Should they fall short again, that is more than was due then, and a person has granted less.
    whole.parts = [canceled];
    expect(whole.says("Completed").steps).toMatchObject([{ kind: "hold", amount: 400_000, reason: "multi_order" }]);
  });

  it.each<[string, Life["parts"], Partial<OrderState>, Partial<RefundPolicy>, string]>([
    ["one of which nothing was heard", [completed, unheard], {}, {}, "In progress"],
    ["one that is under way, as far as was heard", [completed, { ...unheard, heard: true }], {}, {}, "Completed 0"],
    ["one that is short already", [canceled, unheard], {}, {}, "In progress"],
    ["none that is left", [completed, completed], {}, {}, "Completed 0"],
    ["none that is known", [], {}, {}, "Completed 0"],
    ["no charge that anything could follow from", [completed, unheard], { charge: null }, {}, "Completed 0"],
    ["nothing to pay", [completed, unheard], { charge: 0 }, {}, "Completed 0"],
    ["a panel that pays by itself", [completed, unheard], {}, { mode: "off" }, "Completed 0"],
    ["an end that was told before", [completed, unheard], { status: "completed", finalAt: NOW }, {}, "Completed 0"],
  ])("are heard of before completed is told, with %s", (_name, parts, over, policy, told) => {
    const whole = severalOf(...parts).under(policy);
    whole.state = { ...whole.state, ...over };
    expect(whole.says("Completed").told.replace(/^(In progress).*/, "$1")).toBe(told);
    const [isShort, isHeard] = [parts.includes(canceled), told !== "In progress"];
    expect(whole.state.status).toBe(isHeard || isShort ? "completed" : "in_progress");
    expect(whole.steps.length).toBe(isShort ? 1 : 0);
    // Once the part has answered, its answer decides.
    whole.parts = [completed, canceled];
    if (!isHeard && !isShort)
      expect(whole.says("Completed").steps).toMatchObject([{ kind: "hold", amount: 450_000, reason: "multi_order" }]);
  });

  it("keep the word of a whole that waits for them, and no number that came with it", () => {
    const whole = severalOf(completed, unheard).says("In progress", 900).says("Completed", 0);
    expect(whole.state).toMatchObject({ status: "in_progress", providerStatus: "Completed", remains: 900, hold: null, backTo: null });
    expect(whole.says("Completed", 0).state.status).toBe("in_progress");
    whole.parts = [completed, completed];
    expect(whole.says("Completed", 0).state).toMatchObject({ status: "completed", remains: 0 });
  });
});

describe("the word of an order without a charge", () => {
  it("is told at once under the default policy", () => {
    const life = noCharge().says("Canceled", 250);
    expect([life.told, life.steps]).toEqual(["Canceled 1000", []]);
    expect(noCharge().says("Partial", 250).told).toBe("Partial 250");
  });

  it.each([
    ["mode hold", { mode: "hold" }, false, "policy_hold"],
    ["the brake", {}, true, "brake"],
  ] as const)("is kept back by %s", (_name, policy, braked, reason) => {
    for (const charge of [null, 0]) {
      const life = noCharge({ charge }).under(policy);
      life.braked = braked;
      life.says("Canceled", 1000);
      expect(life.steps).toMatchObject([{ kind: "hold", amount: null, reason }]);
      expect([life.told, life.flags]).toEqual(["In progress 1000", ["refund_held"]]);
      expect(life.says("Canceled", 1000).steps).toEqual([]);
      expect(noCharge({ charge }).under(policy).says("Completed", 0).told).toBe("Completed 0");
    }
  });

  it("is told when a person approves it, and stays told", () => {
    const life = noCharge().under({ mode: "hold" }).says("Canceled", 1000).approves();
    expect(life.told).toBe("Canceled 1000");
    expect(life.says("Canceled", 1000).steps).toEqual([]);
    expect(life.told).toBe("Canceled 1000");
  });

  it("becomes nothing due when a person rejects it, once the end is confirmed", () => {
    const life = noCharge().under({ mode: "hold" }).says("Canceled", 1000).rejects();
    expect(life.told).toBe("In progress 1000");
    expect(life.later(1).says("Canceled", 1000).told).toBe("Completed 0");
    expect(life.says("Partial", 250).steps).toMatchObject([{ kind: "hold", amount: null, reason: "decided_before" }]);
  });

  it("is approved without an amount", () => {
    const life = noCharge().under({ mode: "hold" }).says("Canceled", 1000);
    expect(approve(life.state, 1)).toEqual({ ok: false, failure: { code: "no_charge" } });
  });

  it("waits for its delay, and goes out once", () => {
    const life = noCharge().under({ delayMinutes: 30 }).says("Canceled", 1000);
    expect(life.steps).toMatchObject([{ kind: "delay", amount: null }]);
    expect(life.told).toBe("In progress 1000");
    expect(life.later(0.5).says("Canceled", 1000).steps).toMatchObject([{ kind: "release", amount: null }]);
    expect(life.told).toBe("Canceled 1000");
    expect(life.says("Canceled", 1000).steps).toEqual([]);
    expect(life.told).toBe("Canceled 1000");
  });

  it("is reviewed where a partial has no number, until one comes", () => {
    const life = noCharge().says("Partial");
    expect(life.steps).toMatchObject([{ kind: "hold", amount: null, reason: "remains_unknown" }]);
    expect(life.flags).toEqual(["refund_held"]);
    expect(life.says("Partial", 250).steps).toMatchObject([{ kind: "withdraw" }]);
    expect(life.told).toBe("Partial 250");
    const passed = noCharge().says("Partial").approves();
    expect(passed.told).toBe("Partial 0");
    expect(passed.says("Partial", 250).steps).toMatchObject([{ kind: "hold", reason: "decided_before" }]);
  });

  it("is reviewed where a partial that went out loses its number, and stands again with it", () => {
    const life = noCharge().says("Partial", 250);
    expect(life.told).toBe("Partial 250");
    expect(life.says("Partial").steps).toMatchObject([{ kind: "hold", amount: null, reason: "remains_unknown" }]);
    expect(life.flags).toEqual(["refund_held"]);
    expect(life.says("Partial").steps).toEqual([]);
    expect(life.says("Partial", 250).steps).toMatchObject([{ kind: "withdraw" }]);
    expect([life.told, life.flags]).toEqual(["Partial 250", []]);
  });

  it("is reviewed where the policy that left it to the panel is over before its number came", () => {
    const life = noCharge().under({ mode: "off" }).says("Partial");
    expect([life.told, life.steps]).toEqual(["In progress 1000", []]);
    expect(life.under({}).says("Partial").steps).toMatchObject([{ kind: "hold", amount: null, reason: "remains_unknown" }]);
  });

  it("is another question when it becomes another word", () => {
    const life = noCharge().under({ mode: "hold" }).says("Canceled", 1000).says("Partial", 250);
    expect(life.steps).toMatchObject([
      { kind: "withdraw", n: 1 },
      { kind: "hold", n: 2, amount: null },
    ]);
  });

  it("goes out again where a person approved it, and not where it was rejected, should it come back after another", () => {
    const approved = noCharge().under({ mode: "hold" }).says("Refunded").approves();
    expect(approved.says("Canceled", 1000).steps).toMatchObject([{ kind: "hold", amount: null, reason: "decided_before" }]);
    expect(approved.says("Refunded").told).toBe("Canceled 1000");
    expect(approved.says("Partial", 250).rejects().later(1).says("Partial", 250).told).toBe("Completed 0");
    const rejected = noCharge().under({ mode: "hold" }).says("Refunded").rejects().later(1).says("Refunded");
    expect(rejected.says("Canceled", 1000).steps).toMatchObject([{ kind: "hold", amount: null }]);
    expect(rejected.says("Refunded").told).toBe("Completed 0");
  });

  it("waits on for a person over an error in between, though the policy has changed", () => {
    const life = noCharge().under({ mode: "hold" }).says("Canceled", 1000).under({}).says("Error").says("Error");
    expect(life.says("Canceled", 1000).steps).toEqual([]);
    expect([life.told, life.flags]).toEqual(["In progress 1000", ["refund_held"]]);
  });

  it("is written down as told where its number could not be read under the policy off, and is none now", () => {
    const untold = noCharge().under({ mode: "off" }).says("In progress", 600).state;
    const unreadable = { ...aReport({ providerStatus: "Refunded", remains: null }), remainsUnreadable: true } as const;
    const off = reconcile(untold, unreadable, { ...POLICY, refunds: { ...DEFAULT_POLICY, mode: "off" } }, NOW + HOUR).next;
    expect(statusForPanel(off)).toMatchObject({ label: "In progress", final: false });
    const { write, next } = reconcile(off, aReport({ providerStatus: "Refunded", remains: null }), POLICY, NOW + 2 * HOUR);
    expect([write, statusForPanel(next).label, next.reason]).toEqual(["move", "Canceled", null]);
  });

  it("waits for its time alone once its number is none, though nobody could read it before", () => {
    const unreadable = { ...aReport({ providerStatus: "Refunded", remains: null }), remainsUnreadable: true } as const;
    const review = reconcile(noCharge().state, unreadable, POLICY, NOW).next;
    expect(review).toMatchObject({ hold: { amount: null, postsAt: null }, reason: "remains_unknown" });
    const delayed = { ...POLICY, refunds: { ...DEFAULT_POLICY, delayMinutes: 30 } };
    const none = aReport({ providerStatus: "Refunded", remains: null });
    const waits = reconcile(review, none, delayed, NOW + HOUR).next;
    expect([waits.hold?.postsAt, waits.reason]).toEqual([NOW + HOUR + HOUR / 2, null]);
    // What was unreadable is known by the reason that is on record.
    expect(wasUnreadable(reconcile(waits, none, delayed, NOW + 2 * HOUR).next)).toBe(false);
  });

  it("is not called back once it went out, and is withdrawn by an active one", () => {
    const life = noCharge().says("Canceled", 1000).under({ mode: "hold" });
    expect(life.says("Canceled", 1000).steps).toEqual([]);
    const waiting = noCharge().under({ mode: "hold" }).says("Canceled", 1000).says("In progress", 500).says("In progress", 500);
    expect(waiting.steps).toMatchObject([{ kind: "withdraw" }]);
    expect(waiting.flags).toEqual([]);
    expect((waiting.state.flags & FLAGS.refund_held) === 0).toBe(true);
  });
});

describe("what a panel that reads the feed was told under the policy off", () => {
  const canceledUnderOff = () => new Life().under({ mode: "off" }).says("Canceled", 1000);

  it.each([
    ["under another policy", (life: Life) => life.under({}).says("Error").says("Error")],
    ["under off", (life: Life) => life.says("Error").says("Error").under({})],
    ["under off, after a part", (life: Life) => life.says("Partial", 250).says("Error").says("Error").under({})],
    ["for so long that it would be held", (life: Life) => life.under({ errorAfterHours: 1 }).says("Error").later(3).says("Error")],
  ])("stays the panel's over an error %s", (_, between) => {
    const life = between(canceledUnderOff());
    expect(life.steps).toEqual([]);
    expect(life.says("Canceled", 1000).steps).toEqual([]);
    expect([life.state.refunded, life.state.leftToPanel]).toEqual([0, true]);
  });

  it.each([
    ["Partial", 300],
    ["Canceled", 1000],
  ] as const)("stays the panel's though it was completed in between: %s", (word, remains) => {
    const before = canceledUnderOff().says("Completed", 0).under({}).says(word, remains);
    expect([before.steps, before.state.refunded]).toEqual([[], 0]);
    const after = canceledUnderOff().under({}).says("Completed", 0).says(word, remains);
    expect([after.steps, after.state.refunded]).toEqual([[], 0]);
  });

  it("is nothing to return of an order that was completed alone, over an error too", () => {
    const life = new Life().under({ mode: "off" }).says("Completed", 0).says("Error").says("Error").under({}).says("Partial", 300);
    expect(life.steps).toMatchObject([{ kind: "post", amount: 270_000 }]);
  });

  it("ends with an active status that counts", () => {
    const life = canceledUnderOff().says("Error").says("Error").under({}).says("In progress", 900).says("In progress", 900);
    expect(life.says("Canceled", 900).steps).toMatchObject([{ kind: "post", amount: 900_000 }]);
  });

  it("is what was decided before, over an error too", () => {
    const life = new Life().under({ mode: "hold" }).says("Canceled", 1000).rejects().later(1).says("Canceled", 1000);
    life.under({ mode: "off" }).says("Canceled", 1000).says("Error").says("Error").says("Canceled", 1000);
    expect(life.told).toBe("Completed 0");
    // Another number than was decided about is new.
    const more = new Life().under({ mode: "hold" }).says("Partial", 250).rejects().later(1).says("Partial", 250);
    expect(more.under({ mode: "off" }).says("Error").says("Error").says("Partial", 400).told).toBe("Partial 400");
  });
});

describe("a number that is lost", () => {
  const unreadable = (life: Life) => {
    const policy = { ...POLICY, refunds: life.policy, holdAll: life.braked ? ("brake" as const) : null };
    const report = { ...aReport({ providerStatus: "Refunded", remains: null }), remainsUnreadable: true } as const;
    const { next, refunds } = reconcile(life.state, report, policy, (life.now += 60_000));
    [life.state, life.steps] = [next, refunds];
    return life;
  };
  const lost = { Partial: (life: Life) => life.says("Partial"), Refunded: unreadable } as const;

  describe.each(["Partial", "Refunded"] as const)("%s", (word) => {
    it("is another question than the word that was let go, and the same word with the number is not", () => {
      const life = noCharge().under({ mode: "hold" }).says(word, 250).approves();
      expect(life.told).toBe("Partial 250");
      expect(lost[word](life).steps).toMatchObject([{ kind: "hold", amount: null, reason: "remains_unknown" }]);
      expect(life.told).toBe("In progress 1000");
      expect(lost[word](life).steps).toEqual([]);
      expect(life.says(word, 250).steps).toMatchObject([{ kind: "withdraw" }]);
      expect(life.told).toBe("Partial 250");
    });

    it.each(["the policy", "the brake"])("is not covered by what waits because of %s", (because) => {
      const life = because === "the brake" ? noCharge() : noCharge().under({ mode: "hold" });
      life.braked = because === "the brake";
      life.says(word, 250);
      expect(lost[word](life).steps).toMatchObject([{ kind: "withdraw" }, { kind: "hold", amount: null, reason: "remains_unknown" }]);
      life.braked = false;
      expect(lost[word](life).steps).toEqual([]);
      expect(life.told).toBe("In progress 1000");
      // The person who lets it go then has seen that there is none.
      expect(life.approves().state.hold).toBeNull();
      expect(["Partial 0", "Canceled 1000"]).toContain(life.told);
      expect(lost[word](life).steps).toEqual([]);
    });

    it("is told as the word that was refused, which says no number", () => {
      const life = noCharge().under({ mode: "hold" }).says(word, 250).rejects().later(1);
      expect(lost[word](life).told).toBe("Completed 0");
    });

    it.each(["approves", "rejects"] as const)("is not told under the policy off, whatever a person %s with it", (decides) => {
      const life = new Life().under({ mode: "hold" }).says(word, 250)[decides]().later(1).says(word, 250).under({ mode: "off" });
      const before = life.told;
      expect(lost[word](life).told).toBe("In progress 1000");
      expect(before).toBe(decides === "approves" ? "Partial 250" : "Completed 0");
      expect(life.says(word, 250).told).toBe("Partial 250");
    });
  });
});

describe("what is given and taken back beside what waits", () => {
  it("leaves what is due as it was, where nobody knew it", () => {
    const life = new Life().givesGoodwill(100_000).says("Partial").clawsBack(100_000);
    expect(held(life)).toBe(800_000);
    expect(life.says("Partial", 250).steps).toMatchObject([{ kind: "withdraw" }, { kind: "post", amount: 225_000 }]);
  });

  it("leaves an increase what it is", () => {
    const life = new Life().says("Partial", 250).givesGoodwill(100_000).says("Partial").clawsBack(100_000);
    expect(life.says("Partial", 350).steps).toMatchObject([{ kind: "withdraw" }, { kind: "post", amount: 90_000 }]);
    expect(life.state.refunded).toBe(315_000);
  });

  it("does not post again what was taken back above the goodwill", () => {
    const life = new Life().says("Partial", 250).givesGoodwill(100_000).says("Partial").clawsBack(200_000).says("Partial", 250);
    expect([life.state.refunded, life.state.hold]).toEqual([125_000, null]);
  });

  it.each(["Error", "What is this"])("decides nothing about %s, as far as it is goodwill", (word) => {
    const life = new Life().under({ errorAfterHours: 1 }).givesGoodwill(100_000).says(word).clawsBack(100_000);
    expect(life.state.decided).toBeNull();
    expect(life.says("Canceled", 1000).steps).toMatchObject([{ kind: "post", amount: 900_000 }]);
  });

  it("does not keep an error from being held that lasts too long", () => {
    const goodwill = new Life().under({ errorAfterHours: 1 }).givesGoodwill(100_000).says("Error").clawsBack(100_000);
    expect(goodwill.later(3).says("Error").steps).toMatchObject([{ kind: "hold", amount: 900_000, reason: "error_too_long" }]);
    const posted = new Life().under({ errorAfterHours: 1 }).says("Partial", 250).says("Error").says("Error").clawsBack(225_000);
    expect(posted.later(3).says("Error").steps).toMatchObject([{ kind: "hold", amount: 900_000, reason: "error_too_long" }]);
    // What a person decided about the error stays decided.
    expect(posted.approves(100_000).clawsBack(100_000).later(3).says("Error").steps).toEqual([]);
  });

  it("does not post again what was taken back while it was in error", () => {
    const life = new Life().says("Partial", 250).says("Error").says("Error").clawsBack(225_000).says("Partial", 250);
    expect(life.steps).toMatchObject([{ kind: "hold", amount: 225_000, reason: "decided_before" }]);
  });

  it.each(["the policy", "the cap", "the brake"])("leaves the rest to the person who has it because of %s", (because) => {
    const life = new Life().under(because === "the policy" ? { mode: "hold" } : because === "the cap" ? { cap: 200_000 } : {});
    life.braked = because === "the brake";
    life.says("Partial", 250);
    life.braked = false;
    life.under({}).givesGoodwill(100_000).says("Partial", 250);
    const reason = { "the policy": "policy_hold", "the cap": "over_cap", "the brake": "brake" }[because];
    expect(life.steps).toMatchObject([{ kind: "withdraw" }, { kind: "hold", amount: 125_000, reason }]);
    expect(life.says("Partial", 250).steps).toEqual([]);
    // Another amount is due: that is decided anew.
    expect(life.says("Partial", 350).steps).toMatchObject([{ kind: "withdraw" }, { kind: "post", amount: 215_000 }]);
  });
});

describe("a word that is let go while the order stands in error", () => {
  const inError = (word: string, remains: number) =>
    noCharge().under({ mode: "hold" }).says(word, remains).says("Error").says("Error").approves();

  it("is told where it says as much without a number", () => {
    const life = inError("Canceled", 1000);
    expect(life.told).toBe("Canceled 1000");
    expect(life.says("Error").told).toBe("Canceled 1000");
    expect(life.under({ mode: "off" }).says("Error").told).toBe("Canceled 1000");
    expect(life.under({ mode: "hold" }).says("Canceled", 1000).steps).toEqual([]);
    expect(life.told).toBe("Canceled 1000");
  });

  it("is told with its number once the order has left the error", () => {
    const life = inError("Partial", 250);
    expect(life.told).toBe("In progress 250");
    expect(life.says("Partial", 250).told).toBe("Partial 250");
  });

  it("is not told when it was refused", () => {
    const life = noCharge().under({ mode: "hold" }).says("Canceled", 1000).says("Error").says("Error").rejects();
    expect(life.later(2).says("Error").told).toBe("In progress 1000");
  });
});

import { describe, expect, it } from "vitest";
import { type Draws, drawsOf } from "../../simulator/draws.ts";
import { DEMO_MIX, LIFE_KINDS, type LifeKind } from "../../simulator/kinds.ts";
import { canceledLife, finalState, type Life, lifeOf, settledAt, stateAt, toldState } from "../../simulator/life.ts";

const PLACED = 1_790_000_000_000;
const MINUTE = 60_000;
const KINDS = Object.keys(LIFE_KINDS) as LifeKind[];

function livesOf(kind: LifeKind, count = 200, quantity = 1000): Life[] {
  return Array.from({ length: count }, (_, id) => lifeOf(3, { provider: "acme", id, quantity, placedAt: PLACED }, { [kind]: 1 }));
}

function three(draws: Draws): number[] {
  return [draws.unit(), draws.unit(), draws.unit()];
}

function minutesOf(life: Life): number[] {
  const minutes = Math.ceil((settledAt(life) - PLACED) / MINUTE) + 5;
  return Array.from({ length: minutes }, (_, minute) => PLACED + minute * MINUTE);
}

describe("draws", () => {
  it("repeat for the same purpose and differ between purposes", () => {
    const first = drawsOf(1, "acme", "a");
    const again = drawsOf(1, "acme", "a");
    const other = drawsOf(1, "acme", "b");
    const values = three(first);
    expect(three(again)).toEqual(values);
    expect(three(other)).not.toEqual(values);
  });

  it("are spread evenly", () => {
    const draws = drawsOf(5, "even");
    const drawn = Array.from({ length: 20_000 }, () => draws.between(0, 9));
    for (let digit = 0; digit < 10; digit += 1) {
      expect(Math.abs(drawn.filter((each) => each === digit).length - 2000)).toBeLessThan(250);
    }
  });

  it("refuse to choose where nothing has a weight", () => {
    expect(() => drawsOf(1).weighted({ a: 0 })).toThrow(RangeError);
  });
});

describe("a life", () => {
  it("is the same for the same seed, provider, order, quantity and time, and another otherwise", () => {
    const life = lifeOf(1, { provider: "acme", id: "100", quantity: 1000, placedAt: PLACED });
    expect(lifeOf(1, { provider: "acme", id: "100", quantity: 1000, placedAt: PLACED })).toEqual(life);
    for (const other of [
      lifeOf(2, { provider: "acme", id: "100", quantity: 1000, placedAt: PLACED }),
      lifeOf(1, { provider: "bolt", id: "100", quantity: 1000, placedAt: PLACED }),
      lifeOf(1, { provider: "acme", id: "101", quantity: 1000, placedAt: PLACED }),
    ]) {
      expect(other).not.toEqual(life);
    }
  });

  it.each(KINDS)("of the kind %s settles within six hours in a final status and stays so", (kind) => {
    for (const life of livesOf(kind)) {
      const end = settledAt(life);
      expect(end).toBeGreaterThan(PLACED);
      expect(end).toBeLessThan(PLACED + 6 * 60 * MINUTE);
      expect(["completed", "partial", "canceled", "refunded"]).toContain(finalState(life).status);
      expect(stateAt(life, end + 1000 * 60 * MINUTE)).toEqual(finalState(life));
      expect(stateAt(life, end - 1)).not.toEqual(finalState(life));
    }
  });

  it.each(KINDS)("of the kind %s has remains between 0 and the quantity, never rising while in progress", (kind) => {
    const wrong: string[] = [];
    for (const quantity of [1, 2, 10, 1000]) {
      for (const [id, life] of livesOf(kind, 60, quantity).entries()) {
        let last = quantity;
        for (const now of minutesOf(life)) {
          const { status, remains } = stateAt(life, now);
          const within = remains !== null && remains >= 0 && remains <= quantity;
          const rises = status === "in_progress" && (remains ?? 0) > last;
          if (!within || rises) wrong.push(`order ${id} of ${quantity}: ${status} ${remains} at ${now}`);
          last = status === "in_progress" ? (remains ?? 0) : quantity;
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each<[LifeKind, string, (remains: number) => boolean]>([
    ["completed", "completed", (remains) => remains === 0],
    ["partial", "partial", (remains) => remains > 0 && remains < 1000],
    ["partial_nothing", "partial", (remains) => remains === 1000],
    ["canceled", "canceled", (remains) => remains === 1000],
    ["canceled_after_delivery", "canceled", (remains) => remains > 0 && remains < 1000],
    ["refunded", "refunded", (remains) => remains === 1000 || remains === 0],
    ["refunded_rest", "refunded", (remains) => remains > 0 && remains < 1000],
    ["taken_back", "completed", (remains) => remains === 0],
    ["error", "completed", (remains) => remains === 0],
  ])("of the kind %s ends as %s with fitting remains", (kind, status, fits) => {
    for (const life of livesOf(kind)) {
      const end = finalState(life);
      expect(end.status).toBe(status);
      expect(fits(end.remains ?? -1)).toBe(true);
    }
  });

  it("takes 3 minutes to 3 hours to be completed, fast and slow ones alike present", () => {
    const minutes = livesOf("completed", 500).map((life) => (settledAt(life) - PLACED) / MINUTE);
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...minutes)).toBeLessThanOrEqual(180);
    expect(minutes.some((m) => m < 10)).toBe(true);
    expect(minutes.some((m) => m > 120)).toBe(true);
  });

  it("goes through all middle steps, or skips some, or wavers between them", () => {
    const paths = new Set(livesOf("completed", 500).map((life) => life.steps.map((step) => step.status).join(">")));
    expect(paths).toContain("pending>processing>in_progress>completed");
    expect(paths).toContain("pending>in_progress>completed");
    expect(paths).toContain("pending>completed");
    expect(paths).toContain("pending>processing>in_progress>processing>in_progress>completed");
  });

  it("that is reversed gives one final status 10 to 30 minutes before another that owes more", () => {
    const pairs = new Set<string>();
    for (const life of livesOf("reversal")) {
      const [before, after] = life.steps.slice(-2);
      if (!before || !after) throw new Error("a reversal has two final steps");
      pairs.add(`${before.status}>${after.status}`);
      expect(after.at - before.at).toBeGreaterThanOrEqual(10 * MINUTE);
      expect(after.at - before.at).toBeLessThanOrEqual(30 * MINUTE);
      expect(after.remains).toBeGreaterThan(before.remains ?? 0);
    }
    expect([...pairs].toSorted()).toEqual(["completed>canceled", "completed>partial", "partial>canceled"]);
  });

  it("that is reopened goes from completed back to in progress and then ends", () => {
    for (const life of livesOf("reopened")) {
      const words = life.steps.slice(-3).map((step) => step.status);
      expect(["completed>in_progress>completed", "completed>in_progress>partial"]).toContain(words.join(">"));
    }
  });

  it("that flaps tells something else in exactly one answer after it has settled", () => {
    for (const life of livesOf("flapping", 50)) {
      const end = settledAt(life);
      const told = [1, 2, 3, 4, 5, 6].map((answer) => toldState(life, end, answer).status);
      expect(told[0]).toBe(finalState(life).status);
      expect(told.filter((status) => status !== finalState(life).status)).toHaveLength(1);
      expect(toldState(life, end - 1, 0)).toEqual(stateAt(life, end - 1));
    }
  });

  it("that meets an error is in error for a while in its middle", () => {
    for (const life of livesOf("error", 50)) {
      const words = life.steps.map((step) => step.status);
      expect(words.slice(-3)).toEqual(["error", "in_progress", "completed"]);
    }
  });

  it("that was canceled on request keeps its past and ends as canceled", () => {
    const life = lifeOf(1, { provider: "acme", id: 5, quantity: 1000, placedAt: PLACED }, { completed: 1 });
    const canceled = canceledLife(life, PLACED + 1000, PLACED + 5 * MINUTE);
    expect(stateAt(canceled, PLACED)).toEqual(stateAt(life, PLACED));
    expect(finalState(canceled)).toMatchObject({ status: "canceled", remains: 1000 });
    expect(settledAt(canceled)).toBe(PLACED + 5 * MINUTE);
  });

  it("shows no start count before it has started", () => {
    const life = livesOf("completed", 50).find(({ steps }) => steps[0].status === "pending");
    expect(life && stateAt(life, PLACED).start_count).toBe(0);
    expect(life && finalState(life).start_count).toBe(life?.startCount);
  });
});

describe("a mix", () => {
  it("gives each kind about its weight's share", () => {
    const count = 10_000;
    const counts = new Map<string, number>();
    for (let id = 0; id < count; id += 1) {
      const { kind } = lifeOf(11, { provider: "acme", id, quantity: 1000, placedAt: PLACED });
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    for (const kind of KINDS) {
      const share = (counts.get(kind) ?? 0) / count;
      expect(Math.abs(share - (DEMO_MIX[kind] ?? 0) / 100)).toBeLessThan(0.015);
    }
  });

  it("uses nothing but the kinds it names", () => {
    const kinds = new Set(
      Array.from(
        { length: 200 },
        (_, id) => lifeOf(1, { provider: "acme", id, quantity: 50, placedAt: PLACED }, { partial: 1, canceled: 3 }).kind,
      ),
    );
    expect([...kinds].toSorted()).toEqual(["canceled", "partial"]);
  });

  it("does not deliver a single unit in part", () => {
    const ends = Array.from({ length: 300 }, (_, id) => finalState(lifeOf(1, { provider: "acme", id, quantity: 1, placedAt: PLACED })));
    const partial = ends.filter(({ status }) => status === "partial");
    expect(new Set(partial.map(({ remains }) => remains))).toEqual(new Set([1]));
  });
});

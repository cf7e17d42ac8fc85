/**
 * The stored histories of earlier releases, played to today's code: from their beginning on a new database, and from half
 * way on their own database, upgraded.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type History, readHistories, type Standing } from "./history.ts";
import { differences, Replay } from "./replay.ts";
import { reviewed } from "./reviewed.ts";
import { newerThan, populated, readMigrations, standingsOf } from "./tables.ts";

const MIGRATIONS = readMigrations(join(import.meta.dirname, "../.."));

function databaseOf(history: History, from: "beginning" | "half way"): string[] {
  const all = MIGRATIONS.map(({ sql }) => sql);
  return from === "beginning" ? all : [...populated(history, MIGRATIONS), ...newerThan(history, MIGRATIONS).map(({ sql }) => sql)];
}

const played = readHistories().flatMap((history) =>
  (["beginning", "half way"] as const).map((from) => ({ name: `${history.release} from its ${from}`, history, from })),
);

describe.each(played)("$name", ({ name, history, from }) => {
  let replay: Replay;

  beforeAll(async () => {
    replay = new Replay(history, databaseOf(history, from));
    await replay.play(history.before, from === "half way");
    await replay.play(history.after);
  });

  afterAll(() => replay.close());

  it("comes to the same orders, refunds, accounts and changes", () => {
    expect(differences(history.end, standingsOf(replay.backend)).toSorted()).toEqual(reviewed(name, "end").toSorted());
  });

  it("returns no more of any order's charge", () => {
    const was = refundedOf(history.end);
    const known = new Set(reviewed(name, "end"));
    const more = [...refundedOf(standingsOf(replay.backend))]
      .filter(([order, amount]) => amount > (was.get(order) ?? 0))
      .filter(([order, amount]) => !known.has(`order ${order} refunded: ${was.get(order) ?? 0} → ${amount}`));
    expect(was.size).toBeGreaterThan(0);
    expect(more).toEqual([]);
  });

  it("answers panels, scripts and the operator as then", () => {
    expect(replay.otherwise.toSorted()).toEqual(reviewed(name, "answers").toSorted());
  });

  it("acknowledges every message that was acknowledged, and puts off what was put off", () => {
    expect(replay.handled.length).toBeGreaterThan(0);
    expect(replay.handled.filter(({ was, is }) => JSON.stringify(was) !== JSON.stringify(is))).toEqual([]);
  });

  it("asks the providers nothing that they were not asked then", () => {
    expect(replay.providers.unheard).toEqual(reviewed(name, "calls"));
    expect(replay.providers.exact).toBeGreaterThan(0);
  });

  it("changes no order's money when today's ticks take over", async () => {
    const end = standingsOf(replay.backend);
    const exact = replay.providers.exact;
    await replay.goOn(120, 15);
    expect(differences(end, standingsOf(replay.backend)).filter((fact) => !/ (?:flags|rows): /.test(fact))).toEqual([]);
    expect(replay.providers.regrouped + replay.providers.exact).toBeGreaterThan(exact);
    expect(replay.providers.unheard).toEqual(reviewed(name, "calls"));
  });
});

function refundedOf(standings: readonly Standing[]): Map<string, number> {
  return new Map(standings.flatMap((one) => (one.kind === "order" ? [[`${one.panel}/${one.order}`, one.refunded]] : [])));
}

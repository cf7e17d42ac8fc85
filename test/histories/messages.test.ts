/**
 * Messages as earlier releases have sent them, as newer ones might, and as nobody should.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogEvent } from "../../src/ports.ts";
import { type History, readHistories } from "./history.ts";
import { Replay } from "./replay.ts";
import type { Delivered } from "./stage.ts";
import { dumpOf, newerThan, populated, query, readMigrations } from "./tables.ts";

const MIGRATIONS = readMigrations(join(import.meta.dirname, "../.."));
const HISTORIES = readHistories();
const LATEST = HISTORIES.at(-1) as History;
const SWEEPS = "panelsync-sweeps";
const DEAD = "panelsync-dead";
/** As in wrangler.toml: the first delivery and three more. */
const ATTEMPTS = [1, 2, 3, 4];

/** The kinds of messages that each of these releases sent, and when one has done its work, by what was logged of it. */
const KINDS: Readonly<Record<string, Readonly<Record<string, (event: LogEvent) => boolean>>>> = {
  "0001-pipeline": { sweep: posts, check: asks },
  "0002-money": { sweep: posts, check: asks, books: finishes },
  "0003-doors": { sweep: posts, check: asks, books: finishes, request: asks },
  "0004-restore": { sweep: posts, check: asks, books: finishes, request: asks },
  "0005-world": { sweep: posts, check: asks, books: finishes, request: asks },
  "0006-tenants": { sweep: posts, check: asks, books: finishes, request: asks },
  "0007-plug-in": { sweep: posts, check: asks, books: finishes, request: asks },
  "0008-operate": { sweep: posts, check: asks, books: finishes, request: asks },
  "0009-watch": { sweep: posts, check: asks, books: finishes, request: asks },
  "0010-proofs": { sweep: posts, check: asks, books: finishes, request: asks },
  "0011-refills": { sweep: posts, check: asks, books: finishes, request: asks },
};

function posts({ posted }: LogEvent): boolean {
  return Number(posted) > 0;
}

function asks({ asked }: LogEvent): boolean {
  return Number(asked) > 0;
}

function finishes({ finished }: LogEvent): boolean {
  return finished === true;
}

let replay: Replay;

/** Today's code on a release's database as it was half way. */
function halfWay(history: History): Replay {
  return new Replay(history, [...populated(history, MIGRATIONS), ...newerThan(history, MIGRATIONS).map(({ sql }) => sql)]);
}

type Sent = { readonly v: number; readonly kind: string; readonly round?: number };

describe.each(HISTORIES)("messages of $release", (history) => {
  const sent = [...history.before, ...history.after].flatMap(({ cause }) => (cause.kind === "message" ? [cause.body as Sent] : []));

  beforeAll(async () => {
    replay = new Replay(
      history,
      MIGRATIONS.map(({ sql }) => sql),
    );
    await replay.play([...history.before, ...history.after]);
  });

  afterAll(() => replay.close());

  it("are of all the kinds that it sent, and of the first version", () => {
    expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS[history.release] ?? {})));
    expect(sent.filter(({ v }) => v !== 1)).toEqual([]);
    expect(sent.filter(({ round }) => (round ?? 0) > 0).length).toBeGreaterThan(0);
  });

  it("are acknowledged, and none fails", () => {
    expect(replay.handled.length).toBe(sent.length);
    expect(replay.handled.filter(({ is }) => is !== "ack")).toEqual([]);
    expect(replay.stage.events.filter(({ event }) => event === "message.failed")).toEqual([]);
  });

  it.each(Object.entries(KINDS[history.release] ?? {}))("do the work of a %s", (kind, isDone) => {
    const events = replay.handled.flatMap(({ body, events: logged }) => ((body as Sent).kind === kind ? logged : []));
    expect(events.filter((event) => event.event === kind && isDone(event)).length).toBeGreaterThan(0);
  });

  it("do the work of a page that was handed on", () => {
    const events = replay.handled.flatMap(({ body, events: logged }) => ((body as Sent).round === 1 ? logged : []));
    expect(events.filter(({ asked, round }) => round === 1 && Number(asked) > 0).length).toBeGreaterThan(0);
  });
});

/** Every delivery that the queue makes of a message that is never acknowledged, and that of the dead letters. */
async function deliverAll(body: unknown): Promise<{ live: Delivered[]; dead: Delivered }> {
  const live: Delivered[] = [];
  for (const attempts of ATTEMPTS) live.push(await replay.stage.deliver(body, attempts, SWEEPS));
  return { live, dead: await replay.stage.deliver(body, 1, DEAD) };
}

function withoutLetters() {
  return dumpOf(replay.backend).filter(({ table }) => table !== "dead_letters");
}

describe("a message of a newer version", () => {
  it.each(HISTORIES)("is left for newer code on the database of $release, and in the end kept for a person", async (history) => {
    replay = halfWay(history);
    const { cause } = history.after[0] ?? {};
    const body = { ...(cause?.kind === "message" ? (cause.body as Sent) : null), v: 2 };
    const before = withoutLetters();
    expect(await deliverAll(body)).toEqual({ live: ["retry", "retry", "retry", "retry"], dead: "ack" });
    expect(withoutLetters()).toEqual(before);
    expect([...replay.stage.sent, ...replay.providers.unheard]).toEqual([]);
    expect(letters().at(-1)).toBe(JSON.stringify(body));
    replay.close();
  });
});

function letters(): unknown[] {
  return query(replay.backend, "SELECT body FROM dead_letters ORDER BY id").map(({ body }) => body);
}

describe("what is no message", () => {
  beforeAll(() => {
    replay = halfWay(LATEST);
  });

  afterAll(() => replay.close());

  it.each<[what: string, body: unknown, letter?: string]>([
    ["nothing", null],
    ["a number", 7],
    ["a text", "sweep"],
    ["a list", [1]],
    ["an empty object", {}],
    ["an object without a version", { kind: "sweep" }],
    ["a version that is no number", { v: "1", kind: "check", orders: [] }],
    ["a kind that there is not", { v: 1, kind: "constructor" }],
    ["a sweep of nobody", { v: 1, kind: "sweep" }],
    ["a sweep of no list", { v: 1, kind: "sweep", minute: 29_460_000, minutes: 1, round: 0, providers: 3 }],
    ["a check of nothing", { v: 1, kind: "check" }],
    ["a request without orders", { v: 1, kind: "request" }],
    ["a kind with a NUL in it", { v: 1, kind: "check\u0000" }],
    ["what JSON has no word for", undefined, '"undefined"'],
    ["what JSON cannot say", 7n, '"7"'],
  ])("%s comes to the dead letters, and changes nothing else", async (_what, body, letter = JSON.stringify(body)) => {
    const before = withoutLetters();
    expect(await deliverAll(body)).toEqual({ live: ["retry", "retry", "retry", "retry"], dead: "ack" });
    expect(withoutLetters()).toEqual(before);
    expect(letters().at(-1)).toBe(letter);
  });
});

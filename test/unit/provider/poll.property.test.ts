import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_EXTRA_CALLS } from "../../../src/provider/api-v2/poll/session.ts";
import type { Capability, PollResult } from "../../../src/provider/client.ts";
import { json, type Model, ModelServer, orderIds, wordsOf } from "./model-server.ts";

/** A run takes some ms. For a search through the night: PROPERTY_RUNS=100000. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 30);

const WORDS = ["Pending", "In progress", "Completed", "Partial", "Canceled"];

type Scene = {
  readonly ids: readonly string[];
  readonly model: Model;
  readonly batchSize: number;
};

/** A server of random making with random orders, a few of them poisonous or unknown to it. */
const scene: fc.Arbitrary<Scene> = fc
  .record({
    count: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 250 })),
    batchSize: fc.constantFrom(100, 100, 60, 20, 2, 1),
    lists: fc.boolean(),
    longest: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 50, 30, 10, 7, 3, 2, 1),
    answersOnly: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 50, 20, 5, 1),
    poison: fc.uniqueArray(fc.nat(), { maxLength: 3 }),
    listPoison: fc.uniqueArray(fc.nat(), { maxLength: 1 }),
    gone: fc.uniqueArray(fc.nat(), { maxLength: 4 }),
    unknown: fc.constantFrom("error" as const, "left out" as const),
    failing: fc.constantFrom("error" as const, "http 500" as const, "fatal page" as const, "cut off" as const),
    balance: fc.boolean(),
    words: fc.infiniteStream(fc.constantFrom(...WORDS)),
  })
  .map(({ count, batchSize, poison, listPoison, gone, words, ...rest }) => {
    const ids = orderIds(count);
    const pick = (places: readonly number[]): Set<string> => new Set(places.map((place) => ids[place % count] ?? ""));
    const lost = pick(gone);
    const orders = new Map(ids.filter((id) => !lost.has(id)).map((id) => [id, words.next().value]));
    const model: Model = { ...rest, inTrouble: false, orders, poison: pick(poison), listPoison: pick(listPoison), instead: () => null };
    return { ids, batchSize, model };
  });

/** Polls until nothing changes any more, as the sweeps do: what was learned and who is suspect goes into the next poll. */
async function pollOn(server: ModelServer, { ids, batchSize }: Scene, polls: number): Promise<PollResult[]> {
  let capability: Capability = { many: "unknown", batchSize };
  let suspects: ReadonlySet<string> = new Set();
  let unread: ReadonlySet<string> = new Set();
  const results: PollResult[] = [];
  for (let n = 0; n < polls; n += 1) {
    const result = await server.poll(
      ids.map((id) => ({ id, suspect: suspects.has(id), unread: unread.has(id) })),
      capability,
    );
    capability = result.capability;
    const settled = [...result.answers].filter(([, { report }]) => report.kind !== "status").map(([id]) => id);
    suspects = new Set([...settled, ...[...suspects].filter((id) => !result.answers.has(id))]);
    unread = new Set([...unread, ...result.unread.keys()].filter((id) => !result.answers.has(id)));
    results.push(result);
  }
  return results;
}

/** The truth about an order: its word, or null when the server has none to tell. */
function truthOf({ model }: Scene, id: string): string | null {
  return model.poison.has(id) ? null : (model.orders.get(id) ?? null);
}

/** Orders that a poll told something else of than the truth. */
function liesOf(scenery: Scene, result: PollResult): string[] {
  return Object.entries(wordsOf(result))
    .filter(([id, word]) => word !== "unread" && word !== (truthOf(scenery, id) ?? (word === "refused" ? "refused" : "missing")))
    .map(([id, word]) => `${id}: ${word}`);
}

/** A hundred polls of 250 orders each are some seconds of work where other work is done beside them. */
const SLOW = { timeout: 60_000 };

describe("polls of a server of any making", SLOW, () => {
  it("tell the truth, settle every order in the end, and stay within their calls", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (scenery) => {
        const server = new ModelServer(scenery.model);
        const results = await pollOn(server, scenery, 12);
        const last = results.at(-1);
        expect(results.flatMap((result) => liesOf(scenery, result))).toEqual([]);
        const settled = new Map(results.flatMap((result) => [...result.answers]));
        const told = new Set([...settled.keys(), ...results.flatMap((result) => [...result.unread.keys()])]);
        // A server without a balance whose orders are all bad cannot be told from one that is out of order.
        const anyTruth = scenery.ids.some((id) => truthOf(scenery, id) !== null);
        expect(anyTruth ? scenery.ids.filter((id) => !told.has(id)) : []).toEqual([]);
        expect(anyTruth ? scenery.ids.filter((id) => truthOf(scenery, id) !== null && !settled.has(id)) : []).toEqual([]);
        // An order that a script breaks over is never said to be unknown.
        expect([...scenery.model.poison].filter((id) => settled.has(id))).toEqual([]);
        expect(anyTruth ? last?.failure : null).toBeNull();
        for (const result of results) {
          const size = result.capability.many === "no" ? 1 : result.capability.batchSize;
          // Once in a batch, and once more when something was learned on the way.
          expect(result.calls).toBeLessThanOrEqual(2 * Math.ceil(scenery.ids.length / size) + 2 + MAX_EXTRA_CALLS);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("learn no less than the server can do, or it would be asked too often for ever", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (scenery) => {
        const { lists, longest, answersOnly } = scenery.model;
        const results = await pollOn(new ModelServer(scenery.model), scenery, 6);
        const { many, batchSize } = results.at(-1)?.capability ?? { many: "unknown", batchSize: 0 };
        const able = Math.min(longest, answersOnly, scenery.batchSize);
        expect(many === "no" && lists).toBe(false);
        expect(batchSize).toBeGreaterThanOrEqual(lists ? Math.ceil(able / 2) : scenery.batchSize);
      }),
      { numRuns: RUNS },
    );
  });

  it("conclude nothing from one bad answer a poll", async () => {
    const bad = fc.constantFrom(
      () => new Response("", { status: 502 }),
      () => new Response("", { status: 500 }),
      () => json({ error: "Занято" }),
      () => json([]),
      () => new Response("<b>Fatal error</b>"),
      () => new Response(`{"1001":{"status":"Canceled","remains":"1"},"1002":`),
    );
    await fc.assert(
      fc.asyncProperty(scene, bad, fc.integer({ min: 1, max: 12 }), async (scenery, response, when) => {
        const everything = Number.POSITIVE_INFINITY;
        const sound = { ...scenery.model, lists: true, longest: everything, answersOnly: everything, listPoison: new Set<string>() };
        const server = new ModelServer({ ...sound, instead: (call) => (call === when ? response() : null) });
        const results = await pollOn(server, scenery, 6);
        expect(results.at(-1)?.capability.many).not.toBe("no");
        expect(results.at(-1)?.capability.batchSize).toBe(scenery.batchSize);
        const wrong = results.flatMap((result) =>
          [...result.answers].filter(([id, { report }]) => report.kind === "status" && report.providerStatus !== truthOf(scenery, id)),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

/**
 * From a provider's body to money: whatever has happened to a real answer on its way, a refund follows only from what
 * the body says of that very order.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reconcile } from "../../../src/domain/reconcile.ts";
import { MAX_ANSWER_BYTES } from "../../../src/outbound/exchange.ts";
import type { FailureCode } from "../../../src/provider/failure.ts";
import { MAX_EXTRA_CALLS } from "../../../src/provider/api-v2/poll/session.ts";
import type { PollResult } from "../../../src/provider/client.ts";
import { anOrder, NOW, POLICY } from "../domain/orders.ts";
import {
  byteDamage,
  type ByteDamage,
  type Damage,
  damagedBytes,
  damagedJson,
  damagedText,
  damageOf,
  type TextDamage,
  textDamage,
} from "../damage.ts";
import { KEY } from "./fixtures.ts";
import { ModelServer } from "./model-server.ts";
import { duesIn } from "./own-words.ts";
import { type Bend, bend, bodyOf, type Order, ordersOf, QUANTITY, statusJson } from "./real-answers.ts";

/** A run takes a millisecond. For a search through the night: PROPERTY_RUNS=1000000. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 3000);
/** Nothing here is timed; a shared machine may be slow. */
const SLOW = { timeout: Math.max(60_000, RUNS * 60) };

const CHARGE = 900_000;
const NAMES =
  "status remains charge start_count order order_id id orders runs posts error errors data result response 1 10 100 31 __proto__";
const JSONS = [
  `"Canceled"`,
  `"Partial"`,
  `"Refunded"`,
  `"4"`,
  "4",
  `"157"`,
  "157",
  `"1"`,
  "10",
  `{"status":"Canceled","remains":"1000"}`,
  `"${KEY}"`,
];

const damage = damageOf(NAMES.split(" "), JSONS, { extremes: false });

type Scene = {
  readonly orders: readonly Order[];
  readonly ids: readonly string[];
  readonly by: Bend;
  readonly json: readonly Damage[];
  readonly text: readonly TextDamage[];
  readonly bytes: readonly ByteDamage[];
  readonly status: number;
  /** Calls that come damaged: all, or only the first so many. */
  readonly damaged: number;
  readonly many: "unknown" | "yes" | "no";
};

const scene: fc.Arbitrary<Scene> = fc.record({
  orders: ordersOf(["1", "10", "100"]).chain((orders) => fc.subarray([...orders], { minLength: 1 })),
  ids: fc.constantFrom(["1"], ["10"], ["100"], ["1", "10"], ["1", "10", "100"], ["1", "10", "100"]),
  by: bend,
  json: fc.array(damage, { maxLength: 2 }),
  text: fc.array(textDamage, { maxLength: 2 }),
  bytes: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(byteDamage, { minLength: 1, maxLength: 3 }) },
  ),
  status: fc.constantFrom(200, 200, 200, 200, 400, 404, 500, 503),
  damaged: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1, 2),
  many: fc.constantFrom("unknown", "yes", "no"),
});

/** A body that went out, and the ids that it was an answer for. */
type Sent = { readonly ids: readonly string[]; readonly body: string };

async function pollOf({
  orders,
  ids,
  by,
  json,
  text,
  bytes,
  status,
  damaged,
  many,
}: Scene): Promise<{ result: PollResult; sent: Sent[]; calls: number }> {
  const sent: Sent[] = [];
  const server = new ModelServer({
    instead: (call, fields) => {
      if (fields["action"] !== "status") return null;
      const asked = fields["orders"]?.split(",") ?? [fields["order"] ?? ""];
      const said = statusJson(orders, asked, fields["orders"] !== undefined, by);
      const isDamaged = call <= damaged;
      const body = damagedText(bodyOf(damagedJson(said, isDamaged ? json : []), by), isDamaged ? text : []);
      const onTheWire = damagedBytes(body, isDamaged ? bytes : []);
      sent.push({ ids: asked, body: new TextDecoder().decode(onTheWire) });
      return new Response(onTheWire, { status });
    },
  });
  return { result: await server.poll(ids, { many }), sent, calls: server.calls.length };
}

const CODES: ReadonlySet<FailureCode> = new Set([
  "http",
  "not_json",
  "too_large",
  "bad_shape",
  "rejected_key",
  "rate_limited",
  "blocked",
  "refused",
  "unsupported_many",
]);

/** What is wrong with a poll as such. */
function flawsOf({ result, calls }: { result: PollResult; calls: number }, ids: readonly string[]): string[] {
  const { answers, failure } = result;
  return [
    ...[...answers.keys()].filter((id) => !ids.includes(id)).map((id) => `${id} was not asked for`),
    ...(failure === null || CODES.has(failure.code) ? [] : [`a failure of ${failure.code}`]),
    // An id is passed on as it is.
    ...(JSON.stringify([[...answers], failure], (name, value: unknown) => (name === "orders" ? [] : value)).includes(KEY)
      ? ["the key"]
      : []),
    ...(calls > 2 * ids.length + 2 + MAX_EXTRA_CALLS ? [`${calls} calls`] : []),
  ];
}

type Money = { readonly posted: number; readonly held: number };

/** What a poll's answers move, for orders of 1,000 at 0.90 that were in progress. */
function moneyIn({ answers }: PollResult): Map<string, Money> {
  return new Map(
    [...answers].flatMap(([id, { report }]): [string, Money][] => {
      const { refunds, next } = reconcile(anOrder({ charge: CHARGE, quantity: QUANTITY }), report, POLICY, NOW);
      return refunds.length === 0 ? [] : [[id, { posted: next.refunded, held: next.hold?.amount ?? 0 }]];
    }),
  );
}

/** Whether a body that was sent says of the order what this much money is due for. */
function isSaid(id: string, { posted, held }: Money, sent: readonly Sent[]): boolean {
  const dues = sent
    .filter(({ ids }) => ids.includes(id))
    .flatMap(({ ids, body }) => duesIn(body, id, ids.length === 1, { charge: CHARGE, quantity: QUANTITY }));
  return dues.some((due) =>
    due.kind === "due" ? held === 0 && due.total === posted : due.kind === "review" && posted === 0 && due.atMost === held,
  );
}

describe("a real answer, whatever has happened to it", SLOW, () => {
  it("moves no money that it does not say is due to that very order", async () => {
    const seen = { posted: 0, held: 0, nothing: 0, damagedAndPosted: 0 };
    await fc.assert(
      fc.asyncProperty(scene, async (scenery) => {
        const poll = await pollOf(scenery);
        expect(flawsOf(poll, scenery.ids)).toEqual([]);
        const money = moneyIn(poll.result);
        expect([...money].filter(([id, each]) => !isSaid(id, each, poll.sent))).toEqual([]);
        for (const { posted } of money.values()) seen[posted > 0 ? "posted" : "held"] += 1;
        if (money.size === 0) seen.nothing += 1;
        else if (scenery.json.length + scenery.text.length + scenery.bytes.length > 0) seen.damagedAndPosted += 1;
      }),
      { numRuns: RUNS },
    );
    // Were everything damaged beyond reading, there would be nothing to be wrong about.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(RUNS / 50);
  });

  it("moves what it says where nothing has happened to it", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (scenery) => {
        const { orders, ids } = scenery;
        const { result } = await pollOf({ ...scenery, by: { ...scenery.by, beside: {} }, json: [], text: [], bytes: [], status: 200 });
        const money = moneyIn(result);
        const canceled = orders.filter(({ id, word, parts }) => ids.includes(id) && parts === 0 && /^(cancel|4$)/i.test(word));
        expect(canceled.filter(({ id }) => money.get(id)?.posted !== CHARGE)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("an answer that names other orders", SLOW, () => {
  it("moves no money of one that it does not name, even when its beginning was lost", async () => {
    const named = bend.filter(({ layout }) => layout !== "as a list");
    await fc.assert(
      fc.asyncProperty(ordersOf(["1", "10", "100"]), named, fc.double({ min: 0, max: 1, noNaN: true }), async (orders, by, from) => {
        const body = bodyOf(JSON.stringify(statusJson(orders, ["1", "10", "100"], true, by)), by);
        const server = new ModelServer({
          instead: (_, { action }) => (action === "status" ? new Response(body.slice(Math.floor(from * body.length))) : null),
        });
        expect([...moneyIn(await server.poll(["77"]))]).toEqual([]);
      }),
      { numRuns: RUNS / 4 },
    );
  });
});

/** Bodies of a size or a depth that no answer has, around an answer or in its place. */
const HUGE: Readonly<Record<string, (answer: string) => string>> = {
  "after a megabyte of space": (answer) => " ".repeat(MAX_ANSWER_BYTES - answer.length) + answer,
  "after more than a megabyte of space": (answer) => " ".repeat(MAX_ANSWER_BYTES) + answer,
  "before a megabyte of space": (answer) => answer + " ".repeat(MAX_ANSWER_BYTES - answer.length),
  "thousands of times": (answer) => answer.repeat(Math.floor((MAX_ANSWER_BYTES - 2) / answer.length)),
  "in a list of thousands": (answer) => `[${`${answer},`.repeat(Math.floor((MAX_ANSWER_BYTES - 200) / (answer.length + 1)) - 1)}${answer}]`,
  "deep in lists": (answer) => "[".repeat(5000) + answer + "]".repeat(5000),
  "deep in wrappers": (answer) => `{"data":`.repeat(5000) + answer + "}".repeat(5000),
  "beside a long text": (answer) => `{"message":"${"x".repeat(500_000)}","data":${answer}}`,
  "beside thousands of other orders": (answer) =>
    `{${Array.from({ length: 20_000 }, (_, n) => `"${n + 5000}":{"status":"Canceled"}`).join(",")},"x":${answer}}`,
  "among opening brackets": (answer) => `{"`.repeat(200_000) + answer,
  "in megabytes of page": (answer) => `<html>${"<div>".repeat(150_000)}${answer}`,
};

describe("an answer of any size", SLOW, () => {
  it("takes no more reading than its bound, and moves no money that it does not say is due", async () => {
    await fc.assert(
      fc.asyncProperty(scene, fc.constantFrom(...Object.keys(HUGE)), async ({ orders, ids, by }, size) => {
        let pulled = 0;
        const sent: Sent[] = [];
        const server = new ModelServer({
          instead: (_, fields) => {
            if (fields["action"] !== "status") return null;
            const asked = fields["orders"]?.split(",") ?? [fields["order"] ?? ""];
            const answer = JSON.stringify(statusJson(orders, asked, fields["orders"] !== undefined, by));
            const body = (HUGE[size] ?? String)(answer);
            sent.push({ ids: asked, body });
            return new Response(inPieces(body, (bytes) => (pulled = Math.max(pulled, bytes))));
          },
        });
        const result = await server.poll(ids);
        expect(flawsOf({ result, calls: server.calls.length }, ids)).toEqual([]);
        // One piece is under way when the bound is reached, and the stream holds another ready.
        expect(pulled).toBeLessThanOrEqual(MAX_ANSWER_BYTES + 3 * PIECE_BYTES);
        const truth = [...moneyIn(result)].filter(([id]) => orders.every((order) => order.id !== id || !isOver(order)));
        expect(truth).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("that never ends is let go at its bound", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += PIECE_BYTES;
        controller.enqueue(new Uint8Array(PIECE_BYTES).fill(0x20));
      },
    });
    const server = new ModelServer({
      instead: (call) => (call === 1 ? new Response(endless) : null),
      orders: new Map([["1", "Canceled"]]),
    });
    const { failedCalls } = await server.poll(["1"]);
    expect(failedCalls).toBe(1);
    expect(pulled).toBeLessThanOrEqual(MAX_ANSWER_BYTES + 3 * PIECE_BYTES);
  });
});

/** Whether money can follow from what is true of the order. */
function isOver({ word }: Order): boolean {
  return /cancel|partial|refund|revers|^[345]$/i.test(word);
}

const PIECE_BYTES = 64 * 1024;

/** A body that is counted as it is taken. */
function inPieces(body: string, count: (bytes: number) => void): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(body);
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      controller.enqueue(bytes.subarray(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
      count(at);
      if (at >= bytes.byteLength) controller.close();
    },
  });
}

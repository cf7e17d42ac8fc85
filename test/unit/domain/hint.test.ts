import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type HintMemory,
  idsIn,
  idsInFields,
  keepWaiting,
  NO_HINTS,
  noteSignature,
  planHint,
  planWaiting,
} from "../../../src/domain/hint.ts";
import type { OrderKey } from "../../../src/domain/message.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE_MS = 60_000;
const key = (n: number): OrderKey => ["shop", n];
const hinted = (n: number, polledAt: number | null = null) => ({ key: key(n), polledAt });
const many = (count: number, from = 0) => Array.from({ length: count }, (_, i) => hinted(from + i));
const PACE = { callsPerMinute: 60, idsPerCall: 100 };

describe("the ids in a webhook", () => {
  it.each<[unknown, string[]]>([
    [{ order: 23501 }, ["23501"]],
    [{ order: "23501", status: "Completed", remains: 0 }, ["23501"]],
    [{ order_id: "23501" }, ["23501"]],
    [{ id: 7 }, ["7"]],
    [{ orders: "1,2, 3" }, ["1", "2", "3"]],
    [{ orders: [1, "2"] }, ["1", "2"]],
    [{ orders: [{ id: 1, status: "Completed" }, { order: 2 }] }, ["1", "2"]],
    [{ event: "order.completed", data: { order_id: 99 } }, ["99"]],
    [{ data: [{ id: 1 }, { id: 2 }] }, ["1", "2"]],
    [
      [{ order: 1 }, { data: { id: 2 } }],
      ["1", "2"],
    ],
    [{ order: ["1", "2"] }, ["1", "2"]],
    [{ order: "ord_A1" }, ["ord_A1"]],
    [{ event: "ping" }, []],
    [{ order: "0123" }, []],
    [{ order: "+123" }, []],
    [{ order: "1 2" }, []],
    [{ order: 1.5 }, []],
    [{ order: null, id: { order: 5 } }, ["5"]],
    ["text", []],
    [5, []],
    [null, []],
    [{ order: "1' union select 2" }, []],
  ])("%j names %j", (payload, ids) => {
    expect(idsIn(payload)).toEqual(ids);
  });

  it("are a hundred at most, each once", () => {
    expect(idsIn({ orders: Array.from({ length: 500 }, (_, i) => i + 1) })).toHaveLength(100);
    expect(idsIn({ orders: "5,5,5", id: 5 })).toEqual(["5"]);
  });

  it.each<[string, string[]]>([
    ["order=1", ["1"]],
    ["order=1&order=2", ["1", "2"]],
    ["orders=1,2", ["1", "2"]],
    ["orders[]=1&orders[]=2", ["1", "2"]],
    ["orders%5B0%5D=1&orders%5B1%5D=2", ["1", "2"]],
    ["orders[0][id]=7&orders[0][status]=Completed&orders[1][order]=8", ["7", "8"]],
    ["data[order]=5", ["5"]],
    ["data[orders][]=5&data[orders][]=6", ["5", "6"]],
    ["data[0][order]=5&data[1][order_id]=6", ["5", "6"]],
    ["0[order]=5&1[data][id]=6", ["5", "6"]],
    ["order[id]=5", ["5"]],
    ["status=Completed&remains=0&5=5", []],
    ["service[id]=5&orders[0][service]=6&data[user][id]=7", []],
    ["__proto__[order]=5&order[__proto__]=6", []],
    ["order=+1&order=0123&order=", ["1"]],
  ])("%s names %j", (query, ids) => {
    expect(idsInFields(new URLSearchParams(query))).toEqual(ids);
  });

  it("are the same in JSON and as PHP writes it into a form", () => {
    const phpFields = (value: unknown, name = ""): [string, string][] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([part, each]) => phpFields(each, name === "" ? part : `${name}[${part}]`))
        : [[name, String(value)]];
    const { value } = fc.letrec<{ value: unknown; named: unknown }>((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, fc.integer({ min: 1, max: 99 }), fc.array(tie("value"), { maxLength: 3 }), tie("named")),
      named: fc.dictionary(fc.constantFrom("order", "orders", "order_id", "id", "status", "service"), tie("value"), { maxKeys: 3 }),
    }));
    const entry = fc.dictionary(fc.constantFrom("order", "orders", "id", "data", "event"), value, { maxKeys: 3 });
    fc.assert(
      fc.property(fc.oneof(entry, fc.array(entry, { maxLength: 3 })), (payload) => {
        expect(idsInFields(phpFields(payload)).toSorted()).toEqual(idsIn(payload).toSorted());
      }),
    );
  });
});

describe("hints", () => {
  it("are one poll an order in 30 s; what comes within it waits for a tick after it", () => {
    const first = planHint(NO_HINTS, [hinted(1)], PACE, NOW);
    expect(first.poll).toEqual([key(1)]);
    let { memory } = first;
    for (const ms of [0, 1, 29_999]) {
      const again = planHint(memory, [hinted(1)], PACE, NOW + ms);
      expect(again.poll).toEqual([]);
      memory = again.memory;
    }
    expect(memory.waiting).toEqual([["shop", 1, NOW + 29_999]]);
    expect(planWaiting(memory, [hinted(1, NOW)], PACE, NOW + 29_999).poll).toEqual([]);
    const later = planWaiting(memory, [hinted(1, NOW)], PACE, NOW + 30_000);
    expect([later.poll, later.memory.waiting]).toEqual([[key(1)], []]);
  });

  it("wait no more once their order was polled since, or is gone", () => {
    const { memory } = planHint(NO_HINTS, [hinted(1, NOW - 1000), hinted(2, NOW - 1000)], PACE, NOW);
    expect(memory.waiting).toHaveLength(2);
    const { poll, memory: after } = planWaiting(memory, [hinted(1, NOW + 500)], PACE, NOW + 60_000);
    expect([poll, after.waiting]).toEqual([[], []]);
  });

  it("take a fifth of the provider's calls at most, over any five minutes", () => {
    let memory: HintMemory = NO_HINTS;
    let calls = 0;
    for (let second = 0; second < 600; second++) {
      const plan = planHint(memory, [hinted(second)], { callsPerMinute: 10, idsPerCall: 100 }, NOW + second * 1000);
      memory = plan.memory;
      calls += plan.poll.length;
    }
    expect(calls).toBeGreaterThanOrEqual(10);
    expect(calls).toBeLessThanOrEqual(20 + 10);
    expect(memory.waiting.length).toBeLessThanOrEqual(1000);
  });

  it("name what one call can ask about together", () => {
    const { poll, memory } = planHint(NO_HINTS, many(250), { callsPerMinute: 2, idsPerCall: 100 }, NOW);
    expect([poll.length, memory.waiting.length, memory.calls]).toEqual([200, 50, [[NOW / MINUTE_MS, 2]]]);
    const tick = planWaiting(memory, many(50, 200), { callsPerMinute: 2, idsPerCall: 100 }, NOW + MINUTE_MS);
    expect(tick.poll).toEqual([]);
    const free = planWaiting(memory, many(50, 200), { callsPerMinute: 2, idsPerCall: 100 }, NOW + 5 * MINUTE_MS);
    expect(free.poll).toHaveLength(50);
  });

  it("leave a memory that stays small, whatever comes", () => {
    let memory: HintMemory = NO_HINTS;
    for (let i = 0; i < 5000; i++) memory = planHint(memory, many(3, i * 3), PACE, NOW + i * 10).memory;
    expect(JSON.stringify(memory).length).toBeLessThan(120_000);
    expect(memory.waiting.length).toBeLessThanOrEqual(1000);
  });

  it("do not count times of a clock that was set back", () => {
    const { memory } = planHint(NO_HINTS, [hinted(1)], { callsPerMinute: 1, idsPerCall: 1 }, NOW + 3_600_000);
    expect(planHint(memory, [hinted(1, NOW + 3_600_000)], { callsPerMinute: 1, idsPerCall: 1 }, NOW).poll).toEqual([key(1)]);
  });

  it("that could not be polled are kept, each once", () => {
    const kept = keepWaiting(keepWaiting(NO_HINTS, [key(1)], NOW), [key(1), key(2)], NOW + 5);
    expect(kept.waiting).toEqual([
      ["shop", 1, NOW + 5],
      ["shop", 2, NOW + 5],
    ]);
    // A clock that was set back takes nothing from it.
    expect(keepWaiting(kept, [key(1)], NOW).waiting).toEqual(kept.waiting);
  });

  it("are polled for the latest hint, whatever was polled before it", () => {
    const waiting = keepWaiting(keepWaiting(NO_HINTS, [key(1)], NOW), [key(1)], NOW + 2 * MINUTE_MS);
    expect(planWaiting(waiting, [hinted(1, NOW + MINUTE_MS)], PACE, NOW + 3 * MINUTE_MS).poll).toEqual([key(1)]);
  });
});

describe("signatures", () => {
  it("count once within their tolerance, and are forgotten after it", () => {
    const once = noteSignature(NO_HINTS, "aa", NOW);
    expect(once?.signatures).toEqual([["aa", NOW]]);
    expect(noteSignature(once ?? NO_HINTS, "aa", NOW + 9 * MINUTE_MS)).toBeNull();
    expect(noteSignature(once ?? NO_HINTS, "bb", NOW + 11 * MINUTE_MS)?.signatures).toEqual([["bb", NOW + 11 * MINUTE_MS]]);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChangeText, MAX_BODY_BYTES, MAX_CHANGES, nextMessage, webhookBody } from "../../../src/domain/webhook-message.ts";

const changesOf = (...texts: readonly string[]): ChangeText[] =>
  texts.map((text, i) => ({ seq: 10 * (i + 1), text: JSON.stringify({ text }) }));
const bytesOf = (text: string): number => new TextEncoder().encode(text).byteLength;

/** All that was looked at is wanted. */
const allOf = (changes: readonly ChangeText[]) => ({
  changes,
  lookedAt: changes.length,
  lookedUpTo: changes.at(-1)?.seq ?? null,
  wanted: changes.length,
});

describe("the next message", () => {
  it("is nothing where nothing is there", () => {
    expect(nextMessage(allOf([]))).toEqual({ kind: "nothing" });
  });

  it("ends with what follows and is not wanted, where nothing that is wanted follows", () => {
    const changes = changesOf("a", "b");
    expect(nextMessage({ changes, lookedAt: 9, lookedUpTo: 99, wanted: 2 })).toEqual({ kind: "message", changes, lastSeq: 99, behind: 0 });
    expect(nextMessage({ changes, lookedAt: 9, lookedUpTo: 99, wanted: 5 })).toEqual({ kind: "message", changes, lastSeq: 20, behind: 3 });
  });

  it("passes over what is not wanted once it is worth a row", () => {
    expect(nextMessage({ changes: [], lookedAt: 49, lookedUpTo: 490, wanted: 0 })).toEqual({ kind: "nothing" });
    expect(nextMessage({ changes: [], lookedAt: 50, lookedUpTo: 500, wanted: 0 })).toEqual({ kind: "pass_over", to: 500 });
  });

  it("has a hundred changes at most", () => {
    const next = nextMessage(allOf(changesOf(...Array<string>(150).fill("x"))));
    expect(next).toMatchObject({ kind: "message", lastSeq: 10 * MAX_CHANGES, behind: 50 });
  });

  it("fits in 20 KB, in order, unless one change alone does not; and the next one begins where it ends", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.integer({ min: 0, max: 25_000 }).map((length) => "é".repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 120 }), (texts) => {
        const all = changesOf(...texts);
        let left = all;
        const sent: ChangeText[] = [];
        while (left.length > 0) {
          const next = nextMessage(allOf(left));
          if (next.kind !== "message") throw new Error(next.kind);
          const body = webhookBody({ changes: next.changes, frozenAt: 0, nextAfter: next.lastSeq, behind: next.behind });
          if (next.changes.length > 1) expect(bytesOf(body)).toBeLessThanOrEqual(MAX_BODY_BYTES);
          expect((JSON.parse(body) as { data: { changes: unknown[] } }).data.changes).toHaveLength(next.changes.length);
          expect(next.behind).toBe(left.length - next.changes.length);
          sent.push(...next.changes);
          left = left.filter(({ seq }) => seq > next.lastSeq);
        }
        expect(sent).toEqual(all);
      }),
      { numRuns: 50 },
    );
  });
});

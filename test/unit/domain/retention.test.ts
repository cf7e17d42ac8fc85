import { describe, expect, it } from "vitest";
import { archivedAuditLine, archivedChangeLine, pageKey, pageText } from "../../../src/domain/archive.ts";
import { archiveDaysOf, entriesOfPage, hasRoomToMove } from "../../../src/domain/retention.ts";

const DAY = 20_000;
const at = (hour: number, rowsToday: number) => ({ minute: DAY * 1440 + hour * 60, rowsToday, rows: 253 });

describe("the days after which the feed is archived", () => {
  it.each([
    [undefined, 100],
    ["", 100],
    ["31", 31],
    [" 365 ", 365],
    ["3650", 3650],
  ])("%j is %i", (text, days) => {
    expect(archiveDaysOf(text)).toEqual({ ok: true, value: days });
  });

  it.each(["30", "0", "-5", "3651", "90d", "1e3", "100.5"])(
    "%j is refused: what is younger may still change, or nobody meant it",
    (text) => {
      expect(archiveDaysOf(text)).toEqual({ ok: false, failure: "not_days" });
    },
  );
});

describe("room to move something", () => {
  it("is there in the evening on the free plan, as far as the day's orders leave any", () => {
    expect(hasRoomToMove("free", at(17.9, 0))).toBe(false);
    expect(hasRoomToMove("free", at(18, 0))).toBe(true);
    expect(hasRoomToMove("free", at(18, 63_000))).toBe(true);
    expect(hasRoomToMove("free", at(18, 64_000))).toBe(false);
    expect(hasRoomToMove("free", at(23.9, 84_000))).toBe(true);
    expect(hasRoomToMove("free", at(23.9, 85_000))).toBe(false);
  });

  it("is always there on the paid plan", () => {
    expect(hasRoomToMove("paid", at(3, 1e9))).toBe(true);
  });

  it("never brings an even day above 85 of a hundred rows, whatever was written before", () => {
    for (const perHour of [0, 500, 2000, 3400, 4000]) {
      let written = 0;
      for (let minute = 0; minute < 1440; minute++) {
        written += perHour / 60;
        if (minute % 4 === 0 && hasRoomToMove("free", { minute: DAY * 1440 + minute, rowsToday: Math.round(written), rows: 253 }))
          written += 253;
      }
      expect(written).toBeLessThanOrEqual(Math.max(85_000, perHour * 24) + 253);
    }
  });
});

describe("a page", () => {
  it("has as many entries as fit, and at least one", () => {
    expect(entriesOfPage([], 1000)).toBe(0);
    expect(entriesOfPage([100, 100, 100], 1000)).toBe(3);
    expect(entriesOfPage([100, 100, 101], 900)).toBe(2);
    expect(entriesOfPage([5000, 1], 1000)).toBe(1);
  });

  it("is named by what it spans, in a folder of its panel's, whatever the panel is called", () => {
    expect(pageKey({ kind: "changes", panel: "shop", first: 5, last: 9 })).toBe("changes/shop/5-9.ndjson");
    expect(pageKey({ kind: "changes", panel: "../a b", first: 5, last: 9 })).toBe("changes/..%2Fa%20b/5-9.ndjson");
    expect(pageKey({ kind: "audit", panel: "", first: 1, last: 250 })).toBe("audit/1-250.ndjson");
  });

  it("is a line of JSON an entry", () => {
    const change = {
      panel: "shop",
      seq: 7,
      prev: 5,
      type: "order.updated" as const,
      order_id: 'a"b',
      created_at: 1_793_534_400_000,
      previous: '{"status":"pending"}',
      data: '{"link":"x\\ny"}',
    };
    const entry = {
      id: 3,
      at: 1_793_534_400_000,
      actor: "operator",
      panel: null,
      action: "panel.changed",
      subject: "panel:shop",
      before: "null",
      after: '{"name":"x"}',
      key_id: null,
      key_name: null,
      request_id: "r",
    };
    const lines = pageText([archivedChangeLine(change), archivedAuditLine(entry)]).split("\n");
    expect(lines).toHaveLength(3);
    expect(lines.slice(0, 2).map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        panel: "shop",
        seq: 7,
        type: "order.updated",
        order: 'a"b',
        created_at: "2026-11-01T12:00:00.000Z",
        previous: { status: "pending" },
        data: { link: "x\ny" },
        prev: 5,
      },
      {
        id: 3,
        actor: "operator",
        panel: null,
        action: "panel.changed",
        subject: "panel:shop",
        key_id: null,
        key_name: null,
        request_id: "r",
        at: "2026-11-01T12:00:00.000Z",
        before: null,
        after: { name: "x" },
      },
    ]);
  });
});

import { describe, expect, it } from "vitest";
import {
  ALERT_KINDS,
  type AlertChange,
  alertsAfter,
  type BadFact,
  eventAlert,
  isLookDue,
  kindOf,
  type LiveAlert,
  silenceName,
} from "../../../src/domain/alert.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const down: BadFact = { kind: "provider_down", subject: "acme", text: "Provider acme does not answer.", count: 1 };
const held: BadFact = { kind: "refunds_held", subject: "", text: "2 refunds", count: 2 };

/** Looks one after the other, as the database would keep what they say; what was told, and when. */
class Looks {
  live: LiveAlert[] = [];
  readonly told: [at: number, what: string][] = [];
  readonly silences = new Map<string, number>();
  unclear: string[] = [];
  #ids = 0;

  look(now: number, ...bad: BadFact[]): AlertChange[] {
    const isUnclear = (kind: string, subject: string): boolean => this.unclear.includes(`${kind} ${subject}`);
    const changes = alertsAfter({ bad, isUnclear }, this.live, this.silences, now);
    for (const { id, next, notice } of changes) {
      if (notice !== null) this.told.push([now, `${next?.kind} ${notice}`]);
      this.live = this.live.filter((alert) => alert.id !== id);
      if (next !== null && next.closedAt === null) this.live.push({ ...next, id: id ?? ++this.#ids, lookedAt: now });
    }
    return changes;
  }

  /** So many looks, a minute apart. */
  looks(from: number, count: number, ...bad: BadFact[]): number {
    for (let i = 0; i < count; i++) this.look(from + i * MINUTE, ...bad);
    return from + count * MINUTE;
  }

  what(): string[] {
    return this.told.map(([, what]) => what);
  }
}

describe("an alert", () => {
  it("opens after some bad looks in a row, and closes after some good ones", () => {
    const looks = new Looks();
    let now = looks.looks(0, kindOf("provider_down").opensAfter - 1, down);
    expect(looks.told).toEqual([]);
    now = looks.looks(now, 1, down);
    expect(looks.what()).toEqual(["provider_down opened"]);
    now = looks.looks(now, kindOf("provider_down").closesAfter - 1);
    expect(looks.what()).toEqual(["provider_down opened"]);
    looks.looks(now, 1);
    expect(looks.what()).toEqual(["provider_down opened", "provider_down closed"]);
    expect(looks.live).toEqual([]);
  });

  it("that never opened leaves nothing behind", () => {
    const looks = new Looks();
    looks.look(0, down);
    expect(looks.look(MINUTE)).toMatchObject([{ next: null, notice: null }]);
    expect(looks.live).toEqual([]);
  });

  it("stays open through good looks that are too few", () => {
    const looks = new Looks();
    const now = looks.looks(0, 2, down);
    looks.look(now);
    looks.look(now + MINUTE, down);
    for (let i = 0; i < 10; i++) looks.look(now + (2 + i) * MINUTE, ...(i % 2 === 0 ? [] : [down]));
    expect(looks.what()).toEqual(["provider_down opened"]);
  });

  it("costs nothing while nothing changes", () => {
    const looks = new Looks();
    const now = looks.looks(0, 2, down);
    for (let i = 0; i < 100; i++) expect(looks.look(now + i * MINUTE, down)).toEqual([]);
  });

  it("says what is so now, without being told again", () => {
    const looks = new Looks();
    looks.look(0, held);
    expect(looks.look(MINUTE, { ...held, text: "3 refunds", count: 3 })).toMatchObject([
      { next: { text: "3 refunds", count: 3 }, notice: null },
    ]);
  });

  it("is neither good nor bad while nothing can be told of it", () => {
    const overdue: BadFact = { kind: "orders_overdue", subject: "acme", text: "9 orders", count: 9 };
    const looks = new Looks();
    looks.unclear = ["orders_overdue acme"];
    looks.looks(0, 5, overdue, down);
    expect(looks.what()).toEqual(["provider_down opened"]);
    looks.unclear = [];
    const now = looks.looks(5 * MINUTE, 2, overdue, down);
    looks.unclear = ["orders_overdue acme"];
    looks.looks(now, 20, down);
    expect(looks.what()).toEqual(["provider_down opened", "orders_overdue opened"]);
  });

  it("is told again once a day, three times", () => {
    const looks = new Looks();
    for (let hour = 0; hour < 24 * 10; hour++) looks.look(hour * 60 * MINUTE, held);
    expect(looks.told).toEqual([
      [0, "refunds_held opened"],
      [DAY, "refunds_held reminder"],
      [2 * DAY, "refunds_held reminder"],
      [3 * DAY, "refunds_held reminder"],
    ]);
  });
});

describe("a silence", () => {
  it("keeps reminders back until it ends, and not that it is over", () => {
    const looks = new Looks();
    looks.look(0, held);
    looks.live = looks.live.map((alert) => ({ ...alert, silencedUntil: 2.5 * DAY }));
    for (let hour = 1; hour < 24 * 3; hour++) looks.look(hour * 60 * MINUTE, held);
    expect(looks.told).toEqual([
      [0, "refunds_held opened"],
      [2.5 * DAY, "refunds_held reminder"],
    ]);
    looks.live = looks.live.map((alert) => ({ ...alert, silencedUntil: 9 * DAY }));
    looks.look(4 * DAY);
    expect(looks.what().at(-1)).toBe("refunds_held closed");
  });

  it("outlives the alert that it was set on", () => {
    const looks = new Looks();
    looks.silences.set(silenceName(held), DAY);
    looks.look(0, held);
    expect(looks.told).toEqual([]);
    expect(looks.live).toMatchObject([{ openedAt: 0, silencedUntil: DAY }]);
    expect(eventAlert({ ...held, kind: "service_changed" }, DAY, 0).notice).toBeNull();
    expect(eventAlert({ ...held, kind: "service_changed" }, DAY, DAY)).toMatchObject({ notice: "opened", next: { closedAt: DAY } });
  });
});

it("looks come every third minute, and each minute while one is undecided", () => {
  expect([0, 1, 2, 3].map((minute) => isLookDue(minute, false))).toEqual([true, false, false, true]);
  expect([0, 1, 2, 3].every((minute) => isLookDue(minute, true))).toBe(true);
});

it.each(ALERT_KINDS)("%s says what to do, on one line that every service takes", (kind) => {
  const { whatToDo } = kindOf(kind);
  expect(whatToDo).toMatch(/^[^\n]{20,300}$/);
});

it("money and outage alone are told in quiet hours", () => {
  expect(ALERT_KINDS.filter((kind) => kindOf(kind).isUrgent)).toEqual([
    "provider_down",
    "provider_blocked",
    "provider_key_rejected",
    "provider_balance_low",
    "provider_funds_out",
    "brake_engaged",
    "refunds_held",
    "placing_unknown",
    "sync_behind",
    "ledger_mismatch",
  ]);
});

import { describe, expect, it } from "vitest";
import { type ChannelTurn, dueMessage, isQuiet, isTimezone, retryAt, type WaitingNotice } from "../../../src/domain/alert-channel.ts";

const MINUTE = 60_000;
const at = (iso: string): number => Date.parse(iso);
const BERLIN = { from: "23:00", to: "07:00", timezone: "Europe/Berlin" };

describe("quiet hours", () => {
  it.each([
    ["2026-11-28T21:59:59Z", BERLIN, false],
    ["2026-11-28T22:00:00Z", BERLIN, true],
    ["2026-11-28T23:30:00Z", BERLIN, true],
    ["2026-11-29T05:59:59Z", BERLIN, true],
    ["2026-11-29T06:00:00Z", BERLIN, false],
    // Summer time: an hour earlier in UTC.
    ["2026-07-01T21:00:00Z", BERLIN, true],
    ["2026-07-01T05:00:00Z", BERLIN, false],
    ["2026-11-28T04:00:00Z", { from: "09:00", to: "12:00", timezone: "Asia/Kolkata" }, true],
    ["2026-11-28T06:30:00Z", { from: "09:00", to: "12:00", timezone: "Asia/Kolkata" }, false],
    ["2026-11-28T12:00:00Z", { from: "12:00", to: "12:00", timezone: "UTC" }, false],
  ])("%s in %o: %s", (time, hours, quiet) => {
    expect(isQuiet(hours, at(time))).toBe(quiet);
  });

  it("are in a time zone that there is", () => {
    expect(["Europe/Berlin", "UTC", "Asia/Kolkata", "Mars/Olympus", ""].map(isTimezone)).toEqual([true, true, true, false, false]);
  });
});

const NOON = at("2026-11-28T12:00:00Z");
const idle: ChannelTurn = { quietHours: null, leasedUntil: null, notBefore: null };
const opened: WaitingNotice = { alert: 1, kind: "dead_letters", notice: "opened", at: NOON, silencedUntil: null, claim: null };
const idsOf = (message: ReturnType<typeof dueMessage>): number[] | null => message?.notices.map(({ alert }) => alert) ?? null;

describe("a channel's next message", () => {
  it("waits two minutes for others, and tells the worst first", () => {
    const later = { ...opened, alert: 2, kind: "brake_engaged", at: NOON + MINUTE } as const;
    expect(dueMessage(idle, [opened, later], NOON + 2 * MINUTE - 1)).toBeNull();
    expect(idsOf(dueMessage(idle, [opened, later], NOON + 2 * MINUTE))).toEqual([2, 1]);
  });

  it("tells what is over after what is not, however bad it was", () => {
    const over = { ...opened, alert: 3, kind: "provider_down", notice: "closed" } as const;
    const news = { ...opened, alert: 4, kind: "service_changed" } as const;
    expect(idsOf(dueMessage(idle, [over, news, opened], NOON + 2 * MINUTE))).toEqual([1, 4, 3]);
  });

  it("is not made while another is on its way, or the service has asked for patience", () => {
    const now = NOON + 5 * MINUTE;
    expect(dueMessage({ ...idle, leasedUntil: now + 1 }, [opened], now)).toBeNull();
    expect(dueMessage({ ...idle, notBefore: now + 1 }, [opened], now)).toBeNull();
    expect(idsOf(dueMessage({ ...idle, leasedUntil: now, notBefore: now }, [opened], now))).toEqual([1]);
    // A clock that was a day ahead.
    expect(idsOf(dueMessage({ ...idle, notBefore: now + 24 * 60 * MINUTE }, [opened], now))).toEqual([1]);
  });

  it("whose sender died is the same once more, without those that came since", () => {
    const claimed = { ...opened, claim: "alert_1" };
    expect(dueMessage(idle, [{ ...opened, alert: 2 }, claimed], NOON + 10 * MINUTE)).toEqual({ notices: [claimed], claim: "alert_1" });
  });

  it("keeps all but money and outage for the morning", () => {
    const night = { ...idle, quietHours: { from: "11:00", to: "13:00", timezone: "UTC" } };
    const brake = { ...opened, alert: 2, kind: "brake_engaged" } as const;
    expect(dueMessage(night, [opened], NOON + 10 * MINUTE)).toBeNull();
    expect(idsOf(dueMessage(night, [opened, brake], NOON + 10 * MINUTE))).toEqual([2]);
    expect(idsOf(dueMessage(night, [opened], at("2026-11-28T13:00:00Z")))).toEqual([1]);
  });

  it("leaves out what was silenced, but not that it is over", () => {
    const silencedUntil = NOON + 60 * MINUTE;
    expect(dueMessage(idle, [{ ...opened, silencedUntil }], NOON + 10 * MINUTE)).toBeNull();
    expect(idsOf(dueMessage(idle, [{ ...opened, silencedUntil, notice: "closed" }], NOON + 10 * MINUTE))).toEqual([1]);
  });
});

it.each([
  [1, null, 1],
  [2, null, 5],
  [3, null, 15],
  [4, null, 60],
  [40, null, 60],
  [1, 600, 10],
  [4, 600, 60],
])("after %i failures, asked for %s s, it is tried again in %i minutes", (failures, seconds, minutes) => {
  expect(retryAt(failures, seconds, NOON)).toBe(NOON + minutes * MINUTE);
});

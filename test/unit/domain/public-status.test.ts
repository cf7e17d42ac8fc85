import { describe, expect, it } from "vitest";
import { MAX_SHOWN, publicStatus, type ServiceFacts } from "../../../src/domain/public-status.ts";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

function facts(service: string | null, over: Partial<ServiceFacts> = {}): ServiceFacts {
  return { service, orders: 10, late: 0, isOff: false, isDown: false, answeredAt: NOW - MINUTE, ...over };
}
const status = (services: readonly ServiceFacts[], lastTickAt: number | null = NOW - MINUTE) => publicStatus({ lastTickAt, services }, NOW);

describe("a panel's public status", () => {
  it("is ok while orders are followed and none is in trouble", () => {
    expect(status([facts("1"), facts(null)])).toEqual({ status: "ok", isFollowing: true, lateMs: 0, services: [] });
    expect(status([])).toMatchObject({ status: "ok", isFollowing: true });
  });

  it.each([
    [2, "ok", true, 0],
    [3, "delayed", true, 2],
    [5, "delayed", true, 4],
    [6, "stopped", false, 5],
  ] as const)("says after %i minutes without a tick: %s", (minutes, expected, isFollowing, late) => {
    expect(status([facts("1")], NOW - minutes * MINUTE)).toMatchObject({ status: expected, isFollowing, lateMs: late * MINUTE });
  });

  it("is stopped where nothing ever ran, and a clock that is behind is no trouble", () => {
    expect(status([], null)).toEqual({ status: "stopped", isFollowing: false, lateMs: 0, services: [] });
    expect(status([], NOW + MINUTE)).toMatchObject({ status: "ok" });
  });

  it("names the services whose orders wait, since the oldest answer, and those that are slow", () => {
    const down = facts("2", { isDown: true, answeredAt: NOW - 30 * MINUTE });
    const off = facts("2", { isOff: true, answeredAt: NOW - 90 * MINUTE });
    const slow = facts("1", { late: 2 });
    expect(status([down, off, facts("2"), slow, facts("3", { late: 1, orders: 1 }), facts("4", { late: 2, orders: 11 })])).toMatchObject({
      status: "delayed",
      services: [
        { service: "1", state: "slow", since: null },
        { service: "2", state: "waiting", since: NOW - 90 * MINUTE },
      ],
    });
  });

  it("counts orders that name no service, and shows no more than a page of services", () => {
    expect(status([facts(null, { isDown: true })])).toMatchObject({ status: "delayed", services: [] });
    const many = Array.from({ length: 80 }, (_, i) => facts(`s${i}`, { isDown: true }));
    expect(status(many).services).toHaveLength(MAX_SHOWN);
  });
});

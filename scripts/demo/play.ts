/** The two ways to watch the demonstration: a minute a second, or as fast as it goes. */
import { setTimeout as sleep } from "node:timers/promises";
import { oldestCheckMs } from "./check.ts";
import type { Demo } from "./demo.ts";
import { agrees, takeSnapshot } from "./snapshot.ts";
import type { Storefront } from "./storefront.ts";
import { truthAbout } from "./truth.ts";
import type { Moment, View } from "./view.ts";

const TICK_EVERY_MS = 1000;
const HOUR_MS = 3_600_000;
/** Final orders are looked at hourly; one whose end was not seen in three rounds will not be. */
const GRACE_MS = 3 * HOUR_MS;
/** Drawing takes time from ticking: ten pictures a second look fluent, and a line half-hourly can be read. */
const DRAW_EVERY_MS = 100;
const LINE_EVERY_TICKS = 30;
/** Orders on their way are looked at every few minutes; how long ago tells of failed calls and full budgets. */
const UNDER_WAY = new Set(["pending", "processing", "in_progress"]);

/** Ticks once a second, for ever: the panel stays there to be asked. */
export async function playLive(demo: Demo, storefront: Storefront, view: View): Promise<never> {
  for (;;) {
    const nextAt = Date.now() + TICK_EVERY_MS;
    const { panel, follower, simulator, desk } = demo;
    await demo.playMinute();
    await storefront.placeDue(simulator.world.clock.now());
    await desk.look(simulator.world.clock.now());
    await follower.catchUp();
    const underWay = [...follower.orders].filter(([, { status }]) => UNDER_WAY.has(status)).map(([id]) => id);
    view.show(momentOf(demo, await oldestCheckMs(panel, underWay, simulator.world.clock.now())));
    await sleep(Math.max(0, nextAt - Date.now()));
  }
}

/** Ticks until every order is over and shown as it ended, or until there is no hope of that. Returns how it stands then. */
export async function playUntilSettled(demo: Demo, view: View): Promise<Moment> {
  const { simulator, orders, follower, totals, desk } = demo;
  const lastEnd = Math.max(...orders.map((order) => truthAbout(simulator.world, order).settlesAt));
  let drawnAt = 0;
  let moves = -1;
  while (!isOver(demo, lastEnd)) {
    await demo.playMinute();
    const hasSettled = await desk.look(simulator.world.clock.now());
    // The feed has news only when something moved, or a person moved it.
    if (hasSettled || totals.moves !== moves) await follower.catchUp();
    moves = totals.moves;
    const isDue = view.redraws ? performance.now() - drawnAt >= DRAW_EVERY_MS : totals.ticks % LINE_EVERY_TICKS === 0;
    if (!isDue) continue;
    drawnAt = performance.now();
    view.show(momentOf(demo, null));
  }
  const last = momentOf(demo, null);
  view.show(last);
  return last;
}

function isOver({ simulator, orders, follower }: Demo, lastEnd: number): boolean {
  const now = simulator.world.clock.now();
  if (now < lastEnd) return false;
  return now > lastEnd + GRACE_MS || orders.every((order) => agrees(follower.orders.get(order.id), truthAbout(simulator.world, order)));
}

function momentOf({ simulator, orders, follower, totals, desk, startAt }: Demo, oldest: number | null): Moment {
  const snapshot = takeSnapshot(simulator, orders, follower, totals);
  return { ...snapshot, desk: desk.view, oldestCheckMs: oldest, elapsedMs: snapshot.now - startAt };
}

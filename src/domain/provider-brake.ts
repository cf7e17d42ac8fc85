/**
 * The brake: when an unusual share of a provider's orders ends badly in a short time (a swapped key, a wiped
 * database), its refunds wait for the operator.
 */
import { HOUR_MS } from "./poll-cadence.ts";
import type { OrderState } from "./order.ts";
import type { Status } from "./status.ts";

/** Engages when at least `min_orders` ended badly within the hour, and they are at least `share` of all that ended. */
export type Brake = { readonly share: number; readonly min_orders: number };

/** Some fifth of orders ends badly at an ordinary provider; two thirds at once, and twenty of them, is no accident. */
export const DEFAULT_BRAKE: Brake = { share: 0.66, min_orders: 20 };

/**
 * How many orders of a panel ended in a slot of five minutes (counted from the epoch), and how many of them badly. An
 * older release counted those of all panels together, without a panel.
 */
export type Endings = readonly (readonly [slot: number, ended: number, badly: number, panel?: string])[];

const SLOT_MS = HOUR_MS / 12;

/** Statuses that say an order came to nothing, or to less than was ordered. */
export function endsBadly(status: Status): boolean {
  return status === "canceled" || status === "refunded" || status === "partial" || status === "error";
}

/** What an order's new status adds to the count: an ending, a bad one. `before`: when the order was counted as ended well, epoch ms, which it is no more. */
export type Ending = { readonly ended: 0 | 1; readonly badly: 0 | 1; readonly before: number | null };

/** Panels whose refunds at a provider wait for the operator, and since when (epoch ms). */
export type BrakedPanels = Readonly<Record<string, number>>;

/** How many orders had ended within the hour before the brake engaged, and how many of them badly. */
export type BrakeEvidence = { readonly ended: number; readonly badly: number };

/** Where the brake is on: for the whole provider since then, and for some panels. */
export type Braked = { readonly brakeEngagedAt: number | null; readonly brakedPanels: BrakedPanels };

/** The same, and why: of what engaged it last, which may be one panel's orders. Null before that, and of an older release's brake. */
export type BrakeState = Braked & { readonly brakeEvidence: BrakeEvidence | null };

/** Whether the brake is on for anybody. */
export function isAnyBraked({ brakeEngagedAt, brakedPanels }: Braked): boolean {
  return brakeEngagedAt !== null || Object.keys(brakedPanels).length > 0;
}

/** Whether a panel's refunds at the provider wait for the operator. */
export function isBraked({ brakeEngagedAt, brakedPanels }: Braked, panel: string): boolean {
  return brakeEngagedAt !== null || Object.hasOwn(brakedPanels, panel);
}

type Ended = Pick<OrderState, "status" | "charge" | "counted">;

const NO_ENDING: Ending = { ended: 0, badly: 0, before: null };

/**
 * What a change of an order's status adds: each order counts once an hour. If it then ends badly after all, it counts as that
 * from now on, and in place of before. An order that cost nothing does not count: nothing follows from its end. `now` in epoch
 * ms. Rule [B2].
 */
export function endingOf({ status: before, charge, counted }: Ended, { status }: Ended, now: number): Ending {
  const badly = endsBadly(status);
  if (status === before || charge === 0 || !(badly || status === "completed")) return NO_ENDING;
  const recent = counted !== null && now - counted.at < HOUR_MS ? counted : null;
  if (recent === null) return { ended: 1, badly: badly ? 1 : 0, before: null };
  return badly && !recent.badly ? { ended: 1, badly: 1, before: recent.at } : NO_ENDING;
}

/** The order's memory of what it added. */
export function countedAfter({ counted }: Pick<OrderState, "counted">, { ended, badly }: Ending, now: number): OrderState["counted"] {
  return ended === 0 ? counted : { at: now, badly: badly === 1 };
}

/** An order's next state, with the order's memory of what its ending added. */
export function withCounted<T extends { readonly next: OrderState }>(decision: T, before: OrderState, now: number): T {
  const counted = countedAfter(before, endingOf(before, decision.next, now), now);
  return counted === before.counted ? decision : { ...decision, next: { ...decision.next, counted } };
}

/** Slots that are kept at most: some 30 bytes each, in a row that every poll writes. The oldest are forgotten first. */
const MOST_SLOTS = 400;

/** Clocks of two processes may be seconds apart: what another one has counted in the next slot already stays. */
const SLOTS_AHEAD = 1;

/** The endings of the last hour with a panel's new ones added. `now` in epoch ms. */
export function withEndings(endings: Endings, panel: string, added: readonly Ending[], now: number): Endings {
  const slot = Math.floor(now / SLOT_MS);
  const moved = added.flatMap(({ before }) => (before === null ? [] : [Math.floor(before / SLOT_MS)]));
  const recent = without(
    endings.filter(([at]) => at > slot - 12 && at <= slot + SLOTS_AHEAD),
    panel,
    moved,
  );
  const ended = added.reduce((sum, ending) => sum + ending.ended, 0);
  const badly = added.reduce((sum, ending) => sum + ending.badly, 0);
  if (ended === 0) return recent.length === endings.length ? endings : recent;
  const at = recent.findIndex(([each, , , of]) => each === slot && of === panel);
  const known = recent[at];
  if (known === undefined) return [...recent, [slot, ended, badly, panel] as const].slice(-MOST_SLOTS);
  return recent.with(at, [slot, known[1] + ended, known[2] + badly, panel]);
}

/** The endings without those that a panel's orders were counted with in these slots: what is in none any more has gone with it. */
function without(endings: Endings, panel: string, slots: readonly number[]): Endings {
  if (slots.length === 0) return endings;
  return endings.map((each) => {
    const [at, ended, badly, of] = each;
    const gone = of === panel ? slots.filter((slot) => slot === at).length : 0;
    return gone === 0 ? each : ([at, Math.max(ended - gone, badly), badly, panel] as const);
  });
}

function sumOf(endings: Endings): BrakeEvidence {
  return {
    ended: endings.reduce((sum, [, count]) => sum + count, 0),
    badly: endings.reduce((sum, [, , count]) => sum + count, 0),
  };
}

/** Whether so many of some orders ended badly that it is no accident. Rule [B1]. */
function isUnusual(endings: Endings, brake: Brake): boolean {
  const { ended, badly } = sumOf(endings);
  return badly >= brake.min_orders && badly >= brake.share * ended;
}

/**
 * The brake after these endings: a panel's, where so many of its own orders ended badly; and the whole provider's only
 * where that shows without any one of the panels, whichever is left out. So no panel alone can stop another's refunds.
 * What is on stays on until the operator lets go. `now` in epoch ms. Rules [O43], [O44].
 */
export function brakeAfter(endings: Endings, brake: Brake, before: BrakeState, now: number): BrakeState {
  const byPanel = Map.groupBy(endings, ([, , , panel]) => panel ?? "");
  const isEverywhere = [...byPanel.keys()].every((left) =>
    isUnusual(
      endings.filter(([, , , panel]) => (panel ?? "") !== left),
      brake,
    ),
  );
  // Those of an older release may be any panel's, for the hour after an upgrade: what may be unusual waits.
  const untold = byPanel.get("") ?? [];
  const unusual = [...byPanel].flatMap(([panel, own]) => (panel !== "" && isUnusual([...untold, ...own], brake) ? [panel] : []));
  const fresh = unusual.filter((panel) => !Object.hasOwn(before.brakedPanels, panel));
  const engages = before.brakeEngagedAt === null && byPanel.size > 0 && isEverywhere;
  const ofFresh = fresh.flatMap((panel) => byPanel.get(panel) ?? []);
  return {
    brakeEngagedAt: engages ? now : before.brakeEngagedAt,
    brakedPanels:
      fresh.length === 0 ? before.brakedPanels : { ...before.brakedPanels, ...Object.fromEntries(fresh.map((panel) => [panel, now])) },
    brakeEvidence: engages ? sumOf(endings) : fresh.length > 0 ? sumOf([...untold, ...ofFresh]) : before.brakeEvidence,
  };
}

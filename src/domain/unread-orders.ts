/**
 * Orders that a provider is asked about and says nothing readable of, while it works otherwise: an answer that cannot be read, or
 * words that are about no order. They are no failure of the provider's for others, nor are they `not_found`. So it stands in the
 * provider's health, and in an alert, whose orders they are, since when, and what came instead. Rules [S38] and [O52]. Pure.
 */
import { MINUTE_MS } from "./time.ts";

/** A failure's code, as of the provider client, and a sentence. */
type CameInstead = { readonly code: string; readonly message: string };

/** By panel. */
export type UnreadOrders = Readonly<Record<string, UnreadOfPanel>>;

/**
 * `orders`: by the provider's id, since when nothing was heard of each and when it was asked about last, epoch ms, and the words that
 * it was refused in, if they may be about it. `more`: there are others. `said`: what came of late in place of an answer.
 */
export type UnreadOfPanel = {
  readonly orders: Readonly<Record<string, UnreadSpan>>;
  readonly more?: true;
  readonly said: CameInstead;
};

export type UnreadSpan = readonly [since: number, at: number, words?: string];

/** An order of a panel's, by its provider's id. */
export type NamedOrder = { readonly panel: string; readonly id: string };

/** What a poll came to: what it said nothing readable of, and what came instead; and what it has settled. */
export type Reading = {
  readonly unread: readonly (NamedOrder & { readonly said: CameInstead; readonly words: string | null })[];
  readonly settled: readonly NamedOrder[];
};

/** They stand in the provider's row, which each poll writes: no panel makes it longer than this, nor do many panels. */
const MAX_ORDERS = 20;
const MAX_PANELS = 10;
/** One that is not asked about any more (it was removed, or its provider's pace is very slow) is forgotten. */
const FORGOTTEN_AFTER_MS = 7 * 60 * MINUTE_MS;
/** A time further ahead comes from a clock that was set back since. */
const MAX_AHEAD_MS = 15 * MINUTE_MS;
/** What comes and goes sooner is a hiccup of the provider's. */
const LASTS_FROM_MS = 10 * MINUTE_MS;

/** Since when nothing readable was heard of an order, epoch ms; null where something was when it was asked about last. */
export function unreadSince(unread: UnreadOrders, { panel, id }: NamedOrder): number | null {
  const orders = Object.hasOwn(unread, panel) ? (unread[panel]?.orders ?? {}) : {};
  return Object.hasOwn(orders, id) ? (orders[id]?.[0] ?? null) : null;
}

/** A word for another order may come at another time. */
const REFUSED_AFTER_MS = 60 * MINUTE_MS;

/**
 * The orders of a poll that are refused after all: for an hour they got words that no other order of their panel gets, while others
 * were answered. Rule [S35].
 */
export function refusedIn(known: UnreadOrders, { unread }: Pick<Reading, "unread">, now: number): readonly NamedOrder[] {
  return unread.filter(({ panel, id, words }) => {
    const of = Object.hasOwn(known, panel) ? known[panel] : undefined;
    const span = of === undefined || !Object.hasOwn(of.orders, id) ? undefined : of.orders[id];
    if (words === null || of === undefined || span?.[2] !== words || now - span[0] < REFUSED_AFTER_MS || of.more === true) return false;
    const saidBefore = Object.entries(of.orders).some(([other, [, , said]]) => other !== id && said === words);
    return !saidBefore && !unread.some((other) => other.panel === panel && other.id !== id && other.words === words);
  });
}

/** What is unread after a poll. The very value where nothing has changed. `now` in epoch ms. */
export function unreadAfter(known: UnreadOrders, { unread, settled }: Reading, now: number): UnreadOrders {
  if (unread.length === 0 && Object.keys(known).length === 0) return known;
  const done = Map.groupBy(settled, ({ panel }) => panel);
  const fresh = Map.groupBy(unread, ({ panel }) => panel);
  const panels = new Set([...Object.keys(known), ...fresh.keys()]);
  const after = [...panels].flatMap((panel) => {
    const before = Object.hasOwn(known, panel) ? known[panel] : undefined;
    const next = panelAfter(before ?? null, fresh.get(panel) ?? [], new Set(done.get(panel)?.map(({ id }) => id)), now);
    return next === null ? [] : [[panel, next] as const];
  });
  return Object.fromEntries(after.slice(0, MAX_PANELS));
}

function panelAfter(
  before: UnreadOfPanel | null,
  fresh: Reading["unread"],
  settled: ReadonlySet<string>,
  now: number,
): UnreadOfPanel | null {
  const asked = new Set(fresh.map(({ id }) => id));
  const isKept = ([id, [, at]]: readonly [string, UnreadSpan]): boolean =>
    asked.has(id) || (!settled.has(id) && now - at < FORGOTTEN_AFTER_MS && at <= now + MAX_AHEAD_MS);
  const spans = new Map(Object.entries(before?.orders ?? {}).filter(isKept));
  let more = before?.more === true && fresh.length === 0;
  for (const { id, words } of fresh) {
    const since = Math.min(spans.get(id)?.[0] ?? now, now);
    if (spans.has(id) || spans.size < MAX_ORDERS) spans.set(id, words === null ? [since, now] : [since, now, words]);
    else more = true;
  }
  const said = fresh.at(-1)?.said ?? before?.said;
  if (spans.size === 0 || said === undefined) return null;
  return { orders: Object.fromEntries(spans), ...(more ? { more: true } : {}), said };
}

/** A panel's unread orders in short. Times in epoch ms. */
export type UnreadSummary = {
  readonly panel: string;
  readonly orders: number;
  /** Whether there are more than are counted. */
  readonly atLeast: boolean;
  readonly since: number;
  readonly at: number;
  readonly said: CameInstead;
};

/** All that is unread, by panel. */
export function summaryOf(unread: UnreadOrders): UnreadSummary[] {
  return Object.entries(unread).map(([panel, { orders, more, said }]) => ({
    panel,
    ...totalOf(Object.values(orders)),
    atLeast: more === true,
    said,
  }));
}

/** What has lasted: the orders of which nothing readable was heard for a while, however often they were asked about. */
export function lastingOf(unread: UnreadOrders): UnreadSummary[] {
  const lasting = Object.entries(unread).map(([panel, each]) => {
    const orders = Object.entries(each.orders).filter(([, [since, at]]) => at - since >= LASTS_FROM_MS);
    return [panel, { ...each, orders: Object.fromEntries(orders) }] as const;
  });
  return summaryOf(Object.fromEntries(lasting.filter(([, { orders }]) => Object.keys(orders).length > 0)));
}

function totalOf(spans: readonly UnreadSpan[]): Pick<UnreadSummary, "orders" | "since" | "at"> {
  return { orders: spans.length, since: Math.min(...spans.map(([since]) => since)), at: Math.max(...spans.map(([, at]) => at)) };
}

/** `20 orders or more of panel shop`. */
export function unreadText({ panel, orders, atLeast }: Pick<UnreadSummary, "panel" | "orders" | "atLeast">): string {
  return `${orders} ${orders === 1 && !atLeast ? "order" : "orders"}${atLeast ? " or more" : ""} of panel ${panel}`;
}

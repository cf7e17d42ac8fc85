/**
 * Hints: a provider's webhook says that orders have news. A hint is never truth: the orders it names are polled, soon, and
 * seldom enough that nobody can hammer a provider with hints. Pure.
 */
import type { OrderKey } from "./message.ts";
import { isProviderOrderId } from "./order-ids.ts";
import { MINUTE_MS, minuteOf } from "./time.ts";

/** Hints at an order within this time are one poll. */
export const HINT_QUIET_MS = 30_000;
/** Of a provider's calls, one in so many may be made for hints, counted over as many minutes: so that one call a minute is shared, too. */
const CALLS_SHARE = 5;
/** Orders of a provider that wait for a tick; more are left to their cadence. */
const MAX_WAITING = 1_000;
/** As many as one call can ask about. */
export const MAX_HINTED_IDS = 100;

/** An order, and since when (epoch ms): when it was polled for a hint, or named by one. */
export type TimedKey = readonly [panel: string, n: number, at: number];
/** Signatures are remembered for as long as their time stamps are taken, in either direction. */
export const SIGNATURE_TOLERANCE_MS = 5 * MINUTE_MS;
/** More within ten minutes push out the oldest. */
const MAX_SIGNATURES = 2_000;

/** What is remembered of a provider's hints; each list may be missing in a row of the database. */
export type HintMemory = {
  readonly polled: readonly TimedKey[];
  /** Named by a hint, and not polled since. */
  readonly waiting: readonly TimedKey[];
  /** Calls made for hints, by the minute. */
  readonly calls: readonly (readonly [minute: number, calls: number])[];
  /** Signatures that were seen, as short digests, and when (epoch ms). */
  readonly signatures: readonly (readonly [digest: string, at: number])[];
};

export const NO_HINTS: HintMemory = { polled: [], waiting: [], calls: [], signatures: [] };

/** An order that a hint names. `polledAt`: its last poll that counts, epoch ms; null where none is known. */
export type HintedOrder = { readonly key: OrderKey; readonly polledAt: number | null };

/** How a provider may be asked: its calls a minute, and ids in a call. */
export type Pace = { readonly callsPerMinute: number; readonly idsPerCall: number };

/** Which orders to poll now, and what is remembered afterwards. The others wait for a tick. */
export type HintPlan = { readonly poll: readonly OrderKey[]; readonly memory: HintMemory };

/**
 * Plans what to poll of the orders that a hint names. An order that was polled within 30 s waits: the hint may tell of
 * something that happened since. So does what the provider's share of calls does not reach.
 */
export function planHint(seen: HintMemory, orders: readonly HintedOrder[], pace: Pace, now: number): HintPlan {
  const memory = pruned(seen, now);
  const named = new Map(orders.map((order) => [keyText(order.key), { ...order, since: now }]));
  const others = memory.waiting.filter((key) => !named.has(keyText(key)));
  const plan = planned(memory, [...named.values()], pace, now);
  return { ...plan, memory: { ...plan.memory, waiting: [...others, ...plan.memory.waiting].slice(0, MAX_WAITING) } };
}

/** Plans what a tick polls of the orders that wait. `orders` are those that there still are; one that was polled since waits no more. */
export function planWaiting(seen: HintMemory, orders: readonly HintedOrder[], pace: Pace, now: number): HintPlan {
  const memory = pruned(seen, now);
  const since = new Map(memory.waiting.map((key) => [keyText(key), key[2]]));
  const waiting = orders.flatMap((order) => {
    const at = since.get(keyText(order.key));
    return at === undefined || (order.polledAt ?? 0) >= at ? [] : [{ ...order, since: at }];
  });
  return planned(memory, waiting, pace, now);
}

/**
 * Puts orders on the list of those that wait, as named by a hint of `since`. One that waits already waits for the later of the
 * two: a poll in between answered the earlier hint only.
 */
export function keepWaiting(seen: HintMemory, orders: readonly OrderKey[], since: number): HintMemory {
  const wanted = new Set(orders.map(keyText));
  const known = new Set(seen.waiting.map(keyText));
  const waiting = seen.waiting.map(([panel, n, at]) => [panel, n, wanted.has(keyText([panel, n])) ? Math.max(at, since) : at] as const);
  const more = orders.filter((key) => !known.has(keyText(key))).map(([panel, n]) => [panel, n, since] as const);
  return { ...seen, waiting: [...waiting, ...more].slice(0, MAX_WAITING) };
}

type Wanted = HintedOrder & { readonly since: number };

/** Polls what may be, and keeps the rest waiting; `memory` is pruned. */
function planned(memory: HintMemory, wanted: readonly Wanted[], pace: Pace, now: number): HintPlan {
  const last = new Map(memory.polled.map((key) => [keyText(key), key[2]]));
  const isQuiet = ({ key, polledAt }: Wanted): boolean => {
    const at = Math.max(last.get(keyText(key)) ?? 0, polledAt ?? 0);
    return at <= now && now - at < HINT_QUIET_MS;
  };
  const poll = wanted
    .filter((order) => !isQuiet(order))
    .slice(0, callsLeft(memory, pace, now) * pace.idsPerCall)
    .map(({ key }) => key);
  const polled = new Set(poll.map(keyText));
  const calls = Math.ceil(poll.length / pace.idsPerCall);
  return {
    poll,
    memory: {
      ...memory,
      polled: [...memory.polled.filter((key) => !polled.has(keyText(key))), ...poll.map(([panel, n]) => [panel, n, now] as const)],
      waiting: wanted.filter(({ key }) => !polled.has(keyText(key))).map(({ key: [panel, n], since }) => [panel, n, since] as const),
      calls: calls === 0 ? memory.calls : [...memory.calls, [minuteOf(now), calls]],
    },
  };
}

/** A clock that was set back leaves times ahead of it, which do not count. */
function pruned({ polled, waiting, calls, signatures }: HintMemory, now: number): HintMemory {
  const minute = minuteOf(now);
  return {
    polled: polled.filter(([, , at]) => at <= now && now - at < HINT_QUIET_MS),
    waiting,
    calls: calls.filter(([at]) => at <= minute && minute - at < CALLS_SHARE),
    signatures: signatures.filter(([, at]) => Math.abs(now - at) < 2 * SIGNATURE_TOLERANCE_MS),
  };
}

/** In each five minutes as many calls as the provider takes in one: a fifth. */
function callsLeft({ calls }: HintMemory, { callsPerMinute }: Pace, now: number): number {
  const used = calls.filter(([minute]) => minuteOf(now) - minute < CALLS_SHARE).reduce((sum, [, made]) => sum + made, 0);
  return Math.max(0, callsPerMinute - used);
}

function keyText([panel, n]: OrderKey | TimedKey): string {
  return `${panel} ${n}`;
}

/** Notes a signature; null where it was seen before. `digest` stands for it. */
export function noteSignature(seen: HintMemory, digest: string, now: number): HintMemory | null {
  const memory = pruned(seen, now);
  if (memory.signatures.some(([known]) => known === digest)) return null;
  return { ...memory, signatures: [...memory.signatures, [digest, now] as const].slice(-MAX_SIGNATURES) };
}

/** The fields that name orders, in whatever a provider sends. */
const NAMING = ["order", "orders", "order_id", "id"] as const;

/**
 * The ids that a payload names: by `order`, `orders`, `order_id` or `id`, at its top, below `data`, or in each entry of a
 * list. A text may name several, with commas between them. What is spelled like no provider's id is none.
 */
export function idsIn(payload: unknown): string[] {
  const found = new Set<string>();
  const add = (value: unknown): void => {
    if (typeof value === "number" && Number.isSafeInteger(value)) add(String(value));
    else if (typeof value === "string") for (const id of value.split(",")) addId(found, id.trim());
    else if (Array.isArray(value)) for (const each of value.slice(0, MAX_HINTED_IDS)) add(each);
    else if (isRecord(value)) for (const name of NAMING) add(value[name]);
  };
  const entries = Array.isArray(payload) ? payload.slice(0, MAX_HINTED_IDS) : [payload];
  for (const entry of entries.filter(isRecord)) {
    add(entry);
    add(entry["data"]);
  }
  return [...found];
}

/**
 * The same of a form or a query, as PHP writes one: `orders[0][id]` names what `{"orders": [{"id": …}]}` names, and a name may
 * come several times.
 */
export function idsInFields(fields: Iterable<readonly [name: string, value: string]>): string[] {
  const found = new Set<string>();
  for (const [name, value] of fields) if (isNaming(name)) for (const id of value.split(",")) addId(found, id.trim());
  return [...found];
}

/** `data` may come first, entries of lists anywhere; each other part of the name has to be one that names orders. */
function isNaming(field: string): boolean {
  const parts = field.split("[").map((part) => part.replace(/\]$/, ""));
  const named = parts.filter((part) => !/^\d*$/.test(part));
  const below = named[0] === "data" ? named.slice(1) : named;
  return named.length > 0 && below.every((part) => (NAMING as readonly string[]).includes(part));
}

function addId(found: Set<string>, id: string): void {
  if (found.size < MAX_HINTED_IDS && isProviderOrderId(id, { textIds: true })) found.add(id);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

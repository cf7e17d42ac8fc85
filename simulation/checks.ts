/**
 * What must be right in the end, whatever happened on the way.
 */
import type { World } from "../simulator/world.ts";
import { micros } from "./amounts.ts";
import type { FeedReader } from "./feed-reader.ts";
import type { Gift } from "./operator.ts";
import { shownOf } from "./subscriptions.ts";
import { INTERNAL_ERROR, type System } from "./system.ts";
import { cancelStatusOf } from "./refill-cancel-check.ts";
import { ModelLedger } from "./model/ledger.ts";
import type { Backend } from "./sqlite.ts";

type Row = Record<string, unknown>;

async function rows(backend: Backend, sql: string): Promise<Row[]> {
  const [result] = await backend.run([{ sql, params: [] }]);
  return result?.results ?? [];
}

/** Conservation: refunds within charges, totals as their rows add up, balances as their transfers do. */
export async function wrongsOfLedger(backend: Backend): Promise<string[]> {
  const wrong = async (what: string, sql: string): Promise<string[]> =>
    (await rows(backend, sql)).map((row) => `${what}: ${JSON.stringify(row)}`);
  const posted =
    "coalesce((SELECT sum(iif(r.kind = 'clawback', -r.amount, r.amount)) FROM refunds r WHERE r.panel = o.panel AND r.order_n = o.n AND r.status = 'posted'), 0)";
  return [
    ...(await wrong(
      "active_orders is not how many orders are followed",
      "SELECT p.id, p.active_orders FROM providers p WHERE p.active_orders <> (SELECT count(*) FROM orders o WHERE o.provider = p.id AND o.cadence IS NOT NULL AND NOT (o.cadence = 1 AND o.polled_at IS NULL))",
    )),
    ...(await wrong(
      "a refund names another order than its own",
      "SELECT r.panel, r.order_n, r.order_id FROM refunds r JOIN orders o ON o.panel = r.panel AND o.n = r.order_n WHERE r.order_id IS NOT o.id",
    )),
    ...(await wrong(
      "a transfer names another order than its own",
      "SELECT t.panel, t.order_n, t.order_id FROM transfers t JOIN orders o ON o.panel = t.panel AND o.n = t.order_n WHERE t.order_id IS NOT NULL AND t.order_id IS NOT o.id",
    )),
    ...(await wrong(
      "refunded is not what the refunds add up to",
      `SELECT o.panel, o.id, o.refunded FROM orders o WHERE o.refunded <> o.registered_refunded + ${posted}`,
    )),
    ...(await wrong(
      "refunded is above the charge",
      "SELECT panel, id, refunded, charge FROM orders WHERE refunded + coalesce(hold_amount, 0) > coalesce(charge, 0)",
    )),
    ...(await wrong(
      "a posted refund is not on its account once",
      `SELECT r.panel, r.order_n, r.n FROM refunds r JOIN panels p ON p.id = r.panel AND p.money = 'ledger' WHERE r.status = 'posted' AND r.amount IS NOT NULL
       AND 1 <> (SELECT count(*) FROM transfers t WHERE t.panel = r.panel AND t.order_n = r.order_n AND t.refund_n = r.n AND abs(t.amount) = r.amount)`,
    )),
    ...(await wrong(
      "an order is not charged once",
      `SELECT o.panel, o.id FROM orders o JOIN panels p ON p.id = o.panel AND p.money = 'ledger' WHERE o.charge > o.registered_refunded
       AND 1 <> (SELECT count(*) FROM transfers t WHERE t.panel = o.panel AND t.order_n = o.n AND t.type = 'charge' AND t.amount = o.registered_refunded - o.charge)`,
    )),
    ...(await wrong("an order without a change", "SELECT panel, id FROM orders WHERE last_change = 0")),
    ...(await wrong(
      "an order that nobody settled",
      "SELECT panel, id FROM orders WHERE provider_order_id LIKE 'placing %' AND status NOT IN ('canceled')",
    )),
    ...(await wrong(
      "a balance is not what its transfers add up to",
      `SELECT t.panel, t.customer, t.balance FROM transfers t
       WHERE t.balance <> (SELECT sum(s.amount) FROM transfers s WHERE s.panel = t.panel AND s.currency = t.currency AND s.customer = t.customer AND s.n <= t.n)`,
    )),
    ...(await wrong("a parked order", "SELECT panel, id FROM orders WHERE flags & 1024")),
    ...(await wrong("a frozen panel", "SELECT id, frozen_because FROM panels WHERE frozen_at IS NOT NULL")),
  ];
}

/** Every order shows what is true of it at its provider. */
export async function wrongsOfTruth(backend: Backend, world: World, now: number): Promise<string[]> {
  const orders = await rows(
    backend,
    "SELECT panel, id, provider, provider_order_id, status, flags FROM orders WHERE provider_order_id NOT LIKE 'placing %' AND provider_order_id NOT LIKE 'taken %'",
  );
  return orders.flatMap(({ panel, id, provider, provider_order_id, status }) => {
    const order = world.providers.get(String(provider))?.orders.get(String(provider_order_id));
    if (order === undefined) return [`${String(panel)}/${String(id)} is at no provider`];
    const { status: truth } = shownOf(order, now);
    return truth === status ? [] : [`${String(panel)}/${String(id)} at ${String(provider)} is ${truth}, and shown as ${String(status)}`];
  });
}

/**
 * A reader of the feed alone knows every order as it is, and has credited what was refunded. Of orders that changed in a
 * time that is `lost`, as `panel/id`, the feed can have told of, and the reader have credited, more than there is any more.
 */
export async function wrongsOfReaders(backend: Backend, readers: readonly FeedReader[], lost: ReadonlySet<string>): Promise<string[]> {
  const wrongs = readers.flatMap((reader) => reader.wrongs);
  const orders = await rows(
    backend,
    "SELECT panel, id, status, refunded, refill_status, cancel_status, cancel_tries, cancel_wait_until FROM orders",
  );
  for (const reader of readers) {
    const ofPanel = orders.filter(({ panel }) => panel === reader.panel);
    const there = new Set(ofPanel.map(({ id }) => String(id)));
    for (const id of reader.orders.keys())
      if (!there.has(id) && !lost.has(`${reader.panel}/${id}`)) wrongs.push(`${reader.panel}: the feed told of ${id}`);
    for (const order of ofPanel) {
      const { id, status, refunded, refill_status } = order;
      const isLost = lost.has(`${reader.panel}/${String(id)}`);
      const statuses = { refill: refill_status, cancel: cancelStatusOf(order) };
      for (const [kind, is] of Object.entries(statuses)) {
        const said = reader.refillsAndCancels.get(`${String(id)} ${kind}.updated`)?.status as string | undefined;
        if ((said ?? null) !== is && !isLost)
          wrongs.push(`${reader.panel}/${String(id)} has its ${kind} ${String(is)}, and the feed said ${String(said)}`);
      }
      const read = reader.orders.get(String(id));
      if (read === undefined) wrongs.push(`${reader.panel}/${String(id)} is not in the feed`);
      else if (read.status !== status)
        wrongs.push(`${reader.panel}/${String(id)} is ${String(status)}, and the feed said ${String(read.status)}`);
      else if (micros(read.refunded) !== refunded && !isLost)
        wrongs.push(`${reader.panel}/${String(id)} refunded ${String(refunded)}, and the feed said ${read.refunded}`);
      const [credited, due] = [reader.credited.get(String(id)) ?? 0, Number(refunded)];
      // What a lost claw-back has taken from the customer is not given again by the feed.
      if (isLost ? credited < due && !reader.tookBack.has(String(id)) : credited !== due)
        wrongs.push(`${reader.panel}/${String(id)} has ${due} refunded, and a reader of the feed has credited ${credited}`);
    }
  }
  return wrongs;
}

/** What was acknowledged is there, and the feed has told of it. */
export function wrongsOfAcknowledged(
  registered: ReadonlyMap<string, { readonly heardAt: number }>,
  readers: readonly FeedReader[],
): string[] {
  const known = readers.find(({ panel }) => panel === "books")?.orders;
  const acknowledged = [...registered].filter(([, { heardAt }]) => heardAt !== -Infinity);
  return acknowledged.flatMap(([id]) => (known?.has(id) === true ? [] : [`books/${id} was acknowledged, and is not in the feed`]));
}

/** Orders that a panel only asked for are followed, as parts are, and nothing is reckoned with them. */
export async function wrongsOfAdopted(backend: Backend): Promise<string[]> {
  const found = await rows(
    backend,
    "SELECT panel, id, charge, refunded FROM orders WHERE (door = 'connect' AND add_digest IS NULL OR part_of IS NOT NULL) AND (charge IS NOT NULL OR refunded <> 0)",
  );
  return found.map((row) => `an adopted order was reckoned with: ${JSON.stringify(row)}`);
}

/** Every part that an order with a charge names is on record, whosever it is: by it the order is judged. */
export async function wrongsOfParts(backend: Backend): Promise<string[]> {
  const missing = await rows(
    backend,
    `SELECT w.panel, w.id, j.value AS part FROM orders w JOIN json_each(w.parts, '$.orders') j WHERE w.charge > 0 AND w.part_of IS NULL
       AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.provider = w.provider AND o.provider_order_id = j.value)`,
  );
  return missing.map((row) => `a part is not on record: ${JSON.stringify(row)}`);
}

/** What the operator gave beside the rules, and took back, was done once, however often it was sent; and all that was acknowledged, where nothing is lost. */
export async function wrongsOfGifts(backend: Backend, gifts: ReadonlyMap<string, Gift>, nothingLost: boolean): Promise<string[]> {
  const given = await rows(backend, "SELECT panel, order_n, kind, amount FROM refunds WHERE kind IN ('goodwill', 'clawback')");
  const left = [...gifts.values()].toSorted((a, b) => Number(b.isAcknowledged) - Number(a.isAcknowledged));
  const tooMuch = given.flatMap(({ panel, order_n, kind, amount }) => {
    const at = left.findIndex((gift) => gift.kind === kind && gift.amount === Number(amount));
    if (at !== -1) left.splice(at, 1);
    return at === -1 ? [`${String(panel)}: a ${String(kind)} of ${String(amount)} too much for order ${String(order_n)}`] : [];
  });
  const missing = left.filter(({ isAcknowledged }) => isAcknowledged && nothingLost);
  return [...tooMuch, ...missing.map(({ kind, amount }) => `a ${kind} of ${amount} was acknowledged, and is not on record`)];
}

/** What failed for good is on record. */
export async function wrongsOfDeadLetters(backend: Backend, dead: ReadonlySet<string>): Promise<string[]> {
  const kept = new Set((await rows(backend, "SELECT queue_message_id AS id FROM dead_letters")).map(({ id }) => id));
  return [...dead].filter((id) => !kept.has(id)).map((id) => `the dead message ${id} is not on record`);
}

/** Every customer's balance is what was charged by the panel's own records, and refunded by the rules (model/ledger.ts). */
export async function wrongsOfAccounts(
  backend: Backend,
  registered: ReadonlyMap<string, { readonly registration: { readonly customer: string; readonly charge: string } }>,
  refunds: ReadonlyMap<string, number>,
): Promise<string[]> {
  const ledger = new ModelLedger();
  const orders = await rows(backend, "SELECT n, id FROM orders WHERE panel = 'books'");
  for (const { n, id } of orders) {
    const registration = registered.get(String(id))?.registration;
    if (registration === undefined) continue;
    const entry = { account: registration.customer, currency: "USD", order: String(id) };
    ledger.record({ ...entry, kind: "charge", amount: micros(registration.charge) });
    ledger.record({ ...entry, kind: "refund", amount: refunds.get(`books/${String(n)}`) ?? 0 });
  }
  const accounts = await rows(
    backend,
    `SELECT t.customer, CAST(t.balance AS TEXT) AS balance FROM transfers t WHERE t.panel = 'books' AND t.currency = 'USD'
     AND t.n = (SELECT max(s.n) FROM transfers s WHERE s.panel = t.panel AND s.currency = t.currency AND s.customer = t.customer)`,
  );
  return [
    ...ledger.wrongs(),
    ...accounts.flatMap(({ customer, balance }) => {
      const due = ledger.balance(String(customer), "USD");
      return BigInt(String(balance)) === due ? [] : [`books: ${String(customer)} has ${String(balance)} instead of ${due}`];
    }),
  ];
}

/** Minutes over which a provider's calls are counted: at their edges a call may fall into the next one. */
const WINDOW_MINUTES = 10;
const WINDOW_SLACK = 2;

/** What the product asked of others: calls within each provider's budget, messages handed on by first deliveries alone, and no answer that says nothing. */
export function wrongsOfTraffic(system: System, limits: ReadonlyMap<string, number>): string[] {
  const wrongs: string[] = [];
  for (const [provider, limit] of limits) {
    const calls = system.callsTo.get(provider) ?? new Map<number, number>();
    for (const from of calls.keys()) {
      let sum = 0;
      for (let minute = from; minute < from + WINDOW_MINUTES; minute++) sum += calls.get(minute) ?? 0;
      if (sum > limit * (WINDOW_MINUTES + WINDOW_SLACK))
        wrongs.push(`${sum} calls to ${provider} in ${WINDOW_MINUTES} minutes, and it takes ${limit} in one`);
    }
  }
  for (const [provider, limit] of limits) {
    const calls = system.strangersCallsTo.get(provider) ?? new Map<number, number>();
    for (const from of calls.keys()) {
      let sum = 0;
      for (let minute = from; minute < from + WINDOW_MINUTES; minute++) sum += calls.get(minute) ?? 0;
      // Two fifths in all (docs/rules.md, [O47]). Of one or two a minute they are whole calls, and fall one minute sooner or later.
      const shifted = limit <= 2 ? 1 : 0;
      if (sum > (limit * 2 * (WINDOW_MINUTES + WINDOW_SLACK)) / 5 + shifted)
        wrongs.push(`${sum} calls to ${provider} in ${WINDOW_MINUTES} minutes are about what one panel made up, of ${limit} in one`);
    }
  }
  for (const [page, sent] of system.handedOn) {
    const firsts = system.firstDeliveries.get(page) ?? 0;
    if (sent > firsts) wrongs.push(`${page} was handed on ${sent} times after ${firsts} first deliveries`);
  }
  const internal = system.answers.get(INTERNAL_ERROR) ?? 0;
  return internal === 0 ? wrongs : [...wrongs, `${internal} requests were answered with an internal error`];
}

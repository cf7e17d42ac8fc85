/**
 * The ids that panel scripts are told. They keep them in 32-bit columns, so those of ours are whole numbers from 1 to
 * 2^31 - 1.
 *
 * In connect mode an order has its provider's id, whatever it looks like: the panel has kept such ids before, and will
 * again when it is switched back. While that one is unknown (and for good, where the panel has
 * another order under the same id), it has 2,000,000,000 plus its number in the panel: more than any provider's counter
 * has come to. At the own catalogue it has its number in the panel, or that plus 1,000,000,000 where the panel
 * has registered an order of its own by that id.
 *
 * No script asks for a part of an order that a panel has registered. It is named after the provider's order, `acme:902`, so
 * that it takes no id that the panel may still use; where that is taken or too long, it has 1,000,000,000 plus its number.
 */
import type { Order } from "./order.ts";

export const CONNECT_IDS_FROM = 2_000_000_000;
export const SPARE_IDS_FROM = 1_000_000_000;
const MAX_ID = 2 ** 31 - 1;
/** The longest id that a panel may give an order. */
export const MAX_ORDER_ID_CHARACTERS = 64;

/** The id that the panel's script knows the order by. */
export function panelOrderId(order: Pick<Order, "id" | "number" | "channel" | "providerOrderId">): string {
  if (order.channel !== "connect") return order.id;
  const { providerOrderId } = order;
  return providerOrderId === null || numberOfOurs(providerOrderId) !== null ? String(CONNECT_IDS_FROM + order.number) : providerOrderId;
}

/** The number of the order that a script was told of by an id of ours in connect mode; null when it is none. */
export function numberOfOurs(id: string): number | null {
  if (!/^2\d{9}$/.test(id)) return null;
  const value = Number(id);
  return value > CONNECT_IDS_FROM && value <= MAX_ID ? value - CONNECT_IDS_FROM : null;
}

/** So many numbers are passed over after a restore, whatever was given out in the time that is lost (scripts/restored.sql). */
const PASSED_OVER = 100_000;

/**
 * Whether an id of ours may have been given to an order that a restore has lost. Nobody can say what became of that one,
 * so nothing is said: a script would take an error for the end of it.
 */
export function isPerhapsLost(id: string, lostOrdersFrom: number | null): boolean {
  if (lostOrdersFrom === null || !/^\d{1,10}$/.test(id)) return false;
  const numbers = [Number(id), Number(id) - CONNECT_IDS_FROM, Number(id) - SPARE_IDS_FROM];
  return numbers.some((n) => n >= lostOrdersFrom && n < lostOrdersFrom + PASSED_OVER);
}

/** Whole numbers without a zero in front. */
const NUMBER = /^[1-9]\d{0,18}$/;
/** Names that begin with a letter: no server reads a number out of their beginning. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** Hashes and the like begin with a digit now and then; what is shorter is read as the number before its letters. */
const HASH = /^(?=\d*[A-Za-z])\d[A-Za-z0-9_-]{15,63}$/;

/**
 * Whether a text that a panel names can be the id of an order, or of a refill, of a provider's. Lenient servers read
 * `0123`, `+123` and `123abc` as the order 123, so what has another spelling is nobody's, and is never sent. A hash that
 * begins with a digit would be read so, too: it counts only where the provider has shown that it goes by texts. Rule [I9].
 */
export function isProviderOrderId(id: string, { textIds = false }: { readonly textIds?: boolean } = {}): boolean {
  // planted: spelling-of-ids
  return NUMBER.test(id) || NAME.test(id) || (textIds && HASH.test(id));
}

/**
 * Whether an id shows that a provider goes by texts. One that it has given for an order may be a hash; where it has answered
 * about an order, only a name shows it: no number is read out of that. Rule [I10].
 */
export function showsTextIds(id: string, how: "given" | "answered"): boolean {
  return NAME.test(id) || (how === "given" && HASH.test(id));
}

/** What an id must be, after the name of its field. */
export const ID_SPELLING =
  "must be a provider's id in its one spelling: a whole number without zeros in front, or letters, digits, `_` and `-`, 64 at most, a letter first";

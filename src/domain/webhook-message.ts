/**
 * What one delivery of a webhook holds. Pure. Rules [H15] to [H19].
 */
import { isoTime } from "./time.ts";

/** At most so many changes go together. */
export const MAX_CHANGES = 100;
/** At most so many bytes of body: receivers' servers and databases take it without settings of their own. */
export const MAX_BODY_BYTES = 20_000;
/** What stands around the changes, at its longest. */
const ENVELOPE_BYTES = 200;

/** So many changes of the feed are looked at for the next message; what is left behind it is counted among them, too. */
export const MAX_LOOKED_AT = 1000;
/**
 * So many changes of other types are passed over before the place is moved without a message, by a row written. Until then
 * each look reads them again, at a thousandth of a row's price each.
 */
export const WORTH_MOVING = 50;

/** A change, and its JSON text. */
export type ChangeText = { readonly seq: number; readonly text: string };

/** What lies after a place in the feed, among the first `MAX_LOOKED_AT` changes. */
export type Ahead = {
  /** The first changes of the types that are wanted, in order. */
  readonly changes: readonly ChangeText[];
  /** How many changes were looked at. */
  readonly lookedAt: number;
  /** The number of the last of those; null where there is none. */
  readonly lookedUpTo: number | null;
  /** How many of those are of the types that are wanted. */
  readonly wanted: number;
};

export type NextMessage =
  | { readonly kind: "message"; readonly changes: readonly ChangeText[]; readonly lastSeq: number; readonly behind: number }
  /** Nothing that is wanted, and so much else that the place moves. */
  | { readonly kind: "pass_over"; readonly to: number }
  | { readonly kind: "nothing" };

/** The next message: as many changes as fit, in order. One that alone is too long goes alone. */
export function nextMessage({ changes, lookedAt, lookedUpTo, wanted }: Ahead): NextMessage {
  const taken = fitting(changes);
  const last = taken.at(-1);
  if (lookedUpTo === null) return { kind: "nothing" };
  if (last === undefined) return lookedAt >= WORTH_MOVING ? { kind: "pass_over", to: lookedUpTo } : { kind: "nothing" };
  const behind = Math.max(0, wanted - taken.length);
  // What follows and is not wanted is passed over with it.
  return { kind: "message", changes: taken, lastSeq: behind === 0 ? lookedUpTo : last.seq, behind };
}

function fitting(changes: readonly ChangeText[]): ChangeText[] {
  let bytes = ENVELOPE_BYTES;
  const taken: ChangeText[] = [];
  for (const change of changes.slice(0, MAX_CHANGES)) {
    bytes += utf8Bytes(change.text) + 1;
    if (taken.length > 0 && bytes > MAX_BODY_BYTES) break;
    taken.push(change);
  }
  return taken;
}

export type BodyFacts = {
  readonly changes: readonly ChangeText[];
  /** Epoch ms. */
  readonly frozenAt: number;
  readonly nextAfter: number;
  readonly behind: number;
};

/** The body. The same facts make the same body, to the byte. */
export function webhookBody({ changes, frozenAt, nextAfter, behind }: BodyFacts): string {
  const texts = changes.map(({ text }) => text).join(",");
  return `{"type":"changes","timestamp":"${isoTime(frozenAt)}","data":{"changes":[${texts}],"next_after":"${nextAfter}","behind":${behind}}}`;
}

/** How long a text is in UTF-8. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Half of a pair: the pair is four bytes, and two units were counted for it.
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

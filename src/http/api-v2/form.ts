/**
 * Forms and queries as PHP reads them, byte for byte: a text that is not UTF-8 is known to be none, and never mended.
 */

/** A field as it was sent. `value` is null where its bytes are not UTF-8: nobody could pass it on as it was. */
export type Pair = readonly [name: string, value: string | null];

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The fields of a form's body or of a query, up to one more than `most`. A name that is not UTF-8 is one that nobody asks for. */
export function formPairs(bytes: Uint8Array, most: number): Pair[] {
  const form = withoutMark(bytes);
  const pairs: Pair[] = [];
  for (let start = 0; start <= form.length && pairs.length <= most;) {
    const found = form.indexOf(AMPERSAND, start);
    const end = found === -1 ? form.length : found;
    if (end > start) pairs.push(pairIn(form.subarray(start, end)));
    start = end + 1;
  }
  return pairs;
}

function pairIn(field: Uint8Array): Pair {
  const equals = field.indexOf(EQUALS);
  const [name, value] = equals === -1 ? [field, new Uint8Array()] : [field.subarray(0, equals), field.subarray(equals + 1)];
  const text = utf8Text(decoded(name));
  // A name that cannot be read may be any: the call has text that cannot be passed on.
  return text === null ? ["", null] : [text, utf8Text(decoded(value))];
}

/** The bytes that a part of a form stands for. A percent sign that begins no byte stands for itself. */
function decoded(encoded: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    const byte = encoded[at] ?? 0;
    const [high, low] = byte === PERCENT ? [hexDigit(encoded[at + 1]), hexDigit(encoded[at + 2])] : [-1, -1];
    const isEscape = high >= 0 && low >= 0;
    bytes[length++] = isEscape ? high * 16 + low : byte === PLUS ? SPACE : byte;
    if (isEscape) at += 2;
  }
  return bytes.subarray(0, length);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? -1 : digit;
}

/** Bytes as text, a byte-order mark among it kept; null where they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Without the byte-order mark that some editors put before all else. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}

/** `orders[]`, `orders[0]`: an entry of a list, as PHP writes one. */
const LIST_ENTRY = /^([A-Za-z0-9_-]{1,64})\[\d{0,9}\]$/;

/** Fields by name. Of a name that comes twice the last counts, as in PHP; entries of one list stand together. */
export type Collected = ReadonlyMap<string, readonly (string | null)[]>;

/**
 * Fields with their values, by name. A list stands for its field only where that is not there by itself: a server that
 * reads the list would go by another value than the one that was read here. `isList`: both are entries of one list.
 */
export function collect(pairs: readonly Pair[], isList: (name: string) => boolean): Collected {
  const plain = new Map<string, (string | null)[]>();
  const listed = new Map<string, (string | null)[]>();
  for (const [name, value] of pairs) {
    const field = LIST_ENTRY.exec(name)?.[1];
    if (field === undefined && !isList(name)) plain.set(name, [value]);
    else pushTo(listed, field ?? name, value);
  }
  return new Map([...listed, ...plain]);
}

function pushTo(lists: Map<string, (string | null)[]>, name: string, value: string | null): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [value]);
  else list.push(value);
}

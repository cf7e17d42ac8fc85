/** The hex of each byte: every request makes some digests into text. */
const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Bytes in lower-case hex, two characters each. */
export function toHex(bytes: Iterable<number>): string {
  let hex = "";
  for (const byte of bytes) hex += HEX_OF_BYTE[byte] ?? "";
  return hex;
}

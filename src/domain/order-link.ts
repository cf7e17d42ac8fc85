/**
 * Telling that two orders are for the same thing: links in all their spellings.
 */

import { toHex } from "./hex.ts";

/** What is added to a link to see where a visitor came from. */
const TRACKING =
  /^(?:utm_\w+|igsh|igshid|fbclid|gclid|si|feature|ref|ref_src|ref_url|mibextid|_r|_t|is_from_webapp|sender_device|s|share_id)$/i;

/**
 * A link without what makes no difference: scheme, `www.` and `m.`, case of the host, tracking parameters, the
 * fragment, slashes at the end. A bare name loses its `@` and its case. The path keeps its case: ids stand in it.
 */
export function normaliseLink(link: string): string {
  const text = link.trim();
  const match = /^(?:https?:\/\/)?(?:(?:www|m|mobile)\.)?([a-z0-9.-]+\.[a-z]{2,}(?::\d+)?)(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/i.exec(text);
  if (match === null) return text.replace(/^@/, "").toLowerCase();
  const [, host = "", path = "", query = ""] = match;
  if (query === "") return `${host.toLowerCase()}${path.endsWith("/") ? path.replace(/\/+$/, "") : path}`;
  const kept = query.split("&").filter((pair) => pair !== "" && !TRACKING.test(pair.split("=")[0] ?? ""));
  const tail = kept.length === 0 ? "" : `?${kept.toSorted().join("&")}`;
  return `${host.toLowerCase()}${path.replace(/\/+$/, "")}${tail}`;
}

/**
 * One short text for a link, 16 hex digits; the same for all its spellings. No secret: two links with one key can be made,
 * and whoever makes them gets a warning for it.
 */
export function linkKey(link: string): string {
  return hash64(normaliseLink(link));
}

/** What orders from before 0.5 are looked up by: the service counted, too. `scope`: the provider, empty for the own catalogue. */
export function formerLinkKey(scope: string, service: string, link: string): string {
  return hash64(`${scope}\n${service}\n${normaliseLink(link)}`);
}

const PRIME = 0x01000193;

/** FNV-1a from two starts: two of them make a collision a matter of 2^-64. */
function hash64(text: string): string {
  let [one, other] = [0x811c9dc5, 0x01234567];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, PRIME) ^ (one >>> 13);
    other = Math.imul(other ^ code, PRIME) ^ (other >>> 13);
  }
  return toHex(bytesOf(one)) + toHex(bytesOf(other));
}

/** The bytes of 32 bits, the first one first. */
function bytesOf(bits: number): readonly number[] {
  return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255];
}

/**
 * The ids that a call in API v2 asks for.
 */

/** Ids that one call is answered of; some scripts ask for all their open orders at once. What comes after them is left out. */
const MAX_IDS = 1000;

/** Ids that one call has a provider asked about a refill or a cancel of: what one call of the provider's takes. */
export const MAX_ASKED = 100;

/** What a call asks for: ids as they were given but for the space around them, each once; and whether it wants a list. */
export type AskedIds = { readonly ids: readonly string[]; readonly isList: boolean };

/** The ids of a call. Where both fields are there the single one counts, as in the scripts that were tried. */
export function askedIds(fields: ReadonlyMap<string, string>, many: string, one: string): AskedIds {
  const single = fields.get(one);
  const ids = idsIn(single ?? fields.get(many) ?? "");
  return { ids: ids.slice(0, MAX_IDS), isList: single === undefined ? fields.has(many) : ids.length > 1 };
}

/** Without plain spaces around it. Other signs that are not seen make it another text, which is nobody's id. */
function trimmed(id: string): string {
  return id.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

/** A list has commas; some clients send the text of its JSON. */
function idsIn(text: string): string[] {
  const list = /^\s*\[(.*)\]\s*$/s.exec(text)?.[1];
  const ids = (list ?? text).split(",").map(trimmed);
  const bare = list === undefined ? ids : ids.map((id) => /^"(.*)"$/s.exec(id)?.[1] ?? id).map(trimmed);
  return [...new Set(bare)].filter((id) => id !== "");
}

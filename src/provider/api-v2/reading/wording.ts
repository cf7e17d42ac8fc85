/**
 * Texts that a provider wrote, made fit to be kept and shown: without the key, without control characters, short.
 */

const REDACTED = "[key]";

/** Stands for the text of a refusal that has none: passed on empty, it would be taken for no error. */
export const NO_REASON = "The provider refused, and gave no reason.";

/** `text` without the key in any of the spellings a server echoes it in. An empty key has nothing to hide. */
export function withoutKey(text: string, key: string): string {
  // No spelling is shorter than the key itself.
  if (key === "" || text.length < key.length) return text;
  return withoutSpellings(text, spellings(key));
}

function withoutSpellings(text: string, hidden: Iterable<string>): string {
  let redacted = text;
  for (const spelling of hidden) redacted = redacted.replaceAll(spelling, REDACTED);
  return redacted;
}

/**
 * A text for one line of a log or a page: redacted first and cut afterwards, so that no part of a key is left at the cut.
 * Lone surrogates are replaced, since neither the database nor a URL can hold them.
 */
export function cleanText(text: string, maxChars: number, key: string): string {
  return cutLine(withoutKey(text, key), maxChars);
}

/** `cleanText` for thousands of texts: the key's spellings, a third of the work, are made out once. */
export function cleanerFor(key: string): (text: string, maxChars: number) => string {
  const hidden = key === "" ? new Set<string>() : spellings(key);
  return (text, maxChars) => cutLine(withoutSpellings(text, hidden), maxChars);
}

/** Nobody's key is shorter; what is would be found in ids and prices. */
const MIN_HIDDEN_CHARS = 8;

/**
 * Takes the key out of all texts within a value of JSON, for what is passed on as it came. Where no text has the key, as
 * in nearly all answers, it is the very value. Numbers and names of fields stay.
 */
export function hiderFor(key: string): (value: unknown) => unknown {
  const hidden = key.length < MIN_HIDDEN_CHARS ? [] : [...spellings(key)];
  const has = (value: unknown): boolean => {
    if (typeof value === "string") return hidden.some((spelling) => value.includes(spelling));
    return typeof value === "object" && value !== null && Object.values(value).some(has);
  };
  const hide = (value: unknown): unknown => {
    if (!has(value)) return value;
    if (typeof value === "string") return withoutSpellings(value, hidden);
    if (Array.isArray(value)) return value.map(hide);
    return Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, hide(part)]));
  };
  return hide;
}

/** Words of ASCII with one space between them: a line as it is. */
const PLAIN_LINE = /^[!-~]+(?: [!-~]+)*$/;

function cutLine(text: string, maxChars: number): string {
  if (text.length <= maxChars && (text === "" || PLAIN_LINE.test(text))) return text;
  const line = text
    .slice(0, maxChars * 4)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return line.slice(0, maxChars).toWellFormed().trim();
}

/** The key of late, and its spellings: a message asks one provider, and cleans thousands of texts of the same key. */
let known: { readonly key: string; readonly spellings: ReadonlySet<string> } = { key: "", spellings: new Set() };

function spellings(key: string): ReadonlySet<string> {
  if (known.key !== key) known = { key, spellings: spellingsOf(key) };
  return known.spellings;
}

/** As sent, as in a URL, as in a form, as inside JSON and as inside HTML. */
function spellingsOf(key: string): Set<string> {
  const inForm = new URLSearchParams([["", key]]).toString().slice(1);
  const inHtml = key.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  return new Set([key, encodeURIComponent(key.toWellFormed()), inForm, JSON.stringify(key).slice(1, -1), inHtml]);
}

/**
 * Names of fields that a panel's script gives, and that go to a provider as they are. Rule [O17]. Pure.
 */

/**
 * A name that every server reads as it is: PHP cuts spaces, and reads `.`, a space and `[` as `_`, so that other names are
 * read as another field's.
 */
export const PLAIN_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** What is ours to say at any provider. Some servers do not mind case. */
const OURS: ReadonlySet<string> = new Set(["key", "action"]);

/** What a provider calls the fields that are ours to say there, beside `key` and `action`. */
export type OwnNames = { readonly key: string; readonly action: string; readonly idempotencyField: string | null };

/** The fields of a call by name, and those of them that came as lists of several values. */
export type NamedFields = { readonly names: Iterable<string>; readonly lists: ReadonlySet<string> };

/**
 * The first name that no provider gets from a panel, as the panel wrote it; null where all can be sent on. `own` is null
 * where the provider is not known.
 */
export function unsendableName({ names, lists }: NamedFields, own: OwnNames | null): string | null {
  for (const name of names) {
    // No server knows a field without a name.
    if (name === "") continue;
    if (!PLAIN_NAME.test(name) || isOurs(name, own)) return name;
    if (lists.has(name) && !isOfLines(name)) return `${name}[]`;
  }
  return null;
}

/** `key` and `action` as they are spelled were read here, and are not sent on; another spelling would be read there. */
function isOurs(name: string, own: OwnNames | null): boolean {
  const lower = name.toLowerCase();
  if (OURS.has(lower)) return !OURS.has(name);
  if (own === null) return false;
  if ([own.key, own.action].some((its) => its.toLowerCase() === lower)) return true;
  // Under its very name it is overwritten by our own value.
  return own.idempotencyField !== null && own.idempotencyField.toLowerCase() === lower && own.idempotencyField !== name;
}

/** Lists that an `add` has a value a line for; any other field of several values is read by no two servers alike. */
const OF_LINES: ReadonlySet<string> = new Set(["comments", "usernames", "users", "hashtags", "hashtag", "keywords", "media"]);

function isOfLines(name: string): boolean {
  return OF_LINES.has(name.toLowerCase());
}

/**
 * The tables of docs/requests.md: what each field of a body and each parameter is. They are written there and nowhere else.
 */
export type FieldRow = { readonly what: string; readonly byDefault: string };

/** The fields by the heading they stand under. */
export type RequestDoc = ReadonlyMap<string, ReadonlyMap<string, FieldRow>>;

export function readRequestDoc(markdown: string): RequestDoc {
  const doc = new Map<string, Map<string, FieldRow>>();
  let fields = new Map<string, FieldRow>();
  for (const line of markdown.split("\n")) {
    const heading = /^#{2,3} (.+)$/.exec(line)?.[1];
    if (heading !== undefined) {
      fields = new Map();
      doc.set(heading, fields);
      continue;
    }
    const [, name, byDefault, what] = /^\| `([a-z_]+)` +\| (.+?) +\| (.+?) +\|$/.exec(line) ?? [];
    if (name !== undefined && byDefault !== undefined && what !== undefined)
      fields.set(name, { byDefault: byDefault.replaceAll("`", ""), what: withoutLinks(what) });
  }
  return doc;
}

function withoutLinks(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "docs/$1");
}

/** A row as a sentence. */
export function sentenceOf({ what }: FieldRow): string {
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${/[.!?]$/.test(what) ? "" : "."}`;
}

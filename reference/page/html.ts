/**
 * HTML as text. `markup` escapes whatever is put in, except what is HTML already.
 */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly Part[];

export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, i) => text + (i < parts.length ? textOf(parts[i] ?? "") : "")).join(""));
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return escaped(String(part));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

export const NOTHING = new Html("");

/** A text with `code` in it, as one line of HTML. */
export function inline(text: string): Html {
  const parts = text.split(/(`[^`]+`)/).map((part) => (/^`.+`$/.test(part) ? markup`<code>${part.slice(1, -1)}</code>` : part));
  return markup`${parts}`;
}

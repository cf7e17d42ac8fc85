/** The words of a MySQL dump, from text that comes in pieces. */
import { RefusedError } from "./failures.ts";

/** `word`: a name or keyword as it stands; `name`: one in backquotes; `text` and `number`: values; `sign`: one character. */
export type Token = { readonly kind: "word" | "name" | "text" | "number" | "sign"; readonly value: string };

/** A longer value is no order's: a quote is missing, and the rest of the file would be read into memory. */
const MAX_TOKEN_CHARACTERS = 16 * 1024 * 1024;

/** What a backslash and a character stand for in MySQL; any other character stands for itself. */
const ESCAPES: Readonly<Record<string, string>> = { "0": "\0", b: "\b", n: "\n", r: "\r", t: "\t", Z: "\u001a" };

const SPACE = /\s*/y;
const WORD = /[\p{L}\p{N}_$@.]+/uy;
const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const HEXADECIMAL = /0x[0-9a-f]*/iy;

const MAX_EXPONENT_CHARACTERS = 6;

/** Text goes in by `add`, tokens come out of `next`. */
export class SqlTokens {
  #text = "";
  #at = 0;
  #isLast = false;

  /** Adds what comes next in the file. */
  add(text: string): void {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    if (this.#text.length > MAX_TOKEN_CHARACTERS)
      throw new RefusedError("The dump has a value of more than 16 million characters: is a quote missing?");
  }

  /** Says that nothing comes any more. */
  end(): void {
    this.#isLast = true;
  }

  /** The next one; null when more text is needed, or there is none. Comments are passed over. */
  next(): Token | null {
    for (;;) {
      this.#at = this.#matchEnd(SPACE) ?? this.#at;
      const first = this.#text[this.#at];
      if (first === undefined) return null;
      const comment = this.#commentEnd(first);
      if (comment === null) return this.#token(first);
      if (comment === "more") return null;
      this.#at = comment;
    }
  }

  #token(first: string): Token | null {
    if (first === "'" || first === '"') return this.#quoted(first, "text");
    if (first === "`") return this.#quoted(first, "name");
    const isNumber = /[\d.-]/.test(first);
    const end = isNumber ? (this.#matchEnd(HEXADECIMAL) ?? this.#matchEnd(NUMBER)) : this.#matchEnd(WORD);
    // It may go on in the next piece, as `1e` does with `-05`.
    if (!this.#isLast && this.#text.length - (end ?? this.#at) < (isNumber ? MAX_EXPONENT_CHARACTERS : 1)) return null;
    if (end === null) return this.#take(this.#at + 1, "sign");
    return this.#take(end, isNumber ? "number" : "word");
  }

  #take(end: number, kind: Token["kind"]): Token {
    const value = this.#text.slice(this.#at, end);
    this.#at = end;
    return { kind, value };
  }

  #matchEnd(pattern: RegExp): number | null {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text) ? pattern.lastIndex : null;
  }

  /** Where a comment ends that begins here; null if none does. What `/*!` holds are settings, and are passed over too. */
  #commentEnd(first: string): number | "more" | null {
    const two = this.#text.slice(this.#at, this.#at + 2);
    if (two.length < 2 && !this.#isLast && /[-/]/.test(first)) return "more";
    if (first === "#" || two === "--") return this.#endAfter("\n");
    return two === "/*" ? this.#endAfter("*/") : null;
  }

  #endAfter(mark: string): number | "more" {
    const found = this.#text.indexOf(mark, this.#at + 1);
    if (found >= 0) return found + mark.length;
    return this.#isLast ? this.#text.length : "more";
  }

  #quoted(quote: string, kind: "text" | "name"): Token | null {
    let value = "";
    let from = this.#at + 1;
    for (let at = from; at < this.#text.length; at++) {
      const character = this.#text[at];
      if (character === "\\" && kind === "text") {
        const escaped = this.#text[at + 1];
        if (escaped === undefined) break;
        value += this.#text.slice(from, at) + (ESCAPES[escaped] ?? escaped);
        from = at + 2;
        at += 1;
      } else if (character === quote) {
        const following = this.#text[at + 1];
        if (following === undefined && !this.#isLast) return null;
        value += this.#text.slice(from, at);
        if (following !== quote) {
          this.#at = at + 1;
          return { kind, value };
        }
        value += quote;
        from = at + 2;
        at += 1;
      }
    }
    if (this.#isLast) throw new RefusedError("The dump ends in the middle of a value: was it cut off?");
    return null;
  }
}

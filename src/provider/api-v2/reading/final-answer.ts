/**
 * What a provider said of an order when it called it ended, word for word: the evidence in a dispute about it.
 */
import { isActive, statusFor, type StatusWords } from "../../../domain/status.ts";
import type { StatusReport } from "../../../domain/order-report.ts";
import { endOfValue, parseJson } from "./json.ts";
import { withoutKey } from "./wording.ts";

/** Longest text kept of an answer, in characters: an order's object has a hundred, one of many parts more. */
export const MAX_ANSWER_CHARS = 500;

/** Where an order's part of the answer is looked up. `id` is null for an order's object that names none. */
export type AnswerText = (id: string | null, entry: unknown, report: StatusReport) => string | null;

/**
 * Texts out of a body. Null for words that stand for an order under way: of those nothing is kept, and this would cost each
 * call's CPU. What is not found in the body as it was read, such as an entry of a list, is written as JSON anew.
 */
export function answerTexts(body: string, key: string, words: StatusWords): AnswerText {
  // Answers come in the order of the call, mostly: each is looked for behind the one before.
  let from = 0;
  const find = (id: string, entry: unknown): string | null => {
    const name = JSON.stringify(id);
    let at = body.indexOf(name, from);
    if (at === -1) at = body.indexOf(name);
    const start = at === -1 ? -1 : opensAt(body, at + name.length);
    if (start === -1) return null;
    // As most servers write it, without a space: then neither its end nor what it says has to be made out.
    const compact = JSON.stringify(entry);
    if (body.startsWith(compact, start)) {
      from = start + compact.length;
      return compact;
    }
    const end = endOfValue(body, start);
    if (typeof end !== "number") return null;
    const text = body.slice(start, end);
    if (!isJsonOf(text, entry)) return null;
    from = end;
    return text;
  };
  return (id, entry, { providerStatus, multi }) => {
    const status = statusFor(providerStatus, words, multi);
    if (status !== null && isActive(status)) return null;
    const text = id === null ? body.trim() : (find(id, entry) ?? JSON.stringify(entry));
    return cutText(withoutKey(text, key), MAX_ANSWER_CHARS);
  };
}

/** Where the object opens that a name is followed by; -1 where none is. */
function opensAt(body: string, behindName: number): number {
  const gap = /^\s{0,64}:\s{0,64}/.exec(body.slice(behindName, behindName + 130))?.[0].length ?? 0;
  return gap > 0 && body[behindName + gap] === "{" ? behindName + gap : -1;
}

/** Whether a part of the body is the very entry that was read: the same id may stand elsewhere, too. */
function isJsonOf(text: string, entry: unknown): boolean {
  try {
    return JSON.stringify(parseJson(text)) === JSON.stringify(entry);
  } catch {
    return false; // the parser has no other way to say so
  }
}

/** At most so many characters, no half of one at the end, and fit for a database. */
function cutText(text: string, maxCharacters: number): string {
  const cut = text.slice(0, maxCharacters);
  const whole = cut.length < text.length && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
  return whole.replaceAll("\0", "\u{FFFD}").toWellFormed();
}

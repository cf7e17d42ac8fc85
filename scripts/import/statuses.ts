/** A panel script's words for a status, as statuses here. */
import { foldWord, type Status, STATUS_NAMES, type StatusWords, statusFor } from "../../src/domain/status.ts";
import { fail, ok, type Result } from "../../src/domain/result.ts";
import { quoted, type Read } from "./cells.ts";

/**
 * What a cell says; `own` are the words that the user has explained. A number has no meaning of its own: of one script,
 * three copies were found in which 2 is completed, canceled and completed, and 3 canceled, refunded and denied.
 */
export function readStatus(cell: string, own: StatusWords): Read<Status> {
  const status = statusFor(cell, own, false);
  if (status !== null) return ok(status);
  const word = quoted(cell);
  return /^\d+$/.test(cell)
    ? fail(`${word} is a number, and scripts number their statuses differently: say what it means by --statuses ${cell}=completed`)
    : fail(`${word} is not a status known here: say what it means by --statuses ${JSON.stringify(`${cell}=in_progress`)}`);
}

/** `2=completed,3=canceled` as a table; fails with what is wrong in it. */
export function parseStatusWords(pairs: readonly (readonly [string, string])[]): Result<StatusWords, string> {
  const words: Record<string, Status> = {};
  for (const [word, name] of pairs) {
    const status = STATUS_NAMES.find((known) => foldWord(known) === foldWord(name));
    if (status === undefined) return fail(`--statuses: ${quoted(name)} is not one of ${STATUS_NAMES.join(", ")}`);
    words[foldWord(word)] = status;
  }
  return ok(words);
}

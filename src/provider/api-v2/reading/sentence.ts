/**
 * What a sentence says that a server has put where a yes stands. Pure. No list of words tells a yes in every language; those
 * that cast a doubt are few.
 */
import { type ApiError, knownError, knownRefusal } from "./api-error.ts";
import { mayBeYes } from "./subject.ts";

/** So much of a text is looked at: what it says stands at its beginning. */
const MAX_CHARS = 300;

/** The codes that servers have for errors say so in their name. */
export const ERROR_CODE = /(?:^|[._:-])err(?:or)?s?(?=[\d._:-]|$)/i;

/** Words that say no, or that something failed. */
export const NEGATION = /(?:^|[^\p{L}])(?:not?|nope|cannot|can['’]?t|never|unable|already|expired|denied|declined|too)(?:$|[^\p{L}])/iu;
const FAILING =
  /(?:^|[^\p{L}])(?:\p{L}+n['’]t|without|fail\p{L}*|reject\p{L}*|refus\p{L}*|errors?|im?possible|invalid|unavailable|unsupported|disabled|closed)(?:$|[^\p{L}])/iu;
/** The same in other languages: as words of their own, as endings, and where no space stands between words. */
const NEGATION_ELSEWHERE = new RegExp(
  [
    /(?<!\p{L})(?:не|нет|ні|нельзя|невозможно|отказано|no|não|nao|sin|sem|ne|pas|nicht|kein\p{L}*|non|nie|nelze|yok|değil|không|tidak|belum|gagal|imposible|impossível)(?!\p{L})/u,
    /\p{L}(?:[ae]m[ae]z|[ae]m[ae]d[iı]|[iıuü]lm[ae]d[iı])(?!\p{L})/u,
    /不|无|無|未|没|失败|拒|ない|ません|없|불가|(?<!\p{L})(?:لا|لم|لن|لیس|نمی)|نشد|نیست|غیر|नहीं|ไม่/u,
  ]
    .map(({ source }) => source)
    .join("|"),
  "iu",
);

/**
 * What a sentence says that stands where a call says yes: no where it is known to, and neither where it has a word such as
 * "not", gives a reason, or speaks of a fault.
 */
export function meaningOfSentence(text: string): "yes" | "no" | null {
  const error: ApiError = { texts: [text] };
  if (knownError(error.texts) !== null || knownRefusal(error.texts) !== null || ERROR_CODE.test(text)) return "no";
  const isDoubtful = [NEGATION, FAILING, NEGATION_ELSEWHERE].some((words) => words.test(text.slice(0, MAX_CHARS)));
  return isDoubtful || !mayBeYes(text) ? null : "yes";
}

/** The words of a server that answers a refill by a message alone: it is not asked twice to find out what is meant. */
const REFILL_REQUESTED =
  /(?:^|[^\p{L}])(?:refill|request|ticket)(?: \p{L}+){0,4}? (?:requested|accepted|submitted|sent|created|received|registered|placed|queued|opened|success\p{L}*)(?:$|[^\p{L}])/iu;

export function saysRefillRequested(message: string): boolean {
  return REFILL_REQUESTED.test(message.slice(0, MAX_CHARS)) && meaningOfSentence(message) === "yes";
}

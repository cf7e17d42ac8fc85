/**
 * The operator's token, which opens everything: what makes one good enough to be used at all.
 */
import { fail, ok, type Result } from "./result.ts";

/** Why a token opens nothing. */
export type AdminTokenProblem =
  | { readonly code: "missing" }
  | { readonly code: "too_short"; readonly characters: number; readonly min: number }
  | { readonly code: "too_long"; readonly characters: number; readonly max: number }
  /** A header cannot carry it as it is: white space, control characters, letters outside ASCII. */
  | { readonly code: "unsendable" }
  | { readonly code: "few_characters"; readonly different: number; readonly min: number }
  /** Parts that come again and again, or a series, such as `abcdef…`. */
  | { readonly code: "pattern" };

/** 32 characters of `openssl rand -hex 16` are 128 random bits. */
const MIN_CHARACTERS = 32;
/** As long as a key in a request may be. */
const MAX_CHARACTERS = 256;
/** 32 random hexadecimal digits have 14 different ones on average; fewer than 10 come once in 100,000 draws. */
const MIN_DIFFERENT = 10;
/** 32 random hexadecimal digits have 30 triples, of which hardly one comes twice; a word that is repeated has few. */
const MIN_DIFFERENT_TRIPLES_SHARE = 0.75;
/** Of a random text, one pair of neighbours in ten is a certain step apart. */
const MAX_STEADY_SHARE = 0.5;

/** The token, if it is good enough to guard money: what a person makes up in a hurry is not. */
export function checkAdminToken(token: string | undefined): Result<string, AdminTokenProblem> {
  if (token === undefined || token === "") return fail({ code: "missing" });
  const characters = token.length;
  if (characters < MIN_CHARACTERS) return fail({ code: "too_short", characters, min: MIN_CHARACTERS });
  if (characters > MAX_CHARACTERS) return fail({ code: "too_long", characters, max: MAX_CHARACTERS });
  if (!/^[\x21-\x7e]+$/.test(token)) return fail({ code: "unsendable" });
  const different = new Set(token).size;
  if (different < MIN_DIFFERENT) return fail({ code: "few_characters", different, min: MIN_DIFFERENT });
  return isRepeated(token) || isSteady(token) ? fail({ code: "pattern" }) : ok(token);
}

/** Whether a text is made of parts that come again and again, in capitals or not, whatever stands between them. */
function isRepeated(text: string): boolean {
  const triples = Array.from({ length: text.length - 2 }, (_, at) => text.slice(at, at + 3).toLowerCase());
  return new Set(triples).size < triples.length * MIN_DIFFERENT_TRIPLES_SHARE;
}

/** How far back a series is looked for: `abcdef…`, `a1b2c3…`, `a-1b-2c-3…`. */
const DISTANCES = [1, 2, 3] as const;

/** Whether most characters are the same step from the one before them, or from the one a few before. */
function isSteady(text: string): boolean {
  return DISTANCES.some((distance) => mostCommonStep(text, distance) > (text.length - distance) * MAX_STEADY_SHARE);
}

/** How often the step comes that is most common between characters at this distance. */
function mostCommonStep(text: string, distance: number): number {
  const steps = new Map<number, number>();
  for (let at = distance; at < text.length; at++) {
    const step = text.charCodeAt(at) - text.charCodeAt(at - distance);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return Math.max(...steps.values());
}

/** What is wrong with the secret, in half a sentence that holds nothing of it. */
export function describeAdminTokenProblem(problem: AdminTokenProblem): string {
  switch (problem.code) {
    case "missing":
      return "the secret ADMIN_TOKEN is not set";
    case "too_short":
      return `the secret ADMIN_TOKEN has fewer than ${problem.min} characters`;
    case "too_long":
      return `the secret ADMIN_TOKEN has more than ${problem.max} characters`;
    case "unsendable":
      return "the secret ADMIN_TOKEN has white space or characters outside ASCII, which no header can carry";
    case "few_characters":
      return `the secret ADMIN_TOKEN has fewer than ${problem.min} different characters`;
    case "pattern":
      return "the secret ADMIN_TOKEN follows a pattern and could be guessed";
  }
}

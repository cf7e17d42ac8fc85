/**
 * The statuses an order can have here, and the words providers use for them.
 * Source: the help centres of hosted panels (meanings) and answers seen from running servers (words).
 */

/** What each status is, and how it behaves. `label` is the word API v2 clients know. */
export const STATUSES = {
  pending: { label: "Pending", stage: "active" },
  processing: { label: "Processing", stage: "active" },
  in_progress: { label: "In progress", stage: "active" },
  completed: { label: "Completed", stage: "final" },
  partial: { label: "Partial", stage: "final" },
  canceled: { label: "Canceled", stage: "final" },
  refunded: { label: "Refunded", stage: "final" },
  error: { label: "Error", stage: "open" },
  unknown: { label: "Unknown", stage: "open" },
} as const;

export type Status = keyof typeof STATUSES;
type StatusIn<Stage> = { [S in Status]: (typeof STATUSES)[S]["stage"] extends Stage ? S : never }[Status];
export type ActiveStatus = StatusIn<"active">;
export type FinalStatus = StatusIn<"final">;

export const STATUS_NAMES = Object.keys(STATUSES) as Status[];

/** An active status is one that an order passes through; providers go back and forth between them. */
export function isActive(status: Status): status is ActiveStatus {
  return STATUSES[status].stage === "active";
}

/** A final status ends an order: money may follow from it. */
export function isFinal(status: Status): status is FinalStatus {
  return STATUSES[status].stage === "final";
}

/** A provider's words, folded, with the status each stands for; it goes before the common table. */
export type StatusWords = Readonly<Record<string, Status>>;

/** No numbers: servers number their statuses differently, and what is partial at one is canceled at another. */
const WORDS: Record<Exclude<Status, "unknown">, readonly string[]> = {
  pending: ["pending", "awaiting", "waiting", "queue", "inqueue", "creating", "created"],
  processing: ["processing", "process", "active", "started", "running"],
  in_progress: ["inprogress"],
  completed: ["completed", "complete", "success", "done"],
  partial: ["partial", "partiallycompleted"],
  canceled: ["canceled", "cancelled", "cancel"],
  refunded: ["refunded", "refund", "refunds", "reversed"],
  error: ["error", "fail", "failed", "rejected"],
};

/** Words that mean something only for an order of several parts (drip-feed, subscription). */
const MULTI_WORDS: StatusWords = { active: "processing", paused: "processing", expired: "partial" };

/** Whether a word is one that only subscriptions have. */
export function isSubscriptionWord(word: string): boolean {
  return Object.hasOwn(MULTI_WORDS, foldWord(word));
}

const COMMON_WORDS: ReadonlyMap<string, Status> = new Map(
  Object.entries(WORDS).flatMap(([status, words]) => words.map((word) => [word, status as Status])),
);

/**
 * Folds a provider's word for comparison: case, spaces, `_` and `-` do not count. In a number they do: `-4` is not `4`, and
 * `1 0` is not `10`. Rule [S2].
 */
export function foldWord(word: string): string {
  const known = FOLDED.get(word);
  if (known !== undefined) return known;
  const folded = foldAnew(word.toLowerCase());
  if (FOLDED.size < MOST_FOLDED && word.length <= LONGEST_FOLDED) FOLDED.set(word, folded);
  return folded;
}

/** A word without a digit is the usual one, and one without a letter is a number: it stays as it is written. */
function foldAnew(word: string): string {
  if (!/\p{Nd}/u.test(word)) return word.replace(/[\s_-]+/g, "");
  if (!/\p{L}/u.test(word)) return word.trim();
  return word.replace(/[\s_-]+/g, (run, at: number) => {
    const before = word[at - 1] ?? "";
    if (!isDigit(word[at + run.length] ?? "")) return "";
    // Between two digits, or the minus of a number.
    return isDigit(before) ? run : run.endsWith("-") && (run.length > 1 || before === "") ? "-" : "";
  });
}

function isDigit(sign: string): boolean {
  return /^\p{Nd}$/u.test(sign);
}

/** Words folded before: providers have a dozen, and say each of them thousands of times. What else they write is not kept. */
const FOLDED = new Map<string, string>();
const MOST_FOLDED = 500;
const LONGEST_FOLDED = 32;

/**
 * The status a provider's word stands for, or null for an unknown word.
 * A provider's own table (keys folded) goes before the common one. Rules [S2], [S3], [M3].
 */
export function statusFor(word: string, own: StatusWords, multi: boolean): Status | null {
  const folded = foldWord(word);
  if (Object.hasOwn(own, folded)) return own[folded] ?? null;
  if (multi && Object.hasOwn(MULTI_WORDS, folded)) return MULTI_WORDS[folded] ?? null;
  return COMMON_WORDS.get(folded) ?? null;
}

/** Which status a provider's word means: docs/rules.md, [S2] and [S3], written down again. */
/** The words of each status, as the table spells them. Numbers mean nothing: servers number their statuses differently. `Inprogress`, `in-progress` and `in_progress` are one word folded. */
const WORDS = {
  pending: ["Pending", "Awaiting", "Waiting", "Queue", "In queue", "Creating", "Created"],
  processing: ["Processing", "Process", "Active", "Started", "Running"],
  in_progress: ["In progress"],
  completed: ["Completed", "Complete", "Success", "Done"],
  partial: ["Partial", "Partially completed"],
  canceled: ["Canceled", "Cancelled", "Cancel"],
  refunded: ["Refunded", "Refund", "Refunds", "Reversed"],
  error: ["Error", "Fail", "Failed", "Rejected"],
} as const;

export type Status = keyof typeof WORDS;
/** `unknown` is shown of an order, but no word means it. */
export type Shown = Status | "unknown";
export type ActiveStatus = "pending" | "processing" | "in_progress";
export type Final = "completed" | "partial" | "canceled" | "refunded";

export const STATUSES = Object.keys(WORDS) as readonly Status[];

const MEANINGS: ReadonlyMap<string, Status> = new Map(STATUSES.flatMap((status) => WORDS[status].map((word) => [fold(word), status])));

/** What a provider's words mean where they are not the table's: its word to the name of a status. */
export type OwnWords = Readonly<Record<string, string>>;

/**
 * Null for an unknown word. The provider's own table comes first [S3]. `multi` is an order of several parts: it alone may
 * be paused or expired [M3].
 *
 * A number counts only inside an order's own object [S4]: the caller has seen to that.
 */
export function statusOf(word: string, own: OwnWords, multi: boolean): Status | null {
  const folded = fold(word);
  const override = Object.entries(own).find(([theirs]) => fold(theirs) === folded);
  if (override !== undefined) return STATUSES.find((status) => status === override[1]) ?? null;
  if (multi && folded === "paused") return "processing";
  if (multi && folded === "expired") return "partial";
  return MEANINGS.get(folded) ?? null;
}

/** [S1]: the order goes on. */
export function isActive(status: Shown): status is ActiveStatus {
  return status === "pending" || status === "processing" || status === "in_progress";
}

/** The usual path ends in one of these, and so does a refund by the provider. An error is not decided. */
export function isFinal(status: Shown): status is Final {
  return status === "completed" || status === "partial" || status === "canceled" || status === "refunded";
}

/** [S2]: case does not count, and `_`, `-` and spaces are left out, but for those that belong to a number. */
function fold(word: string): string {
  const text = word.toLowerCase().trim();
  if (/\d/.test(text) && !/\p{L}/u.test(text)) return text;
  const kept = text.replaceAll(
    /(\d)([\s_-]+)(?=\d)/g,
    (_, digit: string, gap: string) => digit + gap.replaceAll(/./gs, (sign) => KEPT[sign] ?? sign),
  );
  const signed = kept.replaceAll(/(^|[\s_-])-(?=\d)/g, "$1\u{1}");
  return signed.replaceAll(/[\s_-]/g, "");
}

/** Stand-ins for separators that stay. */
const KEPT: Readonly<Record<string, string>> = { " ": "\u{2}", _: "\u{3}", "-": "\u{1}" };

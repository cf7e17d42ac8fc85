/**
 * What is not as a stored history has it, on purpose: a migration that writes a column anew, a rule that has changed. Each
 * difference is given as its test words it, and must occur; nothing else may differ.
 */
export type Reviewed = {
  /** As in `0001-pipeline from its beginning`; the database of a release by the release alone. */
  readonly of: string;
  /** Rows after migrations; where everything stands in the end; what was answered; what providers were asked for the first time. */
  readonly what: "rows" | "end" | "answers" | "calls";
  readonly difference: string;
  readonly why: string;
};

const CANCELED = `"start_count":"48942","status":"Canceled","remains":"70","currency":"USD"}}`;

const REVIEWED: readonly Reviewed[] = ["0003-doors", "0004-restore"].flatMap((name) =>
  ["from its beginning", "from its half way"].map((from): Reviewed => ({
    of: `${name} ${from}`,
    what: "answers",
    difference: `POST /api/v2: 200 {"6":{"charge":"0.08642",${CANCELED} → 200 {"6":{"charge":"0",${CANCELED}`,
    why: "At the own catalogue `charge` is what the order costs the panel now: what was returned is no cost.",
  })),
);

export function reviewed(of: string, what: Reviewed["what"]): string[] {
  return REVIEWED.filter((one) => one.of === of && one.what === what).map(({ difference }) => difference);
}

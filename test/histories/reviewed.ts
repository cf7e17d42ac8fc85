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

const REVIEWED: readonly Reviewed[] = [];

export function reviewed(of: string, what: Reviewed["what"]): string[] {
  return REVIEWED.filter((one) => one.of === of && one.what === what).map(({ difference }) => difference);
}

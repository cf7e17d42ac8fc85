/**
 * What is not as a stored history has it, on purpose: a migration that writes a column anew, a rule that has changed. Each
 * difference is given as its test words it, and must occur; nothing else may differ.
 */
export type Reviewed = {
  readonly release: string;
  readonly test: "upgrade" | "replay";
  readonly difference: string;
  readonly why: string;
};

const REVIEWED: readonly Reviewed[] = [];

export function reviewedOf(release: string, test: Reviewed["test"]): string[] {
  return REVIEWED.filter((reviewed) => reviewed.release === release && reviewed.test === test).map(({ difference }) => difference);
}

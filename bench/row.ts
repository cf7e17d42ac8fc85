/** What each part of the bench is: a file a row of the table, all alike. */
import type { Step } from "./progress.ts";

/** A figure and what it should be. `value` and `met` are null for what this run has not measured. */
export type Target = {
  readonly name: string;
  readonly value: number | null;
  readonly target: string;
  readonly met: boolean | null;
};

/** What a row measures with. */
export type Context = {
  readonly root: string;
  /** How often each figure of time is taken. */
  readonly repetitions: number;
  readonly step: Step;
  /** Closes again what was started, once the row has ended, however it ended. */
  readonly opened: <T extends { close(): Promise<unknown> }>(starting: Promise<T>) => Promise<T>;
};

/** A picture beside `docs/performance.md`. */
export type Chart = { readonly file: string; readonly alt: string; readonly svg: string };

/** A chapter of `docs/performance.md`. */
export type Chapter = { readonly text: string; readonly charts?: readonly Chart[] };

export type Row<F> = {
  /** As it is called in the results, and by `--only`. */
  readonly name: string;
  readonly title: string;
  /** It only counts: it may run beside others, whatever the machine does. */
  readonly isExact?: true;
  /** It takes longer than all others together: measured only where it is named. */
  readonly isLong?: true;
  /** How long it takes, about, on two quiet cores: its share of the progress. */
  readonly seconds: number;
  /** The whole of the weights of its steps. */
  steps(repetitions: number): number;
  run(context: Context): Promise<F>;
  targets(figures: F): readonly Target[];
  chapter(figures: F): Chapter;
};

/** Met where the figure is at least so much. */
export function atLeast(name: string, value: number | null, least: number, unit = ""): Target {
  return { name, value, target: `≥ ${least.toLocaleString("en-US")}${unit}`, met: value === null ? null : value >= least };
}

/** Met where the figure is at most so much. */
export function atMost(name: string, value: number | null, most: number, unit = ""): Target {
  return { name, value, target: `≤ ${most.toLocaleString("en-US")}${unit}`, met: value === null ? null : value <= most };
}

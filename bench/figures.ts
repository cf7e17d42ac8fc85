/** Figures of several repetitions, told as one: the middle one, and how far they lie apart. */

export type Spread = { readonly median: number; readonly least: number; readonly most: number };

/** The median of some figures, the least and the most of them. Throws when there are none. */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [least, most, upper, lower] = [sorted[0], sorted.at(-1), sorted[middle], sorted[sorted.length % 2 === 0 ? middle - 1 : middle]];
  if (least === undefined || most === undefined || upper === undefined || lower === undefined) throw new RangeError("there are no figures");
  return { median: (lower + upper) / 2, least, most };
}

/**
 * What one figure is of another, worked out within each repetition: what else the machine did then has slowed both,
 * so that ratios lie closer together than the figures they are made of.
 */
export function ratioOf(figures: readonly number[], to: readonly number[]): Spread {
  if (figures.length !== to.length) throw new RangeError(`${figures.length} figures cannot be paired with ${to.length}`);
  return spreadOf(figures.map((figure, i) => figure / (to[i] as number)));
}

/**
 * Chance, all of it from one seed. Each part of a run draws from a stream of its own, so that a change in one does not
 * change what the others draw. A stream's name is part of the seed: another name is another run.
 */

export class Draws {
  #state: number;

  constructor(seed: number, ...path: readonly (string | number)[]) {
    this.#state = hash([seed, ...path].join("/"));
  }

  /** A whole number from 0 to 2^32 - 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return (bits ^ (bits >>> 14)) >>> 0;
  }

  /** True this often, from 0 to 1. */
  chance(share: number): boolean {
    return this.next() < share * 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + (this.next() % (high - low + 1));
  }

  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError("there is nothing to pick from");
    return choices[this.next() % choices.length] as T;
  }
}

function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  return bits;
}

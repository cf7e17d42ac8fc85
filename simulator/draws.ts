/**
 * Chance that can be repeated. Every draw of the simulator comes from here and is named by what it is for
 * (seed, provider, order, purpose), so that no draw depends on how many were made before it elsewhere.
 */
export interface Draws {
  /** At least 0, below 1. */
  unit(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  chance(share: number): boolean;
  pick<const T>(from: readonly [T, ...T[]]): T;
  /** A name in proportion to its weight; weights are relative and need no particular sum. */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K;
}

export function drawsOf(...purpose: readonly (string | number)[]): Draws {
  let state = hashOf(purpose.join("\u0000"));

  // mulberry32: 32 bits of state are plenty for the few dozen draws one order needs.
  const unit = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (least: number, most: number): number => least + Math.floor(unit() * (most - least + 1));

  return {
    unit,
    between,
    chance: (share) => unit() < share,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    weighted: (weights) => pickWeighted(weights, unit()),
  };
}

/** 32-bit FNV-1a, stirred once more because neighbouring order ids differ in one character only. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function pickWeighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>, unit: number): K {
  const names = (Object.keys(weights) as K[]).filter((name) => (weights[name] ?? 0) > 0);
  const whole = names.reduce((sum, name) => sum + (weights[name] ?? 0), 0);
  let left = unit * whole;
  for (const name of names) {
    left -= weights[name] ?? 0;
    if (left < 0) return name;
  }
  const last = names.at(-1);
  if (last === undefined) throw new RangeError("no weight above zero to draw from");
  return last;
}

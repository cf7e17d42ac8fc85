/** From what a caller writes to the modes a provider has, and from those to the modes one call meets. */
import { InputError, isObject, isScalar, type Json } from "./json.ts";
import { MODE_SETS, MODES, type ModeInfo, type ModeInput, type ModeName } from "./modes.ts";

export interface ChosenMode {
  readonly mode: ModeName;
  readonly value: string | number | null;
  /** In force in every nth call of the provider, counted from its first; 1 is always. */
  readonly every: number;
}

/** The modes in force during one call, with their values. */
export type ActiveModes = ReadonlyMap<ModeName, string | number | null>;

/** Throws InputError, naming the offender, for anything that is no mode. */
export function chooseModes(inputs: readonly (ModeInput | Json)[]): ChosenMode[] {
  return inputs.flatMap((input) => {
    const set = typeof input === "string" ? setNamed(input) : undefined;
    return set ? chooseModes(set) : [chooseMode(input)];
  });
}

export function activeIn(chosen: readonly ChosenMode[], callNumber: number): ActiveModes {
  return new Map(chosen.filter(({ every }) => callNumber % every === 0).map(({ mode, value }) => [mode, value]));
}

/** The value of a mode whose value is a number, or null if the mode is off. */
export function countOf(active: ActiveModes, mode: ModeName): number | null {
  const value = active.get(mode);
  return value === undefined ? null : Number(value);
}

/** The value of a mode whose value is a word, or null if the mode is off. */
export function wordOf(active: ActiveModes, mode: ModeName): string | null {
  const value = active.get(mode);
  return value === undefined ? null : String(value);
}

function setNamed(name: string): readonly ModeInput[] | undefined {
  return Object.entries(MODE_SETS).find(([set]) => set === name)?.[1];
}

function chooseMode(input: ModeInput | Json): ChosenMode {
  const { mode, value, every } = typeof input === "string" ? partsOf(input) : fieldsOf(input);
  if (typeof mode !== "string" || !isModeName(mode)) {
    throw new InputError(`no mode or set of modes is called ${JSON.stringify(mode ?? input)}`);
  }
  if (every !== undefined && !(Number.isSafeInteger(every) && Number(every) >= 1)) {
    throw new InputError(`${mode}: every must be a whole number from 1`);
  }
  return { mode, value: valueFor(mode, value), every: Number(every ?? 1) };
}

function fieldsOf(input: Json): { mode?: Json; value?: Json; every?: Json } {
  if (!isObject(input)) return {};
  const strange = Object.keys(input).find((field) => !["mode", "value", "every"].includes(field));
  if (strange !== undefined) throw new InputError(`a mode has no field ${strange}`);
  return input;
}

/** `name=value/every`, both parts optional. */
function partsOf(text: string): { mode: string; value?: string; every?: number } {
  const [, mode = text, value, every] = /^(\w+)(?:=(.*?))?(?:\/(\d+))?$/.exec(text) ?? [];
  return {
    mode,
    ...(value !== undefined && { value }),
    ...(every !== undefined && { every: Number(every) }),
  };
}

function isModeName(name: string): name is ModeName {
  return Object.hasOwn(MODES, name);
}

function valueFor(mode: ModeName, given: Json | undefined): string | number | null {
  const info: ModeInfo = MODES[mode];
  if (!info.value) {
    if (given !== undefined) throw new InputError(`${mode} takes no value`);
    return null;
  }
  if (given === undefined) return info.value.default;
  if (!isScalar(given)) throw new InputError(`${mode} takes one text or number as its value`);
  if (info.value.oneOf) {
    const match = info.value.oneOf.find((allowed) => String(allowed) === String(given));
    if (match === undefined) {
      throw new InputError(`${mode} takes one of ${info.value.oneOf.join(", ")}`);
    }
    return match;
  }
  if (typeof info.value.default === "string") return String(given);
  const count = Number(given);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InputError(`${mode} takes a whole number from 1: ${info.value.means}`);
  }
  return count;
}

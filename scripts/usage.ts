/** Reading a command line. */
import { parseArgs, type ParseArgsConfig } from "node:util";

/** What was typed cannot be done; answered with the usage and exit code 1. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Node's `parseArgs`; what it does not understand is the user's mistake. */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The value of an option that is a whole number from `least` to `most`. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${option} takes a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}

/** When an order was placed: ISO 8601, or a time of day somewhere as MySQL writes it. */
import { fail, ok } from "../../src/domain/result.ts";
import { quoted, type Read } from "./cells.ts";

const MINUTE_MS = 60_000;
const WRITTEN = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s?(Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?$/i;

/** Reads times without an offset as those of one time zone. */
export type MomentReader = (cell: string) => Read<string | null>;

/**
 * A reader for times of a zone by its IANA name; null for a name that is none. It answers ISO 8601 in UTC, and null for
 * MySQL's `0000-00-00`, which says that there is no time.
 */
export function momentReader(timezone: string): MomentReader | null {
  const offsetAt = offsetsOf(timezone);
  if (offsetAt === null) return null;
  return (cell) => {
    if (cell.startsWith("0000-00-00")) return ok(null);
    const match = WRITTEN.exec(cell);
    if (match === null) return fail(`${quoted(cell)} is not a time such as 2026-01-31 12:00:00 or 2026-01-31T12:00:00Z`);
    const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", offset] = match;
    const milliseconds = fraction.slice(0, 3).padEnd(3, "0");
    const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
    const asUtc = Date.parse(written);
    // The parser takes 31 February for March: what does not come back is no date.
    if (Number.isNaN(asUtc) || new Date(asUtc).toISOString() !== written) return fail(`${quoted(cell)} is not a date that exists`);
    const at = offset === undefined ? fromLocal(asUtc, offsetAt) : asUtc - offsetMs(offset);
    return ok(new Date(at).toISOString());
  };
}

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === "Z") return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(":", ""));
  return (offset.startsWith("-") ? -1 : 1) * minutes * MINUTE_MS;
}

/**
 * The moment at which clocks there showed a time. Of an hour that comes twice in autumn it is the first; one that is
 * left out in spring is read with the offset before it.
 */
function fromLocal(shown: number, offsetAt: (at: number) => number): number {
  const before = offsetAt(shown - 24 * 60 * MINUTE_MS);
  const after = offsetAt(shown + 24 * 60 * MINUTE_MS);
  const fits = [before, after].find((offset) => offsetAt(shown - offset) === offset);
  return shown - (fits ?? before);
}

/** How far a zone's clocks are ahead of UTC at a moment, in ms; null for a zone that is not known. */
function offsetsOf(timeZone: string): ((at: number) => number) | null {
  if (timeZone === "UTC") return () => 0;
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...parts });
  } catch {
    return null;
  }
  return (at) => {
    const shown = new Map(format.formatToParts(at).map(({ type, value }) => [type as string, Number(value)]));
    const part = (name: string): number => shown.get(name) ?? 0;
    const asUtc = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    return asUtc - Math.floor(at / 1000) * 1000;
  };
}

/** Moments as people read them: how long ago, with the moment itself beside it. */
import { shared } from "../state.ts";

/** Asked of the Worker's last minute, so that a wrong clock here, or simulated time there, does not mislead. */
const ahead = shared(0);
const ticking = shared(Date.now());
setInterval(() => (ticking.value = Date.now()), 5000);

/** The present: this device's clock, or the Worker's where that is ahead. */
export function presentMs(): number {
  return Date.now() + ahead.value;
}

/** The same while drawing: it goes on. */
export function usePresent(): number {
  return ticking.use() + ahead.use();
}

export function learnPresent(lastTickAt: string | null): void {
  if (lastTickAt === null) return;
  const difference = Date.parse(lastTickAt) - Date.now();
  ahead.value = difference > 90_000 ? difference : 0;
}

const UNITS = [
  { ms: 86_400_000, word: "day" },
  { ms: 3_600_000, word: "h" },
  { ms: 60_000, word: "min" },
] as const;

/** `3 min`, `2 h`, `4 days`. */
export function spanText(ms: number): string {
  const size = Math.abs(ms);
  const unit = UNITS.find((each) => size >= each.ms);
  if (unit === undefined) return `${Math.floor(size / 1000)} s`;
  const count = Math.floor(size / unit.ms);
  return `${count} ${unit.word}${unit.word === "day" && count !== 1 ? "s" : ""}`;
}

const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", options);
const DAY = format({ day: "numeric", month: "short" });
const CLOCK = format({ hour: "2-digit", minute: "2-digit" });
const FULL = format({ dateStyle: "medium", timeStyle: "long" });
const UTC_DAY = format({ day: "numeric", month: "short", timeZone: "UTC" });

/** A day of UTC, wherever one is. */
export function dayText(iso: string): string {
  return UTC_DAY.format(new Date(iso));
}

/** The clock alone for today, with the day otherwise. */
export function momentText(iso: string): string {
  const at = new Date(iso);
  const isToday = DAY.format(at) === DAY.format(new Date(presentMs()));
  return isToday ? CLOCK.format(at) : `${DAY.format(at)}, ${CLOCK.format(at)}`;
}

/** A moment. `next`: one that lies ahead. */
export function When({ at, next = false }: { readonly at: string | null; readonly next?: boolean }) {
  const present = usePresent();
  if (at === null) return <span class="soft">never</span>;
  const difference = present - Date.parse(at);
  const span = next ? aheadText(-difference) : agoText(difference);
  return (
    <time class="when" dateTime={at} title={FULL.format(new Date(at))}>
      {span} <span class="soft">{momentText(at)}</span>
    </time>
  );
}

function agoText(ms: number): string {
  return ms < 5000 ? "just now" : `${spanText(ms)} ago`;
}

function aheadText(ms: number): string {
  if (ms < -60_000) return `${spanText(ms)} ago`;
  return ms < 1000 ? "now" : `in ${spanText(ms)}`;
}

/**
 * Where alerts are told, and when a channel's next message goes out. Pure.
 */
import { type AlertKind, kindOf, type Notice, worstFirst } from "./alert.ts";
import { MINUTE_MS } from "./time.ts";

export const CHANNEL_TYPES = ["telegram", "discord", "slack", "ntfy", "webhook"] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

/** From a time of day to another, `HH:MM` where the person is; over midnight where `to` is the earlier one. */
export type QuietHours = { readonly from: string; readonly to: string; readonly timezone: string };

/** Whether it is quiet at a time (epoch ms). From and to the same time: never. */
export function isQuiet({ from, to, timezone }: QuietHours, now: number): boolean {
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: timezone });
  const time = clock.format(now);
  return from <= to ? time >= from && time < to : time >= from || time < to;
}

/** Whether the runtime knows a time zone of this name. */
export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** What a channel is to be told of an alert. Times in epoch ms; `claim` is the message that has it. */
export type WaitingNotice = {
  readonly alert: number;
  readonly kind: AlertKind;
  readonly notice: Notice;
  readonly at: number;
  readonly silencedUntil: number | null;
  readonly claim: string | null;
};

/** A channel as far as it decides when a message goes out. */
export type ChannelTurn = {
  readonly quietHours: QuietHours | null;
  readonly leasedUntil: number | null;
  readonly notBefore: number | null;
};

/** Of what opens at the same time, one message is made. */
const GROUP_MS = 2 * MINUTE_MS;
/** So many alerts are told in a message at most. */
const MAX_TOLD = 50;
/** So long a message may take before another sender takes it up. */
export const LEASE_MS = 2 * MINUTE_MS;
/** A wait that is longer than any that is set comes from a clock that was ahead. */
const LONGEST_WAIT_MS = 2 * 60 * MINUTE_MS;

/** What a channel is told now; null when nothing is due. `claim`: the message was on its way before, and is sent again. */
export type DueMessage<T extends WaitingNotice> = { readonly notices: readonly T[]; readonly claim: string | null };

/** The channel's next message. What waits for the end of quiet hours or of a silence waits on. */
export function dueMessage<T extends WaitingNotice>(channel: ChannelTurn, notices: readonly T[], now: number): DueMessage<T> | null {
  if (isAhead(channel.leasedUntil, now) || isAhead(channel.notBefore, now)) return null;
  const claim = notices.find((notice) => notice.claim !== null)?.claim ?? null;
  if (claim !== null) return { notices: worstFirst(notices.filter((notice) => notice.claim === claim)), claim };
  const isNight = channel.quietHours !== null && isQuiet(channel.quietHours, now);
  const told = notices.filter(({ kind, notice, silencedUntil }) => {
    if (notice !== "closed" && silencedUntil !== null && now < silencedUntil) return false;
    return !isNight || kindOf(kind).isUrgent;
  });
  if (!told.some(({ at }) => now - at >= GROUP_MS)) return null;
  return { notices: worstFirst(told).slice(0, MAX_TOLD), claim: null };
}

function isAhead(until: number | null, now: number): boolean {
  return until !== null && until > now && until <= now + LONGEST_WAIT_MS;
}

/** Waits between attempts, in minutes; the last one from then on. */
const WAITS_MINUTES = [1, 5, 15, 60] as const;

/** When a channel is tried again after so many failures in a row, epoch ms. What the server asked for counts where it is longer. */
export function retryAt(failures: number, retryAfterSeconds: number | null, now: number): number {
  const minutes = WAITS_MINUTES[Math.min(failures, WAITS_MINUTES.length) - 1] ?? 1;
  return now + Math.max(minutes * MINUTE_MS, (retryAfterSeconds ?? 0) * 1000);
}

/** A message that failed so often is made anew, with what has come since. */
export const FAILURES_TO_REGROUP = 3;

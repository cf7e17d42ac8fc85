/** The events that the Worker writes to its log, and what they add up to. */
import type { WorkerLog } from "./worker.ts";

type Usage = { readonly d1_calls: number; readonly d1_statements: number; readonly rows_read: number; readonly rows_written: number };
type TickEvent = Usage & { readonly event: "tick"; readonly minute: number; readonly messages: number };
type Polled = Usage & { readonly answered: number; readonly failed_calls: number; readonly moved: number };
/** `handed_on`: further messages that this one sent. */
type SweepEvent = Polled & { readonly event: "sweep"; readonly minute: number; readonly handed_on: number };
/** Orders that were polled because somebody asked, outside of the course of minutes. */
type CheckEvent = Polled & { readonly event: "check" };
/** What polling is made of. */
export type MinuteEvent = TickEvent | SweepEvent | CheckEvent;

const MINUTE_EVENTS = new Set<unknown>(["tick", "sweep", "check"] satisfies MinuteEvent["event"][]);
/**
 * What is done beside the minutes (the daily check of the books, alerts, webhooks), and the lost answer that the scene is set
 * with.
 */
const EXPECTED = new Set<unknown>(["books", "alerts", "webhooks", "placing.unknown"]);

/** Whether a line of the log is worth showing: something does not add up, or has failed. */
export function isOutOfTheOrdinary(line: WorkerLog): boolean {
  return !EXPECTED.has(eventIn(line)?.event);
}

/** The tick, sweep or check in a line of the log; null where it is none. */
export function minuteEventOf(line: WorkerLog): MinuteEvent | null {
  const event = eventIn(line);
  return MINUTE_EVENTS.has(event?.event) ? (event as MinuteEvent) : null;
}

function eventIn({ message }: WorkerLog): { readonly event?: unknown } | null {
  if (!message.startsWith("{")) return null;
  try {
    return JSON.parse(message) as { readonly event?: unknown };
  } catch {
    return null;
  }
}

/** What the ticks and sweeps of a run have cost and brought. */
export class Totals {
  ticks = 0;
  messages = 0;
  /** Answers about orders. */
  polls = 0;
  failedCalls = 0;
  /** Orders whose status, flags, cadence or money changed. */
  moves = 0;
  d1Calls = 0;
  d1Statements = 0;
  rowsRead = 0;
  rowsWritten = 0;

  add(event: MinuteEvent): void {
    if (event.event === "tick") {
      this.ticks += 1;
      this.messages += event.messages;
    } else {
      this.messages += event.event === "sweep" ? event.handed_on : 1;
      this.polls += event.answered;
      this.failedCalls += event.failed_calls;
      this.moves += event.moved;
    }
    this.d1Calls += event.d1_calls;
    this.d1Statements += event.d1_statements;
    this.rowsRead += event.rows_read;
    this.rowsWritten += event.rows_written;
  }
}

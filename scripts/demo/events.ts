/** The events that the Worker writes to its log, and what they add up to. */
import type { WorkerLog } from "./worker.ts";

type Usage = { readonly d1_calls: number; readonly d1_statements: number; readonly rows_read: number; readonly rows_written: number };
type TickEvent = Usage & { readonly event: "tick"; readonly minute: number; readonly messages: number };
type SweepEvent = Usage & {
  readonly event: "sweep";
  readonly minute: number;
  /** Further messages that this one sent. */
  readonly handed_on: number;
  readonly answered: number;
  readonly failed_calls: number;
  readonly moved: number;
};
/** What a minute is made of; any other line of the log is out of the ordinary. */
export type MinuteEvent = TickEvent | SweepEvent;

/** The tick or sweep in a line of the log; null where it is neither. */
export function minuteEventOf({ message }: WorkerLog): MinuteEvent | null {
  if (!message.startsWith("{")) return null;
  try {
    const parsed = JSON.parse(message) as { readonly event?: unknown };
    return parsed.event === "tick" || parsed.event === "sweep" ? (parsed as MinuteEvent) : null;
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
      this.messages += event.handed_on;
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

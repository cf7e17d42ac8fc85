/** The free plan's limits of a UTC day and of an invocation, as hard errors, and what has been used of them. */
import type { PlanLimits } from "../../simulation/plan-limits.ts";
import type { BilledRows } from "../../simulation/sqlite.ts";

export type Used = {
  readonly rows_read: number;
  readonly rows_written: number;
  readonly requests: number;
  readonly queue_operations: number;
};

export const FREE_DAY: Used = { rows_read: 5_000_000, rows_written: 100_000, requests: 100_000, queue_operations: 10_000 };
/** Of one invocation: calls to other services, and statements of D1. */
export const FREE_INVOCATION = { subrequests: 50, statements: 50 };

type Spent = { subrequests: number; statements: number };

/** What a whole day has used, of how much, and what it was used for. */
export class FreePlan implements PlanLimits {
  /** Off: nothing is counted and nothing refused, as before the day begins. */
  isOn = false;
  #used = { rows_read: 0, rows_written: 0, requests: 0 };
  readonly #spent = new Map<string, Spent>();
  readonly most: Spent = { subrequests: 0, statements: 0 };
  /** What was refused, by the limit. */
  readonly refused = new Map<string, number>();
  /** Rows by the statement that took them. */
  readonly bySql = new Map<string, { read: number; written: number; runs: number }>();

  readonly #operationsSoFar: () => number;
  #operationsBefore = 0;

  /** `operationsSoFar`: a message is written, read and deleted, each an operation; it is read again when it comes again. */
  constructor(operationsSoFar: () => number) {
    this.#operationsSoFar = operationsSoFar;
  }

  get used(): Used {
    return { ...this.#used, queue_operations: this.#operationsSoFar() - this.#operationsBefore };
  }

  /** Midnight: all of it is there again. */
  startDay(): void {
    this.isOn = true;
    this.#used = { rows_read: 0, rows_written: 0, requests: 0 };
    this.#operationsBefore = this.#operationsSoFar();
  }

  begin(_name: string): void {
    if (this.isOn) this.#used.requests += 1;
  }

  /** Whether the platform would still let an invocation begin. */
  get takesRequests(): boolean {
    return !this.isOn || this.#used.requests < FREE_DAY.requests;
  }

  use(name: string, what: "database" | "queue" | "fetch", count: number): void {
    if (!this.isOn) return;
    const spent = this.#spent.get(name) ?? { subrequests: 0, statements: 0 };
    spent.subrequests += 1;
    if (what === "database") spent.statements += count;
    this.#spent.set(name, spent);
    this.most.subrequests = Math.max(this.most.subrequests, spent.subrequests);
    this.most.statements = Math.max(this.most.statements, spent.statements);
    if (spent.subrequests > FREE_INVOCATION.subrequests) this.#refuse("subrequests", "Too many subrequests by single Worker invocation.");
    if (spent.statements > FREE_INVOCATION.statements)
      this.#refuse("statements", "D1_ERROR: Too many API requests by single Worker invocation.");
  }

  #refuse(limit: string, message: string): never {
    this.note(limit);
    throw new Error(message);
  }

  note(limit: string): void {
    this.refused.set(limit, (this.refused.get(limit) ?? 0) + 1);
  }

  isUsedUp(what: "queue" | "database" | "writes"): boolean {
    if (!this.isOn) return false;
    const { rows_read, rows_written, queue_operations } = this.used;
    if (what === "queue") return queue_operations >= FREE_DAY.queue_operations;
    return what === "database" ? rows_read >= FREE_DAY.rows_read : rows_written >= FREE_DAY.rows_written;
  }

  billed(sql: string, { read, written }: BilledRows): void {
    if (!this.isOn) return;
    this.#used.rows_read += read;
    this.#used.rows_written += written;
    const known = this.bySql.get(sql) ?? { read: 0, written: 0, runs: 0 };
    this.bySql.set(sql, { read: known.read + read, written: known.written + written, runs: known.runs + 1 });
  }
}

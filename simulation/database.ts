/**
 * The database as one process of the system sees it: the product's calls become events, and each can go wrong in the
 * ways that D1 is known for.
 */
import type { Process } from "./scheduler.ts";
import { type Backend, isRead, type Result, type Statement } from "./sqlite.ts";

/** The fault of one call. `before` and `after`: it throws, with nothing or with everything done. `hang`: no answer ever comes, though it is done. */
export type CallFault = "none" | "before" | "after" | "hang" | "overloaded" | "no_rows_left";

export type DbFaults = {
  /** Decides on the fault of one call. */
  readonly faultOf: (statements: readonly Statement[]) => CallFault;
  readonly latencyMs: () => number;
  /** Called with each call that was carried out. */
  readonly onCommit: (statements: readonly Statement[]) => void | Promise<void>;
};

export function databaseOf(process: Process, backend: Backend, faults: DbFaults): D1Database {
  const call = (statements: readonly Statement[]): Promise<Result[]> => {
    const fault = faults.faultOf(statements);
    return process.after(faults.latencyMs(), async () => {
      if (fault === "before") throw new Error("D1_ERROR: Network connection lost.");
      if (fault === "overloaded") throw new Error("D1_ERROR: D1 DB is overloaded. Requests queued for too long.");
      if (fault === "no_rows_left") throw new Error(usedUp(statements));
      const results = await backend.run(statements);
      await faults.onCommit(statements);
      if (fault === "after") throw new Error("D1_ERROR: Internal error in D1 DB storage caused object to be reset.");
      if (fault === "hang") process.crash();
      return results;
    });
  };
  return databaseOver(call);
}

/** The same of any way to carry out a batch. */
export function databaseOver(call: Call): D1Database {
  const database = {
    prepare: (sql: string) => new Prepared(call, { sql, params: [] }),
    batch: async (statements: readonly Prepared[]) => (await call(statements.map(({ statement }) => statement))).map(asD1Result),
  };
  return database as unknown as D1Database;
}

/** In D1's words. */
function usedUp(statements: readonly Statement[]): string {
  const what = statements.every(isRead) ? "read" : "write";
  return `D1_ERROR: Your account has exceeded D1's free tier daily row ${what} limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue.`;
}

type Call = (statements: readonly Statement[]) => Promise<Result[]>;

class Prepared {
  readonly #call: Call;
  readonly statement: Statement;

  constructor(call: Call, statement: Statement) {
    this.#call = call;
    this.statement = statement;
  }

  bind(...params: readonly unknown[]): Prepared {
    return new Prepared(this.#call, { sql: this.statement.sql, params });
  }

  async all(): Promise<unknown> {
    const [result] = await this.#call([this.statement]);
    return asD1Result(result as Result);
  }

  run(): Promise<unknown> {
    return this.all();
  }

  async first(column?: string): Promise<unknown> {
    const [result] = await this.#call([this.statement]);
    const row = result?.results[0];
    if (row === undefined) return null;
    return column === undefined ? row : row[column];
  }
}

function asD1Result({ results, changes, rows = { read: 0, written: 0 } }: Result): unknown {
  const billed = { rows_read: rows.read, rows_written: rows.written };
  return { success: true, results, meta: { changes, ...billed, duration: 0, last_row_id: 0, changed_db: changes > 0, size_after: 0 } };
}

/**
 * D1 as it looks to the product, over the SQLite that Node has built in: for speed. A batch is one transaction; numbers
 * are doubles; errors read as D1's do.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** What a statement needs to be run later: a batch runs several in one go. */
export type Statement = { readonly sql: string; readonly params: readonly unknown[] };

/** `rows`: what D1 bills for it, where the backend can tell. */
export type Result = { readonly results: Record<string, unknown>[]; readonly changes: number; readonly rows?: BilledRows };

export type BilledRows = { readonly read: number; readonly written: number };

/** A database of the product's, whatever is underneath. Runs statements in one transaction: all of them, or none. */
export type Backend = {
  /** In this process: a connection of its own, with temporary tables. */
  readonly isLocal: boolean;
  readonly run: (statements: readonly Statement[]) => Result[] | Promise<Result[]>;
  readonly close: () => void | Promise<void>;
};

const IS_READ = /^\s*(?:SELECT|WITH)\b/i;

/** Whether a statement leaves the database as it is. */
export function isRead({ sql }: Statement): boolean {
  return IS_READ.test(sql);
}

/** Statements that were prepared before, by their text: the product has some hundred. */
const MAX_PREPARED = 1000;

type Known = { readonly statement: StatementSync; readonly hasRows: boolean };

export class SqliteBackend implements Backend {
  readonly isLocal = true;
  readonly #db = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, Known>();

  /** `schema`: migrations, or a whole database as `image` gives it. */
  constructor(schema: readonly string[] | Uint8Array) {
    if (schema instanceof Uint8Array) this.#db.deserialize(schema);
    else for (const sql of schema) this.#db.exec(sql);
  }

  /** The whole database: to begin another one with. */
  image(): Uint8Array {
    return this.#db.serialize();
  }

  run(statements: readonly Statement[]): Result[] {
    this.#known("BEGIN IMMEDIATE").statement.run();
    try {
      const results = statements.map((statement) => this.#one(statement));
      this.#known("COMMIT").statement.run();
      return results;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw asD1Error(error);
    }
  }

  #one(asked: Statement): Result {
    const { statement, hasRows } = this.#known(asked.sql);
    const params = asked.params.map(bound);
    if (!hasRows) return { results: [], changes: Number(statement.run(...params).changes) };
    const results = statement.all(...params) as Record<string, unknown>[];
    return { results, changes: isRead(asked) ? 0 : this.#changes() };
  }

  #changes(): number {
    return (this.#known("SELECT changes() AS n").statement.get() as { n: number }).n;
  }

  #known(sql: string): Known {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    if (this.#prepared.size >= MAX_PREPARED) this.#prepared.clear();
    // SQLite plans by the value of a bare parameter after LIMIT, so anew at each use: a quarter of a run's time.
    const statement = this.#db.prepare(sql.replaceAll(/LIMIT (?=\?\d)/g, "LIMIT +"));
    const fresh = { statement, hasRows: statement.columns().length > 0 };
    this.#prepared.set(sql, fresh);
    return fresh;
  }

  close(): void {
    this.#db.close();
  }
}

/** D1 takes null, numbers, texts and bytes; a boolean becomes a number, and anything else is a mistake. */
function bound(value: unknown): null | number | string | Uint8Array {
  if (value === null || typeof value === "number" || typeof value === "string" || value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  throw new Error(`D1_TYPE_ERROR: Type '${typeof value}' not supported`);
}

function asD1Error(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const isConstraint = error instanceof Error && "errcode" in error && ((error.errcode as number) & 0xff) === SQLITE_CONSTRAINT;
  return new Error(`D1_ERROR: ${message}: SQLITE_${isConstraint ? "CONSTRAINT" : "ERROR"}`);
}

const SQLITE_CONSTRAINT = 19;

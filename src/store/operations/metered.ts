/**
 * Counts what a piece of work costs: calls to D1, statements, and the rows it bills.
 */

export type Usage = {
  readonly d1_calls: number;
  readonly d1_statements: number;
  readonly rows_read: number;
  readonly rows_written: number;
};

type Meter = { calls: number; statements: number; read: number; written: number };

/** The database with every call counted. `usage` tells the counts so far. */
export function metered(db: D1Database): { readonly db: D1Database; readonly usage: () => Usage } {
  const meter: Meter = { calls: 0, statements: 0, read: 0, written: 0 };
  return {
    db: new MeteredDatabase(db, meter) as unknown as D1Database,
    usage: () => ({ d1_calls: meter.calls, d1_statements: meter.statements, rows_read: meter.read, rows_written: meter.written }),
  };
}

class MeteredDatabase {
  readonly #db: D1Database;
  readonly #meter: Meter;

  constructor(db: D1Database, meter: Meter) {
    this.#db = db;
    this.#meter = meter;
  }

  prepare(sql: string): MeteredStatement {
    return new MeteredStatement(this.#db.prepare(sql), this.#meter);
  }

  async batch(statements: readonly MeteredStatement[]): Promise<D1Result[]> {
    return count(this.#meter, statements.length, () => this.#db.batch(statements.map((statement) => statement.inner)));
  }
}

class MeteredStatement {
  readonly inner: D1PreparedStatement;
  readonly #meter: Meter;

  constructor(inner: D1PreparedStatement, meter: Meter) {
    this.inner = inner;
    this.#meter = meter;
  }

  bind(...values: unknown[]): MeteredStatement {
    return new MeteredStatement(this.inner.bind(...values), this.#meter);
  }

  async all(): Promise<D1Result | undefined> {
    const [result] = await count(this.#meter, 1, async () => [await this.inner.all()]);
    return result;
  }

  run(): Promise<D1Result | undefined> {
    return this.all();
  }

  async first(): Promise<unknown> {
    return (await this.all())?.results[0] ?? null;
  }
}

/** Counts a call, also one that the database refuses. */
async function count(meter: Meter, statements: number, call: () => Promise<D1Result[]>): Promise<D1Result[]> {
  try {
    const results = await call();
    for (const { meta } of results) {
      meter.read += meta.rows_read;
      meter.written += meta.rows_written;
    }
    return results;
  } finally {
    meter.calls += 1;
    meter.statements += statements;
  }
}

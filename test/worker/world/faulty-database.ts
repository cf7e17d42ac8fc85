/**
 * A database that fails at its n-th call (from 0): before anything happened, or after all of it did.
 */
export type When = "before" | "after";

export function faultyDb(real: D1Database, n: number, when: When): { readonly db: D1Database; readonly failed: () => boolean } {
  let calls = 0;
  let failed = false;
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    const mine = calls++;
    if (mine === n) failed = true;
    if (mine === n && when === "before") throw new Error("D1_ERROR: Network connection lost.");
    const result = await run();
    if (mine === n) throw new Error("D1_ERROR: storage operation exceeded timeout which caused object to be reset.");
    return result;
  };
  const statement = (inner: D1PreparedStatement): unknown => ({
    inner,
    bind: (...values: unknown[]) => statement(inner.bind(...values)),
    all: () => guarded(() => inner.all()),
    run: () => guarded(() => inner.run()),
    first: (column?: string) => guarded<unknown>(() => (column === undefined ? inner.first() : inner.first(column))),
  });
  const db = {
    prepare: (sql: string) => statement(real.prepare(sql)),
    batch: (statements: readonly { inner: D1PreparedStatement }[]) => guarded(() => real.batch(statements.map(({ inner }) => inner))),
  };
  return { db: db as unknown as D1Database, failed: () => failed };
}

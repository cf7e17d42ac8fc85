/**
 * Databases that fail, or do something else than the real one.
 */
import { env } from "cloudflare:workers";

export const CONNECTION_LOST = "D1_ERROR: Network connection lost.";

export type When = "before" | "after";

/** Fails at its n-th call (from 0): before anything happened, or after all of it did. */
export function faultyDb(real: D1Database, n: number, when: When): { readonly db: D1Database; readonly failed: () => boolean } {
  let calls = 0;
  let failed = false;
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    const mine = calls++;
    if (mine === n) failed = true;
    if (mine === n && when === "before") throw new Error(CONNECTION_LOST);
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

type Changes = {
  readonly prepare?: (sql: string) => D1PreparedStatement;
  readonly batch?: (statements: D1PreparedStatement[]) => Promise<D1Result[]>;
};

/** The real database, but for what is given. */
export function changedDb(changes: Changes): D1Database {
  return new Proxy(env.DB, {
    get(db, name) {
      const value = (Reflect.get(changes, name) ?? Reflect.get(db, name)) as unknown;
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(db) : value;
    },
  });
}

/** Fails at every call. */
export function failingDb(message = CONNECTION_LOST): D1Database {
  const refuse = (): never => {
    throw new Error(message);
  };
  return Object.assign(Object.create(null), { prepare: refuse, batch: refuse, exec: refuse, withSession: refuse });
}

/** Works until a test breaks it; then fails, or does so for some calls only. */
export function fragileDb(times = Number.POSITIVE_INFINITY) {
  let isBroken = false;
  let left = times;
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (isBroken && left-- > 0) throw new Error(CONNECTION_LOST);
      const value = Reflect.get(target, name) as unknown;
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  return {
    db,
    /** Breaks the database, and hands on what is given. */
    break: <T>(answer: T): T => {
      isBroken = true;
      return answer;
    },
    mend: () => void (isBroken = false),
  };
}

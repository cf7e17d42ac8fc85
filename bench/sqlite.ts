/** Node's own SQLite, in memory: the product on it through a look-alike of D1, and plain SQL on it without. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { databaseOf } from "../simulation/database.ts";
import type { Process } from "../simulation/scheduler.ts";
import { type Backend, SqliteBackend } from "../simulation/sqlite.ts";
import type { Engine } from "./job.ts";
import type { Plain } from "./plain.ts";

/** Nothing waits and nothing crashes here. */
const AT_ONCE = { after: async <T>(_ms: number, act: () => T) => act(), crash: () => undefined } as unknown as Process;

function d1Of(backend: Backend): D1Database {
  return databaseOf(AT_ONCE, backend, { faultOf: () => "none", latencyMs: () => 0, onCommit: () => undefined });
}

function schemaOf(root: string): string[] {
  const folder = join(root, "migrations");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted()
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

/** For the product. */
export function productEngine(root: string): Engine {
  return {
    db: d1Of(new SqliteBackend(schemaOf(root))),
    transact: () => {
      throw new Error("the product writes by itself");
    },
  };
}

/** For plain SQL: each statement is prepared once, and run with nothing in between. */
export function plainEngine(root: string): Engine {
  const db = new DatabaseSync(":memory:");
  for (const sql of schemaOf(root)) db.exec(sql);
  const prepared = new Map<string, StatementSync>();
  const statementOf = (sql: string): StatementSync => {
    const known = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  const transact = (statements: readonly Plain[]): void => {
    db.exec("BEGIN IMMEDIATE");
    for (const { sql, params } of statements) statementOf(sql).run(...params);
    db.exec("COMMIT");
  };
  // What is read in preparation goes through the look-alike here, too.
  const all = (sql: string, params: readonly unknown[]) =>
    statementOf(sql).all(...(params as Plain["params"])) as Record<string, unknown>[];
  const run: Backend["run"] = (statements) => statements.map(({ sql, params }) => ({ results: all(sql, params), changes: 0 }));
  return { db: d1Of({ isLocal: true, run, close: () => db.close() }), transact };
}

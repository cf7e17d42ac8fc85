/**
 * A database as it is at a moment, and what has changed in it since.
 */
import type { Operation } from "./operation.ts";

export type Row = Readonly<Record<string, unknown>>;

/** A row that came, went or changed. `columns`: those that differ. */
export type Change = {
  readonly table: string;
  readonly before: Row | null;
  readonly after: Row | null;
  readonly columns: readonly string[];
};

/** The rows of each table by their keys. */
export type Snapshot = ReadonlyMap<string, ReadonlyMap<string, Row>>;

export function snapshotOf(operation: Operation): Snapshot {
  const tables = operation.rows("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => String(name));
  return new Map(tables.map((table) => [table, rowsOf(operation, table)]));
}

function rowsOf(operation: Operation, table: string): ReadonlyMap<string, Row> {
  const keys = operation.rows(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0 ORDER BY pk`).map(({ name }) => String(name));
  return new Map(operation.rows(`SELECT * FROM ${table}`).map((row) => [JSON.stringify(keys.map((key) => row[key])), row]));
}

export function changesBetween(before: Snapshot, after: Snapshot): Change[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((table) => {
    const [old, now] = [before.get(table) ?? new Map<string, Row>(), after.get(table) ?? new Map<string, Row>()];
    return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => changeOf(table, old.get(key) ?? null, now.get(key) ?? null));
  });
}

function changeOf(table: string, before: Row | null, after: Row | null): Change[] {
  const columns = Object.keys(before ?? after ?? {}).filter((name) => before?.[name] !== after?.[name]);
  return columns.length === 0 ? [] : [{ table, before, after, columns }];
}

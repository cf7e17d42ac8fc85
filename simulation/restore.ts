/**
 * The whole database as it is now, and the way back to it, as after a restore: on either backend, with the statements
 * that any connection may run. The product refuses to delete what is append-only, so its triggers are away meanwhile.
 */
import type { Backend, Statement } from "./sqlite.ts";

type Row = Readonly<Record<string, unknown>>;
type Table = { readonly name: string; readonly rows: readonly Row[] };

export type Saved = { readonly tables: readonly Table[] };

const TABLES = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
  ORDER BY name`;
const TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name";

export async function saveDatabase(backend: Backend): Promise<Saved> {
  const names = (await read(backend, TABLES)).map(({ name }) => String(name));
  const tables: Table[] = [];
  for (const name of names) {
    // Without the columns that are worked out from others.
    const columns = (await read(backend, `SELECT name FROM pragma_table_info('${name}')`)).map((column) => `"${String(column["name"])}"`);
    tables.push({ name, rows: await read(backend, `SELECT ${columns.join(", ")} FROM "${name}"`) });
  }
  return { tables };
}

/** Puts the database back, in one transaction. */
export async function restoreDatabase(backend: Backend, { tables }: Saved): Promise<void> {
  const triggers = await read(backend, TRIGGERS);
  await backend.run([
    ...triggers.map(({ name }) => plain(`DROP TRIGGER "${String(name)}"`)),
    ...tables.map(({ name }) => plain(`DELETE FROM "${name}"`)),
    ...tables.flatMap(({ name, rows }) => rows.map((row) => insertion(name, row))),
    ...triggers.map(({ sql }) => plain(String(sql))),
  ]);
}

function insertion(table: string, row: Row): Statement {
  const columns = Object.keys(row);
  return {
    sql: `INSERT INTO "${table}" (${columns.map((column) => `"${column}"`).join(", ")}) VALUES (${columns.map((_, i) => `?${i + 1}`).join(", ")})`,
    params: Object.values(row),
  };
}

function plain(sql: string): Statement {
  return { sql, params: [] };
}

async function read(backend: Backend, sql: string): Promise<readonly Row[]> {
  const [result] = await backend.run([plain(sql)]);
  return result?.results ?? [];
}

/**
 * The product's database as SQL: the migrations of a release, its rows as a dump, and what stands in it in the end.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SqliteBackend } from "../../simulation/sqlite.ts";
import type { History, Rows, Standing, Value } from "./history.ts";

export type Migration = { readonly name: string; readonly sql: string };

export function readMigrations(root: string): Migration[] {
  const folder = join(root, "migrations");
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  return names.toSorted().map((name) => ({ name, sql: readFileSync(join(folder, name), "utf8") }));
}

export function digestOf({ sql }: Migration): string {
  return createHash("sha256").update(sql).digest("hex");
}

/** What a panel proves itself with when a history is played from its dump, which has no keys. */
export function keyOf(panel: string): string {
  return `ps_${createHash("sha256").update(panel).digest("hex").slice(0, 48)}`;
}

/** Columns that are left out of a dump, and what stands in them when it is loaded. */
const SECRETS: Readonly<Record<string, (row: Row) => string>> = {
  // Until keys had a table of their own.
  "panels.key_hash": ({ id = null }) => keyHashOf(id),
  "keys.hash": ({ panel = null }) => keyHashOf(panel),
  "providers.api_key": () => "left-out",
};

function keyHashOf(panel: Value): string {
  return createHash("sha256")
    .update(keyOf(String(panel)))
    .digest("hex");
}

type Row = Readonly<Record<string, Value>>;

export function query(backend: SqliteBackend, sql: string): Row[] {
  return (backend.run([{ sql, params: [] }])[0]?.results ?? []) as Row[];
}

/** Every row of every table but for the secrets; without what the database works out by itself. */
export function dumpOf(backend: SqliteBackend): Rows[] {
  const tables = query(backend, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
  return tables.flatMap(({ name }) => {
    const table = String(name);
    const columns = query(backend, `SELECT name FROM pragma_table_xinfo('${table}') WHERE hidden = 0`).map((column) =>
      String(column["name"]),
    );
    const kept = columns.filter((column) => !(`${table}.${column}` in SECRETS));
    const rows = query(backend, `SELECT ${kept.join(", ")} FROM ${table} ORDER BY 1, 2, 3`).map((row) =>
      kept.map((column) => row[column] ?? null),
    );
    return rows.length === 0 ? [] : [{ kind: "rows", table, columns: kept, rows } as const];
  });
}

/** The SQL that puts a dump in place. As after an export, the triggers come when the rows are there. */
function loading(dump: readonly Rows[], migrations: readonly Migration[]): string {
  const empty = new SqliteBackend(migrations.map(({ sql }) => sql));
  const triggers = query(empty, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid");
  const isThere = (path: string): boolean => {
    const [table = "", column = ""] = path.split(".");
    return query(empty, `SELECT 1 FROM pragma_table_info('${table}') WHERE name = '${column}'`).length > 0;
  };
  const kept = Object.entries(SECRETS).filter(([path]) => isThere(path));
  empty.close();
  const inserts = dump.flatMap(({ table, columns, rows }) => {
    const secrets = kept.filter(([path]) => path.startsWith(`${table}.`));
    const names = [...columns, ...secrets.map(([path]) => path.slice(table.length + 1))];
    const named = (row: readonly Value[]): Row => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null]));
    const values = rows.map((row) => [...row, ...secrets.map(([, secretOf]) => secretOf(named(row)))]);
    return [
      `DELETE FROM ${table}`,
      ...values.map((row) => `INSERT INTO ${table} (${names.join(", ")}) VALUES (${row.map(literal).join(", ")})`),
    ];
  });
  const all = [...triggers.map(({ name }) => `DROP TRIGGER ${String(name)}`), ...inserts, ...triggers.map(({ sql }) => String(sql))];
  return `BEGIN;\n${all.join(";\n")};\nCOMMIT;`;
}

function literal(value: Value): string {
  if (value === null) return "NULL";
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

/** A history's database as it was half way: the release's own migrations, then its rows. */
export function populated({ dump, migrations }: History, all: readonly Migration[]): string[] {
  const own = all.filter(({ name }) => name in migrations);
  return [...own.map(({ sql }) => sql), loading(dump, own)];
}

/** The migrations that came after a history's release. */
export function newerThan({ migrations }: History, all: readonly Migration[]): Migration[] {
  return all.filter(({ name }) => !(name in migrations));
}

/** Where everything stands. */
export function standingsOf(backend: SqliteBackend): Standing[] {
  const tables = new Set(query(backend, "SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name));
  const orders = query(
    backend,
    `SELECT 'order' AS kind, panel, id AS "order", status, refunded, coalesce(hold_amount, 0) AS held, flags FROM orders ORDER BY panel, n`,
  );
  const kind = tables.has("transfers") ? "r.kind" : "'auto'";
  const refunds = query(
    backend,
    `SELECT 'refund' AS kind, r.panel, o.id AS "order", r.n, ${kind} AS type, r.amount, r.status, r.reason
     FROM refunds r JOIN orders o ON o.panel = r.panel AND o.n = r.order_n ORDER BY r.panel, r.order_n, r.n`,
  );
  const accounts = tables.has("transfers")
    ? query(
        backend,
        `SELECT 'account' AS kind, panel, customer, max(n) AS entries, balance FROM transfers GROUP BY panel, currency, customer ORDER BY 2, 3`,
      )
    : [];
  const changes = query(
    backend,
    `SELECT panel, order_id, type || ' ' || coalesce(data->>'$.status', '') || ' ' || coalesce(data->>'$.refunded', '') AS text
     FROM changes ORDER BY panel, seq`,
  );
  const ofOrders = Map.groupBy(changes, ({ panel, order_id }) => `${String(panel)} ${String(order_id)}`);
  const feed = [...ofOrders].map(([, rows]) => ({
    kind: "changes",
    panel: rows[0]?.["panel"],
    order: rows[0]?.["order_id"],
    rows: rows.map(({ text }) => text),
  }));
  return [...orders, ...refunds, ...accounts, ...feed] as unknown as Standing[];
}

/** What a dump has that the database has no more, or has otherwise. */
export function lossesOf(dump: readonly Rows[], backend: SqliteBackend): string[] {
  return dump.flatMap(({ table, columns, rows }) => {
    const present = new Set(query(backend, `SELECT name FROM pragma_table_xinfo('${table}')`).map(({ name }) => name));
    const gone = columns.filter((column) => !present.has(column));
    const kept = columns.filter((column) => present.has(column));
    if (kept.length === 0) return [`${table} is gone`];
    const now = query(backend, `SELECT ${kept.join(", ")} FROM ${table} ORDER BY 1, 2, 3`);
    const counts = now.length === rows.length ? [] : [`${table}: ${rows.length} rows → ${now.length}`];
    const changed = kept.filter((column) => rows.some((row, i) => row[columns.indexOf(column)] !== now[i]?.[column]));
    return [
      ...counts,
      ...gone.map((column) => `${table}.${column} is gone`),
      ...changed.map((column) => `${table}.${column} reads otherwise`),
    ];
  });
}

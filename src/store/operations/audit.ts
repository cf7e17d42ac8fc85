/**
 * The audit trail: who changed what about money or settings, with what was before and after. An entry is written in
 * the transaction of the change that it tells of; the database lets none be edited.
 */
import { NUMBER } from "../orders/new-orders.ts";
import { chunksBySize } from "../rows/json-sets.ts";
import { isAsSeenSql, type SeenOrder, seenParam } from "../rows/seen.ts";

/** Who changed something: the operator, or a caller with the panel's key. */
export type Actor = "operator" | `panel:${string}`;

/** What was changed: an order, a customer of the panel's, … */
export type Subject = `${"panel" | "provider" | "service" | "customer" | "order" | "refund" | "dead_letter"}:${string}`;

/** `before` and `after` become JSON; of a change, only what differs. Null: there was nothing, or is nothing any more. Never a key. */
export type AuditEntry = {
  /** Epoch ms. */
  readonly at: number;
  readonly actor: Actor;
  /** Null where it concerns no single panel. */
  readonly panel: string | null;
  /** Such as `panel.changed`: what it is done to, and what is done, in the past tense. */
  readonly action: string;
  readonly subject: Subject;
  readonly before: unknown;
  readonly after: unknown;
};

/**
 * When an entry is written: with the batch whatever it does; only if the statement right before it changed a row; or
 * only while an order is as it was seen (then it stands before the UPDATE of orders).
 */
type Condition = "always" | "if_changed" | SeenOrder;

const INSERT_ENTRY = `INSERT INTO audit (at, actor, panel, action, subject, before, after)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE (?8 = 0 OR changes() > 0) AND ${isAsSeenSql("?9")}`;

/** `j` is the row of the JSON parameter. */
const INSERT_ENTRIES = `INSERT INTO audit (at, actor, panel, action, subject, before, after)
  SELECT j.value->>'$.at', j.value->>'$.actor', j.value->>'$.panel', j.value->>'$.action', j.value->>'$.subject',
    j.value->>'$.before', j.value->>'$.after'`;

/** When something is changed, in epoch ms, and the statement of the audit entry that goes into the change's transaction. */
export type Audited<Statement = D1PreparedStatement> = { readonly now: number; readonly audit: Statement };

/** The statement that writes an entry, for the batch of the change it tells of. One row written. */
export function auditStatement(db: D1Database, entry: AuditEntry, condition: Condition = "always"): D1PreparedStatement {
  const { at, actor, panel, action, subject, before, after } = entry;
  const seen = typeof condition === "string" ? null : condition;
  return db
    .prepare(INSERT_ENTRY)
    .bind(
      at,
      actor,
      panel,
      action,
      subject,
      JSON.stringify(before),
      JSON.stringify(after),
      condition === "if_changed" ? 1 : 0,
      seenParam(seen),
    );
}

/** Some entries in as few statements as they fit in, for the batch of the change they tell of. One row written an entry. */
export function auditStatements(db: D1Database, entries: readonly AuditEntry[]): D1PreparedStatement[] {
  const rows = entries.map((entry) => ({ ...entry, before: JSON.stringify(entry.before), after: JSON.stringify(entry.after) }));
  return chunksBySize(rows).map((json) => db.prepare(`${INSERT_ENTRIES} FROM json_each(?1) j ORDER BY j.key`).bind(json));
}

/** An entry about an order, written only while the order is as it was seen. */
export type OrderEntry = { readonly entry: AuditEntry; readonly seen: SeenOrder };

/** Some entries about orders in one statement, which stands before the UPDATE of orders. One row written an entry. */
export function auditOrdersStatement(db: D1Database, entries: readonly OrderEntry[]): D1PreparedStatement {
  const rows = entries.map(({ entry, seen }) => ({
    ...entry,
    before: JSON.stringify(entry.before),
    after: JSON.stringify(entry.after),
    order_panel: seen.panel,
    n: seen.number,
    version: seen.version,
  }));
  return db
    .prepare(
      `${INSERT_ENTRIES} FROM json_each(?1) j CROSS JOIN orders o
       WHERE o.panel = j.value->>'$.order_panel' AND o.n = j.value->>'$.n' AND o.version = j.value->>'$.version'`,
    )
    .bind(JSON.stringify(rows));
}

/** An entry about an order that is being added: its id, and its place among those that the batch adds. */
export type AddedEntry = { readonly entry: AuditEntry; readonly id: string; readonly back: number };

/** Some entries about a panel's orders in one statement, which stands behind their INSERT; those that were not added have none. */
export function auditAddedStatement(db: D1Database, panel: string, entries: readonly AddedEntry[]): D1PreparedStatement {
  const rows = entries.map(({ entry, id, back }) => ({
    ...entry,
    before: JSON.stringify(entry.before),
    after: JSON.stringify(entry.after),
    id,
    back,
  }));
  return db
    .prepare(
      `${INSERT_ENTRIES} FROM json_each(?1) j CROSS JOIN panels p CROSS JOIN orders o
       WHERE p.id = ?2 AND o.panel = p.id AND o.n = ${NUMBER} AND o.id = j.value->>'$.id'`,
    )
    .bind(JSON.stringify(rows), panel);
}

/** What differs between two states of one thing; null when nothing does. Values are compared as JSON. */
export function difference<T extends Readonly<Record<string, unknown>>>(
  before: T,
  after: T,
): { readonly before: Partial<T>; readonly after: Partial<T> } | null {
  const changed = (Object.keys(after) as (keyof T)[]).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const only = (state: T) => Object.fromEntries(changed.map((name) => [name, state[name]])) as Partial<T>;
  return changed.length === 0 ? null : { before: only(before), after: only(after) };
}

export type StoredEntry = AuditEntry & { readonly id: number };

type EntryRow = Omit<StoredEntry, "before" | "after"> & { readonly before: string; readonly after: string };

/** Entries below the number `before`, newest first. */
export async function listAudit(db: D1Database, before: number, limit: number): Promise<StoredEntry[]> {
  const { results } = await db.prepare("SELECT * FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2").bind(before, limit).all<EntryRow>();
  return results.map((row) => ({ ...row, before: JSON.parse(row.before) as unknown, after: JSON.parse(row.after) as unknown }));
}

/**
 * The audit trail: who changed what about money or settings, with what was before and after. An entry is written in
 * the transaction of the change that it tells of; the database lets none be edited.
 */
import { NUMBER } from "../orders/new-orders.ts";
import { chunksBySize } from "../rows/json-sets.ts";
import { isAsSeenSql, type SeenOrder, seenParam } from "../rows/seen.ts";

export type ActorName = "operator" | "rules" | `panel:${string}`;

/**
 * Who changed something: an operator, a caller with a panel's key, or the rules by themselves; by which key, null for
 * ADMIN_TOKEN; in which request, null for none.
 */
export type Actor = {
  readonly name: ActorName;
  readonly key: { readonly id: string; readonly name: string } | null;
  readonly requestId: string | null;
};

/** Nobody decided it: a rule did. */
export const RULES: Actor = { name: "rules", key: null, requestId: null };

/** What was changed: an order, a customer of the panel's, … */
export type Subject =
  `${"panel" | "provider" | "service" | "customer" | "order" | "refund" | "key" | "webhook" | "dead_letter" | "alert" | "alert_channel"}:${string}`;

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

const INSERT_ENTRY = `INSERT INTO audit (at, actor, panel, action, subject, before, after, key_id, key_name, request_id)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?10, ?11, ?12 WHERE (?8 = 0 OR changes() > 0) AND ${isAsSeenSql("?9")}`;

/** `j` is the row of the JSON parameter. */
const INSERT_ENTRIES = `INSERT INTO audit (at, actor, panel, action, subject, before, after, key_id, key_name, request_id)
  SELECT j.value->>'$.at', j.value->>'$.actor.name', j.value->>'$.panel', j.value->>'$.action', j.value->>'$.subject',
    j.value->>'$.before', j.value->>'$.after', j.value->>'$.actor.key.id', j.value->>'$.actor.key.name', j.value->>'$.actor.requestId'`;

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
      actor.name,
      panel,
      action,
      subject,
      JSON.stringify(before),
      JSON.stringify(after),
      condition === "if_changed" ? 1 : 0,
      seenParam(seen),
      actor.key?.id ?? null,
      actor.key?.name ?? null,
      actor.requestId,
    );
}

/** Some entries in as few statements as they fit in, for the batch of the change they tell of. One row written an entry. */
export function auditStatements(db: D1Database, entries: readonly AuditEntry[]): D1PreparedStatement[] {
  const rows = entries.map((entry) => ({ ...entry, before: asJsonWithin(entry.before), after: asJsonWithin(entry.after) }));
  return chunksBySize(rows).map((json) => db.prepare(`${INSERT_ENTRIES} FROM json_each(?1) j ORDER BY j.key`).bind(json));
}

/** JSON within JSON, where SQL takes it out as the text that it is; anything but an object or a list as a text of its own. */
function asJsonWithin(value: unknown): unknown {
  return typeof value === "object" && value !== null ? value : JSON.stringify(value);
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

/** `requestId`: null of an entry older than that it was kept. */
export type StoredEntry = Omit<AuditEntry, "actor"> & {
  readonly id: number;
  readonly actor: Omit<Actor, "requestId"> & { readonly requestId: string | null };
};

type EntryRow = {
  id: number;
  at: number;
  actor: ActorName;
  panel: string | null;
  action: string;
  subject: Subject;
  before: string;
  after: string;
  key_id: string | null;
  key_name: string | null;
  request_id: string | null;
};

/** Entries below the number `before`, newest first. */
export async function listAudit(db: D1Database, before: number, limit: number): Promise<StoredEntry[]> {
  const { results } = await db.prepare("SELECT * FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2").bind(before, limit).all<EntryRow>();
  return results.map(({ actor, key_id, key_name, request_id, ...row }) => ({
    ...row,
    actor: { name: actor, key: key_id === null ? null : { id: key_id, name: key_name ?? "" }, requestId: request_id },
    before: JSON.parse(row.before) as unknown,
    after: JSON.parse(row.after) as unknown,
  }));
}

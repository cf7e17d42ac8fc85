/**
 * Panels: whose orders these are, and who may ask for them.
 */

export const MONEY_MODES = ["advice", "ledger"] as const;
export type MoneyMode = (typeof MONEY_MODES)[number];

export type Panel = {
  readonly id: string;
  readonly name: string | null;
  readonly currency: string;
  readonly money: MoneyMode;
  /** The number of the panel's newest order; how many it has, but for numbers that a race left unused. */
  readonly lastOrder: number;
  readonly createdAt: number;
};

/** How a request names the panel it is for: by its id (the operator), or by the hash of the key that was sent. */
export type PanelRef = { readonly by: "id" | "key_hash"; readonly value: string };

type PanelRow = { id: string; name: string | null; currency: string; money: MoneyMode; order_n: number; created_at: number };

const PANEL_COLUMNS = "id, name, currency, money, order_n, created_at";

function toPanel(row: PanelRow): Panel {
  return { id: row.id, name: row.name, currency: row.currency, money: row.money, lastOrder: row.order_n, createdAt: row.created_at };
}

const PANEL_BY: Readonly<Record<PanelRef["by"], string>> = {
  id: `SELECT ${PANEL_COLUMNS} FROM panels WHERE id = ?1`,
  key_hash: `SELECT ${PANEL_COLUMNS} FROM panels WHERE key_hash = ?1`,
};

/** SQL for the id of the panel that `?1`, the ref's value, names; NULL where there is none, which matches no row. */
export function panelIdSql(ref: PanelRef): string {
  return ref.by === "id" ? "?1" : "(SELECT id FROM panels WHERE key_hash = ?1)";
}

/**
 * Runs statements that read for a panel, together with the check that there is such a panel: one round trip to D1,
 * one snapshot. Null when there is none. The statements name the panel by `panelIdSql`.
 */
export async function readForPanel(
  db: D1Database,
  ref: PanelRef,
  statements: readonly D1PreparedStatement[],
): Promise<{ readonly panel: Panel; readonly results: readonly D1Result[] } | null> {
  const [found, ...results] = await db.batch<Record<string, unknown>>([db.prepare(PANEL_BY[ref.by]).bind(ref.value), ...statements]);
  const row = found?.results[0] as PanelRow | undefined;
  return row === undefined ? null : { panel: toPanel(row), results };
}

export async function readPanel(db: D1Database, ref: PanelRef): Promise<Panel | null> {
  const row = await db.prepare(PANEL_BY[ref.by]).bind(ref.value).first<PanelRow>();
  return row === null ? null : toPanel(row);
}

/** Panels by id, from above `after` on. */
export async function listPanels(db: D1Database, after: string, limit: number): Promise<Panel[]> {
  const { results } = await db
    .prepare(`SELECT ${PANEL_COLUMNS} FROM panels WHERE id > ?1 ORDER BY id LIMIT ?2`)
    .bind(after, limit)
    .all<PanelRow>();
  return results.map(toPanel);
}

export type NewPanel = Pick<Panel, "id" | "name" | "currency" | "money" | "createdAt"> & { readonly keyHash: string };

/** Null when the id is taken. */
export async function createPanel(db: D1Database, panel: NewPanel): Promise<Panel | null> {
  const row = await db
    .prepare(
      `INSERT INTO panels (id, name, currency, money, key_hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT (id) DO NOTHING RETURNING ${PANEL_COLUMNS}`,
    )
    .bind(panel.id, panel.name, panel.currency, panel.money, panel.keyHash, panel.createdAt)
    .first<PanelRow>();
  return row === null ? null : toPanel(row);
}

/** What is left out keeps its value; a name of null takes the name away. */
export type PanelChange = { readonly name?: string | null; readonly money?: MoneyMode; readonly currency?: string };

/** Null when there is no such panel, or the currency would change although it has orders. */
export async function updatePanel(db: D1Database, id: string, change: PanelChange): Promise<Panel | null> {
  const row = await db
    .prepare(
      `UPDATE panels SET
         name = iif(json_type(?2, '$.name') IS NULL, name, ?2->>'$.name'),
         money = coalesce(?2->>'$.money', money),
         currency = coalesce(?2->>'$.currency', currency)
       WHERE id = ?1 AND (order_n = 0 OR coalesce(?2->>'$.currency', currency) = currency)
       RETURNING ${PANEL_COLUMNS}`,
    )
    .bind(id, JSON.stringify(change))
    .first<PanelRow>();
  return row === null ? null : toPanel(row);
}

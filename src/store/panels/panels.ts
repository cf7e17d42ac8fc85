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
  /** Whether its accounts may go below nothing. */
  readonly allowCredit: boolean;
  /** Whether an `add` that is sent again gets the id of the one before. */
  readonly reuseIdenticalAdds: boolean;
  /** Whether an `add` is refused while another order is under way on its link. */
  readonly refuseDuplicateLinks: boolean;
  /** Whether its key opens nothing where it stands in a query. */
  readonly refuseQueryKeys: boolean;
  /** Set while its refunds wait, because its ledger did not add up: since when (epoch ms), and what did not. */
  readonly frozen: { readonly at: number; readonly because: string } | null;
  /** The number of the panel's newest order; how many it has, but for numbers that a race left unused. */
  readonly lastOrder: number;
  /** The first of the numbers that may have been given to orders that a restore has lost (src/domain/order-ids.ts); null where there are none. */
  readonly lostOrdersFrom: number | null;
  readonly createdAt: number;
};

/**
 * How a request names the panel it is for: by its id (the operator), or by the hash of the key that was sent. `inQuery`:
 * the key stood in the URL, so that a panel may refuse it.
 */
export type PanelRef = { readonly by: "id" | "key_hash"; readonly value: string; readonly inQuery?: boolean };

export type PanelRow = {
  id: string;
  name: string | null;
  currency: string;
  money: MoneyMode;
  allow_credit: number;
  reuse_identical_adds: number;
  refuse_duplicate_links: number;
  refuse_query_keys: number;
  frozen_at: number | null;
  frozen_because: string | null;
  order_n: number;
  lost_orders_from: number | null;
  created_at: number;
};

export const PANEL_COLUMNS =
  "id, name, currency, money, allow_credit, reuse_identical_adds, refuse_duplicate_links, refuse_query_keys, frozen_at, frozen_because, order_n, lost_orders_from, created_at";

export function toPanel(row: PanelRow): Panel {
  const { id, name, currency, money } = row;
  const frozen = row.frozen_at === null ? null : { at: row.frozen_at, because: row.frozen_because ?? "" };
  return {
    id,
    name,
    currency,
    money,
    allowCredit: row.allow_credit === 1,
    reuseIdenticalAdds: row.reuse_identical_adds === 1,
    refuseDuplicateLinks: row.refuse_duplicate_links === 1,
    refuseQueryKeys: row.refuse_query_keys === 1,
    frozen,
    lastOrder: row.order_n,
    lostOrdersFrom: row.lost_orders_from,
    createdAt: row.created_at,
  };
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
 * one snapshot. Null when there is none, or its key may not be used so. The statements name the panel by `panelIdSql`.
 */
export async function readForPanel(
  db: D1Database,
  ref: PanelRef,
  statements: readonly D1PreparedStatement[],
): Promise<{ readonly panel: Panel; readonly results: readonly D1Result[] } | null> {
  const [found, ...results] = await db.batch<Record<string, unknown>>([db.prepare(PANEL_BY[ref.by]).bind(ref.value), ...statements]);
  const panel = admitted(ref, found?.results[0] as PanelRow | undefined);
  return panel === null ? null : { panel, results };
}

export async function readPanel(db: D1Database, ref: PanelRef): Promise<Panel | null> {
  return admitted(ref, await db.prepare(PANEL_BY[ref.by]).bind(ref.value).first<PanelRow>());
}

/** The panel that was found, unless its key stands where the panel does not want it. */
function admitted(ref: PanelRef, row: PanelRow | null | undefined): Panel | null {
  return row === null || row === undefined || (ref.inQuery === true && row.refuse_query_keys === 1) ? null : toPanel(row);
}

/** Panels by id, from above `after` on. */
export async function listPanels(db: D1Database, after: string, limit: number): Promise<Panel[]> {
  const { results } = await db
    .prepare(`SELECT ${PANEL_COLUMNS} FROM panels WHERE id > ?1 ORDER BY id LIMIT ?2`)
    .bind(after, limit)
    .all<PanelRow>();
  return results.map(toPanel);
}

/** What the operator sets of a panel, named as in the audit trail. */
export type PanelSettings = {
  readonly name: string | null;
  readonly currency: string;
  readonly money: MoneyMode;
  readonly allow_credit: boolean;
  readonly reuse_identical_adds: boolean;
  readonly refuse_duplicate_links: boolean;
  readonly refuse_query_keys: boolean;
};

export function settingsOf(panel: Panel): PanelSettings {
  const { name, currency, money, allowCredit, reuseIdenticalAdds, refuseDuplicateLinks, refuseQueryKeys } = panel;
  return {
    name,
    currency,
    money,
    allow_credit: allowCredit,
    reuse_identical_adds: reuseIdenticalAdds,
    refuse_duplicate_links: refuseDuplicateLinks,
    refuse_query_keys: refuseQueryKeys,
  };
}

function columnsOf(settings: PanelSettings): (string | number | null)[] {
  const { name, currency, money, allow_credit, reuse_identical_adds, refuse_duplicate_links, refuse_query_keys } = settings;
  return [name, currency, money, ...[allow_credit, reuse_identical_adds, refuse_duplicate_links, refuse_query_keys].map(Number)];
}

export type NewPanel = PanelSettings & { readonly id: string; readonly createdAt: number; readonly keyHash: string };

/** Null when the id is taken. `audit` must be for a statement that changed something. */
export async function createPanel(db: D1Database, panel: NewPanel, audit: D1PreparedStatement): Promise<Panel | null> {
  const [created] = await db.batch<PanelRow>([
    db
      .prepare(
        `INSERT INTO panels (id, key_hash, created_at, name, currency, money, allow_credit, reuse_identical_adds, refuse_duplicate_links, refuse_query_keys)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE NOT EXISTS (SELECT 1 FROM panels WHERE id = ?1)
         RETURNING ${PANEL_COLUMNS}`,
      )
      .bind(panel.id, panel.keyHash, panel.createdAt, ...columnsOf(panel)),
    audit,
  ]);
  const row = created?.results[0];
  return row === undefined ? null : toPanel(row);
}

/** What of a panel's settings cannot change any more: amounts are in its currency, and the ledger is kept in one place. */
export type FixedSetting = "currency" | "money";

/**
 * Writes a panel's settings, with the audit entry of it; `audit` must be for a statement that changed something. What
 * is fixed once there are orders (or accounts) is said, and nothing is written. Null: the settings are not as they
 * were seen any more.
 */
export async function updatePanel(
  db: D1Database,
  seen: Panel,
  next: PanelSettings,
  audit: D1PreparedStatement,
): Promise<Panel | FixedSetting | null> {
  const hasAccounts = "EXISTS (SELECT 1 FROM transfers WHERE panel = ?1)";
  const [fixed, updated] = await db.batch<PanelRow & { fixed_currency: number; fixed_money: number }>([
    db
      .prepare(
        `SELECT currency <> ?2 AND order_n > 0 AS fixed_currency, money <> ?3 AND (order_n > 0 OR ${hasAccounts}) AS fixed_money FROM panels WHERE id = ?1`,
      )
      .bind(seen.id, next.currency, next.money),
    db
      .prepare(
        `UPDATE panels SET name = ?2, currency = ?3, money = ?4, allow_credit = ?5, reuse_identical_adds = ?6, refuse_duplicate_links = ?7,
           refuse_query_keys = ?8
         WHERE id = ?1 AND name IS ?9 AND currency = ?10 AND money = ?11 AND allow_credit = ?12
           AND reuse_identical_adds = ?13 AND refuse_duplicate_links = ?14 AND refuse_query_keys = ?15
           AND (order_n = 0 OR currency = ?3) AND (money = ?4 OR (order_n = 0 AND NOT ${hasAccounts}))
         RETURNING ${PANEL_COLUMNS}`,
      )
      .bind(seen.id, ...columnsOf(next), ...columnsOf(settingsOf(seen))),
    audit,
  ]);
  const is = fixed?.results[0];
  if (is?.fixed_currency === 1) return "currency";
  if (is?.fixed_money === 1) return "money";
  const row = updated?.results[0];
  return row === undefined ? null : toPanel(row);
}

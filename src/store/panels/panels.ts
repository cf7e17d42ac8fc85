/**
 * Panels: whose orders these are, and who may ask for them.
 */
import { type Denial, denial, type Holder, keyDenial, type OperatorScope, type Requirement, type Role } from "../../domain/access.ts";
import type { UsedShare } from "../../domain/panel-share.ts";
import {
  type Key,
  KEY_COLUMNS_BESIDE,
  type KeyRow,
  type KeyRowBeside,
  operatorKeyStatement,
  type PanelKey,
  toKey,
  toKeyBeside,
} from "./keys.ts";

export const MONEY_MODES = ["advice", "ledger"] as const;
export type MoneyMode = (typeof MONEY_MODES)[number];

export type Panel = {
  readonly id: string;
  readonly name: string | null;
  readonly role: Role;
  /** False: its keys and doors are shut; its orders are followed to their end. */
  readonly enabled: boolean;
  readonly currency: string;
  readonly money: MoneyMode;
  /** How far each of its accounts may go below nothing, in micro-units; null: without a limit. */
  readonly creditLimit: number | null;
  /** Whether an `add` that is sent again gets the id of the one before. */
  readonly reuseIdenticalAdds: boolean;
  /** Whether an `add` is refused while another order is under way on its link. */
  readonly refuseDuplicateLinks: boolean;
  /** Whether its key opens nothing where it stands in a query. */
  readonly refuseQueryKeys: boolean;
  /** Whether anyone may read how its orders are followed. */
  readonly publicStatus: boolean;
  /** Set while its refunds wait, because its ledger did not add up: since when (epoch ms), and what did not. */
  readonly frozen: { readonly at: number; readonly because: string } | null;
  /** The number of the panel's newest order; how many it has, but for numbers that a race left unused. */
  readonly lastOrder: number;
  /** The first of the numbers that may have been given to orders that a restore has lost (src/domain/order-ids.ts); null where there are none. */
  readonly lostOrdersFrom: number | null;
  /** What it has used of its share of adds. */
  readonly adds: UsedShare;
  readonly createdAt: number;
};

/**
 * How a request names the panel that it is for, and what it needs there. `key_hash`: the panel's own key was sent.
 * `id`: an operator acts for it, with a key that is still to be looked up (`operatorKey`, its hash), or with ADMIN_TOKEN.
 * `token`: a browser's token names it by its id, and `isGenuine` says whether the panel's token secret has signed it.
 */
export type PanelRef = {
  readonly by: "id" | "key_hash" | "token";
  readonly value: string;
  readonly operatorKey: string | null;
  /** The key stood in the URL, where a panel may refuse it. */
  readonly inQuery?: boolean;
  /** Whether the panel's token secret, as stored, has signed the token. */
  readonly isGenuine?: (stored: string) => Promise<boolean>;
  readonly requirement: Requirement;
  /** Epoch ms. */
  readonly now: number;
  /** Told of the panel and the key that were found, each time that they open something. */
  readonly onAdmit: (acting: Acting) => void;
};

/** A panel as statements name it. */
export type PanelName = Pick<PanelRef, "by" | "value">;

/** A panel that may be acted for, and by which key; null for ADMIN_TOKEN. */
export type Acting = { readonly panel: Panel; readonly key: Key | null };

export type PanelRow = {
  id: string;
  name: string | null;
  role: Role;
  enabled: number;
  currency: string;
  money: MoneyMode;
  credit_limit: number | null;
  reuse_identical_adds: number;
  refuse_duplicate_links: number;
  refuse_query_keys: number;
  public_status: number;
  frozen_at: number | null;
  frozen_because: string | null;
  order_n: number;
  lost_orders_from: number | null;
  add_minute: number;
  add_minute_used: number;
  add_day: number;
  add_day_used: number;
  created_at: number;
};

const PANEL_COLUMNS =
  "id, name, role, enabled, currency, money, credit_limit, reuse_identical_adds, refuse_duplicate_links, refuse_query_keys, public_status, frozen_at, frozen_because, order_n, lost_orders_from, add_minute, add_minute_used, add_day, add_day_used, created_at";
const PANEL_COLUMNS_BESIDE = PANEL_COLUMNS.split(", ")
  .map((column) => `p.${column}`)
  .join(", ");

export function toPanel(row: PanelRow): Panel {
  const { id, name, role, currency, money } = row;
  const frozen = row.frozen_at === null ? null : { at: row.frozen_at, because: row.frozen_because ?? "" };
  return {
    id,
    name,
    role,
    enabled: row.enabled === 1,
    currency,
    money,
    creditLimit: row.credit_limit,
    reuseIdenticalAdds: row.reuse_identical_adds === 1,
    refuseDuplicateLinks: row.refuse_duplicate_links === 1,
    refuseQueryKeys: row.refuse_query_keys === 1,
    publicStatus: row.public_status === 1,
    frozen,
    lastOrder: row.order_n,
    lostOrdersFrom: row.lost_orders_from,
    adds: { minute: row.add_minute, minuteUsed: row.add_minute_used, day: row.add_day, dayUsed: row.add_day_used },
    createdAt: row.created_at,
  };
}

const PANEL_BY: Readonly<Record<PanelRef["by"], string>> = {
  id: `SELECT ${PANEL_COLUMNS} FROM panels WHERE id = ?1`,
  token: `SELECT ${PANEL_COLUMNS}, token_secret FROM panels WHERE id = ?1`,
  key_hash: `SELECT ${PANEL_COLUMNS_BESIDE}, ${KEY_COLUMNS_BESIDE} FROM keys k CROSS JOIN panels p WHERE k.hash = ?1 AND p.id = k.panel`,
};

/**
 * SQL for the id of the panel that `?1`, the ref's value, names; NULL where there is none, which matches no row. Whether
 * the key may read for it is settled by `readForPanel`, before anything that was read is given out.
 */
export function panelIdSql(ref: Pick<PanelRef, "by">): string {
  return ref.by === "key_hash" ? "(SELECT panel FROM keys WHERE hash = ?1)" : "?1";
}

/**
 * Runs statements that read for a panel, together with the check that there is such a panel and that the ref may act for
 * it: one round trip to D1, one snapshot. Null when it may not; `refusalOf` says why. The statements name the panel by
 * `panelIdSql`.
 */
export async function readForPanel(
  db: D1Database,
  ref: PanelRef,
  statements: readonly D1PreparedStatement[],
): Promise<(Acting & { readonly results: readonly D1Result[] }) | null> {
  const who = whoStatements(db, ref);
  const results = await db.batch<Record<string, unknown>>([...who, ...statements]);
  const judged = await judge(ref, results);
  if (judged.kind !== "admitted") return null;
  return { panel: judged.panel, key: judged.key, results: results.slice(who.length) };
}

/** The panel, where the ref may act for it; else null. */
export async function readActing(db: D1Database, ref: PanelRef): Promise<Acting | null> {
  const judged = await judge(ref, await read(db, whoStatements(db, ref)));
  return judged.kind === "admitted" ? judged : null;
}

/** One statement goes by itself. */
async function read(db: D1Database, statements: readonly D1PreparedStatement[]): Promise<D1Result<Record<string, unknown>>[]> {
  const [only] = statements;
  return statements.length === 1 && only !== undefined ? [await only.all()] : db.batch([...statements]);
}

/** Why a ref may not act: nothing is known by its key or id, or what is known may not do that. `no_token`: no panel has signed it. */
export type Refusal =
  | { readonly kind: "no_panel" }
  | { readonly kind: "no_key" }
  | { readonly kind: "no_token" }
  | { readonly kind: "denied"; readonly denial: Denial; readonly panel: Panel };

/** Why `readForPanel` found nothing. Null where the ref may act after all, by what has changed since. */
export async function refusalOf(db: D1Database, ref: PanelRef): Promise<Refusal | null> {
  const judged = await judge({ ...ref, onAdmit: () => undefined }, await read(db, whoStatements(db, ref)));
  return judged.kind === "admitted" ? null : judged;
}

/** They read the panel, and the key that acts for it: one or two rows. */
function whoStatements(db: D1Database, { by, value, operatorKey }: PanelRef): D1PreparedStatement[] {
  const panel = db.prepare(PANEL_BY[by]).bind(value);
  return operatorKey === null ? [panel] : [panel, operatorKeyStatement(db, operatorKey)];
}

async function judge(
  ref: PanelRef,
  [found, operators]: readonly D1Result<Record<string, unknown>>[],
): Promise<Refusal | ({ readonly kind: "admitted" } & Acting)> {
  const row = found?.results[0] as (PanelRow & Partial<KeyRowBeside> & { token_secret?: string | null }) | undefined;
  if (ref.by === "token") return judgeToken(ref, row);
  const key = ref.by === "key_hash" ? panelKeyIn(row) : operatorKeyIn(ref, operators);
  if (key === "none") return { kind: "no_key" };
  // What belongs to nobody is said to none but operators.
  if (row === undefined) return { kind: ref.by === "id" ? "no_panel" : "no_key" };
  if (ref.inQuery === true && row.refuse_query_keys === 1) return { kind: "no_key" };
  const panel = toPanel(row);
  // An operator acts for a panel whose own keys are shut, too.
  const denied =
    (key === null ? null : keyDenial(key, ref.by === "id" ? null : panel, ref.now)) ?? denial(holderOf(ref, key), panel, ref.requirement);
  if (denied !== null) return { kind: "denied", denial: denied, panel };
  ref.onAdmit({ panel, key });
  return { kind: "admitted", panel, key };
}

/** A panel that does not exist, or has no token secret, is told apart by nothing from one that has signed another token. */
async function judgeToken(
  ref: PanelRef,
  row: (PanelRow & { token_secret?: string | null }) | undefined,
): Promise<Refusal | ({ readonly kind: "admitted" } & Acting)> {
  const secret = row?.token_secret ?? null;
  if (row === undefined || secret === null || ref.isGenuine === undefined || !(await ref.isGenuine(secret))) return { kind: "no_token" };
  const panel = toPanel(row);
  if (!panel.enabled) return { kind: "denied", denial: { why: "panel_disabled" }, panel };
  const acting = { panel, key: null };
  ref.onAdmit(acting);
  return { kind: "admitted", ...acting };
}

function panelKeyIn(row: (PanelRow & Partial<KeyRowBeside>) | undefined): Key | "none" {
  return row === undefined ? "none" : toKeyBeside(row as PanelRow & KeyRowBeside);
}

function operatorKeyIn({ operatorKey }: PanelRef, found: D1Result<Record<string, unknown>> | undefined): Key | null | "none" {
  if (operatorKey === null) return null;
  const row = found?.results[0] as KeyRow | undefined;
  return row === undefined ? "none" : toKey(row);
}

function holderOf({ by }: PanelRef, key: Key | null): Holder {
  if (by === "key_hash") return { kind: "panel", scopes: (key as PanelKey).scopes };
  return { kind: "operator", scopes: key === null ? ["admin"] : (key.scopes as readonly OperatorScope[]) };
}

/** A panel by its id, for what is the operator's. */
export async function readPanel(db: D1Database, id: string): Promise<Panel | null> {
  const row = await db.prepare(PANEL_BY.id).bind(id).first<PanelRow>();
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

/** What the operator sets of a panel, named as in the audit trail. */
export type PanelSettings = {
  readonly name: string | null;
  readonly role: Role;
  readonly enabled: boolean;
  readonly currency: string;
  readonly money: MoneyMode;
  /** Micro-units. */
  readonly credit_limit: number | null;
  readonly reuse_identical_adds: boolean;
  readonly refuse_duplicate_links: boolean;
  readonly refuse_query_keys: boolean;
  readonly public_status: boolean;
};

export function settingsOf(panel: Panel): PanelSettings {
  const { name, role, enabled, currency, money, creditLimit, reuseIdenticalAdds, refuseDuplicateLinks, refuseQueryKeys, publicStatus } =
    panel;
  return {
    name,
    role,
    enabled,
    currency,
    money,
    credit_limit: creditLimit,
    reuse_identical_adds: reuseIdenticalAdds,
    refuse_duplicate_links: refuseDuplicateLinks,
    refuse_query_keys: refuseQueryKeys,
    public_status: publicStatus,
  };
}

/** In the order of `SETTINGS`. */
function columnsOf(settings: PanelSettings): (string | number | null)[] {
  return SETTINGS.map((name) => {
    const value = settings[name];
    return typeof value === "boolean" ? Number(value) : value;
  });
}

/** The columns of what the operator sets. */
const SETTINGS = [
  "name",
  "role",
  "enabled",
  "currency",
  "money",
  "credit_limit",
  "reuse_identical_adds",
  "refuse_duplicate_links",
  "refuse_query_keys",
  "public_status",
] as const;

export type NewPanel = PanelSettings & { readonly id: string; readonly createdAt: number };

/**
 * Makes a panel. Null when the id is taken. `then`: the audit entry, for a statement that changed something, and the
 * panel's first key.
 */
export async function createPanel(db: D1Database, panel: NewPanel, then: readonly D1PreparedStatement[]): Promise<Panel | null> {
  const params = SETTINGS.map((_, i) => `?${i + 3}`).join(", ");
  const [created] = await db.batch<PanelRow>([
    db
      .prepare(
        `INSERT INTO panels (id, created_at, ${SETTINGS.join(", ")}) SELECT ?1, ?2, ${params} WHERE NOT EXISTS (SELECT 1 FROM panels WHERE id = ?1)
         RETURNING ${PANEL_COLUMNS}`,
      )
      .bind(panel.id, panel.createdAt, ...columnsOf(panel)),
    ...then,
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
        `UPDATE panels SET ${SETTINGS.map((column, i) => `${column} = ?${i + 2}`).join(", ")}
         WHERE id = ?1 AND ${SETTINGS.map((column, i) => `${column} IS ?${i + 2 + SETTINGS.length}`).join(" AND ")}
           AND (order_n = 0 OR currency = ?${2 + SETTINGS.indexOf("currency")})
           AND (money = ?${2 + SETTINGS.indexOf("money")} OR (order_n = 0 AND NOT ${hasAccounts}))
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

/** The stored secret that signs a panel's tokens; null where it has none, or there is no such panel. */
export async function readTokenSecret(db: D1Database, panel: string): Promise<string | null> {
  const row = await db.prepare("SELECT token_secret FROM panels WHERE id = ?1").bind(panel).first<{ token_secret: string | null }>();
  return row?.token_secret ?? null;
}

/**
 * Stores a panel's token secret, with the audit entry of it; `audit` must be for a statement that changed something.
 * `unless_set`: one that is there stays. Answers whether it was stored.
 */
export async function storeTokenSecret(
  db: D1Database,
  { panel, sealed, when }: { readonly panel: string; readonly sealed: string; readonly when: "always" | "unless_set" },
  audit: D1PreparedStatement,
): Promise<boolean> {
  const unless = when === "always" ? "" : " AND token_secret IS NULL";
  const [stored] = await db.batch([db.prepare(`UPDATE panels SET token_secret = ?2 WHERE id = ?1${unless}`).bind(panel, sealed), audit]);
  return stored?.meta.changes === 1;
}

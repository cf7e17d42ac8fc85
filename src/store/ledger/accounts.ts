/**
 * Lists of accounts with what stands on each: a panel's, or all panels'.
 */
import { type AllPanelsRef, ONE_ROW_IF_OPERATOR, type OperatorRefusal, readOverAll } from "../panels/all-panels.ts";
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { oneRowIfPanel } from "../rows/json-sets.ts";
import type { PageWanted } from "../rows/page.ts";
import type { Account } from "./transfers.ts";

/** `balance` in micro-units. */
export type AccountBalance = Account & { readonly balance: bigint };

type AccountRow = { panel: string; currency: string; customer: string; balance: string };

export type PanelAccountPlace = readonly [currency: string, customer: string];
export type AllAccountsPlace = readonly [panel: string, currency: string, customer: string];

function firstAccountSql(conditions: string): string {
  return `(SELECT json_array(t.panel, t.currency, t.customer) FROM transfers t WHERE ${conditions} ORDER BY t.panel, t.currency, t.customer LIMIT 1)`;
}

/**
 * SQL for the account that comes after another, as JSON. A comparison of several columns would go through all entries of
 * the one before: SQLite seeks by the first of them alone.
 */
function nextAccountSql([panel, currency, customer]: readonly [string, string, string], isOverAll: boolean): string {
  const nexts = [
    firstAccountSql(`t.panel = ${panel} AND t.currency = ${currency} AND t.customer > ${customer}`),
    firstAccountSql(`t.panel = ${panel} AND t.currency > ${currency}`),
    ...(isOverAll ? [firstAccountSql(`t.panel > ${panel}`)] : []),
  ];
  return `coalesce(${nexts.join(", ")})`;
}

/**
 * SQL for accounts, by their key, after `after`. From one account to the next: three rows read an account, however many
 * entries it has. `gate` is a table of one row, or of none for nobody.
 */
function accountsSql(gate: string, after: readonly [string, string, string], isOverAll: boolean, limit: string): string {
  return `WITH RECURSIVE accounts (id) AS (
      SELECT ${nextAccountSql(after, isOverAll)} FROM ${gate} g
      UNION ALL
      SELECT ${nextAccountSql(["a.id->>0", "a.id->>1", "a.id->>2"], isOverAll)} FROM accounts a WHERE a.id IS NOT NULL
      LIMIT ${limit}
    )
    SELECT a.id->>0 AS panel, a.id->>1 AS currency, a.id->>2 AS customer, (
      SELECT CAST(t.balance AS TEXT) FROM transfers t
      WHERE t.panel = a.id->>0 AND t.currency = a.id->>1 AND t.customer = a.id->>2 ORDER BY t.n DESC LIMIT 1
    ) AS balance FROM accounts a WHERE a.id IS NOT NULL`;
}

function toAccounts(result: D1Result | undefined): AccountBalance[] {
  const rows = (result?.results ?? []) as AccountRow[];
  return rows.map(({ balance, ...account }) => ({ ...account, balance: BigInt(balance) }));
}

/** The panel's accounts, by currency and customer. Null when there is no such panel. */
export async function readAccounts(
  db: D1Database,
  ref: PanelRef,
  { cursor, limit }: PageWanted<PanelAccountPlace>,
): Promise<{ readonly panel: Panel; readonly accounts: readonly AccountBalance[] } | null> {
  const panel = panelIdSql(ref);
  const page = accountsSql(oneRowIfPanel(panel), [panel, "?2", "?3"], false, "?4");
  // No account is of the currency "".
  const found = await readForPanel(db, ref, [db.prepare(page).bind(ref.value, ...(cursor ?? ["", ""]), limit)]);
  return found === null ? null : { panel: found.panel, accounts: toAccounts(found.results[0]) };
}

/** All panels' accounts, by panel, currency and customer. */
export async function readAllAccounts(
  db: D1Database,
  ref: AllPanelsRef,
  { cursor, limit }: PageWanted<AllAccountsPlace>,
): Promise<{ readonly kind: "read"; readonly accounts: readonly AccountBalance[] } | OperatorRefusal> {
  const page = accountsSql(ONE_ROW_IF_OPERATOR, ["?2", "?3", "?4"], true, "?5");
  const read = await readOverAll(db, ref, [db.prepare(page).bind(ref.operatorKey, ...(cursor ?? ["", "", ""]), limit)]);
  return read.kind === "read" ? { kind: "read", accounts: toAccounts(read.results[0]) } : read;
}

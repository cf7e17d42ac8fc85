/**
 * What providers last said of the operator's balance with them, kept for a while in their rows; and what stands on the
 * account of a panel whose ledger is kept here.
 */
import { type Panel, type PanelRef, panelIdSql, readForPanel } from "../panels/panels.ts";
import { type Provider, type ProviderRow, toProvider } from "../rows/provider.ts";
import { oneRowIfPanel } from "../rows/json-sets.ts";
import { isSoldToSql } from "../catalogue/services.ts";
import { isUsableSql, usableProviderStatement } from "../panels/usable.ts";
import { balanceSql } from "../ledger/transfers.ts";

/** A balance as a plain decimal string, which may be below zero; `at` is when it was asked for, in epoch ms. */
export type KeptBalance = { readonly balance: string; readonly currency: string | null; readonly at: number };

/** A provider, and what is kept of its balance: null where nothing is that its present settings could have brought. */
export type BalancedProvider = { readonly provider: Provider; readonly kept: KeptBalance | null };

function toBalanced(row: ProviderRow): BalancedProvider {
  const { balance, balance_currency: currency, balance_at: at } = row;
  return { provider: toProvider(row), kept: balance === null || at === null ? null : { balance, currency, at } };
}

/** For connect mode: a provider, null where there is none that the panel may use. Null: no such panel. One round trip. */
export async function readBalanced(
  db: D1Database,
  ref: PanelRef,
  provider: string,
): Promise<{ readonly found: BalancedProvider | null } | null> {
  const read = await readForPanel(db, ref, [usableProviderStatement(db, ref, provider)]);
  if (read === null) return null;
  const row = read.results[0]?.results[0] as ProviderRow | undefined;
  return { found: row === undefined ? null : toBalanced(row) };
}

/** What the own catalogue needs to tell a panel its balance. */
export type PanelFunds = {
  readonly panel: Panel;
  /** On the panel's own account, in micro-units, which may exceed 2^53; 0 where none is kept here. */
  readonly account: bigint;
  /** Providers of what is sold to the panel, for one that keeps its own ledger; for others none. */
  readonly providers: readonly BalancedProvider[];
};

/** Null: no such panel. One round trip; one row read a service. */
export async function readFunds(db: D1Database, ref: PanelRef): Promise<PanelFunds | null> {
  const panel = panelIdSql(ref);
  const read = await readForPanel(db, ref, [
    db.prepare(`SELECT ${balanceSql("p.id", "p.currency", "''")} AS balance FROM panels p WHERE p.id = ${panel}`).bind(ref.value),
    db
      .prepare(
        `SELECT p.* FROM ${oneRowIfPanel(panel)} k CROSS JOIN providers p WHERE (SELECT money FROM panels WHERE id = ${panel}) = 'advice' AND p.enabled = 1 AND ${isUsableSql(panel)}
           AND p.id IN (SELECT s.provider FROM services s WHERE ${isSoldToSql(ref)}) ORDER BY p.id`,
      )
      .bind(ref.value),
  ]);
  if (read === null) return null;
  const account = read.results[0]?.results[0] as { balance: string | null } | undefined;
  const providers = (read.results[1]?.results ?? []) as ProviderRow[];
  return { panel: read.panel, account: BigInt(account?.balance ?? 0), providers: providers.map(toBalanced) };
}

/** Keeps what a provider just said, unless its settings have changed since it was asked. One row written. */
export async function keepBalance(db: D1Database, provider: Provider, { balance, currency, at }: KeptBalance): Promise<void> {
  await db
    .prepare("UPDATE providers SET balance = ?3, balance_currency = ?4, balance_at = ?5 WHERE id = ?1 AND settings_version = ?2")
    .bind(provider.id, provider.settingsVersion, balance, currency, at)
    .run();
}

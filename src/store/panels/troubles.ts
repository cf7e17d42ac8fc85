/**
 * How a panel's own calls at a provider fare, where nothing but what the panel sent may be at fault.
 */
import type { AddTrouble } from "../../domain/provider-add-circuit.ts";

/** Its adds, or what it asks about ids that it names. */
export type Lane = "add" | "ask";

/** A panel's calls of one kind at a provider. */
export type PanelLane = { readonly panel: string; readonly provider: string; readonly lane: Lane };

export const NO_TROUBLE: AddTrouble = { level: 0, failedAt: null, trialAt: null };

type TroubleRow = { provider: string; level: number; failed_at: number | null; trial_at: number | null };

/** At most one row read. */
export async function readPanelTrouble(db: D1Database, { panel, provider, lane }: PanelLane): Promise<AddTrouble> {
  const row = await db
    .prepare("SELECT provider, level, failed_at, trial_at FROM panel_troubles WHERE panel = ?1 AND provider = ?2 AND lane = ?3")
    .bind(panel, provider, lane)
    .first<TroubleRow>();
  return row === null ? NO_TROUBLE : toTrouble(row);
}

/** Providers at which a panel's calls of one kind are in trouble. Two rows read a provider at most. */
export async function readTroubledProviders(db: D1Database, panel: string, lane: Lane): Promise<ReadonlySet<string>> {
  const { results } = await db
    .prepare("SELECT provider FROM panel_troubles WHERE panel = ?1 AND lane = ?2 AND level > 0")
    .bind(panel, lane)
    .all<{ provider: string }>();
  return new Set(results.map(({ provider }) => provider));
}

/** Of some panels, those whose questions at a provider are in trouble. At most two rows read a panel. */
export async function readTroubledPanels(db: D1Database, provider: string, panels: readonly string[]): Promise<ReadonlySet<string>> {
  const { results } = await db
    .prepare(
      `SELECT panel FROM json_each(?2) CROSS JOIN panel_troubles ON panel = value
       WHERE provider = ?1 AND lane = 'ask' AND level > 0`,
    )
    .bind(provider, JSON.stringify(panels))
    .all<{ panel: string }>();
  return new Set(results.map(({ panel }) => panel));
}

/** Writes how they fare; false when that is not as it was seen any more. One row written. */
export async function writePanelTrouble(
  db: D1Database,
  { panel, provider, lane }: PanelLane,
  seen: AddTrouble,
  next: AddTrouble,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `INSERT INTO panel_troubles (panel, provider, lane, level, failed_at, trial_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT (panel, provider, lane) DO UPDATE SET level = excluded.level, failed_at = excluded.failed_at, trial_at = excluded.trial_at
       WHERE level = ?7 AND failed_at IS ?8 AND trial_at IS ?9`,
    )
    .bind(panel, provider, lane, next.level, next.failedAt, next.trialAt, seen.level, seen.failedAt, seen.trialAt)
    .run();
  return meta.changes > 0;
}

function toTrouble({ level, failed_at: failedAt, trial_at: trialAt }: TroubleRow): AddTrouble {
  return { level, failedAt, trialAt };
}

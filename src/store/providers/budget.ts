/**
 * A provider's calls per minute, claimed before calling: sweeps run side by side, and none may overdraw.
 */

export type QuotaClaim = { readonly provider: string; readonly calls: number; readonly perMinute: number };
/** `granted`: calls that may be made now. `used`: all that were granted in this minute, these included. */
export type QuotaGrant = { readonly granted: number; readonly used: number };

/** A budget minute further ahead than this comes from a clock that was ahead, and does not count. */
const MAX_MINUTES_AHEAD = 15;

/** Claims calls for some providers at once. One row written a provider. */
export async function claimCalls(db: D1Database, minute: number, claims: readonly QuotaClaim[]): Promise<ReadonlyMap<string, QuotaGrant>> {
  if (claims.length === 0) return new Map();
  const { results } = await db
    .prepare(
      `UPDATE providers SET
         budget_minute = CASE WHEN budget_minute BETWEEN ?2 AND ?2 + ?3 THEN budget_minute ELSE ?2 END,
         budget_granted = max(0, min(j.calls, j.per_minute - CASE WHEN budget_minute BETWEEN ?2 AND ?2 + ?3 THEN budget_used ELSE 0 END)),
         budget_used = CASE WHEN budget_minute BETWEEN ?2 AND ?2 + ?3 THEN budget_used ELSE 0 END
           + max(0, min(j.calls, j.per_minute - CASE WHEN budget_minute BETWEEN ?2 AND ?2 + ?3 THEN budget_used ELSE 0 END))
       FROM (SELECT value->>'$.provider' AS provider, value->>'$.calls' AS calls, value->>'$.perMinute' AS per_minute FROM json_each(?1)) j
       WHERE providers.id = j.provider
       RETURNING id, budget_granted, budget_used`,
    )
    .bind(JSON.stringify(claims), minute, MAX_MINUTES_AHEAD)
    .all<{ id: string; budget_granted: number; budget_used: number }>();
  return new Map(results.map((row) => [row.id, { granted: row.budget_granted, used: row.budget_used }]));
}

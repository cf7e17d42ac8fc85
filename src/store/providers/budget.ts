/**
 * A provider's calls per minute, claimed before calling: sweeps run side by side, and none may overdraw.
 */

/**
 * `party`: the panel that asks, or `MESSAGES`. Absent for the sweeps and what else is the operator's own: that may take
 * all that is left, while all parties together leave the sweeps three fifths.
 */
export type QuotaClaim = { readonly provider: string; readonly calls: number; readonly perMinute: number; readonly party?: string };

/** Checks, refills and cancels that wait in the queue: those of all panels are one party. No panel's id is empty. */
export const MESSAGES = "";
/** `granted`: calls that may be made now. `used`: all that were granted in this minute, these included. */
export type QuotaGrant = { readonly granted: number; readonly used: number };

/** A budget minute further ahead than this comes from a clock that was ahead, and does not count. */
const MAX_MINUTES_AHEAD = 15;

/** Others that asked within so many minutes may come again: a quarter of what panels may take is left for them. */
const PARTY_MINUTES = 24 * 60;

/**
 * Of one call or two a minute, two fifths are some whole calls in five minutes. Which of the five they are in, goes by the
 * place of the minute among them, shifted each time: a script that comes every ten minutes would never be in one of them.
 */
const MINUTE = "CAST(?2 AS INTEGER)";
const PLACE = `((${MINUTE} + (${MINUTE} / 5 * 40503 % 65536) * 5 / 65536) % 5)`;
const OF_PANELS = `CASE WHEN j.per_minute > 2 THEN j.per_minute * 2 / 5
  ELSE (${PLACE} + 1) * j.per_minute * 2 / 5 - ${PLACE} * j.per_minute * 2 / 5 END`;
const IS_THIS_MINUTE = "p.budget_minute BETWEEN ?2 AND ?2 + ?3";
const USED_BY_PARTY = `CASE WHEN ${IS_THIS_MINUTE} AND p.budget_panels->>('$."' || j.party || '"[0]') = p.budget_minute
  THEN p.budget_panels->>('$."' || j.party || '"[1]') ELSE 0 END`;
const HAS_OTHERS = `EXISTS (SELECT 1 FROM json_each(p.budget_panels) WHERE key <> j.party AND value->>0 > ?2 - ${PARTY_MINUTES})`;

/** Claims calls for some providers at once. One row written a provider. */
export async function claimCalls(db: D1Database, minute: number, claims: readonly QuotaClaim[]): Promise<ReadonlyMap<string, QuotaGrant>> {
  if (claims.length === 0) return new Map();
  const { results } = await db
    .prepare(
      `WITH j AS MATERIALIZED (
         SELECT value->>'$.provider' AS provider, value->>'$.calls' AS calls, value->>'$.perMinute' AS per_minute, value->>'$.party' AS party
         FROM json_each(?1)
       ), k AS MATERIALIZED (
         SELECT j.*, CASE WHEN ${IS_THIS_MINUTE} THEN p.budget_minute ELSE ?2 END AS minute,
           CASE WHEN ${IS_THIS_MINUTE} THEN p.budget_used ELSE 0 END AS used,
           CASE WHEN ${IS_THIS_MINUTE} THEN p.budget_asked ELSE 0 END AS asked,
           CASE WHEN j.party IS NULL THEN 0 ELSE ${USED_BY_PARTY} END AS own,
           ${OF_PANELS} AS of_panels,
           CASE WHEN j.party IS NOT NULL AND ${HAS_OTHERS} THEN ${OF_PANELS} / 4 ELSE 0 END AS of_others
         FROM j CROSS JOIN providers p WHERE p.id = j.provider
       ), g AS MATERIALIZED (
         SELECT *, max(0, min(calls, per_minute - used,
           CASE WHEN party IS NULL THEN calls ELSE min(of_panels - asked, of_panels - of_others - own) END)) AS granted
         FROM k
       )
       UPDATE providers SET budget_minute = g.minute, budget_granted = g.granted, budget_used = g.used + g.granted,
         budget_asked = g.asked + CASE WHEN g.party IS NULL THEN 0 ELSE g.granted END,
         budget_panels = CASE WHEN g.party IS NULL THEN budget_panels
           ELSE json_set(budget_panels, '$."' || g.party || '"', json_array(g.minute, g.own + g.granted)) END
       FROM g WHERE providers.id = g.provider
       RETURNING id, budget_granted, budget_used`,
    )
    .bind(JSON.stringify(claims), minute, MAX_MINUTES_AHEAD)
    .all<{ id: string; budget_granted: number; budget_used: number }>();
  return new Map(results.map((row) => [row.id, { granted: row.budget_granted, used: row.budget_used }]));
}

const OWN = `$."' || ?3 || '"`;

/** Gives back one call of a party's that was claimed in a minute, unless another minute has begun since. One row written at most. */
export async function releaseCall(db: D1Database, minute: number, provider: string, party: string): Promise<void> {
  await db
    .prepare(
      `UPDATE providers SET budget_used = budget_used - 1, budget_asked = budget_asked - 1,
         budget_panels = json_set(budget_panels, '${OWN}[1]', budget_panels->>('${OWN}[1]') - 1)
       WHERE id = ?1 AND budget_minute BETWEEN ?2 AND ?2 + ${MAX_MINUTES_AHEAD} AND budget_used > 0 AND budget_asked > 0
         AND budget_panels->>('${OWN}[0]') = budget_minute AND budget_panels->>('${OWN}[1]') > 0`,
    )
    .bind(provider, minute, party)
    .run();
}

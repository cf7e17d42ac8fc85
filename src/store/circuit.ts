/**
 * A provider's circuit, as far as a request has to do with it: where no order is due, no sweep would ever close it.
 */
import type { ProviderState } from "../domain/provider.ts";
import type { Provider } from "./provider-rows.ts";

/** So long the others leave the provider alone while one looks whether it is back. */
const PROBE_MS = 60_000;

/**
 * Takes the look whether a provider is back; false when somebody else has taken it, or knows more. One row written.
 * `now` in epoch ms.
 */
export async function claimProbe(db: D1Database, { id, state }: Provider, now: number): Promise<boolean> {
  const { meta } = await db
    .prepare("UPDATE providers SET retry_at = ?3, state_version = state_version + 1 WHERE id = ?1 AND retry_at = ?2")
    .bind(id, state.retryAt, now + PROBE_MS)
    .run();
  return meta.changes > 0;
}

/** The provider answered: it is polled as usual again. One row written. */
export async function closeCircuit(db: D1Database, { id }: Provider, now: number): Promise<void> {
  await db
    .prepare(
      `UPDATE providers SET retry_at = NULL, failures = 0, last_success_at = ?2, state_version = state_version + 1
       WHERE id = ?1 AND retry_at = ?3`,
    )
    .bind(id, now, now + PROBE_MS)
    .run();
}

/** A call within a request failed, unless the provider's state was changed meanwhile: then that says more. One row written. */
export async function recordFailure(
  db: D1Database,
  { id, stateVersion }: Provider,
  { failures, retryAt, lastFailureAt, lastFailure }: Pick<ProviderState, "failures" | "retryAt" | "lastFailureAt" | "lastFailure">,
): Promise<void> {
  await db
    .prepare(
      `UPDATE providers SET failures = ?3, retry_at = ?4, last_failure_at = ?5, last_failure = ?6, state_version = state_version + 1
       WHERE id = ?1 AND state_version = ?2`,
    )
    .bind(id, stateVersion, failures, retryAt, lastFailureAt, JSON.stringify(lastFailure))
    .run();
}

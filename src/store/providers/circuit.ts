/**
 * A provider's circuit, as far as requests have to do with it: where no order is due, no sweep would ever close it. And
 * the circuit of its adds, which may fail while all else works: then neither a sweep nor a balance shows it.
 */
import type { ProviderState } from "../../domain/provider.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import type { Provider } from "../rows/provider.ts";

/** Requests look at most so often whether a provider is back. */
const PROBE_EVERY_MS = MINUTE_MS;

/**
 * Takes the look whether a provider is back; false when another request has taken it, or somebody knows more. It says
 * nothing of the provider yet, so that it moves neither the circuit nor the fence: sweeps go on beside it. One row
 * written. `now` in epoch ms, here as below.
 */
export async function claimProbe(db: D1Database, { id, state }: Provider, now: number): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE providers SET probe_at = ?3 WHERE id = ?1 AND retry_at = ?2
       AND (probe_at IS NULL OR probe_at <= ?3 - ${PROBE_EVERY_MS} OR probe_at > ?3 + ${PROBE_EVERY_MS})`,
    )
    .bind(id, state.retryAt, now)
    .run();
  return meta.changes > 0;
}

/** Whether somebody has closed the circuit since it was read. */
export async function isClosedBy(db: D1Database, { id }: Provider): Promise<boolean> {
  return (await db.prepare("SELECT 1 FROM providers WHERE id = ?1 AND retry_at IS NULL").bind(id).first()) !== null;
}

/**
 * The provider answered: it is polled as usual again, unless somebody has heard otherwise since it was read.
 * `succeededAt` is null where it answered an error. One row written.
 */
export async function closeCircuit(db: D1Database, { id, state }: Provider, succeededAt: number | null): Promise<void> {
  await db
    .prepare(
      `UPDATE providers SET retry_at = NULL, failures = 0, last_success_at = coalesce(?3, last_success_at),
         state_version = state_version + 1
       WHERE id = ?1 AND retry_at = ?2`,
    )
    .bind(id, state.retryAt, succeededAt)
    .run();
}

/** What a failure is counted on top of. */
export type Failing = Pick<Provider, "id" | "stateVersion"> & { readonly state: Pick<ProviderState, "failures" | "retryAt"> };

/** The same as it stands now; null where the provider's settings are others by now, or it is gone. */
export async function readFailing(db: D1Database, { id, settingsVersion }: Provider): Promise<Failing | null> {
  const row = await db
    .prepare("SELECT state_version, failures, retry_at FROM providers WHERE id = ?1 AND settings_version = ?2")
    .bind(id, settingsVersion)
    .first<{ state_version: number; failures: number; retry_at: number | null }>();
  return row === null ? null : { id, stateVersion: row.state_version, state: { failures: row.failures, retryAt: row.retry_at } };
}

/** A call beside the polling failed. False when the provider's state was changed meanwhile: nothing is written then, else one row. */
export async function recordFailure(
  db: D1Database,
  { id, stateVersion }: Pick<Provider, "id" | "stateVersion">,
  { failures, retryAt, lastFailureAt, lastFailure }: Pick<ProviderState, "failures" | "retryAt" | "lastFailureAt" | "lastFailure">,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE providers SET failures = ?3, retry_at = ?4, last_failure_at = ?5, last_failure = ?6, state_version = state_version + 1
       WHERE id = ?1 AND state_version = ?2`,
    )
    .bind(id, stateVersion, failures, retryAt, lastFailureAt, JSON.stringify(lastFailure))
    .run();
  return meta.changes > 0;
}

/**
 * `add_trouble` says how an `add` fares: one that leaves a doubt counts four, a call that is let through after it takes
 * one off. So three in a row shut the way, and one in five never does.
 */
const UNCLEAR_COUNTS = 4;
const SHUT_FROM = 10;
/** After a trial that brought no doubt: the next one that does shuts the way at once. */
const AFTER_TRIAL = SHUT_FROM - 2;
/** A trial after a minute, then after 2, 4, 8 and 16. */
const MOST_TROUBLE = SHUT_FROM + 4 * UNCLEAR_COUNTS;
const TRIAL_AFTER_MS = `(${MINUTE_MS} << ((add_trouble - ${SHUT_FROM}) / ${UNCLEAR_COUNTS}))`;
/** So long after the last doubt, and after a change of the settings, all is forgotten. */
const FORGOTTEN_AFTER_MS = 30 * MINUTE_MS;
const IS_REMEMBERED = `add_failed_at >= updated_at AND add_failed_at BETWEEN ?2 - ${FORGOTTEN_AFTER_MS} AND ?2 + ${FORGOTTEN_AFTER_MS}`;

/**
 * An `add` failed, and nobody knows whether its order was placed. Of those that were on their way when the way was shut
 * nothing new is learned; only a trial that fails makes the next one wait longer. Answers whether the way is shut by now.
 * One row written.
 */
export async function recordUnclearAdd(db: D1Database, { id, settingsVersion }: Provider, now: number): Promise<boolean> {
  const row = await db
    .prepare(
      `UPDATE providers SET add_failed_at = ?2, add_trouble = CASE
           WHEN NOT coalesce(${IS_REMEMBERED}, 0) THEN ${UNCLEAR_COUNTS}
           WHEN add_trouble >= ${SHUT_FROM} AND coalesce(add_trial_at, 0) <= add_failed_at THEN add_trouble
           ELSE min(${MOST_TROUBLE}, add_trouble + ${UNCLEAR_COUNTS}) END
       WHERE id = ?1 AND settings_version = ?3
       RETURNING add_trouble >= ${SHUT_FROM} AS shut`,
    )
    .bind(id, now, settingsVersion)
    .first<{ shut: number }>();
  return row?.shut === 1;
}

/** Whether an `add` may have left a doubt of late, by what was read already: else there is nothing to ask. */
export function mayHaveDoubts({ state: { lastFailureAt }, updatedAt }: Provider, now: number): boolean {
  return lastFailureAt !== null && lastFailureAt >= updatedAt && Math.abs(now - lastFailureAt) <= FORGOTTEN_AFTER_MS;
}

/**
 * Whether the way is open for what may not be repeated; when it is shut, one may go as a trial now and then. A trial of
 * which no doubt was heard within a minute went well. One round trip, and a row written where there was a doubt.
 */
export async function claimUnrepeatable(db: D1Database, { id }: Provider, now: number): Promise<boolean> {
  const claim = db
    .prepare(
      `UPDATE providers SET
         add_trial_at = iif(add_trouble >= ${SHUT_FROM}, ?2, add_trial_at),
         add_trouble = CASE
           WHEN add_trouble < ${SHUT_FROM} THEN add_trouble - 1
           WHEN coalesce(add_trial_at, 0) > add_failed_at THEN ${AFTER_TRIAL}
           ELSE add_trouble END
       WHERE id = ?1 AND add_trouble > 0 AND ${IS_REMEMBERED}
         AND (add_trouble < ${SHUT_FROM} OR ?2 >= max(add_failed_at + ${TRIAL_AFTER_MS}, coalesce(add_trial_at, 0) + ${MINUTE_MS}))`,
    )
    .bind(id, now);
  const shut = db.prepare(`SELECT 1 FROM providers WHERE id = ?1 AND add_trouble >= ${SHUT_FROM} AND ${IS_REMEMBERED}`).bind(id, now);
  const [claimed, found] = await db.batch([claim, shut]);
  return claimed?.meta.changes === 1 || found?.results.length === 0;
}

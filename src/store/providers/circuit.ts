/**
 * A provider's circuit, as far as requests have to do with it: where no order is due, no sweep would ever close it. And
 * the circuit of its adds.
 */
import { type ProviderState, TOO_SLOW_MS } from "../../domain/provider.ts";
import type { AddTrouble } from "../../domain/provider-add-circuit.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { type AddTroubleRow, type Provider, toAddTrouble } from "../rows/provider.ts";

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

/** How a provider's adds fare as it stands now; null where the provider's settings are others by now, or it is gone. */
export async function readAddTrouble(db: D1Database, { id, settingsVersion }: Provider): Promise<AddTrouble | null> {
  const row = await db
    .prepare("SELECT add_trouble, add_failed_at, add_trial_at FROM providers WHERE id = ?1 AND settings_version = ?2")
    .bind(id, settingsVersion)
    .first<AddTroubleRow>();
  return row === null ? null : toAddTrouble(row);
}

/** Writes how a provider's adds fare; false when it is not as it was seen any more, or the settings are others. One row written. */
export async function writeAddTrouble(
  db: D1Database,
  { id, settingsVersion }: Provider,
  seen: AddTrouble,
  next: AddTrouble,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE providers SET add_trouble = ?3, add_failed_at = ?4, add_trial_at = ?5
       WHERE id = ?1 AND settings_version = ?2 AND add_trouble = ?6 AND add_failed_at IS ?7 AND add_trial_at IS ?8`,
    )
    .bind(id, settingsVersion, next.level, next.failedAt, next.trialAt, seen.level, seen.failedAt, seen.trialAt)
    .run();
  return meta.changes > 0;
}

/** The look at the balance that tells whose failure it was: at most so often. */
const WITNESS_EVERY_MS = MINUTE_MS;

/** `taken`: the caller asks. Else what was heard by the last one; null while that is not known. */
export type WitnessClaim = { readonly taken: true } | { readonly taken: false; readonly failed: boolean | null };

/** Takes the look at the balance after a panel's call has failed, unless it was taken less than a minute ago. One row written or read. */
export async function claimWitness(db: D1Database, { id }: Provider, now: number): Promise<WitnessClaim> {
  const { meta } = await db
    .prepare(
      `UPDATE providers SET witness_at = ?2, witness_failed = NULL
       WHERE id = ?1 AND (witness_at IS NULL OR witness_at <= ?2 - ${WITNESS_EVERY_MS} OR witness_at > ?2 + ${WITNESS_EVERY_MS})`,
    )
    .bind(id, now)
    .run();
  if (meta.changes > 0) return { taken: true };
  const row = await db.prepare("SELECT witness_failed FROM providers WHERE id = ?1").bind(id).first<{ witness_failed: number | null }>();
  const failed = row?.witness_failed ?? null;
  return { taken: false, failed: failed === null ? null : failed === 1 };
}

/** Remembers for others what the balance has told. One row written. */
export async function keepWitness(db: D1Database, { id }: Provider, failed: boolean): Promise<void> {
  await db
    .prepare("UPDATE providers SET witness_failed = ?2 WHERE id = ?1")
    .bind(id, failed ? 1 : 0)
    .run();
}

/** Has some providers polled apart until a poll of each is written. It moves neither circuit nor fence. One row written a provider. */
export async function markSlow(db: D1Database, ids: readonly string[]): Promise<void> {
  await db
    .prepare(`UPDATE providers SET last_poll_ms = max(last_poll_ms, ${TOO_SLOW_MS}) WHERE id IN (SELECT value FROM json_each(?1))`)
    .bind(JSON.stringify(ids))
    .run();
}

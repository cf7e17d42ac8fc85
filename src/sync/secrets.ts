/**
 * Secrets that are not sealed under the newest key: those of an earlier release, and all of them after a rotation.
 */
import type { Ports } from "../ports.ts";
import { type Resealed, sealedUnder, type StoredSecret, storeResealed } from "../store/secrets/stored-secrets.ts";
import type { Seals } from "../store/ticks/ticks.ts";

/** A tick seals so many: about 1 ms of CPU, of 10 that an invocation has on the free plan. */
const MAX_SEALED = 20;

/** Seals some of them under the newest key. One that cannot be opened stays as it is, and is told to the log. */
export async function resealSecrets(db: D1Database, ports: Ports, stale: readonly StoredSecret[]): Promise<void> {
  const { secrets } = ports;
  if (secrets.newest === null) return;
  const resealed: Resealed[] = [];
  const unreadable: string[] = [];
  for (const { place, stored } of stale) {
    if (resealed.length === MAX_SEALED) break;
    const opened = await secrets.open(place, stored);
    const sealed = opened.ok ? await secrets.seal(place, opened.value, ports.randomBytes) : opened;
    if (sealed.ok) resealed.push({ place, stored, sealed: sealed.value });
    else unreadable.push(`${place.table}:${place.row}`);
  }
  const sealed = await storeResealed(db, resealed);
  if (sealed > 0) ports.log({ event: "secrets.sealed", secrets: sealed, key: secrets.newest });
  if (unreadable.length > 0) ports.log({ event: "secrets.unreadable", secrets: unreadable.length, first: unreadable[0] });
}

/** What a look at the secrets has found, given those that are not sealed under the newest key. */
export function sealsOf(stale: readonly StoredSecret[], newest: number | null): Seals {
  return { sealedUnder: stale.length === 0 ? newest : null, staleUnder: sealedUnder(stale) };
}

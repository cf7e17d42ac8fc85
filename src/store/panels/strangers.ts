/**
 * Ids that a provider said it does not know when a panel asked. They are told again for a while, without another call.
 */
import { MINUTE_MS } from "../../domain/time.ts";

/** Long enough that a list of wrong ids asked for each minute costs little; an id may be given to an order meanwhile. */
const REMEMBERED_MINUTES = 10;
/** Remembered at most, some 20 bytes each in one row. The oldest are forgotten first. */
const MOST_REMEMBERED = 2000;

type Of = { readonly panel: string; readonly provider: string };

/** What is remembered under the provider's present settings. Two rows read. */
export async function readStrangers(db: D1Database, { panel, provider }: Of, now: number): Promise<ReadonlySet<string>> {
  const row = await db
    .prepare(
      `SELECT s.ids FROM strangers s CROSS JOIN providers p
       WHERE s.panel = ?1 AND s.provider = ?2 AND p.id = s.provider AND p.settings_version = s.settings_version AND p.enabled = 1`,
    )
    .bind(panel, provider)
    .first<{ ids: string }>();
  return new Set(present(row?.ids ?? "{}", now).map(([id]) => id));
}

/** Remembers more of them. What others remember in the same moment may be lost: it is asked once more. One row read and written. */
export async function rememberStrangers(
  db: D1Database,
  { panel, provider, settingsVersion }: Of & { readonly settingsVersion: number },
  ids: readonly string[],
  now: number,
): Promise<void> {
  if (ids.length === 0) return;
  const row = await db
    .prepare("SELECT ids FROM strangers WHERE panel = ?1 AND provider = ?2 AND settings_version = ?3")
    .bind(panel, provider, settingsVersion)
    .first<{ ids: string }>();
  const until = Math.floor(now / MINUTE_MS) + REMEMBERED_MINUTES;
  const all = new Map([...present(row?.ids ?? "{}", now), ...ids.map((id) => [id, until] as const)]);
  const kept = [...all].toSorted(([, a], [, b]) => b - a).slice(0, MOST_REMEMBERED);
  await db
    .prepare("INSERT OR REPLACE INTO strangers (panel, provider, settings_version, ids) VALUES (?1, ?2, ?3, ?4)")
    .bind(panel, provider, settingsVersion, JSON.stringify(Object.fromEntries(kept)))
    .run();
}

function present(ids: string, now: number): [id: string, until: number][] {
  const minute = Math.floor(now / MINUTE_MS);
  // One that is further ahead comes from a clock that was ahead.
  return Object.entries(JSON.parse(ids) as Record<string, number>).filter(
    ([, until]) => until > minute && until <= minute + REMEMBERED_MINUTES,
  );
}

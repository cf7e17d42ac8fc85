/**
 * Trying again what another request or a sweep got in the way of.
 */

/** Nothing was written, since somebody else has written meanwhile: read again, and decide again. */
export const CONFLICT = "conflict";

/**
 * Runs an attempt until it comes to something else than `CONFLICT`, `maxTries` times at most. Others seldom write in the
 * same moment, and hardly ever several times in a row; `exhausted` says what it comes to then.
 */
export async function retryOnConflict<T>(maxTries: number, attempt: () => Promise<T | typeof CONFLICT>, exhausted: () => T): Promise<T> {
  for (let tries = 1; tries <= maxTries; tries++) {
    const result = await attempt();
    if (result !== CONFLICT) return result;
  }
  return exhausted();
}

/**
 * Addresses that send keys which are none: after some they wait, before the database is asked. What is remembered here is
 * an isolate's own; the platform's rate limit counts for the whole location.
 */
import type { Context } from "./context.ts";

/** As long as the rate limit's own period. */
const SHUT_MS = 60_000;
/** Addresses and keys that are remembered, the oldest forgotten first. */
const MAX_REMEMBERED = 1_000;

/** Until when an address waits, in epoch ms. */
const shutUntil = new Map<string, number>();
/** Digests of keys, and signatures of tokens, that have opened something: whoever shares an address with a guesser goes on. */
const good = new Set<string>();

/** Whether a key from this address is not even looked up. */
export function isShut({ request, now }: Context, keyHash: string): boolean {
  const until = shutUntil.get(addressOf(request) ?? "");
  return until !== undefined && now < until && !good.has(keyHash);
}

export function noteGoodKey(keyHash: string): void {
  remember(good, () => good.add(keyHash));
}

/** A key was none. Addresses are known on the platform only. */
export async function noteFailedKey({ request, env, now }: Context): Promise<void> {
  const address = addressOf(request);
  const limit = env.FAILED_KEYS as RateLimit | undefined;
  if (address === null || limit === undefined) return;
  const { success } = await limit.limit({ key: address });
  if (!success) remember(shutUntil, () => shutUntil.set(address, now + SHUT_MS));
}

function addressOf(request: Request): string | null {
  return request.headers.get("CF-Connecting-IP");
}

function remember(remembered: Map<string, unknown> | Set<string>, add: () => void): void {
  add();
  if (remembered.size <= MAX_REMEMBERED) return;
  const [oldest] = remembered.keys();
  if (oldest !== undefined) remembered.delete(oldest);
}

/**
 * The value by which a provider tells that an `add` is one it has had (`request.idempotency_field`).
 */
import { toHex } from "../domain/hex.ts";
import type { ProviderSettings } from "./settings.ts";

/** 128 bits: nobody else's order has it, in whatever installation. Letters and digits, which every server takes. */
const VALUE_CHARS = 32;

/** The value of an order: the same whenever it is worked out. `request` is the id of the request that brought the order. */
export async function requestValueOf(panel: string, request: string): Promise<string> {
  return (await digestOf([panel, request])).slice(0, VALUE_CHARS);
}

/**
 * Names the account at a provider to which a value was sent; null where the provider knows no values. Another key or
 * address is another account: there the order was never placed.
 */
export async function accountOf({ url, key, request }: ProviderSettings): Promise<string | null> {
  return request.idempotencyField === null ? null : digestOf([url, key, request.idempotencyField]);
}

async function digestOf(parts: readonly string[]): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(parts)));
  return toHex(new Uint8Array(bytes));
}

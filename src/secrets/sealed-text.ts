/**
 * A sealed secret as a column holds it: `sealed:<number of the key>:<base64url of nonce, ciphertext and tag>`. Pure.
 */
import { base64Of, bytesOfBase64 } from "./encryption-keys.ts";

/**
 * The row and the column that a secret belongs to. They are its associated data: a sealed secret opens nowhere else, so
 * nobody who can write to the database gets one provider's key sent to another, or one panel's secret to its receiver.
 */
export type SecretPlace = SecretColumn & { readonly row: string };

/** A column that holds sealed secrets, with the columns that name its rows: a row's name is their values, with slashes between them. */
export type SecretColumn = (typeof SECRET_COLUMNS)[number];

/** All columns that hold secrets. Each has an index that begins with it, by which ticks find what is to be sealed anew. */
export const SECRET_COLUMNS = [
  { table: "providers", column: "api_key", keys: ["id"] },
  { table: "panels", column: "token_secret", keys: ["id"] },
  { table: "provider_hooks", column: "secret", keys: ["provider"] },
  { table: "webhooks", column: "secrets", keys: ["panel", "id"] },
  { table: "alert_channels", column: "secrets", keys: ["id"] },
  { table: "panel_crons", column: "url", keys: ["panel", "id"] },
] as const;

const [PROVIDER_KEY, TOKEN_SECRET, HOOK_SECRET, WEBHOOK_SECRETS, CHANNEL_SECRETS, CRON_URL] = SECRET_COLUMNS;

/** Where a provider's key stands. */
export function providerKeyPlace(provider: string): SecretPlace {
  return { ...PROVIDER_KEY, row: provider };
}

/** Where the secret stands that signs a panel's tokens. */
export function tokenSecretPlace(panel: string): SecretPlace {
  return { ...TOKEN_SECRET, row: panel };
}

/** Where the secret stands that a provider signs its webhooks with. */
export function hookSecretPlace(provider: string): SecretPlace {
  return { ...HOOK_SECRET, row: provider };
}

/** Where a webhook's secrets stand. No id of a panel's has a slash. */
export function webhookSecretsPlace(panel: string, id: string): SecretPlace {
  return { ...WEBHOOK_SECRETS, row: `${panel}/${id}` };
}

/** Where the secrets of a channel for alerts stand, together. */
export function channelSecretsPlace(channel: string): SecretPlace {
  return { ...CHANNEL_SECRETS, row: channel };
}

/** Where the URL of a panel script's cron stands: it often has a key in it. */
export function cronUrlPlace(panel: string, id: string): SecretPlace {
  return { ...CRON_URL, row: `${panel}/${id}` };
}

/** What a sealed text begins with. */
export const SEALED = "sealed:";

/** A sealed text in parts; `key` is the number of the key that opens it. */
export type Sealed = { readonly key: number; readonly nonce: Uint8Array<ArrayBuffer>; readonly box: Uint8Array<ArrayBuffer> };

/** As AES-GCM wants it: 96 bits, drawn anew each time. */
export const NONCE_BYTES = 12;
/** The shortest box holds a tag alone. */
const TAG_BYTES = 16;

export function sealedText({ key, nonce, box }: Sealed): string {
  return `${sealedPrefix(key)}${base64Of(Uint8Array.from([...nonce, ...box]))}`;
}

/** What every text begins with that was sealed under the key of this number. */
export function sealedPrefix(key: number): string {
  return `${SEALED}${key}:`;
}

/** All texts sealed under the key of this number, and no others, sort from `from` on and before `to`. */
export function sealedRange(key: number): { readonly from: string; readonly to: string } {
  return { from: sealedPrefix(key), to: `${SEALED}${key};` };
}

/** Null for a text that nobody has sealed: one of an earlier release, or set before there was a key. */
export function readSealed(text: string): Sealed | null {
  const [, key = "", base64 = ""] = /^sealed:([1-9]\d{0,5}):([A-Za-z0-9_-]+)$/.exec(text) ?? [];
  const bytes = bytesOfBase64(base64);
  if (key === "" || bytes === null || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  return { key: Number(key), nonce: bytes.slice(0, NONCE_BYTES), box: bytes.slice(NONCE_BYTES) };
}

/** The associated data of a place; JSON keeps its parts apart. */
export function associatedData({ table, column, row }: Pick<SecretPlace, "table" | "column" | "row">): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([table, column, row])) as Uint8Array<ArrayBuffer>;
}

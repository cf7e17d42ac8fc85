/**
 * What a webhook's row keeps secret, sealed as one text: so that a delivery opens one.
 */
import { ok, type Result } from "../domain/result.ts";
import type { EncryptionKeysProblem } from "./encryption-keys.ts";
import { webhookSecretsPlace } from "./sealed-text.ts";
import type { OpenFailure, Secrets } from "./secrets.ts";

export type WebhookSecrets = {
  /** Signs: `whsec_` and base64. */
  readonly secret: string;
  /** The one before the last rotation, which signs as well for a while; null for none. */
  readonly old: string | null;
  /** Fixed headers that go with each delivery. */
  readonly headers: Readonly<Record<string, string>>;
};

/** As much as the digest of the signature can use. */
const SECRET_BYTES = 32;

/** A new secret, as Standard Webhooks writes them. */
export function newWebhookSecret(randomBytes: (length: number) => Uint8Array): string {
  return `whsec_${btoa(String.fromCharCode(...randomBytes(SECRET_BYTES)))}`;
}

export function sealWebhookSecrets(
  { secrets, randomBytes }: { readonly secrets: Secrets; readonly randomBytes: (length: number) => Uint8Array },
  { panel, id }: { readonly panel: string; readonly id: string },
  kept: WebhookSecrets,
): Promise<Result<string, EncryptionKeysProblem>> {
  return secrets.seal(webhookSecretsPlace(panel, id), JSON.stringify(kept), randomBytes);
}

export async function openWebhookSecrets(
  secrets: Secrets,
  { panel, id, secrets: stored }: { readonly panel: string; readonly id: string; readonly secrets: string },
): Promise<Result<WebhookSecrets, OpenFailure>> {
  const opened = await secrets.open(webhookSecretsPlace(panel, id), stored);
  return opened.ok ? ok(JSON.parse(opened.value) as WebhookSecrets) : opened;
}

/** The secrets that sign now, the newest first. Times in epoch ms. */
export function signingSecrets({ secret, old }: WebhookSecrets, oldUntil: number | null, now: number): string[] {
  return old !== null && oldUntil !== null && now < oldUntil ? [secret, old] : [secret];
}

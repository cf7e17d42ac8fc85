/**
 * How a provider signs its webhooks: which headers, which algorithm, what is signed; and the check, which is WebCrypto's and
 * takes the same time whatever the signature.
 */
import { SIGNATURE_TOLERANCE_MS } from "../../../domain/hint.ts";
import { bytesOfBase64 } from "../../../secrets/encryption-keys.ts";

export const HMAC_ALGORITHMS = ["sha256", "sha1", "sha512"] as const;
export const SIGNATURE_ENCODINGS = ["hex", "base64"] as const;

/** `standard`: Standard Webhooks. `hmac`: the body alone in a header, or the time and the body where a header has the time. */
export type HookSignature =
  | { readonly scheme: "standard" }
  | {
      readonly scheme: "hmac";
      readonly header: string;
      readonly algorithm: (typeof HMAC_ALGORITHMS)[number];
      readonly encoding: (typeof SIGNATURE_ENCODINGS)[number];
      /** Stands before the signature in the header, such as `sha256=`. */
      readonly prefix: string;
      readonly timestamp_header: string | null;
    };

/** What a request is checked by. `signed` goes before the raw body. `signatures`: one of them must fit. */
export type SignatureClaim = {
  readonly algorithm: (typeof HMAC_ALGORITHMS)[number];
  readonly signed: string;
  readonly signatures: readonly Uint8Array<ArrayBuffer>[];
  /** Whether it carries a time: then the same signature twice is a replay. */
  readonly isTimed: boolean;
};

/** Standard Webhooks takes several, of old and new secrets. */
const MAX_SIGNATURES = 10;

/** Reads what a request claims; null where a header is missing, unreadable, or its time is more than 5 minutes off. */
export function readSignature(how: HookSignature, header: (name: string) => string | null, now: number): SignatureClaim | null {
  return how.scheme === "standard" ? readStandard(header, now) : readHmac(how, header, now);
}

function readStandard(header: (name: string) => string | null, now: number): SignatureClaim | null {
  const [id, time, list] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
  if (!id || !time || !list || !isRecent(time, now)) return null;
  const signatures = list
    .split(" ")
    .slice(0, MAX_SIGNATURES)
    .flatMap((each) => (each.startsWith("v1,") ? (bytesOf(each.slice("v1,".length), "base64") ?? []) : []));
  return { algorithm: "sha256", signed: `${id}.${time}.`, signatures, isTimed: true };
}

function readHmac(
  how: Extract<HookSignature, { readonly scheme: "hmac" }>,
  header: (name: string) => string | null,
  now: number,
): SignatureClaim | null {
  const given = header(how.header);
  if (given === null || !given.startsWith(how.prefix)) return null;
  const signature = bytesOf(given.slice(how.prefix.length), how.encoding);
  if (signature === null) return null;
  if (how.timestamp_header === null) return { algorithm: how.algorithm, signed: "", signatures: [signature], isTimed: false };
  const time = header(how.timestamp_header);
  if (time === null || !isRecent(time, now)) return null;
  return { algorithm: how.algorithm, signed: `${time}.`, signatures: [signature], isTimed: true };
}

/** From here on a number counts milliseconds: as seconds it would be the year 5138. */
const MILLISECONDS_FROM = 100_000_000_000;

function isRecent(time: string, now: number): boolean {
  if (!/^\d{1,15}$/.test(time)) return false;
  const value = Number(time);
  const at = value >= MILLISECONDS_FROM ? value : value * 1000;
  return Math.abs(now - at) <= SIGNATURE_TOLERANCE_MS;
}

function bytesOf(text: string, encoding: (typeof SIGNATURE_ENCODINGS)[number]): Uint8Array<ArrayBuffer> | null {
  if (encoding === "hex") {
    if (!/^([0-9a-fA-F]{2}){16,64}$/.test(text)) return null;
    return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  }
  return bytesOfBase64(text.replace(/=+$/, ""));
}

const WEBCRYPTO_NAMES = { sha256: "SHA-256", sha1: "SHA-1", sha512: "SHA-512" } as const;

/** Whether one of the claim's signatures is that of the raw body under this secret. */
export async function isSignedBy(claim: SignatureClaim, secret: Uint8Array<ArrayBuffer>, body: Uint8Array): Promise<boolean> {
  const hash = WEBCRYPTO_NAMES[claim.algorithm];
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash }, false, ["verify"]);
  const signed = Uint8Array.from([...new TextEncoder().encode(claim.signed), ...body]);
  for (const signature of claim.signatures) if (await crypto.subtle.verify("HMAC", key, signature, signed)) return true;
  return false;
}

const STANDARD_PREFIX = "whsec_";

/** A secret's bytes: Standard Webhooks writes them as base64 behind `whsec_`; any other is its text. Null where it is none of its scheme. */
export function secretBytes(how: HookSignature, secret: string): Uint8Array<ArrayBuffer> | null {
  if (how.scheme === "hmac") return new TextEncoder().encode(secret) as Uint8Array<ArrayBuffer>;
  const base64 = secret.startsWith(STANDARD_PREFIX) ? secret.slice(STANDARD_PREFIX.length) : secret;
  return bytesOfBase64(base64.replace(/=+$/, ""));
}

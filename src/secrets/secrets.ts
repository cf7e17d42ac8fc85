/**
 * Secrets at rest: AES-256-GCM by WebCrypto under the Worker secret `ENCRYPTION_KEYS`.
 *
 * No library: jose's JWE would do the same by the same WebCrypto, with a header to parse and hold against what is
 * expected, and more of the bundle than this file. Here the algorithm is fixed and nothing of a stored text chooses one.
 */
import { fail, ok, type Result } from "../domain/result.ts";
import { type EncryptionKeysProblem, parseEncryptionKeys } from "./encryption-keys.ts";
import { associatedData, NONCE_BYTES, readSealed, sealedPrefix, sealedText, type SecretPlace } from "./sealed-text.ts";

/** Why a secret could not be opened. `key`: the number of the key that sealed it. */
export type OpenFailure =
  | { readonly code: "keys_off"; readonly problem: EncryptionKeysProblem }
  | { readonly code: "unknown_key"; readonly key: number }
  /** Altered, or sealed for another row, or under another key of that number. */
  | { readonly code: "not_genuine"; readonly key: number };

export type Secrets = {
  /** The number of the key that seals; null while nothing can be sealed. */
  readonly newest: number | null;
  /** What is wrong with `ENCRYPTION_KEYS`; null when nothing is. */
  readonly problem: EncryptionKeysProblem | null;
  /** Whether there is a key of that number. */
  readonly has: (key: number) => boolean;
  /** Seals a text for its place, under the newest key. */
  readonly seal: (
    place: SecretPlace,
    text: string,
    randomBytes: (length: number) => Uint8Array,
  ) => Promise<Result<string, EncryptionKeysProblem>>;
  /** The text that was sealed for this place. One that was never sealed is its own text. */
  readonly open: (place: SecretPlace, stored: string) => Promise<Result<string, OpenFailure>>;
  /** Whether a stored text is sealed under the newest key; true where there is no key to seal it under. */
  readonly isCurrent: (stored: string) => boolean;
};

/**
 * Opened texts an isolate keeps, so that a sweep of many calls opens a provider's key once: opening one takes 0.03 ms of
 * CPU, of 10 that an invocation has on the free plan. They are in the isolate's memory anyway while a call is made.
 */
const MAX_OPENED = 200;

/** What the text of the secret `ENCRYPTION_KEYS` opens and seals. Each has its own memory of what it has opened. */
export function secretsOf(encryptionKeys: string | undefined): Secrets {
  const parsed = parseEncryptionKeys(encryptionKeys);
  const keys = new Map(parsed.ok ? parsed.value.map(({ number, bytes }) => [number, bytes]) : []);
  const newest = parsed.ok ? (parsed.value[0]?.number ?? null) : null;
  const problem = parsed.ok ? null : parsed.failure;
  // Values and never promises: a promise of one request must not be waited for by another.
  const imported = new Map<number, CryptoKey>();
  const opened = new Map<string, string>();

  const cryptoKey = async (number: number, bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> => {
    const known = imported.get(number);
    if (known !== undefined) return known;
    const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(number, key);
    return key;
  };

  const remember = (name: string, text: string): void => {
    const [oldest] = opened.size >= MAX_OPENED ? opened.keys() : [];
    if (oldest !== undefined) opened.delete(oldest);
    opened.set(name, text);
  };

  return {
    newest,
    problem,
    has: (key) => keys.has(key),
    isCurrent: (stored) => newest === null || stored.startsWith(sealedPrefix(newest)),
    seal: async (place, text, randomBytes) => {
      const bytes = newest === null ? undefined : keys.get(newest);
      if (newest === null || bytes === undefined) return fail(problem ?? { code: "missing" });
      const key = await cryptoKey(newest, bytes);
      const nonce = Uint8Array.from(randomBytes(NONCE_BYTES));
      const box = await crypto.subtle.encrypt(gcmOf(nonce, place), key, new TextEncoder().encode(text));
      return ok(sealedText({ key: newest, nonce, box: new Uint8Array(box) }));
    },
    open: async (place, stored) => {
      const name = JSON.stringify([place.table, place.column, place.row, stored]);
      const known = opened.get(name);
      if (known !== undefined) return ok(known);
      const sealed = readSealed(stored);
      if (sealed === null) return ok(stored);
      const { key: number, nonce, box } = sealed;
      const bytes = keys.get(number);
      if (bytes === undefined) return fail(problem === null ? { code: "unknown_key", key: number } : { code: "keys_off", problem });
      const key = await cryptoKey(number, bytes);
      const text = await decrypted(gcmOf(nonce, place), key, box);
      if (text === null) return fail({ code: "not_genuine", key: number });
      remember(name, text);
      return ok(text);
    },
  };
}

type Gcm = { readonly name: "AES-GCM"; readonly iv: Uint8Array<ArrayBuffer>; readonly additionalData: Uint8Array<ArrayBuffer> };

function gcmOf(nonce: Uint8Array<ArrayBuffer>, place: SecretPlace): Gcm {
  return { name: "AES-GCM", iv: nonce, additionalData: associatedData(place) };
}

/** Null where the box is not what was sealed; WebCrypto tells it by throwing, and never tells why. */
async function decrypted(algorithm: Gcm, key: CryptoKey, box: Uint8Array<ArrayBuffer>): Promise<string | null> {
  try {
    return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(await crypto.subtle.decrypt(algorithm, key, box));
  } catch {
    return null;
  }
}

/** Why a secret could not be opened, and what to do, in a sentence. */
export function describeOpenFailure(failure: OpenFailure): string {
  switch (failure.code) {
    case "keys_off":
      return "the secret ENCRYPTION_KEYS is missing or damaged. Set it to what it was.";
    case "unknown_key":
      return `it is sealed under key ${failure.key}, which the secret ENCRYPTION_KEYS does not have. Add that key again.`;
    case "not_genuine":
      return `key ${failure.key} of the secret ENCRYPTION_KEYS does not open it. Set that key to what it was, or set the secret anew.`;
  }
}

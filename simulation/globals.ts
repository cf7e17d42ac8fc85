/**
 * What the product takes from its runtime rather than from its ports, put under the simulation's rule: time limits run
 * in simulated time, and what WebCrypto works out comes at once instead of when a thread has it ready.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, KeyObject, timingSafeEqual } from "node:crypto";
import type { Scheduler } from "./scheduler.ts";

/** Rules the runtime for one simulation until the returned function is called. One at a time. */
export function ruleGlobals(scheduler: Scheduler): () => void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const { subtle } = crypto;
  const real = { digest: subtle.digest.bind(subtle), importKey: subtle.importKey.bind(subtle) };
  const ciphers = { encrypt: subtle.encrypt.bind(subtle), decrypt: subtle.decrypt.bind(subtle), verify: subtle.verify.bind(subtle) };
  AbortSignal.timeout = (ms: number): AbortSignal => {
    const controller = new AbortController();
    scheduler.in(ms, () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")));
    return controller.signal;
  };
  Object.assign(subtle, gcmAtOnce(), { verify: verifyHmac });
  subtle.digest = (_algorithm: string, data: BufferSource) =>
    Promise.resolve(new Uint8Array(createHash("sha256").update(bytesOf(data)).digest()).buffer);
  return () => {
    AbortSignal.timeout = timeout;
    Object.assign(subtle, real, ciphers);
  };
}

type GcmParameters = { readonly iv: BufferSource; readonly additionalData: BufferSource };

const TAG_BYTES = 16;

async function atOnce(work: () => Uint8Array): Promise<ArrayBuffer> {
  return Uint8Array.from(work()).buffer;
}

type KeyUsage = Parameters<KeyObject["toCryptoKey"]>[2][number];
type ImportOf = [format: string, bytes: BufferSource, algorithm: unknown, extractable: boolean, usages: KeyUsage[]];
type HmacAlgorithm = { readonly name: "HMAC"; readonly hash: string };

function isHmac(algorithm: unknown): algorithm is HmacAlgorithm {
  return (algorithm as Partial<HmacAlgorithm>).name === "HMAC";
}

/** AES-256-GCM as WebCrypto has it: the tag follows the ciphertext. A key is its bytes; one for HMAC is looked at by libraries, and is a key. */
function gcmAtOnce() {
  return {
    importKey: async (...[, bytes, algorithm, , usages]: ImportOf) =>
      isHmac(algorithm) ? createSecretKey(bytesOf(bytes)).toCryptoKey(algorithm, true, usages) : bytesOf(bytes),
    encrypt: ({ iv, additionalData }: GcmParameters, key: Uint8Array, data: BufferSource) =>
      atOnce(() => {
        const cipher = createCipheriv("aes-256-gcm", key, bytesOf(iv)).setAAD(bytesOf(additionalData));
        return Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]);
      }),
    decrypt: ({ iv, additionalData }: GcmParameters, key: Uint8Array, data: BufferSource) =>
      atOnce(() => {
        const bytes = bytesOf(data);
        const decipher = createDecipheriv("aes-256-gcm", key, bytesOf(iv)).setAAD(bytesOf(additionalData));
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
      }),
  };
}

/** HMAC by SHA-256, which is what tokens are signed with. */
async function verifyHmac(
  _algorithm: unknown,
  key: Parameters<typeof KeyObject.from>[0],
  signature: BufferSource,
  data: BufferSource,
): Promise<boolean> {
  const right = createHmac("sha256", KeyObject.from(key)).update(bytesOf(data)).digest();
  const given = bytesOf(signature);
  return given.length === right.length && timingSafeEqual(given, right);
}

function bytesOf(data: BufferSource): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

/**
 * The Worker secret `ENCRYPTION_KEYS`: numbered keys, `2:<base64>,1:<base64>`, 32 bytes each. The highest number seals;
 * all of them open. Pure.
 */
import { fail, ok, type Result } from "../domain/result.ts";

/** Why nothing can be sealed. `entry` counts from 1; the keys themselves are never told. */
export type EncryptionKeysProblem =
  | { readonly code: "missing" }
  | { readonly code: "unreadable_entry"; readonly entry: number }
  | { readonly code: "wrong_length"; readonly entry: number; readonly bytes: number }
  | { readonly code: "same_number"; readonly number: number }
  | { readonly code: "no_variety"; readonly entry: number };

/** Keys by their numbers, the one that seals first. */
export type EncryptionKeys = readonly { readonly number: number; readonly bytes: Uint8Array<ArrayBuffer> }[];

/** AES-256. */
const KEY_BYTES = 32;
/** A random key of 32 bytes has about 30 different ones. This only catches texts that nobody drew, such as all zeros. */
const MIN_DIFFERENT_BYTES = 12;

const ENTRY = /^([1-9]\d{0,5}):([A-Za-z0-9+/_-]+={0,2})$/;

/** Reads the secret, in either base64 alphabet; white space around entries, and a comma at the end, do not matter. */
export function parseEncryptionKeys(text: string | undefined): Result<EncryptionKeys, EncryptionKeysProblem> {
  const entries = (text ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (entries.length === 0) return fail({ code: "missing" });
  const keys: EncryptionKeys[number][] = [];
  for (const [at, entry] of entries.entries()) {
    const [, number = "", base64 = ""] = ENTRY.exec(entry) ?? [];
    const bytes = bytesOfBase64(base64);
    if (number === "" || bytes === null) return fail({ code: "unreadable_entry", entry: at + 1 });
    if (bytes.length !== KEY_BYTES) return fail({ code: "wrong_length", entry: at + 1, bytes: bytes.length });
    if (new Set(bytes).size < MIN_DIFFERENT_BYTES) return fail({ code: "no_variety", entry: at + 1 });
    if (keys.some((key) => key.number === Number(number))) return fail({ code: "same_number", number: Number(number) });
    keys.push({ number: Number(number), bytes });
  }
  return ok(keys.toSorted((a, b) => b.number - a.number));
}

/** What is wrong with the secret, in half a sentence. */
export function describeKeysProblem(problem: EncryptionKeysProblem): string {
  switch (problem.code) {
    case "missing":
      return "the secret ENCRYPTION_KEYS is not set";
    case "unreadable_entry":
      return `entry ${problem.entry} of the secret ENCRYPTION_KEYS is not of the form <number>:<base64>`;
    case "wrong_length":
      return `entry ${problem.entry} of the secret ENCRYPTION_KEYS has ${problem.bytes} bytes instead of ${KEY_BYTES}`;
    case "same_number":
      return `the secret ENCRYPTION_KEYS has number ${problem.number} twice`;
    case "no_variety":
      return `entry ${problem.entry} of the secret ENCRYPTION_KEYS is not random`;
  }
}

/** One command that makes a key and sets it, on any system. */
export const MAKE_ENCRYPTION_KEYS =
  "node -p \"'1:'+require('crypto').randomBytes(32).toString('base64')\" | npx wrangler secret put ENCRYPTION_KEYS";

/** Null where it is no base64. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, ""));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** In the alphabet that needs no escaping anywhere, without padding. */
export function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

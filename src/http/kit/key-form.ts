/**
 * How keys look. A new key ends in a checksum: one that was made up or cut short is refused without asking the database.
 */
import type { Ports } from "../../ports.ts";
import { toHex } from "../../domain/hex.ts";
import { sha256Hex } from "./hash.ts";

/** `panel`: a panel's. `operator`: an operator's, beside ADMIN_TOKEN. */
export type KeyKind = "panel" | "operator";

const PREFIXES: Readonly<Record<KeyKind, string>> = { panel: "ps", operator: "po" };

/** 192 random bits. */
const KEY_BYTES = 24;
const KEY_ID_BYTES = 8;
const CHECKSUM_CHARACTERS = 8;
const HINT_CHARACTERS = 4;

const FORM = /^(ps|po)_([0-9a-f]{48})_([0-9a-f]{8})$/;
/** Keys of panels that were made before keys had a checksum. */
const WITHOUT_CHECKSUM = /^ps_[0-9a-f]{48}$/;
/** Far more than any key of ours has: what is longer is not hashed. */
export const MAX_KEY_CHARACTERS = 256;

/** A key as it is shown once, and what is kept of it. */
export type NewKey = { readonly key: string; readonly hash: string; readonly hint: string };

export async function newKey(kind: KeyKind, randomBytes: Ports["randomBytes"]): Promise<NewKey> {
  const body = `${PREFIXES[kind]}_${toHex(randomBytes(KEY_BYTES))}`;
  const key = `${body}_${await checksumOf(body)}`;
  return { key, hash: await sha256Hex(key), hint: key.slice(-HINT_CHARACTERS) };
}

/** What a key's text tells of it: whose it could be, null for what is none of ours, and its digest. */
export type KeyText = { readonly kind: KeyKind | null; readonly hash: string };

/**
 * Texts that were made out of late, so that a script that asks all day costs two digests once; the oldest is forgotten first. What
 * is kept follows from a text alone: whether there is such a key, the database is asked each time.
 */
const MAX_READ = 100;
const READ = new Map<string, KeyText>();

/** Reads what may be a key. */
export async function readKeyText(key: string): Promise<KeyText> {
  const known = READ.get(key);
  if (known !== undefined) return known;
  const text = { kind: await kindOf(key), hash: await sha256Hex(key) };
  const [oldest] = READ.size >= MAX_READ ? READ.keys() : [];
  if (oldest !== undefined) READ.delete(oldest);
  READ.set(key, text);
  return text;
}

async function kindOf(key: string): Promise<KeyKind | null> {
  if (WITHOUT_CHECKSUM.test(key)) return "panel";
  const [, prefix = "", , checksum = ""] = FORM.exec(key) ?? [];
  if (prefix === "" || checksum !== (await checksumOf(key.slice(0, -CHECKSUM_CHARACTERS - 1)))) return null;
  return prefix === PREFIXES.operator ? "operator" : "panel";
}

/** The token in the URL of a provider's webhook: random, with a checksum. */
export async function newHookToken(randomBytes: Ports["randomBytes"]): Promise<string> {
  const body = toHex(randomBytes(KEY_BYTES));
  return `${body}${await checksumOf(`hook ${body}`)}`;
}

/** Whether a text can be such a token; one that was made up is not. */
export async function isHookTokenForm(token: string): Promise<boolean> {
  const [, body = "", checksum = ""] = /^([0-9a-f]{48})([0-9a-f]{8})$/.exec(token) ?? [];
  return body !== "" && checksum === (await checksumOf(`hook ${body}`));
}

/** A key's id, by which it is listed and ended. */
export function newKeyId(randomBytes: Ports["randomBytes"]): string {
  return `key_${toHex(randomBytes(KEY_ID_BYTES))}`;
}

async function checksumOf(body: string): Promise<string> {
  return (await sha256Hex(`panelsync key ${body}`)).slice(0, CHECKSUM_CHARACTERS);
}

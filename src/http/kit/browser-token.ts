/**
 * Browsers' tokens: JWTs with HS256, which a panel signs for its customers. In the query, or as a bearer.
 *
 * No library: one algorithm is taken, and nothing of a token chooses another. jose would read the same three parts by the
 * same WebCrypto, with 6 KB more of the bundle. The tests sign with it.
 */
import { readClaims, type TokenClaims, type TokenReach } from "../../domain/browser-token.ts";
import { fail, type Result } from "../../domain/result.ts";
import { base64Of, bytesOfBase64 } from "../../secrets/encryption-keys.ts";
import type { Failure } from "./errors.ts";

const ALGORITHM = "HS256";
/** A hundred long ids take less. Longer ones are not decoded. */
const MAX_TOKEN_CHARACTERS = 16_384;
const MAX_LANG_CHARACTERS = 35;

/** Whether a bearer is a token, and no key. */
export function isTokenForm(bearer: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(bearer);
}

/** The token that a URL carries; null where it carries none. */
export function tokenInQuery(url: URL): string | null {
  return url.search === "" ? null : url.searchParams.get("token");
}

/** The URL as its route reads it, and the language that a browser's texts are wanted in, if it says so. */
export function withoutToken(url: URL): { readonly url: URL; readonly lang: string | null } {
  const rest = new URL(url);
  const lang = rest.searchParams.get("lang");
  // One of each is taken; a second one is refused by the route.
  for (const name of ["token", "lang"]) {
    const [, ...others] = rest.searchParams.getAll(name);
    rest.searchParams.delete(name);
    for (const value of others) rest.searchParams.append(name, value);
  }
  return { url: rest, lang: lang === null ? null : lang.slice(0, MAX_LANG_CHARACTERS) };
}

/** What a token claims, whoever has signed it; `now` in epoch ms. What passes here can fail by its signature alone. */
export function readToken(token: string, now: number): Result<TokenClaims, Failure> {
  const problem = problemOf(token);
  if (problem !== null) return fail({ code: "token_invalid", problem });
  const claims = readClaims(partOf(token, 1), now);
  if (claims.ok) return claims;
  const { failure } = claims;
  return fail(failure.why === "expired" ? { code: "token_expired", at: failure.at } : { code: "token_invalid", problem: failure.problem });
}

/** What is wrong with a token's form or header. Reads on after "the token". */
function problemOf(token: string): string | null {
  if (token.length > MAX_TOKEN_CHARACTERS) return `has more than ${MAX_TOKEN_CHARACTERS} characters`;
  if (!isTokenForm(token)) return "must have three parts with dots between them, in base64url without padding";
  const header = partOf(token, 0);
  if (typeof header !== "object" || header === null) return "has no header that can be read";
  const { alg, crit } = header as Readonly<Record<string, unknown>>;
  if (alg !== ALGORITHM) return `must say "alg": "${ALGORITHM}" in its header`;
  // What is critical to its maker must be understood, and none of it is here.
  return crit === undefined ? null : "must have no `crit` in its header";
}

/** A part as JSON; null where it is none. */
function partOf(token: string, index: 0 | 1): unknown {
  const bytes = bytesOfBase64(token.split(".")[index] ?? "");
  try {
    return bytes === null ? null : JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return null;
  }
}

/** Whether a token was signed with this secret, by the one algorithm that is taken. */
export async function isSigned(token: string, secret: string): Promise<boolean> {
  const end = token.lastIndexOf(".");
  const signature = bytesOfBase64(token.slice(end + 1));
  return signature !== null && crypto.subtle.verify("HMAC", await verifyingKeyOf(secret), signature, utf8(token.slice(0, end)));
}

/** Secrets whose keys an isolate keeps made, so that a page which polls has its panel's made once; the oldest is forgotten first. */
const MAX_VERIFYING_KEYS = 100;
/** By the secret: it follows from that alone. Values and never promises, which one request must not wait for in another's place. */
const verifyingKeys = new Map<string, CryptoKey>();

async function verifyingKeyOf(secret: string): Promise<CryptoKey> {
  const known = verifyingKeys.get(secret);
  if (known !== undefined) return known;
  const key = await keyOf(secret, "verify");
  const [oldest] = verifyingKeys.size >= MAX_VERIFYING_KEYS ? verifyingKeys.keys() : [];
  if (oldest !== undefined) verifyingKeys.delete(oldest);
  verifyingKeys.set(secret, key);
  return key;
}

function keyOf(secret: string, use: "sign" | "verify"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", utf8(secret), { name: "HMAC", hash: "SHA-256" }, false, [use]);
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/** Makes a token, good until `expiresAt` (epoch ms, whole seconds). */
export async function signToken({ panel, reach, expiresAt }: TokenClaims, secret: string): Promise<string> {
  const claims = { ...claimOf(reach), iss: panel, exp: expiresAt / 1000 };
  const signed = [{ alg: ALGORITHM, typ: "JWT" }, claims].map((part) => base64Of(utf8(JSON.stringify(part)))).join(".");
  const signature = await crypto.subtle.sign("HMAC", await keyOf(secret, "sign"), utf8(signed));
  return `${signed}.${base64Of(new Uint8Array(signature))}`;
}

function claimOf(reach: TokenReach): Record<string, unknown> {
  return reach.by === "orders" ? { orders: reach.orders } : { customer: reach.customer };
}

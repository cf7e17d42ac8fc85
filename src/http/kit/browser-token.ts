/**
 * Browsers' tokens: JWTs with HS256, which a panel signs for its customers. In the query, or as a bearer.
 */
import { jwtVerify } from "jose/jwt/verify";
import { SignJWT } from "jose/jwt/sign";
import { decodeJwt } from "jose/jwt/decode";
import { decodeProtectedHeader } from "jose/decode/protected_header";
import { readClaims, type TokenClaims, type TokenReach, TOKEN_TOLERANCE_SECONDS } from "../../domain/browser-token.ts";
import { fail, type Result } from "../../domain/result.ts";
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
  const claims = readClaims(claimsOf(token), now);
  if (claims.ok) return claims;
  const { failure } = claims;
  return fail(failure.why === "expired" ? { code: "token_expired", at: failure.at } : { code: "token_invalid", problem: failure.problem });
}

/** What would fail with the signature, and then be told as a wrong secret: a wrong form or header. Reads on after "the token". */
function problemOf(token: string): string | null {
  if (token.length > MAX_TOKEN_CHARACTERS) return `has more than ${MAX_TOKEN_CHARACTERS} characters`;
  if (!isTokenForm(token)) return "must have three parts with dots between them, in base64url without padding";
  try {
    const { alg, crit } = decodeProtectedHeader(token);
    if (alg !== ALGORITHM) return `must say "alg": "${ALGORITHM}" in its header`;
    return crit === undefined ? null : "must have no `crit` in its header";
  } catch {
    return "has no header that can be read";
  }
}

function claimsOf(token: string): unknown {
  try {
    return decodeJwt(token);
  } catch {
    return null;
  }
}

/** Whether a token was signed with this secret, by the one algorithm that is taken; `now` in epoch ms. */
export async function isSigned(token: string, secret: string, now: number): Promise<boolean> {
  const options = { algorithms: [ALGORITHM], clockTolerance: TOKEN_TOLERANCE_SECONDS, currentDate: new Date(now) };
  try {
    await jwtVerify(token, await verifyingKeyOf(secret), options);
    return true;
  } catch {
    return false; // no token that counts; jose says why by the class of what it throws, and nobody is told
  }
}

/** Secrets whose keys an isolate keeps made, so that a page which polls has its panel's made once; the oldest is forgotten first. */
const MAX_VERIFYING_KEYS = 100;
/** By the secret: it follows from that alone. Values and never promises, which one request must not wait for in another's place. */
const verifyingKeys = new Map<string, CryptoKey>();

async function verifyingKeyOf(secret: string): Promise<CryptoKey> {
  const known = verifyingKeys.get(secret);
  if (known !== undefined) return known;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["verify"]);
  const [oldest] = verifyingKeys.size >= MAX_VERIFYING_KEYS ? verifyingKeys.keys() : [];
  if (oldest !== undefined) verifyingKeys.delete(oldest);
  verifyingKeys.set(secret, key);
  return key;
}

/** Makes a token, good until `expiresAt` (epoch ms, whole seconds). */
export function signToken({ panel, reach, expiresAt }: TokenClaims, secret: string): Promise<string> {
  return new SignJWT(claimOf(reach))
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
    .setIssuer(panel)
    .setExpirationTime(expiresAt / 1000)
    .sign(new TextEncoder().encode(secret));
}

function claimOf(reach: TokenReach): Record<string, unknown> {
  return reach.by === "orders" ? { orders: reach.orders } : { customer: reach.customer };
}

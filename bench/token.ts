/** A browser's token, as a panel's backend signs it without a library. */
import { createHmac } from "node:crypto";

const LASTS_SECONDS = 3600;

/** Names one order of a panel's; good for an hour from `now`, epoch ms. */
export function tokenFor(panel: string, orderId: string, secret: string, now: number): string {
  const claims = { iss: panel, exp: Math.floor(now / 1000) + LASTS_SECONDS, orders: [orderId] };
  const signed = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

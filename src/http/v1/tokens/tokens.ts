/**
 * Tokens with which customers' browsers read their orders, and the secret that signs them. A panel's backend signs tokens
 * itself with that secret, or asks for one here.
 */
import * as z from "zod/mini";
import { MAX_TOKEN_HOURS, MAX_TOKEN_ORDERS, type TokenReach } from "../../../domain/browser-token.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { isoTime } from "../../../domain/time.ts";
import { base64Of } from "../../../secrets/encryption-keys.ts";
import { tokenSecretPlace } from "../../../secrets/sealed-text.ts";
import { type Actor, auditStatement } from "../../../store/operations/audit.ts";
import { readTokenSecret, storeTokenSecret } from "../../../store/panels/panels.ts";
import { timeAnswer } from "../../kit/answers.ts";
import { signToken } from "../../kit/browser-token.ts";
import type { Answer, Context, KeyContext, PanelContext } from "../../kit/context.ts";
import type { Failure } from "../../kit/errors.ts";
import { line, orderId, wholeNumber } from "../../kit/fields.ts";
import { json } from "../../kit/reply.ts";

const SECRET_BYTES = 32;
const DEFAULT_TTL_SECONDS = 3600;
const MAX_TTL_SECONDS = MAX_TOKEN_HOURS * 3600;
const MAX_CUSTOMER_CHARACTERS = 128;

const ONE_OF_THEM = "is what the token is for: give either orders or customer";

export const tokenBody = z
  .strictObject({
    orders: z.exactOptional(z.array(orderId).check(z.minLength(1), z.maxLength(MAX_TOKEN_ORDERS))),
    customer: z.exactOptional(line(MAX_CUSTOMER_CHARACTERS)),
    ttl_seconds: z.prefault(wholeNumber(1, MAX_TTL_SECONDS), DEFAULT_TTL_SECONDS),
  })
  .check(z.refine(({ orders, customer }) => (orders === undefined) !== (customer === undefined), { path: ["orders"], error: ONE_OF_THEM }));

/**
 * `POST /v1/tokens`. A panel that has no token secret yet gets one. Whether the orders exist is not asked: a token may be
 * made before its order is registered, and reads only what is the panel's.
 */
export async function postToken(context: PanelContext, { body }: { readonly body: z.output<typeof tokenBody> }): Promise<Answer> {
  const { panel, now } = context;
  const secret = await secretOf(context);
  if (!secret.ok) return secret;
  const reach: TokenReach =
    body.orders === undefined ? { by: "customer", customer: body.customer ?? "" } : { by: "orders", orders: body.orders };
  // Tokens end at a full second.
  const expiresAt = Math.floor(now / 1000 + body.ttl_seconds) * 1000;
  return json(201, { token: await signToken({ panel: panel.id, reach, expiresAt }, secret.value), expires_at: isoTime(expiresAt) });
}

export const tokenAnswer = z.strictObject({ token: z.string(), expires_at: timeAnswer });

async function secretOf(context: PanelContext): Promise<Result<string, Failure>> {
  const { panel, db, ports } = context;
  const stored = await readTokenSecret(db, panel.id);
  if (stored === null) {
    const made = await makeSecret(context, { panel: panel.id, actor: panel.actor, when: "unless_set" });
    // Somebody else has made one at the same moment: then that one signs.
    return made.ok && made.value === null ? secretOf(context) : (made as Result<string, Failure>);
  }
  const opened = await ports.secrets.open(tokenSecretPlace(panel.id), stored);
  return opened.ok ? opened : fail({ code: "token_secret_unreadable", panel: panel.id });
}

type Wanted = { readonly panel: string; readonly actor: Actor; readonly when: "always" | "unless_set" };

/** Makes and stores a secret. Null where it was not stored: there is one already, or no such panel. */
async function makeSecret({ db, ports, now }: Context, { panel, actor, when }: Wanted): Promise<Result<string | null, Failure>> {
  const secret = base64Of(Uint8Array.from(ports.randomBytes(SECRET_BYTES)));
  const sealed = await ports.secrets.seal(tokenSecretPlace(panel), secret, ports.randomBytes);
  if (!sealed.ok) return fail({ code: "sealing_off", problem: sealed.failure });
  const entry = { at: now, actor, panel, action: "panel.token_secret_made", subject: `panel:${panel}`, before: null, after: null } as const;
  const isStored = await storeTokenSecret(db, { panel, sealed: sealed.value, when }, auditStatement(db, entry, "if_changed"));
  return ok(isStored ? secret : null);
}

/** `POST /v1/panels/{id}/token-secret`: the answer is the only place where it is shown. Every token made before ends. */
export async function postTokenSecret(
  context: KeyContext,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<Answer> {
  const { panel: own, actor } = context.keeper;
  if (own !== null && own !== id) return fail({ code: "another_panel" });
  const made = await makeSecret(context, { panel: id, actor, when: "always" });
  if (!made.ok) return made;
  return made.value === null ? fail({ code: "panel_not_found", panel: id }) : json(201, { secret: made.value });
}

export const tokenSecretAnswer = z.strictObject({ secret: z.string() });

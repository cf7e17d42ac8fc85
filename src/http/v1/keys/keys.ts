/**
 * Keys: an operator manages all of them, a panel's key with the scope `keys` those of its own panel.
 */
import * as z from "zod/mini";
import {
  allScopes,
  mayGrant,
  OPERATOR_SCOPES,
  PANEL_SCOPES,
  type OperatorScope,
  type PanelScope,
  type Scope,
} from "../../../domain/access.ts";
import { MAX_PANEL_KEYS } from "../../../domain/panel-share.ts";
import { fail, type Result } from "../../../domain/result.ts";
import { isoTime } from "../../../domain/time.ts";
import { auditStatement } from "../../../store/operations/audit.ts";
import { createKey, deleteKey, type Key, type KeyOwner, listKeys, type NewKeyRow, readKey } from "../../../store/panels/keys.ts";
import { pageAnswer, timeAnswer } from "../../kit/answers.ts";
import type { Answer, KeyContext } from "../../kit/context.ts";
import type { Failure } from "../../kit/errors.ts";
import { line, moment, optional, slug } from "../../kit/fields.ts";
import { newKey, newKeyId } from "../../kit/key-form.ts";
import { optionalCursor, pageOf } from "../../kit/page.ts";
import { limitParam } from "../../kit/query.ts";
import { json, noContent } from "../../kit/reply.ts";

const MAX_NAME_CHARACTERS = 128;

const SCOPES = [...PANEL_SCOPES, ...OPERATOR_SCOPES] as const;

const SCOPE_WORDING = `must be one of ${PANEL_SCOPES.join(", ")} for a panel's key, one of ${OPERATOR_SCOPES.join(", ")} for an operator's`;

export const newKeyBody = z.strictObject({
  name: line(MAX_NAME_CHARACTERS),
  panel: optional(slug),
  scopes: z.exactOptional(z.array(z.enum(SCOPES, { error: SCOPE_WORDING })).check(z.minLength(1))),
  expires_at: optional(moment),
});

/** `POST /v1/keys`. The answer is the only place where the key is ever shown. */
export async function postKey(context: KeyContext, { body }: { readonly body: z.output<typeof newKeyBody> }): Promise<Answer> {
  const { db, ports, now, keeper } = context;
  const wanted = wantedKey(keeper, body, now);
  if (!wanted.ok) return wanted;
  const { panel, scopes } = wanted.value;
  const { key, hash, hint } = await newKey(panel === null ? "operator" : "panel", ports.randomBytes);
  const row: NewKeyRow = {
    hash,
    hint,
    panel,
    scopes,
    id: newKeyId(ports.randomBytes),
    name: body.name,
    createdAt: now,
    expiresAt: body.expires_at,
  };
  const view = keyView({ ...row, lastUsedOn: null });
  const entry = {
    at: now,
    actor: keeper.actor,
    panel,
    action: "key.created",
    subject: `key:${row.id}`,
    before: null,
    after: view,
  } as const;
  // The operator's keys, and those that the operator makes for a panel, have no bound.
  const most = keeper.panel === null ? null : MAX_PANEL_KEYS;
  if (await createKey(db, row, most, auditStatement(db, entry, "if_changed"))) return json(201, { ...view, key });
  return fail(most === null ? { code: "panel_not_found", panel: panel ?? "" } : { code: "keys_full", most });
}

type Wanted = { readonly panel: string | null; readonly scopes: readonly Scope[] };

/** Whose key is to be made, and for what; or why this caller may not. */
function wantedKey(
  { holder, actsFor }: KeyContext["keeper"],
  { panel: named, scopes: given, expires_at: expiresAt }: z.output<typeof newKeyBody>,
  now: number,
): Result<Wanted, Failure> {
  if (actsFor !== null && named !== null && named !== actsFor) return fail({ code: "another_panel" });
  const panel = actsFor ?? named;
  const kinds: readonly Scope[] = panel === null ? OPERATOR_SCOPES : PANEL_SCOPES;
  // Without a word of it, a key may what its maker may.
  const scopes = given ?? (holder.kind === "panel" ? holder.scopes : allScopes(panel === null ? "operator" : "panel"));
  if (!scopes.every((scope) => kinds.includes(scope)))
    return fail({ code: "invalid_request", fields: [{ path: "scopes", message: SCOPE_WORDING }] });
  if (expiresAt !== null && expiresAt <= now)
    return fail({ code: "invalid_request", fields: [{ path: "expires_at", message: "must be in the future" }] });
  if (!mayGrant(holder, scopes)) {
    const mine = holder.scopes as readonly Scope[];
    return fail({ code: "scope_above_own", scopes: scopes.filter((scope) => !mine.includes(scope)) });
  }
  return { ok: true, value: { panel, scopes: kinds.filter((scope) => scopes.includes(scope)) } };
}

export const keysQuery = z.strictObject({
  panel: z.exactOptional(slug),
  limit: limitParam,
  cursor: optionalCursor(z.tuple([z.string()])),
});

/** `GET /v1/keys`, by id: those of one panel, or all that the caller manages. */
export async function getKeys(
  { db, keeper }: KeyContext,
  { query: { panel, limit, cursor } }: { readonly query: z.output<typeof keysQuery> },
): Promise<Answer> {
  if (keeper.actsFor !== null && panel !== undefined && panel !== keeper.actsFor) return fail({ code: "another_panel" });
  const owner: KeyOwner = panel === undefined ? ownerOf(keeper) : { panel };
  const { page, paging } = pageOf(await listKeys(db, owner, { after: cursor?.[0] ?? "", limit: limit + 1 }), limit, ({ id }) => [id]);
  return json(200, { keys: page.map(keyView), ...paging });
}

/** `DELETE /v1/keys/{id}`: from now on the key opens nothing. */
export async function removeKey(context: KeyContext, { params: { id } }: { readonly params: { readonly id: string } }): Promise<Answer> {
  const { db, now, keeper } = context;
  const key = await readKey(db, ownerOf(keeper), id);
  if (key === null) return fail({ code: "key_not_found", key: id });
  const subject = `key:${id}` as const;
  const entry = { at: now, actor: keeper.actor, panel: key.panel, action: "key.ended", subject, before: keyView(key), after: null };
  const isEnded = await deleteKey(db, id, auditStatement(db, entry, "if_changed"));
  return isEnded ? noContent() : fail({ code: "key_not_found", key: id });
}

function ownerOf({ actsFor }: KeyContext["keeper"]): KeyOwner {
  return actsFor === null ? "all" : { panel: actsFor };
}

function keyView({ id, name, panel, scopes, hint, createdAt, expiresAt, lastUsedOn }: Key) {
  return {
    id,
    name,
    panel,
    scopes: scopes as readonly (PanelScope | OperatorScope)[],
    key_hint: hint,
    created_at: isoTime(createdAt),
    expires_at: expiresAt === null ? null : isoTime(expiresAt),
    last_used_on: lastUsedOn,
  };
}

const keyFields = {
  id: z.string(),
  name: z.string(),
  panel: z.nullable(z.string()),
  scopes: z.array(z.enum(SCOPES)),
  key_hint: z.nullable(z.string()),
  created_at: timeAnswer,
  expires_at: z.nullable(timeAnswer),
  last_used_on: z.nullable(z.string()),
};

export const keyAnswer = z.strictObject(keyFields);
export const newKeyAnswer = z.strictObject({ ...keyFields, key: z.string() });
export const keysAnswer = pageAnswer("keys", keyAnswer);

/** `GET /v1/me`: who the caller is. */
export function getMe({ keeper: { holder, panel, key } }: KeyContext): Promise<Answer> {
  const known = key === null ? null : keyView(key);
  return Promise.resolve(json(200, { kind: holder.kind, panel, scopes: holder.scopes, key: known }));
}

export const meAnswer = z.strictObject({
  kind: z.enum(["operator", "panel"]),
  panel: z.nullable(z.string()),
  scopes: z.array(z.enum(SCOPES)),
  key: z.nullable(keyAnswer),
});

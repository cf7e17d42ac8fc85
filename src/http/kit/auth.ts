/**
 * Who asks. The operator's token is compared here; a panel's key is hashed here and looked up by the statement that
 * reads for it, so that a status read takes one round trip to D1, the key check included.
 */
import { fail, ok, type Result } from "../../domain/result.ts";
import type { Order } from "../../domain/order.ts";
import type { Actor } from "../../store/operations/audit.ts";
import { type Panel, type PanelRef, readPanel } from "../../store/panels/panels.ts";
import type { Ports } from "../../ports.ts";
import type { Context } from "./context.ts";
import { isSameHash, sha256Hex, toHex } from "./hash.ts";
import type { Failure } from "./errors.ts";

/** A shorter token could be guessed; the operator's access stays off then. */
const MIN_ADMIN_TOKEN_CHARACTERS = 16;

const PANEL_KEY_PREFIX = "ps_";
/** 192 random bits. */
const PANEL_KEY_BYTES = 24;
/** Far more than any key of ours has: what is longer is not hashed. */
const MAX_KEY_CHARACTERS = 256;

/** A new key for a panel. It is shown once; what is kept is `panelKeyHash` of it. */
export function newPanelKey(randomBytes: Ports["randomBytes"]): string {
  return PANEL_KEY_PREFIX + toHex(randomBytes(PANEL_KEY_BYTES));
}

export function panelKeyHash(key: string): Promise<string> {
  return sha256Hex(key);
}

/** A key that could be a panel's; anything else is refused without asking the database. */
export function isPanelKey(key: string): boolean {
  return key.startsWith(PANEL_KEY_PREFIX) && key.length <= MAX_KEY_CHARACTERS;
}

/** The operator, or somebody with what may be a panel's key: whether it is one, the database knows. */
type Caller = { readonly kind: "operator" } | { readonly kind: "panel"; readonly keyHash: string };

async function identify({ request, env }: Context): Promise<Result<Caller, Failure>> {
  const key = bearerKey(request.headers.get("Authorization"));
  if (key === null) return fail({ code: "unauthorized", why: "no_key" });
  // A deployed Worker whose secret was never set has none, whatever the type says.
  const adminToken = (env.ADMIN_TOKEN as string | undefined) ?? "";
  const isAdminOn = adminToken.length >= MIN_ADMIN_TOKEN_CHARACTERS;
  if (isAdminOn && isSameHash(await sha256Hex(key), await sha256Hex(adminToken))) return ok({ kind: "operator" });
  if (isPanelKey(key)) return ok({ kind: "panel", keyHash: await panelKeyHash(key) });
  return fail(
    isAdminOn ? { code: "unauthorized", why: "unknown_key" } : { code: "admin_disabled", minCharacters: MIN_ADMIN_TOKEN_CHARACTERS },
  );
}

function bearerKey(authorization: string | null): string | null {
  const key = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  return key === undefined || key.length > MAX_KEY_CHARACTERS ? null : key;
}

/** The panel that a request is for. Whether there is one is for the database to say; if not, answer `noSuchPanel`. */
export async function panelOf(call: Context): Promise<Result<PanelRef, Failure>> {
  const caller = await identify(call);
  if (!caller.ok) return caller;
  if (caller.value.kind === "panel") return ok({ by: "key_hash", value: caller.value.keyHash });
  const id = call.request.headers.get("Panel");
  return id === null || id === "" ? fail({ code: "panel_required" }) : ok({ by: "id", value: id });
}

export function noSuchPanel(ref: PanelRef): { readonly ok: false; readonly failure: Failure } {
  return fail(ref.by === "id" ? { code: "panel_not_found", panel: ref.value } : { code: "unauthorized", why: "unknown_key" });
}

/** The actor of what `requireOperator` lets pass. */
export const OPERATOR: Actor = "operator";

/** A panel, and who acts for it: whoever has its key, or the operator. */
export type ActingPanel = Panel & { readonly actor: Actor };

/** The panel that a request is for, looked up by itself: for what writes, or needs the panel before it can read. */
export async function requirePanel(call: Context): Promise<Result<ActingPanel, Failure>> {
  const ref = await panelOf(call);
  if (!ref.ok) return ref;
  const panel = await readPanel(call.env.DB, ref.value);
  if (panel === null) return noSuchPanel(ref.value);
  return ok({ ...panel, actor: ref.value.by === "id" ? OPERATOR : `panel:${panel.id}` });
}

/**
 * Whether somebody may move the money of an order by hand. What a panel has bought from the own catalogue, on its
 * account here, is the operator's to return: its own key would make money of it.
 */
export function mayDecide({ actor, money }: ActingPanel, { channel: door }: Pick<Order, "channel">): boolean {
  return actor === OPERATOR || money !== "ledger" || door !== "catalogue";
}

/** Lets the operator pass, and nobody else. A panel's key is told that it is the wrong one; an unknown key, only that. */
export async function requireOperator(call: Context): Promise<Result<null, Failure>> {
  const caller = await identify(call);
  if (!caller.ok) return caller;
  if (caller.value.kind === "operator") return ok(null);
  const panel = await readPanel(call.env.DB, { by: "key_hash", value: caller.value.keyHash });
  return fail(panel === null ? { code: "unauthorized", why: "unknown_key" } : { code: "forbidden" });
}

/**
 * Who asks. The operator's token is compared here; a panel's key is hashed here and looked up by the statement that
 * reads for it, so that a status read takes one round trip to D1, the key check included.
 */
import { fail, ok, type Result } from "../../domain/result.ts";
import type { Order } from "../../domain/order.ts";
import type { Actor } from "../../store/operations/audit.ts";
import { type PanelRef, readPanel } from "../../store/panels/panels.ts";
import type { Ports } from "../../ports.ts";
import { adminTokenOf } from "./admin-token.ts";
import type { ActingPanel, Context, OperatorContext, PanelContext, PanelRefContext } from "./context.ts";
import { isSameHash, sha256Hex, toHex } from "./hash.ts";
import type { Failure } from "./errors.ts";

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
export type Caller = { readonly kind: "operator" } | { readonly kind: "panel"; readonly keyHash: string };

/** Finds out who asks. */
export type Identify = (context: Context) => Promise<Result<Caller, Failure>>;

async function identify(context: Context): Promise<Result<Caller, Failure>> {
  const { request } = context;
  const key = bearerKey(request.headers.get("Authorization"));
  if (key === null) return fail({ code: "unauthorized", why: "no_key" });
  const admin = adminTokenOf(context);
  if (admin.ok && isSameHash(await sha256Hex(key), await sha256Hex(admin.value))) return ok({ kind: "operator" });
  if (isPanelKey(key)) return ok({ kind: "panel", keyHash: await panelKeyHash(key) });
  return fail(admin.ok ? { code: "unauthorized", why: "unknown_key" } : { code: "admin_disabled", problem: admin.failure });
}

function bearerKey(authorization: string | null): string | null {
  const key = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  return key === undefined || key.length > MAX_KEY_CHARACTERS ? null : key;
}

/**
 * Who may use a route:
 * - `anyone`: with a key or without.
 * - `operator`: the operator, and nobody else.
 * - `panel`: a panel by its key, or the operator for one that a header names. The panel is looked up first: for what
 *   writes, or needs the panel before it can read.
 * - `panel_in_read`: the same callers; the panel is looked up by the statement that reads for it, in one round trip.
 */
export type ContextOf = {
  readonly anyone: Context;
  readonly operator: OperatorContext;
  readonly panel: PanelContext;
  readonly panel_in_read: PanelRefContext;
};
export type Who = keyof ContextOf;

type Admission<C> = (context: Context, identified: Identify) => Promise<Result<C, Failure>>;

const ADMIT: { readonly [W in Who]: Admission<ContextOf[W]> } = {
  anyone: (context) => Promise.resolve(ok(context)),
  operator: admitOperator,
  panel: admitPanel,
  panel_in_read: admitPanelRef,
};

/**
 * Lets those pass whom a route names. Each admission names the kinds of callers that it lets pass, and refuses every
 * other: a kind that is added later opens no route until its case stands there.
 */
export function admit<W extends Who>(who: W, context: Context, identified: Identify = identify): Promise<Result<ContextOf[W], Failure>> {
  return ADMIT[who](context, identified);
}

const REFUSED = fail({ code: "forbidden" } as const);

async function admitOperator(context: Context, identified: Identify): Promise<Result<OperatorContext, Failure>> {
  const caller = await identified(context);
  if (!caller.ok) return caller;
  switch (caller.value.kind) {
    case "operator":
      return ok({ ...context, actor: OPERATOR });
    case "panel": {
      // A panel's key is told that it is the wrong one; an unknown key, only that.
      const panel = await readPanel(context.db, { by: "key_hash", value: caller.value.keyHash });
      return panel === null ? fail({ code: "unauthorized", why: "unknown_key" }) : REFUSED;
    }
    default:
      return REFUSED;
  }
}

async function admitPanelRef(context: Context, identified: Identify): Promise<Result<PanelRefContext, Failure>> {
  const caller = await identified(context);
  if (!caller.ok) return caller;
  switch (caller.value.kind) {
    case "panel":
      return ok({ ...context, panelRef: { by: "key_hash", value: caller.value.keyHash } });
    case "operator": {
      const id = context.request.headers.get("Panel");
      return id === null || id === "" ? fail({ code: "panel_required" }) : ok({ ...context, panelRef: { by: "id", value: id } });
    }
    default:
      return REFUSED;
  }
}

async function admitPanel(context: Context, identified: Identify): Promise<Result<PanelContext, Failure>> {
  const named = await admitPanelRef(context, identified);
  if (!named.ok) return named;
  const { panelRef: ref } = named.value;
  const panel = await readPanel(context.db, ref);
  if (panel === null) return noSuchPanel(ref);
  // Only the operator names a panel by its id.
  return ok({ ...context, panel: { ...panel, actor: ref.by === "id" ? OPERATOR : `panel:${panel.id}` } });
}

export function noSuchPanel(ref: PanelRef): { readonly ok: false; readonly failure: Failure } {
  return fail(ref.by === "id" ? { code: "panel_not_found", panel: ref.value } : { code: "unauthorized", why: "unknown_key" });
}

/** The actor of what the operator does. */
export const OPERATOR: Actor = "operator";

/**
 * Whether somebody may move the money of an order by hand. What a panel has bought from the own catalogue, on its
 * account here, is the operator's to return: its own key would make money of it.
 */
export function mayDecide({ actor, money }: ActingPanel, { channel }: Pick<Order, "channel">): boolean {
  return actor === OPERATOR || money !== "ledger" || channel !== "catalogue";
}

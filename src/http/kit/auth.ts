/**
 * Who asks, and whether they may. ADMIN_TOKEN is compared here; another key is hashed here and looked up by the statement
 * that reads for it, so that a status read takes one round trip to D1, the key check included. What a key may is decided
 * in src/domain/access.ts.
 */
import { type Denial, denial, keyDenial, type Requirement, type Scope } from "../../domain/access.ts";
import { fail, ok, type Result } from "../../domain/result.ts";
import type { Order } from "../../domain/order.ts";
import { isoTime } from "../../domain/time.ts";
import type { Actor } from "../../store/operations/audit.ts";
import { tokenSecretPlace } from "../../secrets/sealed-text.ts";
import { type Acting, type PanelRef, readActing, refusalOf } from "../../store/panels/panels.ts";
import type { OperatorRefusal } from "../../store/panels/all-panels.ts";
import { type Key, noteUse, type PanelKey, readOperatorKey } from "../../store/panels/keys.ts";
import { adminTokenOf, isAdminTokenHash } from "./admin-token.ts";
import { isSigned, isTokenForm, readToken, tokenInQuery, withoutToken } from "./browser-token.ts";
import type {
  ActingPanel,
  AllPanelsContext,
  Answer,
  Context,
  KeyContext,
  OperatorContext,
  PanelContext,
  PanelRefContext,
  ReaderContext,
} from "./context.ts";
import { isShut, noteFailedKey, noteGoodKey } from "./failed-keys.ts";
import { MAX_KEY_CHARACTERS, readKeyText } from "./key-form.ts";
import type { Failure } from "./errors.ts";

/**
 * The operator with ADMIN_TOKEN, or somebody with what may be a key or a browser's token: whether it is one, the database
 * knows.
 */
export type Caller =
  | { readonly kind: "admin_token" }
  | { readonly kind: "operator_key"; readonly keyHash: string }
  | { readonly kind: "panel_key"; readonly keyHash: string }
  | { readonly kind: "token"; readonly token: string };

/** Finds out who asks. */
export type Identify = (context: Context) => Promise<Result<Caller, Failure>>;

async function identify(context: Context): Promise<Result<Caller, Failure>> {
  const inQuery = tokenInQuery(context.url);
  if (inQuery !== null) return ok({ kind: "token", token: inQuery });
  const bearer = bearerOf(context.request.headers.get("Authorization"));
  const key = bearer === null || bearer.length > MAX_KEY_CHARACTERS ? null : bearer;
  const text = key === null ? null : await readKeyText(key);
  // ADMIN_TOKEN may look like a browser's token; it is no longer than any other key.
  const isAdmin = text !== null && (await isAdminTokenHash(context, text.hash));
  if (bearer !== null && isTokenForm(bearer) && !isAdmin) return ok({ kind: "token", token: bearer });
  if (text === null) return fail({ code: "unauthorized", why: "no_key" });
  if (isAdmin) return ok({ kind: "admin_token" });
  const { kind, hash: keyHash } = text;
  if (kind !== null) return isShut(context, keyHash) ? fail({ code: "too_many_keys" }) : ok({ kind: `${kind}_key`, keyHash });
  const admin = adminTokenOf(context);
  return fail(admin.ok ? { code: "unauthorized", why: "unknown_key" } : { code: "admin_disabled", problem: admin.failure });
}

function bearerOf(authorization: string | null): string | null {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? null;
}

/**
 * Who may use a route:
 * - `anyone`: with a key or without.
 * - `operator`: an operator, and nobody else.
 * - `panel`: a panel by its key, or an operator for one that a header names. The panel is looked up first: for what
 *   writes, or needs the panel before it can read.
 * - `panel_in_read`: the same callers; the panel is looked up by the statement that reads for it, in one round trip.
 * - `reader`: the same callers as there, and browsers with a token.
 * - `key`: an operator or a panel, for what is about keys.
 *
 * Whether the key's scopes and the panel's role allow it is the route's `requirement`.
 */
export type ContextOf = {
  readonly anyone: Context;
  readonly operator: OperatorContext;
  readonly panel: PanelContext;
  readonly panel_in_read: PanelRefContext;
  readonly reader: ReaderContext;
  readonly key: KeyContext;
};
export type Who = keyof ContextOf;

type Admission<C> = (context: Context, requirement: Requirement, identified: Identify) => Promise<Result<C, Failure>>;

const ADMIT: { readonly [W in Who]: Admission<ContextOf[W]> } = {
  anyone: (context) => Promise.resolve(ok(context)),
  operator: admitOperator,
  panel: admitPanel,
  panel_in_read: admitPanelRef,
  reader: admitReader,
  key: admitKey,
};

/**
 * Lets those pass whom a route names. Each admission names the kinds of callers that it lets pass, and refuses every
 * other: a kind that is added later opens no route until its case stands there.
 */
export function admit<W extends Who>(
  who: W,
  requirement: Requirement,
  context: Context,
  identified: Identify = identify,
): Promise<Result<ContextOf[W], Failure>> {
  return ADMIT[who](context, requirement, identified);
}

const REFUSED = fail({ code: "forbidden", scope: null } as const);
/** Tokens read orders, and nothing else. */
const TOKEN_REFUSED = fail({ code: "token_forbidden" } as const);

/** As which panel an operator names all of them. No panel can have this id. */
const ALL_PANELS = "*";

/** Whether a request is about all panels. */
export function isOverAll({ request }: Context): boolean {
  return request.headers.get("Panel") === ALL_PANELS;
}

/** Lets operators pass who ask about all panels; the key is looked up by the statement that reads. */
export async function admitOverAll(
  context: Context,
  requirement: Requirement,
  identified: Identify = identify,
): Promise<Result<AllPanelsContext, Failure>> {
  const caller = await identified(context);
  if (!caller.ok) return caller;
  switch (caller.value.kind) {
    case "admin_token":
    case "operator_key": {
      const operatorKey = caller.value.kind === "operator_key" ? caller.value.keyHash : null;
      const onAdmit = (key: Key | null): void => {
        if (key !== null) noteUseOf(context, key, operatorKey);
      };
      return ok({ ...context, allPanels: { operatorKey, requirement, now: context.now, onAdmit } });
    }
    case "panel_key": {
      const ofKey = withRef(context, { by: "key_hash", value: caller.value.keyHash, operatorKey: null, requirement });
      const named = await asNamed(ofKey, ALL_PANELS);
      return named.ok ? REFUSED : named;
    }
    case "token":
      return TOKEN_REFUSED;
    default:
      return REFUSED;
  }
}

/** Why nothing was read over all panels. */
export function notOverAll(context: AllPanelsContext, refusal: OperatorRefusal): Promise<Answer> {
  return refusal.kind === "no_key" ? unknownKey(context) : Promise.resolve(fail(failureOf(refusal.denial, null)));
}

async function admitOperator(context: Context, requirement: Requirement, identified: Identify): Promise<Result<OperatorContext, Failure>> {
  const caller = await identified(context);
  if (!caller.ok) return caller;
  switch (caller.value.kind) {
    case "admin_token":
      if (isOverAll(context)) return fail({ code: "not_over_all_panels" });
      return ok({ ...context, actor: actorOf(context, "operator", null), key: null });
    case "operator_key": {
      const { keyHash } = caller.value;
      const key = await readOperatorKey(context.db, keyHash);
      if (key === null) return unknownKey(context);
      const denied = keyDenial(key, null, context.now) ?? denial({ kind: "operator", scopes: key.scopes }, null, requirement);
      if (denied !== null) return fail(failureOf(denied, null));
      noteUseOf(context, key, keyHash);
      if (isOverAll(context)) return fail({ code: "not_over_all_panels" });
      return ok({ ...context, actor: actorOf(context, "operator", key), key });
    }
    case "panel_key": {
      // A panel's key is told that it is the wrong one; an unknown key, only that.
      const { panelRef } = withRef(context, { by: "key_hash", value: caller.value.keyHash, operatorKey: null, requirement });
      const refusal = await refusalOf(context.db, panelRef);
      return refusal?.kind === "no_key" ? unknownKey(context) : REFUSED;
    }
    case "token":
      return TOKEN_REFUSED;
    default:
      return REFUSED;
  }
}

async function admitKey(context: Context, requirement: Requirement, identified: Identify): Promise<Result<KeyContext, Failure>> {
  const caller = await identified(context);
  if (!caller.ok) return caller;
  const header = context.request.headers.get("Panel") ?? "";
  const named = header === "" ? null : header;
  switch (caller.value.kind) {
    case "admin_token":
    case "operator_key": {
      const operator = await admitOperator(context, requirement, () => Promise.resolve(caller));
      if (!operator.ok) return operator;
      const { actor, key } = operator.value;
      const scopes = key === null ? (["admin"] as const) : key.scopes;
      return ok({ ...context, keeper: { holder: { kind: "operator", scopes }, panel: null, actsFor: named, key, actor } });
    }
    case "panel_key": {
      const ofKey = withRef(context, { by: "key_hash", value: caller.value.keyHash, operatorKey: null, requirement });
      const acting = await readActing(context.db, ofKey.panelRef);
      if (acting === null) return noSuchPanel(ofKey);
      const { key } = acting as Acting & { readonly key: PanelKey };
      const { actor } = ofKey.admitted();
      const panel = acting.panel.id;
      if (named !== null && named !== panel) return fail({ code: "another_panel" });
      return ok({ ...context, keeper: { holder: { kind: "panel", scopes: key.scopes }, panel, actsFor: panel, key, actor } });
    }
    case "token":
      return TOKEN_REFUSED;
    default:
      return REFUSED;
  }
}

async function admitPanelRef(context: Context, requirement: Requirement, identified: Identify): Promise<Result<PanelRefContext, Failure>> {
  const caller = await identified(context);
  if (!caller.ok) return caller;
  const named = context.request.headers.get("Panel");
  switch (caller.value.kind) {
    case "panel_key": {
      const ofKey = withRef(context, { by: "key_hash", value: caller.value.keyHash, operatorKey: null, requirement });
      // Which panel the key is of is known with the read; a header that names one is looked at here, and costs one more.
      return named === null || named === "" ? ok(ofKey) : asNamed(ofKey, named);
    }
    case "admin_token":
    case "operator_key": {
      if (named === null || named === "") return fail({ code: "panel_required" });
      if (named === ALL_PANELS) return fail({ code: "not_over_all_panels" });
      const operatorKey = caller.value.kind === "operator_key" ? caller.value.keyHash : null;
      return ok(withRef(context, { by: "id", value: named, operatorKey, requirement }));
    }
    case "token":
      return TOKEN_REFUSED;
    default:
      return REFUSED;
  }
}

async function admitReader(context: Context, requirement: Requirement, identified: Identify): Promise<Result<ReaderContext, Failure>> {
  const caller = await identified(context);
  if (!caller.ok) return caller;
  if (caller.value.kind === "token") return admitToken(context, requirement, caller.value.token);
  const admitted = await admitPanelRef(context, requirement, () => Promise.resolve(caller));
  return admitted.ok ? ok({ ...admitted.value, browser: null }) : admitted;
}

/** What the token says is read here; whether the panel has signed it is known with the read. */
async function admitToken(context: Context, requirement: Requirement, token: string): Promise<Result<ReaderContext, Failure>> {
  const claims = readToken(token, context.now);
  if (!claims.ok) return claims;
  const { panel, reach } = claims.value;
  const named = context.request.headers.get("Panel") ?? "";
  if (named !== "" && named !== panel) return fail({ code: "another_panel" });
  // Stands for the token where good ones are remembered, as a digest does for a key: it opens nothing by itself.
  const signature = token.slice(token.lastIndexOf(".") + 1);
  if (isShut(context, signature)) return fail({ code: "too_many_keys" });
  const isGenuine = async (stored: string): Promise<boolean> => {
    const secret = await context.ports.secrets.open(tokenSecretPlace(panel), stored);
    if (!secret.ok || !(await isSigned(token, secret.value, context.now))) return false;
    noteGoodKey(signature);
    return true;
  };
  const { url, lang } = withoutToken(context.url);
  const ofToken = withRef({ ...context, url }, { by: "token", value: panel, operatorKey: null, requirement, isGenuine });
  return ok({ ...ofToken, browser: { reach, lang } });
}

async function asNamed(context: PanelRefContext, named: string): Promise<Result<PanelRefContext, Failure>> {
  const acting = await readActing(context.db, context.panelRef);
  if (acting === null) return noSuchPanel(context);
  return acting.panel.id === named ? ok(context) : fail({ code: "another_panel" });
}

async function admitPanel(context: Context, requirement: Requirement, identified: Identify): Promise<Result<PanelContext, Failure>> {
  const named = await admitPanelRef(context, requirement, identified);
  if (!named.ok) return named;
  const acting = await readActing(context.db, named.value.panelRef);
  return acting === null ? noSuchPanel(named.value) : ok({ ...context, panel: named.value.admitted() });
}

/** The context of a request that names a panel: who acts for it is known with the first read. */
export function withRef(context: Context, named: Omit<PanelRef, "now" | "onAdmit">): PanelRefContext {
  let acting: Acting | null = null;
  const onAdmit = (found: Acting): void => {
    acting = found;
    if (found.key !== null) noteUseOf(context, found.key, named.by === "key_hash" ? named.value : named.operatorKey);
  };
  const admitted = (): ActingPanel => {
    if (acting === null) throw new Error("nothing was read for the panel yet");
    return actingPanel(context, named.by, acting);
  };
  return { ...context, panelRef: { ...named, now: context.now, onAdmit }, admitted };
}

function actingPanel(context: Context, by: PanelRef["by"], { panel, key }: Acting): ActingPanel {
  // Only an operator names a panel by its id.
  const name = by === "id" ? ("operator" as const) : (`panel:${panel.id}` as const);
  return { ...panel, actor: actorOf(context, name, key), scopes: key?.scopes ?? ["admin"] };
}

/** A key has opened something: it is known as good, and the day is noted where it is the day's first use. */
function noteUseOf({ db, now, waitUntil }: Context, key: Key, keyHash: string | null): void {
  if (keyHash !== null) noteGoodKey(keyHash);
  const day = isoTime(now).slice(0, "2026-01-31".length);
  // A use that cannot be noted now is noted with the next one.
  if (key.lastUsedOn !== day) waitUntil(noteUse(db, key, day).catch(() => undefined));
}

function actorOf({ requestId }: Context, name: Actor["name"], key: Key | null): Actor {
  return { name, key: key === null ? null : { id: key.id, name: key.name }, requestId };
}

async function unknownKey(context: Context): Promise<{ readonly ok: false; readonly failure: Failure }> {
  await noteFailedKey(context);
  return fail({ code: "unauthorized", why: "unknown_key" });
}

/** Why nothing was read for a panel. */
export async function noSuchPanel(context: PanelRefContext): Promise<{ readonly ok: false; readonly failure: Failure }> {
  const { db, panelRef } = context;
  const refusal = await refusalOf(db, panelRef);
  // It was changed in between: the same request will do now.
  if (refusal === null) return fail({ code: "settings_contended", subject: panelRef.by === "id" ? panelRef.value : "this panel" });
  if (refusal.kind === "no_key") return unknownKey(context);
  if (refusal.kind === "no_token") {
    await noteFailedKey(context);
    return fail({ code: "token_foreign" });
  }
  if (refusal.kind === "no_panel") return fail({ code: "panel_not_found", panel: panelRef.value });
  return fail(failureOf(refusal.denial, refusal.panel.id));
}

function failureOf(denied: Denial, panel: string | null): Failure {
  switch (denied.why) {
    case "expired":
      return { code: "key_expired", at: isoTime(denied.at) };
    case "panel_disabled":
      return { code: "panel_disabled", panel: panel ?? "" };
    case "scope":
      return { code: "forbidden", scope: denied.scope satisfies Scope | null };
    case "reseller":
      return { code: "reseller", panel: panel ?? "" };
  }
}

/** As whom an operator's decisions are noted. */
export const OPERATOR_NAME = "operator";

/** Whether an operator acts, as against a panel's own key. */
export function isOperator({ name }: Actor): boolean {
  return name === OPERATOR_NAME;
}

/** Whether what is shown goes to a reseller, to whom nothing of a supplier is shown. */
export function isForReseller({ role, actor }: ActingPanel): boolean {
  return role === "reseller" && !isOperator(actor);
}

/**
 * Whether somebody may move the money of an order by hand. What a panel has bought from the own catalogue, on its
 * account here, is the operator's to return: its own key would make money of it.
 */
export function mayDecide({ actor, money }: ActingPanel, { channel }: Pick<Order, "channel">): boolean {
  return isOperator(actor) || money !== "ledger" || channel !== "catalogue";
}

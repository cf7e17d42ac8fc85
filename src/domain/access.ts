/**
 * Who may do what: the roles of panels, the scopes of keys, and what each route or call needs of them. Pure.
 */

/** `shop`: the operator's own panel. `reseller`: somebody who buys from the operator, out of a balance here. */
export const ROLES = ["shop", "reseller"] as const;
export type Role = (typeof ROLES)[number];

/** What a panel's key can be made for. */
export const PANEL_SCOPES = ["read", "write", "money", "api_v2", "keys"] as const;
export type PanelScope = (typeof PANEL_SCOPES)[number];

/** What an operator's key can be made for: everything; helping panels without money and settings; looking. */
export const OPERATOR_SCOPES = ["admin", "support", "view"] as const;
export type OperatorScope = (typeof OPERATOR_SCOPES)[number];

export type Scope = PanelScope | OperatorScope;

/**
 * What a request needs. `read`, `help` (check, refill, cancel, settle), `write`, `money` and `keys` concern one panel;
 * `api_v2` is what its script does; `oversee` and `settings` are the operator's, over all panels. `self`: any key that
 * opens something.
 */
export type Need = "self" | "read" | "help" | "write" | "money" | "keys" | "api_v2" | "oversee" | "settings";

type Grants = { readonly panel: PanelScope | null; readonly operator: readonly OperatorScope[] };

const GRANTS: { readonly [N in Exclude<Need, "self">]: Grants } = {
  read: { panel: "read", operator: ["admin", "support", "view"] },
  help: { panel: "write", operator: ["admin", "support"] },
  write: { panel: "write", operator: ["admin"] },
  money: { panel: "money", operator: ["admin"] },
  keys: { panel: "keys", operator: ["admin"] },
  // The doors speak for a panel, with the panel's own key.
  api_v2: { panel: "api_v2", operator: [] },
  oversee: { panel: null, operator: ["admin", "support", "view"] },
  settings: { panel: null, operator: ["admin"] },
};

/** The scopes that do for a need, of a panel's key and of an operator's: any one of them. Null for `self`, for which every key does. */
export function scopesFor(need: Need): Grants | null {
  return need === "self" ? null : GRANTS[need];
}

/**
 * What a route says of a panel's role. `shop`: a reseller's key may not. `shop_only`: it makes no sense for a reseller's
 * panel, whoever asks.
 */
export type RoleRule = "any" | "shop" | "shop_only";

export type Requirement = { readonly need: Need; readonly role: RoleRule };

/** Somebody with a key, or with ADMIN_TOKEN, which is an operator's key with the scope `admin`. */
export type Holder =
  | { readonly kind: "operator"; readonly scopes: readonly OperatorScope[] }
  | { readonly kind: "panel"; readonly scopes: readonly PanelScope[] };

/** What is known of a key when it is looked up; times in epoch ms. */
export type KeyFacts = { readonly expiresAt: number | null };

/** The panel that is acted for, as far as it decides who may. */
export type PanelFacts = { readonly role: Role; readonly enabled: boolean };

/** Why somebody may not. `scope`: one that would do; null where no scope of such a key does. */
export type Denial =
  | { readonly why: "expired"; readonly at: number }
  | { readonly why: "panel_disabled" }
  | { readonly why: "scope"; readonly scope: Scope | null }
  | { readonly why: "reseller" };

/** Whether a key still opens anything; null where it does. A panel that is switched off has no keys. */
export function keyDenial({ expiresAt }: KeyFacts, panel: PanelFacts | null, now: number): Denial | null {
  if (expiresAt !== null && now >= expiresAt) return { why: "expired", at: expiresAt };
  return panel !== null && !panel.enabled ? { why: "panel_disabled" } : null;
}

/** Whether somebody with an open key may do what is required, for a panel where one is acted for; null where they may. */
export function denial(holder: Holder, panel: PanelFacts | null, { need, role }: Requirement): Denial | null {
  if (need === "self") return null;
  const grants = GRANTS[need];
  if (holder.kind === "operator") {
    const [lowest = null] = grants.operator.toReversed();
    if (!holder.scopes.some((scope) => grants.operator.includes(scope))) return { why: "scope", scope: lowest };
  } else {
    if (grants.panel === null) return { why: "scope", scope: null };
    if (!holder.scopes.includes(grants.panel)) return { why: "scope", scope: grants.panel };
  }
  if (panel?.role !== "reseller" || role === "any") return null;
  return role === "shop_only" || holder.kind === "panel" ? { why: "reseller" } : null;
}

/** The scopes of a key that is made without saying: all that there are for its kind. */
export function allScopes(kind: Holder["kind"]): readonly Scope[] {
  return kind === "operator" ? ["admin"] : PANEL_SCOPES;
}

/** Whether a key may make another with these scopes: never one that can do more. */
export function mayGrant(holder: Holder, scopes: readonly Scope[]): boolean {
  if (holder.kind === "operator") return holder.scopes.includes("admin");
  return scopes.every((scope) => (holder.scopes as readonly Scope[]).includes(scope));
}

/**
 * Who may call a route: in words, as scopes, and as OpenAPI's security.
 */
import { type Requirement, scopesFor } from "../../src/domain/access.ts";
import type { Who } from "../../src/http/kit/auth.ts";
import type { Route } from "../../src/http/kit/route.ts";

/** The compiler asks for each way in which a route lets callers in. */
const WORDS: { readonly [W in Who]: (requirement: Requirement) => string } = {
  anyone: () => "Anyone, without a key.",
  operator: ({ need }) => `The operator: \`ADMIN_TOKEN\`, or an operator's key with the scope ${operatorScopes(need)}.`,
  panel: panelWords,
  panel_in_read: panelWords,
  reader: (requirement) => `${panelWords(requirement)} Or a browser with a token that names the order or its customer.`,
  key: ({ need }) =>
    need === "self"
      ? "Any key, of a panel or an operator."
      : `A panel's key with the scope ${panelScope(need)}, for its own panel; or the operator: \`ADMIN_TOKEN\`, or a key with the scope ${operatorScopes(need)}.`,
};

function panelWords({ need, role }: Requirement): string {
  const roles = {
    any: "",
    shop: " A reseller's key may not; the operator may, for a reseller too.",
    shop_only: " For shops only: it makes no sense for a reseller.",
  } as const;
  return `A panel's key with the scope ${panelScope(need)}; or the operator with a header \`Panel: <id>\`: \`ADMIN_TOKEN\`, or a key with the scope ${operatorScopes(need)}.${roles[role]}`;
}

function panelScope(need: Requirement["need"]): string {
  return `\`${scopesFor(need)?.panel ?? ""}\``;
}

function operatorScopes(need: Requirement["need"]): string {
  const names = (scopesFor(need)?.operator ?? []).map((scope) => `\`${scope}\``);
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1) ?? ""}`;
}

export type Callers = {
  readonly words: string;
  /** Any one of them does; null where such a key may not. */
  readonly scopes: { readonly panel: readonly string[] | null; readonly operator: readonly string[] | null };
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
};

export function callersOf({ who, requirement, isOverAll }: Pick<Route, "who" | "requirement" | "isOverAll">): Callers {
  const overAll = isOverAll ? " With a header `Panel: *` the operator reads it over all panels." : "";
  const words = `${WORDS[who](requirement)}${overAll}`;
  if (who === "anyone") return { words, scopes: { panel: null, operator: null }, security: [] };
  const grants = scopesFor(requirement.need);
  if (grants === null) return { words, scopes: { panel: [], operator: [] }, security: [{ panelKey: [] }, { operatorKey: [] }] };
  const panel = grants.panel === null ? null : [grants.panel];
  return {
    words,
    scopes: { panel, operator: grants.operator },
    security: [
      ...(takesToken({ who }) ? [{ browserToken: [] }] : []),
      ...(panel ?? []).map((scope) => ({ panelKey: [scope] })),
      ...grants.operator.map((scope) => ({ operatorKey: [scope] })),
    ],
  };
}

/** Whether an operator names the panel by a header. */
export function takesPanelHeader({ who }: Pick<Route, "who">): boolean {
  return who === "panel" || who === "panel_in_read" || who === "reader";
}

/** Whether a browser reads it with a token. */
export function takesToken({ who }: Pick<Route, "who">): boolean {
  return who === "reader";
}

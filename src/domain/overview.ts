/**
 * The overview's verdict: one sentence that says whether all is right. Pure.
 */
import { type AlertKind, kindOf, worstFirst } from "./alert.ts";
import type { BrakedPanels } from "./provider-brake.ts";
import type { LastFailure } from "./provider.ts";

export type OverviewStatus = "ok" | "attention" | "trouble";
export type ProviderStanding = "off" | "down" | "blocked" | "key_rejected" | "waiting" | "braked" | "unknown" | "ok";

/** A provider as far as its standing goes. */
type Standing = {
  readonly enabled: boolean;
  readonly retryAt: number | null;
  readonly lastSuccessAt: number | null;
  readonly lastFailure: LastFailure | null;
  readonly brakeEngagedAt: number | null;
  readonly brakedPanels: BrakedPanels;
};

/** How a provider stands: the worst of what is so. */
export function standingOf(provider: Standing): ProviderStanding {
  const { enabled, retryAt, lastSuccessAt, lastFailure, brakeEngagedAt, brakedPanels } = provider;
  if (!enabled) return "off";
  if (retryAt !== null) return OUT[lastFailure?.code ?? ""] ?? "down";
  if (brakeEngagedAt !== null || Object.keys(brakedPanels).length > 0) return "braked";
  return lastSuccessAt === null && lastFailure === null ? "unknown" : "ok";
}

const OUT: Readonly<Partial<Record<string, ProviderStanding>>> = {
  rate_limited: "waiting",
  blocked: "blocked",
  rejected_key: "key_rejected",
};

/** What the sentence is made of. `waiting`: things that need a person, in words, with how many of each. */
export type Overview = {
  readonly alerts: readonly { readonly kind: AlertKind; readonly text: string }[];
  readonly waiting: readonly (readonly [count: number, one: string, many: string])[];
  readonly isBehind: boolean;
  /** Orders that are followed at providers that are on, and those that wait at others. */
  readonly activeOrders: number;
  readonly pausedOrders: number;
  readonly providers: number;
};

export function verdictOf({ alerts, waiting, isBehind, activeOrders, pausedOrders, providers }: Overview): {
  readonly status: OverviewStatus;
  readonly sentence: string;
} {
  const [worst, ...others] = worstFirst(alerts);
  if (isBehind && worst?.kind !== "sync_behind")
    return { status: "trouble", sentence: "Orders are not followed: no tick has come through for minutes." };
  if (worst !== undefined && kindOf(worst.kind).severity === "critical") {
    const more = others.length === 0 ? "" : ` ${others.length === 1 ? "One more alert is" : `${others.length} more alerts are`} open.`;
    return { status: "trouble", sentence: `${sentenceOf(worst.text)}${more}` };
  }
  // They are followed, as far as that goes.
  const followed = alerts.some(({ kind }) => kind === "orders_unread") ? "Some orders get no readable answer" : "Orders are followed";
  const there = waiting.filter(([count]) => count > 0);
  if (there.length > 0) {
    const listed = there.slice(0, 3).map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
    const rest = there.length > 3 ? ", and more" : "";
    return { status: "attention", sentence: `${followed}, and something waits for you: ${listed.join(", ")}${rest}.` };
  }
  if (pausedOrders > 0) {
    const wait = pausedOrders === 1 ? "One order waits" : `${pausedOrders} orders wait`;
    return { status: "attention", sentence: `${wait} at a provider that is switched off.` };
  }
  if (worst !== undefined)
    return { status: "attention", sentence: worst.kind === "orders_unread" ? worst.text : `${followed}. ${worst.text}` };
  if (providers === 0) return { status: "ok", sentence: "Nothing is set up yet: add a provider and a panel." };
  if (activeOrders === 0) return { status: "ok", sentence: "All is right, and there is no order to follow." };
  const orders = activeOrders === 1 ? "One order is" : `${activeOrders} orders are`;
  return { status: "ok", sentence: `All is right. ${orders} followed at ${providers === 1 ? "one provider" : `${providers} providers`}.` };
}

/** A provider's words in it may have no full stop. */
function sentenceOf(text: string): string {
  return /[.!?…]$/u.test(text) ? text : `${text}.`;
}

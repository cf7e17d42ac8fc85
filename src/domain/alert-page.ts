/**
 * Which page of the console an alert leads to: the part of its address after `/console/`. Pure. The console's own routes are
 * in `console/pages/pages.tsx`; a test opens each of these there.
 */
import type { AlertKind, BadFact } from "./alert.ts";

type Subject = BadFact["subject"];

const provider = (subject: Subject): string => `#/providers/${segment(subject)}`;
const ofProvider = (flag: string) => (subject: Subject) => `#/orders?flag=${flag}&provider=${segment(subject)}`;
const webhook = (subject: Subject): string => {
  const slash = subject.indexOf("/");
  return `#/panels/${segment(subject.slice(0, slash))}/webhooks/${segment(subject.slice(slash + 1))}`;
};

/** The orders of a service at a provider. A provider's id has no slash. */
const ofService = (subject: Subject): string => {
  const slash = subject.indexOf("/");
  return `#/orders?provider=${segment(subject.slice(0, slash))}&service=${segment(subject.slice(slash + 1))}`;
};

/** A panel's share of the plan, as `panel/share`; else a limit of the whole deployment. */
const ofPlan = (subject: Subject): string => {
  const slash = subject.indexOf("/");
  return slash === -1 ? "#/" : `#/panels/${segment(subject.slice(0, slash))}`;
};

const PAGES: Readonly<Record<AlertKind, (subject: Subject) => string>> = {
  provider_down: provider,
  provider_blocked: provider,
  provider_key_rejected: provider,
  provider_balance_low: provider,
  provider_funds_out: provider,
  brake_engaged: provider,
  refunds_held: () => "#/refunds",
  placing_unknown: () => "#/orders?flag=placing_unknown",
  unknown_word: provider,
  orders_overdue: ofProvider("overdue"),
  orders_unread: (subject) => provider(subject.slice(0, subject.indexOf("/"))),
  service_quality: ofService,
  service_changed: () => "#/services",
  webhook_disabled: webhook,
  webhook_behind: webhook,
  dead_letters: () => "#/dead-letters",
  sync_behind: () => "#/",
  ledger_mismatch: (panel) => `#/panels/${segment(panel)}`,
  plan_limit: ofPlan,
  key_expiring: () => "#/keys",
  cron_failing: (panel) => `#/panels/${segment(panel)}`,
};

/** A slug stays what it is; anything else is escaped, so that it is one segment and nothing more. */
function segment(text: string): string {
  return encodeURIComponent(text);
}

/** Where to look at one alert. */
export function alertPage({ kind, subject }: Pick<BadFact, "kind" | "subject">): string {
  return PAGES[kind](subject);
}

/** Where to look at all that a message tells: at the one page that they have in common, else at the list of alerts. */
export function commonPage(alerts: readonly Pick<BadFact, "kind" | "subject">[]): string {
  const [only, ...more] = new Set(alerts.map(alertPage));
  return only === undefined || more.length > 0 ? "#/alerts" : only;
}

/**
 * Webhooks as they are shown, to their panel and in the audit trail.
 */
import { isoTime } from "../../../domain/time.ts";
import { standingOf } from "../../../domain/webhook-standing.ts";
import type { Ports } from "../../../ports.ts";
import { openWebhookSecrets } from "../../../secrets/webhook-secrets.ts";
import type { Webhook } from "../../../store/webhooks/rows.ts";
import { type Delivery, type FeedFacts, readFeedFacts } from "../../../store/webhooks/sending.ts";
import type { PanelContext } from "../../kit/context.ts";

/** Of shorter values a hint would show too much. */
const MIN_HINTED_CHARACTERS = 12;
const HINT_CHARACTERS = 4;

/**
 * A header's value is shown by its end alone: what one adds to a webhook is a token as often as not, and a key that may read
 * need not know it. No value can be set that looks like a hint, so that none is taken back for a value.
 */
function hintOf(value: string): string {
  return value.length < MIN_HINTED_CHARACTERS ? "…" : `…${value.slice(-HINT_CHARACTERS)}`;
}

export function headerHints(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, hintOf(value)]));
}

/** The headers of a webhook; none where they cannot be opened. */
export async function headersIn({ secrets }: Pick<Ports, "secrets">, { settings }: Webhook): Promise<Readonly<Record<string, string>>> {
  const opened = await openWebhookSecrets(secrets, settings);
  return opened.ok ? opened.value.headers : {};
}

/** Shows webhooks of the panel, with how much waits for each: two round trips at most. */
export async function viewsOf({ db, ports, panel, now }: PanelContext, webhooks: readonly Webhook[]) {
  const standings = webhooks.map(({ claimed, outcome }) => standingOf(claimed, outcome, now));
  const facts = await readFeedFacts(
    db,
    webhooks.map(({ settings: { types } }, i) => {
      return { panel: panel.id, place: standings[i]?.place ?? 0, upTo: null, types: types === null ? null : JSON.stringify(types) };
    }),
  );
  return Promise.all(
    webhooks.map(async (webhook, i) => {
      const { settings } = webhook;
      const { place, nextAttemptAt, failingSince } = standings[i] ?? { place: 0, nextAttemptAt: 0, failingSince: null };
      const { wanted, oldestAt }: Pick<FeedFacts, "wanted" | "oldestAt"> = facts[i] ?? { wanted: 0, oldestAt: null };
      const isTried = settings.enabled && panel.enabled && wanted > 0;
      return {
        id: settings.id,
        url: settings.url,
        types: settings.types,
        description: settings.description,
        headers: headerHints(await headersIn(ports, webhook)),
        enabled: settings.enabled,
        after: place,
        behind: wanted,
        oldest_at: timeOf(oldestAt),
        next_attempt_at: isTried ? isoTime(Math.max(nextAttemptAt, now)) : null,
        failing_since: timeOf(failingSince),
        disabled_reason: settings.disabledReason,
        created_at: isoTime(settings.createdAt),
      };
    }),
  );
}

/** Shows one. */
export async function viewOf(context: PanelContext, webhook: Webhook) {
  const [view] = await viewsOf(context, [webhook]);
  if (view === undefined) throw new Error("a webhook has no view");
  return view;
}

function timeOf(at: number | null): string | null {
  return at === null ? null : isoTime(at);
}

export function deliveryView(delivery: Delivery) {
  return {
    id: delivery.messageId,
    at: isoTime(delivery.sentAt),
    attempt: delivery.attempt,
    trigger: delivery.cause,
    first_seq: delivery.firstSeq,
    last_seq: delivery.lastSeq,
    status: delivery.status,
    duration_ms: delivery.durationMs,
    error: delivery.error,
    response: delivery.response,
  };
}

/** What of a webhook the audit trail keeps: of its address not the query, and of its headers the hints. */
export function auditView(
  { url, types, description, enabled }: Pick<Webhook["settings"], "url" | "types" | "description" | "enabled">,
  headers: Readonly<Record<string, string>>,
) {
  const { origin, pathname, search } = new URL(url);
  return {
    url: `${origin}${pathname}${search === "" ? "" : `?${hintOf(search)}`}`,
    types,
    description,
    headers: headerHints(headers),
    enabled,
  };
}

/**
 * Changes of a webhook: its settings, its secret, and from where in the feed it goes on.
 */
import type * as z from "zod/mini";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";
import { isoTime } from "../../../domain/time.ts";
import { standingOf } from "../../../domain/webhook-standing.ts";
import { newWebhookSecret, openWebhookSecrets, sealWebhookSecrets, type WebhookSecrets } from "../../../secrets/webhook-secrets.ts";
import { difference } from "../../../store/operations/audit.ts";
import { readPlannedHorizon } from "../../../store/retention/horizon.ts";
import type { Webhook } from "../../../store/webhooks/rows.ts";
import { changeWebhook, readWebhook, type WebhookChange } from "../../../store/webhooks/webhooks.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import type { Failure } from "../../kit/errors.ts";
import { checkedUrl } from "../../kit/outbound-url.ts";
import { json } from "../../kit/reply.ts";
import type { WebhookChangeBody, webhookReplayBody } from "./schema.ts";
import { auditOf } from "./trail.ts";
import { auditView, headerHints, viewOf } from "./view.ts";

/** After a rotation the secret before it signs as well for so long: receivers change over when it suits them. */
const OLD_SECRET_MS = 24 * 60 * 60 * 1000;

/** Attempts are claimed meanwhile; so many times in a row they hardly are. */
const MAX_TRIES = 5;

type WithId = { readonly params: { readonly id: string } };

/** A webhook, what it keeps secret (null where that cannot be opened), and the place in the feed that it is at. */
type Seen = { readonly webhook: Webhook; readonly kept: WebhookSecrets | null; readonly place: number };

/** What is to be set (null: it is so already), what the audit trail has of it, and what is shown beside the webhook. */
type Planned = {
  readonly set: WebhookChange | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly beside: Readonly<Record<string, string>>;
};

type Kind = { readonly status: number; readonly action: `webhook.${string}` };

function change(
  context: PanelContext,
  id: string,
  { status, action }: Kind,
  plan: (seen: Seen) => Promise<Result<Planned, Failure>>,
): Promise<Answer> {
  const { db, ports, now, panel } = context;
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const webhook = await readWebhook(db, { panel: panel.id, id });
    if (webhook === null) return fail({ code: "webhook_not_found", webhook: id });
    const opened = await openWebhookSecrets(ports.secrets, webhook.settings);
    const { place } = standingOf(webhook.claimed, webhook.outcome, now);
    const planned = await plan({ webhook, kept: opened.ok ? opened.value : null, place });
    if (!planned.ok) return planned;
    const { set, before, after, beside } = planned.value;
    if (set === null) return json(status, { ...(await viewOf(context, webhook)), ...beside });
    if (set.restart !== null && set.restart.place < place) {
      const horizon = await readPlannedHorizon(db, panel.id);
      if (set.restart.place < horizon) return fail({ code: "changes_archived", after: horizon });
    }
    if (!(await changeWebhook(db, webhook, set, auditOf(context, id, { action, before, after })))) return CONFLICT;
    const changed = await readWebhook(db, { panel: panel.id, id });
    return changed === null
      ? fail({ code: "webhook_not_found", webhook: id })
      : json(status, { ...(await viewOf(context, changed)), ...beside });
  };
  return retryOnConflict(MAX_TRIES, attempt, () => fail({ code: "settings_contended", subject: id }));
}

const HEADERS_TO_MOVE = {
  path: "headers",
  message:
    "is required, since `url` moves to another server: the headers that are kept were given for the one before, and are not sent there",
};

/**
 * `PATCH /v1/webhooks/{id}`. Another address, other types, another place and being switched on again begin anew: the message
 * under way is dropped, and what it held goes out under another id.
 */
export async function patchWebhook(
  context: PanelContext,
  { params: { id }, body }: WithId & { readonly body: WebhookChangeBody },
): Promise<Answer> {
  const checked = body.url === undefined ? null : checkedUrl(context, body.url);
  if (checked !== null && !checked.ok) return checked;
  return change(context, id, { status: 200, action: "webhook.changed" }, async (seen) => {
    const { settings, replayUntil } = seen.webhook;
    const next = { ...settings, ...body, url: checked?.value ?? settings.url };
    const headers = await patchedHeaders(context, seen, { headers: body.headers, url: next.url });
    if (!headers.ok) return headers;
    const { place } = seen;
    const beginsAnew = next.url !== settings.url || !isSame(next.types, settings.types) || (next.enabled && !settings.enabled);
    const kept = beginsAnew ? { place, replayUntil } : null;
    const restart = body.after === undefined ? kept : { place: body.after, replayUntil: 0 };
    const told = difference({ ...auditView(settings, {}), after: place }, { ...auditView(next, {}), after: restart?.place ?? place });
    const { secrets, hints } = headers.value;
    const isSetAlready = told === null && hints === null && restart === null;
    return ok({
      set: isSetAlready ? null : { ...next, secrets, restart },
      before: { ...told?.before, ...hints?.before },
      after: { ...told?.after, ...hints?.after },
      beside: {},
    });
  });
}

/** The secrets as they are to be kept, and hints of the headers before and after; null where they stay. */
type PatchedHeaders = {
  readonly secrets: string;
  readonly hints: { readonly before: { readonly headers: unknown }; readonly after: { readonly headers: unknown } } | null;
};

/** Seals other headers. Without the key that sealed those before, everything else of a webhook can be changed. */
async function patchedHeaders(
  context: PanelContext,
  { webhook: { settings }, kept }: Seen,
  { headers, url }: { readonly headers: Readonly<Record<string, string>> | undefined; readonly url: string },
): Promise<Result<PatchedHeaders, Failure>> {
  const before = kept?.headers ?? {};
  const mayHave = kept === null || Object.keys(before).length > 0;
  if (headers === undefined && mayHave && isMoved(settings.url, url)) return fail({ code: "invalid_request", fields: [HEADERS_TO_MOVE] });
  if (headers === undefined || isSame(headers, before)) return ok({ secrets: settings.secrets, hints: null });
  if (kept === null) return fail({ code: "webhook_unreadable", webhook: settings.id });
  const secrets = await sealed(context, settings.id, { ...kept, headers });
  if (!secrets.ok) return secrets;
  return ok({ secrets: secrets.value, hints: { before: { headers: headerHints(before) }, after: { headers: headerHints(headers) } } });
}

/** `POST /v1/webhooks/{id}/rotate`: a new secret, which the answer shows. For a day the one before signs as well. */
export function rotateWebhook(context: PanelContext, { params: { id } }: WithId): Promise<Answer> {
  return change(context, id, { status: 200, action: "webhook.rotated" }, async ({ webhook: { settings }, kept }) => {
    const secret = newWebhookSecret(context.ports.randomBytes);
    const until = kept === null ? null : context.now + OLD_SECRET_MS;
    const secrets = await sealed(context, id, { secret, old: kept?.secret ?? null, headers: kept?.headers ?? {} });
    if (!secrets.ok) return secrets;
    const set = { ...settings, secrets: secrets.value, oldSecretUntil: until, restart: null };
    return ok({ set, before: null, after: { old_signs_until: until === null ? null : isoTime(until) }, beside: { secret } });
  });
}

/**
 * `POST /v1/webhooks/{id}/replay`: sends what comes after a number of the feed once more, at once and as it is told of a
 * schedule's. Where that is the place itself, it is the next attempt that is made at once. One that is off would send nothing.
 */
export function replayWebhook(
  context: PanelContext,
  { params: { id }, body }: WithId & { readonly body: z.output<typeof webhookReplayBody> },
): Promise<Answer> {
  return change(context, id, { status: 202, action: "webhook.replayed" }, async ({ webhook: { settings, replayUntil }, place }) => {
    if (!settings.enabled) return fail({ code: "webhook_off", webhook: id, off: "webhook" });
    if (!context.panel.enabled) return fail({ code: "webhook_off", webhook: id, off: "panel" });
    if (body.after > place) {
      const message = `must be at most ${place}, up to where everything was taken; PATCH the webhook to skip what comes after`;
      return fail({ code: "invalid_request", fields: [{ path: "after", message }] });
    }
    const restart = { place: body.after, replayUntil: Math.max(place, replayUntil) };
    return ok({ set: { ...settings, restart }, before: { after: place }, after: { after: body.after }, beside: {} });
  });
}

async function sealed({ ports, panel }: PanelContext, id: string, kept: WebhookSecrets): Promise<Result<string, Failure>> {
  const text = await sealWebhookSecrets(ports, { panel: panel.id, id }, kept);
  return text.ok ? text : fail({ code: "sealing_off", problem: text.failure });
}

function isMoved(from: string, to: string): boolean {
  return URL.parse(from)?.origin !== URL.parse(to)?.origin;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

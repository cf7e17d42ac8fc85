/**
 * `POST /v1/webhooks/{id}/test`: a delivery without changes, at once.
 */
import { fail } from "../../../domain/result.ts";
import { webhookBody } from "../../../domain/webhook-message.ts";
import { standingOf } from "../../../domain/webhook-standing.ts";
import { sendWebhook, type WebhookAttempt } from "../../../outbound/webhook.ts";
import { describeOpenFailure } from "../../../secrets/secrets.ts";
import { openWebhookSecrets, signingSecrets } from "../../../secrets/webhook-secrets.ts";
import type { Webhook } from "../../../store/webhooks/rows.ts";
import { recordDelivery } from "../../../store/webhooks/sending.ts";
import { claimTest, readWebhook } from "../../../store/webhooks/webhooks.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import { toHex } from "../../../domain/hex.ts";
import { claimShare } from "../../../store/panels/shares.ts";
import { spenderOf } from "../../kit/change-share.ts";
import { checkedUrl } from "../../kit/outbound-url.ts";
import { json } from "../../kit/reply.ts";
import { wireError } from "../../kit/errors.ts";

const ID_BYTES = 12;

/** Sends it to a webhook that is off, too: to see whether it is well again. The place in the feed stays as it is. */
export async function testWebhook(
  context: PanelContext,
  { params: { id } }: { readonly params: { readonly id: string } },
): Promise<Answer> {
  const { db, panel, ports, now } = context;
  const webhook = await readWebhook(db, { panel: panel.id, id });
  if (webhook === null) return fail({ code: "webhook_not_found", webhook: id });
  if (!(await mayTest(context))) return fail({ code: "webhook_tests_used_up" });
  const n = await claimTest(db, { panel: panel.id, id }, now);
  if (n === null) return fail({ code: "webhook_tests_used_up" });
  const messageId = `test_${toHex(ports.randomBytes(ID_BYTES))}`;
  const { sentAt, status, durationMs, error, response } = await send(context, webhook, messageId);
  await recordDelivery(
    db,
    { panel: panel.id, id },
    {
      n,
      messageId,
      cause: "test",
      attempt: 1,
      sentAt,
      firstSeq: null,
      lastSeq: null,
      succeeded: error === null,
      status,
      durationMs,
      error,
      response,
      nextAttemptAt: null,
    },
  );
  return json(200, { status, duration_ms: durationMs, error });
}

/** By its key a panel tests ten times a minute whatever it makes of its webhooks: a new one would be another way to the same receiver. */
async function mayTest({ db, env, panel, now }: PanelContext): Promise<boolean> {
  const spender = spenderOf(panel);
  const share = { kind: "webhook_test", wanted: 1, grant: "whole" } as const;
  return spender === null || (await claimShare(db, { panel: spender, ...share }, env.PLAN, now)) > 0;
}

async function send(context: PanelContext, { settings, claimed, outcome }: Webhook, id: string): Promise<WebhookAttempt> {
  const { ports, now } = context;
  const refused = (error: string): WebhookAttempt => {
    return { sentAt: now, durationMs: 0, status: null, error, response: null, retryAfterSeconds: null };
  };
  const url = checkedUrl(context, settings.url);
  if (!url.ok) return refused(wireError(url.failure).message);
  const opened = await openWebhookSecrets(ports.secrets, settings);
  if (!opened.ok) return refused(`The signing secret cannot be opened: ${describeOpenFailure(opened.failure)}`);
  const { place } = standingOf(claimed, outcome, now);
  const body = webhookBody({ changes: [], frozenAt: now, nextAfter: place, behind: 0 });
  const secrets = signingSecrets(opened.value, settings.oldSecretUntil, now);
  return sendWebhook(ports, { url: url.value, headers: opened.value.headers, secrets }, { id, body });
}

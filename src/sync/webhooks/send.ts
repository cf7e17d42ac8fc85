/**
 * Making attempts, and recording what became of them.
 */
import pLimit from "p-limit";
import { isGivenUp, nextAttemptAt } from "../../domain/webhook-schedule.ts";
import { LEASE_MS } from "../../domain/webhook-standing.ts";
import { checkOutboundUrl, describeUrlRefusal } from "../../outbound/url-policy.ts";
import { sendWebhook, WEBHOOK_TIMEOUT_MS, type WebhookAttempt } from "../../outbound/webhook.ts";
import type { Ports } from "../../ports.ts";
import { describeOpenFailure } from "../../secrets/secrets.ts";
import { openWebhookSecrets, signingSecrets } from "../../secrets/webhook-secrets.ts";
import { auditStatement, RULES } from "../../store/operations/audit.ts";
import type { DisabledReason } from "../../store/webhooks/rows.ts";
import { type Delivery, recordAndDisable, recordDelivery } from "../../store/webhooks/sending.ts";
import { OPEN_CALLS } from "../limits.ts";
import type { Attempt, Due, Sending } from "./plan.ts";

/** Makes attempts side by side; one that cannot be recorded stops no other. Answers which were taken. */
export async function sendAll(sending: Sending, attempts: readonly Attempt[]): Promise<boolean[]> {
  const slot = pLimit(OPEN_CALLS);
  const leaseUntil = sending.now() + LEASE_MS;
  const outcomes = await Promise.allSettled(attempts.map((attempt) => slot(() => sendOne(sending, attempt, leaseUntil))));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value);
}

async function sendOne(sending: Sending, attempt: Attempt, leaseUntil: number): Promise<boolean> {
  const { now, ports } = sending;
  const { due, message } = attempt;
  // Whoever was kept waiting for so long is not the only one to send any more.
  if (now() + WEBHOOK_TIMEOUT_MS > leaseUntil) return false;
  const sentAt = now();
  const made = await makeAttempt(sending, attempt, sentAt);
  const succeeded = made.error === null;
  const endedAt = now();
  const delivery: Delivery = {
    n: attempt.n,
    messageId: message.id,
    cause: due.standing.place < due.replayUntil ? "replay" : "schedule",
    attempt: attempt.attempt,
    sentAt,
    firstSeq: attempt.firstSeq,
    lastSeq: attempt.lastSeq,
    succeeded,
    status: made.status,
    durationMs: made.durationMs,
    error: made.error,
    response: made.response,
    nextAttemptAt: succeeded
      ? null
      : nextAttemptAt({ attempt: attempt.attempt, at: endedAt, retryAfterSeconds: made.retryAfterSeconds }, drawOf(ports)),
  };
  const reason = succeeded ? null : (made.refused ?? endOf(made, due.standing.failingSince, endedAt));
  if (reason === null) await recordDelivery(sending.db, due.settings, delivery);
  else await disable(sending, due, delivery, reason);
  return succeeded;
}

/** `refused`: it was not sent, since the URL policy refuses the address. */
type Made = WebhookAttempt & { readonly refused?: DisabledReason };

async function makeAttempt({ ports, allowPrivate }: Sending, { due, message, body }: Attempt, sentAt: number): Promise<Made> {
  const { settings } = due;
  const url = checkOutboundUrl(settings.url, { allowPrivate, ownHost: null });
  if (!url.ok) return { ...notSent(sentAt, `The URL is refused. ${describeUrlRefusal(url.failure)}`), refused: "url_refused" };
  const opened = await openWebhookSecrets(ports.secrets, settings);
  if (!opened.ok) return notSent(sentAt, `The signing secret cannot be opened: ${describeOpenFailure(opened.failure)}`);
  const secrets = signingSecrets(opened.value, settings.oldSecretUntil, sentAt);
  return sendWebhook(ports, { url: url.value.href, headers: opened.value.headers, secrets }, { id: message.id, body });
}

function notSent(sentAt: number, error: string): WebhookAttempt {
  return { sentAt, durationMs: 0, status: null, error, response: null, retryAfterSeconds: null };
}

/** Whether a failed attempt is the last one, and why; null where it is not. */
function endOf({ status }: WebhookAttempt, failingSince: number | null, at: number): DisabledReason | null {
  if (status === GONE) return "gone";
  return failingSince !== null && isGivenUp(failingSince, at) ? "no_success" : null;
}

/** The receiver says that it is there no more. */
const GONE = 410;

async function disable({ db, ports, now }: Sending, webhook: Due, delivery: Delivery, reason: DisabledReason): Promise<void> {
  const { panel, id } = webhook.settings;
  const audit = auditStatement(
    db,
    {
      at: now(),
      actor: RULES,
      panel,
      action: "webhook.disabled",
      subject: `webhook:${id}`,
      before: { enabled: true },
      after: { enabled: false, disabled_reason: reason },
    },
    "if_changed",
  );
  await recordAndDisable(db, webhook, delivery, { reason, audit });
  ports.log({ event: "webhook.disabled", panel, webhook: id, reason });
}

/** A draw from 0 to 1. */
function drawOf({ randomBytes }: Ports): number {
  const [high = 0, low = 0] = randomBytes(2);
  return (high * 256 + low) / 65_535;
}

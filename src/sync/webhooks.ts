/**
 * Sending webhooks: from the tick, and from the messages whose sweeps have made changes. Each attempt is claimed before it
 * is made, so that two never send at once, and its outcome is written right after it.
 */
import pLimit from "p-limit";
import { changeText } from "../domain/feed-text.ts";
import { toHex } from "../domain/hex.ts";
import { isGivenUp, nextAttemptAt } from "../domain/webhook-schedule.ts";
import { type Ahead, type ChangeText, nextMessage, webhookBody } from "../domain/webhook-message.ts";
import { LEASE_MS, type Message, type Standing, standingOf, takeTurns } from "../domain/webhook-standing.ts";
import { checkOutboundUrl, describeUrlRefusal } from "../outbound/url-policy.ts";
import { sendWebhook, WEBHOOK_TIMEOUT_MS, type WebhookAttempt } from "../outbound/webhook.ts";
import type { Ports } from "../ports.ts";
import { describeOpenFailure } from "../secrets/secrets.ts";
import { openWebhookSecrets, signingSecrets } from "../secrets/webhook-secrets.ts";
import { auditStatement, RULES } from "../store/operations/audit.ts";
import { metered } from "../store/operations/metered.ts";
import type { DisabledReason } from "../store/webhooks/rows.ts";
import {
  type Claim,
  claimAttempts,
  type Delivery,
  type FeedPartRead,
  readFeedParts,
  readWaitingWebhooks,
  recordAndDisable,
  recordDelivery,
  type WaitingWebhook,
} from "../store/webhooks/sending.ts";
import { OPEN_CALLS, STATEMENTS, SUBREQUESTS } from "./limits.ts";

/** What an invocation has spent so far. */
export type Spent = { readonly subrequests: number; readonly statements: number };

/** What sending may cost. */
export type SendingBudget = {
  readonly attempts: number;
  /** So many webhooks of one panel at most. */
  readonly ofOnePanel: number;
  readonly spent: Spent;
  /** Receivers whose last attempt failed or was slow are left to the tick: nothing that others wait for waits for them. */
  readonly onlyQuick: boolean;
};
/** Reading who waits, reading their feeds, claiming; the request and its outcome. */
const A_ROUND: Spent = { subrequests: 3, statements: 2 };
const AN_ATTEMPT: Spent = { subrequests: 2, statements: 3 };
/** No round begins later after the first: with the attempts of the last one the tick is over before the next minute's. */
const LAST_ROUND_AFTER_MS = 20_000;
const QUICK_MS = 2000;

const MESSAGE_ID_BYTES = 18;

type Sending = {
  readonly db: D1Database;
  readonly ports: Ports;
  /** Epoch ms; ahead of the ports' where ticks are. */
  readonly now: () => number;
  readonly allowPrivate: boolean;
  /** Webhooks that were sent to in this invocation, by panel. */
  readonly served: Map<string, Set<string>>;
};

type Counts = { readonly sent: number; readonly taken: number; readonly passedOver: number; readonly more: boolean };

/**
 * Sends what waits, as far as the budget goes: round by round while receivers take what they are sent and more of it waits.
 * Throws when the database fails; what was sent and not recorded then is sent again, under the same id.
 */
export async function sendWebhooks(env: Env, ports: Ports, now: () => number, budget: SendingBudget): Promise<void> {
  const { db, usage } = metered(env.DB);
  const sending: Sending = { db, ports, now, allowPrivate: env.ALLOW_PRIVATE_URLS === "1", served: new Map() };
  const startedAt = now();
  let { attempts } = budget;
  let [subrequests, statements] = [SUBREQUESTS - budget.spent.subrequests, STATEMENTS - budget.spent.statements];
  let [sent, taken, passedOver] = [0, 0, 0];
  for (let more = true; more && now() - startedAt < LAST_ROUND_AFTER_MS;) {
    subrequests -= A_ROUND.subrequests;
    statements -= A_ROUND.statements;
    const affordable = Math.min(subrequests / AN_ATTEMPT.subrequests, statements / AN_ATTEMPT.statements);
    const most = Math.min(attempts, Math.floor(affordable));
    if (most < 1) break;
    const round = await sendRound(sending, { ...budget, attempts: most });
    attempts -= round.sent;
    subrequests -= AN_ATTEMPT.subrequests * round.sent;
    statements -= AN_ATTEMPT.statements * (round.sent + round.passedOver);
    [sent, taken, passedOver] = [sent + round.sent, taken + round.taken, passedOver + round.passedOver];
    more = round.more;
  }
  if (sent + passedOver > 0) ports.log({ event: "webhooks", sent, taken, passed_over: passedOver, ...usage() });
}

type Due = WaitingWebhook & {
  readonly panel: string;
  readonly id: string;
  readonly leaseUntil: number;
  readonly standing: Standing;
};

async function sendRound(sending: Sending, { attempts: most, ofOnePanel, onlyQuick }: SendingBudget): Promise<Counts> {
  const at = sending.now();
  const due = (await readWaitingWebhooks(sending.db))
    .map((webhook): Due => {
      const { settings, claimed, outcome } = webhook;
      const { panel, id } = settings;
      return { ...webhook, panel, id, leaseUntil: claimed.leaseUntil, standing: standingOf(claimed, outcome, at) };
    })
    .filter(({ standing, lastTookMs }) => standing.nextAttemptAt <= at && (!onlyQuick || isQuick(standing, lastTookMs)));
  const turn = takeTurns(due, { most, ofOnePanel, served: sending.served });
  if (turn.length === 0) return { sent: 0, taken: 0, passedOver: 0, more: false };
  const steps = await planSteps(sending, turn);
  const claimed =
    steps.length === 0
      ? []
      : await claimAttempts(
          sending.db,
          steps.map(({ claim }) => claim),
          sending.now(),
        );
  const won = steps.filter((_, i) => claimed[i] === true);
  const attempts = won.flatMap(({ attempt }) => attempt ?? []);
  for (const { due: one } of attempts) sending.served.set(one.panel, (sending.served.get(one.panel) ?? new Set()).add(one.id));
  const outcomes = await sendAll(sending, attempts);
  const taken = outcomes.filter((succeeded) => succeeded).length;
  const passedOver = won.length - attempts.length;
  // Another round: for those that took it and have more, and for those that were passed over this time. What has come since
  // a message was frozen, nobody has counted.
  const hasMore = attempts.some(({ message, attempt }, i) => outcomes[i] === true && (message.behind > 0 || attempt > 1));
  const more = passedOver > 0 || hasMore || due.length > turn.length;
  return { sent: attempts.length, taken, passedOver, more };
}

function isQuick({ attempts }: Standing, lastTookMs: number | null): boolean {
  return attempts === 0 && (lastTookMs ?? 0) <= QUICK_MS;
}

/** An attempt that is to be made. */
type Attempt = {
  readonly due: Due;
  /** Of the webhook's. */
  readonly n: number;
  readonly attempt: number;
  readonly message: Message;
  readonly body: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
};

/** What is claimed, and what is sent then: null where the place moves over what is not wanted. */
type Step = { readonly claim: Claim; readonly attempt: Attempt | null };

async function planSteps({ db, ports, now }: Sending, turn: readonly Due[]): Promise<Step[]> {
  const parts = turn.map(({ settings: { panel, types }, standing: { place, message } }) => {
    return { panel, place, upTo: message?.lastSeq ?? null, types: types === null ? null : JSON.stringify(types) };
  });
  const read = await readFeedParts(db, parts);
  const steps = await Promise.all(turn.map((due, i) => planStep(due, read[i], now(), ports)));
  return steps.filter((step) => step !== null);
}

async function planStep(due: Due, part: FeedPartRead | undefined, at: number, ports: Ports): Promise<Step | null> {
  const { standing, claimed, role } = due;
  const audience = role === "reseller" ? "reseller" : "anybody_else";
  const changes = (part?.changes ?? []).map((change): ChangeText => ({ seq: change.seq, text: changeText(change, audience) }));
  const kept = standing.message === null ? null : await keptContent(standing.message, changes);
  const { failingSince } = standing;
  const claim = { webhook: due, place: standing.place, failingSince };
  // planted: frozen-message
  if (standing.message !== null && kept !== null) {
    const attempt = standing.attempts + 1;
    const facts = { n: claimed.n + 1, attempt, message: standing.message, body: kept };
    return { claim: { ...claim, message: standing.message, attempt }, attempt: { due, ...facts, ...rangeOf(changes) } };
  }
  const next = nextMessage(part === undefined ? NOTHING : { ...part, changes });
  if (next.kind === "nothing") return null;
  if (next.kind === "pass_over") return { claim: { ...claim, place: next.to, message: null, attempt: 0 }, attempt: null };
  const { lastSeq, behind } = next;
  const body = webhookBody({ changes: next.changes, frozenAt: at, nextAfter: lastSeq, behind });
  const message = { id: /* planted: message-id */ newMessageId(ports), lastSeq, digest: await digestOf(body), frozenAt: at, behind };
  // Where an older message cannot be made any more, its attempts are this one's: the receiver is as it was.
  const attempt = standing.attempts + 1;
  const facts = { n: claimed.n + 1, attempt, message, body };
  return { claim: { ...claim, message, attempt }, attempt: { due, ...facts, ...rangeOf(next.changes) } };
}

const NOTHING: Ahead = { changes: [], lookedAt: 0, lookedUpTo: null, wanted: 0 };

/**
 * The body of a message that was frozen, made anew; null where it would be another one: its panel has another role since, or
 * this release writes something else. Then it is not sent again under its id.
 */
async function keptContent({ lastSeq, frozenAt, behind, digest }: Message, changes: readonly ChangeText[]): Promise<string | null> {
  const body = webhookBody({ changes, frozenAt, nextAfter: lastSeq, behind });
  return (await digestOf(body)) === digest ? body : null;
}

async function digestOf(body: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  return toHex(new Uint8Array(digest));
}

function newMessageId({ randomBytes }: Ports): string {
  const base64 = btoa(String.fromCharCode(...randomBytes(MESSAGE_ID_BYTES)));
  return `msg_${base64.replaceAll("+", "-").replaceAll("/", "_")}`;
}

function rangeOf(changes: readonly ChangeText[]): { readonly firstSeq: number; readonly lastSeq: number } {
  return { firstSeq: changes[0]?.seq ?? 0, lastSeq: changes.at(-1)?.seq ?? 0 };
}

/** Makes attempts side by side; one that cannot be recorded stops no other. Answers which were taken. */
async function sendAll(sending: Sending, attempts: readonly Attempt[]): Promise<boolean[]> {
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

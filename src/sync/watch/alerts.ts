/**
 * Alerts: a look at the facts every few minutes, and the messages that come of it.
 *
 * What the channels are to be told stands in the database before anything is sent, is claimed before the call and noted after
 * it. So a Worker that dies in between tells it again, and forgets nothing: neither that something is wrong, nor that it is
 * over.
 */
import { alertsAfter, eventAlert, isLookDue, silenceName } from "../../domain/alert.ts";
import { dueMessage, type DueMessage, retryAt } from "../../domain/alert-channel.ts";
import type { ChannelSettings } from "../../domain/alert-message.ts";
import { endedStop, endsStop, lookAt } from "../../domain/alert-facts.ts";
import { toHex } from "../../domain/hex.ts";
import { sendToChannel } from "../../outbound/channel-send.ts";
import type { Ports } from "../../ports.ts";
import { channelSecretsPlace } from "../../secrets/sealed-text.ts";
import { readAlertFacts } from "../../store/alerts/alert-facts.ts";
import { readAlertsPending, writeAlerts } from "../../store/alerts/alerts.ts";
import {
  type Channel,
  type Claim,
  claimMessage,
  type ChannelNotice,
  noteFailed,
  noteSent,
  readWaitingChannels,
} from "../../store/alerts/channels.ts";

/**
 * Looks at what is so, where a look is due; answers whether there is something to tell. `minutesSince`: how long the tick before is
 * back, where this one is good.
 */
export async function lookAtAlerts(env: Env, ports: Ports, minute: number, minutesSince: number): Promise<boolean> {
  const { DB: db, PLAN: plan } = env;
  const pending = await readAlertsPending(db);
  if (!isLookDue(minute, pending.isUndecided) && !endsStop(minutesSince)) return pending.hasNotices;
  const now = ports.now();
  const { facts, live, silences } = await readAlertFacts(db, plan, now);
  const stop = endedStop(facts, live, minutesSince);
  const changes = [
    ...alertsAfter(lookAt(facts, { now, minute, plan }), live, silences, now),
    ...(stop === null ? [] : [eventAlert(stop, silences.get(silenceName(stop)) ?? null, now)]),
  ];
  await writeAlerts(db, changes, now);
  const opened = changes.filter(({ notice }) => notice === "opened").length;
  const closed = changes.filter(({ notice }) => notice === "closed").length;
  if (opened + closed > 0) ports.log({ event: "alerts", opened, closed });
  return pending.hasNotices || changes.some(({ notice }) => notice !== null);
}

/** Each message is three calls of a tick's, and four statements; what is left over goes with the next tick. */
const MAX_MESSAGES = 2;

/** Tells the channels what is due: a message each, side by side. Those that were told least recently come first. */
export async function sendAlerts(db: D1Database, ports: Ports): Promise<void> {
  const now = ports.now();
  const waiting = (await readWaitingChannels(db)).flatMap(({ channel, notices }) => {
    const due = dueMessage<ChannelNotice>(channel, notices, now);
    return due === null ? [] : [{ channel, due }];
  });
  const inTurn = waiting.toSorted((a, b) => (a.channel.lastSentAt ?? 0) - (b.channel.lastSentAt ?? 0));
  await Promise.all(inTurn.slice(0, MAX_MESSAGES).map(({ channel, due }) => sendDueMessage(db, ports, channel, due)));
}

const ID_BYTES = 12;

async function sendDueMessage(db: D1Database, ports: Ports, channel: Channel, due: DueMessage<ChannelNotice>): Promise<void> {
  const claim: Claim = { channel: channel.id, id: due.claim ?? newMessageId(ports), notices: due.notices };
  if (!(await claimMessage(db, claim, ports.now()))) return;
  const sent = await sendClaimed(ports, channel, due.notices, claim.id);
  if (sent.error === null) {
    await noteSent(db, claim, ports.now());
    return ports.log({ event: "alerts.sent", channel: channel.id, alerts: due.notices.length, status: sent.status });
  }
  const failures = channel.failures + 1;
  const notBefore = retryAt(failures, sent.retryAfterSeconds, ports.now());
  await noteFailed(db, claim, { failures, notBefore, error: sent.error });
  ports.log({ event: "alerts.not_sent", channel: channel.id, failures, status: sent.status });
}

function newMessageId({ randomBytes }: Pick<Ports, "randomBytes">): string {
  return `alert_${toHex(randomBytes(ID_BYTES))}`;
}

async function sendClaimed(ports: Ports, channel: Channel, notices: readonly ChannelNotice[], id: string) {
  const secrets = await ports.secrets.open(channelSecretsPlace(channel.id), channel.secrets);
  if (!secrets.ok) return { status: null, error: "Its secrets cannot be opened with ENCRYPTION_KEYS.", retryAfterSeconds: null };
  const settings = { type: channel.type, ...channel.settings, ...(JSON.parse(secrets.value) as object) } as ChannelSettings;
  return sendToChannel(ports, settings, { alerts: notices.map(({ told }) => told), console: channel.console, now: ports.now() }, id);
}

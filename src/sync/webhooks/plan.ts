/**
 * What each webhook that is due gets next: its message once more, a new one, or a place behind what it does not want.
 */
import { changeText } from "../../domain/feed-text.ts";
import { toHex } from "../../domain/hex.ts";
import { type Ahead, type ChangeText, nextMessage, webhookBody } from "../../domain/webhook-message.ts";
import type { Message, Standing } from "../../domain/webhook-standing.ts";
import type { Ports } from "../../ports.ts";
import { type Claim, type FeedPartRead, readFeedParts, type WaitingWebhook } from "../../store/webhooks/sending.ts";

const MESSAGE_ID_BYTES = 18;

export type Sending = {
  readonly db: D1Database;
  readonly ports: Ports;
  /** Epoch ms; ahead of the ports' where ticks are. */
  readonly now: () => number;
  readonly allowPrivate: boolean;
  /** Webhooks that were sent to in this invocation, by panel. */
  readonly served: Map<string, Set<string>>;
};

/** A webhook for which something waits. */
export type Due = WaitingWebhook & {
  readonly panel: string;
  readonly id: string;
  readonly leaseUntil: number;
  readonly standing: Standing;
};

/** An attempt that is to be made. */
export type Attempt = {
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
export type Step = { readonly claim: Claim; readonly attempt: Attempt | null };

/** Those of the turn that have something to be sent or passed over. */
export async function planSteps({ db, ports, now }: Sending, turn: readonly Due[]): Promise<Step[]> {
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

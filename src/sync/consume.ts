/**
 * The queue's door: what becomes of each message. Only here is a failure caught.
 */
import { type Message, MESSAGE_VERSION } from "../domain/message.ts";
import { untilMidnight } from "../domain/time.ts";
import { fetchMarked } from "../outbound/loop.ts";
import type { Ports } from "../ports.ts";
import { usedUpBy } from "../store/operations/day-limit.ts";
import { recordDeadLetters } from "../store/operations/dead-letters.ts";
import { askRefillsCancels } from "./refills-cancels.ts";
import { resendAdds } from "./add-resends.ts";
import { checkLedger } from "./ledger-check.ts";
import { limitsOf } from "./limits.ts";
import { check, type News, sweep } from "./sweep/sweep.ts";
import { sendWebhooks } from "./webhooks/webhooks.ts";

const DEAD_QUEUE = /-dead$/;
/** What a provider has no calls left for in this minute waits for the next one. */
const NEXT_MINUTE_SECONDS = 60;
/** Queues delay by no more. */
const MAX_DELAY_SECONDS = 12 * 60 * 60;
/** How often a check or a request is put off before it is left to the sweeps, at the order's own cadence. */
const MAX_ATTEMPTS = 3;

/** Handles a batch: sweeps, checks and requests, or messages that failed for good. */
export async function consume(batch: MessageBatch, env: Env, given: Ports): Promise<void> {
  const ports = { ...given, fetch: fetchMarked(given.fetch, null) };
  if (DEAD_QUEUE.test(batch.queue)) return bury(batch, env, ports);
  for (const message of batch.messages) await handle(message, env, ports);
}

async function handle(message: QueueMessage, env: Env, ports: Ports): Promise<void> {
  const body = message.body as Message;
  // Newer code has sent it: leave it for that code, which is being rolled out.
  if (typeof body?.v !== "number" || body.v > MESSAGE_VERSION) return message.retry();
  let news: News | null = null;
  // planted: work-on-message
  try {
    const done = await work(body, message.attempts, env, ports);
    news = done.news;
    if (done.kind === "later" && message.attempts < MAX_ATTEMPTS) {
      message.retry({ delaySeconds: NEXT_MINUTE_SECONDS });
    } else {
      // planted: ack-after-work
      message.ack();
    }
  } catch (error) {
    const failed = { id: message.id, kind: body.kind, attempts: message.attempts };
    if (usedUpBy(error) === "rows") {
      ports.log({ event: "message.day_used_up", ...failed, used_up: "rows" });
      return putOff(message, body, ports.now());
    }
    ports.log({ event: "message.failed", ...failed, error: String(error) });
    // planted: retry-after-failure
    message.retry();
  }
  if (news !== null) await tellNews(news, env, ports);
}

/**
 * Tells webhooks of what a message has changed, where its invocation has something left for that. What fails here is told
 * by the next tick: the message's own work is done, and is not done again.
 */
async function tellNews({ moved, spent, notBefore }: News, env: Env, ports: Ports): Promise<void> {
  const { ofOnePanel, sweep: of } = limitsOf(env.PLAN).webhooks;
  if (moved === 0 || moved > of.moved) return;
  const now = (): number => Math.max(ports.now(), notBefore);
  try {
    await sendWebhooks(env, ports, now, { attempts: of.attempts, ofOnePanel, spent, onlyQuick: true });
  } catch (error) {
    ports.log({ event: "webhooks.failed", error: String(error) });
  }
}

/**
 * The day's rows are used up. (Where the queue's operations are, a message that comes again still does its own page.) A
 * check is what somebody waits for, and comes again after midnight; everything else is sent anew by the ticks of the new
 * day, and would only fail over and over until then.
 */
function putOff(message: QueueMessage, { kind }: Message, now: number): void {
  if (kind !== "check") return message.ack();
  message.retry({ delaySeconds: Math.min(Math.ceil(untilMidnight(now) / 1000), MAX_DELAY_SECONDS) });
}

/** What came of a message. `later`: some of it has to wait for a provider. */
type Done = { readonly kind: "done" | "later"; readonly news: News | null };

const DONE: Done = { kind: "done", news: null };

/** Does what a message is for. */
async function work(message: Message, attempts: number, env: Env, ports: Ports): Promise<Done> {
  switch (message.kind) {
    case "sweep":
      return sweep(message, attempts === 1, env, ports);
    case "books":
      await checkLedger(message, env, ports);
      return DONE;
    case "request":
      return { kind: await askRefillsCancels(message, attempts >= MAX_ATTEMPTS, env, ports), news: null };
    case "check":
      return check(message, env, ports);
    case "add":
      await resendAdds(message, env, ports);
      return DONE;
    default:
      throw new Error("a message of an unknown kind");
  }
}

type QueueMessage = MessageBatch["messages"][number];

/** Records messages that failed for good, so that they can be looked at and replayed. */
async function bury({ messages }: MessageBatch, env: Env, ports: Ports): Promise<void> {
  // planted: dead-letters-kept
  await recordDeadLetters(
    env.DB,
    messages.map(({ id, body }) => ({ id, body: textOf(body) })),
    ports.now(),
  );
  for (const { id } of messages) ports.log({ event: "message.dead", id });
}

/** The body as JSON. What JSON cannot say is kept in words: one such message must not keep its whole batch off the record. */
function textOf(body: unknown): string {
  try {
    const text = JSON.stringify(body) as string | undefined;
    return text ?? JSON.stringify(String(body));
  } catch {
    return JSON.stringify(String(body));
  }
}

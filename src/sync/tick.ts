import { dayOf, MINUTE_MS, minuteOf } from "../domain/time.ts";
import { type BooksMessage, type Message, MESSAGE_VERSION } from "../domain/message.ts";
import type { Ports } from "../ports.ts";
import { metered } from "../store/metered.ts";
import { readTickView, rememberTick } from "../store/ticks.ts";
import { limitsOf } from "./limits.ts";
import { coverage, planMessages } from "./plan.ts";

/** Queues take at most this many messages at once. */
const MESSAGES_PER_SEND = 100;

/**
 * Decides what is due in the minute of `scheduledTime` (epoch ms) and sends it to the queue. A minute already
 * covered does nothing; missed ones are made up. The minute is remembered only once its messages were sent: a tick
 * that dies in between is made up by the next, and its orders are asked twice rather than not at all.
 */
export async function tick(env: Env, ports: Ports, scheduledTime: number): Promise<void> {
  const { db, usage } = metered(env.DB);
  const minute = minuteOf(scheduledTime);
  const { tick: last, providers } = await readTickView(db);
  const { first, ignored } = coverage(last.minute, minute);
  if (ignored !== null) ports.log({ event: "tick.clock_was_ahead", minute, remembered: ignored });
  if (first === null) return ports.log({ event: "tick.repeated", minute, remembered: last.minute, ...usage() });
  const now = Math.max(ports.now(), minute * MINUTE_MS);
  const day = dayOf(minute);
  const sweeps = planMessages(providers, first, minute, now, limitsOf(env.PLAN));
  const books = booksMessages(last.booksDay, day);
  await send(env.SWEEPS, [...sweeps, ...books]);
  await rememberTick(db, { minute, at: now, ignoredMinute: ignored ?? last.ignoredMinute, booksDay: day });
  const counts = { providers: providers.length, messages: sweeps.length, books: books.length };
  ports.log({ event: "tick", minute, minutes: minute - first + 1, ...counts, ...usage() });
}

/** The check of the books begins, or goes on, with a day's first tick; also when the clock was put back by days. */
function booksMessages(lastDay: number, day: number): BooksMessage[] {
  return lastDay === day ? [] : [{ v: MESSAGE_VERSION, kind: "books", day, page: 0 }];
}

async function send(queue: Queue, messages: readonly Message[]): Promise<void> {
  for (let i = 0; i < messages.length; i += MESSAGES_PER_SEND) {
    await queue.sendBatch(messages.slice(i, i + MESSAGES_PER_SEND).map((body) => ({ body, contentType: "json" })));
  }
}

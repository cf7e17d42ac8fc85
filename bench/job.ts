/** One measurement of applying, wherever the database is: the time of writing, without that of reading and preparing. */
import { feedEndSql } from "../src/store/feed/feed-numbers.ts";
import { applyPollRun } from "../src/sync/sweep/apply.ts";
import type { PollRun } from "../src/sync/sweep/poll.ts";
import { writesOf } from "../src/sync/sweep/write.ts";
import { limitsOf } from "../src/sync/limits.ts";
import { type News, pollRunOf } from "./poll-run.ts";
import { type Plain, type PlainWrites, plainWrites, touchWrites } from "./plain.ts";
import { NOW, PANEL } from "./scene.ts";

/** `product`: as a sweep applies. `plain`: the same rows, in one transaction. `each`: a transaction an order. */
export type Way = "product" | "plain" | "each";

/** `batches` times `batch` orders, from number `first` on, each batch applied by itself. */
export type Job = { readonly way: Way; readonly news: News; readonly first: number; readonly batch: number; readonly batches: number };

/** A database with a way past the product: statements one after the other, in one transaction. */
export type Engine = { readonly db: D1Database; readonly transact: (statements: readonly Plain[]) => void | Promise<void> };

const LIMITS = limitsOf("paid");
const FEED_END = `SELECT ${feedEndSql("p")} AS feed_end FROM panels p WHERE p.id = ?1`;

/** Does a job, and answers how many ms it took to write. Throws when it was not done as it should have been. */
export async function timeJob(engine: Engine, { way, news, first, batch, batches }: Job): Promise<number> {
  let ms = 0;
  for (let i = 0; i < batches; i++) {
    const run = await pollRunOf(engine.db, news, first + i * batch, batch);
    ms += way === "product" ? await timeProduct(engine, run, news) : await timePlain(engine, run, way, news);
  }
  return ms;
}

async function timeProduct({ db }: Engine, run: PollRun, news: News): Promise<number> {
  const startedAt = performance.now();
  const { counts } = await applyPollRun(db, run, { limits: LIMITS, now: () => NOW, triesLeft: () => 0 });
  const ms = performance.now() - startedAt;
  const expected = news === "changed" ? run.orders.length : 0;
  if (counts.moved !== expected || counts.posted !== expected || counts.progressed !== 0)
    throw new Error(`${expected} orders should have been written, not ${JSON.stringify(counts)}`);
  return ms;
}

async function timePlain(engine: Engine, run: PollRun, way: Way, news: News): Promise<number> {
  const { orders, rest } = await plainOf(engine.db, run, way, news);
  const transactions = way === "each" ? [...orders, rest] : [[...orders.flat(), ...rest]];
  const startedAt = performance.now();
  for (const statements of transactions) if (statements.length > 0) await engine.transact(statements);
  return performance.now() - startedAt;
}

async function plainOf(db: D1Database, run: PollRun, way: Way, news: News): Promise<PlainWrites> {
  if (way === "each" && news === "unchanged") {
    const numbers = run.orders.map(({ number: n }) => n);
    return touchWrites(PANEL, numbers, NOW);
  }
  const row = await db.prepare(FEED_END).bind(PANEL).first<{ feed_end: number }>();
  return plainWrites(writesOf(run, LIMITS, NOW), row?.feed_end ?? 0, NOW);
}

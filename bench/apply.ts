/** How many orders are applied per second: by the product and by plain SQL, on D1 and on Node's SQLite. */
import { ratioOf, type Spread, spreadOf } from "./figures.ts";
import type { News } from "./poll-run.ts";
import type { Inside } from "./inside.ts";
import { type Engine, type Job, timeJob, type Way } from "./job.ts";
import type { Step } from "./progress.ts";
import { addOrders, addScene } from "./scene.ts";
import { plainEngine, productEngine } from "./sqlite.ts";

export const BATCHES = [100, 1000] as const;
export const NEWS = ["changed", "unchanged"] as const;

/** Where is written, and how. */
export type Writer = `${"d1" | "sqlite"} ${Way}`;

/** What is measured. `batch` is null where each order has a transaction of its own. */
type Case = { readonly news: News; readonly batch: number | null; readonly writer: Writer };

export type Rate = Case & { readonly orders_per_second: Spread };
/** How many orders one writer applies in the time in which another applies one. */
export type Ratio = { readonly news: News; readonly batch: number; readonly of: Writer; readonly to: Writer; readonly ratio: Spread };
export type Applied = { readonly rates: readonly Rate[]; readonly ratios: readonly Ratio[] };

/** What is compared is measured one after the other, since what slows a machine seldom lasts for a moment only. */
const CASES: readonly Case[] = NEWS.flatMap((news) => [
  ...BATCHES.flatMap((batch) =>
    (["sqlite plain", "d1 product", "d1 plain", "sqlite product"] as const).map((writer) => ({ news, batch, writer })),
  ),
  ...(["d1 each", "sqlite each"] as const).map((writer) => ({ news, batch: null, writer })),
]);

const COMPARED: readonly (readonly [of: Writer, to: Writer])[] = [
  ["d1 product", "sqlite plain"],
  ["d1 product", "d1 plain"],
  ["d1 product", "d1 each"],
  ["sqlite product", "sqlite plain"],
  ["sqlite product", "sqlite each"],
];

/** Orders a measurement: enough of them that the millisecond that workerd's clock counts in does not show. */
const ORDERS: Readonly<Record<News, number>> = { changed: 1000, unchanged: 5000 };
/** A transaction an order takes D1 long enough as it is. */
const ORDERS_EACH_ON_D1 = 100;
/** The first orders stay as they are, and are polled in vain again and again; the others change once. */
const FIRST_CHANGED = ORDERS.unchanged + 1;

/** The first repetition does not count. */
export function applySteps(repetitions: number): number {
  return CASES.length * (repetitions + 1);
}

/** Measures every case in turn, `repetitions` times. */
export async function measureApply(inside: Inside, root: string, repetitions: number, step: Step): Promise<Applied> {
  await requireSameRows(root);
  const places = await openPlaces(inside, root);
  const rates = CASES.map(() => [] as number[]);
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    for (const [i, each] of CASES.entries()) {
      step(`${each.news}: ${each.writer}`);
      const rate = await rateOf(each, places[each.writer]);
      if (repetition > 0) rates[i]?.push(rate);
    }
  }
  return {
    rates: CASES.map((each, i) => ({ ...each, orders_per_second: spreadOf(rates[i] ?? []) })),
    ratios: ratiosOf((news, batch, writer) => {
      const i = CASES.findIndex((each) => each.news === news && each.writer === writer && (each.batch === batch || each.batch === null));
      return rates[i] ?? [];
    }),
  };
}

function ratiosOf(ratesOf: (news: News, batch: number, writer: Writer) => readonly number[]): Ratio[] {
  return NEWS.flatMap((news) =>
    BATCHES.flatMap((batch) =>
      COMPARED.map(([of, to]) => ({ news, batch, of, to, ratio: ratioOf(ratesOf(news, batch, of), ratesOf(news, batch, to)) })),
    ),
  );
}

/** A database to measure on; `next` is its first order that has not changed yet. */
type Place = Pick<Inside, "addOrders" | "time"> & { next: number };
type Places = Readonly<Record<Writer, Place>>;

async function openPlaces(inside: Inside, root: string): Promise<Places> {
  const d1 = await openPlace(inside);
  return {
    "d1 product": d1,
    "d1 plain": d1,
    "d1 each": d1,
    "sqlite product": await openPlace(await onEngine(productEngine(root))),
    "sqlite plain": await openPlace(await onEngine(plainEngine(root))),
    "sqlite each": await openPlace(await onEngine(plainEngine(root))),
  };
}

async function openPlace({ addOrders: add, time }: Pick<Inside, "addOrders" | "time">): Promise<Place> {
  await add(1, ORDERS.unchanged);
  return { addOrders: add, time, next: FIRST_CHANGED };
}

async function onEngine(engine: Engine): Promise<Pick<Inside, "addOrders" | "time">> {
  await addScene(engine.db);
  return { addOrders: (first, count) => addOrders(engine.db, first, count), time: (job) => timeJob(engine, job) };
}

/** Orders per second. */
async function rateOf({ writer, news, batch }: Case, place: Place): Promise<number> {
  const orders = writer === "d1 each" ? ORDERS_EACH_ON_D1 : ORDERS[news];
  const first = news === "changed" ? place.next : 1;
  if (news === "changed") {
    await place.addOrders(first, orders);
    place.next += orders;
  }
  const size = batch ?? orders;
  const way = writer.split(" ")[1] as Way;
  return (orders / (await place.time({ way, news, first, batch: size, batches: orders / size }))) * 1000;
}

const TABLES = ["orders", "refunds", "changes", "panels", "providers"] as const;

/** What is compared must be the same work: the rows after it are equal to the byte, by either way of writing. */
async function requireSameRows(root: string): Promise<void> {
  const engines = { product: productEngine(root), plain: plainEngine(root), each: plainEngine(root) } as const;
  const dumps = new Set<string>();
  for (const way of ["product", "plain", "each"] as const) {
    const engine = engines[way];
    const job: Job = { way, news: "changed", first: 1, batch: 50, batches: 2 };
    await addScene(engine.db);
    await addOrders(engine.db, 1, 100);
    await timeJob(engine, job);
    const tables = await Promise.all(TABLES.map((table) => engine.db.prepare(`SELECT * FROM ${table}`).all()));
    dumps.add(JSON.stringify(tables.map(({ results }) => results)));
  }
  if (dumps.size > 1) throw new Error("plain SQL does not write the rows that the product writes");
}

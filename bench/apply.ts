/** How many orders are applied per second: by the product and by plain SQL, on D1 and on Node's SQLite. */
import { barsOf } from "./chart.ts";
import { ratioOf, type Spread, spreadOf } from "./figures.ts";
import type { News } from "./poll-run.ts";
import { type Inside, startInside } from "./inside.ts";
import { type Engine, type Job, timeJob, type Way } from "./job.ts";
import { figureText, spreadText, tableOf } from "./markdown.ts";
import type { Step } from "./progress.ts";
import { atLeast, type Row } from "./row.ts";
import { addOrders, addScene } from "./scene.ts";
import { plainEngine, productEngine } from "./sqlite.ts";

const BATCHES = [100, 1000] as const;
const NEWS = ["changed", "unchanged"] as const;

/** Where is written, and how. */
type Writer = `${"d1" | "sqlite"} ${Way}`;

/** What is measured. `batch` is null where each order has a transaction of its own. */
type Case = { readonly news: News; readonly batch: number | null; readonly writer: Writer };

type Rate = Case & { readonly orders_per_second: Spread };
/** How many orders one writer applies in the time in which another applies one. */
type Ratio = { readonly news: News; readonly batch: number; readonly of: Writer; readonly to: Writer; readonly ratio: Spread };
type Applied = { readonly rates: readonly Rate[]; readonly ratios: readonly Ratio[] };

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

const WRITERS: Readonly<Record<Writer, string>> = {
  "d1 product": "panelsync D1",
  "d1 plain": "plain D1",
  "d1 each": "each D1",
  "sqlite product": "panelsync SQLite",
  "sqlite plain": "plain SQLite",
  "sqlite each": "each SQLite",
};
const COLUMNS = NEWS.flatMap((news) => BATCHES.map((batch) => ({ news, batch, head: `${news}, by ${figureText(batch)}` })));
/** The batch that the targets are about. */
const FULL = 1000;

export const applyRow: Row<Applied> = {
  name: "apply",
  title: "Orders applied a second",
  seconds: 45,
  // The first repetition does not count.
  steps: (repetitions) => CASES.length * (repetitions + 1),
  run: async ({ root, repetitions, step, opened }) => measureApply(await opened(startInside(root)), root, repetitions, step),
  targets({ ratios }) {
    const ratioTo = (to: Writer): number | null =>
      ratios.find((each) => each.news === "changed" && each.batch === FULL && each.of === "d1 product" && each.to === to)?.ratio.median ??
      null;
    return [
      atLeast("changed orders on D1, batches of 1,000, to raw SQLite", ratioTo("sqlite plain"), 0.5),
      atLeast("changed orders on D1, batches of 1,000, to plain SQL through D1", ratioTo("d1 plain"), 3),
    ];
  },
  chapter: ({ rates, ratios }) => ({
    text: `From "the provider has answered" to "it is written": the rules, the building of parameters, the statements, one transaction a batch. The
call and the reading of orders are not in it. _Changed_: every order is closed as partial, and a quarter of its charge is refunded,
which is five rows. _Unchanged_: every answer is as before. _Plain_: plain SQL in one transaction, which on D1 is one
\`batch()\`. _Each_: a transaction an order. _SQLite_ is the raw one of Node.

${tableOf(
  ["orders applied a second", ...COLUMNS.map(({ head }) => head)],
  Object.entries(WRITERS).map(([writer, name]) => [
    name,
    ...COLUMNS.map(({ news, batch }) =>
      spreadText(rates.find((rate) => rate.writer === writer && rate.news === news && (rate.batch ?? batch) === batch)?.orders_per_second),
    ),
  ]),
)}

${tableOf(
  ["ratio", ...COLUMNS.map(({ head }) => head)],
  COMPARED.map(([of, to]) => [
    `${WRITERS[of]} ÷ ${WRITERS[to]}`,
    ...COLUMNS.map(({ news, batch }) =>
      spreadText(ratios.find((each) => each.of === of && each.to === to && each.news === news && each.batch === batch)?.ratio),
    ),
  ]),
)}

Plain SQL writes exactly the rows that panelsync writes, in the same schema with the same triggers: before anything is measured, the tables
after each are compared to the byte. Its values are worked out beforehand; it neither finds out what to write nor that nobody else has
written meanwhile. A thousand orders as one \`batch()\` are 4,000 statements of plain SQL, where D1 allows 1,000 an invocation in
production. For _unchanged_ orders one row is written, the provider's; compare with _a transaction an order_, which stores for each when it
was checked.

**Why not faster.** On the raw SQLite the product's own statements reach the ratio in the line _panelsync SQLite ÷ plain SQLite_. What D1
adds to a call is shared by 1,000 orders and is the smaller part. So 0.5 through D1 asks for statements that are a tenth quicker, and three
times plain SQL through D1 for more than SQLite itself makes of them. What they do beyond plain SQL: each order's version is looked at in
each of three statements, since one that somebody else has changed must be passed over in all of them; each value is read out of the JSON
parameter; and an UPDATE … FROM makes two passes. _Tried, and kept_: arrays for objects in the parameter, one parameter a panel, only
columns that change, statements whose text stays the same. _Tried, no gain_: JSONB (D1 hands over texts, so SQLite parses it all the same),
guards looked up into a temporary table first, one statement an order with bound values (more calls into SQLite than it saves).`,
    charts: [
      {
        file: "apply.svg",
        alt: "Changed orders applied a second in batches of 1,000, by each writer",
        svg: barsOf({
          title: "Changed orders applied a second, batches of 1,000",
          categories: Object.values(WRITERS),
          series: [
            {
              name: "orders a second",
              values: Object.keys(WRITERS).map(
                (writer) =>
                  rates.find((rate) => rate.writer === writer && rate.news === "changed" && (rate.batch ?? FULL) === FULL)
                    ?.orders_per_second.median ?? 0,
              ),
            },
          ],
          unit: "orders a second",
        }),
      },
    ],
  }),
};

/** Measures every case in turn, `repetitions` times. */
async function measureApply(inside: Inside, root: string, repetitions: number, step: Step): Promise<Applied> {
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
  const dumps: string[][] = [];
  for (const way of ["product", "plain", "each"] as const) {
    const engine = way === "product" ? productEngine(root) : plainEngine(root);
    const job: Job = { way, news: "changed", first: 1, batch: 50, batches: 2 };
    await addScene(engine.db);
    await addOrders(engine.db, 1, 100);
    await timeJob(engine, job);
    const tables = await Promise.all(TABLES.map((table) => engine.db.prepare(`SELECT * FROM ${table}`).all()));
    dumps.push(tables.flatMap(({ results }) => results.map((row) => JSON.stringify(row))));
  }
  const [product = [], ...others] = dumps;
  for (const plain of others) {
    const i = product.findIndex((row, place) => row !== plain[place]);
    if (plain.length !== product.length || i !== -1)
      throw new Error(`plain SQL does not write the rows that the product writes:\n${product[i]}\n${plain[i]}`);
  }
}

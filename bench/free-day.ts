/** A simulated day on the free plan, twice side by side: with a script that asks in batches, and one that asks order by order. */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { barsOf } from "./chart.ts";
import type { DayFigures, DayOptions } from "./day/day.ts";
import { FREE_DAY, FREE_INVOCATION, type Used } from "./day/limits.ts";
import type { FromDay } from "./day/main.ts";
import { figureText, tableOf } from "./markdown.ts";
import { atLeast, atMost, type Context, type Row, type Target } from "./row.ts";

const MINUTES = 1440;
const DAYS: readonly DayOptions[] = [
  { asking: "in batches", newOrders: 4000, visits: 2000, minutes: MINUTES },
  { asking: "order by order", newOrders: 4000, visits: 2000, minutes: MINUTES },
];
const STEP_MINUTES = 30;
/** What a workerd writes stays in memory where it can: it is a simulation's, and a disk would be waited for. */
const MEMORY = "/dev/shm";
const SHOWN_WRONGS = 3;
const SHOWN_STATEMENTS = 8;

type Figures = { readonly days: readonly DayFigures[] };

export const freeDayRow: Row<Figures> = {
  name: "free day",
  title: "A day on the free plan",
  isExact: true,
  isLong: true,
  seconds: 900,
  steps: () => (DAYS.length * MINUTES) / STEP_MINUTES,
  run: async (context) => ({ days: await Promise.all(DAYS.map((options) => played(options, context))) }),
  targets: ({ days }) => days.flatMap(targetsOf),
  chapter: ({ days }) => ({
    text: `The real product runs in simulated time on the SQLite of workerd, which counts the rows that D1 bills. The free plan's limits are hard errors
there, as on the platform: ${figureText(FREE_DAY.rows_read)} rows read, ${figureText(FREE_DAY.rows_written)} rows written, ${figureText(FREE_DAY.requests)} requests and
${figureText(FREE_DAY.queue_operations)} queue operations a day, ${FREE_INVOCATION.subrequests} subrequests and ${FREE_INVOCATION.statements} statements an invocation. Ticks and messages count as requests, too.

**Who is there.** Two panels at three providers. A shop's script places six orders in ten at a provider's endpoint, and asks after its
orders in turns. A site registers the others, has a webhook, and shows orders to customers with browser tokens: 2,000 of them look, six
times each. One provider sends webhooks when orders end. Support checks orders; the operator has the overview open for four hours.

**Lives.** 45 % of the orders end within an hour, 30 % within six, 13 % within a day; 12 % are delivered over 10 to 70 days, which is why
20,000 are at work while 4,000 come a day. The day begins with those, and with 12,000 that have ended within the last three days and are
still looked at. 88 % complete, 6 % end as partial, 5 % canceled, 1 % refunded. Orders come as the day goes: few at night, most in the
evening. _Detection_ is the time from an order's end at its provider until it is on record here, of all that ended in the day.

**What is counted as wrong.** An order is taken once its panel was told so: by an id, or by \`created\`. Each one that was taken is compared with its
provider 75 minutes after the day, unless it has just moved. One that was put off is none: its panel was told, and tries again.

${tableOf(
  ["", ...days.map(({ asking }) => asking), "limit"],
  [
    ...usedRows(days),
    rowOf("most subrequests of an invocation", days, (day) => day.most_in_an_invocation.subrequests, FREE_INVOCATION.subrequests),
    rowOf("most statements of an invocation", days, (day) => day.most_in_an_invocation.statements, FREE_INVOCATION.statements),
    rowOf("orders at work as the day begins", days, (day) => day.active_orders),
    rowOf("new orders taken", days, (day) => day.new_orders),
    rowOf("times that a new order was put off", days, (day) => day.put_off),
    rowOf("ends in the day", days, (day) => day.detection.ends),
    rowOf("mean detection, minutes", days, (day) => day.detection.mean),
    rowOf("95th percentile", days, (day) => day.detection.p95),
    rowOf("longest", days, (day) => day.detection.most),
    rowOf("webhook deliveries", days, (day) => day.webhooks),
    rowOf("rows written, as the overview told at 23:59", days, (day) => day.told.rows_written),
    rowOf("queue operations, as it told", days, (day) => day.told.queue_operations),
    rowOf("messages to the operator", days, (day) => day.alerts.length),
    rowOf("orders that were not taken", days, notTaken),
    rowOf("orders on record whose panel was told that they are not", days, (day) => day.unawares),
    rowOf("orders taken and not shown as they are, 75 minutes later", days, (day) => day.wrong.length),
  ],
)}

${days.map(refusedText).join("\n\n")}

${lifeText()}

What wrote and read the most, of the first day:

${statementsTable(days[0]?.statements ?? [])}`,
    charts: [
      {
        file: "free-day.svg",
        alt: "Shares of the free plan's day that are used, for both scripts",
        svg: barsOf({
          title: "Used of the free plan's day, percent",
          categories: USED.map(({ text }) => text),
          series: days.map(({ asking, used }) => ({ name: asking, values: USED.map(({ what }) => (used[what] / FREE_DAY[what]) * 100) })),
          unit: "percent",
          line: 100,
        }),
      },
    ],
  }),
};

/** Rows written, by step: now and before (version 0.4.0); a refunded order that a script has placed, and one that was registered and completes. */
const LIFE: readonly (readonly [step: string, added: number, addedBefore: number, registered: number, registeredBefore: number])[] = [
  ["taken", 10, 14, 7, 9],
  ["first poll", 1, 1, 1, 1],
  ["start", 2, 3, 2, 3],
  ["progress, with a slower cadence", 2, 2, 2, 2],
  ["end, with its refund or without", 6, 7, 3, 4],
  ["told to its script", 1, 1, 0, 0],
  ["looked at more seldom after a day", 0, 2, 0, 2],
  ["closed", 1, 2, 1, 2],
  ["in all", 23, 32, 16, 23],
];

function lifeText(): string {
  return `**What an order's life writes**, where it is alone in its batches; \`test/worker/store/order-life.test.ts\` holds it:

${tableOf(
  ["step", "placed by a script", "before", "registered", "before"],
  LIFE.map(([step, ...rows]) => [step, ...rows.map((count) => figureText(count))]),
)}

What went: the row of a share and of the count of followed orders at each order; the counter of the feed's numbers at each batch; an
index of orders that are being placed; the write that slows an order's cadence down, where a look costs less; and a flag \`stalled\` that
came and went with each unit of a slow order. Progress is written more seldom with so many orders
([what gives way](operations.md#what-a-plan-carries)).

What was left: the first poll's row, since the provider's price stands in it, by which refunds are judged. Numbers of orders from the
newest order: a panel's money is fixed by the counter. An index of a panel's ids without those of orders that are being placed: no
look-up uses such an index. Shares claimed by the dozen: what is left of a dozen would be kept in memory that is not there the next time.

In version 0.4.0 the rows ended before the day did: 2,064 of 4,000 new orders were taken, and ends were found 36.9 minutes late in the mean.
725 and 870 orders were then counted as not shown as they are. None of them had been taken: each stood without a row.`;
}

const USED: readonly { readonly what: keyof Used; readonly text: string }[] = [
  { what: "rows_read", text: "rows read" },
  { what: "rows_written", text: "rows written" },
  { what: "requests", text: "requests" },
  { what: "queue_operations", text: "queue operations" },
];

function targetsOf(day: DayFigures): readonly Target[] {
  const name = (what: string): string => `free day, ${day.asking}: ${what}`;
  return [
    ...USED.map(({ what, text }) => atMost(name(text), day.used[what], FREE_DAY[what])),
    atMost(name("subrequests of an invocation"), day.most_in_an_invocation.subrequests, FREE_INVOCATION.subrequests),
    atMost(
      name("what the platform refused"),
      Object.values(day.refused).reduce((sum, count) => sum + count, 0),
      0,
    ),
    atLeast(name("orders at work"), day.active_orders, 19_500),
    atLeast(name("new orders"), day.new_orders, 4000),
    atMost(name("mean detection, minutes"), day.detection.mean, 8),
    atMost(name("orders taken and not shown as they are"), day.wrong.length, 0),
    atMost(name("orders on record whose panel was told that they are not"), day.unawares, 0),
  ];
}

function usedRows(days: readonly DayFigures[]): string[][] {
  return USED.map(({ what, text }) => rowOf(text, days, ({ used }) => used[what], FREE_DAY[what]));
}

function rowOf(name: string, days: readonly DayFigures[], figureIn: (day: DayFigures) => number, limit?: number): string[] {
  return [name, ...days.map((day) => figureText(figureIn(day))), limit === undefined ? "" : figureText(limit)];
}

function notTaken({ not_taken }: DayFigures): number {
  return Object.values(not_taken).reduce((sum, count) => sum + count, 0);
}

function statementsTable(statements: DayFigures["statements"]): string {
  return tableOf(
    ["statement", "runs", "rows read", "rows written"],
    statements
      .slice(0, SHOWN_STATEMENTS)
      .map(({ sql, runs, read, written }) => [
        `\`${sql.slice(0, 48).replaceAll("|", "\\|")}\``,
        ...[runs, read, written].map((figure) => figureText(figure)),
      ]),
  );
}

function refusedText({ asking, refused, wrong, not_taken }: DayFigures): string {
  const limits = Object.entries(refused).map(([limit, count]) => `${limit} ${figureText(count)} times`);
  const shown = wrong.slice(0, SHOWN_WRONGS).join("; ");
  const answers = Object.entries(not_taken).map(([answer, count]) => `${figureText(count)} with ${answer}`);
  return [
    `Asking ${asking}, the platform refused ${limits.length === 0 ? "nothing" : limits.join(", ")}.`,
    ...(answers.length === 0 ? [] : [`Not taken, by the last answer to their panel: ${answers.join(", ")}.`]),
    ...(shown === "" ? [] : [`Taken and not shown as they are: ${shown}.`]),
  ].join(" ");
}

/** Plays a day in a process of its own, which ends with this one. */
async function played(options: DayOptions, { step, opened }: Context): Promise<DayFigures> {
  const env = { ...process.env, ...(existsSync(MEMORY) ? { TMPDIR: MEMORY } : {}) };
  const child = fork(join(import.meta.dirname, "day/main.ts"), [JSON.stringify(options)], {
    env,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await opened(Promise.resolve({ close: async () => void child.kill() }));
  return figuresFrom(child, (minute) => {
    const hour = `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, "0")}`;
    if (minute % STEP_MINUTES === 0) step(`the day of a script that asks ${options.asking}, ${hour}`);
  });
}

function figuresFrom(child: ChildProcess, onMinute: (minute: number) => void): Promise<DayFigures> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: FromDay) => {
      if ("minute" in message) onMinute(message.minute);
      else if ("figures" in message) resolve(message.figures);
      else reject(new Error(message.error));
    });
    child.on("exit", (code) => reject(new Error(`a day ended with code ${String(code)}`)));
  });
}

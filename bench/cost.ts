/** What polls cost beyond what a plan includes: counted here, and multiplied by the published prices. */
import { startInside } from "./inside.ts";
import { figureText, tableOf } from "./markdown.ts";
import { atMost, type Row } from "./row.ts";
import type { Minute, Saying } from "./worker-polls.ts";

/** Dollars a million, of the paid plan, beyond what it includes (developers.cloudflare.com, November 2026). */
export const DOLLARS_A_MILLION = { rows_read: 0.001, rows_written: 1, queue_operations: 0.4, requests: 0.3, cpu_ms: 0.02 } as const;
type Priced = keyof typeof DOLLARS_A_MILLION;

/** A full message of the paid plan. */
const ORDERS = 2000;
const MILLION = 1_000_000;
const CHANGED_SHARE = 0.1;
const OPERATIONS_A_MESSAGE = 3;
/** By the CPU row of this bench: a message of 2,000 unchanged orders. Changed ones are told apart there, and cost some dollars a billion. */
const CPU_MS_A_POLL = 0.02;

const SAYINGS = ["unchanged", "a_little", "changed"] as const satisfies readonly Saying[];
/** What a million polls use. */
export type Uses = Readonly<Record<Priced, number>>;
type Figures = { readonly million: Readonly<Record<Saying, Uses>>; readonly dollars: Readonly<Record<Saying, number>> };

export const costRow: Row<Figures> = {
  name: "cost",
  title: "What a million polls cost",
  isExact: true,
  seconds: 10,
  steps: () => SAYINGS.length,
  async run({ root, step, opened }) {
    const inside = await opened(startInside(root));
    await inside.ask({ due: [1, ORDERS] });
    // What happens to the orders in the end is told last.
    const minutes: Minute[] = [];
    for (const [i, saying] of SAYINGS.entries()) {
      step(`2,000 orders, ${saying}`);
      minutes.push(await inside.ask<Minute>({ minute: { nth: i, saying, plan: "paid" } }));
    }
    return costsOf(minutes as unknown as readonly [Minute, Minute, Minute]);
  },
  targets: ({ dollars }) => [
    atMost("dollars for a million polls, 10 % changed, not worth a write", dollars.a_little, 0.02),
    atMost("dollars for a million polls, 10 % ended with a refund", dollars.changed, 0.02),
  ],
  chapter: ({ million, dollars }) => ({
    text: `Counted in a minute with ${figureText(ORDERS)} due orders on the paid plan: rows, messages, invocations. CPU is the CPU row's, rounded up. The rest
is calculated: a million polls are ${MILLION / ORDERS} such messages; the prices are the published ones, a million of each: rows read
$${DOLLARS_A_MILLION.rows_read}, rows written $${DOLLARS_A_MILLION.rows_written}, queue operations $${DOLLARS_A_MILLION.queue_operations}, requests $${DOLLARS_A_MILLION.requests}, ms of CPU $${DOLLARS_A_MILLION.cpu_ms}. The paid plan includes 25
billion rows read and 50 million written a month: until then nothing is added to its $5.

${tableOf(
  ["a million polls", "rows read", "rows written", "queue operations", "requests", "dollars"],
  SAYINGS.map((saying) => [
    TEXTS[saying],
    ...(["rows_read", "rows_written", "queue_operations", "requests"] as const).map((what) => figureText(million[saying][what], 0)),
    figureText(dollars[saying], 4),
  ]),
)}

**The floor.** A change that is put on record writes at least one row. 100,000 of them are $0.10, whatever else is done. So
$0.02 can hold only while what a tenth of the orders had new at the provider is not worth a write: \`remains\` has fallen by
less than the share of the quantity from which on progress is written. Orders that end are written, with their refund and
their place in the feed; that is what the last line pays for.`,
  }),
};

const TEXTS: Readonly<Record<Saying, string>> = {
  unchanged: "nothing is new",
  a_little: "10 % have moved by 1 %",
  changed: "10 % ended, each with a refund",
};

/** A tenth of the orders as in the minute in which all of them had news, the others as in the one without. */
function costsOf([unchanged, aLittle, changed]: readonly [Minute, Minute, Minute]): Figures {
  const none = usesOf(unchanged);
  const mixed = (news: Minute): Uses => {
    const all = usesOf(news);
    const entries = Object.entries(none).map(([what, without]) => [what, without + CHANGED_SHARE * (all[what as Priced] - without)]);
    return Object.fromEntries(entries) as Uses;
  };
  const million = { unchanged: none, a_little: mixed(aLittle), changed: mixed(changed) };
  return { million, dollars: { unchanged: dollarsOf(none), a_little: dollarsOf(million.a_little), changed: dollarsOf(million.changed) } };
}

/** Of the sweeps: a tick is there whether anything is due or not. */
function usesOf({ sweeps, messages }: Minute): Uses {
  const times = MILLION / ORDERS;
  return {
    rows_read: sweeps.rows_read * times,
    rows_written: sweeps.rows_written * times,
    queue_operations: messages * OPERATIONS_A_MESSAGE * times,
    requests: messages * times,
    cpu_ms: CPU_MS_A_POLL * MILLION,
  };
}

function dollarsOf(uses: Uses): number {
  return Object.entries(uses).reduce((sum, [what, count]) => sum + (count * DOLLARS_A_MILLION[what as Priced]) / MILLION, 0);
}

/**
 * CPU of each kind of invocation, by the process's own account: what `/proc` says that workerd has spent over many
 * repetitions. The database plays back what it answered once (`worker-replay.ts`). Sweeps are measured in Node besides,
 * by the thread's own account (`sweep-cpu.ts`): workerd's includes what its other threads do, as collecting garbage.
 */
import { readdirSync, readFileSync } from "node:fs";
import { limitsOf } from "../src/sync/limits.ts";
import { barsOf } from "./chart.ts";
import { type Spread, spreadOf } from "./figures.ts";
import { type Inside, startInside } from "./inside.ts";
import { figureText, tableOf } from "./markdown.ts";
import { atMost, type Row } from "./row.ts";
import { measureSweepCpu, type SweepCase, type SweepCpu, sweepCpuSteps } from "./sweep-cpu.ts";
import { type Invocation, INVOCATIONS } from "./worker-cpu.ts";

/** `/proc` counts in hundredths of a second. */
const MS_A_TICK = 10;
/** Enough of them that one does not matter. */
const LEAST_MS = 300;
const MOST_TIMES = 20_000;
const TAKEN = 3;
/** A sweep is a few ms: the median of some. */
const LEAST_SWEEPS = 20;
/** What the free plan gives is 10. */
const MOST_CPU_MS = 8;

type Measured = { readonly invocation: Invocation; readonly statements: number; readonly cpu_ms: Spread; readonly first_ms: number };
type Figures = { readonly invocations: readonly Measured[]; readonly idle_ms_a_second: number; readonly sweeps: readonly SweepCpu[] };

/** A full message of the free plan's defaults: what it may call, and more news than it may write. */
const FULL_CALLS = limitsOf("free").callsPerMessage;
const SWEEPS: readonly SweepCase[] = [
  { plan: "free", news: "unchanged", calls: FULL_CALLS },
  { plan: "free", news: "changed", calls: FULL_CALLS },
];
/** Their targets are told of the thread's time, not of the process's. */
const isSweep = (invocation: Invocation): boolean => invocation.startsWith("sweep");

/** Why one of them is over its target, and what it would take; and what one near it is made of. The figures are of profiles, in Node. */
const EXPLAINED = `**A registration of 1,000 orders is above ${MOST_CPU_MS} ms**, some 10 µs an order. A third of that is JSON: the request's, and each order's twice within D1's
query, as its row and as its first change. It is not split: the orders are written in one transaction, and the answer says what
became of each. A panel on the free plan that registers 500 at once is on the safe side.

**An import of thousands of services cannot be within ${MOST_CPU_MS} ms in one invocation.** Before one service is looked at, a list of 1.3 MB takes
some 8 ms: its JSON is found and parsed, and it is kept as it came, as a text within a query. To read 6,000 services takes 5 ms more. The rest is what
they become: 6,000 rows, a trail that has each of them, and an answer that names each. All of that is JSON, written once and once more within D1's query.

What it would take is an import that is answered before it is done. Its first invocation would keep the list unparsed and end. Each tick would then
have SQLite take the next 500 entries out of the list, by a place that is kept, and write them with their part of the trail; the last one would switch off
what is listed no more. The price is that an import is all or nothing today, and its answer says all that it has done; a script or a
person would have to ask again for both. An import is a rare act of the operator's, so both are kept. On the free plan it may be
ended for its CPU: nothing of the catalogue is written then, and \`categories\` narrows what is written, but not what is read.`;

export const cpuRow: Row<Figures> = {
  name: "cpu",
  title: "CPU of an invocation",
  seconds: 50,
  steps: () => INVOCATIONS.length + sweepCpuSteps(SWEEPS),
  async run({ root, repetitions, step, opened }) {
    const sweeps = await measureSweepCpu(root, SWEEPS, Math.max(repetitions, LEAST_SWEEPS), step);
    const inside = await opened(startInside(root));
    const spent = cpuOf(workerdOf(process.pid));
    const idleMs = await idle(spent);
    const invocations: Measured[] = [];
    for (const invocation of INVOCATIONS) {
      step(`CPU of ${invocation}`);
      invocations.push(await measure(inside, spent, invocation));
    }
    return { invocations, idle_ms_a_second: idleMs, sweeps };
  },
  targets: ({ invocations, sweeps }) => [
    ...sweeps.map(({ news, ms }) => atMost(`CPU, ms: sweep ${news}, a full message`, ms.median, MOST_CPU_MS)),
    ...invocations
      .filter(({ invocation }) => !isSweep(invocation))
      .map(({ invocation, cpu_ms }) => atMost(`CPU, ms: ${invocation}`, cpu_ms.median, MOST_CPU_MS)),
  ],
  chapter: ({ invocations, idle_ms_a_second, sweeps }) => ({
    text: `**Sweeps, by the thread.** \`sweep()\` runs in Node, whose engine is workerd's, from a full message of the free plan's defaults
(${figureText(FULL_CALLS)} calls of 100 orders; of those with news ${figureText(limitsOf("free").writesPerMessage)} are written, and the others are put off) to the last statement, warm.
Database and provider are played back; making objects of rows and reading bodies counts. The clock is the CPU of the one thread, which is
what an isolate spends. The targets are held to these.

${tableOf(
  ["sweep of a full message", "ms of CPU", "least–most"],
  sweeps.map(({ news, ms }) => [news, figureText(ms.median, 2), `${figureText(ms.least, 2)}–${figureText(ms.most, 2)}`]),
)}

**All invocations, by the process.** Each invocation runs once on a real database, and what that answered is kept. Then it runs some hundred times on what was kept,
inside workerd; \`/proc/<pid>/stat\` says what the process has spent, and that is divided by the repetitions. So SQLite is not in it,
which shares the process here and does not on the platform. What the Worker does for each call is: a query becomes JSON, an
answer is parsed. The free plan's defaults are set. Workers are warm; the first run in an isolate takes longer, since its code is compiled
then. Idle, the process spends ${figureText(idle_ms_a_second)} ms a second, which is taken off. What workerd does on other threads, as compiling and collecting
garbage, is in these figures: they are above what an isolate spends, most of all for sweeps. An isolate on the platform's machines may be faster or slower: the
limit there is 10 ms, the target here ${MOST_CPU_MS}.

${tableOf(
  ["invocation", "ms of CPU", "least–most", "first, ms", "statements"],
  invocations.map(({ invocation, cpu_ms, first_ms, statements }) => [
    invocation,
    figureText(cpu_ms.median, 2),
    `${figureText(cpu_ms.least, 2)}–${figureText(cpu_ms.most, 2)}`,
    figureText(first_ms, 0),
    String(statements),
  ]),
)}

${EXPLAINED}`,
    charts: [
      {
        file: "cpu.svg",
        alt: "CPU of each invocation, in ms, beside the target of 8 ms",
        svg: barsOf({
          title: "CPU of an invocation",
          categories: [...sweeps.map(({ news }) => `sweep ${news}, thread`), ...invocations.map(({ invocation }) => invocation)],
          series: [
            { name: "ms of CPU", values: [...sweeps.map(({ ms }) => ms.median), ...invocations.map(({ cpu_ms }) => cpu_ms.median)] },
          ],
          unit: "ms",
          line: MOST_CPU_MS,
        }),
      },
    ],
  }),
};

async function measure(inside: Inside, spent: () => number, invocation: Invocation): Promise<Measured> {
  const statements = await inside.ask<number>({ record: invocation });
  const play = async (times: number): Promise<number> => {
    const before = spent();
    await inside.ask({ play: invocation, times });
    return spent() - before;
  };
  const first_ms = await play(1);
  // Compiled, and warm.
  let times = 20;
  for (let ms = await play(times); ms < LEAST_MS && times < MOST_TIMES; ms = await play(times))
    times = Math.min(MOST_TIMES, Math.ceil(times * Math.min(10, (LEAST_MS * 1.3) / Math.max(ms, MS_A_TICK))));
  // What asking itself takes, for the same number of requests: one.
  const asking = await play(0);
  const cpu: number[] = [];
  for (let i = 0; i < TAKEN; i++) cpu.push(((await play(times)) - asking) / times);
  return { invocation, statements, cpu_ms: spreadOf(cpu), first_ms };
}

const IDLE_MS = 2000;

/** What the process spends in a second in which it is asked nothing, in ms. */
async function idle(spent: () => number): Promise<number> {
  const before = spent();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return ((spent() - before) * 1000) / IDLE_MS;
}

/** Ms that a process has spent so far, its own and the system's on its behalf. */
function cpuOf(pid: number): () => number {
  return () => {
    const [user = 0, system = 0] = fieldsOf(pid).slice(11, 13).map(Number);
    return (user + system) * MS_A_TICK;
  };
}

/** The fields of `/proc/<pid>/stat` behind the name, which may have anything in it. */
function fieldsOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** The newest workerd that this process has started. */
function workerdOf(parent: number): number {
  const mine = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isWorkerd(pid) && Number(fieldsOf(pid)[1]) === parent);
  const newest = mine.toSorted((a, b) => b - a)[0];
  if (newest === undefined) throw new Error("no workerd is running");
  return newest;
}

function isWorkerd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "workerd";
  } catch {
    return false; // gone meanwhile
  }
}

/**
 * CPU of each kind of invocation, by the process's own account: what `/proc` says that workerd has spent over many
 * repetitions. The database plays back what it answered once (`worker-replay.ts`).
 */
import { readdirSync, readFileSync } from "node:fs";
import { barsOf } from "./chart.ts";
import { type Spread, spreadOf } from "./figures.ts";
import { type Inside, startInside } from "./inside.ts";
import { figureText, tableOf } from "./markdown.ts";
import { atMost, type Row } from "./row.ts";
import { type Invocation, INVOCATIONS } from "./worker-cpu.ts";

/** `/proc` counts in hundredths of a second. */
const MS_A_TICK = 10;
/** Enough of them that one does not matter. */
const LEAST_MS = 300;
const MOST_TIMES = 20_000;
const TAKEN = 3;
/** What the free plan gives is 10. */
const MOST_CPU_MS = 8;

type Measured = { readonly invocation: Invocation; readonly statements: number; readonly cpu_ms: Spread; readonly first_ms: number };
type Figures = { readonly invocations: readonly Measured[]; readonly idle_ms_a_second: number };

export const cpuRow: Row<Figures> = {
  name: "cpu",
  title: "CPU of an invocation",
  seconds: 50,
  steps: () => INVOCATIONS.length,
  async run({ root, step, opened }) {
    const inside = await opened(startInside(root));
    const spent = cpuOf(workerdOf(process.pid));
    const idleMs = await idle(spent);
    const invocations: Measured[] = [];
    for (const invocation of INVOCATIONS) {
      step(`CPU of ${invocation}`);
      invocations.push(await measure(inside, spent, invocation));
    }
    return { invocations, idle_ms_a_second: idleMs };
  },
  targets: ({ invocations }) => invocations.map(({ invocation, cpu_ms }) => atMost(`CPU, ms: ${invocation}`, cpu_ms.median, MOST_CPU_MS)),
  chapter: ({ invocations, idle_ms_a_second }) => ({
    text: `**Method.** Each invocation runs once on a real database, and what that answered is kept. Then it runs some hundred times on what was kept,
inside workerd; \`/proc/<pid>/stat\` says what the process has spent, and that is divided by the repetitions. So SQLite is not in it,
which shares the process here and does not on the platform. What the Worker does for each call is: a query becomes JSON, an
answer is parsed. The free plan's defaults are set. Workers are warm; the first run in an isolate takes longer, since its code is compiled
then. Idle, the process spends ${figureText(idle_ms_a_second)} ms a second, which is taken off. An isolate on the platform's machines may be faster or slower: the
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
)}`,
    charts: [
      {
        file: "cpu.svg",
        alt: "CPU of each invocation, in ms, beside the target of 8 ms",
        svg: barsOf({
          title: "CPU of an invocation",
          categories: invocations.map(({ invocation }) => invocation),
          series: [{ name: "ms of CPU", values: invocations.map(({ cpu_ms }) => cpu_ms.median) }],
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

import { cpuRow } from "/tmp/w-bench/bench/cpu.ts";
import { rowsReadRow } from "/tmp/w-bench/bench/rows-read.ts";
import { costRow } from "/tmp/w-bench/bench/cost.ts";
import { tableSizeRow } from "/tmp/w-bench/bench/table-size.ts";
import { statusRow } from "/tmp/w-bench/bench/status.ts";
const rows: any = { status: statusRow, cpu: cpuRow, rows: rowsReadRow, cost: costRow, size: tableSizeRow };
const row = rows[process.argv[2]!];
const closers: any[] = [];
const t = performance.now();
try {
const f = await row.run({ root: "/tmp/w-bench", repetitions: 3, step: (l: string) => console.error(l), opened: async (s: any) => { const x = await s; closers.push(x); return x; } });
console.log(JSON.stringify(f, null, 1)); console.log(row.targets(f)); console.log(row.chapter(f).text, (performance.now() - t) / 1000);
} finally { for (const c of closers) await c.close(); }
process.exit(0);

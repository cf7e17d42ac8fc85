/**
 * D1 as workerd has it, for a simulation that runs in Node: a batch is one request, and what D1 bills for it comes back.
 * miniflare's bindings for Node would do the same in ten times the time.
 */
import { Agent, request } from "node:http";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { statementsIn } from "../../simulation/backends.ts";
import { readSchema } from "../../simulation/schema.ts";
import type { Backend, BilledRows, Result, Statement } from "../../simulation/sqlite.ts";

const SCRIPT = `export default {
  async fetch(request, { DB }) {
    const statements = await request.json();
    try {
      const results = await DB.batch(statements.map(({ sql, params }) => DB.prepare(sql).bind(...params)));
      return Response.json(results.map(({ results, meta }) => ({
        results, changes: meta.changes, rows: { read: meta.rows_read, written: meta.rows_written },
      })));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
}`;

const OK = 200;

/** `onRows` hears what each statement that was carried out is billed for. */
export async function openMeteredD1(onRows: (sql: string, rows: BilledRows) => void): Promise<Backend> {
  const options = { modules: true as const, script: SCRIPT, compatibilityDate: "2026-10-01", cf: false, d1Databases: { DB: "day" } };
  const miniflare = new Miniflare(convertV4MiniflareOptions(options));
  const url = await miniflare.ready;
  const agent = new Agent({ keepAlive: true });
  const send = (body: string): Promise<{ readonly status: number; readonly text: string }> =>
    new Promise((resolve, reject) => {
      const sending = request(url.href, { method: "POST", agent, headers: { "Content-Length": Buffer.byteLength(body) } }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
      });
      sending.on("error", reject);
      sending.end(body);
    });
  const run = async (statements: readonly Statement[]): Promise<Result[]> => {
    const { status, text } = await send(JSON.stringify(statements));
    if (status !== OK) throw new Error(text);
    const results = JSON.parse(text) as Result[];
    for (const [i, { rows }] of results.entries()) if (rows !== undefined) onRows(statements[i]?.sql ?? "", rows);
    return results;
  };
  for (const sql of readSchema()) await run(statementsIn(sql).map((text) => ({ sql: text, params: [] })));
  return {
    isLocal: false,
    run,
    close: async () => {
      agent.destroy();
      await miniflare.dispose();
    },
  };
}

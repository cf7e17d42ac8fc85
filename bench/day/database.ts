/**
 * D1 as workerd has it, for a simulation that runs in Node: a batch is one request, and what D1 bills for it comes back.
 * miniflare's bindings for Node would do the same in ten times the time.
 */
import { Agent, request } from "node:http";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { statementsIn } from "../../simulation/backends.ts";
import { readSchema } from "../../simulation/schema.ts";
import type { Backend, BilledRows, Result, Statement } from "../../simulation/sqlite.ts";

/**
 * A Durable Object with SQLite is what D1 is made of: the same engine, the same counts, one batch one transaction. Without
 * D1's own layers above it, and with rows as lists, it takes a third of the time.
 */
const SCRIPT = `import { DurableObject } from "cloudflare:workers";
const WRITES = /^\\s*(?!SELECT\\b|WITH\\b)/i;
export class Database extends DurableObject {
  async fetch(request) {
    const statements = await request.json();
    const { sql } = this.ctx.storage;
    const changes = () => sql.exec("SELECT total_changes() AS n").one().n;
    try {
      return Response.json(this.ctx.storage.transactionSync(() => statements.map(({ sql: text, params }) => {
        const writes = WRITES.test(text);
        const before = writes ? changes() : 0;
        const cursor = sql.exec(text, ...params);
        const rows = [...cursor.raw()];
        return [cursor.columnNames, rows, writes ? changes() - before : 0, cursor.rowsRead, cursor.rowsWritten];
      })));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  }
}
export default { fetch: (request, { DATABASE }) => DATABASE.get(DATABASE.idFromName("day")).fetch(request) }`;

type Told = readonly [columns: string[], rows: unknown[][], changes: number, read: number, written: number];

const OK = 200;

const DURABLE_OBJECTS = { DATABASE: { className: "Database", useSQLite: true } };

/** `onRows` hears what each statement that was carried out is billed for. */
export async function openMeteredD1(onRows: (sql: string, rows: BilledRows) => void): Promise<Backend> {
  const options = {
    modules: true as const,
    script: SCRIPT,
    compatibilityDate: "2026-10-01",
    cf: false as const,
    durableObjects: DURABLE_OBJECTS,
  };
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
    if (status !== OK) throw new Error(`D1_ERROR: ${text}`);
    return (JSON.parse(text) as Told[]).map(([columns, found, changes, read, written], i) => {
      const rows = { read, written };
      onRows(statements[i]?.sql ?? "", rows);
      return { results: found.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]]))), changes, rows };
    });
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

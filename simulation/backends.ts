/**
 * The two databases that a run can rest on: Node's SQLite for speed, and workerd's D1 for fidelity. One seed comes to
 * the same on both.
 */
import { getPlatformProxy } from "wrangler";
import { readSchema } from "./schema.ts";
import { type Backend, type Result, SqliteBackend, type Statement } from "./sqlite.ts";

export type BackendName = "sqlite" | "d1";

export async function openBackend(name: BackendName): Promise<Backend> {
  if (name === "sqlite") return new SqliteBackend(imageOfSchema());
  if (name === "d1") return openD1();
  throw new RangeError(`--backend must be sqlite or d1, not ${JSON.stringify(name)}`);
}

/** Made once: the migrations take as long as a tenth of a run. */
let image: Uint8Array | null = null;

function imageOfSchema(): Uint8Array {
  image ??= new SqliteBackend(readSchema()).image();
  return image;
}

async function openD1(): Promise<Backend> {
  const { env, dispose } = await getPlatformProxy<{ DB: D1Database }>({ persist: false, remoteBindings: false });
  const db = env.DB;
  for (const sql of readSchema()) await db.batch(statementsIn(sql).map((text) => db.prepare(text)));
  return {
    isLocal: false,
    run: async (statements: readonly Statement[]): Promise<Result[]> => {
      const results = await db.batch<Record<string, unknown>>(statements.map(({ sql, params }) => db.prepare(sql).bind(...params)));
      return results.map(({ results: rows, meta }) => ({ results: rows, changes: meta.changes }));
    },
    close: dispose,
  };
}

/** The statements of a migration; a trigger has semicolons inside. */
export function statementsIn(sql: string): string[] {
  const text = sql.replaceAll(/^--.*$/gm, "");
  return text.split(/;\s*$/m).reduce<string[]>((statements, part) => {
    const open = statements.at(-1);
    if (open !== undefined && /CREATE TRIGGER/.test(open) && !/\bEND\s*$/.test(open))
      return [...statements.slice(0, -1), `${open};\n${part}`];
    return part.trim() === "" ? statements : [...statements, part];
  }, []);
}

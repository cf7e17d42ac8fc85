/**
 * D1 played back. An invocation runs once on the real database, and what that answered is kept; then it runs again and
 * again on what was kept, so that what the process spends is the Worker's CPU, and none of SQLite's, which shares the
 * process here and does not on the platform. What D1's binding does is done: the query becomes JSON, the answer is parsed.
 */

type Statement = { readonly sql: string; readonly params: readonly unknown[] };
/** Answers as texts, in the order in which they came, by the statements asked. */
export type Tape = Map<string, string[]>;

type Run = (statements: readonly Statement[]) => Promise<D1Result[]>;

/** The real database, with each answer kept on the tape. */
export function recordingDb(db: D1Database, tape: Tape): D1Database {
  return databaseOf(async (statements) => {
    const results = await db.batch(statements.map(({ sql, params }) => db.prepare(sql).bind(...params)));
    const key = keyOf(statements);
    tape.set(key, [...(tape.get(key) ?? []), JSON.stringify(results)]);
    return results;
  });
}

/** What was kept on the tape, from its beginning. Throws where something else is asked. */
export function replayingDb(tape: Tape): D1Database {
  const heard = new Map<string, number>();
  return databaseOf(async (statements) => {
    const key = keyOf(statements);
    const nth = heard.get(key) ?? 0;
    heard.set(key, nth + 1);
    const answer = tape.get(key)?.[nth];
    if (answer === undefined) throw new Error(`not on the tape: ${key.slice(0, 300)}`);
    if (JSON.stringify(statements).length === 0) throw new Error("there is no query");
    return JSON.parse(answer) as D1Result[];
  });
}

/** Texts alone: parameters are large, and the same each time. */
function keyOf(statements: readonly Statement[]): string {
  return statements.map(({ sql }) => sql).join(";");
}

function databaseOf(run: Run): D1Database {
  const prepared = (statement: Statement) => ({
    statement,
    bind: (...params: readonly unknown[]) => prepared({ ...statement, params }),
    all: async () => (await run([statement]))[0],
    run: async () => (await run([statement]))[0],
    first: async () => (await run([statement]))[0]?.results[0] ?? null,
    raw: async () => (await run([statement]))[0]?.results.map((row) => Object.values(row as object)) ?? [],
  });
  const database = {
    prepare: (sql: string) => prepared({ sql, params: [] }),
    batch: (statements: readonly { readonly statement: Statement }[]) => run(statements.map(({ statement }) => statement)),
  };
  return database as unknown as D1Database;
}

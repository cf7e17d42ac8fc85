/** A route of the product, and a bare one that asks the database the same and answers what comes: by turns, in the same isolate. */
import { handleRequest } from "../src/http/router.ts";
import { NOW } from "./scene.ts";
import { CONTEXT, envOver, portsAt } from "./worker-door.ts";

/** A request as it is sent to the route. */
export type Asked = {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type Turns = { readonly status: number; readonly product_ms: number; readonly bare_ms: number; readonly statements: number };

type Statement = { readonly sql: string; readonly params: readonly unknown[] };

/** What the product answers to it. */
export async function sendRoute(
  db: D1Database,
  asked: Asked,
): Promise<{ readonly status: number; readonly text: string; readonly etag: string | null }> {
  const { response, text } = await requestTo(db, asked)();
  return { status: response.status, text, etag: response.headers.get("ETag") };
}

/** So many requests are answered between two looks at the clock, which tells whole ms. */
const A_TURN = 10;

/** Lets both answer `times` requests, ten by ten and by turns. What comes before a request is at its route is made beforehand. */
export async function timeRoute(db: D1Database, asked: Asked, times: number): Promise<Turns> {
  const batches: (readonly Statement[])[] = [];
  const { response } = await requestTo(listening(db, batches), asked)();
  const bare = async (): Promise<void> => {
    for (const statements of batches) {
      const results = await db.batch(statements.map(({ sql, params }) => db.prepare(sql).bind(...params)));
      await Response.json(results.map((result) => result.results)).text();
    }
  };
  let [product_ms, bare_ms] = [0, 0];
  for (let done = 0; done < times; done += A_TURN) {
    const requests = Array.from({ length: A_TURN }, () => requestTo(db, asked));
    bare_ms += await timed(
      db,
      requests.map(() => bare),
    );
    product_ms += await timed(db, requests);
  }
  return { status: response.status, product_ms, bare_ms, statements: batches.flat().length };
}

/** The clock stands still while nothing is waited for: an empty question lets it go on, and its own time is taken off. */
async function timed(db: D1Database, requests: readonly (() => Promise<unknown>)[]): Promise<number> {
  const startedAt = performance.now();
  for (const request of requests) await request();
  await db.prepare("SELECT 1").first();
  const doneAt = performance.now();
  await db.prepare("SELECT 1").first();
  return doneAt - startedAt - (performance.now() - doneAt);
}

/** A request to the product, with all that the runtime makes of one, to be answered once. */
function requestTo(
  db: D1Database,
  { path, method, headers, body }: Asked,
): () => Promise<{ readonly response: Response; readonly text: string }> {
  const { env } = envOver(db, "paid");
  const request = new Request(`http://127.0.0.1${path}`, { method, headers, body });
  const ports = portsAt(env, NOW, () => "{}");
  return async () => {
    const response = await handleRequest(request, env, CONTEXT, ports);
    return { response, text: await response.text() };
  };
}

/** The database, and a list of what it is asked. */
function listening(db: D1Database, batches: (readonly Statement[])[]): D1Database {
  const prepared = (statement: Statement) => {
    const real = db.prepare(statement.sql).bind(...statement.params);
    const alone = (): D1PreparedStatement => {
      batches.push([statement]);
      return real;
    };
    return {
      real,
      statement,
      bind: (...params: readonly unknown[]) => prepared({ ...statement, params }),
      all: () => alone().all(),
      run: () => alone().run(),
      first: () => alone().first(),
    };
  };
  const database = {
    prepare: (sql: string) => prepared({ sql, params: [] }),
    batch: (statements: readonly ReturnType<typeof prepared>[]) => {
      batches.push(statements.map(({ statement }) => statement));
      return db.batch(statements.map(({ real }) => real));
    },
  };
  return database as unknown as D1Database;
}

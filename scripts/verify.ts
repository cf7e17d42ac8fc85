/**
 * `npm run verify`: works out every refund total and balance anew from the rows of the database, and names the first
 * that does not agree. The same checks as the Worker's daily ones, over `wrangler d1 execute`.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { mismatchText } from "../src/domain/ledger-check.ts";
import {
  BEFORE_ALL_PANELS,
  type CheckPage,
  type CheckPlace,
  type CheckedCounts,
  checkPage,
  type Query,
  type ReadRows,
} from "../src/store/ledger/check-pages.ts";
import { quietEnvironment } from "./quiet-wrangler.ts";
import { readArguments, UsageError } from "./usage.ts";

const USAGE = `npm run verify -- --local | --remote [options]
  --local           the database of \`npm run dev\`
  --remote          the deployed one
  --persist-to DIR  where the local database is kept, if not in .wrangler/state
  --config FILE     another wrangler.toml
  --help            this text`;

/** Exit codes: the books add up; they do not; it could not be found out. */
const [AGREED, WRONG, UNKNOWN] = [0, 1, 2];

const ROOT = join(import.meta.dirname, "..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
/** Each page starts wrangler anew, which takes seconds; its answer comes as one JSON text. */
const PAGE = { rows: 5000, sums: 1_000_000 };
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const where = readWhere(args);
    if (where === null) return say(USAGE, AGREED);
    return await verify((queries) => execute(queries, where));
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error instanceof Error ? error.message : error);
    return UNKNOWN;
  }
}

function say(text: string, code: number): number {
  console.log(text);
  return code;
}

/** The arguments for wrangler that name the database; null when help was asked for. */
function readWhere(args: string[]): string[] | null {
  const { values } = readArguments({
    args,
    options: {
      local: { type: "boolean", default: false },
      remote: { type: "boolean", default: false },
      "persist-to": { type: "string" },
      config: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  if (values.local === values.remote) throw new UsageError("Say which database: --local or --remote.");
  const passed = (["persist-to", "config"] as const).flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, values[name]]));
  return [values.local ? "--local" : "--remote", ...passed];
}

/** Goes through all panels; stops at the first row that does not agree. */
async function verify(read: ReadRows): Promise<number> {
  const total = { orders: 0, refunds: 0, accounts: 0, transfers: 0 };
  let wrong: string | null = null;
  for (let place: CheckPlace | null = BEFORE_ALL_PANELS; place !== null && wrong === null;) {
    const page: CheckPage = await checkPage(read, place, PAGE);
    for (const what of Object.keys(total) as (keyof CheckedCounts)[]) total[what] += page.checked[what];
    wrong = page.mismatch === null ? null : `panel ${JSON.stringify(page.panel)}, ${mismatchText(page.mismatch)}`;
    place = page.next;
  }
  console.log(`Checked ${total.orders} orders, ${total.refunds} refunds, ${total.accounts} accounts with ${total.transfers} transfers.`);
  return wrong === null
    ? say("Every total and balance agrees with its rows.", AGREED)
    : say(`The first that does not agree: ${wrong}`, WRONG);
}

/** Runs statements through wrangler, in one command and so in one transaction; answers the rows of each. */
async function execute(queries: readonly Query[], where: readonly string[]): Promise<object[][]> {
  const sql = queries.map(withLiterals).join(";\n");
  const args = [WRANGLER, "d1", "execute", "DB", "--json", "--yes", ...where, "--command", sql];
  const env = { ...quietEnvironment(), FORCE_COLOR: "0" };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env, maxBuffer: MAX_ANSWER_BYTES }).catch(
    (error: unknown) => {
      throw new Error(`wrangler could not read the database:\n${outputOf(error)}`);
    },
  );
  const results = JSON.parse(stdout.slice(stdout.indexOf("["))) as { results: object[] }[];
  if (results.length !== queries.length) throw new Error(`wrangler answered ${results.length} statements of ${queries.length}`);
  return results.map(({ results: rows }) => rows);
}

/** wrangler takes no parameters, so they go in as literals: numbers, and texts with their quotes doubled. */
function withLiterals({ sql, params }: Query): string {
  return sql.replace(/\?(\d+)/g, (_, n: string) => {
    const value = params[Number(n) - 1] ?? "";
    return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
  });
}

function outputOf(error: unknown): string {
  const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
  return `${stdout}${stderr}`.trim() || String(error);
}

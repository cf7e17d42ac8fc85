/**
 * `npm run deploy`: puts the Worker into an account. The first run makes what is missing, each later one is an
 * upgrade: migrations, then code. What is there is never made again, and a secret that is set is never replaced.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Account, chooseAccount, type Found, listQueues, listSecrets, lookAround, type Names } from "./deploy/account.ts";
import { adviseOn } from "./deploy/advice.ts";
import { type NewSecrets, prepareSecrets, type SecretName } from "./deploy/secrets.ts";
import { askWrangler, WranglerError } from "./deploy/wrangler.ts";
import { watchForEnd } from "./ending.ts";
import { quietWrangler } from "./quiet-wrangler.ts";
import { readArguments, UsageError } from "./usage.ts";

const USAGE = `npm run deploy -- [options]
  --dry-run  shows what would be done, and does nothing
  --help     this text

CLOUDFLARE_ACCOUNT_ID chooses the account, CLOUDFLARE_API_TOKEN stands for a login.
ADMIN_TOKEN and ENCRYPTION_KEYS in the environment are set at a Worker that has none.`;

const ROOT = join(import.meta.dirname, "..");
const GUIDE = "docs/operations.md";

const isCi = (process.env["CI"] ?? "") !== "" && process.env["CI"] !== "false";
// A Ctrl-C reaches wrangler, too: its end is what ends this, after the file of secrets has been removed.
watchForEnd();
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  let account: Account | null = null;
  try {
    const { values } = readArguments({
      args,
      options: { "dry-run": { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
    });
    if (values.help) return say(USAGE, 0);
    const { names, accountId } = await readConfig();
    account = await chooseAccount(ROOT, accountId);
    // Said to each command, because wrangler would else use one that it remembers.
    process.env["CLOUDFLARE_ACCOUNT_ID"] = account.id;
    tell("account", account.label);
    const found = await lookAround(ROOT, names);
    const secrets = prepareSecrets(found.missingSecrets, process.env, isCi);
    if (values["dry-run"]) return await showPlan(names, found, secrets);
    await makeDatabase(names, found);
    await applyMigrations(found);
    return await deployWorker(names, found, secrets);
  } catch (error) {
    return explain(error, account);
  }
}

function explain(error: unknown, account: Account | null): number {
  if (error instanceof UsageError) console.error(`\n${error.message}`);
  else if (error instanceof WranglerError) {
    console.error(`\nCould not ${error.message}.\n\n${indent(error.output)}\n\n${adviseOn(error.output, account?.id ?? null)}`);
  } else console.error(error);
  return 1;
}

/** What is read of it here. */
type Config = {
  readonly name?: string | undefined;
  readonly account_id?: string | undefined;
  readonly d1_databases: readonly { readonly binding: string; readonly database_name?: string; readonly migrations_dir?: string }[];
  readonly queues: { readonly producers?: readonly { readonly queue?: string }[] };
};

/** wrangler's own reading of wrangler.toml, which the Deploy button may have written anew with other names. */
async function readConfig(): Promise<{ names: Names; accountId: string | undefined }> {
  quietWrangler();
  const { unstable_readConfig } = await import("wrangler");
  const { name, d1_databases, queues, account_id } = unstable_readConfig({ config: join(ROOT, "wrangler.toml") }) as Config;
  const database = d1_databases.find(({ binding }) => binding === "DB");
  if (name === undefined || database?.database_name === undefined) {
    throw new UsageError("wrangler.toml needs a `name`, and a `database_name` for the binding DB.");
  }
  const names = {
    worker: name,
    database: database.database_name,
    queues: (queues.producers ?? []).flatMap(({ queue }) => (queue === undefined ? [] : [queue])),
    migrations: database.migrations_dir ?? "migrations",
  };
  return { names, accountId: process.env["CLOUDFLARE_ACCOUNT_ID"] || account_id };
}

async function showPlan(names: Names, found: Found, secrets: NewSecrets): Promise<number> {
  const { pending } = found;
  const queues = await listQueues(ROOT);
  tell("database", `${names.database}: ${found.hasDatabase ? "is there" : "would be made"}`);
  tell("migrations", pending.length === 0 ? "none to apply" : `would be applied: ${pending.join(", ")}`);
  for (const queue of names.queues) tell("queue", `${queue}: ${queues.has(queue) ? "is there" : "would be made"}`);
  for (const [name] of secrets.values) tell("secret", `${name}: would be ${secrets.made.includes(name) ? "made" : "set as given"}`);
  for (const name of secrets.left) tell("secret", `${name}: is missing, and would stay so`);
  tell("worker", `${names.worker}: would be ${found.hasWorker ? "replaced" : "made"}`);
  return say("\nNothing was changed.", 0);
}

async function makeDatabase({ database }: Names, { hasDatabase }: Found): Promise<void> {
  if (!hasDatabase) {
    const answer = await askWrangler(ROOT, ["d1", "create", database]);
    if (!answer.ok) throw new WranglerError(`make the database ${database}`, answer);
  }
  tell("database", `${database}: ${hasDatabase ? "is there" : "made"}`);
}

/** Before the code, which needs the new schema. What the old code cannot do in the seconds between is tried again. */
async function applyMigrations({ pending }: Found): Promise<void> {
  if (pending.length > 0) {
    const answer = await askWrangler(ROOT, ["d1", "migrations", "apply", "DB", "--remote"]);
    if (!answer.ok) throw new WranglerError("apply the migrations; the one that failed has changed nothing", answer);
  }
  tell("migrations", pending.length === 0 ? "none to apply" : `applied: ${pending.join(", ")}`);
}

/** Code, secrets, queues, cron and address, in one command of wrangler. */
async function deployWorker(names: Names, found: Found, secrets: NewSecrets): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "panelsync-deploy-"));
  const report = join(folder, "report.ndjson");
  try {
    const secretsFile = join(folder, "secrets.json");
    if (secrets.values.size > 0) writeFileSync(secretsFile, JSON.stringify(Object.fromEntries(secrets.values)), { mode: 0o600 });
    const answer = await askWrangler(ROOT, ["deploy", ...(secrets.values.size > 0 ? ["--secrets-file", secretsFile] : [])], {
      WRANGLER_OUTPUT_FILE_PATH: report,
    });
    if (!answer.ok) {
      await showAfterFailure(secrets);
      throw new WranglerError(`deploy the Worker ${names.worker}`, answer);
    }
    for (const queue of names.queues)
      tell("queue", `${queue}: ${answer.stdout.includes(`Creating new Queue "${queue}"`) ? "made" : "is there"}`);
    tell("worker", `${names.worker}: ${found.hasWorker ? "replaced" : "made"}`);
    return showEnd(readAddress(report), found, secrets);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The upload may have gone well and a later step not: then the next run finds the secrets set, and shows them no more. */
async function showAfterFailure({ values, made }: NewSecrets): Promise<void> {
  const set = await listSecrets(ROOT).catch(() => null);
  showSecrets(
    made.filter((name) => set?.has(name)),
    values,
  );
}

function showSecrets(made: readonly SecretName[], values: NewSecrets["values"]): void {
  if (made.length === 0) return;
  console.log("\nThese were made. Keep them in a password manager: they are shown only now, and cannot be read back.\n");
  for (const name of made) console.log(`  ${name}=${values.get(name)}`);
}

/** The `https://` address among the targets of wrangler's report; null if it serves nowhere. */
function readAddress(report: string): string | null {
  const entries = readFileSync(report, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; targets?: string[] });
  const targets = entries.find(({ type }) => type === "deploy")?.targets ?? [];
  const host = targets.map((target) => target.replace(/^https:\/\//, "")).find((target) => /^[\w-]+(?:\.[\w-]+)+$/.test(target));
  return host === undefined ? null : `https://${host}`;
}

function showEnd(address: string | null, { hasWorker }: Found, { values, made, left }: NewSecrets): number {
  const url = address ?? "https://<your domain>";
  showSecrets(made, values);
  for (const name of left) {
    console.log(`\n${name} is not set: \`npx wrangler secret put ${name}\`. .dev.vars.example says how to make one.`);
  }
  console.log(`\nIt runs at ${url}. Is it well? (A new address may take a minute; the first tick comes within some minutes.)\n`);
  console.log(`  curl ${url}/healthz`);
  if (hasWorker) return 0;
  console.log(`\nThe next step is a panel. The answer has its key:\n`);
  console.log(`  curl -H "Authorization: Bearer <ADMIN_TOKEN>" -d '{"id":"shop","role":"shop","currency":"USD"}' ${url}/v1/panels`);
  return say(`\n${GUIDE} says how to upgrade and how to go back.`, 0);
}

function tell(what: string, how: string): void {
  console.log(`${what.padEnd(10)}  ${how}`);
}

function say(text: string, code: number): number {
  console.log(text);
  return code;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

/** The steps of a deployment, in order. Each finds what is there, makes what is not, and tells in a line which it was. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../usage.ts";
import { type Account, type Found, listQueues, listSecrets } from "./account.ts";
import { adviseOn } from "./advice.ts";
import type { NewSecrets, SecretName } from "./secrets.ts";
import type { Target } from "./target.ts";
import { askAbout, WranglerError } from "./wrangler.ts";

/** Tells what each step would do. Changes nothing. */
export async function showPlan(target: Target, found: Found, secrets: NewSecrets): Promise<void> {
  const { pending } = found;
  const { names } = target;
  const queues = await listQueues(target);
  tell("database", `${names.database}: ${found.hasDatabase ? "is there" : "would be made"}`);
  tell("migrations", pending.length === 0 ? "none to apply" : `would be applied: ${pending.join(", ")}`);
  for (const queue of names.queues) tell("queue", `${queue}: ${queues.has(queue) ? "is there" : "would be made"}`);
  for (const [name] of secrets.values) tell("secret", `${name}: would be ${secrets.made.includes(name) ? "made" : "set as given"}`);
  for (const name of secrets.left) tell("secret", `${name}: is missing, and would stay so`);
}

/** Database, migrations, then the Worker. Answers its address; null if it serves nowhere. Throws between steps once it is to end. */
export async function deployAll(target: Target, found: Found, secrets: NewSecrets, ended: AbortSignal): Promise<string | null> {
  await makeDatabase(target, found);
  ended.throwIfAborted();
  await applyMigrations(target, found);
  ended.throwIfAborted();
  return await deployWorker(target, found, secrets);
}

async function makeDatabase(target: Target, { hasDatabase }: Found): Promise<void> {
  const { database } = target.names;
  if (!hasDatabase) {
    const answer = await askAbout(target, ["d1", "create", database]);
    if (!answer.ok) throw new WranglerError(`make the database ${database}`, answer);
  }
  tell("database", `${database}: ${hasDatabase ? "is there" : "made"}`);
}

/** Before the code, which needs the new schema. What the old code cannot do in the seconds between is tried again. */
async function applyMigrations(target: Target, { pending }: Found): Promise<void> {
  if (pending.length > 0) {
    const answer = await askAbout(target, ["d1", "migrations", "apply", "DB", "--remote"]);
    if (!answer.ok) throw new WranglerError("apply the migrations; the one that failed has changed nothing", answer);
  }
  tell("migrations", pending.length === 0 ? "none to apply" : `applied: ${pending.join(", ")}`);
}

/** Code, secrets, queues, cron and address, in one command of wrangler. */
async function deployWorker(target: Target, found: Found, secrets: NewSecrets): Promise<string | null> {
  const { names } = target;
  const folder = mkdtempSync(join(tmpdir(), "panelsync-deploy-"));
  const report = join(folder, "report.ndjson");
  try {
    const secretsFile = join(folder, "secrets.json");
    if (secrets.values.size > 0) writeFileSync(secretsFile, JSON.stringify(Object.fromEntries(secrets.values)), { mode: 0o600 });
    const answer = await askAbout(target, ["deploy", ...(secrets.values.size > 0 ? ["--secrets-file", secretsFile] : [])], {
      WRANGLER_OUTPUT_FILE_PATH: report,
    });
    if (!answer.ok) {
      await showAfterFailure(target, secrets);
      throw new WranglerError(`deploy the Worker ${names.worker}`, answer);
    }
    for (const queue of names.queues)
      tell("queue", `${queue}: ${answer.stdout.includes(`Creating new Queue "${queue}"`) ? "made" : "is there"}`);
    tell("worker", `${names.worker}: ${found.hasWorker ? "replaced" : "made"}`);
    for (const name of secrets.values.keys()) if (!secrets.made.includes(name)) tell("secret", `${name}: set as given`);
    showSecrets(secrets.made, secrets.values);
    return readAddress(report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The upload may have gone well and a later step not: then the next run finds the secrets set, and shows them no more. */
async function showAfterFailure(target: Target, { values, made }: NewSecrets): Promise<void> {
  try {
    const set = await listSecrets(target);
    showSecrets(
      made.filter((name) => set?.has(name)),
      values,
    );
  } catch {
    showSecrets(made, values, UNSURE);
  }
}

const SURE = "These were made. Keep them in a password manager: they are shown only now, and cannot be read back.";
const UNSURE =
  "These were made, and the platform does not tell now whether they were set. Keep them: they count unless the next run shows others.";

/** At once when they are set: what fails after it takes them from nobody. */
function showSecrets(made: readonly SecretName[], values: NewSecrets["values"], text = SURE): void {
  if (made.length === 0) return;
  console.log(`\n${text}\n`);
  for (const name of made) console.log(`  ${name}=${values.get(name)}`);
  console.log("");
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

/** Tells what became of a step, in one line. */
export function tell(what: string, how: string): void {
  console.log(`${what.padEnd(10)}  ${how}`);
}

/** Tells what went wrong, and what to do. Always answers 1, the exit code. */
export function explainFailure(error: unknown, account: Account | null): number {
  if (error instanceof UsageError) console.error(`\n${error.message}`);
  else if (error instanceof WranglerError) {
    console.error(`\nCould not ${error.message}.\n\n${indent(error.output)}\n\n${adviseOn(error.output, account?.id ?? null)}`);
  } else {
    // What the disk refuses says itself what it is about.
    console.error(error instanceof Error && "syscall" in error ? `\n${error.message}` : error);
  }
  return 1;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

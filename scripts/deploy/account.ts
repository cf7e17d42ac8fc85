/** What the account has of what the Worker needs. Read only. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { SEALED } from "../../src/secrets/sealed-text.ts";
import { UsageError } from "../usage.ts";
import { type Lacking, SECRET_NAMES } from "./secrets.ts";
import { refuseName, type Target } from "./target.ts";
import { askAbout, askWrangler, parseJson, WranglerError } from "./wrangler.ts";

export type Account = { readonly id: string; readonly label: string };

export type Found = Lacking & {
  readonly hasWorker: boolean;
  readonly hasDatabase: boolean;
  /** Files of migrations that the database has not had, in order. */
  readonly pending: readonly string[];
};

/**
 * The account to deploy into: the one that is named, else the login's only one. Throws a `UsageError` where there are
 * several: an account that wrangler remembers from another project is not a choice.
 */
export async function chooseAccount({ root, accountId }: Target): Promise<Account> {
  if (accountId !== null) return { id: accountId, label: accountId };
  const answer = await askWrangler(root, ["whoami", "--json"]);
  const { accounts } = parseJson(answer, "see who is logged in") as { accounts: { id: string; name: string }[] };
  const [account] = accounts;
  if (account === undefined || accounts.length > 1) {
    const list = accounts.map(({ id, name }) => `\n  ${id}  ${name}`).join("");
    throw new UsageError(`This login has ${accounts.length} accounts. Set CLOUDFLARE_ACCOUNT_ID to the one to deploy into.${list}`);
  }
  return { id: account.id, label: `${account.name} (${account.id})` };
}

export async function lookAround(target: Target): Promise<Found> {
  const files = readdirSync(join(target.root, target.names.migrations))
    .filter((file) => file.endsWith(".sql"))
    .toSorted();
  const [applied, secrets] = await Promise.all([listApplied(target, files[0] ?? ""), listSecrets(target)]);
  requireNewer(applied, files);
  const missingSecrets = SECRET_NAMES.filter((name) => secrets?.has(name) !== true);
  return {
    hasWorker: secrets !== null,
    hasDatabase: applied !== null,
    missingSecrets,
    hasSealed: missingSecrets.includes("ENCRYPTION_KEYS") && (applied?.size ?? 0) > 0 && (await hasSealedKeys(target)),
    pending: files.filter((file) => applied?.has(file) !== true),
  };
}

/** Migrations that the database has had; null if there is no database. One that has had others than ours is something else's. */
async function listApplied(target: Target, first: string): Promise<ReadonlySet<string> | null> {
  const sql = "SELECT name FROM d1_migrations";
  const answer = await askAbout(target, ["d1", "execute", "DB", "--remote", "--json", "--yes", "--command", sql]);
  const output = answer.stdout + answer.stderr;
  if (!answer.ok && /Couldn't find a D1 DB/.test(output)) return null;
  const hasTable = answer.ok || !/no such table: d1_migrations/.test(output);
  const [result] = hasTable ? (parseJson(answer, "read which migrations the database has had") as { results: { name: string }[] }[]) : [];
  const applied = new Set(result?.results.map(({ name }) => name));
  // wrangler makes that table for the migrations of any project, and before the first of them.
  if (!applied.has(first)) await requireEmpty(target);
  return applied;
}

/** Code of an earlier release does not know the schema: where nobody pulled, it would stop a Worker that follows orders. */
function requireNewer(applied: ReadonlySet<string> | null, files: readonly string[]): void {
  const unknown = [...(applied ?? [])].filter((name) => !files.includes(name));
  if (unknown.length === 0) return;
  throw new UsageError(
    `The database has had migrations that this clone does not have: ${unknown.join(", ")}. What is deployed is newer. Run \`git pull --rebase --autostash && npm ci\` first; docs/operations.md says how to go back.`,
  );
}

/** A database of this name that something else uses is none to put our tables into. */
async function requireEmpty(target: Target): Promise<void> {
  const sql =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' AND name <> 'd1_migrations' LIMIT 1";
  const answer = await askAbout(target, ["d1", "execute", "DB", "--remote", "--json", "--yes", "--command", sql]);
  const [result] = parseJson(answer, "look into the database") as { results: { name: string }[] }[];
  const [table] = result?.results ?? [];
  if (table !== undefined) refuseName(`a database ${target.names.database} that is not panelsync's: it has a table ${table.name}`);
}

/** Whether a provider's key is encrypted in the database, as after the Worker was deleted. A schema without such keys has none. */
async function hasSealedKeys(target: Target): Promise<boolean> {
  const sql = `SELECT id FROM providers WHERE api_key LIKE '${SEALED}%' LIMIT 1`;
  const answer = await askAbout(target, ["d1", "execute", "DB", "--remote", "--json", "--yes", "--command", sql]);
  if (!answer.ok && /no such (?:table|column)/.test(answer.stdout + answer.stderr)) return false;
  const [result] = parseJson(answer, "look into the database") as { results: unknown[] }[];
  return (result?.results.length ?? 0) > 0;
}

/** Names of the Worker's secrets; null if there is no Worker. */
export async function listSecrets(target: Target): Promise<ReadonlySet<string> | null> {
  const answer = await askAbout(target, ["secret", "list", "--format", "json"]);
  if (!answer.ok && /Worker ".*" not found/.test(answer.stderr)) return null;
  const secrets = parseJson(answer, "list the Worker's secrets") as { name: string }[];
  return new Set(secrets.map(({ name }) => name));
}

/** Names of the account's queues: words of wrangler's table, which is all that it has of them. */
export async function listQueues(target: Target): Promise<ReadonlySet<string>> {
  const answer = await askAbout(target, ["queues", "list"]);
  if (!answer.ok) throw new WranglerError("list the queues", answer);
  return new Set(answer.stdout.split(/[\s│]+/));
}

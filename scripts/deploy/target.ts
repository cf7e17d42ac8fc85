/**
 * What is deployed, by name. `wrangler.toml` is the deployment that it names. One of another name has a small file of its
 * own, `wrangler.<name>.json`: its names and variables, with all the rest from wrangler.toml, anew in each run.
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { quietWrangler } from "../quiet-wrangler.ts";
import { UsageError } from "../usage.ts";

/** Names of what the account holds of a deployment. */
export type Names = {
  readonly worker: string;
  readonly database: string;
  readonly queues: readonly string[];
  /** The folder, from the root. */
  readonly migrations: string;
};

/** One deployment, as far as files tell it. */
export type Target = {
  readonly root: string;
  /** wrangler's configuration of it. */
  readonly config: string;
  readonly names: Names;
  /** Null: the login's only one. */
  readonly accountId: string | null;
  /** `PLAN`, as the next deployment sets it. */
  readonly plan: string;
  /** A domain of one's own that it is served at; null without. */
  readonly domain: string | null;
};

export type TargetChoice = {
  readonly root: string;
  /** Null: the only one that there are files of. */
  readonly name: string | null;
  /** Null: as the file says. */
  readonly plan: string | null;
  /**
   * Whether the configuration is kept: only once all that may refuse it has been asked, since a file that was left would be a
   * deployment to choose from. Else nothing is written; what wrangler needs all the same is removed at the end of the process.
   */
  readonly isKept: boolean;
};

type Raw = Readonly<Record<string, unknown>>;

/** Of a file of its own, what is the operator's. The rest comes from wrangler.toml. */
const OWN = ["account_id", "vars", "routes", "route", "workers_dev"] as const;
/** Keys whose value names something in the account. */
const NAMING = new Set(["name", "database_name", "queue", "dead_letter_queue", "bucket_name"]);
/** A rate limit's `name` is the Worker's own word for it, not the account's. */
const BINDING_OF_LIMITS = "FAILED_KEYS";
/** Keys whose value is a path. */
const PATHS = new Set(["main", "directory", "migrations_dir"]);
/** A queue has 63 characters at most, `-sweeps` among them, and a workers.dev name as many. */
const NAME = /^[a-z][a-z0-9-]{0,48}[a-z0-9]$/;
const FILE = /^wrangler\.([a-z][a-z0-9-]*)\.json$/;

/** Whether a name may be one: small letters, digits and dashes, 2 to 50, from a letter on. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Reads which deployment is meant. One of another name than wrangler.toml's has its file written, if that is to be kept. */
export async function readTarget({ root, name: chosen, plan, isKept }: TargetChoice): Promise<Target> {
  quietWrangler();
  const { experimental_readRawConfig } = await import("wrangler");
  const toml = join(root, "wrangler.toml");
  const base = readByHand(toml, () => experimental_readRawConfig({ config: toml }).rawConfig as Raw);
  const name = chooseName(root, base, chosen);
  const own = join(root, `wrangler.${name}.json`);
  if (name === base["name"]) {
    if (plan !== null && isKept && planOf(base) !== plan) setPlan(toml, plan);
    return targetOf(root, toml, withPlan(base, plan));
  }
  const kept = existsSync(own) ? readByHand(own, () => JSON.parse(readFileSync(own, "utf8")) as Raw) : {};
  const derived = withPlan(deriveConfig(base, name, kept), plan);
  if (isKept) {
    const text = `${JSON.stringify(derived, null, 2)}\n`;
    if (!existsSync(own) || readFileSync(own, "utf8") !== text) writeFileSync(own, text);
    return targetOf(root, own, derived);
  }
  const folder = mkdtempSync(join(tmpdir(), "panelsync-deploy-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "wrangler.json");
  writeFileSync(file, JSON.stringify(mapStrings(derived, (key, value) => (PATHS.has(key) ? resolve(root, value) : value))));
  return targetOf(root, file, derived);
}

/** Reads a file that people edit: what is wrong in it is told with its place. */
function readByHand(path: string, read: () => Raw): Raw {
  try {
    return read();
  } catch (error) {
    const { message, location } = error as Error & { readonly location?: { readonly line?: number } };
    const line = location?.line === undefined ? "" : ` (line ${location.line})`;
    throw new UsageError(`${basename(path)} cannot be read: ${message}${line}. Correct it, and run this again.`);
  }
}

/** Ends a deployment whose name something else has. */
export function refuseName(reason: string): never {
  throw new UsageError(`The account has ${reason}. It stays as it is: choose another name with --name.`);
}

/** The one that is named; else wrangler.toml's, unless there is a file of another: then it could be either. */
function chooseName(root: string, { name }: Raw, chosen: string | null): string {
  if (typeof name !== "string") throw new UsageError("wrangler.toml needs a `name`.");
  if (chosen !== null && !isName(chosen)) {
    throw new UsageError(`--name takes 2 to 50 small letters, digits and dashes, a letter first, not ${JSON.stringify(chosen)}.`);
  }
  const others = readdirSync(root).flatMap((file) => FILE.exec(file)?.[1] ?? []);
  if (chosen === null && others.length > 0) {
    throw new UsageError(`Which deployment? Add one of: ${[name, ...others].map((each) => `--name ${each}`).join(", ")}.`);
  }
  return chosen ?? name;
}

/**
 * The configuration of a deployment beside that of wrangler.toml: nothing in the account, no domain and no heartbeat is
 * shared, and keys that fail at one are not counted at the other.
 */
export function deriveConfig(base: Raw, name: string, kept: Raw): Raw {
  const of = String(base["name"]);
  const renamed = mapStrings(base, (key, value) => {
    if (key === "namespace_id") return String(namespaceOf(name, value));
    if (!NAMING.has(key) || value === BINDING_OF_LIMITS) return value;
    if (value === of) return name;
    // One that was named otherwise by hand is not taken over as it is: it would be the same one in the account.
    return `${name}-${value.startsWith(`${of}-`) ? value.slice(of.length + 1) : value}`;
  }) as Raw;
  const shared = Object.fromEntries(Object.entries(renamed).filter(([key]) => key !== "route" && key !== "routes"));
  const databases = ((renamed["d1_databases"] ?? []) as Raw[]).map(withoutIds);
  const own = Object.fromEntries(OWN.flatMap((key) => (kept[key] === undefined ? [] : [[key, kept[key]]])));
  const vars = { ...(base["vars"] as Raw), HEARTBEAT_URL: "", ...(kept["vars"] as Raw | undefined) };
  return { ...shared, d1_databases: databases, workers_dev: true, ...own, name, vars };
}

/** The Deploy button writes the id of the database that it has made. Without one it is found by its name. */
function withoutIds(database: Raw): Raw {
  return Object.fromEntries(Object.entries(database).filter(([key]) => key !== "database_id" && key !== "preview_database_id"));
}

/** A whole number of the name (FNV-1a, 31 bits), because the account shares the counters of one number. */
function namespaceOf(name: string, before: string): number {
  let hash = 0x811c9dc5;
  for (const letter of `${name}/${before}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return (hash >>> 1) + 1;
}

function withPlan(config: Raw, plan: string | null): Raw {
  return plan === null ? config : { ...config, vars: { ...(config["vars"] as Raw), PLAN: plan } };
}

function planOf(config: Raw): unknown {
  return (config["vars"] as Raw | undefined)?.["PLAN"];
}

/** One line; its comments and all the rest stay. */
function setPlan(path: string, plan: string): void {
  const before = readFileSync(path, "utf8");
  const after = before.replace(/^([ \t]*PLAN[ \t]*=[ \t]*)(?:"[^"\n]*"|'[^'\n]*')/m, `$1"${plan}"`);
  if (after === before) throw new UsageError(`wrangler.toml has no line for PLAN. Add PLAN = "${plan}" below [vars], and run this again.`);
  writeFileSync(path, after);
}

function mapStrings(value: unknown, map: (key: string, value: string) => string, key = ""): unknown {
  if (typeof value === "string") return map(key, value);
  if (Array.isArray(value)) return value.map((each) => mapStrings(each, map, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapStrings(each, map, name)]));
}

/** What is read of a configuration here. */
type Config = {
  readonly name: string;
  readonly account_id?: string;
  readonly vars?: { readonly PLAN?: string };
  readonly route?: Route;
  readonly routes?: readonly Route[];
  readonly d1_databases?: readonly { readonly binding: string; readonly database_name?: string; readonly migrations_dir?: string }[];
  readonly queues?: { readonly producers?: readonly { readonly queue?: string }[] };
};
type Route = string | { readonly pattern: string; readonly custom_domain?: boolean };

function targetOf(root: string, config: string, raw: Raw): Target {
  const { name, account_id, vars, route, routes = [], d1_databases = [], queues } = raw as Config;
  const database = d1_databases.find(({ binding }) => binding === "DB");
  if (database?.database_name === undefined) throw new UsageError("wrangler.toml needs a `database_name` for the binding DB.");
  const domains = [...routes, ...(route === undefined ? [] : [route])].flatMap((each) =>
    typeof each === "object" && each.custom_domain === true ? [each.pattern] : [],
  );
  return {
    root,
    config,
    names: {
      worker: name,
      database: database.database_name,
      queues: (queues?.producers ?? []).flatMap(({ queue }) => queue ?? []),
      migrations: database.migrations_dir ?? "migrations",
    },
    accountId: process.env["CLOUDFLARE_ACCOUNT_ID"] || account_id || null,
    plan: vars?.PLAN ?? "free",
    domain: domains[0] ?? null,
  };
}

/** What the stand-in for the platform's API answers, a route each. */
import { randomUUID } from "node:crypto";
import type { Account, Binding, Queue, Script } from "./account.ts";
import { Database } from "./databases.ts";
import { PlatformError } from "./errors.ts";

type Asked = Readonly<Record<string, unknown>> & { readonly query: URLSearchParams; readonly body: unknown };
/** What a route is asked about. */
type Platform = { readonly accounts: readonly Account[] };
type Handle = (platform: Platform, asked: Asked) => unknown;

/** What an upload of assets is done with, in place of the account's token. */
export const UPLOAD_TOKEN = "upload-token";

/** Paths begin with the account's where they have one. */
const ROUTES: Readonly<Record<string, Handle>> = {
  "GET /user": () => ({ id: "user", email: "operator@example.com" }),
  "GET /user/tokens/verify": () => ({ id: "token", status: "active" }),
  "GET /accounts": ({ accounts }) => accounts.map(({ id, name }) => ({ id, name })),
  "GET /memberships": ({ accounts }) => accounts.map(({ id, name }) => ({ id: `member-${id}`, account: { id, name }, roles: [] })),

  "GET /accounts/:account/d1/database": (platform, asked) => {
    // A search: what the name is part of is found, too.
    const name = asked.query.get("name");
    return accountOf(platform, asked)
      .databases.filter((each) => name === null || each.name.includes(name))
      .map(showDatabase);
  },
  "POST /accounts/:account/d1/database": (platform, asked) => {
    const { databases } = accountOf(platform, asked);
    const { name } = asked.body as { name: string };
    if (databases.some((each) => each.name === name)) throw new PlatformError(400, 7502, "Database with name already exists");
    const database = new Database(name);
    databases.push(database);
    return showDatabase(database);
  },
  "GET /accounts/:account/d1/database/:database": (platform, asked) => showDatabase(databaseOf(platform, asked)),
  "POST /accounts/:account/d1/database/:database/query": (platform, asked) => {
    try {
      return databaseOf(platform, asked).query((asked.body as { sql: string }).sql);
    } catch (error) {
      if (error instanceof PlatformError) throw error;
      throw new PlatformError(400, 7500, `${(error as Error).message}: SQLITE_ERROR`);
    }
  },

  "GET /accounts/:account/queues": (platform, asked) => {
    const names = asked.query.getAll("name");
    return accountOf(platform, asked).queues.filter((each) => names.length === 0 || names.includes(each.queue_name));
  },
  "POST /accounts/:account/queues": (platform, asked) => {
    const { queues } = accountOf(platform, asked);
    const { queue_name } = asked.body as { queue_name: string };
    if (queues.some((each) => each.queue_name === queue_name)) throw new PlatformError(409, 11_009, "Queue name is already taken");
    const queue: Queue = { queue_id: randomUUID(), queue_name, consumers: [] };
    queues.push(queue);
    return queue;
  },
  "POST /accounts/:account/queues/:queue/consumers": (platform, asked) => {
    const { consumers } = queueOf(platform, asked);
    const body = asked.body as { script_name: string };
    const consumer = { ...body, consumer_id: randomUUID(), script: body.script_name };
    consumers.push(consumer);
    return consumer;
  },
  "PUT /accounts/:account/queues/:queue/consumers/:consumer": (platform, asked) => {
    const { consumers } = queueOf(platform, asked);
    const at = consumers.findIndex((each) => each.consumer_id === asked["consumer"]);
    const body = asked.body as { script_name: string };
    const consumer = { ...body, consumer_id: String(asked["consumer"]), script: body.script_name };
    if (at < 0) throw new PlatformError(404, 11_004, "Consumer not found");
    consumers[at] = consumer;
    return consumer;
  },

  "GET /accounts/:account/workers/services/:script": (platform, asked) => {
    scriptOf(platform, asked, 10_090);
    return {
      id: asked["script"],
      default_environment: { environment: "production", script: { tag: "tag", tags: [], last_deployed_from: "wrangler" } },
    };
  },
  "GET /accounts/:account/workers/scripts/:script/settings": (platform, asked) => ({
    bindings: deployedBindings(scriptOf(platform, asked)),
  }),
  "GET /accounts/:account/workers/scripts/:script/secrets": (platform, asked) =>
    [...scriptOf(platform, asked).secrets.keys()].map((name) => ({ name, type: "secret_text" })),
  "PUT /accounts/:account/workers/scripts/:script": (platform, asked) => {
    const { scripts } = accountOf(platform, asked);
    const name = String(asked["script"]);
    const script: Script = scripts.get(name) ?? {
      versions: [],
      secrets: new Map(),
      schedules: [],
      subdomain: { enabled: false, previews_enabled: false },
    };
    const version = addVersion(platform, asked, script);
    scripts.set(name, script);
    return { id: name, etag: version.id, tag: "tag", deployment_id: version.id.replaceAll("-", ""), startup_time_ms: 1 };
  },
  "POST /accounts/:account/workers/scripts/:script/versions": (platform, asked) => {
    const version = addVersion(platform, asked, scriptOf(platform, asked));
    return { id: version.id, resources: { script: { etag: version.id } }, startup_time_ms: 1 };
  },
  "GET /accounts/:account/workers/scripts/:script/versions": (platform, asked) => ({ items: scriptOf(platform, asked).versions }),
  "GET /accounts/:account/workers/scripts/:script/deployments": (platform, asked) => ({
    deployments: scriptOf(platform, asked)
      .versions.map(({ id }) => ({ id, versions: [{ version_id: id, percentage: 100 }] }))
      .toReversed(),
  }),
  "POST /accounts/:account/workers/scripts/:script/deployments": () => ({ id: randomUUID() }),
  "PATCH /accounts/:account/workers/scripts/:script/script-settings": () => ({}),
  "PUT /accounts/:account/workers/scripts/:script/schedules": (platform, asked) => {
    const script = scriptOf(platform, asked);
    script.schedules = asked.body as Script["schedules"];
    return { schedules: script.schedules };
  },
  "GET /accounts/:account/workers/scripts/:script/schedules": (platform, asked) => ({ schedules: scriptOf(platform, asked).schedules }),
  "POST /accounts/:account/workers/scripts/:script/assets-upload-session": (platform, asked) => {
    const { assets } = accountOf(platform, asked);
    const manifest = Object.entries((asked.body as { manifest: Record<string, { hash: string }> }).manifest);
    const missing = manifest.filter(([, { hash }]) => !assets.has(hash)).map(([, { hash }]) => hash);
    return missing.length === 0 ? { jwt: UPLOAD_TOKEN, buckets: [] } : { jwt: UPLOAD_TOKEN, buckets: [missing] };
  },
  // As a form; its parts are named by their hashes.
  "POST /accounts/:account/workers/assets/upload": (platform, asked) => {
    const { assets } = accountOf(platform, asked);
    for (const hash of (asked.body as FormData).keys()) assets.add(hash);
    return { jwt: UPLOAD_TOKEN };
  },
  "GET /accounts/:account/workers/workers/:script": (platform, asked) => {
    const { subdomain } = scriptOf(platform, asked);
    return { id: asked["script"], name: asked["script"], subdomain };
  },
  "GET /accounts/:account/workers/scripts/:script/subdomain": (platform, asked) => scriptOf(platform, asked).subdomain,
  "POST /accounts/:account/workers/scripts/:script/subdomain": (platform, asked) =>
    Object.assign(scriptOf(platform, asked).subdomain, asked.body),
  "GET /accounts/:account/workers/subdomain": (platform, asked) => {
    const { subdomain } = accountOf(platform, asked);
    if (subdomain === null) throw new PlatformError(404, 10_007, "This account has no workers.dev subdomain");
    return { subdomain };
  },
};

/** The handler of a call, and what its path names; null for a path that the stand-in does not know. */
export function findRoute(method: string, path: string): { handle: Handle; params: Record<string, string> } | null {
  for (const [route, handle] of Object.entries(ROUTES)) {
    const pattern = new RegExp(`^${route.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
    const match = pattern.exec(`${method} ${path}`);
    if (match !== null)
      return {
        handle,
        params: Object.fromEntries(Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)])),
      };
  }
  return null;
}

function accountOf({ accounts }: Platform, asked: Asked): Account {
  const account = accounts.find(({ id }) => id === asked["account"]);
  // The platform does not tell an account that is not there from one that this token may not use.
  if (account === undefined) throw new PlatformError(403, 10_000, "Authentication error");
  return account;
}

function databaseOf(platform: Platform, asked: Asked): Database {
  const { databases } = accountOf(platform, asked);
  const database = databases.find(({ uuid, name }) => uuid === asked["database"] || name === asked["database"]);
  if (database === undefined) throw new PlatformError(404, 7404, "The database was not found");
  return database;
}

function showDatabase({ uuid, name }: Database): object {
  return { uuid, name, version: "production", num_tables: 0, file_size: 0, created_at: "2026-10-01T00:00:00Z" };
}

function queueOf(platform: Platform, asked: Asked): Queue {
  const queue = accountOf(platform, asked).queues.find(({ queue_id }) => queue_id === asked["queue"]);
  if (queue === undefined) throw new PlatformError(404, 11_000, "Queue not found");
  return queue;
}

function scriptOf(platform: Platform, asked: Asked, missingCode = 10_007): Script {
  const script = accountOf(platform, asked).scripts.get(String(asked["script"]));
  if (script === undefined) throw new PlatformError(404, missingCode, "This Worker does not exist on your account.");
  return script;
}

function deployedBindings(script: Script): readonly Binding[] {
  const secrets = [...script.secrets.keys()].map((name) => ({ type: "secret_text", name }));
  return [...(script.versions.at(-1)?.bindings ?? []), ...secrets];
}

type Metadata = { readonly main_module: string; readonly bindings: Binding[]; readonly keep_bindings?: string[] };

/** Takes an upload as the platform does: what it binds has to be there, and secrets that it does not bring stay. */
function addVersion(platform: Platform, asked: Asked, script: Script): { id: string; bindings: readonly Binding[] } {
  const account = accountOf(platform, asked);
  const form = asked.body as FormData;
  const metadata = JSON.parse(form.get("metadata") as string) as Metadata;
  const bindings = metadata.bindings.map((binding) => (binding.type === "inherit" ? inherit(script, binding.name) : binding));
  for (const binding of bindings) requireBound(account, binding);
  if (!(metadata.keep_bindings ?? []).includes("secret_text")) script.secrets.clear();
  for (const { type, name, text } of bindings) if (type === "secret_text") script.secrets.set(name, String(text));
  const version = { id: randomUUID(), bindings: bindings.filter(({ type }) => type !== "secret_text"), form, main: metadata.main_module };
  script.versions.push(version);
  return version;
}

function inherit(script: Script, name: string): Binding {
  const binding = deployedBindings(script).find((each) => each.name === name);
  if (binding === undefined) throw new PlatformError(400, 10_057, `inherit binding '${name}' is invalid`);
  return binding;
}

function requireBound(account: Account, binding: Binding): void {
  if (binding.type === "d1" && !account.databases.some(({ uuid }) => uuid === (binding["id"] ?? binding["database_id"]))) {
    throw new PlatformError(400, 10_181, `D1 binding '${binding.name}' references database which was not found`);
  }
  if (binding.type === "queue" && !account.queues.some(({ queue_name }) => queue_name === binding["queue_name"])) {
    throw new PlatformError(400, 10_157, `Queue binding '${binding.name}' references a queue which was not found`);
  }
}

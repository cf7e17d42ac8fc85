import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clone, type Where } from "./clone.ts";
import { killAll } from "./commands.ts";
import type { Script } from "./platform/account.ts";
import { Database } from "./platform/databases.ts";
import { GatewayError, PlatformError } from "./platform/errors.ts";
import { Platform } from "./platform/platform.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Each run starts wrangler several times, which takes over a second of CPU; the machine may be busy with other tests. */
const TIMEOUT_MS = 480_000;
const ADDRESS = "https://panelsync.operator.workers.dev";
const TOKEN = /^ {2}ADMIN_TOKEN=([0-9a-f]{64})$/m;
const KEY = `1:${Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7)).toString("base64")}`;
const KEYS = /^ {2}ENCRYPTION_KEYS=(1:[A-Za-z0-9+/]{43}=)$/m;

const temporary = mkdtempSync(join(tmpdir(), "panelsync-e2e-"));
const migrations = readdirSync(join(ROOT, "migrations")).toSorted();
const platform = new Platform();
let where: Where;

beforeAll(async () => {
  where = { platform, api: await platform.listen(), temporary };
});

afterAll(async () => {
  killAll();
  await platform.close();
  rmSync(temporary, { recursive: true, force: true });
});

function applied(setup: Clone): unknown[] {
  return setup.query("SELECT name FROM d1_migrations ORDER BY id").map((row) => (row as { name: string }).name);
}

describe.concurrent("npm run deploy", { timeout: TIMEOUT_MS }, () => {
  test("makes all that an empty account lacks; a second run upgrades, and makes nothing again", async () => {
    const setup = new Clone(where, "empty");
    const before = readFileSync(join(setup.root, "wrangler.toml"), "utf8");
    const first = await setup.deploy();
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(setup.account.databases.map(({ name }) => name)).toEqual(["panelsync"]);
    expect(applied(setup)).toEqual(migrations);
    const consumers = Object.fromEntries(setup.account.queues.map((queue) => [queue.queue_name, queue.consumers]));
    expect(consumers).toEqual({
      "panelsync-sweeps": [expect.objectContaining({ script: "panelsync", dead_letter_queue: "panelsync-dead" })],
      "panelsync-dead": [expect.objectContaining({ script: "panelsync" })],
    });
    const worker = setup.account.scripts.get("panelsync");
    expect([worker?.schedules, worker?.subdomain]).toEqual([[{ cron: "* * * * *" }], { enabled: true, previews_enabled: false }]);
    expect(first.stdout).toContain(`curl ${ADDRESS}/healthz`);
    expect(first.stdout).toContain(`${ADDRESS}/v1/panels`);

    const secrets = setup.secrets();
    expect(secrets).toEqual({ ADMIN_TOKEN: TOKEN.exec(first.stdout)?.[1], ENCRYPTION_KEYS: KEYS.exec(first.stdout)?.[1] });
    expect(filesWith(setup.root, secrets["ADMIN_TOKEN"] ?? "")).toEqual([]);
    expect(readFileSync(join(setup.root, "wrangler.toml"), "utf8")).toBe(before);

    const made = setup.changes().length;
    setup.query("CREATE TABLE kept (id INTEGER)");
    writeFileSync(join(setup.root, "migrations/9999_next.sql"), "CREATE TABLE next (id INTEGER);\n");
    // By the other kind of login.
    const key = { CLOUDFLARE_API_TOKEN: undefined, CLOUDFLARE_API_KEY: platform.token, CLOUDFLARE_EMAIL: "operator@example.com" };
    const second = await setup.deploy([], key);
    expect([second.code, second.stderr]).toEqual([0, ""]);
    expect(second.stdout).toContain("applied: 9999_next.sql\n");
    expect(applied(setup)).toEqual([...migrations, "9999_next.sql"]);
    expect(setup.query("SELECT name FROM sqlite_schema WHERE name IN ('kept', 'next') ORDER BY name")).toHaveLength(2);
    const changes = setup.changes().slice(made);
    expect(changes.filter((call) => /^POST \/(?:queues|d1\/database)$|^POST \/queues\/[^/]+\/consumers$/.test(call))).toEqual([]);
    expect(setup.secrets()).toEqual(secrets);
    expect(second.stdout).not.toMatch(/ADMIN_TOKEN|ENCRYPTION_KEYS/);
    expect(platform.unknown).toEqual([]);

    // As where nobody has pulled since.
    rmSync(join(setup.root, "migrations/9999_next.sql"));
    const older = await setup.deploy();
    expect([older.code, older.stderr]).toEqual([1, expect.stringContaining("migrations that this clone does not have: 9999_next.sql.")]);
    expect(worker?.versions).toHaveLength(2);
  });

  test("goes on where an earlier run failed, and shows a secret in the run that set it", async () => {
    const setup = new Clone(where, "failing");
    platform.failOnce("PUT", new RegExp(`${setup.account.id}/workers/scripts/panelsync$`), new PlatformError(400, 10_027, "Too large"));
    const upload = await setup.deploy();
    expect([upload.code, setup.secrets()]).toEqual([1, {}]);
    expect(upload.stderr).toMatch(/^Could not deploy the Worker panelsync\.$/m);
    expect(upload.stderr).toContain("larger than the plan allows");
    expect(upload.stdout).not.toMatch(TOKEN);

    platform.failOnce("PUT", new RegExp(`${setup.account.id}.*/schedules$`), new PlatformError(400, 10_072, "too_many_crons"));
    const cron = await setup.deploy();
    expect(cron.code).toBe(1);
    expect(cron.stderr).toContain("cron triggers");
    const secrets = setup.secrets();
    expect(secrets).toEqual({ ADMIN_TOKEN: TOKEN.exec(cron.stdout)?.[1], ENCRYPTION_KEYS: KEYS.exec(cron.stdout)?.[1] });

    platform.failOnce("GET", new RegExp(`${setup.account.id}/workers/scripts/panelsync/settings$`), new GatewayError());
    const gateway = await setup.deploy();
    expect([gateway.code, gateway.stderr]).toEqual([1, expect.stringContaining("could not be reached, or was too busy. Run this again")]);
    expect(gateway.stderr).not.toMatch(/^ +at /m);

    const last = await setup.deploy();
    expect([last.code, last.stderr, setup.secrets()]).toEqual([0, "", secrets]);
    expect(applied(setup)).toEqual(migrations);
    expect(setup.account.scripts.get("panelsync")?.schedules).toEqual([{ cron: "* * * * *" }]);
    const made = setup.changes().filter((call) => /^POST \/(?:queues|d1\/database)$/.test(call));
    expect(made).toEqual(["POST /d1/database", "POST /queues", "POST /queues"]);
  });

  test("says nothing of a step that a Ctrl-C has cut short, and shows no secret that nothing has", async () => {
    const setup = new Clone(where, "cut");
    const command = setup.begin("deploy", [], {});
    // To all of the group, as a terminal does; wrangler then ends with code 0.
    while (!/^migrations/m.test(command.stdout())) await sleep(50);
    process.kill(-(command.child.pid ?? 0), "SIGINT");
    const cut = await setup.end(command);
    expect([cut.code, cut.stderr]).toEqual([130, ""]);
    expect(cut.stdout).toMatch(/\nStopped\. Run it again to go on: what is made so far stays\.\n$/);
    expect(cut.stdout).not.toMatch(/^worker|_TOKEN=|_KEYS=/m);
    expect(setup.account.scripts.size).toBe(0);

    // Nor is one kept back that may be set, where the platform does not tell.
    const path = `/accounts/${setup.account.id}/workers/scripts/panelsync`;
    platform.failOnce("PUT", new RegExp(`${path}/schedules$`), new PlatformError(400, 10_072, "too_many_crons"));
    const unsure = setup.begin("deploy", [], {});
    while (!platform.calls.includes(`PUT ${path}`)) await sleep(5);
    platform.failOnce("GET", new RegExp(`${path}/secrets$`), new PlatformError(403, 10_000, "Authentication error"));
    const { code, stdout } = await setup.end(unsure);
    expect([code, stdout]).toEqual([1, expect.stringContaining("the platform does not tell now whether they were set. Keep them")]);
    expect(setup.secrets()).toEqual({ ADMIN_TOKEN: TOKEN.exec(stdout)?.[1], ENCRYPTION_KEYS: KEYS.exec(stdout)?.[1] });

    // A Worker that was deleted took with it the key to what its database holds: another would open nothing.
    setup.account.scripts.delete("panelsync");
    setup.query(
      "INSERT INTO providers (id, url, api_key, created_at, updated_at) VALUES ('acme', 'https://a.example', 'sealed:1:AAAA', 1, 1)",
    );
    const gone = await setup.deploy();
    expect([gone.code, gone.stderr]).toEqual([
      1,
      expect.stringContaining("Set ENCRYPTION_KEYS in the environment to the one that you kept"),
    ]);
    expect(setup.account.scripts.size).toBe(0);
  });

  test("adds to an earlier release what it lacked, and touches nothing that belongs to others", async () => {
    const setup = new Clone(where, "existing");
    const { databases, queues, scripts } = setup.account;
    const bindings = [{ type: "queue", name: "SWEEPS", queue_name: "panelsync-sweeps" }];
    const script = (secret: string): Script => ({
      versions: [{ id: "before", bindings, form: new FormData(), main: "index.js" }],
      secrets: new Map([["ADMIN_TOKEN", secret]]),
      schedules: [],
      subdomain: { enabled: true, previews_enabled: true },
    });
    const [other, own] = [new Database("panelsync-old"), new Database("panelsync")];
    databases.push(other, own);
    queues.push({ queue_id: "other-queue", queue_name: "panelsync-dead-letters", consumers: [] });
    queues.push({ queue_id: "own-queue", queue_name: "panelsync-sweeps", consumers: [] });
    scripts.set("other", script("of-another")).set("panelsync", script("as-it-was"));
    own.query("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP)");
    own.query(readFileSync(join(setup.root, "migrations", migrations[0] ?? ""), "utf8"));
    own.query(`INSERT INTO d1_migrations (name) VALUES ('${migrations[0]}')`);

    const { code, stdout, stderr } = await setup.deploy();
    expect([code, stderr]).toEqual([0, ""]);
    expect(setup.secrets()).toEqual({ ADMIN_TOKEN: "as-it-was", ENCRYPTION_KEYS: KEYS.exec(stdout)?.[1] });
    expect(stdout).not.toMatch(TOKEN);
    expect(applied(setup)).toEqual(migrations);
    expect(databases).toEqual([other, own]);
    expect(other.query("SELECT name FROM sqlite_schema")[0]?.results).toEqual([]);
    expect(queues.map(({ queue_name, consumers }) => [queue_name, consumers.length])).toEqual([
      ["panelsync-dead-letters", 0],
      ["panelsync-sweeps", 1],
      ["panelsync-dead", 1],
    ]);
    expect(scripts.get("other")).toEqual(script("of-another"));
    expect(scripts.get("panelsync")?.subdomain).toEqual({ enabled: true, previews_enabled: false });
  });

  test("puts deployments of other names beside each other, and none is touched by another's", async () => {
    const setup = new Clone(where, "cells");
    for (const name of ["cell-b", "cell-c"]) {
      const { code, stderr } = await setup.deploy(["--name", name]);
      expect([code, stderr]).toEqual([0, ""]);
    }
    const { databases, queues, scripts } = setup.account;
    expect(databases.map(({ name }) => name)).toEqual(["cell-b", "cell-c"]);
    expect(Object.fromEntries(queues.map(({ queue_name, consumers }) => [queue_name, consumers.map(({ script }) => script)]))).toEqual({
      "cell-b-sweeps": ["cell-b"],
      "cell-b-dead": ["cell-b"],
      "cell-c-sweeps": ["cell-c"],
      "cell-c-dead": ["cell-c"],
    });
    const bound = ["cell-b", "cell-c"].map((name) => scripts.get(name)?.versions.at(-1)?.bindings ?? []);
    const ids = bound.map((bindings) =>
      bindings.flatMap(({ id, database_id, queue_name, namespace_id }) => id ?? database_id ?? queue_name ?? namespace_id ?? []),
    );
    expect(ids.map((each) => each.length)).toEqual([4, 4]);
    expect(new Set(ids.flat()).size).toBe(8);
    expect(setup.secrets("cell-b")["ADMIN_TOKEN"]).not.toBe(setup.secrets("cell-c")["ADMIN_TOKEN"]);
    const unsaid = await setup.deploy();
    expect([unsaid.code, unsaid.stderr]).toEqual([1, expect.stringContaining("--name panelsync, --name cell-b, --name cell-c")]);
    expect(scripts.size).toBe(2);
  });

  test("shows what it would do, and changes nothing", async () => {
    const setup = new Clone(where, "dry");
    const { code, stdout, stderr } = await setup.deploy(["--dry-run"]);
    expect([code, stderr, setup.changes()]).toEqual([0, "", []]);
    for (const what of ["database", "queue", "secret"]) expect(stdout).toMatch(new RegExp(`^${what} .*: would be made$`, "m"));
    expect(stdout).toContain(`would be applied: ${migrations.join(", ")}\n`);
  });

  test("takes secrets from the environment, and in CI makes none that the log would show", async () => {
    const setup = new Clone(where, "ci");
    const token = "given-by-the-operator-0123456789abcdef";
    // As the Deploy button does: its builds begin with the empty Worker that they are connected to.
    const empty: Script = { versions: [], secrets: new Map(), schedules: [], subdomain: { enabled: true, previews_enabled: false } };
    setup.account.scripts.set("panelsync", empty);
    const { code, stdout, stderr } = await setup.deploy([], { CI: "true", WORKERS_CI: "1", ADMIN_TOKEN: token });
    expect([code, stderr, setup.secrets()]).toEqual([0, "", { ADMIN_TOKEN: token }]);
    expect(stdout).not.toContain(token);
    expect(stdout).toMatch(/^secret +ADMIN_TOKEN: set as given$/m);
    expect(stdout).toContain("ENCRYPTION_KEYS is not set: `npx wrangler secret put ENCRYPTION_KEYS`");
  });

  test("says what is wrong with the login, the account or a given secret before it changes anything", async () => {
    const setup = new Clone(where, "refused");
    platform.addAccount("another of this login");
    const token = { CLOUDFLARE_ACCOUNT_ID: undefined };
    const cases: [NodeJS.ProcessEnv, RegExp][] = [
      [{ CLOUDFLARE_API_TOKEN: "bad" }, /The platform does not know this login\. Correct CLOUDFLARE_API_TOKEN/],
      [{ CLOUDFLARE_API_TOKEN: undefined }, /You are not logged in\. Run `npx wrangler login`/],
      [{ CLOUDFLARE_API_TOKEN: undefined, ...token }, /You are not logged in\. Run `npx wrangler login`/],
      [token, new RegExp(`Set CLOUDFLARE_ACCOUNT_ID to the one to deploy into\\.[\\s\\S]*${setup.account.id} {2}refused`)],
      [{ CLOUDFLARE_ACCOUNT_ID: "0".repeat(32) }, /may not do that in the account 0{32}\. Is it the right account\?/],
      [{ ADMIN_TOKEN: "short" }, /ADMIN_TOKEN in the environment cannot be used: it takes 32 to 256 random characters/],
      [{ ENCRYPTION_KEYS: `${KEY},${KEY}` }, /ENCRYPTION_KEYS in the environment cannot be used: it takes a number, a colon and/],
    ];
    for (const [env, message] of cases) {
      const { code, stderr } = await setup.deploy(["--name", "cell-b"], env);
      expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
      expect(stderr).not.toMatch(/^ +at /m);
    }
    expect(setup.changes()).toEqual([]);
    expect(existsSync(join(setup.root, "wrangler.cell-b.json"))).toBe(false);
  });
});

/** Files of a folder that hold a text; those of packages aside. */
function filesWith(folder: string, text: string): string[] {
  expect(text).not.toBe("");
  try {
    return execFileSync("grep", ["-rl", "--exclude-dir=node_modules", "--", text, folder], { encoding: "utf8" }).trim().split("\n");
  } catch (error) {
    // grep's way to say that there is none.
    if ((error as { status?: number }).status === 1) return [];
    throw error;
  }
}

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/server.ts";
import { Clone, type Where } from "./clone.ts";
import { killAll } from "./commands.ts";
import { Database } from "./platform/databases.ts";
import { PlatformError } from "./platform/errors.ts";
import { Platform } from "./platform/platform.ts";
import { Served } from "./platform/serving.ts";

/** Each run starts wrangler several times, which takes over a second of CPU; the machine may be busy with other tests. */
const TIMEOUT_MS = 600_000;
const TOKEN = /^ {2}ADMIN_TOKEN=([0-9a-f]{64})$/m;
const PANEL_KEY = /^ {2}(ps_\w+)$/m;
/** Runs a command on a terminal of some width, and presses Ctrl-C there as soon as a text is shown. */
const CTRL_C_AT = `import os, pty, sys
def read(fd):
    data = os.read(fd, 4096)
    if sys.argv[1].encode() in data: os.write(fd, b"\\x03")
    return data
command = ["sh", "-c", 'stty cols 120 rows 40; exec "$@"', "sh", *sys.argv[2:]]
sys.exit(os.waitstatus_to_exitcode(pty.spawn(command, read)))`;
const PANEL = ["--panel", "shop", "--currency", "USD"];

const temporary = mkdtempSync(join(tmpdir(), "panelsync-e2e-"));
const platform = new Platform();
const served: Served[] = [];
let where: Where;
let simulator: Simulator;

beforeAll(async () => {
  where = { platform, api: await platform.listen(), temporary };
  simulator = await startSimulator({ seed: 1, now: { speed: 1 }, providers: { acme: {} } });
});

afterAll(async () => {
  killAll();
  await Promise.all(served.map((each) => each.close()));
  await simulator.close();
  await platform.close();
  rmSync(temporary, { recursive: true, force: true });
});

async function serve(clone: Clone): Promise<Served> {
  const one = await Served.open(clone.account, "panelsync");
  served.push(one);
  return one;
}

async function get(url: string, key: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe.concurrent("npm run setup", { timeout: TIMEOUT_MS }, () => {
  test("brings an empty account to a Worker that ticks; a second run changes nothing, and says so", async () => {
    const clone = new Clone(where, "empty");
    const { url } = await serve(clone);
    const provider = ["--provider", "acme", "--provider-url", simulator.urlOf("acme")];
    const first = await clone.setup([...provider, ...PANEL, "--url", url], { PROVIDER_KEY: simulator.keyOf("acme") });
    expect([first.stderr, first.code]).toEqual(["", 0]);
    const token = TOKEN.exec(first.stdout)?.[1] ?? "";
    expect(clone.secrets()["ADMIN_TOKEN"]).toBe(token);
    expect(first.stdout.split(token)).toHaveLength(2);
    expect(first.stdout).toMatch(/^provider +acme: added; its key works from the Worker, and its balance is [\d.]+ USD$/m);
    expect(first.stdout).toMatch(/^ticks +the last was at 20\d\d-/m);
    expect(first.stdout).toContain(`${url}/console/`);
    expect(first.stdout).toContain(`${url}/api/v2/acme`);
    expect(first.stdout).not.toContain(simulator.keyOf("acme"));
    const panelKey = PANEL_KEY.exec(first.stdout)?.[1] ?? "";
    expect(await get(`${url}/v1/orders`, panelKey)).toMatchObject({ status: 200, body: { orders: [] } });

    const made = clone.changes().length;
    const changed = clone.account.databases.map(({ changes }) => changes.length);
    const second = await clone.setup(["--url", url], { ADMIN_TOKEN: token });
    // It reads which migrations there were, by a query.
    const calls = clone.changes().slice(made);
    expect([second.stderr, second.code, calls.filter((call) => !call.endsWith("/query"))]).toEqual(["", 0, []]);
    expect(clone.account.databases.map(({ changes }) => changes.length)).toEqual(changed);
    for (const line of [/^worker +panelsync: is there, and whole/m, /^provider +acme: is there$/m, /^panel +shop: is there$/m]) {
      expect(second.stdout).toMatch(line);
    }
    expect(second.stdout).not.toMatch(/ADMIN_TOKEN=|ps_\w/);
    expect((await get(`${url}/v1/panels`, token)).body["panels"]).toHaveLength(1);

    const stranger = await clone.setup(["--url", url], { ADMIN_TOKEN: "0123456789abcdefghijklmnopqrstuvwxyz" });
    expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining("not the operator's key of this Worker")]);

    const keys = clone.secrets()["ENCRYPTION_KEYS"];
    const lost = await clone.setup(["--url", url, "--new-operator-key", "--plan", "paid", "--no-provider", "--no-panel"]);
    expect([lost.stderr, lost.code]).toEqual(["", 0]);
    expect(clone.secrets()).toEqual({ ADMIN_TOKEN: TOKEN.exec(lost.stdout)?.[1], ENCRYPTION_KEYS: keys });
    expect(clone.secrets()["ADMIN_TOKEN"]).not.toBe(token);
    const bindings = clone.account.scripts.get("panelsync")?.versions.at(-1)?.bindings ?? [];
    expect(bindings.find(({ name }) => name === "PLAN")).toMatchObject({ text: "paid" });
    expect(platform.unknown).toEqual([]);
  });

  test("goes on wherever an earlier run was stopped", async () => {
    const clone = new Clone(where, "halfway");
    const { url } = await serve(clone);
    const id = clone.account.id;
    const args = ["--provider", "acme", "--provider-url", simulator.urlOf("acme"), ...PANEL, "--url", url];
    const stops: [string, RegExp, PlatformError, RegExp][] = [
      ["POST", new RegExp(`${id}/d1/database$`), new PlatformError(400, 7406, "maximum number"), /Could not make the database panelsync/],
      ["POST", new RegExp(`${id}/d1/database/.*/query$`), new PlatformError(500, 10_013, "Busy"), /Could not apply the migrations/],
      ["PUT", new RegExp(`${id}/workers/scripts/panelsync$`), new PlatformError(400, 10_027, "Too large"), /Could not deploy the Worker/],
      ["PUT", new RegExp(`${id}.*/schedules$`), new PlatformError(400, 10_072, "too_many_crons"), /cron triggers .* is used up/],
    ];
    let token = "";
    const outputs: string[] = [];
    for (const [method, path, error, message] of stops) {
      platform.failOnce(method, path, error);
      const run = await clone.setup(args, { PROVIDER_KEY: "wrong-key", ...(token !== "" && { ADMIN_TOKEN: token }) });
      outputs.push(run.stdout);
      expect([run.code, run.stderr]).toEqual([1, expect.stringMatching(message)]);
      expect(run.stderr).not.toMatch(/^ +at /m);
      token = TOKEN.exec(run.stdout)?.[1] ?? token;
    }
    expect(token).toBe(clone.secrets()["ADMIN_TOKEN"]);

    const noKey = await clone.setup(args, { PROVIDER_KEY: "wrong-key" });
    expect([noKey.code, noKey.stderr]).toEqual([1, expect.stringContaining("Set ADMIN_TOKEN to the operator's key")]);

    const wrong = await clone.setup(args, { PROVIDER_KEY: "wrong-key", ADMIN_TOKEN: token });
    expect(wrong.stdout).toMatch(/^provider +acme: does not accept a call: /m);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("cannot use the provider acme yet")]);

    const last = await clone.setup(args, { PROVIDER_KEY: simulator.keyOf("acme"), ADMIN_TOKEN: token });
    expect([last.stderr, last.code]).toEqual(["", 0]);
    expect(last.stdout).toMatch(/^provider +acme: added; its key works from the Worker/m);
    expect((await get(`${url}/v1/providers`, token)).body["providers"]).toMatchObject([{ id: "acme", enabled: true }]);
    expect(outputs.join("").match(/ADMIN_TOKEN=/g)).toHaveLength(1);
    const made = clone.changes().filter((call) => /^POST \/(?:queues|d1\/database)$/.test(call));
    // The first was refused.
    expect(made).toEqual(["POST /d1/database", "POST /d1/database", "POST /queues", "POST /queues"]);
  });

  test("ends at a Ctrl-C while it waits, and says that it has not come to its end", async () => {
    const clone = new Clone(where, "waiting");
    for (const shown of ["Looking at what", "What should it be called?"]) {
      const name = shown.startsWith("What") ? [] : ["--name", "panelsync"];
      const args = [...name, "--no-provider", "--no-panel"];
      const { code, stdout } = await clone.end(clone.begin("setup", args, {}, ["python3", "-c", CTRL_C_AT, shown]));
      expect([code, stdout]).toEqual([130, expect.stringContaining("Stopped. Run it again to go on")]);
    }
    expect(clone.changes()).toEqual([]);
  });

  test("without a terminal names the options that it lacks, and shows each step, without a change", async () => {
    const clone = new Clone(where, "asking");
    const lacking = await clone.setup(["--currency", "USD"]);
    expect(lacking.code).toBe(1);
    expect(lacking.stderr).toContain(
      "Please add: --provider (or --no-provider), --provider-url, PROVIDER_KEY in the environment, --panel (or --no-panel).",
    );
    const dry = await clone.setup(["--dry-run", "--plan", "paid"]);
    expect([dry.stderr, dry.code]).toEqual(["", 0]);
    expect(dry.stdout).toMatch(/^worker +panelsync: would be made, with PLAN paid$/m);
    for (const step of ["database", "migrations", "queue", "secret", "provider", "panel", "ticks"]) {
      expect(dry.stdout).toMatch(new RegExp(`^${step} .*would be`, "m"));
    }
    expect(readFileSync(join(clone.root, "wrangler.toml"), "utf8")).toContain('PLAN = "free"');
  });

  test("says of an option's value what it takes, before anything is made", async () => {
    const clone = new Clone(where, "odd");
    const odd: [args: string[], message: string][] = [
      [["--name", "Not A Name"], "--name takes 2 to 50 small letters, digits and dashes"],
      [["--provider", "Acme Inc"], "--provider takes 1 to 64 letters"],
      [["--provider-url", "acme.example/api"], "--provider-url takes a whole URL"],
      [["--panel", ""], "--panel takes 1 to 64 letters"],
      [["--currency", "$"], "--currency takes a code such as USD"],
      [["--url", "http://panel.example.com"], "--url: panel.example.com is asked over https only"],
    ];
    // One after the other: each looks for files that it has left.
    for (const [args, message] of odd) {
      const { code, stderr } = await clone.setup(args);
      expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    }
    expect(clone.changes()).toEqual([]);
  });

  test("leaves what another project has under its name", async () => {
    const clone = new Clone(where, "taken");
    // Neither a secret of that name nor the table that wrangler keeps of migrations makes them ours.
    const site = {
      versions: [],
      secrets: new Map([["ADMIN_TOKEN", "theirs"]]),
      schedules: [],
      subdomain: { enabled: true, previews_enabled: false },
    };
    clone.account.scripts.set("site", site);
    for (const command of ["setup", "deploy"] as const) {
      const foreign = await clone[command](["--name", "site"]);
      expect([foreign.code, foreign.stderr]).toEqual([
        1,
        expect.stringContaining("has a Worker site that is not panelsync. It stays as it is"),
      ]);
    }
    const database = new Database("blog");
    database.query("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP)");
    database.query("INSERT INTO d1_migrations (name) VALUES ('0001_init.sql')");
    database.query("CREATE TABLE posts (id INTEGER)");
    clone.account.databases.push(database);
    const taken = await clone.deploy(["--name", "blog"]);
    expect([taken.code, taken.stderr]).toEqual([
      1,
      expect.stringContaining("a database blog that is not panelsync's: it has a table posts"),
    ]);
    expect(readdirSync(clone.root).filter((file) => /^wrangler\..*json$/.test(file))).toEqual([]);
    expect(clone.changes().filter((call) => !call.endsWith("/query"))).toEqual([]);
    expect(database.changes).toHaveLength(3);
  });
});

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { experimental_readRawConfig } from "wrangler";
import { afterAll, describe, expect, test } from "vitest";
import { deriveConfig, isName, readTarget } from "../../../scripts/deploy/target.ts";
import { UsageError } from "../../../scripts/usage.ts";

const ROOT = join(import.meta.dirname, "../../..");
const temporary = mkdtempSync(join(tmpdir(), "panelsync-names-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

type Raw = Readonly<Record<string, unknown>>;

function base(): Raw {
  return experimental_readRawConfig({ config: join(ROOT, "wrangler.toml") }).rawConfig as Raw;
}

/** A folder with wrangler.toml in it. */
function folder(name: string): string {
  const root = mkdtempSync(join(temporary, name));
  cpSync(join(ROOT, "wrangler.toml"), join(root, "wrangler.toml"));
  return root;
}

/** All that names something in an account. */
function namesOf(config: Raw): string[] {
  const names: string[] = [];
  JSON.stringify(config, (key, value: unknown) => {
    if (/^(?:database_name|queue|dead_letter_queue|bucket_name|namespace_id|database_id|id)$/.test(key)) names.push(String(value));
    return value;
  });
  return [...new Set([String(config["name"]), ...names])];
}

const read = (root: string, name: string | null, plan: string | null = null, isKept = true) => readTarget({ root, name, plan, isKept });

describe("names of a deployment", () => {
  test("two deployments have nothing in the account in common", () => {
    const [first, second] = [deriveConfig(base(), "cell-b", {}), deriveConfig(base(), "cell-c", {})];
    expect(namesOf(first)).toEqual(["cell-b", "cell-b-sweeps", "cell-b-dead", expect.stringMatching(/^\d+$/)]);
    const all = [base(), first, second].flatMap(namesOf);
    expect(new Set(all).size).toBe(all.length);
    expect(JSON.stringify(first)).not.toContain("panelsync");
  });

  test("nothing is shared with a wrangler.toml that was written anew by hand or by the Deploy button", () => {
    const toml: Raw = {
      ...base(),
      name: "my-panel",
      workers_dev: false,
      routes: [{ pattern: "panel.example.com", custom_domain: true }],
      vars: { PLAN: "paid", HEARTBEAT_URL: "https://up.example/1" },
      d1_databases: [{ binding: "DB", database_name: "orders", database_id: "0a1b", migrations_dir: "migrations" }],
    };
    const derived = deriveConfig(toml, "cell-b", {});
    const all = [toml, derived].flatMap(namesOf);
    expect(new Set(all).size).toBe(all.length);
    expect(derived).toMatchObject({ workers_dev: true, vars: { PLAN: "paid", HEARTBEAT_URL: "" }, d1_databases: [{ binding: "DB" }] });
    expect(JSON.stringify(derived)).not.toMatch(/panel\.example\.com|0a1b/);
  });

  test("all else is as in wrangler.toml, the names of bindings among it", () => {
    const { d1_databases, queues, ratelimits, ...rest } = deriveConfig(base(), "cell-b", {});
    expect({ ...base(), name: "cell-b" }).toMatchObject(rest);
    const bindings = (config: Raw) => JSON.stringify(config).match(/"binding":"\w+"|"name":"FAILED_KEYS"/g);
    expect(bindings({ d1_databases, queues, ratelimits })).toEqual(bindings({ ...base(), name: undefined }));
  });

  test("the file of a deployment keeps what its operator set, and takes the rest anew", async () => {
    const root = folder("kept");
    const first = await read(root, "cell-b", "paid");
    expect([first.plan, first.names]).toEqual([
      "paid",
      { worker: "cell-b", database: "cell-b", queues: ["cell-b-sweeps", "cell-b-dead"], migrations: "migrations" },
    ]);
    const path = join(root, "wrangler.cell-b.json");
    const config = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const routes = [{ pattern: "b.example.com", custom_domain: true }];
    writeFileSync(
      path,
      JSON.stringify({ ...config, routes, triggers: { crons: [] }, vars: { PLAN: "paid", HEARTBEAT_URL: "https://up.example" } }),
    );
    const again = await read(root, "cell-b");
    expect([again.plan, again.domain]).toEqual(["paid", "b.example.com"]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      routes,
      triggers: { crons: ["* * * * *"] },
      vars: { PLAN: "paid", HEARTBEAT_URL: "https://up.example" },
    });
  });

  test("with several, the name has to be said: none is deployed by mistake", async () => {
    const root = folder("several");
    expect((await read(root, null)).names.worker).toBe("panelsync");
    await read(root, "cell-b");
    await expect(read(root, null)).rejects.toThrow(new UsageError("Which deployment? Add one of: --name panelsync, --name cell-b."));
    expect((await read(root, "panelsync")).config).toBe(join(root, "wrangler.toml"));
  });

  test("wrangler.toml's own deployment has its plan in wrangler.toml, and only looking writes nothing", async () => {
    const root = folder("plan");
    const before = readFileSync(join(root, "wrangler.toml"), "utf8");
    expect((await read(root, null, "paid", false)).plan).toBe("paid");
    expect(readFileSync(join(root, "wrangler.toml"), "utf8")).toBe(before);
    expect((await read(root, "cell-b", "paid", false)).names.worker).toBe("cell-b");
    expect(readdirSync(root)).toEqual(["wrangler.toml"]);
    await read(root, null, "paid");
    expect(readFileSync(join(root, "wrangler.toml"), "utf8")).toBe(before.replace('PLAN = "free"', 'PLAN = "paid"'));
    expect((await read(root, null)).plan).toBe("paid");
  });

  test("the plan is set however its line is written, and a file that is broken is told by its name", async () => {
    const root = folder("by-hand");
    const toml = join(root, "wrangler.toml");
    const before = readFileSync(toml, "utf8");
    for (const line of [`PLAN="free"`, `  PLAN = 'free' # for now`]) {
      writeFileSync(toml, before.replace('PLAN = "free"', line).replaceAll("\n", "\r\n"));
      expect((await read(root, null, "paid")).plan).toBe("paid");
      expect(readFileSync(toml, "utf8")).toContain(line.replace(/["']free["']/, '"paid"'));
    }
    writeFileSync(toml, before.replace('PLAN = "free"\n', ""));
    await expect(read(root, null, "paid")).rejects.toThrow(
      new UsageError('wrangler.toml has no line for PLAN. Add PLAN = "paid" below [vars], and run this again.'),
    );
    writeFileSync(toml, `${before}[vars\n`);
    await expect(read(root, null)).rejects.toThrow(/^wrangler\.toml cannot be read: Invalid TOML document.+ \(line \d+\)\. Correct it/);
    writeFileSync(toml, before);
    writeFileSync(join(root, "wrangler.cell-b.json"), '{"vars":{"PLAN":"paid",}}');
    await expect(read(root, "cell-b")).rejects.toThrow(/^wrangler\.cell-b\.json cannot be read: /);
  });

  test("a name fits the platform", () => {
    expect(["ab", "cell-b", "a".repeat(50)].filter(isName)).toHaveLength(3);
    expect(["a", "B", "-a", "a-", "a_b", "ä", "a".repeat(51), "../x", "1a", ""].filter(isName)).toEqual([]);
  });
});

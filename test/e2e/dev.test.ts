import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Command, freePort, isListening, killAll, processTree, run, stillAlive } from "./commands.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What a fresh clone needs to serve; a copy, so that the state and secrets of this clone stay as they are. */
const FOLDERS = ["src", "scripts", "reference", "tracker", "console", "docs", "assets", "migrations"];
const COPIED = [...FOLDERS, "package.json", "tsconfig.json", "wrangler.toml", ".dev.vars.example"];
const MAX_TRIES = 3;

const clone = mkdtempSync(join(tmpdir(), "panelsync-e2e-"));
let port = 0;
let dev: Command;
let adminToken = "";

beforeAll(async () => {
  for (const name of COPIED) cpSync(join(ROOT, name), join(clone, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
  await serve();
  adminToken = /^ADMIN_TOKEN="(.+)"$/m.exec(readFileSync(join(clone, ".dev.vars"), "utf8"))?.[1] ?? "";
});

/** Waits for the command's own word that it listens. Another process may take the port first: then it ends, and gets another. */
async function serve(): Promise<void> {
  for (let tries = 1; ; tries++) {
    port = await freePort();
    dev = run("npm", ["run", "dev", "--", "--port", String(port)], { cwd: clone });
    const ready = dev.printed(/Ready on/).then(() => true);
    if (await Promise.race([ready, dev.exited.then(() => false)])) return;
    if (tries === MAX_TRIES) throw new Error(`it ended:\n${dev.stdout()}\n${dev.stderr()}`);
  }
}

afterAll(() => {
  killAll();
  rmSync(clone, { recursive: true, force: true });
});

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { authorization: `Bearer ${adminToken}` } });
}

test("a fresh clone gets an admin token of its own, and serves with it", async () => {
  expect(adminToken.length).toBeGreaterThanOrEqual(32);
  expect(dev.stdout()).toContain(adminToken);
  const panel = { id: "shop", role: "shop", currency: "EUR" };
  const created = await ask("/v1/panels", { method: "POST", body: JSON.stringify(panel) });
  expect([created.status, await created.json()]).toEqual([201, expect.objectContaining(panel)]);
  expect((await ask("/v1/panels/shop")).status).toBe(200);
});

test("a provider's key is taken, sealed under a key that the clone has made", async () => {
  const provider = { url: "http://127.0.0.1:9/api/v2", key: "provider-key-1234" };
  const saved = await ask("/v1/providers/acme", { method: "PUT", body: JSON.stringify(provider) });
  expect([saved.status, await saved.json()]).toEqual([201, expect.objectContaining({ key_hint: "1234" })]);
});

test("the tick route fires a tick for the minute it is given", async () => {
  const minute = Math.floor(Date.now() / 60_000) * 60_000 + 5 * 60_000;
  expect((await ask(`/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&time=${minute}`)).status).toBe(200);
  const health = await ask("/healthz");
  expect([health.status, await health.json()]).toEqual([200, expect.objectContaining({ last_tick_at: new Date(minute).toISOString() })]);
});

test("what is not there is told in JSON", async () => {
  const missing = await ask("/v1/nothing");
  expect([missing.status, await missing.json()]).toEqual([
    404,
    expect.objectContaining({ error: expect.objectContaining({ code: expect.any(String) as unknown }) as unknown }),
  ]);
});

test("a SIGTERM to npm ends wrangler and workerd, and frees the port", async () => {
  const processes = processTree(dev.child.pid ?? 0);
  expect(processes.length).toBeGreaterThan(3);
  dev.child.kill("SIGTERM");
  expect(await dev.exited).toBe(0);
  expect(stillAlive(processes)).toEqual([]);
  expect(await isListening(port)).toBe(false);
});

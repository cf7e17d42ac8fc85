/**
 * Webhooks that real servers receive over HTTP: those of docs/webhooks.md, as they stand there, and `npm run listen`.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoWorker, startWorker } from "../../scripts/demo/worker.ts";
import { type Command, freePort, isListening, killAll, run } from "./commands.ts";

const ROOT = join(import.meta.dirname, "../..");
const DOC = readFileSync(join(ROOT, "docs/webhooks.md"), "utf8");
const ADMIN = "admin-token-of-the-e2e-tests-9f8e7d6c";
const ENCRYPTION_KEYS = `1:${randomBytes(32).toString("base64")}`;
const MINUTE_MS = 60_000;

// oxlint-disable-next-line typescript/no-explicit-any -- a test says what it must be
type Json = any;

const folder = mkdtempSync(join(tmpdir(), "panelsync-webhooks-"));
let worker: DemoWorker;
let key = "";
let minute = Math.floor(Date.now() / MINUTE_MS);

/** The first piece of code of a language in the document. */
function codeOf(language: string): string {
  const code = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(DOC)?.[1];
  if (code === undefined) throw new Error(`docs/webhooks.md has no code in ${language}`);
  return code;
}

async function ask(method: string, path: string, body?: unknown, as = key): Promise<Json> {
  const init = { method, headers: { Authorization: `Bearer ${as}` }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(worker.url + path, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** Registers an order, which is a change. */
async function change(id: string): Promise<void> {
  await ask("POST", "/v1/orders", { id, provider: "acme", provider_order_id: `p-${id}`, quantity: 1000, charge: "0.9" });
}

async function tick(): Promise<void> {
  minute += 1;
  await worker.fire(minute);
}

type Server = { readonly command: Command; readonly inboxPath: string; readonly inbox: () => Json[] };

/** Starts a server of the document, in a folder of its own, and waits until it listens. */
async function serve(kind: "php" | "node", port: number, secret: string): Promise<Server> {
  const cwd = mkdtempSync(join(folder, kind));
  const inboxPath = join(cwd, "inbox");
  mkdirSync(inboxPath);
  writeFileSync(join(cwd, kind === "php" ? "hook.php" : "hook.mjs"), codeOf(kind === "php" ? "php" : "js"));
  const env = { WEBHOOK_SECRET: secret, PORT: String(port) };
  const command =
    kind === "php" ? run("php", ["-S", `127.0.0.1:${port}`], { cwd, env }) : run(process.execPath, ["hook.mjs"], { cwd, env });
  for (let tries = 0; !(await isListening(port)); tries++) {
    if (tries > 200) throw new Error(`it does not listen: ${command.stderr()}`);
    await sleep(50);
  }
  const inbox = () => readdirSync(inboxPath).map((name) => JSON.parse(readFileSync(join(inboxPath, name), "utf8")) as Json);
  return { command, inboxPath, inbox };
}

const ordersIn = (server: Server): string[] =>
  server.inbox().flatMap(({ data }) => data.changes.map(({ order }: { order: string }) => order));

beforeAll(async () => {
  worker = await startWorker(ROOT, { ADMIN_TOKEN: ADMIN, ENCRYPTION_KEYS, ALLOW_PRIVATE_URLS: "1" });
  key = (await ask("POST", "/v1/panels", { id: "shop", role: "shop", currency: "USD" }, ADMIN)).key as string;
  await ask("PUT", "/v1/providers/acme", { url: "http://127.0.0.1:9/api/v2", key: "provider-key-1234" }, ADMIN);
}, 120_000);

afterAll(async () => {
  killAll();
  await worker?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(["php", "node"] as const)("the receiver of the document in %s", (kind) => {
  test("takes what is signed with its secret, once, and nothing else", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/hook.php`;
    const { id, secret } = await ask("POST", "/v1/webhooks", { url, types: ["order.created"] });
    const server = await serve(kind, port, secret as string);
    expect(await ask("POST", `/v1/webhooks/${id}/test`)).toMatchObject({ status: 204, error: null });
    await change(`${kind}-1`);
    await tick();
    expect(ordersIn(server)).toEqual([`${kind}-1`]);
    expect(await ask("GET", `/v1/webhooks/${id}`)).toMatchObject({ behind: 0, failing_since: null });
    // Both secrets sign for a day: the server goes on with the one that it has.
    await ask("POST", `/v1/webhooks/${id}/rotate`);
    expect(await ask("POST", `/v1/webhooks/${id}/test`)).toMatchObject({ status: 204 });
    const stranger = (await ask("POST", "/v1/webhooks", { url })).id as string;
    expect(await ask("POST", `/v1/webhooks/${stranger}/test`)).toMatchObject({
      status: 401,
      error: expect.stringContaining("401") as string,
    });
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
    // What it cannot store is sent again later.
    rmSync(server.inboxPath, { recursive: true });
    expect(await ask("POST", `/v1/webhooks/${id}/test`)).toMatchObject({ status: 500 });
    for (const each of [id as string, stranger]) await ask("DELETE", `/v1/webhooks/${each}`);
    server.command.child.kill("SIGKILL");
    await server.command.exited;
  });
});

test("a receiver that redirects is told from one that is not running, and nothing is sent where it leads", async () => {
  let answer = 302;
  const asked: string[] = [];
  const receiver = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(answer, { Location: "/elsewhere" }).end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  // A panel sends ten tests a minute.
  const own = (await ask("POST", "/v1/panels", { id: "moved", role: "shop", currency: "USD" }, ADMIN)).key as string;
  const { id } = await ask("POST", "/v1/webhooks", { url }, own);
  for (answer of [301, 302, 303, 307, 308])
    expect(await ask("POST", `/v1/webhooks/${id}/test`, undefined, own)).toMatchObject({
      status: answer,
      error: expect.stringContaining("redirect, which is not followed") as string,
    });
  expect(asked).toEqual(Array.from({ length: 5 }, () => "/hook"));
  receiver.close();
  receiver.closeAllConnections();
  // wrangler's harness has no other way to say that no connection came about.
  expect(await ask("POST", `/v1/webhooks/${id}/test`, undefined, own)).toMatchObject({ status: 500 });
  await ask("DELETE", `/v1/webhooks/${id}`, undefined, own);
});

test("what a receiver was away for arrives when it is back, under the same id", async () => {
  const port = await freePort();
  const { id, secret } = await ask("POST", "/v1/webhooks", { url: `http://127.0.0.1:${port}/`, types: ["order.created"] });
  await change("away-1");
  await tick();
  const [failed] = (await ask("GET", `/v1/webhooks/${id}/deliveries`)).deliveries;
  expect(failed).toMatchObject({ attempt: 1, error: expect.any(String) as string });
  const server = await serve("node", port, secret as string);
  await change("away-2");
  await tick();
  expect(ordersIn(server).toSorted()).toEqual(["away-1", "away-2"]);
  const deliveries = (await ask("GET", `/v1/webhooks/${id}/deliveries`)).deliveries as {
    id: string;
    attempt: number;
    status: number | null;
  }[];
  expect(deliveries.find(({ attempt }) => attempt === 2)).toMatchObject({ id: failed.id, status: 204 });
  await ask("DELETE", `/v1/webhooks/${id}`);
});

test("npm run listen forwards the feed, signed; goes on after the server was down; ends on Ctrl-C", async () => {
  const port = await freePort();
  const after = (await ask("GET", "/v1/changes?limit=1000")).next_after as number;
  const listening = run("npm", ["run", "-s", "listen", "--", "--forward-to", `http://127.0.0.1:${port}/hook`, "--after", String(after)], {
    cwd: ROOT,
    env: { PANELSYNC_URL: worker.url, PANELSYNC_KEY: key },
  });
  const [, secret = ""] = await listening.printed(/Secret: (whsec_\S+)/);
  await change("listen-1");
  await listening.printed(/--- .*1 change: order\.created.*No connection.*Again in 1 s/);
  const server = await serve("node", port, secret);
  await listening.printed(/204 .*1 change: order\.created/);
  expect(ordersIn(server)).toEqual(["listen-1"]);
  listening.child.kill("SIGINT");
  expect(await listening.exited).toBe(0);
  expect(listening.stderr()).toBe("");
});

test("npm run listen says what is wrong with a key", async () => {
  const wrong = run(
    process.execPath,
    ["scripts/listen.ts", "--forward-to", "http://127.0.0.1:9/", "--url", worker.url, "--key", `ps_${"0".repeat(48)}`],
    {
      cwd: ROOT,
    },
  );
  expect(await wrong.exited).toBe(1);
  expect(wrong.stderr()).toMatch(/HTTP 401: The key is not known here[^{}]*\n$/);
  expect(wrong.stderr()).not.toContain("--forward-to");
});

test("npm run listen says that it takes no operator's key", async () => {
  const wrong = run(process.execPath, ["scripts/listen.ts", "--forward-to", "http://127.0.0.1:9/", "--url", worker.url, "--key", ADMIN], {
    cwd: ROOT,
  });
  expect(await wrong.exited).toBe(1);
  expect(wrong.stderr()).toBe("The key is an operator's, which acts for no panel. Give a panel's key.\n");
});

test("npm run listen goes on after an answer that was cut off, and ends at one that is not panelsync's", async () => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(200, { "Content-Length": "100" }).write('{"changes":', () => response.destroy()),
    (response) => response.end('{"changes":[]}'),
    (response) => response.end("<h1>Welcome to our network</h1>"),
    (response) => response.writeHead(301, { Location: "https://elsewhere.example/" }).end(),
  ];
  const server = createServer((_, response) => answers.shift()?.(response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const listenAt = async (address: string) => {
    const command = run(process.execPath, ["scripts/listen.ts", "--forward-to", "http://127.0.0.1:9/", "--url", address, "--key", key], {
      cwd: ROOT,
    });
    return { code: await command.exited, out: command.stdout(), err: command.stderr() };
  };
  const first = await listenAt(url);
  expect([first.code, first.err]).toEqual([1, `${url} does not answer as panelsync does. Is it the Worker's address?\n`]);
  expect(first.out).toMatch(/is not reached: /);
  expect((await listenAt(url)).err).toBe(`${url} redirects to https://elsewhere.example/. Give that address as --url.\n`);
  expect((await listenAt("http://panelsync.example")).err).toContain("is asked over https only, since the key goes with every request");
  server.close();
  server.closeAllConnections();
});

/**
 * Webhooks that real servers receive over HTTP: those of docs/webhooks.md, as they stand there, and `npm run listen`.
 */
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
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
async function change(id: string, as = key): Promise<void> {
  await ask("POST", "/v1/orders", { id, provider: "acme", provider_order_id: `p-${id}`, quantity: 1000, charge: "0.9" }, as);
}

async function tick(): Promise<void> {
  minute += 1;
  await worker.fire(minute);
}

/** How each receiver of the document is started, and where its file stands. */
const RECEIVERS = {
  php: { file: "public/hook.php", language: "php", start: (port: number) => ["php", "-S", `127.0.0.1:${port}`, "-t", "public"] },
  node: { file: "hook.mjs", language: "js", start: () => [process.execPath, "hook.mjs"] },
  python: { file: "hook.py", language: "python", start: () => ["python3", "hook.py"] },
} as const;
type Kind = keyof typeof RECEIVERS;

type Server = { readonly command: Command; readonly inboxPath: string; readonly inbox: () => Json[] };

/** Starts a server of the document, in a folder of its own, and waits until it listens. */
async function serve(kind: Kind, port: number, secret: string): Promise<Server> {
  const { file, language, start } = RECEIVERS[kind];
  const cwd = mkdtempSync(join(folder, kind));
  const inboxPath = join(cwd, "inbox");
  for (const each of [inboxPath, join(cwd, "public")]) mkdirSync(each);
  writeFileSync(join(cwd, file), codeOf(language));
  const [program = "", ...args] = start(port);
  const command = run(program, args, { cwd, env: { WEBHOOK_SECRET: secret, PORT: String(port) } });
  for (let tries = 0; !(await isListening(port)); tries++) {
    if (tries > 200) throw new Error(`it does not listen: ${command.stderr()}`);
    await sleep(50);
  }
  const inbox = () => readdirSync(inboxPath).map((name) => JSON.parse(readFileSync(join(inboxPath, name), "utf8")) as Json);
  return { command, inboxPath, inbox };
}

/** Begins a request whose body never comes to its end. */
async function breakOff(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write("POST /hook.php HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  await sleep(100);
  socket.destroy();
  await once(socket, "close");
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

describe.each(Object.keys(RECEIVERS) as Kind[])("the receiver of the document in %s", (kind) => {
  test("takes what is signed with its secret, once, and nothing else", async () => {
    // A panel sends ten tests a minute.
    const own = (await ask("POST", "/v1/panels", { id: kind, role: "shop", currency: "USD" }, ADMIN)).key as string;
    const asPanel = (method: string, path: string, body?: unknown): Promise<Json> => ask(method, path, body, own);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/hook.php`;
    const { id, secret } = await asPanel("POST", "/v1/webhooks", { url, types: ["order.created"] });
    const server = await serve(kind, port, secret as string);
    expect(await asPanel("POST", `/v1/webhooks/${id}/test`)).toMatchObject({ status: 204, error: null });
    await change(`${kind}-1`, own);
    await tick();
    expect(ordersIn(server)).toEqual([`${kind}-1`]);
    expect(await asPanel("GET", `/v1/webhooks/${id}`)).toMatchObject({ behind: 0, failing_since: null });
    // Both secrets sign for a day: the server goes on with the one that it has.
    await asPanel("POST", `/v1/webhooks/${id}/rotate`);
    expect(await asPanel("POST", `/v1/webhooks/${id}/test`)).toMatchObject({ status: 204 });
    const stranger = (await asPanel("POST", "/v1/webhooks", { url })).id as string;
    expect(await asPanel("POST", `/v1/webhooks/${stranger}/test`)).toMatchObject({
      status: 401,
      error: expect.stringContaining("401") as string,
    });
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
    // A request that breaks off ends nothing.
    await breakOff(port);
    expect(await asPanel("POST", `/v1/webhooks/${id}/test`)).toMatchObject({ status: 204 });
    expect((await fetch(`http://127.0.0.1:${port}/inbox/`)).ok).toBe(false);
    // What it cannot store is sent again later.
    rmSync(server.inboxPath, { recursive: true });
    expect(await asPanel("POST", `/v1/webhooks/${id}/test`)).toMatchObject({ status: 500 });
    for (const each of [id as string, stranger]) await asPanel("DELETE", `/v1/webhooks/${each}`);
    server.command.child.kill("SIGKILL");
    await server.command.exited;
  });
});

test("the receiver in PHP that has no secret takes nothing, whatever it is signed with", async () => {
  const port = await freePort();
  const server = await serve("php", port, "");
  const [id, time] = ["../hacked", String(Math.floor(Date.now() / 1000))];
  const signature = createHmac("sha256", "").update(`${id}.${time}.{}`).digest("base64");
  const headers = { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": `v1,${signature}` };
  expect((await fetch(`http://127.0.0.1:${port}/hook.php`, { method: "POST", headers, body: "{}" })).status).toBe(401);
  server.command.child.kill("SIGKILL");
  await server.command.exited;
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

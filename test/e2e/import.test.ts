import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, apiOf } from "../../scripts/demo/api.ts";
import { type DemoWorker, startWorker } from "../../scripts/demo/worker.ts";
import { type Command, killAll, run } from "./commands.ts";

const ROOT = join(import.meta.dirname, "../..");
const ADMIN_TOKEN = "0f8c1d2e9b4a7c65d1873fe24a90b6c8";
const SECRETS = { ADMIN_TOKEN, ENCRYPTION_KEYS: "1:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=", ALLOW_PRIVATE_URLS: "1" };

const folder = mkdtempSync(join(tmpdir(), "panelsync-import-"));
let worker: DemoWorker;
let admin: Api;

beforeAll(async () => {
  worker = await startWorker(ROOT, SECRETS);
  admin = apiOf(worker.url, ADMIN_TOKEN);
  for (const id of ["acme", "quirky"])
    await admin.call("PUT", `/v1/providers/${id}`, { url: "http://127.0.0.1:9/api/v2", key: "provider-key-1234" });
});

afterAll(async () => {
  killAll();
  await worker.close();
  rmSync(folder, { recursive: true, force: true });
});

type Panel = { readonly id: string; readonly key: string; readonly api: Api };

async function newPanel(id: string): Promise<Panel> {
  const { key } = await admin.call<{ key: string }>("POST", "/v1/panels", { id, role: "shop", currency: "USD" });
  return { id, key, api: apiOf(worker.url, key) };
}

function fileOf(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Starts the command with a key in its environment. */
function start(key: string, ...args: string[]): Command {
  return run(process.execPath, ["scripts/import.ts", ...args], { cwd: ROOT, env: { PANELSYNC_URL: worker.url, PANELSYNC_KEY: key } });
}

async function ended(command: Command): Promise<{ code: number | null; out: string; err: string }> {
  const code = await command.exited;
  return { code, out: command.stdout(), err: command.stderr() };
}

type Change = { readonly seq: number; readonly type: string; readonly order: string };

/** The whole feed of a panel. */
async function changesOf({ api }: Panel): Promise<Change[]> {
  const changes: Change[] = [];
  for (let after = 0; ;) {
    const page = await api.call<{ changes: Change[]; next_after: number }>("GET", `/v1/changes?after=${after}&limit=500`);
    if (page.changes.length === 0) return changes;
    changes.push(...page.changes);
    after = page.next_after;
  }
}

async function createdOrders(panel: Panel): Promise<string[]> {
  return (await changesOf(panel)).filter(({ type }) => type === "order.created").map(({ order }) => order);
}

const SCRIPT_COLUMNS =
  "order_id;client_id;order_api;api_orderid;api_serviceid;order_quantity;order_charge;order_url;order_create;order_status";
const SCRIPT_ROWS = [
  '1001;7;3;23501;88;1000;0.90;"https://x.example/p?a=1;b=2";2026-11-01 10:00:00;inprogress',
  '1002;7;3;23502;88;500;2e-05;"two\nlines";0000-00-00 00:00:00;pending',
  "1003;8;3;0;0;10;1.00;by hand;2026-11-01 10:00:00;pending",
  "1004;8;3;23504;88;10;1.00;x;2026-11-01 10:00:00;completed",
  "1005;8;4;23505;88;10;1.00;x;2026-11-01 10:00:00;processing",
  "1006;8;3;23506;88;10;1,00;x;2026-11-01 10:00:00;processing",
  "1007;8;3;23507;88;10;1.00;x;2026-11-01 10:00:00;on hold",
  "1008;8;3;23501;88;10;1.00;x;2026-11-01 10:00:00;pending",
  "A,9;8;3;23509;88;10;1.00;x;2026-11-01 10:00:00;pending",
];

describe("a CSV of a panel script", () => {
  test("is imported once: its columns are known, what cannot be taken is in the rejects with its reason", async () => {
    const panel = await newPanel("script");
    const path = fileOf("orders.csv", `\uFEFF${[SCRIPT_COLUMNS, ...SCRIPT_ROWS].join("\r\n")}\r\n`);
    const args = [path, "--providers", "3=acme,4=-", "--timezone", "Europe/Istanbul"];
    const first = await ended(start(panel.key, ...args));
    expect([first.code, first.err]).toEqual([1, ""]);
    expect(first.out).toMatch(
      /^placed_at +order_create +"2026-11-01 10:00:00" +2026-11-01T07:00:00\.000Z {2}\(read in Europe\/Istanbul\)$/m,
    );
    expect(first.out).toMatch(/^ +2 {2}registered$/m);
    expect(first.out).toMatch(/^ +1 {2}left out: ended in the panel already.+\(Completed 1; with a column `refunded`/m);
    expect(first.out).toMatch(/^ +1 {2}left out: without an order id at a provider$/m);
    expect(first.out).toMatch(/^ +1 {2}left out: of providers that --providers leaves out$/m);
    expect(first.out).toMatch(/^ +4 {2}rejected: .+orders\.csv\.rejects\.csv says why/m);

    expect(await panel.api.call("GET", "/v1/orders?ids=1001,1002")).toMatchObject({
      orders: [
        {
          id: "1001",
          provider: "acme",
          provider_order_id: "23501",
          service: "88",
          customer: "7",
          link: "https://x.example/p?a=1;b=2",
          quantity: 1000,
          charge: "0.9",
          currency: "USD",
          status: "in_progress",
          refunded: "0",
          placed_at: "2026-11-01T07:00:00.000Z",
        },
        { id: "1002", charge: "0.00002", link: "two\nlines", status: "pending" },
      ],
    });
    const rejects = readFileSync(`${path}.rejects.csv`, "utf8").trimEnd().split("\n");
    expect(rejects.map((line) => line.split(";").slice(0, 4).join(";"))).toEqual([
      "order_id;client_id;order_api;api_orderid",
      "1006;8;3;23506",
      "1007;8;3;23507",
      "1008;8;3;23501",
      '"A,9";8;3;23509',
    ]);
    const reasons = ["error", "has a comma", "--statuses", "One delivery cannot be two orders", "id must have no comma"];
    for (const [at, reason] of reasons.entries()) expect(rejects[at]).toContain(reason);

    // Mended, they are a file like any other; the first file again changes nothing.
    const mended = fileOf("mended.csv", readFileSync(`${path}.rejects.csv`, "utf8").replace('"1,00"', "1.00").replace("1,00", "1.00"));
    const second = await ended(start(panel.key, mended, ...args.slice(1), "--statuses", "On Hold=in_progress"));
    expect([second.code, second.out]).toEqual([1, expect.stringMatching(/^ +2 {2}registered$/m)]);
    const third = await ended(start(panel.key, ...args));
    expect([third.code, third.out]).toEqual([1, expect.stringMatching(/^ +2 {2}were registered already/m)]);
    expect(await createdOrders(panel)).toEqual(["1001", "1002", "1006", "1007"]);
  });
});

describe("other files", () => {
  test("NDJSON goes in with the operator's key for the panel it names", async () => {
    const panel = await newPanel("lines");
    const path = fileOf(
      "orders.ndjson",
      [
        { id: "1", provider: "acme", provider_order_id: 33501, quantity: 10, charge: "0.10", status: "Pending" },
        {
          id: "2",
          provider: "quirky",
          provider_order_id: "33502",
          quantity: 20,
          charge: "0.20",
          currency: "eur",
          status: "Canceled",
          refunded: "0.20",
        },
      ]
        .map((order) => JSON.stringify(order))
        .join("\n"),
    );
    const { code, out, err } = await ended(start(ADMIN_TOKEN, path, "--panel", "lines"));
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("for panel lines, with the operator's key");
    expect(await panel.api.call("GET", "/v1/orders?ids=1,2")).toMatchObject({
      orders: [
        { id: "1", charge: "0.1", provider_order_id: "33501" },
        { id: "2", charge: "0.2", currency: "EUR", refunded: "0.2", status: "canceled" },
      ],
    });
    expect(readdirSync(folder).filter((name) => name.startsWith("orders.ndjson."))).toEqual([]);
  });

  test("a MySQL dump is read as it is", async () => {
    const panel = await newPanel("dump");
    const path = fileOf(
      "dump.sql",
      `CREATE TABLE \`orders\` (\n \`id\` int, \`api_provider_id\` int, \`api_order_id\` int, \`quantity\` varchar(191), \`charge\` decimal(15,4), \`status\` enum('pending'), \`link\` text);
INSERT INTO \`orders\` VALUES (1,3,43501,'100',0.9000,'inprogress','it\\'s; (a link)'),(2,3,43502,'100',0.9000,'awaiting',NULL);\n`,
    );
    const { code, err } = await ended(start(panel.key, path, "--providers", "3=acme"));
    expect([code, err]).toEqual([0, ""]);
    expect(await panel.api.call("GET", "/v1/orders?ids=1,2")).toMatchObject({
      orders: [
        { link: "it's; (a link)", charge: "0.9" },
        { status: "pending", link: null },
      ],
    });
  });

  test("bare ids are adopted, but for those of another panel", async () => {
    const [panel, other] = [await newPanel("adopts"), await newPanel("owner")];
    await other.api.call("POST", "/v1/orders", { id: "1", provider: "acme", provider_order_id: "53502", quantity: 1, charge: "1" });
    const path = fileOf("ids.txt", "53501\n53502\n053503\n53504\n53501\n");
    const dry = await ended(start(panel.key, path, "--adopt", "acme", "--dry-run"));
    expect([dry.code, await changesOf(panel)]).toEqual([1, []]);
    const { code, out } = await ended(start(panel.key, path, "--adopt", "acme", "--batch", "3"));
    expect([code, out]).toEqual([1, expect.stringMatching(/^ +2 {2}adopted\n +1 {2}were followed already\n +2 {2}rejected/m)]);
    expect(await createdOrders(panel)).toEqual(["53501", "53504"]);
    const rejects = readFileSync(`${path}.rejects.csv`, "utf8");
    expect(rejects).toMatch(/^53502,.*another panel/m);
    expect(rejects).toMatch(/^053503,.*one spelling/m);
  });
});

describe("--dry-run", () => {
  test("says what would be registered and what the first polls would refund, and writes nothing", async () => {
    const panel = await newPanel("dry");
    const path = fileOf(
      "dry.csv",
      `id,provider,provider_order_id,quantity,charge,status,refunded,currency
1,acme,63501,1000,0.90,canceled,0.40,
2,acme,63502,1000,0.90,canceled,0.90,
3,acme,63503,1000,0.90,canceled,0.1,EUR
4,acme,63504,1000,0.90,inprogress,,
5,acme,63505,1000,0.90,canceled,,
6,acme,63506,1000,0.90,canceled,1.00,
`,
    );
    const { code, out } = await ended(start(panel.key, path, "--dry-run"));
    expect(code).toBe(1);
    expect(out).toContain("Dry run: nothing was written.");
    expect(out).toMatch(/^ +4 {2}would be registered$/m);
    expect(out).toMatch(/^rejected: .+63506.+more than the charge/m);
    expect(out).toContain("the first polls would refund 0.5 (in the panel's currency) for 1 order, and refund 0.8 EUR for 1 order.");
    expect(await changesOf(panel)).toEqual([]);
    expect(await panel.api.call("GET", "/v1/orders")).toMatchObject({ orders: [] });
    expect(readdirSync(folder).filter((name) => name.startsWith("dry.csv."))).toEqual([]);
  });
});

const MANY = 3000;

/** Every hundredth row cannot be taken. */
function manyOrders(from: number): string {
  const rows = Array.from({ length: MANY }, (_, at) => `${at + 1},acme,${from + at},100,${at % 100 === 99 ? "0,9" : "0.9"},pending`);
  return `${["id,provider,provider_order_id,quantity,charge,status", ...rows].join("\n")}\n`;
}

/** The rows that the state beside a file says are done. */
function rowsDone(path: string): number {
  const state = `${path}.import-state.json`;
  return existsSync(state) ? (JSON.parse(readFileSync(state, "utf8")) as { rows: number }).rows : 0;
}

async function untilDone(path: string, rows: number): Promise<void> {
  for (let tries = 0; rowsDone(path) < rows; tries++) {
    if (tries > 3000) throw new Error(`only ${rowsDone(path)} rows of ${path} were done`);
    await sleep(10);
  }
}

async function expectAllOnce(panel: Panel, path: string): Promise<void> {
  const created = await createdOrders(panel);
  expect(created.length).toBe((MANY * 99) / 100);
  expect(new Set(created).size).toBe(created.length);
  const rejects = readFileSync(`${path}.rejects.csv`, "utf8").trimEnd().split("\n").slice(1);
  expect(rejects.map((line) => line.split(",")[0])).toEqual(Array.from({ length: MANY / 100 }, (_, at) => String((at + 1) * 100)));
  expect(existsSync(`${path}.import-state.json`)).toBe(false);
}

describe("an import that ends in the middle", () => {
  test("goes on after a kill where it was: nothing is lost, nothing is there twice", async () => {
    const panel = await newPanel("killed");
    const path = fileOf("killed.csv", manyOrders(100_000));
    const command = start(panel.key, path, "--batch", "20");
    await untilDone(path, 400);
    command.child.kill("SIGKILL");
    await command.exited;
    const done = rowsDone(path);
    expect(done).toBeLessThan(MANY);
    expect((await createdOrders(panel)).length).toBeGreaterThanOrEqual((done * 99) / 100);

    const { code, out } = await ended(start(panel.key, path, "--batch", "500"));
    expect([code, out]).toEqual([1, expect.stringContaining(`It goes on after row ${done.toLocaleString("en-US")}, where it stopped.`)]);
    expect(out).toMatch(/^3,000 rows of killed\.csv for panel killed:$/m);
    expect(out).toMatch(/^ +30 {2}rejected/m);
    await expectAllOnce(panel, path);
  });

  test("says so when it is interrupted, and begins anew for a file that has changed", async () => {
    const panel = await newPanel("interrupted");
    const path = fileOf("interrupted.csv", manyOrders(200_000));
    const command = start(panel.key, path, "--batch", "20");
    await untilDone(path, 200);
    command.child.kill("SIGINT");
    const first = await ended(command);
    expect([first.code, first.err]).toEqual([130, ""]);
    expect(first.out).toMatch(/for panel interrupted so far:/);
    expect(first.out).toMatch(/The same command goes on after row [\d,]+\./);

    rmSync(`${path}.rejects.csv`);
    writeFileSync(path, manyOrders(200_000));
    const second = await ended(start(panel.key, path, "--batch", "500"));
    expect([second.code, second.out]).toEqual([1, expect.stringContaining("the file has changed since: it begins at the first row")]);
    expect(second.out).toMatch(/were registered already/);
    await expectAllOnce(panel, path);
  });
});

describe("a file that changes while it is read", () => {
  test("is told, and read again by the next run", async () => {
    const panel = await newPanel("changing");
    const path = fileOf("changing.csv", manyOrders(300_000));
    const command = start(panel.key, path, "--batch", "100");
    await untilDone(path, 200);
    appendFileSync(path, `${MANY + 1},acme,399999,100,0.9,pending\n`);
    const first = await ended(command);
    expect([first.code, first.err]).toEqual([3, expect.stringContaining("The file has changed while it was read.")]);
    rmSync(`${path}.rejects.csv`);
    const second = await ended(start(panel.key, path, "--batch", "500"));
    expect([second.code, second.out]).toEqual([1, expect.stringMatching(/^3,001 rows of changing\.csv/m)]);
    expect(await createdOrders(panel)).toContain(String(MANY + 1));
  });
});

describe("what cannot be done", () => {
  const ONE = "id,provider,provider_order_id,quantity,charge,status\n1,acme,73501,1,1,pending\n";
  const rows = (provider: string) => Array.from({ length: 30 }, (_, at) => `${at},${provider},${74_000 + at},1,1,pending`).join("\n");

  test.each<[what: string, content: string, args: string[], message: string]>([
    ["another panel's key", ONE, ["--panel", "script"], 'The key belongs to panel "refused", and --panel says "script".'],
    ["a file without a status", "id,provider,provider_order_id,quantity,charge\n1,acme,73501,1,1\n", [], "No column says the status."],
    [
      "a file without a charge",
      "id,provider,provider_order_id,quantity,status\n1,acme,73501,1,pending\n",
      [],
      "No column is known to be charge.",
    ],
    [
      "columns that may be two things",
      ONE.replace("provider_order_id,", "api_order_id,").replace("status", "status,external_id"),
      [],
      "Without a terminal nobody can be asked.",
    ],
    [
      "a mark that may be no amount",
      ONE.replace("provider_order_id", "api_order_id").replace("status", "status,refunded").replace("pending", "canceled,1"),
      [],
      "Without a terminal nobody can be asked.",
    ],
    ["a provider for all rows where each has its own", ONE, ["--provider", "acme"], "says each order's provider"],
    [
      "a provider that is not there",
      `${ONE.split("\n")[0]}\n${rows("nowhere")}\n`,
      [],
      'ask the operator for its id; it was sent as "nowhere": say what that is called here by --providers nowhere=ID. Nothing was registered.',
    ],
    ["an option that is not one", ONE, ["--drry-run"], "--drry-run"],
    ["a key that was copied badly", ONE, ["--key", "“ps_1”"], "a character that no key has"],
    ["a key in clear over a network", ONE, ["--url", "http://panelsync.example"], "is asked over https only"],
    ["another server", ONE, ["--url", "http://127.0.0.1:9"], "could not be reached"],
  ])("%s: says why, and leaves nothing behind", async (what, content, args, message) => {
    const panel = (refused ??= await newPanel("refused"));
    const path = fileOf(`${what.replaceAll(/\W/g, "-")}.csv`, content);
    const command = start(panel.key, path, ...args);
    if (what === "another server") {
      while (!command.stderr().includes(message)) await sleep(50);
      command.child.kill("SIGTERM");
      expect(await command.exited).toBe(143);
    } else {
      const { code, err } = await ended(command);
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
    expect(await changesOf(panel)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.includes(what.replaceAll(/\W/g, "-")))).toEqual([path.slice(folder.length + 1)]);
  });
  let refused: Panel | undefined;

  test("a wrong key: says why, without the key", async () => {
    const path = fileOf("wrong-key.csv", ONE);
    const { code, out, err } = await ended(start("ps_wrong", path));
    expect([code, err]).toEqual([2, expect.stringContaining("(GET /v1/me: 401)")]);
    expect(out + err).not.toContain("ps_wrong");
  });
});

/** Runs the command on a terminal, and types there. */
async function onTerminal(key: string, typed: string, ...args: string[]): Promise<{ code: number | null; shown: string }> {
  const program = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
  const child = spawn("python3", ["-c", program, process.execPath, "scripts/import.ts", ...args], {
    cwd: ROOT,
    env: { ...process.env, PANELSYNC_URL: worker.url, PANELSYNC_KEY: key },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (!shown.includes("[y/N]") && (shown + text).includes("[y/N]")) child.stdin.write(typed);
    shown += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, shown };
}

describe("on a terminal", () => {
  test("it asks whether the columns are right, and does nothing before", async () => {
    const panel = await newPanel("asked");
    const path = fileOf("asked.csv", "order_id,provider,api_order_id,quantity,price,status\n1,acme,83501,1,1,pending\n");
    const no = await onTerminal(panel.key, "n\n", path);
    expect([no.code, await createdOrders(panel)]).toEqual([2, []]);
    expect(no.shown).toMatch(/charge +price +"1" +1/);
    const yes = await onTerminal(panel.key, "y\n", path);
    expect([yes.code, await createdOrders(panel)]).toEqual([0, ["1"]]);
    expect(yes.shown).toContain("1 rows, 1 done, 0 rejected");
    // Ctrl-C, and the end of the input.
    for (const [typed, code] of [
      ["\u0003", 130],
      ["\u0004", 2],
    ] as const) {
      const left = await onTerminal(panel.key, typed, path);
      expect([left.code, left.shown]).toEqual([code, expect.stringMatching(/\[y\/N\] \S*\s*$/)]);
    }
  });
});

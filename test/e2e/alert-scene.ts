/**
 * What the alerts' test stands on: the Worker as a process with real D1 and Queue, the simulator as another over HTTP, and a server that
 * takes messages and plays what a panel has. Time is the test's own, for the Worker and the simulator alike.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { Totals } from "../../scripts/demo/events.ts";
import { MINUTE_MS, playMinute } from "../../scripts/demo/minute.ts";
import { type DemoWorker, startWorker } from "../../scripts/demo/worker.ts";
import { type Command, run } from "./commands.ts";
import { type Host, openHost } from "./tracker-scene.ts";

const ROOT = join(import.meta.dirname, "../..");
const ADMIN = "admin-token-of-the-alert-tests-4c1d";
const ENCRYPTION = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
export const START = Date.UTC(2026, 10, 21, 10);

export type Received = {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly at: number;
};
type Json = Record<string, unknown>;
export type Told = {
  readonly kind: string;
  readonly subject: string | null;
  readonly severity: string;
  readonly notice: "opened" | "reminder" | "closed";
  readonly text: string;
  readonly what_to_do: string;
  readonly link: string;
};

/** What each server of a panel's answers, until a test changes it. */
export type Answers = { cron: number; gone: number; behind: number };

export class AlertScene {
  now = START;
  readonly received: Received[] = [];
  readonly answers: Answers = { cron: 200, gone: 204, behind: 204 };
  /** All that no message may hold, by what it is. */
  readonly secrets = new Map<string, string>([
    ["the operator's key", ADMIN],
    ["the encryption key", ENCRYPTION],
  ]);
  /** Panels' keys. */
  readonly keys = new Map<string, string>();
  readonly logged: string[] = [];
  /** When ticks were fired that did what they are for. */
  readonly goodTicks = new Set<number>();
  readonly #worker: DemoWorker;
  readonly #simulator: Command;
  readonly #simulatorUrl: string;
  readonly #receiver: Host;
  #asked = 0;

  private constructor(worker: DemoWorker, simulator: { readonly command: Command; readonly url: string }, receiver: Host) {
    this.#worker = worker;
    this.#simulator = simulator.command;
    this.#simulatorUrl = simulator.url;
    this.#receiver = receiver;
  }

  static async open(providers: readonly string[]): Promise<AlertScene> {
    const held: { scene: AlertScene | null } = { scene: null };
    const receiver = await openHost((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        const path = new URL(request.url ?? "/", "http://x").pathname.slice(1);
        const { scene } = held;
        scene?.received.push({ path, headers: request.headers, body, at: scene.now });
        response.writeHead(scene?.answers[path as keyof Answers] ?? 204).end();
      });
    });
    const [worker, simulator] = await Promise.all([startTimedWorker(`${receiver.url}/heartbeat`), startSimulatorProcess(providers)]);
    const scene = new AlertScene(worker, simulator, receiver);
    held.scene = scene;
    await scene.goTo(START);
    for (const [name, key] of simulator.keys) scene.secrets.set(`the key of ${name}`, key);
    return scene;
  }

  /** Where links lead. */
  get console(): string {
    return `${this.#worker.url}/console/`;
  }

  /** An address of the receiving server, with a secret in it as such addresses have. */
  address(path: string): string {
    const secret = `secret-of-${path}-7f3a`;
    this.secrets.set(`the address of ${path}`, secret);
    return `${this.#receiver.url}/${path}?token=${secret}`;
  }

  /** Asks as the operator, or with a panel's key. What is refused fails the test. */
  async ask<T = Json>(method: string, path: string, body?: unknown, panel?: string): Promise<T> {
    this.#asked += 1;
    const response = await fetch(`${this.#worker.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${panel === undefined ? ADMIN : this.keys.get(panel)}`,
        "content-type": "application/json",
        "idempotency-key": `asked-${this.#asked}`,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
    return (text === "" ? {} : JSON.parse(text)) as T;
  }

  /** A panel's script calls API v2 at one provider. */
  async buy(panel: string, provider: string, fields: Record<string, string>): Promise<void> {
    const body = new URLSearchParams({ key: this.keys.get(panel) ?? "", action: "add", ...fields });
    await fetch(`${this.#worker.url}/api/v2/${provider}`, { method: "POST", body });
  }

  async simulate<T = Json>(method: string, path: string, body: unknown): Promise<T> {
    const response = await fetch(`${this.#simulatorUrl}/admin/${path}`, { method, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`simulator: ${method} ${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  modes(provider: string, ...modes: readonly string[]): Promise<Json> {
    return this.simulate("PUT", `providers/${provider}`, { modes });
  }

  async addPanel(id: string): Promise<void> {
    const { key } = await this.ask<{ key: string }>("POST", "/v1/panels", { id, role: "shop", currency: "USD" });
    this.keys.set(id, key);
    this.secrets.set(`the key of panel ${id}`, key);
  }

  async addProvider(name: string, settings: Json = {}): Promise<void> {
    const { url, key } = await this.simulate<{ url: string; key: string }>("GET", `providers/${name}`, undefined);
    await this.ask("PUT", `/v1/providers/${name}`, { url, key, currency: "USD", brake: null, timeout_ms: 15_000, ...settings });
  }

  /** Orders of a panel that stand at the provider in one state; answers their ids there. */
  async place(panel: string, provider: string, count: number, state: Json, fields: Json = {}): Promise<string[]> {
    const orders = Array.from({ length: count }, () => ({ service: 1, quantity: 1000 }));
    const { ids } = await this.simulate<{ ids: string[] }>("POST", `providers/${provider}/orders`, { orders });
    await this.script(provider, ids, state);
    const registered = ids.map((id) => ({
      id: `${provider}-${id}`,
      provider,
      provider_order_id: id,
      service: "1",
      quantity: 1000,
      charge: "1",
      ...fields,
    }));
    const { results } = await this.ask<{ results: { result: string }[] }>("POST", "/v1/orders", registered, panel);
    if (results.some(({ result }) => result !== "created")) throw new Error(`not registered: ${JSON.stringify(results)}`);
    return ids;
  }

  /** From now on the orders are in this state at the provider. */
  async script(provider: string, ids: readonly string[], state: Json): Promise<void> {
    for (const id of ids)
      await this.simulate("PUT", `providers/${provider}/orders/${id}/script`, { steps: [{ at_ms: this.now, ...state }] });
  }

  /** Runs SQL on the database, as somebody would who has it in hand. */
  query(...statements: readonly string[]): Promise<readonly Json[]> {
    return this.#worker.query(...statements);
  }

  /** Runs a statement that the product's triggers forbid. */
  async bypassTriggers(statement: string): Promise<void> {
    const own = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'broken%'";
    const triggers = (await this.query(own)) as { name: string; sql: string }[];
    await this.query(...triggers.map(({ name }) => `DROP TRIGGER ${name}`), statement, ...triggers.map(({ sql }) => sql));
  }

  /** Goes to a time, and fires its tick. What lies between is not played. */
  async goTo(time: number): Promise<void> {
    await this.#setClock(time);
    const stage = {
      worker: this.#worker,
      clock: { set: () => true },
      totals: new Totals(),
      note: (line: string) => void this.logged.push(line),
    };
    await playMinute(stage, time / MINUTE_MS);
    this.goodTicks.add(time);
  }

  /** A tick that fails. */
  async goToFailing(time: number): Promise<void> {
    await this.#setClock(time);
    const outcome = await this.#worker.fire(time / MINUTE_MS).then(
      () => "ok",
      () => "failed",
    );
    if (outcome === "ok") throw new Error(`the tick at ${new Date(time).toISOString()} did what it is for`);
  }

  async #setClock(time: number): Promise<void> {
    this.now = time;
    await this.simulate("POST", "clock", { now: time });
  }

  /** What a channel of type `webhook` at `path` was told. */
  told(path: string): Told[] {
    return this.received
      .filter((each) => each.path === path)
      .flatMap(({ body }) => (JSON.parse(body) as { data: { alerts: Told[] } }).data.alerts);
  }

  async close(): Promise<void> {
    this.#receiver.close();
    this.#simulator.child.kill("SIGTERM");
    await Promise.all([this.#worker.close(), this.#simulator.exited]);
  }
}

/** Whether a delivery is signed with the channel's secret, for the time that it came. */
export function isSigned({ headers, body, at }: Received, secret: string): boolean {
  const sentAt = Number(headers["webhook-timestamp"]) * 1000;
  const signature = new Webhook(secret).sign(String(headers["webhook-id"]), new Date(sentAt), body);
  return headers["webhook-signature"] === signature && sentAt === at;
}

/** The product's own configuration, but for its clock and for how long the queue waits before it tries again. */
async function startTimedWorker(heartbeat: string): Promise<DemoWorker> {
  const folder = mkdtempSync(join(tmpdir(), "panelsync-alerts-"));
  try {
    const changes: readonly (readonly [from: string, to: string])[] = [
      ['main = "src/index.ts"', `main = "${ROOT}/test/worker/world/timed-worker.ts"`],
      ['directory = "public"', `directory = "${ROOT}/public"`],
      ['migrations_dir = "migrations"', `migrations_dir = "${ROOT}/migrations"`],
      ["retry_delay = 10", "retry_delay = 0"],
      ["max_batch_timeout = 5", "max_batch_timeout = 1"],
    ];
    const config = changes.reduce(
      (text, [from, to]) => {
        if (!text.includes(from)) throw new Error(`wrangler.toml has no ${from}`);
        return text.replace(from, to);
      },
      readFileSync(join(ROOT, "wrangler.toml"), "utf8"),
    );
    writeFileSync(join(folder, "wrangler.toml"), config);
    const secrets = { ADMIN_TOKEN: ADMIN, ENCRYPTION_KEYS: `1:${ENCRYPTION}`, ALLOW_PRIVATE_URLS: "1" };
    return await startWorker(ROOT, secrets, {
      configPath: join(folder, "wrangler.toml"),
      vars: { PLAN: "free", HEARTBEAT_URL: heartbeat },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startSimulatorProcess(providers: readonly string[]) {
  const list = providers.map((name) => `${name}:plain`).join(",");
  const command = run(process.execPath, ["simulator/main.ts", "--port", "0", "--clock", String(START), "--providers", list], { cwd: ROOT });
  await command.printed(new RegExp(`^${providers.at(-1)} .*\\n`, "m"));
  const printed = [...command.stdout().matchAll(/^(\S+) (\S+) key=(\S+)$/gm)];
  const url = new URL(printed[0]?.[2] ?? "").origin;
  return { command, url, keys: printed.map(([, name = "", , key = ""]) => [name, key] as const) };
}

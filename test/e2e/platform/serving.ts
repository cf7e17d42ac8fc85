/**
 * Runs what was uploaded to the stand-in: the last version of a Worker in workerd, with its secrets and what its database
 * had when it was first asked. Its address is there before it is, as the platform's would be.
 */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestHarness } from "wrangler";
import { quietWrangler } from "../../../scripts/quiet-wrangler.ts";
import type { Account, Script, Version } from "./account.ts";

const TICK_EVERY_MS = 1000;
/** Headers that are not passed on. */
const OF_THIS_CONNECTION = new Set(["host", "connection", "content-length", "keep-alive", "transfer-encoding"]);

export class Served {
  readonly url: string;
  private readonly account: Account;
  private readonly script: string;
  private readonly server: Server;
  private readonly folder = mkdtempSync(join(tmpdir(), "panelsync-served-"));
  private running: Promise<{ readonly harness: TestHarness; readonly origin: string }> | null = null;
  private secrets = "";
  private readonly timer: NodeJS.Timeout;

  private constructor(account: Account, script: string, server: Server) {
    this.account = account;
    this.script = script;
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.timer = setInterval(() => void this.tick(), TICK_EVERY_MS);
  }

  /** Takes a port; nothing runs until it is asked and there is something to run. */
  static async open(account: Account, script: string): Promise<Served> {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const served = new Served(account, script, server);
    server.on("request", (request, response) => void served.answer(request, response));
    return served;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.server.closeAllConnections();
    this.server.close();
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const started = await this.start().catch((error: unknown) => String(error));
    if (started === null || typeof started === "string") {
      response.writeHead(started === null ? 404 : 500).end(started ?? "There is nothing here yet.");
      return;
    }
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      OF_THIS_CONNECTION.has(name) || typeof value !== "string" ? [] : [[name, value]],
    );
    const answer = await fetch(started.origin + (request.url ?? "/"), {
      method: request.method ?? "GET",
      headers: Object.fromEntries(headers) as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" }).end(await answer.text());
  }

  /** Cron, if there is one. */
  private async tick(): Promise<void> {
    const script = this.account.scripts.get(this.script);
    if (this.running === null || script === undefined || script.schedules.length === 0) return;
    const { harness } = await this.running;
    await harness.getWorker().scheduled({ scheduledTime: new Date(), cron: "* * * * *" });
  }

  /** Null while there is no such Worker. New secrets start it anew, with what the database had. */
  private async start(): Promise<{ readonly harness: TestHarness; readonly origin: string } | null> {
    const script = this.account.scripts.get(this.script);
    const version = script?.versions.at(-1);
    if (script === undefined || version === undefined) return null;
    const secrets = JSON.stringify([...script.secrets]);
    if (secrets !== this.secrets) await this.stop();
    this.secrets = secrets;
    this.running ??= this.run(script, version);
    return await this.running;
  }

  private async stop(): Promise<void> {
    const running = this.running;
    this.running = null;
    await (await running)?.harness.close();
  }

  private async run(script: Script, version: Version): Promise<{ readonly harness: TestHarness; readonly origin: string }> {
    await writeModules(this.folder, version);
    const config = this.configOf(version);
    writeFileSync(join(this.folder, "wrangler.json"), JSON.stringify(config));
    const [database] = this.account.databases.filter(({ uuid }) => uuid === databaseOf(version));
    mkdirSync(join(this.folder, "migrations"), { recursive: true });
    const statements = (database?.changes ?? []).filter((statement) => !/\bd1_migrations\b/.test(statement));
    writeFileSync(join(this.folder, "migrations/0001_all.sql"), statements.map((statement) => `${statement};\n`).join(""));
    const secrets = { ...Object.fromEntries(script.secrets), ALLOW_PRIVATE_URLS: "1" };
    quietWrangler();
    const { createTestHarness } = await import("wrangler");
    const harness = createTestHarness({ root: this.folder, workers: [{ configPath: "wrangler.json", secrets }] });
    const { url } = await harness.listen();
    await harness.getWorker().applyD1Migrations("DB");
    return { harness, origin: url.origin };
  }

  /** What the upload binds, in the words of a configuration. */
  private configOf({ main, bindings }: Version): object {
    const of = (type: string) => bindings.filter((each) => each.type === type);
    const consumers = this.account.queues.filter((queue) => queue.consumers.some(({ script }) => script === this.script));
    return {
      name: this.script,
      main,
      no_bundle: true,
      compatibility_date: "2026-10-01",
      compatibility_flags: ["global_fetch_strictly_public"],
      vars: Object.fromEntries(of("plain_text").map(({ name, text }) => [name, text])),
      d1_databases: of("d1").map(({ name }) => ({
        binding: name,
        database_name: "served",
        database_id: "served",
        migrations_dir: "migrations",
      })),
      queues: {
        producers: of("queue").map(({ name, queue_name }) => ({ binding: name, queue: queue_name })),
        consumers: consumers.map(({ queue_name }) => ({ queue: queue_name, max_batch_size: 1, max_batch_timeout: 0 })),
      },
      ratelimits: of("ratelimit").map(({ name, namespace_id, simple }) => ({ name, namespace_id, simple })),
    };
  }
}

function databaseOf({ bindings }: Version): unknown {
  const bound = bindings.find(({ type }) => type === "d1");
  return bound?.["id"] ?? bound?.["database_id"];
}

async function writeModules(folder: string, { form }: Version): Promise<void> {
  for (const [name, part] of form.entries()) {
    if (typeof part === "string") continue;
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.from(await part.arrayBuffer()));
  }
}

/**
 * A release at work beside simulated providers, with everything that crosses its edges written down.
 */
import { join } from "node:path";
import { SqliteBackend } from "../../simulation/sqlite.ts";
import { simulatorFetch } from "../../simulator/fetch.ts";
import { createWorld, type World } from "../../simulator/world.ts";
import { type Answer, fieldsOf, type Line, providerOf } from "./history.ts";
import { type Asking, type Delivered, MINUTE_MS, type Product, Stage, type Told } from "./stage.ts";
import { digestOf, dumpOf, readMigrations, standingsOf } from "./tables.ts";

const STARTS_AT = Date.UTC(2026, 0, 5);
/** Between two things that happen, so that no two of them happen at once. */
const STEP_MS = 700;
/** As in wrangler.toml. */
const MAX_ATTEMPTS = 4;
const RETRY_MS = 10_000;
const SWEEPS = "panelsync-sweeps";
const TOLD_HEADERS = ["retry-after", "cf-mitigated"];

type Waiting = { readonly body: unknown; readonly attempts: number; readonly at: number };

export class Recording {
  readonly world: World;
  readonly stage: Stage;
  /** Migrations that the release has: what it can do. */
  readonly schema: number;
  readonly lines: Line[] = [];
  readonly #backend: SqliteBackend;
  readonly #provide: (request: Request) => Promise<Response>;
  #waiting: Waiting[] = [];

  private constructor(root: string, release: string, seed: number, product: Product) {
    const migrations = readMigrations(root);
    this.schema = migrations.length;
    this.#backend = new SqliteBackend(migrations.map(({ sql }) => sql));
    this.world = createWorld({ seed, now: () => this.stage.now });
    this.#provide = simulatorFetch(this.world);
    const plan = "free";
    this.stage = new Stage({ product, backend: this.#backend, plan, providers: (request) => this.#answer(request) });
    const digests = Object.fromEntries(migrations.map((migration) => [migration.name, digestOf(migration)]));
    this.lines.push({ kind: "history", release, plan, migrations: digests });
  }

  /** Of the release whose files are under `root`. */
  static async of(root: string, release: string, seed: number): Promise<Recording> {
    const load = (file: string): Promise<unknown> => import(join(root, "src", file));
    const [ticks, consumer, router] = [await load("sync/tick.ts"), await load("sync/consume.ts"), await load("http/router.ts")];
    return new Recording(root, release, seed, Object.assign({}, ticks, consumer, router) as Product);
  }

  close(): void {
    this.stage.close();
    this.#backend.close();
  }

  async #answer(request: Request): Promise<Response> {
    const told = { kind: "answer", provider: providerOf(request), fields: await fieldsOf(request.clone()) } as const;
    try {
      const response = await this.#provide(request);
      const body = await response.text();
      const kept = TOLD_HEADERS.flatMap((name) => (response.headers.has(name) ? [[name, response.headers.get(name) ?? ""]] : []));
      const headers: Record<string, string> = Object.fromEntries(kept);
      const answer: Answer = { ...told, status: response.status, ...(kept.length === 0 ? {} : { headers }), body };
      this.lines.push(answer);
      return new Response(body, { status: response.status, headers });
    } catch (error) {
      this.lines.push({ ...told, status: 0, fails: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  /** What follows is written down after it; `line` is a placeholder until what came of it is known. */
  async #happens<T>(act: () => Promise<T>, lineOf: (at: number, outcome: T | null) => Line): Promise<T> {
    await this.stage.goTo(this.stage.now + STEP_MS);
    const at = this.stage.now;
    const place = this.lines.push(lineOf(at, null)) - 1;
    const outcome = await act();
    this.lines[place] = lineOf(at, outcome);
    return outcome;
  }

  /** A request, written down with its answer where a script reads it to the letter. */
  async ask(asking: Asking): Promise<Told> {
    return this.#happens(
      () => this.stage.request(asking),
      (at, told) => ({
        kind: "request",
        at,
        ...asking,
        status: told?.status ?? 0,
        ...(asking.form === undefined ? {} : { text: told?.text ?? "" }),
      }),
    );
  }

  /** A request whose body has a provider's key beside what is written down. */
  async askWithKey(asking: Asking, key: string): Promise<Told> {
    return this.#happens(
      () => this.stage.request({ ...asking, body: { ...(asking.body as object), key } }),
      (at, told) => ({ kind: "request", at, ...asking, status: told?.status ?? 0 }),
    );
  }

  /** The tick of a minute, counted from the beginning. */
  async tick(minute: number): Promise<void> {
    await this.stage.goTo(STARTS_AT + minute * MINUTE_MS);
    await this.#happens(
      () => this.stage.tick(),
      (at) => ({ kind: "tick", at }),
    );
  }

  /** The queue does its work: what waits for its time is delivered when the next minute has come. */
  async deliver(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { body, attempts } = next;
      const outcome = await this.deliverOne(body, attempts, SWEEPS);
      if (outcome === "ack" || attempts >= MAX_ATTEMPTS) continue;
      const at = this.stage.now + (outcome === "retry" ? RETRY_MS : outcome.retryAfterMs);
      this.#waiting.push({ body, attempts: attempts + 1, at });
    }
  }

  deliverOne(body: unknown, attempts: number, queue: string): Promise<Delivered> {
    return this.#happens(
      () => this.stage.deliver(body, attempts, queue),
      (at, outcome) => ({ kind: "message", at, queue, attempts, body, outcome: outcome ?? "ack" }),
    );
  }

  #next(): Waiting | undefined {
    this.#waiting.push(...this.stage.sent.splice(0).map((text) => ({ body: JSON.parse(text) as unknown, attempts: 1, at: 0 })));
    const next = this.#waiting.findIndex(({ at }) => at <= this.stage.now);
    return next === -1 ? undefined : this.#waiting.splice(next, 1)[0];
  }

  /** The database as it is now. */
  dump(): void {
    this.lines.push(...dumpOf(this.#backend));
  }

  end(): void {
    this.lines.push(...standingsOf(this.#backend));
  }

  /** The history as text. Throws where it holds a key. */
  text(): string {
    const text = this.lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const secrets = [...this.stage.keys.values(), ...[...this.world.providers.values()].map(({ key }) => key)];
    if (secrets.some((secret) => text.includes(secret))) throw new Error("there is a key in the history");
    return text;
  }
}

/**
 * The product, whole and unchanged, in simulated time: its ticks, its queue's deliveries and its requests are processes
 * that share a database, and talk to simulated providers.
 */
import { simulatorFetch } from "../simulator/fetch.ts";
import { createWorld, type World } from "../simulator/world.ts";
import { handleRequest } from "../src/http/router.ts";
import type { LogEvent, Ports } from "../src/ports.ts";
import { consume } from "../src/sync/consume.ts";
import { tick } from "../src/sync/tick.ts";
import { databaseOf } from "./database.ts";
import { Draws } from "./draws.ts";
import { Queue } from "./queue.ts";
import { Process, Scheduler } from "./scheduler.ts";
import type { Backend, Statement } from "./sqlite.ts";
import { type Climate, Weather } from "./weather.ts";

export const MINUTE_MS = 60_000;
export const ADMIN_TOKEN = "simulated-admin-token-0123456789";
/** Any host will do: nothing leaves the process. */
export const HOST = "http://127.0.0.1";

export type Plan = "free" | "paid";

export type SystemOptions = {
  readonly seed: number;
  readonly backend: Backend;
  readonly climate: Climate;
  readonly plan: Plan;
  readonly startsAt: number;
  /** Told of each step, for a trace. */
  readonly trace?: (line: string) => void;
  /** Told of each batch that was carried out. */
  readonly onCommit?: (statements: readonly Statement[]) => void | Promise<void>;
};

export class System {
  readonly scheduler: Scheduler;
  readonly world: World;
  readonly weather: Weather;
  readonly queue: Queue;
  readonly backend: Backend;
  readonly logs = new Map<string, number>();
  ticks = 0;
  requests = 0;
  calls = 0;
  crashes = 0;
  /** Set while the day's quota of the queue, or of the database, is used up. */
  quota: "none" | "queue" | "database" = "none";
  readonly #options: SystemOptions;
  readonly #draws: Draws;
  readonly #provide: (request: Request) => Promise<Response>;
  #bytes = 0;

  constructor(options: SystemOptions) {
    this.#options = options;
    const { seed, backend, climate, startsAt } = options;
    this.backend = backend;
    this.#draws = new Draws(seed, "system");
    this.scheduler = new Scheduler(new Draws(seed, "order"), startsAt);
    this.weather = new Weather(climate, new Draws(seed, "weather"));
    this.world = createWorld({ seed, now: () => this.scheduler.now });
    const waiting = new Process(this.scheduler, "provider");
    this.#provide = simulatorFetch(this.world, (ms) => waiting.after(ms, () => undefined));
    this.queue = new Queue(
      this.scheduler,
      {
        refusesAll: () => this.quota === "queue",
        breaksHere: () => this.weather.is("queueBreaks"),
        copies: () => (this.weather.is("queueLost") ? 0 : this.weather.is("queueTwice") ? 2 : 1),
        delayMs: () => (this.weather.is("queueLate") ? this.#draws.between(1, 180) * MINUTE_MS : this.#draws.between(1, 2000)),
      },
      (queue, message) => this.#deliver(queue, message),
    );
  }

  get now(): number {
    return this.scheduler.now;
  }

  trace(line: string): void {
    this.#options.trace?.(`${new Date(this.now).toISOString()} ${line}`);
  }

  /** A new piece of the system at work. In bad weather it may be doomed to die at one of its next steps. */
  #spawn(name: string): Process {
    const process = new Process(this.scheduler, name);
    if (this.weather.is("crash")) {
      this.crashes += 1;
      this.scheduler.in(this.#draws.between(0, 3000), () => {
        if (!process.dead) this.trace(`${name} dies`);
        process.die();
      });
    }
    return process;
  }

  #env(process: Process): Env {
    const db = databaseOf(process, this.backend, {
      fate: () => (this.quota === "database" ? "quota" : this.weather.dbFate()),
      latencyMs: () => this.#draws.between(1, 30),
      onCommit: (statements) => this.#options.onCommit?.(statements),
    });
    const sendBatch = async (messages: Iterable<MessageSendRequest>): Promise<void> => {
      const bodies = [...messages].map(({ body }) => body);
      await process.after(this.#draws.between(1, 30), () => this.queue.send(bodies));
    };
    const queue = { send: (body: unknown) => sendBatch([{ body }] as MessageSendRequest[]), sendBatch };
    return {
      DB: db,
      SWEEPS: queue as unknown as Env["SWEEPS"],
      PLAN: this.#options.plan,
      ADMIN_TOKEN,
      ALLOW_PRIVATE_URLS: "1",
    };
  }

  #ports(process: Process): Ports {
    const skewMs = this.weather.is("clockOff") ? this.#draws.between(-20_000, 20_000) : 0;
    return {
      now: () => this.scheduler.now + skewMs,
      wait: (ms) => process.after(ms, () => undefined),
      randomBytes: (length) => {
        const draws = new Draws(this.#options.seed, "bytes", this.#bytes++);
        return Uint8Array.from({ length }, () => draws.between(0, 255));
      },
      log: (event) => this.#log(process, event),
      fetch: (request) => this.#fetch(process, request),
    };
  }

  #log(process: Process, event: LogEvent): void {
    this.logs.set(event.event, (this.logs.get(event.event) ?? 0) + 1);
    this.trace(`${process.name} ${JSON.stringify(event)}`);
  }

  async #fetch(process: Process, request: Request): Promise<Response> {
    this.calls += 1;
    await process.after(this.#draws.between(5, 200), () => undefined);
    const response = await this.#provide(request);
    await process.after(this.#draws.between(5, 200), () => undefined);
    return response;
  }

  /** Fires the tick of a minute, as cron does, if it does. */
  fireTick(): void {
    if (this.weather.is("tickMissed")) return this.trace("a tick is missed");
    const minute = Math.floor(this.now / MINUTE_MS) * MINUTE_MS;
    this.#tick(minute, this.weather.is("tickLate") ? this.#draws.between(1000, 150_000) : 0);
    if (this.weather.is("tickTwice")) this.#tick(minute, this.#draws.between(0, 5000));
  }

  #tick(minute: number, delayMs: number): void {
    this.scheduler.in(delayMs, () => {
      this.ticks += 1;
      const process = this.#spawn(`tick-${this.ticks}`);
      process
        .outcome(tick(this.#env(process), this.#ports(process), minute))
        .catch((error: unknown) => this.trace(`${process.name} fails: ${String(error)}`));
    });
  }

  async #deliver(
    queue: string,
    { id, body, attempts }: { id: string; body: unknown; attempts: number },
  ): Promise<boolean | { retryMs: number }> {
    const process = this.#spawn(`${id}.${attempts}`);
    let outcome: boolean | { retryMs: number } = true;
    const message = {
      id,
      body,
      attempts,
      timestamp: new Date(this.now),
      ack: () => undefined,
      retry: (options?: { delaySeconds?: number }) => {
        outcome = options?.delaySeconds === undefined ? false : { retryMs: options.delaySeconds * 1000 };
      },
    };
    const batch = { queue, messages: [message], ackAll: () => undefined, retryAll: () => undefined } as unknown as MessageBatch;
    await process.outcome(consume(batch, this.#env(process), this.#ports(process)));
    return outcome;
  }

  /**
   * A request from outside, with its answer. Rejects where none comes back: it was lost on its way, or whoever was
   * working on it died.
   */
  async request(request: Request, client: Process): Promise<Response> {
    this.requests += 1;
    const process = this.#spawn(`request-${this.requests}`);
    await client.after(this.#draws.between(1, 50), () => undefined);
    const context = { waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined), passThroughOnException: () => undefined };
    const answered = handleRequest(request, this.#env(process), context as unknown as ExecutionContext, this.#ports(process));
    const response = await process.outcome(answered).catch(async (error: unknown) => {
      await client.after(30_000, () => undefined);
      throw error;
    });
    await client.after(this.#draws.between(1, 50), () => undefined);
    if (this.weather.is("answerLost")) {
      this.trace(`the answer to ${process.name} is lost`);
      throw new TypeError("fetch failed");
    }
    return response;
  }

  /** Lets minutes go by, and fires the tick of the last one: those before it were missed. */
  async pass(minutes: number): Promise<void> {
    await this.scheduler.runUntil((Math.floor(this.now / MINUTE_MS) + minutes) * MINUTE_MS);
    this.fireTick();
  }
}

/**
 * The product, whole and unchanged, in simulated time: its ticks, its queue's deliveries and its requests are processes
 * that share a database, and talk to simulated providers.
 */
import { simulatorFetch } from "../simulator/fetch.ts";
import { createWorld, type World } from "../simulator/world.ts";
import type { SweepMessage } from "../src/domain/message.ts";
import { handleRequest } from "../src/http/router.ts";
import type { LogEvent, Ports } from "../src/ports.ts";
import { secretsOf } from "../src/secrets/secrets.ts";
import { consume } from "../src/sync/consume.ts";
import { tick } from "../src/sync/tick.ts";
import { databaseOf } from "./database.ts";
import { Draws } from "./draws.ts";
import { blockPage, isTurnedAway } from "./firewall.ts";
import { Queue } from "./queue.ts";
import type { Quota } from "./one-time-faults.ts";
import type { PlanLimits } from "./plan-limits.ts";
import { type Crash, Process, Scheduler } from "./scheduler.ts";
import { type Backend, isRead, type Statement } from "./sqlite.ts";
import { isStrangersId } from "./strangers.ts";
import { type FaultRates, BackgroundFaults } from "./background-faults.ts";

export const MINUTE_MS = 60_000;
export const ADMIN_TOKEN = "simulated-admin-token-0123456789";
/** 32 bytes, 0x40 to 0x5f. */
export const ENCRYPTION_KEYS = "1:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
/** Any host will do: nothing leaves the process. */
export const HOST = "http://127.0.0.1";

/** What no request may ever come to. */
export const INTERNAL_ERROR = 500;

const TICK = "tick-";

/** An answer within eight seconds has reached its script, as far as the protocol goes; the way there and back comes on top. */
const QUICK_MS = 8_500;

const AT_ONCE_MS = 7_900;

function linkOf(fields: URLSearchParams): string {
  return fields.get("link") ?? fields.get("username") ?? "";
}

/** A sweep takes some eight steps, a request three to ten. */
const MAX_STEPS_TO_LIVE = 9;

export type Plan = "free" | "paid";

export type SystemOptions = {
  readonly seed: number;
  readonly backend: Backend;
  readonly rates: FaultRates;
  readonly plan: Plan;
  readonly startsAt: number;
  /** Whether the process that takes the nth step of all crashes, and when; none does, where left out. */
  readonly crashAtStep?: (step: number) => Crash | null;
  readonly limits?: PlanLimits;
  /** Called with each step, for a trace. */
  readonly trace?: (line: string) => void;
  /** Called with each batch that was carried out. */
  readonly onCommit?: (statements: readonly Statement[]) => void | Promise<void>;
  /** Called with each request to API v2, with its body, and of the answer as it left; null where there was none. */
  readonly onApiV2Call?: (url: string, fields: URLSearchParams, answer: string | null, since: number) => void;
};

export class System {
  readonly scheduler: Scheduler;
  readonly world: World;
  readonly backgroundFaults: BackgroundFaults;
  readonly queue: Queue;
  readonly backend: Backend;
  ticks = 0;
  requests = 0;
  calls = 0;
  crashes = 0;
  /** When processes that worked on a message crashed, epoch ms. */
  readonly messageCrashes: number[] = [];
  sentByTicks = 0;
  /** Steps of the product's own processes: each a call to the database, the queue or a provider, or a wait. */
  steps = 0;
  /** What the day's share of is used up. */
  quota: Quota | null = null;
  /** By how much every clock of the product's is wrong, ms. */
  clockOffMs = 0;
  /** Answers by their HTTP status. */
  readonly answers = new Map<number, number>();
  /** How often a page of a sweep was delivered for the first time, and handed on, by minute, round and provider. */
  readonly firstDeliveries = new Map<string, number>();
  readonly handedOn = new Map<string, number>();
  /** When an order was last asked about, by `provider/id`. */
  readonly asked = new Map<string, number>();
  /** Calls to a provider, by minute. */
  readonly callsTo = new Map<string, Map<number, number>>();
  /** Servers that receive webhooks, by the path at which they do. */
  readonly receivers = new Map<string, (request: Request) => Promise<Response>>();
  /** Of those, the ones about ids that only the hostile panel names. */
  readonly strangersCallsTo = new Map<string, Map<number, number>>();
  /** Links for which an `add` came to its end, and its script has not heard of it. */
  readonly lostSales = new Set<string>();
  /** Links for which an `add` took so long, or came to so little, that another one like it counts as the same. */
  readonly slowSales = new Set<string>();
  readonly #options: SystemOptions;
  plan: Plan;
  /** One for a whole run: what is opened once stays open, as in an isolate that lasts. */
  readonly #secrets = secretsOf(ENCRYPTION_KEYS);
  readonly #draws: Draws;
  readonly #provide: (request: Request) => Promise<Response>;
  #bytes = 0;

  constructor(options: SystemOptions) {
    this.#options = options;
    const { seed, backend, rates, startsAt } = options;
    this.backend = backend;
    this.plan = options.plan;
    this.#draws = new Draws(seed, "system");
    this.scheduler = new Scheduler(new Draws(seed, "order"), startsAt);
    this.backgroundFaults = new BackgroundFaults(rates, new Draws(seed, "weather"));
    this.world = createWorld({ seed, now: () => this.scheduler.now });
    const waiting = new Process(this.scheduler, "provider");
    const provide = simulatorFetch(this.world, (ms) => waiting.after(ms, () => undefined));
    this.#provide = async (request) => (isTurnedAway(await request.clone().text()) ? blockPage() : provide(request));
    this.queue = new Queue(
      this.scheduler,
      {
        refusesAll: () => this.#isUsedUp("queue"),
        breaksHere: () => this.backgroundFaults.happens("queueBreaks"),
        copies: () => (this.backgroundFaults.happens("queueLost") ? 0 : this.backgroundFaults.happens("queueTwice") ? 2 : 1),
        delayMs: () =>
          this.backgroundFaults.happens("queueLate") ? this.#draws.between(1, 180) * MINUTE_MS : this.#draws.between(1, 2000),
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

  /** A new piece of the system at work. Where processes crash, it may crash at one of its next steps. */
  #spawn(name: string, isFirst = false): Process {
    const mayCrash = this.backgroundFaults.happens("crash") || (isFirst && this.backgroundFaults.happens("crashAtFirst"));
    const last = mayCrash ? this.#draws.between(0, MAX_STEPS_TO_LIVE) : Infinity;
    let step = 0;
    this.#options.limits?.begin(name);
    return new Process(this.scheduler, name, () => {
      const crash = this.#options.crashAtStep?.(this.steps++) ?? null;
      return step++ === last ? this.#crash(name) : crash;
    });
  }

  #crash(name: string): Crash {
    this.crashes += 1;
    const crash = this.#draws.pick(["before", "after"] as const);
    this.trace(`${name} crashes ${crash} its next step is done`);
    return crash;
  }

  #env(process: Process): Env {
    const db = databaseOf(process, this.backend, {
      faultOf: (statements) => {
        this.#options.limits?.use(process.name, "database", statements.length);
        return this.#isSpent(statements) ? "no_rows_left" : this.backgroundFaults.callFault();
      },
      latencyMs: () => (this.backgroundFaults.happens("dbSlow") ? this.#draws.between(500, 12_000) : this.#draws.between(1, 30)),
      onCommit: (statements) => this.#options.onCommit?.(statements),
    });
    const sendBatch = async (messages: Iterable<MessageSendRequest>): Promise<void> => {
      const bodies = [...messages].map(({ body }) => body);
      this.#options.limits?.use(process.name, "queue", bodies.length);
      await process.after(this.#draws.between(1, 30), () => {
        this.queue.send(bodies);
        if (process.name.startsWith(TICK)) this.sentByTicks += bodies.length;
        for (const body of bodies) this.#countPages(this.handedOn, body, -1);
      });
    };
    const queue = { send: (body: unknown) => sendBatch([{ body }] as MessageSendRequest[]), sendBatch };
    return {
      DB: db,
      SWEEPS: queue as unknown as Env["SWEEPS"],
      DEAD: queue as unknown as Env["SWEEPS"],
      PLAN: this.plan,
      ADMIN_TOKEN,
      ENCRYPTION_KEYS,
      ALLOW_PRIVATE_URLS: "1",
      HEARTBEAT_URL: "",
      ARCHIVE_AFTER_DAYS: "",
      FAILED_KEYS: { limit: () => Promise.resolve({ success: true }) },
    };
  }

  #isSpent(statements: readonly Statement[]): boolean {
    return this.#isUsedUp("database") || (this.#isUsedUp("writes") && !statements.every(isRead));
  }

  #isUsedUp(what: Quota): boolean {
    return this.quota === what || this.#options.limits?.isUsedUp(what) === true;
  }

  #ports(process: Process): Ports {
    const skewMs = this.backgroundFaults.happens("clockOff") ? this.#draws.between(-20_000, 20_000) : 0;
    return {
      now: () => this.scheduler.now + this.clockOffMs + skewMs,
      wait: (ms) => process.after(ms, () => undefined),
      randomBytes: (length) => {
        const draws = new Draws(this.#options.seed, "bytes", this.#bytes++);
        return Uint8Array.from({ length }, () => draws.between(0, 255));
      },
      secrets: this.#secrets,
      log: (event) => this.#log(process, event),
      fetch: (request) => this.#fetch(process, request),
    };
  }

  #log(process: Process, event: LogEvent): void {
    this.trace(`${process.name} ${JSON.stringify(event)}`);
  }

  async #fetch(process: Process, request: Request): Promise<Response> {
    this.#options.limits?.use(process.name, "fetch", 1);
    await process.after(this.#draws.between(5, 200), () => undefined);
    const receive = this.receivers.get(new URL(request.url).pathname);
    if (receive === undefined) await this.#count(request);
    const response = await (receive ?? this.#provide)(request);
    await process.after(this.#draws.between(5, 200), () => undefined);
    return response;
  }

  /** Counts a sweep's pages, as those of so many rounds later. */
  #countPages(counts: Map<string, number>, body: unknown, later: number): void {
    const { kind, minute, round, providers } = body as Partial<SweepMessage>;
    if (kind !== "sweep" || minute === undefined || round === undefined || providers === undefined || round + later < 0) return;
    for (const { id } of providers) {
      const page = `minute ${minute}, round ${round + later}, ${id}`;
      counts.set(page, (counts.get(page) ?? 0) + 1);
    }
  }

  async #count(request: Request): Promise<void> {
    this.calls += 1;
    const [, provider = ""] = new URL(request.url).pathname.split("/");
    const minute = Math.floor(this.now / MINUTE_MS);
    const byMinute = this.callsTo.get(provider) ?? new Map<number, number>();
    this.callsTo.set(provider, byMinute.set(minute, (byMinute.get(minute) ?? 0) + 1));
    const fields = new URLSearchParams(await request.clone().text());
    const ids = (fields.get("orders") ?? fields.get("order") ?? "").split(",");
    if (ids.some(isStrangersId)) {
      const ofStrangers = this.strangersCallsTo.get(provider) ?? new Map<number, number>();
      this.strangersCallsTo.set(provider, ofStrangers.set(minute, (ofStrangers.get(minute) ?? 0) + 1));
    }
    if (fields.get("action") === "status") for (const id of ids) this.asked.set(`${provider}/${id}`, this.now);
  }

  /** Fires the tick of a minute, as cron does, if it does. */
  fireTick(): void {
    if (this.backgroundFaults.happens("tickMissed")) return this.trace("a tick is missed");
    const minute = Math.floor((this.now + this.clockOffMs) / MINUTE_MS) * MINUTE_MS;
    this.#tick(minute, this.backgroundFaults.happens("tickLate") ? this.#draws.between(1000, 150_000) : 0);
    if (this.backgroundFaults.happens("tickTwice")) this.#tick(minute, this.#draws.between(0, 5000));
  }

  #tick(minute: number, delayMs: number): void {
    this.scheduler.in(delayMs, () => {
      this.ticks += 1;
      const process = this.#spawn(`${TICK}${this.ticks}`, true);
      process
        .outcome(tick(this.#env(process), this.#ports(process), minute))
        .catch((error: unknown) => this.trace(`${process.name} fails: ${String(error)}`));
    });
  }

  async #deliver(
    queue: string,
    { id, body, attempts }: { id: string; body: unknown; attempts: number },
  ): Promise<boolean | { retryMs: number }> {
    const process = this.#spawn(`${id}.${attempts}`, attempts === 1);
    process.whenCrashed(() => {
      this.messageCrashes.push(this.now);
    });
    if (attempts === 1) this.#countPages(this.firstDeliveries, body, 0);
    let outcome: boolean | { retryMs: number } = true;
    let acknowledged = false;
    const message = {
      id,
      body,
      attempts,
      timestamp: new Date(this.now),
      ack: () => {
        acknowledged = true;
      },
      retry: (options?: { delaySeconds?: number }) => {
        outcome = options?.delaySeconds === undefined ? false : { retryMs: options.delaySeconds * 1000 };
      },
    };
    const batch = { queue, messages: [message], ackAll: () => undefined, retryAll: () => undefined } as unknown as MessageBatch;
    // What was acknowledged stays so, although the process crashed later.
    const work = process.outcome(consume(batch, this.#env(process), this.#ports(process)));
    await work.catch((error: unknown) => {
      if (!acknowledged) throw error;
    });
    return outcome;
  }

  /**
   * A request from outside, with its answer. Rejects where none comes back: it was lost on its way, or the process
   * that worked on it crashed.
   */
  async request(request: Request, client: Process): Promise<Response> {
    this.requests += 1;
    const process = this.#spawn(`request-${this.requests}`);
    await client.after(this.#draws.between(1, 50), () => undefined);
    const since = this.now;
    const isApiV2 = new URL(request.url).pathname.startsWith("/api/v2");
    const fields = isApiV2 ? new URLSearchParams(await request.clone().text()) : null;
    const context = { waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined), passThroughOnException: () => undefined };
    const answered = handleRequest(request, this.#env(process), context as unknown as ExecutionContext, this.#ports(process));
    const response = await process.outcome(answered).catch(async (error: unknown) => {
      if (fields !== null) this.#options.onApiV2Call?.(request.url, fields, null, since);
      // One that crashed has written down how slow it was by its last step.
      this.#loseSale(fields, (process.crashed ? process.lastStepAt : this.now) - since);
      if (fields?.get("action") === "add") this.slowSales.add(linkOf(fields));
      await client.after(30_000, () => undefined);
      throw error;
    });
    const text = fields === null ? "" : await response.clone().text();
    if (fields !== null) this.#options.onApiV2Call?.(request.url, fields, text, since);
    // A script may have given up on it, though the product took it for quick.
    const tookMs = this.now - since;
    if (tookMs > AT_ONCE_MS) this.#loseSale(fields, tookMs);
    const isWithoutOrder = !text.includes('"order"');
    if (fields?.get("action") === "add" && (tookMs > AT_ONCE_MS || isWithoutOrder)) this.slowSales.add(linkOf(fields));
    // A process that could not tell its script of the order in time goes on, and writes that it is waited for; unless it crashes.
    if (isWithoutOrder || tookMs > QUICK_MS) process.whenCrashed(() => this.#loseSale(fields, 0));
    this.answers.set(response.status, (this.answers.get(response.status) ?? 0) + 1);
    if (response.status === INTERNAL_ERROR) this.trace(`${process.name} is answered with an internal error`);
    await client.after(this.#draws.between(1, 50), () => undefined);
    if (this.backgroundFaults.happens("answerLost")) {
      this.trace(`the answer to ${process.name} is lost`);
      this.#loseSale(fields, this.now - since);
      throw new TypeError("fetch failed");
    }
    return response;
  }

  /** What has taken longer is sent again by a script that has given up, and is the same order then. */
  #loseSale(fields: URLSearchParams | null, tookMs: number): void {
    if (fields?.get("action") === "add" && tookMs <= QUICK_MS) this.lostSales.add(linkOf(fields));
  }

  /** Lets minutes go by, and fires the tick of the last one: those before it were missed. */
  async pass(minutes: number): Promise<void> {
    await this.scheduler.runUntil((Math.floor(this.now / MINUTE_MS) + minutes) * MINUTE_MS);
    this.fireTick();
  }
}

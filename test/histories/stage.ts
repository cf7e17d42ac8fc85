/**
 * The product, of this release or an earlier one, with its edges in hand: what comes in is given to it one thing after
 * the other, each to its end, and what goes out is kept. Time stands still meanwhile.
 */
import { databaseOf } from "../../simulation/database.ts";
import { Draws } from "../../simulation/draws.ts";
import { ruleGlobals } from "../../simulation/globals.ts";
import { Process, Scheduler } from "../../simulation/scheduler.ts";
import type { Backend } from "../../simulation/sqlite.ts";
import type { handleRequest } from "../../src/http/router.ts";
import type { LogEvent, Ports } from "../../src/ports.ts";
import { secretsOf } from "../../src/secrets/secrets.ts";
import type { consume } from "../../src/sync/consume.ts";
import type { tick } from "../../src/sync/tick.ts";

/** The three doors of a release. */
export type Product = { readonly tick: typeof tick; readonly consume: typeof consume; readonly handleRequest: typeof handleRequest };

export const MINUTE_MS = 60_000;
const OPERATOR_TOKEN = "operator-of-the-histories-5d0c9e7b";
/** 32 bytes, 0x40 to 0x5f. */
const ENCRYPTION_KEYS = "1:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
/** The recorded providers have names that a public host is not let call. */
const HOST = "http://localhost";

/** Who asks: the operator, for one panel or none, or a panel by its own key, which goes into a form. */
export type Asking = {
  readonly method: string;
  readonly path: string;
  readonly panel?: string;
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
};

export type Told = { readonly status: number; readonly text: string };
export type Delivered = "ack" | "retry" | { readonly retryAfterMs: number };

type StageOptions = {
  readonly product: Product;
  readonly backend: Backend;
  readonly plan: Env["PLAN"];
  readonly providers: (request: Request) => Promise<Response>;
};

export class Stage {
  /** Messages sent and not taken yet, as JSON text. */
  readonly sent: string[] = [];
  readonly events: LogEvent[] = [];
  /** Each panel's own key. */
  readonly keys = new Map<string, string>();
  readonly #options: StageOptions;
  readonly #scheduler = new Scheduler(new Draws(1, "histories"), 0);
  readonly #process = new Process(this.#scheduler, "stage");
  readonly #bytes = new Draws(1, "bytes");
  readonly #letGo: () => void;
  readonly #env: Env;
  readonly #ports: Ports;
  #deliveries = 0;

  constructor(options: StageOptions) {
    this.#options = options;
    this.#letGo = ruleGlobals(this.#scheduler);
    const sendBatch = async (messages: Iterable<MessageSendRequest>): Promise<void> => {
      for (const { body } of messages) this.sent.push(JSON.stringify(body));
    };
    const queue = { send: (body: unknown) => sendBatch([{ body }] as MessageSendRequest[]), sendBatch };
    this.#env = {
      DB: databaseOf(this.#process, options.backend, { faultOf: () => "none", latencyMs: () => 0, onCommit: () => undefined }),
      SWEEPS: queue as unknown as Env["SWEEPS"],
      DEAD: queue as unknown as Env["DEAD"],
      PLAN: options.plan,
      ADMIN_TOKEN: OPERATOR_TOKEN,
      ENCRYPTION_KEYS,
      ALLOW_PRIVATE_URLS: "1",
      HEARTBEAT_URL: "",
      ARCHIVE_AFTER_DAYS: "",
      FAILED_KEYS: { limit: () => Promise.resolve({ success: true }) },
    };
    this.#ports = {
      now: () => this.#scheduler.now,
      fetch: (request) => this.#process.after(0, () => options.providers(request)),
      wait: (ms) => this.#process.after(ms, () => undefined),
      secrets: secretsOf(ENCRYPTION_KEYS),
      randomBytes: (length) => Uint8Array.from({ length }, () => this.#bytes.between(0, 255)),
      log: (event) => void this.events.push(event),
    };
  }

  /** Gives back what was taken over of the runtime. One stage at a time. */
  close(): void {
    this.#letGo();
  }

  get now(): number {
    return this.#scheduler.now;
  }

  async goTo(at: number): Promise<void> {
    await this.#scheduler.runUntil(at);
  }

  async tick(): Promise<void> {
    await this.#toItsEnd(this.#options.product.tick(this.#env, this.#ports, Math.floor(this.now / MINUTE_MS) * MINUTE_MS));
  }

  /** One delivery of a message to the consumer. */
  async deliver(body: unknown, attempts: number, queue: string): Promise<Delivered> {
    let outcome: Delivered | null = null;
    const message = {
      id: `m${++this.#deliveries}`,
      body,
      attempts,
      timestamp: new Date(this.now),
      ack: () => {
        outcome ??= "ack";
      },
      retry: (options?: { delaySeconds?: number }) => {
        outcome ??= options?.delaySeconds === undefined ? "retry" : { retryAfterMs: options.delaySeconds * 1000 };
      },
    };
    const batch = { queue, messages: [message], ackAll: () => undefined, retryAll: () => undefined } as unknown as MessageBatch;
    await this.#toItsEnd(this.#options.product.consume(batch, this.#env, this.#ports));
    // Queues take a message for acknowledged when its consumer ends without a word.
    return outcome ?? "ack";
  }

  /** A request with its answer, and all that the product does for it after the answer. */
  async request(asking: Asking): Promise<Told> {
    const after: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => void after.push(work), passThroughOnException: () => undefined };
    const answered = this.#options.product.handleRequest(
      this.#requestOf(asking),
      this.#env,
      context as unknown as ExecutionContext,
      this.#ports,
    );
    const response = await this.#toItsEnd(answered);
    const text = await response.text();
    while (after.length > 0) await this.#toItsEnd(Promise.allSettled(after.splice(0)));
    if (asking.path === "/v1/panels" && response.status === 201) {
      const { id, key } = JSON.parse(text) as { id: string; key: string };
      this.keys.set(id, key);
    }
    return { status: response.status, text };
  }

  #requestOf({ method, path, panel, body, form, idempotencyKey }: Asking): Request {
    if (form !== undefined) {
      const fields = new URLSearchParams({ key: this.keys.get(panel ?? "") ?? "", ...form });
      return new Request(HOST + path, {
        method,
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: fields.toString(),
      });
    }
    const headers = {
      Authorization: `Bearer ${OPERATOR_TOKEN}`,
      ...(panel === undefined ? {} : { Panel: panel }),
      ...(idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey }),
    };
    return new Request(HOST + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  /** Lets happen all that some work needs; time moves on only for what waits for it. */
  async #toItsEnd<T>(work: Promise<T>): Promise<T> {
    const progress = { done: false };
    const settled = work.finally(() => {
      progress.done = true;
    });
    settled.catch(() => undefined);
    for (let turn = 0; !progress.done; turn++) await this.#scheduler.runUntil(this.now + (turn < TURNS_AT_REST ? 0 : 1000));
    return settled;
  }
}

/** Work that has not come to its end by itself after so many turns is waiting for time to go by. */
const TURNS_AT_REST = 20;

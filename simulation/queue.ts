/**
 * The queue and its consumer: at least once, in no order, with all that Queues are known for. What is sent waits until
 * a process takes it; what is not acknowledged comes again, and in the end goes to the dead letters.
 */
import type { Scheduler } from "./scheduler.ts";

/** As in wrangler.toml. */
const MAX_RETRIES = 3;
const RETRY_MS = 10_000;
const MAX_DEAD_RETRIES = 5;
const DEAD_RETRY_MS = 60_000;
/** Consumers at work side by side. */
const MAX_CONSUMERS = 5;
const ID_DIGITS = 6;

/** What becomes of one sent message besides being delivered. */
export type QueueFaults = {
  /** True when the whole send is refused: the day's operations are used up. */
  readonly refusesAll: () => boolean;
  /** True when a send is refused after the message before this one was taken. */
  readonly breaksHere: () => boolean;
  /** Copies that are delivered: 0 when it is lost, 2 when it comes twice. */
  readonly copies: () => number;
  /** How long until it is delivered, ms. */
  readonly delayMs: () => number;
};

type Delivery = { readonly id: string; readonly body: unknown; readonly attempts: number; readonly dead: boolean };

/** Handles one delivery; true when it was acknowledged. Rejects or never settles when its process crashes: then it comes again. */
export type Deliver = (
  queue: string,
  message: { readonly id: string; readonly body: unknown; readonly attempts: number },
) => Promise<boolean | { readonly retryMs: number }>;

export class Queue {
  readonly #scheduler: Scheduler;
  readonly #faults: QueueFaults;
  readonly #deliver: Deliver;
  readonly #waiting: Delivery[] = [];
  #busy = 0;
  #ids = 0;
  /** Counts how often everything was lost. */
  #era = 0;
  lost = 0;
  sent = 0;
  deliveries = 0;
  acknowledged = 0;
  /** Messages on their way: sent, and neither acknowledged nor given up. */
  underWay = 0;
  /** Messages that failed for good, and were taken as such, by their ids. */
  readonly dead = new Set<string>();

  constructor(scheduler: Scheduler, faults: QueueFaults, deliver: Deliver) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#deliver = deliver;
  }

  /** Takes messages, or some of them and throws. */
  send(bodies: readonly unknown[]): void {
    if (this.#faults.refusesAll()) throw new Error("Queue sendBatch failed: Too Many Requests (10253)");
    for (const [i, body] of bodies.entries()) {
      if (i > 0 && this.#faults.breaksHere()) throw new Error("Queue sendBatch failed: Internal Server Error");
      this.sent += 1;
      const id = `m${String(++this.#ids).padStart(ID_DIGITS, "0")}`;
      const text = JSON.stringify(body);
      for (let copy = 0, copies = this.#faults.copies(); copy < copies; copy++) {
        this.#in(this.#faults.delayMs(), { id, body: JSON.parse(text) as unknown, attempts: 1, dead: false });
      }
    }
  }

  /** Everything that waits is lost: what is to be delivered, now or later, and what is to come again. */
  lose(): void {
    this.lost += this.#waiting.length;
    this.underWay -= this.#waiting.length;
    this.#waiting.length = 0;
    this.#era += 1;
  }

  #in(ms: number, delivery: Delivery): void {
    const era = this.#era;
    this.underWay += 1;
    this.#scheduler.in(ms, () => {
      if (era !== this.#era) {
        this.underWay -= 1;
        this.lost += 1;
        return;
      }
      this.#waiting.push(delivery);
      this.#next();
    });
  }

  #next(): void {
    while (this.#busy < MAX_CONSUMERS) {
      const delivery = this.#waiting.shift();
      if (delivery === undefined) return;
      this.#busy += 1;
      this.deliveries += 1;
      void this.#handle(delivery);
    }
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { id, body, attempts, dead } = delivery;
    const outcome = await this.#deliver(dead ? "panelsync-dead" : "panelsync-sweeps", { id, body, attempts }).catch(() => false);
    this.#busy -= 1;
    this.underWay -= 1;
    if (outcome === true) this.acknowledged += 1;
    if (outcome === true && dead) this.dead.add(id);
    if (outcome !== true) this.#again(delivery, typeof outcome === "object" ? outcome.retryMs : null);
    this.#next();
  }

  #again(delivery: Delivery, retryMs: number | null): void {
    const { attempts, dead } = delivery;
    if (attempts <= (dead ? MAX_DEAD_RETRIES : MAX_RETRIES)) {
      this.#in(retryMs ?? (dead ? DEAD_RETRY_MS : RETRY_MS), { ...delivery, attempts: attempts + 1 });
    } else if (!dead) this.#in(0, { ...delivery, attempts: 1, dead: true });
  }
}

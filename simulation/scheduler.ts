/**
 * Simulated time. Everything that would take time, or happen in no certain order, is an event here; events happen one
 * after the other, in the order of their time, and those of one time in the order that the seed says.
 */
import type { Draws } from "./draws.ts";

type Event = { readonly at: number; readonly order: number; readonly run: () => void };

/** When a process crashes at a step: before what it asked for is done, or after that and before it hears of it. */
export type Crash = "before" | "after";

/** A piece of the system that is under way: a tick, the delivery of a message, a request. It can crash at any point. */
export class Process {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #onCrash: (() => void)[] = [];
  readonly #crashAtStep: () => Crash | null;
  #crashed = false;
  #lastStepAt = -Infinity;

  /** `crashAtStep` is asked at each step. */
  constructor(scheduler: Scheduler, name: string, crashAtStep: () => Crash | null = () => null) {
    this.#scheduler = scheduler;
    this.name = name;
    this.#crashAtStep = crashAtStep;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  /** When it last asked for something, epoch ms: what it knew by then is all that it can have written down. */
  get lastStepAt(): number {
    return this.#lastStepAt;
  }

  /** From now on nothing that it waits for ever comes. What is under way on its behalf elsewhere still happens. */
  crash(): void {
    if (this.#crashed) return;
    this.#crashed = true;
    for (const listener of this.#onCrash) listener();
  }

  /** Calls `listener` once the process crashes; at once if it has. */
  whenCrashed(listener: () => void): void {
    if (this.#crashed) return listener();
    this.#onCrash.push(listener);
  }

  /** What the process comes to, or a rejection when it crashes first. */
  outcome<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.whenCrashed(() => reject(new Error(`${this.name} crashed`)));
      if (!this.#crashed) work.then(resolve, reject);
    });
  }

  /** Does something in so many ms, and hands on what comes of it. */
  after<T>(ms: number, act: () => T | Promise<T>): Promise<T> {
    const crash = this.#crashAtStep();
    this.#lastStepAt = this.#scheduler.now;
    return new Promise<T>((resolve, reject) => {
      this.#scheduler.in(ms, () => {
        if (crash === "before") return this.crash();
        const settle = (take: () => void): void => {
          if (crash === "after") this.crash();
          if (!this.#crashed) take();
        };
        try {
          const outcome = act();
          if (outcome instanceof Promise) {
            this.#scheduler.hold(
              outcome.then(
                (value) => settle(() => resolve(value)),
                (error: unknown) => settle(() => reject(error)),
              ),
            );
          } else settle(() => resolve(outcome));
        } catch (error) {
          settle(() => reject(error));
        }
      });
    });
  }
}

export class Scheduler {
  /** Epoch ms. */
  now: number;
  readonly #draws: Draws;
  readonly #events: Event[] = [];
  #held: Promise<unknown>[] = [];

  constructor(draws: Draws, now: number) {
    this.#draws = draws;
    this.now = now;
  }

  /** Something happens in so many ms. */
  in(ms: number, run: () => void): void {
    push(this.#events, { at: this.now + Math.max(0, ms), order: this.#draws.next(), run });
  }

  /** The next event waits for this: real work, as of a real database, that must not change the order of things. */
  hold(work: Promise<unknown>): void {
    this.#held.push(work);
  }

  /** Lets time go by until `at`, with all that happens in it. */
  async runUntil(at: number): Promise<void> {
    await settled();
    for (let next = this.#events[0]; next !== undefined && next.at <= at; next = this.#events[0]) {
      pop(this.#events);
      this.now = Math.max(this.now, next.at);
      next.run();
      while (this.#held.length > 0) {
        const held = this.#held;
        this.#held = [];
        await Promise.all(held);
      }
      await settled();
    }
    this.now = Math.max(this.now, at);
  }

  /** How many events are still to come. */
  get pending(): number {
    return this.#events.length;
  }
}

/**
 * All that follows at once from an event has happened. Promises settle before the next turn of the event loop; reading
 * the body of a Response takes some turns.
 */
async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const TURNS = 2;

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Event;
    if (!isBefore(event, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && isBefore(right, heap[child] as Event)) child += 1;
    const below = heap[child] as Event;
    if (!isBefore(below, last)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
}

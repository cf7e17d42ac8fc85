/**
 * The REST API as a panel's backend or an operator uses it: a request is sent again until an answer has come.
 */
import type { Draws } from "./draws.ts";
import type { Process } from "./scheduler.ts";
import { ADMIN_TOKEN, HOST, type System } from "./system.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- what is in an answer, its reader says
export type Json = any;

export type Answered = { readonly status: number; readonly json: Json };

const RETRY_MS = 15_000;
const MAX_TRIES = 400;

export class RestClient {
  readonly #system: System;
  readonly #draws: Draws;
  readonly process: Process;

  constructor(system: System, process: Process, draws: Draws) {
    this.#system = system;
    this.process = process;
    this.#draws = draws;
  }

  /** One try; null where no answer came, or one that says to try again. */
  async once(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answered | null> {
    const init = {
      method,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    try {
      const response = await this.#system.request(new Request(HOST + path, init), this.process);
      if (response.status >= 500 || response.status === 429) return null;
      return { status: response.status, json: JSON.parse(await response.text()) };
    } catch {
      return null; // lost on its way: the caller tries again, or not
    }
  }

  /** The same request until there is an answer; what moves money has an Idempotency-Key for that. */
  async until(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const answered = await this.once(method, path, body, headers);
      if (answered !== null) return answered;
      await this.process.after(RETRY_MS + this.#draws.between(0, 5000), () => undefined);
    }
    throw new Error(`${method} ${path} was never answered`);
  }

  of(panel: string): Readonly<Record<string, string>> {
    return { Panel: panel };
  }
}

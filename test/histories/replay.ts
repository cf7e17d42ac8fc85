/**
 * Plays a stored history to today's code: everything that came in then comes in again at its time, the release's own
 * messages in place of those that today's code would send, and the providers answer as they did.
 *
 * What is promised: today's code understands the release's requests, messages and rows, and comes to the same orders,
 * refunds, accounts and changes from the same answers. What is not: that it asks as often, or in the same groups; how two
 * things that happen at once get on (the simulation's part); and what orders come to of which the release heard nothing.
 */
import { SqliteBackend } from "../../simulation/sqlite.ts";
import { handleRequest } from "../../src/http/router.ts";
import type { LogEvent } from "../../src/ports.ts";
import { consume } from "../../src/sync/consume.ts";
import { tick } from "../../src/sync/tick.ts";
import type { Cause, Event, History, Standing } from "./history.ts";
import { RecordedProviders } from "./recorded-providers.ts";
import { type Delivered, MINUTE_MS, type Product, Stage } from "./stage.ts";
import { keyOf, query } from "./tables.ts";

const TODAY: Product = { tick, consume, handleRequest };

/** A stored message, and what became of it: how it was left then and now, and what was logged of the work. */
export type Handled = { readonly body: unknown; readonly was: Delivered; readonly is: Delivered; readonly events: readonly LogEvent[] };

export class Replay {
  readonly backend: SqliteBackend;
  readonly stage: Stage;
  readonly providers: RecordedProviders;
  readonly handled: Handled[] = [];
  /** Requests that are answered in another way than then. */
  readonly otherwise: string[] = [];
  /** What today's code sends beyond the messages of the release. */
  #own: string[] = [];

  /** `sql`: what makes the database, as `populated` gives it, or the migrations alone. */
  constructor({ plan, before, after }: History, sql: readonly string[]) {
    this.providers = new RecordedProviders([...before, ...after].flatMap(({ answers }) => answers));
    this.backend = new SqliteBackend(sql);
    this.stage = new Stage({ product: TODAY, backend: this.backend, plan, providers: this.providers.answer });
    for (const { id } of query(this.backend, "SELECT id FROM panels")) this.stage.keys.set(String(id), keyOf(String(id)));
  }

  close(): void {
    this.stage.close();
    this.backend.close();
  }

  /** Lets this happen. `isPast`: it has happened already, and only what the providers said is taken note of. */
  async play(events: readonly Event[], isPast = false): Promise<void> {
    for (const { cause, answers } of events) {
      this.providers.expect(answers);
      if (isPast) continue;
      await this.stage.goTo(cause.at);
      await this.#again(cause);
    }
    this.providers.expect([]);
  }

  async #again(cause: Cause): Promise<void> {
    if (cause.kind === "tick") {
      await this.stage.tick();
      this.stage.sent.length = 0;
      return this.#deliverOwn();
    }
    if (cause.kind === "message") {
      const { body, attempts, queue } = cause;
      const first = this.stage.events.length;
      const is = await this.stage.deliver(structuredClone(body), attempts, queue);
      this.handled.push({ body, was: cause.outcome, is, events: this.stage.events.slice(first) });
      // What the release sent as well is delivered in its own time.
      const text = JSON.stringify(body);
      this.#own = this.#own.filter((own) => own !== text);
    } else await this.#ask(cause);
    this.#own.push(...this.stage.sent.splice(0));
  }

  async #ask({ kind: _kind, at: _at, status, text, ...asking }: Extract<Cause, { kind: "request" }>): Promise<void> {
    const body = bodyOf(asking);
    const told = await this.stage.request({ ...asking, ...(body === undefined ? {} : { body }) });
    const isSame = told.status === status && (text === undefined || text === told.text);
    if (!isSame) this.otherwise.push(`${asking.method} ${asking.path}: ${status} ${text ?? ""} → ${told.status} ${told.text}`);
  }

  /** Messages of today's code that the release had no need of. */
  async #deliverOwn(): Promise<void> {
    for (let body = this.#own.shift(); body !== undefined; body = this.#own.shift()) {
      await this.stage.deliver(JSON.parse(body), 1, "panelsync-sweeps");
      this.#own.push(...this.stage.sent.splice(0));
    }
  }

  /** From here on everything is today's, its own ticks among it. */
  async goOn(minutes: number, step: number): Promise<void> {
    const first = Math.ceil(this.stage.now / MINUTE_MS);
    for (let minute = first; minute < first + minutes; minute += step) {
      await this.stage.goTo(minute * MINUTE_MS);
      await this.stage.tick();
      this.#own.push(...this.stage.sent.splice(0));
      await this.#deliverOwn();
    }
  }
}

/**
 * What is asked for in today's words. A provider's key is no part of a history, and is required when the provider is new. A
 * panel of a history is the operator's own, which today has to be said, and has its credit as a limit or without one.
 */
function bodyOf({ method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown }): unknown {
  if (method === "PUT" && /^\/v1\/providers\/[^/]+$/.test(path)) return { ...(body as object), key: "left-out" };
  if (method !== "POST" || path !== "/v1/panels" || Object.hasOwn(body as object, "role")) return body;
  const { allow_credit, ...rest } = body as { readonly allow_credit?: boolean };
  return { ...rest, role: "shop", ...(allow_credit === true ? { credit_limit: null } : {}) };
}

/** What is not as the history ends, in words. */
export function differences(was: readonly Standing[], is: readonly Standing[]): string[] {
  const [old, now] = [factsOf(was), factsOf(is)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((fact) => old.get(fact) !== now.get(fact))
    .map((fact) => `${fact}: ${old.get(fact) ?? "none"} → ${now.get(fact) ?? "none"}`);
}

/** One fact each, by what it is a fact of. */
function factsOf(standings: readonly Standing[]): Map<string, string> {
  return new Map(
    standings.flatMap((standing) => {
      const { kind, panel, ...rest } = standing;
      const own = kind === "account" ? standing.customer : kind === "refund" ? `${standing.order} ${standing.n}` : standing.order;
      const facts = Object.entries(rest).filter(([name]) => name !== "order" && name !== "customer" && name !== "n");
      return facts.map(([name, value]) => [`${kind} ${panel}/${own} ${name}`, JSON.stringify(value)] as const);
    }),
  );
}

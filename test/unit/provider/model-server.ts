import type { PollPort, ProviderPort } from "../../../src/provider/client.ts";
import type { PolledOrder, Capability, PollResult } from "../../../src/provider/client.ts";
import { pollStatuses } from "../../../src/provider/api-v2/poll/poll.ts";
import { fieldsOfRequest, NOW, OPENS_PLAIN, SETTINGS } from "./fixtures.ts";

/** How a server fails a call. */
export type Failing = "error" | "http 500" | "fatal page" | "cut off";

export type Model = {
  /** Orders the server knows, with their status word. */
  readonly orders: ReadonlyMap<string, string>;
  /** Whether it knows `orders` at all. */
  readonly lists: boolean;
  /** Longest list it takes; longer ones fail. */
  readonly longest: number;
  /** It answers only so many of a list, and says nothing. */
  readonly answersOnly: number;
  /** Orders that make any call fail. */
  readonly poison: ReadonlySet<string>;
  /** Orders that make a list fail, but are answered by `order`. */
  readonly listPoison: ReadonlySet<string>;
  /** What it does with an order it does not know. */
  readonly unknown: "error" | "left out";
  readonly failing: Failing;
  /** Whether `balance` is answered. */
  readonly balance: boolean;
  /** Whether it was in trouble before. */
  readonly inTrouble: boolean;
  /** Answers a call, by its number from 1, in place of the server. */
  readonly instead: (call: number, fields: Readonly<Record<string, string>>) => Response | null;
};

const HEALTHY: Model = {
  orders: new Map(),
  lists: true,
  longest: Number.POSITIVE_INFINITY,
  answersOnly: Number.POSITIVE_INFINITY,
  poison: new Set(),
  listPoison: new Set(),
  unknown: "error",
  failing: "error",
  balance: true,
  inTrouble: false,
  instead: () => null,
};

export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status });
}

const FAILED: Record<Failing, () => Response> = {
  error: () => json({ error: "Ошибка" }),
  "http 500": () => new Response("", { status: 500 }),
  "fatal page": () => new Response("<br />\n<b>Fatal error</b>:  Uncaught TypeError in /api.php:7"),
  "cut off": () => new Response(`{"1":{"status":"Canceled","charge":"0.1"},"2":{"sta`),
};

export function orderIds(count: number, first = 1001): string[] {
  return Array.from({ length: count }, (_, n) => String(first + n));
}

/** A server of the model's making, and the polls made of it. */
export class ModelServer {
  readonly calls: Readonly<Record<string, string>>[] = [];
  readonly #model: Model;
  #open = 0;
  mostOpen = 0;
  #now = NOW;

  constructor(model: Partial<Model>) {
    this.#model = { ...HEALTHY, ...model };
  }

  /** Polls with at most `budget` calls, five connections, and a clock that moves a second a call. */
  poll(
    orders: readonly (string | PolledOrder)[],
    capability: Partial<Capability> = {},
    budget = Number.POSITIVE_INFINITY,
  ): Promise<PollResult> {
    this.calls.length = 0;
    let left = budget;
    const port: ProviderPort & PollPort = {
      secrets: OPENS_PLAIN,
      now: () => this.#now,
      takeCall: async () => {
        left -= 1;
        return left >= 0;
      },
      slot: limitOf(5),
      inTrouble: this.#model.inTrouble,
      fetch: async (request) => {
        this.#open += 1;
        this.mostOpen = Math.max(this.mostOpen, this.#open);
        this.#now += 1000;
        const fields = await fieldsOfRequest(request);
        this.calls.push(fields);
        const response = this.#model.instead(this.calls.length, fields) ?? answer(this.#model, fields);
        this.#open -= 1;
        return response;
      },
    };
    const asked = orders.map((order) => (typeof order === "string" ? { id: order, suspect: false } : order));
    return pollStatuses(port, SETTINGS, { many: "yes", batchSize: 100, ...capability }, asked);
  }

  /** The calls made, in short: `2` for a list of two, `=7` for one by `order`, `balance`. */
  get log(): string[] {
    return this.calls.map(({ action, order, orders }) => {
      if (action === "balance") return "balance";
      return orders === undefined ? `=${order}` : String(orders.split(",").length);
    });
  }
}

function answer(model: Model, fields: Readonly<Record<string, string>>): Response {
  if (fields["action"] === "balance") return json(model.balance ? { balance: "5", currency: "USD" } : { error: "Неизвестное действие" });
  const { order } = fields;
  if (order !== undefined) {
    if (model.poison.has(order)) return FAILED[model.failing]();
    return json(entryOf(model, order) ?? { error: "Incorrect order ID" });
  }
  const ids = (fields["orders"] ?? "").split(",");
  const fails = !model.lists || ids.length > model.longest || ids.some((id) => model.poison.has(id) || model.listPoison.has(id));
  if (fails) return FAILED[model.failing]();
  const answered = ids.slice(0, model.answersOnly).map((id): [string, unknown] => [id, entryOf(model, id)]);
  return json(Object.fromEntries(answered.filter(([, entry]) => entry !== null)));
}

function entryOf(model: Model, id: string): unknown {
  const status = model.orders.get(id);
  if (status !== undefined) return { charge: "0.5", start_count: "10", status, remains: "5", currency: "USD" };
  return model.unknown === "error" ? { error: "Incorrect order ID" } : null;
}

/** At most `most` tasks at a time, first come first served. */
function limitOf(most: number): PollPort["slot"] {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= most) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    }
    running += 1;
    try {
      return await task();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}

export function knownOrders(ids: readonly string[], status = "In progress"): Map<string, string> {
  return new Map(ids.map((id) => [id, status]));
}

/** What each order came to: its word, `refused`, `missing`, `unread`; orders that nothing came of are left out. */
export function wordsOf(result: PollResult): Record<string, string> {
  const settled = [...result.answers].map(([id, { report }]) => [id, report.kind === "status" ? report.providerStatus : report.kind]);
  return Object.fromEntries([...settled, ...[...result.unread.keys()].map((id) => [id, "unread"])]);
}

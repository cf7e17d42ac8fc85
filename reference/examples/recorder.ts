/**
 * Plays requests to the real HTTP API, over a real SQLite and a simulated provider, and keeps each with its answer. Clock and
 * chance are fixed, so that every run records the same.
 */
import { ADMIN_TOKEN, Operation } from "../../test/unit/simulation/http/operation.ts";
import type { Status } from "../../simulator/course.ts";
import { placeOrder, type OrderRequest } from "../../simulator/orders.ts";
import { changeProvider, type Order, type Provider } from "../../simulator/world.ts";
import type { RouteName } from "../../src/http/routes.ts";
import { fillPath } from "../openapi/paths.ts";

/** The two endpoints of API v2 are no rows of the table of routes. */
type Door = "POST /api/v2" | "POST /api/v2/:id";
export type OperationName = RouteName | Door;

export type Example = {
  readonly route: OperationName;
  /** What sets it apart from the route's other examples; "" for the one that stands for all. */
  readonly title: string;
  readonly request: {
    readonly as: "operator" | "panel" | "anyone";
    /** The path's parts by name, as they are before encoding. */
    readonly params: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly answer: { readonly status: number; readonly body: unknown };
};

export type Asked = {
  readonly as?: "operator" | "anyone" | { readonly key: string };
  readonly title?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** The panel that the operator acts for. */
  readonly panel?: string;
  readonly idempotencyKey?: string;
  readonly body?: unknown;
  /** Where an answer says it; else the example's provider, which nobody could call from outside, is not taken. */
  readonly host?: string;
};

/** Stands in documents where a caller puts a key of theirs. */
export const PROVIDER_KEY = "your-key-at-the-provider";
const LOCAL = "http://127.0.0.1";
/** As one's own Worker is called elsewhere. */
export const PUBLIC = "https://panelsync.example.workers.dev";
const MINUTE_MS = 60_000;

export class Recorder {
  readonly examples: Example[] = [];
  readonly operation = new Operation();
  readonly acme: Provider;

  constructor() {
    this.acme = this.operation.provider("acme");
    changeProvider(this.acme, { key: PROVIDER_KEY, balance: "100.84292" });
    // A list as long as a real one would fill the page.
    Object.assign(this.acme, { catalogue: this.acme.catalogue.slice(0, 2) });
    this.acme.nextOrderId = 23_501;
  }

  /** Asks, and keeps request and answer as an example of the route. */
  async show(route: OperationName, asked: Asked = {}): Promise<Record<string, unknown>> {
    const { as = "operator", title = "", params = {}, query = {}, panel, idempotencyKey, body } = asked;
    const named = {
      ...(panel === undefined ? {} : { Panel: panel }),
      ...(idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey }),
    };
    const { status, json } = await this.#ask(route, asked, named);
    const isDoor = route.includes("/api/v2");
    if (status >= 300) throw new Error(`${route} was answered ${status} ${JSON.stringify(json)}`);
    this.examples.push({
      route,
      title,
      request: { as: typeof as === "string" ? as : "panel", params, query, headers: named, body: isDoor ? masked(body) : (body ?? null) },
      answer: { status, body: json },
    });
    return (json ?? {}) as Record<string, unknown>;
  }

  async #ask(
    route: OperationName,
    { as = "operator", params = {}, query = {}, body, host = LOCAL }: Asked,
    named: Readonly<Record<string, string>>,
  ) {
    const [method = "", path = ""] = route.replace(/\?.*/, "").split(" ");
    const url = new URL(fillPath(path, params), host);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = new Headers(named);
    if (as !== "anyone") headers.set("Authorization", `Bearer ${as === "operator" ? ADMIN_TOKEN : as.key}`);
    const isDoor = path.startsWith("/api/");
    const sent = isDoor ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body);
    const response = await this.operation.answer(new Request(url, { method, headers, ...(body === undefined ? {} : { body: sent }) }));
    const text = await response.text();
    return { status: response.status, json: text === "" ? null : (JSON.parse(text) as unknown) };
  }

  /** A request that has to go well for what is shown later. */
  must(method: string, path: string, body: unknown, panel?: string): Promise<Record<string, unknown>> {
    const headers = panel === undefined ? {} : { Panel: panel, "Idempotency-Key": `${method} ${path}` };
    return this.operation.must(method, path, body, headers);
  }

  /** An order that the panel has placed at the provider by itself, and which stays as it is told here. */
  placed(status: Status, remains: number | null, quantity = 1000): string {
    const [service] = this.acme.catalogue;
    if (service === undefined) throw new Error("the provider sells nothing");
    const request: OrderRequest = { service, link: "https://example.com/p/1", quantity, placedAt: this.operation.now };
    const order = placeOrder(this.operation.world, this.acme, request);
    this.become(order, status, remains);
    return order.id;
  }

  /** From now on the provider says this of an order, given by itself or by its id there. */
  become(order: Order | string, status: Status, remains: number | null): void {
    const there = typeof order === "string" ? this.acme.orders.get(order) : order;
    if (there === undefined) throw new Error("the provider has no such order");
    const steps = [{ at: this.operation.now, status, remains }] as const;
    there.life = { kind: "scripted", quantity: there.quantity, startCount: 3572, steps: [...steps], flaps: [] };
  }

  /** While on, the provider takes orders, and answers with a page that says nothing. */
  breakAdds(on: boolean): void {
    changeProvider(this.acme, { modes: on ? ["add_unreadable=page"] : [] });
  }

  /** The id of the order that the provider took last. */
  newestAtProvider(): string {
    return [...this.acme.orders.keys()].at(-1) ?? "";
  }

  /** A minute later, the orders named have been asked about. */
  async minute(panel: string, ...orders: string[]): Promise<void> {
    this.operation.now += MINUTE_MS;
    for (const id of orders) await this.must("POST", `/v1/orders/${id}/check`, {}, panel);
    await this.operation.work();
  }
}

/** A call of API v2 has its key among the fields. */
function masked(body: unknown): Record<string, string> {
  return { ...(body as Record<string, string>), key: "<panel key>" };
}

/**
 * A client of API v2 as the author of a panel script writes one, from the public protocol alone: it shares no code
 * with `src/`, so that a misreading there is not repeated here.
 */
export type Send = (request: Request) => Promise<Response>;

/**
 * How the fields travel: a form, JSON, or what PHP's curl makes of an array (`multipart`) in the body of a POST; the
 * query of a GET; or the query of a POST, whose body is the key alone.
 */
export type Encoding = "form" | "json" | "multipart" | "get" | "post_query";

export type Value = string | number | readonly (string | number)[];
export type Fields = Readonly<Record<string, Value>>;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** What came back, whatever it is. */
export interface Answer {
  /** 0 where nothing came: the connection failed, or took longer than the script waits. */
  readonly http: number;
  readonly headers: Headers;
  readonly text: string;
  /** Null where the body is no JSON, or the JSON value null: neither is an answer. */
  readonly json: Json;
}

export interface ClientSettings {
  /** As it stands in the panel's settings; a slash at its end is kept. */
  readonly url: string;
  readonly key: string;
  readonly send: Send;
  readonly encoding?: Encoding;
  /** How long the script waits, in ms of real time. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 20_000;
const NOTHING: Answer = { http: 0, headers: new Headers(), text: "", json: null };

export class ApiClient {
  readonly #settings: ClientSettings;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  /** The same panel, written in another way. */
  with(changes: Partial<ClientSettings>): ApiClient {
    return new ApiClient({ ...this.#settings, ...changes });
  }

  services(): Promise<Answer> {
    return this.call({ action: "services" });
  }

  balance(): Promise<Answer> {
    return this.call({ action: "balance" });
  }

  add(fields: Fields): Promise<Answer> {
    return this.call({ action: "add", ...fields });
  }

  status(order: string | number): Promise<Answer> {
    return this.call({ action: "status", order });
  }

  statuses(orders: readonly (string | number)[]): Promise<Answer> {
    return this.call({ action: "status", orders: listed(orders) });
  }

  refill(order: string | number): Promise<Answer> {
    return this.call({ action: "refill", order });
  }

  refills(orders: readonly (string | number)[]): Promise<Answer> {
    return this.call({ action: "refill", orders: listed(orders) });
  }

  refillStatus(refill: string | number): Promise<Answer> {
    return this.call({ action: "refill_status", refill });
  }

  refillStatuses(refills: readonly (string | number)[]): Promise<Answer> {
    return this.call({ action: "refill_status", refills: listed(refills) });
  }

  /** The protocol has the plural only, also for one. */
  cancel(orders: readonly (string | number)[]): Promise<Answer> {
    return this.call({ action: "cancel", orders: listed(orders) });
  }

  /** Any fields, the key beside them unless they bring their own. Never throws for what comes back. */
  async call(fields: Fields): Promise<Answer> {
    const { send, key, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#settings;
    const patience = new AbortController();
    const ask = async (): Promise<Answer> => {
      const response = await send(this.#request({ key, ...fields }, patience.signal));
      const text = await response.text();
      return { http: response.status, headers: response.headers, text, json: jsonOf(text) };
    };
    const impatient = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => {
      impatient.resolve(NOTHING);
      patience.abort();
    }, timeoutMs);
    try {
      return await Promise.race([ask(), impatient.promise]);
    } catch {
      return NOTHING;
    } finally {
      clearTimeout(timer);
    }
  }

  #request(fields: Fields, signal: AbortSignal): Request {
    const { url, encoding = "form" } = this.#settings;
    const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, textOf(value)]);
    const query = new URLSearchParams(pairs).toString();
    switch (encoding) {
      case "get":
        return new Request(`${url}?${query}`, { method: "GET", signal });
      case "post_query": {
        const [keys, others] = [pairs.filter(([name]) => name === "key"), pairs.filter(([name]) => name !== "key")];
        return new Request(`${url}?${new URLSearchParams(others).toString()}`, { method: "POST", body: new URLSearchParams(keys), signal });
      }
      case "json":
        return new Request(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(fields), signal });
      case "multipart": {
        const form = new FormData();
        for (const [name, value] of pairs) form.append(name, value);
        return new Request(url, { method: "POST", body: form, signal });
      }
      case "form":
        return new Request(url, {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: query,
          signal,
        });
    }
  }
}

/** A line that loses every nth answer after the request was taken: the script sees a connection that failed. */
export function losing(send: Send, every: number): Send {
  let calls = 0;
  return async (request) => {
    calls += 1;
    const lost = calls % every === 0;
    const response = await send(request);
    if (lost) throw new TypeError("connection reset");
    return response;
  };
}

function listed(ids: readonly (string | number)[]): string {
  return ids.join(",");
}

function textOf(value: Value): string {
  return typeof value === "object" ? listed(value) : String(value);
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** The deployed Worker, asked over its HTTP API as any operator would. */
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../usage.ts";

export type Reply = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** A new address is known everywhere within a minute or two; a new secret within seconds. */
const ANSWER_TIMEOUT_MS = 180_000;
/** Cron is fired within a minute of a deployment as a rule; the platform promises up to 15. */
const TICK_TIMEOUT_MS = 15 * 60_000;
const LOOK_EVERY_MS = 3000;
const REQUEST_TIMEOUT_MS = 60_000;

export class Worker {
  readonly url: string;
  private readonly key: string;
  private readonly ended: AbortSignal;

  /** `ended`: aborted when nobody waits for an answer any more. */
  constructor(url: string, key: string, ended: AbortSignal) {
    this.url = url;
    this.key = key;
    this.ended = ended;
  }

  /** Waits until it answers, to this key. `isNew`: it was just deployed, and its address and key may not be known everywhere. */
  async waitForAnswer(isNew: boolean): Promise<void> {
    const until = Date.now() + (isNew ? ANSWER_TIMEOUT_MS : REQUEST_TIMEOUT_MS);
    for (;;) {
      const reply = await this.send("GET", "/v1/me").catch((error: unknown) => errorText(error));
      if (typeof reply !== "string" && reply.status === 200 && reply.body["kind"] === "operator") return;
      const refused = typeof reply !== "string" && (reply.status === 401 || reply.status === 200);
      if ((refused && !isNew) || Date.now() > until) throw new UsageError(troubleOf(this.url, reply));
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** The time of the first tick. */
  async waitForTick(): Promise<string> {
    const until = Date.now() + TICK_TIMEOUT_MS;
    for (;;) {
      const { body } = await this.send("GET", "/healthz").catch(() => ({ body: {} as Reply["body"] }));
      if (typeof body["last_tick_at"] === "string") return body["last_tick_at"];
      if (Date.now() > until) {
        throw new UsageError(
          "No tick came within 15 minutes. Look at the Worker's cron events in the dashboard, then run this again: it goes on here.",
        );
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** One request; an answer that refuses is the caller's to read. Throws a `UsageError` where there is none. */
  async ask(method: string, path: string, body?: object): Promise<Reply> {
    return await this.send(method, path, body).catch((error: unknown) => {
      throw new UsageError(troubleOf(this.url, errorText(error)));
    });
  }

  private async send(method: string, path: string, body?: object): Promise<Reply> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.any([this.ended, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const text = await response.text();
    return { status: response.status, body: parseObject(text) };
  }

  /** One request that has to go well. `tried` completes "Could not …". */
  async get(path: string, tried: string): Promise<Reply["body"]> {
    const reply = await this.ask("GET", path);
    if (reply.status !== 200) throw new UsageError(`Could not ${tried}: ${refusalOf(reply)}`);
    return reply.body;
  }
}

/** What an error answer of the API says, which names the fields that it is about. */
export function refusalOf({ status, body }: Reply): string {
  const { code, message } = (body["error"] ?? {}) as { code?: string; message?: string };
  return `${message ?? code ?? "no answer of panelsync's"} (HTTP ${status})`;
}

function troubleOf(url: string, reply: Reply | string): string {
  if (typeof reply === "string") return `${url} does not answer: ${reply}. Run this again in a minute; --url says another address.`;
  if (reply.status === 401) return "This is not the operator's key of this Worker. If it is lost, --new-operator-key makes another.";
  if (reply.status === 200) return "This is a key, but not the operator's: ADMIN_TOKEN is needed.";
  return `${url} does not answer as panelsync would: ${refusalOf(reply)}. Run this again in a minute; --url says another address.`;
}

function errorText(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}

function parseObject(text: string): Reply["body"] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Reply["body"]) : {};
  } catch {
    return {};
  }
}

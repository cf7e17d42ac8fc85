/** What the product needs around it when the bench's Worker calls it: its environment, and a network that answers from here. */
import type { LogEvent, Ports } from "../src/ports.ts";
import { portsOf } from "../src/ports.ts";
import { consume } from "../src/sync/consume.ts";

export const ADMIN_TOKEN = "bench-admin-token-0123456789-Zq8vLw3xRt6b";
/** 32 bytes, 0x40 to 0x5f. */
const ENCRYPTION_KEYS = "1:QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

export type Plan = "free" | "paid";
/** A message that the product has sent to the queue, and has not handled yet. */
export type Sent = { readonly env: Env; readonly messages: unknown[] };

/** The product's environment over a database; what it sends is kept. */
export function envOver(db: D1Database, plan: Plan): Sent {
  const messages: unknown[] = [];
  const sendBatch = async (batch: Iterable<MessageSendRequest>): Promise<void> => {
    for (const { body } of batch) messages.push(JSON.parse(JSON.stringify(body)));
  };
  const queue = { send: (body: unknown) => sendBatch([{ body }] as MessageSendRequest[]), sendBatch } as unknown as Queue;
  const env: Env = {
    DB: db,
    SWEEPS: queue,
    DEAD: queue,
    PLAN: plan,
    ADMIN_TOKEN,
    ENCRYPTION_KEYS,
    ALLOW_PRIVATE_URLS: "1",
    HEARTBEAT_URL: "",
    ARCHIVE_AFTER_DAYS: "",
    FAILED_KEYS: { limit: () => Promise.resolve({ success: true }) },
  };
  return { env, messages };
}

/** Its ports: time stands at `now`, chance is none, and `answer` answers every call. */
export function portsAt(
  env: Env,
  now: number,
  answer: (body: string, request: Request) => string | Promise<string>,
): Ports & { logs: LogEvent[] } {
  const logs: LogEvent[] = [];
  return {
    ...portsOf(env),
    now: () => now,
    wait: () => Promise.resolve(),
    randomBytes: (length) => new Uint8Array(length),
    log: (event) => void logs.push(event),
    fetch: async (request) =>
      new Response(await answer(await request.text(), request), { headers: { "Content-Type": "application/json" } }),
    logs,
  };
}

export const CONTEXT = { waitUntil: () => undefined, passThroughOnException: () => undefined } as unknown as ExecutionContext;

/** Delivers one message, for the first time. Throws when it was not acknowledged. */
export async function deliver(body: unknown, env: Env, ports: Ports): Promise<void> {
  let acknowledged = false;
  const ack = (): void => {
    acknowledged = true;
  };
  const message = { id: "m1", body, attempts: 1, timestamp: new Date(0), ack, retry: () => undefined };
  const batch = { queue: "panelsync-sweeps", messages: [message], ackAll: ack, retryAll: () => undefined } as unknown as MessageBatch;
  await consume(batch, env, ports);
  if (!acknowledged) throw new Error(`a message was not acknowledged: ${JSON.stringify(body).slice(0, 200)}`);
}

/** A provider that says the same of every order it is asked about. */
export function sayingOfEach(entry: object): (body: string) => string {
  const text = JSON.stringify(entry);
  return (body) => {
    const fields = new URLSearchParams(body);
    const ids = (fields.get("orders") ?? fields.get("order") ?? "").split(",");
    return `{${ids.map((id) => `"${id}":${text}`).join(",")}}`;
  };
}

export const UNCHANGED = { charge: "0.5", start_count: "10", status: "In progress", remains: "600", currency: "USD" };
export const CHANGED = { ...UNCHANGED, status: "Partial", remains: "250" };
/** So little that it is not worth a write. */
export const A_LITTLE = { ...UNCHANGED, remains: "590" };

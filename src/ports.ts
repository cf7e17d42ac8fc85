import { type Secrets, secretsOf } from "./secrets/secrets.ts";

/**
 * What the product takes from the world besides its bindings. The doors hand the real ones in; a simulated run, others.
 */
export type Ports = {
  /** Epoch ms. */
  readonly now: () => number;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Lets so many ms go by. */
  readonly wait: (ms: number) => Promise<void>;
  /** Fills the array with random bytes fit for keys. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Seals and opens what the database keeps of secrets. */
  readonly secrets: Secrets;
  /** Writes one event to the log. Names, ids and numbers; never keys, never bodies. */
  readonly log: (event: LogEvent) => void;
};

export type LogEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

const REAL: Omit<Ports, "secrets"> = {
  now: () => Date.now(),
  fetch: (request) => fetch(request),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  log: (event) => console.log(JSON.stringify(event)),
};

/** An isolate has one set of bindings, and keeps what it has opened. */
let opened: { readonly keys: string | undefined; readonly ports: Ports } = {
  keys: undefined,
  ports: { ...REAL, secrets: secretsOf(undefined) },
};

/** The real ports, for a Worker with these bindings: the same ones each time. */
export function portsOf({ ENCRYPTION_KEYS: keys }: Partial<Env>): Ports {
  if (opened.keys !== keys) opened = { keys, ports: { ...REAL, secrets: secretsOf(keys) } };
  return opened.ports;
}

/** Requests to panelsync that outlast what passes: lost connections, errors of the platform, limits. */
import { setTimeout as sleep } from "node:timers/promises";
import { plainText } from "./cells.ts";
import { RefusedError, StoppedError } from "./failures.ts";

export type ClientSettings = {
  /** An origin, without a slash at the end. */
  readonly url: string;
  readonly key: string;
  /** Aborted when the import is to end. */
  readonly signal: AbortSignal;
  /** Sits out every limit, however long it takes. */
  readonly waitsForever: boolean;
  /** Is told why there is a pause. */
  readonly note: (text: string) => void;
  /** How long a pause is that stands here as 1 ms; tests make it short. */
  readonly pauseMs?: (ms: number) => number;
};

export type Answer = { readonly status: number; readonly body: unknown };

export type Client = {
  /**
   * Sends a request and answers JSON. All that is sent here may be sent twice, so it is sent again until there is an
   * answer. Throws `RefusedError` for one that stays as it is, `StoppedError` when there is none in good time.
   */
  call(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer>;
  /** The header that says for which panel the operator acts. */
  actFor(panel: string): void;
};

const TIMEOUT_MS = 60_000;
const MAX_TRIES = 8;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** A limit of the minute is over by then; what lasts longer is one of the day, and nobody watches a bar so long. */
const MAX_WAITED_MS = 10 * 60_000;
/** A longer one is asked again, in case it is over sooner. */
const LONGEST_WAIT_MS = 15 * 60_000;

export function openClient(settings: ClientSettings): Client {
  let panel: string | null = null;
  return {
    actFor: (id) => (panel = id),
    async call(method, path, body) {
      const headers = {
        authorization: `Bearer ${settings.key}`,
        accept: "application/json",
        ...(panel !== null && { panel }),
        ...(body !== undefined && { "content-type": "application/json" }),
      };
      return insist(settings, `${method} ${path}`, (signal) =>
        fetch(`${settings.url}${path}`, {
          method,
          headers,
          signal,
          redirect: "manual",
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      );
    },
  };
}

/** What an attempt came to: an answer, or a reason to try again. `waitMs`: as the server asks. */
type Attempt = { readonly answer: Answer } | { readonly problem: string; readonly waitMs: number | null };

async function insist(settings: ClientSettings, what: string, send: (signal: AbortSignal) => Promise<Response>): Promise<Answer> {
  let [tries, waitedMs] = [0, 0];
  for (;;) {
    const attempt = await tryOnce(settings, what, send);
    if ("answer" in attempt) return attempt.answer;
    const { problem, waitMs } = attempt;
    if (waitMs === null && ++tries >= MAX_TRIES) throw new StoppedError(`${problem} It was tried ${tries} times.`);
    // A limit that says it is over may be so by its own clock only: asked at once, it would be asked a thousand times a second.
    const pause = Math.max(waitMs ?? backoffMs(tries), FIRST_PAUSE_MS);
    waitedMs += pause;
    if (waitMs !== null && waitedMs > MAX_WAITED_MS && !settings.waitsForever) {
      throw new StoppedError(`${problem} A limit of the day ends at 00:00 UTC. --wait sits it out.`);
    }
    settings.note(`${problem} Again in ${Math.ceil(pause / 1000)} s.`);
    await sleep((settings.pauseMs ?? identity)(Math.min(pause, LONGEST_WAIT_MS)), undefined, { signal: settings.signal });
  }
}

const identity = (ms: number): number => ms;

/** 1 s, 2 s, 4 s and so on, each up to a quarter longer, so that several do not come in step. */
function backoffMs(tries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS) * (1 + Math.random() / 4);
}

async function tryOnce({ url, signal }: ClientSettings, what: string, send: (signal: AbortSignal) => Promise<Response>): Promise<Attempt> {
  let [response, text]: [Response | null, string] = [null, ""];
  try {
    response = await send(AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
    text = await response.text();
  } catch (error) {
    signal.throwIfAborted();
    return { problem: `${url} could not be reached (${causeOf(error)}).`, waitMs: null };
  }
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    throw new RefusedError(
      `${url} redirects to ${plainText(headers.get("location") ?? "another place", 200)}. Give that address as --url.`,
    );
  }
  const body = parseJson(text);
  const said = messageOf(body) ?? `${what} was answered ${status}.`;
  if (status === 429 || status === 503) return { problem: said, waitMs: retryAfterMs(headers.get("retry-after")) };
  if (status >= 500 || status === 408) return { problem: said, waitMs: null };
  if (body === undefined)
    throw new RefusedError(`${url} does not answer as panelsync does (${what}: ${status}, no JSON). Is it the Worker's address?`);
  if (status >= 400 && status !== 422) throw new RefusedError(`${said} (${what}: ${status})`);
  return { answer: { status, body } };
}

function causeOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === "TimeoutError") return `no answer in ${TIMEOUT_MS / 1000} s`;
  return plainText(cause?.code ?? cause?.message ?? message, 200);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an error answer says, for people; null where it is none. */
export function messageOf(body: unknown): string | null {
  const message = (body as { error?: { message?: unknown } } | null | undefined)?.error?.message;
  return typeof message === "string" ? plainText(message, 500) : null;
}

/** Seconds, or a date. Null where it says neither. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/**
 * `npm run listen`: follows a panel's change feed with its key, and forwards it as signed webhooks to a server that only this
 * machine reaches. What arrives there is what a webhook would send.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import { nextMessage, webhookBody } from "../src/domain/webhook-message.ts";
import { sendWebhook, type WebhookTarget } from "../src/outbound/webhook.ts";
import { newWebhookSecret } from "../src/secrets/webhook-secrets.ts";
import { readKey, readOrigin } from "./access.ts";
import { watchForEnd } from "./ending.ts";
import { readArguments, UsageError, wholeNumber } from "./usage.ts";

const USAGE = `npm run listen -- --forward-to URL [options]
  --forward-to URL  where deliveries go, such as http://localhost:8000/hook
  --url URL         panelsync's address (or PANELSYNC_URL)
  --key KEY         a panel's key that may read, not the operator's (or PANELSYNC_KEY)
  --after N         begin after this number of the feed (default: with what happens from now on)
  --secret SECRET   whsec_…: signs deliveries (default: a new one)
  --help            this text`;

/** Often enough to look immediate, and 43,000 requests a day. */
const LOOK_EVERY_MS = 2000;
const READ_TIMEOUT_MS = 15_000;
/** A receiver that is being restarted is tried again soon, and one that is away does not fill the screen. */
const RETRIES_MS = [1000, 2000, 5000, 10_000] as const;
const MESSAGE_ID_BYTES = 18;
/** Of an answer that is not panelsync's. */
const MAX_SHOWN_CHARACTERS = 300;

type Options = { readonly target: WebhookTarget; readonly feed: URL; readonly key: string; readonly after: number };

// oxlint-disable-next-line typescript/no-explicit-any -- changes are passed on as they come
type Change = any;

const ending = watchForEnd();
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options !== null) return await listen(options);
    console.log(USAGE);
    return 0;
  } catch (error) {
    // Being told to end is how this is meant to end.
    if (ending.signal.aborted) return 0;
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error instanceof Error ? error.message : error);
    return 1;
  }
}

/** Null when help was asked for. */
function readOptions(args: string[]): Options | null {
  const { values } = readArguments({
    args,
    options: {
      "forward-to": { type: "string" },
      url: { type: "string" },
      key: { type: "string" },
      after: { type: "string" },
      secret: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const key = readKey(values.key ?? process.env["PANELSYNC_KEY"] ?? "", "A panel's key is needed: --key, or PANELSYNC_KEY.");
  const url = urlIn("--forward-to", values["forward-to"]).href;
  const secret = values.secret ?? newWebhookSecret((length) => randomBytes(length));
  if (!/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/.test(secret)) throw new UsageError("--secret takes whsec_ and base64.");
  return {
    target: { url, headers: {}, secrets: [secret] },
    feed: new URL("/v1/changes", readOrigin("--url", values.url ?? process.env["PANELSYNC_URL"] ?? "")),
    key,
    after: values.after === undefined ? Date.now() * 1000 : wholeNumber("--after", values.after, 0, Number.MAX_SAFE_INTEGER),
  };
}

function urlIn(option: string, text: string | undefined): URL {
  const url = URL.parse(text ?? "");
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new UsageError(
    `${option} takes a URL such as http://localhost:8000/hook${text === undefined ? "" : `, not ${JSON.stringify(text)}`}.`,
  );
}

/** Forwards until it is told to end. */
async function listen(options: Options): Promise<number> {
  const { target } = options;
  console.log(`Forwarding ${options.feed.origin} to ${target.url}\nSecret: ${target.secrets.join()}\n`);
  let { after } = options;
  while (!ending.signal.aborted) {
    const changes = await readChanges(options, after);
    const ahead = {
      changes: changes.map((change) => ({ seq: Number(change.seq), text: JSON.stringify(change) })),
      lookedAt: changes.length,
      lookedUpTo: changes.length === 0 ? null : Number(changes.at(-1).seq),
      wanted: changes.length,
    };
    const next = nextMessage(ahead);
    if (next.kind !== "message") {
      await pause(LOOK_EVERY_MS);
      continue;
    }
    const body = webhookBody({ changes: next.changes, frozenAt: Date.now(), nextAfter: next.lastSeq, behind: next.behind });
    const types = changes.slice(0, next.changes.length).map(({ type }) => String(type));
    await forward(target, { id: `msg_${randomBytes(MESSAGE_ID_BYTES).toString("base64url")}`, body }, types);
    after = next.lastSeq;
  }
  return 0;
}

/** Sends the same until it is taken: whoever restarts a server misses nothing. */
async function forward(
  target: WebhookTarget,
  content: { readonly id: string; readonly body: string },
  types: readonly string[],
): Promise<void> {
  const port = { fetch: (request: Request) => fetch(request), now: () => Date.now() };
  for (let tries = 0; !ending.signal.aborted; tries++) {
    const { status, durationMs, error } = await Promise.race([sendWebhook(port, target, content), ended()]);
    const what = `${types.length} change${types.length === 1 ? "" : "s"}: ${[...new Set(types)].join(", ")}`;
    const head = `${new Date().toTimeString().slice(0, 8)}  ${status ?? "---"}`;
    if (error === null) return console.log(styleText("green", `${head}  ${what}  ${durationMs} ms  ${content.id}`));
    const waitMs = RETRIES_MS[Math.min(tries, RETRIES_MS.length - 1)] ?? 0;
    console.log(styleText("yellow", `${head}  ${what}  ${error} Again in ${waitMs / 1000} s.`));
    await pause(waitMs);
  }
}

/** The changes after a number. Throws where the key or the address is wrong; waits where panelsync is not reached. */
async function readChanges({ feed, key }: Options, after: number): Promise<Change[]> {
  for (;;) {
    const url = new URL(feed);
    url.searchParams.set("after", String(after));
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
    const asked = fetch(url, { headers: { Authorization: `Bearer ${key}` }, redirect: "manual", signal });
    const trouble = await asked
      .then(async (response) => ({ response, text: await response.text() }))
      .then(
        ({ response, text }) => (response.status < 400 ? pageIn(response, text, feed) : passingTroubleOf(response, text, feed)),
        (error: unknown) => `${feed.origin} is not reached: ${causeOf(error)}`,
      );
    if (typeof trouble !== "string") return trouble.changes;
    ending.signal.throwIfAborted();
    console.log(styleText("yellow", trouble));
    await pause(LOOK_EVERY_MS);
  }
}

/** A page of the feed. Another server's answer is none, such as the page of a hotel's network. */
function pageIn({ status, headers }: Response, text: string, { origin }: URL): { readonly changes: Change[] } {
  if (status >= 300) throw new Error(`${origin} redirects to ${headers.get("location")}. Give that address as --url.`);
  try {
    const page = JSON.parse(text) as { readonly changes?: Change[] } | null;
    if (Array.isArray(page?.changes)) return { changes: page.changes };
  } catch {
    // Told below.
  }
  throw new Error(`${origin} does not answer as panelsync does. Is it the Worker's address?`);
}

/** What passes, in words. Throws what stays as it is. */
function passingTroubleOf({ status }: Response, text: string, { origin }: URL): string {
  const { code, message } = errorIn(text);
  const said = `${origin} answered HTTP ${status}: ${message}`;
  if (status >= 500 || status === 429) return said;
  throw new Error(code === "panel_required" ? "The key is an operator's, which acts for no panel. Give a panel's key." : said);
}

/** What an error of panelsync says; of any other text its beginning. */
function errorIn(text: string): { readonly code: unknown; readonly message: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.message === "string") return { code: error.code, message: error.message };
  } catch {
    // No JSON: something else answers at this address.
  }
  return { code: null, message: text.slice(0, MAX_SHOWN_CHARACTERS) };
}

/** `fetch` itself says only that it failed. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}

function pause(ms: number): Promise<void> {
  return sleep(ms, undefined, { signal: ending.signal });
}

function ended(): Promise<never> {
  return ending.ended.then(() => {
    throw new Error("ended");
  });
}

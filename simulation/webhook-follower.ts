/**
 * A panel's backend that knows nothing but what webhooks tell it. It checks each signature, takes each `webhook-id` once, and
 * hands the changes to a reader of the feed. Its server has troubles of its own.
 */
import { Webhook } from "standardwebhooks";
import { changeText, type RecordedChange } from "../src/domain/feed-text.ts";
import type { Json } from "./client.ts";
import type { Draws } from "./draws.ts";
import { FeedReader } from "./feed-reader.ts";
import { Process } from "./scheduler.ts";
import type { Backend } from "./sqlite.ts";
import { MINUTE_MS, type System } from "./system.ts";

/**
 * How the server is for a while. `takes_and_fails`: the delivery has arrived, and the answer says that it has not. `late`: so
 * has it, and the answer comes when nobody waits for it any more.
 */
const MOODS = ["well", "fails", "refuses", "takes_and_fails", "hangs", "late", "slow", "redirects", "busy", "away"] as const;
type Mood = (typeof MOODS)[number];

/** Where its server listens: any host will do, the path tells. */
export function receiverUrl(panel: string): string {
  return `http://127.0.0.1:8${receiverPath(panel)}`;
}

function receiverPath(panel: string): string {
  return `/receivers/${panel}`;
}

export type FollowerSettings = {
  readonly panel: string;
  readonly secret: string;
  /** Null: all. */
  readonly types: readonly string[] | null;
  /** Until when it is away for good, epoch ms: a day or nothing. */
  readonly awayUntil: number;
};

export class WebhookFollower {
  readonly settings: FollowerSettings;
  readonly reader: FeedReader;
  /** What must not be, in words. */
  readonly wrongs: string[] = [];
  /** The changes that were taken, by number, as JSON texts. */
  readonly taken = new Map<number, string>();
  deliveries = 0;
  readonly #system: System;
  readonly #draws: Draws;
  readonly #process: Process;
  readonly #contents = new Map<string, string>();
  #mood: Mood = "well";
  #moodUntil = 0;
  #isCalm = false;
  /** The highest number that was taken. */
  #newest = 0;
  #isPutBack = false;

  constructor(system: System, settings: FollowerSettings, draws: Draws) {
    this.settings = settings;
    this.reader = new FeedReader(settings.panel);
    this.#system = system;
    this.#draws = draws;
    this.#process = new Process(system.scheduler, `receiver of ${settings.panel}`);
    system.receivers.set(receiverPath(settings.panel), (request) => this.#receive(request));
  }

  /** From now on its server is well, once it is back. */
  calm(): void {
    this.#isCalm = true;
  }

  /** The database was put back: what comes from now on may have come before. */
  startOver(): void {
    this.#isPutBack = true;
  }

  #moodNow(): Mood {
    const { now } = this.#system;
    if (now < this.settings.awayUntil) return "away";
    if (this.#isCalm) return "well";
    if (now >= this.#moodUntil) {
      this.#mood = this.#draws.chance(0.4) ? "well" : this.#draws.pick(MOODS);
      this.#moodUntil = now + this.#draws.between(1, 12) * MINUTE_MS;
      this.#system.trace(`${this.#process.name}: ${this.#mood}`);
    }
    return this.#mood;
  }

  async #receive(request: Request): Promise<Response> {
    this.deliveries += 1;
    const body = await request.text();
    const id = this.#check(request.headers, body);
    switch (this.#moodNow()) {
      case "well":
        this.#take(id, body);
        return new Response(null, { status: this.#draws.pick([200, 201, 204]) });
      case "fails":
        return new Response("<h1>Internal Server Error</h1>", { status: 500 });
      case "refuses":
        return new Response("no", { status: this.#draws.pick([400, 401, 404, 405]) });
      case "takes_and_fails":
        this.#take(id, body);
        return new Response("the log is full", { status: 500 });
      case "hangs":
        return heldUntil(request.signal);
      case "late":
        this.#take(id, body);
        await this.#process.after(this.#draws.between(11_000, 40_000), () => undefined);
        return new Response("at last");
      case "slow":
        await this.#process.after(this.#draws.between(2000, 9000), () => undefined);
        this.#take(id, body);
        return new Response("ok");
      case "redirects":
        return new Response(null, { status: this.#draws.pick([301, 302, 307]), headers: { Location: receiverUrl("nobody") } });
      case "busy":
        return new Response("busy", { status: 429, headers: { "Retry-After": String(this.#draws.between(1, 900)) } });
      case "away":
        throw new TypeError("fetch failed");
    }
  }

  /** Checks what arrived, whatever is answered to it; answers its id. */
  #check(headers: Headers, body: string): string {
    const { panel, secret } = this.settings;
    const id = headers.get("webhook-id") ?? "";
    const at = new Date(Number(headers.get("webhook-timestamp")) * 1000);
    if (headers.get("webhook-signature") !== new Webhook(secret).sign(id, at, body))
      this.wrongs.push(`${panel}: ${id} is not signed with its secret`);
    const before = this.#contents.get(id);
    if (before !== undefined && before !== body) this.wrongs.push(`${panel}: ${id} came twice with other content`);
    this.#contents.set(id, body);
    return id;
  }

  readonly #done = new Set<string>();

  #take(id: string, body: string): void {
    if (this.#done.has(id)) return;
    this.#done.add(id);
    const { panel } = this.settings;
    const { changes, next_after } = JSON.parse(body).data;
    const first = Number(changes[0]?.seq);
    if (!this.#isPutBack && !(first > this.#newest))
      this.wrongs.push(`${panel}: ${id} begins at ${first}, and ${this.#newest} was taken before`);
    for (const change of changes as Json[]) {
      this.taken.set(change.seq, JSON.stringify(change));
      this.reader.take(change);
    }
    this.#newest = Number(next_after);
  }

  /** Changes on record that it was not told of, or otherwise. */
  async wrongsAtEnd(backend: Backend): Promise<string[]> {
    const { panel } = this.settings;
    const missing = (await this.#wanted(backend)).filter((change) => this.taken.get(change.seq) !== changeText(change, "anybody_else"));
    const [first] = missing;
    return [
      ...this.wrongs,
      ...(first === undefined
        ? []
        : [`${panel}: webhooks did not tell of ${missing.length} changes as they are, of ${first.seq} to begin with`]),
    ];
  }

  /** Whether it was told of everything that is on record. */
  async knowsAll(backend: Backend): Promise<boolean> {
    return (await this.#wanted(backend)).every(({ seq }) => this.taken.has(seq));
  }

  async #wanted(backend: Backend): Promise<RecordedChange[]> {
    const { panel, types } = this.settings;
    const sql = "SELECT seq, type, order_id, created_at, previous, data FROM changes WHERE panel = ?1 ORDER BY seq";
    const [found] = await backend.run([{ sql, params: [panel] }]);
    const changes = (found?.results ?? []) as unknown as RecordedChange[];
    return changes.filter(({ type }) => types === null || types.includes(type));
  }
}

function heldUntil(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/**
 * One line to the API for all trackers of a page whose tokens read the same: one request asks for all of their orders, and
 * not while the page is hidden.
 */
import { type Answer, readAnswer } from "./answer.ts";
import { isNews, type Order } from "./order.ts";
import { claimsOf, readerOf } from "./reader.ts";
import { allowedAt, FRESH_PACE, type Heard, type Pace, planNext, planRepeat, spend } from "./schedule.ts";

/** Where orders are asked for, and with what. */
export type Source = {
  /** The API's address, with a slash at its end. */
  readonly api: string;
  readonly token: string;
  /** How much faster than real time passes: 1, except in demonstrations. */
  readonly speed: number;
};

/**
 * What a tracker is told. `failed` passes; the three after it last until there is another token. `foreign`: another secret has
 * signed it, and no order was ever shown with it. One that has shown orders is `expired` then.
 */
export type News =
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "missing" | "failed" | "expired" | "foreign" | "refused" };

export type Watcher = { readonly order: string; tell(news: News): void };

/** The API answers for so many orders at once. */
const IDS_AT_ONCE = 100;
/** Trackers that come while a page is read or drawn go into one request. */
const GATHER_MS = 50;
const ANSWER_TIMEOUT_MS = 30_000;
/** A line that nobody watches is kept so long: frameworks take elements out and put them back. */
const KEEP_MS = 60_000;

const feeds = new Map<string, Feed>();

/**
 * The line to a source. A new one goes on with the budget of the line that was watched before it. A page may sign a token each
 * time that it is drawn: a token that reads the same is no other source.
 */
export function feedOf(source: Source, before?: Feed): Feed {
  const key = JSON.stringify({ ...source, token: readerOf(source.token) });
  let feed = feeds.get(key);
  if (feed === undefined) feeds.set(key, (feed = new Feed(source, () => feeds.delete(key), before)));
  feed.renew(source);
  return feed;
}

export class Feed {
  /** With the token that ends last, of those that read the same. */
  #source: Source;
  readonly #drop: () => void;
  readonly #watchers = new Set<Watcher>();
  readonly #known = new Map<string, Order>();
  #pace: Pace;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When to ask next, on the source's clock. */
  #dueAt = 0;
  #isAsking = false;
  /** Whether the network came back while a request was under way, which may fail for what was before. */
  #isBack = false;
  /** Why nothing is asked any more. */
  #end: News | null = null;

  constructor(source: Source, drop: () => void, before?: Feed) {
    this.#source = source;
    this.#drop = drop;
    this.#pace = before === undefined ? FRESH_PACE : { ...before.#pace, still: 0, repeatFromMs: Infinity };
  }

  /**
   * Goes on with another token for the same orders; at once, where the last one had ended. An element that was drawn earlier, and
   * is moved now, has an earlier one.
   */
  renew(source: Source): void {
    const { token } = this.#source;
    if (source.token === token || (this.#end === null && claimsOf(source.token) < claimsOf(token))) return;
    this.#source = source;
    if (this.#end === null) return;
    this.#end = null;
    this.#planSoon();
  }

  watch(watcher: Watcher): void {
    // Ids stand in a request with commas between them.
    if (watcher.order.includes(",")) {
      console.error(`<order-status> cannot ask for an id with a comma in it: ${watcher.order}`);
      watcher.tell({ kind: "missing" });
      return;
    }
    if (this.#watchers.size === 0) {
      document.addEventListener("visibilitychange", this.#wake);
      addEventListener("online", this.#repeat);
    }
    this.#watchers.add(watcher);
    const known = this.#known.get(watcher.order);
    if (this.#end !== null) watcher.tell(this.#end);
    else if (known !== undefined) watcher.tell({ kind: "order", order: known });
    if (known === undefined) this.#planSoon();
    else this.#wake();
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#wake);
    removeEventListener("online", this.#repeat);
    setTimeout(() => {
      if (this.#watchers.size === 0) this.#drop();
    }, KEEP_MS);
  }

  /** Sets the timer again for what is due: not while the page is hidden, and only while an order is open. */
  readonly #wake = (): void => {
    clearTimeout(this.#timer);
    if (document.hidden || this.#isAsking || this.#end !== null || this.#openIds().length === 0) return;
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, this.#dueAt - this.#now()) / this.#source.speed);
  };

  readonly #repeat = (): void => {
    this.#isBack = true;
    this.#dueAt = planRepeat(this.#pace, this.#dueAt, this.#now(), Math.random());
    this.#wake();
  };

  #planSoon(): void {
    this.#dueAt = Math.max(this.#now() + GATHER_MS * this.#source.speed, allowedAt(this.#pace));
    this.#wake();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    this.#isBack = false;
    const ids = this.#openIds();
    const heard: Heard[] = [];
    for (let at = 0; at < ids.length && this.#end === null; at += IDS_AT_ONCE) {
      const asked = ids.slice(at, at + IDS_AT_ONCE);
      this.#pace = spend(this.#pace, this.#now());
      heard.push(this.#take(await this.#fetchOrders(asked), new Set(asked)));
    }
    this.#isAsking = false;
    const next = planNext(this.#pace, heardOf(heard), this.#now(), Math.random());
    this.#pace = next.pace;
    this.#dueAt = next.atMs;
    // Trackers that came while the request was under way.
    if (this.#openIds().some((id) => !ids.includes(id))) this.#planSoon();
    else if (this.#isBack) this.#repeat();
    else this.#wake();
  }

  /** A simple request: a header of its own would cost a preflight, and the browser's cache revalidates by itself. */
  async #fetchOrders(ids: readonly string[]): Promise<Answer> {
    const { api, token, speed } = this.#source;
    const query = new URLSearchParams({ ids: ids.join(","), token });
    try {
      const response = await fetch(`${api}v1/orders?${query}`, {
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        // The cache lives in real time.
        ...(speed > 1 && { cache: "no-cache" }),
      });
      return await readAnswer(response, Date.now());
    } catch {
      return { kind: "failed", retryAfterMs: 0 };
    }
  }

  /** Tells the trackers what came, and says what it means for the next request. */
  #take(answer: Answer, asked: ReadonlySet<string>): Heard {
    if (answer.kind === "orders") return { result: this.#takeOrders(answer.orders, asked), atLeastMs: answer.maxAgeMs };
    if (answer.kind === "failed") {
      this.#tell((id) => asked.has(id), answer);
      return { result: "failed", atLeastMs: answer.retryAfterMs };
    }
    const hasShown = this.#known.size > 0;
    // That a token ends which has shown orders is nothing to be mended.
    if (answer.kind !== "expired" || !hasShown) console.error(`<order-status> was refused by ${this.#source.api}: ${answer.message}`);
    this.#end = { kind: answer.kind === "foreign" && hasShown ? "expired" : answer.kind };
    this.#tell(() => true, this.#end);
    return { result: "nothing_new", atLeastMs: 0 };
  }

  #takeOrders(orders: readonly Order[], asked: ReadonlySet<string>): Heard["result"] {
    const missing = new Set(asked);
    let result: Heard["result"] = "nothing_new";
    for (const order of orders) {
      if (isNews(order, this.#known.get(order.id))) result = "news";
      missing.delete(order.id);
      this.#known.set(order.id, order);
      this.#tell((id) => id === order.id, { kind: "order", order });
    }
    this.#tell((id) => missing.has(id), { kind: "missing" });
    return result;
  }

  #tell(isMeant: (id: string) => boolean, news: News): void {
    for (const watcher of this.#watchers) if (isMeant(watcher.order)) watcher.tell(news);
  }

  #openIds(): string[] {
    const ids = new Set([...this.#watchers].map(({ order }) => order));
    return [...ids].filter((id) => this.#known.get(id)?.closed !== true);
  }

  #now(): number {
    return Date.now() * this.#source.speed;
  }
}

/** Of the requests for one look: a failure counts most, and the longest wait. */
function heardOf(all: readonly Heard[]): Heard {
  const result = (["failed", "news"] as const).find((each) => all.some((one) => one.result === each)) ?? "nothing_new";
  return { result, atLeastMs: Math.max(0, ...all.map(({ atLeastMs }) => atLeastMs)) };
}

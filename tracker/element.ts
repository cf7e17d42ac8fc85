/** `<order-status order="1001" token="…" lang="es">`: shows an order and keeps it up to date. */
import { Card } from "./card.ts";
import { type Feed, feedOf, type News, type Watcher } from "./feed.ts";
import type { Order } from "./order.ts";
import { findOwnPlace } from "./place.ts";
import { ENGLISH, LANGUAGES, languageOf, loadTexts, type SomeTexts, type Texts, withTexts } from "./texts.ts";

const OWN_PLACE = findOwnPlace();
const loading = new Map<string, Promise<Texts>>();

export class OrderStatus extends HTMLElement {
  static readonly observedAttributes = ["order", "token", "lang", "api", "speed"];

  readonly #card = new Card(this.attachShadow({ mode: "open" }));
  #feed: Feed | undefined;
  #watcher: Watcher | undefined;
  #order: Order | null = null;
  #trouble: News["kind"] | null = null;
  /** The texts of the language; null until they are here. */
  #texts: Texts | null = null;
  #ownTexts: SomeTexts | null = null;
  #locale = "en";
  #willStart = false;

  constructor() {
    super();
    // Set before the element was defined, the property would hide the setter.
    const early = Object.getOwnPropertyDescriptor(this, "texts")?.value as SomeTexts | undefined;
    if (early === undefined) return;
    delete (this as { texts?: unknown }).texts;
    this.#ownTexts = early;
  }

  /** The page's own words, laid over the language's. */
  get texts(): SomeTexts | null {
    return this.#ownTexts;
  }

  set texts(texts: SomeTexts | null) {
    this.#ownTexts = texts;
    this.#draw();
  }

  /** The order as it was told last; null before that. */
  get data(): Order | null {
    return this.#order;
  }

  connectedCallback(): void {
    this.#startSoon();
  }

  disconnectedCallback(): void {
    if (this.#watcher !== undefined) this.#feed?.unwatch(this.#watcher);
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before !== after) this.#startSoon();
  }

  /** Attributes that are set one after the other make one start. */
  #startSoon(): void {
    if (this.#willStart) return;
    this.#willStart = true;
    queueMicrotask(() => {
      this.#willStart = false;
      if (this.isConnected) this.#start();
    });
  }

  #start(): void {
    const id = this.getAttribute("order") ?? "";
    // What a backend prints often ends with a line feed.
    const token = (this.getAttribute("token") ?? "").trim();
    const api = this.#api();
    this.disconnectedCallback();
    if (this.#order?.id !== id) this.#order = null;
    this.#trouble = null;
    this.#card.hush();
    this.#chooseLanguage(api);
    if (id === "" || token === "" || api === null) {
      // A page that gets its token later has nothing to be told.
      if (id === "" || api === null) console.error(`<order-status> needs the attribute ${id === "" ? "order" : "api"}`);
    } else {
      this.#feed = feedOf({ api, token, speed: Math.max(1, Number(this.getAttribute("speed")) || 1) }, this.#feed);
      this.#watcher = { order: id, tell: (news) => this.#take(news) };
      this.#feed.watch(this.#watcher);
    }
    this.#draw();
  }

  #api(): string | null {
    const given = this.getAttribute("api");
    if (given === null) return OWN_PLACE;
    try {
      // Not `URL.canParse`: the last Chrome for Windows 7 and 8 has none.
      return new URL(given, document.baseURI).href.replace(/\/?$/, "/");
    } catch {
      return null;
    }
  }

  #chooseLanguage(api: string | null): void {
    const around = this.closest("[lang]")?.getAttribute("lang");
    this.#locale = around || navigator.language || "en";
    const language = languageOf(this.#locale);
    if (api === null || !LANGUAGES.includes(language)) {
      this.#texts = ENGLISH;
      return;
    }
    const key = `${api} ${language}`;
    const texts = loading.get(key) ?? loadTexts(api, language);
    loading.set(key, texts);
    const wanted = this.#locale;
    void texts.then((loaded) => {
      // What could not be loaded is tried again by the next tracker.
      if (loaded === ENGLISH) loading.delete(key);
      if (wanted !== this.#locale) return;
      this.#texts = loaded;
      this.#draw();
    });
  }

  #take(news: News): void {
    const before = this.#order;
    // What kept orders away has kept the texts away, too.
    if (this.#trouble === "failed" && news.kind === "order" && this.#texts === ENGLISH) this.#chooseLanguage(this.#api());
    this.#trouble = news.kind;
    if (news.kind === "order") this.#order = news.order;
    this.#draw();
    if (news.kind === "expired" || news.kind === "foreign")
      this.#send("token-expired", { order: this.getAttribute("order"), token: this.getAttribute("token") });
    if (news.kind !== "order" || before === null || before.status === news.order.status) return;
    this.#card.speak(news.order, this.#wording());
    this.#send("status-change", { order: news.order.id, status: news.order.status, previous: before.status, data: news.order });
  }

  #send(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #draw(): void {
    if (this.#texts === null || !this.isConnected) return;
    const trouble = this.#trouble === "order" ? null : this.#trouble;
    const scene = { id: this.getAttribute("order") ?? "", order: this.#order, trouble, texts: this.#wording(), locale: this.#locale };
    this.#card.draw(scene);
  }

  /** The language's texts, those in the element, and those of the property, each over the one before. */
  #wording(): Texts {
    return withTexts(withTexts(this.#texts ?? ENGLISH, this.#nestedTexts()), this.#ownTexts);
  }

  #nestedTexts(): SomeTexts | null {
    const text = this.querySelector('script[type="application/json"]')?.textContent;
    if (text === undefined) return null;
    try {
      return JSON.parse(text) as SomeTexts;
    } catch {
      console.error("<order-status> has a script whose JSON cannot be read");
      return null;
    }
  }
}

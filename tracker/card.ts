/** What a tracker looks like. Everything that comes from outside is put in as text. */
import { formatsIn } from "./format.ts";
import type { Order } from "./order.ts";
import css from "./style.css";
import { fill, languageOf, type StatusText, type Texts } from "./texts.ts";

/** What is to be seen. `trouble`: why there is nothing newer, or nothing at all. */
export type Scene = {
  readonly id: string;
  readonly order: Order | null;
  readonly trouble: "missing" | "failed" | "expired" | "foreign" | "refused" | null;
  readonly texts: Texts;
  /** How figures and times are written: the language that is wanted, whichever the texts are in. */
  readonly locale: string;
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

export class Card {
  readonly #card = element("article", "card");
  readonly #title = element("span", "title");
  readonly #id = element("bdi", "id");
  readonly #status = element("span", "status");
  readonly #about = element("p", "about");
  readonly #service = element("span", "service");
  readonly #link = element("bdi", "link");
  readonly #progress = element("div", "progress");
  readonly #track = element("div", "track");
  readonly #bar = element("div", "bar");
  readonly #count = element("span", "count");
  readonly #share = element("span", "share");
  readonly #meaning = element("p", "meaning");
  readonly #whatToDo = element("p", "what-to-do");
  readonly #flags = element("ul", "flags");
  readonly #details = element("dl", "details");
  readonly #note = element("p", "note");
  /** Read aloud when its text changes, and not to be seen. */
  readonly #spoken = element("p", "spoken");

  constructor(root: ShadowRoot) {
    root.adoptedStyleSheets = [sheet];
    const heading = element("p", "heading");
    heading.append(this.#title, " ", this.#id);
    const header = element("header", "header");
    header.append(heading, this.#status);
    this.#about.append(this.#service, this.#link);
    set(this.#track, { role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "1" });
    this.#track.append(this.#bar);
    const figures = element("p", "figures");
    figures.append(this.#count, this.#share);
    this.#progress.append(this.#track, figures);
    set(this.#spoken, { role: "status" });
    this.#card.append(header, this.#about, this.#progress, this.#meaning, this.#whatToDo, this.#flags, this.#details, this.#note);
    root.append(this.#card, this.#spoken);
  }

  draw(scene: Scene): void {
    const { id, order, trouble, texts, locale } = scene;
    for (const part of [this.#card, this.#spoken]) {
      part.dir = texts.dir;
      part.lang = langOf(scene);
    }
    this.#share.lang = locale;
    write(this.#title, texts.order);
    write(this.#id, id);
    const text = order === null ? null : textOf(order, texts);
    const status = order?.status ?? "";
    this.#card.dataset["status"] = status;
    set(this.#status, { part: `status ${status}` });
    write(this.#status, text?.label ?? "");
    write(this.#service, order?.service ? fill(texts.service, { service: order.service }) : "");
    write(this.#link, order?.link ?? "");
    this.#link.title = order?.link ?? "";
    this.#about.hidden = this.#service.hidden && this.#link.hidden;
    this.#drawProgress(order, scene);
    write(this.#meaning, text?.meaning ?? "");
    this.#drawWhatToDo(text, texts);
    this.#flags.replaceChildren(...flagsOf(order, texts));
    this.#flags.hidden = this.#flags.childElementCount === 0;
    this.#details.replaceChildren(...detailsOf(order, scene));
    this.#details.hidden = this.#details.childElementCount === 0;
    write(this.#note, noteOf(order, trouble, texts));
  }

  /** Says the present status to those who do not see it. */
  speak(order: Order, texts: Texts): void {
    this.#spoken.textContent = `${texts.order} ${order.id}: ${textOf(order, texts).label}`;
  }

  /** What was said of another order, or in another language, is not to be found there later. */
  hush(): void {
    this.#spoken.textContent = "";
  }

  #drawProgress(order: Order | null, { texts, locale }: Scene): void {
    const { count, share } = formatsIn(locale);
    const quantity = order?.quantity ?? null;
    const progress = order?.progress ?? null;
    this.#progress.hidden = order === null || quantity === null;
    if (order === null || quantity === null) return;
    const figures = { quantity: count(quantity), delivered: count(order.delivered ?? 0) };
    write(this.#count, fill(progress === null ? texts.ordered : texts.delivered, figures));
    write(this.#share, progress === null ? "" : share(progress));
    // An empty bar would say that nothing was delivered.
    this.#track.hidden = progress === null;
    if (progress === null) return;
    set(this.#track, {
      "aria-label": `${texts.order} ${order.id}`,
      "aria-valuetext": this.#count.textContent,
      "aria-valuenow": String(progress),
    });
    this.#bar.style.inlineSize = `${Math.min(1, Math.max(0, progress)) * 100}%`;
  }

  #drawWhatToDo(text: StatusText | null, texts: Texts): void {
    this.#whatToDo.hidden = !text?.what_to_do;
    if (this.#whatToDo.hidden || text === null) return;
    const head = element("b", "what-to-do-head");
    write(head, texts.what_to_do);
    this.#whatToDo.replaceChildren(head, " ", text.what_to_do);
  }
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, part: string): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = part;
  made.setAttribute("part", part);
  return made;
}

/** As attributes: browsers of early 2023 know no such properties. */
function set(target: HTMLElement, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) target.setAttribute(name, value);
}

/** Nothing is touched that stays the same: what is selected stays selected. */
function write(target: HTMLElement, text: string): void {
  target.hidden = text === "";
  if (target.textContent !== text) target.textContent = text;
}

/** The language that the texts are read aloud in: with its region, where they are in the one that is wanted. */
function langOf({ texts, locale }: Scene): string {
  return languageOf(texts.lang) === languageOf(locale) ? locale : texts.lang;
}

/** The page's language goes first, then the API's text. */
function textOf({ status, label, meaning, what_to_do }: Order, { statuses }: Texts): StatusText {
  return { label, meaning, what_to_do, ...statuses[status] };
}

function flagsOf(order: Order | null, { flags }: Texts): HTMLElement[] {
  return (order?.flags ?? []).flatMap((flag) => {
    const text = Object.hasOwn(flags, flag) ? flags[flag] : undefined;
    if (text === undefined) return [];
    const item = element("li", "flag");
    const head = element("b", "flag-head");
    head.textContent = text.meaning;
    item.append(head, " ", text.what_to_do);
    return [item];
  });
}

const NOT_STARTED = new Set(["pending", "processing"]);
const ENDED = new Set(["completed", "partial", "canceled", "refunded"]);

function detailsOf(order: Order | null, { texts, locale }: Scene): HTMLElement[] {
  if (order === null) return [];
  const { amount } = formatsIn(locale);
  const { status, delivered, expected, currency } = order;
  // By when it should have started is no matter once it has.
  const startBy = NOT_STARTED.has(status) && !delivered ? expected?.start_by : null;
  const endBy = ENDED.has(status) ? null : expected?.end_by;
  return [
    ...moneyOf(texts.refunded, order.refunded),
    ...moneyOf(texts.refund_held, order.refund_held),
    ...timeOf(texts.start_by, startBy),
    ...timeOf(texts.end_by, endBy),
    ...timeOf(texts.checked, order.checked_at),
  ];

  function moneyOf(name: string, value: string): HTMLElement[] {
    if (Number(value) === 0) return [];
    // Else a currency's letters and sign change places in a line that runs from right to left.
    const figure = element("bdi", "amount");
    figure.dir = "ltr";
    figure.lang = locale;
    figure.textContent = amount(value, currency);
    return [detail(name, figure)];
  }

  function timeOf(name: string, value: string | null | undefined): HTMLElement[] {
    if (value === null || value === undefined) return [];
    const time = element("time", "time");
    time.dateTime = value;
    time.dir = "auto";
    time.lang = locale;
    time.textContent = formatsIn(locale).time(value);
    return [detail(name, time)];
  }
}

function detail(name: string, value: Node): HTMLElement {
  const pair = element("div", "detail");
  const term = element("dt", "term");
  term.textContent = name;
  const description = element("dd", "value");
  description.append(value);
  pair.append(term, description);
  return pair;
}

function noteOf(order: Order | null, trouble: Scene["trouble"], texts: Texts): string {
  if (trouble !== null) return texts[trouble === "foreign" ? "refused" : trouble];
  if (order === null) return texts.loading;
  return order.sync === "ok" ? "" : texts.delayed;
}

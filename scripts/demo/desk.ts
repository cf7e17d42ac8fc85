/**
 * The operator's desk: a person who looks at what waits, and settles it over the HTTP API some minutes after it came up.
 * Each step is told in words.
 */
import { styleText } from "node:util";
import type { Simulator } from "../../simulator/server.ts";
import type { Api } from "./api.ts";
import { type Case, type CaseKind, COUNTED_REMAINS, findByLink, LOST_LINK, STRANGE_WORD } from "./cases.ts";
import { MINUTE_MS } from "./minute.ts";
import { decimalOf } from "./money.ts";
import type { DemoOrder } from "./truth.ts";
import { clockText, countText } from "./wording.ts";

export type DeskSettings = {
  readonly simulator: Simulator;
  readonly admin: Api;
  readonly panel: Api;
  /** The status that a script is told of an order at a provider's endpoint. */
  readonly toldStatus: (order: DemoOrder) => Promise<string>;
  /** Is told every step, as text of some lines. */
  readonly tell: (text: string) => void;
};

/** What lies on the desk: what waits by order and flag, what was decided by order, and what was settled. */
export type DeskView = {
  readonly waiting: readonly string[];
  readonly decided: readonly string[];
  readonly settled: readonly { readonly name: string; readonly text: string }[];
};

/** How long a person takes, in simulated time. */
const PERSON_TAKES_MS = 4 * MINUTE_MS;
const INDENT = " ".repeat(6);

/** What the desk reads of an order. */
type Seen = { readonly id: string; readonly status: string; readonly refunded: string; readonly flags: readonly string[] };
type SeenOrders = ReadonlyMap<string, Seen>;

/** How one kind of case is noticed, told and settled. */
type Procedure = {
  readonly name: string;
  readonly flag: string;
  /** What happened, and why it waits. */
  why(order: DemoOrder, settings: DeskSettings): Promise<readonly string[]> | readonly string[];
  /** What the person found out, and the request that settles it, after it was sent. */
  settle(order: DemoOrder, settings: DeskSettings): Promise<readonly string[]>;
  /** Whether something has come of it, now that the flag is gone. */
  isOver(seen: Seen): boolean;
  /** What came of it. */
  outcome(order: DemoOrder, seen: Seen): string;
};

/** One case on the desk. `decided`: the request was sent, and nothing has come of it yet. */
type File = {
  readonly order: DemoOrder;
  readonly procedure: Procedure;
  progress: "unseen" | "waiting" | "decided" | "over";
  seenAt: number;
  /** What came of it, once it is over. */
  text: string;
};

export class Desk {
  readonly #settings: DeskSettings;
  readonly #files: readonly File[];

  constructor(cases: readonly Case[], settings: DeskSettings) {
    this.#settings = settings;
    this.#files = cases.map(({ kind, order }) => ({ order, procedure: PROCEDURES[kind], progress: "unseen", seenAt: 0, text: "" }));
  }

  get view(): DeskView {
    const filesIn = (progress: File["progress"]): File[] => this.#files.filter((file) => file.progress === progress);
    return {
      waiting: filesIn("waiting").map(({ order, procedure }) => `${order.id} ${procedure.flag}`),
      decided: filesIn("decided").map(({ order }) => order.id),
      settled: filesIn("over").map(({ order: { id }, procedure: { name }, text }) => ({ name, text: `order ${id}, ${text}` })),
    };
  }

  /** Looks at every case that is not over, and decides what has waited long enough. True when something was decided. */
  async look(now: number): Promise<boolean> {
    let seen = await this.#read();
    let hasDecided = false;
    for (const file of this.#files) {
      this.#close(file, seen, now);
      await this.#notice(file, seen, now);
      if (file.progress !== "waiting" || now - file.seenAt < PERSON_TAKES_MS) continue;
      const lines = await file.procedure.settle(file.order, this.#settings);
      file.progress = "decided";
      this.#tell(now, `${styleText("cyan", "a person decides")}: order ${file.order.id}`, lines);
      hasDecided = true;
      seen = await this.#read();
      this.#close(file, seen, now);
    }
    return hasDecided;
  }

  async #notice(file: File, seen: SeenOrders, now: number): Promise<void> {
    const { order, procedure } = file;
    if (file.progress !== "unseen" || !seen.get(order.id)?.flags.includes(procedure.flag)) return;
    file.progress = "waiting";
    file.seenAt = now;
    const why = await procedure.why(order, this.#settings);
    this.#tell(now, `${styleText("yellow", "waits for a person")}: order ${order.id}, ${procedure.flag}`, why);
  }

  /** Whoever is trying the API may have been faster: then there is nothing left to decide. */
  #close(file: File, seen: SeenOrders, now: number): void {
    const { order, procedure, progress } = file;
    const shown = seen.get(order.id);
    if (progress === "unseen" || progress === "over" || shown === undefined) return;
    if (shown.flags.includes(procedure.flag) || !procedure.isOver(shown)) return;
    file.progress = "over";
    file.text = procedure.outcome(order, shown);
    this.#tell(now, `${styleText("green", "settled")}: order ${order.id}, ${file.text}`, []);
  }

  async #read(): Promise<SeenOrders> {
    const ids = this.#files.filter(({ progress }) => progress !== "over").map(({ order }) => order.id);
    if (ids.length === 0) return new Map();
    const { orders } = await this.#settings.panel.call<{ orders: readonly Seen[] }>("GET", `/v1/orders?ids=${ids.join(",")}`);
    return new Map(orders.map((order) => [order.id, order]));
  }

  #tell(now: number, head: string, lines: readonly string[]): void {
    this.#settings.tell([`${clockText(now)} ${head}`, ...lines.map((line) => INDENT + line)].join("\n"));
  }
}

const PROCEDURES: Readonly<Record<CaseKind, Procedure>> = {
  held_refund: {
    name: "held refund",
    flag: "refund_held",
    why: ({ provider, chargeMicros }) => [
      `${provider} says Partial, but not how much is missing. A guess would be`,
      `somebody's money, so nothing is returned yet. At stake: ${decimalOf(chargeMicros)} USD.`,
    ],
    async settle({ id, quantity, grantedMicros }, { panel }) {
      const { refunds } = await panel.call<{ refunds: readonly { id: string }[] }>("GET", `/v1/refunds?order=${id}&status=held`);
      const body = { amount: decimalOf(grantedMicros ?? 0n) };
      const request = await send(panel, { method: "POST", path: `/v1/refunds/${refunds[0]?.id}/approve`, body });
      return [`Counted at the link: ${countText(COUNTED_REMAINS)} of ${countText(quantity)} are missing. Their share goes back:`, request];
    },
    isOver: () => true,
    outcome: ({ chargeMicros }, { refunded }) => `${refunded} of ${decimalOf(chargeMicros)} USD returned`,
  },
  unknown_word: {
    name: "unknown word",
    flag: "unknown_status",
    why: ({ provider }) => [
      `${provider} says "${STRANGE_WORD.word}", a status that nobody has explained.`,
      "It moves no order and no money until somebody does.",
    ],
    async settle({ provider }, { admin }) {
      const body = { status_words: { [STRANGE_WORD.word]: STRANGE_WORD.meaning } };
      const request = await send(admin, { method: "PUT", path: `/v1/providers/${provider}`, body });
      return [`${provider}'s support says what it means. The next poll will read it:`, request];
    },
    isOver: () => true,
    outcome: (_order, { status }) => `"${STRANGE_WORD.word}" is read as ${status}`,
  },
  lost_answer: {
    name: "lost answer",
    flag: "placing_unknown",
    why: async (order, { toldStatus }) => [
      `A script ordered through /api/v2/${order.provider}, and the answer of ${order.provider} was lost.`,
      `Sending it again could buy it twice. The script is told ${await toldStatus(order)}.`,
    ],
    async settle({ id, provider }, { panel, simulator }) {
      const { id: found } = await findByLink(simulator, LOST_LINK);
      const request = await send(panel, { method: "POST", path: `/v1/orders/${id}/settle`, body: { provider_order_id: found } });
      return [`The order is in the list on ${provider}'s site. It gets its id:`, request];
    },
    // It is asked about from the next minute on.
    isOver: ({ status }) => status !== "pending",
    outcome: ({ provider, providerOrderId }) => `followed as ${providerOrderId} of ${provider}`,
  },
};

type Request = { readonly method: string; readonly path: string; readonly body: unknown };

/** Sends a request, and returns it as a line to be read. */
async function send(api: Api, { method, path, body }: Request): Promise<string> {
  await api.call(method, path, body);
  return styleText("bold", `${method} ${path} ${JSON.stringify(body)}`);
}

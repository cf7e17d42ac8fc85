/**
 * What scripts are shown of their orders by API v2: by the rules, from what was known at the time
 * (model/panel-status.ts); and a script that acted on what does not hold any more is pointed out.
 */
import type { PanelStatus } from "./model/panel-status.ts";
import type { ModelOrder } from "./model/order.ts";
import { wordsOf } from "./subscriptions.ts";

/** What the rules know of an order by its name, `panel/id` or `panel/provider/id there`, as far as they decide about it. */
export type KnownOrders = {
  /** Each state that it was in since then, epoch ms; empty for one that the rules do not decide about. */
  readonly modelsSince: (order: string, since: number) => readonly ModelOrder[];
  readonly isOutdated: (order: string) => boolean;
  /** It is told by words of its own. */
  readonly isSubscription: (order: string) => boolean;
};

type Heard = { readonly word: string; readonly remains: number | null };
type First = Heard & { readonly at: number };

/** What was told is judged with the order's next poll, within the hour where it has just ended. */
const JUDGED_WITHIN_MS = 100 * 60_000;

const FINAL: ReadonlySet<string> = new Set(["Completed", "Partial", "Canceled"]);

export class ApiV2Check {
  readonly #known: KnownOrders;
  /** The first final word that went out for an order. Null where an answer was lost before: that may have had it. */
  readonly #first = new Map<string, First | null>();
  readonly wrongs: string[] = [];
  /** Answers that were compared. */
  compared = 0;

  constructor(known: KnownOrders) {
    this.#known = known;
  }

  /** An answer about orders, as it left. `endpoint`: the panel, or the panel and the provider; `since`: when the request came in. */
  answered(endpoint: string, asked: readonly string[], text: string, since: number): void {
    for (const [id, heard] of statusesIn(asked, text)) this.#judge(`${endpoint}/${id}`, heard, since);
  }

  /** No answer came out of a request: what it would have been is unknown. */
  unanswered(endpoint: string, asked: readonly string[]): void {
    for (const id of asked) if (!this.#first.has(`${endpoint}/${id}`)) this.#first.set(`${endpoint}/${id}`, null);
  }

  /** A person has put the panel's books right: what it would be told of the order now counts as told, where that is certain. */
  corrected(order: string, at: number): void {
    const [model] = this.#known.modelsSince(order, Infinity);
    // What no status can say is pointed out before anything was told, and may be put right then.
    if (!this.#first.has(order) && model?.isUnsayable !== true) return;
    const [status, ...others] = model?.panelStatuses() ?? [];
    if (status !== undefined && !FINAL.has(status.word) && others.length === 0) this.#first.delete(order);
    else this.#first.set(order, status === undefined || others.length > 0 || model?.isUnsayable === true ? null : { ...status, at });
  }

  /** In the end, epoch ms: orders whose flag is not as what their scripts were shown asks for. */
  outdated(now: number): string[] {
    return [...this.#first].flatMap(([order, first]) => {
      const [model] = this.#known.modelsSince(order, Infinity);
      if (first === null || model === undefined) return [];

      const may = model.panelStatuses();
      const is = this.#known.isOutdated(order);
      // What waits changes nothing yet, nor does what was rejected a moment ago.
      if (model.isHeld || model.isRejectionPending) return [];
      if (model.isUnsayable)
        return is || now - first.at < JUDGED_WITHIN_MS
          ? []
          : [`${order} was shown as ${say(first)}, which is not all that was granted, and is not pointed out as outdated`];
      const holds = may.some((status) => isAs(status, first));
      if (holds && (may.length > 1 || model.isPerhapsLeft)) return [];
      return holds === !is
        ? []
        : [`${order} was shown as ${say(first)}, is ${say(may[0])}, and ${is ? "is" : "is not"} pointed out as outdated`];
    });
  }

  #judge(order: string, heard: Heard, since: number): void {
    const models = this.#known.modelsSince(order, since);
    if (models.length === 0) return;
    this.compared += 1;
    if (this.#known.isSubscription(order)) {
      const words = new Set(models.flatMap((model) => wordsOf(model)));
      if (!words.has(heard.word))
        this.wrongs.push(`${order} was shown as ${heard.word}, and as a subscription it is ${[...words].join(" or ")}`);
      return;
    }
    if (FINAL.has(heard.word) && !this.#first.has(order)) this.#first.set(order, { ...heard, at: since });
    const may = models.flatMap((model) => model.panelStatuses());
    if (!may.some((status) => isAs(status, heard)))
      this.wrongs.push(`${order} was shown as ${say(heard)}, and by the rules it is ${[...new Set(may.map(say))].join(" or ")}`);
  }
}

function isAs({ word, remains }: PanelStatus, heard: Heard): boolean {
  if (word !== heard.word) return false;
  return remains === null ? heard.remains === null || (Number.isInteger(heard.remains) && heard.remains >= 0) : remains === heard.remains;
}

function say({ word, remains }: { readonly word: string; readonly remains: number | null }): string {
  return `${word} with ${String(remains)} left`;
}

function statusesIn(asked: readonly string[], text: string): [id: string, Heard][] {
  const json = JSON.parse(text) as Record<string, unknown>;
  const entries: [string, unknown][] = typeof json["status"] === "string" ? asked.map((id) => [id, json]) : Object.entries(json);
  return entries.flatMap(([id, entry]): [string, Heard][] => {
    const { status, remains } = (entry ?? {}) as { readonly status?: unknown; readonly remains?: unknown };
    if (typeof status !== "string") return [];
    return [[id, { word: status, remains: remains === undefined || remains === null || remains === "" ? null : Number(remains) }]];
  });
}

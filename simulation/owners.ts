/**
 * Whose order a provider's order is, where several panels want it (docs/rules.md, [O4], [O5], [O10], [P14]): who has placed
 * or registered it has it, and others are told that it is none of theirs. Who has only asked about it follows it.
 */
import type { World } from "../simulator/world.ts";
import type { Adoption } from "./newcomer.ts";
import type { Row } from "./steps.ts";

/** A panel that has an order, since then, epoch ms. `isOwn`: it has placed or registered it, and not only asked. */
type Holder = { readonly panel: string; readonly isOwn: boolean; readonly since: number };
type Holders = ReadonlyMap<string, readonly Holder[]>;

/** A request about some orders at a provider's endpoint, and what it was answered. */
export type Asked = {
  readonly panel: string;
  readonly provider: string;
  readonly action: string;
  readonly ids: readonly string[];
  readonly text: string;
  readonly since: number;
};

const NOBODYS = "Incorrect order ID";

/** What was said of an order: its entry in the answer; undefined where it is left out. */
type Entry = { readonly error?: unknown; readonly [field: string]: unknown } | undefined;

export class Owners {
  /** By `provider/id`. */
  #holders = new Map<string, readonly Holder[]>();
  /** Orders that a panel had at some time, also in lost time. */
  readonly #everOwned = new Set<string>();
  readonly #world: () => World;
  readonly wrongs: string[] = [];
  /** What may have been asked of a provider for orders that nobody has placed or registered here, as `provider/id`. */
  readonly cancelsPassedOn = new Set<string>();
  readonly refillsPassedOn = new Map<string, number>();
  /** Answers about another panel's orders. */
  refusals = 0;
  /** Orders that two panels follow. */
  get shared(): number {
    return [...this.#holders.values()].filter((holders) => holders.length > 1).length;
  }

  constructor(world: () => World) {
    this.#world = world;
  }

  remember(): Holders {
    return new Map(this.#holders);
  }

  recall(holders: Holders): void {
    this.#holders = new Map(holders);
  }

  /** After a commit: a row, and that of the whole that it is a part of. */
  take({ panel, id, provider, provider_order_id, door, add_digest }: Row, whole: Row | null, now: number): void {
    if (typeof provider_order_id !== "string" || provider_order_id.startsWith("placing ")) return;
    const order = `${String(provider)}/${provider_order_id}`;
    const before = this.#holders.get(order) ?? [];
    const known = before.find((holder) => holder.panel === panel);
    const isOwn = door === null || add_digest !== null || (whole?.["add_digest"] ?? null) !== null;
    if (known?.isOwn === isOwn) return;
    // Parts of a whole that both follow can come with one commit.
    const owner = before.find((holder) => holder.isOwn && holder.panel !== panel && holder.since < now);
    if (known === undefined && add_digest === null && door !== null && owner !== undefined)
      this.wrongs.push(`${String(panel)}/${String(id)} was adopted, and ${order} is ${owner.panel}'s`);
    if (isOwn) this.#everOwned.add(order);
    this.#holders.set(order, [...before.filter((holder) => holder !== known), { panel: String(panel), isOwn, since: now }]);
  }

  /** An answer at a provider's endpoint, as it left. */
  answered({ panel, provider, action, ids, text, since }: Asked): void {
    if (action !== "status") this.#noteWanted({ panel, provider, action, ids, since });
    if (text === "") return;
    const entries = entriesIn(action, ids, text);
    for (const id of ids) {
      const name = `${panel} asked for the ${action} of ${provider}/${id}`;
      const entry = entries.get(id);
      const isRefused = entry?.error === NOBODYS;
      const whose = this.#whoseSince(`${provider}/${id}`, panel, since);
      if (whose === "another's") this.refusals += 1;
      if (whose === "another's" && entry !== undefined && !isRefused)
        this.wrongs.push(`${name}, which is another's, and heard ${JSON.stringify(entry)}`);
      // A refill or a cancel that is passed on may be refused in these words by the provider itself.
      if ((whose === "its own" || whose === "followed") && action === "status" && isRefused)
        this.wrongs.push(`${name}, which it has, and heard ${NOBODYS}`);
      if (action === "status" && whose === "nobody's" && isRefused && this.#wasThere(provider, id, since))
        this.wrongs.push(`${name}, which is there and nobody's, and heard ${NOBODYS}`);
    }
  }

  /** In connect mode the provider decides about what is nobody's here, and nothing of that is put on record. */
  #noteWanted({ panel, provider, action, ids, since }: Omit<Asked, "text">): void {
    for (const id of ids) {
      const order = `${provider}/${id}`;
      if (this.#isAnothers(order, panel, since)) continue;
      if (action === "cancel") this.cancelsPassedOn.add(order);
      else this.refillsPassedOn.set(order, (this.refillsPassedOn.get(order) ?? 0) + 1);
    }
  }

  /** A list of ids that was taken. One that another panel has only asked about may be called taken or not. */
  adopted({ panel, provider, ids, since, counts: { adopted, known, taken } }: Adoption): void {
    const whose = ids.map((id) => this.#whoseSince(`${provider}/${id}`, panel, since));
    const [own, others] = [
      whose.filter((each) => each === "its own" || each === "followed").length,
      whose.filter((each) => each === "another's").length,
    ];
    if (adopted + known + taken !== ids.length || known < own || taken < others)
      this.wrongs.push(
        `${panel} listed ${ids.join(", ")} at ${provider}, of which ${own} are its own and ${others} another's, and heard ${adopted}, ${known}, ${taken}`,
      );
  }

  /** Whose an order has been all the time since then; null where that has changed, or cannot be told. */
  #whoseSince(order: string, panel: string, since: number): "its own" | "followed" | "another's" | "nobody's" | null {
    const holders = this.#holders.get(order) ?? [];
    const own = holders.find((holder) => holder.panel === panel);
    if (own !== undefined) return own.since > since ? null : own.isOwn ? "its own" : "followed";
    if (this.#isAnothers(order, panel, since)) return "another's";
    return this.#everOwned.has(order) ? null : "nobody's";
  }

  /** Another panel has it as its own all the time since then, and this one does not. */
  #isAnothers(order: string, panel: string, since: number): boolean {
    const holders = this.#holders.get(order) ?? [];
    return (
      !holders.some((holder) => holder.isOwn && holder.panel === panel) && holders.some((holder) => holder.isOwn && holder.since <= since)
    );
  }

  #wasThere(provider: string, id: string, at: number): boolean {
    const order = this.#world().providers.get(provider)?.orders.get(id);
    return order !== undefined && order.placedAt <= at;
  }
}

/** Orders that a provider was asked to cancel, and that nobody who may have them wanted canceled; `wanted` as `provider/id`. */
export function wrongsOfCancels(world: World, wanted: ReadonlySet<string>): string[] {
  return [...world.providers.values()].flatMap(({ name, orders }) =>
    [...orders.values()]
      .filter(({ id, cancelAsked }) => cancelAsked && !wanted.has(`${name}/${id}`))
      .map(({ id }) => `${name}/${id} was asked to be canceled, and nobody wanted that`),
  );
}

function entriesIn(action: string, ids: readonly string[], text: string): ReadonlyMap<string, Entry> {
  const json: unknown = JSON.parse(text);
  if (Array.isArray(json))
    return new Map((json as Record<string, unknown>[]).map((each) => [String(each["order"]), asEntry(each[action])] as const));
  const { error, status, refill } = json as Record<string, unknown>;
  if (error !== undefined || typeof status === "string" || refill !== undefined) return new Map(ids.map((id) => [id, json as Entry]));
  return new Map(Object.entries(json as Record<string, unknown>).map(([id, entry]) => [id, asEntry(entry)]));
}

/** What was taken is told by a number alone. */
function asEntry(value: unknown): Entry {
  return typeof value === "object" && value !== null ? (value as Entry) : { value };
}

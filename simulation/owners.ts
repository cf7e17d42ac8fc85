/**
 * Whose order a provider's order is, where several panels want it (docs/rules.md, [O4], [O11] to [O13], [P14]): one panel's of
 * all, the first that has placed, adopted or registered it. Others are told that it is none of theirs. What was placed here
 * outranks what was not.
 */
import type { World } from "../simulator/world.ts";
import { type Adoption, isMisspelt, type Registered } from "./newcomer.ts";
import { hasGivenWay, type Row } from "./steps.ts";

/** The panel that has an order, since then, epoch ms. `isPlaced`: it was placed here, or is a part of such. */
type Holder = { readonly panel: string; readonly row: string; readonly isPlaced: boolean; readonly since: number };
type Holders = ReadonlyMap<string, Holder>;

/** A request about some orders at a provider's endpoint, and what it was answered. */
export type Asked = {
  readonly panel: string;
  readonly provider: string;
  readonly action: string;
  readonly ids: readonly string[];
  readonly text: string;
  readonly since: number;
};

const SILENT = "No answer, try again later";
const NOBODYS = "Incorrect order ID";

type Whose = "its own" | "another's" | "nobody's" | null;

/** What was said of an order: its entry in the answer; undefined where it is left out. */
type Entry = { readonly error?: unknown; readonly [field: string]: unknown } | undefined;

export class Owners {
  /** By `provider/id`. */
  #holders = new Map<string, Holder>();
  /** Orders that a panel had at some time, also in lost time, or that have changed hands. */
  readonly #everHeldBy = new Map<string, Set<string>>();
  #hasLost = false;
  readonly #world: () => World;
  readonly wrongs: string[] = [];
  /** What may have been asked of a provider for orders that nobody has here, as `provider/id`. */
  readonly cancelsPassedOn = new Set<string>();
  readonly refillsPassedOn = new Map<string, number>();
  /** Answers about another panel's orders. */
  refusals = 0;
  /** Orders that have given way to one that was placed here. */
  outranked = 0;

  constructor(world: () => World) {
    this.#world = world;
  }

  remember(): Holders {
    return new Map(this.#holders);
  }

  recall(holders: Holders): void {
    this.#holders = new Map(holders);
    this.#hasLost = true;
  }

  /** Whether another panel has ever had an order of a provider's, also in a time that a restore has taken back. */
  wasAnothers(order: string, panel: string): boolean {
    return [...(this.#everHeldBy.get(order) ?? [])].some((holder) => holder !== panel);
  }

  /** After a commit: a row, and that of the whole that it is a part of. */
  take(after: Row, whole: Row | null, now: number): void {
    const { panel, n, id, provider, provider_order_id } = after;
    if (typeof provider_order_id !== "string" || provider_order_id.startsWith("placing ")) return;
    const row = `${String(panel)}/${String(n)}`;
    if (hasGivenWay(after)) return this.#giveWay(row);
    const order = `${String(provider)}/${provider_order_id}`;
    const before = this.#holders.get(order);
    if (before?.row === row) return;
    if (before !== undefined) this.wrongs.push(`${String(panel)}/${String(id)} has ${order}, which is ${before.panel}'s`);
    const isPlaced = hasProof(after) || (whole !== null && hasProof(whole));
    this.#everHeldBy.set(order, (this.#everHeldBy.get(order) ?? new Set()).add(String(panel)));
    this.#holders.set(order, { panel: String(panel), row, isPlaced, since: now });
  }

  #giveWay(row: string): void {
    const held = [...this.#holders].find(([, holder]) => holder.row === row);
    if (held === undefined) return;
    const [order, { isPlaced }] = held;
    if (isPlaced) this.wrongs.push(`${row} was placed here, and gave ${order} away`);
    this.outranked += 1;
    this.#holders.delete(order);
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
      if (isMisspelt(id) && entry !== undefined && !isRefused)
        this.wrongs.push(`${name}, which is no id of a provider's, and heard ${JSON.stringify(entry)}`);
      if (whose === "another's") this.refusals += 1;
      // After a restore it may be an order that this panel has lost: then nothing is said.
      const isSilent = this.#hasLost && entry?.error === SILENT;
      if (whose === "another's" && entry !== undefined && !isRefused && !isSilent)
        this.wrongs.push(`${name}, which is another's, and heard ${JSON.stringify(entry)}`);
      // A refill or a cancel that is passed on may be refused in these words by the provider itself.
      if (whose === "its own" && action === "status" && isRefused) this.wrongs.push(`${name}, which it has, and heard ${NOBODYS}`);
      if (action === "status" && whose === "nobody's" && isRefused && this.#wasThere(provider, id, since))
        this.wrongs.push(`${name}, which is there and nobody's, and heard ${NOBODYS}`);
    }
  }

  /** In connect mode the provider decides about what is nobody's here, and nothing of that is put on record. */
  #noteWanted({ panel, provider, action, ids, since }: Omit<Asked, "text">): void {
    for (const id of ids) {
      const order = `${provider}/${id}`;
      if (this.#whoseSince(order, panel, since) === "another's") continue;
      if (action === "cancel") this.cancelsPassedOn.add(order);
      else this.refillsPassedOn.set(order, (this.refillsPassedOn.get(order) ?? 0) + 1);
    }
  }

  /** A list of ids that was taken. */
  adopted({ panel, provider, ids, since, counts: { adopted, known, taken } }: Adoption): void {
    const whose = ids.map((id) => this.#whoseSince(`${provider}/${id}`, panel, since));
    const count = (what: Whose): number => whose.filter((each) => each === what).length;
    const [own, others] = [count("its own"), count("another's")];
    if (adopted + known + taken !== ids.length || known < own || taken < others || adopted > ids.length - own - others)
      this.wrongs.push(
        `${panel} listed ${ids.join(", ")} at ${provider}, of which ${own} are its own and ${others} another's, and heard ${adopted}, ${known}, ${taken}`,
      );
  }

  /** What became of a registration. */
  registered({ panel, provider, id, result, since }: Registered): void {
    const whose = this.#whoseSince(`${provider}/${id}`, panel, since);
    if (result === "created" && whose === "another's") this.wrongs.push(`${panel} registered ${provider}/${id}, which is another's`);
    if (result === "conflict" && whose === "nobody's") this.wrongs.push(`${panel} could not register ${provider}/${id}, which is nobody's`);
  }

  /** Whose an order has been all the time since then; null where that has changed, or cannot be told. */
  #whoseSince(order: string, panel: string, since: number): Whose {
    const holder = this.#holders.get(order);
    if (holder === undefined) return this.#everHeldBy.has(order) ? null : "nobody's";
    if (holder.since > since) return null;
    return holder.panel === panel ? "its own" : "another's";
  }

  #wasThere(provider: string, id: string, at: number): boolean {
    const order = this.#world().providers.get(provider)?.orders.get(id);
    return order !== undefined && order.placedAt <= at;
  }
}

/** It came by an `add`, and its panel's own key has not named its id. */
function hasProof(row: Row): boolean {
  return (row["add_digest"] ?? null) !== null && (row["named_at"] ?? null) === null;
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

/**
 * Looks at each commit that touches an order. What was written down of an answer, or decided by a person, is told to a
 * model of that order, and what follows from it must be the same there and here; the change feed must tell of it; and
 * it must not be older than what was shown before.
 */
import type { Life } from "../simulator/life.ts";
import type { World } from "../simulator/world.ts";
import { BrakeCheck, type Braked, type BrakeMemory } from "./brake-check.ts";
import { ApiV2Check } from "./api-v2-check.ts";
import { wrongsOfChanges } from "./feed-check.ts";
import type { ModelOrder, Policy } from "./model/order.ts";
import { followed, modelFrom } from "./modeled.ts";
import type { PartsKnown } from "./model/rules.ts";
import { Owners } from "./owners.ts";
import { partsKnownOf } from "./parts.ts";
import { isSubscription } from "./subscriptions.ts";
import { trueSince } from "./monotonic-reads.ts";
import { isRefillWanted, wrongsOfCancel } from "./refill-cancel-check.ts";
import type { Backend } from "./sqlite.ts";
import { type Circumstances, isAsAnswered, isCorrected, type Kept, type Row, stepsBetween } from "./steps.ts";

type Watched = Kept & {
  /** Null where there is nothing to compare any more: it was never placed, or product and model have parted. */
  readonly model: ModelOrder | null;
  /** What is shown of it was true at this time, or later; epoch ms. */
  readonly seen: number;
};

/** Everything the watch knows, to be put back with the database. */
/** Of each order of several parts, what is known of them, now first; and what was before, until when. */
type PartsOf = Map<string, readonly { readonly what: PartsKnown; readonly until: number }[]>;

export type Memory = {
  readonly orders: ReadonlyMap<string, Watched>;
  readonly feeds: ReadonlyMap<string, number>;
  readonly parts: PartsOf;
  readonly brakes: BrakeMemory;
  readonly owners: ReturnType<Owners["remember"]>;
};

export type WatchOptions = {
  readonly backend: Backend;
  readonly world: () => World;
  readonly lifeOf: (provider: string, providerOrderId: string) => Life | null;
  /** Whether a provider tells other numbers of what remains than there are. */
  readonly isBent: (provider: string) => boolean;
  readonly now: () => number;
  /** Called with each thing that happened to an order, for a trace. */
  readonly trace: (line: string) => void;
};

/** SQL for whether an order is a part of another of its panel's: adopted as one, or registered, and named by the whole's provider. */
function isPartSql(part: string, whole: string): string {
  return `(${part}.panel = ${whole}.panel AND ${part}.provider = ${whole}.provider AND ${part}.n <> ${whole}.n
    AND (${part}.part_of = ${whole}.n OR ${part}.provider_order_id IN (SELECT value FROM json_each(${whole}.parts, '$.orders'))))`;
}

const PANEL_OUTDATED = 1 << 9;
const PLACING_UNKNOWN = 1 << 11;

/** In `touched`: no order, but what refunds go by. */
const IN_FORCE = "INSERT OR IGNORE INTO touched VALUES ('', 0)";

/** Notes which orders a commit touches, and whether it changes by what they are refunded. Temporary: no part of the product's schema. */
const WATCHED_TABLES = [
  "CREATE TEMP TABLE touched (panel TEXT, n INTEGER, PRIMARY KEY (panel, n))",
  "CREATE TEMP TRIGGER touched_update AFTER UPDATE ON main.orders BEGIN INSERT OR IGNORE INTO touched VALUES (NEW.panel, NEW.n); END",
  "CREATE TEMP TRIGGER touched_insert AFTER INSERT ON main.orders BEGIN INSERT OR IGNORE INTO touched VALUES (NEW.panel, NEW.n); END",
  `CREATE TEMP TRIGGER brake_update AFTER UPDATE OF brake_engaged_at, braked_panels ON main.providers
   WHEN OLD.brake_engaged_at IS NOT NEW.brake_engaged_at OR OLD.braked_panels <> NEW.braked_panels BEGIN ${IN_FORCE}; END`,
  `CREATE TEMP TRIGGER policy_insert AFTER INSERT ON main.refund_policies BEGIN ${IN_FORCE}; END`,
  `CREATE TEMP TRIGGER policy_update AFTER UPDATE ON main.refund_policies BEGIN ${IN_FORCE}; END`,
  `CREATE TEMP TRIGGER policy_delete AFTER DELETE ON main.refund_policies BEGIN ${IN_FORCE}; END`,
  `CREATE TEMP TRIGGER frozen_update AFTER UPDATE OF frozen_at ON main.panels
   WHEN OLD.frozen_at IS NOT NEW.frozen_at BEGIN ${IN_FORCE}; END`,
];

export class Watch {
  readonly #options: WatchOptions;
  readonly #backend: Backend;
  #orders = new Map<string, Watched>();
  /** The last change of each panel's feed that was looked at. */
  #feeds = new Map<string, number>();
  /** What is in force for a panel's orders at a provider, and what was before. */
  readonly #inForceAt = new Map<string, readonly { readonly what: Circumstances; readonly since: number }[]>();
  readonly wrongs: string[] = [];
  /** Steps that were compared with the model's. */
  compared = 0;
  /** Changes of the feed that were compared with the rows. */
  changesCompared = 0;
  readonly brakes = new BrakeCheck();
  readonly apiV2 = new ApiV2Check({
    modelsSince: (order, since) => this.#modelsSince(order, since),
    isOutdated: (order) => (Number(this.#orders.get(this.#keys.get(order) ?? "")?.row["flags"] ?? 0) & PANEL_OUTDATED) !== 0,
    isSubscription: (order) => isSubscription(this.#orders.get(this.#keys.get(order) ?? "")?.row ?? {}),
  });
  /** An order's key by its names in API v2; and what the rules knew of it before, until when. */
  readonly #keys = new Map<string, string>();
  #parts: PartsOf = new Map();
  readonly #past = new Map<string, readonly { readonly model: ModelOrder; readonly until: number }[]>();
  /** Links of orders that may never have been placed. */
  readonly doubtedLinks = new Set<string>();
  /** How many refills somebody wanted of an order, by `provider/id`. */
  readonly refillsWanted = new Map<string, number>();
  /** Orders that somebody wanted canceled, as `provider/id`. */
  readonly cancelsWanted = new Set<string>();
  /** Which panels have an order of a provider's. */
  readonly owners: Owners;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#backend = options.backend;
    this.owners = new Owners(options.world);
  }

  async begin(): Promise<void> {
    await this.#backend.run(WATCHED_TABLES.map((sql) => ({ sql, params: [] })));
  }

  remember(): Memory {
    return {
      orders: new Map(this.#orders),
      feeds: new Map(this.#feeds),
      parts: new Map(this.#parts),
      brakes: this.brakes.remember(),
      owners: this.owners.remember(),
    };
  }

  /** The database was restored to what it was when this was remembered. Answers under way may still tell of the time that was lost. */
  async recall({ orders, feeds, parts, brakes, owners }: Memory): Promise<void> {
    for (const [key, { model }] of this.#orders) if (model !== null) this.#pass(key, model);
    this.#orders = new Map(orders);
    this.#feeds = new Map(feeds);
    this.#parts = new Map(parts);
    this.brakes.recall(brakes);
    this.owners.recall(owners);
    await this.#backend.run([{ sql: "DELETE FROM touched", params: [] }]);
  }

  /** What the rules say is refunded of each order, in micro-units, by `panel/n`; of one that has parted from its model, what is. */
  refunds(): ReadonlyMap<string, number> {
    return new Map([...this.#orders].flatMap(([key, { model, row }]) => [[key, model?.refunded ?? Number(row["refunded"])]]));
  }

  /** After a commit. */
  async look(): Promise<void> {
    // Most commits touch no order, and nothing that orders go by.
    const [any] = await this.#backend.run([{ sql: "SELECT 1 FROM touched LIMIT 1", params: [] }]);
    if (any?.results.length === 0) return;
    const [orders, refunds, parts] = await this.#backend.run([
      { sql: "SELECT o.* FROM touched t CROSS JOIN orders o WHERE o.panel = t.panel AND o.n = t.n", params: [] },
      { sql: "SELECT r.* FROM touched t CROSS JOIN refunds r WHERE r.panel = t.panel AND r.order_n = t.n", params: [] },
      {
        // Of each order that was touched, or whose part was, since only its provider may show that it is a whole; one row for one without any.
        sql: `SELECT w.panel, w.n, w.quantity, w.runs, w.posts, p.n AS part, p.status, p.remains, p.provider_charge, p.polled_at FROM orders w
          LEFT JOIN orders p ON ${isPartSql("p", "w")}
          WHERE EXISTS (SELECT 1 FROM touched t CROSS JOIN orders o
            WHERE o.panel = t.panel AND o.n = t.n AND (o.panel = w.panel AND o.n = w.n OR ${isPartSql("o", "w")}))`,
        params: [],
      },
    ]);
    const rows = orders?.results ?? [];
    const [, providers, policies, panels, feed] = await this.#backend.run([
      { sql: "DELETE FROM touched", params: [] },
      { sql: "SELECT id, brake, brake_engaged_at, braked_panels FROM providers", params: [] },
      { sql: "SELECT provider, policy FROM refund_policies WHERE service = ''", params: [] },
      { sql: "SELECT id, frozen_at FROM panels", params: [] },
      {
        sql: "SELECT c.* FROM json_each(?1) j CROSS JOIN changes c WHERE c.panel = j.value->>0 AND c.seq > j.value->>1 ORDER BY c.panel, c.seq",
        params: [
          JSON.stringify([...new Set(rows.map((row) => String(row["panel"])))].map((panel) => [panel, this.#feeds.get(panel) ?? 0])),
        ],
      },
    ]);
    const panelIds = (panels?.results ?? []).map((row) => String(row["id"]));
    const stopped = new Set((panels?.results ?? []).filter((row) => row["frozen_at"] !== null).map((row) => row["id"]));
    const policyOf = new Map((policies?.results ?? []).map((row) => [row["provider"], policyIn(String(row["policy"]))]));
    const newChanges = feed?.results ?? [];
    const brakes = (providers?.results ?? []).flatMap(({ id, brake, brake_engaged_at, braked_panels }): Braked[] => {
      const provider = String(id);
      const settings = JSON.parse((brake as string | null) ?? "null") as Braked["brake"];
      const held = JSON.parse(String(braked_panels)) as Record<string, number>;
      const whole = { provider, panel: null, brake: settings, engaged: brake_engaged_at !== null };
      return [whole, ...panelIds.map((panel) => ({ provider, panel, brake: settings, engaged: Object.hasOwn(held, panel) }))];
    });
    const isBraked = (of: unknown, at: unknown): boolean =>
      brakes.some(({ provider, panel, engaged }) => engaged && provider === at && (panel ?? of) === of);
    this.brakes.begin(brakes);
    this.#noteParts(parts?.results ?? []);
    const now = (panel: unknown, provider: unknown): Circumstances => ({
      policy: policyOf.get(provider) ?? DEFAULT_POLICY,
      holdAll: isBraked(panel, provider) || stopped.has(panel),
    });
    // Also of those whose orders were not written now, or are the first: something of theirs may be under way by what was in force before.
    for (const { provider, panel } of brakes.filter(isOfPanel)) this.#inForce(`${panel} ${provider}`, now(panel, provider));
    for (const row of rows) {
      const circumstances = this.#inForce(`${String(row["panel"])} ${String(row["provider"])}`, now(row["panel"], row["provider"]));
      const own = (refunds?.results ?? []).filter((refund) => refund["panel"] === row["panel"] && refund["order_n"] === row["n"]);
      const changes = newChanges.filter((change) => change["panel"] === row["panel"] && change["order_id"] === row["id"]);
      const known = this.#parts.get(`${String(row["panel"])}/${String(row["n"])}`) ?? [];
      const variants =
        known.length === 0 ? circumstances : known.flatMap(({ what }) => circumstances.map((each) => ({ ...each, parts: what })));
      this.#take({ row, refunds: new Map(own.map((refund) => [Number(refund["n"]), refund])) }, changes, variants);
    }
    this.brakes.look(brakes, this.#options.now());
    for (const change of newChanges) this.#feeds.set(String(change["panel"]), Number(change["seq"]));
  }

  /**
   * The circumstances under which an answer may have been applied: those of now, and what was before, where it changed a
   * moment ago, since a page is read some time before it is written. The policy is that of the reading; a brake may have
   * engaged since, with this very write say.
   */
  #inForce(where: string, now: Circumstances): readonly Circumstances[] {
    const at = this.#options.now();
    const known = this.#inForceAt.get(where) ?? [];
    const isNew = known.length === 0 || JSON.stringify(known[0]?.what) !== JSON.stringify(now);
    const all = isNew ? [{ what: now, since: at }, ...known] : known;
    const recent = all.filter((_, i) => i === 0 || at - (all[i - 1]?.since ?? 0) <= UNDER_WAY_MS);
    this.#inForceAt.set(where, recent);
    const holds = [...new Set(recent.map(({ what }) => what.holdAll))];
    return recent.flatMap(({ what }) => holds.map((holdAll) => ({ ...what, holdAll })));
  }

  /**
   * What is known of the parts of orders of several, now first; and before, since parts and whole are answered about at once. What
   * parts an order has may show in this very commit only: then they are taken as they stood before it.
   */
  #noteParts(rows: readonly Row[]): void {
    const at = this.#options.now();
    for (const [key, all] of Map.groupBy(rows, ({ panel, n }) => `${String(panel)}/${String(n)}`)) {
      const [whole] = all;
      if (whole === undefined) continue;
      const what = partsKnownOf(
        whole,
        all.filter(({ status }) => status !== null),
      );
      const asBefore = partsKnownOf(
        whole,
        all.flatMap(({ panel, part }): Row[] => {
          const kept = this.#orders.get(`${String(panel)}/${String(part)}`);
          return kept === undefined ? [] : [kept.row];
        }),
      );
      const before = (this.#parts.get(key) ?? []).filter(({ until }) => at - until <= UNDER_WAY_MS);
      const past = [{ what: asBefore, until: at }, ...before].map((each) => ({ ...each, until: Math.min(each.until, at) }));
      this.#parts.set(key, [{ what, until: Infinity }, ...past]);
    }
  }

  #take(kept: Kept, changes: readonly Row[], circumstances: readonly Circumstances[]): void {
    const key = `${String(kept.row["panel"])}/${String(kept.row["n"])}`;
    const before = this.#orders.get(key) ?? null;
    this.changesCompared += changes.length;
    const wrongs = [
      ...wrongsOfChanges(before, kept, changes),
      ...wrongsOfCancel(before?.row ?? null, kept.row),
      ...wrongsOfEnd(kept.row, this.#options.now()),
    ];
    for (const wrong of wrongs) this.#wrong(kept.row, wrong);
    if ((Number(kept.row["flags"]) & PLACING_UNKNOWN) !== 0) this.doubtedLinks.add(String(kept.row["link"]));
    this.#noteRefillsAndEndings(before?.row ?? null, kept.row);
    const whole = this.#orders.get(`${String(kept.row["panel"])}/${String(kept.row["part_of"])}`)?.row ?? null;
    this.owners.take(kept.row, whole, this.#options.now());
    const model = this.#follow(before, kept, circumstances);
    for (const name of namesOf(kept.row)) this.#keys.set(name, key);
    if (before?.model != null && before.model !== model) this.#pass(key, before.model);
    this.#orders.set(key, { ...kept, model, seen: this.#seenAfter(before, kept) });
    if (before !== null && isCorrected(before.row, kept.row))
      for (const name of namesOf(kept.row)) this.apiV2.corrected(name, this.#options.now());
  }

  #follow(before: Watched | null, after: Kept, circumstances: readonly Circumstances[]): ModelOrder | null {
    const steps = before === null ? [] : stepsBetween(before, after);
    if (before?.model === null || steps === "left") return null;
    this.compared += steps.length;
    if (before === null || steps.length > 0) this.#options.trace(lineOf(after, circumstances[0]));
    const { model, wrong } = before === null ? modelFrom(after, circumstances) : followed(before.model, steps, circumstances, after.row);
    if (wrong !== null) this.#wrong(after.row, wrong);
    return model;
  }

  /** What the rules knew of an order is past, and is kept for as long as a request may have been under way with it. */
  #pass(key: string, model: ModelOrder): void {
    const now = this.#options.now();
    const recent = (this.#past.get(key) ?? []).filter(({ until }) => now - until <= UNDER_WAY_MS);
    this.#past.set(key, [...recent, { model, until: now }]);
  }

  #modelsSince(order: string, since: number): readonly ModelOrder[] {
    const key = this.#keys.get(order) ?? "";
    const model = this.#orders.get(key)?.model;
    if (model == null) return [];
    return [...(this.#past.get(key) ?? []).filter(({ until }) => until >= since).map((past) => past.model), model];
  }

  #noteRefillsAndEndings(before: Row | null, row: Row): void {
    const provider = String(row["provider"]);
    if (isRefillWanted(before, row)) {
      const order = `${provider}/${String(row["provider_order_id"])}`;
      this.refillsWanted.set(order, (this.refillsWanted.get(order) ?? 0) + 1);
    }
    if (row["cancel_status"] !== null) this.cancelsWanted.add(`${provider}/${String(row["provider_order_id"])}`);
    if (before !== null && before["status"] !== row["status"] && before["polled_at"] !== row["polled_at"])
      this.brakes.heard(
        { provider, panel: String(row["panel"]) },
        {
          order: String(row["provider_order_id"]),
          status: row["status"],
          charge: row["charge"],
          isOld: before["polled_at"] === null && row["add_digest"] === null,
        },
        this.#options.now(),
      );
  }

  #wrong(row: Row, what: string): void {
    this.wrongs.push(
      `${String(row["panel"])}/${String(row["id"])} after ${String(row["provider_status"])} with ${String(row["remains"])} left: ${what}`,
    );
  }

  #seenAfter(before: Watched | null, { row }: Kept): number {
    const life = this.#options.lifeOf(String(row["provider"]), String(row["provider_order_id"]));
    if (before === null || life === null || row["polled_at"] === before.row["polled_at"] || !isAsAnswered(row))
      return before?.seen ?? -Infinity;
    const isBent = this.#options.isBent(String(row["provider"]));
    const seen = trueSince(life, row, { seen: before.seen, now: this.#options.now() }, isBent);
    if (seen === null) this.#wrong(row, `it went back from ${String(before.row["status"])} with ${String(before.row["remains"])} left`);
    return seen ?? before.seen;
  }
}

function isOfPanel<B extends Braked>(braked: B): braked is B & { readonly panel: string } {
  return braked.panel !== null;
}

/** How an order stands after something happened to it, under which policy. */
function lineOf({ row, refunds }: Kept, inForce: Circumstances | undefined): string {
  const {
    panel,
    id,
    provider,
    provider_order_id,
    provider_status,
    remains,
    status,
    refunded,
    charge,
    hold_amount,
    hold_n,
    word_hold_n = null,
    hold_reason,
    told,
  } = row;
  const what = word_hold_n === null ? hold_amount : "the word";
  const waits = hold_n === null && word_hold_n === null ? "" : `, ${String(what)} waits (${String(hold_reason)})`;
  const last = [...refunds.values()].map(
    (refund) => `${String(refund["kind"])} ${String(refund["amount"])} ${String(refund["status"])} by ${String(refund["decided_by"])}`,
  );
  const name = `${String(panel)}/${String(id)} (${String(provider)}/${String(provider_order_id)})`;
  return `${name}: ${String(provider_status)} ${String(remains)} is ${String(status)}, ${String(refunded)} of ${String(charge)}${waits}${told === null ? "" : `, told ${JSON.stringify(told)}`}; ${last.join(", ")}; ${JSON.stringify(inForce)}`;
}

/** An order's names in API v2: its own id, and at its provider's endpoint the provider's id too where that is known. */
function namesOf({ panel, id, provider, provider_order_id }: Row): string[] {
  return [String(id), `${String(provider)}/${String(id)}`, `${String(provider)}/${String(provider_order_id)}`].map(
    (name) => `${String(panel)}/${name}`,
  );
}

/** "Slow watch for a settling window (default 72 h)": nobody looks at an order any more that is younger than that. */
const SETTLING_MS = 72 * 60 * 60_000;

function wrongsOfEnd({ cadence, provider_order_id, created_at }: Row, now: number): string[] {
  const isPlaced = typeof provider_order_id === "string" && !/^(?:placing|taken) /.test(provider_order_id);
  return cadence === null && isPlaced && now - Number(created_at) < SETTLING_MS ? ["nobody looks at it any more"] : [];
}

/** A page is asked for, answered and written within this time, also by a slow provider and a slow database. */
const UNDER_WAY_MS = 300_000;

export const DEFAULT_POLICY: Policy = { mode: "auto", canceled: "full", cap: null, delayMinutes: 0, errorAfterHours: null };

function policyIn(text: string): Policy {
  return { ...DEFAULT_POLICY, ...(JSON.parse(text) as Partial<Policy>) };
}

/**
 * The model beside the system: each commit that changes an order is told to a model of that order, as what it was (an
 * answer that was written down, a person's decision), and what follows from it must be the same there and here.
 */
import { type Heard, ModelOrder, type Policy, type Registration } from "./model/order.ts";
import type { Backend } from "./sqlite.ts";

type Row = Readonly<Record<string, unknown>>;
type Step = (order: ModelOrder, circumstances: Circumstances) => void;
type Circumstances = { readonly policy: Policy; readonly holdAll: boolean };
type Taken = { readonly step: Step; readonly circumstances: Circumstances };

type Watched = {
  readonly registration: Registration;
  readonly history: Taken[];
  model: ModelOrder;
  row: Row;
  refunds: ReadonlyMap<number, Row>;
};

/** Where the text is silent, the product has chosen. */
const READING: NonNullable<Registration["reading"]> = {};

const UNKNOWN_STATUS = 1 << 2;
const NOT_FOUND = 1 << 3;
const OVER_REFUNDED = 1 << 4;

/** Notes which orders a commit touches. Temporary: no part of the product's schema. */
const WATCHED_TABLES = [
  "CREATE TEMP TABLE touched (panel TEXT, n INTEGER, PRIMARY KEY (panel, n))",
  "CREATE TEMP TRIGGER touched_update AFTER UPDATE ON main.orders BEGIN INSERT OR IGNORE INTO touched VALUES (NEW.panel, NEW.n); END",
  "CREATE TEMP TRIGGER touched_insert AFTER INSERT ON main.orders BEGIN INSERT OR IGNORE INTO touched VALUES (NEW.panel, NEW.n); END",
];

export class Watch {
  readonly #backend: Backend;
  readonly #orders = new Map<string, Watched>();
  readonly wrongs: string[] = [];
  /** Steps that were compared. */
  compared = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async begin(): Promise<void> {
    await this.#backend.run(WATCHED_TABLES.map((sql) => ({ sql, params: [] })));
  }

  /** After a commit. */
  async look(): Promise<void> {
    const [orders, refunds] = await this.#backend.run([
      { sql: "SELECT o.* FROM touched t CROSS JOIN orders o WHERE o.panel = t.panel AND o.n = t.n", params: [] },
      { sql: "SELECT r.* FROM touched t CROSS JOIN refunds r WHERE r.panel = t.panel AND r.order_n = t.n", params: [] },
    ]);
    const rows = orders?.results ?? [];
    if (rows.length === 0) return;
    const [, providers, policies, frozen] = await this.#backend.run([
      { sql: "DELETE FROM touched", params: [] },
      { sql: "SELECT id, brake_engaged_at FROM providers", params: [] },
      { sql: "SELECT provider, policy FROM refund_policies WHERE service = ''", params: [] },
      { sql: "SELECT id FROM panels WHERE frozen_at IS NOT NULL", params: [] },
    ]);
    const braked = new Set((providers?.results ?? []).filter((row) => row["brake_engaged_at"] !== null).map((row) => row["id"]));
    const stopped = new Set((frozen?.results ?? []).map((row) => row["id"]));
    const policyOf = new Map((policies?.results ?? []).map((row) => [row["provider"], policyIn(String(row["policy"]))]));
    for (const row of rows) {
      const circumstances = {
        policy: policyOf.get(row["provider"]) ?? DEFAULT_POLICY,
        holdAll: braked.has(row["provider"]) || stopped.has(row["panel"]),
      };
      const own = (refunds?.results ?? []).filter((refund) => refund["panel"] === row["panel"] && refund["order_n"] === row["n"]);
      this.#take(row, new Map(own.map((refund) => [Number(refund["n"]), refund])), circumstances);
    }
  }

  #take(row: Row, refunds: ReadonlyMap<number, Row>, circumstances: Circumstances): void {
    const key = `${String(row["panel"])}/${String(row["n"])}`;
    const known = this.#orders.get(key);
    if (known === undefined) {
      const registration = registrationOf(row);
      // What an order cost has to be known, or there is nothing to compare.
      if (registration !== null) this.#orders.set(key, { registration, history: [], model: new ModelOrder(registration), row, refunds });
      return;
    }
    const steps = stepsBetween(known, row, refunds);
    this.#orders.set(key, { ...known, row, refunds });
    const now = this.#orders.get(key) as Watched;
    if (steps === "left") this.#orders.delete(key);
    else for (const [i, step] of steps.entries()) this.#compare(now, step, circumstances, i === steps.length - 1);
  }

  /** Does a step under the policy as it is now, or as it was or may have been when the answer was applied. */
  #compare(watched: Watched, step: Step, circumstances: Circumstances, isLast: boolean): void {
    this.compared += 1;
    const first = replayed(watched, { step, circumstances });
    const agrees = (model: ModelOrder): boolean => !isLast || differencesOf(model, watched.row).length === 0;
    const taken = agrees(first) ? { each: circumstances, model: first } : otherwise(watched, step, circumstances, agrees);
    watched.history.push({ step, circumstances: taken?.each ?? circumstances });
    watched.model = taken?.model ?? first;
    if (taken === null) {
      const { panel, id, provider_status, remains } = watched.row;
      const differences = differencesOf(first, watched.row).join(", ");
      this.wrongs.push(
        `the model of ${String(panel)}/${String(id)} after ${String(provider_status)} with ${String(remains)} left: ${differences}`,
      );
      this.#orders.delete(`${String(panel)}/${String(watched.row["n"])}`);
    }
  }
}

/** The first of the other circumstances under which the model agrees. */
function otherwise(
  watched: Watched,
  step: Step,
  circumstances: Circumstances,
  agrees: (model: ModelOrder) => boolean,
): { readonly each: Circumstances; readonly model: ModelOrder } | null {
  for (const each of alternatives(circumstances)) {
    const model = replayed(watched, { step, circumstances: each });
    if (agrees(model)) return { each, model };
  }
  return null;
}

const DEFAULT_POLICY: Policy = { mode: "auto", canceled: "full", cap: null };

function policyIn(text: string): Policy {
  return { ...DEFAULT_POLICY, ...(JSON.parse(text) as Partial<Policy>) };
}

/** A policy may have changed, and a brake been pulled or let go, between the reading of a page and its commit. */
function alternatives({ policy, holdAll }: Circumstances): Circumstances[] {
  const modes = [
    policy,
    DEFAULT_POLICY,
    { ...DEFAULT_POLICY, mode: "hold" as const },
    { ...DEFAULT_POLICY, cap: 500_000 },
    { ...DEFAULT_POLICY, canceled: "by_remains" as const },
  ];
  return [holdAll, !holdAll].flatMap((held) => modes.map((each) => ({ policy: each, holdAll: held })));
}

function replayed({ registration, history }: Watched, last: Taken): ModelOrder {
  const model = new ModelOrder(registration);
  for (const { step, circumstances } of [...history, last]) step(model, circumstances);
  return model;
}

function differencesOf(model: ModelOrder, row: Row): string[] {
  const expected = { status: model.status, refunded: model.refunded, hold_amount: model.held, over_refunded: model.overRefunded };
  const found = {
    status: row["status"],
    refunded: row["refunded"],
    hold_amount: row["hold_amount"] ?? 0,
    over_refunded: (Number(row["flags"]) & OVER_REFUNDED) !== 0,
  };
  return Object.keys(expected).flatMap((name) => {
    const [should, is] = [expected[name as keyof typeof expected], found[name as keyof typeof found]];
    return should === is ? [] : [`${name} should be ${String(should)} and is ${String(is)}`];
  });
}

function registrationOf(row: Row): Registration | null {
  const { charge, quantity, multi, registered_refunded, registered_status } = row;
  if (charge === null || quantity === null) return null;
  return {
    charge: Number(charge),
    quantity: Number(quantity),
    multi: multi === 1,
    refundedBefore: Number(registered_refunded),
    reading: READING,
    ...(registered_status === null ? {} : { status: registered_status as NonNullable<Registration["status"]> }),
  };
}

/** What happened to the order between two rows of it; `left` when it is none any more of those that are compared. */
function stepsBetween({ row: before, refunds: had }: Watched, after: Row, has: ReadonlyMap<number, Row>): Step[] | "left" {
  const decisions: Step[] = [];
  for (const [n, refund] of has) {
    const old = had.get(n);
    const amount = Number(refund["amount"]);
    if (refund["reason"] === "not_placed") return "left";
    if (old === undefined && refund["kind"] === "goodwill") decisions.push((order) => order.goodwill(amount));
    else if (old === undefined && refund["kind"] === "clawback") decisions.push((order) => order.clawBack(amount));
    else if (old !== undefined && old["status"] !== refund["status"] && refund["decided_by"] !== "rules")
      decisions.push(refund["status"] === "posted" ? (order) => order.approve(amount) : (order) => order.reject());
  }
  if (decisions.length > 0) return decisions;
  return isHeard(before, after) ? [(order, { policy, holdAll }) => order.hear(heardIn(before, after), policy, holdAll)] : [];
}

const TOLD_BY_ANSWERS = ["provider_status", "remains", "status", "back_to", "refunded", "hold_amount", "reason", "multi"] as const;

function isHeard(before: Row, after: Row): boolean {
  if (after["polled_at"] === before["polled_at"]) return false;
  return TOLD_BY_ANSWERS.some((name) => before[name] !== after[name]) || (Number(before["flags"]) ^ Number(after["flags"])) !== 0;
}

/** The answer as the row has it. Of a word that is not believed yet, or that nobody knows, no number is kept. */
function heardIn(before: Row, after: Row): Heard {
  const isLost = (Number(after["flags"]) & NOT_FOUND) !== 0 && (Number(before["flags"]) & NOT_FOUND) === 0;
  if (isLost) return { word: String(after["status"]), remains: before["remains"] as number | null };
  const isDoubted = after["back_to"] !== null || (Number(after["flags"]) & UNKNOWN_STATUS) !== 0;
  return {
    word: String(after["provider_status"]),
    remains: isDoubted ? null : (after["remains"] as number | null),
    multi: after["multi"] === 1,
  };
}

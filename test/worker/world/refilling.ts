/**
 * Orders whose refills and cancels are asked for, and a provider that answers by the action.
 */
import type { Message } from "../../../src/domain/message.ts";
import { clear, migrate, NOW, rows } from "./database.ts";
import { inProgress } from "./providers.ts";
import { addOrders, addPanel, addProvider, keyNamed, type OrderColumns } from "./records.ts";
import { World } from "./world.ts";

export const DAY = 86_400_000;

/** Ended two days ago, and watched slowly. */
export const done: OrderColumns = {
  status: "completed",
  provider_status: "Completed",
  remains: 0,
  cadence: 360,
  placed_at: NOW - 3 * DAY,
  final_at: NOW - 2 * DAY,
};
/** Ended so long ago that nobody looks any more. */
export const closed: OrderColumns = { ...done, cadence: null, placed_at: NOW - 30 * DAY, final_at: NOW - 20 * DAY };
/** A provider by its actions; what was asked of it stands in `asked`. */
export class ActionProvider {
  readonly asked: { action: string; ids: string[] }[] = [];
  readonly actions = new Map<string, (ids: readonly string[], fields: URLSearchParams) => unknown>();
  /** What it says of every order, but for those that have words of their own. */
  word = "In progress";
  remains = 600;
  readonly words = new Map<string, string>();

  constructor(run: World, id = "acme") {
    run.providers.set(id, async (_ids, fields) => {
      const action = fields.get("action") ?? "";
      const lists = ["orders", "order", "refills", "refill"].map((name) => fields.get(name)).filter((list) => list !== null);
      const ids = (lists[0] ?? "").split(",");
      this.asked.push({ action, ids });
      const answer = this.actions.get(action);
      if (answer !== undefined) return await answer(ids, fields);
      const status = (one = "") => ({ ...inProgress(this.remains), status: this.words.get(one) ?? this.word });
      return fields.has("orders") ? Object.fromEntries(ids.map((one) => [one, status(one)])) : status(ids[0]);
    });
  }

  of(action: string): string[][] {
    return this.asked.filter((one) => one.action === action).map(({ ids }) => ids);
  }

  /** Grants refills by the number 7 before the order's id, and takes every cancel. */
  kind(): this {
    const refills = (ids: readonly string[], fields: URLSearchParams) =>
      fields.has("orders") ? ids.map((id) => ({ order: Number(id), refill: Number(`7${id}`) })) : { refill: `7${ids[0]}` };
    this.actions.set("refill", refills);
    this.actions.set("cancel", (ids) => ids.map((id) => ({ order: Number(id), cancel: 1 })));
    return this.refilling("In progress");
  }

  refilling(word: string): this {
    const said = (ids: readonly string[], fields: URLSearchParams) =>
      fields.has("refills") ? ids.map((id) => ({ refill: Number(id), status: word })) : { status: word };
    this.actions.set("refill_status", said);
    return this;
  }
}

export const KEY = keyNamed("refilling");
export const OTHER_KEY = keyNamed("other");

/** POST of a panel, or of the operator for the panel "p". */
export async function post(run: World, path: string, key = KEY, body?: string): Promise<{ status: number; json: unknown }> {
  const ask = { key, ...(key.startsWith("ps_") ? {} : { panel: "p" }), ...(body === undefined ? {} : { body }) };
  const { status, json } = await run.ask("POST", `/v1/orders/${path}`, ask);
  return { status, json };
}

export type Action = "refill" | "cancel" | "refill_status";

/** A call of a panel's script at an endpoint: `json` is null where the body is empty. */
export async function call(
  run: World,
  action: Action,
  fields: Record<string, string>,
  provider: string | null = "acme",
  key = KEY,
  context?: ExecutionContext,
): Promise<{ status: number; json: unknown }> {
  const { status, json } = await run.apiV2(key, { action, ...fields }, provider, context);
  return { status, json };
}

export type Row = {
  refill_id: string | null;
  refill_status: string | null;
  refill_at: number | null;
  cancel_status: string | null;
  status: string;
  refunded: number;
  cadence: number | null;
  version: number;
};

export async function row(n: number, panel = "p"): Promise<Row> {
  const [found] = await rows<Row>(
    "SELECT refill_id, refill_status, refill_at, cancel_status, status, refunded, cadence, version FROM orders WHERE panel = ?1 AND n = ?2",
    panel,
    n,
  );
  if (found === undefined) throw new Error(`no order ${n}`);
  return found;
}

/** The feed of requests: an event a line. */
export async function feed(): Promise<string[]> {
  const changes = await rows<{ type: string; previous: string; data: string }>("SELECT type, previous, data FROM changes ORDER BY seq");
  return changes.map(({ type, previous, data }) => {
    const { order, id, status } = JSON.parse(data) as Record<string, string>;
    const was = (JSON.parse(previous) as Record<string, string>)["status"] ?? "none";
    return type.startsWith("order.") ? `${type} ${id} ${was} > ${status}` : `${type} ${order} ${was} > ${status}`;
  });
}

/** Two panels, "p" and "q". */
export async function openPanels(): Promise<void> {
  await migrate();
  await addPanel("p", KEY);
  await addPanel("q", OTHER_KEY);
}

export async function clearAll(): Promise<void> {
  await clear();
  await rows("DELETE FROM services");
}

export async function begin(columns: OrderColumns, count = 1): Promise<{ run: World; acme: ActionProvider }> {
  await addProvider("acme", { many: "yes" });
  await addOrders("p", "acme", 1, count, columns);
  const run = new World();
  return { run, acme: new ActionProvider(run).kind() };
}

/** The message that has order 1 of "p" asked. */
export const ASK_1 = { v: 1, kind: "request", orders: [["p", 1]] } as const satisfies Message;

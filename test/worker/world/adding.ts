/**
 * A panel whose script adds orders, and a provider that answers its adds one after the other as the test says.
 */
import type { Answered } from "./asking.ts";
import { clear, rows } from "./database.ts";
import { answeringEach, resetConnection } from "./providers.ts";
import { World } from "./world.ts";

type Reply = (fields: URLSearchParams) => Response | Promise<Response>;

export const placed = (id: number | string) => () => Response.json({ order: id });
export const refused =
  (error: string, status = 200) =>
  () =>
    Response.json({ error }, { status });

const SERVICES = [
  {
    service: 12,
    name: "Followers",
    type: "Default",
    category: "Instagram",
    rate: "0.90",
    min: "10",
    max: "10000",
    refill: true,
    cancel: true,
  },
  { service: 14, name: "Plain", type: "Default", category: "Instagram", rate: "0.90", min: "10", max: "10000", dripfeed: false },
  { service: 13, name: "Pack", type: "Package", category: "Instagram", rate: "4.50", min: "1", max: "1" },
];

/** What the script adds unless a test says otherwise. */
export const WANTED = { action: "add", service: "12", link: "https://instagram.com/p/AbC", quantity: "1000" };

let opened = 0;

export class AddingWorld extends World {
  readonly panelId: string;
  key = "";
  /** What the provider answers to the next adds. */
  answers: Reply[] = [];
  balance: Reply = resetConnection;
  /** The fields of every add, and of every other call but for services and balance, that the provider got. */
  asked: URLSearchParams[] = [];

  private constructor(panelId: string) {
    super({ fetch: (request) => this.#answer(request) });
    this.panelId = panelId;
  }

  /** Empty but for a panel of its own and the provider "acme". */
  static async open(): Promise<AddingWorld> {
    await clear();
    await rows("DELETE FROM services");
    await rows("DELETE FROM provider_services");
    opened += 1;
    const world = new AddingWorld(`p${opened}`);
    world.key = await world.panel(world.panelId);
    await world.provider("acme", { currency: "USD" });
    return world;
  }

  async #answer(request: Request): Promise<Response> {
    const fields = new URLSearchParams(await request.text());
    if (fields.get("action") === "services") return Response.json(SERVICES);
    if (fields.get("action") === "balance") return this.balance(fields);
    this.asked.push(fields);
    const next = this.answers.shift();
    if (next === undefined) throw new Error("the provider was called once too often");
    return next(fields);
  }

  /** By the panel's script, at a provider's endpoint or that of the own catalogue (null). */
  add(over: Record<string, string> = {}, endpoint: string | null = "acme", on: World = this): Promise<Answered> {
    return on.apiV2(this.key, { ...WANTED, ...over }, endpoint);
  }

  async statusOf(id: string | number, endpoint: string | null = "acme"): Promise<Record<string, string>> {
    return (await this.apiV2(this.key, { action: "status", order: String(id) }, endpoint)).json;
  }

  /** The orders as they stand in the database. */
  orders(): Promise<Record<string, unknown>[]> {
    return rows("SELECT n, id, provider_order_id, status, flags, charge, quantity, refunded, last_change, cadence FROM orders ORDER BY n");
  }

  /** The orders as the API shows them. */
  async shown(query = ""): Promise<Record<string, unknown>[]> {
    return (await this.get(`/v1/orders${query}`, { key: this.key })).json.orders;
  }

  async feed(): Promise<[string, string][]> {
    const { json } = await this.get("/v1/changes", { key: this.key });
    return json.changes.map(({ type, order }: { type: string; order: string }) => [type, order]);
  }

  /** Sweeps for so many minutes, the provider answering nothing of use. */
  async sweep(minutes: number, each: (id: string) => unknown = () => ({ error: "Incorrect order ID" })): Promise<World> {
    const sweeps = new World({ now: this.now });
    sweeps.providers.set("acme", answeringEach(each));
    await sweeps.run(minutes);
    this.now = sweeps.now;
    return sweeps;
  }
}

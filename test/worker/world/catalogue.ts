/**
 * The operator's own catalogue, and providers that say what a test wants them to of their services and balances.
 */
import { env } from "cloudflare:workers";
import { metered } from "../../../src/store/operations/metered.ts";
import type { Answered } from "./asking.ts";
import { World } from "./world.ts";

/** What a provider answers to an action; a text goes as it is, `undefined` is a connection that breaks. */
export type Says = Record<string, unknown>;

export class CatalogueWorld extends World {
  /** By provider, each at `https://<id>.example`. */
  readonly upstream = new Map<string, Says>();
  /** Calls that went out: provider and action. */
  readonly asked: string[] = [];

  constructor(changes: Partial<Env> = {}) {
    super({ ...changes, fetch: (request) => this.#answer(request) });
  }

  async #answer(request: Request): Promise<Response> {
    const provider = new URL(request.url).hostname.split(".")[0] ?? "";
    const action = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer())).get("action") ?? "";
    this.asked.push(`${provider} ${action}`);
    const said = this.upstream.get(provider)?.[action];
    if (said === undefined) throw new Error("Connection refused");
    return new Response(typeof said === "string" ? said : JSON.stringify(said));
  }

  /** As `apiV2`, with what it took of the database. */
  async costOfScript(key: string, action: "services" | "balance", provider: string | null) {
    const { db, usage } = metered(env.DB);
    const answered = await this.with({ DB: db }).apiV2(key, { action }, provider);
    return { json: answered.json as unknown, usage: usage() };
  }

  put(id: number | string, body: Record<string, unknown>): Promise<Answered> {
    return this.ask("PUT", `/v1/services/${id}`, { body });
  }

  import(body: Record<string, unknown>): Promise<Answered> {
    return this.ask("POST", "/v1/services/import", { body });
  }
}

/** A service to sell. */
export const FOLLOWERS = { provider: "acme", service: "12", name: "Followers", rate: "0.90", min: 50, max: 10_000 };

/** The list of a provider. */
export const THEIRS = [
  {
    service: 12,
    name: "Followers",
    type: "Default",
    category: "Social",
    rate: "0.90",
    min: "50",
    max: "10000",
    refill: true,
    cancel: true,
  },
  {
    service: "13",
    name: "Comments",
    type: "Custom Comments",
    category: "Talk",
    rate: 2.5,
    min: 1,
    max: 100,
    dripfeed: 1,
    desc: "Written by people",
  },
  { service: 14, name: "On request", type: "Default", category: "Talk", rate: "ask us", min: 1, max: 100 },
];

/**
 * A world for `status` in API v2: one panel, one provider that is asked for what is not on record.
 */
import type { Answered } from "./asking.ts";
import { clear } from "./database.ts";
import { World } from "./world.ts";

let panels = 0;

export class StatusWorld extends World {
  /** What the provider answers to a call of the panel's. */
  says: (fields: URLSearchParams) => unknown = () => ({ error: "not expected" });
  /** The panel's id: another one in each world. */
  readonly panelId = `p${++panels}`;
  key = "";

  /** An empty database but for the panel and the provider `acme`. */
  static async begin(): Promise<StatusWorld> {
    await clear();
    const world = new StatusWorld();
    world.knowsBalances = false;
    world.providers.set("acme", (_ids, fields) => world.says(fields));
    world.key = await world.panel(world.panelId);
    await world.provider("acme");
    return world;
  }

  /** Asks for the status by a panel's key: at the provider's endpoint, or at the own catalogue's where `endpoint` is null. */
  status(fields: Record<string, string>, endpoint: string | null = "acme", key = this.key): Promise<Answered> {
    return this.apiV2(key, { action: "status", ...fields }, endpoint);
  }

  /** The panel's orders as they are listed. */
  async listed(query = ""): Promise<Record<string, unknown>[]> {
    return (await this.get(`/v1/orders${query}`, { key: this.key })).json.orders;
  }
}

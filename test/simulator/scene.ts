/** A simulator with one provider, `acme`, a clock that stands still, and four orders whose states are known. */
import type { Json } from "../../simulator/json.ts";
import type { ModeInput } from "../../simulator/modes.ts";
import { type Simulator, startSimulator } from "../../simulator/server.ts";

/** A minute's beginning, so that minutes of the rate limit are whole. */
export const START = 1_790_000_040_000;
export const QUANTITY = 12_345;

export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
  /** Undefined where the body is no JSON. */
  readonly json: Json | undefined;
}

export interface Scene {
  readonly simulator: Simulator;
  readonly url: string;
  readonly key: string;
  /** In progress with 1,234 remaining; completed; partial with 157 remaining; canceled. */
  readonly ids: readonly [string, string, string, string];
  /** A canonical call: POST, form-encoded, with the key. */
  readonly call: (fields: Record<string, string>, init?: RequestInit) => Promise<Got>;
  readonly statusOf: (id: string) => Promise<Got>;
  readonly statusOfMany: (ids: readonly string[]) => Promise<Got>;
  readonly admin: (method: string, path: string, body?: Json) => Promise<Got>;
  readonly stats: () => Promise<Record<string, Json>>;
  readonly setModes: (modes: readonly ModeInput[]) => Promise<void>;
}

/** Opens the scene, plays, and closes it however the play ends. */
export async function onScene(modes: readonly ModeInput[], play: (scene: Scene) => Promise<void>, seed = 7): Promise<void> {
  const simulator = await startSimulator({ seed, now: { manual: true, startAt: START }, providers: { acme: {} } });
  try {
    const scene = await sceneOf(simulator);
    await scene.setModes(modes);
    await play(scene);
  } finally {
    await simulator.close();
  }
}

async function got(response: Response): Promise<Got> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString("utf8");
  return { status: response.status, headers: response.headers, bytes, text, json: jsonOf(text) };
}

export function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

async function sceneOf(simulator: Simulator): Promise<Scene> {
  const admin = async (method: string, path: string, body?: Json): Promise<Got> =>
    got(await fetch(`${simulator.url}/admin/${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) }));

  const order = { service: 1, quantity: QUANTITY };
  const placed = await admin("POST", "providers/acme/orders", { orders: [order, order, order, order] });
  const { ids } = placed.json as unknown as { ids: [string, string, string, string] };
  const states = [
    { status: "in_progress", remains: 1234, start_count: 3572 },
    { status: "completed", remains: 0, start_count: 3572 },
    { status: "partial", remains: 157, start_count: 3572 },
    { status: "canceled", remains: QUANTITY, start_count: 3572 },
  ];
  for (const [index, state] of states.entries()) {
    await admin("PUT", `providers/acme/orders/${ids[index] ?? ""}/script`, { steps: [{ at_ms: START, ...state }] });
  }

  const [url, key] = [simulator.urlOf("acme"), simulator.keyOf("acme")];
  const call = async (fields: Record<string, string>, init?: RequestInit): Promise<Got> =>
    got(await fetch(url, { method: "POST", body: new URLSearchParams({ key, ...fields }), redirect: "manual", ...init }));
  return {
    simulator,
    url,
    key,
    ids,
    call,
    statusOf: (id) => call({ action: "status", order: id }),
    statusOfMany: (asked) => call({ action: "status", orders: asked.join(",") }),
    admin,
    stats: async () => (await admin("GET", "providers/acme/stats")).json as Record<string, Json>,
    setModes: async (list) => {
      await admin("PUT", "providers/acme", { modes: list as Json });
    },
  };
}

/** Simulated providers without a port, and panels that speak to them directly, as they would without panelsync. */
import type { ModeInput } from "../../../simulator/modes.ts";
import { simulatorFetch } from "../../../simulator/fetch.ts";
import { changeProvider, createWorld, type Provider, type ProviderSettings, type World } from "../../../simulator/world.ts";
import { ApiClient, type ClientSettings } from "../../panels/client.ts";
import type { Stage } from "../../panels/lives.ts";

export const START = Date.UTC(2026, 10, 21, 12);
const PATIENCE_MS = 100;

export class DirectScene implements Stage {
  readonly simulator: World;

  constructor(seed: number, providers: Readonly<Record<string, ProviderSettings>>) {
    this.simulator = createWorld({ seed, now: { manual: true, startAt: START }, providers });
  }

  provider(name: string): Provider {
    const provider = this.simulator.providers.get(name);
    if (provider === undefined) throw new RangeError(`no provider is called ${name}`);
    return provider;
  }

  client(name: string, changes: Partial<ClientSettings> = {}): ApiClient {
    const { key } = this.provider(name);
    // Where time is simulated, what comes late comes too late.
    const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE_MS));
    const send = simulatorFetch(this.simulator, late);
    return new ApiClient({ url: `https://providers.example/${name}/api/v2`, key, send, timeoutMs: PATIENCE_MS, ...changes });
  }

  modes(name: string, modes: readonly ModeInput[]): void {
    changeProvider(this.provider(name), { modes });
  }

  goTo(time: number): Promise<void> {
    this.simulator.clock.set(time);
    return Promise.resolve();
  }

  /** Nobody looks after anything here. */
  settle(): Promise<void> {
    return Promise.resolve();
  }
}

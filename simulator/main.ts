/** The command line: starts a simulator, says where it is, and runs until it is told to stop. */
import { parseArgs } from "node:util";
import { InputError } from "./json.ts";
import { placeOrder } from "./orders.ts";
import { readOrderRequests } from "./admin-input.ts";
import { startSimulator, type Simulator } from "./server.ts";
import type { ProviderSettings } from "./world.ts";

const USAGE = `node simulator/main.ts [options]
  --port N            where to listen (default 9100; 0 takes a free one)
  --host H            default 127.0.0.1
  --seed N            decides every life, price and key (default 1)
  --providers LIST    name:modes, by commas; modes by pluses, each a set (plain, quirks, flaky, legacy,
                      dialect) or a mode like cap_many_silent=40 or html_502/5 (default acme:plain,quirky:quirks)
  --speed X           simulated time runs X times as fast (default 1)
  --clock MS          a clock that stands at this epoch time until POST /admin/clock moves it
  --orders N          orders each provider has from the start, placed over the last hour (default 0)`;

try {
  const simulator = await start(process.argv.slice(2));
  if (simulator) announce(simulator);
} catch (error) {
  const known = error instanceof InputError || error instanceof TypeError || isPortTrouble(error);
  console.error(known ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = 1;
}

/** A port that is taken, or that this user may not have: the message says which. */
function isPortTrouble(error: unknown): error is Error {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === "listen";
}

async function start(args: string[]): Promise<Simulator | null> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "9100" },
      host: { type: "string", default: "127.0.0.1" },
      seed: { type: "string", default: "1" },
      providers: { type: "string", default: "acme:plain,quirky:quirks" },
      speed: { type: "string", default: "1" },
      clock: { type: "string" },
      orders: { type: "string", default: "0" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return null;
  }
  const simulator = await startSimulator({
    port: numberOf("port", values.port),
    host: values.host,
    seed: numberOf("seed", values.seed),
    now:
      values.clock === undefined ? { speed: numberOf("speed", values.speed) } : { manual: true, startAt: numberOf("clock", values.clock) },
    providers: providersOf(values.providers),
  });
  placeAll(simulator, numberOf("orders", values.orders));
  return simulator;
}

function announce(simulator: Simulator): void {
  for (const { name, key } of simulator.world.providers.values()) {
    console.log(`${name} ${simulator.urlOf(name)} key=${key}`);
  }
  const stop = (): void => {
    void simulator.close();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

function providersOf(list: string): Record<string, ProviderSettings> {
  const providers: Record<string, ProviderSettings> = {};
  for (const item of list.split(",")) {
    const [name = "", modes = ""] = item.split(/:(.*)/s);
    providers[name] = { modes: modes.split("+").filter((mode) => mode !== "") };
  }
  return providers;
}

function placeAll({ world }: Simulator, count: number): void {
  const hourMs = 3_600_000;
  const placed_at = world.clock.now() - hourMs;
  for (const provider of world.providers.values()) {
    const input = { count, placed_at, spread_ms: hourMs };
    for (const request of readOrderRequests(world, provider, input)) {
      placeOrder(world, provider, request);
    }
  }
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InputError(`--${option} is a number from 0, not ${JSON.stringify(text)}`);
  }
  return value;
}

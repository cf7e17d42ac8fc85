/** The whole demonstration, up and running: providers, Worker, panel, orders. */
import { randomBytes } from "node:crypto";
import type { Simulator } from "../../simulator/server.ts";
import { toldStatus } from "./cases.ts";
import { Desk } from "./desk.ts";
import { Totals } from "./events.ts";
import { Follower } from "./follower.ts";
import { MINUTE_MS, playMinute, type Stage } from "./minute.ts";
import { startRelay } from "./relay.ts";
import { type Scene, setScene, startProviders } from "./scene.ts";
import type { DemoOrder } from "./truth.ts";
import { startWorker } from "./worker.ts";

export type DemoSettings = {
  readonly root: string;
  readonly seed: number;
  readonly orders: number;
  /** Where the API is to be found; null takes any free port. */
  readonly port: number | null;
  readonly note: (line: string) => void;
  /** Is told what a person sees and does, as text of some lines. */
  readonly tell: (text: string) => void;
};

export type Demo = Scene & {
  readonly url: string;
  /** Where the Worker itself listens. */
  readonly base: string;
  /** The console, signed in as the operator: the key leaves the address as soon as the page has read it. */
  readonly consoleLink: string;
  /** The operator's key. */
  readonly adminToken: string;
  readonly simulator: Simulator;
  readonly follower: Follower;
  readonly desk: Desk;
  readonly totals: Totals;
  /** Simulated time at which it began, epoch ms. */
  readonly startAt: number;
  /** Plays the next minute to its end. */
  playMinute(): Promise<void>;
  close(): Promise<void>;
};

/** Starts everything, or nothing: what had been started when something failed is closed again. */
export async function openDemo(settings: DemoSettings): Promise<Demo> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closers.splice(0).map((closeOne) => closeOne()));
  };
  try {
    return await assemble(settings, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function assemble(
  { root, seed, orders, port, note, tell }: DemoSettings,
  closers: (() => unknown)[],
  close: () => Promise<void>,
): Promise<Demo> {
  const startAt = Date.now();
  const simulator = await startProviders({ seed, startAt });
  closers.push(() => simulator.close());
  const adminToken = randomBytes(24).toString("base64url");
  const encryptionKeys = `1:${randomBytes(32).toString("base64")}`;
  const worker = await startWorker(root, { ADMIN_TOKEN: adminToken, ENCRYPTION_KEYS: encryptionKeys, ALLOW_PRIVATE_URLS: "1" });
  closers.push(() => worker.close());
  const relay = port === null ? null : await startRelay(port, new URL(worker.url));
  if (relay !== null) closers.push(() => relay.close());
  const scene = await setScene(simulator, worker.url, adminToken, orders);
  const totals = new Totals();
  const script = { base: worker.url, panelKey: scene.panelKey };
  const deskSettings = {
    simulator,
    admin: scene.admin,
    panel: scene.panel,
    toldStatus: (order: DemoOrder) => toldStatus(script, order),
    tell,
  };
  const url = relay?.url ?? worker.url;
  return {
    ...scene,
    url,
    consoleLink: `${url}/console/#/sign-in?key=${adminToken}`,
    adminToken,
    base: worker.url,
    simulator,
    follower: new Follower(scene.panel),
    desk: new Desk(scene.cases, deskSettings),
    totals,
    startAt,
    playMinute: minutesFrom(Math.floor(startAt / MINUTE_MS) + 1, { worker, clock: simulator.world.clock, totals, note }),
    close,
  };
}

function minutesFrom(first: number, stage: Stage): () => Promise<void> {
  let next = first;
  return async () => {
    const minute = next;
    next += 1;
    await playMinute(stage, minute);
  };
}

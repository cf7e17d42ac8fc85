/**
 * One run: the participants act under faults, the faults stop, and in the end everything must be right.
 */
import { createHash } from "node:crypto";
import { type Bought, buyDue, purchasesOf, subscriptionsFor, twiceEach } from "../test/panels/lives.ts";
import type { ShopOrder } from "../test/panels/shop.ts";
import { wrongsOf } from "../test/panels/truth.ts";
import { type Participants, setUpParticipants } from "./participants.ts";
import {
  wrongsOfAccounts,
  wrongsOfAcknowledged,
  wrongsOfAdopted,
  wrongsOfLedger,
  wrongsOfDeadLetters,
  wrongsOfGifts,
  wrongsOfParts,
  wrongsOfReaders,
  wrongsOfTraffic,
  wrongsOfTruth,
} from "./checks.ts";
import { RestClient } from "./client.ts";
import { Draws } from "./draws.ts";
import { ruleGlobals } from "./globals.ts";
import { bendsRemains, changeFaults, hasMode, modeOf, MODES, PROVIDERS } from "./providers.ts";
import type { Script } from "./script.ts";
import type { Move } from "./operator.ts";
import { turnOrders } from "./turned.ts";
import { wrongsOfRefills } from "./refill-cancel-check.ts";
import { type Owners, wrongsOfCancels } from "./owners.ts";
import { type OneTimeFaults, drawOneTimeFaults, ONE_TIME_FAULTS, NO_ONE_TIME_FAULTS } from "./one-time-faults.ts";
import { type Crash, Process } from "./scheduler.ts";
import type { Backend } from "./sqlite.ts";
import { RunState } from "./run-state.ts";
import { MINUTE_MS, System } from "./system.ts";
import { Watch } from "./watch.ts";
import { NO_FAULTS, type FaultRates, drawFaultRates } from "./background-faults.ts";

export type RunOptions = {
  readonly seed: number;
  /** Minutes with faults. */
  readonly ticks: number;
  /** Orders registered over REST; the scripts place a tenth as many besides. */
  readonly orders: number;
  readonly backend: Backend;
  readonly trace?: (line: string) => void;
  /** What the operator does; everything, where left out. */
  readonly moves?: readonly Move[];
  /** Whether the process that takes the nth step once the participants are set up crashes, and when; there are no other faults in such a run. */
  readonly crashAtStep?: (step: number) => Crash | null;
};

/** How an order stands in the end, and what became of the wish to cancel it. */
export type OrderEnd = { readonly stands: string; readonly cancel: string | null };

export type RunResult = {
  readonly seed: number;
  /** What is not as it must be, in words; empty for a run that passed. */
  readonly wrongs: readonly string[];
  /** The final state and the whole feed, as a digest: one seed, one digest. */
  readonly digest: string;
  readonly minutes: number;
  /** Steps that the product took until the faults stopped. */
  readonly steps: number;
  /** How each order stands in the end, by what it is. */
  readonly outcomes: ReadonlyMap<string, OrderEnd>;
  readonly stats: Readonly<Record<string, number>>;
  /** What went wrong, of `FAULTS`. */
  readonly met: ReadonlySet<string>;
};

/** Everything that can go wrong in a run, by name. */
export const FAULTS: readonly string[] = [...Object.keys(NO_FAULTS), ...ONE_TIME_FAULTS, ...MODES];

/** Figures of a run: how long after the faults all was caught up that was behind, and how long any order was behind, in minutes. */
export const CATCH_UP = "minutes to catch up";
export const BEHIND = "minutes behind at most";

/** After the faults have stopped, so many minutes are enough for everything to be right: the longest cadence and a bit. */
const CONVERGENCE_MINUTES = 420;
/** What is left to happen after so many takes hours: then panels look in less often, and so does cron, which has to be made up for. */
const BUSY_MINUTES = 30;
/** After so many, everything goes its usual way again. */
const SETTLED_MINUTES = 4;
/** A minute that is remembered from a clock that was ahead is waited for, where it is not more than so many ahead. */
const AHEAD_MINUTES = 15;
const LAZY_MINUTES = 10;
/** A message that fails comes again within these. */
const LAST_MINUTES = 3;
/** For so long after the faults the operator goes on as before; then what waits is settled. */
const MEDDLING_MINUTES = 240;

/** Plays one seed. Throws only where the simulation itself breaks down: what the product does wrong is in the result. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, ticks, orders, backend, trace, crashAtStep } = options;
  const draws = new Draws(seed, "scenario");
  const faultPlan = crashAtStep === undefined ? faultPlanOf(seed, ticks) : NO_FAULT_PLAN;
  let [setUpSteps, stepsTaken] = [Infinity, 0];
  let panels: ReadonlyMap<string, string> | null = null;
  const system: System = new System({
    seed,
    backend,
    onCommit: () => watch?.look(),
    onApiV2Call: (url, fields, answer, since) => {
      const panel = panels?.get(fields.get("key") ?? "");
      if (watch !== null && panel !== undefined) checkAnswer(watch, { panel, url }, { fields, answer, since });
    },
    rates: NO_FAULTS,
    plan: draws.chance(0.5) ? "free" : "paid",
    startsAt: faultPlan.oneTime.startsAt,
    ...(crashAtStep === undefined ? {} : { crashAtStep: (step: number) => (step < setUpSteps ? null : crashAtStep(step - setUpSteps)) }),
    ...(trace === undefined ? {} : { trace }),
  });
  // It needs temporary triggers, which D1 has not: there the final state is compared with the other backend's.
  const watch = backend.isLocal ? watchOf(system) : null;
  await watch?.begin();
  const letGo = ruleGlobals(system.scheduler);
  try {
    // A crash at each step is tried: there are as few as will do.
    const few = crashAtStep === undefined ? {} : { newcomers: 0, receivers: "calm" as const };
    const participants = await during(system, setUpParticipants(system, { ...options, ...few, isHostile: faultPlan.isHostile }));
    if (watch !== null) listenFor(watch.owners, participants);
    setUpSteps = system.steps;
    panels = participants.panels;
    system.backgroundFaults.rates = faultPlan.background;
    const state = new RunState(system, participants, watch, faultPlan.oneTime);
    const minutes = faultPlan.punctual ? ticks + SECOND_CADENCE_MINUTES : ticks;
    await actUnderFaults(state, draws, { ticks: minutes, orders, faultPlan });
    stepsTaken = system.steps;
    const recovery = await actWithoutFaults(state);
    const wrongs = await wrongsAtEnd(state);
    return {
      seed,
      wrongs,
      digest: await digestOf(backend),
      minutes: minutes + recovery.minutes,
      steps: stepsTaken - setUpSteps,
      outcomes: await outcomesOf(backend),
      stats: statsOf(state, recovery),
      met: state.met,
    };
  } finally {
    letGo();
  }
}

/** `punctual`: nothing is wrong with the providers, and with the rest only now and then. */
type FaultPlan = {
  readonly oneTime: OneTimeFaults;
  readonly background: FaultRates;
  readonly faultyProviders: ReadonlySet<string>;
  readonly punctual: boolean;
  /** A panel does what harm it can. */
  readonly isHostile: boolean;
};
type Course = { readonly ticks: number; readonly orders: number; readonly faultPlan: FaultPlan };

const NO_FAULT_PLAN: FaultPlan = {
  oneTime: NO_ONE_TIME_FAULTS,
  background: NO_FAULTS,
  faultyProviders: new Set(),
  punctual: false,
  isHostile: false,
};

/** In some runs one provider alone has faults, and nobody else must notice (docs/guarantees.md, R11); in some, everybody has to be in time. */
function faultPlanOf(seed: number, ticks: number): FaultPlan {
  const draws = new Draws(seed, "fate");
  if (draws.chance(SPECIAL)) return { ...NO_FAULT_PLAN, faultyProviders: new Set([draws.pick(PROVIDERS)]) };
  if (draws.chance(SPECIAL)) return { ...NO_FAULT_PLAN, punctual: true, isHostile: new Draws(seed, "harm").chance(0.75) };
  return {
    ...NO_FAULT_PLAN,
    oneTime: drawOneTimeFaults(draws, ticks),
    background: drawFaultRates(new Draws(seed, "climate")),
    faultyProviders: new Set(PROVIDERS),
    isHostile: new Draws(seed, "harm").chance(0.1),
  };
}

const SPECIAL = 0.12;
/** After half an hour orders are asked about every five minutes: it is then that a minute that is left out shows. */
const SECOND_CADENCE_MINUTES = 30;

function watchOf(system: System): Watch {
  return new Watch({
    backend: system.backend,
    world: () => system.world,
    lifeOf: (provider, id) => {
      const order = system.world.providers.get(provider)?.orders.get(id);
      // A whole of several parts is told by words of its own.
      return order === undefined || order.parts !== undefined ? null : order.life;
    },
    isBent: (name) => {
      const provider = system.world.providers.get(name);
      return provider !== undefined && bendsRemains(provider);
    },
    now: () => system.now,
    trace: (line) => system.trace(line),
  });
}

/** Nothing that is waited for by itself takes longer. */
const MAX_SECONDS = 10_000;

/** The provider of an API v2 endpoint; undefined at that of the own catalogue. */
/** What panels are told of whose orders there are, the owners hear. */
function listenFor(owners: Owners, { newcomers, registeringPanel }: Participants): void {
  registeringPanel.onRegistered = (registered) => owners.registered(registered);
  for (const newcomer of newcomers) {
    newcomer.onAdopted = (adoption) => owners.adopted(adoption);
    newcomer.onRegistered = (registered) => owners.registered(registered);
  }
}

function providerIn(url: string): string | undefined {
  return /\/api\/v2\/(.+)$/.exec(url)?.[1];
}

/** A script's request that came in at `since`, in epoch ms, and what it was answered; null where nothing was. */
type Answered = { readonly fields: URLSearchParams; readonly answer: string | null; readonly since: number };

const ABOUT_ORDERS: ReadonlySet<string> = new Set(["status", "refill", "cancel"]);

/** Checks whose orders a script hears of, and the panel statuses that it gets; and notes where it got no answer. */
function checkAnswer(
  { apiV2, owners }: Watch,
  { panel, url }: { readonly panel: string; readonly url: string },
  { fields, answer, since }: Answered,
): void {
  const [action, provider] = [fields.get("action") ?? "", providerIn(url)];
  if (!ABOUT_ORDERS.has(action)) return;
  const ids = (fields.get("orders") ?? fields.get("order") ?? "").split(",");
  if (provider !== undefined) owners.answered({ panel, provider, action, ids, text: answer ?? "", since });
  if (action !== "status") return;
  const endpoint = provider === undefined ? panel : `${panel}/${provider}`;
  if (answer === null || answer === "") apiV2.unanswered(endpoint, ids);
  else apiV2.answered(endpoint, ids, answer, since);
}

/** Lets time go by until some work is done. */
async function during<T>(system: System, work: Promise<T>): Promise<T> {
  const progress = { done: false };
  const settled = work.finally(() => {
    progress.done = true;
  });
  settled.catch(() => undefined);
  for (let seconds = 0; !progress.done && seconds < MAX_SECONDS; seconds++) await system.scheduler.runUntil(system.now + 1000);
  if (!progress.done) throw new Error("something never came to an end");
  return settled;
}

async function actUnderFaults(
  state: RunState,
  draws: Draws,
  { ticks, orders, faultPlan: { faultyProviders, punctual } }: Course,
): Promise<void> {
  const { system, participants } = state;
  const start = system.now;
  const each = Math.ceil(orders / 10);
  const bought = purchasesIn(participants, draws.next(), each);
  const shapes = new Map(participants.providers.map((provider) => [provider.name, provider.modes.map(inputOf)]));
  const everywhere = new Set(participants.providers.map(({ name }) => name));
  const sound = new Set([...everywhere].filter((name) => !faultyProviders.has(name)));
  for (let minute = 0; minute < ticks; minute++) {
    await system.pass(1);
    await state.applyFaults(minute);
    if (punctual) state.beBadFor(minute);
    await state.punctuality.look(start, punctual ? everywhere : sound, punctual ? everywhere : sound);
    if (sound.size > 0) await state.staleness.look(sound);
    buyDue(bought, system.now - start, system.now);
    turnOrders(system.world, system.now, state.turned);
    if (minute % 10 === 5) {
      for (const provider of participants.providers.filter(({ name }) => faultyProviders.has(name))) {
        const faults = changeFaults(provider, shapes.get(provider.name) ?? [], draws);
        for (const mode of faults) state.modes.add(modeOf(mode));
        system.trace(`${provider.name}: ${faults.join(", ") || "clear"}`);
      }
    }
    act(state, orders / Math.max(1, Math.min(ticks, 60)), minute % 10 === 9 ? "operator" : "panels", false);
  }
  for (const provider of participants.providers) changeFaults(provider, shapes.get(provider.name) ?? [], new Never());
  buyDue(bought, Number.MAX_SAFE_INTEGER, system.now);
}

/** What the scripts sell: most of them so much, and a third of it the one that sells all twice, and that of subscriptions. */
function purchasesIn({ offers, providers }: Participants, seed: number, each: number): Bought[] {
  const few = Math.ceil(each / 3);
  // Of a post nobody here knows how much was ordered, so nobody can tell that more remains.
  const exceeds = providers.some((provider) => hasMode(provider, "remains_exceeds_quantity"));
  const bought = [...offers].flatMap(([{ id, panel }, offer]): Bought[] => {
    if (id === "posts" && exceeds) return [];
    const isSpecial = id === "twin" || id === "posts";
    const one = purchasesOf(seed, [panel], [offer], isSpecial ? few : each);
    return id === "twin" ? twiceEach(one) : id === "posts" ? subscriptionsFor(one) : one;
  });
  return bought.toSorted((a, b) => a.afterMs - b.afterMs);
}

/** A provider's mode as it is written. */
function inputOf({ mode, value, every }: { mode: string; value: string | number | null; every: number }): string {
  return `${mode}${value === null ? "" : `=${value}`}${every === 1 ? "" : `/${every}`}`;
}

/** Nothing happens by chance. */
class Never extends Draws {
  constructor() {
    super(0);
  }
  override chance(): boolean {
    return false;
  }
}

/** What everybody does in a minute, each in a moment of their own. */
function act(
  { system, participants, orderReader, wrongs, hasEnded }: RunState,
  share: number,
  who: "panels" | "operator",
  final: boolean,
): void {
  const spawn = (work: () => Promise<unknown>): void =>
    system.scheduler.in(
      system.backgroundFaults.draws.between(0, 50_000),
      () => void work().catch((error: unknown) => wrongs.push(`somebody failed: ${String(error)}`)),
    );
  spawn(() => participants.registeringPanel.act(share));
  for (const script of participants.scripts) spawn(() => script.act());
  const { hostilePanel } = participants;
  if (!hasEnded && hostilePanel !== null) spawn(() => hostilePanel.act());
  if (!hasEnded) for (const newcomer of participants.newcomers) spawn(() => newcomer.act());
  if (who === "operator") spawn(() => participants.operator.act(final));
  if (system.backgroundFaults.draws.chance(0.3)) {
    const client = new RestClient(system, new Process(system.scheduler, "order reader"), new Draws(1, "order reader"));
    spawn(() => orderReader.read(client, "books", system.now));
  }
  for (const reader of participants.readers) {
    const client = new RestClient(system, new Process(system.scheduler, `reader of ${reader.panel}`), new Draws(1, reader.panel));
    if (system.backgroundFaults.draws.chance(0.3)) spawn(() => reader.read(client));
  }
}

type Recovery = { readonly minutes: number; readonly caughtUpAfter: number };

/** The faults stop, and so many minutes later everybody must be at rest. */
async function actWithoutFaults(state: RunState): Promise<Recovery> {
  const { system, participants, staleness } = state;
  state.end();
  system.backgroundFaults.rates = NO_FAULTS;
  const everywhere = new Set(participants.providers.map(({ name }) => name));
  const rests = (): boolean =>
    participants.registeringPanel.rests && participants.scripts.every(({ panel }) => panel.rests) && system.queue.underWay === 0;
  const settledAfter = SETTLED_MINUTES + (state.clocksAreRight ? 0 : AHEAD_MINUTES);
  const settledAt = system.now + settledAfter * MINUTE_MS;
  let minutes = 0;
  let caughtUpAfter = 0;
  while (minutes < CONVERGENCE_MINUTES || (!rests() && minutes < 3 * CONVERGENCE_MINUTES)) {
    const step = minutes < BUSY_MINUTES ? 1 : LAZY_MINUTES;
    await system.pass(step);
    minutes += step;
    if (minutes > settledAfter && minutes <= BUSY_MINUTES) await state.punctuality.look(settledAt, everywhere);
    turnOrders(system.world, system.now, state.turned);
    act(state, 1000, minutes % 20 === 0 ? "operator" : "panels", minutes > MEDDLING_MINUTES);
    if ((await staleness.look(everywhere)).ofOld > 0) caughtUpAfter = minutes;
  }
  return { minutes, caughtUpAfter };
}

async function wrongsAtEnd(state: RunState): Promise<string[]> {
  const { system, participants, watch, lost, staleness } = state;
  await comeToRest(state);
  for (const reader of participants.readers) {
    const client = new RestClient(system, new Process(system.scheduler, `reader of ${reader.panel}`), new Draws(2, reader.panel));
    await during(system, reader.read(client));
  }
  const { backend, world } = system;
  const twin = participants.scripts.find(({ id }) => id === "twin");
  for (const link of [...system.slowSales, ...(watch?.doubtedLinks ?? [])]) twin?.excused.add(link);
  await excuseWhatOthersHave(backend, participants.scripts);
  if (watch !== null) excuseWhatOthersHad(watch, participants.scripts, state.restores);
  const altered = new Set([...participants.operator.altered, ...(await rejectedOrders(backend))]);
  return [
    ...(watch?.wrongs ?? []),
    ...(watch === null ? [] : wrongsOfWatched(state, watch)),
    ...staleness.wrongs,
    ...state.punctuality.wrongs,
    ...state.wrongs,
    ...(state.clocksAreRight ? state.orderReader.wrongs : []),
    ...(await wrongsOfLedger(backend)),
    ...wrongsOfAcknowledged(participants.registeringPanel.orders, participants.readers),
    ...(await wrongsOfAdopted(backend)),
    ...(await wrongsOfParts(backend)),
    ...(watch === null ? [] : await wrongsOfAccounts(backend, participants.registeringPanel.orders, watch.refunds())),
    ...(await wrongsOfTruth(backend, world, system.now)),
    ...(await wrongsOfReaders(backend, participants.readers, lost)),
    ...(await wrongsOfFollowers(state)),
    ...participants.scripts.flatMap((script) => wrongsOfScript(script, world, altered)),
    ...(await wrongsOfGifts(backend, participants.operator.gifts, state.restores === 0)),
    ...(state.restores === 0 ? await wrongsOfDeadLetters(backend, system.queue.dead) : []),
    ...wrongsOfTraffic(system, participants.limits),
    ...(participants.hostilePanel?.wrongs(system.plan, state.clocksAreRight) ?? []),
    ...(participants.registeringPanel.rests ? [] : ["some registrations were never acknowledged"]),
  ];
}

/** Longer than a day, and than the longest wait for another attempt behind it. */
const MOST_MINUTES_TO_TELL = 32 * 60;

/** Cron goes on until those who follow by webhooks were told of everything: a server may still be away. Then nothing is under way. */
async function comeToRest({ system, participants: { followers } }: RunState): Promise<void> {
  const isTold = async (): Promise<boolean> => {
    for (const follower of followers) if (!(await follower.knowsAll(system.backend))) return false;
    return true;
  };
  for (let waited = 0; ; waited += LAZY_MINUTES) {
    // What the last tick has begun comes to its end.
    for (let minutes = 0; minutes === 0 || (system.queue.underWay > 0 && minutes < LAST_MINUTES); minutes++)
      await system.scheduler.runUntil(system.now + MINUTE_MS);
    if (waited >= MOST_MINUTES_TO_TELL || (await isTold())) return;
    await system.pass(LAZY_MINUTES);
  }
}

/** Who follows by webhooks alone was told of each change as it is, and knows every order as it is. */
async function wrongsOfFollowers({ system: { backend }, participants: { followers }, lost }: RunState): Promise<string[]> {
  const wrongs: string[] = [];
  for (const follower of followers) wrongs.push(...(await follower.wrongsAtEnd(backend)));
  const ofEverything = followers.filter(({ settings }) => settings.types === null).map(({ reader }) => reader);
  wrongs.push(...(await wrongsOfReaders(backend, ofEverything, lost)));
  return wrongs.map((wrong) => `by webhooks: ${wrong}`);
}

/** What follows from having seen each commit. What was shown, asked for or counted in lost time, is not known any more. */
function wrongsOfWatched({ system, clocksAreRight, restores }: RunState, watch: Watch): string[] {
  const { apiV2, brakes, owners, refillsWanted, cancelsWanted } = watch;
  return [
    ...apiV2.wrongs,
    ...owners.wrongs,
    ...(clocksAreRight ? brakes.wrongs : []),
    ...(restores === 0
      ? [
          ...apiV2.outdated(system.now),
          ...wrongsOfRefills(system.world, (order) => (refillsWanted.get(order) ?? 0) + (owners.refillsPassedOn.get(order) ?? 0)),
          ...wrongsOfCancels(system.world, new Set([...cancelsWanted, ...owners.cancelsPassedOn])),
        ]
      : []),
  ];
}

/** What a script had placed before, and another panel was the first to ask about: the script hears that it is none of its own. */
async function excuseWhatOthersHave(backend: Backend, scripts: readonly Script[]): Promise<void> {
  const sql = `SELECT panel, provider_order_id FROM orders WHERE provider = '${PROVIDERS[0]}'`;
  const [found] = await backend.run([{ sql, params: [] }]);
  const holders = new Map((found?.results ?? []).map(({ panel, provider_order_id }) => [String(provider_order_id), panel]));
  for (const { id: panel, panel: actor, excused } of scripts) {
    const brought = actor.shop.orders.filter(({ link }) => link.includes("/brought/"));
    for (const { id, link } of brought) if ((holders.get(String(id)) ?? panel) !== panel) excused.add(link);
  }
}

/** The same of what another panel has had in a time that was lost; and after a restore of all that the script placed. */
function excuseWhatOthersHad({ owners }: Watch, scripts: readonly Script[], restores: number): void {
  for (const { id: panel, panel: actor, excused } of scripts) {
    const wasAnothers = ({ id }: ShopOrder): boolean => owners.wasAnothers(`${PROVIDERS[0]}/${String(id)}`, panel);
    for (const order of actor.shop.orders) {
      const isPerhaps = restores > 0 || order.link.includes("/brought/");
      if (isPerhaps && [order, ...actor.shop.partsOf(order)].some(wasAnothers)) excused.add(order.link);
    }
  }
}

/** Orders, as `panel/id`, of which a person has rejected something. */
async function rejectedOrders(backend: Backend): Promise<string[]> {
  const sql = `SELECT DISTINCT o.panel || '/' || o.id AS name FROM refunds r JOIN orders o ON o.panel = r.panel AND o.n = r.order_n
    WHERE r.status = 'rejected' AND r.decided_by <> 'rules'`;
  const [found] = await backend.run([{ sql, params: [] }]);
  return (found?.results ?? []).map(({ name }) => String(name));
}

/**
 * What is wrong in a panel's own records. Of orders that its script has ordered anew by the protocol's rule, or that are
 * lost, only this can be asked: that it paid back once, and no more than was paid. So of those of which a person has
 * decided otherwise than was due: what their script was told, the model has judged. They must have ended, too.
 */
function wrongsOfScript({ id, panel, excused }: Script, world: System["world"], altered: ReadonlySet<string>): string[] {
  const isAltered = (order: ShopOrder): boolean => [order, ...panel.shop.partsOf(order)].some((each) => altered.has(`${id}/${each.id}`));
  const others = panel.shop.orders.filter((order) => isAltered(order) && !excused.has(order.link));
  const left = new Set([...excused, ...others.map(({ link }) => link)]);
  const theirs = panel.shop.orders.filter(({ link }) => left.has(link));
  const customers = theirs.map(({ customer }) => `${panel.name}: ${customer} has `);
  const starts = [...[...left].map((link) => `${panel.name}: ${link} (`), ...customers];
  const tooMuch = theirs.filter(({ refunds, paid }) => refunds.length > 1 || refunds.some((refund) => refund > paid));
  const open = others.filter(({ state }) => state !== "ended" && state !== "failed");
  return [
    ...wrongsOf(panel, world).filter((wrong) => !starts.some((start) => wrong.startsWith(start))),
    ...tooMuch.map(({ link, refunds, paid }) => `${panel.name}: ${link} was paid back ${refunds.join(" and ")} of ${paid}`),
    ...open.map(({ link, word }) => `${panel.name}: ${link} never ended, and was told ${String(word)}`),
  ];
}

const TABLES = ["panels", "orders", "refunds", "changes", "transfers", "audit", "webhooks", "webhook_deliveries"] as const;

async function digestOf(backend: Backend): Promise<string> {
  const hash = createHash("sha256");
  for (const table of TABLES) {
    const [rows] = await backend.run([{ sql: `SELECT * FROM ${table} ORDER BY 1, 2, 3, 4`, params: [] }]);
    hash.update(JSON.stringify(rows?.results));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Orders of a panel at a provider, under the same id there and for the same link, are the same order. */
async function outcomesOf(backend: Backend): Promise<ReadonlyMap<string, OrderEnd>> {
  const [rows] = await backend.run([
    {
      sql: `SELECT panel || ' ' || provider || ' ' || provider_order_id || ' ' || coalesce(link, id) || ' ' || coalesce(quantity, '') AS order_key,
        status || ', refunded ' || refunded || ' of ' || coalesce(charge, 'nothing') AS stands, cancel_status AS cancel FROM orders`,
      params: [],
    },
  ]);
  return new Map(
    (rows?.results ?? []).map(({ order_key, stands, cancel }) => [
      String(order_key),
      { stands: String(stands), cancel: cancel as string | null },
    ]),
  );
}

function statsOf(
  { system, participants, watch, staleness, orderReader, restores }: RunState,
  { caughtUpAfter }: Recovery,
): Record<string, number> {
  return {
    calls: system.calls,
    requests: system.requests,
    messages: system.queue.sent,
    deliveries: system.queue.deliveries,
    lost: system.queue.lost,
    dead: system.queue.dead.size,
    crashes: system.crashes,
    restores,
    changes: participants.readers.reduce((sum, reader) => sum + reader.changes, 0),
    "webhooks sent": participants.followers.reduce((sum, { deliveries }) => sum + deliveries, 0),
    decisions: participants.operator.decisions,
    dismissals: participants.operator.dismissed,
    "steps compared": watch?.compared ?? 0,
    "changes compared": watch?.changesCompared ?? 0,
    "answers compared": watch?.apiV2.compared ?? 0,
    "orders outranked": watch?.owners.outranked ?? 0,
    "orders refused": watch?.owners.refusals ?? 0,
    brakes: watch?.brakes.engaged ?? 0,
    refills: [...system.world.providers.values()].reduce((sum, provider) => sum + provider.refills.size, 0),
    "orders read": orderReader.compared,
    [CATCH_UP]: caughtUpAfter,
    [BEHIND]: staleness.longest,
  };
}

/**
 * A run under way: the system and its participants, the one-time faults, and what is measured meanwhile.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Participants } from "./participants.ts";
import { DAY_MS, type OneTimeFaults, type OneTimeFault, nameOf } from "./one-time-faults.ts";
import { restoreDatabase, type Saved, saveDatabase } from "./restore.ts";
import { MINUTE_MS, type System } from "./system.ts";
import { Staleness } from "./staleness.ts";
import { NO_FAULTS } from "./background-faults.ts";
import type { Memory, Watch } from "./watch.ts";
import { OrderReader } from "./order-reader.ts";
import { bendsRemains, hasMode } from "./providers.ts";
import { Punctuality } from "./punctuality.ts";

/** What an operator runs after a restore. */
const RESTORED = readFileSync(join(import.meta.dirname, "../scripts/restored.sql"), "utf8");

/** A tick that is under way, late or slow; and one that finds the minute before it remembered. */
const FOUND_OUT_MINUTES = 5;

type Copy = { readonly at: number; readonly saved: Saved; readonly memory: Memory | null };

export class RunState {
  readonly system: System;
  readonly participants: Participants;
  readonly watch: Watch | null;
  readonly staleness: Staleness;
  readonly orderReader: OrderReader;
  readonly punctuality: Punctuality;
  readonly #oneTimeFaults: OneTimeFaults;
  #copy: Copy | null = null;
  /** Orders, as `panel/id`, that changed, or came to be, in a time that is lost. */
  readonly lost = new Set<string>();
  restores = 0;
  /** The faults have stopped. */
  hasEnded = false;
  /** The bends and faults of the providers that were met, by their modes. */
  readonly modes = new Set<string>();
  /** Orders at providers whose life was looked at, as `provider/id`. */
  readonly turned = new Set<string>();
  readonly wrongs: string[] = [];
  /** For how many minutes the database has taken nothing while nothing else befell it, and how much the ticks had sent a minute ago. */
  #spentFor = 0;
  #sentBefore = 0;
  /** Clocks were set back, and came to minutes that are covered: the first tick after these has yet to send, and find out. */
  #wasSetBack = false;

  constructor(system: System, participants: Participants, watch: Watch | null, oneTimeFaults: OneTimeFaults) {
    this.system = system;
    this.participants = participants;
    this.watch = watch;
    this.staleness = new Staleness(system, new Set(participants.providers.filter(bendsRemains).map(({ name }) => name)));
    this.orderReader = new OrderReader((provider, id) => {
      const order = system.world.providers.get(provider)?.orders.get(id);
      // A whole that is completed stays as it was until its parts were heard of.
      return order === undefined || order.parts !== undefined ? null : order.life;
    });
    for (const { modes } of participants.providers) for (const { mode } of modes) this.modes.add(mode);
    this.#oneTimeFaults = oneTimeFaults;
    this.punctuality = new Punctuality(system, participants.registeringPanel, new Set(participants.limits.keys()), this.clocksAreRight);
  }

  /** Everything that went wrong so far, by name. */
  get met(): ReadonlySet<string> {
    return new Set([...this.system.backgroundFaults.met, ...this.modes, ...this.#oneTimeFaults.faults.map(nameOf)]);
  }

  /** Only every third minute is a bad one: what fails in it must be done again soon after. */
  beBadFor(minute: number): void {
    const isBad = minute % 3 === 0;
    this.system.quota = isBad && this.system.backgroundFaults.draws.chance(0.5) ? "queue" : null;
    this.system.backgroundFaults.rates = isBad ? { ...NO_FAULTS, crashAtFirst: 0.5 } : NO_FAULTS;
  }

  /** From now on nothing goes wrong any more. */
  end(): void {
    this.hasEnded = true;
    for (const follower of this.participants.followers) follower.calm();
    this.system.quota = null;
    this.system.clockOffMs = 0;
    this.staleness.mark();
  }

  /** Whether a time that the product has written down can be believed. */
  get clocksAreRight(): boolean {
    return this.#oneTimeFaults.faults.every(({ kind }) => kind !== "clock");
  }

  /** The one-time faults of this minute of the run. */
  async applyFaults(minute: number): Promise<void> {
    this.#watchTicks();
    for (const fault of this.#oneTimeFaults.faults) await this.#apply(fault, minute);
    if (this.system.quota !== null && Math.floor(this.system.now / DAY_MS) > Math.floor(this.#oneTimeFaults.startsAt / DAY_MS))
      this.#setQuota("midnight", null);
  }

  async #apply(fault: OneTimeFault, minute: number): Promise<void> {
    switch (fault.kind) {
      case "queue_lost":
        if (minute !== fault.minute) return;
        this.system.trace("all that waits in the queue is lost");
        return this.system.queue.lose();
      case "quota":
        if (minute === fault.minute) this.#setQuota(`used up for today: ${fault.what}`, fault.what);
        return;
      case "clock":
        if (minute === fault.minute) this.#setClocks(fault.byMs);
        else if (minute === fault.minute + fault.minutes) this.#setClocks(0);
        return;
      case "restore":
        if (minute === fault.minute - fault.back) await this.#save();
        else if (minute === fault.minute) await this.#restore();
    }
  }

  #setQuota(what: string, quota: System["quota"]): void {
    this.system.trace(what);
    this.system.quota = quota;
    this.#spentFor = 0;
  }

  /** While nothing can be written ticks send nothing, but for the one that finds it out (docs/guarantees.md, R15). */
  #watchTicks(): void {
    const { quota, sentByTicks } = this.system;
    if (quota === "writes" || quota === "database") this.#spentFor += 1;
    if (this.#spentFor > FOUND_OUT_MINUTES && sentByTicks > this.#sentBefore) {
      if (!this.#wasSetBack) this.wrongs.push(`ticks sent ${sentByTicks - this.#sentBefore} messages while the database took nothing`);
      this.#wasSetBack = false;
    }
    this.#sentBefore = sentByTicks;
  }

  #setClocks(byMs: number): void {
    this.system.trace(`all clocks are off by ${byMs / MINUTE_MS} minutes`);
    this.#wasSetBack ||= byMs < this.system.clockOffMs;
    this.system.clockOffMs = byMs;
    this.#spentFor = 0;
    // What was sent two minutes ago or less seems older, or younger, to the consumer that gets it again.
    for (const script of this.participants.scripts) script.excuseUnsent(-Infinity);
  }

  async #save(): Promise<void> {
    this.#copy = { at: this.system.now, saved: await saveDatabase(this.system.backend), memory: this.watch?.remember() ?? null };
  }

  /** The database is put back; the operator does what the manual says, and the panels what the operator tells them. */
  async #restore(): Promise<void> {
    if (this.#copy === null) return;
    const { at, saved, memory } = this.#copy;
    this.system.trace(`the database is put back to ${new Date(at).toISOString()}`);
    this.restores += 1;
    this.#spentFor = 0;
    const before = await this.#lastChanges();
    await restoreDatabase(this.system.backend, saved);
    for (const follower of this.participants.followers) follower.startOver();
    const after = await this.#lastChanges();
    for (const [key, change] of before) if (after.get(key) !== change) this.lost.add(key);
    const seconds = Math.floor(this.system.now / 1000);
    await this.system.backend.run([{ sql: RESTORED.replace("unixepoch()", String(seconds)), params: [] }]);
    if (memory !== null) await this.watch?.recall(memory);
    this.participants.registeringPanel.registerAgain(at);
    for (const script of this.participants.scripts) script.excuseUnsent(at);
    for (const [key] of before) if (!after.has(key)) this.#lose(key);
  }

  /**
   * What a panel bought in the lost time under an id of ours is nobody's any more: a person has to put it right there.
   * Under the provider's id it is found again, and told in the provider's own words, which may make sense only to
   * somebody who knows how much was ordered.
   */
  #lose(key: string): void {
    const isPlain = this.participants.providers.every((provider) => !hasMode(provider, "remains_exceeds_quantity"));
    for (const script of this.participants.scripts) {
      const { orders, parts } = script.panel.shop;
      const lost = [...orders, ...parts].filter(({ id }) => key === `${script.id}/${id}`);
      for (const order of lost) if (!isPlain || script.isOurs(order)) script.lose(order);
    }
  }

  async #lastChanges(): Promise<ReadonlyMap<string, unknown>> {
    const [result] = await this.system.backend.run([{ sql: "SELECT panel, id, last_change FROM orders", params: [] }]);
    return new Map((result?.results ?? []).map(({ panel, id, last_change }) => [`${String(panel)}/${String(id)}`, last_change]));
  }
}

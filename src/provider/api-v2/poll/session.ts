/**
 * One poll of a provider while it runs: what was answered, what was learned, and whether another call may be made.
 */
import type { Report } from "../../../domain/order-report.ts";
import { failureOfText } from "../call.ts";
import { isUnknownOrder } from "../reading/answer.ts";
import { isAboutId, isNoWord, isSameText, withoutIds } from "../reading/subject.ts";
import { askBalance, askMany, askOne } from "../status.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { mayBeOfTheAsked, type ProviderFailure } from "../../failure.ts";
import type { Capability, DatedReport, PollPort, PollResult, ProviderPort, UnreadAnswer } from "../../client.ts";
import type { ProviderSettings } from "../../settings.ts";

/** The protocol's own limit of ids a call. */
export const MAX_BATCH_SIZE = 100;

/**
 * Calls a poll may spend beyond one for each batch: to find out what a refused or short answer means. Isolating one
 * poisonous id among 100 takes 14, three about 35; what is not found in this poll is found in the next ones, since
 * those that were found are then asked apart.
 */
export const MAX_EXTRA_CALLS = 40;

/**
 * Calls that may fail because of their orders while no order at all is answered, before the poll is given up: a bad order or
 * two stand at the beginning of a sound poll; more than that is a provider whose `status` is out of order.
 */
export const MAX_SET_ASIDE = 4;

/** A call that may have failed because of what was asked in it. `askedAt` in epoch ms, here as below; `call` counts calls. */
export type Fault = {
  readonly kind: "fault";
  readonly ids: readonly string[];
  readonly askedAt: number;
  readonly call: number;
  readonly failure: ProviderFailure;
};

export type Answered = {
  readonly kind: "answered";
  readonly ids: readonly string[];
  readonly askedAt: number;
  readonly call: number;
  /** Whether the answer tells something of each order. */
  readonly complete: boolean;
  /** Those the answer leaves out and that were not suspects: nothing is recorded of them yet. */
  readonly missing: readonly string[];
};

/** No call was made, or it failed in a way that ended the poll. */
export type Unasked = { readonly kind: "unasked"; readonly ids: readonly string[] };

export type CallOutcome = Answered | Fault | Unasked;

type Seen = { readonly id: string; readonly call: number };

/** Shared by calls that are to start only while none of them has failed. It closes before the next one's turn comes. */
export type RunGate = { closed: boolean };

type Call<T> =
  | { readonly kind: "answered"; readonly askedAt: number; readonly call: number; readonly value: T }
  | { readonly kind: "fault"; readonly askedAt: number; readonly call: number; readonly failure: ProviderFailure }
  | { readonly kind: "unasked" };

/** What an answer to a list is that says nothing of the list. */
export const NAMES_NONE: ProviderFailure = { code: "bad_shape", message: "the answer to a list names none of its orders" };

export class PollSession {
  readonly answers = new Map<string, DatedReport>();
  readonly #port: ProviderPort & PollPort;
  readonly #settings: ProviderSettings;
  readonly #suspects: ReadonlySet<string>;
  #capability: Capability;
  #calls = 0;
  #failedCalls = 0;
  #extraCallsLeft = MAX_EXTRA_CALLS;
  #failure: ProviderFailure | null = null;
  /** The refusal that the extra calls were not enough to get to the bottom of. */
  #unsettled: ProviderFailure | null = null;
  #ended = false;
  /** An order that was answered well, and by which call of the poll at last. */
  #well: Seen | null = null;
  /** The same of one whose status was told: no text can show as much. */
  #told: Seen | null = null;
  /** Words about orders' ids that came while an order's status was told before and after. */
  readonly #trusted = new Set<string>();
  #aside: Fault[] = [];
  readonly #asideCalls = new Set<number>();
  readonly #setAside = new Set<string>();
  readonly #refusals: Fault[] = [];
  readonly #unread = new Map<string, UnreadAnswer>();
  #largestList = 0;
  #vouching: Promise<boolean> | null = null;

  constructor(port: ProviderPort & PollPort, settings: ProviderSettings, capability: Capability, suspects: ReadonlySet<string>) {
    this.#port = port;
    this.#settings = settings;
    this.#suspects = suspects;
    const batchSize = Math.min(Math.max(Math.trunc(capability.batchSize) || 1, 1), MAX_BATCH_SIZE);
    this.#capability = { many: capability.many, batchSize };
  }

  get capability(): Capability {
    return this.#capability;
  }

  /** False once the provider is in trouble, or no calls are left. */
  get open(): boolean {
    return !this.#ended;
  }

  get inTrouble(): boolean {
    return this.#port.inTrouble;
  }

  /** Whether the status of any order was told, or an order was refused by a text that says to the letter that there is none. */
  get anyAnswer(): boolean {
    return this.#well !== null;
  }

  /** Whether the status of any order was told. */
  get anyStatus(): boolean {
    return this.#told !== null;
  }

  /** Orders that failed alone while none was answered, and that nothing is concluded of yet. */
  get aside(): readonly Fault[] {
    return this.#aside;
  }

  /** For how many orders a list was answered at best in this poll; 0 when none was. */
  get largestList(): number {
    return this.#largestList;
  }

  /** What was learned goes one way only; the caller forgets it when the provider's settings change. */
  decideMany(many: "yes" | "no"): void {
    if (this.#capability.many !== "no") this.#capability = { ...this.#capability, many };
  }

  shrinkTo(batchSize: number): void {
    if (batchSize < this.#capability.batchSize) this.#capability = { ...this.#capability, batchSize };
  }

  /** Ends the poll on account of the provider. The first trouble is the one told. */
  end(failure: ProviderFailure): void {
    this.#failure ??= failure;
    this.#ended = true;
  }

  /** Records what an answer says of an order, or what became of one that no answer tells of. */
  record(id: string, report: Report, askedAt: number): void {
    this.answers.set(id, { report, askedAt });
  }

  /** An order failed, and none was answered yet that shows whose fault it is. Too many calls of that are the provider's trouble. */
  setAside(fault: Fault): void {
    this.#aside.push(fault);
    for (const id of fault.ids) this.#setAside.add(id);
    if (!this.isKnownGone(fault)) this.#asideCalls.add(fault.call);
    if (!this.anyAnswer && this.#asideCalls.size >= MAX_SET_ASIDE) this.end(fault.failure);
  }

  /** Whether words about an id came for orders that are flagged already: nothing is new of them, nor of the provider. */
  isKnownGone(fault: Fault): boolean {
    return isAboutIds(fault) && fault.ids.every((id) => this.#suspects.has(id));
  }

  /** An order was refused in words about its id, while another's status was told before and after: there is no such order. */
  recordRefused({ ids, askedAt, failure }: Fault): void {
    if (failure.code !== "refused") return;
    this.#trusted.add(withoutIds(failure.message, ids));
    for (const id of ids) this.record(id, { kind: "refused", message: failure.message }, askedAt);
  }

  /** An order was refused, while another was answered, in words that do not say what they are about. */
  noteRefusal(fault: Fault): void {
    this.#refusals.push(fault);
  }

  /** What `noteRefusal` was told. */
  get refusals(): readonly Fault[] {
    return this.#refusals;
  }

  /** Nothing was said that is surely about an order, while the provider works. */
  leaveUnread(id: string, { failure, askedAt }: Pick<Fault, "failure" | "askedAt">, words: string | null = null): void {
    this.#unread.set(id, { failure, words, askedAt });
  }

  /** An order stood in no answer, and nothing is said of it alone either: left out, unless some answer had words for it that are about nothing. */
  recordLeftOut(id: string, askedAt: number): void {
    if (!this.#unread.has(id)) this.record(id, MISSING, askedAt);
  }

  takeAside(): readonly Fault[] {
    const aside = this.#aside;
    this.#aside = [];
    this.#asideCalls.clear();
    return aside;
  }

  /** Asks for orders: a list in a list's form, one alone by `order`, which every server knows. */
  ask(ids: readonly string[], gate: RunGate | null): Promise<CallOutcome> {
    const [id] = ids;
    return ids.length === 1 && id !== undefined ? this.#askAlone(id, gate) : this.#askList(ids, gate);
  }

  /** As `ask`, out of the calls set aside for finding out; `reason` is what is being looked into. */
  async askExtra(ids: readonly string[], reason: ProviderFailure | null): Promise<CallOutcome> {
    return this.#takeExtra(reason) ? this.ask(ids, null) : { kind: "unasked", ids };
  }

  /** As `askExtra`, in a list's form even for one order. */
  async askListExtra(ids: readonly string[], reason: ProviderFailure | null): Promise<CallOutcome> {
    return this.#takeExtra(reason) ? this.#askList(ids, null) : { kind: "unasked", ids };
  }

  async #askList(ids: readonly string[], gate: RunGate | null): Promise<CallOutcome> {
    const call = await this.#call((port) => this.#namedReports(port, ids), gate);
    if (call.kind !== "answered") return { ...call, ids };
    const reports = new Map([...call.value].map(([id, report]) => [id, isNoWordOfOrder(report) ? MISSING : report]));
    for (const [id, report] of call.value)
      if (isNoWordOfOrder(report)) this.leaveUnread(id, { failure: failureOfReport(report), askedAt: call.askedAt });
    const named = ids.filter((id) => reports.get(id)?.kind !== "missing");
    const well = named.filter((id) => isWell(reports.get(id)));
    const told = named.find((id) => reports.get(id)?.kind === "status");
    this.#noteWell(told ?? well[0], call.call, told !== undefined);
    if (named.length > 0) this.decideMany("yes");
    this.#largestList = Math.max(this.#largestList, named.length);
    const trouble = [...call.value.values()].map(troubleInEntry).find((failure) => failure !== null);
    if (trouble != null) this.end(trouble);
    const faults = named
      .filter((id) => !isWell(reports.get(id)))
      .map((id): Fault => ({
        kind: "fault",
        ids: [id],
        askedAt: call.askedAt,
        call: call.call,
        failure: failureOfReport(reports.get(id)),
      }));
    const isSettled = trouble == null && (well.length > 0 || (await this.#areTheirs(faults)));
    for (const id of well) this.record(id, reports.get(id) ?? MISSING, call.askedAt);
    for (const fault of isSettled ? faults : []) this.#judgeEntry(fault);
    for (const id of isSettled ? ids : []) {
      const report = reports.get(id) ?? MISSING;
      if (report.kind === "missing" && this.#suspects.has(id)) this.record(id, report, call.askedAt);
    }
    const missing = ids.filter((id) => reports.get(id)?.kind === "missing");
    const unexpected = missing.filter((id) => !this.#suspects.has(id));
    return { kind: "answered", ids, askedAt: call.askedAt, call: call.call, complete: missing.length === 0, missing: unexpected };
  }

  /** Whether what a list says of its orders, none of them well, is about them. It is set aside while no order was answered. */
  async #areTheirs(faults: readonly Fault[]): Promise<boolean> {
    const [first] = faults;
    if (first === undefined) return true;
    if (!(await this.vouch(first))) return false;
    if (this.anyAnswer) return true;
    for (const fault of faults) this.setAside(fault);
    return false;
  }

  /** An order's entry that is no status, in a list whose call was about its orders. */
  #judgeEntry(fault: Fault): void {
    if (!isAboutIds(fault)) this.noteRefusal(fault);
    else if (this.#told !== null && this.#told.call >= fault.call) this.recordRefused(fault);
    else this.setAside(fault);
  }

  #noteWell(id: string | undefined, call: number, isTold: boolean): void {
    if (id === undefined) return;
    if (call > (this.#well?.call ?? 0)) this.#well = { id, call };
    if (isTold && call > (this.#told?.call ?? 0)) this.#told = { id, call };
  }

  /**
   * The reports on a list. One that names no order leaves them all out only if lists are understood for certain, or if
   * nothing else was to be expected; else it is no better than an error.
   */
  async #namedReports(port: ProviderPort, ids: readonly string[]): Promise<Result<ReadonlyMap<string, Report>, ProviderFailure>> {
    const result = await askMany(port, this.#settings, ids);
    if (!result.ok) return result;
    const { reports, byId } = result.value;
    const namesAny = [...reports.values()].some((report) => report.kind !== "missing");
    const expected = this.#capability.many === "yes" && ids.every((id) => this.#suspects.has(id));
    if (byId && (namesAny || this.#largestList > 1 || expected)) return ok(reports);
    return fail(NAMES_NONE);
  }

  async #askAlone(id: string, gate: RunGate | null): Promise<CallOutcome> {
    const call = await this.#call((port) => askOne(port, this.#settings, id), gate);
    if (call.kind === "unasked") return { ...call, ids: [id] };
    if (call.kind === "fault") return this.#faultOfOne(id, call);
    this.#noteWell(id, call.call, call.value.kind === "status");
    this.record(id, call.value, call.askedAt);
    return { kind: "answered", ids: [id], askedAt: call.askedAt, call: call.call, complete: true, missing: [] };
  }

  /** An order failed alone. Words about its id that were seen to be about orders need no further look. */
  #faultOfOne(id: string, call: Omit<Fault, "ids">): CallOutcome {
    const fault: Fault = { ...call, ids: [id] };
    if (!isAboutIds(fault) || !this.#trusted.has(withoutIds(fault.failure.message, fault.ids))) return fault;
    this.recordRefused(fault);
    return { kind: "answered", ids: fault.ids, askedAt: fault.askedAt, call: fault.call, complete: true, missing: [] };
  }

  /**
   * True when the provider is seen to work after a call failed, so that the fault is down to what was asked in it: an order
   * was answered by a later call, or is now that it is asked again. Where none was answered in this poll, the balance is
   * asked once: it vouches when it is answered, or refused in other words. Else the provider says the same to everything,
   * and the poll ends.
   */
  async vouch(fault: Fault): Promise<boolean> {
    const isOfIds = isAboutIds(fault);
    // No text can show that words about an id are about it: the fault is set aside until an order's status is told.
    if (isOfIds && this.#told === null && this.#well !== null) return true;
    const witness = isOfIds ? this.#told : this.#well;
    if (witness === null) return this.vouchForLists(fault.failure);
    if (witness.call > fault.call) return true;
    const control = await this.askExtra([witness.id], null);
    if (control.kind === "fault") this.end(fault.failure);
    return control.kind === "answered";
  }

  /** As `vouch`, where a list failed that is taken apart next: that any order was answered will do. */
  async vouchForLists(failure: ProviderFailure): Promise<boolean> {
    if (this.#well !== null) return true;
    this.#vouching ??= this.#balanceVouches(failure);
    if (await this.#vouching) return true;
    this.end(failure);
    return false;
  }

  async #balanceVouches(failure: ProviderFailure): Promise<boolean> {
    if (!this.#takeExtra(failure)) return false;
    const call = await this.#call((port) => askBalance(port, this.#settings), null);
    if (call.kind !== "fault") return call.kind === "answered";
    const said = call.failure;
    return said.code === "refused" && !(failure.code === "refused" && isSameText(said.message, failure.message));
  }

  /**
   * The poll's outcome. A refusal nobody got to the bottom of is the provider's trouble when nothing was answered
   * beside it.
   */
  result(): PollResult {
    return {
      answers: this.answers,
      unread: this.#unreadAtLast(),
      capability: this.#capability,
      calls: this.#calls,
      failedCalls: this.#failedCalls,
      failure: this.#failure ?? (this.anyAnswer ? null : this.#unsettled),
    };
  }

  /** A provider in trouble says nothing of anything; but where a few orders are all that it shows in, it may be theirs. */
  #unreadAtLast(): PollResult["unread"] {
    const isOfFew = this.#setAside.size < MAX_SET_ASIDE;
    const isTold = (id: string): boolean => !this.answers.has(id) && (this.#failure === null || (isOfFew && this.#setAside.has(id)));
    return new Map([...this.#unread].filter(([id]) => isTold(id)));
  }

  #takeExtra(reason: ProviderFailure | null): boolean {
    if (this.#extraCallsLeft === 0) {
      this.#unsettled ??= reason;
      return false;
    }
    this.#extraCallsLeft -= 1;
    return true;
  }

  /** One call, when its turn has come and the budget has one left. Trouble of the whole provider's ends the poll. */
  #call<T>(ask: (port: ProviderPort) => Promise<Result<T, ProviderFailure>>, gate: RunGate | null): Promise<Call<T>> {
    return this.#port.slot(async (): Promise<Call<T>> => {
      if (this.#ended || gate?.closed === true) return { kind: "unasked" };
      if (!(await this.#port.takeCall())) {
        this.#ended = true;
        return { kind: "unasked" };
      }
      // Another call can have ended the poll meanwhile; a call of the budget unused is better than one more at a ban.
      if (this.#ended) return { kind: "unasked" };
      this.#calls += 1;
      const call = this.#calls;
      const askedAt = this.#port.now();
      const result = await ask(this.#port);
      if (result.ok) return { kind: "answered", askedAt, call, value: result.value };
      this.#failedCalls += 1;
      if (gate !== null) gate.closed = true;
      if (mayBeOfTheAsked(result.failure)) return { kind: "fault", askedAt, call, failure: result.failure };
      this.end(result.failure);
      return { kind: "unasked" };
    });
  }
}

const MISSING: Report = { kind: "missing" };

/** An order's entry in a list that says nothing of the order: unreadable, of a script that broke over it, or about the call. */
function isNoWordOfOrder(report: Report): boolean {
  if (report.kind === "missing") return report.unread === true;
  return report.kind === "refused" && (isNoWord(report.message) || troubleInEntry(report) !== null);
}

/** The trouble of the whole provider's that an order's entry tells of. */
function troubleInEntry(report: Report): ProviderFailure | null {
  const failure = report.kind === "refused" ? failureOfText(report.message) : null;
  return failure?.code === "refused" ? null : failure;
}

/** Answered by a status, or by a text that says to the letter that there is no such order: the provider is seen to work. */
function isWell(report: Report | undefined): boolean {
  return report?.kind === "status" || (report?.kind === "refused" && isUnknownOrder(report));
}

/** A look at a text takes up to 170 µs, and a fault is asked of several times. */
const ABOUT_IDS = new WeakMap<Fault, boolean>();

/** Whether an order was refused in words that may be about its id. */
export function isAboutIds(fault: Fault): fault is Fault & { readonly failure: Refusal } {
  const { ids, failure } = fault;
  const known = ABOUT_IDS.get(fault);
  if (known !== undefined) return known;
  const isAbout = isRefusal(failure) && ids.every((id) => isAboutId({ texts: [failure.message] }, id));
  ABOUT_IDS.set(fault, isAbout);
  return isAbout;
}

type Refusal = Extract<ProviderFailure, { readonly code: "refused" }>;

/** A readable refusal, and not the words of a script that broke. */
export function isRefusal(failure: ProviderFailure): failure is Refusal {
  return failure.code === "refused" && failure.broken !== true;
}

/** What an order's entry is as a failure, where it is no answer about the order. */
function failureOfReport(report: Report | undefined): ProviderFailure {
  if (report?.kind === "refused") return failureOfText(report.message);
  return { code: "bad_shape", message: "the order's entry in the list says nothing readable of it" };
}

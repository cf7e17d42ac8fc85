/**
 * The status and the money of one order over its history: docs/rules.md, [S5] to [S14], [F1] to [F15], [D1] to [D11].
 *
 * One thing at a time, no clock, nothing stored but what the rules speak of. Amounts are whole micro-units. Where the
 * text is silent, `readings.ts` names the alternatives and `panel-status.ts` lists the answers that may be given.
 */
import { DEFAULT_READING, type Reading } from "./readings.ts";
import { type Due, dueOf, type DueRules, readable } from "./rules.ts";
import { type PanelStatuses, panelStatusesFor } from "./panel-status.ts";
import { isFinal, isActive, type ActiveStatus, type OwnWords, type Shown, type Status, statusOf } from "./words.ts";

export interface Registration {
  readonly charge: number | null;
  readonly quantity: number | null;
  readonly multi: boolean;
  /** What the panel had already returned [F13]. */
  readonly refundedBefore: number;
  /** What the panel already showed. */
  readonly status?: Status;
  /** The words of its provider or service. */
  readonly own?: OwnWords;
  readonly reading?: Partial<Reading>;
}

/** One answer about the order that was written down. */
export interface Heard {
  readonly word: string;
  readonly remains: number | null;
  /** The answer shows that the order has parts. */
  readonly multi?: boolean;
  /** When it counts, in ms; matters to refunds that are delayed. */
  readonly at?: number;
}

export interface Policy extends DueRules {
  readonly mode: "auto" | "hold" | "off";
  /** A posting above it is held. */
  readonly cap: number | null;
  /** What would be posted at once waits for so long, and is posted by the next answer that still says the same. */
  readonly delayMinutes?: number;
}

interface Hold {
  readonly amount: number;
  /** The amount due that it was opened for. */
  readonly due: number;
  /** The amount due was not known. */
  readonly review: boolean;
  /** When it is posted without anybody's decision, ms, and the status that it was promised for; null for one that a person decides. */
  readonly promised: { readonly at: number; readonly status: Shown } | null;
}

/** [D2] */
interface Decision {
  readonly due: number;
  readonly granted: number;
}

export class ModelOrder {
  readonly #charge: number | null;
  readonly #quantity: number | null;
  readonly #own: OwnWords;
  readonly #reading: Reading;

  #multi: boolean;
  #status: Shown;
  #activeStatus: ActiveStatus | null;
  #remains: number | null = null;
  /** Something is known of the order, so that an unknown word changes nothing. */
  #known: boolean;
  /** What an answer said that is believed when a second one says so. */
  #remembered: Status | null = null;

  #refunded: number;
  #goodwill = 0;
  #hold: Hold | null = null;
  #decision: Decision | null = null;
  /** The total due by the last report that had one. */
  #due: number | null = null;
  /** The same as a decision would remember it: a review counts here, and an active word owes nothing. */
  #dueToDecide = 0;
  /** The refund of the final word was neither posted nor held. */
  #undone: boolean;

  constructor({ charge, quantity, multi, refundedBefore, status, own = {}, reading = {} }: Registration) {
    within(refundedBefore, 0, charge ?? Number.MAX_SAFE_INTEGER);
    this.#charge = charge;
    this.#quantity = quantity;
    this.#own = own;
    this.#reading = { ...DEFAULT_READING, ...reading };
    this.#multi = multi;
    this.#status = status ?? "pending";
    this.#activeStatus = status !== undefined && isActive(status) ? status : null;
    this.#known = status !== undefined && this.#reading.registered === "known";
    this.#refunded = refundedBefore;
    this.#undone = isFinal(this.#status);
  }

  get status(): Shown {
    return this.#status;
  }

  /** The last active status; null where there was none. */
  get activeStatus(): ActiveStatus | null {
    return this.#activeStatus;
  }

  /** What came with the last word that counted; beside an active word without a number, the number before it. */
  get remains(): number | null {
    return this.#remains;
  }

  get multi(): boolean {
    return this.#multi;
  }

  /** All that was returned, before the registration too. */
  get refunded(): number {
    return this.#refunded;
  }

  get held(): number {
    return this.#hold?.amount ?? 0;
  }

  /** What is held waits for a decision, and not for its time. */
  get isHeldForAPerson(): boolean {
    return this.#hold !== null && this.#hold.promised === null;
  }

  /** More was returned than is due, goodwill left out [F14] [F15]. */
  get overRefunded(): boolean {
    return this.#due !== null && this.#refunded - this.#goodwill > this.#due;
  }

  panelStatuses(): PanelStatuses {
    return panelStatusesFor({
      status: this.#status,
      activeStatus: this.#activeStatus,
      remains: this.#remains,
      quantity: this.#quantity,
      charge: this.#charge,
      refunded: this.#refunded,
      goodwill: this.#goodwill,
      due: this.#due,
      held: this.#hold !== null,
      undone: this.#undone,
    });
  }

  /** `holdAll`: the brake is on. */
  hear({ word, remains, multi = false, at = 0 }: Heard, policy: Policy, holdAll: boolean): void {
    this.#multi ||= multi;
    const status = statusOf(word, this.#own, this.#multi, this.#reading);
    if (status === null) return this.#hearUnknown();
    this.#known = true;
    if (this.#mustBeSaidAgain(status)) {
      this.#remembered = status;
      return;
    }
    this.#remembered = null;
    const wasDecided = isFinal(this.#status) && this.#decision !== null;
    this.#move(status, readable(remains));
    if (isActive(status)) this.#goOn(wasDecided);
    else this.#settle(this.#dueNow(policy), policy, holdAll, at);
  }

  /** [S13]: nothing follows, but two answers on either side of it are not two in a row. */
  leaveOut(): void {
    this.#remembered = null;
  }

  /** The person grants what is held, or less of it [D1] [D3]. */
  approve(amount: number = this.held): void {
    if (this.#hold === null) throw new RangeError("nothing is held");
    within(amount, 0, this.#hold.amount);
    this.#refunded += amount;
    this.#decision = { due: this.#hold.due, granted: this.#refunded };
    this.#hold = null;
  }

  /** [D3] */
  reject(): void {
    this.approve(0);
  }

  /** A manual refund [D9]. No decision on what is due. */
  goodwill(amount: number): void {
    if (this.#charge === null) throw new RangeError("there is no charge to return from");
    within(amount, 1, this.#charge - this.#refunded);
    this.#refunded += amount;
    this.#goodwill += amount;
    if (this.#hold === null) return;
    const lowered = this.#reading.goodwillAndHold === "lowers" ? this.#hold.amount - amount : this.#hold.amount;
    const left = Math.min(lowered, this.#charge - this.#refunded);
    this.#hold = left > 0 ? { ...this.#hold, amount: left } : null;
  }

  /** A person takes back what was returned, goodwill first. A decision like any other: the same amount due undoes nothing. */
  clawBack(amount: number): void {
    within(amount, 1, this.#refunded);
    this.#goodwill -= Math.min(this.#goodwill, amount);
    this.#refunded -= amount;
    // What is held is still to be decided.
    this.#decision = { due: Math.max(0, this.#dueToDecide - this.held), granted: this.#refunded };
  }

  /** [S12]: it changes nothing, but an order of which nothing was known is shown as unknown. */
  #hearUnknown(): void {
    if (!this.#known) this.#status = "unknown";
    if (this.#reading.unknownBetween === "breaks") this.#remembered = null;
  }

  /** [S7]: since flapping is common. */
  #mustBeSaidAgain(status: Status): boolean {
    const { error, twice } = this.#reading;
    const leavesFinal = isFinal(this.#status) || (error === "final" && this.#status === "error");
    const isNotFinal = isActive(status) || (error === "not_final" && status === "error");
    if (!leavesFinal || !isNotFinal) return false;
    return twice === "any" ? this.#remembered === null : this.#remembered !== status;
  }

  /** A final word is never combined with an older number. */
  #move(status: Status, remains: number | null): void {
    this.#status = status;
    this.#remains = isActive(status) ? (remains ?? this.#remains) : remains;
    if (isActive(status)) this.#activeStatus = status;
  }

  /** An active word moves no money, but a final one before it no longer holds. */
  #goOn(wasDecided: boolean): void {
    const { reopenedHold, activeFlag } = this.#reading;
    if (reopenedHold === "dropped") this.#hold = null;
    // Of what a person has decided about, too, although the amount that was due was not known.
    const hadDue = this.#due !== null || wasDecided;
    if (activeFlag === "always" || (activeFlag === "reopened" && hadDue)) this.#due = 0;
    this.#dueToDecide = 0;
  }

  #dueNow(policy: Policy): Due {
    return dueOf(
      { charge: this.#charge, quantity: this.#quantity, status: this.#status, remains: this.#remains, multi: this.#multi },
      policy,
    );
  }

  /** [F2] */
  #settle(due: Due, policy: Policy, holdAll: boolean, at: number): void {
    if (due.kind === "undecided") return;
    const review = due.kind === "hold";
    const total = review ? due.atMost : due.amount;
    const dueToDecide = review && this.#reading.reviewDue === "nothing" ? 0 : total;
    this.#dueToDecide = dueToDecide;
    // Without an amount there is no difference: a flag stays, and none is raised.
    if (!review) this.#due = total;
    else if (!this.overRefunded) this.#due = null;

    const { openHold } = this.#reading;
    const open = Math.max(0, this.#entitled(total, dueToDecide) - this.#refunded);
    const { due: heldFor, amount: held, review: isReview, promised } = this.#hold ?? {};
    // Goodwill lowers what a later report posts [D9], and so what it leaves waiting.
    const isSame = promised === null && heldFor === dueToDecide && isReview === review && held === open;
    if (openHold === "same_due_stays" && isSame) return;
    const waits = this.#hold !== null && openHold === "stays";
    const before = this.#hold;
    this.#hold = null;
    this.#undone = open > 0 && policy.mode === "off";
    if (open === 0 || policy.mode === "off") return;
    const isHeld = review || waits || holdAll || policy.mode === "hold" || (policy.cap !== null && open > policy.cap);
    if (isHeld) this.#hold = { amount: open, due: dueToDecide, review, promised: null };
    else this.#post({ amount: open, due: dueToDecide }, before, at, (policy.delayMinutes ?? 0) * MINUTE_MS);
  }

  /** At once, or later: the same promise keeps its time. */
  #post({ amount: open, due }: Pick<Hold, "amount" | "due">, before: Hold | null, at: number, delayMs: number): void {
    const isKept = before?.promised?.status === this.#status && before.amount === open;
    const postsAt = isKept && before.promised !== null ? before.promised.at : at + delayMs;
    if (delayMs === 0 || (isKept && at >= postsAt)) this.#refunded += open;
    else this.#hold = { amount: open, due, review: false, promised: { at: postsAt, status: this.#status } };
  }

  /**
   * The total that may be returned by now. After a decision [D3] [D4] only the increase opens, on top of what was granted
   * then. So a lower amount due opens nothing either.
   */
  #entitled(total: number, dueToDecide: number): number {
    if (this.#decision === null) return total;
    const { due, granted } = this.#decision;
    return Math.min(total, granted + dueToDecide - due);
  }
}

const MINUTE_MS = 60_000;

function within(amount: number, least: number, most: number): void {
  if (!Number.isSafeInteger(amount) || amount < least || amount > most) {
    throw new RangeError(`${amount} micro-units are not between ${least} and ${most}`);
  }
}

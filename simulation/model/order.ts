/**
 * The status and the money of one order over its history, written from the domain's text: "Refund rules" with the memory
 * of decisions, orders without a charge, orders of several parts, the refund policy.
 *
 * One thing at a time, no clock, nothing stored but what the rules speak of. Amounts are whole micro-units. Where the
 * text is silent, the line says what was decided.
 */
import { type Due, dueOf, type DueRules, isTooEarly, NO_PARTS, type PartsKnown, readable, shareOf, type Why } from "./rules.ts";
import { type PanelStatuses, panelStatusesFor } from "./panel-status.ts";
import { isActive, isFinal, type ActiveStatus, type OwnWords, type Shown, type Status, statusOf } from "./words.ts";

export interface Registration {
  readonly charge: number | null;
  readonly quantity: number | null;
  readonly multi: boolean;
  /** What the panel had already returned. */
  readonly refundedBefore: number;
  /** What the panel already showed. */
  readonly status?: Status;
  /** The words of its provider or service. */
  readonly own?: OwnWords;
  /** No script asks about it: its panel hears of everything at once. */
  readonly isHeardAtOnce?: boolean;
}

/** One answer about the order that was written down. */
export interface Heard {
  readonly word: string;
  readonly remains: number | null;
  /** It came with a number that nobody can read. */
  readonly isUnreadable?: boolean;
  /** The provider's own charge reads 0. */
  readonly isFree?: boolean;
  /** The answer shows that the order has parts. */
  readonly multi?: boolean;
  /** When it counts, ms. */
  readonly at?: number;
  /** Whether the panel went by the provider's own word before, where the text leaves that open. */
  readonly wasLeft?: boolean;
}

export interface Policy extends DueRules {
  readonly mode: "auto" | "hold" | "off";
  /** A posting above it is held. */
  readonly cap: number | null;
  /** What would be posted at once waits for so long, and is posted by the next answer that still says the same. */
  readonly delayMinutes?: number;
  /** An order in error for so long is held for a person. */
  readonly errorAfterHours?: number | null;
}

/** What waits, of a refund or of the mere word. */
interface Hold {
  /** Null where the provider's word alone is at stake. */
  readonly amount: number | null;
  /** The total due behind it; null where nobody knows it. */
  readonly due: number | null;
  /** A person has to decide by the rules, and not because of the policy, the brake or an earlier decision. */
  readonly review: "remains" | "parts" | "error" | null;
  /** When it happens without anybody's decision, ms; null where a person decides. */
  readonly promisedAt: number | null;
  /** Why it is promised, of an amount that is. */
  readonly why?: Why;
  /** The status that it is about. */
  readonly status: Shown;
}

/** What a person decided last: the status it was about, what was due then (null: unknown), what was granted in all. */
interface Decision {
  readonly status: Shown;
  /** The status in which the order stood meanwhile: an error is no end, and what waits stays. */
  readonly madeIn: Shown;
  readonly due: number | null;
  readonly granted: number;
  readonly isRejection: boolean;
}

/** The flags that the rules here decide about, of those that can be dismissed. */
export type DismissedFlag = "over_refunded" | "completed_with_remains" | "canceled_after_delivery";
export const DISMISSED_FLAGS: readonly DismissedFlag[] = ["over_refunded", "completed_with_remains", "canceled_after_delivery"];

/** What a flag is about. */
interface About {
  readonly status: Shown | "active";
  readonly remains: number | null;
  readonly returned: number;
}

interface State {
  multi: boolean;
  parts: PartsKnown | null;
  status: Shown;
  activeStatus: ActiveStatus | null;
  remains: number | null;
  isUnreadable: boolean;
  isFree: boolean;
  /** Something is known of the order, so that an unknown word changes nothing. */
  known: boolean;
  /** An answer went back once: a second one in a row makes it count. */
  doubted: boolean;
  /** An answer has counted. */
  answered: boolean;
  everFinal: boolean;
  /** A final status was followed by another, or taken back. */
  hasEndedOtherwise: boolean;
  errorSince: number | null;
  refunded: number;
  goodwill: number;
  hold: Hold | null;
  decision: Decision | null;
  /** When something was rejected, until a poll an hour later has confirmed the end. */
  rejectedAt: number | null;
  over: boolean;
  /** Flags that a person has dismissed, and what each was about then. */
  dismissed: { readonly [flag in DismissedFlag]?: About };
  /** The total due by the last report that named one. */
  due: Due;
  /**
   * The provider's own word stands, and the panel returns what follows. `perhaps`: policy off has come over an order that
   * was settled before; the text does not say whether that changes what is told.
   */
  left: "yes" | "perhaps" | "no";
  /** The panel was told the provider's own word of its end: that stays the panel's. */
  paidByPanel: boolean;
}

export class ModelOrder {
  readonly charge: number | null;
  readonly quantity: number | null;
  readonly #refundedBefore: number;
  readonly #own: OwnWords;
  readonly #isHeardAtOnce: boolean;
  #is: State;

  constructor(registration: Registration) {
    const { charge, quantity, multi, refundedBefore, status, own = {}, isHeardAtOnce = false } = registration;
    within(refundedBefore, 0, charge ?? Number.MAX_SAFE_INTEGER);
    this.charge = charge;
    this.quantity = quantity;
    this.#refundedBefore = refundedBefore;
    this.#own = own;
    this.#isHeardAtOnce = isHeardAtOnce;
    this.#is = {
      multi,
      parts: null,
      status: status ?? "pending",
      activeStatus: status !== undefined && isActive(status) ? status : null,
      remains: null,
      isUnreadable: false,
      isFree: false,
      known: status !== undefined,
      doubted: false,
      answered: false,
      everFinal: status !== undefined && isFinal(status),
      hasEndedOtherwise: false,
      errorSince: null,
      refunded: refundedBefore,
      goodwill: 0,
      hold: null,
      decision: null,
      rejectedAt: null,
      over: false,
      dismissed: {},
      due: { kind: "nothing_said" },
      left: "no",
      paidByPanel: false,
    };
  }

  /** The same order, to go on by itself. */
  copy(): ModelOrder {
    const { charge, quantity } = this;
    const [refundedBefore, own, isHeardAtOnce] = [this.#refundedBefore, this.#own, this.#isHeardAtOnce];
    const other = new ModelOrder({ charge, quantity, multi: false, refundedBefore, own, isHeardAtOnce });
    other.#is = { ...this.#is };
    return other;
  }

  get status(): Shown {
    return this.#is.status;
  }

  /** The last active status; null where there was none. */
  get activeStatus(): ActiveStatus | null {
    return this.#is.activeStatus;
  }

  /** What came with the last word that counted; beside an active word without a number, the number before it. */
  get remains(): number | null {
    return this.#is.remains;
  }

  get multi(): boolean {
    return this.#is.multi;
  }

  /** All that was returned, before the registration too. */
  get refunded(): number {
    return this.#is.refunded;
  }

  /** The amount that waits; null where nothing or only a word does. */
  get held(): number | null {
    return this.#is.hold?.amount ?? null;
  }

  get isHeld(): boolean {
    return this.#is.hold !== null;
  }

  /** What is held waits for a decision, and not for its time. */
  get isHeldForAPerson(): boolean {
    return this.#is.hold !== null && this.#is.hold.promisedAt === null;
  }

  /** The panel goes by the provider's own word; null where that is not certain. */
  get isLeft(): boolean | null {
    return this.#is.left === "perhaps" ? null : this.#is.left === "yes";
  }

  /** More was returned than is due, goodwill left out, as far as no person granted it. */
  get overRefunded(): boolean {
    return this.#is.over;
  }

  get completedWithRemains(): boolean {
    const { status, remains } = this.#is;
    return status === "completed" && remains !== null && remains > 0 && !this.#isDismissed("completed_with_remains");
  }

  get canceledAfterDelivery(): boolean {
    const { status, remains } = this.#is;
    const isPart = remains !== null && remains > 0 && this.quantity !== null && remains < this.quantity;
    return status === "canceled" && isPart && !this.#isDismissed("canceled_after_delivery");
  }

  /** A person has looked at the flag: it comes back with a new reason only. */
  dismiss(flag: DismissedFlag): void {
    this.#is.dismissed = { ...this.#is.dismissed, [flag]: this.#about() };
    if (flag === "over_refunded") this.#is.over = false;
  }

  /** Where nobody knows what is due, nothing is judged: a flag stays, and one that was dismissed stays away. */
  #judge(due: number): void {
    this.#is.over = this.#isOver(due) && !this.#isDismissed("over_refunded");
  }

  #about(): About {
    const { status, remains, refunded, goodwill } = this.#is;
    return { status: isActive(status) ? "active" : status, remains, returned: refunded - goodwill };
  }

  /** What is too much is so for its status; while the order is under way, whatever remains. */
  #isDismissed(flag: DismissedFlag): boolean {
    const [was, is] = [this.#is.dismissed[flag], this.#about()];
    if (was === undefined) return false;
    if (flag !== "over_refunded") return was.remains === is.remains;
    return was.status === is.status && was.returned >= is.returned && (is.status === "active" || was.remains === is.remains);
  }

  /** What was rejected is not told yet. */
  get isRejectionPending(): boolean {
    return this.#is.rejectedAt !== null;
  }

  /** Nothing is returned here by the rules: the panel's script pays by the word. */
  get isWordOnly(): boolean {
    return this.charge === null || this.charge === 0;
  }

  /** The policy may have left its word to the panel, whose goodwill then is nobody's to correct. */
  get isPerhapsLeft(): boolean {
    return this.#is.left === "perhaps";
  }

  /** What was decided is the share of no number of units: the nearest lower one is told, and pointed out. */
  get isUnsayable(): boolean {
    const { charge, quantity } = this;
    const { status, refunded, left } = this.#is;
    const [{ word, remains }, ...others] = this.panelStatuses();
    // An error that was decided about has a final word, too.
    if ((!isFinal(status) && status !== "error") || left !== "no" || charge === null || others.length > 0) return false;
    if (word === "Completed") return refunded > 0;
    // Of a package no number of units says any part.
    if (quantity === null) return word === "Partial";
    return word === "Partial" && remains !== null && shareOf(charge, quantity, remains) !== refunded;
  }

  panelStatuses(): PanelStatuses {
    const { charge, quantity, isWordOnly } = this;
    return panelStatusesFor({ ...this.#is, charge, quantity, isWordOnly });
  }

  /** `holdAll`: the brake is on. `parts`: what is known here of those of an order of several. */
  hear(
    { word, remains, isUnreadable = false, isFree = false, multi = false, at = 0, wasLeft = false }: Heard,
    policy: Policy,
    holdAll: boolean,
    parts: PartsKnown | null = null,
  ): void {
    const is = this.#is;
    is.multi ||= multi;
    is.parts = is.multi ? (parts ?? NO_PARTS) : null;
    const status = statusOf(word, this.#own, is.multi);
    if (status === null) {
      // It changes nothing, but an order of which nothing was known is shown as unknown.
      if (!is.known) is.status = "unknown";
      is.doubted = false;
      return;
    }
    is.known = true;
    // Where the panel returns money by itself, the provider's word is all there is.
    if (is.status !== "completed" && policy.mode !== "off" && isTooEarly(this.charge, status, is.parts)) {
      is.doubted = false;
      return;
    }
    // Back only when two answers in a row say so, since flapping is common.
    if (goesBack(is.status, status) && !is.doubted) {
      is.doubted = true;
      return;
    }
    is.doubted = false;
    is.answered = true;
    const before = is.status;
    const isSame = before === status && is.remains === readable(remains);
    is.status = status;
    is.isFree = isFree;
    is.isUnreadable = isUnreadable;
    // A final word is never combined with an older number.
    is.remains = isFinal(status) ? readable(remains) : (readable(remains) ?? is.remains);
    is.errorSince = status === "error" ? (is.errorSince ?? at) : null;
    this.#follow(status, { before, isSame, policy, holdAll, at, wasLeft });
    if (isFinal(before) && before !== status) is.hasEndedOtherwise = true;
  }

  #follow(status: Status, report: Report): void {
    const { policy } = report;
    if (isActive(status)) this.#goOn(status);
    else if (status === "error") this.#err(policy, report);
    else this.#end(report);
  }

  /** Nothing follows, but two answers on either side of it are not two in a row. */
  leaveOut(): void {
    this.#is.doubted = false;
  }

  /** The panel was told a final word. `asItIs`: the provider's own, where the text does not say which. */
  tell(asItIs: boolean): void {
    const { left } = this.#is;
    if ((left === "yes" || (left === "perhaps" && asItIs)) && !this.isWordOnly) this.#is.paidByPanel = true;
  }

  /** A person has put the panel's books right by hand: what is told next counts. */
  forgetTold(): void {
    this.#is.paidByPanel = false;
  }

  /** The person grants what is held, or another amount; of a word, the word. */
  approve(amount: number | null): void {
    this.#decide(amount, false);
  }

  reject(at: number): void {
    this.#decide(this.#is.hold?.amount === null ? null : 0, true);
    this.#is.rejectedAt = at;
  }

  #decide(amount: number | null, isRejection: boolean): void {
    const is = this.#is;
    if (is.hold === null) throw new RangeError("nothing is held");
    if ((amount === null) !== (is.hold.amount === null)) throw new RangeError("an amount for a word, or a word for an amount");
    if (amount !== null) within(amount, 0, (this.charge ?? 0) - is.refunded);
    is.refunded += amount ?? 0;
    is.decision = { status: is.hold.status, madeIn: is.status, due: is.hold.due, granted: is.refunded, isRejection };
    is.rejectedAt = null;
    is.hold = null;
    is.left = this.isWordOnly && !isRejection ? "yes" : "no";
  }

  /** A refund that no rule asks for. No decision on what is due; what is held is left room for. */
  goodwill(amount: number): void {
    const is = this.#is;
    if (this.charge === null) throw new RangeError("there is no charge to return from");
    within(amount, 1, this.charge - is.refunded - (is.hold?.amount ?? 0));
    is.refunded += amount;
    is.goodwill += amount;
    // Whether it is told instead of the word that the panel goes by, the text does not say.
    if (is.left === "yes") is.left = "perhaps";
  }

  /**
   * A person takes back what was returned, goodwill first. A decision about what was posted and nothing else: the amount
   * due is not posted again, and what is held stays to be decided. `policy`, `parts`: what is due goes by them, where they have
   * changed.
   */
  clawBack(amount: number, policy?: Policy, known: PartsKnown | null = null): void {
    const is = this.#is;
    const { charge, quantity } = this;
    const parts = is.multi ? (known ?? is.parts ?? NO_PARTS) : null;
    if (policy !== undefined && isFinal(is.status)) is.due = dueOf({ ...is, charge, quantity, parts }, policy);
    within(amount, 1, is.refunded);
    const answered = is.refunded - is.goodwill;
    const isGoodwill = amount <= is.goodwill;
    is.goodwill -= Math.min(is.goodwill, amount);
    is.refunded -= amount;
    if (is.left === "yes") is.left = "perhaps";
    // An error says nothing of what is due.
    const due: Due = isFinal(is.status) ? is.due : { kind: "nothing_said" };
    // Of what has not ended, goodwill that is taken back decides nothing: nothing was due for it.
    if (isFinal(is.status) || (!isActive(is.status) && !isGoodwill)) this.#decideWhatIsLeft(due, answered);
    // It can answer the flag, and never raises it.
    is.over &&= due.kind === "due" ? this.#isOver(due.total) : is.refunded > is.goodwill;
  }

  /** `answered`: what had been returned before that, without goodwill. */
  #decideWhatIsLeft(due: Due, answered: number): void {
    const is = this.#is;
    const { decision, hold } = is;
    const stood = decision?.status === is.status ? decision : null;
    const answeredBeside = (waits: Hold): number => (waits.due === null ? (stood?.due ?? answered) : waits.due - (waits.amount ?? 0));
    // What is held says how much was still open of the total that it came from, whatever the parts or the policy say by now. Of
    // what nobody knows, an earlier decision stands.
    const settled = hold?.amount != null ? answeredBeside(hold) : due.kind === "due" ? due.total : (stood?.due ?? null);
    const granted = settled === null ? is.refunded : Math.min(is.refunded, Math.max(settled, stood?.granted ?? 0));
    // It grants nothing that would be told while the order stands in error.
    const { madeIn, isRejection } = decision ?? { madeIn: "unknown", isRejection: false };
    is.decision = { status: is.status, madeIn, due: settled, granted, isRejection };
  }

  /** An active word that counts: nothing is due, nothing waits, and what was decided has lost its cause. */
  #goOn(status: ActiveStatus): void {
    const is = this.#is;
    is.activeStatus = status;
    is.hold = null;
    is.decision = null;
    is.rejectedAt = null;
    is.left = "no";
    is.due = { kind: "due", total: 0, why: "nothing" };
    // Whether anything is too much shows once the order has ended, or something was returned here by the rules.
    const isJudged = is.everFinal || is.refunded - is.goodwill > this.#refundedBefore;
    if (isJudged) this.#judge(0);
  }

  /** An error says nothing about money, but it can last too long. */
  #err({ mode, errorAfterHours = null }: Policy, { before, at }: Pick<Report, "before" | "at">): void {
    const is = this.#is;
    // What the panel has heard, it has heard.
    if (!this.isWordOnly && !this.#hasPaidFor(before)) is.left = "no";
    if (mode === "off") is.hold = null;
    // What the panel has paid for is not returned again.
    if (mode === "off" || this.isWordOnly || is.paidByPanel) return;
    if (errorAfterHours === null || at - (is.errorSince ?? at) < errorAfterHours * HOUR_MS) return;
    const isErrorDecided = is.decision?.status === "error" && is.decision.madeIn === "error";
    if (isErrorDecided || is.hold?.review === "error") return;
    const amount = (this.charge ?? 0) - is.refunded;
    is.hold = amount > 0 ? { amount, due: null, review: "error", promisedAt: null, status: "error" } : null;
  }

  #end(report: Report): void {
    const is = this.#is;
    const { policy, at } = report;
    is.everFinal = true;
    if (is.rejectedAt !== null && at - is.rejectedAt >= HOUR_MS) is.rejectedAt = null;
    const { charge, quantity } = this;
    const { status, remains, isUnreadable, isFree, parts } = is;
    const due = dueOf({ charge, quantity, status, remains, isUnreadable, isFree, parts }, policy);
    is.due = due;
    if (due.kind === "due") this.#judge(due.total);
    // Nobody knows what is due: what was pointed out stays, but for what was dismissed.
    else is.over &&= !this.#isDismissed("over_refunded");
    if (this.isWordOnly) this.#endOfWord(report);
    else if (policy.mode === "off" || is.paidByPanel || this.#hasHeardOf(report)) this.#leave(report);
    else this.#settle(due, report);
  }

  /** Whether the panel has heard already that it ended while refunds were its own: it has returned what follows. */
  #hasHeardOf({ before, wasLeft }: Report): boolean {
    const { left } = this.#is;
    return this.#hasPaidFor(before) && (left === "yes" || (left === "perhaps" && wasLeft));
  }

  /** Of `completed` there was nothing to return, unless it ended otherwise or was taken back before that. An error takes nothing back. */
  #hasPaidFor(before: Shown): boolean {
    return this.#isHeardAtOnce && !isActive(before) && (before !== "completed" || this.#is.hasEndedOtherwise);
  }

  /** What waits is withdrawn, and the panel goes by the provider's own word. */
  #leave({ before, isSame }: Report): void {
    const is = this.#is;
    const { decision, due } = is;
    const isAboutThis = decision?.status === is.status && decision.due !== null;
    // An error in between is no other word.
    const isDecided = before === "error" && isAboutThis && due.kind === "due" && due.total <= decision.due;
    const isNew = !(isSame || isDecided) || is.hold !== null;
    is.hold = null;
    if (isNew) is.left = "yes";
    else if (is.left === "no") is.left = "perhaps";
  }

  #settle(due: Due, report: Report): void {
    const is = this.#is;
    is.left = "no";
    if (due.kind === "nothing_said" || this.#isSameQuestion(due, report.before)) return;
    const review = due.kind === "review" ? due.of : null;
    const total = due.kind === "due" ? due.total : due.atMost;
    const open = this.#isAnswered(due) ? 0 : this.#entitled(total) - is.refunded;
    if (open <= 0) return this.#settleNothing(total, review);
    // What was left to a person stays so while the amount is the same, though the policy has changed.
    const waiting = is.hold?.promisedAt === null ? is.hold : null;
    if (review === null && waiting?.review === null && waiting.amount === open) {
      is.hold = { ...waiting, status: is.status };
      return;
    }
    // So does the rest of it, when some was returned beside it.
    if (review === null && waiting?.review === null && waiting.amount !== null && waiting.due === total) {
      is.hold = { ...waiting, amount: open, status: is.status };
      return;
    }
    if (review !== null || this.#isHeldBy(report, open))
      is.hold = { amount: open, due: due.total, review, promisedAt: null, status: is.status };
    else this.#post(open, total, report);
  }

  /** What waits for an answer that nobody knows stays as it is, whatever is returned or taken back beside it. */
  #isSameQuestion(due: Exclude<Due, { kind: "nothing_said" }>, before: Shown): boolean {
    const { hold, status } = this.#is;
    if (hold === null || hold.promisedAt !== null || due.kind !== "review") return false;
    return hold.review === due.of && hold.due === due.total && before === status;
  }

  /** A person has decided about this very status, of which nothing was known then either. */
  #isAnswered({ total }: Exclude<Due, { kind: "nothing_said" }>): boolean {
    const { decision, status } = this.#is;
    return total === null && decision?.status === status && decision.due === null;
  }

  /** By an earlier decision about something else, by the brake or by the policy. */
  #isHeldBy({ policy, holdAll }: Report, open: number): boolean {
    const { decision, status } = this.#is;
    const isDecidedBefore = decision !== null && (decision.status !== status || decision.due === null);
    return isDecidedBefore || holdAll || policy.mode === "hold" || (policy.cap !== null && open > policy.cap);
  }

  /** Nothing more is to be returned; of an order of several parts the word waits all the same. */
  #settleNothing(total: number, review: Hold["review"]): void {
    const is = this.#is;
    const isWordHeld = review === "parts" && total === 0 && is.status !== "completed" && is.decision?.status !== is.status;
    is.hold = isWordHeld ? { amount: null, due: 0, review, promisedAt: null, status: is.status } : null;
  }

  /** At once, or later: the same amount for the same reason is the same promise, and keeps its time. */
  #post(amount: number, due: number, { policy, at }: Report): void {
    const is = this.#is;
    const delayMs = (policy.delayMinutes ?? 0) * MINUTE_MS;
    const { hold } = is;
    const why = is.due.kind === "due" ? is.due.why : "nothing";
    const isKept = hold !== null && hold.promisedAt !== null && hold.why === why && hold.amount === amount;
    const promisedAt = (isKept ? hold.promisedAt : null) ?? at + delayMs;
    if (delayMs === 0 || (isKept && at >= promisedAt)) {
      is.refunded += amount;
      is.hold = null;
    } else is.hold = { amount, due, review: null, promisedAt, why, status: is.status };
  }

  /** Nothing is returned here, and the script pays by the word: the word is kept back as money would be. */
  #endOfWord(report: Report): void {
    const is = this.#is;
    const isDoubtful = is.remains === null && (is.status === "partial" || (is.status === "refunded" && is.isUnreadable && !is.isFree));
    const waiting = is.hold?.status === is.status ? is.hold : null;
    is.hold = null;
    const { decision } = is;
    if (this.#isWordDecided(isDoubtful)) {
      // Whether policy off takes another number for news, as it does where there is money, the text does not say.
      if (report.policy.mode === "off" && !report.isSame && is.left === "no") is.left = "perhaps";
      return;
    }
    // A number where a person has decided about none is a new question.
    const isNumbered = decision?.status === is.status && decision.due === null;
    const isOut = report.before === is.status && waiting === null && is.left === "yes" && !isDoubtful && !isNumbered;
    // Completed returns nothing. What may have been told already is not called back.
    const isFree = report.policy.mode === "off" || isOut;
    if (isFree) is.left = "yes";
    if (isFree || is.status === "completed") return;
    // What a person has let go goes out again should its word come back.
    if (decision === null) is.left = "no";
    this.#holdWord(waiting, isDoubtful, report);
  }

  /** A decision about a number that is missing now decides nothing, where the word would go out; nor one about none, once there is one. */
  #isWordDecided(isDoubtful: boolean): boolean {
    const { decision, status, left } = this.#is;
    if (decision?.status !== status) return false;
    return decision.due === null ? isDoubtful : !(isDoubtful && left !== "no");
  }

  #holdWord(waiting: Hold | null, isDoubtful: boolean, { policy, holdAll, at }: Report): void {
    const is = this.#is;
    const isForAPerson = waiting?.promisedAt === null && (waiting.review === null ? !isDoubtful : isDoubtful);
    const isHeld = isForAPerson || isDoubtful || is.decision !== null || holdAll || policy.mode === "hold";
    const delayMs = (policy.delayMinutes ?? 0) * MINUTE_MS;
    const promisedAt = waiting?.promisedAt ?? at + delayMs;
    const isDue = delayMs === 0 || (waiting !== null && at >= promisedAt);
    const word = { amount: null, due: isDoubtful ? null : 0, review: isDoubtful ? ("remains" as const) : null, status: is.status };
    if (isForAPerson) is.hold = waiting;
    else if (isHeld) is.hold = { ...word, promisedAt: null };
    else if (isDue) is.left = "yes";
    else is.hold = { ...word, promisedAt };
  }

  /**
   * The total that may be returned by now. Of a status that a person has decided about, the increase alone opens on top of
   * what was granted, and never above the larger of granted and due. Another status is a new fact, and so is a number
   * where a person has decided about nothing known.
   */
  #entitled(total: number): number {
    const { decision, status } = this.#is;
    if (decision === null || decision.status !== status || decision.due === null) return total;
    if (total <= decision.due) return 0;
    return Math.min(decision.granted + total - decision.due, Math.max(decision.granted, total));
  }

  /** Goodwill is never too much, nor is what a person granted for the amount due or for less. */
  #isOver(due: number): boolean {
    const { refunded, goodwill, decision } = this.#is;
    const isGranted = decision !== null && decision.due !== null && due >= decision.due && refunded - goodwill <= decision.granted;
    return refunded - goodwill > due && !isGranted;
  }
}

/** From a final status to another kind; and, decided where the text is silent, from an active one to an earlier. */
function goesBack(from: Shown, to: Status): boolean {
  if (isFinal(from)) return !isFinal(to);
  return isActive(from) && isActive(to) && ACTIVE.indexOf(to) < ACTIVE.indexOf(from);
}

const ACTIVE: readonly ActiveStatus[] = ["pending", "processing", "in_progress"];

interface Report {
  readonly before: Shown;
  readonly isSame: boolean;
  readonly policy: Policy;
  readonly holdAll: boolean;
  readonly at: number;
  readonly wasLeft: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function within(amount: number, least: number, most: number): void {
  if (!Number.isSafeInteger(amount) || amount < least || amount > most) {
    throw new RangeError(`${amount} micro-units are not between ${least} and ${most}`);
  }
}

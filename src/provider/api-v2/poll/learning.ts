/**
 * What a call that failed or came short means: an order that is not known, a poisonous one, a list too long, a provider that
 * knows no lists, or a provider in trouble. Learning is for good, so that each conclusion needs its own evidence and one bad
 * answer proves nothing:
 *
 * - *trouble*: nothing was answered in this poll, nor is the balance; or an order that was answered is not any more
 *   (`PollSession.vouch`); or several orders get the same words and none has a status;
 * - *not known*: an order is refused by a text that is known to the letter, or in words about it while another has a status;
 * - *poison*: an order fails alone in any other way while the provider works; nothing is settled of it here;
 * - *size*: the whole list fails, its parts do not, and the whole fails again;
 * - *no lists*: orders that are answered by `order` fail as lists of one.
 */
import type { ProviderFailure } from "../../failure.ts";
import { subjectOf, withoutIds } from "../reading/subject.ts";
import { type Answered, type Fault, isAboutIds, isRefusal, NAMES_NONE, type CallOutcome, type PollSession } from "./session.ts";

/** How many orders are tried by `order` before a provider is given up on that was never seen to answer a list. */
const MAX_CANDIDATES = 4;
/** How many orders must fail as lists of one; a single one could be poisonous in lists only. */
const WITNESSES = 2;

/**
 * Finds out what a fault means and settles what it can; returns the orders to be asked again under what was learned.
 */
export async function lookInto(session: PollSession, fault: Fault): Promise<readonly string[]> {
  const { ids, failure } = fault;
  if (!session.open) return [];
  if (ids.length === 1) {
    await recordAlone(session, fault, "first time");
    return [];
  }
  // Another fault of the same round taught it already.
  if (isOutdated(session, ids)) return ids;
  if (session.capability.many === "unknown") return findOutLists(session, fault);
  return (await session.vouchForLists(failure)) ? bisect(session, fault) : [];
}

function isOutdated(session: PollSession, ids: readonly string[]): boolean {
  return session.capability.many === "no" || ids.length > session.capability.batchSize;
}

/**
 * An order failed by itself. While the provider answers others, the failure is down to the order: it may be refused, which the
 * end of the poll shows, or a script breaks over it twice, which says nothing about it. While none is answered, nothing is
 * concluded yet.
 */
async function recordAlone(session: PollSession, fault: Fault, seen: "first time" | "before"): Promise<void> {
  const { ids, failure } = fault;
  const [id] = ids;
  if (id === undefined || !(await session.vouch(fault))) return;
  if (!isJudgeable(session, fault)) {
    session.setAside(fault);
  } else if (isAboutIds(fault)) {
    session.recordRefused(fault);
  } else if (isRefusal(failure)) {
    session.noteRefusal(fault);
  } else if (seen === "before") {
    session.leaveUnread(id, fault);
  } else {
    const again = await session.askExtra(ids, failure);
    if (again.kind === "fault") await recordAlone(session, again, "before");
  }
}

/** Whether enough was answered beside a fault to tell whose it is. Words about an id take another order's status. */
function isJudgeable(session: PollSession, fault: Fault): boolean {
  return isAboutIds(fault) ? session.anyStatus : session.anyAnswer;
}

/** What becomes, once all were asked, of the orders that no answer has settled. */
export async function settle(session: PollSession): Promise<void> {
  await settleAside(session);
  settleRefusals(session);
}

/**
 * What became of the orders that failed while none was answered that could show whose fault it is. Where one was since, they
 * are looked at again. Else a refusal in words of its own says nothing of the provider, as the balance vouched for it, unless
 * that was in trouble before; nor does it say anything of the order, since there is none beside it. Words that several orders
 * got, and answers that cannot be read, are the provider's trouble; but orders that are flagged get the same words for good.
 */
async function settleAside(session: PollSession): Promise<void> {
  const aside = session.takeAside();
  const left = aside.filter((fault) => !isJudgeable(session, fault));
  for (const fault of aside) if (!left.includes(fault) && session.open) await recordAlone(session, fault, "first time");
  const isShared = sharedAmong([...left, ...(session.anyStatus ? [] : session.refusals)].filter((fault) => !session.isKnownGone(fault)));
  for (const fault of left) {
    const { ids, failure } = fault;
    const isNoNews = session.isKnownGone(fault) || !isShared(fault);
    const isOfOne = isRefusal(failure) && isNoNews && (session.anyAnswer || !session.inTrouble);
    for (const id of ids) session.leaveUnread(id, fault);
    if (!isOfOne) session.end(failure);
  }
}

/**
 * Orders that were refused in words that do not say what they are about, while others were answered. Words that say why are about the
 * order if no other one gets them, which one poll cannot show; all others may be about anything. Rule [S35]. Where no order
 * has a status, words that several got are the provider's trouble, whatever orders it does not know.
 */
function settleRefusals(session: PollSession): void {
  const isShared = session.anyStatus ? () => false : sharedAmong(session.refusals);
  for (const fault of session.refusals) {
    const { ids, failure } = fault;
    const words = isRefusal(failure) && saysWhy(failure.message) ? withoutIds(failure.message, ids).slice(0, MAX_WORDS_CHARS) : null;
    for (const id of ids) session.leaveUnread(id, fault, words);
    if (isShared(fault)) session.end(failure);
  }
}

/** They are compared, and stand in the provider's row for each order. */
const MAX_WORDS_CHARS = 60;

/** Whether a text says more than that something failed. */
function saysWhy(message: string): boolean {
  const subject = subjectOf({ texts: [message] });
  return subject === "unknown" || subject === "reason" || subject === "id";
}

function wordsOf({ ids, failure }: Fault): string | null {
  return failure.code === "refused" ? withoutIds(failure.message, ids) : null;
}

/** Tells of a refusal whether several orders got its words, whatever figures and orders' ids stand in them. */
function sharedAmong(faults: readonly Fault[]): (fault: Fault) => boolean {
  const orders = new Map<string, Set<string>>();
  for (const fault of faults) {
    const words = wordsOf(fault);
    if (words !== null) orders.set(words, new Set([...(orders.get(words) ?? []), ...fault.ids]));
  }
  return (fault) => (orders.get(wordsOf(fault) ?? "")?.size ?? 0) > 1 && fault.failure.code === "refused";
}

/**
 * A list failed and no list was ever answered. A few of its orders are asked by `order`; those answered are then asked
 * as lists of one. One answered so shows that lists are known; two that are not, that they are none. The rest is to be
 * asked again in the form found to work, or in a later poll, when the orders found bad are asked apart.
 */
async function findOutLists(session: PollSession, { ids, failure }: Fault): Promise<readonly string[]> {
  const witnesses: string[] = [];
  for (const id of candidatesIn(ids)) {
    if (witnesses.length === WITNESSES) break;
    const outcome = await session.askExtra([id], failure);
    if (outcome.kind === "fault") await lookInto(session, outcome);
    else if (hasStatus(session, id)) witnesses.push(id);
    if (!session.open) return [];
  }
  for (const id of witnesses) {
    const outcome = await session.askListExtra([id], failure);
    if (outcome.kind === "unasked") return [];
    if (outcome.kind === "answered") break;
  }
  if (session.capability.many === "unknown") {
    if (witnesses.length < WITNESSES) return [];
    session.decideMany("no");
  }
  return ids.filter((id) => !session.answers.has(id));
}

/** Orders from both ends: those that a provider has forgotten are mostly old, and stand together. */
function candidatesIn(ids: readonly string[]): readonly string[] {
  const half = MAX_CANDIDATES / 2;
  return ids.length <= MAX_CANDIDATES ? ids : [...ids.slice(0, half), ...ids.slice(-half)];
}

/** Halves a list that failed until its parts are answered or stand alone. */
async function bisect(session: PollSession, { ids, failure }: Fault): Promise<readonly string[]> {
  const middle = Math.ceil(ids.length / 2);
  const halves = [ids.slice(0, middle), ids.slice(middle)];
  const outcomes = await Promise.all(halves.map((half) => session.askExtra(half, failure)));
  if (outcomes.every(isComplete)) await explainWhole(session, ids, middle, failure);
  const again: string[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind === "fault") again.push(...(await lookIntoPart(session, outcome)));
    else if (outcome.kind === "answered") again.push(...(await lookForMissing(session, outcome)));
  }
  return again;
}

function hasStatus(session: PollSession, id: string): boolean {
  return session.answers.get(id)?.report.kind === "status";
}

function isComplete(outcome: CallOutcome): boolean {
  return outcome.kind === "answered" && outcome.complete;
}

async function lookIntoPart(session: PollSession, part: Fault): Promise<readonly string[]> {
  if (!session.open) return [];
  if (isOutdated(session, part.ids)) return part.ids;
  if (part.ids.length > 1) return bisect(session, part);
  await recordAlone(session, part, "before");
  return [];
}

/** Both halves of a list were answered, the whole was not. If it fails again, the list was too long. */
async function explainWhole(session: PollSession, ids: readonly string[], half: number, failure: ProviderFailure): Promise<void> {
  if (ids.length === 2) return explainPair(session, ids, failure);
  if (session.largestList >= ids.length) return;
  if (ids.length === 3) {
    // Its second half was one order, asked by `order`, which proves nothing about lists.
    const last = await session.askListExtra(ids.slice(half), failure);
    if (!isComplete(last)) return;
  }
  const whole = await session.askListExtra(ids, failure);
  if (whole.kind === "fault") session.shrinkTo(half);
}

/**
 * Two orders that are answered by `order` fail as a list. Either of them may be poisonous in lists only, so that each is
 * asked as a list of one: both answered, and the pair refused again, is a provider that takes one at a time; both
 * refused, and no list answered in this poll, one that takes no lists any more.
 */
async function explainPair(session: PollSession, pair: readonly string[], failure: ProviderFailure): Promise<void> {
  const { largestList } = session;
  if (largestList > 1 || !pair.every((id) => hasStatus(session, id))) return;
  const outcomes = await Promise.all(pair.map((id) => session.askListExtra([id], failure)));
  if (outcomes.every((outcome) => outcome.kind === "fault")) {
    if (largestList === 0) session.decideMany("no");
  } else if (outcomes.every(isComplete)) {
    const whole = await session.askListExtra(pair, failure);
    if (whole.kind === "fault") session.shrinkTo(1);
  }
}

/**
 * A list was answered, but not for all. Those left out are asked once more by themselves, and so on as long as that
 * brings some of them. Returns the orders to be asked again.
 */
export async function lookForMissing(session: PollSession, { ids, missing }: Answered): Promise<readonly string[]> {
  if (!session.open || missing.length === 0) return [];
  if (isOutdated(session, ids)) return missing;
  const again = await session.askExtra(missing, null);
  if (again.kind === "unasked") return [];
  if (again.kind === "fault") return lookInto(session, again);
  if (again.missing.length === missing.length) return lookForAny(session, again);
  const verdict = await answersOnlyTheFirst(session, ids, again);
  if (verdict === "yes") return again.missing;
  return verdict === "no" ? lookForMissing(session, again) : [];
}

/**
 * Orders were left out twice. One of them is tried by `order`. If it is answered, the lists were wrong; if not, the
 * others are as gone, and are reported missing.
 */
async function lookForAny(session: PollSession, { ids, askedAt, call }: Answered): Promise<readonly string[]> {
  const last = ids.slice(-1);
  const alone = await session.askExtra(last, null);
  if (alone.kind === "unasked") return [];
  if (alone.kind === "fault") await lookInto(session, alone);
  if (!session.open || !session.anyAnswer) return [];
  const rest = ids.slice(0, -1);
  if (last.some((id) => hasStatus(session, id))) return lookInto(session, { kind: "fault", ids: rest, askedAt, call, failure: NAMES_NONE });
  for (const id of rest) session.recordLeftOut(id, askedAt);
  return [];
}

/**
 * Whether the provider answers only the first few of a list: those left out were at its end, some are answered in a list
 * of their own, and the whole, asked again, comes as short as before. Learns the size if so.
 */
async function answersOnlyTheFirst(session: PollSession, ids: readonly string[], leftOut: Answered): Promise<"yes" | "no" | "unknown"> {
  const first = ids.length - leftOut.ids.length;
  if (first === 0 || !isTail(ids, leftOut.ids)) return "no";
  const [id] = leftOut.ids;
  if (id !== undefined && leftOut.ids.length === 1) {
    // It was asked by `order`: an order unknown is refused so, and others are answered so and never in a list.
    if (!hasStatus(session, id)) return "no";
    const list = await session.askListExtra(leftOut.ids, null);
    if (list.kind === "unasked") return "unknown";
    if (!isComplete(list)) return "no";
  }
  const whole = await session.askListExtra(ids, null);
  if (whole.kind !== "answered") return "unknown";
  if (whole.missing.length !== leftOut.ids.length || !isTail(ids, whole.missing)) return "no";
  session.shrinkTo(first);
  return "yes";
}

function isTail(ids: readonly string[], part: readonly string[]): boolean {
  return part.every((id, n) => id === ids[ids.length - part.length + n]);
}

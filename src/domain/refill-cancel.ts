/**
 * What is asked of a provider after an order was placed: a refill, or a cancel. Neither moves money: a cancel that is
 * granted comes as a status. Source: the help centres of hosted panels.
 */
import { foldWord, isFinal, type Status } from "./status.ts";
import { MINUTE_MS } from "./time.ts";

/**
 * `queued`: to be asked by the queue. `asking`: being asked; it is asked once, since a second refill would be another
 * one. The others are the provider's words.
 */
export const REFILL_STATUSES = ["queued", "asking", "pending", "in_progress", "completed", "rejected", "error"] as const;
export type RefillStatus = (typeof REFILL_STATUSES)[number];

/**
 * `id` is the provider's; null until it has given one. `at`, epoch ms: when it was asked for, and once it is asked of
 * the provider, when that began; it tells one request from the next. `unread`: the provider has answered, and nobody can tell
 * what, so that it is an error for a person to look into.
 */
export type RefillRequest = {
  readonly id: string | null;
  readonly status: RefillStatus;
  readonly at: number;
  readonly unread?: true;
};

/**
 * `requested`: the provider has taken the request. `unclear`: it was asked as often as it is asked, and no answer said yes
 * or no; a person has to look. `granted` and `too_late`: how the order ended after it.
 */
export const CANCEL_STATUSES = ["queued", "asking", "requested", "unclear", "granted", "refused", "too_late"] as const;
export type CancelStatus = (typeof CANCEL_STATUSES)[number];

/**
 * `tries`: how often it was asked without a clear answer. `waitUntil`, epoch ms: while it is queued, when it may be asked
 * again; while it is being asked, when that is given up; null for at once, and for others.
 */
export type CancelRequest = {
  readonly status: CancelStatus;
  readonly at: number;
  readonly tries: number;
  readonly waitUntil: number | null;
};

/** How long a cancel that got no clear answer waits for the next try, by the number of tries. After one more it is unclear. */
const CANCEL_WAITS_MS = [2, 10, 60, 360].map((minutes) => minutes * MINUTE_MS);
/** A cancel is asked so often at most. Some servers answer so that nobody can tell, whatever the number. */
export const MAX_CANCEL_TRIES = CANCEL_WAITS_MS.length + 1;
/** For so long a cancel that its provider has not heard is tried as often as its messages go; then at growing distances. */
const EAGER_MS = 10 * MINUTE_MS;
const LONGEST_WAIT_MS = 6 * 60 * MINUTE_MS;

/** A new cancel. `asking`: it is about to be asked by the writer of this. */
export function newCancel(status: "queued" | "asking", now: number): CancelRequest {
  const cancel: CancelRequest = { status: "queued", at: now, tries: 0, waitUntil: null };
  return status === "queued" ? cancel : cancelAsked(cancel, now);
}

/** A queued cancel that is about to be asked. */
export function cancelAsked(cancel: CancelRequest, now: number): CancelRequest {
  return { ...cancel, status: "asking", waitUntil: now + ASKING_MS };
}

/** Whether a cancel may be asked of its provider now. */
export function isCancelDue(cancel: CancelRequest | null, now: number): cancel is CancelRequest {
  return cancel?.status === "queued" && (cancel.waitUntil === null || cancel.waitUntil <= now);
}

const REFILL_WORDS: ReadonlyMap<string, RefillStatus> = new Map(
  Object.entries({
    pending: ["pending", "awaiting", "waiting", "queue", "inqueue", "created"],
    in_progress: ["inprogress", "processing", "process", "active", "started", "running"],
    completed: ["completed", "complete", "success", "done"],
    rejected: ["rejected", "canceled", "cancelled", "refused"],
    error: ["error", "fail", "failed"],
  }).flatMap(([status, words]) => words.map((word) => [word, status as RefillStatus])),
);

/** The status a provider's word for a refill stands for; null for an unknown word. */
export function refillStatusFor(word: string): RefillStatus | null {
  return REFILL_WORDS.get(foldWord(word)) ?? null;
}

/** Whether a refill has not ended yet. */
export function isOpenRefill(refill: RefillRequest | null): boolean {
  return refill !== null && (refill.status === "queued" || refill.status === "asking" || isGrantedRefill(refill));
}

/** Whether the provider has taken a refill that has not ended yet, by an id or by a mere yes. */
export function isGrantedRefill(refill: RefillRequest | null): refill is RefillRequest {
  return refill !== null && (refill.status === "pending" || refill.status === "in_progress");
}

/** Whether the provider can be asked how a refill goes. */
export function isFollowedRefill(refill: RefillRequest | null): refill is RefillRequest & { readonly id: string } {
  return isGrantedRefill(refill) && refill.id !== null;
}

/**
 * Whether a refill was asked a short time ago and nothing readable came back. It may have been granted, and a script
 * that got no answer sends its call again: that must not ask for a second one. Where the provider has answered, a script would
 * get one more with each call, and the doubt lasts as long as a refill without an id counts as open. Rule [C8].
 */
export function isInDoubt(refill: RefillRequest | null, now: number): boolean {
  if (refill === null || refill.status !== "error" || refill.id !== null) return false;
  return now - refill.at <= (refill.unread === true ? UNFOLLOWED_MS : ASKING_MS);
}

/** How long a provider is given to answer, with a wide margin: what is being asked for longer was left behind. */
const ASKING_MS = 10 * MINUTE_MS;
/** A message takes seconds, and is tried again within a minute; what is queued for longer is sent again. */
const QUEUED_MS = 2 * MINUTE_MS;
/** A refill takes days; what its provider has said no end of for so long is not followed any more. */
const FOLLOWED_MS = 30 * 24 * 60 * MINUTE_MS;
/** One that was granted without an id can never be asked about; for so long it is taken to be under way. */
const UNFOLLOWED_MS = 3 * 24 * 60 * MINUTE_MS;

/**
 * What came of asking a provider. `lost`: it may have heard or not. `unread`: it has answered, and nobody can tell what.
 * `put_back`: it certainly has not heard, and is to be asked again.
 */
export type AskOutcome =
  | { readonly kind: "accepted"; readonly refill: string | null }
  | { readonly kind: "refused" }
  | { readonly kind: "lost" }
  | { readonly kind: "unread" }
  | { readonly kind: "put_back" };

/**
 * A refill after it was asked of the provider; as it is when it was not being asked. One that was lost ends as an error:
 * it is never asked again by itself, since a second one may be the answer.
 */
export function refillAfterAsking(refill: RefillRequest, outcome: AskOutcome): RefillRequest {
  // A sweep may have given it up meanwhile.
  if (refill.status !== "asking" && refill.status !== "error") return refill;
  switch (outcome.kind) {
    case "accepted":
      return { ...refill, id: outcome.refill, status: "pending" };
    case "refused":
      return { ...refill, status: "rejected" };
    case "lost":
      return { ...refill, status: "error" };
    case "unread":
      return { ...refill, status: "error", unread: true };
    case "put_back":
      return { ...refill, status: "queued" };
  }
}

/**
 * A cancel likewise, but that one that was lost is asked again, at growing distances and `MAX_CANCEL_TRIES` times in all:
 * a second one harms nobody, and one that was never heard might.
 */
export function cancelAfterAsking(cancel: CancelRequest, outcome: AskOutcome, now: number): CancelRequest {
  if (cancel.status !== "asking" && cancel.status !== "requested") return cancel;
  switch (outcome.kind) {
    case "accepted":
      return { ...cancel, status: /* planted: cancel-accepted */ "requested", waitUntil: null };
    case "refused":
      return { ...cancel, status: "refused", waitUntil: null };
    case "lost":
    case "unread":
      return cancelUnanswered(cancel, now);
    case "put_back":
      return { ...cancel, status: "queued", waitUntil: putBackUntil(cancel, now) };
  }
}

function cancelUnanswered(cancel: CancelRequest, now: number): CancelRequest {
  const wait = CANCEL_WAITS_MS[cancel.tries];
  const tries = cancel.tries + 1;
  return wait === undefined
    ? { ...cancel, status: "unclear", tries, waitUntil: null }
    : { ...cancel, status: "queued", tries, waitUntil: now + wait };
}

/** The older the request, the longer the wait: half its age. */
function putBackUntil({ at, tries }: CancelRequest, now: number): number | null {
  const age = Math.max(0, now - at);
  if (tries === 0 && age < EAGER_MS) return null;
  return now + Math.min(Math.max(QUEUED_MS, Math.floor(age / 2)), LONGEST_WAIT_MS);
}

/** A refill as a sweep leaves it: after the provider's word for it (null for none), or given up. */
export function refillSwept(refill: RefillRequest | null, word: string | null, now: number): RefillRequest | null {
  if (refill === null) return null;
  if (refill.status === "asking") return now - refill.at > ASKING_MS ? { ...refill, status: "error" } : refill;
  if (!isGrantedRefill(refill)) return refill;
  if (refill.id === null) return now - refill.at > UNFOLLOWED_MS ? { ...refill, status: "error" } : refill;
  const status = (word === null ? null : refillStatusFor(word)) ?? refill.status;
  const heard = status === refill.status ? refill : { ...refill, status };
  return isFollowedRefill(heard) && now - heard.at > FOLLOWED_MS ? { ...heard, status: "error" } : heard;
}

/** A cancel as a sweep leaves it. */
export function cancelSwept(cancel: CancelRequest | null, now: number): CancelRequest | null {
  if (cancel?.status !== "asking" || now <= (cancel.waitUntil ?? cancel.at + ASKING_MS)) return cancel;
  return cancelAfterAsking(cancel, { kind: "lost" }, now);
}

/** A cancel that has not come to anything yet, and that somebody still works at: then no other is asked for. */
export function isOpenCancel(cancel: CancelRequest | null): boolean {
  return cancel !== null && (cancel.status === "queued" || cancel.status === "asking" || cancel.status === "requested");
}

/** A cancel once the order's status is known: how the order ended answers it, whether or not the provider was asked. */
export function cancelAfterEnd(cancel: CancelRequest | null, status: Status): CancelRequest | null {
  if (cancel === null || !(isOpenCancel(cancel) || cancel.status === "unclear") || !isFinal(status)) return cancel;
  return { ...cancel, status: status === "completed" ? "too_late" : "granted", waitUntil: null };
}

/** Whether a refill waits for a message that must have been lost. */
export function isRefillLeft(refill: RefillRequest | null, now: number): boolean {
  return refill?.status === "queued" && now - refill.at > QUEUED_MS;
}

/** Whether a cancel waits for a message that must have been lost, or for its next try, whose time has come. */
export function isCancelLeft(cancel: CancelRequest | null, now: number): boolean {
  return isCancelDue(cancel, now) && (cancel.waitUntil !== null || now - cancel.at > QUEUED_MS);
}

/**
 * What came of asking a provider for something that is not to be asked twice. Pure.
 */
import type { AskOutcome } from "../domain/refill-cancel.ts";
import type { Result } from "../domain/result.ts";
import { isTurnedDown, type ProviderFailure } from "./failure.ts";
import type { RequestReply } from "./client.ts";

/** `refused` and `lost` with the provider's text, for the panel that asked. */
export type RequestAnswer =
  | Exclude<AskOutcome, { readonly kind: "refused" | "lost" }>
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "lost"; readonly message: string | null };

const LOST = { kind: "lost", message: null } as const satisfies RequestAnswer;

/** What an answer to a call says of one of the ids that it was about. */
export function requestAnswerOf(answer: Result<ReadonlyMap<string, RequestReply>, ProviderFailure>, id: string): RequestAnswer {
  if (answer.ok) return outcomeOfReply(answer.value.get(id));
  const { failure } = answer;
  switch (failure.code) {
    case "blocked":
    case "rate_limited":
    case "rejected_key":
    case "sealed_key":
    case "redirected":
    case "unavailable":
      return { kind: "put_back" };
    case "unsupported_many":
      return { kind: "refused", message: failure.message };
    case "refused":
      // An error under such a code comes from a script that died, perhaps after its work was done.
      return failure.status >= 500 || failure.broken === true ? LOST : { kind: "refused", message: failure.message };
    case "http":
      return isTurnedDown(failure.status) ? { kind: "put_back" } : LOST;
    case "timeout":
    case "network":
    case "not_json":
    case "too_large":
    case "bad_shape":
      return LOST;
  }
}

/** The same as it is put on record. An answer that says nothing clear of the id is more than none. Rule [C8]. */
export function askOutcomeOf(answer: Result<ReadonlyMap<string, RequestReply>, ProviderFailure>, id: string): AskOutcome {
  const told = requestAnswerOf(answer, id);
  return told.kind === "lost" && (answer.ok || isUnreadable(answer.failure)) ? { kind: "unread" } : told;
}

/** A call that nobody has turned down, and an answer that is no error. */
function isUnreadable({ code }: ProviderFailure): boolean {
  return code === "not_json" || code === "too_large" || code === "bad_shape";
}

function outcomeOfReply(reply: RequestReply | undefined): RequestAnswer {
  if (reply === undefined) return LOST;
  if (reply.kind === "unclear") return { kind: "lost", message: reply.message };
  return reply.kind === "unasked" ? { kind: "put_back" } : reply;
}

/** Whether a call was certainly not heard, so that no other would be just now. */
export function isUnheard(answer: Result<ReadonlyMap<string, RequestReply>, ProviderFailure>): boolean {
  return !answer.ok && requestAnswerOf(answer, "").kind === "put_back";
}

/** Failures of the connection as such. Others may come from a provider that knows no refills, and does well otherwise. */
export function isOfConnection({ code }: ProviderFailure): boolean {
  return code === "blocked" || code === "rejected_key" || code === "sealed_key" || code === "rate_limited" || code === "unavailable";
}

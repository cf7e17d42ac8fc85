import type { ShareKind } from "../../domain/panel-share.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import type { Failure } from "./errors.ts";

/** A panel has used its share up, of the minute or of the day. It may come again in the next minute, and is told so again. */
export function shareFailure(kind: ShareKind, now: number): Failure {
  return { code: "share_used_up", kind, retryAfterSeconds: Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1000) };
}

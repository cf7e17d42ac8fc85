/**
 * What the product takes from its runtime rather than from its ports, put under the simulation's rule: time limits run
 * in simulated time, and digests come at once instead of when a thread has them ready.
 */
import { createHash } from "node:crypto";
import type { Scheduler } from "./scheduler.ts";

/** Rules the runtime for one simulation until the returned function is called. One at a time. */
export function ruleGlobals(scheduler: Scheduler): () => void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  AbortSignal.timeout = (ms: number): AbortSignal => {
    const controller = new AbortController();
    scheduler.in(ms, () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")));
    return controller.signal;
  };
  crypto.subtle.digest = (_algorithm: string, data: BufferSource) =>
    Promise.resolve(new Uint8Array(createHash("sha256").update(bytesOf(data)).digest()).buffer);
  return () => {
    AbortSignal.timeout = timeout;
    crypto.subtle.digest = digest;
  };
}

function bytesOf(data: BufferSource): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

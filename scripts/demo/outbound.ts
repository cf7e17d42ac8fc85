/**
 * The calls of an embedded Worker to other servers. wrangler's harness makes them by the `fetch` of this process, which follows
 * redirects whatever the Worker asked for: then a receiver that redirects looked like one that is not running.
 */

/** As the harness passes a Worker's request: only its own kind has `cf`, and what it has are getters, which no copy gets. */
type WorkersRequest = Pick<Request, "method" | "headers" | "body" | "signal"> & { readonly cf: unknown };

const AT_WORK = Symbol.for("panelsync.redirects-reach-the-worker");

/** From now on a redirect reaches the Worker as it was answered, as at Cloudflare. Other calls of this process stay as they are. */
export function letRedirectsReachTheWorker(): void {
  const { fetch } = globalThis;
  if (AT_WORK in fetch) return;
  const call: typeof fetch = (input, init) => fetch(input, isWorkers(init) ? unfollowed(init) : init);
  globalThis.fetch = Object.assign(call, { [AT_WORK]: true });
}

function isWorkers(init: object | undefined): init is WorkersRequest {
  return init !== undefined && "cf" in init;
}

function unfollowed({ method, headers, body, signal }: WorkersRequest): RequestInit {
  // A body that is a stream goes one way at a time, which has to be said.
  return { method, headers, body, signal, duplex: "half", redirect: "manual" } as RequestInit;
}

/** The simulator without a port: a `fetch` for programs that run where no server can be started. */
import { answerAdmin } from "./admin.ts";
import { answerCall } from "./call.ts";
import type { Call } from "./requests.ts";
import type { World } from "./world.ts";

/**
 * Answers any host, by the path alone. A reset rejects as fetch does; a hang ends with the request's signal
 * only. `slow` waits for `wait`, so that a caller in simulated time can decide what that means.
 */
export function simulatorFetch(
  world: World,
  wait: (ms: number) => Promise<void> = () => Promise.resolve(),
): (request: Request) => Promise<Response> {
  return async (request) => {
    const call = await callOf(request);
    const admin = /^\/admin(\/|$)/.test(call.path);
    const reply = admin ? answerAdmin(world, call) : answerCall(world, call);
    if (reply.kind === "reset") throw new TypeError("fetch failed");
    if (reply.kind === "hang") return heldUntilAborted(request);
    if (reply.afterMs > 0) await wait(reply.afterMs);
    return new Response(reply.body, { status: reply.status, headers: reply.headers });
  };
}

async function callOf(request: Request): Promise<Call> {
  const { pathname, search, origin } = new URL(request.url);
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) headers[name] = value;
  return {
    method: request.method,
    path: pathname,
    query: search.slice(1),
    headers,
    // Not text(), of which workerd warns where the body is a form.
    body: new TextDecoder().decode(await request.arrayBuffer()),
    origin,
  };
}

/** Node collects a request that nobody holds, and then its signal never fires. */
const held = new Set<Request>();

function heldUntilAborted(request: Request): Promise<never> {
  const { signal } = request;
  held.add(request);
  return new Promise((_, reject) => {
    const end = (): void => {
      held.delete(request);
      reject(signal.reason);
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}

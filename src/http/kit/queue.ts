import type { Context } from "./context.ts";

/** Sends a message's JSON to the sweeps; false when the queue refuses it, as it does when a day's quota is used up. */
export async function enqueue({ env, ports, requestId }: Context, message: unknown, delaySeconds = 0): Promise<boolean> {
  try {
    await env.SWEEPS.send(message, { contentType: "json", ...(delaySeconds === 0 ? {} : { delaySeconds }) });
    return true;
  } catch (error) {
    ports.log({ event: "queue.refused", request_id: requestId, error: String(error) });
    return false;
  }
}

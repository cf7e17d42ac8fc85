/**
 * `HEARTBEAT_URL`: a monitor elsewhere is called after each good tick, and tells the operator when the calls end. A cron
 * that has stopped cannot tell it itself.
 */
import { exchange } from "../../outbound/exchange.ts";
import { checkOutboundUrl } from "../../outbound/url-policy.ts";
import type { Ports } from "../../ports.ts";

const TIMEOUT_MS = 5000;
const MAX_ANSWER_BYTES = 16 * 1024;

/** Calls the monitor once; what it answers changes nothing. The URL is never logged: whoever has it can feign ticks. */
export async function sendHeartbeat(env: Partial<Env>, ports: Pick<Ports, "fetch" | "log">): Promise<void> {
  const text = env.HEARTBEAT_URL ?? "";
  if (text === "") return;
  const url = checkOutboundUrl(text, { allowPrivate: env.ALLOW_PRIVATE_URLS === "1", ownHost: null });
  if (!url.ok) return ports.log({ event: "heartbeat.refused", reason: url.failure.reason });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const heard = await exchange(ports.fetch, new Request(url.value, { redirect: "manual", signal }), {
    signal,
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_ANSWER_BYTES,
  });
  if (!heard.ok) ports.log({ event: "heartbeat.failed", code: heard.failure.code });
  else if (heard.value.status >= 400) ports.log({ event: "heartbeat.failed", code: "http", status: heard.value.status });
}

import { handleRequest } from "./http/router.ts";
import { portsOf } from "./ports.ts";
import { consume } from "./sync/consume.ts";
import { check } from "./sync/sweep/sweep.ts";
import { tick } from "./sync/tick.ts";

export default {
  fetch: (request, env, ctx) => handleRequest(request, env, ctx, { ...portsOf(env), check }),
  scheduled: (controller, env) => tick(env, portsOf(env), controller.scheduledTime),
  queue: (batch, env) => consume(batch, env, portsOf(env)),
} satisfies ExportedHandler<Env>;

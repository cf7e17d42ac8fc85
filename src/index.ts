import { handleRequest } from "./http/router.ts";
import { realPorts } from "./ports.ts";
import { consume } from "./sync/consume.ts";
import { tick } from "./sync/tick.ts";

export default {
  fetch: (request, env, ctx) => handleRequest(request, env, ctx, realPorts),
  scheduled: (controller, env) => tick(env, realPorts, controller.scheduledTime),
  queue: (batch, env) => consume(batch, env, realPorts),
} satisfies ExportedHandler<Env>;

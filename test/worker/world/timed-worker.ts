/**
 * The product's own doors with a clock that a test sets: each tick comes at the time that it is fired for, and time stands still until
 * the next. Everything else is real. For tests that run it as a process, whose clock nobody can turn.
 */
import { handleRequest } from "../../../src/http/router.ts";
import { type Ports, portsOf } from "../../../src/ports.ts";
import { consume } from "../../../src/sync/consume.ts";
import { check } from "../../../src/sync/sweep/sweep.ts";
import { tick } from "../../../src/sync/tick.ts";

/** Epoch ms; the first tick sets it. */
let now = 0;

function timedPorts(env: Env): Ports {
  return { ...portsOf(env), now: () => now };
}

export default {
  fetch: (request, env, ctx) => handleRequest(request, env, ctx, { ...timedPorts(env), check }),
  scheduled: (controller, env) => {
    now = controller.scheduledTime;
    return tick(env, timedPorts(env), now);
  },
  queue: (batch, env) => consume(batch, env, timedPorts(env)),
} satisfies ExportedHandler<Env>;

/** `npm run dev`: the Worker on embedded D1 and Queue, on lasting local state, with a tick at every real minute. */
import { join } from "node:path";
import { tickEveryMinute, tickPath } from "./dev/minutes.ts";
import { addMissingVars } from "./dev/vars.ts";
import { runWrangler, type Wrangler } from "./dev/wrangler.ts";
import { watchForEnd } from "./ending.ts";
import { LOOPBACK, MAX_PORT, requireFreePort } from "./ports.ts";
import { readArguments, UsageError, wholeNumber } from "./usage.ts";

const USAGE = `npm run dev -- [options]
  --port N  where to listen on this machine (default 8787)
  --help    this text`;

const ROOT = join(import.meta.dirname, "..");

const ending = watchForEnd();
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  try {
    const port = readPort(args);
    if (port !== null) return await serve(port);
    console.log(USAGE);
    return 0;
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error);
    return 1;
  }
}

/** Null when help was asked for. */
function readPort(args: string[]): number | null {
  const { values } = readArguments({
    args,
    options: { port: { type: "string", default: "8787" }, help: { type: "boolean", short: "h", default: false } },
  });
  return values.help ? null : wholeNumber("--port", values.port, 1, MAX_PORT);
}

async function serve(port: number): Promise<number> {
  await requireFreePort(port);
  const made = addMissingVars(ROOT);
  if (made.size > 0) console.log(`Added to .dev.vars: ${[...made.keys()].join(", ")}.`);
  const token = made.get("ADMIN_TOKEN");
  if (token !== undefined) console.log(`ADMIN_TOKEN: ${token}\n`);
  const migrated = await outlive(runWrangler(ROOT, ["d1", "migrations", "apply", "DB", "--local"]));
  if (migrated !== 0 || ending.signal.aborted) return migrated;
  const base = `http://${LOOPBACK}:${port}`;
  console.log(`\nA tick at every minute comes by itself; one more: curl '${base}${tickPath("EPOCH_MS")}'\n`);
  void tickEveryMinute(base, ending.signal);
  return outlive(runWrangler(ROOT, ["dev", "--ip", LOOPBACK, "--port", String(port), "--show-interactive-dev-session=false"]));
}

/** Waits for a wrangler command, and ends it when this command is told to end. That is no failure. */
async function outlive(wrangler: Wrangler): Promise<number> {
  const code = await Promise.race([wrangler.exited, ending.ended.then(() => null)]);
  await wrangler.end();
  return code ?? 0;
}

/** wrangler as a child process, in a process group of its own, so that it can be ended together with workerd. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { quietEnvironment } from "../quiet-wrangler.ts";

export type Wrangler = {
  /** Resolves with the exit code once wrangler itself is gone. */
  readonly exited: Promise<number>;
  /** Ends wrangler and all that it started. */
  end(): Promise<void>;
};

/** wrangler removes its temporary folders when it is asked to end; that takes far less. */
const END_TIMEOUT_MS = 3000;

/** Runs a wrangler command in `root`, its output shown here. */
export function runWrangler(root: string, args: readonly string[]): Wrangler {
  const script = join(root, "node_modules/wrangler/bin/wrangler.js");
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    detached: true,
    env: { ...quietEnvironment(), ...(process.stdout.isTTY && { FORCE_COLOR: "1" }) },
    // Through this process, which notices when nobody reads any more.
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  const exited = once(child, "exit").then(([code]) => (typeof code === "number" ? code : 1));
  return {
    exited,
    async end() {
      signalGroup(child, "SIGTERM");
      await Promise.race([exited, sleep(END_TIMEOUT_MS)]);
      // workerd may outlive the wrangler that started it.
      signalGroup(child, "SIGKILL");
    },
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: all of the group are gone already.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Commands as a user runs them: real processes, real ports, and proof that nothing of them is left. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type Command = {
  readonly child: ChildProcess;
  /** All that was printed so far. */
  stdout(): string;
  stderr(): string;
  /** The exit code, once it is over and its output has been read. */
  readonly exited: Promise<number | null>;
  /** Waits for something to be printed. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
};

const LOOK_EVERY_MS = 50;
const PRINT_TIMEOUT_MS = 30_000;
const started: ChildProcess[] = [];

/** Runs a command without a terminal, in a process group of its own. */
export function run(program: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Command {
  const child = spawn(program, args, {
    ...options,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  return {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exited: once(child, "close").then(([code]) => code as number | null),
    async printed(pattern) {
      for (let waited = 0; waited < PRINT_TIMEOUT_MS; waited += LOOK_EVERY_MS) {
        const match = pattern.exec(output.stdout);
        if (match !== null) return match;
        await sleep(LOOK_EVERY_MS);
      }
      throw new Error(`${String(pattern)} was never printed, but:\n${output.stdout}\n${output.stderr}`);
    },
  };
}

/** Kills whatever is left of the commands that were run here; for `afterAll`, when a test has failed half way. */
export function killAll(): void {
  for (const { pid } of started.splice(0)) {
    if (pid === undefined) continue;
    for (const each of processTree(pid)) {
      try {
        process.kill(each, "SIGKILL");
      } catch {
        // Gone since it was listed.
      }
    }
  }
}

type Process = { readonly pid: number; readonly parent: number; readonly group: number; readonly state: string };

/** A process and all that descend from it, or that are in a group with one of them; those that are dead left out. */
export function processTree(root: number): number[] {
  const living = listProcesses().filter(({ state }) => !state.startsWith("Z"));
  const tree = new Set([root]);
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const { pid, parent, group } of living) if (tree.has(parent) || tree.has(group)) tree.add(pid);
  }
  return living.map(({ pid }) => pid).filter((pid) => tree.has(pid));
}

/** Those of some processes that still live. */
export function stillAlive(pids: readonly number[]): number[] {
  const living = new Set(
    listProcesses()
      .filter(({ state }) => !state.startsWith("Z"))
      .map(({ pid }) => pid),
  );
  return pids.filter((pid) => living.has(pid));
}

function listProcesses(): Process[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => {
    const [pid = "", parent = "", group = "", state = ""] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), group: Number(group), state };
  });
}

export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

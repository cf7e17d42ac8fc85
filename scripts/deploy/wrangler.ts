/** wrangler's commands as child processes whose answer is read, not shown. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { quietEnvironment } from "../quiet-wrangler.ts";
import type { Target } from "./target.ts";

type Answer = { readonly ok: boolean; readonly stdout: string; readonly stderr: string };

/** A command that could not do what it was asked. The message says what was tried; `output` is wrangler's own. */
export class WranglerError extends Error {
  override name = "WranglerError";
  readonly output: string;

  constructor(tried: string, { stdout, stderr }: Answer) {
    super(tried);
    this.output = `${stdout}\n${stderr}`.trim();
  }
}

/** Runs a command in `root` and waits for its end. It asks nothing, and changes no file of the project. */
export async function askWrangler(root: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Answer> {
  const script = join(root, "node_modules/wrangler/bin/wrangler.js");
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    // Its answers are read here, however little this process wants to hear of a wrangler of its own.
    env: { ...quietEnvironment(), WRANGLER_LOG: "log", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const { isCut, forget } = watchSignals();
  const [code] = (await once(child, "close")) as [number | null];
  forget();
  return { ok: code === 0 && !isCut(), stdout: stripVTControlCharacters(output.stdout), stderr: stripVTControlCharacters(output.stderr) };
}

/** A Ctrl-C reaches wrangler, too. It ends with code 0 then, whatever it had not done yet: that is no success. */
function watchSignals(): { readonly isCut: () => boolean; readonly forget: () => void } {
  const signals = ["SIGHUP", "SIGINT", "SIGTERM"] as const;
  let isCut = false;
  const onSignal = (): void => void (isCut = true);
  for (const signal of signals) process.on(signal, onSignal);
  return {
    isCut: () => isCut,
    forget: () => signals.forEach((signal) => process.off(signal, onSignal)),
  };
}

/** The same for one deployment. */
export function askAbout({ root, config }: Target, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Answer> {
  return askWrangler(root, [...args, "--config", config], env);
}

/** An answer in JSON, which may follow other lines. Throws if the command failed; `tried` completes "Could not …". */
export function parseJson(answer: Answer, tried: string): unknown {
  const from = answer.stdout.search(/^[[{]/m);
  if (!answer.ok || from < 0) throw new WranglerError(tried, answer);
  return JSON.parse(answer.stdout.slice(from));
}

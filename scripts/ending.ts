/**
 * The ways a command can be told to end: Ctrl-C, SIGTERM, SIGHUP, nobody reading its output any more, and the death
 * of the npm that started it.
 */

/** Exit codes of shells for a death by signal. */
const SIGNAL_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = Object.keys(SIGNAL_CODES) as (keyof typeof SIGNAL_CODES)[];
const CLOSED_PIPE_CODE = 141;
/** npm passes signals on, but a killed npm cannot: then this process has another parent. */
const PARENT_LOOK_EVERY_MS = 500;

export type Ending = {
  /** Aborted once the command is to end. */
  readonly signal: AbortSignal;
  /** The exit code that says what ended it. */
  code(): number;
  /** Resolves when the command is to end. */
  readonly ended: Promise<void>;
  /**
   * Takes the signals away from other listeners. miniflare exits the process in the middle of its own, before
   * anything could be closed in order; its clean-up at exit remains.
   */
  claimSignals(): void;
};

/**
 * Begins to watch. Only the first signal counts: a Ctrl-C comes twice under npm, which passes on what the terminal has
 * sent to all of its processes anyway, and closing has a time limit of its own.
 */
export function watchForEnd(): Ending {
  const controller = new AbortController();
  let exitCode = 0;
  const end = (code: number): void => {
    if (controller.signal.aborted) return;
    exitCode = code;
    controller.abort();
  };
  const onSignal = (name: NodeJS.Signals): void => end(SIGNAL_CODES[name as keyof typeof SIGNAL_CODES]);
  const listen = (): void => SIGNALS.forEach((name) => process.on(name, onSignal));
  listen();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => end(error.code === "EPIPE" ? CLOSED_PIPE_CODE : 1));
  }
  if (process.env["npm_lifecycle_event"] !== undefined) watchParent(() => end(SIGNAL_CODES.SIGHUP));
  return {
    signal: controller.signal,
    code: () => exitCode,
    ended: new Promise((resolve) => controller.signal.addEventListener("abort", () => resolve(), { once: true })),
    claimSignals() {
      SIGNALS.forEach((name) => process.removeAllListeners(name));
      listen();
    },
  };
}

function watchParent(onDeath: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) onDeath();
  }, PARENT_LOOK_EVERY_MS).unref();
}

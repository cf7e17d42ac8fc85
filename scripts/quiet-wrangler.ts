/**
 * Settings that keep wrangler to itself: no questions, no telemetry, no look for a newer version, no log files, and
 * no attempt to fetch a sample of `request.cf`, which the Worker never reads. Real errors are shown as ever.
 */
const QUIET: Readonly<Record<string, string>> = {
  CI: "1",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_WRITE_LOGS: "false",
};

/** For wrangler in this process; call it before wrangler is loaded. Warnings and errors are all that it still says. */
export function quietWrangler(): void {
  Object.assign(process.env, QUIET, { WRANGLER_LOG: "warn" });
}

/** For wrangler as a child process. */
export function quietEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, ...QUIET };
}

/**
 * Lints docs/openapi.json by redocly.yaml. The linter would ask for updates and report its use: neither leaves this machine.
 */
import { execFileSync } from "node:child_process";

const OFFLINE = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };

try {
  execFileSync("redocly", ["lint", "docs/openapi.json", "--config", "redocly.yaml"], {
    stdio: "inherit",
    env: { ...process.env, ...OFFLINE },
    // On Windows the command is a script.
    shell: process.platform === "win32",
  });
} catch {
  // What is wrong stands above.
  process.exitCode = 1;
}

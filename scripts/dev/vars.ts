/** The Worker's local secrets, made once for a fresh clone. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PLACEHOLDER = /^ADMIN_TOKEN=.*$/m;
const TOKEN_BYTES = 24;

/** Makes `.dev.vars` out of `.dev.vars.example` if there is none. Returns the admin token it made; null if it made none. */
export function makeVars(root: string): string | null {
  const path = join(root, ".dev.vars");
  if (existsSync(path)) return null;
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const example = readFileSync(join(root, ".dev.vars.example"), "utf8");
  // Nobody else on this machine needs to read it; and should two starts meet here, the first one's token stays.
  writeFileSync(path, example.replace(PLACEHOLDER, `ADMIN_TOKEN="${token}"`), { mode: 0o600, flag: "wx" });
  return token;
}

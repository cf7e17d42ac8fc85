/** The Worker's local secrets, in `.dev.vars`: what is missing there is made, what is there stays. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

const TOKEN_BYTES = 24;
/** AES-256. */
const KEY_BYTES = 32;

/** What a local run needs. A key that changed would leave providers' keys sealed for good: it is made once. */
const MAKE: Readonly<Record<string, () => string>> = {
  ADMIN_TOKEN: () => randomBytes(TOKEN_BYTES).toString("base64url"),
  ENCRYPTION_KEYS: () => `1:${randomBytes(KEY_BYTES).toString("base64")}`,
  ALLOW_PRIVATE_URLS: () => "1",
};

const HEADER = `# The local Worker's secrets, made by \`npm run dev\`. It adds what is missing here, and changes nothing else.
# To begin anew, delete .wrangler/ as well: without its ENCRYPTION_KEYS, the providers' keys there are lost.
`;

/** Adds to `.dev.vars` what is missing there, or has no value. Returns what it made, by name. */
export function addMissingVars(root: string): ReadonlyMap<string, string> {
  const path = join(root, ".dev.vars");
  const before = existsSync(path) ? readFileSync(path, "utf8") : null;
  const there = parseEnv(before ?? "");
  const made = new Map(
    Object.entries(MAKE)
      .filter(([name]) => (there[name] ?? "") === "")
      .map(([name, make]) => [name, make()]),
  );
  if (made.size === 0) return made;
  const kept = [...made.keys()].reduce(withoutEmpty, before ?? HEADER);
  const lines = [...made].map(([name, value]) => `${name}="${value}"\n`).join("");
  // Nobody else on this machine needs to read it; and should two first starts meet here, one's secrets stay.
  writeFileSync(path, `${kept}${kept.endsWith("\n") ? "" : "\n"}${lines}`, before === null ? { mode: 0o600, flag: "wx" } : {});
  return made;
}

/** The file without the line in which a name has no value. */
function withoutEmpty(text: string, name: string): string {
  return text.replace(new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*(?:""|'')?[ \\t]*(?:#.*)?\\r?\\n?`, "gm"), "");
}

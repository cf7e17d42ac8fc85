import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addMissingVars } from "../../scripts/dev/vars.ts";
import { checkAdminToken } from "../../src/domain/admin-token.ts";
import { parseEncryptionKeys } from "../../src/secrets/encryption-keys.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "panelsync-vars-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const text = (): string => readFileSync(join(root, ".dev.vars"), "utf8");
const begin = (before: string): void => writeFileSync(join(root, ".dev.vars"), before);
const madeBy = (): string[] => [...addMissingVars(root).keys()];

describe("npm run dev", () => {
  it("makes secrets that the Worker takes, which nobody else may read", () => {
    expect(madeBy()).toEqual(["ADMIN_TOKEN", "ENCRYPTION_KEYS", "ALLOW_PRIVATE_URLS"]);
    const { ADMIN_TOKEN, ENCRYPTION_KEYS, ALLOW_PRIVATE_URLS } = parseEnv(text());
    expect([checkAdminToken(ADMIN_TOKEN).ok, parseEncryptionKeys(ENCRYPTION_KEYS).ok, ALLOW_PRIVATE_URLS]).toEqual([true, true, "1"]);
    expect(statSync(join(root, ".dev.vars")).mode & 0o077).toBe(0);
    const before = text();
    expect(madeBy()).toEqual([]);
    expect(text()).toBe(before);
  });

  it.each<[string, string, string[]]>([
    ["all", "ADMIN_TOKEN=my-own\nENCRYPTION_KEYS='7:x'\nALLOW_PRIVATE_URLS=0\n", []],
    ["comments, other names and a missing end of line", "# mine\nPLAN=paid\nADMIN_TOKEN=my-own", ["ENCRYPTION_KEYS", "ALLOW_PRIVATE_URLS"]],
    ["a value of a name with export", 'export ADMIN_TOKEN="my-own"\n', ["ENCRYPTION_KEYS", "ALLOW_PRIVATE_URLS"]],
    ["nothing but a name commented out", "#ADMIN_TOKEN=old\n", ["ADMIN_TOKEN", "ENCRYPTION_KEYS", "ALLOW_PRIVATE_URLS"]],
  ])("leaves what is there: %s", (_what, before, made) => {
    begin(before);
    expect(madeBy()).toEqual(made);
    expect(text().startsWith(before)).toBe(true);
    expect(parseEnv(text())).toMatchObject(parseEnv(before));
  });

  it("takes a name without a value for a missing one", () => {
    begin('ADMIN_TOKEN=my-own\nENCRYPTION_KEYS=""\nALLOW_PRIVATE_URLS=\nPLAN=paid\n');
    expect(madeBy()).toEqual(["ENCRYPTION_KEYS", "ALLOW_PRIVATE_URLS"]);
    expect(text()).toMatch(/^ADMIN_TOKEN=my-own\nPLAN=paid\nENCRYPTION_KEYS="1:[^"]{44}"\nALLOW_PRIVATE_URLS="1"\n$/);
  });
});

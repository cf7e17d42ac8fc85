import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { type NewSecrets, prepareSecrets, SECRET_NAMES, type SecretName } from "../../scripts/deploy/secrets.ts";

const TOKEN = "0f8c1d2e9b4a7c65d1873fe24a90b6c8";
const BASE64 = "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols";

function prepare(missingSecrets: readonly SecretName[], given: NodeJS.ProcessEnv, isCi: boolean): NewSecrets {
  return prepareSecrets({ missingSecrets, hasSealed: false }, given, isCi);
}

describe("the secrets of a deployment", () => {
  it("are what .dev.vars.example asks for, each without a value that could be taken over", () => {
    const example = parseEnv(readFileSync(join(import.meta.dirname, "../../.dev.vars.example"), "utf8"));
    expect(example).toEqual(Object.fromEntries(SECRET_NAMES.map((name) => [name, ""])));
  });

  it("are made where they are missing, anew each time, so that they can be given as well", () => {
    const first = prepare(SECRET_NAMES, {}, false);
    expect([first.made, first.left]).toEqual([SECRET_NAMES, []]);
    expect(prepare(SECRET_NAMES, {}, false).values).not.toEqual(first.values);
    const given = prepare(SECRET_NAMES, Object.fromEntries(first.values), true);
    expect([given.values, given.made]).toEqual([first.values, []]);
  });

  it("are not made where the database has what only the former one opens", () => {
    const lacking = { missingSecrets: SECRET_NAMES, hasSealed: true };
    expect(() => prepareSecrets(lacking, {}, false)).toThrow("Set ENCRYPTION_KEYS in the environment to the one that you kept");
    expect(prepareSecrets(lacking, { ENCRYPTION_KEYS: `2:${BASE64}=` }, false)).toMatchObject({ made: ["ADMIN_TOKEN"], left: [] });
    expect(prepareSecrets({ ...lacking, missingSecrets: ["ADMIN_TOKEN"] }, {}, false).made).toEqual(["ADMIN_TOKEN"]);
    expect(prepareSecrets(lacking, {}, true).left).toEqual(SECRET_NAMES);
  });

  it.each<[SecretName, string]>([
    ["ADMIN_TOKEN", TOKEN],
    ["ENCRYPTION_KEYS", `1:${BASE64}=`],
    ["ENCRYPTION_KEYS", `1:${BASE64.replace("+", "-").replaceAll("/", "_")}`],
    ["ENCRYPTION_KEYS", `12:${BASE64}=, 3:${BASE64}=`],
  ])("%s is taken: %s", (name, value) => {
    expect([...prepare([name], { [name]: value }, false).values]).toEqual([[name, value]]);
  });

  it.each<[SecretName, string]>([
    ["ADMIN_TOKEN", TOKEN.slice(1)],
    ["ADMIN_TOKEN", `${TOKEN} 1`],
    ["ADMIN_TOKEN", TOKEN.repeat(9)],
    ["ADMIN_TOKEN", "change-me".repeat(4)],
    ["ENCRYPTION_KEYS", BASE64],
    ["ENCRYPTION_KEYS", `0:${BASE64}=`],
    ["ENCRYPTION_KEYS", `1:${BASE64.slice(4)}=`],
    ["ENCRYPTION_KEYS", `1:${BASE64}=,1:${BASE64}=`],
    ["ENCRYPTION_KEYS", `2:${BASE64}=;1:${BASE64}=`],
  ])("%s is refused before anything is done: %s", (name, value) => {
    expect(() => prepare([name], { [name]: value }, false)).toThrow(`${name} in the environment cannot be used`);
  });
});

/** The Worker's secrets: which there are, and how one is made. */
import { randomBytes } from "node:crypto";
import { checkAdminToken } from "../../src/domain/admin-token.ts";
import { parseEncryptionKeys } from "../../src/secrets/encryption-keys.ts";
import { UsageError } from "../usage.ts";

/** 256 bits, as hex: 64 characters. */
const TOKEN_BYTES = 32;
/** AES-256. */
const KEY_BYTES = 32;

type Secret = {
  readonly make: () => string;
  /** Whether the Worker could use a value that somebody gives. */
  readonly fits: (value: string) => boolean;
  readonly wanted: string;
};

const SECRETS = {
  ADMIN_TOKEN: {
    make: () => randomBytes(TOKEN_BYTES).toString("hex"),
    fits: (value) => checkAdminToken(value).ok,
    wanted: "32 to 256 random characters without spaces",
  },
  ENCRYPTION_KEYS: {
    make: () => `1:${randomBytes(KEY_BYTES).toString("base64")}`,
    fits: (value) => parseEncryptionKeys(value).ok,
    wanted: "a number, a colon and 32 random bytes as base64; several with commas between them, each with a number of its own",
  },
} as const satisfies Readonly<Record<string, Secret>>;

export type SecretName = keyof typeof SECRETS;

export const SECRET_NAMES = Object.keys(SECRETS) as readonly SecretName[];

const OTHER_KEYS =
  "The database has secrets that were encrypted with an ENCRYPTION_KEYS, and the Worker has none. Set ENCRYPTION_KEYS in the environment to the one that you kept, and run this again. If it is lost, set a new one with a higher number, such as 2:…; then each provider's key has to be set again. .dev.vars.example says how to make one.";

/** Secrets for a Worker that lacks them. */
export type NewSecrets = {
  readonly values: ReadonlyMap<SecretName, string>;
  /** Those made here: nobody else has them, so they are to be shown. */
  readonly made: readonly SecretName[];
  /** Those neither given nor made. */
  readonly left: readonly SecretName[];
};

/** What a Worker lacks. `hasSealed`: its database has secrets that another `ENCRYPTION_KEYS` has encrypted. */
export type Lacking = { readonly missingSecrets: readonly SecretName[]; readonly hasSealed: boolean };

/**
 * A value for each missing secret: the one given in the environment, else a random one. In CI none is made, because
 * the log that would show it is kept. Throws a `UsageError` for a given value that the Worker could not use, and where a
 * random one would open nothing.
 */
export function prepareSecrets({ missingSecrets: missing, hasSealed }: Lacking, given: NodeJS.ProcessEnv, isCi: boolean): NewSecrets {
  const values = new Map<SecretName, string>();
  const made: SecretName[] = [];
  for (const name of missing) {
    const value = given[name] ?? "";
    const { make, fits, wanted } = SECRETS[name];
    if (value !== "" && !fits(value)) throw new UsageError(`${name} in the environment cannot be used: it takes ${wanted}.`);
    if (value !== "") values.set(name, value);
    if (value !== "" || isCi) continue;
    if (name === "ENCRYPTION_KEYS" && hasSealed) throw new UsageError(OTHER_KEYS);
    values.set(name, make());
    made.push(name);
  }
  return { values, made, left: missing.filter((name) => !values.has(name)) };
}

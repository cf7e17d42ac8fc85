/** The command line of `npm run setup`. */
import { readOrigin } from "../access.ts";
import { isName } from "../deploy/target.ts";
import { readArguments, UsageError } from "../usage.ts";

export const USAGE = `npm run setup -- [options]
  --name N              what the deployment is called (default panelsync)
  --plan free|paid      the Workers plan of the account
  --provider ID         the first provider: a short name of yours, such as acme
  --provider-url URL    its API v2; its key comes from PROVIDER_KEY or is asked for
  --no-provider         adds none
  --panel ID            the first panel, such as shop
  --currency CODE       the panel's currency, such as USD
  --no-panel            adds none
  --url URL             the Worker's address, if it is not the one that the platform tells
  --new-operator-key    replaces the operator's key, if it was lost
  --dry-run             shows each step, and does nothing
  --help                this text

What is not given is asked for, at a terminal. CLOUDFLARE_ACCOUNT_ID chooses the account, CLOUDFLARE_API_TOKEN stands
for a login. ADMIN_TOKEN is the operator's key: of a Worker that is there, or for a new one.`;

const PLANS = ["free", "paid"] as const;

export type Options = {
  readonly name: string | null;
  readonly plan: string | null;
  /** Undefined: not said. Null: none is wanted. */
  readonly provider: string | null | undefined;
  readonly providerUrl: string | undefined;
  readonly panel: string | null | undefined;
  readonly currency: string | undefined;
  readonly url: string | null;
  readonly newOperatorKey: boolean;
  readonly dryRun: boolean;
};

/** Null when help was asked for. Throws a `UsageError` for what cannot be meant. */
export function readOptions(args: string[]): Options | null {
  const { values } = readArguments({
    args,
    options: {
      name: { type: "string" },
      plan: { type: "string" },
      provider: { type: "string" },
      "provider-url": { type: "string" },
      "no-provider": { type: "boolean", default: false },
      panel: { type: "string" },
      currency: { type: "string" },
      "no-panel": { type: "boolean", default: false },
      url: { type: "string" },
      "new-operator-key": { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const { name = null, plan = null, provider, currency, url = null } = values;
  if (name !== null && checkName(name) !== undefined) throw new UsageError(`--name takes ${checkName(name)}.`);
  if (plan !== null && !PLANS.some((each) => each === plan)) throw new UsageError("--plan takes free or paid.");
  const checks = [
    ["--provider", provider, checkId],
    ["--provider-url", values["provider-url"], checkUrl],
    ["--panel", values.panel, checkId],
    ["--currency", currency, checkCurrency],
  ] as const;
  for (const [option, value, check] of checks) {
    const wanted = value === undefined ? undefined : check(value);
    if (wanted !== undefined) throw new UsageError(`${option} takes ${wanted}, not ${JSON.stringify(value)}.`);
  }
  return {
    name,
    plan,
    provider: values["no-provider"] ? null : provider,
    providerUrl: values["provider-url"],
    panel: values["no-panel"] ? null : values.panel,
    currency: currency?.toUpperCase(),
    url: url === null ? null : readOrigin("--url", url),
    newOperatorKey: values["new-operator-key"],
    dryRun: values["dry-run"],
  };
}

/** What is wrong with a deployment's name; undefined if nothing is. */
export function checkName(text: string | undefined): string | undefined {
  return isName(text ?? "") ? undefined : "2 to 50 small letters, digits and dashes, a letter first";
}

/** What is wrong with the id of a provider or a panel, with a URL, with a currency: told before anything is made. */
export function checkId(text: string | undefined): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text ?? "") ? undefined : "1 to 64 letters, digits and . _ -, such as acme";
}

export function checkUrl(text: string | undefined): string | undefined {
  const isUrl = /^https?:$/.test(URL.parse(text ?? "")?.protocol ?? "");
  return isUrl ? undefined : "a whole URL, such as https://provider.example/api/v2";
}

export function checkCurrency(text: string | undefined): string | undefined {
  return /^[A-Za-z0-9]{3,10}$/.test(text ?? "") ? undefined : "a code such as USD";
}

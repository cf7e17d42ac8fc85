/**
 * `npm run deploy`: puts the Worker into an account. The first run makes what is missing, each later one is an
 * upgrade: migrations, then code. What is there is never made again, and a secret that is set is never replaced.
 */
import { join } from "node:path";
import { type Account, chooseAccount, type Found, lookAround } from "./deploy/account.ts";
import { requireOurs } from "./deploy/deployed.ts";
import { type NewSecrets, prepareSecrets } from "./deploy/secrets.ts";
import { deployAll, explainFailure, showPlan, tell } from "./deploy/steps.ts";
import { readTarget } from "./deploy/target.ts";
import { watchForEnd } from "./ending.ts";
import { readArguments } from "./usage.ts";

const USAGE = `npm run deploy -- [options]
  --name N   which deployment, if there are several; a new name makes one beside the others
  --dry-run  shows what would be done, and does nothing
  --help     this text

CLOUDFLARE_ACCOUNT_ID chooses the account, CLOUDFLARE_API_TOKEN stands for a login.
ADMIN_TOKEN and ENCRYPTION_KEYS in the environment are set at a Worker that has none.`;

const ROOT = join(import.meta.dirname, "..");
const GUIDE = "docs/operations.md";

const isCi = (process.env["CI"] ?? "") !== "" && process.env["CI"] !== "false";
// A Ctrl-C reaches wrangler, too: its end is what ends this, after the file of secrets has been removed and what was set shown.
const ending = watchForEnd();
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  let account: Account | null = null;
  try {
    const { values } = readArguments({
      args,
      options: {
        name: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return say(USAGE, 0);
    const choice = { root: ROOT, name: values.name ?? null, plan: null };
    const target = await readTarget({ ...choice, isKept: false });
    account = await chooseAccount(target);
    // Said to each command, because wrangler would else use one that it remembers.
    process.env["CLOUDFLARE_ACCOUNT_ID"] = account.id;
    tell("account", account.label);
    const found = await lookAround(target);
    await requireOurs(target, account, found);
    const secrets = prepareSecrets(found, process.env, isCi);
    if (values["dry-run"]) {
      await showPlan(target, found, secrets);
      tell("worker", `${target.names.worker}: would be ${found.hasWorker ? "replaced" : "made"}`);
      return say("\nNothing was changed.", 0);
    }
    const address = await deployAll(await readTarget({ ...choice, isKept: true }), found, secrets, ending.signal);
    return showEnd(address, found, secrets);
  } catch (error) {
    if (!ending.signal.aborted) return explainFailure(error, account);
    return say("\nStopped. Run it again to go on: what is made so far stays.", ending.code());
  }
}

function showEnd(address: string | null, { hasWorker }: Found, { left }: NewSecrets): number {
  const url = address ?? "https://<your domain>";
  for (const name of left) {
    console.log(`\n${name} is not set: \`npx wrangler secret put ${name}\`. .dev.vars.example says how to make one.`);
  }
  console.log(`\nIt runs at ${url}. Is it well? (A new address may take a minute; the first tick comes within some minutes.)\n`);
  console.log(`  curl ${url}/healthz`);
  if (hasWorker) return 0;
  console.log(`\nThe next step is a panel. The answer has its key:\n`);
  console.log(`  curl -H "Authorization: Bearer <ADMIN_TOKEN>" -d '{"id":"shop","role":"shop","currency":"USD"}' ${url}/v1/panels`);
  return say(`\n${GUIDE} says how to upgrade and how to go back.`, 0);
}

function say(text: string, code: number): number {
  console.log(text);
  return code;
}

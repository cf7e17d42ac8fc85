/**
 * `npm run setup`: from a clone to a Worker that follows orders. It asks little, makes what the account lacks, and can be
 * run again at any time: it goes on where it stopped, and what is there stays as it is.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import logUpdate from "log-update";
import { readKey } from "./access.ts";
import { type Account, chooseAccount, type Found, lookAround } from "./deploy/account.ts";
import { type Deployed, readDeployed, requireOurs } from "./deploy/deployed.ts";
import { prepareSecrets } from "./deploy/secrets.ts";
import { deployAll, explainFailure, showPlan, tell } from "./deploy/steps.ts";
import { readTarget, type Target } from "./deploy/target.ts";
import { watchForEnd } from "./ending.ts";
import { addPanel, addProvider } from "./setup/first.ts";
import { type Options, readOptions, USAGE } from "./setup/options.ts";
import { Cancelled, Questions } from "./setup/questions.ts";
import { Worker } from "./setup/worker.ts";
import { UsageError } from "./usage.ts";

const ROOT = join(import.meta.dirname, "..");
const CANCELLED_CODE = 130;
const SIGNAL_LAG_MS = 200;
const FRAMES = ["◒", "◐", "◓", "◑"] as const;
const FRAME_MS = 120;

// Read before wrangler is kept quiet, which sets it.
const isCi = (process.env["CI"] ?? "") !== "" && process.env["CI"] !== "false";
const canAsk = process.stdin.isTTY && process.stdout.isTTY && !isCi;
// Some terminals have no size, and nothing can be drawn there.
const canDraw = canAsk && process.stdout.columns > 0;
let chosen: Account | null = null;
const ending = watchForEnd();
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === null) {
      console.log(USAGE);
      return 0;
    }
    return await setUp(options);
  } catch (error) {
    // A step that a Ctrl-C has cut short fails for no other reason. The signal may come to this process after the step's.
    await sleep(SIGNAL_LAG_MS);
    if (!(error instanceof Cancelled) && !ending.signal.aborted) return explainFailure(error, chosen);
    console.log("\nStopped. Run it again to go on: what is made so far stays.");
    return ending.code() || CANCELLED_CODE;
  }
}

async function setUp(options: Options): Promise<number> {
  const questions = new Questions(options, canAsk);
  const choice = { root: ROOT, name: await questions.name(), plan: options.plan };
  const wanted = await readTarget({ ...choice, isKept: false });
  const account = await busy("Looking for the account", chooseAccount(wanted));
  chosen = account;
  process.env["CLOUDFLARE_ACCOUNT_ID"] = account.id;
  tell("account", account.label);
  const { found, deployed } = await look(wanted, account, options.newOperatorKey);
  if (options.dryRun) return await showSteps(wanted, found, deployed, options);
  const plan = found.hasWorker ? options.plan : await questions.plan(wanted.plan);
  if (!found.hasWorker) await questions.askAhead();

  const whole = isWhole(found, deployed);
  const secrets = prepareSecrets(found, process.env, isCi);
  if (secrets.left.length > 0)
    throw new UsageError(`In CI no secret is made, since the log would show it. Set ${secrets.left.join(" and ")}.`);
  const target = await readTarget({ ...choice, plan, isKept: true });
  if (!whole && canAsk) console.log("Deploying takes about a minute.");
  if (whole) tell("worker", `${target.names.worker}: is there, and whole; \`npm run deploy\` upgrades it`);
  const address = whole ? (deployed?.address ?? null) : await deployAll(target, found, secrets, ending.signal);
  const url = options.url ?? address;
  if (url === null) throw new UsageError("The platform names no address of this Worker. Say it with --url, and run this again.");

  if (ending.signal.aborted) throw new Cancelled();
  const key = secrets.values.get("ADMIN_TOKEN") ?? (process.env["ADMIN_TOKEN"] || (await questions.operatorKey()));
  const worker = new Worker(url, readKey(key, "ADMIN_TOKEN takes the operator's key, as it was shown."), ending.signal);
  await busy("Waiting for the Worker to answer", worker.waitForAnswer(!whole));
  return await addFirst(worker, questions);
}

/** What a Worker that answers lacks to follow orders. */
async function addFirst(worker: Worker, questions: Questions): Promise<number> {
  const { url } = worker;
  tell("address", `${url}: answers`);
  const provider = await addProvider(worker, questions);
  const panel = await addPanel(worker, questions);
  const tickedAt = await busy("Waiting for the first tick", worker.waitForTick());
  tell("ticks", `the last was at ${tickedAt}`);
  console.log(endOf(url, provider, panel?.key ?? null));
  return 0;
}

async function look(target: Target, account: Account, newKey: boolean): Promise<{ found: Found; deployed: Deployed | null }> {
  const found = await busy("Looking at what the account has", lookAround(target));
  await requireOurs(target, account, found);
  const deployed = found.hasWorker ? await readDeployed(target, account) : null;
  const missingSecrets: Found["missingSecrets"] = newKey
    ? [...new Set([...found.missingSecrets, "ADMIN_TOKEN" as const])]
    : found.missingSecrets;
  return { found: { ...found, missingSecrets }, deployed };
}

/** Whether a deployment would change nothing but the code. */
function isWhole({ hasDatabase, pending, missingSecrets }: Found, deployed: Deployed | null): boolean {
  return deployed !== null && hasDatabase && pending.length === 0 && missingSecrets.length === 0 && deployed.undone.length === 0;
}

async function showSteps(target: Target, found: Found, deployed: Deployed | null, options: Options): Promise<number> {
  await showPlan(target, found, prepareSecrets(found, process.env, isCi));
  const { worker } = target.names;
  if (deployed === null) tell("worker", `${worker}: would be made, with PLAN ${target.plan}`);
  else if (isWhole(found, deployed)) tell("worker", `${worker}: is there, and whole`);
  else tell("worker", `${worker}: would be deployed again${deployed.undone.map((what) => `; ${what}`).join("")}`);
  tell(
    "provider",
    options.provider === null ? "none" : `${options.provider ?? "asked for"}: would be added if there is none, and tried from the Worker`,
  );
  tell("panel", options.panel === null ? "none" : `${options.panel ?? "asked for"}: would be made if there is none`);
  tell("ticks", "the first one would be waited for");
  console.log("\nNothing was changed.");
  return 0;
}

function endOf(url: string, provider: string | null, panelKey: string | null): string {
  const script =
    provider === null
      ? ""
      : `
To put it before ${provider}, change two settings in your panel's script:
  the provider's URL  ${url}/api/v2/${provider}
  its key             ${panelKey === null ? "the panel's key, shown when it was made; the console's page of the panel makes another" : "the panel's key, above"}
`;
  return `
panelsync runs at  ${url}
the console        ${url}/console/   (sign in with the operator's key, ADMIN_TOKEN)
${script}
docs/operations.md says how to upgrade, go back, and what the plan carries.`;
}

/**
 * Work that a Ctrl-C may cut short; a deployment is none, because a secret that is being set has to be shown. At a terminal
 * something moves meanwhile. The keyboard stays the terminal's, so that a Ctrl-C is a signal, to this process and to wrangler.
 */
async function busy<T>(text: string, work: Promise<T>): Promise<T> {
  const unlessEnded = Promise.race([work, ending.ended.then(() => Promise.reject(new Cancelled()))]);
  if (!canDraw) return await unlessEnded;
  let at = 0;
  const draw = (): void => logUpdate(`${FRAMES[at++ % FRAMES.length]}  ${text}`);
  draw();
  const timer = setInterval(draw, FRAME_MS);
  try {
    return await unlessEnded;
  } finally {
    clearInterval(timer);
    logUpdate.clear();
    logUpdate.done();
  }
}

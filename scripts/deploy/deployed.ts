/** What a deployment serves and runs, asked of the platform itself where wrangler's commands do not tell it. Read only. */
import type { Account, Found } from "./account.ts";
import { refuseName, type Target } from "./target.ts";
import { askWrangler, parseJson, WranglerError } from "./wrangler.ts";

export type Deployed = {
  /** Where it serves; null if nothing says so. */
  readonly address: string | null;
  /** What a deployment that was cut short has left undone, in words. Empty: it is whole. */
  readonly undone: readonly string[];
};

type Settings = { readonly bindings: readonly { readonly type: string; readonly name: string; readonly text?: string }[] };
type Envelope = { readonly success: boolean; readonly errors?: readonly { code: number; message: string }[]; readonly result: unknown };
type Read = (path: string) => Promise<unknown>;

/**
 * Refuses to go on where a Worker of this name is something else, such as the operator's own site: a deployment would
 * replace it. Ours has sent to its queue since the first release; a secret ADMIN_TOKEN is what others have, too.
 */
export async function requireOurs(target: Target, { id }: Account, found: Found): Promise<void> {
  const { worker } = target.names;
  // Workers Builds, behind the Deploy button, deploys to the Worker that it is connected to, which is empty at first.
  if (!found.hasWorker || (process.env["WORKERS_CI"] ?? "") !== "") return;
  const read = await readerOf(target.root, id);
  const { bindings } = (await read(`/workers/scripts/${encodeURIComponent(worker)}/settings`)) as Settings;
  if (bindings.some(({ type, name }) => type === "queue" && name === "SWEEPS")) return;
  refuseName(`a Worker ${worker} that is not panelsync`);
}

/** Looks at the cron, the queues, the variables and the address of a Worker that is there. */
export async function readDeployed(target: Target, { id }: Account): Promise<Deployed> {
  const { worker, queues } = target.names;
  const read = await readerOf(target.root, id);
  const script = `/workers/scripts/${encodeURIComponent(worker)}`;
  const [schedules, settings, subdomain, listed] = (await Promise.all([
    read(`${script}/schedules`),
    read(`${script}/settings`),
    read(`${script}/subdomain`),
    read(`/queues?${queues.map((queue) => `name=${encodeURIComponent(queue)}`).join("&")}`),
  ])) as [{ schedules: unknown[] }, Settings, { enabled: boolean }, { queue_name: string; consumers?: unknown[] }[]];
  const plan = settings.bindings.find(({ name }) => name === "PLAN")?.text;
  const consumed = new Set(listed.flatMap(({ queue_name, consumers }) => ((consumers ?? []).length > 0 ? [queue_name] : [])));
  const undone = [
    ...(schedules.schedules.length === 0 ? ["it has no cron"] : []),
    ...queues.filter((queue) => !consumed.has(queue)).map((queue) => `nothing takes messages from ${queue}`),
    ...(plan === target.plan ? [] : [`its PLAN is ${plan ?? "not set"}`]),
    ...(target.domain === null && !subdomain.enabled ? ["it has no address"] : []),
  ];
  return { address: await addressOf(target, subdomain.enabled, read), undone };
}

async function addressOf({ domain, names }: Target, onWorkersDev: boolean, read: Read): Promise<string | null> {
  if (domain !== null) return `https://${domain}`;
  if (!onWorkersDev) return null;
  const { subdomain } = (await read("/workers/subdomain")) as { subdomain: string };
  return `https://${names.worker}.${subdomain}.workers.dev`;
}

const READ_TIMEOUT_MS = 60_000;

/** What wrangler is logged in with: a token, or the key of a whole account that older set-ups have. */
type Login = { readonly type: "api_key"; readonly key: string; readonly email: string } | { readonly type: string; readonly token: string };

/** Reads the platform's API with wrangler's own login. */
async function readerOf(root: string, account: string): Promise<Read> {
  const login = parseJson(await askWrangler(root, ["auth", "token", "--json"]), "use wrangler's login") as Login;
  const headers = "key" in login ? { "x-auth-key": login.key, "x-auth-email": login.email } : { authorization: `Bearer ${login.token}` };
  const base = process.env["CLOUDFLARE_API_BASE_URL"] || "https://api.cloudflare.com/client/v4";
  return async (path) => {
    const { success, errors = [], result } = await fetchJson(`${base}/accounts/${account}${path}`, headers);
    if (success) return result;
    const stderr = errors.map(({ code, message }) => `${message} [code: ${code}]`).join("\n");
    throw new WranglerError(`read ${path} of the account`, { ok: false, stdout: "", stderr });
  };
}

/** The platform's answer; one that is none, or none of the platform's, as an error with wrangler's words for it. */
async function fetchJson(url: string, headers: Readonly<Record<string, string>>): Promise<Envelope> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
    const text = await response.text();
    return JSON.parse(text) as Envelope;
  } catch (error) {
    const { message, cause } = error as Error;
    const stderr = `fetch failed: ${url}: ${cause instanceof Error ? cause.message : message}`;
    throw new WranglerError("ask the platform", { ok: false, stdout: "", stderr });
  }
}

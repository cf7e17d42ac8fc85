/** The first provider and the first panel of a Worker that answers. What is there already stays as it is. */
import { tell } from "../deploy/steps.ts";
import { UsageError } from "../usage.ts";
import type { FirstProvider, Questions } from "./questions.ts";
import { refusalOf, type Worker } from "./worker.ts";

type Provider = { readonly id: string; readonly enabled: boolean };
type Probe = {
  readonly ok: boolean;
  readonly balance: string | null;
  readonly currency: string | null;
  readonly error: { readonly message: string } | null;
};

/** Answers its id; null if there is none. Its key is tested from where it will be used: the Worker asks for the balance. */
export async function addProvider(worker: Worker, questions: Questions): Promise<string | null> {
  const { providers } = (await worker.get("/v1/providers", "list the providers")) as { providers: Provider[] };
  const ready = providers.find(({ enabled }) => enabled);
  if (ready !== undefined) {
    tell("provider", `${ready.id}: is there`);
    return ready.id;
  }
  let wanted = await questions.provider();
  if (wanted === null) {
    tell("provider", "none yet: the console's page Setup adds one");
    return null;
  }
  for (;;) {
    const trouble = await tryProvider(worker, wanted);
    if (trouble === null) return wanted.id;
    tell("provider", `${wanted.id}: ${trouble}`);
    const again = await questions.anotherKey(wanted);
    if (again === null) {
      throw new UsageError(
        `The Worker runs, but cannot use the provider ${wanted.id} yet. Correct --provider-url or PROVIDER_KEY and run this again: it goes on here.`,
      );
    }
    wanted = again;
  }
}

/** Null if it can be used now; else what is wrong. One that a probe has found wanting is kept, switched off. */
async function tryProvider(worker: Worker, { id, url, key }: FirstProvider): Promise<string | null> {
  const path = `/v1/providers/${encodeURIComponent(id)}?probe=true`;
  const reply = await worker.ask("PUT", path, { url, key });
  if (reply.status !== 200 && reply.status !== 201) return refusalOf(reply);
  const { ok, balance, currency, error } = reply.body["probe"] as Probe;
  if (!ok) return `does not accept a call: ${error?.message ?? "no answer"}`;
  // One that an earlier run has left switched off.
  if (reply.body["enabled"] !== true) {
    const enabled = await worker.ask("PUT", path.replace("?probe=true", ""), { enabled: true });
    if (enabled.status !== 200) return refusalOf(enabled);
  }
  tell("provider", `${id}: added; its key works from the Worker, and its balance is ${balance ?? "unknown"} ${currency ?? ""}`.trimEnd());
  return null;
}

/** A panel's id, and its key if it was made just now; null if there is none. */
export async function addPanel(worker: Worker, questions: Questions): Promise<{ id: string; key: string | null } | null> {
  const { panels } = (await worker.get("/v1/panels", "list the panels")) as { panels: { id: string }[] };
  const [first] = panels;
  if (first !== undefined) {
    tell("panel", `${first.id}: is there`);
    return { id: first.id, key: null };
  }
  const wanted = await questions.panel();
  if (wanted === null) {
    tell("panel", "none yet: the console's page Setup adds one");
    return null;
  }
  const reply = await worker.ask("POST", "/v1/panels", { ...wanted, role: "shop" });
  if (reply.status !== 201) throw new UsageError(`Could not add the panel ${wanted.id}: ${refusalOf(reply)}`);
  tell("panel", `${wanted.id}: made`);
  console.log(`\nIts key, for the panel's script. Keep it: it is shown only now.\n\n  ${String(reply.body["key"])}\n`);
  return { id: wanted.id, key: String(reply.body["key"]) };
}

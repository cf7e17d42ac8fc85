/** What an import does at panelsync: it finds out for whom it acts, registers orders, adopts ids. */
import { ID_SPELLING } from "../../src/domain/order-ids.ts";
import { type Client, messageOf } from "./client.ts";
import { RefusedError } from "./failures.ts";
import type { OrderItem } from "./rows.ts";

/** What became of an item. `refund`: what the first poll would refund, in a dry run. */
export type ItemResult = {
  readonly result: "created" | "exists" | "conflict" | "invalid";
  readonly error: string | null;
  readonly refund: PreviewedRefund | null;
};
export type PreviewedRefund = { readonly would: "post" | "hold"; readonly amount: string };

/** Sends items; the results stand in their order. */
export type Send<T> = (items: readonly T[]) => Promise<readonly ItemResult[]>;

/** Who the key is, in words, and the panel it acts for. */
export type Caller = { readonly panel: string; readonly description: string };

/** Asks who the key belongs to, which also shows that address and key are right. An operator's key acts for the panel named. */
export async function identify(client: Client, panel: string | null): Promise<Caller> {
  const { body } = await client.call("GET", "/v1/me");
  const { kind, panel: own } = (body ?? {}) as { kind?: unknown; panel?: unknown };
  if (kind === "operator") {
    if (panel === null) throw new RefusedError("The key is an operator's, which acts for no panel by itself. Name one by --panel.");
    client.actFor(panel);
    const { body: settings } = await client.call("GET", `/v1/panels/${encodeURIComponent(panel)}`);
    const keepsBalances = (settings as { money?: unknown } | null)?.money === "ledger";
    return { panel, description: `with the operator's key${keepsBalances ? TAKES_CHARGES : ""}` };
  }
  if (kind !== "panel" || typeof own !== "string")
    throw new RefusedError("GET /v1/me was not answered as panelsync does. Is it the Worker's address?");
  if (panel !== null && panel !== own) throw new RefusedError(`The key belongs to panel "${own}", and --panel says "${panel}".`);
  return { panel: own, description: "with the panel's key" };
}

const TAKES_CHARGES = "\nThe panel's customers have their balances here: each order's charge is taken from its customer's account";

/** An order that others were changing in the same moment is sent again so often. */
const MAX_ROUNDS = 4;

/** Registers orders; in a dry run nothing is written. */
export function registerBy(client: Client, isDry: boolean): Send<OrderItem> {
  const path = isDry ? "/v1/orders?dry_run=true" : "/v1/orders";
  return async (items) => {
    const results: (ItemResult | undefined)[] = [];
    let open = items.map((_, at) => at);
    for (let round = 1; open.length > 0; round++) {
      const { body } = await client.call(
        "POST",
        path,
        open.map((at) => items[at]),
      );
      const answers = resultsOf(body, open.length);
      const isLast = round === MAX_ROUNDS;
      for (const [index, at] of open.entries()) {
        const answer = answers[index];
        if (answer !== undefined && (isLast || !isContended(answer))) results[at] = itemResult(answer);
      }
      open = open.filter((at) => results[at] === undefined);
    }
    return results.flatMap((result) => result ?? []);
  };
}

type WireResult = {
  readonly result: ItemResult["result"];
  readonly error?: { readonly code: string; readonly message: string; readonly details?: { readonly fields?: readonly WireField[] } };
  readonly preview?: { readonly would: "post" | "hold"; readonly refund: string } | null;
};
type WireField = { readonly path: string; readonly message: string };

function resultsOf(body: unknown, count: number): readonly WireResult[] {
  const results = (body as { results?: unknown } | null)?.results;
  if (Array.isArray(results) && results.length === count) return results as WireResult[];
  throw new RefusedError(messageOf(body) ?? "POST /v1/orders was not answered as panelsync does.");
}

function isContended({ error }: WireResult): boolean {
  return error?.code === "order_contended";
}

function itemResult({ result, error, preview }: WireResult): ItemResult {
  const refund = preview === undefined || preview === null ? null : { would: preview.would, amount: preview.refund };
  return { result, error: error === undefined ? null : sentenceOf(error), refund };
}

/** Of an invalid order its fields say what is wrong; of any other the message does. */
function sentenceOf({ code, message, details }: NonNullable<WireResult["error"]>): string {
  const fields = details?.fields ?? [];
  if (code !== "invalid_request" || fields.length === 0) return message;
  return fields.map(({ path, message: problem }) => `${path} ${problem}`).join("; ");
}

const ADOPTED: ItemResult = { result: "created", error: null, refund: null };
const KNOWN: ItemResult = { result: "exists", error: null, refund: null };
const TAKEN: ItemResult = { result: "conflict", error: "is an order of another panel, so it is not followed for this one", refund: null };

/** Adopts bare ids of a provider. The answer says how many it has adopted, not which: those of one call are interchangeable. */
export function adoptBy(client: Client, provider: string): Send<string> {
  return async (ids) => {
    const distinct = [...new Set(ids)];
    const adoption: Adoption = { client, provider, refused: new Map(), adopted: 0 };
    await adopt(adoption, distinct);
    const fresh = new Set(distinct.filter((id) => !adoption.refused.has(id)).slice(0, adoption.adopted));
    // An id that stands there again is known the second time.
    return ids.map((id) => adoption.refused.get(id) ?? (fresh.delete(id) ? ADOPTED : KNOWN));
  };
}

type Adoption = { readonly client: Client; readonly provider: string; readonly refused: Map<string, ItemResult>; adopted: number };

/** Which ids are another panel's is found by asking for halves; that adopts none twice, since those adopted are known then. */
async function adopt(adoption: Adoption, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { client, provider, refused } = adoption;
  const { status, body } = await client.call("POST", `/v1/providers/${encodeURIComponent(provider)}/adopt`, { orders: ids });
  if (status === 422) return adopt(adoption, withoutStrangers(ids, body, refused));
  const { adopted, known, taken } = (body ?? {}) as { adopted: number; known: number; taken: number };
  if (adopted + known + taken !== ids.length) throw new RefusedError("The answer to an adoption does not add up.");
  adoption.adopted += adopted;
  if (taken === ids.length) for (const id of ids) refused.set(id, TAKEN);
  if (taken === 0 || taken === ids.length) return;
  const middle = Math.ceil(ids.length / 2);
  await adopt(adoption, ids.slice(0, middle));
  await adopt(adoption, ids.slice(middle));
}

/** The ids without those that the answer names as no ids of this provider. */
function withoutStrangers(ids: readonly string[], body: unknown, results: Map<string, ItemResult>): readonly string[] {
  const { fields = [] } = (body as { error?: { details?: { fields?: readonly WireField[] } } }).error?.details ?? {};
  const places = new Set(fields.flatMap(({ path }) => /^orders\[(\d+)\]$/.exec(path)?.[1] ?? []).map(Number));
  if (places.size === 0) throw new RefusedError(messageOf(body) ?? "The adoption was refused.");
  for (const place of places) results.set(ids[place] ?? "", { result: "invalid", error: `the id ${ID_SPELLING}`, refund: null });
  return ids.filter((_, place) => !places.has(place));
}

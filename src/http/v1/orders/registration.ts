/**
 * `POST /v1/orders`: putting orders on record, each on its own, and each once however often it is sent.
 */
import { isBraked } from "../../../domain/provider-brake.ts";
import * as z from "zod/mini";
import { formatAmount } from "../../../domain/money.ts";
import { type Polling, orderView } from "../../../domain/order-view.ts";
import { ID_SPELLING } from "../../../domain/order-ids.ts";
import { standingOf } from "../../../domain/order-owner.ts";
import { previewOf } from "../../../domain/refund-preview.ts";
import { policyFor } from "../../../domain/refund-policy.ts";
import { isFinal } from "../../../domain/status.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { type OrderRow, toOrder } from "../../../store/rows/order.ts";
import { readRefundBases, type RefundBasis } from "../../../store/refunds/policies.ts";
import type { AuditEntry } from "../../../store/operations/audit.ts";
import { orderClaim } from "../../../store/panels/shares.ts";
import {
  addOrders,
  differences,
  fundsKey,
  type Known,
  linkKeyOf,
  newOrderRow,
  pairKey,
  serviceKey,
  readKnown,
  withRows,
  type Registration,
} from "../../../store/orders/registration.ts";
import { accountName } from "../customers/account-id.ts";
import type { Answer, PanelContext } from "../../kit/context.ts";
import { type Schema, validate } from "../../kit/validate.ts";
import { errorObject, type Failure, type FieldProblem, type InsufficientBalance } from "../../kit/errors.ts";
import { booleanParam } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";
import { shareFailure } from "../../kit/share-failure.ts";
import { readPlainRegistration } from "./plain-registration.ts";
import { type RegistrationInput, registrationSchema } from "./registration-schema.ts";

/** A body of 1 MiB holds some 2,000 orders; a thousand are written in one transaction with room to spare. */
const MAX_ORDERS = 1000;
/**
 * Reading, and writing what is new, is done anew for orders that somebody else registered in between, for those that
 * stand twice in one request, and when others charged an account in between. One round more settles each; the others
 * are for all of it at once, and for an account that many charge.
 */
const MAX_ROUNDS = 6;

/** One order, or a list of them. What each must be is said order by order, so that one that is wrong keeps back no other. */
export const registrationBody: Schema<unknown> = z.unknown();

export const registrationQuery = z.strictObject({ dry_run: z.prefault(booleanParam, "false") });

type Registers = { readonly body: unknown; readonly query: z.output<typeof registrationQuery> };

/** `POST /v1/orders`. With `?dry_run=true` the answer is the same, and nothing is written. */
export function registerOrders(context: PanelContext, { body, query: { dry_run } }: Registers): Promise<Answer> {
  const { db, env, panel, now } = context;
  const run: Run = { db, env, panel, now, dry: dry_run ? { rows: [], bases: new Map() } : null };
  return Array.isArray(body) ? registerMany(run, body) : registerOne(run, body);
}

/** Who registers, and when; `dry` where nothing is to be written. */
type Run = Pick<PanelContext, "db" | "env" | "panel" | "now"> & { readonly dry: DryRun | null };

/** What a dry run would have written so far, and by what the refunds of each provider go. */
type DryRun = { readonly rows: OrderRow[]; readonly bases: Map<string, RefundBasis> };

async function registerOne(run: Run, input: unknown): Promise<Answer> {
  const registered = await register(run, [checkerAt(run.now)(input)]);
  if (!registered.ok) return registered;
  const [result] = registered.value;
  if (result === undefined) throw new Error("an order was registered without a result");
  if ("failure" in result) return fail(result.failure);
  const view = orderView(toOrder(result.row()), result.polling, run.now);
  return json(result.result === "created" ? 201 : 200, run.dry === null ? view : { ...view, preview: previewView(run, result) });
}

async function registerMany(run: Run, inputs: readonly unknown[]): Promise<Answer> {
  if (inputs.length === 0 || inputs.length > MAX_ORDERS) {
    return fail({ code: "invalid_request", fields: [{ path: "", message: `must have 1 to ${MAX_ORDERS} orders, not ${inputs.length}` }] });
  }
  const registered = await register(run, inputs.map(checkerAt(run.now)));
  if (!registered.ok) return registered;
  return json(200, {
    results: registered.value.map((result, i) => {
      const view = resultView(result, inputs[i]);
      return run.dry === null || "failure" in result ? view : { ...view, preview: previewView(run, result) };
    }),
  });
}

/** Checks orders at a moment in epoch ms. The schema is made when one needs it. */
function checkerAt(now: number): (input: unknown) => Result<RegistrationInput, Failure> {
  let schema: Schema<RegistrationInput> | null = null;
  return (input) => {
    const plain = readPlainRegistration(input, now);
    return plain === null ? validate((schema ??= registrationSchema(now)), input) : ok(plain);
  };
}

/** What the first poll would refund if it told the status that was given; null for nothing, and for an order that is there already. */
function previewView({ dry, panel, now }: Run, { result, row }: Registered) {
  const order = toOrder(row());
  const basis = dry?.bases.get(order.provider);
  if (result !== "created" || basis === undefined) return null;
  const holdAll = isBraked(basis.braked, panel.id) ? "brake" : panel.frozen !== null ? "frozen" : null;
  // Its provider has not named a part of it yet.
  const refund = previewOf(order, { refunds: policyFor(order, basis.policies), holdAll, parts: [] }, now);
  if (refund === null) return null;
  const { kind, amount, reason } = refund;
  return { would: kind, refund: formatAmount(amount), reason };
}

function resultView(outcome: RegistrationResult, input: unknown): Record<string, unknown> {
  const id = (input as { id?: unknown } | null)?.id;
  const view = { id: typeof id === "string" ? id : null, result: outcome.result };
  return "failure" in outcome ? { ...view, error: errorObject(outcome.failure) } : view;
}

/** `row` makes the order's row out, which hardly anybody asks for. */
type Registered = { readonly result: "created" | "exists"; readonly row: () => OrderRow; readonly polling: Polling };

/** What became of one order of a request. */
type RegistrationResult = Registered | { readonly result: "conflict" | "invalid"; readonly failure: Failure };

/** An order to be registered, and its place in the request. */
type PlacedRegistration = { readonly place: number; readonly registration: Registration };

/** Registers what can be; the outcomes stand in the order of the inputs. Fails where what is new is more than the panel's share. */
async function register(run: Run, inputs: readonly Result<RegistrationInput, Failure>[]): Promise<Result<RegistrationResult[], Failure>> {
  const outcomes = new Map<number, RegistrationResult>();
  let open: PlacedRegistration[] = [];
  for (const [place, input] of inputs.entries()) {
    if (input.ok) open.push({ place, registration: completed(input.value, run.panel.currency) });
    else outcomes.set(place, { result: "invalid", failure: input.failure });
  }
  for (let round = 1; open.length > 0 && round <= MAX_ROUNDS; round++) {
    const settled = await registerRound(run, open, round === 1);
    if (settled === "share_used_up") return fail(shareFailure("registration", run.now));
    for (const [place, outcome] of settled) outcomes.set(place, outcome);
    open = open.filter(({ place }) => !settled.has(place));
  }
  for (const { place, registration } of open) {
    outcomes.set(place, { result: "invalid", failure: { code: "order_contended", order: registration.id } });
  }
  return ok(inputs.flatMap((_, place) => outcomes.get(place) ?? []));
}

/** An order with its panel's currency, where it names none, and its link's key, which is asked for several times. */
function completed(input: RegistrationInput, currency: string): Registration {
  return { ...input, currency: input.currency ?? currency, link_key: linkKeyOf(input) };
}

/** One read and one write. Entries without an outcome lost a race, or stand behind another that is being written. */
async function registerRound(
  run: Run,
  entries: readonly PlacedRegistration[],
  isFirst: boolean,
): Promise<ReadonlyMap<number, RegistrationResult> | "share_used_up"> {
  const registrations = entries.map(({ registration }) => registration);
  const read = await readKnown(run.db, run.panel.id, registrations);
  const known = run.dry === null ? read : withRows(read, run.dry.rows);
  const outcomes = new Map<number, RegistrationResult>();
  const fresh: PlacedRegistration[] = [];
  const [takenIds, takenPairs] = [new Set<string>(), new Set<string>()];
  const funds = known.funds && new Map(known.funds);
  for (const { place, registration } of entries) {
    const outcome = judge(run.panel.id, registration, known);
    const [{ id }, pair] = [registration, pairKey(registration)];
    if (outcome !== "new") outcomes.set(place, outcome);
    else if (!takenIds.has(id) && !takenPairs.has(pair)) {
      takenIds.add(id);
      takenPairs.add(pair);
      const refused = funds === null ? null : takeCharge(funds, BigInt(known.credit), registration);
      if (refused === null) fresh.push({ place, registration });
      else outcomes.set(place, { result: "invalid", failure: refused });
    }
  }
  // What is tried again has its share; and once something is written, the request is not refused any more.
  const claim = isFirst ? orderClaim("registration", fresh.length, run.env.PLAN, run.now) : null;
  const written = await write(run, draftsOf(fresh, known), claim);
  if (written === "share_used_up") return written;
  for (const [place, outcome] of written) outcomes.set(place, outcome);
  return outcomes;
}

/** Says the same of a provider that does not exist and of one that only other panels may use. */
const UNUSABLE_PROVIDER: FieldProblem = {
  path: "provider",
  message: "is not a provider that this panel can use; ask the operator for its id",
};

/** Some servers read another order's id out of one that is spelled in another way. */
const MISSPELLED: FieldProblem = { path: "provider_order_id", message: ID_SPELLING };

/** How an order stands to what is on record. */
function judge(panel: string, registration: Registration, known: Known): RegistrationResult | "new" {
  const row = known.byId.get(registration.id);
  if (row !== undefined) {
    const fields = differences(registration, row).map((column) => column.replace("registered_", ""));
    if (fields.length > 0) return { result: "conflict", failure: { code: "order_conflict", order: row.id, fields } };
    return { result: "exists", row: () => row, polling: known.providers.get(row.provider) ?? null };
  }
  const { provider, provider_order_id: providerOrder } = registration;
  if (!known.providers.has(provider)) return { result: "invalid", failure: { code: "invalid_request", fields: [UNUSABLE_PROVIDER] } };
  const held = known.byPair.get(pairKey(registration));
  const holder = held === undefined ? null : { panel: held.panel, isPlaced: true, since: 0 };
  const standing = standingOf(panel, providerOrder, { holder, placingSince: null, textIds: known.withTextIds.has(provider) });
  if (standing === "stranger") return { result: "invalid", failure: { code: "invalid_request", fields: [MISSPELLED] } };
  if (held === undefined) return "new";
  // Which order another panel has it as is not this one's to know.
  const order = standing === "own" ? held.id : null;
  return { result: "conflict", failure: { code: "provider_order_conflict", provider, providerOrder, order } };
}

/** Takes an order's charge from the funds that are left for this request's orders, or says that they do not cover it. */
function takeCharge(funds: Map<string, bigint>, credit: bigint, registration: Registration): InsufficientBalance | null {
  const account = fundsKey(registration);
  const balance = funds.get(account) ?? 0n;
  const needed = BigInt((registration.charge ?? 0) - registration.registered_refunded);
  if (needed === 0n || needed <= balance + credit) {
    funds.set(account, balance - needed);
    return null;
  }
  const { customer, currency } = registration;
  return {
    code: "insufficient_balance",
    customer: accountName(customer ?? ""),
    balance: formatAmount(balance),
    needed: formatAmount(needed),
    currency,
  };
}

/** A new order as it is to be written: with the number it is expected to get, and the order that it is a duplicate of. */
type Draft = PlacedRegistration & { readonly expectedN: number; readonly duplicateOf: string | null; readonly polling: Polling };

function draftsOf(entries: readonly PlacedRegistration[], known: Known): Draft[] {
  const duplicates = duplicatesOf(entries, known);
  return entries.map(({ place, registration }, i) => ({
    place,
    registration: withWindows(registration, known),
    expectedN: known.lastOrder + 1 + i,
    duplicateOf: duplicates.get(registration.id) ?? null,
    polling: known.providers.get(registration.provider) ?? null,
  }));
}

/** Where the panel does not say how long an order may take, its provider's service does. */
function withWindows(registration: Registration, { windows }: Known): Registration {
  const ofService = windows.get(serviceKey(registration));
  if (ofService === undefined || (ofService.start_window_ms === null && ofService.duration_ms === null)) return registration;
  const { start_window_ms, duration_ms } = registration;
  return {
    ...registration,
    start_window_ms: start_window_ms ?? ofService.start_window_ms,
    duration_ms: duration_ms ?? ofService.duration_ms,
  };
}

/** Writes new orders in one transaction, or in a dry run takes them for written; those that lost a race have no outcome. */
async function write(
  run: Run,
  drafts: readonly Draft[],
  claim: string | null,
): Promise<ReadonlyMap<number, RegistrationResult> | "share_used_up"> {
  if (drafts.length === 0) return new Map();
  const { db, panel, now, dry } = run;
  const rowOf = ({ registration, duplicateOf }: Draft, n: number) => newOrderRow({ panel: panel.id, n }, registration, now, duplicateOf);
  const at = (i: number) => {
    const draft = drafts[i] as Draft;
    const row = rowOf(draft, draft.expectedN);
    return { row, shown: orderView(toOrder(row), draft.polling, now), entry: entryOf(run, row) };
  };
  const added =
    dry === null
      ? await addOrders(db, panel.id, { count: drafts.length, at }, { now, claim })
      : await takenForAdded(
          run,
          dry,
          drafts.map((draft) => rowOf(draft, draft.expectedN)),
        );
  if (added === "share_used_up") return added;
  const outcomes = new Map<number, RegistrationResult>();
  for (const draft of drafts) {
    const n = added.get(draft.registration.id);
    if (n !== undefined) outcomes.set(draft.place, { result: "created", row: () => rowOf(draft, n), polling: draft.polling });
  }
  return outcomes;
}

/** What the panel says it had returned lowers what is refunded here: the audit trail has it. */
function entryOf(
  { panel, now }: Run,
  { id, provider, provider_order_id, charge, currency, registered_refunded }: OrderRow,
): AuditEntry | null {
  if (registered_refunded === 0) return null;
  const after = {
    provider,
    provider_order_id,
    charge: charge === null ? null : formatAmount(charge),
    refunded: formatAmount(registered_refunded),
    currency,
  };
  return { at: now, actor: panel.actor, panel: panel.id, action: "order.registered", subject: `order:${id}`, before: null, after };
}

/** What `addOrders` answers, of orders that are not written. */
async function takenForAdded({ db }: Run, dry: DryRun, rows: readonly OrderRow[]): Promise<ReadonlyMap<string, number>> {
  const providers = new Set(rows.map(({ provider }) => provider));
  for (const [provider, basis] of await readRefundBases(db, [...providers])) dry.bases.set(provider, basis);
  dry.rows.push(...rows);
  return new Map(rows.map(({ id, n }) => [id, n]));
}

/** Orders that come while another is under way on their link, by id: the id of that one, which may come in the same request. */
function duplicatesOf(entries: readonly PlacedRegistration[], { active }: Known): ReadonlyMap<string, string> {
  const underWay = new Map(active);
  const duplicates = new Map<string, string>();
  for (const { registration } of entries) {
    const key = linkKeyOf(registration);
    const status = registration.registered_status;
    if (key === null || (status !== null && isFinal(status))) continue;
    const other = underWay.get(key);
    underWay.set(key, registration.id);
    if (other !== undefined) duplicates.set(registration.id, other);
  }
  return duplicates;
}

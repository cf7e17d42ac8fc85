/**
 * `POST /v1/services/import`: a provider's services become the operator's, each with a markup on its rate.
 */
import type * as z from "zod/mini";
import { planImport, type ImportPlan, type ImportRules } from "../../../domain/catalogue-import.ts";
import { failureMessage } from "../../../provider/failure-message.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import type { ProviderService } from "../../../provider/client.ts";
import { type AuditEntry, auditStatements, difference } from "../../../store/operations/audit.ts";
import { readProviders } from "../../../store/orders/due.ts";
import { readForImport, type ServiceSettings, settingsOf, type StoredService, writeImport } from "../../../store/catalogue/services.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { askForList, type NoList } from "../../../gate/services.ts";
import type { Failure } from "../../kit/errors.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";
import type { importBody } from "./schema.ts";

/** Services in one import: some megabytes of rows in one transaction. The longest lists seen have 8,000. */
const MAX_SERVICES = 10_000;

/** The catalogue was changed by others between being read and written: the plan is made anew. */
const MAX_ATTEMPTS = 3;

/** `POST /v1/services/import` */
export async function postImport(
  context: OperatorContext,
  { body: { provider: id, markup, categories } }: { readonly body: z.output<typeof importBody> },
): Promise<Answer> {
  const { db } = context;
  const provider = (await readProviders(db, [id])).get(id);
  if (provider === undefined) return refused("provider", `is no provider here: ${id}`);
  const asked = await askForList(context, provider);
  if (!asked.ok) return fail(unavailable(id, asked.failure));
  const listed = asked.value.services;
  const rules = {
    provider: id,
    markup,
    categories: categories === undefined ? null : new Set(categories),
    currency: provider.currency ?? provider.balanceCurrency,
  };
  const scope = checkScope(listed, categories ?? null);
  if (!scope.ok) return scope;
  const attempt = async (): Promise<Answer | typeof CONFLICT> => {
    const { mapped, otherIds } = await readForImport(db, id);
    const plan = planImport(listed, mapped, otherIds, rules);
    return (await write(context, plan, rules)) ? json(200, { provider: id, ...planView(plan) }) : CONFLICT;
  };
  return retryOnConflict(MAX_ATTEMPTS, attempt, () => fail({ code: "settings_contended", subject: "the catalogue" }));
}

/** Nothing was asked, since the provider is not to be asked now; or it was, and what it said is of no use. */
function unavailable(provider: string, { why, failure }: NoList): Failure {
  if (failure !== null) return { code: "provider_unavailable", provider, asked: true, problem: failureMessage(failure) };
  const problem =
    why === "busy"
      ? "No call of this minute's budget is left, or it has asked for patience."
      : "It is switched off, or its circuit is open since it does not answer.";
  return { code: "provider_unavailable", provider, asked: false, problem };
}

function checkScope(listed: readonly ProviderService[], categories: readonly string[] | null): Result<null, Failure> {
  const known = new Set(listed.map(({ category }) => category));
  const unknown = (categories ?? []).flatMap((category, i) =>
    known.has(category) ? [] : [{ path: `categories[${i}]`, message: `is no category that the provider lists: ${category}` }],
  );
  if (unknown.length > 0) return fail({ code: "invalid_request", fields: unknown });
  const count = categories === null ? listed.length : listed.filter(({ category }) => categories.includes(category)).length;
  return count > MAX_SERVICES
    ? refused("categories", `must name fewer: ${count} services are listed, and one import takes ${MAX_SERVICES}`)
    : ok(null);
}

function refused(path: string, message: string): { readonly ok: false; readonly failure: Failure } {
  return fail({ code: "invalid_request", fields: [{ path, message }] });
}

type Plan = ImportPlan<StoredService>;

/** False when the catalogue is not as it was planned on any more. A plan that changes nothing writes nothing. */
async function write(context: OperatorContext, plan: Plan, rules: ImportRules): Promise<boolean> {
  const created = plan.created.map((service) => ({ id: service.id, settings: settingsOf(service) }));
  const changed = [...plan.updated, ...plan.disabled].map(({ before, after }) => ({
    id: before.id,
    version: before.version,
    settings: settingsOf(after),
    before: settingsOf(before),
  }));
  if (created.length + changed.length === 0) return true;
  const trail = [
    ...created.map(({ id, settings }): Traced => [id, null, withoutDescription(settings)]),
    ...changed.map(({ id, before, settings }): Traced => {
      const { before: was, after: is } = difference(before, settings) ?? { before: null, after: null };
      return [id, was, is];
    }),
  ];
  return writeImport(
    context.db,
    { created, changed: changed.map(({ id, version, settings }) => ({ id, version, settings })) },
    { now: context.now, audit: auditStatements(context.db, auditEntries(context, rules, trail)) },
  );
}

/** A service's id, and what differs of its settings. */
type Traced = readonly [id: number, before: Partial<ServiceSettings> | null, after: Partial<ServiceSettings> | null];

/** What the trail has of a new service: all but its description, which nobody could read there. */
function withoutDescription(settings: ServiceSettings): Partial<ServiceSettings> {
  const { description: _, ...others } = settings;
  return others;
}

/** Services an audit entry tells of: a page of 100 entries stays readable. */
const SERVICES_PER_ENTRY = 200;

function auditEntries(
  { actor, now }: OperatorContext,
  { provider, markup, categories }: ImportRules,
  trail: readonly Traced[],
): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let from = 0; from < trail.length; from += SERVICES_PER_ENTRY) {
    const part = trail.slice(from, from + SERVICES_PER_ENTRY);
    const before = { services: Object.fromEntries(part.flatMap(([id, was]) => (was === null ? [] : [[id, was]]))) };
    const after = { markup, categories: categories && [...categories], services: Object.fromEntries(part.map(([id, , is]) => [id, is])) };
    entries.push({
      at: now,
      actor,
      panel: null,
      action: "services.imported",
      subject: `provider:${provider}`,
      before,
      after,
    });
  }
  return entries;
}

function planView({ created, updated, unchanged, disabled, skipped }: Plan) {
  return {
    created: created.map(({ id }) => String(id)),
    updated: updated.map(({ before }) => String(before.id)),
    unchanged,
    disabled: disabled.map(({ before }) => String(before.id)),
    skipped,
  };
}

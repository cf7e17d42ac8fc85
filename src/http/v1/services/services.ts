/**
 * The operator's own catalogue. `api-v2/services.ts` says what panels see of it.
 */
import * as z from "zod/mini";
import { isoTime } from "../../../domain/time.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
import { serviceWarnings } from "../../../domain/catalogue.ts";
import { readListing } from "../../../store/providers/provider-services.ts";
import { auditStatement, difference } from "../../../store/operations/audit.ts";
import {
  createService,
  listServices,
  readForChange,
  readService,
  type ServiceSettings,
  settingsOf,
  type StoredService,
  updateService,
} from "../../../store/catalogue/services.ts";
import type { Answer, OperatorContext } from "../../kit/context.ts";
import { validate } from "../../kit/validate.ts";
import { NUMBER_PLACE, optionalCursor, pageOf } from "../../kit/page.ts";
import type { Failure, FieldProblem } from "../../kit/errors.ts";
import { limitParam } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";
import { CONFLICT, retryOnConflict } from "../../../domain/retry.ts";
import { DEFAULTS, REQUIRED, type ServiceBody, servicePath, settingsIn } from "./schema.ts";

/** `GET /v1/services/{id}` */
export async function getService({ db }: OperatorContext, { params }: { readonly params: { readonly id: string } }): Promise<Answer> {
  const path = validate(servicePath, params);
  const service = path.ok ? await readService(db, path.value.id) : null;
  return service === null ? fail({ code: "service_not_found", service: params.id }) : json(200, serviceView(service));
}

export const servicesQuery = z.strictObject({ limit: limitParam, cursor: optionalCursor(NUMBER_PLACE) });

/** `GET /v1/services`, by id. */
export async function getServices(
  { db }: OperatorContext,
  { query: { limit, cursor } }: { readonly query: z.output<typeof servicesQuery> },
): Promise<Answer> {
  const { page, paging } = pageOf(await listServices(db, cursor?.[0] ?? 0, limit + 1), limit, ({ id }) => [id]);
  return json(200, { services: page.map(serviceView), ...paging });
}

/** `PUT /v1/services/{id}`: adds a service, or changes what the body names of one. */
export async function putService(
  context: OperatorContext,
  { params: { id }, body }: { readonly params: { readonly id: number }; readonly body: ServiceBody },
): Promise<Answer> {
  if (body.service !== undefined && body.provider_service !== undefined)
    return refused([{ path: "provider_service", message: "is another name of service; send one of them" }]);
  const saved = await save(context, id, body);
  if (!saved.ok) return saved;
  const { service, isNew } = saved.value;
  const warnings = serviceWarnings(service, await readListing(context.db, service.provider, service.providerService));
  return json(isNew ? 201 : 200, { ...serviceView(service), warnings });
}

/** Two changes at once, or a service added by another request in between: the next round settles either. */
const MAX_ATTEMPTS = 3;

type Saved = Result<{ readonly service: StoredService; readonly isNew: boolean }, Failure>;

function save({ db, actor, now }: OperatorContext, id: number, body: ServiceBody): Promise<Saved> {
  const given = settingsIn(body);
  const entry = { at: now, actor, panel: null, subject: `service:${id}` } as const;
  const attempt = async (): Promise<Saved | typeof CONFLICT> => {
    const { service: seen, hasProvider } = await readForChange(db, id, given.provider ?? null);
    const settings = mergedSettings(seen, given, hasProvider);
    if (!settings.ok) return settings;
    if (seen === null) {
      const audit = auditStatement(db, { ...entry, action: "service.created", before: null, after: settings.value }, "if_changed");
      const created = await createService(db, id, settings.value, { now, audit });
      return created === null ? CONFLICT : ok({ service: created, isNew: true });
    }
    const changed = difference(settingsOf(seen), settings.value);
    if (changed === null) return ok({ service: seen, isNew: false });
    const audit = auditStatement(db, { ...entry, action: "service.changed", ...changed }, "if_changed");
    const updated = await updateService(db, seen, settings.value, { now, audit });
    return updated === null ? CONFLICT : ok({ service: updated, isNew: false });
  };
  return retryOnConflict(MAX_ATTEMPTS, attempt, () => fail({ code: "settings_contended", subject: `service ${id}` }));
}

/** The settings that a service is to have, or all that is wrong with them. */
function mergedSettings(
  seen: StoredService | null,
  given: Partial<ServiceSettings>,
  hasProvider: boolean,
): Result<ServiceSettings, Failure> {
  const settings: Partial<ServiceSettings> = { ...(seen === null ? DEFAULTS : settingsOf(seen)), ...given };
  const problems: FieldProblem[] = REQUIRED.filter((name) => settings[name] === undefined).map((path) => ({
    path,
    message: "is required to add a service; there is none with this id yet",
  }));
  if (given.provider !== undefined && !hasProvider) problems.push({ path: "provider", message: `is no provider here: ${given.provider}` });
  const { min, max } = settings;
  if (min !== undefined && max !== undefined && max < min)
    problems.push(
      given.max === undefined
        ? { path: "min", message: `must be at most max, which is ${max}` }
        : { path: "max", message: `must be at least min, which is ${min}` },
    );
  // Whatever is required is there: there is no problem.
  return problems.length > 0 ? refused(problems) : ok(settings as ServiceSettings);
}

function refused(fields: readonly FieldProblem[]): { readonly ok: false; readonly failure: Failure } {
  return fail({ code: "invalid_request", fields });
}

function serviceView(service: StoredService) {
  const { id, createdAt, updatedAt } = service;
  return { id: String(id), ...settingsOf(service), created_at: isoTime(createdAt), updated_at: isoTime(updatedAt) };
}

/**
 * The operator's own catalogue. What panels see of it, `doors/services.ts` says.
 */
import * as z from "zod/mini";
import { isoTime } from "../../../domain/time.ts";
import { fail, ok, type Result } from "../../../domain/result.ts";
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
import { OPERATOR, requireOperator } from "../../kit/auth.ts";
import { readBody } from "../../kit/body.ts";
import type { Answer, Context } from "../../kit/context.ts";
import { validate } from "../../kit/validate.ts";
import { cursorParam, encodeCursor } from "../../kit/page.ts";
import type { Failure, FieldProblem } from "../../kit/errors.ts";
import { limitParam, readQuery } from "../../kit/query.ts";
import { json } from "../../kit/reply.ts";
import { DEFAULTS, REQUIRED, serviceBody, type ServiceBody, servicePath, settingsIn } from "./schema.ts";

/** `GET /v1/services/{id}` */
export async function getService(call: Context, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const path = validate(servicePath, { id });
  const service = path.ok ? await readService(call.env.DB, path.value.id) : null;
  return service === null ? fail({ code: "service_not_found", service: id }) : json(200, serviceView(service));
}

const listQuery = z.strictObject({ limit: limitParam, cursor: z.exactOptional(cursorParam(z.tuple([z.int().check(z.gte(1))]))) });

/** `GET /v1/services`, by id. */
export async function getServices(call: Context): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const query = readQuery(call.url, listQuery);
  if (!query.ok) return query;
  const { limit, cursor } = query.value;
  const services = await listServices(call.env.DB, cursor?.[0] ?? 0, limit + 1);
  const page = services.slice(0, limit);
  const last = page.at(-1);
  const hasMore = services.length > limit && last !== undefined;
  return json(200, { services: page.map(serviceView), next_cursor: hasMore ? encodeCursor([last.id]) : null, has_more: hasMore });
}

/** `PUT /v1/services/{id}`: adds a service, or changes what the body names of one. */
export async function putService(call: Context, id: string): Promise<Answer> {
  const operator = await requireOperator(call);
  if (!operator.ok) return operator;
  const path = validate(servicePath, { id });
  if (!path.ok) return path;
  const body = await readBody(call.request, serviceBody);
  if (!body.ok) return body;
  if (body.value.service !== undefined && body.value.provider_service !== undefined)
    return refused([{ path: "provider_service", message: "is another name of service; send one of them" }]);
  const saved = await save(call, path.value.id, body.value);
  return saved.ok ? json(saved.value.isNew ? 201 : 200, serviceView(saved.value.service)) : saved;
}

/** Two changes at once, or a service added by another request in between: the next round settles either. */
const MAX_ATTEMPTS = 3;

type Saved = { readonly service: StoredService; readonly isNew: boolean };

async function save(call: Context, id: number, body: ServiceBody): Promise<Result<Saved, Failure>> {
  const { env, now } = call;
  const given = settingsIn(body);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { service: seen, hasProvider } = await readForChange(env.DB, id, given.provider ?? null);
    const settings = mergedSettings(seen, given, hasProvider);
    if (!settings.ok) return settings;
    const entry = { at: now, actor: OPERATOR, panel: null, subject: `service:${id}` } as const;
    if (seen === null) {
      const audit = auditStatement(env.DB, { ...entry, action: "service.created", before: null, after: settings.value }, "if_changed");
      const created = await createService(env.DB, id, settings.value, now, audit);
      if (created !== null) return ok({ service: created, isNew: true });
      continue;
    }
    const changed = difference(settingsOf(seen), settings.value);
    if (changed === null) return ok({ service: seen, isNew: false });
    const audit = auditStatement(env.DB, { ...entry, action: "service.changed", ...changed }, "if_changed");
    const updated = await updateService(env.DB, seen, settings.value, now, audit);
    if (updated !== null) return ok({ service: updated, isNew: false });
  }
  return fail({ code: "settings_contended", subject: `service ${id}` });
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
